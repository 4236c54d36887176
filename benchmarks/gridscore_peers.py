"""What one would write with NumPy and OpenCV for the ends of the gridscore family."""

from __future__ import annotations

import cv2
import numpy as np


def differences(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and row sums of absolute differences; no noise is taken off."""
    wide = image.astype(np.int16)
    return np.abs(np.diff(wide, axis=1)).sum((0, 2)), np.abs(np.diff(wide, axis=0)).sum((1, 2))


def evidence(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same above the median and below a cap."""
    wide, found = image.astype(np.int16), []
    for axis in (1, 0):
        steps = np.abs(np.diff(wide, axis=axis)).sum(2)
        found.append(np.clip(steps - np.median(steps), 0, 120).sum(1 - axis))
    return found[0], found[1]


def evidence_at_scales(image: np.ndarray, scales: tuple[int, ...]) -> list[np.ndarray]:
    """The same for differences of boxes, without those that the border cuts."""
    found = []
    for axis in (0, 1):
        across = image if axis == 0 else image.swapaxes(0, 1)
        for scale in scales:
            blocks = across[: len(across) // scale * scale].reshape(-1, scale, *across.shape[1:]).sum(1, dtype=np.int32)
            sums = np.pad(blocks.cumsum(1), ((0, 0), (1, 0), (0, 0)))
            boxes = sums[:, scale:] - sums[:, :-scale]
            steps = np.abs(boxes[:, scale:] - boxes[:, :-scale]).sum(2) / scale**2
            found.append(scale * np.clip(steps - np.median(steps), 0, 120).sum(0))
    return found


def sobel(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and row sums of magnitudes of derivatives."""
    x, y = cv2.Sobel(image, cv2.CV_16S, 1, 0), cv2.Sobel(image, cv2.CV_16S, 0, 1)
    return cv2.reduce(np.abs(x), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F), cv2.reduce(
        np.abs(y), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F
    )


def summed(image: np.ndarray) -> np.ndarray:
    """(H + 1, W + 1, 4) int64: sums of channels and of squares."""
    wide = image.astype(np.int64)
    samples = np.concatenate([wide, (wide**2).sum(2, keepdims=True)], 2)
    return np.pad(samples.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))


def insides(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    margin = 0.2 * np.diff(lines)
    begin = np.floor(lines[:-1] + margin + 0.5).astype(int)
    return begin, np.maximum(begin + 1, np.floor(lines[1:] - margin + 0.5).astype(int))


def error_by_loop(image: np.ndarray, lines_x: np.ndarray, lines_y: np.ndarray) -> float:
    (left, right), (top, bottom) = insides(lines_x), insides(lines_y)
    sum_of_squares, pixels = 0.0, 0
    for y0, y1 in zip(top, bottom, strict=True):
        for x0, x1 in zip(left, right, strict=True):
            cell = image[y0:y1, x0:x1]
            sum_of_squares += np.var(cell, (0, 1)).sum() * cell.shape[0] * cell.shape[1]
            pixels += cell.shape[0] * cell.shape[1]
    return sum_of_squares / (3 * pixels)


def error_by_reduceat(image: np.ndarray, lines_x: np.ndarray, lines_y: np.ndarray) -> float:
    spans_x, spans_y = (np.stack(insides(lines), 1).ravel() for lines in (lines_x, lines_y))
    wide = image.astype(np.float32)
    samples = np.concatenate([wide, wide * wide], 2)
    rows = np.add.reduceat(samples, spans_y, axis=0)[::2]
    sums = np.add.reduceat(rows, spans_x, axis=1)[:, ::2]
    pixels = np.diff(spans_y)[::2, None] * np.diff(spans_x)[::2]
    return float((sums[..., 3:] - sums[..., :3] ** 2 / pixels[..., None]).sum() / (3 * pixels.sum()))


def error_by_table(sums: np.ndarray, lines_x: np.ndarray, lines_y: np.ndarray) -> float:
    (left, right), (top, bottom) = insides(lines_x), insides(lines_y)
    top, bottom = top[:, None], bottom[:, None]
    cells = sums[bottom, right] - sums[bottom, left] - sums[top, right] + sums[top, left]
    pixels = (bottom - top) * (right - left)
    return float((cells[..., 3] - (cells[..., :3] ** 2).sum(2) / pixels).sum() / (3 * pixels.sum()))
