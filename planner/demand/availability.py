"""What else a store's shoppers could buy: items of a need group that were missing, or promoted.

An item sells more while another one of its need group is out of stock or not in the range, and
less while another one is promoted or an extra one is on sale. Here both are measured for every
row of the history, against the store's current range, always in stock and at full price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A store that now lists next to nothing of what it once sold of a group is no yardstick.
SMALLEST_RANGE_SHARE = 0.05
# However much of a group is gone, so much of its denominator stays.
LARGEST_FALL = 0.8


@dataclass(frozen=True)
class Neighbours:
    """The rest of each row's need group in its store and week; all [row] of the history.

    Shares of what the group's current range sells in that week, always in stock, at full price.
    """

    missing: Floats
    """Share that could not be bought; below 0 where items beyond the current range were."""
    promoted: Floats
    """Share that discounts added."""
    rate: Floats
    """Units a week of the row itself at full price, in stock, as the rates have it."""
    cell: Ints
    """Need group of the row's store: store x need groups + need group."""

    def denominator(self, lost: Floats, drawn: Floats) -> Floats:
        """Denominator of the general attraction model over that at the current range, [row].

        lost: by how much it falls per share of the current range that is missing, (1 - theta)
        R / N of :class:`planner.demand.substitution.GroupChoice`; drawn: by how much it rises per
        share that discounts add; both [store, need group]. An extra item's units were sold with
        it in the denominator, hence the other form below 0. A day out of stock counts as that
        share of the week.
        """
        fall = lost.ravel()[self.cell] * self.missing
        np.clip(fall, -LARGEST_FALL, LARGEST_FALL, out=fall)
        offer = np.where(fall >= 0, 1.0 - fall, 1.0 / (1.0 + fall))
        return np.asarray(offer + drawn.ravel()[self.cell] * self.promoted)


def neighbours(
    history: History, grouping: Grouping, rates: Rates, in_range: Flags, *, gaps_told: bool
) -> Neighbours:
    """Measure :class:`Neighbours`; time linear in rows plus pairs x weeks, memory in rows.

    in_range: [store, item]. A pair without a row in a week was not on sale, as long as the item
    was on sale in the region before and after (or in that week); where rows without units are
    left out of the table (``gaps_told`` False), only before its first and after its last row.
    """
    h = history
    groups = int(grouping.group_of_item.max()) + 1
    cell_name = h.pair_store * groups + grouping.group_of_item[h.pair_item]
    _, cell = np.unique(cell_name, return_inverse=True)
    cells = int(cell.max()) + 1
    local = rates.static * rates.pair_factor
    kept = in_range[h.pair_store, h.pair_item]
    alive = _span(h, grouping.region_of_store[h.pair_store] * h.items + h.pair_item)
    every = np.arange(len(h.pair_item))
    own = alive if gaps_told else _span(h, every)

    rate = np.exp(rates.log_level(h, grouping)) * local[h.pair]
    row_cell = h.week * cells + cell[h.pair]
    on_sale = sums(row_cell, h.exposure * rate, h.weeks * cells)
    # Below 0 where it is neighbours that are promoted: that is what is measured here.
    own_price = np.maximum(rates.price_log(h, grouping), 0.0)
    pull = h.exposure * rate * np.expm1(own_price)
    pulled = sums(row_cell, pull, h.weeks * cells)

    standard = np.zeros((h.weeks, cells))
    untold = np.zeros((h.weeks, cells))
    present = np.zeros(len(h.pair_item), dtype=np.bool_)
    order = np.argsort(h.week, kind="stable")
    starts = np.searchsorted(h.week[order], np.arange(h.weeks + 1))
    for week in range(h.weeks):
        now = replace(h, pair=every, week=np.full(len(every), week))
        units = np.exp(rates.log_level(now, grouping)) * local
        live = (alive[0] <= week) & (week <= alive[1])
        standard[week] = sums(cell, np.where(kept & live, units, 0.0), cells)
        if not gaps_told:
            present[:] = False
            present[h.pair[order[starts[week] : starts[week + 1]]]] = True
            quiet = ~present & (own[0] <= week) & (week <= own[1])
            untold[week] = sums(cell, np.where(quiet, units, 0.0), cells)
    standard, untold = standard.ravel()[row_cell], untold.ravel()[row_cell]

    # The row's own item is in stock in both, at full price: what is left is the others.
    in_both = np.where(kept[h.pair], rate, 0.0)
    others = on_sale[row_cell] + untold - h.exposure * rate
    missing = (standard - in_both) - others
    usable = standard > SMALLEST_RANGE_SHARE * (others + rate)
    base = np.where(usable, standard, 1.0)
    return Neighbours(
        missing=np.where(usable, missing / base, 0.0),
        promoted=np.where(usable, (pulled[row_cell] - pull) / base, 0.0),
        rate=rate,
        cell=cell_name[h.pair],
    )


def _span(history: History, series: Ints) -> tuple[Ints, Ints]:
    """First and last week in which each pair's series has a row, both [pair]."""
    seen = np.zeros((int(series.max()) + 1, history.weeks), dtype=np.bool_)
    seen[series[history.pair], history.week] = True
    first, last = seen.argmax(axis=1), history.weeks - 1 - seen[:, ::-1].argmax(axis=1)
    return first[series], last[series]
