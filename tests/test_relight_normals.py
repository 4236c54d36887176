"""Normals of relighting: files, depths, and the frame in which all of them are."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines.files import encode_image
from pixkern.pipelines.relight._fingerprint import fingerprint
from pixkern.pipelines.relight.given import GivenError
from pixkern.pipelines.relight.normals import PLAUSIBLE, NoNormalsError, find_normals
from pixkern.pipelines.relight.settings import Files, Inflation, NormalsMethods, NormalsSettings

SIDE, RADIUS = 121, 40
Y, X = np.mgrid[60:-61:-1, -60:61]  # y up
INSIDE = X * X + Y * Y < RADIUS * RADIUS
MASK = INSIDE.astype(np.uint8) * 255
PHOTO = np.full((SIDE, SIDE, 3), 90, np.uint8)
HEIGHT = np.sqrt(np.maximum(RADIUS * RADIUS - X * X - Y * Y, 0.0))
SPHERE = np.dstack([X, Y, HEIGHT]) / RADIUS
CORE = X * X + Y * Y < (0.8 * RADIUS) ** 2  # differences are of second order away from the rim
NONE = NormalsMethods(inflation=Inflation(enabled=False))


def angles(one, other):
    """Degrees between normals."""
    return np.degrees(2 * np.arcsin(np.minimum(np.linalg.norm(one.astype(float) - other, axis=-1) / 2, 1)))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("suffix", "content", "close"),
    [
        (".png", lambda n: encode_image(np.round((n + 1) / 2 * 255).astype(np.uint8), ".png"), 0.4),  # half a code
        (".png", lambda n: encode_image(np.round((n + 1) / 2 * 65535).astype(np.uint16), ".png"), 0.01),
        (".npy", lambda n: npy(n.astype(np.float32)), 0.001),  # float32
        (".npy", lambda n: npy(7.5 * n), 0.001),
        (".npy", lambda n: npy(np.asfortranarray(0.01 * n)), 0.001),
    ],
)
def test_normals_from_files_are_of_unit_length_in_the_frame_of_the_file(tmp_path, suffix, content, close):
    (tmp_path / f"a{suffix}").write_bytes(content(np.where(INSIDE[..., None], SPHERE, (0, 0, 1))))
    wanted = NormalsSettings(methods=replace(NONE, file=Files(True, tmp_path)))
    found = find_normals(PHOTO, MASK, wanted, name="a")
    assert found.method == "file"
    assert found.normals.dtype == np.float32
    assert np.abs(np.linalg.norm(found.normals, axis=2) - 1).max() < 1e-6  # three float32 roundings
    assert angles(found.normals, SPHERE)[CORE].max() < close
    assert found.height is None
    assert found.notes == ()
    assert found.record["fingerprint"] == fingerprint(found.normals)
    assert found.record["file"] == f"a{suffix}"


@pytest.mark.parametrize(
    ("dtype", "nearer"),
    [("uint8", "smaller"), ("uint16", "smaller"), ("uint16", "larger"), ("float32", "larger"), ("float64", "smaller")],
)
def test_a_sphere_s_depth_gives_a_sphere_s_normals(tmp_path, dtype, nearer):
    depth = HEIGHT / RADIUS if nearer == "larger" else 1 - HEIGHT / RADIUS
    values = 3 * depth - 5 if dtype.startswith("f") else np.round(depth * np.iinfo(dtype).max)
    (tmp_path / "a.npy").write_bytes(npy(values.astype(dtype)))
    wanted = NormalsSettings(methods=replace(NONE, depth=Files(True, tmp_path, nearer)))
    found = find_normals(PHOTO, MASK, wanted, name="a")
    assert found.method == "depth"
    # width is 79 pixels and the span stops a pixel before the rim: heights are 1.1 of the sphere's. 8 bits: steps
    assert np.median(angles(found.normals, SPHERE)[CORE]) < (6 if dtype == "uint8" else 3)
    assert (found.normals[~INSIDE] == (0, 0, 1)).all()
    given_depth = find_normals(PHOTO, MASK, wanted, given_depth=values.astype(dtype))
    assert given_depth.method == "given_depth"
    assert np.array_equal(given_depth.normals, found.normals)


def test_the_height_is_the_surface_whose_normals_these_are():
    found = find_normals(PHOTO, MASK, given_depth=-HEIGHT, settings=NormalsSettings(relief=0.5))
    z = found.height.astype(np.float64)
    slope_x, slope_y = (z[1:-1, 2:] - z[1:-1, :-2]) / 2, (z[:-2, 1:-1] - z[2:, 1:-1]) / 2
    made = np.dstack([-slope_x, -slope_y, np.ones_like(slope_x)])
    made /= np.linalg.norm(made, axis=2, keepdims=True)
    assert np.abs(made - found.normals[1:-1, 1:-1])[CORE[1:-1, 1:-1]].max() < 1e-5  # float32 heights of 40
    assert found.height.max() == pytest.approx(0.5 * 79)  # relief times the width of the mask
    assert (found.height[~INSIDE] == 0).all()
    assert (found.record["relief"], found.record["nearer"]) == (0.5, "smaller")


def test_light_from_the_upper_right_lights_the_upper_right():
    for found in (find_normals(PHOTO, MASK, given=SPHERE + 1e-9), find_normals(PHOTO, MASK, given_depth=-HEIGHT)):
        lit = found.normals @ (0.5, 0.5, 0.7)
        assert lit[60 - 20, 60 + 20] > lit[60 + 20, 60 - 20] + 0.5


def test_vectors_without_length_face_the_viewer_and_a_note_counts_them():
    broken = SPHERE.copy()
    broken[60, 55:65] = 0
    broken[0, 0] = np.nan  # outside the mask, where nobody looks
    found = find_normals(PHOTO, MASK, given=broken)
    assert (found.normals[60, 55:65] == (0, 0, 1)).all()
    assert (found.normals[~INSIDE] == (0, 0, 1)).all()
    assert found.notes == ("10 normals had no length and face the viewer now",)


def test_normals_of_another_frame_are_noted():
    found = find_normals(PHOTO, MASK, given=SPHERE * (1, 1, -1))
    assert any("face away from the viewer; z must point to the viewer" in note for note in found.notes)
    assert found.normals[60, 60, 2] < -0.9


@pytest.mark.parametrize(
    ("normals", "error", "message"),
    [
        (
            np.where(INSIDE[..., None], np.nan, SPHERE),
            GivenError,
            r"normals: vectors must be finite inside the mask and shorter than 1e154; \d+ of them",
        ),
        (np.where(INSIDE[..., None], np.inf, SPHERE), GivenError, "must be finite"),
        (1e200 * SPHERE, GivenError, "shorter than 1e154"),
        (0 * SPHERE, GivenError, "no vector inside the mask that is longer than"),
        (SPHERE[:-1], GivenError, "121x120 pixels, the photo 121x121"),
        (SPHERE[..., :2], GivenError, "needs three channels"),
        (SPHERE[..., 0], GivenError, "needs three channels"),
        (SPHERE.astype(np.float16), TypeError, "got float16"),
        (np.zeros((SIDE, SIDE, 3), np.int8), TypeError, "got int8"),
        (np.zeros((SIDE, SIDE, 3), complex), TypeError, "got complex128"),
    ],
)
def test_what_are_no_normals_is_one_clear_line(normals, error, message):
    with pytest.raises(error, match=message) as caught:
        find_normals(PHOTO, MASK, given=normals)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("depth", "error", "message"),
    [
        (np.where(CORE, np.nan, HEIGHT), GivenError, r"depth has \d+ pixels inside the mask that are not finite"),
        (np.full((SIDE, SIDE), 7, np.uint16), GivenError, "7 everywhere inside the mask, which is no relief"),
        (HEIGHT[:, :-1], GivenError, "120x121 pixels, the photo 121x121"),
        (SPHERE.astype(np.float32), GivenError, "three channels that differ"),
        (HEIGHT.astype(np.int64), TypeError, "must be uint8, uint16, float32 or float64, got int64"),
    ],
)
def test_what_is_no_depth_is_one_clear_line(depth, error, message):
    with pytest.raises(error, match=message):
        find_normals(PHOTO, MASK, given_depth=depth)


def test_depth_outside_the_mask_does_not_matter():
    plain = find_normals(PHOTO, MASK, given_depth=HEIGHT)
    for outside in (np.nan, np.inf, -1e30, 1e30):
        found = find_normals(PHOTO, MASK, given_depth=np.where(INSIDE, HEIGHT, outside))
        assert np.array_equal(found.normals, plain.normals)
        assert np.array_equal(found.height, plain.height)


def test_the_first_method_with_an_answer_answers(tmp_path):
    (tmp_path / "n").mkdir()
    (tmp_path / "d").mkdir()
    (tmp_path / "n" / "a.npy").write_bytes(npy(SPHERE + 1e-9))
    (tmp_path / "d" / "a.npy").write_bytes(npy(HEIGHT))
    (tmp_path / "d" / "b.npy").write_bytes(npy(HEIGHT))
    wanted = NormalsSettings(methods=NormalsMethods(file=Files(True, "n"), depth=Files(True, "d", "larger")))
    flat = np.broadcast_to(np.array([0.0, 0, 1]), PHOTO.shape)

    def method(**options):
        return find_normals(PHOTO, MASK, wanted, root=tmp_path, **options).method

    assert method(given=flat, given_depth=HEIGHT, name="a") == "given"
    assert method(given_depth=HEIGHT, name="a") == "given_depth"
    assert method(name="a") == "file"
    assert method(name="b") == "depth"
    off = replace(wanted, methods=replace(wanted.methods, inflation=Inflation(enabled=False)))
    with pytest.raises(NoNormalsError, match="file, depth have no answer; give them, or enable inflation"):
        find_normals(PHOTO, MASK, off, name="c", root=tmp_path)


def test_masks_that_cannot_have_normals():
    with pytest.raises(ValueError, match="the mask is empty"):
        find_normals(PHOTO, np.zeros_like(MASK), given=SPHERE)
    with pytest.raises(GivenError, match="mask has 120x121 pixels"):
        find_normals(PHOTO, MASK[:, :-1], given=SPHERE)
    with pytest.raises(TypeError, match="mask must be"):
        find_normals(PHOTO, INSIDE, given=SPHERE)


def test_an_inflated_disc_is_a_hemisphere_and_flatter_with_less_relief():
    wanted = NormalsSettings(methods=NormalsMethods(inflation=Inflation(detail=0.0)))
    found = find_normals(PHOTO, MASK, wanted)
    assert found.method == "inflation"
    assert found.notes == (PLAUSIBLE,)
    assert np.median(angles(found.normals, SPHERE)[CORE]) < 1.5  # a disc of pixels is up to a pixel larger
    assert (found.normals[~INSIDE] == (0, 0, 1)).all()
    assert found.height.max() == pytest.approx(RADIUS, abs=1)
    flatter = find_normals(PHOTO, MASK, replace(wanted, relief=0.25))
    assert np.allclose(flatter.height, found.height / 2)
    assert flatter.normals[..., 2][CORE].min() > found.normals[..., 2][CORE].min()


def test_detail_of_the_photo_is_relief_and_a_flat_photo_has_none():
    flat, detailed = (NormalsSettings(methods=NormalsMethods(inflation=Inflation(detail=d))) for d in (0.0, 1.0))
    assert np.allclose(find_normals(PHOTO, MASK, flat).height, find_normals(PHOTO, MASK, detailed).height, atol=1e-3)
    waves = np.repeat((120 + 60 * np.sin(X / 3.0))[..., None], 3, axis=2).astype(np.uint8)
    rough = find_normals(waves, MASK, detailed).normals
    assert np.abs(np.diff(rough[60, 40:80, 0])).mean() > 2 * np.abs(np.diff(SPHERE[60, 40:80, 0])).mean()


def test_a_mask_that_covers_the_picture_is_no_balloon():
    full = np.full_like(MASK, 255)
    found = find_normals(PHOTO, full)
    assert "not inflated; only relief is left" in found.notes[1]
    assert np.allclose(found.normals, (0, 0, 1), atol=1e-3)


def test_a_mask_that_is_soft_everywhere_has_normals():
    soft = MASK // 4
    for found in (find_normals(PHOTO, soft), find_normals(PHOTO, soft, given_depth=HEIGHT)):
        assert np.isfinite(found.normals).all()
        assert (found.normals[~INSIDE] == (0, 0, 1)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32))
def test_any_codes_become_unit_vectors(rows, cols, seed):
    rng = np.random.default_rng(seed)
    dtype = rng.choice([np.uint8, np.uint16])
    codes = rng.integers(0, np.iinfo(dtype).max + 1, (rows, cols, 3)).astype(dtype)
    mask = rng.choice([0, 1, 255], (rows, cols)).astype(np.uint8)
    mask[0, 0] = 255
    found = find_normals(np.zeros((rows, cols, 3), np.uint8), mask, given=codes).normals
    assert np.abs(np.linalg.norm(found, axis=2) - 1).max() < 1e-6
    exact = codes.astype(float) * 2 / np.iinfo(dtype).max - 1
    exact /= np.linalg.norm(exact, axis=2, keepdims=True)
    assert np.abs(found - exact)[mask > 0].max() < 1e-6
