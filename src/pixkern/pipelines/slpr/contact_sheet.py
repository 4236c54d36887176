"""The page that shows a run: one HTML file beside the folders of its cases, without scripts."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .config import Asset, Config, RenderConfig

__all__ = ["contact_sheet"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 88rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
section { border-top: 1px solid #8886; padding: 1rem 0 1.4rem; }
.strip { display: flex; flex-wrap: wrap; gap: .8rem 1rem; align-items: flex-start; }
figure { margin: 0; max-width: 20rem; } figure.plot { max-width: 36rem; }
img { display: block; max-width: 100%; height: auto; } figure.plot img { background: #fff; }
figcaption { font-size: .85rem; padding: .2rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .2rem 0; } caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { padding: .15rem .8rem .15rem 0; border-bottom: 1px solid #8884; text-align: right; }
th:first-child, td:first-child { text-align: left; } td { font-variant-numeric: tabular-nums; }
p { margin: .3rem 0; } .failed { color: #c22; } nav { columns: 16rem; }
@media (prefers-color-scheme: dark) { .failed { color: #f77; } }
"""


def contact_sheet(folder: str | os.PathLike[str], config: Config, records: Mapping[str, Mapping[str, Any]]) -> str:
    """The page of a run as HTML.

    Parameters
    ----------
    folder : path-like
        The output folder, where the reasons of failed cases are read.
    config : Config
        Of the run: which cases there are, and in which order.
    records : mapping
        Of the cases that are done, by "asset/config": see `pixkern.pipelines.slpr.case.run_case`.

    Returns
    -------
    str
        To be written into `folder`: pictures are linked by relative paths. Names and reasons are escaped, for they
        come from files that anybody may have made. The same text for the same records: times are linked, not shown.
    """
    folder = Path(folder)
    failures = _failures(folder)
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Stochastic pyramid renders</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>Stochastic pyramid renders: {_counted(len(config.assets), 'asset')}, "
        f"{_counted(len(config.configs), 'configuration')}</h1>",
        f"<p>{_settings(config)}</p>",
        *_overview(config, records),
    ]
    for number, (asset, law) in enumerate(_cases(config)):
        key = f"{asset.name}/{law.name}"
        parts.append(f'<section id="case{number}">\n<h2>{escape(key)}</h2>')
        parts.append(f"<p>{_law(law)}</p>")
        if key in records:
            parts += _case(folder, key, records[key])
        else:
            parts.append(f'<p class="failed">{escape(failures.get(key, "not rendered"))}</p>')
        parts.append("</section>")
    parts.append("</body>\n</html>\n")
    return "\n".join(parts)


def _cases(config: Config) -> Iterable[tuple[Asset, RenderConfig]]:
    return ((asset, law) for asset in config.assets for law in config.configs)


def _settings(config: Config) -> str:
    settings = config.settings
    zooms = ", ".join(f"{zoom} %" for zoom in settings.zoom_levels)
    facts = [
        f"Averages of {_counted(settings.samples_per_render, 'sample')}",
        f"zoom {zooms}",
        f"colour mode {settings.color_mode}",
        f"seed {settings.seed}",
    ]
    return f"{escape('; '.join(facts))}. Pictures open at full size."


def _overview(config: Config, records: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """One row for each case."""
    rows = []
    for number, (asset, law) in enumerate(_cases(config)):
        record = records.get(f"{asset.name}/{law.name}")
        name = f'<a href="#case{number}">{escape(f"{asset.name}/{law.name}")}</a>'
        if record is None:
            rows.append([name, '<span class="failed">not rendered</span>', "", "", "", ""])
        else:
            fidelity = record["at_100_percent"]
            average, limit = fidelity["average"], fidelity["expectation"]
            deviation, slope = record["variance"]["rms_deviation"], record["convergence"]["slope"]
            rows.append([name, _psnr(average), _ssim(average), _psnr(limit), f"{deviation:.4g}", _number(slope, ".3f")])
    heads = ("case", "average: PSNR", "SSIM", "expectation: PSNR", "deviation of a sample, rms", "slope")
    yield _table("At 100 %, against the input", heads, rows)


def _law(law: RenderConfig) -> str:
    fields = ((field.name, getattr(law, field.name)) for field in dataclasses.fields(law) if field.name != "name")
    return escape(", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in fields))


def _plain(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(_plain, value))
    return "1" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _case(folder: Path, key: str, record: Mapping[str, Any]) -> Iterable[str]:
    width, height = record["size"]
    alpha = ", laid over white where it is not opaque" if record["alpha"] == "over white" else ""
    yield f"<p>{width} × {height} pixels{alpha}; seed of this case {record['seed']}</p>"
    plots = [picture for picture in record["pictures"] if picture["shows"] == "plot"]
    yield '<div class="strip">'
    yield from (_figure(picture) for picture in record["pictures"] if picture["shows"] != "plot")
    yield '</div>\n<div class="strip">'
    yield from (_figure(picture) for picture in plots)
    yield "<div>"
    yield _measures(record)
    yield _convergence(record["convergence"])
    links = {"metrics.json": "metrics", "timings.json": "timings"}
    there = [(name, text) for name, text in links.items() if (folder / key / name).exists()]
    yield f"<p>{' '.join(_link(f'{key}/{name}', text) for name, text in there)}</p></div>\n</div>"


def _figure(picture: Mapping[str, Any]) -> str:
    width, height = picture["size"]
    cut = picture["shows"] == "centre" and picture["thumbnail"] != picture["file"]
    caption = f"{picture['title']}; {width} × {height}{', its centre' if cut else ''}"
    image = f'<img loading="lazy" src="{_url(picture["thumbnail"])}" alt="{escape(picture["title"])}">'
    return (
        f'<figure class="{escape(picture["shows"])}"><a href="{_url(picture["file"])}">{image}</a>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _measures(record: Mapping[str, Any]) -> str:
    rows = [
        [name, _number(values["mse"], ".4g"), _psnr(values), _ssim(values)]
        for name, values in record["at_100_percent"].items()
    ]
    return _table("Against the input, 100 %", ("", "MSE", "PSNR", "SSIM"), rows)


def _convergence(series: Mapping[str, Any]) -> str:
    rows = [
        [str(count), f"{rms:.4g}", f"{predicted:.4g}"]
        for count, rms, predicted in zip(series["samples"], series["rms"], series["predicted"], strict=True)
    ]
    caption = f"Deviation from the expectation, rms; slope {_number(series['slope'], '.3f')}"
    return _table(caption, ("samples", "measured", "predicted"), rows)


def _failures(folder: Path) -> dict[str, str]:
    """Reasons by case, as the batch has written them."""
    try:
        lines = [json.loads(line) for line in (folder / "failures.jsonl").read_text().splitlines() if line]
        return {line["key"]: f"failed: {line['error']}: {line['message']}" for line in lines}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` are HTML."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption>\n<tr>{head}</tr>\n{body}\n</table>"


def _psnr(values: Mapping[str, float | None]) -> str:
    return "equal" if values["mse"] == 0 else _number(values["psnr"], ".2f", " dB")


def _ssim(values: Mapping[str, float | None]) -> str:
    return _number(values["ssim"], ".4f")


def _number(value: float | None, layout: str, unit: str = "") -> str:
    return "–" if value is None else f"{value:{layout}}{unit}"


def _url(path: str) -> str:
    return escape(quote(path))


def _link(path: str, text: str) -> str:
    return f'<a href="{_url(path)}">{escape(text)}</a>'


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
