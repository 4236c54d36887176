"""What a worker does at once: a photo with all its variants, or a shard; one sample at a time is in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .._batch_item import describe
from ..batch import Output, advance
from . import shards
from .config import Config, OutputOptions
from .manifest import Failure, Line, shard_line
from .photos import Share
from .sample_files import Sample, folder_files, json_line, samples_of, shard_parts

__all__ = ["Item", "Make", "items_of", "shard_paths", "without_root"]

Writer = Callable[[BinaryIO], object]


@dataclass(frozen=True)
class Item:
    """What a worker gets.

    Parameters
    ----------
    number : int, optional
        Of a shard.
    shares : tuple of Share
        Its photos with their variants; one photo if it is no shard.
    """

    number: int | None
    shares: tuple[Share, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the samples, in order."""
        return tuple(sample for share in self.shares for sample in share.ids)


def items_of(shares: Sequence[Share], options: OutputOptions) -> dict[str, Item]:
    """The items of a data set by their keys in the ledger, in order."""
    if options.layout == "folders":
        return {share.photo.key: Item(None, (share,)) for share in shares}
    cut = shards.cut(shares, options.shard_size)
    return {shards.name_of(number): Item(number, shard) for number, shard in enumerate(cut)}


def shard_paths(key: str) -> tuple[str, str]:
    """The paths of a shard, and of the lines about its samples."""
    return f"{shards.FOLDER}/{key}.tar", f"{shards.FOLDER}/{key}.jsonl"


@dataclass(frozen=True)
class Make:
    """The function of the batch.

    Parameters
    ----------
    config : Config
    relight : callable
        `pixkern.pipelines.relight.relight`.
    callables : mapping of str to callable
        More arguments for it.
    """

    config: Config
    relight: Callable[..., Any]
    callables: Mapping[str, Any]

    def __call__(self, item: Item) -> Output:
        work = _Work(self)
        files = work.photo(item.shares[0]) if item.number is None else work.shard(item.number, item.shares)
        return Output(files, work.record, remark={"seconds": work.seconds})


@dataclass
class _Work:
    """An item at work. Its record is whole when its files are written."""

    make: Make
    record: dict[str, Any] = field(default_factory=lambda: {"samples": 0})
    seconds: dict[str, float] = field(default_factory=dict)

    def samples(self, share: Share) -> Iterator[Sample]:
        """The samples of a photo, counted as they are asked for."""
        for sample in samples_of(share, self.make.config, self.make.relight, self.make.callables, self.seconds):
            self.record["samples"] += 1
            advance(1)
            yield sample

    def photo(self, share: Share) -> dict[str, Writer]:
        """A file for each part of each sample: the first file of a sample makes it."""
        samples = self.samples(share)
        at_hand: list[Sample] = []

        def writer(sample: str, part: str) -> Writer:
            def write(file: BinaryIO) -> None:
                if not at_hand or at_hand[-1].id != sample:
                    at_hand[:] = [next(samples)]
                file.write(at_hand[-1].parts[part])

            return write

        options = self.make.config.output
        return {
            path: writer(sample, part) for sample in share.ids for path, part in folder_files(sample, options).items()
        }

    def shard(self, number: int, shares: Sequence[Share]) -> dict[str, Writer]:
        """A tar file with all samples, and the lines about them. A photo that fails, fails alone."""
        tar, about = shard_paths(shards.name_of(number))
        lines: list[Line] = []
        failed: list[Failure] = []
        self.record["failed"] = failed

        def write(file: BinaryIO) -> None:
            archive = shards.ShardWriter(file)
            for share in shares:
                samples = self.samples(share)
                while True:
                    try:
                        sample = next(samples, None)
                    except (Exception, SystemExit) as error:  # and not what goes wrong with the shard itself
                        failed.append(_failure(share, error, self.make.config.root))
                        break
                    if sample is None:
                        break
                    parts = shard_parts(sample, self.make.config.output)
                    lines.append(shard_line(sample.record, tar, archive.add(sample.id, parts), parts))
            archive.close()

        return {tar: write, about: lambda file: file.writelines(map(json_line, lines))}


def without_root(message: str, root: Path) -> str:
    """A message whose paths start from the configuration's folder: the same wherever that folder is.

    Examples
    --------
    >>> from pixkern.pipelines.relight.work import without_root
    >>> without_root("/data/faces/masks/anna.png: the file is empty", Path("/data/faces"))
    'masks/anna.png: the file is empty'
    """
    return message.replace(f"{root}{os.sep}", "") if root.is_absolute() else message


def _failure(share: Share, error: BaseException, root: Path) -> Failure:
    kind, message = describe(error)
    return {
        "input": share.photo.name,
        "key": share.photo.key,
        "error": kind,
        "message": without_root(message, root),
    }
