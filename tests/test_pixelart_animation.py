"""Animations: what is written comes back, what is read is whole, and no file asks for more memory than is allowed."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from frames_cases import walk
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.files import ImageError, decode_image, encode_image, read_header
from pixkern.pipelines.pixelart import animation
from pixkern.pipelines.pixelart._gif_colours import _STAND_INS, recoloured
from pixkern.pipelines.pixelart.animation import (
    SUFFIXES,
    Animation,
    decode_animation,
    encode_animation,
    read_animation,
    write_animation,
)
from pixkern.pipelines.pixelart.sheets import join_sheet, split_sheet

WALK = tuple(walk(5))
CLEAR = tuple(np.dstack([frame, np.where(frame[..., :1] > 100, 255, 0).astype(np.uint8)]) for frame in WALK)
TIMES = (100, 50, 70, 200, 30)
pytestmark = pytest.mark.skipif(not hasattr(cv2, "imencodeanimation"), reason="OpenCV before 4.12 writes no animations")


def visible(frame):
    """What is under alpha 0 may be lost."""
    return frame if frame.shape[2] == 3 else np.where(frame[..., 3:] > 0, frame, 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("frames", [WALK, CLEAR], ids=["rgb", "rgba"])
@pytest.mark.parametrize("loops", [0, 3])
def test_frames_times_and_loops_come_back(tmp_path, suffix, frames, loops):
    path = tmp_path / f"walk{suffix.upper()}"
    write_animation(path, Animation(frames, TIMES, loops))
    back = read_animation(path)
    assert back.durations == TIMES
    assert back.loops == loops
    for frame, other in zip(frames, back.frames, strict=True):
        assert (visible(frame) == visible(other)).all()  # fewer than 256 colours, so that GIF loses nothing


@pytest.mark.parametrize("colours", [1, 2, 3, 4, 5, 17, 64, 128, 200, 254, 255])
@pytest.mark.parametrize("clear", [False, True])
def test_gif_keeps_up_to_255_colours_that_are_close_to_each_other(colours, clear):
    draw = np.random.default_rng(colours)
    palette = draw.permutation(np.stack(np.meshgrid(*[np.arange(100, 107)] * 3), -1).reshape(-1, 3))[:colours]
    frames = np.full((3, 20, 20, 4), 255, np.uint8)
    frames[..., :3] = palette[draw.integers(0, colours, (3, 20, 20))]
    frames[..., :3].reshape(-1, 3)[:colours] = palette
    if clear:
        frames[:, 5:9, 3:12] = 0
    assert animation.fits_gif(tuple(frames))
    back = decode_animation(encode_animation(Animation(tuple(frames), (50,) * 3), ".gif")).frames
    for frame, other in zip(frames, back, strict=True):
        assert (visible(other) == frame[..., : other.shape[2]]).all()


def test_the_table_of_a_single_frame_is_recoloured():
    first, second = (bytes(colour) for colour in _STAND_INS[:2])
    table = b"\x80" + first + second
    screen, place = struct.pack("<HHBBB", 1, 1, 0, 0, 0), struct.pack("<HHHH", 0, 0, 1, 1)
    pixel = b"\x02\x02\x4c\x01\x00"  # three-bit codes: clear, 1, end
    data = b"GIF89a" + screen + b"\x21\xfe\x01!\x00" + b"\x2c" + place + table + pixel + b"\x3b"
    assert decode_image(data).pixels.reshape(-1)[:3].tolist() == list(second)
    other = recoloured(data, np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert decode_image(other).pixels.reshape(-1)[:3].tolist() == [4, 5, 6]


def test_gif_of_more_colours_is_near():
    frame = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert not animation.fits_gif((frame,))
    frames = (frame, frame[::-1].copy())
    back = decode_animation(encode_animation(Animation(frames, (50, 50)), ".gif")).frames
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(frames, back, strict=True)) < 2  # 256 of 255 colours


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_grey_frames_are_read_as_rgb(suffix):
    frames = tuple(frame[..., 0].copy() for frame in WALK)
    back = decode_animation(encode_animation(Animation(frames, TIMES), suffix))
    assert all((other == frame[..., None]).all() for frame, other in zip(frames, back.frames, strict=True))


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40))
def test_rounding_to_the_hundredths_of_gif_keeps_the_whole(times):
    rounded = animation._durations(times, 10)
    assert (rounded % 10 == 0).all()
    assert (rounded >= 10).all()
    if min(times) >= 15:  # shorter ones are lifted to a hundredth
        assert abs(rounded.sum() - sum(times)) <= 5


def test_a_still_picture_is_an_animation_of_one_frame(tmp_path):
    path = tmp_path / "one.png"
    path.write_bytes(encode_image(WALK[0], ".png"))
    found = read_animation(path)
    assert len(found.frames) == 1
    assert (found.frames[0] == WALK[0]).all()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_headers_count_frames_and_still_readers_refuse_them(suffix):
    data = encode_animation(Animation(WALK, TIMES), suffix)
    assert read_header(data, animated=True).frames == 5
    with pytest.raises(ImageError, match="of 5 frames; only still images"):
        decode_image(data)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_beginning_of_a_file_is_taken_for_the_whole(suffix):
    frames = tuple(frame[:12, :14].copy() for frame in WALK[:2])
    data = encode_animation(Animation(frames, (50, 50)), suffix)
    for length in range(len(data)):
        with pytest.raises(ImageError):
            decode_animation(data[:length])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_flipped_bits_give_an_error_or_frames_of_the_announced_size(suffix):
    data = encode_animation(Animation(WALK, TIMES), suffix)
    draw = np.random.default_rng(1)
    for _ in range(150):
        spoilt = bytearray(data)
        spoilt[draw.integers(len(data))] ^= 1 << draw.integers(8)
        try:
            found = decode_animation(bytes(spoilt), max_pixels=2**20)
        except ImageError:
            continue
        assert len({frame.shape for frame in found.frames}) == 1
        assert found.frames[0].size <= 2**22


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pixels_of_all_frames_count_against_the_limit(suffix):
    data = encode_animation(Animation(WALK, TIMES), suffix)
    pixels = sum(frame[..., 0].size for frame in WALK)
    assert len(decode_animation(data, max_pixels=pixels).frames) == 5
    with pytest.raises(ImageError, match="max_pixels"):
        decode_animation(data, max_pixels=pixels - 1)


def test_a_png_that_announces_four_billion_frames_is_refused_before_it_is_decoded(monkeypatch):
    data = encode_animation(Animation(WALK, TIMES), ".png")
    at = data.index(b"acTL")
    body = struct.pack(">II", 2**32 - 1, 0)
    lying = data[: at + 4] + body + struct.pack(">I", zlib.crc32(b"acTL" + body)) + data[at + 16 :]
    monkeypatch.setattr(cv2, "imdecodeanimation", None)
    with pytest.raises(ImageError, match="4294967295 frames"):
        decode_animation(lying)


def test_opencv_without_animations_is_named(monkeypatch):
    data = encode_animation(Animation(WALK, TIMES), ".png")
    monkeypatch.delattr(cv2, "imdecodeanimation")
    monkeypatch.delattr(cv2, "imencodeanimation")
    with pytest.raises(ImageError, match=r"4\.12"):
        decode_animation(data)
    with pytest.raises(RuntimeError, match=r"4\.12"):
        encode_animation(Animation(WALK, TIMES), ".png")


@pytest.mark.parametrize(
    ("given_animation", "suffix", "error", "told"),
    [
        (Animation(WALK, TIMES), ".mp4", ValueError, "end in"),
        (Animation((), ()), ".gif", ValueError, "each frame"),
        (Animation(WALK, TIMES[:-1]), ".gif", ValueError, "each frame"),
        (Animation((WALK[0], WALK[1][:-1]), (1, 1)), ".gif", ValueError, "one shape"),
        (Animation((WALK[0].astype(float),), (1,)), ".gif", TypeError, "uint8"),
        (Animation((WALK[0][..., :2].copy(),), (1,)), ".gif", ValueError, "frames must be"),
        (Animation(WALK[:1], (-1,)), ".gif", ValueError, "durations"),
        (Animation(WALK[:1], (10,), -1), ".gif", ValueError, "loops"),
        (Animation((np.full((4, 4, 4), 99, np.uint8),), (10,)), ".gif", ValueError, "half-transparent"),
    ],
)
def test_what_cannot_be_written_is_refused(given_animation, suffix, error, told):
    with pytest.raises(error, match=told):
        encode_animation(given_animation, suffix)


# ---- sheets -----------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.sampled_from([(), (3,), (4,)]))
def test_a_sheet_that_is_split_is_joined_again(columns, rows, height, width, channels):
    sheet = np.random.default_rng(0).integers(0, 256, (rows * height, columns * width, *channels), np.uint8)
    frames = split_sheet(sheet, columns, rows)
    assert frames.shape == (columns * rows, height, width, *channels)
    assert (join_sheet(frames, columns, rows) == sheet).all()


@given(st.integers(1, 40), st.integers(1, 200))
def test_frames_of_a_sheet_begin_within_half_a_pixel_of_where_they_should(count, length):
    if count > length:
        with pytest.raises(ValueError, match="columns"):
            split_sheet(np.zeros((1, length), np.uint8), count, 1)
        return
    places = np.arange(length, dtype=np.uint8).reshape(1, -1)
    starts = split_sheet(places, count, 1)[:, 0, 0].astype(int)
    assert (np.abs(starts - np.arange(count) * length / count) <= 0.5).all()


def test_sheets_of_the_wrong_kind_are_refused():
    with pytest.raises(ValueError, match="fit"):
        join_sheet(WALK, 2, 2)
    with pytest.raises(ValueError, match="one shape"):
        join_sheet([WALK[0], WALK[1][:-1]], 2, 2)
    with pytest.raises(TypeError, match="columns"):
        split_sheet(WALK[0], 2.0, 1)
    with pytest.raises(TypeError, match="image"):
        split_sheet(WALK[0].astype(float), 2, 1)
