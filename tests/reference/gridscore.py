"""Profiles, cells and scores of grids, written from the definitions: whole integers, a loop over cells, float64."""

import itertools
import math

import numpy as np

CAP, COMB, COMB_ROOM, MARGIN = 120, 8, 24, 0.2


def channels(image):
    """(H, W, 3) int64; grey is one channel three times."""
    image = np.asarray(image, np.int64)
    return np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image


def scales_used(shape, scales):
    return tuple(s for s in scales if s == 1 or min(shape[:2]) >= 14 * s)


def differences(image, scale):
    """D of every block of rows (blocks, W + 1): what lies right of x less what lies left of it; 0 at both borders."""
    pixels = channels(image)
    height, width, _ = pixels.shape
    blocks = height // scale
    rows = pixels[: blocks * scale].reshape(blocks, scale, width, 3).sum(1)
    found = np.zeros((blocks, width + 1), np.int64)
    for x in range(1, width):
        e = min(scale, x, width - x)
        found[:, x] = abs(rows[:, x : x + e].sum(1) - rows[:, x - e : x].sum(1)).sum(1) * scale // e
    return found


def lower_percentile(values, percent):
    ordered = np.sort(values, axis=None)
    return int(ordered[(len(ordered) - 1) * percent // 100]) if len(ordered) else 0


def thresholds(image, scale):
    """What a difference must exceed, in units of scale**2: at most positions, and at multiples of 8."""
    found = differences(image, scale)
    sampled = found[:: max(1, len(found) // 32)] // scale**2
    places = np.arange(1, found.shape[1] - 1)
    usual = lower_percentile(sampled[:, places], 50)
    if scale > 4 or np.shape(image)[1] < 64:
        return usual, usual
    meeting, inside = (sampled[:, places[np.isin(places % COMB, at)]] for at in ([0], [3, 5]))
    excess = max(lower_percentile(meeting, p) - lower_percentile(inside, p) for p in (50, 70))
    return usual, usual + min(max(excess, 0), COMB_ROOM)


def profile(image, scale):
    """(W + 1,) float32: evidence for a line at every position of the x axis."""
    found = differences(image, scale)
    usual, comb = thresholds(image, scale)
    limit = np.full(found.shape[1], usual)
    limit[::COMB] = comb
    evidence = np.clip(found - limit * scale**2, 0, CAP * scale**2).sum(0)
    evidence[[0, -1]] = 0
    return (evidence / scale).astype(np.float32)


def profiles(image, scales=(1, 2, 4, 8)):
    """(x, y, scales): a profile for each scale that the picture is large enough for."""
    used = scales_used(np.shape(image), scales)
    across = np.swapaxes(image, 0, 1)
    return tuple(profile(image, s) for s in used), tuple(profile(across, s) for s in used), used


def interiors(lines, length, step=1):
    """(begin, end) of every cell of an axis, in pixels: less a fifth of it at either side, on multiples of step."""
    parts, found = -(-length // step), []
    for left, right in itertools.pairwise(lines):
        margin = MARGIN * (right - left)
        begin = math.floor(left + margin + 0.5)
        end = max(begin + 1, math.floor(right - margin + 0.5))
        begin = min((begin + step // 2) // step, parts - 1)
        end = min(max((end + step // 2) // step, begin + 1), parts)
        found.append((min(begin * step, length), min(end * step, length)))
    return found


def cells(image, lines_x, lines_y, mask=None, step=1):
    """(means (h, w, 3), squares (h, w), counts (h, w)) of cell interiors; squares are of deviations from the mean."""
    pixels = channels(image)
    counted = np.ones(pixels.shape[:2], bool) if mask is None else mask
    spans_x, spans_y = interiors(lines_x, pixels.shape[1], step), interiors(lines_y, pixels.shape[0], step)
    means = np.zeros((len(spans_y), len(spans_x), 3))
    squares, counts = np.zeros(means.shape[:2]), np.zeros(means.shape[:2], np.int64)
    for row, (top, bottom) in enumerate(spans_y):
        for col, (left, right) in enumerate(spans_x):
            inside = pixels[top:bottom, left:right][counted[top:bottom, left:right]]
            counts[row, col] = len(inside)
            if len(inside):
                means[row, col] = inside.mean(0)
                squares[row, col] = ((inside - inside.mean(0)) ** 2).sum()
    return means, squares, counts


def contrast(means, counts):
    """Mean squared difference of vertically neighbouring means; 0 where there are no neighbours."""
    both = (counts[1:] > 0) & (counts[:-1] > 0)
    return float(((means[1:] - means[:-1])[both] ** 2).mean()) if both.any() else 0.0


def measure(image, lines_x, lines_y, mask=None, step=1):
    """(error, cells, pixels, contrast_x, contrast_y)."""
    means, squares, counts = cells(image, lines_x, lines_y, mask, step)
    pixels = int(counts.sum())
    error = squares.sum() / (3 * pixels) if pixels else 0.0
    across = contrast(means.swapaxes(0, 1), counts.T)
    return error, int((counts > 0).sum()), pixels, across, contrast(means, counts)


def pitch_of(lines):
    """Mean size of the cells that no border cuts, or of all where there are fewer than three."""
    inner = lines[1:-1] if len(lines) >= 4 else lines
    return (inner[-1] - inner[0]) / (len(inner) - 1)


def suited(pitch, scales):
    """Index of the scale that suits a pitch: the largest that fits into a cell about four times."""
    return max((k for k, s in enumerate(scales) if k == 0 or pitch >= 3.99 * s), key=lambda k: scales[k])


def energies(profile, lines, pitch):
    """The evidence within a fifth of the pitch, and at least a pixel, of every line inside."""
    reach = max(1, int(0.2 * pitch))
    centres = [math.floor(line + 0.5) for line in lines[1:-1]]
    return np.array([np.asarray(profile, np.float64)[max(0, c - reach) : c + reach + 1].sum() for c in centres])


def residue(profile, lines, pitch):
    """How much weaker the weak lines are, if every q-th is strong: the least over q = 2..6; 1 for alike lines."""
    energy = energies(profile, lines, pitch)
    ratio = 1.0
    for q in range(2, 7):
        if len(energy) < 2 * q:
            break
        classes = sorted(energy[k::q].mean() for k in range(q))
        if classes[-1] > 0:
            ratio = min(ratio, np.mean(classes[:-1]) / classes[-1])
    return ratio


def score(image, lines_x, lines_y, mask=None, step=1, scales=(1, 2, 4, 8)):
    """The description length score of a grid: larger is better."""
    x, y, used = profiles(image, scales)
    error, count, _, _, _ = measure(image, lines_x, lines_y, mask, step)
    ratios = []
    for all_scales, lines in ((x, lines_x), (y, lines_y)):
        pitch = pitch_of(lines)
        ratios.append(residue(all_scales[suited(pitch, used)], lines, pitch))
    return -math.log(error + 6) - 0.7 * math.log(max(count, 1)) - 1.2 * max(0.0, 0.4 - min(ratios)) / 0.4
