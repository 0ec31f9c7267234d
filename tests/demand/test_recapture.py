"""Recapture is found where the history tells of it, and is an assumption elsewhere."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.availability import Neighbours, neighbours
from planner.demand.beliefs import believe, shrunk
from planner.demand.clean import History, clean
from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.rates import fit
from planner.demand.recapture import Thetas, estimate_theta
from planner.demand.substitution import GroupChoice
from planner.tables.inputs import Inputs

Make = Callable[..., Any]
FIRST_WEEK = pd.Timestamp("2024-01-01")
ITEMS_EACH, WEEKS, DAYS = 4, 40, 7
NO_PURCHASE = 0.25
THETA = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


class Shoppers:
    """A chain that lists everything everywhere, and whose shoppers substitute by a known theta.

    Arrays are [week, store, need group, item]; each item's days out of stock are drawn by
    themselves, and the demand of every day is the general attraction model, written out.
    """

    def __init__(self, theta: np.ndarray, stores: int = 16, mean: float = 60.0, seed: int = 1):
        self.rng = np.random.default_rng(seed)
        self.theta = theta
        shape = (WEEKS, stores, len(theta), ITEMS_EACH)
        self.attraction = mean * np.exp(self.rng.normal(0, 0.4, shape[1:]))
        self.days = np.full(shape, DAYS)

    def with_gaps(self, share: float) -> Shoppers:
        """Every item out for three to seven days in that share of its weeks."""
        shape = self.days.shape
        out = self.rng.random(shape) < share
        self.days = np.where(out, self.rng.integers(0, 5, shape), self.days)
        return self

    def mean_units(self) -> np.ndarray:
        """Expected units under the days in stock."""
        outside = NO_PURCHASE * self.attraction.sum(axis=-1)
        potential = outside + self.attraction.sum(axis=-1)
        day = self.rng.random((*self.days.shape, DAYS)).argsort(axis=-1).argsort(axis=-1)
        there = day < self.days[..., None]
        v = self.attraction[..., None]
        w = v * self.theta[:, None, None]
        offer = np.where(there, v, w).sum(axis=-2, keepdims=True) + outside[..., None, None]
        sold = potential[..., None, None] * v / offer / DAYS * there
        return np.asarray(sold.sum(axis=-1))

    def recapture(self) -> np.ndarray:
        """[need group] truth at the current range."""
        total = (1 + NO_PURCHASE) * self.attraction.sum(axis=-1, keepdims=True)
        free = (1 - self.theta[:, None]) * self.attraction
        others = self.attraction.sum(axis=-1, keepdims=True) - self.attraction
        moved = (others * free / (total - free)).sum(axis=(0, 2))
        return np.asarray(moved / self.attraction.sum(axis=(0, 2)))

    def inputs(self, make_chain: Make, units: np.ndarray | None = None) -> Inputs:
        """The chain's tables; Poisson units unless given."""
        if units is None:
            units = self.rng.poisson(self.mean_units()).astype(float)
        week, store, group, item = (index.ravel() for index in np.indices(self.days.shape))
        stores, items = self.days.shape[1], len(self.theta) * ITEMS_EACH
        sales = pd.DataFrame(
            {
                "store_id": np.array([f"S{k:03d}" for k in range(stores)])[store],
                "item_id": np.array([f"I{k:02d}" for k in range(items)])[group * ITEMS_EACH + item],
                "week": FIRST_WEEK + pd.to_timedelta(7 * week, unit="D"),
                "units": units.ravel(),
                "days_in_stock": self.days.ravel().astype(float),
            }
        )
        return make_chain(stores=2, items=2).inputs(
            sales=sales,
            stores=pd.DataFrame({"store_id": [f"S{k:03d}" for k in range(stores)]}),
            items=pd.DataFrame(
                {
                    "item_id": [f"I{k:02d}" for k in range(items)],
                    "need_group": [f"N{k // ITEMS_EACH}" for k in range(items)],
                }
            ),
        )


def learn(inputs: Inputs) -> tuple[History, Neighbours, GroupChoice, Thetas, float]:
    """Estimate theta without the rest of the stage; also the seconds that it took."""
    history = clean(inputs)
    group = np.asarray(pd.factorize(inputs.items["need_group"])[0], dtype=np.int64)
    grouping = Grouping(
        np.zeros(history.stores, dtype=np.int64), np.zeros(history.items, dtype=np.int64), group
    )
    rates = fit(history, grouping, np.inf)
    listed = np.ones((history.stores, history.items), dtype=bool)
    start = time.perf_counter()
    near = neighbours(history, grouping, rates, listed, gaps_told=True)
    rate = np.zeros(listed.shape)
    rate[history.pair_store[history.pair], history.item] = near.rate
    choice = GroupChoice(rate, listed, group, int(group.max()) + 1)
    found = estimate_theta(history, grouping, rates, near, choice)
    return history, near, choice, found, time.perf_counter() - start


@pytest.fixture(scope="module")
def shoppers() -> Shoppers:
    """Six need groups, from perfect substitutes to none."""
    return Shoppers(THETA).with_gaps(0.12)


def test_recapture_of_every_kind_of_group_is_found(shoppers: Shoppers, make_chain: Make) -> None:
    """From stock-outs alone: each estimate near the truth, most truths inside the interval."""
    table = estimate(shoppers.inputs(make_chain), weeks=2).recapture
    assert set(table["source"]) == {"estimated"}
    truth = shoppers.recapture()
    miss = table["recapture_share"].to_numpy() - truth
    assert np.abs(miss).max() < 0.1
    inside = (table["low_share"] <= truth + 1e-9) & (truth <= table["high_share"] + 1e-9)
    assert inside.sum() >= 4
    assert (table["high_share"] - table["low_share"] <= 0.3).all()
    assert (table["missing_store_weeks"] > 0).all()


def test_errors_are_as_large_as_stated(make_chain: Make) -> None:
    """Over many groups, the misses of theta are as wide as their standard errors."""
    many = Shoppers(np.tile(THETA, 6), stores=10, mean=25.0, seed=3).with_gaps(0.1)
    found = learn(many.inputs(make_chain))[3]
    z = (found.value - many.theta) / found.standard_error
    assert 0.7 < np.sqrt((z**2).mean()) < 1.4
    assert abs(z.mean()) < 0.5


def test_items_of_different_groups_do_not_replace_each_other(make_chain: Make) -> None:
    """A placebo: with each item put among items of other groups, nothing is found to move."""
    inputs = Shoppers(np.full(24, 0.4), stores=8).with_gaps(0.12).inputs(make_chain)
    dealt = [f"N{k % 24}" for k in range(len(inputs.items))]
    found = learn(dataclasses.replace(inputs, items=inputs.items.assign(need_group=dealt)))[3]
    assert (np.abs(found.value - 1.0) < 3 * found.standard_error).all()
    assert abs(found.value.mean() - 1.0) < 0.1


def test_without_a_gap_recapture_is_an_assumption(make_chain: Make) -> None:
    """No stock-out and no range change: the stated share, a wide interval, never a finding."""
    table = estimate(Shoppers(THETA).inputs(make_chain), weeks=2, recapture_share=0.35).recapture
    assert set(table["source"]) == {"assumption"}
    np.testing.assert_allclose(table["recapture_share"], 0.35, atol=1e-5)
    assert (table["low_share"] < 0.15).all()
    assert (table["high_share"] > 0.5).all()
    assert (table["missing_store_weeks"] == 0).all()


def test_a_delivery_that_fails_everywhere_tells_nothing(make_chain: Make) -> None:
    """What is out in all stores at once may come with a good week of the others."""
    chain = Shoppers(THETA)
    chain.days[10:30, :, :, 0] = 0
    mean = chain.mean_units()
    mean[10:30] *= 1.5
    units = chain.rng.poisson(mean).astype(float)
    table = estimate(chain.inputs(make_chain, units), weeks=2).recapture
    assert set(table["source"]) == {"assumption"}


def test_a_store_that_sells_more_of_everything_is_not_substitution(make_chain: Make) -> None:
    """Stock-outs in a store's best weeks, with shoppers who never substitute: theta stays 1."""
    chain = Shoppers(np.ones(6), stores=12, seed=5)
    best = chain.rng.random((WEEKS, 12, 1, 1)) < 0.2
    chain.days = np.where(best & (chain.rng.random(chain.days.shape) < 0.3), 2, chain.days)
    units = chain.rng.poisson(chain.mean_units() * np.where(best, 1.4, 1.0)).astype(float)
    found = learn(chain.inputs(make_chain, units))[3]
    assert abs(found.value.mean() - 1.0) < 0.1


def test_names_and_order_do_not_matter(shoppers: Shoppers, make_chain: Make) -> None:
    """Stores and items renamed and shuffled: the same recapture for the same need groups."""
    inputs = shoppers.inputs(make_chain)
    before = estimate(inputs, weeks=2).recapture.set_index("need_group")
    rng = np.random.default_rng(0)
    stores = {name: f"T{k:03d}" for k, name in enumerate(rng.permutation(inputs.stores.store_id))}
    items = {name: f"J{k:02d}" for k, name in enumerate(rng.permutation(inputs.items.item_id))}
    sales = inputs.sales.astype({"store_id": "str", "item_id": "str"}).sample(
        frac=1.0, random_state=0
    )
    other = make_chain(stores=2, items=2).inputs(
        sales=sales.assign(
            store_id=sales["store_id"].map(stores), item_id=sales["item_id"].map(items)
        ),
        stores=pd.DataFrame({"store_id": sorted(stores.values())}),
        items=inputs.items.assign(item_id=inputs.items["item_id"].map(items)).sort_values(
            "item_id"
        ),
    )
    after = estimate(other, weeks=2).recapture.set_index("need_group").loc[before.index]
    assert (before["source"] == after["source"]).all()
    for column in ("recapture_share", "low_share", "high_share", "theta"):
        np.testing.assert_allclose(before[column], after[column], atol=1e-6)


def test_groups_lend_each_other_what_they_know() -> None:
    """A group is drawn to the mean by its own error; one that tells nothing gets the mean."""
    value = np.array([0.2, 0.3, 0.4, 0.5, 0.6, np.nan])
    error = np.array([0.05, 0.05, 0.30, 0.05, 0.05, np.inf])
    mean, variance = shrunk(value, error)
    assert mean[5] == pytest.approx(0.4, abs=0.01)
    assert (np.abs(mean[:5] - mean[5]) <= np.abs(value[:5] - mean[5]) + 1e-9).all()
    assert (variance[:5] < error[:5] ** 2 + 1e-9).all()
    assert variance[5] > variance[:5].max()


def test_draws_spread_as_the_belief_does() -> None:
    """Estimated groups are drawn one by one around their estimate, assumed ones all together."""
    demand = np.full((3, 16), 20.0)
    choice = GroupChoice(demand, np.ones((3, 16), dtype=bool), np.repeat(np.arange(4), 4), 4)
    found = Thetas(
        value=np.array([0.4, 0.6, np.nan, np.nan]),
        standard_error=np.array([0.05, 0.05, np.inf, np.inf]),
        drawn=1.0,
        store_weeks=np.array([100, 100, 0, 0]),
    )
    beliefs = believe(found, choice, ("a", "b", "c", "d"), 0.4)
    assert beliefs.estimated.tolist() == [True, True, False, False]
    np.testing.assert_allclose(beliefs.draws.mean(axis=0)[:2], beliefs.theta[:2], atol=1e-9)
    assert (beliefs.closest < beliefs.theta).all()
    assert (beliefs.theta < beliefs.farthest).all()
    np.testing.assert_allclose(beliefs.draws[:, 2], beliefs.draws[:, 3])
    assert abs(np.corrcoef(beliefs.draws[:, 0], beliefs.draws[:, 1])[0, 1]) < 0.9
    again = believe(found, choice, ("a", "b", "c", "d"), 0.4)
    np.testing.assert_array_equal(beliefs.draws, again.draws)
