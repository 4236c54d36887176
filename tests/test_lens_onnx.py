"""Learned models as predictors: the contract is kept to the letter, and a hostile model costs its own photo only."""

import pickle

import numpy as np
import pytest

from pixkern import BackendUnavailable
from pixkern.lenses import BrownConrady
from pixkern.pipelines.lens import ModelError, OnnxPredictor, correct

onnx = pytest.importorskip("onnx", reason="needs onnx to make models; pip install 'pixkern[test]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
SIZE = (60, 40)
UNIT = float(np.hypot(*SIZE) / 2)
K = (-0.1, 0.02, 0.003, 0.001, -0.002)


def photo(width=60, height=40, channels=3):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def model(path, outputs, *, size=(None, None), metadata=None, inputs=None, extra_nodes=()):
    """A model file: `outputs` maps names to constant arrays, or to the name of a node's result."""
    nodes, values, made = list(extra_nodes), [], []
    for name, value in outputs.items():
        if isinstance(value, str):
            nodes.append(onnx.helper.make_node("Identity", [value], [name]))
            made.append(onnx.helper.make_tensor_value_info(name, FLOAT, None))
            continue
        value = np.asarray(value)
        values.append(onnx.numpy_helper.from_array(value, f"{name}_constant"))
        nodes.append(onnx.helper.make_node("Identity", [f"{name}_constant"], [name]))
        made.append(onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), None))
    shape = [1, 3, size[1] or "height", size[0] or "width"]
    inputs = inputs or [onnx.helper.make_tensor_value_info("photo", FLOAT, shape)]
    graph = onnx.helper.make_graph(nodes, "lens", inputs, made, values)
    made_model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.helper.set_model_props(made_model, metadata or {})
    onnx.save(made_model, path)
    return path


def constant(values):
    return np.array([values], np.float32)


@pytest.fixture
def at(tmp_path):
    return tmp_path / "lens.onnx"


def test_parameters_become_a_lens_in_half_diagonals(at):
    found = OnnxPredictor(model(at, {"parameters": constant(K)}))(photo())
    k1, k2, k3, p1, p2 = np.float32(K).tolist()
    assert found.lens == BrownConrady(UNIT, (29.5, 19.5), (k1, k2, k3), (p1, p2), size=SIZE)
    assert found.accepted
    assert found.source == "onnx:lens.onnx"


def test_seven_parameters_move_the_centre(at):
    found = OnnxPredictor(model(at, {"parameters": constant((*K, 0.25, -0.125))}))(photo())
    assert found.lens.center == (29.5 + 0.25 * UNIT, 19.5 - 0.125 * UNIT)


def test_names_in_the_metadata_say_what_the_numbers_are(at):
    names = {"pixkern.parameters": "cy, k4,s1,k1"}
    found = OnnxPredictor(model(at, {"parameters": constant((0.5, 0.25, 0.125, -0.0625))}, metadata=names))(photo())
    expected = BrownConrady(UNIT, (29.5, 19.5 + 0.5 * UNIT), (-0.0625, 0, 0, 0.25), thin_prism=(0.125,), size=SIZE)
    assert found.lens == expected


def test_the_model_sees_rgb_between_0_and_1(at):
    means = onnx.helper.make_node("ReduceMean", ["photo"], ["means"], axes=[2, 3], keepdims=0)
    names = {"pixkern.parameters": "k1,k2,k3"}
    predict = OnnxPredictor(model(at, {"parameters": "means"}, metadata=names, extra_nodes=[means]))
    wanted = np.array([0.125, 0.5, 0.75])
    for dtype, full in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1)):
        image = np.broadcast_to((wanted * full).astype(dtype), (40, 60, 3)).copy()
        for given in (image, np.dstack([image, image[..., :1]])):  # alpha is no colour
            found = predict(given).lens.radial[:3]
            assert np.abs(np.array(found) - image[0, 0] / full).max() < 1e-5  # float32 means of 2400 pixels
    grey = np.full((40, 60), 51, np.uint8)
    assert np.abs(np.array(predict(grey).lens.radial[:3]) - 0.2).max() < 1e-5  # as above


@pytest.mark.parametrize(
    ("size", "photo_size", "seen"),
    [
        ((32, 16), (60, 40), (32, 16)),
        ((128, 128), (60, 40), (128, 128)),
        ((None, None), (60, 40), (60, 40)),
        ((None, None), (2048, 1000), (1024, 500)),
        ((None, 16), (60, 40), (60, 16)),
    ],
)
def test_the_photo_comes_in_the_model_s_size(at, size, photo_size, seen):
    nodes = [
        onnx.helper.make_node("Shape", ["photo"], ["shape"], start=2, end=4),
        onnx.helper.make_node("Cast", ["shape"], ["sides"], to=FLOAT),
        onnx.helper.make_node("Mul", ["sides", "small"], ["scaled"]),
        onnx.helper.make_node("Reshape", ["scaled", "row"], ["answer"]),
    ]
    path = model(at, {"parameters": "answer"}, size=size, metadata={"pixkern.parameters": "k1,k2"})
    made = onnx.load(path)
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(1 / 4096), "small"))
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 2]), "row"))
    del made.graph.node[:]
    made.graph.node.extend([*nodes, onnx.helper.make_node("Identity", ["answer"], ["parameters"])])
    onnx.save(made, path)
    rows, cols = (np.array(OnnxPredictor(path)(photo(*photo_size)).lens.radial[:2]) * 4096).tolist()
    assert (cols, rows) == seen


@pytest.mark.parametrize(
    ("unit", "scale"), [("pixel", (1, 1)), ("half_diagonal", (UNIT, UNIT)), ("grid", (29.5, 19.5))]
)
def test_the_residual_arrives_in_pixels_of_the_photo(at, unit, scale):
    flow = np.random.default_rng(1).normal(0, 0.002, (1, 2, 4, 5)).astype(np.float32)
    outputs = {"parameters": constant(K), "residual": flow}
    found = OnnxPredictor(model(at, outputs, metadata={"pixkern.residual_unit": unit}))(photo())
    assert found.residual.shape == (4, 5, 2)
    assert found.residual.dtype == np.float32
    expected = flow[0].transpose(1, 2, 0) * np.float32(scale)
    assert np.array_equal(found.residual, expected)
    done = correct(photo(), predictor=at)
    assert done.status == "hybrid"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, 1e4])
@pytest.mark.parametrize("where", range(5))
def test_numbers_that_are_no_lens_leave_the_photo_as_it_is(at, value, where):
    numbers = list(K)
    numbers[where] = value
    image = photo()
    done = correct(image, predictor=model(at, {"parameters": constant(numbers)}))
    assert done.image is image
    assert "answered with no lens" in done.safety.reasons[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_residual_that_is_not_finite_costs_only_itself(at, value):
    flow = np.full((1, 2, 3, 3), value, np.float32)
    path = model(at, {"parameters": constant(K), "residual": flow}, metadata={"pixkern.residual_unit": "grid"})
    done = correct(photo(), predictor=path)
    assert done.status == "param_only"
    assert "hybrid" in done.safety.reasons[0]


def test_a_wild_lens_is_caught_by_the_ladder(at):
    done = correct(photo(), predictor=model(at, {"parameters": constant((-900, 0, 0, 0, 0))}))
    assert done.status == "identity"


@pytest.mark.parametrize(
    ("outputs", "metadata", "told"),
    [
        ({"parameters": np.zeros((2, 5), np.float32)}, {}, '"parameters" needs 2 axes with 1 as the first'),
        ({"parameters": np.zeros(5, np.float32)}, {}, '"parameters" needs 2 axes'),
        ({"parameters": np.zeros((1, 0), np.float32)}, {}, '"parameters" needs shape'),
        ({"parameters": np.zeros((1, 6), np.float32)}, {}, r"\(1, 5\) or \(1, 7\), or names"),
        ({"parameters": np.zeros((1, 5), np.float32)}, {"pixkern.parameters": "k1"}, r"needs shape \(1, 1\)"),
        ({"parameters": np.zeros((1, 5), np.float64)}, {}, "must be float32"),
        ({"lens": np.zeros((1, 5), np.float32)}, {}, 'no output "parameters"; its outputs are lens'),
        ({"parameters": np.zeros((1, 2), np.float32)}, {"pixkern.parameters": "k1,k1"}, "once at most"),
        ({"parameters": np.zeros((1, 2), np.float32)}, {"pixkern.parameters": "k1,f"}, "once at most"),
        ({"parameters": np.zeros((1, 5), np.float32)}, {"pixkern.longest_side": "0"}, "longest_side must be"),
        ({"parameters": np.zeros((1, 5), np.float32)}, {"pixkern.longest_side": "many"}, "longest_side must be"),
    ],
)
def test_a_model_that_breaks_the_contract_is_an_error(at, outputs, metadata, told):
    with pytest.raises(ModelError, match=told):
        OnnxPredictor(model(at, outputs, metadata=metadata))(photo())


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 3, 3, 3), (2, 2, 3, 3), (1, 2, 1, 3), (1, 2, 3, 0)])
def test_a_residual_of_another_shape_is_an_error(at, shape):
    outputs = {"parameters": constant(K), "residual": np.zeros(shape, np.float32)}
    with pytest.raises(ModelError, match='"residual" needs'):
        OnnxPredictor(model(at, outputs, metadata={"pixkern.residual_unit": "pixel"}))(photo())


@pytest.mark.parametrize("unit", [None, "", "metres"])
def test_a_residual_without_a_unit_is_an_error(at, unit):
    metadata = {} if unit is None else {"pixkern.residual_unit": unit}
    outputs = {"parameters": constant(K), "residual": np.zeros((1, 2, 3, 3), np.float32)}
    with pytest.raises(ModelError, match="residual_unit must be one of pixel, half_diagonal, grid"):
        OnnxPredictor(model(at, outputs, metadata=metadata))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [([1, 1, 8, 8], FLOAT), ([2, 3, 8, 8], FLOAT), ([3, 8, 8], FLOAT), ([1, 3, 8, 8], INT64), ([1, 3, 9000, 8], FLOAT)],
)
def test_a_model_that_takes_no_photo_is_an_error(at, shape, kind):
    inputs = [onnx.helper.make_tensor_value_info("photo", kind, shape)]
    with pytest.raises(ModelError, match="input"):
        OnnxPredictor(model(at, {"parameters": constant(K)}, inputs=inputs))


def test_a_model_with_two_inputs_is_an_error(at):
    inputs = [onnx.helper.make_tensor_value_info(name, FLOAT, [1, 3, 8, 8]) for name in ("a", "b")]
    with pytest.raises(ModelError, match="needs one input"):
        OnnxPredictor(model(at, {"parameters": constant(K)}, inputs=inputs))


def test_a_model_that_fails_while_it_runs_is_an_error_in_one_line(at):
    fixed = onnx.helper.make_node("Reshape", ["photo", "wrong"], ["answer"])
    path = model(at, {"parameters": "answer"}, extra_nodes=[fixed])
    made = onnx.load(path)
    made.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 5]), "wrong"))
    onnx.save(made, path)
    with pytest.raises(ModelError, match="the model failed on a 60x40 photo") as caught:
        OnnxPredictor(path)(photo())
    assert "\n" not in str(caught.value)


def test_every_truncation_of_a_model_is_an_error(at):
    whole = model(at, {"parameters": constant(K)}).read_bytes()
    for length in range(0, len(whole) - 1, 3):
        at.write_bytes(whole[:length])
        if length > len(whole) - 40:  # protobuf reads a file cut between its last fields as a whole model
            break
        with pytest.raises(ModelError, match=r"lens\.onnx"):
            OnnxPredictor(at)(photo())


def test_no_file_is_said_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such model"):
        OnnxPredictor(tmp_path / "none.onnx")


def test_a_provider_that_is_not_there_is_never_replaced(at):
    path = model(at, {"parameters": constant(K)})
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has the CUDA provider")
    with pytest.raises(BackendUnavailable, match="has no CUDAExecutionProvider"):
        OnnxPredictor(path, ("CUDAExecutionProvider",))
    with pytest.raises(BackendUnavailable):
        OnnxPredictor(path, ("CPUExecutionProvider", "CUDAExecutionProvider"))
    with pytest.raises(ValueError, match="at least one"):
        OnnxPredictor(path, ())


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_does_not_start_is_never_replaced(at, monkeypatch):
    path = model(at, {"parameters": constant(K)})
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises((BackendUnavailable, ModelError)) as caught:
        OnnxPredictor(path, ("CUDAExecutionProvider",))
    assert "CUDAExecutionProvider" in str(caught.value)


@pytest.mark.cuda
def test_the_cuda_provider_answers_as_the_cpu_does(at):
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime has no CUDA provider here; install pixkern[onnx-gpu]")
    path = model(at, {"parameters": constant(K)})
    on_gpu = OnnxPredictor(path, ("CUDAExecutionProvider", "CPUExecutionProvider"))(photo())
    assert on_gpu.lens == OnnxPredictor(path)(photo()).lens


def test_a_predictor_travels_to_other_processes(at):
    predict = OnnxPredictor(model(at, {"parameters": constant(K)}))
    assert pickle.loads(pickle.dumps(predict))(photo()).lens == predict(photo()).lens


def test_a_changed_model_is_loaded_again(at):
    first = OnnxPredictor(model(at, {"parameters": constant(K)}))(photo())
    second = OnnxPredictor(model(at, {"parameters": constant((*K, 0.1, 0.1))}))(photo())
    assert first.lens != second.lens


def test_a_path_to_a_model_is_a_predictor(at):
    path = model(at, {"parameters": constant(K)})
    assert correct(photo(), predictor=str(path)).prediction.source == "onnx:lens.onnx"
