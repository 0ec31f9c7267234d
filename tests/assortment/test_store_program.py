"""The store program against every plan tried, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from every_plan import best_by_trying, limited_problem, random_problem, wild_problem

from planner.assortment.limits import within_limits
from planner.assortment.problem_file import read_problem
from planner.assortment.store import solve_store


@pytest.mark.parametrize("make", [random_problem, wild_problem, limited_problem])
@pytest.mark.parametrize("first_seed", range(0, 500, 50))
def test_equals_trying_every_plan(make, first_seed, problem_path):
    """On 500 random small problems, 500 wild ones (nothing wanted, nothing in the way, numbers
    a thousandfold apart) and 500 under a scenario's limits and objectives, the objective is the
    best of all plans, or none exists."""
    outcomes = set()
    for seed in range(first_seed, first_seed + 50):
        content = make(seed)
        expected = best_by_trying(content)
        problem = read_problem(problem_path(content))
        plan = solve_store(problem, 1e-6, 60)
        outcomes.add(plan.plan)
        if expected is None:
            assert plan.plan == "infeasible", seed
            continue
        assert plan.plan == "feasible", seed
        tolerance = 2e-6 * max(1.0, abs(expected))
        assert plan.objective_week == pytest.approx(expected, abs=tolerance), seed
        assert plan.bound_week >= expected - tolerance, seed
        assert within_limits(problem, plan.score.facings), seed
        assert plan.score.spend_week.sum() <= problem.budget_week * (1 + 1e-6) + 1e-6, seed
        assert plan.score.sales_week.sum() >= problem.min_sales_week * (1 - 1e-6), seed
        assert np.isfinite(plan.gap)
    assert outcomes == {"feasible", "infeasible"}
