"""Chart: what is claimed beside what the field has seen; more than 6 % is unusual."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.numbers import whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import in_money, number, signed_share
from planner.outputs.report.charts import (
    Chart,
    Column,
    Key,
    Lack,
    Table,
    different,
    figure,
    hover,
    short,
    table,
    upright,
)
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import AGAINST

ID = "chart-claims"
UNUSUAL = 0.06
STUDIES = (0.036, 0.058)
"""Gains of sales in implemented studies (docs/model.md)."""
MOST_STORES = 12
MOST_REGIONS = 20


def claims_chart(scope: Scope) -> Chart | Lack:
    """A dot and a diamond per claim: gain and growth, as shares of sales, and the line at 6 %."""
    every = scope.contents.value.dropna(subset=["share_of_sales"])
    against = next((name for name in AGAINST if (every["against"] == name).any()), "")
    if not against:
        return Lack(ID, "Nothing is claimed: there is no other plan with sales to compare with.")
    stamp = scope.contents.stamp
    every = pd.concat([scope.value, scope.store_value], ignore_index=True)
    if scope.region is None:
        regions = scope.contents.value[scope.contents.value["level"] == "region"]
        every = pd.concat([scope.value, regions, scope.store_value], ignore_index=True)
    every = every.dropna(subset=["share_of_sales"])
    claims = every[every["against"] == against]
    stores = claims[claims["level"] == "store"]
    shown = _shown(claims, scope)
    names = different([_name(row, scope) for row in shown.to_dict("records")], 30)
    places = list(range(len(shown)))
    ends = [0.0, 1.15 * UNUSUAL, *shown["share_of_sales"], *shown["sales_growth"].dropna()]
    width = max(ends) - min(ends)
    sold = "sales" if in_money(stamp) else "units sold"
    marks = [
        _marks(shown, "share_of_sales", places, theme.LOCAL, "circle", "gain", scope),
        _marks(shown, "sales_growth", places, theme.COMMON, "diamond", f"growth of {sold}", scope),
    ]
    layout: dict[str, Any] = {
        "height": 90 + 26 * len(shown),
        "xaxis": {
            "title": {"text": f"Share of the {sold} of {AGAINST[against]}"},
            "tickformat": ".0%",
            "range": [min(ends) - 0.04 * width, max(ends) + 0.06 * width],
            "zeroline": True,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": names,
            "range": [len(shown) - 0.4, -1.0],
            "zeroline": False,
        },
        "shapes": [upright(UNUSUAL, theme.INK, "dash")],
        "annotations": [
            {
                "x": UNUSUAL,
                "y": 1,
                "yref": "paper",
                "text": "6 %",
                "showarrow": False,
                "xanchor": "right",
                "xshift": -4,
                "yanchor": "top",
                "font": {"color": theme.MUTED, "size": 12},
            }
        ],
    }
    narrow = {
        "xaxis": {"nticks": 4, "title": {"text": f"share of {sold}"}},
        "yaxis": {"tickfont": {"size": 11}, "ticktext": different(names, 20)},
    }
    return Chart(
        id=ID,
        finding=_finding(claims, stores, against, scope),
        caption=f"Dot: gain as a share of {sold}; diamond: growth of {sold}, both against "
        f"{AGAINST[against]}. Implemented studies found {signed_share(STUDIES[0], stamp)} and "
        f"{signed_share(STUDIES[1], stamp)} of sales: check the input of what lies right of the "
        f"dashed line before believing it.{_left(stores, shown, scope)}",
        figure=figure(marks, layout, narrow),
        key=[Key("local", "dot", "gain"), Key("common", "diamond", f"growth of {sold}")],
        table=_table(every, scope),
    )


def _shown(claims: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """The chain or region, then regions, then the stores that claim most."""
    size = claims[["share_of_sales", "sales_growth"]].max(axis=1)
    ranked = claims.assign(_size=size).sort_values(["_size", "name"], ascending=[False, True])
    own = "chain" if scope.region is None else "region"
    parts = [ranked[ranked["level"] == own].head(1)]
    if scope.region is None and claims[claims["level"] == "region"]["name"].nunique() > 1:
        parts.append(ranked[ranked["level"] == "region"].head(MOST_REGIONS))
    parts.append(ranked[ranked["level"] == "store"].head(MOST_STORES))
    return pd.concat(parts, ignore_index=True)


def _name(row: dict[Any, Any], scope: Scope) -> str:
    name = str(row["name"])
    if row["level"] == "chain":
        return "The whole chain"
    if row["level"] == "region":
        return f"Region {name}" if name else "No region"
    return scope.store_names.get(name, name)


def _marks(
    shown: pd.DataFrame,
    column: str,
    places: list[int],
    colour: str,
    symbol: str,
    what: str,
    scope: Scope,
) -> dict[str, Any]:
    stamp = scope.contents.stamp
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None if pd.isna(value) else number(value) for value in shown[column]],
        "y": places,
        "marker": {"color": colour, "symbol": symbol, "size": 9},
        "hovertext": [
            hover(
                _name(row, scope),
                f"{what} {signed_share(row[column], stamp)}"
                + (", unusual" if row["unusual"] else ""),
            )
            for row in shown.to_dict("records")
        ],
        "hoverinfo": "text",
    }


def _finding(claims: pd.DataFrame, stores: pd.DataFrame, against: str, scope: Scope) -> str:
    stamp = scope.contents.stamp
    own = claims[claims["level"] == ("chain" if scope.region is None else "region")]
    what = "the chain" if scope.region is None else "the region"
    odd = stores[stores["unusual"].astype(bool)]
    whole_odd = len(own) > 0 and bool(own["unusual"].iloc[0])
    count = f"{whole(len(odd), stamp)} of {whole(len(stores), stamp)} stores"
    if whole_odd:
        return f"The gain of {what} is above 6 % and unusual in this field, as are those of {count}"
    if odd.empty:
        return f"No claim is above 6 %, neither of {what} nor of a store"
    size = odd[["share_of_sales", "sales_growth"]].max(axis=1)
    most = scope.store_names.get(str(odd["name"].iloc[int(size.argmax())]), "")
    return (
        f"{count} claim more than 6 %, which is unusual in this field: check "
        f"{short(most, 40)} first ({signed_share(float(size.max()), stamp)})"
    )


def _left(stores: pd.DataFrame, shown: pd.DataFrame, scope: Scope) -> str:
    drawn = int((shown["level"] == "store").sum())
    if drawn >= len(stores):
        return ""
    return f" Of the stores, the {whole(drawn, scope.contents.stamp)} that claim most."


def _table(every: pd.DataFrame, scope: Scope) -> Table:
    """All claims of a small page; of a large chain those above 6 % and of the levels above."""
    stamp = scope.contents.stamp
    rows = every
    if int((every["level"] == "store").sum()) > 200:
        rows = every[(every["level"] != "store") | every["unusual"].astype(bool)]

    names = {row["name"]: _name(row, scope) for row in rows.to_dict("records")}

    def part(value: float) -> str:
        return signed_share(value, stamp)

    return table(
        "Gains as shares of sales",
        [
            Column("Level", "level", rows["level"]),
            Column("Of", "name", rows["name"], lambda name: names.get(name, name), words=True),
            Column("Against", "against", rows["against"]),
            Column(
                "Unusual",
                "unusual",
                rows["unusual"].astype(bool),
                lambda odd: "yes" if odd else "no",
                words=True,
            ),
            Column("Gain", "share_of_sales", rows["share_of_sales"], part),
            Column("Growth of sales", "sales_growth", rows["sales_growth"], part),
        ],
    )
