"""Where to act first: the stores that gain most and the changes behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.report.amounts import signed_amount
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import interval, within_noise

MOST = 5


@dataclass(frozen=True)
class Action:
    """One line of the list: what, where, how much, why."""

    what: str
    where: str
    store_id: str
    much: str
    why: str
    noise: bool


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
        actions.append(
            Action(
                what=names[store],
                where="",
                store_id=store,
                much=signed_amount(float(row["value_week"]), stamp),
                why=f"{changes}80 % interval {interval(row, stamp)}.",
                noise=within_noise(row),
            )
        )
    return actions


def changes_first(scope: Scope) -> list[Action]:
    """The new items that add most after what they take from others, each item once.

    An item that is worth listing in many stores would else fill the list alone. Where fewer
    items come than the list is long, those that leave follow.
    """
    contents = scope.contents
    changes = contents.changes[contents.changes["change"].isin(["NEW", "OUT"])]
    new = changes["change"] == "NEW"
    # Of what leaves, the item that would add least on its own goes first.
    rank = changes["value_week"].where(new, -changes["value_week"])
    rows = changes.assign(_new=new.astype(int), _rank=rank).sort_values(
        ["_new", "_rank", "store_id", "item_id"], ascending=[False, False, True, True]
    )
    stores_with = rows.groupby(["change", "item_id"]).size()
    first = rows.drop_duplicates(["change", "item_id"]).head(MOST)
    return [
        _change(row, int(stores_with[row["change"], row["item_id"]]), scope)
        for _, row in first.iterrows()
    ]


def _change(row: pd.Series, stores: int, scope: Scope) -> Action:
    contents, items = scope.contents, scope.item_names
    name = items.get(str(row["item_id"]), str(row["item_id"]))
    others = f" (and in {stores - 1} more)" if stores > 1 else ""
    verb = "List" if row["change"] == "NEW" else "Take out"
    replaces = str(row["replaces"])
    swap = f" Takes the place of {items.get(replaces, replaces)}." if replaces else ""
    much = ""
    if row["change"] == "NEW" and pd.notna(row["value_week"]):
        much = signed_amount(float(row["value_week"]), contents.stamp)
    store = str(row["store_id"])
    return Action(
        what=f"{verb} {name}",
        where=f"{scope.store_names.get(store, store)}{others}",
        store_id=store,
        much=much,
        why=f"{_sentence(str(row['reason']))}{swap}",
        noise=False,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
