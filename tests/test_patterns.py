import json
import tracemalloc
from dataclasses import replace

import cv2
import host_cuda
import numpy as np
import patterns_cases as cases
import pytest
from levels import AVAILABLE, run_at
from reference import patterns as ref

from pixkern._dispatch import place
from pixkern._pattern_mask import gaussian, shapes_filler, softened
from pixkern._pattern_shapes import branch, foliage
from pixkern.shadows import PATTERN_WEIGHTS, Pattern, draw_pattern, pattern_mask

kinds = pytest.mark.parametrize("kind", cases.KINDS)
FORMULAS = tuple(kind for kind in cases.KINDS if kind not in ("tree_foliage", "branch"))


# The definition


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize(("shape", "softness"), [((5, 300), 0.006), ((300, 5), 0.0034), ((5, 300), 0.012)])
def test_masks_are_the_gaussian_of_the_definition(kind, shape, softness):
    pattern = replace(draw_pattern(kind, seed=1), softness=softness)
    finer = 6 if kind == "voronoi" else 12  # which takes its time
    exact = ref.softened(lambda u, v: getattr(ref, kind)(pattern, u, v), shape, softness, finer=finer)
    off = np.abs(pattern_mask(pattern, shape) - exact)
    # Corners, where a box across an edge is none; ends of what repeats; noise that bends within a sample.
    assert np.quantile(off, 0.99) <= 0.03
    assert off.max() <= (0.15 if kind in ("perlin", "voronoi") else 0.03)
    assert np.sqrt((off**2).mean()) <= 0.01


@pytest.mark.parametrize(("shape", "softness"), [((9, 300), 0.006), ((300, 9), 0.0034)])
def test_shapes_are_painted_as_the_definition_says(shape, softness):
    listed = np.array(
        [
            [0, 1, -0.4, 0.0, 0.03, 0.3, 0.01, 0.005],
            [0, 0.8, 0.0, -0.4, 0.02, 0.01, 0.35, 0.03],
            [1, 0.75, 0.2, 0.0, 0.6, -0.8, 0.1, 0.06],
            [1, 1, 0.0, 0.2, 0.6, 0.8, 0.08, 0.03],
            [1, -0.6, -0.3, 0.0, 1, 0, 0.025, 0],
            [0, -1, 0.0, -0.2, 0.01, 0.3, 0.3, 0.01],
        ],
        np.float32,
    )
    got = np.empty(shape, np.float32)
    softened(shapes_filler(listed, 1), softness, got, place(got), 1)
    exact = ref.softened(lambda u, v: ref.shapes(listed, u, v), shape, softness)
    np.testing.assert_allclose(got, exact, rtol=0, atol=0.03)  # corners and ends, as above


@pytest.mark.parametrize("variance", [0, 1e-6, 0.01, 0.3, 1.83, 40.0, 4000.0])
def test_taps_have_their_variance_and_are_a_gaussian(variance):
    taps = gaussian(variance).astype(np.float64)
    k = np.arange(len(taps))
    assert taps[0] + 2 * taps[1:].sum() == pytest.approx(1, abs=1e-6)  # each rounded to 24 bits
    assert 2 * (k**2 * taps).sum() == pytest.approx(variance, rel=2e-6, abs=1e-9)
    if variance > 1:
        exact = np.exp(-(k**2) / (2 * variance))
        # cut at four standard deviations the others are the wider: 0.1 % of the variance is beyond
        np.testing.assert_allclose(taps / taps[0], exact, rtol=0, atol=2e-3)


# Laws


@kinds
def test_shade_is_within_zero_and_one_and_there_is_light_and_shade(kind):
    for seed in range(3):
        mask = pattern_mask(draw_pattern(kind, seed=seed), (300, 400))
        assert mask.dtype == np.float32
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert mask.max() - mask.min() > 0.25
        assert 0.02 < mask.mean() < 0.9


@kinds
def test_a_pattern_is_the_same_at_two_sizes(kind):
    pattern = replace(draw_pattern(kind, seed=4), softness=0.008)
    large, small = pattern_mask(pattern, (640, 960)), pattern_mask(pattern, (320, 480))
    halved = cv2.resize(large, (480, 320), interpolation=cv2.INTER_AREA)
    # one surface, sampled: a pixel's mean differs from its middle by the box of 2 x 2, 1/16 of the softness's variance
    np.testing.assert_allclose(small, halved, rtol=0, atol=0.015)


@kinds
def test_a_pattern_sampled_at_pixels_is_the_one_on_the_coarser_grid(kind):
    pattern = replace(draw_pattern(kind, seed=4), softness=0.011)
    coarse = pattern_mask(pattern, (320, 320))  # 1.25 pixels to a sample
    fine = pattern_mask(pattern, (240, 240))  # at the pixels
    resized = cv2.resize(coarse, (240, 240), interpolation=cv2.INTER_AREA)
    assert np.sqrt(((fine - resized) ** 2).mean()) < 0.02  # see the definition; another sampling


@kinds
def test_seeds_differ_and_the_same_seed_does_not(kind):
    first, again, second = (draw_pattern(kind, seed=seed) for seed in (1, 1, 2))
    assert first == again
    shape = (200, 200)
    np.testing.assert_array_equal(pattern_mask(first, shape), pattern_mask(again, shape))
    assert np.abs(pattern_mask(first, shape) - pattern_mask(second, shape)).max() > 0.25
    if first.irregularity > 0.01 and kind not in ("window",):
        reseeded = pattern_mask(replace(first, seed=2), shape)
        assert not np.array_equal(pattern_mask(first, shape), reseeded)


@kinds
def test_a_record_gives_the_same_bits_after_json(kind):
    pattern = draw_pattern(kind, seed=2**64 - 1)
    back = Pattern(**json.loads(json.dumps(pattern.record())))
    assert back == pattern
    np.testing.assert_array_equal(pattern_mask(back, (90, 120)), pattern_mask(pattern, (90, 120)))


@pytest.mark.parametrize("kind", ["venetian_blind", "window", "curtain", "fence", "lattice", "screen"])
def test_turning_a_pattern_turns_its_mask_counter_clockwise(kind):
    pattern = replace(draw_pattern(kind, seed=3), x=0.0, y=0.0, angle=0.0)
    mask = pattern_mask(pattern, (300, 300))
    turned = pattern_mask(replace(pattern, angle=90.0), (300, 300))
    np.testing.assert_allclose(turned, np.rot90(mask), rtol=0, atol=2e-3)  # roundings of edges, 1e-7 of 1 / pitch


@pytest.mark.parametrize("kind", [kind for kind in cases.KINDS if kind not in ("fence", "curtain")])
def test_moving_a_pattern_moves_its_mask(kind):
    pattern = replace(draw_pattern(kind, seed=3), x=0.0, y=0.0, slant=0.0, softness=0.0)
    mask = pattern_mask(pattern, (256, 256))
    moved = pattern_mask(replace(pattern, x=16 / 256, y=-8 / 256), (256, 256))
    off = np.abs(moved[:-8, 16:] - mask[8:, :-16])
    assert (off > 1e-3).mean() < 2e-3  # a rounding where a sample lies on a border between cells


@pytest.mark.parametrize("kind", ["tree_foliage", "branch"])
def test_what_grows_does_so_as_far_as_pictures_reach(kind):
    grown = {"tree_foliage": foliage, "branch": branch}[kind]
    listed = grown(draw_pattern(kind, seed=0))
    assert 300 < len(listed) < 6000
    assert np.isfinite(listed).all()
    corners = pattern_mask(replace(draw_pattern("tree_foliage", seed=0), coverage=0.9, x=0.25, y=0.25), (300, 300))
    for corner in (corners[:60, :60], corners[:60, -60:], corners[-60:, :60], corners[-60:, -60:]):
        assert corner.max() > 0.5  # leaves


def test_softness_is_the_standard_deviation_of_edges():
    for softness in (0.004, 0.02, 0.1):
        window = Pattern(kind="window", seed=0, columns=1, rows=1, size=1.0, softness=softness)
        edge = pattern_mask(window, (3, 2048))[1, :1024].astype(np.float64)  # the wall's edge is at the picture's
        x = (np.arange(1024) + 0.5) / 2048
        # half of a Gaussian's edge: its integral from the middle is softness / sqrt(2 pi)
        integral = edge[x < 0.45].sum() / 2048
        # an edge midway between samples has no box, which is 4 % of 1.5 samples of standard deviation
        assert integral == pytest.approx(softness / np.sqrt(2 * np.pi), rel=0.045)


def test_zhangs_shadows_have_their_threshold():
    pattern = replace(draw_pattern("perlin", seed=8), softness=0.0)
    places = np.arange(256)
    u, v = (places[None] - 127.5) / 256, (places[:, None] - 127.5) / 256
    differs = np.abs(pattern_mask(pattern, (256, 256)) - ref.perlin(pattern, u, v)) > 0.5
    assert differs.mean() < 1e-3  # but for a rounding, on the same side of the threshold


def test_weights_are_those_of_ten_kinds():
    assert sum(PATTERN_WEIGHTS.values()) == pytest.approx(1)
    assert set(PATTERN_WEIGHTS) == set(cases.KINDS) - {"perlin"}


@kinds
def test_draws_cover_their_ranges(kind):
    drawn = [draw_pattern(kind, seed=seed) for seed in range(64)]
    for name in ("x", "softness", "irregularity"):
        values = np.array([getattr(pattern, name) for pattern in drawn])
        if np.ptp(values) > 0:
            assert len(np.unique(values)) > 60
    softness = np.array([pattern.softness for pattern in drawn])
    assert 0.003 <= softness.min() < 0.0035
    assert 0.0075 < softness.max() <= 0.008


# Bits


def test_every_cpu_level_and_thread_count_gives_the_same_bits():
    expected = run_at("base", "patterns_cases", "print_digests")
    assert expected.count("\n") == len(cases.KINDS) * len(cases.CASES) + 17
    for level in AVAILABLE:
        for threads in (1, 2, 3):
            assert run_at(level, "patterns_cases", "print_digests", threads=threads) == expected


def test_gpu_loops_on_the_host_give_the_bits_of_the_cpu(tmp_path, monkeypatch):
    libraries = {}
    for family in ("noise", "patterns"):
        folder = tmp_path / family
        folder.mkdir()
        libraries[family] = host_cuda.compiled(family, folder)
    host_cuda.install(libraries, monkeypatch)
    for (name, ours), (_, theirs) in zip(cases.results("cuda"), cases.results("cpu"), strict=True):
        assert np.array_equal(np.asarray(ours).view(np.uint32), np.asarray(theirs).view(np.uint32)), name


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, ours), (_, theirs) in zip(cases.results("cuda"), cases.results("cpu"), strict=True):
        ours = ours.get() if hasattr(ours, "get") else ours
        assert np.array_equal(ours.view(np.uint32), np.asarray(theirs).view(np.uint32)), name


# Hostile arguments


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"kind": "blinds"}, ValueError),
        ({"kind": None}, ValueError),
        ({"seed": -1}, ValueError),
        ({"seed": 0.5}, TypeError),
        ({"x": 0.3}, ValueError),
        ({"angle": np.nan}, ValueError),
        ({"size": 0.0}, ValueError),
        ({"size": "1"}, TypeError),
        ({"aspect": 0}, ValueError),
        ({"coverage": 1.01}, ValueError),
        ({"irregularity": -0.1}, ValueError),
        ({"slant": 1}, ValueError),
        ({"softness": 0.3}, ValueError),
        ({"softness": [0.1]}, TypeError),
        ({"columns": 0}, ValueError),
        ({"rows": 1.5}, TypeError),
        ({"unknown": 1}, TypeError),
        ({"kind": "tree_foliage", "size": 0.01}, ValueError),
    ],
)
def test_a_pattern_out_of_range_is_refused(how, error):
    with pytest.raises(error):
        Pattern(**{"kind": "cloud", "seed": 0, **how})


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"pattern": {"kind": "cloud"}}, TypeError),
        ({"shape": (0, 3)}, ValueError),
        ({"shape": (3, 3, 3)}, ValueError),
        ({"shape": (3.5, 3)}, TypeError),
        ({"out": np.empty((3, 4), np.float32)}, ValueError),
        ({"out": np.empty((3, 3), np.float64)}, ValueError),
        ({"threads": -1}, ValueError),
        ({"backend": "tpu"}, ValueError),
    ],
)
def test_what_cannot_be_drawn_is_refused(how, error):
    given = {"pattern": draw_pattern("cloud", seed=1), "shape": (3, 3), **how}
    with pytest.raises(error):
        pattern_mask(given.pop("pattern"), given.pop("shape"), **given)


@kinds
def test_every_number_at_its_limits_gives_shade_within_zero_and_one(kind):
    limits = {"x": 0.25, "angle": 360, "size": 4, "aspect": 20, "coverage": 1, "irregularity": 1, "slant": 0.9}
    lows = {"x": -0.25, "angle": -360, "size": 0.02, "aspect": 0.1, "coverage": 0, "irregularity": 0, "slant": -0.9}
    for numbers in (limits, lows, {**limits, "size": 0.02, "aspect": 0.1, "coverage": 0}):
        if kind == "tree_foliage" and numbers["size"] < 0.05:
            numbers = {**numbers, "size": 0.05, "aspect": 1}  # or they are refused
        mask = pattern_mask(Pattern(kind=kind, seed=3, threshold=-1, columns=16, rows=1, **numbers), (60, 70))
        assert 0 <= mask.min() <= mask.max() <= 1  # false for NaN, too


def test_out_is_written_and_returned():
    pattern = draw_pattern("fence", seed=1)
    out = np.full((30, 40), np.nan, np.float32)
    assert pattern_mask(pattern, (30, 40), out=out) is out
    np.testing.assert_array_equal(out, pattern_mask(pattern, (30, 40)))


def test_memory_is_two_grids_that_softness_allows():
    pattern = replace(draw_pattern("fence", seed=1), softness=0.006)
    out = np.empty((1024, 1024), np.float32)
    pattern_mask(pattern, out.shape, out=out, threads=1)
    tracemalloc.start()
    pattern_mask(pattern, out.shape, out=out, threads=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grid = (1.5 / 0.006) ** 2 * 4 * 1.3  # bytes, and the margin
    assert peak < 2 * grid + (1 << 17)
