"""Palette files: every format there and back, hand-written examples, and whatever else a file may hold."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixkern.pipelines.pixelart import _palette_files, _palette_text
from pixkern.pipelines.pixelart.palette import load_palette, save_palette

SUFFIX = {"gpl": ".gpl", "jasc": ".pal", "riff": ".pal", "ase": ".ase", "act": ".act", "hex": ".hex", "png": ".png"}
OPAQUE_ONLY = ("riff", "ase")
OPTIONS = {"deadline": None, "max_examples": 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("palettes")


def written(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


def refused(path: Path, data: bytes | str, match: str) -> None:
    with pytest.raises(ValueError, match=match) as caught:
        load_palette(written(path, data))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < len(str(path)) + 200  # a message, not a copy of the file


def outcome(path: Path, data: bytes) -> np.ndarray | None:
    """The palette, or None if the only error that may come came."""
    message, palette = "", None
    try:
        palette = load_palette(written(path, data))
    except ValueError as error:
        message = str(error)
    if palette is None:
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert len(message) < len(str(path)) + 300
        return None
    assert palette.dtype == np.uint8
    assert palette.ndim == 2
    assert palette.shape[1] in (3, 4)
    assert 1 <= len(palette) <= 65_536
    return palette


# there and back


@settings(**OPTIONS)
@given(
    st.sampled_from(list(SUFFIX)),
    st.sampled_from([3, 4]).flatmap(lambda c: arrays.arrays(np.uint8, st.tuples(st.integers(1, 256), st.just(c)))),
)
def test_every_format_gives_back_the_entries_in_their_order(folder, format, palette):
    opaque = palette.shape[1] == 3 or (palette[:, 3] == 255).all()
    path = folder / f"palette{SUFFIX[format]}"
    if format == "act" and not opaque:
        palette = palette.copy()
        palette[:, 3] = 255
        palette[0] = 0
    elif format in OPAQUE_ONLY and not opaque:
        with pytest.raises(ValueError, match="no transparency"):
            save_palette(path, palette, format=format)
        return
    save_palette(path, palette, format=format)
    back = load_palette(path)
    wanted = palette[:, :3] if opaque else palette
    if format == "png":
        wanted = np.where(palette[:, 3:] == 0, 0, palette) if not opaque else wanted
        _, first = np.unique(wanted, axis=0, return_index=True)
        wanted = wanted[np.sort(first)]
    assert np.array_equal(back, wanted)


def test_the_suffix_says_the_format(folder):
    palette = np.array([[1, 2, 3], [200, 100, 0]], np.uint8)
    begins = {".gpl": b"GIMP Palette", ".pal": b"JASC-PAL", ".ase": b"ASEF", ".act": b"\x01\x02\x03", ".hex": b"010203"}
    begins[".png"] = b"\x89PNG"
    for suffix, start in begins.items():
        save_palette(folder / f"two{suffix}", palette)
        save_palette(folder / f"TWO{suffix.upper()}", palette)
        assert (folder / f"two{suffix}").read_bytes().startswith(start)
        assert np.array_equal(load_palette(folder / f"TWO{suffix.upper()}"), palette)


def test_content_decides_not_the_name(folder):
    palette = np.array([[1, 2, 3], [200, 100, 0]], np.uint8)
    for format in set(SUFFIX) - {"act"}:
        save_palette(folder / "palette.txt", palette, format=format)
        assert np.array_equal(load_palette(folder / "palette.txt"), palette)


def test_grey_is_written_as_rgb_and_strides_do_not_matter(folder):
    save_palette(folder / "grey.hex", np.array([[7], [200]], np.uint8))
    assert (folder / "grey.hex").read_text() == "070707\nc8c8c8\n"
    wide = np.arange(48, dtype=np.uint8).reshape(4, 12)
    save_palette(folder / "view.hex", wide[::-2, ::4])
    assert np.array_equal(load_palette(folder / "view.hex"), wide[::-2, ::4])


def test_the_largest_palettes_come_back(folder):
    codes = np.arange(65_536, dtype=np.uint32)
    palette = np.stack([codes >> 8, codes & 255, codes % 251], axis=1).astype(np.uint8)
    for format in ("gpl", "jasc", "ase", "hex", "png"):
        save_palette(folder / "large", palette, format=format)
        if format == "hex":
            assert len((folder / "large").read_bytes()) == 7 * 65_536
        assert np.array_equal(load_palette(folder / "large"), palette)
    save_palette(folder / "large", palette[:-1], format="riff")
    assert np.array_equal(load_palette(folder / "large"), palette[:-1])


# files as others write them


def test_a_gimp_palette_with_names_comments_and_any_encoding(folder):
    head = b"\xef\xbb\xbfGIMP Palette\r\nName: Caf\xe9\r\nColumns: 3\r\n# one\r\n"
    text = head + b"  0   0   0\tBlack\r\n255 128  64 a b c\r\n\r\n  1 2 3"
    assert load_palette(written(folder / "a.gpl", text)).tolist() == [[0, 0, 0], [255, 128, 64], [1, 2, 3]]
    old = b"GIMP Palette\n0 0 0\n9 9 9 nine\n"  # before Name and Columns
    assert load_palette(written(folder / "a.gpl", old)).tolist() == [[0, 0, 0], [9, 9, 9]]
    aseprite = "GIMP Palette\nChannels: RGBA\n#\n1 2 3 0 clear\n4 5 6 255 solid\n"
    assert load_palette(written(folder / "a.gpl", aseprite)).tolist() == [[1, 2, 3, 0], [4, 5, 6, 255]]


def test_a_jasc_palette_with_either_line_end_and_alpha(folder):
    for end in ("\r\n", "\n", "\r"):
        text = end.join(["JASC-PAL", "0100", "2", "1 2 3", "4 5 6", ""])
        assert load_palette(written(folder / "a.pal", text)).tolist() == [[1, 2, 3], [4, 5, 6]]
    text = "JASC-PAL\n0100\n2\n1 2 3\n4 5 6 0\n\x1a"
    assert load_palette(written(folder / "a.pal", text)).tolist() == [[1, 2, 3, 255], [4, 5, 6, 0]]


def test_a_riff_palette_with_other_chunks_before_its_data(folder):
    entries = bytes([1, 2, 3, 0, 4, 5, 6, 4])
    data = b"data" + struct.pack("<IHH", 12, 0x300, 2) + entries
    odd = b"offl" + struct.pack("<I", 3) + b"abc\0"
    body = b"PAL " + odd + data
    file = b"RIFF" + struct.pack("<I", len(body)) + body
    assert load_palette(written(folder / "a.pal", file)).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert load_palette(written(folder / "a.pal", file + b"after the end")).tolist() == [[1, 2, 3], [4, 5, 6]]


def swatches(*blocks: bytes, count: int | None = None) -> bytes:
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks) if count is None else count) + b"".join(blocks)


def block(kind: int, body: bytes) -> bytes:
    return struct.pack(">HI", kind, len(body)) + body


def swatch(model: bytes, *values: float, name: str = "ink") -> bytes:
    coded = (name + "\0").encode("utf-16-be")
    body = struct.pack(">H", len(name) + 1) + coded + model + struct.pack(f">{len(values)}fH", *values, 2)
    return block(1, body)


def test_swatches_of_all_models_in_groups(folder):
    group = block(0xC001, struct.pack(">H", 2) + "g\0".encode("utf-16-be"))
    file = swatches(
        group,
        swatch(b"RGB ", 1, 0.5, 0),
        swatch(b"Gray", 0.25, name="né"),
        swatch(b"CMYK", 0, 0.5, 1, 0.2),
        block(0xC002, b""),
        swatch(b"LAB ", 1, 0, 0),
        swatch(b"RGB ", 2, -1, 0.2),
    )
    wanted = [[255, 128, 0], [64, 64, 64], [204, 102, 0], [255, 255, 255], [255, 0, 51]]
    assert load_palette(written(folder / "a.ase", file)).tolist() == wanted


def test_lab_swatches_are_those_of_opencv_with_bradford(folder):
    draw = np.random.default_rng(0)
    lab = np.column_stack([draw.uniform(1, 90, 60), draw.uniform(-25, 25, (60, 2))])
    white, white_d65 = np.array([0.96422, 1, 0.82521]), np.array([0.95047, 1, 1.08883])
    f = np.column_stack([(lab[:, 0] + 16) / 116 + lab[:, 1] / 500, (lab[:, 0] + 16) / 116, np.zeros(60)])
    f[:, 2] = f[:, 1] - lab[:, 2] / 200
    xyz = white * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    adapt = np.linalg.inv(bradford) @ np.diag((bradford @ white_d65) / (bradford @ white)) @ bradford
    to_srgb = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560]])
    to_srgb = np.vstack([to_srgb, [0.0556434, -0.2040259, 1.0572252]])
    light = np.clip(xyz @ (to_srgb @ adapt).T, 0, 1)
    codes = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    file = swatches(*(swatch(b"LAB ", lightness / 100, a, b) for lightness, a, b in lab))
    assert np.abs(load_palette(written(folder / "a.ase", file)) - codes).max() <= 0.5 + 0.02  # matrices of 7 digits


def test_a_colour_table_without_and_with_its_count(folder):
    table = np.random.default_rng(0).integers(0, 256, (256, 3)).astype(np.uint8)
    assert np.array_equal(load_palette(written(folder / "a.act", table.tobytes())), table)
    some = load_palette(written(folder / "a.act", table.tobytes() + struct.pack(">HH", 5, 2)))
    wanted = np.column_stack([table[:5], np.full(5, 255)])
    wanted[2] = 0
    assert np.array_equal(some, wanted)


def test_hexadecimal_codes_in_any_of_their_forms(folder):
    text = "\n#FF0000\r\n00ff00 \n\n0000ff80\n"
    assert load_palette(written(folder / "a.hex", text)).tolist() == [
        [255, 0, 0, 255],
        [0, 255, 0, 255],
        [0, 0, 255, 128],
    ]


def test_a_picture_is_the_palette_of_its_colours_in_reading_order(folder):
    pixels = np.array([[[9, 0, 0], [0, 9, 0]], [[9, 0, 0], [0, 0, 9]]], np.uint8)
    cv2.imwrite(str(folder / "a.png"), pixels[..., ::-1])
    assert load_palette(folder / "a.png").tolist() == [[9, 0, 0], [0, 9, 0], [0, 0, 9]]
    cv2.imwrite(str(folder / "a.png"), np.array([[5, 5, 200]], np.uint8))
    assert load_palette(folder / "a.png").tolist() == [[5, 5, 5], [200, 200, 200]]
    clear = np.array([[[1, 2, 3, 0], [4, 5, 6, 255], [7, 8, 9, 0]]], np.uint8)
    cv2.imwrite(str(folder / "a.png"), clear)
    assert load_palette(folder / "a.png").tolist() == [[0, 0, 0, 0], [6, 5, 4, 255]]


# hostile files


@pytest.fixture(scope="module")
def examples(folder):
    """The bytes of a file of each format, and a name for it."""
    draw = np.random.default_rng(0)
    palette = draw.integers(0, 256, (12, 3)).astype(np.uint8)
    found = {}
    for format, suffix in SUFFIX.items():
        path = folder / f"example-{format}{suffix}"
        save_palette(path, palette, format=format)
        found[format] = path, path.read_bytes()
    return found


@pytest.mark.parametrize("format", SUFFIX)
def test_every_truncation_gives_a_palette_or_a_clear_error(examples, format):
    path, data = examples[format]
    whole = outcome(path, data)
    found = [outcome(path, data[:length]) for length in range(len(data))]
    assert found[0] is None
    left = [palette for palette in found if palette is not None]
    if format in ("riff", "ase", "png"):
        assert not left  # lengths are announced
    elif format == "act":
        assert [*map(len, left)] == [256]  # 768 bytes are a colour table, too
    elif format == "jasc":
        assert len(left) <= 4  # the number of entries is announced; the last one and its line end may be cut
    else:
        for palette in left:  # whole lines, then a number or a name cut short
            assert np.array_equal(palette[:-1], whole[: len(palette) - 1])
            last = zip(palette[-1].tolist(), whole[len(palette) - 1].tolist(), strict=True)
            assert all(str(full).startswith(str(cut)) for cut, full in last)


@pytest.mark.parametrize("format", SUFFIX)
def test_flipped_bits_give_a_palette_or_a_clear_error(examples, format):
    path, data = examples[format]
    draw = random.Random(format)
    refusals = 0
    places = range(8 * len(data)) if len(data) < 150 else draw.sample(range(8 * len(data)), 1200)
    for place in places:
        broken = bytearray(data)
        broken[place // 8] ^= 1 << place % 8
        refusals += outcome(path, bytes(broken)) is None
    assert refusals > 0


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(
        [b"", b"GIMP Palette\n", b"JASC-PAL\n0100\n", b"RIFF\x10\0\0\0PAL data", b"ASEF\0\1\0\0\0\0\0\2", b"\x89PNG"]
    ),
    st.binary(max_size=200),
    st.sampled_from([".gpl", ".pal", ".ase", ".act", ".hex", ".png", ""]),
)
def test_any_bytes_give_a_palette_or_a_clear_error(folder, start, data, suffix):
    outcome(folder / f"any{suffix}", start + data)


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("a.gpl", "", "the file is empty"),
        ("a.gpl", "GIMP Palette\n", "no colour is in the file"),
        ("a.gpl", "GIMP Palette\n1 2 256\n", "line 2: expected 3 codes from 0 to 255, got '1 2 256'"),
        ("a.gpl", "GIMP Palette\n1 2\n", "line 2: expected 3 codes"),
        ("a.gpl", "GIMP Palette\n1 2 0003\n", "line 2: expected 3 codes"),
        ("a.gpl", "GIMP Palette\n1 2 -3\n", "line 2: expected 3 codes"),
        ("a.gpl", "GIMP Palette\n1 2 3.5\n", "line 2: expected 3 codes"),
        ("a.gpl", "GIMP Palette\n1 2 ٣\n", "line 2: expected 3 codes"),  # an Arabic digit
        ("a.gpl", "GIMP Palette\nChannels: CMYK\n", "line 2: channels must be RGB or RGBA, got 'CMYK'"),
        ("a.gpl", "GIMP Palette\n1 2 3\n\0", "zero byte at byte 19"),
        ("a.gpl", "GIMP Palette\n1 2 3\n".encode("utf-16"), "not a palette of a known format"),
        ("a.gpl", b"GIMP Palette\n" + b"1 2 3\n" * 65_537, "more than 65536 colours"),
        ("a.gpl", "GIMP Palette\n" + "x" * 10_000, "line 2: expected 3 codes"),
        ("a.pal", "JASC-PAL", "truncated: the file ends before the number of entries"),
        ("a.pal", "JASC-PAL\n0200\n1\n1 2 3\n", "line 2: version 0100 is read, got '0200'"),
        ("a.pal", "JASC-PAL\n0100\n-1\n1 2 3\n", "line 3: the number of entries must be a whole number"),
        ("a.pal", "JASC-PAL\n0100\n99999999999999\n1 2 3\n", "line 3: the number of entries"),
        ("a.pal", "JASC-PAL\n0100\n3\n1 2 3\n", "3 entries are announced, 1 are there"),
        ("a.pal", "JASC-PAL\n0100\n1\n1 2 3\n4 5 6\n", "1 entries are announced, 2 are there"),
        ("a.pal", "JASC-PAL\n0100\n0\n", "no colour is in the file"),
        ("a.pal", "JASC-PALETTE\n0100\n0\n", "line 1: a JASC palette begins with JASC-PAL"),
        ("a.pal", "JASC-PAL\n0100\n1\n1 2 3 4 5\n", "line 4: expected 3 codes"),
        ("a.pal", b"RIFF\0\0", "truncated: a RIFF header has 12 bytes, the file 6"),
        ("a.pal", b"RIFF\4\0\0\0WAVE", "byte 8: a RIFF file of kind b'WAVE'"),
        ("a.pal", b"RIFF\4\0\0\0PAL ", "no chunk 'data'"),
        ("a.pal", b"RIFF\xff\xff\xff\xffPAL ", "truncated: 4294967303 bytes are announced"),
        ("a.pal", b"RIFF\x0c\0\0\0PAL data\xff\xff\xff\xff", "byte 12: chunk b'data' of 4294967295 bytes goes beyond"),
        ("a.pal", b"RIFF\x10\0\0\0PAL data\4\0\0\0\0\3\xff\xff", "byte 22: 65535 entries are announced, 0 are there"),
        ("a.pal", b"RIFF\x10\0\0\0PAL data\4\0\0\0\0\3\0\0", "byte 22: no entries"),
        ("a.pal", b"RIFF\x10\0\0\0PAL data\4\0\0\0\1\3\1\0", "byte 20: palette version 0x0300 is read, got 0x0301"),
        ("a.pal", b"RIFF\x0e\0\0\0PAL data\2\0\0\0\0\3", "byte 20: a palette has a header of 4 bytes, the chunk 2"),
        ("a.ase", b"ASEF\0\1", "truncated: a swatch file has a header of 12 bytes"),
        ("a.ase", b"ASEF\0\2\0\0\0\0\0\0", "byte 4: version 1.0 is read, got 2.0"),
        ("a.ase", swatches(), "no colour is in the file"),
        ("a.ase", swatches(count=2**32 - 1), "truncated: 4294967295 blocks are announced, the file ends in block 1"),
        ("a.ase", swatches(block(7, b"")), "byte 12: a block of unknown kind 0x0007"),
        ("a.ase", swatches(block(1, b"\0")), "byte 18: a colour ends before its name"),
        ("a.ase", swatches(block(1, b"\xff\xff")), "colour model b''"),
        ("a.ase", swatches(swatch(b"HSB ", 0, 0, 0)), "byte 28: colour model b'HSB '"),
        ("a.ase", swatches(swatch(b"RGB ", 0)), "byte 18: a colour of 20 bytes is too short for its 3 components"),
        ("a.ase", swatches(swatch(b"RGB ", 0, float("nan"), 0)), "byte 32: components must be finite"),
        ("a.ase", swatches(swatch(b"Gray", float("inf"))), "components must be finite"),
        ("a.ase", swatches(b"\0\1\xff\xff\xff\xff"), "byte 12: block 1 of 4294967295 bytes goes beyond"),
        ("a.ase", swatches(*[swatch(b"Gray", 0)] * 65_537), "more than 65536 colours"),
        ("a.act", b"\0" * 767, "a colour table has 768 or 772 bytes, the file 767"),
        ("a.act", b"\0" * 772, "byte 768: 1 to 256 entries can count, got 0"),
        ("a.act", b"\0" * 768 + b"\1\1\0\0", "byte 768: 1 to 256 entries can count, got 257"),
        ("a.act", b"\0" * 768 + b"\0\5\0\5", "byte 770: the transparent entry 5 is none of the 5"),
        ("a.hex", "ff0000\nxyz\n", "line 2: expected rrggbb or rrggbbaa, got 'xyz'"),
        ("a.hex", "ff00000\n", "line 1: expected rrggbb"),
        ("a.hex", "\n\n", "no colour is in the file"),
        ("a.hex", "000000\n" * 65_537, "more than 65536 colours"),
        ("a.txt", "hello", "not a palette of a known format"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "truncated"),
        ("a.gpl", b" " * (2**24 + 1), "larger than 16 MB"),
    ],
)
def test_what_is_wrong_and_where_is_said(folder, name, data, match):
    import re

    refused(folder / name, data, re.escape(match))


def test_pictures_of_too_many_colours_or_bits_or_pixels_are_refused(folder):
    codes = np.arange(257 * 256, dtype=np.uint32).reshape(257, 256)
    many = np.stack([codes >> 8 & 255, codes & 255, codes >> 16], axis=-1).astype(np.uint8)
    cv2.imwrite(str(folder / "a.png"), many)
    refused(folder / "a.png", (folder / "a.png").read_bytes(), "65792 colours; a palette has 1 to 65536")
    cv2.imwrite(str(folder / "a.png"), np.zeros((2, 2), np.uint16))
    refused(folder / "a.png", (folder / "a.png").read_bytes(), "a PNG of 16 bits a sample; a palette has 8")
    cv2.imwrite(str(folder / "a.png"), np.zeros((4097, 4096), np.uint8))
    refused(folder / "a.png", (folder / "a.png").read_bytes(), "more than max_pixels=16777216")


def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path):
    clear = np.array([[1, 2, 3, 0], [4, 5, 6, 128]], np.uint8)
    for name, palette, match in (
        ("a.txt", clear, "no palette format has the suffix '.txt'"),
        ("a.ase", clear, "no transparency"),
        ("a.act", clear, "one transparent entry"),
        ("a.act", np.zeros((257, 3), np.uint8), "at most 256 entries, got 257"),
        ("a.hex", np.zeros((0, 3), np.uint8), "palette must be"),
        ("a.hex", np.zeros((4, 2), np.uint8), "palette must be"),
        ("a.hex", np.zeros((65_537, 3), np.uint8), "palette must be"),
        ("a.hex", np.zeros(3, np.uint8), "palette needs 2 axes"),
    ):
        with pytest.raises(ValueError, match=match):
            save_palette(tmp_path / name, palette)
    with pytest.raises(ValueError, match="at most 65535 entries"):
        save_palette(tmp_path / "a.pal", np.zeros((65_536, 3), np.uint8), format="riff")
    with pytest.raises(ValueError, match="format must be one of 'gpl'"):
        save_palette(tmp_path / "a.hex", clear, format="aco")
    with pytest.raises(TypeError, match="palette must be uint8"):
        save_palette(tmp_path / "a.hex", [[1.0, 2.0, 3.0]])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_palette(tmp_path / "none.gpl")
    with pytest.raises(OSError, match=r"none|folder"):
        save_palette(tmp_path / "none" / "a.gpl", np.zeros((1, 3), np.uint8))


def test_reading_takes_no_more_of_a_huge_file_than_it_may(tmp_path, monkeypatch):
    monkeypatch.setattr(_palette_files, "MOST_BYTES", 100)
    refused(tmp_path / "a.hex", b"000000\n" * 15, "larger than 0 MB")
    assert load_palette(written(tmp_path / "a.hex", b"000000\n" * 14)).shape == (14, 3)


def test_messages_show_the_beginning_of_long_lines_only():
    assert len(_palette_text._shown("\x00é" * 5000)) < 200
