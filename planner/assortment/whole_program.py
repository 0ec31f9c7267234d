"""A store as one mixed-integer program: the rounds of solving, scoring and adding rows."""

from __future__ import annotations

import math
import time
from enum import Enum

from planner.assortment import newsvendor
from planner.assortment.cbc import CbcModel
from planner.assortment.choice import demand_units_week
from planner.assortment.limits import within_limits
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.program import StoreProgram
from planner.assortment.result import PROVEN, StoreSolution, relative_gap
from planner.assortment.score import Score, best_score
from planner.assortment.solver import LiveModel, SolveStatus
from planner.assortment.stock import stock_bounds

RELAXATION_ROUNDS = 3
SOLVE_ROUNDS = 30


class Solver(Enum):
    """Who solves a store."""

    HIGHS = "highs"
    CBC = "cbc"
    """The solver that PuLP brings along, for the store's whole program: the fallback."""


Live = LiveModel | CbcModel


def solve_whole(
    problem: StoreProblem,
    gap: float,
    deadline: float,
    before: StoreSolution | None = None,
    solver: Solver = Solver.HIGHS,
) -> StoreSolution:
    """Solve a store as one program; ``before``: a plan and a bound that are known already.

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
                return StoreSolution(None, -math.inf, {}, time_limit_struck=False)
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
    struck = struck or best is None
    _, duals = live.solve_relaxation()
    return StoreSolution(best, bound, shadow_prices(program, live, duals), struck)


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


def shadow_prices(program: StoreProgram, live: Live, duals: Floats) -> dict[str, float]:
    """Limit name -> its dual in a relaxation of the program, not negative when relaxing helps."""
    return {
        name: max(0.0, sign * float(duals[live.row[label]]))
        for name, (label, sign) in program.limit_rows.items()
    }
