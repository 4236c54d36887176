import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from pixkern import _threads, set_threads


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    monkeypatch.delenv("PIXKERN_THREADS", raising=False)
    yield
    set_threads(None)


def test_the_limit_comes_from_the_call_then_the_setting_then_the_environment_then_the_cores(monkeypatch):
    assert _threads.limit() == min(_threads.cores(), 256)
    monkeypatch.setenv("PIXKERN_THREADS", "5")
    assert _threads.limit() == 5
    set_threads(3)
    assert _threads.limit() == 3
    assert _threads.limit(7) == 7
    set_threads(None)
    assert _threads.limit() == 5


@pytest.mark.parametrize("bad", [0, -1, 257])
def test_thread_counts_out_of_range_raise_value_error(bad):
    with pytest.raises(ValueError, match="1 to 256"):
        set_threads(bad)
    with pytest.raises(ValueError, match="1 to 256"):
        _threads.limit(bad)


@pytest.mark.parametrize("bad", [1.0, "2", True])
def test_thread_counts_of_another_type_raise_type_error(bad):
    with pytest.raises(TypeError, match="integer"):
        set_threads(bad)


@pytest.mark.parametrize("bad", ["two", "-1", "1.5", "999"])
def test_a_bad_environment_variable_raises_and_is_named(monkeypatch, bad):
    monkeypatch.setenv("PIXKERN_THREADS", bad)
    with pytest.raises(ValueError, match="PIXKERN_THREADS"):
        _threads.limit()


@pytest.mark.parametrize("length", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_ranges_cover_everything_once(length, threads):
    seen = []
    _threads.split(lambda a, b: seen.extend(range(a, b)), length, elements=1 << 30, threads=threads)
    assert sorted(seen) == list(range(length))


def test_an_error_in_any_part_is_raised_after_all_parts_have_ended():
    ended = []

    def work(begin, end):
        if begin:
            raise KeyError(begin)
        ended.append(begin)

    with pytest.raises(KeyError):
        _threads.split(work, 3, elements=1 << 30, threads=3)
    assert ended == [0]


def test_nested_calls_run_serially_and_do_not_wait_for_each_other():
    names = set()

    def inner(begin, end):
        names.add(threading.current_thread().name)

    def outer(begin, end):
        for _ in range(50):
            _threads.split(inner, 8, elements=1 << 30, threads=8)

    _threads.split(outer, 64, elements=1 << 30, threads=64)
    assert names


def test_calls_from_many_threads_at_once_all_finish():
    total = []

    def caller():
        for _ in range(20):
            _threads.split(lambda a, b: total.append(b - a), 10, elements=1 << 30, threads=4)

    callers = [threading.Thread(target=caller) for _ in range(8)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(timeout=60)
    assert sum(total) == 8 * 20 * 10


def test_what_no_thread_takes_is_done_by_the_caller(monkeypatch):
    class Full:
        def submit(self, work, *ends):
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_threads, "_pool", Full())
    seen = []
    _threads.split(lambda a, b: seen.extend(range(a, b)), 10, elements=1 << 30, threads=4)
    assert seen == list(range(10))


def test_calls_at_the_end_of_the_interpreter_still_finish():
    code = "import atexit, numpy as np; from pixkern.lenses import BrownConrady; from pixkern.warp import warp\n"
    code += "image = np.ones((900, 900), np.uint8); lens = BrownConrady(9, (4, 4))\n"
    code += "atexit.register(lambda: print(warp(image, lens, threads=2).sum()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(900 * 900)


def test_integers_of_numpy_are_thread_counts():
    assert _threads.limit(np.int64(3)) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_pool_works_after_a_fork():
    _threads.split(lambda a, b: None, 4, elements=1 << 30, threads=4)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = []
        _threads.split(lambda a, b: seen.extend(range(a, b)), 9, elements=1 << 30, threads=3)
        os.write(write, bytes(sorted(seen)))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == bytes(range(9))
