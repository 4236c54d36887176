"""Sprites are recovered from corrupted pictures as often as measured, on pictures that are always the same.

The floors are what was measured, less one or two pictures of each tier: the bytes of OpenCV's JPEG and median filter
may differ between its versions. What was measured on hundreds of other sprites is in docs/pixelart_accuracy.md.
"""

from collections.abc import Mapping

import pytest

from pixkern.demo import demo_sprites
from pixkern.pipelines.pixelart import bench

COUNT = 24  # pictures per tier: every sprite once
FLOORS = {
    "easy": {"recovered": 24, "exact": 24, "within_one": 24, "top_three": 24},
    "medium": {"recovered": 23, "exact": 23, "within_one": 24, "top_three": 24},
    "hard": {"recovered": 18, "exact": 19, "within_one": 22, "top_three": 23},
    "diffusion": {"recovered": 14, "exact": 23, "within_one": 23, "top_three": 23},
}
COLOUR_ERRORS = {"easy": 0.4, "medium": 1.4, "hard": 2.6, "diffusion": 2.7}  # measured: 0.23, 1.22, 2.16, 2.34


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, list[bench.Outcome]]:
    made = bench.cases(demo_sprites(), tiers=tuple(FLOORS), count=COUNT, seed=0, upscales=())
    found: dict[str, list[bench.Outcome]] = {tier: [] for tier in FLOORS}
    for outcome in bench.measure(made, [bench.own_method()]):
        found[outcome.tier].append(outcome)
    return found


@pytest.mark.parametrize("tier", FLOORS)
def test_sprites_are_recovered_as_often_as_measured(outcomes, tier):
    counts = {name: sum(getattr(outcome, name) for outcome in outcomes[tier]) for name in FLOORS[tier]}
    assert len(outcomes[tier]) == COUNT
    assert {name: count for name, count in counts.items() if count < FLOORS[tier][name]} == {}


@pytest.mark.parametrize("tier", FLOORS)
def test_no_size_is_an_octave_off_and_every_picture_has_an_answer(outcomes, tier):
    assert [(outcome.name, outcome.size) for outcome in outcomes[tier] if outcome.octave] == []
    assert [outcome.error for outcome in outcomes[tier] if outcome.error is not None] == []


@pytest.mark.parametrize("tier", FLOORS)
def test_colours_are_as_near_as_measured(outcomes, tier):
    assert bench.summarise(outcomes[tier]).colour_error <= COLOUR_ERRORS[tier]


@pytest.mark.parametrize("tier", FLOORS)
def test_a_size_that_is_found_is_among_the_three_that_are_named(outcomes, tier):
    assert [outcome.name for outcome in outcomes[tier] if outcome.exact and not outcome.top_three] == []


def test_confidence_knows_more_than_a_coin(outcomes):
    every = [outcome for tier in FLOORS for outcome in outcomes[tier]]
    assert all(0 <= outcome.confidence <= 1 for outcome in every)
    brier = sum((outcome.confidence - outcome.exact) ** 2 for outcome in every) / len(every)
    assert brier < 0.08  # measured: 0.033; a coin has 0.25
