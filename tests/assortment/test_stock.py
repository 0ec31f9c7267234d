"""The best stock of a given range: budget, sales floor and days of supply, for every objective."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
from every_plan import random_problem
from scipy.optimize import linprog, minimize

from planner.assortment.choice import demand_units_week
from planner.assortment.objectives import with_objective
from planner.assortment.problem_file import read_problem
from planner.assortment.rules import Objective
from planner.assortment.score import best_score, score
from planner.assortment.stock import most_sales_stock, stock_bounds


def limited_store(problem_path, seed, spread):
    """A random store with both limits between what its range needs and what it could use.

    Returns the problem, facings, least and most stock, and the largest sales within the budget.
    """
    r = np.random.default_rng(seed)
    content = copy.deepcopy(random_problem(seed))
    for item in content["items"]:
        item["demand_cv"] = float(r.choice([0.3, 0.6, 1.2])) if spread else 0.0
        item["units_per_facing"] = float(r.choice([8, 30, 200]))
    problem = read_problem(problem_path(content))
    problem = with_objective(problem, list(Objective)[seed % 4])
    count = len(problem.item_ids)
    supply = np.full(count, float(r.choice([0, 0.5, 1.0])))
    problem = dataclasses.replace(problem, min_supply_cycles=supply)
    facings = r.integers(0, 2, count) * problem.max_facings
    mean = demand_units_week(problem, facings > 0) / problem.deliveries_week
    least, most = stock_bounds(problem, facings, mean)
    plenty = np.minimum(most, 8 * mean + least)
    low, high = (score(problem, facings, stock).spend_week.sum() for stock in (least, plenty))
    budget = low + r.uniform(0.1, 1.1) * (high - low)
    problem = dataclasses.replace(problem, budget_week=float(budget))
    freely = best_score(problem, facings).sales_week.sum()
    best = score(problem, facings, most_sales_stock(problem, facings, mean, budget))
    ceiling = float(best.sales_week.sum())
    floor = freely + r.uniform(0.0, 1.05) * (ceiling - freely)
    return dataclasses.replace(problem, min_sales_week=floor), facings, least, most, ceiling


def kept(problem, found, least, most):
    """Whether a plan keeps budget, floor and the bounds of its stock."""
    stock, money = found.stock_units_cycle, max(1.0, problem.budget_week)
    return (
        found.spend_week.sum() <= problem.budget_week + 1e-7 * money
        and found.sales_week.sum() >= problem.min_sales_week - 1e-7 * money
        and (stock >= least - 1e-9).all()
        and (stock <= np.maximum(most, least) + 1e-9).all()
    )


def by_linear_program(problem, facings, least, most):
    """Best objective for certain demand, by a linear program; its answer may sell less than its
    stock allows, so it is a bound, and the truth where it does not."""
    on, r = np.flatnonzero(facings > 0), problem.deliveries_week
    mean = demand_units_week(problem, facings > 0)[on] / r
    price, cost, lost, spend, sales = (
        values[on]
        for values in (
            problem.price, problem.unit_cost, problem.waste_share, problem.spend_cost,
            problem.sales_price,
        )
    )  # fmt: skip
    eye = np.eye(len(on))
    rows = np.vstack(
        [
            r * np.concatenate([spend * lost, spend * (1 - lost)]),
            -r * np.concatenate([0 * sales, sales]),
            np.hstack([-eye, eye]),
        ]
    )
    found = linprog(
        -r * np.concatenate([-cost * lost, price - cost * (1 - lost)]),
        A_ub=rows,
        b_ub=np.concatenate([[problem.budget_week, -problem.min_sales_week], 0 * mean]),
        bounds=[*zip(least[on], most[on], strict=True), *((0, units) for units in mean)],
    )
    fixed = problem.listing_cost_week * (facings > 0) + problem.facing_cost_week * facings
    stock, sold = found.x[: len(on)], found.x[len(on) :]
    exact = np.allclose(sold, np.minimum(mean, stock), atol=1e-7)
    return -found.fun - fixed.sum(), exact


def test_certain_demand_equals_a_linear_program(problem_path):
    """With certain demand the best stock is that of a linear program, or none where it sells too
    little whatever the stock."""
    exact = 0
    for seed in range(120):
        problem, facings, least, most, ceiling = limited_store(problem_path, seed, spread=False)
        found = best_score(problem, facings)
        if found is None:
            assert problem.min_sales_week > ceiling * (1 + 1e-9), seed
            continue
        assert kept(problem, found, least, most), seed
        if (facings > 0).any():
            expected, same = by_linear_program(problem, facings, least, most)
            scale = max(1.0, abs(expected))
            assert found.objective_week <= expected + 1e-6 * scale, seed
            if same:
                exact += 1
                assert found.objective_week >= expected - 1e-6 * scale, seed
    assert exact > 50


def test_uncertain_demand_cannot_be_improved(problem_path):
    """With spread demand a general solver, started at the answer and elsewhere, finds no better
    stock inside the limits."""
    improved_elsewhere = 0
    for seed in range(40):
        problem, facings, least, most, _ = limited_store(problem_path, seed, spread=True)
        found = best_score(problem, facings)
        on = np.flatnonzero(facings > 0)
        if found is None or not len(on):
            continue
        assert kept(problem, found, least, most), seed

        def at(part, problem=problem, facings=facings, least=least, on=on):
            stock = np.array(least)
            stock[on] = part
            return score(problem, facings, stock)

        for share in (0.0, 0.3):
            answer = found.stock_units_cycle
            start = answer + share * (np.minimum(most, 2 * answer + 1) - answer)
            other = minimize(
                lambda part, at=at: -at(part).objective_week,
                start[on],
                bounds=list(zip(least[on], most[on], strict=True)),
                constraints=[
                    {"type": "ineq", "fun": lambda part, at=at, problem=problem: (
                        problem.budget_week - at(part).spend_week.sum())},
                    {"type": "ineq", "fun": lambda part, at=at, problem=problem: (
                        at(part).sales_week.sum() - problem.min_sales_week)},
                ],
                method="SLSQP",
                options={"maxiter": 100, "ftol": 1e-10},
            )  # fmt: skip
            rival = at(np.clip(other.x, least[on], most[on]))
            if kept(problem, rival, least, most):
                scale = max(1.0, abs(found.objective_week))
                assert rival.objective_week <= found.objective_week + 2e-6 * scale, seed
                improved_elsewhere += rival.objective_week > at(start[on]).objective_week
    assert improved_elsewhere > 3


@pytest.mark.parametrize("objective", list(Objective))
def test_the_objective_is_made_of_money(problem_path, objective):
    """Each objective is what its name says, of the same plan, and the money stays the same."""
    content = random_problem(3)
    problem = read_problem(problem_path(content))
    facings = problem.max_facings
    mean = demand_units_week(problem, facings > 0) / problem.deliveries_week
    stock = np.clip(mean, *stock_bounds(problem, facings, mean))
    money = score(problem, facings, stock)
    found = score(with_objective(problem, objective), facings, stock)
    expected = {
        Objective.MARGIN: money.margin_week.sum(),
        Objective.SALES: money.sales_week.sum(),
        Objective.UNITS: money.sold_units_week.sum(),
        Objective.WASTE: -(problem.unit_cost * money.waste_units_week).sum(),
    }[objective]
    assert found.objective_week == pytest.approx(expected)
    assert found.margin_week == pytest.approx(money.margin_week)
    assert found.sales_week == pytest.approx(money.sales_week)
    assert found.spend_week == pytest.approx(money.spend_week)
