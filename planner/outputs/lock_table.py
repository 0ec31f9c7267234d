"""Every lock of every store: its state, what it costs, and what later sales say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from planner.assortment.result import Assortment, Known, LockCost
from planner.demand.lock_review import REVIEW, LockReview
from planner.number_text import money_text
from planner.outputs.contents import LOCK_TOTALS, LOCKS, Stamp
from planner.outputs.numbers import money, share, units
from planner.tables.inputs import IN_FORCE, Inputs

COST = ("known", "cost_week", "least_week", "most_week")
LOCKED_OUT = "locked out"
"""Why an item is no candidate that would be one without its lock."""


def lock_table(inputs: Inputs, assortment: Assortment, review: LockReview) -> pd.DataFrame:
    """Contents.locks: a row a lock of every planned store, in the order of the input."""
    planned = inputs.store_locks["store_id"].isin(list(assortment.plans)).to_numpy()
    rows = inputs.store_locks[planned]
    costs: list[tuple[Any, ...]] = []
    taken = dict.fromkeys(assortment.plans, 0)
    for store, item, state in zip(rows["store_id"], rows["item_id"], rows["state"], strict=True):
        found: LockCost | None = None
        if state == IN_FORCE:
            known = assortment.lock_costs.each.get(store, ())
            found = known[taken[store]] if taken[store] < len(known) else None
            taken[store] += 1
        ids = assortment.problems[store].item_ids
        costs.append((*_cost(found), *_moves(found, item, ids)))
    cost = pd.DataFrame(costs, columns=[*COST, "keeps_out", "brings_in"])
    rows = rows.reset_index(drop=True)
    origin = rows["file"] + np.where(
        rows["cell"] != "", ", cell " + rows["cell"], ", row " + rows["row"].astype("str")
    )
    seen = review.table[planned].reset_index(drop=True)
    table = pd.concat([rows.assign(origin=origin), cost, seen], axis=1)[list(LOCKS)]
    texts = ("known", "keeps_out", "brings_in", "origin")
    return table.astype(
        dict.fromkeys(texts, "str") | dict.fromkeys((*COST[1:], *REVIEW), "float64")
    )


def lock_totals(locks: pd.DataFrame, assortment: Assortment) -> pd.DataFrame:
    """Contents.lock_totals: what the locks in force of each store cost together, and last, with
    an empty store, those of the chain."""
    counts = locks.loc[locks["state"] == IN_FORCE, "store_id"].value_counts()
    stores = [store for store in assortment.plans if store in counts.index]
    costs = assortment.lock_costs
    rows = [(store, int(counts[store]), *_cost(costs.of_store.get(store))) for store in stores]
    if rows:
        rows.append(("", int(counts.sum()), *_cost(costs.of_chain)))
    frame = pd.DataFrame(rows, columns=list(LOCK_TOTALS))
    return frame.astype(
        {"store_id": "str", "locks": "int64", "known": "str"} | dict.fromkeys(COST[1:], "float64")
    )


def _cost(found: LockCost | None) -> tuple[str, float, float, float]:
    if found is None:
        return "", np.nan, np.nan, np.nan
    return found.how.value, found.cost_week, found.least_week, found.most_week


def _moves(found: LockCost | None, item: str, item_ids: tuple[str, ...]) -> tuple[str, str]:
    """Other items that the lock keeps out, and those that it brings in."""
    if found is None:
        return "", ""
    leaves, enters = (
        ";".join(item_ids[i] for i in part if item_ids[i] != item)
        for part in (found.leaves, found.enters)
    )
    return leaves, enters


_LOCK_WORDS = {
    "IN": "locked in",
    "OUT": "locked out",
    "MIN": "locked to at least {:g} facings",
    "MAX": "locked to at most {:g} facings",
}


def lock_notes(locks: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """By store and item, what its locks in force (Contents.locks) say, in words."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for lock in locks[locks["state"] == IN_FORCE].to_dict("records"):
        key = (lock["store_id"], lock["item_id"])
        found[key] = (*found.get(key, ()), _LOCK_WORDS[lock["lock"]].format(lock["facings"]))
    return found


def lock_pairs(locks: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Store, item that comes in and item that goes for it, as the locks in force have it: what an
    OUT brings in takes the place of its item, an IN the place of what it puts out."""
    found = []
    for lock in locks[locks["state"] == IN_FORCE].to_dict("records"):
        store, item = lock["store_id"], lock["item_id"]
        if lock["lock"] == "OUT":
            found += [(store, other, item) for other in lock["brings_in"].split(";") if other]
        elif lock["lock"] == "IN":
            found += [(store, item, other) for other in lock["keeps_out"].split(";") if other]
    return found


def lockable_items(assortment: Assortment) -> pd.DataFrame:
    """Contents.lockable: the items that a store lists or could list."""
    parts = []
    for store, problem in assortment.problems.items():
        why_not = assortment.not_candidate.loc[store].to_numpy()
        may = (why_not == "") | (why_not == LOCKED_OUT) | problem.must_list
        ids = np.asarray(problem.item_ids, dtype=object)[may]
        parts.append(pd.DataFrame({"store_id": store, "item_id": ids}, dtype="str"))
    return pd.concat(parts, ignore_index=True)


def review_words(lock: Any, stamp: Stamp) -> str:
    """What later sales say of a lock (a row of Contents.locks), in a sentence; "" before any."""
    weeks = int(lock["review_weeks"])
    if not weeks:
        return ""
    since = f"{weeks} {'week' if weeks == 1 else 'weeks'} of sales since:"
    figures = _against(lock, stamp)
    if lock["lock"] == "OUT":
        sold = float(lock["still_sold_units"])
        still = f" {units(sold, stamp)} units of it were sold all the same." if sold > 0 else ""
        count = int(lock["review_items"])
        if not count:
            return f"{since} nothing of its need group was in stock.{still}"
        others = "item" if count == 1 else f"{count} items"
        return (
            f"{since} the other {others} of its need group {figures}; what it would have sold "
            f"itself is not known.{still}"
        )
    if not lock["review_items"]:
        return f"{since} in stock for two days or less, which says nothing."
    stock = f"in stock on {share(float(lock['in_stock_share']), stamp)} of the days"
    return f"{since} {figures}; {stock}."


def _against(lock: Any, stamp: Stamp) -> str:
    sold, expected, low, high = (
        float(lock[name])
        for name in ("sold_units_week", "expected_units_week", "low_units_week", "high_units_week")
    )
    said = f"sold {units(sold, stamp)} units a week in stock"
    if np.isnan(expected):
        return f"{said}; no earlier sales to say what to expect"
    verdict = "more than" if sold > high else "less than" if sold < low else "as"
    return (
        f"{said}, {verdict} expected: {units(expected, stamp)} "
        f"({units(low, stamp)} to {units(high, stamp)}, 80 % interval)"
    )


Amount = Callable[[float], str]
"""Writes an amount of what the plan makes as large as possible."""


def amounts_of(stamp: Stamp) -> Amount:
    """How a sheet writes amounts of the objective."""
    if stamp.objective == "units":
        return lambda value: f"{units(value, stamp)} units"
    return lambda value: money(value, stamp)


def known_words(cost: Any, amount: Amount) -> str:
    """How well the cost of a lock is known (a row of Contents.locks or lock_totals), with the
    interval where that is all that is proven."""
    if cost["known"] == Known.EXACT.value:
        return "exact"
    if cost["known"] == Known.IMPOSSIBLE.value:
        return "no plan without it"
    if cost["known"] == "":
        return "not solved"
    if np.isinf(cost["most_week"]):
        return f"{amount(cost['least_week'])} or more"
    return f"{amount(cost['least_week'])} to {amount(cost['most_week'])}"


def cost_words(cost: Any, amount: Amount) -> str:
    """The cost of a lock, and how well it is known."""
    known = known_words(cost, amount)
    exact = cost["known"] == Known.EXACT.value
    return f"{amount(cost['cost_week'])} ({known})" if exact else known


def total_words(total: Any, amount: Amount) -> str:
    """What several locks cost together (a row of Contents.lock_totals), in a sentence."""
    whose = f"of store {total['store_id']}" if total["store_id"] else "of the chain"
    cost = cost_words(total, amount)
    return f"All {total['locks']:,} locks {whose} together cost a week: {cost}."


MOST_LINES = 10


def lock_lines(locks: pd.DataFrame, totals: pd.DataFrame, currency: str, locale: str) -> list[str]:
    """What the command line says of Contents.locks: how many, and what each and all cost."""
    if locks.empty:
        return []

    def amount(value: float) -> str:
        return money_text(value, currency, locale) + ("" if currency else " units")

    counting = locks[locks["state"] == IN_FORCE]
    over = len(locks) - len(counting)
    expired = f", {over:,} expired" if over else ""
    told = " What each costs a week, the dearest first:" if len(counting) else ""
    lines = [f"Locks: {len(counting):,} in force{expired}.{told}"]
    dearest = counting["cost_week"].fillna(counting["most_week"]).fillna(0.0)
    order = dearest.sort_values(ascending=False, kind="stable").index
    for lock in counting.loc[order[:MOST_LINES]].to_dict("records"):
        count = "" if pd.isna(lock["facings"]) else f" {lock['facings']:g}"
        what = f"store {lock['store_id']}, item {lock['item_id']} {lock['lock']}{count}"
        lines.append(f"  {what}: {cost_words(lock, amount)}")
    if len(counting) > MOST_LINES:
        more = len(counting) - MOST_LINES
        lines.append(f"  and {more:,} more, in the sheets Locks and in tables/locks.parquet")
    if len(counting) > 1:
        of_chain = totals[totals["store_id"] == ""]
        lines += [f"  {total_words(row, amount)}" for row in of_chain.to_dict("records")]
    return lines
