"""Chart: the local plan, the common plan and the current range side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.report import theme
from planner.outputs.report.amounts import in_money, number, signed_share
from planner.outputs.report.charts import Chart, Table, figure, plain
from planner.outputs.report.scope import Scope
from planner.outputs.report.tiles import PLAN_WORDS, PLANS, Measure, measures, totals

_GAIN = {True: "margin_week", False: "sold_units_week"}


def plans_chart(scope: Scope) -> Chart | None:
    """Two groups of bars: what the plan earns (or sells) and what it wastes."""
    contents, stamp = scope.contents, scope.contents.stamp
    table = totals(contents)
    shown = {measure.column: measure for measure in measures(stamp, len(contents.stores))}
    gain, waste = shown[_GAIN[in_money(stamp)]], shown["waste_units_week"]
    known = [plan for plan in PLANS if plan in table.index]
    if "local" not in known:
        return None
    places = (("", [0.56, 1.0], gain), ("2", [0.0, 0.44], waste))
    layout: dict[str, Any] = {
        "height": 60 + 2 * (46 + 30 * len(known)),
        "margin": {"t": 24, "b": 8, "r": 12, "l": 8},
        "bargap": 0.28,
        "annotations": [_heading(measure, domain[1]) for _, domain, measure in places],
    }
    for axis, domain, _ in places:
        layout[f"yaxis{axis}"] = {"domain": domain, "autorange": "reversed", "showgrid": False}
        layout[f"xaxis{axis}"] = {
            "anchor": f"y{axis}",
            "showticklabels": False,
            "showgrid": False,
            "rangemode": "tozero",
        }
    drawn = figure(
        [_bars(table, measure, known, scope, axis) for axis, _, measure in places], layout
    )
    return Chart(
        id="chart-plans",
        finding=_finding(table, gain, stamp),
        caption="All three plans are measured with the same demand model.",
        figure=drawn,
        key=[],
        table=_table(table, known, scope),
    )


def _heading(measure: Measure, top: float) -> dict[str, Any]:
    return {
        "x": 0,
        "xref": "paper",
        "y": top,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "text": f"<b>{plain(measure.label)}</b>, {plain(measure.unit)}",
        "showarrow": False,
        "font": {"color": theme.MUTED, "size": 12},
    }


def _bars(
    table: pd.DataFrame, measure: Measure, plans: list[str], scope: Scope, axis: str
) -> dict[str, Any]:
    stamp = scope.contents.stamp
    values = [number(table.at[plan, measure.column]) for plan in plans]
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": [PLAN_WORDS[plan] for plan in plans],
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "marker": {"color": [theme.PLAN_COLOUR[plan] for plan in plans]},
        "text": [measure.write(value, stamp) for value in values],
        "textposition": "auto",
        "insidetextfont": {"color": theme.ON_DEEP},
        "insidetextanchor": "end",
        "hoverinfo": "skip",
    }


def _finding(table: pd.DataFrame, gain: Measure, stamp: Stamp) -> str:
    words = []
    other = "current" if "current" in table.index else "common"
    if other not in table.index:
        return "What the plan earns and wastes"
    for column, label in ((gain.column, gain.label.lower()), ("waste_units_week", "waste")):
        local, before = number(table.at["local", column]), number(table.at[other, column])
        if pd.notna(local) and pd.notna(before) and before != 0:
            words.append(f"{label} {signed_share((local - before) / abs(before), stamp)}")
    against = PLAN_WORDS[other].lower()
    return f"Against the {against}: {', '.join(words) or 'not known for every store'}"


def _table(table: pd.DataFrame, plans: list[str], scope: Scope) -> Table:
    stamp = scope.contents.stamp
    rows = [
        [
            measure.label,
            measure.unit,
            *(measure.write(number(table.at[plan, measure.column]), stamp) for plan in plans),
        ]
        for measure in measures(stamp, len(scope.contents.stores))
    ]
    columns = ["Figure", "Unit", *(PLAN_WORDS[plan] for plan in plans)]
    return Table("The three plans", columns, rows, texts=1)
