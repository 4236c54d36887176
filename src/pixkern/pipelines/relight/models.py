"""Learned models from a photo to a mask, an albedo or a depth: ONNX by onnxruntime, TensorFlow Lite by LiteRT.

A model is described by its settings; nothing is guessed but what its file says. Its answer is checked before anyone
uses it: kind, shape, range, and that every number is one.

Both run on one thread, so that sums are added up in one order: the same bits on every run on one machine. Another
machine or another version may differ in the last bits; a sample's record has the fingerprint of what came out, and a
replay compares it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._model_errors import ModelError
from ._model_litert import run_litert
from ._model_onnx import run_onnx
from ._opencv import resized
from .settings import LiteRTModel, OnnxModel

__all__ = ["Answer", "ModelError", "ask", "colours", "plane", "upsampled"]

_SLACK = 0.01  # what lies outside [0, 1] by no more is rounding, or a last layer without a clip


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model answers.

    Attributes
    ----------
    values : (h, w, c) float32
        Finite, at the model's own size.
    name : str
        The model's, for messages.
    record : dict
        Model's file name and SHA-256, runtime and its version, and the settings that matter.
    """

    values: np.ndarray
    name: str
    record: dict[str, Any]


def ask(image: np.ndarray, settings: OnnxModel | LiteRTModel, *, root: str | os.PathLike[str] | None = None) -> Answer:
    """Run a model on a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 or uint16
        RGB. It is resized to the model's input without keeping its aspect, brought to [0, 1], and each channel c
        becomes (c - mean) / std.
    settings : OnnxModel or LiteRTModel
    root : path, optional
        What the model's path is relative to.

    Returns
    -------
    Answer

    Raises
    ------
    FileNotFoundError
        There is no such model.
    ModelError
        The file is no model, its input is not an image of these settings, it fails, or its answer is not finite.
    BackendUnavailable
        onnxruntime or ai-edge-litert is not installed: the extras ``onnx`` and ``litert``.
    """
    if isinstance(settings, OnnxModel):
        values, name, record = run_onnx(image, settings, root)
    else:
        values, name, record = run_litert(image, settings, root)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise ModelError(f"{name}: {bad} of {values.size} numbers of its answer are not finite")
    return Answer(values, name, record)


def plane(answer: Answer, settings: OnnxModel | LiteRTModel) -> np.ndarray:
    """One channel of an answer as (h, w) float32 in [0, 1]: a mask.

    Parameters
    ----------
    answer : Answer
    settings : OnnxModel or LiteRTModel
        `activation` is applied, over all channels if it is a softmax, and `channel` is taken.

    Raises
    ------
    ModelError
        No such channel, or values outside [0, 1] by more than 0.01. What lies outside by less is brought to 0 or 1.
    """
    values = answer.values.astype(np.float64)
    channels = values.shape[2]
    if settings.channel >= channels:
        raise ModelError(f"{answer.name}: channel {settings.channel} of an answer that has {channels}")
    if settings.activation == "softmax":
        powers = np.exp(values - values.max(axis=2, keepdims=True))
        values = powers / powers.sum(axis=2, keepdims=True)
    values = values[..., settings.channel]
    if settings.activation == "sigmoid":
        values = 1 / (1 + np.exp(-np.clip(values, -80, 80)))
    return _unit(values, answer.name, 'set activation to "sigmoid" or "softmax" if these are logits')


def colours(answer: Answer, settings: OnnxModel) -> np.ndarray:
    """An answer as (h, w, 3) float32 RGB in [0, 1]: an albedo.

    Raises
    ------
    ModelError
        Not three channels, or values outside [0, 1] by more than 0.01.
    """
    if answer.values.shape[2] != 3:
        raise ModelError(f"{answer.name}: needs an answer of three channels, got {answer.values.shape[2]}")
    values = answer.values[..., ::-1] if settings.order == "bgr" else answer.values
    if settings.activation == "sigmoid":
        values = 1 / (1 + np.exp(-np.clip(values.astype(np.float64), -80, 80)))
    return _unit(values, answer.name, 'set activation to "sigmoid" if these are logits')


def _unit(values: np.ndarray, name: str, hint: str) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    if low < -_SLACK or high > 1 + _SLACK:
        raise ModelError(f"{name}: its answer is {low:.4g} to {high:.4g}, needs [0, 1]; {hint}")
    return np.clip(values, 0, 1).astype(np.float32)


def upsampled(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    """An answer at the photo's size, bilinear."""
    return resized(np.ascontiguousarray(values), (image.shape[1], image.shape[0]))
