"""Lens models in float64, written from their definitions; see the formulas in each docstring."""

import numpy as np


def brown_conrady(n, radial=(), tangential=(), thin_prism=()):
    """d = n (1 + k1 r^2 + k2 r^4 + k3 r^6) / (1 + k4 r^2 + k5 r^4 + k6 r^6) + tangential + thin prism."""
    k = np.zeros(6)
    k[: len(radial)] = radial
    p1, p2 = tangential or (0, 0)
    s1, s2, s3, s4 = thin_prism or (0, 0, 0, 0)
    x, y = n[..., 0], n[..., 1]
    r2 = x**2 + y**2
    scale = (1 + k[0] * r2 + k[1] * r2**2 + k[2] * r2**3) / (1 + k[3] * r2 + k[4] * r2**2 + k[5] * r2**3)
    return np.stack(
        [
            x * scale + 2 * p1 * x * y + p2 * (r2 + 2 * x**2) + s1 * r2 + s2 * r2**2,
            y * scale + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y + s3 * r2 + s4 * r2**2,
        ],
        axis=-1,
    )


def kannala_brandt(n, coefficients=()):
    """The angle a = atan |n| becomes the radius a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8)."""
    r = np.hypot(n[..., 0], n[..., 1])
    a = np.arctan(r)
    radius = a * (1 + sum(k * a ** (2 * i + 2) for i, k in enumerate(coefficients)))
    return n * np.where(r > 0, radius / np.where(r > 0, r, 1), 1)[..., None]


def division_undistorted(d, radial=()):
    """n = d / (1 + k1 |d|^2 + k2 |d|^4): from the photo to the corrected image."""
    r2 = (d**2).sum(-1)
    return d / (1 + sum(k * r2 ** (i + 1) for i, k in enumerate(radial)))[..., None]


def pt_lens(n, coefficients=(0, 0, 0)):
    """r becomes r (a r^3 + b r^2 + c r + 1 - a - b - c)."""
    a, b, c = coefficients
    r = np.hypot(n[..., 0], n[..., 1])
    return n * (a * r**3 + b * r**2 + c * r + 1 - a - b - c)[..., None]


def poly3(n, k1):
    """r becomes r (1 - k1 + k1 r^2)."""
    return n * (1 - k1 + k1 * (n**2).sum(-1))[..., None]


def poly5(n, k1, k2):
    """r becomes r (1 + k1 r^2 + k2 r^4)."""
    r2 = (n**2).sum(-1)
    return n * (1 + k1 * r2 + k2 * r2**2)[..., None]


def to_pixels(model, points, focal, center, view=None):
    """center + focal d((p - view center) / view focal)."""
    view_focal, view_center = view or (focal, center)
    return np.asarray(center) + np.asarray(focal) * model((np.asarray(points) - view_center) / view_focal)


def dispersed(points, unit, center, v, c, b):
    """p becomes center + (p - center) (v + c r + b r^2), r = |p - center| / unit."""
    away = points - np.asarray(center)
    r = np.hypot(away[..., 0], away[..., 1])[..., None] / unit
    return center + away * (v + c * r + b * r**2)
