"""`pixkern relight apply`: one photo under one light, and the numbers that made it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import count, percentage
from ._relight_options import (
    Drawn,
    add_given,
    add_settings,
    check_format,
    check_targets,
    given_of,
    photo_of,
    profile_of,
    whole,
)

STAGES = ("mask", "albedo", "foreground", "normals")


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern relight`."""
    parser = commands.add_parser(
        "apply",
        help="relight one photo",
        description="Relight one photo: find who is in the foreground, take the light off, put another on, and lay it "
        "over the background. Beside OUT, a .json has every number that was drawn; pixkern relight replay makes the "
        "same bytes of it again.",
        epilog="Examples: pixkern relight apply portrait.jpg -o relit.png --seed 7; "
        "pixkern relight apply portrait.jpg -o relit.png --mask person.png --degradation hard_shadow --stages",
    )
    parser.add_argument("input", metavar="IMAGE", type=Path, help="PNG, JPEG, TIFF, WebP, BMP or GIF")
    parser.add_argument(
        "-o", "--out", metavar="OUT", type=Path, required=True, help=".png, .tif, .jpg, .webp (lossless) or .bmp"
    )
    add_settings(parser)
    parser.add_argument("--variant", type=whole, default=0, metavar="K", help="another light of the seed; default: 0")
    parser.add_argument("--key", metavar="TEXT", help="the sample's name, which draws depend on; default: IMAGE's stem")
    add_given(parser)
    parser.add_argument(
        "--stages", action="store_true", help=f"also write OUT's stem with {', '.join(f'.{name}' for name in STAGES)}"
    )
    add_writing(parser)
    parser.set_defaults(run=apply)


def add_writing(parser: argparse.ArgumentParser) -> None:
    """How a relit picture is written, here and by `replay`."""
    parser.add_argument("--quality", type=percentage, default=95, metavar="Q", help="of a JPEG; default: 95")
    parser.add_argument("--threads", type=count, metavar="N", help="default: the cores")
    parser.add_argument("--json", action="store_true", help="print JSON")


def apply(chosen: argparse.Namespace) -> int:
    """`pixkern relight apply`."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import encode_image
    from pixkern.pipelines.relight import relight

    target, given = chosen.out, given_of(chosen)
    params = target.with_suffix(".json")
    stages = stage_files(chosen)
    check_targets([chosen.input, *given.values()], [target, params, *stages.values()])
    file, drawn = photo_of(chosen.input), Drawn(chosen)
    check_format(file.pixels, target.suffix)
    key = chosen.key if chosen.key is not None else chosen.input.stem
    relit = relight(
        file.pixels,
        seed=drawn.seed,
        key=key,
        variant=chosen.variant,
        settings=drawn.settings,
        name=key,
        root=drawn.root,
        threads=chosen.threads,
        **given,
    )
    icc = profile_of(file, target.suffix)
    write_atomically(target, encode_image(relit.output, target.suffix, quality=chosen.quality, icc=icc))
    write_atomically(params, (json.dumps(relit.params, indent=1, allow_nan=False) + "\n").encode())
    write_stages(chosen, relit, stages)
    tell(chosen, relit, [target, params, *stages.values()])
    return 0


def stage_files(chosen: argparse.Namespace) -> dict[str, Path]:
    """Where the pictures of --stages go; masks and normals are always PNG."""
    target = chosen.out
    suffixes = {name: ".png" if name in ("mask", "normals") else target.suffix for name in STAGES}
    names = {name: target.with_name(f"{target.stem}.{name}{suffix}") for name, suffix in suffixes.items()}
    return names if chosen.stages else {}


def write_stages(chosen: argparse.Namespace, relit: Any, files: dict[str, Path]) -> None:
    """Write the pictures of --stages."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import encode_image
    from pixkern.pipelines.relight.pictures import normals_picture

    for name, path in files.items():
        picture = normals_picture(relit.normals) if name == "normals" else getattr(relit, name)
        write_atomically(path, encode_image(picture, path.suffix, quality=chosen.quality))


def tell(chosen: argparse.Namespace, relit: Any, written: list[Path]) -> None:
    """What was done, on stdout; what is to be known of it, on stderr."""
    from pixkern.pipelines.relight.pictures import described

    from . import complain, say

    if chosen.json:
        record = {"files": [str(path) for path in written], "notes": list(relit.notes), "seconds": relit.seconds}
        print(json.dumps({"params": relit.params, **record}, indent=1, allow_nan=False))
        return
    say(f"{chosen.input.name}: {', '.join(described(relit.params))}; wrote {written[0]}")
    for note in relit.notes:
        complain(f"{chosen.input.name}: {note}")
