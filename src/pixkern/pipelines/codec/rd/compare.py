"""Compare encoders on the images of a folder: sweep, tables, plots, page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from pixkern import BackendUnavailable
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import image_paths

from .choice import choose
from .comparison import Comparison, machine
from .page import comparison_page
from .plots import image_plots, mean_plot
from .summary import MEASURES
from .sweep import sweep
from .tables import bd_rates_csv, comparison_json, rows_csv

PAGE = "index.html"


def compare(
    in_dir: str | PathLike[str],
    out_dir: str | PathLike[str],
    *,
    peers: Iterable[str] | None = None,
    lossless: bool = False,
    qualities: Sequence[int] | None = None,
    crop: tuple[int, int] | None = None,
    limit: int | None = None,
    anchor: str = "jpeg",
    repeats: int = 1,
    pictures: int = 4,
    jobs: int | None = None,
    progress: bool = True,
) -> Comparison:
    """Draw the rate-distortion curves of encoders on the images of a folder.

    Writes to `out_dir`: ``rows.csv`` (everything measured), ``bd_rates.csv``, ``comparison.json``, ``plots/*.svg``,
    ``pictures/``, and ``index.html``, which holds all of it in one file that needs no other.

    Parameters
    ----------
    in_dir : path
        Images of 8 bits a sample. Grey ones count as RGB, alpha is left out.
    out_dir : path
        Made if it is not there.
    peers : iterable of str, optional
        Names of encoders, pixkern's own included, as `encoders` lists them. Default: all lossy ones.
    lossless : bool
        With all lossless encoders.
    qualities : sequence of int, optional
        From 1 to 100, for all encoders that count so. Default: each encoder's own, about 0.1 to 3 bits per pixel.
    crop : (int, int), optional
        Width and height of the middle of each image, turned for portraits. Default: the whole images.
    limit : int, optional
        Only the first images by name.
    anchor : str
        The encoder that BD-rates are against. If it does not run, the first lossy one that does.
    repeats : int
        How often each point is encoded and decoded; the shortest times count.
    pictures : int
        How many images the page shows at one size of file.
    jobs : int, optional
        Processes; default: the cores. Times are only worth reporting with 1 on an idle machine.
    progress : bool
        Whether to draw a bar on stderr.

    Returns
    -------
    Comparison
        Also says which encoders are missing and which points failed; so does the page. The same for any `jobs`,
        but for the seconds.

    Raises
    ------
    ValueError
        No images, an unknown encoder, or an option out of range.
    BackendUnavailable
        None of the encoders can run here, or scipy or matplotlib is not installed.
    OSError
        A folder cannot be read or written.
    """
    _check(qualities, crop, limit, repeats, pictures)
    chosen = choose(peers, lossless=lossless)
    missing = {encoder.name: reason for encoder in chosen if (reason := encoder.missing()) is not None}
    present = tuple(encoder for encoder in chosen if encoder.name not in missing)
    if not present:
        raise BackendUnavailable("no encoder can run here: " + "; ".join(f"{n}: {why}" for n, why in missing.items()))
    _require_extras()
    source, target = Path(in_dir), Path(out_dir)
    paths = {path.name: path for path in image_paths(source)[:limit]}
    if not paths:
        raise ValueError(f"no images in {source} (JPEG, PNG, TIFF, WebP, BMP or GIF)")
    lossy = [encoder for encoder in present if not encoder.lossless]
    names = [encoder.name for encoder in lossy]
    against = anchor if anchor in names else next(iter(names), None)
    found = sweep(
        paths,
        target,
        present,
        qualities=qualities,
        crop=crop,
        repeats=repeats,
        pictures=sorted(paths)[:pictures],
        anchor=against,
        jobs=jobs,
        progress=progress,
    )
    settings = {
        "images": "whole" if crop is None else f"middle {crop[0]} x {crop[1]}, turned for portraits",
        "times": f"shortest of {repeats}, one thread" + (", several images at once" if jobs != 1 else ""),
    }
    comparison = Comparison(present, missing, against, found, settings, machine())
    _write(comparison, target)
    return comparison


def _write(comparison: Comparison, target: Path) -> None:
    rows = [row for row in comparison.sweep.rows if row.quality is not None]
    lossy = [encoder for encoder in comparison.encoders if not encoder.lossless]
    plots, embedded = {}, {}
    for measure, title in MEASURES.items() if rows else ():
        plots[f"{measure}.svg"] = embedded[f"{title}, mean"] = mean_plot(rows, lossy, measure)
        plots[f"{measure}_per_image.svg"] = image_plots(rows, lossy, measure)
    for measure in ("psnr_rgb", "psnr_y", "ms_ssim_db") if rows else ():
        embedded[f"{MEASURES[measure]}, each image"] = plots[f"{measure}_per_image.svg"]
    (target / "plots").mkdir(exist_ok=True)
    for name, svg in plots.items():
        write_atomically(target / "plots" / name, svg.encode())
    write_atomically(target / "rows.csv", rows_csv(comparison.sweep.rows).encode())
    write_atomically(target / "bd_rates.csv", bd_rates_csv(comparison).encode())
    write_atomically(target / "comparison.json", comparison_json(comparison).encode())
    page = comparison_page(comparison, embedded, lambda path: (target / path).read_bytes())
    write_atomically(target / PAGE, page.encode())


def _check(
    qualities: Sequence[int] | None, crop: tuple[int, int] | None, limit: int | None, repeats: int, pictures: int
) -> None:
    if qualities is not None and not (qualities and all(1 <= quality <= 100 for quality in qualities)):
        raise ValueError(f"qualities must be from 1 to 100, at least one, got {list(qualities)}")
    if crop is not None and min(crop) < 1:
        raise ValueError(f"crop must be at least 1 x 1, got {crop[0]} x {crop[1]}")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    if repeats < 1 or pictures < 0:
        raise ValueError(f"repeats must be at least 1 and pictures at least 0, got {repeats} and {pictures}")


def _require_extras() -> None:
    """Before hours of encoding, not after them."""
    from importlib.util import find_spec

    lacking = [name for name in ("scipy", "matplotlib") if find_spec(name) is None]
    if lacking:
        raise BackendUnavailable(f"comparisons need {' and '.join(lacking)}: pip install 'pixkern[rd]'")
