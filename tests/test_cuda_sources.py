"""Every .cu compiles without a GPU, for every architecture we name, and offers the kernels that are launched."""

import re
from pathlib import Path

import pytest

from pixkern._cuda import OPTIONS, source

FAMILIES = sorted(path.stem for path in (Path(__file__).parents[1] / "kernels" / "cuda").glob("*.cu"))
PIXELS, REALS = ("uint8", "uint16", "float32"), ("float32", "float64")
LIFTINGS = ("haar_float32", "cdf53_float32", "cdf97_float32", "haar_int32", "cdf53_int32")
METRICS = ("squared_errors", "ssim_gaussian", "ssim_uniform", "structure", "halve")
RETINEX = (
    *("collect", "read", "retinex", "restored", "sum", "stretch", "luminance", "division", "lab"),
    *("intensity", "lightness"),
)
ENTRY_POINTS = {
    "cells": {f"{name}_{c}" for name in ("cell_colours", "cell_difference") for c in (1, 3, 4)},
    "gridlines": {"comb_scan"},
    "gridscore": {
        *("count_differences", "gather_evidence", "finish_profile", "fill_records"),
        *("total_chunks", "start_chunks", "sum_chunks", "measure_meshes", "line_residues"),
    },
    "inflation": {
        *("merge", "merge_cells", "close_cells", "sweep", "sweep_cells", "restrict", "restrict_cells"),
        *("correct", "correct_cells", "finish", "relief", "luma_uint8", "luma_uint16", "luma_float32"),
    },
    "lifting": {f"{way}_{name}" for way in ("analyse", "synthesise") for name in LIFTINGS} | {"hadamard4"},
    "metrics": {f"{name}_{p}" for p in PIXELS for name in METRICS},
    "noise": {"fractal_perlin", "fractal_value"},
    "patterns": {
        *(
            "venetian_blind",
            "window",
            "curtain",
            "fence",
            "voronoi",
            "lattice",
            "screen",
            "noise_shade",
            "shapes",
            "outline",
        ),
        *("soften_rows", "soften_columns", "surface"),
    },
    "pyramid": {f"{name}_{p}" for p in PIXELS for name in ("reduce", "subtract", "add")},
    "quantize": {"quantize", "dequantize", "extremes", "quantize_u8", "dequantize_u8"},
    "rans": {f"{way}_{p}" for way in ("encode", "decode") for p in ("uint8", "uint16")},
    "render": {f"{name}_{p}" for p in PIXELS for name in ("stochastic", "expected")} | {"variance_float32"},
    "retinex": {f"{name}_{p}" for p in PIXELS for name in RETINEX} | {"filter", "multiply_blur", "guide"},
    "shading": {
        *(f"{name}_{p}" for p in PIXELS for name in ("shade", "composite", "to_linear", "to_codes")),
        *(f"{name}_{p}" for p in (*PIXELS, "float64") for name in ("normals", "extents")),
        "shading_float32",
    },
    "shadows": {"cast_shadow", "varying_blur", "add_level", "spread"},
    "splines": {f"filter_rows_{p}" for p in PIXELS} | {"filter_columns", "down", "residual"},
    "unit_normals": {f"unit_normals_{p}" for p in (*PIXELS, "float64")},
    "warp": {f"warp_{p}" for p in PIXELS} | {f"grid_sample_{r}_{p}" for p in PIXELS for r in REALS},
}


def compiled(family: str, arch: str) -> str:
    nvrtc = pytest.importorskip("cuda.bindings.nvrtc", reason="needs nvidia-cuda-nvrtc and cuda-bindings")
    _, program = nvrtc.nvrtcCreateProgram(source(family).encode(), f"{family}.cu".encode(), 0, None, None)
    options = [*(option.encode() for option in OPTIONS), f"--gpu-architecture={arch}".encode()]
    (result,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    _, size = nvrtc.nvrtcGetProgramLogSize(program)
    log = b" " * (size + 2)  # not of one byte: Python has one object for all of those, and NVRTC writes into it
    nvrtc.nvrtcGetProgramLog(program, log)
    assert result == nvrtc.nvrtcResult.NVRTC_SUCCESS, log.decode()
    _, size = nvrtc.nvrtcGetCUBINSize(program)
    cubin = b" " * (size + 2)
    nvrtc.nvrtcGetCUBIN(program, cubin)
    return cubin.decode("latin-1")


@pytest.mark.parametrize("arch", ["sm_75", "sm_80", "sm_90", "sm_120"])
@pytest.mark.parametrize("family", FAMILIES)
def test_cuda_source_compiles_for_every_architecture(family, arch):
    cubin = compiled(family, arch)
    assert set(re.findall(r"\.text\.(\w+)", cubin)) == ENTRY_POINTS[family]


def test_every_family_lists_its_entry_points():
    assert set(FAMILIES) == set(ENTRY_POINTS)


def test_headers_are_inlined_once_and_none_is_left():
    text = source("warp")
    assert "#include" not in text
    assert text.count("struct Bicubic") == 1
