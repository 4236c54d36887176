"""Gaussian blur of an image, within a mask if there is one."""

from __future__ import annotations

from typing import Any

from . import _blur_arguments, _blur_cuda, _check, _masks, _threads
from ._blur import AS_THEY_ARE, Cells, Runner, blurred_cells, blurred_pixels, first_sums
from ._blur_plan import base_of, reading
from ._dispatch import place
from ._native import blur as _cpu

_LEAST = 0.15  # pixels; of a Gaussian so narrow 2e-10 falls on a neighbour: exp(-1 / (2 * 0.15^2))


def gaussian_blur(
    image: Any,
    sigma: float,
    *,
    mask: Any = None,
    backend: str | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Blur an image with a Gaussian, as fast for a sigma of 300 pixels as for one of 10.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, uint16 or float32
        1 to 4 channels. NumPy, CuPy or torch; copied if not in C order. Any size, one pixel included.
    sigma : float
        Standard deviation in pixels, 0 to 1e6; 0 gives the image itself. It may be larger than the image.
    mask : (H, W), bool, uint8 or float32, optional
        The weight of each pixel: True, 255 or 1 is all of it. What has weight 0 is not looked at, NaN included.
    backend : {"cpu", "cuda"}, optional
        Where to run. Default: where `image` lives.
    threads : int, optional
        At most this many threads (CPU); see `pixkern.set_threads`.
    out : like `image`, optional
        Where to write; C order, no overlap with `image` or `mask`.

    Returns
    -------
    shape, dtype and kind of `image`
        ``G * image`` over the picture mirrored about its edges (half-sample symmetry: d c b a | a b c d | d c b a),
        as often as sigma needs it. With a mask ``G * (mask image) / G * mask``; 0 where no pixel of the mask is in
        reach, that is where ``G * mask`` is below 1e-30. Integers are rounded once, halves up.

    Raises
    ------
    TypeError
        An array of a kind or dtype that is not listed, or a sigma that is no number.
    ValueError
        A shape that does not fit, a sigma out of range, a float mask that leaves [0, 1], an `out` that does not fit.
    BackendUnavailable
        The backend asked for cannot run here.

    Notes
    -----
    Within 0.1 of 255 (4e-4 of the image's range) of the exact sums with weights exp(-d^2 / 2 sigma^2), before rounding;
    typically 0.01. With a mask the same wherever G * mask is at least 0.05; where it is less, the result is still a
    convex combination of pixels in the mask, but a kernel that ends is not a Gaussian: it reaches 4.5 sigma, or up to
    6 pixels per 4 of sigma more. Weights are nowhere negative: the result lies between the smallest and the largest
    pixel, and a constant stays what it is, both within 2e-6 of the largest. NaN and infinity spread as far as kernels
    reach. The same bits for every thread count and CPU level, and on CUDA.

    Sigmas from 7 on are blurred in cells of sigma / 7 to sigma / 3.5 pixels. Memory: a quarter of the image in float32
    and as much as the cells take, a quarter and less; below 7, where cells are pixels, two float32 copies of the image.
    With a mask one channel more, and a byte a pixel where it is bool. No blur in full size is written but the result.
    Tables of up to 65 weights for each row and each column are made once and kept for the last 64 sizes and sigmas: 0.5
    MB at 1024 x 1024, but 65 times a picture of a single row.

    Examples
    --------
    >>> from pixkern.retinex import gaussian_blur
    >>> point = np.zeros((1, 7), np.uint8)
    >>> point[0, 3] = 250
    >>> gaussian_blur(point, 1)
    array([[  1,  13,  60, 100,  60,  13,   1]], dtype=uint8)
    """
    spot = place(image, backend)
    pixels = _blur_arguments.image(spot, image)
    weights = _masks.weights(spot, mask, pixels.shape[:2])
    width = _blur_arguments.sigma(sigma)
    result = _check.output(spot.writable(out), tuple(image.shape), pixels.dtype, (pixels, weights), spot.arrays)
    run = Runner(spot.arrays, spot.where == "cuda", threads)
    blur_pixels(run, pixels, weights, width, result.reshape(pixels.shape))
    return out if out is not None else spot.give_back(result, image)


def blur_pixels(run: Runner, pixels: Any, weights: Any, sigma: float, result: Any) -> None:
    """(H, W, C) into `result`."""
    _threads.limit(run.threads)
    if sigma < _LEAST:
        result[...] = pixels
        if weights is not None:
            result[weights == 0] = 0
        return
    base = base_of((sigma,))
    if base == 1:
        cells = blurred_pixels(run, pixels, weights, AS_THEY_ARE, sigma)
    else:
        sums = first_sums(run, pixels, weights, AS_THEY_ARE, base)
        cells = blurred_cells(run, sums, pixels.shape, base, sigma)
    read(run, cells, pixels.shape, base, result)


def read(run: Runner, cells: Cells, shape: tuple[int, int, int], base: int, result: Any) -> None:
    """Pixels from their cells."""
    way = reading(shape, base) if base > 1 else None
    if run.cuda:
        _blur_cuda.read(cells.values, cells.weights, way, result)
        return
    tables = (way.down.first, way.down.weights, way.at, way.taps) if way else (None, None, None, None)
    _threads.split(
        lambda begin, end: _cpu.read(cells.values, cells.weights, *tables, result, begin, end),
        shape[0],
        elements=result.size,
        threads=run.threads,
    )
