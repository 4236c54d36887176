"""Systems, pipes and traces: everything is checked before anything runs, equal shapes run together, order stays."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.codec.sdk import (
    RGB,
    BatchPipe,
    BlurRGB,
    Component,
    MissingComponentError,
    Pipe,
    ReconRGB,
    System,
    TensorRef,
    UnknownEntityError,
    World,
)

GREY = [np.full((3, 4 + number % 2, 3), number, np.uint8) for number in range(6)]  # two shapes, taking turns


@dataclass(frozen=True)
class Doubled(Component):
    values: TensorRef


@dataclass(frozen=True)
class Tag(Component):
    values: TensorRef


class Double(System):
    """RGB or ReconRGB -> Doubled; notes its groups."""

    def __init__(self, mode="forward"):
        super().__init__(mode)
        self.groups = []

    def required_components(self):
        return [RGB | ReconRGB] if self.mode == "forward" else [Doubled]

    def produced_components(self):
        return [Doubled] if self.mode == "forward" else [ReconRGB]

    def run_group(self, world, entities):
        self.groups.append(list(entities))
        stacked = world.arena.stack([self.inputs(world, entity)[0].tensors()[0] for entity in entities])
        forward = self.mode == "forward"
        batch = world.arena.put(stacked * 2 if forward else stacked // 2)
        for entity, ref in zip(entities, batch, strict=True):
            world.add_component(entity, Doubled(ref) if forward else ReconRGB(ref))


class NeedsTag(System):
    def required_components(self):
        return [Doubled, Tag]

    def produced_components(self):
        return [BlurRGB]

    def run_group(self, world, entities):
        raise AssertionError("must never run")


@pytest.fixture
def world():
    return World(arena_capacity=1 << 20)


@pytest.fixture
def entities(world):
    return world.spawn_batch_images(GREY)


def values(world, component):
    return world.view(component.tensors()[0])


# Systems


@pytest.mark.parametrize(
    ("word", "mode"), [("forward", "forward"), ("encode", "forward"), ("inverse", "inverse"), ("decode", "inverse")]
)
def test_modes_have_two_names_each(word, mode):
    assert Double(word).mode == mode


@pytest.mark.parametrize("mode", ["backward", "", None, 1])
def test_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match="'forward', 'encode', 'inverse', 'decode', got"):
        Double(mode)


def test_a_system_must_say_what_it_needs_makes_and_does():
    with pytest.raises(TypeError, match="abstract"):
        System()


def test_can_run_says_what_run_does(world, entities):
    bare = world.new_entity()
    assert Double().can_run(world, entities[0])
    assert not Double("inverse").can_run(world, entities[0])
    assert not Double().can_run(world, bare)
    with pytest.raises(
        MissingComponentError, match=rf"Double.*entity {bare} lacks RGB or ReconRGB; it has no components"
    ):
        Double().run(world, [bare])
    with pytest.raises(UnknownEntityError):
        Double().can_run(world, 999)


def test_nothing_runs_if_one_entity_lacks_a_component(world, entities):
    system = Double()
    with pytest.raises(MissingComponentError):
        system.run(world, [*entities, world.new_entity()])
    assert system.groups == []


def test_one_call_for_all_of_a_shape_in_their_order(world, entities):
    system = Double()
    system.run(world, entities)
    assert system.groups == [entities[0::2], entities[1::2]]
    for entity, image in zip(entities, GREY, strict=True):
        assert np.array_equal(values(world, world.get_component(entity, Doubled)), image * 2)


def test_no_entities_are_no_work(world):
    system = Double()
    system.run(world, [])
    assert system.groups == []


def test_entities_are_a_sequence_each_once(world, entities):
    with pytest.raises(ValueError, match=f"entity {entities[1]} is named twice"):
        Double().run(world, [entities[1], entities[0], entities[1]])
    with pytest.raises(TypeError, match="sequence of integers"):
        Double().run(world, entities[0])
    with pytest.raises(UnknownEntityError):
        Double().run(world, [entities[0], 999])


def test_the_first_of_a_union_that_is_there_is_taken(world, entities):
    entity = entities[3]
    world.add_component(entity, ReconRGB(world.arena.put(GREY[3] * 0 + 50)))
    Double().run(world, [entity])
    assert (values(world, world.get_component(entity, Doubled)) == 6).all()
    world.remove_component(entity, RGB)
    Double().run(world, [entity])
    assert (values(world, world.get_component(entity, Doubled)) == 100).all()


def test_a_system_that_does_not_keep_its_promise_is_found_out(world, entities):
    class Idle(Double):
        def run_group(self, world, entities):
            pass

    with pytest.raises(RuntimeError, match=f"Idle.*promised Doubled and did not make it for entity {entities[0]}"):
        Idle().run(world, entities)


def test_errors_of_a_system_say_where_they_happened(world, entities):
    class Broken(Double):
        def run_group(self, world, entities):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        world.pipe(entities).to(Broken()).run()
    assert caught.value.__notes__ == ["in Broken(mode='forward'), for entities 1, 3, 5"]


def test_a_system_without_parameters_needs_no_init(world, entities):
    class Plain(Double):
        def __init__(self):
            self.groups = []

    assert Plain().mode == "forward"
    Plain().run(world, entities)


# Pipes


def test_one_entity_gives_one_component_and_several_a_list(world, entities):
    one = world.pipe(entities[0])
    many = world.pipe(entities)
    assert (type(one), type(many)) == (Pipe, BatchPipe)
    assert isinstance(one.to(Double()).out(Doubled), Doubled)
    assert [type(component) for component in many.to(Double()).out(Doubled)] == [Doubled] * 6
    assert world.pipe([]).to(Double()).out(Doubled) == []
    assert world.pipe(np.array(entities[:2])).out(RGB) == world.pipe(entities[:2]).out(RGB)


@given(st.permutations(range(6)))
def test_results_are_in_the_order_of_the_entities_whatever_their_shapes(order):
    world = World(arena_capacity=1 << 20)
    entities = world.spawn_batch_images(GREY)
    chosen = [entities[number] for number in order]
    done = (world.pipe(chosen) | Double() | Double("inverse")).out(ReconRGB)
    for number, component in zip(order, done, strict=True):
        assert np.array_equal(values(world, component), GREY[number])


def test_to_and_the_bar_are_the_same(world, entities):
    first, second = Double(), Double("inverse")
    assert repr(world.pipe(entities[0]) | first | second) == repr(world.pipe(entities[0]).to(first).to(second))
    assert repr(world.pipe(entities[0]) | first) == f"Pipe({entities[0]},) | Double(mode='forward')"


def test_nothing_runs_before_it_is_asked_for_and_a_pipe_never_changes(world, entities):
    system = Double()
    begun = world.pipe(entities)
    longer = begun.to(system)
    assert system.groups == []
    assert begun.run() == entities
    assert system.groups == []
    assert longer.run() == entities
    assert len(system.groups) == 2


def test_what_is_missing_at_the_end_is_reported_before_the_start(world, entities):
    first = Double()
    pipe = world.pipe(entities) | first | NeedsTag()
    for go in (pipe.check, pipe.run, lambda: pipe.out(BlurRGB)):
        with pytest.raises(
            MissingComponentError,
            match=r"stage 2 of 2, NeedsTag.*needs Tag: entity 1 will have Doubled, RGB \(6 entities lack it\)",
        ):
            go()
    with pytest.raises(MissingComponentError, match="out needs BlurRGB"):
        world.pipe(entities).to(first).out(BlurRGB)
    assert first.groups == []


def test_one_lacking_entity_stops_all(world, entities):
    system = Double()
    bare = world.new_entity()
    with pytest.raises(MissingComponentError, match=rf"needs RGB or ReconRGB: entity {bare} will have nothing$"):
        world.pipe([*entities, bare]).to(system).run()
    assert system.groups == []


def test_only_systems_go_into_pipes(world, entities):
    with pytest.raises(TypeError, match=r"got the class Double; write Double\(\)"):
        world.pipe(entities[0]).to(Double)
    with pytest.raises(TypeError, match="instances of System"):
        world.pipe(entities[0]) | len


def test_select_hides_the_rest_from_the_stages_that_follow_and_from_nobody_else(world, entities):
    entity = entities[5]
    recon = ReconRGB(world.arena.put(GREY[5] * 0 + 40))
    world.add_component(entity, recon)
    source = world.get_component(entity, RGB)
    doubled = world.pipe(entity).select(ReconRGB).to(Double()).out(Doubled)
    assert (values(world, doubled) == 80).all()
    assert world.components(entity) == {RGB: source, ReconRGB: recon, Doubled: doubled}
    with pytest.raises(MissingComponentError, match="out needs RGB"):
        world.pipe(entity).select(ReconRGB).out(RGB)
    again = world.pipe(entity).select(ReconRGB).to(Double()).to(Double("inverse")).out(ReconRGB)
    assert world.get_component(entity, ReconRGB) is again


def test_select_of_what_is_not_there_is_reported_before_anything_runs(world, entities):
    system = Double()
    with pytest.raises(MissingComponentError, match=r"stage 2 of 3, select\(Tag\), needs Tag"):
        world.pipe(entities).to(system).select(Tag).to(Double()).run()
    assert system.groups == []


def test_what_select_hid_comes_back_after_an_error(world, entities):
    class Broken(Double):
        def run_group(self, world, entities):
            assert not world.has_component(entities[0], RGB)
            raise ZeroDivisionError

    world.add_component(entities[0], ReconRGB(world.arena.put(GREY[0])))
    before = world.components(entities[0])
    with pytest.raises(ZeroDivisionError):
        world.pipe(entities[0]).select(ReconRGB).to(Broken()).run()
    assert world.components(entities[0]) == before


def test_use_branches_and_leaves_the_original_alone(world, entities):
    before = [world.components(entity) for entity in entities]
    pipe = world.pipe(entities).use(RGB).to(Double())
    branches = pipe.run()
    assert set(branches).isdisjoint(entities)
    assert [world.components(entity) for entity in entities] == before
    for entity, branch, image in zip(entities, branches, GREY, strict=True):
        assert set(world.components(branch)) == {RGB, Doubled}
        assert world.metadata[branch]["branch_of"] == entity
        assert np.array_equal(values(world, world.get_component(branch, Doubled)), image * 2)
    assert world.get_component(branches[0], RGB) is world.get_component(entities[0], RGB)
    assert set(pipe.run()).isdisjoint(branches)


def test_branches_of_one_beginning_do_not_disturb_each_other(world, entities):
    begun = world.pipe(entities[1]).to(Double())
    one = begun.use(Doubled).to(Double("inverse")).out(ReconRGB)
    assert not world.has_component(entities[1], ReconRGB)
    assert np.array_equal(values(world, one), GREY[1])


@pytest.mark.parametrize("method", ["select", "use"])
def test_select_and_use_take_component_types(world, entities, method):
    with pytest.raises(ValueError, match=f"{method} needs at least one"):
        getattr(world.pipe(entities), method)()
    for kind in (int, RGB | ReconRGB, "RGB", Double()):
        with pytest.raises(TypeError, match=f"{method} takes component types"):
            getattr(world.pipe(entities), method)(kind)
    with pytest.raises(TypeError, match="out takes component types"):
        world.pipe(entities).out(int)


def test_a_pipe_of_a_cleared_world_is_refused(world, entities):
    pipe = world.pipe(entities).to(Double())
    world.clear()
    with pytest.raises(UnknownEntityError, match="forgotten by clear"):
        pipe.run()


# Traces


def test_a_trace_is_off_by_default_and_then_records_nothing(world, entities):
    world.pipe(entities).to(Double()).run()
    assert not world.trace.enabled
    assert world.trace.calls == []


@pytest.fixture
def traced():
    world = World(arena_capacity=1 << 20, trace=True)
    entities = world.spawn_batch_images(GREY)
    (world.pipe(entities) | Double() | Double("inverse")).run()
    return world


def test_a_trace_has_one_call_per_group_with_its_bytes(traced):
    calls = traced.trace.calls
    assert [(call.name, call.mode) for call in calls] == [("Double", "forward")] * 2 + [("Double", "inverse")] * 2
    assert [call.entities for call in calls] == [3] * 4
    for call, image in zip(calls, [GREY[0], GREY[1]] * 2, strict=True):
        assert call.bytes_read == call.bytes_produced == 3 * image.nbytes
        assert 3 * image.nbytes <= call.arena_growth < 3 * image.nbytes + 64  # aligned to 64
        assert call.duration > 0
        assert not call.failed
    starts = [call.start for call in calls]
    assert starts == sorted(starts)
    assert calls[-1].arena_used == traced.arena.used


def test_a_failed_call_is_in_the_trace_as_such(traced):
    class Broken(Double):
        def run_group(self, world, entities):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Broken().run(traced, traced.query(RGB)[:1])
    assert (traced.trace.calls[-1].name, traced.trace.calls[-1].failed) == ("Broken", True)
    assert not traced.trace.calls[-2].failed


def test_a_trace_survives_clear_and_is_emptied_by_its_own(traced):
    traced.clear()
    assert len(traced.trace.calls) == 4
    traced.trace.clear()
    assert traced.trace.calls == []


def test_a_trace_can_be_switched_on_and_off(traced):
    traced.trace.enabled = False
    Double().run(traced, traced.query(RGB))
    assert len(traced.trace.calls) == 4


def test_chrome_gets_complete_events_in_microseconds_and_a_counter(traced, tmp_path):
    traced.trace.to_chrome(tmp_path / "trace.json")
    document = json.loads((tmp_path / "trace.json").read_text())
    events = document["traceEvents"]
    assert {event["ph"] for event in events} == {"M", "X", "C"}
    whole = [event for event in events if event["ph"] == "X"]
    for event, call in zip(whole, traced.trace.calls, strict=True):
        assert event["name"] == f"Double ({call.mode})"
        assert event["ts"] == pytest.approx((call.start - traced.trace.calls[0].start) / 1e3)
        assert event["dur"] == pytest.approx(call.duration / 1e3)
        assert event["args"]["bytes_read"] == call.bytes_read
        assert event["args"]["entities"] == 3
        assert event["tid"] == threading.get_native_id()
    for before, after in itertools.pairwise(whole):  # on one thread, viewers nest what overlaps
        assert before["ts"] + before["dur"] <= after["ts"] + 1e-3  # float64 microseconds
    assert [event["args"]["bytes"] for event in events if event["ph"] == "C"][-1] == traced.arena.used


def test_an_empty_trace_is_still_a_file(world, tmp_path):
    world.trace.to_chrome(str(tmp_path / "trace.json"))
    assert [event["ph"] for event in json.loads((tmp_path / "trace.json").read_text())["traceEvents"]] == ["M"]


def test_the_table_sums_by_system_and_mode(traced):
    heading, *rows = traced.trace.table().splitlines()
    assert [row.split()[:4] for row in rows] == [["Double", "(forward)", "2", "6"], ["Double", "(inverse)", "2", "6"]]
    assert sum(float(row.split()[5]) for row in rows) == pytest.approx(100, abs=0.11)  # two figures of one decimal
    assert {len(row) for row in rows} == {len(heading)}
