"""lensfun databases: the lens that is meant, its units, and what lies between its calibrations."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.lenses import Chromatic, Poly3, Poly5, Profile, PTLens, Vignetting, load, load_profile, save

XML = """\
<?xml version="1.0"?>
<lensdatabase version="1">
  <mount><name>Ours</name><compat>Older</compat></mount>
  <camera>
    <maker>Maker</maker><model>Maker Big</model><model lang="en">Big</model>
    <mount>Ours</mount><cropfactor>1</cropfactor>
  </camera>
  <camera>
    <maker>Maker</maker><model>Maker Small</model>
    <mount>Ours</mount><cropfactor>1.6</cropfactor>
  </camera>
  <lens>
    <maker>Maker</maker><model>Zoom 20-80mm f/4</model><mount>Ours</mount><cropfactor>1.0</cropfactor>
    <calibration>
      <distortion model="ptlens" focal="20" a="0.02" b="-0.06" c="0.01"/>
      <distortion model="ptlens" focal="35" a="0.005" b="-0.02" c="0.004"/>
      <distortion model="ptlens" focal="50" a="0" b="0.004" c="0"/>
      <distortion model="ptlens" focal="80" a="-0.003" b="0.015" c="-0.002"/>
      <tca model="poly3" focal="20" vr="1.0005" vb="0.9996" br="0.0003" bb="-0.0002" cr="0.0001" cb="-0.0001"/>
      <tca model="poly3" focal="80" vr="1.0001" vb="0.9999" br="-0.0001" bb="0.0002" cr="0.0002" cb="0.0001"/>
      <vignetting model="pa" focal="20" aperture="4" distance="1000" k1="-0.9" k2="0.5" k3="-0.2"/>
      <vignetting model="pa" focal="20" aperture="8" distance="1000" k1="-0.5" k2="0.2" k3="-0.1"/>
      <vignetting model="pa" focal="80" aperture="4" distance="1000" k1="-0.4" k2="0.1" k3="0.02"/>
      <vignetting model="pa" focal="80" aperture="4" distance="1" k1="-0.3" k2="0.05" k3="0.01"/>
    </calibration>
  </lens>
  <lens>
    <maker>Other</maker><model>Prime 30mm f/2</model><mount>Older</mount><cropfactor>1.5</cropfactor>
    <aspect-ratio>4:3</aspect-ratio><center x="0.02" y="-0.03"/>
    <calibration>
      <distortion model="poly3" focal="30" k1="-0.03"/>
      <tca model="linear" focal="30" kr="1.0004" kb="0.9997"/>
    </calibration>
  </lens>
  <lens>
    <maker>Other</maker><model>Tele 200mm f/4</model><mount>Older</mount><cropfactor>1.0</cropfactor>
    <calibration><distortion model="poly5" focal="200" k1="0.01" k2="0.004"/></calibration>
  </lens>
</lensdatabase>
"""

# Made by lensfun 0.3.4 through lensfunpy 1.18.0 from XML, for (lens, crop factor, size, focal length, aperture,
# distance) and a pixel: where red, green and blue lie in the photo, and the light that is left. lensfun was asked
# for one pixel at a time: its SSE code, which takes four, mixes their coordinates up and is wrong by up to 0.8 px.
LENSFUN = [
    (("Zoom 20-80mm f/4", 1.0, (601, 401), 20, 4, 1000), (0, 0), [8.474, 5.6493, 8.9375, 5.9584, 9.283, 6.1887], 0.4),
    (
        ("Zoom 20-80mm f/4", 1.0, (601, 401), 20, 4, 1000),
        (600, 133),
        [593.2628, 134.5047, 592.8746, 134.5914, 592.5816, 134.6568],
        0.533193,
    ),
    (
        ("Zoom 20-80mm f/4", 1.0, (601, 401), 20, 4, 1000),
        (150, 400),
        [151.668, 397.776, 151.8281, 397.5625, 151.9509, 397.3988],
        0.660652,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (400, 600), 28, 5.6, 3),
        (0, 0),
        [0.6819, 1.0237, 0.8383, 1.2586, 0.9271, 1.3918],
        0.793627,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (400, 600), 28, 5.6, 3),
        (399, 200),
        [400.9574, 199.0238, 400.8331, 199.0857, 400.7525, 199.1259],
        0.912796,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (400, 600), 28, 5.6, 3),
        (100, 599),
        [99.889, 599.334, 99.9614, 599.1161, 100.0042, 598.9872],
        0.835795,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (600, 400), 42, 4, 1000),
        (0, 0),
        [0.0683, 0.0455, 0.2392, 0.1593, 0.2825, 0.1882],
        0.758033,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (600, 400), 42, 4, 1000),
        (599, 133),
        [599.2338, 132.9481, 599.0733, 132.9837, 599.0198, 132.9956],
        0.815536,
    ),
    (
        ("Zoom 20-80mm f/4", 1.6, (600, 400), 42, 4, 1000),
        (150, 399),
        [149.7294, 399.3611, 149.804, 399.2615, 149.8356, 399.2195],
        0.872528,
    ),
    (
        ("Zoom 20-80mm f/4", 1.0, (500, 500), 70, 11, 2),
        (0, 0),
        [-3.9523, -3.9523, -3.8882, -3.8882, -4.0459, -4.0459],
        0.691997,
    ),
    (
        ("Zoom 20-80mm f/4", 1.0, (500, 500), 70, 11, 2),
        (499, 166),
        [500.6205, 165.4577, 500.5495, 165.4814, 500.6257, 165.4559],
        0.804927,
    ),
    (
        ("Zoom 20-80mm f/4", 1.0, (500, 500), 70, 11, 2),
        (125, 499),
        [123.9947, 501.0146, 124.0299, 500.9442, 123.9856, 501.0329],
        0.785336,
    ),
    (
        ("Prime 30mm f/2", 1.6, (640, 480), 30, 4, 1000),
        (0, 0),
        [13.8533, 9.9242, 13.9774, 10.0131, 14.0705, 10.0798],
        None,
    ),
    (
        ("Prime 30mm f/2", 1.6, (640, 480), 30, 4, 1000),
        (639, 160),
        [633.4905, 161.266, 633.3669, 161.2944, 633.2741, 161.3157],
        None,
    ),
    (
        ("Prime 30mm f/2", 1.6, (640, 480), 30, 4, 1000),
        (160, 479),
        [161.6359, 476.5436, 161.7009, 476.446, 161.7497, 476.3728],
        None,
    ),
    (("Prime 30mm f/2", 2.0, (301, 200), 30, 4, 1000), (0, 0), [2.5086, 1.593, 2.5683, 1.6309, 2.6131, 1.6594], None),
    (
        ("Prime 30mm f/2", 2.0, (301, 200), 30, 4, 1000),
        (300, 66),
        [299.6089, 66.0806, 299.5499, 66.0928, 299.5056, 66.1019],
        None,
    ),
    (
        ("Prime 30mm f/2", 2.0, (301, 200), 30, 4, 1000),
        (75, 199),
        [74.4895, 199.6796, 74.5204, 199.6384, 74.5437, 199.6074],
        None,
    ),
    (
        ("Tele 200mm f/4", 1.0, (601, 401), 200, 4, 1000),
        (0, 0),
        [-22.425, -14.95, -22.425, -14.95, -22.425, -14.95],
        None,
    ),
    (
        ("Tele 200mm f/4", 1.0, (601, 401), 200, 4, 1000),
        (600, 133),
        [613.7828, 129.9218, 613.7828, 129.9218, 613.7828, 129.9218],
        None,
    ),
    (
        ("Tele 200mm f/4", 1.0, (601, 401), 200, 4, 1000),
        (150, 400),
        [146.1914, 405.0781, 146.1914, 405.0781, 146.1914, 405.0781],
        None,
    ),
]
OPTIONS = {"size": (601, 401), "crop_factor": 1.0}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "lenses.xml"
    path.write_text(XML)
    return path


def dispersed(chromatic, points):
    """Red, green and blue of points of the photo, (n, 3, 2), from lensfun's formula."""
    center = np.array(chromatic.center)
    r = np.linalg.norm(points - center, axis=-1, keepdims=True) / chromatic.unit
    channels = (chromatic.red, (1, 0, 0), chromatic.blue)
    return np.stack([center + (points - center) * (v + c * r + b * r * r) for v, c, b in channels], 1)


def light(vignetting, points):
    r2 = np.sum((points - vignetting.center) ** 2, -1) / vignetting.unit**2
    k1, k2, k3 = vignetting.coefficients
    return 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3


@pytest.mark.parametrize(("case", "pixel", "expected", "left"), LENSFUN)
def test_profiles_are_those_of_lensfun(path, case, pixel, expected, left):
    name, crop, size, focal, aperture, distance = case
    options = {"focal_length": focal, "aperture": aperture, "distance": distance, "crop_factor": crop, "size": size}
    profile = load_profile(path, lens=name, **options)
    points = np.array([pixel], dtype=float)
    photo = profile.lens.map(points)
    channels = np.repeat(photo[:, None], 3, 1) if profile.chromatic is None else dispersed(profile.chromatic, photo)
    assert np.allclose(channels.ravel(), expected, rtol=0, atol=3e-4)  # pixels; lensfun's are float32 at 600
    assert (profile.vignetting is None) == (left is None)
    if left is not None:
        assert np.allclose(light(profile.vignetting, points), left, rtol=0, atol=2e-5)  # lensfun's is float32


def test_the_whole_database_agrees_with_lensfun():
    lensfunpy = pytest.importorskip("lensfunpy", reason="the peer: pip install lensfunpy")
    files = sorted((Path(lensfunpy.__file__).parent / "db_files").glob("*.xml"))
    compared = 0
    for file in files:
        database = lensfunpy.Database(paths=[str(file)], load_common=False, load_bundled=False)
        for lens in database.lenses[::10]:
            focal = lens.min_focal or 50.0
            options = {"lens": lens.model, "focal_length": focal, "crop_factor": lens.crop_factor, "size": (301, 201)}
            try:
                profile = load_profile(file, **options)
            except ValueError as error:
                assert any(why in str(error) for why in ("only rectilinear", "several lenses", "calibrat"))  # noqa: PT017
                continue
            modifier = lensfunpy.Modifier(lens, lens.crop_factor, 301, 201)
            modifier.initialize(focal, 4.0, 1000.0, scale=1.0, flags=lensfunpy.ModifyFlags.DISTORTION)
            if modifier.apply_geometry_distortion(0, 0, 1, 1) is None or "distortion" not in profile.provenance:
                continue
            pixels = [(0, 0), (300, 0), (60, 200)]
            theirs = [modifier.apply_geometry_distortion(x, y, 1, 1)[0, 0] for x, y in pixels]
            assert np.allclose(profile.lens.map(pixels), theirs, rtol=0, atol=2e-3), lens.model  # float32 sums at 300
            compared += 1
    assert compared > 80


def test_the_unit_is_half_the_shorter_side_of_the_frame_it_was_calibrated_on(path):
    full = load(path, lens="Tele 200mm f/4", size=(601, 401), crop_factor=1)
    assert full.focal[0] == pytest.approx(200, rel=1e-14)  # 3:2 on 3:2: half of 400 between the corner pixels
    assert load(path, lens="Tele 200mm f/4", size=(401, 601), crop_factor=1).focal == full.focal
    small = load(path, lens="Tele 200mm f/4", size=(601, 401), crop_factor=2)
    assert small.focal[0] == pytest.approx(400, rel=1e-14)  # the photo is the middle of the calibration's frame
    square = load(path, lens="Tele 200mm f/4", size=(401, 401), crop_factor=1)
    assert square.focal[0] == pytest.approx(math.hypot(400, 400) / math.hypot(3, 2), rel=1e-14)  # the same diagonal


def test_light_falls_off_in_units_of_half_the_diagonal(path):
    options = {"lens": "Zoom 20-80mm f/4", "focal_length": 20, "aperture": 4, "size": (601, 401)}
    full = load_profile(path, crop_factor=1, **options)
    assert light(full.vignetting, np.array([[0.0, 0.0]])) == pytest.approx(1 - 0.9 + 0.5 - 0.2)  # r = 1 at the corner
    small = load_profile(path, crop_factor=1.6, **options)
    assert small.vignetting.unit == pytest.approx(1.6 * full.vignetting.unit)


def test_a_calibrated_focal_length_gives_its_own_numbers(path):
    profile = load_profile(path, lens="Zoom 20-80mm f/4", focal_length=35, aperture=8, **OPTIONS)
    assert profile.lens.coefficients == (0.005, -0.02, 0.004)
    assert profile.provenance["distortion"] == "ptlens, calibrated at 35 mm"
    assert profile.provenance["tca"] == "poly3, interpolated between 20 and 80 mm"
    exact = load_profile(path, lens="Zoom 20-80mm f/4", focal_length=20, aperture=8, **OPTIONS)
    assert exact.vignetting.coefficients == (-0.5, 0.2, -0.1)
    assert exact.provenance["vignetting"] == "pa, calibrated at 20 mm, f/8, 1000 m"


def zoom(points, kind="distortion", extra=""):
    rows = "".join(f'<{kind} model="poly5" focal="{focal!r}" k1="{k1!r}" k2="0"/>' for focal, k1 in points)
    return (
        '<lensdatabase version="1"><lens><maker>M</maker><model>Zoom</model><cropfactor>1</cropfactor>'
        f"{extra}<calibration>{rows}</calibration></lens></lensdatabase>"
    )


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(5, 500), min_size=2, max_size=8, unique=True).map(sorted),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.floats(0, 1),
)
def test_interpolation_is_exact_where_a_term_falls_as_one_over_the_focal_length(tmp_path_factory, focals, a, b, at):
    """term x focal = a + b focal is a line within each interval, whatever its neighbours, if the grid is even."""
    even = np.linspace(focals[0], focals[-1] + 1, len(focals)).tolist()
    path = tmp_path_factory.mktemp("zoom") / "zoom.xml"
    path.write_text(zoom([(focal, a / focal + b) for focal in even]))
    focal = even[0] + at * (even[-1] - even[0])
    lens = load(path, focal_length=focal, **OPTIONS)
    assert lens.coefficients[0] == pytest.approx(a / focal + b, abs=1e-12)  # some 20 roundings at 1


def test_repeated_calibrations_count_as_their_mean(tmp_path):
    path = tmp_path / "zoom.xml"
    path.write_text(zoom([(50.0, 0.125), (50.0, 0.25), (50.0, 0.375), (80.0, 0.5)]))
    assert load(path, focal_length=50, **OPTIONS).coefficients == (0.25, 0)


def test_a_focal_length_outside_the_calibrations_is_refused_beyond_five_per_cent(path):
    options = {"lens": "Zoom 20-80mm f/4", **OPTIONS}
    near = load_profile(path, focal_length=19.5, **options)
    assert near.lens.coefficients == (0.02, -0.06, 0.01)
    assert near.provenance["distortion"] == "ptlens, of the nearest calibration, at 20 mm"
    for focal in (18, 90):
        with pytest.raises(ValueError, match="calibrated from 20 to 80 mm"):
            load(path, focal_length=focal, **options)
    with pytest.raises(ValueError, match="say focal_length="):
        load(path, **options)


def test_what_is_not_known_is_left_out_and_said(path):
    zoomed = {"lens": "Zoom 20-80mm f/4", "focal_length": 80, **OPTIONS}
    assert load_profile(path, **zoomed).vignetting is None
    assert "aperture=" in load_profile(path, **zoomed).provenance["vignetting"]
    far = load_profile(path, aperture=1.0, **zoomed)
    assert far.vignetting is None
    assert "not calibrated near" in far.provenance["vignetting"]
    prime = load_profile(path, lens="tele 200MM  f/4", **OPTIONS)
    assert (prime.chromatic, prime.vignetting) == (None, None)
    assert prime.provenance["tca"] == "not calibrated"
    assert load_profile(path, aperture=4, **zoomed).provenance["distance"] == 1000.0


def test_the_camera_gives_the_crop_factor_and_the_mount(path):
    options = {"lens": "Zoom 20-80mm f/4", "focal_length": 20, "size": (601, 401)}
    by_name = load_profile(path, camera="maker small", **options)
    assert by_name.lens == load(path, crop_factor=1.6, **options)
    assert (by_name.provenance["camera"], by_name.provenance["crop_factor_from"]) == ("Maker Small", "camera")
    assert load(path, camera="Big", lens="Tele 200mm f/4", size=(601, 401))  # through a compatible mount
    with pytest.raises(ValueError, match="did you mean 'Maker Small'"):
        load(path, camera="Maker Smal", **options)
    with pytest.raises(ValueError, match="calibrated on a smaller sensor"):
        load(path, camera="Big", lens="Prime 30mm f/2", size=(601, 401))
    assert load_profile(path, **options).provenance["crop_factor_from"] == "calibration"
    path.write_text(XML.replace("<mount>Older</mount>", "<mount>Foreign</mount>"))
    with pytest.raises(ValueError, match="mount 'Ours', the lens 'Foreign'"):
        load(path, camera="Big", lens="Tele 200mm f/4", size=(601, 401))


def test_the_lens_is_chosen_by_name_or_refused_with_the_names_there_are(path):
    with pytest.raises(ValueError, match=r"several lenses.*'Zoom 20-80mm f/4', 'Prime 30mm f/2', 'Tele 200mm f/4'"):
        load(path, **OPTIONS)
    with pytest.raises(ValueError, match=r"no lens 'Tele 300mm f/4'.*did you mean 'Tele 200mm f/4'"):
        load(path, lens="Tele 300mm f/4", **OPTIONS)
    with pytest.raises(ValueError, match="did you mean 'Zoom 20-80mm f/4'"):
        load(path, lens="20-80", **OPTIONS)
    with pytest.raises(ValueError, match=r"say size="):
        load(path, lens="Tele 200mm f/4")
    assert isinstance(load(path, lens="Other Tele 200mm f/4", **OPTIONS), Poly5)


def test_of_two_lenses_of_one_name_the_one_for_the_closest_sensor_is_taken(path):
    twin = XML[XML.rindex("  <lens>") : XML.rindex("</lensdatabase>")].replace("<cropfactor>1.0", "<cropfactor>1.5")
    path.write_text(XML.replace("</lensdatabase>", twin.replace("0.01", "0.09") + "</lensdatabase>"))
    options = {"lens": "Tele 200mm f/4", "size": (601, 401)}
    assert load(path, crop_factor=1.6, **options).coefficients[0] == 0.09
    assert load(path, crop_factor=1.2, **options).coefficients[0] == 0.01
    with pytest.raises(ValueError, match=r"several lenses.*crop factor 1'.*crop factor 1.5"):
        load(path, **options)


def test_version_2_sets_are_chosen_by_their_own_crop_factor(tmp_path):
    path = tmp_path / "two.xml"
    path.write_text(
        '<lensdatabase version="2"><lens><maker>M</maker><model>Two</model>'
        '<calibration cropfactor="1"><distortion model="poly3" focal="50" k1="0.01"/></calibration>'
        '<calibration cropfactor="1.5" aspect-ratio="4:3">'
        '<distortion model="poly3" focal="50" k1="0.05"/></calibration>'
        "</lens></lensdatabase>"
    )
    wide, narrow = (load(path, crop_factor=crop, size=(401, 301)) for crop in (1, 1.5))
    assert (wide.coefficient, narrow.coefficient) == (0.01, 0.05)
    assert narrow.focal[0] == pytest.approx(150, rel=1e-14)  # 4:3 on 4:3: half of 300
    assert wide.focal[0] == pytest.approx(250 / math.hypot(1.5, 1), rel=1e-14)  # half the diagonal of 400 x 300


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<mount>Ours</mount><cropfactor>1.0", "<type>fisheye</type><cropfactor>1.0", "is fisheye; only rectilinear"),
        ('model="ptlens" focal="35"', 'model="acm" focal="35"', "acm and ptlens"),
        ('focal="35" a=', 'focal="35" d=', "ptlens has no 'd'"),
        ('focal="35"', 'focal="0"', "must be positive"),
        ('focal="35"', 'focal="1e999"', "too large"),
        ("<cropfactor>1.0", "<cropfactor>-1", "must be positive"),
        ("4:3", "3:4", "longer side : shorter side"),
        ("4:3", "4:0", "must be positive"),
        ('version="1"', 'version="9"', "version 1 and 2"),
        ("<model>Zoom 20-80mm f/4</model>", "", "no <model>"),
        ('aperture="4"', 'aperture="0"', "positive aperture"),
    ],
)
def test_a_database_that_says_no_lens_is_refused_with_the_reason(path, old, new, message):
    assert old in XML
    path.write_text(XML.replace(old, new))
    with pytest.raises(ValueError, match=message):
        load(path, lens="Zoom 20-80mm f/4", focal_length=20, aperture=4, **OPTIONS)


centers = st.tuples(st.floats(200, 440), st.floats(150, 330))
units = st.floats(50, 2000)
small = st.floats(-0.3, 0.3).map(lambda value: round(value, 15))  # no calibration gives 1e-310
radial_lenses = st.one_of(
    st.builds(lambda u, c, k: PTLens(u, c, k, size=(640, 480)), units, centers, st.tuples(small, small, small)),
    st.builds(lambda u, c, k: Poly3(u, c, k, size=(640, 480)), units, centers, small),
    st.builds(lambda u, c, k: Poly5(u, c, k, size=(640, 480)), units, centers, st.tuples(small, small)),
)
known = {"focal_length": 24.0, "aperture": 5.6, "distance": 3.0, "lens": "A & <B>", "calibration_crop_factor": 1.5}


@settings(deadline=None, max_examples=100)
@given(radial_lenses, st.booleans(), st.none() | units, st.none() | units, st.tuples(small, small, small))
def test_a_saved_profile_says_the_same_lens(tmp_path_factory, lens, bare, colour_unit, light_unit, k):
    path = tmp_path_factory.mktemp("saved") / "saved.xml"
    chromatic = colour_unit and Chromatic(
        colour_unit, lens.center, (1.001, k[0] / 100, k[1] / 100), (0.999, 0, k[2] / 100)
    )
    vignetting = light_unit and Vignetting(light_unit, lens.center, k)
    provenance = {} if bare and not vignetting else known
    save(path, Profile(lens, chromatic or None, vignetting or None, provenance), format="lensfun")
    aperture = {"aperture": 5.6, "distance": 3.0} if vignetting else {}
    back = load_profile(path, size=(640, 480), **aperture)
    points = np.random.default_rng(0).uniform((0, 0), (639, 479), (40, 2))
    photo = lens.map(points)
    scale = 1 + np.abs(photo).max()
    assert type(back.lens) is type(lens)
    assert np.allclose(back.lens.map(points), photo, rtol=0, atol=1e-12 * scale)  # the unit comes back within some ulp
    if chromatic:
        ours, theirs = (dispersed(part, points) for part in (chromatic, back.chromatic))
        assert np.allclose(ours, theirs, rtol=0, atol=1e-10)  # pixels; the terms are scaled there and back
    if vignetting:
        ours, theirs = (light(part, points) for part in (vignetting, back.vignetting))
        assert np.allclose(ours, theirs, rtol=1e-10, atol=1e-10)  # r^6 of the smallest unit, some 20 roundings
    assert back.provenance["lens"] == ("pixkern" if provenance == {} else "A & <B>")


def test_a_loaded_profile_is_saved_with_its_names_and_reads_back(path, tmp_path):
    options = {"focal_length": 28, "aperture": 5.6, "distance": 3, "crop_factor": 1.6, "size": (601, 401)}
    profile = load_profile(path, lens="Zoom 20-80mm f/4", **options)
    save(tmp_path / "one.xml", profile, format="lensfun")
    del options["crop_factor"]
    back = load_profile(tmp_path / "one.xml", **options)
    points = np.array([(0.0, 0.0), (600.0, 100.0), (30.0, 400.0)])
    assert np.allclose(back.lens.map(points), profile.lens.map(points), rtol=0, atol=1e-10)  # pixels; rounding at 600
    assert np.allclose(light(back.vignetting, points), light(profile.vignetting, points), rtol=1e-12)  # rounding
    assert (back.provenance["lens"], back.provenance["maker"]) == ("Zoom 20-80mm f/4", "Maker")


def test_lensfun_reads_what_is_saved(tmp_path):
    lensfunpy = pytest.importorskip("lensfunpy", reason="the peer: pip install lensfunpy")
    for unit in (150.0, 240.0, 900.0):  # the last asks for a camera of another crop factor
        lens = PTLens(unit, (322.5, 237.5), (0.01, -0.03, 0.004), size=(640, 480))
        save(tmp_path / "saved.xml", lens, format="lensfun")
        database = lensfunpy.Database(paths=[str(tmp_path / "saved.xml")], load_common=False, load_bundled=False)
        crop = database.cameras[0].crop_factor if database.cameras else database.lenses[0].crop_factor
        modifier = lensfunpy.Modifier(database.lenses[0], crop, 640, 480)
        modifier.initialize(50.0, 4.0, 1000.0, scale=1.0, flags=lensfunpy.ModifyFlags.DISTORTION)
        for x, y in ((0, 0), (639, 100), (30, 479)):
            theirs = modifier.apply_geometry_distortion(x, y, 1, 1)[0, 0]
            assert np.allclose(lens.map([(x, y)]), theirs, rtol=0, atol=2e-3)  # pixels; lensfun's are float32 at 640


def test_a_lens_that_lensfun_cannot_say_is_refused_with_the_reason(tmp_path):
    lens = PTLens(240, (319.5, 239.5), (0.01,), size=(640, 480))
    vignetting = Vignetting(400, (319.5, 239.5), (-0.1,))
    for wrong, message in [
        (replace(lens, focal=(240, 241)), "one unit"),
        (replace(lens, size=None), "size="),
        (lens.with_view(200, (319.5, 239.5)), "view"),
        (replace(lens, focal=1e-200), "out of proportion"),
        (Profile(lens, vignetting=vignetting), r"provenance\['aperture'\]"),
        (Profile(lens, vignetting=vignetting, provenance={"aperture": "f/4"}), "positive number"),
        (Profile(lens, vignetting=replace(vignetting, center=(0, 0)), provenance={"aperture": 4}), "one centre"),
        (Profile(lens, Chromatic(1e-160, lens.center, (1, 0, 1))), "range of doubles"),
    ]:
        with pytest.raises(ValueError, match=message):
            save(tmp_path / "wrong.xml", wrong, format="lensfun")
    assert not list(tmp_path.iterdir())
