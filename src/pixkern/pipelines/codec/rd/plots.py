"""Curves as SVG files: decibels over bits per pixel, the same bytes for the same rows."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from pixkern import BackendUnavailable

from .encoder import Encoder
from .measure import Row
from .summary import MEASURES, by_encoder, by_image, curve, mean_curve

_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8)  # bits per pixel
_COLOURS = {
    "pixkern": "#d62728",
    "pixkern-53": "#ff9896",
    "pixkern-fast": "#e377c2",
    "pixkern-vae": "#8c564b",
    "pixkern-vae-16": "#c49c94",
    "jpeg": "#222222",
    "jpeg-444": "#999999",
    "webp": "#1f77b4",
    "avif": "#2ca02c",
    "avif-444": "#98df8a",
    "jxl": "#ff7f0e",
    "jpeg2000": "#9467bd",
}
"""Each encoder keeps its colour, whichever others run."""
_OTHER = "#17becf"


def mean_plot(rows: Sequence[Row], encoders: Sequence[Encoder], measure: str) -> str:
    """The mean curves of all lossy encoders over all images.

    Parameters
    ----------
    rows : sequence of Row
    encoders : sequence of Encoder
    measure : str
        A key of `pixkern.pipelines.codec.rd.summary.MEASURES`.

    Returns
    -------
    str
        An SVG file.

    Raises
    ------
    BackendUnavailable
        matplotlib is not installed.
    """
    figure = _figure((7.5, 5))
    axes = figure.subplots()
    found = by_encoder(rows)
    lines = {encoder.name: mean_curve(found.get(encoder.name, []), measure) for encoder in encoders}
    _draw(axes, lines, encoders)
    images = len({row.image for row in rows})
    axes.set_title(f"{MEASURES[measure]}, mean of {images} image{'s' * (images != 1)}")
    axes.set_xlabel("bits per pixel")
    axes.set_ylabel("dB")
    if axes.lines:
        axes.legend(fontsize="small", framealpha=0.9)
    return _svg(figure)


def image_plots(rows: Sequence[Row], encoders: Sequence[Encoder], measure: str) -> str:
    """The curves of each image in a grid of small plots, as an SVG file; as `mean_plot`."""
    images = by_image(rows)
    across = min(4, max(1, len(images)))
    down = max(1, math.ceil(len(images) / across))
    figure = _figure((3.2 * across, 2.6 * down + 0.6))
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (name, own) in zip(grid, images.items(), strict=False):
        found = by_encoder(own)
        lines = {encoder.name: sorted(curve(found.get(encoder.name, []), measure)) for encoder in encoders}
        _draw(axes, lines, encoders, thin=True)
        axes.set_title(_plain(name), fontsize="small")
        axes.tick_params(labelsize="x-small")
    for axes in grid[len(images) :]:
        axes.set_visible(False)
    handles, labels = grid[0].get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(5, len(labels)), fontsize="small")
    figure.suptitle(f"{MEASURES[measure]} (dB) over bits per pixel", fontsize="medium")
    return _svg(figure)


def _draw(
    axes: Any, lines: dict[str, list[tuple[float, float]]], encoders: Sequence[Encoder], *, thin: bool = False
) -> None:
    for encoder in encoders:
        points = lines[encoder.name]
        if points:
            own = encoder.name.startswith("pixkern")
            axes.plot(
                [bpp for bpp, _ in points],
                [value for _, value in points],
                label=encoder.title,
                color=_COLOURS.get(encoder.name, _OTHER),
                linewidth=(0.6 if thin else 1) * (2 if own else 1.2),
                marker="o",
                markersize=1.2 if thin else 2.5,
            )
    axes.set_xscale("log")
    axes.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    axes.minorticks_off()
    axes.set_xlim(0.03, 8)
    axes.grid(alpha=0.3, linewidth=0.5)


def _plain(name: str) -> str:
    """A file name without what matplotlib takes for a formula."""
    shown = name if name.isprintable() else ascii(name)
    return shown.replace("$", r"\$")


def _figure(size: tuple[float, float]) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BackendUnavailable("plots need matplotlib: pip install 'pixkern[rd]'") from None
    return Figure(size, layout="constrained")


def _svg(figure: Any) -> str:
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "pixkern", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
