"""One photo under other lights: stages 1 to 3.5, and the same again from what was written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from os import PathLike
from types import NoneType
from typing import Any

import numpy as np

from ... import __version__
from .._config_tree import changed
from ._photo import Photo
from .degradation import draw_lighting
from .draws import Draws
from .given import Given
from .lighting import Lighting
from .result import Relit
from .settings import Settings
from .stages import FORMAT, ReplayError, subject_of, under_light

__all__ = ["Relit", "ReplayError", "relight", "relight_variants", "replay"]


def relight(
    image: np.ndarray,
    *,
    seed: int,
    key: str = "image",
    variant: int = 0,
    settings: Settings | None = None,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    name: str | None = None,
    root: str | PathLike[str] | None = None,
    threads: int | None = None,
) -> Relit:
    """Put a photo's foreground under a drawn light.

    Parameters
    ----------
    image : ndarray, (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16
        sRGB codes. A fourth channel is a mask (if `settings` has that method enabled); grey becomes RGB.
    seed : int
        0 to 2**64 - 1, of the whole data set.
    key : str
        Of the photo: with `seed` and `variant` it fixes every draw.
    variant : int
        At least 0: which of the photo's relit pictures.
    settings : Settings, optional
        Methods and ranges; by default those of `Settings()`.
    mask, albedo, normals, depth, background : ndarray, path or callable, optional
        In place of what the settings would do. Arrays have the photo's size: `mask` (H, W) bool, uint8 or float32 in
        [0, 1]; `albedo` and `background` (H, W, 3) of the photo's dtype; `normals` (H, W, 3) float32; `depth` (H, W).
        Callables are given the photo as (H, W, 3) and return such an array.
    name : str, optional
        The stem by which methods "file" look for their files; by default `key`.
    root : path, optional
        The folder that relative paths in the settings start from; by default the working folder.
    threads : int, optional
        The result does not depend on it.

    Returns
    -------
    Relit

    Raises
    ------
    TypeError, ValueError
        Wrong arguments, or a stage's result that does not fit the photo.
    EmptyMaskError
        There is nothing in the mask. It is a ValueError.
    FileNotFoundError, ImageError, BackendUnavailable
        A file or model of the settings is missing or damaged, or what runs it is not installed.

    Notes
    -----
    output = encode(m albedo S + (1 - m) background) in linear light, S from `pixkern.shading.shading`, in one pass
    with one rounding; where m = 0, the bytes of the background. Mask and albedo have the depth of their files: what is
    written is what was computed with.

    Memory where mask and normals are given: 40 bytes per pixel at 8 bits, of which the result keeps 18 to 30: 12 are
    normals and 4 to 12 the shadow.

    Examples
    --------
    >>> from pixkern.pipelines.relight import relight
    >>> photo = np.full((64, 64, 3), 128, np.uint8)
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> relit = relight(photo, seed=1, mask=disc)
    >>> bool((relit.output[~disc] == 128).all()), relit.params["lighting"]["kind"]
    (True, 'hard_shadow')
    """
    variants = relight_variants(
        image,
        [variant],
        seed=seed,
        key=key,
        settings=settings,
        mask=mask,
        albedo=albedo,
        normals=normals,
        depth=depth,
        background=background,
        name=name,
        root=root,
        threads=threads,
    )
    return next(variants)


def relight_variants(
    image: np.ndarray,
    variants: Iterable[int],
    *,
    seed: int,
    key: str = "image",
    settings: Settings | None = None,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    name: str | None = None,
    root: str | PathLike[str] | None = None,
    threads: int | None = None,
) -> Iterator[Relit]:
    """Put a photo's foreground under several drawn lights: what `relight` makes of each variant, in less time.

    Parameters
    ----------
    image : ndarray
    variants : iterable of int
        Which pictures, in this order.
    seed, key, settings, mask, albedo, normals, depth, background, name, root, threads
        As for `relight`.

    Yields
    ------
    Relit
        Mask and normals are found for the first one, and so are its `seconds` for them; the others share the arrays.

    Raises
    ------
    TypeError, ValueError, EmptyMaskError, FileNotFoundError, ImageError, BackendUnavailable
        As `relight`, when the first one is asked for.

    Examples
    --------
    >>> from pixkern.pipelines.relight import relight, relight_variants
    >>> photo = np.full((64, 64, 3), 128, np.uint8)
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> first, second = relight_variants(photo, [0, 1], seed=1, mask=disc)
    >>> bool((second.output == relight(photo, seed=1, variant=1, mask=disc).output).all())
    True
    """
    settings = Settings() if settings is None else settings
    if not isinstance(settings, Settings):
        raise TypeError(f"settings must be Settings, got {type(settings).__name__}")
    seed, key = _whole(seed, "seed", 2**64 - 1), _text(key, "key")
    numbers = [_whole(variant, "variant", 2**32 - 1) for variant in variants]
    given = {"mask": mask, "albedo": albedo, "normals": normals, "depth": depth, "background": background}
    subject = subject_of(Photo.of(image), settings, given, key if name is None else name, root, threads)
    before = subject.seconds
    for number in numbers:
        draws = Draws(seed, key, number)
        choices = {
            "albedo": {
                "method": draws.choice("albedo", "method", settings.albedo.methods.weights()),
                "original": draws.within("albedo", "original", settings.albedo.original),
            },
            "background": {"word": draws.word("recombination", "background") >> 16, "file": None},
        }
        made = under_light(subject, draws, choices, draw_lighting(settings.degradation, draws))
        yield replace(made, seconds=_added(before, made.seconds))
        before = dict.fromkeys(before, 0.0)


def replay(
    params: Mapping[str, Any],
    image: np.ndarray,
    *,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    root: str | PathLike[str] | None = None,
    threads: int | None = None,
) -> Relit:
    """Make a relit photo again, bit for bit.

    Parameters
    ----------
    params : mapping
        `Relit.params`, from memory or from a file.
    image : ndarray
        The same photo.
    mask, albedo, normals, depth, background : ndarray, path or callable, optional
        What was given to `relight`, if anything was.
    root : path, optional
        The folder that relative paths in the parameters start from.
    threads : int, optional
        The result does not depend on it.

    Returns
    -------
    Relit
        Its output has the bits of the first one.

    Raises
    ------
    ReplayError
        `params` are not those of a relit photo or of another format; the photo, or something given, is not the
        same; or the output has other bits, which can only be when the library or a model's runtime has changed.
    TypeError, ValueError, OSError
        As `relight`.

    Examples
    --------
    >>> from pixkern.pipelines.relight import relight, replay
    >>> photo = np.full((64, 64, 3), 128, np.uint8)
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> first = relight(photo, seed=1, mask=disc)
    >>> again = replay(first.params, photo, mask=disc)
    >>> bool((again.output == first.output).all())
    True
    """
    photo = Photo.of(image)
    try:
        if params["format"] != FORMAT:
            raise ReplayError(f"parameters of format {params['format']!r} cannot be read, only of {FORMAT}")
        if params["image"] != photo.record:
            raise ReplayError(_differs("image", params["image"], photo.record))
        draws = Draws(params["seed"], params["key"], params["variant"])
        settings = changed(Settings(), params["settings"])
        choices = _choices(params)
        lighting = Lighting.from_record(params["lighting"])
        name, _ = params["name"], params["output"]
    except ReplayError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReplayError(f"these are not the parameters of a relit photo: {error!r}") from None
    given = {"mask": mask, "albedo": albedo, "normals": normals, "depth": depth, "background": background}
    subject = subject_of(photo, settings, given, name, root, threads)
    made = under_light(subject, draws, choices, lighting)
    for stage in ("mask", "albedo", "normals", "background", "output"):
        if _told(made.params[stage]) != _told(params[stage]):
            raise ReplayError(_differs(stage, params[stage], made.params[stage]) + _version(params))
    return replace(made, seconds=_added(subject.seconds, made.seconds))


def _choices(params: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What was drawn beside the lighting; TypeError where no draw can have made it."""
    for stage in ("mask", "albedo", "normals", "background", "output"):
        if not isinstance(params[stage], Mapping):
            raise TypeError(f"{stage} must be a mapping, got {type(params[stage]).__name__}")
    albedo, background = params["albedo"], params["background"]
    kinds: list[tuple[str, Any, tuple[type, ...]]] = [
        ("albedo.method", albedo["method"], (str,)),
        ("albedo.original", albedo["original"], (float, int, NoneType)),
        ("background.word", background["word"], (int,)),
        ("background.file", background.get("file"), (str, NoneType)),
    ]
    for name, value, known in kinds:
        if type(value) not in known:
            raise TypeError(f"{name} cannot be {value!r}")
    return {"albedo": albedo, "background": background}


def _added(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {stage: first.get(stage, 0.0) + second.get(stage, 0.0) for stage in {**first, **second}}


def _told(record: Any) -> Any:
    """What tells the array of a stage from others; where it came from may differ, as a file that is now given."""
    if not isinstance(record, Mapping):
        return None
    return record.get("fingerprint", record.get("sha256"))


def _differs(stage: str, recorded: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    keys = [key for key in sorted({*recorded, *made}) if recorded.get(key) != made.get(key)]
    told = f"{keys[0]} is {made.get(keys[0])!r} and was {recorded.get(keys[0])!r}"
    verb = "are not those" if stage == "normals" else "is not the one"
    return f"the {stage} {verb} recorded: {told}"


def _version(params: Mapping[str, Any]) -> str:
    made_with = params.get("pixkern")
    return "" if made_with == __version__ else f" (made with pixkern {made_with}, this is {__version__})"


def _whole(value: Any, name: str, most: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    value = value.__index__()
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be 0 to {most}, got {value}")
    return int(value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
    return value
