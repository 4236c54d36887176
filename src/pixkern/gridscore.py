"""Grids under pictures: the evidence for lines, pitches that fit it, the lines themselves, and what cells are like.

Positions are in pixels along one axis: pixel x covers [x, x + 1), a line at x lies between the pixels x - 1 and x, and
a picture of n pixels has n + 1 places for one.
"""

from ._cells import CellColours, CellDifference, cell_colours, cell_difference
from ._comb import CombScan, comb_scan
from ._grid_profiles import Profiles, profiles
from ._grid_scorer import GridMeasures, GridScorer
from ._gridlines import GridLines, grid_lines, many_grid_lines, uniform_lines
from ._line_measures import LineMeasures, line_measures

__all__ = [
    "CellColours",
    "CellDifference",
    "CombScan",
    "GridLines",
    "GridMeasures",
    "GridScorer",
    "LineMeasures",
    "Profiles",
    "cell_colours",
    "cell_difference",
    "comb_scan",
    "grid_lines",
    "line_measures",
    "many_grid_lines",
    "profiles",
    "uniform_lines",
]
