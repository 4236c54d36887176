"""Draws of a sample: laws, and that nothing moves them."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.relight.draws import Draws

KEYS = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too: names of files may hold them


@given(st.integers(0, 2**64 - 1), KEYS, st.integers(0, 2**32 - 1), KEYS, KEYS, st.integers(0, 1000))
def test_a_word_is_the_hash_of_seed_key_variant_stage_name_and_index(seed, key, variant, stage, name, index):
    text = json.dumps([seed, key, variant, stage, name, index])
    wanted = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    assert Draws(seed, key, variant).word(stage, name, index) == wanted


def test_words_are_those_of_the_first_release():
    assert Draws(0, "photo", 0).word("degradation", "azimuth") == 8259746790536169778
    assert Draws(2**64 - 1, "a/b ä", 3).word("albedo", "method", 2) == 10803768419723857650


def test_no_part_of_the_key_runs_into_the_next():
    words = {Draws(1, "a", 11).word("b", "c"), Draws(11, "a", 1).word("b", "c"), Draws(1, "a", 1).word("1b", "c")}
    words |= {Draws(1, "ab", 1).word("", "c"), Draws(1, "a", 1).word("b", "c"), Draws(1, "a", 1).word("bc", "")}
    assert len(words) == 6


@pytest.mark.parametrize("what", ["seed", "key", "variant", "stage", "name", "index"])
def test_numbers_are_uniform_along_everything_they_are_drawn_for(what):
    start = {"seed": 5, "key": "k", "variant": 0, "stage": "s", "name": "n", "index": 0}
    numbers = []
    for count in range(4000):
        at = start | {what: count if what in ("seed", "variant", "index") else str(count)}
        numbers.append(Draws(at["seed"], at["key"], at["variant"]).fraction(at["stage"], at["name"], at["index"]))
    observed = np.histogram(numbers, 20, (0, 1))[0]
    assert ((observed - 200) ** 2 / 200).sum() < 60  # chi squared of 19 degrees: 60 has a probability of 4e-6
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.08  # 5 standard errors


@given(st.integers(0, 2**32), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_uniform_numbers_stay_in_their_range(seed, low, width):
    value = Draws(seed, "", 0).uniform("", "", low, low + width)
    assert low <= value <= low + width


def test_integers_take_both_ends_and_nothing_else():
    drawn = [Draws(seed, "", 0).whole("", "", (3, 6)) for seed in range(300)]
    assert set(drawn) == {3, 4, 5, 6}


def test_choices_follow_their_weights_in_whatever_order_they_stand():
    weights = {"b": 3.0, "a": 1.0, "never": 0.0}
    drawn = [Draws(seed, "", 0).choice("", "", weights) for seed in range(4000)]
    again = [Draws(seed, "", 0).choice("", "", dict(reversed(weights.items()))) for seed in range(4000)]
    assert drawn == again
    assert set(drawn) == {"a", "b"}
    assert abs(drawn.count("b") - 3000) < 137  # 5 standard errors of sqrt(4000 * 3/16)


def test_chances_of_zero_and_one_are_certain():
    assert not any(Draws(seed, "", 0).chance("", "", 0.0) for seed in range(100))
    assert all(Draws(seed, "", 0).chance("", "", 1.0) for seed in range(100))


def test_nothing_can_be_chosen_from_weights_of_zero():
    with pytest.raises(ValueError, match="every weight of light kind is 0"):
        Draws(0, "", 0).choice("light", "kind", {"a": 0.0})
