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

GATES = {  # (row, peer): half the ratio measured on an AMD EPYC with AVX-512, one thread, 2026-11-21
    ("bilinear uint8", "cv2.undistort"): 1.2,
    ("bilinear uint8", "torch, grid given"): 2.9,
    ("bicubic uint8", "cv2 map + remap"): 1.2,
    ("lanczos4 uint8", "cv2 map + remap"): 2.1,
    ("bilinear float32", "cv2 map + remap"): 1.6,
    ("with residual", "ours without"): 0.6,
}


@pytest.fixture(scope="module")
def rows():
    one_thread()
    wanted = {row for row, _ in GATES}
    found = [row for row in warp_rows.rows() if row.name in wanted]
    return {row.name: (row, measure(row, rounds=5)) for row in found}


@pytest.mark.parametrize("gate", GATES, ids=" / ".join)
def test_ratio_to_the_peer_holds(benchmark, rows, gate):
    name, peer = gate
    row, seconds = rows[name]
    if peer not in seconds:
        pytest.skip(f"{peer} is not installed")
    ratio = seconds[peer] / seconds[""]
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(row.ours, rounds=3)
    assert ratio >= GATES[gate]


def test_a_warp_takes_the_memory_of_its_output_and_less_than_16_megabytes_more(benchmark):
    programs = warp_rows.memory_rows()
    extra = benchmark.pedantic(lambda: memory(programs["ours"]) - memory(programs["nothing"]), rounds=1)
    assert extra <= 36_000_000 / 2**20 + 16


def test_importing_takes_less_than_150_milliseconds_over_numpy(benchmark):
    code = "import numpy, time; start = time.perf_counter(); import pixkern; print(time.perf_counter() - start)"

    def seconds():
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(7)
        ]
        return min(float(run.stdout) for run in runs)

    assert benchmark.pedantic(seconds, rounds=1) < 0.15
