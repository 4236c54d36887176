"""Transforms and the quantiser: each inverse undoes its forward, and batches equal single runs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from codec_worlds import small_world, smooth, spawn

from pixkern.lifting import dwt2, subbands
from pixkern.pipelines.codec.sdk import YUVW4, ANSBitstream, Latent4, Planes, QuantParams, WaveletPyr, World, systems
from pixkern.pipelines.codec.sdk.systems import (
    ANSEncode,
    Hadamard4,
    QuantizeU8,
    WaveletCDF53,
    WaveletCDF97,
    WaveletHaar,
)

WAVELETS = [WaveletHaar, WaveletCDF53, WaveletCDF97]
every_wavelet = pytest.mark.parametrize("wavelet", WAVELETS)
random = np.random.default_rng(0)


@pytest.fixture
def world():
    return small_world()


def test_all_systems_have_docstrings_and_are_found():
    assert sorted(systems.__all__) == dir(systems)
    for name in systems.__all__:
        assert getattr(systems, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'Hadamard5'"):
        _ = systems.Hadamard5


def test_importing_the_sdk_and_its_systems_loads_no_opencv_and_no_onnxruntime():
    code = "import sys; from pixkern.pipelines.codec.sdk.systems import ANSEncode; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"cv2", "onnxruntime"} & set(done.stdout.split()) == set()


# Hadamard


@pytest.mark.parametrize("channels", [4, 16])
def test_hadamard_is_the_matrix_on_each_four_channels_and_its_own_inverse(world, channels):
    latent = random.standard_normal((channels, 5, 7), np.float32)
    entity = spawn(world, Latent4, latent, (40, 33), "model")
    mixed = world.pipe(entity).to(Hadamard4()).out(YUVW4)
    matrix = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]]) / 2
    exact = np.einsum("ij,gjrc->girc", matrix, latent.reshape(-1, 4, 5, 7).astype(np.float64)).reshape(latent.shape)
    assert np.allclose(world.view(mixed.values), exact, rtol=0, atol=4e-6)  # sums of 4 numbers below 8, 6e-8 each
    world.remove_component(entity, Latent4)
    back = world.pipe(entity).to(Hadamard4("inverse")).out(Latent4)
    assert (back.size, back.origin) == (mixed.size, mixed.origin) == ((40, 33), "model")
    assert np.allclose(world.view(back.values), latent, rtol=0, atol=4e-6)  # twice that


def test_hadamard_refuses_channels_that_are_no_groups_of_four(world):
    entity = spawn(world, Latent4, smooth(6, 4, 4))
    with pytest.raises(ValueError, match=r"multiple of 4 channels, got tensor \(6, 4, 4\)"):
        world.pipe(entity).to(Hadamard4()).run()


# Wavelets


@every_wavelet
@pytest.mark.parametrize("kind", [Latent4, YUVW4, Planes])
def test_wavelets_return_to_what_they_came_from(world, wavelet, kind):
    planes = smooth(4, 19, 33)
    entity = spawn(world, kind, planes, (260, 150), "from here")
    pyramid = world.pipe(entity).to(wavelet(levels=3)).out(WaveletPyr)
    assert np.array_equal(world.view(pyramid.coefficients), dwt2(planes, wavelet=wavelet.wavelet, levels=3))
    assert pyramid.bands() == subbands((19, 33), 3)
    world.remove_component(entity, kind)
    back = world.pipe(entity).to(wavelet(mode="inverse")).out(kind)
    assert type(back) is kind
    assert (back.size, back.origin) == ((260, 150), "from here")
    scale = np.abs(planes).max()
    assert np.allclose(world.view(back.values), planes, rtol=0, atol=3e-6 * scale)  # 3 levels of float32 roundings


@pytest.mark.parametrize("wavelet", [WaveletHaar, WaveletCDF53])
def test_reversible_wavelets_return_every_bit_of_integers(world, wavelet):
    planes = random.integers(-255, 256, (3, 13, 10), dtype=np.int32)
    entity = spawn(world, Planes, planes)
    world.pipe(entity).to(wavelet(levels=4)).run()
    world.remove_component(entity, Planes)
    back = world.pipe(entity).to(wavelet(mode="inverse")).out(Planes)
    assert np.array_equal(world.view(back.values), planes)


def test_there_is_no_reversible_9_7(world):
    entity = spawn(world, Planes, np.zeros((3, 8, 8), np.int32))
    with pytest.raises((TypeError, ValueError), match="cdf97"):
        world.pipe(entity).to(WaveletCDF97()).run()


def test_a_hadamard_transformed_latent_is_taken_before_the_latent_unless_selected(world):
    entity = spawn(world, Latent4, smooth(4, 8, 8))
    after = world.pipe(entity).to(Hadamard4()).to(WaveletHaar(1)).out(WaveletPyr)
    before = world.pipe(entity).select(Latent4).to(WaveletHaar(1)).out(WaveletPyr)
    assert (after.layout.kind, before.layout.kind) == ("YUVW4", "Latent4")


def test_coefficients_of_another_wavelet_are_refused(world):
    entity = spawn(world, Planes, smooth(3, 8, 8))
    with pytest.raises(ValueError, match="WaveletCDF97 undoes 'cdf97'; these coefficients are of 'haar'"):
        world.pipe(entity).to(WaveletHaar()).to(WaveletCDF97(mode="inverse")).run()


@every_wavelet
@pytest.mark.parametrize("levels", [0, 11, -1])
def test_levels_out_of_range_are_refused(wavelet, levels):
    with pytest.raises(ValueError, match="levels must be 1 to 10"):
        wavelet(levels)


@pytest.mark.parametrize("levels", [1.0, "2", True, None])
def test_levels_are_integers(levels):
    with pytest.raises(TypeError, match="levels must be an integer"):
        WaveletHaar(levels)


def test_a_batch_of_neighbours_goes_through_wavelets_without_a_copy_and_gives_the_bits_of_single_runs():
    world = World(arena_capacity=8 << 20)
    batch = world.arena.put(np.stack([smooth(3, 32, 32, seed) for seed in range(5)]))
    entities = [world.new_entity() for _ in batch]
    for entity, ref in zip(entities, batch, strict=True):
        world.add_component(entity, Planes(ref))
    before = world.arena.used
    together = world.pipe(entities).to(WaveletCDF53(3)).out(WaveletPyr)
    assert world.arena.used - before == batch.nbytes
    alone = [world.pipe(entity).to(WaveletCDF53(3)).out(WaveletPyr) for entity in reversed(entities)][::-1]
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(world.view(one.coefficients), world.view(other.coefficients))


# Quantiser


@pytest.mark.parametrize("per_band", [True, False])
def test_quantised_coefficients_are_within_half_a_step_of_their_band(world, per_band):
    entity = spawn(world, Planes, smooth(3, 21, 30))
    pyramid = world.pipe(entity).to(WaveletCDF97(3)).out(WaveletPyr)
    exact = world.view(pyramid.coefficients).copy()
    world.pipe(entity).to(QuantizeU8(quality=60, per_band=per_band)).run()
    scales = world.view(world.get_component(entity, QuantParams).scales)
    world.remove_component(entity, WaveletPyr)
    back = world.pipe(entity).to(QuantizeU8(mode="inverse")).out(WaveletPyr)
    assert back.layout == pyramid.layout
    got = world.view(back.coefficients)
    for plane in range(3):
        assert len(set(scales[plane])) == (10 if per_band else 1)
        for number, band in enumerate(pyramid.bands()):
            off = np.abs(got[plane][band.rows, band.cols] - exact[plane][band.rows, band.cols])
            step = scales[plane, number if per_band else 0]
            assert off.max(initial=0) <= step / 2 + 2e-6 * np.abs(exact).max()  # float32 roundings


def test_more_quality_is_less_error_and_more_bytes(world):
    planes = smooth(3, 64, 64)
    entity = spawn(world, Planes, planes)
    errors, sizes = [], []
    for quality in (10, 30, 50, 90, 100):  # below, 2 values halve a symmetric band, which costs more bits than 3
        coder = world.pipe(entity).use(Planes).to(WaveletCDF97(4)).to(QuantizeU8(quality)).to(ANSEncode())
        (branch,) = coder.run()
        sizes.append(world.get_component(branch, ANSBitstream).nbytes)
        decoder = world.pipe(branch).to(QuantizeU8(mode="inverse")).to(WaveletCDF97(mode="inverse"))
        errors.append(float(np.square(world.view(decoder.out(Planes).values) - planes).mean()))
    assert errors == sorted(errors, reverse=True)
    assert sizes == sorted(sizes)
    assert errors[0] > 10 * errors[-1]


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_a_quality_out_of_range_is_refused(quality):
    with pytest.raises(ValueError, match="quality must be 1 to 100"):
        QuantizeU8(quality)


def test_a_quality_is_an_integer():
    with pytest.raises(TypeError, match="quality must be an integer"):
        QuantizeU8(50.0)
