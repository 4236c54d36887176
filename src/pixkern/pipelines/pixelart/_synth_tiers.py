"""The tiers: how recipes are drawn. Each parameter has a generator of its own, named after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..._check import choice
from ..._check import size as check_size
from ._synth_random import Draws
from ._synth_recipe import Recipe, Region

TIERS = ("easy", "medium", "hard", "diffusion")
"""Names of the tiers."""

_SMALLEST = {"easy": 4.0, "medium": 4.0, "hard": 5.0, "diffusion": 6.0}
_LARGEST = 32.0


def draw_recipe(tier: str, size: tuple[int, int], seed: int, *, max_side: int = 1024) -> Recipe:
    """Draw what is to be done to a sprite.

    Parameters
    ----------
    tier : {"easy", "medium", "hard", "diffusion"}
        From an upscale with large cells to what image generators make.
    size : (width, height)
        Of the sprite.
    seed : int
        The same recipe for the same seed, tier, size and `max_side`, on every machine. At least 0.
    max_side : int
        The longer side of the picture is at most this many pixels.

    Returns
    -------
    Recipe

    Raises
    ------
    TypeError, ValueError
        An unknown tier, a size or seed that is none, or a sprite too large for cells of the tier to fit `max_side`.

    Examples
    --------
    >>> recipe = draw_recipe("easy", (16, 16), seed=1)
    >>> recipe.edges, recipe.cell[0] == round(recipe.cell[0])
    ('hard', True)
    """
    choice(tier, "tier", TIERS)
    width, height = check_size(size)
    check_whole(seed, "seed", least=0)
    check_whole(max_side, "max_side", least=1)
    longest = max(width, height)
    most = max_side / longest
    if most < _SMALLEST[tier]:
        raise ValueError(
            f"a sprite of {width} x {height} pixels needs max_side of at least "
            f"{int(-(-longest * _SMALLEST[tier] // 1))} in tier {tier!r}, got {max_side}"
        )

    def draws(name: str) -> Draws:
        return Draws(seed, f"recipe {tier} {name}")

    high = max(min(_LARGEST, most), _SMALLEST[tier] + 0.5)
    cell = draws("cell").log_uniform(_SMALLEST[tier], high)
    recipe = {"easy": _easy, "medium": _medium, "hard": _hard, "diffusion": _diffusion}[tier](cell, draws)
    return _fitted(recipe, width, height, max_side)


def check_whole(value: int, name: str, *, least: int) -> None:
    """A whole number of at least `least`, or an error."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def check_kind(tier_or_recipe: object) -> None:
    """A recipe or the name of a tier, or an error."""
    if not isinstance(tier_or_recipe, str | Recipe):
        raise TypeError(f"tier_or_recipe must be a Recipe or one of {TIERS}, got {type(tier_or_recipe).__name__}")


def _fitted(recipe: Recipe, width: int, height: int, max_side: int) -> Recipe:
    """The recipe with cells that fit; whole ones stay whole."""
    x, y = recipe.cell
    if max(x * width, y * height) <= max_side:
        return recipe
    if x == y == round(x):
        return replace(recipe, cell=(float(max_side // max(width, height)),) * 2)
    factor = max_side / max(x * width, y * height)
    return replace(recipe, cell=(x * factor, y * factor))


Draw = Callable[[str], Draws]


def _easy(cell: float, draws: Draw) -> Recipe:
    return Recipe(
        cell=(round(cell), round(cell)),
        noise=draws("noise").choice((0, 1.5)),
        jpeg_quality=draws("jpeg quality").choice((0, 92, 95)),
        jpeg_chroma=draws("jpeg chroma").choice(("4:4:4", "4:2:0")),
    )


def _medium(cell: float, draws: Draw) -> Recipe:
    x = cell if draws("fraction").chance(0.75) else float(round(cell))
    anisotropy = draws("anisotropy")
    edges, scale = _edges(0.35, draws)
    return Recipe(
        cell=(x, x * anisotropy.uniform(0.97, 1.03) if anisotropy.chance(0.25) else x),
        crop=_crop(draws("crop"), 0.7),
        edges=edges,
        scale=scale,
        softness=draws("softness").uniform(0.03, 0.12),
        colour_noise=draws("colour noise").uniform(0, 2.5),
        shading=draws("shading").uniform(0, 3),
        noise=draws("noise").uniform(1, 5),
        jpeg_quality=draws("jpeg quality").whole(75, 95),
        jpeg_chroma=draws("jpeg chroma").choice(("4:4:4", "4:2:0")),
    )


def _hard(cell: float, draws: Draw) -> Recipe:
    anisotropy = draws("anisotropy")
    edges, scale = _edges(0.0, draws)
    return Recipe(
        cell=(cell, cell * anisotropy.uniform(0.9, 1.1) if anisotropy.chance(0.4) else cell),
        crop=_crop(draws("crop"), 1.0),
        line_jitter=draws("line jitter").uniform(0.02, 0.08),
        drift=draws("drift").uniform(0, 0.05),
        edges=edges,
        scale=scale,
        softness=draws("softness").uniform(0.08, 0.22),
        warp=draws("warp").uniform(0, 0.15),
        colour_noise=draws("colour noise").uniform(1, 5),
        shading=draws("shading").uniform(2, 6),
        noise=draws("noise").uniform(3, 9),
        jpeg_quality=draws("jpeg quality").whole(60, 87),
        jpeg_chroma=draws("jpeg chroma").choice(("4:4:4", "4:2:0")),
    )


def _diffusion(cell: float, draws: Draw) -> Recipe:
    anisotropy, coded = draws("anisotropy"), draws("coded")
    return Recipe(
        cell=(cell, cell * anisotropy.uniform(0.97, 1.03) if anisotropy.chance(0.15) else cell),
        crop=_crop(draws("crop"), 1.0),
        line_jitter=draws("line jitter").uniform(0.01, 0.04),
        drift=draws("drift").uniform(0, 0.03),
        edges=draws("edges").choice(("area", "bicubic", "bicubic", "lanczos")),
        scale=draws("scale").uniform(0.5, 1),
        softness=draws("softness").uniform(0, 0.04),
        warp=draws("warp").uniform(0, 0.1),
        colour_noise=draws("colour noise").uniform(1, 4),
        shading=draws("shading").uniform(1, 5),
        noise=draws("noise").uniform(0, 2),
        jpeg_quality=draws("jpeg quality").whole(85, 96) if coded.chance(0.4) else 0,
        jpeg_chroma=draws("jpeg chroma").choice(("4:4:4", "4:2:0")),
        gradient=draws("gradient").uniform(2, 8),
        grain=draws("grain").uniform(0.5, 3),
        grain_size=draws("grain size").uniform(1.5, 4),
        displaced=draws("displaced").uniform(0.05, 0.35),
        displacement=draws("displacement").uniform(0.1, 0.3),
        split=draws("split").uniform(0.01, 0.08),
        merged=draws("merged").uniform(0, 0.05),
        outline_blend=draws("outline blend").uniform(0, 0.25),
        melted=draws("melted").uniform(0.05, 0.5),
        melt_radius=draws("melt radius").uniform(0.12, 0.35),
        wobble=draws("wobble").uniform(0.01, 0.06),
        regions=_regions(draws),
    )


def _edges(hard: float, draws: Draw) -> tuple[str, float]:
    if draws("hard").chance(hard):
        return "hard", 1.0
    if draws("resampled").chance(0.4):
        return draws("kernel").choice(("lanczos", "bicubic")), draws("scale").uniform(0.6, 1.6)
    return "area", 1.0


def _crop(draws: Draws, probability: float) -> tuple[float, float, float, float]:
    if not draws.chance(probability):
        return (0.0, 0.0, 0.0, 0.0)
    left, top, right, bottom = (draws.uniform(0, 0.45) for _ in range(4))
    return left, top, right, bottom


def _regions(draws: Draw) -> tuple[Region, ...]:
    """Up to three, each at most 0.2 of the picture's rectangle: most of it stays on the main lattice."""
    regions = []
    for number in range(draws("regions").choice((0, 1, 1, 2, 3))):
        one = draws(f"region {number}")
        width, height = one.uniform(0.2, 0.45), one.uniform(0.2, 0.45)
        left, top = one.uniform(0, 1 - width), one.uniform(0, 1 - height)
        kind = one.choice(("phase", "finer", "coarser", "half"))
        ratio = {"phase": 1.0, "finer": one.uniform(0.65, 0.95), "coarser": one.uniform(1.05, 1.4), "half": 0.5}[kind]
        phase = one.uniform(), one.uniform()
        regions.append(Region(box=(left, top, left + width, top + height), ratio=(ratio, ratio), phase=phase))
    return tuple(regions)
