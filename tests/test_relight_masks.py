"""Masks of relighting: which method answers, what becomes of what it answers, and what is refused."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines.files import ImageError, encode_image
from pixkern.pipelines.relight._fingerprint import fingerprint, sha256
from pixkern.pipelines.relight._mask_finish import finish
from pixkern.pipelines.relight._mask_values import as_mask
from pixkern.pipelines.relight.masks import EmptyMaskError, GivenError, NoMaskError, find_mask
from pixkern.pipelines.relight.settings import Files, MaskMethods, MaskSettings, Switch

SIZE = (20, 30)
PHOTO = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)
LEFT = np.zeros(SIZE, np.uint8)
LEFT[:, :11] = 255
OFF = MaskMethods(alpha=Switch(enabled=False), classical=Switch(enabled=False))


def png(array):
    return encode_image(array, ".png")


def from_files(**methods):
    return MaskSettings(methods=replace(OFF, **methods))


def test_the_first_enabled_method_that_has_an_answer_answers(tmp_path):
    for folder, content in (("masks", LEFT), ("trimaps", 255 - LEFT)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(png(content))
    alpha = np.full(SIZE, 255, np.uint8)
    alpha[3:9] = 0
    every = MaskMethods(file=Files(True, "masks"), trimap=Files(True, "trimaps"))
    order = [("given", LEFT // 2), ("file", LEFT), ("trimap", 255 - LEFT), ("alpha", alpha), ("classical", None)]
    given_mask, there = LEFT // 2, every
    for method, expected in order:
        found = find_mask(PHOTO, MaskSettings(methods=there), alpha=alpha, given=given_mask, name="a", root=tmp_path)
        assert found.method == found.record["method"] == method
        if expected is not None:
            assert np.array_equal(found.mask, expected)
        if method == "given":
            given_mask = None
        else:
            there = replace(there, **{method: Files(False) if method in ("file", "trimap") else Switch(False)})
    with pytest.raises(NoMaskError, match="every method is off"):
        find_mask(PHOTO, MaskSettings(methods=there), alpha=alpha, name="a", root=tmp_path)


def test_a_method_without_an_answer_is_passed_over(tmp_path):
    (tmp_path / "masks").mkdir()
    here = MaskSettings(methods=replace(OFF, file=Files(True, "masks"), alpha=Switch(True)))
    opaque = np.full(SIZE, 65535, np.uint16)
    for name, alpha in (("a", None), (None, None), ("a", opaque)):
        with pytest.raises(NoMaskError, match="file, alpha have no answer; give one, or enable classical"):
            find_mask(PHOTO, here, alpha=alpha, name=name, root=tmp_path)
    opaque[0, 0] = 0
    assert find_mask(PHOTO, here, alpha=opaque, root=tmp_path).method == "alpha"


def test_the_record_has_what_a_replay_compares(tmp_path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").write_bytes(png(LEFT))
    wanted = replace(from_files(file=Files(True, "masks")), erode=2, feather=1.5, threshold=0.25)
    found = find_mask(PHOTO, wanted, name="a", root=tmp_path)
    assert found.record == {
        "method": "file",
        "file": "a.png",
        "file_sha256": sha256(png(LEFT)),
        "threshold": 0.25,
        "erode": 2,
        "feather": 1.5,
        "fingerprint": fingerprint(found.mask),
    }
    assert found.notes == ()
    assert found.mask.dtype == np.uint8


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "bool", "float32", "float64"])
def test_every_kind_of_samples_becomes_the_nearest_of_256_codes(dtype):
    if dtype == "bool":
        values, shares = np.array([False, True]), [Fraction(0), Fraction(1)]
    elif dtype.startswith("u"):
        full = np.iinfo(dtype).max
        values = np.arange(full + 1, dtype=dtype)
        shares = [Fraction(int(value), full) for value in values]
    else:
        values = np.linspace(0, 1, 1000, dtype=dtype)
        shares = [Fraction(float(value)) for value in values]
    row = values[None]
    nearest = [int(share * 255 + Fraction(1, 2)) for share in shares]
    assert as_mask(row, row.shape, "mask")[0].tolist() == nearest


def test_multi_channel_masks_are_grey_or_cut_outs():
    grey = LEFT // 3
    three = np.dstack([grey] * 3)
    for channels in (grey[..., None], three, np.dstack([three, np.full(SIZE, 255, np.uint8)])):
        assert np.array_equal(as_mask(channels, SIZE, "mask"), grey)
    for colours in (PHOTO, grey):
        cut_out = np.dstack([colours, LEFT])
        assert np.array_equal(as_mask(cut_out, SIZE, "mask"), LEFT)
    with pytest.raises(GivenError, match="three channels that differ"):
        as_mask(PHOTO, SIZE, "mask")
    with pytest.raises(GivenError, match="has 5 channels"):
        as_mask(np.zeros((*SIZE, 5), np.uint8), SIZE, "mask")


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (np.zeros((30, 20), np.uint8), GivenError, "20x30 pixels, the photo 30x20; its sides are swapped.*EXIF"),
        (np.zeros((20, 31), np.uint8), GivenError, r"31x20 pixels, the photo 30x20$"),
        (np.zeros((0, 30), np.uint8), GivenError, "needs 2 or 3 axes"),
        (np.zeros(600, np.uint8), GivenError, "needs 2 or 3 axes"),
        (np.full(SIZE, np.nan, np.float32), GivenError, "finite where it is float, got nan"),
        (np.where(LEFT > 0, np.inf, 0), GivenError, "got 0 to inf"),
        (np.where(LEFT > 0, 1.001, 0), GivenError, r"in \[0, 1\]"),
        (LEFT.astype(np.float32), GivenError, "got 0 to 255"),
        (-LEFT.astype(np.float32) / 255, GivenError, "got -1 to"),
        (LEFT // 255, GivenError, "no value above 1, where 255 is inside"),
        (LEFT.astype(np.int32), TypeError, "must be bool, uint8, uint16, float32 or float64, got int32"),
        (LEFT.astype(np.float16), TypeError, "got float16"),
        (LEFT.astype(">u2"), TypeError, "got >u2"),
        (LEFT.astype("U3"), TypeError, "got <U3"),
    ],
)
def test_what_is_no_mask_is_one_clear_line(mask, error, message):
    with pytest.raises(error, match=message) as caught:
        find_mask(PHOTO, given=mask)
    assert "\n" not in str(caught.value)


def test_a_mask_file_is_turned_upright_by_its_own_exif(tmp_path):
    turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # orientation 6
    (tmp_path / "a.png").write_bytes(encode_image(np.ascontiguousarray(np.rot90(LEFT)), ".png", exif=turned))
    found = find_mask(PHOTO, from_files(file=Files(True, tmp_path)), name="a")
    assert np.array_equal(found.mask, LEFT)


def test_a_16_bit_and_a_damaged_mask_file(tmp_path):
    here = from_files(file=Files(True, tmp_path))
    deep = LEFT.astype(np.uint16) * 128
    (tmp_path / "a.png").write_bytes(png(deep))
    assert np.array_equal(find_mask(PHOTO, here, name="a").mask, as_mask(deep, SIZE, "mask"))
    (tmp_path / "a.png").write_bytes(png(deep)[: len(png(deep)) // 2])
    with pytest.raises(ImageError, match=r"a\.png: .*truncated"):
        find_mask(PHOTO, here, name="a")
    (tmp_path / "b.png").write_bytes(png(np.zeros((3, 3), np.uint8)))
    with pytest.raises(GivenError, match=r"b\.png has 3x3 pixels, the photo 30x20"):
        find_mask(PHOTO, here, name="b")


def test_photos_are_rgb_of_8_or_16_bits():
    for wrong in (PHOTO[..., 0], np.dstack([PHOTO, LEFT]), PHOTO[:0]):
        with pytest.raises(ValueError, match=r"image must be \(H, W, 3\) RGB"):
            find_mask(wrong, given=LEFT)
    with pytest.raises(TypeError, match="image must be uint8 or uint16, got float32"):
        find_mask(PHOTO.astype(np.float32), given=LEFT)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 1))
def test_above_the_threshold_is_inside(seed, threshold):
    mask = np.random.default_rng(seed).integers(0, 256, (5, 7), np.uint8)
    mask[0, 0] = 255
    wanted = (mask / 255 > threshold) * np.uint8(255)
    if not wanted.any():
        with pytest.raises(EmptyMaskError):
            finish(mask, MaskSettings(threshold=threshold))
        return
    # a code of exactly the threshold, k / 255, may round to either side of it
    free = np.abs(mask - threshold * 255) < 1e-9
    found = finish(mask, MaskSettings(threshold=threshold, smallest=0))
    assert np.array_equal(found[~free], wanted[~free])


def test_a_threshold_s_own_value_is_outside():
    mask = np.array([[0, 51, 255]], np.uint8)
    assert finish(mask, MaskSettings(threshold=0.0)).tolist() == [[0, 255, 255]]
    assert finish(mask, MaskSettings(threshold=0.2)).tolist() == [[0, 0, 255]]
    with pytest.raises(EmptyMaskError):
        finish(mask, MaskSettings(threshold=1.0))


@pytest.mark.parametrize("radius", [1, 2, 5, 8])
def test_erosion_takes_the_least_of_a_disc_and_nothing_at_the_picture_s_border(radius):
    mask = np.random.default_rng(radius).integers(200, 256, (23, 31), np.uint8)
    mask[5, 7] = 0
    y, x = np.mgrid[:23, :31]
    expected = np.empty_like(mask)
    for row in range(23):
        for col in range(31):
            disc = (y - row) ** 2 + (x - col) ** 2 <= radius * (radius + 0.5)
            expected[row, col] = mask[disc].min()
    assert np.array_equal(finish(mask, MaskSettings(erode=radius)), expected)
    full = np.full((23, 31), 255, np.uint8)
    assert np.array_equal(finish(full, MaskSettings(erode=1000)), full)


def test_wide_erosion_is_a_polygon_within_a_pixel_and_a_half_of_the_disc():
    y, x = np.mgrid[:201, :201]
    away = np.hypot(x - 100, y - 100)
    found = finish((away < 90).astype(np.uint8) * 255, MaskSettings(erode=40)) > 0
    assert found[away < 48].all()  # five discs of radius 8.25 at most make 41.25; a pixel, of the edge
    assert not found[away > 52].any()  # and 38.75 at least, in directions between their corners
    assert np.array_equal(found, np.rot90(found))


def test_feathering_keeps_the_mean_where_the_border_is_reflected():
    found = finish(LEFT, MaskSettings(feather=3.0))
    assert abs(found.mean() - LEFT.mean()) < 0.5  # half a code: of the rounding
    assert 100 < found[10, 10] < 155
    assert np.unique(found).size > 8


def test_the_finish_is_threshold_then_erosion_then_feather():
    mask = np.random.default_rng(3).integers(0, 256, SIZE, np.uint8)
    every = MaskSettings(threshold=0.2, erode=1, feather=0.8, smallest=0)
    one = finish(mask, MaskSettings(threshold=0.2, smallest=0))
    one = finish(one, MaskSettings(erode=1, smallest=0))
    assert np.array_equal(finish(mask, every), finish(one, MaskSettings(feather=0.8, smallest=0)))


def test_an_empty_mask_is_an_error_and_a_full_one_is_none():
    empty = np.zeros(SIZE, np.uint8)
    for smallest in (0.0, 0.001):
        with pytest.raises(EmptyMaskError, match=r"0\.00% of the picture is inside"):
            find_mask(PHOTO, MaskSettings(smallest=smallest), given=empty)
    assert (find_mask(PHOTO, given=255 - empty).mask == 255).all()
    grey = np.full(SIZE, 51, np.uint8)  # a fifth of every pixel
    assert (find_mask(PHOTO, MaskSettings(smallest=0.2), given=grey).mask == 51).all()
    with pytest.raises(EmptyMaskError, match=r"20\.00% .* smallest is 20\.10%"):
        find_mask(PHOTO, MaskSettings(smallest=0.201), given=grey)


def test_the_mask_depends_on_no_thread_count():
    wanted = MaskSettings(feather=2.0)
    photo = np.ascontiguousarray(cv2.resize(PHOTO, (700, 500)))
    mask = cv2.resize(LEFT, (700, 500))
    found = {find_mask(photo, wanted, given=mask, threads=n).record["fingerprint"] for n in (1, 2, 3)}
    assert len(found) == 1
