"""TensorFlow Lite models: floats and quantised integers, either layout, and files that are none."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from relight_models import litert_model

from pixkern import BackendUnavailable
from pixkern.pipelines.relight import _model_litert
from pixkern.pipelines.relight.masks import ModelError, find_mask
from pixkern.pipelines.relight.models import ask
from pixkern.pipelines.relight.settings import LiteRTModel, MaskMethods, MaskSettings

pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert; pip install 'pixkern[litert]'")
pytest.importorskip("flatbuffers", reason="needs flatbuffers to make models; ai-edge-litert asks for it")

PHOTO = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
UNIT = PHOTO / 255


def described(path, **settings):
    return LiteRTModel(enabled=True, model=path, **settings)


@pytest.mark.parametrize("shape", [(1, 8, 12, 3), (1, 3, 8, 12)])
@pytest.mark.parametrize(
    ("dtype", "zero", "close"),
    [
        ("float", 0, 1e-6),  # float32 sums of three
        ("uint8", 0, 0.501 / 255),  # the answer's steps
        ("int8", -128, 0.501 / 255),
    ],
)
def test_the_mean_of_the_channels_in_every_kind_and_layout(tmp_path, shape, dtype, zero, close):
    path = litert_model(tmp_path / "a.tflite", shape=shape, dtype=dtype, zero=zero, kind="mean")
    found = ask(PHOTO, described(path)).values
    assert found.shape == (8, 12, 1)
    assert np.abs(found[..., 0] - UNIT.mean(axis=2)).max() < close


def test_mean_and_std_come_before_the_quantisation(tmp_path):
    mean, std = (0.5, 0.4, 0.3), (0.5, 0.5, 0.25)
    for dtype, scale, zero, close in (("float", 1, 0, 1e-6), ("int8", 3 / 127, 0, 3 / 127)):  # a step: two roundings
        path = litert_model(tmp_path / f"{dtype}.tflite", dtype=dtype, scale=scale, zero=zero, kind="mean")
        found = ask(PHOTO, described(path, mean=mean, std=std)).values[..., 0]
        assert np.abs(found - ((UNIT - mean) / std).mean(axis=2)).max() < close


def test_a_mask_comes_with_the_model_s_digest(tmp_path):
    litert_model(tmp_path / "a.tflite", shape=(1, 4, 6, 3))
    methods = MaskMethods(litert=described("a.tflite", channel=1))
    found = find_mask(PHOTO, MaskSettings(methods=methods, refine=False), root=tmp_path)
    assert found.method == "litert"
    assert found.record["model"] == "a.tflite"
    assert len(found.record["model_sha256"]) == 64
    assert found.record["runtime"].startswith("ai-edge-litert ")
    assert found.mask.shape == (8, 12)
    assert 127 <= found.mask.min() <= found.mask.max() <= 187  # logistic of 0 to 1


def test_two_photos_in_a_row_do_not_mix(tmp_path):
    path = litert_model(tmp_path / "a.tflite")
    first = ask(PHOTO, described(path)).values
    kept = first.copy()
    other = ask(255 - PHOTO, described(path)).values
    assert np.array_equal(first, kept)
    assert np.abs(other - 1 / (1 + np.exp(UNIT - 1))).max() < 1e-6
    assert np.array_equal(ask(PHOTO, described(path)).values, kept)


@pytest.mark.parametrize("shape", [(1, 8, 12, 1), (2, 8, 12, 3), (8, 12, 3), (1, 8, 12, 4)])
def test_an_input_that_is_no_image_is_named(tmp_path, shape):
    path = litert_model(tmp_path / "a.tflite", shape=shape)
    with pytest.raises(ModelError, match=r"a\.tflite: its input must be \(1, h, w, 3\) or \(1, 3, h, w\) of a fixed"):
        ask(PHOTO, described(path))


def test_an_input_of_free_sides_is_named(tmp_path):
    path = litert_model(tmp_path / "a.tflite", signature=(1, -1, -1, 3))
    with pytest.raises(ModelError, match=r"of a fixed size, got \[1, -1, -1, 3\]"):
        ask(PHOTO, described(path))


def test_integers_without_a_scale_are_refused(tmp_path):
    for dtype in ("uint8", "int8"):
        path = litert_model(tmp_path / f"{dtype}.tflite", dtype=dtype, scale=0, kind="mean")
        with pytest.raises(ModelError, match=rf"{dtype}\.tflite: [^\n]+$"):
            ask(PHOTO, described(path))


def test_every_truncation_of_a_model_is_one_clear_line(tmp_path):
    whole = litert_model(tmp_path / "whole.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    for length in range(0, len(whole), 5):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"^[^\n]*cut\.tflite: not a [^\n]+$"):
            ask(PHOTO, described(path))
    with pytest.raises(FileNotFoundError, match="no such model"):
        ask(PHOTO, described(tmp_path / "none.tflite"))


def test_without_ai_edge_litert_the_extra_is_named(tmp_path, monkeypatch):
    path = litert_model(tmp_path / "a.tflite")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    _model_litert._open.cache_clear()
    with pytest.raises(BackendUnavailable, match=r"pip install 'pixkern\[litert\]'"):
        ask(PHOTO, described(path))


def test_the_runtime_is_loaded_by_the_first_model_and_not_before():
    code = "import sys, pixkern.pipelines.relight.masks as m; print(sorted(set(sys.modules) & {'ai_edge_litert'}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert done.stdout.strip() == "[]"
