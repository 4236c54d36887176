"""What the bench of pixel art measures: laws of the scores, of the pictures, of the turns, and of the table."""

import csv
import io
import json
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.demo import demo_sprites
from pixkern.pipelines.files import encode_image, read_image
from pixkern.pipelines.pixelart.bench import (
    TIERS,
    Answer,
    Case,
    Method,
    Outcome,
    cases,
    measure,
    outcomes_csv,
    read_sprites,
    reliability,
    report_json,
    score,
    summaries,
    summarise,
    table,
    write_report,
)
from pixkern.pipelines.pixelart.synth import corrupt


def sprite(width: int = 20, height: int = 16, seed: int = 1) -> np.ndarray:
    """Random colours, so that no shifted sprite is like itself."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def case_of(truth: np.ndarray, cell: float = 4.0, tier: str = "easy", number: int = 0) -> Case:
    return Case("random", tier, number, truth.repeat(int(cell), 0).repeat(int(cell), 1), truth, (cell, cell))


def scored(truth: np.ndarray, found: np.ndarray, cell: tuple[float, float] = (4.0, 4.0), **told) -> Outcome:
    return score(case_of(truth), Answer(found, cell, **told))


def moved(truth: np.ndarray, share: float, by: int) -> np.ndarray:
    """The truth with one channel of a share of its pixels changed by `by`."""
    found = truth.copy()
    flat = found.reshape(-1, 3)
    chosen = slice(0, round(share * len(flat)))
    flat[chosen, 1] = np.where(flat[chosen, 1] < 128, flat[chosen, 1] + by, flat[chosen, 1] - by)
    return found


# One answer


def test_the_truth_scores_all_there_is():
    outcome = scored(sprite(), sprite())
    told = ("exact", "within_one", "recovered", "tolerant", "identical", "top_three", "cell_right")
    assert [getattr(outcome, name) for name in told] == [True] * len(told)
    assert (outcome.octave, outcome.wrong, outcome.colour_error, outcome.error) == (False, 0.0, 0.0, None)


@given(share=st.floats(0, 1), by=st.integers(1, 127))
def test_recovered_is_less_than_two_percent_off_by_more_than_32(share, by):
    truth = sprite()
    outcome = scored(truth, moved(truth, share, by))
    changed = round(share * 320) / 320
    assert outcome.recovered == outcome.tolerant == (by <= 32 or changed < 0.02)
    assert outcome.wrong == (changed if by > 32 else 0.0)
    assert outcome.identical == (changed == 0)
    assert outcome.colour_error == pytest.approx(changed * by / 3, rel=1e-12)  # one division apart


def test_two_percent_are_not_less_than_two_percent():
    truth = sprite(10, 10)
    assert scored(truth, moved(truth, 0.01, 99)).recovered
    assert not scored(truth, moved(truth, 0.02, 99)).recovered


@given(left=st.integers(0, 2), top=st.integers(0, 2), right=st.integers(0, 2), bottom=st.integers(0, 2))
def test_a_sprite_that_lacks_a_border_is_tolerated_when_one_cell_per_axis_is_missing(left, top, right, bottom):
    truth = sprite()
    outcome = scored(truth, truth[top : 16 - bottom, left : 20 - right])
    assert outcome.exact == outcome.recovered == (left + right == top + bottom == 0)
    assert outcome.within_one == outcome.tolerant == (left + right <= 1 and top + bottom <= 1)


@given(down=st.integers(-2, 2), across=st.integers(-2, 2))
def test_a_sprite_of_the_right_size_that_slipped_is_tolerated_up_to_one_cell_per_axis(down, across):
    whole = sprite(24, 20)
    outcome = scored(whole[2:18, 2:22], whole[2 + down : 18 + down, 2 + across : 22 + across])
    assert outcome.exact
    assert outcome.recovered == (down == across == 0)
    assert outcome.tolerant == (abs(down) <= 1 and abs(across) <= 1)


def test_a_sprite_with_a_border_too_many_is_tolerated_wherever_the_border_is():
    whole = sprite(21, 17)
    truth = whole[1:, 1:]
    assert not scored(truth, whole).exact
    assert scored(truth, whole).tolerant
    assert scored(whole[:-1, :-1], whole).tolerant
    assert not scored(truth, sprite(21, 17, seed=2)).tolerant


@pytest.mark.parametrize(
    ("length", "octave"), [(1, True), (66, True), (67, False), (100, False), (150, False), (151, True), (200, True)]
)
def test_an_octave_error_has_less_than_two_thirds_or_more_than_one_and_a_half_times_the_cells(length, octave):
    assert scored(sprite(100, 2), sprite(length, 2)).octave == octave
    assert scored(sprite(2, 100), sprite(2, length)).octave == octave


def test_the_cell_is_right_within_half_a_pixel_on_both_axes():
    truth = sprite()
    assert scored(truth, truth, cell=(3.5, 4.5)).cell_right
    assert not scored(truth, truth, cell=(3.49, 4.0)).cell_right
    assert not scored(truth, truth, cell=(4.0, 4.51)).cell_right


def test_only_the_first_three_distinct_sizes_count():
    truth, other = sprite(20, 16), sprite(19, 16)
    assert scored(truth, other, sizes=((19, 16), (19, 16), (40, 32), (20, 16))).top_three
    assert not scored(truth, other, sizes=((19, 16), (19, 15), (40, 32), (20, 16))).top_three
    assert not scored(truth, other, sizes=((16, 20),)).top_three
    assert scored(truth, truth).top_three, "without sizes it is that of the sprite"
    assert not scored(truth, other).top_three


def test_grey_and_transparent_sprites_are_compared_as_rgb():
    grey = sprite()[..., 0]
    truth = np.repeat(grey[..., None], 3, axis=2)
    assert scored(truth, grey).identical
    assert scored(truth, np.concatenate([truth, np.zeros_like(truth[..., :1])], axis=2)).identical


@pytest.mark.parametrize("shape", [(16, 20, 2), (16, 20, 1), (320,), (1, 16, 20, 3)])
def test_what_is_no_sprite_is_refused(shape):
    with pytest.raises(ValueError, match="a sprite is"):
        scored(sprite(), np.zeros(shape, np.uint8))


def test_floats_are_no_sprite():
    with pytest.raises(ValueError, match="float32"):
        scored(sprite(), np.zeros((16, 20, 3), np.float32))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 1)])
def test_tiny_sprites_are_scored(size):
    truth = sprite(*size)
    assert scored(truth, truth).tolerant
    assert not scored(truth, 255 - truth).recovered
    assert not scored(truth, sprite(40, 40)).tolerant


def test_an_empty_sprite_is_no_sprite_that_is_tolerated():
    assert not scored(sprite(1, 1), np.zeros((0, 1, 3), np.uint8)).tolerant


def test_an_answer_that_failed_has_its_reason_and_nothing_else():
    outcome = score(case_of(sprite()), "no grid", method="peer", seconds=2.0)
    assert (outcome.method, outcome.seconds, outcome.error) == ("peer", 2.0, "no grid")
    assert not any((outcome.exact, outcome.within_one, outcome.tolerant, outcome.top_three, outcome.octave))
    assert (outcome.size, outcome.wrong, outcome.colour_error) == (None, None, None)


# Many outcomes


def outcome(method: str = "ours", tier: str = "easy", number: int = 0, **values) -> Outcome:
    given = {"seconds": 0.0, **values}
    return Outcome(method, tier, number, "owl", (16, 16), 500_000, **given)


def test_a_summary_is_percentages_and_medians():
    times = (0.0, 0.002, 0.001, 0.009)
    rows = [outcome(number=n, exact=n < 3, recovered=n < 2, octave=n == 3, seconds=times[n]) for n in range(4)]
    found = summarise(rows)
    assert (found.count, found.exact, found.recovered, found.octave, found.errors) == (4, 75.0, 50.0, 25.0, 0)
    assert found.milliseconds == 1.5
    assert found.per_megapixel == 3.0
    assert found.milliseconds_95 == pytest.approx(7.95, rel=1e-12)  # 0.95 * 3 = 2.85: 0.85 of the way from 2 to 9
    assert found.per_megapixel_95 == pytest.approx(15.9, rel=1e-12)  # half a megapixel each


def test_the_colour_error_is_the_median_over_exact_sizes_alone():
    rows = [*(outcome(colour_error=error, exact=True) for error in (1.0, 9.0, 2.0)), outcome()]
    assert summarise(rows).colour_error == 2.0
    assert summarise([outcome()]).colour_error is None


def test_the_brier_score_is_that_of_its_definition():
    rows = [outcome(confidence=0.9, exact=True), outcome(confidence=0.4), outcome()]
    assert summarise(rows).brier == pytest.approx((0.1**2 + 0.4**2) / 2, rel=1e-12)  # rounding of 0.1
    assert summarise([outcome()]).brier is None


def test_reliability_is_the_share_of_exact_sizes_by_confidence():
    told = [(0.0, False), (0.49, True), (0.5, True), (0.99, True), (1.0, True), (1.0, False)]
    rows = [outcome(confidence=sure, exact=exact) for sure, exact in told]
    found = reliability([*rows, outcome()])
    assert [(row.low, row.high, row.count, row.exact) for row in found] == [
        (0.0, 0.5, 2, 0.5),
        (0.5, 0.8, 1, 1.0),
        (0.99, 1.0, 3, 2 / 3),
    ]
    assert found[0].confidence == pytest.approx(0.245, rel=1e-12)  # rounding of 0.49 / 2
    assert reliability([outcome()]) == []


def test_a_summary_of_nothing_or_of_two_methods_is_refused():
    for rows in ([], [outcome("ours"), outcome("peer")], [outcome(), outcome(tier="hard")]):
        with pytest.raises(ValueError, match="one method on one tier"):
            summarise(rows)


def test_a_peer_that_stopped_early_is_compared_on_the_pictures_it_met():
    rows = [outcome(number=n, recovered=n < 2) for n in range(4)] + [outcome("slow", number=n) for n in range(2)]
    found = [(row.method, row.count, row.recovered) for row in summaries(rows)]
    assert found == [("ours", 4, 50.0), ("ours, first 2", 2, 100.0), ("slow", 2, 0.0)]


def test_a_table_is_markdown_with_a_row_per_summary():
    text = table(summaries([outcome(), outcome(tier="hard", colour_error=1.25, exact=True)]))
    lines = text.splitlines()
    assert len(lines) == 4
    assert text.endswith("|\n")
    assert len({len(line) for line in lines}) == 1, "as text its columns are straight"
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    cells = [cell.strip() for cell in lines[3].strip("|").split("|")]
    named = dict(zip([cell.strip() for cell in lines[0].strip("|").split("|")], cells, strict=True))
    assert (named["method"], named["tier"], named["exact %"], named["colour"]) == ("ours", "hard", "100.0", "1.25")


# Pictures


def paint(truth: np.ndarray, tier: str, seed: int) -> tuple[np.ndarray, dict]:
    """A corruptor that writes its seed into the first pixel."""
    image = truth.repeat(2, 0).repeat(2, 1)
    image[0, 0] = np.frombuffer(np.uint32(seed).tobytes(), np.uint8)[:3]
    return image, {"cell_x": 2.0, "cell_y": 3.0}


SPRITES = {f"s{n}": sprite(8 + n, 8, seed=n) for n in range(5)}


def made(**options) -> list[Case]:
    return list(cases(SPRITES, **{"tiers": ("easy", "hard"), "count": 7, "upscales": (), "corrupt": paint, **options}))


def same(a: Case, b: Case) -> bool:
    return (a.name, a.tier, a.number, a.cell) == (b.name, b.tier, b.number, b.cell) and np.array_equal(a.image, b.image)


def test_pictures_are_the_same_on_every_run_and_fewer_are_the_first_of_more():
    first, again, fewer = made(), made(), made(count=3)
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert all(same(a, b) for a, b in zip(first[:3] + first[7:10], fewer, strict=True))


def test_another_seed_makes_other_pictures():
    a, b = made(count=40, tiers=("easy",)), made(count=40, tiers=("easy",), seed=1)
    assert [case.name for case in a] != [case.name for case in b]
    assert not any(np.array_equal(one.image[0, 0], other.image[0, 0]) for one, other in zip(a, b, strict=True))


def test_all_sprites_take_turns():
    names = [case.name for case in made(count=10, tiers=("easy",))]
    assert set(names[:5]) == set(names[5:]) == set(SPRITES)


def test_a_picture_is_drawn_from_its_sprite_tier_number_and_seed():
    for case in made():
        seed = zlib.crc32(f"{case.name}|{case.tier}|{case.number}|0".encode())
        assert np.array_equal(case.image, paint(SPRITES[case.name], case.tier, seed)[0])
        assert case.cell == (2.0, 3.0)
        assert np.array_equal(case.truth, SPRITES[case.name])


def test_labels_may_have_their_cell_as_an_attribute():
    class Labels:
        cell = (2.5, 2.0)

    found = made(corrupt=lambda truth, tier, seed: (truth, Labels()))
    assert {case.cell for case in found} == {(2.5, 2.0)}


def test_without_a_corruptor_pictures_are_those_of_the_library():
    sprites = dict(list(demo_sprites().items())[:2])
    found = list(cases(sprites, count=1, seed=3, upscales=()))
    assert [case.tier for case in found] == list(TIERS)
    for case in found:
        made = corrupt(sprites[case.name], case.tier, seed=zlib.crc32(f"{case.name}|{case.tier}|0|3".encode()))
        assert np.array_equal(case.image, made.image)
        assert case.cell == made.labels.cell


def test_upscaled_sprites_have_each_pixel_as_a_square():
    for case in made(tiers=(), upscales=(1, 3)):
        scale = int(case.tier[:-1])
        assert case.cell == (scale, scale)
        assert case.image.flags.c_contiguous
        for row in range(scale):
            for column in range(scale):
                assert np.array_equal(case.image[row::scale, column::scale], SPRITES[case.name])


def test_without_sprites_there_is_nothing_to_bench():
    with pytest.raises(ValueError, match="no sprites"):
        list(cases({}, corrupt=paint))


def save(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(encode_image(pixels, ".png"))


def test_sprites_of_a_folder_are_rgb_by_name(tmp_path):
    save(tmp_path / "b.png", sprite())
    save(tmp_path / "a.png", sprite()[..., 0])
    tint = np.dstack([sprite(), np.full((16, 20), 255, np.uint8)])
    tint[0, 0, 3], tint[0, 1, 3] = 0, 128
    save(tmp_path / "c.png", tint)
    found = read_sprites(tmp_path)
    assert list(found) == ["a.png", "b.png", "c.png"]
    assert all(pixels.shape == (16, 20, 3) and pixels.dtype == np.uint8 for pixels in found.values())
    assert np.array_equal(found["b.png"], sprite())
    assert np.array_equal(found["c.png"][1:], sprite()[1:])
    assert found["c.png"][0, 0].tolist() == [255, 255, 255]
    half = np.rint(sprite()[0, 1] * (128 / 255) + 255 * (127 / 255))
    assert np.array_equal(found["c.png"][0, 1], half)


def test_sprites_are_chosen_by_the_sources_of_the_manifest(tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path / name, sprite())
    entries = [{"file": "a.png", "source": "x"}, {"file": "b.png", "source": "y"}, {"file": "c.png", "source": "x"}]
    with pytest.raises(ValueError, match=r"no .*manifest\.json"):
        read_sprites(tmp_path, sources=["x"])
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    assert list(read_sprites(tmp_path, sources=["x"])) == ["a.png", "c.png"]
    with pytest.raises(ValueError, match="names no source z"):
        read_sprites(tmp_path, sources=["x", "z"])


def test_a_folder_without_images_or_with_deep_ones_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no images"):
        read_sprites(tmp_path)
    save(tmp_path / "a.png", np.zeros((4, 4), np.uint16))
    with pytest.raises(ValueError, match="8 bits"):
        read_sprites(tmp_path)


# Turns


class Clock:
    """Seconds that pass only when a method says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def method(self, name: str, seconds: float, **options) -> Method:
        def run(image: np.ndarray) -> np.ndarray:
            self.now += seconds
            return image

        def read(found: np.ndarray, image: np.ndarray) -> Answer:
            self.now += 1000  # reading is not the method's work
            return Answer(found, (1.0, 1.0))

        def prepare(image: np.ndarray) -> np.ndarray:
            self.now += 1000
            return image

        return Method(name, run, read, prepare, **options)


def natives(count: int, tier: str = "1x") -> list[Case]:
    truth = sprite(4, 4)
    return [Case("x", tier, number, truth, truth, (1.0, 1.0)) for number in range(count)]


def test_only_the_work_of_a_method_is_timed():
    clock = Clock()
    found = list(measure(natives(3), [clock.method("a", 2.0), clock.method("b", 3.0)], clock=clock))
    assert [(row.method, row.number, row.seconds) for row in found] == [
        (name, number, seconds) for number in range(3) for name, seconds in (("a", 2.0), ("b", 3.0))
    ]


@pytest.mark.parametrize(("limit", "count"), [(3.9, 2), (4.0, 2), (4.1, 3), (0.0, 0)])
def test_a_method_meets_no_more_pictures_of_a_tier_when_its_seconds_are_spent(limit, count):
    clock = Clock()
    methods = [clock.method("a", 1.0), clock.method("slow", 2.0, limit=limit)]
    found = list(measure([*natives(6, "1x"), *natives(6, "2x")], methods, clock=clock))
    met = [(row.tier, row.number) for row in found if row.method == "slow"]
    assert met == [(tier, number) for tier in ("1x", "2x") for number in range(count)]
    assert sum(row.method == "a" for row in found) == 12


def test_methods_take_turns_in_coming_first():
    order = []

    def named(name: str) -> Method:
        return Method(name, lambda image: order.append(name), lambda _, image: Answer(image, (1.0, 1.0)))

    list(measure(natives(3), [named("a"), named("b"), named("c")]))
    assert "".join(order) == "abc" + "abc" + "bca" + "cab", "once to warm up, then in turns"


def test_a_method_cannot_change_the_picture_of_another():
    def spoil(image: np.ndarray) -> np.ndarray:
        image[:] = 0
        return image

    read = Method("a", spoil, lambda found, image: Answer(found, (1.0, 1.0))).read
    found = list(measure(natives(2), [Method("spoils", spoil, read), Method("sees", lambda image: image, read)]))
    assert [row.identical for row in found] == [False, True, False, True]


@pytest.mark.parametrize("where", ["run", "read"])
def test_a_method_that_fails_fails_on_that_picture_alone(where):
    seen = []

    def fail(image: np.ndarray, *_) -> object:
        seen.append(1)
        if len(seen) == 3:  # the first is to warm up, the second right
            raise ValueError("no grid here")
        return image if where == "run" else Answer(image, (1.0, 1.0))

    def read(image: np.ndarray, _: np.ndarray) -> Answer:
        return Answer(image, (1.0, 1.0))

    method = Method("a", fail, read) if where == "run" else Method("a", lambda image: image, fail)
    found = list(measure(natives(3), [method]))
    assert [row.error for row in found] == [None, "ValueError: no grid here", None]
    assert summarise(found).errors == 1


def test_an_answer_that_is_no_sprite_fails():
    method = Method("a", lambda image: image, lambda found, image: Answer(found.astype(np.float32), (1.0, 1.0)))
    assert "float32" in next(measure(natives(1), [method])).error


def test_what_is_seen_is_what_was_answered():
    seen = []
    method = Method("a", lambda image: image, lambda found, image: Answer(found, (1.0, 1.0)))
    found = list(measure(natives(2), [method], seen=lambda *met: seen.append(met)))
    assert [met[2] for met in seen] == found
    assert all(np.array_equal(answer.sprite, case.image) for case, answer, _ in seen)


# Files


def test_a_report_is_a_table_a_line_per_picture_and_json(tmp_path):
    rows = [outcome(size=(16, 16), exact=True, confidence=0.5), outcome(number=1, error="no, nothing")]
    write_report(tmp_path / "new", rows, {"seed": 3})
    assert (tmp_path / "new" / "table.md").read_text() == table(summaries(rows))
    lines = list(csv.DictReader(io.StringIO((tmp_path / "new" / "outcomes.csv").read_text())))
    assert [(line["size"], line["exact"], line["error"]) for line in lines] == [
        ("16x16", "1", ""),
        ("", "0", "no, nothing"),
    ]
    content = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert content == json.loads(report_json(rows, {"seed": 3}))
    assert (content["settings"], len(content["rows"]), len(content["outcomes"])) == ({"seed": 3}, 1, 2)
    assert content["outcomes"][0]["size"] == [16, 16]


def test_pictures_that_were_not_recovered_are_written(tmp_path):
    from pixkern.pipelines.pixelart._bench_files import write_failure

    truth = sprite()
    for number, found in enumerate((truth, 255 - truth)):
        case, answer = case_of(truth, number=number), Answer(found, (4.0, 4.0))
        write_failure(tmp_path, case, answer, score(case, answer))
    case = case_of(truth, number=2)
    write_failure(tmp_path, case, "no grid", score(case, "no grid"))
    names = sorted(path.name for path in (tmp_path / "failures").iterdir())
    assert names == [
        "easy-001-random-picture.png",
        "easy-001-random-pixkern.png",
        "easy-001-random-truth.png",
        "easy-002-random-picture.png",
        "easy-002-random-truth.png",
    ]
    assert np.array_equal(read_image(tmp_path / "failures" / names[1]).pixels, 255 - truth)


@pytest.mark.parametrize(("tier", "written"), [("hard", False), ("8x", True)])
def test_one_pixel_off_is_a_failure_where_the_picture_is_only_upscaled(tmp_path, tier, written):
    from pixkern.pipelines.pixelart._bench_files import write_failure

    truth = sprite()
    case = case_of(truth, tier=tier)
    for found in (truth, moved(truth, 0.005, 1)):
        answer = Answer(found, (4.0, 4.0))
        write_failure(tmp_path, case, answer, score(case, answer))
    assert (tmp_path / "failures").exists() == written
    if written:
        assert not np.array_equal(read_image(tmp_path / "failures" / "8x-000-random-pixkern.png").pixels, truth)


def test_outcomes_as_csv_have_a_column_per_attribute():
    header = outcomes_csv([]).splitlines()
    assert header == [",".join(name for name in Outcome.__dataclass_fields__)]


# Peers


@pytest.mark.parametrize(
    "name", ["perfect-pixel", "perfect-pixel median", "proper-pixel-art", "unfake", "pixel-snapper"]
)
def test_a_peer_restores_what_it_is_good_at(name):
    import pixelart_peers

    module, _ = pixelart_peers.PEERS[name]
    pytest.importorskip(module, reason=f"{name} is not installed (benchmarks/pixelart_peers.py says how)")
    truth = demo_sprites()["crawl_013"]
    case = replace(case_of(truth, 9.0), image=cv2.GaussianBlur(truth.repeat(9, 0).repeat(9, 1), (0, 0), 0.8))
    (method,) = pixelart_peers.methods([name])
    (found,) = measure([case], [method])
    assert (found.error, found.cell_right, found.tolerant) == (None, True, True)
    assert found.seconds > 0


def test_a_peer_that_is_not_there_is_refused():
    import pixelart_peers

    with pytest.raises(ValueError, match="no peer 'nobody'"):
        pixelart_peers.methods(["nobody"])
