import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import lenses as ref

from pixkern.lenses import BrownConrady, Chromatic, Division, KannalaBrandt, Poly3, Poly5, PTLens, View, Vignetting

CENTER = (321.5, 243.25)
FULL = {
    "radial": (-0.2, 0.05, 0.01, 0.02, 0.01, -0.003),
    "tangential": (0.001, -0.002),
    "thin_prism": (3e-4, 1e-4, -2e-4, 5e-5),
}
FISHEYE = (0.03, -0.01, 0.002, -3e-4)
MODELS = {
    "brown_conrady": (BrownConrady((500, 510), CENTER, **FULL), lambda n: ref.brown_conrady(n, **FULL)),
    "kannala_brandt": (KannalaBrandt(400, CENTER, FISHEYE), lambda n: ref.kannala_brandt(n, FISHEYE)),
    "pt_lens": (PTLens(240, CENTER, (0.01, -0.03, 0.004)), lambda n: ref.pt_lens(n, (0.01, -0.03, 0.004))),
    "poly3": (Poly3(240, CENTER, -0.02), lambda n: ref.poly3(n, -0.02)),
    "poly5": (Poly5(400, CENTER, (-0.05, 0.01)), lambda n: ref.poly5(n, -0.05, 0.01)),
}
BARREL = Division(400, CENTER, radial=(-0.15, -0.01))  # what most photos have: the scale grows to a pole
PINCUSHION = Division(400, CENTER, radial=(0.1,))


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform([-50, -50], [700, 530], (2000, 2))


@pytest.mark.parametrize("name", MODELS)
def test_map_is_the_formula(name, points):
    lens, model = MODELS[name]
    np.testing.assert_allclose(lens.map(points), ref.to_pixels(model, points, lens.focal, CENTER), rtol=0, atol=1e-11)


@pytest.mark.parametrize("lens", [BARREL, PINCUSHION])
def test_division_maps_back_what_its_formula_maps_forth(lens, points):
    found = lens.map(points)
    back = ref.to_pixels(lambda d: ref.division_undistorted(d, lens.radial), found, lens.focal, CENTER)
    np.testing.assert_allclose(back, points, rtol=0, atol=1e-9)


def test_brown_conrady_is_opencvs(points):
    lens = MODELS["brown_conrady"][0]
    matrix, distortion = lens.to_opencv()
    rays = np.c_[(points - lens.center) / lens.focal, np.ones(len(points))]
    theirs, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix, distortion)
    np.testing.assert_allclose(lens.map(points), theirs[:, 0], rtol=0, atol=1e-11)
    assert dataclasses.asdict(BrownConrady.from_opencv(matrix, distortion)) == dataclasses.asdict(lens)


def test_kannala_brandt_is_opencvs_fisheye(points):
    lens = MODELS["kannala_brandt"][0]
    matrix, distortion = lens.to_opencv()
    theirs = cv2.fisheye.distortPoints(((points - lens.center) / lens.focal)[None], matrix, distortion)[0]
    np.testing.assert_allclose(lens.map(points), theirs, rtol=0, atol=1e-9)  # their arc tangent is libm's


@pytest.mark.parametrize("count", [0, 4, 5, 8, 12])
def test_opencv_coefficients_of_every_count_are_read(count):
    distortion = np.linspace(0.01, 0.02, count)
    matrix, written = BrownConrady.from_opencv([[5, 0, 1], [0, 6, 2], [0, 0, 1]], distortion).to_opencv()
    assert np.array_equal(matrix, [[5, 0, 1], [0, 6, 2], [0, 0, 1]])
    assert np.array_equal(written[:count], distortion)


@pytest.mark.parametrize("name", [*MODELS, "barrel", "pincushion"])
def test_inverse_undoes_map_to_a_millionth_of_a_pixel(name, points):
    lens = {"barrel": BARREL, "pincushion": PINCUSHION}.get(name) or MODELS[name][0]
    back, valid = lens.inverse(lens.map(points))
    assert valid.all()
    assert np.abs(back - points).max() <= 1e-6


@pytest.mark.parametrize(
    "distortion",
    [(-0.15, 0.03, 0, 0), (-0.3, 0.1, 0, 0), (-0.35, 0.15, 0.001, -0.001, -0.03), (0.2, 0.1, 0, 0)],
)
def test_inverse_holds_where_iterations_of_others_diverge(distortion):
    """The last one sends cv2.undistortPoints 205 pixels off."""
    lens = BrownConrady.from_opencv([[1000, 0, 999.5], [0, 1000, 749.5], [0, 0, 1]], distortion)
    y, x = np.mgrid[0:1500:25, 0:2000:25].astype(float)
    points = np.stack([x, y], -1)
    reach = np.linalg.norm(points - lens.center, axis=-1) / 1000 < lens.monotone_radius * 0.98
    back, valid = lens.inverse(lens.map(points))
    assert valid[reach].all()
    assert np.abs(back - points)[reach].max() <= 1e-6


def test_points_that_no_pixel_maps_to_are_marked_invalid():
    lens = BrownConrady(1000, (999.5, 749.5), radial=(-0.45, 0.02))
    furthest = lens.map([(999.5 + 1000 * lens.monotone_radius, 749.5)])[0, 0]
    found, valid = lens.inverse([(furthest - 1, 749.5), (furthest + 1, 749.5), (np.nan, 0), (np.inf, 0)])
    assert valid.tolist() == [True, False, False, False]
    assert np.isnan(found[1:]).all()


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-0.5, 0.5),
    st.floats(-0.3, 0.3),
    st.floats(-0.01, 0.01),
    st.floats(-0.01, 0.01),
    st.floats(0, 2 * math.pi),
    st.floats(0, 0.95),
)
def test_inverse_never_errs_silently(k1, k2, p1, p2, angle, part):
    lens = BrownConrady(1000, (0, 0), radial=(k1, k2), tangential=(p1, p2))
    radius = 1000 * part * min(lens.monotone_radius, 1.5)
    point = np.array([[radius * math.cos(angle), radius * math.sin(angle)]])
    assume(np.linalg.det(lens.jacobian(point)[0]) > 0.05)
    photo = lens.map(point)
    back, valid = lens.inverse(photo)
    if valid[0]:
        np.testing.assert_allclose(lens.map(back), photo, rtol=0, atol=1e-6)
    else:
        assert part * 1.0 > 0.8 or max(abs(p1), abs(p2)) > 0.003  # near the fold a shift may carry a point across


@pytest.mark.parametrize("name", [*MODELS, "barrel", "pincushion"])
def test_jacobian_is_the_limit_of_differences(name, points):
    lens = {"barrel": BARREL, "pincushion": PINCUSHION}.get(name) or MODELS[name][0]
    for run in (lens, lens.inverted()):
        at = points[:200] * 0.5 + 150
        step = 1e-3
        columns = [(run.map(at + d) - run.map(at - d)) / (2 * step) for d in ([step, 0], [0, step])]
        got = run.jacobian(at)
        np.testing.assert_allclose(got, np.stack(columns, -1), rtol=0, atol=1e-7)  # 1e-12 / 2e-3, and step^2 f'''


def test_jacobians_of_map_and_inverse_are_inverses(points):
    lens = MODELS["brown_conrady"][0]
    product = lens.jacobian(points) @ lens.inverted().jacobian(lens.map(points))
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(2), product.shape), rtol=0, atol=1e-11)


@pytest.mark.parametrize("model", [BrownConrady, PTLens, Poly3, Poly5, Division])
def test_a_lens_without_distortion_moves_no_bit(model, points):
    lens = model((731.7, 730.1), CENTER)
    assert np.array_equal(lens.map(points), points)
    assert np.array_equal(lens.inverse(points)[0], points)


@pytest.mark.parametrize("amount", [0.002, 0.01, 0.05])
def test_inverse_reaches_every_point_before_the_fold_with_strong_tangential_terms(amount):
    draw = np.random.default_rng(7)
    parts = np.linspace(0, 1, 60)[:, None]
    for _ in range(40):
        radial, tangential = draw.uniform(-0.15, 0.15, 3), draw.uniform(-amount, amount, 2)
        lens = BrownConrady(1000, (2000, 1500), radial=radial, tangential=tangential)
        reach = 1000 * min(lens.monotone_radius * 0.999, 2.5)
        angle = draw.uniform(0, 2 * np.pi)
        ray = np.array([2000, 1500]) + parts * reach * [np.cos(angle), np.sin(angle)]
        before = np.minimum.accumulate(np.linalg.det(lens.jacobian(ray))) > 0.01
        found, valid = lens.inverse(lens.map(ray[before]))
        assert valid.all()
        assert np.abs(found - ray[before]).max() <= 1e-6


def test_points_of_a_fisheye_beyond_90_degrees_are_invalid():
    lens = KannalaBrandt(800, (999.5, 749.5), (0.02, -0.01))
    edge = 800 * float(ref.kannala_brandt(np.array([1e9, 0.0]), (0.02, -0.01))[0])
    points = np.array([[999.5 + edge * part, 749.5] for part in (0.5, 0.99, 0.999, 1.001, 1.1, 2)])
    found, valid = lens.inverse([*points, [1998.49693242, 1496.80166393]])
    assert valid.tolist() == [True, True, True, False, False, False, False]
    assert np.abs(lens.map(found[:3]) - points[:3]).max() <= 1e-6


# Monotone radius


def first_stop(model, most=20.0):
    """Where the radius stops growing, on a fine grid: the oracle of the closed form."""
    r = np.linspace(0, most, 400_001)
    mapped = model(np.stack([r, 0 * r], -1))[:, 0]
    falls = np.flatnonzero(np.diff(mapped) <= 0)
    return r[falls[0]] if falls.size else math.inf


@pytest.mark.parametrize(
    ("lens", "model"),
    [
        (BrownConrady(1, (0, 0), radial=(-0.45, 0.02)), lambda n: ref.brown_conrady(n, (-0.45, 0.02))),
        (BrownConrady(1, (0, 0), radial=(-0.2, 0.05)), lambda n: ref.brown_conrady(n, (-0.2, 0.05))),
        (BrownConrady(1, (0, 0), radial=(0.1, -0.02, 0, 0.3)), lambda n: ref.brown_conrady(n, (0.1, -0.02, 0, 0.3))),
        (KannalaBrandt(1, (0, 0), (-0.2,)), lambda n: ref.kannala_brandt(n, (-0.2,))),
        (KannalaBrandt(1, (0, 0), (0.1,)), lambda n: ref.kannala_brandt(n, (0.1,))),
        (PTLens(1, (0, 0), (0.0, -0.1, 0.02)), lambda n: ref.pt_lens(n, (0, -0.1, 0.02))),
        (Poly3(1, (0, 0), -0.05), lambda n: ref.poly3(n, -0.05)),
        (Poly5(1, (0, 0), (-0.1, 0.001)), lambda n: ref.poly5(n, -0.1, 0.001)),
    ],
)
def test_monotone_radius_is_where_the_radius_first_stops_growing(lens, model):
    expected = first_stop(model)
    if math.isinf(expected):
        assert lens.monotone_radius > 20
    else:
        assert abs(lens.monotone_radius - expected) <= 2e-4  # the oracle's grid is 5e-5


def test_a_pole_of_the_formula_ends_the_monotone_radius():
    assert abs(BrownConrady(1, (0, 0), radial=(0, 0, 0, -0.25)).monotone_radius - 2) < 1e-12


def test_is_monotone_looks_at_the_far_corner():
    lens = BrownConrady(1000, (999.5, 749.5), radial=(-0.45, 0.02))
    assert not lens.is_monotone((2000, 1500))
    side = int(1000 * lens.monotone_radius / math.sqrt(2)) - 1
    centred = BrownConrady(1000, (side - 0.5, side - 0.5), radial=(-0.45, 0.02))
    assert centred.is_monotone((2 * side, 2 * side))
    assert not centred.is_monotone((2 * side + 10, 2 * side))


@pytest.mark.parametrize("lens", [KannalaBrandt(300, (300, 200), (5e-324,)), Poly3(1, (0, 0), 2e-311)])
def test_coefficients_next_to_nothing_never_fold(lens):
    assert lens.monotone_radius > 1e3
    assert np.isfinite(lens.map([(310, 205)])).all()


@pytest.mark.parametrize(
    "lens",
    [
        BrownConrady(50_000, (0, 0), radial=(1, 1e3, 2e6, 0.5, 1e3, 1e6)),
        BrownConrady(1e6, (0, 0), radial=(0.1, 1e4, 2e13)),
    ],
)
def test_long_lenses_with_large_coefficients_are_monotone_where_they_grow(lens):
    r = np.linspace(0, 3000, 3001) / lens.focal[0]
    mapped = ref.brown_conrady(np.stack([r, 0 * r], -1), lens.radial)[:, 0]
    assert (np.diff(mapped) > 0).all()
    assert lens.monotone_radius * lens.focal[0] > 3000


@pytest.mark.parametrize(
    ("lens", "radius"),
    [
        (Division(1000, (0, 0), (-0.2,)), math.sqrt(5)),  # the pole
        (KannalaBrandt(1000, (0, 0)), math.pi / 2),
        (BrownConrady(1, (0, 0), radial=(-0.1,), tangential=(0, -0.3)), math.sqrt(10 / 3) * 2 / 3),
        (BrownConrady(1, (0, 0), radial=(0.1,)), math.inf),
    ],
)
def test_an_inverted_lens_grows_up_to_where_its_lens_can_be_inverted(lens, radius):
    assert lens.inverted().monotone_radius == pytest.approx(
        radius, rel=1e-9
    )  # the fold's image, less 1e-12 of its radius


# Views, sizes, construction


def test_a_view_shows_the_same_rays(points):
    lens = MODELS["brown_conrady"][0]
    seen = lens.with_view((800, 790), (100, 90))
    rays = (points - (100, 90)) / (800, 790)
    np.testing.assert_allclose(seen.map(points), lens.map(rays * lens.focal + lens.center), rtol=0, atol=1e-10)
    back, valid = seen.inverse(seen.map(points[:100]))
    np.testing.assert_allclose(back[valid], points[:100][valid], rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(1280, 960), (320, 240), (640, 480), (1000, 100)])
def test_scaling_moves_pixel_areas(size, points):
    lens = dataclasses.replace(MODELS["brown_conrady"][0], size=(640, 480))
    factor = np.array(size) / (640, 480)
    scaled = lens.scaled(size)
    assert scaled.size == size
    expected = (lens.map(points) + 0.5) * factor - 0.5
    np.testing.assert_allclose(scaled.map((points + 0.5) * factor - 0.5), expected, rtol=0, atol=1e-9)


def test_scaling_needs_a_size():
    with pytest.raises(ValueError, match="no size"):
        BARREL.scaled((10, 10))


def test_twice_inverted_is_the_lens_itself():
    assert BARREL.inverted().inverted() is BARREL


@pytest.mark.parametrize(
    "make",
    [
        lambda: BrownConrady(0, (0, 0)),
        lambda: BrownConrady(-1, (0, 0)),
        lambda: BrownConrady((1, math.inf), (0, 0)),
        lambda: BrownConrady((1, 2, 3), (0, 0)),
        lambda: BrownConrady(1, (math.nan, 0)),
        lambda: BrownConrady(1, (0, 0), radial=(math.nan,)),
        lambda: BrownConrady(1, (0, 0), radial=(0,) * 7),
        lambda: BrownConrady(1, (0, 0), radial=(1e41,)),
        lambda: BrownConrady(1, (0, 0), size=(0, 5)),
        lambda: KannalaBrandt(1, (0, 0), (1, 2, 3, 4, 5)),
        lambda: Poly3(1, (0, 0), math.inf),
        lambda: View(1, (0, math.inf)),
        lambda: Chromatic(1, (0, 0), red=(1, 0)),
        lambda: Chromatic(0, (0, 0)),
        lambda: Vignetting(1, (0, 0), (math.nan,)),
        lambda: BrownConrady.from_opencv(np.eye(2), []),
        lambda: BrownConrady.from_opencv([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]], []),
        lambda: BrownConrady.from_opencv(np.eye(3), [1, 2, 3]),
        lambda: BrownConrady.from_opencv(np.eye(3), [0] * 12 + [0.1, 0]),
        lambda: KannalaBrandt.from_opencv(np.eye(3), [0] * 5),
        lambda: BARREL.map(np.zeros((3, 3))),
        lambda: BARREL.map(5),
    ],
)
def test_impossible_numbers_raise_value_error(make):
    with pytest.raises(ValueError, match=r".+"):
        make()


def test_no_points_give_no_points():
    assert BARREL.map(np.zeros((0, 2))).shape == (0, 2)
    assert BARREL.jacobian(np.zeros((0, 3, 2))).shape == (0, 3, 2, 2)


def test_arc_tangent_is_exact_to_the_last_bits():
    lens = KannalaBrandt(1, (0, 0))
    r = np.r_[np.logspace(-12, 6, 4001), np.tan(np.pi / 16) * np.linspace(0.999, 1.001, 101), 1]
    got = lens.map(np.stack([r, 0 * r], -1))[:, 0]
    assert np.max(np.abs(got - np.arctan(r)) / (np.arctan(r) + r)) <= 5e-16  # made as r + displacement: 2 ulp of r
