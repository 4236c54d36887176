"""Colours of cells and differences from them in float64 and int64: cell by cell, pixel by pixel."""

import math

import numpy as np

SCALES = (36, 18, 14)


def owners(lines, length):
    """The pixels of each cell: those whose centres it holds, after the edges were moved apart to give each cell one."""
    count = len(lines) - 1
    edges = [sum(x + 0.5 < line for x in range(length)) for line in lines]
    edges[0], edges[-1] = 0, length
    for b in range(1, count + 1):
        edges[b] = max(edges[b], edges[b - 1] + 1)
    edges[count] = length
    for b in range(count - 1, -1, -1):
        edges[b] = min(edges[b], edges[b + 1] - 1)
    return [list(range(edges[b], edges[b + 1])) for b in range(count)]


def middle(lines, b, own):
    return min(max(math.floor((lines[b] + lines[b + 1]) / 2), own[0]), own[-1])


def core(lines, b, own):
    """The pixels further than a quarter of the cell from its lines, and the one in the middle."""
    quarter = (lines[b + 1] - lines[b]) / 4
    inner = [x for x in own if x + 0.5 - lines[b] > quarter and lines[b + 1] - (x + 0.5) > quarter]
    return sorted({*inner, middle(lines, b, own)})


def place(lines, b, own):
    """(1 - u^2)^2 of each pixel."""
    width, centre = lines[b + 1] - lines[b], (lines[b] + lines[b + 1]) / 2
    u = (np.array(own) + 0.5 - centre) / ((width + 0.5) / 2)
    return (1 - np.minimum(u**2, 0.9)) ** 2


def cells(image, lines_x, lines_y):
    """(row, column, how along y, how along x) of each cell, `how` of an axis being (line index, lines, pixels)."""
    for r, own_y in enumerate(owners(lines_y, image.shape[0])):
        for c, own_x in enumerate(owners(lines_x, image.shape[1])):
            yield r, c, (lines_y, r, own_y), (lines_x, c, own_x)


def weighted_mean(values, weights, otherwise):
    total = weights.sum()
    return (values * weights).sum() / total if total > 0 else otherwise


def inlier(image, lines_x, lines_y):
    """The estimate before it is rounded, (h, w, C) float64, and where it is decided, (h, w) bool.

    A cell of two colours may follow either, as the last bit of its start decides: one is undecided whose
    estimate jumps when the start moves by a thousandth of a level.
    """
    tries = [_inlier(image, lines_x, lines_y, nudge) for nudge in (0, -1e-3, 1e-3)]
    jumps = np.ptp(tries, axis=0).max(axis=-1)
    return tries[0], jumps < 5e-3


def _inlier(image, lines_x, lines_y, nudge):
    channels = image.shape[2]
    count = 3 if channels == 4 else channels
    out = np.zeros((len(lines_y) - 1, len(lines_x) - 1, channels))
    for r, c, down, across in cells(image, lines_x, lines_y):
        pixels = image[np.ix_(down[2], across[2])].astype(np.float64)
        a = np.outer(place(*down), place(*across))
        alpha = pixels[..., 3] if channels == 4 else np.ones_like(a)
        centre = image[middle(*down), middle(*across)].astype(np.float64)
        estimate = np.zeros(channels)
        for scale in (None, *SCALES):
            squares = ((pixels - estimate) ** 2)[..., :count].mean(axis=-1)
            b = 1 if scale is None else np.maximum(1 - squares / scale**2, 0) ** 2
            weights = a**8 if scale is None else a * b
            if channels == 4:
                off = (alpha - estimate[3]) ** 2
                b = 1 if scale is None else np.maximum(1 - off / scale**2, 0) ** 2
                estimate[3] = weighted_mean(alpha, a**8 if scale is None else a * b, centre[3])
            for k in range(count):
                otherwise = estimate[k] if channels == 4 and centre[3] == 0 else centre[k]
                estimate[k] = weighted_mean(pixels[..., k], weights * alpha, otherwise)
            estimate += nudge
        out[r, c] = estimate
    return out


def plain(image, lines_x, lines_y, method):
    """The sprite by "median", "mode" or "centre"."""
    channels = image.shape[2]
    count = 3 if channels == 4 else channels
    out = np.zeros((len(lines_y) - 1, len(lines_x) - 1, channels), np.uint8)
    for r, c, down, across in cells(image, lines_x, lines_y):
        if method == "centre":
            y, x = middle(down[0], r, down[2]), middle(across[0], c, across[2])
            out[r, c] = image[y, x]
            continue
        of_core = image[np.ix_(core(*down), core(*across))].reshape(-1, channels).astype(int)
        estimate = _median if method == "median" else _mode
        if channels == 4:
            alpha = estimate(of_core[:, 3:])[0]
            of_core = of_core[(of_core[:, 3] > 0) & (2 * of_core[:, 3] >= alpha)]
            if alpha == 0:
                continue
            out[r, c, 3] = alpha
        if len(of_core):
            out[r, c, :count] = estimate(of_core[:, :count])
    return out


def _median(values):
    return np.sort(values, axis=0)[(len(values) - 1) // 2]


def _mode(values):
    bins = [tuple(value // 16) for value in values]
    best = min(set(bins), key=lambda b: (-bins.count(b), b))
    chosen = values[[b == best for b in bins]]
    return np.floor(chosen.mean(axis=0) + 0.5).astype(int)


def spread(image, sprite, lines_x, lines_y):
    channels = image.shape[2]
    count = 3 if channels == 4 else channels
    out = np.zeros(sprite.shape[:2])
    for r, c, down, across in cells(image, lines_x, lines_y):
        pixels = image[np.ix_(down[2], across[2])].astype(np.float64)
        weights = np.outer(place(*down), place(*across)) * (pixels[..., 3] if channels == 4 else 1)
        squares = ((pixels - sprite[r, c]) ** 2)[..., :count].mean(axis=-1)
        out[r, c] = math.sqrt(weighted_mean(squares, weights, 0))
    return out


def difference(image, sprite, lines_x, lines_y, threshold):
    """core, halo, core_pixels, halo_pixels."""
    out = np.zeros((4, *sprite.shape[:2]), int)
    for r, c, down, across in cells(image, lines_x, lines_y):
        inner_y, inner_x = core(*down), core(*across)
        for y in down[2]:
            for x in across[2]:
                a, b = image[y, x].astype(int), sprite[r, c].astype(int)
                differs = np.abs(a - b).max() > threshold and not (len(a) == 4 and a[3] == b[3] == 0)
                where = 0 if y in inner_y and x in inner_x else 1
                out[where, r, c] += differs
                out[2 + where, r, c] += 1
    return out
