"""The GPU loops of blur and Retinex, run on the host, give the bits of the CPU's."""

import host_cuda
import pytest
import retinex_cases as cases


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return host_cuda.compiled("retinex", tmp_path_factory.mktemp("retinex"))


def test_every_case_has_the_bits_of_the_cpu(library, monkeypatch):
    expected = list(cases.results("cpu"))
    host_cuda.install({"retinex": library}, monkeypatch)
    for (name, cpu), (_, cuda) in zip(expected, cases.results("cuda"), strict=True):
        assert cpu.tobytes() == cuda.tobytes(), name
