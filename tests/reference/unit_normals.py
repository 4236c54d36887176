"""Unit normals from vectors, by their definition in float64."""

import numpy as np


def unit_normals(vectors, mask=None):
    """Normals, how many vectors have no length, how many normals face away."""
    v = vectors.astype(np.float64)
    if vectors.dtype.kind == "u":
        v = 2 * v / np.iinfo(vectors.dtype).max - 1
    inside = np.ones(v.shape[:2], bool) if mask is None else mask > 0
    length = np.linalg.norm(v, axis=2)
    known = inside & (length > 1e-3)
    normals = np.zeros(v.shape)
    normals[..., 2] = 1
    normals[known] = v[known] / length[known][:, None]
    return normals, int((inside & ~known).sum()), int((inside & (normals[..., 2] < 0)).sum())
