"""What each system did: when, for how long, how many bytes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pixkern._atomic import write_atomically

if TYPE_CHECKING:
    from .system import System
    from .world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a system for one group of entities of equal shapes.

    Attributes
    ----------
    name, mode : str
        Of the system.
    start, duration : int
        Nanoseconds; start is of `time.perf_counter_ns`.
    entities : int
        How many.
    bytes_read : int
        Of the components that it required.
    bytes_produced : int
        Of the components that were made or replaced.
    arena_growth, arena_used : int
        Bytes that the arena gave out during the call, and in all after it.
    failed : bool
        It raised.
    """

    name: str
    mode: str
    start: int
    duration: int
    entities: int
    bytes_read: int
    bytes_produced: int
    arena_growth: int
    arena_used: int
    failed: bool


class Trace:
    """Calls of systems, in order. While `enabled` is False, systems do nothing for it but look at that.

    Attributes
    ----------
    enabled : bool
    calls : list of Call

    Examples
    --------
    >>> trace = Trace()
    >>> print(trace.table())
    system                  calls entities       ms      %   read MB   made MB  arena MB    MB/s
    """

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.calls: list[Call] = []

    @contextmanager
    def recording(self, system: System, world: World, entities: Sequence[int], bytes_read: int) -> Iterator[None]:
        """Record what happens in the block as one call of `system`."""
        before = [world.components(entity) for entity in entities]
        used = world.arena.used
        failed = True
        start = time.perf_counter_ns()
        try:
            yield
            failed = False
        finally:
            duration = time.perf_counter_ns() - start
            made = sum(
                component.nbytes
                for entity, had in zip(entities, before, strict=True)
                for kind, component in world.components(entity).items()
                if component is not had.get(kind)
            )
            grown = world.arena.used - used
            self.calls.append(
                Call(
                    system.name,
                    system.mode,
                    start,
                    duration,
                    len(entities),
                    bytes_read,
                    made,
                    grown,
                    world.arena.used,
                    failed,
                )
            )

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()

    def chrome(self) -> dict[str, Any]:
        """The calls as Chrome's trace event format: complete events ("X"), and a counter of the arena ("C")."""
        process = {"pid": os.getpid(), "tid": threading.get_native_id()}
        first = self.calls[0].start if self.calls else 0
        events: list[dict[str, Any]] = [
            {"name": "process_name", "ph": "M", **process, "args": {"name": "pixkern"}},
        ]
        for call in self.calls:
            begin = (call.start - first) / 1000  # microseconds, as the format wants
            details = asdict(call)
            label = f"{details.pop('name')} ({details.pop('mode')})"
            del details["start"], details["duration"]
            events.append(
                {
                    "name": label,
                    "cat": "system",
                    "ph": "X",
                    "ts": begin,
                    "dur": call.duration / 1000,
                    **process,
                    "args": details,
                }
            )
            after = begin + call.duration / 1000
            events.append({"name": "arena", "ph": "C", "ts": after, **process, "args": {"bytes": call.arena_used}})
        return {"traceEvents": events, "displayTimeUnit": "ms"}

    def to_chrome(self, path: str | os.PathLike[str]) -> None:
        """Write the calls as a file that chrome://tracing and Perfetto (ui.perfetto.dev) open.

        Parameters
        ----------
        path : path
            JSON; written whole or not at all.
        """
        write_atomically(path, json.dumps(self.chrome()).encode())

    def table(self) -> str:
        """The calls as text, summed by system and mode, in the order of their first calls.

        MB/s is of bytes read, 10^6 to a megabyte.
        """
        rows: dict[str, list[Call]] = {}
        for call in self.calls:
            rows.setdefault(f"{call.name} ({call.mode})", []).append(call)
        whole = sum(call.duration for call in self.calls) or 1
        lines = ["system                  calls entities       ms      %   read MB   made MB  arena MB    MB/s"]
        for label, calls in rows.items():
            time_taken = sum(call.duration for call in calls)
            read = sum(call.bytes_read for call in calls)
            made = sum(call.bytes_produced for call in calls)
            grown = sum(call.arena_growth for call in calls)
            lines.append(
                f"{label:<23} {len(calls):>5} {sum(call.entities for call in calls):>8} {time_taken / 1e6:>8.2f} "
                f"{100 * time_taken / whole:>6.1f} {read / 1e6:>9.2f} {made / 1e6:>9.2f} {grown / 1e6:>9.2f} "
                f"{read * 1e3 / max(time_taken, 1):>7.0f}"
            )
        return "\n".join(lines)
