"""Every lock of every store: its state, what it costs, and what later sales say of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.assortment.result import Assortment, Forcing
from planner.demand.lock_review import REVIEW, LockReview
from planner.outputs.contents import LOCKS, Stamp
from planner.outputs.numbers import share, units
from planner.tables.inputs import IN_FORCE, Inputs

LOCKED_OUT = "locked out"
"""Why an item is no candidate that would be one without its lock."""


def lock_table(inputs: Inputs, assortment: Assortment, review: LockReview) -> pd.DataFrame:
    """Contents.locks: a row a lock of every planned store, in the order of the input."""
    planned = inputs.store_locks["store_id"].isin(list(assortment.plans)).to_numpy()
    rows = inputs.store_locks[planned]
    costs: list[tuple[str, float, float, float, str, str]] = []
    taken = dict.fromkeys(assortment.plans, 0)
    for store, item, state in zip(rows["store_id"], rows["item_id"], rows["state"], strict=True):
        found: Forcing | None = None
        if state == IN_FORCE:
            known = assortment.outcomes[store].lock_costs
            found = known[taken[store]] if taken[store] < len(known) else None
            taken[store] += 1
        costs.append(_cost(found, item, assortment.problems[store].item_ids))
    names = ("known", "cost_week", "least_week", "most_week", "keeps_out", "brings_in")
    cost = pd.DataFrame(costs, columns=list(names))
    rows = rows.reset_index(drop=True)
    origin = rows["file"] + np.where(
        rows["cell"] != "", ", cell " + rows["cell"], ", row " + rows["row"].astype("str")
    )
    seen = review.table[planned].reset_index(drop=True)
    table = pd.concat([rows.assign(origin=origin), cost, seen], axis=1)[list(LOCKS)]
    texts = ("known", "keeps_out", "brings_in", "origin")
    return table.astype(
        dict.fromkeys(texts, "str")
        | dict.fromkeys(("cost_week", "least_week", "most_week", *REVIEW), "float64")
    )


def _cost(
    found: Forcing | None, item: str, item_ids: tuple[str, ...]
) -> tuple[str, float, float, float, str, str]:
    if found is None:
        return "", np.nan, np.nan, np.nan, "", ""
    leaves, enters = (
        ";".join(item_ids[i] for i in part if item_ids[i] != item)
        for part in (found.leaves, found.enters)
    )
    return found.how.value, found.cost_week, found.least_week, found.most_week, leaves, enters


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


MOST_LINES = 10


def lock_lines(locks: pd.DataFrame, currency: str) -> list[str]:
    """What the command line says of Contents.locks: how many, and what each costs."""
    if locks.empty:
        return []
    counting = locks[locks["state"] == IN_FORCE]
    over = len(locks) - len(counting)
    expired = f", {over:,} expired" if over else ""
    told = " What each costs a week, the dearest first:" if len(counting) else ""
    lines = [f"Locks: {len(counting):,} in force{expired}.{told}"]
    order = counting["cost_week"].fillna(0.0).sort_values(ascending=False, kind="stable").index
    for lock in counting.loc[order[:MOST_LINES]].to_dict("records"):
        count = "" if pd.isna(lock["facings"]) else f" {lock['facings']:g}"
        what = f"store {lock['store_id']}, item {lock['item_id']} {lock['lock']}{count}"
        lines.append(f"  {what}: {_amount(lock, currency)}")
    if len(counting) > MOST_LINES:
        more = len(counting) - MOST_LINES
        lines.append(f"  and {more:,} more, in the sheets Locks and in tables/locks.parquet")
    return lines


def _amount(lock: Any, currency: str) -> str:
    cost = float(lock["cost_week"])
    if np.isnan(cost):
        return "no plan without it" if lock["known"] == "not possible" else "not solved"
    amount = f"{currency} {cost:,.2f}" if currency else f"{cost:,.2f} units"
    return f"{amount} ({lock['known']})"
