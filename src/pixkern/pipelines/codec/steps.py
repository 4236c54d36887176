"""How coarsely each subband is quantised: so that an error in any of them costs the image the same."""

from __future__ import annotations

import numpy as np

from pixkern._coefficients import PLANE

from .segments import HH, HL, LH, Segments

# Euclidean norms of what one coefficient of level 1, 2, ... is in the image, along one side: low-pass, then high-pass.
# In two dimensions they multiply. tests/test_codec_steps.py makes them again with pixkern.lifting.
_NORMS = {
    "haar": (
        (1.414214, 2.0, 2.828427, 4.0, 5.656854, 8.0, 11.313708, 16.0, 22.627417, 32.0),
        (0.707107, 1.0, 1.414214, 2.0, 2.828427, 4.0, 5.656854, 8.0, 11.313708, 16.0),
    ),
    "cdf53": (
        (1.224745, 1.658312, 2.318405, 3.269174, 4.619930, 6.532371, 9.237745, 13.063995, 18.475226, 26.127897),
        (0.847791, 0.960143, 1.259340, 1.744411, 2.453871, 3.465652, 4.899528, 6.928397, 9.798027, 13.856431),
    ),
    "cdf97": (
        (1.402108, 2.030372, 2.901162, 4.115284, 5.824510, 8.238758, 11.651951, 16.478554, 23.304267, 32.957234),
        (0.721261, 0.983471, 1.441962, 2.073760, 2.947324, 4.173588, 5.904300, 8.350635, 11.809826, 16.701702),
    ),
}
# The same for what one unit of Y, Co and Cg is in RGB: the square roots of 3, 2 and 3.
_COLOUR_NORMS = (1.732051, 1.414214, 1.732051)

_STEP_BITS = 11  # of the mantissa of a step
_STEP_BIAS = 16
LEAST_STEP, MOST_STEP = 2.0**-_STEP_BIAS, (2.0 - 2.0**-_STEP_BITS) * 2.0 ** (31 - _STEP_BIAS)


def segment_steps(segments: Segments, *, step: float, wavelet: str, chroma: float | None) -> np.ndarray:
    """The step of each segment, (segments,) float32, for errors like those of a step of `step` in samples of the image.

    `chroma` is None for planes that are the image's own, else a factor on the steps of Co and Cg.
    """
    low, high = (np.array(norms) for norms in _NORMS[wavelet])
    level, orientation = segments.levels - 1, segments.orientations
    across = np.where((orientation == HL) | (orientation == HH), high[level], low[level])
    down = np.where((orientation == LH) | (orientation == HH), high[level], low[level])
    colours: np.ndarray | float = 1.0
    if chroma is not None:
        colours = (np.array(_COLOUR_NORMS) / (1.0, chroma, chroma))[segments.fields[:, PLANE]]
    return (step / (across * down * colours)).astype(np.float32)


def image_step(quality: int) -> float:
    """The step in samples of a uint8 image: 28 at quality 50, half of it at 75, 0.56 at 100; twice as much at 25."""
    return 28.0 * (50.0 / quality if quality < 50 else 2.02 - quality / 50)


def latent_step(quality: int) -> float:
    """The step in standard deviations of a latent: 0.25 at quality 50."""
    return 0.25 * (50.0 / quality if quality < 50 else 2.02 - quality / 50)


def packed_step(step: float) -> int:
    """A step as 5 bits of exponent and 11 of mantissa, rounded to nearest."""
    if not LEAST_STEP <= step <= MOST_STEP:
        raise ValueError(f"a step must be {LEAST_STEP:g} to {MOST_STEP:g}, got {step}")
    exponent = int(np.frexp(step)[1]) - 1
    mantissa = round((step / 2.0**exponent - 1) * 2**_STEP_BITS)
    return ((exponent + _STEP_BIAS) << _STEP_BITS) + mantissa  # a mantissa of 2**11 is the next exponent


def unpacked_step(packed: int) -> float:
    """The step that `packed_step` stands for."""
    exponent, mantissa = divmod(packed, 1 << _STEP_BITS)
    return (1 + mantissa / 2**_STEP_BITS) * 2.0 ** (exponent - _STEP_BIAS)
