"""What sales since a lock began say of it, against what was expected before they were known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.backtest.holdout import FEWEST_DAYS, cut, pair_sums
from planner.demand.clean import DAYS_A_WEEK, History, clean
from planner.demand.estimate import estimate
from planner.errors import BadInput
from planner.tables.inputs import Assumption, Inputs

MOST_ROWS = 1_000_000
"""With more rows of sales a plan is not kept waiting."""
MOST_BEGINNINGS = 6
"""Estimates are made again for so many first days of locks, the latest."""
REVIEW = (
    "review_weeks", "review_items", "sold_units_week", "expected_units_week", "low_units_week",
    "high_units_week", "in_stock_share", "still_sold_units",
)  # fmt: skip

Estimator = Callable[[Inputs, int], pd.DataFrame]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LockReview:
    """Later sales beside every row of ``Inputs.store_locks``, in its order.

    ``table``: ``review_weeks`` weeks of sales since the lock began (0: none yet);
    ``review_items``, how many items the figures are of: the locked one, or of an OUT lock the
    others of its need group that the store sold; ``sold_units_week``, their units a week in stock;
    ``expected_units_week`` with ``low_units_week`` and ``high_units_week``, what the estimate made
    of the sales before the lock foretold of them (10 % and 90 % quantiles; those of several items
    are added up, as if all erred alike); ``in_stock_share`` of the days; ``still_sold_units`` of
    an item that is locked out. NaN where nothing is known.
    """

    table: pd.DataFrame
    assumptions: tuple[Assumption, ...]


def planner_estimate(inputs: Inputs, weeks: int) -> pd.DataFrame:
    """What is expected, unless a test says otherwise."""
    return estimate(inputs, weeks=weeks).pairs


def review_locks(inputs: Inputs, estimator: Estimator = planner_estimate) -> LockReview:
    """Hold every lock that has sales since it began against what was expected before.

    For each first day of locks the estimate is made again as of that day, with the discounts that
    were given since as known promotions, so no later sale is in what was expected.
    """
    locks = inputs.store_locks
    table = pd.DataFrame(np.nan, index=locks.index, columns=list(REVIEW))
    table[["review_weeks", "review_items"]] = 0.0
    last_day = inputs.sales["week"].max() + pd.Timedelta(days=DAYS_A_WEEK - 1)
    begun = locks["since"] + pd.Timedelta(days=DAYS_A_WEEK - 1) <= last_day
    if not begun.any():
        return LockReview(table, ())
    if len(inputs.sales) > MOST_ROWS:
        text = f"more than {MOST_ROWS:,} rows of sales: locks were not held against later sales"
        return LockReview(table, (Assumption("demand", "locks", text, int(begun.sum())),))
    history = clean(inputs)
    past = _Past(inputs, history, estimator)
    end = locks["until"].where(locks["until"] < last_day, last_day)
    windows = pd.DataFrame({"since": locks["since"], "end": end})[begun]
    latest = sorted(set(windows["since"]), reverse=True)[:MOST_BEGINNINGS]
    left_out = ~windows["since"].isin(latest)
    for (since, until), rows in windows[~left_out].groupby(["since", "end"]):
        first, beyond = past.week_of(since), past.week_of(until + pd.Timedelta(days=1))
        if beyond > first:
            past.fill(table, locks.loc[rows.index], first, beyond)
    text = (
        f"locks that began earlier than the {MOST_BEGINNINGS} latest first days were not held "
        "against later sales"
    )
    count = int(left_out.sum())
    noted = (Assumption("demand", "locks.since", text, count),) if count else ()
    return LockReview(table, noted)


@dataclass(frozen=True)
class _Past:
    inputs: Inputs
    history: History
    estimator: Estimator

    @property
    def start(self) -> pd.Timestamp:
        return self.history.first_week - pd.Timedelta(weeks=self.history.weeks)

    def week_of(self, day: pd.Timestamp) -> int:
        """The first week that begins on that day or later, as a number of the history."""
        weeks = math.ceil((day - self.start).days / DAYS_A_WEEK)
        return max(0, min(weeks, self.history.weeks))

    def fill(self, table: pd.DataFrame, locks: pd.DataFrame, first: int, beyond: int) -> None:
        """The review of locks that hold in the same weeks, first .. beyond - 1."""
        weeks = beyond - first
        during = (self.history.week >= first) & (self.history.week < beyond)
        units, exposure = pair_sums(self.history, during)
        expected = self._expected(first, beyond)
        stores = {store: s for s, store in enumerate(self.inputs.stores["store_id"])}
        items = {item: i for i, item in enumerate(self.inputs.items["item_id"])}
        groups = self.inputs.items["need_group"].to_numpy()
        for row in locks.to_dict("index").items():
            at, lock = row
            if lock["item_id"] not in items:
                continue
            s, i = stores[lock["store_id"]], items[lock["item_id"]]
            chosen = np.array([i])
            enough = exposure[s] * DAYS_A_WEEK > FEWEST_DAYS
            if lock["lock"] == "OUT":
                others = (groups == groups[i]) & enough
                others[i] = False
                chosen = np.flatnonzero(others)
                table.loc[at, "still_sold_units"] = units[s, i]
            table.loc[at, "review_weeks"] = weeks
            table.loc[at, "in_stock_share"] = exposure[s, i] / weeks
            chosen = chosen[enough[chosen]]
            table.loc[at, "review_items"] = len(chosen)
            if not len(chosen):
                continue
            table.loc[at, "sold_units_week"] = float((units[s, chosen] / exposure[s, chosen]).sum())
            for name, values in expected.items():
                table.loc[at, name] = float(values[s, chosen].sum())

    def _expected(self, first: int, beyond: int) -> dict[str, Floats]:
        """[store, item] of each figure, from the sales before a week; none where there are none."""
        day = self.start + pd.Timedelta(weeks=first)
        end = self.start + pd.Timedelta(weeks=beyond)
        shape = (self.history.stores, self.history.items)
        before = cut(self.inputs, day, end, np.zeros(shape, dtype=bool))
        try:
            pairs = self.estimator(before, beyond - first)
        except BadInput:
            return {}
        columns = {
            "expected_units_week": "demand_units_week",
            "low_units_week": "low_units_week",
            "high_units_week": "high_units_week",
        }
        return {
            name: pairs[column].to_numpy(dtype=np.float64).reshape(shape)
            for name, column in columns.items()
        }
