"""normals_from_vectors: its definition, bits, and arguments that make no sense."""

import hashlib

import host_cuda
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference.unit_normals import unit_normals
from unit_normals_cases import DTYPES, cases, vectors, weights

from pixkern.shading import normals_from_vectors


@given(
    st.integers(1, 40),
    st.integers(1, 700),
    st.sampled_from(DTYPES),
    st.sampled_from([None, "bool", "uint8", "float32"]),
    st.integers(0, 99),
)
def test_normals_are_vectors_over_their_length(rows, cols, dtype, kind, seed):
    shape = (max(1, rows * 40 // cols), cols)
    given_vectors, mask = vectors(shape, dtype, seed), weights(shape, kind, seed)
    wanted, lost, away = unit_normals(given_vectors, mask)
    made = normals_from_vectors(given_vectors, mask=mask)
    np.testing.assert_allclose(made.normals, wanted, rtol=0, atol=6.1e-8)  # half a unit in the last place of 1
    assert (made.lost, made.away) == (lost, away)


def test_a_quarter_turn_of_the_vectors_turns_the_normals_bit_for_bit():
    given_vectors = vectors((50, 70), np.float32)
    x, y, z = np.moveaxis(given_vectors, 2, 0)
    turned = np.ascontiguousarray(np.rot90(np.dstack([-y, x, z])))
    x, y, z = np.moveaxis(normals_from_vectors(given_vectors).normals, 2, 0)
    wanted = np.rot90(np.dstack([0 - y, x, z]))
    assert (normals_from_vectors(turned).normals == wanted).all()


def test_unit_vectors_stay_as_they_are():
    axes = np.array([[[1, 0, 0], [0, -1, 0], [0, 0, 1], [0.6, 0, 0.8]]], np.float32)
    made = normals_from_vectors(axes)
    assert (made.normals == axes).all()
    assert (made.lost, made.away) == (0, 0)  # what is seen from the side does not face away
    assert normals_from_vectors(-axes).away == 2


def test_what_is_outside_the_mask_is_not_looked_at():
    given_vectors, mask = vectors((30, 40), np.float64), weights((30, 40), "bool")
    made = normals_from_vectors(given_vectors, mask=mask)
    given_vectors[~mask] = [np.nan, np.inf, -1e300]
    again = normals_from_vectors(given_vectors, mask=mask)
    assert again.normals.tobytes() == made.normals.tobytes()
    assert again[1:] == made[1:]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_vectors_that_have_no_direction_a_double_holds_are_refused(bad):
    given_vectors = vectors((4, 5), np.float64)
    given_vectors[2, 3, 1] = bad
    with pytest.raises(ValueError, match="finite inside the mask and shorter than 1e154; 1 of them"):
        normals_from_vectors(given_vectors)


@pytest.mark.parametrize(
    ("given_vectors", "options", "error"),
    [
        (np.zeros((4, 5), np.float32), {}, ValueError),
        (np.zeros((4, 5, 4), np.float32), {}, ValueError),
        (np.zeros((0, 5, 3), np.float32), {}, ValueError),
        (np.zeros((4, 5, 3), np.int16), {}, TypeError),
        (np.zeros((4, 5, 3), np.float16), {}, TypeError),
        (np.zeros((4, 5, 3), ">f4"), {}, TypeError),
        ([[[0, 0, 1]]], {}, TypeError),
        (np.ones((4, 5, 3), np.float32), {"mask": np.ones((5, 4), bool)}, ValueError),
        (np.ones((4, 5, 3), np.float32), {"mask": np.ones((4, 5), int)}, TypeError),
        (np.ones((4, 5, 3), np.float32), {"out": np.ones((4, 5, 3))}, ValueError),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given_vectors, options, error):
    with pytest.raises(error):
        normals_from_vectors(given_vectors, **options)


def test_the_result_can_be_written_where_it_is_wanted_but_not_over_its_input():
    given_vectors = vectors((6, 7), np.float32)
    out = np.empty_like(given_vectors)
    assert normals_from_vectors(given_vectors, out=out).normals is out
    assert (out == normals_from_vectors(given_vectors).normals).all()
    with pytest.raises(ValueError, match="overlaps"):
        normals_from_vectors(given_vectors, out=given_vectors)


def test_strides_do_not_matter():
    wide = vectors((20, 30), np.float32)
    assert (normals_from_vectors(wide[::2, ::3]).normals == normals_from_vectors(wide[::2, ::3].copy()).normals).all()


@pytest.mark.parametrize("level", AVAILABLE)
def test_the_same_bits_at_every_cpu_level_and_thread_count(level):
    told = {run_at(level, "unit_normals_cases", "print_digests", threads=threads) for threads in (1, 2, 3)}
    assert told == {run_at(AVAILABLE[0], "unit_normals_cases", "print_digests")}


def test_the_gpu_loops_run_on_the_host_give_the_bits_of_the_cpu(tmp_path, monkeypatch):
    expected = [normals_from_vectors(given_vectors, mask=mask) for _, given_vectors, mask in cases()]
    host_cuda.install({"unit_normals": host_cuda.compiled("unit_normals", tmp_path)}, monkeypatch)
    for made, (name, given_vectors, mask) in zip(expected, cases(), strict=True):
        there = normals_from_vectors(given_vectors, mask=mask, backend="cuda")
        assert there.normals.tobytes() == made.normals.tobytes(), name
        assert there[1:] == made[1:], name


@pytest.mark.cuda
def test_the_gpu_gives_the_bits_of_the_cpu():
    cupy = pytest.importorskip("cupy")
    for name, given_vectors, mask in cases():
        made = normals_from_vectors(given_vectors, mask=mask)
        there = normals_from_vectors(cupy.asarray(given_vectors), mask=None if mask is None else cupy.asarray(mask))
        assert hashlib.sha256(there.normals.get()).digest() == hashlib.sha256(made.normals).digest(), name
        assert there[1:] == made[1:], name
