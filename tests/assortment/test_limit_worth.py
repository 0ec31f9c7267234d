"""What more of a limit is worth at the plan's prices."""

from __future__ import annotations

import math

from small_store import small_store

from planner.assortment.limit_worth import worth_at_prices, worth_for_chain
from planner.assortment.problem_file import read_problem
from planner.assortment.result import Known, Limit

PRICES = {"shelf_cm:table": 0.3, "budget_week": 0.01, "max_local_items": 2.0}


def test_it_is_price_times_amount_the_dearest_first(problem_path):
    """60 cm, 100 of money and one item at their shadow prices, bounded by nothing above."""
    problem = read_problem(problem_path(small_store()))
    limits = [Limit(name, "", 0.0, 0.0, price) for name, price in PRICES.items()]
    worths = worth_at_prices(problem, limits)
    values = {worth.limit: worth.worth_week for worth in worths}
    amounts = {worth.limit: worth.amount for worth in worths}
    assert set(values) == set(PRICES)
    for name, price in PRICES.items():
        assert values[name] == price * amounts[name]
    assert amounts["shelf_cm:table"] == 60
    assert amounts["max_local_items"] == 1
    assert list(values.values()) == sorted(values.values(), reverse=True)
    assert {worth.how for worth in worths} == {Known.AT_PLAN_PRICES}
    assert all(worth.least_week == 0 and math.isnan(worth.most_week) for worth in worths)


def test_of_the_chain_money_and_units_alone():
    """A count of stores has no hundred more."""
    limits = (
        Limit("budget_week", "money per week", 9.0, 9.0, 0.2),
        Limit("supplier_max_units:s", "units per week", 9.0, 9.0, 0.4),
        Limit("min_stores:a", "stores", 2.0, 2.0, 5.0),
    )
    found = {worth.limit: worth.worth_week for worth in worth_for_chain(limits)}
    assert found == {"supplier_max_units:s": 40.0, "budget_week": 20.0}


def test_a_minimum_is_not_priced_for_more_than_it_asks():
    """A supplier's minimum of 50 can be lowered by 50 and no more."""
    (worth,) = worth_for_chain((Limit("supplier_min_order:s", "money per week", 50, 50, 0.3),))
    assert (worth.amount, worth.worth_week) == (50, 15)
