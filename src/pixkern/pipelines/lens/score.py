"""Scores of corrected photos against references: how near a correction comes to the wanted picture.

The measures are local, see `_agreement`; `docs/score_and_submit.md` has their formulas.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from pixkern import _threads

from ..files import MAX_PIXELS, ImageError, read_image
from . import _agreement
from ._listing import Listed, expected_images, images_by_id, some
from .colour import as_rgb
from .grey import luma
from .score_report import NOTHING, WEIGHTS, ImageScore, ScoreReport, Scores, scores_csv, scores_json, write_scores

__all__ = [
    "WEIGHTS",
    "ImageScore",
    "ScoreReport",
    "Scores",
    "score_directory",
    "score_pair",
    "scores_csv",
    "scores_json",
    "write_scores",
]


def score_pair(prediction: np.ndarray, reference: np.ndarray) -> Scores:
    """Score one corrected photo.

    Parameters
    ----------
    prediction, reference : (H, W) or (H, W, C), uint8, uint16 or float32
        Grey or RGB, of the same height and width; alpha is ignored. float32 is nominally in [0, 1]. The two
        may differ in dtype and channels.

    Returns
    -------
    Scores

    Raises
    ------
    TypeError
        Another dtype.
    ValueError
        Different sizes, another number of axes or channels, or no pixels.

    Examples
    --------
    >>> ramp = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))
    >>> score_pair(ramp, ramp).total
    1.0
    >>> score_pair(ramp[:, :-1], ramp[:, 1:]).mae
    4.0
    """
    first, second = (luma(image) * np.float32(255) for image in (prediction, reference))
    if first.shape != second.shape:
        raise ValueError(f"prediction and reference need one size, got shapes {first.shape} and {second.shape}")
    found, wanted = _agreement.edges(first), _agreement.edges(second)
    lines = _agreement.line_agreement(first, second)
    return Scores(
        edge_dice=_agreement.dice(found, wanted),
        edge_f1=_agreement.tolerant_f1(found, wanted),
        line_position=lines.position if lines else None,
        line_straightness=lines.straightness if lines else None,
        gradient=_agreement.gradient_agreement(first, second),
        ssim=_agreement.ssim(first, second),
        mae=_mean_absolute_error(prediction, reference),
    )


def _mean_absolute_error(first: np.ndarray, second: np.ndarray) -> float:
    def levels(image: np.ndarray) -> np.ndarray:
        full = 1.0 if image.dtype == np.float32 else float(np.iinfo(image.dtype).max)
        scaled = as_rgb(image).astype(np.float32) * np.float32(255 / full)
        return np.nan_to_num(scaled, copy=False, nan=0.0, posinf=0.0, neginf=0.0)

    error = np.abs(levels(first) - levels(second)).mean(dtype=np.float64)
    return min(255.0, float(error))


def score_directory(
    predictions: str | os.PathLike[str],
    references: str | os.PathLike[str],
    *,
    split: str | os.PathLike[str] | None = None,
    only: Iterable[str] | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> ScoreReport:
    """Score a directory of corrected photos.

    A prediction belongs to the reference whose name is the same without its suffix; that name is the id.

    Parameters
    ----------
    predictions, references : path
        Folders of images; folders inside them are not looked into.
    split : path, optional
        A CSV file with columns `id` and `split`, other columns are ignored: the images to score, and what
        group each is in. Without it, all references.
    only : iterable of str, optional
        The splits to score; without it, all.
    jobs : int, optional
        Processes; all cores by default. The result does not depend on it.
    max_pixels : int
        Larger images are unreadable.

    Returns
    -------
    ScoreReport
        In the order of the ids. A prediction that is missing, of wrong size or unreadable, or that nobody
        expects, is listed and counts as 0.

    Raises
    ------
    ValueError
        A split file or folder that is not as described, or a listed image without a reference.
    ImageError
        A reference that cannot be read.
    OSError
        A folder or file is not there.
    """
    wanted, found = images_by_id(references), images_by_id(predictions)
    if split is None:
        if only is not None:
            raise ValueError("only names splits, so it needs a split file")
        everything = chosen = [Listed(name) for name in wanted]
    else:
        everything, chosen = expected_images(split), expected_images(split, splits=only)
    if not chosen:
        raise ValueError(f"{references}: there is no reference")
    without = sorted(image.id for image in chosen if image.id not in wanted)
    if without:
        raise ValueError(f"{references}: no reference for {some(without)}")
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}")

    pairs = [(image, found[image.id], wanted[image.id]) for image in chosen if image.id in found]
    images = [ImageScore(image.id, image.split, "missing", NOTHING) for image in chosen if image.id not in found]
    images += [ImageScore(name, None, "extra", NOTHING) for name in found.keys() - {image.id for image in everything}]
    workers = min(jobs or _threads.cores(), max(1, len(pairs)))
    images += Parallel(n_jobs=workers)(delayed(_score_files)(*pair, max_pixels) for pair in pairs)
    return ScoreReport(tuple(sorted(images, key=lambda image: image.id)))


def _score_files(image: Listed, prediction: Path, reference: Path, max_pixels: int) -> ImageScore:
    wanted = read_image(reference, max_pixels=max_pixels)
    try:
        found = read_image(prediction, max_pixels=max_pixels)
    except (ImageError, OSError) as error:
        return ImageScore(image.id, image.split, "unreadable", NOTHING, str(error))
    if found.size != wanted.size:
        note = "{} x {} pixels, the reference has {} x {}".format(*found.size, *wanted.size)
        return ImageScore(image.id, image.split, "wrong-size", NOTHING, note)
    return ImageScore(image.id, image.split, "scored", score_pair(found.pixels, wanted.pixels))
