"""Bytes, numbers and names as they stand in files written by others: nothing is trusted, nothing is guessed.

Whatever a file holds, reading it ends in a value or in a ValueError that says what is wrong.
"""

from __future__ import annotations

import codecs
import difflib
import math
import os
import re
from collections.abc import Iterable
from typing import Any

MOST_BYTES = 64 * 2**20  # the whole lensfun database is 5 MB
_LONGEST_NUMBER = 1100  # characters; a double written out in full needs 1,077
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read(path: str | os.PathLike[str]) -> bytes:
    """The whole file, if it is not larger than any lens file can be."""
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES >> 20} MB, which no lens file is")
    return data


def decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 with a byte order mark, as text."""
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"not a text file: {error.reason} at byte {error.start + len(mark)}") from None
    if "\0" in text:
        raise ValueError(f"not a text file: a zero byte after {text.index(chr(0))} characters")
    return text


def number(value: Any, name: str) -> float:
    """A finite decimal number from its text."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} must be a finite number, got {shown(value)}")
    result = float(text)
    if not math.isfinite(result):
        raise ValueError(f"{name} is too large for a double: {shown(value)}")
    return result


def whole(value: Any, name: str) -> int:
    """A whole number from 0 to 2**31 - 1 from its text; "640." counts, as old files write it."""
    result = number(value, name)
    if not (0 <= result < 2**31 and result == int(result)):
        raise ValueError(f"{name} must be a whole number from 0 to 2**31 - 1, got {shown(value)}")
    return int(result)


def real(value: float) -> str:
    """The shortest text with a decimal point that reads back as the same double.

    The point matters: parsers of YAML 1.1 take 1e-05 for a word and 1.0e-05 for a number.
    """
    text = repr(float(value))
    return text if "." in text else text.replace("e", ".0e")


def shown(value: Any) -> str:
    """`value` in an error message, cut to a length that can be read."""
    return cut(repr(value), 60)


def cut(text: str, most: int) -> str:
    """`text`, or its beginning."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in an error message."""
    every = list(names)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(shown(name) for name in every[:most]) + rest


def suggestion(name: str, known: Iterable[str], most: int = 5) -> str:
    """ "; did you mean ...?" with the names most like `name`, or nothing."""
    spelled = {each.casefold(): each for each in known}
    wanted = name.casefold()
    near = difflib.get_close_matches(wanted[:200], spelled, n=most, cutoff=0.6)
    near += [each for each in spelled if wanted in each and each not in near]
    return f"; did you mean {listed(spelled[each] for each in near[:most])}?" if near else ""
