"""TensorFlow Lite models through LiteRT: one image in, one image out, floats or quantised integers."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pixkern import BackendUnavailable
from pixkern.pipelines._onnx_session import first_line

from ._model_errors import MOST_SIDE, ModelError, as_planes, file_sha256, tensor
from .given import placed
from .settings import LiteRTModel


@dataclass(frozen=True, eq=False)
class _Opened:
    """An interpreter, which holds one image at a time."""

    interpreter: Any
    lock: threading.Lock
    input: dict[str, Any]
    output: dict[str, Any]
    first: bool  # whether channels come before rows
    size: tuple[int, int]  # (width, height)


def run_litert(
    image: np.ndarray, settings: LiteRTModel, root: str | os.PathLike[str] | None
) -> tuple[np.ndarray, str, dict[str, Any]]:
    """The model's answer (h, w, c), its name for messages, and its record; raises as `models.ask`."""
    path = placed(settings.model, root)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such model: {path}") from None
    opened = _open(str(path), found.st_mtime_ns, found.st_size)
    pixels = tensor(image, opened.size, settings.mean, settings.std)
    given = (pixels.transpose(2, 0, 1) if opened.first else pixels)[None]
    with opened.lock:
        try:
            opened.interpreter.set_tensor(opened.input["index"], _quantised(given, opened.input))
            opened.interpreter.invoke()
            answer = opened.interpreter.get_tensor(opened.output["index"])
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{path}: the model failed: {first_line(error)}") from None
    values = as_planes(_real(answer, opened.output), str(path), first=opened.first)
    record = {
        "model": path.name,
        "model_sha256": file_sha256(path),
        "runtime": f"ai-edge-litert {version('ai-edge-litert')}",
        "mean": list(settings.mean),
        "std": list(settings.std),
        "activation": settings.activation,
        "channel": settings.channel,
    }
    return values, str(path), record


@lru_cache(maxsize=4)
def _open(path: str, modified: int, size: int) -> _Opened:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise BackendUnavailable("LiteRT models need ai-edge-litert: pip install 'pixkern[litert]'") from None
    data = Path(path).read_bytes()
    try:
        interpreter = Interpreter(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except (RuntimeError, ValueError) as error:  # names that are no text are a ValueError, too
        raise ModelError(f"{path}: not a model that LiteRT can run: {first_line(error)}") from None
    if len(inputs) != 1 or not outputs:
        raise ModelError(f"{path}: needs one input and an output, has {len(inputs)} and {len(outputs)}")
    shape = [int(side) for side in inputs[0]["shape"]]
    free = any(side < 1 for side in inputs[0].get("shape_signature", shape))
    last, first = len(shape) == 4 and shape[3] == 3, len(shape) == 4 and shape[1] == 3
    if not (last or first) or shape[0] != 1 or free or max(shape) > MOST_SIDE:
        told = [int(side) for side in inputs[0].get("shape_signature", shape)]
        raise ModelError(f"{path}: its input must be (1, h, w, 3) or (1, 3, h, w) of a fixed size, got {told}")
    rows, cols = shape[1:3] if last else shape[2:4]
    return _Opened(interpreter, threading.Lock(), inputs[0], outputs[0], not last, (cols, rows))


def _quantised(values: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    """Floats as the input wants them: real = scale (integer - zero point)."""
    dtype = np.dtype(detail["dtype"])
    if dtype.kind == "f":
        return np.ascontiguousarray(values, dtype)
    scale, zero = detail["quantization"]
    if dtype not in (np.uint8, np.int8) or not scale > 0:
        raise ModelError(f"a {dtype} input without a scale; needs floats or quantised 8-bit integers")
    limits = np.iinfo(dtype)
    steps = np.floor(values.astype(np.float64) / scale + 0.5) + zero
    return np.ascontiguousarray(np.clip(steps, limits.min, limits.max), dtype)


def _real(values: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    if values.dtype.kind == "f":
        return values
    scale, zero = detail["quantization"]
    if values.dtype not in (np.uint8, np.int8) or not scale > 0:
        return values  # refused by its kind
    return ((values.astype(np.float64) - zero) * scale).astype(np.float32)
