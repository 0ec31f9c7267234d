"""What a change adds after the shelf and the places that it takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_store import small_store

from planner.assortment.net_value import net_values
from planner.assortment.problem_file import read_problem
from planner.assortment.reasons import marginal_values
from planner.assortment.result import Limit
from planner.assortment.store import solve_store


@pytest.fixture
def planned(problem_path):
    """The small store and its plan."""
    problem = read_problem(problem_path(small_store()))
    return problem, solve_store(problem, 1e-6, 20)


def test_listed_items_pay_for_their_place(planned):
    """Net is what an item adds less its centimetres, facing by facing, and its place among the
    local items, each at its price; nothing for what is not listed."""
    problem, plan = planned
    prices = {"shelf_cm:table": 0.3, "shelf_cm:wet rack": 0.1, "max_local_items": 0.7}
    limits = tuple(Limit(name, "", 0.0, 0.0, price) for name, price in prices.items())
    plan = dataclasses.replace(plan, limits=limits)
    marginal = np.arange(7.0)
    net = net_values(problem, plan, marginal)
    for i, listed in enumerate(plan.score.listed):
        if not listed:
            assert np.isnan(net[i])
            continue
        kind = f"shelf_cm:{problem.fixture_type[i]}"
        takes = prices.get(kind, 0.0) * problem.facing_width_cm[i] * plan.score.facings[i]
        takes += 0.0 if problem.core[i] else 0.7
        assert net[i] == pytest.approx(marginal[i] - takes)


def test_prices_never_make_an_item_worth_more(planned):
    """At the plan's own prices the net worth of an item is no more than what it adds."""
    problem, plan = planned
    adds = marginal_values(problem, plan.score.facings, 0.0)
    net = net_values(problem, plan, adds)
    assert np.isfinite(net[plan.score.listed]).all()
    assert (net[plan.score.listed] <= adds[plan.score.listed] + 1e-9).all()
