"""How much a store can earn at most with one item listed, for all items at once.

At any prices on the limits the store's bound is a sum over need groups of their best range. With
an item forced in, its group must take a range that holds it: the bound falls by the difference
(reduced-cost argument; Dantzig & Wolfe 1960). Where the ranges of a group are too many to list,
the reduced costs of the whole program's relaxation say the same, less sharply.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.group_program import StoreFamily, shadow_prices
from planner.assortment.item_value import IMPOSSIBLE
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.program import StoreProgram
from planner.assortment.range_limits import ENTERING, counted, one_more_enters
from planner.assortment.result import PROVEN
from planner.assortment.solver import LiveModel
from planner.assortment.whole_program import shadow_prices as prices_of_rows
from planner.assortment.whole_program import tighten

PRICE_GAP = 1e-5


@dataclass(frozen=True)
class ListingBounds:
    """Objective per week that no plan exceeds, of the store and with each item listed.

    ``with_item`` [item]: -inf where no plan can list it. ``shadow_prices``: limit name ->
    objective per unit. ``prices_hold``: relaxing a limit by an amount raises ``bound_week`` by at
    most the product of the two; else rows of the program depend on the limit beside its own, and
    only the relaxed program can say.
    """

    bound_week: float
    with_item: Floats
    shadow_prices: Mapping[str, float]
    prices_hold: bool = True


def listing_bounds(
    problem: StoreProblem, seconds: float, family: StoreFamily | None = None
) -> ListingBounds:
    """Bounds at the prices that make the store's own bound least; ``seconds`` to find them.

    With an item forced in a store may hold one swap more, as swaps do not count it: such items are
    bounded in the store that has room for it.
    """
    family = family or StoreFamily(problem)
    bounds = _bounds(problem, seconds, family)
    if not (swapped := counted(problem, ENTERING)).any():
        return bounds
    wider = _bounds(one_more_enters(problem), seconds, family)
    with_item = np.where(swapped, wider.with_item, bounds.with_item)
    return dataclasses.replace(bounds, with_item=with_item)


def _bounds(problem: StoreProblem, seconds: float, family: StoreFamily) -> ListingBounds:
    pricing = family.pricing(problem)
    if pricing is None:
        return _by_reduced_costs(problem)
    deadline = time.perf_counter() + seconds
    relaxed = family.relax(pricing, PRICE_GAP, deadline)
    priced, ranges = relaxed.best, pricing.ranges
    # ``most`` is -inf for ranges that break the counts of their group.
    count = len(problem.item_ids)
    best_with = np.full(count, -np.inf)
    for start, end in ranges.parts():
        first = ranges.entry_first[start : end + 1]
        most = np.repeat(priced.most[start:end], np.diff(first))
        np.maximum.at(best_with, ranges.entry_item[first[0] : first[-1]], most)
    # No facing count of it holds the least stock, whatever else is listed.
    best_with[best_with < IMPOSSIBLE / 2] = -np.inf
    own = priced.group_best[problem.group_of_item]
    slack = PROVEN / 10 * max(1.0, abs(priced.bound_week))
    bounds = priced.bound_week + np.minimum(0.0, best_with - own) + slack
    return ListingBounds(priced.bound_week + slack, bounds, shadow_prices(relaxed))


def bound_of_whole(problem: StoreProblem) -> float:
    """Objective per week that no plan exceeds, by the relaxation of the whole program."""
    program = StoreProgram(problem)
    live = LiveModel(program.model, program.variables())
    tighten(program, live)
    solution, _ = live.solve_relaxation()
    return solution.bound


def _by_reduced_costs(problem: StoreProblem) -> ListingBounds:
    program = StoreProgram(problem)
    live = LiveModel(program.model, program.variables())
    tighten(program, live)
    solution, duals = live.solve_relaxation()
    bounds = np.full(len(problem.item_ids), -np.inf)
    if solution.values is None:
        return ListingBounds(math.inf, np.full(len(bounds), np.inf), {}, prices_hold=False)
    reduced = live.reduced_costs()
    for i in program.items:
        # Below zero for an item that the relaxation leaves out: what listing it whole costs.
        column = live.column[program.x[i]]
        room = max(0.0, 1.0 - float(solution.values[column]))
        bounds[i] = solution.bound + min(0.0, float(reduced[column])) * room
    prices = prices_of_rows(program, live, duals)
    return ListingBounds(solution.bound, bounds, prices, prices_hold=False)
