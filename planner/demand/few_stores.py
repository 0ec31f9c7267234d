"""Items that few stores sell: what of their level is the item's own, and what those stores'.

The level of an item that one store sells is that store's taste as much as the item's, and items
that few stores stock are seldom the popular ones: sales per store rise with the number of stores
that stock an item (Wilbur & Farris 2014, "Distribution and market share", *Journal of Retailing*
90(2)). Levels x are taken as

    x_i = u_group + b log(stores_i + 1/2) + e_i,   e_i normal with variance t,

known with the variance v_i of tastes over the stores that sell them. What other stores would sell
is foretold from the mean of x_i given what was seen (empirical Bayes; Efron & Morris 1975,
*Journal of the American Statistical Association* 70), and items that no store sells from
``u_group + b log(1/2)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_ITEMS = 10
"""Items beyond one a need group from which it is told how levels differ."""
LARGEST_SLOPE = 1.0
SLOPE_PRIOR = (0.4, 0.2)
"""Mean and standard deviation of b before anything is seen, an assumption: few items tell it."""
LARGEST_SHIFT = float(np.log(3.0))
SMALLEST_VARIANCE = 0.01


@dataclass(frozen=True)
class FewStores:
    """Shifts of the log rate in every store: [item]."""

    shift: Floats
    """Of items that some store sells; 0 for the others. It counts in a store as far as the item's
    own sales there leave its rate unknown: whole where it has sold none."""
    unsold_shift: Floats
    """Of items that none sells, against the mean item of their need group; 0 for the others."""
    slope: float
    """b: an item of twice as many stores sells 2 ** b times as much in each."""
    assumed_share: float
    """Weight of the assumed slope in b; the rest is what the sales of this chain say."""

    def assumption(self) -> Assumption:
        """The sentence for the *Assumptions* sheet, with the number of items foretold lower."""
        lower = self.unsold_shift < 0
        text = (
            "Stores stock what sells: items of twice as many stores sell "
            f"{2.0**self.slope - 1.0:.0%} more in each ({self.assumed_share:.0%} of "
            "the weight of that figure is an assumption, the rest these sales), so items that "
            "no store sells are foretold "
            f"{-np.expm1(self.unsold_shift[lower].mean()):.0%} below the items "
            "of their need group that are sold"
        )
        return Assumption("demand", "demand.few_stores", text, int(lower.sum()))


def few_stores(level: Floats, variance: Floats, stores: Floats, group: Ints) -> FewStores:
    """How far levels known from few stores are drawn to those of their need group.

    Without any shift where sales cannot tell: few items, or a slope that they leave less certain
    than the assumption (all of it in a chain of one store, where items differ by nothing).

    level, variance, stores: [item] log rate, its variance through the tastes of the stores that
    sold it, and their number; group: need group of each item.
    """
    count = len(level)
    sold = stores > 0
    groups = int(group.max()) + 1
    known = sums(group, sold.astype(np.float64), groups)
    freedom = float(np.maximum(known - 1.0, 0.0).sum())
    nothing = np.zeros(count)
    untold = FewStores(nothing, nothing, 0.0, 1.0)
    if freedom < FEWEST_ITEMS:
        return untold
    x = np.log(stores + 0.5)

    def inside(values: Floats) -> Floats:
        mean = sums(group, np.where(sold, values, 0.0), groups) / np.maximum(known, 1.0)
        return np.where(sold, values - mean[group], 0.0)

    y, z = inside(level), inside(x)
    square = float(z @ z)
    ordinary = float(z @ y) / square if square > 0 else 0.0
    left = y - ordinary * z
    precision = square / max(float(left @ left) / freedom, SMALLEST_VARIANCE)
    mean, sd = SLOPE_PRIOR
    if precision < 1.0 / sd**2:
        return untold
    assumed = 1.0 / (1.0 + precision * sd**2)
    slope = (1.0 - assumed) * ordinary + assumed * mean
    slope = float(np.clip(slope, 0.0, LARGEST_SLOPE))
    left = y - slope * z
    noise = float(variance[sold].mean())
    between = max(float(left @ left) / freedom - noise, SMALLEST_VARIANCE)
    weight = np.where(sold, 1.0 / (between + variance), 0.0)
    rest = level - slope * x
    total = np.maximum(sums(group, weight, groups), 1e-12)
    centre = sums(group, weight * rest, groups) / total
    drawn = variance / (between + variance)
    shift = np.where(sold, -drawn * (rest - centre[group]), 0.0)
    mean_x = sums(group, np.where(sold, x, 0.0), groups) / np.maximum(known, 1.0)
    unsold = np.where(~sold & (known[group] > 0), slope * (x - mean_x[group]), 0.0)
    return FewStores(
        np.clip(shift, -LARGEST_SHIFT, LARGEST_SHIFT),
        np.clip(unsold, -LARGEST_SHIFT, 0.0),
        slope,
        assumed,
    )
