"""`pixkern relight replay`: a relit photo again, bit for bit, from the numbers that were written down."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ._relight_apply import STAGES, add_writing, stage_files, tell, write_stages
from ._relight_options import add_given, check_format, check_targets, given_of, photo_of, profile_of


def add_to(commands: Any) -> None:
    """Add the command to the parser of `pixkern relight`."""
    parser = commands.add_parser(
        "replay",
        help="make a relit photo again, bit for bit",
        description="Make a relit photo again from its parameters. The photo, what was given beside it, and the "
        "result are compared with what was recorded: success means the same bits.",
        epilog="Examples: pixkern relight replay relit.json portrait.jpg -o again.png; "
        "pixkern relight replay dataset/manifest.jsonl photos/0042.jpg --sample 0042_3 -o again.png",
    )
    parser.add_argument(
        "params", metavar="PARAMS", type=Path, help="a .json of apply or of a data set, or a manifest.jsonl"
    )
    parser.add_argument("input", metavar="IMAGE", type=Path, help="the photo")
    parser.add_argument(
        "-o", "--out", metavar="OUT", type=Path, required=True, help=".png, .tif, .jpg, .webp (lossless) or .bmp"
    )
    parser.add_argument("--sample", metavar="ID", help="which line of a manifest")
    parser.add_argument(
        "--root", type=Path, metavar="FOLDER", help="what paths of the configuration start from; default: this folder"
    )
    add_given(parser)
    parser.add_argument(
        "--stages", action="store_true", help=f"also write OUT's stem with {', '.join(f'.{name}' for name in STAGES)}"
    )
    add_writing(parser)
    parser.set_defaults(run=replay)


def replay(chosen: argparse.Namespace) -> int:
    """`pixkern relight replay`."""
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import encode_image
    from pixkern.pipelines.relight import replay

    target, given = chosen.out, given_of(chosen)
    stages = stage_files(chosen)
    check_targets([chosen.params, chosen.input, *given.values()], [target, *stages.values()])
    record, file = read_record(chosen.params, chosen.sample), photo_of(chosen.input)
    pixels = _converted(file.pixels, record)
    check_format(pixels, target.suffix)
    relit = replay(record.get("params", record), pixels, root=chosen.root, threads=chosen.threads, **given)
    icc = profile_of(file, target.suffix)
    write_atomically(target, encode_image(relit.output, target.suffix, quality=chosen.quality, icc=icc))
    write_stages(chosen, relit, stages)
    tell(chosen, relit, [target, *stages.values()])
    return 0


def read_record(path: Path, sample: str | None) -> Mapping[str, Any]:
    """What a file has of one sample: its parameters alone, its record, or its line of a manifest.

    Raises
    ------
    ValueError
        The file has no parameters, or not of this sample; in one line with its name.
    OSError
        There is no such file.
    """
    found: list[Mapping[str, Any]] = []
    names: list[str] = []
    for record in _records(path):
        params = record.get("params", record)
        if not isinstance(params, Mapping) or "lighting" not in params:
            raise ValueError(f"{path}: these are not the parameters of a relit photo")
        names.append(str(record.get("sample", "")))
        if sample is None or names[-1] == sample:
            found.append(record)
    if len(found) == 1:
        return found[0]
    if not names:
        raise ValueError(f"{path} is empty")
    if not found:
        raise ValueError(f"{path}: there is no sample {sample!r} among {len(names)}" + _near(sample, names))
    if sample is None:
        raise ValueError(f"{path} has {len(found)} samples; say which with --sample, such as {names[0]}")
    raise ValueError(f"{path}: {len(found)} samples are called {sample!r}")


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """One object of a JSON file, or one of each line of a JSON Lines file."""
    data = path.read_bytes()
    lines = data.splitlines() if path.suffix.lower() == ".jsonl" else [data]
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}: line {number}" if len(lines) > 1 else str(path)
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{place} is not JSON: {error}") from None
        if not isinstance(record, Mapping):
            raise ValueError(f"{place}: these are not the parameters of a relit photo")
        yield record


def _converted(pixels: Any, record: Mapping[str, Any]) -> Any:
    """The photo in the depth that a data set has converted it to before it was relit."""
    photo = record.get("input")
    bits = photo.get("bits") if isinstance(photo, Mapping) else None
    if bits not in (8, 16):
        return pixels

    from pixkern.pipelines.relight.sample_files import as_depth

    return as_depth(pixels, bits)


def _near(sample: str | None, names: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(sample or "", names, n=1)
    return f", did you mean {near[0]}?" if near else ""
