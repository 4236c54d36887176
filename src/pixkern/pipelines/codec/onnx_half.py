"""One half of an autoencoder in onnxruntime: opened once, its contract read, run on one tensor at a time.

Results must not depend on what ran before: memory patterns and the CPU arena are off, because both remember every
shape they have seen and grow with each new one; convolutions on CUDA are chosen by rule and not by timing, and do
not round to TF32.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pixkern import BackendUnavailable

from .._onnx_session import first_line
from .models import AutoencoderError, stamp

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
PROVIDERS = (CPU, CUDA)
_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_OPTIONS: dict[str, dict[str, str]] = {
    CPU: {},
    CUDA: {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested", "use_tf32": "0"},
}


@dataclass(frozen=True)
class Port:
    """An input or output: its name, dtype, and (batch, channels, rows, cols), None where dynamic."""

    name: str
    dtype: type
    shape: tuple[int | None, int | None, int | None, int | None]

    def fit(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor of that shape may pass."""
        return len(shape) == 4 and all(want in (None, have) for want, have in zip(self.shape, shape, strict=True))


@dataclass(frozen=True)
class Half:
    """An open model and what it takes and gives."""

    path: Path
    input: Port
    output: Port
    _session: Any
    _device: str

    def run(self, tensor: np.ndarray) -> np.ndarray:
        """The answer to `tensor`, which has the input's dtype; bound to the device, copied once each way.

        Raises
        ------
        AutoencoderError
            The shape is not one the model takes, it fails, or it answers with something not finite.
        """
        if not self.input.fit(tensor.shape):
            raise AutoencoderError(f"{self.path}: takes {_told(self.input)}, the codec would give it {tensor.shape}")
        import onnxruntime

        binding = self._session.io_binding()
        try:
            value = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(tensor), self._device, 0)
            binding.bind_ortvalue_input(self.input.name, value)
            binding.bind_output(self.output.name, self._device)  # no shape: it follows from the input's
            self._session.run_with_iobinding(binding)
            (answer,) = binding.copy_outputs_to_cpu()
        except Exception as error:  # onnxruntime raises its own kinds, which share no base but Exception
            raise AutoencoderError(f"{self.path}: the model failed on {tensor.shape}: {first_line(error)}") from None
        if answer.dtype.kind == "f" and not np.isfinite(answer).all():
            told = "; float16 overflows in some models, use the float32 one" if answer.dtype == np.float16 else ""
            raise AutoencoderError(f"{self.path}: the model answered with numbers that are not finite{told}")
        return np.asarray(answer)


def open_half(path: Path, *, provider: str | None, threads: int, output: str | None = None) -> Half:
    """The model in `path`, ready to run; opened once for each provider and number of threads.

    Raises
    ------
    FileNotFoundError, AutoencoderError
        No file, no ONNX model, or not one tensor of 4 axes in and out.
    BackendUnavailable
        onnxruntime is missing, or cannot run that provider here.
    """
    provider = CPU if provider is None else provider
    if provider not in PROVIDERS:
        raise ValueError(f"provider must be {' or '.join(PROVIDERS)}, got {provider!r}")
    session = _session(str(path), provider, threads, stamp(path))
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        raise AutoencoderError(
            f"{path}: needs one input, the model has {', '.join(port.name for port in inputs) or 'none'}"
        )
    chosen = [port for port in outputs if output is None or port.name == output]
    if len(chosen) != 1:
        names = ", ".join(port.name for port in outputs)
        raise AutoencoderError(
            f"{path}: cannot tell which output to take; say encoder_output or decoder_output: {names}"
        )
    return Half(path, _port(path, inputs[0]), _port(path, chosen[0]), session, "cuda" if provider == CUDA else "cpu")


def described(encoder: Path, decoder: Path) -> dict[str, Any]:
    """What two files say of themselves: latent channels, and ``pixkern.*`` metadata (downscale, halo, range).

    The halo is the larger of the two files', and known only if both tell theirs.
    """
    halves = [_session(str(path), CPU, 1, stamp(path)) for path in (encoder, decoder)]
    shape = halves[1].get_inputs()[0].shape
    found: dict[str, Any] = {}
    if len(shape) == 4 and isinstance(shape[1], int):
        found["latent_channels"] = shape[1]
    said = [half.get_modelmeta().custom_metadata_map for half in halves]
    for key in ("downscale", "halo"):
        values = [one.get(f"pixkern.{key}") for one in said]
        if all(value is not None and value.isascii() and value.isdecimal() for value in values):
            found[key] = max(int(value) for value in values)
    if "pixkern.range" in said[0]:
        found["range"] = said[0]["pixkern.range"]
    return found


def _open(path: str, provider: str, threads: int, _: tuple[int, int]) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise BackendUnavailable(
            "mode vae needs onnxruntime: pip install 'pixkern[onnx]', or 'pixkern[onnx-gpu]' for NVIDIA GPUs"
        ) from None
    if provider not in onnxruntime.get_available_providers():
        has = ", ".join(onnxruntime.get_available_providers())
        raise BackendUnavailable(f"onnxruntime has no {provider} here (it has {has}); see the extra onnx-gpu")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.use_deterministic_compute = True
    options.enable_mem_pattern = options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave cores to others
    options.log_severity_level = 4  # its complaints come as exceptions, in our words
    try:
        session = onnxruntime.InferenceSession(path, options, providers=[(provider, _OPTIONS[provider])])
    except Exception as error:  # onnxruntime raises its own kinds, which share no base but Exception
        raise AutoencoderError(f"{path}: not a model that onnxruntime can run: {first_line(error)}") from None
    running = session.get_providers()[0]
    if running != provider:
        raise BackendUnavailable(f"onnxruntime could not start {provider} and would run on {running}")
    session.disable_fallback()
    return session


_session = lru_cache(maxsize=8)(_open)
_left_behind: list[Any] = []


def _forget_sessions() -> None:
    """In a forked child: the parent's sessions have lost their threads; running or freeing one would wait for ever."""
    global _session
    _left_behind.append(_session)
    _session = lru_cache(maxsize=8)(_open)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_sessions)


def _port(path: Path, port: Any) -> Port:
    if port.type not in _DTYPES:
        raise AutoencoderError(f"{path}: {port.name} must be float32, float16 or uint8, got {port.type}")
    if len(port.shape) != 4:
        raise AutoencoderError(f"{path}: {port.name} needs 4 axes (batch, channels, rows, cols), got {port.shape}")
    batch, channels, rows, cols = (side if isinstance(side, int) and side > 0 else None for side in port.shape)
    return Port(port.name, _DTYPES[port.type], (batch, channels, rows, cols))


def _told(port: Port) -> str:
    return f"({', '.join('any' if side is None else str(side) for side in port.shape)})"
