import ctypes
import math
import tracemalloc

import gridlines_cases as cases
import host_cuda
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import gridlines as ref

from pixkern.gridscore import CombScan, GridLines, comb_scan, grid_lines, many_grid_lines, uniform_lines

every_step = pytest.mark.parametrize("step", cases.STEPS)


def phase_error(found, exact, pitches):
    """The distance of two teeth, in pitches; the ends of a pitch are one place."""
    apart = np.abs(found - exact) / pitches
    return np.minimum(apart, np.abs(1 - apart))


# The comb scan


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 900),
    st.lists(st.floats(1, 2000), min_size=1, max_size=20),
    st.sampled_from([1, 1.7, 12, 300.5, math.inf]),
    st.integers(0, 2**32 - 1),
)
def test_comb_scan_is_that_of_the_definition(length, pitches, window, seed):
    profile = np.random.default_rng(seed).random(length + 1, np.float32)
    found = comb_scan(profile, pitches, window=window)
    strength, windowed, phase = ref.comb_scan(profile, pitches, window)
    assert found.strength == pytest.approx(strength, abs=1e-11)  # as documented
    assert found.windowed == pytest.approx(windowed, abs=1e-11)  # as documented
    clear = strength > 1e-3
    assert (phase_error(found.phase, phase, np.array(pitches))[clear] < 1e-11 / 1e-3).all()  # as documented


def test_comb_scan_of_100000_samples_keeps_eleven_digits():
    profile = np.random.default_rng(0).random(100_000, np.float32)
    pitches = np.array([1, 1.0001, 2, 3.7, 64, 999.9, 30_000, 2.0**31])  # with sines of 0 and near it
    for window in (12, math.inf):
        found, exact = comb_scan(profile, pitches, window=window), ref.comb_scan(profile, pitches, window)
        assert found.strength == pytest.approx(exact[0], abs=1e-11)  # as documented
        assert found.windowed == pytest.approx(exact[1], abs=1e-11)  # as documented


@pytest.mark.parametrize("pitch", [2, 3, 8, 100])
def test_a_comb_has_all_its_strength_at_its_own_pitch_and_phase(pitch):
    for offset in range(0, pitch, 3):
        profile = np.zeros(1000, np.float32)
        profile[offset::pitch] = 0.7
        found = comb_scan(profile, [pitch])
        assert found.strength == pytest.approx(1, abs=1e-12)  # sums of 500 samples
        assert found.windowed == pytest.approx(1, abs=1e-12)  # likewise
        assert phase_error(found.phase, offset, pitch) < 1e-12  # likewise
        assert 0 <= found.phase < pitch


@pytest.mark.parametrize("at", [0, 1, 255, 256, 257, 511, 512, 999])
def test_one_line_lies_on_a_tooth_of_every_pitch(at):
    profile = np.zeros(1000, np.float32)
    profile[at] = 3
    pitches = cases.pitches(200)
    found = comb_scan(profile, pitches)
    assert found.strength == pytest.approx(1, abs=1e-12)  # a run of 256 samples at most
    assert found.windowed == pytest.approx(found.strength, abs=1e-15)  # the same sum, and zeros
    assert (phase_error(found.phase, at % pitches, pitches) < 1e-12).all()  # likewise


def test_a_phase_that_rounds_up_to_the_whole_pitch_is_zero():
    for pitch in (3, 5, 7):
        for length in range(pitch, 300, pitch):
            profile = np.zeros(length, np.float32)
            profile[::pitch] = 1 + np.arange(0, length, pitch) % 5 * np.float32(0.3)
            assert comb_scan(profile, [pitch]).phase < pitch


def test_profile_that_moves_takes_its_teeth_along():
    profile, pitches = cases.profile(600, 9.4), cases.pitches(100, 3, 40)
    moved = np.concatenate([np.zeros(17, np.float32), profile])
    before, after = (comb_scan(values, pitches, window=math.inf) for values in (profile, moved))
    assert after.strength == pytest.approx(before.strength, abs=1e-12)  # sums of 600 samples
    error = phase_error(after.phase, (before.phase + 17) % pitches, pitches)
    assert (error * before.strength < 1e-12).all()  # likewise, and an angle is as sure as the sum is large


def test_windows_tolerate_a_pitch_that_drifts():
    at = np.cumsum(np.linspace(9.6, 10.4, 100)).round().astype(int)
    profile = np.zeros(1000, np.float32)
    profile[at[at < 1000]] = 1
    found = comb_scan(profile, np.arange(9, 11, 0.05))
    assert found.strength.max() < 0.5 < 0.8 < found.windowed.max()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500), st.sampled_from(cases.WINDOWS), st.integers(0, 2**32 - 1))
def test_windows_add_up_to_at_least_the_whole_and_at_most_everything(length, window, seed):
    profile = np.random.default_rng(seed).random(length + 1, np.float32)
    found = comb_scan(profile, cases.pitches(30), window=window)
    assert (found.strength <= found.windowed + 1e-12).all()  # the triangle inequality, and rounding
    assert (found.windowed <= 1 + 1e-12).all()  # likewise
    assert ((found.phase >= 0) & (found.phase < cases.pitches(30))).all()


def test_one_window_over_all_is_the_strength():
    found = comb_scan(cases.profile(700, 8), cases.pitches(100), window=math.inf)
    assert (found.windowed == found.strength).all()
    narrow = comb_scan(cases.profile(700, 8), cases.pitches(100), window=1e300)
    assert all((a == b).all() for a, b in zip(found, narrow, strict=True))


def test_a_power_of_two_as_a_factor_changes_no_bit():
    profile = cases.profile(500, 6.1)
    for factor in (2.0**-40, 2.0**60):
        for a, b in zip(
            comb_scan(profile, cases.pitches(99)),
            comb_scan(profile * np.float32(factor), cases.pitches(99)),
            strict=True,
        ):
            assert (a == b).all()
        a, b = (grid_lines(values, 6.1) for values in (profile, profile * np.float32(factor)))
        assert (a.lines == b.lines).all()
        assert a.score == b.score


def test_a_pitch_has_the_bits_it_has_alone():
    profile, pitches = cases.profile(700, 8), cases.pitches(200)
    together = np.array(comb_scan(profile, pitches))
    assert (np.array(comb_scan(profile, pitches[::-1]))[:, ::-1] == together).all()
    for k in range(0, 200, 7):
        assert (np.array(comb_scan(profile, pitches[k : k + 1]))[:, 0] == together[:, k]).all()


def test_profile_of_zeros_has_no_comb():
    for zero in (0.0, -0.0):
        found = comb_scan(np.full(50, zero, np.float32), [3, 4.5])
        assert isinstance(found, CombScan)
        assert (np.array(found) == 0).all()


def test_no_pitches_find_nothing():
    assert [values.shape for values in comb_scan(np.ones(5, np.float32), [])] == [(0,)] * 3
    assert many_grid_lines(np.ones(5, np.float32), []) == []


# Grid lines


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=60),
    st.one_of(st.integers(1, 20), st.floats(1, 30)),
    st.sampled_from([0, 1, 8, 60, 1e6]),
    st.sampled_from(cases.STEPS),
    st.sampled_from([0, 0.1, 0.3, 0.9]),
    st.sampled_from([0, 0.25, 0.5, 1]),
)
def test_grid_lines_are_those_of_the_definition(values, pitch, stiffness, step, tolerance, smallest_part):
    profile = np.array(values, np.float32)  # small integers: every sum of them is exact, and equals are frequent
    options = {"stiffness": stiffness, "step": step, "tolerance": tolerance, "smallest_part": smallest_part}
    exact = ref.grid_lines(profile, pitch, **options)
    if exact is None:
        with pytest.raises(ValueError, match="no grid of pitch"):
            grid_lines(profile, pitch, **options)
        return
    found = grid_lines(profile, pitch, **options)
    assert isinstance(found, GridLines)
    assert found.lines.tolist() == exact[0].tolist()
    assert found.score == exact[1]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(30, 200),
    st.floats(2, 40),
    st.sampled_from([0, 8, 60]),
    st.sampled_from(cases.STEPS),
    st.sampled_from([0, 0.05, 0.2, 0.5]),
    st.integers(0, 2**32 - 1),
)
def test_no_other_lines_score_higher(length, pitch, stiffness, step, smoothing, seed):
    profile = cases.profile(length, pitch, seed=seed)
    assume(step <= pitch / 4)
    options = {"stiffness": stiffness, "step": step, "smoothing": smoothing}
    found = grid_lines(profile, pitch, **options)
    tolerance = 2e-6 * len(found.lines)  # evidence of up to 1.5 from float32, and its mean
    assert ref.score_of(found.lines, profile, pitch, **options) == pytest.approx(found.score, abs=tolerance)
    assert found.score == pytest.approx(ref.grid_lines(profile, pitch, **options)[1], abs=tolerance)


@every_step
@pytest.mark.parametrize("pitch", [1.3, 3, 4.7, 9, 17.5, 33, 71])
def test_groups_of_every_width_find_the_lines_of_the_definition(step, pitch):
    profile = np.random.default_rng(int(pitch)).integers(0, 50, 300).astype(np.float32)
    found, exact = grid_lines(profile, pitch, step=step), ref.grid_lines(profile, pitch, step=step)
    assert found.lines.tolist() == exact[0].tolist()
    assert found.score == exact[1]


@every_step
def test_lines_that_drift_are_followed_by_a_soft_grid(step):
    at = 5 + np.cumsum(np.linspace(9, 11, 60)).round()
    profile = np.zeros(700, np.float32)
    profile[at.astype(int)] = 1
    found = grid_lines(profile, 10, stiffness=2, step=step)
    assert set(at) <= set(found.lines.tolist())


def test_smoothing_of_less_than_a_step_and_a_half_changes_no_bit():
    profile = cases.profile(300, 10)
    plain, soft = grid_lines(profile, 10), grid_lines(profile, 10, smoothing=0.0749)
    assert soft.lines.tolist() == plain.lines.tolist()
    assert soft.score == plain.score != grid_lines(profile, 10, smoothing=0.075).score


def test_smoothing_gathers_evidence_that_is_spread_and_does_not_move_it():
    profile = np.zeros(301, np.float32)
    profile[5::20] = 1
    for at in range(15, 300, 20):
        profile[at - 2 : at + 3] = 0.4  # five places that are worth more than one
    assert set(np.arange(5, 300, 20)) <= set(grid_lines(profile, 20, step=1).lines)
    assert set(np.arange(15, 300, 20)) <= set(grid_lines(profile, 20, step=1, smoothing=0.25).lines)


@every_step
@pytest.mark.parametrize("pitch", [5, 7.5, 12.25, 20])
def test_lines_one_pitch_apart_are_found_with_the_cells_that_borders_cut(step, pitch):
    at = np.arange(0.4 * pitch, 300, pitch)
    at = at[300 - at > 0.3 * pitch].round()
    profile = np.full(301, 0.01, np.float32)
    profile[at.astype(int)] = 1
    found = grid_lines(profile, pitch, stiffness=8, step=step)
    assert len(found.lines) == len(at) + 2
    assert np.abs(found.lines[1:-1] - at).max() <= 0.5


@every_step
def test_mirrored_profile_has_the_mirrored_score(step):
    for seed in range(20):
        profile = cases.profile(151, 8.3, seed=seed)
        there, back = (grid_lines(values, 8.3, step=step) for values in (profile, profile[::-1]))
        assert back.score == pytest.approx(there.score, abs=1e-6)  # float32 interpolation from the other side


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 400), st.floats(2, 60), st.sampled_from(cases.STEPS), st.integers(0, 2**32 - 1))
def test_gaps_keep_their_limits(length, pitch, step, seed):
    profile = np.random.default_rng(seed).random(length + 1, np.float32)
    lines = grid_lines(profile, pitch, step=step, stiffness=1).lines
    assert (lines[0], lines[-1]) == (0, length)
    assert (lines % step == 0).all()
    gaps = np.diff(lines) / pitch
    if length >= pitch:
        assert (gaps <= 1.3 + 1e-8).all()
        assert (gaps >= 0.25 - 1e-8).all() or len(gaps) == 1
        assert (gaps[1:-1] >= 0.7 - 1e-8).all()
    else:
        assert len(lines) == 2


def test_between_equals_the_smaller_position_is_taken():
    profile = np.zeros(13, np.float32)  # no evidence: all lines that a pitch of 3 allows are worth the same
    assert grid_lines(profile, 3, step=1, stiffness=0).lines.tolist() == [0, 3, 6, 9, 12]
    profile[[5, 7]] = 1  # two places for the one line of two cells
    assert grid_lines(profile, 9, step=1, smallest_part=0.4).lines.tolist() == [0, 5, 12]


@every_step
def test_a_picture_smaller_than_a_cell_is_one_cell(step):
    for length in (1, 5, 9):
        found = grid_lines(np.ones(length + 1, np.float32), 9.5, step=step)
        assert found.lines.tolist() == [0, length]
        assert found.score == 0
    assert grid_lines(np.ones(3, np.float32), 2.0**31, step=step).lines.tolist() == [0, 2]


def test_a_picture_little_larger_than_a_cell_may_be_one():
    assert grid_lines(np.zeros(12, np.float32), 10, stiffness=0, smallest_part=1).lines.tolist() == [0, 11]


def test_few_lines_are_found_where_the_percentile_is_zero():
    profile = np.zeros(1001, np.float32)
    profile[40::100] = 2
    found = grid_lines(profile, 100)
    assert found.lines.tolist() == [0, *range(40, 1000, 100), 1000]
    assert found.score == ref.grid_lines(profile, 100)[1]


@every_step
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_grids_are_those_of_one_call_each(step, threads):
    profile, pitches, stiff = cases.profile(333, 7.7), cases.pitches(40, 2, 80), np.linspace(0, 99, 40)
    found = many_grid_lines(profile, pitches, stiff, step=step, smoothing=0.1, threads=threads)
    for one, pitch, stiffness in zip(found, pitches, stiff, strict=True):
        alone = grid_lines(profile, pitch, stiffness=stiffness, step=step, smoothing=0.1)
        assert one.lines.tolist() == alone.lines.tolist()
        assert one.score == alone.score
    assert [one.score for one in many_grid_lines(profile, pitches[:3], 8)] == [
        grid_lines(profile, pitch, stiffness=8).score for pitch in pitches[:3]
    ]


def test_lines_are_the_caller_s_own():
    found = many_grid_lines(cases.profile(100, 9), [9, 9, 4])
    found[0].lines[:] = -1
    assert found[1].lines[0] == found[2].lines[0] == 0
    assert all(one.lines.base is None for one in found)


# Rigid grids


@given(
    st.integers(1, 300),
    st.floats(1, 100),
    st.floats(-1000, 1000),
    st.sampled_from([0, 0.25, 0.5, 1]),
    st.integers(-9, 9),
)
def test_uniform_lines_are_all_that_leave_border_cells_wide_enough(length, pitch, offset, part, cells):
    lines = uniform_lines(length, pitch, offset, smallest_part=part)
    assert (lines[0], lines[-1]) == (0, length)
    assert (np.diff(lines) > 0).all()
    inner = [offset + k * pitch for k in range(-1400, 1400)]
    margin = part * pitch
    clear = [x for x in inner if margin + 1e-9 < x < length - margin - 1e-9]
    possible = [x for x in inner if margin - 1e-9 <= x <= length - margin + 1e-9]  # roundings of 1e3 / 2^52
    assert len(clear) <= len(lines) - 2 <= len(possible)
    assert all(np.abs(lines - x).min() < 1e-9 for x in clear)  # likewise
    again = uniform_lines(length, pitch, offset + cells * pitch, smallest_part=part)
    assert abs(len(again) - len(lines)) <= len(possible) - len(clear)


def test_uniform_lines_do_not_add_up_roundings():
    assert (uniform_lines(10_000, 0.1 + 1, 0)[1:-1] == np.arange(1, 9091) * 1.1)[: 9090 - 1].all()


# Bits


@pytest.fixture(scope="module")
def reference_results():
    return run_at(AVAILABLE[0], "gridlines_cases", "print_results").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_results):
    assert run_at(level, "gridlines_cases", "print_results", threads=threads).splitlines() == reference_results


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    for (name, cpu), (_, cuda) in zip(cases.combs("cpu"), cases.combs("cuda"), strict=True):
        assert cpu == cuda, name


TURNS = """
extern "C" void turns(const double* turns, double* cosine, double* sine, double* back, long long n) {
    for (long long i = 0; i < n; ++i) {
        const pk::Direction at = pk::direction(turns[i]);
        cosine[i] = at.cosine, sine[i] = at.sine, back[i] = pk::turns_of(at.cosine, at.sine);
    }
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return host_cuda.compiled("gridlines", tmp_path_factory.mktemp("gridlines"), TURNS)


def test_the_loop_for_gpus_has_the_bits_of_the_cpu(library, monkeypatch):
    expected = list(cases.combs())
    host_cuda.install({"gridlines": library}, monkeypatch)
    assert list(cases.combs("cuda")) == expected


def test_sine_and_cosine_of_turns_are_within_4e16(library):
    draw = np.random.default_rng(0)
    at = np.concatenate(
        [
            draw.uniform(-1, 1, 200_000),
            np.arange(-64, 65) / 64,
            draw.uniform(-1e6, 1e6, 1000),
            [2.0**50, 1e-300, -1e-17],
        ]
    )
    cosine, sine, back = (np.empty_like(at) for _ in range(3))
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (at, cosine, sine, back)]
    library.turns(*pointers, ctypes.c_longlong(len(at)))
    fraction = (at % 1).astype(np.longdouble) * 2 * (4 * np.arctan(np.longdouble(1)))
    assert np.abs(cosine - np.cos(fraction)).max() < 4e-16  # as documented
    assert np.abs(sine - np.sin(fraction)).max() < 4e-16  # as documented
    apart = np.abs(back - at % 1)
    # both errors over 2 pi, the angle's 1e-15 there, a rounding below 1
    assert np.minimum(apart, 1 - apart).max() < 5e-16
    quarters = np.array([0, 0.25, 0.5, 0.75])
    for name, exact in ((cosine, [1, 0, -1, 0]), (sine, [0, 1, 0, -1])):
        for quarter, value in zip(quarters, exact, strict=True):
            assert (name[at % 1 == quarter] == value).all()


def test_torch_tensors_come_back_as_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    profile = cases.profile(100, 7)
    found = comb_scan(torch.from_numpy(profile), [7, 8.5])
    assert all(isinstance(values, torch.Tensor) for values in found)
    assert found.strength.tolist() == comb_scan(profile, [7, 8.5]).strength.tolist()
    assert isinstance(grid_lines(torch.from_numpy(profile), 7).lines, np.ndarray)


# Hostile input

CALLS = [
    lambda profile: comb_scan(profile, [3, 4]),
    lambda profile: grid_lines(profile, 3),
    lambda profile: many_grid_lines(profile, [3, 4]),
]
every_call = pytest.mark.parametrize("call", CALLS)


@every_call
@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.tolist(),
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.int32),
        lambda a: a > 0.5,
        lambda a: a.astype(">f4"),
        lambda a: a.astype(object),
        lambda a: np.ma.masked_array(a),
        lambda a: np.zeros(9, dtype=[("x", "f4")]),
    ],
)
def test_profiles_of_another_kind_raise_type_error(call, spoil):
    with pytest.raises(TypeError, match=r"^profile "):
        call(spoil(np.ones(9, np.float32)))


@every_call
@pytest.mark.parametrize("shape", [(), (0,), (3, 3), (1, 9)])
def test_profiles_of_another_shape_raise_value_error(call, shape):
    with pytest.raises(ValueError, match="profile needs"):
        call(np.ones(shape, np.float32))


@every_call
@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf, -1e-45, -3])
@pytest.mark.parametrize("at", [0, 4, 19, 20])
def test_values_that_are_no_evidence_are_refused(call, bad, at):
    profile = np.ones(21, np.float32)
    profile[at] = bad
    with pytest.raises(ValueError, match="profile must be finite and at least 0"):
        call(profile)


def test_lines_need_a_pixel_and_combs_a_sample():
    with pytest.raises(ValueError, match="profile needs 2 to"):
        grid_lines(np.ones(1, np.float32), 3)
    assert comb_scan(np.ones(1, np.float32), [3]).strength == 1


def test_profiles_too_long_for_the_kernels_are_refused():
    profile = np.broadcast_to(np.float32(0), (2**28 + 1,))
    for call in CALLS:
        with pytest.raises(ValueError, match=r"profile needs [12] to 2\*\*28 entries, got 268435457"):
            call(profile)


@pytest.mark.parametrize("wrong", [0.999, 0, -3, 2.0**31 + 1, math.nan, math.inf])
def test_pitches_out_of_range_are_refused(wrong):
    profile = np.ones(9, np.float32)
    for call in (lambda: comb_scan(profile, [3, wrong]), lambda: many_grid_lines(profile, [wrong, 3])):
        with pytest.raises(ValueError, match="pitches must be"):
            call()
    for call in (lambda: grid_lines(profile, wrong), lambda: uniform_lines(9, wrong, 0)):
        with pytest.raises(ValueError, match="pitch must be 1 to"):
            call()


@pytest.mark.parametrize("wrong", ["3", None, 3j, True, [3]])
def test_numbers_that_are_none_are_refused(wrong):
    profile = np.ones(9, np.float32)
    for name in ("stiffness", "step", "tolerance", "smallest_part", "smoothing"):
        with pytest.raises(TypeError, match=f"{name} must be a number"):
            grid_lines(profile, 3, **{name: wrong})
    with pytest.raises(TypeError, match="pitch must be a number"):
        grid_lines(profile, wrong)
    with pytest.raises(TypeError, match="window must be a number"):
        comb_scan(profile, [3], window=wrong)
    with pytest.raises(TypeError, match="offset must be a number"):
        uniform_lines(9, 3, wrong)
    with pytest.raises(TypeError, match="length must be an integer"):
        uniform_lines(wrong, 3, 0)


def test_numbers_out_of_range_are_refused():
    profile = np.ones(9, np.float32)
    for name, wrongs in {
        "stiffness": (-1, 2e30, math.nan, math.inf),
        "tolerance": (-0.1, 0.91, math.nan),
        "smallest_part": (-0.1, 1.1, math.nan),
        "smoothing": (-0.1, 0.51, math.nan),
    }.items():
        for wrong in wrongs:
            with pytest.raises(ValueError, match=f"{name} must be"):
                grid_lines(profile, 3, **{name: wrong})
    for wrong in (0.99, 0, -1, math.nan):
        with pytest.raises(ValueError, match="window must be 1 to inf"):
            comb_scan(profile, [3], window=wrong)
    for wrong in (0, -1, 0.3, 2, math.inf):
        with pytest.raises(ValueError, match=r"step must be 1, 0\.5 or 0\.25"):
            grid_lines(profile, 3, step=wrong)
    with pytest.raises(ValueError, match=r"step must be .* got nan"):
        grid_lines(profile, 3, step=math.nan)
    for wrong in (0, -1, 2**28 + 1):
        with pytest.raises(ValueError, match="length must be 1 to"):
            uniform_lines(wrong, 3, 0)


def test_lists_that_do_not_match_are_refused():
    profile = np.ones(9, np.float32)
    with pytest.raises(ValueError, match="pitches need 1 axis"):
        comb_scan(profile, [[3, 4]])
    with pytest.raises(ValueError, match="pitches need 1 axis"):
        many_grid_lines(profile, 3)
    with pytest.raises(ValueError, match="stiffnesses must be 1 number, or 2 as pitches"):
        many_grid_lines(profile, [3, 4], [1, 2, 3])
    with pytest.raises(ValueError, match="stiffnesses must be 0 to"):
        many_grid_lines(profile, [3, 4], [1, -2])
    with pytest.raises(TypeError, match="pitches must be numbers"):
        comb_scan(profile, ["3"])


def test_grids_that_cannot_be_are_refused_and_say_why():
    with pytest.raises(ValueError, match=r"no grid of pitch 1\.5 has gaps of whole steps .* step 1; raise"):
        grid_lines(np.ones(50, np.float32), 1.5, step=1)
    with pytest.raises(ValueError, match=r"no grid of pitch 3\.3"):
        many_grid_lines(np.ones(50, np.float32), [4, 3.3, 5], tolerance=0)


@every_call
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[::3],
        lambda a: np.broadcast_to(a[5], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(np.float32),
    ],
)
def test_any_memory_order_gives_the_result_of_its_copy(call, view):
    profile = view(cases.profile(90, 3.4))
    assert repr(call(profile)) == repr(call(profile.copy()))


def test_arguments_come_back_unchanged():
    profile, pitches = cases.profile(90, 3.4), np.array([3.0, 5.0])
    kept = profile.copy(), pitches.copy()
    profile.flags.writeable = pitches.flags.writeable = False
    comb_scan(profile, pitches)
    many_grid_lines(profile, pitches, pitches)
    assert (profile == kept[0]).all()
    assert (pitches == kept[1]).all()


def test_a_picture_20000_pixels_wide_has_its_lines():
    profile = np.zeros(20_001, np.float32)
    profile[17::31] = 1
    assert grid_lines(profile, 31).lines.tolist() == [0, *range(17, 20_000, 31), 20_000]
    assert comb_scan(profile, [31]).strength == pytest.approx(1, abs=1e-11)  # as documented


# Memory


def peak(call):
    call()
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_is_as_documented():
    profile, steps = cases.profile(100_000, 30), 200_000
    assert peak(lambda: comb_scan(profile, np.arange(3, 50))) < 10_000  # 47 pitches, three results
    assert peak(lambda: grid_lines(profile, 30)) < 20 * steps + 16 * 79 + 16 * 100_000 / 21 + 20_000
    assert peak(lambda: grid_lines(profile, 30, smoothing=0.2)) < 36 * steps + 24 * 79 + 16 * 100_000 / 21 + 20_000
    assert peak(lambda: many_grid_lines(profile, [20, 30], threads=1)) < 20 * steps + 3 * 8 * 2 * 100_000 / 14 + 20_000
