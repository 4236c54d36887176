"""The photos of a folder, and the samples that are made of them: in an order that depends on their names alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files import image_paths

__all__ = ["Listing", "Photo", "Share", "list_photos", "sample_id", "share_out", "without_suffix"]


@dataclass(frozen=True)
class Photo:
    """A photo of a data set.

    Parameters
    ----------
    key : str
        Its path inside the folder of photos, with "/" and without suffix: what its random numbers depend on.
    name : str
        The same with suffix.
    path : path
        Of its file.
    """

    key: str
    name: str
    path: Path


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Parameters
    ----------
    photos : tuple of Photo
        By key.
    refused : mapping of str to str
        By the name of a photo whose key another photo has: why it is none of the data set.
    left_out : tuple of path
        Folders inside that hold what belongs to the data set itself, and were not searched.
    """

    photos: tuple[Photo, ...]
    refused: Mapping[str, str]
    left_out: tuple[Path, ...]


@dataclass(frozen=True)
class Share:
    """A photo with some of its samples: what a worker gets. A batch compares it by the contents of its files.

    Parameters
    ----------
    name : bytes
        Of the photo; in bytes, because a text that happens to name a file would stand for that file.
    path : path
        Of the photo.
    variants : tuple of int
        Which relit pictures.
    of : int
        How many each photo of the data set has: see `sample_id`.
    given : tuple of path
        Files that stages of this photo may read, such as its mask.
    """

    name: bytes
    path: Path
    variants: tuple[int, ...]
    of: int
    given: tuple[Path, ...] = ()

    @property
    def photo(self) -> Photo:
        name = os.fsdecode(self.name)
        return Photo(without_suffix(name), name, self.path)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the samples."""
        return tuple(sample_id(self.photo.key, variant, self.of) for variant in self.variants)


def sample_id(key: str, variant: int, variants: int) -> str:
    """The name of a sample: the photo's key, and which variant where there are several.

    Examples
    --------
    >>> from pixkern.pipelines.relight.photos import sample_id
    >>> sample_id("anna/01", 0, 1), sample_id("anna/01", 2, 3)
    ('anna/01', 'anna/01_2')
    """
    return key if variants == 1 else f"{key}_{variant}"


def list_photos(folder: Path, *, recursive: bool = False, without: Iterable[Path] = ()) -> Listing:
    """The photos of a folder, by key.

    Parameters
    ----------
    folder : path
    recursive : bool
        With those of all folders inside; hidden ones and links to folders are not followed.
    without : iterable of path
        Folders whose pictures are no photos, such as that of the data set.

    Returns
    -------
    Listing
        Of several photos with one key ("a.jpg", "a.png") the first by name is taken.

    Raises
    ------
    OSError
        There is no such folder.
    """
    home = folder.resolve()
    barred = [place for place in (path.resolve() for path in without) if home in place.parents]
    photos: dict[str, Photo] = {}
    refused: dict[str, str] = {}
    met = set()
    for path in image_paths(folder, recursive=recursive):
        inside = path.relative_to(folder)
        around = {place for place in barred if place in (home / inside).parents}
        met |= around
        if around:
            continue
        name = inside.as_posix()
        key = without_suffix(name)
        if key in photos:
            refused[name] = f"it has the key {key!r} of {photos[key].name!r}; rename one of them"
        else:
            photos[key] = Photo(key, name, path)
    return Listing(tuple(photos[key] for key in sorted(photos)), refused, tuple(sorted(met)))


def without_suffix(name: str) -> str:
    """A path with "/" without the suffix of the file."""
    return name.removesuffix(Path(name).suffix)


def share_out(
    photos: Sequence[Photo],
    variants: int,
    *,
    num_samples: int | None = None,
    given: Mapping[str, tuple[Path, ...]] | None = None,
) -> list[Share]:
    """The first `num_samples` samples (all by default) of the photos, in the order of the photos and their variants."""
    left = len(photos) * variants if num_samples is None else num_samples
    shares = []
    for photo in photos:
        count = min(variants, left)
        if count < 1:
            break
        left -= count
        files = (given or {}).get(photo.key, ())
        shares.append(Share(os.fsencode(photo.name), photo.path, tuple(range(count)), variants, files))
    return shares
