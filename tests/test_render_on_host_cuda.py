"""The GPU loops of rendering, run on the host, give the bits of the CPU's."""

import math

import host_cuda
import numpy as np
import pytest

from pixkern.pyramid import render, spline_pyramid, variance

OPTIONS = {
    "plain": {},
    "offsets": {"jitter": 0.8, "patch_size": 3},
    "all": {"jitter": 1.3, "patch_size": 2, "gains": [1.5, 0.0, 0.7], "roi": (3, 2, 20, 9)},
    "a window": {"window": (2.5, 1.25, 9.0, 11.0)},
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return host_cuda.compiled("render", tmp_path_factory.mktemp("render"))


@pytest.fixture
def on_host(library, monkeypatch):
    host_cuda.install({"render": library}, monkeypatch)


def pyramid(channels):
    image = np.random.default_rng(channels).random((13, 17, channels), dtype=np.float32)
    return spline_pyramid(image[..., 0] if channels == 1 else image, 3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.uint16])
def test_stochastic_rendering_has_the_bits_of_the_cpu(on_host, channels, name, dtype):
    found = pyramid(channels)
    how = {"samples": 3, "noise_strength": 0.1, "block": 2, "seed": 2**63 + 5, "first_sample": 7, "dtype": dtype}
    expected = render(found, (39, 28), **how, **OPTIONS[name])
    result = render(found, (39, 28), backend="cuda", **how, **OPTIONS[name])
    assert result.tobytes() == expected.tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("name", OPTIONS)
def test_expectation_and_variance_have_the_bits_of_the_cpu(on_host, channels, name):
    found, options = pyramid(channels), OPTIONS[name]
    for dtype in (np.float32, np.uint8, np.uint16):
        expected = render(found, (39, 28), samples=math.inf, dtype=dtype, **options)
        assert (
            render(found, (39, 28), samples=math.inf, dtype=dtype, **options, backend="cuda").tobytes()
            == expected.tobytes()
        )
    expected = variance(found, (39, 28), noise_strength=0.25, **options)
    assert variance(found, (39, 28), noise_strength=0.25, **options, backend="cuda").tobytes() == expected.tobytes()


def test_cells_of_the_image_have_the_bits_of_the_cpu(on_host):
    found = pyramid(3)
    how = {"cell": 0.37, "noise_strength": 0.2, "samples": 2, "window": (1.5, 2.0, 12.0, 8.0)}
    assert render(found, (31, 25), **how, backend="cuda").tobytes() == render(found, (31, 25), **how).tobytes()


def test_more_samples_than_are_summed_at_a_time_have_the_bits_of_the_cpu(on_host):
    found = pyramid(3)
    how = {"samples": 2500, "noise_strength": 0.2, "jitter": 0.5}
    assert render(found, (5, 4), **how, backend="cuda").tobytes() == render(found, (5, 4), **how).tobytes()
