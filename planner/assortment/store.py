"""Solve one store to a proven gap, by whichever way suits it."""

from __future__ import annotations

import dataclasses
import math
import time

from planner.assortment.group_program import StoreFamily, solve_by_groups
from planner.assortment.limits import limit_uses
from planner.assortment.problem import StoreProblem
from planner.assortment.ratio_program import solve_by_ratios
from planner.assortment.result import (
    Limit,
    StorePlan,
    StoreSolution,
    proof_words,
    relative_gap,
)
from planner.assortment.score import Score
from planner.assortment.stock import TOLERANCE
from planner.assortment.whole_program import Solver, solve_whole

FEW_ITEMS = 12
"""Items that may be listed, below which the whole program is quicker."""
NO_PLAN = ("infeasible", "optimal")
MOST_OPEN_ITEMS = 60
"""Items that may be listed or not, up to which the whole program closes gaps that prices leave."""


def solve_store(
    problem: StoreProblem,
    gap: float,
    time_limit_seconds: float,
    solver: Solver = Solver.HIGHS,
    family: StoreFamily | None = None,
) -> StorePlan:
    """Best range, facings and stock of one store, with a bound.

    Solved as a sum of ratios where a large choice set leaves stock free to follow demand; by
    prices and one range per need group where the ranges can be listed; else (and where that leaves
    a gap, or finds no plan, in a small store) as one whole program. CBC solves the whole program.
    ``family``: of the store that this problem is a variant of.
    """
    start = time.perf_counter()
    found = _solution(problem, gap, start + time_limit_seconds, solver, family)
    seconds = time.perf_counter() - start
    if found.score is None:
        plan, proof = ("none", "time limit") if found.time_limit_struck else NO_PLAN
        nothing = -math.inf
        return StorePlan(problem.store_id, plan, proof, nothing, nothing, seconds, None, ())
    objective = found.score.objective_week
    bound = max(found.bound_week, objective)
    gap = relative_gap(objective, bound)
    proof = proof_words(gap, time_limit_struck=found.time_limit_struck)
    limits = tuple(
        Limit(*use, found.shadow_prices[use[0]]) for use in limit_uses(problem, found.score)
    )
    return StorePlan(
        problem.store_id, "feasible", proof, objective, bound, seconds, found.score, limits
    )


def _solution(
    problem: StoreProblem, gap: float, deadline: float, solver: Solver, family: StoreFamily | None
) -> StoreSolution:
    if (problem.must_list & problem.locked_out).any():
        return StoreSolution(None, -math.inf, {}, time_limit_struck=False)
    if solver is Solver.CBC:
        return solve_whole(problem, gap, deadline, solver=solver)
    ratios = solve_by_ratios(problem, gap, deadline)
    if ratios is not None:
        return ratios
    if int((problem.must_list | ~problem.locked_out).sum()) < FEW_ITEMS:
        return solve_whole(problem, gap, deadline)
    found = solve_by_groups(problem, gap, deadline, family)
    if found is None or found.score is None:
        return solve_whole(problem, gap, deadline, found)
    enough = max(gap, family.settle_gap if family else 0.0)
    closed = relative_gap(found.score.objective_week, found.bound_week) <= enough
    open_items = int((~problem.must_list & ~problem.locked_out).sum())
    if closed or open_items > MOST_OPEN_ITEMS or found.time_limit_struck:
        return found
    return solve_whole(problem, gap, deadline, found)


def at_least(problem: StoreProblem, plan: StorePlan, other: Score) -> StorePlan:
    """The plan, or another range of the same problem where that one scores better.

    The other one must keep every limit; the bound and the shadow prices stay the program's own.
    """
    spent = float(other.spend_week.sum())
    affordable = spent <= problem.budget_week + TOLERANCE * max(1.0, problem.budget_week)
    short = problem.min_sales_week - float(other.sales_week.sum())
    sells = short <= TOLERANCE * max(1.0, abs(problem.min_sales_week))
    if other.objective_week <= plan.objective_week or not (affordable and sells):
        return plan
    bound = max(plan.bound_week, other.objective_week)
    gap = relative_gap(other.objective_week, bound)
    prices = {limit.limit: limit.shadow_price for limit in plan.limits}
    return dataclasses.replace(
        plan,
        score=other,
        objective_week=other.objective_week,
        bound_week=bound,
        proof=proof_words(gap, time_limit_struck=plan.proof == "time limit"),
        limits=tuple(Limit(*use, prices[use[0]]) for use in limit_uses(problem, other)),
    )
