import os
import subprocess
import sys
import tracemalloc

import codec_cases as cases
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern.lifting import dwt2, subbands
from pixkern.metrics import psnr
from pixkern.pipelines.codec import DecodeError, compress, compression_ratio, decompress, info

shapes = st.tuples(st.integers(1, 150), st.integers(1, 150), st.integers(1, 4))
profiles = st.sampled_from(["dense", "fast"])
PHOTO = cases.image("natural", (150, 200, 3))
RGBA = cases.image("natural", (90, 140, 4), seed=3)


def reshaped(image):
    """As `decompress` gives it: grey has no axis of channels."""
    return image[..., 0] if image.shape[2] == 1 else image


def as_array(data):
    return np.frombuffer(data, np.uint8)


# Lossless


@settings(max_examples=150, deadline=None)
@given(
    shapes,
    st.sampled_from(cases.KINDS),
    st.sampled_from(["uint8", "uint16"]),
    profiles,
    st.sampled_from(["cdf53", "haar"]),
    st.integers(0, 9),
)
@example((1, 1, 1), "extremes", "uint16", "dense", "cdf53", 0)
@example((1, 149, 4), "noise", "uint8", "fast", "haar", 0)
@example((149, 1, 3), "noise", "uint16", "fast", "cdf53", 0)
@example((128, 64, 2), "extremes", "uint16", "dense", "haar", 0)
def test_lossless_gives_every_pixel_back(shape, kind, dtype, profile, wavelet, seed):
    image = cases.image(kind, shape, dtype, seed)
    back = decompress(compress(image, mode="lossless", profile=profile, wavelet=wavelet, tile=64))
    assert back.dtype == image.dtype
    assert np.array_equal(back, reshaped(image))


def test_an_image_without_an_axis_of_channels_has_the_bytes_of_one_channel():
    assert compress(PHOTO[..., 0]) == compress(PHOTO[..., :1])


@pytest.mark.parametrize(
    "seen",
    [PHOTO[::-1, ::-1], PHOTO[::2, 1::3], PHOTO.transpose(1, 0, 2), np.asfortranarray(PHOTO), PHOTO[..., ::-1]],
    ids=["flipped", "steps", "transposed", "Fortran", "BGR"],
)
def test_any_strides_give_the_bytes_of_a_copy(seen):
    assert compress(seen, mode="lossless") == compress(np.ascontiguousarray(seen), mode="lossless")


def test_a_read_only_image_is_compressed_and_the_image_stays_as_it_was():
    image = PHOTO.copy()
    image.flags.writeable = False
    for mode in ("wavelet", "lossless"):
        assert decompress(compress(image, mode=mode)).shape == image.shape
    assert np.array_equal(image, PHOTO)


def test_what_comes_back_can_be_written_to_and_owns_its_memory():
    for image in (PHOTO, RGBA, PHOTO[..., 0]):
        back = decompress(compress(image))
        assert back.flags.c_contiguous
        assert back.flags.writeable
        assert back.flags.owndata


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, as_array])
def test_bytes_of_any_kind_are_read(kind):
    data = compress(PHOTO)
    assert np.array_equal(decompress(kind(data)), decompress(data))
    assert info(kind(data)) == info(data)


def test_bytes_in_words_are_counted_as_bytes():
    for quality in range(50, 100):  # one of these has an even length
        data = compress(PHOTO[:40], quality=quality)
        if len(data) % 2 == 0:
            break
    words = np.frombuffer(data, np.uint16)
    assert info(words) == info(data)
    assert np.array_equal(decompress(words), decompress(data))


def test_every_other_byte_of_an_array_is_read():
    data = compress(PHOTO)
    spread = np.zeros(2 * len(data), np.uint8)
    spread[::2] = np.frombuffer(data, np.uint8)
    assert np.array_equal(decompress(spread[::2]), decompress(data))


# Parts


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(["cdf97", "cdf53", "haar"]), st.sampled_from(["wavelet", "lossless"]), profiles)
def test_a_region_is_that_part_of_the_whole(data, wavelet, mode, profile):
    if mode == "lossless" and wavelet == "cdf97":
        wavelet = "cdf53"
    rows, cols, channels = data.draw(st.tuples(st.integers(1, 260), st.integers(1, 260), st.integers(1, 4)))
    image = cases.image("natural", (rows, cols, channels))
    stream = compress(image, mode=mode, wavelet=wavelet, profile=profile, tile=64)
    reduce = data.draw(st.integers(0, info(stream).levels - 1))
    whole = decompress(stream, reduce=reduce)
    rows, cols = whole.shape[:2]
    x, y = data.draw(st.integers(0, cols - 1)), data.draw(st.integers(0, rows - 1))
    width, height = data.draw(st.integers(1, cols - x)), data.draw(st.integers(1, rows - y))
    part = decompress(stream, region=(x, y, width, height), reduce=reduce)
    assert np.array_equal(part, whole[y : y + height, x : x + width])


@pytest.mark.parametrize("wavelet", ["cdf97", "cdf53", "haar"])
def test_a_region_of_one_pixel_is_that_pixel_wherever_tiles_end(wavelet):
    image = cases.image("extremes", (1, 330, 1))
    data = compress(image, quality=100, wavelet=wavelet, tile=64)
    for reduce in range(info(data).levels):
        whole = decompress(data, reduce=reduce)
        for x in range(whole.shape[1]):
            assert decompress(data, region=(x, 0, 1, 1), reduce=reduce) == whole[0, x]


def test_a_region_does_not_look_at_tiles_far_away():
    data = bytearray(compress(cases.image("noise", (640, 640, 1)), wavelet="haar", tile=64))
    data[-1] ^= 1  # of the last tile
    assert decompress(data, region=(0, 0, 64, 64)).shape == (64, 64)
    with pytest.raises(DecodeError, match="tile 99"):
        decompress(data, region=(570, 570, 70, 70))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 200), st.integers(1, 200), st.integers(1, 2)),
    st.sampled_from(cases.KINDS),
    st.sampled_from(["uint8", "uint16"]),
    st.sampled_from(["cdf53", "haar"]),
    profiles,
)
def test_a_reduced_lossless_image_is_the_low_band(shape, kind, dtype, wavelet, profile):
    image = cases.image(kind, shape, dtype)
    data = compress(image, mode="lossless", wavelet=wavelet, profile=profile, tile=64)
    middle, top = (np.iinfo(dtype).max + 1) // 2, np.iinfo(dtype).max
    for reduce in range(info(data).levels):
        got = decompress(data, reduce=reduce).reshape(*(-(-side >> reduce) for side in shape[:2]), shape[2])
        low = np.moveaxis(image, 2, 0).astype(np.int32) - middle
        if reduce:
            band = subbands(low.shape, reduce)[0]
            low = dwt2(low, wavelet=wavelet, levels=reduce)[:, band.rows, band.cols]
        assert np.array_equal(got, np.moveaxis(np.clip(low + middle, 0, top), 0, 2))


def test_a_reduced_photo_looks_like_the_photo():
    for wavelet in ("cdf97", "cdf53", "haar"):
        small = decompress(compress(PHOTO, quality=95, wavelet=wavelet), reduce=2)
        boxes = PHOTO[:148].reshape(37, 4, 50, 4, 3).mean((1, 3))
        assert np.abs(small[:37] - boxes).mean() < 6  # filters differ from boxes by detail, of which the mean is small


# Lossy


@pytest.mark.parametrize("wavelet", ["cdf97", "cdf53", "haar"])
@pytest.mark.parametrize("profile", ["dense", "fast"])
def test_higher_quality_never_has_lower_psnr_nor_fewer_bytes(wavelet, profile):
    qualities = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100]
    streams = [compress(PHOTO, quality=quality, wavelet=wavelet, profile=profile) for quality in qualities]
    found = [psnr(decompress(stream), PHOTO) for stream in streams]
    assert found == sorted(found)
    assert [len(stream) for stream in streams] == sorted(len(stream) for stream in streams)
    assert found[0] > 15  # the mean of blocks is better than that
    assert found[-1] > 46  # steps of 0.56: at least what rounding to 8 bits and an error of 0.7 in RGB leave


def test_a_constant_image_comes_back_in_every_mode_at_every_quality():
    for level in (0, 1, 100, 128, 255):
        image = np.full((70, 80, 3), level, np.uint8)
        for quality in (1, 50, 100):
            step = 28 * 50 / quality if quality < 50 else 28 * (2.02 - quality / 50)
            off = np.abs(decompress(compress(image, quality=quality)).astype(int) - level).max()
            assert off <= step / 2 + 1.5  # LL's step is shorter still; and both roundings
        assert np.array_equal(decompress(compress(image, mode="lossless")), image)


@settings(max_examples=60, deadline=None)
@given(shapes, st.sampled_from(cases.KINDS), st.integers(1, 100), profiles, st.sampled_from(["cdf97", "cdf53", "haar"]))
def test_alpha_is_kept_exactly(shape, kind, quality, profile, wavelet):
    image = cases.image(kind, (*shape[:2], 2 if shape[2] < 3 else 4))
    back = decompress(compress(image, quality=quality, profile=profile, wavelet=wavelet, tile=64))
    assert back.shape == image.shape
    assert np.array_equal(back[..., -1], image[..., -1])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_vae_keeps_shape_and_alpha(channels):
    pytest.importorskip("onnxruntime")
    image = cases.image("natural", (61, 90, channels))
    for hadamard in (False, True):
        data = compress(image, mode="vae", quality=80, hadamard=hadamard)
        back = decompress(data).reshape(image.shape)
        assert (
            psnr(back[..., : 3 if channels > 2 else 1], image[..., : 3 if channels > 2 else 1]) > 22
        )  # what it is for
        assert channels in (1, 3) or np.array_equal(back[..., -1], image[..., -1])
        assert np.array_equal(decompress(data, region=(5, 7, 40, 50)).reshape(50, 40, channels), back[7:57, 5:45])
        with pytest.raises(ValueError, match="reduced by 0 to 0"):
            decompress(data, reduce=1)


def test_lossless_bytes_of_any_profile_and_tile_hold_the_same_image():
    streams = {compress(RGBA, mode="lossless", profile=p, tile=t) for p in ("dense", "fast") for t in (64, 128, 4096)}
    assert len(streams) == 6
    for stream in streams:
        assert np.array_equal(decompress(stream), RGBA)


# Information


@pytest.mark.parametrize("name", cases.CASES)
def test_info_says_what_was_asked_for(name):
    _, (rows, cols, channels), dtype, options = cases.CASES[name]
    data = cases.compressed(name)
    about = info(data)
    assert (about.width, about.height, about.channels, about.dtype) == (cols, rows, channels, dtype)
    assert about.mode == options.get("mode", "wavelet")
    assert about.profile == options.get("profile", "dense")
    assert about.wavelet == options.get("wavelet", "cdf53" if about.mode == "lossless" else "cdf97")
    assert about.quality == options.get("quality")
    layers = 2 if channels in (2, 4) and about.mode == "wavelet" else 1
    assert (about.tile, about.tiles) == (64, layers * -(-rows // 64) * -(-cols // 64))
    assert (about.model, about.hadamard, about.bytes) == (None, False, len(data))
    assert about.bits_per_pixel == pytest.approx(8 * len(data) / (rows * cols), rel=1e-15)


def test_info_decodes_nothing():
    data = bytearray(compress(PHOTO))
    data[-1] ^= 1  # a tile whose checksum is wrong
    assert info(data).width == 200
    with pytest.raises(DecodeError):
        decompress(data)


def test_compression_ratio_is_bytes_of_the_array_over_bytes():
    assert compression_ratio(np.zeros((10, 20, 3), np.uint16), bytes(100)) == 12
    assert compression_ratio(np.zeros((10, 20), np.uint8), np.zeros(50, np.uint16)) == 2
    with pytest.raises(ValueError, match="empty"):
        compression_ratio(PHOTO, b"")


# Arguments


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((4, 4), np.float32), TypeError, "uint8 or uint16"),
        (np.zeros((4, 4), np.int32), TypeError, "uint8 or uint16"),
        (np.zeros((4, 4), bool), TypeError, "uint8 or uint16"),
        (np.zeros((4, 4), np.uint16), TypeError, "lossless"),
        (np.zeros((4, 4), ">u2"), TypeError, "foreign byte order"),
        (np.zeros((4, 4), [("r", "u1")]), TypeError, "structured"),
        (np.ma.masked_array(np.zeros((4, 4), np.uint8), True), TypeError, "masked"),
        (np.zeros(4, np.uint8), ValueError, "axes"),
        (np.zeros((2, 4, 4, 3), np.uint8), ValueError, "axes"),
        (np.zeros((4, 4, 5), np.uint8), ValueError, "1 to 4 channels"),
        (np.zeros((4, 4, 0), np.uint8), ValueError, "1 to 4 channels"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "not empty"),
        (np.zeros((4, 0), np.uint8), ValueError, "not empty"),
        (np.broadcast_to(np.uint8(0), (2**14 + 1, 2**14)), ValueError, "2\\*\\*28 pixels"),
    ],
)
def test_images_that_cannot_be_compressed_are_refused(image, error, words):
    with pytest.raises(error, match=words):
        compress(image)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"quality": 0}, ValueError, "1 to 100"),
        ({"quality": 101}, ValueError, "1 to 100"),
        ({"quality": 75.0}, TypeError, "integer"),
        ({"quality": True}, TypeError, "integer"),
        ({"quality": "75"}, TypeError, "integer"),
        ({"quality": float("nan")}, TypeError, "integer"),
        ({"mode": "jpeg"}, ValueError, "mode"),
        ({"mode": 1}, ValueError, "mode"),
        ({"profile": "slow"}, ValueError, "profile"),
        ({"wavelet": "db4"}, ValueError, "wavelet"),
        ({"wavelet": ""}, ValueError, "wavelet"),
        ({"wavelet": 0}, ValueError, "wavelet"),
        ({"mode": "lossless", "wavelet": "cdf97"}, ValueError, "no integers"),
        ({"tile": 32}, ValueError, "tile"),
        ({"tile": 100}, ValueError, "tile"),
        ({"tile": 8192}, ValueError, "tile"),
        ({"tile": 64.0}, TypeError, "tile"),
        ({"tile": "64"}, TypeError, "tile"),
        ({"threads": 0}, ValueError, "threads"),
        ({"hadamard": True}, ValueError, 'mode="vae"'),
        ({"model": "f8c4"}, ValueError, 'mode="vae"'),
        ({"config": "pixkern.toml", "mode": "lossless"}, ValueError, 'mode="vae"'),
        ({"provider": "CPUExecutionProvider"}, ValueError, 'mode="vae"'),
    ],
)
def test_options_of_compress_are_checked(options, error, words):
    with pytest.raises(error, match=words):
        compress(PHOTO, **options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"max_pixels": 0}, ValueError, "positive"),
        ({"max_pixels": -1}, ValueError, "positive"),
        ({"max_pixels": 1e9}, TypeError, "integer"),
        ({"max_pixels": True}, TypeError, "integer"),
        ({"max_pixels": 150 * 200 - 1}, DecodeError, "max_pixels"),
        ({"reduce": -1}, ValueError, "reduced by 0 to"),
        ({"reduce": 99}, ValueError, "reduced by 0 to"),
        ({"reduce": 1.0}, TypeError, "integer"),
        ({"reduce": True}, TypeError, "integer"),
        ({"region": (0, 0, 0, 1)}, ValueError, "within"),
        ({"region": (0, 0, 1, -1)}, ValueError, "within"),
        ({"region": (-1, 0, 2, 2)}, ValueError, "within"),
        ({"region": (199, 0, 2, 1)}, ValueError, "within an image of 200 x 150"),
        ({"region": (0, 149, 1, 2)}, ValueError, "within"),
        ({"region": (0, 0, 2**70, 1)}, ValueError, "within"),
        ({"region": (0, 0, 1)}, ValueError, "x, y, width, height"),
        ({"region": 5}, ValueError, "x, y, width, height"),
        ({"region": (0, 0, 1.0, 1)}, TypeError, "integers"),
        ({"region": (0, 0, 150, 100), "reduce": 1}, ValueError, "within an image of 100 x 75"),
        ({"threads": 0}, ValueError, "threads"),
    ],
)
def test_options_of_decompress_are_checked(options, error, words):
    data = compress(PHOTO)
    with pytest.raises(error, match=words):
        decompress(data, **options)


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2], PHOTO.tolist()])
def test_data_that_is_no_bytes_is_refused(data):
    for read in (decompress, info):
        with pytest.raises(TypeError, match="bytes"):
            read(data)


def test_integers_of_numpy_are_integers():
    data = compress(PHOTO, quality=np.int64(75), tile=np.int32(64))
    assert data == compress(PHOTO, quality=75, tile=64)
    part = decompress(data, max_pixels=np.int64(2**20), reduce=np.uint8(1), region=np.array([1, 2, 30, 40]))
    assert part.shape == (40, 30, 3)


# Memory


MEASURED = """
import resource, sys
import numpy as np
import codec_cases as cases
from pixkern.pipelines.codec import compress, decompress

def used():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

decompress(compress(cases.image("natural", (64, 64, 3))))
image = np.tile(cases.image("natural", (512, 512, 3)), (4, 3, 1))
compress_only = sys.argv[1] == "compress"
data = b"" if compress_only else open(sys.argv[2], "rb").read()
before = used()
result = compress(image, mode=sys.argv[3]) if compress_only else decompress(data)
print((used() - before) / image.size)
if compress_only:
    open(sys.argv[2], "wb").write(result)
"""


@pytest.mark.parametrize("mode", ["wavelet", "lossless"])
def test_memory_is_as_documented(mode, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(cases.__file__), "PIXKERN_THREADS": "1"}
    for what in ("compress", "decompress"):
        command = [sys.executable, "-c", MEASURED, what, str(tmp_path / "image.pxk"), mode]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) < 13  # bytes per sample: about 12, and a tile's streams


def reserved(work):
    """Bytes, touched or not: systems refuse what is more than they have."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_part_of_a_large_image_needs_no_room_for_the_whole():
    image = np.zeros((2048, 2048), np.uint8)
    for mode in ("wavelet", "lossless"):
        data = compress(image, mode=mode, wavelet="haar", tile=64)
        assert reserved(lambda data=data: decompress(data, region=(1000, 1000, 64, 64))) < image.size // 2
        assert reserved(lambda data=data: decompress(data, reduce=4)) < image.size // 2


@pytest.mark.parametrize(("mode", "dtype"), [("wavelet", "uint8"), ("lossless", "uint8"), ("lossless", "uint16")])
def test_no_more_room_is_reserved_than_an_image_may_need(mode, dtype):
    image = cases.image("noise", (1024, 1024, 4), dtype)  # noise takes the longest streams
    found = []
    assert reserved(lambda: found.append(compress(image, mode=mode, quality=100))) < 32 * image.size
    assert reserved(lambda: decompress(found[0])) < 32 * image.size
