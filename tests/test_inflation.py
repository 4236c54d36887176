import tracemalloc

import numpy as np
import pytest
import shadows_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import inflation as ref

from pixkern import _inflation, _threads
from pixkern.shadows import inflate, relief_detail

SIDES = cases.SIDES
NEXT = {"top": "left", "left": "bottom", "bottom": "right", "right": "top"}  # after a quarter turn against the clock
shapes = st.tuples(st.integers(1, 60), st.integers(1, 60))
sides = st.sets(st.sampled_from(SIDES))

# Of the height. The bound on residuals, 0.008 of 4, is 0.001 of the height; float32 adds less.
TOLERANCE = 0.0011


def disc(radius, side):
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    return rows**2 + cols**2 < radius**2


# The definition


@settings(max_examples=80, deadline=None)
@given(shapes, sides, st.integers(0, 20), st.integers(0, 3))
def test_heights_are_those_of_a_direct_solution(shape, free, seed, smooth):
    mask = cases.blobs(shape, seed, smooth)
    mask[0, 0] = False
    exact = ref.inflate(mask, free)
    got = inflate(mask, free=tuple(free))
    assert (got[~mask] == 0).all()
    assert (np.abs(got - exact) <= TOLERANCE * exact).all()


def spiral(side):
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    return ((np.hypot(rows, cols) - np.arctan2(rows, cols) * 10 / np.pi) % 20 < 12) & disc(side * 0.45, side)


def full_but_a_corner(side):
    mask = np.ones((side, side), bool)
    mask[0, 0] = False
    return mask


@pytest.mark.parametrize(
    ("mask", "free"),
    [
        (disc(90, 200), ()),
        (disc(150, 201), ("bottom", "left")),
        (spiral(200), SIDES),
        (full_but_a_corner(130), SIDES),
        (np.ones((150, 131), bool), ()),
        (np.ones((131, 150), bool), ("bottom", "left", "right")),
        (np.arange(200)[None] % 7 + np.zeros((150, 1)) < 5, ("top",)),
        (np.random.default_rng(0).random((160, 160)) < 0.95, SIDES),
        (np.random.default_rng(0).random((160, 160)) < 0.5, SIDES),
        (np.indices((120, 120)).sum(axis=0) % 2 == 0, SIDES),
    ],
    ids=["disc", "cut disc", "spiral", "one hole", "square", "hung up", "comb", "holes", "noise", "chessboard"],
)
def test_heights_of_hard_masks_are_those_of_a_direct_solution(mask, free):
    exact = ref.inflate(mask, free)
    assert (np.abs(inflate(mask, free=free) - exact) <= TOLERANCE * exact).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4), sides)
def test_no_mask_takes_many_cycles(seed, smooth, free):
    cycles = residuals(cases.blobs((300, 257), seed, smooth), free)
    assert len(cycles) <= 8  # 4 to 6, and half as many more
    if len(cycles) > 2:
        assert cycles[-1] < 0.01 * cycles[0]


def residuals(mask, free):
    """The largest one of each cycle."""
    steps = _inflation.OnCpu(mask.view(np.uint8), sum(1 << SIDES.index(side) for side in free), 1)
    found = []
    restrict = steps.restrict
    steps.restrict = lambda *args: found.append(restrict(*args)) or found[-1]
    _inflation.heights(np.empty(mask.shape, np.float32), steps)
    return found


@pytest.mark.parametrize(
    ("mask", "free", "cycles"),
    [
        (disc(60, 130), (), 4),
        (disc(400, 810), (), 4),
        (cases.blobs((300, 257), 0, 4), (), 4),
        (np.random.default_rng(0).random((160, 160)) < 0.5, SIDES, 5),
        (full_but_a_corner(300), SIDES, 9),
    ],
    ids=["small disc", "large disc", "blobs", "noise", "one hole"],
)
def test_shapes_take_the_cycles_that_are_promised(mask, free, cycles):
    assert len(residuals(mask, free)) <= cycles


def test_cycles_of_a_disc_leave_a_tenth_each():
    for radius in (60, 150, 300):
        found = residuals(disc(radius, 2 * radius + 10), ())
        assert found[-1] <= 0.1 ** (len(found) - 1) * found[0]  # on average


# Laws


@pytest.mark.parametrize("radius", [3.5, 10, 40, 100.25, 300])
def test_a_disc_becomes_the_hemisphere_of_a_disc_less_than_a_pixel_larger(radius):
    side = int(2 * radius) + 9
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    squared = rows**2 + cols**2
    mask = squared < radius**2
    height = inflate(mask).astype(np.float64)
    high = np.sqrt(np.maximum((radius + 1) ** 2 - squared, 0))
    low = np.sqrt(np.maximum(radius**2 - squared, 0))
    assert (height[mask] <= high[mask] * (1 + TOLERANCE)).all()
    assert (height[mask] >= low[mask] * (1 - TOLERANCE)).all()
    middle = squared < (0.9 * radius) ** 2
    # Half a pixel of radius is 0.5 R / z, and z is 0.43 R there; the pixel's other half is for small discs.
    assert np.abs(height - low)[middle].max() <= 1.2 if radius > 9 else 2.4


def test_a_strip_becomes_half_an_ellipse():
    mask = np.zeros((61, 80), bool)
    mask[20:41] = True  # u = 0 at rows 19 and 41: 22 apart
    exact = np.sqrt(np.maximum(2 * (11**2 - (np.arange(61) - 30.0) ** 2), 0))
    got = inflate(mask)
    assert np.abs(got - exact[:, None])[mask].max() <= TOLERANCE * exact.max()


def test_a_single_pixel_is_one_pixel_high():
    for shape in ((1, 1), (1, 5), (5, 5)):
        mask = np.zeros(shape, bool)
        mask[shape[0] // 2, shape[1] // 2] = True
        assert inflate(mask, free=())[mask] == pytest.approx(1, rel=TOLERANCE)  # 4 - 4 u = 0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([(64, 64), (128, 64), (32, 32)]), sides, st.integers(0, 20))
def test_turning_a_mask_whose_sides_a_power_of_two_divides_turns_the_height_bit_by_bit(shape, free, seed):
    mask = cases.blobs(shape, seed)
    mask[0, 0] = False
    mask[0, 5] = mask[-1, 5] = mask[9, 0] = mask[9, -1] = True  # its bounding box is the image
    plain = inflate(mask, free=tuple(free))
    for _ in range(3):
        mask, plain, free = np.rot90(mask), np.rot90(plain), {NEXT[side] for side in free}
        got = inflate(mask, free=tuple(free))
        if shape[0] == shape[1]:
            assert np.array_equal(got, plain)
        else:
            np.testing.assert_allclose(got, plain, rtol=2 * TOLERANCE)  # two solutions, each within it


@settings(max_examples=40, deadline=None)
@given(shapes, sides, st.integers(0, 20))
def test_turning_any_mask_turns_the_height_within_the_bound(shape, free, seed):
    mask = cases.blobs(shape, seed)
    mask[0, 0] = False
    turned = inflate(np.rot90(mask), free=tuple(NEXT[side] for side in free))
    np.testing.assert_allclose(turned, np.rot90(inflate(mask, free=tuple(free))), rtol=2 * TOLERANCE)  # both within it


@given(st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=30, deadline=None)
def test_a_figure_has_the_same_height_wherever_it_stands(row, col):
    figure = cases.blobs((40, 30), 3)
    mask = np.zeros((80, 70), bool)
    mask[1 + row : 41 + row, 1 + col : 31 + col] = figure
    alone = np.pad(figure, 1)
    assert np.array_equal(inflate(mask)[1 + row : 41 + row, 1 + col : 31 + col], inflate(alone)[1:-1, 1:-1])


def test_a_free_side_continues_the_figure_as_its_mirror_image():
    half = disc(40, 90)[:45]
    whole = np.concatenate([half, half[::-1]])
    got = inflate(half, free=("bottom",))
    np.testing.assert_allclose(got, inflate(whole)[:45], rtol=2 * TOLERANCE)  # two solutions, each within it
    assert inflate(half, free=("top",)).max() < 0.8 * got.max()


def test_a_free_side_that_the_mask_does_not_touch_changes_nothing():
    mask = np.pad(disc(20, 41), 3)
    assert np.array_equal(inflate(mask), inflate(mask, free=()))


@settings(max_examples=30, deadline=None)
@given(shapes, st.integers(0, 20))
def test_a_larger_mask_is_nowhere_lower(shape, seed):
    mask = cases.blobs(shape, seed)
    larger = mask | cases.blobs(shape, seed + 50)
    got = inflate(mask, free=())
    assert (inflate(larger, free=()) >= got * (1 - 2 * TOLERANCE)).all()  # two solutions, each within it


def test_masks_of_every_dtype_are_cut_at_one_half():
    mask = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
    plain = inflate(mask >= 128)
    assert np.array_equal(inflate(mask), plain)
    assert np.array_equal(inflate(mask.astype(np.float32) / 255), plain)
    parts = np.where(mask >= 128, np.float32(0.5), np.nan)
    assert np.array_equal(inflate(parts), plain)


def test_an_empty_mask_is_flat():
    assert not inflate(np.zeros((30, 40), bool)).any()


def test_a_mask_that_covers_an_image_with_four_free_sides_raises():
    mask = np.ones((30, 40), bool)
    with pytest.raises(ValueError, match="holds it down"):
        inflate(mask)
    assert inflate(mask, free=("top", "left", "right")).min() > 0


# Bits


@pytest.fixture(scope="module")
def digests():
    return run_at(AVAILABLE[0], "shadows_cases", "print_inflations").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, digests):
    assert len(digests) == 4 * (len(cases.SHAPES) + 1) + 1 + 18
    assert run_at(level, "shadows_cases", "print_inflations", threads=threads).splitlines() == digests


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.inflations("cpu"), cases.inflations("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_split_of_the_rows_gives_the_same_bits(threads, monkeypatch):
    mask = cases.blobs((90, 101), 1)
    whole = inflate(mask, free=())
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 1)
    assert np.array_equal(inflate(mask, free=(), threads=threads), whole)


# Hostile input


@pytest.mark.parametrize(
    "mask",
    [
        [[True]],
        np.zeros((4, 4)),
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4), ">f4"),
        np.zeros((4, 4), object),
        np.ma.zeros((4, 4), bool),
        np.zeros((4, 4), [("a", "?")]),
    ],
)
def test_masks_of_another_kind_raise_type_error(mask):
    with pytest.raises(TypeError, match="mask"):
        inflate(mask)


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0), (2, 3, 3)])
def test_masks_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="mask"):
        inflate(np.zeros(shape, bool))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"free": "bottom"}, TypeError),
        ({"free": None}, TypeError),
        ({"free": (1,)}, TypeError),
        ({"free": ("below",)}, ValueError),
        ({"threads": 0}, ValueError),
        ({"backend": "gpu"}, ValueError),
        ({"out": np.zeros((4, 5), np.float32)}, ValueError),
        ({"out": np.zeros((4, 4))}, ValueError),
        ({"out": np.zeros((4, 8), np.float32)[:, ::2]}, ValueError),
    ],
)
def test_bad_options_raise(options, error):
    with pytest.raises(error):
        inflate(np.zeros((4, 4), bool), **options)


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[:, ::2], lambda a: a.T, np.asfortranarray])
def test_any_memory_order_gives_the_result_of_its_copy(view):
    mask = view(cases.blobs((40, 60)))
    assert np.array_equal(inflate(mask, free=()), inflate(mask.copy(), free=()))


def test_an_output_that_overlaps_the_mask_raises_and_any_other_is_written_and_returned():
    buffer = np.zeros((20, 30), np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        inflate(buffer, out=buffer)
    mask, out = cases.blobs((20, 30)), np.full((20, 30), 77, np.float32)
    assert inflate(mask, free=(), out=out) is out
    assert np.array_equal(out, inflate(mask, free=()))


def test_memory_is_the_result_and_what_is_stated_within_the_bounding_box():
    mask = np.zeros((1200, 1000), bool)
    mask[100:900, 200:900] = disc(340, 800)[:, 50:750]
    tracemalloc.start()
    inflate(mask, threads=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 4 * mask.size + 31 * 800 * 700 + (1 << 17)


# Relief from shades


@settings(max_examples=30, deadline=None)
@given(shapes, st.sampled_from(["uint8", "uint16", "float32"]), st.booleans(), st.integers(0, 5))
def test_relief_is_what_a_fine_blur_has_over_a_coarse_one(shape, dtype, colour, seed):
    scale = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    image = (np.random.default_rng(seed).random((*shape, 3) if colour else shape) * scale).astype(dtype)
    mask = cases.blobs(shape, seed)
    exact = ref.relief_detail(image, mask, 1.5, 12, 0.3, scale)
    got = relief_detail(image, mask)
    # 0.3 * 12 of two blurs of 4e-4 each; where little of the mask is in reach, 4.5 sigma end a blur: see gaussian_blur
    assert np.abs(got - exact).max() <= 0.3 * 12 * 8e-4 + 1e-5
    assert (got[~mask] == 0).all()


def test_relief_has_no_height_where_nothing_changes_and_turns_over_with_amount():
    flat = np.full((50, 60, 3), 90, np.uint8)
    assert np.abs(relief_detail(flat)).max() <= 0.3 * 12 * 4e-6  # a constant stays within 2e-6 in both blurs
    image = np.random.default_rng(0).integers(0, 256, (50, 60), np.uint8)
    assert np.array_equal(relief_detail(image, amount=-0.5), -relief_detail(image, amount=0.5))
    assert not relief_detail(image, amount=0).any()


def test_relief_does_not_look_at_what_is_outside():
    image = np.random.default_rng(0).random((50, 60, 3)).astype(np.float32)
    mask = cases.blobs((50, 60))
    plain = relief_detail(image, mask)
    for other in (0, 1e6, np.nan):
        painted = np.where(mask[..., None], image, np.float32(other))
        assert np.array_equal(relief_detail(painted, mask), plain)


@pytest.mark.parametrize(
    ("image", "options", "error"),
    [
        (np.zeros((4, 4)), {}, TypeError),
        ([[1]], {}, TypeError),
        (np.zeros((4, 4, 4), np.uint8), {}, ValueError),
        (np.zeros((0, 4), np.uint8), {}, ValueError),
        (np.zeros((4, 4), np.uint8), {"small": -1}, ValueError),
        (np.zeros((4, 4), np.uint8), {"small": 3, "large": 3}, ValueError),
        (np.zeros((4, 4), np.uint8), {"large": np.inf}, ValueError),
        (np.zeros((4, 4), np.uint8), {"amount": np.nan}, ValueError),
        (np.zeros((4, 4), np.uint8), {"amount": None}, TypeError),
        (np.zeros((4, 4), np.uint8), {"mask": np.zeros((4, 5), bool)}, ValueError),
        (np.zeros((4, 4), np.uint8), {"out": np.zeros((4, 4), np.uint8)}, ValueError),
    ],
)
def test_bad_relief_raises(image, options, error):
    with pytest.raises(error):
        relief_detail(image, **options)


def test_relief_that_overlaps_the_image_raises_and_any_other_is_written_and_returned():
    image = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        relief_detail(image, out=image)
    out = np.empty_like(image)
    assert relief_detail(image, out=out) is out
    assert np.array_equal(out, relief_detail(image))


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("masked", [False, True])
def test_memory_of_relief_is_the_result_three_planes_and_the_blur_s(channels, masked):
    image = np.zeros((600, 700, *channels), np.uint8)
    mask = np.ones(image.shape[:2], bool) if masked else None
    relief_detail(image, mask)
    tracemalloc.start()
    relief_detail(image, mask)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # gaussian_blur at a sigma of 1.5: two copies of its image, with a mask of the weights as well, and bytes of it
    blur = 4.5 if masked else 2
    assert peak <= (1 + 3 + blur) * 4 * 600 * 700 + (1 << 16)
