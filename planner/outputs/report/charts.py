"""The charts of the report: each with a finding for a title and the table behind it.

Plotly reads a small markup out of any text that it draws; every name goes through ``plain``
so that it is drawn as it is written.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from planner.outputs.report import theme

SHORT = 24
"""Letters of a name that fit beside a chart on a phone."""


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
class Key:
    """One entry of a chart's key."""

    colour: str
    shape: str
    words: str


@dataclass(frozen=True)
class Chart:
    """A chart of a page: Plotly's JSON, and the finding as its title and text alternative."""

    id: str
    finding: str
    caption: str
    figure: dict[str, Any]
    key: list[Key]
    table: Table
    min_width: int = 0
    """Pixels; on a narrower screen the chart scrolls inside its box."""


def plain(text: str) -> str:
    """Text that Plotly draws as written."""
    return html.escape(text, quote=False)


def short(text: str, most: int = SHORT) -> str:
    """A name cut to what fits beside a chart, safe for Plotly."""
    return plain(text if len(text) <= most else f"{text[: most - 1].rstrip()}…")


def different(names: list[str], most: int = SHORT) -> list[str]:
    """Names cut short that still differ: an axis would draw equal ones on top of each other."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        cut = short(name, most)
        seen[cut] = seen.get(cut, 0) + 1
        result.append(cut if seen[cut] == 1 else f"{cut} ({seen[cut]})")
    return result


def figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> dict[str, Any]:
    """Plotly's JSON of traces and layout in the theme of the report.

    Raises ``ValueError`` on a property that Plotly does not know.
    """
    content = {"data": traces, "layout": {"template": theme.TEMPLATE, **layout}}
    drawn: Any = go.Figure(content)  # type: ignore[attr-defined,no-untyped-call]
    made: dict[str, Any] = json.loads(drawn.to_json())
    return made
