"""What a photo says of its own shot chooses among the calibrations of a lens file."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_lens_files_lensfun import XML

from pixkern.lenses import load_profile
from pixkern.pipelines._exif import exposure
from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.lens import correct_directory, correct_file, resolve

FOCAL_LENGTH, APERTURE, DISTANCE = 37386, 33437, 37382
ZOOM = {"lens": "Zoom 20-80mm f/4", "crop_factor": 1.0}


def exif(values, order="<"):
    """EXIF data with unsigned rationals: a directory that points to another one, as cameras write it."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    first = struct.pack(order + "HHHII", 1, 34665, 4, 1, 26) + struct.pack(order + "I", 0)
    at = 26 + 2 + 12 * len(values) + 4
    entries = [struct.pack(order + "HHII", tag, 5, 1, at + 8 * i) for i, tag in enumerate(sorted(values))]
    numbers = [struct.pack(order + "II", *values[tag]) for tag in sorted(values)]
    return head + first + struct.pack(order + "H", len(values)) + b"".join([*entries, bytes(4), *numbers])


def photo(shot=None):
    y, x = np.mgrid[:60, :90]
    return encode_image(np.stack([x * 2, y * 3, x + y], -1).astype(np.uint8), ".jpg", exif=shot)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "lenses.xml"
    path.write_text(XML)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_the_camera_wrote_is_read_in_either_byte_order(order):
    values = {FOCAL_LENGTH: (350, 10), APERTURE: (56, 10), DISTANCE: (25, 10)}
    assert exposure(exif(values, order)) == {"focal_length": 35.0, "aperture": 5.6, "distance": 2.5}


@pytest.mark.parametrize("unknown", [(0, 1), (1, 0), (0, 0)])
def test_unknown_values_are_left_out(unknown):
    assert exposure(exif({FOCAL_LENGTH: (50, 1), DISTANCE: unknown})) == {"focal_length": 50.0}


def test_without_exif_nothing_is_known():
    assert exposure(None) == {}
    assert exposure(b"") == {}
    assert exposure(b"II*\0\x08\0\0\0\0\0\0\0\0\0") == {}


@given(st.integers(0, 200), st.integers(0, 255))
def test_damaged_data_give_less_and_no_error(at, byte):
    whole = exif({FOCAL_LENGTH: (350, 10), APERTURE: (56, 10)})
    at %= len(whole)
    for damaged in (whole[:at], whole[:at] + bytes([byte]) + whole[at + 1 :]):
        assert set(exposure(damaged)) <= {"focal_length", "aperture", "distance"}


def test_each_photo_gets_the_lens_of_its_own_focal_length(database):
    predict = resolve(database, **ZOOM)
    for focal in (20, 27, 80):
        shot = exif({FOCAL_LENGTH: (focal, 1), APERTURE: (4, 1)})
        done = correct_file(decode_image(photo(shot)), "photo.jpg", predict)
        expected = load_profile(database, **ZOOM, size=(90, 60), focal_length=focal, aperture=4)
        assert done.correction.prediction.lens == expected.lens
        assert done.correction.prediction.vignetting == expected.vignetting


def test_an_option_of_the_caller_wins(database):
    predict = resolve(database, **ZOOM, focal_length=50)
    done = correct_file(decode_image(photo(exif({FOCAL_LENGTH: (20, 1)}))), "photo.jpg", predict)
    assert done.correction.prediction.lens == load_profile(database, **ZOOM, size=(90, 60), focal_length=50).lens


def test_a_photo_that_does_not_say_fails_alone(database, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "known.jpg").write_bytes(photo(exif({FOCAL_LENGTH: (35, 1)})))
    (photos / "unknown.jpg").write_bytes(photo())
    report = correct_directory(photos, tmp_path / "out", predictor=database, lens_options=ZOOM, jobs=1, progress=False)
    assert report.finished == ("known.jpg",)
    assert "say focal_length=" in report.failed["unknown.jpg"]
