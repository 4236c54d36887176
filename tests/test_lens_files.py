"""Lens files: what is written reads back, OpenCV reads it too, and every format says the same lens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.lenses import (
    BrownConrady,
    Chromatic,
    Division,
    Inverted,
    KannalaBrandt,
    Poly3,
    Poly5,
    Profile,
    PTLens,
    View,
    Vignetting,
    load,
    load_profile,
    save,
)

DATA = Path(__file__).parents[2] / "shared" / "data" / "lens"
SIZE = (640, 480)
SYNTAXES = (".yml", ".xml", ".json")

any_double = st.floats(allow_nan=False, allow_infinity=False)
coefficient = st.floats(-1e40, 1e40)
positive = st.floats(1e-300, 1e300)
names = st.text(st.characters(codec="utf-8"), max_size=8)
sides = st.integers(1, 2**31 - 1)
sizes = st.none() | st.tuples(sides, sides)
pairs = st.tuples(any_double, any_double)
focals = st.tuples(positive, positive)
views = st.none() | st.builds(View, focals, pairs)
camera = {"focal": focals, "center": pairs, "size": sizes, "view": views}


def terms(count):
    return st.lists(coefficient, max_size=count).map(tuple)


plain_lenses = st.one_of(
    st.builds(BrownConrady, **camera, radial=terms(6), tangential=terms(2), thin_prism=terms(4)),
    st.builds(KannalaBrandt, **camera, coefficients=terms(4)),
    st.builds(Division, **camera, radial=terms(2)),
    st.builds(PTLens, **camera, coefficients=terms(3)),
    st.builds(Poly3, **camera, coefficient=coefficient),
    st.builds(Poly5, **camera, coefficients=terms(2)),
)
every_lens = plain_lenses | plain_lenses.map(lambda lens: lens.inverted())
triples = st.tuples(any_double, any_double, any_double)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | any_double | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
profiles = st.builds(
    Profile,
    every_lens,
    st.none() | st.builds(Chromatic, positive, pairs, triples, triples),
    st.none() | st.builds(Vignetting, positive, pairs, terms(3)),
    st.dictionaries(names, json_values, max_size=3),
)

# Lenses that real cameras have, for the comparison of maps.
small = st.floats(-0.2, 0.2).map(lambda value: round(value, 15))  # no calibration gives 1e-310
real_camera = {
    "focal": st.tuples(st.floats(300, 3000), st.floats(300, 3000)),
    "center": st.tuples(st.floats(300, 340), st.floats(200, 280)),
    "size": st.just(SIZE),
}
brown = st.builds(
    BrownConrady,
    **real_camera,
    radial=st.lists(small, max_size=6).map(tuple),
    tangential=st.tuples(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01)),
)
prism = st.builds(replace, brown, thin_prism=st.tuples(*[st.floats(-0.01, 0.01)] * 4))
fisheye = st.builds(KannalaBrandt, **real_camera, coefficients=st.lists(small, max_size=4).map(tuple))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lens_files")


def bits(lens):
    return lens.packed().tobytes()


@settings(deadline=None)
@given(profiles)
def test_every_profile_survives_its_own_json_bit_for_bit(folder, profile):
    save(folder / "own.json", profile)
    back = load_profile(folder / "own.json")
    assert back == profile
    assert repr(back.lens) == repr(profile.lens)  # repr tells -0.0 from 0.0, and == does not


@pytest.mark.parametrize("suffix", SYNTAXES)
@settings(deadline=None, max_examples=60)
@given(lens=prism | fisheye)
def test_opencv_files_give_the_same_doubles_to_cv2_and_to_us(folder, suffix, lens):
    path = folder / f"opencv{suffix}"
    save(path, lens, format="opencv")
    matrix, distortion = lens.to_opencv()
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    assert np.array_equal(storage.getNode("camera_matrix").mat(), matrix)
    assert np.array_equal(storage.getNode("distortion_coefficients").mat().ravel(), distortion)
    assert (storage.getNode("image_width").real(), storage.getNode("image_height").real()) == SIZE
    storage.release()
    assert load(path) == lens


@pytest.mark.parametrize("suffix", SYNTAXES)
@pytest.mark.parametrize("count", [4, 5, 8, 12, 14])
@pytest.mark.parametrize(
    "keys", [("camera_matrix", "distortion_coefficients"), ("K", "D"), ("cameraMatrix", "distCoeffs")]
)
def test_files_that_cv2_writes_give_its_doubles_back(folder, suffix, count, keys):
    matrix = np.array([[543.2109876543211, 0, 319.1], [0, 540.98765432109, 1 / 3], [0, 0, 1]])
    distortion = np.r_[np.random.default_rng(count).normal(0, 0.1, min(count, 12)), np.zeros(count - min(count, 12))]
    path = folder / f"cv2{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("calibration_time", "Mon 1: 2 # 3")
    storage.write("image_width", 640)
    storage.write("image_height", 480)
    storage.write("corners", np.zeros((2, 3, 2), np.float32))
    for key, value in zip(keys, (matrix, distortion[:, None]), strict=True):
        storage.write(key, value)
    storage.release()
    assert load(path) == BrownConrady.from_opencv(matrix, distortion, size=SIZE)


@settings(deadline=None, max_examples=60)
@given(prism)
def test_a_loaded_brown_conrady_lens_projects_as_cv2_does(folder, lens):
    save(folder / "brown.yml", lens)
    loaded = load(folder / "brown.yml")
    rays = np.random.default_rng(0).uniform(-0.4, 0.4, (50, 2))
    matrix, distortion = lens.to_opencv()
    theirs, _ = cv2.projectPoints(np.c_[rays, np.ones(50)], np.zeros(3), np.zeros(3), matrix, distortion)
    ours = loaded.map(rays * lens.focal + lens.center)
    assert np.allclose(ours, theirs[:, 0], rtol=0, atol=1e-9)  # pixels; some 20 roundings at 1e3


@settings(deadline=None, max_examples=60)
@given(fisheye)
def test_a_loaded_fisheye_lens_projects_as_cv2_does(folder, lens):
    save(folder / "fisheye.xml", lens)
    loaded = load(folder / "fisheye.xml")
    rays = np.random.default_rng(0).uniform(-1.5, 1.5, (50, 2))
    matrix, distortion = lens.to_opencv()
    points = np.c_[rays, np.ones(50)][:, None]
    theirs, _ = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), matrix, distortion)
    ours = loaded.map(rays * lens.focal + lens.center)
    assert np.allclose(ours, theirs[:, 0], rtol=0, atol=1e-9)  # pixels; some 20 roundings at 1e3


def test_the_calibration_sample_of_opencv_reads_as_cv2_reads_it():
    path = DATA / "checkerboard" / "left_intrinsics.yml"
    if not path.exists():
        pytest.skip("needs the data of the OpenCV samples beside the repository")
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    matrix, distortion = (storage.getNode(name).mat() for name in ("camera_matrix", "distortion_coefficients"))
    profile = load_profile(path)
    assert profile.lens == BrownConrady.from_opencv(matrix, distortion, size=SIZE)
    assert profile.provenance == {
        "format": "opencv",
        "camera_matrix": "camera_matrix",
        "distortion": "distortion_coefficients",
    }


STEREO = """%YAML:1.0
M1: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 500., 0., 320., 0., 500., 240., 0., 0., 1. ]
D1: !!opencv-matrix
   rows: 1
   cols: 4
   dt: d
   data: [ -1.e-01, 0., 0., 0. ]
M2: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 600., 0., 320., 0., 600., 240., 0., 0., 1. ]
D2: !!opencv-matrix
   rows: 1
   cols: 4
   dt: d
   data: [ -2.e-01, 0., 0., 0. ]
"""


def test_a_stereo_file_gives_the_camera_that_is_asked_for_and_no_other(tmp_path):
    path = tmp_path / "intrinsics.yml"
    path.write_text(STEREO)
    assert load(path, camera="2") == BrownConrady(600, (320, 240), (-0.2,))
    assert load(path, camera=1) == BrownConrady(500, (320, 240), (-0.1,))
    with pytest.raises(ValueError, match=r"several cameras.*'1', '2'"):
        load(path)
    with pytest.raises(ValueError, match="no camera '3'"):
        load(path, camera="3")


@pytest.mark.parametrize(
    "flag", ["fisheye_model: 1", "model: fisheye", "camera_model: KANNALA_BRANDT", "fisheye: true"]
)
def test_a_fisheye_file_is_told_by_its_flag_or_model(tmp_path, flag):
    path = tmp_path / "camera.yml"
    path.write_text(
        f"{flag}\nK: [[300, 0, 320], [0, 301, 240], [0, 0, 1]]\nD: [0.1, 0.02, 0, 0]\nimage_size: [640, 480]\n"
    )
    assert load(path) == KannalaBrandt((300, 301), (320, 240), (0.1, 0.02), size=SIZE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("D: [0.1, 0.02, 0, 0]", ""), "no distortion coefficients"),
        (("0.1, 0.02, 0, 0", "0.1, 0.02, 0"), "4, 5, 8, 12 or 14"),
        (("0.1, 0.02, 0, 0", "0,0,0,0,0,0,0,0,0,0,0,0,0.1,0"), "tilted"),
        (("[300, 0,", "[300, 2,"), "fx, 0, cx"),
        (("K:", "name:"), "no camera matrix"),
        (("300, 0, 320", "0, 0, 320"), "positive"),
        (("K:", "xi: 1.2\nK:"), "omnidirectional"),
        (("K:", "model: fish-eyes\nK:"), "did you mean 'fisheye'"),
        (("[640, 480]", "[640]"), "width and a height"),
        (("[640, 480]", "[640.5, 480]"), "whole number"),
    ],
)
def test_an_opencv_file_that_says_no_lens_is_refused_with_the_reason(tmp_path, change, message):
    text = "K: [[300, 0, 320], [0, 301, 240], [0, 0, 1]]\nD: [0.1, 0.02, 0, 0]\nimage_size: [640, 480]\n"
    assert change[0] in text
    path = tmp_path / "camera.yml"
    path.write_text(text.replace(*change))
    with pytest.raises(ValueError, match=message):
        load(path)


@settings(deadline=None, max_examples=60)
@given(brown | fisheye, st.none() | st.builds(View, real_camera["focal"], real_camera["center"]))
def test_ros_files_keep_the_lens_and_its_view_to_the_bit(folder, lens, view):
    lens = replace(lens, view=view)
    save(folder / "ros.yaml", lens, format="ros")
    back = load_profile(folder / "ros.yaml")
    assert back.lens == (lens if view != View(lens.focal, lens.center) else replace(lens, view=None))
    assert back.provenance["format"] == "ros"


ROS = """image_width: 640
image_height: 480
camera_name: front
camera_matrix: {rows: 3, cols: 3, data: [500, 0, 320, 0, 500, 240, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.1, 0, 0, 0, 1e-5]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [480, 0, 321, -30, 0, 481, 239, 0, 0, 0, 1, 0]}
"""


def test_a_ros_file_rectifies_into_its_projection_matrix(tmp_path):
    path = tmp_path / "front.yaml"
    path.write_text(ROS)
    lens = load(path, camera="front")
    assert lens == BrownConrady(500, (320, 240), (-0.1, 0, 1e-5), size=SIZE, view=View((480, 481), (321, 239)))
    p = np.array([[480, 0, 321], [0, 481, 239], [0, 0, 1.0]])
    maps = cv2.initUndistortRectifyMap(*lens.to_opencv(), np.eye(3), p, SIZE, cv2.CV_32FC1)
    points = np.stack(np.meshgrid(np.arange(640), np.arange(480)), -1)
    assert np.allclose(lens.map(points), np.stack(maps, -1), rtol=0, atol=1e-4)  # pixels; cv2's maps are float32


def test_a_dumped_camera_info_message_reads_as_the_file_does(tmp_path):
    (tmp_path / "a.yaml").write_text(ROS)
    (tmp_path / "b.yaml").write_text(
        "header: {frame_id: front}\nheight: 480\nwidth: 640\n"
        "distortion_model: plumb_bob\nD: [-0.1, 0.0, 0.0, 0.0, 1.0e-05]\n"
        "K: [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]\nR: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]\n"
        "P: [480.0, 0.0, 321.0, -30.0, 0.0, 481.0, 239.0, 0.0, 0.0, 0.0, 1.0, 0.0]\nbinning_x: 0\nbinning_y: 0\n"
        "roi: {x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false}\n"
    )
    assert load(tmp_path / "a.yaml") == load(tmp_path / "b.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[1, 0, 0, 0, 1, 0, 0, 0, 1]",
            "[1, 0, 0.01, 0, 1, 0, -0.01, 0, 1]",
            "rectification matrix is not the identity",
        ),
        ("plumb_bob", "rational_polynomial", "coefficients, got 5"),
        ("plumb_bob", "plumbbob", "did you mean 'plumb_bob'"),
        ("image_width", "binning_x: 2\nimage_width", "binning"),
        ("image_width", "roi: {x_offset: 10}\nimage_width", "region of interest"),
        ("[480, 0, 321", "[480, 1, 321", "projection matrix"),
        ("rows: 3, cols: 3, data: [500", "rows: 2, cols: 3, data: [500", "9 numbers for 2 rows of 3"),
    ],
)
def test_a_ros_file_that_says_no_lens_is_refused_with_the_reason(tmp_path, old, new, message):
    assert old in ROS
    path = tmp_path / "front.yaml"
    path.write_text(ROS.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        load(path)
    path.write_text(ROS)
    with pytest.raises(ValueError, match="camera 'front', not 'rear'"):
        load(path, camera="rear")


# name -> parameters and the displaced point of COLMAP's definition for (u, v) on the plane z = 1
COLMAP = {
    "SIMPLE_PINHOLE": ([800, 320, 240], lambda u, v: (u, v)),
    "PINHOLE": ([800, 810, 320, 240], lambda u, v: (u, v)),
    "SIMPLE_RADIAL": ([800, 320, 240, -0.1], lambda u, v: _radial(u, v, 1 - 0.1 * (u * u + v * v))),
    "RADIAL": (
        [800, 320, 240, -0.1, 0.03],
        lambda u, v: _radial(u, v, 1 - 0.1 * (u * u + v * v) + 0.03 * (u * u + v * v) ** 2),
    ),
    "OPENCV": ([800, 810, 320, 240, -0.1, 0.03, 0.001, -0.002], lambda u, v: _opencv(u, v, -0.1, 0.03, 0.001, -0.002)),
    "FULL_OPENCV": (
        [800, 810, 320, 240, -0.1, 0.03, 0.001, -0.002, 0.01, 0.2, -0.03, 0.004],
        lambda u, v: _opencv(u, v, -0.1, 0.03, 0.001, -0.002, 0.01, 0.2, -0.03, 0.004),
    ),
    "SIMPLE_RADIAL_FISHEYE": ([800, 320, 240, -0.02], lambda u, v: _fisheye(u, v, -0.02)),
    "RADIAL_FISHEYE": ([800, 320, 240, -0.02, 0.003], lambda u, v: _fisheye(u, v, -0.02, 0.003)),
    "OPENCV_FISHEYE": (
        [800, 810, 320, 240, -0.02, 0.003, 0.002, -0.001],
        lambda u, v: _fisheye(u, v, -0.02, 0.003, 0.002, -0.001),
    ),
}


def _radial(u, v, scale):
    return u * scale, v * scale


def _opencv(u, v, k1, k2, p1, p2, k3=0.0, k4=0.0, k5=0.0, k6=0.0):
    r2 = u * u + v * v
    scale = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    return (
        u * scale + 2 * p1 * u * v + p2 * (r2 + 2 * u * u),
        v * scale + 2 * p2 * u * v + p1 * (r2 + 2 * v * v),
    )


def _fisheye(u, v, *k):
    r = np.hypot(u, v)
    angle = np.arctan(r)
    bent = angle * (1 + sum(c * angle ** (2 * i) for i, c in enumerate(k, 1)))
    return u * bent / r, v * bent / r


@pytest.mark.parametrize("name", COLMAP)
def test_each_colmap_model_follows_its_definition_with_pixel_centres_at_one_half(tmp_path, name):
    parameters, displaced = COLMAP[name]
    path = tmp_path / "cameras.txt"
    path.write_text(f"# Camera list\n\n7 {name} 640 480 {' '.join(map(str, parameters))}\n")
    lens = load(path)
    focal = (800, 810 if 810 in parameters else 800)
    u, v = np.random.default_rng(0).uniform(0.01, 0.4, (2, 40))
    x, y = displaced(u, v)
    theirs = np.stack([x * focal[0] + 320, y * focal[1] + 240], -1)  # COLMAP's pixels
    seen = np.stack([u * focal[0] + 320, v * focal[1] + 240], -1)
    assert np.allclose(lens.map(seen - 0.5) + 0.5, theirs, rtol=0, atol=1e-10)  # pixels; some 20 roundings at 600
    save(tmp_path / "again.txt", lens)
    assert (tmp_path / "again.txt").read_text().splitlines()[-1].split()[1] == name  # the smallest model that says it
    assert load(tmp_path / "again.txt") == lens


@settings(deadline=None, max_examples=60)
@given(brown | fisheye)
def test_colmap_files_keep_the_lens(folder, lens):
    save(folder / "cameras.txt", lens)
    back = load(folder / "cameras.txt")
    assert replace(back, center=lens.center) == lens
    assert np.allclose(back.center, lens.center, rtol=0, atol=1e-13)  # one half added and taken away at 300


def test_a_camera_of_several_is_chosen_by_its_id(tmp_path):
    path = tmp_path / "cameras.txt"
    path.write_text("1 PINHOLE 640 480 500 500 320 240\n12 SIMPLE_RADIAL 640 480 600 320 240 0.1\n")
    assert load(path, camera=12) == BrownConrady(600, (319.5, 239.5), (0.1,), size=SIZE)
    with pytest.raises(ValueError, match=r"several cameras.*'1', '12'"):
        load(path)
    with pytest.raises(ValueError, match="no camera '2'"):
        load(path, camera=2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 FOV 640 480 500 500 320 240 0.9", "model 'FOV'"),
        ("1 THIN_PRISM_FISHEYE 640 480 500 500 320 240 0 0 0 0 0 0 0 0", "THIN_PRISM_FISHEYE"),
        ("1 PINHOLE 640 480 500 320 240", "4 parameters, got 3"),
        ("1 PINHOLE 640 480 500 500 320 240 1", "4 parameters, got 5"),
        ("1 PINHOLE 640 480 500 nan 320 240", "finite"),
        ("1 PINHOLE 640 480 500 1e400 320 240", "too large"),
        ("1 PINHOLE 640 480 500 -500 320 240", "positive"),
        ("1 PINHOLE 0 480 500 500 320 240", "1 to 2"),
        ("1 PINHOLE 640 480 500 500 320 240\n1 PINHOLE 640 480 500 500 320 240", "comes twice"),
    ],
)
def test_a_colmap_line_that_says_no_lens_is_refused_with_the_reason(tmp_path, line, message):
    path = tmp_path / "cameras.txt"
    path.write_text(line + "\n")
    with pytest.raises(ValueError, match=message):
        load(path)


def test_a_lens_is_scaled_to_the_photo_and_refused_for_other_proportions(tmp_path):
    lens = BrownConrady(500, (320, 240), (-0.1,), size=SIZE)
    profile = Profile(lens, Chromatic(400, (320, 240), (1.001, 0, 0)), Vignetting(400, (320, 240), (-0.2,)))
    save(tmp_path / "lens.json", profile)
    scaled = load_profile(tmp_path / "lens.json", size=(1280, 960))
    assert scaled.lens == lens.scaled((1280, 960))
    assert scaled.chromatic == Chromatic(800, scaled.lens.center, (1.001, 0, 0))
    assert scaled.vignetting == Vignetting(800, scaled.lens.center, (-0.2,))
    assert load(tmp_path / "lens.json", size=(1279, 960)).size == (1279, 960)  # one pixel is what rounding makes
    with pytest.raises(ValueError, match="other proportions"):
        load(tmp_path / "lens.json", size=(480, 640))
    save(tmp_path / "bare.yml", replace(lens, size=None))
    assert load(tmp_path / "bare.yml").size is None
    assert load(tmp_path / "bare.yml", size=(100, 50)) == replace(lens, size=(100, 50))


VIEWED = BrownConrady(500, (320, 240), (-0.1,), size=SIZE, view=View(400, (320, 240)))
DIVISION = Division(500, (320, 240), (-0.1,), size=SIZE)


@pytest.mark.parametrize(
    ("lens", "format", "message"),
    [
        (DIVISION, "opencv", "OpenCV has no Division; format='json' can hold it"),
        (DIVISION, "ros", "no Division; format='json'"),
        (DIVISION, "colmap", "no Division; format='json'"),
        (DIVISION, "lensfun", "no Division; format='json'"),
        (PTLens(200, (320, 240), (0.1,), size=SIZE), "opencv", "format='json' or 'lensfun' can hold it"),
        (VIEWED, "opencv", "view.*; format='json' or 'ros' can hold it"),
        (VIEWED, "colmap", "view.*; format='json' or 'ros' can hold it"),
        (replace(VIEWED, view=None, size=None), "ros", "size.*; format='json' or 'opencv' can hold it"),
        (
            replace(VIEWED, view=None, thin_prism=(1e-3,)),
            "colmap",
            "thin-prism.*; format='json' or 'opencv' can hold it",
        ),
        (Profile(replace(VIEWED, view=None), vignetting=Vignetting(400, (320, 240))), "opencv", "no place for colour"),
        (Profile(DIVISION, provenance={"when": object()}), "json", "provenance"),
        (Profile(DIVISION, provenance={"sd": float("nan")}), "json", "finite"),
        (DIVISION, None, "say format="),
        (DIVISION, "yaml", "say format="),
    ],
)
def test_a_lens_that_a_format_cannot_hold_is_refused_with_the_formats_that_can(tmp_path, lens, format, message):
    with pytest.raises(ValueError, match=message):
        save(tmp_path / "lens", lens, format=format)
    assert not list(tmp_path.iterdir())


def test_own_json_says_its_units_and_refuses_what_it_does_not_know(tmp_path):
    path = tmp_path / "lens.json"
    save(path, BrownConrady(500, (320, 240), (-0.1,), size=SIZE))
    tree = json.loads(path.read_text())
    assert (tree["format"], tree["version"], tree["units"]) == ("pixkern-lens", 1, "pixels")
    for change, message in [
        ({"vinetting": None}, "did you mean 'vignetting'"),
        ({"version": 2}, "version 1 is read, got 2"),
        ({"units": "mm"}, "units 'pixels'"),
        ({"model": "BrownConradi"}, "did you mean 'BrownConrady'"),
        ({"parameters": {"radial": [0.1], "tangental": [0, 0]}}, "did you mean 'tangential'"),
        ({"parameters": {"radial": [0.1] * 7}}, "at most 6"),
        ({"parameters": {"radial": "0.1"}}, "number"),
        ({"focal": 500}, None),
        ({"focal": [500, 500, 500]}, "focal"),
        ({"focal": True}, "focal"),
        ({"center": 3}, "center"),
        ({"size": [640.0, 480]}, "whole numbers"),
        ({"size": [0, 480]}, "1 to 2"),
        ({"view": {"focal": 500}}, "view needs 'center'"),
        ({"chromatic": {"unit": 0, "center": [0, 0]}}, "positive"),
        ({"chromatic": {"unit": 1, "center": [0, 0], "red": [1, 0]}}, "three numbers"),
        ({"provenance": [1]}, "provenance"),
        ({"model": "Inverted", "parameters": {}}, "inner lens"),
    ]:
        path.write_text(json.dumps(tree | change))
        if message is None:
            assert load(path).focal == (500.0, 500.0)
        else:
            with pytest.raises(ValueError, match=message):
                load(path)


def test_a_wrong_option_is_refused_before_the_file_is_opened(tmp_path):
    for option, error in [
        ({"size": (640, 0)}, ValueError),
        ({"size": 640}, ValueError),
        ({"focal_length": "wide"}, TypeError),
        ({"focal_length": 0}, ValueError),
        ({"aperture": float("nan")}, ValueError),
        ({"lens": 50}, TypeError),
        ({"format": "yaml"}, ValueError),
        ({"zoom": 2}, TypeError),
    ]:
        with pytest.raises(error):
            load(tmp_path / "missing.yml", **option)
    with pytest.raises(TypeError, match="Lens or a Profile, got dict"):
        save(tmp_path / "lens.json", {})  # type: ignore[arg-type]


def test_the_format_is_found_from_the_content_whatever_the_name(tmp_path):
    lens = BrownConrady(500, (320, 240), (-0.1,), size=SIZE)
    for number, name in enumerate(["json", "opencv", "ros", "colmap"]):
        save(tmp_path / "first", lens, format=name)
        path = (tmp_path / "first").rename(tmp_path / f"{number}.jpg")
        assert load_profile(path, format=name).provenance.get("format", "json") == name
        assert load(path) == lens
        with pytest.raises(ValueError, match=f"the content is {name}, not lensfun"):
            load(path, format="lensfun")
        with pytest.raises(ValueError, match="lens="):
            load(path, lens="EF 50mm")


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "lens.json"
    save(path, DIVISION)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(path, VIEWED)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_inverted_lens_reads_back_as_the_inverse(tmp_path):
    save(tmp_path / "lens.json", VIEWED.inverted())
    back = load(tmp_path / "lens.json")
    assert isinstance(back, Inverted)
    assert bits(back) == bits(VIEWED.inverted())
    with pytest.raises(ValueError, match="no Inverted"):
        save(tmp_path / "lens.yml", VIEWED.inverted())
