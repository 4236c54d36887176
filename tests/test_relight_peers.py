"""The peers of the relighting benchmarks do what they say: a comparison with something broken would show nothing."""

import cv2
import numpy as np
import pytest
import relight_peer_patterns as patterns
import relight_peers as peers

from pixkern.shadows import PATTERN_WEIGHTS

SHAPE = (60, 84)
PHOTO = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (*SHAPE, 3), np.uint8), (0, 0), 2)
PHOTO = cv2.normalize(PHOTO, None, 0, 255, cv2.NORM_MINMAX)
MASK = np.zeros(SHAPE, np.uint8)
MASK[8:50, 20:70] = 255


def gaussian(plane: np.ndarray, sigma: float) -> np.ndarray:
    """A separable Gaussian of the definition, with OpenCV's border: mirrored about pixel centres."""
    for axis in (0, 1):
        reach = np.arange(-int(4 * sigma), int(4 * sigma) + 1)
        weights = np.exp(-(reach**2) / (2 * sigma**2))
        length = plane.shape[axis]
        period = 2 * (length - 1)
        place = np.abs((np.arange(length)[:, None] + reach) % period)
        place = np.minimum(place, period - place)
        plane = np.moveaxis(np.moveaxis(plane, axis, 0)[place].swapaxes(1, -1) @ (weights / weights.sum()), 0, axis)
    return plane


def test_retinex_is_the_mean_of_logarithms_of_quotients():
    sigmas = (2.0, 5.0, 9.0)
    found = peers.multiscale_retinex(PHOTO, sigmas)
    codes = PHOTO.astype(float)
    for channel in range(3):
        plane = codes[..., channel]
        expected = np.mean([np.log10(plane + 1) - np.log10(gaussian(plane, sigma) + 1) for sigma in sigmas], axis=0)
        np.testing.assert_allclose(found[..., channel], expected, atol=2e-4)  # OpenCV cuts its Gaussians at 4 sigma


def test_retinex_of_one_colour_is_nothing():
    flat = np.full((*SHAPE, 3), (10, 90, 250), np.uint8)
    for blurred in (peers.blur, peers.coarse_blur):
        assert np.abs(peers.multiscale_retinex(flat, blurred=blurred)).max() < 1e-5  # float32 logarithms of about 1


def test_the_coarse_blur_is_a_gaussian_but_for_some_levels():
    image = cv2.resize(PHOTO, (640, 480), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    difference = peers.blur(image, 15.0) - peers.coarse_blur(image, 15.0)
    assert np.abs(difference[60:-60, 60:-60]).max() < 4  # levels; measured 1.5 on such pictures, the border apart


def test_percentiles_become_black_and_white():
    values = np.random.default_rng(2).normal(size=(200, 210, 3)).astype(np.float32)
    found = peers.stretched(values.copy(), (1, 99))
    for channel in range(3):
        low, high = np.percentile(values[..., channel], (1, 99))
        expected = np.rint(np.clip((values[..., channel] - low) / (high - low) * 255, 0, 255))
        assert np.abs(found[..., channel] - expected).max() <= 1  # a tie of rounding
        assert 0.009 < (found[..., channel] == 0).mean() < 0.02


def test_normals_of_a_plane_are_those_of_a_plane():
    y, x = np.mgrid[:20, :30].astype(np.float32)
    normals = peers.normals_from_depth(0.5 * x - 0.25 * y)
    expected = np.array([-0.5, 0.25, 1]) / np.linalg.norm([-0.5, 0.25, 1])
    np.testing.assert_allclose(normals, np.broadcast_to(expected, normals.shape), atol=1e-6)  # float32
    assert normals.dtype == np.float32


def test_shading_is_ambient_away_from_the_light_and_one_towards_it():
    direction = peers.light(30.0, 45.0)
    assert direction == pytest.approx([np.sqrt(3 / 8), np.sqrt(3 / 8), 0.5])
    normals = np.stack([direction, -direction, [0, 0, 1]]).reshape(1, 3, 3).astype(np.float32)
    np.testing.assert_allclose(peers.lambert(normals, direction, 0.6)[0], [1, 0.6, 0.8], atol=1e-6)  # float32


def test_a_composite_keeps_the_background_and_mixes_edges():
    mask = np.array([[0, 51, 255]], np.uint8)
    background = np.full((1, 3, 3), 100, np.uint8)
    found = peers.composite(np.full((1, 3, 3), 200, np.float32), background, mask)
    assert found[0, :, 0].tolist() == [100, 120, 200]


def fade(t):
    return t**3 * (t * (t * 6 - 15) + 10)


def test_noise_is_the_noise_of_its_definition():
    cell, seed = 7.3, 5
    found = patterns.perlin((23, 31), cell, np.random.default_rng(seed))
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, (int(22 / cell) + 2, int(30 / cell) + 2))
    for r in range(23):
        for c in range(31):
            (j, y), (i, x) = (divmod(place / cell, 1) for place in (r, c))
            corner = {
                (m, n): np.cos(angle[int(j) + m, int(i) + n]) * (x - n)
                + np.sin(angle[int(j) + m, int(i) + n]) * (y - m)
                for m in (0, 1)
                for n in (0, 1)
            }
            rows = [corner[m, 0] * (1 - fade(x)) + corner[m, 1] * fade(x) for m in (0, 1)]
            expected = rows[0] * (1 - fade(y)) + rows[1] * fade(y)
            assert found[r, c] == pytest.approx(expected, abs=2e-5)  # float32 places of up to 4 cells


@pytest.mark.parametrize("kind", PATTERN_WEIGHTS)
def test_every_pattern_has_shadow_and_light(kind):
    shape = (200, 260)
    found = patterns.pattern(kind, shape, np.random.default_rng(4))
    assert found.shape == shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-5  # weights of a blur in float32 sum to one but for their rounding
    assert found.max() - found.min() > 0.2
    assert np.array_equal(found, patterns.pattern(kind, shape, np.random.default_rng(4)))


def test_patterns_are_drawn_by_their_weights(monkeypatch):
    seen = []
    monkeypatch.setattr(patterns, "pattern", lambda kind, shape, draw: seen.append(kind))
    draw = np.random.default_rng(0)
    for _ in range(4000):
        patterns.drawn((4, 4), draw)
    for kind, weight in PATTERN_WEIGHTS.items():
        assert abs(seen.count(kind) / 4000 - weight) < 0.03  # 4.7 standard deviations of the largest


def test_a_relit_picture_keeps_its_background_and_gets_darker_at_most():
    normals = np.zeros((*SHAPE, 3), np.float32)
    normals[..., 2] = 1
    for pattern in (0, 1):
        output, base = peers.relight(PHOTO, MASK, normals, 3, pattern=pattern)
        assert np.array_equal(output[MASK == 0], PHOTO[MASK == 0])
        inside = MASK == 255
        assert (output[inside] <= base[inside].astype(int) + 1).all()  # light is at most 1; one rounding
        assert (output[inside] != base[inside]).mean() > 0.5
