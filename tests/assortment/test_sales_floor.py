"""A floor of sales under uncertain demand: kept, paid for, and refused where it is too high."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from every_plan import limited_problem
from small_store import small_store

from planner.assortment.group_program import solve_by_groups
from planner.assortment.objectives import with_objective
from planner.assortment.problem_file import read_problem
from planner.assortment.rules import Objective
from planner.assortment.store import solve_store
from planner.assortment.whole_program import solve_whole

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


def endless_store(seed: int) -> dict:
    """A store of thirteen items whose shelves hold any stock, with uncertain demand."""
    r = np.random.default_rng([seed, 77])
    sizes = [(float(r.uniform(50, 150)), float(r.uniform(5, 20))) for _ in range(4)]
    items = [
        {
            "id": f"i{i}",
            "need_group": f"n{i % 4}",
            "attraction": float(r.uniform(5, 60)),
            "price": float(r.uniform(1.5, 3)),
            "unit_cost": 1.0,
            "waste_share": float(r.uniform(0.3, 0.9)),
            "demand_cv": float(r.choice([0.7, 1.0])),
            "fixture_type": "t",
            "facing_width_cm": 20,
            "listing_cost_week": float(r.uniform(0, 5)),
        }
        for i in range(13)
    ]
    groups = [
        {"id": f"n{g}", "potential_units_week": wanted, "no_purchase_attraction": nothing}
        for g, (wanted, nothing) in enumerate(sizes)
    ]
    return {"deliveries_week": 3, "need_groups": groups, "items": items,
            "limits": {"shelf_cm": {"t": 140}}}  # fmt: skip


@pytest.mark.parametrize(("seed", "share"), [(0, 0.3), (0, 0.6), (2, 0.9)])
def test_the_bound_holds_where_stock_has_no_end(problem_path, seed, share):
    """A floor that asks for stock beyond mean demand: no plan beats the bound that ranges give."""
    free = read_problem(problem_path(endless_store(seed)))
    plain = solve_store(free, 1e-4, 30).score.sales_week.sum()
    top = solve_store(with_objective(free, Objective.SALES), 1e-4, 30).objective_week
    floored = dataclasses.replace(free, min_sales_week=plain + share * (top - plain))
    whole = solve_whole(floored, 1e-4, time.perf_counter() + 30)
    found = solve_by_groups(floored, 1e-4, time.perf_counter() + 30)
    assert found is not None
    best = whole.score.objective_week
    assert found.bound_week >= best - 1e-6 * max(1.0, abs(best))
    assert found.score.objective_week == pytest.approx(best, rel=2e-4)
