"""What opens under a store's row: its figures, changes and limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.numbers import day, whole
from planner.outputs.report.amounts import MINUS, number, signed_amount
from planner.outputs.report.limits import LimitRow, limit_rows
from planner.outputs.report.scope import Scope
from planner.outputs.report.tiles import PLAN_WORDS, PLANS, measures

_CHANGE_ORDER = {"NEW": 0, "OUT": 1, "MOVED": 2}


@dataclass(frozen=True)
class ChangeRow:
    """An item that comes, leaves or moves in a store."""

    change: str
    item: str
    item_id: str
    facings: str
    order: str
    net: str
    """What it is worth a week; empty where that is not known."""
    reason: str


@dataclass(frozen=True)
class Detail:
    """What opens under a store's row."""

    plans: list[str]
    figures: list[tuple[str, str, list[str]]]
    """Label, unit, and the value of each plan."""
    changes: list[ChangeRow]
    limits: list[LimitRow]


def store_details(scope: Scope) -> dict[str, Detail]:
    """The details of every store of a scope, by store_id."""
    contents, stamp = scope.contents, scope.contents.stamp
    changes = dict(list(contents.changes.groupby("store_id", sort=False)))
    limits = dict(list(contents.limits.groupby("store_id", sort=False)))
    worth = dict(list(contents.worth.groupby("store_id", sort=False)))
    details = {}
    for store_id, rows in contents.figures.groupby("store_id", sort=False):
        by_plan = rows.set_index("plan")
        known = [plan for plan in PLANS if plan in by_plan.index]
        details[str(store_id)] = Detail(
            plans=[PLAN_WORDS[plan] for plan in known],
            figures=[
                (
                    measure.label,
                    measure.unit,
                    [measure.write(number(by_plan.at[p, measure.column]), stamp) for p in known],
                )
                for measure in measures(stamp)
            ],
            changes=_changes(changes.get(store_id, contents.changes.iloc[:0]), scope),
            limits=limit_rows(
                limits.get(store_id, contents.limits.iloc[:0]),
                worth.get(store_id, contents.worth.iloc[:0]),
                stamp,
            ),
        )
    return details


def _changes(rows: pd.DataFrame, scope: Scope) -> list[ChangeRow]:
    names, stamp = scope.item_names, scope.contents.stamp
    made = []
    order = rows.assign(
        kind=rows["change"].map(_CHANGE_ORDER).fillna(9),
        name=[names.get(str(item), str(item)) for item in rows["item_id"]],
    ).sort_values(["kind", "net_week", "name", "item_id"], ascending=[True, False, True, True])
    for row in order.to_dict("records"):
        item_id, replaces = str(row["item_id"]), str(row["replaces"])
        orders = [
            f"{word} {day(date, stamp)}"
            for word, date in (
                ("first order", row["first_order_date"]),
                ("last order", row["last_order_date"]),
            )
            if pd.notna(date)
        ]
        swap = f" (takes the place of {names.get(replaces, replaces)})" if replaces else ""
        made.append(
            ChangeRow(
                change=str(row["change"]),
                item=names.get(item_id, item_id),
                item_id=item_id,
                facings=" → ".join(
                    whole(row[when], stamp) for when in ("facings_before", "facings_after")
                ),
                order=", ".join(orders),
                net=net_words(row, stamp),
                reason=f"{row['reason']}{swap}",
            )
        )
    return made


def net_words(row: Mapping[Hashable, Any], stamp: Stamp) -> str:
    """What a change is worth a week, net; a loss is said to be one."""
    net = float(row["net_week"])
    if pd.isna(net):
        return ""
    known = "at least " if row["net_known"] == "at least" else ""
    words = f"{known}{signed_amount(net, stamp)}"
    return f"{words}, a loss" if words.startswith(MINUS) else words
