"""Compress all images of a folder, or decompress them: whole files, and nothing lost to a bad one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from pixkern import __version__
from pixkern.pipelines.batch import BatchReport, Output, map_images
from pixkern.pipelines.files import WRITTEN, decode_image, image_paths

from .image_file import SUFFIX, CompressOptions, DecompressOptions, compress_image_file, decompress_to_file


def compress_directory(
    in_dir: str | PathLike[str],
    out_dir: str | PathLike[str],
    options: CompressOptions | None = None,
    *,
    recursive: bool = False,
    jobs: int | None = None,
    resume: bool = False,
    dry_run: bool = False,
    progress: bool = True,
) -> BatchReport:
    """Compress the images of a folder into another one, under their names with the suffix ".pxk".

    Parameters
    ----------
    in_dir, out_dir : path
        Images keep their paths inside; `out_dir` also gets the files of `pixkern.pipelines.batch.map_images`.
    options : CompressOptions, optional
        What `pixkern.pipelines.codec.compress` is asked for.
    recursive : bool
        With the images of all folders inside.
    jobs : int, optional
        Processes at once, one thread each; default: the cores.
    resume : bool
        Skip images that an earlier run with the same options finished and that have not changed.
    dry_run : bool
        Compress every image, write nothing at all.
    progress : bool
        Whether to draw a bar on stderr.

    Returns
    -------
    BatchReport
        Each record has output, bytes, raw_bytes, ratio, and left_out: metadata that is not kept. An image that
        cannot be read or compressed is in `failed`, and the others are done.

    Raises
    ------
    ValueError
        `in_dir` holds no images, or `resume` in a dry run.
    OSError
        A folder cannot be read or written.
    """
    source, target = Path(in_dir).resolve(), Path(out_dir).resolve()
    paths = [
        path for path in image_paths(source, recursive=recursive) if target == source or target not in path.parents
    ]
    if not paths:
        raise ValueError(f"no images in {source} (JPEG, PNG, TIFF, WebP, BMP or GIF)")
    options = options or CompressOptions()
    run = _CompressOne(options, write=not dry_run)
    return _run(run, source, paths, target, {"compress": options.described}, jobs, resume, dry_run, progress)


def decompress_directory(
    in_dir: str | PathLike[str],
    out_dir: str | PathLike[str],
    options: DecompressOptions | None = None,
    *,
    suffix: str = ".png",
    recursive: bool = False,
    jobs: int | None = None,
    resume: bool = False,
    dry_run: bool = False,
    progress: bool = True,
) -> BatchReport:
    """Decompress the ".pxk" files of a folder into another one; as `compress_directory`.

    Parameters
    ----------
    in_dir, out_dir : path
    options : DecompressOptions, optional
        What `pixkern.pipelines.codec.decompress` is asked for.
    suffix : str
        The format to write, such as ".png" or ".tif".
    recursive, jobs, resume, dry_run, progress
        See `compress_directory`.

    Returns
    -------
    BatchReport
        Each record has output and bytes.

    Raises
    ------
    ValueError
        `in_dir` holds no ".pxk" files, a suffix that is not written, or `resume` in a dry run.
    OSError
        A folder cannot be read or written.
    """
    source, target = Path(in_dir).resolve(), Path(out_dir).resolve()
    if suffix.lower() not in WRITTEN:
        raise ValueError(f"suffix must be one of {', '.join(WRITTEN)}, got {suffix!r}")
    paths = _compressed_paths(source, recursive)
    if not paths:
        raise ValueError(f"no {SUFFIX} files in {source}")
    options = options or DecompressOptions()
    described = {"decompress": options.described, "suffix": suffix}
    run = _DecompressOne(options, suffix, write=not dry_run)
    return _run(run, source, paths, target, described, jobs, resume, dry_run, progress)


def _compressed_paths(folder: Path, recursive: bool) -> list[Path]:
    found = []
    for place, inside, names in os.walk(folder, onerror=_raise):
        inside[:] = [name for name in inside if recursive and not name.startswith(".")]
        found += [Path(place, name) for name in names if name.lower().endswith(SUFFIX) and not name.startswith(".")]
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def _raise(error: OSError) -> None:
    raise error


@dataclass(frozen=True)
class _CompressOne:
    """What a worker does with one image."""

    options: CompressOptions
    write: bool

    def __call__(self, item: tuple[str, Path]) -> Output:
        name, path = item
        photo = decode_image(path.read_bytes(), name=name)  # not the path: failures read the same on every machine
        done = compress_image_file(photo, name, self.options)
        output = str(PurePosixPath(name).with_suffix(SUFFIX))
        return Output({output: done.data} if self.write else {}, done.record(output))


@dataclass(frozen=True)
class _DecompressOne:
    """What a worker does with one compressed file."""

    options: DecompressOptions
    suffix: str
    write: bool

    def __call__(self, item: tuple[str, Path]) -> Output:
        name, path = item
        data = decompress_to_file(path.read_bytes(), name, self.suffix, self.options)
        output = str(PurePosixPath(name).with_suffix(self.suffix))
        return Output({output: data} if self.write else {}, {"output": output, "bytes": len(data)})


def _run(
    run: _CompressOne | _DecompressOne,
    source: Path,
    paths: list[Path],
    target: Path,
    described: Mapping[str, object],
    jobs: int | None,
    resume: bool,
    dry_run: bool,
    progress: bool,
) -> BatchReport:
    if dry_run and resume:
        raise ValueError("resume skips what was written, and a dry run writes nothing: leave one of them out")
    items = {path.relative_to(source).as_posix(): (path.relative_to(source).as_posix(), path) for path in paths}
    weights = {key: float(path.stat().st_size) for key, (_, path) in items.items()}
    configuration = {"pixkern": __version__, **described}

    def go(folder: Path, resume: bool) -> BatchReport:
        return map_images(
            run,
            items,
            folder,
            jobs=jobs,
            resume=resume,
            configuration=configuration,
            progress=progress,
            weights=weights,
        )

    if not dry_run:
        return go(target, resume)
    with TemporaryDirectory() as nowhere:
        return go(Path(nowhere), False)
