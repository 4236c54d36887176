"""Configurations of relighting: what the file says is what is kept, and what it cannot say is told with its place."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pixkern.pipelines.relight.config import Config, Input, OutputOptions
from pixkern.pipelines.relight.settings import Settings


def load(folder: Path, text: str) -> Config:
    (folder / "relight.yaml").write_text(text, encoding="utf-8")
    return Config.load(folder / "relight.yaml")


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ValueError) as error:
        load(folder, text)
    told = str(error.value)
    assert told.startswith(f"{folder / 'relight.yaml'}: ")
    assert "\n" not in told
    told = told.removeprefix(f"{folder / 'relight.yaml'}: ")
    assert not told.startswith(":")
    return told


def leaves(tree: object, place: str = "") -> dict[str, object]:
    if not isinstance(tree, dict):
        return {place: tree}
    return {key: one for name, part in tree.items() for key, one in leaves(part, f"{place}.{name}").items()}


def test_the_template_says_what_holds_without_a_file(tmp_path):
    assert load(tmp_path, Config.template()) == load(tmp_path, "") == Config(root=tmp_path)


def test_the_template_says_every_key_but_those_that_mean_nothing_where_they_stand():
    said, kept = leaves(yaml.safe_load(Config.template())), leaves(Config().to_dict())
    assert said.keys() <= kept.keys()
    meaningless = {key for key in kept.keys() - said.keys() if key.endswith((".nearer", ".activation", ".channel"))}
    assert kept.keys() - said.keys() == meaningless


def test_names_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.yaml").write_text("{input: {folder: in}, output: {folder: ../out}}")
    monkeypatch.chdir(tmp_path)
    config = Config.load("deep/a.yaml")
    assert config.root == tmp_path / "deep"
    assert (config.input.folder, config.output.folder) == (Path("in"), Path("../out"))


def test_what_is_not_said_of_a_method_stays_as_it_is(tmp_path):
    config = load(tmp_path, "mask: {methods: {onnx: {enabled: true}}}\nnormals:\nalbedo: {sigmas: [3]}")
    onnx = config.settings.mask.methods.onnx
    assert (onnx.enabled, onnx.model, onnx.size) == (True, Path("person.onnx"), (320, 320))
    assert config.settings.albedo.sigmas == (3.0,)
    assert config.settings == dataclasses.replace(Settings(), mask=config.settings.mask, albedo=config.settings.albedo)


def test_a_mapping_of_weights_replaces_the_whole_mapping(tmp_path):
    text = "degradation: {methods: {soft_shading: {patterns: {window: 2}}}}"
    assert load(tmp_path, text).settings.degradation.methods.soft_shading.patterns == {"window": 2.0}


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_configuration_that_is_written_down_is_the_same_when_it_is_read(suffix, tmp_path):
    config = Config(
        seed=2**64 - 1, variants=7, input=Input("a b", True, 9), output=OutputOptions(format="jpg", parquet=False),
        root=tmp_path,
    )  # fmt: skip
    assert config.output.format == "jpeg"
    file = tmp_path / f"again{suffix}"
    write = json.dumps if suffix == ".json" else yaml.safe_dump
    file.write_text(write(config.to_dict()))
    assert Config.load(file) == config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mask: {treshold: 0.5}", "mask.treshold: no such key, did you mean threshold?"),
        ("albedos: {}", "albedos: no such key, did you mean albedo?"),
        ("output: {layout: shard}", "output.layout: must be folders or shards, got 'shard'"),
        ("output: {format: tiff}", "output.format: must be png, jpeg or webp, got 'tiff'"),
        ("output: {format: jpeg, bit_depth: 16}", "output.bit_depth: jpeg holds 8 bits a sample"),
        ("output: {bit_depth: 12}", "output.bit_depth: must be 8, 16 or null, got 12"),
        ("output: {bit_depth: true}", "output.bit_depth: must be 8, 16 or null, got true"),
        ("output: {shard_size: 0}", "output.shard_size: must be 1 to 1000000, got 0"),
        ("output: {parquet: maybe}", "output.parquet: must be true or false, got 'maybe'"),
        ("variants: 0", "variants: must be 1 to 1000000, got 0"),
        ("variants: 1.5", "variants: must be a whole number, got 1.5"),
        ("seed: -1", "seed: must be 0 to 18446744073709551615, got -1"),
        ("seed: true", "seed: must be a whole number, got true"),
        ("input: {folder: 3}", "input.folder: must be text, got 3; put it in quotes"),
        ("input: [a]", "input: must be a mapping with keys such as folder, got a list"),
        ("degradation: {methods: {soft_shading: {ambient: [0.9, 0.6]}}}",
         "degradation.methods.soft_shading.ambient: must have the lower number first, got [0.9, 0.6]"),
        ("degradation: {methods: {soft_shading: {patterns: {windows: 1}}}}",
         "degradation.methods.soft_shading.patterns: 'windows' is not one of them, did you mean window?"),
        ("degradation: {methods: {soft_shading: {weight: 0}, hard_shadow: {enabled: false}, specular: {weight: 0}}}",
         "degradation.methods: at least one of soft_shading, hard_shadow, specular must be enabled"),
        ("degradation: {methods: {hard_shadows: {}}}",
         "degradation.methods.hard_shadows: no such key, did you mean hard_shadow?"),
        ("recombination: {background: color}", "recombination.background: must be original, colour, image or black"),
        ("mask: {threshold: 1.5}", "mask.threshold: must be 0 to 1, got 1.5"),
        ("mask: {threshold: .nan}", "mask.threshold: must be 0 to 1, got nan"),
        ("normals: {relief: 0}", "normals.relief: must be 0.001 to 100, got 0"),
        ("- 1", "must be a mapping with keys such as"),
        ("degradation: {methods: {soft_shading: {pattersn: 1}}}", "pattersn: no such key, did you mean patterns?"),
        ("seed: 1\nseed: 2", "the key 'seed' stands twice"),
        ("a: [", "not YAML at line"),
        ("a: !!python/object/apply:os.system [ls]", "not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named_with_its_file_and_place(text, told, tmp_path):
    assert told in complaint(tmp_path, text)


def paths_of(tree: object, place: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(tree, dict):
        return [place]
    return [place, *(path for key, part in tree.items() for path in paths_of(part, (*place, key)))]


@given(path=st.sampled_from(paths_of(yaml.safe_load(Config.template()))[1:]), data=st.data())
def test_every_key_with_two_letters_swapped_is_refused_at_its_place(path, data):
    *above, key = path
    swaps = [key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in range(len(key) - 1) if key[i] != key[i + 1]]
    wrong = data.draw(st.sampled_from(swaps))
    tree: object = {wrong: None}
    for name in reversed(above):
        tree = {name: tree}
    with pytest.raises(ValueError, match=wrong) as error:
        Config.from_dict(tree)
    if path[-2:-1] not in (("patterns",), ("kinds",), ("models",)):  # weights name the key beside the place
        assert str(error.value).startswith(".".join((*above, wrong)))
    if len(key) > 4:  # swapped short words are as near to others
        assert f"did you mean {key}?" in str(error.value)


def test_constructors_check_like_files():
    with pytest.raises(TypeError, match="settings: must be Settings, got dict"):
        Config({})
    with pytest.raises(ValueError, match="quality: must be 1 to 100, got 0"):
        OutputOptions(quality=0)


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Config.load(tmp_path / "none.yaml")
