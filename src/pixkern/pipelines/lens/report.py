"""The page that shows what a directory run did: one file, no scripts, the same bytes for the same work."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np

from pixkern.pipelines.files import encode_image

from .colour import as_rgb, has_alpha

REPORT = "report.html"
_THUMBNAIL_SIDE = 320  # pixels of the longer side: straight or not is seen, and a page of 500 stays below 20 MB
_GAP = 8  # pixels between before and after
_MOST_EMBEDDED = 500  # pictures inside the page; those after are read from their files
_QUALITY = 80
_BEHIND = 0.75  # grey that shows through where there is alpha

_MEANING = {
    "hybrid": "lens and residual",
    "param_only": "the lens",
    "param_only_conservative": "a part of the lens, as much as is safe",
    "identity": "unchanged",
}

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
article { display: grid; grid-template-columns: minmax(0, 41rem) 1fr; gap: 1rem; padding: 1rem 0;
  border-top: 1px solid #8886; }
@media (max-width: 60rem) { article { grid-template-columns: 1fr; } }
img { max-width: 100%; height: auto; display: block; }
figure { margin: 0; } figcaption { display: flex; font-size: .85rem; } figcaption span { flex: 1; }
.status { font-weight: 600; } .identity { color: #777; } .failed { color: #c22; }
ul { margin: .3rem 0; padding-left: 1.2rem; } p { margin: .3rem 0; }
"""


def thumbnail(before: np.ndarray, after: np.ndarray) -> bytes:
    """Two photos side by side, small, as a JPEG file.

    Parameters
    ----------
    before, after : (H, W) or (H, W, C), uint8, uint16 or float32
        Alpha shows grey.
    """
    left, right = _small(before), _small(after)
    rows = max(left.shape[0], right.shape[0])
    gap = np.full((rows, _GAP, 3), 255, np.uint8)
    parts = [np.pad(part, ((0, rows - part.shape[0]), (0, 0), (0, 0)), constant_values=255) for part in (left, right)]
    return encode_image(np.hstack([parts[0], gap, parts[1]]), ".jpg", quality=_QUALITY)


def report_page(
    records: Mapping[str, Mapping[str, Any]], failed: Mapping[str, str], read: Callable[[str], bytes]
) -> str:
    """The page as HTML.

    Parameters
    ----------
    records : mapping
        Of `correct_directory`, by the photo's name.
    failed : mapping of str to str
        Reasons, by the photo's name.
    read : function
        From the name of a written file to its bytes.

    Returns
    -------
    str
        Names and reasons are escaped; they come from files that anybody may have made.
    """
    counts = Counter(record["status"] for record in records.values())
    told = [f"{counts[status]} {status} ({_MEANING[status]})" for status in _MEANING if counts[status]]
    if failed:
        told.append(f"{len(failed)} failed")
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Lens correction</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>Lens correction of {_counted(len(records) + len(failed), 'photo')}</h1>",
        f"<p>{escape('; '.join(told))}.</p>",
    ]
    parts += [_failure(name, reason) for name, reason in sorted(failed.items())]
    for count, (name, record) in enumerate(sorted(records.items())):
        parts.append(_photo(name, record, read if count < _MOST_EMBEDDED else None))
    parts.append("</body>\n</html>\n")
    return "\n".join(parts)


def _photo(name: str, record: Mapping[str, Any], read: Callable[[str], bytes] | None) -> str:
    status = record["status"]
    width, height = record["size"]
    facts = [f"{width} × {height}, lens from {record['source']}"]
    if status != "identity":
        facts.append(f"moved by {record['displacement_mean_px']:.1f} px on average, zoom {record['zoom']:.4f}")
    before, after = record["straightness_before_px"], record["straightness_after_px"]
    if before is not None and after is not None:
        facts.append(f"lines off by {before:.2f} px before, {after:.2f} px with the estimate")
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in record["reasons"])
    picture = record["thumbnail"]
    source = f"data:image/jpeg;base64,{b64encode(read(picture)).decode()}" if read else quote(picture)
    return (
        f'<article>\n<figure><img loading="lazy" src="{escape(source)}" alt="before and after: {escape(name)}">'
        "<figcaption><span>before</span><span>after</span></figcaption></figure>\n"
        f'<div><h2>{escape(name)}</h2><p class="status {escape(status)}">{escape(status)}: {_MEANING[status]}</p>'
        f"{''.join(f'<p>{escape(fact)}</p>' for fact in facts)}"
        f"{f'<ul>{reasons}</ul>' if reasons else ''}"
        f'<p><a href="{escape(quote(record["output"]))}">photo</a> '
        f'<a href="{escape(quote(record["metadata"]))}">metadata</a></p></div>\n</article>'
    )


def _failure(name: str, reason: str) -> str:
    return (
        "<article>\n<div></div>\n<div>"
        f'<h2>{escape(name)}</h2><p class="status failed">failed</p><p>{escape(reason)}</p></div>\n</article>'
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _small(image: np.ndarray) -> np.ndarray:
    """The photo as a small RGB picture of 8 bits; floats are taken to be in [0, 1]."""
    rows, cols = image.shape[:2]
    factor = min(1.0, _THUMBNAIL_SIDE / max(rows, cols))
    size = (max(1, round(cols * factor)), max(1, round(rows * factor)))
    full = float(np.iinfo(image.dtype).max) if image.dtype.kind == "u" else 1.0
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).reshape(*size[::-1], -1) / full
    colours = as_rgb(small)
    if has_alpha(small):
        colours = colours * small[..., -1:] + _BEHIND * (1 - small[..., -1:])
    return np.rint(np.clip(np.nan_to_num(colours), 0, 1) * 255).astype(np.uint8)
