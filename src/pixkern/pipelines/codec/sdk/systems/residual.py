"""What a reconstruction lacks, so that it can be coded too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..components import RGB, ReconRGB, Residual
from ..system import Kinds, System
from ..tensor_ref import TensorRef
from ..world import World
from .unit_range import in_unit_range

_EXACT: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.uint8): np.dtype(np.int16),
    np.dtype(np.uint16): np.dtype(np.int32),
}


class ResidualCoding(System):
    """`RGB` less `ReconRGB` to `Residual`, and `ReconRGB` plus `Residual` to a better `ReconRGB`.

    Of two uint8 images the residual is int16, of two uint16 images int32, and the sum is the source again, bit for bit;
    should a residual have been changed in between, the sum stops at 0 and full scale. Otherwise both images are taken
    as float32 with full scale 1.0, and the sum is within 1.2e-7 of the source, not clipped.

    Parameters
    ----------
    mode : {"forward", "inverse"}
        forward: `RGB` and `ReconRGB` to `Residual`; inverse: `ReconRGB` and `Residual` to `ReconRGB`, replaced.

    Raises
    ------
    ValueError
        When it runs: the two have different shapes.
    TypeError
        When it runs: an integer residual, and a reconstruction that is not of its dtype.
    """

    def required_components(self) -> Sequence[Kinds]:
        """`RGB` and `ReconRGB`; inverse: `ReconRGB` and `Residual`."""
        return [RGB, ReconRGB] if self.mode == "forward" else [ReconRGB, Residual]

    def produced_components(self) -> Sequence[Kinds]:
        """`Residual`; inverse: `ReconRGB`."""
        return [Residual] if self.mode == "forward" else [ReconRGB]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        for entity in entities:
            recon = world.get_component(entity, ReconRGB).pixels
            if self.mode == "forward":
                source = world.get_component(entity, RGB).pixels
                world.add_component(entity, Residual(_difference(world, source, recon)))
            else:
                difference = world.get_component(entity, Residual).difference
                world.add_component(entity, ReconRGB(_sum(world, recon, difference)))


def _difference(world: World, source: TensorRef, recon: TensorRef) -> TensorRef:
    _same_shape(source, recon)
    kind = _EXACT.get(source.dtype) if source.dtype == recon.dtype else None
    a, b = world.view(source), world.view(recon)
    if kind is None:
        kind = np.dtype(np.float32)
        a, b = in_unit_range(a), in_unit_range(b)
    result = world.arena.alloc_tensor(source.shape, kind)
    np.subtract(a, b, out=world.view(result), dtype=kind)
    return result


def _sum(world: World, recon: TensorRef, difference: TensorRef) -> TensorRef:
    _same_shape(recon, difference)
    if difference.dtype == np.float32:
        result = world.arena.alloc_tensor(recon.shape, np.float32)
        np.add(in_unit_range(world.view(recon)), world.view(difference), out=world.view(result))
        return result
    if _EXACT.get(recon.dtype) != difference.dtype:
        raise TypeError(f"a residual {difference} cannot be added to a reconstruction {recon}")
    result = world.arena.alloc_tensor(recon.shape, recon.dtype)
    whole = np.add(world.view(recon), world.view(difference), dtype=np.int32)
    np.clip(whole, 0, np.iinfo(recon.dtype).max, out=world.view(result), casting="unsafe")
    return result


def _same_shape(one: TensorRef, other: TensorRef) -> None:
    if one.shape != other.shape:
        raise ValueError(f"source, reconstruction and residual need one shape, got {one} and {other}")
