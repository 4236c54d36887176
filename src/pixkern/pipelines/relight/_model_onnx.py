"""ONNX models: one image in, one image out."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pixkern.pipelines._onnx_session import CPU, first_line, open_session

from ._model_errors import MOST_SIDE, ModelError, as_planes, file_sha256, tensor
from .given import placed
from .settings import OnnxModel

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


def run_onnx(
    image: np.ndarray, settings: OnnxModel, root: str | os.PathLike[str] | None
) -> tuple[np.ndarray, str, dict[str, Any]]:
    """The model's answer (h, w, c), its name for messages, and its record; raises as `models.ask`."""
    path = placed(settings.model, root)
    session = open_session(path, (CPU,), 1, ModelError)
    inputs, outputs = session.get_inputs(), [one.name for one in session.get_outputs()]
    if len(inputs) != 1:
        raise ModelError(f"{path}: needs one input, the photo; the model has {len(inputs)}")
    if inputs[0].type not in _FLOATS:
        raise ModelError(f"{path}: its input must be float32 or float16, got {inputs[0].type}")
    output = outputs[0] if settings.output is None else settings.output
    if output not in outputs:
        raise ModelError(f'{path}: has no output "{output}"; its outputs are {", ".join(outputs)}')
    width, height = settings.size
    first = settings.layout == "nchw"
    shape = (1, 3, height, width) if first else (1, height, width, 3)
    _check_shape(inputs[0].shape, shape, path, settings)
    pixels = tensor(image, (width, height), settings.mean, settings.std)
    if settings.order == "bgr":
        pixels = pixels[..., ::-1]
    given = np.ascontiguousarray(pixels.transpose(2, 0, 1) if first else pixels, _FLOATS[inputs[0].type])[None]
    try:
        answers = session.run([output], {inputs[0].name: given})
    except Exception as error:  # onnxruntime raises its own kinds, which share no base but Exception
        raise ModelError(f"{path}: the model failed: {first_line(error)}") from None
    values = as_planes(answers[0], str(path), first=first)
    return values, str(path), {"model": path.name, "model_sha256": file_sha256(path), **_record(settings)}


def _check_shape(asked: Any, given: tuple[int, ...], path: os.PathLike[str], settings: OnnxModel) -> None:
    shape = list(asked) if isinstance(asked, list | tuple) else []
    fits = len(shape) == 4 and all(not isinstance(a, int) or a == g for a, g in zip(shape, given, strict=True))
    if not fits:
        raise ModelError(
            f"{path}: its input is {shape}, which size {list(settings.size)} and layout {settings.layout} do not fit"
        )
    if max(given) > MOST_SIDE:
        raise ModelError(f"{path}: an input of more than {MOST_SIDE} pixels a side")


def _record(settings: OnnxModel) -> dict[str, Any]:
    import onnxruntime

    return {
        "runtime": f"onnxruntime {onnxruntime.__version__}",
        "size": list(settings.size),
        "layout": settings.layout,
        "order": settings.order,
        "mean": list(settings.mean),
        "std": list(settings.std),
        "output": settings.output,
        "activation": settings.activation,
        "channel": settings.channel,
    }
