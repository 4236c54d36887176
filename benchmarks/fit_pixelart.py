"""Fit the weights of src/pixkern/pipelines/pixelart/_ranking.py and print them.

    python benchmarks/fit_pixelart.py SPRITES... [--photos FOLDER] [--each 3] [--seed 1]

SPRITES are folders of true sprites. Each is corrupted `--each` times in every tier, upscaled without noise, and
given as it is; photos and noise show what is no pixel art. Sprites that accuracy is claimed for must not be among them.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from scipy.optimize import minimize

from pixkern.pipelines.pixelart import _ranking
from pixkern.pipelines.pixelart._candidates import FEATURES, Candidates
from pixkern.pipelines.pixelart._detection import Detection
from pixkern.pipelines.pixelart._native import Texture
from pixkern.pipelines.pixelart._options import Options
from pixkern.pipelines.pixelart.synth import TIERS, corrupt

RIDGE = {"ranking": 2e-3, "native": 1e-4, "exact": 1e-3}
FOLDS = 5
FRACTIONS = (3.3, 4.7, 7.5)


class Sample(NamedTuple):
    """A picture's candidates, and the truth."""

    sprite: str
    kind: str
    found: Candidates
    texture: Texture
    size: tuple[int, int] | None
    """Of the true sprite; None for what is no upscaled sprite."""

    @property
    def right(self) -> np.ndarray:
        """Which candidates have the true size."""
        return np.array([size == self.size for size in self.found.sizes])


def pictures(
    folders: list[Path], photos: Path | None, each: int, seed: int
) -> Iterator[tuple[str, str, np.ndarray, tuple[int, int] | None]]:
    """Name of the sprite, kind, picture, true size."""
    for path in sorted(path for folder in folders for path in folder.glob("*.png")):
        sprite = np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])
        height, width = sprite.shape[:2]
        yield path.name, "native", sprite, None
        for ratio in FRACTIONS:
            rows, columns = (np.arange(round(side * ratio)) * side // round(side * ratio) for side in (height, width))
            yield path.name, "fraction", np.ascontiguousarray(sprite[rows][:, columns]), (width, height)
        for tier in TIERS:
            for k in range(each):
                made = corrupt(sprite, tier, seed=zlib.crc32(f"{seed} {path.name} {tier} {k}".encode()))
                yield path.name, tier, made.image, (width, height)
    draw = np.random.default_rng(seed)
    for k, path in enumerate(sorted(photos.iterdir()) if photos else []):
        photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if photo is None:
            continue
        for ratio, side in ((1.0, 512), (0.5, 256), (0.25, 128)):
            small = cv2.resize(photo, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
            if min(small.shape[:2]) >= side:
                y, x = draw.integers(small.shape[0] - side + 1), draw.integers(small.shape[1] - side + 1)
                yield f"photo {k}", "photo", np.ascontiguousarray(small[y : y + side, x : x + side, ::-1]), None
    for k, side in enumerate((64, 200, 400) * 4):
        noise = draw.normal(128, (2, 20, 80, 40)[k % 4], (side, side, 3))
        noise = cv2.GaussianBlur(noise, (0, 0), 3) if k % 4 == 3 else noise
        yield f"noise {k}", "noise", np.clip(noise, 0, 255).astype(np.uint8), None


def samples(*given: object) -> list[Sample]:
    """What the detection sees of every picture."""
    found = []
    for name, kind, picture, size in pictures(*given):  # type: ignore[arg-type]
        detection = Detection(picture, threads=1)
        candidates = detection.candidates(Options(), hopeless=True)
        if candidates.sizes:
            found.append(Sample(name, kind, candidates, detection.texture(), size))
    return found


def fit_ranking(data: list[Sample]) -> np.ndarray:
    """Weights for which the softmax over a picture's candidates is likeliest to name the right size."""
    useful = [one for one in data if one.size and one.right.any() and not one.right.all()]
    scale = np.concatenate([one.found.features for one in useful]).std(axis=0) + 1e-9
    features = np.concatenate([one.found.features for one in useful]) / scale
    right = np.concatenate([one.right for one in useful])
    starts = np.cumsum([0, *(len(one.right) for one in useful)])
    lengths = np.diff(starts)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = features @ weights
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts[:-1]), lengths))
        every = np.add.reduceat(odds, starts[:-1])
        good = np.add.reduceat(odds * right, starts[:-1]) + 1e-300
        slope = odds / np.repeat(every, lengths) - odds * right / np.repeat(good, lengths)
        value = float((np.log(every) - np.log(good)).mean() + RIDGE["ranking"] * weights @ weights)
        return value, slope @ features / len(useful) + 2 * RIDGE["ranking"] * weights

    return minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x / scale


def fit_binary(evidence: np.ndarray, truth: np.ndarray, weight: np.ndarray, ridge: float) -> np.ndarray:
    """Logistic regression; the first column is 1."""
    scale = np.r_[1.0, evidence[:, 1:].std(axis=0) + 1e-9]
    scaled, sign = evidence / scale, np.where(truth, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (scaled @ weights)
        value = float((weight * np.logaddexp(0, -margin)).sum() / weight.sum() + ridge * weights[1:] @ weights[1:])
        slope = -(weight * sign / (1 + np.exp(np.clip(margin, -500, 500)))) @ scaled / weight.sum()
        return value, slope + 2 * ridge * np.r_[0.0, weights[1:]]

    return minimize(loss, np.zeros(evidence.shape[1]), jac=True, method="L-BFGS-B").x / scale


def report(data: list[Sample], scores: list[np.ndarray]) -> None:
    """How often the best candidate has the true size, by kind."""
    for kind in dict.fromkeys(one.kind for one in data if one.size):
        rows = []
        for one, score in zip(data, scores, strict=True):
            if one.kind == kind and one.size:
                order = np.argsort(-score, kind="stable")
                sizes = list(dict.fromkeys(one.found.sizes[k] for k in order))
                near = all(abs(a - b) <= 1 for a, b in zip(sizes[0], one.size, strict=True))
                octave = any(not 2 / 3 <= a / b <= 3 / 2 for a, b in zip(sizes[0], one.size, strict=True))
                rows.append((sizes[0] == one.size, near, one.size in sizes[:3], octave, one.size in sizes))
        exact, near, three, octave, among = 100 * np.mean(rows, axis=0)
        print(f"{kind:10} n {len(rows):4} exact {exact:5.1f} within one {near:5.1f} top three {three:5.1f}", end=" ")
        print(f"octave {octave:4.1f} among {among:5.1f}")


def main() -> None:
    """See the head of the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sprites", nargs="+", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    data = samples(chosen.sprites, chosen.photos, chosen.each, chosen.seed)
    names = sorted({one.sprite for one in data})
    np.random.default_rng(0).shuffle(names)
    held: dict[int, np.ndarray] = {}
    for fold in range(FOLDS):
        out = set(names[fold::FOLDS])
        weights = fit_ranking([one for one in data if one.sprite not in out])
        held.update((k, one.found.features @ weights) for k, one in enumerate(data) if one.sprite in out)
    scores = [held[k] for k in range(len(data))]
    print("held out by sprite:")
    report(data, scores)

    print("WEIGHTS =", fit_ranking(data).round(3).tolist())
    evidence = np.array(
        [_ranking.evidence(one.found, score, one.texture) for one, score in zip(data, scores, strict=True)]
    )
    native = np.array([one.kind == "native" for one in data])
    right = np.array(
        [
            bool(one.size) and one.found.sizes[_ranking.best(one.found, score)] == one.size
            for one, score in zip(data, scores, strict=True)
        ]
    )
    share = {kind: 1 / sum(one.kind == kind for one in data) for kind in {one.kind for one in data}}
    weight = np.array([share[one.kind] for one in data])
    of_native = fit_binary(evidence[:, _ranking.NATIVE_COLUMNS], native, weight, RIDGE["native"])
    of_exact = fit_binary(evidence[~native][:, _ranking.EXACT_COLUMNS], right[~native], weight[~native], RIDGE["exact"])
    print("NATIVE =", of_native.round(3).tolist())
    print("EXACT =", of_exact.round(3).tolist())
    said = 1 / (1 + np.exp(-(evidence[:, _ranking.NATIVE_COLUMNS] @ of_native)))
    sure = 1 / (1 + np.exp(-(evidence[:, _ranking.EXACT_COLUMNS] @ of_exact)))
    for kind in share:
        of = np.array([one.kind == kind for one in data])
        quantiles = np.percentile(said[of], [0, 5, 50, 95, 100]).round(3)
        print(f"{kind:10} native {quantiles} sure {sure[of].mean():.3f} right {right[of].mean():.3f}")
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        of = (sure >= low) & (sure < high) & ~native
        print(f"sure {low}..{high}: n {of.sum()} right {right[of].mean() if of.any() else float('nan'):.3f}")


if __name__ == "__main__":
    main()
