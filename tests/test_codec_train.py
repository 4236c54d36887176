"""Training starts at the Karhunen-Loeve transform, gains on it, and is the same for the same seed; exports keep it."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch; pip install 'pixkern[train]'")
onnx = pytest.importorskip("onnx", reason="needs onnx; pip install 'pixkern[train]'")
from pixkern.pipelines.codec import vae  # noqa: E402
from pixkern.pipelines.codec.autoencoder_export import export  # noqa: E402
from pixkern.pipelines.codec.autoencoder_network import HALO, Autoencoder  # noqa: E402
from pixkern.pipelines.codec.models import Model  # noqa: E402
from pixkern.pipelines.codec.train import main, run  # noqa: E402
from pixkern.pipelines.codec.training import Options, Training, haar_bits  # noqa: E402
from pixkern.pipelines.codec.training_photos import RandomCrops, read_photos, scales_of  # noqa: E402

SMALL = Options(4, steps=12, seed=3, batch=4, crop=64, rate=5e-3, width=16, blocks=1)


def pictures(count=4, side=96, seed=0):
    """Synthetic pictures: discs on gradients, soft and hard edges, some noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, : side + 16] / side
    made = []
    for _ in range(count):
        picture = np.dstack([y * random.uniform(-80, 80) + x * random.uniform(-80, 80) + 127 for _ in range(3)])
        for _ in range(12):
            radius, row, col = random.uniform(0.03, 0.3, 1), random.random(), random.random()
            picture[np.hypot(y - row, x - col) < radius] = random.uniform(0, 255, 3)
        picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + random.normal(0, 2, picture.shape)
        made.append(np.clip(picture, 0, 255).astype(np.uint8))
    return made


def tensor(images):
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255


def randomised(network, seed=0):
    """The same network with no weight at zero, so that every path counts."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.15, generator=generator)
    return network


def weights(network):
    return b"".join(parameter.detach().numpy().tobytes() for parameter in network.parameters())


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("channels", [1, 4, 16])
def test_it_starts_at_the_karhunen_loeve_transform(channels):
    images = np.stack(pictures(side=64))[:, :, :64]
    network = Autoencoder(channels, width=8, blocks=1)
    network.start_at_klt(tensor(images))
    blocks = images.reshape(4, 8, 8, 8, 8, 3).transpose(0, 1, 3, 5, 2, 4).reshape(-1, 192) / 255.0
    eigenvalues = np.linalg.eigvalsh(np.cov(blocks.T, bias=True))[::-1]
    with torch.no_grad():
        latents = network.encode(tensor(images))
        error = (network.decode(latents) - tensor(images)).square().mean()
    assert float(error) == pytest.approx(eigenvalues[channels:].sum() / 192, rel=1e-3)  # float32 through two matrices
    assert float(latents.square().mean()) == pytest.approx(1, rel=1e-3)  # as above
    assert abs(float(latents.mean())) < 1e-3  # as above


def test_a_few_steps_lower_the_loss_and_the_error():
    training = Training(pictures(), SMALL)
    before = np.mean(training.psnr(pictures()))
    losses = []
    while training.progress < 1:
        losses.append(training.advance())
    assert training.step == 12
    assert np.mean(losses[-4:]) < np.mean(losses[:4]) - 0.05
    assert np.mean(training.psnr(pictures())) > before + 0.05


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    def trained(seed):
        training = Training(pictures(), replace(SMALL, steps=3, seed=seed))
        while training.progress < 1:
            training.advance()
        return weights(training.finish())

    assert trained(3) == trained(3)
    assert trained(3) != trained(4)


def test_a_run_that_was_stopped_ends_where_one_that_was_not_does(tmp_path):
    whole = Training(pictures(), replace(SMALL, steps=6))
    stopped = Training(pictures(), replace(SMALL, steps=6))
    for _ in range(3):
        stopped.advance()
    torch.save(stopped.state(), tmp_path / "f8c4.pt")
    resumed = Training(pictures(), replace(SMALL, steps=6))
    run(resumed, tmp_path)
    while whole.progress < 1:
        whole.advance()
    assert resumed.step == 6
    assert weights(resumed.finish()) == weights(whole.finish())


def test_bfloat16_trains_as_well():
    losses = [Training(pictures(), replace(SMALL, bfloat16=fast)).advance() for fast in (False, True)]
    assert losses[0] == pytest.approx(losses[1], abs=0.05)  # dB; the trunk starts at zero, and rounds to 8 bits


def test_finished_latents_have_a_mean_square_of_one_and_the_pictures_stay():
    network = randomised(Autoencoder(4, width=8, blocks=1))
    images = tensor(pictures(1, 64))
    with torch.no_grad():
        restored, latents = network.decode(network.encode(images)), network.encode(images)
        network.rescale_latents(3.0)
        assert torch.allclose(network.encode(images), 3 * latents, atol=2e-5)  # float32 sums of 192 products
        assert torch.allclose(network.decode(network.encode(images)), restored, rtol=1e-4, atol=1e-4)  # as above
    training = Training(pictures(), SMALL)
    training.advance()
    training.averaged.rescale_latents(5.0)
    with torch.no_grad():
        finished = training.finish().encode(tensor([picture[:96, :96] for picture in pictures()]))
    assert 0.5 < float(finished.square().mean()) < 2  # it is 1 on other crops of the same pictures


def test_bits_are_those_of_three_haar_levels():
    scaled = np.random.default_rng(5).normal(0, 3, (2, 3, 16, 8))
    expected = np.zeros(2)
    for image in range(2):
        for plane in scaled[image]:
            for _ in range(3):
                rows = (plane[::2] + plane[1::2]) / math.sqrt(2), (plane[::2] - plane[1::2]) / math.sqrt(2)
                bands = [(part[:, ::2] + sign * part[:, 1::2]) / math.sqrt(2) for part in rows for sign in (1, -1)]
                plane, details = bands[0], bands[1:]
                expected[image] += sum(np.log2(1 + np.abs(band)).sum() for band in details)
            expected[image] += np.log2(1 + np.abs(plane)).sum()
    assert np.allclose(haar_bits(torch.from_numpy(scaled).float()).numpy(), expected, rtol=1e-5)  # float32 sums


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_latents_reach_as_far_as_the_halo_says_and_no_further(half):
    network = randomised(Autoencoder(2, width=4, blocks=6))
    middle, extent = 20, 41
    reach = HALO if half == "decoder" else HALO - 1
    shape = (1, 2, extent, extent) if half == "decoder" else (1, 3, 8 * extent, 8 * extent)
    x = torch.zeros(shape, requires_grad=True)
    y = network.decode(x) if half == "decoder" else network.encode(x)
    step = 8 if half == "decoder" else 1
    y[..., step * middle : step * (middle + 1), step * middle : step * (middle + 1)].sum().backward()
    touched = x.grad.abs().sum((0, 1))
    touched = touched if half == "decoder" else touched.reshape(extent, 8, extent, 8).sum((1, 3))
    rows = torch.nonzero(touched.sum(1))[:, 0]
    assert (int(rows.min()), int(rows.max())) == (middle - reach, middle + reach)


def test_exports_equal_torch(tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    network = randomised(Autoencoder(5, width=12, blocks=2)).eval()
    files = tmp_path / "encoder.onnx", tmp_path / "decoder.onnx"
    export(network, *files)
    for file in files:
        made = onnx.load(file)
        assert [one.version for one in made.opset_import] == [13]
    model = Model("exported", *files, 5, halo=5)
    images = np.stack(pictures(2, 72))
    with torch.no_grad():
        latents = network.encode(tensor(images))
        restored = network.decode(latents).permute(0, 2, 3, 1).clamp(0, 1).numpy()
    found = vae.encode(images, model)
    assert np.abs(found - latents.numpy()).max() < 1e-5  # float32 sums in another order
    assert np.abs(vae.decode(found, (images.shape[2], 72), model) - restored).max() < 1e-5  # as above


def test_the_same_weights_export_to_the_same_bytes(tmp_path):
    network = Autoencoder(4, width=8, blocks=1)
    made = []
    for name in "ab":
        export(network, tmp_path / f"{name}-encoder.onnx", tmp_path / f"{name}-decoder.onnx")
        made.append([(tmp_path / f"{name}-{half}.onnx").read_bytes() for half in ("encoder", "decoder")])
    assert made[0] == made[1]


def test_every_crop_is_a_piece_of_a_photo_in_one_of_eight_poses():
    photo = np.random.default_rng(1).integers(0, 256, (70, 64, 3), np.uint8)
    crops = RandomCrops([photo], 64).batch(60, np.random.default_rng(2))
    poses = [np.rot90(side, turns) for side in (photo, photo[:, ::-1]) for turns in range(4)]
    seen = set()
    for crop in crops:
        found = [
            (pose, top, left)
            for pose, whole in enumerate(poses)
            for top in range(whole.shape[0] - 63)
            for left in range(whole.shape[1] - 63)
            if np.array_equal(whole[top : top + 64, left : left + 64], crop)
        ]
        assert len(found) == 1
        seen.add(found[0][0])
    assert seen == set(range(8))


def test_scales_are_halves_down_to_the_size_of_a_crop():
    photo = np.full((200, 130, 3), 7, np.uint8)
    assert [scale.shape[:2] for scale in scales_of(photo, 64)] == [(200, 130), (100, 65)]
    assert [scale.shape[:2] for scale in scales_of(photo, 32)] == [(200, 130), (100, 65), (50, 32)]
    assert scales_of(photo, 131) == []
    with pytest.raises(ValueError, match="no photo is 256x256 pixels or larger"):
        RandomCrops([photo], 256)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    for number, picture in enumerate(pictures(2)):
        cv2.imwrite(str(tmp_path / "photos" / f"{number}.png"), picture[..., ::-1])
    return tmp_path


SHORT = ["--channels", "4", "--steps", "2", "--batch", "2", "--crop", "64", "--width", "8", "--blocks", "1"]


def test_the_command_writes_models_that_run(folder, capsys):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    photos, out = str(folder / "photos"), folder / "out"
    assert main(["--photos", photos, "--validation", photos, "--out", str(out), *SHORT]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["f8c4-decoder.onnx", "f8c4-encoder.onnx", "f8c4.pt"]
    assert "step 2" in capsys.readouterr().out
    model = Model("mine", out / "f8c4-encoder.onnx", out / "f8c4-decoder.onnx", 4, halo=3)
    images = np.stack(read_photos(folder / "photos"))
    assert np.array_equal(images, np.stack(pictures(2)))
    restored = vae.decode(vae.encode(images, model), images.shape[2:0:-1], model)
    assert 10 * math.log10(1 / np.mean((restored - images / 255) ** 2)) > 15
    before = (out / "f8c4-decoder.onnx").read_bytes()
    assert main(["--photos", photos, "--out", str(out), *SHORT]) == 0  # at its end already
    assert (out / "f8c4-decoder.onnx").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (["--crop", "100"], 2, "crop must be a multiple of 64"),
        (["--steps", "0"], 2, "longer than nothing"),
        (["--batch", "0"], 2, "must be 1 or more"),
        (["--noise", "0.3", "0.1"], 2, "smallest <= largest"),
        (["--photos", "nowhere"], 1, "nowhere"),
        (["--crop", "1024"], 2, "no photo is 1024x1024 pixels"),
    ],
)
def test_bad_use_gives_one_line_and_an_exit_code(change, code, told, folder, capsys):
    assert main(["--photos", str(folder / "photos"), "--out", str(folder / "out"), *SHORT, *change]) == code
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_folder_without_photos_or_with_broken_ones_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no photos in"):
        read_photos(tmp_path)
    (tmp_path / "x.png").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"x\.png is not an image"):
        read_photos(tmp_path)
