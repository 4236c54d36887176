"""A learned model as predictor: an ONNX file that looks at a photo and answers with a lens.

The contract, in full:

input
    One tensor (1, 3, H, W), float32, RGB in [0, 1]. H and W are fixed or dynamic. The photo is resized to a
    fixed size without keeping its aspect, to dynamic ones with its aspect and a longer side of at most
    `pixkern.longest_side` (1024 unless the model's metadata say otherwise).
output "parameters"
    (1, n) float32: coefficients of `BrownConrady` in units of half diagonals of the frame, so that they do not
    depend on the photo's size. The metadata `pixkern.parameters` names them in order, from k1 to k6, p1, p2, s1 to
    s4, and cx, cy (the centre's offset from the middle of the frame, in half diagonals), for instance
    ``k1,k2,p1,p2``. Without it n is 5 (k1, k2, k3, p1, p2) or 7 (and cx, cy).
output "residual", optional
    (1, 2, h, w) float32: displacement (x, y) added to the lens's position, corners on corners, h and w at will. Its
    unit is in the metadata `pixkern.residual_unit`: "pixel" (of the photo), "half_diagonal", or "grid" (x and y
    each in half sides, as a normalised sampling grid has it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from os import PathLike
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pixkern.lenses import BrownConrady
from pixkern.pipelines._onnx_session import first_line, open_session

from .colour import as_rgb
from .prediction import Prediction

RESIDUAL_UNITS = ("pixel", "half_diagonal", "grid")
_NAMES = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2", "s1", "s2", "s3", "s4", "cx", "cy")
_UNNAMED = {5: ("k1", "k2", "k3", "p1", "p2"), 7: ("k1", "k2", "k3", "p1", "p2", "cx", "cy")}
_LONGEST_SIDE = 1024
_MOST_SIDE = 8192  # pixels of a model's input; more is a damaged file, not a network
_LARGEST = 1e3  # of a coefficient at the half diagonal: a lens that moves its corners by 1000 frames is none


class ModelError(ValueError):
    """The file is no ONNX model, or a model that does not keep the contract."""


@dataclass(frozen=True)
class OnnxPredictor:
    """Predict lenses with an ONNX model through onnxruntime; the contract is in the docstring of this module.

    Parameters
    ----------
    path : path
        Of the model.
    providers : sequence of str
        Of onnxruntime, in order of preference; the first must really run, there is no silent fallback to a
        slower one. For NVIDIA GPUs: ``("CUDAExecutionProvider",)``, with the extra ``onnx-gpu``.
    threads : int
        Of onnxruntime. 1, so that a batch's worker processes do not fight for cores, and so that sums are
        added up in one order and results are the same bits everywhere on one machine.

    Raises
    ------
    ModelError
        Not an ONNX model, or its inputs, outputs or metadata do not keep the contract.
    BackendUnavailable
        onnxruntime is not installed, or the first provider cannot run here.

    Examples
    --------
    >>> OnnxPredictor("no-such-model.onnx")
    Traceback (most recent call last):
    FileNotFoundError: no such model: no-such-model.onnx
    """

    path: Path
    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    threads: int = 1
    _contract: _Contract = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        path: str | PathLike[str],
        providers: Sequence[str] = ("CPUExecutionProvider",),
        *,
        threads: int = 1,
    ) -> None:
        object.__setattr__(self, "path", Path(path))
        object.__setattr__(self, "providers", (providers,) if isinstance(providers, str) else tuple(providers))
        object.__setattr__(self, "threads", threads)
        if not self.providers:
            raise ValueError('providers must name at least one, for instance ("CPUExecutionProvider",)')
        object.__setattr__(self, "_contract", _read_contract(self._session(), self.path))

    def __call__(self, image: np.ndarray) -> Prediction:
        """Predict the lens of one photo.

        Parameters
        ----------
        image : (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8, uint16 or float32

        Returns
        -------
        Prediction
            Not accepted, with the reason, if an output is not finite or absurdly large.

        Raises
        ------
        ModelError
            The model fails to run on this photo or answers in shapes that break the contract.
        """
        rows, cols = image.shape[:2]
        contract = self._contract
        tensor = contract.tensor(image)
        try:
            answers = self._session().run(list(contract.outputs), {contract.input: tensor})
        except Exception as error:  # onnxruntime raises its own kinds, which share no base but Exception
            raise ModelError(f"{self.path}: the model failed on a {cols}x{rows} photo: {first_line(error)}") from None
        found = dict(zip(contract.outputs, answers, strict=True))
        return self._prediction(found, (cols, rows))

    def _prediction(self, found: dict[str, np.ndarray], size: tuple[int, int]) -> Prediction:
        source = f"onnx:{self.path.name}"
        numbers = _checked(self.path, found["parameters"], "parameters", ndim=2)
        names = self._contract.names or _UNNAMED.get(numbers.shape[1], ())
        if not names or numbers.shape[1] != len(names):
            wanted = f"(1, {len(names)})" if names else "(1, 5) or (1, 7), or names in its metadata"
            raise ModelError(f'{self.path}: output "parameters" needs shape {wanted}, got {numbers.shape}')
        values = dict(zip(names, numbers[0].astype(np.float64).tolist(), strict=True))
        if not all(np.isfinite(value) and abs(value) <= _LARGEST for value in values.values()):
            told = ", ".join(f"{name}={value:g}" for name, value in values.items())
            return Prediction(None, source, accepted=False, reasons=(f"the model answered with no lens: {told}",))
        unit = hypot(*size) / 2
        middle = [(side - 1) / 2 for side in size]
        lens = BrownConrady(
            (unit, unit),
            (middle[0] + unit * values.get("cx", 0.0), middle[1] + unit * values.get("cy", 0.0)),
            tuple(values.get(f"k{n}", 0.0) for n in range(1, 7)),
            tuple(values.get(f"p{n}", 0.0) for n in range(1, 3)),
            tuple(values.get(f"s{n}", 0.0) for n in range(1, 5)),
            size=size,
        )
        residual = None
        if "residual" in found:
            flow = _checked(self.path, found["residual"], "residual", ndim=4)
            if flow.shape[1] != 2 or min(flow.shape[2:]) < 2:
                raise ModelError(f'{self.path}: output "residual" needs shape (1, 2, h, w), got {flow.shape}')
            scale = {"pixel": (1, 1), "half_diagonal": (unit, unit), "grid": middle}[self._contract.residual_unit]
            with np.errstate(over="ignore", invalid="ignore"):  # the ladder refuses what is not finite
                residual = np.ascontiguousarray(
                    flow[0].transpose(1, 2, 0) * np.array(scale, np.float32), dtype=np.float32
                )
        return Prediction(lens, source, residual=residual, details={"parameters": values})

    def _session(self) -> Any:
        return open_session(self.path, self.providers, self.threads, ModelError)


@dataclass(frozen=True)
class _Contract:
    """What a model says of itself."""

    input: str
    size: tuple[int | None, int | None]  # (width, height); None where dynamic
    longest_side: int
    outputs: tuple[str, ...]
    names: tuple[str, ...]  # of the parameters; empty: by their number
    residual_unit: str

    def tensor(self, image: np.ndarray) -> np.ndarray:
        """The photo as the model takes it, (1, 3, H, W) float32."""
        rgb = as_rgb(image)
        rows, cols = rgb.shape[:2]
        factor = min(1.0, self.longest_side / max(rows, cols))
        width, height = (
            fixed or max(1, round(side * factor)) for fixed, side in zip(self.size, (cols, rows), strict=True)
        )
        if (width, height) != (cols, rows):
            smaller = width * height < cols * rows
            rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        full = np.float32(np.iinfo(rgb.dtype).max) if rgb.dtype.kind == "u" else np.float32(1)
        return np.ascontiguousarray((rgb / full).transpose(2, 0, 1)[None], dtype=np.float32)


def _read_contract(session: Any, path: Path) -> _Contract:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        raise ModelError(f"{path}: needs one input, the photo; the model has {len(inputs)}")
    shape = inputs[0].shape
    batch, channels, height, width = shape if len(shape) == 4 else (0,) * 4
    whole = isinstance(channels, int) and channels == 3 and (not isinstance(batch, int) or batch == 1)
    if not whole or inputs[0].type != "tensor(float)":
        raise ModelError(f"{path}: the input must be float32 (1, 3, H, W), got {inputs[0].type} {shape}")
    fixed = [side if isinstance(side, int) else None for side in (width, height)]
    if not all(side is None or 1 <= side <= _MOST_SIDE for side in fixed):
        raise ModelError(f"{path}: the input's sides must be 1 to {_MOST_SIDE} pixels, got {shape}")
    types = {output.name: output.type for output in outputs}
    if "parameters" not in types:
        raise ModelError(f'{path}: has no output "parameters"; its outputs are {", ".join(types) or "none"}')
    used = tuple(name for name in ("parameters", "residual") if name in types)
    for name in used:
        if types[name] != "tensor(float)":
            raise ModelError(f'{path}: output "{name}" must be float32, got {types[name]}')
    said = session.get_modelmeta().custom_metadata_map
    names = tuple(name.strip() for name in said.get("pixkern.parameters", "").split(",") if name.strip())
    if set(names) - set(_NAMES) or len(set(names)) != len(names):
        raise ModelError(f"{path}: pixkern.parameters must name each of {', '.join(_NAMES)} once at most, got {names}")
    residual_unit = said.get("pixkern.residual_unit", "")
    if "residual" in used and residual_unit not in RESIDUAL_UNITS:
        allowed = ", ".join(RESIDUAL_UNITS)
        raise ModelError(f"{path}: pixkern.residual_unit must be one of {allowed}, got {residual_unit!r}")
    longest = said.get("pixkern.longest_side", str(_LONGEST_SIDE))
    if not (longest.isascii() and longest.isdecimal() and 1 <= int(longest) <= _MOST_SIDE):
        raise ModelError(f"{path}: pixkern.longest_side must be 1 to {_MOST_SIDE}, got {longest!r}")
    return _Contract(inputs[0].name, (fixed[0], fixed[1]), int(longest), used, names, residual_unit)


def _checked(path: Path, answer: Any, name: str, *, ndim: int) -> np.ndarray:
    if not isinstance(answer, np.ndarray) or answer.ndim != ndim or answer.shape[0] != 1:
        got = getattr(answer, "shape", type(answer).__name__)
        raise ModelError(f'{path}: output "{name}" needs {ndim} axes with 1 as the first, got {got}')
    return answer
