"""What goes wrong in a World, one type each, so that programs can tell one from another."""

from __future__ import annotations


class StaleTensorError(ValueError):
    """A handle from before the arena's last reset: its memory belongs to somebody else now."""


class UnknownEntityError(LookupError):
    """No such entity: never made by this World, or forgotten by `World.clear`."""


class MissingComponentError(LookupError):
    """An entity lacks a component that was asked for, or that a system needs."""


class DecodeError(ValueError):
    """Bytes that are no bitstream of the kind expected: truncated, damaged, or of another format."""
