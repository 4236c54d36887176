"""One photo under another light: stages 1 to 3.5, and the same again from what was written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__, retinex, shading
from .._config_tree import changed, plain
from ._fingerprint import array_sha256, fingerprint
from ._photo import Photo
from .albedos import find_albedo
from .backgrounds import find_background
from .degradation import draw_lighting
from .draws import Draws
from .given import Given
from .lighting import Lighting
from .masks import find_mask
from .normals import find_normals
from .settings import Settings
from .shadow_maps import shadow_maps

FORMAT = 1  # of params


class ReplayError(ValueError):
    """A picture cannot be made again: something is not as it was when the parameters were written."""


@dataclass(frozen=True, eq=False)
class Relit:
    """A relit photo and all that led to it.

    Attributes
    ----------
    image : ndarray, (H, W, 3), uint8 or uint16
        The photo as sRGB codes.
    mask : ndarray, (H, W), uint8
        255 where it is relit, 0 where the background stays.
    albedo : ndarray, as `image`
        The photo without its light; 0 outside the mask.
    normals : ndarray, (H, W, 3), float32
        Unit vectors: x to the right, y up, z to the viewer.
    lighting : Lighting
    background : ndarray, as `image`
    shadow, occlusion : ndarray, (H, W) or (H, W, 3), float32, or None
        What arrives of direct and of ambient light, 0 to 1.
    output : ndarray, as `image`
        The relit foreground over the background.
    params : dict
        Everything drawn and chosen, as JSON holds it: what `replay` takes.
    notes : tuple of str
        What a reader of the result should know, such as that normals are plausible and not measured.
    seconds : mapping of str to float
        Per stage: "mask", "albedo", "normals", "shading".
    """

    image: np.ndarray
    mask: np.ndarray
    albedo: np.ndarray
    normals: np.ndarray
    lighting: Lighting
    background: np.ndarray
    shadow: np.ndarray | None
    occlusion: np.ndarray | None
    output: np.ndarray
    params: Mapping[str, Any]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    threads: int | None = field(default=None, repr=False)

    @cached_property
    def foreground(self) -> np.ndarray:
        """What is in the mask, relit, on black."""
        return self._over(np.zeros_like(self.image))

    def _over(self, background: np.ndarray) -> np.ndarray:
        return _shaded(
            self.albedo, self.normals, self.lighting, self.shadow, self.occlusion, background, self.mask, self.threads
        )


def relight(
    image: np.ndarray,
    *,
    seed: int,
    key: str = "image",
    variant: int = 0,
    settings: Settings | None = None,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    name: str | None = None,
    root: str | PathLike[str] | None = None,
    threads: int | None = None,
) -> Relit:
    """Put a photo's foreground under a drawn light.

    Parameters
    ----------
    image : ndarray, (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16
        sRGB codes. A fourth channel is a mask (if `settings` has that method enabled); grey becomes RGB.
    seed : int
        0 to 2**64 - 1, of the whole data set.
    key : str
        Of the photo: with `seed` and `variant` it fixes every draw.
    variant : int
        At least 0: which of the photo's relit pictures.
    settings : Settings, optional
        Methods and ranges; by default those of `Settings()`.
    mask, albedo, normals, depth, background : ndarray, path or callable, optional
        In place of what the settings would do. Arrays have the photo's size: `mask` (H, W) bool, uint8 or float32 in
        [0, 1]; `albedo` and `background` (H, W, 3) of the photo's dtype; `normals` (H, W, 3) float32; `depth` (H, W).
        Callables are given the photo as (H, W, 3) and return such an array.
    name : str, optional
        The stem by which methods "file" look for their files; by default `key`.
    root : path, optional
        The folder that relative paths in the settings start from; by default the working folder.
    threads : int, optional
        The result does not depend on it.

    Returns
    -------
    Relit

    Raises
    ------
    TypeError, ValueError
        Wrong arguments, or a stage's result that does not fit the photo.
    EmptyMaskError
        There is nothing in the mask. It is a ValueError.
    FileNotFoundError, ImageError, BackendUnavailable
        A file or model of the settings is missing or damaged, or what runs it is not installed.

    Notes
    -----
    output = encode(m albedo S + (1 - m) background) in linear light, S from `pixkern.shading.shading`, in one pass
    with one rounding; where m = 0, the bytes of the background. Mask and albedo have the depth of their files: what is
    written is what was computed with.

    Memory: about 40 bytes per pixel at 8 bits, of which 12 are normals and 4 to 12 the shadow.

    Examples
    --------
    >>> from pixkern.pipelines.relight import relight
    >>> photo = np.full((64, 64, 3), 128, np.uint8)
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> relit = relight(photo, seed=1, mask=disc)
    >>> bool((relit.output[~disc] == 128).all()), relit.params["lighting"]["kind"]
    (True, 'soft_shading')
    """
    settings = Settings() if settings is None else settings
    if not isinstance(settings, Settings):
        raise TypeError(f"settings must be Settings, got {type(settings).__name__}")
    draws = Draws(_whole(seed, "seed", 2**64 - 1), _text(key, "key"), _whole(variant, "variant", 2**32 - 1))
    choices = {
        "albedo": {
            "method": draws.choice("albedo", "method", settings.albedo.methods.weights()),
            "original": draws.within("albedo", "original", settings.albedo.original),
        },
        "background": {"word": draws.word("recombination", "background") >> 16, "file": None},
    }
    given = {"mask": mask, "albedo": albedo, "normals": normals, "depth": depth, "background": background}
    lighting = draw_lighting(settings.degradation, draws)
    return _made(Photo.of(image), draws, settings, choices, lighting, given, name or key, root, threads)


def replay(
    params: Mapping[str, Any],
    image: np.ndarray,
    *,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    root: str | PathLike[str] | None = None,
    threads: int | None = None,
) -> Relit:
    """Make a relit photo again, bit for bit.

    Parameters
    ----------
    params : mapping
        `Relit.params`, from memory or from a file.
    image : ndarray
        The same photo.
    mask, albedo, normals, depth, background : ndarray, path or callable, optional
        What was given to `relight`, if anything was.
    root : path, optional
        The folder that relative paths in the parameters start from.
    threads : int, optional
        The result does not depend on it.

    Returns
    -------
    Relit
        Its output has the bits of the first one.

    Raises
    ------
    ReplayError
        `params` are not those of a relit photo or of another format; the photo, or something given, is not the
        same; or the output has other bits, which can only be when the library or a model's runtime has changed.
    TypeError, ValueError, OSError
        As `relight`.

    Examples
    --------
    >>> from pixkern.pipelines.relight import relight, replay
    >>> photo = np.full((64, 64, 3), 128, np.uint8)
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> first = relight(photo, seed=1, mask=disc)
    >>> again = replay(first.params, photo, mask=disc)
    >>> bool((again.output == first.output).all())
    True
    """
    photo = Photo.of(image)
    try:
        if params["format"] != FORMAT:
            raise ReplayError(f"parameters of format {params['format']!r} cannot be read, only of {FORMAT}")
        recorded = photo.record()
        if params["image"] != recorded:
            raise ReplayError(_differs("image", params["image"], recorded))
        draws = Draws(params["seed"], params["key"], params["variant"])
        settings = changed(Settings(), params["settings"])
        choices = {"albedo": params["albedo"], "background": params["background"]}
        lighting = Lighting.from_record(params["lighting"])
        name, _ = params["name"], params["output"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ReplayError(f"these are not the parameters of a relit photo: {error!r}") from None
    given = {"mask": mask, "albedo": albedo, "normals": normals, "depth": depth, "background": background}
    made = _made(photo, draws, settings, choices, lighting, given, name, root, threads)
    for stage in ("mask", "albedo", "normals", "background", "output"):
        if made.params[stage] != params[stage]:
            raise ReplayError(_differs(stage, params[stage], made.params[stage]) + _version(params))
    return made


def _made(
    photo: Photo,
    draws: Draws,
    settings: Settings,
    choices: Mapping[str, Any],
    lighting: Lighting,
    given: Mapping[str, Given | None],
    name: str,
    root: str | PathLike[str] | None,
    threads: int | None,
) -> Relit:
    """All stages, with what was drawn for them."""
    folder = Path.cwd() if root is None else Path(root)
    clock = _Clock()
    pixels = photo.pixels
    with clock("mask"):
        found = find_mask(
            pixels, settings.mask, alpha=photo.alpha, given=given["mask"], name=name, root=folder, threads=threads
        )
    with clock("albedo"):
        albedo, albedo_record, albedo_notes = _albedo(
            pixels, found.mask, settings, choices["albedo"], given["albedo"], name, folder, threads
        )
    with clock("normals"):
        surface = find_normals(
            pixels,
            found.mask,
            settings.normals,
            given=given["normals"],
            given_depth=given["depth"],
            name=name,
            root=folder,
            threads=threads,
        )
    with clock("shading"):
        behind = find_background(
            pixels,
            settings.recombination,
            given=given["background"],
            word=choices["background"]["word"],
            chosen=choices["background"].get("file"),
            root=folder,
        )
        shadow, occlusion = shadow_maps(lighting, surface, found.mask, threads=threads)
        output = _shaded(albedo, surface.normals, lighting, shadow, occlusion, behind.background, found.mask, threads)
    params = {
        "format": FORMAT,
        "pixkern": __version__,
        "seed": draws.seed,
        "key": draws.key,
        "variant": draws.variant,
        "name": name,
        "image": photo.record(),
        "mask": found.record,
        "albedo": albedo_record,
        "normals": surface.record,
        "lighting": lighting.record(),
        "background": {"word": choices["background"]["word"], **behind.record},
        "output": {"sha256": array_sha256(output)},
        "settings": plain(replace(settings, degradation=Settings().degradation)),
    }
    del params["settings"]["degradation"]  # what it led to is in the lighting
    return Relit(
        image=pixels,
        mask=found.mask,
        albedo=albedo,
        normals=surface.normals,
        lighting=lighting,
        background=behind.background,
        shadow=shadow,
        occlusion=occlusion,
        output=output,
        params=params,
        notes=(*found.notes, *albedo_notes, *surface.notes),
        seconds=clock.seconds,
        threads=threads,
    )


def _albedo(
    pixels: np.ndarray,
    mask: np.ndarray,
    settings: Settings,
    choice: Mapping[str, Any],
    given: Given | None,
    name: str,
    root: Path,
    threads: int | None,
) -> tuple[np.ndarray, dict[str, Any], tuple[str, ...]]:
    """The albedo, what is recorded of it, and what is to be said about it."""
    drawn = {"method": choice["method"], "original": choice["original"]}
    found = find_albedo(pixels, mask, settings.albedo, given=given, name=name, root=root)
    if found is not None:
        return found.albedo, {**drawn, "replaced": found.record}, found.notes
    low, high = settings.albedo.percentiles
    albedo = retinex.albedo(
        pixels,
        method=choice["method"],
        mask=mask,
        sigmas=settings.albedo.sigmas,
        percentiles=(low, high),
        original=choice["original"],
        threads=threads,
    )
    return albedo, {**drawn, "fingerprint": fingerprint(albedo)}, ()


def _shaded(
    albedo: np.ndarray,
    normals: np.ndarray,
    lighting: Lighting,
    shadow: np.ndarray | None,
    occlusion: np.ndarray | None,
    background: np.ndarray,
    mask: np.ndarray,
    threads: int | None,
) -> np.ndarray:
    made: np.ndarray = shading.shade(
        albedo,
        normals,
        lighting.lights,
        ambient=lighting.ambient,
        environment=None if lighting.environment is None else np.array(lighting.environment),
        specular=lighting.specular,
        shadow=shadow,
        occlusion=occlusion,
        background=background,
        mask=mask,
        threads=threads,
    )
    return made


class _Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begin


def _differs(stage: str, recorded: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    keys = [key for key in sorted({*recorded, *made}) if recorded.get(key) != made.get(key)]
    told = f"{keys[0]} is {made.get(keys[0])!r} and was {recorded.get(keys[0])!r}"
    verb = "are not those" if stage == "normals" else "is not the one"
    return f"the {stage} {verb} recorded: {told}"


def _version(params: Mapping[str, Any]) -> str:
    made_with = params.get("pixkern")
    return "" if made_with == __version__ else f" (made with pixkern {made_with}, this is {__version__})"


def _whole(value: Any, name: str, most: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    value = value.__index__()
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be 0 to {most}, got {value}")
    return int(value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {type(value).__name__}")
    return value
