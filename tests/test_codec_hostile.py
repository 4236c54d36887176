"""Whatever the bytes are: an image or DecodeError, never anything else, and never much memory.

PIXKERN_HOSTILE=n divides the number of files by n, for builds with sanitizers.
"""

import itertools
import os
import random
import subprocess
import sys
import tracemalloc

import codec_cases as cases
import codec_forgery as forgery
import numpy as np
import pytest
from reference import codec as ref

from pixkern import _coefficients
from pixkern.pipelines.codec import DecodeError, compress, decompress, info
from pixkern.pipelines.codec.entropy_tables import table_name
from pixkern.pipelines.codec.layer import Layer, _encode_tile, model
from pixkern.pipelines.codec.segments import Tiling

EASE = int(os.environ.get("PIXKERN_HOSTILE", "1"))
SMALL = {
    "wavelet": ("natural", (45, 70, 3), "uint8", {"quality": 80}),
    "wavelet-alpha-fast": ("natural", (40, 33, 4), "uint8", {"quality": 70, "profile": "fast", "wavelet": "cdf53"}),
    "wavelet-haar": ("noise", (17, 19, 1), "uint8", {"quality": 60, "wavelet": "haar"}),
    "lossless": ("natural", (30, 25, 3), "uint8", {"mode": "lossless"}),
    "lossless-fast": ("extremes", (20, 21, 2), "uint8", {"mode": "lossless", "profile": "fast"}),
    "lossless-16": ("noise", (16, 15, 1), "uint16", {"mode": "lossless", "wavelet": "haar"}),
    "lossless-16-fast": ("natural", (12, 70, 4), "uint16", {"mode": "lossless", "profile": "fast"}),
}
MOST_PIXELS = 2**16
MOST_MEMORY = 32 << 20  # the arena of such an image: 40 bytes for each of its samples and 8 MiB; and planes


def stream(name):
    kind, shape, dtype, options = SMALL[name]
    return compress(cases.image(kind, shape, dtype), tile=64, **options)


def outcome(data, **options):
    """The pixels, of the shape that the header says; None if the bytes are refused."""
    try:
        pixels = decompress(data, max_pixels=MOST_PIXELS, threads=1, **options)
    except DecodeError:
        return None
    about = info(data)
    shape = (about.height, about.width) + ((about.channels,) if about.channels > 1 else ())
    assert (pixels.shape, pixels.dtype.name) == (shape, about.dtype)
    return pixels


@pytest.fixture(scope="module")
def streams():
    return {name: stream(name) for name in SMALL}


@pytest.fixture
def bounded_memory():
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY


# Damage


def test_every_flipped_bit_is_noticed(streams):
    places = [(name, bit) for name, data in streams.items() for bit in range(8 * len(data))]
    chosen = random.Random(0).sample(places, min(len(places), max(1, 12_000 // EASE)))
    assert len(chosen) >= 10_000 // EASE
    for name, bit in chosen:
        data = bytearray(streams[name])
        data[bit >> 3] ^= 1 << (bit & 7)
        assert outcome(data) is None, f"bit {bit} of {name}"


def test_every_length_that_is_too_short_is_noticed(streams):
    long = {f"{name} {seed}": data for name, data in streams.items() for seed in [0]}
    long["photo"] = compress(cases.image("natural", (70, 70, 3), seed=5), mode="lossless", tile=64)
    cuts = [(name, length) for name, data in long.items() for length in range(len(data))]
    assert len(cuts) >= 10_000
    for name, length in cuts[::EASE]:
        assert outcome(long[name][:length]) is None, f"{length} bytes of {name}"


def test_bytes_that_follow_are_noticed(streams):
    for data in streams.values():
        for tail in (b"\0", b"\xff" * 7, data):
            assert outcome(data + tail) is None


def test_two_flipped_bytes_anywhere_are_noticed(streams):
    draw = random.Random(1)
    for data in streams.values():
        for _ in range(300 // EASE):
            damaged = bytearray(data)
            for place in draw.sample(range(len(data)), 2):
                damaged[place] ^= draw.randrange(1, 256)
            assert outcome(damaged) is None


def test_random_bytes_are_refused():
    draw = random.Random(2)
    for length in range(500 // EASE):
        for head in (b"", b"PXK\x1a", b"PXK\x1a\x01\x00\x00\x00"):
            assert outcome(head + draw.randbytes(length)) is None


# Headers that lie


def values_of(kind, draw):
    if kind in "Bb":
        low = -128 if kind == "b" else 0
        return range(low, low + 256)
    bits = {"H": 16, "I": 32}[kind]
    near = [2**k + d for k in range(bits + 1) for d in (-1, 0, 1)]
    return [v for v in {*near, *(draw.randrange(2**bits) for _ in range(20))} if 0 <= v < 2**bits]


def lies(files):
    """Files with every field set to all its values, or many; then with several fields that are not what they were."""
    draw = random.Random(3)
    for file in files.values():
        fields = [(None, field, kind) for field, kind in forgery.FILE.items() if field != "magic"]
        fields += [(k, field, kind) for k in range(len(file.layers)) for field, kind in forgery.LAYER.items()]
        for layer, field, kind in fields:
            for value in values_of(kind, draw):
                yield file.having(layer, **{field: value})
        sizes = ("width", "height")
        for _ in range(150):  # headers that agree with each other about the size
            size = {
                side: draw.choice([1, 2, 63, 64, 65, 200, 2 ** draw.randrange(32), 2**16 - 1, 2**32 - 1])
                for side in sizes
            }
            forged = file.having(**size)
            for k in range(len(file.layers)):
                forged = forged.having(k, **size, levels=draw.randrange(1, 11), tile_bits=draw.randrange(6, 13))
            yield forged
        for _ in range(300):
            forged = file
            for layer, field, kind in draw.sample(fields, 3):
                forged = forged.having(layer, **{field: draw.choice(list(values_of(kind, draw)))})
            yield forged


def test_headers_that_lie_are_refused_or_decoded(streams, bounded_memory):
    count = decoded = 0
    files = {name: forgery.opened(data) for name, data in streams.items()}
    for file in itertools.islice(lies(files), 0, None, 5 * EASE):
        for forged in {file.data(), file.fitted().data()}:
            count += 1
            decoded += outcome(forged) is not None
    assert count >= 2_000 // EASE
    assert 0.02 * count < decoded < 0.7 * count  # steps, offsets and qualities may be others; most else may not


def test_headers_that_lie_without_their_checksums_are_refused(streams):
    draw = random.Random(4)
    for data in streams.values():
        file = forgery.opened(data)
        head = len(file.header())
        for begin, end in ((0, head), (head, head + len(file.layers[0].data()) - sum(map(len, file.layers[0].tiles)))):
            for place in range(begin, end):
                for value in draw.sample(range(256), max(1, 12 // EASE)):
                    damaged = bytearray(data)
                    damaged[place] = value
                    assert (outcome(damaged) is None) == (value != data[place])


def test_a_file_taken_apart_or_sealed_again_is_the_file(streams):
    for data in streams.values():
        assert forgery.opened(data).data() == forgery.opened(data).fitted().data() == forgery.resealed(data) == data
        unsealed = forgery.opened(data).having(quality=33 if info(data).quality else 0).data()
        assert outcome(forgery.resealed(unsealed[:22] + bytes(4) + unsealed[26:])) is not None


def test_tables_of_tiles_that_lie_are_refused(streams):
    for data in streams.values():
        file = forgery.opened(data)
        layer = file.layers[0]
        for tiles in ((), layer.tiles + layer.tiles[:1], layer.tiles[:-1], (b"",) * len(layer.tiles)):
            layers = (forgery.replace(layer, tiles=tiles), *file.layers[1:])
            assert outcome(forgery.replace(file, layers=layers).data()) is None
        assert outcome(forgery.replace(file, layers=()).data()) is None
        assert outcome(forgery.replace(file, layers=file.layers[:1] * 3).data()) is None


def test_a_layer_of_more_latents_than_the_model_has_is_refused_before_they_are_decoded(bounded_memory):
    pytest.importorskip("onnxruntime")
    file = forgery.opened(compress(cases.image("natural", (40, 50, 3)), mode="vae", tile=64))
    for planes in (1, 3, 5, 255):
        flags = -(-planes * (1 + 3 * file.layers[0].fields["levels"]) // 8)
        empty = forgery.Tile(bytes(flags), b"", b"", b"", b"", b"").data()
        assert outcome(file.having(0, planes=planes).with_tile(0, 0, empty).data()) is None
    for downscale in (0, 1, 2, 4, 9, 255):
        size = {"width": -(-50 // max(downscale, 1)), "height": -(-40 // max(downscale, 1))}
        assert outcome(file.having(downscale=downscale).having(0, **size).fitted().data()) is None
    assert outcome(file.having(model=bytes(16)).data()) is None
    assert outcome(file.having(channels=2).data()) is None


@pytest.mark.filterwarnings("error")
def test_latents_that_no_image_has_are_refused_or_decoded():
    pytest.importorskip("onnxruntime")
    image = cases.image("extremes", (40, 50, 3))
    found = []
    for hadamard in (False, True):
        file = forgery.opened(compress(image, mode="vae", quality=100, tile=64, hadamard=hadamard))
        for exponent in range(32):
            for levels in (1, 6):
                found.append(outcome(file.having(0, step=exponent << 11, levels=levels).data()) is not None)
    assert any(found)


BOMBS = """
import sys, resource
import codec_forgery as forgery
from pixkern.pipelines.codec import DecodeError, decompress, info, compress
import numpy as np

compress(np.zeros((64, 64, 3), np.uint8))
file = forgery.opened(compress(np.zeros((64, 64, 3), np.uint8), tile=64))
lossless = forgery.opened(compress(np.zeros((64, 64, 4), np.uint8), mode="lossless", tile=64))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in (file, lossless):
    for width, height in ((2**32 - 1, 2**32 - 1), (2**32 - 1, 1), (1, 2**32 - 1), (2**16, 2**16), (2**14 + 1, 2**14)):
        size = {"width": width, "height": height}
        for bits in (6, 12):
            forged = file.having(**size).having(0, **size, tile_bits=bits, levels=6)
            for data in (forged.data(), forged.fitted().data()):
                for read in (info, decompress):
                    try:
                        read(data)
                    except DecodeError:
                        continue
                    sys.exit(f"{size} was read")
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def test_images_that_are_too_large_are_refused_without_memory():
    environment = {
        **os.environ,
        "PYTHONPATH": os.path.dirname(cases.__file__) + os.pathsep + os.environ.get("PYTHONPATH", ""),
    }
    done = subprocess.run([sys.executable, "-c", BOMBS], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 16 << 20


# Tiles that lie


def mutated(part, draw):
    """Bytes that are not those: some of them others, or more, or fewer, or none, or all alike."""
    how = draw.randrange(6)
    if how == 0 or not part:
        return draw.randbytes(draw.randrange(1, len(part) + 9))
    if how == 1:
        return part[: draw.randrange(len(part))]
    if how == 2:
        return part + draw.randbytes(draw.randrange(1, 9))
    if how == 3:
        return bytes([draw.choice([0, 1, 127, 128, 255])]) * len(part)
    changed = bytearray(part)
    for _ in range(1 if how == 4 else 1 + len(part) // 4):
        changed[draw.randrange(len(part))] = draw.randrange(256)
    return bytes(changed)


def lengths(tile, draw):
    """Varints that are not those of the parts, or are but take more bytes than they need."""
    own = [len(tile.words) // 2, len(tile.signs), len(tile.raw)]
    k = draw.randrange(3)
    given = [forgery.varint(value) for value in own]
    given[k] = draw.choice(
        [
            *(
                forgery.varint(max(0, own[k] + draw.choice([-2, -1, 1, 2, 40]))),
                forgery.varint(2 ** draw.randrange(35) - 1),
            ),
            *(b"\xff" * 5, b"\xff\xff\xff\xff\x7f", b"\x80" * 9 + b"\0", b"\x80" * 4 + b"\0", b""),
        ]
    )
    return tuple(given)


def lying_tiles(streams, count, seed):
    """(what, data) of files with a tile that is not what was compressed, all checksums right."""
    draw = random.Random(seed)
    files = {name: forgery.opened(data) for name, data in streams.items()}
    for number in range(count):
        name = draw.choice(list(files))
        file = files[name]
        layer = draw.randrange(len(file.layers))
        fields, tiles = file.layers[layer].fields, file.layers[layer].tiles
        index = draw.randrange(len(tiles))
        tiling = Tiling(fields["height"], fields["width"], fields["levels"], 1 << fields["tile_bits"])
        roles = Layer(1, 1, fields["planes"], "int32", "haar", 1, "fast").roles
        segments = len(tiling.segments(index, roles).fields)
        tile = forgery.tile_opened(tiles[index], segments=segments, shifted=fields["shifted"], fast=fields["profile"])
        which = draw.choice(["flags", "shifts", "states", "words", "signs", "raw", "lengths", "all", "bytes"])
        if which == "bytes":
            data = mutated(tiles[index], draw)
        elif which == "lengths":
            data = forgery.replace(tile, lengths=lengths(tile, draw)).data()
        elif which == "all":
            parts = {part: draw.randbytes(len(getattr(tile, part))) for part in ("states", "words", "signs", "raw")}
            data = forgery.replace(tile, **parts).data()
        else:
            data = forgery.replace(tile, **{which: mutated(getattr(tile, which), draw)}).data()
        yield f"{number}: {which} of {name}", file.with_tile(layer, index, data).data()


def test_tiles_that_lie_take_no_more_memory_than_others(streams, bounded_memory):
    for _, data in lying_tiles(streams, 300 // EASE, 8):
        outcome(data)


def test_tiles_that_lie_are_refused_or_decoded(streams):
    found = [outcome(data) is not None for _, data in lying_tiles(streams, 4_000 // EASE, 5)]
    assert 0.02 < np.mean(found) < 0.5  # other signs are an image too


def test_tiles_that_lie_are_what_the_page_says_they_are(streams):
    small = {name: stream for name, stream in streams.items() if name != "wavelet" and "16-fast" not in name}
    agreed = 0
    for what, data in lying_tiles(small, max(60, 150 // EASE), 6):
        try:
            expected = ref.decode(data)[0]
        except AssertionError:
            expected = None
        got = outcome(data)
        assert (expected is None) == (got is None), what
        if got is not None:
            agreed += 1
            assert np.array_equal(expected.reshape(got.shape), got), what
    assert agreed > 0


def test_parts_of_files_with_tiles_that_lie_are_refused_or_decoded(streams):
    wide = {name: data for name, data in streams.items() if info(data).width > 64}
    for what, data in lying_tiles(wide, 600 // EASE, 7):
        for options in ({"reduce": 1}, {"region": (60, 2, 9, 7)}, {"region": (0, 0, 5, 5)}):
            try:
                pixels = decompress(data, threads=1, **options)
            except DecodeError:
                continue
            assert pixels.shape[:2] in ((7, 9), (5, 5), tuple(-(-side // 2) for side in decompressed_size(data))), what


def decompressed_size(data):
    about = info(data)
    return about.height, about.width


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ((1, 2**16), b"\0\0"),  # below its range; 1 is in the interval of token 0, leaves 1 and takes a word: 2^16
        ((2**31, 2**16), b""),  # token 0 too, and leaves its frequency times 2^17
        ((None, 2**16 + 1), None),  # of the lane that has no coefficient
    ],
)
def test_states_that_do_not_begin_or_end_as_they_must_are_refused_even_where_all_else_fits(states, words):
    file = forgery.opened(compress(np.full((1, 1), 129, np.uint8), mode="lossless", tile=64))
    assert outcome(file.data()) == 129
    tile = forgery.tile_opened(file.layers[0].tiles[0], segments=1, shifted=0, fast=0)
    own = np.frombuffer(tile.states, np.uint32)
    forged = np.array([b if a is None else a for a, b in zip(states, own, strict=True)], np.uint32).tobytes()
    if words is None:
        forged_tile = forgery.replace(tile, states=forged)
    else:
        forged_tile = forgery.Tile(b"\1", b"", forged, words, b"", b"")  # a zero has no sign
    assert outcome(file.with_tile(0, 0, forged_tile.data()).data()) is None


@pytest.mark.parametrize("name", ["lossless", "wavelet"])
def test_shifts_are_refused_where_samples_have_8_bits(streams, name):
    file = forgery.opened(streams[name])
    fields = file.layers[0].fields
    tiling = Tiling(fields["height"], fields["width"], fields["levels"], 1 << fields["tile_bits"])
    forged = file.having(0, shifted=1)
    for index, tile in enumerate(file.layers[0].tiles):
        count = len(tiling.segments(index, Layer(1, 1, 3, "int32", "haar", 1, "fast").roles).fields)
        parts = forgery.tile_opened(tile, segments=count, shifted=0, fast=fields["profile"])
        forged = forged.with_tile(0, index, forgery.replace(parts, shifts=bytes(count)).data())
    assert outcome(forged.data()) is None


# Coefficients that no image has


@pytest.mark.parametrize("number", ["int32", "float32"])
@pytest.mark.parametrize("sign", [1, -1, 0])
def test_differences_that_add_up_beyond_32_bits_wrap_around(number, sign):
    mode, colour = ("lossless", "none") if number == "int32" else ("wavelet", "none")
    image = np.zeros((64, 64), np.uint8)
    file = forgery.opened(compress(image, mode=mode, wavelet="cdf53", tile=64))
    fields = file.layers[0].fields
    levels = 1
    layer = Layer(64, 64, 1, number, "cdf53", levels, "dense", tile_bits=6, colour=colour)
    signs = np.full((64, 64), sign) if sign else np.where(cases.draws((64, 64)) % np.uint64(3) == 0, -1, 1)
    sizes = 2**24 - 1 - np.arange(64 * 64).reshape(64, 64) % 2048  # up to the longest escapes
    coefficients = (signs * sizes).astype(number)[None]
    segments = Tiling(64, 64, levels, 64).segments(0, layer.roles)
    segments.fields[:, _coefficients.PREDICTED] = 0  # differences stand where values should
    steps = np.ones(len(segments.fields), np.float32)
    coded, _ = _coefficients.encode(coefficients, segments.fields, segments.map_bytes, steps, model(layer), "dense")
    parts = [np.packbits(coded.coded, bitorder="little").tobytes(), b""]
    parts += [part.tobytes() for part in (coded.states, coded.words, coded.signs, coded.raw)]
    forged = file.having(0, levels=levels).with_tile(0, 0, forgery.Tile(*parts).data()).data()
    assert fields["number"] == (number == "int32")
    expected, _ = ref.decode(forged)
    assert np.array_equal(decompress(forged), expected[..., 0])


def test_coefficients_that_cannot_be_coded_are_refused():
    layer = Layer(64, 64, 1, "float32", "haar", 1, "dense", tile_bits=6)
    segments = layer.tiling.segments(0, layer.roles)
    for most in (np.nan, np.inf, 2.0**30):
        with pytest.raises(ValueError, match="finite"):
            _encode_tile(np.zeros((1, 64, 64), np.float32), layer, segments, most)


def test_every_kind_of_layer_has_tables():
    for number, wavelets in (("float32", ("haar", "cdf53", "cdf97")), ("int32", ("haar", "cdf53"))):
        for wavelet in wavelets:
            for profile in ("dense", "fast"):
                for content in ("image", "latent"):
                    layer = Layer(1, 1, 1, number, wavelet, 1, profile, content)
                    if content == "image" or number == "float32":
                        assert model(layer).frequencies.shape == (30, 24, 32)
                        assert table_name(content=content, number=number, wavelet=wavelet, profile=profile)
