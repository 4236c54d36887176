"""Estimation from lines: its steps on curves of known shape, and the whole on scenes drawn through known lenses."""

from __future__ import annotations

from math import hypot

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lens_scenes import DATA, bubbles, centred, drawn, facade, lanes

from pixkern import demo
from pixkern.lenses import Lens
from pixkern.pipelines.lens.arcs import Samples, inside, sampled, smooth_arcs
from pixkern.pipelines.lens.calibration import calibrate
from pixkern.pipelines.lens.collinear import joined
from pixkern.pipelines.lens.edges import Chains, edge_chains
from pixkern.pipelines.lens.grey import luma
from pixkern.pipelines.lens.plumb_line import Gate, estimate, estimate_pooled
from pixkern.pipelines.lens.radial_fit import K1, ballot, bends, deviation, fit, lens_of, residuals
from pixkern.warp import warp

SIZE = (640, 480)


def error(found: Lens, true: Lens, size: tuple[int, int]) -> float:
    """Mean distance between two maps over the frame, pixels."""
    x, y = np.meshgrid(np.linspace(0, size[0] - 1, 40), np.linspace(0, size[1] - 1, 30))
    points = np.stack([x, y], axis=-1)
    return float(np.linalg.norm(found.map(points) - true.map(points), axis=-1).mean())


def split(chains: Chains) -> list[np.ndarray]:
    return np.split(chains.points, chains.starts[1:]) if len(chains) else []


def chains_of(*curves: np.ndarray) -> Chains:
    return Chains(np.concatenate(curves), np.cumsum([0, *map(len, curves)][:-1]))


def segments(count: int, seed: int) -> np.ndarray:
    """Straight segments of at least 0.4 half diagonals, 15 points each, in a frame of 1.6 x 1.2."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 15)[:, None]
    ends = rng.uniform((-0.7, -0.5), (0.7, 0.5), (4 * count, 2, 2))
    ends = ends[np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) > 0.4][:count]
    return ends[:, None, 0] * (1 - t) + ends[:, None, 1] * t


# --- edges


@settings(max_examples=30)
@given(st.floats(0, 2 * np.pi), st.floats(-30, 30))
def test_edge_points_lie_on_the_edge(angle: float, offset: float) -> None:
    y, x = np.mgrid[:120, :160]
    distance = (x - 79.5) * np.cos(angle) + (y - 59.5) * np.sin(angle) - offset
    chains = edge_chains((0.5 + 0.4 * np.tanh(distance)).astype(np.float32))
    points = chains.points
    away = np.abs((points[:, 0] - 79.5) * np.cos(angle) + (points[:, 1] - 59.5) * np.sin(angle) - offset)
    middle = ((points > 8) & (points < (151, 111))).all(axis=1)
    assert len(chains) == 1
    assert away[middle].max() < 0.05  # pixels: what a parabola misses of a blurred step


def test_a_closed_edge_is_one_chain_in_order() -> None:
    y, x = np.mgrid[:200, :200]
    disc = 0.5 - 0.4 * np.tanh(np.hypot(x - 99.3, y - 101.2) - 60)
    chains = edge_chains(disc.astype(np.float32))
    assert len(chains) == 1
    turn = np.unwrap(np.arctan2(chains.points[:, 1] - 101.2, chains.points[:, 0] - 99.3))
    assert (np.sign(np.diff(turn)) == np.sign(turn[-1] - turn[0])).all()
    assert abs(turn[-1] - turn[0]) > 2 * np.pi - 0.05  # all the way round, but for one step of a pixel
    radius = np.hypot(*(chains.points - (99.3, 101.2)).T)
    assert abs(radius - 60).max() < 0.06  # pixels: the blur draws a circle of 60 px inwards by 0.01


def test_no_edge_point_is_in_two_chains() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(0).random((150, 200), np.float32), (0, 0), 1.5)
    chains = edge_chains(noise, shortest=5)
    assert len(chains) > 20
    assert len(np.unique(chains.points, axis=0)) == len(chains.points)
    assert (chains.lengths >= 5).all()


def test_chains_of_the_negative_are_the_same_backwards() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(1).random((100, 120), np.float32), (0, 0), 2)
    noise = np.rint(noise * 256) / 256  # exact in float32, and so is one minus it
    forward = {tuple(map(tuple, chain.round(2))) for chain in split(edge_chains(noise))}
    backward = {tuple(map(tuple, chain[::-1].round(2))) for chain in split(edge_chains(1 - noise))}
    assert len(forward & backward) > 0.8 * len(forward)  # closed chains are cut elsewhere, and rounding differs


@pytest.mark.parametrize("shape", [(1, 1), (2, 50), (3, 3), (5, 4)])
def test_edges_of_tiny_and_flat_planes_are_none(shape: tuple[int, int]) -> None:
    assert len(edge_chains(np.zeros(shape, np.float32))) == 0


# --- arcs


def test_a_corner_is_cut_and_a_bend_is_kept() -> None:
    t = np.arange(100.0)
    corner = np.concatenate([np.stack([t, 0 * t], 1), np.stack([99 + 0 * t, 1 + t], 1)])
    bend = np.stack([t * 2, 200 + 0.001 * (t * 2 - 100) ** 2], axis=1)[::1]
    arcs = split(smooth_arcs(chains_of(corner, bend), shortest=20))
    assert len(arcs) == 3
    assert all(len(np.unique(arc[:, 0])) == 1 or len(np.unique(arc[:, 1])) == 1 for arc in arcs[:2])
    np.testing.assert_array_equal(arcs[2], bend[2:-2])


def test_a_wiggly_line_gives_pieces_that_are_smooth() -> None:
    t = np.arange(400.0)
    wave = np.stack([t, 6 * np.sin(t / 25)], axis=1)
    for arc in split(smooth_arcs(chains_of(wave), shortest=20)):
        assert len(arc) >= 16
        coefficients = np.polyfit(arc[:, 0], arc[:, 1], 2)
        assert np.abs(np.polyval(coefficients, arc[:, 0]) - arc[:, 1]).max() < 1.6  # twice the tolerance: 5-point mean


def test_lines_of_the_frame_are_left_out_and_others_kept() -> None:
    t = np.arange(300.0)
    bar, column = np.stack([t, 3 + 0 * t], 1), np.stack([637 + 0 * t, t], 1)
    line, steep = np.stack([t, 100 + 0 * t], 1), np.stack([t, 3 + 0.05 * t], 1)
    kept = split(inside(chains_of(bar, line, column, steep), SIZE))
    assert len(kept) == 2
    np.testing.assert_array_equal(kept[0], line)
    np.testing.assert_array_equal(kept[1], steep)


def test_no_curves_make_no_arcs() -> None:
    none = Chains(np.empty((0, 2)), np.empty(0, np.intp))
    assert len(smooth_arcs(none, shortest=20)) == 0
    assert len(inside(none, SIZE)) == 0
    assert sampled(none).points.shape == (0, 15, 2)


def test_pieces_of_a_bent_line_are_joined_only_under_the_lens_that_straightens_them() -> None:
    true = lens_of(-0.2, 0.04)
    whole = true.map(np.stack([np.linspace(-0.7, 0.7, 500), np.full(500, 0.4)], axis=1))
    other = true.map(np.stack([np.linspace(-0.7, 0.7, 200), np.full(200, 0.43)], axis=1))
    pieces = chains_of(whole[:150], other, whole[350:], whole[160:340])  # the middle one, the longest, reaches both
    lines = joined(pieces, true, 1 / 400)
    assert sorted(lines.lengths) == [200, 480]
    longest = split(lines)[int(np.argmax(lines.lengths))]
    assert (np.diff(longest[:, 0]) > 0).all()
    assert len(joined(pieces, lens_of(0.3, 0.09), 1 / 400)) > 2


# --- votes and fit


@settings(max_examples=25)
@given(st.floats(-0.3, 0.3), st.floats(-0.02, 0.1))
def test_lines_through_a_lens_have_no_residual_under_it(k1: float, k2: float) -> None:
    k1, k2 = round(k1, 6), round(k2 + k1 * k1, 6)
    curves = Samples(lens_of(k1, k2).map(segments(20, 0)), np.full(20, 100.0))
    assert np.abs(residuals(curves, k1, k2)).max() < 1e-9  # the inverse is exact to 1e-12 of the half diagonal
    assert np.abs(bends(curves, k1, k2)).max() < 1e-9
    if abs(k1) > 0.05:
        assert np.sqrt(np.mean(residuals(curves, 0, 0) ** 2)) > 1e-4


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.0, -1.3])
def test_the_bend_of_a_parabola_is_its_height_over_the_chord(turn: float) -> None:
    t = np.linspace(-0.5, 0.5, 15)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for height in (-0.02, 0.0, 0.01):
        points = np.stack([0.8 * t, height * (1 - 4 * t * t)], axis=1) @ rotation.T + (0.1, 0.2)
        bend = bends(Samples(points[None], np.array([100.0])), 0, 0)
        assert abs(bend[0]) == pytest.approx(abs(height), abs=1e-12)


@pytest.mark.parametrize(("k1", "k2"), [(0.3, 0.1), (-0.2, 0.04)])
def test_residuals_are_distances_at_the_scale_of_the_photo(k1: float, k2: float) -> None:
    points = segments(10, 4) + np.random.default_rng(4).normal(0, 0.01, (10, 15, 2))
    found = residuals(Samples(points, np.full(10, 100.0)), k1, k2)
    for curve, distances in zip(points, found, strict=True):
        corrected = lens_of(k1, k2).inverse(curve)[0]
        scale = np.linalg.norm(curve[-1] - curve[0]) / np.linalg.norm(corrected[-1] - corrected[0])
        smallest = np.linalg.svd(corrected - corrected.mean(axis=0), compute_uv=False)[1] * scale
        assert np.sqrt(np.sum(distances**2)) == pytest.approx(smallest, rel=1e-9)  # float64


def test_votes_between_the_nodes_are_those_of_the_lens_itself() -> None:
    curves = Samples(lens_of(-0.1, 0.01).map(segments(50, 1)), np.full(50, 200.0))
    pixel, noise = 1 / 600, 0.7
    votes = ballot(curves, pixel, noise)
    for index in range(3, len(K1), 97):
        bend = bends(curves, K1[index], K1[index] ** 2) / (noise * pixel)
        expected = 2**24 * np.minimum(200 * pixel, 0.6) ** 2 / (1 + bend**2)
        np.testing.assert_allclose(votes[:, index], expected, rtol=0.03)  # bends to 0.03 working pixels
    np.testing.assert_array_equal(votes, np.rint(votes))


def test_the_vote_and_the_fit_find_the_lens_among_curves_that_are_no_lines() -> None:
    k1, k2, pixel = -0.13, 0.025, 1 / 600
    rng = np.random.default_rng(5)
    lines = lens_of(k1, k2).map(segments(40, 2))
    t = np.linspace(-1, 1, 15)
    others = segments(40, 3) + rng.uniform(-0.05, 0.05, (40, 1, 2)) * (1 - t * t)[:, None]
    points = np.concatenate([lines, others]) + rng.normal(0, 0.1 * pixel, (80, 15, 2))
    curves = Samples(points, np.full(80, 250.0))
    votes = ballot(curves, pixel, 0.5)
    peak = float(K1[np.argmax(votes.sum(axis=0))])
    assert abs(peak - k1) < 0.02  # the true k2 is 0.008 off the family of the vote
    found1, found2, weights = fit(curves, pixel, peak)
    assert (
        error(centred(SIZE, found1, found2), centred(SIZE, k1, k2), SIZE) < 0.2
    )  # pixels: noise of 0.1 px, and k2 held to k1^2
    assert weights[:40].mean() > 5 * weights[40:].mean()
    assert deviation(votes, peak) < 0.01


def test_the_deviation_sees_that_one_curve_decides() -> None:
    lone, crowd = np.zeros((20, len(K1))), np.zeros((20, len(K1)))
    lone[0, 300], lone[1, 700] = 100, 99
    crowd[:, 300] = 100
    assert deviation(lone, float(K1[300])) > 0.1
    assert deviation(crowd, float(K1[300])) == 0.0


# --- the whole


@pytest.mark.parametrize(("k1", "k2"), [(-0.2, 0.04), (-0.12, 0.03), (-0.05, 0.0), (0.08, 0.01)])
def test_the_lens_of_a_scene_with_lines_is_found_and_accepted(k1: float, k2: float) -> None:
    true = centred(SIZE, k1, k2)
    found = estimate(drawn(facade, SIZE, true))
    assert found.accepted, found.reasons
    assert found.lens is not None
    assert error(found.lens, true, SIZE) < 0.3  # pixels
    assert found.lens.focal == true.focal
    assert found.lens.center == true.center
    assert found.lens.size == SIZE
    assert found.evidence is not None
    assert found.evidence.straightness_after < 0.5 * found.evidence.straightness_before


def test_a_scene_that_is_straight_already_is_left_alone() -> None:
    found = estimate(drawn(facade, SIZE, centred(SIZE, 0, 0)))
    assert not found.accepted
    assert any("no distortion" in reason for reason in found.reasons)


def test_circles_are_not_believed() -> None:
    assert not estimate(drawn(bubbles, SIZE, centred(SIZE, -0.1, 0.01))).accepted


def test_parallel_curves_on_one_side_are_not_believed() -> None:
    found = estimate(drawn(lanes, SIZE, centred(SIZE, 0, 0)), gate=Gate(lines=0, length=0, deviation=1, peak_margin=0))
    assert found.evidence is not None
    assert found.evidence.straightness_before > 2 * found.evidence.straightness_after  # a lens would explain them
    assert [reason for reason in found.reasons if "run together" in reason] == list(found.reasons)
    assert not found.accepted


def test_every_demand_of_the_gate_can_refuse() -> None:
    photo = drawn(facade, SIZE, centred(SIZE, -0.12, 0.03))
    assert estimate(photo).accepted
    for name in ("peak_margin", "identity_margin", "lines", "length", "surround"):
        found = estimate(photo, gate=Gate(**{name: 1e6}))  # type: ignore[arg-type]
        assert not found.accepted
        assert len(found.reasons) == 1
        assert found.lens is not None
    assert not estimate(photo, gate=Gate(deviation=0.0)).accepted


@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_a_gate_of_no_sense_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="deviation must be a number of at least 0"):
        Gate(deviation=value)


def test_the_size_of_the_photo_does_not_matter() -> None:
    large = (1600, 1200)
    true = centred(large, -0.12, 0.03)
    photo = cv2.resize(drawn(facade, SIZE, centred(SIZE, -0.12, 0.03)), large, interpolation=cv2.INTER_CUBIC)
    found = estimate(photo)
    assert found.accepted, found.reasons
    assert found.lens is not None
    assert error(found.lens, true, large) < 0.75  # pixels: 0.3 at 640


def test_the_kind_of_pixels_does_not_matter() -> None:
    grey = drawn(facade, SIZE, centred(SIZE, -0.12, 0.03))
    expected = estimate(grey).lens
    rgb = np.dstack([grey] * 3)
    rgba = np.dstack([rgb, np.random.default_rng(0).integers(0, 255, grey.shape, np.uint8)])
    for image in (rgb, rgba, grey[..., None], grey.astype(np.uint16) * 257, grey.astype(np.float32) / 255):
        found = estimate(image)
        assert found.accepted
        assert found.lens is not None
        assert expected is not None
        assert error(found.lens, expected, SIZE) < 0.02  # pixels: brightness differs in its last bit only


def test_the_weights_of_colours_add_up_to_one() -> None:
    assert luma(np.full((1, 1, 3), 65535, np.uint16))[0, 0] == pytest.approx(1, abs=1e-6)  # float32
    assert luma(np.array([[[0.0, 1.0, 0.0]]], np.float32))[0, 0] == pytest.approx(0.587, abs=1e-6)  # BT.601
    assert luma(np.array([[np.nan, np.inf]], np.float32)).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (2, 3), (16, 16), (64, 64), (95, 2000), (64, 64, 3)])
def test_tiny_photos_give_no_lens_and_no_exception(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    found = estimate(noise)
    assert found.lens is None
    assert not found.accepted
    assert "pixels" in found.reasons[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_constant_photos_and_noise_are_left_alone(dtype: type) -> None:
    full = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    noise = (np.random.default_rng(0).random((300, 400)) * full).astype(dtype)
    for image in (np.zeros((300, 400), dtype), np.full((300, 400, 3), full, dtype), noise):
        assert not estimate(image).accepted
    if dtype == np.float32:
        assert not estimate(np.full((300, 400), np.nan, np.float32)).accepted


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.zeros((100, 100), np.int32), TypeError),
        (np.zeros((100, 100, 5), np.uint8), ValueError),
        (np.zeros((0, 100), np.uint8), ValueError),
        (np.zeros(100, np.uint8), ValueError),
    ],
)
def test_what_is_no_photo_is_refused(image: np.ndarray, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="image"):
        estimate(image)


def test_a_pool_of_one_is_the_estimate_and_pools_need_one_size() -> None:
    photo = drawn(facade, SIZE, centred(SIZE, -0.12, 0.03))
    assert estimate_pooled(iter([photo])) == estimate(photo)
    with pytest.raises(ValueError, match="one size"):
        estimate_pooled([photo, photo[:400]])
    with pytest.raises(ValueError, match="empty"):
        estimate_pooled([])


def test_a_pool_uses_the_lines_of_all_its_photos() -> None:
    true = centred(SIZE, -0.12, 0.03)
    photo = drawn(facade, SIZE, true)
    halves = [photo.copy(), photo.copy()]
    halves[0][:, 320:] = 128
    halves[1][:, :320] = 128
    pooled = estimate_pooled([*halves, np.zeros_like(photo)])
    assert pooled.accepted, pooled.reasons
    assert pooled.details["photos"] == 3
    assert pooled.lens is not None
    assert error(pooled.lens, true, SIZE) < 0.4  # pixels: shorter lines than in the whole photo
    single = [estimate(half).evidence for half in halves]
    assert pooled.evidence is not None
    assert all(part is not None and pooled.evidence.lines > part.lines for part in single)


def test_the_estimate_has_the_same_bits_for_any_number_of_threads() -> None:
    photo = drawn(facade, SIZE, centred(SIZE, -0.12, 0.03))
    threads, found = cv2.getNumThreads(), []
    try:
        for count in (1, 2, 3):
            cv2.setNumThreads(count)
            found.append(estimate(photo))
    finally:
        cv2.setNumThreads(threads)
    assert found[1:] == found[:-1]


# --- photos


def rgb(data: bytes) -> np.ndarray:
    return np.ascontiguousarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def test_lenses_of_real_boards_are_found_from_their_lines() -> None:
    photos = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) for data in demo.boards().values()]
    calibrated = calibrate(photos, coefficients=2).lens
    scale = (hypot(*SIZE) / 2 / calibrated.focal[0]) ** 2
    true = centred(SIZE, calibrated.radial[0] * scale, calibrated.radial[1] * scale**2)
    nothing = error(centred(SIZE, 0, 0), true, SIZE)
    lenses = [estimate(photo).lens for photo in photos]
    errors = [error(lens, true, SIZE) for lens in lenses if lens is not None]
    assert len(errors) == len(photos)
    assert np.median(errors) <= 0.5  # pixels
    assert np.percentile(errors, 90) <= 1.1  # pixels
    assert max(errors) < nothing
    pooled = estimate_pooled(photos)
    assert pooled.accepted
    assert pooled.lens is not None
    assert error(pooled.lens, true, SIZE) <= 0.3  # pixels


def test_no_photo_of_nature_is_moved_by_more_than_two_pixels() -> None:
    paths = sorted((DATA / "photos").glob("*.png"))
    if not paths:
        pytest.skip("needs the photos of shared/data/photos")
    for path in paths:
        image = rgb(path.read_bytes())
        found = estimate(image)
        if found.accepted:
            size = (image.shape[1], image.shape[0])
            assert found.lens is not None
            corner = found.lens.map([(0.0, 0.0)])
            assert max(np.hypot(*corner[0]), error(found.lens, centred(size, 0, 0), size)) <= 2, path.name


@pytest.mark.parametrize("k1", [-0.2, -0.05, 0.1])
@pytest.mark.parametrize("name", ["building.jpg", "lens/photos/brick.png", "photos/dogs.png"])
def test_distorted_photos_with_lines_are_corrected(name: str, k1: float) -> None:
    shipped = name == "building.jpg"
    if not shipped and not (DATA / name).exists():
        pytest.skip(f"needs shared/data/{name}")
    image = rgb(demo.photo(name) if shipped else (DATA / name).read_bytes())
    size = (image.shape[1], image.shape[0])
    true = centred(size, k1, k1 * k1)
    side, _ = true.inverse([(-0.5, size[1] / 2), (size[0] / 2, -0.5), (-0.5, -0.5)])
    zoom = min(1, *((np.array(size) - 1) / 2 / np.abs(side - true.center).max(axis=0)))
    source = true.with_view(true.focal[0] * zoom, true.center)
    found = estimate(warp(image, source.inverted(), size=size, interpolation="lanczos4", border="reflection"))
    assert found.accepted, found.reasons
    assert found.lens is not None
    assert error(found.lens, true, size) * 2048 / size[0] <= 3  # pixels at 2048
