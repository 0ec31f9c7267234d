"""The backtest's shortcut: with equal slots and no substitution, ranking is the best plan."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_store import small_store

from planner.assortment.problem_file import read_problem
from planner.assortment.store import solve_store
from planner.demand.backtest.capture import captured


def store_of(demand: np.ndarray, slots: int) -> dict:
    """A store program in units: price 1, cost 0, one slot an item, nobody substitutes."""
    problem = small_store(shelf_cm={"table": 10.0 * slots}, budget_week=None, max_local_items=None)
    problem["need_groups"] = [
        {"id": "all", "potential_units_week": float(demand.sum()), "no_purchase_attraction": 0.0}
    ]
    problem["items"] = [
        {
            "id": str(k),
            "need_group": "all",
            "attraction": float(units),
            "shadow_attraction": float(units),
            "price": 1.0,
            "unit_cost": 0.0,
            "fixture_type": "table",
            "facing_width_cm": 10.0,
        }
        for k, units in enumerate(demand)
    ]
    return problem


@pytest.mark.parametrize("seed", range(4))
def test_the_top_of_the_ranking_is_what_the_store_program_lists(tmp_path, seed):
    """The same items, and the units that they sell are the captured ones."""
    random = np.random.default_rng(seed)
    demand = np.round(random.gamma(1.5, 20.0, 9), 3)
    row = captured(demand[None], np.ones((1, 9), dtype=bool), {"demand": demand[None]}, 0.5)
    slots = int(row["slots"].iloc[0])
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(store_of(demand, slots)))
    plan = solve_store(read_problem(path), 1e-9, 30)
    assert plan.proof == "optimal"
    assert plan.objective_week == pytest.approx(row["demand"].iloc[0], rel=1e-6)
    listed = np.flatnonzero(plan.score.listed)
    assert set(listed) == set(np.argsort(-demand)[:slots])
