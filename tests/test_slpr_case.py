"""One asset with one configuration: its files, its numbers, and that nothing but the case decides them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import pixkern.pipelines.slpr.case as case_module
from pixkern.metrics import ssim
from pixkern.pipelines.files import ImageError, decode_image, encode_image
from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings, stripes
from pixkern.pipelines.slpr.case import Case, case_seed, cases, output_size, run_case, work
from pixkern.pipelines.slpr.colour import join, split
from pixkern.pyramid import render, spline_pyramid, variance

GRAIN = RenderConfig(
    "law", pyramid_levels=4, patch_size=3, jitter=0.7, noise_strength=0.02, gains=(1.5, 1, 1, 0.5), block=2
)
LAW = {"patch_size": 3, "jitter": 0.7, "noise_strength": 0.02, "gains": (1.5, 1, 1, 0.5)}  # of GRAIN, but for its block
CALM = RenderConfig("law", pyramid_levels=0)  # nothing is drawn: every sample is the spline


def photo(rows=90, cols=120, dtype=np.uint8):
    """A part of a photo that comes with the package, in colours."""
    file = Path(case_module.__file__).parents[2] / "demo" / "astronaut.webp"
    pixels = decode_image(file.read_bytes()).pixels[20 : 20 + rows, 160 : 160 + cols]
    if dtype == np.uint8:
        return pixels.copy()
    low = np.random.default_rng(0).integers(0, 256, pixels.shape, dtype=np.uint16)
    return pixels.astype(np.uint16) * 256 + low


def made(folder, pixels, config=GRAIN, *, suffix=".png", icc=None, **changes):
    """A case of an image file that holds `pixels`."""
    path = folder / f"asset{suffix}"
    path.write_bytes(encode_image(pixels, suffix, icc=icc))
    given = {"samples": 4, "zoom_levels": (100, 150), "color_mode": "rgb", "seed": 7, "granularity": "coarse"}
    return Case(Asset("asset", path), config, progress_pixels=1000, **{**given, **changes})


def picture(output, name):
    return decode_image(output.files[f"asset/law/{name}.png"]).pixels


@pytest.fixture
def moves(monkeypatch):
    """What the progress bar is told."""
    told = []
    monkeypatch.setattr(case_module, "advance", told.append)
    return told


def test_case_seeds_are_the_first_bytes_of_a_hash_of_names():
    text = b'["pixkern slpr", 18446744073709551615, "\\u00e9t\\u00e9", "a, b"]'
    assert case_seed(2**64 - 1, "été", "a, b") == int(hashlib.sha256(text).hexdigest()[:16], 16)
    assert case_seed(1, "astronaut", "grain") == 0x79DC2E272045F3E4  # frozen: results of earlier runs depend on it


def test_case_seeds_differ_wherever_a_part_differs():
    parts = [(seed, asset, config) for seed in (0, 1) for asset in ("a", "a b", "b") for config in ("", "b", "a")]
    assert len({case_seed(*each) for each in parts}) == len(parts)


def test_cases_are_all_assets_with_all_configs_whatever_else_is_in_the_run():
    settings = Settings(seed=5, samples_per_render=3, zoom_levels=(50, 200), profiling=False, color_mode="luma")
    assets = [Asset(name, Path(f"{name}.png")) for name in ("one", "two")]
    calm, grain = dataclasses.replace(CALM, name="calm"), dataclasses.replace(GRAIN, name="grain")
    both = cases(Config(settings, assets, [calm, grain]))
    assert list(both) == ["one/calm", "one/grain", "two/calm", "two/grain"]
    assert all(case.key == key and case.granularity is None and case.samples == 3 for key, case in both.items())
    alone = cases(Config(settings, assets[1:], [grain]))
    assert alone["two/grain"] == both["two/grain"]
    profiled = dataclasses.replace(settings, profiling=True, profiling_granularity="fine")
    assert cases(Config(profiled, assets, [calm]))["one/calm"].granularity == "fine"


def test_cases_without_a_seed_are_refused():
    with pytest.raises(ValueError, match="need a seed"):
        cases(Config(Settings(), [Asset("one", Path("one.png"))], [CALM]))


def test_output_sizes_are_rounded_and_never_empty():
    assert output_size((301, 7), 50) == (150, 4)  # ties to even, as round() has them
    assert output_size((1, 1000), 1) == (1, 10)
    assert output_size((333, 1), 10000) == (33300, 100)


@pytest.mark.parametrize("zooms", [(100,), (50, 200), (33, 100, 250)])
def test_the_bar_moves_by_the_work_of_a_case(tmp_path, moves, monkeypatch, zooms):
    monkeypatch.setattr(stripes, "LEAST_WORK", 1)
    case = made(tmp_path, photo(), zoom_levels=zooms, samples=5)
    run_case(case)
    assert sum(moves) == work(case, (120, 90))
    sizes = [output_size((120, 90), zoom) for zoom in {100, *zooms}]
    assert sum(moves) == sum(5 * width * height for width, height in sizes)
    widest = max(width for width, _ in sizes)
    assert max(moves) < 1000 + 4 * widest  # `progress_pixels`, and the rest of a row with at most four samples
    # at least `progress_pixels` a stripe but for the last one, and two moves for a stripe at other zooms
    assert len(moves) <= 2 * work(case, (120, 90)) / 1000 + 4 * len(sizes)


def test_no_sample_is_rendered_twice(tmp_path, monkeypatch, moves):
    drawn = {}
    real = stripes.render

    def counting(pyramid, size, **options):
        if options["samples"] != math.inf:
            _, top, _, rows = options["roi"]
            first = options.get("first_sample", 0)
            for row in range(top, top + rows):
                drawn.setdefault((size, row), []).extend(range(first, first + options["samples"]))
        return real(pyramid, size, **options)

    monkeypatch.setattr(stripes, "render", counting)
    monkeypatch.setattr(stripes, "LEAST_WORK", 5000)
    run_case(made(tmp_path, photo(), samples=11))
    assert set(drawn) == {((120, 90), row) for row in range(90)} | {((180, 135), row) for row in range(135)}
    assert all(samples == list(range(11)) for samples in drawn.values())


@pytest.mark.parametrize("mode", ["gray", "rgb", "luma"])
def test_files_are_the_same_on_every_run_and_for_all_stripes_and_threads(tmp_path, monkeypatch, mode):
    case = made(tmp_path, photo(), color_mode=mode)
    first = run_case(case)
    monkeypatch.setattr(stripes, "LEAST_WORK", 1)
    for threads, progress in ((1, 700), (2, 10**9), (3, 4321)):
        monkeypatch.setenv("PIXKERN_THREADS", str(threads))
        again = run_case(dataclasses.replace(case, progress_pixels=progress, granularity="fine"))
        assert again.files == first.files
        assert again.record == first.record


@pytest.mark.parametrize("mode", ["gray", "rgb", "luma"])
@pytest.mark.parametrize("zoom", [100, 150, 37])
def test_pictures_are_what_the_public_functions_render(tmp_path, mode, zoom):
    case = made(tmp_path, photo(), color_mode=mode, zoom_levels=(zoom,))
    output = run_case(case)
    planes = split(photo(), mode)
    pyramid, size = spline_pyramid(planes.rendered, 4), output_size((120, 90), zoom)
    law = {**LAW, "block": 2, "seed": 7}
    chroma = None
    if mode == "luma":
        chroma = render(spline_pyramid(planes.chroma, 0), size, samples=math.inf)
    sample, average, limit = (join(render(pyramid, size, samples=n, **law), chroma) for n in (1, 4, math.inf))
    assert (picture(output, f"sample_{zoom}") == sample).all()
    # means are of other sums, so a value may round to the other code
    assert np.abs(picture(output, f"average_{zoom}").astype(int) - average).max() <= 1
    assert (picture(output, f"average_{zoom}") != average).mean() < 1e-3
    assert (picture(output, "input") == join(planes.rendered, planes.chroma)).all()
    if zoom == 100:
        assert (picture(output, "expectation_100") == limit).all()


def test_luma_mode_leaves_the_chroma_alone(tmp_path):
    pale = 112 + photo() // 8  # no sample takes it out of the range of colours
    output = run_case(made(tmp_path, pale, color_mode="luma"))
    before, after = split(pale, "luma"), split(picture(output, "sample_100"), "luma")
    assert np.abs(after.chroma - before.chroma).max() < 0.002  # R, G and B are rounded by 0.5 / 255 at most
    assert np.abs(after.rendered - before.rendered).max() > 0.05


def test_where_nothing_is_drawn_all_renders_are_the_input(tmp_path):
    for mode in ("gray", "rgb", "luma"):
        output = run_case(made(tmp_path, photo(), CALM, color_mode=mode))
        for name in ("sample_100", "average_100", "expectation_100"):
            different = np.abs(picture(output, name).astype(int) - picture(output, "input"))
            # colours are codes, which 1e-6 does not change; the grey of colours can lie on the edge of two codes
            assert different.max() <= (mode == "gray")
            assert different.mean() < 1e-3
        assert not picture(output, "deviation_100").any()
        for values in output.record["at_100_percent"].values():
            assert values["mse"] < 1e-12  # each pixel within 1e-6
            assert values["ssim"] > 0.999999
        assert output.record["convergence"]["slope"] is None
        assert output.record["variance"]["largest_deviation"] == 0
        assert "asset/law/pyramid_details.png" not in output.files


def test_sixteen_bits_stay_sixteen_bits(tmp_path):
    image = photo(dtype=np.uint16)
    output = run_case(made(tmp_path, image, CALM))
    assert picture(output, "average_100").dtype == np.uint16
    assert np.abs(picture(output, "average_100").astype(int) - image).max() <= 1  # 1e-6 of 65535, and a rounding
    floats = run_case(made(tmp_path, split(image, "rgb").rendered, CALM, suffix=".tif"))
    assert np.abs(picture(floats, "average_100").astype(int) - image).max() <= 1
    assert picture(run_case(made(tmp_path, image)), "average_150").dtype == np.uint16


def test_measures_are_those_of_unclipped_renders(tmp_path):
    case = made(tmp_path, photo(), samples=6)
    record = run_case(case).record
    planes = split(photo(), "rgb")
    pyramid = spline_pyramid(planes.rendered, 4)
    for name, samples in (("average", 6), ("expectation", math.inf)):
        image = render(pyramid, samples=samples, seed=7, block=2, **LAW)
        error = float(((image - planes.rendered).astype(np.float64) ** 2).mean())
        values = record["at_100_percent"][name]
        assert values["mse"] == pytest.approx(error, rel=1e-6)  # the mean is of other float32 sums
        assert values["psnr"] == pytest.approx(-10 * math.log10(error), abs=1e-5)
        assert values["ssim"] == pytest.approx(ssim(image, planes.rendered), abs=1e-6)
    spread = variance(pyramid, **LAW).astype(np.float64)
    assert record["variance"]["mean_variance"] == pytest.approx(spread.mean(), rel=1e-12)
    assert record["variance"]["largest_deviation"] == pytest.approx(math.sqrt(spread.max()))
    assert record["variance"]["median_deviation"] == pytest.approx(math.sqrt(np.median(spread)))
    assert record["variance"]["rms_deviation"] == pytest.approx(math.sqrt(spread.mean()))


@pytest.mark.parametrize("mode", ["gray", "rgb"])
def test_averages_converge_as_predicted(tmp_path, mode):
    fine = dataclasses.replace(GRAIN, block=1)  # with larger blocks fewer draws are independent
    record = run_case(made(tmp_path, photo(200, 300), fine, color_mode=mode, samples=64, zoom_levels=(100,))).record
    series = record["convergence"]
    assert series["samples"] == [1, 2, 4, 8, 16, 32, 64]
    for rms, predicted in zip(series["rms"], series["predicted"], strict=True):
        assert 0.98 < rms / predicted < 1.02  # 60 000 pixels: about 0.5 % of scatter
    assert abs(series["slope"] + 0.5) < 0.02
    assert series["predicted"][0] == record["variance"]["rms_deviation"]


def test_the_record_is_what_the_metrics_file_says(tmp_path):
    output = run_case(made(tmp_path, photo()))
    assert json.loads(output.files["asset/law/metrics.json"]) == output.record
    assert output.record["size"] == [120, 90]
    assert output.record["alpha"] is None
    assert {"asset", "config", "color_mode", "samples", "seed"} <= output.record.keys()


def test_every_picture_is_listed_with_a_thumbnail_that_fits(tmp_path):
    output = run_case(made(tmp_path, photo(200, 340), zoom_levels=(25, 100, 300)))
    names = {path for path in output.files if path.endswith(".png") and "/thumbnails/" not in path}
    assert {entry["file"] for entry in output.record["pictures"]} == names
    assert {f"asset/law/{kind}_{zoom}.png" for kind in ("sample", "average") for zoom in (25, 100, 300)} <= names
    used = {entry["thumbnail"] for entry in output.record["pictures"]}
    assert {path for path in output.files if path.endswith(".png")} == names | used
    for entry in output.record["pictures"]:
        whole, small = (decode_image(output.files[entry[kind]]).pixels for kind in ("file", "thumbnail"))
        assert entry["size"] == [whole.shape[1], whole.shape[0]]
        assert entry["shows"] == "plot" or max(small.shape[:2]) <= 320
        if entry["shows"] == "centre":
            top, left = (whole.shape[0] - small.shape[0]) // 2, (whole.shape[1] - small.shape[1]) // 2
            assert (whole[top : top + small.shape[0], left : left + small.shape[1]] == small).all()


def test_timings_are_volatile_and_only_where_they_are_asked_for(tmp_path):
    case = made(tmp_path, photo())
    output = run_case(case)
    assert list(output.volatile) == ["asset/law/timings.json"]
    assert set(json.loads(output.volatile["asset/law/timings.json"])) >= {"pyramid", "stochastic", "save", "metrics"}
    assert not any("timings" in path for path in output.files)
    assert not run_case(dataclasses.replace(case, granularity=None)).volatile


def test_alpha_is_recorded(tmp_path):
    pixels = photo()
    opaque = np.concatenate([pixels, np.full((90, 120, 1), 255, np.uint8)], -1)
    plain, same = run_case(made(tmp_path, pixels)), run_case(made(tmp_path, opaque))
    assert same.record["alpha"] == "opaque"
    assert same.files["asset/law/average_150.png"] == plain.files["asset/law/average_150.png"]
    opaque[0, 0, 3] = 254
    assert run_case(made(tmp_path, opaque)).record["alpha"] == "over white"


def test_profiles_go_with_pictures_of_their_kind_of_colours(tmp_path):
    profile = bytes(16) + b"RGB " + bytes(200)
    output = run_case(made(tmp_path, photo(), icc=profile))
    kept = {path for path, data in output.files.items() if path.endswith(".png") and decode_image(data).icc}
    assert kept == {f"asset/law/{name}.png" for name in _renders()}
    grey = run_case(made(tmp_path, photo(), icc=profile, color_mode="gray"))
    assert not any(decode_image(data).icc for path, data in grey.files.items() if path.endswith(".png"))


def _renders():
    return ["input", "expectation_100", *(f"{kind}_{zoom}" for kind in ("sample", "average") for zoom in (100, 150))]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1, 3), (2, 2, 3), (10, 400)])
@pytest.mark.parametrize("mode", ["gray", "rgb", "luma"])
def test_images_of_any_size_are_rendered(tmp_path, shape, mode):
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    law = RenderConfig("law", pyramid_levels=16, patch_size=5, jitter=2)
    output = run_case(made(tmp_path, image, law, color_mode=mode, zoom_levels=(1, 100, 333), samples=3))
    assert output.record["at_100_percent"]["average"]["ssim"] is None
    assert picture(output, "average_333").shape[0] == max(1, round(shape[0] * 3.33))
    assert output.record["convergence"]["samples"] == [1, 2, 3]


def test_one_sample_is_its_own_average(tmp_path):
    output = run_case(made(tmp_path, photo(), samples=1))
    assert output.files["asset/law/sample_150.png"] == output.files["asset/law/average_150.png"]
    assert output.record["convergence"]["slope"] is None
    assert len(output.record["convergence"]["rms"]) == 1


@pytest.mark.parametrize("contents", [b"", b"no image", encode_image(np.zeros((9, 9), np.uint8), ".png")[:-20]])
def test_files_that_are_no_image_fail_as_they_do_when_they_are_read(tmp_path, contents):
    case = made(tmp_path, photo())
    Path(case.asset.path).write_bytes(contents)
    with pytest.raises(ImageError, match=r"asset\.png"):
        run_case(case)
    Path(case.asset.path).unlink()
    with pytest.raises(FileNotFoundError):
        run_case(case)


def test_floats_that_are_no_numbers_fail(tmp_path):
    image = np.zeros((9, 9), np.float32)
    image[3, 4] = math.nan
    with pytest.raises(ValueError, match="NaN"):
        run_case(made(tmp_path, image, suffix=".tif"))


def test_memory_is_a_few_float_images_and_nothing_per_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(stripes, "LEAST_WORK", 2**16)
    image = photo(400, 350)
    peaks = []
    for samples in (4, 64):
        case = made(tmp_path, image, samples=samples, color_mode="gray", zoom_levels=(100,))
        tracemalloc.start()
        run_case(case)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    plane = image.shape[0] * image.shape[1] * 4
    files = sum(len(data) for data in run_case(case).files.values())
    assert peaks[0] < 8 * plane + files + 5 * 2**20  # 1 image, 4/3 pyramid, 5 maps; 2 MB plot
    assert peaks[1] < 1.1 * peaks[0]
