"""Light on surfaces from the definitions, in float64: loops and formulas written to be obviously right."""

import math

import numpy as np


def linear_from_code(v):
    """IEC 61966-2-1, v from 0 to 1; mirrored below 0."""
    v = np.asarray(v, np.float64)
    size = np.abs(v)
    return np.sign(v) * np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)


def code_from_linear(x):
    x = np.asarray(x, np.float64)
    size = np.abs(x)
    return np.sign(x) * np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)


def to_light(image):
    """Integers are codes, floats are light."""
    if image.dtype == np.float32:
        return image.astype(np.float64)
    return linear_from_code(image / float(np.iinfo(image.dtype).max))


def to_dtype(light, dtype):
    """Light as codes that are not rounded yet, or as it is."""
    if dtype == np.float32:
        return light
    return code_from_linear(np.clip(light, 0, 1)) * float(np.iinfo(dtype).max)


def weights(mask):
    return mask / 255.0 if mask.dtype == np.uint8 else mask.astype(np.float64)


def normals_from_height(height, mask=None):
    """Pixel by pixel."""
    z = height.astype(np.float64)
    inside = np.ones(z.shape, bool) if mask is None else mask > 0
    rows, cols = z.shape
    result = np.zeros((rows, cols, 3))
    result[..., 2] = 1

    def known(r, c):
        return 0 <= r < rows and 0 <= c < cols and inside[r, c]

    def difference(r, c, dr, dc):
        ahead, behind = known(r + dr, c + dc), known(r - dr, c - dc)
        if ahead and behind:
            return (z[r + dr, c + dc] - z[r - dr, c - dc]) / 2
        if ahead:
            return z[r + dr, c + dc] - z[r, c]
        if behind:
            return z[r, c] - z[r - dr, c - dc]
        return 0.0

    for r, c in zip(*np.nonzero(inside), strict=True):
        right, up = difference(r, c, 0, 1), difference(r, c, -1, 0)
        n = np.array([-right, -up, 1])
        result[r, c] = n / np.linalg.norm(n)
    return result


def normals_from_depth(depth, relief=0.5, mask=None, span=None, nearer="smaller"):
    depth = depth.astype(np.float64)
    half = np.ones(depth.shape, bool) if mask is None else weights(mask) >= 0.5
    rows, cols = np.nonzero(half)
    width = max(np.ptp(rows), np.ptp(cols)) + 1
    near, far = span or (depth[half].min(), depth[half].max())
    if near == far:
        return normals_from_height(np.zeros_like(depth), mask)
    part = (far - depth) / (far - near) if nearer == "smaller" else (depth - near) / (far - near)
    return normals_from_height(relief * width * part, mask)


def harmonics(n):
    """The nine real spherical harmonics of up to second order, in the order of the coefficients."""
    x, y, z = np.moveaxis(n, -1, 0)
    return np.stack(
        [
            np.full_like(x, math.sqrt(1 / (4 * math.pi))),
            math.sqrt(3 / (4 * math.pi)) * y,
            math.sqrt(3 / (4 * math.pi)) * z,
            math.sqrt(3 / (4 * math.pi)) * x,
            math.sqrt(15 / (4 * math.pi)) * x * y,
            math.sqrt(15 / (4 * math.pi)) * y * z,
            math.sqrt(5 / (16 * math.pi)) * (3 * z * z - 1),
            math.sqrt(15 / (4 * math.pi)) * x * z,
            math.sqrt(15 / (16 * math.pi)) * (x * x - y * y),
        ],
        axis=-1,
    )


COSINE = np.array([math.pi] + [2 * math.pi / 3] * 3 + [math.pi / 4] * 5)  # A_l of the clamped cosine


def irradiance(n, environment):
    return harmonics(n) @ (COSINE[:, None] * np.asarray(environment, np.float64))


def channels(values, shape):
    if values is None:
        return np.ones(shape)
    values = values.astype(np.float64)
    return np.broadcast_to(values if values.ndim == 3 else values[..., None], shape)


def shading(normals, lights, ambient=0.0, environment=None, shadow=None, occlusion=None):
    n = normals.astype(np.float64)
    direct, around = np.zeros(n.shape), np.zeros(n.shape) + ambient
    for light in lights:
        direct += np.asarray(light.intensity) * np.maximum(0, n @ np.asarray(light.direction))[..., None]
    if environment is not None:
        around += irradiance(n, environment) / math.pi
    return channels(occlusion, n.shape) * around + channels(shadow, n.shape) * direct


def highlight(n, light, specular):
    """One light's highlight, in its textbook form."""
    to_light, viewer = np.asarray(light.direction), np.array([0.0, 0.0, 1.0])
    facing = n @ to_light
    if specular.model == "phong":
        mirrored = 2 * facing[..., None] * n - to_light
        value = np.clip(mirrored @ viewer, 0, 1) ** specular.shininess
        return np.where(facing > 0, value, 0)
    half = to_light + viewer
    half = half / np.linalg.norm(half)
    between = np.clip(n @ half, 0, 1)
    if specular.model == "blinn":
        return np.where(facing > 0, between**specular.shininess, 0)
    a2 = specular.roughness**4
    seen = n @ viewer
    lit = (facing > 0) & (seen > 0)
    facing, seen = np.where(lit, facing, 1), np.where(lit, seen, 1)

    def shadowing(c):
        return 2 * c / (c + np.sqrt(a2 + (1 - a2) * c * c))

    d = a2 / (math.pi * (between**2 * (a2 - 1) + 1) ** 2)
    f = 0.04 + 0.96 * (1 - viewer @ half) ** 5
    return np.where(lit, d * shadowing(facing) * shadowing(seen) * f / (4 * facing * seen) * facing, 0)


def shade(albedo, normals, lights, specular=None, shadow=None, background=None, mask=None, **around):
    """The result before it is rounded: codes of integers, light of floats."""
    n = normals.astype(np.float64)
    light = to_light(albedo) * shading(normals, lights, shadow=shadow, **around)
    if specular is not None:
        for one in lights:
            shine = specular.strength * highlight(n, one, specular)[..., None] * np.asarray(one.intensity)
            light = light + channels(shadow, n.shape) * shine
    return mixed(light, background, mask, albedo.dtype)


def mixed(light, background, mask, dtype):
    if mask is not None:
        m = weights(mask).reshape(mask.shape + (1,) * (light.ndim - 2))
        behind = 0 if background is None else to_light(background)
        light = m * light + (1 - m) * behind
    return to_dtype(light, dtype)
