"""Solve one store program to a proven gap."""

from __future__ import annotations

import dataclasses
import math
import time
from enum import Enum

import numpy as np

from planner.assortment import newsvendor
from planner.assortment.cbc import CbcModel
from planner.assortment.choice import demand_units_week
from planner.assortment.group_program import GroupSolution, solve_by_groups
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.program import StoreProgram
from planner.assortment.ratio_program import RatioSolution, solve_by_ratios
from planner.assortment.result import PROVEN, Limit, StorePlan, proof_words, relative_gap
from planner.assortment.score import Score, best_score
from planner.assortment.solver import LiveModel, SolveStatus
from planner.assortment.stock import TOLERANCE, stock_bounds

RELAXATION_ROUNDS = 3
SOLVE_ROUNDS = 30
FEW_ITEMS = 12
"""Items that may be listed, below which the whole program is quicker."""
MOST_OPEN_ITEMS = 60
"""Items that may be listed or not, up to which the whole program closes gaps that prices leave."""


class Solver(Enum):
    """Who solves a store."""

    HIGHS = "highs"
    CBC = "cbc"
    """The solver that PuLP brings along, for the store's whole program: the fallback."""


Live = LiveModel | CbcModel


def solve_store(
    problem: StoreProblem,
    gap: float,
    time_limit_seconds: float,
    solver: Solver = Solver.HIGHS,
) -> StorePlan:
    """Best range, facings and stock of one store, with a bound.

    Solved as a sum of ratios where a large choice set leaves stock free to follow demand; by
    prices and one range per need group where the ranges can be listed; else (and where that leaves
    a gap, or finds no plan, in a small store) as one whole program. CBC solves the whole program.
    """
    start = time.perf_counter()
    deadline = start + time_limit_seconds
    if (problem.must_list & problem.locked_out).any():
        return _without_plan(problem, "infeasible", "optimal", start)
    if solver is Solver.CBC:
        return _solve_whole(problem, gap, deadline, start, None, solver)
    ratios = solve_by_ratios(problem, gap, deadline)
    if ratios is not None:
        if ratios.score is not None:
            return _plan(problem, ratios, start)
        words = ("none", "time limit") if ratios.time_limit_struck else ("infeasible", "optimal")
        return _without_plan(problem, *words, start)
    open_items = int((~problem.must_list & ~problem.locked_out).sum())
    found = None
    if int((problem.must_list | ~problem.locked_out).sum()) >= FEW_ITEMS:
        found = solve_by_groups(problem, gap, deadline, within_limits)
    if found is not None and found.score is not None:
        closed = relative_gap(found.score.objective_week, found.bound_week) <= gap
        if closed or open_items > MOST_OPEN_ITEMS or found.time_limit_struck:
            return _plan(problem, found, start)
    return _solve_whole(problem, gap, deadline, start, found, solver)


def _plan(problem: StoreProblem, found: GroupSolution | RatioSolution, start: float) -> StorePlan:
    assert found.score is not None
    bound = max(found.bound_week, found.score.objective_week)
    struck = found.time_limit_struck
    gap = relative_gap(found.score.objective_week, bound)
    return StorePlan(
        store_id=problem.store_id,
        plan="feasible",
        proof=proof_words(gap, time_limit_struck=struck),
        objective_week=found.score.objective_week,
        bound_week=bound,
        seconds=time.perf_counter() - start,
        score=found.score,
        limits=tuple(
            Limit(*use, found.shadow_prices[use[0]]) for use in limit_uses(problem, found.score)
        ),
    )


def _solve_whole(
    problem: StoreProblem,
    gap: float,
    deadline: float,
    start: float,
    before: GroupSolution | None,
    solver: Solver,
) -> StorePlan:
    """The store as one program.

    The program bounds expected sales by tangents, so its value is an upper bound; each of its
    ranges is scored exactly after its stock is set to the best (``stock.best_stock``). Where
    the bound and the exact score are further apart than ``gap`` (relative), tangents are added
    at the solution's own stock ratio, and lower sides where it sells less than its stock allows.
    """
    program = StoreProgram(problem)
    hand_over = CbcModel if solver is Solver.CBC else LiveModel
    live: Live = hand_over(program.model, program.variables())
    tighten(program, live)
    best = before.score if before else None
    bound = before.bound_week if before else math.inf
    solver_gap = gap / 2
    struck = False
    for _ in range(SOLVE_ROUNDS):
        left = deadline - time.perf_counter()
        solution = live.solve(solver_gap, left)
        if solution.status is SolveStatus.INFEASIBLE:
            if best is None:
                return _without_plan(problem, "infeasible", "optimal", start)
            break
        bound = min(bound, solution.bound)
        struck = solution.status is SolveStatus.TIME_LIMIT
        if solution.values is None:
            break
        facings = program.facings_of(solution.values, live.column)
        found = best_score(problem, facings) if within_limits(problem, facings) else None
        if found and (best is None or found.objective_week > best.objective_week):
            best = found
        reached = relative_gap(best.objective_week, bound) if best else math.inf
        if reached <= max(gap, PROVEN / 10) or struck or left <= 0:
            break
        if not _cut(program, live, solution.values, found):
            if solver_gap <= 1e-9:
                break
            solver_gap = max(1e-9, solver_gap / 10)
    if best is None:
        return _without_plan(problem, "none", "time limit", start)
    bound = max(bound, best.objective_week)
    return StorePlan(
        store_id=problem.store_id,
        plan="feasible",
        proof=proof_words(relative_gap(best.objective_week, bound), time_limit_struck=struck),
        objective_week=best.objective_week,
        bound_week=bound,
        seconds=time.perf_counter() - start,
        score=best,
        limits=limits_of(program, live, best),
    )


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


def _without_plan(problem: StoreProblem, plan: str, proof: str, start: float) -> StorePlan:
    seconds = time.perf_counter() - start
    return StorePlan(problem.store_id, plan, proof, -math.inf, -math.inf, seconds, None, ())


def _mean_and_stock(
    program: StoreProgram, live: Live, values: Floats, item: int
) -> tuple[float, float]:
    mean = values[live.column[program.m[item]]]
    stock = values[live.column[program.q[item]]]
    return float(mean), float(stock)


def tighten(program: StoreProgram, live: Live) -> None:
    """Add tangents at the relaxation's own stock ratios, a few rounds."""
    problem = program.problem
    spread = [i for i in program.items if problem.demand_cv[i] >= newsvendor.CERTAIN_CV]
    for _ in range(RELAXATION_ROUNDS if spread else 0):
        solution, _ = live.solve_relaxation()
        if solution.values is None or not _add_tangents(program, live, solution.values):
            return


def _add_tangents(program: StoreProgram, live: Live, values: Floats) -> bool:
    """Cut off sales above ``E[min(D, Q)]``; True if anything was added."""
    problem, added = program.problem, False
    for i in program.items:
        cv = float(problem.demand_cv[i])
        if cv < newsvendor.CERTAIN_CV:
            continue
        mean, stock = _mean_and_stock(program, live, values, i)
        if mean <= 1e-9 or stock <= 1e-9:
            continue
        sold = float(values[live.column[program.u[i]]])
        true = float(newsvendor.expected_sales(mean, stock, cv))
        if sold > true * (1 + 1e-9) and not program.has_tangent_near(i, stock / mean):
            live.add(program.tangent_row(i, stock / mean))
            added = True
    return added


def _cut(program: StoreProgram, live: Live, values: Floats, found: Score | None) -> bool:
    """Add what the solution shows to be missing; True if anything was added.

    ``found`` is the exact score of the solution's range, None where it overspends: then the
    lower sides are made exact at the least stock of its facings.
    """
    problem = program.problem
    added = _add_tangents(program, live, values)
    facings = program.facings_of(values, live.column)
    mean_of_range = demand_units_week(problem, facings > 0) / problem.deliveries_week
    least, _ = stock_bounds(problem, facings, mean_of_range)
    for i in program.items:
        if not facings[i]:
            continue
        mean, stock = _mean_and_stock(program, live, values, i)
        sold = float(values[live.column[program.u[i]]])
        true = float(newsvendor.expected_sales(mean, stock, float(problem.demand_cv[i])))
        if sold >= true - 1e-6 * max(1.0, true) or mean <= 0:
            continue
        certain = problem.demand_cv[i] < newsvendor.CERTAIN_CV
        if i in program.lower_sides and (certain or program.lower_sides[i] >= 6):
            continue
        exact = [stock / mean]
        if found is None and least[i] > 0:
            exact.append(float(least[i]) / mean)
        for constraint in program.lower_side_rows(i, () if certain else tuple(exact)):
            live.add(constraint)
        added = True
    return added


def within_limits(problem: StoreProblem, facings: np.ndarray) -> bool:
    """Whether whole facings keep every limit on shelf, counts, locks and facings.

    Solver answers are rounded to whole facings; this checks them again without the solver.
    """
    listed = facings > 0
    if (problem.must_list & ~listed).any() or (problem.locked_out & listed).any():
        return False
    inside = (facings >= problem.min_facings) & (facings <= problem.max_facings)
    if (listed & ~inside).any():
        return False
    for kind, room in problem.shelf_cm.items():
        members = problem.shelf_members(kind)
        used = float((problem.facing_width_cm[members] * facings[members]).sum())
        if used > room + TOLERANCE * max(1.0, room):
            return False
    if (listed & ~problem.core).sum() > problem.max_local_items:
        return False
    for limit in problem.range_limits:
        used = float(limit.coefficients @ listed)
        if used > limit.upper + TOLERANCE or used < limit.lower - TOLERANCE:
            return False
    mean = demand_units_week(problem, listed) / problem.deliveries_week
    least, _ = stock_bounds(problem, facings, mean)
    capacity = np.where(listed, problem.stock_capacity_per_facing * np.maximum(facings, 1), np.inf)
    return bool((least <= capacity * (1 + TOLERANCE)).all())


def limit_uses(problem: StoreProblem, plan: Score) -> list[tuple[str, str, float, float]]:
    """Every limit of a store with its unit, what a plan uses of it and what is available."""
    uses = []
    for kind, room in problem.shelf_cm.items():
        members = problem.shelf_members(kind)
        used = float((problem.facing_width_cm[members] * plan.facings[members]).sum())
        uses.append((f"shelf_cm:{kind}", "cm", used, float(room)))
    if np.isfinite(problem.budget_week):
        used = float(plan.spend_week.sum())
        uses.append(("budget_week", "money per week", used, problem.budget_week))
    if np.isfinite(problem.max_local_items):
        used = float((plan.listed & ~problem.core).sum())
        uses.append(("max_local_items", "items", used, problem.max_local_items))
    if np.isfinite(problem.min_sales_week):
        used = float(plan.sales_week.sum())
        uses.append(("min_sales_week", "money per week", used, problem.min_sales_week))
    for limit in problem.range_limits:
        used = float(limit.coefficients @ plan.listed)
        available = limit.upper if np.isfinite(limit.upper) else limit.lower
        uses.append((limit.name, limit.unit, used, float(available)))
    return uses


def limits_of(program: StoreProgram, live: Live, plan: Score) -> tuple[Limit, ...]:
    """Limits of a plan with their shadow prices, from one more solve of the relaxation."""
    _, duals = live.solve_relaxation()
    limits = []
    for name, unit, used, available in limit_uses(program.problem, plan):
        label, sign = program.limit_rows[name]
        price = max(0.0, sign * float(duals[live.row[label]]))
        limits.append(Limit(name, unit, used, available, price))
    return tuple(limits)
