"""The words of the renderer, the law of its offsets, and that its lookups follow them."""

import math

import numpy as np
import pytest
import render_cases as cases
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import render as ref
from render_scenes import plain

from pixkern.pyramid import offset_law, render


def test_keys_are_mixed_by_the_finaliser_of_splitmix64():
    state, outputs = 1234567, []
    for _ in range(3):
        state = (state + ref.GOLDEN) % 2**64
        outputs.append(ref.scrambled(state))
    # The first outputs of SplitMix64 for this seed, as published with many ports of it.
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


# (seed, sample, level, word, row cell, column cell): word. Frozen, for pictures of one version are those of the next.
WORDS = {
    (0, 0, 0, 0, 0, 0): 0x5D3E8297,
    (0, 0, 0, 0, 0, 1): 0xD5D44354,
    (0, 0, 0, 0, 1, 0): 0xB0C44AEC,
    (0, 0, 0, 1, 0, 0): 0xD7EB968F,
    (0, 0, 1, 0, 0, 0): 0x9C7F3935,
    (0, 1, 0, 0, 0, 0): 0x72C410C3,
    (1, 0, 0, 0, 0, 0): 0xC45FC8A8,
    (42, 15, 4, 1, 255, 511): 0x2CA8E220,
    (2**64 - 1, 2**32, 5, 3, 12345, 67890): 0x1F32505A,
    (0xDEADBEEF, 7, 16, 2, 2**20 - 1, 2**20 + 3): 0x3206687F,
    (2**63, 2**40 + 1, 2, 0, 3, 2**31 - 2): 0xB03128B5,
}


def test_words_are_the_frozen_ones():
    for (seed, sample, level, word, row, col), value in WORDS.items():
        assert ref.row_words(seed, sample, level, word, row, [col])[0] == value


@pytest.mark.parametrize("at", [at for at in WORDS if at[3] < 4], ids=str)
def test_noise_is_the_normal_quantile_of_its_frozen_word(at):
    seed, sample, level, channel, row, col = at
    flat = [np.zeros_like(a) for a in (*cases.arrays((2, 2, 4), level)[0], cases.arrays((2, 2, 4), level)[1])]
    pyramid = cases.SplinePyramid(details=tuple(flat[:-1]), base=flat[-1], shape=(2, 2, 4))
    got = render(
        pyramid,
        (max(col + 1, 2), max(row + 1, 2)),
        roi=(col, row, 1, 1),
        samples=1,
        first_sample=sample,
        seed=seed,
        noise_strength=1,
    )
    assert got[0, 0, channel] == pytest.approx(ref.normal(np.uint32([WORDS[at]]))[0], abs=3e-6)  # stated: 2e-6


def test_a_ramp_shows_the_tap_and_the_offset_of_every_frozen_word():
    shape, levels = (40, 60), 3
    for axis in (0, 1):
        for level in range(levels):
            details = [np.zeros_like(detail) for detail in cases.arrays(shape, levels)[0]]
            details[level] += np.indices(details[level].shape, np.float32)[axis]
            base = np.zeros_like(cases.arrays(shape, levels)[1])
            pyramid = cases.SplinePyramid(details=tuple(details), base=base, shape=shape)
            law = {"patch_size": 5, "jitter": 0.8, "seed": 42}
            view = ref.view(shape, (97, 111))
            got = render(pyramid, (97, 111), samples=1, first_sample=6, **law)
            assert np.array_equal(got, ref.sample(plain(pyramid), view, 6, **law))  # integers: nothing is rounded


# The offset law


@pytest.mark.parametrize("patch_size", [1, 2, 3, 4, 7, 16, 31])
@pytest.mark.parametrize("jitter", [0.0, 1e-9, 0.05, 0.3, 1, 1.5, 3.25, 8])
def test_the_offset_law_is_the_exact_one(patch_size, jitter):
    shifts, counts = offset_law(patch_size, jitter)
    exact_shifts, exact_counts = ref.offset_law(patch_size, jitter)
    assert np.array_equal(shifts, exact_shifts)
    assert np.array_equal(counts, exact_counts)
    assert shifts.dtype.kind == counts.dtype.kind == "i"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.just(0.0) | st.floats(0, 10))
def test_offset_laws_are_symmetric_and_have_the_moments_of_what_they_stand_for(patch_size, jitter):
    shifts, counts = offset_law(patch_size, jitter)
    assert counts.sum() == 65536
    assert counts.min() >= 0
    assert counts[0] > 0, "the law ends where it can"
    assert np.array_equal(shifts, -shifts[::-1])
    assert np.array_equal(counts, counts[::-1])
    width = 2 * (patch_size // 2) + 1
    wanted = (width**2 - 1) / 12 + (jitter**2 + 1 / 12 if jitter > 0.6 else rounded_normal_variance(jitter))
    # each threshold is off by up to 1/2 of 32768, and moves all beyond it; far tails, of less than that, are cut off
    assert (counts * shifts**2).sum() / 65536 == pytest.approx(wanted, abs=3e-3 + 4e-4 * jitter**2 + 1e-4 * width**2)


def rounded_normal_variance(jitter):
    if jitter == 0:
        return 0
    outside = [math.erfc((m - 0.5) / (jitter * math.sqrt(2))) for m in range(1, 12)]
    return sum((2 * m - 1) * chance for m, chance in enumerate(outside, 1))
