import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixkern._native.checksum import crc32c
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
