"""The camera of the corrected image: which part of the ideal image it shows, and at what zoom.

A crop is a zoom about the principal point and nothing else: the output has the photo's size, the centre
stays where it is and both focal lengths are multiplied by one number, so that the aspect is kept and the new
intrinsics can be said in one line. "valid" takes the smallest zoom at which no pixel looks past the photo,
"keep-all" the largest at which no pixel of the photo is lost, "same-size" is zoom 1.

Both zooms are found on the pixels of the frame's edge. That is enough: the map does not fold (the search
stays within the radius where it grows), so it carries the inside of the frame to the inside of the frame's
image. Views of a greater zoom lie inside those of a lesser one, so bisection finds the zoom of "valid"; that of
"keep-all" is the least ratio of a side's distance to that of a corrected point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pixkern import _check
from pixkern.lenses import Inverted, Lens, Pair, View
from pixkern.warp import grid_sample

Crop = Literal["valid", "keep-all", "same-size"]
CROPS: tuple[Crop, ...] = ("valid", "keep-all", "same-size")

_MOST_ZOOM = 8.0  # in either direction: beyond it the output shows a spot, or the photo becomes one
_HALVINGS = 50  # of the logarithm of the zoom: to the last bits of a double
_FINER = 4  # nodes of a residual under a new zoom per node before: its kinks then fall between close nodes
_RESIDUAL_ROUNDS = 3  # the residual is sampled anew at each zoom, which moves the edge a little
_UNDO_STEPS = 50  # a residual gradient of 0.2 shrinks the error to 1e-35 of the residual


class CropError(ValueError):
    """No zoom gives the crop that was asked for; the message says why and which crop would work."""


@dataclass(frozen=True)
class Camera:
    """The camera of a corrected image, in pixels.

    Attributes
    ----------
    focal : (fx, fy)
    center : (cx, cy)
        The principal point, integers at pixel centres.
    size : (width, height)
    """

    focal: Pair
    center: Pair
    size: tuple[int, int]

    @property
    def matrix(self) -> np.ndarray:
        """The intrinsic matrix (3, 3), float64, as OpenCV writes it."""
        return np.array([[self.focal[0], 0, self.center[0]], [0, self.focal[1], self.center[1]], [0, 0, 1]])


@dataclass(frozen=True, eq=False)
class Framing:
    """A correction seen through the camera of its output: what a warp takes."""

    lens: Lens
    residual: np.ndarray | None
    camera: Camera
    zoom: float

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Where points (N, 2) of the corrected image lie in the photo."""
        mapped = self.lens.map(points)
        if self.residual is not None:
            mapped = mapped + residual_at(self.residual, points, self.camera.size)
        return mapped

    def from_photo(self, points: np.ndarray) -> np.ndarray:
        """Where points (N, 2) of the photo lie in the corrected image; NaN where they lie nowhere.

        With a residual R the equation lens(p) + R(p) = q is solved by p <- lens^-1(q - R(p)), which contracts
        because a safe residual has a gradient far below 1.
        """
        found, _ = self.lens.inverse(points)
        if self.residual is None:
            return found
        for _ in range(_UNDO_STEPS):
            at = np.where(np.isfinite(found), found, 0.0)
            better, _ = self.lens.inverse(points - residual_at(self.residual, at, self.camera.size))
            better[~np.isfinite(found)] = np.nan
            moved = np.nanmax(np.abs(better - found), initial=0.0)
            found = better
            if moved < 1e-9:
                break
        return found


def frame(lens: Lens, size: tuple[int, int], crop: Crop, *, residual: np.ndarray | None = None) -> Framing:
    """Put a correction behind the camera that a crop asks for.

    Parameters
    ----------
    lens : Lens
        From the corrected image to the photo. Its own `view`, if it has one, is what zoom 1 means.
    size : (width, height)
        Of the photo and of the output, in pixels.
    crop : {"valid", "keep-all", "same-size"}
        "valid": the widest view with no pixel from outside the photo. "keep-all": the closest view that
        still shows every pixel centre of the photo. "same-size": the camera as it is.
    residual : (h, w, 2) float32, optional
        Flow in source pixels over the frame at zoom 1, corners on corners. Under another zoom it is sampled
        again on 4 times as many nodes; outside the frame at zoom 1 it goes on as it is at the edge.

    Returns
    -------
    Framing

    Raises
    ------
    CropError
        The map folds inside the frame at every zoom that would do, or a zoom beyond 8 (or 1/8) is needed.

    Examples
    --------
    >>> from pixkern.lenses import BrownConrady
    >>> lens = BrownConrady(1000, (319.5, 239.5), radial=(-0.1,))
    >>> framing = frame(lens, (640, 480), "valid")
    >>> round(framing.zoom, 4), framing.camera.center
    (0.9942, (319.5, 239.5))
    """

    def at(zoom: float) -> Framing:
        return _zoomed(lens, residual, size, zoom)

    if crop == "same-size":
        return at(1.0)
    _check.choice(crop, "crop", CROPS)
    if not _inside(np.array([at(1.0).camera.center]), size):
        raise CropError('the principal point lies outside the photo, so no zoom about it is sure; use crop="same-size"')
    edge = _edge(size)
    if crop == "valid":

        def fits(zoom: float) -> bool:
            framing = at(zoom)
            return framing.lens.is_monotone(size) and _inside(framing.to_photo(edge), size)

        zoom = _turning_point(fits, yes=_MOST_ZOOM, no=1 / _MOST_ZOOM)
        if zoom is None:
            raise CropError('no zoom up to 8 fills the frame with the photo; use crop="same-size" or "keep-all"')
        return at(zoom)
    framing = at(1.0)
    for _ in range(1 if residual is None else _RESIDUAL_ROUNDS):
        shown = framing.from_photo(edge)
        if not np.isfinite(shown).all():
            raise CropError('part of the photo lies beyond what the lens maps; use crop="valid" or "same-size"')
        zoom = framing.zoom * _room(shown, framing.camera.center, size)
        if not zoom >= 1 / _MOST_ZOOM:
            raise CropError('the whole photo would need a zoom below 1/8; use crop="valid" or "same-size"')
        framing = at(min(zoom, _MOST_ZOOM))
    return framing


def residual_at(residual: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The residual at points (N, 2) of the image of `size` it belongs to: bilinear, its edge outside."""
    sides = np.maximum(np.array(size) - 1, 1)
    grid = (2 * points / sides - 1)[None]
    return grid_sample(residual, grid, interpolation="bilinear", border="border")[0].astype(np.float64)


def _zoomed(lens: Lens, residual: np.ndarray | None, size: tuple[int, int], zoom: float) -> Framing:
    base = View(lens.focal, lens.center) if isinstance(lens, Inverted) else lens.view or View(lens.focal, lens.center)
    if zoom == 1.0:
        return Framing(lens, residual, Camera(base.focal, base.center, size), 1.0)
    focal = (base.focal[0] * zoom, base.focal[1] * zoom)
    seen = _behind(lens, View(focal, base.center))
    if residual is not None:
        rows, cols = (_FINER * (n - 1) + 1 for n in residual.shape[:2])
        x = np.linspace(0, size[0] - 1, cols)
        y = np.linspace(0, size[1] - 1, rows)
        nodes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        before = (nodes - base.center) / zoom + base.center
        residual = residual_at(residual, before, size).astype(np.float32).reshape(rows, cols, 2)
    return Framing(seen, residual, Camera(focal, base.center, size), zoom)


def _behind(lens: Lens, output: View) -> Lens:
    """The lens with `output` as the camera of the image that it makes."""
    if isinstance(lens, Inverted):  # it makes what the wrapped lens calls the photo
        wrapped = lens.lens
        view = wrapped.view or View(wrapped.focal, wrapped.center)
        return replace(wrapped, focal=output.focal, center=output.center, view=view).inverted()
    return replace(lens, view=output)


def _room(points: np.ndarray, center: Pair, size: tuple[int, int]) -> float:
    """The largest zoom about `center` that keeps all points (N, 2) inside the frame, which holds `center`."""
    offsets = points - center
    space = np.where(offsets > 0, np.array(size) - 1 - np.array(center), np.array(center))
    with np.errstate(divide="ignore"):
        return float((space / np.abs(offsets)).min())


def _edge(size: tuple[int, int]) -> np.ndarray:
    """The centres of all pixels on the frame's edge, (N, 2)."""
    x, y = (np.arange(side, dtype=np.float64) for side in size)
    right, bottom = x[-1], y[-1]
    sides = [(x, 0 * x), (x, 0 * x + bottom), (0 * y, y), (0 * y + right, y)]
    return np.concatenate([np.stack(side, axis=-1) for side in sides])


def _inside(points: np.ndarray, size: tuple[int, int]) -> bool:
    return bool(((points >= 0) & (points <= np.array(size) - 1)).all())  # NaN compares false


def _turning_point(good: Callable[[float], bool], *, yes: float, no: float) -> float | None:
    """The zoom nearest to `no` that is still good, by bisection of its logarithm; None if `yes` is not."""
    if not good(yes):
        return None
    if good(no):
        return no
    low, high = np.log(yes), np.log(no)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if good(float(np.exp(middle))):
            low = middle
        else:
            high = middle
    found = float(np.exp(low))
    return 1.0 if abs(found - 1.0) < 1e-9 and good(1.0) else found
