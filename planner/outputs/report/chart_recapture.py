"""Chart: how much of a missing item's demand others keep, and where that is an assumption."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.numbers import MISSING, share, whole
from planner.outputs.report import theme
from planner.outputs.report.charts import (
    Chart,
    Column,
    Key,
    Lack,
    Table,
    different,
    figure,
    hover,
    table,
)
from planner.outputs.report.scope import Scope

ID = "chart-recapture"
MOST_GROUPS = 16
ESTIMATED = "estimated"


def recapture_chart(scope: Scope) -> Chart | Lack:
    """A mark with its 80 % interval per need group, hollow where it is an assumption."""
    every = scope.contents.recapture
    groups = every[every["items"] > 1]
    if groups.empty:
        return Lack(
            ID,
            "No need group holds more than one item, so no item can take over from another."
            if len(every)
            else "There are no need groups.",
        )
    stamp = scope.contents.stamp
    groups = groups.assign(
        _assumed=groups["source"] != ESTIMATED,
        _units=groups["need_group"].map(_units(scope)).fillna(0.0),
    )
    shown = groups.sort_values(
        ["_assumed", "_units", "need_group"], ascending=[False, False, True]
    ).head(MOST_GROUPS)
    places = list(range(len(shown)))
    assumed = shown["_assumed"].tolist()
    mark = {
        "type": "scatter",
        "mode": "markers",
        "x": shown["recapture_share"].tolist(),
        "y": places,
        "marker": {
            "color": [theme.CURRENT if one else theme.LOCAL for one in assumed],
            "symbol": ["circle-open" if one else "circle" for one in assumed],
            "size": 10,
            "line": {
                "width": 2,
                "color": [theme.CURRENT if one else theme.LOCAL for one in assumed],
            },
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": _reach(shown["high_share"] - shown["recapture_share"]),
            "arrayminus": _reach(shown["recapture_share"] - shown["low_share"]),
            "color": theme.ZERO,
            "thickness": 1.5,
            "width": 0,
        },
        "hovertext": [
            hover(str(row["need_group"]), f"{share(row['recapture_share'], stamp)}, "
                  f"{row['source']}", f"80 % interval {_between(row, stamp)}")
            for row in shown.to_dict("records")
        ],
        "hoverinfo": "text",
    }  # fmt: skip
    layout: dict[str, Any] = {
        "height": 70 + 22 * len(shown),
        "xaxis": {
            "title": {"text": "Share of a missing item's demand that others keep"},
            "tickformat": ".0%",
            "range": [-0.02, 1.02],
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": different([str(name) for name in shown["need_group"]], 34),
            "range": [len(shown) - 0.4, -0.6],
            "zeroline": False,
        },
    }
    narrow = {
        "xaxis": {"title": {"text": "share that others keep"}, "nticks": 4},
        "yaxis": {
            "tickfont": {"size": 11},
            "ticktext": different([str(name) for name in shown["need_group"]], 20),
        },
    }
    return Chart(
        id=ID,
        finding=_finding(groups, scope),
        caption=(
            f"{whole(len(shown), stamp)} of {whole(len(groups), stamp)} need groups: assumptions "
            "first, then those that sell most. "
            if len(shown) < len(groups)
            else ""
        )
        + "When an item is missing, this share of its demand moves to others of its need group; "
        "the lower it is, the more each item that leaves costs. Line: 80 % interval."
        + (
            " An assumed share is less than the one that Assumptions states where a group has too "
            "few listed items to keep so much."
            if groups["_assumed"].any()
            else ""
        ),
        figure=figure([mark], layout, narrow),
        key=[
            Key("local", "dot", "estimated from the sales"),
            Key("current", "ring", "assumption"),
        ],
        table=_table(every, stamp),
    )


def _reach(span: pd.Series) -> list[float]:
    return [float(one) for one in span.clip(lower=0).fillna(0.0)]


def _between(row: Any, stamp: Stamp) -> str:
    if pd.isna(row["low_share"]) or pd.isna(row["high_share"]):
        return MISSING
    return f"{share(row['low_share'], stamp)} to {share(row['high_share'], stamp)}"


def _finding(groups: pd.DataFrame, scope: Scope) -> str:
    stamp = scope.contents.stamp
    assumed, count = int(groups["_assumed"].sum()), len(groups)
    if not assumed:
        return f"Recapture is estimated from the sales in all {whole(count, stamp)} need groups"
    words = (
        f"Recapture is an assumption, not a finding, in {whole(assumed, stamp)} of "
        f"{whole(count, stamp)} need groups"
    )
    resting = _resting(groups, scope)
    return f"{words}, which sell {share(resting, stamp)} of the units" if resting else words


def _resting(groups: pd.DataFrame, scope: Scope) -> float:
    """Share of the units to be sold that are of groups whose recapture is assumed."""
    total = float(_units(scope).sum())
    return float(groups[groups["_assumed"]]["_units"].sum()) / total if total > 0 else 0.0


def _units(scope: Scope) -> pd.Series:
    """Units that the plan sells in a week, by need group."""
    rows = scope.contents.assortment[["item_id", "sold_units_week"]].merge(
        scope.contents.items[["item_id", "need_group"]], on="item_id"
    )
    return rows.groupby("need_group")["sold_units_week"].sum()


def _table(groups: pd.DataFrame, stamp: Stamp) -> Table:
    def part(value: float) -> str:
        return share(value, stamp)

    return table(
        "Recapture by need group, with its 80 % interval",
        [
            Column("Need group", "need_group", groups["need_group"]),
            Column("Source", "source", groups["source"]),
            Column("Items", "items", groups["items"], lambda count: whole(count, stamp)),
            Column("Recapture", "recapture_share", groups["recapture_share"], part),
            Column("Low", "low_share", groups["low_share"], part),
            Column("High", "high_share", groups["high_share"], part),
        ],
    )
