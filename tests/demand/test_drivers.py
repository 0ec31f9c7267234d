"""Known causes of items' levels: responses, seasons and their pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.clean import clean
from planner.demand.drivers import pool
from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.levels import constant, innovations
from planner.demand.rates import Rates, fit
from planner.demand.season import YEAR_WEEKS

Make = Callable[..., Any]


def pooled(information: np.ndarray, vector: np.ndarray, group: np.ndarray) -> Any:
    """One coefficient with a vague mean."""
    return pool(
        information[:, None, None],
        vector[:, None],
        group,
        centre=np.zeros(1),
        centre_variance=np.full(1, 100.0),
        start=np.full(1, 0.5),
        largest=np.full(1, 9.0),
    )


def test_pooling_finds_how_much_items_and_groups_differ() -> None:
    """Coefficients drawn chain + group + item with known errors give back the two variances, and
    pooled values lie nearer to the truth than the items' own."""
    draw = np.random.default_rng(1)
    group = np.repeat(np.arange(40), 10)
    truth = -2.0 + draw.normal(0, 0.6, 40)[group] + draw.normal(0, 0.3, 400)
    error = draw.uniform(0.1, 1.0, 400)
    own = truth + draw.normal(0, error)
    found = pooled(1 / error**2, own / error**2, group)
    assert found.centre[0] == pytest.approx(-2.0, abs=0.25)
    assert np.sqrt(found.between_groups[0]) == pytest.approx(0.6, abs=0.15)
    assert np.sqrt(found.between_items[0]) == pytest.approx(0.3, abs=0.1)
    miss = found.mean[:, 0] - truth
    assert (miss**2).mean() < 0.5 * ((own - truth) ** 2).mean()
    inside = np.abs(miss) < 1.2816 * np.sqrt(found.covariance[:, 0, 0])
    assert 0.74 < inside.mean() < 0.86


def test_an_item_without_evidence_is_like_its_group() -> None:
    """No information of its own: the group's mean, with more spread than a known item."""
    group = np.zeros(9, dtype=np.int64)
    information = np.r_[np.full(8, 50.0), 0.0]
    found = pooled(information, information * -1.5, group)
    assert found.mean[8, 0] == pytest.approx(-1.5, abs=0.05)
    assert found.covariance[8, 0, 0] > found.covariance[0, 0, 0]


def test_innovations_give_generalised_least_squares() -> None:
    """Sums of innovations equal the textbook formula X' W^-1 X with W the covariance of a random
    walk plus noise, its start unknown (Durbin & Koopman 2012, section 6.2)."""
    draw = np.random.default_rng(2)
    weeks = 12
    x, y = draw.normal(size=weeks), draw.normal(size=weeks)
    near = constant(1, weeks, 25.0)
    noise = np.full((1, weeks), 0.05)
    told, driver, weight = innovations(y[None], noise, x[None, :, None], near)
    information = float((weight * driver[:, :, 0] ** 2).sum())
    vector = float((weight * driver[:, :, 0] * told).sum())
    step, shock = 1e-2, 1e-2
    walk = step * np.minimum.outer(np.arange(weeks), np.arange(weeks))
    cover = walk + 1e7 + (0.05 + shock) * np.eye(weeks)
    inverse = np.linalg.inv(cover)
    assert information == pytest.approx(x @ inverse @ x, rel=0.02)
    assert vector == pytest.approx(x @ inverse @ y, rel=0.05, abs=0.02)


def grouped(chain: Any) -> Rates:
    """The fit of a chain with its own need groups."""
    grouping = Grouping(
        np.arange(len(chain.stores)) % 2,
        pd.factorize(chain.items["category"])[0].astype(np.int64),
        pd.factorize(chain.items["need_group"])[0].astype(np.int64),
    )
    return fit(clean(chain.inputs()), grouping, 8.0)


def test_every_item_answers_discounts_in_its_own_way(make_chain: Make) -> None:
    """Chain-wide discounts with elasticities from -1 to -4: items are told apart."""
    chain = make_chain(stores=15, items=20, weeks=30)
    week = ((chain.sales["week"] - chain.sales["week"].min()).dt.days // 7).to_numpy()
    item = chain.sales["item_id"].astype(int).to_numpy() - 4000
    truth = np.linspace(-4.0, -1.0, 20)
    off = np.where((week + 3 * item) % 6 == 0, 0.25, 0.0)
    draw = np.random.default_rng(4)
    chain.sales["discount"] = off
    chain.sales["units"] = draw.poisson(chain.sales["units"] * (1 - off) ** truth[item]) * 1.0
    found = grouped(chain).discounts
    assert np.corrcoef(found.of_item, truth)[0, 1] > 0.9
    assert np.abs(found.of_item - truth).mean() < 0.4
    assert found.lasting_share > 0.9


def test_discounts_that_wear_out_last_less(make_chain: Make) -> None:
    """Where a discount that stays works in its first week only, less of it is carried ahead."""
    chain = make_chain(stores=15, items=30, weeks=40)
    week = ((chain.sales["week"] - chain.sales["week"].min()).dt.days // 7).to_numpy()
    item = chain.sales["item_id"].astype(int).to_numpy() - 4000
    phase = (week + 3 * item) % 10
    draw = np.random.default_rng(5)
    chain.sales["discount"] = np.where(phase < 5, 0.3, 0.0)
    lift = np.where(phase == 0, 0.7**-3.0, np.where(phase < 5, 0.7**-0.5, 1.0))
    chain.sales["units"] = draw.poisson(chain.sales["units"] * lift).astype(float)
    assert grouped(chain).discounts.lasting_share < 0.75


def test_a_season_is_carried_past_the_end_of_the_year(make_chain: Make) -> None:
    """A year of history whose need groups swing: four weeks ahead follow the swing within a
    tenth, where the last weeks' level would be off by more."""
    chain = make_chain(stores=12, items=24, weeks=52, mean=60.0)
    item = np.arange(24)
    swing = np.where(item % 6 < 3, 0.6, 0.0)
    week = ((chain.sales["week"] - chain.sales["week"].min()).dt.days // 7).to_numpy()
    number = chain.sales["item_id"].astype(int).to_numpy() - 4000

    def season(weeks: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.exp(swing[items] * np.cos(2 * np.pi * (weeks - 39) / YEAR_WEEKS))

    draw = np.random.default_rng(6)
    chain.sales["units"] = draw.poisson(chain.sales["units"] * season(week, number)) * 1.0
    found = estimate(chain.inputs(), weeks=4)
    ahead = np.mean([season(np.full(24, 52 + k), item) for k in range(4)], axis=0)
    shape = (12, 24)
    mean = found.pairs["demand_units_week"].to_numpy().reshape(shape)
    truth = chain.rate * ahead
    known = chain.carried & (swing > 0)
    miss = np.log(mean / truth)[known]
    last = np.log(season(np.full(24, 51), item) / ahead)[swing > 0].mean()
    assert abs(miss.mean()) < 0.1 < abs(last)


def test_eight_of_ten_later_rates_lie_inside_their_intervals(make_chain: Make) -> None:
    """Later weeks drawn from the truth, for items whose level wanders: 80 % inside, give or take
    five points."""
    inside = []
    for seed in (1, 2, 3):
        chain = make_chain(stores=15, items=40, weeks=30, seed=seed)
        draw = np.random.default_rng(seed)
        walk = np.exp(np.cumsum(draw.normal(0, 0.08, (40, 34)), axis=1))
        week = ((chain.sales["week"] - chain.sales["week"].min()).dt.days // 7).to_numpy()
        item = chain.sales["item_id"].astype(int).to_numpy() - 4000
        chain.sales["units"] = draw.poisson(chain.sales["units"] * walk[item, week]) * 1.0
        pairs = estimate(chain.inputs(), weeks=4).pairs
        sold = draw.poisson(np.broadcast_to(chain.rate, (4, *chain.rate.shape)))
        later = draw.poisson(sold * walk.T[30:, None, :]).mean(axis=0).ravel()
        found = (later >= pairs["low_units_week"]) & (later <= pairs["high_units_week"])
        inside.append(found.to_numpy()[chain.carried.ravel()].mean())
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)
