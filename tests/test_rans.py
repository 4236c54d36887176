import sys
import tracemalloc
import zlib

import numpy as np
import pytest
import rans_cases as cases
from hypothesis import example, given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import rans as ref

from pixkern import _threads
from pixkern.rans import RansError, Tables, decode, encode, tables_from_counts

CASES = {name: (symbols, options) for name, symbols, options in cases.cases()}
every_case = pytest.mark.parametrize("name", CASES)
every_dtype = pytest.mark.parametrize("dtype", cases.DTYPES)


def tables_of(symbols, options):
    return options.get("tables") or Tables.fit(symbols, options.get("contexts"))


def entropy(symbols):
    """Bits of all symbols under their own histogram."""
    counts = np.unique(symbols, return_counts=True)[1]
    return float(counts @ np.log2(symbols.size / counts))


# The format


@every_case
def test_streams_are_those_of_the_definition(name):
    symbols, options = CASES[name]
    tables = tables_of(symbols, options)
    expected = ref.stream(symbols, tables.data, options.get("contexts"), options["chunk"], "tables" in options)
    assert encode(symbols, **options) == expected


@every_case
def test_the_definition_decodes_what_encode_made(name):
    symbols, options = CASES[name]
    data = tables_of(symbols, options)
    tables, symbol_bits = ref.unpack_tables(data.data)
    flat = symbols[:300]
    rows = options.get("contexts", np.zeros(flat.size, np.uint8))[: flat.size]
    words = ref.encode_chunk(flat.tolist(), rows.tolist(), tables, symbol_bits)
    assert encode(flat, tables=data, contexts=rows)[:-4].endswith(words)
    assert ref.decode_chunk(words, flat.size, rows.tolist(), tables, symbol_bits) == flat.tolist()


@every_case
def test_tables_are_packed_as_the_definition_says(name):
    data = tables_of(*CASES[name]).data
    tables, symbol_bits = ref.unpack_tables(data)
    assert b"".join(ref.pack_table(table, symbol_bits) for table in tables) == data[2:]


def test_the_format_is_frozen():
    symbols = np.array([[3, 3, 3], [500, 3, 4]], np.uint16)
    assert encode(symbols).hex() == FROZEN
    assert np.array_equal(decode(bytes.fromhex(FROZEN)), symbols)


FROZEN = (
    "504b52310112020203141000fe7f55ed0700000020004000800000f9a82a"
    "0c659509006595090065950900f4f8ff05659509006695090073c5e99b"
)


# Tables


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**33) | st.integers(95, 105), min_size=1, max_size=60).filter(any))
@example([(90 + 7 * i % 23) for i in range(200)])  # where the divisors decide, not the rounded quotas
@example([(90 + 7 * i % 23) for i in range(251)])
def test_frequencies_are_apportioned_by_their_divisors(counts):
    used = [count for count in counts if count]
    (_, intervals), *_ = ref.unpack_tables(tables_from_counts(counts).data)[0]
    got = [frequency for _, _, frequency in intervals]
    assert [value for value, _, _ in intervals] == np.flatnonzero(counts).tolist()
    assert sum(got) == ref.SUM
    same = ref.cost(used, ref.apportioned(used))  # where quotients tie, other units cost the same
    assert ref.cost(used, got) == pytest.approx(same, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 256), st.floats(0.1, 6), st.integers(0, 2**32))
def test_frequencies_cost_hardly_more_than_the_best_integers(count, spread, seed):
    counts = np.exp(np.random.default_rng(seed).normal(0, spread, count)).astype(np.int64) + 1
    (_, intervals), *_ = ref.unpack_tables(tables_from_counts(counts).data)[0]
    got = ref.cost(counts, [frequency for _, _, frequency in intervals])
    assert got <= ref.best_cost(counts) + 1e-6 * counts.sum()  # as documented: 1e-6 bits per symbol


def divisions(first, bits):
    """All ways of dividing [first, first + 2^bits) into dyadic intervals."""
    yield [(first, bits)]
    if bits:
        for low in divisions(first, bits - 1):
            for high in divisions(first + 2 ** (bits - 1), bits - 1):
                yield low + high


def count_in(interval, counts):
    first, bits = interval
    return int(counts[first : first + 2**bits].sum())


def price(division, counts, total):
    found = 0.0
    for interval in division:
        n = count_in(interval, counts)
        found += n * (np.log2(total / n) + interval[1]) + 10 if n else 3
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5000) | st.integers(0, 20), min_size=8, max_size=8).filter(lambda c: c[-1] > 0))
def test_values_share_a_token_where_that_is_cheapest(counts):
    counts = np.array(counts)
    ((_, intervals),), _ = ref.unpack_tables(tables_from_counts(counts, dtype=np.uint16).data)
    division = [(first, bits) for first, bits, _ in intervals]
    covered = {value for first, bits in division for value in range(first, first + 2**bits)}
    assert set(np.flatnonzero(counts)) <= covered
    prices = {tuple(each): price(each, counts, counts.sum()) for each in divisions(0, 3)}
    used = [tuple(interval for interval in each if count_in(interval, counts)) for each in prices]
    got = min(cost for each, cost in zip(used, prices.values(), strict=True) if each == tuple(division))
    assert got <= min(prices.values()) + 8 * counts.sum() / 2**16  # logarithms have 16 binary digits, 8 intervals


@pytest.mark.parametrize("scale", [100, 1000, 3000])
def test_wide_sources_cost_hardly_more_than_their_entropy(scale):
    symbols = cases.laplace(200_000, scale, np.uint16)
    tables = Tables.fit(symbols)
    ideal = symbols.size * np.log2(2 * np.e * scale)  # differential entropy of the Laplace distribution
    assert len(ref.unpack_tables(tables.data)[0][0][1]) <= 256
    assert tables.bits(symbols) + 8 * len(tables.data) <= 1.002 * ideal  # 10 bits an entry are weighed against them


def test_as_many_values_as_pay_have_a_token_of_their_own():
    counts = np.random.default_rng(0).integers(1, 100_000, 2000)  # neighbours have nothing in common
    ((_, intervals),), _ = ref.unpack_tables(tables_from_counts(counts, dtype=np.uint16).data)
    assert 240 <= len(intervals) <= 256  # a price may buy several at once


@every_dtype
def test_an_escape_codes_what_was_never_seen(dtype):
    symbols = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    tables = Tables.fit(symbols[40:60], escape=True)
    assert np.array_equal(decode(encode(symbols, tables=tables), tables=tables), symbols)
    with pytest.raises(ValueError, match="table 0 has no token for symbol 0"):
        encode(symbols, tables=Tables.fit(symbols[40:60]))


def test_an_escape_changes_nothing_where_every_value_is_seen():
    symbols = np.arange(256, dtype=np.uint8)
    assert Tables.fit(symbols, escape=True) == Tables.fit(symbols)
    all_but_one = Tables.fit(symbols[1:], escape=True)
    assert np.array_equal(decode(encode(symbols, tables=all_but_one), tables=all_but_one), symbols)


def test_a_table_that_is_not_used_takes_few_bytes():
    one, rows = Tables.fit(np.zeros(9, np.uint8)), np.full(9, 255, np.uint8)
    many = Tables.fit(np.zeros(9, np.uint8), rows)
    assert len(many) == 256
    assert len(many.data) - 2 == 256 * (len(one.data) - 2)


def test_tables_are_equal_by_their_data_and_survive_pickling():
    import pickle

    tables = Tables.fit(cases.laplace(500, 3), cases.contexts(500))
    assert pickle.loads(pickle.dumps(tables)) == tables == Tables(tables.data)
    assert len({tables, Tables(tables.data)}) == 1
    assert tables != Tables.fit(cases.laplace(501, 3), cases.contexts(501))


@every_dtype
def test_a_table_of_256_values_takes_well_under_300_bytes(dtype):
    noise = np.random.default_rng(0).integers(0, 256, 5000)
    assert len(Tables.fit(noise.astype(dtype)).data) < 260
    assert len(tables_from_counts(np.full(256, 100), dtype=dtype).data) < 80
    smooth = tables_from_counts((1e7 * np.exp(-np.arange(256) / 30)).astype(int) + 1, dtype=dtype)
    assert len(smooth.data) < 150


# Sizes


@every_case
def test_a_stream_is_as_long_as_its_tables_say(name):
    symbols, options = CASES[name]
    tables = tables_of(symbols, options)
    chunks = -(-symbols.size // options["chunk"])
    head = 30 + 3 * chunks + (0 if "tables" in options else len(tables.data))
    bits = tables.bits(symbols, options.get("contexts"))
    # a lane's state takes 32 bits; the rest is the rounding of divisions, less than 2^-15 of a symbol's interval
    assert bits / 8 <= len(encode(symbols, **options)) <= bits / 8 * 1.0002 + head + 128 * chunks


@pytest.mark.parametrize("scale", [0.6, 4.2])  # 1.8 and 4.5 bits per symbol
def test_size_is_within_0_3_percent_of_the_entropy(scale):
    symbols = cases.laplace(1 << 20, scale)
    assert 8 * len(encode(symbols)) <= 1.003 * entropy(symbols)


@pytest.mark.parametrize("scale", [0.6, 4.2])
def test_size_is_within_0_3_percent_of_that_of_constriction(scale):
    constriction = pytest.importorskip("constriction", reason="constriction is not installed")
    symbols = cases.laplace(1 << 20, scale)
    values, inverse, counts = np.unique(symbols, return_inverse=True, return_counts=True)
    model = constriction.stream.model.Categorical(counts / symbols.size, perfect=False)
    coder = constriction.stream.stack.AnsCoder()
    coder.encode_reverse(inverse.astype(np.int32), model)
    assert len(encode(symbols)) <= 1.003 * coder.get_compressed().nbytes + values.size  # a byte per entry of the table


# Laws


@every_case
def test_decoding_gives_back_what_was_encoded(name):
    symbols, options = CASES[name]
    _, back = cases.round_trip(symbols, options)
    assert back.dtype == symbols.dtype
    assert back.tobytes() == symbols.tobytes()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_symbols_of_any_shape_and_contexts_come_back(data):
    shape = data.draw(st.lists(st.integers(0, 9), max_size=4).map(tuple))
    dtype = data.draw(st.sampled_from(cases.DTYPES))
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    most = data.draw(st.sampled_from([1, 2, 40, np.iinfo(dtype).max + 1]))
    symbols = np.asarray(draw.integers(0, most, shape) // draw.integers(1, 9, shape)).astype(dtype)
    tables = data.draw(st.sampled_from([0, 1, 2, 9, 30]))
    contexts = np.asarray(draw.integers(0, tables, shape)).astype(np.uint8) if tables else None
    stream = encode(symbols, contexts=contexts)
    back = decode(stream, contexts=contexts)
    assert back.shape == shape
    assert back.dtype == dtype
    assert np.array_equal(back, symbols)
    supplied = Tables.fit(symbols, contexts, escape=True)
    again = decode(encode(symbols, contexts=contexts, tables=supplied), contexts=contexts, tables=supplied)
    assert np.array_equal(again, symbols)
    assert stream == ref.stream(symbols, Tables.fit(symbols, contexts).data, contexts)


@every_dtype
def test_contexts_that_are_all_zero_are_no_contexts(dtype):
    symbols = cases.laplace(3000, 4, dtype)
    assert encode(symbols, contexts=np.zeros(3000, np.uint8)) == encode(symbols)


def test_contexts_that_tell_apart_make_the_stream_shorter():
    rows = cases.contexts(20_000, 2)
    symbols = np.where(rows, cases.laplace(20_000, 0.3), cases.laplace(20_000, 20)).astype(np.uint8)
    assert len(encode(symbols, contexts=rows)) < 0.95 * len(encode(symbols))


@pytest.mark.parametrize("chunk", [2**10, 2**12, 2**30])
def test_chunks_of_any_size_decode_alike(chunk):
    symbols = cases.laplace(9999, 4, np.uint16)
    assert np.array_equal(decode(encode(symbols, chunk=chunk)), symbols)


def test_decoding_takes_anything_with_bytes_and_writes_where_asked():
    symbols = cases.laplace(600, 4).reshape(20, 30)
    data = encode(symbols)
    for given_data in (bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        out = np.empty_like(symbols)
        assert decode(given_data, out=out) is out
        assert np.array_equal(out, symbols)


# Bits


@pytest.fixture(scope="module")
def reference_digests():
    return run_at(AVAILABLE[0], "rans_cases", "print_digests").splitlines()


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_cpu_level_and_thread_count_change_no_bit(level, threads, reference_digests):
    assert run_at(level, "rans_cases", "print_digests", threads=threads).splitlines() == reference_digests


@pytest.mark.cuda
def test_cuda_gives_the_bytes_of_the_cpu():
    for (name, cpu, symbols, _), (_, cuda, _, back) in zip(cases.results("cpu"), cases.results("cuda"), strict=True):
        assert cpu == cuda, name
        host = back if isinstance(back, np.ndarray) else back.get()
        assert host.tobytes() == symbols.tobytes(), name


@pytest.mark.cuda
def test_cuda_refuses_damaged_words():
    data = encode(cases.laplace(700, 4))
    for at in range(len(data) - 200, len(data) - 4, 7):
        body = bytearray(data[:-4])
        body[at] ^= 1
        with pytest.raises(RansError, match="chunk 0 of 1"):
            decode(sealed(body), backend="cuda")


def test_torch_tensors_are_encoded_and_come_back_as_their_contexts_do():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    symbols, rows = torch.from_numpy(cases.laplace(500, 3)), torch.from_numpy(cases.contexts(500))
    data = encode(symbols, contexts=rows)
    assert data == encode(symbols.numpy(), contexts=rows.numpy())
    back = decode(data, contexts=rows)
    assert isinstance(back, torch.Tensor)
    assert torch.equal(back, symbols)


# Hostile streams


def sealed(body):
    return bytes(body) + zlib.crc32(body).to_bytes(4, "little")


@pytest.fixture(scope="module", params=["uint8 contexts", "uint16 wide", "uint16 escape", "uint8 33"])
def stream(request):
    symbols, options = CASES[request.param]
    symbols = symbols[:1500]
    known = {"tables": options["tables"]} if "tables" in options else {}
    if "contexts" in options:
        known["contexts"] = options["contexts"][:1500]
    return encode(symbols, chunk=2**10, **known), symbols, known


def test_every_truncation_is_refused(stream):
    data, _, known = stream
    for length in range(len(data)):
        with pytest.raises(RansError):
            decode(data[:length], **known)
    with pytest.raises(RansError):
        decode(data + b"\0", **known)


def test_every_flipped_bit_is_refused(stream):
    data, _, known = stream
    for bit in range(8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RansError):
            decode(broken, **known)


def test_flipped_bits_under_a_forged_checksum_do_no_harm(stream):
    data, symbols, known = stream
    body = data[:-4]
    words = 8 * (len(body) * 3 // 4)  # from there on there is nothing else
    has_bits = symbols.dtype == np.uint16
    for bit in range(8 * len(body)):
        broken = bytearray(body)
        broken[bit // 8] ^= 1 << bit % 8
        try:
            back = decode(sealed(broken), max_symbols=2**16, **known)
        except RansError:
            continue
        # a table may name other values, and raw bits may be any: the last states do not tell
        assert (back.shape, back.dtype) == (symbols.shape, symbols.dtype)
        assert bit < words or has_bits


def test_truncations_under_a_forged_checksum_are_refused(stream):
    data, _, known = stream
    for length in range(len(data) - 4):
        with pytest.raises(RansError):
            decode(sealed(data[:length]), **known)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=600), st.integers(0, 300), st.sampled_from([0, 1]))
def test_garbage_under_a_right_header_is_refused(garbage, count, wide):
    tables = b"" if not wide else Tables.fit(cases.laplace(900, 2000, np.uint16)).data
    tables = tables or Tables.fit(cases.laplace(900, 9)).data
    garbage = garbage[: len(garbage) // 2 * 2]
    head = b"PKR1" + bytes([wide, 10, 1]) + ref.varint(count) + ref.varint(len(tables)) + tables
    head += ref.varint(len(garbage) // 2) if count else b""
    if count or garbage:
        with pytest.raises(RansError):
            decode(sealed(head + garbage))


def test_a_chunk_that_says_too_many_words_is_refused():
    symbols = cases.laplace(100, 4)
    tables = Tables.fit(symbols).data
    head = b"PKR1" + bytes([0, 10, 1, 100]) + ref.varint(len(tables)) + tables
    words = ref.encode_chunk(symbols.tolist(), [0] * 100, *ref.unpack_tables(tables))
    count = len(words) // 2
    assert np.array_equal(decode(sealed(head + ref.varint(count) + words)), symbols)
    with pytest.raises(RansError, match="has words left over"):
        decode(sealed(head + ref.varint(count + 1) + words + b"\0\0"))
    with pytest.raises(RansError, match="ends early"):
        decode(sealed(head + ref.varint(count - 1) + words[:-2]))
    with pytest.raises(RansError, match="bytes follow"):
        decode(sealed(head + ref.varint(count) + words + b"\0\0"))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from([8, 16]), st.integers(0, 3), st.binary(min_size=1, max_size=120))
def test_garbage_is_no_table_or_a_whole_one(bits, count, garbage):
    try:
        tables = Tables(bytes([bits, count]) + garbage)
    except RansError:
        return
    symbols = np.random.default_rng(0).integers(0, 2**bits, 200).astype(tables.dtype)
    rows = cases.contexts(200, len(tables))
    found, _ = ref.unpack_tables(tables.data)
    assert len(found) == len(tables)
    assert all(sum(token[2] for token in ref.tokens(table, bits)) == ref.SUM for table in found)
    if tables.bits(symbols, rows) == np.inf:
        with pytest.raises(ValueError, match="no token"):
            encode(symbols, tables=tables, contexts=rows)
    else:
        data = encode(symbols, tables=tables, contexts=rows)
        assert np.array_equal(decode(data, tables=tables, contexts=rows), symbols)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"PKR1" + bytes([4, 10, 0]), "flags"),
        (b"PKR1" + bytes([0, 9, 0]), "chunks of"),
        (b"PKR1" + bytes([0, 31, 0]), "chunks of"),
        (b"PKR1" + bytes([0, 10, 33]) + bytes(33), "axes"),
        (b"PKR1" + bytes([0, 10, 1]) + ref.varint(2**28 + 1), "max_symbols"),
        (b"PKR1" + bytes([0, 10, 2]) + ref.varint(2**62) + b"\0", "max_symbols|ends within"),
        (b"PKR1" + bytes([0, 10, 1]) + b"\xff" * 9 + b"\1", "too long"),
        (b"PKR1" + bytes([0, 10, 1]) + b"\x80\0", "too long"),
        (b"PKR1" + bytes([0, 10, 0]) + ref.varint(2**40), "ends within"),
        (b"PKR1" + bytes([0, 10, 0, 3, 8, 0, 0]), "tables|damaged"),
        (b"PKR1" + bytes([2, 10, 0, 1, 2, 3, 4]), "pass them"),
        (b"PKR2" + bytes(20), "PKR1"),
        (b"", "PKR1"),
    ],
)
def test_lying_headers_are_refused(head, message):
    with pytest.raises(RansError, match=message):
        decode(sealed(head))


def test_a_header_of_many_symbols_allocates_nothing():
    one = Tables.fit(np.zeros(4, np.uint8)).data
    for count in (2**28, 2**27 + 1):
        body = b"PKR1" + bytes([0, 10, 1]) + ref.varint(count) + ref.varint(len(one)) + one + bytes(100)
        tracemalloc.start()
        with pytest.raises(RansError):
            decode(sealed(body))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100_000  # bytes: the reader, a table


def test_the_cap_on_symbols_is_the_callers():
    data = encode(np.zeros((10, 10), np.uint8))
    assert decode(data, max_symbols=100).size == 100
    with pytest.raises(RansError, match="max_symbols=99"):
        decode(data, max_symbols=99)


def test_other_tables_or_contexts_than_those_of_the_encoder_are_refused():
    symbols, rows = cases.laplace(2000, 4), cases.contexts(2000, 2)
    tables = Tables.fit(symbols, rows)
    data = encode(symbols, contexts=rows, tables=tables)
    with pytest.raises(RansError, match="not in it"):
        decode(data, contexts=rows)
    with pytest.raises(RansError, match="other tables"):
        decode(data, contexts=rows, tables=Tables.fit(symbols[:-1], rows[:-1]))
    with pytest.raises(RansError, match="chunk 0 of 1"):
        decode(data, contexts=1 - rows, tables=tables)
    with pytest.raises(ValueError, match="there are 2 tables: pass contexts"):
        decode(data, tables=tables)
    with pytest.raises(RansError, match="its own tables"):
        decode(encode(symbols), tables=tables)


# Hostile arguments


def spoiled(kind):
    symbols = np.arange(48, dtype=np.uint8).reshape(6, 8)
    match kind:
        case "list":
            return symbols.tolist()
        case "int8" | "int32" | "float32" | "bool" | "object" | "uint32":
            return symbols.astype(kind)
        case "big endian":
            return symbols.astype(">u2")
        case "masked":
            return np.ma.masked_array(symbols)
        case "structured":
            return np.zeros((4, 4), dtype=[("r", "u1"), ("g", "u1")])
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind", ["list", "int8", "int32", "uint32", "float32", "bool", "object", "big endian", "masked", "structured"]
)
def test_symbols_of_another_kind_raise_type_error(kind):
    with pytest.raises(TypeError, match="symbols"):
        encode(spoiled(kind))
    with pytest.raises(TypeError, match="symbols"):
        Tables.fit(spoiled(kind))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::2],
        lambda a: a.T,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
)
@every_dtype
def test_any_memory_order_gives_the_stream_of_its_copy(dtype, view):
    symbols, rows = view(cases.laplace(2000, 4, dtype).reshape(40, 50)), view(cases.contexts(2000).reshape(40, 50))
    data = encode(symbols, contexts=rows)
    assert data == encode(symbols.copy(order="C"), contexts=rows.copy(order="C"))
    assert np.array_equal(decode(data, contexts=rows), symbols)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"contexts": np.zeros(3, np.uint8)}, ValueError),
        ({"contexts": np.zeros(4, np.uint16)}, TypeError),
        ({"contexts": np.zeros((4, 1), np.uint8)}, ValueError),
        ({"contexts": [0, 0, 0, 0]}, TypeError),
        ({"contexts": np.ones(4, np.uint8), "tables": Tables.fit(np.zeros(4, np.uint8))}, ValueError),
        ({"tables": Tables.fit(np.ones(4, np.uint8))}, ValueError),
        ({"tables": Tables.fit(np.zeros(4, np.uint16))}, TypeError),
        ({"tables": Tables.fit(np.zeros(4, np.uint8), np.arange(4, dtype=np.uint8))}, ValueError),
        ({"tables": b"tables"}, TypeError),
        ({"chunk": 2**9}, ValueError),
        ({"chunk": 2**31}, ValueError),
        ({"chunk": 3000}, ValueError),
        ({"chunk": 2048.0}, TypeError),
        ({"chunk": True}, TypeError),
        ({"threads": 0}, ValueError),
        ({"backend": "gpu"}, ValueError),
    ],
)
def test_bad_options_of_encode_raise(options, error):
    with pytest.raises(error):
        encode(np.zeros(4, np.uint8), **options)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"contexts": np.zeros(3, np.uint8)}, ValueError),
        ({"contexts": np.ones(4, np.uint8)}, ValueError),
        ({"contexts": np.zeros(4, np.int64)}, TypeError),
        ({"contexts": [0, 0, 0, 0]}, TypeError),
        ({"tables": b""}, TypeError),
        ({"max_symbols": 1e9}, TypeError),
        ({"max_symbols": -1}, RansError),
        ({"out": np.zeros(5, np.uint8)}, ValueError),
        ({"out": np.zeros(4, np.uint16)}, ValueError),
        ({"out": np.zeros(8, np.uint8)[::2]}, ValueError),
        ({"out": np.frombuffer(bytes(4), np.uint8)}, ValueError),
        ({"threads": 1.5}, TypeError),
        ({"backend": "gpu"}, ValueError),
    ],
)
def test_bad_options_of_decode_raise(options, error):
    with pytest.raises(error):
        decode(encode(np.zeros(4, np.uint8)), **options)


@pytest.mark.parametrize("data", [None, 3, "text", [1, 2], np.zeros((4, 4), np.uint8)[:, ::2]])
def test_what_is_no_bytes_raises_type_error(data):
    with pytest.raises(TypeError, match="data"):
        decode(data)


def test_an_output_that_overlaps_an_input_raises():
    data = bytearray(encode(np.zeros(40, np.uint8)))
    with pytest.raises(ValueError, match="overlaps"):
        decode(data, out=np.frombuffer(data, np.uint8)[:40])
    rows = np.zeros(40, np.uint8)
    with pytest.raises(ValueError, match="overlaps"):
        decode(data, contexts=rows, out=rows)


@pytest.mark.parametrize(
    ("counts", "options", "error"),
    [
        ([1.0, 2.0], {}, TypeError),
        ([True, False], {}, TypeError),
        ([1, -1], {}, ValueError),
        ([2**40, 1], {}, ValueError),
        ([2**63 - 1, 2**63 - 1, 4], {}, ValueError),
        (5, {}, ValueError),
        (np.ones((0, 4), int), {}, ValueError),
        (np.ones((4, 0), int), {}, ValueError),
        (np.ones((257, 4), int), {}, ValueError),
        (np.ones(2**16 + 1, int), {}, ValueError),
        (np.ones(257, int), {"dtype": np.uint8}, ValueError),
        ([1], {"dtype": np.int16}, TypeError),
        ([1], {"dtype": ">u2"}, TypeError),
    ],
)
def test_bad_counts_raise(counts, options, error):
    with pytest.raises(error):
        tables_from_counts(counts, **options)


@pytest.mark.parametrize("data", [None, "text", bytearray(b"\x08\0\0"), np.zeros(3, np.uint8)])
def test_tables_of_no_bytes_raise_type_error(data):
    with pytest.raises(TypeError, match="bytes"):
        Tables(data)


# Memory


def test_decoding_takes_the_memory_of_its_result():
    symbols = cases.laplace(1 << 20, 2)
    data = encode(symbols)
    tracemalloc.start()
    decode(data, threads=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < symbols.nbytes + 40_000  # bytes: slots of a table, the header


@every_dtype
def test_encoding_takes_its_result_twice_and_words_for_a_chunk(dtype):
    symbols = cases.laplace(1 << 20, 2, dtype)
    tables = Tables.fit(symbols)
    tracemalloc.start()
    data = encode(symbols, tables=tables, threads=1, chunk=2**16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    most = 2 * (1 + tables.has_bits) * 2**16 + (1 << 17) * (dtype == np.uint16)
    assert peak < 2 * len(data) + most + 40_000  # bytes: the header, the pieces' own, a list


def test_threads_split_chunks(monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", 64)
    parts = []
    monkeypatch.setattr(_threads, "split", spy(_threads.split, parts))
    symbols = cases.laplace(5000, 3)
    assert np.array_equal(decode(encode(symbols, chunk=2**10, threads=3), threads=3), symbols)
    assert len(parts) >= 9  # three each of counting, encoding and decoding
    assert sys.getrefcount(symbols) < 5


def spy(split, parts):
    def spied(work, length, **options):
        split(lambda begin, end: (parts.append((begin, end)), work(begin, end)), length, **options)

    return spied
