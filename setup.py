"""Metadata is in pyproject.toml; here: one extension per bindings/*.pyx with the loops of the same name."""

from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# -ffp-contract=off: a fused multiply-add where the CPU has one would give other bits than where it has not.
# -Wno-psabi: vectors of 32 bytes have another calling convention without AVX; ours are inlined and never cross files.
FLAGS = [
    "-std=c++17",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
    "-Wno-psabi",
]

headers = [str(path) for path in Path("kernels").rglob("*.h")]

extensions = [
    Extension(
        f"pixkern._native.{pyx.stem}",
        [str(pyx), f"kernels/cpu/{pyx.stem}.cpp"],
        include_dirs=["kernels"],
        depends=headers,
        language="c++",
        extra_compile_args=FLAGS,
    )
    for pyx in sorted(Path("bindings").glob("*.pyx"))
]

setup(
    ext_modules=cythonize(
        extensions,
        build_dir="build/cython",
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "freethreading_compatible": True,
        },
    )
)
