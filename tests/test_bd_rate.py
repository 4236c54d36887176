"""BD-rates: curves whose answer is known, the definition, and what is refused."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import bd_rate as reference

pytest.importorskip("scipy.interpolate")

import pixkern
from pixkern.pipelines.codec.rd import bd_rate

QUALITIES = st.lists(st.integers(200, 600), min_size=4, max_size=12, unique=True).map(lambda q: np.sort(q) / 10)


def line(qualities, slope, rate_at_30):
    return [rate_at_30 * math.exp(slope * (quality - 30)) for quality in qualities]


def rising(draw, qualities):
    steps = draw(st.lists(st.floats(0.01, 1), min_size=len(qualities), max_size=len(qualities)))
    return np.exp(np.cumsum(steps) - 3)


@settings(deadline=None)
@given(QUALITIES, QUALITIES, st.floats(0.05, 0.4), st.floats(0.2, 5))
def test_a_shift_of_log_linear_curves_is_found_exactly_whatever_the_points(first, second, slope, factor):
    if min(first[-1], second[-1]) - max(first[0], second[0]) < 0.1:
        return
    found = bd_rate(line(first, slope, 0.5), first, line(second, slope, 0.5 * factor), second)
    assert found == pytest.approx(100 * (factor - 1), rel=1e-9, abs=1e-9)  # cubics reproduce lines but for rounding


@settings(deadline=None)
@given(st.data(), QUALITIES, QUALITIES)
def test_it_is_the_mean_distance_of_the_monotone_cubics(data, first, second):
    low, high = max(first[0], second[0]), min(first[-1], second[-1])
    if high - low < 0.1:
        return
    curves = rising(data.draw, first), first, rising(data.draw, second), second
    expected = reference.bd_rate(*curves, steps=20_000)
    assert bd_rate(*curves) == pytest.approx(expected, rel=1e-4, abs=1e-3)  # the midpoint rule of the reference


@settings(deadline=None)
@given(st.data(), QUALITIES)
def test_the_order_of_points_and_the_unit_of_rates_do_not_matter(data, qualities):
    rates, others = rising(data.draw, qualities), rising(data.draw, qualities)
    order = data.draw(st.permutations(range(len(qualities))))
    plain = bd_rate(rates, qualities, others, qualities)
    turned = bd_rate(rates[order] * 4096, qualities[order], others * 4096, qualities)
    assert turned == pytest.approx(plain, rel=1e-9, abs=1e-9)  # logarithms of other numbers


@settings(deadline=None)
@given(st.data(), QUALITIES)
def test_there_and_back_is_the_same_rate(data, qualities):
    rates, others = rising(data.draw, qualities), rising(data.draw, qualities)
    there = bd_rate(rates, qualities, others, qualities)
    back = bd_rate(others, qualities, rates, qualities)
    assert (1 + there / 100) * (1 + back / 100) == pytest.approx(1, rel=1e-9)  # exp of x and of -x


def test_only_the_shared_qualities_count():
    anchor = [1.0, 2.0, 4.0, 8.0], [30.0, 33.0, 36.0, 39.0]
    inside = bd_rate(*anchor, [1.0, 2.0, 4.0], [33.0, 36.0, 39.0])
    assert inside == pytest.approx(-50, abs=1e-9)  # twice as long is a half, from 33 to 39 dB


def test_points_that_another_one_beats_are_left_out():
    curve = [0.5, 1.0, 2.0, 4.0], [30.0, 33.0, 36.0, 39.0]
    beaten = [0.5, 0.8, 1.0, 1.0, 2.0, 2.5, 4.0], [30.0, 29.0, 33.0, 31.0, 36.0, 36.0, 39.0]
    other = [1.0, 2.0, 4.0, 8.0], [30.0, 33.0, 36.0, 39.0]
    assert bd_rate(*other, *beaten) == bd_rate(*other, *curve)


def test_what_has_no_answer_is_refused():
    curve = [0.5, 1.0, 2.0], [30.0, 33.0, 36.0]
    with pytest.raises(ValueError, match="share no quality"):
        bd_rate(*curve, [0.5, 1.0], [36.0, 40.0])
    with pytest.raises(ValueError, match="at least 2 points that rise, got 1"):
        bd_rate(*curve, [0.5, 1.0], [33.0, 33.0])
    with pytest.raises(ValueError, match="got 0"):
        bd_rate(*curve, [], [])
    with pytest.raises(ValueError, match="one quality for each rate"):
        bd_rate(*curve, [0.5, 1.0], [33.0])
    for bad in ([0.0, 1.0], [-1.0, 1.0], [math.nan, 1.0], [math.inf, 1.0]):
        with pytest.raises(ValueError, match="finite and above 0"):
            bd_rate(*curve, bad, [31.0, 34.0])
    with pytest.raises(ValueError, match="qualities finite"):
        bd_rate(*curve, [0.5, 1.0], [31.0, math.inf])


def test_without_scipy_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.interpolate", None)
    with pytest.raises(pixkern.BackendUnavailable, match=r"pixkern\[rd\]"):
        bd_rate([1, 2], [30, 33], [1, 2], [30, 33])
