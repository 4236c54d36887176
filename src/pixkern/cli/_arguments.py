"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse


def percentage(text: str) -> int:
    """A whole number from 1 to 100."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 100, got {text!r}")
    return int(text)


def suffix(text: str) -> str:
    """The end of a file's name, with its dot."""
    if not (text.startswith(".") and len(text) > 1):
        raise argparse.ArgumentTypeError(f"must be the end of a name with its dot, such as .png, got {text!r}")
    return text


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not (text.isascii() and text.isdecimal() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)
