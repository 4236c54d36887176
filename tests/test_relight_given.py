"""What a caller has already: files by a photo's name, .npy files that nobody vouches for, functions."""

import contextlib
import io
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixkern.pipelines.files import ImageError, encode_image
from pixkern.pipelines.relight._array_file import decode_array
from pixkern.pipelines.relight._fingerprint import fingerprint, sha256
from pixkern.pipelines.relight.given import GivenError, named_file, read_array, taken

PHOTO = np.zeros((4, 6, 3), np.uint8)
GREY = encode_image(np.arange(24, dtype=np.uint8).reshape(4, 6), ".png")


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".tiff", ".npy", ".NPY", ".webp"])
def test_a_file_is_found_by_its_stem_whatever_its_suffix(tmp_path, suffix):
    (tmp_path / "in.doors").mkdir()
    made = tmp_path / "in.doors" / f"photo.v2{suffix}"
    made.write_bytes(GREY)
    assert named_file(tmp_path, "in.doors/photo.v2") == made
    assert named_file("in.doors", "photo.v2", root=tmp_path) == made
    assert named_file(tmp_path, "in.doors/photo") is None
    assert named_file(tmp_path, "photo.v2") is None


@pytest.mark.parametrize("name", ["../secret", "a/../../secret", "..", "", ".", "a\0b", "/etc/hostname"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    (tmp_path / "masks" / "a").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(GREY)
    with pytest.raises(GivenError, match="no name of a file inside"):
        named_file(tmp_path / "masks", name)


def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path):
    (tmp_path / "a.png").write_bytes(GREY)
    (tmp_path / "a.npy").write_bytes(npy(PHOTO))
    with pytest.raises(GivenError, match=r"a\.png and a\.npy for a; keep one"):
        named_file(tmp_path, "a")


def test_links_are_followed_and_what_is_no_file_is_an_error(tmp_path):
    masks, store = tmp_path / "masks", tmp_path / "store"
    masks.mkdir()
    store.mkdir()
    (store / "blob").write_bytes(GREY)
    (masks / "linked.png").symlink_to(store / "blob")
    assert read_array(named_file(masks, "linked"))[0].shape == (4, 6)
    (masks / "dangling.png").symlink_to(store / "nothing")
    (masks / "round.png").symlink_to(masks / "round.png")
    (masks / "folder.png").mkdir()
    os.mkfifo(masks / "pipe.png")
    for name in ("dangling", "round", "folder", "pipe"):
        with pytest.raises(GivenError, match="is no file"):
            named_file(masks, name)


def test_a_folder_that_is_not_there_is_an_error_and_not_an_absent_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*masks"):
        named_file("masks", "a", root=tmp_path)


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from(["?", "u1", "<u2", ">u2", "<f4", ">f4", "<f8", ">f8"]),
        arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
    ),
    st.booleans(),
)
def test_npy_files_come_back_in_c_order_and_native_byte_order(array, fortran):
    found = decode_array(npy(np.asfortranarray(array) if fortran else array))
    assert found.flags.c_contiguous
    assert found.dtype == array.dtype.newbyteorder("=")
    assert found.dtype.isnative
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")


def test_every_truncation_of_an_npy_file_is_one_clear_line(tmp_path):
    whole = npy(np.arange(30, dtype=np.float32).reshape(5, 6))
    path = tmp_path / "a.npy"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(GivenError, match=r"^[^\n]*a\.npy: [^\n]+$"):
            read_array(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(GivenError, match="121 bytes of samples where"):
        read_array(path)


def test_an_npy_file_is_data_and_never_a_program():
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    with pytest.raises(GivenError, match="of object; needs one of numbers"):
        decode_array(npy(np.array([Trap()], object), allow_pickle=True))
    with pytest.raises(GivenError, match=r"not a \.npy file"):
        decode_array(pickle.dumps(np.arange(3)))
    for kind in ("U3", "S3", "M8[s]", "c8", [("a", "f4")]):
        with pytest.raises(GivenError, match="needs one of numbers"):
            decode_array(npy(np.zeros(3, kind)))


def test_a_header_that_lies_about_its_size_allocates_nothing():
    whole = npy(np.zeros((5, 6), np.float32))
    for shape in ("(99999999999, 6)", "(5, -6)", "(5, 5)", "(2**62, 2**62)"):
        lie = whole.replace(b"(5, 6), }" + b" " * (len(shape) - 6), f"{shape}, }}".encode())
        assert lie != whole
        with pytest.raises(GivenError):
            decode_array(lie)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_of_an_npy_file_is_an_array_or_an_error_of_ours(place, bit):
    data = bytearray(npy(np.arange(12, dtype=np.uint16).reshape(3, 4)))
    data[place % len(data)] ^= 1 << bit
    with contextlib.suppress(GivenError):
        assert isinstance(decode_array(bytes(data)), np.ndarray)


def test_a_bool_of_another_value_than_0_and_1_is_true():
    data = bytearray(npy(np.array([False, True, True])))
    data[-1] = 7
    assert decode_array(bytes(data)).view(np.uint8).tolist() == [0, 1, 1]


def test_what_is_given_may_be_an_array_a_path_or_a_function(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(4, 6)
    (tmp_path / "mask.png").write_bytes(GREY)

    def of_the_photo(image):
        with pytest.raises(ValueError, match="read-only"):
            image[:] = 0
        return array

    names = "mask", f"mask {tmp_path / 'mask.png'}", f"mask of function {of_the_photo.__qualname__}"
    for one, name in zip((array, "mask.png", of_the_photo), names, strict=True):
        found, told = taken(one, PHOTO, "mask", root=tmp_path)
        assert np.array_equal(found, array)
        assert told == name
    assert read_array(tmp_path / "mask.png")[1] == sha256(GREY)
    assert PHOTO.flags.writeable
    with pytest.raises(TypeError, match="mask must be an array, a path or a function, got int"):
        taken(3, PHOTO, "mask")
    with pytest.raises(TypeError, match=r"mask function .* must return an array, got list"):
        taken(lambda image: [1], PHOTO, "mask")


def test_damaged_images_say_which_file(tmp_path):
    (tmp_path / "half.png").write_bytes(GREY[: len(GREY) // 2])
    with pytest.raises(ImageError, match=r"half\.png: .*truncated"):
        read_array(tmp_path / "half.png")


def test_fingerprints_tell_kind_shape_and_values_apart_and_not_memory_order():
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    same = [np.asfortranarray(array), np.repeat(array, 2, axis=1)[:, ::2], array.astype(">u2")]
    assert {fingerprint(one) for one in (array, *same)} == {fingerprint(array)}
    others = [array.reshape(4, 3), array.astype(np.int16), array + np.uint16(1), array.astype(np.float32)]
    assert len({fingerprint(one) for one in (array, *others)}) == 5
