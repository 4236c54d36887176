"""GIFs with exactly the colours of their frames.

OpenCV's encoder chooses a palette for each frame, and puts colours that are close to each other one code off. So it is
given other colours, far from each other, one for each of ours, and the palettes in the file are written over.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_COLOURS = 255  # the last entry is for transparent pixels

_STAND_INS = np.stack(np.meshgrid(np.arange(8) * 32, np.arange(8) * 32, np.arange(4) * 64, indexing="ij"), -1)
_STAND_INS = (_STAND_INS.reshape(-1, 3) + 16).astype(np.uint8)  # no two in one eighth of an axis of the encoder's tree


def stand_ins(frames: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray] | None:
    """Frames in other colours, and the colour (n, 3) of each of these; None if there are too many.

    Frames are (H, W, 3) or (H, W, 4); pixels of alpha 0 have no colour.
    """
    codes = [_codes(frame) for frame in frames]
    used: np.ndarray = np.empty(0, np.uint32)
    for code, frame in zip(codes, frames, strict=True):
        shown = code if frame.shape[2] == 3 else code[frame[..., 3] > 0]
        used = np.union1d(used, shown)
        if len(used) > MOST_COLOURS:
            return None
    painted = []
    for code, frame in zip(codes, frames, strict=True):
        other = frame.copy()
        other[..., :3] = _STAND_INS[np.searchsorted(used, code).clip(0, MOST_COLOURS)]
        if frame.shape[2] == 4:
            other[frame[..., 3] == 0] = 0
        painted.append(other)
    return painted, np.stack([used >> 16, used >> 8 & 255, used & 255], -1).astype(np.uint8)


def recoloured(data: bytes, colours: np.ndarray) -> bytes:
    """A whole GIF whose tables have `colours` for their stand-ins."""
    file = bytearray(data)
    known = {tuple(stand_in): bytes(colour) for stand_in, colour in zip(_STAND_INS.tolist(), colours, strict=False)}

    def replace(at: int, flags: int) -> int:
        """The table that begins at `at`, if there is one; returns its end."""
        end = at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        for entry in range(at, end, 3):
            file[entry : entry + 3] = known.get(tuple(file[entry : entry + 3]), file[entry : entry + 3])
        return end

    at = replace(13, file[10])
    while file[at] != 0x3B:
        at = at + 2 if file[at] == 0x21 else replace(at + 10, file[at + 9]) + 1
        while file[at]:
            at += 1 + file[at]
        at += 1
    return bytes(file)


def _codes(frame: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(frame[..., :3].astype(np.uint32), 2, 0)
    return red << 16 | green << 8 | blue
