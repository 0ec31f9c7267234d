"""The value of going local and its interval."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats
from small_store import small_store

from planner.assortment.choice import demand_units_week
from planner.assortment.problem_file import read_problem
from planner.assortment.score import best_score
from planner.assortment.value import SHARED_VARIANCE, value_draws, value_table

LOCAL = (3, 2, 1, 0, 1, 0, 0)
COMMON = (3, 2, 0, 1, 1, 0, 0)
CURRENT = (2, 2, 0, 2, 0, 1, 0)
ERROR = np.array([0.1, 0.2, 0.4, 0.2, 0.3, 0.5, 0.5])
SEED = 1


@pytest.fixture
def problem(problem_path):
    """The small store without limits."""
    return read_problem(
        problem_path(small_store(shelf_cm=None, budget_week=None, max_local_items=None))
    )


def scored(problem, *plans):
    """Exact scores of plans given by their facings."""
    return tuple(best_score(problem, np.array(facings)) for facings in plans)


IN_RANGE = np.array(CURRENT) > 0


def test_equal_plans_are_worth_nothing_for_sure(problem):
    """A plan against itself: value and both ends of the interval are zero in every draw."""
    plans = scored(problem, LOCAL, LOCAL, LOCAL)
    draws = value_draws(problem, IN_RANGE, ERROR, SEED, plans)
    assert (draws[:, 0] == draws[:, 1]).all()
    worth = tuple(p.objective_week for p in plans)
    table = value_table({"7": "N"}, {"7": worth}, {"7": (9.0, 9.0, 9.0)}, {"7": draws})
    assert (table[["value_week", "low_week", "high_week", "share_of_sales"]] == 0).all(axis=None)
    assert not table["unusual"].any()


def test_known_demand_has_no_interval(problem):
    """Without estimation error every draw is the plan's own exact objective."""
    plans = scored(problem, LOCAL, COMMON, CURRENT)
    draws = value_draws(problem, IN_RANGE, np.zeros(7), SEED, plans)
    for k, plan in enumerate(plans):
        np.testing.assert_allclose(draws[:, k], plan.objective_week, rtol=1e-9)


def test_same_seed_same_numbers(problem):
    """The seed alone decides the draws; another one gives others around the same mean."""
    plans = scored(problem, LOCAL, COMMON)
    one, again, other = (value_draws(problem, IN_RANGE, ERROR, s, plans) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    noise = one[:, 0].std() / np.sqrt(len(one))
    assert abs(one[:, 0].mean() - other[:, 0].mean()) < 6 * noise


def test_more_error_is_a_wider_interval(problem):
    """The spread of the value grows with the standard error of demand."""
    plans = scored(problem, LOCAL, COMMON)
    spread = []
    for size in (0.5, 1.0, 2.0):
        draws = value_draws(problem, IN_RANGE, size * ERROR, SEED, plans)
        spread.append(np.std(draws[:, 0] - draws[:, 1]))
    assert spread[0] < spread[1] < spread[2]


def test_potential_follows_the_items_it_was_learned_from(problem_path):
    """Where everybody buys the one item there is, its error is that of the whole group: the
    objective varies as the item's demand does, not less."""
    item = {"id": "a", "need_group": "n", "attraction": 3, "price": 2, "unit_cost": 1}
    group = {"id": "n", "potential_units_week": 50}
    problem = read_problem(problem_path({"need_groups": [group], "items": [item]}))
    plans = scored(problem, (1,))
    draws = value_draws(problem, np.array([True]), np.array([0.3]), SEED, plans)[:, 0]
    assert draws.mean() == pytest.approx(50, rel=0.1)
    assert draws.std() / draws.mean() == pytest.approx(0.3, rel=0.2)


def true_objective(problem, plan, attraction) -> float:
    """What a plan earns if these were the attractions, by loops and the gamma distribution:
    the potential of a group follows its items of today, orders follow what sells."""
    total = 0.0
    for group in range(len(problem.need_groups)):
        members = [i for i in range(7) if problem.group_of_item[i] == group]
        outside = problem.no_purchase_attraction[0, group]
        theta = {i: problem.shadow_attraction[0, i] / problem.attraction[0, i] for i in members}

        def mass(v, listed, outside=outside, theta=theta):
            return outside + sum(v[i] if listed[i] else theta[i] * v[i] for i in theta)

        thought = mass(problem.attraction[0], IN_RANGE)
        potential = problem.potential_units_week[0, group]
        potential *= mass(attraction, IN_RANGE) / thought
        for i in members:
            if not plan.listed[i]:
                continue
            demand = potential * attraction[i] / mass(attraction, plan.listed)
            stock = plan.stock_units_cycle[i] * demand / plan.demand_units_week[i]
            f = plan.facings[i]
            stock = min(
                max(stock, problem.min_units_per_facing[i] * f),
                problem.units_per_facing[i] * problem.shelf_fills_per_cycle[i] * f,
            )
            mean, cv = demand / problem.deliveries_week, problem.demand_cv[i]
            gamma = stats.gamma(a=1 / cv**2, scale=mean * cv**2)
            larger = stats.gamma(a=1 / cv**2 + 1, scale=mean * cv**2)
            sold = mean * larger.cdf(stock) + stock * gamma.sf(stock)
            wasted = problem.waste_share[i] * (stock - sold)
            money = problem.price[i] * sold - problem.unit_cost[i] * (sold + wasted)
            total += problem.deliveries_week * money
            total -= problem.listing_cost_week[i] + problem.facing_cost_week[i] * f
    return total


def test_the_interval_holds_the_truth_as_often_as_it_says(problem):
    """Of 300 simulated truths about eight in ten lie inside the 80 % interval."""
    plans = scored(problem, LOCAL, CURRENT)
    draws = value_draws(problem, IN_RANGE, ERROR, SEED, plans)
    low, high = np.quantile(draws[:, 0] - draws[:, 1], [0.1, 0.9])
    random = np.random.default_rng(99)
    spread = np.sqrt(np.log1p(ERROR**2))
    inside = 0
    for _ in range(300):
        scale = np.exp(spread * random.standard_normal(7) - spread**2 / 2)
        attraction = problem.attraction[0] * scale
        truth = [true_objective(problem, plan, attraction) for plan in plans]
        inside += low <= truth[0] - truth[1] <= high
    assert 0.7 <= inside / 300 <= 0.9


def test_without_error_the_truth_is_the_score(problem):
    """The judge of the test above agrees with the exact score where demand is as estimated."""
    for plan in scored(problem, LOCAL, COMMON, CURRENT):
        assert true_objective(problem, plan, problem.attraction[0]) == pytest.approx(
            plan.objective_week, rel=1e-6
        )
        np.testing.assert_allclose(
            plan.demand_units_week, demand_units_week(problem, plan.listed), rtol=1e-9
        )


def test_stores_share_part_of_their_error(problem):
    """Errors of an item go together across stores by the stated share of the variance, so the
    chain's interval does not shrink as if stores were independent."""
    plans = scored(problem, LOCAL)
    small = np.full(7, 0.1)
    values = np.column_stack(
        [
            value_draws(dataclasses.replace(problem, store_id=str(k)), IN_RANGE, small, SEED,
                        plans)[:, 0]
            for k in range(40)
        ]
    )  # fmt: skip
    between = np.corrcoef(values.T)[np.triu_indices(40, 1)].mean()
    assert between == pytest.approx(SHARED_VARIANCE, abs=0.12)


def test_the_table_adds_stores_up():
    """Chain and regions are the sums of their stores, at the demand expected and on average; the
    share is of the other plan's sales; above 6 % is marked; the interval holds the value."""
    random = np.random.default_rng(2)
    draws = {s: random.normal((110, 100, 90), 1, (200, 3)) for s in "123"}
    table = value_table(
        {"1": "N", "2": "N", "3": "S"},
        dict.fromkeys("123", (110.0, 100.0, 90.0)),
        {"1": (303.0, 300.0, 290.0), "2": (202.0, 200.0, 400.0), "3": (101.0, 100.0, 400.0)},
        draws,
    ).set_index(["level", "name", "against"])
    assert len(table) == 2 * (1 + 2 + 3)
    assert table.loc[("chain", "", "common"), "planned_week"] == 30
    assert table.loc[("region", "N", "current"), "planned_week"] == 40
    value = table.loc[("store", "3", "common"), "value_week"]
    assert value == pytest.approx((draws["3"][:, 0] - draws["3"][:, 1]).mean())
    assert table.loc[("store", "3", "common"), "share_of_sales"] == pytest.approx(value / 100)
    sums = table.groupby(["level", "against"])["value_week"].sum()
    np.testing.assert_allclose(sums["chain"], sums["store"])
    np.testing.assert_allclose(sums["region"], sums["store"])
    assert table["unusual"].equals(table["share_of_sales"] > 0.06)
    assert table.loc[("store", "3", "common"), "unusual"]
    assert not table.loc[("chain", "", "common"), "unusual"]
    assert (table["low_week"] <= table["value_week"]).all()
    assert (table["value_week"] <= table["high_week"]).all()
    width = table["high_week"] - table["low_week"]
    assert width["chain", "", "common"] < 3 * width["store"].max()
    spread = draws["3"][:, 0] - draws["3"][:, 2]
    assert table.loc[("store", "3", "current"), "low_week"] == pytest.approx(
        np.quantile(spread, 0.1)
    )


def test_a_shelf_that_has_to_look_full_is_not_filled_higher_for_nothing(problem_path):
    """Where a case is more than pays, its stock stays a case however much more is sold, until
    more of it pays: the mean over the draws is near what the plan earns."""
    item = {
        "id": "a",
        "need_group": "n",
        "attraction": 3,
        "price": 2,
        "unit_cost": 1,
        "waste_share": 0.9,
        "demand_cv": 0.5,
        "units_per_facing": 50,
        "min_stock_units": 40,
    }
    group = {"id": "n", "potential_units_week": 20}
    problem = read_problem(problem_path({"need_groups": [group], "items": [item]}))
    plans = scored(problem, (1,))
    draws = value_draws(problem, np.array([True]), np.array([0.3]), SEED, plans)[:, 0]
    least = plans[0].stock_units_cycle[0]
    assert least == 40
    assert draws.mean() == pytest.approx(plans[0].objective_week, abs=1.0)
    # Every unit more that is sold was bought anyway, and is not wasted: it earns almost its price
    # and what its waste would have cost.
    assert draws.std() > 0.8 * 0.3 * 20 * (2 - 1 + 0.9)


def test_errors_that_all_unsold_items_share_widen_the_interval(problem):
    """With a shared error the draws spread more, by the items that have it alone."""
    plans = scored(problem, LOCAL, COMMON)
    none, some = (
        value_draws(problem, IN_RANGE, 0.2 * ERROR, SEED, plans, model_error=error)
        for error in (np.zeros(7), np.where(IN_RANGE, 0.0, 0.4))
    )
    spread = [np.std(draws[:, 0] - draws[:, 1]) for draws in (none, some)]
    assert spread[0] < spread[1]
    at_once = value_draws(problem, IN_RANGE, 0 * ERROR, SEED, plans, model_error=np.full(7, 0.1))
    own = at_once[:, 0]
    assert own.std() / own.mean() > 0.05
