"""Cast shadows, spatially varying blur and subsurface spread from their definitions, in float64."""

import numpy as np


def cast_shadow(height, direction, inside=None, bias=0.0):
    """The march along every line: each point looks back at all that lies between it and the light."""
    height = np.where(np.isnan(height), -np.inf, height.astype(np.float64))
    if inside is not None:
        height = np.where(inside, height, -np.inf)
    x, y, z = np.asarray(direction, np.float64)
    if x == y == 0:
        return np.ones(height.shape)
    turns = 0
    while not (y > 0 and -y <= x < y):  # until the light stands above
        x, y, turns = -y, x, turns + 1
    light = _from_above(np.rot90(height, turns), -x / y, z / y, bias)
    return np.rot90(light, -turns)


def _from_above(height, slope, rise, bias):
    rows, cols = height.shape
    padded = np.full((rows, cols + 2), -np.inf)
    padded[:, 1:-1] = height
    numbers = np.arange(-rows - 1, cols + rows + 1)
    seen = np.empty((rows, len(numbers)))  # heights on the lines
    for k in range(rows):
        whole = int(np.floor(slope * k))
        part = slope * k - whole
        pair = [padded[k, np.clip(numbers + whole + side, 0, cols + 1)] for side in (1, 2)]
        with np.errstate(invalid="ignore"):
            both = (1 - part) * pair[0] + part * pair[1]
        seen[k] = np.where(np.isinf(pair[0]), pair[1], np.where(np.isinf(pair[1]), pair[0], both))
    lit = np.ones(seen.shape)
    for k in range(1, rows):
        steps = np.arange(k, 0, -1)
        ceiling = (seen[:k] - rise * steps[:, None]).max(axis=0)
        with np.errstate(invalid="ignore"):
            hidden = (ceiling - seen[k] - bias) / rise
        lit[k] = np.where(np.isinf(seen[k]) | np.isinf(ceiling), 1, 1 - np.clip(hidden, 0, 1))
    out = np.ones(height.shape)
    for k in range(rows):
        whole = int(np.floor(slope * k))
        part = slope * k - whole  # what the line on the right of a pixel is away from it
        right = np.arange(cols) - whole - numbers[0]
        out[k] = part * lit[k, right - 1] + (1 - part) * lit[k, right]
    return np.where(np.isinf(height), 1, out)


def gaussian(sigma):
    """A sampled Gaussian, for offsets -reach..reach."""
    reach = int(np.ceil(10 * sigma)) if sigma > 1e-3 else 0
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2) if sigma > 1e-3 else np.ones(1)
    return offsets, weights / weights.sum()


def varying_blur(image, sigma_map):
    """The gather: each pixel sums its neighbourhood in the mirrored image with the Gaussian of its own sigma."""
    image = image.astype(np.float64)
    rows, cols = sigma_map.shape
    out = np.empty(image.shape)
    for row in range(rows):
        for col in range(cols):
            offsets, weights = gaussian(float(sigma_map[row, col]))
            down, across = _mirrored(row + offsets, rows), _mirrored(col + offsets, cols)
            out[row, col] = np.tensordot(weights, np.tensordot(weights, image[np.ix_(down, across)], axes=1), axes=1)
    return out


def varying_blur_of_line(line, sigma):
    """The same of one row, for sigmas of any size."""
    out = np.empty(len(line))
    for col, one in enumerate(sigma):
        offsets, weights = gaussian(float(one))
        out[col] = weights @ line.astype(np.float64)[_mirrored(col + offsets, len(line))]
    return out


def _mirrored(index, count):
    index = index % (2 * count)
    return np.where(index < count, index, 2 * count - 1 - index)


def subsurface(shadow, sigma):
    return np.stack([varying_blur(shadow, np.full(shadow.shape, one)) for one in sigma], axis=-1)
