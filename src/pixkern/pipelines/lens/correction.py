"""A corrected photo, and the map that made it: for its points, its masks, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern.lenses import Lens
from pixkern.warp import Border, Interpolation, warp

from .crop import Camera, Crop, Framing
from .prediction import Prediction
from .safety import SafetyReport, Status

DEFAULT_CROP: Crop = "valid"
DEFAULT_INTERPOLATION: Interpolation = "lanczos4"
_REDISTORT_NODES = 4  # per node of the residual: the inverse is not bilinear between the residual's own nodes


@dataclass(frozen=True, eq=False)
class Correction:
    """A corrected photo and the map that made it.

    Attributes
    ----------
    image : ndarray
        As the photo in shape and dtype; with crop "keep-all" and uint8 or uint16, with an alpha channel. The photo
        itself, the same object, if `status` is "identity".
    status : {"hybrid", "param_only", "param_only_conservative", "identity"}
        How much of the prediction was safe; see `pixkern.pipelines.lens.ladder`.
    lens : Lens or None
        As `pixkern.warp.warp` takes it, with the camera of the corrected image as its view. None: identity.
    residual : (h, w, 2) float32 or None
        As `pixkern.warp.warp` takes it.
    camera : Camera or None
        Intrinsics of the corrected image; its `matrix` is what OpenCV calls the new camera matrix.
    alpha : (H, W) or None
        With crop "keep-all": where the image shows the photo, full scale 1.0 or the dtype's largest value.
    safety : SafetyReport
        Every rung of the ladder that was tried, with measurements and reasons.
    metadata : mapping
        All of this as JSON can hold it; its "lens" is a lens file of pixkern's own format.
    prediction : Prediction
        What the predictor said.
    """

    image: np.ndarray
    status: Status
    lens: Lens | None
    residual: np.ndarray | None
    camera: Camera | None
    alpha: np.ndarray | None
    safety: SafetyReport
    metadata: Mapping[str, Any]
    prediction: Prediction
    _framing: Framing | None

    def map_points(self, points: Any) -> np.ndarray:
        """Where points of the photo lie in the corrected image.

        Parameters
        ----------
        points : (..., 2) array_like
            (x, y) in pixels of the photo, integers at pixel centres.

        Returns
        -------
        (..., 2) float64
            Within 1e-6 pixels; NaN for points that no point of the corrected image shows. Points outside the
            corrected image's frame are given all the same.

        Raises
        ------
        ValueError
            `points` have another shape.
        """
        return self._mapped(points, Framing.from_photo)

    def unmap_points(self, points: Any) -> np.ndarray:
        """Where points of the corrected image lie in the photo: the opposite of `map_points`, and its arguments."""
        return self._mapped(points, Framing.to_photo)

    def _mapped(self, points: Any, how: Any) -> np.ndarray:
        given = np.asarray(points, dtype=np.float64)
        if given.ndim < 1 or given.shape[-1] != 2:
            raise ValueError(f"points need shape (..., 2), got {given.shape}")
        if self._framing is None:
            return given.copy()
        return how(self._framing, given.reshape(-1, 2)).reshape(given.shape)

    def correct_mask(self, mask: np.ndarray) -> np.ndarray:
        """Take a mask of the photo through the same map, by nearest neighbour.

        Parameters
        ----------
        mask : (H, W) or (H, W, C)
            Labels of any plain dtype; of the photo's size.

        Returns
        -------
        Same shape and dtype as `mask`
            0 where the corrected image looks past the photo. No value that was not in `mask` or 0.

        Raises
        ------
        TypeError
            A dtype that holds Python objects.
        ValueError
            `mask` is not of the photo's size.
        """
        self._same_size(mask, "mask")
        if mask.dtype.hasobject:
            raise TypeError(f"mask must be of a plain dtype, got {mask.dtype}")
        if self._framing is None:
            return mask
        as_bytes = np.ascontiguousarray(mask).reshape(*mask.shape[:2], -1).view(np.uint8)  # labels move byte by byte
        moved = warp(as_bytes, self._framing.lens, residual=self.residual, interpolation="nearest", border="zeros")
        return moved.view(mask.dtype).reshape(mask.shape)

    def redistort(
        self,
        image: np.ndarray,
        *,
        interpolation: Interpolation = DEFAULT_INTERPOLATION,
        border: Border = "zeros",
        backend: str | None = None,
        threads: int | None = None,
    ) -> np.ndarray:
        """Put the photo's distortion back: from the corrected image's frame into the photo's.

        What was drawn or composed on the corrected image then fits the photo.

        Parameters
        ----------
        image : (H, W) or (H, W, C), uint8, uint16 or float32
            Of the corrected image's size.
        interpolation, border, backend, threads
            See `pixkern.warp.warp`.

        Returns
        -------
        Same shape and dtype as `image`
            Zero where the corrected image does not reach, with border "zeros". With a residual, positions are
            interpolated between exact ones on 4 nodes per node of the residual.
        """
        self._same_size(image, "image")
        if self._framing is None:
            return image
        return warp(
            image,
            self._framing.lens.inverted(),
            residual=_inverse_residual(self._framing),
            interpolation=interpolation,
            border=border,
            backend=backend,
            threads=threads,
        )

    def _same_size(self, image: np.ndarray, name: str) -> None:
        wanted = self.image.shape[:2]
        if image.ndim not in (2, 3) or image.shape[:2] != wanted:
            raise ValueError(f"{name} must be of the photo's size, {wanted[1]}x{wanted[0]}, got shape {image.shape}")


def _inverse_residual(framing: Framing) -> np.ndarray | None:
    """What the inverse lens lacks to the inverse of lens and residual, on a grid over the photo's frame."""
    if framing.residual is None:
        return None
    rows, cols = (max(2, _REDISTORT_NODES * (n - 1) + 1) for n in framing.residual.shape[:2])
    width, height = framing.camera.size
    nodes = np.stack(np.meshgrid(np.linspace(0, width - 1, cols), np.linspace(0, height - 1, rows)), axis=-1)
    nodes = nodes.reshape(-1, 2)
    lacking = framing.from_photo(nodes) - framing.lens.inverse(nodes)[0]
    return np.nan_to_num(lacking, nan=0.0).astype(np.float32).reshape(rows, cols, 2)  # no lens there: no pixel either
