"""Data sets of relit photos: what is in them, whatever made them, and what a second run leaves alone."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import random
import tarfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from batch_items import dask, loky, snapshot, threads
from hypothesis import given, settings
from hypothesis import strategies as st
from relight_sets import config, contents, cut_out, disc, members, photos, pixels, quiet

from pixkern.pipelines import _batch_item, batch
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import shards
from pixkern.pipelines.relight.generate import LEDGER, SUMMARY, generate
from pixkern.pipelines.relight.relit import relight, replay
from pixkern.pipelines.relight.sample_files import as_depth

NAMES = ("anna.png", "b.c d.png", "über.webp", "day 1/anna.png", "day 1/deep/x.png")
KEYS = ("anna", "b.c d", "day 1/anna", "day 1/deep/x", "über")
SHARD = "shards/shard-000000.tar"


def lines(path: Path) -> list[dict]:
    return [json.loads(text) for text in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return photos(tmp_path_factory.mktemp("set"), *NAMES)


@pytest.fixture(scope="module")
def whole(root):
    """A data set in each layout: two variants of five photos."""
    for layout in ("folders", "shards"):
        summary = generate(
            config(root, variants=2, recursive=True, folder=layout, layout=layout, shard_size=3), **quiet
        )
        assert summary.ok
        assert summary.samples == summary.made == 10
    return root


def test_folders_have_the_files_of_each_stage_and_nothing_else(whole):
    expected = set()
    for key in KEYS:
        for sample in (f"{key}_0", f"{key}_1"):
            expected |= {f"outputs/{sample}_{part}.png" for part in ("input", "albedo", "output", "foreground", "mask")}
            expected |= {f"stage_1/{sample}_{part}.png" for part in ("foreground", "background", "mask")}
            expected |= {f"stage_2/{sample}_albedo.png", f"stage_3/{sample}_degraded.png"}
            expected |= {f"stage_3/{sample}_params.json", f"stage_3_5/{sample}_composite.png"}
            expected |= {f"outputs/{sample}_metadata.json"}
    about = {"manifest.jsonl", "manifest.parquet", LEDGER, SUMMARY}
    assert {name for name, data in snapshot(whole / "folders").items() if data is not None} == expected | about


def test_the_pictures_are_those_of_relight(whole):
    asked = config(whole)
    for name in NAMES:
        key = name.rpartition(".")[0]
        photo = decode_image((whole / "photos" / name).read_bytes()).pixels
        for variant in (0, 1):
            made = relight(photo, seed=0, key=key, variant=variant, settings=asked.settings, root=whole)

            def picture(place, sample=f"{key}_{variant}"):
                stage, _, part = place.partition("/")
                return decode_image((whole / "folders" / stage / f"{sample}_{part}.png").read_bytes()).pixels

            for part in ("output", "albedo", "foreground", "mask"):
                assert (picture(f"outputs/{part}") == getattr(made, part)).all()
            assert (picture("outputs/input") == photo[..., :3]).all()
            assert (picture("stage_1/mask") == made.mask).all()
            assert (picture("stage_2/albedo") == made.albedo).all()
            assert (picture("stage_3/degraded") == made.foreground).all()
            assert (picture("stage_3_5/composite") == made.output).all()
            inside, outside = picture("stage_1/foreground"), picture("stage_1/background")
            assert (inside[made.mask == 255] == photo[..., :3][made.mask == 255]).all()
            assert (outside[made.mask == 0] == photo[..., :3][made.mask == 0]).all()
            assert not inside[made.mask == 0].any()
            assert not outside[made.mask == 255].any()
            params = json.loads((whole / "folders" / "stage_3" / f"{key}_{variant}_params.json").read_bytes())
            assert params == json.loads(json.dumps(made.params))


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_the_manifest_has_a_line_for_each_sample_with_all_that_made_it_and_its_files(layout, whole):
    folder = whole / layout
    told = lines(folder / "manifest.jsonl")
    assert [line["sample"] for line in told] == [f"{key}_{variant}" for key in KEYS for variant in (0, 1)]
    for line in told:
        photo = (whole / "photos" / line["input"]["path"]).read_bytes()
        assert line["input"]["sha256"] == hashlib.sha256(photo).hexdigest()
        assert (line["key"], line["variant"]) == (line["params"]["key"], line["params"]["variant"])
        held = members((folder / line["shard"]).read_bytes()) if layout == "shards" else snapshot(folder)
        assert line["files"].keys() >= {"input", "albedo", "output", "foreground", "mask", "metadata"}
        for file in line["files"].values():
            data = held[file["path"]]
            assert file == {"path": file["path"], "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        metadata = json.loads(held[line["files"]["metadata"]["path"]])
        assert metadata == {key: value for key, value in line.items() if key not in ("files", "shard")}
    if layout == "folders":
        assert {file["path"] for line in told for file in line["files"].values()} == {
            path for path, data in snapshot(folder).items() if data is not None and "/" in path
        }


def test_every_sample_is_made_again_from_its_line_and_its_photo(whole):
    for line in lines(whole / "shards" / "manifest.jsonl"):
        photo = decode_image((whole / "photos" / line["input"]["path"]).read_bytes()).pixels
        again = replay(line["params"], photo, root=whole)
        place = line["files"]["output"]["path"]
        held = members((whole / "shards" / line["shard"]).read_bytes())
        assert (decode_image(held[place]).pixels == again.output).all()


@pytest.mark.parametrize("bit_depth", [8, 16])
def test_a_sample_of_another_depth_is_made_again_from_its_own_input_or_from_the_photo(bit_depth, tmp_path):
    photos(tmp_path, "a.png")
    (tmp_path / "photos" / "deep.png").write_bytes(encode_image(cut_out(1, dtype=np.uint16), ".png"))
    given = {"mask": {"methods": {"file": {"enabled": True}}}}
    (tmp_path / "masks").mkdir()
    for name in ("a.png", "deep.png"):
        (tmp_path / "masks" / name).write_bytes(encode_image(disc((24, 20)), ".png"))
    generate(config(tmp_path, bit_depth=bit_depth, given=given | {"output": {"bit_depth": bit_depth}}), **quiet)
    for line in lines(tmp_path / "dataset" / "manifest.jsonl"):
        assert line["input"]["bits"] == bit_depth
        output = decode_image((tmp_path / "dataset" / line["files"]["output"]["path"]).read_bytes()).pixels
        photo = decode_image((tmp_path / "photos" / line["input"]["path"]).read_bytes()).pixels
        assert (replay(line["params"], as_depth(photo, bit_depth), root=tmp_path).output == output).all()


def test_shards_hold_the_samples_of_the_folders_in_order(whole):
    names = sorted(path.name for path in (whole / "shards" / "shards").glob("*.tar"))
    assert names == [f"shard-{number:06d}.tar" for number in range(4)]
    read = [(sample, parts) for name in names for sample, parts in webdataset(whole / "shards" / "shards" / name)]
    assert [shards.unescaped(sample) for sample, _ in read] == [f"{key}_{v}" for key in KEYS for v in (0, 1)]
    for sample, parts in read:
        assert parts.keys() == {"input.png", "albedo.png", "output.png", "foreground.png", "mask.png", "json"}
        for part, data in parts.items():
            place = "metadata.json" if part == "json" else part
            assert data == (whole / "folders" / "outputs" / f"{shards.unescaped(sample)}_{place}").read_bytes()


def webdataset(path):
    """Samples as loaders of WebDataset group them: neighbours whose names agree up to the first dot."""
    groups = []
    for name, data in members(path.read_bytes()).items():
        sample, _, part = name.partition(".")
        assert "/" not in name
        if not groups or groups[-1][0] != sample:
            groups.append((sample, {}))
        groups[-1][1][part] = data
    assert len({sample for sample, _ in groups}) == len(groups)
    return groups


def test_headers_of_shards_know_neither_the_day_nor_the_machine(whole):
    for path in (whole / "shards" / "shards").glob("*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
                assert (member.mode, member.type) == (0o644, tarfile.REGTYPE)


@settings(max_examples=300)
@given(name=st.text(min_size=1), other=st.text(min_size=1))
def test_names_in_shards_have_no_dots_and_slashes_and_come_back(name, other):
    try:
        os.fsencode(name), os.fsencode(other)
    except UnicodeEncodeError:  # no name of a file
        return
    told = shards.escaped(name)
    assert shards.unescaped(told) == name
    assert not set(told) & set("./\\ \0\n")
    assert (told == shards.escaped(other)) == (name == other)


def test_a_name_that_is_not_text_comes_back():
    name = os.fsdecode(b"caf\xe9 \xff")
    assert shards.escaped(name) == "caf%E9%20%FF"
    assert shards.unescaped("caf%E9%20%FF") == name


@given(counts=st.lists(st.integers(1, 9), max_size=8), size=st.integers(1, 7))
def test_cutting_keeps_order_and_fills_every_shard_but_the_last(counts, size):
    shares = [shares_of(number, count) for number, count in enumerate(counts)]
    cut = list(shards.cut(shares, size))
    assert [s for shard in cut for share in shard for s in share.ids] == [s for share in shares for s in share.ids]
    sizes = [sum(len(share.variants) for share in shard) for shard in cut]
    assert all(one == size for one in sizes[:-1])
    assert not sizes or 0 < sizes[-1] <= size


def shares_of(number, count):
    from pixkern.pipelines.relight.photos import Share

    return Share(f"{number}.png".encode(), Path(), tuple(range(count)), 9)


@pytest.mark.parametrize("workers", [loky, threads, dask])
@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_any_workers_write_the_bytes_of_one(layout, workers, whole, tmp_path):
    asked = config(whole, variants=2, recursive=True, folder=str(tmp_path / "out"), layout=layout, shard_size=3)
    with workers():
        generate(asked, progress=False)
    assert contents(tmp_path / "out") == contents(whole / layout)


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_neither_the_order_of_the_listing_nor_that_of_the_results_shows(layout, whole, tmp_path, monkeypatch):
    chance = random.Random(3)
    walk = os.walk

    def shuffled(*arguments, **options):
        for place, inside, names in walk(*arguments, **options):
            chance.shuffle(inside)
            chance.shuffle(names)
            yield place, inside, names

    def run_all(function, tasks, place, workers):
        results = [_batch_item.run_item(task, place, function) for task in chance.sample(tasks, len(tasks))]
        yield from chance.sample(results, len(results))

    monkeypatch.setattr(os, "walk", shuffled)
    monkeypatch.setattr(batch, "run_all", run_all)
    asked = config(whole, variants=2, recursive=True, folder=str(tmp_path / "out"), layout=layout, shard_size=3)
    generate(asked, **quiet)
    assert contents(tmp_path / "out") == contents(whole / layout)


@pytest.mark.parametrize("layout", ["folders", "shards"])
@pytest.mark.parametrize(("first", "then"), [(3, 7), (7, 3), (4, None)])
def test_fewer_samples_and_then_more_are_those_of_one_run(first, then, layout, whole, tmp_path):
    asked = config(whole, variants=2, recursive=True, folder=str(tmp_path / "out"), layout=layout, shard_size=3)
    assert generate(asked, num_samples=first, **quiet).samples == first
    again = generate(asked, num_samples=then, resume=True, **quiet)
    told = lines(tmp_path / "out" / "manifest.jsonl")
    assert again.samples == len(told) == (then or 10)
    assert told == lines(whole / layout / "manifest.jsonl")[: then or 10]
    made = contents(tmp_path / "out")
    if then is None:
        assert made == contents(whole / layout)
        assert again.notes == ()
    elif first > then:  # nothing is deleted, and it is said
        assert "are not of this data set" in again.notes[0]
    assert again.made < again.samples or first < 6  # 3 samples are one shard and a half photo


@pytest.mark.parametrize("layout", ["folders", "shards"])
def test_more_variants_on_resume_are_those_of_a_run_of_their_own(layout, whole, tmp_path):
    asked = config(whole, recursive=True, folder=str(tmp_path / "out"), layout=layout, shard_size=3)
    generate(asked, variants=2, **quiet)
    before = contents(tmp_path / "out")
    generate(asked, variants=4, resume=True, **quiet)
    after = contents(tmp_path / "out")
    generate(
        config(whole, recursive=True, folder=str(tmp_path / "new"), layout=layout, shard_size=3), variants=4, **quiet
    )
    assert after == contents(tmp_path / "new")
    if layout == "folders":  # a sample does not know how many there are
        pictures = {path: data for path, data in before.items() if "/" in path}
        assert pictures.items() <= after.items()


def test_one_variant_has_the_name_of_the_photo_and_files_of_other_names_are_told(root, tmp_path):
    asked = config(root, folder=str(tmp_path / "out"), intermediates=False)
    assert generate(asked, **quiet).notes == ()
    assert (tmp_path / "out" / "outputs" / "b.c d_output.png").is_file()
    again = generate(asked, variants=2, resume=True, **quiet)
    assert [note for note in again.notes if note.startswith("18 files in") and "anna_albedo.png" in note]


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


def test_a_shard_is_read_by_plain_tarfile_as_the_docs_say(whole):
    with tarfile.open(whole / "shards" / "shards" / "shard-000000.tar") as tar:
        first = next(iter(tar))
        assert first.name == "anna_0.albedo.png"
        assert decode_image(io.BytesIO(tar.extractfile(first).read()).getvalue()).pixels.shape == (24, 20, 3)
