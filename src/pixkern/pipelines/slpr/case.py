"""One asset with one configuration: everything that a run writes of it.

Files of a case, all below ``<asset>/<config>/``:

    input.png                                  the image, as it is rendered
    pyramid_levels.png, pyramid_details.png    what is left of it from each level on; signed details, x 4 about grey 128
    sample_<zoom>.png, average_<zoom>.png      for each zoom level in per cent, and always for 100
    expectation_100.png, deviation_100.png     what averages tend to, and how far one sample strays from it
    convergence.png                            rms of averages against their number of samples
    metrics.json, timings.json
    thumbnails/                                for the contact sheet

All but ``timings.json`` have the same bytes on every run, whatever else runs beside it.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pixkern.pipelines.batch import Output, advance
from pixkern.pipelines.files import read_image
from pixkern.pyramid import spline_pyramid

from .case_files import CaseFiles, json_bytes
from .colour import join, split
from .config import Asset, Config, RenderConfig
from .convergence import converge
from .measures import compare, summary_of
from .pictures import detail_pictures, deviation_picture, level_pictures
from .plot import convergence_plot
from .stripes import Renderer
from .timings import Timings

__all__ = ["Case", "case_seed", "cases", "output_size", "run_case", "work"]


@dataclass(frozen=True)
class Case:
    """One asset with one configuration, and what holds for the whole run.

    Attributes
    ----------
    asset : Asset
    config : RenderConfig
    samples : int
        In each average.
    zoom_levels : tuple of int
        Per cent of the image's size.
    color_mode : {"gray", "rgb", "luma"}
    seed : int
        Of this case alone; see `case_seed`.
    granularity : {"coarse", "fine"}, optional
        Of the timings; None takes none.
    progress_pixels : int
        Output pixels times samples between two moves of the progress bar, about.
    """

    asset: Asset
    config: RenderConfig
    samples: int
    zoom_levels: tuple[int, ...]
    color_mode: str
    seed: int
    granularity: str | None
    progress_pixels: int

    @property
    def key(self) -> str:
        """ "asset/config", which is also its folder."""
        return f"{self.asset.name}/{self.config.name}"

    @property
    def zooms(self) -> tuple[int, ...]:
        """The zoom levels that are rendered, in rising order: those asked for, and 100."""
        return tuple(sorted({100, *self.zoom_levels}))


def case_seed(seed: int, asset: str, config: str) -> int:
    """The seed of a case: 64 bits of its own, whatever else is in the run.

    Parameters
    ----------
    seed : int
        Of the run.
    asset, config : str
        Their names.

    Returns
    -------
    int
        The first 8 bytes, big-endian, of the SHA-256 of the JSON text ``["pixkern slpr", seed, asset, config]``
        (Python's `json.dumps` with its defaults: ASCII only, ", " between items).

    Examples
    --------
    >>> from pixkern.pipelines.slpr.case import case_seed
    >>> hex(case_seed(1, "astronaut", "grain"))
    '0x79dc2e272045f3e4'
    """
    text = json.dumps(["pixkern slpr", seed, asset, config])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def cases(config: Config) -> dict[str, Case]:
    """All assets with all configurations, by "asset/config".

    Raises
    ------
    ValueError
        The settings have no seed.
    """
    settings = config.settings
    if settings.seed is None:
        raise ValueError("settings need a seed; draw one and record it, so that the run can be repeated")
    made = [
        Case(
            asset=asset,
            config=law,
            samples=settings.samples_per_render,
            zoom_levels=tuple(settings.zoom_levels),
            color_mode=settings.color_mode,
            seed=case_seed(settings.seed, asset.name, law.name),
            granularity=settings.profiling_granularity if settings.profiling else None,
            progress_pixels=settings.progress_update_pixels,
        )
        for asset in config.assets
        for law in config.configs
    ]
    return {case.key: case for case in made}


def output_size(size: tuple[int, int], zoom: float) -> tuple[int, int]:
    """(width, height) of an image at a zoom in per cent: rounded, and at least 1.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.case import output_size
    >>> output_size((301, 1), 25)
    (75, 1)
    """
    width, height = (max(1, round(side * zoom / 100)) for side in size)
    return width, height


def work(case: Case, size: tuple[int, int]) -> int:
    """Output pixels times samples that a case renders of an image of `size` (width, height): its share of the bar."""
    return sum(case.samples * math.prod(output_size(size, zoom)) for zoom in case.zooms)


def run_case(case: Case) -> Output:
    """Render one case.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Output
        The files of the module's docstring; the record is what ``metrics.json`` says. Where the case takes no timings
        there is no ``timings.json``.

    Raises
    ------
    ImageError
        The file is none that `pixkern.pipelines.files.read_image` takes.
    OSError
        It is not there or cannot be read.
    ValueError
        A float image with NaN or infinities.

    Notes
    -----
    Pictures have 16 bits where the file has more than 8, and the file's ICC profile where it is one for their kind of
    colours. MSE, PSNR and SSIM compare what is rendered (grey, luma, or R, G and B) as float32, neither clipped nor
    rounded.

    Memory: at 100 % up to seven float32 images (what is rendered, its pyramid, the expectation, and the variance with
    what its median takes, or the mean), in luma mode four planes more for the chroma; at other zooms what is rendered,
    the pyramid, two pictures, and a stripe of `progress_pixels`, at least 2^24, pixels times samples. On top of
    these come the encoded files. Nothing is kept of a sample.
    """
    timings = Timings(case.granularity)
    with timings.stage("pyramid", "read"):
        file = read_image(case.asset.path)
        planes = split(file.pixels, case.color_mode)
    with timings.stage("pyramid", "build"):
        pyramid = spline_pyramid(planes.rendered, case.config.pyramid_levels)
        chroma = None if planes.chroma is None else spline_pyramid(planes.chroma, 0)
    dtype = np.uint8 if file.pixels.dtype == np.uint8 else np.uint16
    written = CaseFiles(case.key, timings, icc=file.icc)
    written.input(join(planes.rendered, planes.chroma, dtype=dtype))
    with timings.stage("pyramid", "pictures"):
        levels, details = level_pictures(pyramid), detail_pictures(pyramid)
    written.pyramid(levels, details)
    facts: dict[str, Any] = {}
    for zoom in case.zooms:
        size = output_size(file.size, zoom)
        renderer = Renderer(pyramid, chroma, case.config, case.seed, size, dtype, case.progress_pixels, advance)
        if zoom == 100:
            facts = _at_full_size(case, renderer, planes.rendered, written, timings)
        else:
            with timings.stage("stochastic", f"{zoom} %"):
                sample, average = renderer.sample_and_average(case.samples)
            written.renders(zoom, sample, average)
    record = {
        "asset": case.asset.name,
        "config": case.config.name,
        "color_mode": case.color_mode,
        "size": list(file.size),
        "alpha": _alpha(file.pixels),
        "samples": case.samples,
        "seed": case.seed,
        **facts,
        "pictures": written.listed,
    }
    written.json("metrics.json", record)
    volatile = {}
    if case.granularity is not None:
        volatile[f"{case.key}/timings.json"] = json_bytes(timings.as_dict())
    return Output(written.files, record, volatile=volatile)


def _at_full_size(
    case: Case, renderer: Renderer, image: np.ndarray, written: CaseFiles, timings: Timings
) -> dict[str, Any]:
    """Renders at 100 %, where there is something to compare them with; what the record says of them."""
    with timings.stage("stochastic", "expectation"):
        expectation = renderer.expectation()
    with timings.stage("stochastic", "variance"):
        variance = renderer.variance()
        spread, deviation = summary_of(variance), deviation_picture(variance)
        del variance
    with timings.stage("stochastic", "100 %"):
        sample, mean, convergence = converge(renderer, case.samples, expectation, spread["mean_variance"])
    with timings.stage("metrics"):
        fidelity = {"average": compare(mean, image), "expectation": compare(expectation, image)}
    with timings.stage("stochastic", "colours"):
        average, limit = renderer.pixels(mean), renderer.pixels(expectation)
    written.renders(100, sample, average)
    written.full_size(limit, *deviation, convergence_plot(convergence, f"{case.asset.name} / {case.config.name}"))
    return {
        "at_100_percent": fidelity,
        "variance": {**spread, "white_in_picture": deviation[1]},
        "convergence": {
            "samples": list(convergence.samples),
            "rms": list(convergence.rms),
            "predicted": list(convergence.predicted),
            "slope": convergence.slope,
        },
    }


def _alpha(pixels: np.ndarray) -> Literal["opaque", "over white"] | None:
    """What `split` does with the alpha of an image: nothing where all of it is opaque."""
    if pixels.ndim == 2 or pixels.shape[2] != 4:
        return None
    opaque = 1 if pixels.dtype == np.float32 else np.iinfo(pixels.dtype).max
    return "opaque" if bool((pixels[..., 3] == opaque).all()) else "over white"
