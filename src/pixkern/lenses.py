"""Lens models: where a point of the corrected image lies in the distorted photo, and back. No pixels here.

A lens maps points of the corrected (rectilinear) image to points of the photo, which is what a backward
warp asks. Points are (x, y) in pixels with integers at pixel centres. They are normalised by one focal
length and centre, so that the radius is isotropic, displaced by the model's formula and brought back to
pixels. The formulas are in ``kernels/maths/lens.h``.

A lens sees the corrected image through its `view`, a camera of its own; without one it is the photo's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from os import PathLike
from typing import Any, Self

import numpy as np

from . import _check, _threads
from ._native import lenses as _cpu

__all__ = [
    "BrownConrady",
    "Chromatic",
    "Division",
    "Inverted",
    "KannalaBrandt",
    "Lens",
    "PTLens",
    "Poly3",
    "Poly5",
    "Profile",
    "View",
    "Vignetting",
    "load",
    "load_profile",
    "save",
]

_BROWN_CONRADY, _KANNALA_BRANDT, _DIVISION, _PT_LENS = range(4)  # enum LensModel in kernels/maths/lens.h
_COEFFICIENTS = 13  # Lens::k there
_MOST_COEFFICIENT = 1e40  # their products and seventh powers stay finite
_FISHEYE_EDGE = 1e5  # tan(89.9994 degrees): points of a photo beyond it have no place in a plane
_COST = 40  # a point costs about as much as this many streamed elements

Pair = tuple[float, float]


def _pair(value: Any, name: str) -> Pair:
    pair = _check.finite((value, value) if np.ndim(value) == 0 else value, name)
    if pair.shape != (2,):
        raise ValueError(f"{name} must be two numbers, got {value!r}")
    return float(pair[0]), float(pair[1])


def _focal(value: Any, name: str) -> Pair:
    pair = _pair(value, name)
    if min(pair) <= 0:
        raise ValueError(f"{name} must be positive, got {value!r}")
    return pair


def _padded(values: Any, count: int, name: str) -> tuple[float, ...]:
    given = tuple(float(v) for v in _check.finite(values, name).reshape(-1))
    if len(given) > count:
        raise ValueError(f"{name} takes at most {count} numbers, got {len(given)}")
    if any(abs(v) > _MOST_COEFFICIENT for v in given):
        raise ValueError(f"{name} must be at most {_MOST_COEFFICIENT:g} in size, got {values!r}")
    return given + (0.0,) * (count - len(given))


@dataclass(frozen=True)
class View:
    """A pinhole camera: `focal` (fx, fy) and `center` (cx, cy), in pixels. One number for `focal` means fx = fy."""

    focal: Pair
    center: Pair

    def __post_init__(self) -> None:
        object.__setattr__(self, "focal", _focal(self.focal, "focal"))
        object.__setattr__(self, "center", _pair(self.center, "center"))


@dataclass(frozen=True)
class Lens(ABC):
    """What all lens models share.

    Attributes
    ----------
    focal : (fx, fy)
        Pixels per unit of the normalised plane, both positive. One number means fx = fy.
    center : (cx, cy)
        Pixel where the optical axis meets the photo.
    size : (width, height), optional
        Size of the photo these numbers are for; `scaled` and the files need it.
    view : View, optional
        The camera of the corrected image, when it is not the photo's.
    """

    focal: Pair
    center: Pair
    size: tuple[int, int] | None = field(default=None, kw_only=True)
    view: View | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "focal", _focal(self.focal, "focal"))
        object.__setattr__(self, "center", _pair(self.center, "center"))
        if self.size is not None:
            object.__setattr__(self, "size", _check.size(self.size))

    @property
    @abstractmethod
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        """(model, whether map solves the formula, radius where the formula stops growing, coefficients)."""

    @property
    @abstractmethod
    def monotone_radius(self) -> float:
        """Radius of the corrected image, in units of `focal`, at which the radial map stops growing; inf if never.

        Beyond it the map folds: two points of the corrected image would show the same point of the photo.
        Found from the real roots of the derivative's polynomial, not by sampling.
        """

    @property
    def _monotone_image(self) -> float:
        """Radius of the photo, in units of `focal`, that the radial map reaches at `monotone_radius`."""
        radius = self.monotone_radius
        if math.isinf(radius):
            return math.inf
        unit = replace(self._radial_part(), focal=(1.0, 1.0), center=(0.0, 0.0), view=None)
        return float(unit.map([(radius * (1 - 1e-12), 0.0)])[0, 0])

    def _radial_part(self) -> Lens:
        return self

    @property
    def _cameras(self) -> tuple[View, View]:
        photo = View(self.focal, self.center)
        return self.view or photo, photo

    def packed(self) -> np.ndarray:
        """The numbers as `struct Lens` of kernels/maths/lens.h reads them; (24,) float64."""
        model, solves, limit, coefficients = self._formula
        view, photo = (np.array([camera.focal, camera.center]) for camera in self._cameras)
        ratio = photo[0] / view[0]
        head = [model, solves, limit, *(1 / view[0]), *view[1], *ratio, *(photo[1] - view[1] * ratio), *photo[0]]
        return np.array([*head, *coefficients, *(0.0,) * (_COEFFICIENTS - len(coefficients))])

    def map(self, points: Any) -> np.ndarray:
        """Where points of the corrected image lie in the photo.

        Parameters
        ----------
        points : (..., 2) array_like
            (x, y) in pixels of the corrected image.

        Returns
        -------
        (..., 2) float64
            (x, y) in pixels of the photo; NaN where there is none (only models that are solved for).
            Exact to a few units in the last place of the sums (about 1e-12 pixels); a lens without distortion
            returns the same bits.

        Examples
        --------
        >>> lens = BrownConrady(1000, (319.5, 239.5), radial=(-0.1,))
        >>> lens.map([(319.5, 239.5), (1319.5, 239.5)])
        array([[ 319.5,  239.5],
               [1219.5,  239.5]])
        """
        return self._run(_cpu.map_points, points, (2,))

    def inverse(self, points: Any) -> tuple[np.ndarray, np.ndarray]:
        """Where points of the photo lie in the corrected image: the exact inverse of `map`.

        A bracketed Newton iteration on the radius, up to the radius where the map folds, refined in two
        dimensions where the model has more than a radial part.

        Parameters
        ----------
        points : (..., 2) array_like
            (x, y) in pixels of the photo.

        Returns
        -------
        points : (..., 2) float64
            (x, y) in pixels of the corrected image, within 1e-6 pixels (closer than 1e-3 pixels to a fold or
            0.01 degrees to the edge of a fisheye's half space, rounding is magnified); NaN where not valid.
        valid : (...) bool
            False where no point of the corrected image before the fold maps to the given one.

        Examples
        --------
        >>> lens = BrownConrady(1000, (319.5, 239.5), radial=(-0.1,))
        >>> found, valid = lens.inverse([(1219.5, 239.5)])
        >>> found.round(6), valid
        (array([[1319.5,  239.5]]), array([ True]))
        """
        found = self.inverted().map(points)
        return found, np.isfinite(found).all(axis=-1)

    def jacobian(self, points: Any) -> np.ndarray:
        """The derivative of `map`, exact.

        Parameters
        ----------
        points : (..., 2) array_like
            (x, y) in pixels of the corrected image.

        Returns
        -------
        (..., 2, 2) float64
            ``[[dX/dx, dX/dy], [dY/dx, dY/dy]]`` with (X, Y) in the photo.
        """
        return self._run(_cpu.jacobians, points, (2, 2))

    def _run(self, kernel: Any, points: Any, result_shape: tuple[int, ...]) -> np.ndarray:
        given = np.asarray(points, dtype=np.float64)
        if given.ndim < 1 or given.shape[-1] != 2:
            raise ValueError(f"points need shape (..., 2), got {given.shape}")
        flat = np.ascontiguousarray(given.reshape(-1, 2))
        out = np.empty((len(flat), *result_shape))
        if len(flat):
            numbers = self.packed()
            _threads.split(lambda a, b: kernel(numbers, flat, out, a, b), len(flat), elements=_COST * len(flat))
        return out.reshape(*given.shape[:-1], *result_shape)

    def inverted(self) -> Inverted:
        """The lens whose `map` is this one's inverse: warping with it distorts a corrected image again."""
        return Inverted(self.focal, self.center, size=self.size, view=self.view, lens=self)

    def with_view(self, focal: Any, center: Any) -> Self:
        """The same lens with another camera for the corrected image."""
        return replace(self, view=View(focal, center))

    def scaled(self, size: tuple[int, int]) -> Self:
        """The same lens for the same photo at another size.

        Pixel areas are scaled: the outer borders of the two images coincide, as image resizers do it, so
        that a centre c becomes (c + 0.5) s - 0.5.

        Parameters
        ----------
        size : (width, height)
            The new size of the photo, in pixels.

        Raises
        ------
        ValueError
            This lens has no `size` to scale from.
        """
        if self.size is None:
            raise ValueError("this lens has no size; make it with size=(width, height)")
        factor = np.array(_check.size(size)) / self.size

        def moved(focal: Pair, center: Pair) -> dict[str, Any]:
            return {"focal": tuple(focal * factor), "center": tuple((np.array(center) + 0.5) * factor - 0.5)}

        view = self.view and View(**moved(self.view.focal, self.view.center))
        return replace(self, **moved(self.focal, self.center), size=_check.size(size), view=view)

    def is_monotone(self, size: tuple[int, int]) -> bool:
        """Whether the radial map grows over the whole of a corrected image of `size` (width, height).

        In closed form for the whole frame. It speaks of the radial part; `pixkern.warp.jacobian_stats`
        also sees tangential terms and residuals.
        """
        width, height = _check.size(size)
        view = self._cameras[0]
        x = max(view.center[0] + 0.5, width - 0.5 - view.center[0]) / view.focal[0]
        y = max(view.center[1] + 0.5, height - 0.5 - view.center[1]) / view.focal[1]
        return math.hypot(x, y) < self.monotone_radius


@dataclass(frozen=True)
class BrownConrady(Lens):
    """Radial, tangential and thin-prism distortion, with the formulas and signs of OpenCV.

    Parameters
    ----------
    focal, center, size, view
        See `Lens`.
    radial : up to six numbers (k1, k2, k3, k4, k5, k6)
        Radial scale (1 + k1 r^2 + k2 r^4 + k3 r^6) / (1 + k4 r^2 + k5 r^4 + k6 r^6).
    tangential : (p1, p2)
    thin_prism : (s1, s2, s3, s4)

    Raises
    ------
    ValueError
        A number is not finite, a focal length is not positive, or there are too many coefficients.

    Notes
    -----
    Source: Brown, "Close-range camera calibration", Photogrammetric Engineering 37(8), 1971, pp. 855-866.

    Examples
    --------
    >>> BrownConrady(1000, (640, 360), radial=(-0.2, 0.05)).monotone_radius
    inf
    """

    radial: tuple[float, ...] = ()
    tangential: tuple[float, ...] = ()
    thin_prism: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "radial", _padded(self.radial, 6, "radial"))
        object.__setattr__(self, "tangential", _padded(self.tangential, 2, "tangential"))
        object.__setattr__(self, "thin_prism", _padded(self.thin_prism, 4, "thin_prism"))

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return (
            _BROWN_CONRADY,
            False,
            self.monotone_radius,
            (0.0, *self.radial, *self.tangential, *self.thin_prism),
        )

    @property
    def monotone_radius(self) -> float:
        k1, k2, k3, k4, k5, k6 = self.radial
        return _fold_of_fraction((1, k1, k2, k3), (1, k4, k5, k6))

    def _radial_part(self) -> Lens:
        return replace(self, tangential=(), thin_prism=())

    @classmethod
    def from_opencv(cls, matrix: Any, distortion: Any, *, size: tuple[int, int] | None = None) -> BrownConrady:
        """From OpenCV's camera matrix (3, 3) and 0, 4, 5, 8, 12 or 14 coefficients.

        The order is (k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4[, tau_x, tau_y]]]]). A skew or a tilt
        of the sensor (tau) that is not zero raises ValueError: this model has none.

        Examples
        --------
        >>> lens = BrownConrady.from_opencv([[800, 0, 320], [0, 800, 240], [0, 0, 1]], [-0.3, 0.1, 0, 0])
        >>> lens.focal, lens.radial[:2]
        ((800.0, 800.0), (-0.3, 0.1))
        """
        camera = View(*_pinhole(matrix))
        d = _check.finite(distortion, "distortion").reshape(-1)
        if d.size not in (0, 4, 5, 8, 12, 14):
            raise ValueError(f"distortion needs 0, 4, 5, 8, 12 or 14 coefficients, got {d.size}")
        d = np.pad(d, (0, 14 - d.size))
        if d[12:].any():
            raise ValueError(f"distortion has a tilted sensor (tau {d[12]}, {d[13]}), which this model has not")
        radial = (d[0], d[1], *d[4:8])
        return cls(camera.focal, camera.center, radial, tuple(d[2:4]), tuple(d[8:12]), size=size)

    def to_opencv(self) -> tuple[np.ndarray, np.ndarray]:
        """OpenCV's camera matrix (3, 3) and the fewest of its 5, 8 or 12 coefficients that say it, float64."""
        k1, k2, k3, *rational = self.radial
        d = np.array([k1, k2, *self.tangential, k3, *rational, *self.thin_prism])
        count = 12 if any(self.thin_prism) else 8 if any(rational) else 5
        return _matrix(self), d[:count]


@dataclass(frozen=True)
class KannalaBrandt(Lens):
    """Fisheye: the angle a to the optical axis becomes the radius a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8).

    The formulas of cv2.fisheye. Points of the corrected image lie in front of the camera (a < pi/2).

    Parameters
    ----------
    focal, center, size, view
        See `Lens`.
    coefficients : up to four numbers (k1, k2, k3, k4)

    Notes
    -----
    Source: Kannala & Brandt, "A generic camera model and calibration method for conventional, wide-angle, and
    fish-eye lenses", IEEE PAMI 28(8), 2006, eq. 6 without its asymmetric terms.
    """

    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "coefficients", _padded(self.coefficients, 4, "coefficients"))

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return _KANNALA_BRANDT, False, min(self.monotone_radius, _FISHEYE_EDGE), self.coefficients

    @property
    def monotone_radius(self) -> float:
        return math.tan(self._fold_angle) if self._fold_angle < math.pi / 2 else math.inf

    @property
    def _fold_angle(self) -> float:
        k1, k2, k3, k4 = self.coefficients
        return math.sqrt(_first_positive_root((1, 3 * k1, 5 * k2, 7 * k3, 9 * k4)))

    @property
    def _monotone_image(self) -> float:
        angle = min(self._fold_angle, math.pi / 2)
        return angle * (1 + sum(k * angle ** (2 * n) for n, k in enumerate(self.coefficients, 1)))

    @classmethod
    def from_opencv(cls, matrix: Any, distortion: Any, *, size: tuple[int, int] | None = None) -> KannalaBrandt:
        """From cv2.fisheye's camera matrix (3, 3) and four coefficients."""
        d = _check.finite(distortion, "distortion").reshape(-1)
        if d.size != 4:
            raise ValueError(f"a fisheye distortion needs 4 coefficients, got {d.size}")
        return cls(*_pinhole(matrix), tuple(d), size=size)

    def to_opencv(self) -> tuple[np.ndarray, np.ndarray]:
        """cv2.fisheye's camera matrix (3, 3) and four coefficients, float64."""
        return _matrix(self), np.array(self.coefficients)


@dataclass(frozen=True)
class Division(Lens):
    """Division model: a point d of the photo lies at d / (1 + k1 |d|^2 + k2 |d|^4) in the corrected image.

    Parameters
    ----------
    focal, center, size, view
        See `Lens`. `focal` is the radius, in pixels, that counts as 1.
    radial : up to two numbers (k1, k2)

    Notes
    -----
    Source: Fitzgibbon, "Simultaneous linear estimation of multiple view geometry and lens distortion", CVPR
    2001, eq. 4. Its `map` is solved for, to full precision.
    """

    radial: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "radial", _padded(self.radial, 2, "radial"))

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return _DIVISION, True, self._fold, self.radial

    @property
    def _fold(self) -> float:
        return _fold_of_fraction((1,), (1, *self.radial))

    @property
    def monotone_radius(self) -> float:
        k1, k2 = self.radial
        if math.isinf(self._fold):
            return math.inf
        square = self._fold * self._fold
        under = 1 + square * (k1 + square * k2)
        return self._fold / under if under > 1e-12 else math.inf

    @property
    def _monotone_image(self) -> float:
        return self._fold


@dataclass(frozen=True)
class PTLens(Lens):
    """PanoTools' polynomial: the radius r becomes r (a r^3 + b r^2 + c r + 1 - a - b - c).

    Parameters
    ----------
    focal, center, size, view
        See `Lens`. `focal` is the radius, in pixels, that counts as 1 (in PanoTools and lensfun: half the
        shorter side of the photo the coefficients were made for).
    coefficients : up to three numbers (a, b, c)
    """

    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "coefficients", _padded(self.coefficients, 3, "coefficients"))

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return _PT_LENS, False, self.monotone_radius, self.coefficients

    @property
    def monotone_radius(self) -> float:
        a, b, c = self.coefficients
        return _first_positive_root((1 - a - b - c, 2 * c, 3 * b, 4 * a))


@dataclass(frozen=True)
class Poly3(Lens):
    """lensfun's poly3: the radius r becomes r (1 - k1 + k1 r^2).

    Parameters
    ----------
    focal, center, size, view
        See `Lens`. `focal` is the radius, in pixels, that counts as 1.
    coefficient : k1
    """

    coefficient: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "coefficient", _padded(self.coefficient, 1, "coefficient")[0])

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return _BROWN_CONRADY, False, self.monotone_radius, (-self.coefficient, self.coefficient)

    @property
    def monotone_radius(self) -> float:
        return _fold_of_fraction((1 - self.coefficient, self.coefficient), (1,))


@dataclass(frozen=True)
class Poly5(Lens):
    """lensfun's poly5: the radius r becomes r (1 + k1 r^2 + k2 r^4).

    Parameters
    ----------
    focal, center, size, view
        See `Lens`. `focal` is the radius, in pixels, that counts as 1.
    coefficients : up to two numbers (k1, k2)
    """

    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "coefficients", _padded(self.coefficients, 2, "coefficients"))

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        return _BROWN_CONRADY, False, self.monotone_radius, (0.0, *self.coefficients)

    @property
    def monotone_radius(self) -> float:
        return _fold_of_fraction((1, *self.coefficients), (1,))


@dataclass(frozen=True)
class Inverted(Lens):
    """A lens run backwards, made by `Lens.inverted`: its `map` is `lens.inverse`, its `inverse` is `lens.map`."""

    lens: Lens = field(kw_only=True)

    @property
    def _formula(self) -> tuple[int, bool, float, tuple[float, ...]]:
        model, solves, limit, coefficients = self.lens._formula
        return model, not solves, limit, coefficients

    @property
    def _cameras(self) -> tuple[View, View]:
        view, photo = self.lens._cameras
        return photo, view

    @property
    def monotone_radius(self) -> float:
        """Radius of the distorted image up to which the wrapped lens can be inverted; inf if everywhere."""
        return self.lens._monotone_image

    def inverted(self) -> Lens:  # type: ignore[override]  # twice inverted is the lens itself
        return self.lens

    def with_view(self, focal: Any, center: Any) -> Inverted:
        """The same lens with another camera for the corrected image it reads."""
        return self.lens.with_view(focal, center).inverted()

    def scaled(self, size: tuple[int, int]) -> Inverted:
        return self.lens.scaled(size).inverted()


@dataclass(frozen=True)
class Chromatic:
    """Lateral chromatic aberration: red and blue are drawn at other magnifications than green.

    A point p of the photo becomes center + (p - center) (v + c r + b r^2), r = |p - center| / unit, per channel.

    Parameters
    ----------
    unit : float
        The radius, in pixels, that counts as 1; positive.
    center : (x, y)
        In pixels of the photo.
    red, blue : (v, c, b)
        (1, 0, 0) leaves a channel where it is.

    Notes
    -----
    lensfun's TCA model poly3, which contains its linear model.
    """

    unit: float
    center: Pair
    red: tuple[float, float, float] = (1.0, 0.0, 0.0)
    blue: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", _focal(self.unit, "unit")[0])
        object.__setattr__(self, "center", _pair(self.center, "center"))
        for name in ("red", "blue"):
            numbers = tuple(float(v) for v in _check.finite(getattr(self, name), name).reshape(-1))
            if len(numbers) != 3:
                raise ValueError(f"{name} takes three numbers (v, c, b), got {len(numbers)}")
            object.__setattr__(self, name, numbers)

    def packed(self) -> np.ndarray:
        """Per channel (red, green, blue) the numbers of `struct Chromatic` in kernels/maths/lens.h; (3, 6) float64."""
        return np.array([[1 / self.unit, *self.center, *vcb] for vcb in (self.red, (1.0, 0.0, 0.0), self.blue)])


@dataclass(frozen=True)
class Vignetting:
    """Light fall-off towards the corners: linear light is multiplied by 1 + k1 r^2 + k2 r^4 + k3 r^6.

    Parameters
    ----------
    unit : float
        The radius, in pixels, that counts as 1; positive.
    center : (x, y)
        In pixels of the photo.
    coefficients : up to three numbers (k1, k2, k3)

    Notes
    -----
    lensfun's model pa.
    """

    unit: float
    center: Pair
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", _focal(self.unit, "unit")[0])
        object.__setattr__(self, "center", _pair(self.center, "center"))
        object.__setattr__(self, "coefficients", _padded(self.coefficients, 3, "coefficients"))


@dataclass(frozen=True)
class Profile:
    """All that is known of how a camera and lens draw: the lens, its colour fringes and its light fall-off."""

    lens: Lens
    chromatic: Chromatic | None = None
    vignetting: Vignetting | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def load_profile(path: str | PathLike[str], **options: Any) -> Profile:
    """Read a lens and what is known of its colour fringes and light fall-off; see `load`."""
    from ._lens_files import load_profile as read

    return read(path, **options)


def load(path: str | PathLike[str], **options: Any) -> Lens:
    """Read a lens from a file: OpenCV YAML, XML or JSON, ROS camera_info, lensfun XML, COLMAP, or own JSON.

    Parameters
    ----------
    path : path
        The format is found from the content.
    **options
        What chooses among the lenses of a file: `format`, `camera`, `lens`, `focal_length` (mm), `aperture`
        (f-number), `distance` (m), `crop_factor`, `size`; see the page on lens files.

    Returns
    -------
    Lens

    Raises
    ------
    ValueError
        The file is not of a known format, is damaged, or does not say which lens is meant.
    """
    return load_profile(path, **options).lens


def save(path: str | PathLike[str], lens: Lens | Profile, *, format: str | None = None) -> None:
    """Write a lens or profile; the format follows from the name unless `format` says it. See `load`."""
    from ._lens_files import save as write

    write(path, lens, format=format)


def _pinhole(matrix: Any) -> tuple[Pair, Pair]:
    k = _check.finite(matrix, "matrix")
    if k.shape != (3, 3):
        raise ValueError(f"matrix needs shape (3, 3), got {k.shape}")
    if k[0, 1] or k[1, 0] or k[2, 0] or k[2, 1] or k[2, 2] != 1:
        raise ValueError(f"matrix must be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], got {k.tolist()}")
    return (k[0, 0], k[1, 1]), (k[0, 2], k[1, 2])


def _matrix(lens: Lens) -> np.ndarray:
    (fx, fy), (cx, cy) = lens.focal, lens.center
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _first_positive_root(polynomial: tuple[float, ...]) -> float:
    """The smallest positive real root (coefficients from the constant up), 0 if it is not positive at 0, else inf.

    Found as the largest root of the reversed polynomial, in a unit that makes every coefficient at most 1.
    """
    if polynomial[0] <= 0:
        return 0.0
    ratios = np.array(polynomial) / polynomial[0]
    unit = max((abs(ratio) ** (1 / n) for n, ratio in enumerate(ratios[1:], 1)), default=0.0)
    if unit < 1e-40:  # its powers vanish, and no frame is that large
        return math.inf
    inverses = np.roots(ratios / unit ** np.arange(len(ratios)))
    near = np.abs(inverses.imag) <= 1e-7 * np.abs(inverses.real)  # a double root: the map stops, if only for a moment
    real = inverses.real[near & (inverses.real > 1e-15)]
    return float(1 / real.max() / unit) if real.size else math.inf


@lru_cache(maxsize=256)  # a correction asks for the same lens a hundred times
def _fold_of_fraction(top: tuple[float, ...], under: tuple[float, ...]) -> float:
    """The radius at which r top(r^2) / under(r^2) stops growing or has a pole."""
    n, d = np.polynomial.Polynomial(top), np.polynomial.Polynomial(under)
    u = np.polynomial.Polynomial([0, 1])
    growth = n * d + 2 * u * (n.deriv() * d - n * d.deriv())
    return math.sqrt(min(_first_positive_root(tuple(p.coef)) for p in (growth, d)))
