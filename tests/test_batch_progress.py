"""Progress within the items of a batch: one bar that never goes back, never too far, and costs next to nothing."""

from __future__ import annotations

import contextvars
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import pytest
from batch_items import dask, loky, quiet, ray, threads
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixkern.pipelines import _batch_progress, batch
from pixkern.pipelines.batch import Output, advance, map_images

WEIGHTS = {"a": 10, "b": 20.5, "c": 30, "d": 0, "e": 0.1}
WHOLE = {sum(some) for size in range(6) for some in itertools.combinations(WEIGHTS.values(), size)}


@pytest.fixture
def positions(tmp_path, monkeypatch):
    """Every position of the bar; the file `moved` appears with the first one within an item."""
    seen = []

    class Bar(batch.tqdm):
        def update(self, n=1):
            shown = super().update(n)
            seen.append(self.n)
            if min(abs(self.n - whole) for whole in WHOLE) > 1e-9:  # sums of floats, in other orders
                (tmp_path / "moved").touch()
            for key, position in {"x": 0.3, "y": 1.3}.items():
                if self.n == position:
                    (tmp_path / key).touch()
            return shown

    monkeypatch.setattr(batch, "tqdm", Bar)
    return seen


def wait_for(path):
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"nothing made {path}"
        advance(0)  # what was done is reported as soon as reports are due again
        time.sleep(0.01)


here = pytest.param(lambda: joblib.parallel_config(n_jobs=1), id="here")


@pytest.mark.parametrize("workers", [here, loky, threads, dask, ray])
def test_the_bar_moves_within_items_never_goes_back_and_ends_at_the_total(workers, tmp_path, positions):
    def work(key):
        for _ in range(4):
            advance(WEIGHTS[key] / 8)
        if key == "b":
            wait_for(tmp_path / "moved")  # or the item fails
        return Output({})

    with workers():
        assert map_images(work, {key: key for key in WEIGHTS}, tmp_path / "out", weights=WEIGHTS).ok
    assert positions == sorted(positions)
    assert positions[-1] == sum(WEIGHTS.values())


def test_without_weights_an_item_weighs_one(tmp_path, positions, capsys):
    def work(key):
        advance(0.3)
        wait_for(tmp_path / key)
        return Output({})

    map_images(work, {key: key for key in "xy"}, tmp_path / "out", jobs=1)
    assert set(positions) | {0} == {0, 0.3, 1, 1.3, 2}
    assert {"0.3/2", "1.3/2"} <= set(capsys.readouterr().err.split())


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_an_item_that_says_too_much_moves_the_bar_by_its_weight_and_no_more(ends, tmp_path, positions):
    def work(key):
        if key == "b":
            for _ in range(1000):
                advance(WEIGHTS["b"])
            while not any(_batch_progress._sizes(out).values() for out in (tmp_path / "out").glob(".pixkern-*")):
                advance(0)
            time.sleep(3 * _batch_progress._POLL)
            if ends == "badly":
                raise ValueError
        return Output({})

    report = map_images(work, {key: key for key in WEIGHTS}, tmp_path / "out", weights=WEIGHTS, jobs=1)
    assert report.ok == (ends == "well")
    assert positions == sorted(positions)
    assert set(positions) | {0} == {0, 10, 30.5, 60.5, sum(WEIGHTS.values())}


@pytest.mark.parametrize("workers", [loky, dask])
def test_an_item_that_runs_again_after_the_death_of_its_worker_counts_once(workers, tmp_path, positions):
    def work(key):
        advance(WEIGHTS[key] / 2)
        if key == "b" and not (tmp_path / "died").exists():
            wait_for(tmp_path / "moved")
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Output({})

    with workers():
        assert map_images(work, {key: key for key in WEIGHTS}, tmp_path / "out", weights=WEIGHTS).ok
    assert positions == sorted(positions)
    assert positions[-1] == sum(WEIGHTS.values())


def test_a_resumed_run_starts_where_the_skipped_items_end(tmp_path, positions):
    def work(key):
        advance(WEIGHTS[key])
        return Output({})

    some = {key: key for key in "ac"}
    map_images(work, some, tmp_path / "out", jobs=1, **quiet)
    positions.clear()
    items = {key: key for key in WEIGHTS}
    assert map_images(work, items, tmp_path / "out", jobs=1, weights=WEIGHTS, resume=True).skipped == ("a", "c")
    assert positions[:2] == [10, 40]
    assert positions[-1] == sum(WEIGHTS.values())


weights = st.lists(st.one_of(st.integers(0, 10**12), st.floats(0, 1e12)), min_size=1, max_size=6)


@settings(deadline=None)
@given(weights=weights, draw=st.data())
@example(weights=[0.1, 0.2, 0.3], draw=None)
def test_whatever_the_workers_report_the_bar_is_monotone_and_exact_at_the_end(weights, draw, tmp_path_factory):
    shares = {str(number): weight for number, weight in enumerate(weights)}
    with batch.tqdm(total=sum(weights), file=open(os.devnull, "w")) as bar:
        progress = _batch_progress.Progress(bar, shares, tmp_path_factory.getbasetemp())
        before = ended = 0
        for number in range(len(weights))[::-1] if draw is None else draw.draw(st.permutations(range(len(weights)))):
            for _ in range(3):
                sizes = {} if draw is None else draw.draw(st.dictionaries(st.sampled_from(range(len(weights))), steps))
                progress.see(sizes)
                assert before <= bar.n <= bar.total
                before = bar.n
            progress.end(str(number), "")
            ended += weights[number]
            assert bar.n >= min(ended, bar.total) * (1 - 1e-12)  # sums of floats in another order
            assert before <= bar.n
            before = bar.n
        assert bar.n == bar.total


steps = st.integers(0, _batch_progress._STEPS)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@settings(deadline=None)
@given(cost=st.floats(0, 0.5), step=st.floats(1e-3, 0.3))
def test_reports_take_a_hundredth_of_the_time_however_slow_the_file_system_is(cost, step):
    clock, reports = Clock(), []

    class Counter(_batch_progress._Counter):
        def _report(self):
            reports.append(clock.now)
            clock.now += cost

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_batch_progress, "time", clock)
        counter = Counter("unused", 1.0)
        counter.add(0.5)
        assert not reports  # a short item costs nothing
        while clock.now < 1010:
            clock.now += step
            counter.add(0.01)
    assert 1 <= len(reports) <= 101
    assert cost * (len(reports) - 1) <= 0.0101 * (clock.now - 1000)  # the first one is free; rounding of the clock
    gaps = [later - earlier for earlier, later in itertools.pairwise(reports)]
    assert all(gap >= max(0.1, 100 * cost) * (1 - 1e-9) for gap in gaps)
    assert all(gap <= max(0.1, 100 * cost) + cost + 2 * step for gap in gaps)  # and no longer than that


def test_short_items_leave_no_trace_in_the_staging_folder(tmp_path):
    def work(_):
        advance(1)
        return Output({}, {"staged": [path.name for path in tmp_path.glob("out/.pixkern-*/0/*")]})

    assert map_images(work, {"a": 1}, tmp_path / "out", jobs=1).records["a"]["staged"] == ["0"]


def test_without_progress_nobody_counts_and_nobody_watches(tmp_path):
    def work(_):
        advance(1)
        watching = [thread.name for thread in threading.enumerate() if "progress" in thread.name]
        return Output({}, {"counts": _batch_progress._current.get() is not None, "watching": watching})

    items = {"a": 1, "weightless": 1}
    loud = map_images(work, items, tmp_path, jobs=1, weights={"a": 1, "weightless": 0})
    assert loud.records["a"] == {"counts": True, "watching": ["pixkern-batch-progress"]}
    assert not loud.records["weightless"]["counts"]
    assert map_images(work, items, tmp_path, jobs=1, **quiet).records["a"] == {"counts": False, "watching": []}
    assert not [thread for thread in threading.enumerate() if thread.name == "pixkern-batch-progress"]


def test_outside_a_batch_it_does_nothing_and_inside_it_knows_its_own_item_only(tmp_path, positions):
    def inner(_):
        advance(1000)
        return Output({})

    def outer(key):
        map_images(inner, {"x": 1}, tmp_path / f"inner {key}", jobs=1, **quiet)
        advance(WEIGHTS[key] / 2)
        wait_for(tmp_path / "moved")
        return Output({})

    advance(3)
    map_images(outer, {"b": "b"}, tmp_path / "out", jobs=1, weights={"b": 20.5})
    assert set(positions) | {0} == {0, 10.25, 20.5}
    assert _batch_progress._current.get() is None


def test_threads_of_the_function_count_together_in_copies_of_its_context(tmp_path):
    class Slow(float):
        def __radd__(self, other):
            time.sleep(1e-5)  # another thread may come in between
            return other + 1.0

    (tmp_path / "own").mkdir()
    with _batch_progress.counting(tmp_path / "own", 1.0), ThreadPoolExecutor(4) as pool:
        counter = _batch_progress._current.get()
        contexts = [contextvars.copy_context() for _ in range(4)]
        calls = [pool.submit(context.run, lambda: [advance(Slow(1)) for _ in range(100)]) for context in contexts]
        assert all(call.result() for call in calls)
        pool.submit(advance, 1e9).result()  # a thread that was told nothing
    assert counter._done == 400


def test_a_folder_that_is_gone_or_not_there_yet_harms_nobody(tmp_path):
    counter = _batch_progress._Counter(tmp_path / "gone" / "progress", 1.0)
    counter._silent_until = 0
    counter.add(1)
    assert _batch_progress._sizes(tmp_path / "gone") == {}
    (tmp_path / "7").mkdir()
    (tmp_path / "function").touch()
    assert _batch_progress._sizes(tmp_path) == {}


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_an_amount_out_of_range_fails_its_item_whether_or_not_anybody_watches(amount, tmp_path):
    with pytest.raises(ValueError, match="finite and not negative"):
        advance(amount)
    report = map_images(lambda _: advance(amount), {"a": 1}, tmp_path, jobs=1, **quiet)
    assert report.failed["a"].startswith("ValueError: amount must be finite and not negative")
    with pytest.raises(TypeError):
        advance("much")
