"""What pixkern logs while a run lasts, in a file and on the console."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

_FORM = "%(asctime)s %(levelname)-7s %(message)s"


class _Console(logging.Handler):
    """To stderr, above the progress bar, which stays whole."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            tqdm.write(self.format(record), file=sys.stderr)
        except Exception:
            self.handleError(record)


class _OneLine(logging.Formatter):
    """One line for each record, whatever a file's name has in it; tracebacks keep theirs."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = " ".join(record.message.splitlines())
        return super().formatMessage(record)


@contextlib.contextmanager
def logged(file: Path, level: str) -> Iterator[None]:
    """Append to `file` and show on the console what loggers of pixkern say at `level` and above."""
    logger = logging.getLogger("pixkern")
    before = logger.level
    handlers = (logging.FileHandler(file, encoding="utf-8", errors="backslashreplace"), _Console())
    for handler in handlers:
        handler.setLevel(level)
        handler.setFormatter(_OneLine(_FORM))
        logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
