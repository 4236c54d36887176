"""Speed that must not be lost: each ratio to a peer stays above half of what it was when the gate was set.

    python -m pytest benchmarks/test_gates.py

Half, because ratios measured on shared machines and on other CPUs differ that much without a change of ours.
"""

import subprocess
import sys

import pytest
import warp_rows
from compare import measure, memory, one_thread

pytest.importorskip("pytest_benchmark", reason="needs pixkern[dev]")

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC (Zen 5), AVX-512, one thread, 2026-11-21
    ("bilinear uint8", "cv2.undistort"): 1.1,
    ("bilinear uint8", "torch, grid given"): 2.5,
    ("bicubic uint8", "cv2 map + remap"): 1.1,
    ("lanczos4 uint8", "cv2 map + remap"): 2.0,
    ("bilinear float32", "cv2 map + remap"): 1.1,
    ("with residual", "ours without"): 0.6,
}


@pytest.fixture(scope="module")
def ratios():
    one_thread()
    found = {}
    wanted = {row for row, _ in GATES}
    for row in warp_rows.rows():
        if row.name in wanted:
            seconds = measure(row, rounds=5)
            found.update({(row.name, peer): seconds[peer] / seconds[""] for peer in row.peers})
    return found


@pytest.mark.parametrize("gate", GATES, ids=" / ".join)
def test_ratio_to_the_peer_holds(benchmark, ratios, gate):
    if gate not in ratios:
        pytest.skip(f"{gate[1]} is not installed")
    benchmark.extra_info["ratio"] = ratios[gate]
    benchmark.pedantic(lambda: None)
    assert ratios[gate] >= GATES[gate]


def test_a_warp_takes_the_memory_of_its_output_and_less_than_16_megabytes_more(benchmark):
    programs = warp_rows.memory_rows()
    extra = benchmark.pedantic(lambda: memory(programs["ours"]) - memory(programs["nothing"]), rounds=1)
    assert extra <= 36_000_000 / 2**20 + 16


def test_importing_takes_less_than_150_milliseconds_over_numpy(benchmark):
    def seconds(statement):
        code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(7)]
        return min(float(run.stdout) for run in runs)

    taken = benchmark.pedantic(lambda: seconds("import pixkern"), rounds=1)
    assert taken < 0.15 + max(0.0, seconds("import numpy") - 0.1)  # a machine on which NumPy alone takes over 100 ms
