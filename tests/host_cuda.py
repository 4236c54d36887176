"""The GPU loops of a family run on the host, one thread for the whole grid: their text, their launches, no GPU.

For kernels whose threads do not speak to each other, or of blocks that may have any number of threads, such as one.
"""

import ctypes
import re
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

from pixkern import _cuda

BEFORE = """
#define __global__
#define __device__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __shared__ static
static void __syncthreads() {}
template <class T> static T atomicAdd(T* sum, T more) { const T before = *sum; *sum += more; return before; }
struct Index { unsigned x, y, z; };
static const Index blockIdx{0, 0, 0}, threadIdx{0, 0, 0}, blockDim{1, 1, 1}, gridDim{1, 1, 1};
"""


class HostArray(np.ndarray):
    """A NumPy array where a CuPy array is expected."""

    @property
    def data(self):
        return types.SimpleNamespace(ptr=self.ctypes.data)

    @property
    def device(self):
        return types.SimpleNamespace(id=0)

    def get(self):
        return np.array(self)


def compiled(family, folder, more=""):
    """The entry points of a family, and what else the text `more` has, as functions of the host."""
    if shutil.which("g++") is None or not sys.platform.startswith("linux"):
        pytest.skip("needs g++ on Linux")
    (folder / "host.cpp").write_text(BEFORE + _cuda.source(family) + more)
    options = ["-std=c++17", "-O1", "-ffp-contract=off", "-w", "-shared", "-fPIC"]
    subprocess.run(["g++", *options, str(folder / "host.cpp"), "-o", str(folder / "host.so")], check=True)
    return ctypes.CDLL(str(folder / "host.so"))


def install(libraries, monkeypatch):
    """Let backend="cuda" run the libraries {family: library} on NumPy arrays, for the length of a test."""
    stand_in = types.ModuleType("cupy")
    stand_in.ndarray = HostArray
    stand_in.asarray = lambda array: np.asarray(array).view(HostArray)
    stand_in.ascontiguousarray = lambda array: np.ascontiguousarray(array).view(HostArray)
    stand_in.asnumpy = lambda array: np.array(array, subok=False)
    stand_in.empty = lambda shape, dtype: np.empty(shape, dtype).view(HostArray)
    stand_in.may_share_memory = np.may_share_memory
    stand_in.cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(getDevice=lambda: 0))
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    monkeypatch.setattr(_cuda, "missing", lambda: None)

    def kernel(family, name):
        assert re.fullmatch(r"\w+", name)
        entry = getattr(libraries[family], name)
        return lambda grid, block, given: entry(*map(_argument, given))

    monkeypatch.setattr(_cuda, "kernel", kernel)


def _argument(value):
    if isinstance(value, np.ndarray):
        return ctypes.c_void_p(value.ctypes.data)
    kinds = {
        np.int32: ctypes.c_int,
        np.int64: ctypes.c_longlong,
        np.uint64: ctypes.c_ulonglong,
        np.float32: ctypes.c_float,
        np.float64: ctypes.c_double,
    }
    return kinds[type(value)](value.item())  # a bare Python number has no size on a GPU
