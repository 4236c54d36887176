"""Normals from heights and depths against differences pixel by pixel, and what may not change them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import shading as reference
from shading_cases import image, weights

from pixkern.shading import normals_from_depth, normals_from_height

DTYPES = [np.uint8, np.uint16, np.float32, np.float64]
MASKS = [None, np.bool_, np.uint8, np.float32]
SHAPES = [(1, 1), (1, 12), (12, 1), (2, 2), (13, 29), (3, 517)]  # 517 columns: blocks of 256 that end inside
seeds = st.integers(0, 2**32 - 1)


def field(dtype, shape, seed):
    draw = np.random.default_rng(seed)
    return draw.normal(0, 3, shape) if dtype == np.float64 else image(draw, shape, dtype)


def cover(mask, shape, seed):
    if mask is None:
        return None
    m = weights(np.random.default_rng(seed + 1), shape, mask)
    m[0, 0] = 255 if mask == np.uint8 else 1
    return m


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DTYPES), st.sampled_from(MASKS), st.sampled_from(SHAPES), seeds)
def test_normals_of_heights_are_their_definition(dtype, mask, shape, seed):
    z, m = field(dtype, shape, seed), cover(mask, shape, seed)
    ours = normals_from_height(z, mask=m)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, reference.normals_from_height(z, m), rtol=0, atol=6e-8)  # one rounding below 1


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(DTYPES),
    st.sampled_from(MASKS),
    st.sampled_from(SHAPES),
    st.sampled_from(["smaller", "larger"]),
    st.booleans(),
    st.floats(0.01, 5),
    seeds,
)
def test_normals_of_depths_are_their_definition(dtype, mask, shape, nearer, spanned, relief, seed):
    z, m = field(dtype, shape, seed), cover(mask, shape, seed)
    span = (-1.5, 300.25) if spanned else None
    ours = normals_from_depth(z, relief=relief, mask=m, span=span, nearer=nearer)
    exact = reference.normals_from_depth(z, relief, m, span, nearer)
    np.testing.assert_allclose(ours, exact, rtol=0, atol=6e-8)  # one rounding below 1


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(MASKS), st.integers(-40, 40), st.integers(-8, 8), seeds)
def test_normals_do_not_depend_on_the_unit_of_depth(mask, exponent, offset, seed):
    depth = np.random.default_rng(seed).integers(0, 1000, (20, 31)).astype(np.float64)
    m = cover(mask, depth.shape, seed)
    other = (depth + offset) * 2.0**exponent  # exact
    assert (normals_from_depth(depth, mask=m) == normals_from_depth(other, mask=m)).all()


def test_disparity_is_depth_with_its_sign_turned():
    depth = np.random.default_rng(0).integers(0, 65535, (20, 31), np.uint16)
    ours = normals_from_depth(depth)
    assert (normals_from_depth(65535 - depth, nearer="larger") == ours).all()
    assert not (normals_from_depth(depth, nearer="larger") == ours).all()


def test_what_is_outside_the_mask_changes_no_normal():
    draw = np.random.default_rng(1)
    depth = draw.normal(size=(40, 300)).astype(np.float32)
    mask = weights(draw, depth.shape, np.float32)
    mask[3, 5] = 1
    ours = normals_from_depth(depth, mask=mask)
    depth[mask == 0] = np.nan
    assert normals_from_depth(depth, mask=mask).tobytes() == ours.tobytes()
    assert (ours[mask == 0] == [0, 0, 1]).all()


def test_a_pixel_without_neighbours_faces_the_viewer():
    z = np.random.default_rng(2).normal(size=(5, 5))
    alone = np.zeros((5, 5), bool)
    alone[2, 2] = True
    assert (normals_from_height(z, mask=alone) == [0, 0, 1]).all()
    assert (normals_from_height(np.ones((1, 1))) == [0, 0, 1]).all()


def test_equal_depths_face_the_viewer():
    assert (normals_from_depth(np.full((4, 6), 7, np.uint8)) == [0, 0, 1]).all()


def test_soft_edges_have_normals_but_do_not_measure():
    depth = np.tile(np.arange(20.0), (3, 1))
    mask = np.full((3, 20), 255, np.uint8)
    mask[:, 10:] = 127  # less than half
    assert (normals_from_depth(depth, mask=mask)[:, :9] == normals_from_depth(depth[:, :10])[:, :9]).all()
    assert (normals_from_depth(depth, mask=mask)[:, 15, 0] != 0).all()


@pytest.mark.parametrize(
    ("whole", "half", "less"),
    [(np.uint8(255), np.uint8(128), np.uint8(127)), (np.float32(1), np.float32(0.5), np.float32(0.499))],
)
def test_half_a_pixel_measures_and_less_does_not(whole, half, less):
    depth, mask = np.tile(np.arange(20.0), (3, 1)), np.full((3, 20), whole)
    mask[:, 10:] = half
    assert (normals_from_depth(depth, mask=mask) == normals_from_depth(depth)).all()
    mask[:, 10:] = less
    assert not (normals_from_depth(depth, mask=mask) == normals_from_depth(depth)).all()


def test_heights_of_any_size_have_unit_normals():
    steep = np.array([[0, 3e38, -3e38]], np.float32)
    np.testing.assert_allclose(normals_from_height(steep)[0, 1], [1, 0, 0], rtol=0, atol=1e-38)  # z: one over 1.5e38
    n = normals_from_height(np.random.default_rng(0).normal(0, 50, (64, 64)))
    np.testing.assert_allclose(np.linalg.norm(n.astype(float), axis=-1), 1, atol=1e-7)  # three roundings of 3e-8


def test_a_height_that_is_not_a_number_spreads_to_its_neighbours_alone():
    z = np.zeros((7, 7))
    z[3, 3] = np.nan
    strange = np.isnan(normals_from_height(z)).any(axis=-1)
    assert [tuple(at) for at in np.argwhere(strange)] == [(2, 3), (3, 2), (3, 4), (4, 3)]


def test_depth_that_is_not_finite_is_refused_where_it_would_be_measured():
    depth = np.ones((3, 3))
    for value in (np.nan, np.inf, -np.inf):
        depth[1, 1] = value
        with pytest.raises(ValueError, match="finite inside the mask"):
            normals_from_depth(depth)
    assert np.isfinite(normals_from_depth(depth, mask=np.isfinite(depth))).all()
    assert np.isnan(normals_from_depth(depth, span=(0, 1))).any()
