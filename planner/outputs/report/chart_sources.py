"""Chart: how sure we are, by where the demand estimates come from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.numbers import share, whole
from planner.outputs.report import theme
from planner.outputs.report.charts import Chart, Key, Lack, Table, figure
from planner.outputs.report.scope import Scope

SOURCES = ("history", "mixed", "model")
FITS = 0.08
"""Smallest share whose figure fits into its bar."""
SOURCE_WORDS = {
    "history": "own sales history",
    "mixed": "history and model",
    "model": "model alone",
}


def sources_chart(scope: Scope) -> Chart | Lack:
    """Shares of estimated units by source: of the listed items, kept and new apart."""
    contents, stamp = scope.contents, scope.contents.stamp
    kept = contents.assortment[contents.assortment["listed"].astype(bool)]
    rows = kept[["store_id", "item_id", "status"]].merge(
        contents.demand, on=["store_id", "item_id"], how="inner"
    )
    total = float(rows["demand_units_week"].sum())
    if rows.empty or total <= 0:
        return Lack("chart-sources", "No listed item has an estimate of its demand.")
    groups = {
        "All listed items": rows,
        "Items that stay": rows[rows["status"] != "NEW"],
        "New items": rows[rows["status"] == "NEW"],
    }
    groups = {name: group for name, group in groups.items() if len(group)}
    shares = {name: _shares(group) for name, group in groups.items()}
    drawn = figure(
        [_bars(source, shares, scope) for source in SOURCES],
        {
            "height": 50 + 44 * len(groups),
            "barmode": "stack",
            "uniformtext": {"minsize": 11, "mode": "hide"},
            "bargap": 0.3,
            "margin": {"t": 8, "b": 8, "l": 8, "r": 12},
            "xaxis": {"visible": False, "range": [0, 1]},
            "yaxis": {"autorange": "reversed", "showgrid": False},
        },
    )
    of_all = shares["All listed items"]
    width = _relative_width(rows)
    return Chart(
        id="chart-sources",
        finding=f"{share(float((rows['source'] == 'model').mean()), stamp)} of listed store-item "
        f"pairs rest on the model alone; they are {share(of_all['model'], stamp)} of the planned "
        "units",
        caption="Share of the weekly units estimated."
        + (
            f" For half of the listed items the 80 % interval is within ±{share(width, stamp)} "
            "of the estimate."
            if pd.notna(width)
            else ""
        ),
        figure=drawn,
        key=[Key(source, "square", SOURCE_WORDS[source]) for source in SOURCES],
        table=Table(
            "Listed store-item pairs and their estimated units a week by source of demand",
            ["Items", *(f"{SOURCE_WORDS[s]}: {w}" for s in SOURCES for w in ("pairs", "share"))],
            [
                [
                    name,
                    *(
                        text
                        for source in SOURCES
                        for text in (
                            whole(int((group["source"] == source).sum()), stamp),
                            share(shares[name][source], stamp),
                        )
                    ),
                ]
                for name, group in groups.items()
            ],
            frame=pd.DataFrame(
                [
                    {"items": name}
                    | {f"{s}_pairs": int((group["source"] == s).sum()) for s in SOURCES}
                    | {f"{s}_share_of_units": shares[name][s] for s in SOURCES}
                    for name, group in groups.items()
                ]
            ),
        ),
    )


def new_on_model(scope: Scope) -> str:
    """The share of the estimated units of new items that rests on the model alone, in a sentence;
    empty where no item is new."""
    plan = scope.contents.assortment
    new = plan[plan["listed"].astype(bool) & (plan["status"] == "NEW")][["store_id", "item_id"]]
    rows = new.merge(scope.contents.demand, on=["store_id", "item_id"], how="inner")
    if rows.empty or float(rows["demand_units_week"].sum()) <= 0:
        return ""
    alone = share(_shares(rows)["model"], scope.contents.stamp)
    return (
        f"Of the units estimated for new items, {alone} rest on the model alone: those stores "
        "have hardly sold the items."
    )


def _bars(source: str, shares: dict[str, dict[str, float]], scope: Scope) -> dict[str, Any]:
    stamp = scope.contents.stamp
    of_source = {name: of[source] for name, of in shares.items()}
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(of_source.values()),
        "y": list(of_source),
        "marker": {"color": theme.SOURCE_COLOUR[source]},
        "text": [share(part, stamp) if part >= FITS else "" for part in of_source.values()],
        "textfont": {"color": theme.ON_SOURCE[source]},
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "hovertext": [
            f"{name}: {share(part, stamp)} of units from {SOURCE_WORDS[source]}"
            for name, part in of_source.items()
        ],
        "hoverinfo": "text",
    }


def _shares(rows: pd.DataFrame) -> dict[str, float]:
    total = float(rows["demand_units_week"].sum())
    of = rows.groupby("source")["demand_units_week"].sum()
    return {source: float(of.get(source, 0.0)) / total if total > 0 else 0.0 for source in SOURCES}


def _relative_width(rows: pd.DataFrame) -> float:
    known = rows[rows["demand_units_week"] > 0]
    half = (known["high_units_week"] - known["low_units_week"]) / 2
    return float((half / known["demand_units_week"]).median())
