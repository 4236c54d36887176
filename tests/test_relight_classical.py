"""The mask without a model: figures whose outline is known, and the same cut on every run."""

import cv2
import numpy as np
import pytest

from pixkern.demo import photo
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.relight._mask_classical import NOTE, _cleaned, classical_mask
from pixkern.pipelines.relight._portrait_outline import Outline, find_outline
from pixkern.pipelines.relight.masks import find_mask

PORTRAIT = decode_image(photo("astronaut.webp")).pixels
FACE, SUIT, PATCH = (100, 224), (330, 150), (385, 172)  # row, col
WALL, FLAG, SHUTTLE = (60, 340), (120, 30), (150, 410)


def figure(rows, cols, seed, *, outline=None):
    """A figure of two colours before a wall of another, all with noise, and where it is."""
    rng = np.random.default_rng(seed)
    depth = (outline or Outline(0.5, 0.32, 0.16)).depth(rows, cols)
    y = np.arange(rows)[:, None, None] / rows
    picture = np.array([90.0, 130, 160]) + 40 * y + 0 * depth[..., None]
    picture[depth > 0] = (190, 60, 50)
    head = (depth > 0) & (y[..., 0] < 0.45)
    picture[head] = (205, 160, 135)
    noisy = picture + rng.normal(0, 8, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), depth > 0


def agreement(one, other):
    """Intersection over union."""
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize(
    ("rows", "cols", "outline"),
    [
        (480, 360, None),
        (300, 400, Outline(0.42, 0.35, 0.2)),
        (256, 256, Outline(0.6, 0.3, 0.13)),
        (90, 70, None),
    ],
)
def test_a_figure_before_a_wall_is_found(rows, cols, outline):
    picture, inside = figure(rows, cols, rows, outline=outline)
    found = find_mask(picture)
    assert found.method == "classical"
    assert found.notes == (NOTE,)
    assert agreement(found.mask > 127, inside) > 0.95  # noise of 8 codes, and necks thinner than the discs that clean


def test_the_portrait_s_person_is_inside_and_its_room_is_not():
    mask = find_mask(PORTRAIT).mask
    assert all(mask[place] > 250 for place in (FACE, SUIT, PATCH))
    assert all(mask[place] < 5 for place in (WALL, FLAG, SHUTTLE))
    assert 0.4 < mask.mean() / 255 < 0.65


def test_8_and_16_bits_give_the_same_mask_to_a_code():
    eight = find_mask(PORTRAIT).mask
    sixteen = find_mask(PORTRAIT.astype(np.uint16) * 257).mask
    assert np.abs(eight.astype(int) - sixteen).max() <= 1  # the float guides differ in the last bit


def test_the_cut_is_the_same_whatever_opencv_did_before():
    before = cv2.getNumThreads()
    found = []
    for threads, seed in ((1, 5), (2, 99), (3, 7)):
        cv2.setNumThreads(threads)
        cv2.setRNGSeed(seed)
        found.append(find_mask(PORTRAIT[::2, ::2].copy(), threads=threads).record["fingerprint"])
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(before)
    assert len(set(found)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (2, 3), (5, 5), (16, 9), (3, 400)])
@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_pictures_of_a_few_pixels_and_of_one_colour_come_through(shape, kind):
    picture = np.full((*shape, 3), 77, np.uint8)
    if kind == "noise":
        picture = np.random.default_rng(0).integers(0, 256, picture.shape, np.uint8)
    mask, _ = classical_mask(picture)
    assert mask.shape == shape
    assert np.isfinite(mask).all()
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_the_largest_piece_is_kept_without_holes_and_threads():
    body = np.zeros((60, 80), bool)
    body[10:60, 20:60] = True
    cut = body.copy()
    cut[30:36, 30:38] = False  # a hole
    cut[40:46, 20:26] = False  # a dent: open to the outside
    cut[2:8, 65:75] = True  # another piece
    cut[20:22, 0:20] = True  # a thread, as ropes are
    found = _cleaned(cut)
    body[40:46, 20:26] = False
    assert (found ^ body).sum() < 30  # corners: the disc of 5 pixels rounds them
    assert found[30:36, 30:38].all()
    assert not found[42:44, 20:24].any()
    assert not found[:9].any()
    assert not found[:, :19].any()
    assert not _cleaned(np.zeros((5, 5), bool)).any()
    assert _cleaned(np.ones((5, 5), bool)).all()


def test_of_two_figures_the_one_where_photographers_put_them_is_taken():
    left, right = Outline(0.3, 0.34, 0.125), Outline(0.55, 0.34, 0.125)
    picture = np.full((200, 320, 3), 200, np.uint8)
    for outline in (left, right):
        picture[outline.depth(200, 320) > 0] = (150, 60, 40)
    assert abs(find_outline(picture).across - 0.55) < 0.06
    assert Outline(0.5, 0.33, 0.16).prior() == 1.0


def test_the_outline_is_placed_by_the_colours():
    for outline in (Outline(0.4, 0.3, 0.19), Outline(0.6, 0.34, 0.125), Outline(0.5, 0.26, 0.155)):
        picture, _ = figure(200, 160, 0, outline=outline)
        found = find_outline(picture)
        assert abs(found.across - outline.across) <= 0.051  # a step of the search
        assert abs(found.down - outline.down) <= 0.081  # two steps: the colour of the head goes on below the chin
