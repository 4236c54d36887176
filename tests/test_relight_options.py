"""Every option of a configuration counts: changing it alone changes pictures or files, and does what its name says."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import yaml
from relight_figure import figure
from relight_sets import cut_out, quiet

from pixkern.pipelines.files import decode_image, encode_image
from pixkern.pipelines.relight import Config, Relit, relight
from pixkern.pipelines.relight.generate import generate
from pixkern.shading import colour_temperature

SOFT, HARD, SPECULAR = (f"degradation.methods.{kind}" for kind in ("soft_shading", "hard_shadow", "specular"))


def tree(options: dict[str, Any]) -> dict[str, Any]:
    """Options by their dotted places, as a file has them."""
    made: dict[str, Any] = {}
    for place, value in options.items():
        *above, last = place.split(".")
        at = made
        for name in above:
            at = at.setdefault(name, {})
        at[last] = value
    return made


def alone(place: str) -> dict[str, Any]:
    """One kind of degradation and no other."""
    return {f"{kind}.enabled": kind == place for kind in (SOFT, HARD, SPECULAR)}


def made(options: dict[str, Any], *, root: Any = ".", variant: int = 0, **given: Any) -> Relit:
    photo, mask, normals = figure(64)
    config = Config.from_dict(tree(options), root=root)
    given = {"mask": mask, "normals": normals} | given
    return relight(
        photo, seed=5, key="figure", variant=variant, settings=config.settings, root=root, threads=1, **given
    )


def shadow(relit: Relit) -> Any:
    assert relit.lighting.shadow is not None
    return relit.lighting.shadow


def sky(relit: Relit) -> float:
    """The share of the ambient light that has a direction: the mean radiance of a sky is Y00's coefficient by it."""
    environment = 0.0 if relit.lighting.environment is None else relit.lighting.environment[0][0]
    environment /= math.sqrt(4 * math.pi)
    return environment / (environment + relit.lighting.ambient[0])


def elevation(relit: Relit) -> float:
    return math.degrees(math.asin(relit.lighting.lights[0].direction[2]))


def of_specular(name: str) -> Any:
    return lambda relit: getattr(relit.lighting.specular, name)


PATTERN = {f"{SOFT}.pattern": 1.0, f"{SOFT}.patterns": {"fence": 1}}
PERLIN = {f"{HARD}.kinds": {"perlin": 1}}
RANGES = {  # place: two values to narrow its range to, what the lighting then has, options that let it count
    f"{SOFT}.ambient": ((0.2, 0.7), lambda relit: relit.lighting.ambient[0], {}),
    f"{SOFT}.lights": ((1, 4), lambda relit: len(relit.lighting.lights), {}),
    f"{SOFT}.elevation": ((10, 70), elevation, {}),
    f"{SOFT}.opacity": ((0.2, 0.9), lambda relit: shadow(relit).opacity, PATTERN),
    f"{SOFT}.softness": ((0.0, 0.05), lambda relit: shadow(relit).pattern["softness"], PATTERN),
    f"{HARD}.ambient": ((0.2, 0.7), lambda relit: relit.lighting.ambient[0], PERLIN),
    f"{HARD}.elevation": ((10, 70), elevation, PERLIN),
    f"{HARD}.opacity": ((0.2, 0.9), lambda relit: shadow(relit).opacity, PERLIN),
    f"{HARD}.penumbra": ((0.0, 0.05), lambda relit: shadow(relit).penumbra[0], PERLIN),
    f"{HARD}.subsurface": ((0.0, 0.05), lambda relit: shadow(relit).subsurface[0], PERLIN),
    f"{SPECULAR}.ambient": ((0.2, 0.7), lambda relit: relit.lighting.ambient[0], {}),
    f"{SPECULAR}.elevation": ((10, 70), elevation, {}),
    f"{SPECULAR}.strength": ((0.1, 2), of_specular("strength"), {}),
    f"{SPECULAR}.shininess": ((5, 200), of_specular("shininess"), {f"{SPECULAR}.models": {"blinn": 1}}),
    f"{SPECULAR}.roughness": ((0.1, 0.9), of_specular("roughness"), {f"{SPECULAR}.models": {"ggx": 1}}),
    "albedo.original": ((0.0, 0.6), lambda relit: relit.params["albedo"]["original"], {}),
}
NUMBERS = {
    f"{SOFT}.environment": ((0.0, 0.8), sky, {}),
    f"{SOFT}.pattern": ((0.0, 1.0), lambda relit: float(relit.lighting.shadow is not None), {}),
}
CHOICES = {  # place of weights: what was drawn
    f"{SOFT}.patterns": (("tree_foliage", "venetian_blind", "window", "branch", "curtain", "fence", "voronoi",
                          "lattice", "cloud", "screen"),
                         lambda relit: shadow(relit).pattern["kind"], {f"{SOFT}.pattern": 1.0}),
    f"{HARD}.kinds": (("cast", "perlin", "silhouette", "pattern"), lambda relit: shadow(relit).kind, {}),
    f"{SPECULAR}.models": (("phong", "blinn", "ggx"), of_specular("model"), {}),
}  # fmt: skip


def kind_of(place: str) -> dict[str, Any]:
    return next((alone(kind) for kind in (SOFT, HARD, SPECULAR) if place.startswith(kind)), alone(SOFT))


@pytest.mark.parametrize("place", [*RANGES, *NUMBERS])
def test_what_is_drawn_is_what_a_range_narrowed_to_one_value_says_and_the_picture_shows_it(place):
    values, drawn, needed = RANGES[place] if place in RANGES else NUMBERS[place]
    pictures = []
    for value in values:
        asked = [value, value] if place in RANGES else value
        relit = made(kind_of(place) | needed | {place: asked})
        assert drawn(relit) == pytest.approx(value, abs=1e-5)  # directions are float32
        pictures.append(relit.output)
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() >= 3  # more than roundings


@pytest.mark.parametrize(("place", "kind"), [(place, kind) for place, (kinds, *_) in CHOICES.items() for kind in kinds])
def test_a_kind_that_alone_has_weight_is_drawn_and_looks_like_no_other(place, kind):
    kinds, drawn, needed = CHOICES[place]
    relit = made(kind_of(place) | needed | {place: {kind: 1}})
    assert drawn(relit) == kind
    other = made(kind_of(place) | needed | {place: {kinds[kinds.index(kind) - 1]: 1}})
    assert (relit.output != other.output).any()


@pytest.mark.parametrize("kind", [SOFT, HARD, SPECULAR])
def test_a_temperature_colours_every_light_by_the_black_body_and_keeps_its_luminance(kind):
    options = alone(kind) | {f"{SOFT}.pattern": 0.0, f"{SOFT}.environment": 0.5, f"{SOFT}.lights": [2, 2]}
    white, warm = (made(options | {f"{kind}.temperature": span}) for span in (None, [2500, 2500]))
    colour = np.array(colour_temperature(2500))
    lights = zip(white.lighting.lights, warm.lighting.lights, strict=True)
    for plain, coloured in lights:
        assert np.allclose(coloured.intensity, np.array(plain.intensity) * colour, rtol=1e-12)  # one product
    assert np.allclose(warm.lighting.ambient, np.array(white.lighting.ambient) * colour, rtol=1e-12)
    if kind == SOFT:
        pair = (np.array(one.lighting.environment) for one in (white, warm))
        plain, coloured = pair
        assert np.allclose(coloured, plain * colour, rtol=1e-9)  # sums of several roundings
    inside = white.mask == 255
    redder = [one.output[inside].astype(float).mean(axis=0) for one in (white, warm)]
    assert redder[1][0] / redder[1][2] > 1.2 * redder[0][0] / redder[0][2]


@pytest.mark.parametrize("kind", [SOFT, HARD, SPECULAR])
def test_weights_and_switches_decide_which_kind_is_drawn(kind):
    others = {f"{other}.weight": 0 for other in (SOFT, HARD, SPECULAR) if other != kind}
    name = kind.rpartition(".")[2]
    assert made(others | {f"{kind}.weight": 0.01}).lighting.kind == name
    assert made(alone(kind)).lighting.kind == name


@pytest.mark.parametrize("method", ["retinex", "lab", "luminance", "msrcr", "division"])
def test_an_albedo_method_that_alone_has_weight_is_used_and_gives_an_albedo_of_its_own(method):
    methods = ("retinex", "lab", "luminance", "msrcr", "division")
    switches = {f"albedo.methods.{name}.enabled": name == method for name in methods}
    weights = {f"albedo.methods.{name}.weight": float(name == method) for name in methods}
    relit = made(switches | {"albedo.original": [0, 0]})
    assert relit.params["albedo"]["method"] == method
    by_weight = made({f"albedo.methods.{name}.enabled": True for name in methods} | weights)
    assert by_weight.params["albedo"]["method"] == method
    other = methods[methods.index(method) - 1]
    others = {f"albedo.methods.{name}.enabled": name == other for name in methods}
    assert (made(others | {"albedo.original": [0, 0]}).albedo != relit.albedo).any()


PICTURES = {  # place: a value that is not the default, which of the arrays it changes
    "albedo.sigmas": ([2], "albedo"),
    "albedo.percentiles": ([20, 80], "albedo"),
    "mask.threshold": (0.5, "mask"),
    "mask.erode": (3, "mask"),
    "mask.feather": (3.0, "mask"),
    "normals.relief": (0.1, "normals"),
    "normals.methods.inflation.detail": (5.0, "normals"),
    "recombination.background": ("colour", "output"),
}


@pytest.mark.parametrize("place", PICTURES)
def test_an_option_of_a_stage_changes_what_the_stage_makes(place):
    value, part = PICTURES[place]
    before, after = (made(options, normals=None) for options in ({}, {place: value}))
    assert (getattr(before, part) != getattr(after, part)).any()


def test_a_colour_is_what_stands_behind_the_figure():
    for colour in ([255, 0, 40], [1, 2, 3]):
        relit = made({"recombination.background": "colour", "recombination.colour": colour})
        assert (relit.output[relit.mask == 0] == colour).all()
    assert (made({"recombination.background": "black"}).output[relit.mask == 0] == 0).all()


def test_less_in_a_mask_than_the_smallest_is_no_mask_and_methods_that_are_off_do_not_answer():
    with pytest.raises(ValueError, match="smallest is 90"):
        made({"mask.smallest": 0.9})
    with pytest.raises(ValueError, match="no mask"):
        made({"mask.methods.classical.enabled": False}, mask=None)
    with pytest.raises(ValueError, match="no normals"):
        made({"normals.methods.inflation.enabled": False}, normals=None)


def test_alpha_is_a_mask_unless_it_is_switched_off():
    photo = cut_out(1, shape=(48, 48, 3))
    settings = [Config.from_dict(tree({"mask.methods.alpha.enabled": on})).settings for on in (True, False)]
    methods = [relight(photo, seed=0, settings=one, threads=1).params["mask"]["method"] for one in settings]
    assert methods == ["alpha", "classical"]


FOLDERS = {  # the method, which array its file is, and another value of its option
    "mask.methods.file": "mask",
    "mask.methods.trimap": "mask",
    "albedo.methods.file": "albedo",
    "normals.methods.file": "normals",
    "normals.methods.depth": "normals",
}


@pytest.mark.parametrize("method", FOLDERS)
def test_a_file_is_used_from_its_folder_where_its_method_is_switched_on(method, tmp_path):
    y, x = np.mgrid[:64, :64]
    (tmp_path / "there").mkdir()
    picture = np.where(np.hypot(x - 30, y - 30) < 20, 255, 0).astype(np.uint8) if "mask" in method else x * 3 + y
    colour = method in ("albedo.methods.file", "normals.methods.file")
    picture = np.dstack([picture, picture, np.full_like(picture, 255)]) if colour else picture
    (tmp_path / "there" / "figure.png").write_bytes(encode_image(picture.astype(np.uint8), ".png"))
    stage, _, name = method.partition(".methods.")
    given: dict[str, Any] = {"normals": None} | ({"mask": None} if stage == "mask" else {})
    options = {f"{method}.folder": "there"}
    off = made(options, root=tmp_path, **given)
    on = made(options | {f"{method}.enabled": True}, root=tmp_path, **given)
    assert (getattr(off, FOLDERS[method]) != getattr(on, FOLDERS[method])).any()
    record = on.params[stage].get("replaced", on.params[stage])
    assert (record["method"], record["file"]) == (name, "figure.png")
    if name == "depth":
        far = made(options | {f"{method}.enabled": True, f"{method}.nearer": "larger"}, root=tmp_path, **given)
        assert np.allclose(far.normals[..., :2], -on.normals[..., :2], atol=1e-6)  # the other way round
    with pytest.raises(OSError, match="no such folder"):
        made({f"{method}.folder": "elsewhere", f"{method}.enabled": True}, root=tmp_path, **given)


def test_a_picture_of_the_folder_stands_behind_the_figure(tmp_path):
    (tmp_path / "walls").mkdir()
    (tmp_path / "walls" / "blue.png").write_bytes(encode_image(np.full((9, 9, 3), (0, 0, 200), np.uint8), ".png"))
    relit = made({"recombination.background": "image", "recombination.folder": "walls"}, root=tmp_path)
    assert (relit.output[relit.mask == 0] == (0, 0, 200)).all()


def written(root: Any, options: dict[str, Any]) -> dict[str, bytes]:
    """The data set of two photos, of 8 and 16 bits, by the paths of its files."""
    for name, dtype in (("a.png", np.uint8), ("deep/b.png", np.uint16)):
        path = root / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(cut_out(3, dtype=dtype), ".png"))
    start = {"output.folder": "out", "output.parquet": False, "input.recursive": True}
    config = Config.from_dict(tree(start | options), root=root)
    summary = generate(config, **quiet)
    return {path.relative_to(summary.folder).as_posix(): path.read_bytes() for path in summary.folder.rglob("*.*")}


def suffixes(files: dict[str, bytes]) -> set[str]:
    return {name.rpartition(".")[2] for name in files if name.startswith("outputs/") and "_mask" not in name}


def test_options_of_the_data_set_decide_on_its_files(tmp_path):
    def files(**options: Any) -> dict[str, bytes]:
        place = tmp_path / str(len(list(tmp_path.iterdir())))
        place.mkdir()
        return written(place, {f"output.{name}" if name in OUTPUT else name.replace("_", "."): value
                               for name, value in options.items()})  # fmt: skip

    plain = files()
    for part in ("stage_1/a_mask.png", "stage_3/a_params.json", "outputs/a_output.png", "outputs/deep/b_output.png"):
        assert part in plain
    output = plain["outputs/a_output.png"]
    assert files(seed=1)["outputs/a_output.png"] != output
    assert {"outputs/a_0_output.png", "outputs/a_2_output.png"} <= files(variants=3).keys()
    assert "outputs/deep/b_output.png" not in files(input_recursive=False)
    assert json.loads(plain["summary.json"])["failed"] == {}
    assert not any(name.startswith("stage_") for name in files(intermediates=False))
    assert files(intermediates=False)["outputs/a_output.png"] == output
    assert {name for name in files(layout="shards", shard_size=1) if name.endswith(".tar")} == {
        f"shards/shard-{number:06d}.tar" for number in range(2)
    }
    assert len([name for name in files(layout="shards") if name.endswith(".tar")]) == 1
    assert suffixes(files(format="jpeg")) == {"jpg", "json"}
    assert suffixes(files(format="webp")) == {"webp", "json"}
    assert len(files(format="jpeg", quality=20)["outputs/a_output.jpg"]) < len(
        files(format="jpeg")["outputs/a_output.jpg"]
    )
    slow = files(fast=False)["outputs/a_output.png"]
    assert slow != output
    assert (decode_image(slow).pixels == decode_image(output).pixels).all()
    for bits in (8, 16):
        depths = {
            decode_image(files(bit_depth=bits)[f"outputs/{name}_output.png"]).pixels.dtype for name in ("a", "deep/b")
        }
        assert depths == {np.dtype(f"uint{bits}")}
    assert [decode_image(plain[f"outputs/{name}_output.png"]).pixels.dtype for name in ("a", "deep/b")] == [
        np.uint8, np.uint16,
    ]  # fmt: skip
    pytest.importorskip("pyarrow")
    assert "manifest.parquet" in files(parquet=True)
    assert "manifest.parquet" in files(parquet=None)
    assert "manifest.parquet" not in plain


OUTPUT = ("layout", "shard_size", "format", "bit_depth", "quality", "fast", "intermediates", "parquet")


def test_folders_and_the_limit_of_pixels_count(tmp_path):
    files = written(tmp_path, {"input.max_pixels": 24 * 20 - 1})
    assert sorted(json.loads(files["summary.json"])["failed"]) == ["a.png", "deep/b.png"]
    (tmp_path / "photos").rename(tmp_path / "others")
    config = Config.from_dict({"input": {"folder": "others"}, "output": {"folder": "x/y"}}, root=tmp_path)
    assert generate(config, **quiet).samples == 1
    assert (tmp_path / "x" / "y" / "outputs" / "a_output.png").is_file()


def leaves(part: Any, place: str = "") -> set[str]:
    if not isinstance(part, dict) or place.endswith((".patterns", ".kinds", ".models")):
        return {place}
    return {leaf for name, one in part.items() for leaf in leaves(one, f"{place}.{name}" if place else name)}


def test_every_key_of_the_file_is_asked_for_somewhere_in_these_tests():
    asked = {*RANGES, *NUMBERS, *CHOICES, *PICTURES, *(f"output.{name}" for name in OUTPUT)}
    asked |= {f"{kind}.{key}" for kind in (SOFT, HARD, SPECULAR) for key in ("enabled", "weight", "temperature")}
    methods = ("retinex", "lab", "luminance", "msrcr", "division")
    asked |= {f"albedo.methods.{name}.{key}" for name in methods for key in ("enabled", "weight")}
    asked |= {f"{method}.{key}" for method in FOLDERS for key in ("enabled", "folder")}
    asked |= {"mask.methods.alpha.enabled", "mask.methods.classical.enabled", "normals.methods.inflation.enabled"}
    asked |= {"mask.smallest", "recombination.colour", "recombination.folder", "normals.methods.depth.nearer"}
    asked |= {"seed", "variants", "output.folder", "input.folder", "input.recursive", "input.max_pixels"}
    elsewhere = {"mask.refine"}  # and all of models: tests/test_relight_onnx.py, tests/test_relight_litert.py
    there = {key for key in leaves(yaml.safe_load(Config.template())) if ".onnx." not in key and ".litert." not in key}
    assert there - elsewhere == asked
