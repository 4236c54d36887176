"""`pixkern lens`: correct, calibrate, score and submit. The options say what the functions of the pipeline say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count, percentage, suffix
from ._lens_commands import calibrate, correct, score, submit, verify


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "lens",
        help="lens correction: correct, calibrate, score, submit",
        description="Straighten photos, and what goes with it.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_correct(inner)
    _add_calibrate(inner)
    _add_score(inner)
    _add_submit(inner)
    _add_verify(inner)


def _add_correct(commands: Any) -> None:
    parser = commands.add_parser(
        "correct",
        help="straighten a photo or a folder of photos",
        description="Straighten a photo or a folder of photos. What cannot be corrected safely is copied unchanged, "
        "and says why in its metadata.",
        epilog="Examples: pixkern lens correct photos straight --pool; "
        "pixkern lens correct photo.jpg straight.jpg --profile lens.yml",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="a photo, or a folder of photos")
    parser.add_argument("output", metavar="OUT", type=Path, help="the corrected photo, or the folder for them")
    source = parser.add_argument_group("where the lens comes from").add_mutually_exclusive_group()
    source.add_argument(
        "--predictor",
        metavar="auto|FILE",
        default="auto",
        help="estimate it from each photo's straight lines (auto, the default), or a lens file or ONNX model",
    )
    source.add_argument(
        "--profile", metavar="FILE", type=Path, help="a lens file: OpenCV, ROS, lensfun, COLMAP or pixkern's JSON"
    )
    source.add_argument("--checkpoint", metavar="MODEL.onnx", help="a learned model, see the page on lens correction")
    which = parser.add_argument_group("which lens of a file with several")
    which.add_argument("--lens", metavar="NAME", help="name of the lens")
    which.add_argument("--camera", metavar="NAME", help="name or number of the camera")
    which.add_argument("--focal-length", metavar="MM", type=float, help="focal length of the photos")
    which.add_argument("--aperture", metavar="F", type=float, help="f-number of the photos")
    which.add_argument("--distance", metavar="M", type=float, help="distance of the subject, in metres")
    which.add_argument("--crop-factor", metavar="X", type=float, help="crop factor of the camera")
    how = parser.add_argument_group("how photos are corrected")
    how.add_argument(
        "--crop",
        choices=("valid", "keep-all", "same-size"),
        default="valid",
        help="no border (valid, the default), the whole photo with alpha around it, or the photo's own scale",
    )
    how.add_argument(
        "--interpolation",
        choices=("lanczos4", "bicubic", "bilinear", "nearest"),
        default="lanczos4",
        help="default: lanczos4",
    )
    how.add_argument("--border", choices=("zeros", "border", "reflection"), help="beyond the photo; default: by crop")
    how.add_argument("--no-vignetting", action="store_true", help="leave the light fall-off that a profile knows")
    how.add_argument("--quality", type=percentage, default=95, metavar="1-100", help="of JPEG files; default: 95")
    how.add_argument(
        "--suffix", type=suffix, metavar=".png", help="write this format; default: each photo's own, if it can hold it"
    )
    runs = parser.add_argument_group("folders")
    runs.add_argument("--pool", action="store_true", help="auto: one lens for all photos of one sensor size")
    runs.add_argument("--recursive", action="store_true", help="with all folders inside")
    runs.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    runs.add_argument("--resume", action="store_true", help="skip what an earlier run has finished")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
    parser.add_argument("--backend", choices=("cpu", "cuda"), help="where to run; default: cpu")
    parser.add_argument("--threads", type=count, metavar="N", help="threads of one process; default: the cores")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=correct)


def _add_calibrate(commands: Any) -> None:
    parser = commands.add_parser(
        "calibrate",
        help="measure a lens from photos of a checkerboard",
        description="Measure a lens from at least 3 photos of one checkerboard, all of one size.",
        epilog="Example: pixkern lens calibrate boards --pattern 9x6 --out lens.yml",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the photos of the board")
    parser.add_argument(
        "--pattern", type=_pattern, default=(9, 6), metavar="9x6", help="inner corners of the board; default: 9x6"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="lens file: .yml or .xml (OpenCV), or .json (pixkern)"
    )
    parser.add_argument(
        "--coefficients", type=int, choices=(2, 4, 5, 8, 12), default=5, help="of the distortion; default: 5"
    )
    parser.add_argument("--leave-one-out", action="store_true", help="also test on boards that the fit has not seen")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=calibrate)


def _add_score(commands: Any) -> None:
    parser = commands.add_parser(
        "score",
        help="compare corrected photos with references",
        description="Score the photos of a folder against references of the same names: edges, lines, gradients, "
        "SSIM and mean absolute error, each and in total.",
    )
    parser.add_argument("predictions", metavar="PRED", type=Path, help="folder of corrected photos")
    parser.add_argument("references", metavar="REF", type=Path, help="folder of references")
    parser.add_argument("--split", metavar="FILE.csv", type=Path, help="ids to score: columns id and split")
    parser.add_argument("--only", metavar="NAME", action="append", help="a split of the file; may be given again")
    parser.add_argument("--out", metavar="FILE", type=Path, help="also write the scores, as .csv or .json")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=score)


def _add_submit(commands: Any) -> None:
    parser = commands.add_parser(
        "submit",
        help="check corrected photos strictly and pack them",
        description="Check ids, count, sizes, that all photos decode and that none is unsafe; then write a zip archive "
        "whose bytes depend on the photos only.",
    )
    parser.add_argument("predictions", metavar="PRED", type=Path, help="folder of corrected photos")
    parser.add_argument("--ids", metavar="FILE.csv", type=Path, required=True, help="the ids, in a column id")
    parser.add_argument("--originals", metavar="DIR", type=Path, help="photos whose sizes must be kept")
    parser.add_argument(
        "--metadata", metavar="DIR", type=Path, help="metadata of each photo; default: PRED/metadata if it is there"
    )
    parser.add_argument("--only", metavar="NAME", action="append", help="a split of the ids; may be given again")
    parser.add_argument("--suffix", type=suffix, metavar=".jpg", help="what every name must end in")
    parser.add_argument("--out", metavar="FILE.zip", type=Path, required=True, help="the archive")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=submit)


def _add_verify(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="check an archive that submit wrote",
        description="Check the layout, names and manifest of an archive, and that every photo in it decodes.",
    )
    parser.add_argument("archive", metavar="FILE.zip", type=Path, help="the archive")
    parser.add_argument("--ids", metavar="FILE.csv", type=Path, help="the ids that must be in it")
    parser.add_argument("--only", metavar="NAME", action="append", help="a split of the ids; may be given again")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=verify)


def _pattern(text: str) -> tuple[int, int]:
    columns, _, rows = text.lower().partition("x")
    if not (columns.isascii() and rows.isascii() and columns.isdecimal() and rows.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be inner corners as COLUMNSxROWS, such as 9x6, got {text!r}")
    return int(columns), int(rows)
