"""Timings of the renderer: every second once, by stage; and nothing at all where nobody asked."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.slpr import timings as module
from pixkern.pipelines.slpr.timings import Timings


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

        def perf_counter(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_coarse_adds_up_by_stage_and_fine_keeps_the_details_too(clock):
    coarse, fine = Timings("coarse"), Timings("fine")
    for stage, detail, seconds in [
        ("save", "a.png", 1),
        ("save", "b.png", 2),
        ("pyramid", "", 4),
        ("save", "a.png", 8),
    ]:
        for timings in (coarse, fine):
            with timings.stage(stage, detail):
                clock.now += seconds
    stages = {"pyramid": {"total": 4.0, "mean": 4.0, "count": 1}, "save": {"total": 11.0, "mean": 11 / 3, "count": 3}}
    details = {
        "save/a.png": {"total": 9.0, "mean": 4.5, "count": 2},
        "save/b.png": {"total": 2.0, "mean": 2.0, "count": 1},
    }
    assert coarse.as_dict() == stages
    assert fine.as_dict() == stages | details
    assert list(fine.as_dict()) == sorted(stages | details)


# a block: its stage, seconds before, blocks within, seconds after
blocks = st.recursive(
    st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.just([]), st.integers(0, 99)),
    lambda inner: st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.lists(inner, max_size=3), st.integers(0, 99)),
    max_leaves=8,
)


@given(some=st.lists(blocks, max_size=4))
def test_a_stage_within_another_takes_its_time_away_so_that_no_second_counts_twice(some):
    with pytest.MonkeyPatch.context() as patch:
        clock = type("Clock", (), {"now": 0, "perf_counter": lambda self: self.now})()
        patch.setattr(module, "time", clock)
        timings, own, count = Timings("coarse"), {"a": 0, "b": 0}, {"a": 0, "b": 0}

        def go(block):
            stage, before, within, after = block
            own[stage] += before + after
            count[stage] += 1
            with timings.stage(stage, "x"):
                clock.now += before
                for inner in within:
                    go(inner)
                clock.now += after

        for block in some:
            go(block)
    got = timings.as_dict()
    assert {stage: entry["total"] for stage, entry in got.items()} == {key: own[key] for key in own if count[key]}
    assert {stage: entry["count"] for stage, entry in got.items()} == {key: count[key] for key in own if count[key]}
    assert sum(entry["total"] for entry in got.values()) == clock.now


def test_a_block_that_raises_counts_and_passes_the_error_on(clock):
    timings = Timings("coarse")

    def fail():
        with timings.stage("save"), timings.stage("metrics"):
            clock.now += 3
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert {name: entry["total"] for name, entry in timings.as_dict().items()} == {"metrics": 3.0, "save": 0.0}
    assert timings._inner == []


def test_without_a_granularity_there_is_one_stage_for_all_and_no_clock_is_read(monkeypatch):
    monkeypatch.setattr(module, "time", None)  # whoever asks for the time fails
    timings = Timings(None)
    assert timings.stage("save", "a") is timings.stage("pyramid") is Timings(None).stage("x")
    with pytest.raises(KeyError), timings.stage("save"):
        raise KeyError
    assert timings.as_dict() == {}


@given(st.lists(st.dictionaries(st.sampled_from(["a", "a/x", "b"]), st.tuples(st.integers(0, 99), st.integers(1, 9)))))
def test_merged_timings_are_the_sums_and_survive_json(several):
    dicts = [
        {name: {"total": total, "mean": total / count, "count": count} for name, (total, count) in entries.items()}
        for entries in several
    ]
    merged = Timings.merged(json.loads(json.dumps(dicts))).as_dict()
    assert merged.keys() == set().union(*several)
    for name, entry in merged.items():
        totals, counts = zip(*(entries[name] for entries in several if name in entries), strict=True)
        assert entry == {"total": sum(totals), "count": sum(counts), "mean": sum(totals) / sum(counts)}
    assert Timings.merged([merged]).as_dict() == merged


seconds = st.integers(0, 999)


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), seconds, min_size=1)))
def test_the_summary_names_the_longest_first_and_shares_of_the_whole(times):
    entries = {}
    for stage, details in times.items():
        entries[stage] = {"total": sum(details.values()), "count": len(details)}
        entries |= {f"{stage}/{detail}": {"total": total, "count": 1} for detail, total in details.items()}
    head, *rows = Timings.merged([entries]).summary().split("\n")
    assert head.split() == ["stage", "total", "s", "share", "count", "mean", "s"]
    assert len(rows) == len(entries)
    assert len({len(row) for row in [head, *rows]}) == 1
    stages, within = [], []
    whole = sum(entry["total"] for name, entry in entries.items() if "/" not in name)
    for row in rows:
        name, total, share, *_ = row.split()
        assert math.isclose(float(share), 100 * float(total) / whole if whole else 0, abs_tol=0.06)  # one digit shown
        if row.startswith("  "):
            within.append(float(total))
            assert entries[f"{stages[-1][0]}/{name}"]["total"] == float(total)
            assert within == sorted(within, reverse=True)
        else:
            stages.append((name, float(total)))
            within = []
    assert [total for _, total in stages] == sorted((total for _, total in stages), reverse=True)


@pytest.mark.parametrize("granularity", ["Fine", "", True, 0])
def test_other_granularities_are_refused(granularity):
    with pytest.raises(ValueError, match="'coarse', 'fine' or None"):
        Timings(granularity)
