"""The ladder: nothing unsafe ever reaches a photo, and every refusal says why."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.lenses import BrownConrady, Division, KannalaBrandt, Poly3, PTLens
from pixkern.pipelines.lens.ladder import choose, towards
from pixkern.pipelines.lens.prediction import Evidence, Prediction
from pixkern.pipelines.lens.safety import (
    Measurement,
    Thresholds,
    half_diagonal,
    measure,
    reasons_against,
    reasons_against_evidence,
)
from pixkern.warp import coordinate_map

SIZE = (320, 240)
UNIT = 200.0  # half the diagonal of SIZE
MIDDLE = (159.5, 119.5)
SAFE = Measurement(
    determinant_min=0.8,
    determinant_p1=0.85,
    determinant_p50=1.0,
    determinant_p99=1.1,
    determinant_max=1.2,
    anisotropy_p99=1.1,
    folded_fraction=0.0,
    monotone=True,
    out_of_bounds_fraction=0.0,
    displacement_max=0.05,
    displacement_mean_px=5.0,
    residual_max=0.0,
    residual_share=0.0,
    residual_gradient_max=0.0,
    non_finite=0,
)
EVIDENCE = Evidence(
    lines=20, length=12.0, peak_margin=0.3, deviation=0.01, straightness_before=1.0, straightness_after=0.2
)


def brown(*radial, **rest):
    return BrownConrady(UNIT, MIDDLE, radial, size=SIZE, **rest)


def flow(scale, seed=0):
    return (scale * np.random.default_rng(seed).uniform(-1, 1, (5, 6, 2))).astype(np.float32)


def chosen(prediction, crop="valid", limits=None):
    return choose(prediction, SIZE, crop=crop, limits=limits or Thresholds())


def folds(positions):
    """Whether any cell of pixel positions is turned over, by the signs of its triangles' areas."""
    right, down = np.diff(positions, axis=1)[:-1], np.diff(positions, axis=0)[:, :-1]
    return bool(((right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]) <= 0).any())


BROKEN = {
    "determinant_min": (0.1, "determinant min"),
    "determinant_p1": (0.3, "determinant p1"),
    "determinant_max": (5.0, "determinant max"),
    "anisotropy_p99": (3.0, "anisotropy"),
    "folded_fraction": (0.001, "folded"),
    "monotone": (False, "stops growing"),
    "out_of_bounds_fraction": (0.2, "out-of-bounds"),
    "displacement_max": (0.3, "displacement"),
    "residual_max": (0.02, "residual max"),
    "residual_gradient_max": (0.5, "residual gradient"),
    "non_finite": (1, "not finite"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_limit_that_is_broken_is_the_one_reason(name):
    value, told = BROKEN[name]
    assert reasons_against(SAFE, Thresholds()) == ()
    reasons = reasons_against(replace(SAFE, **{name: value}), Thresholds())
    assert len(reasons) == 1
    assert told in reasons[0]


LIMITED = sorted(BROKEN.keys() - {"monotone", "non_finite"})  # the floats with a limit of their own


@pytest.mark.parametrize("name", LIMITED)
def test_a_measurement_that_is_no_number_is_never_safe(name):
    assert reasons_against(replace(SAFE, **{name: float("nan")}), Thresholds())


def test_a_residual_may_not_outweigh_the_lens():
    loud = replace(SAFE, residual_max=0.005, residual_share=0.8)
    assert "residual max / lens displacement max" in reasons_against(loud, Thresholds())[0]
    tiny = replace(SAFE, residual_max=0.0005, residual_share=9.0)  # below the floor its share says nothing
    assert reasons_against(tiny, Thresholds()) == ()


def test_measured_lenses_may_bend_but_not_fold():
    limits = Thresholds.measured()
    bent = replace(SAFE, displacement_max=0.9, determinant_max=50.0, anisotropy_p99=9.0, out_of_bounds_fraction=0.3)
    assert reasons_against(bent, limits) == ()
    assert reasons_against(replace(SAFE, folded_fraction=0.01), limits)
    assert reasons_against(replace(SAFE, monotone=False), limits)


@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_a_threshold_that_is_no_limit_is_refused(value):
    with pytest.raises(ValueError, match="residual_max"):
        Thresholds(residual_max=value)


@pytest.mark.parametrize("lens", [brown(-0.2, 0.05), brown(0.08), brown(-0.1, tangential=(0.01, -0.02))])
def test_the_measurement_is_what_a_pixelwise_count_finds(lens):
    found = measure(lens, SIZE)
    positions = lens.map(np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=-1))
    moved = np.hypot(*(positions - np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=-1)).T)
    outside = ~((positions >= 0) & (positions <= np.array(SIZE) - 1)).all(axis=-1)
    jacobians = lens.jacobian(np.stack(np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1])), axis=-1))
    determinants = np.linalg.det(jacobians)
    assert found.displacement_max == pytest.approx(moved.max() / UNIT, rel=1e-9)  # both at the corner pixels
    assert found.displacement_mean_px == pytest.approx(moved.mean(), rel=0.02)  # a lattice of 192 x 192 points
    assert found.out_of_bounds_fraction == pytest.approx(outside.mean(), abs=0.01)  # lattice, as above
    assert found.determinant_min == pytest.approx(determinants.min(), rel=1e-3)  # extremes lie on or near the edge
    assert found.determinant_p50 == pytest.approx(np.median(determinants), rel=0.01)  # lattice, as above


def test_a_measurement_does_not_depend_on_the_crop_but_out_of_bounds_does():
    prediction = Prediction(brown(0.04), "test")
    by_crop = {
        crop: chosen(prediction, crop, Thresholds.measured()).report.used.measurement
        for crop in ("valid", "keep-all", "same-size")
    }
    assert len({found.determinant_min for found in by_crop.values()}) == 1
    assert by_crop["valid"].out_of_bounds_fraction == 0
    assert by_crop["same-size"].out_of_bounds_fraction > 0
    assert by_crop["keep-all"].out_of_bounds_fraction > 0


def test_a_good_prediction_stands_on_the_first_rung():
    assert chosen(Prediction(brown(-0.1, 0.01), "test", residual=flow(0.5))).status == "hybrid"
    assert chosen(Prediction(brown(-0.1, 0.01), "test")).status == "param_only"


@pytest.mark.parametrize(
    ("residual", "told"),
    [
        (flow(30.0), "residual max"),
        (np.full((5, 6, 2), np.nan, np.float32), "the residual is not finite"),
        (np.full((5, 6, 2), np.inf, np.float32), "the residual is not finite"),
    ],
)
def test_a_bad_residual_costs_only_itself(residual, told):
    choice = chosen(Prediction(brown(-0.1, 0.01), "test", residual=residual))
    assert choice.status == "param_only"
    assert choice.framing.residual is None
    assert [step.status for step in choice.report.steps] == ["hybrid", "param_only"]
    assert any(told in reason for reason in choice.report.reasons)


def test_an_unsafe_lens_is_shrunk_just_so_far_that_it_is_safe():
    lens = brown(-0.45, 0.02)
    choice = chosen(Prediction(lens, "test"))
    assert choice.status == "param_only_conservative"
    scale = choice.report.used.scale
    assert 0 < scale < 1
    assert choice.framing.lens.radial[0] == pytest.approx(-0.45 * scale, rel=1e-12)
    more = chosen(Prediction(towards(lens, None, scale + 1.01 / 256), "test"))
    assert more.status != "param_only"  # the next step of the bisection is not safe


def test_an_unsafe_lens_is_shrunk_towards_its_prior():
    prior = brown(-0.05)
    choice = chosen(Prediction(brown(-0.6, -0.2), "test", prior=prior))
    scale = choice.report.used.scale
    assert choice.status == "param_only_conservative"
    assert choice.framing.lens.radial[0] == pytest.approx(-0.05 + scale * -0.55, rel=1e-12)


def test_an_unsafe_prior_leaves_the_identity():
    choice = chosen(Prediction(brown(-3.0), "test", prior=brown(-2.0)))
    assert choice.status == "identity"
    assert choice.framing is None
    assert [step.status for step in choice.report.steps] == ["param_only", "param_only_conservative", "identity"]


def test_a_prior_of_another_model_is_a_reason_and_no_error():
    choice = chosen(Prediction(brown(-0.9), "test", prior=Division(UNIT, MIDDLE)))
    assert choice.status == "identity"
    assert "cannot move towards a prior of model Division" in choice.report.reasons[-1]


def test_a_fisheye_that_is_unsafe_for_an_estimate_is_not_shrunk():
    choice = chosen(Prediction(KannalaBrandt(80, MIDDLE), "test"))
    assert choice.status == "identity"
    assert "has no undistorted member" in choice.report.reasons[-1]


def test_hardly_any_correction_is_no_correction():
    choice = chosen(Prediction(brown(-40.0), "test"))
    assert choice.status == "identity"
    assert any("of the correction is safe" in reason for reason in choice.report.reasons)


@pytest.mark.parametrize(
    ("prediction", "told"),
    [
        (Prediction(None, "test", reasons=("nothing found",)), "nothing found"),
        (Prediction(brown(-0.1), "test", accepted=False), "does not trust"),
        (Prediction(brown(-0.1), "test", accepted=False, reasons=("3 lines are too few",)), "3 lines are too few"),
        (
            Prediction(brown(-0.1), "test", evidence=replace(EVIDENCE, straightness_after=1.1)),
            "lines get less straight",
        ),
    ],
)
def test_what_is_not_believed_leaves_the_identity_and_its_reason(prediction, told):
    choice = chosen(prediction)
    assert choice.status == "identity"
    assert any(told in reason for reason in choice.report.reasons)


def test_evidence_may_worsen_by_rounding_only():
    limits = Thresholds()
    assert reasons_against_evidence(replace(EVIDENCE, straightness_after=1.019), limits) == ()
    assert reasons_against_evidence(replace(EVIDENCE, straightness_after=1.021), limits)
    assert reasons_against_evidence(replace(EVIDENCE, straightness_after=float("nan")), limits)
    assert reasons_against_evidence(None, limits) == ()


def test_only_a_frame_of_the_same_size_may_be_too_empty():
    prediction = Prediction(brown(0.15), "test")
    assert chosen(prediction, "keep-all", Thresholds(out_of_bounds_max=0.0)).status == "param_only"
    assert chosen(prediction, "valid", Thresholds(out_of_bounds_max=0.0)).status == "param_only"
    shrunk = chosen(prediction, "same-size")
    assert shrunk.status == "param_only_conservative"
    assert shrunk.report.used.measurement.out_of_bounds_fraction <= Thresholds().out_of_bounds_max


def test_keep_all_of_a_lens_that_does_not_reach_the_corners_is_refused_with_its_reason():
    choice = chosen(Prediction(brown(-0.2), "test"), "keep-all", Thresholds.measured())
    assert choice.status == "param_only_conservative"
    assert "beyond what the lens maps" in choice.report.reasons[0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-2000, 2000).map(lambda n: n / 1000), min_size=1, max_size=3),
    st.lists(st.integers(-300, 300).map(lambda n: n / 1000), min_size=2, max_size=2),
    st.sampled_from([None, 0.5, 5.0, 50.0]),
    st.sampled_from(["valid", "keep-all", "same-size"]),
    st.booleans(),
)
def test_no_prediction_whatever_folds_a_photo(radial, tangential, loudness, crop, measured):
    lens = brown(*radial, tangential=tuple(tangential))
    residual = None if loudness is None else flow(loudness)
    limits = Thresholds.measured() if measured else Thresholds()
    choice = chosen(Prediction(lens, "test", residual=residual), crop, limits)
    assert choice.report.safe
    assert all(step.reasons for step in choice.report.steps[:-1])
    json.dumps(choice.report.as_dict(), allow_nan=False)
    if choice.framing is not None:
        positions = coordinate_map(choice.framing.lens, SIZE, residual=choice.framing.residual)
        assert np.isfinite(positions).all()
        assert not folds(positions)
        if crop == "valid":
            assert ((positions >= -1e-6) & (positions <= np.array(SIZE) - 1 + 1e-6)).all()  # what a position is worth


@pytest.mark.parametrize(
    "lens",
    [
        brown(-0.2, 0.1, tangential=(0.01, 0.02)),
        Division(UNIT, MIDDLE, radial=(0.2,)),
        PTLens(UNIT, MIDDLE, coefficients=(0.01, 0.02, -0.03)),
        Poly3(UNIT, MIDDLE, coefficient=0.05),
        brown(-0.2).inverted(),
    ],
)
def test_towards_runs_from_the_undistorted_lens_to_the_lens(lens):
    points = np.random.default_rng(0).random((50, 2)) * SIZE
    assert np.abs(towards(lens, None, 0.0).map(points) - points).max() < 1e-9  # pixels: rounding only
    assert towards(lens, None, 1.0) == lens


def test_towards_keeps_the_cameras_apart_from_the_prior():
    lens = brown(-0.2).with_view(150, MIDDLE)
    assert towards(lens, None, 0.5).view == lens.view
    between = towards(BrownConrady(220, MIDDLE, (-0.2,)), BrownConrady(200, MIDDLE, (-0.1,)), 0.5)
    assert between.focal == (210, 210)
    assert between.radial[0] == pytest.approx(-0.15, rel=1e-12)


def test_the_report_is_plain_json():
    report = chosen(Prediction(brown(-5.0), "test", residual=flow(1e9)), limits=Thresholds.measured()).report
    told = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert told["safe"] is True
    assert told["status"] == told["steps"][-1]["status"]
    assert told["thresholds"]["displacement_max"] is None


def test_half_diagonal_is_the_unit_of_lengths():
    assert half_diagonal(SIZE) == UNIT
