"""The shipped autoencoder as a torch module: a linear block transform plus a convolutional correction.

Every block of 8x8 pixels becomes one column of c latents. The linear part starts as the Karhunen-Loeve transform of
8x8x3 blocks, the best linear code for the squared error (Jolliffe, Principal Component Analysis, 2002, property A5);
a stack of residual 3x3 convolutions at an eighth of the resolution adds what neighbouring blocks tell. Its last
layer starts at zero, so that training starts at the transform and can only depart from it to gain.

There is no normalisation layer, no attention and no upsampling: a latent depends on `HALO` latents around it and on
nothing else, so images can be coded in tiles without seams.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BLOCK = 8  # pixels a side that become one latent position
WIDTH = 128  # channels of the residual trunks; with 6 blocks each half is 7.2 MB
BLOCKS = 6
HALO = 2 * BLOCKS + 1  # latents each side: two 3x3 convolutions a block, and the decoder's first


class Residual(nn.Module):
    """x + conv(silu(conv(x))), starting as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        _zero(self.second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(x)))


class Half(nn.Module):
    """linear(x) + last(trunk(first(x))): the encoder and the decoder are one shape with other sizes.

    The linear part runs in float32 whatever autocast says: it carries the picture, the trunk a small correction.
    """

    def __init__(self, inputs: int, outputs: int, *, reach: int, width: int, blocks: int) -> None:
        super().__init__()
        self.linear = nn.Conv2d(inputs, outputs, 1)
        self.first = nn.Conv2d(inputs, width, reach, padding=reach // 2)
        self.trunk = nn.Sequential(*[Residual(width) for _ in range(blocks)])
        self.last = nn.Conv2d(width, outputs, 1)
        _zero(self.last)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            straight = self.linear(x.float())
        return straight + self.last(self.trunk(self.first(x))).float()

    def residuals(self) -> list[Residual]:
        """The blocks of the trunk."""
        return [block for block in self.trunk if isinstance(block, Residual)]


class Autoencoder(nn.Module):
    """Images (B, 3, H, W) in [0, 1] to latents (B, c, H/8, W/8) and back; H and W are multiples of 8."""

    def __init__(self, channels: int, *, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        pixels = 3 * BLOCK * BLOCK
        self.channels = channels
        self.encoder = Half(pixels, channels, reach=1, width=width, blocks=blocks)
        self.decoder = Half(channels, pixels, reach=3, width=width, blocks=blocks)

    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(F.pixel_unshuffle(images, BLOCK) - 0.5)

    def decode(self, latents: Tensor) -> Tensor:
        return F.pixel_shuffle(self.decoder(latents), BLOCK) + 0.5

    @torch.no_grad()
    def start_at_klt(self, images: Tensor) -> None:
        """Set the linear parts to the first components of the blocks of `images`, (B, 3, H, W) in [0, 1].

        All latents share one scale, so that equal steps cost equal errors; it makes their mean square 1.
        """
        blocks = F.pixel_unshuffle(images, BLOCK).permute(0, 2, 3, 1).flatten(0, 2).double() - 0.5
        mean = blocks.mean(0)
        _, _, directions = torch.linalg.svd((blocks - mean).T @ (blocks - mean))
        basis = directions[: self.channels]
        scale = ((blocks - mean) @ basis.T).square().mean().sqrt()
        _set(self.encoder.linear, basis / scale, -(basis @ mean) / scale)
        _set(self.decoder.linear, basis.T * scale, mean)

    @torch.no_grad()
    def rescale_latents(self, factor: float) -> None:
        """Multiply the latents by `factor` and undo it in the decoder; images come back as before."""
        for layer in (self.encoder.linear, self.encoder.last):
            layer.weight *= factor
            assert layer.bias is not None
            layer.bias *= factor
        for layer in (self.decoder.linear, self.decoder.first):
            layer.weight /= factor


def _zero(layer: nn.Conv2d) -> None:
    assert layer.bias is not None
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


def _set(layer: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
    assert layer.bias is not None
    layer.weight.copy_(weight[:, :, None, None])
    layer.bias.copy_(bias)
