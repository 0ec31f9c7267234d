"""Where to act first: the stores that gain most and the changes behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from planner.outputs.certainty import local_everywhere
from planner.outputs.numbers import share
from planner.outputs.report.amounts import signed_amount
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import interval, unusual_words, within_noise

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
    unusual: str = ""
    """The figure that is above 6 % and what to check; empty where none is."""


def stores_first(scope: Scope) -> list[Action]:
    """The stores with the largest value against their current range."""
    stamp = scope.contents.stamp
    names = scope.store_names
    value = scope.store_value
    value = value[(value["against"] == "current") & value["name"].isin(list(names))]
    value = value.dropna(subset=["value_week"])
    best = value.sort_values(["value_week", "name"], ascending=[False, True]).head(MOST)
    kinds = scope.contents.changes.groupby(["store_id", "change"]).size()
    causes = _largest_changes(scope)
    actions = []
    for _, row in best.iterrows():
        store = str(row["name"])
        counted = [
            f"{int(kinds.get((store, kind), 0))} {word}"
            for kind, word in (("NEW", "come"), ("OUT", "leave"), ("MOVED", "move"))
            if int(kinds.get((store, kind), 0))
        ]
        changes = f"{', '.join(counted)}. " if counted else "No item changes. "
        cause = f"Most comes of {causes[store]}. " if store in causes else ""
        loses = "" if row["value_week"] >= 0 else "Worth less than today's range here. "
        actions.append(
            Action(
                what=names[store],
                where="",
                store_id=store,
                much=signed_amount(float(row["value_week"]), stamp),
                why=f"{loses}{cause}{changes}80 % interval {interval(row, stamp)}.",
                noise=within_noise(row),
                unusual=_unusual_store(row, scope) if bool(row["unusual"]) else "",
            )
        )
    return actions


def _largest_changes(scope: Scope) -> dict[str, str]:
    """By store, the two changes that are worth most there, in words."""
    changes, stamp = scope.contents.changes, scope.contents.stamp
    ranked = changes[changes["change"].isin(["NEW", "OUT"]) & (changes["net_week"] > 0)]
    ranked = ranked.sort_values(["net_week", "item_id"], ascending=[False, True])
    found = {}
    for store, rows in ranked.groupby("store_id", sort=False):
        found[str(store)] = " and ".join(
            f"{'listing' if row['change'] == 'NEW' else 'taking out'} "
            f"{scope.item_names.get(str(row['item_id']), str(row['item_id']))} "
            f"({_known([str(row['net_known'])])}{signed_amount(float(row['net_week']), stamp)})"
            for row in rows.head(2).to_dict("records")
        )
    return found


def _unusual_store(row: pd.Series, scope: Scope) -> str:
    """The figure above 6 % and what of the input could make it too large."""
    known = scope.contents.certainty
    model = known[
        (known["level"] == "store")
        & (known["name"] == str(row["name"]))
        & (known["measure"] == "new pairs")
        & (known["part"] == "model")
        & (known["of"] > 0)
    ]["share"]
    said = f"{unusual_words(row, scope.contents.stamp)}: check today's sales for stock-outs"
    if model.empty:
        return f"{said}, and prices"
    rest = share(float(model.iloc[0]), scope.contents.stamp)
    return f"{said}, prices, and its new items ({rest} of them rest on the model alone)"


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
    new = row["change"] == "NEW"
    replaces = str(row["replaces"])
    swap = f" Takes the place of {items.get(replaces, replaces)}." if replaces else ""
    core = " Beyond the core, and every store here chose it." if new and everywhere else ""
    worth = float(rows["net_week"].sum())
    store = str(row["store_id"])
    place = scope.store_names.get(store, store)
    return Action(
        what=f"{'List' if new else 'Take out'} {name}",
        where=f"Sum over {len(rows)} stores; in {place}, where it is worth most"
        if len(rows) > 1
        else place,
        store_id=store,
        much=f"{_known(rows['net_known'])}{signed_amount(worth, contents.stamp)}",
        why=f"{_sentence(_one_number(str(row['reason'])))}{swap}{core}{_on_model(rows, scope)}",
        noise=False,
        unusual=(
            f"{share(worth / sales, contents.stamp)} of sales, above 6 %: check its prices and cost"
            if sales > 0 and worth / sales > UNUSUAL_SHARE
            else ""
        ),
    )


def _known(how: Iterable[str]) -> str:
    """How well a worth is known, to stand before it."""
    kinds = set(how)
    return "at least " if "at least" in kinds else "about " if kinds != {"exact"} else ""


def _on_model(rows: pd.DataFrame, scope: Scope) -> str:
    """In how many of the stores of ``rows`` the item's demand rests on the model alone."""
    demand = scope.contents.demand[["store_id", "item_id", "source"]]
    sources = rows[["store_id", "item_id"]].merge(demand, on=["store_id", "item_id"])["source"]
    alone = int((sources == "model").sum())
    if not alone:
        return ""
    if len(rows) == 1:
        return " Its demand here rests on the model alone."
    return f" Its demand rests on the model alone in {alone} of {len(rows)} stores."


def _one_number(reason: str) -> str:
    """A reason with what forcing the item in costs as its only worth, where that is told: what
    it would lose or add by itself is another question with another answer."""
    own, found, cost = reason.partition("; forcing it in costs ")
    if not found or not own.startswith(("would lose ", "would add ")):
        return reason
    why = own.partition(": ")[2] if own.startswith("would lose ") else ""
    return "; ".join(part for part in (why, f"forcing it in costs {cost}") if part)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
