import subprocess
import sys

import numpy as np
import pytest
from levels import LEVELS

import pixkern
from pixkern import _cuda, _dispatch
from pixkern.lenses import BrownConrady
from pixkern.warp import warp

LENS = BrownConrady(10, (1, 1))


def test_the_cpu_is_always_there_and_cuda_says_why_not():
    found = pixkern.backends()
    assert set(found) == {"cpu", "cuda"}
    assert found["cpu"].available
    assert pixkern.cpu_level() in found["cpu"].detail
    assert found["cuda"].available == (_cuda.missing() is None)


def test_a_backend_that_cannot_run_raises_with_the_extra_to_install(monkeypatch):
    monkeypatch.setattr(_cuda, "missing", lambda: "CuPy is not installed; install pixkern[cuda13]")
    with pytest.raises(pixkern.BackendUnavailable, match=r"pixkern\[cuda13\]"):
        warp(np.zeros((3, 3), np.uint8), LENS, backend="cuda")


def test_a_missing_cupy_names_the_extras(monkeypatch):
    monkeypatch.setattr(_cuda, "find_spec", lambda name: None)
    assert "pixkern[cuda13]" in _cuda.missing.__wrapped__()


def test_a_broken_cupy_is_a_reason_and_no_crash(monkeypatch):
    monkeypatch.setattr(_cuda, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert "no usable GPU" in _cuda.missing.__wrapped__()


@pytest.mark.parametrize("thing", [[1, 2], None, "array", memoryview(b"12")])
def test_what_is_no_array_raises_type_error(thing):
    with pytest.raises(TypeError, match="must be a NumPy, CuPy or torch array"):
        _dispatch.place(thing)


def test_an_unknown_backend_raises_value_error():
    with pytest.raises(ValueError, match='"cpu" or "cuda"'):
        _dispatch.place(np.zeros(3), "gpu")


@pytest.mark.parametrize("level", LEVELS)
def test_the_environment_caps_the_cpu_level(level):
    def level_of(environment):
        command = [sys.executable, "-c", "import pixkern; print(pixkern.cpu_level())"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert level_of({"PIXKERN_CPU": level}) == min(level, level_of({}), key=LEVELS.index)


def test_an_unknown_cpu_level_is_an_error():
    done = subprocess.run(
        [sys.executable, "-c", "import pixkern"], env={"PIXKERN_CPU": "avx2"}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "PIXKERN_CPU must be base, v3 or v4, got 'avx2'" in done.stderr


def test_an_array_on_the_other_side_is_refused_unless_the_backend_was_named(monkeypatch):
    there = _dispatch.Place("cuda", "cupy")
    with pytest.raises(TypeError, match="residual is on the cpu side"):
        there.native(np.zeros(3), "residual")
    with pytest.raises(ValueError, match="out must be an array on the cuda side"):
        _dispatch.Place("cuda", "numpy", asked=True).writable(np.zeros(3))
