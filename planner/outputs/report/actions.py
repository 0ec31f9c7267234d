"""Where to act first: the stores that gain most and the changes behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.certainty import local_everywhere
from planner.outputs.report.amounts import signed_amount
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import interval, within_noise

MOST = 5
UNUSUAL_SHARE = 0.06
"""Of the sales of the stores concerned: implemented studies found low single digits."""


@dataclass(frozen=True)
class Action:
    """One line of the list: what, where, how much, why."""

    what: str
    where: str
    store_id: str
    much: str
    why: str
    noise: bool
    unusual: bool = False
    """It claims more than 6 % of the sales of its stores."""


def stores_first(scope: Scope) -> list[Action]:
    """The stores with the largest value against their current range."""
    stamp = scope.contents.stamp
    names = scope.store_names
    value = scope.store_value
    value = value[(value["against"] == "current") & value["name"].isin(list(names))]
    value = value.dropna(subset=["value_week"])
    best = value.sort_values(["value_week", "name"], ascending=[False, True]).head(MOST)
    kinds = scope.contents.changes.groupby(["store_id", "change"]).size()
    actions = []
    for _, row in best.iterrows():
        store = str(row["name"])
        counted = [
            f"{int(kinds.get((store, kind), 0))} {word}"
            for kind, word in (("NEW", "come"), ("OUT", "leave"), ("MOVED", "move"))
            if int(kinds.get((store, kind), 0))
        ]
        changes = f"{', '.join(counted)}. " if counted else "No item changes. "
        loses = "" if row["value_week"] >= 0 else "Worth less than today's range here. "
        actions.append(
            Action(
                what=names[store],
                where="",
                store_id=store,
                much=signed_amount(float(row["value_week"]), stamp),
                why=f"{loses}{changes}80 % interval {interval(row, stamp)}.",
                noise=within_noise(row),
                unusual=bool(row["unusual"]),
            )
        )
    return actions


def changes_first(scope: Scope) -> list[Action]:
    """The changes that are worth most over the stores of the scope, each item once.

    Worth is after what an item takes from others, and after the shelf, the places and the budget
    that it takes: what comes at the prices of the plan's limits, what leaves by what the plan
    would lose with it in. A change without such a worth is not ranked.
    """
    changes = scope.contents.changes
    ranked = changes[changes["change"].isin(["NEW", "OUT"]) & changes["net_week"].notna()]
    if ranked.empty:
        return []
    ranked = ranked.sort_values(["net_week", "store_id"], ascending=[False, True])
    grouped = ranked.groupby(["change", "item_id"], sort=False)["net_week"].sum()
    order = grouped.reset_index().sort_values(
        ["net_week", "item_id"], ascending=[False, True], kind="stable"
    )
    everywhere = set(local_everywhere(scope.contents.assortment))
    sales = scope.contents.figures.query("plan == 'current'").set_index("store_id")["sales_week"]
    found = []
    for change, item in zip(order["change"].head(MOST), order["item_id"].head(MOST), strict=True):
        rows = ranked[(ranked["change"] == change) & (ranked["item_id"] == item)]
        before = float(sales.reindex(rows["store_id"]).sum())
        found.append(_change(rows, before, scope, everywhere=str(item) in everywhere))
    return found


def _change(rows: pd.DataFrame, sales: float, scope: Scope, *, everywhere: bool) -> Action:
    """One change in the stores of ``rows``, the store where it is worth most first; ``sales``:
    what those stores sell today a week."""
    contents, items = scope.contents, scope.item_names
    row = rows.iloc[0]
    name = items.get(str(row["item_id"]), str(row["item_id"]))
    others = f" (and in {len(rows) - 1} more)" if len(rows) > 1 else ""
    new = row["change"] == "NEW"
    replaces = str(row["replaces"])
    swap = f" Takes the place of {items.get(replaces, replaces)}." if replaces else ""
    core = " Local by name, it is listed in every store here." if new and everywhere else ""
    worth = float(rows["net_week"].sum())
    how = set(rows["net_known"])
    known = "at least " if "at least" in how else "about " if how != {"exact"} else ""
    store = str(row["store_id"])
    return Action(
        what=f"{'List' if new else 'Take out'} {name}",
        where=f"{scope.store_names.get(store, store)}{others}",
        store_id=store,
        much=f"{known}{signed_amount(worth, contents.stamp)}",
        why=f"{_sentence(str(row['reason']))}{swap}{core}",
        noise=False,
        unusual=sales > 0 and worth / sales > UNUSUAL_SHARE,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
