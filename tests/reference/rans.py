"""The range coder in plain Python integers, one symbol at a time, from docs/rans.md.

A table is (escape frequency, [(first value, raw bits, frequency), ...]) with intervals from the lowest values up.
"""

import math
import zlib

import numpy as np

SUM, LOW, LANES = 2**14, 2**16, 32


# States


def tokens(table, symbol_bits):
    """[(first, bits, frequency, begin)], the escape last."""
    escape, intervals = table
    found, begin = [], 0
    for first, bits, frequency in intervals:
        found.append((first, bits, frequency, begin))
        begin += frequency
    if escape:
        found.append((0, symbol_bits, escape, begin))
        begin += escape
    assert begin == SUM
    return found


def token_of(symbol, each):
    return next(t for t in each if t[0] <= symbol < t[0] + 2 ** t[1])


def encode_chunk(symbols, rows, tables, symbol_bits):
    """The bytes of one chunk: states, then words."""
    states, out = [LOW] * LANES, []  # `out` in the order of going out, which is that of coming in, backwards
    coders = [tokens(table, symbol_bits) for table in tables]
    coded = [token_of(s, coders[t]) for s, t in zip(symbols, rows, strict=True)]

    def renormalised(lane, most):
        if states[lane] > most:
            out.append(states[lane] % 2**16)
            states[lane] //= 2**16

    for group in reversed(range(0, len(symbols), LANES)):
        lanes = range(min(LANES, len(symbols) - group))
        for lane in reversed(lanes):
            first, bits, _, _ = coded[group + lane]
            renormalised(lane, 2 ** (32 - bits) - 1)
            states[lane] = states[lane] * 2**bits + symbols[group + lane] - first
        for lane in reversed(lanes):
            _, _, frequency, begin = coded[group + lane]
            renormalised(lane, frequency * 2**18 - 1)
            quotient, rest = divmod(states[lane], frequency)
            states[lane] = quotient * SUM + begin + rest
    words = [half for state in states[: len(symbols)] for half in (state % 2**16, state // 2**16)] + out[::-1]
    return np.array(words, "<u2").tobytes()


def decode_chunk(data, count, rows, tables, symbol_bits):
    words = np.frombuffer(data, "<u2").tolist()
    lanes = min(LANES, count)
    states = [words.pop(0) + 2**16 * words.pop(0) for _ in range(lanes)]
    words.reverse()
    symbols, coders = [], [tokens(table, symbol_bits) for table in tables]

    def refill(lane):
        if states[lane] < LOW:
            states[lane] = states[lane] * 2**16 + words.pop()

    for group in range(0, count, LANES):
        found = []
        for lane in range(min(LANES, count - group)):
            rest = states[lane] % SUM
            coder = coders[rows[group + lane]]
            first, bits, frequency, begin = next(t for t in coder if t[3] <= rest < t[3] + t[2])
            states[lane] = frequency * (states[lane] // SUM) + rest - begin
            refill(lane)
            found.append((first, bits))
        for lane, (first, bits) in enumerate(found):
            states[lane], digits = divmod(states[lane], 2**bits)
            refill(lane)
            symbols.append(first + digits)
    assert not words
    assert states == [LOW] * lanes
    return symbols


# Tables


class Bits:
    """A string of bits, the lowest of each byte first, with the two adaptive Rice codes of a table."""

    def __init__(self, data=b""):
        self.bits = [byte >> i & 1 for byte in data for i in range(8)]
        self.at = 0
        self.kinds = {"bits": [0, 1], "frequency": [32, 1]}

    def data(self):
        padded = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(sum(bit << i for i, bit in enumerate(padded[at : at + 8])) for at in range(0, len(padded), 8))

    def write(self, value, count):
        self.bits += [value >> i & 1 for i in range(count)]

    def read(self, count):
        self.at += count
        return sum(bit << i for i, bit in enumerate(self.bits[self.at - count : self.at]))

    def _parameter(self, kind):
        total, count = self.kinds[kind]
        return max(0, math.ceil(math.log2(total / count))) if total else 0

    def _follow(self, kind, number):
        total, count = self.kinds[kind]
        total, count = total + number, count + 1
        self.kinds[kind] = [total // 2, count // 2] if count == 8 else [total, count]

    def write_rice(self, number, kind):
        k = self._parameter(kind)
        if number >> k < 12:
            self.bits += [1] * (number >> k) + [0]
            self.write(number % 2**k, k)
        else:
            self.bits += [1] * 12
            self.write(number, 16)
        self._follow(kind, number)

    def read_rice(self, kind):
        k, ones = self._parameter(kind), 0
        while ones < 12 and self.read(1):
            ones += 1
        number = self.read(16) if ones == 12 else ones * 2**k + self.read(k)
        self._follow(kind, number)
        return number


def unsigned(d):
    return 2 * d if d >= 0 else -2 * d - 1


def signed(number):
    return -(number // 2) - 1 if number % 2 else number // 2


def pack_table(table, symbol_bits):
    """Gaps between intervals are filled with the largest dyadic intervals that fit."""
    escape, intervals = table
    bits = Bits()
    bits.write(escape > 0, 1)
    if escape:
        bits.write(escape - 1, 14)
    value, before, last = 0, 0, 0
    for first, raw, frequency in intervals:
        while value < first:
            gap = (value & -value).bit_length() - 1 if value else 16
            while value + 2**gap > first:
                gap -= 1
            bits.write_rice(0, "frequency")
            bits.write_rice(unsigned(gap - before), "bits")
            before, value = gap, value + 2**gap
        bits.write_rice(1 + unsigned(frequency - last), "frequency")
        if symbol_bits == 16:
            bits.write_rice(unsigned(raw - before), "bits")
            before = raw
        last, value = frequency, value + 2**raw
    return bits.data()


def unpack_tables(data):
    """[table, ...] and the bits of a symbol."""
    symbol_bits, count = data[0], data[1] + 1
    data, tables = data[2:], []
    for _ in range(count):
        bits = Bits(data)
        escape = bits.read(14) + 1 if bits.read(1) else 0
        intervals, total, value, before, frequency = [], escape, 0, 0, 0
        while total < SUM:
            number = bits.read_rice("frequency")
            single = symbol_bits == 8 and number > 0
            before += 0 if single else signed(bits.read_rice("bits"))
            raw = 0 if single else before
            if number:
                frequency += signed(number - 1)
                intervals.append((value, raw, frequency))
                total += frequency
            value += 2**raw
        tables.append((escape, intervals))
        data = data[-(-bits.at // 8) :]
    assert not data
    return tables, symbol_bits


def apportioned(counts):
    """Frequencies from one unit each, the rest one by one to the largest c (6 f + 3) / (6 f^2 + 6 f + 1)."""
    counts, f = np.asarray(counts, float), np.ones(len(counts))
    for _ in range(SUM - len(counts)):
        f[(counts * (6 * f + 3) / (6 * f * f + 6 * f + 1)).argmax()] += 1
    return f


def best_cost(counts):
    """The least bits that integer frequencies can reach: units one by one to where log2 says they save most."""
    counts = np.asarray(counts, float)
    frequencies = np.ones(len(counts))
    saved = counts * np.log2((frequencies + 1) / frequencies)
    for _ in range(SUM - len(counts)):
        best = saved.argmax()
        frequencies[best] += 1
        saved[best] = counts[best] * np.log2((frequencies[best] + 1) / frequencies[best])
    return cost(counts, frequencies)


def cost(counts, frequencies):
    return float(np.sum(np.asarray(counts) * -np.log2(np.asarray(frequencies) / SUM)))


# Streams


def varint(value):
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + varint(value // 128)


def stream(symbols, data, contexts=None, chunk=2**18, supplied=False):
    """All of a stream, with tables of such data."""
    tables, symbol_bits = unpack_tables(data)
    flat = symbols.reshape(-1).tolist()
    rows = [0] * len(flat) if contexts is None else contexts.reshape(-1).tolist()
    starts = range(0, len(flat), chunk)
    pieces = [encode_chunk(flat[at : at + chunk], rows[at : at + chunk], tables, symbol_bits) for at in starts]
    head = b"PKR1" + bytes([(symbol_bits == 16) + 2 * supplied, chunk.bit_length() - 1])
    head += varint(symbols.ndim) + b"".join(map(varint, symbols.shape))
    head += zlib.crc32(data).to_bytes(4, "little") if supplied else varint(len(data)) + data
    head += b"".join(varint(len(piece) // 2) for piece in pieces)
    whole = head + b"".join(pieces)
    return whole + zlib.crc32(whole).to_bytes(4, "little")
