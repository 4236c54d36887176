"""The page that shows a comparison: one file without scripts, everything inside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from .comparison import Comparison
from .pictures import GAIN, Matched
from .summary import MEASURES, BDRate

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .6rem 0; } th, td { padding: .2rem .7rem; border-bottom: 1px solid #8884; }
td { text-align: right; font-variant-numeric: tabular-nums; } th, td:first-child { text-align: left; }
td.text { text-align: left; } .fewer { color: #187a2f; } .more { color: #c22; }
img { max-width: 100%; height: auto; } img.plot { background: #fff; } .failed { color: #c22; }
.strip { display: flex; flex-wrap: wrap; gap: .8rem; } figure { margin: 0; width: 23rem; max-width: 100%; }
figure img { display: block; width: 100%; } img.crop { image-rendering: pixelated; }
figcaption { font-size: .85rem; padding: .2rem 0; }
@media (prefers-color-scheme: dark) { .fewer { color: #6c6; } .more, .failed { color: #f77; } }
"""


def comparison_page(comparison: Comparison, plots: Mapping[str, str], read: Callable[[str], bytes]) -> str:
    """The page as HTML.

    Parameters
    ----------
    comparison : Comparison
    plots : mapping of str to str
        SVG files by their titles, in the order of the page.
    read : function
        From the path of a picture in the output folder to its bytes.

    Returns
    -------
    str
        Names and reasons are escaped; they come from files that anybody may have made.
    """
    images = len({row.image for row in comparison.sweep.rows})
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Rate and distortion</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>Rate and distortion: {images} image{'s' * (images != 1)}</h1>",
        f"<p>{escape('; '.join(f'{name}: {value}' for name, value in comparison.settings.items()))}.</p>",
        *_problems(comparison),
        *_bd_table(comparison),
        *_lossless_table(comparison),
        *_plots(plots),
        *_pictures(comparison, read),
        *_encoders(comparison),
        "<h2>Machine</h2>",
        _table(("", ""), [(name, value) for name, value in comparison.machine.items()], text=True),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _problems(comparison: Comparison) -> Iterable[str]:
    lines = [f"{name} is missing: {reason}" for name, reason in comparison.missing.items()]
    lines += [f"{name} is missing: {reason}" for name, reason in comparison.sweep.unread.items()]
    lines += comparison.sweep.failure_lines
    if lines:
        yield f'<ul class="failed">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def _bd_table(comparison: Comparison) -> Iterable[str]:
    if not comparison.bd_rates or comparison.anchor is None:
        return
    titles = _titles(comparison)
    images = len({row.image for row in comparison.sweep.rows if row.quality is not None})
    yield f"<h2>BD-rate against {escape(titles[comparison.anchor])}</h2>"
    yield (
        "<p>Bits over those of the anchor at the same quality, mean over the images; negative is fewer. The number of "
        "images stands behind a mean that is not over all of them.</p>"
    )
    body = [
        [escape(titles[name]), *(_percent(found[measure], images) for measure in MEASURES)]
        for name, found in comparison.bd_rates.items()
    ]
    yield _table(("", *MEASURES.values()), body, escaped=True)


def _percent(rate: BDRate, images: int) -> str:
    if rate.mean is None:
        reason = next(iter(rate.without.values()), "")
        return f'<span title="{escape(reason)}">none</span>'
    some = "" if len(rate.per_image) == images else f" ({len(rate.per_image)})"
    return f'<span class="{"fewer" if rate.mean < 0 else "more"}">{rate.mean:+.1f} %</span>{some}'


def _lossless_table(comparison: Comparison) -> Iterable[str]:
    if comparison.lossless_sizes:
        titles = _titles(comparison)
        first = titles[comparison.first_lossless or ""]
        yield "<h2>Lossless</h2>"
        yield _table(
            ("", "bits per pixel", f"bytes over {first}"),
            [
                (titles[name], f"{size.bpp:.3f}", f"{size.over_first:+.1f} %")
                for name, size in comparison.lossless_sizes.items()
            ],
        )


def _plots(plots: Mapping[str, str]) -> Iterable[str]:
    if plots:
        yield "<h2>Curves</h2>"
    for title, svg in plots.items():
        source = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
        yield f'<p><img class="plot" src="{source}" alt="{escape(title)}"></p>'


def _pictures(comparison: Comparison, read: Callable[[str], bytes]) -> Iterable[str]:
    if not comparison.sweep.matched or comparison.anchor is None:
        return
    titles = _titles(comparison)
    yield "<h2>Pictures at one size of file</h2>"
    yield (
        "<p>Each encoder at its best quality whose file is no longer than that of "
        f"{escape(titles[comparison.anchor])}. Above: the part of the image with the most detail, enlarged; "
        f"below: the residual of the whole image, {GAIN} times as strong, around mid-grey.</p>"
    )
    for image, matched in comparison.sweep.matched.items():
        pixels = next(row.width * row.height for row in comparison.sweep.rows if row.image == image)
        yield f'<h3>{escape(image)}</h3>\n<div class="strip">'
        original = _picture(read, comparison.sweep.originals[image], "webp", "original", "crop")
        yield f"<figure>{original}<figcaption>original</figcaption></figure>"
        for one in matched:
            yield _figure(one, titles[one.encoder], pixels, read)
        yield "</div>"


def _figure(one: Matched, title: str, pixels: int, read: Callable[[str], bytes]) -> str:
    psnr = "equal" if one.psnr_rgb is None else f"{one.psnr_rgb:.2f} dB"
    told = f"{title}, quality {one.quality:g}: {one.bytes:,} bytes, {8 * one.bytes / pixels:.3f} bpp, {psnr}"
    crop = _picture(read, one.crop, "webp", f"{title}, detail", "crop")
    residual = _picture(read, one.residual, "jpeg", f"{title}, residual", "residual")
    return f"<figure>{crop}<figcaption>{escape(told)}</figcaption>{residual}</figure>"


def _picture(read: Callable[[str], bytes], path: str, kind: str, alt: str, style: str) -> str:
    data = b64encode(read(path)).decode()
    return f'<img class="{style}" loading="lazy" src="data:image/{kind};base64,{data}" alt="{escape(alt)}">'


def _encoders(comparison: Comparison) -> Iterable[str]:
    yield "<h2>Encoders</h2>"
    yield "<p>Speeds are megabytes of RGB per second over all rows of the table, one thread each.</p>"
    speeds = comparison.speeds
    yield _table(
        ("", "name", "encode MB/s", "decode MB/s", "settings", "library"),
        [
            (
                encoder.title,
                encoder.name,
                *(
                    (f"{speeds[encoder.name].encode:.1f}", f"{speeds[encoder.name].decode:.1f}")
                    if encoder.name in speeds
                    else ("", "")
                ),
                encoder.settings,
                encoder.library,
            )
            for encoder in comparison.encoders
        ],
        text=True,
    )


def _titles(comparison: Comparison) -> dict[str, str]:
    return {encoder.name: encoder.title for encoder in comparison.encoders}


def _table(head: Sequence[str], body: Iterable[Sequence[str]], *, escaped: bool = False, text: bool = False) -> str:
    """`text`: cells are words rather than numbers."""
    style = ' class="text"' if text else ""
    rows = [
        "<tr>" + "".join(f"<td{style}>{cell if escaped else escape(cell)}</td>" for cell in cells) + "</tr>"
        for cells in body
    ]
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f"<table><thead><tr>{titles}</tr></thead>\n<tbody>{chr(10).join(rows)}</tbody></table>"
