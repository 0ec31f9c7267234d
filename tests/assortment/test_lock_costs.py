"""What locks cost where stores share limits, and what they leave of other stores."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from whole_chain import SETTINGS, SHOP_TOML, corner_shops, stages_of

from planner.assortment.result import Known
from planner.assortment.store import solve_store

LOCKS = "store_id,item_id,lock,facings\n7,4063,IN,\n8,4021,OUT,\n8,4011,MIN,1\n"


def test_a_shared_budget_prices_the_cost_of_a_lock(tmp_path: Path) -> None:
    """Under a chain's budget the cost is that of the store at the budget's price: the same store
    solved with and without the lock, a unit bought at what it takes of the budget too. A lock
    that forbids nothing costs nothing."""
    toml = SHOP_TOML + "budget_week = 400\n"
    data = corner_shops(tmp_path / "data")
    (data / "chain.toml").write_text(toml)
    locks = tmp_path / "locks.csv"
    locks.write_text(LOCKS)
    found = stages_of(data, locks=locks, settings=SETTINGS).assortment
    assert found.chain is not None
    costs = {store: outcome.lock_costs for store, outcome in found.outcomes.items()}
    assert {store: len(of_store) for store, of_store in costs.items()} == {"7": 1, "8": 2, "9": 0}
    assert all(cost.how is Known.AT_PRICES for of_store in costs.values() for cost in of_store)
    assert costs["8"][1].cost_week == pytest.approx(0.0, abs=1e-6)
    assert found.chain.prices.budget > 0
    for store in ("7", "8"):
        problem, extra = found.problems[store], found.outcomes[store].unit_price_of_chain
        assert extra is not None
        assert (extra > 0).all()
        held = found.parameters.held[store]
        lifted = held.without(problem, 0)
        objectives = [
            solve_store(replace_cost(each, extra), 1e-6, 60).objective_week
            for each in (lifted, problem)
        ]
        change = objectives[0] - objectives[1]
        assert costs[store][0].cost_week == pytest.approx(change, abs=1e-3)
        assert change > 0


def replace_cost(problem, extra: np.ndarray):
    """The store with a unit bought dearer by ``extra``."""
    return dataclasses.replace(problem, unit_cost=problem.unit_cost + extra)


def test_lifting_gives_back_the_store_without_the_lock(tmp_path: Path) -> None:
    """The store with all locks lifted, and with one of one lifted, is the store as it is planned
    where there is no lock: every field of its problem."""
    data = corner_shops(tmp_path / "data")
    locks = tmp_path / "locks.csv"
    locks.write_text("store_id,item_id,lock,facings\n7,4063,IN,\n8,4021,MAX,1\n9,4012,OUT,\n")
    free = stages_of(data, settings=SETTINGS).assortment.problems
    held = stages_of(data, locks=locks, settings=SETTINGS).assortment
    for store, problem in held.problems.items():
        own = held.parameters.held[store]
        for lifted in (own.without(problem, 0), own.opened(problem)):
            for name, value in vars(free[store]).items():
                if isinstance(value, np.ndarray):
                    np.testing.assert_array_equal(getattr(lifted, name), value)
        assert not np.array_equal(problem.locked_in, free[store].locked_in) or store != "7"
        assert not np.array_equal(problem.max_facings, free[store].max_facings) or store != "8"
        assert not np.array_equal(problem.locked_out, free[store].locked_out) or store != "9"
