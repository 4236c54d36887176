"""Tiny ONNX autoencoders for tests: real files with one convolution a half, in every dialect the contract allows."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, HALF, UINT8 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8
FACTOR = 4


def halves(folder, *, channels=4, moments=False, kind=FLOAT, batch="b", size=("h", "w"), metadata=None, extra=False):
    """Files of an encoder (average pooling, then a 3x3 convolution) and a decoder (3x3 convolution, then repetition).

    Each half reaches one latent far. `kind` is the element type of images; uint8 ones are computed in float32.
    """
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(7)
    wide = HALF if kind == HALF else FLOAT
    given = channels * (2 if moments else 1)
    taps = [random.normal(0, 0.2, shape).astype(np.float16 if wide == HALF else np.float32)
            for shape in ((given, 3, 3, 3), (3 * FACTOR**2, channels, 3, 3))]  # fmt: skip
    latents = [batch, channels, *(("r", "c") if isinstance(size[0], str) else (side // FACTOR for side in size))]
    first = [helper.make_node("Cast", ["images"], ["x"], to=FLOAT)] if kind == UINT8 else []
    x = "x" if kind == UINT8 else "images"
    nodes = [
        *first,
        helper.make_node("AveragePool", [x], ["pooled"], kernel_shape=[FACTOR] * 2, strides=[FACTOR] * 2),
        helper.make_node("Conv", ["pooled", "taps"], ["latents"], pads=[1] * 4),
    ]
    outputs = [helper.make_tensor_value_info("latents", wide, [batch, given, *latents[2:]])]
    if extra:
        nodes.append(helper.make_node("Identity", ["pooled"], ["means"]))
        outputs.append(helper.make_tensor_value_info("means", wide, [batch, 3, *latents[2:]]))
    inputs = [helper.make_tensor_value_info("images", kind, [batch, 3, *size])]
    constants = [numpy_helper.from_array(taps[0], "taps")]
    encoder = save(folder / "encoder.onnx", nodes, inputs, outputs, constants, metadata)
    result = "y" if kind == UINT8 else "images"
    nodes = [
        helper.make_node("Conv", ["latents", "taps"], ["blocks"], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["blocks"], [result], blocksize=FACTOR, mode="CRD"),
    ]
    if kind == UINT8:
        limits = [numpy_helper.from_array(np.float32(value), name) for name, value in (("low", 0), ("high", 255))]
        nodes += [
            helper.make_node("Clip", ["y", "low", "high"], ["z"]),
            helper.make_node("Cast", ["z"], ["images"], to=UINT8),
        ]
    else:
        limits = []
    inputs = [helper.make_tensor_value_info("latents", wide, latents)]
    outputs = [helper.make_tensor_value_info("images", kind, [batch, 3, *size])]
    taps = [numpy_helper.from_array(taps[1], "taps"), *limits]
    return encoder, save(folder / "decoder.onnx", nodes, inputs, outputs, taps, metadata)


def save(path, nodes, inputs, outputs, constants=(), metadata=None):
    """Write a model of these parts."""
    graph = helper.make_graph(nodes, "half", inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path
