"""How far a reconstruction is from its source, into the World's metadata."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pixkern.metrics import ms_ssim, mse, psnr, ssim

from ..components import RGB, BlurRGB, ReconRGB
from ..system import Kinds, System
from ..world import World
from .unit_range import in_unit_range

ImageType = type[RGB] | type[ReconRGB] | type[BlurRGB]


class _Metric(System):
    key: ClassVar[str]

    def __init__(
        self, *, source: ImageType = RGB, reconstruction: ImageType = ReconRGB, threads: int | None = None
    ) -> None:
        super().__init__()
        for name, kind in (("source", source), ("reconstruction", reconstruction)):
            if kind not in (RGB, ReconRGB, BlurRGB):
                raise ValueError(f"{name} must be RGB, ReconRGB or BlurRGB, got {kind!r}")
        self.source = source
        self.reconstruction = reconstruction
        self.threads = threads

    def required_components(self) -> Sequence[Kinds]:
        """The source and the reconstruction."""
        return [self.source, self.reconstruction]

    def produced_components(self) -> Sequence[Kinds]:
        """None: the result is a number in `World.metadata`."""
        return []

    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """See `System.run_group`."""
        a, b = (
            world.arena.stack([world.get_component(entity, kind).pixels for entity in entities])
            for kind in (self.source, self.reconstruction)
        )
        if a.dtype != b.dtype:
            a, b = in_unit_range(a), in_unit_range(b)
        for entity, value in zip(entities, self.measure(a, b), strict=True):
            world.metadata[entity][self.key] = float(value)

    @abstractmethod
    def measure(self, a: Any, b: Any) -> Any:
        """One value for each pair of images of two batches (B, H, W, C) of one dtype."""

    def __repr__(self) -> str:
        return f"{self.name}(source={self.source.__name__}, reconstruction={self.reconstruction.__name__})"


class MetricMSE(_Metric):
    """Mean squared error into ``world.metadata[entity]["mse"]``; see `pixkern.metrics.mse`.

    Images of one dtype are compared in its own units. If source and reconstruction differ in dtype, both are compared
    as float32 with full scale 1.0, and then the error is in those units.

    Parameters
    ----------
    source, reconstruction : {RGB, ReconRGB, BlurRGB}
        What is compared with what.
    threads : int, optional
        See `pixkern.set_threads`.

    Raises
    ------
    ValueError
        Another type. When it runs: shapes differ.
    """

    key = "mse"

    def measure(self, a: Any, b: Any) -> Any:
        """See `pixkern.metrics.mse`."""
        return mse(a, b, threads=self.threads)


class MetricPSNR(_Metric):
    """Peak signal-to-noise ratio in dB into ``world.metadata[entity]["psnr"]``; inf if equal; see `MetricMSE`."""

    key = "psnr"

    def measure(self, a: Any, b: Any) -> Any:
        """See `pixkern.metrics.psnr`."""
        return psnr(a, b, threads=self.threads)


class MetricSSIM(_Metric):
    """Structural similarity into ``world.metadata[entity]["ssim"]``; see `MetricMSE` and `pixkern.metrics.ssim`.

    Parameters
    ----------
    window : {"gaussian", "uniform"}
        11 x 11 with sigma 1.5, or 7 x 7.
    source, reconstruction, threads
        See `MetricMSE`.
    """

    key = "ssim"

    def __init__(
        self,
        *,
        window: Literal["gaussian", "uniform"] = "gaussian",
        source: ImageType = RGB,
        reconstruction: ImageType = ReconRGB,
        threads: int | None = None,
    ) -> None:
        super().__init__(source=source, reconstruction=reconstruction, threads=threads)
        if window not in ("gaussian", "uniform"):
            raise ValueError(f"window must be 'gaussian' or 'uniform', got {window!r}")
        self.window: Literal["gaussian", "uniform"] = window

    def measure(self, a: Any, b: Any) -> Any:
        """See `pixkern.metrics.ssim`."""
        return ssim(a, b, window=self.window, threads=self.threads)


class MetricMSSSIM(_Metric):
    """Multi-scale structural similarity, five scales, into ``world.metadata[entity]["ms_ssim"]``; see `MetricMSE`.

    Images below `pixkern.metrics.ms_ssim`'s smallest size are refused.
    """

    key = "ms_ssim"

    def measure(self, a: Any, b: Any) -> Any:
        """See `pixkern.metrics.ms_ssim`."""
        return ms_ssim(a, b, threads=self.threads)
