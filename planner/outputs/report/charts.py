"""What the charts of the report are made of: a finding for a title, a drawing, the table behind it.

Plotly reads a small markup out of any text that it draws. ``figure`` is the one place where names
are made safe: every text of a drawing is drawn as it is written, but for the markup that charts
put there themselves as ``Markup`` (which makes safe whatever is put into it).
"""

from __future__ import annotations

import html
import math
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from planner.outputs.report import theme

SHORT = 24
"""Letters of a name that fit beside a chart on a phone."""
HOVER_LETTERS = 42
"""Letters of a line of a hover box that fit on a phone."""
MOST_READ, MOST_HEADS = 12, 6
"""Rows and columns of a chart's table that a screen reader is told at once; the table has all."""


@dataclass(frozen=True)
class Table:
    """The figures behind a chart; the first column names the row, the rest are as written."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    texts: int = 0
    """How many columns after the first hold words (the others hold numbers)."""
    frame: pd.DataFrame | None = None
    """The same figures raw, columns named as in the run's tables: what the page saves as CSV.
    Left out, the cells are saved as written."""


@dataclass(frozen=True)
class Column:
    """A column of a table: how it is called on the page and in the run's tables, what it holds,
    and how that is written (left out: words, as they are). ``words``: it is no figure."""

    head: str
    name: str
    values: Iterable[Any]
    write: Callable[[Any], str] | None = None
    words: bool = False


def table(caption: str, columns: Sequence[Column]) -> Table:
    """A table of which every figure is written from the one that is saved; the first columns
    hold words."""
    held = [list(column.values) for column in columns]
    written = [
        [column.write(value) if column.write else str(value) for value in values]
        for column, values in zip(columns, held, strict=True)
    ]
    return Table(
        caption,
        [column.head for column in columns],
        [list(row) for row in zip(*written, strict=True)],
        next((k for k, c in enumerate(columns) if c.write and not c.words), len(columns)) - 1,
        pd.DataFrame({c.name: values for c, values in zip(columns, held, strict=True)}),
    )


@dataclass(frozen=True)
class Key:
    """One entry of a chart's key."""

    colour: str
    shape: str
    words: str


@dataclass(frozen=True)
class Chart:
    """A chart of a page: Plotly's JSON, and the finding as its title."""

    id: str
    finding: str
    caption: str
    figure: dict[str, Any]
    key: list[Key]
    table: Table
    min_width: int = 0
    """Pixels; on a narrower screen the chart scrolls inside its box."""

    @property
    def alternative(self) -> str:
        """What a screen reader reads in place of the drawing: the finding and its numbers."""
        heads = self.table.columns[1 : 1 + MOST_HEADS]
        lines = [
            f"{name}: "
            + ", ".join(f"{head} {text}" for head, text in zip(heads, rest, strict=False) if text)
            for name, *rest in self.table.rows[:MOST_READ]
        ]
        unread = len(self.table.rows) - len(lines)
        more = f"; {unread} more in the table below" if unread else ""
        return f"{self.finding}. {self.caption} {'; '.join(lines)}{more}."


@dataclass(frozen=True)
class Lack:
    """What a section does without, and why, in one sentence; ``table``: what is known instead."""

    id: str
    why: str
    table: Table | None = None


def letters(text: str) -> int:
    """Width of a text in Latin letters: those of Chinese, Japanese and Korean count twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def short(text: str, most: int = SHORT) -> str:
    """A name cut to what fits beside a chart."""
    text = " ".join(text.split())
    if letters(text) <= most:
        return text
    while letters(text) > most - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def different(names: list[str], most: int = SHORT) -> list[str]:
    """Names cut short that still differ: an axis would draw equal ones on top of each other."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        cut = short(name, most)
        seen[cut] = seen.get(cut, 0) + 1
        result.append(cut if seen[cut] == 1 else f"{cut} ({seen[cut]})")
    return result


def hover(*texts: str) -> Markup:
    """Lines of a hover box, long ones broken so that they fit on a phone."""
    broken = [part for text in texts for part in textwrap.wrap(text, HOVER_LETTERS) or [""]]
    return lines(*broken)


def lines(*texts: str) -> Markup:
    """Texts one under the other."""
    return Markup("<br>").join(texts)


def bold(text: str, rest: str = "") -> Markup:
    """A text in bold letters, and what follows it."""
    return Markup("<b>{}</b>{}").format(text, rest)


def above(place: float, text: str, colour: str = theme.INK) -> dict[str, Any]:
    """A row's name in a line of its own over the row: long names need no room beside the chart."""
    return {
        "x": 0,
        "xref": "paper",
        "y": place,
        "yref": "y",
        "xanchor": "left",
        "yanchor": "middle",
        "text": text,
        "showarrow": False,
        "align": "left",
        "font": {"color": colour, "size": 12},
    }


def at_right(place: float, text: str, colour: str = theme.INK) -> dict[str, Any]:
    """A row's figure at the right edge of the chart."""
    return above(place, text, colour) | {"x": 1, "xanchor": "right", "align": "right"}


def upright(x: float, colour: str = theme.INK, dash: str = "solid") -> dict[str, Any]:
    """A line across all rows, where ``x`` is."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.5, "dash": dash},
        "layer": "below",
    }


def figure(
    traces: list[dict[str, Any]],
    layout: dict[str, Any],
    narrow: dict[str, Any] | None = None,
    narrow_traces: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Plotly's JSON of traces and layout in the theme of the report.

    ``narrow`` and ``narrow_traces``: what of the layout and of each trace is otherwise on a phone.
    """
    made: dict[str, Any] = {
        "data": traces,
        "layout": {"template": theme.TEMPLATE, **layout},
    }
    if narrow:
        made["narrow"] = {"layout": narrow, "data": narrow_traces or []}
    drawn: dict[str, Any] = as_written(made)
    return drawn


def as_written(node: Any) -> Any:
    """The same drawing as JSON knows it, every text such that Plotly draws it as it is written."""
    if isinstance(node, Markup):
        return str(node)
    if isinstance(node, str):
        return html.escape(node, quote=False)
    if isinstance(node, dict):
        return {key: as_written(child) for key, child in node.items()}
    if isinstance(node, list | tuple):
        return [as_written(child) for child in node]
    if isinstance(node, np.generic):
        node = node.item()
    return None if isinstance(node, float) and math.isnan(node) else node
