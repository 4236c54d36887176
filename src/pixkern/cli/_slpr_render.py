"""`pixkern slpr render`: one image at one zoom."""

from __future__ import annotations

import argparse
import io
import json
import math
from pathlib import Path
from typing import Any

from ._slpr_options import add_law, color_mode_of, law_of, positive, region, size, whole


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern slpr`."""
    parser = commands.add_parser(
        "render",
        help="render one image at one zoom",
        description="Render an image at any size by stochastic lookups in its Laplacian pyramid.",
        epilog="Examples: pixkern slpr render photo.jpg --zoom 400 --samples 64; "
        "pixkern slpr render photo.jpg detail.png --zoom 800 --roi 1200,800,640,480 --samples inf",
    )
    parser.add_argument("input", metavar="IMAGE", type=Path, help="PNG, JPEG, TIFF, WebP, BMP or GIF")
    parser.add_argument(
        "output", metavar="OUT", type=Path, nargs="?", help="image or folder; default: IMAGE-<zoom>.png beside IMAGE"
    )
    large = parser.add_mutually_exclusive_group()
    large.add_argument("--zoom", type=positive, default=400.0, metavar="PERCENT", help="default: 400")
    large.add_argument("--size", type=size, metavar="WxH", help="instead of --zoom: of the whole, in pixels")
    parser.add_argument("--roi", type=region, metavar="X,Y,W,H", help="only this part of the whole, in its pixels")
    parser.add_argument("--first-sample", type=whole, default=0, metavar="N", help="samples count from N; default: 0")
    parser.add_argument(
        "--deviation",
        metavar="FILE",
        type=Path,
        help="also write the standard deviation of one sample: .npy (float32), or a picture whose white is the largest",
    )
    add_law(parser, block=1)
    parser.set_defaults(run=render)


def render(chosen: argparse.Namespace) -> int:
    """`pixkern slpr render`."""
    import numpy as np

    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import check_encodable, encode_image, read_image
    from pixkern.pipelines.slpr.case import output_size
    from pixkern.pipelines.slpr.picture import Picture

    from . import say

    file = read_image(chosen.input)
    mode = color_mode_of(chosen, file.pixels)
    width, height = chosen.size or output_size(file.size, chosen.zoom)
    target = _target(chosen, width, height)
    deep = file.pixels.dtype != np.uint8 and target.suffix.lower() in (".png", ".tif", ".tiff")
    dtype = np.uint16 if deep else np.uint8
    shape = (*(chosen.roi[:1:-1] if chosen.roi else (height, width)), *((3,) if _in_colour(mode, file.pixels) else ()))
    check_encodable(shape, dtype, target.suffix)  # before minutes of work, not after
    if chosen.deviation is not None and chosen.deviation.suffix.lower() != ".npy":
        check_encodable(shape[:2] if mode == "luma" else shape, np.uint8, chosen.deviation.suffix)
    picture = Picture.of(
        file.pixels,
        levels=chosen.levels,
        color_mode=mode,
        dtype=dtype,
        backend=chosen.backend,
    )
    law = law_of(chosen)
    pixels = picture.render((width, height), roi=chosen.roi, first_sample=chosen.first_sample, **law)
    data = encode_image(pixels, target.suffix, icc=_profile(file.icc, pixels))
    spread = _deviation(picture, (width, height), chosen, law) if chosen.deviation else None
    write_atomically(target, data)
    record: dict[str, Any] = {
        "input": str(chosen.input),
        "output": str(target),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "whole": [width, height],
        "color_mode": mode,
        "levels": chosen.levels,
        "first_sample": chosen.first_sample,
        **law,
        "samples": "inf" if law["samples"] == math.inf else law["samples"],
        "bytes": len(data),
    }
    if spread is not None:
        write_atomically(chosen.deviation, spread.data)
        record["deviation"] = {"output": str(chosen.deviation), "rms": spread.rms, "largest": spread.largest}
    if chosen.json:
        print(json.dumps(record, indent=1))
        return 0
    say(f"{chosen.input.name}: wrote {target}, {pixels.shape[1]} x {pixels.shape[0]}, {record['samples']} samples")
    if spread is not None:
        say(f"wrote {chosen.deviation}: deviation of one sample, rms {spread.rms:.4g}, largest {spread.largest:.4g}")
    return 0


def _in_colour(mode: str, pixels: Any) -> bool:
    """Whether a render has three channels: luma does where there is a chroma beside it."""
    return mode == "rgb" or (mode == "luma" and pixels.ndim == 3)


def _target(chosen: argparse.Namespace, width: int, height: int) -> Path:
    named = f"{width}x{height}" if chosen.size else f"{chosen.zoom:g}"
    name = f"{chosen.input.stem}-{named}.png"
    target: Path = chosen.output or chosen.input.with_name(name)
    if target.is_dir():
        target = target / name
    outputs = [target] if chosen.deviation is None else [target, chosen.deviation]
    for path in outputs:
        if path.exists() and path.samefile(chosen.input):
            raise ValueError(f"the image would be written over itself: {path} is both input and output")
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent} for {path.name}")
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise ValueError(f"{target} cannot be both the image and its deviation")
    return target


def _profile(icc: bytes | None, pixels: Any) -> bytes | None:
    """The colour profile of the input, where it is one for the kind of pixels that come out."""
    kind = b"GRAY" if pixels.ndim == 2 else b"RGB "
    return icc if icc is not None and icc[16:20] == kind else None


class _Spread:
    """A map of deviations as a file, and what it says."""

    def __init__(self, data: bytes, rms: float, largest: float) -> None:
        self.data, self.rms, self.largest = data, rms, largest


def _deviation(picture: Any, whole_size: tuple[int, int], chosen: argparse.Namespace, law: dict[str, Any]) -> _Spread:
    import numpy as np

    from pixkern.pipelines.files import encode_image

    kept = {name: law[name] for name in ("patch_size", "jitter", "noise_strength", "gains")}
    deviation = picture.deviation(whole_size, roi=chosen.roi, **kept)
    largest = float(deviation.max())
    rms = math.sqrt(float(np.square(deviation, dtype=np.float64).mean()))
    if chosen.deviation.suffix.lower() == ".npy":
        file = io.BytesIO()
        np.save(file, deviation)
        return _Spread(file.getvalue(), rms, largest)
    codes = np.rint(deviation * np.float32(255 / largest if largest else 0)).astype(np.uint8)
    return _Spread(encode_image(codes, chosen.deviation.suffix), rms, largest)
