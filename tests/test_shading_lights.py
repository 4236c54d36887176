"""Lights, their colours and directions, and the numbers they are made of."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern._native import shading as native
from pixkern.shading import DirectionalLight, Specular, colour_temperature, hemisphere


@given(st.floats(1e-9, 1e9), st.floats(1e-3, 1e3))
def test_powers_are_those_of_long_doubles(x, p):
    if abs(p * math.log(x)) > 660:  # beyond 1e-286 or 1e286
        return
    exact = np.longdouble(x) ** np.longdouble(p)
    bound = 5e-16 * (1 + p * max(abs(math.log(x)), 1))  # as kernels/maths/exponential.h has it
    assert abs(native.power(x, p) - exact) <= bound * exact


def test_powers_of_nothing_are_nothing():
    assert [native.power(x, 0.5) for x in (0.0, -1.0, -0.0, 1e-310, math.nan)] == [0] * 5
    assert native.power(1.0, 1e5) == 1


@given(st.tuples(*[st.floats(-1e200, 1e200)] * 3).filter(lambda v: max(map(abs, v)) > 1e-200))
def test_directions_are_of_unit_length_and_stay_as_they_are(v):
    light = DirectionalLight(v)
    assert abs(math.fsum(c * c for c in light.direction) - 1) < 1e-15
    assert DirectionalLight(light.direction) == light
    largest = max(map(abs, v))
    np.testing.assert_allclose(
        np.cross(light.direction, np.array(v) / largest), 0, atol=3e-16
    )  # the direction itself, rounded twice


def test_intensities_are_colours():
    assert DirectionalLight((0, 0, 1), 2).intensity == (2.0, 2.0, 2.0)
    assert DirectionalLight((0, 0, 1), np.float32([1, 2, 3])).intensity == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("direction", [(0, 0, 0), (1, 2), (1, 2, 3, 4), (1, 2, math.nan), (math.inf, 0, 0), 1.0])
def test_directions_that_are_none_are_refused(direction):
    with pytest.raises(ValueError, match="direction must"):
        DirectionalLight(direction)


@pytest.mark.parametrize("intensity", [-1, (1, 1, -0.1), (1, 2), math.nan, [[1, 1, 1]]])
def test_intensities_that_are_none_are_refused(intensity):
    with pytest.raises(ValueError, match="intensity must be"):
        DirectionalLight((0, 0, 1), intensity)


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="direction must be numbers"):
        DirectionalLight("up")
    with pytest.raises(TypeError, match="intensity must be numbers"):
        DirectionalLight((0, 0, 1), "bright")
    with pytest.raises(TypeError, match="strength must be a number"):
        Specular("phong", "1")
    with pytest.raises(TypeError, match="shininess must be a number"):
        Specular("phong", 1, shininess=True)
    with pytest.raises(TypeError, match="kelvin must be a number"):
        colour_temperature("warm")


@pytest.mark.parametrize(
    "bad", [{"strength": -1}, {"shininess": 0}, {"shininess": 1e6}, {"roughness": 0.04}, {"roughness": 1.1}]
)
def test_highlights_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        Specular(**{"model": "ggx", "strength": 1, **bad})


def test_unknown_highlights_are_refused():
    with pytest.raises(ValueError, match="model must be one of"):
        Specular("none", 1)


def colour_matching(wavelength):
    """The CIE 1931 observer, analytic within a percent: Wyman, Sloan & Shirley, JCGT 2(2), 2013, table 1."""

    def lobe(centre, left, right):
        return np.exp(-0.5 * ((wavelength - centre) / np.where(wavelength < centre, left, right)) ** 2)

    x = 1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7) - 0.065 * lobe(501.1, 20.4, 26.2)
    y = 0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1)
    z = 1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8)
    return np.stack([x, y, z])


@pytest.mark.parametrize("kelvin", [2000, 2700, 4000, 5500, 6500, 10000, 15000])
def test_colours_are_those_of_planck_s_law(kelvin):
    wavelength = np.arange(360, 831.0)
    radiance = wavelength**-5 / np.expm1(1.438777e7 / (wavelength * kelvin))  # hc/k in nm K
    x, y, z = colour_matching(wavelength) @ radiance
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ours = to_xyz @ colour_temperature(kelvin)
    exact = np.array([x, y, z]) / (x + y + z)
    np.testing.assert_allclose(ours / ours.sum(), exact, atol=0.004)  # of the observer's fit


# 1e6 / K and u, v of black bodies: Robertson, "Computation of correlated color temperature and distribution
# temperature", J. Opt. Soc. Am. 58(11), 1968, table I; those whose colours sRGB has.
PLANCKIAN = {
    70: (0.18611, 0.28342),
    80: (0.18740, 0.28668),
    90: (0.18880, 0.28997),
    100: (0.19032, 0.29326),
    125: (0.19462, 0.30141),
    150: (0.19962, 0.30921),
    175: (0.20525, 0.31647),
    200: (0.21142, 0.32312),
    225: (0.21807, 0.32909),
    250: (0.22511, 0.33439),
    275: (0.23247, 0.33904),
    300: (0.24010, 0.34308),
    350: (0.25591, 0.34951),
    400: (0.27218, 0.35407),
    450: (0.28863, 0.35714),
    500: (0.30505, 0.35907),
}


@pytest.mark.parametrize(("mired", "uv"), PLANCKIAN.items())
def test_chromaticities_are_those_of_tables_of_black_bodies(mired, uv):
    to_rgb = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]  # IEC 61966-2-1
    x, y, z = np.linalg.solve(to_rgb, colour_temperature(1e6 / mired))
    total = x + 15 * y + 3 * z
    np.testing.assert_allclose((4 * x / total, 6 * y / total), uv, rtol=0, atol=1.2e-4)  # as documented


@given(st.floats(1000, 15000))
def test_colours_have_a_luminance_of_one_and_no_negative_channel(kelvin):
    r, g, b = colour_temperature(kelvin)
    assert min(r, g, b) >= 0
    assert abs(0.2126 * r + 0.7152 * g + 0.0722 * b - 1) < 1e-12


def test_hotter_is_bluer():
    ratios = [colour_temperature(k)[2] / colour_temperature(k)[0] for k in range(1000, 15001, 250)]
    assert (np.diff(ratios) >= 0).all()
    r, g, b = colour_temperature(6500)
    assert max(abs(r - 1), abs(g - 1), abs(b - 1)) < 0.05  # near the white of sRGB


@pytest.mark.parametrize("kelvin", [999, 15001, math.nan])
def test_temperatures_out_of_range_are_refused(kelvin):
    with pytest.raises(ValueError, match="kelvin must be"):
        colour_temperature(kelvin)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 90), st.floats(0, 90))
def test_directions_of_the_hemisphere_are_in_their_band(u, v, a, b):
    low, high = sorted((a, b))
    x, y, z = hemisphere(u, v, elevation=(low, high))
    assert abs(x * x + y * y + z * z - 1) < 1e-15
    assert math.sin(math.radians(low)) - 1e-15 <= z <= math.sin(math.radians(high)) + 1e-15
    radius = math.sqrt(max(0, 1 - z * z))
    assert abs(x - radius * math.cos(2 * math.pi * v)) < 1e-14
    assert abs(y - radius * math.sin(2 * math.pi * v)) < 1e-14


def test_a_grid_of_the_square_is_uniform_on_the_hemisphere():
    n = 64
    middles = (np.arange(n) + 0.5) / n
    points = np.array([hemisphere(u, v) for u in middles for v in middles])
    # moments of a uniform hemisphere: E[z] = 1/2, E[z^2] = E[x^2] = E[y^2] = 1/3, E[x] = E[y] = 0
    np.testing.assert_allclose(points.mean(axis=0), [0, 0, 0.5], atol=1e-12)
    np.testing.assert_allclose((points**2).mean(axis=0), 1 / 3, atol=1e-4)  # the midpoint rule's 1 / (24 n^2)


@pytest.mark.parametrize("bad", [{"u": -0.1}, {"u": 1.1}, {"v": math.nan}, {"elevation": (60, 30)}])
def test_draws_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        hemisphere(**{"u": 0.5, "v": 0.5, **bad})
    for elevation in ((-1, 30), (0, 91), (0, 30, 60), 45, ("a", "b")):
        with pytest.raises(ValueError, match="elevation must be"):
            hemisphere(0.5, 0.5, elevation=elevation)
