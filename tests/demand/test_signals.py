"""Signals and segments: read, chosen and turned into local effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.local_effects import local_effects, no_effects
from planner.demand.signal_choice import choose_signals
from planner.demand.signals import Segments, Traits, read_traits

STORES, ITEMS = 40, 30


def _signals(chain: Any, **values: np.ndarray) -> pd.DataFrame:
    store_ids = chain.store_ids
    return pd.concat(
        [
            pd.DataFrame({"store_id": store_ids, "signal": name, "value": value})
            for name, value in values.items()
        ]
    )


@pytest.fixture
def world() -> dict[str, np.ndarray]:
    """Local effects [store, item] made by the first of two signals, with noise and gaps."""
    draw = np.random.default_rng(3)
    z = draw.normal(size=(STORES, 2))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    beta = draw.normal(0, 0.3, ITEMS)
    y = z[:, [0]] * beta + draw.normal(0, 0.2, (STORES, ITEMS))
    weight = np.where(draw.random(y.shape) < 0.6, 25.0, 0.0)
    return {"z": z, "beta": beta, "y": y, "weight": weight}


def _grouping(z: np.ndarray, segments: Segments | None = None) -> Grouping:
    item = np.arange(ITEMS)
    names = tuple(f"signal {k}" for k in range(z.shape[1]))
    return Grouping(np.arange(STORES) % 2, item % 3, item % 6, Traits(names, z, segments, ()))


def test_only_signals_that_move_demand_are_chosen(world: dict[str, np.ndarray]) -> None:
    """The signal behind the effects is chosen; the one that is noise is not."""
    region = np.arange(STORES) % 2
    chosen = choose_signals(world["y"], world["weight"], world["z"], region)
    assert chosen.tolist() == [0]


def test_noise_is_seldom_chosen() -> None:
    """Of signals that move nothing, few chains choose any, even where demand has clusters."""
    draw = np.random.default_rng(5)
    chosen = 0
    for _ in range(40):
        store_group = draw.normal(0, 0.3, (STORES, 6))
        y = store_group[:, np.arange(ITEMS) % 6] + draw.normal(0, 0.2, (STORES, ITEMS))
        z = draw.normal(size=(STORES, 4))
        weight = np.full(y.shape, 20.0)
        chosen += len(choose_signals(y, weight, z, np.zeros(STORES, dtype=np.int64))) > 0
    assert chosen <= 6


def test_effects_come_back(world: dict[str, np.ndarray]) -> None:
    """Coefficients are near the true ones and their errors say how near, also where items are
    unseen in most stores."""
    grouping = _grouping(world["z"])
    effects = no_effects(STORES, ITEMS)
    for turn in range(6):
        effects = local_effects(world["y"], world["weight"], grouping, effects, choose=turn == 0)
    found, variance = effects.coefficients(grouping)
    miss = found[:, 0] - world["beta"]
    assert np.abs(miss).mean() < 0.1
    assert 0.5 < (miss**2 / variance[:, 0]).mean() < 2.0


def test_segment_index_enters_with_its_evidence(world: dict[str, np.ndarray]) -> None:
    """lambda is near 1 where the index is right, near 0 where it has nothing to do with demand."""
    draw = np.random.default_rng(9)
    share = draw.dirichlet([2, 2, 2], STORES)
    segments = Segments(("a", "b", "c"), share, np.exp(draw.normal(0, 0.5, (3, ITEMS))))
    grouping = _grouping(np.zeros((STORES, 0)), segments)
    noise = draw.normal(0, 0.15, (STORES, ITEMS))
    start = no_effects(STORES, ITEMS)
    right = local_effects(segments.affinity + noise, world["weight"], grouping, start, choose=False)
    wrong = local_effects(noise, world["weight"], grouping, start, choose=False)
    assert abs(right.affinity - 1.0) < 0.1
    assert wrong.affinity < 0.1


def test_missing_and_weekly_values(make_chain: Callable[..., Any]) -> None:
    """A missing value is the mean, a weekly signal its mean over weeks, a constant none at all;
    each is said."""
    chain = make_chain(stores=4, items=4)
    table = pd.DataFrame(
        [
            ("S000", "warm", 10.0, pd.Timestamp("2024-01-01")),
            ("S000", "warm", 20.0, pd.Timestamp("2024-01-08")),
            ("S001", "warm", 5.0, pd.Timestamp("2024-01-01")),
            ("S002", "warm", 10.0, pd.Timestamp("2024-01-01")),
            ("S000", "flat", 1.0, pd.NaT),
            ("S001", "flat", 1.0, pd.NaT),
        ],
        columns=["store_id", "signal", "value", "week"],
    )
    traits = read_traits(chain.inputs(signals=table))
    assert traits.signals == ("warm",)
    spread = np.std([15.0, 5.0, 10.0])
    np.testing.assert_allclose(traits.value[:, 0], [5 / spread, -5 / spread, 0, 0], atol=1e-12)
    assert {a.subject for a in traits.assumptions} == {
        "signals.value",
        "signals.signal",
        "signals.week",
    }


def test_segments_without_index_are_said(make_chain: Callable[..., Any]) -> None:
    """One of the two segment tables alone changes nothing and is an assumption, not an error."""
    chain = make_chain(stores=4, items=4)
    shares = pd.DataFrame({"store_id": chain.store_ids, "segment": "all", "share": 1.0})
    traits = read_traits(chain.inputs(segments=shares))
    assert traits.segments is None
    assert "without segment_index" in traits.assumptions[0].text


def test_items_own_index_stands_before_its_groups(make_chain: Callable[..., Any]) -> None:
    """Index by need group, an item's own row instead, 1 where there is none (counted)."""
    chain = make_chain(stores=4, items=7)
    ids = chain.item_ids
    shares = pd.DataFrame({"store_id": chain.store_ids, "segment": "young", "share": 1.0})
    index = pd.DataFrame(
        {
            "segment": "young",
            "item_id": ["", ids[6]],
            "need_group": ["N0", ""],
            "index": [2.0, 0.5],
        }
    )
    traits = read_traits(chain.inputs(segments=shares, segment_index=index))
    assert traits.segments is not None
    assert traits.segments.index[0].tolist() == [2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    assert [a.count for a in traits.assumptions] == [5]


def test_signals_tell_about_pairs_never_stocked(make_chain: Callable[..., Any]) -> None:
    """With the signal that made demand differ, pairs without history are foretold better."""
    chain = make_chain(stores=30, items=30, weeks=10, carried=0.25, local=0.1, mean=40.0)
    draw = np.random.default_rng(2)
    young = draw.normal(size=30)
    effect = np.exp(np.outer(young, draw.normal(0, 0.4, 30)))
    chain.rate = chain.rate * effect
    sales = chain.sales.copy()
    store = pd.Index(chain.store_ids).get_indexer(sales["store_id"])
    item = pd.Index(chain.item_ids).get_indexer(sales["item_id"])
    sales["units"] = draw.poisson(chain.rate[store, item]).astype(float)
    table = _signals(chain, young=young, shoes=draw.normal(size=30))
    new = ~chain.carried

    def miss(**tables: pd.DataFrame) -> float:
        demand = estimate(chain.inputs(sales=sales, **tables), weeks=4)
        log = np.log(demand.of_pairs("demand_units_week")) - np.log(chain.rate)
        return float(np.abs(log[new] - np.median(log[new])).mean())

    assert miss(signals=table) < 0.8 * miss()
