"""Pyramids of noise and arguments of pictures of them, as hypothesis draws them."""

import math
from typing import NamedTuple

import numpy as np
import render_cases as cases
from hypothesis import strategies as st
from reference import render as ref

SHAPES = st.tuples(st.integers(1, 37), st.integers(1, 37)) | st.tuples(
    st.integers(1, 24), st.integers(1, 24), st.integers(1, 4)
)
CELL = math.sqrt(2)  # positions in these tests are rational, so that none lies between two cells


class Scene(NamedTuple):
    """A pyramid of noise, by what makes it, and the arguments of a picture of it."""

    shape: tuple
    levels: int
    noise: int
    size: tuple | None
    where: dict
    law: dict

    def parts(self):
        return cases.pyramid(self.shape, self.levels, self.noise), self.size, dict(self.where), dict(self.law)


@st.composite
def scenes(draw):
    shape = draw(SHAPES)
    height, width = shape[:2]
    levels = draw(st.integers(0, 6))
    size = draw(st.none() | st.tuples(st.integers(1, 60), st.integers(1, 60)))
    cols, rows = size or (width, height)
    where = {}
    if draw(st.booleans()):
        x = sorted(draw(st.lists(st.integers(0, 8 * (width - 1)), min_size=2, max_size=2)))
        y = sorted(draw(st.lists(st.integers(0, 8 * (height - 1)), min_size=2, max_size=2)))
        where["window"] = (x[0] / 8, y[0] / 8, x[1] / 8, y[1] / 8)
    if draw(st.booleans()):
        left, top = draw(st.integers(0, cols - 1)), draw(st.integers(0, rows - 1))
        across, down = draw(st.integers(1, cols - left)), draw(st.integers(1, rows - top))
        where["roi"] = (left, top, across, down)
    law = {
        "patch_size": draw(st.integers(1, 9)),
        "jitter": draw(st.just(0.0) | st.floats(0.05, 4)),
        "gains": draw(st.none() | st.lists(st.floats(-2, 2, width=32), min_size=levels, max_size=levels)),
    }
    return Scene(shape, levels, draw(st.integers(0, 99)), size, where, law)


def plain(pyramid):
    return ref.Pyramid(pyramid.details, pyramid.base, pyramid.shape)


def reach(pyramid, gains=None):
    """The largest value that a pixel can have without noise."""
    gains = gains if gains is not None else [1] * pyramid.levels
    return np.abs(pyramid.base).max() + sum(
        abs(gain) * np.abs(detail).max() for gain, detail in zip(gains, pyramid.details, strict=True)
    )
