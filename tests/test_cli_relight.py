"""`pixkern relight apply`, `replay` and `preview`: what they write, and what they refuse in one line."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixkern import set_threads
from pixkern.cli import main
from pixkern.cli._relight_options import only
from pixkern.demo import photo
from pixkern.pipelines import relight as pipeline
from pixkern.pipelines.files import decode_image, encode_image, read_image
from pixkern.pipelines.relight import Settings, preview, relight
from pixkern.pipelines.relight.pictures import normals_picture

PHOTO = cv2.resize(decode_image(photo("astronaut.webp")).pixels, (96, 80), interpolation=cv2.INTER_AREA)
MASK = np.zeros((80, 96), np.uint8)
cv2.ellipse(MASK, (40, 50), (26, 34), 0, 0, 360, 255, -1)
cv2.ellipse(MASK, (40, 50), (26, 34), 0, 0, 360, 128, 1)
ICC = bytes([0, 0, 0, 132]) + bytes(12) + b"RGB " + bytes(16) + b"acsp" + bytes(92)
CONFIG = "seed: 5\nmask: {methods: {file: {enabled: true, folder: masks}}}\nrecombination: {background: black}\n"


@pytest.fixture(autouse=True)
def _threads():
    yield
    set_threads(None)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """A working folder with photos, a mask, a configuration elsewhere, and files that are no photos."""
    monkeypatch.chdir(tmp_path)
    for folder in ("photos/inner", "where/masks"):
        os.makedirs(folder)
    Path("me.png").write_bytes(encode_image(PHOTO, ".png", icc=ICC))
    Path("person.png").write_bytes(encode_image(MASK, ".png"))
    Path("where/masks/me.png").write_bytes(encode_image(MASK, ".png"))
    Path("where/how.yaml").write_text(CONFIG)
    for number in range(5):
        Path(f"photos/{number}.png").write_bytes(encode_image(np.dstack([np.roll(PHOTO, number, 1), MASK]), ".png"))
    Path("photos/inner/deep.png").write_bytes(encode_image(np.dstack([PHOTO, MASK]).astype(np.uint16) * 257, ".png"))
    Path("empty.png").write_bytes(b"")
    Path("text.json").write_text("no JSON")
    return tmp_path


def run(capsys, *arguments):
    code = main(["relight", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def done(capsys, *arguments):
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    return out


def refused(capsys, *arguments):
    """What it says in one line, having written nothing."""
    before = sorted(str(path) for path in Path().rglob("*"))
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("pixkern: ")
    assert err.count("\n") == 1
    assert sorted(str(path) for path in Path().rglob("*")) == before
    return err


def test_a_photo_is_relit_as_by_the_function_and_its_numbers_stand_beside_it(at, capsys):
    out = done(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", "--seed", 3, "--variant", 2)
    expected = relight(PHOTO, seed=3, key="me", variant=2, mask=MASK)
    found = read_image("a.png")
    assert np.array_equal(found.pixels, expected.output)
    assert found.icc == ICC
    params = json.loads(Path("a.json").read_text())
    assert params["lighting"] == json.loads(json.dumps(expected.params["lighting"]))
    assert params["output"] == expected.params["output"]
    assert out.startswith(f"me.png: {params['lighting']['kind'].replace('_', ' ')}, light ")
    assert out.endswith("; wrote a.png\n")
    assert np.array_equal(found.pixels[MASK == 0], PHOTO[MASK == 0])


def test_notes_are_told_on_stderr(at, capsys):
    code, _, err = run(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png")
    notes = relight(PHOTO, seed=0, key="me", mask=MASK).notes
    assert code == 0
    assert any("plausible" in note for note in notes)
    assert err == "".join(f"pixkern: me.png: {note}\n" for note in notes)


def test_seeds_variants_and_keys_give_other_lights(at, capsys):
    seen = set()
    for options in ((), ("--seed", 1), ("--variant", 1), ("--key", "you"), ("--seed", 2**64 - 1)):
        done(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", *options)
        seen.add(json.dumps(json.loads(Path("a.json").read_text())["lighting"]))
    assert len(seen) == 5


@pytest.mark.parametrize("kind", ["soft_shading", "hard_shadow", "specular"])
def test_one_kind_of_light_can_be_asked_for(at, capsys, kind):
    for seed in range(3):
        done(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", "--degradation", kind, "--seed", seed)
        assert json.loads(Path("a.json").read_text())["lighting"]["kind"] == kind


def test_a_kind_that_is_asked_for_needs_no_weight():
    settings = Settings()
    methods = settings.degradation.methods
    off = replace(methods, specular=replace(methods.specular, enabled=False, weight=0.0))
    chosen = only(replace(settings, degradation=replace(settings.degradation, methods=off)), "specular")
    weights = chosen.degradation.methods.weights()
    assert weights["specular"] > 0
    assert sum(weights.values()) == weights["specular"]


def test_stages_are_those_of_the_result_and_can_be_given_back(at, capsys):
    done(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", "--stages")
    relit = relight(PHOTO, seed=0, key="me", mask=MASK)
    assert np.array_equal(read_image("a.mask.png").pixels, relit.mask)
    assert np.array_equal(read_image("a.albedo.png").pixels, relit.albedo)
    assert np.array_equal(read_image("a.foreground.png").pixels, relit.foreground)
    assert np.array_equal(read_image("a.normals.png").pixels, normals_picture(relit.normals))
    given = ("--mask", "a.mask.png", "--albedo", "a.albedo.png", "--background", "me.png")
    done(capsys, "apply", "me.png", "-o", "b.png", *given)
    assert Path("b.png").read_bytes() == Path("a.png").read_bytes()
    done(capsys, "apply", "me.png", "-o", "b.png", *given, "--normals", "a.normals.png", "--degradation", "specular")
    done(capsys, "apply", "me.png", "-o", "c.png", *given, "--degradation", "specular")
    difference = read_image("b.png").pixels.astype(int) - read_image("c.png").pixels
    assert np.abs(difference).max() <= 1  # normals of 16 bits


def test_a_configuration_gives_settings_a_seed_and_the_folder_of_its_files(at, capsys):
    done(capsys, "apply", "me.png", "-o", "a.png", "--config", "where/how.yaml")
    params = json.loads(Path("a.json").read_text())
    assert (params["seed"], params["mask"]["method"]) == (5, "file")
    assert (read_image("a.png").pixels[MASK == 0] == 0).all()
    done(capsys, "apply", "me.png", "-o", "b.png", "--config", "where/how.yaml", "--seed", 6)
    assert json.loads(Path("b.json").read_text())["seed"] == 6
    again = ("replay", "a.json", "me.png", "-o", "c.png")
    assert "where" not in refused(capsys, *again)  # its masks are not in this folder
    done(capsys, *again, "--root", "where")
    assert Path("c.png").read_bytes() == Path("a.png").read_bytes()


def test_given_files_are_those_of_the_working_folder_whatever_the_configuration_s_is(at, capsys):
    Path("where/person.png").write_bytes(encode_image(255 - MASK, ".png"))
    done(capsys, "apply", "me.png", "-o", "a.png", "--config", "where/how.yaml", "--mask", "person.png", "--stages")
    assert np.array_equal(read_image("a.mask.png").pixels, MASK)


def test_16_bits_stay_16_and_alpha_is_a_mask(at, capsys):
    done(capsys, "apply", "photos/inner/deep.png", "-o", "a.png", "--stages")
    found = read_image("a.png").pixels
    assert found.dtype == np.uint16
    assert np.array_equal(found[MASK == 0], PHOTO[MASK == 0].astype(np.uint16) * 257)
    assert np.array_equal(read_image("a.mask.png").pixels, MASK)
    assert "JPEG holds uint8" in refused(capsys, "apply", "photos/inner/deep.png", "-o", "b.jpg")


def test_formats_and_quality(at, capsys):
    expected = relight(PHOTO, seed=0, key="me", mask=MASK).output
    for suffix in (".tif", ".webp", ".bmp"):
        done(capsys, "apply", "me.png", "-o", f"a{suffix}", "--mask", "person.png")
        assert np.array_equal(read_image(f"a{suffix}").pixels, expected)
    sizes = []
    for quality in (95, 40):
        done(capsys, "apply", "me.png", "-o", "a.jpg", "--mask", "person.png", "--quality", quality)
        sizes.append(os.path.getsize("a.jpg"))
    assert sizes[0] > 1.5 * sizes[1]


def test_replay_makes_the_same_bytes(at, capsys):
    for number, options in enumerate([("--degradation", "hard_shadow"), ("--degradation", "specular"), ()]):
        done(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", "--seed", number, *options)
        out = done(capsys, "replay", "a.json", "me.png", "-o", "b.png", "--mask", "person.png", "--threads", 2)
        assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
        assert out.endswith("; wrote b.png\n")


def test_replay_says_what_is_not_as_it_was(at, capsys):
    done(capsys, "apply", "photos/0.png", "-o", "a.png")
    assert "image" in refused(capsys, "replay", "a.json", "photos/1.png", "-o", "b.png")
    Path("other.png").write_bytes(encode_image(np.roll(MASK, 3), ".png"))
    assert "mask" in refused(capsys, "replay", "a.json", "photos/0.png", "-o", "b.png", "--mask", "other.png")
    params = json.loads(Path("a.json").read_text())
    params["lighting"]["ambient"] = [0.1, 0.1, 0.1]
    Path("changed.json").write_text(json.dumps(params))
    assert "output" in refused(capsys, "replay", "changed.json", "photos/0.png", "-o", "b.png")


def test_replay_reads_records_of_samples_and_lines_of_manifests(at, capsys):
    records = []
    for number in range(3):
        done(capsys, "apply", "me.png", "-o", f"{number}.png", "--mask", "person.png", "--variant", number)
        params = json.loads(Path(f"{number}.json").read_text())
        records.append({"sample": f"me_{number}", "params": params})
    Path("metadata.json").write_text(json.dumps(records[1]))
    Path("manifest.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n\n")
    rest = ("me.png", "-o", "b.png", "--mask", "person.png")
    done(capsys, "replay", "metadata.json", *rest)
    assert Path("b.png").read_bytes() == Path("1.png").read_bytes()
    done(capsys, "replay", "manifest.jsonl", *rest, "--sample", "me_2")
    assert Path("b.png").read_bytes() == Path("2.png").read_bytes()
    os.remove("b.png")
    assert "did you mean me_1?" in refused(capsys, "replay", "metadata.json", *rest, "--sample", "me1")
    assert "say which with --sample, such as me_0" in refused(capsys, "replay", "manifest.jsonl", *rest)
    Path("manifest.jsonl").write_text(f"{json.dumps(records[0])}\n{json.dumps(records[0])}\n")
    assert "2 samples are called" in refused(capsys, "replay", "manifest.jsonl", *rest, "--sample", "me_0")


def test_replay_converts_photos_as_their_data_set_has(at, capsys):
    done(capsys, "apply", "photos/inner/deep.png", "-o", "deep.png")
    record = {"sample": "me", "input": {"bits": 16}, "params": json.loads(Path("deep.json").read_text())}
    Path("it.json").write_text(json.dumps(record))
    Path("flat.png").write_bytes(encode_image(np.dstack([PHOTO, MASK]), ".png"))
    done(capsys, "replay", "it.json", "flat.png", "-o", "again.png")
    assert np.array_equal(read_image("again.png").pixels, read_image("deep.png").pixels)
    assert "image" in refused(capsys, "replay", "deep.json", "flat.png", "-o", "b.png")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no JSON", "is not JSON"),
        ("[1, 2]", "not the parameters of a relit photo"),
        ("{}", "not the parameters of a relit photo"),
        ('{"params": 3}', "not the parameters of a relit photo"),
        ('{"lighting": {}}', "not the parameters of a relit photo"),
        ('{"lighting": {}, "format": 99}', "format 99"),
        ("[" * 100000, "is not JSON"),
        ("", "it.json is empty"),
        ("\x80", "is not JSON"),
    ],
)
def test_files_without_parameters_are_refused(at, capsys, text, told):
    Path("it.json").write_bytes(text.encode("latin-1"))
    assert told in refused(capsys, "replay", "it.json", "me.png", "-o", "b.png")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("apply", "none.png", "-o", "a.png"), "none.png: No such file"),
        (("apply", "empty.png", "-o", "a.png"), "the file is empty"),
        (("apply", "me.png", "-o", "me.png"), "written over itself"),
        (("apply", "me.png", "-o", "person.png", "--mask", "person.png"), "written over itself"),
        (("apply", "me.png", "-o", "none/a.png"), "there is no folder none"),
        (("apply", "me.png", "-o", "a.gif"), "suffix must be one of"),
        (("apply", "me.png", "-o", "a.json"), "cannot be two outputs"),
        (("apply", "me.png", "-o", "a.png", "--mask", "none.png"), "none.png"),
        (("apply", "me.png", "-o", "a.png", "--mask", "black.png"), "mask"),
        (("apply", "me.png", "-o", "a.png", "--mask", "small.png"), "mask"),
        (("apply", "me.png", "-o", "a.png", "--mask", "person.png", "--normals", "person.png"), "normals"),
        (("apply", "me.png", "-o", "a.png", "--config", "none.yaml"), "none.yaml: No such file"),
        (("apply", "me.png", "-o", "a.png", "--config", "bad.yaml"), "did you mean seed?"),
        (("apply", "me.png", "-o", "a.png", "--seed", 2**64), "seed"),
        (("apply", "float.tif", "-o", "a.png"), "8 or 16 bits"),
        (("replay", "none.json", "me.png", "-o", "a.png"), "none.json: No such file"),
        (("replay", "text.json", "me.png", "-o", "text.json"), "written over itself"),
        (("preview", "none", "-o", "a.png"), "none"),
        (("preview", "where", "-o", "a.png"), "there is no image in where"),
        (("preview", "photos", "-o", "a.png", "--mask", "person.png"), "--mask is for one photo"),
        (("preview", "me.png", "-o", "me.png"), "written over itself"),
        (("preview", "me.png", "-o", "a.gif"), "suffix must be one of"),
        (("preview", "empty.png", "-o", "a.png"), "the file is empty"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_file(at, capsys, arguments, told):
    Path("black.png").write_bytes(encode_image(0 * MASK, ".png"))
    Path("small.png").write_bytes(encode_image(MASK[:9, :9].copy(), ".png"))
    Path("bad.yaml").write_text("sede: 3\n")
    Path("float.tif").write_bytes(encode_image(np.ones((80, 96, 3), np.float32), ".tif"))
    assert told in refused(capsys, *arguments)


@pytest.mark.parametrize("command", ["apply", "preview"])
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.float16, bool])
@pytest.mark.parametrize("option", ["mask", "albedo", "normals", "depth", "background"])
def test_a_file_with_samples_of_a_kind_that_is_not_taken_is_one_line(at, capsys, command, dtype, option):
    if dtype is bool and option in ("mask", "background"):
        pytest.skip("0 and 1 of bool are black and white")
    np.save("it.npy", np.ones((*MASK.shape, 3) if option == "normals" else MASK.shape, dtype))
    mask = () if option == "mask" else ("--mask", "person.png")
    told = refused(capsys, command, "me.png", "-o", "a.png", *mask, f"--{option}", "it.npy")
    assert re.search(rf"{option} .*it\.npy must be .*, got {np.dtype(dtype)}", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("apply", "me.png"), "-o/--out"),
        (("apply", "me.png", "-o", "a.png", "--seed", "-1"), "whole number"),
        (("apply", "me.png", "-o", "a.png", "--seed", "x"), "whole number"),
        (("apply", "me.png", "-o", "a.png", "--quality", "101"), "from 1 to 100"),
        (("apply", "me.png", "-o", "a.png", "--degradation", "none"), "invalid choice"),
        (("preview", "me.png", "-o", "a.png", "-k", "0"), "at least 1"),
        (("preview", "me.png", "-o", "a.png", "--side", "31"), "32 to 4096"),
        (("replay", "a.json", "-o", "a.png"), "IMAGE"),
        ((), "COMMAND"),
    ],
)
def test_bad_use_is_2(capsys, arguments, told):
    with pytest.raises(SystemExit) as caught:
        main(["relight", *arguments])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


def test_formats_are_refused_before_the_work(at, capsys, monkeypatch):
    monkeypatch.setattr(pipeline, "relight", lambda *_, **__: pytest.fail("relit first"))
    monkeypatch.setattr(pipeline, "preview", lambda *_, **__: pytest.fail("relit first"))
    refused(capsys, "apply", "me.png", "-o", "a.gif")
    refused(capsys, "preview", "me.png", "-o", "a.gif")


def test_json_says_what_was_done(at, capsys):
    code, out, err = run(capsys, "apply", "me.png", "-o", "a.png", "--mask", "person.png", "--json", "--stages")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["params"] == json.loads(Path("a.json").read_text())
    assert sorted(told["files"]) == sorted(str(path) for path in Path().glob("a.*"))
    assert set(told["seconds"]) >= {"mask", "albedo", "normals", "shading"}
    assert any("plausible" in note for note in told["notes"])


def test_a_sheet_is_the_one_of_the_pipeline(at, capsys):
    how = ("-k", 3, "--columns", 3, "--side", 64, "--seed", 4, "--mask", "person.png", "--first-variant", 2)
    out = done(capsys, "preview", "me.png", "-o", "sheet.png", *how)
    sheet = read_image("sheet.png").pixels
    expected = preview(PHOTO, key="me", seed=4, variants=3, first_variant=2, mask=MASK, columns=3, side=64)
    assert np.array_equal(sheet, expected)
    assert out == f"wrote sheet.png: 1 photo, 3 lights each, {sheet.shape[1]} x {sheet.shape[0]}\n"


def test_the_sheet_of_a_folder_has_some_of_its_photos_evenly(at, capsys):
    how = ("-k", 1, "--side", 32, "--columns", 5)
    one = preview(np.dstack([PHOTO, MASK]), key="0", variants=1, columns=5, side=32)
    told = json.loads(done(capsys, "preview", "photos", "-o", "sheet.png", "--photos", 3, "--json", *how))
    assert told["photos"] == ["0", "1", "3"]
    sheet = read_image("sheet.png").pixels
    assert np.array_equal(sheet[: one.shape[0]], one)
    told = json.loads(done(capsys, "preview", "photos", "-o", "sheet.png", "--recursive", "--json", *how))
    assert told["photos"] == ["0", "1", "2", "3", "4", "inner/deep"]


def test_a_photo_of_a_folder_that_fails_is_named_and_the_others_are_shown(at, capsys):
    Path("photos/2.png").write_bytes(Path("photos/2.png").read_bytes()[:300])
    code, out, err = run(capsys, "preview", "photos", "-o", "sheet.png", "-k", 1, "--side", 32)
    assert code == 1
    assert "4 photos, 1 light each" in out
    assert err.startswith("pixkern: 2: photos/2.png: ")
    assert err.count("\n") == 1
    assert read_image("sheet.png").size[0] > 32
