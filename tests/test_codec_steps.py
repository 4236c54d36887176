import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import colour as ref

from pixkern._coefficients import PLANE
from pixkern.lifting import idwt2, subbands
from pixkern.pipelines.codec import steps
from pixkern.pipelines.codec.segments import HH, HL, LH, LL, PlaneRole, Tiling

ORIENTATIONS = {"LL": LL, "HL": HL, "LH": LH, "HH": HH}
wavelets = pytest.mark.parametrize("wavelet", ["haar", "cdf53", "cdf97"])


def norm(shape, wavelet, levels, orientation, level):
    """Of what one coefficient in the middle of a subband is in the image."""
    coefficients = np.zeros(shape, np.float32)
    band = next(b for b in subbands(shape, levels) if (b.orientation, b.level) == (orientation, level))
    part = coefficients[band.rows, band.cols]
    part[part.shape[0] // 2, part.shape[1] // 2] = 1
    return math.sqrt((idwt2(coefficients, wavelet=wavelet, levels=levels).astype(np.float64) ** 2).sum())


@wavelets
@pytest.mark.parametrize("level", range(1, 11))
def test_norms_are_those_of_impulses(wavelet, level):
    low, high = (norms[level - 1] for norms in steps._NORMS[wavelet])
    line = (1, 32 << level)  # no coefficient in the middle reaches its ends
    for expected, orientation in ((low, "LL"), (high, "HL")):
        # six digits after the point; floats of idwt2: up to 40 roundings of 6e-8
        assert norm(line, wavelet, level, orientation, level) == pytest.approx(expected, rel=2.4e-6, abs=5e-7)


@wavelets
def test_segments_of_every_subband_cost_the_image_the_same(wavelet):
    side, levels, step = 512, 3, 5.0
    segments = Tiling(side, side, levels, side).segments(0, (PlaneRole(0),))
    found = steps.segment_steps(segments, step=step, wavelet=wavelet, chroma=None)
    assert found.dtype == np.float32
    names = {number: name for name, number in ORIENTATIONS.items()}
    for each, level, orientation in zip(found, segments.levels, segments.orientations, strict=True):
        # three norms with six digits and one rounding to float32
        assert each * norm((side, side), wavelet, levels, names[orientation], level) == pytest.approx(step, rel=5e-6)


def test_one_unit_of_luma_and_chromas_is_so_much_in_rgb():
    of_unit = [math.sqrt((ref.from_ycocg(*unit) ** 2).sum()) for unit in np.eye(3)]
    assert pytest.approx(of_unit, abs=5e-7) == steps._COLOUR_NORMS  # six digits


def test_chromas_have_longer_steps_by_their_factor():
    segments = Tiling(64, 64, 2, 64).segments(0, (PlaneRole(0), PlaneRole(1, luma=0), PlaneRole(2, luma=0, chroma=1)))
    plane = segments.fields[:, PLANE]
    plain = steps.segment_steps(segments, step=3.0, wavelet="cdf97", chroma=None)
    for factor in (1.0, 1.5, 2.0):
        ratio = plain / steps.segment_steps(segments, step=3.0, wavelet="cdf97", chroma=factor)
        for k, expected in enumerate((math.sqrt(3), math.sqrt(2) / factor, math.sqrt(3) / factor)):
            assert ratio[plane == k] == pytest.approx(expected, rel=1e-6)  # six digits of the norms, two roundings


def test_all_packed_steps_come_back_and_are_in_order():
    unpacked = [steps.unpacked_step(packed) for packed in range(1 << 16)]
    assert [steps.packed_step(step) for step in unpacked] == list(range(1 << 16))
    assert all(a < b for a, b in itertools.pairwise(unpacked))
    assert (unpacked[0], unpacked[-1]) == (2.0**-16, steps.MOST_STEP)


@given(st.floats(steps.LEAST_STEP, steps.MOST_STEP))
def test_packed_steps_are_the_nearest(step):
    back = steps.unpacked_step(steps.packed_step(step))
    assert abs(back - step) <= step * 2**-12 * (1 + 1e-9)  # half of the last bit of the mantissa


@pytest.mark.parametrize("step", [0.0, -1.0, steps.LEAST_STEP / 2, steps.MOST_STEP * 2, math.inf, math.nan])
def test_steps_that_cannot_be_packed_are_refused(step):
    with pytest.raises(ValueError, match="a step must be"):
        steps.packed_step(step)


@pytest.mark.parametrize("of", [steps.image_step, steps.latent_step])
def test_steps_fall_with_quality_and_can_all_be_packed(of):
    found = [of(quality) for quality in range(1, 101)]
    assert all(a > b for a, b in itertools.pairwise(found))
    assert of(25) == pytest.approx(2 * of(50) / 1.02)  # the scales meet at 50 within 2 %
    assert of(100) / of(50) == pytest.approx(0.02 / 1.02)
    for step in found:
        steps.packed_step(step)
