"""A data set of relit photos: many photos, many processes, the same bytes whoever stops it and whenever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..._atomic import write_atomically
from ..._dispatch import BackendUnavailable
from .._batch_manifest import line_text, read_ledger, sha256, still_holds
from ..batch import BatchReport, map_images
from .config import Config
from .manifest import MANIFEST, Failure, Line, folder_lines, read_lines, write_failures, write_lines
from .parquet import PARQUET, has_pyarrow, write_parquet
from .photos import Listing, list_photos, share_out, without_suffix
from .relit import relight_variants
from .sample_files import FOLDERS, json_file
from .sources import configuration, given_files, own_folders
from .summary import Plan, Summary
from .work import Item, Make, items_of, shard_paths, without_root

__all__ = ["LEDGER", "SUMMARY", "generate"]

LEDGER = "ledger.jsonl"
"""Name of the file by which a run is resumed."""
SUMMARY = "summary.json"
"""Name of the file with what the last run did; its times differ from run to run."""


def generate(
    config: Config,
    *,
    num_samples: int | None = None,
    variants: int | None = None,
    jobs: int | None = None,
    resume: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    mask: Callable[..., Any] | None = None,
    albedo: Callable[..., Any] | None = None,
    normals: Callable[..., Any] | None = None,
    depth: Callable[..., Any] | None = None,
    background: Callable[..., Any] | None = None,
    callables_version: object = None,
) -> Summary:
    """Relight all photos of a folder and write a data set.

    A sample is a relit picture with what it is made of: the photo, mask, albedo, foreground, and all numbers. Its bytes
    depend on the photo, the photo's name in its folder, the variant, the seed and the settings, and on nothing else:
    neither on the number of processes, nor the order, nor other photos, nor where an earlier run was cut short.

    Parameters
    ----------
    config : Config
    num_samples : int, optional
        Only so many samples, in the order of the photos' keys and then of the variants.
    variants : int, optional
        In place of `Config.variants`.
    jobs : int, optional
        Processes; by default one for each core. With dask or ray: see `pixkern.pipelines.batch`.
    resume : bool
        Keep what an earlier run has made and would be the same: see Notes.
    dry_run : bool
        Write nothing, decode nothing: say in `Summary.plan` what would be done.
    progress : bool
        Whether to show a progress bar on stderr.
    mask, albedo, normals, depth, background : callable, optional
        In place of what the settings would do, see `relight`. To reach other processes they must be picklable.
    callables_version : object, optional
        What JSON can hold: stands for the code of the callables, which nothing can look into.

    Returns
    -------
    Summary

    Raises
    ------
    TypeError
        Wrong kinds of arguments, or callables that cannot be pickled.
    ValueError
        Wrong values; no photos; the folder of the data set is that of the photos; or `resume` with callables that
        have no `callables_version`.
    OSError
        The folder of photos is not there, or that of the data set cannot be written.
    BackendUnavailable
        The configuration asks for Parquet, and pyarrow is not installed.
    RuntimeError
        Another run is at work in the folder of the data set.

    Notes
    -----
    With `resume`, a photo (layout "folders") or a shard is kept if all its files are there with their sha256, and its
    photos, the files named like them, the settings, the models and the library are the same. A shard that was
    written without a photo that failed is kept too.

    Memory: for each process one sample, encoded, beside what `relight` needs.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pixkern.pipelines.files import encode_image
    >>> from pixkern.pipelines.relight import Config, generate
    >>> def disc(image):
    ...     rows, cols = image.shape[:2]
    ...     return np.hypot(*np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]) < 0.9
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "photos").mkdir()
    ...     _ = Path(folder, "photos", "grey.png").write_bytes(encode_image(np.full((64, 64, 3), 99, np.uint8), ".png"))
    ...     summary = generate(Config(variants=2, root=folder), jobs=1, progress=False, mask=disc)
    ...     sorted(path.name for path in Path(folder, "dataset", "outputs").glob("*_output.png"))
    ['grey_0_output.png', 'grey_1_output.png']
    >>> summary.samples, summary.ok
    (2, True)
    """
    started = time.perf_counter()
    callables = {"mask": mask, "albedo": albedo, "normals": normals, "depth": depth, "background": background}
    callables = {name: one for name, one in callables.items() if one is not None}
    _check(config, num_samples, callables, callables_version, resume)
    if variants is not None:
        config = replace(config, variants=variants)
    parquet = _parquet_wanted(config)
    folder = (config.root / config.output.folder.expanduser()).absolute()
    listing = _photos(config, folder)
    shares = share_out(listing.photos, config.variants, num_samples=num_samples, given=given_files(config))
    items = items_of(shares, config.output)
    options = configuration(config, callables, callables_version)
    notes = [f"{place} holds what belongs to the data set: its pictures are no photos" for place in listing.left_out]
    if dry_run:
        plan = _plan(items, options, folder, config, resume)
        return Summary(folder, 0, 0, dict(listing.refused), 0.0, {}, tuple(notes), plan)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, PARQUET, SUMMARY):  # they describe a whole data set: there is none until this run ends
        (folder / name).unlink(missing_ok=True)
    report = map_images(
        Make(config, relight_variants, callables),
        items,
        folder,
        jobs=jobs,
        resume=resume,
        configuration=options,
        progress=progress,
        weights={key: len(item.ids) for key, item in items.items()},
        ledger=LEDGER,
    )
    ledger = read_ledger(folder / LEDGER)
    count = write_lines(folder / MANIFEST, _lines(folder, items, report, ledger, config))
    failures = _failures(listing, items, report, config.root)
    write_failures(folder, failures)
    if parquet:
        write_parquet(folder)
    elif config.output.parquet is None:
        notes.append(f"no {PARQUET}: pyarrow is not installed (pip install 'pixkern[parquet]')")
    notes += _strangers(folder, {path for key in report.records for path in ledger[key]["files"]})
    seconds: dict[str, float] = {}
    for remark in report.remarks.values():
        for stage, spent in remark["seconds"].items():
            seconds[stage] = seconds.get(stage, 0.0) + spent
    summary = Summary(
        folder,
        count,
        sum(report.records[key]["samples"] for key in report.finished),
        {name: f"{failure['error']}: {failure['message']}" for name, failure in sorted(failures.items())},
        time.perf_counter() - started,
        seconds,
        tuple(notes),
    )
    write_atomically(folder / SUMMARY, json_file(summary.to_dict()))
    return summary


def _check(
    config: object, num_samples: object, callables: Mapping[str, Any], callables_version: object, resume: bool
) -> None:
    if not isinstance(config, Config):
        raise TypeError(f"config must be a Config, got {type(config).__name__}; Config.load reads a file")
    if num_samples is not None:
        if isinstance(num_samples, bool) or not isinstance(num_samples, int):
            raise TypeError(f"num_samples must be an integer or None, got {type(num_samples).__name__}")
        if num_samples < 1:
            raise ValueError(f"num_samples must be at least 1, got {num_samples}; None takes all")
    for name, one in callables.items():
        if not callable(one):
            raise TypeError(f"{name} must be a callable for a data set, got {type(one).__name__}")
    if resume and callables and callables_version is None:
        raise ValueError("resume needs callables_version, to tell whether the callables are those of the earlier run")


def _parquet_wanted(config: Config) -> bool:
    if config.output.parquet and not has_pyarrow():
        raise BackendUnavailable("output.parquet: true needs pyarrow: pip install 'pixkern[parquet]'")
    return has_pyarrow() if config.output.parquet is None else config.output.parquet


def _photos(config: Config, folder: Path) -> Listing:
    """The photos, with all that would go wrong with their folder and that of the data set."""
    photos = (config.root / config.input.folder.expanduser()).absolute()
    if not photos.is_dir():
        raise ValueError(f"input.folder: no such folder: {photos}")
    around = {photos.resolve(), *photos.resolve().parents}
    if photos.resolve() == folder.resolve() or any((folder / name).resolve() in around for name in FOLDERS):
        raise ValueError(f"output.folder: {folder} would write among the photos in {photos}; use another")
    listing = list_photos(photos, recursive=config.input.recursive, without=own_folders(config))
    if not listing.photos:
        inside = " or the folders inside" if config.input.recursive else ""
        raise ValueError(f"input.folder: no image file in {photos}{inside}")
    return listing


def _lines(
    folder: Path, items: Mapping[str, Item], report: BatchReport, ledger: Mapping[str, Any], config: Config
) -> Iterator[Line]:
    """The lines of the manifest, sample by sample."""
    for key in report.records:
        if config.output.layout == "shards":
            yield from read_lines(folder / shard_paths(key)[1])
        else:
            yield from folder_lines(folder, items[key].ids, ledger[key]["files"], config.output)


def _failures(listing: Listing, items: Mapping[str, Item], report: BatchReport, root: Path) -> dict[str, Failure]:
    """Every photo that is not wholly in the data set, by its name."""
    failures = {
        name: {"input": name, "key": without_suffix(name), "error": "KeyTaken", "message": reason}
        for name, reason in listing.refused.items()
    }
    for key, reason in report.failed.items():
        error, _, message = without_root(reason, root).partition(": ")
        for share in items[key].shares:
            where = "" if len(items[key].shares) == 1 else f" (with all of {key})"
            photo = share.photo
            failures[photo.name] = {"input": photo.name, "key": photo.key, "error": error, "message": message + where}
    for record in report.records.values():
        failures |= {failure["input"]: dict(failure) for failure in record.get("failed", ())}
    return failures


def _strangers(folder: Path, known: set[str]) -> list[str]:
    """A note on files that stand where those of the data set do, and are none of them."""
    paths = (path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    strange = sorted({path.relative_to(folder).as_posix() for path in paths} - known)
    if not strange:
        return []
    told = "1 file" if len(strange) == 1 else f"{len(strange)} files"
    return [f"{told} in {folder} are not of this data set, but of earlier ones or of your own, such as {strange[0]}"]


def _plan(items: Mapping[str, Item], options: object, folder: Path, config: Config, resume: bool) -> Plan:
    ledger = read_ledger(folder / LEDGER) if resume else {}
    configured = sha256(line_text(options).encode())
    held = {key for key, item in items.items() if key in ledger and still_holds(ledger[key], item, configured, folder)}
    to_do = [key for key in items if key not in held]
    return Plan(
        samples=tuple(sample for key in to_do for sample in items[key].ids),
        held=tuple(sample for key in items if key in held for sample in items[key].ids),
        shards=tuple(shard_paths(key)[0] for key in to_do) if config.output.layout == "shards" else (),
    )
