"""The files of a case, encoded: pictures, their thumbnails, and the list of them that the contact sheet reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from pixkern.pipelines.files import encode_image

from .pictures import DETAIL_GAIN, centre, mosaic, thumbnail
from .timings import Timings

Shows = Literal["whole", "centre", "plot"]


class CaseFiles:
    """Collects ``files`` by their paths in the output folder, and ``listed``, one entry for each picture.

    An entry says ``file`` and ``thumbnail`` (paths), ``size`` (width and height of the picture), ``title``, and what
    the thumbnail ``shows``: the "whole" picture, its "centre", pixel for pixel, because what is made small loses its
    grain, or a "plot" as it is.
    """

    def __init__(self, key: str, timings: Timings, *, icc: bytes | None) -> None:
        self.files: dict[str, bytes] = {}
        self.listed: list[dict[str, Any]] = []
        self._key, self._timings, self._icc = key, timings, icc

    def input(self, pixels: np.ndarray) -> None:
        self._picture("input", "input", pixels, shows="centre")

    def pyramid(self, levels: Sequence[np.ndarray], details: Sequence[np.ndarray]) -> None:
        self._picture("pyramid_levels", "pyramid: what is left from each level on", mosaic(levels))
        if details:
            about = f"pyramid: details of each level, x {DETAIL_GAIN} about grey 128"
            self._picture("pyramid_details", about, mosaic(details))

    def renders(self, zoom: int, sample: np.ndarray, average: np.ndarray) -> None:
        self._picture(f"sample_{zoom}", f"one sample, {zoom} %", sample, shows="centre")
        self._picture(f"average_{zoom}", f"average, {zoom} %", average, shows="centre")

    def full_size(self, expectation: np.ndarray, deviation: np.ndarray, white: float, plot: np.ndarray) -> None:
        self._picture("expectation_100", "expectation, 100 %", expectation, shows="centre")
        self._picture("deviation_100", f"standard deviation of a sample, 100 %; white is {white:g}", deviation)
        self._picture("convergence", "convergence of averages", plot, shows="plot")

    def json(self, name: str, content: object) -> None:
        self.files[f"{self._key}/{name}"] = json_bytes(content)

    def _picture(self, name: str, title: str, pixels: np.ndarray, *, shows: Shows = "whole") -> None:
        with self._timings.stage("save", name):
            path = shown = f"{self._key}/{name}.png"
            icc = self._profile(pixels) if shows == "centre" else None  # only these have the colours of the input
            self.files[path] = encode_image(pixels, ".png", fast=shows != "plot", icc=icc)
            small = pixels if shows == "plot" else centre(pixels) if shows == "centre" else thumbnail(pixels)
            if small.shape != pixels.shape:
                shown = f"{self._key}/thumbnails/{name}.png"
                self.files[shown] = encode_image(small, ".png", fast=True, icc=icc)
        rows, cols = pixels.shape[:2]
        self.listed.append({"file": path, "thumbnail": shown, "size": [cols, rows], "title": title, "shows": shows})

    def _profile(self, pixels: np.ndarray) -> bytes | None:
        """The profile of the input, for pictures of its kind of colours; ICC.1:2022, 7.2.6: data colour space."""
        kind = b"GRAY" if pixels.ndim == 2 else b"RGB "
        return self._icc if self._icc is not None and self._icc[16:20] == kind else None


def json_bytes(content: object) -> bytes:
    """For people and programs: indented, in the order given, without NaN and infinities."""
    return f"{json.dumps(content, indent=2, allow_nan=False)}\n".encode()
