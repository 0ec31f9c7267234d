"""Cleaned weekly history: what was sold, how long it could be bought, at which discount."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.errors import BadInput, Problem
from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_A_WEEK = 7.0
# A discount near 100 % would make the log of the price ratio run away; beyond this share the
# elasticity is not believed to hold any further.
LARGEST_DISCOUNT = 0.9
# A table with a smaller share of weeks without units may have left such weeks out.
FEWEST_ZERO_SHARE = 0.02
GOLDEN_RATIO = (1.0 + 5.0**0.5) / 2.0


@dataclass(frozen=True)
class History:
    """Sales history as arrays: a row per store, item and week in which the item could be bought.

    Rows are indexed by ``pair`` (into ``pair_store`` and ``pair_item``) and ``week`` (0 is the
    first week of the history). ``exposure`` is the share of the week in stock, above 0 and at
    most 1; ``units / exposure`` is the weekly rate. ``log_price`` is log(1 - discount).
    """

    pair: Ints
    week: Ints
    units: Floats
    exposure: Floats
    log_price: Floats
    pair_store: Ints
    pair_item: Ints
    weeks: int
    stores: int
    items: int
    first_week: pd.Timestamp
    """First day of the week after the history."""
    assumptions: tuple[Assumption, ...]

    @cached_property
    def item(self) -> Ints:
        """Item of each row."""
        return self.pair_item[self.pair]

    @cached_property
    def sold(self) -> NDArray[np.bool_]:
        """[store, item] with history."""
        known = np.zeros((self.stores, self.items), dtype=np.bool_)
        known[self.pair_store[self.pair], self.pair_item[self.pair]] = True
        return known

    @cached_property
    def in_whole_units(self) -> NDArray[np.bool_]:
        """[item] sold by the piece: no week's units have a fraction."""
        part = np.abs(self.units - np.round(self.units)) > 1e-6
        return np.asarray(np.bincount(self.item, part, self.items) == 0)

    @cached_property
    def item_week(self) -> Ints:
        """Cell of each row in a flattened [item, week] table."""
        return self.item * self.weeks + self.week

    def until(self, week: int) -> History:
        """Only the weeks before ``week``, same pairs, as if history had ended there."""
        return replace(
            self._rows(self.week < week),
            weeks=week,
            first_week=self.first_week - pd.Timedelta(weeks=self.weeks - week),
        )

    def without(self, hidden: NDArray[np.bool_]) -> History:
        """Without the rows of the hidden pairs, [pair]; the pairs keep their numbers."""
        return self._rows(~hidden[self.pair])

    def _rows(self, keep: NDArray[np.bool_]) -> History:
        return replace(
            self,
            pair=self.pair[keep],
            week=self.week[keep],
            units=self.units[keep],
            exposure=self.exposure[keep],
            log_price=self.log_price[keep],
            assumptions=(),
        )


def sums(cell: Ints, values: Floats, cells: int) -> Floats:
    """Sum of the values of each cell, [cells]."""
    return np.bincount(cell, values, cells).astype(np.float64, copy=False)


def scattered(values: Floats) -> Floats:
    """Numbers in [0, 1) that look drawn at random and hang on the values alone, so that another
    order or other names of the same pairs choose the same ones."""
    return np.asarray(np.modf(np.abs(values) * 1e4 * GOLDEN_RATIO)[0])


def log_price_ratio(discount: Floats) -> Floats:
    """log(1 - discount), with the discount (share off the price) held in [0, 0.9]."""
    return np.asarray(np.log1p(-np.clip(discount, 0.0, LARGEST_DISCOUNT)))


def clean(inputs: Inputs) -> History:
    """Turn the sales table into a :class:`History`.

    A week with no day in stock says nothing about demand and is left out; a week with fewer days
    counts as that share of a week. Weeks with more returns than sales keep their negative units,
    so that the sum over weeks is the net sale. What was left out is counted in ``assumptions``.
    Raises BadInput when no week with stock is left.
    """
    sales = inputs.sales
    units = sales["units"].to_numpy(dtype=np.float64)
    days = sales["days_in_stock"].to_numpy(dtype=np.float64)
    use = (days > 0) & np.isfinite(units)
    if not use.any():
        raise BadInput(
            [
                Problem(
                    file="sales",
                    row=1,
                    column="days_in_stock",
                    value="no week with stock",
                    allowed="at least one week with days_in_stock above 0",
                    mend="give days_in_stock as the days on which the item could be bought",
                )
            ]
        )
    date = sales["week"]
    first = date.min()
    week = ((date - first) // pd.Timedelta(weeks=1)).to_numpy(dtype=np.int64)
    weeks = int(week.max()) + 1
    # Sales categoricals run over the ids of stores and items in table order, so codes are rows.
    store: Ints = np.asarray(sales["store_id"].cat.codes, dtype=np.int64)
    item: Ints = np.asarray(sales["item_id"].cat.codes, dtype=np.int64)
    items = len(inputs.items)
    cell, pair = np.unique(store[use] * items + item[use], return_inverse=True)
    return History(
        pair=pair.astype(np.int64),
        week=week[use],
        units=units[use],
        exposure=np.minimum(days[use] / DAYS_A_WEEK, 1.0),
        log_price=log_price_ratio(sales["discount"].to_numpy(dtype=np.float64)[use]),
        pair_store=cell // items,
        pair_item=cell % items,
        weeks=weeks,
        stores=len(inputs.stores),
        items=items,
        first_week=first + pd.Timedelta(weeks=weeks),
        assumptions=_assumptions(inputs, use, store, item, week, weeks),
    )


def _assumptions(
    inputs: Inputs, use: NDArray[np.bool_], store: Ints, item: Ints, week: Ints, weeks: int
) -> tuple[Assumption, ...]:
    units = inputs.sales["units"].to_numpy(dtype=np.float64)
    found: list[Assumption] = []

    def count(subject: str, text: str, number: int) -> None:
        if number:
            found.append(Assumption("demand", subject, text, number))

    count(
        "sales.days_in_stock",
        "Weeks without a day in stock say nothing about demand and are left out",
        int((~use).sum()),
    )
    count(
        "sales.units",
        "Weeks with more returns than sales are netted against the other weeks",
        int((units < 0).sum()),
    )
    zeros = int((units[use] == 0).sum())
    if zeros < FEWEST_ZERO_SHARE * use.sum():
        _, pair = np.unique(store * len(inputs.items) + item, return_inverse=True)
        rows = np.bincount(pair)
        first = np.full(len(rows), weeks)
        np.minimum.at(first, pair, week)
        last = np.zeros(len(rows), dtype=np.int64)
        np.maximum.at(last, pair, week)
        gaps = int((last - first + 1 - rows).sum())
        if gaps > zeros:
            text = (
                f"The table has {zeros or 'no'} weeks with 0 units; weeks without a row are taken "
                "as weeks in which the item was not on sale. If rows without sales were left out, "
                "slow items come out far too high: put them in, with 0 units"
            )
            found.append(
                Assumption("demand", "sales.units", text, gaps, warning=True, survived=True)
            )
    return tuple(found)
