"""The example configurations of the docs, with the assets that the command line makes for them."""

from pathlib import Path

import cv2
import pytest

from pixkern.cli import main
from pixkern.pipelines.slpr import Config, run

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


@pytest.mark.parametrize("name", ["quick_rgb.yaml", "quick_luma.yaml"])
def test_the_examples_of_the_docs_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["slpr", "assets", "assets"]) == 0
    (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    asked = Config.load(tmp_path / name)
    report = run(asked, progress=False)
    assert report.ok
    assert report.folder.parent == Path("outputs")
    assert len(report.finished) == len(asked.assets) * len(asked.configs)
    for record in report.records.values():
        assert record["convergence"]["slope"] == pytest.approx(-0.5, abs=0.05)  # of one realisation of few means
    pictures = [cv2.imread(str(path)) for path in report.folder.glob("*/*/average_100.png")]
    assert all(picture is not None for picture in pictures)
