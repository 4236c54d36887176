"""`pixkern codec`: files through it and back, folders, what is refused in one line, and the demo."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from pixkern import BackendUnavailable, set_threads
from pixkern.cli import main
from pixkern.demo import photo
from pixkern.pipelines import codec
from pixkern.pipelines.files import decode_image, encode_image, read_image

PHOTO = decode_image(photo("astronaut.webp")).pixels[100:164, 180:276].copy()


@pytest.fixture(autouse=True)
def _threads():
    yield
    set_threads(None)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working folder with images of every kind, and one more in a folder inside."""
    monkeypatch.chdir(tmp_path)
    for name, pixels in images().items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(pixels, path.suffix))
    return tmp_path


def images():
    return {
        "rgb.png": PHOTO,
        "grey.png": PHOTO[..., 1].copy(),
        "rgba.webp": np.dstack([PHOTO, PHOTO[..., 0]]),
        "deeper/one.png": PHOTO[:1, :1].copy(),
    }


def deep(at):
    wide = (PHOTO.astype(np.uint16) << 8) + np.arange(96, dtype=np.uint16)[:, None]
    for name, pixels in (("deep.png", wide), ("deep_grey.png", wide[..., 0].copy())):
        (at / "in" / name).write_bytes(encode_image(pixels, ".png"))


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def refused(capsys, *arguments):
    """Bad use: argparse's exit code 2, and its last line."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def complaint(capsys, *arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 1
    assert out == ""
    assert err.startswith("pixkern: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("name", [*images(), "deep.png", "deep_grey.png"])
def test_a_lossless_file_gives_back_the_pixels_of_every_kind_of_image(at, capsys, name):
    deep(at)
    code, out, err = run(capsys, "codec", "compress", f"in/{name}", "a.pxk", "--mode", "lossless")
    assert (code, err) == (0, "")
    assert f"wrote {'a.pxk'}" in out
    code, out, err = run(capsys, "codec", "decompress", "a.pxk", "back.png")
    assert (code, err) == (0, "")
    before, after = read_image(at / "in" / name).pixels, read_image("back.png").pixels
    assert before.dtype == after.dtype
    assert np.array_equal(before, after)


def test_the_file_is_what_the_codec_makes_with_the_same_options(at, capsys):
    for arguments, options in (
        ((), {}),
        (("--quality", "30", "--profile", "fast"), {"quality": 30, "profile": "fast"}),
        (("--wavelet", "cdf53", "--tile", "64", "--threads", "2"), {"wavelet": "cdf53", "tile": 64}),
    ):
        assert run(capsys, "codec", "compress", "in/rgb.png", "a.pxk", *arguments)[0] == 0
        assert (at / "a.pxk").read_bytes() == codec.compress(PHOTO, **options)


def test_every_option_reaches_the_codec(at, capsys, monkeypatch):
    seen = {}
    monkeypatch.setattr(codec, "compress", lambda image, **options: seen.update(options) or b"x")
    monkeypatch.setattr(codec, "decompress", lambda data, **options: seen.update(options) or PHOTO)
    asked = (
        "--mode",
        "vae",
        "--model",
        "m",
        "--config",
        "c.toml",
        "--hadamard",
        "--quality",
        "7",
        "--tile",
        "512",
        "--threads",
        "3",
    )
    run(capsys, "codec", "compress", "in/rgb.png", "a.pxk", *asked)
    assert seen == {
        "mode": "vae",
        "model": "m",
        "config": Path("c.toml"),
        "hadamard": True,
        "quality": 7,
        "tile": 512,
        "threads": 3,
    }
    seen.clear()
    asked = ("--reduce", "2", "--region", "1,2,3,4", "--max-pixels", "99", "--threads", "3", "--model", "m")
    run(capsys, "codec", "decompress", "a.pxk", "b.png", *asked)
    assert seen == {"reduce": 2, "region": (1, 2, 3, 4), "max_pixels": 99, "threads": 3, "model": "m"}


def test_parts_and_smaller_sizes_are_decompressed(at, capsys):
    run(capsys, "codec", "compress", "in/rgb.png", "a.pxk", "--mode", "lossless")
    assert run(capsys, "codec", "decompress", "a.pxk", "part.png", "--region", "10, 20,30,40")[0] == 0
    assert np.array_equal(read_image("part.png").pixels, PHOTO[20:60, 10:40])
    assert run(capsys, "codec", "decompress", "a.pxk", "small.tif", "--reduce", "2")[0] == 0
    assert read_image("small.tif").size == (24, 16)
    assert read_image("small.tif").format == "TIFF"


def test_a_file_goes_into_a_folder_under_its_name(at, capsys):
    (at / "there").mkdir()
    assert run(capsys, "codec", "compress", "in/rgb.png", "there")[0] == 0
    assert run(capsys, "codec", "decompress", "there/rgb.pxk", "there", "--suffix", ".webp")[0] == 0
    assert run(capsys, "codec", "decompress", "there/rgb.pxk", "there")[0] == 0
    assert sorted(os.listdir(at / "there")) == ["rgb.png", "rgb.pxk", "rgb.webp"]


def test_a_dry_run_writes_nothing(at, capsys):
    code, out, _ = run(capsys, "codec", "compress", "in/rgb.png", "a.pxk", "--dry-run")
    assert code == 0
    assert f"{PHOTO.nbytes} bytes of pixels to {len(codec.compress(PHOTO))}" in out
    assert run(capsys, "codec", "compress", "in", "out", "--dry-run", "--jobs", "1")[0] == 0
    assert sorted(os.listdir(at)) == ["in"]


def test_metadata_that_is_not_kept_is_mentioned(at, capsys):
    icc = bytes([0, 0, 0, 132]) + bytes(32) + b"acsp" + bytes(92)
    (at / "in" / "icc.png").write_bytes(encode_image(PHOTO, ".png", icc=icc))
    _, out, _ = run(capsys, "codec", "compress", "in/icc.png", "a.pxk")
    assert "not kept: colour profile" in out
    _, out, _ = run(capsys, "codec", "compress", "in/icc.png", "a.pxk", "--json")
    assert json.loads(out)["left_out"] == ["colour profile"]
    _, out, _ = run(capsys, "codec", "compress", "in/rgb.png", "a.pxk")
    assert "not kept" not in out


def test_what_is_wrong_with_one_file_is_one_line(at, capsys):
    deep(at)
    (at / "bad.png").write_bytes(b"no image")
    (at / "float.tif").write_bytes(encode_image(PHOTO.astype(np.float32) / 255, ".tif"))
    run(capsys, "codec", "compress", "in/rgba.webp", "good.pxk")
    whole = (at / "good.pxk").read_bytes()
    (at / "half.pxk").write_bytes(whole[: len(whole) // 2])
    before = sorted(os.listdir(at))
    compress, decompress = ("codec", "compress"), ("codec", "decompress")
    for arguments, words in (
        ((*compress, "bad.png", "a.pxk"), "bad.png: not an image"),
        ((*compress, "none.png", "a.pxk"), "none.png: No such file"),
        ((*compress, "in/deep.png", "a.pxk"), "only the lossless mode"),
        ((*compress, "float.tif", "a.pxk", "--mode", "lossless"), "float32 samples"),
        ((*compress, "in/rgb.png", "a.png"), "end in .pxk"),
        ((*compress, "in/rgb.png", "a.pxk", "--mode", "lossless", "--wavelet", "cdf97"), "in/rgb.png: "),
        ((*compress, "in/rgb.png", "a.pxk", "--mode", "lossless", "--quality", "5"), "no quality"),
        ((*compress, "in/rgb.png", "a.pxk", "--model", "x"), "vae mode only"),
        ((*compress, "in/rgb.png", "a.pxk", "--hadamard"), "vae mode only"),
        ((*compress, "in/rgb.png", "nowhere/a.pxk"), "nowhere/a.pxk: No such"),
        ((*compress, "in/rgb.png", "a.pxk", "--recursive"), "for folders"),
        ((*decompress, "half.pxk", "a.png"), "half.pxk: "),
        ((*decompress, "in/rgb.png", "a.png"), "in/rgb.png: "),
        ((*decompress, "good.pxk", "good.pxk"), "over itself"),
        ((*decompress, "good.pxk", "a.gif"), "suffix must be one of"),
        ((*decompress, "good.pxk", "a.jpg"), "no alpha"),
        ((*decompress, "good.pxk", "a.png", "--suffix", ".png"), "says its own"),
        ((*decompress, "good.pxk", "a.png", "--max-pixels", "100"), "max_pixels"),
        ((*decompress, "good.pxk", "a.png", "--region", "90,0,10,10"), "region"),
        ((*decompress, "good.pxk", "a.png", "--jobs", "2"), "for folders"),
        (("codec", "rd", "in", "curves", "--peers", "gif"), "no encoder 'gif'"),
    ):
        assert words in complaint(capsys, *arguments), arguments
    assert sorted(os.listdir(at)) == before


def test_bad_use_is_2(at, capsys):
    for arguments, words in (
        (("compress", "a", "b", "--quality", "101"), "from 1 to 100"),
        (("compress", "a", "b", "--mode", "best"), "invalid choice"),
        (("compress", "a", "b", "--wavelet", "db4"), "invalid choice"),
        (("decompress", "a", "b", "--region", "1,2,3"), "X,Y,WIDTH,HEIGHT"),
        (("decompress", "a", "b", "--region", "1,2,0,5"), "at least 1 x 1"),
        (("decompress", "a", "b", "--region=-1,2,3,5"), "X,Y,WIDTH,HEIGHT"),
        (("decompress", "a", "b", "--reduce", "11"), "0 to 10"),
        (("rd", "a", "b", "--crop", "768"), "at least 1"),
        (("rd", "a", "b", "--qualities", "10,,20"), "from 1 to 100"),
        (("rd", "a", "b", "--pictures", "x"), "whole number"),
        (("info",), "required"),
    ):
        assert words in refused(capsys, "codec", *arguments)


def test_a_folder_goes_through_and_back(at, capsys):
    deep(at)
    arguments = ("codec", "compress", "in", "small", "--recursive", "--mode", "lossless", "--jobs", "1")
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "6 files" in out
    assert "0 failed" in out
    code, out, err = run(capsys, "codec", "decompress", "small", "back", "--recursive", "--jobs", "1")
    assert (code, err) == (0, "")
    for path in (at / "in").rglob("*.*"):
        again = (at / "back" / path.relative_to(at / "in")).with_suffix(".png")
        assert np.array_equal(read_image(path).pixels, read_image(again).pixels)


def test_a_bad_image_fails_alone_and_a_finished_one_is_not_done_again(at, capsys):
    (at / "in" / "bad.png").write_bytes(b"no image")
    arguments = ("codec", "compress", "in", "out", "--jobs", "1")
    code, out, err = run(capsys, *arguments)
    assert code == 1
    assert err.startswith("pixkern: bad.png: not an image")
    assert err.count("\n") == 1
    assert sorted(path.name for path in (at / "out").glob("*.pxk")) == ["grey.pxk", "rgb.pxk", "rgba.pxk"]
    _, out, _ = run(capsys, *arguments, "--resume")
    assert "(3 from an earlier run)" in out
    _, out, _ = run(capsys, *arguments, "--resume", "--threads", "2")
    assert "(3 from an earlier run)" in out
    _, out, _ = run(capsys, *arguments, "--resume", "--quality", "20")
    assert "earlier" not in out
    code, out, _ = run(capsys, *arguments, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["records"]["rgb.png"]["bytes"] == (at / "out" / "rgb.pxk").stat().st_size
    assert list(told["failed"]) == ["bad.png"]


def test_two_images_of_one_name_do_not_overwrite_each_other(at, capsys):
    (at / "in" / "rgb.webp").write_bytes(encode_image(255 - PHOTO, ".webp"))
    code, _, err = run(capsys, "codec", "compress", "in", "out", "--jobs", "1")
    assert code == 1
    assert "rgb.webp" in err
    assert (at / "out" / "rgb.pxk").read_bytes() == codec.compress(PHOTO)


def test_folders_that_hold_nothing_are_one_line(at, capsys):
    (at / "empty").mkdir()
    assert "no images" in complaint(capsys, "codec", "compress", "empty", "out")
    assert "no .pxk files" in complaint(capsys, "codec", "decompress", "in", "out")
    pytest.importorskip("scipy", reason="comparisons need pixkern[rd]")
    pytest.importorskip("matplotlib", reason="comparisons need pixkern[rd]")
    assert "no images" in complaint(capsys, "codec", "rd", "empty", "out", "--peers", "pixkern")
    assert "leave one of them out" in complaint(capsys, "codec", "compress", "in", "out", "--dry-run", "--resume")
    assert "suffix must be" in complaint(capsys, "codec", "decompress", "in", "out", "--suffix", ".gif")
    assert not (at / "out").exists()


def test_info_says_what_the_header_says(at, capsys):
    run(capsys, "codec", "compress", "in/rgb.png", "a.pxk", "--quality", "40")
    run(capsys, "codec", "compress", "in/grey.png", "b.pxk", "--mode", "lossless")
    code, out, err = run(capsys, "codec", "info", "a.pxk", "b.pxk")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("a.pxk: 96 x 64 x 3 uint8, wavelet dense cdf97, quality 40, 1 tile, ")
    assert f"{(at / 'b.pxk').stat().st_size} bytes" in second
    assert "lossless" in second
    code, out, _ = run(capsys, "codec", "info", "a.pxk", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told[0]["file"], told[0]["width"], told[0]["quality"]) == ("a.pxk", 96, 40)


def test_info_goes_on_after_a_bad_file(at, capsys):
    run(capsys, "codec", "compress", "in/rgb.png", "a.pxk")
    code, out, err = run(capsys, "codec", "info", "in/rgb.png", "none.pxk", "a.pxk")
    assert code == 1
    assert out.startswith("a.pxk: ")
    lines = err.splitlines()
    assert lines[0].startswith("pixkern: in/rgb.png: ")
    assert lines[1] == "pixkern: none.pxk: No such file or directory"
    assert len(lines) == 2


def test_a_file_name_cannot_break_the_line(at, capsys):
    bad = at / "bad\nlines\x1b[31m.pxk"
    bad.write_bytes(b"")
    for command in (("info", bad), ("decompress", bad, "a.png")):
        code, _, err = run(capsys, "codec", *command)
        assert code == 1
        assert err.count("\n") == 1
        assert "\x1b" not in err


def test_rd_tells_the_table_and_what_is_missing(at, capsys, monkeypatch):
    pytest.importorskip("scipy")
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL")
    import sys

    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    options = ("--qualities", "10,50,90", "--limit", "1", "--pictures", "0", "--jobs", "1", "--crop", "64x48")
    peers = ("--peers", "jpeg,webp,pixkern,png")
    code, out, err = run(capsys, "codec", "rd", "in", "curves", *peers, *options)
    assert (code, err) == (0, "")
    assert "BD-rate, %, against JPEG 4:2:0" in out
    assert "WebP" in out
    assert "PNG-9" in out
    assert (at / "curves" / "index.html").exists()
    code, out, err = run(capsys, "codec", "rd", "in", "curves", "--peers", "jxl,jpeg", *options, "--json")
    assert code == 1
    assert err == "pixkern: jxl: needs imagecodecs: pip install 'pixkern[rd]'\n"
    assert json.loads(out)["missing"]


def test_the_demo_compresses_its_photo_in_every_mode(tmp_path, capsys):
    from pixkern.cli._demo_codec import run as demo

    problems = demo(tmp_path)
    out = capsys.readouterr().out
    original = decode_image(photo("astronaut.webp")).pixels
    for mode in ("lossless", "wavelet", "vae"):
        data = (tmp_path / f"astronaut-{mode}.pxk").read_bytes()
        assert f"{mode}" in out
        assert f"{len(data):,} bytes" in out
        assert codec.decompress(data).shape == original.shape
    shown = read_image(tmp_path / "codec.png").pixels
    assert shown.shape == (56 + 512 + 6 + 512, 5 * 518, 3)
    assert np.array_equal(shown[56:568, :512], original)
    assert all("not better than JPEG" in problem for problem in problems)


def test_the_demo_goes_on_without_a_model_and_says_so(tmp_path, capsys, monkeypatch):
    from pixkern.cli._demo_codec import run as demo

    whole = codec.compress

    def compress(image, *, mode="wavelet", **options):
        if mode == "vae":
            raise BackendUnavailable("needs onnxruntime")
        return whole(image, mode=mode, **options)

    monkeypatch.setattr(codec, "compress", compress)
    demo(tmp_path)
    assert "vae: left out: needs onnxruntime" in capsys.readouterr().out
    assert not (tmp_path / "astronaut-vae.pxk").exists()
    assert read_image(tmp_path / "codec.png").size[0] == 3 * 518


def test_the_demo_says_what_did_not_work(tmp_path, monkeypatch):
    from pixkern.cli._demo_codec import run as demo

    monkeypatch.setattr(codec, "decompress", lambda data, **options: np.full((512, 512, 3), 128, np.uint8))
    problems = demo(tmp_path)
    assert any("the same pixels" in problem for problem in problems)
    assert any("not better than JPEG" in problem for problem in problems)


def test_the_jpeg_beside_it_is_no_larger_if_jpeg_can_be_that_small():
    from pixkern.cli._demo_codec import _jpeg

    original = decode_image(photo("astronaut.webp")).pixels
    for most in (10_000, 40_000, 100_000):
        assert 0.85 * most < _jpeg(original, most).bytes <= most  # one quality more or less is up to 10 % there
