"""A World: entities, what they are made of, and the memory that holds it."""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, overload

import numpy as np

from .arena import DEFAULT_CAPACITY, Arena
from .components import RGB, ANSBitstream, Component
from .errors import MissingComponentError, UnknownEntityError
from .pipe import BatchPipe, Pipe
from .tensor_ref import TensorRef
from .trace import Trace

C = TypeVar("C", bound=Component)


class World:
    """Hold images on their way through a codec: integer entities that own components.

    Parameters
    ----------
    arena_capacity : int
        Bytes that all tensors of this World may take until `clear`; see `Arena`. Transforms leave their inputs where
        they are: a 12-megapixel photo needs 36 MB for its pixels and 144 MB for each float32 stage.
    trace : bool
        Record every call of a system in `trace`.

    Attributes
    ----------
    arena : Arena
    metadata : dict of dict
        What is known of an entity beside its components; metrics write here. ``metadata[entity]`` exists for every
        entity.
    trace : Trace

    Notes
    -----
    Not for use by several threads at once; Worlds share nothing.

    Examples
    --------
    >>> world = World(arena_capacity=1 << 20)
    >>> entity = world.spawn_image(np.zeros((4, 6, 3), np.uint8))
    >>> world.get_component(entity, RGB).pixels.shape
    (4, 6, 3)
    >>> world.query(RGB) == [entity]
    True
    >>> world.clear()
    >>> world.query(RGB)
    []
    """

    def __init__(self, *, arena_capacity: int = DEFAULT_CAPACITY, trace: bool = False) -> None:
        self.arena = Arena(arena_capacity)
        self.metadata: dict[int, dict[str, Any]] = {}
        self.trace = Trace(enabled=trace)
        self._next = itertools.count(1)
        self._entities: dict[int, None] = {}  # a set that keeps its order
        self._components: defaultdict[type[Component], dict[int, Component]] = defaultdict(dict)

    def new_entity(self) -> int:
        """Make an entity without components; numbers only grow, also over `clear`."""
        entity = next(self._next)
        self._entities[entity] = None
        self.metadata[entity] = {}
        return entity

    def spawn_image(self, image: np.ndarray, *, colorspace: str = "sRGB") -> int:
        """Copy an image into the arena and make an entity of it, with an `RGB`.

        Parameters
        ----------
        image : (H, W) or (H, W, C) with 1 to 4 channels, uint8, uint16 or float32
            (H, W) becomes (H, W, 1).
        colorspace : str
            Of the `RGB`.

        Returns
        -------
        int
            The entity.

        Raises
        ------
        TypeError, ValueError
            What `RGB` does not hold.
        MemoryError
            The arena is full.
        """
        return self.spawn_batch_images([image], colorspace=colorspace)[0]

    def spawn_batch_images(self, images: Sequence[np.ndarray], *, colorspace: str = "sRGB") -> list[int]:
        """Copy images into the arena, those of one shape and dtype side by side, and make an entity of each.

        Images of one shape go through systems together, without another copy.

        Parameters
        ----------
        images : sequence of images as of `spawn_image`, or one array (B, H, W, C)
        colorspace : str
            Of every `RGB`.

        Returns
        -------
        list of int
            Entities, in the order of the images.

        Raises
        ------
        TypeError, ValueError, MemoryError
            As `spawn_image`; then nothing was spawned.
        """
        pictures = [_as_image(image, number) for number, image in enumerate(images)]
        alike: defaultdict[Any, list[int]] = defaultdict(list)
        for number, picture in enumerate(pictures):
            alike[picture.shape, picture.dtype].append(number)
        made: dict[int, RGB] = {}
        for (shape, dtype), numbers in alike.items():
            batch = self.arena.alloc_tensor((len(numbers), *shape), dtype)
            for place, number in enumerate(numbers):
                self.arena.view(batch[place])[...] = pictures[number]
                made[number] = RGB(batch[place], colorspace)
        entities = [self.new_entity() for _ in pictures]
        for number, entity in enumerate(entities):
            self.add_component(entity, made[number])
        return entities

    def spawn_bitstream(self, data: bytes, *, format: str) -> int:
        """Copy bytes into the arena and make an entity of them, with an `ANSBitstream`.

        Parameters
        ----------
        data : bytes-like
        format : str
            Which decoder reads them.

        Returns
        -------
        int
            The entity.
        """
        stream = ANSBitstream(self.arena.put(np.frombuffer(data, np.uint8)), format)
        entity = self.new_entity()
        self.add_component(entity, stream)
        return entity

    def add_component(self, entity: int, component: Component) -> None:
        """Give an entity a component, in place of one of the same type if it has one.

        Raises
        ------
        UnknownEntityError
            There is no such entity.
        TypeError
            Not a `Component`.
        ValueError, StaleTensorError
            Its tensors are not of this World's arena, or from before `clear`.
        """
        self._check_entity(entity)
        if not isinstance(component, Component):
            raise TypeError(f"entity {entity}: a component must derive from Component, got {component!r}")
        for ref in component.tensors():
            self.arena.check(ref)
        self._components[type(component)][entity] = component

    def get_component(self, entity: int, kind: type[C]) -> C:
        """The component of type `kind` of an entity.

        Raises
        ------
        UnknownEntityError
            There is no such entity.
        MissingComponentError
            It has no such component.
        """
        self._check_entity(entity)
        try:
            return self._components[_component_type(kind)][entity]  # type: ignore[return-value]
        except KeyError:
            raise MissingComponentError(
                f"entity {entity} has no {kind.__name__}; it has {self._names(entity)}"
            ) from None

    def has_component(self, entity: int, kind: type[Component]) -> bool:
        """Whether an entity has a component of type `kind`."""
        self._check_entity(entity)
        return entity in self._components[_component_type(kind)]

    def remove_component(self, entity: int, kind: type[C]) -> C:
        """Take a component from an entity and return it; its memory stays taken until `clear`.

        Raises
        ------
        UnknownEntityError, MissingComponentError
            As `get_component`.
        """
        component = self.get_component(entity, kind)
        del self._components[kind][entity]
        return component

    def components(self, entity: int) -> dict[type[Component], Component]:
        """All components of an entity, by type."""
        self._check_entity(entity)
        return {kind: stored[entity] for kind, stored in self._components.items() if entity in stored}

    def query(self, *kinds: type[Component]) -> list[int]:
        """Entities that have components of all these types, in the order in which they were made."""
        stores = [self._components[_component_type(kind)] for kind in kinds]
        return [entity for entity in self._entities if all(entity in store for store in stores)]

    def view(self, ref: TensorRef) -> np.ndarray:
        """See `Arena.view`."""
        return self.arena.view(ref)

    @overload
    def pipe(self, entities: int) -> Pipe: ...
    @overload
    def pipe(self, entities: Sequence[int]) -> BatchPipe: ...
    def pipe(self, entities: int | Sequence[int]) -> Pipe | BatchPipe:
        """Start a pipe of systems for one entity or several.

        Parameters
        ----------
        entities : int or sequence of int
            Each at most once.

        Returns
        -------
        Pipe or BatchPipe
            A BatchPipe gives lists, in the order of `entities`.

        Raises
        ------
        UnknownEntityError, ValueError
            There is no such entity, or one is named twice.
        """
        if isinstance(entities, Iterable):
            return BatchPipe(self, self.checked(entities))
        return Pipe(self, self.checked([entities]))

    def checked(self, entities: Sequence[int]) -> tuple[int, ...]:
        """`entities` as a tuple, if all exist and none comes twice."""
        if not isinstance(entities, Iterable):
            raise TypeError(f"entities must be a sequence of integers, got {entities!r}")
        given = tuple(entities)
        for entity in given:
            self._check_entity(entity)
        if len(set(given)) < len(given):
            twice = next(entity for entity in given if given.count(entity) > 1)
            raise ValueError(f"entity {twice} is named twice in {list(given)}")
        return tuple(operator.index(entity) for entity in given)

    def clear(self) -> None:
        """Forget every entity and reset the arena. The trace stays."""
        self._entities.clear()
        self.metadata.clear()
        self._components.clear()
        self.arena.reset()

    @contextmanager
    def hiding(self, entities: Sequence[int], visible: Collection[type[Component]]) -> Iterator[None]:
        """Within the block, `entities` have only components of the types in `visible`, and what the block adds.

        Afterwards they have again what was hidden, unless the block added one of the same type.
        """
        hidden = [
            (store, entity, store.pop(entity))
            for kind, store in list(self._components.items())
            if kind not in visible
            for entity in entities
            if entity in store
        ]
        try:
            yield
        finally:
            for store, entity, component in hidden:
                store.setdefault(entity, component)

    def _check_entity(self, entity: int) -> None:
        if isinstance(entity, bool) or not hasattr(entity, "__index__"):
            raise TypeError(f"an entity is an integer, got {entity!r}")
        if entity not in self._entities:
            raise UnknownEntityError(f"there is no entity {entity}: never made, or forgotten by clear")

    def _names(self, entity: int) -> str:
        return ", ".join(kind.__name__ for kind in self.components(entity)) or "no components"

    def __repr__(self) -> str:
        return f"World({len(self._entities)} entities, {self.arena!r})"


def _component_type(kind: type[Component]) -> type[Component]:
    if not isinstance(kind, type) or not issubclass(kind, Component):
        raise TypeError(f"a component type is needed, got {kind!r}")
    return kind


def _as_image(image: Any, number: int) -> np.ndarray:
    """`image` as (H, W, C); checked here, before anything is allocated, where its number can be told."""
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise TypeError(f"image {number} must be a plain NumPy array, got {type(image).__name__}")
    if image.dtype not in (np.uint8, np.uint16, np.float32) or not image.dtype.isnative:
        raise TypeError(f"image {number} must be uint8, uint16 or float32 in native byte order, got {image.dtype!r}")
    shaped = image[..., None] if image.ndim == 2 else image
    if shaped.ndim != 3 or 0 in shaped.shape or shaped.shape[2] > 4:
        raise ValueError(
            f"image {number} needs shape (H, W) or (H, W, C) with 1 to 4 channels, not empty, got {image.shape}"
        )
    return shaped
