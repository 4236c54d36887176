"""How exact calibration and automatic estimation are: python benchmarks/lens_accuracy.py DATA

DATA holds lens/checkerboard/left*.jpg (13 photos of a 9 x 6 board), lens/photos and photos. The tables are
those of docs/automatic_estimation.md.

Errors are mean distances, in pixels, between two maps from the corrected image to the photo over the frame. The
estimate puts the optical axis at the frame's centre, so the calibrated lens is compared by its radial profile, with
its axis moved there. What that hides is printed too: the error against the calibration as it is, where the corrected
images may differ by a homography (which bends no line and so cannot be seen by an estimate from lines).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from math import hypot
from pathlib import Path

import cv2
import numpy as np

from pixkern.lenses import BrownConrady, Lens
from pixkern.pipelines.lens.calibration import calibrate
from pixkern.pipelines.lens.plumb_line import estimate, estimate_pooled
from pixkern.pipelines.lens.prediction import Prediction
from pixkern.warp import warp

WIDTH = 2048  # errors of photos are given for this width
STRENGTHS = (-0.2, -0.15, -0.1, -0.05, 0.05, 0.1)
FAMILIES = {"k2 = k1^2": 1.0, "k2 = 2 k1^2": 2.0}  # the estimator's own prior, and the division model's series
WITH_LINES = ("brick.png", "building.jpg", "motorcycle_left.png", "dogs.png", "china.jpg")
TUNED_ON = ("brick.png", "building.jpg", "motorcycle_left.png")  # looked at while constants were chosen
IMAGES = (".png", ".jpg", ".jpeg")


def read(path: Path) -> np.ndarray:
    """A photo in RGB order."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        sys.exit(f"{path} is not an image")
    return np.ascontiguousarray(image[..., ::-1])


def size_of(image: np.ndarray) -> tuple[int, int]:
    """(width, height)."""
    return image.shape[1], image.shape[0]


def centred(size: tuple[int, int], k1: float, k2: float) -> BrownConrady:
    """The lens of two coefficients in half diagonals, its axis at the centre of the frame."""
    unit = hypot(*size) / 2
    return BrownConrady((unit, unit), ((size[0] - 1) / 2, (size[1] - 1) / 2), (k1, k2), size=size)


def distorted(image: np.ndarray, lens: BrownConrady) -> np.ndarray:
    """The photo as `lens` would have drawn it, zoomed so that its frame shows nothing but photo."""
    width, height = size_of(image)
    along = [np.stack([np.linspace(-0.5, width - 0.5, 400), np.full(400, y)], axis=1) for y in (-0.5, height - 0.5)]
    down = [np.stack([np.full(400, x), np.linspace(-0.5, height - 0.5, 400)], axis=1) for x in (-0.5, width - 0.5)]
    outline, valid = lens.inverse(np.concatenate(along + down))
    if not valid.all():
        raise ValueError(f"{lens.radial[:2]} does not reach the corners of the frame")
    zoom = 1 / (np.abs(outline - lens.center) / ((width - 1) / 2, (height - 1) / 2)).max()
    source = lens.with_view(lens.focal[0] * zoom, lens.center)
    return warp(image, source.inverted(), size=(width, height), interpolation="lanczos4", border="reflection")


def error(found: Lens, true: Lens, size: tuple[int, int]) -> tuple[float, float]:
    """Mean and largest distance between two maps over the frame, pixels."""
    points = _frame(size)
    apart = np.linalg.norm(found.map(points) - true.map(points), axis=-1)
    return float(apart.mean()), float(apart.max())


def bending_error(found: Lens, true: Lens, size: tuple[int, int]) -> float:
    """Mean distance between the corrected positions of the photo's points after the best homography of one."""
    points = _frame(size)
    ours, theirs = found.inverse(points)[0], true.inverse(points)[0]
    change, _ = cv2.findHomography(ours, theirs, method=0)
    moved = cv2.perspectiveTransform(ours[None], change)[0]
    return float(np.linalg.norm(moved - theirs, axis=1).mean())


def _frame(size: tuple[int, int]) -> np.ndarray:
    return np.stack(np.meshgrid(np.linspace(0, size[0] - 1, 80), np.linspace(0, size[1] - 1, 60)), -1).reshape(-1, 2)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")


def verdict(prediction: Prediction) -> str:
    """What the gate says."""
    return "accepted" if prediction.accepted else "no: " + "; ".join(prediction.reasons)


def calibrations(boards: Sequence[np.ndarray]) -> BrownConrady:
    """Table of calibrations; the radial profile of the two-coefficient one, in half diagonals."""
    print("\n## Calibration: RMS distance of rows and columns from straight lines, pixels")
    rows = []
    for coefficients in (2, 4, 5, 8, 12):
        made = calibrate(boards, coefficients=coefficients, leave_one_out=True)
        figures = (made.straightness_before, made.straightness_after, made.straightness_left_out)
        rows.append([coefficients, *(f"{x:.4f}" for x in figures), f"{made.reprojection_rms:.3f}", len(made.used)])
    table(["coefficients", "before", "after", "left out", "reprojection", "boards"], rows)
    return calibrate(boards, coefficients=2).lens


def on_boards(boards: Sequence[np.ndarray], names: Sequence[str], calibrated: BrownConrady) -> None:
    """Estimates from single photos of the boards, and from all of them."""
    size = size_of(boards[0])
    scale = (hypot(*size) / 2 / calibrated.focal[0]) ** 2
    true = centred(size, calibrated.radial[0] * scale, calibrated.radial[1] * scale**2)
    identity = error(centred(size, 0.0, 0.0), true, size)[0]
    print(f"\n## Estimation on {len(boards)} boards, px at {size[0]} (true {true.radial[0]:.4f}, {true.radial[1]:.4f})")
    rows, errors, bending = [], [], []
    for name, image in zip([*names, "pooled"], [*boards, boards], strict=True):
        found = estimate_pooled(image) if name == "pooled" else estimate(image)
        lens = found.lens or centred(size, 0.0, 0.0)
        mean, most = error(lens, true, size)
        own = bending_error(lens, calibrated, size)
        rows.append([name, mean, most, own, verdict(found)])
        errors.append(mean)
        bending.append(own)
    table(["photo", "mean", "max", "mean, own centre", "gate"], rows)
    single = np.array(errors[:-1])
    unaligned = bending_error(centred(size, 0.0, 0.0), calibrated, size)
    print(
        f"\nmedian {np.median(single):.3f}, p90 {np.percentile(single, 90):.3f}, worst {single.max():.3f}, "
        f"pooled {errors[-1]:.3f}, no correction {identity:.3f}, better than none {(single < identity).sum()}"
        f" of {len(single)}; own centre: median {np.median(bending[:-1]):.3f}, pooled {bending[-1]:.3f}, "
        f"no correction {unaligned:.3f}"
    )


def on_photos(paths: Sequence[Path]) -> None:
    """Corrections that the gate lets through on photos as they are."""
    print("\n## Photos as they are: accepted corrections, displacement in their own pixels")
    rows, accepted = [], []
    for path in paths:
        image = read(path)
        size = size_of(image)
        found = estimate(image)
        moved = error(found.lens, centred(size, 0.0, 0.0), size) if found.lens else (0.0, 0.0)
        rows.append([path.name, *moved, verdict(found)])
        if found.accepted:
            accepted.append(moved[1])
    table(["photo", "mean if used", "max if used", "gate"], rows)
    print(f"\naccepted {len(accepted)} of {len(rows)}; {sum(x > 2 for x in accepted)} move a pixel by more than 2 px")


def on_distorted(paths: Sequence[Path]) -> None:
    """Photos through known lenses."""
    for family, ratio in FAMILIES.items():
        print(f"\n## Distorted photos, {family}: mean error in px at {WIDTH} wide; (in brackets: refused by the gate)")
        rows = []
        totals: dict[str, list[tuple[bool, float, float]]] = {}
        for path in paths:
            cells = []
            image = read(path)
            size = size_of(image)
            for k1 in STRENGTHS:
                true = centred(size, k1, ratio * k1 * k1)
                found = estimate(distorted(image, true))
                lens = found.lens or centred(size, 0.0, 0.0)
                mean = error(lens, true, size)[0] * WIDTH / size[0]
                none = error(centred(size, 0.0, 0.0), true, size)[0] * WIDTH / size[0]
                cells.append(f"{mean:.1f}" if found.accepted else f"({mean:.1f})")
                totals.setdefault(path.name, []).append((found.accepted, mean, none))
            rows.append([path.name, *cells])
        table(["photo", *(f"k1 {k1:+g}" for k1 in STRENGTHS)], rows)
        sets = {"with lines": WITH_LINES, "of those not tuned on": tuple(set(WITH_LINES) - set(TUNED_ON))}
        others = tuple(path.name for path in paths if path.name not in WITH_LINES)
        print()
        for label, chosen in {**sets, "others": others}.items():
            made = [case for name in chosen for case in totals.get(name, [])]
            right = sum(accepted and mean <= 3 for accepted, mean, _ in made)
            wrong = [mean for accepted, mean, _ in made if accepted and mean > 3]
            worse = sum(accepted and mean > none for accepted, mean, none in made)
            print(
                f"{label}: {len(made)} cases, corrected to 3 px or better {right}, accepted above 3 px {len(wrong)} "
                f"(worst {max(wrong, default=0.0):.1f}), accepted and worse than nothing {worse}"
            )


def _photos(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGES)


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy of calibration and automatic estimation.")
    parser.add_argument("data", type=Path, help="folder with lens/checkerboard, lens/photos and photos")
    data = parser.parse_args().data
    began = time.perf_counter()
    paths = sorted((data / "lens" / "checkerboard").glob("left*.jpg"))
    boards = [read(path) for path in paths]
    on_boards(boards, [path.name for path in paths], calibrations(boards))
    natural, lined = list(_photos(data / "photos")), list(_photos(data / "lens" / "photos"))
    on_photos(natural)
    repeated = {"astronaut.png", "china.png"}  # the same pictures are in both folders
    on_distorted([*lined, *(path for path in natural if path.name not in repeated)])
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
