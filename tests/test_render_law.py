"""The law of the renderer on photos, borders included: mean, variance, convergence; and draws that are independent."""

import math
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import pytest
import render_cases as cases
from reference import render as ref

from pixkern import demo
from pixkern.pyramid import SplinePyramid, offset_law, render, spline_pyramid, variance

COUNTS = (1, 4, 16, 64, 256)


@dataclass(frozen=True)
class Scene:
    """A crop (x, y, width, height) of a shipped photo, the size of its picture, the law of the draws."""

    photo: str
    crop: tuple
    size: tuple
    levels: int = 5
    grey: bool = True
    law: dict = field(default_factory=dict, hash=False)

    @property
    def pyramid(self):
        return pyramid_of(self.photo, self.crop, self.levels, self.grey)


@cache
def pyramid_of(photo, crop, levels, grey):
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
    image = cv2.imdecode(np.frombuffer(demo.photo(photo), np.uint8), how)
    x, y, width, height = crop
    return spline_pyramid(np.ascontiguousarray(image[y : y + height, x : x + width]), levels)


FACE, ROOF = (170, 40, 96, 80), (300, 60, 150, 121)
NOISY = {"patch_size": 3, "jitter": 0.8, "noise_strength": 0.05}
SCENES = [
    Scene("astronaut.webp", FACE, (96, 80)),
    Scene("astronaut.webp", FACE, (241, 201)),
    Scene("building.jpg", ROOF, (199, 155), law={"patch_size": 5}),
    Scene("building.jpg", ROOF, (120, 80), levels=4, law={"jitter": 1.5, "gains": (1, 0.5, 2, 1)}),
    Scene("astronaut.webp", FACE, (120, 97), levels=3, grey=False, law=NOISY),
    Scene("building.jpg", ROOF, (150, 121), levels=7, law={"noise_strength": 0.3}),
]
every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.photo} {s.size} {s.law}")
every_block = pytest.mark.parametrize("block", [1, 8])


def cell_sums(values, block):
    """Sums over what shares draws: the pixels of a block and their channels."""
    for axis in (0, 1):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], block), axis=axis)
    return values.sum(axis=-1)


def regions(size):
    """Masks, (H, W, 1): everything, and three rows or columns along each side."""
    width, height = size
    masks = {name: np.zeros((height, width, 1)) for name in ("all", "top", "bottom", "left", "right")}
    masks["all"][...] = masks["top"][:3] = masks["bottom"][-3:] = masks["left"][:, :3] = masks["right"][:, -3:] = 1
    return masks


class Errors:
    """out - E of independent pictures, summed by the cells that share draws, of every region."""

    def __init__(self, scene, samples, block):
        self.scene, self.block, self.samples, self.pictures = scene, block, samples, 0
        axes = (*scene.size[::-1], -1)
        self.exact = render(scene.pyramid, scene.size, samples=math.inf, **scene.law).astype(np.float64).reshape(axes)
        self.spread = variance(scene.pyramid, scene.size, **scene.law).astype(np.float64).reshape(axes) / samples
        self.masks = regions(scene.size)
        self.wanted = {name: cell_sums(self.spread * mask, block) for name, mask in self.masks.items()}
        self.sums = {name: np.zeros(4) for name in self.masks}  # see add

    def add(self, first_picture, pictures, seed=0):
        for number in range(first_picture, first_picture + pictures):
            how = {"samples": self.samples, "first_sample": number * self.samples, "block": self.block, "seed": seed}
            out = render(self.scene.pyramid, self.scene.size, **how, **self.scene.law)
            off = out.reshape(self.exact.shape) - self.exact
            for name, mask in self.masks.items():
                squares, cells = cell_sums(off**2 * mask, self.block), cell_sums(off * mask, self.block)
                unlike = ((squares - self.wanted[name]) ** 2).sum()
                self.sums[name] += squares.sum(), unlike, cells.sum(), (cells**2).sum()
        self.pictures += pictures

    def ratio_and_error(self, name="all"):
        """rms(out - E) / sqrt(V / N), and its standard error."""
        squares, unlike, _, _ = self.sums[name]
        total = self.wanted[name].sum() * self.pictures
        return math.sqrt(squares / total), math.sqrt(unlike) / total / 2

    def bias(self, name):
        """The mean error in units of its standard error."""
        _, _, total, squares = self.sums[name]
        return total / math.sqrt(squares)


@every_scene
@every_block
def test_errors_have_no_bias_and_the_stated_variance_for_every_number_of_samples(scene, block):
    rms = []
    for samples in COUNTS:
        errors = Errors(scene, samples, block)
        while errors.pictures == 0 or errors.ratio_and_error()[1] > 0.0045:  # 1.02 is then more than four away
            errors.add(errors.pictures, max(1, 64 // samples))
        ratio, _ = errors.ratio_and_error()
        assert 0.98 <= ratio <= 1.02, samples
        for name in errors.masks:
            assert abs(errors.bias(name)) <= 4, (samples, name)
            ratio_there, error = errors.ratio_and_error(name)
            assert abs(ratio_there - 1) <= 4.5 * error + 1e-4, (samples, name)  # 300 values: 4.5 is 1 in 500 by chance
        rms.append(ratio * math.sqrt(errors.spread.mean()))
    slope = np.polyfit(np.log(COUNTS), np.log(rms), 1)[0]
    assert abs(slope + 0.5) <= 0.02


def test_errors_of_many_samples_are_normal_pixel_by_pixel():
    scene = SCENES[4]
    spread = variance(scene.pyramid, scene.size, **scene.law).astype(np.float64)
    exact = render(scene.pyramid, scene.size, samples=math.inf, **scene.law)
    z = (render(scene.pyramid, scene.size, samples=1024, **scene.law) - exact) / np.sqrt(spread / 1024)
    assert abs(z.std() - 1) <= 0.02
    assert np.abs(z).max() <= 6  # of 35,000 values
    assert (np.abs(z) > 4).mean() <= 5e-4  # 6e-5 if exactly normal


# Noise alone


def flat(shape, levels):
    details, base = cases.arrays(shape, levels)
    return SplinePyramid(tuple(np.zeros_like(detail) for detail in details), np.zeros_like(base), shape)


def noise(*, levels=1, **how):
    """(512, 768, 2) numbers that are to be standard normal."""
    return render(flat((8, 8, 2), levels), (768, 512), samples=1, noise_strength=1, **how).astype(np.float64)


def test_noise_is_standard_normal():
    z = noise()
    assert abs(z.mean()) <= 4 / math.sqrt(z.size)
    assert abs(z.var() - 1) <= 4 * math.sqrt(2 / z.size)
    assert abs((z**3).mean()) <= 4 * math.sqrt(15 / z.size)
    assert abs((z**4).mean() - 3) <= 4 * math.sqrt(96 / z.size)
    places = np.array([math.erf(edge / math.sqrt(2)) / 2 + 0.5 for edge in np.linspace(-4, 4, 161)])
    expected = np.diff(np.concatenate([[0], places, [1]])) * z.size
    found = np.bincount(np.searchsorted(np.linspace(-4, 4, 161), z.ravel()), minlength=162)
    chi_squared = ((found - expected) ** 2 / expected).sum()
    assert abs(chi_squared - 161) <= 4 * math.sqrt(2 * 161)


def test_noise_here_has_nothing_to_do_with_noise_there():
    z = noise()
    others = {
        "the next column": (z[:, 1:], z[:, :-1]),
        "the next row": (z[1:], z[:-1]),
        "the diagonal": (z[1:, 1:], z[:-1, :-1]),
        "the other diagonal": (z[1:, :-1], z[:-1, 1:]),
        "256 columns on": (z[:, 256:], z[:, :-256]),
        "256 rows on": (z[256:], z[:-256]),
        "rows and columns exchanged": (z[:, :512], z[:, :512].swapaxes(0, 1)[...]),
        "the other channel": (z[..., 0], z[..., 1]),
        "the next sample": (z, noise(first_sample=1)),
        "a sample far away": (z, noise(first_sample=2**32)),
        "the next seed": (z, noise(seed=1)),
        "a seed far away": (z, noise(seed=2**32)),
        "the next level": (z, noise(levels=2)),
    }
    for name, (a, b) in others.items():
        off_diagonal = a != b  # of the exchange
        products = (a * b)[off_diagonal]
        assert abs(products.mean()) <= 4.5 * math.sqrt(products.var() / products.size), name
        squares = ((a**2 - 1) * (b**2 - 1))[off_diagonal]
        assert abs(squares.mean()) <= 4.5 * math.sqrt(squares.var() / squares.size), name


def test_noise_scales_with_its_strength_and_averages_out():
    for samples in (1, 4, 64):
        z = render(flat((8, 8), 3), (512, 512), samples=samples, noise_strength=0.25)
        assert z.std() == pytest.approx(0.25 / math.sqrt(samples), rel=4 / math.sqrt(2 * z.size))


# Draws of coefficients


@pytest.mark.parametrize(("patch_size", "jitter"), [(1, 0.0), (3, 0.0), (4, 0.7), (1, 2.0)])
def test_lookups_fall_where_the_taps_and_the_offset_law_say(patch_size, jitter):
    """Two ramps as channels show where a pixel looked; at the image's own size the taps weigh 1/6, 4/6, 1/6, 0."""
    side = 400
    detail = np.stack(np.meshgrid(*[np.arange(side + 3, dtype=np.float32)] * 2), axis=-1)
    pyramid = SplinePyramid((detail,), np.zeros((cases.stored(side, 1),) * 2 + (2,), np.float32), (side, side, 2))
    looked = render(pyramid, samples=1, patch_size=patch_size, jitter=jitter, seed=3).astype(np.int64)
    here = np.stack(np.meshgrid(*[np.arange(side) + 1] * 2), axis=-1)
    far = slice(20, -20)  # from the ends, where lookups are clamped
    shift = (looked - here)[far, far]
    law = np.convolve(offset_law(patch_size, jitter)[1] / 65536, [1 / 6, 4 / 6, 1 / 6])
    reach = len(law) // 2
    for axis in (0, 1):
        found = np.bincount(shift[..., axis].ravel() + reach, minlength=len(law))
        assert len(found) == len(law)
        expected = law * found.sum()
        often = expected > 5
        chi_squared = ((found - expected)[often] ** 2 / expected[often]).sum()
        assert chi_squared <= often.sum() - 1 + 4.5 * math.sqrt(2 * often.sum())
    pairs = {
        "the axes": (shift[..., 0], shift[..., 1]),
        "neighbours in a row": (shift[:, 1:], shift[:, :-1]),
        "neighbours in a column": (shift[1:], shift[:-1]),
    }
    for name, (a, b) in pairs.items():
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) <= 4.5 / math.sqrt(a.size), name


# Words


def test_words_are_uniform_bit_by_bit_and_unlike_those_beside_them():
    line = np.arange(512)

    def words(rows=line, cols=line, *, seed=0, sample=0, level=0, word=0):
        return ref.words(seed, sample, level, word, (rows, cols))

    here = words()
    others = {
        "alone": here,
        "the next column": here ^ words(line, line + 1),
        "the next row": here ^ words(line + 1, line),
        "rows and columns exchanged": words(line + 1000, line) ^ words(line, line + 1000).T,
        "the other word": here ^ words(word=1),
        "the next level": here ^ words(level=1),
        "the next sample": here ^ words(sample=1),
        "the next seed": here ^ words(seed=1),
        "a column 2^31 on": here ^ words(line, line + 2**31),
        "a row 2^32 on": here ^ words(line + 2**32, line),
    }
    for name, different in others.items():
        for bit in range(32):
            ones = ((different >> np.uint32(bit)) & np.uint32(1)).mean()
            assert abs(ones - 0.5) <= 4.5 * 0.5 / math.sqrt(different.size), (name, bit)
        for byte in range(4):
            found = np.bincount((different >> np.uint32(8 * byte) & np.uint32(255)).ravel(), minlength=256)
            chi_squared = ((found - here.size / 256) ** 2).sum() / (here.size / 256)
            assert abs(chi_squared - 255) <= 4.5 * math.sqrt(2 * 255), (name, byte)
