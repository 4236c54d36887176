"""Animation files: what is read back is what was written, and no half file is ever left."""

import os
import weakref

import cv2
import numpy as np
import pytest

from pixkern.demo import photo
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.slpr.animation import SUFFIXES, write_animation

PHOTO = decode_image(photo("astronaut.webp")).pixels[40:200, 120:360]
MOVING = [np.ascontiguousarray(np.roll(PHOTO, 7 * step, 1)) for step in range(9)]
PICTURES = (".gif", ".webp", ".png")
pytestmark = pytest.mark.skipif(not hasattr(cv2, "imencodeanimation"), reason="OpenCV before 4.12 writes no animations")


def read(path):
    """(frames as RGB, milliseconds of each); of a video, of all the same length."""
    if path.suffix != ".mp4":
        read, animation = cv2.imreadanimation(str(path))
        assert read
        assert animation.loop_count == 0
        return [frame[..., 2::-1] for frame in animation.frames], list(animation.durations)
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        read, frame = video.read()
        if not read:
            return frames, [1000 / video.get(cv2.CAP_PROP_FPS)] * int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        frames.append(frame[..., ::-1])


def error_of(frames, originals):
    return max(np.abs(a.astype(int) - b).mean() for a, b in zip(frames, originals, strict=True))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("grey", [False, True])
def test_frames_come_back_in_number_size_time_and_colour(tmp_path, suffix, grey):
    path = tmp_path / f"a{suffix}"
    frames = [frame[..., 1].copy() for frame in MOVING] if grey else MOVING
    assert write_animation(path, iter(frames), 20) == 9
    back, durations = read(path)
    assert durations == pytest.approx([50] * 9)
    originals = [np.dstack([frame] * 3) for frame in frames] if grey else frames
    # lossless; 256 colours of a photo are 3 codes off in the mean; MPEG-4 at OpenCV's rate, half the colour: 3 to 4
    assert error_of(back, originals) <= {".png": 0, ".webp": 0, ".gif": 3.5, ".mp4": 5}[suffix]
    assert os.listdir(tmp_path) == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_run_writes_the_same_bytes(tmp_path, suffix):
    for name in "ab":
        write_animation(tmp_path / f"{name}{suffix}", MOVING, 25)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", PICTURES)
def test_single_pixels_and_odd_sizes_are_written(tmp_path, suffix):
    for shape in ((1, 1), (3, 5, 3), (31, 1)):
        frames = [np.full(shape, code, np.uint8) for code in (77, 200)]
        assert write_animation(tmp_path / f"a{suffix}", frames, 10) == 2
        back, _ = read(tmp_path / f"a{suffix}")
        assert [b.shape for b in back] == [(*shape[:2], 3)] * 2
        assert error_of(back, [np.full((*shape[:2], 3), code) for code in (77, 200)]) <= 1  # GIF's choice of colours


@pytest.mark.parametrize("suffix", PICTURES)
def test_a_picture_that_holds_still_lasts_as_long(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    still = [MOVING[0]] * 3 + [MOVING[1]] * 2
    assert write_animation(path, still, 10) == 5
    back, durations = read(path)
    assert sum(durations) == 500
    assert len(back) == (5 if suffix == ".gif" else 2)


@pytest.mark.parametrize(("suffix", "tick"), [(".gif", 10), (".webp", 1), (".png", 1)])
@pytest.mark.parametrize("fps", [7, 12, 23.976, 30, 48])
def test_delays_add_up_to_the_whole_in_the_ticks_of_the_format(tmp_path, suffix, tick, fps):
    frame = np.zeros((4, 4), np.uint8)
    path = tmp_path / f"a{suffix}"
    write_animation(path, [frame + step for step in range(20)], fps)
    _, durations = read(path)
    assert all(duration % tick == 0 for duration in durations)
    assert max(durations) - min(durations) <= tick
    assert sum(durations) == pytest.approx(20_000 / fps, abs=tick)  # one tick of rounding in all


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
def test_what_stood_there_still_stands_there_after_an_error(tmp_path, suffix, error):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"before")

    def stopping():
        yield from MOVING[:5]
        raise error("stopped")

    with pytest.raises(error, match="stopped"):
        write_animation(path, stopping(), 25)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == [path.name]
    write_animation(path, MOVING[:2], 25)
    assert len(read(path)[0]) == 2


def test_a_video_is_streamed(tmp_path):
    alive, most = [], 0

    def frames():
        nonlocal most
        for step in range(30):
            frame = MOVING[step % 9].copy()
            alive.append(weakref.ref(frame))
            most = max(most, sum(reference() is not None for reference in alive))
            yield frame

    write_animation(tmp_path / "a.mp4", frames(), 25)
    assert most <= 3  # the new one, the one that is written, and the first, which named the size


@pytest.mark.parametrize(
    ("name", "frames", "fps", "error", "words"),
    [
        ("a.avi", MOVING, 25, ValueError, "end in .gif, .webp, .png, .mp4"),
        ("a", MOVING, 25, ValueError, "end in"),
        ("a.gif", MOVING, 51, ValueError, "up to 50 for .gif"),
        ("a.mp4", MOVING, 0, ValueError, "above 0"),
        ("a.mp4", MOVING, float("nan"), ValueError, "above 0"),
        ("a.mp4", MOVING, "25", TypeError, "number"),
        ("a.gif", [], 25, ValueError, "at least one frame"),
        ("a.mp4", [], 25, ValueError, "at least one frame"),
        ("a.mp4", [PHOTO[:-1]], 25, ValueError, "even width and height, got 240 x 159"),
        ("a.mp4", [PHOTO, PHOTO[:-2]], 25, ValueError, "number 2 is"),
        ("a.gif", [PHOTO, PHOTO[..., 0]], 25, ValueError, "one shape"),
        ("a.gif", [PHOTO.astype(np.float32)], 25, TypeError, "float32 as number 1"),
        ("a.gif", [PHOTO[..., :2]], 25, ValueError, "shape"),
        ("a.gif", ["x"], 25, TypeError, "str"),
        ("a.gif", [PHOTO[:0]], 25, ValueError, "shape"),
        ("none/a.gif", MOVING, 25, OSError, "none/a.gif"),
        ("none/a.mp4", MOVING, 25, OSError, "none/a.mp4"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(tmp_path, name, frames, fps, error, words):
    with pytest.raises(error, match=words):
        write_animation(tmp_path / name, frames, fps)
    assert os.listdir(tmp_path) == []


def test_encoders_that_are_missing_are_named(tmp_path, monkeypatch):
    class Closed:
        def __init__(self, *_):
            pass

        fourcc = staticmethod(cv2.VideoWriter.fourcc)

        def isOpened(self):
            return False

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoWriter", Closed)
    with pytest.raises(RuntimeError, match="cannot write 240 x 160 MP4"):
        write_animation(tmp_path / "a.mp4", MOVING, 25)
    monkeypatch.setattr(cv2, "imencodeanimation", lambda *_: (False, None))
    with pytest.raises(RuntimeError, match=r"could not write 9 frames as \.gif"):
        write_animation(tmp_path / "a.gif", MOVING, 25)
    monkeypatch.delattr(cv2, "imencodeanimation")
    with pytest.raises(RuntimeError, match=r"4\.12 or newer"):
        write_animation(tmp_path / "a.gif", MOVING, 25)
    assert os.listdir(tmp_path) == []


def test_a_video_that_is_shorter_than_it_should_be_is_an_error(tmp_path, monkeypatch):
    class Lossy:
        fourcc = staticmethod(cv2.VideoWriter.fourcc)

        def __init__(self, *arguments):
            self.writer, self.written = writer(*arguments), 0
            self.isOpened, self.release = self.writer.isOpened, self.writer.release

        def write(self, frame):
            self.written += 1
            if self.written < 5:
                self.writer.write(frame)

    writer = cv2.VideoWriter
    monkeypatch.setattr(cv2, "VideoWriter", Lossy)
    with pytest.raises(OSError, match="4 of 9 frames"):
        write_animation(tmp_path / "a.mp4", MOVING, 25)
    assert os.listdir(tmp_path) == []
