import lifting_cases as cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.lifting import Subband, dwt2, from_pywt, idwt2, subbands, to_pywt

NAMES = {"haar": "haar", "cdf53": "bior2.2", "cdf97": "bior4.4"}
floats = pytest.mark.parametrize("wavelet", NAMES)


@given(st.tuples(st.integers(1, 70), st.integers(1, 70)), st.integers(1, 10))
def test_bands_cover_the_plane_once_from_coarse_to_fine(shape, levels):
    covered = np.zeros(shape, int)
    bands = subbands(shape, levels)
    for band in bands:
        covered[band.rows, band.cols] += 1
        assert covered[band.rows, band.cols].shape == band.shape
    assert (covered == 1).all()
    order = [("LL", levels)] + [(o, level) for level in range(levels, 0, -1) for o in ("HL", "LH", "HH")]
    assert [(band.orientation, band.level) for band in bands] == order
    assert subbands((5, *shape), levels) == bands


def test_bands_hold_what_their_names_say():
    stripes = np.tile(np.array([1, -1], np.float32), (16, 8))  # change along a row: high horizontally
    energy = {b.orientation: (dwt2(stripes)[b.rows, b.cols] ** 2).sum() for b in subbands(stripes.shape, 1)}
    assert energy["HL"] > 0
    assert energy["LL"] == energy["LH"] == energy["HH"] == 0


def test_bands_of_one_pixel_sides_are_present_and_empty():
    assert [band.shape for band in subbands((1, 5), 1)] == [(1, 3), (1, 2), (0, 3), (0, 2)]


def test_a_subband_is_a_frozen_value():
    band = subbands((4, 4), 1)[0]
    assert band == Subband(1, "LL", slice(0, 2), slice(0, 2))
    with pytest.raises(AttributeError):
        band.level = 2


@pytest.mark.parametrize(
    ("shape", "levels", "error"),
    [
        ((4,), 1, ValueError),
        ((1, 2, 3, 4), 1, ValueError),
        ((0, 4), 1, ValueError),
        ((4, -1), 1, ValueError),
        ((4, 2**31), 1, ValueError),
        ((4.0, 4), 1, TypeError),
        (4, 1, TypeError),
        ("44", 1, TypeError),
        ((4, 4), 0, ValueError),
        ((4, 4), 11, ValueError),
        ((4, 4), 1.0, TypeError),
        ((4, 4), True, TypeError),
    ],
)
def test_shapes_and_levels_that_are_none_raise(shape, levels, error):
    with pytest.raises(error):
        subbands(shape, levels)


# PyWavelets


def pywt():
    return pytest.importorskip("pywt", reason="PyWavelets is not installed")


def flat(nested):
    return [nested[0], *(band for details in nested[1:] for band in details)]


@pytest.mark.parametrize("mode", ["symmetric", "reflect", "periodization", "zero"])
def test_haar_equals_pywavelets_in_every_mode(mode):
    x = cases.planes("float32", (2, 48, 80))
    ours = to_pywt(dwt2(x, wavelet="haar", levels=4), wavelet="haar", levels=4)
    theirs = pywt().wavedec2(x.astype(np.float64), "haar", mode, 4, axes=(-2, -1))
    for got, exact in zip(flat(ours), flat(theirs), strict=True):
        np.testing.assert_allclose(got, exact, rtol=0, atol=1e-6 * np.abs(exact).max())  # float32 steps, as documented


@pytest.mark.parametrize(("wavelet", "first"), [("cdf53", 1), ("cdf97", 2)])
@pytest.mark.parametrize("shape", [(64, 48), (6, 10), (30, 94)])
def test_a_level_is_contained_in_that_of_mode_reflect_with_borders(wavelet, first, shape):
    x = cases.planes("float32", shape)
    approximation, details = pywt().dwt2(x.astype(np.float64), NAMES[wavelet], "reflect")
    inside = np.s_[first : first + shape[0] // 2, first : first + shape[1] // 2]
    ours = flat(to_pywt(dwt2(x, wavelet=wavelet), wavelet=wavelet))
    for got, exact in zip(ours, (approximation, *details), strict=True):
        assert np.abs(got - exact[inside]).max() <= 1e-6 * np.abs(exact).max()  # float32 steps, as documented


@pytest.mark.parametrize(("wavelet", "edge"), [("cdf53", 2), ("cdf97", 4)])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_levels_equal_mode_periodization_away_from_borders(wavelet, edge, levels):
    x = cases.planes("float32", (128, 160))
    ours = flat(to_pywt(dwt2(x, wavelet=wavelet, levels=levels), wavelet=wavelet, levels=levels))
    theirs = flat(pywt().wavedec2(x.astype(np.float64), NAMES[wavelet], "periodization", levels))
    inside = np.s_[edge:-edge, edge:-edge]
    for got, exact in zip(ours, theirs, strict=True):
        assert got.shape == exact.shape
        assert np.abs(got - exact)[inside].max() <= 1e-6 * np.abs(exact).max()  # float32 steps, as documented
        assert np.abs(got - exact).max() > 1e-3  # the borders do differ, as documented


@floats
@pytest.mark.parametrize("shape", [(16, 24), (13, 27), (3, 21, 10), (1, 9), (1, 1)])
def test_lists_of_pywavelets_come_back_bit_by_bit(wavelet, shape):
    coeffs = cases.planes("float32", shape)
    nested = to_pywt(coeffs, wavelet=wavelet, levels=3)
    assert len(nested) == 4
    assert not any(np.shares_memory(band, coeffs) for band in flat(nested))
    assert np.array_equal(from_pywt(nested, wavelet=wavelet, levels=3), coeffs)
    assert np.array_equal(from_pywt(tuple(nested), wavelet=wavelet), coeffs)


def test_lists_of_pywavelets_can_be_inverted_by_it_and_by_us():
    x = cases.planes("float32", (48, 64))
    nested = to_pywt(dwt2(x, wavelet="haar", levels=3), wavelet="haar", levels=3)
    np.testing.assert_allclose(pywt().waverec2(nested, "haar"), x, rtol=0, atol=2e-6)  # as dwt2 and back
    theirs = pywt().wavedec2(x, "haar", "periodization", 3)
    back = idwt2(from_pywt(theirs, wavelet="haar"), wavelet="haar", levels=3)
    np.testing.assert_allclose(back, x, rtol=0, atol=2e-6)  # the same


def test_lists_that_fit_no_layout_raise():
    nested = to_pywt(np.zeros((8, 8), np.float32), levels=2)
    with pytest.raises(ValueError, match="periodization"):
        from_pywt([np.zeros((3, 3), np.float32), *nested[1:]])
    with pytest.raises(ValueError, match="2 levels"):
        from_pywt(nested, levels=1)
    for broken in ("text", nested[:1], [nested[0], nested[1][:2]], [nested[0], 3]):
        with pytest.raises(TypeError):
            from_pywt(broken)
    with pytest.raises(TypeError, match="float32"):
        from_pywt([band.astype(float) if isinstance(band, np.ndarray) else band for band in nested])
    with pytest.raises(ValueError, match="wavelet"):
        from_pywt(nested, wavelet="bior2.2")


@pytest.mark.parametrize(
    ("coeffs", "options", "error"),
    [
        ([[1.0]], {}, TypeError),
        (np.zeros((4, 4)), {}, TypeError),
        (np.zeros((4, 4), np.int32), {}, TypeError),
        (np.zeros(4, np.float32), {}, ValueError),
        (np.zeros((4, 4), np.float32), {"wavelet": "db2"}, ValueError),
        (np.zeros((4, 4), np.float32), {"levels": 0}, ValueError),
    ],
)
def test_coefficients_that_are_none_raise(coeffs, options, error):
    with pytest.raises(error):
        to_pywt(coeffs, **options)
