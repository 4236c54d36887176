"""`pixkern codec`: compress, decompress, info and rd. The options say what the functions of the pipeline say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count, percentage, suffix
from ._codec_commands import compress, decompress, info
from ._codec_rd import rd


def add_to(commands: Any) -> None:
    """Add the command to an argparse parser."""
    parser = commands.add_parser(
        "codec",
        help="image compression: compress, decompress, info, rd",
        description="Compress images to .pxk files and back, and compare the codec with others.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_compress(inner)
    _add_decompress(inner)
    _add_info(inner)
    _add_rd(inner)


def _add_compress(commands: Any) -> None:
    parser = commands.add_parser(
        "compress",
        help="compress an image or a folder of images",
        description="Compress an image or a folder of images to .pxk files.",
        epilog="Examples: pixkern codec compress photo.png photo.pxk --quality 60; "
        "pixkern codec compress photos small --recursive --mode lossless",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="an image, or a folder of images")
    parser.add_argument("output", metavar="OUT", type=Path, help="the .pxk file, or the folder for it or them")
    parser.add_argument("--quality", type=percentage, metavar="1-100", help="default: 75; not for lossless")
    parser.add_argument(
        "--mode",
        choices=("wavelet", "lossless", "vae"),
        help="wavelet (the default), lossless (also of 16 bits a sample), or vae (learned, for tiny files)",
    )
    parser.add_argument(
        "--profile", choices=("dense", "fast"), help="smaller files (dense, the default), or several times the speed"
    )
    parser.add_argument(
        "--wavelet", choices=("cdf97", "cdf53", "haar"), help="default: cdf97; cdf53 for lossless, which has no cdf97"
    )
    _add_model(parser)
    parser.add_argument("--hadamard", action="store_true", help="vae: mix the latent channels by a Hadamard transform")
    parser.add_argument("--tile", type=count, metavar="N", help="side of what decodes on its own: 64, 128, ... 4096")
    _add_folder_options(parser)
    parser.set_defaults(run=compress)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="vae: a model that comes with pixkern or that a file names")
    parser.add_argument("--config", metavar="FILE.toml", type=Path, help="vae: the file that names models")


def _add_folder_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=count, metavar="N", help="threads of one process; default: the cores")
    runs = parser.add_argument_group("folders")
    runs.add_argument("--recursive", action="store_true", help="with all folders inside")
    runs.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores")
    runs.add_argument("--resume", action="store_true", help="skip what an earlier run has finished")
    parser.add_argument("--dry-run", action="store_true", help="do all the work, write nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_decompress(commands: Any) -> None:
    parser = commands.add_parser(
        "decompress",
        help="decompress a .pxk file or a folder of them",
        description="Decompress a .pxk file, or a folder of them, to image files.",
        epilog="Examples: pixkern codec decompress photo.pxk photo.png; "
        "pixkern codec decompress photo.pxk thumbnail.jpg --reduce 3",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="a .pxk file, or a folder of them")
    parser.add_argument(
        "output", metavar="OUT", type=Path, help="the image (.png .tif .webp .jpg .bmp), or the folder for it or them"
    )
    parser.add_argument("--suffix", type=suffix, metavar=".png", help="the format in folders; default: .png")
    parser.add_argument(
        "--reduce", type=_reduction, metavar="N", help="halve the size N times; decodes only what that needs"
    )
    parser.add_argument(
        "--region", type=_region, metavar="X,Y,W,H", help="only this part of what would come out without it, in pixels"
    )
    parser.add_argument("--max-pixels", type=count, metavar="N", help="refuse larger images; default: 268435456")
    _add_model(parser)
    _add_folder_options(parser)
    parser.set_defaults(run=decompress)


def _add_info(commands: Any) -> None:
    parser = commands.add_parser(
        "info",
        help="say what is in .pxk files",
        description="Say what the headers of .pxk files say, without decoding them.",
    )
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help=".pxk files")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=info)


def _add_rd(commands: Any) -> None:
    parser = commands.add_parser(
        "rd",
        help="draw rate-distortion curves beside JPEG, WebP, AVIF, JPEG XL and JPEG 2000",
        description="Compress the images of a folder at several qualities, by pixkern and by other encoders, and write "
        "tables (CSV, JSON), plots, and one page with curves, BD-rates, residuals and details side by side.",
        epilog="Example: pixkern codec rd photos curves --crop 768x512 --lossless",
    )
    parser.add_argument("input", metavar="FOLDER", type=Path, help="the images")
    parser.add_argument("output", metavar="OUT", type=Path, help="folder for index.html and what it is made of")
    parser.add_argument(
        "--qualities",
        type=_qualities,
        metavar="Q,Q,...",
        help="for all encoders that count from 1 to 100; default: each one's own, about 0.1 to 3 bits per pixel",
    )
    parser.add_argument("--peers", type=_names, metavar="NAME,...", help="only these encoders, pixkern's own included")
    parser.add_argument("--lossless", action="store_true", help="with the lossless encoders")
    parser.add_argument("--anchor", metavar="NAME", default="jpeg", help="what BD-rates are against; default: jpeg")
    parser.add_argument("--crop", type=_size, metavar="768x512", help="only the middle, turned for portraits")
    parser.add_argument("--limit", type=count, metavar="N", help="only the first N images")
    parser.add_argument("--pictures", type=_whole, default=4, metavar="N", help="images shown at one size; default: 4")
    parser.add_argument("--repeats", type=count, default=1, metavar="N", help="the shortest of N times; default: 1")
    parser.add_argument("--jobs", type=count, metavar="N", help="processes; default: the cores; 1 for good times")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=rd)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")
    return int(text)


def _reduction(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 10):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 10, got {text!r}")
    return int(text)


def _region(text: str) -> tuple[int, int, int, int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"must be X,Y,WIDTH,HEIGHT in whole pixels, got {text!r}")
    x, y, width, height = map(int, parts)
    if min(width, height) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1 x 1 pixels, got {text!r}")
    return x, y, width, height


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    return count(width), count(height)


def _qualities(text: str) -> list[int]:
    return sorted({percentage(part.strip()) for part in text.split(",")})


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
