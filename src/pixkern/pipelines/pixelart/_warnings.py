"""What a user should know of a grid that was found."""

from __future__ import annotations

from ._detection import ALONE, Found
from .restoration import Warned

LOW_CONFIDENCE = 0.5
_MENTIONED = 0.01  # sizes less probable than this are in no warning
_SMALL_CELL = 3.0


def warnings_of(found: Found) -> tuple[Warned, ...]:
    """The warnings of a restoration on this grid, in words."""
    warnings = []
    width, height = found.grid.size
    if found.status == "native":
        warnings.append(Warned("native", "the picture is at its true resolution already and came back as it is"))
    if found.status == "degenerate":
        warnings.append(
            Warned(
                "degenerate", "the picture shows no cells, only one colour or a smooth gradient; it came back as it is"
            )
        )
    elif min(width, height) == 1 and found.status != "native":
        warnings.append(
            Warned("degenerate", f"the sprite has one row or column, {width} x {height}; give a cell or a size")
        )
    if found.status not in ALONE and min(found.grid.cell) < _SMALL_CELL:
        x, y = found.grid.cell
        warnings.append(
            Warned("small_cells", f"cells of {x:.2f} x {y:.2f} pixels are too small to be told apart safely")
        )
    if found.confidence < LOW_CONFIDENCE and found.status != "degenerate":
        others = ", ".join(
            "{} x {} ({:.0%})".format(*one.grid.size, one.probability)
            for one in found.alternatives
            if one.grid.size != found.grid.size and one.probability >= _MENTIONED
        )
        share = f"{found.confidence:.0%} only" if found.confidence >= _MENTIONED else "less than 1%"
        message = f"{width} x {height} has a probability of {share}"
        warnings.append(Warned("low_confidence", f"{message}; it might be {others}" if others else message))
    return tuple(warnings)
