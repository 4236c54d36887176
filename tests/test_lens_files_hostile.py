"""Whatever is in a lens file: a lens or a ValueError that names the file, never anything else."""

from __future__ import annotations

import json
import os
import random

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern import _lens_files
from pixkern._lens_files import text, tree
from pixkern.lenses import BrownConrady, Chromatic, KannalaBrandt, Lens, Profile, PTLens, Vignetting, load_profile, save

BROWN = BrownConrady((500, 501), (320.25, 240), (-0.1, 0.02), (1e-3, 0), size=(640, 480))
PROFILE = Profile(
    PTLens(239.5, (319.5, 239.5), (0.01, -0.02), size=(640, 480)),
    Chromatic(239.5, (319.5, 239.5), (1.001, 0, 1e-4)),
    Vignetting(400, (319.5, 239.5), (-0.3, 0.1)),
    {"aperture": 4.0, "focal_length": 24.0, "lens": "Zoom 24-70mm"},
)
WRITTEN = {
    "own.json": (PROFILE, "json"),
    "inverted.json": (BROWN.inverted(), "json"),
    "brown.yml": (BROWN, "opencv"),
    "brown.xml": (BROWN, "opencv"),
    "opencv.json": (KannalaBrandt(500, (320, 240), (0.1,), size=(640, 480)), "opencv"),
    "ros.yaml": (BROWN, "ros"),
    "lensfun.xml": (PROFILE, "lensfun"),
    "cameras.txt": (BROWN, "colmap"),
}
OPTIONS = {"size": (640, 480), "aperture": 4.0}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The bytes of one file of every format and syntax."""
    folder = tmp_path_factory.mktemp("examples")
    for name, (lens, format) in WRITTEN.items():
        save(folder / name, lens, format=format)
    return {name: (folder / name).read_bytes() for name in WRITTEN}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "lens.file"


def outcome(path, data, **options):
    """The profile, or the message of the only error that may come, which begins with the path."""
    message = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "read", lambda path: data)  # twenty thousand files are slow to write
        try:
            profile = load_profile(path, **(OPTIONS | options))
        except ValueError as error:
            message = str(error)
    if message:
        assert message.startswith(f"{path}: ")
        assert len(message) < len(str(path)) + 510  # a message, not a copy of the file
        return message
    assert isinstance(profile.lens, Lens)
    numbers = [*profile.lens.focal, *profile.lens.center]
    for part in (profile.chromatic, profile.vignetting):
        numbers += [part.unit, *part.center] if part else []
    assert np.isfinite(numbers).all()
    return profile


@pytest.mark.parametrize("name", WRITTEN)
def test_every_truncation_gives_a_lens_or_a_clear_error(examples, path, name):
    data = examples[name]
    assert isinstance(outcome(path, data), Profile)
    refused = sum(isinstance(outcome(path, data[:length]), str) for length in range(len(data)))
    assert refused >= (0.9 if name != "ros.yaml" else 0.3) * len(data)  # the projection matrix of ROS may be missing


@pytest.mark.parametrize("name", WRITTEN)
def test_flipped_bits_and_spliced_bytes_give_a_lens_or_a_clear_error(examples, path, name):
    data, rng = examples[name], random.Random(name)
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 8])):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        if rng.random() < 0.3:
            at, other = rng.randrange(len(data)), rng.choice(list(examples.values()))
            start = rng.randrange(len(other))
            broken[at:at] = other[start : start + rng.randrange(60)]
        outcome(path, bytes(broken))


NUMBERS = [
    "1e400",
    "-1e400",
    "nan",
    ".nan",
    ".inf",
    "NaN",
    "Infinity",
    "1e-400",
    "5e-324",
    "1e308",
    "-1",
    "0",
    "9" * 5000,
    "1_0",
]


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(
    "new",
    [*NUMBERS, "", "[]", "{}", "true", "null", '"1"', "0x10", "1;2", "\u0661", "1e5.5"],
    ids=lambda new: repr(new)[:12],
)
def test_any_number_replaced_by_something_else_gives_a_lens_or_a_clear_error(examples, path, name, new):
    data = examples[name].decode()
    for match in list(tree.re.finditer(r"-?\d+(\.\d+)?(e[-+]?\d+)?", data)):
        outcome(path, (data[: match.start()] + new + data[match.end() :]).encode())


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe")
@example(b"\x00" * 100)
@example(b"%YAML")
@example(b"%YAML:1.0\n")
@example(b"---\n---\n")
@example(b"<")
@example(b"{")
@example(b"[1, 2]")
@example(b"? [a, b]\n: 1\n")
@example(b'"\\UFFFFFFFF": 1')
@example(b"a: !!python/object/apply:os.system [ls]")
@example(b"1 PINHOLE 1 1 ")
@example(b'<?xml version="1.0" encoding="rot13"?><a/>')
@example(b'<?xml version="1.0" encoding="utf-7"?><a/>')
@example(b'<?xml version="1.0" encoding="unicode_escape"?><a/>')
def test_random_bytes_are_no_lens(path, data):
    assert isinstance(outcome(path, data), str)


WORDS = """K D M1 D1 camera_matrix distortion_coefficients distortion_model plumb_bob rows cols data dt d size
    image_size format pixkern-lens model BrownConrady focal center radial parameters lens view units version Inverted
    1 0 3 -1 500 1e999 nan 0.1 true null"""
words = st.sampled_from(WORDS.split())
documents = st.recursive(
    words | st.lists(st.sampled_from([0, 1, 500, 0.1, -0.1]), max_size=14),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(words, documents, max_size=8))
def test_documents_of_familiar_words_give_a_lens_or_a_clear_error(path, document):
    outcome(path, json.dumps(document).encode())
    outcome(path, yaml.safe_dump(document).encode())
    outcome(path, json.dumps({"format": "pixkern-lens", "version": 1, "units": "pixels"} | document).encode())


def laughs_in_yaml():
    lines = ["a0: &a0 [lol, lol]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    return "\n".join(lines).encode()


def laughs_in_xml():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 9}">' for i in range(1, 30))
    return f'<!DOCTYPE x [<!ENTITY a0 "lol">{entities}]><opencv_storage>&a29;</opencv_storage>'.encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (laughs_in_yaml(), "aliases"),
        (b"K: &k [1]\nD: *k\n", "aliases"),
        (b"a: &a {<<: *a}\n", "aliases"),
        (laughs_in_xml(), "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><opencv_storage/>', "DOCTYPE"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><opencv_storage>&e;</opencv_storage>', "DOCTYPE"),
        (b"<opencv_storage>&e;</opencv_storage>", "undefined entity"),
        (b"K: " + b"[" * 1_000_000, "nested"),
        (b"K:\n" + b"".join(b" " * i + b"a:\n" for i in range(1, 2000)), "nested"),
        (b"<opencv_storage>" + b"<a>" * 1_000_000, "nested"),
        (b'{"K": ' + b"[" * 1_000_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"format": "pixkern-lens", "model": ' + b"[" * 1_000_000, "nested"),
        (b"K: " + b"1" * 1_000_000 + b"\nD: [1]\n", "no camera matrix"),
        (b"K: [" + b"1" * 1_000_000 + b"]\nD: [1]\n", "finite number"),
        (b"K: 1\nK: 2\n", "'K' comes twice"),
        (b'{"K": 1, "K": 2}', "'K' comes twice"),
        (b"<opencv_storage><K>1</K><K>2</K></opencv_storage>", "'K' comes twice"),
        (b"<html><body>404</body></html>", "'html' at the top"),
        (b"K: {rows: 3, cols: 1000000000, data: [1]}\nD: [0, 0, 0, 0]\n", "1 numbers for 3 rows of 1000000000"),
        (b"--- {a: 1}\n--- {b: 1}\n", "one YAML document"),
        (b"- a\n- b\n", "not a lens file"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "not a text file"),
        (b" \r\n\t ", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bombs_and_other_documents_are_refused_for_what_they_are(path, data, message):
    found = outcome(path, data)
    assert isinstance(found, str)
    assert message in found


@pytest.mark.parametrize("loader", {yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)})
def test_yaml_without_libyaml_is_refused_and_read_alike(loader, examples):
    for name in ("brown.yml", "ros.yaml"):
        assert tree.from_yaml(examples[name].decode(), loader=loader) == tree.from_yaml(examples[name].decode())
    rng = random.Random(0)
    for name in ("brown.yml", "ros.yaml"):
        for _ in range(100):
            broken = list(examples[name].decode())
            for _ in range(3):
                broken[rng.randrange(len(broken))] = rng.choice("[]{}:,&*!|>'\"%@`#?- \n\t\\\x85\ufeff\U0010ffff\x07")
            try:
                tree.from_yaml("".join(broken), loader=loader)
            except ValueError:
                continue
    for bomb in (laughs_in_yaml().decode(), "K: " + "[" * 2000, '"\\UFFFFFFFF": 1', "\ud800: 1"):
        with pytest.raises(ValueError):
            tree.from_yaml(bomb, loader=loader)


@pytest.mark.parametrize("name", WRITTEN)
def test_byte_order_marks_line_ends_and_utf_16_change_nothing(examples, path, name):
    plain = outcome(path, examples[name])
    content = examples[name].decode()
    assert isinstance(plain, Profile)
    assert outcome(path, content.encode("utf-8-sig")) == plain
    assert outcome(path, content.replace("\n", "\r\n").encode()) == plain
    assert outcome(path, content.encode("utf-16")) == plain
    assert outcome(path, content.replace("\n", "\r\n").encode("utf-16")) == plain


def test_a_file_beyond_the_limit_a_folder_and_nothing_are_refused(path, tmp_path, monkeypatch):
    with pytest.raises(OSError):
        load_profile(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_profile(tmp_path / "missing.yml")
    with open(path, "wb") as file:
        file.truncate(text.MOST_BYTES + 1)  # a hole, so that it takes no disk
    with pytest.raises(ValueError, match="larger than 64 MB"):
        load_profile(path)
    os.truncate(path, 0)
    monkeypatch.setattr(tree, "_MOST_NODES", 1000)
    for data in (b"a: [" + b"1," * 1001 + b"1]", b'{"a": [' + b"1," * 1001 + b"1]}", b"<a>" + b"<b/>" * 1001 + b"</a>"):
        found = outcome(path, data)
        assert isinstance(found, str)
        assert "more than" in found


def test_numbers_are_read_as_python_reads_them_or_refused():
    for number in ("1", "-1.", ".5", "1e5", "+1.5E-3", "0.1", "1.7976931348623157e308", "5e-324"):
        assert text.number(f" {number}\n", "x") == float(number)
    for wrong in (*NUMBERS[:7], "9" * 5000, "1_0", "0x10", "", "1 2", "\u0661", None, True, 1.0, [], {}):
        with pytest.raises(ValueError, match="x "):
            text.number(wrong, "x")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_so_that_every_parser_takes_the_same_double(value):
    written = text.real(value)
    assert text.number(written, "x") == value
    assert yaml.safe_load(written) == value
    assert isinstance(yaml.safe_load(written), float)


def test_the_formats_of_the_writers_and_of_the_readers_are_the_same():
    assert set(_lens_files._WRITERS) == set(_lens_files._READERS) == set(_lens_files.FORMATS)
