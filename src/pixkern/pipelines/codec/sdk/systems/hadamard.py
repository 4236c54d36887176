"""Decorrelate the channels of a latent, four at a time."""

from __future__ import annotations

from collections.abc import Sequence

from pixkern.lifting import hadamard4

from ..components import YUVW4, Latent4
from ..system import Kinds, System
from ..world import World


class Hadamard4(System):
    """`Latent4` to `YUVW4` by the orthogonal 4 x 4 Hadamard matrix, and back.

    Channels 4 i to 4 i + 3 are mixed with each other; the matrix is symmetric and its own inverse, so both directions
    are one transform. See `pixkern.lifting.hadamard4`.

    Parameters
    ----------
    mode : {"forward", "inverse"}
        forward: `Latent4` to `YUVW4`; inverse: back.
    threads : int, optional
        See `pixkern.set_threads`.

    Raises
    ------
    ValueError
        When it runs: the latent's channels are no multiple of 4.
    """

    def __init__(self, mode: str = "forward", *, threads: int | None = None) -> None:
        super().__init__(mode)
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """`Latent4`; inverse: `YUVW4`."""
        return [Latent4] if self.mode == "forward" else [YUVW4]

    def produced_components(self) -> Sequence[Kinds]:
        """`YUVW4`; inverse: `Latent4`."""
        return [YUVW4] if self.mode == "forward" else [Latent4]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        source: type[Latent4 | YUVW4] = Latent4 if self.mode == "forward" else YUVW4
        target = YUVW4 if self.mode == "forward" else Latent4
        given = [world.get_component(entity, source) for entity in entities]
        channels, rows, cols = given[0].values.shape
        if channels % 4:
            raise ValueError(f"Hadamard4 needs a multiple of 4 channels, got {given[0].values}")
        batch = world.arena.alloc_tensor((len(given), channels, rows, cols), "float32")
        fours = (-1, 4, rows, cols)
        latents = world.arena.stack([component.values for component in given])
        hadamard4(latents.reshape(fours), axis=1, out=world.view(batch).reshape(fours), threads=self.threads)
        for entity, component, values in zip(entities, given, batch, strict=True):
            world.add_component(entity, target(values, component.size, component.origin))
