"""Animated zooms: unbiased frames whose draws stick to the image, without a jump anywhere."""

import hashlib
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import AVAILABLE, run_at

from pixkern.demo import photo
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.slpr import _charts
from pixkern.pipelines.slpr.colour import split
from pixkern.pipelines.slpr.key_frames import KeyFrame, smallest_scale, views
from pixkern.pipelines.slpr.picture import Picture
from pixkern.pipelines.slpr.zoom import fades, lattices, zoom_frames
from pixkern.pyramid import render, spline_pyramid

PHOTO = decode_image(photo("astronaut.webp")).pixels[40:200, 130:338].copy()
GREY = PHOTO[..., 1].copy()
LAW = {"samples": 4, "jitter": 0.6, "noise_strength": 0.05, "seed": 5}


def frames_of(image, keys, **options):
    chosen = {"size": (96, 64), "frames": 2, "color_mode": "gray", "easing": "linear", **LAW, **options}
    return list(zoom_frames(image, keys, **chosen))


def still(scale, center=(94, 60), **options):
    return frames_of(GREY, [KeyFrame(0, center, scale)], frames=1, **options)[0]


def test_static_keys_give_identical_frames():
    frames = frames_of(PHOTO, [KeyFrame(t, (94.3, 60.1), 3.7) for t in (0, 1, 5)], frames=7, color_mode="rgb")
    assert frames[0].shape == (64, 96, 3)
    assert all(np.array_equal(frame, frames[0]) for frame in frames)


@pytest.mark.parametrize(("scale", "step"), [(1, 1), (2, 0.5), (4, 0.25), (8, 1)])
@pytest.mark.parametrize("block", [1, 2, 3])
def test_a_pan_by_whole_pixels_moves_the_frame_and_changes_no_bit_of_it(scale, step, block):
    frames = frames_of(
        GREY, [KeyFrame(0, (80, 70), scale), KeyFrame(1, (80 + 4 * step, 70 + step), scale)], block=block
    )
    right, down = round(4 * step * scale), round(step * scale)
    assert np.array_equal(frames[1][:-down, :-right], frames[0][down:, right:])
    assert not np.array_equal(frames[1][:, :-right], frames[0][:, right:])


def test_the_draws_of_a_frame_are_those_of_the_cells_of_the_image_where_the_scale_is_a_power_of_two():
    pyramid = spline_pyramid(split(GREY, "gray").rendered, 5)
    for scale, block in ((1, 1), (4, 3), (8, 2)):
        view = views([KeyFrame(0, (94, 60), scale)], GREY.shape[::-1], (96, 64), 1)[0]
        drawn = render(pyramid, (96, 64), window=view.window, cell=block / scale, dtype=np.uint8, **LAW)
        assert np.array_equal(still(scale, block=block), drawn)


@given(st.floats(1e-3, 1e3), st.integers(1, 9), st.integers(1, 300))
def test_every_sample_is_drawn_once_or_shared_by_two_lattices_and_weights_add_up(scale, block, samples):
    shares = lattices(scale, block, samples)
    assert sum(share.weight for share in shares) == pytest.approx(1, rel=1e-12)
    per_sample = np.zeros(samples)
    cells = {}
    for share in shares:
        part = slice(share.first_sample, share.first_sample + share.samples)
        per_sample[part] += share.weight / share.samples
        cells.setdefault(share.cell, []).append(share)
        assert block / 2 <= share.cell * scale * (1 + 1e-12)  # rounding at the end of an octave
        assert share.cell * scale < 2 * block * (1 + 1e-12)
    assert np.allclose(per_sample, 1 / samples, rtol=1e-9)
    fine = sum(share.weight for share in cells.get(min(cells), [])) if len(cells) == 2 else 0
    exact = math.log2(scale) % 1
    assert fine == pytest.approx(exact, abs=1e-9) or len(cells) == 1


def test_nothing_pops_within_an_octave_or_at_its_end():
    scales = [1.5, 1.9, 2 - 1e-9, 2, 2 * 2**0.25, 2.9, 4 - 1e-9, 4]
    for samples in (1, 4):
        changed = {}
        for scale in scales:
            frames = [planes_at(scale * (1 + step), samples=samples, block=3) for step in (0, 1e-6, 0.02)]
            changed[scale] = [np.abs(frame - frames[0]).mean() for frame in frames[1:]]
        near, far = np.array(list(changed.values())).T
        # 1e-6 of scale moves 1e-6 of the weights and 5e-5 pixels; a jump of one sample of four would be above 0.02
        assert near.max() < 1e-3
        assert far.min() > 1e-3


def planes_at(scale, *, samples, block):
    """The frame at a scale, in float32."""
    picture = Picture.of(GREY, color_mode="gray")
    view = views([KeyFrame(0, (94.137, 60.211), scale)], picture.size, (96, 64), 1)[0]  # no pixel on a cell's edge
    total = 0
    for share in lattices(view.scale, block, samples):
        draws = {"samples": share.samples, "first_sample": share.first_sample, "cell": share.cell, "seed": 5}
        total = total + share.weight * picture.planes((96, 64), window=view.window, **draws)
    return total


def coherence(image, keys, *, frames, **options):
    """Mean absolute difference between each frame and the next one, warped: with one seed, and with one for each."""
    chosen = {"size": (192, 128), "easing": "linear", "color_mode": "gray", "samples": 4, **options}
    seen = views(keys, image.shape[1::-1], chosen["size"], frames, easing="linear")
    together = list(zoom_frames(image, keys, frames=frames, **chosen))
    apart = []
    for seed, view in enumerate(seen):
        x0, y0, x1, y1 = view.window
        key = KeyFrame(0, ((x0 + x1) / 2, (y0 + y1) / 2), view.scale)
        apart += zoom_frames(image, [key], frames=1, **{**chosen, "seed": seed})
    return [
        np.mean([difference(*pair) for pair in zip(film, seen, film[1:], seen[1:], strict=False)])
        for film in (together, apart)
    ]


def difference(frame, view, later, later_view):
    rows, cols = frame.shape
    x = np.linspace(view.window[0], view.window[2], cols)
    y = np.linspace(view.window[1], view.window[3], rows)
    x0, y0, x1, y1 = later_view.window
    across, down = (x - x0) / (x1 - x0) * (cols - 1), (y - y0) / (y1 - y0) * (rows - 1)
    grid = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
    warped = cv2.remap(later, *grid, cv2.INTER_NEAREST)
    inside = np.ix_((down >= 0) & (down <= rows - 1), (across >= 0) & (across <= cols - 1))
    return np.abs(warped[inside].astype(float) - frame[inside]).mean()


@pytest.mark.parametrize(("block", "share"), [(1, 0.75), (2, 0.6), (4, 0.42), (8, 0.32)])
def test_a_frame_is_much_nearer_to_the_next_one_warped_than_with_seeds_of_their_own(block, share):
    keys = [KeyFrame(0, (94, 60), 4), KeyFrame(1, (94, 60), 16)]
    together, apart = coherence(GREY, keys, frames=49, block=block, jitter=1.0)
    print(f"block {block}: {together:.2f} of {apart:.2f} codes")
    assert together < share * apart  # nearest pixels: half a pixel off, a cell of 1 to 2 pixels is often the next one


def test_frames_are_unbiased_and_their_variance_is_at_most_half_a_sample_short():
    scale, samples, runs = 2**2.625, 4, 200  # the third sample is half-way between the lattices
    picture = Picture.of(GREY, color_mode="gray")
    view = views([KeyFrame(0, (94, 60), scale)], picture.size, (48, 32), 1)[0]
    where = {"window": view.window, "jitter": 0.6}
    expectation = picture.planes((48, 32), samples=math.inf, **where)
    variance = picture.deviation((48, 32), **where) ** 2
    total, squares = np.zeros((2, 32, 48))
    for seed in range(runs):
        frame = 0
        for share in lattices(view.scale, 2, samples):
            draws = {"samples": share.samples, "first_sample": share.first_sample, "cell": share.cell, "seed": seed}
            frame = frame + share.weight * picture.planes((48, 32), **where, **draws)
        total += frame
        squares += (frame - expectation) ** 2.0
    error = (total / runs - expectation) / np.sqrt(variance / samples / runs + 1e-12)
    assert abs(error.mean()) < 0.2  # 1536 outputs in some 200 cells of correlated draws: 3 sigma
    assert np.sqrt((error**2).mean()) < 1.1
    ratio = squares.sum() / runs / (variance.sum() / samples)
    assert 1 - 1 / (2 * samples) - 0.03 < ratio < 1 - 1 / (2 * samples) + 0.03


def test_endless_samples_give_the_spline_of_the_image():
    frame = still(3.3, samples=math.inf, jitter=0, noise_strength=0)
    view = views([KeyFrame(0, (94, 60), 3.3)], GREY.shape[::-1], (96, 64), 1)[0]
    spline = render(spline_pyramid(split(GREY, "gray").rendered, 0), (96, 64), samples=math.inf, window=view.window)
    assert np.abs(frame - 255.0 * np.clip(spline, 0, 1)).max() <= 0.501


def test_chroma_is_the_same_whatever_is_drawn():
    keys = [KeyFrame(0, (94, 60), 2.2)]
    frames = [
        frames_of(PHOTO, keys, frames=1, color_mode="luma", seed=seed, jitter=0, noise_strength=0.02)[0].astype(int)
        for seed in (1, 2)
    ]
    luma = [frame @ (299, 587, 114) / 1000 for frame in frames]
    inside = np.all([(frame > 0) & (frame < 255) for frame in frames], (0, 3))  # what is not clipped
    assert np.abs(luma[0] - luma[1]).mean() > 3
    for channel in (0, 2):
        chroma = [frame[..., channel] - y for frame, y in zip(frames, luma, strict=True)]
        assert np.abs(chroma[0] - chroma[1])[inside].max() <= 2  # rounding of three channels, twice


def test_details_finer_than_the_pixels_of_a_frame_fade_instead_of_aliasing():
    assert fades(1.0, 4) == [1.0] * 4
    assert fades(0.25, 4) == [0.0, 0.0, 1.0, 1.0]
    assert fades(2**-0.5, 2) == pytest.approx([0.5, 1.0])
    plate = np.rint(255 * _charts.zone_plate(256)).astype(np.uint8)
    frame = frames_of(plate, [KeyFrame(0)], frames=1, size=(64, 64), samples=math.inf, jitter=0, noise_strength=0)[0]
    centre = np.hypot(*np.mgrid[-31.5:32, -31.5:32]) < 10  # up to 10 * 4 / 256 = 0.16 cycles per source pixel
    outside = np.hypot(*np.mgrid[-31.5:32, -31.5:32]) > 24  # above 0.37 of them: 1.5 per pixel of the frame
    assert np.std(frame[centre] / 255) > 0.08
    assert np.std(frame[outside] / 255) < 0.02
    aliased = Picture.of(plate, color_mode="gray").render((64, 64), samples=math.inf)
    assert np.std(aliased[outside] / 255) > 0.05


def test_the_chroma_of_small_scales_fades_too():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    stripes[:, 1::2] = (0, 130, 0)
    frame = frames_of(stripes, [KeyFrame(0)], frames=1, size=(33, 33), color_mode="luma", samples=math.inf)[0]
    assert (frame.reshape(-1, 3).max(0).astype(int) - frame.reshape(-1, 3).min(0) < 12).all()


def print_frames():
    """What the test of levels and threads compares."""
    keys = [KeyFrame(0), KeyFrame(1, (50.3, 90.2), 7)]
    frames = list(zoom_frames(PHOTO, keys, size=(150, 101), frames=3, color_mode="luma", **LAW))
    print(hashlib.sha256(np.stack(frames).tobytes()).hexdigest())


def test_frames_have_the_same_bits_at_every_cpu_level_and_number_of_threads():
    told = {
        run_at(level, "test_slpr_zoom", "print_frames", threads=threads)
        for level, threads in [(level, 1) for level in AVAILABLE] + [(AVAILABLE[-1], 2), (AVAILABLE[-1], 3)]
    }
    assert len(told) == 1


def test_the_frames_come_one_at_a_time():
    film = zoom_frames(GREY, [KeyFrame(0), KeyFrame(1, None, 9)], size=(64, 64), frames=1000, samples=1)
    assert next(film).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"size": (0, 9)}, ValueError, "size"),
        ({"samples": 0}, ValueError, "samples must be 1"),
        ({"samples": 2.5}, TypeError, "samples"),
        ({"block": 0}, ValueError, "block"),
        ({"levels": 17}, ValueError, "levels"),
        ({"gains": [1, 2]}, ValueError, "5 levels"),
        ({"color_mode": "hsv"}, ValueError, "mode"),
        ({"easing": "x"}, ValueError, "easing"),
        ({"size": (900, 900), "keys": [KeyFrame(0, None, 1)]}, ValueError, "smallest scale"),
        ({"keys": [KeyFrame(0), KeyFrame(1, None, 2**21)]}, ValueError, "scale must be below 2097152"),
        ({"frames": 10**10}, ValueError, "frames must be 1 to 1000000"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_frame(options, error, words):
    keys = options.pop("keys", [KeyFrame(0)])
    with pytest.raises(error, match=words):
        zoom_frames(GREY, keys, **{"size": (32, 32), "frames": 2, **options})


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"jitter": -1}, ValueError, "jitter"),
        ({"seed": -1}, ValueError, "seed"),
        ({"patch_size": 0}, ValueError, "patch"),
    ],
)
def test_what_the_renderer_refuses_is_an_error_of_the_first_frame(options, error, words):
    with pytest.raises(error, match=words):
        next(zoom_frames(GREY, [KeyFrame(0)], size=(32, 32), frames=2, **options))


@pytest.mark.parametrize("block", [1, 3, 4])
def test_the_largest_scale_is_just_below_the_one_that_is_refused(block):
    refused = {1: 2.0**20, 3: 2.0**21, 4: 2.0**22}[block]
    options = {"size": (8, 8), "frames": 1, "block": block}
    next(zoom_frames(GREY, [KeyFrame(0, None, math.nextafter(refused, 0))], **options))
    with pytest.raises(ValueError, match=f"below {refused:.0f}"):
        zoom_frames(GREY, [KeyFrame(0, None, refused)], **options)


def test_the_smallest_scale_shows_the_whole_image():
    assert smallest_scale((208, 160), (208, 160)) == 1
    whole = frames_of(GREY, [KeyFrame(0)], frames=1, size=(208, 160), samples=math.inf, jitter=0, noise_strength=0)[0]
    assert np.array_equal(whole, GREY)
