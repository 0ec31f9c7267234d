"""What is held out: the chain's own past, cut so that the estimate cannot see the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import DAYS_A_WEEK, History, scattered, sums
from planner.tables.inputs import Inputs
from planner.tables.range_today import RECENT_WEEKS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_DAYS = 2.0
"""Pairs in stock for no longer than this in the held-out weeks say nothing and are not scored."""
MOST_ORIGINS = 3


@dataclass(frozen=True)
class Truth:
    """What was sold in the held-out weeks, [store, item]."""

    units_week: Floats
    """Units over days in stock, times 7; NaN where never in stock."""
    days: Floats
    """Days in stock."""

    @property
    def known(self) -> Flags:
        """In stock for long enough to be compared with."""
        return np.asarray(self.days > FEWEST_DAYS)

    @property
    def scored(self) -> Flags:
        """Known, with a sale: its logarithm exists."""
        return self.known & (np.nan_to_num(self.units_week) > 0)


def held_out_weeks(weeks: int, history_weeks: int) -> int:
    """Weeks to hold out: the horizon, but at most a third of the history and at least one."""
    return max(1, min(weeks, history_weeks // 3))


def origins(history_weeks: int, held: int, most: int = MOST_ORIGINS) -> list[int]:
    """First held-out week of each origin, latest first, none of their held-out weeks shared.

    Only the latest may leave fewer than two weeks of history, or fewer than are held out.
    """
    latest = history_weeks - held
    earlier = [latest - held * k for k in range(1, most)]
    return [latest] * (latest >= 1) + [week for week in earlier if week >= max(2, held)]


def truth_of(history: History, origin: int, held: int) -> Truth:
    """In-stock weekly rate of every pair over the weeks origin .. origin + held - 1."""
    units, exposure = pair_sums(history, (history.week >= origin) & (history.week < origin + held))
    rate = np.divide(units, exposure, out=np.full_like(units, np.nan), where=exposure > 0)
    return Truth(rate, exposure * DAYS_A_WEEK)


def pair_sums(history: History, rows: Flags) -> tuple[Floats, Floats]:
    """Units and weeks in stock of the flagged rows, both [store, item]."""
    shape = (history.stores, history.items)
    cell = (history.pair_store * history.items + history.pair_item)[history.pair[rows]]
    size = history.stores * history.items
    units = sums(cell, history.units[rows], size).reshape(shape)
    return units, sums(cell, history.exposure[rows], size).reshape(shape)


def cut(inputs: Inputs, origin: pd.Timestamp, end: pd.Timestamp, hidden: Flags) -> Inputs:
    """The inputs as they were before ``origin``, without the history of the ``hidden`` pairs.

    hidden: [store, item]. The discounts given from ``origin`` until before ``end`` become the
    promotions planned for the horizon. Today's range was not known then: in its place stands what
    each store sold in its last weeks before ``origin``, hidden pairs among it. That a store lists
    an item is no secret, and it matters: items that stores left out are another kind. Signals of
    the held-out weeks are left out.
    """
    sales = inputs.sales
    store = sales["store_id"].cat.codes.to_numpy()
    item = sales["item_id"].cat.codes.to_numpy()
    past = (sales["week"] < origin).to_numpy()
    seen = past & ~hidden[store, item]
    later = ~past & (sales["week"] < end).to_numpy() & (sales["discount"] > 0).to_numpy()
    promotions = sales.loc[later, list(inputs.promotions.columns)].astype(
        {"store_id": "str", "item_id": "str"}
    )
    signals = inputs.signals
    return replace(
        inputs,
        sales=sales[seen].reset_index(drop=True),
        promotions=promotions.reset_index(drop=True),
        current_range=_range_at(inputs, past),
        signals=signals[~(signals["week"] >= origin)].reset_index(drop=True),
    )


def _range_at(inputs: Inputs, past: Flags) -> pd.DataFrame:
    """``current_range`` as it was: items sold in each store's last weeks of the past rows."""
    sold = inputs.sales.loc[past & (inputs.sales["units"] > 0).to_numpy()]
    last = sold.groupby("store_id", observed=True)["week"].transform("max")
    recent = sold["week"] > last - pd.Timedelta(weeks=RECENT_WEEKS)
    pairs = sold.loc[recent, ["store_id", "item_id"]].drop_duplicates().astype("str")
    empty = inputs.current_range.iloc[:0]
    rows = pairs.reset_index(drop=True).reindex(columns=empty.columns)
    return rows.astype(empty.dtypes.to_dict())


def random_folds(members: Ints, told: Floats, folds: int, seed: int) -> list[Ints]:
    """The members dealt as if at random into folds of nearly equal size; none is empty.

    told: what each member sold; the deal hangs on it, not on the members' order or names.
    """
    order = members[np.argsort(scattered(told * (1.0 + seed / 997.0)), kind="stable")]
    return [np.sort(part) for part in np.array_split(order, min(folds, len(members)) or 1)]
