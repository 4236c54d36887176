"""Models are found by name, described by their files, and misspelt configurations say what was meant."""

import hashlib
import re
from pathlib import Path

import pytest

from pixkern.pipelines.codec import models
from pixkern.pipelines.codec.models import AutoencoderError, Model, find_model, known_models

SHIPPED = ("f8c4", "f8c16")
FOLDER = Path(models.__file__).parent / "models"
HALVES = 'encoder = "e.onnx"\ndecoder = "sub/d.onnx"\n'
FIELDS = 'latent_channels = 4\ndownscale = 8\nhalo = 3\nrange = "-1..1"\n'


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No configuration but the test's own."""
    for place in ("home", "here"):
        (tmp_path / place).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PIXKERN_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path / "here")


def config(folder, text, name="pixkern.toml"):
    """A configuration file, and the (empty) model files that HALVES names."""
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    (folder / "e.onnx").write_bytes(b"")
    (folder / "sub" / "d.onnx").write_bytes(b"decoder")
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_are_found_without_any_configuration(name):
    model = find_model(name)
    assert model.name == name
    assert model.encoder.exists()
    assert model.decoder.exists()
    assert find_model() == find_model("f8c4")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_hash_is_the_beginning_of_the_decoders_sha256(name):
    model = find_model(name)
    assert model.hash == hashlib.sha256(model.decoder.read_bytes()).digest()[:16]


def test_the_hash_follows_the_file(tmp_path):
    model = find_model("m", config(tmp_path, f"[models.m]\n{HALVES}{FIELDS}"))
    before = model.hash
    model.decoder.write_bytes(b"another decoder")
    assert model.hash == hashlib.sha256(b"another decoder").digest()[:16] != before


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_halves_are_small_enough_to_ship(name):
    for half in ("encoder", "decoder"):
        assert 1e5 < (FOLDER / f"{name}-{half}.onnx").stat().st_size <= 8e6  # a pointer file is no model


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_say_of_themselves_what_the_library_says_of_them(name):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    from pixkern.pipelines.codec.onnx_half import described

    model = find_model(name)
    assert described(model.encoder, model.decoder) == {"latent_channels": model.latent_channels, "halo": model.halo}


def test_the_model_card_is_about_the_files_beside_it():
    card = (FOLDER / "MODEL_CARD.md").read_text("utf-8")
    told = set(re.findall(r"\b[0-9a-f]{64}\b", card))
    assert told == {hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.onnx")}


def test_no_photo_that_figures_are_reported_on_was_trained_on():
    card = (FOLDER / "MODEL_CARD.md").read_text("utf-8")
    trained = card[card.index("## Trained on") : card.index("## Kept aside")]
    kept_aside = re.findall(r"^\| (\w+) \|", card[card.index("## Kept aside") :], re.MULTILINE)
    assert {"canary", "dragonfly", "kite", "path", "storm"} <= set(kept_aside)
    for source in ("free_by_Peter_Nerlich", "Dragonfly_by_Bolly", "Kite/", "Path/", "Storm", "astronaut"):
        assert source not in trained
    for name in set(kept_aside) - {"photo"}:  # the heading of the table
        assert f"| {name} |" not in trained


def test_paths_are_relative_to_the_file_that_names_them(tmp_path):
    model = find_model("mine", config(tmp_path / "far", f"[models.mine]\n{HALVES}{FIELDS}"))
    assert model == Model(
        "mine", tmp_path / "far" / "e.onnx", tmp_path / "far" / "sub" / "d.onnx", 4, 8, 3, "-1..1"
    )  # fmt: skip


def test_the_first_configuration_found_is_the_one_read(tmp_path, monkeypatch):
    places = [tmp_path / "home/.config/pixkern", tmp_path / "home", tmp_path / "here"]
    for halo, place in enumerate(places):
        config(place, f'default = "m"\n[models.m]\n{HALVES}{FIELDS.replace("3", str(halo))}')
        assert find_model().halo == halo
    monkeypatch.setenv("PIXKERN_CONFIG", str(config(tmp_path / "env", f"[models.m]\n{HALVES}{FIELDS}", "e.toml")))
    assert find_model("m").halo == 3
    assert find_model().name == "f8c4"  # the file read has no default
    explicit = config(tmp_path / "explicit", f"[models.m]\n{HALVES}{FIELDS.replace('3', '9')}", "x.toml")
    assert find_model("m", explicit).halo == 9


def test_a_configured_model_takes_the_place_of_a_shipped_one(tmp_path):
    path = config(tmp_path, f"[models.f8c4]\n{HALVES}{FIELDS}")
    assert find_model("f8c4", path).decoder == tmp_path / "sub" / "d.onnx"
    assert set(known_models(path)) == {"f8c4", "f8c16"}
    assert known_models(path)["f8c4"] == find_model("f8c4", path)


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_a_configuration_that_is_named_must_exist(where, tmp_path, monkeypatch):
    if where == "environment":
        monkeypatch.setenv("PIXKERN_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        find_model(config=None if where == "environment" else tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[model.m]\n" + HALVES, "unknown key 'model', did you mean 'models'"),
        ("[models.m]\n" + HALVES + "halos = 3", "unknown key 'halos', did you mean 'halo'"),
        ("[models.m]\n" + HALVES + "colour = 3", "unknown key 'colour'; known: encoder"),
        ('[models.m]\nencoder = "e.onnx"', "decoder is missing"),
        ("[models.m]\n" + HALVES + 'halo = "3"', "halo must be an integer, got '3'"),
        ("[models.m]\n" + HALVES + "halo = true", "halo must be an integer, got True"),
        ("[models.m]\n" + HALVES + "latent_scale = '1'", "latent_scale must be a number"),
        ("[models.m]\n" + HALVES + FIELDS.replace("-1..1", "0..255"), r'range must be "0..1" or "-1..1"'),
        ("[models.m]\n" + HALVES + FIELDS.replace("halo = 3", "halo = -1"), "halo must be 0 to 4096"),
        ("[models.m]\n" + HALVES + FIELDS.replace("downscale = 8", "downscale = 0"), "downscale must be 1 to 64"),
        ("[models.m]\n" + HALVES + FIELDS + "latent_scale = 0", "latent_scale must be positive"),
        ("[models.m]\n" + HALVES + FIELDS + "latent_scale = inf", "latent_scale must be positive and finite"),
        ("[models.m]\n" + HALVES + FIELDS + "latent_shift = nan", "latent_shift finite"),
        ("models = 3", "one \\[models.NAME\\] for each"),
        ("[models]\nm = 3", "one \\[models.NAME\\] for each"),
        ("default = 3", "default must be a model's name"),
        ('default = "m2"\n[models.m]\n' + HALVES + FIELDS, "no model is named 'm2', did you mean 'm'"),
        ("[models.m", "is not TOML"),
        ("\x00", "is not TOML"),
    ],
)
def test_a_wrong_configuration_is_refused_in_words_that_help(text, told, tmp_path):
    path = config(tmp_path, text)
    with pytest.raises(AutoencoderError, match=told):
        find_model("m" if text.startswith("[models.m]") else None, path)


def test_a_file_that_is_no_text_is_no_configuration(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(AutoencoderError, match="is not TOML"):
        find_model(config=tmp_path / "x.toml")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AutoencoderError, match="no model is named 'f8c44', did you mean 'f8c4'; known: f8c4, f8c16"):
        find_model("f8c44")


def test_a_configured_model_must_be_there(tmp_path):
    path = config(tmp_path, f"[models.m]\n{HALVES}{FIELDS}")
    (tmp_path / "e.onnx").unlink()
    with pytest.raises(FileNotFoundError, match=r"no such model: .*e\.onnx"):
        find_model("m", path)


def test_what_the_configuration_leaves_open_is_read_from_the_files(tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    pytest.importorskip("onnx", reason="needs onnx to make models; pip install 'pixkern[test]'")
    from codec_models import halves

    metadata = {"pixkern.halo": "5", "pixkern.downscale": "4", "pixkern.range": "-1..1"}
    halves(tmp_path / "said", channels=7, metadata=metadata)
    text = '[models.m]\nencoder = "said/encoder.onnx"\ndecoder = "said/decoder.onnx"\n'
    model = find_model("m", config(tmp_path, text))
    assert (model.latent_channels, model.downscale, model.halo, model.range) == (7, 4, 5, "-1..1")
    assert find_model("m", config(tmp_path, text + "halo = 6")).halo == 6  # what is said goes before what is read
    halves(tmp_path / "silent")
    model = find_model("m", config(tmp_path, text.replace("said", "silent")))
    assert (model.latent_channels, model.downscale, model.halo, model.range) == (4, 8, None, "0..1")


def test_a_file_that_is_no_model_is_refused_when_it_must_be_read(tmp_path):
    pytest.importorskip("onnxruntime", reason="needs onnxruntime; pip install 'pixkern[onnx]'")
    with pytest.raises(AutoencoderError, match="not a model that onnxruntime can run"):
        find_model("m", config(tmp_path, f"[models.m]\n{HALVES}"))


def test_a_name_that_is_no_string_is_refused():
    for name in (5, b"f8c4", ["f8c4"]):
        with pytest.raises(TypeError, match="name"):
            find_model(name)
