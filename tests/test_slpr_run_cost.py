"""What a run is estimated to cost: the model of a case, and how its numbers are found."""

import math
from dataclasses import replace

import pytest

from pixkern.pipelines.slpr import Asset, Config, RenderConfig, _run_cost
from pixkern.pipelines.slpr._run_cost import Cost, memory
from pixkern.pipelines.slpr.case import cases
from pixkern.pipelines.slpr.config import Settings


def test_the_numbers_are_found_where_cases_cost_what_the_model_says(tmp_path, monkeypatch):
    true = Cost(image=3e-6, output=1e-6, sample=2e-8)
    monkeypatch.setattr(_run_cost, "_seconds", lambda case: true.seconds(case, (256, 256)))
    laws = (RenderConfig("calm"), RenderConfig("loose", jitter=1.0, block=4))
    asked = Config(Settings(seed=1, zoom_levels=(50, 300)), (Asset("a", tmp_path / "a.png"),), laws)
    found = _run_cost.measured_costs(list(cases(asked).values()), one_thread=True)
    assert len(found) == 2  # kinds
    for cost in found.values():
        assert (cost.image, cost.output, cost.sample) == pytest.approx((3e-6, 1e-6, 2e-8), rel=1e-9)  # differences


def test_more_samples_and_larger_outputs_are_estimated_to_take_longer(tmp_path):
    path = tmp_path / "a.png"
    few = Config(Settings(seed=1, zoom_levels=(100,)), (Asset("a", path),), (RenderConfig("c"),))
    (small,) = cases(few).values()
    (many,) = cases(replace(few, settings=replace(few.settings, samples_per_render=64))).values()
    (large,) = cases(replace(few, settings=replace(few.settings, zoom_levels=(400,)))).values()
    cost = Cost(1e-7, 1e-7, 1e-8)
    assert cost.seconds(small, (10, 10)) == pytest.approx(1e-5 + 1e-5 + 16e-6)
    assert cost.seconds(many, (10, 10)) > cost.seconds(small, (10, 10))
    assert cost.seconds(large, (10, 10)) == pytest.approx(1e-5 + 17e-5 + 16 * 17e-6)
    size = (2000, 1000)
    assert memory(large, size, 16) > memory(large, size, 8) > memory(small, size, 8) > 4 * 3 * math.prod(size)
