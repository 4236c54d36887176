"""A lens measured from photos of a checkerboard.

Corners are found by OpenCV, refined to sub-pixel positions and fitted by bundle adjustment over all boards
(Zhang, "A flexible new technique for camera calibration", IEEE PAMI 22(11), 2000). What the fit is worth is
measured apart from it: rows and columns of a board are straight lines, so they must be straight once the
lens is taken out, whatever focal length and poses the fit has found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np

from pixkern.lenses import BrownConrady

from .grey import luma
from .line_fit import straightness

_FLAGS = {
    2: cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3,
    4: cv2.CALIB_FIX_K3,
    5: 0,
    8: cv2.CALIB_RATIONAL_MODEL,
    12: cv2.CALIB_RATIONAL_MODEL | cv2.CALIB_THIN_PRISM_MODEL,
}
_LEAST_BOARDS = 3  # two views fix a camera only when their poses happen to be good (Zhang 2000, section 3.1)
_WINDOW = 0.25  # half width of the refinement window in squares: at any angle it sees its own corner only
_ADJUSTING = Lock()
_STEP, _STEPS = 1e-4, 100  # refinement ends at this movement, in pixels, or after so many steps


@dataclass(frozen=True)
class Calibration:
    """A lens, and how well it explains the boards it was made from.

    Attributes
    ----------
    lens : BrownConrady
        With the size of the photos.
    reprojection_rms : float
        Distance between found and predicted corners, pixels, RMS.
    straightness_before, straightness_after : float
        Perpendicular RMS, in pixels, of the corners of every row and column of every used board from their
        best-fit lines, in the photos and after the lens is taken out.
    straightness_left_out : float or None
        The same, each board corrected by a lens that was fitted to the others; None if not asked for.
    used : tuple of int
        Positions, in the input, of the photos that took part.
    rejected : tuple of (int, str)
        Positions of the others, each with its reason.
    """

    lens: BrownConrady
    reprojection_rms: float
    straightness_before: float
    straightness_after: float
    straightness_left_out: float | None
    used: tuple[int, ...]
    rejected: tuple[tuple[int, str], ...]


def find_corners(image: np.ndarray, pattern: tuple[int, int] = (9, 6)) -> np.ndarray | None:
    """Inner corners of a checkerboard, row by row, or None if the whole board is not seen.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        See `pixkern.pipelines.lens.grey.luma`.
    pattern : (columns, rows)
        Inner corners of the board, at least 3 each.

    Returns
    -------
    (rows, columns, 2) float64 or None
        (x, y) in pixels. Which corner of the board comes first is the detector's choice.

    Notes
    -----
    Detection: Duda & Frese, "Accurate detection and localization of checkerboard corners for calibration", BMVC
    2018, then OpenCV's older detector. Refinement: Forstner's operator (cv2.cornerSubPix) in a window that
    grows with the squares: 0.091 px of straightness on 13 boards of 640 x 480, 0.100 with 11 x 11 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> squares = np.kron(np.indices((5, 6)).sum(axis=0) % 2, np.ones((20, 20)))
    >>> board = np.pad(squares * 255, 30, constant_values=255).astype(np.uint8)
    >>> corners = find_corners(board, (5, 4))
    >>> corners.min(axis=(0, 1)).round(1), corners.max(axis=(0, 1)).round(1)
    (array([49.5, 49.5]), array([129.5, 109.5]))
    """
    columns, rows = pattern
    grey = np.rint(np.clip(luma(image), 0, 1) * 255).astype(np.uint8)
    if min(grey.shape) <= 2 * max(pattern):
        return None
    thorough = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY
    found, corners = cv2.findChessboardCornersSB(grey, pattern, flags=thorough)
    if not found:
        found, corners = cv2.findChessboardCorners(grey, pattern)
    if not found:
        return None
    grid = corners.reshape(rows, columns, 2)
    sides = [np.linalg.norm(np.diff(grid, axis=axis), axis=-1).min() for axis in (0, 1)]
    half = int(np.clip(np.rint(_WINDOW * min(sides)), 2, 25))
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, _STEPS, _STEP)
    refined = cv2.cornerSubPix(grey, corners.astype(np.float32).reshape(-1, 1, 2), (half, half), (-1, -1), criteria)
    return refined.reshape(rows, columns, 2).astype(np.float64)


def board_lines(corners: np.ndarray) -> list[np.ndarray]:
    """The rows and columns of a board's corners (rows, columns, 2): lines that are straight in the scene."""
    return [*corners, *corners.transpose(1, 0, 2)]


def calibrate(
    images: Iterable[np.ndarray],
    *,
    pattern: tuple[int, int] = (9, 6),
    coefficients: int = 5,
    square: float = 1.0,
    leave_one_out: bool = False,
) -> Calibration:
    """Measure a lens from photos of one checkerboard.

    Parameters
    ----------
    images : iterable of (H, W) or (H, W, C), uint8, uint16 or float32
        Photos of one camera, one lens, one zoom and one size; they are read one at a time.
    pattern : (columns, rows)
        Inner corners of the board.
    coefficients : {5, 2, 4, 8, 12}
        2: k1, k2. 4: with p1, p2. 5: with k3. 8: rational. 12: with thin prism. More fit better the boards
        they are fitted to; `straightness_left_out` tells whether they are worth it.
    square : float
        Side of a square, in any unit; it does not change the lens.
    leave_one_out : bool
        Also fit once for each board without it. Takes as many fits as there are boards.

    Returns
    -------
    Calibration
        The same bits on every run on one machine; OpenCV is held to one thread during the fit for that.

    Raises
    ------
    ValueError
        Fewer than 3 photos show the whole board, or an option is out of range.

    Examples
    --------
    >>> calibrate([np.zeros((480, 640), np.uint8)] * 13)
    Traceback (most recent call last):
    ValueError: calibration needs 3 photos of the whole board, got 0 of 13; does pattern count inner corners?
    """
    columns, rows = _pattern(pattern)
    if coefficients not in _FLAGS:
        raise ValueError(f"coefficients must be one of {', '.join(map(str, _FLAGS))}, got {coefficients!r}")
    if not (np.isfinite(square) and square > 0):
        raise ValueError(f"square must be a positive length, got {square!r}")

    boards: dict[int, np.ndarray] = {}
    rejected: list[tuple[int, str]] = []
    size: tuple[int, int] | None = None
    for index, image in enumerate(images):
        own = (int(np.shape(image)[1]), int(np.shape(image)[0]))
        if size is not None and own != size:
            rejected.append(
                (index, f"its size is {own[0]} x {own[1]}, the boards before it have {size[0]} x {size[1]}")
            )
            continue
        corners = find_corners(image, (columns, rows))
        if corners is None:
            rejected.append((index, f"no board with {columns} x {rows} inner corners is seen"))
            continue
        size = own
        boards[index] = corners
    if size is None or len(boards) < _LEAST_BOARDS:
        found = f"got {len(boards)} of {len(boards) + len(rejected)}"
        hint = "; does pattern count inner corners?" if not boards else ""
        raise ValueError(f"calibration needs {_LEAST_BOARDS} photos of the whole board, {found}{hint}")

    seen = list(boards.values())
    lens, error = _fit(seen, size, square, coefficients)
    left_out = _left_out(seen, size, square, coefficients) if leave_one_out else None
    lines = [line for corners in seen for line in board_lines(corners)]
    return Calibration(
        lens=lens,
        reprojection_rms=error,
        straightness_before=straightness(lines),
        straightness_after=straightness(lines, lens),
        straightness_left_out=left_out,
        used=tuple(boards),
        rejected=tuple(rejected),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenCV on one thread: its bundle adjustment adds up in the order in which threads finish."""
    with _ADJUSTING:
        before = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            yield
        finally:
            cv2.setNumThreads(before)


def _pattern(pattern: tuple[int, int]) -> tuple[int, int]:
    columns, rows = (int(count) for count in pattern)
    if min(columns, rows) < 3:
        raise ValueError(f"pattern must be (columns, rows) of inner corners, at least 3 each, got {pattern!r}")
    return columns, rows


def _fit(
    boards: list[np.ndarray], size: tuple[int, int], square: float, coefficients: int
) -> tuple[BrownConrady, float]:
    rows, columns = boards[0].shape[:2]
    plane = np.zeros((rows * columns, 3), np.float32)
    plane[:, :2] = np.indices((columns, rows)).T.reshape(-1, 2) * square
    corners = [board.reshape(-1, 1, 2).astype(np.float32) for board in boards]
    with _one_thread():
        error, matrix, distortion, *_ = cv2.calibrateCamera(
            [plane] * len(boards), corners, size, None, None, flags=_FLAGS[coefficients]
        )
    numbers = distortion.reshape(-1)[: max(coefficients, 4)]
    return BrownConrady.from_opencv(matrix, numbers, size=size), float(error)


def _left_out(boards: list[np.ndarray], size: tuple[int, int], square: float, coefficients: int) -> float:
    squares, points = 0.0, 0
    for index, board in enumerate(boards):
        lens, _ = _fit(boards[:index] + boards[index + 1 :], size, square, coefficients)
        lines = board_lines(board)
        count = sum(len(line) for line in lines)
        squares += straightness(lines, lens) ** 2 * count
        points += count
    return float(np.sqrt(squares / points))
