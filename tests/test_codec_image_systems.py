"""Systems over images: blurs, residuals and metrics."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from codec_worlds import image_pair, small_world, smooth, view

from pixkern import metrics
from pixkern.pipelines.codec.sdk import RGB, BlurRGB, MissingComponentError, Planes, ReconRGB, Residual
from pixkern.pipelines.codec.sdk.systems import (
    GaussianBlur,
    MetricMSE,
    MetricMSSSIM,
    MetricPSNR,
    MetricSSIM,
    ResidualCoding,
)

SYSTEMS = {"mse": MetricMSE, "psnr": MetricPSNR, "ssim": MetricSSIM, "ms_ssim": MetricMSSSIM}
random = np.random.default_rng(0)


@pytest.fixture
def world():
    return small_world()


def photos(count, shape):
    walks = [smooth(3, *shape, seed).transpose(1, 2, 0) * 4 + 128 for seed in range(count)]
    sources = [np.clip(walk, 0, 255).astype(np.uint8) for walk in walks]
    noisy = [source + random.integers(-9, 10, source.shape) for source in sources]
    return sources, [np.clip(image, 0, 255).astype(np.uint8) for image in noisy]


# Blur


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_blur_is_opencv_s_of_the_source_that_was_named(world, dtype, channels):
    full = 1 if dtype == "float32" else np.iinfo(dtype).max
    source, recon = ((random.random((20, 31, channels)) * full).astype(dtype) for _ in range(2))
    entity = image_pair(world, source, recon)
    for kind, image in ((ReconRGB, recon), (RGB, source)):
        done = world.pipe(entity).to(GaussianBlur(1.7, source=kind)).out(BlurRGB)
        expected = cv2.GaussianBlur(image, (0, 0), 1.7, borderType=cv2.BORDER_REFLECT_101).reshape(image.shape)
        assert np.array_equal(world.view(done.pixels), expected)
        assert done.sigma == 1.7
    assert np.array_equal(view(world, entity, RGB), source)


@pytest.mark.parametrize("sigma", [0, -1, float("nan"), 1001])
def test_a_blur_out_of_range_is_refused(sigma):
    with pytest.raises(ValueError, match="sigma"):
        GaussianBlur(sigma)


def test_only_images_are_blurred():
    with pytest.raises(ValueError, match="source must be RGB or ReconRGB"):
        GaussianBlur(source=BlurRGB)


# Residual


@pytest.mark.parametrize(("dtype", "kind"), [("uint8", "int16"), ("uint16", "int32")])
def test_integer_residuals_return_every_bit(world, dtype, kind):
    top = np.iinfo(dtype).max
    source, recon = (random.integers(0, top, (9, 8, 3), dtype=dtype, endpoint=True) for _ in range(2))
    source[0, 0], recon[0, 0] = [0, top, 0], [top, 0, 0]
    entity = image_pair(world, source, recon)
    residual = world.pipe(entity).to(ResidualCoding()).out(Residual)
    assert residual.difference.dtype == kind
    assert np.array_equal(world.view(residual.difference), source.astype(int) - recon)
    world.remove_component(entity, RGB)
    better = world.pipe(entity).to(ResidualCoding("inverse")).out(ReconRGB)
    assert better.pixels.dtype == dtype
    assert np.array_equal(world.view(better.pixels), source)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_float_residuals_return_the_source_in_unit_range(world, dtype):
    full = 1 if dtype == "float32" else np.iinfo(dtype).max
    source = (random.random((9, 8, 3)) * full).astype(dtype)
    entity = image_pair(world, source, random.random((9, 8, 3), np.float32))
    residual = world.pipe(entity).to(ResidualCoding()).out(Residual)
    assert residual.difference.dtype == np.float32
    better = world.pipe(entity).to(ResidualCoding("inverse")).out(ReconRGB)
    assert np.allclose(world.view(better.pixels), source / full, rtol=0, atol=1.2e-7)  # 2 roundings of 6e-8


def test_a_changed_residual_stops_at_full_scale(world):
    recon = np.array([[[5, 250, 100]]], np.uint8)
    entity = image_pair(world, recon, recon)
    world.add_component(entity, Residual(world.arena.put(np.array([[[-9, 9, 9]]], np.int16))))
    better = world.pipe(entity).to(ResidualCoding("inverse")).out(ReconRGB)
    assert world.view(better.pixels).tolist() == [[[0, 255, 109]]]


def test_residuals_of_different_shapes_are_refused(world):
    entity = image_pair(world, np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="need one shape"):
        world.pipe(entity).to(ResidualCoding()).run()


@pytest.mark.parametrize(("recon", "kind"), [("float32", "int16"), ("uint8", "int32"), ("uint16", "int16")])
def test_an_integer_residual_fits_only_its_own_dtype(world, recon, kind):
    entity = image_pair(world, np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5, 3), recon))
    world.add_component(entity, Residual(world.arena.put(np.zeros((4, 5, 3), kind))))
    with pytest.raises(TypeError, match="cannot be added"):
        world.pipe(entity).to(ResidualCoding("inverse")).run()


# Metrics


@pytest.mark.parametrize("key", SYSTEMS)
def test_metrics_write_what_the_metric_says_for_each_image_of_a_batch(world, key):
    sources, recons = photos(3, (180, 190))
    entities = [image_pair(world, *pair) for pair in zip(sources, recons, strict=True)]
    world.pipe(entities).to(SYSTEMS[key]()).run()
    for entity, source, recon in zip(entities, sources, recons, strict=True):
        assert world.metadata[entity] == {key: getattr(metrics, key)(source, recon)}
        assert type(world.metadata[entity][key]) is float


def test_metrics_compare_what_they_are_told_to(world):
    (source,), (recon,) = photos(1, (40, 50))
    entity = image_pair(world, source, recon)
    world.pipe(entity).to(GaussianBlur(1.0, source=RGB)).to(MetricPSNR(source=ReconRGB, reconstruction=BlurRGB)).run()
    blurred = cv2.GaussianBlur(source, (0, 0), 1.0, borderType=cv2.BORDER_REFLECT_101)
    assert world.metadata[entity]["psnr"] == metrics.psnr(recon, blurred)
    world.pipe(entity).to(MetricSSIM(window="uniform")).run()
    assert world.metadata[entity]["ssim"] == metrics.ssim(source, recon, window="uniform")


def test_images_of_different_dtypes_are_compared_in_unit_range(world):
    (source,), (recon,) = photos(1, (40, 50))
    entity = image_pair(world, source, recon / np.float32(255))
    (world.pipe(entity) | MetricMSE() | MetricPSNR()).run()
    assert world.metadata[entity]["psnr"] == pytest.approx(metrics.psnr(source, recon), abs=1e-4)  # float32 pixels
    assert world.metadata[entity]["mse"] == pytest.approx(metrics.mse(source, recon) / 255**2, rel=1e-4)  # the same


def test_equal_images_are_infinitely_good(world):
    (source,), _ = photos(1, (20, 20))
    entity = image_pair(world, source, source)
    (world.pipe(entity) | MetricMSE() | MetricPSNR() | MetricSSIM()).run()
    found = world.metadata[entity]
    assert (found["mse"], found["psnr"]) == (0.0, float("inf"))
    assert found["ssim"] == pytest.approx(1, abs=1e-12)  # a quotient of equal float64 sums


def test_metrics_refuse_what_they_cannot_compare(world):
    entity = image_pair(world, np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="shape"):
        world.pipe(entity).to(MetricMSE()).run()
    with pytest.raises(ValueError, match="reconstruction must be RGB, ReconRGB or BlurRGB"):
        MetricPSNR(reconstruction=Planes)
    with pytest.raises(ValueError, match="window must be"):
        MetricSSIM(window="round")
    with pytest.raises(MissingComponentError, match="needs BlurRGB"):
        world.pipe(entity).to(MetricMSE(reconstruction=BlurRGB)).run()
