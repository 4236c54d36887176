"""The arena: tensors lie apart, aligned and uncopied, and a handle never shows another tensor's memory."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.codec.sdk import Arena, StaleTensorError, TensorRef

DTYPES = ["uint8", "uint16", "int16", "int32", "float32", "float64", "complex64", "bool"]
requests = st.lists(
    st.tuples(
        st.lists(st.integers(0, 7), max_size=4).map(tuple),
        st.sampled_from(DTYPES),
        st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 4096]),
    ),
    max_size=12,
)


def address(array):
    return array.__array_interface__["data"][0]


# Allocation


@given(requests)
def test_tensors_are_aligned_lie_apart_and_keep_their_values(wanted):
    arena = Arena(1 << 20)
    made = []
    for number, (shape, dtype, align) in enumerate(wanted):
        ref = arena.alloc_tensor(shape, dtype, align=align)
        assert (ref.shape, ref.dtype) == (shape, np.dtype(dtype))
        assert address(arena.view(ref)) % align == 0
        values = np.full(shape, number).astype(dtype)
        arena.view(ref)[...] = values
        made.append((ref, values))
    for ref, values in made:
        assert np.array_equal(arena.view(ref), values)
    spans = sorted((ref.offset, ref.offset + ref.nbytes) for ref, _ in made if ref.nbytes)
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))
    assert arena.used == max((ref.offset + ref.nbytes for ref, _ in made), default=0)
    assert arena.used + arena.free == arena.capacity


def test_default_alignment_is_a_cache_line():
    arena = Arena(4096)
    arena.alloc_tensor(1, np.uint8)
    assert arena.alloc_tensor(1, np.uint8).offset == 64


def test_a_dtype_keeps_its_own_alignment():
    arena = Arena(4096)
    arena.alloc_tensor(1, np.uint8, align=1)
    assert arena.view(arena.alloc_tensor(1, np.float64, align=1)).flags.aligned


def test_views_alias_the_arena_and_outlive_it():
    arena = Arena(4096)
    ref = arena.alloc_tensor((2, 3), np.int32)
    one, other = arena.view(ref), arena.view(ref)
    one[...] = 7
    assert (other == 7).all()
    assert np.shares_memory(one, other)
    assert one.flags.c_contiguous
    assert one.flags.writeable
    del arena
    assert one.sum() == 42


def test_the_last_byte_can_be_given_out_and_no_more():
    arena = Arena(100)
    arena.alloc_tensor(100, np.uint8)
    assert arena.free == 0
    with pytest.raises(MemoryError):
        arena.alloc_tensor(1, np.uint8, align=1)
    assert arena.view(arena.alloc_tensor(0, np.uint8, align=1)).size == 0


def test_a_full_arena_says_what_is_needed_free_and_there_and_stays_as_it_was():
    arena = Arena(4096)
    arena.alloc_tensor(1000, np.uint8)
    with pytest.raises(MemoryError, match=r"\(1000,\) float32 needs 4,000 bytes, 3,096 of 4,096 are free"):
        arena.alloc_tensor(1000, np.float32)
    assert arena.used == 1000


def test_a_tensor_whose_alignment_alone_is_too_far_does_not_fit():
    arena = Arena(100)
    arena.alloc_tensor(65, np.uint8)
    with pytest.raises(MemoryError):
        arena.alloc_tensor(0, np.uint8, align=128)


@given(st.lists(st.integers(1, 2**63), min_size=1, max_size=5))
def test_huge_shapes_are_refused_and_never_wrap_around(shape):
    arena = Arena(1)
    if math.prod(shape) == 1:
        shape = [2, *shape]
    with pytest.raises((MemoryError, ValueError)):
        arena.alloc_tensor(shape, np.float64)
    assert arena.used == 0


def test_a_shape_with_a_zero_hides_no_overflow():
    with pytest.raises(ValueError, match="larger than memory can address"):
        Arena(1).alloc_tensor((0, 2**40, 2**40), np.uint8)


def test_put_copies_any_strides():
    arena = Arena(1 << 16)
    source = np.arange(60, dtype=np.float32).reshape(3, 4, 5)[::-1, ::2].swapaxes(0, 2)
    view = arena.view(arena.put(source))
    assert np.array_equal(view, source)
    assert not np.shares_memory(view, source)


def test_threads_get_tensors_of_their_own():
    arena = Arena(1 << 22)
    refs = []

    def take():
        refs.extend(arena.alloc_tensor(100, np.uint8) for _ in range(2000))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=take) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert len({ref.offset for ref in refs}) == 8000


def test_memory_is_committed_when_it_is_written():
    code = """
import resource
from pixkern.pipelines.codec.sdk import Arena
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
arena = Arena()
ref = arena.alloc_tensor(1 << 20, 'uint8')
arena.view(ref)[...] = 1
print(arena.capacity, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    pytest.importorskip("resource", reason="peak memory is read through the module resource, which Windows lacks")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    capacity, grown = map(int, done.stdout.split())
    assert capacity == 512 << 20
    assert grown * (1 if sys.platform == "darwin" else 1024) < 8 << 20  # 1 MB in huge pages of 2 MB, some of Python's


# Handles


def test_a_handle_from_before_a_reset_is_stale():
    arena = Arena(4096)
    ref = arena.alloc_tensor((100, 3), np.float32)
    arena.reset()
    again = arena.alloc_tensor((100, 3), np.float32)
    assert (again.offset, again.generation) == (ref.offset, ref.generation + 1)
    for use in (arena.view, arena.check, lambda stale: arena.stack([stale]), lambda stale: arena.view(stale[1:2])):
        with pytest.raises(StaleTensorError, match=r"stale tensor .* generation 0, the arena is in generation 1"):
            use(ref)
    arena.view(again)


def test_a_stale_handle_is_a_value_error():
    assert issubclass(StaleTensorError, ValueError)


def test_a_handle_of_another_arena_is_refused():
    one, other = Arena(4096), Arena(4096)
    ref = one.alloc_tensor(4, np.uint8)
    other.alloc_tensor(4, np.uint8)
    with pytest.raises(ValueError, match="belongs to another arena"):
        other.view(ref)
    with pytest.raises(ValueError, match="belongs to another arena"):
        other.stack([other.alloc_tensor(4, np.uint8), ref])


def test_a_handle_survives_pickling_and_copies():
    arena = Arena(4096)
    ref = arena.put(np.arange(5))
    for twin in (pickle.loads(pickle.dumps(ref)), copy.deepcopy(ref)):
        assert twin == ref
        assert np.array_equal(arena.view(twin), np.arange(5))


@pytest.mark.parametrize("offset", [1, 60, 64, 4096, 2**70])
def test_a_forged_handle_is_refused(offset):
    arena = Arena(4096)
    ref = arena.alloc_tensor(4, np.int32)
    with pytest.raises(ValueError, match="nothing that this arena gave out"):
        arena.view(TensorRef(offset, (4,), ref.dtype, 0, ref.arena))


@given(st.integers(1, 6), st.integers(-8, 8), st.integers(-8, 8), st.sampled_from([(), (3,), (2, 5), (0, 4)]))
def test_parts_are_what_numpy_slices_are(count, begin, end, rest):
    arena = Arena(1 << 16)
    ref = arena.put(np.arange(count * math.prod(rest), dtype=np.int32).reshape(count, *rest))
    whole = arena.view(ref)
    part = arena.view(ref[begin:end])
    assert np.array_equal(part, whole[begin:end])
    assert part.size == 0 or np.shares_memory(part, whole)
    if -count <= begin < count:
        assert np.array_equal(arena.view(ref[begin]), whole[begin])
        assert arena.view(ref[begin]).shape == rest
    else:
        with pytest.raises(IndexError):
            ref[begin]


def test_parts_have_no_steps_and_scalars_no_parts():
    arena = Arena(4096)
    batch = arena.alloc_tensor((3, 2), np.uint8)
    with pytest.raises(ValueError, match="contiguous"):
        batch[::2]
    with pytest.raises(TypeError, match="no length"):
        arena.alloc_tensor((), np.uint8)[0]
    assert [part.offset for part in batch] == [0, 2, 4]


def test_a_handle_is_frozen_and_tells_what_it_is():
    ref = Arena(4096).alloc_tensor((2, 3), np.float32)
    with pytest.raises(AttributeError):
        ref.offset = 0
    assert (str(ref), ref.ndim, ref.nbytes, len(ref)) == ("tensor (2, 3) float32", 2, 24, 2)


# Stacks


def test_neighbours_are_stacked_without_a_copy_and_others_with_one():
    arena = Arena(1 << 16)
    batch = arena.put(np.arange(24, dtype=np.float32).reshape(4, 2, 3))
    together = arena.stack([batch[1], batch[2]])
    assert np.shares_memory(together, arena.view(batch))
    assert np.array_equal(together, arena.view(batch)[1:3])
    for order in ([2, 1], [0, 2], [1, 1]):
        apart = arena.stack([batch[number] for number in order])
        assert np.array_equal(apart, arena.view(batch)[order])
        assert not np.shares_memory(apart, arena.view(batch))


def test_tensors_that_differ_cannot_be_stacked():
    arena = Arena(4096)
    refs = [arena.alloc_tensor((2, 3), np.float32), arena.alloc_tensor((3, 2), np.float32)]
    with pytest.raises(ValueError, match="tensor 1 differs"):
        arena.stack(refs)
    with pytest.raises(ValueError, match="tensor 1 differs"):
        arena.stack([refs[0], arena.alloc_tensor((2, 3), np.int32)])
    with pytest.raises(ValueError, match="at least one"):
        arena.stack([])


# Arguments


@pytest.mark.parametrize("capacity", [0, -1, 2**62, 2**80])
def test_a_capacity_out_of_range_is_refused(capacity):
    with pytest.raises((ValueError, MemoryError), match=r"capacity must be|cannot reserve"):
        Arena(capacity)


@pytest.mark.parametrize("capacity", [1.5, "1", True, None])
def test_a_capacity_of_another_kind_is_refused(capacity):
    with pytest.raises(TypeError, match="capacity must be an integer"):
        Arena(capacity)


@pytest.mark.parametrize("dtype", [object, "U4", "S3", "V8", "M8[s]", [("a", "u1")], ">f4", ">i2"])
def test_dtypes_that_kernels_cannot_read_are_refused(dtype):
    with pytest.raises(TypeError, match="plain numbers in native byte order"):
        Arena(4096).alloc_tensor(3, dtype)


@pytest.mark.parametrize("shape", [(2, -1), -1, (1,) * 33])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"negative sides|at most 32 axes"):
        Arena(4096).alloc_tensor(shape, np.uint8)


@pytest.mark.parametrize("shape", [(2.0, 1), "12", (True,), (None,)])
def test_shapes_of_other_kinds_are_refused(shape):
    with pytest.raises(TypeError, match="integer"):
        Arena(4096).alloc_tensor(shape, np.uint8)


@pytest.mark.parametrize("align", [0, -64, 3, 48, 8192])
def test_alignments_that_are_no_power_of_two_up_to_a_page_are_refused(align):
    with pytest.raises(ValueError, match="power of two"):
        Arena(1 << 20).alloc_tensor(1, np.uint8, align=align)


def test_only_plain_arrays_are_put_and_only_handles_viewed():
    arena = Arena(4096)
    with pytest.raises(TypeError, match="NumPy array"):
        arena.put([1, 2])
    with pytest.raises(TypeError, match="masked"):
        arena.put(np.ma.masked_array([1, 2], [True, False]))
    with pytest.raises(TypeError, match="TensorRef"):
        arena.view(np.zeros(3))
