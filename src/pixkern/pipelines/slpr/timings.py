"""Where the time goes: seconds and counts by stage, and by detail within a stage where that is wanted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

__all__ = ["Timings"]

_GRANULARITIES = ("coarse", "fine", None)


class Timings:
    """Seconds spent in stages, by `time.perf_counter`.

    A stage within another one takes its time away from the outer one, so that no second is counted twice and the
    totals of all stages add up. A block that raises counts too.

    Parameters
    ----------
    granularity : {"coarse", "fine"}, optional
        "coarse" adds up by stage, "fine" also keeps every "stage/detail". None keeps nothing and costs next to
        nothing: every `stage` is the same object that does nothing.

    Raises
    ------
    ValueError
        `granularity` is none of these.

    Notes
    -----
    One object belongs to one thread. Several are put together by `merged`.

    Examples
    --------
    >>> from pixkern.pipelines.slpr.timings import Timings
    >>> timings = Timings("fine")
    >>> for zoom in (100, 200):
    ...     with timings.stage("stochastic", f"average {zoom} %"):
    ...         pass
    >>> sorted(timings.as_dict()), timings.as_dict()["stochastic"]["count"]
    (['stochastic', 'stochastic/average 100 %', 'stochastic/average 200 %'], 2)
    """

    __slots__ = ("_entries", "_fine", "_inner")

    def __init__(self, granularity: str | None) -> None:
        if granularity not in _GRANULARITIES:
            raise ValueError(f"granularity must be 'coarse', 'fine' or None, got {granularity!r}")
        self._entries: dict[str, tuple[float, int]] | None = None if granularity is None else {}
        self._fine = granularity == "fine"
        self._inner: list[float] = []  # seconds of the stages within each stage that is open

    def stage(self, name: str, detail: str = "") -> AbstractContextManager[None]:
        """A context manager that adds the time of its block to the stage `name`, and to `detail` within it.

        Parameters
        ----------
        name : str
            Such as "pyramid", "stochastic", "save" or "metrics"; without "/".
        detail : str, optional
            Kept by the granularity "fine" only.
        """
        if self._entries is None:
            return _NOTHING
        return _Stage(self, name, detail)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Total and mean in seconds and the count, by stage and by "stage/detail" where those are kept, for JSON."""
        entries = self._entries or {}
        return {
            name: {"total": total, "mean": total / count, "count": count}
            for name, (total, count) in sorted(entries.items())
        }

    @classmethod
    def merged(cls, several: Iterable[Mapping[str, Mapping[str, Any]]]) -> Timings:
        """All of them added up.

        Parameters
        ----------
        several : iterable of mapping
            What `as_dict` gives.

        Examples
        --------
        >>> from pixkern.pipelines.slpr.timings import Timings
        >>> one = {"save": {"total": 0.5, "mean": 0.25, "count": 2}}
        >>> Timings.merged([one, one, {}]).as_dict()
        {'save': {'total': 1.0, 'mean': 0.25, 'count': 4}}
        """
        timings = cls("fine")
        for entries in several:
            for name, entry in entries.items():
                timings._add(name, float(entry["total"]), int(entry["count"]))
        return timings

    def summary(self) -> str:
        """A table in plain text: the stages by their totals, the longest first, and below each its details likewise.

        Examples
        --------
        >>> from pixkern.pipelines.slpr.timings import Timings
        >>> times = {"save": 0.5, "stochastic": 1.5, "stochastic/200 %": 1.25, "stochastic/100 %": 0.25}
        >>> entries = {name: {"total": total, "count": 2} for name, total in times.items()}
        >>> print(Timings.merged([entries]).summary())
        stage           total s    share  count     mean s
        stochastic        1.500   75.0 %      2     0.7500
          200 %           1.250   62.5 %      2     0.6250
          100 %           0.250   12.5 %      2     0.1250
        save              0.500   25.0 %      2     0.2500
        """
        entries = self._entries or {}
        whole = sum(total for name, (total, _) in entries.items() if "/" not in name)
        rows = []
        for name in sorted(entries, key=self._rank):
            stage, _, detail = name.partition("/")
            total, count = entries[name]
            share = total / whole if whole else 0.0
            rows.append((f"  {detail}" if detail else stage, total, share, count, total / count))
        width = max([12, *(len(row[0]) for row in rows)])
        lines = [f"{'stage':<{width}}  {'total s':>9}  {'share':>7}  {'count':>5}  {'mean s':>9}"]
        for label, total, share, count, mean in rows:
            lines.append(f"{label:<{width}}  {total:9.3f}  {100 * share:5.1f} %  {count:5}  {mean:9.4f}")
        return "\n".join(lines)

    def _rank(self, name: str) -> tuple[Any, ...]:
        """Stages by falling totals, each before its details, which go by falling totals too."""
        entries = self._entries or {}
        stage, _, detail = name.partition("/")
        return -entries.get(stage, entries[name])[0], stage, bool(detail), -entries[name][0], detail

    def _add(self, name: str, seconds: float, count: int) -> None:
        assert self._entries is not None
        total, before = self._entries.get(name, (0.0, 0))
        self._entries[name] = total + seconds, before + count

    def _begin(self) -> float:
        self._inner.append(0.0)
        return time.perf_counter()

    def _end(self, began: float, name: str, detail: str) -> None:
        elapsed = time.perf_counter() - began
        own = elapsed - self._inner.pop()
        if self._inner:
            self._inner[-1] += elapsed
        self._add(name, own, 1)
        if self._fine and detail:
            self._add(f"{name}/{detail}", own, 1)


class _Stage:
    """One block that is timed."""

    __slots__ = ("_began", "_detail", "_name", "_timings")

    def __init__(self, timings: Timings, name: str, detail: str) -> None:
        self._timings, self._name, self._detail = timings, name, detail

    def __enter__(self) -> None:
        self._began = self._timings._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timings._end(self._began, self._name, self._detail)


class _Nothing:
    """What stands for every stage where no times are taken."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass


_NOTHING = _Nothing()
