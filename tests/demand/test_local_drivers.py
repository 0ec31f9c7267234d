"""Causes of local demand in the fitted model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.local_drivers import OWN, REGION, SIGNAL
from planner.demand.local_effects import no_effects
from planner.demand.signal_effects import signal_assumptions
from planner.demand.signals import Segments, Traits


def test_a_signal_that_moves_items_is_their_cause(make_chain: Callable[..., Any]) -> None:
    """Where a signal makes the difference between stores, its part follows it store by store and
    is larger than what is left to the stores' own sales; all parts have mean 0 over stores."""
    stores, items = 24, 12
    wealth = np.linspace(-1.5, 1.5, stores)[np.random.default_rng(3).permutation(stores)]
    slope = np.where(np.arange(items) % 2 == 0, 0.5, -0.5)
    chain = make_chain(stores=stores, items=items, carried=1.0, local=0.05, mean=40.0, seed=4)
    store = pd.Index(chain.store_ids).get_indexer(pd.Index(chain.sales["store_id"]))
    item = pd.Index(chain.item_ids).get_indexer(pd.Index(chain.sales["item_id"]))
    rate = chain.rate[store, item] * np.exp(wealth[store] * slope[item])
    chain.sales["units"] = np.random.default_rng(5).poisson(rate).astype(float)
    signals = pd.DataFrame({"store_id": chain.store_ids, "signal": "wealth", "value": wealth})
    found = estimate(chain.inputs(signals=signals), weeks=4)
    drivers = found.drivers
    assert drivers is not None
    np.testing.assert_allclose(drivers.effect.mean(axis=1), 0.0, atol=1e-9)
    assert (SIGNAL, "wealth") in list(zip(drivers.kinds, drivers.names, strict=True))
    of = dict(zip(drivers.kinds, drivers.effect, strict=True))
    expected = np.outer(wealth - wealth.mean(), slope)
    assert np.corrcoef(of[SIGNAL].ravel(), expected.ravel())[0, 1] > 0.95
    assert np.abs(of[SIGNAL]).mean() > 2 * np.abs(of[OWN]).mean()
    assert np.abs(of[SIGNAL]).mean() > 2 * np.abs(of[REGION]).mean()
    moves = found.signal_effects.groupby("signal")["moves"].apply(lambda of: "yes" in set(of))
    assert moves.to_dict() == {"wealth": True}
    (told,) = (one.text for one in found.assumptions if one.subject == "signals")
    assert told.startswith("Signals that move demand: wealth; ")


@pytest.mark.parametrize("moves", ["yes", "no"])
def test_signals_are_told_by_the_table_of_their_effects(moves: str) -> None:
    """The assumption names those that move an item in the table; with segments, which explain
    part of it, what the forecasts use beside them is told apart."""
    segments = Segments(("all",), np.ones((2, 1)), np.ones((1, 1)))
    traits = Traits(("wealth", "age"), np.zeros((2, 2)), segments, ())
    grouping = Grouping(
        category_of_item=np.zeros(1, dtype=np.int64),
        region_of_store=np.zeros(2, dtype=np.int64),
        group_of_item=np.zeros(1, dtype=np.int64),
        traits=traits,
    )
    effects = pd.DataFrame({"signal": ["wealth", "age"], "moves": [moves, "no"]})
    local = replace(no_effects(2, 1), used=np.array([1]))
    (told,) = signal_assumptions(effects, local, grouping)
    moving, rest = ("wealth", "age") if moves == "yes" else ("none", "wealth, age")
    assert told.text.startswith(f"Signals that move demand: {moving}; ")
    assert f"told from chance: {rest}." in told.text
    assert told.text.endswith("beside the segments: age")
