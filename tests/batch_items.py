"""What the tests of batch runs do to their items, and the workers they do it with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest

from pixkern import _threads
from pixkern.pipelines.batch import Output

quiet: dict[str, Any] = {"progress": False}


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file below `folder` and its bytes; folders are None."""
    paths = sorted(folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in paths}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text().split("\n") if text]


def shout(word):
    return Output({f"{word}.txt": word.upper().encode(), f"deep/er/{word}": b"\0"}, {"letters": len(word)})


def misbehave(item):
    """Do what the item says, one way or another."""
    deed, value = item
    if deed == "raise":
        raise ValueError(value)
    if deed == "exit":
        raise SystemExit(value)
    if deed == "return":
        return value
    if deed == "record":
        return Output({}, {"value": value})
    return Output({f"{value}.bin": bytes(1000)}, {"value": value})


def kill_after(item):
    """Leave a mark at the end of each call; the killer waits for three of them."""
    marks, name = Path(item["marks"]), item["name"]
    if name == "killer":
        while sum(1 for _ in marks.iterdir()) < 3:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    (marks / f"{name}-{time.monotonic_ns()}").touch()
    return Output({f"{name}.txt": name.encode()})


def surroundings(_):
    return Output({}, {"variable": os.environ.get("PIXKERN_THREADS"), "limit": _threads.limit(), "pid": os.getpid()})


@contextlib.contextmanager
def dask_cluster() -> Iterator[None]:
    distributed = pytest.importorskip("dask.distributed", reason="dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        yield


@contextlib.contextmanager
def ray_cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="ray is not installed")
    from ray.util.joblib import register_ray

    register_ray()
    here = {"env_vars": {"PYTHONPATH": str(Path(__file__).parent)}}  # so that its workers can import this module
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=here)
    try:
        with joblib.parallel_config(backend="ray"):
            yield
    finally:
        ray.shutdown()


loky = pytest.param(lambda: joblib.parallel_config(n_jobs=2), id="loky")
threads = pytest.param(lambda: joblib.parallel_config(backend="threading", n_jobs=3), id="threads")
dask = pytest.param(dask_cluster, id="dask")
ray = pytest.param(ray_cluster, id="ray", marks=pytest.mark.slow)
