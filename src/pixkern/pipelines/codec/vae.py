"""Images to latents and back with an autoencoder, in tiles of bounded memory that leave no seam.

The contract of a model, in full:

encoder
    One input (B, 3, H, W), RGB: float32 or float16 in the model's `range`, or uint8. One output (B, c, H/f, W/f)
    float32 or float16, or (B, 2 c, H/f, W/f) if it gives means and log variances (the means are taken). H and W that
    come are multiples of f, the model's `downscale`.
decoder
    One input (B, c, H/f, W/f) float32 or float16; one output (B, 3, H, W) like the encoder's input.

Batch, height and width are dynamic, or fixed to what every image has. Models that normalise over the whole image or
attend to all of it have no halo: they see images whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pixkern import _check, _threads

from .models import AutoencoderError, Model
from .onnx_half import CPU, CUDA, Half, open_half
from .tiles import Span, blocks

__all__ = ["CPU", "CUDA", "TILE", "decode", "encode"]

TILE = 2048  # pixels a side; the shipped models then take 0.35 GB


def encode(
    images: np.ndarray, model: Model, *, provider: str | None = None, tile: int = TILE, threads: int | None = None
) -> np.ndarray:
    """Latents of images of one size.

    Parameters
    ----------
    images : (B, H, W, 3), uint8 or float32 in [0, 1]
        RGB. Sides that are no multiples of the model's downscale f are padded with copies of the last row and
        column.
    model : Model
        Of `find_model`.
    provider : str or None
        "CPUExecutionProvider", the default, or "CUDAExecutionProvider"; there is no fallback from one to the other.
    tile : int
        Pixels, at least f. Images longer or wider are coded in tiles of at most this side plus the model's halo.
    threads : int or None
        Of onnxruntime; None: see `pixkern.set_threads`.

    Returns
    -------
    (B, c, ceil(H/f), ceil(W/f)) float32

    Raises
    ------
    TypeError, ValueError
        Wrong dtype, shape, tile or provider, or pixels that are not finite. A model without a halo is refused where
        the image has more pixels than a tile: tiles would show.
    AutoencoderError
        The model does not keep its contract.
    FileNotFoundError
        It is not there.
    BackendUnavailable
        onnxruntime is not installed or cannot run the provider.

    Notes
    -----
    The same bits for every number of threads on one machine; tiles change them by about 1e-6 of the largest latent,
    and another CPU or GPU by as much. Extra memory: the tensors of one tile, for the shipped models 0.35 GB at 2048.

    Examples
    --------
    >>> from pixkern.pipelines.codec.models import find_model
    >>> encode(np.zeros((1, 30, 50, 3), np.uint8), find_model("f8c4")).shape
    (1, 4, 4, 7)
    """
    images = _images(images)
    half = open_half(model.encoder, provider=provider, threads=_threads.limit(threads), output=model.encoder_output)
    batch, rows, cols, _ = images.shape
    factor = model.downscale
    latents = np.empty((batch, model.latent_channels, -(-rows // factor), -(-cols // factor)), np.float32)
    for which, down, across in _blocks(model, half, latents.shape, tile):
        answer = half.run(_pixels(images[which], down.scaled(factor), across.scaled(factor), half, model))
        wanted = (which.stop - which.start, model.latent_channels, down.last - down.first, across.last - across.first)
        if answer.shape not in (wanted, (wanted[0], 2 * wanted[1], *wanted[2:])):
            raise AutoencoderError(
                f"{model.encoder}: gave {answer.shape} where latents are {wanted}; see its downscale"
            )
        means = answer[:, : model.latent_channels, down.kept, across.kept].astype(np.float32)
        latents[which, :, down.begin : down.end, across.begin : across.end] = (
            means - np.float32(model.latent_shift)
        ) * np.float32(model.latent_scale)
    return latents


def decode(
    latents: np.ndarray,
    size: tuple[int, int],
    model: Model,
    *,
    provider: str | None = None,
    tile: int = TILE,
    threads: int | None = None,
) -> np.ndarray:
    """Images of latents.

    Parameters
    ----------
    latents : (B, c, ceil(H/f), ceil(W/f)) float32
        Finite.
    size : (width, height)
        Of the images, in pixels; what was padded is cut off.
    model, provider, tile, threads
        As in `encode`; the same model.

    Returns
    -------
    (B, H, W, 3) float32
        RGB, clipped to [0, 1].

    Raises
    ------
    TypeError, ValueError, AutoencoderError, FileNotFoundError, BackendUnavailable
        As in `encode`, and ValueError where size and shape do not belong together.

    Notes
    -----
    As in `encode`; pixels rounded to uint8 differ between machines by at most 1, and rarely.

    Examples
    --------
    >>> from pixkern.pipelines.codec.models import find_model
    >>> model = find_model("f8c4")
    >>> grey = np.full((1, 30, 50, 3), 0.5, np.float32)
    >>> restored = decode(encode(grey, model), (50, 30), model)
    >>> restored.shape, bool(np.abs(restored - grey).max() < 0.05)
    ((1, 30, 50, 3), True)
    """
    latents = _check.array(latents, "latents", dtypes=(np.float32,), ndim=(4,))
    cols, rows = _check.size(size)
    factor = model.downscale
    wanted = (model.latent_channels, -(-rows // factor), -(-cols // factor))
    if latents.shape[1:] != wanted or not len(latents):
        raise ValueError(
            f"latents of {cols}x{rows} pixels and {model.name} have shape (B, *{wanted}), got {latents.shape}"
        )
    if not np.isfinite(latents).all():
        raise ValueError("latents must be finite")
    half = open_half(model.decoder, provider=provider, threads=_threads.limit(threads), output=model.decoder_output)
    images = np.empty((len(latents), rows, cols, 3), np.float32)
    for which, down, across in _blocks(model, half, latents.shape, tile):
        part = latents[which, :, down.first : down.last, across.first : across.last]
        if model.latent_scale != 1 or model.latent_shift != 0:
            part = part / np.float32(model.latent_scale) + np.float32(model.latent_shift)
        answer = half.run(part.astype(half.input.dtype))
        high, wide = (factor * extent for extent in part.shape[2:])
        pixels = (len(part), 3, high, wide)
        if answer.shape != pixels:
            raise AutoencoderError(f"{model.decoder}: gave {answer.shape} where pixels are {pixels}; see its downscale")
        vertical, horizontal = down.scaled(factor), across.scaled(factor)
        kept = answer[:, :, vertical.kept, horizontal.kept]
        kept = kept[:, :, : rows - vertical.begin, : cols - horizontal.begin].transpose(0, 2, 3, 1)
        place = images[which, vertical.begin : vertical.end, horizontal.begin : horizontal.end]
        _to_unit(kept, model, out=place)
    return images


def _blocks(model: Model, half: Half, shape: tuple[int, ...], tile: int) -> Iterator[tuple[slice, Span, Span]]:
    batch, _, rows, cols = shape
    if isinstance(tile, bool) or not isinstance(tile, int):
        raise TypeError(f"tile must be an integer, got {tile!r}")
    if tile < model.downscale:
        raise ValueError(f"tile must be at least {model.downscale} pixels, got {tile}")
    side = tile // model.downscale
    fixed = half.input.shape[0]
    if fixed and batch % fixed:
        raise ValueError(f"{half.path} takes {fixed} images at a time, got {batch}")
    if model.halo is None:
        if rows * cols > side * side:
            raise ValueError(
                f"{model.name} has no known halo, and {cols}x{rows} latents are more than one tile of {tile} pixels; "
                "say its halo, or make tile larger if memory allows"
            )
        side = max(rows, cols)
    return blocks(batch, rows, cols, tile=side, halo=model.halo or 0, images=fixed)


def _images(images: Any) -> np.ndarray:
    images = _check.array(images, "images", dtypes=(np.uint8, np.float32), ndim=(4,))
    if images.shape[3] != 3 or 0 in images.shape:
        raise ValueError(f"images must be RGB, shape (B, H, W, 3), and not empty; got {images.shape}")
    if images.dtype == np.float32 and not np.isfinite(images).all():
        raise ValueError("images must be finite")
    return np.asarray(images)


def _pixels(images: np.ndarray, down: Span, across: Span, half: Half, model: Model) -> np.ndarray:
    """A block as the encoder takes it, (b, 3, rows, cols)."""
    cut = images[:, down.first : down.last, across.first : across.last]
    short = [extent.last - extent.first - have for extent, have in zip((down, across), cut.shape[1:3], strict=True)]
    if any(short):
        cut = np.pad(cut, ((0, 0), (0, short[0]), (0, short[1]), (0, 0)), mode="edge")
    cut = cut.transpose(0, 3, 1, 2)
    if half.input.dtype == np.uint8:
        return cut if cut.dtype == np.uint8 else np.rint(np.clip(cut, 0, 1) * np.float32(255)).astype(np.uint8)
    pixels = cut.astype(np.float32)
    if images.dtype == np.uint8:
        pixels /= np.float32(255)
    if model.range == "-1..1":
        pixels = pixels * np.float32(2) - np.float32(1)
    return pixels.astype(half.input.dtype, copy=False)


def _to_unit(pixels: np.ndarray, model: Model, *, out: np.ndarray) -> None:
    if pixels.dtype == np.uint8:
        np.divide(pixels, np.float32(255), out=out)
        return
    out[:] = pixels
    if model.range == "-1..1":
        out += np.float32(1)
        out *= np.float32(0.5)
    np.clip(out, 0, 1, out=out)
