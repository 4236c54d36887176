"""Trimaps and the guided filter: equations against their dense forms, mattes whose alpha is known."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.matting import laplacian

from pixkern.pipelines.relight import _matting_laplacian
from pixkern.pipelines.relight._guided_filter import fit_mask, guided_filter
from pixkern.pipelines.relight._mask_trimap import solve_trimap
from pixkern.pipelines.relight._matting_laplacian import MattingLaplacian
from pixkern.pipelines.relight.given import GivenError


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**32))
def test_the_operator_is_the_matrix_of_the_definition(rows, cols, seed):
    rng = np.random.default_rng(seed)
    picture, x = rng.random((rows, cols, 3)), rng.random((rows, cols))
    matrix = laplacian(picture, _matting_laplacian._RADIUS, _matting_laplacian._EPSILON)
    product = MattingLaplacian(picture)(x)
    # windows of fewer than four pixels have singular covariances: epsilon 1e-6 makes their inverses 1e6 large
    assert np.abs(product - (matrix @ x.ravel()).reshape(rows, cols)).max() < 1e-6


def test_the_operator_is_symmetric_and_knows_constants_and_colours_as_alike():
    rng = np.random.default_rng(0)
    picture, x, y = rng.random((30, 41, 3)), rng.random((30, 41)), rng.random((30, 41))
    operator = MattingLaplacian(picture)
    assert abs((x * operator(y)).sum() - (y * operator(x)).sum()) < 1e-7  # 1e3 terms of 1e2, 1e-16 each, and inverses
    assert (x * operator(x)).sum() > 0
    assert np.abs(operator(np.ones((30, 41)))).max() < 1e-9  # 81 terms, 1e-16 each, times inverses of 1e2
    linear = picture @ np.array([0.2, 0.5, 0.1]) + 0.1
    assert np.abs(operator(linear)).max() < 1e-2  # 81 windows times epsilon over the variance, 1e-6 / 1e-2


def matte(size=160):
    """A photo of two textures with a soft wavy edge, its alpha, and a trimap with a band around the edge."""
    y, x = np.mgrid[:size, :size] * (160 / size)
    edge = 80 + 6 * np.sin(y / 9) + 3 * np.sin(y / 2.5)
    alpha = np.clip((edge - x) / 6 + 0.5, 0, 1)
    fore = np.stack([200 + 20 * np.sin(x / 7), 120 + 20 * np.cos(y / 11), 80 + 0 * x], axis=-1)
    back = np.stack([40 + 0 * x, 90 + 30 * np.sin(x / 13), 160 + 30 * np.cos(y / 8)], axis=-1)
    photo = np.round(alpha[..., None] * fore + (1 - alpha[..., None]) * back)
    trimap = np.where(x < 62, 255, np.where(x > 98, 0, 128)).astype(np.uint8)
    return photo.astype(np.uint8), alpha, trimap


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_of_the_unknown_band_is_found(dtype):
    photo, alpha, trimap = matte()
    found = solve_trimap(photo.astype(dtype) * (257 if dtype == np.uint16 else 1), trimap, "trimap")
    unknown = trimap == 128
    assert np.abs(found - alpha)[unknown].mean() < 0.03  # one pixel of an edge in a band of 36
    assert (found[trimap == 255] == 1).all()
    assert (found[trimap == 0] == 0).all()
    middle = np.where(np.mgrid[:160, :160][1] < 80, 1.0, 0.0)
    assert np.abs(middle - alpha)[unknown].mean() > 0.08  # what the middle of the band would do


def test_a_picture_above_the_working_size_is_solved_small_and_fitted_at_its_own():
    photo, alpha, trimap = matte(720)
    found = solve_trimap(photo, trimap, "trimap")
    assert np.abs(found - alpha)[trimap == 128].mean() < 0.03  # as above
    assert np.array_equal(found[trimap != 128] * 255, trimap[trimap != 128])


def test_trimaps_that_were_jpeg_files_still_are_trimaps():
    photo, _, trimap = matte()
    noisy = np.clip(trimap + np.random.default_rng(0).integers(-20, 21, trimap.shape), 0, 255).astype(np.uint8)
    assert np.array_equal(solve_trimap(photo, noisy, "trimap"), solve_trimap(photo, trimap, "trimap"))


def test_a_trimap_needs_both_sides_unless_it_knows_all():
    photo, _, trimap = matte()
    for lacks, one in (("background", np.maximum(trimap, 128)), ("foreground", np.minimum(trimap, 128))):
        with pytest.raises(GivenError, match=f"unknown pixels and no {lacks}"):
            solve_trimap(photo, one, "trimap")
    known = np.where(trimap == 128, 255, trimap).astype(np.uint8)
    assert np.array_equal(solve_trimap(photo, known, "trimap"), known == 255)
    assert (solve_trimap(photo, np.full_like(trimap, 255), "trimap") == 1).all()


def test_unknown_corners_and_single_pixels_are_solved():
    photo, _, _ = matte()
    trimap = np.zeros((160, 160), np.uint8)
    trimap[:, :80] = 255
    for place in ((0, 0), (159, 159), (80, 80)):
        one = trimap.copy()
        one[place] = 128
        found = solve_trimap(photo, one, "trimap")
        assert np.isfinite(found).all()
        assert 0 <= found[place] <= 1
    one_row = np.array([[255, 128, 0]], np.uint8)
    found = solve_trimap(np.array([[[255] * 3, [100] * 3, [0] * 3]], np.uint8), one_row, "trimap")
    assert found.shape == (1, 3)
    assert 0 <= found[0, 1] <= 1


def test_the_guided_filter_keeps_constants_and_pictures_that_are_linear_in_the_colour():
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    for value in (0.0, 0.25, 1.0):
        found = guided_filter(photo, np.full((6, 8), value, np.float32), radius=1.5)
        assert np.abs(found - value).max() < 1e-4  # means within 2e-6, over variances of 1e-1, and epsilon
    linear = (photo / 255 @ np.array([0.3, 0.5, 0.2])).astype(np.float32)
    found = guided_filter(photo, linear, radius=3)
    assert np.abs(found - linear).max() < 0.01  # epsilon over the variance, 1e-4 / 8e-2, times the range


def test_a_coarse_mask_takes_on_the_edge_of_the_photo():
    photo, alpha, _ = matte(640)
    for factor in (8, 16):
        side = 640 // factor
        small = alpha.reshape(side, factor, side, factor).mean(axis=(1, 3)).astype(np.float32)
        small = cv2.GaussianBlur(small, (0, 0), 1)  # models are softer than their grid
        found = fit_mask(photo, small)
        bilinear = cv2.resize(small, (640, 640), interpolation=cv2.INTER_LINEAR)
        assert np.abs(found - alpha).mean() < 0.3 * np.abs(bilinear - alpha).mean()
    assert found.min() >= 0
    assert found.max() <= 1


def test_the_guided_filter_gives_the_same_bits_with_every_number_of_threads():
    photo, alpha, _ = matte(640)
    found = [guided_filter(photo, alpha.astype(np.float32), radius=2.0, threads=n).tobytes() for n in (1, 2, 3)]
    assert len(set(found)) == 1
