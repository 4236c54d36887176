"""A photo under many lights on one sheet: what a configuration will make, before a thousand photos are."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from .contact_sheet import Panel, contact_sheet
from .given import Given
from .pictures import described, normals_picture
from .relit import Relit, relight_variants
from .settings import Settings


def preview(
    image: np.ndarray,
    *,
    seed: int = 0,
    key: str = "image",
    variants: int = 12,
    first_variant: int = 0,
    settings: Settings | None = None,
    mask: Given | None = None,
    albedo: Given | None = None,
    normals: Given | None = None,
    depth: Given | None = None,
    background: Given | None = None,
    name: str | None = None,
    root: str | PathLike[str] | None = None,
    columns: int = 4,
    side: int = 256,
    threads: int | None = None,
) -> np.ndarray:
    """A contact sheet: the photo, its mask, albedo and normals, and the photo under some lights.

    Parameters
    ----------
    image : ndarray, (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16
    seed : int
    key : str
        Stands above the photo.
    variants : int
        At least 1: how many lights.
    first_variant : int
        The lights are those of `relight` with `variant` from this number on.
    settings, mask, albedo, normals, depth, background, name, root, threads
        As `relight` takes them.
    columns : int
        Panels in a row.
    side : int
        The longer side of pictures on the sheet, 32 to 4096 pixels.

    Returns
    -------
    ndarray, (h, w, 3), uint8
        RGB.

    Raises
    ------
    TypeError, ValueError, OSError, BackendUnavailable
        As `relight` and `contact_sheet`.

    Notes
    -----
    Every picture is made at the photo's size and then made smaller. Mask and normals are found once. Memory: that of
    `relight`, the sheet, and the panels at the sheet's scale.

    Examples
    --------
    >>> from pixkern.pipelines.relight import preview
    >>> disc = np.hypot(*np.mgrid[-32:32, -32:32]) < 28
    >>> preview(np.full((64, 64, 3), 128, np.uint8), variants=2, mask=disc, columns=3, side=64).shape[1:]
    (232, 3)
    """
    if variants < 1:
        raise ValueError(f"variants must be at least 1, got {variants}")
    given = {"albedo": albedo, "normals": normals, "depth": depth, "background": background}
    common: dict[str, Any] = {"seed": seed, "key": key, "name": name, "root": root, "threads": threads, **given}
    numbers = range(first_variant, first_variant + variants)
    panels: list[Panel] = []
    for relit in relight_variants(image, numbers, settings=settings, mask=mask, **common):
        panels += [*([] if panels else _stages(relit, key, side)), _variant(relit, side)]
    return contact_sheet(panels, columns=columns, side=side)


def _stages(relit: Relit, key: str, side: int) -> list[Panel]:
    height, width = relit.mask.shape
    albedo, normals = relit.params["albedo"], relit.params["normals"]
    inside = float(relit.mask.mean()) / 255
    return [
        Panel(relit.image, key, f"{width} x {height} pixels, {relit.image.dtype}").fitted(side),
        Panel(relit.mask, "mask", f"{relit.params['mask']['method']}, {inside:.0%} of the photo").fitted(side),
        Panel(relit.albedo, "albedo", f"{_albedo_method(albedo)}").fitted(side),
        Panel(normals_picture(relit.normals), "normals", f"{normals['method']}").fitted(side),
    ]


def _variant(relit: Relit, side: int) -> Panel:
    kind, *lines = described(relit.params)
    return Panel(relit.output, f"{relit.params['variant']}: {kind}", "\n".join(lines)).fitted(side)


def _albedo_method(record: object) -> str:
    assert isinstance(record, dict)
    if record["original"] is None:
        return str(record["method"])
    return f"{record['method']}, {record['original']:.0%} of the photo"
