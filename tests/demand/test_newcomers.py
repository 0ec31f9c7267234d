"""Items and stores without sales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.newcomers import fill_new_items

Make = Callable[..., Any]
STORES, ITEMS = 6, 40


def test_attributes_shift_a_new_item() -> None:
    """Where organic items sell half, a new organic item is foretold to sell about half."""
    draw = np.random.default_rng(1)
    organic = (np.arange(ITEMS) % 2).astype(float)
    rate = 20.0 * 0.5**organic * np.exp(draw.normal(0, 0.1, (STORES, ITEMS)))
    sold = np.arange(ITEMS) >= 2
    item = np.arange(ITEMS)
    grouping = Grouping(np.zeros(STORES, dtype=np.int64), item % 2 * 0, item // 2 % 5)
    nothing = np.zeros((STORES, ITEMS))
    found = fill_new_items(rate, nothing, sold, grouping, nothing, organic[:, None])
    ratio = found.rate[:, 1] / found.rate[:, 0]
    assert 0.4 < ratio.mean() < 0.65
    blind = fill_new_items(rate, nothing, sold, grouping, nothing, np.zeros((ITEMS, 1)))
    np.testing.assert_allclose(blind.rate[:, 1], blind.rate[:, 0])
    assert found.log_variance[0, 1] < blind.log_variance[0, 1]


def test_category_without_sales_is_an_assumption(make_chain: Make) -> None:
    """It gets the chain's mean in each store, an interval wider than any other item's, and its
    name in an assumption."""
    chain = make_chain(stores=8, items=12)
    new = pd.DataFrame([{"item_id": "9999", "category": "Rare fruit", "need_group": "Rare"}])
    found = estimate(chain.inputs(items=pd.concat([chain.items, new])), weeks=2)
    demand, error = (found.of_pairs(c) for c in ("demand_units_week", "se_units_week"))
    np.testing.assert_allclose(demand[:, -1], demand[:, :-1].mean(axis=1))
    assert ((error / demand)[:, -1] > (error / demand)[:, :-1].max(axis=1)).all()
    assert any("Rare fruit" in a.text and "assumption" in a.text for a in found.assumptions)


def test_size_of_a_new_store_follows_its_shelf(make_chain: Make) -> None:
    """Where shelves tell how large stores are, a store without sales is as large as its shelf."""
    chain = make_chain(stores=20, items=15, carried=1.0, local=0.1)
    size = chain.rate.mean(axis=1)
    shelf = pd.DataFrame({"store_id": chain.store_ids, "width_cm": 100 * size})
    less = chain.sales[~chain.sales["store_id"].isin(["S000", "S001"])]
    blind = estimate(chain.inputs(sales=less), weeks=2)
    told = estimate(chain.inputs(sales=less, fixtures=shelf), weeks=2)

    def miss(demand: Any) -> float:
        mean = demand.of_pairs("demand_units_week")[:2].mean(axis=1)
        return float(np.abs(np.log(mean / size[:2])).mean())

    assert miss(told) < 0.15
    assert miss(told) < miss(blind)
    assert any("shelf" in a.text and a.subject == "sales.store_id" for a in told.assumptions)


def test_signals_that_move_nothing_get_none(make_chain: Make) -> None:
    """Effects are in the table for every item and signal; those of noise are 0 and say no."""
    chain = make_chain(stores=24, items=20)
    noise = np.random.default_rng(4).normal(size=24)
    table = pd.DataFrame({"store_id": chain.store_ids, "signal": "shoes", "value": noise})
    effects = estimate(chain.inputs(signals=table), weeks=2).signal_effects
    assert len(effects) == 20
    assert (effects["moves"] == "no").all()
    np.testing.assert_array_equal(effects[["effect", "low", "high"]], 0.0)
