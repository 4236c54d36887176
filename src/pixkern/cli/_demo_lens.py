"""What `pixkern demo` shows of lens correction."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pixkern.demo import boards, photo
from pixkern.lenses import BrownConrady, save
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.lens import calibrate, correct
from pixkern.pipelines.lens.calibration import board_lines, find_corners
from pixkern.pipelines.lens.colour import as_rgb
from pixkern.pipelines.lens.line_fit import straightness

_BOARD = "left12.jpg"
_BENT = -0.15  # k1 of the lens that bends the building, at its half diagonal: a strong wide-angle lens
_LABEL = 34  # pixels of height
_MARK = (255, 40, 40)


def run(out: Path, *, backend: str | None = None) -> list[str]:
    """Write the pictures and say what they show; returns what did not work, one line each."""
    out.mkdir(parents=True, exist_ok=True)
    print("pixkern demo: lens correction")
    problems = [*_board(out, backend), *_building(out, backend)]
    print(f"Look at {out / 'board.png'}, where red lines show what is straight, and at {out / 'building.png'}.")
    return problems


def _board(out: Path, backend: str | None) -> list[str]:
    """One photo of a board, straightened by itself and by the calibration from all of them."""
    pixels = {name: decode_image(data, name=name).pixels for name, data in boards().items()}
    before = pixels[_BOARD]
    calibration = calibrate(pixels.values())
    save(out / "lens.yml", calibration.lens)
    by_itself = correct(before, backend=backend)
    calibrated = correct(before, predictor=calibration.lens, backend=backend)
    corners = find_corners(before)
    if corners is None:
        return [f"{_BOARD}: the board was not found"]
    boards_seen = (corners, by_itself.map_points(corners), calibrated.map_points(corners))
    rms = [straightness(board_lines(points)) for points in boards_seen]
    print(f"  {_BOARD}, a photo of a checkerboard: its rows and columns are {rms[0]:.2f} px RMS from straight")
    print(f"    estimated from this photo alone: {rms[1]:.2f} px ({by_itself.status})")
    print(f"    calibrated from {len(calibration.used)} photos:      {rms[2]:.2f} px ({calibrated.status})")
    panels = [
        _panel(before, f"photo: {rms[0]:.2f} px from straight", _outline(boards_seen[0])),
        _panel(by_itself.image, f"by itself: {rms[1]:.2f} px", _outline(boards_seen[1])),
        _panel(calibrated.image, f"calibrated: {rms[2]:.2f} px", _outline(boards_seen[2])),
    ]
    _write(out / "board.png", np.hstack(panels))
    _write(out / "board_straight.jpg", by_itself.image)
    return [
        f"{_BOARD}: the lines are not straighter with the lens {how}"
        for how, value in (("estimated", rms[1]), ("calibrated", rms[2]))
        if not value < 0.5 * rms[0]
    ]


def _building(out: Path, backend: str | None) -> list[str]:
    """A photo bent by a known lens, so that the estimate can be compared with the truth."""
    straight = decode_image(photo("building.jpg"), name="building.jpg").pixels
    rows, cols = straight.shape[:2]
    middle, unit = ((cols - 1) / 2, (rows - 1) / 2), float(np.hypot(rows, cols)) / 2
    truth = BrownConrady((unit, unit), middle, (_BENT, _BENT**2))
    bending = correct(straight, predictor=truth.inverted(), backend=backend)
    bent = bending.image
    done = correct(bent, backend=backend)
    grid = bending.map_points(np.stack(np.meshgrid(*(np.linspace(0, n - 1, 15) for n in (cols, rows))), axis=-1))
    rms = [straightness(board_lines(points)) for points in (grid, done.map_points(grid))]
    print(f"  building.jpg, bent by a lens with k1 = {_BENT}: a grid of straight lines is {rms[0]:.2f} px RMS off")
    print(f"    estimated from the bent photo alone: {rms[1]:.2f} px ({done.status})")
    panels = [
        _panel(bent, f"bent: {rms[0]:.2f} px from straight"),
        _panel(done.image, f"by itself: {rms[1]:.2f} px"),
    ]
    _write(out / "building.png", np.hstack(panels))
    _write(out / "building_bent.jpg", bent)
    _write(out / "building_straight.jpg", done.image)
    if done.lens is None:
        return [f"building.jpg: not corrected: {'; '.join(done.safety.reasons)}"]
    return [] if rms[1] < 0.25 * rms[0] else ["building.jpg: the estimate does not straighten the photo"]


def _outline(corners: np.ndarray) -> np.ndarray:
    """The straight lines between the ends of the board's first and last rows and columns, (4, 2, 2)."""
    ends = corners[[0, 0, -1, -1], [0, -1, -1, 0]]
    return np.stack([ends, np.roll(ends, -1, axis=0)], axis=1)


def _panel(image: np.ndarray, title: str, lines: np.ndarray | None = None) -> np.ndarray:
    """A picture under its title, with straight lines to compare its edges with."""
    picture = np.ascontiguousarray(as_rgb(image))
    shift = 4  # OpenCV takes sub-pixel ends as integers of 1/16
    for start, end in np.rint((lines if lines is not None else np.empty((0, 2, 2))) * 2**shift).astype(int):
        cv2.line(picture, tuple(map(int, start)), tuple(map(int, end)), _MARK, 1, cv2.LINE_AA, shift)
    label = np.full((_LABEL, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(label, title, (8, _LABEL - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.65, (20, 20, 20), 1, cv2.LINE_AA)
    return np.pad(np.vstack([label, picture]), ((0, 0), (0, 6), (0, 0)), constant_values=255)


def _write(path: Path, image: np.ndarray) -> None:
    write_atomically(path, encode_image(image, path.suffix))
