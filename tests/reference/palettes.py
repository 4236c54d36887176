"""Oklab, nearest entries, error diffusion, Ward's tree and description lengths from their definitions, in float64."""

import itertools

import numpy as np

M1 = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
M2 = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(codes):
    """IEC 61966-2-1."""
    v = np.asarray(codes) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def oklab(light):
    """Ottosson 2020."""
    return np.cbrt(light @ M1.T) @ M2.T


def nearest(points, entries, handicap=0.0):
    """The first of the entries with the least squared distance plus handicap."""
    return (((points[:, None] - entries[None]) ** 2).sum(axis=2) + handicap).argmin(axis=1)


def floyd_steinberg(light, solid, entries):
    """Indices of entries of linear light; -1 where not solid."""
    rows, cols, _ = light.shape
    wanted = light.astype(np.float64).copy()
    index = np.full((rows, cols), -1)
    for r, c in itertools.product(range(rows), range(cols)):
        if not solid[r, c]:
            continue
        here = np.clip(wanted[r, c], -1, 2)
        index[r, c] = nearest(oklab(here[None]), oklab(entries))[0]
        error = here - entries[index[r, c]]
        for dr, dc, share in ((0, 1, 7), (1, -1, 3), (1, 0, 5), (1, 1, 1)):
            if r + dr < rows and 0 <= c + dc < cols:
                wanted[r + dr, c + dc] += error * share / 16
    return index


def ward(points, weights):
    """What each merge adds when the cheapest pair is merged first, in order of merging."""
    clusters = [(float(w), np.array(p, np.float64)) for p, w in zip(points, weights, strict=True)]
    added = []
    while len(clusters) > 1:
        costs = {
            (i, j): wi * wj / (wi + wj) * ((pi - pj) ** 2).sum()
            for (i, (wi, pi)), (j, (wj, pj)) in itertools.combinations(enumerate(clusters), 2)
        }
        i, j = min(costs, key=costs.get)
        (wi, pi), (wj, pj) = clusters[i], clusters[j]
        added.append(costs[i, j])
        clusters = [cluster for k, cluster in enumerate(clusters) if k not in (i, j)]
        clusters.append((wi + wj, (wi * pi + wj * pj) / (wi + wj)))
    return added


def cuts(left, right, points):
    """Every way to cut a tree into clusters, as lists of nodes."""

    def below(node):
        found = [[node]]
        if node >= points:
            a, b = left[node - points], right[node - points]
            found += [x + y for x in below(a) for y in below(b)]
        return found

    return below(2 * points - 2)


def description_length(colours, labels, spread, channels=3):
    """Nats that tell every one of `colours` (n, 3), given its cluster's number and one standard deviation."""
    total = len(colours)
    length = channels * total * np.log(spread * np.sqrt(2 * np.pi))
    for label in np.unique(labels):
        of = colours[labels == label].astype(np.float64)
        n = len(of)
        length += n * np.log(total / n) + channels * np.log(256 * np.sqrt(n) / spread)
        length += ((of - of.mean(axis=0)) ** 2).sum() / (2 * spread**2)
    return length
