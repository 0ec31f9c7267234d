"""A floor of sales under uncertain demand: kept, paid for, and refused where it is too high."""

from __future__ import annotations

import dataclasses

import pytest
from every_plan import limited_problem
from small_store import small_store

from planner.assortment.objectives import with_objective
from planner.assortment.problem_file import read_problem
from planner.assortment.rules import Objective
from planner.assortment.store import solve_store

SPREAD = (0.3, 0.6, 1.2)


def random_store(problem_path, seed):
    """A small store with uncertain demand and no floor, and the objective that goes with it."""
    content = limited_problem(seed)
    content["limits"].pop("min_sales_week", None)
    objective = Objective(content.pop("objective"))
    for number, item in enumerate(content["items"]):
        item["demand_cv"] = SPREAD[(seed + number) % len(SPREAD)]
    return read_problem(problem_path(content)), objective


def test_a_floor_is_kept_at_a_price_that_rises(problem_path):
    """Every plan sells its floor; a higher one never earns more, and one that no plan reaches is
    proven to be infeasible."""
    reached = 0
    for seed in range(16):
        problem, objective = random_store(problem_path, seed)
        top = solve_store(with_objective(problem, Objective.SALES), 1e-7, 30)
        if top.plan != "feasible" or top.objective_week <= 0:
            continue
        before = float("inf")
        for share in (0.5, 0.9, 0.999):
            floor = share * top.objective_week
            asked = dataclasses.replace(with_objective(problem, objective), min_sales_week=floor)
            plan = solve_store(asked, 1e-6, 30)
            assert plan.plan == "feasible", (seed, share)
            assert plan.gap <= 1e-6, (seed, share)
            assert plan.score.sales_week.sum() >= floor * (1 - 1e-6), (seed, share)
            assert plan.objective_week <= before + 1e-5 * max(1.0, abs(before)), (seed, share)
            before, reached = plan.bound_week, reached + 1
        beyond = dataclasses.replace(
            with_objective(problem, objective), min_sales_week=1.01 * top.bound_week
        )
        assert solve_store(beyond, 1e-6, 30).plan == "infeasible", seed
    assert reached > 12


def test_the_price_of_the_floor_is_what_one_more_unit_costs(problem_path):
    """With the range given, the shadow price of a floor is the margin that a little more costs."""
    content = small_store(budget_week=None, max_local_items=None, shelf_cm=None)
    for item in content["items"]:
        item |= {"max_facings": 1, "min_units_per_facing": 0, "units_per_facing": 500}
    content["locks"] = {"in": [item["id"] for item in content["items"]]}
    problem = read_problem(problem_path(content))
    freely = solve_store(problem, 1e-7, 30)
    most = solve_store(with_objective(problem, Objective.SALES), 1e-7, 30).objective_week
    start = freely.score.sales_week.sum()
    floor, more = start + 0.5 * (most - start), 0.01 * (most - start)
    plans = [
        solve_store(dataclasses.replace(problem, min_sales_week=asked), 1e-8, 30)
        for asked in (floor - more, floor, floor + more)
    ]
    prices = {limit.limit: limit.shadow_price for limit in plans[1].limits}
    cost = (plans[0].objective_week - plans[2].objective_week) / (2 * more)
    assert cost > 0.1
    assert prices["min_sales_week"] == pytest.approx(cost, rel=0.02)
