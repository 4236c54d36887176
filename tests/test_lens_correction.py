"""One photo: the warp of its lens and nothing else, points and masks through the same map, or the photo itself."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.demo import boards
from pixkern.lenses import BrownConrady, Chromatic, Division, KannalaBrandt, Profile, Vignetting, load_profile, save
from pixkern.pipelines._orientation import turn_back, turn_upright
from pixkern.pipelines.files import decode_image
from pixkern.pipelines.lens import MeasuredLens, Thresholds, correct
from pixkern.pipelines.lens.calibration import board_lines, find_corners
from pixkern.pipelines.lens.line_fit import straightness
from pixkern.pipelines.lens.prediction import Prediction
from pixkern.pipelines.lens.predictors import LensFile, resolve
from pixkern.pipelines.lens.vignetting import remove_vignetting
from pixkern.warp import coordinate_map, warp

SIZE = (96, 64)
UNIT = float(np.hypot(*SIZE) / 2)
MIDDLE = (47.5, 31.5)
BARREL = BrownConrady(UNIT, MIDDLE, (-0.12, 0.01), size=SIZE)
PINCUSHION = BrownConrady(UNIT, MIDDLE, (0.06,), (0.002, -0.001), size=SIZE)
CROPS = ("valid", "keep-all", "same-size")


def photo(channels=3, dtype=np.uint8, seed=0):
    """Smooth enough that interpolation is no question, and different in every channel."""
    x, y = np.meshgrid(np.linspace(0, 4, SIZE[0]), np.linspace(0, 3, SIZE[1]))
    phase = np.random.default_rng(seed).random((2, channels)) * 6
    waves = 0.5 + 0.25 * np.sin(x[..., None] + phase[0]) + 0.2 * np.cos(y[..., None] * 1.3 + phase[1])
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (waves * full).astype(dtype)


def ramp():
    """An image whose every pixel holds its own position."""
    return np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=-1).astype(np.float32)


def with_residual(lens=BARREL, scale=0.3):
    residual = (scale * np.random.default_rng(5).uniform(-1, 1, (5, 7, 2))).astype(np.float32)
    return lambda image: Prediction(lens, "test", residual=residual)


def refused(image):
    return Prediction(None, "test", accepted=False, reasons=("no lines",))


def test_the_identity_is_the_photo_itself():
    image = photo()
    done = correct(image, predictor=refused)
    assert done.image is image
    assert done.status == "identity"
    assert done.lens is done.camera is done.residual is done.alpha is None
    assert done.safety.reasons == ("param_only: no lines",)
    points = np.random.default_rng(0).random((4, 5, 2)) * 50
    assert np.array_equal(done.map_points(points), points)
    assert np.array_equal(done.unmap_points(points), points)
    mask = np.eye(*SIZE[::-1], dtype=bool)
    assert done.correct_mask(mask) is mask
    assert done.redistort(image) is image


@pytest.mark.parametrize("crop", CROPS)
def test_a_lens_without_distortion_returns_the_same_pixels(crop):
    image = photo()
    done = correct(image, predictor=BrownConrady(UNIT, MIDDLE), crop=crop)
    assert done.status == "param_only"
    assert np.array_equal(done.image[..., :3], image)
    if crop == "keep-all":
        assert (done.image[..., 3] == 255).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("crop", ["valid", "same-size"])
def test_a_corrected_photo_is_its_warp_in_shape_and_kind(dtype, channels, crop):
    image = photo(channels or 1, dtype)
    image = image[..., 0] if channels is None else image
    done = correct(image, predictor=PINCUSHION, crop=crop)
    border = {"valid": "reflection", "same-size": "zeros"}[crop]
    assert done.image.dtype == dtype
    assert np.array_equal(done.image, warp(image, done.lens, interpolation="lanczos4", border=border))


def test_the_camera_is_the_one_the_lens_sees_through():
    done = correct(photo(), predictor=BARREL, crop="valid")
    assert done.lens.view.focal == done.camera.focal
    assert done.lens.view.center == done.camera.center
    assert done.camera.matrix.tolist() == [
        [done.camera.focal[0], 0, done.camera.center[0]],
        [0, done.camera.focal[1], done.camera.center[1]],
        [0, 0, 1],
    ]


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize("predictor", [BARREL, PINCUSHION, with_residual(), BARREL.inverted()])
def test_points_go_the_way_of_the_pixels(predictor, crop):
    done = correct(photo(), predictor=predictor, crop=crop)
    assert done.status != "identity"
    positions = coordinate_map(done.lens, SIZE, residual=done.residual)
    assert np.abs(done.unmap_points(ramp()) - positions).max() < 1e-5  # float32 of a residual below 1 px, and 4e-7
    inside = ((positions >= 0) & (positions <= np.array(SIZE) - 1)).all(axis=-1)
    assert np.abs(done.map_points(positions) - ramp())[inside].max() < 2e-5  # as above, through the inverse


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((4, 3)), 5.0])
def test_points_of_another_shape_are_refused(bad):
    with pytest.raises(ValueError, match="points need shape"):
        correct(photo(), predictor=BARREL).map_points(bad)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int32, np.int64, np.float64])
@pytest.mark.parametrize("predictor", [PINCUSHION, with_residual()])
def test_a_mask_is_the_nearest_label_of_any_kind(dtype, predictor):
    labels = np.random.default_rng(1).integers(0, 2**14, SIZE[::-1]).astype(dtype)
    done = correct(photo(), predictor=predictor, crop="same-size")
    found = done.correct_mask(labels)
    positions = coordinate_map(done.lens, SIZE, residual=done.residual)
    clear = (np.abs(positions - np.floor(positions) - 0.5) > 1e-4).all(axis=-1)  # not just between two pixels
    x, y = np.rint(positions).astype(int).transpose(2, 0, 1)
    inside = (x >= 0) & (x < SIZE[0]) & (y >= 0) & (y < SIZE[1])
    expected = np.where(inside, labels[y.clip(0, SIZE[1] - 1), x.clip(0, SIZE[0] - 1)], 0).astype(dtype)
    assert found.dtype == labels.dtype
    assert np.array_equal(found[clear], expected[clear])
    assert clear.mean() > 0.99


def test_masks_of_several_channels_keep_them():
    labels = np.random.default_rng(2).integers(0, 9, (*SIZE[::-1], 3)).astype(np.int32)
    done = correct(photo(), predictor=BARREL)
    found = done.correct_mask(labels)
    assert all(np.array_equal(found[..., c], done.correct_mask(labels[..., c])) for c in range(3))


def test_a_mask_of_another_size_or_of_objects_is_refused():
    done = correct(photo(), predictor=BARREL)
    with pytest.raises(ValueError, match="96x64"):
        done.correct_mask(np.zeros((64, 95), np.uint8))
    with pytest.raises(TypeError, match="plain dtype"):
        done.correct_mask(np.zeros((64, 96), object))


@pytest.mark.parametrize("predictor", [BARREL, PINCUSHION, with_residual(), with_residual(PINCUSHION)])
def test_redistort_brings_every_pixel_back_to_where_it_was(predictor):
    done = correct(photo(), predictor=predictor, crop="keep-all")
    where = warp(ramp(), done.lens, residual=done.residual, border="border")
    back = done.redistort(where, interpolation="bilinear", border="border")
    inner = (slice(4, -4), slice(4, -4))  # the edge of the photo is a kink in `where`
    assert np.abs(back - ramp())[inner].max() < 0.05  # bilinear in curved fields; a wrong map is off by pixels


def test_keep_all_says_with_alpha_where_the_photo_is():
    done = correct(photo(), predictor=PINCUSHION, crop="keep-all")
    positions = coordinate_map(done.lens, SIZE)
    room = np.minimum(positions, np.array(SIZE) - 1 - positions).min(axis=-1)
    assert done.image.shape == (64, 96, 4)
    assert np.array_equal(done.image[..., 3], done.alpha)
    assert (done.alpha[room >= 0] == 255).all()
    assert (done.alpha[room <= -1] == 0).all()
    between = (room > -1) & (room < -0.01)  # closer than 1/510 of a pixel rounds to full
    assert between.any()
    assert (done.alpha[between] < 255).all()


@pytest.mark.parametrize("channels", [2, 4])
def test_keep_all_multiplies_its_alpha_into_the_photo_s(channels):
    image = photo(channels)
    image[..., -1] = 100
    done = correct(image, predictor=PINCUSHION, crop="keep-all")
    assert done.image.shape == image.shape
    assert np.array_equal(done.image[..., -1], np.rint(done.alpha / 255 * 100))


def test_keep_all_of_floats_gives_the_alpha_beside_the_image():
    image = photo(3, np.float32)
    done = correct(image, predictor=PINCUSHION, crop="keep-all")
    assert done.image.shape == image.shape
    assert done.alpha.dtype == np.float32
    assert (done.alpha.min(), done.alpha.max()) == (0, 1)


def test_the_same_bits_for_every_number_of_threads():
    image = np.tile(photo(), (12, 12, 1))
    unit = UNIT * 12
    lens = BrownConrady(unit, (575.5, 383.5), (-0.1, 0.02))
    found = [correct(image, predictor=lens, threads=threads).image for threads in (1, 2, 3)]
    assert all(np.array_equal(found[0], other) for other in found[1:])


def test_the_metadata_are_json_and_hold_a_lens_file(tmp_path):
    profile = Profile(BARREL, Chromatic(UNIT, MIDDLE, (1.001, 0, 0)), Vignetting(UNIT, MIDDLE, (-0.2,)))
    done = correct(photo(), predictor=profile)
    told = json.loads(json.dumps(done.metadata, allow_nan=False))
    assert told["status"] == "param_only"
    assert told["safety"]["safe"] is True
    path = tmp_path / "lens.json"
    path.write_text(json.dumps(told["lens"]))
    read = load_profile(path)
    assert read.lens == done.lens
    assert read.chromatic == profile.chromatic
    assert read.vignetting == profile.vignetting


def test_colour_fringes_are_taken_out_of_colours_only():
    chromatic = Chromatic(UNIT, MIDDLE, (1.01, 0, 0), (0.99, 0, 0))
    image = photo(4)
    done = correct(image, predictor=Profile(BARREL, chromatic))
    expected = warp(image, done.lens, chromatic=chromatic, interpolation="lanczos4", border="reflection")
    assert np.array_equal(done.image, expected)
    grey = correct(image[..., 0], predictor=Profile(BARREL, chromatic))
    assert np.array_equal(grey.image, warp(image[..., 0], done.lens, interpolation="lanczos4", border="reflection"))


def fall_off(vignetting):
    r2 = (((ramp().astype(np.float64) - vignetting.center) / vignetting.unit) ** 2).sum(axis=-1)
    k1, k2, k3 = vignetting.coefficients
    return 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [None, 2, 3, 4])
def test_vignetting_is_divided_out_of_linear_light(dtype, channels):
    vignetting = Vignetting(UNIT, MIDDLE, (-0.5, 0.2, -0.05))
    image = photo(channels or 1, dtype)
    image = image[..., 0] if channels is None else image
    found = remove_vignetting(image, vignetting)
    gain = fall_off(vignetting)
    for c in range(channels or 1):
        plane, result = (a if channels is None else a[..., c] for a in (image, found))
        if channels in (2, 4) and c == channels - 1:
            assert np.array_equal(result, plane)  # alpha
        elif dtype == np.float32:
            assert np.abs(result - plane / gain).max() <= 1e-7 * 2  # one rounding to float32 below 2
        else:
            full = np.iinfo(dtype).max
            code = plane / full
            light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4) / gain
            coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
            assert np.abs(result - np.minimum(coded, 1) * full).max() <= 0.5 + 1e-6  # rounded to nearest


def test_vignetting_is_removed_before_the_warp_and_only_on_request():
    vignetting = Vignetting(UNIT, MIDDLE, (-0.5,))
    image = photo()
    done = correct(image, predictor=Profile(BARREL, None, vignetting))
    bright = remove_vignetting(image, vignetting)
    assert np.array_equal(done.image, warp(bright, done.lens, interpolation="lanczos4", border="reflection"))
    plain = correct(image, predictor=Profile(BARREL, None, vignetting), vignetting=False)
    assert np.array_equal(plain.image, warp(image, done.lens, interpolation="lanczos4", border="reflection"))
    assert plain.metadata["lens"]["vignetting"] is None


def test_a_profile_that_leaves_no_light_is_an_error():
    with pytest.raises(ValueError, match="leaves -0"):
        correct(photo(), predictor=Profile(BARREL, None, Vignetting(UNIT / 2, MIDDLE, (-0.5,))))


def test_a_lens_is_scaled_to_the_photo_and_refused_for_another_shape():
    double = BARREL.scaled((192, 128))
    assert np.array_equal(correct(photo(), predictor=double).image, correct(photo(), predictor=BARREL).image)
    with pytest.raises(ValueError, match="other proportions"):
        correct(photo(), predictor=BrownConrady(50, (32, 32), (-0.1,), size=(65, 65)))


@pytest.mark.parametrize("suffix", [".json", ".yml", ".xml"])
def test_a_lens_file_is_a_predictor(tmp_path, suffix):
    path = tmp_path / f"lens{suffix}"
    save(path, BARREL)
    for named in (path, str(path)):
        done = correct(photo(), predictor=named)
        assert done.prediction.source == f"file:lens{suffix}"
        assert np.array_equal(done.image, correct(photo(), predictor=BARREL).image)


def test_a_changed_lens_file_is_read_again(tmp_path):
    path = tmp_path / "lens.json"
    save(path, BARREL)
    predict = resolve(path)
    before = predict(photo()).lens
    save(path, BrownConrady(UNIT, MIDDLE, (-0.05, 0.001), size=SIZE))
    assert predict(photo()).lens != before


def test_a_lens_file_is_checked_apart_from_the_photos(tmp_path):
    path = tmp_path / "lens.json"
    save(path, BARREL)
    predict = LensFile(path)
    predict.check((50, 50))  # a photo the lens is not for: not the file's fault
    assert predict.fits((192, 128))
    assert not predict.fits((50, 50))
    path.write_text("{")
    with pytest.raises(ValueError, match=r"lens\.json"):
        predict.check((96, 64))


def test_what_is_no_predictor_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no file"):
        correct(photo(), predictor="plumb")
    with pytest.raises(TypeError, match="predictor must be"):
        correct(photo(), predictor=5)
    with pytest.raises(TypeError, match="must return a Prediction"):
        correct(photo(), predictor=lambda image: BARREL)
    with pytest.raises(ValueError, match="only lens files have options"):
        resolve(BARREL, camera="x")


def test_measured_lenses_have_limits_of_their_own():
    wide = KannalaBrandt(30, MIDDLE, coefficients=(0.02,))
    assert correct(photo(), predictor=wide).status == "param_only"
    assert correct(photo(), predictor=wide, thresholds=Thresholds()).status == "identity"
    assert correct(photo(), predictor=lambda image: Prediction(wide, "a guess")).status == "identity"


def test_a_folding_lens_costs_the_correction_and_says_so():
    done = correct(photo(), predictor=BrownConrady(UNIT, MIDDLE, (-0.9,)), crop="same-size")
    assert done.status == "param_only_conservative"
    assert "stops growing" in done.safety.reasons[0]
    hopeless = correct(photo(), predictor=KannalaBrandt(60, MIDDLE, coefficients=(-9.0,)), crop="same-size")
    assert hopeless.status == "identity"


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (1, 1, 3), (1, 40, 4)])
def test_a_photo_of_one_row_is_left_as_it_is(shape):
    image = np.zeros(shape, np.uint8)
    done = correct(image, predictor=BARREL)
    assert done.image is image
    assert "show no distortion" in done.safety.reasons[0]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.sampled_from(CROPS), st.floats(-0.3, 0.3))
def test_small_photos_are_corrected_or_left_but_never_break(width, height, crop, k1):
    image = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    k1 = round(k1, 3)
    lens = BrownConrady(np.hypot(width, height) / 2, ((width - 1) / 2, (height - 1) / 2), (k1,))
    done = correct(image, predictor=lens, crop=crop)
    assert done.image.shape[:2] == (height, width)
    assert done.safety.safe


@pytest.mark.parametrize(
    ("image", "kind", "told"),
    [
        (np.zeros((4, 4), np.int32), TypeError, "uint8 or uint16 or float32"),
        (np.zeros((4, 4), np.float64), TypeError, "float32"),
        (np.zeros((0, 4), np.uint8), ValueError, "empty"),
        (np.zeros((4, 4, 5), np.uint8), ValueError, "1 to 4 channels"),
        (np.zeros((2, 4, 4, 3), np.uint8), ValueError, "axes"),
        ([[1, 2]], TypeError, "NumPy array"),
    ],
)
def test_what_is_no_image_is_refused(image, kind, told):
    with pytest.raises(kind, match=told):
        correct(image, predictor=BARREL)


@pytest.mark.parametrize("option", ["crop", "interpolation", "border"])
def test_an_unknown_option_is_refused_even_if_nothing_is_corrected(option):
    with pytest.raises(ValueError, match=f"{option} must be one of"):
        correct(photo(), predictor=refused, **{option: "best"})


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_back_and_upright_are_opposites(orientation):
    image = photo()
    assert np.array_equal(turn_upright(turn_back(image, orientation), orientation), image)
    assert np.array_equal(turn_back(turn_upright(image, orientation), orientation), image)


def test_auto_straightens_a_photo_with_lines_and_leaves_one_without():
    board = decode_image(boards()["left12.jpg"]).pixels
    corners = find_corners(board)
    done = correct(board)
    assert done.status == "param_only"
    assert done.prediction.evidence.lines > 20
    before, after = (straightness(board_lines(points)) for points in (corners, done.map_points(corners)))
    assert after < 0.5 * before  # 0.22 of 0.79 px; a lens of the wrong sign doubles it
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    assert correct(noise).image is noise


def test_measured_lenses_compare_by_what_they_hold():
    assert MeasuredLens(Profile(BARREL)) == MeasuredLens(Profile(BARREL))
    assert MeasuredLens(Profile(BARREL)) != MeasuredLens(Profile(Division(UNIT, MIDDLE)))
