"""Recipes, the tiers that draw them, and the random numbers that they are drawn from."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.pixelart._synth_random import Draws
from pixkern.pipelines.pixelart._synth_recipe import RANGES
from pixkern.pipelines.pixelart.synth import EDGES, TIERS, Recipe, Region, draw_recipe

DRAWN = 1500
DRAWS = {tier: [draw_recipe(tier, (30, 24), seed) for seed in range(DRAWN)] for tier in TIERS}
WHOLE, UNIT, NORMALS = (
    [586619, 47347, 475005],
    0.8677711082927587,
    [1.4182567596435547, 0.1655028909444809, 1.9345624446868896],
)
MISS = 1e-9  # probability that a true law fails its test, per test: none of some 100 does

# (tier, parameter): (least, most) of a uniform law, as share of the cell or levels
UNIFORM = {
    ("medium", "softness"): (0.03, 0.12),
    ("medium", "colour_noise"): (0, 2.5),
    ("medium", "shading"): (0, 3),
    ("medium", "noise"): (1, 5),
    ("medium", "jpeg_quality"): (75, 96),
    ("hard", "line_jitter"): (0.02, 0.08),
    ("hard", "drift"): (0, 0.05),
    ("hard", "softness"): (0.08, 0.22),
    ("hard", "warp"): (0, 0.15),
    ("hard", "colour_noise"): (1, 5),
    ("hard", "shading"): (2, 6),
    ("hard", "noise"): (3, 9),
    ("hard", "jpeg_quality"): (60, 88),
    ("diffusion", "line_jitter"): (0.01, 0.04),
    ("diffusion", "drift"): (0, 0.03),
    ("diffusion", "scale"): (0.5, 1),
    ("diffusion", "softness"): (0, 0.04),
    ("diffusion", "warp"): (0, 0.1),
    ("diffusion", "colour_noise"): (1, 4),
    ("diffusion", "shading"): (1, 5),
    ("diffusion", "noise"): (0, 2),
    ("diffusion", "gradient"): (2, 8),
    ("diffusion", "grain"): (0.5, 3),
    ("diffusion", "grain_size"): (1.5, 4),
    ("diffusion", "displaced"): (0.05, 0.35),
    ("diffusion", "displacement"): (0.1, 0.3),
    ("diffusion", "split"): (0.01, 0.08),
    ("diffusion", "merged"): (0, 0.05),
    ("diffusion", "outline_blend"): (0, 0.25),
    ("diffusion", "melted"): (0.05, 0.5),
    ("diffusion", "melt_radius"): (0.12, 0.35),
    ("diffusion", "wobble"): (0.01, 0.06),
}
# (tier, what): (probability, whether it holds of a recipe)
SHARES = {
    ("easy", "noise"): (1 / 2, lambda recipe: recipe.noise == 1.5),
    ("easy", "no jpeg"): (1 / 3, lambda recipe: recipe.jpeg_quality == 0),
    ("easy", "jpeg 92"): (1 / 3, lambda recipe: recipe.jpeg_quality == 92),
    ("medium", "anisotropy"): (0.25, lambda recipe: recipe.cell[0] != recipe.cell[1]),
    ("medium", "whole cell"): (0.25, lambda recipe: recipe.cell[0] == round(recipe.cell[0])),
    ("medium", "crop"): (0.7, lambda recipe: recipe.crop != (0, 0, 0, 0)),
    ("medium", "hard edges"): (0.35, lambda recipe: recipe.edges == "hard"),
    ("medium", "lanczos"): (0.65 * 0.2, lambda recipe: recipe.edges == "lanczos"),
    ("medium", "bicubic"): (0.65 * 0.2, lambda recipe: recipe.edges == "bicubic"),
    ("hard", "anisotropy"): (0.4, lambda recipe: recipe.cell[0] != recipe.cell[1]),
    ("hard", "area"): (0.6, lambda recipe: recipe.edges == "area"),
    ("hard", "lanczos"): (0.2, lambda recipe: recipe.edges == "lanczos"),
    ("hard", "4:2:0"): (0.5, lambda recipe: recipe.jpeg_chroma == "4:2:0"),
    ("diffusion", "no jpeg"): (0.6, lambda recipe: recipe.jpeg_quality == 0),
    ("diffusion", "area"): (0.25, lambda recipe: recipe.edges == "area"),
    ("diffusion", "one lattice"): (0.2, lambda recipe: not recipe.regions),
    ("diffusion", "three regions"): (0.2, lambda recipe: len(recipe.regions) == 3),
    ("diffusion", "anisotropy"): (0.15, lambda recipe: recipe.cell[0] != recipe.cell[1]),
}


def distance(values, law):
    """Of Kolmogorov and Smirnov: the largest difference between the shares below a value, drawn and by law."""
    below = law(np.sort(np.asarray(values, float)))
    count = len(below)
    return max(np.max(np.arange(1, count + 1) / count - below), np.max(below - np.arange(count) / count))


def largest(count, miss=MISS):
    """The distance that a true law exceeds with this probability (Massart 1990: at most 2 exp(-2 n d^2))."""
    return math.sqrt(math.log(2 / miss) / (2 * count))


def test_the_same_stage_draws_the_same_and_another_stage_or_seed_does_not():
    assert np.array_equal(Draws(3, "a").normals(50), Draws(3, "a").normals(50))
    for other in (Draws(3, "b"), Draws(4, "a"), Draws(33, "a")):
        assert not np.any(Draws(3, "a").uniforms(50) == other.uniforms(50))


def test_the_first_numbers_stay_what_they_were():  # data sets are named by their seeds
    draws = Draws(7, "a stage")
    assert [draws.whole(0, 10**6) for _ in range(3)] == WHOLE
    assert draws.uniform() == UNIT
    assert draws.normals(3).tolist() == NORMALS


def test_normals_have_the_moments_of_their_law_and_no_one_depends_on_how_many_are_drawn():
    x = Draws(1, "moments").normals(1_000_001).astype(np.float64)
    assert np.array_equal(Draws(1, "moments").normals(3, 7).ravel(), x[:21].astype(np.float32))
    assert abs(x.mean()) < 0.006  # 6 deviations of the mean of 1e6
    assert abs(x.var() - 1) < 0.009  # 6 deviations of the variance, sqrt(2 / 1e6)
    assert abs((x**4).mean() - (3 - 2 / 24)) < 0.06  # coins have 3 - 2/n; 6 deviations of sqrt(96 / 1e6)
    assert abs((x[:-1] * x[1:]).mean()) < 0.006  # neighbours are independent
    assert np.abs(x).max() < 5.3
    normal = np.vectorize(lambda value: (1 + math.erf(value / math.sqrt(2))) / 2)
    assert distance(x[:20000], normal) < largest(20000) + 0.002  # the law itself is that far from normal


def test_uniform_whole_and_log_uniform_numbers_follow_their_laws():
    draws = Draws(2, "laws")
    assert distance([draws.uniform(2, 5) for _ in range(4000)], lambda x: (x - 2) / 3) < largest(4000)
    assert distance(draws.uniforms(50, 80).ravel(), lambda x: x) < largest(4000)
    logarithm = [draws.log_uniform(4, 32) for _ in range(4000)]
    assert distance(logarithm, lambda x: np.log(x / 4) / np.log(8)) < largest(4000)
    counts = np.bincount([draws.whole(3, 7) for _ in range(5000)], minlength=9)
    assert counts[:3].sum() == counts[8] == 0
    assert np.abs(counts[3:8] - 1000).max() < 6 * math.sqrt(5000 * 0.2 * 0.8)  # 6 deviations
    assert abs(np.mean([draws.chance(0.3) for _ in range(4000)]) - 0.3) < 6 * math.sqrt(0.21 / 4000)


@pytest.mark.parametrize(("tier", "name"), UNIFORM)
def test_a_parameter_of_a_tier_is_uniform(tier, name):
    low, high = UNIFORM[tier, name]
    values = np.array([getattr(recipe, name) for recipe in DRAWS[tier]], float)
    assert low <= values.min()
    assert values.max() <= high
    whole = values[0] == round(values[0])
    wide = 1 / (high - low) if whole and name == "jpeg_quality" else 0.0  # a step of the law of whole numbers
    assert distance(values, lambda x: np.clip((x - low) / (high - low), 0, 1)) < largest(DRAWN) + wide


@pytest.mark.parametrize(("tier", "what"), SHARES)
def test_a_share_of_a_tier_is_what_it_is_said_to_be(tier, what):
    probability, holds = SHARES[tier, what]
    share = np.mean([holds(recipe) for recipe in DRAWS[tier]])
    assert abs(share - probability) < 6.2 * math.sqrt(probability * (1 - probability) / DRAWN)  # MISS of a normal law


@pytest.mark.parametrize(("tier", "low"), [("easy", 4), ("medium", 4), ("hard", 5), ("diffusion", 6)])
def test_cells_are_log_uniform_up_to_32_pixels(tier, low):
    cells = [recipe.cell[0] for recipe in DRAWS[tier]]
    step = 0.5 / low / np.log(32 / low) if tier in ("easy", "medium") else 0.0  # half a pixel: they are rounded
    law = distance(cells, lambda x: np.clip(np.log(x / low) / np.log(32 / low), 0, 1))
    assert law < largest(DRAWN) + step


@pytest.mark.parametrize(("tier", "least", "most"), [("medium", 0.97, 1.03), ("hard", 0.9, 1.1)])
def test_ratios_of_the_sides_of_cells_are_uniform(tier, least, most):
    ratios = [y / x for x, y in (recipe.cell for recipe in DRAWS[tier]) if x != y]
    assert least <= min(ratios)
    assert max(ratios) <= most
    assert distance(ratios, lambda x: np.clip((x - least) / (most - least), 0, 1)) < largest(len(ratios))


def test_parameters_of_a_tier_are_independent():
    names = [name for tier, name in UNIFORM if tier == "diffusion"]
    table = np.array([[getattr(recipe, name) for name in names] for recipe in DRAWS["diffusion"]])
    correlation = np.corrcoef(table.T) - np.eye(len(names))
    assert np.abs(correlation).max() < 6.5 / math.sqrt(DRAWN)  # 6.5 deviations of a correlation of nothing


def test_regions_leave_most_of_a_picture_to_its_own_lattice():
    for recipe in DRAWS["diffusion"]:
        areas = [(right - left) * (bottom - top) for left, top, right, bottom in (one.box for one in recipe.regions)]
        assert sum(areas) * math.pi / 4 < 0.5
    assert {"0.5", "1.0"} < {str(one.ratio[0]) for recipe in DRAWS["diffusion"] for one in recipe.regions}


@given(st.sampled_from(TIERS), st.integers(1, 170), st.integers(1, 170), st.integers(0, 2**70), st.integers(1020, 2000))
def test_pictures_fit_max_side_and_whole_cells_stay_whole(tier, width, height, seed, max_side):
    recipe = draw_recipe(tier, (width, height), seed, max_side=max_side)
    assert max(recipe.cell[0] * width, recipe.cell[1] * height) <= max_side * (1 + 1e-12)  # rounding of the factor
    assert min(recipe.cell) >= 3.5  # the least of a tier, squeezed by at most 10 %
    if tier == "easy":
        assert recipe.cell[0] == round(recipe.cell[0]) == recipe.cell[1]


def test_a_sprite_too_large_for_its_tier_is_told_what_it_needs():
    with pytest.raises(ValueError, match="needs max_side of at least 1500 in tier 'hard', got 1024"):
        draw_recipe("hard", (300, 20), 1)
    assert draw_recipe("hard", (300, 20), 1, max_side=1500).cell[0] <= 5


def test_records_are_json_and_give_the_recipe_back():
    for tier in TIERS:
        for recipe in DRAWS[tier][:50]:
            assert Recipe.of(json.loads(json.dumps(recipe.record(), allow_nan=False))) == recipe
    assert set(Recipe(cell=(4, 4)).record()) == {field.name for field in dataclasses.fields(Recipe)}
    with pytest.raises(TypeError, match="no parameter 'colour'"):
        Recipe.of({"cell": [4, 4], "colour": 1})


def test_what_is_resampled_is_blurred_less_and_too_little_to_be_seen_not_at_all():
    assert [Recipe(cell=(10, 20), softness=0.1, edges=edges).blur for edges in EDGES] == [1, 1, 0.7, 0.7]
    assert [Recipe(cell=(10, 20), softness=0.02, edges=edges).blur for edges in EDGES] == [0.2, 0.2, 0, 0]
    assert [Recipe(cell=(10, 20), softness=0.004, edges=edges).blur for edges in EDGES] == [0, 0, 0, 0]


@pytest.mark.parametrize("name", RANGES)
def test_numbers_out_of_their_range_are_refused_and_its_ends_are_not(name):
    low, high = RANGES[name]
    for value in (low, high):
        assert getattr(Recipe(cell=(8, 8), **{name: value}), name) == value
    for value in (low - 1e-9, high + 1e-9, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"^{name} must be {low} to {high}"):
            Recipe(cell=(8, 8), **{name: value})
    for value in ("1", None, True, 1j):
        with pytest.raises(TypeError, match=f"^{name} must be a number"):
            Recipe(cell=(8, 8), **{name: value})


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"cell": 8}, TypeError, "cell must be 2 numbers"),
        ({"cell": (8,)}, ValueError, "cell must be 2 numbers"),
        ({"cell": (8, 0.5)}, ValueError, "cell must be 1 to 4096"),
        ({"crop": (0, 0, 1, 0)}, ValueError, "crop must be below 1"),
        ({"crop": (0, 0, -0.1, 0)}, ValueError, "crop must be 0 to 1"),
        ({"edges": "soft"}, ValueError, "edges must be one of 'hard'"),
        ({"jpeg_quality": 101}, ValueError, "jpeg_quality must be 1 to 100, or 0"),
        ({"jpeg_quality": 80.0}, TypeError, "jpeg_quality must be an integer"),
        ({"jpeg_chroma": "4:2:2"}, ValueError, "jpeg_chroma must be one of"),
        ({"regions": [Region(box=(0, 0, 1, 1))]}, TypeError, "regions must be a tuple of Region"),
    ],
)
def test_what_no_recipe_can_be_is_refused(change, kind, message):
    with pytest.raises(kind, match=f"^{message}"):
        Recipe(**{"cell": (8, 8), **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"box": (0.5, 0, 0.5, 1)}, "box must be"),
        ({"box": (0, 0, 1.1, 1)}, "box must be 0 to 1"),
        ({"ratio": (0.2, 1)}, "ratio must be 0.25 to 4"),
        ({"phase": (0, 1)}, "phase must be below 1"),
    ],
)
def test_what_no_region_can_be_is_refused(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Region(**{"box": (0, 0, 1, 1), **change})


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("Easy", (9, 9), 1), ValueError, "tier must be one of 'easy'"),
        (("easy", (9, 0), 1), ValueError, "size must be 1"),
        (("easy", 9, 1), ValueError, "size must be"),
        (("easy", (9, 9), -1), ValueError, "seed must be at least 0"),
        (("easy", (9, 9), 1.0), TypeError, "seed must be an integer"),
    ],
)
def test_no_recipe_is_drawn_of_bad_arguments(arguments, kind, message):
    with pytest.raises(kind, match=f"^{message}"):
        draw_recipe(*arguments)
