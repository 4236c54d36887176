import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from pixkern._native.checksum import crc32c, fold
from reference.codec import crc32c as by_bits

READ_COMMAND = bytes.fromhex(
    "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000"
)


@pytest.mark.parametrize(
    ("message", "expected"),  # RFC 3720, B.4; the last: the check value of catalogues
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (READ_COMMAND, 0xD9963A56),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_checksums_are_those_of_the_standard(message, expected):
    assert crc32c(message) == expected == by_bits(message)


@given(st.binary(max_size=70), st.integers(0, 9), st.integers(0, 9))
def test_checksums_of_any_part_of_a_buffer_are_those_bit_by_bit(data, skip, cut):
    part = memoryview(data)[skip : max(skip, len(data) - cut)]
    assert crc32c(part) == by_bits(part)


def test_every_flipped_bit_gives_another_checksum():
    data = np.random.default_rng(0).bytes(37)
    found = {crc32c(data)}
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        found.add(crc32c(flipped))
    assert len(found) == 8 * len(data) + 1


def test_a_megabyte_has_the_checksum_of_its_parts():
    # crc(a + b) is crc(b) exclusive-or what len(b) zeros make of crc(a): with equal a, those terms cancel
    draw = np.random.default_rng(1)
    a, b, c = draw.bytes(2**20 + 3), draw.bytes(1001), draw.bytes(1001)
    assert crc32c(a + b) ^ crc32c(a + c) == crc32c(b) ^ crc32c(c)


def folded(data):
    lanes = np.empty(64, np.uint32)
    fold(np.frombuffer(data, np.uint8), lanes)
    return lanes


def by_words(data):
    """FNV-1a on words of 32 bits in 64 lanes, from the definition."""
    words = np.frombuffer(data + bytes(-len(data) % 256), "<u4").reshape(-1, 64).astype(object)
    lanes = np.array([(i + 1) * 2166136261 % 2**32 for i in range(64)], object)
    for row in words:
        lanes = (lanes ^ row) * 16777619 % 2**32
    return lanes.astype(np.uint32)


@given(st.binary(max_size=2000))
def test_lanes_are_folded_by_the_definition(data):
    assert (folded(data) == by_words(data)).all()


def test_any_changed_byte_changes_exactly_one_lane():
    data = np.random.default_rng(1).bytes(1000)
    for place in range(1000):
        changed = bytearray(data)
        changed[place] ^= 1 + place % 255
        assert (folded(bytes(changed)) != folded(data)).sum() == 1


def print_lanes():
    for size in (0, 1, 255, 256, 257, 100_003):
        print(size, folded(np.random.default_rng(size).bytes(size)).tobytes().hex())


@pytest.mark.parametrize("level", AVAILABLE)
def test_lanes_are_the_same_at_every_cpu_level(level):
    assert run_at(level, "test_checksum", "print_lanes") == run_at(AVAILABLE[0], "test_checksum", "print_lanes")
