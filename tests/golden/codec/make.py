"""Write the golden files of the format again: python tests/golden/codec/make.py

They freeze version 1. Only a new version, or new tables before the first release, is a reason to run this.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))

import codec_cases as cases  # noqa: E402

from pixkern.pipelines.codec import decompress  # noqa: E402


def main():
    digests = {}
    for name in cases.CASES:
        data = cases.compressed(name)
        pixels = decompress(data)
        (FOLDER / f"{name}.pxk").write_bytes(data)
        digests[name] = {"sha256": cases.digest(pixels), "shape": pixels.shape, "dtype": pixels.dtype.name}
    (FOLDER / "digests.json").write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
