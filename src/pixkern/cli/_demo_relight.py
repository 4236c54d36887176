"""What `pixkern demo` shows of relighting."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pixkern.demo import photo
from pixkern.pipelines.batch import write_atomically
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import Relit, ReplayError, Settings, relight, replay
from pixkern.pipelines.relight.contact_sheet import Panel, contact_sheet
from pixkern.pipelines.relight.pictures import described
from pixkern.pipelines.relight.settings import AlbedoMethods, AlbedoSettings, Weighted

from ._relight_options import only

_PHOTO = "astronaut.webp"
_SEED = 20261121
_LIGHTS = (("soft_shading", 0), ("hard_shadow", 1), ("specular", 2))  # kind, variant
_SIDE = 420  # pixels
_LEAST, _MOST = 0.3, 0.8  # of the photo: she fills about half of it


def run(out: Path) -> list[str]:
    """Write the pictures and say what they show; returns what did not work, one line each."""
    out.mkdir(parents=True, exist_ok=True)
    image = decode_image(photo(_PHOTO), name=_PHOTO).pixels
    print("pixkern demo: relighting")
    mask: Any = None
    problems: list[str] = []
    relit: list[Relit] = []
    for kind, variant in _LIGHTS:
        one = relight(image, seed=_SEED, key=_PHOTO, variant=variant, settings=_settings(kind), mask=mask)
        if not relit:
            problems += _told(one)
        mask = one.mask
        print(f"    {', '.join(described(one.params))}")
        problems += _problems(one, kind, image, None if not relit else mask)
        name = f"relight-{kind}"
        write_atomically(out / f"{name}.png", encode_image(one.output, ".png"))
        write_atomically(out / f"{name}.json", (json.dumps(one.params, indent=1) + "\n").encode())
        relit.append(one)
    write_atomically(out / "relight.png", encode_image(_sheet(relit), ".png"))
    print(f"Look at {out / 'relight.png'}: the mask, the albedo, and three lights on the same background.")
    return problems


def _settings(kind: str) -> Settings:
    """One kind of light; soft light comes through a pattern each time. All lights are put on the same albedo."""
    settings = only(Settings(), kind)
    albedo = AlbedoSettings(methods=AlbedoMethods(lab=Weighted(enabled=False)), original=(0.2, 0.2))
    methods = settings.degradation.methods
    patterned = replace(methods, soft_shading=replace(methods.soft_shading, pattern=1.0))
    return replace(settings, albedo=albedo, degradation=replace(settings.degradation, methods=patterned))


def _told(first: Relit) -> list[str]:
    share = float(first.mask.mean()) / 255
    print(f"  {_PHOTO}: {share:.0%} of it is in the mask ({first.params['mask']['method']})")
    for note in first.notes:
        print(f"    {note}")
    return [] if _LEAST < share < _MOST else [f"{_PHOTO}: {share:.0%} of the photo is in the mask"]


def _problems(one: Relit, kind: str, image: np.ndarray, mask: np.ndarray | None) -> list[str]:
    """What a relit photo must be whatever its light: the same again, and the same where nobody stands."""
    found = []
    outside = one.mask == 0
    if not np.array_equal(one.output[outside], image[outside]):
        found.append(f"{_PHOTO}, {kind}: the background has changed")
    try:
        replay(json.loads(json.dumps(one.params)), image, mask=mask)
    except ReplayError as error:
        found.append(f"{_PHOTO}, {kind}: {error}")
    return found


def _sheet(relit: list[Relit]) -> np.ndarray:
    first = relit[0]
    how = f"the photo with less of its light, by {first.params['albedo']['method']}"
    panels = [
        Panel(first.image, "photo"),
        Panel(np.dstack([first.image, first.mask]), "mask"),
        Panel(np.dstack([first.albedo, first.mask]), "albedo", how),
    ]
    for one in relit:
        kind, *lines = described(one.params)
        panels.append(Panel(one.output, kind, "\n".join(lines)))
    return contact_sheet(panels, columns=3, side=_SIDE)
