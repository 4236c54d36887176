"""Compile kernels/cuda/<family>.cu on first use and launch it."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

KERNELS = files("pixkern._kernels")
# The same bits as the CPU: no contraction, IEEE division and square root, denormals kept.
OPTIONS = ("-std=c++17", "-fmad=false", "-prec-div=true", "-prec-sqrt=true", "-ftz=false")


@cache
def missing() -> str | None:
    """Why CUDA cannot run here and what would help; None when it can."""
    if find_spec("cupy") is None:
        return "CuPy is not installed; install pixkern[cuda13] (or pixkern[cuda12] for drivers before CUDA 13)"
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # whatever a broken driver or a half-installed CuPy raises, it cannot run
        return f"CuPy found no usable GPU ({type(error).__name__}: {error})"
    return None if count else "CuPy found no GPU"


def source(family: str) -> str:
    """kernels/cuda/<family>.cu as one text, with every header inlined once."""
    seen: set[str] = set()

    def inline(path: str, folder: str) -> str:
        if path in seen:
            return ""
        seen.add(path)
        text = KERNELS.joinpath(path).read_text(encoding="utf-8").replace("#pragma once", "")
        return re.sub(
            r'#include "([^"]+)"', lambda m: inline(m[1] if "/" in m[1] else f"{folder}/{m[1]}", "maths"), text
        )

    return inline(f"cuda/{family}.cu", "cuda")


def cubin(family: str, arch: str) -> bytes:
    """Machine code of one family for one architecture ("sm_90"), compiled by the NVRTC that CuPy loads.

    NVRTC is called directly: CuPy's own compile step adds -ftz=true, which would change bits, and a disk
    cache that this needs no part in.
    """
    from cupy_backends.cuda.libs import nvrtc

    program = nvrtc.createProgram(source(family), f"{family}.cu", [], [])
    try:
        nvrtc.compileProgram(program, [*OPTIONS, f"--gpu-architecture={arch}"])
        return nvrtc.getCUBIN(program)
    except nvrtc.NVRTCError as error:
        raise RuntimeError(f"{family}.cu does not compile for {arch}:\n{nvrtc.getProgramLog(program)}") from error
    finally:
        nvrtc.destroyProgram(program)


@cache
def _module(family: str, device: int) -> Any:
    import cupy

    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin(family, f"sm_{cupy.cuda.Device(device).compute_capability}"))
        file.flush()
        module = cupy.RawModule(path=file.name)
        module.compile()
        return module


def kernel(family: str, name: str) -> Any:
    """The entry point `name` of one family on the current device."""
    import cupy

    return _module(family, cupy.cuda.runtime.getDevice()).get_function(name)
