"""Learned ranking: the contract of models is kept to the letter, and what breaks it is an error and no other order."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixelart_results import even, grid, sprite

from pixkern import BackendUnavailable
from pixkern.cli import main
from pixkern.demo import demo_sprites
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart import FEATURES as DETECTED
from pixkern.pipelines.pixelart import restore
from pixkern.pipelines.pixelart._ranking import WEIGHTS
from pixkern.pipelines.pixelart.crops import CELL, CELLS, CROP_SHAPE, crops
from pixkern.pipelines.pixelart.ranker import (
    FEATURES_KEY,
    Candidates,
    OnnxRanker,
    RankerError,
    load_ranker,
    rank,
)
from pixkern.pipelines.pixelart.synth import corrupt

onnx = pytest.importorskip("onnx", reason="needs onnx to make models; pip install 'pixkern[test]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
NAMES = ("comb", "fit", "cells")
FEATURES, CROPS = ("features", FLOAT, ["n", 3]), ("crops", FLOAT, ["n", 4, 160, 160])


def node(kind, inputs, output, **attributes):
    return onnx.helper.make_node(kind, inputs, [output], **attributes)


SUM_OF_FEATURES = (node("ReduceSum", ["features", "last"], "scores", keepdims=0),)
MEAN_OF_CROPS = (node("ReduceMean", ["crops"], "scores", axes=[1, 2, 3], keepdims=0),)


def model(path, nodes=SUM_OF_FEATURES, inputs=(FEATURES,), *, output="scores", kind=FLOAT, metadata=None, values=None):
    values = {"last": np.array([1])} | (values or {})
    graph = onnx.helper.make_graph(
        list(nodes),
        "ranker",
        [onnx.helper.make_tensor_value_info(*one) for one in inputs],
        [onnx.helper.make_tensor_value_info(output, kind, None)],
        [onnx.numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.helper.set_model_props(made, metadata or {})
    onnx.save(made, path)
    return path


def candidates(features=((1, 0, 0), (0, 3, 0), (0, 0, 2)), names=NAMES):
    image = sprite(20, 18).repeat(5, 0).repeat(5, 1)
    grids = [grid(np.linspace(0, 100, n + 1), np.linspace(0, 90, n - 1)) for n in (20, 40, 10)]
    features = np.array(features, np.float32)
    return Candidates(image, [grids[n % 3] for n in range(len(features))], features, names)


@pytest.fixture
def at(tmp_path):
    return tmp_path / "ranker.onnx"


def test_a_model_of_features_orders_candidates_by_its_scores(at):
    order, scores = rank(load_ranker(model(at)), candidates())
    assert scores.tolist() == [1, 3, 2]
    assert scores.dtype == np.float32
    assert order.tolist() == [1, 2, 0]


def test_a_model_of_crops_sees_what_crops_makes(at):
    given = candidates()
    _, scores = rank(load_ranker(model(at, MEAN_OF_CROPS, (CROPS,))), given)
    assert np.abs(scores - given.crops().mean(axis=(1, 2, 3))).max() < 1e-5  # float32 means of 102,400 pixels
    assert len(set(scores.tolist())) == 3


def test_a_model_may_take_both(at):
    nodes = (
        node("ReduceMean", ["crops"], "mean", axes=[1, 2, 3], keepdims=0),
        node("ReduceSum", ["features", "last"], "sum", keepdims=0),
        node("Add", ["mean", "sum"], "scores"),
    )
    given = candidates()
    both = rank(load_ranker(model(at, nodes, (CROPS, FEATURES))), given)[1]
    assert np.abs(both - (given.crops().mean(axis=(1, 2, 3)) + given.features.sum(axis=1))).max() < 1e-5  # as above


def test_names_in_the_metadata_choose_and_order_the_features(at):
    first = (node("Gather", ["features", "first"], "scores", axis=1),)
    given = candidates(np.arange(9).reshape(3, 3))
    for said, column in (("fit", 1), ("cells, comb", 2), ("comb,fit,cells", 0)):
        width = len(said.split(","))
        path = model(
            at,
            first,
            (("features", FLOAT, ["n", width]),),
            metadata={FEATURES_KEY: said},
            values={"first": np.array([0])},
        )
        assert rank(load_ranker(path), given)[1].tolist() == given.features[:, column].tolist()


def test_a_model_of_any_number_of_features_gets_all(at):
    path = model(at, inputs=(("features", FLOAT, ["n", "f"]),))
    assert rank(load_ranker(path), candidates())[1].tolist() == [1, 3, 2]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_any_number_of_candidates_is_scored_in_one_call(at, count):
    features = np.arange(3 * count).reshape(count, 3)
    order, scores = rank(load_ranker(model(at)), candidates(features))
    assert scores.tolist() == features.sum(axis=1).tolist()
    assert order.tolist() == list(range(count))[::-1]


@given(st.lists(st.integers(-2, 2), max_size=12))
def test_equal_scores_keep_the_order_of_the_detection(values):
    given_candidates = candidates(np.zeros((len(values), 3)))
    order, _ = rank(lambda _: np.array(values, np.float64), given_candidates)
    assert order.tolist() == sorted(range(len(values)), key=lambda index: (-values[index], index))


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int8, np.uint64])
def test_a_function_may_answer_in_any_kind_of_numbers_and_a_column(kind):
    scores = np.array([[1], [3], [2]], kind)
    assert rank(lambda _: scores, candidates())[0].tolist() == [1, 2, 0]
    assert rank(lambda _: scores[:, 0].tolist(), candidates())[0].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "must be numbers"),
        (["a", "b", "c"], "must be numbers"),
        ([True, False, True], "must be numbers"),
        ([1j, 1, 2], "must be numbers"),
        (np.zeros(2), "needs 3 scores for 3 candidates"),
        (np.zeros(4), "needs 3 scores"),
        (np.zeros((1, 3)), "needs 3 scores"),
        (np.zeros((3, 2)), "needs 3 scores"),
        (np.float64(1), "needs 3 scores"),
        ([0, np.nan, 1], "finite, got nan for candidate 1"),
        ([0, 1, np.inf], "finite, got inf for candidate 2"),
        ([-np.inf, 1, 0], "finite, got -inf for candidate 0"),
        ([0, 1e300, 0], "finite, got inf for candidate 1"),
    ],
)
def test_an_answer_that_is_no_scores_is_an_error_that_names_the_ranker(answer, told):
    def mine(_):
        return answer

    with pytest.raises(RankerError, match=told) as caught:
        rank(mine, candidates())
    assert "mine" in str(caught.value)


def test_what_a_function_raises_passes_through():
    def mine(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rank(mine, candidates())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_model_that_answers_with_no_number_is_an_error_with_its_path(at, value):
    nodes = (node("Add", ["sum", "bad"], "scores"), node("ReduceSum", ["features", "last"], "sum", keepdims=0))
    path = model(at, nodes[::-1], values={"bad": np.array([0, value, 0], np.float32)})
    with pytest.raises(RankerError, match=r"ranker\.onnx: scores must be finite"):
        rank(load_ranker(path), candidates())


def test_a_model_that_answers_in_another_shape_is_an_error(at):
    whole = (node("ReduceSum", ["features"], "scores", keepdims=0),)
    with pytest.raises(RankerError, match="needs 3 scores for 3 candidates, got shape"):
        rank(load_ranker(model(at, whole)), candidates())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"inputs": (("photo", FLOAT, ["n", 3]),), "nodes": (node("Identity", ["photo"], "scores"),)},
            "the inputs must be",
        ),
        ({"inputs": (FEATURES, ("more", FLOAT, ["n"]))}, "the inputs must be"),
        ({"inputs": (("features", INT64, ["n", 3]),), "kind": INT64}, "must be float32"),
        ({"inputs": (("features", FLOAT, ["n", 3, 1]),)}, r"needs shape \(n, f\)"),
        ({"inputs": (("features", FLOAT, [3, 3]),)}, "any number of candidates"),
        ({"inputs": (("crops", FLOAT, ["n", 3, 160, 160]),), "nodes": MEAN_OF_CROPS}, r"\(n, 4, 160, 160\)"),
        ({"inputs": (("crops", FLOAT, ["n", 4, 160]),), "nodes": MEAN_OF_CROPS}, r"\(n, 4, 160, 160\)"),
        ({"nodes": (node("Identity", ["features"], "rank"),), "output": "rank"}, 'no output "scores"'),
        (
            {"nodes": (node("Cast", ["features"], "scores", to=INT64),), "kind": INT64},
            'output "scores" must be float32',
        ),
        ({"metadata": {FEATURES_KEY: "comb,comb,fit"}}, "names a feature twice"),
        ({"metadata": {FEATURES_KEY: "comb,fit"}}, "names 2 features"),
    ],
)
def test_a_model_that_breaks_the_contract_is_an_error_when_it_is_loaded(at, changes, told):
    if "crops" in str(changes.get("inputs")):
        changes = changes | {"nodes": (node("ReduceMean", ["crops"], "scores", axes=[1, 2], keepdims=0),)}
    with pytest.raises(RankerError, match=told):
        load_ranker(model(at, **changes))


def test_features_that_the_detection_does_not_have_are_an_error(at):
    path = model(at, metadata={FEATURES_KEY: "comb,fit,taste"})
    with pytest.raises(RankerError, match="no feature 'taste'; it has comb, fit, cells"):
        rank(load_ranker(path), candidates())


def test_another_number_of_features_is_an_error_that_says_what_to_do(at):
    with pytest.raises(RankerError, match=f"takes 3 features and the detection has 2; .*{FEATURES_KEY}"):
        rank(load_ranker(model(at)), candidates(np.zeros((1, 2)), NAMES[:2]))


def test_a_model_that_fails_while_it_runs_is_an_error_in_one_line(at):
    nodes = (node("Reshape", ["features", "wrong"], "scores"),)
    path = model(at, nodes, values={"wrong": np.array([7])})
    with pytest.raises(RankerError, match="the model failed on 3 candidates") as caught:
        rank(load_ranker(path), candidates())
    assert "\n" not in str(caught.value)


def test_every_truncation_of_a_model_is_an_error(at):
    whole = model(at).read_bytes()
    for length in range(0, len(whole) - 20, 7):  # a file cut between its last fields reads as a whole model
        at.write_bytes(whole[:length])
        with pytest.raises(RankerError, match=r"ranker\.onnx"):
            rank(load_ranker(at), candidates())


def test_no_file_and_no_ranker_are_said_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such model"):
        load_ranker(tmp_path / "none.onnx")
    with pytest.raises(TypeError, match="path of an ONNX model or a function, got int"):
        load_ranker(3)


def test_a_provider_that_is_not_there_is_never_replaced(at):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has the CUDA provider")
    with pytest.raises(BackendUnavailable, match="has no CUDAExecutionProvider"):
        OnnxRanker(model(at), ("CPUExecutionProvider", "CUDAExecutionProvider"))
    with pytest.raises(ValueError, match="at least one"):
        OnnxRanker(at, ())


def test_without_onnxruntime_the_extra_is_named(at, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(BackendUnavailable, match=r"pixkern\[onnx\]"):
        load_ranker(model(at, metadata={"new": "model"}))


def test_a_ranker_travels_to_other_processes(at):
    ranker = pickle.loads(pickle.dumps(load_ranker(model(at))))
    assert rank(ranker, candidates())[0].tolist() == [1, 2, 0]


def test_scores_are_the_same_bits_on_every_run(at):
    ranker = load_ranker(model(at, MEAN_OF_CROPS, (CROPS,)))
    first = rank(ranker, candidates())[1].tobytes()
    assert all(rank(ranker, candidates())[1].tobytes() == first for _ in range(3))


@pytest.mark.parametrize("pitch", [1, 2, 5, 10, 13, 40])
@pytest.mark.parametrize("cells", [(16, 16), (20, 17), (5, 30)])
def test_under_the_true_grid_the_inside_of_every_cell_is_flat(pitch, cells):
    small = sprite(*cells)
    lines = [even(side, pitch) for side in cells]
    (crop,) = crops(small.repeat(pitch, 0).repeat(pitch, 1), [grid(*lines)])
    shown = [min(side, CELLS) for side in cells]
    first = [max(0, side // 2 - CELLS // 2) for side in cells]
    wanted = small[first[1] : first[1] + shown[1], first[0] : first[0] + shown[0]] / 255
    middle = crop[:3, CELL // 2 : shown[1] * CELL : CELL, CELL // 2 : shown[0] * CELL : CELL].transpose(1, 2, 0)
    near = 1 - 0.95**2 if pitch == 1 else 1 / 255  # the share of neighbours 0.05 pixels off the centre; rounding
    assert np.abs(middle - wanted).max() < near
    assert not crop[:, shown[1] * CELL :].any()
    assert not crop[:, :, shown[0] * CELL :].any()


def test_a_crop_is_the_picture_sampled_along_the_lines():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    lines = grid(np.sort([0, 60, *rng.uniform(1, 59, 18)]), np.sort([0, 40, *rng.uniform(1, 39, 3)]))
    (crop,) = crops(image, [lines])
    assert crop.dtype == np.float32
    assert crop.shape == CROP_SHAPE
    for row, col in ((0, 0), (7, 33), (39, 159), (20, 80)):
        u, v = 19 // 2 - 8 + (col + 0.5) / CELL, (row + 0.5) / CELL
        x = lines.lines_x[int(u)] + (u % 1) * (lines.lines_x[int(u) + 1] - lines.lines_x[int(u)]) - 0.5
        y = lines.lines_y[int(v)] + (v % 1) * (lines.lines_y[int(v) + 1] - lines.lines_y[int(v)]) - 0.5
        x, y = np.clip(x, 0, 59), np.clip(y, 0, 39)
        c, r = int(min(x, 58)), int(min(y, 38))
        corners = image[r : r + 2, c : c + 2].astype(float)
        expected = np.einsum("r,c,rck->k", [1 - (y - r), y - r], [1 - (x - c), x - c], corners) / 255
        assert np.abs(crop[:3, row, col] - expected).max() < 0.6 / 255  # rounded to whole grey levels


def test_edges_are_drawn_between_cells_and_not_within():
    small = np.zeros((16, 16), np.uint8)
    small[:, 8:] = 255
    (crop,) = crops(small.repeat(10, 0).repeat(10, 1), [grid(even(16, 10), even(16, 10))])
    assert np.array_equal(crop[0], crop[1])
    assert np.array_equal(crop[0], crop[2])
    columns = np.flatnonzero(crop[3].any(axis=0))
    assert set(columns) <= {79, 80}
    assert len(columns)
    assert set(np.unique(crop[3])) == {0, 1}


@pytest.mark.parametrize("shape", [(1, 1), (1, 7, 3), (9, 1, 4)])
def test_pictures_of_one_row_or_column_have_crops(shape):
    image = np.full(shape, 51, np.uint8)
    (crop,) = crops(image, [grid([0, shape[1]], [0, shape[0]])])
    assert (crop[:3, :CELL, :CELL] == np.float32(51) * np.float32(1 / 255)).all()


SOFT = corrupt(demo_sprites()["crawl_007"], "medium", seed=3).image


def test_a_restoration_takes_the_grid_that_a_ranker_likes_best():
    seen = []

    def largest_cells(given):
        seen.append(given)
        return [min(one.cell) for one in given.grids]

    plain, ranked = restore(SOFT), restore(SOFT, ranker=largest_cells)
    (given,) = seen
    assert given.names == DETECTED
    assert given.features.shape == (len(given.grids), len(DETECTED))
    assert np.array_equal(given.image, SOFT)
    best = max(given.grids, key=lambda one: min(one.cell))
    assert ranked.cell == best.cell
    assert ranked.cell != plain.cell
    assert given.grids[0].size == plain.size


def test_a_model_with_the_detection_s_own_scores_changes_nothing(at):
    nodes = (node("MatMul", ["features", "weights"], "scores"),)
    values = {"weights": WEIGHTS.astype(np.float32)}
    names = {FEATURES_KEY: ",".join(DETECTED)}
    path = model(at, nodes, (("features", FLOAT, ["n", len(DETECTED)]),), values=values, metadata=names)
    plain, ranked = restore(SOFT), restore(SOFT, ranker=path)
    assert np.array_equal(plain.sprite, ranked.sprite)
    assert plain.size == ranked.size


@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_a_restoration_never_falls_back_from_a_ranker_that_fails(answer):
    with pytest.raises(RankerError, match="finite"):
        restore(SOFT, ranker=lambda given: np.full(len(given.grids), answer))
    with pytest.raises(RankerError, match="needs"):
        restore(SOFT, ranker=lambda given: np.zeros(len(given.grids) + 1))


def test_the_command_line_hands_a_model_to_its_workers(at, monkeypatch, capsys):
    monkeypatch.chdir(at.parent)
    nodes = (node("ReduceSum", ["crops", "axes"], "none", keepdims=0), node("Neg", ["none"], "scores"))
    model(at, nodes, (CROPS,), values={"axes": np.array([1, 2, 3])})
    (at.parent / "art").mkdir()
    for name in ("a.png", "b.png"):
        (at.parent / "art" / name).write_bytes(encode_image(SOFT, ".png"))
    assert main(["pixelart", "restore", "art", "out", "--ranker", "ranker.onnx", "--jobs", "2"]) == 0
    expected = restore(SOFT, ranker=at).sprite
    assert np.array_equal(read_image("out/a.png").pixels, expected)
    assert np.array_equal(read_image("out/b.png").pixels, expected)
    capsys.readouterr()
    at.write_bytes(at.read_bytes()[:40])
    assert main(["pixelart", "restore", "art", "out", "--ranker", "ranker.onnx"]) == 1
    assert capsys.readouterr().err.startswith("pixkern: ranker.onnx: ")


def test_the_contract_names_the_features_of_the_detection():
    page = Path(__file__).parents[1] / "docs" / "pixelart_ranker.md"
    rows = re.findall(r"^\| (`.*?) \|", page.read_text(), re.MULTILINE)
    assert tuple(name for row in rows for name in re.findall(r"`(\w+)`", row))[-len(DETECTED) :] == DETECTED


def test_crops_of_no_candidates_are_none():
    assert crops(np.zeros((4, 4), np.uint8), []).shape == (0, *CROP_SHAPE)
