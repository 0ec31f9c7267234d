"""Chart: what more of a limit is worth, store by store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.limit_words import NOT_BINDING, WORTH_NOTHING, limit_name, worth_of_more
from planner.outputs.numbers import whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import amount, in_money, number, quantity
from planner.outputs.report.charts import (
    Chart,
    Column,
    Lack,
    Table,
    different,
    figure,
    hover,
    lines,
    short,
    table,
)
from planner.outputs.report.scope import Scope

ID = "chart-limits"
MOST_STORES = 30
MOST_LIMITS = 8
ALWAYS = ("shelf_cm:", "budget_week", "max_local_items")
"""Limits that a manager can move; others are shown where they are proved to be worth something."""


AT_PRICES = "at the plan's prices"
"""Known of a worth that is the shadow price times so much more: nothing bounds it."""


@dataclass(frozen=True)
class Best:
    """Where more of a limit is worth most: proved, or at the plan's prices."""

    store: str
    worth: float
    row: pd.Series

    @property
    def opening(self) -> str:
        """How a sentence about it begins."""
        return "At the plan's prices, " if self.row["known"] == AT_PRICES else ""


def limits_chart(scope: Scope) -> Chart | Lack:
    """Stores down, limits across; colour: what is proved, number: what is known."""
    worth = scope.contents.worth
    worth = worth[worth["store_id"].isin(list(scope.store_names))]
    worth = with_sure(with_not_binding(worth, scope.contents.limits))
    limits = _limits(worth)
    if not limits:
        return Lack(
            ID,
            "What more of a limit is worth was not asked: no store has one that can be widened.",
        )
    stamp = scope.contents.stamp
    rows = worth[worth["limit"].isin(limits)]
    wide = rows.pivot(index="store_id", columns="limit", values="worth_week")
    rank = rows.groupby("store_id")["sure_week"].max()
    stores = sorted((str(s) for s in wide.index), key=lambda s: (-round(rank[s], 6), s))
    shown = stores[:MOST_STORES]
    of = {(str(r["store_id"]), str(r["limit"])): r for r in rows.to_dict("records")}
    cells = [[of.get((store, limit)) for limit in limits] for store in shown]
    heads = [_head(limit, rows, stamp) for limit in limits]
    names = different([scope.store_names[store] for store in shown])
    top = max(WORTH_NOTHING, float(rows["sure_week"].max()))
    layout: dict[str, Any] = {
        "height": 130 + 24 * len(shown),
        "xaxis": {
            "side": "top",
            "tickvals": list(range(len(limits))),
            "ticktext": heads,
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": list(range(len(shown))),
            "ticktext": names,
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
    }
    heat = {
        "type": "heatmap",
        "x": list(range(len(limits))),
        "y": list(range(len(shown))),
        "z": [[_sure(row) for row in line] for line in cells],
        "zmin": 0,
        "zmax": top,
        "colorscale": [[0, theme.EMPTY], [1, theme.FILL]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": [[_text(row, stamp) for row in line] for line in cells],
        "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": theme.INK},
        "hovertext": [
            [
                hover(scope.store_names[store], _told(row, limit, stamp))
                for row, limit in zip(line, limits, strict=True)
            ]
            for store, line in zip(shown, cells, strict=True)
        ],
        "hoverinfo": "text",
    }
    narrow = {
        "xaxis": {"tickangle": -90, "tickfont": {"size": 11}},
        "yaxis": {"ticktext": different([scope.store_names[s] for s in shown], 15)},
    }
    first = (
        f"The {whole(len(shown), stamp)} of {whole(len(stores), stamp)} stores where a limit is "
        "worth most. "
        if len(shown) < len(stores)
        else ""
    )
    return Chart(
        id=ID,
        finding=_finding(rows, len(stores), scope),
        caption=f"{first}Number: {_unit(stamp)} from so much more of the limit. {_known(rows)} "
        f"{_free(rows)}Blank: no such limit there.",
        figure=figure([heat], layout, narrow),
        key=[],
        table=_table(rows, shown, limits, scope),
    )


def with_not_binding(worth: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """The rows, those of limits that do not bind known as such and worth nothing: what bounds
    them is the slack of the proof (:func:`worth_of_more`)."""
    known = worth_of_more(limits, worth)
    pairs = zip(worth["store_id"], worth["limit"], strict=True)
    free = np.array([p in known and known[p].known == NOT_BINDING for p in pairs], dtype=bool)
    return worth.assign(
        known=worth["known"].mask(free, NOT_BINDING),
        worth_week=worth["worth_week"].mask(free, 0.0),
        least_week=worth["least_week"].mask(free, 0.0),
    )


def with_sure(worth: pd.DataFrame) -> pd.DataFrame:
    """The rows with ``sure_week``: what is proved, or where stores share limits and nothing is
    proved, the worth at the plan's prices."""
    priced = worth["known"] == AT_PRICES
    return worth.assign(sure_week=worth["least_week"].where(~priced, worth["worth_week"]))


def _free(rows: pd.DataFrame) -> str:
    if not (rows["known"] == NOT_BINDING).any():
        return ""
    return "0: does not hold the plan back, as far as the plan is proved. "


def _known(rows: pd.DataFrame) -> str:
    priced = rows["known"] == AT_PRICES
    proved = "≤ where only a bound is known; the deeper the colour, the more is proved."
    prices = (
        "≈: at the plan's prices, those of the next little more; so much more may be worth less, "
        "or more where a whole item finds room."
    )
    if priced.all():
        return prices
    return f"{proved} {prices}" if priced.any() else proved


def _limits(worth: pd.DataFrame) -> list[str]:
    """The limits to show: those that can be moved, then those proved to be worth most."""
    if worth.empty:
        return []
    most = worth.groupby("limit")["sure_week"].max()
    kept = [limit for limit in most.index if limit.startswith(ALWAYS)]
    others = [limit for limit in most.index if limit not in kept and most[limit] > WORTH_NOTHING]

    def by_worth(limit: str) -> tuple[float, str]:
        return -round(float(most[limit]), 6), limit

    shown = sorted(kept, key=by_worth) + sorted(others, key=by_worth)
    return sorted(shown[:MOST_LIMITS], key=by_worth)


def _head(limit: str, rows: pd.DataFrame, stamp: Stamp) -> str:
    row = rows[rows["limit"] == limit].iloc[0]
    return lines(_short_name(limit), _amount(row, stamp))


def _short_name(limit: str) -> str:
    kind, _, of = limit.partition(":")
    plain = {"shelf_cm": short(of, 14), "budget_week": "budget", "max_local_items": "local items"}
    return plain.get(kind, short(limit_name(limit), 18))


def _amount(row: Any, stamp: Stamp) -> str:
    more = number(row["amount"])
    if str(row["limit"]) == "budget_week":
        return f"+{amount(more, stamp)}"
    unit = str(row["unit"])
    return f"+{more:g}{f' {unit}' if unit == 'cm' else ''}"


def _sure(row: Any) -> float | None:
    return None if row is None else round(number(row["sure_week"]), 4)


def _text(row: Any, stamp: Stamp) -> str:
    if row is None:
        return ""
    worth = number(row["worth_week"])
    if worth < WORTH_NOTHING:
        return "0"
    written = quantity(worth, stamp) if worth < 10 else whole(worth, stamp)
    return {"exact": "", AT_PRICES: "≈"}.get(str(row["known"]), "≤") + written


def _told(row: Any, limit: str, stamp: Stamp) -> str:
    if row is None:
        return f"{limit_name(limit)}: not a limit here"
    if row["known"] == NOT_BINDING:
        return f"{limit_name(limit)}: {NOT_BINDING}, what is left is free"
    known = "" if row["known"] == "exact" else f"{row['known']} "
    worth = _worth(number(row["worth_week"]), stamp)
    return f"{limit_name(limit)} {_amount(row, stamp)}: {known}{worth}"


def _worth(worth: float, stamp: Stamp) -> str:
    if in_money(stamp) and stamp.objective != "units":
        return f"{amount(worth, stamp)}{_of_what(stamp)} a week"
    return f"{quantity(worth, stamp)} units a week"


def _of_what(stamp: Stamp) -> str:
    return {"sales": " more sales", "waste": " less waste"}.get(stamp.objective, "")


def _unit(stamp: Stamp) -> str:
    if in_money(stamp) and stamp.objective != "units":
        kinds = {"sales": "more sales", "waste": "less waste", "margin": "more margin"}
        return f"{stamp.currency} a week of {kinds.get(stamp.objective, 'more')}"
    return "units a week more"


def _finding(rows: pd.DataFrame, stores: int, scope: Scope) -> str:
    stamp = scope.contents.stamp
    shelf = _best(rows[rows["limit"].str.startswith("shelf_cm:")], scope)
    parts = []
    if shelf is not None:
        of = str(shelf.row["limit"]).partition(":")[2]
        parts.append(
            f"{shelf.opening}one more shelf pays most in {shelf.store}: "
            f"{_amount(shelf.row, stamp)} of {short(of, 30)} is worth {_worth(shelf.worth, stamp)}"
        )
    elif rows["limit"].str.startswith("shelf_cm:").any():
        parts.append("No store is proved to gain from one more shelf")
    budget = rows[rows["limit"] == "budget_week"]
    if len(budget):
        pays = int((budget["sure_week"] > WORTH_NOTHING).sum())
        more = amount(number(budget["amount"].max()), stamp)
        best = _best(budget, scope)
        if best is None:
            parts.append(f"{more} more budget is proved to pay in no store")
        else:
            parts.append(
                f"{more} more budget pays in {whole(pays, stamp)} of {whole(stores, stamp)} stores"
                f", most in {best.store} ({_worth(best.worth, stamp)})"
            )
    if parts:
        words = "; ".join(parts)
        return words[0].upper() + words[1:]
    best = _best(rows, scope)
    if best is None:
        return "No store is proved to gain from more of a limit"
    return (
        f"{limit_name(str(best.row['limit']))}: {_amount(best.row, stamp)} pays most in "
        f"{best.store}, {_worth(best.worth, stamp)}"
    )


def _best(rows: pd.DataFrame, scope: Scope) -> Best | None:
    """The store in which more of a limit is worth most; None where it is proved nowhere."""
    rows = rows[rows["sure_week"] > WORTH_NOTHING]
    if rows.empty:
        return None
    rows = rows.sort_values(["sure_week", "store_id", "limit"], ascending=[False, True, True])
    first: pd.Series = rows.iloc[0]
    name = short(scope.store_names[str(first["store_id"])], 40)
    return Best(name, number(first["sure_week"]), first)


def _table(rows: pd.DataFrame, stores: list[str], limits: list[str], scope: Scope) -> Table:
    stamp = scope.contents.stamp
    place = {store: k for k, store in enumerate(stores)}
    of_limit = {limit: k for k, limit in enumerate(limits)}
    rows = rows[rows["store_id"].isin(stores)]
    rows = rows.assign(
        _store=rows["store_id"].map(place), _limit=rows["limit"].map(of_limit)
    ).sort_values(["_store", "_limit"])

    def worth(value: float) -> str:
        return _worth(value, stamp)

    return table(
        "What more of each limit is worth a week, by store",
        [
            Column("Store", "store_name", rows["store_id"].map(scope.store_names)),
            Column("Number", "store_id", rows["store_id"]),
            Column("Limit", "limit", rows["limit"], limit_name, words=True),
            Column("Unit", "unit", rows["unit"]),
            Column("Known", "known", rows["known"]),
            Column("More by", "amount", rows["amount"], lambda more: f"{more:g}"),
            Column("Worth", "worth_week", rows["worth_week"], worth),
            Column("At least", "least_week", rows["least_week"], worth),
            Column("At most", "most_week", rows["most_week"], worth),
        ],
    )
