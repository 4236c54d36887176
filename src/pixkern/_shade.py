"""Surfaces under lights, and the one pass from albedo to picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import _check
from ._dispatch import place
from ._lights import DirectionalLight, Specular
from ._masks import read_mask
from ._native import shading as _cpu
from ._shade_arguments import picture_of, scene_of, split_pixels
from ._shading_cuda import launch


def shading(
    normals: Any,
    lights: DirectionalLight | Iterable[DirectionalLight],
    *,
    ambient: Any = 0.0,
    environment: Any = None,
    shadow: Any = None,
    occlusion: Any = None,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """What a white, matt surface sends back: Lambert's law, ambient light and an environment.

    ``S = occlusion (ambient + E(N) / pi) + shadow sum_i intensity_i max(0, N.L_i)``, per channel.

    Parameters
    ----------
    normals : (H, W, 3) float32
        Unit normals: x to the right, y up, z to the viewer. NumPy, CuPy or torch. Copied if not in C order.
    lights : DirectionalLight, or several
        None at all may be an empty list.
    ambient : float or (r, g, b)
        Light from everywhere; at least 0.
    environment : (9, 3), optional
        Radiance from all around in spherical harmonics, per channel: L00, L1-1, L10, L11, L2-2, L2-1, L20, L21, L22,
        in the frame of `normals`. Radiance 1 all around is L00 = 2 sqrt(pi) and shades 1.
    shadow : (H, W) or (H, W, 3) float32, optional
        How much direct light passes: 0 (full shadow) to 1. A factor, which nothing is checked of.
    occlusion : (H, W) or (H, W, 3) float32, optional
        How much ambient light and environment arrive: 0 to 1. A factor as well.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `normals` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : (H, W, 3) float32, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    (H, W, 3) float32, kind of `normals`
        S, in linear light. Nothing is clipped; second order cannot hold strong contrasts, so an environment may shade
        below 0.

    Raises
    ------
    TypeError, ValueError
        A kind, dtype, shape or `out` that does not fit; numbers out of range.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Within 1e-6 of the sum of all that shines. A quarter turn about the view of normals, maps, lights and environment
    turns the result bit for bit. NaN in the normals makes NaN. The same bits for every thread count and CPU level,
    and on CUDA. Memory: the result.

    Sources: Lambert, "Photometria", 1760; Ramamoorthi & Hanrahan, "An efficient representation for irradiance
    environment maps", SIGGRAPH 2001, eq. 8 and 13.

    Examples
    --------
    >>> facing = np.array([[[0, 0, 1]]], np.float32)
    >>> shading(facing, DirectionalLight((0, 0.6, 0.8)), ambient=0.1)
    array([[[0.90000004, 0.90000004, 0.90000004]]], dtype=float32)
    """
    spot = place(normals, backend, "normals")
    scene = scene_of(spot, normals, lights, ambient, environment, None, shadow, occlusion)
    result = _check.output(spot.writable(out), scene.normals.shape, np.float32, scene.arrays, spot.arrays)
    if spot.where == "cuda":
        launch("shading_float32", result.size // 3, *scene.on_cuda(spot), result)
    else:
        to, given = result.reshape(-1), scene.on_cpu()
        split_pixels(lambda begin, end: _cpu.shading(*given, to, begin, end), result.size // 3, threads)
    return out if out is not None else spot.give_back(result, normals)


def shade(
    albedo: Any,
    normals: Any,
    lights: DirectionalLight | Iterable[DirectionalLight],
    *,
    ambient: Any = 0.0,
    environment: Any = None,
    specular: Specular | None = None,
    shadow: Any = None,
    occlusion: Any = None,
    background: Any = None,
    mask: Any = None,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Light an albedo and lay it over a background, in one pass and with one rounding.

    ``light = albedo S + shadow sum_i intensity_i strength spec_i`` with S of `shading`; then
    ``mask light + (1 - mask) background``; all of it in linear light.

    Parameters
    ----------
    albedo : (H, W, 3), uint8, uint16 or float32
        What the surface reflects: sRGB codes, or linear light as float32. NumPy, CuPy or torch. Copied if not in C
        order.
    normals, lights, ambient, environment, shadow, occlusion
        See `shading`.
    specular : Specular, optional
        Highlights of each light.
    background : shape and dtype of `albedo`, optional
        What shows where the mask is below 1. Default: black.
    mask : (H, W), bool, uint8 (255 = 1) or float32 in [0, 1], optional
        How much of a pixel is surface. Default: all.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `albedo` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `albedo`, optional
        Where to write; C order, no overlap with the inputs.

    Returns
    -------
    shape, dtype and kind of `albedo`
        Codes, rounded once and held to their range (NaN: 0); float32 is neither. Where the mask is 0, the
        background's bytes; where it is 1, nothing of the background.

    Raises
    ------
    TypeError, ValueError
        A kind, dtype, shape or `out` that does not fit; numbers out of range.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    float32 without a mask and highlights is ``albedo * shading(...)``, bit for bit. uint8 is computed in float from
    an exact table: less than 0.01 % of the codes are off by one from those of float64, whose rounding was a near tie.
    uint16 is computed in double. A quarter turn of everything turns the result bit for bit. The same bits for every
    thread count and CPU level, and on CUDA. Memory: the result, and 50 kB of stack per thread.

    Sources: see `shading`; Phong, Comm. ACM 18(6), 1975; Blinn, SIGGRAPH 1977; Walter, Marschner, Li & Torrance,
    "Microfacet models for refraction through rough surfaces", EGSR 2007, eq. 33 and 34; Schlick, Computer Graphics
    Forum 13(3), 1994, eq. 15; IEC 61966-2-1.

    Examples
    --------
    >>> white, facing = np.full((1, 1, 3), 255, np.uint8), np.array([[[0, 0, 1]]], np.float32)
    >>> shade(white, facing, DirectionalLight((0, 0, 1), 0.5))  # half the light is code 188
    array([[[188, 188, 188]]], dtype=uint8)
    """
    spot = place(albedo, backend, "albedo")
    picture = picture_of(spot, albedo, "albedo", _check.IMAGE_DTYPES)
    scene = scene_of(spot, normals, lights, ambient, environment, specular, shadow, occlusion, picture)
    behind = None if background is None else picture_of(spot, background, "background", (picture.dtype,))
    if behind is not None and behind.shape != picture.shape:
        raise ValueError(f"background must have the shape of albedo, {picture.shape}, got {behind.shape}")
    weights = read_mask(spot, mask, tuple(picture.shape[:2]))
    inputs = (picture, behind, weights.weights, *scene.arrays)
    result = _check.output(spot.writable(out), picture.shape, picture.dtype, inputs, spot.arrays)
    pixels = picture.size // 3
    if spot.where == "cuda":
        below = np.uint64(0) if behind is None else behind
        launch(
            f"shade_{picture.dtype.name}",
            pixels,
            *scene.on_cuda(spot),
            *(np.int32(scene.highlight[0]), np.float64(scene.highlight[1]), np.float64(scene.highlight[2])),
            *(picture, below, *weights.on_cuda(), result),
        )
    else:
        colours, to, given = picture.reshape(-1), result.reshape(-1), scene.on_cpu()
        below = np.empty(0, picture.dtype) if behind is None else behind.reshape(-1)
        cover = (weights.bytes, weights.floats, weights.whole)
        split_pixels(
            lambda begin, end: _cpu.shade(colours, *given, *scene.highlight, below, *cover, to, begin, end),
            2 * pixels,
            threads,
            pixels,
        )
    return out if out is not None else spot.give_back(result, albedo)
