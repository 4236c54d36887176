"""Models of one or two layers, made on the spot: what they answer is known, so what is done with it can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def onnx_model(
    path: Path,
    nodes: Sequence[tuple[str, list[str], str, dict[str, Any]]],
    shape: Sequence[int | str],
    *,
    values: dict[str, np.ndarray] | None = None,
    outputs: Sequence[str] = ("answer",),
    dtype: type = np.float32,
) -> Path:
    """A model whose input is "photo"; nodes are (kind, inputs, output, attributes)."""
    import onnx

    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(name, inputs, [output], **attributes) for name, inputs, output, attributes in nodes],
        "model",
        [onnx.helper.make_tensor_value_info("photo", kind, list(shape))],
        [onnx.helper.make_empty_tensor_value_info(name) for name in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in (values or {}).items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, path)
    return path


def channel_mean(path: Path, shape: Sequence[int | str] = (1, 3, 8, 12)) -> Path:
    """(1, 3, h, w) -> (1, 1, h, w): the mean of the channels."""
    return onnx_model(path, [("ReduceMean", ["photo"], "answer", {"axes": [1], "keepdims": 1})], shape)


def constant(path: Path, answer: np.ndarray, shape: Sequence[int | str] = (1, 3, 8, 12)) -> Path:
    """Always the same answer."""
    return onnx_model(path, [("Identity", ["held"], "answer", {})], shape, values={"held": answer})


def litert_model(
    path: Path,
    *,
    shape: Sequence[int] = (1, 8, 12, 3),
    signature: Sequence[int] | None = None,
    dtype: str = "float",
    scale: float = 1 / 255,
    zero: int = 0,
    kind: str = "logistic",
) -> Path:
    """A TensorFlow Lite model of one operator, input as large as output.

    `kind`: "logistic", or "mean" over the channels (the answer then has one), of the dtype "float", "uint8" or "int8".
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    types = {"float": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8, "int8": schema.TensorType.INT8}
    axis = list(shape).index(3) if kind == "mean" else None
    answer = [1 if place == axis else side for place, side in enumerate(shape)]

    def tensor(name: str, sides: Sequence[int], number: int, buffer: int, *, scale: float, zero: int) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), list(sides), number, buffer
        if number in (types["uint8"], types["int8"]):
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = [scale], [zero]
        return made

    number = types[dtype]
    photo = tensor("photo", shape, number, 0, scale=scale, zero=zero)
    if signature is not None:
        photo.shapeSignature = list(signature)
    logistic = kind == "logistic"
    # of a quantised logistic, LiteRT wants 1/256 and the least integer
    made = tensor(
        "answer",
        answer,
        number,
        0,
        scale=1 / 256 if logistic else scale,
        zero=(-128 if dtype == "int8" else 0) if logistic else zero,
    )
    tensors, inputs, data = [photo, made], [0], [b""]
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    if logistic:
        builtin = schema.BuiltinOperator.LOGISTIC
    else:
        builtin = schema.BuiltinOperator.MEAN
        tensors.append(tensor("axis", [1], schema.TensorType.INT32, 1, scale=0, zero=0))
        inputs.append(2)
        data.append(np.array([axis], np.int32).tobytes())
        operator.builtinOptionsType = schema.BuiltinOptions.ReducerOptions
        operator.builtinOptions = schema.ReducerOptionsT()
        operator.builtinOptions.keepDims = True
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 2 if dtype == "int8" else 1
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, inputs, [1]
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [0], [1], [operator]
    graph.name = b"main"
    model = schema.ModelT()
    model.version, model.description, model.subgraphs, model.operatorCodes = 3, b"test", [graph], [code]
    model.buffers = []
    for content in data:
        buffer = schema.BufferT()
        buffer.data = list(content) or None
        model.buffers.append(buffer)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
