import numpy as np
import palettes_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import palettes as ref

from pixkern import _palettes, _threads

seeds = st.integers(0, 2**32 - 1)


def test_light_of_every_code_is_that_of_the_standard():
    codes = np.arange(256, dtype=np.uint8)
    assert np.allclose(_palettes.linear(codes), ref.linear(codes), rtol=2e-15, atol=0)  # roots of 2 ulp, squared


def test_every_code_comes_back_from_its_light_and_from_half_a_code_around_it():
    codes = np.arange(256, dtype=np.uint8)
    for off in (-0.49, 0, 0.49):
        assert np.array_equal(_palettes.srgb(ref.linear(np.clip(codes + off, 0, 255))), codes)


def test_light_beyond_the_gamut_is_clipped():
    assert _palettes.srgb(np.array([-9.0, -1e-300, 1.0 + 1e-9, 9.0])).tolist() == [0, 0, 255, 255]


@settings(deadline=None)
@given(seeds, st.integers(1, 600), st.sampled_from([1.0, 1e-3, 1e-9, 1e-30]))
def test_oklab_is_that_of_the_definition(seed, count, scale):
    light = np.random.default_rng(seed).random((count, 3)) * scale
    expected = ref.oklab(light)
    error = np.abs(_palettes.oklab(light) - expected).max(axis=1)
    assert (error <= 4e-15 * np.cbrt(scale)).all()  # cube roots of 3 ulp, three products below 2.5


def test_oklab_knows_black_white_and_grey():
    light = np.array([[0, 0, 0], [1, 1, 1], [0.25, 0.25, 0.25]], np.float64)
    found = _palettes.oklab(light)
    assert np.allclose(found[:, 1:], 0, atol=1e-7)  # the published matrices have ten digits
    assert np.allclose(found[:, 0], np.cbrt([0, 1, 0.25]), atol=1e-7)


def test_oklab_and_back_is_the_identity():
    light = np.random.default_rng(0).random((500, 3))
    back = _palettes.from_oklab(_palettes.oklab(light))
    assert np.abs(back - light).max() < 1e-6  # the published inverse has ten digits


@settings(deadline=None)
@given(seeds, st.integers(0, 700), st.integers(1, 40))
def test_the_nearest_entry_is_the_first_of_the_least_distance(seed, count, entries):
    draw = np.random.default_rng(seed)
    points, palette = draw.integers(0, 4, (count, 3)) / 4, draw.integers(0, 4, (entries, 3)) / 4  # many ties, all exact
    handicap = draw.integers(0, 3, entries) / 16
    assert np.array_equal(_palettes.nearest(points, palette, handicap=handicap), ref.nearest(points, palette, handicap))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_bit(threads, monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 64)
    draw = np.random.default_rng(1)
    light, palette = draw.random((1000, 3)), draw.random((9, 3))
    assert np.array_equal(_palettes.oklab(light, threads=threads), _palettes.oklab(light, threads=1))
    assert np.array_equal(_palettes.nearest(light, palette, threads=threads), ref.nearest(light, palette))


@settings(deadline=None, max_examples=40)
@given(seeds, st.integers(1, 12), st.integers(1, 12), st.integers(1, 5))
def test_diffusion_is_that_of_the_definition(seed, rows, cols, entries):
    draw = np.random.default_rng(seed)
    light, palette, solid = draw.random((rows, cols, 3)), draw.random((entries, 3)), draw.random((rows, cols)) < 0.8
    index = np.full((rows, cols), -1, np.int32)
    _palettes.floyd_steinberg(light, solid, palette, index)
    assert np.array_equal(index, ref.floyd_steinberg(light, solid, palette))


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 24))
def test_wards_tree_adds_what_merging_the_cheapest_pair_first_adds(seed, count):
    draw = np.random.default_rng(seed)
    points, weights = draw.normal(0, 30, (count, 3)), draw.uniform(0.5, 9, count)
    tree = _palettes.ward(points, weights)
    assert np.allclose(np.sort(tree.added), np.sort(ref.ward(points, weights)), rtol=1e-9)  # means in another order


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 400), st.integers(1, 4))
def test_a_tree_holds_every_point_once_whatever_ties_there_are(seed, count, levels):
    points = np.random.default_rng(seed).integers(0, levels, (count, 3)).astype(np.float64)
    tree = _palettes.ward(points, np.ones(count))
    children = np.sort(np.concatenate([tree.left, tree.right]))
    assert np.array_equal(children, np.arange(2 * count - 2))  # all nodes but the root have one parent
    assert (np.maximum(tree.left, tree.right) < count + np.arange(count - 1)).all()
    total = ((points - points.mean(axis=0)) ** 2).sum()
    assert np.isclose(tree.added.sum(), total, rtol=1e-9, atol=1e-9)  # sums in another order


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 8))
def test_the_cheapest_cut_costs_least_of_all(seed, count):
    draw = np.random.default_rng(seed)
    tree = _palettes.ward(draw.normal(size=(count, 3)), np.ones(count))
    own = draw.uniform(0, 1, 2 * count - 1) * np.concatenate([np.ones(count), np.full(count - 1, 2.0)])
    cost = tree.cheapest(own)
    every = ref.cuts(tree.left.tolist(), tree.right.tolist(), count)
    best = min(every, key=lambda nodes: own[nodes].sum())
    assert np.isclose(cost[-1], own[best].sum(), rtol=1e-12)  # sums in another order
    labels = tree.leaves(cost < own)
    assert labels.max() + 1 == len(best)
    sizes = tree.totals(np.ones(count))[best]
    assert sorted(np.bincount(labels)) == sorted(sizes)


def test_totals_of_nodes_are_sums_over_their_leaves():
    points = np.random.default_rng(3).normal(size=(40, 3))
    tree = _palettes.ward(points, np.ones(40))
    assert tree.totals(np.ones(40))[-1] == 40
    squares = tree.totals(np.zeros(40), of_merges=tree.added)
    assert np.isclose(squares[-1], ((points - points.mean(axis=0)) ** 2).sum(), rtol=1e-9)  # sums in another order


@pytest.mark.parametrize("level", AVAILABLE)
def test_every_cpu_level_gives_the_same_bits(level):
    for threads in (1, 3):
        assert run_at(level, "palettes_cases", "print_digests", threads=threads) == "\n".join(cases.digests()) + "\n"
