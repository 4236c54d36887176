"""The example of the docs, with the portrait that ships."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from relight_sets import disc, members

from pixkern.cli import main
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight.config import Config

DOCS = Path(__file__).parents[1].resolve() / "docs"
TEMPLATE = DOCS.parent / "src" / "pixkern" / "pipelines" / "relight" / "default.yaml"


def test_the_example_of_the_docs_runs(tmp_path, monkeypatch):
    portrait = decode_image(files("pixkern.demo").joinpath("astronaut.webp").read_bytes()).pixels[..., :3]
    small = cv2.resize(portrait, (96, 96), interpolation=cv2.INTER_AREA)
    for folder, picture in (("photos", small), ("masks", disc(small.shape))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "anna.png").write_bytes(encode_image(picture, ".png"))
    (tmp_path / "relight.yaml").write_bytes((DOCS / "examples" / "relight.yaml").read_bytes())
    assert main(["relight", "generate", str(tmp_path / "relight.yaml"), "--jobs", "1", "--no-progress"]) == 0
    held = members((tmp_path / "portraits" / "shards" / "shard-000000.tar").read_bytes())
    outputs = [decode_image(held[f"anna_{variant}.output.png"]).pixels for variant in range(4)]
    assert all(output.shape == small.shape for output in outputs)
    assert len({output.tobytes() for output in outputs}) == 4
    outside = decode_image(held["anna_0.mask.png"]).pixels == 0
    assert outside.any()
    assert all((output[outside] == small[outside]).all() for output in outputs)
    told = [json.loads(line) for line in (tmp_path / "portraits" / "manifest.jsonl").read_bytes().splitlines()]
    assert [line["sample"] for line in told] == [f"anna_{variant}" for variant in range(4)]


def test_the_page_includes_files_that_are_there():
    page = (DOCS / "relight_datasets.md").read_text(encoding="utf-8")
    included = re.findall(r"{literalinclude} (\S+)", page)
    assert len(included) == 2
    assert [(DOCS / one).resolve() for one in included] == [DOCS / "examples" / "relight.yaml", TEMPLATE]
    assert TEMPLATE.read_text(encoding="utf-8") == Config.template()


def test_the_loaders_of_the_page_load_a_data_set(tmp_path, monkeypatch):
    """The blocks of Python on the page, as they stand there, on two small data sets."""
    from relight_sets import config, photos, quiet

    from pixkern.pipelines.relight.generate import generate

    photos(tmp_path, "anna.png", "bert.png")
    for layout, folder in (("shards", "portraits"), ("folders", "dataset")):
        generate(config(tmp_path, variants=2, layout=layout, folder=folder), **quiet)
    page = (DOCS / "relight_datasets.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "# runs" in block]
    assert len(blocks) == 3
    for block in blocks:
        names: dict[str, object] = {}
        exec(block, names)
        assert names["loaded"] == 4
    assert np.asarray(names["output"]).shape == (24, 20, 3)
