"""Shading gives the same bits at every CPU level, for every thread count, and in the GPU loops."""

import functools

import host_cuda
import numpy as np
import pytest
import shading_cases
from levels import AVAILABLE, run_at

from pixkern.shading import DirectionalLight, shade


@functools.cache
def here():
    return shading_cases.digests()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("level", AVAILABLE)
def test_bits_depend_on_neither_cpu_level_nor_threads(level, threads):
    printed = run_at(level, "shading_cases", "print_digests", threads=threads).splitlines()
    assert dict(line.rsplit(" ", 1) for line in printed) == here()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return host_cuda.compiled("shading", tmp_path_factory.mktemp("shading"))


@pytest.mark.parametrize("threads", [1, 3])
def test_the_gpu_loops_run_on_the_host_give_the_same_bits(library, monkeypatch, threads):
    host_cuda.install({"shading": library}, monkeypatch, threads)
    for (name, theirs), (_, ours) in zip(shading_cases.results("cuda"), shading_cases.results(), strict=True):
        assert np.asarray(theirs).tobytes() == ours.tobytes(), name


@pytest.mark.cuda
def test_a_gpu_gives_the_same_bits():
    for (name, theirs), (_, ours) in zip(shading_cases.results("cuda"), shading_cases.results(), strict=True):
        assert theirs.tobytes() == ours.tobytes(), name


def test_pixels_are_shaded_alike_wherever_they_lie():
    s = shading_cases.scene((1, 700), np.uint8, 3, 2, 1, 3, mask=np.uint8, behind=True)
    whole = shade(s.albedo, s.normals, s.lights, **s.around, **s.cover)
    for cut in (slice(1, 300), slice(255, 258), slice(511, 700)):
        maps = {name: s.around[name][:, cut] for name in ("shadow", "occlusion")}
        cover = {name: array[:, cut] for name, array in s.cover.items()}
        part = shade(s.albedo[:, cut], s.normals[:, cut], s.lights, **{**s.around, **maps}, **cover)
        assert (part == whole[:, cut]).all()


def test_a_light_of_a_record_has_the_same_bits():
    for seed in range(200):
        light = DirectionalLight(np.random.default_rng(seed).normal(size=3))
        assert DirectionalLight(list(light.direction), list(light.intensity)) == light
