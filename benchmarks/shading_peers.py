"""Shading and its parts as one would write them with NumPy, OpenCV and torch: float32, as fast as it easily gets."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from pixkern.shading import srgb_to_linear

TO_LINEAR = srgb_to_linear(np.arange(256).astype(np.uint8))
TO_CODES = np.rint(
    255 * np.where((x := np.arange(65536) / 65535) <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
).astype(np.uint8)  # a table of 65,536: off by one for 2 % of the codes, those of dark light


class Scene(NamedTuple):
    """One light, a shadow, a soft mask and a background."""

    albedo: np.ndarray
    normals: np.ndarray
    direction: np.ndarray
    intensity: np.ndarray
    ambient: float
    shadow: np.ndarray
    background: np.ndarray
    mask: np.ndarray


def codes_numpy(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    code = np.where(
        light <= 0.0031308,
        light * np.float32(12.92),
        np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055),
    )
    return (code * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def shade_numpy(s: Scene) -> np.ndarray:
    facing = np.maximum(s.normals @ s.direction, 0) * s.shadow
    light = TO_LINEAR[s.albedo]
    light *= facing[..., None] * s.intensity + np.float32(s.ambient)
    weight = (s.mask * np.float32(1 / 255))[..., None]
    behind = TO_LINEAR[s.background]
    light -= behind
    light *= weight
    light += behind
    return codes_numpy(light)


def codes_cv2(light: np.ndarray) -> np.ndarray:
    """By pow, and the straight piece where the light is dark."""
    code = cv2.pow(cv2.max(light, 0.0), 1 / 2.4)
    code = cv2.convertScaleAbs(code, alpha=255 * 1.055, beta=-255 * 0.055)
    dark = cv2.inRange(light.reshape(-1, 1), -1e9, 0.0031308).reshape(light.shape)
    return cv2.copyTo(cv2.convertScaleAbs(light, alpha=255 * 12.92), dark, code) if dark.any() else code


def light_cv2(s: Scene) -> np.ndarray:
    facing = cv2.transform(s.normals, s.direction[None])
    facing = cv2.multiply(cv2.max(facing, 0.0), s.shadow)
    shades = cv2.transform(facing, np.stack([s.intensity, np.full(3, s.ambient, np.float32)], axis=1))
    light = cv2.multiply(cv2.LUT(s.albedo, TO_LINEAR), shades)
    weight = s.mask * np.float32(1 / 255)
    return cv2.blendLinear(light, cv2.LUT(s.background, TO_LINEAR), weight, 1 - weight)


def shade_cv2(s: Scene) -> np.ndarray:
    return codes_cv2(light_cv2(s))


def shade_cv2_table(s: Scene) -> np.ndarray:
    """The way back by a table, which cv2.LUT does not have for 16 bits."""
    _, light = cv2.threshold(light_cv2(s), 1, 1, cv2.THRESH_TRUNC)
    return TO_CODES[cv2.multiply(light, 65535.0, dtype=cv2.CV_16U)]


def tensors(s: Scene) -> dict[str, Any]:
    import torch

    given = {name: torch.from_numpy(value) for name, value in s._asdict().items() if isinstance(value, np.ndarray)}
    return {**given, "ambient": s.ambient, "table": torch.from_numpy(TO_LINEAR)}


def shade_torch(t: dict[str, Any]) -> Any:
    import torch

    facing = (t["normals"] @ t["direction"]).clamp_(min=0).mul_(t["shadow"])
    light = t["table"][t["albedo"].int()]
    light *= facing[..., None] * t["intensity"] + t["ambient"]
    light = torch.lerp(t["table"][t["background"].int()], light, (t["mask"] * (1 / 255))[..., None])
    light.clamp_(0, 1)
    code = torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.pow(1 / 2.4) - 0.055)
    return (code * 255 + 0.5).to(torch.uint8)


def normals_numpy(height: np.ndarray) -> np.ndarray:
    down, right = np.gradient(height)
    n = np.stack([-right, down, np.ones_like(right)], axis=-1)
    return n / np.sqrt((n * n).sum(axis=-1, keepdims=True))


def normals_cv2(height: np.ndarray) -> np.ndarray:
    kernel = np.float32([[-0.5, 0, 0.5]])
    right = cv2.filter2D(height, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(height, cv2.CV_32F, kernel.T, borderType=cv2.BORDER_REPLICATE)
    scale = 1 / cv2.sqrt(right * right + down * down + 1)
    return cv2.merge([-right * scale, down * scale, scale])


def composite_numpy(front: np.ndarray, back: np.ndarray, mask: np.ndarray) -> np.ndarray:
    weight = (mask * np.float32(1 / 255))[..., None]
    behind = TO_LINEAR[back]
    return codes_numpy(behind + weight * (TO_LINEAR[front] - behind))


def composite_cv2(front: np.ndarray, back: np.ndarray, mask: np.ndarray) -> np.ndarray:
    weight = mask * np.float32(1 / 255)
    return codes_cv2(cv2.blendLinear(cv2.LUT(front, TO_LINEAR), cv2.LUT(back, TO_LINEAR), weight, 1 - weight))


def composite_cv2_srgb(front: np.ndarray, back: np.ndarray, mask: np.ndarray) -> np.ndarray:
    weight = mask * np.float32(1 / 255)
    return cv2.blendLinear(front, back, weight, 1 - weight)
