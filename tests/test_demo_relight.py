"""The demo's relit portrait: what it writes, and that it notices what must not happen."""

from dataclasses import replace

import numpy as np
import pytest

from pixkern.cli import _demo_relight
from pixkern.demo import photo
from pixkern.pipelines.files import decode_image, read_image
from pixkern.pipelines.relight import relight


@pytest.mark.slow
def test_the_demo_relights_a_portrait(tmp_path, capsys):
    assert _demo_relight.run(tmp_path / "demo") == []
    out = capsys.readouterr().out
    for kind in ("soft shading", "hard shadow", "specular"):
        assert f"    {kind}, light " in out
    assert "plausible" in out
    image = decode_image(photo("astronaut.webp")).pixels
    outputs = [read_image(tmp_path / "demo" / f"relight-{kind}.png").pixels for kind, _ in _demo_relight._LIGHTS]
    for output in outputs:
        assert output.shape == image.shape
        assert (output != image).any(axis=2).mean() > 0.2
    assert not np.array_equal(outputs[0], outputs[1])
    assert read_image(tmp_path / "demo" / "relight.png").size == (1300, 972)


def test_the_demo_says_what_is_not_as_it_must_be(monkeypatch):
    image = decode_image(photo("astronaut.webp")).pixels[100:180, 150:250].copy()
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[20:60, 20:80] = 255
    one = relight(image, seed=0, mask=mask)
    assert _demo_relight._problems(one, "specular", image, mask) == []
    spoilt = one.output.copy()
    spoilt[0, 0] ^= 1
    (told,) = _demo_relight._problems(replace(one, output=spoilt), "specular", image, mask)
    assert told == "astronaut.webp, specular: the background has changed"
    other = {**one.params, "output": {"sha256": "0" * 64}}
    (told,) = _demo_relight._problems(replace(one, params=other), "specular", image, mask)
    assert "output" in told
    (told,) = _demo_relight._told(replace(one, mask=np.zeros_like(mask)))
    assert told == "astronaut.webp: 0% of the photo is in the mask"
