"""The World: entities own components, numbers only grow, and errors say which entity and which component."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.codec.sdk import (
    RGB,
    ANSBitstream,
    Component,
    MissingComponentError,
    ReconRGB,
    StaleTensorError,
    UnknownEntityError,
    World,
)

SMALL = 1 << 20
IMAGE = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)


@pytest.fixture
def world():
    return World(arena_capacity=SMALL)


def pixels(world, entity):
    return world.view(world.get_component(entity, RGB).pixels)


# Entities


def test_entities_are_integers_that_only_grow_also_over_clear(world):
    entities = [world.new_entity() for _ in range(3)]
    world.clear()
    entities += [world.new_entity(), world.spawn_image(IMAGE)]
    assert all(type(entity) is int for entity in entities)
    assert entities == sorted(set(entities))


def test_two_worlds_share_nothing():
    one, other = World(arena_capacity=SMALL), World(arena_capacity=SMALL)
    entity = one.spawn_image(IMAGE)
    with pytest.raises(UnknownEntityError):
        other.get_component(entity, RGB)
    with pytest.raises(ValueError, match="another arena"):
        other.add_component(other.new_entity(), one.get_component(entity, RGB))


def test_metadata_exist_for_every_entity_and_go_with_it(world):
    entity = world.new_entity()
    world.metadata[entity]["psnr"] = 40.0
    assert world.metadata == {entity: {"psnr": 40.0}}
    world.clear()
    assert world.metadata == {}


# Images


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 1), (7, 5, 2), (7, 5, 3), (7, 5, 4), (1, 1)])
def test_a_spawned_image_is_the_image(world, shape, dtype):
    image = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    entity = world.spawn_image(image, colorspace="Display P3")
    component = world.get_component(entity, RGB)
    assert component.colorspace == "Display P3"
    assert component.pixels.ndim == 3
    assert np.array_equal(world.view(component.pixels).reshape(shape), image)
    assert pixels(world, entity).dtype == dtype


def test_a_spawned_image_is_a_copy(world):
    image = IMAGE.copy()
    entity = world.spawn_image(image)
    image[...] = 0
    assert np.array_equal(pixels(world, entity), IMAGE)


@given(st.lists(st.sampled_from([(2, 3, 3), (3, 2, 3), (2, 3), (1, 6, 3)]), max_size=8))
def test_a_batch_keeps_its_order_and_lies_together_by_shape(shapes):
    world = World(arena_capacity=SMALL)
    images = [np.full(shape, number, np.uint8) for number, shape in enumerate(shapes)]
    entities = world.spawn_batch_images(images)
    assert entities == sorted(entities)
    for entity, image in zip(entities, images, strict=True):
        assert np.array_equal(pixels(world, entity).reshape(image.shape), image)
    for shape in set(shapes):
        alike = [entity for entity, other in zip(entities, shapes, strict=True) if other == shape]
        together = world.arena.stack([world.get_component(entity, RGB).pixels for entity in alike])
        assert np.shares_memory(together, pixels(world, alike[-1]))


def test_a_batch_may_be_one_array(world):
    batch = np.arange(2 * 60, dtype=np.uint8).reshape(2, 4, 5, 3)
    entities = world.spawn_batch_images(batch)
    assert np.array_equal(np.stack([pixels(world, entity) for entity in entities]), batch)


def test_images_take_only_the_memory_that_they_have(world):
    world.spawn_batch_images([IMAGE] * 5)
    assert world.arena.used == 5 * IMAGE.nbytes


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (IMAGE.tolist(), TypeError, "image 1 must be a plain NumPy array"),
        (np.ma.masked_array(IMAGE), TypeError, "image 1 must be a plain NumPy array"),
        (IMAGE.astype(np.float64), TypeError, "image 1 must be uint8, uint16 or float32"),
        (IMAGE.astype(">u2"), TypeError, "image 1 must be uint8, uint16 or float32 in native"),
        (np.zeros((2, 2, 5), np.uint8), ValueError, r"image 1 needs shape .* got \(2, 2, 5\)"),
        (np.zeros((0, 2, 3), np.uint8), ValueError, "not empty"),
        (np.zeros(3, np.uint8), ValueError, r"image 1 needs shape"),
    ],
)
def test_one_bad_image_is_named_and_spawns_nothing(world, bad, error, message):
    with pytest.raises(error, match=message):
        world.spawn_batch_images([IMAGE, bad])
    assert world.query() == []
    assert world.arena.used == 0


def test_a_full_arena_spawns_nothing():
    world = World(arena_capacity=100)
    with pytest.raises(MemoryError):
        world.spawn_batch_images([IMAGE, IMAGE])
    assert world.query() == []


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_bytes_become_an_entity(world, wrap):
    entity = world.spawn_bitstream(wrap(b"\x01\x02\xff"), format="test")
    component = world.get_component(entity, ANSBitstream)
    assert component.format == "test"
    assert world.view(component.data).tobytes() == b"\x01\x02\xff"


# Components


def test_components_are_found_by_type_replaced_and_removed(world):
    entity = world.spawn_image(IMAGE)
    assert world.has_component(entity, RGB)
    assert not world.has_component(entity, ReconRGB)
    first, second = (ReconRGB(world.arena.put(IMAGE)) for _ in range(2))
    world.add_component(entity, first)
    world.add_component(entity, second)
    assert world.get_component(entity, ReconRGB) is second
    assert set(world.components(entity)) == {RGB, ReconRGB}
    assert world.remove_component(entity, ReconRGB) is second
    assert not world.has_component(entity, ReconRGB)
    assert world.has_component(entity, RGB)


def test_query_gives_entities_that_have_all_the_types_in_order(world):
    images = world.spawn_batch_images([IMAGE] * 3)
    empty = world.new_entity()
    for entity in (images[2], images[0]):
        world.add_component(entity, ReconRGB(world.arena.put(IMAGE)))
    assert world.query() == [*images, empty]
    assert world.query(RGB) == images
    assert world.query(RGB, ReconRGB) == [images[0], images[2]]
    assert world.query(ANSBitstream) == []


def test_errors_name_the_entity_and_the_component(world):
    entity = world.spawn_image(IMAGE)
    for ask in (world.get_component, world.remove_component):
        with pytest.raises(MissingComponentError, match=f"entity {entity} has no ReconRGB; it has RGB"):
            ask(entity, ReconRGB)
    for ask in (world.get_component, world.has_component, world.remove_component):
        with pytest.raises(UnknownEntityError, match="no entity 999"):
            ask(999, RGB)
    with pytest.raises(UnknownEntityError, match="no entity 999"):
        world.add_component(999, world.get_component(entity, RGB))
    with pytest.raises(UnknownEntityError, match="no entity 999"):
        world.pipe([entity, 999])


@pytest.mark.parametrize("entity", [1.0, "1", True, None])
def test_an_entity_of_another_kind_is_refused(world, entity):
    world.spawn_image(IMAGE)
    with pytest.raises(TypeError, match="an entity is an integer"):
        world.get_component(entity, RGB)


@pytest.mark.parametrize("kind", [int, "RGB", None, RGB | ReconRGB])
def test_a_type_that_is_no_component_is_refused(world, kind):
    entity = world.spawn_image(IMAGE)
    with pytest.raises(TypeError, match="component type"):
        world.get_component(entity, kind)
    with pytest.raises(TypeError, match="component type"):
        world.query(kind)


def test_only_components_can_be_added(world):
    with pytest.raises(TypeError, match="must derive from Component"):
        world.add_component(world.new_entity(), IMAGE)


def test_numpy_integers_are_entities_too(world):
    entity = world.spawn_image(IMAGE)
    assert world.get_component(np.int64(entity), RGB) is world.get_component(entity, RGB)


# Clear


def test_after_clear_entities_are_unknown_handles_stale_and_memory_free(world):
    entity = world.spawn_image(IMAGE)
    component = world.get_component(entity, RGB)
    world.clear()
    assert world.arena.used == 0
    assert world.query() == []
    with pytest.raises(UnknownEntityError, match=f"no entity {entity}"):
        world.get_component(entity, RGB)
    with pytest.raises(StaleTensorError):
        world.view(component.pixels)
    with pytest.raises(StaleTensorError):
        world.add_component(world.new_entity(), component)
    assert np.array_equal(pixels(world, world.spawn_image(IMAGE)), IMAGE)


def test_hidden_components_come_back_unless_they_were_replaced(world):
    entity, other = world.spawn_batch_images([IMAGE] * 2)
    for each in (entity, other):
        world.add_component(each, ReconRGB(world.arena.put(IMAGE)))
    source = world.get_component(entity, RGB)
    new = ReconRGB(world.arena.put(IMAGE + 1))

    def block():
        with world.hiding([entity], []):
            assert world.components(entity) == {}
            assert set(world.components(other)) == {RGB, ReconRGB}
            world.add_component(entity, new)
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert world.components(entity) == {RGB: source, ReconRGB: new}


def test_a_world_says_what_it_holds(world):
    world.spawn_image(IMAGE)
    assert repr(world) == "World(1 entities, Arena(60 of 1,048,576 bytes used, generation 0))"


def test_component_is_the_base_of_all():
    assert issubclass(RGB, Component)
