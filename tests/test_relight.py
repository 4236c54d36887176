"""One relit photo: the physics of it, what each kind of degradation does, and the same again."""

import hashlib
import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from levels import AVAILABLE, run_at
from reference import shading as reference
from relight_figure import figure, only

from pixkern import shading
from pixkern.pipelines.relight import ReplayError, Settings, relight, relight_variants, replay
from pixkern.pipelines.relight.settings import AlbedoMethods, AlbedoSettings, RecombinationSettings, Weighted

KINDS = {
    "soft": only("soft_shading", pattern=0.0),
    "pattern": only("soft_shading", pattern=1.0),
    "coloured": only("soft_shading", pattern=0.0, temperature=(2500, 9000), lights=(3, 3), environment=0.7),
    "cast": only("hard_shadow", kinds={"cast": 1}),
    "perlin": only("hard_shadow", kinds={"perlin": 1}),
    "silhouette": only("hard_shadow", kinds={"silhouette": 1}),
    "hard pattern": only("hard_shadow", kinds={"pattern": 1}),
    "phong": only("specular", models={"phong": 1}),
    "blinn": only("specular", models={"blinn": 1}),
    "ggx": only("specular", models={"ggx": 1}),
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def made(kind, dtype=np.uint8, seed=4, **options):
    photo, mask, normals = figure(dtype=dtype)
    return relight(photo, seed=seed, settings=KINDS[kind], mask=mask, normals=normals, threads=1, **options)


def linear(codes):
    return reference.linear_from_code(codes / np.iinfo(codes.dtype).max)


@EACH_KIND
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_output_is_albedo_times_shading_in_linear_light_rounded_once(kind, dtype):
    done = made(kind, dtype)
    lighting, top = done.lighting, np.iinfo(dtype).max
    environment = None if lighting.environment is None else np.array(lighting.environment)
    light = shading.shading(
        done.normals,
        lighting.lights,
        ambient=lighting.ambient,
        environment=environment,
        shadow=done.shadow,
        occlusion=done.occlusion,
    ).astype(float)
    foreground = linear(done.albedo) * light
    if lighting.specular is not None:
        (light,) = lighting.lights
        shine = reference.highlight(done.normals.astype(float), light, lighting.specular)
        foreground = foreground + lighting.specular.strength * shine[..., None] * light.intensity
    share = (done.mask / 255)[..., None]
    wanted = reference.code_from_linear(np.clip(share * foreground + (1 - share) * linear(done.background), 0, 1)) * top
    error = np.abs(np.where(done.mask[..., None] > 0, done.output - wanted, 0))
    # half a code is the rounding; float32 in the pass adds a few 1e-6 of the range
    assert error.max() <= 0.5 + 4e-6 * top


@EACH_KIND
def test_background_bytes_stay_where_the_mask_is_zero(kind):
    done = made(kind)
    outside = done.mask == 0
    assert (done.output[outside] == done.image[outside]).all()
    assert (done.output[done.mask == 255] != done.image[done.mask == 255]).any()
    assert (done.foreground[outside] == 0).all()
    assert (done.foreground[done.mask == 255] == done.output[done.mask == 255]).all()


@EACH_KIND
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_replay_makes_the_same_bits_from_parameters_in_a_file(kind, dtype):
    first = made(kind, dtype, key="folder/photo ä", variant=2)
    photo, mask, normals = figure(dtype=dtype)
    params = json.loads(json.dumps(first.params, allow_nan=False))
    again = replay(params, photo, mask=mask, normals=normals)
    for name in ("output", "albedo", "mask", "normals", "foreground", "background"):
        assert getattr(again, name).tobytes() == getattr(first, name).tobytes(), name
    assert json.loads(json.dumps(again.params)) == params


def test_replay_uses_the_recorded_numbers_and_draws_nothing():
    first = made("pattern")
    photo, mask, normals = figure()
    params = json.loads(json.dumps(first.params))
    params["lighting"]["lights"][0]["direction"] = [0.0, 0.0, 1.0]
    with pytest.raises(ReplayError, match="the output is not the one recorded"):
        replay(params, photo, mask=mask, normals=normals)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p.update(format=2), "format 2"),
        (lambda p: p.pop("lighting"), "not the parameters of a relit photo"),
        (lambda p: p.update(lighting={"kind": "soft_shading"}), "not the parameters of a relit photo"),
        (lambda p: p["albedo"].update(original=0.9), "the albedo is not the one recorded"),
        (lambda p: p["output"].update(sha256="0"), "the output is not the one recorded"),
        (lambda p: p["image"].update(sha256="0"), "the image is not the one recorded"),
    ],
)
def test_replay_refuses_what_cannot_be_made_again(change, told):
    first = made("soft")
    photo, mask, normals = figure()
    params = json.loads(json.dumps(first.params))
    change(params)
    with pytest.raises(ReplayError, match=told):
        replay(params, photo, mask=mask, normals=normals)


def test_replay_refuses_another_photo_mask_or_normals():
    first = made("soft")
    photo, mask, normals = figure()
    spotted = photo.copy()
    spotted[0, 0, 0] ^= 1
    with pytest.raises(ReplayError, match="the image is not the one recorded"):
        replay(first.params, spotted, mask=mask, normals=normals)
    with pytest.raises(ReplayError, match="the mask is not the one recorded"):
        replay(first.params, photo, mask=mask // 2, normals=normals)
    with pytest.raises(ReplayError, match="the normals are not those recorded"):
        replay(first.params, photo, mask=mask, normals=np.full_like(normals, 3**-0.5))


@pytest.mark.parametrize("params", [None, [], {}, "text", {"format": 1}, {"format": 1, "image": None}])
def test_replay_of_nonsense_is_one_clear_error(params):
    with pytest.raises(ReplayError, match="not the parameters of a relit photo"):
        replay(params, figure()[0])


def places(tree, above=()):
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, part in inside:
        yield (*above, key)
        yield from places(part, (*above, key))


@pytest.mark.parametrize("kind", ["perlin", "cast", "silhouette", "pattern", "ggx", "coloured"])
def test_damaged_parameters_are_one_clear_error_or_change_nothing(kind):
    first = made(kind)
    photo, mask, normals = figure()
    told = {}
    for number, place in enumerate(places(json.loads(json.dumps(first.params)))):
        if place[0] == "settings":  # checked by its dataclasses: tests/test_relight_config.py
            continue
        for value in (None, ("x", [], {}, -1.5, 1e308, True)[number % 6], ...):
            params = json.loads(json.dumps(first.params))
            at = params
            for key in place[:-1]:
                at = at[key]
            at[place[-1]] = value
            if value is ...:
                del at[place[-1]]
            try:
                again = replay(params, photo, mask=mask, normals=normals, threads=1)
            except ValueError as error:
                told[place] = str(error)
            else:
                assert again.output.tobytes() == first.output.tobytes()
    assert {("lighting",), ("background",), ("albedo", "original"), ("lighting", "lights", 0)} <= told.keys()
    assert all(message and "\n" not in message for message in told.values())


def test_seed_key_and_variant_each_change_the_light_and_nothing_else_does():
    photo, mask, normals = figure()
    options = {"settings": KINDS["soft"], "mask": mask, "normals": normals}
    base = relight(photo, seed=0, key="a", **options)
    assert relight(photo, seed=0, key="a", threads=2, **options).params == base.params
    others = [
        relight(photo, seed=1, key="a", **options),
        relight(photo, seed=0, key="b", **options),
        relight(photo, seed=0, key="a", variant=1, **options),
    ]
    directions = {str(one.params["lighting"]["lights"]) for one in [base, *others]}
    assert len(directions) == 4


def test_an_albedo_knows_nothing_of_what_is_outside_the_mask():
    photo, mask, normals = figure()
    options = {"settings": KINDS["soft"], "mask": mask, "normals": normals}
    painted = np.where(mask[..., None] > 0, photo, 0)
    for method in ("retinex", "luminance", "msrcr", "lab", "division"):
        weights = {name: Weighted(name == method) for name in ("retinex", "luminance", "msrcr", "lab", "division")}
        settings = replace(Settings(), albedo=AlbedoSettings(AlbedoMethods(**weights)))
        first = relight(photo, seed=0, **(options | {"settings": settings}))
        second = relight(painted, seed=0, **(options | {"settings": settings}))
        assert first.params["albedo"]["method"] == method
        assert (first.albedo == second.albedo).all()


def test_soft_shading_has_the_ambient_light_and_the_lights_of_its_ranges():
    settings = only("soft_shading", ambient=(0.6, 0.85), lights=(2, 4), elevation=(10, 80), pattern=0.0)
    photo, mask, normals = figure(24)
    counts = set()
    for seed in range(40):
        light = relight(photo, seed=seed, settings=settings, mask=mask, normals=normals).lighting
        counts.add(len(light.lights))
        assert 0.6 <= light.ambient[0] <= 0.85
        total = light.ambient[0] + sum(one.intensity[0] for one in light.lights)
        assert total == pytest.approx(1, abs=1e-12)  # shares of 1, added up in another order
        for one in light.lights:
            assert np.sin(np.deg2rad(10)) - 1e-9 <= one.direction[2] <= np.sin(np.deg2rad(80)) + 1e-9
        assert light.shadow is None
        assert light.specular is None
    assert counts == {2, 3, 4}


def test_a_pattern_darkens_by_its_opacity_at_most_and_somewhere():
    for seed in range(6):
        with_pattern, without = made("pattern", seed=seed), made("soft", seed=seed)
        inside = with_pattern.mask == 255
        opacity = with_pattern.lighting.shadow.opacity
        assert with_pattern.lighting.lights == without.lighting.lights
        lit, shaded = linear(without.output)[inside], linear(with_pattern.output)[inside]
        assert (shaded[lit > 0.05] / lit[lit > 0.05]).min() >= 1 - opacity - 0.05  # codes of dark pixels are coarse
        assert with_pattern.shadow.min() >= 1 - opacity - 1e-6
        assert with_pattern.shadow.max() <= 1


@pytest.mark.parametrize("kind", ["cast", "perlin", "silhouette", "hard pattern"])
def test_a_hard_shadow_takes_direct_light_only(kind):
    seen = 0
    for seed in range(8):
        done = made(kind, seed=seed)
        assert done.occlusion is None
        assert 0.6 <= done.lighting.shadow.opacity <= 0.95
        assert done.shadow.min() >= 1 - done.lighting.shadow.opacity - 1e-6
        assert done.shadow.max() <= 1 + 1e-6
        lit = shading.shade(
            done.albedo,
            done.normals,
            done.lighting.lights,
            ambient=done.lighting.ambient,
            background=done.background,
            mask=done.mask,
        )
        assert (done.output <= lit).all()
        seen += int((done.output < lit).any())
    assert seen >= 5, "most hard shadows must be seen"


@pytest.mark.parametrize("kind", ["cast", "perlin"])
def test_the_widest_edges_fit_the_longest_pictures(kind):
    photo = np.full((300, 7000, 3), 128, np.uint8)
    flat = np.broadcast_to(np.float32([0, 0, 1]), photo.shape)
    settings = only("hard_shadow", kinds={kind: 1}, penumbra=(0.1, 0.1), subsurface=(0.05, 0.05))
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[50:250, 100:6900] = 255
    done = relight(photo, seed=1, settings=settings, mask=mask, normals=flat, threads=1)
    assert done.lighting.shadow.penumbra == (0.1, 0.1)
    steepest = done.lighting.shadow.opacity / (700 * np.sqrt(2 * np.pi))  # of an edge after a Gaussian of 700 pixels
    assert np.abs(np.diff(done.shadow, axis=1)).max() <= 1.01 * steepest
    assert np.ptp(done.shadow) > 0.01, "there must be a shadow"


@pytest.mark.parametrize("kind", ["phong", "blinn", "ggx"])
def test_highlights_only_add_light_and_do_add_some(kind):
    brighter = 0
    for seed in range(4):
        done = made(kind, seed=seed)
        assert done.lighting.specular.model == kind
        dull = shading.shade(
            done.albedo,
            done.normals,
            done.lighting.lights,
            ambient=done.lighting.ambient,
            background=done.background,
            mask=done.mask,
        )
        assert (done.output >= dull).all()
        brighter += int((done.output > dull).sum() > 20)
    assert brighter == 4


def test_weights_decide_how_often_each_kind_is_drawn():
    photo, mask, normals = figure(16)
    kinds = [relight(photo, seed=seed, mask=mask, normals=normals).params["lighting"]["kind"] for seed in range(300)]
    assert 205 <= kinds.count("soft_shading") <= 275  # 240 expected, 5 standard errors of 6.9
    assert kinds.count("hard_shadow") > 5
    assert kinds.count("specular") > 5


@pytest.mark.parametrize("background", ["black", "colour"])
def test_backgrounds_can_be_black_or_of_a_colour(background):
    photo, mask, normals = figure()
    settings = replace(Settings(), recombination=RecombinationSettings(background, colour=(10, 20, 30)))
    done = relight(photo, seed=0, settings=settings, mask=mask, normals=normals)
    wanted = (0, 0, 0) if background == "black" else (10, 20, 30)
    assert (done.output[mask == 0] == wanted).all()


def test_a_background_can_be_given_and_be_replayed():
    photo, mask, normals = figure()
    wall = np.random.default_rng(0).integers(0, 256, photo.shape, dtype=np.uint8)
    done = relight(photo, seed=0, mask=mask, normals=normals, background=wall)
    assert (done.output[mask == 0] == wall[mask == 0]).all()
    again = replay(done.params, photo, mask=mask, normals=normals, background=wall)
    assert (again.output == done.output).all()
    with pytest.raises(ReplayError, match="the background is not the one recorded"):
        replay(done.params, photo, mask=mask, normals=normals)


def test_stages_can_be_replaced_by_functions():
    photo, mask, normals = figure()
    asked = []

    def answer(what, array):
        def function(image):
            asked.append(what)
            assert image.shape == photo.shape
            return array

        return function

    done = relight(
        photo,
        seed=0,
        mask=answer("mask", mask),
        albedo=answer("albedo", np.where(mask[..., None] > 0, photo, 0)),
        normals=answer("normals", normals),
        background=answer("background", photo // 2),
    )
    assert asked == ["mask", "albedo", "normals", "background"]
    assert (done.albedo == np.where(mask[..., None] > 0, photo, 0)).all()
    assert (done.output[mask == 0] == photo[mask == 0] // 2).all()


def test_grey_photos_and_photos_with_alpha_are_relit_as_rgb():
    photo, mask, normals = figure()
    grey = relight(photo[..., 0], seed=0, mask=mask, normals=normals)
    assert grey.output.shape == photo.shape
    with_alpha = relight(np.dstack([photo, mask]), seed=0, normals=normals)
    assert (with_alpha.mask == mask).all()
    assert (with_alpha.output == relight(photo, seed=0, mask=mask, normals=normals).output).all()


def test_a_depth_gives_normals_whatever_its_unit():
    photo, mask, _ = figure()
    y, x = np.mgrid[:96, :96] - 47.5
    depth = -np.sqrt(np.maximum(1700 - x * x - y * y, 0))
    metres = relight(photo, seed=0, mask=mask, depth=depth)
    millimetres = relight(photo, seed=0, mask=mask, depth=depth * 1024)  # a power of two: no rounding
    assert (metres.output == millimetres.output).all()


def test_invented_normals_are_called_plausible():
    photo, mask, _ = figure()
    done = relight(photo, seed=0, mask=mask)
    assert any("plausible" in note for note in done.notes)
    assert not any("plausible" in note for note in relight(photo, seed=0, mask=mask, depth=photo[..., 0]).notes)


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((4, 4, 3), np.float32), TypeError),
        (np.zeros((4, 4, 3), np.int16), TypeError),
        (np.zeros((4, 4, 5), np.uint8), ValueError),
        (np.zeros((0, 4, 3), np.uint8), ValueError),
        (np.zeros(4, np.uint8), ValueError),
        (np.ma.zeros((4, 4, 3), np.uint8), TypeError),
        ([[1, 2]], TypeError),
        (None, TypeError),
    ],
)
def test_images_that_cannot_be_relit_are_refused(image, error):
    with pytest.raises(error, match="image"):
        relight(image, seed=0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"seed": -1}, ValueError),
        ({"seed": 2**64}, ValueError),
        ({"seed": 1.5}, TypeError),
        ({"seed": True}, TypeError),
        ({"seed": 0, "key": 3}, TypeError),
        ({"seed": 0, "variant": -1}, ValueError),
        ({"seed": 0, "settings": {"mask": 1}}, TypeError),
        ({"seed": 0, "mask": np.zeros((96, 96), np.uint8)}, ValueError),
        ({"seed": 0, "mask": np.zeros((5, 5), np.uint8)}, ValueError),
        ({"seed": 0, "normals": np.full((96, 96, 3), np.nan, np.float32)}, ValueError),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, error):
    photo, mask, normals = figure()
    with pytest.raises(error):
        relight(photo, **({"mask": mask, "normals": normals} | options))


def test_inputs_are_left_as_they_are():
    photo, mask, normals = figure()
    before = [array.copy() for array in (photo, mask, normals)]
    relight(photo, seed=2, settings=KINDS["cast"], mask=mask, normals=normals)
    assert all((one == other).all() for one, other in zip(before, (photo, mask, normals), strict=True))


def print_digest():
    digest = hashlib.sha256()
    for kind in KINDS:
        digest.update(made(kind).output)
        photo, mask, _ = figure(150)
        digest.update(relight(photo, seed=1, settings=KINDS[kind], mask=mask).output)
    print(digest.hexdigest())


@pytest.mark.parametrize("level", AVAILABLE)
def test_the_same_bits_at_every_cpu_level_and_thread_count(level):
    told = {run_at(level, "test_relight", "print_digest", threads=threads) for threads in (1, 2, 3)}
    assert told == {run_at(AVAILABLE[0], "test_relight", "print_digest")}


def test_variants_share_mask_and_normals_and_are_what_each_is_alone():
    photo, mask, normals = figure()
    asked = []

    def found(image):
        asked.append(image.shape)
        return mask

    several = list(relight_variants(photo, [5, 0, 2], seed=3, mask=found, normals=normals))
    assert len(asked) == 1
    assert several[1].mask is several[0].mask
    assert several[1].seconds["mask"] == 0 < several[0].seconds["mask"]
    for variant, relit in zip([5, 0, 2], several, strict=True):
        alone = relight(photo, seed=3, variant=variant, mask=mask, normals=normals)
        assert relit.output.tobytes() == alone.output.tobytes()
        assert relit.params == alone.params


def test_a_replay_takes_an_array_for_what_came_from_a_file(tmp_path):
    photo, mask, normals = figure()
    albedo = np.where(mask[..., None] > 0, photo, 0)
    np.save(tmp_path / "albedo.npy", albedo)
    first = relight(photo, seed=0, mask=mask, normals=normals, albedo=tmp_path / "albedo.npy")
    assert (first.albedo == albedo).all()
    again = replay(first.params, photo, mask=lambda image: mask, normals=normals, albedo=albedo)
    assert again.output.tobytes() == first.output.tobytes()
    with pytest.raises(ReplayError, match="the albedo came from elsewhere"):
        replay(first.params, photo, mask=mask, normals=normals)


@pytest.mark.parametrize("kind", ["soft", "pattern", "perlin", "cast", "phong"])
def test_memory_is_as_stated(kind):
    photo, mask, normals = figure(512)
    options = {"seed": 1, "settings": KINDS[kind], "mask": mask, "normals": normals, "threads": 1}
    relight(photo, **options)  # tables of weights and the like are made once
    tracemalloc.start()
    try:
        done = relight(photo, **options)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.output.shape == photo.shape
    assert kept <= 31 * mask.size  # 30, and a record of the parameters
    assert most <= 40 * mask.size
