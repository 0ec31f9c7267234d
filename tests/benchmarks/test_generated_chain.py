"""The generated chain of the benchmarks: a chain like others, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest
from generated_chain import chain_budget_week, market, store_problem, suppliers_table, write_chain

from planner.assortment.store import solve_store
from planner.content_hash import content_hash
from planner.tables.read import read_inputs

SMALL = {"items": 40, "groups": 6}


@pytest.mark.parametrize("segments", [1, 3])
def test_its_tables_are_read_without_a_problem(segments, tmp_path):
    """Every table passes the checks that any chain passes, and holds all stores and items."""
    chain = market(1, 5, segments=segments, **SMALL)
    write_chain(chain, tmp_path, seed=1, coupled=False)
    inputs = read_inputs(tmp_path)
    assert len(inputs.stores) == 5
    assert len(inputs.items) == 40
    assert set(inputs.sales["store_id"]) == set(inputs.stores["store_id"])


def test_the_same_seed_gives_the_same_chain(tmp_path):
    """Tables by the byte; another seed gives others."""
    folders = [tmp_path / name for name in ("one", "again", "other")]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        write_chain(market(seed, 3, **SMALL), folder, seed)
    first, again, other = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders
    )
    assert first == again
    assert first["sales.parquet"] != other["sales.parquet"]


def test_more_stores_are_a_larger_chain_of_the_same_kind():
    """Items stay as they are; stores spend about as much each, under every limit of the chain."""
    few, many = market(1, 10, **SMALL), market(1, 100, **SMALL)
    assert few.items.equals(many.items)
    per_store = [chain_budget_week(c) / len(c.stores) for c in (few, many)]
    assert per_store[1] == pytest.approx(per_store[0], rel=0.5)
    limits = suppliers_table(many)
    for column in ("min_order_week", "max_units_week", "min_stores"):
        assert limits[column].notna().any()


@pytest.mark.parametrize("segments", [1, 3])
def test_its_store_problems_have_plans_under_limits_that_bind(segments):
    """A store's program is feasible, and shelf and budget are worth something in some store."""
    chain = market(1, 3, segments=segments, items=150, groups=20)
    problems = [store_problem(chain, s) for s in range(3)]
    assert len({content_hash(problem) for problem in problems}) == 3
    plans = [solve_store(problem, 0.005, 30.0) for problem in problems]
    assert all(plan.plan == "feasible" for plan in plans)
    worth = {limit.limit.split(":")[0] for p in plans for limit in p.limits if limit.shadow_price}
    assert {"shelf_cm", "budget_week"} <= worth
    assert np.isfinite([plan.bound_week for plan in plans]).all()
