"""The relaxation of one store program: a bound, and about what the store would take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.group_program import relax_by_groups
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.program import StoreProgram
from planner.assortment.solver import LiveModel
from planner.assortment.whole_program import shadow_prices, tighten
from planner.cache import Keepable


@dataclass(frozen=True)
class StoreRelaxation:
    """Upper bound of a store's best objective, with a solution of the relaxation behind it."""

    bound_week: float
    """-inf where even the relaxation has no plan."""
    value_week: float
    """Of the solution; the bound is no further above it than the relaxation's gap."""
    listed_share: Floats
    """[item]: share of the item that is listed, 0 to 1."""
    units_week: Floats
    """[item]: receipts, ``r (u + s (q - u))``."""
    shadow_prices: Mapping[str, float]
    """By name of the limit: objective per unit, not negative when relaxing helps."""


@dataclass(frozen=True)
class RelaxationJob(Keepable):
    """A store to relax, and shadow prices of its limits that it may begin with."""

    problem: StoreProblem
    start: Mapping[str, float]


def relax_store(job: RelaxationJob) -> StoreRelaxation:
    """Bound of one store without whole numbers; listing costs may be negative.

    By prices on the store's limits and mixtures of ranges where ranges can be listed, to the
    relative gap of the job; else by the linear relaxation of the whole program.
    """
    problem = job.problem
    if (problem.must_list & problem.locked_out).any():
        return _without_plan(problem)
    found = relax_by_groups(problem, job.gap, job.start)
    if found is None:
        return _whole(problem)
    return StoreRelaxation(
        found.bound_week,
        found.value_week,
        found.listed_share,
        found.units_week,
        found.shadow_prices,
    )


def _without_plan(problem: StoreProblem) -> StoreRelaxation:
    none = np.zeros(len(problem.item_ids))
    return StoreRelaxation(-math.inf, -math.inf, none, none, {})


def _whole(problem: StoreProblem) -> StoreRelaxation:
    program = StoreProgram(problem)
    live = LiveModel(program.model, program.variables())
    tighten(program, live)
    solution, duals = live.solve_relaxation()
    if solution.values is None:
        return _without_plan(problem)
    listed, units = np.zeros(len(problem.item_ids)), np.zeros(len(problem.item_ids))
    for i in program.items:
        sold = float(solution.values[live.column[program.u[i]]])
        stock = float(solution.values[live.column[program.q[i]]])
        listed[i] = min(1.0, max(0.0, float(solution.values[live.column[program.x[i]]])))
        units[i] = sold + float(problem.waste_share[i]) * (stock - sold)
    prices = shadow_prices(program, live, duals)
    bound = solution.bound
    return StoreRelaxation(bound, bound, listed, problem.deliveries_week * units, prices)
