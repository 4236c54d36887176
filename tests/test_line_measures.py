import math
import tracemalloc

import gridlines_cases
import line_measures_cases as cases
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import line_measures as ref

from pixkern import gridscore
from pixkern.gridscore import GridScorer, LineMeasures, grid_lines, line_measures

seeds = st.integers(0, 2**32 - 1)


def comb(length, pitch, offset=0, height=1.0):
    profile = np.zeros(length + 1, np.float32)
    profile[offset:length:pitch] = height
    profile[0] = 0
    return profile


def inside(length, pitch, offset=0):
    """Lines of a grid; the border cuts the first cell where there is an offset."""
    at = np.arange(offset, length, pitch, dtype=np.float64)
    return np.unique(np.concatenate([[0.0], at, [float(length)]]))


def one(profile, lines, pitch):
    return LineMeasures(*(float(values[0]) for values in line_measures(profile, [lines], [pitch])))


# The definition


@settings(max_examples=250, deadline=None)
@given(st.integers(1, 200), st.floats(1, 40), seeds, st.booleans())
def test_line_measures_are_those_of_the_definition(length, pitch, seed, sparse):
    draw = np.random.default_rng(seed)
    profile = draw.integers(0, 1000, length + 1).astype(np.float32)
    if sparse:
        profile[draw.random(length + 1) < 0.8] = 0
    lines = cases.lines(length, seed)
    found, exact = line_measures(profile, [lines], [pitch]), ref.line_measures(profile, [lines], [pitch])
    for name, ours, theirs in zip(LineMeasures._fields, found, exact, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12), name  # sums of 200 doubles


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 200), st.integers(0, 100))
def test_residue_is_what_the_score_of_a_grid_punishes(length, seed):
    image = np.random.default_rng(seed).integers(0, 256, (9, length, 3), np.uint8)
    scorer = GridScorer(image)
    lines = cases.lines(length, seed)
    height = np.array([0.0, 9.0])
    skip = 1 if len(lines) >= 4 else 0
    pitch = (lines[-1 - skip] - lines[skip]) / (len(lines) - 1 - 2 * skip)
    assume(pitch >= 1)
    residue = one(scorer.profiles.x[0], lines, pitch).residue  # 9 rows have the finest scale only
    measures = scorer.measure(lines, height)
    plain = -math.log(measures.error[0] + 6) - 0.7 * math.log(max(measures.cells[0], 1))
    expected = plain - 1.2 * max(0.0, 0.4 - residue) / 0.4
    assert scorer.score(lines, height) == pytest.approx(expected, rel=1e-12)  # logarithms of one ulp


# Laws


@pytest.mark.parametrize("pitch", [4, 5, 8, 16, 33])
@pytest.mark.parametrize("offset", [0, 1, 3])
def test_the_grid_of_a_comb_is_perfect(pitch, offset):
    length = 20 * pitch + offset
    found = one(comb(length, pitch, offset), inside(length, pitch, offset), pitch)
    assert found == (0, 1, 1, 0)


@pytest.mark.parametrize("pitch", [8, 12, 24])
@pytest.mark.parametrize("q", [2, 3, 4])
def test_grids_that_are_q_times_too_fine_have_no_residue(pitch, q):
    length = 30 * pitch
    found = one(comb(length, pitch), np.linspace(0, length, 30 * q + 1), pitch / q)
    assert found.residue == 0
    assert found.evenness == pytest.approx(1 / q, abs=1 / 30)  # the border is a line without energy


def test_grids_that_are_twice_too_coarse_have_all_their_lines_and_evidence_in_the_middle():
    found = one(comb(800, 10), inside(800, 20), 20)
    assert found.residue == 1
    assert found.evenness == 1
    assert found.middle > 1  # half of all evidence lies in 3/8 of the places


def test_a_grid_half_a_cell_off_has_all_evidence_in_the_middle():
    found = one(comb(800, 10), inside(800, 10, 5), 10)
    assert found.middle == pytest.approx(799 / (80 * 3), rel=0.02)  # cells of 10 have their middle at 4, 5, 6; ends


def test_noise_has_as_much_in_the_middle_as_anywhere():
    profile = np.random.default_rng(0).random(20_001, np.float32)
    for pitch in (6, 13.7, 40):
        middle = one(profile, inside(20_000, pitch), pitch).middle
        assert middle == pytest.approx(1, abs=0.03)  # 0.58 / sqrt(7500) twice, and to spare


def test_what_the_border_cuts_off_a_cell_is_no_middle():
    profile = comb(101, 10, 4)
    profile[2], profile[97] = 1, 1  # 2 and 3 of 10 from a line, in the middle of what the border leaves
    lines = inside(101, 10, 4)
    assert one(profile, lines, 10).middle == 0
    profile[99] = 1  # 5 of 10
    assert one(profile, lines, 10).middle > 0


@pytest.mark.parametrize(("place", "inside_middle"), [(4, False), (5, True), (8, True), (11, True), (12, False)])
def test_middles_begin_and_end_at_five_sixteenths(place, inside_middle):
    profile = np.zeros(161, np.float32)
    profile[80 + place] = 1
    assert (one(profile, inside(160, 16), 16).middle > 0) == inside_middle


def test_evidence_on_one_line_only_is_uneven():
    profile = np.zeros(101, np.float32)
    profile[50] = 7
    found = one(profile, inside(100, 10), 10)
    assert found.evenness == pytest.approx(1 / 9, rel=1e-15)  # one of nine lines
    assert found.residue == 0


@pytest.mark.parametrize("off", [0.5, 1, 2])
def test_strain_is_what_gaps_are_off(off):
    lines = np.array([0.0, 3, 13, 23 + off, 33, 43, 50])
    found = one(comb(50, 10, 3), lines, 10).strain
    assert found == pytest.approx(off / 10 * math.sqrt(2 / 4), rel=1e-14)  # two of four whole gaps
    wide = one(comb(50, 10, 3), np.array([0.0, 3, 13, 23, 33, 43, 50]), 20).strain
    assert wide == 0.5


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.floats(1, 30), seeds)
def test_measures_stay_in_their_ranges(length, pitch, seed):
    profile = np.random.default_rng(seed).random(length + 1, np.float32)
    found = one(profile, cases.lines(length, seed), pitch)
    assert 0 <= found.middle <= length
    assert 0 <= found.evenness <= 1
    assert 0 <= found.residue <= 1
    assert found.strain >= 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.floats(1, 30), seeds, st.sampled_from([2.0**-60, 0.25, 8, 2.0**80]))
def test_a_power_of_two_as_a_factor_changes_no_bit(length, pitch, seed, factor):
    profile = np.random.default_rng(seed).random(length + 1, np.float32)
    lines = cases.lines(length, seed)
    assert one(profile, lines, pitch) == one(profile * np.float32(factor), lines, pitch)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.integers(1, 30), seeds)
def test_a_mirrored_axis_has_the_same_measures(length, pitch, seed):
    draw = np.random.default_rng(seed)
    profile = draw.integers(0, 1000, length + 1).astype(np.float32)
    inner = np.unique(draw.integers(1, length + 1, length // 4 + 1))
    lines = np.unique(np.concatenate([[0.0], inner, [float(length)]]))
    there, back = one(profile, lines, pitch), one(profile[::-1].copy(), length - lines[::-1], pitch)
    if len(lines) > 2:  # a single cell is taken to be cut on the left
        assert back.middle == pytest.approx(there.middle, rel=1e-12)  # sums of integers in another order
    assert back.evenness == pytest.approx(there.evenness, rel=1e-12)  # likewise
    assert back.strain == pytest.approx(there.strain, rel=1e-12)  # likewise


def test_grids_have_the_measures_that_they_have_alone():
    profile = gridlines_cases.profile(300, 9.1)
    grids = [cases.lines(300, seed) for seed in range(30)]
    pitches = np.linspace(2, 60, 30)
    together = np.array(line_measures(profile, grids, pitches))
    for k, (lines, pitch) in enumerate(zip(grids, pitches, strict=True)):
        assert (np.array(one(profile, lines, pitch)) == together[:, k]).all()


def test_profiles_of_zeros_have_no_evidence_anywhere():
    found = one(np.zeros(101, np.float32), inside(100, 10), 10)
    assert found == (0, 0, 1, 0)


def test_grids_without_lines_inside_have_nothing_to_compare():
    for length in (1, 2, 50):
        found = one(np.ones(length + 1, np.float32), [0, length], 7)
        assert found[1:] == (0, 1, 0)


def test_no_grids_have_no_measures():
    assert [values.shape for values in line_measures(np.ones(5, np.float32), [], [])] == [(0,)] * 4


def test_lines_of_grid_lines_are_measured_as_they_are():
    profile = gridlines_cases.profile(400, 11.3)
    found = grid_lines(profile, 11.3)
    measures = one(profile, found.lines, 11.3)
    assert measures.middle < 0.5 < measures.residue
    assert measures.strain < 0.1


# Bits


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads):
    expected = "".join(f"{name} {value}\n" for name, value in cases.results())
    assert run_at(level, "line_measures_cases", "print_results", threads=threads) == expected


# Hostile input


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.tolist(),
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.int32),
        lambda a: a > 0.5,
        lambda a: a.astype(">f4"),
        lambda a: np.ma.masked_array(a),
        lambda a: np.zeros(9, dtype=[("x", "f4")]),
    ],
)
def test_profiles_of_another_kind_raise_type_error(spoil):
    with pytest.raises(TypeError, match=r"^profile "):
        line_measures(spoil(np.ones(9, np.float32)), [[0, 8]], [4])


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 3), (1, 9)])
def test_profiles_of_another_shape_raise_value_error(shape):
    with pytest.raises(ValueError, match="profile needs"):
        line_measures(np.ones(shape, np.float32), [[0, 8]], [4])


@pytest.mark.parametrize("bad", [math.nan, -math.nan, math.inf, -math.inf, -1e-45, -3])
@pytest.mark.parametrize("at", [0, 4, 20])
def test_values_that_are_no_evidence_are_refused(bad, at):
    profile = np.ones(21, np.float32)
    profile[at] = bad
    with pytest.raises(ValueError, match="profile must be finite and at least 0"):
        line_measures(profile, [[0, 20]], [4])


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], ValueError),
        ([0], ValueError),
        (8, ValueError),
        ([[0, 8], [0, 8]], ValueError),
        ([0, 4, 4, 8], ValueError),
        ([0, 5, 4, 8], ValueError),
        ([1, 4, 8], ValueError),
        ([0, 4, 7], ValueError),
        ([0, 4, 9], ValueError),
        ([8, 4, 0], ValueError),
        ([0, math.nan, 8], ValueError),
        ([0, math.inf, 8], ValueError),
        (["0", "8"], TypeError),
        ([0, 4j, 8], TypeError),
        (np.ma.array([0.0, 8.0]), TypeError),
        (None, TypeError),
    ],
)
def test_lines_that_are_none_are_refused(lines, error):
    for grids in ([lines], [[0, 8], lines]):
        with pytest.raises(error, match="lines"):
            line_measures(np.ones(9, np.float32), grids, [4] * len(grids))


@pytest.mark.parametrize("wrong", [0.99, 0, -3, math.nan, math.inf, 2.0**31 + 1])
def test_pitches_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="pitches must be"):
        line_measures(np.ones(9, np.float32), [[0, 8]], [wrong])


def test_grids_and_pitches_come_in_pairs():
    with pytest.raises(ValueError, match="1 grids need as many pitches, got 2"):
        line_measures(np.ones(9, np.float32), [[0, 8]], [4, 4])
    with pytest.raises(ValueError, match="pitches need 1 axis"):
        line_measures(np.ones(9, np.float32), [[0, 8]], 4)
    with pytest.raises(TypeError, match="pitches must be numbers"):
        line_measures(np.ones(9, np.float32), [[0, 8]], ["4"])


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a[::3], lambda a: np.broadcast_to(a[5], a.shape)])
def test_any_memory_order_gives_the_result_of_its_copy(view):
    profile = view(gridlines_cases.profile(90, 3.4))
    lines = np.linspace(0, len(profile) - 1, 9)
    assert one(profile, lines, 4) == one(profile.copy(), lines.copy(), 4)
    assert one(profile, np.repeat(lines, 2)[::2], 4) == one(profile, lines.astype(">f8"), 4)


def test_arguments_come_back_unchanged():
    profile, lines = gridlines_cases.profile(90, 3.4), np.linspace(0, 90, 9)
    kept = profile.copy(), lines.copy()
    profile.flags.writeable = lines.flags.writeable = False
    line_measures(profile, [lines], [4])
    assert (profile == kept[0]).all()
    assert (lines == kept[1]).all()


def test_the_largest_finite_evidence_does_not_overflow():
    profile = np.full(1001, np.finfo(np.float32).max)
    found = one(profile, inside(1000, 10), 10)
    assert found == one(np.ones(1001, np.float32), inside(1000, 10), 10)._replace(middle=found.middle)
    assert found.middle == pytest.approx(1, rel=1e-12)  # sums of 1000 doubles


# Memory


def test_memory_is_as_documented():
    profile = np.ones(1_000_001, np.float32)
    grids = [np.linspace(0, 1_000_000, 100_001)] * 2
    line_measures(profile, grids, [10, 10])
    tracemalloc.start()
    line_measures(profile, grids, [10, 10])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_001 + 40 * 200_002


def test_the_public_names_are_documented():
    for name in ("LineMeasures", "line_measures"):
        assert name in gridscore.__all__
        assert getattr(gridscore, name).__doc__
