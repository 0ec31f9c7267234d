"""The page of a trade-off: what the chain's plan is worth at each value of a key, offline."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs  # type: ignore[attr-defined]


def trade_off_page(table: pd.DataFrame, chain: str, objective: str, unit: str) -> str:
    """One HTML page, plotly.js inside: a curve of objective and bound per key, and the table.

    ``table``: as from ``planner.sweep.trade_off``.
    """
    title = html.escape(f"{chain}: trade-offs")
    parts = []
    for number, (key, rows) in enumerate(table.groupby("key", sort=False)):
        figure = trade_off_curve(rows, str(key), objective, unit)
        parts.append(f"<h2>{html.escape(str(key))}</h2>")
        drawn = figure.to_html(full_html=False, include_plotlyjs=False, div_id=f"curve-{number}")
        parts.append(str(drawn))
        parts.append(rows.drop(columns="key").to_html(index=False, na_rep="", escape=True))
    script = str(get_plotlyjs())  # type: ignore[no-untyped-call]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>body{{font-family:sans-serif;margin:2rem;max-width:70rem}}"
        "table{border-collapse:collapse}td,th{padding:.2rem .6rem;border-bottom:1px solid #ccc;"
        f"text-align:right}}</style><script>{script}</script></head><body><h1>{title}</h1>"
        "<p>No plan is worth more than its bound. Plans are those before items are stood on the "
        "shelves one by one.</p>" + "\n".join(parts) + "</body></html>\n"
    )


def trade_off_curve(rows: pd.DataFrame, key: str, objective: str, unit: str) -> Any:
    """Objective per week, and its bound, over the values of one key; values without a plan are
    left out of the lines and stand in the table."""
    planned = rows[rows["objective_week"].notna()]
    values = pd.to_numeric(planned["value"], errors="coerce")
    across = planned["value"] if values.isna().any() else values
    figure: Any = go.Figure()  # type: ignore[attr-defined,no-untyped-call]
    for column, name, dash in (
        ("bound_week", "bound: no plan is worth more", "dot"),
        ("objective_week", "plan", "solid"),
    ):
        figure.add_scatter(
            x=list(across), y=list(planned[column]), name=name,
            mode="lines+markers", line={"dash": dash},
        )  # fmt: skip
    figure.update_layout(
        xaxis_title=key,
        yaxis_title=f"{objective}, {unit} a week",
        template="plotly_white",
        legend={"orientation": "h", "y": 1.1},
    )
    return figure
