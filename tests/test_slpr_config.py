"""Configurations of the renderer: what is read, what is refused and in which words."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pixkern.pipelines.slpr import Asset, Config, RenderConfig, Settings

WHOLE = """
global:
  output_root: results
  num_cores: 2
  samples_per_render: 8
  zoom_levels: [50, 100]
  color_mode: luma
  seed: 7
  log_level: WARN
  profiling: false
  profiling_granularity: fine
  progress_update_pixels: 1000
assets:
  - {name: one, path: one.png}
  - {name: two, path: deep/two.png}
configs:
  - {name: calm}
  - {name: loose, pyramid_levels: 2, patch_size: 3, jitter: 1e-1, noise_strength: 0.5, gains: [1, 2], block: 8}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("one.png", "deep/two.png"):
        (tmp_path / name).write_bytes(b"not looked into")
    return tmp_path


def load(folder, text, name="run.yaml"):
    (folder / name).write_text(text, encoding="utf-8")
    return Config.load(folder / name)


def complaint(folder, text, name="run.yaml"):
    with pytest.raises(ValueError) as caught:
        load(folder, text, name)
    message = str(caught.value)
    assert message.startswith(f"{folder / name}: ")
    assert "\n" not in message
    assert len(message) < 400 + len(str(folder)) * 2
    return message.removeprefix(f"{folder / name}: ")


def changed(old, new):
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


def test_every_key_of_a_file_arrives(folder):
    config = load(folder, WHOLE)
    assert config.settings == Settings(Path("results"), 2, 8, (50, 100), "luma", 7, "WARNING", False, "fine", 1000)
    assert config.assets == (Asset("one", folder / "one.png"), Asset("two", folder / "deep" / "two.png"))
    loose = RenderConfig("loose", 2, 3, 0.1, 0.5, (1.0, 2.0), 8)
    assert config.configs == (RenderConfig("calm", 5, 1, 0.0, 0.0, None, 1), loose)


def test_what_is_left_out_has_its_default(folder):
    config = load(folder, "assets: [{name: one, path: one.png}]\nconfigs: [{name: calm}]")
    assert config.settings == Settings(
        Path("outputs"), None, 16, (100, 200), "rgb", None, "INFO", True, "coarse", 25000
    )
    assert load(folder, "global:\nassets: [{name: one, path: one.png}]\nconfigs: [{name: calm}]") == config


def test_a_resolved_configuration_loads_as_the_same_from_anywhere(folder, tmp_path_factory):
    config = load(folder, WHOLE)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert load(elsewhere, json.dumps(config.to_dict()), "resolved_config.json") == config
    assert load(elsewhere, yaml.safe_dump(config.to_dict())) == config


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_configuration_survives_json_and_yaml(data, tmp_path_factory):
    here = tmp_path_factory.getbasetemp()
    (here / "one.png").touch()
    levels = data.draw(st.integers(0, 16))
    size = st.floats(0, 100)
    gains = st.lists(st.floats(-1000, 1000), min_size=levels, max_size=levels).filter(len).map(tuple)
    render = RenderConfig(
        data.draw(st.text("abc XYZ-_.09é\u4e2d", min_size=1).map(lambda word: f"n{word}n")),
        levels,
        data.draw(st.integers(1, 255)),
        data.draw(size),
        data.draw(size),
        data.draw(st.none() | gains) if levels else None,
        data.draw(st.integers(1, 65536)),
    )
    whole = Settings(seed=data.draw(st.none() | st.integers(0, 2**64 - 1)), num_cores=data.draw(st.none() | st.just(3)))
    config = Config(whole, (Asset("one", here / "one.png"),), (render,))
    assert load(here, json.dumps(config.to_dict()), "any.json") == config
    assert load(here, yaml.safe_dump(config.to_dict()), "any.yaml") == config


@pytest.mark.parametrize("word", ["auto", "null", "~"])
def test_cores_may_be_left_to_the_machine(folder, word):
    assert load(folder, changed("num_cores: 2", f"num_cores: {word}")).settings.num_cores is None


def test_numbers_are_those_of_yaml_1_2(folder):
    assert load(folder, changed("jitter: 1e-1", "jitter: 1E+2")).configs[1].jitter == 100
    assert load(folder, changed("jitter: 1e-1", "jitter: 2")).configs[1].jitter == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("global:", "globl:", "globl: no such key, did you mean global?"),
        ("samples_per", "sample_per", "global.sample_per_render: no such key, did you mean samples_per_render?"),
        ("color_mode", "Color_Mode", "global.Color_Mode: no such key, did you mean color_mode?"),
        ("block: 8", "blok: 8", "configs[1].blok: no such key, did you mean block?"),
        ("two, path", "two, pth", "assets[1].pth: no such key, did you mean path?"),
        ("seed: 7", "xyzzy: 7", "global.xyzzy: no such key, known: output_root, num_cores"),
        ("seed: 7", "? [a, b]\n  : 1", "found unhashable key"),
        ("seed: 7", "3: 4", "global.3: no such key"),
        ("seed: 7", "color_mode: rgb", "line 8, column 3: the key 'color_mode' stands twice"),
        ("global:", "configs: 1\nglobal:", "the key 'configs' stands twice"),
        ("[50, 100]", "[]", "global.zoom_levels: must not be empty"),
        ("[50, 100]", "[50, 50]", "global.zoom_levels: 50 is in it twice"),
        ("[50, 100]", "[50, 1.5]", "global.zoom_levels: must be a whole number, got 1.5 at place 2"),
        ("[50, 100]", "100", "global.zoom_levels: must be a list, got 100"),
        ("[50, 100]", "[0]", "global.zoom_levels: must be 1 to 10000, got 0"),
        ("num_cores: 2", "num_cores: all", "global.num_cores: must be a whole number, got 'all' (or auto, null)"),
        ("num_cores: 2", "num_cores: 0", "global.num_cores: must be 1 to 4096, got 0"),
        ("num_cores: 2", "num_cores: true", "global.num_cores: must be a whole number, got true"),
        ("render: 8", "render: 8.0", "global.samples_per_render: must be a whole number, got 8.0"),
        ("render: 8", "render: 0", "global.samples_per_render: must be 1 to 1048576, got 0"),
        ("luma", "sepia", "global.color_mode: must be gray, rgb or luma, got 'sepia'"),
        ("luma", "[rgb]", "global.color_mode: must be gray, rgb or luma, got a list"),
        ("seed: 7", "seed: -1", "global.seed: must be 0 to 18446744073709551615, got -1"),
        ("seed: 7", "seed: lucky", "global.seed: must be a whole number, got 'lucky' (or null)"),
        ("seed: 7", f"seed: {'9' * 200}", "global.seed: must be 0 to 18446744073709551615, got a number of 665 bits"),
        ("WARN", "LOUD", "global.log_level: must be DEBUG, INFO, WARNING or ERROR, got 'LOUD'"),
        ("profiling: false", "profiling: 0", "global.profiling: must be true or false, got 0"),
        ("fine", "finer", "global.profiling_granularity: must be coarse or fine, got 'finer'"),
        ("pixels: 1000", "pixels: 0", "global.progress_update_pixels: must be 1 to"),
        ("results", "''", "global.output_root: must be one line of text, got ''"),
        ("results", "3", "global.output_root: must be text, got 3; put it in quotes"),
        ("name: two", "name: one", "assets: two assets are named 'one'"),
        ("name: two", "name: ONE", "assets: 'one' and 'ONE' would be one folder"),
        ("name: loose", "name: calm", "configs: two configs are named 'calm'"),
        ("name: two", "name: yes", "assets[1].name: must be text, got true; put it in quotes"),
        ("name: two", "name: 2024-01-01", "assets[1].name: must be text"),
        ("name: two", "name: ../two", "assets[1].name: is the name of a folder and must not contain /"),
        ("name: two", "name: ..", "assets[1].name: is the name of a folder and must not begin or end with a dot"),
        ("name: two", "name: 'two '", "assets[1].name: is the name of a folder and must not begin or end with a"),
        ("name: two", f"name: {'n' * 101}", "assets[1].name: is the name of a folder and must have at most 100"),
        ("name: two", 'name: "t\\nwo"', "assets[1].name: must be one line of text, got 't\\nwo'"),
        ("name: two", "name: NUL.txt", "assets[1].name: must not be 'NUL.txt', which is a device on Windows"),
        ("name: two", "name: Index.html", "assets[1].name: 'Index.html' is that of a file of the run"),
        ("name: two", "name: environment.json", "assets[1].name: 'environment.json' is that of a file of the run"),
        ("name: two, ", "", "assets[1].name: is missing"),
        ("deep/two.png", "deep/three.png", "assets[1].path: no such file: "),
        ("deep/two.png", "deep", "assets[1].path: no such file: "),
        ("- {name: calm}", "- calm", "configs[0]: must be a mapping with keys such as name, got 'calm'"),
        ("levels: 2", "levels: 17", "configs[1].pyramid_levels: must be 0 to 16, got 17"),
        ("levels: 2", "levels: 3", "configs[1].gains: needs one for each of the 3 levels, got 2"),
        ("patch_size: 3", "patch_size: 0", "configs[1].patch_size: must be 1 to 255, got 0"),
        ("1e-1", ".nan", "configs[1].jitter: must be 0 to 128, got nan"),
        ("1e-1", "much", "configs[1].jitter: must be a number, got 'much'"),
        ("strength: 0.5", "strength: -0.5", "configs[1].noise_strength: must be 0 to 100, got -0.5"),
        ("strength: 0.5", "strength: .inf", "configs[1].noise_strength: must be 0 to 100, got inf"),
        ("gains: [1, 2]", "gains: [1, x]", "configs[1].gains: must be a number, got 'x' at place 2"),
        ("gains: [1, 2]", "gains: 2", "configs[1].gains: must be a list, got 2"),
        ("block: 8", "block: 0", "configs[1].block: must be 1 to 65536, got 0"),
        ("seed: 7", "seed: *nothing", "not YAML at line 8, column 9: found undefined alias"),
        ("seed: 7", "seed: !!python/object/apply:os.getpid []", "could not determine a constructor"),
        ("seed: 7", "seed: [7", "not YAML at line"),
        ("seed: 7", "seed: \x00", "not YAML: "),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_place(folder, old, new, told):
    assert told in complaint(folder, changed(old, new))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a configuration must be a mapping with the keys global, assets and configs, it is empty"),
        ("- 1", "must be a mapping with the keys global, assets and configs, got a list"),
        ("just words", "got 'just words'"),
        ("global: 3\nassets: [1]\nconfigs: [1]", "global: must be a mapping with keys such as output_root, got 3"),
        ("configs: [{name: calm}]", "assets: is missing"),
        ("assets: []\nconfigs: [{name: calm}]", "assets: must be a list with at least one entry, got an empty one"),
        ("assets: {}\nconfigs: [{name: calm}]", "assets: must be a list with at least one entry, got a mapping"),
        ("assets: [{name: one, path: one.png}]\nconfigs:", "configs: must be a list with at least one entry, got null"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: &a [*a]", "an alias stands for what it is in"),
        ("a: " + "[" * 100_000, "nested more than 20 deep"),
        ("x" * 2_000_000, "more than 1048576 bytes are refused"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_one_line(folder, text, told):
    assert told in complaint(folder, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"global": {"seed": 1, "seed": 2}}', "the key 'seed' stands twice"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "nested too deeply"),
        ("7", "must be a mapping"),
    ],
)
def test_a_broken_json_file_is_refused_in_one_line(folder, text, told):
    assert told in complaint(folder, text, "resolved_config.json")


def test_aliases_of_aliases_cannot_blow_up_a_file(folder):
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases make it larger than 100000 values" in complaint(folder, "\n".join(laughs))
    merges = ["a0: &a0 {k: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert "aliases make it larger than 100000 values" in complaint(folder, "\n".join(merges))


def test_honest_aliases_and_merges_are_read(folder):
    text = changed("- {name: calm}", "- &calm {name: calm, jitter: 1, block: 4}").replace(
        "- {name: loose, pyramid_levels: 2", "- {<<: *calm, name: loose, pyramid_levels: 2"
    )
    calm, loose = load(folder, text).configs
    assert (calm.block, calm.jitter, loose.block, loose.jitter) == (4, 1.0, 8, 0.1)


def test_a_file_in_another_encoding_is_refused(folder):
    (folder / "run.yaml").write_bytes(WHOLE.replace("one.png", "ön.png").encode("latin-1"))
    with pytest.raises(ValueError, match="not text in UTF-8"):
        Config.load(folder / "run.yaml")


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Config.load(tmp_path / "none.yaml")


def test_constructors_check_like_files():
    with pytest.raises(TypeError, match="jitter: must be a number, got true"):
        RenderConfig("a", jitter=True)
    with pytest.raises(ValueError, match="block: must be 1 to 65536, got 0"):
        RenderConfig("a", block=0)
    with pytest.raises(TypeError, match="assets: must be a list of Asset"):
        Config(Settings(), (RenderConfig("a"),), (RenderConfig("a"),))
    with pytest.raises(ValueError, match="configs: must not be empty"):
        Config(Settings(), (Asset("a", Path("b")),))
    with pytest.raises(TypeError, match="settings"):
        Config({"seed": 1}, (Asset("a", Path("b")),), (RenderConfig("a"),))


def test_accents_written_in_two_ways_are_one_name():
    with pytest.raises(ValueError, match="one folder on many file systems"):
        Config(Settings(), (Asset("é", "a"), Asset("e\u0301", "b")), (RenderConfig("a"),))
