"""Every limit of a store as one linear row over what is listed, faced, sold and stocked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import Score
from planner.assortment.stock import TOLERANCE, stock_bounds


@dataclass(frozen=True)
class LinearLimit:
    """``lower <= sum_i (listed x + facing f + sold u + stock q) <= upper``.

    Coefficients by item: per listed item, per facing, per unit sold and per unit stocked in a
    delivery cycle, each already times the deliveries a week where the limit is a weekly one.
    """

    name: str
    unit: str
    listed: Floats
    facing: Floats
    sold: Floats
    stock: Floats
    lower: float = -np.inf
    upper: float = np.inf

    @property
    def counts_units(self) -> bool:
        """Whether it counts what is sold or stocked, not only what stands on the shelf."""
        return bool(self.sold.any() or self.stock.any())


def without_room(problem: StoreProblem) -> Flags:
    """[item]: whether the shelf width of its fixture type cannot hold it beside what every plan
    lists, all at their fewest facings; no plan can list it then."""
    least = problem.facing_width_cm * problem.min_facings
    kinds = np.array(problem.fixture_type)
    found = np.zeros(len(kinds), dtype=bool)
    for kind, room in problem.shelf_cm.items():
        here = kinds == kind
        held = float(least[here & problem.must_list].sum())
        found |= here & ~problem.must_list & (held + least > room + TOLERANCE * max(1.0, room))
    return found


def linear_limits(problem: StoreProblem) -> tuple[LinearLimit, ...]:
    """Shelf by fixture type, budget, local items, sales floor and range limits of a store."""
    none = np.zeros(len(problem.item_ids))
    cycles, lost = problem.deliveries_week, problem.waste_share
    limits = []
    for kind, room in problem.shelf_cm.items():
        here = np.array([own == kind for own in problem.fixture_type], dtype=np.float64)
        width = problem.facing_width_cm * here
        name = f"shelf_cm:{kind}"
        limits.append(LinearLimit(name, "cm", none, width, none, none, upper=float(room)))
    if np.isfinite(problem.budget_week):
        spend = cycles * problem.spend_cost
        uses = (none, none, spend * (1.0 - lost), spend * lost)
        limits.append(
            LinearLimit("budget_week", "money per week", *uses, upper=problem.budget_week)
        )
    if np.isfinite(problem.max_local_items):
        uses = ((~problem.core).astype(np.float64), none, none, none)
        limits.append(LinearLimit("max_local_items", "items", *uses, upper=problem.max_local_items))
    if np.isfinite(problem.min_sales_week):
        uses = (none, none, cycles * problem.sales_price, none)
        limits.append(
            LinearLimit("min_sales_week", "money per week", *uses, lower=problem.min_sales_week)
        )
    for limit in problem.range_limits:
        uses = (limit.coefficients, none, none, none)
        limits.append(LinearLimit(limit.name, limit.unit, *uses, limit.lower, limit.upper))
    return tuple(limits)


def room_limits(problem: StoreProblem) -> tuple[LinearLimit, ...]:
    """The limits on shelf and counts alone, which facings say whether they are kept."""
    return tuple(limit for limit in linear_limits(problem) if not limit.counts_units)


def keeps_room(limits: tuple[LinearLimit, ...], facings: Integers) -> bool:
    """Whether whole facings keep limits on shelf and counts."""
    listed = facings > 0
    for limit in limits:
        used = float(limit.listed @ listed + limit.facing @ facings)
        room = TOLERANCE * max(1.0, *(abs(x) for x in (limit.lower, limit.upper) if np.isfinite(x)))
        if not limit.lower - room <= used <= limit.upper + room:
            return False
    return True


def within_limits(problem: StoreProblem, facings: Integers) -> bool:
    """Whether whole facings keep every limit on shelf, counts, locks and facings.

    Solver answers are rounded to whole facings; this checks them again without the solver. What
    is sold and spent depends on the stock, which ``best_score`` finds.
    """
    listed = facings > 0
    if (problem.must_list & ~listed).any() or (problem.locked_out & listed).any():
        return False
    inside = (facings >= problem.min_facings) & (facings <= problem.max_facings)
    if (listed & ~inside).any() or not keeps_room(room_limits(problem), facings):
        return False
    mean = demand_units_week(problem, listed) / problem.deliveries_week
    least, _ = stock_bounds(problem, facings, mean)
    capacity = np.where(listed, problem.stock_capacity_per_facing * np.maximum(facings, 1), np.inf)
    return bool((least <= capacity * (1 + TOLERANCE)).all())


def limit_uses(problem: StoreProblem, plan: Score) -> list[tuple[str, str, float, float]]:
    """Every limit of a store with its unit, what a plan uses of it and what is available."""
    uses = []
    sold = plan.sold_units_week / problem.deliveries_week
    for limit in linear_limits(problem):
        used = float(
            limit.listed @ plan.listed
            + limit.facing @ plan.facings
            + limit.sold @ sold
            + limit.stock @ plan.stock_units_cycle
        )
        available = limit.upper if np.isfinite(limit.upper) else limit.lower
        uses.append((limit.name, limit.unit, used, float(available)))
    return uses
