"""COLMAP's cameras.txt: one line per camera, CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[].

COLMAP counts from the corner of the first pixel, so that pixel centres are at integer + 0.5: its principal
point is ours plus one half.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixkern.lenses import BrownConrady, KannalaBrandt, Lens, Profile

from .options import Options
from .text import listed, number, real, shown, suggestion, whole


@dataclass(frozen=True)
class _Model:
    """One focal length or two, the centre, then these coefficients in this order."""

    lens: type[BrownConrady] | type[KannalaBrandt]
    focals: int
    names: tuple[str, ...] = ()


# The smallest first, which is the order in which a lens tries them when it is written.
_MODELS = {
    "SIMPLE_PINHOLE": _Model(BrownConrady, 1),
    "PINHOLE": _Model(BrownConrady, 2),
    "SIMPLE_RADIAL": _Model(BrownConrady, 1, ("k1",)),
    "RADIAL": _Model(BrownConrady, 1, ("k1", "k2")),
    "OPENCV": _Model(BrownConrady, 2, ("k1", "k2", "p1", "p2")),
    "FULL_OPENCV": _Model(BrownConrady, 2, ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")),
    "SIMPLE_RADIAL_FISHEYE": _Model(KannalaBrandt, 1, ("k1",)),
    "RADIAL_FISHEYE": _Model(KannalaBrandt, 1, ("k1", "k2")),
    "OPENCV_FISHEYE": _Model(KannalaBrandt, 2, ("k1", "k2", "k3", "k4")),
}
_LINE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*\d+[ \t]+[A-Z][A-Z_]+[ \t]+\d+[ \t]+\d+[ \t]", re.ASCII)


def looks_like(text: str) -> bool:
    """Whether the first line that is no comment is a camera's."""
    return _LINE.match(text) is not None


def load(text: str, options: Options) -> Profile:
    """The lens of one camera of the file."""
    lines: dict[str, list[str]] = {}
    for row, line in enumerate(text.splitlines(), 1):
        fields = line.split("#", 1)[0].split()
        if fields and fields[0] in lines:
            raise ValueError(f"camera {fields[0]} comes twice, at line {row} again")
        if fields:
            lines[fields[0]] = fields[1:]
    if not lines:
        raise ValueError("no camera is in the file")
    if options.camera is None and len(lines) > 1:
        raise ValueError(f"the file has several cameras; choose one with camera=: {listed(lines)}")
    name = options.camera if options.camera is not None else next(iter(lines))
    if name not in lines:
        raise ValueError(f"no camera {shown(name)} is in the file; it has {listed(lines)}")
    fields = lines[name]
    lens = _lens(name, fields)
    return Profile(lens, provenance={"format": "colmap", "camera": name, "model": fields[0]})


def _lens(camera: str, fields: list[str]) -> Lens:
    whole(camera, "CAMERA_ID")
    if len(fields) < 3:
        raise ValueError(f"camera {camera} needs MODEL, WIDTH, HEIGHT and PARAMS, got {listed(fields)}")
    model = _MODELS.get(fields[0])
    if model is None:
        raise ValueError(
            f"camera {camera} has the model {shown(fields[0])}; {', '.join(_MODELS)} are read"
            f"{suggestion(fields[0], _MODELS)}"
        )
    count = model.focals + 2 + len(model.names)
    if len(fields) != 3 + count:
        raise ValueError(f"camera {camera}: {fields[0]} has {count} parameters, got {len(fields) - 3}")
    width, height = whole(fields[1], "WIDTH"), whole(fields[2], "HEIGHT")
    given = [number(field, f"a parameter of camera {camera}") for field in fields[3:]]
    focal, (cx, cy), terms = given[: model.focals], given[model.focals :][:2], given[model.focals + 2 :]
    k = dict(zip(model.names, terms, strict=True))
    camera_of = ((focal[0], focal[-1]), (cx - 0.5, cy - 0.5))
    radial = tuple(k.get(f"k{i}", 0.0) for i in range(1, 7))
    if model.lens is KannalaBrandt:
        return KannalaBrandt(*camera_of, radial[:4], size=(width, height))
    return BrownConrady(*camera_of, radial, (k.get("p1", 0.0), k.get("p2", 0.0)), size=(width, height))


def dump(profile: Profile) -> str:
    """The file's text, in the smallest model that says the lens."""
    lens = profile.lens
    if lens.view:
        raise ValueError("COLMAP has no view of its own for the corrected image")
    if lens.size is None:
        raise ValueError("COLMAP needs the size of the photo; make the lens with size=(width, height)")
    if isinstance(lens, BrownConrady) and not any(lens.thin_prism):
        k = {f"k{i}": value for i, value in enumerate(lens.radial, 1)}
        k |= dict(zip(("p1", "p2"), lens.tangential, strict=True))
    elif isinstance(lens, KannalaBrandt):
        k = {f"k{i}": value for i, value in enumerate(lens.coefficients, 1)}
    else:
        what = "thin-prism coefficients" if isinstance(lens, BrownConrady) else type(lens).__name__
        raise ValueError(f"COLMAP has no {what}")
    name = next(
        name
        for name, model in _MODELS.items()
        if isinstance(lens, model.lens)
        and (model.focals == 2 or lens.focal[0] == lens.focal[1])
        and not any(value for key, value in k.items() if key not in model.names)
    )
    model = _MODELS[name]
    center = (c + 0.5 for c in lens.center)
    given = [*lens.focal[: model.focals], *center, *(k[key] for key in model.names)]
    head = "# Camera list with one line of data per camera:\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
    return f"{head}1 {name} {lens.size[0]} {lens.size[1]} {' '.join(map(real, given))}\n"
