"""A slot for learned ranking: whatever scores the candidates of a detection, an ONNX model or a function.

The contract of models is in docs/pixelart_ranker.md: inputs "features" (n, f) and "crops" (n, 4, 160, 160), either or
both, and the output "scores", n of them, where more is better.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pixkern.pipelines._onnx_session import CPU, first_line, open_session

from .crops import CROP_SHAPE, crops

if TYPE_CHECKING:
    from .grid import Grid

FEATURES_KEY = "pixkern.features"
"""The metadata in which a model names the features that it takes, in order, with commas between."""

_INPUTS, _OUTPUT = ("features", "crops"), "scores"
_FLOAT = "tensor(float)"


class RankerError(ValueError):
    """A ranker that cannot be used: no ONNX model, one that breaks the contract, or scores that are none."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a ranker may look at: a picture, and the grids that it might have.

    Attributes
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4) uint8
    grids : sequence of Grid
        The n candidates in the order of the detection, best first.
    features : (n, f) float32
        What the detection has measured of each.
    names : sequence of str
        Of the f features.
    """

    image: np.ndarray
    grids: Sequence[Grid]
    features: np.ndarray
    names: Sequence[str]

    def crops(self) -> np.ndarray:
        """What `pixkern.pipelines.pixelart.crops.crops` makes of them: (n, 4, 160, 160) float32."""
        return crops(self.image, self.grids)


Ranker = Callable[[Candidates], np.ndarray]
"""A function from candidates to n scores, where more is better: what `restore` takes as `ranker`."""


@dataclass(frozen=True)
class OnnxRanker:
    """Rank candidates with an ONNX model through onnxruntime; the contract is in docs/pixelart_ranker.md.

    Parameters
    ----------
    path : path
        Of the model.
    providers : sequence of str
        Of onnxruntime, in order of preference; the first must really run, there is no silent fallback to a slower
        one.
    threads : int
        Of onnxruntime.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    RankerError
        Not an ONNX model, or its inputs, output or metadata break the contract.
    BackendUnavailable
        onnxruntime is not installed (the extra ``onnx``), or the first provider cannot run here.

    Examples
    --------
    >>> OnnxRanker("no-such-model.onnx")
    Traceback (most recent call last):
    FileNotFoundError: no such model: no-such-model.onnx
    """

    path: Path
    providers: tuple[str, ...] = (CPU,)
    threads: int = 1
    _contract: _Contract = field(init=False, repr=False, compare=False)

    def __init__(
        self, path: str | os.PathLike[str], providers: str | Sequence[str] = (CPU,), *, threads: int = 1
    ) -> None:
        object.__setattr__(self, "path", Path(path))
        object.__setattr__(self, "providers", (providers,) if isinstance(providers, str) else tuple(providers))
        object.__setattr__(self, "threads", threads)
        if not self.providers:
            raise ValueError(f'providers must name at least one, for instance ("{CPU}",)')
        object.__setattr__(self, "_contract", _read_contract(self._session(), self.path))

    def __call__(self, candidates: Candidates) -> np.ndarray:
        """Score the candidates of one picture.

        Parameters
        ----------
        candidates : Candidates

        Returns
        -------
        (n,) float32

        Raises
        ------
        RankerError
            The model wants features that the detection does not have, fails to run, or answers with something else
            than n finite scores.
        """
        count = len(candidates.grids)
        given: dict[str, np.ndarray] = {}
        if "features" in self._contract.inputs:
            given["features"] = self._features(candidates)
        if "crops" in self._contract.inputs:
            given["crops"] = candidates.crops()
        try:
            (answer,) = self._session().run([_OUTPUT], given)
        except Exception as error:  # onnxruntime raises its own kinds, which share no base but Exception
            raise RankerError(f"{self.path}: the model failed on {count} candidates: {first_line(error)}") from None
        return checked_scores(answer, count, str(self.path))

    def _features(self, candidates: Candidates) -> np.ndarray:
        contract, known = self._contract, list(candidates.names)
        unknown = [name for name in contract.names if name not in known]
        if unknown:
            raise RankerError(f"{self.path}: the detection has no feature {unknown[0]!r}; it has {', '.join(known)}")
        chosen = [known.index(name) for name in contract.names] if contract.names else list(range(len(known)))
        if contract.width not in (None, len(chosen)):
            raise RankerError(
                f"{self.path}: takes {contract.width} features and the detection has {len(chosen)}; "
                f"name the ones that it takes in its metadata {FEATURES_KEY}"
            )
        return np.ascontiguousarray(candidates.features[:, chosen], dtype=np.float32)

    def _session(self) -> Any:
        return open_session(self.path, self.providers, self.threads, RankerError)


def load_ranker(ranker: str | os.PathLike[str] | Ranker) -> Ranker:
    """A function that scores candidates, of whatever names one.

    Parameters
    ----------
    ranker : path or function
        An ONNX model's file, or a function from `Candidates` to scores, which comes back as it is.

    Returns
    -------
    Ranker

    Raises
    ------
    TypeError
        Neither a path nor a function.
    FileNotFoundError, RankerError, BackendUnavailable
        As `OnnxRanker`.

    Examples
    --------
    >>> load_ranker(max) is max
    True
    """
    if isinstance(ranker, str | os.PathLike):
        return OnnxRanker(ranker)
    if callable(ranker):
        return ranker
    raise TypeError(f"ranker must be the path of an ONNX model or a function, got {type(ranker).__name__}")


def rank(ranker: Ranker, candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """The candidates' order by a ranker, and their scores.

    Parameters
    ----------
    ranker : Ranker
    candidates : Candidates

    Returns
    -------
    order : (n,) int64
        Indices, best first; candidates with equal scores stay in the order in which they came.
    scores : (n,) float32
        Of the candidates as they came.

    Raises
    ------
    RankerError
        The ranker answers with something else than n finite numbers. What it raises itself passes through.

    Examples
    --------
    >>> found = Candidates(np.zeros((2, 2), np.uint8), (None,) * 3, np.zeros((3, 0), np.float32), ())
    >>> rank(lambda candidates: [0.5, 2.0, 0.5], found)[0]
    array([1, 0, 2])
    """
    name = getattr(ranker, "__qualname__", type(ranker).__qualname__)
    scores = checked_scores(ranker(candidates), len(candidates.grids), str(getattr(ranker, "path", name)))
    return np.argsort(-scores, kind="stable"), scores


def checked_scores(answer: Any, count: int, name: str) -> np.ndarray:
    """Scores (n,) or (n, 1) as (n,) float32; RankerError for anything else."""
    scores = np.asarray(answer)
    if scores.dtype.kind not in "fiu":
        raise RankerError(f"{name}: scores must be numbers, got {scores.dtype}")
    if scores.shape not in ((count,), (count, 1)):
        raise RankerError(f"{name}: needs {count} scores for {count} candidates, got shape {scores.shape}")
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused
        scores = scores.reshape(count).astype(np.float32)
    if not np.isfinite(scores).all():
        worst = int(np.flatnonzero(~np.isfinite(scores))[0])
        raise RankerError(f"{name}: scores must be finite, got {scores[worst]} for candidate {worst}")
    return scores


@dataclass(frozen=True)
class _Contract:
    """What a model says of itself."""

    inputs: tuple[str, ...]
    names: tuple[str, ...]  # of its features; empty: all that there are
    width: int | None  # how many features it takes; None: any number


def _read_contract(session: Any, path: Path) -> _Contract:
    inputs = {port.name: port for port in session.get_inputs()}
    if not inputs or set(inputs) - set(_INPUTS):
        raise RankerError(
            f'{path}: the inputs must be "features" or "crops" or both, got {", ".join(inputs) or "none"}'
        )
    for port in inputs.values():
        if port.type != _FLOAT:
            raise RankerError(f'{path}: input "{port.name}" must be float32, got {port.type}')
    width = None
    if "features" in inputs:
        shape = _open_shape(inputs["features"], 2, "(n, f)", path)
        width = shape[1]
    if "crops" in inputs:
        shape = _open_shape(inputs["crops"], 4, f"(n, {', '.join(map(str, CROP_SHAPE))})", path)
        if any(side not in (None, wanted) for side, wanted in zip(shape[1:], CROP_SHAPE, strict=True)):
            raise RankerError(f'{path}: input "crops" needs shape (n, 4, 160, 160), got {inputs["crops"].shape}')
    outputs = {port.name: port for port in session.get_outputs()}
    if _OUTPUT not in outputs:
        raise RankerError(f'{path}: has no output "{_OUTPUT}"; its outputs are {", ".join(outputs)}')
    if outputs[_OUTPUT].type != _FLOAT:
        raise RankerError(f'{path}: output "{_OUTPUT}" must be float32, got {outputs[_OUTPUT].type}')
    said = session.get_modelmeta().custom_metadata_map.get(FEATURES_KEY, "")
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    if len(set(names)) != len(names):
        raise RankerError(f"{path}: {FEATURES_KEY} names a feature twice: {said}")
    if names and width not in (None, len(names)):
        raise RankerError(f'{path}: {FEATURES_KEY} names {len(names)} features, and the input "features" takes {width}')
    return _Contract(tuple(inputs), names, width)


def _open_shape(port: Any, axes: int, wanted: str, path: Path) -> tuple[int | None, ...]:
    """The sides of an input, None where dynamic; the first one, over the candidates, must be."""
    shape = tuple(side if isinstance(side, int) else None for side in port.shape)
    if len(shape) != axes:
        raise RankerError(f'{path}: input "{port.name}" needs shape {wanted}, got {port.shape}')
    if shape[0] is not None:
        raise RankerError(
            f'{path}: input "{port.name}" must take any number of candidates, its first axis is {shape[0]}'
        )
    return shape
