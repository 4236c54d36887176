import itertools
import tracemalloc

import host_cuda
import noise_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import noise as ref

from pixkern.shading import fbm

kinds = pytest.mark.parametrize("kind", ["perlin", "value"])


# The definition


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 60)),
    st.sampled_from(["perlin", "value"]),
    st.integers(0, 2**64 - 1),
    st.integers(1, 6),
    st.floats(32, 300),
    st.floats(0, 2),
    st.floats(1, 2),
    st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)),
)
def test_noise_is_that_of_the_definition(shape, kind, seed, octaves, cell, persistence, lacunarity, origin):
    how = {"kind": kind, "octaves": octaves, "cell": cell, "persistence": persistence, "lacunarity": lacunarity}
    got = fbm(shape, seed=seed, origin=origin, **how)
    assert got.shape == shape
    assert got.dtype == np.float32
    # 1e-6: what the shares lack of 1, left as room for roundings; 1e-6: some twelve roundings of 6e-8 at values up to 2
    np.testing.assert_allclose(got, ref.fbm(shape, seed=seed, origin=origin, **how), rtol=0, atol=2e-6)


@pytest.mark.parametrize(("shape", "how"), cases.CASES)
@kinds
def test_noise_beyond_a_block_and_far_away_is_that_of_the_definition(kind, shape, how):
    got, exact = fbm(shape, seed=5, kind=kind, **how), ref.fbm(shape, seed=5, kind=kind, **how)
    np.testing.assert_allclose(got, exact, rtol=0, atol=2e-6)  # as above


# Laws


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(0, 40), st.integers(0, 1100)),
    st.tuples(st.integers(1, 40), st.integers(1, 1100)),
    st.sampled_from(["perlin", "value"]),
)
def test_any_region_is_that_part_of_the_whole_bit_by_bit(first, size, kind):
    whole = whole_noise(kind)
    (top, left), (height, width) = first, size
    height, width = min(height, 80 - top), min(width, 2200 - left)
    part = fbm((height, width), seed=9, kind=kind, cell=23.7, octaves=4, origin=(left - 700, top - 30))
    np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


def whole_noise(kind, made={}):  # noqa: B006  # made once
    if kind not in made:
        made[kind] = fbm((80, 2200), seed=9, kind=kind, cell=23.7, octaves=4, origin=(-700, -30))
    return made[kind]


@kinds
def test_two_seeds_have_nothing_in_common(kind):
    seeds = (0, 1, 2, 2**32, 2**63, 2**64 - 1)
    fields = [fbm((512, 512), seed=seed, kind=kind, cell=8, octaves=1).ravel() for seed in seeds]
    for a, b in itertools.combinations(fields, 2):
        correlation = np.corrcoef(a, b)[0, 1]
        assert abs(correlation) < 5 / 64  # 64 x 64 independent cells: the standard deviation is 1/64


@kinds
@pytest.mark.parametrize("octaves", [1, 6])
def test_values_are_within_one_and_about_zero_in_the_mean(kind, octaves):
    values = np.stack([fbm((512, 512), seed=seed, kind=kind, cell=32, octaves=octaves) for seed in range(8)])
    assert np.abs(values).max() <= 1
    cells = 8 * (512 / 32) ** 2
    assert abs(values.mean()) < 5 * values.std() / np.sqrt(cells)  # five standard errors of independent cells
    assert values.std() > 0.1


def test_gradient_noise_of_one_octave_comes_near_its_bounds():
    values = np.concatenate([fbm((512, 512), seed=seed, cell=8, octaves=1).ravel() for seed in range(8)])
    assert 0.9 < values.max() <= 1
    assert -1 <= values.min() < -0.9


def test_gradient_noise_is_zero_at_its_nodes():
    values = fbm((63, 63), seed=3, cell=9, octaves=1)
    nodes = fbm((126, 126), seed=3, cell=1, octaves=1)  # the same, one pixel in the middle of each cell
    assert np.abs(nodes).max() > 0.5
    middles = values[4::9, 4::9]
    np.testing.assert_allclose(middles, nodes[:7, :7], rtol=0, atol=1e-6)  # same cells, same place; two roundings
    edge = fbm((1, 1), seed=3, cell=2.0**20, octaves=1)  # 2^-21 from a node
    assert np.abs(edge).max() < 2e-6


@kinds
def test_an_octave_of_persistence_zero_is_not_there(kind):
    how = {"seed": 4, "kind": kind, "cell": 40}
    np.testing.assert_array_equal(fbm((50, 50), octaves=4, persistence=0, **how), fbm((50, 50), octaves=1, **how))


@kinds
def test_power_falls_with_frequency_as_octaves_say(kind):
    # Octaves of half the cells have half the amplitude: each band an octave wide has a quarter of the power of the one
    # before, up to a factor of 2 for the overlap of their spectra.
    power = np.zeros((512, 257))
    for seed in range(4):
        power += np.abs(np.fft.rfft2(fbm((512, 512), seed=seed, kind=kind, cell=64, octaves=5))) ** 2
    radius = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    edges = [2.0**k / 128 for k in range(6)]  # bands about 1/64 .. 1/4 cycles per pixel, shifted by half an octave
    bands = [power[(radius >= low) & (radius < high)].sum() for low, high in itertools.pairwise(edges)]
    for coarse, fine in itertools.pairwise(bands[1:]):
        assert 2 < coarse / fine < 8


def test_noise_is_like_itself_in_all_directions():
    gradients = np.gradient(fbm((1024, 1024), seed=2, cell=16, octaves=1))
    angle = np.arctan2(*gradients)
    counts = np.histogram(angle, bins=8, range=(-np.pi, np.pi))[0]
    assert counts.min() > 0.8 * counts.mean()


# Bits


def test_every_cpu_level_and_thread_count_gives_the_same_bits():
    expected = run_at("base", "noise_cases", "print_digests")
    assert expected.count("\n") == 4 * len(cases.CASES)
    for level in AVAILABLE:
        for threads in (1, 2, 3):
            assert run_at(level, "noise_cases", "print_digests", threads=threads) == expected


def test_gpu_loops_on_the_host_give_the_bits_of_the_cpu(tmp_path, monkeypatch):
    host_cuda.install({"noise": host_cuda.compiled("noise", tmp_path)}, monkeypatch)
    for (name, ours), (_, theirs) in zip(cases.results("cuda"), cases.results("cpu"), strict=True):
        assert np.array_equal(np.asarray(ours).view(np.uint32), theirs.view(np.uint32)), name


@pytest.mark.cuda
def test_cuda_gives_the_bits_of_the_cpu():
    import cupy

    for (name, ours), (_, theirs) in zip(cases.results("cuda"), cases.results("cpu"), strict=True):
        assert isinstance(ours, cupy.ndarray)
        assert np.array_equal(ours.get().view(np.uint32), theirs.view(np.uint32)), name


# Hostile arguments


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"shape": (0, 4)}, ValueError),
        ({"shape": (4,)}, ValueError),
        ({"shape": 4}, ValueError),
        ({"shape": (4, 2**31)}, ValueError),
        ({"shape": (4.0, 4)}, TypeError),
        ({"shape": (True, 4)}, TypeError),
        ({"seed": -1}, ValueError),
        ({"seed": 2**64}, ValueError),
        ({"seed": 1.0}, TypeError),
        ({"seed": True}, TypeError),
        ({"seed": None}, TypeError),
        ({"kind": "simplex"}, ValueError),
        ({"kind": 0}, ValueError),
        ({"octaves": 0}, ValueError),
        ({"octaves": 17, "lacunarity": 1}, ValueError),
        ({"octaves": 2.0}, TypeError),
        ({"octaves": 9}, ValueError),  # cells of half a pixel
        ({"cell": 0.5, "octaves": 1}, ValueError),
        ({"cell": np.nan}, ValueError),
        ({"cell": np.inf}, ValueError),
        ({"cell": "8"}, TypeError),
        ({"cell": [8]}, TypeError),
        ({"persistence": -0.1}, ValueError),
        ({"persistence": 2.1}, ValueError),
        ({"lacunarity": 0.9}, ValueError),
        ({"lacunarity": 17}, ValueError),
        ({"origin": (0.5, 0)}, TypeError),
        ({"origin": (0,)}, TypeError),
        ({"origin": 3}, TypeError),
        ({"origin": (2**31, 0)}, ValueError),
        ({"out": np.empty((4, 5), np.float32)}, ValueError),
        ({"out": np.empty((4, 4))}, ValueError),
        ({"out": np.empty((4, 8), np.float32)[:, ::2]}, ValueError),
        ({"out": np.empty((4, 4), ">f4")}, ValueError),
        ({"out": [[0.0]]}, TypeError),
        ({"threads": 0}, ValueError),
        ({"backend": "gpu"}, ValueError),
    ],
)
def test_what_cannot_be_drawn_is_refused(how, error):
    with pytest.raises(error):
        fbm(how.pop("shape", (4, 4)), **{"seed": 0, **how})


def test_out_is_written_and_returned():
    out = np.full((30, 40), np.nan, np.float32)
    assert fbm((30, 40), seed=1, out=out) is out
    np.testing.assert_array_equal(out, fbm((30, 40), seed=1))


def test_memory_is_the_result():
    out = np.empty((600, 700), np.float32)
    fbm(out.shape, seed=1, out=out, threads=1)
    tracemalloc.start()
    fbm(out.shape, seed=1, out=out, threads=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 14
