import tracemalloc

import cells_cases as cases
import host_cuda
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import cells as ref

from pixkern import _cells
from pixkern._cell_axis import cell_axis
from pixkern.gridscore import cell_colours, cell_difference

every_method = pytest.mark.parametrize("method", cases.METHODS)
every_channels = pytest.mark.parametrize("channels", cases.CHANNELS)


@st.composite
def gridded(draw):
    """A picture, its lines along x and y, and the generator they come from."""
    rows, cols = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    down, across = draw(st.integers(1, rows)), draw(st.integers(1, cols))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = cases.picture(source, rows, cols, draw(st.sampled_from(cases.CHANNELS)))
    return image, cases.lines(source, cols, across), cases.lines(source, rows, down), source


def deep(image):
    return image.reshape(*image.shape[:2], -1)


# Exactness


@settings(max_examples=80, deadline=None)
@given(gridded())
def test_inlier_colours_are_those_of_the_definition(case):
    image, lines_x, lines_y, _ = case
    sprite = deep(cell_colours(image, lines_x, lines_y).sprite)
    exact, decided = ref.inlier(deep(image), lines_x, lines_y)
    if sprite.shape[2] == 4:
        seen = sprite[..., 3] > 0
        assert (sprite[~seen] == 0).all()
        assert (exact[decided & ~seen, 3] < 0.51).all()
        decided &= seen
    assert np.abs(sprite - exact)[decided].max(initial=0) <= 0.51  # rounded; float32 sums of at most 900 pixels


@settings(max_examples=80, deadline=None)
@given(gridded(), st.sampled_from(cases.METHODS[1:]))
def test_plain_colours_are_those_of_the_definition(case, method):
    image, lines_x, lines_y, _ = case
    sprite = cell_colours(image, lines_x, lines_y, method=method).sprite
    assert sprite.shape == (len(lines_y) - 1, len(lines_x) - 1, *image.shape[2:])
    assert np.array_equal(deep(sprite), ref.plain(deep(image), lines_x, lines_y, method))


@settings(max_examples=60, deadline=None)
@given(gridded(), st.sampled_from(cases.METHODS))
def test_the_spread_is_that_of_the_definition(case, method):
    image, lines_x, lines_y, _ = case
    found = cell_colours(image, lines_x, lines_y, method=method)
    exact = ref.spread(deep(image), deep(found.sprite), lines_x, lines_y)
    np.testing.assert_allclose(found.spread, exact, rtol=1e-5)  # float32 sums of at most 900 pixels, none cancels


@settings(max_examples=60, deadline=None)
@given(gridded(), st.integers(0, 255))
def test_the_difference_is_that_of_the_definition(case, threshold):
    image, lines_x, lines_y, draw = case
    sprite = cases.picture(draw, len(lines_y) - 1, len(lines_x) - 1, deep(image).shape[2])
    found = cell_difference(image, sprite, lines_x, lines_y, threshold=threshold)
    exact = ref.difference(deep(image), deep(sprite), lines_x, lines_y, threshold)
    assert all(counts.dtype == np.int32 for counts in found)
    assert np.array_equal(found, exact)


@every_channels
@pytest.mark.parametrize(
    ("lines_x", "lines_y"),
    [
        ([0, 551.5, 600], [0, 10.25, 300]),  # a cell wider than a tile and taller than a byte counts
        (np.linspace(0, 2100, 301), [0, 3]),  # cells of 7 pixels over several tiles and stretches
        ([0, 1000, 1024, 1024.5, 1030, 2080], [0, 2]),  # lines at the end of a stretch and next to it
    ],
)
def test_colours_and_differences_of_large_pictures_are_those_of_the_definition(channels, lines_x, lines_y):
    draw = np.random.default_rng(channels)
    image = cases.picture(draw, int(lines_y[-1]), int(lines_x[-1]), channels, colours=2)
    for method in cases.METHODS:
        found = cell_colours(image, lines_x, lines_y, method=method)
        sprite = deep(found.sprite)
        if method == "inlier":
            exact, decided = ref.inlier(deep(image), lines_x, lines_y)
            decided &= (channels < 4) | (sprite[..., -1] > 0)
            assert np.abs(sprite - exact)[decided].max() <= 0.51  # as above
        else:
            assert np.array_equal(sprite, ref.plain(deep(image), lines_x, lines_y, method))
        exact = ref.spread(deep(image), sprite, lines_x, lines_y)
        np.testing.assert_allclose(found.spread, exact, rtol=1e-5)  # as above
    counted = cell_difference(image, found.sprite, lines_x, lines_y, threshold=3)
    assert np.array_equal(counted, ref.difference(deep(image), sprite, lines_x, lines_y, 3))


# Laws


@every_method
@every_channels
@pytest.mark.parametrize("cell", [1, 2, 3, 8, 13])
def test_an_enlarged_sprite_comes_back_without_spread_or_difference(method, channels, cell):
    draw = np.random.default_rng(cell)
    sprite = draw.integers(0, 256, (6, 9, channels), dtype=np.uint8)
    if channels == 4:
        sprite[sprite[..., 3] < 128] = 0
    sprite = sprite[..., 0] if channels == 1 else sprite
    image, *along = cases.enlarged(draw, sprite, cell)
    found = cell_colours(image, *along, method=method)
    assert np.array_equal(found.sprite, sprite)
    assert not found.spread.any()
    counted = cell_difference(image, sprite, *along, threshold=0)
    assert not counted.core.any()
    assert not counted.halo.any()
    assert (counted.core_pixels + counted.halo_pixels == cell * cell).all()


def test_inlier_colours_withstand_a_neighbour_that_covers_a_third_of_the_cell():
    image = np.full((12, 24), 40, np.uint8)
    image[:, 12:] = 200
    found = cell_colours(image, [0, 16, 24], [0, 12])  # the line belongs to 12
    assert found.sprite.tolist() == [[40, 200]]
    assert found.spread[0, 0] > 10 * found.spread[0, 1] == 0


def test_inlier_colours_are_nearer_to_the_truth_than_plain_ones_under_noise_and_blur():
    cv2 = pytest.importorskip("cv2")
    draw = np.random.default_rng(0)
    sprite = draw.integers(0, 4, (12, 12, 3), dtype=np.uint8) * 55 + 40  # noise is not cut off at 0 or 255
    image, *along = cases.enlarged(draw, sprite.astype(np.uint8), 12)
    image = cv2.GaussianBlur(image, (0, 0), 1.0)
    image = np.clip(image + draw.normal(0, 6, image.shape) + 0.5, 0, 255).astype(np.uint8)
    off = {}
    for method in cases.METHODS:
        off[method] = np.abs(cell_colours(image, *along, method=method).sprite - sprite.astype(float)).mean()
    assert off["inlier"] < 0.8 * min(off["median"], off["mode"], off["centre"])


@every_method
@every_channels
def test_colours_do_not_depend_on_which_axis_is_which(method, channels):
    draw = np.random.default_rng(3)
    sprite = draw.integers(0, 200, (5, 7, channels), dtype=np.uint8) + 50
    image, lines_x, lines_y = cases.enlarged(draw, sprite[..., 0] if channels == 1 else sprite, 9, noise=4)
    found = cell_colours(image, lines_x, lines_y, method=method)
    turned = cell_colours(image.swapaxes(0, 1), lines_y, lines_x, method=method)
    if method == "inlier":  # added in another order: a value near a half may round to the other side
        assert np.abs(found.sprite.swapaxes(0, 1).astype(int) - turned.sprite).max() <= 1
    else:
        assert np.array_equal(found.sprite.swapaxes(0, 1), turned.sprite)


@settings(max_examples=50, deadline=None)
@given(gridded())
def test_every_pixel_is_counted_once_and_more_differ_at_lower_thresholds(case):
    image, lines_x, lines_y, draw = case
    sprite = cases.picture(draw, len(lines_y) - 1, len(lines_x) - 1, deep(image).shape[2])
    before = None
    for threshold in (255, 40, 0):
        found = cell_difference(image, sprite, lines_x, lines_y, threshold=threshold)
        assert (found.core_pixels + found.halo_pixels).sum() == image.shape[0] * image.shape[1]
        assert (found.core_pixels >= 1).all()
        assert (found.core <= found.core_pixels).all()
        assert (found.halo <= found.halo_pixels).all()
        if before is None:
            assert not found.core.any()
            assert not found.halo.any()
        else:
            assert (found.core >= before.core).all()
            assert (found.halo >= before.halo).all()
        before = found


def test_transparent_pixels_have_no_say_about_colour_and_do_not_differ():
    draw = np.random.default_rng(0)
    image = np.zeros((16, 16, 4), np.uint8)
    image[..., :3] = draw.integers(0, 256, (16, 16, 3))  # garbage under alpha 0
    image[:, 8:] = (10, 200, 30, 255)
    image[5:8, 11:13] = (255, 0, 0, 0)
    for method in cases.METHODS[:3]:
        found = cell_colours(image, [0, 8, 16], [0, 16], method=method)
        assert found.sprite.tolist() == [[[0, 0, 0, 0], [10, 200, 30, 255]]]
        assert found.spread.tolist() == [[0, 0]]
    counted = cell_difference(image, found.sprite, [0, 8, 16], [0, 16])
    assert (counted.core + counted.halo).tolist() == [[0, 6]]  # the hole alone


@pytest.mark.parametrize("method", ["median", "mode"])
@pytest.mark.parametrize(("alpha", "colour"), [(100, 90), (99, 130)])
def test_pixels_of_half_the_alpha_of_the_cell_have_a_say_and_those_below_have_none(method, alpha, colour):
    core = [[50, 200]] * 4 + [[130, 200]] * 5 + [[90, alpha]] * 7
    image = np.zeros((8, 8, 4), np.uint8)
    image[2:6, 2:6] = np.array(core, np.uint8)[:, [0, 0, 0, 1]].reshape(4, 4, 4)
    found = cell_colours(image, [0, 8], [0, 8], method=method)
    assert found.sprite.tolist() == [[[colour, colour, colour, 200]]]


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "cells_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert len(reference_digests) == 2 * len(cases.CHANNELS) * len(cases.GRIDS) * len(cases.METHODS)
    assert run_at(level, "cells_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.fixture(scope="module")
def host_library(tmp_path_factory):
    return host_cuda.compiled("cells", tmp_path_factory.mktemp("cells"))


@pytest.mark.parametrize("threads", [1, 3])
def test_the_gpu_loops_run_on_the_host_have_the_bits_of_the_cpu(threads, host_library, monkeypatch):
    expected = dict(cases.results())
    host_cuda.install({"cells": host_library}, monkeypatch, threads)
    for name, arrays in cases.results("cuda"):
        assert [array.tobytes() for array in arrays] == [array.tobytes() for array in expected[name]], name


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert [array.tobytes() for array in cpu] == [array.tobytes() for array in cuda], name


@pytest.mark.cuda
def test_cupy_arrays_come_back_as_cupy_arrays():
    import cupy

    image = cases.picture(np.random.default_rng(0), 12, 12, 3)
    found = cell_colours(cupy.asarray(image), [0, 5, 12], [0, 12])
    assert np.array_equal(found.sprite.get(), cell_colours(image, [0, 5, 12], [0, 12]).sprite)
    counted = cell_difference(cupy.asarray(image), found.sprite, [0, 5, 12], [0, 12])
    assert all(isinstance(counts, cupy.ndarray) for counts in counted)


# Hostile input


@pytest.mark.parametrize(
    "image",
    [
        [[1, 2]],
        None,
        np.zeros((4, 4)),
        np.zeros((4, 4), np.int8),
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4), bool),
        np.zeros((4, 4), object),
        np.ma.zeros((4, 4), np.uint8),
        np.zeros((4, 4), [("a", "u1")]),
    ],
)
def test_arrays_of_another_kind_raise_type_error(image):
    fine = np.zeros((4, 4), np.uint8)
    with pytest.raises(TypeError, match="image"):
        cell_colours(image, [0, 4], [0, 4])
    with pytest.raises(TypeError, match="image"):
        cell_difference(image, fine, [0, 4], [0, 4])
    with pytest.raises(TypeError, match="sprite"):
        cell_difference(fine, image, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4])


@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (4, 0, 3), (4, 4, 2), (4, 4, 1), (4, 4, 5), (1, 4, 4, 3)])
def test_images_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="image"):
        cell_colours(np.zeros(shape, np.uint8), [0, 4], [0, 4])


@pytest.mark.parametrize("axis", ["lines_x", "lines_y"])
@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        ([0, np.nan, 4], ValueError, "finite"),
        ([0, np.inf], ValueError, "finite"),
        ([0, 2, 2, 4], ValueError, "increase"),
        ([0, 3, 2, 4], ValueError, "increase"),
        ([4, 0], ValueError, "increase"),
        ([0.5, 4], ValueError, "from 0 to the picture's 4 pixels"),
        ([-1, 4], ValueError, "from 0 to the picture's 4 pixels"),
        ([0, 3.9], ValueError, "from 0 to the picture's 4 pixels"),
        ([0, 5], ValueError, "from 0 to the picture's 4 pixels"),
        ([0, 0.1, 0.2, 0.3, 0.4, 4], ValueError, "5 cells of 4 pixels"),
        ([], ValueError, "2 or more"),
        ([0], ValueError, "2 or more"),
        ([[0, 4]], ValueError, "2 or more"),
        (4, ValueError, "2 or more"),
        ("04", TypeError, "numbers"),
        ([0, "4"], TypeError, "numbers"),
        ([0j, 4], TypeError, "numbers"),
        (np.ma.array([0.0, 4.0]), TypeError, "masked"),
    ],
)
def test_lines_that_are_none_are_refused(axis, lines, error, message):
    image = np.zeros((4, 4), np.uint8)
    along = {"lines_x": [0, 4], "lines_y": [0, 4], axis: lines}
    with pytest.raises(error, match=rf"{axis}.*{message}"):
        cell_colours(image, **along)
    with pytest.raises(error, match=rf"{axis}.*{message}"):
        cell_difference(image, np.zeros((1, 1), np.uint8), **along)


def test_methods_thresholds_and_sprites_that_do_not_fit_are_refused():
    image = np.zeros((4, 6, 3), np.uint8)
    with pytest.raises(ValueError, match="method must be one of 'inlier', 'median', 'mode', 'centre'"):
        cell_colours(image, [0, 6], [0, 4], method="mean")
    sprite = np.zeros((1, 2, 3), np.uint8)
    for wrong in (-1, 256):
        with pytest.raises(ValueError, match="threshold must be 0 to 255"):
            cell_difference(image, sprite, [0, 3, 6], [0, 4], threshold=wrong)
    for wrong in (3.0, "3", True, None):
        with pytest.raises(TypeError, match="threshold must be an integer"):
            cell_difference(image, sprite, [0, 3, 6], [0, 4], threshold=wrong)
    for shape in ((2, 1, 3), (1, 2, 4), (1, 2), (1, 3, 3)):
        with pytest.raises(ValueError, match=r"sprite must have shape \(1, 2, 3\)"):
            cell_difference(image, np.zeros(shape, np.uint8), [0, 3, 6], [0, 4])


def test_cells_of_more_pixels_than_counts_hold_are_refused():
    long = cell_axis([0.0, 46341.0], 46341, "lines_x")
    with pytest.raises(ValueError, match="less than 2"):
        _cells._areas(long, long)
    short = cell_axis([0.0, 46340.0], 46340, "lines_y")
    assert _cells._areas(short, long)[1] == 46340 * 46341


@every_method
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].reshape(a.shape),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(view, method):
    image = view(cases.picture(np.random.default_rng(0), 40, 40, 3))
    along = [np.linspace(0, side, 5) for side in (image.shape[1], image.shape[0])]
    copied = np.ascontiguousarray(image)
    found, expected = (cell_colours(x, *along, method=method) for x in (image, copied))
    assert np.array_equal(found.sprite, expected.sprite)
    assert np.array_equal(found.spread, expected.spread)
    counted = cell_difference(image, found.sprite, *along)
    assert np.array_equal(counted, cell_difference(copied, found.sprite, *along))


def test_lines_that_almost_meet_leave_each_cell_a_pixel():
    image = np.arange(6, dtype=np.uint8)[None] * 40
    for method in cases.METHODS:
        first = cell_colours(image, [0, 1e-300, 2e-300, 3e-300, 6], [0, 1], method=method).sprite
        assert first[0, :3].tolist() == [0, 40, 80]
        last = cell_colours(image, [0, 5.9, 5.95, np.nextafter(6, 0), 6], [0, 1], method=method).sprite
        assert last[0, 1:].tolist() == [120, 160, 200]


# Memory


@every_method
def test_no_copy_of_the_picture_is_made(method):
    image = np.zeros((1000, 1000, 3), np.uint8)
    along = (np.linspace(0, 1000, 51), np.linspace(0, 1000, 51))
    tracemalloc.start()
    sprite = cell_colours(image, *along, method=method).sprite
    cell_difference(image, sprite, *along)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50 * 50 * 40 + 2000 * 80  # results, and what is documented per row and column


def test_torch_tensors_come_back_as_torch_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    image = torch.from_numpy(cases.picture(np.random.default_rng(0), 12, 12, 3))
    found = cell_colours(image, [0, 5, 12], [0, 12])
    assert isinstance(found.sprite, torch.Tensor)
    assert isinstance(found.spread, torch.Tensor)
    expected = cell_colours(image.numpy(), [0, 5, 12], [0, 12])
    assert np.array_equal(found.sprite.numpy(), expected.sprite)
    assert isinstance(cell_difference(image, found.sprite, [0, 5, 12], [0, 12]).core, torch.Tensor)
