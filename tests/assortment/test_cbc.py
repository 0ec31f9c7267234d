"""The fallback solver: the same answers as HiGHS, and the truth about how sure they are."""

from __future__ import annotations

import json

import numpy as np
import pulp
import pytest
from every_plan import best_by_trying, limited_problem, random_problem
from small_store import small_store
from test_solver import knapsack, market_split

from planner.assortment.cbc import CbcModel
from planner.assortment.problem_file import read_problem
from planner.assortment.program import LESS, MORE, expression, row
from planner.assortment.solver import SolveStatus
from planner.assortment.store import solve_store
from planner.assortment.whole_program import Solver
from planner.cli import app


def test_the_optimum_and_its_relaxation():
    """Optimal is the best of all choices, with the constant; the relaxation is a bound with the
    dual of every row."""
    model, x = knapsack(constant=100.0)
    cbc = CbcModel(model)
    found = cbc.solve(0.0, 10)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(111)
    assert found.objective <= found.bound <= 111 * (1 + 1e-6)
    assert [round(found.values[cbc.column[v]]) for v in x] == [1, 1, 0, 0]
    relaxed, duals = cbc.solve_relaxation()
    assert relaxed.objective >= found.objective - 1e-6
    assert duals[cbc.row["room"]] == pytest.approx(2)


def test_a_time_limit_is_no_optimum():
    """Where PuLP's adapter says optimal at the time limit, status and bound say what is known:
    the best there is (0) lies below the bound and above what was found."""
    model = market_split()
    found = CbcModel(model).solve(0.0, 0.3)
    assert found.status is SolveStatus.TIME_LIMIT
    assert found.bound >= 0
    assert found.objective < 0


def test_a_wide_gap_gives_a_bound_that_holds():
    """Stopped early by gap, the bound is not the objective: the optimum lies between them."""
    random = np.random.default_rng(1)
    model = pulp.LpProblem("packing", pulp.LpMaximize)
    x = [model.add_variable(f"x_{i}", 0, 1, pulp.LpInteger) for i in range(40)]
    for k in range(5):
        terms = [(v, float(w)) for v, w in zip(x, random.integers(5, 60, 40), strict=True)]
        model.addConstraint(row(terms, LESS, f"room_{k}", 500.0))
    terms = [(v, float(w)) for v, w in zip(x, random.integers(5, 60, 40), strict=True)]
    model.setObjective(expression(terms))
    loose, best = CbcModel(model).solve(0.3, 30), CbcModel(model).solve(0.0, 30)
    assert best.status is SolveStatus.OPTIMAL
    assert loose.objective <= best.objective + 1e-6
    assert loose.bound >= best.objective - 1e-6


def test_infeasible_is_told():
    """Rows that contradict, also one without variables: no values and no bound."""
    for empty in (False, True):
        model, x = knapsack()
        terms = [] if empty else [(x[0], 1.0), (x[1], 1.0)]
        model.addConstraint(row(terms, MORE, "too_many", 3.0))
        for found in (CbcModel(model).solve(0.0, 10), CbcModel(model).solve_relaxation()[0]):
            assert found.status is SolveStatus.INFEASIBLE
            assert found.values is None
            assert found.objective == -np.inf


def test_added_rows_are_obeyed():
    """A row added between solves holds in the next one, with a variable new to it."""
    model, x = knapsack()
    cbc = CbcModel(model)
    cbc.add(row([(x[0], 1.0), (x[1], 1.0)], LESS, "one_of_two", 1.0))
    assert cbc.solve(0.0, 10).objective == pytest.approx(10)
    fresh = model.add_variable("fresh", 0, 1, pulp.LpInteger)
    cbc.add(row([(x[0], 2.0), (fresh, -1.0)], MORE, "needs", 1.0))
    found = cbc.solve(0.0, 10)
    assert round(found.values[cbc.column[x[0]]]) == 1


@pytest.mark.parametrize("make", [random_problem, limited_problem])
def test_equals_trying_every_plan(make, problem_path):
    """On 40 small problems the store solved by CBC is the best of all plans, or none exists."""
    for seed in range(1000, 1040):
        content = make(seed)
        expected = best_by_trying(content)
        plan = solve_store(read_problem(problem_path(content)), 1e-6, 60, Solver.CBC)
        if expected is None:
            assert plan.plan == "infeasible", seed
        else:
            tolerance = 2e-6 * max(1.0, abs(expected))
            assert plan.objective_week == pytest.approx(expected, abs=tolerance), seed
            assert plan.bound_week >= expected - tolerance, seed


def test_both_solvers_agree_on_a_store(problem_path):
    """Uncertain demand, a tight budget: the same plan within the gap, the same shadow prices."""
    problem = read_problem(problem_path(small_store()))
    one, two = (solve_store(problem, 1e-4, 60, solver) for solver in Solver)
    assert one.objective_week == pytest.approx(two.objective_week, rel=2e-4)
    for mine, other in ((one, two), (two, one)):
        assert mine.bound_week >= other.objective_week
    for first, second in zip(one.limits, two.limits, strict=True):
        assert first.shadow_price == pytest.approx(second.shadow_price, rel=0.02, abs=1e-3)


def test_the_command_takes_the_solver(problem_path, tmp_path):
    """``planner solve --solver cbc`` writes a plan like any other; another name is refused."""
    path, out = problem_path(small_store()), tmp_path / "PLAN.json"
    with pytest.raises(SystemExit) as ended:
        app(["solve", str(path), "--out", str(out), "--solver", "cbc", "--gap", "0.001"])
    assert ended.value.code == 0
    plan = json.loads(out.read_text())
    assert plan["plan"] == "feasible"
    assert plan["gap"] <= 1e-3
    with pytest.raises(SystemExit) as ended:
        app(["solve", str(path), "--out", str(out), "--solver", "gurobi"])
    assert ended.value.code == 2
