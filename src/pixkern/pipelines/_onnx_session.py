"""ONNX models through onnxruntime: opened once, on the provider that was asked for or not at all."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pixkern import BackendUnavailable

CPU = "CPUExecutionProvider"


def open_session(path: Path, providers: tuple[str, ...], threads: int, error: type[ValueError]) -> Any:
    """An onnxruntime session of a model; the same one again as long as the file does not change.

    Parameters
    ----------
    path : Path
    providers : tuple of str
        In order of preference; the first must really run.
    threads : int
        With 1, sums are added up in one order: the same bits on every run on one machine.
    error : type
        What to raise for a file that is no model.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    BackendUnavailable
        onnxruntime is not installed, or the first provider cannot run here.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such model: {path}") from None
    try:
        return _session(str(path), providers, threads, (found.st_mtime_ns, found.st_size))
    except _NoModelError as caught:
        raise error(f"{path}: not a model that onnxruntime can run: {caught}") from None


class _NoModelError(Exception):
    """onnxruntime does not take the file."""


@lru_cache(maxsize=4)
def _session(path: str, providers: tuple[str, ...], threads: int, stamp: tuple[int, int]) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise BackendUnavailable(
            "ONNX models need onnxruntime: pip install 'pixkern[onnx]', or 'pixkern[onnx-gpu]' for NVIDIA GPUs"
        ) from None
    missing = [name for name in providers if name not in onnxruntime.get_available_providers()]
    if missing:
        has = ", ".join(onnxruntime.get_available_providers())
        raise BackendUnavailable(f"onnxruntime has no {missing[0]} here (it has {has}); see the extra onnx-gpu")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # its complaints come as exceptions, in our words
    try:
        session = onnxruntime.InferenceSession(path, options, providers=list(providers))
    except Exception as caught:  # onnxruntime raises its own kinds, which share no base but Exception
        raise _NoModelError(first_line(caught)) from None
    running = session.get_providers()[0]
    if running != providers[0]:
        raise BackendUnavailable(f"onnxruntime could not start {providers[0]} and would run on {running}")
    session.disable_fallback()
    return session


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
