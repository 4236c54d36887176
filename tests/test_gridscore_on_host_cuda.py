"""The GPU loops of the gridscore family, run on the host by their own launches: the bits of the CPU's."""

import gridscore_cases as cases
import host_cuda
import numpy as np
import pytest

from pixkern.gridscore import GridScorer, profiles


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return host_cuda.compiled("gridscore", tmp_path_factory.mktemp("gridscore"))


@pytest.fixture
def on_host(library, monkeypatch):
    host_cuda.install({"gridscore": library}, monkeypatch)


@pytest.mark.usefixtures("on_host")
def test_gpu_loops_give_the_bits_of_the_cpu():
    for (name, ours), (_, theirs) in zip(cases.results(backend="cuda"), cases.results(backend="cpu"), strict=True):
        assert ours == theirs, name


@pytest.mark.usefixtures("on_host")
def test_gpu_loops_of_every_set_of_scales_give_the_bits_of_the_cpu():
    image = cases.picture((115, 121, 3))
    for scales in ((1,), (2, 8), (4,), (1, 2, 4, 8)):
        ours, theirs = (profiles(image, scales=scales, backend=where) for where in ("cuda", "cpu"))
        for a, b in zip(ours.x + ours.y, theirs.x + theirs.y, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("on_host")
def test_tables_of_the_gpu_are_those_of_the_cpu():
    image = np.full((203, 301, 3), 255, np.uint8)  # squares exceed 32 bits
    mask = np.random.default_rng(0).random((203, 301)) < 0.8
    for step in (1, 4):
        ours, theirs = (GridScorer(image, mask=mask, step=step, backend=where) for where in ("cuda", "cpu"))
        np.testing.assert_array_equal(ours.table.get(), theirs.table)
        np.testing.assert_array_equal(ours.counts.get(), theirs.counts)
