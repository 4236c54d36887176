"""Restore many files: sprites under their names, a record beside each, and nothing lost to a bad one."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pixkern import __version__
from pixkern.pipelines._batch_manifest import file_sha256
from pixkern.pipelines.batch import BatchReport, Output, map_images
from pixkern.pipelines.files import SUFFIXES, decode_image, image_paths

from . import report
from .sprite_file import FileOptions, restore_file


def find_images(inputs: Iterable[str | os.PathLike[str]], *, out_dir: str | os.PathLike[str]) -> dict[str, Path]:
    """The image files that files, folders and patterns name.

    Parameters
    ----------
    inputs : iterable of path
        Files, folders (with all folders inside), and patterns with ``*``, ``?``, ``[...]`` and ``**``.
    out_dir : path
        What lies in it is left out, so that a folder's results are not its input again.

    Returns
    -------
    dict of str to Path
        By name: a file's own, or its path inside the folder, or inside the part of the pattern before the first
        folder with a wildcard.

    Raises
    ------
    FileNotFoundError
        An input that is not there, or a pattern that nothing matches.
    ValueError
        No images in a folder, or two files of one name.
    """
    target = Path(out_dir).resolve()
    found: dict[str, Path] = {}
    for given in inputs:
        base, paths = _named(os.fspath(given))
        inside = [path for path in paths if target == base.resolve() or target not in path.resolve().parents]
        if not inside:
            raise ValueError(f"no images in {given} (JPEG, PNG, TIFF, WebP, BMP or GIF)")
        for path in inside:
            key = path.relative_to(base).as_posix()
            if key in found and not found[key].samefile(path):
                raise ValueError(f"{found[key]} and {path} have one name in the output; give the folder of both")
            found[key] = path
    return found


def restore_files(
    images: Mapping[str, str | os.PathLike[str]],
    out_dir: str | os.PathLike[str],
    options: FileOptions | None = None,
    *,
    jobs: int | None = None,
    resume: bool = False,
    progress: bool = True,
) -> BatchReport:
    """Restore image files into a folder.

    Parameters
    ----------
    images : mapping of str to path
        Files by their names, such as `find_images` gives.
    out_dir : path
        Gets ``a/hero.png`` for an image ``a/hero.jpg``, what `options` ask for beside it, ``a/hero.json`` with
        everything that was found, and the files of `pixkern.pipelines.batch.map_images`.
    options : FileOptions, optional
    jobs : int, optional
        Processes at once, one thread each; default: the cores.
    resume : bool
        Skip images that an earlier run with the same options finished and that have not changed.
    progress : bool
        Whether to draw a bar on stderr.

    Returns
    -------
    BatchReport
        Each record has the row of the report but for its time, ``output`` and ``messages``. A file that cannot
        be restored is in `failed`, and the others are done.

    Raises
    ------
    ValueError
        A file would be written over one of the pictures.
    OSError
        The folder cannot be made or written.

    Notes
    -----
    All files but the records, which hold the time, are the same bytes on every run and for any `jobs`.
    """
    options = options or FileOptions()
    target = Path(out_dir)
    paths = {key: Path(path) for key, path in images.items()}
    given = {path.resolve() for path in paths.values()}
    for key in paths:
        for name in (*options.outputs(_output(key)), beside_record(_output(key))):
            if (target / name).resolve() in given:
                raise ValueError(f"the picture would be written over itself: {target / name}; give another folder")
    return map_images(
        _RestoreOne(options),
        {key: (key, path) for key, path in paths.items()},
        target,
        jobs=jobs,
        resume=resume,
        configuration={"pixkern": __version__, "pixelart": options.described, "reads": _contents(options.restore)},
        progress=progress,
        weights={key: float(path.stat().st_size) for key, path in paths.items()},
    )


def rows(done: BatchReport, out_dir: str | os.PathLike[str]) -> Sequence[Mapping[str, Any]]:
    """The rows of all files of a run, failed ones and those of an earlier run included, sorted by name.

    Parameters
    ----------
    done : BatchReport
        Of `restore_files`.
    out_dir : path
        Where it wrote; the times are in the records there.

    Returns
    -------
    list of dict
        As `pixkern.pipelines.pixelart.report.table` takes them.
    """
    found = {name: report.failed_row(name, reason) for name, reason in done.failed.items()}
    for name, row in done.records.items():
        found[name] = {**row, "seconds": _seconds(Path(out_dir, beside_record(row["output"])))}
    return [found[name] for name in sorted(found)]


def beside_record(output: str) -> str:
    """The name of a sprite's record.

    Examples
    --------
    >>> beside_record("a/hero.png")
    'a/hero.json'
    """
    return str(PurePosixPath(output).with_suffix(".json"))


@dataclass(frozen=True)
class _RestoreOne:
    """What a worker does with one file."""

    options: FileOptions

    def __call__(self, item: tuple[str, Path]) -> Output:
        name, path = item
        output = _output(name)
        image = decode_image(path.read_bytes(), name=name)  # not the path: failures read the same on every machine
        done = restore_file(image, name, output, self.options)
        row = report.plain({column: value for column, value in done.row.items() if column != "seconds"})
        known = {**row, "output": output, "messages": list(done.messages)}
        return Output(done.files, known, volatile={beside_record(output): done.record_text()})


def _output(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(".png"))


def _named(given: str) -> tuple[Path, list[Path]]:
    """The folder that names are inside of, and the files."""
    path = Path(given)
    if path.is_dir():
        return path, image_paths(path, recursive=True)
    if path.exists():
        return path.parent, [path]
    if not glob.has_magic(given):
        raise FileNotFoundError(f"no such file or folder: {given}")
    parts = path.parts
    fixed = next(count for count, part in enumerate(parts) if glob.has_magic(part))
    matches = sorted(Path(match) for match in glob.glob(given, recursive=True))
    files = [match for match in matches if match.is_file() and match.suffix.lower() in SUFFIXES]
    if not files:
        raise FileNotFoundError(f"no image matches {given}")
    return Path(*parts[:fixed]), files


def _contents(options: Mapping[str, Any]) -> dict[str, str]:
    """The sha256 of the files that options name: a resumed run must find them unchanged."""
    named = {name: getattr(options.get(name), "path", options.get(name)) for name in ("palette", "ranker")}
    return {name: file_sha256(path) for name, path in named.items() if isinstance(path, str | os.PathLike)}


def _seconds(record: Path) -> float | str:
    """The time in a record; nothing where the record was damaged since."""
    try:
        return float(json.loads(record.read_bytes())["seconds"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""
