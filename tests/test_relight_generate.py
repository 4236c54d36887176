"""Data sets of relit photos: what is in them, whatever made them, and what a second run leaves alone."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tarfile
from pathlib import Path

import numpy as np
import pytest
from batch_items import dask, loky, snapshot, threads
from hypothesis import given, settings
from hypothesis import strategies as st
from relight_sets import config, contents, cut_out, disc, members, photos, quiet

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


def test_a_shard_is_read_by_plain_tarfile_as_the_docs_say(whole):
    with tarfile.open(whole / "shards" / "shards" / "shard-000000.tar") as tar:
        first = next(iter(tar))
        assert first.name == "anna_0.albedo.png"
        assert decode_image(io.BytesIO(tar.extractfile(first).read()).getvalue()).pixels.shape == (24, 20, 3)
