"""Scores: exactly 1 for equal pictures, less for every known error, and nothing lost from a report."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern import demo
from pixkern.pipelines.files import ImageError, decode_image, encode_image
from pixkern.pipelines.lens import _agreement
from pixkern.pipelines.lens.score import (
    WEIGHTS,
    Scores,
    score_directory,
    score_pair,
    scores_csv,
    scores_json,
    write_scores,
)

RANDOM = np.random.default_rng(20261122)


def house(size=(240, 320), *, offset=(0.0, 0.0), bow=0.0, crossed=True, seed=7):
    """Grey levels of a drawn scene: slanted lines and soft texture, moved by (x, y) or bent by `bow` pixels."""
    rows, cols = size
    y, x = np.mgrid[:rows, :cols].astype(np.float64)
    x, y = x - offset[0], y - offset[1]
    x = x + bow * np.sin(np.pi * y / rows)
    y = y + bow * np.sin(np.pi * x / cols)
    random = np.random.default_rng(seed)
    level = 0.5 + 0.02 * sum(
        np.sin(random.uniform(0.1, 0.5) * x + random.uniform(0.1, 0.5) * y + random.uniform(0, 6)) for _ in range(4)
    )
    for across in (x + 0.11 * y, y - 0.07 * x)[: 1 + crossed]:
        phase = across / 47 % 2  # panes 47 pixels wide, their borders ramps of about 2 pixels
        level = level + 0.3 * np.tanh(23.5 * (np.abs(phase - 1) - 0.5))
    return np.clip(level, 0, 1)


def as_uint8(level):
    return np.rint(255 * level).astype(np.uint8)


# ---- laws ------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([(), (1,), (3,), (4,)]),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
)
@settings(max_examples=60, deadline=None)
def test_equal_images_score_exactly_one(rows, cols, channels, dtype):
    image = RANDOM.random((rows, cols, *channels))
    image = image.astype(dtype) if dtype == np.float32 else (image * np.iinfo(dtype).max).astype(dtype)
    scores = score_pair(image, image.copy())
    assert (scores.edge_dice, scores.edge_f1, scores.gradient, scores.ssim, scores.mae) == (1, 1, 1, 1, 0)
    assert scores.total == 1


def test_an_equal_image_with_lines_scores_exactly_one():
    scores = score_pair(house().astype(np.float32), house().astype(np.float32))
    assert (scores.line_position, scores.line_straightness, scores.total) == (1, 1, 1)


@given(st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_all_scores_stay_in_their_ranges(rows, cols):
    first, second = (RANDOM.integers(0, 256, (rows, cols, 3), np.uint8) for _ in range(2))
    scores = score_pair(first, second)
    parts = [scores.edge_dice, scores.edge_f1, scores.gradient, scores.total]
    assert all(0 <= part <= 1 for part in parts)
    assert -1 <= scores.ssim <= 1
    assert 0 <= scores.mae <= 255


def test_a_uniform_image_agrees_with_another_but_for_its_level():
    scores = score_pair(np.full((20, 30), 10, np.uint8), np.full((20, 30), 40, np.uint8))
    assert (scores.edge_dice, scores.edge_f1, scores.gradient, scores.mae) == (1, 1, 1, 30)
    assert scores.line is None
    luminance = (2 * 10 * 40 + _agreement._SSIM_C1) / (10**2 + 40**2 + _agreement._SSIM_C1)  # eq. 6 of the paper
    assert scores.ssim == pytest.approx(luminance, abs=1e-12)  # rounding of float64 moments


@pytest.mark.parametrize("direction", [(1, 0), (0, 1), (0.8, 0.6)])
def test_every_score_falls_as_a_known_shift_grows(direction):
    reference = as_uint8(house())
    shifts = [0, 0.1, 0.25, 0.5, 1, 2, 4, 8]
    found = [score_pair(as_uint8(house(offset=np.multiply(direction, s))), reference) for s in shifts]
    for name in ("total", "line_position", "gradient", "ssim"):
        values = [getattr(scores, name) for scores in found]
        assert values == sorted(values, reverse=True), name
        assert len(set(values)) == len(values), name
    edge = [scores.edge for scores in found[:6]]  # beyond 2 px an edge meets another one
    assert edge == sorted(edge, reverse=True)
    mae = [scores.mae for scores in found]
    assert mae == sorted(mae)
    assert found[-1].total < 0.5


def test_the_position_of_lines_has_the_value_of_its_formula():
    for shift in (0.25, 0.5, 1.0, 2.0):
        scores = score_pair(as_uint8(house(offset=(shift, 0))), as_uint8(house()))
        slanted, level = 1 / (1 + (shift / np.hypot(1, 0.11)) ** 2), 1 / (1 + (0.07 * shift / np.hypot(1, 0.07)) ** 2)
        assert slanted - 0.03 < scores.line_position < level  # both kinds of line; 3 %: a point at a crossing or border


def test_lines_that_moved_stay_straight_and_lines_that_bend_do_not():
    reference = as_uint8(house(crossed=False))
    moved = score_pair(as_uint8(house(crossed=False, offset=(2, 1))), reference)
    assert moved.line_straightness > 0.99  # the texture bends an edge by less than 0.1 px
    assert moved.line_position < 0.25  # 2.1 px
    for size in (0.5, 1, 2, 4):
        bent = score_pair(as_uint8(house(crossed=False, bow=size)), reference)
        s = np.linspace(0, np.pi, 10_001)
        left = size * (np.sin(s) - 2 / np.pi)  # an arch less its mean: a line of the full height
        assert bent.line_straightness == pytest.approx((1 / (1 + left**2)).mean(), abs=0.05)  # lines found in parts


def test_a_barrel_distortion_of_a_photo_costs_more_the_stronger_it_is():
    photo = decode_image(demo.photo("building.jpg")).pixels
    rows, cols = photo.shape[:2]
    camera = np.array([[cols, 0, cols / 2], [0, cols, rows / 2], [0, 0, 1.0]])
    found = [
        score_pair(cv2.undistort(photo, camera, np.array([k, 0, 0, 0.0])), photo) for k in (-0.002, -0.01, -0.05, -0.2)
    ]
    for name in ("total", "edge_dice", "edge_f1", "line_position", "line_straightness", "gradient", "ssim"):
        values = [getattr(scores, name) for scores in found]
        assert values == sorted(values, reverse=True), name
    assert found[0].total > 0.9
    assert found[-1].total < 0.55


def test_dtype_and_grey_or_rgb_make_no_difference():
    first, second = as_uint8(house()), as_uint8(house(offset=(1, 0)))
    wanted = score_pair(first, second)
    others = [
        score_pair(first.astype(np.uint16) * 257, second),
        score_pair((first / np.float32(255)).astype(np.float32), second),
        score_pair(np.dstack([first] * 3), second),
        score_pair(np.dstack([first] * 3 + [np.zeros_like(first)]), second),
    ]
    for scores in others:
        for name in ("edge_dice", "edge_f1", "line_position", "gradient", "ssim"):
            assert getattr(scores, name) == pytest.approx(getattr(wanted, name), abs=1e-3)  # weights sum to 1 + 6e-8
        assert scores.mae == pytest.approx(wanted.mae, abs=1e-4)  # float32 levels


def test_the_total_is_the_weighted_mean_and_shares_the_weight_of_absent_lines():
    scores = Scores(0.2, 0.4, 0.6, 0.8, 0.5, -0.3, 51.0)
    assert scores.edge == pytest.approx(0.3)
    assert scores.line == pytest.approx(0.7)
    assert scores.total == pytest.approx(0.4 * 0.3 + 0.22 * 0.7 + 0.18 * 0.5 + 0.15 * 0 + 0.05 * 0.8)
    without = Scores(0.2, 0.4, None, None, 0.5, -0.3, 51.0)
    assert without.total == pytest.approx((0.4 * 0.3 + 0.18 * 0.5 + 0.05 * 0.8) / 0.78)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_different_sizes_and_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match="one size"):
        score_pair(np.zeros((4, 5), np.uint8), np.zeros((5, 4), np.uint8))
    with pytest.raises(ValueError, match="empty"):
        score_pair(np.zeros((0, 5), np.uint8), np.zeros((0, 5), np.uint8))
    with pytest.raises(TypeError, match="int32"):
        score_pair(np.zeros((4, 5), np.int32), np.zeros((4, 5), np.uint8))


# ---- measures against their definitions ------------------------------------------------------------------------


def test_ssim_is_that_of_scikit_image():
    metrics = pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    for rows, cols in ((11, 11), (30, 41), (300, 40), (700, 25)):  # more than one block of rows, and odd rests
        first = RANDOM.integers(0, 256, (rows, cols)).astype(np.float32)
        second = np.clip(first + RANDOM.normal(0, 40, first.shape), 0, 255).astype(np.float32)
        wanted = metrics.structural_similarity(
            first.astype(np.float64),
            second.astype(np.float64),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        assert _agreement.ssim(first, second) == pytest.approx(wanted, abs=1e-12)  # both float64


def test_ssim_is_its_definition():
    first = RANDOM.integers(0, 256, (23, 31)).astype(np.float64)
    second = np.clip(first + RANDOM.normal(0, 40, first.shape), 0, 255)
    offset = np.arange(11) - 5
    window = np.exp(-(offset**2) / (2 * 1.5**2))
    window = np.outer(window, window) / window.sum() ** 2
    values = []
    for r in range(first.shape[0] - 10):
        for c in range(first.shape[1] - 10):
            x, y = first[r : r + 11, c : c + 11], second[r : r + 11, c : c + 11]
            mx, my = (window * x).sum(), (window * y).sum()
            xx, yy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            xy = (window * (x - mx) * (y - my)).sum()
            c1, c2 = 2.55**2, 7.65**2
            values.append((2 * mx * my + c1) * (2 * xy + c2) / ((mx**2 + my**2 + c1) * (xx + yy + c2)))
    assert _agreement.ssim(first, second) == pytest.approx(np.mean(values), abs=1e-10)  # cancellation in 255^2


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_edge_scores_are_those_of_sets_of_pixels(seed):
    random = np.random.default_rng(seed)
    first, second = (random.random((12, 15)) < random.uniform(0, 0.2) for _ in range(2))
    a, b = ({*zip(*np.nonzero(mask), strict=True)} for mask in (first, second))
    assert _agreement.dice(first, second) == (2 * len(a & b) / (len(a) + len(b)) if a or b else 1)

    def near(point, others):
        return any(max(abs(point[0] - r), abs(point[1] - c)) <= 1 for r, c in others)

    if not a or not b:
        wanted = float(not a and not b)
    else:
        precision, recall = sum(near(p, b) for p in a) / len(a), sum(near(p, a) for p in b) / len(b)
        wanted = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert _agreement.tolerant_f1(first, second) == pytest.approx(wanted)


def test_one_pixel_off_is_forgiven_by_the_tolerant_score_alone():
    mask = np.zeros((20, 20), bool)
    mask[:, 5] = True
    beside = np.roll(mask, 1, axis=1)
    assert (_agreement.dice(mask, beside), _agreement.tolerant_f1(mask, beside)) == (0, 1)
    assert _agreement.tolerant_f1(mask, np.roll(mask, 2, axis=1)) == 0


@pytest.mark.parametrize("angle", [0, 0.2, 0.5, np.pi / 4, 1.0, np.pi / 2, np.pi])
def test_gradients_turned_by_a_known_angle_agree_as_its_cosine(angle):
    y, x = np.mgrid[:40, :50].astype(np.float64)

    def ramp(direction):
        return 100 + np.cos(direction) * x + np.sin(direction) * y

    inner = np.s_[5:-5, 5:-5]  # apart from the mirrored border
    first, second = _agreement.gradients(ramp(0.3)), _agreement.gradients(ramp(0.3 + angle))
    np.testing.assert_allclose(np.hypot(*first)[inner], 1, atol=1e-9)  # one level per pixel; rounding
    np.testing.assert_allclose(np.hypot(*second)[inner], 1, atol=1e-9)  # as above
    both = [np.tile(np.tile(r, (3, 1)), (1, 3)) for r in (ramp(0.3), ramp(0.3 + angle))]
    large = [100 + np.cos(d) * np.arange(900)[None] + np.sin(d) * np.arange(800)[:, None] for d in (0.3, 0.3 + angle)]
    assert _agreement.gradient_agreement(*large) == pytest.approx(max(0, np.cos(2 * angle)), abs=0.01)  # the border
    assert _agreement.gradient_agreement(*both) < 1.0 or angle in (0, np.pi)


def test_an_edge_where_there_is_none_counts_as_disagreement():
    flat, step = np.full((30, 30), 100.0), np.full((30, 30), 100.0)
    step[:, 15:] = 200
    assert _agreement.gradient_agreement(flat, step) == 0
    assert _agreement.gradient_agreement(step, 300 - step) == 1  # the sign of an edge is not its direction


# ---- directories -----------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path):
    """Five references, and predictions of which one each is equal, moved, missing, of wrong size, cut and extra."""
    references, predictions = tmp_path / "references", tmp_path / "predictions"
    references.mkdir()
    predictions.mkdir()
    small = (60, 80)
    for name in ("equal", "moved", "missing", "small", "cut"):
        (references / f"{name}.png").write_bytes(encode_image(as_uint8(house(small)), ".png"))
    whole = encode_image(as_uint8(house(small)), ".png")
    (predictions / "equal.tif").write_bytes(encode_image(as_uint8(house(small)), ".tif"))
    (predictions / "moved.png").write_bytes(encode_image(as_uint8(house(small, offset=(1, 0))), ".png"))
    (predictions / "small.png").write_bytes(encode_image(as_uint8(house((60, 79))), ".png"))
    (predictions / "cut.png").write_bytes(whole[:-20])
    (predictions / "extra.png").write_bytes(whole)
    (predictions / "notes.json").write_text("{}")
    return predictions, references


def test_what_is_missing_extra_or_wrong_is_listed_and_counts_as_zero(folders):
    report = score_directory(*folders, jobs=1)
    assert [image.id for image in report.images] == ["cut", "equal", "extra", "missing", "moved", "small"]
    assert (report.missing, report.extra, report.wrong_size) == (("missing",), ("extra",), ("small",))
    assert report.unreadable == ("cut",)
    assert not report.ok
    totals = {image.id: image.total for image in report.images}
    assert totals["equal"] == 1
    assert 0 < totals["moved"] < 1
    assert all(totals[name] == 0 for name in ("cut", "extra", "missing", "small"))
    assert report.total == pytest.approx((1 + totals["moved"]) / 6)
    notes = {image.id: image.note for image in report.images}
    assert "79 x 60" in notes["small"]
    assert "truncated PNG" in notes["cut"]
    assert report.scores.mae > 255 * 4 / 6  # what is not there is as wrong as can be


def test_the_number_of_processes_changes_nothing(folders):
    assert score_directory(*folders, jobs=1) == score_directory(*folders, jobs=2)


def test_a_split_file_chooses_and_groups_the_images(folders, tmp_path):
    split = tmp_path / "split.csv"
    split.write_text("\ufeffcamera,ID,split\nx,equal,val\ny,moved,val\nz,missing,train\n")
    report = score_directory(*folders, split=split, jobs=1)
    assert {image.id: image.split for image in report.images if image.split} == {
        "equal": "val",
        "moved": "val",
        "missing": "train",
    }
    assert report.extra == ("cut", "extra", "small")
    assert (report.splits["val"].ok, report.splits["train"].total) == (True, 0)
    chosen = score_directory(*folders, split=split, only=["train"], jobs=1)
    assert chosen.missing == ("missing",)
    assert [image.id for image in chosen.images if image.status == "scored"] == []
    with pytest.raises(ValueError, match="no image is in the split test"):
        score_directory(*folders, split=split, only=["test"])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "must name a column id"),
        ("name,split\na,b\n", "must name a column id"),
        ("id,id\na,b\n", "must name a column id"),
        ("id,split\nequal\n", "1 fields of 2"),
        ("id\n", "lists no images"),
        ("id\nequal\nequal\n", "twice"),
        ("id\nequal\nEQUAL\n", "differ only in case"),
        ("id\n../equal\n", "no plain name"),
        ("id\nC:equal\n", "no plain name"),
        ('id\n"a\x00b"\n', "no plain name|not a CSV"),
        ("id\nother\n", "no reference for other"),
        ('id\n"equal\n', "not a CSV"),
    ],
)
def test_split_files_that_are_wrong_are_refused(folders, tmp_path, text, match):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(ValueError, match=match):
        score_directory(*folders, split=tmp_path / "split.csv", jobs=1)
    (tmp_path / "split.csv").write_bytes(b"id\n\xff\xfe\n")
    with pytest.raises(ValueError, match="UTF-8"):
        score_directory(*folders, split=tmp_path / "split.csv", jobs=1)


def test_references_that_cannot_be_used_are_errors(folders):
    predictions, references = folders
    with pytest.raises(ValueError, match="only names splits"):
        score_directory(predictions, references, only=["val"])
    (references / "moved.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="have the same id"):
        score_directory(predictions, references)
    (references / "moved.png").unlink()
    with pytest.raises(ImageError, match=r"moved\.jpg: the file is empty"):
        score_directory(predictions, references, jobs=1)
    with pytest.raises(OSError):
        score_directory(predictions, references / "none")


def test_csv_and_json_say_all_of_a_report(folders, tmp_path):
    report = score_directory(*folders, jobs=1)
    rows = list(csv.DictReader(io.StringIO(scores_csv(report))))
    assert [row["id"] for row in rows] == [image.id for image in report.images]
    for row, image in zip(rows, report.images, strict=True):
        assert row["status"] == image.status
        assert float(row["total"]) == pytest.approx(image.total, abs=5e-7)  # six decimals
        assert row["note"] == image.note
    content = json.loads(scores_json(report))
    assert content["total"] == report.total
    assert content["missing"] == ["missing"]
    assert content["means"]["ssim"] == report.scores.ssim
    assert [image["total"] for image in content["scores"]] == [image.total for image in report.images]
    for name, text in (("a.csv", scores_csv(report)), ("a.json", scores_json(report))):
        write_scores(report, tmp_path / name)
        assert (tmp_path / name).read_text() == text
    with pytest.raises(ValueError, match=r"\.csv or \.json"):
        write_scores(report, tmp_path / "a.txt")
