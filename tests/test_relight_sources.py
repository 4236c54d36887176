"""Albedos and backgrounds that come from elsewhere."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from pixkern.pipelines.files import ImageError, encode_image
from pixkern.pipelines.relight._fingerprint import fingerprint
from pixkern.pipelines.relight.albedos import find_albedo
from pixkern.pipelines.relight.backgrounds import find_background
from pixkern.pipelines.relight.given import GivenError
from pixkern.pipelines.relight.settings import AlbedoMethods, AlbedoSettings, Files, RecombinationSettings

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (20, 30, 3), np.uint8)
DEEP = RNG.integers(0, 65536, (20, 30, 3), np.uint16)
MASK = np.zeros((20, 30), np.uint8)
MASK[5:15, 10:20] = 255
MASK[5, 10] = 1


def test_a_given_albedo_has_the_photo_s_depth_and_is_0_outside():
    for photo in (PHOTO, DEEP):
        full = np.iinfo(photo.dtype).max
        for given in (PHOTO, DEEP, PHOTO[..., 0], (PHOTO / 255).astype(np.float32), np.dstack([PHOTO, PHOTO[..., :1]])):
            found = find_albedo(photo, MASK, given=given)
            scale = {"u": np.iinfo(given.dtype).max if given.dtype.kind == "u" else 1, "f": 1}[given.dtype.kind]
            exact = np.broadcast_to(given[..., None] if given.ndim == 2 else given[..., :3], photo.shape) / scale * full
            assert found.albedo.dtype == photo.dtype
            assert np.abs(found.albedo - exact)[MASK > 0].max() <= 0.5 + 1e-2  # one rounding; float32 at 65535
            assert not found.albedo[MASK == 0].any()
            assert found.method == "given"
            assert found.record["fingerprint"] == fingerprint(found.albedo)


def test_an_albedo_file_is_found_by_name_and_missing_ones_are_nobody_s_fault(tmp_path):
    (tmp_path / "in").mkdir()
    data = encode_image(DEEP, ".png")
    (tmp_path / "in" / "a.png").write_bytes(data)
    wanted = AlbedoSettings(methods=AlbedoMethods(file=Files(True, tmp_path)))
    found = find_albedo(DEEP, MASK, wanted, name="in/a")
    assert np.array_equal(found.albedo[MASK > 0], DEEP[MASK > 0])
    assert found.record["file_sha256"] == hashlib.sha256(data).hexdigest()
    assert find_albedo(DEEP, MASK, wanted, name="in/b") is None
    assert find_albedo(DEEP, MASK, wanted) is None


@pytest.mark.parametrize(
    ("albedo", "error", "message"),
    [
        (PHOTO[:-1], GivenError, "albedo has 30x19 pixels, the photo 30x20"),
        (PHOTO.astype(np.float32), GivenError, r"must be in \[0, 1\] and finite"),
        (np.full(PHOTO.shape, np.nan), GivenError, "must be in"),
        (np.dstack([PHOTO, PHOTO]), GivenError, "has 6 channels"),
        (PHOTO > 0, TypeError, "must be uint8, uint16, float32 or float64, got bool"),
        (PHOTO.astype(np.int16), TypeError, "got int16"),
    ],
)
def test_what_is_no_albedo_is_one_clear_line(albedo, error, message):
    with pytest.raises(error, match=message):
        find_albedo(PHOTO, MASK, given=albedo)


def test_the_original_colours_and_black_are_what_they_say():
    for photo in (PHOTO, DEEP):
        step = np.iinfo(photo.dtype).max // 255
        assert np.array_equal(find_background(photo).background, photo)
        wanted = RecombinationSettings(background="colour", colour=(1, 128, 255))
        found = find_background(photo, wanted)
        assert (found.background == np.array([1, 128, 255]) * step).all()
        assert found.background.dtype == photo.dtype
        assert found.record == {"method": "colour", "fingerprint": fingerprint(found.background)}
        assert not find_background(photo, replace(wanted, background="black")).background.any()


def folder(tmp_path):
    (tmp_path / "b").mkdir()
    for number, (rows, cols) in enumerate([(40, 60), (200, 20), (7, 300)]):
        picture = np.full((rows, cols, 3), 40 * number + 40, np.uint8)
        (tmp_path / "b" / f"{number}.png").write_bytes(encode_image(picture, ".png"))
    return RecombinationSettings(background="image", folder="b")


def test_a_drawn_word_picks_one_of_the_folder_s_pictures(tmp_path):
    wanted = folder(tmp_path)
    for word in (0, 1, 2, 3, 2**64 - 1):
        found = find_background(DEEP, wanted, word=word, root=tmp_path)
        assert found.record["file"] == f"{word % 3}.png"
        assert found.background.shape == DEEP.shape
        assert (found.background == (40 * (word % 3) + 40) * 257).all()
        again = find_background(DEEP, wanted, chosen=found.record["file"], root=tmp_path)
        assert again.record == found.record


def test_a_picture_keeps_its_proportions_and_its_middle(tmp_path):
    folder(tmp_path)
    wide = np.zeros((20, 300, 3), np.uint8)
    wide[:, 135:165] = PHOTO
    (tmp_path / "wide.png").write_bytes(encode_image(wide, ".png"))
    wanted = RecombinationSettings(background="image", folder=tmp_path)
    assert np.array_equal(find_background(PHOTO, wanted, chosen="wide.png").background, PHOTO)


def test_a_line_of_pixels_covers_a_photo_without_growing_first(tmp_path):
    (tmp_path / "line.png").write_bytes(encode_image(np.full((1, 60000, 3), 9, np.uint8), ".png"))
    photo = np.zeros((2000, 10, 3), np.uint8)
    found = find_background(photo, RecombinationSettings(background="image", folder=tmp_path))
    assert (found.background == 9).all()


def test_backgrounds_that_cannot_be(tmp_path):
    wanted = folder(tmp_path)
    (tmp_path / "secret.png").write_bytes(encode_image(PHOTO, ".png"))
    for chosen in ("../secret.png", "/etc/hostname", "", "a\0b", "0.png/../../secret.png"):
        with pytest.raises(GivenError, match="no name of a file inside"):
            find_background(PHOTO, wanted, chosen=chosen, root=tmp_path)
    (tmp_path / "b" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageError, match=r"1\.png"):
        find_background(PHOTO, wanted, word=1, root=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(GivenError, match="empty has no picture for a background"):
        find_background(PHOTO, replace(wanted, folder="empty"), root=tmp_path)
    with pytest.raises(FileNotFoundError):
        find_background(PHOTO, replace(wanted, folder="nowhere"), root=tmp_path)
    with pytest.raises(GivenError, match="background has 29x20 pixels"):
        find_background(PHOTO, given=PHOTO[:, 1:])
