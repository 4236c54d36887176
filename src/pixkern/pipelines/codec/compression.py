"""Images to bytes and back: pipes of systems between an array and a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from pixkern import _check

from . import container
from .container import MODES, ImageHeader, Mode
from .layer import CodedLayer, Profile
from .models import AutoencoderError, Model, model_of_hash
from .sdk import ANSBitstream, Pipe, ReconRGB, System, WaveletPyr, World
from .sdk.errors import DecodeError
from .sdk.systems.coefficients import LAYER, CoefficientCoder
from .sdk.systems.colour import ColourTransform
from .sdk.systems.hadamard import Hadamard4
from .sdk.systems.vae import OnnxVAEDecode, OnnxVAEEncode
from .sdk.systems.wavelet import WaveletCDF53, WaveletCDF97, WaveletHaar
from .steps import image_step, latent_step
from .window import Window, whole, window

MAX_PIXELS = 2**28

_WAVELETS: dict[str, Callable[..., System]] = {"haar": WaveletHaar, "cdf53": WaveletCDF53, "cdf97": WaveletCDF97}
_DEFAULT_WAVELET: dict[str, str] = {"wavelet": "cdf97", "lossless": "cdf53", "vae": "cdf97"}
_PROFILES = ("dense", "fast")
_TILES = (64, 128, 256, 512, 1024, 2048, 4096)
_MOST_LEVELS = 6
_ALIGNMENT = 1 << 16  # bytes that the tensors of a layer lose between them, at most
_COARSEST_SIDE = 8  # of the coarsest subband, about
_CHROMA = 1.5  # 1.5 % more bits at equal PSNR in RGB, 8 % fewer at equal PSNR in luma or MS-SSIM: 13 photographs


def compress(
    image: Any,
    *,
    quality: int = 75,
    mode: Mode = "wavelet",
    profile: Profile = "dense",
    wavelet: str | None = None,
    model: Any = None,
    config: str | PathLike[str] | None = None,
    hadamard: bool = False,
    tile: int = 1024,
    provider: str | None = None,
    threads: int | None = None,
) -> bytes:
    """Compress an image.

    Parameters
    ----------
    image : (H, W) or (H, W, C), uint8, or uint16 in lossless mode
        C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. Alpha is kept exactly in every mode.
    quality : int
        1 to 100; no effect in lossless mode. The quantiser's step is 28 of 255 at 50, half of it at 75, 0.6 at 100.
    mode : {"wavelet", "lossless", "vae"}
        "wavelet" has the least error in RGB at given bytes. "vae" is for learned models; it needs onnxruntime (extra
        ``onnx``).
    profile : {"dense", "fast"}
        "fast" is decoded about twice as fast and takes about a tenth more bytes.
    wavelet : {"cdf97", "cdf53", "haar"}, optional
        Default: "cdf97", and "cdf53" in lossless mode, where there is no "cdf97".
    model, config
        vae only: see `pixkern.pipelines.codec.models.find_model`. Default: the model that comes with pixkern.
    hadamard : bool
        vae only: mix the latent's channels by `pixkern.lifting.hadamard4`. Costs bytes with the shipped models.
    tile : int
        What can be decoded on its own has so many pixels a side: a power of two from 64 to 4096. There are no seams:
        tiles are of coefficients.
    provider : str, optional
        vae only: of onnxruntime.
    threads : int, optional
        At most this many threads; see `pixkern.set_threads`. The bytes do not depend on it.

    Returns
    -------
    bytes
        Described in docs/bitstream.md.

    Raises
    ------
    TypeError
        An image of another dtype, or uint16 outside lossless mode; a quality or tile that is no integer.
    ValueError
        A shape or option out of range, or one of another mode.
    AutoencoderError, FileNotFoundError
        vae: no such model or configuration, or it is wrong.
    BackendUnavailable
        vae: onnxruntime is not installed or cannot run the provider.

    Notes
    -----
    The same bytes on every machine and for every number of threads; vae: as far as onnxruntime gives the same latents.
    Memory: about 12 bytes per sample beyond the image, and up to four times the bytes that come out.

    Examples
    --------
    >>> image = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    >>> data = compress(image, mode="lossless")
    >>> bool((decompress(data) == image).all()), len(data) < image.size / 4
    (True, True)
    """
    pixels = _pixels(image, mode)
    _check.choice(mode, "mode", MODES)
    _check.choice(profile, "profile", _PROFILES)
    name = _check.choice(_DEFAULT_WAVELET[mode] if wavelet is None else wavelet, "wavelet", tuple(_WAVELETS))
    if mode == "lossless" and name == "cdf97":
        raise ValueError('lossless mode has the wavelets "cdf53" and "haar"; cdf97 has no integers')
    if mode != "vae" and (hadamard or not (model is config is provider is None)):
        raise ValueError(f'model, config, hadamard and provider go with mode="vae", got {mode!r}')
    quality, tile = _integer(quality, "quality"), _integer(tile, "tile")
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1 to 100, got {quality}")
    if tile not in _TILES:
        raise ValueError(f"tile must be one of {', '.join(map(str, _TILES))}, got {tile}")
    height, width, channels = pixels.shape
    header = ImageHeader(width, height, channels, 8 * pixels.itemsize, mode, 0 if mode == "lossless" else quality)
    coding: dict[str, Any] = {"profile": profile, "tile_bits": tile.bit_length() - 1, "threads": threads}
    colours = pixels if mode == "lossless" else pixels[..., : channels - header.alpha]
    if mode == "vae":
        encoder = OnnxVAEEncode(model, config=config, provider=provider, threads=threads)
        header = replace(header, downscale=encoder.model.downscale, model=encoder.model.hash, hadamard=bool(hadamard))
        rows, cols = -(-height // header.downscale), -(-width // header.downscale)
        world = _world(3 * height * width, rows * cols * encoder.model.latent_channels)
        pipe = world.pipe(world.spawn_image(colours if channels >= 3 else np.repeat(colours, 3, axis=2))).to(encoder)
        if hadamard:
            pipe = pipe.to(Hadamard4("forward"))
        levels = _levels(rows, cols, coding["tile_bits"])
        coding["step"] = latent_step(quality)
    else:
        world = _world(colours.nbytes, colours.size)
        pipe = world.pipe(world.spawn_image(colours))
        pipe = pipe.to(ColourTransform("forward", reversible=mode == "lossless", threads=threads))
        levels = _levels(height, width, coding["tile_bits"])
        coding |= {"step": image_step(quality), "chroma": _CHROMA}
    layers = [_coded(pipe.to(_WAVELETS[name](levels, threads=threads)), world, coding)]
    if header.layer_count == 2:
        world = _world(height * width, height * width)
        pipe = world.pipe(world.spawn_image(pixels[..., channels - 1 :]))
        pipe = pipe.to(ColourTransform("forward", reversible=True, threads=threads))
        pipe = pipe.to(WaveletCDF53(_levels(height, width, coding["tile_bits"]), threads=threads))
        layers.append(_coded(pipe, world, coding))
    return container.pack(header, layers)


def decompress(
    data: Any,
    *,
    max_pixels: int = MAX_PIXELS,
    region: tuple[int, int, int, int] | None = None,
    reduce: int = 0,
    model: Any = None,
    config: str | PathLike[str] | None = None,
    provider: str | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Decompress an image, or a part of it, or a smaller version.

    Parameters
    ----------
    data : bytes-like
        Of `compress`.
    max_pixels : int
        Larger images are refused before anything is allocated.
    region : (x, y, width, height), optional
        Only these pixels of what would come back without it. Only the tiles around them are decoded; vae: all.
    reduce : int
        Leave out so many levels of detail: the image comes back with sides of ceil(side / 2**reduce). At most one less
        than `info` says there are. Not for vae.
    model, config, provider
        vae: the model that compressed; see `compress`. Another one is refused. Without them it is looked for, by its
        hash, among those of the configuration and the shipped ones.
    threads : int, optional
        At most this many threads; see `pixkern.set_threads`. The pixels do not depend on it.

    Returns
    -------
    (H, W) or (H, W, C), uint8 or uint16

    Raises
    ------
    DecodeError
        The bytes are not of this format, are damaged or cut, ask for more than `max_pixels`, or need another model.
    TypeError, ValueError
        An argument of another kind, or out of range.
    BackendUnavailable
        vae: onnxruntime is not installed or cannot run the provider.

    Notes
    -----
    The same pixels on every machine and for every number of threads; vae: within 1 of 255. Memory: about 12 bytes per
    sample of the tiles that are decoded, beyond `data`, which is copied; `max_pixels` bounds it.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    >>> data = compress(photo, mode="lossless")
    >>> bool((decompress(data, region=(10, 5, 20, 8)) == photo[5:13, 10:30]).all())
    True
    >>> decompress(data, reduce=1).shape
    (20, 25, 3)
    """
    header, layers = _parsed(data, max_pixels)
    reduce = _reduction(reduce, header, layers)
    shape = -(-header.height >> reduce), -(-header.width >> reduce)
    part = whole(shape) if region is None else window(region, shape)
    if header.mode == "vae":
        colours = _latent_colours(header, layers[0], part, model, config, provider, threads)
    else:
        colours = _planes(layers[0], part, reduce, header.bits, threads)
    if len(layers) == 2:
        colours = np.concatenate([colours, _planes(layers[1], part, reduce, 8, threads)], axis=2)
    pixels = colours[..., 0] if header.channels == 1 else colours
    return np.require(pixels, requirements=["C", "O"])  # its own memory: a view would keep the whole arena


def compression_ratio(image: Any, data: Any) -> float:
    """How many times smaller than its array an image has become.

    Parameters
    ----------
    image : ndarray
    data : bytes-like

    Returns
    -------
    float

    Raises
    ------
    ValueError
        `data` is empty.

    Examples
    --------
    >>> compression_ratio(np.zeros((100, 100), np.uint8), bytes(500))
    20.0
    """
    size = memoryview(data).nbytes
    if not size:
        raise ValueError("data is empty")
    return float(np.asarray(image).nbytes / size)


def _pixels(image: Any, mode: str) -> np.ndarray:
    given = image if isinstance(image, np.ndarray) else np.asarray(image)
    if given.size > 4 * MAX_PIXELS or (
        given.ndim > 1 and given.shape[0] * given.shape[1] > MAX_PIXELS
    ):  # before any copy
        raise ValueError(f"image has more than 2**28 pixels, got shape {given.shape}")
    pixels = _check.array(given, "image", dtypes=(np.uint8, np.uint16), ndim=(2, 3))
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if 0 in pixels.shape or pixels.shape[2] > 4:
        raise ValueError(f"image needs shape (H, W) or (H, W, C) with 1 to 4 channels, not empty, got {pixels.shape}")
    if pixels.dtype == np.uint16 and mode != "lossless":
        raise TypeError('uint16 images need mode="lossless"; scale them to uint8 for the others')
    return pixels


def _integer(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return int(value)


def _levels(height: int, width: int, tile_bits: int) -> int:
    """As many as leave about 8 coefficients along the longer side, 1 to 6."""
    longer = max(height, width) // _COARSEST_SIDE + 1
    return max(1, min(_MOST_LEVELS, tile_bits, longer.bit_length() - 1))


def _world(image_bytes: int, values: int) -> World:
    """With room for an image and what is made of it.

    A value takes 4 bytes in planes, 4 as a coefficient, 4 if it is mixed by the Hadamard transform, and at most 5 in a
    stream. What is not used costs nothing, but systems refuse to reserve more than they have.
    """
    return World(arena_capacity=image_bytes + 17 * values + _ALIGNMENT)


def _coded(pipe: Pipe, world: World, coding: dict[str, Any]) -> bytes:
    stream = pipe.to(CoefficientCoder("forward", **coding)).out(ANSBitstream)
    return world.view(stream.data).tobytes()


def _parsed(data: Any, max_pixels: int) -> tuple[ImageHeader, list[CodedLayer]]:
    max_pixels = _integer(max_pixels, "max_pixels")
    if max_pixels < 1:
        raise ValueError(f"max_pixels must be positive, got {max_pixels}")
    try:
        view = memoryview(data)
        view = view if view.format == "B" and view.ndim == 1 and view.c_contiguous else memoryview(bytes(data))
    except TypeError:
        raise TypeError(f"data must be bytes, got {type(data).__name__}") from None
    return container.unpack(view.toreadonly(), max_pixels=max_pixels)


def _reduction(reduce: int, header: ImageHeader, layers: list[CodedLayer]) -> int:
    reduce = _integer(reduce, "reduce")
    most = 0 if header.mode == "vae" else layers[0].layer.levels - 1
    if not 0 <= reduce <= most:
        raise ValueError(f"this image can be reduced by 0 to {most} levels, got {reduce}")
    return reduce


def _planes(coded: CodedLayer, part: Window, reduce: int, bits: int, threads: int | None) -> np.ndarray:
    """Pixels of a window, from the tiles that it depends on."""
    tiles, inside = part.tiles(coded.layer, reduce)
    rows, cols = coded.layer.tiling.part(tiles, reduce).plane_shape
    samples = coded.layer.planes * rows * cols
    world = _world(samples * bits // 8 + coded.end - coded.begin, samples)
    pyramid = _pyramid(world, coded, tiles, reduce, threads)
    inverse = _WAVELETS[coded.layer.wavelet](pyramid.layout.levels, "inverse", threads=threads)
    entity = world.new_entity()
    world.add_component(entity, pyramid)
    pipe = world.pipe(entity).to(inverse).to(ColourTransform("inverse", dtype=f"uint{bits}", threads=threads))
    return world.view(pipe.out(ReconRGB).pixels)[inside.rows, inside.cols]


def _pyramid(
    world: World, coded: CodedLayer, tiles: tuple[int, int, int, int] | None, reduce: int, threads: int | None
) -> WaveletPyr:
    """The coefficients of these tiles; None: of all."""
    layer = coded.layer
    entity = world.new_entity()
    head = coded.data[coded.begin : coded.end]
    world.add_component(entity, ANSBitstream(world.arena.put(np.frombuffer(head, np.uint8)), LAYER))
    samples = layer.planes * layer.height * layer.width
    coder = CoefficientCoder("inverse", reduce=reduce, region=tiles, max_samples=samples, threads=threads)
    return world.pipe(entity).to(coder).out(WaveletPyr)


def _latent_colours(
    header: ImageHeader,
    coded: CodedLayer,
    part: Window,
    model: Any,
    config: Any,
    provider: str | None,
    threads: int | None,
) -> np.ndarray:
    """Pixels of a window, as uint8, from latents."""
    layer = coded.layer
    try:
        found = model if isinstance(model, Model) else model_of_hash(header.model, model, config)
    except AutoencoderError as error:
        raise DecodeError(str(error)) from error
    if found.hash != header.model:
        raise DecodeError(f"made by the model {header.model.hex()}; {found.name!r} is {found.hash.hex()}")
    if (header.downscale, layer.planes) != (found.downscale, found.latent_channels):
        raise DecodeError(
            f"latents of {layer.planes} channels, {header.downscale} pixels a side; those of {found.name!r} have "
            f"{found.latent_channels} and {found.downscale}"
        )
    if header.hadamard and layer.planes % 4:
        raise DecodeError(f"the Hadamard transform needs a multiple of 4 channels, and the latents have {layer.planes}")
    decoder = OnnxVAEDecode(found, provider=provider, threads=threads)
    image_bytes = 3 * np.dtype(np.float32).itemsize * header.width * header.height
    world = _world(image_bytes + coded.end - coded.begin, layer.planes * layer.height * layer.width)
    pyramid = _pyramid(world, coded, None, 0, threads)
    layout = replace(
        pyramid.layout,
        kind="YUVW4" if header.hadamard else "Latent4",
        size=(header.width, header.height),
        origin=header.model.hex(),
    )
    entity = world.new_entity()
    world.add_component(entity, WaveletPyr(pyramid.coefficients, layout))
    pipe = world.pipe(entity).to(_WAVELETS[layout.wavelet](layout.levels, "inverse", threads=threads))
    if header.hadamard:
        pipe = pipe.to(Hadamard4("inverse"))
    pixels = world.view(pipe.to(decoder).out(ReconRGB).pixels)[part.rows, part.cols]
    if np.isnan(pixels).any():
        raise DecodeError("the latents are none that the model makes pixels of")
    if header.channels < 3:
        pixels = pixels.mean(axis=2, keepdims=True)
    return np.rint(pixels * 255).astype(np.uint8)
