"""The GPU loops of shadows and inflation, run on the host, give the bits of the CPU's."""

import host_cuda
import pytest
import shadows_cases as cases


@pytest.mark.parametrize(("family", "results"), [("shadows", cases.shadows), ("inflation", cases.inflations)])
def test_every_case_has_the_bits_of_the_cpu(family, results, tmp_path, monkeypatch):
    expected = list(results("cpu"))
    host_cuda.install({family: host_cuda.compiled(family, tmp_path)}, monkeypatch)
    for (name, cpu), (_, cuda) in zip(expected, results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name
