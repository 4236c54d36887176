"""What the commands of `pixkern lens` do. Everything heavy is imported inside them."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

_LENS_FILES = (".yml", ".yaml", ".xml", ".json")
_LENS_OPTIONS = ("lens", "camera", "focal_length", "aperture", "distance", "crop_factor")


def correct(chosen: argparse.Namespace) -> int:
    """`pixkern lens correct`."""
    if chosen.input.is_dir():
        return _correct_folder(chosen)
    for name in ("pool", "recursive", "resume"):
        if getattr(chosen, name):
            raise ValueError(f"--{name} is for folders, and {chosen.input} is none")
    return _correct_photo(chosen)


def _predictor(chosen: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    options = {name: getattr(chosen, name) for name in _LENS_OPTIONS if getattr(chosen, name) is not None}
    estimated = chosen.profile is None and (chosen.checkpoint is not None or chosen.predictor == "auto")
    if options and estimated:
        option = next(iter(options)).replace("_", "-")
        raise ValueError(f"--{option} chooses from a lens file: say which with --profile")
    if chosen.pool and (chosen.profile or chosen.checkpoint or chosen.predictor != "auto"):
        raise ValueError("--pool estimates the lens from the photos: it goes with --predictor auto only")
    if chosen.checkpoint is not None:
        from pixkern.pipelines.lens import OnnxPredictor

        provider = "CUDAExecutionProvider" if chosen.backend == "cuda" else "CPUExecutionProvider"
        return OnnxPredictor(chosen.checkpoint, (provider,)), {}
    return chosen.profile or chosen.predictor, options


def _how(chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        "crop": chosen.crop,
        "interpolation": chosen.interpolation,
        "border": chosen.border,
        "vignetting": not chosen.no_vignetting,
        "quality": chosen.quality,
        "backend": chosen.backend,
    }


def _correct_folder(chosen: argparse.Namespace) -> int:
    from pixkern.pipelines.lens import correct_directory

    from . import complain, say

    predictor, options = _predictor(chosen)
    report = correct_directory(
        chosen.input,
        chosen.output,
        predictor=predictor,
        lens_options=options,
        pool=chosen.pool,
        suffix=chosen.suffix,
        recursive=chosen.recursive,
        jobs=chosen.jobs,
        resume=chosen.resume,
        dry_run=chosen.dry_run,
        progress=not chosen.json and sys.stderr.isatty(),
        **_how(chosen),
    )
    if chosen.json:
        print(json.dumps(asdict(report), indent=1, sort_keys=True))
    else:
        if chosen.dry_run:
            for name, record in sorted(report.records.items()):
                say(f"{name}: {record['status']}{_because(record['reasons'])}")
        counts = Counter(record["status"] for record in report.records.values())
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        skipped = f" ({len(report.skipped)} from an earlier run)" if report.skipped else ""
        photos = "1 photo" if len(report.records) == 1 else f"{len(report.records)} photos"
        print(f"{photos}: {told or 'none'}{skipped}; {len(report.failed)} failed")
        if not chosen.dry_run:
            print(f"see {chosen.output / 'report.html'}")
    for name, reason in sorted(report.failed.items()):
        told = re.sub("^(ImageError|ModelError|OutputTaken|ValueError): ", "", reason)
        complain(told if told.startswith(name) else f"{name}: {told}")
    return 0 if report.ok else 1


def _correct_photo(chosen: argparse.Namespace) -> int:
    from pixkern.pipelines.batch import write_atomically
    from pixkern.pipelines.files import read_image
    from pixkern.pipelines.lens import Options, correct_file, resolve

    from . import say

    predictor, options = _predictor(chosen)
    photo = read_image(chosen.input)
    into = chosen.output.is_dir()
    if chosen.suffix is not None and not into:
        raise ValueError(f"--suffix is for folders; the name {chosen.output} says its own")
    target = chosen.output / chosen.input.name if into else chosen.output
    if target.exists() and target.samefile(chosen.input):
        raise ValueError(f"the photo would be written over itself: {target} is both input and output")
    how = Options(suffix=chosen.suffix if into else target.suffix, **_how(chosen))
    done = correct_file(photo, target.name, resolve(predictor, **options), how)
    target = target.with_name(done.name)
    about = target.with_name(target.name + ".json")
    if not chosen.dry_run:
        write_atomically(target, done.data)
        write_atomically(about, (json.dumps(done.metadata, indent=1, sort_keys=True) + "\n").encode())
    if chosen.json:
        print(json.dumps(done.metadata, indent=1, sort_keys=True))
    else:
        written = "" if chosen.dry_run else f"; wrote {target} and {about.name}"
        say(f"{chosen.input.name}: {done.correction.status}{_because(done.correction.safety.reasons)}{written}")
    return 0


def _because(reasons: Any) -> str:
    return f" ({'; '.join(reasons)})" if reasons else ""


def calibrate(chosen: argparse.Namespace) -> int:
    """`pixkern lens calibrate`."""
    from pixkern.lenses import Profile, save
    from pixkern.pipelines._orientation import turn_back
    from pixkern.pipelines.files import image_paths, read_image
    from pixkern.pipelines.lens import calibrate as fit

    from . import complain

    if chosen.out.suffix.lower() not in _LENS_FILES:
        raise ValueError(f"--out must end in {', '.join(_LENS_FILES)}, got {chosen.out}")
    if not chosen.out.parent.is_dir():
        raise ValueError(f"--out: there is no folder {chosen.out.parent}")
    paths = image_paths(chosen.folder)
    if not paths:
        raise ValueError(f"no photos in {chosen.folder}")

    def stored() -> Iterator[Any]:
        for path in paths:
            photo = read_image(path)
            yield turn_back(photo.pixels, photo.orientation)  # a lens belongs to the sensor's frame

    found = fit(stored(), pattern=chosen.pattern, coefficients=chosen.coefficients, leave_one_out=chosen.leave_one_out)
    figures = {
        "boards": len(found.used),
        "reprojection_rms_px": found.reprojection_rms,
        "straightness_before_px": found.straightness_before,
        "straightness_after_px": found.straightness_after,
        "straightness_left_out_px": found.straightness_left_out,
    }
    whole = Profile(found.lens, provenance={"method": "checkerboard", **figures})
    save(chosen.out, whole if chosen.out.suffix.lower() == ".json" else found.lens)
    rejected = {paths[position].name: reason for position, reason in found.rejected}
    if chosen.json:
        print(json.dumps({**figures, "rejected": rejected, "out": str(chosen.out)}, indent=1))
        return 0
    print(f"boards used          {len(found.used)} of {len(paths)}")
    print(f"reprojection         {found.reprojection_rms:.3f} px RMS")
    print(f"rows and columns     {found.straightness_before:.3f} px RMS from straight before")
    print(f"                     {found.straightness_after:.3f} px RMS after")
    if found.straightness_left_out is not None:
        print(f"                     {found.straightness_left_out:.3f} px RMS after, on boards the fit has not seen")
    for name, reason in rejected.items():
        complain(f"{name}: not used: {reason}")
    print(f"wrote {chosen.out}")
    return 0


def score(chosen: argparse.Namespace) -> int:
    """`pixkern lens score`."""
    from pixkern.pipelines.lens import score_directory
    from pixkern.pipelines.lens.score import scores_json, write_scores

    from . import complain

    if chosen.only and chosen.split is None:
        raise ValueError("--only names splits, so it needs --split")
    report = score_directory(
        chosen.predictions, chosen.references, split=chosen.split, only=chosen.only, jobs=chosen.jobs
    )
    if chosen.out is not None:
        write_scores(report, chosen.out)
    if chosen.json:
        print(scores_json(report), end="")
    else:
        for name, part in {**report.splits, "all": report}.items():
            means = asdict(part.scores)
            told = "  ".join(f"{key} {value:.4f}" for key, value in means.items() if value is not None)
            print(f"{name}: total {part.total:.4f} over {len(part.images)} photos  {told}")
    for image in report.images:
        if image.status != "scored":
            complain(f"{image.id}: {image.status}{f': {image.note}' if image.note else ''}; counts as 0")
    return 0 if report.ok else 1


def submit(chosen: argparse.Namespace) -> int:
    """`pixkern lens submit`."""
    from pixkern.pipelines.lens.submission import SubmissionError, build_submission

    from . import complain

    try:
        report = build_submission(
            chosen.predictions,
            chosen.ids,
            chosen.out,
            originals=chosen.originals,
            metadata=chosen.metadata,
            splits=chosen.only,
            suffix=chosen.suffix,
            jobs=chosen.jobs,
        )
    except SubmissionError as error:
        for problem in error.problems:
            complain(problem)
        return 1
    return _told(report, chosen, "wrote")


def verify(chosen: argparse.Namespace) -> int:
    """`pixkern lens verify`."""
    from pixkern.pipelines.lens.submission import SubmissionError, verify_submission

    from . import complain

    if chosen.only and chosen.ids is None:
        raise ValueError("--only names splits, so it needs --ids")
    try:
        report = verify_submission(chosen.archive, expected=chosen.ids, splits=chosen.only)
    except SubmissionError as error:
        for problem in error.problems:
            complain(problem)
        return 1
    return _told(report, chosen, "checked")


def _told(report: Any, chosen: argparse.Namespace, verb: str) -> int:
    if chosen.json:
        print(json.dumps({**asdict(report), "path": str(report.path)}, indent=1))
    else:
        print(f"{verb} {report.path}: {report.count} photos, {report.bytes} bytes, sha256 {report.sha256}")
    return 0
