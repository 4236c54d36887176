"""How well lines explain a profile, in float64, written from the definitions: one position, one line at a time."""

import numpy as np

from reference.gridscore import energies, residue


def middle(profile, lines, pitch):
    """Evidence per place in the middles of cells over evidence per place; borders are no places."""
    g = np.asarray(profile, np.float64)
    places, cells = range(1, len(g) - 1), len(lines) - 1
    middles = []
    for place in places:
        cell = min(np.searchsorted(lines, place, "right") - 1, cells - 1)
        left, right = lines[cell], lines[cell + 1]
        if cell == 0:
            left = min(left, right - pitch)  # where the border cuts a cell, the rest of it counts too
        elif cell == cells - 1:
            right = max(right, left + pitch)
        if min(place - left, right - place) >= (right - left) * 5 / 16:
            middles.append(place)
    if not middles or g[1:-1].sum() == 0:
        return 0.0
    return g[middles].mean() / g[1:-1].mean()


def evenness(profile, lines, pitch):
    """How much of the energies is left when none may be above the mean."""
    energy = energies(profile, lines, pitch)
    return np.minimum(energy, energy.mean()).sum() / energy.sum() if energy.sum() > 0 else 0.0


def strain(lines, pitch):
    """Root mean square of what whole gaps, those between two lines inside, are off."""
    gaps = np.diff(lines[1:-1])
    return float(np.sqrt(np.mean((gaps / pitch - 1) ** 2))) if len(gaps) else 0.0


def line_measures(profile, grids, pitches):
    """(middle, evenness, residue, strain) of every grid."""
    rows = [
        (
            middle(profile, lines, pitch),
            evenness(profile, lines, pitch),
            residue(profile, lines, pitch),
            strain(lines, pitch),
        )
        for lines, pitch in zip(grids, pitches, strict=True)
    ]
    return tuple(np.array(rows).reshape(-1, 4).T)
