"""Photos for `pixkern demo`; sources and licences are in LICENSES.md."""

from __future__ import annotations

from importlib.resources import files

_BOARDS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "11", "12", "13", "14")


def boards() -> dict[str, bytes]:
    """13 photos of one checkerboard of 9 x 6 inner corners, 640 x 480, by name: JPEG files."""
    return {name: photo(name) for name in (f"left{number}.jpg" for number in _BOARDS)}


def photo(name: str) -> bytes:
    """One of the shipped photos: "building.jpg", 868 x 600, "astronaut.webp", 512 x 512, or a board.

    Examples
    --------
    >>> photo("building.jpg")[:2]
    b'\\xff\\xd8'
    """
    return files(__name__).joinpath(name).read_bytes()
