"""Where a call runs, and in which kind of array its result goes back."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from . import _cuda, _threads
from ._native import cpu as _cpu

if os.environ.get("PIXKERN_CPU", "") not in ("", "base", "v3", "v4"):
    raise ValueError(f"PIXKERN_CPU must be base, v3 or v4, got {os.environ['PIXKERN_CPU']!r}")

Where = Literal["cpu", "cuda"]
Kind = Literal["numpy", "cupy", "torch"]


class BackendUnavailable(RuntimeError):
    """The backend asked for cannot run here; the message says why and what to install."""


class Backend(NamedTuple):
    """Whether a backend can run in this process, and why or how."""

    available: bool
    detail: str


def cpu_level() -> str:
    """The instruction set the CPU kernels use: "base", "v3" (AVX2) or "v4" (AVX-512).

    The environment variable ``PIXKERN_CPU`` caps it; it is read once, when the first kernel runs. Every
    level gives the same bits.

    Examples
    --------
    >>> pixkern.cpu_level() in ("base", "v3", "v4")
    True
    """
    return _cpu.level()


def backends() -> dict[str, Backend]:
    """Which backends can run here.

    Returns
    -------
    dict of str to Backend
        ``"cpu"`` and ``"cuda"``, each with `available` and a `detail` that says how or why not.

    Examples
    --------
    >>> pixkern.backends()["cpu"].available
    True
    """
    reason = _cuda.missing()
    return {
        "cpu": Backend(True, f"level {cpu_level()}, {_threads.limit()} threads"),
        "cuda": Backend(reason is None, reason or _cuda_device()),
    }


def _cuda_device() -> str:
    import cupy

    return str(cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())["name"].decode())


@dataclass(frozen=True)
class Place:
    """Where one call runs and what it was given."""

    where: Where
    kind: Kind
    asked: bool = False  # whether the caller named the backend, and with it any copy between host and GPU

    @property
    def arrays(self) -> Any:
        """The module whose arrays the kernels take: numpy or cupy."""
        return _cupy() if self.where == "cuda" else np

    def native(self, array: Any, name: str) -> Any:
        """`array` for the kernels: a NumPy array for the CPU, a CuPy array for CUDA; zero-copy on one device."""
        if array is None:
            return None
        home = _home(array, name)
        if home != self.where and not self.asked:
            raise TypeError(
                f"{name} is on the {home} side, the image is not; move one, or pass backend= to have it copied"
            )
        return self._moved(array, name)

    def writable(self, out: Any) -> Any:
        """`out` for the kernels, which write to its own memory."""
        if out is not None and _home(out, "out") != self.where:
            raise ValueError(f"out must be an array on the {self.where} side, where the kernel runs")
        return self._moved(out, "out")

    def _moved(self, array: Any, name: str) -> Any:
        if array is None:
            return None
        if _kind(array, name) == "torch":
            if array.requires_grad:
                raise TypeError(f"{name} requires grad, which kernels do not carry; pass {name}.detach()")
            try:
                array = _cupy().from_dlpack(array) if array.is_cuda else array.numpy()
            except RuntimeError as error:  # lazy conjugation or negation, tensors of a transform
                raise TypeError(f"{name} cannot be read: {error}") from error
        if self.where == "cuda":
            array = _cupy().asarray(array)
            current = _cupy().cuda.runtime.getDevice()
            if array.device.id != current:
                raise ValueError(
                    f"{name} is on GPU {array.device.id}, the current one is {current}; "
                    f"call within cupy.cuda.Device({array.device.id})"
                )
            return array
        return array if isinstance(array, np.ndarray) else _cupy().asnumpy(array)

    def give_back(self, array: Any, like: Any) -> Any:
        """The result in the kind of array, and on the device, that `like` was."""
        if self.kind == "torch":
            torch = sys.modules["torch"]
            if like.is_cuda:
                return torch.from_dlpack(_cupy().asarray(array))
            return torch.from_numpy(array if isinstance(array, np.ndarray) else _cupy().asnumpy(array))
        if self.kind == "numpy":
            return array if isinstance(array, np.ndarray) else _cupy().asnumpy(array)
        return _cupy().asarray(array)


def place(array: Any, backend: str | None = None, name: str = "image") -> Place:
    """Follow the array (NumPy and torch on the host: cpu; CuPy and torch on a GPU: cuda) unless `backend` says else."""
    if backend is None:
        where = _home(array, name)
    elif backend == "cpu" or backend == "cuda":
        where = backend  # type: ignore[assignment]  # narrowed to the two literals
    else:
        raise ValueError(f'backend must be "cpu" or "cuda", got {backend!r}')
    if where == "cuda" and (reason := _cuda.missing()):
        raise BackendUnavailable(f"the cuda backend cannot run: {reason}")
    return Place(where, _kind(array, name), asked=backend is not None)


def _home(array: Any, name: str) -> Where:
    kind = _kind(array, name)
    return "cuda" if kind == "cupy" or (kind == "torch" and array.is_cuda) else "cpu"


def _kind(array: Any, name: str) -> Kind:
    if isinstance(array, np.ndarray):
        return "numpy"
    cupy, torch = sys.modules.get("cupy"), sys.modules.get("torch")  # no such array exists before its import
    if cupy is not None and isinstance(array, cupy.ndarray):
        return "cupy"
    if torch is not None and isinstance(array, torch.Tensor):
        if array.device.type not in ("cpu", "cuda"):
            raise TypeError(f"{name} is a torch tensor on {array.device}; only cpu and cuda tensors can be read")
        return "torch"
    raise TypeError(f"{name} must be a NumPy, CuPy or torch array, got {type(array).__name__}")


def _cupy() -> Any:
    if reason := _cuda.missing():
        raise BackendUnavailable(f"the cuda backend cannot run: {reason}")
    import cupy

    return cupy
