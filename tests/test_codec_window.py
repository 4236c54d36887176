"""Which tiles a part of an image depends on."""

import numpy as np
import pytest

from pixkern.lifting import idwt2, subbands
from pixkern.pipelines.codec.layer import Layer
from pixkern.pipelines.codec.window import window

FEWER = {"haar": -1, "cdf53": 0, "cdf97": 2}  # so many coefficients of the coarsest level would not be enough


def reach(wavelet, levels, dtype):
    """How far from the pixels that a coefficient stands above others depend on it, in pixels."""
    size = 16 << levels
    farthest = 0
    for band in subbands((1, size), levels):
        count = band.cols.stop - band.cols.start
        if not count or band.rows.stop == band.rows.start:
            continue
        side = size // count
        for k in (count // 2, count // 2 + 1):  # far from both ends; even and odd
            coefficients = np.zeros((1, size), dtype)
            coefficients[0, band.cols.start + k] = 1 << 20
            touched = np.flatnonzero(idwt2(coefficients, wavelet=wavelet, levels=levels))
            farthest = max(farthest, k * side - touched[0], touched[-1] - ((k + 1) * side - 1))
    return farthest


@pytest.mark.parametrize(
    ("wavelet", "dtype"),
    [("haar", "float32"), ("haar", "int32"), ("cdf53", "float32"), ("cdf53", "int32"), ("cdf97", "float32")],
)
@pytest.mark.parametrize("levels", [1, 2, 4, 6])
def test_no_pixel_depends_on_a_tile_outside_its_window(wavelet, dtype, levels):
    layer = Layer(1 << 20, 64, 1, dtype, wavelet, levels, "dense", tile_bits=6)
    far = reach(wavelet, levels, dtype)
    x = 64 * 5000
    for start in (x, x + 17, x + 63):
        (_, _, left, right), inside = window((start, 0, 3, 1), (64, 1 << 20)).tiles(layer, 0)
        assert 64 * left <= start - far
        assert 64 * (right + 1) > start + 2 + far
        assert (inside.cols.start, inside.cols.stop) == (start - 64 * left, start + 3 - 64 * left)
    if levels > 2:
        assert far > FEWER[wavelet] * 2**levels


def test_windows_stop_at_the_borders_of_the_image():
    layer = Layer(1000, 130, 1, "int32", "cdf53", 6, "dense", tile_bits=6)
    tiles, inside = window((999, 129, 1, 1), (130, 1000)).tiles(layer, 0)
    assert tiles == (1, 2, 14, 15)
    assert (inside.rows, inside.cols) == (slice(65, 66), slice(999 - 64 * 14, 1000 - 64 * 14))
