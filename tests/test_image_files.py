"""Image files: whole, upright, RGB; and every way in which a file can be wrong."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines import files
from pixkern.pipelines.files import ImageError, decode_image, encode_image, image_paths, read_image, read_size

DATA = Path(__file__).parents[2] / "shared" / "data"
RANDOM = np.random.default_rng(20261121)


def noise(*shape, dtype=np.uint8):
    if dtype == np.float32:
        return RANDOM.standard_normal(shape).astype(np.float32)
    return RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def by_opencv(suffix, pixels, *parameters):
    return cv2.imencode(suffix, pixels, list(parameters))[1].tobytes()


def gif(*, frames=1):
    """Two by two pixels of two colours; LZW codes 4 (clear) 0 1 1 0 5 (end) of three bits."""
    codes = b"".join(bytes((c,)) for c in (0x44, 0x02, 0x05))
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02" + bytes((len(codes),)) + codes + b"\0"
    return b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b"\x3b"


def exif(orientation, *, order=">", tail=b""):
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    return mark + struct.pack(order + "IH", 8, 1) + entry + b"\0" * 4 + tail


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, *, depth=8, colour=0, data=b"", before=b""):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + png_chunk(b"IDAT", zlib.compress(data, 9)) + png_chunk(b"IEND", b"")


def riff(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def reads_gif():
    try:
        return cv2.imdecode(np.frombuffer(gif(), np.uint8), cv2.IMREAD_UNCHANGED) is not None
    except cv2.error:
        return False


SMALL = {
    "grey.jpg": encode_image(noise(9, 12), ".jpg"),
    "rgb.jpg": encode_image(noise(9, 12, 3), ".jpg", exif=exif(6), icc=b"profile" * 9),
    "progressive.jpg": by_opencv(".jpg", noise(17, 20, 3), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "subsampled.jpg": by_opencv(".jpg", noise(20, 20, 3), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x221111),
    "restarts.jpg": by_opencv(".jpg", noise(20, 20, 3), cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
    "grey.png": encode_image(noise(5, 7), ".png"),
    "rgba16.png": encode_image(noise(5, 7, 4, dtype=np.uint16), ".png", exif=exif(3), icc=b"profile" * 9),
    "rgb.tif": encode_image(noise(5, 7, 3), ".tif", icc=b"profile" * 9),
    "rgba.tif": encode_image(noise(5, 7, 4), ".tif"),
    "float.tif": encode_image(noise(5, 7, dtype=np.float32), ".tif"),
    "plain.tif": by_opencv(".tif", noise(5, 7, 3), cv2.IMWRITE_TIFF_COMPRESSION, 1),
    "lossless.webp": encode_image(noise(5, 7, 3), ".webp", exif=exif(8), icc=b"profile" * 9),
    "lossy.webp": by_opencv(".webp", noise(16, 16, 3), cv2.IMWRITE_WEBP_QUALITY, 70),
    "rgb.bmp": encode_image(noise(5, 7, 3), ".bmp"),
    "grey.bmp": encode_image(noise(5, 7), ".bmp"),
}
if reads_gif():
    SMALL["still.gif"] = gif()
everything = pytest.mark.parametrize("name", SMALL)


def refused(data, match=None, **options):
    with pytest.raises(ImageError, match=match) as caught:
        decode_image(data, name="photo", **options)
    message = str(caught.value)
    assert message.startswith("photo: ")
    assert message.isprintable(), "one line"
    return message


def image_or_none(data):
    """The image, or None where it is refused with one line; any other error passes through."""
    try:
        return decode_image(data, max_pixels=2**16)
    except ImageError as error:
        message = str(error)
    assert message.isprintable(), "one line"
    return None


# ---- what is whole is read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".bmp"])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_is_written_without_loss_is_read_back_bit_for_bit(suffix, data):
    kinds = {".png": "uint8 uint16", ".tif": "uint8 uint16 float32"}.get(suffix, "uint8").split()
    dtype = np.dtype(data.draw(st.sampled_from(kinds)))
    channels = data.draw(st.sampled_from({".webp": [3, 4], ".bmp": [None, 1, 3]}.get(suffix, [None, 1, 3, 4])))
    rows, cols = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    pixels = noise(rows, cols, *([] if channels is None else [channels]), dtype=dtype)
    if suffix == ".webp" and channels == 4:  # WebP keeps no colour where alpha is 0
        pixels[..., 3] = np.maximum(pixels[..., 3], 1)
    back = decode_image(encode_image(pixels, suffix))
    np.testing.assert_array_equal(back.pixels, pixels[..., 0] if channels == 1 else pixels)
    assert (back.pixels.dtype, back.bit_depth, back.orientation) == (dtype, 8 * dtype.itemsize, 1)
    assert back.pixels.flags.c_contiguous
    assert back.size == (cols, rows)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_colours_under_partial_alpha_are_not_multiplied_by_it(suffix):
    pixels = np.full((3, 4, 4), 200, np.uint8)
    pixels[..., 3] = 10
    np.testing.assert_array_equal(decode_image(encode_image(pixels, suffix)).pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (40, 50), (40, 50, 3), (7, 90, 4)])
def test_png_that_is_written_fast_holds_the_same_pixels_and_metadata(shape, dtype):
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    fast, small = (encode_image(pixels, ".png", fast=fast, icc=bytes(200)) for fast in (True, False))
    decoded = decode_image(fast)
    assert (decoded.pixels == pixels).all()
    assert decoded.pixels.dtype == dtype
    assert decoded.icc == bytes(200)
    assert encode_image(pixels, ".png", fast=True, icc=bytes(200)) == fast
    stairs = np.repeat(np.arange(64, dtype=dtype) % 7, 64).reshape(64, 64).T.copy()
    assert encode_image(stairs, ".png", fast=True) != encode_image(stairs, ".png")
    assert len(fast) < 1.1 * len(small) + 50  # of noise there is nothing to find


def test_grey_with_alpha_is_written_as_rgba():
    pixels = noise(4, 5, 2)
    back = decode_image(encode_image(pixels, ".png")).pixels
    np.testing.assert_array_equal(back, pixels[..., [0, 0, 0, 1]])


def test_a_jpeg_is_sequential_without_chroma_subsampling_and_close_to_its_pixels():
    ramp = np.stack(np.meshgrid(np.arange(0, 200, 5), np.arange(0, 100, 5)), axis=2).astype(np.uint8)
    pixels = np.dstack([ramp, np.full(ramp.shape[:2], 90, np.uint8)])
    data = encode_image(pixels, ".JPG")
    at = data.index(b"\xff\xc0")  # SOF0, whose components have a sampling factor in their second byte
    assert [data[at + 11 + 3 * i] for i in range(3)] == [0x11] * 3
    back = decode_image(data).pixels
    assert np.abs(back.astype(int) - pixels).max() <= 6  # quantiser steps at quality 95 are at most 12
    assert len(encode_image(pixels, ".jpg", quality=50)) < len(data)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp"])
def test_the_same_pixels_give_the_same_bytes_for_any_number_of_threads(suffix):
    pixels = noise(300, 200, 3)
    threads = cv2.getNumThreads()
    try:
        written = set()
        for count in (1, 2, 3):
            cv2.setNumThreads(count)
            written |= {encode_image(pixels, suffix), encode_image(pixels[:, ::-1].copy()[:, ::-1], suffix)}
    finally:
        cv2.setNumThreads(threads)
    assert len(written) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("size", [1, 2, 65_600, 140_001])  # more than one and two segments of a JPEG
def test_metadata_come_back_as_they_were_given(suffix, size):
    icc, notes = RANDOM.bytes(size), exif(1, tail=RANDOM.bytes(31))
    back = decode_image(encode_image(noise(6, 5, 3), suffix, exif=notes, icc=icc))
    assert (back.exif, back.icc) == (notes, icc)


def test_an_extended_webp_says_whether_it_has_alpha():
    for channels, flag in ((3, 0), (4, 0x10)):
        data = encode_image(noise(6, 5, channels), ".webp", icc=b"profile")
        assert data[12:16] == b"VP8X"
        assert data[20] == flag | 0x20  # 0x20: a colour profile


def test_a_tiff_keeps_its_colour_profile_and_pixels():
    pixels, icc = noise(31, 7, 4, dtype=np.uint16), RANDOM.bytes(1001)
    back = decode_image(encode_image(pixels, ".tiff", icc=icc))
    np.testing.assert_array_equal(back.pixels, pixels)
    assert back.icc == icc


@everything
def test_the_size_is_known_without_decoding(name, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(SMALL[name])
    size = read_image(tmp_path / name).size
    monkeypatch.setattr(files.cv2, "imdecode", None)
    assert read_size(tmp_path / name) == size


def test_what_follows_a_whole_file_is_ignored():
    for name in ("rgb.jpg", "grey.png", "rgb.bmp", "lossy.webp"):
        np.testing.assert_array_equal(
            decode_image(SMALL[name] + b"\xff\xd8more").pixels, decode_image(SMALL[name]).pixels
        )


def test_photos_are_the_same_as_opencv_reads_them():
    photos = [*image_paths(DATA / "lens", recursive=True)] if DATA.is_dir() else []
    if not photos:
        pytest.skip(f"no photos in {DATA}")
    for path in photos[:12]:
        expected = cv2.imread(str(path), cv2.IMREAD_COLOR)
        pixels = read_image(path).pixels
        pixels = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
        np.testing.assert_array_equal(pixels[..., 2::-1], expected)


# ---- orientation -----------------------------------------------------------------------------------------------

# CIPA DC-008, tag 274: the visual sides on which the stored row 0 and the stored column 0 lie
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def upright(stored, orientation):
    """Each stored pixel put where the standard says that it is seen."""
    rows, cols = stored.shape[:2]
    row_side, col_side = SIDES[orientation]
    turned = row_side in ("left", "right")
    seen = np.zeros((cols, rows, *stored.shape[2:]) if turned else stored.shape, stored.dtype)
    for r in range(rows):
        for c in range(cols):
            down = r if row_side in ("top", "left") else rows - 1 - r
            along = c if col_side in ("top", "left") else cols - 1 - c
            seen[(along, down) if turned else (down, along)] = stored[r, c]
    return seen


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_exif_orientation_is_applied_as_the_standard_says(suffix, orientation, order):
    stored = noise(5, 8, 3)
    plain = decode_image(encode_image(stored, suffix)).pixels
    image = decode_image(encode_image(stored, suffix, exif=exif(orientation, order=order)))
    np.testing.assert_array_equal(image.pixels, upright(plain, orientation))
    assert image.orientation == orientation
    assert image.exif == exif(1, order=order)
    if suffix == ".jpg":
        seen = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(image.pixels, seen[..., ::-1])


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize(("kind", "layout"), [(1, "B"), (3, "<H"), (4, "<I")])
def test_tiff_orientation_is_applied(orientation, kind, layout):
    stored = noise(5, 8, 3, dtype=np.uint16)
    data = files._tiff.with_fields(encode_image(stored, ".tif"), {274: (kind, struct.pack(layout, orientation))})
    np.testing.assert_array_equal(decode_image(data).pixels, upright(stored, orientation))


def test_an_upright_copy_is_not_turned_again():
    first = decode_image(SMALL["rgb.jpg"])
    second = decode_image(encode_image(first.pixels, ".png", exif=first.exif))
    np.testing.assert_array_equal(second.pixels, first.pixels)


@given(st.binary(max_size=80), st.sampled_from([b"", b"MM\0*", b"II*\0", b"MM\0*\0\0\0\x08"]))
@settings(max_examples=300, deadline=None)
def test_exif_data_that_mean_nothing_are_ignored_and_kept(body, head):
    image = decode_image(encode_image(np.zeros((2, 3), np.uint8), ".png", exif=head + body))
    assert image.orientation in range(1, 9)
    assert len(image.exif) == len(head + body)


# ---- what is not whole is refused ------------------------------------------------------------------------------


@everything
def test_every_truncation_is_refused(name):
    data = SMALL[name]
    decode_image(data)
    for length in range(len(data)):
        refused(data[:length])
        with pytest.raises(ImageError):  # by the walk alone, whatever the decoder would say
            files.read_header(data[:length])


@pytest.mark.parametrize("name", ["grey.png", "rgba16.png"])
def test_a_png_chunk_that_is_needed_and_damaged_is_seen_before_decoding(name, undecoded):
    for chunk in (b"IHDR", b"IDAT", b"IEND"):
        data = bytearray(SMALL[name])
        data[data.index(chunk) + 4] ^= 1  # of its contents, or of the checksum of IEND
        refused(bytes(data), "checksum|colour type")
    data = bytearray(SMALL["rgba16.png"])
    data[data.index(b"iCCP") + 20] ^= 1
    assert files.read_header(bytes(data)).icc is None


def test_a_truncated_photo_is_refused_although_its_thumbnail_is_whole():
    data = encode_image(noise(9, 12, 3), ".jpg", exif=exif(1, tail=SMALL["grey.jpg"]))
    decode_image(data)
    for length in range(len(SMALL["grey.jpg"]) + 40, len(data)):
        refused(data[:length], "truncated")


@everything
def test_no_flipped_bit_does_harm(name):
    data = SMALL[name]
    whole = decode_image(data)
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        image = image_or_none(bytes(changed))
        if image is None:
            continue
        assert image.pixels.size <= 4 * 2**16
        assert image.pixels.dtype in (np.uint8, np.uint16, np.float32)
        if name.endswith(".png") and whole.orientation == image.orientation:  # its checksums see every flip
            np.testing.assert_array_equal(image.pixels, whole.pixels)


@given(st.binary(max_size=200), st.sampled_from([b"", *(data[:12] for data in SMALL.values())]))
@settings(max_examples=500, deadline=None)
def test_random_bytes_are_no_image(body, head):
    refused(head + body, max_pixels=2**16)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_random_damage_gives_an_error_or_an_image(data):
    whole = SMALL[data.draw(st.sampled_from(sorted(SMALL)))]
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))
    changed = whole[:begin] + data.draw(st.binary(max_size=30)) + whole[end:]
    image_or_none(changed)


def test_an_empty_file_and_a_text_file_say_so(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text\n.jpg").write_text("not a photo")
    with pytest.raises(ImageError, match=r"empty.jpg: the file is empty"):
        read_image(tmp_path / "empty.jpg")
    with pytest.raises(ImageError, match="not an image") as caught:
        read_image(tmp_path / "text\n.jpg")
    assert str(caught.value).isprintable(), "one line"
    with pytest.raises(OSError):
        read_image(tmp_path / "none.jpg")


# ---- headers that lie ------------------------------------------------------------------------------------------


@pytest.fixture
def undecoded(monkeypatch):
    """Fails the test when anything is decoded."""
    monkeypatch.setattr(files.cv2, "imdecode", lambda *_: pytest.fail("decoded before it was refused"))


def test_a_bomb_is_refused_before_it_is_decoded(undecoded):
    side = 2**15
    bomb = png(side, side, depth=1, data=bytes((1 + side // 8) * side))
    assert len(bomb) < 2**18
    refused(bomb, "max_pixels=268435456")
    refused(SMALL["grey.png"], "5 pixels|more than max_pixels=34", max_pixels=34)


@pytest.mark.parametrize(("name", "offset", "layout"), [("rgb.bmp", 18, "<ii"), ("lossless.webp", 24, None)])
def test_a_huge_size_is_refused_before_it_is_decoded(name, offset, layout, undecoded):
    data = bytearray(SMALL[name])
    if layout:
        struct.pack_into(layout, data, offset, 40_000, 40_000)
    else:
        data[offset : offset + 6] = b"\xff\xff\x00\xff\xff\x00"
    refused(bytes(data), "truncated|max_pixels|canvas")


def jpeg_of_size(name, width, height):
    data = bytearray(SMALL[name])
    at = data.index(b"\xff\xc0" if b"\xff\xc0" in data else b"\xff\xc2")
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


@pytest.mark.parametrize("name", ["grey.jpg", "rgb.jpg", "progressive.jpg", "subsampled.jpg"])
def test_a_jpeg_with_less_data_than_pixels_is_refused(name, undecoded):
    refused(jpeg_of_size(name, 65_500, 65_500), "max_pixels|cannot hold")
    refused(jpeg_of_size(name, 65_500, 65_500), "cannot hold", max_pixels=2**33)


def test_a_png_with_less_data_than_pixels_is_refused():
    refused(png(100_000, 100_000, data=b"\0" * 100), "cannot hold", max_pixels=2**40)
    assert decode_image(png(3, 2, data=b"\0\1\2\3" * 2)).pixels.tolist() == [[1, 2, 3]] * 2
    refused(png(3, 9, data=b"\0\1\2\3" * 2), "damaged PNG")


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (0, 0)])
def test_zero_sides_are_refused(size):
    refused(png(*size, data=b"\0" * 8), "is empty")
    refused(jpeg_of_size("rgb.jpg", *size), "is empty")
    data = bytearray(SMALL["rgb.bmp"])
    struct.pack_into("<ii", data, 18, *size)
    refused(bytes(data), "is empty")


# ---- kinds that are not read -----------------------------------------------------------------------------------


def test_cmyk_jpegs_are_refused():
    plain = SMALL["rgb.jpg"]
    at = plain.index(b"\xff\xc0")
    frame = struct.pack(">HBHHB", 20, 8, 9, 12, 4) + b"".join(bytes((i, 0x11, 0)) for i in range(1, 5))
    refused(plain[: at + 2] + frame + plain[at + 19 :], "CMYK JPEG")


def test_animations_are_refused():
    refused(gif(frames=2), "animated GIF of 2 frames")
    control = png_chunk(b"acTL", struct.pack(">II", 3, 0))
    refused(png(3, 2, data=b"\0\1\2\3" * 2, before=control), "animated PNG of 3 frames")
    still = png_chunk(b"acTL", struct.pack(">II", 1, 0))
    assert decode_image(png(3, 2, data=b"\0\1\2\3" * 2, before=still)).size == (3, 2)
    frame = by_opencv(".webp", noise(4, 4, 3), cv2.IMWRITE_WEBP_QUALITY, 101)[12:]
    moving = riff(b"ANMF", struct.pack("<HBHBHBHBHBB", 0, 0, 0, 0, 3, 0, 3, 0, 40, 0, 0) + frame)
    body = riff(b"VP8X", struct.pack("<IHBHB", 2, 3, 0, 3, 0)) + riff(b"ANIM", b"\0" * 6) + moving * 2
    refused(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body, "animated WebP of 2 frames")


def tiff_with(pixels=None, **changed):
    """A TIFF with one of its fields set to another value."""
    tags = {"photometric": 262, "samples": 277, "bits": 258, "sample_format": 339, "extra": 338}
    data = encode_image(noise(5, 7, 3) if pixels is None else pixels, ".tif")
    fields = {tags[name]: (3, struct.pack("<H", value)) for name, value in changed.items()}
    return files._tiff.with_fields(data, fields)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"photometric": 5}, "CMYK"),
        ({"photometric": 0}, "white is zero"),
        ({"photometric": 8}, "CIELab"),
        ({"photometric": 77}, "number 77"),
        ({"samples": 2}, "2 channels"),
        ({"bits": 12}, "12-bit unsigned"),
        ({"bits": 16, "sample_format": 2}, "16-bit signed"),
        ({"bits": 64, "sample_format": 3}, "64-bit floating"),
    ],
)
def test_tiffs_that_would_be_read_wrongly_are_refused(changed, match):
    refused(tiff_with(**changed), match)


def test_a_tiff_with_colours_multiplied_by_alpha_is_refused():
    refused(tiff_with(noise(5, 7, 4), extra=1), "multiplied by alpha")


def test_a_tiff_of_two_pages_is_refused_unless_one_is_a_thumbnail(tmp_path):
    pages = [noise(5, 7), noise(3, 4)]
    cv2.imwritemulti(str(tmp_path / "two.tif"), pages)
    data = (tmp_path / "two.tif").read_bytes()
    refused(data, "2 pages")
    entry = files._tiff.directories(data)[1].entries[254]
    thumbnail = data[: entry.start] + b"\1\0\0\0" + data[entry.start + 4 :]
    np.testing.assert_array_equal(decode_image(thumbnail).pixels, pages[0])
    entry = files._tiff.directories(data)[0].entries[254]
    refused(data[: entry.start] + b"\1\0\0\0" + data[entry.start + 4 :], "thumbnail comes first")


def test_tiff_directories_that_run_in_a_circle_are_refused():
    data = bytearray(SMALL["rgb.tif"])
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    refused(bytes(data), "circle")


def test_a_tiff_strip_shorter_than_its_pixels_is_refused():
    data = SMALL["plain.tif"]
    entry = files._tiff.directories(data)[0].entries[279]
    size = entry.start, "<H" if entry.kind == 3 else "<I"
    changed = bytearray(data)
    struct.pack_into(size[1], changed, size[0], struct.unpack_from(size[1], data, size[0])[0] - 1)
    refused(bytes(changed), "shorter than its pixels")


def test_a_big_endian_tiff_and_a_bigtiff_are_read():
    pixels = noise(2, 3)
    for order, big in ((">", False), ("<", True), (">", True)):
        mark = (b"MM" if order == ">" else b"II") + struct.pack(order + "H", 43 if big else 42)
        head = mark + (struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8))
        tags = [(256, 3), (257, 2), (258, 8), (259, 1), (262, 1), (273, 0), (277, 1), (278, 2), (279, 6)]
        room = 8 if big else 4
        end = len(head) + (8 if big else 2) + len(tags) * (12 + 2 * (room - 4)) + room
        entries = b""
        for tag, value in tags:
            entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, 4, 1)
            entries += struct.pack(order + "I", end if tag == 273 else value).ljust(room, b"\0")
        data = head + struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + b"\0" * room + pixels.tobytes()
        np.testing.assert_array_equal(decode_image(data).pixels, pixels)
        for length in range(len(data)):
            with pytest.raises(ImageError):
                files.read_header(data[:length])


# ---- what cannot be written ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "dtype", "suffix", "error", "match"),
    [
        ((4, 4, 4), np.uint8, ".jpg", ValueError, "JPEG has no alpha channel"),
        ((4, 4, 4), np.uint8, ".bmp", ValueError, "BMP has no alpha channel"),
        ((4, 4), np.uint16, ".jpg", TypeError, "JPEG holds uint8, got uint16"),
        ((4, 4), np.float32, ".png", TypeError, "PNG holds uint8 or uint16, got float32"),
        ((4, 4), np.int32, ".tif", TypeError, "got int32"),
        ((4, 4, 5), np.uint8, ".png", ValueError, "channels"),
        ((4,), np.uint8, ".png", ValueError, "shape"),
        ((0, 4), np.uint8, ".png", ValueError, "shape"),
        ((1, 16_384, 3), np.uint8, ".webp", ValueError, "at most 16383"),
        ((65_501, 1), np.uint8, ".jpg", ValueError, "at most 65500"),
        ((4, 4), np.uint8, ".gif", ValueError, "suffix must be one of"),
        ((4, 4), np.uint8, "jpg", ValueError, "suffix must be one of"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(shape, dtype, suffix, error, match):
    with pytest.raises(error, match=match):
        encode_image(np.zeros(shape, dtype), suffix)


def test_bad_quality_and_metadata_that_do_not_fit_are_refused():
    pixels = np.zeros((2, 2), np.uint8)
    for quality in (0, 101):
        with pytest.raises(ValueError, match="quality"):
            encode_image(pixels, ".jpg", quality=quality)
    for suffix, options in ((".bmp", {"icc": b"x"}), (".tif", {"exif": b"x"})):
        with pytest.raises(ValueError, match="are written without"):
            encode_image(pixels, suffix, **options)
    with pytest.raises(ValueError, match="bytes of EXIF"):
        encode_image(pixels, ".jpg", exif=b"x" * 65_530)


# ---- folders ---------------------------------------------------------------------------------------------------


def test_image_paths_are_sorted_and_only_images(tmp_path):
    for name in ("b.JPG", "a.png", "c.txt", ".hidden.png", "inner/a.tif", "inner/.cache/x.png", "B/z.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"")

    def names(**options):
        return [path.relative_to(tmp_path).as_posix() for path in image_paths(tmp_path, **options)]

    assert names() == ["a.png", "b.JPG"]
    assert names(recursive=True) == ["B/z.webp", "a.png", "b.JPG", "inner/a.tif"]
    with pytest.raises(OSError):
        image_paths(tmp_path / "none")
