"""ROS camera_info: the YAML of camera_calibration_parsers, and a dumped sensor_msgs/CameraInfo message.

The projection matrix P is the camera of the rectified image, so it becomes the lens's `view`; its fourth
column (the baseline of a stereo pair) moves no pixel. A rectification that rotates is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pixkern.lenses import BrownConrady, KannalaBrandt, Lens, Profile, View

from .opencv import matrix_of
from .options import Options
from .text import number, real, shown, suggestion, whole

_BROWN_CONRADY = {"plumb_bob": (0, 4, 5), "rational_polynomial": (8, 12, 14)}
_FISHEYE = ("equidistant", "fisheye")
_ROTATES = 1e-9  # radians: a thousandth of a pixel at a million pixels of focal length


def load(tree: Any, options: Options) -> Profile:
    """The lens of a camera_info tree."""
    name = tree.get("camera_name")
    if options.camera is not None and options.camera != name:
        raise ValueError(f"the file is of camera {shown(name)}, not {shown(options.camera)}")
    for part in ("binning_x", "binning_y"):
        if number(tree.get(part, "0"), part) not in (0, 1):
            raise ValueError(f"{part} is {shown(tree[part])}: only whole images without binning are read")
    region = tree.get("roi")
    if isinstance(region, dict) and any(number(region.get(part, "0"), part) for part in ("x_offset", "y_offset")):
        raise ValueError("the file is of a region of interest (roi); only whole images are read")
    model, lens = _lens(tree)
    provenance = {"format": "ros", "distortion_model": model}
    return Profile(lens, provenance=provenance | ({"camera": name} if isinstance(name, str) else {}))


def _lens(tree: dict[str, Any]) -> tuple[str, Lens]:
    matrix = _matrix(tree, "camera_matrix", "K")
    distortion = _matrix(tree, "distortion_coefficients", "D")
    if matrix is None or distortion is None:
        raise ValueError("a camera_info file needs camera_matrix (or K) and distortion_coefficients (or D)")
    rotation = _matrix(tree, "rectification_matrix", "R")
    if (
        rotation is not None
        and rotation.any()
        and (rotation.shape != (3, 3) or np.abs(rotation - np.eye(3)).max() > _ROTATES)
    ):
        raise ValueError("the rectification matrix is not the identity; rotated (stereo) rectification is not a lens")
    model = tree["distortion_model"]
    count = distortion.size
    if model in _FISHEYE:
        lens: Lens = KannalaBrandt.from_opencv(matrix, distortion, size=_size(tree))
    elif isinstance(model, str) and model in _BROWN_CONRADY:
        if count not in _BROWN_CONRADY[model]:
            raise ValueError(f"{model} takes {_BROWN_CONRADY[model]} coefficients, got {count}")
        lens = BrownConrady.from_opencv(matrix, distortion, size=_size(tree))
    else:
        known = (*_BROWN_CONRADY, *_FISHEYE)
        raise ValueError(
            f"distortion_model must be one of {', '.join(known)}, got {shown(model)}{suggestion(str(model), known)}"
        )
    view = _view(_matrix(tree, "projection_matrix", "P"))
    return model, lens.with_view(view.focal, view.center) if view and view != View(lens.focal, lens.center) else lens


def _matrix(tree: dict[str, Any], name: str, letter: str) -> np.ndarray | None:
    for key in (name, letter, letter.lower()):
        if key in tree:
            return matrix_of(tree[key], key)
    return None


def _size(tree: dict[str, Any]) -> tuple[int, int] | None:
    pair = [tree.get(f"image_{side}", tree.get(side)) for side in ("width", "height")]
    if pair == [None, None]:
        return None
    width, height = (whole(side, "the image size") for side in pair)
    return (width, height) if width or height else None


def _view(projection: np.ndarray | None) -> View | None:
    if projection is None or not projection.any():
        return None
    if projection.size != 12:
        raise ValueError(f"the projection matrix needs 3 rows of 4, got {projection.size} numbers")
    p = projection.reshape(3, 4)
    if p[0, 1] or p[1, 0] or p[2, 0] or p[2, 1] or p[2, 2] != 1:
        raise ValueError(
            f"the projection matrix must be [[fx, 0, cx, tx], [0, fy, cy, ty], [0, 0, 1, 0]], got {p.tolist()}"
        )
    return View((p[0, 0], p[1, 1]), (p[0, 2], p[1, 2]))


def dump(profile: Profile) -> str:
    """The file's text, in the layout of camera_calibration_parsers."""
    lens = profile.lens
    if not isinstance(lens, BrownConrady | KannalaBrandt):
        raise ValueError(f"camera_info has no {type(lens).__name__}")
    if isinstance(lens, BrownConrady) and any(lens.thin_prism):
        raise ValueError("camera_info has no thin-prism coefficients")
    if lens.size is None:
        raise ValueError("camera_info needs the size of the image; make the lens with size=(width, height)")
    matrix, distortion = lens.to_opencv()
    model = "equidistant"
    if isinstance(lens, BrownConrady):
        model = "plumb_bob" if len(distortion) == 5 else "rational_polynomial"
    (fx, fy), (cx, cy) = (lens.view.focal, lens.view.center) if lens.view else (lens.focal, lens.center)
    projection = np.array([[fx, 0, cx, 0], [0, fy, cy, 0], [0, 0, 1, 0]])
    name = str(profile.provenance.get("camera", ""))
    lines = [
        f"image_width: {lens.size[0]}",
        f"image_height: {lens.size[1]}",
        f"camera_name: {name if re.fullmatch('[A-Za-z][A-Za-z0-9_]{0,63}', name) else 'camera'}",
        *_block("camera_matrix", matrix),
        f"distortion_model: {model}",
        *_block("distortion_coefficients", distortion[None]),
        *_block("rectification_matrix", np.eye(3)),
        *_block("projection_matrix", projection),
    ]
    return "\n".join([*lines, ""])


def _block(name: str, matrix: np.ndarray) -> Iterator[str]:
    rows, cols = matrix.shape
    yield from (f"{name}:", f"  rows: {rows}", f"  cols: {cols}", f"  data: [{', '.join(map(real, matrix.flat))}]")
