"""From rows to what a table says: mean curves, BD-rates, sizes of lossless files, speeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from .bd_rate import bd_rate
from .measure import Row

MEASURES = {
    "psnr_rgb": "RGB-PSNR",
    "psnr_y": "Y-PSNR",
    "ssim_db": "SSIM (Y, dB)",
    "ms_ssim_db": "MS-SSIM (Y, dB)",
}
"""What curves are drawn of: attributes of `Row`, in decibels, and their titles."""


@dataclass(frozen=True)
class BDRate:
    """The BD-rates of one encoder by one measure.

    Attributes
    ----------
    per_image : mapping of str to float
        Percent, by the image; negative: fewer bits than the anchor.
    without : mapping of str to str
        Images that have none, and why.
    """

    per_image: Mapping[str, float]
    without: Mapping[str, str] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """The mean over the images; None if no image has one."""
        return fmean(self.per_image.values()) if self.per_image else None


@dataclass(frozen=True)
class LosslessSize:
    """Files of a lossless encoder.

    Attributes
    ----------
    bpp : float
        Mean over the images.
    over_first : float
        Bytes of all images over those of the first lossless encoder, in percent; negative: smaller.
    """

    bpp: float
    over_first: float


@dataclass(frozen=True)
class Speed:
    """Megabytes (10^6) of RGB samples per second, all rows together."""

    encode: float
    decode: float


def curve(rows: Sequence[Row], measure: str) -> list[tuple[float, float]]:
    """(bits per pixel, decibels) of rows of one image and one encoder, without those that have no such measure."""
    points = [(row.bpp, getattr(row, measure)) for row in rows]
    return [(bpp, value) for bpp, value in points if value is not None]


def mean_curve(rows: Sequence[Row], measure: str) -> list[tuple[float, float]]:
    """The mean point over all images at each quality; a quality that an image lacks is left out."""
    by_quality: defaultdict[float | None, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        by_quality[row.quality] += curve([row], measure)
    images = len({row.image for row in rows})
    whole = [points for points in by_quality.values() if len(points) == images]
    return sorted((fmean(bpp for bpp, _ in points), fmean(value for _, value in points)) for points in whole)


def by_encoder(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each encoder."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.encoder].append(row)
    return dict(found)


def by_image(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each image."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.image].append(row)
    return dict(found)


def bd_rates(rows: Sequence[Row], anchor: str) -> dict[str, dict[str, BDRate]]:
    """The BD-rates of all lossy encoders against one of them, by encoder and measure.

    Parameters
    ----------
    rows : sequence of Row
    anchor : str
        Name of an encoder.

    Returns
    -------
    dict of str to dict of str to BDRate
    """
    lossy = [row for row in rows if row.quality is not None]
    anchors = by_image([row for row in lossy if row.encoder == anchor])
    return {
        name: {measure: _against(anchors, by_image(own), measure) for measure in MEASURES}
        for name, own in by_encoder(lossy).items()
        if name != anchor
    }


def _against(anchors: Mapping[str, list[Row]], own: Mapping[str, list[Row]], measure: str) -> BDRate:
    found, without = {}, {}
    for image, rows in own.items():
        try:
            first, second = curve(anchors.get(image, []), measure), curve(rows, measure)
            found[image] = bd_rate(*_columns(first), *_columns(second))
        except ValueError as error:
            without[image] = str(error)
    return BDRate(found, without)


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [bpp for bpp, _ in points], [value for _, value in points]


def lossless_sizes(rows: Sequence[Row], first: str) -> dict[str, LosslessSize]:
    """Sizes of the lossless encoders, over the images that all of them have."""
    found = by_encoder([row for row in rows if row.quality is None])
    if first not in found:
        return {}
    shared = set.intersection(*({row.image for row in own} for own in found.values()))
    total = {name: sum(row.bytes for row in own if row.image in shared) for name, own in found.items()}
    return {
        name: LosslessSize(fmean(row.bpp for row in own if row.image in shared), 100 * (total[name] / total[first] - 1))
        for name, own in found.items()
        if shared
    }


def speeds(rows: Sequence[Row]) -> dict[str, Speed]:
    """Speed of each encoder over all its rows."""

    def rate(own: Sequence[Row], seconds: float) -> float:
        return sum(3 * row.width * row.height for row in own) / 1e6 / max(seconds, 1e-9)

    return {
        name: Speed(
            rate(own, sum(row.encode_seconds for row in own)), rate(own, sum(row.decode_seconds for row in own))
        )
        for name, own in by_encoder(rows).items()
    }
