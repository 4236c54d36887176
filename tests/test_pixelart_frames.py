"""Frames: one grid and one palette, found from all of them, and nothing flickers that does not change."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from frames_cases import enlarged, walk
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.gridscore import GridScorer, profiles
from pixkern.pipelines.pixelart import restore
from pixkern.pipelines.pixelart._detection import SURE
from pixkern.pipelines.pixelart._frames_apart import align
from pixkern.pipelines.pixelart._frames_colours import pool_frames
from pixkern.pipelines.pixelart._frames_detection import FramesScorer, spread
from pixkern.pipelines.pixelart._options import Options
from pixkern.pipelines.pixelart.animation import Animation
from pixkern.pipelines.pixelart.frames import FramesRestorer, restore_frames
from pixkern.pipelines.pixelart.palette import pool_colours

WALK = walk()
SIZE = WALK.shape[2], WALK.shape[1]
NOISY = enlarged(WALK, 7.3, (2.0, 1.0), noise=6, quality=75, seed=1)


def flicker(sprites, truth=WALK):
    """Of the cells that stay the same from one frame to the next, the share that does not."""
    still = (truth[1:] == truth[:-1]).all(-1)
    return float(((sprites[1:] != sprites[:-1]).any(-1) & still).sum() / still.sum())


@pytest.fixture(scope="module")
def restorer():
    return FramesRestorer(NOISY)


@pytest.fixture(scope="module")
def restored(restorer):
    return restorer.restore(Options())


def test_noisy_frames_have_one_grid_and_the_true_sprites(restored):
    assert restored.size == SIZE
    assert restored.status == "restored"
    assert restored.confidence > 0.5
    assert all(grid is restored.grids[0] for grid in restored.grids)
    assert restored.cell == pytest.approx((7.3, 7.3), rel=0.01)
    wrong = (np.abs(restored.sprites.astype(int) - WALK).max(-1) > 32).mean()
    assert wrong < 0.02  # what counts as recovered


def test_what_does_not_change_does_not_flicker_though_noise_does(restored, restorer):
    plain = restorer.restore(restored.options.changed(colours=None)).sprites
    each = np.stack([pool_colours(sprite) for sprite in plain])
    assert flicker(plain) > 0.9
    assert flicker(each) > 0.2
    assert flicker(restored.sprites) < 0.05


def test_every_change_that_is_no_noise_is_kept(restored):
    change = np.abs(WALK[1:].astype(int) - WALK[:-1]).max(-1) > 48
    kept = (restored.sprites[1:] != restored.sprites[:-1]).any(-1)
    assert kept[change].mean() > 0.995  # some are cells whose colours the enlarging mixed


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"colours": None},
        {"colours": 6},
        {"palette": WALK[0, ::5, 0]},
        {"colours": 6, "dither": "bayer4"},
        {"palette": WALK[0, ::5, 0], "dither": "bayer8"},
    ],
)
def test_equal_pixels_of_the_picture_give_equal_pixels_of_the_sprites(options):
    frames = [frame.copy() for frame in NOISY]
    for frame in frames[1:]:
        frame[:, :60] = frames[0][:, :60]
    found = restore_frames(frames, **options)
    still = int(np.searchsorted(found.grid.lines_x, 60, side="right")) - 1
    assert still >= 7
    assert (found.sprites[:, :, :still] == found.sprites[:1, :, :still]).all()


def test_a_single_frame_is_restored_as_a_picture_is():
    one, all_of_them = restore(NOISY[2], colours=None), restore_frames([NOISY[2]], colours=None)
    assert (one.sprite == all_of_them.sprites[0]).all()
    assert one.confidence == all_of_them.confidence
    assert [a.grid.size for a in one.alternatives] == [a.grid.size for a in all_of_them.alternatives]
    assert dataclasses.astuple(one.difference)[:3] == dataclasses.astuple(all_of_them.differences[0])[:3]


def test_frames_that_show_half_the_grid_each_show_all_of_it_together():
    sprite = np.random.default_rng(2).integers(0, 256, (30, 30, 3), np.uint8)
    halves = np.repeat(np.full_like(sprite, 90)[None], 4, axis=0)
    for k, (rows, cols) in enumerate([(0, 0), (0, 15), (15, 0), (15, 15)]):
        halves[k, rows : rows + 15, cols : cols + 15] = sprite[rows : rows + 15, cols : cols + 15]
    found = restore_frames(enlarged(halves, 8.4, noise=3))
    assert found.size == (30, 30)
    assert np.abs(found.sprites.astype(int) - halves).mean() < 3  # noise of 3, and edges of pixels between two cells


def test_exact_upscales_come_back_exactly_and_natives_as_they_are():
    upscaled = restore_frames(WALK.repeat(5, 1).repeat(5, 2))
    assert (upscaled.sprites == WALK).all()
    native = restore_frames(WALK)
    assert native.status == "native"
    assert (native.sprites == WALK).all()


def test_one_frame_that_is_no_exact_upscale_is_seen():
    frames = WALK.repeat(5, 1).repeat(5, 2)
    frames[3] = np.roll(frames[3], 2, axis=1)
    assert restore_frames(frames).confidence < 0.999


def test_flat_frames_are_degenerate_and_blank_ones_among_others_do_no_harm():
    flat = restore_frames([np.full((40, 40, 3), 9, np.uint8)] * 3)
    assert flat.status == "degenerate"
    assert flat.sprites.shape == (3, 40, 40, 3)
    frames = [np.zeros_like(NOISY[0]), *NOISY, np.zeros_like(NOISY[0])]
    assert restore_frames(frames).size == SIZE


def test_options_reach_the_frames(restorer, restored):
    again = restored.again(size=SIZE, border="drop", colour="median", colours=4)
    assert again.status == "forced"
    assert len(np.unique(again.sprites.reshape(-1, 3), axis=0)) <= 4
    assert len(again.palette) <= 4
    assert again.sprites.shape[1] < SIZE[1] or again.grids[0].lines_y[0] == 0
    assert restored.half().size[0] == pytest.approx(2 * SIZE[0], abs=2)
    assert restored.double().size[0] == pytest.approx(SIZE[0] / 2, abs=1)
    palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    assert set(np.unique(restorer.restore(restored.options.changed(colours=None, palette=palette)).sprites)) <= {0, 255}


def test_grey_frames_and_frames_with_alpha_come_back_as_such():
    grey = restore_frames([frame[..., 1].copy() for frame in NOISY])
    assert grey.sprites.shape == (len(NOISY), *SIZE[::-1])
    alpha = np.zeros((*WALK.shape[:3], 4), np.uint8)
    alpha[..., :3], alpha[:, 4:-4, 4:-4, 3] = WALK, 255
    alpha[alpha[..., 3] == 0] = 7, 7, 7, 0
    found = restore_frames(alpha.repeat(6, 1).repeat(6, 2))
    alpha[alpha[..., 3] == 0] = 0
    assert (found.sprites == alpha).all()


def test_one_background_goes_from_all_frames():
    frames = WALK.copy()
    figure = (np.median(WALK, axis=0).astype(np.uint8) != WALK).any(-1)
    frames[~figure] = 200, 30, 200
    found = restore_frames(frames.repeat(6, 1).repeat(6, 2), background="auto")
    assert found.background.tolist() == [200, 30, 200]
    assert found.sprites.shape[-1] == 4
    assert (found.sprites[..., 3] == 0)[:, 0].all()
    assert (found.sprites[..., 3][figure] == 255).all()


def test_evidence_is_the_sum_and_measures_are_the_means_over_frames():
    frames = NOISY[:3]
    scorer = FramesScorer(frames)
    each = [profiles(frame) for frame in frames]
    for axis in "xy":
        for k, total in enumerate(getattr(scorer.profiles, axis)):
            assert (total == sum(getattr(one, axis)[k].astype(np.float64) for one in each)).all()
    mesh = [(np.linspace(0, frames[0].shape[1], 20), np.linspace(0, frames[0].shape[0], 15))]
    found = scorer.measure_many(iter(mesh))
    for name in ("error", "contrast_x", "contrast_y"):
        assert getattr(found, name)[0] == pytest.approx(
            np.mean([getattr(GridScorer(frame).measure_many(mesh), name)[0] for frame in frames]), rel=1e-12
        )  # three additions
    assert scorer.measured == (0, 1, 2)


@given(st.integers(1, 300), st.integers(1, 40))
def test_frames_that_are_measured_are_evenly_spread(count, most):
    chosen = spread(count, most)
    assert len(chosen) == min(count, most)
    assert chosen[0] == 0
    steps = np.diff([*chosen, count])
    assert steps.min() >= 1
    assert steps.max() - steps.min() <= 1


@pytest.mark.parametrize("same_place", [True, False])
def test_threads_do_not_change_a_byte(same_place):
    found = [restore_frames(NOISY, same_place=same_place, threads=threads) for threads in (1, 2, 3)]
    for other in found[1:]:
        assert (found[0].sprites == other.sprites).all()
        assert found[0].confidence == other.confidence
        assert all((a.lines_x == b.lines_x).all() for a, b in zip(found[0].grids, other.grids, strict=True))


# ---- frames that were cropped each on its own -------------------------------------------------------------------


def cropped(noise=4.0):
    """Pictures of different sizes and phases, and the truth of each."""
    draw = np.random.default_rng(3)
    pictures, truths = [], []
    for k, sprite in enumerate(WALK):
        truth = sprite[: sprite.shape[0] - k % 2, : sprite.shape[1] - k % 3]
        pictures += enlarged(truth[None], 7.3, draw.uniform(0, 3, 2), noise=noise, quality=80, seed=k)
        truths.append(truth)
    return pictures, truths


def test_frames_of_different_phases_have_one_cell_and_grids_of_their_own():
    pictures, truths = cropped()
    found = restore_frames(pictures, same_place=False)
    assert [grid.size for grid in found.grids] == [truth.shape[1::-1] for truth in truths]
    assert max(abs(grid.cell[0] / 7.3 - 1) for grid in found.grids) < 0.015
    assert len({round(grid.offset[0], 1) for grid in found.grids}) > 3
    assert found.size == SIZE
    for sprite, truth in zip(found.sprites, truths, strict=True):
        part = sprite[: truth.shape[0], : truth.shape[1]].astype(int)
        assert (np.abs(part - truth).max(-1) > 32).mean() < 0.02  # recovered, and at the top left as cropped


def test_frames_cropped_apart_and_enlarged_exactly_come_back_exactly():
    frames = [WALK[0].repeat(6, 0).repeat(6, 1), WALK[1].repeat(6, 0).repeat(6, 1)[:, 4:]]
    found = restore_frames(frames, same_place=False)
    assert [grid.offset for grid in found.grids] == [(0, 0), (2, 0)]
    assert found.confidence == SURE
    assert (found.sprites == WALK[:2]).all()


def test_cell_can_be_given_for_frames_apart_but_not_what_is_of_one_frame():
    pictures, _ = cropped()
    assert restore_frames(pictures, same_place=False, cell=7.3).status == "forced"
    for option in ({"size": (4, 4)}, {"offset": (1, 1), "cell": 7}, {"ranker": len}):
        with pytest.raises(ValueError, match="of one frame"):
            restore_frames(pictures, same_place=False, **option)


def test_frames_apart_that_show_nothing_are_degenerate_or_native():
    flat = restore_frames([np.full((20, 30, 3), 9, np.uint8), np.full((21, 30, 3), 9, np.uint8)], same_place=False)
    assert flat.status == "degenerate"
    assert flat.size == (30, 21)
    native = restore_frames(list(WALK), same_place=False)
    assert native.status == "native"
    assert (native.sprites == WALK).all()


@settings(max_examples=30)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2**32), st.sampled_from([(), (3,), (4,)]))
def test_smaller_frames_are_put_where_they_came_from(down, right, seed, channels):
    model = np.random.default_rng(seed).integers(0, 256, (9, 8, *channels), np.uint8)
    part = model[down : down + 6, right : right + 5]
    cells, spreads = align([model, part], [np.zeros((9, 8), np.float32), np.ones((6, 5), np.float32)])
    assert (cells[1, down : down + 6, right : right + 5] == part).all()
    assert cells.shape == (2, 9, 8, *channels)
    assert spreads.shape == (2, 9, 8)
    if channels == (4,):
        assert (cells[1, :down] == 0).all()
        assert (cells[1, down + 6 :] == 0).all()


# ---- colours ----------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_pooling_gives_a_cell_one_colour_unless_it_changes(seed):
    draw = np.random.default_rng(seed)
    palette = np.array([[40, 40, 40], [90, 60, 30], [200, 180, 60], [186, 170, 72]])  # the last two are near
    still = palette[draw.integers(0, 4, (12, 12))]
    truth = np.repeat(still[None], 8, axis=0)
    truth[::2, 3:6, 3:6] = palette[3]
    truth[1::2, 3:6, 3:6] = palette[2]
    noisy = np.clip(truth + draw.normal(0, 2, truth.shape), 0, 255).round().astype(np.uint8)
    pooled = pool_frames(noisy, np.ones(noisy.shape[:3], np.float32))
    changes = (pooled[1:] != pooled[:-1]).any(-1)
    assert (changes == (truth[1:] != truth[:-1]).any(-1)).all()
    assert np.abs(pooled.astype(int) - truth).max() <= 2  # the median of 36 cells and more of noise 2


def test_exact_cells_are_not_pooled():
    cells = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3), np.uint8)
    assert (pool_frames(cells, np.zeros((3, 5, 6), np.float32)) == cells).all()


def test_tables_are_of_sixteen_frames_at_most():
    frames = list(np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), np.uint8).repeat(12, 1).repeat(12, 2))
    tracemalloc.start()
    restore_frames(frames)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    pixels, cells = frames[0][..., 0].size, 40 * 256
    assert 16 * 16 * pixels < peak  # so that the next line can fail
    assert peak < 20 * 16 * pixels + 200 * cells + 2**20  # and a megabyte of scratch


# ---- what is refused --------------------------------------------------------------------------------------------


def test_durations_of_animations_are_kept():
    frames = tuple(WALK[:2].repeat(4, 1).repeat(4, 2))
    assert restore_frames(Animation(frames, (40, 60))).durations == (40, 60)
    assert restore_frames(frames).durations is None


@pytest.mark.parametrize(
    ("frames", "options", "error", "told"),
    [
        ([], {}, ValueError, "empty"),
        ([NOISY[0], NOISY[0][:-1]], {}, ValueError, "same_place=False"),
        ([NOISY[0], NOISY[0][..., 0].copy()], {"same_place": False}, ValueError, "channels"),
        ([NOISY[0].astype(np.float32)], {}, TypeError, "image"),
        ([NOISY[0][:0]], {}, ValueError, "empty"),
        ([NOISY[0][..., :2].copy()], {}, ValueError, "image must be"),
        (NOISY[:1], {"same_place": 1}, TypeError, "same_place"),
        (NOISY[:1], {"colour": "mean"}, ValueError, "colour must be"),
        (NOISY[:1], {"frames": 1}, TypeError, "multiple values|no option"),
        (NOISY[:1], {"spoon": 1}, TypeError, "no option"),
        (NOISY[:1], {"background": (300, 0, 0)}, ValueError, "background"),
        (NOISY[:1], {"size": (4000, 4)}, ValueError, "room"),
    ],
)
def test_what_cannot_be_restored_is_refused_in_one_line(frames, options, error, told):
    with pytest.raises(error, match=told) as caught:
        restore_frames(frames, **options)
    assert "\n" not in str(caught.value)
