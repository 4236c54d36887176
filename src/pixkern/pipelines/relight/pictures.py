"""What is shown of a relit photo: its normals as colours, its light in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["described", "normals_picture"]


def normals_picture(normals: np.ndarray) -> np.ndarray:
    """Normals as they are usually drawn, (n + 1) / 2: facing the viewer is light blue.

    Parameters
    ----------
    normals : ndarray, (H, W, 3), float32
        Unit vectors: x to the right, y up, z to the viewer.

    Returns
    -------
    ndarray, (H, W, 3), uint16
        65535 is 1. Read back as `pixkern.pipelines.relight.relight` does, each component is at most 1.6e-5 off.

    Raises
    ------
    ValueError
        Another shape.

    Examples
    --------
    >>> normals_picture(np.float32([[[0, 0, 1], [-1, 0, 0]]])).tolist()
    [[[32768, 32768, 65535], [0, 32768, 32768]]]
    """
    if normals.ndim != 3 or normals.shape[2] != 3:
        raise ValueError(f"normals need shape (H, W, 3), got {normals.shape}")
    codes = np.multiply(normals, 32767.5, dtype=np.float32)
    codes += np.float32(32768)  # 32767.5, and a half by which truncation rounds
    return np.clip(codes, 0, 65535, out=codes).astype(np.uint16)


def described(params: Mapping[str, Any]) -> list[str]:
    """The light of a relit photo in short lines of ASCII.

    Parameters
    ----------
    params : mapping
        `Relit.params`.

    Returns
    -------
    list of str
        The kind; each light's place: degrees above the picture plane, degrees around the viewer's axis from the right
        over the top; the ambient light; then a shadow or highlights, if there are any.

    Examples
    --------
    >>> light = {"direction": [0.0, 0.6, 0.8], "intensity": [0.3, 0.3, 0.3]}
    >>> params = {"lighting": {"kind": "soft_shading", "lights": [light], "ambient": [0.7, 0.7, 0.7],
    ...     "environment": None, "specular": None, "shadow": None}}
    >>> described(params)
    ['soft shading', 'light 53 deg up, 90 deg around', 'ambient 0.70']
    """
    lighting = params["lighting"]
    lines = [lighting["kind"].replace("_", " ")]
    for light in lighting["lights"]:
        x, y, z = light["direction"]
        up = math.degrees(math.asin(max(-1.0, min(1.0, z))))
        lines.append(f"light {up:.0f} deg up, {math.degrees(math.atan2(y, x)) % 360:.0f} deg around")
    ambient = _luminance(lighting["ambient"])
    lines.append(f"ambient {ambient:.2f}" + ("" if lighting["environment"] is None else " and a sky"))
    if shadow := lighting["shadow"]:
        name = shadow["pattern"]["kind"] if shadow["kind"] == "pattern" else shadow["kind"]
        lines.append(f"{name.replace('_', ' ')} shadow, {shadow['opacity']:.2f} deep")
    if specular := lighting["specular"]:
        lines.append(f"{specular['model']} highlights, {specular['strength']:.2f} strong")
    return lines


def _luminance(colour: Any) -> float:
    """Of linear RGB, ITU-R BT.709."""
    red, green, blue = colour
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
