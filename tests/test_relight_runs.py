"""Runs of the generator: what a second one leaves alone, what formats and callables do, what is refused."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import joblib
import numpy as np
import pytest
from batch_items import snapshot
from relight_sets import config, contents, cut_out, disc, members, photos, pixels, quiet

from pixkern.pipelines import batch
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import shards
from pixkern.pipelines.relight.generate import SUMMARY, generate
from pixkern.pipelines.relight.sample_files import as_depth


def lines(path: Path) -> list[dict]:
    return [json.loads(text) for text in path.read_bytes().splitlines()]


def test_resume_makes_what_does_not_hold_and_nothing_else(tmp_path):
    photos(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "masks").mkdir()
    given = {"mask": {"methods": {"file": {"enabled": True}}}}
    asked = config(tmp_path, given=given, intermediates=False)
    out = tmp_path / "dataset"
    generate(asked, **quiet)
    first = contents(out)

    def made_again(asked=asked):
        summary = generate(asked, resume=True, **quiet)
        assert summary.samples == 3
        generate(config(tmp_path, given=given, intermediates=False, folder="fresh"), **quiet)
        if asked.output.folder == out.relative_to(tmp_path):
            assert contents(out) == contents(tmp_path / "fresh")
        return summary.made

    assert made_again() == 0
    (out / "outputs" / "b_mask.png").write_bytes(b"half")
    assert made_again() == 1
    assert contents(out) == first
    (tmp_path / "photos" / "a.png").write_bytes(encode_image(cut_out(9), ".png"))
    assert made_again() == 1
    (tmp_path / "masks" / "c.png").write_bytes(encode_image(disc((24, 20))[::-1].copy(), ".png"))  # a mask appears
    assert made_again() == 1
    (tmp_path / "masks" / "c.png").write_bytes(encode_image(np.full((24, 20), 255, np.uint8), ".png"))  # and changes
    assert made_again() == 1
    (tmp_path / "masks" / "other.png").write_bytes(b"of no photo")
    assert made_again() == 0
    os.utime(tmp_path / "photos" / "a.png", (0, 0))
    assert made_again() == 0


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"output": {"intermediates": False, "parquet": False}}, 0),
        ({"output": {"intermediates": False, "quality": 5}}, 0),  # of a JPEG
        ({"output": {"intermediates": False, "fast": False}}, 3),
        ({"output": {"intermediates": False, "format": "webp"}}, 3),
        ({"seed": 1}, 3),
        ({"input": {"max_pixels": 480}}, 3),
        ({"degradation": {"methods": {"soft_shading": {"ambient": [0.5, 0.6]}}}}, 3),
    ],
)
def test_resume_with_another_configuration_makes_again_what_it_changes(changes, again, tmp_path):
    photos(tmp_path, "a.png", "b.png", "c.png")
    generate(config(tmp_path, intermediates=False), **quiet)
    asked = config(tmp_path, given={"output": {"intermediates": False}} | changes)
    assert generate(asked, resume=True, **quiet).made == again
    output = {"intermediates": False} | changes.get("output", {}) | {"folder": "new"}
    fresh = config(tmp_path, given={**changes, "output": output})
    generate(fresh, **quiet)
    assert lines(tmp_path / "dataset" / "manifest.jsonl") == lines(tmp_path / "new" / "manifest.jsonl")


def test_without_resume_all_is_made_again(tmp_path):
    asked = config(photos(tmp_path, "a.png", "b.png"))
    assert generate(asked, **quiet).made == generate(asked, **quiet).made == 2


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_a_dry_run_says_what_would_be_made_and_writes_nothing(layout, tmp_path):
    asked = config(photos(tmp_path, "a.png", "b.png", "c.png"), variants=2, layout=layout, shard_size=4)
    plan = generate(asked, dry_run=True).plan
    assert not (tmp_path / "dataset").exists()
    assert plan.samples == ("a_0", "a_1", "b_0", "b_1", "c_0", "c_1")
    assert plan.shards == (("shards/shard-000000.tar", "shards/shard-000001.tar") if layout == "shards" else ())
    generate(asked, **quiet)
    before = snapshot(tmp_path)
    (tmp_path / "photos" / "c.png").write_bytes(encode_image(cut_out(9), ".png"))
    plan = generate(asked, dry_run=True, resume=True).plan
    assert plan.held == ("a_0", "a_1", "b_0", "b_1")
    assert plan.samples == ("c_0", "c_1")
    assert generate(asked, dry_run=True).plan.held == ()
    assert generate(asked, dry_run=True, num_samples=3).plan.samples == ("a_0", "a_1", "b_0")
    (tmp_path / "photos" / "c.png").write_bytes(before["photos/c.png"])
    assert snapshot(tmp_path) == before
    assert generate(asked, resume=True, **quiet).made == 0


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_of_photos_with_one_key_the_first_by_name_is_taken_and_the_others_are_told(layout, tmp_path):
    photos(tmp_path, "a.webp", "a.png", "b.png", "a.PNG")
    summary = generate(config(tmp_path, layout=layout), **quiet)
    assert summary.samples == 2
    assert summary.failed.keys() == {"a.png", "a.webp"}
    assert summary.failed["a.png"] == "KeyTaken: it has the key 'a' of 'a.PNG'; rename one of them"
    assert [line["input"] for line in lines(tmp_path / "dataset" / "failures.jsonl")] == ["a.png", "a.webp"]
    assert [line["input"]["path"] for line in lines(tmp_path / "dataset" / "manifest.jsonl")] == ["a.PNG", "b.png"]


def test_a_data_set_among_the_photos_is_not_made_of_itself(tmp_path):
    photos(tmp_path, "a.png", "deep/b.png")
    for folder in ("photos/dataset", "photos/deep/out"):
        asked = config(tmp_path, recursive=True, folder=folder)
        assert generate(asked, **quiet).samples == 2
        again = generate(asked, resume=True, **quiet)
        assert (again.samples, again.made) == (2, 0)
        assert again.notes[0].startswith(f"{tmp_path / folder} holds what belongs to the data set")
        for path in sorted((tmp_path / folder).rglob("*"), reverse=True):  # make room for the next one
            path.rmdir() if path.is_dir() else path.unlink()


def test_masks_among_the_photos_are_no_photos(tmp_path):
    photos(tmp_path, "a.png", "masks/a.png")
    given = {"mask": {"methods": {"file": {"enabled": True, "folder": "photos/masks"}}}}
    assert generate(config(tmp_path, recursive=True), **quiet).samples == 2
    assert generate(config(tmp_path, recursive=True, given=given), dry_run=True).plan.samples == ("a",)


@pytest.mark.parametrize("folder", ["photos", "photos/../photos", ".", "photos/outputs/.."])
def test_a_data_set_in_the_folder_of_the_photos_is_refused(folder, tmp_path):
    photos(tmp_path, "a.png", "outputs/b.png")
    inside = {"input": {"folder": "photos/outputs"}} if folder == "." else {}
    asked = config(tmp_path, given={"output": {"folder": "photos" if inside else folder}} | inside)
    before = snapshot(tmp_path)
    with pytest.raises(ValueError, match="would write among the photos"):
        generate(asked, **quiet)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("layout", ["folders", "shards"])
@pytest.mark.parametrize(
    ("options", "suffix", "kind", "dtype"),
    [
        ({"format": "jpeg"}, "jpg", "JPEG", np.uint8),
        ({"format": "webp"}, "webp", "WebP", np.uint8),
        ({"format": "png"}, "png", "PNG", np.uint16),
        ({"format": "png", "bit_depth": 8}, "png", "PNG", np.uint8),
        ({"format": "png", "bit_depth": 16}, "png", "PNG", np.uint16),
    ],
)
def test_pictures_have_the_format_and_depth_asked_for_and_masks_lose_nothing(
    options, suffix, kind, dtype, layout, tmp_path
):
    (tmp_path / "photos").mkdir()
    deep = cut_out(1, dtype=np.uint16)
    (tmp_path / "photos" / "deep.png").write_bytes(encode_image(deep, ".png"))
    generate(config(tmp_path, layout=layout, **options), **quiet)
    out = tmp_path / "dataset"
    held = members((out / "shards" / "shard-000000.tar").read_bytes()) if layout == "shards" else snapshot(out)
    name = "deep.{}" if layout == "shards" else "outputs/deep_{}"
    for part in ("input", "albedo", "output", "foreground"):
        file = decode_image(held[f"{name.format(part)}.{suffix}"])
        assert (file.format, file.pixels.dtype, file.pixels.shape) == (kind, dtype, (24, 20, 3))
    mask = decode_image(held[f"{name.format('mask')}.png"])
    assert (mask.pixels.dtype, mask.pixels.shape) == (np.uint8, (24, 20))
    if kind != "JPEG":
        made = decode_image(held[f"{name.format('input')}.{suffix}"]).pixels
        assert (made == as_depth(deep[..., :3], dtype(0).itemsize * 8)).all()


def test_every_depth_is_rounded_to_the_nearest():
    deep = np.arange(2**16, dtype=np.uint16)
    assert (as_depth(deep, 8) == np.floor(deep.astype(np.float64) / 257 + 0.5)).all()
    codes = np.arange(256, dtype=np.uint8)
    assert (as_depth(as_depth(codes, 16), 8) == codes).all()
    for same in (None, 8):
        assert as_depth(codes, same) is codes


def test_the_quality_of_jpeg_counts(tmp_path):
    photos(tmp_path, "a.png")
    for quality in (10, 90):
        generate(config(tmp_path, format="jpeg", quality=quality, folder=f"q{quality}"), **quiet)
    small, large = (tmp_path / f"q{quality}" / "outputs" / "a_output.jpg" for quality in (10, 90))
    assert small.stat().st_size < large.stat().st_size


def test_what_variants_have_in_common_is_encoded_once(tmp_path, monkeypatch):
    encoded = []

    def count(pixels, suffix, **options):
        encoded.append(suffix)
        return encode_image(pixels, suffix, **options)

    monkeypatch.setattr("pixkern.pipelines.relight.sample_files.encode_image", count)
    asked = config(photos(tmp_path, "a.png"), variants=3, given={"albedo": {"original": [0.2, 0.2]}})
    generate(asked, **quiet)
    always = {"input", "mask", "stage_1 foreground", "stage_1 background"}
    assert (
        len(always) + 2 * 3 + 1 <= len(encoded) <= len(always) + 3 * 3
    )  # output, foreground; the albedo's method is drawn


class Disc:
    """A callable for masks that travels to other processes."""

    def __call__(self, image):
        return disc(image.shape)


@pytest.mark.parametrize("jobs", [1, 2])
def test_callables_take_the_place_of_stages(jobs, tmp_path):
    (tmp_path / "photos").mkdir()
    for number in (1, 2):
        (tmp_path / "photos" / f"{number}.png").write_bytes(encode_image(pixels(number), ".png"))
    generate(config(tmp_path), jobs=jobs, progress=False, mask=Disc())
    for number in (1, 2):
        mask = decode_image((tmp_path / "dataset" / "outputs" / f"{number}_mask.png").read_bytes()).pixels
        assert (mask == disc((24, 20))).all()


def test_resume_with_callables_goes_by_the_version_that_the_caller_says(tmp_path):
    asked = config(photos(tmp_path, "a.png"))
    with pytest.raises(ValueError, match="resume needs callables_version"):
        generate(asked, resume=True, mask=Disc(), **quiet)
    assert generate(asked, mask=Disc(), callables_version=1, **quiet).made == 1
    assert generate(asked, mask=Disc(), callables_version=1, resume=True, **quiet).made == 0
    assert generate(asked, mask=Disc(), callables_version=2, resume=True, **quiet).made == 1
    assert generate(asked, resume=True, **quiet).made == 1


def test_the_summary_says_what_took_the_time(tmp_path, capsys):
    asked = config(photos(tmp_path, "a.png", "b.png"), variants=2)
    summary = generate(asked, **quiet)
    assert capsys.readouterr() == ("", "")
    assert {"decode", "mask", "encode"} <= summary.seconds.keys()
    assert all(spent > 0 for spent in summary.seconds.values())
    assert 0 < sum(summary.seconds.values()) <= summary.wall
    assert summary.images_per_second == pytest.approx(4 / summary.wall)
    told = json.loads((tmp_path / "dataset" / SUMMARY).read_bytes())
    assert told == json.loads(json.dumps(summary.to_dict()))
    assert told["encoding"] == pytest.approx(summary.seconds["encode"] / sum(summary.seconds.values()))
    again = generate(asked, resume=True, **quiet)
    assert (again.samples, again.made, dict(again.seconds), again.images_per_second) == (4, 0, {}, 0)
    assert "4 samples (4 from an earlier run)" in str(again)


@pytest.mark.parametrize(("encode", "warned"), [(4.9, False), (5.1, True)])
def test_an_encoder_that_takes_most_of_the_time_is_told(encode, warned):
    from pixkern.pipelines.relight.summary import Summary

    told = str(Summary(Path("x"), 1, 1, {}, 10.0, {"shading": 5.0, "encode": encode}))
    assert ("warning: encoding takes" in told) == warned


def test_a_full_disk_fails_a_shard_and_all_its_photos_and_resume_makes_it(tmp_path, monkeypatch):
    asked = config(photos(tmp_path, "a.png", "b.png", "c.png", "d.png"), layout="shards", shard_size=2)
    add = shards.ShardWriter.add

    def full(self, sample, parts):
        if sample == "b":
            raise OSError(errno.ENOSPC, "No space left on device")
        return add(self, sample, parts)

    with monkeypatch.context() as patch:
        patch.setattr(shards.ShardWriter, "add", full)
        summary = generate(asked, **quiet)
    assert summary.samples == 2
    assert summary.failed == dict.fromkeys(
        ("a.png", "b.png"),
        "OSError: [Errno 28] No space left on device: 'shards/shard-000000.tar' (with all of shard-000000)",
    )
    out = tmp_path / "dataset"
    assert {path.name for path in (out / "shards").iterdir()} == {"shard-000001.tar", "shard-000001.jsonl"}
    assert generate(asked, resume=True, **quiet).made == 2
    generate(config(tmp_path, layout="shards", shard_size=2, folder="fresh"), **quiet)
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_run_that_is_cut_short_leaves_no_manifest_of_an_earlier_one(tmp_path, monkeypatch):
    asked = config(photos(tmp_path, "a.png", "b.png"))
    generate(asked, **quiet)

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch, "run_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            generate(asked, **quiet)
    left = {path.name for path in (tmp_path / "dataset").iterdir()}
    assert not left & {"manifest.jsonl", "manifest.parquet", SUMMARY}


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"config": {}}, TypeError, "config must be a Config, got dict; Config.load reads a file"),
        ({"num_samples": 0}, ValueError, "num_samples must be at least 1"),
        ({"num_samples": 1.5}, TypeError, "num_samples must be an integer"),
        ({"variants": 0}, ValueError, "variants: must be 1 to 1000000, got 0"),
        ({"mask": np.zeros((2, 2))}, TypeError, "mask must be a callable for a data set, got ndarray"),
        ({"jobs": 0}, ValueError, "jobs must be at least 1"),
        ({"callables_version": object()}, TypeError, "configuration must hold what JSON can"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(arguments, error, told, tmp_path):
    given = {"config": config(photos(tmp_path, "a.png")), "progress": False} | arguments
    with pytest.raises(error, match=told):
        generate(given.pop("config"), **given)
    assert not any((tmp_path / "dataset").glob("*/*"))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"input": {"folder": "none"}}, "input.folder: no such folder"),
        ({"input": {"folder": "empty"}}, "input.folder: no image file in"),
        (
            {"mask": {"methods": {"file": {"enabled": True, "folder": "none"}}}},
            "mask.methods.file.folder: no such folder",
        ),
        ({"normals": {"methods": {"onnx": {"enabled": True}}}}, "normals.methods.onnx.model: no such file"),
        ({"recombination": {"background": "image"}}, "recombination.folder: no such folder"),
    ],
)
def test_what_a_configuration_names_must_be_there_before_anything_is_written(told, reason, tmp_path):
    photos(tmp_path, "a.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=reason):
        generate(config(tmp_path, given=told), **quiet)
    assert not (tmp_path / "dataset").exists()


def test_a_model_or_a_background_that_changes_is_another_configuration(tmp_path):
    from pixkern.pipelines.relight.sources import configuration

    photos(tmp_path, "a.png")
    (tmp_path / "person.onnx").write_bytes(b"one")
    (tmp_path / "backgrounds").mkdir()
    asked = config(
        tmp_path,
        given={"mask": {"methods": {"onnx": {"enabled": True}}}, "recombination": {"background": "image"}},
    )
    seen = [configuration(asked, {}, None)]
    (tmp_path / "person.onnx").write_bytes(b"two")
    seen.append(configuration(asked, {}, None))
    (tmp_path / "backgrounds" / "wall.png").write_bytes(b"1")
    seen.append(configuration(asked, {}, None))
    (tmp_path / "backgrounds" / "wall.png").write_bytes(b"2")
    seen.append(configuration(asked, {}, None))
    assert all(one != other for number, one in enumerate(seen) for other in seen[:number])


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    asked = config(photos(tmp_path, "a.png"))
    told = []

    class Nosy(Disc):
        def __call__(self, image):
            try:
                generate(asked, **quiet)
            except RuntimeError as error:
                told.append(str(error))
            return super().__call__(image)

    with joblib.parallel_config(backend="threading", n_jobs=1):
        assert generate(asked, mask=Nosy(), **quiet).ok
    assert "another batch is at work" in told[0]
