r"""Texts in CSV files: one line each, nothing that a spreadsheet takes for a formula, and back again.

A backslash becomes ``\\``; newlines, tabs, other control characters, separators of lines and lone surrogates become
``\n``, ``\r``, ``\t`` or ``\uXXXX``. So a row is one line, and a damaged row costs no other. A text that begins
(after blanks) with one of ``= + - @``, or with an apostrophe, gets an apostrophe in front: spreadsheets show the text
and run nothing.
"""

from __future__ import annotations

import re

_APOSTROPHE = "'"
_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their full-width forms
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BACK = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_TOLD = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|(.?))", re.DOTALL)


def as_cell(text: str) -> str:
    r"""A text as it stands in a cell.

    Examples
    --------
    >>> as_cell("=SUM(A1)"), as_cell("two\nlines")
    ("'=SUM(A1)", 'two\\nlines')
    """
    told = _TOLD.sub(lambda found: _NAMED.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return _APOSTROPHE + told if told.lstrip().startswith((*_FORMULAS, _APOSTROPHE)) else told


def from_cell(cell: str) -> str:
    r"""The text that stands in a cell; ValueError for a backslash that means nothing.

    Examples
    --------
    >>> from_cell(as_cell("-1\n'"))
    "-1\n'"
    """
    return _ESCAPE.sub(_meant, cell.removeprefix(_APOSTROPHE))


def _meant(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    if found[2] not in _BACK:
        raise ValueError(f"{found[0]!r} is no escape; a backslash is written as two")
    return _BACK[found[2]]
