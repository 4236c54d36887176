import numpy as np
import pytest
from reference import warp as ref

from pixkern.lenses import BrownConrady, Division
from pixkern.warp import coordinate_map, jacobian_stats

FOLDING = BrownConrady(1000, (999.5, 749.5), radial=(-0.45, 0.02))
MILD = BrownConrady(500, (319.5, 239.5), radial=(-0.1, 0.02), tangential=(0.001, 0))


def test_a_folding_lens_is_found_with_the_part_it_folds():
    stats = jacobian_stats(FOLDING, (2000, 1500))
    assert not stats.monotone
    assert abs(stats.folded_fraction - 0.235) < 0.002  # cells of 1/192 a side
    assert abs(stats.determinant_min + 0.30) < 0.01


def test_figures_are_those_of_every_pixel():
    size = (640, 480)
    stats = jacobian_stats(MILD, size)
    every = ref.pixels(size).reshape(-1, 2)
    determinants = np.linalg.det(MILD.jacobian(every))
    moved = np.linalg.norm(MILD.map(every) - every, axis=-1)
    ratio = np.linalg.cond(MILD.jacobian(every))
    assert abs(stats.determinant_min - determinants.min()) < 1e-12  # in a corner, which is on the lattice of the edge
    assert abs(stats.determinant_max - determinants.max()) < 1e-4  # in the middle, half a cell from a point
    for name, at in {"p0_1": 0.1, "p1": 1, "p50": 50, "p99": 99}.items():
        assert abs(stats.determinant_percentiles[name] - np.percentile(determinants, at)) < 1e-3  # cells of 1/192
    assert abs(stats.displacement_max - moved.max()) < 1e-9
    assert abs(stats.displacement_mean - moved.mean()) < 0.02  # likewise
    assert abs(stats.anisotropy_p99 - np.percentile(ratio, 99)) < 2e-3
    assert stats.folded_fraction == 0
    assert stats.non_finite == 0
    assert stats.monotone


def test_out_of_bounds_is_the_part_of_the_frame_that_looks_past_the_photo():
    wide = MILD.with_view((420, 420), (319.5, 239.5))
    every = coordinate_map(wide, (640, 480))
    outside = ((every < 0) | (every > [639, 479])).any(-1).mean()
    assert outside > 0.05
    assert abs(jacobian_stats(wide, (640, 480)).out_of_bounds_fraction - outside) < 0.005  # cells of 1/192
    assert jacobian_stats(BrownConrady(500, (0, 0)), (640, 480)).out_of_bounds_fraction == 0
    shifted = BrownConrady(500, (0, 0)).with_view(500, (320, 0))  # the left half looks to the left of the photo
    assert abs(jacobian_stats(shifted, (640, 480)).out_of_bounds_fraction - 0.5) < 0.005
    assert jacobian_stats(MILD, (640, 480), source_size=(10, 10)).out_of_bounds_fraction > 0.9


def test_a_residual_that_folds_one_cell_is_found_wherever_it_lies():
    field = np.zeros((40, 60, 2), np.float32)
    field[17, 23] = [-17.5, 0]  # nodes are 10.8 pixels apart: the cell to its left turns over
    stats = jacobian_stats(MILD, (640, 480), residual=field)
    assert stats.determinant_min < 0
    assert stats.folded_fraction > 0
    assert stats.residual_max == 17.5
    assert abs(stats.residual_gradient_max - 17.5 * np.hypot(59 / 639, 39 / 479)) < 1e-9  # both slopes at the node


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1), (2, 2), (300, 400)])
def test_a_constant_residual_moves_but_does_not_bend(shape):
    field = np.full((*shape, 2), [3, 4], np.float32)
    stats = jacobian_stats(BrownConrady(500, (0, 0)), (64, 48), residual=field)
    assert abs(stats.displacement_max - 5) < 1e-12
    assert stats.residual_max == 5
    assert stats.residual_gradient_max == 0
    assert abs(stats.determinant_min - 1) < 1e-12


def test_points_without_position_are_counted():
    stats = jacobian_stats(FOLDING.inverted(), (4000, 3000))
    assert stats.non_finite > 1000
    assert np.isfinite(stats.determinant_min)
    bad = np.full((2, 2, 2), np.nan, np.float32)
    assert jacobian_stats(MILD, (20, 20), residual=bad).non_finite >= 400


def test_nodes_that_are_no_numbers_count_in_no_figure():
    field = np.ones((5, 5, 2), np.float32)
    field[2, 2] = np.nan
    stats = jacobian_stats(MILD, (40, 40), residual=field)
    assert stats.non_finite > 0
    assert stats.residual_max == pytest.approx(np.sqrt(2))
    assert stats.residual_gradient_max == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (50_000, 3)])
def test_frames_of_any_size_are_measured(size):
    stats = jacobian_stats(Division(500, (0, 0), radial=(1e-5,)), size, residual=np.zeros((3, 3, 2), np.float32))
    assert stats.non_finite == 0
    assert stats.determinant_max > 0


@pytest.mark.parametrize("residual", [np.zeros((2, 2)), np.zeros((2, 2, 2)), np.zeros((0, 2, 2), np.float32)])
def test_residuals_of_another_kind_raise(residual):
    with pytest.raises((TypeError, ValueError), match="residual"):
        jacobian_stats(MILD, (20, 20), residual=residual)


def test_what_is_no_lens_raises_type_error():
    with pytest.raises(TypeError, match="lens"):
        jacobian_stats(lambda x, y: (x, y), (20, 20))
