"""A store whose stock follows demand, as a sum of ratios in the listed items alone.

Where nothing holds the stock back (no capacity, smallest stock, budget or sales floor), each item
is stocked at its best ratio to mean demand, so it earns a fixed margin per unit of demand. What
is left is the constrained assortment problem under a mixed logit, as in Sen, Atamtürk & Kaminsky
(2018), "A conic integer optimization approach to the constrained assortment problem under the
mixed multinomial logit model", Operations Research 66(4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment import newsvendor
from planner.assortment.choice import group_sums
from planner.assortment.limits import LinearLimit, linear_limits
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem


@dataclass(frozen=True)
class RatioProblem:
    """``max sum_t (margin_t x) / (base_t + gain_t x) - cost x`` over ranges x inside linear rows.

    A term t is a segment and need group; arrays over terms have length T, over candidate items I,
    over rows K. ``margin`` and ``gain`` are [T, I], ``rows`` is [K, I] with
    ``row_lower <= rows x <= row_upper``. The denominators are scaled to at most about 1; the
    value of each term is money per week. A term whose denominator is 0 is worth 0.
    """

    items: Integers
    """Index of each candidate in the store problem."""
    margin: Floats
    gain: Floats
    base: Floats
    cost: Floats
    must_list: Flags
    row_names: tuple[str, ...]
    rows: Floats
    row_lower: Floats
    row_upper: Floats

    def terms(self, listed: Floats) -> Floats:
        """Value of every term under ranges (or shares of items) [..., I]: [..., T]."""
        above, below = listed @ self.margin.T, self.base + listed @ self.gain.T
        value: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
        return value

    def value(self, listed: Floats) -> Floats:
        """Objective per week of ranges [..., I]: [...]."""
        worth: Floats = self.terms(listed).sum(axis=-1) - listed @ self.cost
        return worth


def ratio_problem(problem: StoreProblem) -> RatioProblem | None:
    """The store problem as a sum of ratios; None where its stock is held back by anything."""
    candidates = problem.must_list | ~problem.locked_out
    items = np.flatnonzero(candidates)
    free_stock = (
        np.isinf(problem.stock_capacity_per_facing)
        & (problem.min_units_per_facing == 0)
        & (problem.min_stock_units == 0)
        & (problem.min_supply_cycles == 0)
    )
    limits = linear_limits(problem)
    if not free_stock[items].all() or any(limit.counts_units for limit in limits):
        return None
    margin, gain, base = _terms(problem, items)
    names, rows, lower, upper = _rows(problem, items, limits)
    return RatioProblem(
        items=items,
        margin=margin,
        gain=gain,
        base=base,
        cost=(problem.listing_cost_week + problem.facing_cost_week * problem.min_facings)[items],
        must_list=problem.must_list[items],
        row_names=names,
        rows=rows,
        row_lower=lower,
        row_upper=upper,
    )


def _margin_per_unit(problem: StoreProblem) -> Floats:
    """Margin after waste per unit of mean demand, at the best stock for it."""
    p, c, s, cv = problem.price, problem.unit_cost, problem.waste_share, problem.demand_cv
    ratio = newsvendor.best_ratio(p, c, s, cv)
    sold = newsvendor.sold_share(ratio, cv)
    margin: Floats = p * sold - c * (sold + s * (ratio - sold))
    return margin


def _terms(problem: StoreProblem, items: Integers) -> tuple[Floats, Floats, Floats]:
    own = problem.group_of_item
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    worth = problem.attraction * problem.potential_units_week[:, own] * _margin_per_unit(problem)
    above, below, alone = [], [], []
    for group in range(len(problem.need_groups)):
        inside = own[items] == group
        for segment in range(len(problem.segments)):
            margins = np.where(inside, worth[segment, items], 0.0)
            if not (margins > 0).any():
                continue
            gains = np.where(inside, gain[segment, items], 0.0)
            scale = base[segment, group] + gains.max()
            above.append(margins / scale)
            below.append(gains / scale)
            alone.append(base[segment, group] / scale)
    shape = (len(above), len(items))
    return np.reshape(above, shape), np.reshape(below, shape), np.array(alone, dtype=np.float64)


def _rows(
    problem: StoreProblem, items: Integers, limits: tuple[LinearLimit, ...]
) -> tuple[tuple[str, ...], Floats, Floats, Floats]:
    rows = [limit.listed + limit.facing * problem.min_facings for limit in limits]
    return (
        tuple(limit.name for limit in limits),
        np.reshape([row[items] for row in rows], (len(limits), len(items))),
        np.array([limit.lower for limit in limits], dtype=np.float64),
        np.array([limit.upper for limit in limits], dtype=np.float64),
    )
