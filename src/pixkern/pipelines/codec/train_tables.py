"""Make the tables of the format from photographs.

    python -m pixkern.pipelines.codec.train_tables --photos FOLDER --out FILE.npz

For each table: first the weights, by which the magnitudes around a coefficient predict its own (least squares without
negative weights, each coefficient weighted by one over its expected magnitude); then the frequencies of tokens in the
contexts that these weights make, twice, since which ones are not worth their bits depends on them. Frequencies seen
rarely lean on those of the same context in all tables.

The tables of version 1 are part of its format and stay as they are. Needs SciPy (extra ``train``).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from pixkern._coefficients import CHROMA as OTHER_CHROMA
from pixkern._coefficients import (
    COLS,
    CONTEXTS,
    LUMA,
    PARENT,
    ROWS,
    SECOND,
    SIBLING,
    TABLE,
    TOKENS,
    WEIGHTS,
    Model,
    Symbols,
    encode,
)
from pixkern.lifting import dwt2

from .entropy_tables import table_name
from .layer import Layer, Profile
from .segments import TABLES, Segments
from .steps import image_step, latent_step, segment_steps

QUALITIES = (20, 50, 80, 93)  # lossy tables serve all; these span what people use
CROP = 512  # of every photograph, pixels a side at most
_SUM = 1 << 14
_SOURCES = (PARENT, SIBLING, SECOND, LUMA, OTHER_CHROMA)  # with their 3x3 neighbourhoods: weights 1 to 10
_FEATURES = 16  # then north, northwest, northeast, north of north, west, west of west
_MOST_ROWS = 64  # of a segment that the weights are fitted to
_ROUNDS = 2  # what is thinned out depends on the frequencies of the round before
_LEAN = 20.0  # coefficients' worth of the common frequencies in every context
_SEEN = np.array(
    [token if token < 16 else min(255, (2 + (token & 1)) << ((token - 16) // 2 + 3)) for token in range(32)]
)

Planes = tuple[np.ndarray, Layer]  # coefficients, and how they are coded


def train(sets: dict[str, Callable[[], Iterable[Planes]]]) -> dict[str, np.ndarray]:
    """Weights and frequencies of every set, by the names under which they are stored."""
    found: dict[str, np.ndarray] = {}
    for name, planes in sets.items():
        fitted = fit(planes, dense=name.endswith("dense"))
        found[f"{name}.weights"], found[f"{name}.frequencies"] = fitted.weights, fitted.frequencies
        print(name, flush=True)
    return found


def fit(planes: Callable[[], Iterable[Planes]], *, dense: bool) -> Model:
    """The model of all the coefficients that `planes` gives; it is called several times and must give the same."""
    flat = np.full((TABLES, CONTEXTS, TOKENS), _SUM // TOKENS, np.uint16)
    weights = _fit_weights(planes(), Model(np.zeros((TABLES, WEIGHTS), np.int32), flat), dense=dense)
    fitted = Model(weights, flat)
    for _ in range(_ROUNDS):
        counts = np.zeros((TABLES, CONTEXTS, TOKENS), np.int64)
        for coefficients, layer in planes():
            for segments, coded, symbols in _described(coefficients, layer, fitted):
                sizes = segments.fields[coded, ROWS] * segments.fields[coded, COLS]
                tables = np.repeat(segments.fields[coded, TABLE], sizes)
                index = (tables * CONTEXTS + symbols.contexts) * TOKENS + symbols.tokens
                counts += np.bincount(index, minlength=counts.size).reshape(counts.shape)
        fitted = Model(weights, _frequencies(counts))
    return fitted


def _described(coefficients: np.ndarray, layer: Layer, model: Model) -> Iterator[tuple[Segments, np.ndarray, Symbols]]:
    """Segments, which of them are coded, and their symbols, tile by tile."""
    tiling = layer.tiling
    for index in range(tiling.rows * tiling.cols):
        segments = tiling.segments(index, layer.roles)
        steps = segment_steps(
            segments, step=layer.step, wavelet=layer.wavelet, chroma=1.0 if layer.colour == "ycocg" else None
        )
        streams, symbols = encode(coefficients, segments.fields, segments.map_bytes, steps, model, layer.profile)
        yield segments, streams.coded, symbols


def _fit_weights(planes: Iterable[Planes], model: Model, *, dense: bool) -> np.ndarray:
    from scipy.optimize import nnls

    used = _FEATURES if dense else 2 * len(_SOURCES)
    products, targets = np.zeros((TABLES, used, used)), np.zeros((TABLES, used))
    for coefficients, layer in planes:
        for segments, coded, symbols in _described(coefficients, layer, model):
            for table, features, magnitudes in _features(segments, coded, symbols):
                seen = features[:used]
                weight = 1 / (0.3 + 1.5 * seen.mean(0))
                products[table] += (seen * weight) @ seen.T
                targets[table] += (seen * weight) @ magnitudes
    weights = np.zeros((TABLES, WEIGHTS), np.int32)
    for table in range(TABLES):
        total = products[table]
        if np.trace(total) > 0:
            steady = total + np.diag(1e-4 * np.diag(total) + 1e-6 * np.trace(total) / used)
            root = np.linalg.cholesky(steady)
            weights[table, 1 : used + 1] = np.rint(256 * nnls(root.T, np.linalg.solve(root, targets[table]))[0])
    return weights


def _features(segments: Segments, coded: np.ndarray, symbols: Symbols) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Of each coded segment: its table, what its weights multiply (16, n), and the magnitudes to be predicted (n,)."""
    maps: list[np.ndarray] = []
    position = 0
    for field, any_coded in zip(segments.fields, coded, strict=True):
        rows, cols = int(field[ROWS]), int(field[COLS])
        magnitudes = np.zeros((rows, cols), np.float32)
        if any_coded:
            magnitudes[...] = _SEEN[symbols.tokens[position : position + rows * cols]].reshape(rows, cols)
            position += rows * cols
        maps.append(np.pad(magnitudes, ((2, 3), (2, 4))))
        if not any_coded:
            continue
        step = max(1, rows // _MOST_ROWS)
        features = np.zeros((_FEATURES, len(range(0, rows, step)), cols), np.float32)
        for k, source in enumerate(_SOURCES):
            if field[source] >= 0:
                for part, seen in enumerate(_around(maps[field[source]], doubled=source == PARENT)):
                    features[2 * k + part] = seen[:rows:step, :cols]
        near = maps[-1]
        for k, (up, left) in enumerate(((1, 0), (1, 1), (1, -1), (2, 0), (0, 1), (0, 2))):
            features[10 + k] = near[2 - up :, 2 - left :][:rows:step, :cols]
        yield int(field[TABLE]), features.reshape(_FEATURES, -1), magnitudes[::step].ravel()


def _around(padded: np.ndarray, *, doubled: bool) -> tuple[np.ndarray, np.ndarray]:
    """A map's magnitudes and their neighbourhoods weighted 1 2 1, 2 4 2, 1 2 1."""
    lines = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    smooth = (lines[:-2] + 2 * lines[1:-1] + lines[2:])[1:, 1:]
    both = padded[2:, 2:], smooth
    return tuple(np.repeat(np.repeat(x, 2, 0), 2, 1) for x in both) if doubled else both  # type: ignore[return-value]


def _frequencies(counts: np.ndarray) -> np.ndarray:
    """Frequencies of at least 1 that add up to 2**14."""
    common = counts.sum(0) + 0.05 * np.exp(-np.arange(TOKENS) / 4.0) + 1e-3
    shares = counts + _LEAN * common / common.sum(-1, keepdims=True)
    shares /= shares.sum(-1, keepdims=True)
    frequencies = np.maximum(np.floor(shares * _SUM), 1).astype(np.int64)
    largest = frequencies.argmax(-1)[..., None]
    rest = _SUM - frequencies.sum(-1, keepdims=True)
    np.put_along_axis(frequencies, largest, np.take_along_axis(frequencies, largest, -1) + rest, -1)
    return frequencies.astype(np.uint16)


def image_planes(photos: Sequence[Path], *, wavelet: str, exact: bool, profile: Profile) -> Iterator[Planes]:
    """The coefficients of the middle of each photograph, at every quality unless they are exact."""
    from pixkern import _colour

    for path in photos:
        pixels = _photo(path)
        rows, cols, _ = pixels.shape
        planes = np.empty((3, rows, cols), np.int32 if exact else np.float32)
        _colour.split(pixels, planes)
        levels = 6
        coefficients = dwt2(planes, wavelet=wavelet, levels=levels)  # type: ignore[arg-type]
        layer = Layer(
            *(cols, rows, 3, "int32" if exact else "float32", wavelet, levels, profile),
            colour="reversible" if exact else "ycocg",
        )
        for quality in (0,) if exact else QUALITIES:
            yield coefficients, layer if exact else replace(layer, step=image_step(quality))


def latent_planes(photos: Sequence[Path], *, models: Sequence[str], profile: Profile) -> Iterator[Planes]:
    """The same of the latents that models make of them."""
    from .models import find_model
    from .vae import encode as to_latents

    for name in models:
        for path in photos:
            latents = to_latents(_photo(path)[None], find_model(name))[0]
            channels, rows, cols = latents.shape
            coefficients = dwt2(latents, wavelet="cdf97", levels=3)
            layer = Layer(cols, rows, channels, "float32", "cdf97", 3, profile, content="latent")
            for quality in QUALITIES:
                yield coefficients, replace(layer, step=latent_step(quality))


def _photo(path: Path) -> np.ndarray:
    import cv2

    pixels = cv2.imread(str(path))
    if pixels is None:
        raise ValueError(f"{path} is no image that OpenCV reads")
    top, left = (max(0, (side - CROP) // 2) for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + CROP, left : left + CROP, ::-1])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="photographs as PNG")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument("--latents", nargs="*", default=["f8c4", "f8c16"], metavar="MODEL", help="whose latents to fit")
    chosen = parser.parse_args()
    photos = sorted(chosen.photos.glob("*.png"))
    if not photos:
        parser.error(f"there is no PNG in {chosen.photos}")
    sets: dict[str, Callable[[], Iterable[Planes]]] = {}
    profiles: tuple[Profile, ...] = ("dense", "fast")
    for profile in profiles:
        for wavelet, exact in (("cdf97", False), ("cdf53", False), ("cdf53", True)):
            number = "int32" if exact else "float32"
            name = table_name(content="image", number=number, wavelet=wavelet, profile=profile)
            sets[name] = partial(image_planes, photos, wavelet=wavelet, exact=exact, profile=profile)
        if chosen.latents:
            name = table_name(content="latent", number="float32", wavelet="cdf97", profile=profile)
            sets[name] = partial(latent_planes, photos, models=chosen.latents, profile=profile)
    np.savez_compressed(chosen.out, allow_pickle=False, **train(sets))


if __name__ == "__main__":
    main()
