"""What shading and compositing are given, checked and as kernels take it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import _check, _threads
from ._dispatch import Place
from ._lights import highlight, light_table, terms

_NOTHING = np.empty(0, np.float32)


class Scene(NamedTuple):
    normals: Any
    shadow: Any  # (H, W), (H, W, 3) or None
    occlusion: Any
    lights: np.ndarray
    terms: np.ndarray
    has_environment: bool
    highlight: tuple[int, float, float]

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.normals, self.shadow, self.occlusion

    def on_cpu(self) -> tuple[Any, ...]:
        """What bindings/shading.pyx takes first."""
        maps = [part for given in (self.shadow, self.occlusion) for part in (_flat(given), _channels(given))]
        return (self.normals.reshape(-1), *maps, self.lights, self.terms, self.has_environment)

    def on_cuda(self, spot: Place) -> tuple[Any, ...]:
        """What the entry points of kernels/cuda/shading.cu take first."""
        maps: list[Any] = []
        for given in (self.shadow, self.occlusion):
            maps += [np.uint64(0) if given is None else given, np.int32(_channels(given))]
        table = spot.arrays.asarray(np.concatenate([self.terms, self.lights]))
        return (self.normals, *maps, table, np.int64(self.lights.size // 10), np.int32(self.has_environment))


def scene_of(
    spot: Place,
    normals: Any,
    lights: Any,
    ambient: Any,
    environment: Any,
    specular: Any,
    shadow: Any,
    occlusion: Any,
    albedo: Any = None,
) -> Scene:
    surface = picture_of(spot, normals, "normals", (np.float32,))
    if albedo is not None:
        _same_size(surface, "normals", albedo, "albedo")
    return Scene(
        surface,
        _map(spot, shadow, "shadow", surface),
        _map(spot, occlusion, "occlusion", surface),
        light_table(lights),
        terms(ambient, environment),
        environment is not None,
        highlight(specular),
    )


def picture_of(spot: Place, image: Any, name: str, dtypes: Any, *, grey: bool = False) -> Any:
    if image is None:
        raise TypeError(f"{name} must be a NumPy, CuPy or torch array, got None")
    given = _check.array(spot.native(image, name), name, dtypes=dtypes, ndim=(2, 3) if grey else (3,))
    if given.ndim == 3 and given.shape[2] != 3:
        raise ValueError(f"{name} needs 3 channels in its last axis, got shape {tuple(given.shape)}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, got shape {tuple(given.shape)}")
    return given


def _map(spot: Place, values: Any, name: str, normals: Any) -> Any:
    if values is None:
        return None
    given = _check.array(spot.native(values, name), name, dtypes=(np.float32,), ndim=(2, 3))
    if given.ndim == 3 and given.shape[2] != 3:
        raise ValueError(f"{name} must be (H, W) or (H, W, 3), got shape {tuple(given.shape)}")
    _same_size(given, name, normals, "normals")
    return given


def _same_size(a: Any, name: str, b: Any, like: str) -> None:
    if a.shape[:2] != b.shape[:2]:
        raise ValueError(f"{name} must have the size of {like}, {tuple(b.shape[:2])}, got {tuple(a.shape[:2])}")


def _flat(given: Any) -> Any:
    return _NOTHING if given is None else given.reshape(-1)


def _channels(given: Any) -> int:
    return 0 if given is None else 1 if given.ndim == 2 else 3


def split_pixels(work: Any, elements: int, threads: int | None, length: int | None = None) -> None:
    """Over pixels, as many as elements unless `length` says else."""
    _threads.split(work, elements if length is None else length, elements=elements, threads=threads)
