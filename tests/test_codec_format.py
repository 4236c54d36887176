"""The format: as the page has it, the same bytes and pixels everywhere, and frozen by golden files."""

import json
import os
from pathlib import Path

import codec_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels import AVAILABLE, run_at
from reference import codec as ref

from pixkern import _threads
from pixkern.pipelines.codec import compress, decompress, info

GOLDEN = Path(__file__).parent / "golden" / "codec"
DIGESTS = json.loads((GOLDEN / "digests.json").read_text())


@pytest.mark.parametrize("name", cases.CASES)
def test_a_decoder_written_from_the_page_gives_the_same_pixels(name):
    data = cases.compressed(name)
    pixels, header = ref.decode(data)
    got = decompress(data)
    assert pixels.dtype == got.dtype
    assert np.array_equal(pixels.reshape(got.shape), got)
    assert (header["width"], header["height"], header["quality"]) == (*got.shape[1::-1], info(data).quality or 0)


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(1, 4)),
    st.sampled_from(cases.KINDS),
    st.sampled_from(["lossless", "lossless 16", "wavelet"]),
    st.sampled_from(["cdf97", "cdf53", "haar"]),
    st.sampled_from(["dense", "fast"]),
    st.integers(1, 100),
)
def test_a_decoder_written_from_the_page_reads_whatever_is_compressed(shape, kind, mode, wavelet, profile, quality):
    rows = min(shape[0], 1600 // shape[1] + 1)  # the decoder is slow
    image = cases.image(kind, (rows, *shape[1:]), "uint16" if mode.endswith("16") else "uint8")
    mode = mode.split()[0]
    wavelet = "cdf53" if mode == "lossless" and wavelet == "cdf97" else wavelet
    data = compress(image, mode=mode, wavelet=wavelet, profile=profile, quality=quality, tile=64)
    assert np.array_equal(ref.decode(data)[0], decompress(data).reshape(image.shape))


@pytest.mark.parametrize("hadamard", [False, True])
def test_a_decoder_written_from_the_page_reads_latents(hadamard):
    pytest.importorskip("onnxruntime")
    from pixkern.lifting import hadamard4
    from pixkern.pipelines.codec.models import find_model
    from pixkern.pipelines.codec.vae import decode

    image = cases.image("natural", (50, 70, 3))
    data = compress(image, mode="vae", quality=90, hadamard=hadamard)
    latents, header = ref.decode(data)
    model = find_model("f8c4")
    assert (header["model"], header["downscale"], header["hadamard"]) == (model.hash, model.downscale, hadamard)
    if hadamard:
        latents = hadamard4(latents, axis=0)
    pixels = decode(latents[None], (70, 50), model)[0]
    assert np.array_equal(np.rint(pixels * 255).astype(np.uint8), decompress(data))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_neither_bytes_nor_pixels(threads, monkeypatch):
    monkeypatch.setattr(_threads, "_WORTH_SPLITTING", cases.SPLIT)
    for name, (kind, shape, dtype, options) in cases.CASES.items():
        data = compress(cases.image(kind, shape, dtype), tile=64, threads=threads, **options)
        assert cases.digest(data) == cases.digest(cases.compressed(name))
        assert cases.digest(decompress(data, threads=threads)) == DIGESTS[name]["sha256"]


@pytest.mark.parametrize("level", AVAILABLE)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_cpu_level_writes_and_reads_the_golden_files(level, threads):
    printed = dict(
        line.split(maxsplit=1) for line in run_at(level, "codec_cases", "print_digests", threads=threads).splitlines()
    )
    for name, expected in DIGESTS.items():
        assert printed[name] == f"{cases.digest((GOLDEN / f'{name}.pxk').read_bytes())} {expected['sha256']}"


@pytest.mark.parametrize("name", DIGESTS)
def test_golden_files_decode_to_what_they_did(name):
    pixels = decompress((GOLDEN / f"{name}.pxk").read_bytes())
    assert {"sha256": cases.digest(pixels), "shape": list(pixels.shape), "dtype": pixels.dtype.name} == DIGESTS[name]


def test_golden_files_are_the_cases_and_small():
    names = {path.stem for path in GOLDEN.glob("*.pxk")}
    assert names == set(DIGESTS) == set(cases.CASES)
    assert sum(os.path.getsize(path) for path in GOLDEN.glob("*.pxk")) < 40_000


def test_golden_files_hold_every_mode_profile_wavelet_and_kind_of_image():
    held = [info((GOLDEN / f"{name}.pxk").read_bytes()) for name in DIGESTS]
    assert {about.mode for about in held} == {"wavelet", "lossless"}  # a model's latents are not the same everywhere
    for mode, wavelets in (("wavelet", {"cdf97", "cdf53", "haar"}), ("lossless", {"cdf53", "haar"})):
        kind = [about for about in held if about.mode == mode]
        assert {about.profile for about in kind} == {"dense", "fast"}
        assert {about.wavelet for about in kind} == wavelets
        assert {about.channels for about in kind} == {1, 2, 3, 4}
        assert max(about.tiles for about in kind) > 1
    assert {about.dtype for about in held} == {"uint8", "uint16"}
