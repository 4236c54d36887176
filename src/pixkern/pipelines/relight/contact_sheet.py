"""Pictures side by side under their titles, in one picture to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

__all__ = ["Panel", "contact_sheet", "stacked"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TITLE, _TOLD = 0.5, 0.4  # of the font's size: capitals of 11 and 9 pixels
_LINE = 17  # pixels from one line of text to the next
_PAPER, _INK, _PALE = 255, (20, 20, 20), (95, 95, 95)
_GAP = 10  # pixels between panels and around them
_CHECKS = 8  # pixels: squares behind what is transparent


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a sheet and what stands above it.

    Attributes
    ----------
    pixels : ndarray, (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16
        RGBA is shown over a chessboard.
    title : str
        One line. Characters that are not ASCII become "?", and what is wider than the panel ends in "...".
    told : str
        More lines, smaller, separated by newlines.
    """

    pixels: np.ndarray
    title: str
    told: str = ""

    def fitted(self, side: int) -> Panel:
        """The same, its picture (h, w, 3) uint8 as it stands on a sheet of this `side`: all that the sheet needs."""
        return replace(self, pixels=_fitted(self.pixels, side))


def contact_sheet(panels: Sequence[Panel], *, columns: int = 5, side: int = 256) -> np.ndarray:
    """Panels row by row, each picture as large as fits into a square.

    Parameters
    ----------
    panels : sequence of Panel
        At least one.
    columns : int
        Panels in a row.
    side : int
        Of the square in pixels, 32 to 4096. Larger pictures are averaged down, smaller ones enlarged.

    Returns
    -------
    ndarray, (h, w, 3) uint8 RGB
        On white. Memory: the sheet, and one picture at its size on the sheet.

    Raises
    ------
    TypeError
        Pixels that are not uint8 or uint16.
    ValueError
        No panels, a shape that is no picture's, or a number out of range.

    Examples
    --------
    >>> grey = np.full((40, 30), 128, np.uint8)
    >>> contact_sheet([Panel(grey, "one"), Panel(grey, "two")], columns=2, side=64).shape
    (101, 158, 3)
    """
    if not panels:
        raise ValueError("a sheet needs at least one panel")
    if columns < 1 or not 32 <= side <= 4096:
        raise ValueError(f"columns must be at least 1 and side 32 to 4096, got {columns} and {side}")
    columns = min(columns, len(panels))
    rows = [panels[first : first + columns] for first in range(0, len(panels), columns)]
    heights = [_label_height(row) + side + _GAP for row in rows]
    sheet = np.full((sum(heights) + _GAP, columns * (side + _GAP) + _GAP, 3), _PAPER, np.uint8)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            left = _GAP + column * (side + _GAP)
            _write(sheet[top : top + height, left : left + side], panel)
            picture = panel.fitted(side).pixels
            place = sheet[top + _label_height(row) :, left:]
            place[: picture.shape[0], : picture.shape[1]] = picture
        top += height
    return sheet


def stacked(sheets: Sequence[np.ndarray]) -> np.ndarray:
    """Sheets of one or more photos below each other, (h, w, 3) uint8; narrower ones get a white margin.

    Examples
    --------
    >>> stacked([np.zeros((2, 3, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]).shape
    (6, 5, 3)
    """
    widest = max(sheet.shape[1] for sheet in sheets)
    whole = np.full((sum(sheet.shape[0] for sheet in sheets), widest, 3), _PAPER, np.uint8)
    top = 0
    for sheet in sheets:
        whole[top : top + sheet.shape[0], : sheet.shape[1]] = sheet
        top += sheet.shape[0]
    return whole


def _label_height(row: Sequence[Panel]) -> int:
    return _LINE * max(1 + len(panel.told.splitlines()) for panel in row)


def _write(place: np.ndarray, panel: Panel) -> None:
    """The lines of text, from the top of a part of the sheet."""
    lines = [(panel.title, _TITLE, _INK), *((line, _TOLD, _PALE) for line in panel.told.splitlines())]
    for number, (text, size, ink) in enumerate(lines):
        base = number * _LINE + _LINE - 5
        drawn = np.ascontiguousarray(place[: (number + 1) * _LINE])
        cv2.putText(drawn, _cut(text, size, place.shape[1]), (0, base), _FONT, size, ink, 1, cv2.LINE_AA)
        place[: (number + 1) * _LINE] = drawn


def _cut(text: str, size: float, width: int) -> str:
    """The text, or as much of it as fits with three dots behind."""
    text = "".join(letter if " " <= letter <= "~" else "?" for letter in text)
    if _width(text, size) <= width:
        return text
    while text and _width(text + "...", size) > width:
        text = text[:-1]
    return text + "..."


def _width(text: str, size: float) -> int:
    return int(cv2.getTextSize(text, _FONT, size, 1)[0][0])


def _fitted(pixels: np.ndarray, side: int) -> np.ndarray:
    """(h, w, 3) uint8, its longer side `side` pixels."""
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"panels need uint8 or uint16 pixels, got {pixels.dtype}")
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))) or 0 in pixels.shape:
        raise ValueError(f"panels need pixels of shape (H, W), (H, W, 3) or (H, W, 4), got {pixels.shape}")
    ratio = side / max(pixels.shape[:2])
    size = tuple(max(1, round(length * ratio)) for length in pixels.shape[1::-1])
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    if pixels.ndim == 3 and pixels.shape[2] == 4:  # before averages mix colours that nobody sees into edges
        pixels = _over_checks(pixels, max(1, round(_CHECKS / ratio)))
    small = cv2.resize(pixels, size, interpolation=how)
    if small.dtype == np.uint16:
        small = cv2.convertScaleAbs(small, alpha=1 / 257)
    return small if small.ndim == 3 else cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)


def _over_checks(pixels: np.ndarray, square: int) -> np.ndarray:
    rows, cols = (np.arange(length) // square for length in pixels.shape[:2])
    most = np.iinfo(pixels.dtype).max
    grey = np.where((rows[:, None] + cols) % 2 == 0, 0.65 * most, 0.85 * most).astype(np.float32)[..., None]
    weight = pixels[..., 3:].astype(np.float32) / np.float32(most)
    return np.rint(grey + (pixels[..., :3] - grey) * weight).astype(pixels.dtype)
