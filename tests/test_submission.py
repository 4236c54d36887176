"""Submissions: all that is wrong is refused, the archive is the same bytes every time, and no archive is trusted."""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines.files import encode_image
from pixkern.pipelines.lens import _archive
from pixkern.pipelines.lens._listing import check_distinct, check_name
from pixkern.pipelines.lens._submission_checks import unsafe
from pixkern.pipelines.lens.submission import (
    SubmissionError,
    build_submission,
    check_submission,
    verify_submission,
)

RANDOM = np.random.default_rng(20261123)
NAMES = ["b_g1", "a_g2", "ärger", "z.2"]


def picture(width=7, height=5, suffix=".png"):
    return encode_image(RANDOM.integers(0, 256, (height, width, 3), np.uint8), suffix)


@pytest.fixture
def folder(tmp_path):
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    for name in NAMES:
        (predictions / f"{name}.png").write_bytes(picture())
    return predictions


def problems(folder, expected=NAMES, **options):
    """The problems found, by the check and by the build alike; the build writes nothing."""
    out = folder.parent / "refused.zip"
    with pytest.raises(SubmissionError) as caught:
        build_submission(folder, expected, out, jobs=1, **options)
    assert not out.exists()
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]
    assert check_submission(folder, expected, jobs=1, **options) == caught.value.problems
    assert all(problem.isprintable() for problem in caught.value.problems), "one line each"
    return caught.value.problems


def built(folder, **options):
    return build_submission(folder, NAMES, folder.parent / "submission.zip", jobs=1, **options)


# ---- what is right is packed -----------------------------------------------------------------------------------


def test_an_archive_holds_the_files_and_a_manifest_that_sha256sum_reads(folder):
    report = built(folder)
    assert report.names == ("a_g2.png", "b_g1.png", "z.2.png", "ärger.png")
    assert report.count == 4
    assert report.sha256 == hashlib.sha256(report.path.read_bytes()).hexdigest()
    assert report.bytes == report.path.stat().st_size
    with zipfile.ZipFile(report.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["manifest.sha256", *report.names]
        for name in report.names:
            assert archive.read(name) == (folder / name).read_bytes()
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644
        lines = archive.read("manifest.sha256").decode().splitlines()
    wanted = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in report.names]
    assert lines == wanted
    assert verify_submission(report.path) == report
    assert verify_submission(report.path, expected=NAMES) == report


def test_the_same_photos_give_the_same_bytes_whatever_the_order_dates_and_processes(folder, tmp_path):
    first = built(folder)
    data = first.path.read_bytes()
    for name in NAMES:
        os.utime(folder / f"{name}.png", (1, 1))
        os.chmod(folder / f"{name}.png", 0o600)
    second = build_submission(folder, reversed(NAMES), tmp_path / "again.zip", jobs=2)
    assert second.path.read_bytes() == data
    code = (
        "import sys; from pixkern.pipelines.lens.submission import build_submission;"
        "print(build_submission(sys.argv[1], sys.argv[3:], sys.argv[2], jobs=1).sha256)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(tmp_path / "third.zip"), *NAMES],
        capture_output=True,
        check=True,
        env=environment,
    )
    assert run.stdout.decode().strip() == first.sha256


def test_members_are_sorted_whatever_their_order(tmp_path):
    members = [_archive.Member(name, hashlib.sha256(b"x").hexdigest(), lambda: b"x") for name in ("b", "a", "é", "c")]
    assert _archive.write_archive(tmp_path / "1", members) == _archive.write_archive(tmp_path / "2", members[::-1])


def test_an_older_archive_is_replaced_only_when_all_is_right(folder):
    out = folder.parent / "submission.zip"
    out.write_bytes(b"old")
    (folder / "b_g1.png").write_bytes(b"")
    with pytest.raises(SubmissionError):
        built(folder)
    assert out.read_bytes() == b"old"
    (folder / "b_g1.png").write_bytes(picture())
    assert verify_submission(built(folder).path).count == 4


def test_a_photo_that_changes_after_its_check_is_refused(folder, monkeypatch):
    read = Path.read_bytes
    seen = []

    def changing(path):
        seen.append(path.name)
        return picture() if seen.count("z.2.png") == 2 and path.name == "z.2.png" else read(path)

    monkeypatch.setattr(Path, "read_bytes", changing)
    with pytest.raises(SubmissionError, match=r"z\.2\.png: changed"):
        built(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["predictions"]


def test_ids_sizes_and_splits_come_from_files(folder, tmp_path):
    originals, table = tmp_path / "originals", tmp_path / "ids.csv"
    originals.mkdir()
    for name in NAMES:
        (originals / f"{name}.jpg").write_bytes(picture(suffix=".jpg"))
    table.write_text("id,split\n" + "".join(f"{name},test\n" for name in NAMES) + "other,train\n", encoding="utf-8")
    report = build_submission(
        folder, table, tmp_path / "submission.zip", originals=originals, splits=["test"], suffix=".png", jobs=1
    )
    assert verify_submission(report.path, expected=table, splits=["test"]).count == 4
    assert "other: missing" in problems(folder, table)
    with pytest.raises(SubmissionError, match="other: missing"):
        verify_submission(report.path, expected=table)


# ---- what is wrong is refused ----------------------------------------------------------------------------------


def test_every_problem_is_listed(folder):
    (folder / "a_g2.png").unlink()
    (folder / "extra.png").write_bytes(picture())
    (folder / "z.2.png").write_bytes(picture()[:-5])
    (folder / "ärger.png").write_bytes(b"")
    found = problems(folder)
    assert [line.split(":")[0] for line in found] == ["a_g2", "extra", "z.2.png", "ärger.png"]
    assert "truncated PNG" in found[2]


def test_two_images_of_one_id_are_refused(folder):
    (folder / "b_g1.jpg").write_bytes(picture(suffix=".jpg"))
    assert "b_g1: there are 2 images" in problems(folder)


def test_names_that_differ_in_case_are_refused(folder):
    (folder / "A_G2.png").write_bytes(picture())
    if len(list(folder.iterdir())) == len(NAMES):
        pytest.skip("this file system takes both names for one")
    assert any("differ only in case" in line for line in problems(folder))
    with pytest.raises(ValueError, match="differ only in case"):
        check_submission(folder, [*NAMES, "A_G2"])


def test_another_size_than_the_originals_is_refused(folder, tmp_path):
    originals = tmp_path / "originals"
    originals.mkdir()
    for name in NAMES[1:]:
        (originals / f"{name}.png").write_bytes(picture())
    assert problems(folder, originals=originals) == (f"b_g1.png: no original in {originals}",)
    (originals / "b_g1.png").write_bytes(picture(5, 7))
    assert problems(folder, originals=originals) == ("b_g1.png: 7 x 5 pixels, its original has 5 x 7",)
    turned = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 274, 3, 1, 6, 0, 0)  # EXIF: shown turned by 90 degrees
    (originals / "b_g1.png").write_bytes(encode_image(np.zeros((7, 5), np.uint8), ".png", exif=turned))
    assert check_submission(folder, NAMES, originals=originals, jobs=1) == ()
    (originals / "b_g1.png").write_bytes(b"")
    assert "its original cannot be read" in problems(folder, originals=originals)[0]


def test_links_and_folders_are_no_images(folder):
    target = folder / "b_g1.png"
    target.rename(folder.parent / "outside.png")
    target.symlink_to(folder.parent / "outside.png")
    assert problems(folder) == ("b_g1.png: a link or no regular file",)
    target.unlink()
    target.mkdir()
    assert "b_g1: missing" in problems(folder)
    (target / "b_g1.png").write_bytes(picture())
    assert "b_g1: missing" in problems(folder)  # folders inside are not looked into


def test_a_wrong_suffix_is_refused(folder):
    assert len(problems(folder, suffix=".jpg")) == 4


def test_nothing_to_submit_is_refused(folder):
    assert problems(folder, []) == ("no image is expected, so there is nothing to submit",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"status": "hybrid", "safety": {"safe": False}}, "says that the correction is unsafe"),
        ({"safety": {"safe": None}}, "says that the correction is unsafe"),
        ({"status": "unsafe"}, "has the status 'unsafe', not one of"),
        ({"safety": {"steps": [{"safe": True}, {"safe": False}]}}, "says that the last step"),
        ({"safety": {"steps": []}}, "says that the last step"),
        ({"safety": {"safe": True, "steps": [{"safe": False}]}}, "says that the last step"),
        ({"safety": 1}, "not an object"),
        ({"id": "b_g1"}, "says nothing of the safety"),
        ([], "is not a JSON object"),
    ],
)
def test_metadata_that_do_not_speak_for_a_correction_refuse_it(folder, content, reason):
    assert reason in unsafe(content)
    (folder / "b_g1.json").write_text(json.dumps(content))
    (found,) = problems(folder)
    assert found.startswith("b_g1.png: its metadata b_g1.json ")
    assert reason in found


def test_metadata_that_speak_for_a_correction_pass(folder, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    good = [
        {"status": "identity"},
        {"safety": {"safe": True}},
        {"status": "param_only", "safety": {"safe": True, "steps": [{"safe": False}, {"safe": True}]}},
    ]
    for name, content in zip(NAMES, good, strict=False):
        (notes / f"{name}.json").write_text(json.dumps(content))
    assert problems(folder, metadata=notes) == (f"z.2.png: no metadata in {notes}",)
    (notes / "z.2.png.json").write_text("{}")
    assert "says nothing of the safety" in problems(folder, metadata=notes)[0]
    (notes / "z.2.png.json").write_text("[" * 100_000)
    assert "is not JSON" in problems(folder, metadata=notes)[0]
    (notes / "z.2.png.json").write_text('{"status": "hybrid"}')
    assert check_submission(folder, NAMES, metadata=notes, jobs=1) == ()


def test_the_metadata_folder_of_a_corrected_directory_is_found(folder):
    (folder / "metadata").mkdir()
    (folder / "thumbnails").mkdir()
    (folder / "report.html").write_text("")
    for name in NAMES:
        (folder / "thumbnails" / f"{name}.png.jpg").write_bytes(picture(suffix=".jpg"))
        (folder / "metadata" / f"{name}.png.json").write_text(
            '{"status": "identity", "safety": {"steps": [{"safe": true}]}}'
        )
    assert built(folder).count == 4
    (folder / "metadata" / "b_g1.png.json").write_text('{"safety": {"steps": [{"safe": false}]}}')
    assert "last step" in problems(folder)[0]
    (folder / "metadata" / "b_g1.png.json").unlink()
    assert "no metadata" in problems(folder)[0]


# ---- names -----------------------------------------------------------------------------------------------------

HOSTILE = [
    "../a",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..\\a",
    "..",
    ".",
    "",
    "C:a",
    "C:\\a",
    "a\0b",
    "a\nb",
    " a",
    "a ",
    "a.",
    ".hidden",
    "CON",
    "nul.png",
    "com1.a.b",
    "x" * 201,
    "é" * 101,
    "a|b",
    "a?",
    "\ud800",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_no_plain_names_are_refused(name, folder):
    with pytest.raises(ValueError) as caught:
        check_name(name)
    assert str(caught.value).isprintable(), "one line"
    with pytest.raises(ValueError):
        build_submission(folder, [*NAMES, name], folder.parent / "out.zip", jobs=1)


def test_names_with_another_unicode_form_collide():
    check_distinct(["a", "b", "ä"])
    for pair in (("A", "a"), ("\u00e4", "a\u0308"), ("stra\u00dfe", "STRASSE"), ("a", "a")):
        with pytest.raises(ValueError, match="is there"):
            check_distinct(pair)


# ---- archives that are not ours --------------------------------------------------------------------------------


def refused(data, folder, match=None, **options):
    path = folder.parent / "hostile.zip"
    path.write_bytes(data)
    with pytest.raises(SubmissionError, match=match) as caught:
        verify_submission(path, **options)
    assert str(caught.value).isprintable(), "one line"


def archive_of(members, *, manifest=None, **changed):
    """A zip file by zipfile of (name, data) pairs, with a manifest that fits; headers ours unless changed."""
    lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in [("manifest.sha256", (lines if manifest is None else manifest).encode()), *members]:
            info = zipfile.ZipInfo("x")
            info.filename = name  # as it is: the constructor cuts and replaces
            info.create_system, info.external_attr = 3, 0o100644 << 16
            for field, value in changed.items():
                setattr(info, field, value)
            archive.writestr(info, data)
    data = bytearray(file.getvalue())
    with zipfile.ZipFile(file) as archive:
        at = archive.start_dir
        for info in archive.infolist():  # zipfile chooses versions and flags by need, we do not
            struct.pack_into("<HH", data, info.header_offset + 4, 45, 0x800)
            struct.pack_into("<BBHH", data, at + 4, 45, data[at + 5], 45, 0x800)
            at += 46 + len(info.orig_filename.encode()) + len(info.extra) + len(info.comment)
    return bytes(data)


def test_a_zip_file_of_another_writer_in_the_same_form_is_the_same_bytes(folder):
    images = [(f"{name}.png", (folder / f"{name}.png").read_bytes()) for name in sorted(NAMES, key=str.encode)]
    assert archive_of(images) == built(folder).path.read_bytes()


@pytest.mark.parametrize(("large", "many"), [(300, 2**16 - 1), (2**32 - 1, 2)])
def test_large_archives_have_long_fields_that_other_readers_know(folder, monkeypatch, large, many):
    images = [(name, picture(3, 2)) for name in ("a.png", "b.png", "c.png")]
    members = [_archive.Member(name, hashlib.sha256(data).hexdigest(), lambda data=data: data) for name, data in images]
    monkeypatch.setattr(_archive, "_LARGE", large)  # as if all from here on were more than 4 GiB
    monkeypatch.setattr(_archive, "_MANY", many)
    path = folder.parent / "large.zip"
    _archive.write_archive(path, members)
    data = path.read_bytes()
    locator = data.index(b"PK\6\7")
    assert struct.unpack_from("<4sIQI", data, locator) == (b"PK\6\7", 0, data.index(b"PK\6\6"), 1)
    assert verify_submission(path).count == 3
    data = data.replace(struct.pack("<I", large), b"\xff" * 4) if large < 2**32 - 1 else data
    end = data.index(b"PK\5\6")
    data = data[: end + 8] + b"\xff" * 12 + data[end + 20 :]  # the marks that the real limits leave
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [archive.read(name) for name, _ in images] == [content for _, content in images]


@pytest.mark.parametrize(
    "name", ["../a.png", "/a.png", "a/b.png", "..\\a.png", "C:a.png", ".a.png", "con.png", "a\0.png"]
)
def test_members_that_leave_the_folder_are_refused(name, folder):
    refused(archive_of([(name, picture())]), folder, "lists what no archive may hold")


def test_a_member_named_otherwise_than_in_the_manifest_is_refused(folder):
    data = archive_of([("a.png", picture())])
    start = data.index(b"PK\3\4", 4)
    for name in (b"/.png", b"b.png", b"a.pn\0"):
        changed = data.replace(b"a.png", name)
        refused(changed, folder, "checksum and a name|may hold|differ|is where|damaged|not a")
        refused(data[:start] + data[start:].replace(b"a.png", name), folder, r"is where a\.png must be")


def test_members_that_are_twice_there_are_refused(folder):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archive_of([("a.png", picture()), ("a.png", picture())])
    refused(data, folder, "is there twice")
    refused(archive_of([("A.png", picture()), ("a.png", picture())]), folder, "differ only in case")
    refused(archive_of([("MANIFEST.sha256", picture())]), folder, "differ only in case")


def test_bombs_are_refused_before_they_are_read(folder):
    zeros = bytes(2**20)
    bomb = archive_of([("a.png", zeros)], compress_type=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**13
    refused(bomb, folder, "compressed|truncated")
    plain = archive_of([("a.png", zeros), ("b.png", zeros)])
    refused(plain, folder, "announces 1048576 bytes, at most 1000", max_member_bytes=1000)
    refused(plain, folder, "the archive has .* bytes, at most 1000", max_bytes=1000)
    refused(plain, folder, "lists 2 members, at most 1 ", max_members=1)


def test_a_small_archive_that_announces_much_is_refused_without_the_memory_for_it(folder):
    data = bytearray(archive_of([("a.png", picture())]))
    struct.pack_into("<II", data, data.index(b"PK\3\4", 4) + 18, 2**30, 2**30)
    tracemalloc.start()
    try:
        refused(bytes(data), folder, "truncated", max_member_bytes=2**31)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_what_is_before_between_or_after_the_members_is_refused(folder):
    data = built(folder).path.read_bytes()
    directory = data.index(b"PK\1\2")
    gap = bytearray(data[:directory] + b"gap!" + data[directory:])
    struct.pack_into("<I", gap, len(gap) - 6, directory + 4)  # where the directory starts
    for changed in (b"#!/bin/sh\n" + data, data + b"more", bytes(gap), data[:-2] + b"\4\0note"):
        assert zipfile.ZipFile(io.BytesIO(changed)).namelist()  # which other readers take
        refused(changed, folder)


def test_members_that_are_in_the_directory_alone_are_refused(folder):
    image = picture()
    one, two = archive_of([("a.png", image)]), archive_of([("a.png", image), ("b.png", image)])
    listed = two[two.index(b"PK\1\2") :]
    refused(one[: one.index(b"PK\1\2")] + listed, folder, "another directory")


@pytest.mark.parametrize(
    "changed",
    [
        {"date_time": (2026, 1, 1, 0, 0, 0)},
        {"external_attr": 0o100755 << 16},
        {"external_attr": 0o120777 << 16},  # a symbolic link
        {"comment": b"note"},
        {"create_system": 0},
    ],
)
def test_members_in_another_form_are_refused(changed, folder):
    refused(archive_of([("a.png", picture())], **changed), folder, "not dated|another directory")


def test_a_manifest_that_does_not_fit_is_refused(folder):
    image = picture()
    line = f"{hashlib.sha256(image).hexdigest()}  a.png\n"
    for manifest, match in (
        ("", "another directory"),
        (line + line.replace("a.png", "b.png"), r"b\.png is not there"),
        ("0" * 64 + "  a.png\n", "does not match its checksum"),
        ("a.png\n", "not a checksum and a name"),
        (line[:-1], "ends inside a line"),
        (line + line, "is there twice"),
        (line.upper().replace("A.PNG", "a.png"), "not a checksum and a name"),
        ("x" + line[1:], "not a checksum and a name"),
    ):
        refused(archive_of([("a.png", image)], manifest=manifest), folder, match)
    refused(archive_of([("b.png", image), ("a.png", image)]), folder, "not sorted")
    refused(archive_of([("a.png", b"no image")]), folder, r"a\.png: not an image")


def test_an_archive_without_a_manifest_is_refused(folder):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", picture())
    refused(file.getvalue(), folder, r"must be|truncated")


def test_every_truncation_of_an_archive_is_refused(folder):
    data = archive_of([("a.png", picture(2, 1))])
    for length in range(len(data)):
        refused(data[:length], folder)


def test_no_flipped_bit_of_an_archive_goes_unseen(folder):
    data = archive_of([("a.png", picture(2, 1))])
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        refused(bytes(changed), folder)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_no_damage_to_an_archive_goes_unseen(new, begin, length):
    data = archive_of([("a.png", encode_image(np.zeros((1, 2), np.uint8), ".png"))])
    changed = data[:begin] + new + data[begin + length :]
    reading = _archive.ArchiveReader
    if changed == data:
        return
    with pytest.raises(_archive.ArchiveError):
        list(reading(io.BytesIO(changed), len(changed), max_members=9, max_member_bytes=2**20).members())
