"""Wavelet transforms of latents and of colour planes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pixkern.lifting import dwt2, idwt2

from ..components import (
    MOST_LEVELS,
    PLANE_TYPES,
    YUVW4,
    Latent4,
    PlaneKind,
    Planes,
    PyramidLayout,
    Wavelet,
    WaveletPyr,
)
from ..system import Kinds, System
from ..tensor_ref import checked_count
from ..world import World

_SOURCES = YUVW4 | Latent4 | Planes  # after a Hadamard transform an entity has the first two, and the first is meant


class _WaveletSystem(System):
    wavelet: ClassVar[Wavelet]

    def __init__(self, levels: int = 4, mode: str = "forward", *, threads: int | None = None) -> None:
        super().__init__(mode)
        if not 1 <= checked_count(levels, "levels") <= MOST_LEVELS:
            raise ValueError(f"levels must be 1 to {MOST_LEVELS}, got {levels}")
        self.levels = levels
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`YUVW4`, else `Latent4`, else `Planes`; inverse: `WaveletPyr`."""
        return [_SOURCES] if self.mode == "forward" else [WaveletPyr]

    def produced_components(self) -> Sequence[Kinds]:
        """`WaveletPyr`; inverse: the type that was transformed."""
        return [WaveletPyr] if self.mode == "forward" else [_SOURCES]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        if self.mode == "forward":
            self._forward(world, entities)
        else:
            self._inverse(world, entities)

    def _forward(self, world: World, entities: Sequence[int]) -> None:
        given = [self.inputs(world, entity)[0] for entity in entities]
        planes = world.arena.stack([component.values for component in given])  # type: ignore[attr-defined]
        batch = world.arena.alloc_tensor(planes.shape, planes.dtype)
        flat = (-1, *planes.shape[2:])
        dwt2(
            planes.reshape(flat),
            wavelet=self.wavelet,
            levels=self.levels,
            out=world.view(batch).reshape(flat),
            threads=self.threads,
        )
        for entity, component, coefficients in zip(entities, given, batch, strict=True):
            assert isinstance(component, Latent4 | YUVW4 | Planes)
            kind: PlaneKind = next(name for name, plane_type in PLANE_TYPES.items() if type(component) is plane_type)
            layout = PyramidLayout(self.wavelet, self.levels, kind, component.size, component.origin)
            world.add_component(entity, WaveletPyr(coefficients, layout))

    def _inverse(self, world: World, entities: Sequence[int]) -> None:
        given = [world.get_component(entity, WaveletPyr) for entity in entities]
        layout = given[0].layout  # of all: layouts are part of what makes a group
        if layout.wavelet != self.wavelet:
            raise ValueError(f"{self.name} undoes {self.wavelet!r}; these coefficients are of {layout.wavelet!r}")
        coefficients = world.arena.stack([component.coefficients for component in given])
        batch = world.arena.alloc_tensor(coefficients.shape, coefficients.dtype)
        flat = (-1, *coefficients.shape[2:])
        idwt2(
            coefficients.reshape(flat),
            wavelet=self.wavelet,
            levels=layout.levels,
            out=world.view(batch).reshape(flat),
            threads=self.threads,
        )
        for entity, values in zip(entities, batch, strict=True):
            world.add_component(entity, PLANE_TYPES[layout.kind](values, layout.size, layout.origin))

    def __repr__(self) -> str:
        return f"{self.name}(levels={self.levels}, mode={self.mode!r})"


class WaveletHaar(_WaveletSystem):
    """Planes to `WaveletPyr` by the Haar wavelet, and back to what they came from.

    float32 planes are exact to rounding, int32 planes (reversible transform) exactly; see `pixkern.lifting.dwt2`.

    Parameters
    ----------
    levels : int
        1 to 10. The inverse takes what the coefficients say.
    mode : {"forward", "inverse"}
        forward: `YUVW4`, else `Latent4`, else `Planes` to `WaveletPyr`; inverse: back. `Pipe.select` chooses among
        the three.
    threads : int, optional
        See `pixkern.set_threads`.

    Raises
    ------
    TypeError, ValueError
        `levels` is no integer, or out of range. When it runs: coefficients of another wavelet.
    """

    wavelet = "haar"


class WaveletCDF53(_WaveletSystem):
    """Planes to `WaveletPyr` by the 5/3 wavelet of Cohen, Daubechies and Feauveau, and back; see `WaveletHaar`."""

    wavelet = "cdf53"


class WaveletCDF97(_WaveletSystem):
    """Planes to `WaveletPyr` by the 9/7 wavelet, and back; float32 planes only; see `WaveletHaar`."""

    wavelet = "cdf97"
