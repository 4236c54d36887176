import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import pixkern

HEAVY = ("cupy", "numba", "torch", "onnxruntime", "matplotlib", "joblib", "dask", "ray", "cv2", "yaml", "tqdm")


@pytest.mark.parametrize("module", ["pixkern", "pixkern.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & set(HEAVY) == set()
    assert "numpy" in loaded


def test_public_names_exist_and_have_docstrings():
    for module in (
        pixkern,
        pixkern.gridscore,
        pixkern.lenses,
        pixkern.lifting,
        pixkern.metrics,
        pixkern.pyramid,
        pixkern.quantize,
        pixkern.rans,
        pixkern.retinex,
        pixkern.shadows,
        pixkern.shading,
        pixkern.warp,
    ):
        for name in module.__all__:
            thing = getattr(module, name)
            assert isinstance(thing, str | Mapping) or thing.__doc__, name


def test_version_is_that_of_the_package():
    assert pixkern.__version__ == importlib.metadata.version("pixkern")


def test_the_package_is_marked_as_typed():
    assert (Path(pixkern.__file__).parent / "py.typed").exists()


def test_show_versions_prints_what_a_report_needs(capsys):
    pixkern.show_versions()
    printed = capsys.readouterr().out
    for word in ("pixkern", "numpy", "python", pixkern.cpu_level()):
        assert word in printed
