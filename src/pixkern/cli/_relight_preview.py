"""`pixkern relight preview`: photos under many lights, on one sheet to look at."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import count
from ._relight_options import Drawn, add_given, add_settings, check_targets, given_of, photo_of, whole


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern relight`."""
    parser = commands.add_parser(
        "preview",
        help="a contact sheet of photos under many lights",
        description="Show photos, their masks, albedos and normals, and each under some lights, on one sheet: what a "
        "configuration makes, before it makes thousands.",
        epilog="Examples: pixkern relight preview portrait.jpg -k 12 -o sheet.png; "
        "pixkern relight preview photos -k 4 --photos 10 --config relight.yaml -o sheet.jpg",
    )
    parser.add_argument("input", metavar="IMAGE|FOLDER", type=Path, help="a photo, or a folder of them")
    parser.add_argument("-o", "--out", metavar="SHEET", type=Path, required=True, help="PNG, JPEG, WebP, TIFF or BMP")
    parser.add_argument("-k", "--variants", type=count, default=12, metavar="K", help="lights per photo; default: 12")
    parser.add_argument("--photos", type=count, default=8, metavar="N", help="at most, of a folder, evenly; default: 8")
    parser.add_argument("--recursive", action="store_true", help="with those of the folders inside")
    parser.add_argument("--first-variant", type=whole, default=0, metavar="K", help="lights count from K; default: 0")
    add_settings(parser)
    add_given(parser)
    parser.add_argument("--columns", type=count, default=4, metavar="N", help="pictures in a row; default: 4")
    parser.add_argument("--side", type=_side, default=256, metavar="PX", help="of pictures on the sheet; default: 256")
    parser.add_argument("--threads", type=count, metavar="N", help="default: the cores")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=preview)


def _side(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 32 <= int(text) <= 4096):
        raise argparse.ArgumentTypeError(f"must be 32 to 4096 pixels, got {text!r}")
    return int(text)


def preview(chosen: argparse.Namespace) -> int:
    """`pixkern relight preview`."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import check_encodable, encode_image
    from pixkern.pipelines.relight import preview
    from pixkern.pipelines.relight.contact_sheet import stacked

    from . import complain, say

    given, photos = given_of(chosen), _photos(chosen)
    if chosen.input.is_dir() and given:
        raise ValueError(f"--{next(iter(given))} is for one photo; name folders in a --config for many")
    check_targets([*photos.values(), *given.values()], [chosen.out])
    check_encodable((1, 1, 3), "uint8", chosen.out.suffix)
    drawn = Drawn(chosen)
    sheets, failed = [], {}
    for key, path in photos.items():
        try:
            sheets.append(
                preview(
                    photo_of(path).pixels,
                    seed=drawn.seed,
                    key=key,
                    variants=chosen.variants,
                    first_variant=chosen.first_variant,
                    settings=drawn.settings,
                    root=drawn.root,
                    columns=chosen.columns,
                    side=chosen.side,
                    threads=chosen.threads,
                    **given,
                )
            )
        except (ValueError, OSError) as error:
            if not chosen.input.is_dir():
                raise
            failed[key] = str(error)
    if sheets:
        sheet = stacked(sheets)
        write_atomically(chosen.out, encode_image(sheet, chosen.out.suffix))
    if chosen.json:
        done = [key for key in photos if key not in failed]
        record = {"output": str(chosen.out) if sheets else None, "photos": done, "failed": failed}
        print(json.dumps({**record, "variants": chosen.variants, "seed": drawn.seed}, indent=1))
    elif sheets:
        told = "1 photo" if len(sheets) == 1 else f"{len(sheets)} photos"
        lights = "1 light" if chosen.variants == 1 else f"{chosen.variants} lights"
        say(f"wrote {chosen.out}: {told}, {lights} each, {sheet.shape[1]} x {sheet.shape[0]}")
    for key, reason in failed.items():
        complain(f"{key}: {reason}")
    return 1 if failed else 0


def _photos(chosen: argparse.Namespace) -> dict[str, Path]:
    """Paths by the keys that a data set of them has."""
    from pixkern.pipelines.relight.photos import list_photos

    from . import complain

    if not chosen.input.is_dir():
        return {chosen.input.stem: chosen.input}
    listing = list_photos(chosen.input, recursive=chosen.recursive)
    for name, reason in listing.refused.items():
        complain(f"{name}: {reason}")
    found = listing.photos
    if not found:
        raise ValueError(f"there is no image in {chosen.input}")
    wanted = min(chosen.photos, len(found))
    picked = [found[number * len(found) // wanted] for number in range(wanted)]
    return {photo.key: photo.path for photo in picked}
