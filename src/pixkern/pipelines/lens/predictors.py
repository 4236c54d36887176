"""Where lenses come from: what `correct` takes as `predictor`, each as a function from a photo to a `Prediction`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from pixkern._lens_files.options import FocalLengthNeeded, for_size
from pixkern.lenses import Lens, Profile, load_profile

from .prediction import Prediction, Predictor

PredictorLike = str | PathLike[str] | Lens | Profile | Predictor
"""What `resolve` understands."""


@dataclass(frozen=True)
class MeasuredLens:
    """Predict the same lens, which somebody measured or chose, for every photo it fits.

    Parameters
    ----------
    profile : Profile
        A lens with a `size` is scaled to photos of the same aspect; one without is for photos of any size.
    source : str
        What the metadata call it.

    Examples
    --------
    >>> import numpy as np
    >>> from pixkern.lenses import BrownConrady
    >>> lens = BrownConrady(500, (319.5, 239.5), radial=(-0.1,), size=(640, 480))
    >>> MeasuredLens(Profile(lens))(np.zeros((240, 320), np.uint8)).lens.focal
    (250.0, 250.0)
    """

    profile: Profile
    source: str = "lens"

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether the lens is for photos of this (width, height), or of any."""
        try:
            for_size(self.profile, size)
        except ValueError:
            return False
        return True

    def __call__(self, image: np.ndarray) -> Prediction:
        """The lens, scaled to the photo.

        Raises
        ------
        ValueError
            The photo has other proportions than the lens's own `size`.
        """
        found = for_size(self.profile, (image.shape[1], image.shape[0]))
        details = {"provenance": dict(found.provenance)} if found.provenance else {}
        return Prediction(
            found.lens, self.source, chromatic=found.chromatic, vignetting=found.vignetting, details=details
        )


@dataclass(frozen=True)
class LensFile:
    """Predict the lens of a file, as `MeasuredLens`; files that need a photo's size to choose a lens get it.

    Parameters
    ----------
    path : path
        Of a format that `pixkern.lenses.load_profile` reads.
    options : mapping
        Its options: camera, lens, focal_length, aperture and the like.

    Raises
    ------
    ValueError, OSError
        The file cannot be read, is damaged, or does not say which lens is meant; when called.
    """

    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def for_shot(self, shot: Mapping[str, float]) -> LensFile:
        """The same with the focal length, aperture and distance of one photo, where the options do not say them."""
        return replace(self, options={**shot, **self.options})

    def check(self, size: tuple[int, int]) -> None:
        """Raise what is wrong with the file whatever the photo; its size is only for files that need one."""
        try:
            self._at(size)
        except ValueError as error:
            if isinstance(error.__cause__, FocalLengthNeeded):
                return  # which each photo may say of itself
            try:
                load_profile(self.path, **self.options)
            except ValueError:
                raise error from None

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether the file has a lens for photos of this (width, height)."""
        try:
            self._at(size)
        except ValueError:
            return False
        return True

    def __call__(self, image: np.ndarray) -> Prediction:
        """The file's lens, scaled to the photo."""
        return self._at((image.shape[1], image.shape[0]))(image)

    def _at(self, size: tuple[int, int]) -> MeasuredLens:
        options = {"size": size, **self.options}
        found = os.stat(self.path)
        profile = _profile(self.path, tuple(sorted(options.items())), (found.st_mtime_ns, found.st_size))
        return MeasuredLens(profile, f"file:{self.path.name}")


@lru_cache(maxsize=64)
def _profile(path: Path, options: tuple[tuple[str, Any], ...], stamp: tuple[int, int]) -> Profile:
    return load_profile(path, **dict(options))


@dataclass(frozen=True)
class Pooled:
    """Predict for each size of the sensor's frame what was estimated from all photos of that size together.

    A size that no lens was estimated for gets none.
    """

    predictions: Mapping[tuple[int, int], Prediction]

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether there is a pool of photos of this (width, height)."""
        return size in self.predictions

    def __call__(self, image: np.ndarray) -> Prediction:
        """The pool's prediction for photos of this size."""
        size = (image.shape[1], image.shape[0])
        missing = Prediction(None, "auto", accepted=False, reasons=(f"no pool of {size[0]}x{size[1]} photos",))
        return self.predictions.get(size, missing)


def resolve(predictor: PredictorLike, **options: Any) -> Predictor:
    """Make a function from photo to `Prediction` of whatever names one.

    Parameters
    ----------
    predictor : "auto", path, Lens, Profile, Calibration or function
        "auto" is the plumb-line estimate; a path that ends in ``.onnx`` is a model for `OnnxPredictor`, any
        other one a lens file.
    **options
        For a lens file: what `pixkern.lenses.load_profile` takes.

    Returns
    -------
    Predictor

    Raises
    ------
    TypeError
        `predictor` is none of these.
    ValueError
        A name that is neither "auto" nor a file, or options where no file is read.

    Examples
    --------
    >>> resolve("automatic")
    Traceback (most recent call last):
    ValueError: predictor must be "auto", a lens file or an ONNX model; there is no file 'automatic'
    """
    if isinstance(predictor, str | PathLike) and predictor != "auto":
        path = Path(predictor)
        if not path.is_file():
            raise ValueError(f'predictor must be "auto", a lens file or an ONNX model; there is no file {str(path)!r}')
        if path.suffix.lower() != ".onnx":
            return LensFile(path, options)
    if options:
        raise ValueError(f"{', '.join(options)}: only lens files have options")
    if predictor == "auto":
        from .plumb_line import estimate

        return estimate
    if isinstance(predictor, str | PathLike):
        from .onnx_model import OnnxPredictor

        return OnnxPredictor(predictor)
    if isinstance(predictor, Lens):
        return MeasuredLens(Profile(predictor))
    if isinstance(predictor, Profile):
        return MeasuredLens(predictor, "profile")
    calibrated = getattr(predictor, "lens", None)
    if isinstance(calibrated, Lens):
        return MeasuredLens(Profile(calibrated), "calibration")
    if callable(predictor):
        return predictor
    raise TypeError(
        f'predictor must be "auto", a path, a Lens, a Profile or a function, got {type(predictor).__name__}'
    )


def is_measured(predictor: Predictor) -> bool:
    """Whether the lens was measured or chosen by somebody, and not guessed from the photo."""
    return isinstance(predictor, MeasuredLens | LensFile)


def fits_sensor(predictor: Predictor, size: tuple[int, int]) -> bool:
    """Whether the predictor knows a lens, which belongs to a sensor, for frames of this (width, height)."""
    return isinstance(predictor, MeasuredLens | LensFile | Pooled) and predictor.fits(size)
