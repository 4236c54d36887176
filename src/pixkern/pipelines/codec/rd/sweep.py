"""Images times encoders times qualities, one image to a worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pixkern import __version__, metrics
from pixkern.pipelines.batch import Output, map_images
from pixkern.pipelines.files import ImageError, decode_image

from .crop import centre_crop
from .encoder import Encoder
from .measure import Original, Row, measure
from .pictures import Matched, busiest, crop_picture, match, residual_picture

PICTURES = "pictures"
"""Folder of the output with the pictures."""


@dataclass(frozen=True)
class Failure:
    """A point that could not be measured."""

    image: str
    encoder: str
    quality: float | None
    reason: str


@dataclass(frozen=True)
class Sweep:
    """What was measured.

    Attributes
    ----------
    rows : tuple of Row
        By image, then in the order of the encoders, then by quality.
    failures : tuple of Failure
        Points that are missing from `rows`.
    unread : mapping of str to str
        Images that are missing altogether, and why.
    matched : mapping of str to sequence of Matched
        Of the images that have pictures.
    originals : mapping of str to str
        Path of the picture of the busiest part of these images.
    """

    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    unread: Mapping[str, str]
    matched: Mapping[str, tuple[Matched, ...]]
    originals: Mapping[str, str]

    @property
    def failure_lines(self) -> list[str]:
        """One line for all failures of an encoder that have the same reason."""
        groups: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
        for failure in self.failures:
            groups[failure.encoder, failure.reason].append(failure)
        lines = []
        for (encoder, reason), group in groups.items():
            first = group[0]
            where = first.image if first.quality is None else f"{first.image} at {first.quality:g}"
            more = f" and {len(group) - 1} more" if len(group) > 1 else ""
            lines.append(f"{encoder}: {where}{more}: {reason}")
        return lines


def sweep(
    paths: Mapping[str, Path],
    out_dir: str | PathLike[str],
    encoders: Sequence[Encoder],
    *,
    qualities: Sequence[int] | None = None,
    crop: tuple[int, int] | None = None,
    repeats: int = 1,
    pictures: Sequence[str] = (),
    anchor: str | None = None,
    jobs: int | None = None,
    progress: bool = True,
) -> Sweep:
    """Measure every encoder at every quality on every image.

    Parameters
    ----------
    paths : mapping of str to Path
        Image files of 8 bits a sample by their names. Grey images count as RGB, alpha is left out.
    out_dir : path
        For the pictures and the manifest of `pixkern.pipelines.batch.map_images`.
    encoders : sequence of Encoder
        None of them `missing`.
    qualities : sequence of int, optional
        For all encoders whose qualities go from 1 to 100, in place of their own.
    crop : (int, int), optional
        See `centre_crop`.
    repeats : int
        See `measure`.
    pictures : sequence of str
        Names of images that get pictures.
    anchor : str, optional
        The encoder that says how long the files behind the pictures are: as long as its own at the third of its
        qualities. Without it there are no pictures.
    jobs : int, optional
        Processes; default: the cores. Times are only worth reporting with 1 on an idle machine.
    progress : bool
        Whether to draw a bar on stderr.

    Returns
    -------
    Sweep
        The same for any `jobs`, except for the seconds.
    """
    curves = {encoder.name: _qualities(encoder, qualities) for encoder in encoders}
    target = next((encoder for encoder in encoders if encoder.name == anchor), None)
    run = _MeasureOne(tuple(encoders), curves, crop, repeats, target)
    items = {name: (name, path, name in pictures) for name, path in paths.items()}
    report = map_images(
        run,
        items,
        out_dir,
        jobs=jobs,
        configuration={"pixkern": __version__, "encoders": [repr(encoder) for encoder in encoders]},
        progress=progress,
        weights={name: float(path.stat().st_size) for name, path in paths.items()},
    )
    records = report.records
    return Sweep(
        rows=tuple(Row(**row) for record in records.values() for row in record["rows"]),
        failures=tuple(Failure(**failure) for record in records.values() for failure in record["failures"]),
        unread=report.failed,
        matched={name: tuple(Matched(**one) for one in r["matched"]) for name, r in records.items() if r["matched"]},
        originals={name: record["original"] for name, record in records.items() if record["original"]},
    )


def _qualities(encoder: Encoder, chosen: Sequence[int] | None) -> tuple[float | None, ...]:
    if encoder.lossless:
        return (None,)
    return encoder.qualities if chosen is None or encoder.unit != "1-100" else tuple(chosen)


@dataclass(frozen=True)
class _MeasureOne:
    """What a worker does with one image."""

    encoders: tuple[Encoder, ...]
    qualities: Mapping[str, tuple[float | None, ...]]
    crop: tuple[int, int] | None
    repeats: int
    anchor: Encoder | None

    def __call__(self, item: tuple[str, Path, bool]) -> Output:
        name, path, shown = item
        original = Original(name, _rgb(name, path, self.crop))
        rows, failures = [], []
        for encoder in self.encoders:
            for quality in self.qualities[encoder.name]:
                try:
                    rows.append(asdict(measure(original, encoder, quality, repeats=self.repeats)))
                except Exception as error:  # whatever a library raises, the other points count
                    reason = " ".join(f"{type(error).__name__}: {error}".split())
                    failures.append(asdict(Failure(name, encoder.name, quality, reason)))
        record: dict[str, Any] = {"rows": rows, "failures": failures, "matched": [], "original": None}
        files: dict[str, bytes] = {}
        failed = {failure["encoder"] for failure in failures}
        if shown and self.anchor is not None and self.anchor.name not in failed:
            sound = [encoder for encoder in self.encoders if not encoder.lossless and encoder.name not in failed]
            files = _pictures(original, self.anchor, sound, record)
        return Output(files, record)


def _pictures(
    original: Original, anchor: Encoder, encoders: Sequence[Encoder], record: dict[str, Any]
) -> dict[str, bytes]:
    target = len(anchor.encode(original.pixels, anchor.qualities[2]))
    place = PurePosixPath(PICTURES) / original.name
    part = busiest(original)
    record["original"] = f"{place}/original.webp"
    files = {record["original"]: crop_picture(original.pixels, part)}
    for encoder in encoders:
        quality, data = match(encoder, original.pixels, target)
        decoded = encoder.decode(data)
        psnr = float(metrics.psnr(original.pixels, decoded, threads=1))
        crop, residual = f"{place}/{encoder.name}.webp", f"{place}/{encoder.name}-residual.jpg"
        files |= {
            crop: crop_picture(decoded, part),
            residual: residual_picture(original.pixels, decoded),
        }
        shown = Matched(encoder.name, quality, len(data), psnr if np.isfinite(psnr) else None, crop, residual)
        record["matched"].append(asdict(shown))
    return files


def _rgb(name: str, path: Path, crop: tuple[int, int] | None) -> np.ndarray:
    pixels = decode_image(path.read_bytes(), name=name).pixels
    if pixels.dtype != np.uint8:
        raise ImageError(f"{name}: {pixels.dtype} samples; curves are made on images of 8 bits a sample")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    colours = np.ascontiguousarray(pixels[..., :3])
    return colours if crop is None else centre_crop(colours, crop)
