"""`pixkern slpr render`, `zoom` and `assets`: what they write, what they refuse in one line, and the demo."""

import json
import math
import os
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixkern import set_threads
from pixkern.cli import _demo_slpr, main
from pixkern.demo import photo
from pixkern.pipelines.files import decode_image, encode_image, read_image
from pixkern.pipelines.slpr.assets import NAMES
from pixkern.pipelines.slpr.picture import Picture
from pixkern.pipelines.slpr.zoom import KeyFrame, zoom_frames
from pixkern.pyramid import render, spline_pyramid, variance

PHOTO = decode_image(photo("astronaut.webp")).pixels[60:140, 160:264].copy()  # 104 x 80
ICC = bytes([0, 0, 0, 132]) + bytes(12) + b"RGB " + bytes(16) + b"acsp" + bytes(92)


@pytest.fixture(autouse=True)
def _threads():
    yield
    set_threads(None)


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rgb.png").write_bytes(encode_image(PHOTO, ".png", icc=ICC))
    Path("grey.png").write_bytes(encode_image(PHOTO[..., 1].copy(), ".png"))
    Path("deep.png").write_bytes(encode_image(PHOTO.astype(np.uint16) * 257, ".png"))
    return tmp_path


def run(capsys, *arguments):
    code = main(["slpr", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def written(capsys, *arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    return out


def test_a_picture_is_what_the_renderer_gives_for_the_same_options(at, capsys):
    options = ("--samples", 3, "--levels", 4, "--patch-size", 3, "--jitter", 0.7, "--noise-strength", 0.1)
    options += ("--gains", "1,1.5,1,.5", "--block", 2, "--seed", 9, "--first-sample", 5, "--threads", 2)
    out = written(capsys, "render", "rgb.png", "a.png", "--zoom", 250, *options)
    assert out == "rgb.png: wrote a.png, 260 x 200, 3 samples\n"
    law = {"samples": 3, "patch_size": 3, "jitter": 0.7, "noise_strength": 0.1, "gains": (1, 1.5, 1, 0.5), "block": 2}
    drawn = render(spline_pyramid(PHOTO, 4), (260, 200), **law, seed=9, first_sample=5, dtype=np.uint8)
    assert np.array_equal(read_image("a.png").pixels, drawn)
    written(capsys, "render", "rgb.png", "part.png", "--zoom", 250, "--roi", "31, 17,100,55", *options)
    assert np.array_equal(read_image("part.png").pixels, drawn[17:72, 31:131])


@pytest.mark.parametrize("mode", ["rgb", "luma"])
def test_endless_samples_at_100_per_cent_give_the_image_back(at, capsys, mode):
    written(capsys, "render", "rgb.png", "a.png", "--zoom", 100, "--samples", "inf", "--color-mode", mode)
    assert np.array_equal(read_image("a.png").pixels, PHOTO)


def test_grey_stays_grey_16_bits_stay_16_and_profiles_are_kept_for_their_colours(at, capsys):
    how = ("--zoom", 100, "--samples", "inf")
    for name, mode, expected in (
        ("grey", (), PHOTO[..., 1]),
        ("grey", ("--color-mode", "rgb"), np.dstack([PHOTO[..., 1]] * 3)),
        ("deep", (), PHOTO.astype(np.uint16) * 257),
    ):
        written(capsys, "render", f"{name}.png", "a.png", *how, *mode)
        back = read_image("a.png").pixels
        assert back.dtype == expected.dtype
        assert np.array_equal(back, expected)
    written(capsys, "render", "deep.png", "a.webp", *how)
    assert np.array_equal(read_image("a.webp").pixels, PHOTO)
    written(capsys, "render", "rgb.png", "a.png", *how)
    assert read_image("a.png").icc == ICC
    written(capsys, "render", "rgb.png", "a.png", *how, "--color-mode", "gray")
    assert read_image("a.png").icc is None


def test_floats_become_16_bits_and_are_clipped(at, capsys):
    values = np.full((12, 9), 0.25, np.float32)
    values[5, 4] = 2.5
    Path("float.tif").write_bytes(encode_image(values, ".tif"))
    written(capsys, "render", "float.tif", "a.tif", "--zoom", 100, "--samples", "inf")
    pixels = read_image("a.tif").pixels
    assert pixels.dtype == np.uint16
    assert pixels[5, 4] == 65535
    assert np.array_equal(pixels == 65535, values > 1)
    assert (pixels[values < 1] == 16384).all()  # 0.25 x 65535 = 16383.75


def test_names_that_are_left_out_say_the_zoom(at, capsys):
    os.mkdir("there")
    assert "wrote rgb-400.png, 416 x 320, 16 samples" in written(capsys, "render", "rgb.png")
    assert "wrote there/rgb-12.5.png, 13 x 10" in written(capsys, "render", "rgb.png", "there", "--zoom", 12.5)
    assert "wrote rgb-50x30.png, 50 x 30" in written(capsys, "render", "rgb.png", "--size", "50x30")
    written(capsys, "render", "rgb.png")  # again: outputs are replaced, as those of other commands are
    assert sorted(os.listdir()) == ["deep.png", "grey.png", "rgb-400.png", "rgb-50x30.png", "rgb.png", "there"]


@pytest.mark.parametrize("mode", ["rgb", "luma"])
def test_deviations_are_written_as_numbers_and_as_pictures(at, capsys, mode):
    how = ("--zoom", 200, "--roi", "10,20,99,77", "--noise-strength", 0.1, "--jitter", 1, "--color-mode", mode)
    told = json.loads(written(capsys, "render", "rgb.png", "a.png", "--deviation", "d.npy", "--json", *how))
    planes = Picture.of(PHOTO, color_mode=mode).pyramid
    expected = np.sqrt(variance(planes, (208, 160), roi=(10, 20, 99, 77), noise_strength=0.1, jitter=1))
    assert np.array_equal(np.load("d.npy"), expected)
    assert told["deviation"]["largest"] == expected.max()
    assert told["deviation"]["rms"] == pytest.approx(np.sqrt(np.mean(expected.astype(float) ** 2)))
    assert "largest" in written(capsys, "render", "rgb.png", "a.png", "--deviation", "d.png", *how)
    codes = read_image("d.png").pixels
    assert codes.shape == expected.shape
    assert np.abs(codes / 255 * expected.max() - expected).max() <= 0.501 / 255 * expected.max()


def test_json_says_how_a_picture_was_made(at, capsys):
    told = json.loads(written(capsys, "render", "grey.png", "--samples", "inf", "--roi", "0,0,5,6", "--json"))
    assert told["output"] == "grey-400.png"
    assert (told["width"], told["height"], told["whole"]) == (5, 6, [416, 320])
    assert (told["samples"], told["color_mode"], told["levels"], told["seed"]) == ("inf", "gray", 5, 0)
    assert told["bytes"] == Path("grey-400.png").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.jpg", "--size", "65501x2"), "JPEG holds at most 65500"),
        (("a.webp", "--color-mode", "gray"), "WebP holds 2 or 3 or 4 channels"),
        (("a.png", "--deviation", "d.webp", "--color-mode", "luma"), "WebP holds 2 or 3 or 4 channels"),
        (("a.png", "--size", "9x20000", "--deviation", "d.webp"), "WebP holds at most 16383"),
        (("a",), "suffix must be one of"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_the_work(at, capsys, monkeypatch, arguments, words):
    monkeypatch.setattr(Picture, "of", lambda *_, **__: pytest.fail("rendered first"))
    code, out, err = run(capsys, "render", "rgb.png", *arguments)
    assert (code, out) == (1, "")
    assert words in err


def test_a_part_of_what_a_format_cannot_hold_is_written(at, capsys):
    written(capsys, "render", "rgb.png", "a.webp", "--size", "20000x20000", "--roi", "19990,0,10,7", "--samples", "1")
    assert read_image("a.webp").size == (10, 7)


def test_a_large_picture_needs_the_memory_of_its_pixels_only():
    image = PHOTO[..., 1].copy()
    picture = Picture.of(image, color_mode="gray")
    tracemalloc.start()
    picture.render((4000, 3000), samples=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6 + 24e6  # the result, and some float32 stripes of 4 MB; all of it as float32 is 48e6


def frames_of(path):
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        read, frame = video.read()
        if not read:
            return frames
        frames.append(frame[..., ::-1])


def test_a_zoom_has_the_frames_of_the_pipeline(at, capsys):
    how = ("--size", "48x32", "--samples", 2, "--jitter", 0.5, "--seed", 3)
    out = written(capsys, "zoom", "rgb.png", "a.png", "--to", "40,30,6", "--frames", 5, "--fps", 12.5, *how)
    assert out == "rgb.png: wrote a.png, 5 frames of 48 x 32, 0.40 s at 12.5 fps\n"
    keys = [KeyFrame(0), KeyFrame(4, (40, 30), 6)]
    expected = list(zoom_frames(PHOTO, keys, size=(48, 32), frames=5, samples=2, jitter=0.5, seed=3))
    read, animation = cv2.imreadanimation("a.png")
    assert read
    assert all(np.array_equal(a[..., 2::-1], b) for a, b in zip(animation.frames, expected, strict=True))
    Path("keys.yaml").write_text("- {frame: 0}\n- {frame: 4, center: [40, 30], scale: 6}\n")
    written(capsys, "zoom", "rgb.png", "b.png", "--keys", "keys.yaml", "--fps", 12.5, *how)
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    written(capsys, "zoom", "rgb.png", "b.png", "--keys", "keys.yaml", "--fps", 12.5, "--easing", "linear", *how)
    assert Path("a.png").read_bytes() != Path("b.png").read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_a_zoom_lasts_as_long_as_it_is_told(at, capsys, suffix):
    how = ("--size", "48x32", "--samples", 1, "--json")
    told = json.loads(
        written(capsys, "zoom", "rgb.png", f"a{suffix}", "--from", "9,9,8", "--seconds", 0.4, "--fps", 20, *how)
    )
    assert (told["frames"], told["width"], told["height"], told["fps"]) == (9, 48, 32, 20)
    assert told["bytes"] == Path(f"a{suffix}").stat().st_size
    if suffix == ".mp4":
        assert len(frames_of("a.mp4")) == 9
        assert cv2.VideoCapture("a.mp4").get(cv2.CAP_PROP_FPS) == 20


def test_an_interrupted_zoom_leaves_what_was_there(at, capsys, monkeypatch):
    Path("a.mp4").write_bytes(b"before")

    def interrupted(*_, **__):
        yield np.zeros((32, 48), np.uint8)
        raise KeyboardInterrupt

    monkeypatch.setattr("pixkern.pipelines.slpr.zoom.zoom_frames", interrupted)
    before = sorted(os.listdir())
    code, out, err = run(capsys, "zoom", "rgb.png", "a.mp4", "--to", "9,9,8", "--size", "48x32")
    assert (code, out, err) == (130, "", "pixkern: interrupted\n")
    assert Path("a.mp4").read_bytes() == b"before"
    assert sorted(os.listdir()) == before


def test_assets_are_written_and_listed(at, capsys):
    assert "wrote 13 pictures of 64 x 64 to new/one: gradient-grey, " in written(
        capsys, "assets", "new/one", "--size", 64
    )
    assert sorted(os.listdir("new/one")) == sorted(f"{name}.png" for name in NAMES)
    told = json.loads(written(capsys, "assets", "two", "--size", 64, "--json"))
    assert told["text"] == "two/text.png"
    for name in NAMES:
        assert Path(f"new/one/{name}.png").read_bytes() == Path(f"two/{name}.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("render", "none.png"), "none.png: No such file"),
        (("render", "bad.png"), "bad.png: not an image"),
        (("render", "rgb.png", "rgb.png"), "over itself"),
        (("render", "rgb.png", "a.png", "--deviation", "rgb.png"), "over itself"),
        (("render", "rgb.png", "a.png", "--deviation", "a.png"), "both the image and its deviation"),
        (("render", "rgb.png", "none/a.png"), "no folder none"),
        (("render", "rgb.png", "a.gif"), "suffix must be one of"),
        (("render", "rgb.png", "a.png", "--deviation", "d.txt"), "suffix must be one of"),
        (("render", "rgb.png", "--roi", "400,0,17,1"), "roi (x, y, width, height) must lie within"),
        (("render", "rgb.png", "--gains", "1,2"), "5 levels"),
        (("render", "rgb.png", "--levels", 17), "levels"),
        (("render", "rgb.png", "--patch-size", 999), "patch_size"),
        (("render", "rgb.png", "--jitter", -1), "jitter"),
        (("render", "rgb.png", "--seed", 2**64), "seed"),
        (("render", "rgb.png", "--zoom", 1e9), "pixels do not fit into memory: render parts of them, by roi"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,1,9", "--seconds", 1e9), "frames must be 1 to 1000000"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,1,1e9"), "scale must be below"),
        (("zoom", "rgb.png", "a.gif"), "say where to zoom"),
        (("zoom", "rgb.png", "a.gif", "--to=-9,1,1"), "smallest scale"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,1,8", "--keys", "k.yaml"), "give either"),
        (("zoom", "rgb.png", "a.gif", "--keys", "k.yaml"), "k.yaml: No such file"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,1,1"), "smallest scale for frames of 480 x 270"),
        (("zoom", "rgb.png", "a.avi", "--to", "1,1,9"), "end in .gif"),
        (("zoom", "rgb.png", "none/a.gif", "--to", "1,1,9"), "none/a.gif: No such file"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,1,9", "--fps", 60), "up to 50"),
        (("zoom", "rgb.png", "a.mp4", "--to", "1,1,9", "--size", "47x32"), "even width"),
        (("zoom", "rgb.png", "rgb.png", "--to", "1,1,9"), "over itself"),
        (("assets", "new", "--size", 9), "32 to 8192"),
        (("assets", "rgb.png"), "rgb.png: File exists"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(at, capsys, arguments, words):
    Path("bad.png").write_bytes(b"no image")
    before = sorted(os.listdir())
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("pixkern: ")
    assert err.count("\n") == 1
    assert words in err
    assert sorted(os.listdir()) == before
    assert np.array_equal(read_image("rgb.png").pixels, PHOTO)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("render", "rgb.png", "--samples", "few"), "whole number of at least 1"),
        (("render", "rgb.png", "--samples=-inf"), "whole number"),
        (("render", "rgb.png", "--zoom", "0"), "above 0"),
        (("render", "rgb.png", "--zoom", "nan"), "must be a number"),
        (("render", "rgb.png", "--zoom", "200", "--size", "9x9"), "not allowed with"),
        (("render", "rgb.png", "--roi", "1,2,3"), "X,Y,WIDTH,HEIGHT"),
        (("render", "rgb.png", "--roi", "1,2,3,0"), "at least 1"),
        (("render", "rgb.png", "--gains", "1,,2"), "must be a number"),
        (("render", "rgb.png", "--size", "9"), "WIDTHxHEIGHT in whole pixels, got '9'"),
        (("render", "rgb.png", "--size", "9x9x9"), "WIDTHxHEIGHT"),
        (("render", "rgb.png", "--size", "0x9"), "WIDTHxHEIGHT"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,2"), "X,Y,SCALE"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,2,0"), "X,Y,SCALE"),
        (("zoom", "rgb.png", "a.gif", "--to", "1,2,9", "--frames", "2", "--seconds", "2"), "not allowed with"),
        (("assets",), "required"),
    ],
)
def test_bad_use_is_2_and_says_what_an_option_takes(at, capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        main(["slpr", *arguments])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_the_demo_shows_renders_whose_errors_are_what_the_variance_says(tmp_path, capsys):
    assert _demo_slpr.run(tmp_path) == []
    out = capsys.readouterr().out
    for samples in (1, 4, 16, 64):
        line = next(line for line in out.splitlines() if f"{samples:3d} sample" in line)
        measured, predicted = (float(word) for word in line.replace(",", "").split() if word.startswith("0."))
        assert measured == pytest.approx(predicted, rel=0.02, abs=2e-4)  # printed with four digits
    assert sorted(os.listdir(tmp_path)) == ["slpr-zoom.gif", "slpr.png"]
    assert (tmp_path / "slpr-zoom.gif").stat().st_size < 2e6
    sheet = read_image(tmp_path / "slpr.png").pixels
    assert sheet.shape == (56 + 448, 4 * 454, 3)


def test_the_demo_says_what_is_wrong(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Picture, "deviation", lambda self, size, *, roi: np.full((2, 2), 0.2, np.float32))
    assert [problem.split(":")[0] for problem in _demo_slpr.run(tmp_path)] == ["astronaut.webp"] * 4
    monkeypatch.undo()
    exact = Picture.render
    monkeypatch.setattr(Picture, "render", lambda self, size, **law: exact(self, size, **law) ^ 1)
    assert _demo_slpr.run(tmp_path) == ["astronaut.webp: the expectation at 100 % is not the photo"]
    monkeypatch.undo()

    def missing(*_):
        raise RuntimeError("OpenCV writes no GIF")

    monkeypatch.setattr(_demo_slpr, "write_animation", missing)
    assert _demo_slpr.run(tmp_path) == []
    assert "left out: OpenCV writes no GIF" in capsys.readouterr().out


def test_the_endless_samples_of_options_are_those_of_mathematics():
    from pixkern.cli._slpr_options import samples

    assert samples("inf") == samples("INF") == math.inf
    assert samples("64") == 64
