"""Correct all photos of a folder: whole files, metadata beside them, a report, and nothing lost to a bad one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from itertools import chain
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pixkern import __version__
from pixkern._dispatch import place
from pixkern.pipelines._orientation import turn_back
from pixkern.pipelines.batch import BatchReport, Output, map_images, write_atomically
from pixkern.pipelines.files import ImageError, decode_image, image_paths, read_header, read_image, read_size
from pixkern.warp import Border, Interpolation

from .correction import DEFAULT_CROP, DEFAULT_INTERPOLATION
from .crop import Crop
from .photo_file import CorrectedFile, Options, correct_file
from .prediction import Prediction, Predictor
from .predictors import LensFile, MeasuredLens, Pooled, PredictorLike, resolve
from .report import REPORT, report_page, thumbnail
from .safety import Thresholds, plain

METADATA = "metadata"
"""Folder of the output with one JSON file per photo, named as the photo with ``.json`` appended."""
THUMBNAILS = "thumbnails"
"""Folder of the output with one small picture per photo, before and after side by side."""


def correct_directory(
    in_dir: str | PathLike[str],
    out_dir: str | PathLike[str],
    *,
    predictor: PredictorLike = "auto",
    lens_options: Mapping[str, Any] | None = None,
    pool: bool = False,
    crop: Crop = DEFAULT_CROP,
    interpolation: Interpolation = DEFAULT_INTERPOLATION,
    border: Border | None = None,
    thresholds: Thresholds | None = None,
    vignetting: bool = True,
    quality: int = 95,
    suffix: str | None = None,
    backend: str | None = None,
    recursive: bool = False,
    jobs: int | None = None,
    resume: bool = False,
    dry_run: bool = False,
    progress: bool = True,
) -> BatchReport:
    """Correct the photos of a folder into another one.

    Parameters
    ----------
    in_dir, out_dir : path
        Two different folders. Photos keep their paths inside; `out_dir` also gets `METADATA`, `THUMBNAILS`,
        ``report.html`` and the files of `pixkern.pipelines.batch.map_images`.
    predictor : "auto", path, Lens, Profile, Calibration or function
        See `pixkern.pipelines.lens.predictors.resolve`.
    lens_options : mapping, optional
        For a lens file: what `pixkern.lenses.load_profile` takes.
    pool : bool
        With "auto": estimate one lens from all photos of one size together, which is surer and several times as
        exact, if they were all taken with one lens at one zoom. The size is that of the sensor's frame, so
        that photos taken with the camera turned (by their EXIF orientation) belong to the same lens.
    crop, interpolation, border, thresholds, vignetting, backend
        See `pixkern.pipelines.lens.correct`.
    quality : int
        Of JPEG files, 1 to 100.
    suffix : str, optional
        Write all photos in this format, such as ".png". Default: each in its own, where that can hold the result.
    recursive : bool
        With the photos of all folders inside.
    jobs : int, optional
        Processes at once; see `map_images`. One thread each.
    resume : bool
        Skip photos that an earlier run with the same configuration finished and that have not changed.
    dry_run : bool
        Predict and check every photo, write nothing at all.
    progress : bool
        Whether to draw a bar on stderr.

    Returns
    -------
    BatchReport
        Each record has status, reasons, source, size, zoom, displacement and the names of the written files.
        A file that is no photo, or that the lens does not fit, is in `failed`, and the others are done.

    Raises
    ------
    ValueError
        The folders are one, `in_dir` holds no photos, an option or the predictor cannot be used at all, or `resume` in
        a dry run, which predicts every photo.
    BackendUnavailable
        The backend cannot run here.
    OSError
        A folder cannot be read or written.

    Notes
    -----
    The files are the same bytes on every run and for any `jobs`. A photo that stays as it is (status
    "identity") is copied byte by byte, unless `suffix` asks for another format.

    Examples
    --------
    >>> import tempfile
    >>> from pixkern.lenses import BrownConrady
    >>> from pixkern.pipelines.files import encode_image
    >>> lens = BrownConrady(40, (31.5, 23.5), (-0.1,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photos = Path(folder, "photos")
    ...     photos.mkdir()
    ...     _ = (photos / "a.png").write_bytes(encode_image(np.zeros((48, 64), np.uint8), ".png"))
    ...     report = correct_directory(photos, folder + "/straight", predictor=lens, jobs=1, progress=False)
    >>> report.finished, report.records["a.png"]["status"]
    (('a.png',), 'param_only')
    """
    source, target = Path(in_dir).resolve(), Path(out_dir).resolve()
    if source == target:
        raise ValueError(f"the photos would be written over themselves: {source} is both input and output")
    paths = [path for path in image_paths(source, recursive=recursive) if target not in path.parents]
    if not paths:
        raise ValueError(f"no photos in {source} (JPEG, PNG, TIFF, WebP, BMP or GIF)")
    if dry_run and resume:
        raise ValueError("resume skips what was written, and a dry run writes nothing: leave one of them out")
    options = Options(crop, interpolation, border, thresholds, vignetting, quality, backend, suffix=suffix)
    place(np.empty(0), backend)  # one error before the run, not one per photo
    predict = _usable(resolve(predictor, **(lens_options or {})), paths)
    if pool:
        predict = _pooled(predictor, paths)
    items = {path.relative_to(source).as_posix(): (path.relative_to(source).as_posix(), path) for path in paths}
    run = _CorrectOne(predict, options, write=not dry_run)
    how: dict[str, Any] = {
        "jobs": jobs,
        "configuration": {"pixkern": __version__, "predictor": _described(predict), **plain(asdict(options))},
        "progress": progress,
        "weights": {key: float(path.stat().st_size) for key, (_, path) in items.items()},
    }
    if dry_run:
        with TemporaryDirectory() as nowhere:
            return map_images(run, items, nowhere, **how)
    report = map_images(run, items, target, resume=resume, **how)
    page = report_page(report.records, report.failed, lambda name: (target / name).read_bytes())
    write_atomically(target / REPORT, page.encode())
    return report


@dataclass(frozen=True)
class _CorrectOne:
    """What a worker does with one photo."""

    predict: Predictor
    options: Options
    write: bool

    def __call__(self, item: tuple[str, Path]) -> Output:
        name, path = item
        photo = decode_image(path.read_bytes(), name=name)  # not the path: failures read the same on every machine
        done = correct_file(photo, name, self.predict, self.options)
        record = _record(done)
        if not self.write:
            return Output({}, record)
        about = f"{METADATA}/{done.name}.json"
        picture = f"{THUMBNAILS}/{done.name}.jpg"
        files = {
            done.name: done.data,
            about: (json.dumps(done.metadata, indent=1, sort_keys=True, allow_nan=False) + "\n").encode(),
            picture: thumbnail(photo.pixels, done.pixels),
        }
        return Output(files, {**record, "output": done.name, "metadata": about, "thumbnail": picture})


def _record(done: CorrectedFile) -> dict[str, Any]:
    """What the report and the manifest say of a photo; all of it is in its metadata file."""
    correction = done.correction
    measured = correction.safety.used.measurement
    evidence = correction.prediction.evidence
    return plain(
        {
            "status": correction.status,
            "source": correction.prediction.source,
            "reasons": correction.safety.reasons,
            "size": done.metadata["size"],
            "zoom": done.metadata["zoom"],
            "displacement_mean_px": measured.displacement_mean_px if measured else 0.0,
            "straightness_before_px": evidence.straightness_before if evidence else None,
            "straightness_after_px": evidence.straightness_after if evidence else None,
        }
    )


def _usable(predict: Predictor, paths: list[Path]) -> Predictor:
    """A lens file is read once for the first photo, so that a bad one is one error and not one per photo."""
    if isinstance(predict, LensFile):
        for path in paths:
            with suppress(ImageError):
                size = read_size(path)
                predict.check(size)
                break
    return predict


def _pooled(predictor: PredictorLike, paths: list[Path]) -> Pooled:
    if predictor != "auto":
        raise ValueError('pool=True estimates lenses; it goes with predictor="auto" only')
    from .plumb_line import estimate_pooled

    by_size: defaultdict[tuple[int, int], list[Path]] = defaultdict(list)
    for path in paths:
        with suppress(ImageError):  # it fails by itself later, with its reason
            header = read_header(path.read_bytes())
            by_size[header.width, header.height].append(path)
    predictions = {}
    for size, found in sorted(by_size.items()):
        readable = _pixels(found)
        first = next(readable, None)
        if first is not None:
            predictions[size] = estimate_pooled(chain([first], readable))
    return Pooled(predictions)


def _pixels(paths: list[Path]) -> Iterator[np.ndarray]:
    for path in paths:
        with suppress(ImageError):
            photo = read_image(path)
            yield turn_back(photo.pixels, photo.orientation)


def _described(predict: Predictor) -> Any:
    """What a resumed run must find unchanged of a predictor."""
    if isinstance(predict, MeasuredLens):
        return repr(predict.profile)
    if isinstance(predict, Pooled):
        return {f"{size}": _lens_of(found) for size, found in predict.predictions.items()}
    path = getattr(predict, "path", None)
    if isinstance(path, Path):
        also = {field.name: getattr(predict, field.name) for field in fields(predict) if field.compare}  # type: ignore[arg-type]
        return {**plain(also), "path": path.name, "sha256": sha256(path.read_bytes()).hexdigest()}
    name = getattr(predict, "__qualname__", type(predict).__qualname__)
    return f"{getattr(predict, '__module__', '')}.{name}"


def _lens_of(prediction: Prediction) -> str:
    return f"{prediction.lens!r} {prediction.accepted}"
