"""Worlds, planes and images that several tests of the codec's systems need."""

from __future__ import annotations

import numpy as np

from pixkern.pipelines.codec.sdk import ANSBitstream, Planes, ReconRGB, World
from pixkern.pipelines.codec.sdk.systems import ANSEncode, QuantizeU8, WaveletCDF53

FORMAT = "pixkern.symbols-u8"


def smooth(channels, rows, cols, seed=0):
    """Planes that compress: a random walk along both axes."""
    steps = np.random.default_rng(seed).standard_normal((channels, rows, cols))
    return (steps.cumsum(1).cumsum(2) / 8).astype(np.float32)


def spawn(world, kind, values, size=None, origin=""):
    entity = world.new_entity()
    world.add_component(entity, kind(world.arena.put(values), size, origin))
    return entity


def image_pair(world, source, recon):
    entity = world.spawn_image(source)
    world.add_component(entity, ReconRGB(world.arena.put(recon.reshape(*recon.shape[:2], -1))))
    return entity


def coded(world, planes, *, levels=3, quality=70, kind=Planes, size=None, origin=""):
    """An entity that went all the way to bytes, and the bytes."""
    entity = spawn(world, kind, planes, size, origin)
    stream = (world.pipe(entity) | WaveletCDF53(levels) | QuantizeU8(quality) | ANSEncode()).out(ANSBitstream)
    assert stream.format == FORMAT
    return entity, world.view(stream.data).tobytes()


def view(world, entity, kind):
    return world.view(world.get_component(entity, kind).tensors()[0])


def small_world():
    return World(arena_capacity=64 << 20)
