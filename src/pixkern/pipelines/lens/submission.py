"""Archives of corrected photos: nothing is written unless everything is right, and the same bytes every time.

`docs/score_and_submit.md` lists the rules.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from pixkern import _threads

from .._image_header import ImageError
from ..files import MAX_PIXELS, decode_image, image_paths
from ._archive import ArchiveError, ArchiveReader, Member, write_archive
from ._listing import expected_images, images_by_id
from ._submission_checks import Checked, against, check_image, name_problems

__all__ = ["SubmissionError", "SubmissionReport", "build_submission", "check_submission", "verify_submission"]

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
        problems += against(wanted, [Path(name).stem for name in names])
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
) -> list[Checked]:
    """Every expected image, all of them right; else a `SubmissionError` with all that is wrong."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}")
    folder = Path(predictions)
    wanted = [image.id for image in expected_images(expected, splits=splits)]
    if not wanted:
        raise SubmissionError(["no image is expected, so there is nothing to submit"])
    paths = image_paths(folder)
    problems: list[str] = []
    problems += against(wanted, [path.stem for path in paths])
    problems += name_problems([path.name for path in paths])
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
    checked: list[Checked] = Parallel(n_jobs=workers)(
        delayed(check_image)(path, sizes.get(path.stem), notes, max_pixels) for path in known
    )
    problems += [problem for image in checked for problem in image.problems]
    if problems:
        raise SubmissionError(problems)
    return checked
