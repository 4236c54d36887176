"""Animations whose sprites are known: a figure walks over a still ground, enlarged by area, noisy, in JPEG."""

import cv2
import numpy as np

from pixkern.demo import demo_sprites

GROUND = np.array([[60, 90, 40], [84, 120, 60], [150, 130, 90], [40, 50, 90]], np.uint8)


def walk(count=6, name="crawl_007"):
    """(count, h, w, 3): the sprite moves two cells from frame to frame, and turns; the ground stays."""
    figure = demo_sprites()[name]
    height, width = figure.shape[:2]
    draw = np.random.default_rng(5)
    ground = GROUND[draw.integers(0, 4, ((height + 12) // 4, (width + 24) // 4))].repeat(4, 0).repeat(4, 1)
    ground = ground[1:]  # no multiple of the side of a dither's pattern
    frames = np.repeat(ground[None], count, axis=0)
    for k, frame in enumerate(frames):
        x = 2 + 2 * k % (frame.shape[1] - width - 2)
        frame[4 : 4 + height, x : x + width] = figure if k % 4 < 2 else figure[:, ::-1]
    return frames


def enlarged(sprites, pitch, offset=(0.0, 0.0), *, noise=0.0, quality=None, seed=0):
    """Pictures (H, W, 3) of sprites whose first cells are cut by `offset` pixels; each has noise of its own."""
    across, down = (_shares(sprites.shape[axis], pitch, start) for axis, start in ((2, offset[0]), (1, offset[1])))
    pictures = []
    for k, sprite in enumerate(sprites):
        exact = np.einsum("yr,rsc,xs->yxc", down, sprite.astype(float), across, optimize=True)
        exact += np.random.default_rng([seed, k]).normal(0, 1, exact.shape) * noise
        picture = np.clip(exact, 0, 255).round().astype(np.uint8)
        if quality is not None:
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
        pictures.append(picture)
    return pictures


def _shares(cells, pitch, start):
    """(pixels, cells): how much of each pixel is of each cell."""
    length = int(cells * pitch - start + 1e-9)
    edges = (np.arange(length + 1) + start) / pitch
    first, last = np.maximum(edges[:-1, None], np.arange(cells)), np.minimum(edges[1:, None], np.arange(1, cells + 1))
    shares = np.maximum(last - first, 0)
    return shares / shares.sum(1, keepdims=True)
