"""Lens correction: estimate, calibrate or read a lens, check it, and straighten photos with it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calibration import Calibration, calibrate
    from .correction import Correction
    from .directory import correct_directory
    from .ladder import choose
    from .onnx_model import ModelError, OnnxPredictor
    from .photo_file import Options, correct_file
    from .pipeline import correct
    from .plumb_line import estimate, estimate_pooled
    from .prediction import Evidence, Prediction
    from .predictors import MeasuredLens, resolve
    from .safety import SafetyReport, Thresholds, measure
    from .score import score_directory, score_pair
    from .submission import SubmissionError, build_submission, check_submission, verify_submission

_HOMES = {
    "Calibration": "calibration",
    "Correction": "correction",
    "Evidence": "prediction",
    "MeasuredLens": "predictors",
    "ModelError": "onnx_model",
    "OnnxPredictor": "onnx_model",
    "Options": "photo_file",
    "Prediction": "prediction",
    "SafetyReport": "safety",
    "SubmissionError": "submission",
    "Thresholds": "safety",
    "build_submission": "submission",
    "calibrate": "calibration",
    "check_submission": "submission",
    "choose": "ladder",
    "correct": "pipeline",
    "correct_directory": "directory",
    "correct_file": "photo_file",
    "estimate": "plumb_line",
    "estimate_pooled": "plumb_line",
    "measure": "safety",
    "resolve": "predictors",
    "score_directory": "score",
    "score_pair": "score",
    "verify_submission": "submission",
}
__all__ = [
    "Calibration",
    "Correction",
    "Evidence",
    "MeasuredLens",
    "ModelError",
    "OnnxPredictor",
    "Options",
    "Prediction",
    "SafetyReport",
    "SubmissionError",
    "Thresholds",
    "build_submission",
    "calibrate",
    "check_submission",
    "choose",
    "correct",
    "correct_directory",
    "correct_file",
    "estimate",
    "estimate_pooled",
    "measure",
    "resolve",
    "score_directory",
    "score_pair",
    "verify_submission",
]


def __getattr__(name: str) -> Any:
    """Import a module when its name is first asked for: OpenCV and joblib take longer than the kernels."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
