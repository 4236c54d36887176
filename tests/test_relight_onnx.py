"""ONNX models as settings describe them: what goes in, what comes out, and what is no answer."""

import hashlib

import numpy as np
import pytest
from relight_models import channel_mean, constant, onnx_model

from pixkern import BackendUnavailable
from pixkern.pipelines.relight.albedos import find_albedo
from pixkern.pipelines.relight.masks import ModelError, find_mask
from pixkern.pipelines.relight.models import ask, plane
from pixkern.pipelines.relight.normals import find_normals
from pixkern.pipelines.relight.settings import (
    AlbedoMethods,
    AlbedoSettings,
    MaskMethods,
    MaskSettings,
    NormalsMethods,
    NormalsSettings,
    OnnxModel,
)

pytest.importorskip("onnx", reason="needs onnx to make models; pip install 'pixkern[test]'")
pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")

PHOTO = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
UNIT = PHOTO / 255
SIZE = (12, 8)
CLOSE = 1e-6  # float32 sums of three numbers below 1
EVERYWHERE = np.full((8, 12), 255, np.uint8)


def described(path, **settings):
    return OnnxModel(enabled=True, model=path, **({"size": SIZE} | settings))


def as_mask(path, *, refine=False, root=None, **settings):
    wanted = MaskSettings(methods=MaskMethods(onnx=described(path, **settings)), refine=refine)
    return find_mask(PHOTO, wanted, root=root)


@pytest.mark.parametrize(("layout", "shape", "axis"), [("nchw", (1, 3, 8, 12), 1), ("nhwc", (1, 8, 12, 3), 3)])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_the_model_sees_the_photo_as_the_settings_say(tmp_path, layout, shape, axis, order):
    path = onnx_model(
        tmp_path / "a.onnx",
        [("Mul", ["photo", "weights"], "parts", {}), ("ReduceSum", ["parts", "axis"], "answer", {"keepdims": 1})],
        shape,
        values={
            "weights": np.array([1, 10, 100], np.float32).reshape([3 if n == axis else 1 for n in range(4)]),
            "axis": np.array([axis]),
        },
    )
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.25, 2.0)
    found = ask(PHOTO, described(path, layout=layout, order=order, mean=mean, std=std))
    channels = (UNIT - mean) / std  # by colour, whatever the order in which the model wants them
    expected = channels[..., :: -1 if order == "bgr" else 1] @ [1, 10, 100]
    assert found.values.shape == (8, 12, 1)
    assert np.abs(found.values[..., 0] - expected).max() < 1e-3  # float32 at 400: 3e-5, thrice, over a std of 0.25


def test_8_and_16_bit_photos_look_alike_to_a_model(tmp_path):
    path = channel_mean(tmp_path / "a.onnx")
    eight, sixteen = (ask(one, described(path)).values for one in (PHOTO, PHOTO.astype(np.uint16) * 257))
    assert np.abs(eight - sixteen).max() < CLOSE
    assert np.abs(eight[..., 0] - UNIT.mean(axis=2)).max() < CLOSE


def test_a_half_precision_model_gets_halves(tmp_path):
    nodes = [("ReduceMean", ["photo"], "answer", {"axes": [1]})]
    path = onnx_model(tmp_path / "a.onnx", nodes, (1, 3, 8, 12), dtype=np.float16)
    assert np.abs(ask(PHOTO, described(path)).values[..., 0] - UNIT.mean(axis=2)).max() < 2e-3  # 2 ** -11, thrice


@pytest.mark.parametrize("shape", [(1, 3, 8, 12), (1, 3, "height", "width"), ("batch", 3, 8, 12), (1, "c", "h", "w")])
def test_free_sides_take_the_size_of_the_settings(tmp_path, shape):
    found = ask(PHOTO, described(channel_mean(tmp_path / "a.onnx", shape)))
    assert found.values.shape == (8, 12, 1)


@pytest.mark.parametrize(
    ("answer", "layout", "channels"),
    [
        ((8, 12), "nchw", 1),
        ((1, 8, 12), "nchw", 1),
        ((1, 1, 8, 12), "nchw", 1),
        ((1, 2, 8, 12), "nchw", 2),
        ((1, 8, 12, 2), "nhwc", 2),
        ((1, 1, 4, 6), "nchw", 1),
    ],
)
def test_answers_of_two_to_four_axes_are_planes(tmp_path, answer, layout, channels):
    values = np.random.default_rng(1).random(answer, np.float32)
    path = constant(tmp_path / "a.onnx", values, (1, 3, 8, 12) if layout == "nchw" else (1, 8, 12, 3))
    found = ask(PHOTO, described(path, layout=layout)).values
    assert found.shape[2] == channels
    planes = values.reshape(channels, *found.shape[:2]) if layout == "nchw" else values[0].transpose(2, 0, 1)
    assert np.array_equal(found.transpose(2, 0, 1), planes)


@pytest.mark.parametrize(
    "answer",
    [
        np.zeros((2, 1, 8, 12), np.float32),
        np.zeros((3, 8, 12), np.float32),
        np.zeros((1, 1, 1, 8, 12), np.float32),
        np.zeros(96, np.float32),
        np.float32(1),
        np.zeros((1, 0, 8, 12), np.float32),
        np.zeros((1, 1, 8, 12), np.int64),
        np.zeros((1, 1, 8, 12), bool),
        np.full((1, 1, 8, 12), np.nan, np.float32),
        np.full((1, 1, 8, 12), -np.inf, np.float32),
        np.full((1, 1, 8, 12), 1e300),
        np.full((1, 1, 8, 12), 1.02, np.float32),
        np.full((1, 1, 8, 12), -0.5, np.float32),
    ],
)
def test_odd_answers_cost_one_line_that_names_the_model(tmp_path, answer):
    with pytest.raises(ModelError, match=r"^[^\n]*odd\.onnx: [^\n]+$"):
        as_mask(constant(tmp_path / "odd.onnx", answer))


def test_logits_want_an_activation_and_the_message_says_so(tmp_path):
    logits = np.random.default_rng(2).normal(0, 4, (1, 2, 8, 12)).astype(np.float32)
    path = constant(tmp_path / "a.onnx", logits)
    with pytest.raises(ModelError, match=r'needs \[0, 1\]; set activation to "sigmoid" or "softmax"'):
        as_mask(path)
    exact = logits.astype(np.float64)
    for channel in (0, 1):
        answer = ask(PHOTO, described(path))
        found = plane(answer, described(path, activation="sigmoid", channel=channel))
        assert np.abs(found - 1 / (1 + np.exp(-exact[0, channel]))).max() < CLOSE
        found = plane(answer, described(path, activation="softmax", channel=channel))
        assert np.abs(found - np.exp(exact[0, channel]) / np.exp(exact[0]).sum(axis=0)).max() < CLOSE
    with pytest.raises(ModelError, match="channel 2 of an answer that has 2"):
        as_mask(path, activation="softmax", channel=2)


def test_huge_logits_are_0_and_1_and_no_overflow(tmp_path):
    huge = np.where(np.arange(12) < 6, 1e30, -1e30) * np.ones((1, 1, 8, 12))
    path = constant(tmp_path / "a.onnx", huge.astype(np.float32))
    with np.errstate(all="raise", under="ignore"):
        found = as_mask(path, activation="sigmoid").mask
        both = constant(tmp_path / "b.onnx", np.concatenate([-huge, huge], axis=1).astype(np.float32))
        assert np.array_equal(as_mask(both, activation="softmax", channel=1).mask, found)
    assert np.array_equal(found, np.where(np.arange(12) < 6, 255, 0) * np.ones((8, 1)))


def test_an_output_is_chosen_by_name_or_is_the_first(tmp_path):
    nodes = [("ReduceMean", ["photo"], "first", {"axes": [1]}), ("ReduceMax", ["photo"], "second", {"axes": [1]})]
    path = onnx_model(tmp_path / "a.onnx", nodes, (1, 3, 8, 12), outputs=("first", "second"))
    for name, expected in ((None, UNIT.mean(axis=2)), ("first", UNIT.mean(axis=2)), ("second", UNIT.max(axis=2))):
        assert np.abs(ask(PHOTO, described(path, output=name)).values[..., 0] - expected).max() < CLOSE
    with pytest.raises(ModelError, match='has no output "third"; its outputs are first, second'):
        ask(PHOTO, described(path, output="third"))


@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        (
            (1, 3, 8, 12),
            {"size": (8, 12)},
            r"its input is \[1, 3, 8, 12\], which size \[8, 12\] and layout nchw do not",
        ),
        ((1, 8, 12, 3), {}, "layout nchw do not fit"),
        ((1, 1, 8, 12), {}, "do not fit"),
        ((4, 3, 8, 12), {}, "do not fit"),
        ((3, 8, 12), {}, "do not fit"),
    ],
)
def test_an_input_that_is_not_as_described_is_named(tmp_path, shape, settings, message):
    path = onnx_model(tmp_path / "a.onnx", [("Identity", ["photo"], "answer", {})], shape)
    with pytest.raises(ModelError, match=message):
        ask(PHOTO, described(path, **settings))


def test_a_model_of_integers_or_of_two_inputs_or_none_at_all(tmp_path):
    path = onnx_model(tmp_path / "a.onnx", [("Identity", ["photo"], "answer", {})], (1, 3, 8, 12), dtype=np.uint8)
    with pytest.raises(ModelError, match=r"must be float32 or float16, got tensor\(uint8\)"):
        ask(PHOTO, described(path))
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="not a model that onnxruntime can run"):
        ask(PHOTO, described(path))
    with pytest.raises(FileNotFoundError, match="no such model"):
        ask(PHOTO, described(tmp_path / "none.onnx"))


def test_a_model_that_fails_says_so_in_a_line(tmp_path):
    nodes = [("Reshape", ["photo", "wrong"], "answer", {})]
    path = onnx_model(tmp_path / "a.onnx", nodes, (1, 3, "h", "w"), values={"wrong": np.array([7, 11])})
    with pytest.raises(ModelError, match=r"^[^\n]*a\.onnx: the model failed: [^\n]+$"):
        ask(PHOTO, described(path))


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    from pixkern.pipelines import _onnx_session

    path = channel_mean(tmp_path / "a.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    _onnx_session._session.cache_clear()
    with pytest.raises(BackendUnavailable, match=r"pip install 'pixkern\[onnx\]'"):
        ask(PHOTO, described(path))


def test_a_mask_at_the_model_s_own_size_is_its_answer_rounded(tmp_path):
    channel_mean(tmp_path / "mean.onnx")
    found = as_mask("mean.onnx", root=tmp_path)
    assert np.abs(found.mask - UNIT.mean(axis=2) * 255).max() < 0.501
    digest = hashlib.sha256((tmp_path / "mean.onnx").read_bytes()).hexdigest()
    assert found.method == "onnx"
    assert found.record["model"] == "mean.onnx"
    assert found.record["model_sha256"] == digest
    assert found.record["runtime"].startswith("onnxruntime ")
    assert found.record["refine"] is False


def test_a_changed_model_is_read_again(tmp_path):
    path = tmp_path / "a.onnx"
    constant(path, np.full((1, 1, 8, 12), 0.25, np.float32))
    first = as_mask(path)
    constant(path, np.full((1, 1, 8, 12), 0.75, np.float32))
    second = as_mask(path)
    assert (first.mask[0, 0], second.mask[0, 0]) == (64, 191)
    assert first.record["model_sha256"] != second.record["model_sha256"]


def test_a_coarse_answer_is_refined_on_the_photo_s_edges(tmp_path):
    y, x = np.mgrid[:96, :144]
    inside = x < 70 + 10 * np.sin(y / 9)
    photo = np.where(inside[..., None], (200, 90, 60), (60, 120, 190)).astype(np.uint8)
    coarse = inside.reshape(8, 12, 12, 12).mean(axis=(1, 3)).astype(np.float32)
    path = constant(tmp_path / "a.onnx", coarse[None, None])
    masks = {}
    for refine in (False, True):
        wanted = MaskSettings(methods=MaskMethods(onnx=described(path)), refine=refine)
        masks[refine] = find_mask(photo, wanted).mask / 255
    wrong = {refine: np.abs(mask - inside).mean() for refine, mask in masks.items()}
    assert wrong[True] < 0.3 * wrong[False]


def test_an_albedo_model_answers_in_its_own_order(tmp_path):
    path = onnx_model(tmp_path / "a.onnx", [("Identity", ["photo"], "answer", {})], (1, 3, 8, 12))
    half = EVERYWHERE.copy()
    half[:4] = 0
    for order in ("rgb", "bgr"):
        wanted = AlbedoSettings(methods=AlbedoMethods(onnx=described(path, order=order)))
        found = find_albedo(PHOTO, half, wanted)
        assert found.method == "onnx"
        assert np.array_equal(found.albedo[4:], PHOTO[4:])
        assert not found.albedo[:4].any()
    grey = AlbedoSettings(methods=AlbedoMethods(onnx=described(channel_mean(tmp_path / "b.onnx"))))
    with pytest.raises(ModelError, match="three channels, got 1"):
        find_albedo(PHOTO, EVERYWHERE, grey)


def as_normals(path, photo, mask, nearer="larger"):
    methods = NormalsMethods(onnx=described(path, nearer=nearer))
    return find_normals(photo, mask, NormalsSettings(methods=methods))


def test_a_depth_model_s_unit_and_offset_do_not_matter_and_its_direction_does(tmp_path):
    y, x = np.mgrid[:8, :12]
    depth = np.float32(x + 0.5 * y)
    found = {}
    for name, values, nearer in (
        ("a", depth, "larger"),
        ("b", 1000 * depth - 7, "larger"),
        ("c", -depth, "smaller"),
        ("d", depth, "smaller"),
    ):
        path = constant(tmp_path / f"{name}.onnx", values[None].astype(np.float32))
        found[name] = as_normals(path, PHOTO, EVERYWHERE, nearer).normals
    assert np.abs(found["a"] - found["b"]).max() < 1e-4  # float32 at 11000: 1e-7 of the span
    assert np.abs(found["a"] - found["c"]).max() < 1e-5
    assert (found["a"][..., 0] < 0).all()  # what comes nearer to the right faces the left
    assert (found["d"][..., 0] > 0).all()


def test_a_coarse_depth_has_no_facets(tmp_path):
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    path = constant(tmp_path / "a.onnx", np.float32(1 - x * x - y * y)[None], (1, 3, 16, 16))
    photo, mask = np.zeros((160, 160, 3), np.uint8), np.full((160, 160), 255, np.uint8)
    methods = NormalsMethods(onnx=OnnxModel(enabled=True, model=path, size=(16, 16)))
    normals = find_normals(photo, mask, NormalsSettings(methods=methods)).normals
    bends = np.abs(np.diff(normals[80, 30:130, 0]))
    assert bends.max() < 2.5 * bends.mean()  # bilinear facets bend ten times as much, at one pixel in ten
    assert bends.min() > 0


def test_a_depth_without_relief_or_of_colours_is_no_depth(tmp_path):
    flat = constant(tmp_path / "flat.onnx", np.full((1, 8, 12), 3, np.float32))
    with pytest.raises(ModelError, match=r"flat\.onnx: its depth is 3 to 3, which is no relief"):
        as_normals(flat, PHOTO, EVERYWHERE)
    three = onnx_model(tmp_path / "three.onnx", [("Identity", ["photo"], "answer", {})], (1, 3, 8, 12))
    with pytest.raises(ModelError, match="a depth of one channel, got 3"):
        as_normals(three, PHOTO, EVERYWHERE)
    wide = np.full((1, 8, 12), 3e38, np.float32)
    wide[0, 0] = -3e38
    with pytest.raises(ModelError, match="which is no relief"):
        as_normals(constant(tmp_path / "wide.onnx", wide), PHOTO, EVERYWHERE)
