"""The stages in their order: what a photo's pictures have in common, and what each has for itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__, retinex
from .._config_tree import plain
from ._fingerprint import array_sha256, fingerprint
from ._photo import Photo
from .albedos import FoundAlbedo, find_albedo
from .backgrounds import find_background
from .draws import Draws
from .given import Given
from .lighting import Lighting
from .masks import FoundMask, find_mask
from .normals import FoundNormals, find_normals
from .result import Relit, shaded
from .settings import Settings
from .shadow_maps import shadow_maps

FORMAT = 1  # of params


class ReplayError(ValueError):
    """A picture cannot be made again: something is not as it was when the parameters were written."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A photo, who is in it, and which way the surface faces: the same under every light.

    Attributes
    ----------
    photo : Photo
    settings : Settings
    given : mapping
        What replaces the result of a stage, by the stage's name.
    name, root, threads
        As for `relight`.
    mask : FoundMask
    normals : FoundNormals
    albedo : FoundAlbedo, optional
        One that nobody has to compute.
    seconds : mapping of str to float
    """

    photo: Photo
    settings: Settings
    given: Mapping[str, Given | None]
    name: str
    root: Path
    threads: int | None
    mask: FoundMask
    normals: FoundNormals
    albedo: FoundAlbedo | None
    seconds: Mapping[str, float]


def subject_of(
    photo: Photo,
    settings: Settings,
    given: Mapping[str, Given | None],
    name: str,
    root: str | PathLike[str] | None,
    threads: int | None,
) -> Subject:
    """Find what the pictures of a photo have in common."""
    folder = Path.cwd() if root is None else Path(root)
    clock = _Clock()
    pixels = photo.pixels
    with clock("mask"):
        mask = find_mask(
            pixels, settings.mask, alpha=photo.alpha, given=given["mask"], name=name, root=folder, threads=threads
        )
    with clock("albedo"):
        albedo = find_albedo(pixels, mask.mask, settings.albedo, given=given["albedo"], name=name, root=folder)
    with clock("normals"):
        normals = find_normals(
            pixels,
            mask.mask,
            settings.normals,
            given=given["normals"],
            given_depth=given["depth"],
            name=name,
            root=folder,
            threads=threads,
        )
    return Subject(photo, settings, given, name, folder, threads, mask, normals, albedo, clock.seconds)


def under_light(subject: Subject, draws: Draws, choices: Mapping[str, Any], lighting: Lighting) -> Relit:
    """One picture of a subject, with what was drawn for it."""
    clock = _Clock()
    pixels, mask, threads = subject.photo.pixels, subject.mask.mask, subject.threads
    with clock("albedo"):
        albedo, albedo_record, albedo_notes = _albedo(subject, choices["albedo"])
    with clock("shading"):
        behind = find_background(
            pixels,
            subject.settings.recombination,
            given=subject.given["background"],
            word=choices["background"]["word"],
            chosen=choices["background"].get("file"),
            root=subject.root,
        )
        shadow, occlusion = shadow_maps(lighting, subject.normals, mask, threads=threads)
        output = shaded(albedo, subject.normals.normals, lighting, shadow, occlusion, behind.background, mask, threads)
    settings = plain(subject.settings)
    del settings["degradation"]  # what it led to is in the lighting
    params = {
        "format": FORMAT,
        "pixkern": __version__,
        "seed": draws.seed,
        "key": draws.key,
        "variant": draws.variant,
        "name": subject.name,
        "image": subject.photo.record,
        "mask": subject.mask.record,
        "albedo": albedo_record,
        "normals": subject.normals.record,
        "lighting": lighting.record(),
        "background": {"word": choices["background"]["word"], **behind.record},
        "output": {"sha256": array_sha256(output)},
        "settings": settings,
    }
    return Relit(
        image=pixels,
        mask=mask,
        albedo=albedo,
        normals=subject.normals.normals,
        lighting=lighting,
        background=behind.background,
        shadow=shadow,
        occlusion=occlusion,
        output=output,
        params=params,
        notes=(*subject.mask.notes, *albedo_notes, *subject.normals.notes),
        seconds=clock.seconds,
        threads=threads,
    )


def _albedo(subject: Subject, choice: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, Any], tuple[str, ...]]:
    """The albedo, what is recorded of it, and what is to be said about it."""
    found, settings = subject.albedo, subject.settings.albedo
    if found is not None:
        return found.albedo, {"original": None, **found.record}, found.notes
    if choice["original"] is None or choice["method"] not in settings.methods.weights():
        raise ReplayError(f"the albedo came from elsewhere ({choice['method']}); pass the same one")
    low, high = settings.percentiles
    albedo = retinex.albedo(
        subject.photo.pixels,
        method=choice["method"],
        mask=subject.mask.mask,
        sigmas=settings.sigmas,
        percentiles=(low, high),
        original=choice["original"],
        threads=subject.threads,
    )
    record = {"method": choice["method"], "original": choice["original"], "fingerprint": fingerprint(albedo)}
    return albedo, record, ()


class _Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begin
