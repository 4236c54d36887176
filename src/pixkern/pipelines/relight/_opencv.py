"""OpenCV as this pipeline calls it: one thread, fixed seeds, and one rule for resizing."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np

_lock = threading.Lock()
_inside = 0
_before = 1


@contextlib.contextmanager
def one_thread() -> Iterator[Callable[[int], None]]:
    """OpenCV with one thread; what is entered sets the seed of the calling thread's random numbers.

    The number of threads belongs to the process: the first to enter notes it, the last to leave brings it back.
    """
    global _inside, _before
    with _lock:
        if not _inside:
            _before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _inside += 1
    try:
        yield cv2.setRNGSeed
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                cv2.setNumThreads(_before)


def resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image at another (width, height): mean of areas where it becomes smaller, else bilinear."""
    cols, rows = image.shape[1], image.shape[0]
    if size == (cols, rows):
        return image
    smaller = size[0] * size[1] < cols * rows
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
