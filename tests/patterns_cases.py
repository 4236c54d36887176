"""Shadow patterns and silhouettes, as digests: what must not change with CPU level, threads or backend."""

import hashlib
from dataclasses import replace

import numpy as np

from pixkern import _threads
from pixkern.shadows import Pattern, draw_pattern, draw_silhouette, pattern_mask, silhouette_mask

KINDS = (
    "tree_foliage",
    "venetian_blind",
    "window",
    "branch",
    "curtain",
    "fence",
    "voronoi",
    "lattice",
    "cloud",
    "screen",
    "perlin",
)
# Sampled at pixels, with and without taps; on the coarser grid, in blocks of more than 512 columns.
CASES = [((37, 61), 0.0), ((1, 1), 0.005), ((90, 70), 0.02), ((50, 700), 0.006), ((130, 3), 0.25)]


def results(backend=None):
    """(name, array) of every case."""
    for kind in KINDS:
        for seed, (shape, softness) in enumerate(CASES):
            pattern = replace(draw_pattern(kind, seed=2**63 + seed), softness=softness)
            yield f"{kind} {shape} {softness}", pattern_mask(pattern, shape, backend=backend)
    extreme = Pattern(kind="fence", seed=0, slant=0.9, angle=360, size=0.01, coverage=1, softness=0.01)
    yield "fence, extreme", pattern_mask(extreme, (40, 50), backend=backend)
    for name in ("leaf", "hand", "frond", "blob"):
        outline = draw_silhouette(name, seed=5, side=101)
        yield name, outline
        for shape, scale, softness in (((60, 80), 0.7, 0.0), ((300, 270), 0.1, 0.02), ((9, 600), 3.0, 0.004)):
            how = {"center": (0.1, -0.02), "angle": 33.0, "scale": scale, "softness": softness, "backend": backend}
            yield f"{name} {shape}", silhouette_mask(outline, shape, **how)


def print_digests():
    _threads._WORTH_SPLITTING = 16  # so that these small pictures are split at all
    for name, array in results():
        print(name, hashlib.sha256(np.asarray(array).tobytes()).hexdigest()[:16])
