"""Rate-distortion comparisons: what is measured, by which settings, and that nothing is dropped in silence."""

import csv
import io
import json
import math
import sys
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy.interpolate")
pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

from pixkern import BackendUnavailable
from pixkern.demo import photo
from pixkern.pipelines.codec.rd import Encoder, Row, compare, encoders
from pixkern.pipelines.codec.rd.choice import choose
from pixkern.pipelines.codec.rd.crop import centre_crop
from pixkern.pipelines.codec.rd.measure import Original, measure
from pixkern.pipelines.codec.rd.pictures import WINDOW, busiest, match, residual_picture
from pixkern.pipelines.codec.rd.plots import image_plots, mean_plot
from pixkern.pipelines.codec.rd.summary import MEASURES, bd_rates, lossless_sizes, mean_curve, speeds
from pixkern.pipelines.codec.rd.sweep import sweep
from pixkern.pipelines.files import decode_image, encode_image

PHOTO = decode_image(photo("astronaut.webp")).pixels[:192, 64:320].copy()
ALL = list(encoders().values())
SECONDS = ("encode_seconds", "decode_seconds")


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, pixels in (("b.png", PHOTO), ("a & <b>$x_.png", np.rot90(PHOTO)[:230].copy())):
        (folder / name).write_bytes(encode_image(pixels, ".png"))
    return folder


@dataclass(frozen=True)
class Rounding(Encoder):
    """Divides by a step and fails where it is told to."""

    fails_at: float | None = None

    library = "none"
    settings = "none"

    def encode(self, image, quality):
        if quality is not None and quality == self.fails_at:
            raise OSError("two\nlines")
        return bytes([4 if quality is None else int(101 - quality)])

    def decode(self, data):
        return PHOTO // data[0] * data[0]


def strip(row):
    return replace(row, **dict.fromkeys(SECONDS, 0.0))


def run_here(encoder):
    reason = encoder.missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.mark.parametrize("encoder", ALL, ids=lambda encoder: encoder.name)
def test_every_encoder_gives_back_an_image_of_the_same_kind(encoder):
    run_here(encoder)
    if encoder.lossless:
        row = measure(Original("x", PHOTO), encoder, None)  # compares every pixel
        assert (row.quality, row.psnr_rgb) == (None, None)
        assert row.bytes < PHOTO.nbytes
        return
    low, high = (encoder.decode(encoder.encode(PHOTO, quality)) for quality in (encoder.scale[30], encoder.scale[-4]))
    assert low.shape == high.shape == PHOTO.shape
    assert low.dtype == high.dtype == np.uint8
    errors = [np.mean((decoded.astype(float) - PHOTO) ** 2) for decoded in (low, high)]
    assert errors[1] < errors[0] < 1500
    assert encoder.settings
    assert any(letter.isdigit() for letter in encoder.library)


def test_every_way_to_encode_has_its_own_name_and_its_qualities_rise():
    found = list(encoders().values())
    assert len({encoder.title for encoder in found}) == len(found)
    for encoder in found:
        assert list(encoder.qualities) == sorted(set(encoder.qualities))
        assert set(encoder.qualities) <= set(encoder.scale)
    assert [encoder.lossless for encoder in found] == sorted(encoder.lossless for encoder in found)


CURVES = [encoder for encoder in ALL if not encoder.lossless and "vae" not in encoder.name]


@pytest.mark.parametrize("encoder", CURVES, ids=lambda encoder: encoder.name)
def test_a_curve_goes_from_below_a_third_to_beyond_2_bits_per_pixel(encoder):
    run_here(encoder)
    ends = [8 * len(encoder.encode(PHOTO, encoder.qualities[place])) / PHOTO[..., 0].size for place in (0, -1)]
    assert ends[0] < 1 / 3
    assert ends[1] > 2


def test_peers_run_at_the_settings_they_state():
    from PIL import Image

    for name, sampling in (("jpeg", (2, 2)), ("jpeg-444", (1, 1))):
        with Image.open(io.BytesIO(encoders()[name].encode(PHOTO, 80))) as image:
            assert image.layer[0][1:3] == sampling
            assert "progressive" not in image.info
    assert len(encoders()["jpeg"].encode(PHOTO, 80)) < len(encode_with_pillow("JPEG", quality=80, subsampling="4:2:0"))
    pytest.importorskip("imagecodecs")
    for name, reversible in (("jpeg2000", 0), ("jpeg2000-lossless", 1)):
        encoder = encoders()[name]
        data = encoder.encode(PHOTO, None if encoder.lossless else 36)
        place = data.index(b"\xff\x52")  # COD, ITU-T T.800 A.6.1: length, Scod, order, layers, transform, ...
        assert data[place + 8] == 1, "the colour transform is on"
        assert data[place + 13] == reversible
    avif = {name: encoders()[name].encode(PHOTO, 50) for name in ("avif", "avif-444")}
    boxes = {name: data[data.index(b"av1C") + 6] for name, data in avif.items()}
    assert boxes["avif"] >> 2 & 3 == 3, "chroma_subsampling_x and _y"
    assert boxes["avif-444"] >> 2 & 3 == 0


def encode_with_pillow(kind, **options):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(PHOTO).save(file, kind, **options)
    return file.getvalue()


def test_a_row_says_what_the_definitions_say():
    encoder = encoders()["jpeg"]
    row = measure(Original("x", PHOTO), encoder, 30, repeats=2)
    data = encoder.encode(PHOTO, 30)
    decoded = encoder.decode(data).astype(np.float64)
    errors = decoded - PHOTO
    grey_errors = errors @ [0.299, 0.587, 0.114]
    assert (row.width, row.height, row.bytes) == (256, 192, len(data))
    assert row.bpp == 8 * len(data) / (256 * 192)
    assert row.psnr_rgb == pytest.approx(10 * math.log10(255**2 / np.mean(errors**2)), abs=1e-9)  # exact integers
    psnr_y = 10 * math.log10(255**2 / np.mean(grey_errors**2))
    assert row.psnr_y == pytest.approx(psnr_y, abs=1e-4)  # the luma is float32
    assert 0 < row.ssim < 1
    assert row.ssim_db == pytest.approx(-10 * math.log10(1 - row.ssim))
    assert row.ms_ssim_db == pytest.approx(-10 * math.log10(1 - row.ms_ssim))
    assert row.encode_seconds > 0
    assert row.decode_seconds > 0


def test_similarity_is_that_of_scikit_image():
    skimage = pytest.importorskip("skimage.metrics")
    encoder = encoders()["jpeg"]
    row = measure(Original("x", PHOTO), encoder, 30)
    grey = [image @ [0.299, 0.587, 0.114] for image in (PHOTO, encoder.decode(encoder.encode(PHOTO, 30)))]
    expected = skimage.structural_similarity(
        *grey, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert row.ssim == pytest.approx(expected, abs=1e-6)  # float32 luma


def test_small_and_equal_images_have_no_value_rather_than_a_wrong_one():
    for side in (160, 161):
        small = measure(Original("x", PHOTO[:side, :200].copy()), encoders()["jpeg"], 30)
        assert small.ssim is not None
        assert (small.ms_ssim is None) == (side < 161)
    tiny = measure(Original("x", PHOTO[:8, :8].copy()), encoders()["jpeg"], 30)
    assert (tiny.ssim, tiny.ms_ssim, tiny.ms_ssim_db) == (None, None, None)
    flat = measure(Original("x", np.full((200, 200, 3), 128, np.uint8)), encoders()["webp"], 98)
    assert (flat.psnr_rgb, flat.psnr_y, flat.ssim_db) == (None, None, None)


def test_a_lossless_encoder_that_is_not_is_caught():
    with pytest.raises(ValueError, match="Rounder is not lossless"):
        measure(Original("x", PHOTO), Rounding("round", "Rounder"), None)
    with pytest.raises(ValueError, match="decoded"):
        measure(Original("x", PHOTO[:50].copy()), Rounding("round", "Rounder", (50,)), 50)


def test_crops_are_turned_for_portraits_and_never_larger_than_the_image():
    image = np.arange(20 * 30).reshape(20, 30)
    assert np.array_equal(centre_crop(image, (10, 4)), image[8:12, 10:20])
    assert np.array_equal(centre_crop(image.T, (10, 4)), image.T[10:20, 8:12])
    assert centre_crop(image, (100, 10)).shape == (10, 30)
    assert centre_crop(image, (10, 4)).flags.c_contiguous


def test_a_file_is_matched_by_the_best_quality_that_is_not_longer():
    encoder = encoders()["jpeg"]
    lengths = [len(encoder.encode(PHOTO, quality)) for quality in range(1, 101)]
    for target in (lengths[9], lengths[49] + 1, lengths[70] - 1, 10**9):
        quality, data = match(encoder, PHOTO, target)
        assert len(data) == lengths[int(quality) - 1] <= target
        assert all(length > target for length in lengths[int(quality) :])
    assert match(encoder, PHOTO, 10)[0] == 1


def test_the_busiest_part_has_the_strongest_gradients():
    grey = np.zeros((160, 240), np.uint8)
    grey[:, :60] = 255  # a strong edge, and no detail
    grey[25:150, 40:235] = np.random.default_rng(1).integers(90, 130, (125, 195))
    original = Original("x", np.repeat(grey[..., None], 3, axis=2))
    part = busiest(original)
    down, across = WINDOW[1], WINDOW[0]
    luma = original.luma.astype(np.float64)
    assert luma[part].shape == (down, across)
    energy = np.pad(np.diff(luma, axis=1), ((0, 0), (1, 0))) ** 2 + np.pad(np.diff(luma, axis=0), ((1, 0), (0, 0))) ** 2
    means = {
        (row, col): energy[row : row + down, col : col + across].mean()
        for row in range(160 - down + 1)
        for col in range(240 - across + 1)
    }
    found = means[part[0].start, part[1].start]
    assert found == pytest.approx(max(means.values()), abs=2e-9)  # rounded, so that ties do not hang on the last bit
    assert busiest(Original("x", PHOTO[:7, :9].copy())) == (slice(0, 7), slice(0, 9))


def test_a_residual_is_amplified_around_mid_grey():
    assert (decode_image(residual_picture(PHOTO, PHOTO)).pixels == 128).all()
    brighter = np.minimum(PHOTO, 250) + 5
    shown = decode_image(residual_picture(np.minimum(PHOTO, 250), brighter.astype(np.uint8))).pixels
    assert np.abs(shown.astype(int) - (128 + 8 * 5)).max() <= 2  # a JPEG of one colour


def row(image, encoder, quality, size, psnr, seconds=1.0):
    return Row(image, encoder, quality, 100, 10, size, psnr, psnr, 0.9, None, seconds, seconds / 2)


def test_the_table_is_the_mean_over_images_and_says_who_has_none():
    rows = []
    for image, factor in (("one", 0.5), ("two", 0.8)):
        for quality, psnr in enumerate((30.0, 33.0, 36.0)):
            size = 1000 * 2**quality
            rows += [
                row(image, "anchor", quality, size, psnr),
                row(image, "other", quality, round(size * factor), psnr),
            ]
    found = bd_rates(rows, "anchor")["other"]
    assert found["psnr_rgb"].per_image == pytest.approx({"one": -50, "two": -20})
    assert found["psnr_rgb"].mean == pytest.approx(-35)
    assert found["ms_ssim_db"].mean is None
    assert set(found["ms_ssim_db"].without) == {"one", "two"}
    rows.append(row("three", "other", 0, 10, 30.0))
    assert set(bd_rates(rows, "anchor")["other"]["psnr_rgb"].without) == {"three"}


def test_mean_curves_sizes_and_speeds():
    rows = [row("a", "x", 1, 100, 30.0), row("b", "x", 1, 300, 32.0), row("a", "x", 2, 500, 40.0)]
    assert mean_curve(rows, "psnr_rgb") == [(8 * 200 / 1000, 31.0)]  # quality 2 is missing from b
    assert speeds(rows)["x"].encode == pytest.approx(3 * 1000 / 1e6)
    assert speeds(rows)["x"].decode == pytest.approx(2 * 3 * 1000 / 1e6)
    lossless = [row("a", "p", None, 400, None), row("b", "p", None, 400, None), row("a", "q", None, 100, None)]
    assert lossless_sizes(lossless, "p")["q"].over_first == pytest.approx(-75)  # b counts for neither
    assert lossless_sizes(lossless, "p")["p"].bpp == pytest.approx(3.2)


def test_a_sweep_does_not_depend_on_its_workers(photos, tmp_path):
    paths = {path.name: path for path in sorted(photos.iterdir())}
    found = [
        sweep(
            paths,
            tmp_path / f"{jobs}",
            choose(["jpeg", "webp", "png"]),
            qualities=(20, 60),
            crop=(200, 180),
            pictures=["b.png"],
            anchor="jpeg",
            jobs=jobs,
            progress=False,
        )
        for jobs in (1, 2)
    ]
    assert [strip(row) for row in found[0].rows] == [strip(row) for row in found[1].rows]
    assert found[0].matched == found[1].matched
    for path in (tmp_path / "1" / "pictures").rglob("*.*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "2" / path.relative_to(tmp_path / "1")).read_bytes()
    assert [(row.image, row.encoder, row.quality) for row in found[0].rows] == [
        (image, encoder, quality)
        for image in sorted(paths)
        for encoder, quality in (("jpeg", 20), ("jpeg", 60), ("webp", 20), ("webp", 60), ("png", None))
    ]
    assert {(row.width, row.height) for row in found[0].rows} == {(200, 180), (180, 200)}


def test_a_point_that_fails_costs_no_other_point(photos, tmp_path):
    failing = Rounding("round", "Rounder", (20, 60), fails_at=60)
    paths = {"b.png": photos / "b.png"}
    found = sweep(paths, tmp_path / "out", [failing, *choose(["jpeg"])], jobs=1, progress=False)
    assert [(row.encoder, row.quality) for row in found.rows][:1] == [("round", 20)]
    assert len(found.rows) == 1 + len(encoders()["jpeg"].qualities)
    assert [(one.encoder, one.quality, one.reason) for one in found.failures] == [("round", 60, "OSError: two lines")]
    assert found.failure_lines == ["round: b.png at 60: OSError: two lines"]
    twice = replace(found, failures=2 * found.failures)
    assert twice.failure_lines == ["round: b.png at 60 and 1 more: OSError: two lines"]


class Page(HTMLParser):
    """Tags that are open, sources, and the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.sources += [values[name] for name in ("src", "href") if name in values]
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_comparison_writes_tables_plots_and_a_page_that_needs_nothing_else(photos, tmp_path):
    out = tmp_path / "out"
    peers = ["pixkern", "jpeg", "webp", "png", "webp-lossless"]
    found = compare(photos, out, peers=peers, qualities=(10, 40, 80), pictures=1, jobs=1, progress=False)
    assert found.ok
    page = Page((out / "index.html").read_text())
    assert page.open == []
    assert len(page.sources) == len(MEASURES) + 3 + 1 + 2 * 3  # plots, the original, crop and residual of each
    assert all(source.startswith("data:image/") for source in page.sources)
    assert "a & <b>$x_.png" in page.text
    assert f"{found.bd_rates['webp']['psnr_rgb'].mean:+.1f} %" in page.text
    assert found.bd_rates["webp"]["psnr_rgb"].mean < 0
    assert found.machine["date"] in page.text
    lines = list(csv.DictReader(io.StringIO((out / "rows.csv").read_text())))
    assert len(lines) == len(found.sweep.rows) == 2 * (3 * 3 + 2)
    for line, measured in zip(lines, found.sweep.rows, strict=True):
        assert (line["image"], line["encoder"], int(line["bytes"])) == (
            measured.image,
            measured.encoder,
            measured.bytes,
        )
        assert float(line["bpp"]) == pytest.approx(measured.bpp, abs=1e-6)  # six decimals
        assert line["psnr_rgb"] == ("" if measured.psnr_rgb is None else f"{measured.psnr_rgb:.6f}")
    told = json.loads((out / "comparison.json").read_text())
    assert [Row(**{key: value for key, value in one.items() if key != "bpp"}) for one in told["rows"]] == list(
        found.sweep.rows
    )
    assert told["bd_rates"]["webp"]["psnr_y"]["mean"] == found.bd_rates["webp"]["psnr_y"].mean
    means = {
        line["encoder"]: line
        for line in csv.DictReader(io.StringIO((out / "bd_rates.csv").read_text()))
        if line["image"] == "mean"
    }
    assert float(means["webp"]["psnr_y"]) == pytest.approx(found.bd_rates["webp"]["psnr_y"].mean, abs=1e-6)
    assert sorted(path.name for path in (out / "plots").iterdir()) == sorted(
        f"{measure}{each}.svg" for measure in MEASURES for each in ("", "_per_image")
    )


def test_plots_are_the_same_bytes_for_the_same_rows():
    rows = [row(image, "jpeg", quality, 100 * quality, 30.0 + quality) for image in "ab" for quality in (1, 2, 3)]
    for plot in (mean_plot, image_plots):
        first, second = (plot(rows, choose(["jpeg"]), "psnr_rgb") for _ in range(2))
        assert first == second
        assert "JPEG 4:2:0" in first


def test_encoders_that_cannot_run_are_reported(photos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    found = compare(photos, tmp_path / "out", peers=["jxl", "jpeg"], limit=1, pictures=0, jobs=1, progress=False)
    assert found.missing == {"jxl": "needs imagecodecs: pip install 'pixkern[rd]'"}
    assert not found.ok
    assert "jxl is missing: needs imagecodecs" in (tmp_path / "out" / "index.html").read_text()
    assert json.loads((tmp_path / "out" / "comparison.json").read_text())["missing"] == dict(found.missing)
    with pytest.raises(BackendUnavailable, match="no encoder can run here: jxl"):
        compare(photos, tmp_path / "none", peers=["jxl"], jobs=1, progress=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "needs Pillow" in encoders()["png"].missing()


def test_images_that_have_no_curve_are_reported(photos, tmp_path):
    (photos / "deep.png").write_bytes(encode_image(np.zeros((20, 20, 3), np.uint16), ".png"))
    (photos / "bad.png").write_bytes(b"no image")
    (photos / "grey.png").write_bytes(encode_image(PHOTO[..., 0].copy(), ".png"))
    (photos / "rgba.png").write_bytes(encode_image(np.dstack([PHOTO, PHOTO[..., :1]]), ".png"))
    found = compare(photos, tmp_path / "out", peers=["jpeg"], qualities=[50], pictures=0, jobs=1, progress=False)
    assert set(found.sweep.unread) == {"deep.png", "bad.png"}
    assert "8 bits a sample" in found.sweep.unread["deep.png"]
    assert len(found.sweep.rows) == 4
    by_name = {row.image: strip(row) for row in found.sweep.rows}
    assert replace(by_name["rgba.png"], image="b.png") == by_name["b.png"]
    assert by_name["grey.png"].bytes < by_name["b.png"].bytes
    assert not found.ok


def test_bad_requests_are_refused_before_any_work(photos, tmp_path):
    for options, message in (
        ({"peers": ["jpg"]}, "no encoder 'jpg'"),
        ({"peers": []}, "at least one encoder"),
        ({"qualities": [0]}, "from 1 to 100"),
        ({"qualities": []}, "at least one"),
        ({"crop": (0, 5)}, "crop must be"),
        ({"limit": 0}, "limit must be"),
        ({"repeats": 0}, "repeats must be"),
        ({"pictures": -1}, "pictures at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            compare(photos, tmp_path / "out", progress=False, **options)
    with pytest.raises(ValueError, match="no images"):
        compare(tmp_path, tmp_path / "out", peers=["jpeg"], progress=False)
    assert not Path(tmp_path / "out").exists()
