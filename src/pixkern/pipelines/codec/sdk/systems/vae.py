"""Images to latents and back, by the ONNX models of `pixkern.pipelines.codec.models`."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from ..components import RGB, Latent4, ReconRGB
from ..system import Kinds, System
from ..world import World


class _OnnxVAE(System):
    def __init__(
        self,
        model: Any = None,
        *,
        config: str | PathLike[str] | None = None,
        provider: str | None = None,
        threads: int | None = None,
    ) -> None:
        from ...models import Model, find_model

        super().__init__()
        self.model = model if isinstance(model, Model) else find_model(model, config)
        self.provider = provider
        self.threads = threads

    @property
    def origin(self) -> str:
        """What latents of the model carry as their origin: its hash, in hexadecimal digits."""
        return self.model.hash.hex()

    def __repr__(self) -> str:
        return f"{self.name}({self.model.name!r})"


class OnnxVAEEncode(_OnnxVAE):
    """`RGB` to `Latent4`, all images of one size in one batch; see `pixkern.pipelines.codec.vae.encode`.

    Parameters
    ----------
    model : str or Model, optional
        A name from the configuration or of a shipped model; default: the configuration's, else "f8c4". See
        `pixkern.pipelines.codec.models.find_model`.
    config : path, optional
        Of the configuration.
    provider : str, optional
        Of onnxruntime.
    threads : int, optional
        Of onnxruntime.

    Raises
    ------
    ValueError
        No such model. When it runs: images that are not of three channels.
    TypeError
        When it runs: images that are neither uint8 nor float32.
    BackendUnavailable
        When it runs: onnxruntime is not installed, or cannot run the provider.
    """

    def required_components(self) -> Sequence[Kinds]:
        """`RGB`."""
        return [RGB]

    def produced_components(self) -> Sequence[Kinds]:
        """`Latent4`."""
        return [Latent4]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        from ...vae import encode

        images = world.arena.stack([world.get_component(entity, RGB).pixels for entity in entities])
        rows, cols, channels = images.shape[1:]
        if channels != 3:
            raise ValueError(f"{self!r} takes images of 3 channels, got shape {images.shape[1:]}")
        batch = world.arena.put(encode(images, self.model, provider=self.provider, threads=self.threads))
        for entity, values in zip(entities, batch, strict=True):
            world.add_component(entity, Latent4(values, (cols, rows), self.origin))


class OnnxVAEDecode(_OnnxVAE):
    """`Latent4` to `ReconRGB`, float32 in [0, 1], all latents of one size in one batch.

    A latent that names another model's hash as its origin is refused: another decoder would make noise of it. The
    image has the latent's `size`; without one, as many whole latents as there are. See
    `pixkern.pipelines.codec.vae.decode`.

    Parameters
    ----------
    model, config, provider, threads
        See `OnnxVAEEncode`.

    Raises
    ------
    ValueError
        No such model. When it runs: the latent is of another model.
    """

    def required_components(self) -> Sequence[Kinds]:
        """`Latent4`."""
        return [Latent4]

    def produced_components(self) -> Sequence[Kinds]:
        """`ReconRGB`."""
        return [ReconRGB]

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        from ...vae import decode

        given = [world.get_component(entity, Latent4) for entity in entities]
        first = given[0]  # size and origin are part of what makes a group
        if first.origin and first.origin != self.origin:
            raise ValueError(
                f"the latent was made by model {first.origin}, and {self.model.name!r} is {self.origin}; "
                "only its own decoder can read it"
            )
        _, rows, cols = first.values.shape
        size = first.size or (cols * self.model.downscale, rows * self.model.downscale)
        latents = world.arena.stack([component.values for component in given])
        images = decode(latents, size, self.model, provider=self.provider, threads=self.threads)
        for entity, pixels in zip(entities, world.arena.put(images), strict=True):
            world.add_component(entity, ReconRGB(pixels))
