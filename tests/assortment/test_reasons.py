"""Why an item is in or out: marginal values, and the sentence made of them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from small_store import small_store

from planner.assortment.amounts import Amounts
from planner.assortment.problem_file import read_problem
from planner.assortment.reasons import _Words, item_reasons, marginal_values
from planner.assortment.rules import Objective
from planner.assortment.score import best_score
from planner.assortment.store import solve_store

NO_LIMITS = {"shelf_cm": None, "budget_week": None, "max_local_items": None}
NOBODY = np.full(7, "", dtype=object)


def one_facing(**limits) -> dict:
    """The small store with one possible facing count, wide enough for any stock."""
    content = small_store(**limits)
    for item in content["items"]:
        item.update(min_facings=1, max_facings=1, units_per_facing=500)
    return content


def objective_with(problem_path, content: dict, locks: dict) -> float:
    """Best objective when further items are locked in or out."""
    plan = solve_store(read_problem(problem_path(content | {"locks": locks})), 1e-7, 30)
    assert plan.plan == "feasible"
    return plan.objective_week


def test_marginal_values_are_what_solving_again_without_or_with_the_item_says(problem_path):
    """Where nothing binds, an item's value is the difference of two exact solutions."""
    content = one_facing(**NO_LIMITS)
    content["items"][3]["listing_cost_week"] = 60
    content["items"][6]["listing_cost_week"] = 25
    problem = read_problem(problem_path(content))
    plan = solve_store(problem, 1e-7, 30)
    listed = plan.score.listed
    assert 0 < listed.sum() < 7
    values = marginal_values(problem, plan.score.facings, 0.0)
    inside = [name for name, on in zip(problem.item_ids, listed, strict=True) if on]
    outside = [name for name in problem.item_ids if name not in inside]
    for i, name in enumerate(problem.item_ids):
        if problem.core[i]:
            continue
        if listed[i]:
            rest = [other for other in inside if other != name]
            locks = {"in": rest, "out": [*outside, name]}
            expected = plan.objective_week - objective_with(problem_path, content, locks)
            assert values[i] > 0
        else:
            locks = {"in": [*inside, name], "out": [other for other in outside if other != name]}
            expected = objective_with(problem_path, content, locks) - plan.objective_week
            assert values[i] < 0
        assert values[i] == pytest.approx(expected, abs=2e-4)


def test_marginal_values_are_differences_of_exact_scores(problem_path):
    """Without a budget the value is the score with the item less the score without, for any
    facings and any range."""
    problem = read_problem(problem_path(small_store(**NO_LIMITS)))
    random = np.random.default_rng(4)
    for _ in range(10):
        facings = random.integers(0, 5, 7)
        facings[0] = max(1, facings[0])
        now = best_score(problem, facings).objective_week
        values = marginal_values(problem, facings, 0.0)
        for i in range(7):
            other = facings.copy()
            other[i] = 0 if facings[i] else 1
            changed = best_score(problem, other).objective_week
            expected = now - changed if facings[i] else changed - now
            assert values[i] == pytest.approx(expected, abs=1e-9)


def test_the_price_of_the_budget_lowers_every_value(problem_path):
    """Money that is short makes each item worth less than its margin."""
    problem = read_problem(problem_path(small_store(**NO_LIMITS)))
    facings = np.array([2, 2, 1, 1, 1, 1, 1])
    free = marginal_values(problem, facings, 0.0)
    dear = marginal_values(problem, facings, 0.3)
    assert (dear < free).all()


def reasons_of(problem_path, content: dict, not_candidate=NOBODY, currency: str = "EUR"):
    """Reason, value and whether listed, by item id."""
    problem = read_problem(problem_path(content))
    plan = solve_store(problem, 1e-6, 30)
    reasons, values = item_reasons(problem, plan, not_candidate, Amounts(currency))
    rows = zip(reasons, values, plan.score.listed, strict=True)
    return dict(zip(problem.item_ids, rows, strict=True))


def test_listed_items_say_what_they_add(problem_path):
    """Core says core, a lock says so, others name what they add in the chain's currency."""
    content = small_store(**NO_LIMITS)
    content["items"][5]["listing_cost_week"] = 80
    found = reasons_of(problem_path, content | {"locks": {"in": ["mint", "pink"]}})
    assert found["gala"][0] == "core range, in every store"
    assert found["pink"][0].startswith(f"locked in; adds €{found['pink'][1]:,.2f} a week")
    assert found["fuji"][0].startswith(f"adds €{found['fuji'][1]:,.2f} a week")
    assert found["mint"][1] < 0
    assert found["mint"][0].startswith(f"locked in; loses €{-found['mint'][1]:,.2f} a week")
    units = reasons_of(problem_path, small_store(**NO_LIMITS), currency="")
    assert units["fuji"][0].startswith(f"adds {units['fuji'][1]:,.2f} units a week")


def test_items_left_out_say_why(problem_path):
    """Not buyable, would lose money, no room, or no place among the local items."""
    content = small_store(**NO_LIMITS)
    content["items"][6]["listing_cost_week"] = 90
    why_not = copy.copy(NOBODY)
    why_not[3] = "cannot be bought in this region"
    content = content | {"locks": {"out": ["granny"]}}
    found = reasons_of(problem_path, content, why_not)
    assert found["granny"][0] == "cannot be bought in this region"
    assert found["chives"][0].startswith(f"would lose €{-found['chives'][1]:,.2f} a week")
    crowded = reasons_of(problem_path, small_store(**NO_LIMITS | {"shelf_cm": {"table": 60}}))
    out = [reason for reason, value, listed in crowded.values() if not listed and value > 0]
    assert out
    assert all("cm of table are worth about" in reason for reason in out)
    few = reasons_of(problem_path, small_store(**NO_LIMITS | {"max_local_items": 2}))
    out = [reason for reason, value, listed in few.values() if not listed and value > 0]
    assert out
    assert any("place among the local items is worth" in reason for reason in out)


def test_a_reason_never_refutes_itself(problem_path):
    """Limits that a reason names are together worth what the item would add; where all it needs
    is worth less than that, no limit is blamed."""
    problem = read_problem(problem_path(small_store()))
    words = _Words(problem, solve_store(problem, 1e-6, 30), Amounts("EUR"), problem.item_ids)
    out = int(np.flatnonzero(~words.score.listed & ~problem.core)[0])
    width = problem.facing_width_cm[out] * words.fewest[out]
    words.values[out] = words.unpriced[out] = 13.0
    for place, shelf, said in (
        (14.0, 6.0, "a place among the local items is worth about €14.00"),
        (6.0, 15.0, f"its {width:g} cm of {problem.fixture_type[out]} are worth about €15.00"),
        (8.5, 6.0, "are together worth about €14.50"),
        (6.0, 5.0, "no plan with it was better"),
    ):
        words.prices = {"max_local_items": place}
        words.prices[f"shelf_cm:{problem.fixture_type[out]}"] = shelf / width
        assert said in words.why_out(out)


def test_a_budget_that_buys_nothing_is_not_called_no_demand(problem_path):
    """Where an item would add something but for the budget, the budget is the reason."""
    problem = read_problem(problem_path(small_store(**NO_LIMITS | {"budget_week": 40.0})))
    words = _Words(problem, solve_store(problem, 1e-6, 30), Amounts("EUR"), problem.item_ids)
    out = int(np.flatnonzero(~words.score.listed)[0])
    words.values[out] = 0.001
    assert words.unpriced[out] > 1
    assert "within the budget" in words.why_out(out)


def test_a_store_without_a_plan_has_nothing_to_explain(problem_path):
    """Asking for the reasons of no plan is refused, not answered."""
    content = small_store(shelf_cm={"table": 10})
    problem = read_problem(problem_path(content))
    plan = solve_store(problem, 1e-3, 30)
    assert plan.plan == "infeasible"
    with pytest.raises(ValueError, match="no plan"):
        item_reasons(problem, plan, NOBODY, Amounts("EUR"))


@pytest.mark.parametrize(
    ("objective", "kind", "whole"),
    [
        (Objective.MARGIN, "€3.00", "earns about €3.00"),
        (Objective.SALES, "€3.00 of sales", "sells about €3.00"),
        (Objective.WASTE, "€3.00 of waste", "wastes about €3.00"),
        (Objective.UNITS, "3.00 units", "sells about 3.00 units"),
    ],
)
def test_amounts_are_of_what_was_asked_for(problem_path, objective, kind, whole):
    """Sentences name what the amounts are; no item of a plan for sales, units or waste is said
    not to pay."""
    amounts = Amounts("EUR", objective)
    assert amounts.worth(3.0) == kind
    assert amounts.whole_store(-3.0 if objective is Objective.WASTE else 3.0) == whole
    content = small_store(shelf_cm={"table": 60})
    for item in content["items"]:
        item["unit_cost"] = 1.2 * item["price"]
    problem = read_problem(problem_path(content))
    plan = solve_store(problem, 1e-4, 30)
    reasons, _ = item_reasons(problem, plan, np.full(len(problem.item_ids), ""), amounts)
    lost = [reason for reason in reasons if reason.startswith("would lose")]
    assert lost
    assert all(("does not pay" in r) == (objective is Objective.MARGIN) for r in lost)
