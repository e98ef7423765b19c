"""The report: one page that opens from a disk, and fetches nothing."""

import base64
import io
import json
import math
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from pandas.api import types
from PIL import Image
from plotly.offline import get_plotlyjs

from closerlook.report.bidi import isolates
from closerlook.report.packed import packed, packed_bytes
from closerlook.statistics.power import listed

HERE = Path(__file__).parent
SCRIPTS = ("page", "tables")  # in js/, one after the other; then, where there is an explorer, those of it
EXPLORER = (
    "packed", "style", "run", "items", "plane", "pointing", "distances", "labels", "search", "card", "tabs", "lists",
    "address", "explorer",
)  # fmt: skip
MISSING, MINUS = "–", "−"
SCOPES = {"grid": "In this grid", "beyond": "Beyond it"}
VARIED = {"grid": "seeds", "beyond": "tasks"}  # where nothing varies yet
KINDS = {"supported": "yes", "contradicted": "no", "no effect": "none", "undecided": "open"}  # of verdicts


class Cell(NamedTuple):
    """A cell of a table: what is shown, and the value to sort by and to copy (None where it is missing)."""

    text: str
    value: str | None = None
    spread: str | None = None
    spread_text: str = ""


def page(*, title, summary, answers, notes, data, claims, tables, figures, explorer, missing, making, tasks=()):
    """Write the report of a study.

    Parameters
    ----------
    title, summary : str
        The summary is one sentence.
    answers : list of dict
        As `closerlook.analysis.answers.answers` returns them.
    notes : list of str
        What a reader should know about the whole study.
    data : list of dict
        As `closerlook.report.data.data` returns them.
    claims : DataFrame
        As `closerlook.analysis.claims.claims` returns them. Those that have nothing to compare are only named.
    tables : list of dict
        Each with `id`, `title`, `note`, `frame` for display, `model` and `task` (None: it is about all), and `main`,
        whether it belongs on the first screen. A column `X ±` right after `X` is its spread.
    figures : list of dict
        Each with `id`, `title`, `caption`, `file` (of a PNG, whose `Description` is the alternative text, if it has
        one), `model` and `task`.
    explorer : list of dict
        As `closerlook.report.explorer.explorer` returns them.
    missing : DataFrame or None
        What the study lacks (None where nothing can): `cell`, `step`, `status` (`failed` or `not run`), `reason`.
    making : dict
        `config` (YAML), `versions` (of str to str), `seeds`, `facts` (pairs of str), and `costs`, a DataFrame with a
        row per rule.
    tasks : list of dict
        The single examples of each task, as `closerlook.report.examples` gathers them; none: no example can be read.

    Returns
    -------
    str
        HTML with everything inside: styles, scripts, data, and the figures in 256 colours.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["isolated"] = isolates(_called(data, [*answers, *tables, *figures, *explorer], explorer))
    shown = [_table(**spec) for spec in tables]
    drawn = [_figure(**spec) for spec in figures]
    return environment.get_template("template.html").render(
        title=title, summary=summary, answers=answers, notes=notes, data=data,
        claims=_claims(claims), without=list(dict.fromkeys(claims.statement[claims.n == 0].str.rstrip("."))),
        varied={scope: _varied(claims[claims.scope == scope], first) for scope, first in VARIED.items()},
        main=[t for t in shown if t["main"]],
        tables=_study(t for t in shown if not t["main"]), figures=_study(drawn),
        cell_tables=_cells(t for t in shown if not t["main"]), cell_figures=_cells(drawn),
        models=_names(shown + drawn, "model"), tasks=_names(shown + drawn, "task"),
        runs=[(run, packed(run)) for run in explorer], examples=[(task, packed(task)) for task in tasks],
        counts={} if missing is None or missing.empty else missing.status.value_counts().to_dict(),
        missing=missing is not None and _table("missing-table", "What is missing", None, missing),
        making=making | {"costs": _table("costs-table", "Costs", None, making["costs"])},
        css=_asset("page.css"), plotly=packed_bytes(get_plotlyjs().encode()) if explorer else "",
        js=Markup("\n").join(_asset(f"js/{name}.js") for name in SCRIPTS + EXPLORER * bool(explorer)),
    )  # fmt: skip


def _called(data, items, runs):
    """The names that may stand in sentences: of models and tasks, and of labels."""
    yield from (item[key] for item in items for key in ("model", "task") if item.get(key))
    yield from (label["name"] for task in data for label in task["labels"])
    yield from (name for run in runs for name in run["labels"])


def _asset(name):
    return Markup((HERE / name).read_text(encoding="utf-8"))


def _study(items):
    return [item for item in items if item["model"] is None and item["task"] is None]


def _cells(items):
    return [item for item in items if item["model"] is not None or item["task"] is not None]


def _names(items, key):
    """The models or tasks that something is about, in order, without those of the first screen."""
    return list(dict.fromkeys(item[key] for item in items if item[key] is not None and not item["main"]))


def _varied(claims, first):
    """What the verdicts of a scope are about other levels of, in words; `first` where they are about nothing yet."""
    names = dict.fromkeys(name for over in claims.over.dropna() for name in over.split(", ") if name)
    return listed(names or [first])


def _claims(table):
    """What the template needs of the claims that have something to compare."""
    rows = table[table.n > 0] if len(table) else table
    return [_claim(each.to_dict("records")) for _, each in rows.groupby("claim", sort=False)]


def _claim(rows):
    """A claim: what its scopes share, and what each says of it."""
    first = rows[0]
    ends = pd.Series([first["effect"], *(row[end] for row in rows for end in ("ci_low", "ci_high"))], dtype=float)
    digits, reach = _digits(ends.dropna()), 1.08 * ends.abs().max() or 1
    return first | {
        "effect": _signed(first["effect"], digits),
        "strip": _known(first["effect"]) and {"effect": _place(first["effect"], reach)},
        "share": f"{100 * first['share']:.0f} %" if _known(first["share"]) else MISSING,
        "smallest": f"{first['smallest']:g}" if _known(first.get("smallest")) else None,
        "exceptions": _list(first["exceptions"]),
        "undefined": _list(first.get("undefined")),
        "scopes": [_scope(row, digits, reach) for row in rows],
    }


def _scope(row, digits, reach):
    low, high = (_signed(row[end], digits) for end in ("ci_low", "ci_high"))
    known = MISSING not in (low, high)
    at = [_place(row[end] if known else row["effect"], reach) for end in ("ci_low", "ci_high")]
    return {
        "scope": row["scope"],
        "name": SCOPES[row["scope"]],
        "kind": KINDS[row["verdict"]],
        "verdict": row["verdict"],
        "over": row["over"] if isinstance(row["over"], str) else "",
        "decides": row["decides"] if isinstance(row.get("decides"), str) else None,
        "interval": f"{low} to {high}" if known else None,
        "strip": {"low": at[0], "width": round(at[1] - at[0], 2)},
        "d": _signed(row["d"], 2) if _known(row["d"]) else None,
        "p": _probability(row["p"]),
        "p_adjusted": _probability(row["p_adjusted"]),
        "p_flips": _probability(row["p_flips"]) if _known(row.get("p_flips")) else None,
    }


def _place(value, reach):
    """Where a value lies, in per cent of a strip that has zero in its middle."""
    return round(50 + 50 * value / reach, 2) if _known(value) else 50


def _list(cell):
    """A list that a table holds, as it is or as JSON."""
    if isinstance(cell, str):
        return json.loads(cell) if cell.startswith("[") else [cell]
    return cell if isinstance(cell, list) else []


def _known(value):
    return not (types.is_scalar(value) and pd.isna(value))


def _signed(value, digits):
    """A number with its sign."""
    if not _known(value):
        return MISSING
    return ("+" if value > 0 else "") + _number(value, digits)


def _probability(p):
    """A p value."""
    if not _known(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def _table(id, title, note, frame, model=None, task=None, main=False):
    """What the template needs of a table: rows of cells, and columns; `spread` is the characters to leave for it."""
    columns = []
    for name in frame.columns:
        cells, before = _column(frame[name]), columns[-1] if columns else None
        if before and name == f"{before['name']} ±":
            before["cells"] = [_spread(*pair) for pair in zip(before["cells"], cells)]
            before["spread"] = 3 + max(len(cell.spread_text) for cell in before["cells"]) if len(cells) else 3
        else:
            columns.append({"name": name, "numeric": _numbers(frame[name]) is not None, "cells": cells, "spread": 0})
    rows = list(zip(*(column["cells"] for column in columns)))
    return {"id": id, "title": title, "note": note, "columns": columns, "rows": rows, "model": model, "task": task,
            "main": main}  # fmt: skip


def _numbers(column):
    """The column as floats; None if it holds anything else, or nothing."""
    if types.is_bool_dtype(column) or not column.notna().any():
        return None
    if types.is_numeric_dtype(column) or all(
        isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in column.dropna()
    ):
        return column.astype(float)
    return None


def _column(column):
    """The cells of a column without spreads."""
    numbers = _numbers(column)
    if numbers is None:
        return [Cell(_text(v), _text(v)) if _known(v) else Cell(MISSING) for v in column]
    digits = _digits(numbers)
    return [Cell(_number(v, digits), f"{v:.10g}".replace("inf", "Infinity")) if _known(v) else Cell(MISSING)
            for v in numbers]  # fmt: skip


def _spread(cell, spread):
    """A cell with its spread, which is shown with as many digits as the value, and only beside one."""
    if cell.value is None or spread.value in (None, "Infinity") or "e" in cell.text:
        return cell._replace(spread=spread.value)
    size = float(spread.value)
    digits = len(cell.text.partition(".")[2]) or int(size != round(size))
    text = f"{size:.{digits}f}"
    return cell._replace(spread=spread.value, spread_text=text if float(text) or not size else f"{size:.1g}")


def _text(value):
    return {True: "yes", False: "no"}[bool(value)] if isinstance(value, (bool, np.bool_)) else str(value)


def _digits(numbers):
    """Decimals that show a column to about three digits; none where all are whole."""
    finite = numbers[np.isfinite(numbers)]
    if not len(finite) or (finite == finite.round()).all():
        return 0
    size = finite.abs().max()
    return 1 if size >= 100 else 2 if size >= 1 else min(4, 2 - math.floor(math.log10(size)))


def _number(value, digits):
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{digits}f}"
    if value and not float(text):
        text = f"{value:.1e}"
    return text.replace("-", MINUS)


def _figure(id, title, caption, file, model=None, task=None):
    data, (width, height), alt = _png(file)
    source = "data:image/png;base64," + base64.b64encode(data).decode()
    return {"id": id, "title": title, "caption": caption, "alt": alt or caption, "source": source, "width": width,
            "height": height, "model": model, "task": task, "main": False}  # fmt: skip


def _png(file):
    """The bytes of a figure, in 256 colours if that makes it smaller, its size, and its alternative text, if any."""
    whole = Path(file).read_bytes()
    with Image.open(io.BytesIO(whole)) as image:
        alt = image.info.get("Description")
        flat = Image.new("RGB", image.size, "white")
        rgba = image.convert("RGBA")
        flat.paste(rgba, mask=rgba.getchannel("A"))
    out = io.BytesIO()
    few = flat.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)  # dots would blur lines and letters
    few.save(out, "PNG", optimize=True)
    return min(whole, out.getvalue(), key=len), flat.size, alt
