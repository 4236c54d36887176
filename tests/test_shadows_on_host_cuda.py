"""The GPU loops of shadows and inflation, run on the host, give the bits of the CPU's."""

import host_cuda
import pytest
import shadows_cases as cases


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    families = ("shadows", "inflation", "retinex")
    return {family: host_cuda.compiled(family, tmp_path_factory.mktemp(family)) for family in families}


@pytest.mark.parametrize("results", [cases.shadows, cases.spreads, cases.inflations, cases.reliefs])
def test_every_case_has_the_bits_of_the_cpu(results, libraries, monkeypatch):
    expected = list(results("cpu"))
    host_cuda.install(libraries, monkeypatch)
    for (name, cpu), (_, cuda) in zip(expected, results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name
