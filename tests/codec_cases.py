"""Images and settings that the codec is tested with, made of integers only, and digests of what becomes of them."""

import hashlib
import itertools

import numpy as np

from pixkern import _colour, _threads
from pixkern.pipelines.codec import compress, decompress

KINDS = ("noise", "constant", "gradient", "sparse", "extremes", "natural")
SPLIT = 64  # elements from which on tests want threads to be used


def draws(shape, seed=0):
    """Hashes of the places in an array of `shape`, uint64: splitmix64, Steele, Lea and Flood 2014."""
    z = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(seed * 0x632BE59BD9B4E019 % 2**64)
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (z ^ z >> np.uint64(31)).reshape(shape)


def natural(rows, cols, channels, seed):
    """Octaves of smoothed noise, the coarser the stronger, a dark disc with an edge; channels are much alike."""
    total = np.zeros((rows, cols, channels), np.int64)
    for octave in range(6):
        side = 1 << octave
        grid = (draws((rows // side + 3, cols // side + 3, 1 + channels), seed + octave) >> np.uint64(56)).astype(
            np.int64
        )
        grid = grid[..., :1] + (grid[..., 1:] - grid[..., :1]) // 4
        fine = grid.repeat(side, axis=0).repeat(side, axis=1)
        for axis in (0, 1):  # boxes of two sides: linear from one draw to the next
            sums = np.cumsum(fine, axis=axis)
            fine = (np.roll(sums, -side, axis) - sums) // side
        total += fine[:rows, :cols] * side
    y, x = np.indices((rows, cols))
    disc = (2 * y - rows) ** 2 + (2 * x - cols) ** 2 < min(rows, cols) ** 2 // 2
    return total // 63 - 50 * disc[..., None]


def image(kind, shape, dtype="uint8", seed=0):
    """(H, W, C) of `dtype`."""
    rows, cols, channels = shape
    top = np.iinfo(dtype).max
    if kind == "noise":
        values = draws(shape, seed) % np.uint64(top + 1)
    elif kind == "constant":
        values = np.full(shape, (77 * top // 255 + seed) % (top + 1))
    elif kind == "gradient":
        y, x, c = np.indices(shape)
        values = (3 * y + 2 * x + 40 * c + seed) * (top // 255) % (top + 1)
    elif kind == "sparse":
        values = np.where(
            draws(shape, seed) % np.uint64(50) == 0, draws(shape, seed + 1) % np.uint64(top + 1), np.uint64(9)
        )
    elif kind == "extremes":
        values = (draws(shape, seed) & np.uint64(1)) * np.uint64(top)
    else:
        values = np.clip(natural(rows, cols, channels, seed), 0, 255) * (top // 255)
    return values.astype(dtype)


# name: (kind, shape, dtype, options). Tiles of 64 pixels, so that there are several.
CASES = {
    "wavelet-rgb-cdf97-dense": ("natural", (150, 130, 3), "uint8", {"quality": 60}),
    "wavelet-rgb-cdf97-fast": ("natural", (150, 130, 3), "uint8", {"quality": 75, "profile": "fast"}),
    "wavelet-rgba-cdf53-dense": ("natural", (70, 129, 4), "uint8", {"quality": 40, "wavelet": "cdf53"}),
    "wavelet-grey-alpha-haar-fast": (
        *("sparse", (65, 70, 2), "uint8"),
        {"quality": 90, "wavelet": "haar", "profile": "fast"},
    ),
    "wavelet-grey-cdf97-dense": ("extremes", (40, 100, 1), "uint8", {"quality": 100}),
    "wavelet-column": ("gradient", (131, 1, 3), "uint8", {"quality": 85, "profile": "fast"}),
    "lossless-rgb-cdf53-dense": ("natural", (70, 66, 3), "uint8", {"mode": "lossless"}),
    "lossless-rgba-haar-fast": (
        *("gradient", (35, 67, 4), "uint8"),
        {"mode": "lossless", "wavelet": "haar", "profile": "fast"},
    ),
    "lossless-grey-16-dense": ("natural", (37, 53, 1), "uint16", {"mode": "lossless"}),
    "lossless-grey-alpha-16-haar-fast": (
        *("extremes", (19, 31, 2), "uint16"),
        {"mode": "lossless", "profile": "fast", "wavelet": "haar"},
    ),
    "lossless-rgb-16-dense": ("noise", (33, 20, 3), "uint16", {"mode": "lossless"}),
    "lossless-pixel": ("constant", (1, 1, 4), "uint8", {"mode": "lossless"}),
}


def compressed(name):
    """The bytes of a case."""
    kind, shape, dtype, options = CASES[name]
    return compress(image(kind, shape, dtype), tile=64, **options)


def digest(data):
    """Of bytes or an array."""
    return hashlib.sha256(np.ascontiguousarray(data) if isinstance(data, np.ndarray) else data).hexdigest()


def print_digests():
    _threads._WORTH_SPLITTING = SPLIT
    for name in CASES:
        data = compressed(name)
        print(name, digest(data), digest(decompress(data)))


def colours():
    """Digests of planes of colours, and of pixels of planes that no pixels have."""
    for dtype, number, channels in itertools.product(("uint8", "uint16"), ("int32", "float32"), (1, 2, 3, 4)):
        planes = np.empty((channels, 21, 530), number)
        _colour.split(image("noise", (21, 530, channels), dtype), planes)
        pixels = np.empty((21, 530, channels), dtype)
        _colour.join(planes * 3 // 2, pixels)
        yield f"{dtype} {number} {channels} {digest(planes)} {digest(pixels)}"


def print_colours():
    print("\n".join(colours()))
