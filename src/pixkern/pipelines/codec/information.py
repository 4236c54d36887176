"""What a compressed image is, from its headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .compression import MAX_PIXELS, _parsed
from .container import Mode
from .layer import Profile


@dataclass(frozen=True)
class Info:
    """What the headers of a compressed image say.

    Attributes
    ----------
    width, height : int
        In pixels.
    channels : int
        1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    dtype : {"uint8", "uint16"}
    mode : {"wavelet", "lossless", "vae"}
    profile : {"dense", "fast"}
    wavelet : {"haar", "cdf53", "cdf97"}
    levels : int
        Of the wavelet transform; an image can be reduced by up to ``levels - 1``.
    quality : int or None
        As asked for; None for lossless.
    tile : int
        Side of a tile, in pixels (vae: in latents).
    tiles : int
        How many there are, of all layers.
    model : str or None
        vae: hash of the model, in hexadecimal digits.
    hadamard : bool
        vae: whether the latents were transformed.
    bytes : int
        Length of the data.
    """

    width: int
    height: int
    channels: int
    dtype: str
    mode: Mode
    profile: Profile
    wavelet: str
    levels: int
    quality: int | None
    tile: int
    tiles: int
    model: str | None
    hadamard: bool
    bytes: int

    @property
    def bits_per_pixel(self) -> float:
        """8 bytes / (width height)."""
        return 8 * self.bytes / (self.width * self.height)


def info(data: Any, *, max_pixels: int = MAX_PIXELS) -> Info:
    """Read the headers of a compressed image; nothing is decoded.

    Parameters
    ----------
    data : bytes-like
        Of `compress`, all of it.
    max_pixels : int
        Larger images are refused.

    Returns
    -------
    Info

    Raises
    ------
    DecodeError
        The bytes are not of this format, or their headers are damaged.

    Examples
    --------
    >>> from pixkern.pipelines.codec import compress
    >>> about = info(compress(np.zeros((30, 40, 3), np.uint8)))
    >>> about.width, about.height, about.channels, about.mode
    (40, 30, 3, 'wavelet')
    """
    header, layers = _parsed(data, max_pixels)
    first = layers[0].layer
    return Info(
        *(header.width, header.height, header.channels, f"uint{header.bits}", header.mode),
        *(first.profile, first.wavelet, first.levels, header.quality or None, 1 << first.tile_bits),
        *(
            sum(len(layer.tiles) for layer in layers),
            header.model.hex() or None,
            header.hadamard,
            memoryview(data).nbytes,
        ),
    )
