"""The GPU loops of a family run on the host, one block for the whole grid: their text, their launches, no GPU.

For kernels whose blocks may have any number of threads, such as one. With more, barriers and shared memory are tested
as well.
"""

import ctypes
import re
import shutil
import subprocess
import sys
import threading
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
#include <pthread.h>
template <class T> static T atomicAdd(T* sum, T more) { return __atomic_fetch_add(sum, more, __ATOMIC_RELAXED); }
static pthread_barrier_t barrier;
static void __syncthreads() { pthread_barrier_wait(&barrier); }
struct Index { unsigned x, y, z; };
static const Index blockIdx{0, 0, 0}, gridDim{1, 1, 1};
static Index blockDim{1, 1, 1};
static thread_local Index threadIdx{0, 0, 0};
extern "C" void host_block(unsigned threads) { blockDim.x = threads; pthread_barrier_init(&barrier, nullptr, threads); }
extern "C" void host_thread(unsigned thread) { threadIdx.x = thread; }
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


def install(libraries, monkeypatch, threads=1):
    """Let backend="cuda" run the libraries {family: library} on NumPy arrays, for the length of a test.

    The block of each launch has so many threads.
    """
    stand_in = types.ModuleType("cupy")
    stand_in.ndarray = HostArray
    stand_in.asarray = lambda array: np.asarray(array).view(HostArray)
    stand_in.ascontiguousarray = lambda array: np.ascontiguousarray(array).view(HostArray)
    stand_in.asnumpy = lambda array: np.array(array, subok=False)
    stand_in.empty = lambda shape, dtype: np.empty(shape, dtype).view(HostArray)
    stand_in.zeros = lambda shape, dtype: np.zeros(shape, dtype).view(HostArray)
    stand_in.flatnonzero = np.flatnonzero
    stand_in.may_share_memory = np.may_share_memory
    stand_in.cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(getDevice=lambda: 0))
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    monkeypatch.setattr(_cuda, "missing", lambda: None)

    def kernel(family, name):
        assert re.fullmatch(r"\w+", name)
        entry = getattr(libraries[family], name)

        def thread(index, arguments):
            libraries[family].host_thread(index)
            entry(*arguments)

        def launch(grid, block, given):
            arguments = [_argument(value) for value in given]
            libraries[family].host_block(threads)
            running = [threading.Thread(target=thread, args=(i, arguments), daemon=True) for i in range(threads)]
            for one in running:
                one.start()
            for one in running:
                one.join(timeout=60)  # seconds; threads that do not meet at one barrier would wait for ever
            assert not any(one.is_alive() for one in running)

        return launch

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
