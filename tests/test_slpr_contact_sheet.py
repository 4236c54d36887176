"""The page of a run, and the pictures in it that are drawn: mosaics, deviations and plots."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.files import encode_image
from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings, pictures, plot
from pixkern.pipelines.slpr.case import cases, run_case
from pixkern.pipelines.slpr.contact_sheet import contact_sheet
from pixkern.pipelines.slpr.convergence import Convergence, log_slope, sample_counts
from pixkern.pipelines.slpr.plot import _BLUE, _GREY, _ORANGE, convergence_plot
from pixkern.pyramid import render, spline_pyramid

NAMES = ("a & b 'c' #1%20", "plain")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two assets with two configurations: its folder, configuration and records."""
    folder = tmp_path_factory.mktemp("run")
    draw = np.random.default_rng(3)
    assets = []
    for count, name in enumerate(NAMES):
        path = folder / f"input{count}.png"
        path.write_bytes(encode_image(draw.integers(0, 256, (40, 500, 3), dtype=np.uint8), ".png"))
        assets.append(Asset(name, path))
    laws = [RenderConfig("still", pyramid_levels=0), RenderConfig("x & y", 2, jitter=0.5, gains=(1, 2.5))]
    config = Config(Settings(seed=1, samples_per_render=3, zoom_levels=(50, 100)), assets, laws)
    records = {}
    for key, case in cases(config).items():
        output = run_case(case)
        for path, data in {**output.files, **output.volatile}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        records[key] = output.record
    return folder, config, records


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.open, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, "a tag is not closed"

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if "style" not in self.open else ""


def test_every_link_of_the_page_is_a_file_of_the_run_or_a_place_in_it(finished):
    folder, config, records = finished
    text = contact_sheet(folder, config, records)
    links = Page(text).links
    for link in links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in text
        else:
            assert ":" not in link
            assert not link.startswith("/")
            assert (folder / unquote(link)).is_file(), link
    linked = {unquote(link) for link in links}
    for record in records.values():
        for picture in record["pictures"]:
            assert {picture["file"], picture["thumbnail"]} <= linked
    for key in records:
        assert {f"{key}/metrics.json", f"{key}/timings.json"} <= linked


def test_the_page_has_a_section_for_each_case_in_the_order_of_the_configuration(finished):
    folder, config, records = finished
    page = Page(contact_sheet(folder, config, records))
    assert page.tags.count("section") == 4
    places = [page.text.rindex(f"{asset.name}/{law.name}") for asset in config.assets for law in config.configs]
    assert places == sorted(places)
    assert "script" not in page.tags
    assert "pyramid levels 2, patch size 1, jitter 0.5, noise strength 0, gains 1 2.5, block 1" in page.text


def test_the_page_shows_what_was_measured(finished):
    folder, config, records = finished
    page = Page(contact_sheet(folder, config, records))
    for record in records.values():
        for values in record["at_100_percent"].values():
            assert f"{values['ssim']:.4f}" in page.text
            assert f"{values['psnr']:.2f} dB" in page.text
        assert str(record["seed"]) in page.text
    slope = records["plain/x & y"]["convergence"]["slope"]
    assert f"{slope:.3f}" in page.text


def test_the_page_is_for_light_and_dark(finished):
    text = contact_sheet(*finished)
    assert "color-scheme: light dark" in text
    assert "@media (prefers-color-scheme: dark)" in text


def test_names_and_reasons_cannot_become_markup(tmp_path):
    hostile = "</p><script>alert(1)</script>\"'&lt;"
    law = RenderConfig("plain")
    config = Config(Settings(seed=1), [Asset("name", Path("x.png"))], [law])
    object.__setattr__(config.assets[0], "name", hostile)  # configurations refuse such names; files may say anything
    failure = {"key": f"{hostile}/plain", "error": "ImageError", "message": hostile}
    (tmp_path / "failures.jsonl").write_text(json.dumps(failure) + "\n")
    page = Page(contact_sheet(tmp_path, config, {}))
    assert "script" not in page.tags
    assert page.text.count(hostile) == 3  # once in the table, twice in the section
    assert f"failed: ImageError: {hostile}" in page.text


def test_cases_without_results_say_so(finished, tmp_path):
    _, config, records = finished
    page = Page(contact_sheet(tmp_path, config, {"plain/still": records["plain/still"]}))
    assert page.text.count("not rendered") == 6  # three cases, in the table and in their sections


def test_the_page_is_the_same_whatever_the_times_were(finished):
    folder, config, records = finished
    before = contact_sheet(folder, config, records)
    (folder / "plain/still/timings.json").write_text("{}")
    assert contact_sheet(folder, config, records) == before


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"key": "plain/still"}', "3"])
def test_damaged_lists_of_failures_do_no_harm(finished, tmp_path, text):
    (tmp_path / "failures.jsonl").write_text(text)
    assert "not rendered" in contact_sheet(tmp_path, finished[1], {})


@given(st.integers(1, 2**20))
def test_counts_of_samples_double_up_to_the_last(samples):
    counts = sample_counts(samples)
    assert counts[-1] == samples
    assert list(counts[:-1]) == [2**k for k in range(len(counts) - 1)]
    assert counts == tuple(sorted(set(counts)))


@given(st.floats(-3, 3), st.floats(1e-5, 1e3), st.integers(2, 3000))
def test_slopes_of_powers_are_their_exponents(exponent, factor, samples):
    counts = sample_counts(samples)
    slope = log_slope(counts, [max(factor, 1e-6) * count**exponent for count in counts])
    assert slope == pytest.approx(exponent, abs=1e-9)


def test_rounding_errors_have_no_slope():
    assert log_slope([1, 2, 4], [5e-8, 6e-8, 4e-8]) is None
    assert log_slope([1, 2], [0.0, 0.0]) is None
    assert log_slope([1], [0.5]) is None


def _spots(plot, colour):
    """Centres of the discs of one colour: (column, row), from the left."""
    mask = (np.abs(plot.astype(int) - colour).sum(-1) < 30).astype(np.uint8)
    _, _, boxes, centres = cv2.connectedComponentsWithStats(mask)
    return sorted(tuple(centre) for box, centre in zip(boxes[1:], centres[1:], strict=True) if box[4] > 80)


@pytest.mark.parametrize("samples", [2, 16, 4096])
def test_points_of_a_plot_lie_where_their_logarithms_are(samples):
    counts = sample_counts(samples)
    rms = tuple(0.3 * count**-0.5 * (1.4 if count == 2 else 1) for count in counts)
    plot = convergence_plot(Convergence(counts, rms, tuple(0.3 * c**-0.5 for c in counts), -0.5), "title")
    assert plot.shape == (640, 900, 3)
    spots = [spot for spot in _spots(plot, _BLUE) if spot[1] > 75]  # but for the legend's
    assert len(spots) == len(counts)
    columns, rows = np.array(spots).T
    across = np.polyfit(np.log(counts), columns, 1)
    up = np.polyfit(np.log(rms), rows, 1)
    assert np.abs(np.polyval(across, np.log(counts)) - columns).max() < 0.6  # a disc is drawn to 1/16 of a pixel
    assert np.abs(np.polyval(up, np.log(rms)) - rows).max() < 0.6
    assert across[0] > 0
    assert up[0] < 0
    for colour in (_ORANGE, _GREY):
        assert (np.abs(plot.astype(int) - colour).sum(-1) < 30).sum() > 300


def test_a_plot_of_one_sample_or_of_nothing_is_drawn(monkeypatch):
    one = convergence_plot(Convergence((1,), (0.2,), (0.21,), None), "one")
    assert any(spot[1] > 75 for spot in _spots(one, _BLUE))
    nothing = convergence_plot(Convergence((1, 2), (2e-8, 0.0), (0.0, 0.0), None), "é" * 300)
    assert not _spots(nothing, _BLUE)
    assert (nothing < 128).any()


def test_plots_of_rising_errors_and_far_ranges_have_labels():
    for rms in ((1e-5, 2e-5, 3e-5), (1.0, 1e-3, 1e-6), (50.0, 40.0, 30.0), (0.2, 0.2, 0.2)):
        plot = convergence_plot(Convergence((1, 2, 4), rms, (0.3, 0.2, 0.1), 0.1), "title")
        labels = plot[70:580, 34:90]
        assert (labels < 128).any(axis=(1, 2)).sum() > 20  # at least two rows of digits


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (64, 48, 3), (37, 101)])
def test_pictures_of_levels_begin_with_the_image_and_halve(shape):
    image = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    pyramid = spline_pyramid(image, 4)
    levels = pictures.level_pictures(pyramid)
    assert (levels[0] == image).all()
    for level, picture in enumerate(levels):
        assert picture.shape[:2] == tuple((side - 1) // 2**level + 1 for side in shape[:2])
        gains = [0] * level + [1] * (4 - level)
        left = render(pyramid, samples=math.inf, gains=gains)[:: 2**level, :: 2**level]
        assert np.abs(picture - 255 * np.clip(left, 0, 1)).max() < 0.501  # rounded to codes
    details = pictures.detail_pictures(pyramid)
    assert [picture.shape for picture in details] == [picture.shape for picture in levels[:-1]]
    mosaic = pictures.mosaic(levels)
    assert (mosaic[: shape[0], : shape[1]] == image).all()
    assert (mosaic[: levels[1].shape[0], shape[1] + 8 :][:, : levels[1].shape[1]] == levels[1]).all()


def test_details_are_shown_about_grey_and_a_level_is_the_sum_of_those_below():
    image = np.full((20, 30), 90, np.uint8)
    image[10, 15] = 94
    pyramid = spline_pyramid(image, 2)
    detail = pictures.detail_pictures(pyramid)[0]
    stored = pyramid.details[0][1:21, 1:31]
    assert np.abs(detail - (128 + 4 * 255 * stored)).max() <= 0.501
    assert detail[0, 0] == 128
    assert detail[10, 15] > 128
    flat = pictures.level_pictures(spline_pyramid(np.full((20, 30), 90, np.uint8), 3))
    assert all((level == 90).all() for level in flat)


def test_a_mosaic_of_one_picture_is_that_picture():
    image = np.zeros((3, 4), np.uint8)
    assert (pictures.mosaic([image]) == image).all()


def test_deviations_are_linear_up_to_a_round_white():
    deviation = np.linspace(0, 0.27, 100, dtype=np.float32).reshape(10, 10)
    picture, white = pictures.deviation_picture(deviation**2)
    assert white == 0.3
    assert np.abs(picture - 255 * deviation / 0.3).max() <= 0.501
    colours = np.stack([deviation**2, 0 * deviation, 2 * deviation**2], -1)
    assert (pictures.deviation_picture(colours)[0].astype(int) - picture).max() <= 1
    assert pictures.deviation_picture(np.zeros((2, 2), np.float32))[1] == 1


@given(st.floats(1e-12, 1e6))
def test_rounded_values_are_round_and_not_far_above(value):
    rounded = pictures.round_up(value)
    assert value <= rounded <= 1.51 * value
    assert float(f"{rounded:.1e}") == rounded


@pytest.mark.parametrize("shape", [(10, 10), (1000, 3, 3), (321, 320), (2, 5000)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_thumbnails_are_small_and_have_eight_bits(shape, dtype):
    full = np.iinfo(dtype).max
    for made in (pictures.thumbnail(np.full(shape, full, dtype)), pictures.centre(np.full(shape, full, dtype))):
        assert made.dtype == np.uint8
        assert max(made.shape[:2]) <= 320
        assert (made == 255).all()
        assert made.ndim == len(shape)


def test_the_line_to_compare_with_has_the_slope_that_its_name_says(monkeypatch):
    drawn = []
    monkeypatch.setattr(plot, "loglog_plot", lambda curves, *_: drawn.extend(curves))
    plot.convergence_plot(Convergence((1, 2, 4, 8, 16), (0.1, 0.07, 0.05, 0.036, 0.025), (0.1,) * 5, -0.5), "a / b")
    (line,) = (curve for curve in drawn if curve.label == "slope -1/2")
    assert np.polyfit(np.log(line.x), np.log(line.y), 1)[0] == pytest.approx(-0.5, abs=1e-12)  # float64


@pytest.mark.parametrize("letter", ["n", "W", "i", "é"])
def test_titles_and_labels_stay_on_the_page(letter):
    counts = sample_counts(2**20)
    series = Convergence(counts, tuple(0.3 * count**-0.5 for count in counts), (0.1,) * len(counts), -0.5)
    picture = convergence_plot(series, letter * 201)
    assert (picture[:50] < 128).any()
    assert (picture[:50, :90] == 255).all()  # beside the frame
    assert (picture[:50, -18:] == 255).all()
    assert (picture[:, -4:] == 255).all()


def test_large_counts_are_told_as_powers_of_two():
    told = [plot._count(tick) for tick in (1.0, 65536.0, 2.0**17, 2.0**20, 1e6)]
    assert told == ["1", "65536", "2^17", "2^20", "1e+06"]
