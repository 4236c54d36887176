"""OpenCV's FileStorage (YAML, XML, JSON): a camera matrix, its distortion and perhaps the size of the image.

OpenCV fixes how matrices are written, not what they are called. This module knows the names of OpenCV's
samples and of common scripts, in any spelling of case and underscores, and a suffix that tells the
cameras of a stereo pair apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixkern.lenses import BrownConrady, KannalaBrandt, Lens, Profile

from .options import Options
from .text import listed, number, real, shown, suggestion, whole

_SUFFIX = r"(\d{0,3}|left|right|l|r)"
_MATRIX = re.compile("(?:cameramatrix|intrinsicmatrix|intrinsics|intrinsic|mtx|k|m)" + _SUFFIX, re.ASCII)
_DISTORTION = re.compile("(?:distortioncoefficients|distortioncoeffs|distcoeffs|distortion|dist|d)" + _SUFFIX, re.ASCII)
_SIZE, _WIDTH, _HEIGHT = ("imagesize", "size", "resolution"), ("imagewidth", "width"), ("imageheight", "height")
_MODEL = ("model", "cameramodel", "distortionmodel", "distortiontype")
_FISHEYE_FLAG = ("fisheyemodel", "fisheye", "isfisheye")
_FISHEYE = ("fisheye", "equidistant", "kannalabrandt", "kannalabrandt4", "kb", "kb4", "opencvfisheye")
_PINHOLE = ("pinhole", "perspective", "standard", "opencv", "plumbbob", "radtan", "brownconrady", "rationalpolynomial")


@dataclass(frozen=True)
class _Found:
    matrix_key: str
    distortion_key: str
    lens: Lens


def load(tree: Any, options: Options) -> Profile:
    """The lens of a FileStorage tree."""
    if not isinstance(tree, dict):
        raise ValueError("a mapping of names to matrices is expected at the top of the file")
    sections = [("", tree), *((str(key), node) for key, node in tree.items() if isinstance(node, dict))]
    cameras = {name: keys for section, node in sections for name, keys in _cameras(section, node)}
    if not cameras:
        raise ValueError(f"no camera matrix (camera_matrix, K, M1, ...) is in the file, only {listed(tree)}")
    wanted = options.camera
    if wanted is None and len(cameras) > 1:
        raise ValueError(f"the file has several cameras; choose one with camera=: {listed(cameras)}")
    if wanted is not None and wanted not in cameras:
        raise ValueError(
            f"no camera {shown(wanted)} is in the file; it has {listed(cameras)}{suggestion(wanted, cameras)}"
        )
    name = next(iter(cameras)) if wanted is None else wanted
    node, matrix_key, suffix = cameras[name]
    found = _found(tree, node, matrix_key, suffix)
    provenance = {"format": "opencv", "camera_matrix": found.matrix_key, "distortion": found.distortion_key}
    return Profile(found.lens, provenance=provenance | ({"camera": name} if name else {}))


def _cameras(section: str, node: dict[str, Any]) -> Iterator[tuple[str, tuple[dict[str, Any], str, str]]]:
    for key, value in node.items():
        match = _MATRIX.fullmatch(_plain(key))
        if match and (isinstance(value, list) or _is_matrix(value)):
            yield "/".join(filter(None, (section, match[1]))), (node, key, match[1])


def _found(tree: dict[str, Any], node: dict[str, Any], matrix_key: str, suffix: str) -> _Found:
    matrix = matrix_of(node[matrix_key], matrix_key)
    for key, value in node.items():
        match = _DISTORTION.fullmatch(_plain(key))
        if match and match[1] == suffix and (isinstance(value, list) or _is_matrix(value)):
            break
    else:
        raise ValueError(f"{matrix_key} has no distortion coefficients (distortion_coefficients, D, ...) beside it")
    for where in (node, tree):
        if _named(where, ("xi",)) is not None:
            raise ValueError(
                "an omnidirectional camera (xi) has no rectilinear lens model; only pinhole and fisheye do"
            )
    model = KannalaBrandt if _is_fisheye(node) or _is_fisheye(tree) else BrownConrady
    size = _size(node) or _size(tree)
    return _Found(matrix_key, key, model.from_opencv(matrix, matrix_of(value, key).reshape(-1), size=size))


def matrix_of(node: Any, name: str) -> np.ndarray:
    """A matrix written as rows, cols and data, as a list of rows, or as a plain list; (9,) becomes (3, 3)."""
    if isinstance(node, dict):
        data = numbers(node.get("data", []), name)
        rows, cols = (whole(node.get(key), f"{key} of {name}") for key in ("rows", "cols"))
        if rows * cols != len(data):
            raise ValueError(f"{name} has {len(data)} numbers for {rows} rows of {cols}")
        return np.array(data, dtype=np.float64).reshape(rows, cols)
    if isinstance(node, list) and node and all(isinstance(row, list) for row in node):
        rows_of = [numbers(row, name) for row in node]
        if len({len(row) for row in rows_of}) != 1:
            raise ValueError(f"the rows of {name} differ in length")
        return np.array(rows_of)
    data = numbers(node, name)
    return np.array(data).reshape((3, 3) if len(data) == 9 else (-1,))


def numbers(node: Any, name: str) -> list[float]:
    """Numbers from a list of texts, or from one text with spaces between them as XML has it."""
    if isinstance(node, str):
        node = node.split()
    if not isinstance(node, list):
        raise ValueError(f"{name} must be a list of numbers, got {shown(node)}")
    return [number(value, name) for value in node]


def _is_matrix(node: Any) -> bool:
    return isinstance(node, dict) and "data" in node


def _plain(key: str) -> str:
    return re.sub(r"[\s_-]", "", key).casefold()


def _named(node: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((value for key, value in node.items() if _plain(key) in names), None)


def _size(node: dict[str, Any]) -> tuple[int, int] | None:
    pair = _named(node, _SIZE)
    if pair is None:
        pair = [_named(node, _WIDTH), _named(node, _HEIGHT)]
        if pair == [None, None]:
            return None
    pair = pair.split() if isinstance(pair, str) else pair
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"the image size must be a width and a height, got {shown(pair)}")
    width, height = (whole(side, "the image size") for side in pair)
    return (width, height) if width or height else None


def _is_fisheye(node: dict[str, Any]) -> bool:
    flag, model = _named(node, _FISHEYE_FLAG), _named(node, _MODEL)
    if isinstance(model, str):
        if _plain(model) in _FISHEYE:
            return True
        if _plain(model) not in _PINHOLE:
            raise ValueError(f"the camera model {shown(model)} is not known{suggestion(model, _PINHOLE + _FISHEYE)}")
    return flag is not None and str(flag).strip().casefold() not in ("", "0", "false", "no")


def dump(profile: Profile, syntax: str) -> str:
    """The file's text; `syntax` is "yaml", "xml" or "json"."""
    lens = profile.lens
    if not isinstance(lens, BrownConrady | KannalaBrandt):
        raise ValueError(f"OpenCV has no {type(lens).__name__}")
    if lens.view:
        raise ValueError("OpenCV's files have no view of their own for the corrected image")
    matrix, distortion = lens.to_opencv()
    single: dict[str, int] = {}
    if lens.size:
        single = {"image_width": lens.size[0], "image_height": lens.size[1]}
    if isinstance(lens, KannalaBrandt):
        single["fisheye_model"] = 1
    matrices = {"camera_matrix": matrix, "distortion_coefficients": distortion[:, None]}
    return {"yaml": _yaml, "xml": _xml, "json": _json}[syntax](single, matrices)


def _yaml(single: dict[str, int], matrices: dict[str, np.ndarray]) -> str:
    lines = ["%YAML:1.0", "---", *(f"{key}: {value}" for key, value in single.items())]
    for key, m in matrices.items():
        lines += [f"{key}: !!opencv-matrix", f"   rows: {m.shape[0]}", f"   cols: {m.shape[1]}", "   dt: d"]
        lines += [f"   data: [ {', '.join(map(real, m.flat))} ]"]
    return "\n".join([*lines, ""])


def _xml(single: dict[str, int], matrices: dict[str, np.ndarray]) -> str:
    lines = ['<?xml version="1.0"?>', "<opencv_storage>", *(f"<{key}>{value}</{key}>" for key, value in single.items())]
    for key, m in matrices.items():
        lines += [f'<{key} type_id="opencv-matrix">', f"  <rows>{m.shape[0]}</rows>", f"  <cols>{m.shape[1]}</cols>"]
        lines += ["  <dt>d</dt>", f"  <data>{' '.join(map(real, m.flat))}</data>", f"</{key}>"]
    return "\n".join([*lines, "</opencv_storage>", ""])


def _json(single: dict[str, int], matrices: dict[str, np.ndarray]) -> str:
    nodes = {
        key: {"type_id": "opencv-matrix", "rows": m.shape[0], "cols": m.shape[1], "dt": "d", "data": m.ravel().tolist()}
        for key, m in matrices.items()
    }
    return json.dumps(single | nodes, indent=4, allow_nan=False) + "\n"
