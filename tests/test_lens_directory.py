"""Folders of photos: good ones are corrected, bad ones named, and every run writes the same bytes."""

import json
import re
import shutil
import struct
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from pixkern import BackendUnavailable, _cuda
from pixkern.demo import boards
from pixkern.lenses import BrownConrady, KannalaBrandt, save
from pixkern.pipelines._orientation import turn_back, turn_upright
from pixkern.pipelines.files import decode_image, encode_image, read_image
from pixkern.pipelines.lens import Prediction, Thresholds, correct, correct_directory
from pixkern.pipelines.lens.report import report_page, thumbnail

SIZE = (72, 48)
LENS = BrownConrady(np.hypot(*SIZE) / 2, (34.0, 25.0), (-0.12, 0.01), (0.001, -0.002), size=SIZE)


def pixels(seed=0, channels=3, dtype=np.uint8, size=SIZE):
    x, y = np.meshgrid(np.linspace(0, 4, size[0]), np.linspace(0, 3, size[1]))
    phase = np.random.default_rng(seed).random(channels) * 6
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    waves = 0.5 + 0.3 * np.sin(x[..., None] + phase) + 0.15 * np.cos(2 * y[..., None] - phase)
    found = (waves * full).astype(dtype)
    return found[..., 0] if channels == 1 else found


def exif(orientation):
    return b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0]) + b"\0\0\0\0\0\0"


def written(folder, **options):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "failures.jsonl"
    }


def run(folder, out, **options):
    return correct_directory(folder, out, **{"predictor": LENS, "jobs": 1, "progress": False, **options})


def only_even(image):
    """A predictor that refuses half of the photos, and can travel to other processes."""
    if int(image.sum()) % 2:
        return Prediction(None, "even", accepted=False, reasons=("odd <b>photo</b>",))
    return Prediction(LENS, "even")


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "in"
    (source / "sub").mkdir(parents=True)
    for count, suffix in enumerate((".jpg", ".png", ".tif", ".webp", ".bmp")):
        (source / f"photo{count}{suffix}").write_bytes(encode_image(pixels(count), suffix))
    (source / "grey.png").write_bytes(encode_image(pixels(7, 1, np.uint16), ".png"))
    (source / "float.tif").write_bytes(encode_image(pixels(8, 3, np.float32), ".tif"))
    (source / "alpha.png").write_bytes(encode_image(pixels(9, 4), ".png"))
    (source / "sub" / "deep.png").write_bytes(encode_image(pixels(10), ".png"))
    return source


def test_each_photo_is_corrected_as_by_itself(folder, tmp_path):
    report = run(folder, tmp_path / "out")
    assert report.ok
    assert len(report.finished) == 8
    for name in report.finished:
        photo = read_image(folder / name)
        done = correct(photo.pixels, predictor=LENS)
        found = read_image(tmp_path / "out" / name)
        assert found.pixels.dtype == photo.pixels.dtype
        if name.endswith(".jpg"):
            assert np.abs(found.pixels.astype(int) - done.image).mean() < 1  # what quality 95 loses of smooth colours
        else:
            assert np.array_equal(found.pixels, done.image)


def test_folders_inside_are_corrected_on_request(folder, tmp_path):
    assert "sub/deep.png" in run(folder, tmp_path / "out", recursive=True).finished
    assert (tmp_path / "out" / "sub" / "deep.png").is_file()
    assert (tmp_path / "out" / "metadata" / "sub" / "deep.png.json").is_file()


def test_metadata_say_what_was_done_to_each_photo(folder, tmp_path):
    report = run(folder, tmp_path / "out", crop="same-size")
    for name in report.finished:
        told = json.loads((tmp_path / "out" / "metadata" / f"{name}.json").read_text())
        assert told["status"] == "param_only"
        assert told["safety"]["safe"] is True
        assert told["crop"] == "same-size"
        assert told["size"] == list(SIZE)
        assert told["file"]["name"] == name


def test_the_same_bytes_on_every_run_and_for_any_number_of_workers(folder, tmp_path):
    first = run(folder, tmp_path / "a", predictor=only_even)
    run(folder, tmp_path / "b", predictor=only_even)
    run(folder, tmp_path / "c", predictor=only_even, jobs=2)
    assert {record["status"] for record in first.records.values()} == {"identity", "param_only"}
    once = written(tmp_path / "a")
    assert {"report.html", "manifest.jsonl", "photo0.jpg", "metadata/photo0.jpg.json"} <= once.keys()
    assert written(tmp_path / "b") == once
    assert written(tmp_path / "c") == once


def test_the_identity_copies_the_file(folder, tmp_path):
    def refuse(image):
        return Prediction(None, "none", accepted=False, reasons=("no lines",))

    report = run(folder, tmp_path / "out", predictor=refuse, crop="keep-all")
    for name in report.finished:
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()


def test_bad_files_fail_by_themselves_and_say_why(folder, tmp_path):
    jpeg = (folder / "photo0.jpg").read_bytes()
    frame = jpeg.index(b"\xff\xc0")  # baseline header: of its bytes, the tenth counts the channels
    four = struct.pack(">HBHHB", 20, 8, 48, 72, 4) + bytes(b for c in range(1, 5) for b in (c, 0x11, 0))
    still = bytes([0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x4C, 0x01, 0])  # a picture of 2 x 2 pixels, coded
    palette = bytes([2, 0, 2, 0, 0x80, 0, 0]) + bytes(6)
    bad = {
        "empty.jpg": (b"", "empty"),
        "text.png": (b"I am no image at all", "not an image"),
        "half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "print.jpg": (jpeg[: frame + 2] + four + jpeg[frame + 19 :], "CMYK"),
        "film.gif": (b"GIF89a" + palette + still * 2 + b";", "animated"),
        "half.png": ((folder / "photo1.png").read_bytes()[:200], "truncated"),
    }
    for name, (data, _) in bad.items():
        (folder / name).write_bytes(data)
    report = run(folder, tmp_path / "out")
    assert sorted(report.failed) == sorted(bad)
    assert len(report.finished) == 8
    for name, (_, told) in bad.items():
        assert told in report.failed[name]
        assert name in report.failed[name]
        assert not (tmp_path / "out" / name).exists()
    page = (tmp_path / "out" / "report.html").read_text()
    assert "6 failed" in page


def test_a_photo_of_another_shape_fails_alone(folder, tmp_path):
    (folder / "a_square.png").write_bytes(encode_image(pixels(0, size=(48, 48)), ".png"))
    save(tmp_path / "lens.yml", BrownConrady(LENS.focal, LENS.center, (-0.1, 0.01), size=SIZE))
    report = run(folder, tmp_path / "out", predictor=tmp_path / "lens.yml")
    assert list(report.failed) == ["a_square.png"]
    assert "other proportions" in report.failed["a_square.png"]
    assert len(report.finished) == 8


def test_a_pixel_is_left_as_it_is(tmp_path):
    (tmp_path / "in").mkdir()
    data = encode_image(np.full((1, 1, 3), 9, np.uint8), ".png")
    (tmp_path / "in" / "one.png").write_bytes(data)
    report = run(tmp_path / "in", tmp_path / "out", predictor=BrownConrady(50, (0, 0), (-0.1,)))
    assert report.records["one.png"]["status"] == "identity"
    assert (tmp_path / "out" / "one.png").read_bytes() == data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_corrected_in_the_frame_of_its_sensor(tmp_path, orientation):
    stored = pixels(3)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(encode_image(stored, ".png", exif=exif(orientation)))
    photo = read_image(tmp_path / "in" / "a.png")
    assert photo.orientation == orientation
    assert np.array_equal(turn_back(photo.pixels, orientation), stored)
    report = run(tmp_path / "in", tmp_path / "out")
    assert report.ok
    found = read_image(tmp_path / "out" / "a.png")
    assert found.orientation == 1
    assert np.array_equal(found.pixels, turn_upright(correct(stored, predictor=LENS).image, orientation))


def test_a_lens_for_upright_photos_is_applied_upright(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(encode_image(pixels(3), ".png", exif=exif(6)))
    lens = BrownConrady(40, (24, 36), (-0.1,), size=SIZE[::-1])
    run(tmp_path / "in", tmp_path / "out", predictor=lens)
    upright = read_image(tmp_path / "in" / "a.png").pixels
    assert np.array_equal(read_image(tmp_path / "out" / "a.png").pixels, correct(upright, predictor=lens).image)


def test_colour_profile_and_exif_stay_with_the_photo(tmp_path):
    (tmp_path / "in").mkdir()
    given = encode_image(pixels(3), ".jpg", exif=exif(1), icc=b"profile" * 20)
    (tmp_path / "in" / "a.jpg").write_bytes(given)
    run(tmp_path / "in", tmp_path / "out")
    before, after = read_image(tmp_path / "in" / "a.jpg"), read_image(tmp_path / "out" / "a.jpg")
    assert after.icc == before.icc == b"profile" * 20
    assert after.exif == before.exif


def test_keep_all_changes_the_format_of_files_without_alpha(folder, tmp_path):
    report = run(folder, tmp_path / "out", crop="keep-all")
    assert report.ok
    assert report.records["photo0.jpg"]["output"] == "photo0.png"
    assert report.records["photo2.tif"]["output"] == "photo2.tif"
    assert report.records["photo4.bmp"]["output"] == "photo4.png"
    for record in report.records.values():
        assert read_image(tmp_path / "out" / record["output"]).pixels.shape == (48, 72, 4)


def test_a_file_whose_name_lies_is_written_as_what_it_is(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "really_a_png.jpg").write_bytes(encode_image(pixels(1), ".png"))
    report = run(tmp_path / "in", tmp_path / "out")
    assert report.records["really_a_png.jpg"]["output"] == "really_a_png.png"


def test_resume_does_only_what_is_new_and_writes_the_same(folder, tmp_path):
    run(folder, tmp_path / "whole")
    late = tmp_path / "late.png"
    shutil.move(folder / "photo1.png", late)
    run(folder, tmp_path / "out")
    shutil.move(late, folder / "photo1.png")
    again = run(folder, tmp_path / "out", resume=True)
    assert again.finished == ("photo1.png",)
    assert len(again.skipped) == 7
    assert written(tmp_path / "out") == written(tmp_path / "whole")
    assert run(folder, tmp_path / "out", resume=True, crop="same-size").skipped == ()


def test_resume_notices_another_lens_in_the_same_file(folder, tmp_path):
    path = tmp_path / "lens.json"
    save(path, LENS)
    run(folder, tmp_path / "out", predictor=path)
    assert len(run(folder, tmp_path / "out", predictor=path, resume=True).skipped) == 8
    save(path, BrownConrady(LENS.focal, LENS.center, (-0.05,), size=SIZE))
    assert run(folder, tmp_path / "out", predictor=path, resume=True).skipped == ()


def test_a_dry_run_tells_the_same_and_writes_nothing(folder, tmp_path):
    (folder / "empty.png").write_bytes(b"")
    dry = run(folder, tmp_path / "out", predictor=only_even, dry_run=True)
    assert not (tmp_path / "out").exists()
    wet = run(folder, tmp_path / "out", predictor=only_even)
    assert dry.failed == wet.failed
    assert {name: record["status"] for name, record in dry.records.items()} == {
        name: record["status"] for name, record in wet.records.items()
    }


def test_a_pool_does_without_photos_that_cannot_be_read(tmp_path):
    (tmp_path / "in").mkdir()
    for name, data in list(boards().items())[:3]:
        (tmp_path / "in" / name).write_bytes(data)
    whole = encode_image(pixels(0, size=(100, 90)), ".png")
    (tmp_path / "in" / "a.png").write_bytes(whole[:-400] + bytes(388) + whole[-12:])  # its header and end are whole
    pooled = run(tmp_path / "in", tmp_path / "pooled", predictor="auto", pool=True)
    assert list(pooled.failed) == ["a.png"]
    assert {record["status"] for record in pooled.records.values()} == {"param_only"}
    lenses = [json.loads(path.read_text())["lens"] for path in sorted((tmp_path / "pooled" / "metadata").iterdir())]
    assert lenses[0] == lenses[1] == lenses[2]
    single = run(tmp_path / "in", tmp_path / "single", predictor="auto")
    assert {record["status"] for record in single.records.values()} == {"param_only"}
    moved = {record["displacement_mean_px"] for record in single.records.values()}
    assert len(moved) == 3


def test_photos_held_upright_belong_to_the_pool_of_their_sensor(tmp_path):
    (tmp_path / "in").mkdir()
    for count, (name, data) in enumerate(list(boards().items())[:4]):
        turned = encode_image(decode_image(data).pixels, ".png", exif=exif(6))
        (tmp_path / "in" / f"{name}.png").write_bytes(turned if count % 2 else data)
    run(tmp_path / "in", tmp_path / "out", predictor="auto", pool=True)
    told = [json.loads(path.read_text()) for path in sorted((tmp_path / "out" / "metadata").iterdir())]
    assert [about["file"]["frame"] for about in told] == ["upright", "stored", "upright", "stored"]
    assert all(about["lens"] == told[0]["lens"] for about in told)
    assert told[0]["details"]["photos"] == 4


def test_all_photos_are_written_in_the_format_that_is_asked_for(folder, tmp_path):
    report = run(folder, tmp_path / "out", predictor=only_even, suffix=".webp")
    own = run(folder, tmp_path / "own", predictor=only_even)
    assert sorted(report.failed) == ["float.tif", "grey.png"]
    assert "got float32" in report.failed["float.tif"]
    assert {record["status"] for record in report.records.values()} == {"identity", "param_only"}
    for name, record in report.records.items():
        found = read_image(tmp_path / "out" / record["output"])
        assert (record["output"], found.format) == (name.rpartition(".")[0] + ".webp", "WebP")
        if name != "photo0.jpg" or record["status"] == "identity":  # WebP is lossless
            assert np.array_equal(found.pixels, read_image(tmp_path / "own" / own.records[name]["output"]).pixels)


def test_limits_can_be_chosen_for_a_run(folder, tmp_path):
    wide = KannalaBrandt(30, (35.5, 23.5), coefficients=(0.02,))
    kept = run(folder, tmp_path / "a", predictor=wide, crop="same-size")
    refused = run(folder, tmp_path / "b", predictor=wide, crop="same-size", thresholds=Thresholds())
    assert {record["status"] for record in kept.records.values()} == {"param_only"}
    assert {record["status"] for record in refused.records.values()} == {"identity"}


def test_a_run_that_cannot_work_is_refused_before_it_starts(folder, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="over themselves"):
        run(folder, folder)
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="no photos in"):
        run(tmp_path / "none", tmp_path / "out")
    with pytest.raises(OSError, match="nowhere"):
        run(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "bad.yml").write_text("camera_matrix: [1, 2]")
    with pytest.raises(ValueError, match=r"bad\.yml"):
        run(folder, tmp_path / "out", predictor=tmp_path / "bad.yml")
    with pytest.raises(ValueError, match="pool"):
        run(folder, tmp_path / "out", pool=True)
    for wrong in (
        {"crop": "tight"},
        {"interpolation": "cubic"},
        {"border": "wrap"},
        {"quality": 0},
        {"suffix": ".gif"},
    ):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            run(folder, tmp_path / "out", **wrong)
    with pytest.raises(ValueError, match="leave one of them out"):
        run(folder, tmp_path / "out", dry_run=True, resume=True)
    monkeypatch.setattr(_cuda, "missing", lambda: "no GPU")
    with pytest.raises(BackendUnavailable, match="no GPU"):
        run(folder, tmp_path / "out", backend="cuda")
    assert not (tmp_path / "out").exists()


def test_an_output_inside_the_input_is_not_read_again(folder):
    run(folder, folder / "out", recursive=True)
    again = run(folder, folder / "out", recursive=True)
    assert not any(name.startswith("out/") for name in again.finished)


class Page(HTMLParser):
    """What a browser would make of a page: its tags, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text, self.sources, self.links = [], [], "", [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.sources += [value for name, value in attributes if name == "src"]
        self.links += [value for name, value in attributes if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_report_shows_every_photo_and_needs_nothing_else(folder, tmp_path):
    run(folder, tmp_path / "out", predictor=only_even)
    page = Page((tmp_path / "out" / "report.html").read_text())
    assert page.tags.count("img") == 8
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert all((tmp_path / "out" / link).is_file() for link in page.links)
    assert "odd <b>photo</b>" in page.text
    assert "b" not in page.tags
    assert "script" not in page.tags


def test_names_cannot_break_the_report(tmp_path):
    name = "<script>alert(1)</script>\"'& #%.png"
    record = {
        "status": "identity",
        "source": "<i>",
        "reasons": ["<u>"],
        "size": [2, 3],
        "zoom": 1.0,
        "displacement_mean_px": 0.0,
        "straightness_before_px": None,
        "straightness_after_px": None,
        "output": name,
        "metadata": name,
        "thumbnail": name,
    }
    page = Page(report_page({name: record}, {"<b>" + name: "<em>"}, lambda path: b"x"))
    assert {"script", "i", "u", "b", "em"}.isdisjoint(page.tags)
    assert name in page.text
    assert not any(re.search(r"[<>\"' ]", link) for link in page.links)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_thumbnail_shows_before_and_after_in_their_colours(dtype, channels):
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    dark, light = ((np.full((300, 800, channels), level) * full).astype(dtype) for level in (0.2, 0.8))
    if channels in (2, 4):
        dark[..., -1] = light[..., -1] = full
    picture = cv2.imdecode(np.frombuffer(thumbnail(dark, light), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (120, 648, 3)
    assert np.abs(picture[5:-5, 5:310].astype(int) - 51).max() <= 2  # what JPEG loses of one grey
    assert np.abs(picture[5:-5, 335:-5].astype(int) - 204).max() <= 2  # as above


def test_a_thumbnail_of_nothing_is_grey():
    nothing = np.zeros((30, 40, 4), np.uint8)
    picture = cv2.imdecode(np.frombuffer(thumbnail(nothing, nothing), np.uint8), cv2.IMREAD_COLOR)
    assert abs(int(picture[10, 10, 0]) - 191) <= 2  # 3/4 grey, through JPEG
