"""Sample inputs of the renderer: what their formulas promise, and the same bytes on every run."""

import cv2
import numpy as np
import pytest

from pixkern.pipelines.files import read_image
from pixkern.pipelines.slpr import _charts, _noise_pictures
from pixkern.pipelines.slpr.assets import NAMES, generate_assets

GREY = set(NAMES) - {"gradient-hue", "colour-wheel", "dead-leaves"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    paths = generate_assets(tmp_path_factory.mktemp("assets"))
    return {name: read_image(path).pixels for name, path in paths.items()}


def test_every_picture_has_the_size_and_the_colours_it_should(pictures):
    assert tuple(pictures) == NAMES
    for name, pixels in pictures.items():
        assert pixels.shape == ((512, 512) if name in GREY else (512, 512, 3)), name
        assert pixels.dtype == np.uint8
        assert pixels.std() > 10 or name == "impulses"


@pytest.mark.parametrize("size", [32, 33, 77])
def test_every_run_writes_the_same_bytes_at_any_size(tmp_path, size):
    first = generate_assets(tmp_path / "new" / "one", size=size)
    second = generate_assets(tmp_path / "two", size=size)
    for name in NAMES:
        assert first[name] == tmp_path / "new" / "one" / f"{name}.png"
        assert first[name].read_bytes() == second[name].read_bytes(), name
        assert read_image(first[name]).size == (size, size)


def test_the_grey_gradient_has_every_code_in_order(pictures):
    row = pictures["gradient-grey"][0].astype(int)
    assert (pictures["gradient-grey"] == row).all()
    assert set(np.diff(row)) == {0, 1}
    assert (row[0], row[-1]) == (0, 255)


def test_the_hue_gradient_is_pure_in_the_middle_black_above_and_white_below(pictures):
    pixels = pictures["gradient-hue"]
    assert (pixels[0] == 0).all()
    assert (pixels[-1] == 255).all()
    hue = cv2.cvtColor(pixels[256:257], cv2.COLOR_RGB2HSV_FULL)[0, :, 0]
    turn = (hue - np.arange(512) / 512 * 256 + 128) % 256 - 128
    assert np.abs(turn).max() <= 2  # codes of hue: 1 from 8-bit colours, 1 from OpenCV's 8-bit hue


@pytest.mark.parametrize("size", [32, 40, 50])
def test_a_pixel_of_the_checker_is_the_mean_of_its_squares_by_area(size):
    fine = _charts.checker(16 * size)  # its squares have whole sides
    assert set(np.unique(fine)) == {0.0, 1.0}
    means = fine.reshape(size, 16, size, 16).mean((1, 3))
    assert np.abs(_charts.checker(size) - means).max() < 1e-12  # sums of 256 numbers in float64


def test_the_zone_plate_does_not_alias():
    size = 128
    plate = _charts.zone_plate(size) - 0.5
    finer = np.arange(4 * size) / 4 - (size - 1) / 2
    spectrum = np.fft.fftshift(np.fft.fft2(plate))
    wide = np.pad(spectrum, (3 * size // 2, 3 * size // 2))
    between = np.fft.ifft2(np.fft.ifftshift(wide)).real * 16  # the one band-limited picture through these pixels
    error = between - (_charts.zone_plate(size, finer) - 0.5)
    inside = slice(16, -16)  # the picture ends at its border, Fourier's goes on
    assert np.sqrt((error[inside, inside] ** 2).mean()) < 0.01  # of contrast 1; without the fade it is above 0.1
    assert np.abs(plate[[0, -1]]).max() < 0.01


def test_the_siemens_star_has_36_cycles_on_every_circle_until_it_fades(pictures):
    star = pictures["siemens-star"] / 255
    angle = np.arange(2048) * 2 * np.pi / 2048
    for radius, contrast in ((200, 1.0), (60, 1.0), (20, 1.0), (10, 0.0)):
        x, y = (np.float32(255.5 + radius * f(angle)) for f in (np.cos, np.sin))
        ring = cv2.remap(np.float32(star), x[None], y[None], cv2.INTER_LANCZOS4)[0]
        spectrum = np.abs(np.fft.rfft(ring - 0.5)) / 1024
        assert spectrum[36] == pytest.approx(contrast / 2, abs=0.04)  # Lanczos loses some at 0.29 cycles per pixel
        assert np.delete(spectrum, 36).max() < 0.03


def test_the_slanted_edge_covers_pixels_by_exact_area():
    size, fine = 64, 32
    angle = np.deg2rad(5.0)
    x = (np.arange(size * fine) + 0.5) / fine - size / 2
    right = (x[None, :] * np.cos(angle) + x[:, None] * np.sin(angle)) > 0
    area = right.reshape(size, fine, size, fine).mean((1, 3))
    measured = (_charts.slanted_edge(size) - 0.2) / 0.6
    assert np.abs(measured - area).max() < 1 / fine  # points of the count along one side
    columns = size / 2 - measured.sum(1)  # of the edge, from the middle
    slope = np.polyfit(np.arange(size), columns, 1)[0]
    assert slope == pytest.approx(-np.tan(angle), rel=1e-9)


def test_the_colour_wheel_turns_its_hue_and_is_white_in_the_middle_and_outside(pictures):
    wheel = pictures["colour-wheel"].astype(int)
    assert (wheel[0, 0] == 255).all()
    assert wheel[255:257, 255:257].min() > 250
    for degrees, colour in ((0, (255, 0, 0)), (60, (255, 255, 0)), (120, (0, 255, 0)), (240, (0, 0, 255))):
        turn = np.deg2rad(degrees)
        seen = wheel[round(255.5 - 240 * np.sin(turn)), round(255.5 + 240 * np.cos(turn))]
        assert np.abs(seen - colour).max() <= 10  # 240 of 246 pixels of radius: 2.4 % of 255 short of pure


def test_the_text_is_black_on_white_and_the_other_way_round(pictures):
    page = pictures["text"]
    assert (page[:256] == 255 - page[256:]).all()
    lines = (page[:256] < 128).any(1)
    assert np.count_nonzero(np.diff(lines.astype(int)) == 1) >= 7  # lines of text
    assert (page[:, -4:] == page[:, -1:]).all()  # no letter is cut off


def test_the_impulses_are_single_pixels(pictures):
    ones = np.argwhere(pictures["impulses"])
    assert len(ones) == 32 * 32
    assert (ones % 16 == 8).all()
    assert pictures["impulses"].max() == 255


def test_the_noises_have_the_spectra_that_they_are_named_after():
    size = 256
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])

    def power(picture):
        spectrum = np.abs(np.fft.fft2(picture(size) - 0.5)) ** 2
        rings = [(frequency > f) & (frequency <= 1.3 * f) for f in (0.02, 0.04, 0.08, 0.16, 0.32)]
        return np.array([spectrum[ring].mean() for ring in rings]), spectrum

    white, _ = power(_noise_pictures.white)
    assert white.max() / white.min() < 1.6  # the smallest ring has 60 independent coefficients: 13 % each, 3 sigma
    pink, _ = power(_noise_pictures.pink)
    assert np.diff(np.log2(pink)) == pytest.approx([-2] * 4, abs=0.6)  # power 1 / f^2, an octave each; 3 sigma
    _, band = power(_noise_pictures.band)
    inside = (frequency > 2**-4.5) & (frequency < 2**-2.5)
    assert band[inside].sum() > 0.99 * band.sum()


def test_the_hash_of_the_noise_is_split_mix_64():
    def scramble(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        return z ^ (z >> 31)

    expected = [(scramble((n + (5 << 40)) * 0x9E3779B97F4A7C15 % 2**64) >> 11) / 2**53 for n in (1, 2, 3)]
    assert _noise_pictures._uniform(3, 5).tolist() == expected


def test_the_leaves_cover_the_page_in_many_colours():
    page = _noise_pictures.dead_leaves(128)
    assert np.mean((page == 0.5).all(2)) < 0.01
    assert len(np.unique(page.reshape(-1, 3), axis=0)) > 200
    assert page.min() >= 0
    assert page.max() <= 1


@pytest.mark.parametrize(
    ("size", "error", "words"),
    [(31, ValueError, "32 to 8192"), (8193, ValueError, "8193"), (64.0, TypeError, "float"), (True, TypeError, "bool")],
)
def test_other_sizes_are_refused_before_anything_is_written(tmp_path, size, error, words):
    with pytest.raises(error, match=words):
        generate_assets(tmp_path / "new", size=size)
    assert not (tmp_path / "new").exists()


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OSError, match="taken"):
        generate_assets(tmp_path / "taken", size=32)
