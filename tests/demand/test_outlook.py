"""Levels are followed week by week, and carried on only as far as history shows they last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planner.demand.estimate import estimate
from planner.demand.levels import constant, follow


def with_level(chain: Any, level: np.ndarray, seed: int = 9) -> Any:
    """The chain with its rates multiplied by exp(level[item, week])."""
    week = (chain.sales["week"] - chain.sales["week"].min()).dt.days.to_numpy() // 7
    item = chain.sales["item_id"].astype(int).to_numpy() - 4000
    store = chain.sales["store_id"].str[1:].astype(int).to_numpy()
    mu = chain.rate[store, item] * np.exp(level[item, week])
    chain.sales["units"] = np.random.default_rng(seed).poisson(mu).astype(float)
    return chain


def error(chain: Any, demand: Any, ahead: np.ndarray) -> float:
    """Root mean square log error of stocked pairs, given the items' true level ahead."""
    rate = demand.pairs["demand_units_week"].to_numpy().reshape(chain.rate.shape)
    miss = np.log(rate / (chain.rate * np.exp(ahead)))[chain.carried]
    return float(np.sqrt((miss**2).mean()))


def test_a_level_that_moved_is_where_it_is_now(make_chain: Callable[..., Any]) -> None:
    """After items have doubled or halved, demand is at their new level, not at their mean."""
    chain = make_chain(stores=15, items=16, weeks=16)
    end = np.where(np.arange(16) % 2 == 0, np.log(2.0), np.log(0.5))
    level = np.where(np.arange(16) < 8, 0.0, end[:, None])
    demand = estimate(with_level(chain, level).inputs(), weeks=4)
    assert error(chain, demand, end) < 0.2


def test_a_season_that_came_back_is_forecast(make_chain: Callable[..., Any]) -> None:
    """With 100 weeks of yearly waves the turn ahead is foretold better than by standing still."""
    chain = make_chain(stores=8, items=12, weeks=100)
    week = np.arange(104)
    peak = 17.0 * (np.arange(12) % 3)
    level = 0.8 * np.cos(2 * np.pi * (week - peak[:, None]) / 52)
    demand = estimate(with_level(chain, level).inputs(), weeks=4)
    ahead = level[:, 100:].mean(axis=1)
    standing_still = np.sqrt(((ahead - level[:, 99]) ** 2).mean())
    assert error(chain, demand, ahead) < 0.75 * standing_still
    text = next(a.text for a in demand.assumptions if a.subject == "demand.outlook")
    assert "a year ago" in text


def test_short_history_says_that_season_is_not_forecast(make_chain: Callable[..., Any]) -> None:
    """Twelve weeks cannot show a season, and the assumption says so."""
    demand = estimate(make_chain(stores=4, items=5).inputs(), weeks=4)
    text = next(a.text for a in demand.assumptions if a.subject == "demand.outlook")
    assert "season is not forecast" in text


def test_unobserved_levels_keep_their_start_and_grow_uncertain() -> None:
    """A series without data stays at 0; one seen long ago is less certain than one seen now."""
    noise = np.full((3, 10), np.inf)
    noise[1, 0] = noise[2, :] = 0.01
    ratio = np.where(np.isfinite(noise), 1.0, 0.0)
    levels = follow(ratio, noise, constant(3, 10, 25.0))
    assert levels.last[0] == 0.0
    assert abs(levels.last[2] - 1.0) < 0.01
    assert levels.last_variance[0] > levels.last_variance[1] > levels.last_variance[2]
