"""Contact sheets: every picture is there, as large as it may be, in its colours, under a text that can be read."""

import numpy as np
import pytest

from pixkern.pipelines.relight.contact_sheet import Panel, contact_sheet

GAP, LINE = 10, 17


def solid(shape, colour):
    return np.broadcast_to(np.array(colour, np.uint8), (*shape, 3)).copy()


def places(columns, rows, side, lines):
    """The pictures' corners, row by row."""
    height = LINE * lines + side + GAP
    return [
        (GAP + row * height + LINE * lines, GAP + column * (side + GAP))
        for row in range(rows)
        for column in range(columns)
    ]


def test_pictures_stand_row_by_row_in_their_colours():
    colours = [(200, 30, 40), (10, 220, 30), (20, 40, 240), (90, 90, 90), (250, 250, 0)]
    sheet = contact_sheet([Panel(solid((50, 50), colour), "") for colour in colours], columns=3, side=64)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * (LINE + 64 + GAP) + GAP, 3 * (64 + GAP) + GAP, 3)
    seen = np.zeros(sheet.shape[:2], bool)
    for (top, left), colour in zip(places(3, 2, 64, 1), colours, strict=False):
        part = sheet[top : top + 64, left : left + 64]
        assert (part == colour).all()
        seen[top : top + 64, left : left + 64] = True
    assert (sheet[~seen] == 255).all()  # no titles, and one place without a picture


def test_a_picture_keeps_its_shape_and_a_large_one_is_averaged():
    fine = np.indices((300, 600)).sum(0) % 2 * np.uint8(255)  # a chessboard of single pixels
    sheet = contact_sheet([Panel(fine.astype(np.uint8), "")], side=100)
    part = sheet[GAP + LINE : GAP + LINE + 100, GAP : GAP + 100].astype(int)
    assert np.abs(part[:50] - 127.5).max() <= 0.5  # means of 36 pixels, not some of them
    assert (part[50:] == 255).all()  # paper under a picture that is wider than high


def test_16_bits_are_shown_by_their_upper_ones():
    deep = np.full((40, 40, 3), 0, np.uint16)
    deep[:] = (65535, 0x8080, 257)
    assert (contact_sheet([Panel(deep, "")], side=40)[GAP + LINE, GAP : GAP + 40] == (255, 128, 1)).all()


def test_what_is_transparent_shows_a_chessboard_and_what_is_opaque_its_colour():
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (250, 10, 20, 255)
    part = contact_sheet([Panel(pixels, "")], side=64)[GAP + LINE : GAP + LINE + 64, GAP : GAP + 64]
    assert (part[:, :32] == (250, 10, 20)).all()
    assert len(np.unique(part[:, 32:])) == 2
    assert part[0, 40].tolist() != part[0, 48].tolist()  # squares of 8 pixels


def test_texts_are_dark_on_white_and_stay_above_their_picture():
    black = solid((64, 64), (0, 0, 0))
    sheet = contact_sheet([Panel(black, "variant 3", "elevation 41 deg\nambient 0.71"), Panel(black, "")], side=160)
    label = sheet[GAP : GAP + 3 * LINE, GAP : GAP + 160]
    for line in range(3):
        ink = label[line * LINE : (line + 1) * LINE].min(axis=(1, 2))
        assert ink.min() < 130  # readable: strokes are dark
        assert ink[0] > 200  # and do not touch the line above
    assert (sheet[GAP : GAP + 3 * LINE, GAP + 170 :] == 255).all()
    assert (sheet[GAP + 3 * LINE, GAP : GAP + 160] == 0).all()


@pytest.mark.parametrize("text", ["x" * 300, "Zo\u00eb \u2014 \u5199\u771f", "tab\there", "a\x00b"])
def test_no_text_leaves_its_panel(text):
    sheet = contact_sheet([Panel(solid((8, 8), (9, 9, 9)), text, text), Panel(solid((8, 8), (9, 9, 9)), "")], side=96)
    outside = np.ones(sheet.shape[:2], bool)
    for left in (GAP, GAP + 106):
        outside[GAP : GAP + 2 * LINE + 96, left : left + 96] = False
    assert (sheet[outside] == 255).all()


def test_panels_of_another_kind_are_refused():
    good = solid((4, 4), (0, 0, 0))
    with pytest.raises(TypeError, match="uint8 or uint16 pixels, got float32"):
        contact_sheet([Panel(good.astype(np.float32), "")])
    for bad in (good[..., :2], good[:0], good[None], np.zeros(4, np.uint8)):
        with pytest.raises(ValueError, match="panels need pixels of shape"):
            contact_sheet([Panel(bad, "")])
    with pytest.raises(ValueError, match="at least one panel"):
        contact_sheet([])
    for how in ({"columns": 0}, {"side": 31}, {"side": 4097}):
        with pytest.raises(ValueError, match="must be"):
            contact_sheet([Panel(good, "")], **how)


def test_panels_are_left_as_they_were():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 4), np.uint8)
    kept = pixels.copy()
    contact_sheet([Panel(pixels, "one")])
    assert np.array_equal(pixels, kept)
