"""Write an autoencoder as two ONNX files, node by node: five operators, no exporter, the same bytes every time.

The graphs take any batch, height and width. Block rearrangement is ONNX's own: SpaceToDepth orders channels
(row, column, colour) where torch has (colour, row, column), so the first layer's weights are permuted to match.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from .autoencoder_network import BLOCK, Autoencoder, Half

OPSET = 13
_IR_VERSION = 8  # the one that came with opset 13's runtimes; older runtimes refuse newer files


def export(network: Autoencoder, encoder: Path, decoder: Path, *, producer: str = "pixkern") -> None:
    """Write the halves of `network`.

    Parameters
    ----------
    network : Autoencoder
    encoder, decoder : path
        Files to write: images (B, 3, H, W) float32 in [0, 1] to latents (B, c, H/8, W/8), and back.
    producer : str
        Written into the files.
    """
    halo = str(2 * len(network.encoder.trunk)), str(2 * len(network.decoder.trunk) + 1)
    graph = _Graph()
    x = graph.add("SpaceToDepth", "images", blocksize=BLOCK)
    x = graph.add("Sub", x, graph.constant("half", np.float32(0.5)))
    graph.half(network.encoder, x, "latents", inputs=_space_to_depth_order())
    _save(graph, encoder, ("images", ["batch", 3, "height", "width"]),
          ("latents", ["batch", network.channels, "rows", "cols"]), producer, halo[0])  # fmt: skip
    graph = _Graph()
    x = graph.half(network.decoder, "latents", "blocks")
    x = graph.add("DepthToSpace", x, blocksize=BLOCK, mode="CRD")
    graph.add("Add", x, graph.constant("half", np.float32(0.5)), output="images")
    _save(graph, decoder, ("latents", ["batch", network.channels, "rows", "cols"]),
          ("images", ["batch", 3, "height", "width"]), producer, halo[1])  # fmt: skip


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def convolution(self, layer: torch.nn.Conv2d, name: str, x: str, inputs: np.ndarray | None = None) -> str:
        assert layer.bias is not None
        weight, bias = (part.detach().float().numpy() for part in (layer.weight, layer.bias))
        weight = weight if inputs is None else weight[:, inputs]
        pad = layer.kernel_size[0] // 2
        constants = self.constant(f"{name}.weight", np.ascontiguousarray(weight)), self.constant(f"{name}.bias", bias)
        return self.add("Conv", x, *constants, kernel_shape=list(layer.kernel_size), pads=[pad] * 4)

    def half(self, half: Half, x: str, output: str, inputs: np.ndarray | None = None) -> str:
        straight = self.convolution(half.linear, "linear", x, inputs)
        y = self.convolution(half.first, "first", x, inputs)
        for number, block in enumerate(half.residuals()):
            z = self.convolution(block.first, f"trunk.{number}.first", y)
            z = self.add("Mul", z, self.add("Sigmoid", z))
            y = self.add("Add", y, self.convolution(block.second, f"trunk.{number}.second", z))
        return self.add("Add", straight, self.convolution(half.last, "last", y), output=output)


def _space_to_depth_order() -> np.ndarray:
    channels = np.arange(3 * BLOCK * BLOCK).reshape(3, BLOCK, BLOCK)
    return channels.transpose(1, 2, 0).ravel()


def _save(
    graph: _Graph,
    path: Path,
    takes: tuple[str, list[str | int]],
    gives: tuple[str, list[str | int]],
    producer: str,
    halo: str,
) -> None:
    takes_value, gives_value = (
        helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in (takes, gives)
    )
    made = helper.make_graph(graph.nodes, f"{takes[0]} to {gives[0]}", [takes_value], [gives_value], graph.constants)
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION, producer_name=producer
    )
    helper.set_model_props(model, {"pixkern.halo": halo})
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
