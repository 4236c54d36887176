"""A training run of the codec's autoencoder, which can be stopped after any step and resumed.

What is minimised is, averaged over crops, the reconstruction's error in dB plus a price for bits,

    10 log10(MSE + floor) + price * bits per pixel,

after uniform noise of a random step was added to the latents in place of rounding (Balle, Laparra & Simoncelli,
End-to-end Optimized Image Compression, ICLR 2017, section 3). The bits are those of an idealised coder behind a Haar
transform of the latents, log2(1 + |coefficient| / step) each: without a price, latents would grow until the noise
drowns in them. Errors count in dB, crop by crop, because quality is judged so: a plain mean square is all texture.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .autoencoder_network import BLOCKS, WIDTH, Autoencoder
from .training_photos import RandomCrops

_FLOOR = 3e-5  # mean square error (45 dB) below which a crop is good enough
_EMA = 0.999  # of the averaged weights, which are the ones exported
_KLT_CROPS = 64


@dataclass(frozen=True)
class Options:
    """What a training run is made of.

    Parameters
    ----------
    channels : int
        Latents per block of 8x8 pixels.
    steps, minutes : int or float
        Length of the run, one of the two; the other is None. Minutes are of the clock.
    seed : int
        Of crops, noise and first weights.
    batch, crop : int
        Crops a step and their side in pixels, a multiple of 64.
    rate : float
        Peak of AdamW's learning rate; it warms up over the first 3 % and falls to 0 along a cosine.
    price : float
        In dB per bit per pixel.
    noise : (float, float)
        Smallest and largest quantisation step, drawn log-uniformly for each crop.
    width, blocks : int
        Size of the network.
    bfloat16 : bool
        Compute the convolutions in bfloat16 (weights, sums and the linear part stay float32).
    """

    channels: int
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    batch: int = 8
    crop: int = 128
    rate: float = 1e-3
    price: float = 4.0
    noise: tuple[float, float] = (0.03, 0.3)
    width: int = WIDTH
    blocks: int = BLOCKS
    bfloat16: bool = False

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("a run needs either steps or minutes")
        length = self.steps if self.minutes is None else self.minutes
        if length is None or length <= 0:
            raise ValueError(f"a run must be longer than nothing, got {length}")
        if self.channels < 1 or self.batch < 1 or self.width < 1 or self.blocks < 0:
            raise ValueError("channels, batch and width must be 1 or more, blocks 0 or more")
        if self.crop < 64 or self.crop % 64:
            raise ValueError(f"crop must be a multiple of 64 pixels, got {self.crop}")
        if not 0 < self.noise[0] <= self.noise[1]:
            raise ValueError(f"noise must be two steps, 0 < smallest <= largest, got {self.noise}")


class Training:
    """A run that can be stopped after any step, saved, and resumed with the same outcome."""

    def __init__(self, photos: Sequence[np.ndarray], options: Options) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.step = 0
        self.seconds = 0.0
        self._random = np.random.default_rng(options.seed)
        self._crops = RandomCrops(photos, options.crop)
        self._network = Autoencoder(options.channels, width=options.width, blocks=options.blocks)
        self._network.start_at_klt(_tensor(self._crops.batch(_KLT_CROPS, np.random.default_rng([options.seed, 1]))))
        for parameter in self._network.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self._network).eval()
        self._optimizer = torch.optim.AdamW(self._network.parameters(), options.rate, weight_decay=1e-4)

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        if self.options.steps is not None:
            return self.step / self.options.steps
        assert self.options.minutes is not None
        return self.seconds / (60 * self.options.minutes)

    def advance(self) -> float:
        """One step; returns its loss in dB."""
        started = time.monotonic()
        for group in self._optimizer.param_groups:
            group["lr"] = self.options.rate * _schedule(self.progress)
        images = _tensor(self._crops.batch(self.options.batch, self._random))
        steps, noise = self._noise(images.shape)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.options.bfloat16):
            latents = self._network.encode(images)
            restored = self._network.decode(latents + steps * noise)
        error = (restored - images).square().mean((1, 2, 3))
        bits = haar_bits(latents / steps) / (self.options.crop**2)
        loss = (10 * torch.log10(error + _FLOOR) + self.options.price * bits).mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimizer.step()
        self.step += 1
        self._average()
        self.seconds += time.monotonic() - started
        return float(loss.detach())

    def psnr(self, photos: Sequence[np.ndarray]) -> list[float]:
        """Of each photo after encoding and decoding to uint8 with the averaged weights, latents not quantised."""
        return [_psnr(photo, self._round_trip(photo)) for photo in photos]

    @torch.no_grad()
    def finish(self) -> Autoencoder:
        """A copy of the averaged network whose latents have a mean square of 1 on the photos."""
        network = copy.deepcopy(self.averaged)
        crops = self._crops.batch(_KLT_CROPS, np.random.default_rng([self.options.seed, 2]))
        network.rescale_latents(float(network.encode(_tensor(crops)).square().mean().rsqrt()))
        return network

    def state(self) -> dict[str, Any]:
        """What `resume` needs."""
        return {
            "network": self._network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": self._random.bit_generator.state,
            "step": self.step,
            "seconds": self.seconds,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._random.bit_generator.state = state["random"]
        self.step, self.seconds = state["step"], state["seconds"]

    def _noise(self, shape: torch.Size) -> tuple[torch.Tensor, torch.Tensor]:
        count, side = shape[0], self.options.crop // 8
        low, high = np.log(self.options.noise)
        steps = np.exp(self._random.uniform(low, high, (count, 1, 1, 1)))
        noise = self._random.uniform(-0.5, 0.5, (count, self.options.channels, side, side))
        return torch.from_numpy(steps).float(), torch.from_numpy(noise).float()

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(_EMA, (1 + self.step) / (10 + self.step))
        for mean, new in zip(self.averaged.parameters(), self._network.parameters(), strict=True):
            mean.lerp_(new, 1 - keep)

    @torch.no_grad()
    def _round_trip(self, photo: np.ndarray) -> np.ndarray:
        rows, cols = photo.shape[:2]
        padded = np.pad(photo, ((0, -rows % 8), (0, -cols % 8), (0, 0)), mode="edge")
        restored = self.averaged.decode(self.averaged.encode(_tensor(padded[None])))
        pixels = (restored[0].permute(1, 2, 0) * 255).round().clamp(0, 255).byte().numpy()
        return pixels[:rows, :cols]


def haar_bits(scaled: torch.Tensor) -> torch.Tensor:
    """Bits of latents over step, (B, c, h, w), three Haar levels deep: the sum of log2(1 + |coefficient|)."""
    bits = torch.zeros(len(scaled))
    for _ in range(3):
        a, b = scaled[..., ::2, ::2], scaled[..., ::2, 1::2]
        c, d = scaled[..., 1::2, ::2], scaled[..., 1::2, 1::2]
        for detail in (a + b - c - d, a - b + c - d, a - b - c + d):
            bits = bits + torch.log2(1 + detail.abs() / 2).sum((1, 2, 3))
        scaled = (a + b + c + d) / 2
    return bits + torch.log2(1 + scaled.abs()).sum((1, 2, 3))


def _schedule(progress: float) -> float:
    return min(1.0, (progress + 1e-3) / 0.03) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def _tensor(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def _psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return 10 * math.log10(255**2 / error) if error else math.inf
