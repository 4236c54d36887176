"""Fuzz `decompress` with files whose checksums are made right.

With atheris (pip install atheris) changes are guided by coverage, and arguments are those of libFuzzer. Without it the
same target runs on random changes of the golden files, as many as --runs says.
"""

import contextlib
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["pixkern.pipelines.codec"]) if atheris else contextlib.nullcontext():
    import codec_forgery as forgery

    from pixkern.pipelines.codec import DecodeError, decompress, info

GOLDEN = Path(__file__).parents[1] / "golden" / "codec"


def target(data):
    for seen in (data, forgery.resealed(data)):
        try:
            about = info(seen, max_pixels=2**16)
            pixels = decompress(seen, max_pixels=2**16)
        except DecodeError:
            continue
        assert pixels.shape[:2] == (about.height, about.width)


def changed(data, draw):
    """Bytes that are others, gone, or twice there."""
    data = bytearray(data)
    for _ in range(draw.randrange(1, 6)):
        place = draw.randrange(len(data) - 1)
        how = draw.randrange(4)
        if how < 2:
            data[place] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
        elif how == 2:
            del data[place : place + draw.randrange(1, 5)]
        else:
            data[place:place] = data[place : place + draw.randrange(1, 9)]
    return bytes(data)


def main():
    if atheris:
        own = [] if any(not option.startswith("-") for option in sys.argv[1:]) else [tempfile.mkdtemp()]
        atheris.Setup([*sys.argv, *own, str(GOLDEN)], target)  # new inputs go into the first folder
        atheris.Fuzz()
        return
    runs = int(sys.argv[sys.argv.index("--runs") + 1]) if "--runs" in sys.argv else 10_000
    seeds = [path.read_bytes() for path in sorted(GOLDEN.glob("*.pxk"))]
    draw = random.Random(0)
    for _ in range(runs):
        target(changed(draw.choice(seeds), draw))
    print(f"{runs} files")


if __name__ == "__main__":
    main()
