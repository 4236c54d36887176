"""Shading, compositing and codes against their definitions in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import shading as reference
from shading_cases import Scene, scene

from pixkern.shading import (
    DirectionalLight,
    Specular,
    composite,
    linear_to_srgb,
    shade,
    shading,
    srgb_to_linear,
)

MODELS = [None, Specular("phong", 0.4, shininess=20), Specular("blinn", 0.4, shininess=80.5), Specular("ggx", 0.5)]
MODELS += [Specular("ggx", 0.3, roughness=0.05), Specular("phong", 0.4, shininess=0.7)]
SHAPES = [(1, 1), (1, 300), (37, 1), (13, 29), (3, 257)]


def close(ours, exact, what):
    """Codes are those of the exact value, or next to them where it lies that close to a half; floats are near it."""
    if ours.dtype == np.float32:
        np.testing.assert_allclose(ours, exact, rtol=0, atol=what)
        return
    most = np.iinfo(ours.dtype).max
    held = np.clip(exact, 0, most)
    assert np.abs(ours - held).max() <= 0.5 + what


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
    st.sampled_from(MODELS),
    st.integers(0, 3),
    st.sampled_from([None, 1, 3]),
    st.sampled_from([None, 1, 3]),
    st.booleans(),
    st.sampled_from([None, np.bool_, np.uint8, np.float32]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_shade_is_its_definition(shape, dtype, specular, lights, shadow, occlusion, environment, mask, behind, seed):
    s = scene(shape, dtype, seed, lights, shadow, occlusion, environment, mask, behind)
    ours = shade(s.albedo, s.normals, s.lights, specular=specular, **s.around, **s.cover)
    assert ours.dtype == dtype
    exact = reference.shade(s.albedo, s.normals, s.lights, specular, **s.around, **s.cover)
    # uint8: 40 roundings of 6e-8 and 1.2e-4 of the quotient; uint16: double; float: 20 roundings of sums up to 8
    close(ours, exact, {np.uint8: 4e-4, np.uint16: 1e-7, np.float32: 1e-5}[dtype])


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(SHAPES), st.integers(0, 4), st.sampled_from([None, 1, 3]), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_shading_is_its_definition(shape, lights, maps, environment, seed):
    s = scene(shape, np.float32, seed, lights, maps, maps, environment)
    exact = reference.shading(s.normals, s.lights, **s.around)
    total = 1 + sum(max(light.intensity) for light in s.lights) + (30 if environment else 0)
    np.testing.assert_allclose(
        shading(s.normals, s.lights, **s.around), exact, rtol=0, atol=1e-6 * total
    )  # as documented


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(SHAPES),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
    st.sampled_from([np.bool_, np.uint8, np.float32]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_composite_is_its_definition(shape, dtype, mask, grey, seed):
    s = scene(shape, dtype, seed, mask=mask, behind=True)
    front, back, cover = s.albedo, s.cover["background"], s.cover["mask"]
    if grey:
        front, back = front[..., 1], back[..., 1]
    exact = reference.mixed(reference.to_light(front), back, cover, dtype)
    close(composite(front, back, cover), exact, {np.uint8: 3e-4, np.uint16: 1e-7, np.float32: 2e-7}[dtype])
    m = reference.weights(cover).reshape(cover.shape + (1,) * (front.ndim - 2))
    exact = m * front.astype(float) + (1 - m) * back.astype(float)
    close(composite(front, back, cover, space="srgb"), exact, 5e-5)  # three roundings of 255 in float


def test_codes_of_uint8_are_rounded_as_in_float64_but_for_one_in_ten_thousand():
    s = scene((512, 512), np.uint8, 5, 2, 1, 1, mask=np.float32, behind=True)
    around = {**s.around, "ambient": 0.2}
    ours = shade(s.albedo, s.normals, s.lights, specular=MODELS[3], **around, **s.cover)
    exact = reference.shade(s.albedo, s.normals, s.lights, MODELS[3], **around, **s.cover)
    between = (exact > 1) & (exact < 254)  # what is held to the range is never wrong
    wrong = (ours != np.floor(exact + 0.5)) & between
    assert 0 < wrong.sum() <= 1e-4 * between.sum()


def test_codes_of_uint16_are_rounded_as_in_float64():
    s = scene((512, 512), np.uint16, 6, 2, 1, 1, mask=np.float32, behind=True)
    ours = shade(s.albedo, s.normals, s.lights, **s.around, **s.cover)
    exact = reference.shade(s.albedo, s.normals, s.lights, **s.around, **s.cover)
    assert (ours == np.floor(np.clip(exact, 0, 65535) + 0.5)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_code_comes_back(dtype):
    codes = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    assert (linear_to_srgb(srgb_to_linear(codes), dtype) == codes).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_light_of_codes_is_the_float_next_to_the_definition(dtype):
    codes = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    exact = reference.to_light(codes)
    assert (srgb_to_linear(codes) == exact.astype(np.float32)).mean() > 0.9999  # libm's power is off by an ulp itself
    np.testing.assert_allclose(srgb_to_linear(codes), exact, rtol=6e-8)  # half a unit in the last place


@given(st.floats(-4, 4, width=32))
def test_float_codes_are_the_definition_beyond_0_and_1_too(v):
    v = np.array([v], np.float32)
    np.testing.assert_allclose(
        srgb_to_linear(v), reference.linear_from_code(v), rtol=6.1e-8, atol=1e-44
    )  # one rounding
    codes = linear_to_srgb(v, np.float32)
    np.testing.assert_allclose(codes, reference.code_from_linear(v), rtol=6.1e-8, atol=1e-44)


def test_eight_bit_codes_of_light_are_off_by_one_for_less_than_one_in_ten_thousand():
    light = reference.linear_from_code(np.linspace(0, 1, 2_000_003)).astype(np.float32)
    exact = reference.code_from_linear(light) * 255
    codes = linear_to_srgb(light)
    assert np.abs(codes - exact).max() <= 0.5 + 1.2e-4  # as documented
    assert (codes != np.floor(exact + 0.5)).mean() < 1e-4
    assert (np.diff(codes.astype(int)) >= 0).all()


def test_light_beyond_the_range_is_held_to_it_and_nan_is_black():
    light = np.array([-1, -0.0, 1.5, np.inf, -np.inf, np.nan], np.float32)
    assert linear_to_srgb(light).tolist() == [0, 0, 255, 255, 0, 0]
    assert linear_to_srgb(light, np.uint16).tolist() == [0, 0, 65535, 65535, 0, 0]
    for way in (srgb_to_linear, lambda x: linear_to_srgb(x, np.float32)):
        assert np.isnan(way(light)).tolist() == [False] * 5 + [True]


def test_no_lights_leave_the_ambient_light():
    s: Scene = scene((5, 7), np.float32, 0, lights=0)
    assert (shading(s.normals, [], ambient=(0.25, 0.5, 1)) == np.float32([0.25, 0.5, 1])).all()


def test_a_light_from_behind_has_no_highlight():
    s = scene((16, 16), np.float32, 1)
    behind = DirectionalLight((0, 0, -1))
    facing = np.zeros((4, 4, 3), np.float32) + np.float32([0, 0, 1])
    for specular in MODELS:
        assert (shade(s.albedo[:4, :4], facing, behind, specular=specular) == 0).all()
