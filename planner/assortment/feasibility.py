"""Whether a store has any plan at all, cheap questions first.

What a range alone decides (locks, shelves, counts) is a small program over listed items at their
fewest facings. Money, sales and supply need demand: where they limit the store, the range that
must cost least settles most cases, and the store program the rest.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pulp

from planner.assortment.group_ranges import mean_bounds
from planner.assortment.limits import within_limits
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.program import LESS, MORE, expression, row
from planner.assortment.score import best_score, fewest_facings
from planner.assortment.solver import LiveModel, SolveStatus
from planner.assortment.stock import TOLERANCE, spend_week, stock_bounds
from planner.assortment.store import solve_store

ANY_PLAN = 1.0
"""Relative gap at which the first plan found will do."""
SURELY = 1e-6
"""Relative excess, and in money, above which a least cost is no dust."""


class Undecided(Exception):
    """The time ran out before it was known whether there is a plan."""


def has_plan(problem: StoreProblem, seconds: float) -> bool | None:
    """Whether any plan keeps every limit; None where ``seconds`` did not tell."""
    try:
        spend = _least_spend(problem)
        listed = least_range(problem, spend, seconds)
    except Undecided:
        return None
    if listed is None or spend[listed].sum() > problem.budget_week * (1 + SURELY) + SURELY:
        return False
    if not _depends_on_demand(problem):
        return True
    facings = fewest_facings(problem, listed)
    if best_score(problem, facings) is not None and within_limits(problem, facings):
        return True
    answer = solve_store(problem, ANY_PLAN, seconds).plan
    return {"feasible": True, "infeasible": False}.get(answer)


def _depends_on_demand(problem: StoreProblem) -> bool:
    money = np.isfinite(problem.budget_week) or np.isfinite(problem.min_sales_week)
    return bool(money or (problem.min_supply_cycles > 0).any())


def _least_spend(problem: StoreProblem) -> Floats:
    """What each item costs a week at least where it is listed, in whatever range: the least stock
    of its fewest facings, for the demand that all others leave it. Money spent
    ``r c ((1 - s) u + s q)`` rises with the stock and with demand.
    """
    least, _ = stock_bounds(problem, _fewest(problem), np.zeros(len(problem.item_ids)))
    mean, _ = mean_bounds(problem)
    return spend_week(problem, least, expected_sales(mean, least, problem.demand_cv))


def _fewest(problem: StoreProblem) -> Integers:
    """Fewest facings of each item whatever its demand; zero where none carry it."""
    no_supply = np.zeros(len(problem.item_ids))
    anyhow = dataclasses.replace(problem, min_supply_cycles=no_supply)
    return fewest_facings(anyhow, carried(problem))


def carried(problem: StoreProblem) -> Flags:
    """Items whose most facings hold their smallest stock: the look of a full shelf, and a case."""
    least, _ = stock_bounds(problem, problem.max_facings, np.zeros(len(problem.item_ids)))
    held = problem.stock_capacity_per_facing * problem.max_facings
    fits: Flags = least <= held * (1 + TOLERANCE)
    return fits


def least_range(problem: StoreProblem, weight: Floats, seconds: float) -> Flags | None:
    """The range with the least sum of ``weight`` over its items that keeps locks, shelves and
    counts; None where there is none.

    Every item stands at its fewest facings: no limit here asks for more. Shelves:
    ``sum a f_fewest x <= L``; counts as in the store program. Raises Undecided.
    """
    possible = carried(problem) & (problem.must_list | ~problem.locked_out)
    if (problem.must_list & (problem.locked_out | ~possible)).any():
        return None
    footprint = problem.facing_width_cm * _fewest(problem)
    model = pulp.LpProblem("range", pulp.LpMaximize)
    x = {
        int(i): model.add_variable(f"x_{i}", int(problem.must_list[i]), 1, pulp.LpInteger)
        for i in np.flatnonzero(possible)
    }
    model.setObjective(expression((v, -float(weight[i])) for i, v in x.items()))
    for kind, room in problem.shelf_cm.items():
        members = [int(i) for i in problem.shelf_members(kind) if possible[i]]
        terms = [(x[i], float(footprint[i])) for i in members]
        model.addConstraint(row(terms, LESS, f"shelf_{kind}", room + TOLERANCE * max(1.0, room)))
    if np.isfinite(problem.max_local_items):
        terms = [(v, 1.0) for i, v in x.items() if not problem.core[i]]
        model.addConstraint(row(terms, LESS, "local", problem.max_local_items))
    for number, limit in enumerate(problem.range_limits):
        terms = [(v, float(limit.coefficients[i])) for i, v in x.items()]
        if np.isfinite(limit.upper):
            model.addConstraint(row(terms, LESS, f"upper_{number}", limit.upper + TOLERANCE))
        if np.isfinite(limit.lower):
            model.addConstraint(row(terms, MORE, f"lower_{number}", limit.lower - TOLERANCE))
    live = LiveModel(model, x.values())
    found = live.solve(0.0, seconds)
    if found.status is SolveStatus.INFEASIBLE:
        return None
    if found.values is None:
        raise Undecided
    listed = np.zeros(len(possible), dtype=bool)
    for i, variable in x.items():
        listed[i] = round(found.values[live.column[variable]]) == 1
    return listed
