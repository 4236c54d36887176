"""Pipes: systems in a row, written down first, checked as a whole, and then run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .components import Component
from .errors import MissingComponentError
from .system import Kinds, System, alternatives, kinds_name

if TYPE_CHECKING:
    from typing import Self

    from .world import World

C = TypeVar("C", bound=Component)


class _Select:
    """Hide all components but these from the stages that follow."""

    def __init__(self, kinds: tuple[type[Component], ...]) -> None:
        self.kinds = kinds

    def __repr__(self) -> str:
        return f"select({', '.join(kind.__name__ for kind in self.kinds)})"


class _Use(_Select):
    """Go on with new entities that share these components."""

    def __repr__(self) -> str:
        return f"use({', '.join(kind.__name__ for kind in self.kinds)})"


class _Stages:
    """What a pipe of one entity and one of several have in common; a pipe never changes, each method makes another."""

    def __init__(self, world: World, entities: Sequence[int], stages: tuple[System | _Select, ...] = ()) -> None:
        self._world = world
        self._entities = tuple(entities)
        self._stages = stages

    def to(self, system: System) -> Self:
        """The pipe with one more system at its end; ``pipe | system`` is the same.

        Raises
        ------
        TypeError
            `system` is no System, or a class instead of an instance.
        """
        if not isinstance(system, System):
            called = isinstance(system, type)
            got = f"the class {system.__name__}; write {system.__name__}()" if called else repr(system)
            raise TypeError(f"a pipe goes through instances of System, got {got}")
        return type(self)(self._world, self._entities, (*self._stages, system))

    def __or__(self, system: System) -> Self:
        return self.to(system)

    def select(self, *kinds: type[Component]) -> Self:
        """Restrict the pipe: stages from here on see only components of these types, and those made from here on.

        For systems that take one of several types, as the wavelets do, this says which one.

        Raises
        ------
        TypeError, ValueError
            Not component types, or none.
        """
        return type(self)(self._world, self._entities, (*self._stages, _Select(_component_types(kinds, "select"))))

    def use(self, *kinds: type[Component]) -> Self:
        """Branch: go on with new entities that share these components and have no others.

        What the branch makes replaces nothing of the original entities. Each run of the pipe makes new ones;
        ``world.metadata[branch]["branch_of"]`` names the original.

        Raises
        ------
        TypeError, ValueError
            Not component types, or none.
        """
        return type(self)(self._world, self._entities, (*self._stages, _Use(_component_types(kinds, "use"))))

    def check(self) -> None:
        """See that every stage will find what it needs, without running anything.

        Raises
        ------
        MissingComponentError
            One will not; the message names the stage, the components and the entities.
        UnknownEntityError
            An entity is gone since the pipe was begun.
        """
        self._plan(None)

    def run(self) -> list[int]:
        """Check, then run every stage.

        Returns
        -------
        list of int
            The entities that hold the results: those of the pipe, or the branches of the last `use`.

        Raises
        ------
        MissingComponentError, UnknownEntityError
            As `check`; nothing ran.
        MemoryError
            The arena is full; stages before are done.
        """
        self._plan(None)
        with ExitStack() as hidden:
            return self._run(hidden)

    def _results(self, kind: type[C]) -> list[C]:
        self._plan(kind)
        with ExitStack() as hidden:
            return [self._world.get_component(entity, kind) for entity in self._run(hidden)]

    def _plan(self, wanted: type[Component] | None) -> None:
        world = self._world
        seen = {entity: set(world.components(entity)) for entity in world.checked(self._entities)}
        for number, stage in enumerate(self._stages, 1):
            where = f"stage {number} of {len(self._stages)}, {stage!r},"
            if isinstance(stage, _Select):
                _require(seen, stage.kinds, where)
                seen = {entity: set(stage.kinds) for entity in seen}
            else:
                _require(seen, stage.required_components(), where)
                made = {kind for kinds in stage.produced_components() for kind in alternatives(kinds)}
                seen = {entity: has | made for entity, has in seen.items()}
        if wanted is not None:
            _require(seen, _component_types((wanted,), "out"), "out")

    def _run(self, hidden: ExitStack) -> list[int]:
        world = self._world
        entities = list(self._entities)
        for stage in self._stages:
            if isinstance(stage, _Use):
                entities = [_branch(world, entity, stage.kinds) for entity in entities]
            elif isinstance(stage, _Select):
                hidden.enter_context(world.hiding(entities, stage.kinds))
            else:
                stage.run(world, entities)
        return entities

    def __repr__(self) -> str:
        return " | ".join([f"{type(self).__name__}{self._entities}", *map(repr, self._stages)])


class Pipe(_Stages):
    """A row of systems for one entity; begun by `World.pipe`.

    Nothing runs before `run` or `out`, which first check that every stage will find its components.
    """

    def out(self, kind: type[C]) -> C:
        """Run, and return a component of the result.

        Parameters
        ----------
        kind : type of component

        Returns
        -------
        kind

        Raises
        ------
        MissingComponentError
            A stage would lack a component, or no stage makes a `kind`: nothing ran.
        """
        return self._results(kind)[0]


class BatchPipe(_Stages):
    """A row of systems for several entities of any shapes; begun by `World.pipe`.

    Each system is called once for all entities of equal shapes.
    """

    def out(self, kind: type[C]) -> list[C]:
        """Run, and return a component of each result, in the order of the entities; see `Pipe.out`."""
        return self._results(kind)


def _component_types(kinds: Sequence[Any], method: str) -> tuple[type[Component], ...]:
    if not kinds:
        raise ValueError(f"{method} needs at least one component type")
    for kind in kinds:
        if not isinstance(kind, type) or not issubclass(kind, Component):
            raise TypeError(f"{method} takes component types, got {kind!r}")
    return cast(tuple[type[Component], ...], tuple(kinds))


def _require(seen: dict[int, set[type[Component]]], wanted: Sequence[Kinds], where: str) -> None:
    for kinds in wanted:
        lacking = [entity for entity, has in seen.items() if not has.intersection(alternatives(kinds))]
        if lacking:
            has = ", ".join(sorted(kind.__name__ for kind in seen[lacking[0]])) or "nothing"
            raise MissingComponentError(
                f"{where} needs {kinds_name(kinds)}: entity {lacking[0]} will have {has}"
                + (f" ({len(lacking)} entities lack it)" if len(lacking) > 1 else "")
            )


def _branch(world: World, entity: int, kinds: Sequence[type[Component]]) -> int:
    branch = world.new_entity()
    world.metadata[branch]["branch_of"] = entity
    for kind in kinds:
        world.add_component(branch, world.get_component(entity, kind))
    return branch
