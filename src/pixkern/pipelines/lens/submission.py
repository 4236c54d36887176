"""Archives of corrected photos: nothing is written unless everything is right, and the same bytes every time.

`docs/score_and_submit.md` lists the rules.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from joblib import Parallel, delayed

from pixkern import _threads

from .._image_header import ImageError
from ..files import MAX_PIXELS, decode_image, image_paths, read_size
from ._archive import ArchiveError, ArchiveReader, Member, write_archive
from ._listing import check_distinct, check_name, expected_images, folded, images_by_id
from .safety import Status

__all__ = ["SubmissionError", "SubmissionReport", "build_submission", "check_submission", "verify_submission"]

Size = tuple[int, int]

METADATA = "metadata"
MAX_MEMBERS = 100_000
MAX_BYTES = 2**38
MAX_MEMBER_BYTES = 2**30


class SubmissionError(ValueError):
    """A submission that is not as it must be. `problems` has one line for each thing that is wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(line if line.isprintable() else ascii(line) for line in problems)
        more = f" (and {len(self.problems) - 1} more problems)" if len(self.problems) > 1 else ""
        super().__init__(self.problems[0] + more)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


@dataclass(frozen=True)
class SubmissionReport:
    """A submission that is right.

    Attributes
    ----------
    path : Path
        The zip archive.
    sha256 : str
        Of the whole archive, in hexadecimal digits.
    bytes : int
        Size of the archive.
    names : tuple of str
        The images in it, in order; the manifest is not among them.
    """

    path: Path
    sha256: str
    bytes: int
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self.names)


@dataclass(frozen=True)
class _Checked:
    """One image after its checks: the SHA-256 of the bytes that were checked, and what is wrong with them."""

    path: Path
    sha256: str
    problems: tuple[str, ...]


def build_submission(
    predictions: str | os.PathLike[str],
    expected: str | os.PathLike[str] | Iterable[str],
    out: str | os.PathLike[str],
    *,
    originals: str | os.PathLike[str] | None = None,
    metadata: str | os.PathLike[str] | None = None,
    splits: Iterable[str] | None = None,
    suffix: str | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> SubmissionReport:
    """Check a directory of corrected photos and pack it.

    Parameters
    ----------
    predictions : path
        Folder with one image for each id, named id and suffix. Folders inside it are not looked into.
    expected : path, or iterable of str
        A CSV file with a column `id`, or the ids.
    out : path
        The zip archive; a file that is there is replaced, and only when all is right.
    originals : path, optional
        Folder of the photos before their correction: each image must have its original's size, upright.
    metadata : path, optional
        Folder with the metadata of each image, as `id.json` or `id.suffix.json`: each image must have them, and
        they must say that its correction is safe. By default the folder "metadata" that `correct_directory`
        writes into `predictions`; if there is none, such files beside the images are read where they are.
    splits : iterable of str, optional
        Take only the ids of these splits of the CSV file.
    suffix : str, optional
        What all names must end in, such as ".jpg".
    jobs : int, optional
        Processes that decode; all cores by default. The archive does not depend on it.
    max_pixels : int
        Larger images are refused.

    Returns
    -------
    SubmissionReport

    Raises
    ------
    SubmissionError
        Something is wrong; nothing was written.
    ValueError
        The list of ids cannot be read.
    OSError
        A folder is not there, or the archive cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from pixkern.pipelines.files import encode_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "house.png").write_bytes(encode_image(np.zeros((4, 6), np.uint8), ".png"))
    ...     report = build_submission(folder, ["house"], Path(folder, "submission.zip"), jobs=1)
    ...     verify_submission(report.path).names
    ('house.png',)
    """
    images = _check(predictions, expected, originals, metadata, splits, suffix, jobs, max_pixels)
    members = [Member(image.path.name, image.sha256, image.path.read_bytes) for image in images]
    try:
        digest, size = write_archive(Path(out), members)
    except ArchiveError as error:
        raise SubmissionError([str(error)]) from None
    names = sorted((image.path.name for image in images), key=str.encode)
    return SubmissionReport(Path(out), digest, size, tuple(names))


def check_submission(
    predictions: str | os.PathLike[str],
    expected: str | os.PathLike[str] | Iterable[str],
    *,
    originals: str | os.PathLike[str] | None = None,
    metadata: str | os.PathLike[str] | None = None,
    splits: Iterable[str] | None = None,
    suffix: str | None = None,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> tuple[str, ...]:
    """Everything that `build_submission` would refuse, one line each; empty if it would not. Writes nothing."""
    try:
        _check(predictions, expected, originals, metadata, splits, suffix, jobs, max_pixels)
    except SubmissionError as error:
        return error.problems
    return ()


def verify_submission(
    path: str | os.PathLike[str],
    *,
    expected: str | os.PathLike[str] | Iterable[str] | None = None,
    splits: Iterable[str] | None = None,
    max_members: int = MAX_MEMBERS,
    max_bytes: int = MAX_BYTES,
    max_member_bytes: int = MAX_MEMBER_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> SubmissionReport:
    """Check an archive made by `build_submission`: layout, names, manifest, and that every image decodes.

    Parameters
    ----------
    path : path
    expected, splits
        The ids that must be in it, as for `build_submission`; without them, any.
    max_members, max_bytes, max_member_bytes, max_pixels : int
        What announces more is refused before it is read.

    Returns
    -------
    SubmissionReport

    Raises
    ------
    SubmissionError
        Not such an archive: truncated, altered, compressed, with names that leave the folder, or twice the
        same name, or an image that is not one.
    OSError
        The file is not there or cannot be read.
    """
    path = Path(path)
    wanted = None if expected is None else [image.id for image in expected_images(expected, splits=splits)]
    names, problems = [], []
    size = path.stat().st_size
    if size > max_bytes:
        raise SubmissionError([f"{path}: the archive has {size} bytes, at most {max_bytes} are read"])
    try:
        with open(path, "rb") as file:
            archive = ArchiveReader(file, size, max_members=max_members, max_member_bytes=max_member_bytes)
            for name, data in archive.members():
                names.append(name)
                try:
                    decode_image(data, name=name, max_pixels=max_pixels)
                except ImageError as error:
                    problems.append(str(error))
    except ArchiveError as error:
        raise SubmissionError([f"{path}: {error}"]) from None
    if wanted is not None:
        problems += _against(wanted, [Path(name).stem for name in names])
    if problems:
        raise SubmissionError(problems)
    return SubmissionReport(path, archive.sha256, size, tuple(names))


def _check(
    predictions: str | os.PathLike[str],
    expected: str | os.PathLike[str] | Iterable[str],
    originals: str | os.PathLike[str] | None,
    metadata: str | os.PathLike[str] | None,
    splits: Iterable[str] | None,
    suffix: str | None,
    jobs: int | None,
    max_pixels: int,
) -> list[_Checked]:
    """Every expected image, all of them right; else a `SubmissionError` with all that is wrong."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}")
    folder = Path(predictions)
    wanted = [image.id for image in expected_images(expected, splits=splits)]
    if not wanted:
        raise SubmissionError(["no image is expected, so there is nothing to submit"])
    paths = image_paths(folder)
    problems: list[str] = []
    problems += _against(wanted, [path.stem for path in paths])
    problems += _name_problems([path.name for path in paths])
    if suffix is not None:
        problems += [f"{path.name}: must end in {suffix}" for path in paths if path.suffix != suffix]
    sizes: dict[str, Path] = {} if originals is None else images_by_id(originals)
    known = [path for path in paths if path.stem in set(wanted)]
    if originals is not None:
        problems += [f"{path.name}: no original in {originals}" for path in known if path.stem not in sizes]
    workers = min(jobs or _threads.cores(), max(1, len(known)))
    notes: Path | None = Path(metadata) if metadata is not None else folder / METADATA
    if metadata is None and not (folder / METADATA).is_dir():
        notes = None
    checked: list[_Checked] = Parallel(n_jobs=workers)(
        delayed(_check_image)(path, sizes.get(path.stem), notes, max_pixels) for path in known
    )
    problems += [problem for image in checked for problem in image.problems]
    if problems:
        raise SubmissionError(problems)
    return checked


def _against(wanted: list[str], found: list[str]) -> list[str]:
    """What is missing, too much, or twice."""
    have = set(found)
    problems = [f"{name}: missing" for name in sorted(set(wanted) - have)]
    problems += [f"{name}: not expected" for name in sorted(have - set(wanted))]
    return problems + [f"{name}: there are {found.count(name)} images" for name in _repeated(found)]


def _name_problems(names: list[str]) -> list[str]:
    problems = []
    for name in names:
        try:
            check_name(name)
        except ValueError as error:
            problems.append(str(error))
    try:
        check_distinct(names)
    except ValueError as error:
        problems.append(str(error))
    return problems


def _repeated(names: list[str]) -> list[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        key = folded(name)
        (twice.add if key in seen else seen.add)(key)
    return sorted(name for name in set(names) if folded(name) in twice)


def _check_image(path: Path, original: Path | None, metadata: Path | None, max_pixels: int) -> _Checked:
    if path.is_symlink() or not path.is_file():
        return _Checked(path, "", (f"{path.name}: a link or no regular file",))
    problems = []
    data = path.read_bytes()
    try:
        size: Size | None = decode_image(data, name=path.name, max_pixels=max_pixels).size
    except ImageError as error:
        size = None
        problems.append(str(error))
    if original is not None and size is not None:
        try:
            wanted = read_size(original, max_pixels=max_pixels)
        except (ImageError, OSError) as error:
            problems.append(f"{path.name}: its original cannot be read: {error}")
        else:
            if size != wanted:
                problems.append("{}: {} x {} pixels, its original has {} x {}".format(path.name, *size, *wanted))
    problems += _metadata_problems(path, metadata)
    return _Checked(path, hashlib.sha256(data).hexdigest(), tuple(problems))


def _metadata_problems(path: Path, folder: Path | None) -> list[str]:
    places = [(folder or path.parent) / f"{stem}.json" for stem in (path.stem, path.name)]
    there = [place for place in places if place.is_file()]
    if not there and folder is not None:
        return [f"{path.name}: no metadata in {folder}"]
    problems = []
    for place in there:
        try:
            reason = unsafe(json.loads(place.read_text(encoding="utf-8")))
        except (ValueError, RecursionError, OSError):
            reason = "is not JSON"
        if reason:
            problems.append(f"{path.name}: its metadata {place.name} {reason}")
    return problems


def unsafe(metadata: Any) -> str | None:
    """Why the metadata of an image speak against it; None if they say that its correction is safe.

    They must say one of: `status`, a rung of the ladder; `safety.safe`, true; `safety.steps`, whose last is
    safe. Whatever of these they say must be right.

    Examples
    --------
    >>> unsafe({"status": "hybrid", "safety": {"safe": False}})
    'says that the correction is unsafe'
    >>> unsafe({"status": "identity"}) is None
    True
    """
    if not isinstance(metadata, dict):
        return "is not a JSON object"
    safety = metadata.get("safety", {})
    if not isinstance(safety, dict):
        return "has a safety report that is not an object"
    said = False
    if "status" in metadata:
        said = True
        if metadata["status"] not in get_args(Status):
            return f"has the status {metadata['status']!a}, not one of {', '.join(get_args(Status))}"
    if "safe" in safety:
        said = True
        if safety["safe"] is not True:
            return "says that the correction is unsafe"
    if "steps" in safety:
        said = True
        steps = safety["steps"]
        last = steps[-1] if isinstance(steps, list) and steps else None
        if not isinstance(last, dict) or last.get("safe") is not True:
            return "says that the last step of its correction is unsafe"
    return None if said else "says nothing of the safety of the correction"
