"""The GPU loops of the range coder, run on the host a warp at a time: their text, their launches, no GPU."""

import ctypes
import shutil
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import rans_cases as cases

from pixkern import _cuda, _rans_cuda, rans
from pixkern._rans_stream import Header, pack, sealed
from pixkern.rans import Tables, encode


class HostArray(np.ndarray):
    """A NumPy array where a CuPy array is expected."""

    def get(self):
        return np.array(self)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if shutil.which("g++") is None or not sys.platform.startswith("linux"):
        pytest.skip("needs g++ and the fibers of Linux")
    folder = tmp_path_factory.mktemp("warps")
    before, after = (Path(__file__).with_name(name).read_text() for name in ("one_warp.h", "rans_launches.h"))
    (folder / "warps.cpp").write_text(before + _cuda.source("rans") + after)
    build = ["g++", "-std=c++17", "-O1", "-shared", "-fPIC", str(folder / "warps.cpp"), "-o", str(folder / "warps.so")]
    subprocess.run(build, check=True)
    return ctypes.CDLL(str(folder / "warps.so"))


@pytest.fixture
def on_host(library, monkeypatch):
    """pixkern._rans_cuda with NumPy for CuPy, and the library for the GPU."""
    stand_in = types.ModuleType("cupy")
    stand_in.asarray = lambda array: np.ascontiguousarray(array).view(HostArray)
    stand_in.empty = lambda shape, dtype: np.empty(shape, dtype).view(HostArray)
    monkeypatch.setitem(sys.modules, "cupy", stand_in)

    def argument(value):
        if isinstance(value, np.ndarray):
            return ctypes.c_void_p(value.ctypes.data)
        return {np.int32: ctypes.c_int, np.int64: ctypes.c_longlong}[type(value)](int(value))

    def kernel(family, name):
        assert family == "rans"
        run = getattr(library, f"launch_{name}")
        return lambda grid, block, given: run(grid[0], block[0], *map(argument, given))

    monkeypatch.setattr(_cuda, "kernel", kernel)


def arguments(symbols, options):
    """(symbols, contexts, tables, chunk) as encode passes them on."""
    contexts = options.get("contexts")
    tables = options.get("tables") or Tables.fit(symbols, contexts)
    return symbols, np.empty(0, np.uint8) if contexts is None else contexts, tables, options["chunk"]


CASES = {name: (symbols, options) for name, symbols, options in cases.cases()}
every_case = pytest.mark.parametrize("name", CASES)


@every_case
def test_warps_write_and_read_the_bytes_of_the_cpu(on_host, name):
    symbols, options = CASES[name]
    _, contexts, tables, chunk = arguments(symbols, options)
    pieces = _rans_cuda.encode(symbols, contexts, tables, chunk)
    header = Header(tables.dtype, symbols.shape, chunk, tables, tuple(len(piece) // 2 for piece in pieces))
    assert sealed([pack(header, supplied="tables" in options), *pieces]) == encode(symbols, **options)
    out = np.empty_like(symbols)
    assert not any(_rans_cuda.decode(np.frombuffer(b"".join(pieces), np.uint8), header, contexts, out))
    assert np.array_equal(out, symbols)


@pytest.mark.parametrize("name", ["uint8 33", "uint8 5000", "uint8 contexts", "uint16 wide"])
def test_warps_say_of_damaged_words_what_the_cpu_says(on_host, name):
    symbols, contexts, tables, chunk = arguments(*CASES[name])
    pieces = _rans_cuda.encode(symbols, contexts, tables, chunk)
    lengths = [len(piece) // 2 for piece in pieces]
    words, out = np.frombuffer(b"".join(pieces), np.uint8), np.empty_like(symbols)
    damaged = [(np.append(words, [0, 0]).astype(np.uint8), 1), (words[:-2], -1)]  # and how many words too many
    for bit in range(0, 8 * words.size, 8 * words.size // 97):
        damaged.append((words.copy(), 0))
        damaged[-1][0][bit // 8] ^= 1 << bit % 8
    refused = 0
    for broken, more in damaged:
        header = Header(tables.dtype, symbols.shape, chunk, tables, (*lengths[:-1], lengths[-1] + more))
        found = _rans_cuda.decode(broken, header, contexts, out)
        assert found == rans._decoded(broken, 0, header, contexts, out, 1)
        refused += any(found)
    assert refused > 2


def test_warps_refuse_symbols_without_token(on_host):
    tables = Tables.fit(np.zeros(3, np.uint8))
    assert _rans_cuda.encode(np.full(50, 9, np.uint8), np.empty(0, np.uint8), tables, 1024) is None
