"""Which encoders a comparison runs, by name."""

from __future__ import annotations

from collections.abc import Iterable

from .encoder import Encoder
from .lossless_peers import LOSSLESS
from .own import OWN
from .peers import LOSSY


def encoders() -> dict[str, Encoder]:
    """All encoders by name: pixkern's own, then the others, lossy before lossless.

    Returns
    -------
    dict of str to Encoder
        Also those that cannot run here: ``encoder.missing()`` says why.

    Examples
    --------
    >>> encoders()["webp"].settings
    'method 4'
    """
    found = (*OWN, *LOSSY, *LOSSLESS)
    ordered = sorted(found, key=lambda encoder: encoder.lossless)  # stable: pixkern's own stay first
    return {encoder.name: encoder for encoder in ordered}


def choose(names: Iterable[str] | None = None, *, lossless: bool = False) -> tuple[Encoder, ...]:
    """The encoders of a comparison.

    Parameters
    ----------
    names : iterable of str, optional
        Default: all lossy ones.
    lossless : bool
        With all lossless ones.

    Returns
    -------
    tuple of Encoder
        In the order of `encoders`, whatever that of the names.

    Raises
    ------
    ValueError
        A name that no encoder has, or no name at all.

    Examples
    --------
    >>> [encoder.title for encoder in choose(["webp", "jpeg"])]
    ['JPEG 4:2:0', 'WebP']
    """
    known = encoders()
    wanted = {name for name, encoder in known.items() if not encoder.lossless} if names is None else set(names)
    unknown = sorted(wanted - known.keys())
    if unknown:
        raise ValueError(f"there is no encoder {unknown[0]!r}; there are {', '.join(known)}")
    if lossless:
        wanted |= {name for name, encoder in known.items() if encoder.lossless}
    if not wanted:
        raise ValueError(f"names at least one encoder of {', '.join(known)}")
    return tuple(encoder for name, encoder in known.items() if name in wanted)
