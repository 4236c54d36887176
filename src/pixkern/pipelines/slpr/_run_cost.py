"""How long a case takes and how much memory, from three short cases of a small synthetic image on this machine.

A case is taken to cost

    image pixels * a  +  output pixels * b  +  output pixels * samples * c     (seconds)

where a holds the pyramid, its pictures, the expectation, the variance and the measures, b the files of a zoom level,
and c the lookups. Three cases that differ in one thing at a time give a, b and c.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pixkern import _threads
from pixkern.pipelines.files import encode_image

from .case import Case, output_size, run_case, work
from .config import Asset
from .stripes import LEAST_WORK

_SIDE = 256
_FEW, _MORE = 2, 18
_PROCESS = 100_000_000  # bytes of Python with NumPy, OpenCV and pixkern, before any image
_Kind = tuple[str, int, bool, bool, bool]


@dataclass(frozen=True)
class Cost:
    """Seconds for each pixel of the image, of the outputs, and of the outputs times samples."""

    image: float
    output: float
    sample: float

    def seconds(self, case: Case, size: tuple[int, int]) -> float:
        outputs = sum(math.prod(output_size(size, zoom)) for zoom in case.zooms)
        return self.image * math.prod(size) + self.output * outputs + self.sample * work(case, size)


def kind(case: Case) -> _Kind:
    """What the cost of a pixel depends on."""
    law = case.config
    spread = law.patch_size > 1 or law.jitter > 0
    return case.color_mode, law.pyramid_levels, spread, law.noise_strength > 0, law.block > 1


def measured_costs(cases: list[Case], *, one_thread: bool) -> dict[_Kind, Cost]:
    """The cost of each kind of case; a second or so for each."""
    with tempfile.TemporaryDirectory() as folder, _threads_of_a_worker(one_thread):
        path = Path(folder, "picture.png")
        path.write_bytes(encode_image(_picture(), ".png"))
        kinds = {kind(case): replace(case, asset=Asset("picture", path)) for case in cases}
        return {one: _measured(case) for one, case in kinds.items()}


def _measured(case: Case) -> Cost:
    pixels = _SIDE**2
    few = replace(case, samples=_FEW, zoom_levels=(100,))
    _seconds(replace(few, samples=1))  # the first call of anything is slow
    base = _seconds(few)
    sample = max(0.0, _seconds(replace(few, samples=_MORE)) - base) / (pixels * (_MORE - _FEW))
    doubled = _seconds(replace(few, zoom_levels=(100, 200))) - base
    output = max(0.0, doubled / (4 * pixels) - _FEW * sample)
    return Cost(max(0.0, base / pixels - output - _FEW * sample), output, sample)


def _seconds(case: Case) -> float:
    begun = time.perf_counter()
    run_case(case)
    return time.perf_counter() - begun


def _picture() -> np.ndarray:
    """Smooth waves and fine grain: what PNG takes as long for as for photos."""
    y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float32) / _SIDE
    grain = (np.arange(_SIDE**2).reshape(_SIDE, _SIDE) * 2654435761 >> 24) % 16
    waves = [120 + 90 * np.sin(9 * x * k + 7 * y * y) for k in (1, 2, 3)]
    return np.stack([wave + grain for wave in waves], axis=-1).astype(np.uint8)


@contextlib.contextmanager
def _threads_of_a_worker(one: bool) -> Iterator[None]:
    """What runs beside other workers has one thread, as in a batch."""
    before = getattr(_threads._worker, "inside", False)
    _threads._worker.inside = one or before
    try:
        yield
    finally:
        _threads._worker.inside = before


def memory(case: Case, size: tuple[int, int], bit_depth: int) -> int:
    """Peak bytes of a process that does a case: its planes, its pictures, and the files that wait for its end.

    The planes are those that `run_case` states, for 100 % and for the largest zoom. Encoded pictures are counted as
    large as their pixels, and encoding one takes a copy in the codec's order and a buffer besides.
    """
    planes, shown = {"gray": (1, 1), "rgb": (3, 3), "luma": (1, 3)}[case.color_mode]
    pixel = shown * (2 if bit_depth > 8 else 1)  # bytes of a pixel of a picture
    image = math.prod(size)
    outputs = [math.prod(output_size(size, zoom)) for zoom in case.zooms]
    largest = max(outputs)
    chroma = 4 if case.color_mode == "luma" else 0
    stripe = planes * min(largest, max(case.progress_pixels, LEAST_WORK) / case.samples)
    full = 4 * image * (7 * planes + chroma) + (3 + 2) * pixel * image
    zoomed = 4 * image * (7 / 3 * planes + chroma) + 4 * 2 * stripe + (2 + 2) * pixel * largest
    files = pixel * (5 * image + 2 * sum(outputs))
    return round(_PROCESS + max(full, zoomed) + pixel * image + files)
