"""Latents: images of one size go through the model together, and latents only to their own model."""

from __future__ import annotations

import numpy as np
import pytest
from codec_worlds import small_world, smooth, spawn

from pixkern.pipelines.codec.sdk import RGB, ANSBitstream, Latent4, ReconRGB, World
from pixkern.pipelines.codec.sdk.systems import (
    ANSDecode,
    ANSEncode,
    Hadamard4,
    MetricPSNR,
    OnnxVAEDecode,
    OnnxVAEEncode,
    QuantizeU8,
    WaveletCDF97,
)

pytest.importorskip("onnxruntime", reason="models need onnxruntime, the extra onnx")
models = pytest.importorskip("pixkern.pipelines.codec.models")
vae = pytest.importorskip("pixkern.pipelines.codec.vae")


@pytest.fixture
def world():
    return small_world()


def photo(rows, cols, seed=0):
    walk = smooth(3, rows, cols, seed).transpose(1, 2, 0)
    return np.clip(walk / np.abs(walk).max() * 100 + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["f8c4", "f8c16"])
@pytest.mark.parametrize("shape", [(40, 64), (37, 50), (1, 1)])
def test_latents_and_images_are_those_of_the_model(world, name, shape):
    image = photo(*shape)
    entity = world.spawn_image(image)
    model = models.find_model(name)
    latent = world.pipe(entity).to(OnnxVAEEncode(name, threads=1)).out(Latent4)
    assert np.array_equal(world.view(latent.values), vae.encode(image[None], model, threads=1)[0])
    assert (latent.size, latent.origin) == (shape[::-1], model.hash.hex())
    recon = world.pipe(entity).to(OnnxVAEDecode(name, threads=1)).out(ReconRGB)
    expected = vae.decode(world.view(latent.values)[None], shape[::-1], model, threads=1)[0]
    assert np.array_equal(world.view(recon.pixels), expected)
    assert recon.pixels.shape == (*shape, 3)


def test_images_of_one_size_go_through_in_one_call_and_all_come_back_in_order(world, monkeypatch):
    calls = []

    def counted(images, *rest, **options):
        calls.append(images.shape)
        return encode(images, *rest, **options)

    encode = vae.encode
    monkeypatch.setattr(vae, "encode", counted)
    images = [photo(24 + 8 * (seed % 2), 40, seed) for seed in range(5)]
    entities = world.spawn_batch_images(images)
    latents = world.pipe(entities).to(OnnxVAEEncode()).out(Latent4)
    assert calls == [(3, 24, 40, 3), (2, 32, 40, 3)]
    for image, latent in zip(images, latents, strict=True):
        alone = encode(image[None], models.find_model())[0]
        assert np.allclose(world.view(latent.values), alone, rtol=0, atol=1e-4)  # a batch may add up in another order


def test_a_photo_goes_to_bytes_and_back_in_a_world_that_has_only_the_bytes(world):
    image = photo(100, 77)
    coder = world.pipe(world.spawn_image(image)) | OnnxVAEEncode() | Hadamard4() | WaveletCDF97(2)
    data = world.view((coder | QuantizeU8(95) | ANSEncode()).out(ANSBitstream).data).tobytes()
    fresh = World(arena_capacity=16 << 20)
    received = fresh.spawn_bitstream(data, format="pixkern.symbols-u8")
    fresh.add_component(received, RGB(fresh.arena.put(image)))
    decoder = fresh.pipe(received) | ANSDecode() | QuantizeU8(mode="inverse") | WaveletCDF97(mode="inverse")
    done = (decoder | Hadamard4("inverse") | OnnxVAEDecode() | MetricPSNR()).out(ReconRGB)
    assert done.pixels.shape == image.shape
    whole = world.pipe(world.spawn_image(image)).to(OnnxVAEEncode()).to(OnnxVAEDecode()).to(MetricPSNR())
    (entity,) = whole.run()
    lost = world.metadata[entity]["psnr"] - fresh.metadata[received]["psnr"]
    assert lost < 1.5  # dB: what 8 bits per coefficient cost beside the model itself


def test_another_model_s_latent_is_refused(world):
    entity = world.spawn_image(photo(16, 16))
    with pytest.raises(ValueError, match="only its own decoder can read it"):
        world.pipe(entity).to(OnnxVAEEncode("f8c4")).to(OnnxVAEDecode("f8c16")).run()


def test_a_latent_without_size_or_origin_is_decoded_whole(world):
    entity = spawn(world, Latent4, np.zeros((4, 3, 5), np.float32))
    assert world.pipe(entity).to(OnnxVAEDecode()).out(ReconRGB).pixels.shape == (24, 40, 3)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_images_that_are_not_of_three_channels_are_refused(world, channels):
    entity = world.spawn_image(np.zeros((16, 16, channels), np.uint8))
    with pytest.raises(ValueError, match="takes images of 3 channels"):
        world.pipe(entity).to(OnnxVAEEncode()).run()


def test_an_unknown_model_is_refused_when_the_system_is_made():
    with pytest.raises(ValueError, match="f8c5"):
        OnnxVAEEncode("f8c5")


def test_a_configuration_names_models_of_one_s_own(world, tmp_path):
    shipped = models.find_model("f8c4")
    path = tmp_path / "models.toml"
    path.write_text(
        f'[models.mine]\nencoder = "{shipped.encoder.as_posix()}"\ndecoder = "{shipped.decoder.as_posix()}"\n'
    )
    entity = world.spawn_image(photo(16, 24))
    mine = world.pipe(entity).to(OnnxVAEEncode("mine", config=path)).out(Latent4)
    assert mine.origin == shipped.hash.hex()
    assert repr(OnnxVAEEncode("mine", config=path)) == "OnnxVAEEncode('mine')"
