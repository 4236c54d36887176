"""A folder as folders are: every good photo is in the data set, every bad one is told with its reason."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from relight_sets import config, contents, cut_out, disc, members, pixels, quiet

from pixkern.cli import main
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight.generate import generate

WIDE = (20, 24)
SIZE = (24, 20)


def turned(orientation: int) -> bytes:
    """EXIF data that say how the photo was held."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


GOOD = {
    "good.png": encode_image(pixels(1), ".png"),
    "photo.JPG": encode_image(pixels(2), ".jpg"),
    "grey.png": encode_image(pixels(3, shape=SIZE), ".png"),
    "grey alpha.png": encode_image(np.dstack([pixels(3, shape=SIZE), disc(SIZE)]), ".png"),
    "rgba.png": encode_image(cut_out(4), ".png"),
    "deep.png": encode_image(pixels(5, dtype=np.uint16), ".png"),
    "deep grey.tif": encode_image(pixels(5, shape=SIZE, dtype=np.uint16), ".tif"),
    "deep rgba.png": encode_image(cut_out(6, dtype=np.uint16), ".png"),
    "turned.jpg": encode_image(pixels(7, shape=(*WIDE, 3)), ".jpg", exif=turned(6)),
    "full mask.png": encode_image(pixels(8), ".png"),
}
BAD = {  # and how its reason begins
    "truncated.png": (GOOD["good.png"][:-40], "ImageError: truncated.png: truncated"),
    "zero.png": (b"", "ImageError: zero.png: the file is empty"),
    "text.jpg": (b"not an image", "ImageError: text.jpg: not an image of a known format"),
    "half.jpg": (GOOD["photo.JPG"][:300], "ImageError: half.jpg: truncated"),
    "empty mask.png": (encode_image(pixels(9), ".png"), "EmptyMaskError"),
    "clear.png": (encode_image(np.zeros((*SIZE, 4), np.uint8), ".png"), "EmptyMaskError"),
    "real.tif": (encode_image(pixels(9).astype(np.float32), ".tif"), "TypeError: real.tif: a photo needs 8 or 16 bits"),
    "large.png": (
        encode_image(pixels(9, shape=(31, 31, 3)), ".png"),
        "ImageError: large.png: PNG of 31 x 31 pixels is",
    ),
    "small mask.png": (encode_image(pixels(9), ".png"), ""),
    "no mask.png": (encode_image(pixels(9), ".png"), ""),
}


@pytest.fixture
def root(tmp_path):
    for folder in ("photos/deep.png", "masks", "photos/.hidden"):  # the first one has the name of a photo
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "photos" / "deep.png").rmdir()
    (tmp_path / "photos" / "folder.png").mkdir()
    for name, data in (GOOD | {name: data for name, (data, _) in BAD.items()}).items():
        (tmp_path / "photos" / name).write_bytes(data)
        mask = disc(SIZE)
        if name == "full mask.png":
            mask[:] = 255
        elif name == "empty mask.png":
            mask[:] = 0
        elif name == "small mask.png":
            mask = mask[:7]
        if name not in ("rgba.png", "deep rgba.png", "grey alpha.png", "clear.png", "no mask.png"):
            path = tmp_path / "masks" / Path(name).with_suffix(".png").name
            path.write_bytes(encode_image(mask, ".png"))
    (tmp_path / "masks" / "no mask.png").write_bytes(b"")
    (tmp_path / "photos" / "notes.txt").write_text("not by its name")
    return tmp_path


def run(root: Path, layout: str, *options: str) -> int:
    told = {
        "input": {"max_pixels": 900},
        "mask": {"methods": {"file": {"enabled": True}, "classical": {"enabled": False}}},
        "output": {"layout": layout, "shard_size": 4, "folder": layout},
        "variants": 2,
    }
    (root / "set.yaml").write_text(yaml.safe_dump(told))
    return main(["relight", "generate", str(root / "set.yaml"), "--no-progress", *options])


@pytest.mark.parametrize("layout", ["folders", "shards"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_good_photo_is_done_and_every_bad_one_is_told(layout, jobs, root, capsys):
    (root / "photos" / "lost.png").symlink_to("nowhere.png")
    assert run(root, layout, "--jobs", jobs) == 1
    out, err = capsys.readouterr()
    folder = root / layout
    told = [json.loads(line) for line in (folder / "manifest.jsonl").read_bytes().splitlines()]
    keys = sorted(name.rpartition(".")[0] for name in GOOD)
    assert [line["sample"] for line in told] == [f"{key}_{variant}" for key in keys for variant in (0, 1)]
    failures = [json.loads(line) for line in (folder / "failures.jsonl").read_bytes().splitlines()]
    assert [failure["input"] for failure in failures] == sorted([*BAD, "lost.png"])
    for failure in failures:
        reason = f"{failure['error']}: {failure['message']}"
        assert reason.startswith(BAD.get(failure["input"], (b"", "FileNotFoundError"))[1])
        assert failure["key"] == failure["input"].rpartition(".")[0]
        assert f"pixkern: {failure['input']}: {' '.join(reason.split())}" in err.splitlines()
    assert len(err.splitlines()) == len(failures)
    assert f"{2 * len(GOOD)} samples; {len(failures)} photos failed" in out
    summary = json.loads((folder / "summary.json").read_bytes())
    assert (summary["samples"], len(summary["failed"])) == (2 * len(GOOD), len(failures))
    assert run(root, layout, "--resume") == 1  # they fail still
    assert [json.loads(line) for line in (folder / "failures.jsonl").read_bytes().splitlines()] == failures
    assert f"({2 * len(GOOD)} from an earlier run)" in capsys.readouterr().out or layout == "shards"


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_photos_of_every_kind_come_out_upright_in_their_depth(layout, root):
    run(root, layout, "--jobs", "1")
    if layout == "shards":
        held = {}
        for shard in sorted((root / layout / "shards").glob("*.tar")):
            held |= members(shard.read_bytes())
    for line in map(json.loads, (root / layout / "manifest.jsonl").read_bytes().splitlines()):
        dtype = np.uint16 if line["key"].startswith("deep") else np.uint8
        for part in ("input", "albedo", "output", "foreground", "mask"):
            path = line["files"][part]["path"]
            picture = decode_image(held[path] if layout == "shards" else (root / layout / path).read_bytes()).pixels
            assert picture.shape == (SIZE if part == "mask" else (*SIZE, 3))
            assert picture.dtype == (np.uint8 if part == "mask" else dtype)
            if part == "input" and line["key"].partition(" ")[0] == "grey":
                assert (picture == picture[..., :1]).all()
            if part == "mask" and line["key"] == "full mask":
                assert (picture == 255).all()


def test_a_folder_of_bad_photos_alone_makes_an_empty_data_set(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    (tmp_path / "photos" / "zero.png").write_bytes(b"")
    for layout in ("folders", "shards"):
        assert run(tmp_path, layout, "--jobs", "1") == 1
        assert (tmp_path / layout / "manifest.jsonl").read_bytes() == b""
    assert "0 samples; 1 photo failed" in capsys.readouterr().out
    assert members((tmp_path / "shards" / "shards" / "shard-000000.tar").read_bytes()) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_names_that_are_not_text_are_done_like_others(layout, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "masks").mkdir()
    names = [b"caf\xe9.png", b"new\nline.png", b"a%2Fb.png", b"-rf.png", b"x" * 200 + b".png"]
    for count, name in enumerate(names):
        (tmp_path / "photos" / name.decode("utf-8", "surrogateescape")).write_bytes(
            encode_image(cut_out(count), ".png")
        )
    assert run(tmp_path, layout, "--jobs", "2") == 0
    assert f"{2 * len(names)} samples; no photo failed" in capsys.readouterr().out
    assert run(tmp_path, layout, "--resume") == 0
    assert "from an earlier run" in capsys.readouterr().out


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_failures_are_told_in_the_same_bytes_wherever_the_folders_lie(layout, tmp_path):
    told = []
    for place in (tmp_path / "here", tmp_path / "some" / "where else"):
        for folder in ("photos", "masks"):
            (place / folder).mkdir(parents=True)
        for name in ("kind", "size", "half", "twice", "good"):
            (place / "photos" / f"{name}.png").write_bytes(encode_image(pixels(1), ".png"))
        good = encode_image(disc(SIZE), ".png")
        np.save(place / "masks" / "kind.npy", disc(SIZE).astype(np.int64))
        (place / "masks" / "size.png").write_bytes(encode_image(disc((9, 9)), ".png"))
        (place / "masks" / "half.png").write_bytes(good[:-40])
        for suffix in ("png", "webp"):
            (place / "masks" / f"twice.{suffix}").write_bytes(good)
        (place / "masks" / "good.png").write_bytes(good)
        given = {"mask": {"methods": {"file": {"enabled": True}}}}
        summary = generate(config(place, layout=layout, folder="out", given=given), **quiet)
        assert sorted(summary.failed) == ["half.png", "kind.png", "size.png", "twice.png"]
        told.append(contents(place / "out"))
    assert told[0] == told[1]
    for data in told[0].values():
        assert data is None or os.fsencode(tmp_path) not in data
