"""Systems: what turns components into others, for one entity or a thousand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import UnionType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from .components import Component
from .errors import MissingComponentError

if TYPE_CHECKING:
    from .world import World

Mode = Literal["forward", "inverse"]
Kinds: TypeAlias = type[Component] | UnionType  # a union means: any one of them, the first that is there

_MODES: dict[str, Mode] = {"forward": "forward", "encode": "forward", "inverse": "inverse", "decode": "inverse"}


class System(ABC):
    """Base of all systems.

    A system of your own says what it needs and what it makes, and does its work in `run_group`. `run` sees to the
    rest: it checks every entity before the first is touched, calls `run_group` once for all entities of equal shapes,
    and checks that the components promised are there.

    Parameters
    ----------
    mode : {"forward", "inverse"}
        "encode" and "decode" mean the same two. Systems of one direction do not take it.

    Raises
    ------
    ValueError
        Another mode.

    Examples
    --------
    >>> class Invert(System):
    ...     def required_components(self):
    ...         return [RGB]
    ...     def produced_components(self):
    ...         return [ReconRGB]
    ...     def run_group(self, world, entities):
    ...         for entity in entities:
    ...             pixels = world.view(world.get_component(entity, RGB).pixels)
    ...             world.add_component(entity, ReconRGB(world.arena.put(255 - pixels)))
    >>> from pixkern.pipelines.codec.sdk import RGB, ReconRGB, World
    >>> world = World(arena_capacity=1 << 20)
    >>> entity = world.spawn_image(np.zeros((2, 2, 3), np.uint8))
    >>> done = world.pipe(entity).to(Invert()).out(ReconRGB)
    >>> int(world.view(done.pixels).min())
    255
    """

    _mode: Mode = "forward"

    def __init__(self, mode: str = "forward") -> None:
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(map(repr, _MODES))}, got {mode!r}")
        self._mode = _MODES[mode]

    @property
    def mode(self) -> Mode:
        """ "forward" or "inverse"."""
        return self._mode

    @property
    def name(self) -> str:
        """Of its class; in traces and messages."""
        return type(self).__name__

    @abstractmethod
    def required_components(self) -> Sequence[Kinds]:
        """What an entity must have: component types; a union ``A | B`` where either will do, A if both are there."""

    @abstractmethod
    def produced_components(self) -> Sequence[Kinds]:
        """What an entity has afterwards: component types; a union where it depends on the input which."""

    @abstractmethod
    def run_group(self, world: World, entities: Sequence[int]) -> None:
        """Do the work for entities whose required components are all there and have equal shapes.

        Called by `run` only. Not with an empty group.
        """

    def can_run(self, world: World, entity: int) -> bool:
        """Whether `entity` has all that this system requires."""
        return not self.missing(world, entity)

    def missing(self, world: World, entity: int) -> list[Kinds]:
        """What `entity` lacks of the required components."""
        return [kinds for kinds in self.required_components() if _first(world, entity, kinds) is None]

    def inputs(self, world: World, entity: int) -> list[Component]:
        """The required components of `entity`, one for each requirement.

        Raises
        ------
        MissingComponentError
            One is missing; the message names all that are.
        """
        found = [_first(world, entity, kinds) for kinds in self.required_components()]
        if None in found:
            lacking = ", ".join(map(kinds_name, self.missing(world, entity)))
            has = ", ".join(kind.__name__ for kind in world.components(entity)) or "no components"
            raise MissingComponentError(f"{self!r} cannot run: entity {entity} lacks {lacking}; it has {has}")
        return cast(list[Component], found)

    def run(self, world: World, entities: Sequence[int]) -> None:
        """Run on entities of any shapes.

        Parameters
        ----------
        world : World
        entities : sequence of int
            Each at most once.

        Raises
        ------
        MissingComponentError
            An entity lacks a required component. Nothing ran.
        UnknownEntityError, TypeError, ValueError
            `entities` are not entities of `world`, or one comes twice. Nothing ran.
        MemoryError
            The arena is full. Groups before this one are done.
        """
        groups: dict[object, list[int]] = {}
        read: dict[int, int] = {}
        for entity in world.checked(entities):
            components = self.inputs(world, entity)
            groups.setdefault(tuple(component.signature() for component in components), []).append(entity)
            read[entity] = sum(component.nbytes for component in components)
        for group in groups.values():
            if world.trace.enabled:
                with world.trace.recording(self, world, group, sum(read[entity] for entity in group)):
                    self._run_group(world, group)
            else:
                self._run_group(world, group)

    def _run_group(self, world: World, group: Sequence[int]) -> None:
        try:
            self.run_group(world, group)
        except Exception as error:
            error.add_note(f"in {self!r}, for entities {_some(group)}")
            raise
        for entity in group:
            for kinds in self.produced_components():
                if _first(world, entity, kinds) is None:
                    raise RuntimeError(f"{self!r} promised {kinds_name(kinds)} and did not make it for entity {entity}")

    def __repr__(self) -> str:
        return f"{self.name}(mode={self._mode!r})"


def alternatives(kinds: Kinds) -> tuple[type[Component], ...]:
    """The types of a union, or the one type."""
    return kinds.__args__ if isinstance(kinds, UnionType) else (kinds,)


def kinds_name(kinds: Kinds) -> str:
    """As messages say it: "YUVW4 or Latent4"."""
    return " or ".join(kind.__name__ for kind in alternatives(kinds))


def _first(world: World, entity: int, kinds: Kinds) -> Component | None:
    for kind in alternatives(kinds):
        if world.has_component(entity, kind):
            return world.get_component(entity, kind)
    return None


def _some(entities: Sequence[int]) -> str:
    shown = ", ".join(map(str, entities[:8]))
    return shown if len(entities) <= 8 else f"{shown}, ... ({len(entities)} in all)"
