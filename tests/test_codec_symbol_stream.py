"""Bytes of the codec's parts: they decode in a World that knows nothing, and damaged ones are refused."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from codec_worlds import FORMAT, coded, small_world, smooth, spawn, view
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.lifting import subbands
from pixkern.pipelines.codec.sdk import (
    YUVW4,
    ANSBitstream,
    DecodeError,
    Latent4,
    Planes,
    QuantParams,
    SymbolsU8,
    World,
)
from pixkern.pipelines.codec.sdk.systems import ANSDecode, ANSEncode, QuantizeU8, WaveletCDF53

random = np.random.default_rng(0)


@pytest.fixture
def world():
    return small_world()


# Bytes


@settings(max_examples=25)
@given(
    st.sampled_from([1, 3, 4, 16]),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 10),
    st.sampled_from([None, (1, 1), (300, 2**31 - 1)]),
    st.text(max_size=8),
)
def test_bytes_decode_in_a_fresh_world_to_the_same_symbols(channels, rows, cols, levels, size, origin):
    world, fresh = World(arena_capacity=8 << 20), World(arena_capacity=8 << 20)
    origin = origin.encode(errors="ignore").decode()
    entity, data = coded(world, smooth(channels, rows, cols), levels=levels, size=size, origin=origin)
    received = fresh.spawn_bitstream(data, format=FORMAT)
    (fresh.pipe(received) | ANSDecode()).run()
    assert np.array_equal(view(fresh, received, SymbolsU8), view(world, entity, SymbolsU8))
    ours, theirs = world.get_component(entity, QuantParams), fresh.get_component(received, QuantParams)
    assert theirs.quality == ours.quality == 70
    assert np.array_equal(world.view(ours.scales), fresh.view(theirs.scales))
    assert np.array_equal(world.view(ours.offsets), fresh.view(theirs.offsets))
    assert fresh.get_component(received, SymbolsU8).layout == world.get_component(entity, SymbolsU8).layout
    assert world.get_component(entity, SymbolsU8).layout.size == size


@pytest.mark.parametrize("kind", [Latent4, YUVW4, Planes])
def test_the_whole_way_back_needs_the_bytes_alone(world, kind):
    planes = smooth(4, 33, 47)
    entity, data = coded(world, planes, quality=100, kind=kind, size=(47 * 8, 33 * 8), origin="abc")
    scales = view(world, entity, QuantParams)
    fresh = World(arena_capacity=8 << 20)
    received = fresh.spawn_bitstream(data, format=FORMAT)
    decoder = fresh.pipe(received) | ANSDecode() | QuantizeU8(mode="decode") | WaveletCDF53(mode="decode")
    back = decoder.out(kind)
    assert (back.size, back.origin) == ((47 * 8, 33 * 8), "abc")
    assert np.abs(fresh.view(back.values) - planes).max() <= 12 * scales.max() / 2  # gains of 10 bands, below 1.2 each


def test_the_bytes_do_not_depend_on_threads_or_on_company(world):
    pictures = [smooth(3, 48, 40, seed) for seed in range(3)]
    alone = [coded(world, planes)[1] for planes in pictures]
    entities = [spawn(world, Planes, planes) for planes in pictures]
    for threads in (1, 2, 3):
        coder = world.pipe(entities).to(WaveletCDF53(3, threads=threads)).to(QuantizeU8(70, threads=threads))
        streams = coder.to(ANSEncode(threads=threads)).out(ANSBitstream)
        assert [world.view(stream.data).tobytes() for stream in streams] == alone


def test_a_stream_is_near_the_entropy_of_its_bands(world):
    entity, data = coded(world, smooth(3, 256, 256), levels=4)
    symbols = view(world, entity, SymbolsU8)
    bits = 0.0
    for band in subbands((256, 256), 4):
        counts = np.bincount(symbols[:, band.rows, band.cols].ravel())
        shares = counts[counts > 0] / counts.sum()
        bits -= (counts[counts > 0] * np.log2(shares)).sum()
    header = 4 * 2 * 3 * 13  # the scales and offsets of 13 bands of 3 planes
    assert len(data) <= bits / 8 * 1.02 + header + 13 * 250  # tables of 256 values take up to 250 bytes each


def test_symbols_survive_whatever_they_are(world):
    layout = world.get_component(coded(world, smooth(3, 9, 9), levels=1)[0], SymbolsU8).layout
    params = QuantParams(world.arena.put(np.ones((3, 4), "f4")), world.arena.put(np.zeros((3, 4), "f4")), 50)
    for symbols in (
        np.zeros((3, 9, 9), np.uint8),
        np.full((3, 9, 9), 255, np.uint8),
        random.integers(0, 256, (3, 9, 9), dtype=np.uint8),
    ):
        entity = world.new_entity()
        world.add_component(entity, SymbolsU8(world.arena.put(symbols), layout))
        world.add_component(entity, params)
        back = world.pipe(entity).to(ANSEncode()).to(ANSDecode()).out(SymbolsU8)
        assert np.array_equal(world.view(back.symbols), symbols)


@pytest.mark.parametrize("channels", [3, 40])
def test_bands_may_share_their_scale_and_planes_may_be_more_than_tables(channels):
    world = World(arena_capacity=8 << 20)
    entity = spawn(world, Planes, smooth(channels, 12, 12))
    world.pipe(entity).to(WaveletCDF53(3)).to(QuantizeU8(per_band=False)).to(ANSEncode()).run()
    kept = {kind: view(world, entity, kind).copy() for kind in (SymbolsU8, QuantParams)}
    assert kept[QuantParams].shape == (channels, 1)
    world.pipe(entity).select(ANSBitstream).to(ANSDecode()).run()
    for kind, values in kept.items():
        assert np.array_equal(view(world, entity, kind), values)
    world.pipe(entity).to(QuantizeU8(mode="inverse")).to(WaveletCDF53(mode="inverse")).run()


def test_an_origin_that_has_no_place_is_refused(world):
    coded(world, smooth(3, 8, 8), origin="x" * 65535)
    with pytest.raises(ValueError, match="at most 65535 bytes, got 65536"):
        coded(world, smooth(3, 8, 8), origin="x" * 65536)


# Hostile bytes


@pytest.fixture(scope="module")
def stream():
    return coded(World(arena_capacity=8 << 20), smooth(3, 17, 20), origin="näme", size=(20, 17))[1]


def decoded(data, **options):
    fresh = World(arena_capacity=1 << 20)
    fresh.pipe(fresh.spawn_bitstream(data, format=FORMAT)).to(ANSDecode(**options)).run()


def resealed(data):
    """With the header's checksum made right again, so that what is behind it is reached."""
    length, count = struct.unpack_from("<HI", data, 33)
    return data[:4] + struct.pack("<I", zlib.crc32(data[8 : 39 + length + 8 * count])) + data[8:]


def test_the_stream_of_these_tests_decodes_and_resealing_changes_nothing(stream):
    decoded(stream)
    assert resealed(stream) == stream


def test_every_truncation_is_refused(stream):
    for length in range(len(stream)):
        with pytest.raises(DecodeError):
            decoded(stream[:length])


def test_every_flipped_bit_is_refused(stream):
    for place in range(8 * len(stream)):
        data = bytearray(stream)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(DecodeError):
            decoded(bytes(data))


def test_bytes_that_follow_are_refused(stream):
    with pytest.raises(DecodeError):
        decoded(stream + b"\0")


@settings(max_examples=300)
@given(st.data())
def test_a_header_that_lies_under_a_right_checksum_is_refused_or_harmless(stream, data):
    place = data.draw(st.integers(8, 39 + 4))
    value = data.draw(st.integers(0, 255))
    forged = bytearray(stream)
    forged[place] = value
    try:
        forged = resealed(bytes(forged))
    except struct.error:
        return
    try:
        decoded(forged)
    except DecodeError:
        return
    same = set(range(8)) | {8, 10, 11} | set(range(25, 33)) | set(range(39, 44))  # wavelet, kind, quality, size, origin
    assert all(a == b for at, (a, b) in enumerate(zip(forged, stream, strict=True)) if at not in same)


@pytest.mark.parametrize(("place", "value"), [(13, 2**31), (17, 2**32 - 1), (21, 2**32 - 1), (35, 2**32 - 1)])
def test_a_header_that_claims_much_costs_nothing(stream, place, value):
    forged = bytearray(stream)
    struct.pack_into("<I", forged, place, value)
    with pytest.raises(DecodeError, match=r"max_symbols|truncated|checksum"):
        decoded(resealed(bytes(forged)) if place < 35 else bytes(forged))


def test_more_symbols_than_allowed_are_refused(stream):
    decoded(stream, max_symbols=3 * 17 * 20)
    with pytest.raises(DecodeError, match="3 planes of 20x17 are not 1 to 1019 symbols; see max_symbols"):
        decoded(stream, max_symbols=3 * 17 * 20 - 1)


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), -1.0])
def test_scales_that_no_quantiser_has_are_refused(stream, scale):
    forged = bytearray(stream)
    length = struct.unpack_from("<H", stream, 33)[0]
    struct.pack_into("<f", forged, 39 + length, scale)
    with pytest.raises(DecodeError, match="finite"):
        decoded(resealed(bytes(forged)))


def test_bytes_of_another_format_are_refused(world, stream):
    with pytest.raises(DecodeError, match=r"not a stream of pixkern\.symbols-u8"):
        decoded(b"\x89PNG" + stream[4:])
    entity = world.spawn_bitstream(stream, format="somebody else's")
    with pytest.raises(DecodeError, match=r"ANSDecode reads .*; entity 1 has .somebody else.s"):
        ANSDecode().run(world, [entity])
