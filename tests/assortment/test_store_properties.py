"""Properties that every store plan has, whatever its numbers."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from scipy import stats
from small_store import small_store

from planner.assortment.problem_file import plan_entry, read_problem
from planner.assortment.store import solve_store

GAP = 1e-4


def solved(problem_path, content, gap=GAP):
    """The problem as read and its plan."""
    problem = read_problem(problem_path(content))
    return problem, solve_store(problem, gap, 60)


@pytest.mark.parametrize(
    ("limit", "values"),
    [
        ("shelf_cm", [{"table": w} for w in (40, 80, 120, 160, 240)]),
        ("budget_week", [60, 120, 200, 260, None]),
        ("max_local_items", [0, 1, 3, 5, None]),
    ],
)
def test_relaxing_a_limit_never_lowers_the_objective(problem_path, limit, values):
    """More shelf, more budget or more local items never make a store worse (within the gap)."""
    objectives = [
        solved(problem_path, small_store(**{limit: value}))[1].objective_week for value in values
    ]
    for before, after in itertools.pairwise(objectives):
        assert after >= before - GAP * max(1.0, abs(before))
    assert objectives[-1] > objectives[0] + 1


def test_locks_are_obeyed(problem_path):
    """An item locked in is listed, one locked out is not, and neither raises the objective."""
    _, free = solved(problem_path, small_store())
    content = small_store() | {"locks": {"in": ["chives"], "out": ["fuji"]}}
    problem, plan = solved(problem_path, content)
    listed = dict(zip(problem.item_ids, plan.score.listed, strict=True))
    assert listed["chives"]
    assert not listed["fuji"]
    assert listed["gala"]
    assert plan.objective_week <= free.objective_week * (1 + GAP)


def test_core_and_lock_out_contradict(problem_path):
    """A core item that is locked out leaves no plan."""
    _, plan = solved(problem_path, small_store() | {"locks": {"out": ["gala"]}})
    assert plan.plan == "infeasible"
    assert plan.objective_week == -np.inf


def test_relabelling_changes_nothing(problem_path):
    """Items and groups in another order, under other names, earn the same."""
    content = small_store()
    _, plan = solved(problem_path, content, 1e-6)
    turned = copy.deepcopy(content)
    turned["items"].reverse()
    turned["need_groups"].reverse()
    for item in turned["items"]:
        item["id"] = "x" + item["id"]
        item["need_group"] = "y" + item["need_group"]
    for group in turned["need_groups"]:
        group["id"] = "y" + group["id"]
    _, other = solved(problem_path, turned, 1e-6)
    assert other.objective_week == pytest.approx(plan.objective_week, rel=5e-5)


def test_segments_that_choose_alike_are_one_segment(problem_path):
    """Splitting the potential over two segments with the same attractions changes nothing."""
    content = small_store()
    _, plan = solved(problem_path, content, 1e-6)
    split = copy.deepcopy(content)
    for group in split["need_groups"]:
        potential = group["potential_units_week"]
        group["potential_units_week"] = {"a": 0.3 * potential, "b": 0.7 * potential}
    _, other = solved(problem_path, split, 1e-6)
    assert other.objective_week == pytest.approx(plan.objective_week, rel=5e-5)


def test_sold_units_are_what_the_stock_sells(problem_path):
    """Sold units of the plan are E[min(D, Q)] of gamma demand, here by simulation's formula."""
    problem, plan = solved(problem_path, small_store())
    entry = plan_entry(problem, plan)
    cycles = problem.deliveries_week
    for item in entry["items"]:
        if not item["listed"]:
            assert item["sold_units_week"] == 0
            continue
        mean, stock = item["demand_units_week"] / cycles, item["stock_units_cycle"]
        demand = stats.gamma(a=1 / 0.25, scale=mean * 0.25)
        expected = cycles * (demand.expect(lambda x: x, ub=stock) + stock * demand.sf(stock))
        assert item["sold_units_week"] == pytest.approx(expected, rel=1e-4)


def test_a_tight_budget_is_kept_by_true_spending(problem_path):
    """Where the budget tempts the program to sell less than its stock, the plan still keeps it,
    and forced stock that cannot be paid is infeasible."""
    for budget in (15, 40, 45, 80):
        content = small_store(budget_week=budget)
        for item in content["items"]:
            item["min_stock_units"] = 12
        _, plan = solved(problem_path, content)
        if plan.plan == "feasible":
            assert plan.score.spend_week.sum() <= budget * (1 + 1e-6)
            assert plan.gap <= 2e-3
        else:
            assert plan.plan == "infeasible"
            # The core item alone is 12 units in each of 3 cycles at 1.20, nearly all sold.
            assert budget < 3 * 12 * 1.2


def test_shadow_price_is_the_gain_of_one_more_unit_where_the_relaxation_is_tight(problem_path):
    """Without whole-number choices left, one more unit of budget earns its shadow price."""
    everything = [item["id"] for item in small_store()["items"]]
    content = small_store(budget_week=150, shelf_cm=None, max_local_items=None)
    content["locks"] = {"in": everything}
    for item in content["items"]:
        item["max_facings"] = 1
        item["demand_cv"] = 0.0
    _, plan = solved(problem_path, content, 1e-7)
    content["limits"]["budget_week"] = 151
    _, richer = solved(problem_path, content, 1e-7)
    price = next(limit.shadow_price for limit in plan.limits if limit.limit == "budget_week")
    assert price > 0.1
    assert richer.objective_week - plan.objective_week == pytest.approx(price, rel=1e-3)


def test_nothing_to_buy_is_zero_demand(problem_path):
    """A group without outside option and with nothing listed has demand zero, no contradiction."""
    content = small_store(shelf_cm={"table": 20})
    content["need_groups"][1]["no_purchase_attraction"] = 0
    for item in content["items"]:
        if item["need_group"] == "herbs":
            item["shadow_attraction"] = 0
    _, plan = solved(problem_path, content)
    assert plan.plan == "feasible"
    assert plan.score.listed.sum() == 1


def test_time_limit_is_told(problem_path):
    """A store that ran out of time never says optimal, and without a plan it says none."""
    _, plan = solved(problem_path, small_store(), gap=0.0)
    assert plan.proof == "optimal" or plan.proof.startswith("within")
    problem = read_problem(problem_path(small_store()))
    hasty = solve_store(problem, 0.0, 0.0)
    assert hasty.plan in {"none", "feasible"}
    assert hasty.proof != "optimal" or hasty.gap <= 1e-6
