"""Where masks, albedos and normals come from: each method can be switched on, and says what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .._config_values import Check, choice, either, flag, kept, number, part, path, several, span, text, whole


@dataclass(frozen=True)
class Files:
    """Files of a folder that are named like the photos.

    Parameters
    ----------
    enabled : bool
    folder : path
        Relative to the configuration's file.
    nearer : {"smaller", "larger"}
        For depths: which values are nearer; "larger" is right for disparities and inverse depths.
    """

    enabled: bool = False
    folder: Path = Path("given")
    nearer: str = "smaller"

    def __post_init__(self) -> None:
        kept(self, {"enabled": flag, "folder": path, "nearer": choice("smaller", "larger")})


@dataclass(frozen=True)
class OnnxModel:
    """An ONNX model from a photo to a mask, an albedo or a depth.

    Parameters
    ----------
    enabled : bool
    model : path
        Relative to the configuration's file.
    size : tuple of int
        (width, height) of its input; the photo is resized to it.
    layout : {"nchw", "nhwc"}
    order : {"rgb", "bgr"}
    mean, std : tuple of float
        What is taken off the samples, which are in [0, 1], and what they are then divided by.
    output : str, optional
        Which output; default: the first.
    activation : {"none", "sigmoid", "softmax"}
        What is still to be done to the output.
    channel : int
        Which channel of the output is a mask.
    nearer : {"smaller", "larger"}
        For depths, as in `Files`.
    """

    enabled: bool = False
    model: Path = Path("model.onnx")
    size: tuple[int, ...] = (512, 512)
    layout: str = "nchw"
    order: str = "rgb"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    output: str | None = None
    activation: str = "none"
    channel: int = 0
    nearer: str = "larger"

    def __post_init__(self) -> None:
        kept(self, _MODEL_CHECKS | _ONNX_CHECKS)
        _check_lengths(self, size=2, mean=3, std=3)


@dataclass(frozen=True)
class LiteRTModel:
    """A TensorFlow Lite model from a photo to a mask; its size is in the file. Parameters as for `OnnxModel`."""

    enabled: bool = False
    model: Path = Path("model.tflite")
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    activation: str = "none"
    channel: int = 0

    def __post_init__(self) -> None:
        kept(self, _MODEL_CHECKS)
        _check_lengths(self, mean=3, std=3)


_MODEL_CHECKS: dict[str, Check] = {
    "enabled": flag,
    "model": path,
    "mean": several(number(-1e6, 1e6)),
    "std": several(number(1e-6, 1e6)),
    "activation": choice("none", "sigmoid", "softmax"),
    "channel": whole(0, 4095),
}
_ONNX_CHECKS: dict[str, Check] = {
    "size": several(whole(1, 8192)),
    "layout": choice("nchw", "nhwc"),
    "order": choice("rgb", "bgr"),
    "output": lambda value: None if value is None else text(value),
    "nearer": choice("smaller", "larger"),
}


def _check_lengths(one: object, **lengths: int) -> None:
    for name, length in lengths.items():
        if len(getattr(one, name)) != length:
            raise ValueError(f"{name}: must have {length} values, got {len(getattr(one, name))}")


@dataclass(frozen=True)
class Switch:
    """A method that needs nothing but to be switched on."""

    enabled: bool = True

    def __post_init__(self) -> None:
        kept(self, {"enabled": flag})


@dataclass(frozen=True)
class Weighted:
    """A method that is drawn among others, by weight."""

    enabled: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        kept(self, {"enabled": flag, "weight": number(0, 1e6)})


@dataclass(frozen=True)
class Inflation:
    """Normals of the mask, inflated as a balloon; `detail`, 0 to 10, is how much relief of the photo goes on top."""

    enabled: bool = True
    detail: float = 0.3

    def __post_init__(self) -> None:
        kept(self, {"enabled": flag, "detail": number(0, 10)})


@dataclass(frozen=True)
class MaskMethods:
    """Ways to a mask, in the order in which they are tried."""

    file: Files = field(default_factory=lambda: Files(folder=Path("masks")))
    trimap: Files = field(default_factory=lambda: Files(folder=Path("trimaps")))
    alpha: Switch = field(default_factory=Switch)
    onnx: OnnxModel = field(
        default_factory=lambda: OnnxModel(
            model=Path("person.onnx"), size=(320, 320), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
        )
    )
    litert: LiteRTModel = field(default_factory=lambda: LiteRTModel(model=Path("person.tflite")))
    classical: Switch = field(default_factory=Switch)

    def __post_init__(self) -> None:
        kinds = {"file": Files, "trimap": Files, "alpha": Switch, "onnx": OnnxModel, "litert": LiteRTModel}
        kept(self, {key: part(kind) for key, kind in (kinds | {"classical": Switch}).items()})


@dataclass(frozen=True)
class MaskSettings:
    """Stage 1: who is relit.

    Parameters
    ----------
    methods : MaskMethods
        The first that is enabled and has an answer.
    threshold : float, optional
        0 to 1: above it is inside, the rest outside. Default: a soft mask.
    erode : int
        0 to 1000 pixels taken off the edge.
    feather : float
        Standard deviation in pixels, 0 to 1000, of a Gaussian over the mask.
    refine : bool
        Whether a guided filter fits the edges of a model's mask to the photo.
    smallest : float
        0 to 1: a mask with a smaller share of the photo is empty, and an error.
    """

    methods: MaskMethods = field(default_factory=MaskMethods)
    threshold: float | None = None
    erode: int = 0
    feather: float = 0.0
    refine: bool = True
    smallest: float = 0.001

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "methods": part(MaskMethods),
            "threshold": either(number(0, 1), None),
            "erode": whole(0, 1000),
            "feather": number(0, 1000),
            "refine": flag,
            "smallest": number(0, 1),
        }
        kept(self, checks)


@dataclass(frozen=True)
class AlbedoMethods:
    """Ways to an albedo: a given one if there is one, else one of `pixkern.retinex.albedo`, drawn by weight."""

    file: Files = field(default_factory=lambda: Files(folder=Path("albedos")))
    onnx: OnnxModel = field(default_factory=lambda: OnnxModel(model=Path("albedo.onnx")))
    retinex: Weighted = field(default_factory=lambda: Weighted(weight=0.6))
    lab: Weighted = field(default_factory=lambda: Weighted(enabled=False, weight=0.2))
    luminance: Weighted = field(default_factory=lambda: Weighted(weight=0.2))
    msrcr: Weighted = field(default_factory=lambda: Weighted(enabled=False, weight=0.2))
    division: Weighted = field(default_factory=lambda: Weighted(weight=0.2))

    def __post_init__(self) -> None:
        computed = ("retinex", "lab", "luminance", "msrcr", "division")
        kept(self, {"file": part(Files), "onnx": part(OnnxModel)} | {key: part(Weighted) for key in computed})
        if not any(self.weights().values()):
            raise ValueError(f"at least one of {', '.join(computed)} must be enabled, with a weight above 0")

    def weights(self) -> dict[str, float]:
        """The weights of the methods that are computed; 0 for those that are not enabled."""
        computed = {"retinex": self.retinex, "lab": self.lab, "luminance": self.luminance}
        computed |= {"msrcr": self.msrcr, "division": self.division}
        return {name: one.weight if one.enabled else 0.0 for name, one in computed.items()}


@dataclass(frozen=True)
class AlbedoSettings:
    """Stage 2: the picture without its light, as far as `pixkern.retinex` can tell.

    Parameters
    ----------
    methods : AlbedoMethods
    sigmas : tuple of float
        Of the Gaussians, in pixels: 1 to 4 of them, each 0.5 to 1e5.
    percentiles : tuple of float
        What becomes black and white, in percent of the pixels inside the mask.
    original : tuple of float
        Range of the share of the photo that is mixed back in.
    """

    methods: AlbedoMethods = field(default_factory=AlbedoMethods)
    sigmas: tuple[float, ...] = (15.0, 80.0, 250.0)
    percentiles: tuple[float, ...] = (1.0, 99.0)
    original: tuple[float, ...] = (0.15, 0.25)

    def __post_init__(self) -> None:
        checks: dict[str, Check] = {
            "methods": part(AlbedoMethods),
            "sigmas": several(number(0.5, 1e5)),
            "percentiles": span(0, 100),
            "original": span(0, 1),
        }
        kept(self, checks)
        if len(self.sigmas) > 4:
            raise ValueError(f"sigmas: must be 1 to 4 numbers, got {len(self.sigmas)}")
        if self.percentiles[0] >= self.percentiles[1]:
            raise ValueError("percentiles: must be two different numbers, the lower first")


@dataclass(frozen=True)
class NormalsMethods:
    """Ways to normals, in the order in which they are tried."""

    file: Files = field(default_factory=lambda: Files(folder=Path("normals")))
    depth: Files = field(default_factory=lambda: Files(folder=Path("depths")))
    onnx: OnnxModel = field(
        default_factory=lambda: OnnxModel(
            model=Path("depth.onnx"), size=(384, 384), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
        )
    )
    inflation: Inflation = field(default_factory=Inflation)

    def __post_init__(self) -> None:
        kinds = {"file": Files, "depth": Files, "onnx": OnnxModel, "inflation": Inflation}
        kept(self, {key: part(kind) for key, kind in kinds.items()})


@dataclass(frozen=True)
class NormalsSettings:
    """Which way the surface faces.

    Parameters
    ----------
    methods : NormalsMethods
        The first that is enabled and has an answer.
    relief : float
        0.001 to 100: the range of the depth over the width of what is in the mask.
    """

    methods: NormalsMethods = field(default_factory=NormalsMethods)
    relief: float = 0.5

    def __post_init__(self) -> None:
        kept(self, {"methods": part(NormalsMethods), "relief": number(0.001, 100)})
