"""A decoder of compressed images, one coefficient at a time, in plain Python and NumPy, from docs/bitstream.md alone.

What it does not find as the page says fails an assertion.
"""

from importlib.resources import files

import numpy as np

from . import synthesis

TABLES = np.load(files("pixkern.pipelines.codec").joinpath("tables-v1.npz").open("rb"))
WAVELETS = ("haar", "cdf53", "cdf97")
BANDS = ("HL", "LH", "HH")
MOST = 2**24
LOW_NORMS = {
    "haar": "1.414214 2.0 2.828427 4.0 5.656854 8.0 11.313708 16.0 22.627417 32.0",
    "cdf53": "1.224745 1.658312 2.318405 3.269174 4.619930 6.532371 9.237745 13.063995 18.475226 26.127897",
    "cdf97": "1.402108 2.030372 2.901162 4.115284 5.824510 8.238758 11.651951 16.478554 23.304267 32.957234",
}
HIGH_NORMS = {
    "haar": "0.707107 1.0 1.414214 2.0 2.828427 4.0 5.656854 8.0 11.313708 16.0",
    "cdf53": "0.847791 0.960143 1.259340 1.744411 2.453871 3.465652 4.899528 6.928397 9.798027 13.856431",
    "cdf97": "0.721261 0.983471 1.441962 2.073760 2.947324 4.173588 5.904300 8.350635 11.809826 16.701702",
}
COLOUR_NORMS = 1.732051, 1.414214, 1.732051


def crc32c(data):
    """RFC 3720, bit by bit."""
    rest = 0xFFFFFFFF
    for byte in bytes(data):
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


class Bytes:
    """Integers, one after another."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, count):
        self.at += count
        assert self.at <= len(self.data), "ends early"
        return self.data[self.at - count : self.at]

    def integer(self, count, signed=False):
        return int.from_bytes(self.take(count), "little", signed=signed)

    def varint(self):
        value = 0
        for place in range(5):
            byte = self.integer(1)
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
        raise AssertionError("a varint of more than five bytes")


class Bits:
    """Bits, the lowest of a byte first."""

    def __init__(self, data):
        self.bits, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count):
        self.left -= count
        assert self.left >= 0, "bits run out"
        value, self.bits = self.bits & ((1 << count) - 1), self.bits >> count
        return value

    def exp_golomb(self):
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 12:
                return MOST
        return (1 << (12 + zeros) | self.take(12 + zeros)) - 2**12

    def end(self):
        assert self.left < 8, "a byte too many"
        assert self.bits == 0, "bits that fill the last byte"


def decode(data):
    """(pixels (H, W, C), header); vae: its latents (planes, h, w)."""
    data = Bytes(data)
    assert data.take(4) == b"PXK\x1a"
    assert (data.integer(1), data.integer(1), data.integer(2)) == (1, 0, 0)
    header = {name: data.integer(size) for name, size in (("width", 4), ("height", 4), ("channels", 1), ("bits", 1))}
    header |= {name: data.integer(1) for name in ("mode", "quality", "layers", "zero")}
    if header["mode"] == 2:
        header |= {"downscale": data.integer(1), "hadamard": data.integer(1), "model": data.take(16)}
    assert crc32c(data.data[: data.at]) == data.integer(4)
    layers = [decode_layer(data, header["bits"]) for _ in range(header["layers"])]
    assert data.at == len(data.data)
    return (layers[0] if header["mode"] == 2 else np.concatenate(layers, axis=2)), header


def decode_layer(data, bits):
    begin = data.at
    layer = {name: data.integer(size) for name, size in (("width", 4), ("height", 4), ("planes", 1), ("exact", 1))}
    layer |= {name: data.integer(1) for name in ("wavelet", "levels", "fast", "latent", "tile", "colour")}
    mantissa = data.integer(2)
    layer["step"] = (1 + mantissa % 2**11 / 2**11) * 2.0 ** (mantissa // 2**11 - 16)
    layer |= {"offset": data.integer(1, signed=True) / 64, "shifts": data.integer(1), "chroma": data.integer(1) / 32}
    layer["wavelet"] = WAVELETS[layer["wavelet"]]
    side = 2 ** layer["tile"]
    corners = [(y, x) for y in range(0, layer["height"], side) for x in range(0, layer["width"], side)]
    table = [(data.integer(4), data.integer(4)) for _ in corners]
    assert crc32c(data.data[begin : data.at]) == data.integer(4)
    planes = np.zeros((layer["planes"], layer["height"], layer["width"]), np.int32 if layer["exact"] else np.float32)
    for corner, (length, crc) in zip(corners, table, strict=True):
        tile = data.take(length)
        assert crc32c(tile) == crc
        decode_tile(Bytes(tile), layer, segments_of(layer, *corner), planes)
    planes = np.array([synthesis.idwt2(plane, layer["wavelet"], layer["levels"]) for plane in planes])
    return planes if layer["latent"] else samples(planes, layer["colour"], bits)


def samples(planes, colour, bits):
    """(H, W, C) pixels of planes."""
    middle = planes.dtype.type(2 ** (bits - 1))
    first, others = planes[0] + middle, planes[1:]
    if colour == 1:
        rest = first - others[1]
        channels = [rest + others[0], first + others[1], rest - others[0]]
    elif colour == 2:
        green = first - (others[0] + others[1]) // 4
        channels = [others[1] + green, green, others[0] + green]
    else:
        channels = [first, *(other + middle for other in others)]
    channels += [other + middle for other in others[2:]] if colour else []
    rounded = [c if c.dtype == np.int32 else np.floor(c + np.float32(0.5)) for c in channels]
    return np.stack([np.clip(c, 0, 2**bits - 1) for c in rounded], axis=2).astype(f"uint{bits}")


def segments_of(layer, top, left):
    """[(plane, level, band, rows, cols)], both as slices of the plane."""
    found = []
    levels, side = layer["levels"], 2 ** layer["tile"]

    def span(size, level, high, begin):
        low = -(-size // 2**level)
        count = -(-size // 2 ** (level - 1)) // 2 if high else low
        first, last = min(begin // 2**level, count), min((begin + side) // 2**level, count)
        return slice(first + low * high, last + low * high)

    for level, band in [(levels, "LL"), *((level, band) for level in range(levels, 0, -1) for band in BANDS)]:
        rows = span(layer["height"], level, band in ("LH", "HH"), top)
        cols = span(layer["width"], level, band in ("HL", "HH"), left)
        if rows.start < rows.stop and cols.start < cols.stop:
            found += [(plane, level, band, rows, cols) for plane in range(layer["planes"])]
    return found


def role_of(layer, plane):
    """(role, its luma, its other chroma)."""
    if layer["colour"]:
        return [(0, None, None), (1, 0, None), (2, 0, 1)][plane] if plane < 3 else (0, None, None)
    if layer["latent"]:
        return min(plane, 2), 0 if plane else None, plane - 1 if plane > 1 else None
    return 0, None, None


def decode_tile(data, layer, segments, planes):
    flags = Bits(data.take(-(-len(segments) // 8)))
    coded = [flags.take(1) for _ in segments]
    flags.end()
    shifts = list(data.take(len(segments))) if layer["shifts"] else [0] * len(segments)
    assert max(shifts) <= 15
    words, signs, raw = data.varint(), data.varint(), data.varint()
    lanes = 32 if layer["fast"] else 2
    states = [data.integer(4) for _ in range(lanes)] if any(coded) else [2**16] * lanes
    assert min(states) >= 2**16
    stream = {"states": states, "words": [data.integer(2) for _ in range(words)][::-1]}
    stream |= {"signs": Bits(data.take(signs)), "raw": Bits(data.take(raw))}
    assert data.at == len(data.data)
    kind = "int32" if layer["exact"] else "float32"
    wavelet = layer["wavelet"].replace("haar", "cdf53")
    name = ("latent" if layer["latent"] else f"{kind}-{wavelet}") + ("-fast" if layer["fast"] else "-dense")
    weights, frequencies = (
        TABLES[f"{name}.weights"].astype(np.int64),
        TABLES[f"{name}.frequencies"].astype(int).tolist(),
    )
    seen = {}  # (plane, level, band) -> what contexts see of the magnitudes
    for (plane, level, band, rows, cols), is_coded, shift in zip(segments, coded, shifts, strict=True):
        if not is_coded:
            continue
        shape = rows.stop - rows.start, cols.stop - cols.start
        role, luma, chroma = role_of(layer, plane)
        row = role * 10 + (0 if band == "LL" else 1 + 3 * BANDS.index(band) + min(level, 3) - 1)
        known = expectations(shape, seen, (plane, level, band, luma, chroma), weights[row])
        tokens = read_tokens(stream, known, weights[row], frequencies[row], lanes, dense=not layer["fast"])
        seen[plane, level, band] = np.minimum(np.array([bases(t) for t in range(32)])[tokens], 255)
        values = read_values(stream, tokens, shift)
        if band == "LL":
            predict(values)
        if not layer["exact"]:
            values = restored(values, layer, plane, level, band)
        planes[plane, rows, cols] = values
    assert not stream["words"]
    assert set(states) == {2**16}
    stream["signs"].end()
    stream["raw"].end()


def smooth(x):
    """S of the page."""
    x = np.pad(x, 1)
    x = x[:-2] + 2 * x[1:-1] + x[2:]
    return x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]


def expectations(shape, seen, where, weights):
    """What other segments let expect, in 256ths."""
    plane, level, band, luma, chroma = where
    rows, cols = np.indices(shape)
    total = np.full(shape, weights[0])

    def add(key, place, weight):
        nonlocal total
        if key not in seen:
            return
        for part, each in ((seen[key], weights[weight]), (smooth(np.pad(seen[key], 1)), weights[weight + 1])):
            margin = (part.shape[0] - seen[key].shape[0]) // 2
            beyond = np.zeros((max(part.shape[0], margin + place[0].max() + 1), part.shape[1] + margin + shape[1]), int)
            beyond[: part.shape[0], : part.shape[1]] = part
            total = total + each * beyond[place[0] + margin, place[1] + margin]

    if band != "LL":
        add((plane, level + 1, band), (rows // 2, cols // 2), 1)
    if band in ("LH", "HH"):
        add((plane, level, "HL"), (rows, cols), 3)
    if band == "HH":
        add((plane, level, "LH"), (rows, cols), 5)
    add((luma, level, band), (rows, cols), 7)
    add((chroma, level, band), (rows, cols), 9)
    return total


def bases(token):
    """The least magnitude of a token."""
    if token < 16:
        return token
    return 3072 if token == 31 else (2 + (token - 16) % 2) * 2 ** (3 + (token - 16) // 2)


def read_tokens(stream, known, weights, frequencies, lanes, *, dense):
    rows, cols = known.shape
    seen = np.zeros((rows + 2, cols + 3), int)  # two rows above, two columns before and one behind
    tokens = np.zeros((rows, cols), int)
    w = weights.tolist()
    for i in range(rows * cols):
        r, c = divmod(i, cols)
        expected = int(known[r, c])
        if dense:
            north, here = seen[r + 1], seen[r + 2]
            expected += w[11] * north[c + 2] + w[12] * north[c + 1] + w[13] * north[c + 3]
            expected += w[14] * seen[r][c + 2] + w[15] * here[c + 1] + w[16] * here[c]
        v = 8 + int(expected)
        octave = v.bit_length() - 1
        table = frequencies[min(23, 2 * octave + (v >> (octave - 1) & 1) - 6)]
        state, start, token = stream["states"][i % lanes], 0, 0
        rest = state % 2**14
        while rest >= start + table[token]:
            start += table[token]
            token += 1
        state = table[token] * (state // 2**14) + rest - start
        if state < 2**16:
            assert stream["words"], "words run out"
            state = 2**16 * state + stream["words"].pop()
        stream["states"][i % lanes] = state
        tokens[r, c] = token
        seen[r + 2, c + 2] = min(bases(token), 255)
    return tokens


def read_values(stream, tokens, shift):
    """Signed integers of a segment."""
    values = np.zeros(tokens.shape, np.int64)
    for r, row in enumerate(tokens.tolist()):
        low = [stream["raw"].take(shift) for _ in row]
        for c, token in enumerate(row):
            magnitude = bases(token)
            if token == 31:
                magnitude = min(magnitude + stream["raw"].exp_golomb(), MOST - 1)
            elif token >= 16:
                magnitude += stream["raw"].take(3 + (token - 16) // 2)
            magnitude = (magnitude << shift | low[c]) % MOST
            values[r, c] = -magnitude if magnitude and stream["signs"].take(1) else magnitude
    return values


def predict(values):
    """Differences to values, in place; modulo 2^32, as int32 has it."""
    for r, c in np.ndindex(values.shape):
        west, north = values[r, c - 1] if c else None, values[r - 1, c] if r else None
        first = west if r == 0 else north
        if r and c:
            first = sorted((west, north, west + north - values[r - 1, c - 1]))[1]
        total = int(values[r, c]) + int(first or 0)
        values[r, c] = (total + 2**31) % 2**32 - 2**31


def restored(values, layer, plane, level, band):
    """float32 of quantised integers."""
    low, high = (
        [float(norm) for norm in norms[layer["wavelet"]].split()][level - 1] for norms in (LOW_NORMS, HIGH_NORMS)
    )
    norm = (high if band in ("HL", "HH") else low) * (high if band in ("LH", "HH") else low)
    colour = 1.0
    if layer["colour"] == 1:
        colour = COLOUR_NORMS[plane] / (layer["chroma"] if plane else 1)
    step = np.float32(layer["step"] / (norm * colour))
    sizes = (np.abs(values).astype(np.float32) + np.float32(layer["offset"])) * step
    return np.where(values == 0, np.float32(0), np.where(values < 0, -sizes, sizes))
