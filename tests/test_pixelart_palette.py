"""Pooling of colours, palettes of sprites, snapping and dithering."""

import tracemalloc

import numpy as np
import palettes_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import palettes as ref

from pixkern import _palettes
from pixkern.pipelines.pixelart import _shortest_description as description
from pixkern.pipelines.pixelart._sprite import medians
from pixkern.pipelines.pixelart.palette import DITHERS, extract_palette, pool_colours, snap

seeds = st.integers(0, 2**32 - 1)
channels = st.sampled_from([1, 3, 4])
OPTIONS = {"deadline": None, "max_examples": 30}


def colours_of(sprite):
    return len(np.unique(sprite.reshape(-1, 1 if sprite.ndim == 2 else sprite.shape[2]), axis=0))


# pool_colours


@settings(**OPTIONS)
@given(seeds, st.sampled_from([0.8, 2.0, 4.0]), st.integers(2, 12))
def test_noisy_cells_of_colours_far_apart_become_as_many_colours_as_there_are(seed, noise, colours):
    truth, noisy = cases.sprite(seed, colours=colours, apart=12 * noise, noise=noise)
    pooled = pool_colours(noisy)
    assert colours_of(pooled) == colours_of(truth)
    error = np.abs(pooled.astype(int) - truth)
    assert error.max() <= 1 + 6 * noise / np.sqrt(9 / 2)  # six standard deviations of a median of nine cells, rounded


@settings(**OPTIONS)
@given(seeds, st.floats(1, 5), st.integers(2, 30))
def test_pooling_brings_colours_closer_to_the_truth(seed, noise, colours):
    truth, noisy = cases.sprite(seed, side=36, colours=colours, apart=20, noise=noise)
    before, after = (np.abs(image.astype(int) - truth).mean() for image in (noisy, pool_colours(noisy)))
    assert after < 0.9 * before


@settings(**OPTIONS)
@given(seeds, st.integers(1, 16), channels)
def test_a_sprite_without_noise_comes_back_as_it_is(seed, colours, kind):
    truth, _ = cases.sprite(seed, colours=colours, apart=8, channels=kind)
    assert np.array_equal(pool_colours(truth), truth)


def test_pure_noise_of_a_few_codes_is_one_colour():
    noise = np.random.default_rng(0).normal(128, 3, (40, 40, 3)).round().astype(np.uint8)
    assert colours_of(pool_colours(noise)) == 1


@settings(**OPTIONS)
@given(seeds)
def test_colours_can_be_renamed_by_adding_codes_or_turning_channels(seed):
    _, noisy = cases.sprite(seed, noise=2)
    shifted = noisy // 2 * 2 // 2 + 60  # a copy that cannot overflow
    plain = noisy // 2 * 2 // 2
    assert np.array_equal(pool_colours(shifted), pool_colours(plain) + 60)
    turned = np.ascontiguousarray(noisy[..., [2, 0, 1]])
    assert np.array_equal(pool_colours(turned), pool_colours(noisy)[..., [2, 0, 1]])


@settings(**OPTIONS)
@given(seeds)
def test_where_cells_stand_does_not_matter(seed):
    _, noisy = cases.sprite(seed, noise=3)
    order = np.random.default_rng(seed).permutation(noisy.shape[0] * noisy.shape[1])
    shuffled = noisy.reshape(-1, 3)[order].reshape(noisy.shape)
    assert np.array_equal(pool_colours(shuffled).reshape(-1, 3), pool_colours(noisy).reshape(-1, 3)[order])


def test_transparent_pixels_count_for_nothing_and_alpha_stays():
    truth, noisy = cases.sprite(5, noise=2, channels=4)
    clear = noisy[..., 3] == 0
    noisy[clear, :3] = np.random.default_rng(0).integers(0, 256, (clear.sum(), 3))
    pooled = pool_colours(noisy)
    assert np.array_equal(pooled[clear], noisy[clear])
    assert np.array_equal(pooled[..., 3], noisy[..., 3])
    assert np.array_equal(pooled[~clear][:, :3], pool_colours(noisy[~clear][None, :, :3])[0])
    assert np.abs(pooled[~clear].astype(int) - truth[~clear]).max() <= 4


def test_grey_is_pooled_as_grey():
    truth, noisy = cases.sprite(2, colours=4, apart=60, noise=2, channels=1)
    pooled = pool_colours(noisy)
    assert pooled.shape == noisy.shape
    assert colours_of(pooled.reshape(-1, 1)) <= colours_of(truth.reshape(-1, 1))


def test_unsure_cells_do_not_move_the_colour_of_their_cluster():
    _, noisy = cases.sprite(1, colours=2, apart=150, noise=1)
    noise = np.ones(noisy.shape[:2])
    first = noisy[0, 0].astype(int)
    cluster = np.abs(noisy.astype(int) - first).max(axis=2) < 20
    rows, cols = np.nonzero(cluster)
    off = slice(0, int(0.7 * len(rows)))
    noisy[rows[off], cols[off]] = np.clip(noisy[rows[off], cols[off]].astype(int) + 3, 0, 255)
    noise[rows[off], cols[off]] = 50
    moved = pool_colours(noisy)[0, 0].astype(int) - pool_colours(noisy, noise=noise)[0, 0]
    assert (moved >= 2).all()


def test_cells_that_were_flat_are_exact_and_stay():
    _, noisy = cases.sprite(0, noise=3)
    noise = np.zeros(noisy.shape[:2], np.float32)
    noise[0] = 5
    assert np.array_equal(pool_colours(noisy, noise=noise), noisy)


def test_input_is_never_changed():
    _, noisy = cases.sprite(0, noise=3, channels=4)
    before = noisy.copy()
    results = [pool_colours(noisy), snap(noisy, extract_palette(noisy, size=4)).pixels]
    assert np.array_equal(noisy, before)
    assert not any(np.shares_memory(result, noisy) for result in results)


# the description length


@settings(**OPTIONS)
@given(seeds, st.integers(1, 11), st.sampled_from([0.0, 1.0, 3.0]))
def test_the_length_of_the_chosen_clusters_is_the_least_of_all_cuts_and_spreads(seed, count, noise):
    draw = np.random.default_rng(seed)
    near = draw.integers(40, 80, (3, 3))[draw.integers(0, 3, count)] + draw.normal(0, noise, (count, 3))
    rows = np.unique(near.round(), axis=0)
    counts = draw.integers(1, 3 if noise else 40, len(rows)).astype(np.float64)
    pool = description.shortest(rows, counts)
    tree = _palettes.ward(rows, counts)
    every = np.repeat(rows, counts.astype(int), axis=0)
    total = len(every)
    best = (counts * np.log(total / counts)).sum() + 3 * len(rows) * np.log(256), 0.0
    for nodes in ref.cuts(tree.left.tolist(), tree.right.tolist(), len(rows)):
        split = ~np.isin(np.arange(2 * len(rows) - 1), nodes)
        labels = np.repeat(tree.leaves(split), counts.astype(int))
        best = min(best, *((ref.description_length(every, labels, s), s) for s in description.SPREADS))
    assert pool.spread == best[1]
    assert np.isclose(pool.length, best[0], rtol=1e-12)  # sums in another order
    if pool.spread:
        labels = np.repeat(pool.labels, counts.astype(int))
        assert np.isclose(ref.description_length(every, labels, pool.spread), best[0], rtol=1e-12)


@settings(**OPTIONS)
@given(seeds, st.integers(1, 9), st.integers(1, 200))
def test_clusters_have_the_median_of_each_channel_halves_rounded_up(seed, size, count):
    draw = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(size), draw.integers(0, size, count)])
    colours = draw.integers(0, 256, (len(labels), 3)).astype(np.uint8)
    wanted = [np.floor(np.median(colours[labels == k], axis=0) + 0.5) for k in range(size)]
    assert np.array_equal(medians(colours, labels, size), wanted)


def test_the_logarithm_is_that_of_the_definition():
    x = np.concatenate([np.arange(1, 5000), np.geomspace(1e-12, 1e12, 5000)])
    assert np.allclose(description.log(x), np.log(x), rtol=4e-16, atol=4e-16)  # 2 ulp


def test_many_colours_are_binned_and_still_told_apart():
    truth, noisy = cases.sprite(0, side=120, colours=12, apart=60, noise=4)
    assert colours_of(noisy) > 3 * description.MOST_LEAVES
    pooled = pool_colours(noisy)
    assert colours_of(pooled) == 12
    assert np.abs(pooled.astype(int) - truth).max() <= 1


# extract_palette


@settings(**OPTIONS)
@given(seeds, st.integers(1, 12), channels)
def test_the_palette_of_few_colours_is_these_colours_the_most_frequent_first(seed, colours, kind):
    truth, _ = cases.sprite(seed, colours=colours, apart=10, channels=kind)
    for size in (64, "auto"):
        palette = extract_palette(truth, size=size)
        flat = truth.reshape(-1, kind).copy()
        if kind == 4:
            flat[flat[:, 3] == 0] = 0
            flat[flat[:, 3] > 0, 3] = 255
        rows, counts = np.unique(flat, axis=0, return_counts=True)
        assert palette.shape == rows.shape
        assert {*map(bytes, palette)} == {*map(bytes, rows)}
        opaque = [entry for entry in palette if kind != 4 or entry[3]]
        of = {bytes(row): count for row, count in zip(rows, counts, strict=True)}
        order = [(-of[bytes(entry)], *entry) for entry in opaque]
        assert order == sorted(order)
        if kind == 4 and (flat[:, 3] == 0).any():
            assert not palette[-1].any()


@settings(**OPTIONS)
@given(seeds, st.integers(1, 40), channels)
def test_a_palette_never_has_more_colours_than_asked_for(seed, size, kind):
    _, noisy = cases.sprite(seed, noise=4, channels=kind)
    if kind == 4:
        size += 1
    palette = extract_palette(noisy, size=size)
    assert 1 <= len(palette) <= size
    assert palette.shape[1] == kind
    assert len(np.unique(palette, axis=0)) == len(palette)


@settings(**OPTIONS)
@given(seeds)
def test_counts_say_the_same_as_repeated_pixels(seed):
    truth, noisy = cases.sprite(seed, noise=2)
    for sprite in (truth, noisy):
        rows, counts = np.unique(sprite.reshape(-1, 3), axis=0, return_counts=True)
        for size in (5, "auto"):
            assert np.array_equal(extract_palette(rows, counts, size=size), extract_palette(sprite, size=size))


@pytest.mark.parametrize("size", [1024, 1025, 5000, 65_536])
def test_very_large_palettes_of_very_many_colours_come_within_seconds(size):
    noise = np.random.default_rng(0).integers(0, 256, (270, 270, 3)).astype(np.uint8)
    palette = extract_palette(noise, size=size)
    assert 0.4 * size <= len(palette) <= size
    pixels = snap(noise[:9].copy(), palette).pixels
    away = ref.oklab(ref.linear(pixels).reshape(-1, 3)) - ref.oklab(ref.linear(noise[:9]).reshape(-1, 3))
    assert np.sqrt((away**2).sum(axis=1)).mean() < 0.03


def test_a_small_accent_keeps_an_entry():
    ramp = np.zeros((40, 40, 3), np.uint8)
    ramp[:] = np.arange(60, 180, 3, dtype=np.uint8)[None, :, None]
    ramp[20, 20] = 255, 0, 40  # one pixel of 1,600
    assert [255, 0, 40] in extract_palette(ramp, size=6).tolist()


def test_a_palette_of_n_colours_has_a_smaller_error_than_one_of_fewer():
    _, noisy = cases.sprite(3, side=48, colours=40, apart=15, noise=3)
    errors = []
    for size in (2, 4, 8, 16, 32):
        pixels = snap(noisy, extract_palette(noisy, size=size)).pixels
        away = ref.oklab(ref.linear(pixels).reshape(-1, 3)) - ref.oklab(ref.linear(noisy).reshape(-1, 3))
        errors.append((away**2).sum(axis=1).mean())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 20


@settings(**OPTIONS)
@given(seeds)
def test_entries_are_the_means_of_the_colours_that_they_are_nearest_to(seed):
    _, noisy = cases.sprite(seed, side=40, colours=30, apart=12, noise=4)
    palette = extract_palette(noisy, size=8)
    rows, counts = np.unique(noisy.reshape(-1, 3), axis=0, return_counts=True)
    where, weight = ref.oklab(ref.linear(rows)), np.sqrt(counts)
    label = ref.nearest(where, ref.oklab(ref.linear(palette)))
    off = [
        np.abs(np.average(where[label == k], axis=0, weights=weight[label == k]) - ref.oklab(ref.linear(entry))).max()
        for k, entry in enumerate(palette)
    ]
    assert max(off) < 0.006  # half a code, and the few colours that this moves across a border


def test_a_transparent_sprite_has_a_transparent_palette():
    sprite = np.zeros((3, 4, 4), np.uint8)
    for size in ("auto", 1, 7):
        assert extract_palette(sprite, size=size).tolist() == [[0, 0, 0, 0]]


def test_pixels_of_less_alpha_count_as_transparent():
    sprite = np.array([[[9, 9, 9, 255], [90, 90, 90, 100]]], np.uint8)
    assert extract_palette(sprite, alpha=101).tolist() == [[9, 9, 9, 255], [0, 0, 0, 0]]
    assert extract_palette(sprite, alpha=100).tolist() == [[9, 9, 9, 255], [90, 90, 90, 255]]


# snap


@settings(**OPTIONS)
@given(seeds, st.integers(1, 30), channels)
def test_every_pixel_gets_the_nearest_entry_in_oklab(seed, entries, kind):
    _, noisy = cases.sprite(seed, noise=20, channels=kind)
    palette = np.random.default_rng(seed).integers(0, 256, (entries, 1 if kind == 1 else 3)).astype(np.uint8)
    done = snap(noisy, palette)
    wide = noisy[..., None].repeat(3, 2) if kind == 1 else noisy[..., :3]
    three = palette.repeat(3, 1) if kind == 1 else palette
    points, targets = (ref.oklab(ref.linear(codes.reshape(-1, 3))) for codes in (wide, three))
    away = ((points[:, None] - targets[None]) ** 2).sum(axis=2)
    shown = noisy[..., 3].reshape(-1) > 0 if kind == 4 else np.ones(len(points), bool)
    chosen = away[np.arange(len(points)), np.minimum(done.indices.reshape(-1), entries - 1)]
    assert (chosen <= away.min(axis=1) + 1e-13)[shown].all()  # squares of distances of up to 1, in other roundings
    assert np.array_equal(done.pixels[..., :3].reshape(wide.shape[0], -1)[:, :0], np.zeros((wide.shape[0], 0)))
    opaque = noisy[..., 3] == 255 if kind == 4 else np.ones(noisy.shape[:2], bool)
    shape = (*noisy.shape[:2], -1)
    assert np.array_equal(done.palette[done.indices][opaque], done.pixels.reshape(shape)[opaque])


def test_ties_go_to_the_lowest_index():
    palette = np.array([[9, 9, 9], [200, 0, 0], [9, 9, 9], [200, 0, 0]], np.uint8)
    sprite = np.array([[[10, 10, 10], [190, 0, 0]]], np.uint8)
    for dither in ("none", "bayer4", "floyd-steinberg"):
        assert snap(sprite, palette, dither=dither).indices.max() <= 1


@settings(**OPTIONS)
@given(seeds, st.sampled_from(DITHERS), channels)
def test_a_sprite_in_the_colours_of_the_palette_is_left_as_it_is(seed, dither, kind):
    truth, _ = cases.sprite(seed, colours=7, apart=10, channels=kind)
    palette = extract_palette(truth)
    done = snap(truth, palette, dither=dither)
    assert np.array_equal(done.pixels, truth)
    assert np.array_equal(done.palette, palette)


@pytest.mark.parametrize("dither", DITHERS)
def test_transparent_pixels_are_left_alone_and_have_an_entry(dither):
    _, noisy = cases.sprite(4, noise=3, channels=4)
    clear = noisy[..., 3] == 0
    palette = extract_palette(noisy[..., :3].copy(), size=5)
    done = snap(noisy, palette, dither=dither)
    assert done.transparent == 5
    assert done.palette[5].tolist() == [0, 0, 0, 0]
    assert (done.indices[clear] == 5).all()
    assert (done.indices[~clear] < 5).all()
    assert np.array_equal(done.pixels[clear], noisy[clear])
    assert np.array_equal(done.pixels[..., 3], noisy[..., 3])
    garbage = noisy.copy()
    garbage[clear, :3] ^= 255
    assert np.array_equal(snap(garbage, palette, dither=dither).indices, done.indices)


def test_a_transparent_entry_of_the_palette_stands_for_transparent_pixels_only():
    palette = np.array([[0, 0, 0, 0], [255, 255, 255, 255]], np.uint8)
    sprite = np.array([[[0, 0, 0, 255], [7, 7, 7, 0]]], np.uint8)
    done = snap(sprite, palette)
    assert done.indices.tolist() == [[1, 0]]
    assert done.transparent == 0
    assert snap(sprite[..., :3], palette).indices.tolist() == [[1, 1]]  # black would be nearer, but is transparent


@pytest.mark.parametrize("dither", [name for name in DITHERS if name != "none"])
@pytest.mark.parametrize("code", [60, 100, 128, 160, 188, 210, 225])
def test_dithers_keep_the_mean_of_light(dither, code):
    flat = np.full((64, 64), code, np.uint8)
    done = snap(flat, np.array([[0], [255]], np.uint8), dither=dither)
    mean = ref.linear(done.pixels).mean()
    steps = {"bayer2": 4, "bayer4": 16, "bayer8": 64}.get(dither)
    wanted = float(ref.linear(code))
    if steps is None:
        assert abs(mean - wanted) < 0.03  # errors below 7/8 in 128 pixels at two borders, of 4,096
    elif wanted > 0.1 or mean:  # below 1 / 11 no pattern is made
        assert abs(mean - wanted) <= 0.5 / steps + 1e-12


@pytest.mark.parametrize(("dither", "side"), [("bayer2", 2), ("bayer4", 4), ("bayer8", 8)])
def test_ordered_dithers_repeat_and_use_every_threshold_once(dither, side):
    ramp = np.arange(256, dtype=np.uint8)
    on = np.stack(
        [snap(np.full((16, 16), code), np.array([[0], [255]], np.uint8), dither=dither).indices for code in ramp]
    )
    assert np.array_equal(on[:, :side, :side], on[:, side : 2 * side, side : 2 * side])
    counts = np.unique(on[:, :side, :side].sum(axis=(1, 2)))
    assert set(counts) <= set(range(side**2 + 1))
    assert (np.diff(on.sum(axis=(1, 2))) >= 0).all()
    assert len(counts) > 0.7 * side**2  # shares below 1 / 11 and above 10 / 11 have no pattern


@pytest.mark.parametrize("dither", ["bayer2", "bayer4", "bayer8"])
def test_ordered_dithers_make_no_pattern_of_what_is_almost_an_entry(dither):
    light = ref.linear(np.arange(256))
    for code in np.flatnonzero((light < 1 / 11) | (light > 10 / 11)):
        done = snap(np.full((8, 8), code, np.uint8), np.array([[0], [255]], np.uint8), dither=dither)
        assert len(np.unique(done.indices)) == 1


def test_a_grey_sprite_wants_a_grey_palette():
    grey = np.full((2, 2), 100, np.uint8)
    assert snap(grey, np.array([[90, 90, 90], [120, 120, 120]], np.uint8)).pixels.tolist() == [[90, 90], [90, 90]]
    with pytest.raises(ValueError, match="grey sprite needs a palette of opaque greys"):
        snap(grey, np.array([[90, 90, 91]], np.uint8))
    with pytest.raises(ValueError, match="grey sprite needs a palette of opaque greys"):
        snap(grey, np.array([[0, 0, 0, 0]], np.uint8))


# hostile arguments

FUNCTIONS = {"pool": pool_colours, "extract": extract_palette, "snap": lambda s: snap(s, np.zeros((1, 3), np.uint8))}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_no_sprite_is_refused(name):
    call = FUNCTIONS[name]
    good = np.zeros((4, 5, 3), np.uint8)
    for wrong in (good.astype(np.float32), good.astype(np.uint16), good.astype(bool), good.astype(">u2")):
        with pytest.raises(TypeError, match="must be uint8"):
            call(wrong)
    with pytest.raises(TypeError, match="masked"):
        call(np.ma.masked_array(good))
    with pytest.raises(TypeError, match="structured"):
        call(np.zeros((4, 5), [("r", "u1")]))
    for shape in ((4,), (4, 5, 2), (4, 5, 5), (0, 5, 3), (4, 0), (1, 4, 5, 3)):
        with pytest.raises(ValueError, match=r"shape|axes"):
            call(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_strides_do_not_matter(name):
    _, noisy = cases.sprite(0, noise=2)
    noisy[:] = noisy // 200 * 200  # two colours or so: black is nearest to some
    big = np.zeros((48, 72, 6), np.uint8)
    view = big[::2, ::-3, 1::2]
    view[:] = noisy
    first, second = (FUNCTIONS[name](sprite) for sprite in (noisy, view))
    pair = (first, second) if isinstance(first, np.ndarray) else (first.indices, second.indices)
    assert np.array_equal(*pair)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"size": 0}, ValueError, "size must be 'auto' or 1 to 65536"),
        ({"size": 65_537}, ValueError, "size"),
        ({"size": 2.0}, TypeError, "size"),
        ({"size": True}, TypeError, "size"),
        ({"size": "all"}, TypeError, "size"),
        ({"size": None}, TypeError, "size"),
        ({"alpha": 0}, ValueError, "alpha must be 1 to 255"),
        ({"alpha": 256}, ValueError, "alpha"),
        ({"alpha": 0.5}, TypeError, "alpha"),
        ({"counts": [1, 2]}, ValueError, "colours with counts|one per colour|axes"),
    ],
)
def test_options_of_a_palette_are_checked(options, error, match):
    with pytest.raises(error, match=match):
        extract_palette(np.zeros((2, 2, 3), np.uint8), **options)


@pytest.mark.parametrize("counts", [[1], [1, 0], [1, -1], [1, np.nan], [1, np.inf], ["a", "b"]])
def test_counts_are_checked(counts):
    with pytest.raises((TypeError, ValueError), match="counts"):
        extract_palette(np.zeros((2, 3), np.uint8), counts)


def test_one_entry_cannot_be_a_colour_and_transparent():
    sprite = np.array([[[1, 2, 3, 255], [0, 0, 0, 0]]], np.uint8)
    with pytest.raises(ValueError, match="size=1 leaves no entry"):
        extract_palette(sprite, size=1)


@pytest.mark.parametrize("noise", [np.ones((3, 3)), -np.ones((2, 2)), np.full((2, 2), np.nan), 1.0])
def test_noise_is_checked(noise):
    with pytest.raises(ValueError, match="noise"):
        pool_colours(np.zeros((2, 2, 3), np.uint8), noise=noise)


def test_palettes_and_dithers_are_checked():
    sprite = np.zeros((2, 2, 3), np.uint8)
    for palette in (np.zeros((0, 3), np.uint8), np.zeros((2, 2), np.uint8), np.zeros((65_537, 3), np.uint8)):
        with pytest.raises(ValueError, match="palette must be"):
            snap(sprite, palette)
    with pytest.raises(TypeError, match="palette must be uint8"):
        snap(sprite, [[0.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="only transparent"):
        snap(sprite, np.zeros((3, 4), np.uint8))
    with pytest.raises(ValueError, match="only transparent"):
        snap(np.full((2, 2, 4), 9, np.uint8), np.zeros((3, 4), np.uint8))
    with pytest.raises(ValueError, match="dither must be one of 'none'"):
        snap(sprite, np.zeros((1, 3), np.uint8), dither="bayer3")


@pytest.mark.parametrize("name", ["pool", "extract", *DITHERS])
def test_memory_is_as_stated(name):
    draw = np.random.default_rng(0)
    sprite = draw.integers(0, 256, (512, 512, 3)).astype(np.uint8)  # as many colours as can be
    palette = draw.integers(0, 256, (32, 3)).astype(np.uint8)
    call = {"pool": pool_colours, "extract": extract_palette}.get(name, lambda _: snap(sprite, palette, dither=name))
    call(sprite)
    tracemalloc.start()
    call(sprite)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < {"pool": 160, "extract": 170}.get(name, 120) * 512 * 512
