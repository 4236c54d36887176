"""Latents do not depend on tiles, batches or threads, and every dialect of the contract gives the same pixels."""

import math
import multiprocessing
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern import BackendUnavailable
from pixkern.pipelines.codec import onnx_half, vae
from pixkern.pipelines.codec.models import AutoencoderError, Model, find_model
from pixkern.pipelines.codec.tiles import blocks, spans

onnx = pytest.importorskip("onnx", reason="needs onnx to make models; pip install 'pixkern[test]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
from codec_models import FACTOR, HALF, UINT8, halves, save  # noqa: E402

PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "photos"
KEPT_ASIDE = ("canary", "dragonfly", "kite", "path", "storm")
SEAM = 1e-6  # of values below 10: a tile may be summed in another blocking than the whole image
TINY = 2e-6  # float32 sums of 27 to 36 products of size 1


def picture(rows, cols, batch=1, seed=0):
    """Smooth colours with noise, uint8."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols]
    waves = [127 + 90 * np.sin(x / 9 + phase) * np.cos(y / 13 - phase) for phase in (0, 1, 2)]
    noise = random.normal(0, 12, (batch, rows, cols, 3))
    return np.clip(np.dstack(waves) + noise, 0, 255).astype(np.uint8)


def tiny(folder, **options):
    fields = {
        key: options.pop(key) for key in ("range", "latent_scale", "latent_shift", "encoder_output") & options.keys()
    }
    halo = options.pop("halo", 1)
    return Model("tiny", *halves(folder, **options), options.get("channels", 4), FACTOR, halo, **fields)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny(tmp_path_factory.mktemp("tiny"))


def tiny_latents(images, model):
    """What the tiny encoder means, in float64, from the definition."""
    taps = onnx.numpy_helper.to_array(onnx.load(model.encoder).graph.initializer[0]).astype(np.float64)
    rows, cols = (-(-side // FACTOR) * FACTOR for side in images.shape[1:3])
    x = images.astype(np.float64) / (255 if images.dtype == np.uint8 else 1)
    x = np.pad(x, ((0, 0), (0, rows - x.shape[1]), (0, cols - x.shape[2]), (0, 0)), mode="edge")
    x = x.reshape(len(x), rows // FACTOR, FACTOR, cols // FACTOR, FACTOR, 3).mean((2, 4)).transpose(0, 3, 1, 2)
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(2, 3))
    return np.einsum("bcyxuv,ocuv->boyx", windows, taps)


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 300), tile=st.integers(1, 80), halo=st.integers(0, 40))
def test_spans_cover_every_place_once_and_read_their_halo(length, tile, halo):
    found = spans(length, tile, halo)
    assert [place for span in found for place in range(span.begin, span.end)] == list(range(length))
    for span in found:
        assert span.end - span.begin <= tile
        assert (span.first, span.last) == (max(0, span.begin - halo), min(length, span.end + halo))
        assert list(range(span.first, span.last))[span.kept] == list(range(span.begin, span.end))


@settings(max_examples=30, deadline=None)
@given(batch=st.integers(1, 9), rows=st.integers(1, 40), cols=st.integers(1, 40), tile=st.integers(1, 20))
def test_blocks_cover_every_place_once_and_stay_within_a_tile(batch, rows, cols, tile):
    seen = np.zeros((batch, rows, cols), int)
    for which, down, across in blocks(batch, rows, cols, tile=tile, halo=2):
        part = seen[which, down.begin : down.end, across.begin : across.end]
        part += 1
        assert part.size <= tile * tile
    assert (seen == 1).all()


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 70), cols=st.integers(1, 70), batch=st.integers(1, 3), tile=st.integers(FACTOR, 80),
    floats=st.booleans(),
)  # fmt: skip
def test_latents_are_those_of_the_definition_for_any_size_batch_and_tile(model, rows, cols, batch, tile, floats):
    images = picture(rows, cols, batch)
    images = (images / 255).astype(np.float32) if floats else images
    latents = vae.encode(images, model, tile=tile)
    assert latents.dtype == np.float32
    assert latents.shape == (batch, 4, -(-rows // FACTOR), -(-cols // FACTOR))
    assert np.abs(latents - tiny_latents(images, model)).max() < TINY
    decoded = vae.decode(latents, (cols, rows), model, tile=tile)
    assert decoded.shape == (batch, rows, cols, 3)
    assert np.abs(decoded - vae.decode(latents, (cols, rows), model)).max() < SEAM


@pytest.mark.parametrize("name", ["f8c4", "f8c16"])
def test_tiles_of_shipped_models_leave_no_seam(name):
    model, images = find_model(name), picture(410, 333)
    whole = vae.encode(images, model, tile=512)
    tiled = vae.encode(images, model, tile=128)
    assert np.abs(tiled - whole).max() < SEAM
    pixels = vae.decode(whole, (333, 410), model, tile=512)
    assert np.abs(vae.decode(whole, (333, 410), model, tile=128) - pixels).max() < SEAM


@pytest.mark.parametrize("name", ["f8c4", "f8c16"])
def test_a_halo_too_small_would_leave_seams(name):
    model, images = find_model(name), picture(256, 256)
    careless = replace(model, halo=1)  # what lies further away counts for little, but counts
    latents = vae.encode(images, model)
    assert np.abs(vae.encode(images, careless, tile=128) - latents).max() > 10 * SEAM
    tiled = vae.decode(latents, (256, 256), careless, tile=128)
    assert np.abs(tiled - vae.decode(latents, (256, 256), model)).max() > 10 * SEAM


@pytest.mark.parametrize("name", ["f8c4", "f8c16"])
def test_threads_and_batches_do_not_change_a_bit(name):
    model, images = find_model(name), picture(90, 122, batch=3)
    latents = vae.encode(images, model, threads=1)
    pixels = vae.decode(latents, (122, 90), model, threads=1)
    for threads in (2, 3):
        assert np.array_equal(vae.encode(images, model, threads=threads), latents)
        assert np.array_equal(vae.decode(latents, (122, 90), model, threads=threads), pixels)
    for one in range(3):
        assert np.array_equal(vae.encode(images[one : one + 1], model), latents[one : one + 1])
        assert np.array_equal(vae.decode(latents[one : one + 1], (122, 90), model), pixels[one : one + 1])


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (8, 8), (65, 3)])
def test_padding_repeats_the_last_row_and_column_and_is_cut_off_again(size):
    rows, cols = size
    model, images = find_model("f8c4"), picture(rows, cols)
    padded = np.pad(images, ((0, 0), (0, -rows % 8), (0, -cols % 8), (0, 0)), mode="edge")
    latents = vae.encode(images, model)
    assert np.array_equal(latents, vae.encode(padded, model))
    whole = vae.decode(latents, padded.shape[2:0:-1], model)
    assert np.array_equal(vae.decode(latents, (cols, rows), model), whole[:, :rows, :cols])


def test_photos_in_any_memory_order_give_the_same_latents(model):
    images = picture(24, 36, batch=2)
    expected = vae.encode(images, model)
    assert np.array_equal(vae.encode(np.asfortranarray(images), model), expected)
    turned = np.ascontiguousarray(images[:, ::-1])[:, ::-1]
    assert np.array_equal(vae.encode(turned, model), expected)
    images.setflags(write=False)
    assert np.array_equal(vae.encode(images, model), expected)


@pytest.mark.parametrize(("name", "least"), [("f8c4", 30), ("f8c16", 35)])
def test_shipped_models_restore_photos_they_have_never_seen(name, least):
    if not PHOTOS.exists():
        pytest.skip(f"needs the photos in {PHOTOS}")
    import cv2

    model, figures = find_model(name), []
    for photo in KEPT_ASIDE:
        pixels = cv2.imread(str(PHOTOS / f"{photo}.png"))[None, ..., ::-1]
        restored = vae.decode(vae.encode(pixels, model), pixels.shape[2:0:-1], model)
        error = np.rint(restored * 255) - pixels
        figures.append(10 * math.log10(255**2 / np.mean(error**2)))
    assert np.mean(figures) >= least


@pytest.mark.parametrize("name", ["f8c4", "f8c16"])
def test_latents_of_shipped_models_have_a_mean_square_near_one(name):
    if not PHOTOS.exists():
        pytest.skip(f"needs the photos in {PHOTOS}")
    import cv2

    images = [cv2.imread(str(PHOTOS / f"{photo}.png"))[None, :384, :384, ::-1] for photo in KEPT_ASIDE]
    latents = [vae.encode(image, find_model(name)) for image in images]
    assert 0.5 < np.mean(np.square(latents)) < 2  # these photos are not the ones it was set to 1 on


def test_range_scale_and_shift_are_undone_by_the_decoder(model, tmp_path):
    images = picture(20, 28)
    wide = replace(model, range="-1..1")
    signed = vae.encode(images, wide)
    assert np.abs(signed - tiny_latents(2 * (images / np.float64(255)) - 1, model)).max() < 2 * TINY
    scaled = replace(wide, latent_scale=0.125, latent_shift=0.5)
    latents = vae.encode(images, scaled)
    assert np.abs(latents - (signed - 0.5) * 0.125).max() < TINY
    plain = vae.decode(signed, (28, 20), wide)
    assert np.abs(vae.decode(latents, (28, 20), scaled) - plain).max() < TINY
    raw = vae.decode(signed, (28, 20), model)
    assert 0 == raw.min() < raw.max() <= 1  # clipped: the tiny decoder goes far below 0
    inside = (raw > 0) & (raw < 1)
    assert np.abs(plain - (raw + 1) / 2)[inside].max() < TINY


def test_of_means_and_variances_the_means_are_taken(model, tmp_path):
    images = picture(20, 28)
    both = tiny(tmp_path, moments=True)
    assert onnx.load(both.encoder).graph.output[0].type.tensor_type.shape.dim[1].dim_value == 8
    assert np.abs(vae.encode(images, both) - tiny_latents(images, both)[:, :4]).max() < TINY


def test_float16_models_run_and_answer_in_float32(model, tmp_path):
    images = picture(20, 28)
    half = tiny(tmp_path, kind=HALF)
    latents = vae.encode(images, half)
    assert latents.dtype == np.float32
    assert np.abs(latents - vae.encode(images, model)).max() < 5e-3  # 11 bits of values up to 2, 27 sums
    assert vae.decode(latents, (28, 20), half).dtype == np.float32


def test_uint8_models_take_and_give_bytes(model, tmp_path):
    images = picture(20, 28)
    of_bytes = tiny(tmp_path, kind=UINT8)
    latents = vae.encode(images, of_bytes)
    assert np.abs(latents - 255 * tiny_latents(images, model)).max() < 255 * TINY
    for off in (-0.4, 0.4):  # floats become the nearest byte
        assert np.array_equal(vae.encode(((images + off) / 255).astype(np.float32), of_bytes), latents)
    decoded = vae.decode(latents, (28, 20), of_bytes)
    assert np.array_equal(decoded * 255, np.rint(decoded * 255))
    assert decoded.max() > 0.1


def test_models_of_a_fixed_batch_or_size_take_what_fits(model, tmp_path):
    images = picture(20, 28, batch=4)
    pairs = tiny(tmp_path / "pairs", batch=2)
    assert np.array_equal(vae.encode(images, pairs), vae.encode(images, model))
    with pytest.raises(ValueError, match="takes 2 images at a time, got 3"):
        vae.encode(images[:3], pairs)
    fixed = tiny(tmp_path / "fixed", size=(20, 28), halo=None)
    assert np.array_equal(vae.encode(images, fixed), vae.encode(images, model))
    with pytest.raises(AutoencoderError, match=r"takes \(any, 3, 20, 28\), the codec would give it \(1, 3, 20, 32\)"):
        vae.encode(picture(20, 29), fixed)


def test_a_model_without_a_halo_sees_images_whole_or_not_at_all(model):
    images = picture(40, 60)
    unknown = replace(model, halo=None)
    assert np.array_equal(vae.encode(images, unknown, tile=60), vae.encode(images, model))
    strip = picture(16, 200)  # longer than a tile, but no larger
    assert np.array_equal(vae.encode(strip, unknown, tile=64), vae.encode(strip, model))
    latents = vae.encode(images, model)
    for code in (lambda: vae.encode(images, unknown, tile=48), lambda: vae.decode(latents, (60, 40), unknown, tile=48)):
        with pytest.raises(ValueError, match="no known halo, and 15x10 latents are more than one tile of 48 pixels"):
            code()


def test_of_several_outputs_one_must_be_named(tmp_path):
    several = tiny(tmp_path, extra=True)
    with pytest.raises(AutoencoderError, match="say encoder_output or decoder_output: latents, means"):
        vae.encode(picture(8, 8), several)
    named = replace(several, encoder_output="latents")
    assert vae.encode(picture(8, 8), named).shape == (1, 4, 2, 2)
    with pytest.raises(AutoencoderError, match="cannot tell which output"):
        vae.encode(picture(8, 8), replace(several, encoder_output="other"))


def test_models_that_break_the_contract_are_refused(model, tmp_path):
    images = picture(16, 16)
    with pytest.raises(
        AutoencoderError, match=r"gave \(1, 4, 4, 4\) where latents are \(1, 4, 2, 2\); see its downscale"
    ):
        vae.encode(images, replace(model, downscale=8))
    with pytest.raises(AutoencoderError, match=r"where latents are \(1, 3, 4, 4\)"):
        vae.encode(images, replace(model, latent_channels=3))
    with pytest.raises(AutoencoderError, match="would give it"):
        vae.decode(np.zeros((1, 3, 4, 4), np.float32), (16, 16), replace(model, latent_channels=3))
    with pytest.raises(AutoencoderError, match="where pixels are"):
        vae.decode(np.zeros((1, 4, 2, 2), np.float32), (16, 16), replace(model, downscale=8))
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node
    flat = save(tmp_path / "flat.onnx", [node("Identity", ["x"], ["y"])], [value("x", 1, [3])], [value("y", 1, [3])])
    with pytest.raises(AutoencoderError, match="needs 4 axes"):
        vae.encode(images, replace(model, encoder=flat))
    shape = ["b", 3, "h", "w"]
    ints = save(tmp_path / "i.onnx", [node("Identity", ["x"], ["y"])], [value("x", 7, shape)], [value("y", 7, shape)])
    with pytest.raises(AutoencoderError, match="must be float32, float16 or uint8"):
        vae.encode(images, replace(model, encoder=ints))
    two = save(
        tmp_path / "two.onnx", [node("Add", ["x", "z"], ["y"])], [value("x", 1, shape), value("z", 1, shape)],
        [value("y", 1, shape)],
    )  # fmt: skip
    with pytest.raises(AutoencoderError, match="needs one input, the model has x, z"):
        vae.encode(images, replace(model, encoder=two))
    roots = [node("Neg", ["x"], ["m"]), node("Log", ["m"], ["y"])]
    broken = save(tmp_path / "nan.onnx", roots, [value("x", 1, shape)], [value("y", 1, shape)])
    with pytest.raises(AutoencoderError, match="not finite"):
        vae.encode(images, replace(model, encoder=broken, downscale=1, latent_channels=3))
    with pytest.raises(FileNotFoundError, match="no such model"):
        vae.encode(images, replace(model, encoder=tmp_path / "none.onnx"))


def test_a_model_replaced_on_disk_is_opened_anew(tmp_path):
    model = tiny(tmp_path, channels=4)
    vae.encode(picture(8, 8), model)
    again = tiny(tmp_path, channels=5)
    assert vae.encode(picture(8, 8), again).shape[1] == 5


@pytest.mark.parametrize(
    ("images", "error"),
    [
        (np.zeros((8, 8, 3), np.uint8), ValueError),
        (np.zeros((1, 8, 8, 4), np.uint8), ValueError),
        (np.zeros((1, 8, 8, 1), np.uint8), ValueError),
        (np.zeros((0, 8, 8, 3), np.uint8), ValueError),
        (np.zeros((1, 0, 8, 3), np.uint8), ValueError),
        (np.zeros((1, 8, 8, 3), np.float64), TypeError),
        (np.zeros((1, 8, 8, 3), np.uint16), TypeError),
        (np.zeros((1, 8, 8, 3), ">f4"), TypeError),
        (np.full((1, 8, 8, 3), np.nan, np.float32), ValueError),
        (np.full((1, 8, 8, 3), np.inf, np.float32), ValueError),
        (np.ma.masked_all((1, 8, 8, 3), np.uint8), TypeError),
    ],
)
def test_images_that_are_none_are_refused(images, error, model):
    with pytest.raises(error, match="images"):
        vae.encode(images, model)


@pytest.mark.parametrize(
    ("latents", "size", "error"),
    [
        (np.zeros((1, 4, 2, 2), np.float64), (8, 8), TypeError),
        (np.zeros((4, 2, 2), np.float32), (8, 8), ValueError),
        (np.zeros((1, 3, 2, 2), np.float32), (8, 8), ValueError),
        (np.zeros((1, 4, 2, 2), np.float32), (9, 8), ValueError),
        (np.zeros((1, 4, 2, 2), np.float32), (8, 4), ValueError),
        (np.zeros((1, 4, 2, 2), np.float32), (8, 0), ValueError),
        (np.zeros((1, 4, 2, 2), np.float32), 8, ValueError),
        (np.zeros((1, 4, 2, 2), np.float32), (8.0, 8), TypeError),
        (np.zeros((0, 4, 2, 2), np.float32), (8, 8), ValueError),
        (np.full((1, 4, 2, 2), np.nan, np.float32), (8, 8), ValueError),
    ],
)
def test_latents_that_are_none_are_refused(latents, size, error, model):
    with pytest.raises(error, match=r"^(latents|size) "):
        vae.decode(latents, size, model)


@pytest.mark.parametrize(("tile", "error"), [(3, ValueError), (0, ValueError), (64.0, TypeError), (True, TypeError)])
def test_tiles_that_are_none_are_refused(tile, error, model):
    with pytest.raises(error, match="tile"):
        vae.encode(picture(8, 8), model, tile=tile)


def test_providers_do_not_fall_back(model):
    with pytest.raises(ValueError, match="provider must be CPUExecutionProvider or CUDAExecutionProvider"):
        vae.encode(picture(8, 8), model, provider="CUDA")
    if vae.CUDA in onnxruntime.get_available_providers():
        pytest.skip("this machine has CUDA")
    with pytest.raises(BackendUnavailable, match="onnxruntime has no CUDAExecutionProvider here"):
        vae.encode(picture(8, 8), model, provider=vae.CUDA)


@pytest.mark.cuda
def test_cuda_gives_nearly_the_same_latents_and_pixels():
    if vae.CUDA not in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime has no CUDA here")
    model, images = find_model("f8c4"), picture(200, 300)
    latents = vae.encode(images, model)
    assert np.abs(vae.encode(images, model, provider=vae.CUDA) - latents).max() < 1e-4  # cuDNN sums in another order
    pixels = vae.decode(latents, (300, 200), model)
    assert np.abs(vae.decode(latents, (300, 200), model, provider=vae.CUDA) - pixels).max() < 1e-4  # as above


def test_without_onnxruntime_the_extra_is_named(model, monkeypatch):
    onnx_half._session.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'pixkern\[onnx\]'"):
        vae.encode(picture(8, 8), model)


def test_importing_it_does_not_import_onnxruntime():
    code = "import sys, pixkern.pipelines.codec.vae; print('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_can_use_models_its_parent_has_open():
    model, images = find_model("f8c4"), picture(64, 64)
    expected = vae.encode(images, model, threads=2)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=lambda: answers.put(vae.encode(images, model, threads=2)))
    child.start()
    try:
        assert np.array_equal(answers.get(timeout=60), expected)
    finally:
        child.join(10)


MEMORY = """
import os, resource, sys
import numpy as np
from pixkern.pipelines.codec import vae
from pixkern.pipelines.codec.models import find_model

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def held():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def code(rows, cols, tile):
    latents = vae.encode(np.zeros((1, rows, cols, 3), np.uint8), model, tile=tile)
    vae.decode(latents, (cols, rows), model, tile=tile)

model = find_model("f8c4")
code(64, 64, 512)
first_peak, first_held = peak(), held()
code(512, 512, 512)
one = peak() - first_peak
code(1024, 1536, 512)
large = peak() - first_peak
code(2048, 2048, 2048)
print(one, large, held() - first_held)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_memory_is_that_of_a_tile_and_is_given_back():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    one, large, held = map(float, done.stdout.split())
    assert one < 80  # MB: six tensors of 128 channels at 64x64 latents, 2 MB each, pixels, the allocator's share
    assert large < 150  # the same with halos, 90x90 latents, and 24 MB of pixels; untiled it would be 200
    assert held < 200  # malloc keeps small pieces; an arena would keep the 400 MB of the tile of 2048
