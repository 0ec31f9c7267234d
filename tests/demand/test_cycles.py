"""The spread of a delivery cycle: recovered where known, and not swollen by what is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.clean import clean
from planner.demand.cycles import DEFAULT_CV, LARGEST_CV, cycle_factor, scatter_of_weeks
from planner.demand.estimate import estimate
from planner.demand.factors import Grouping
from planner.demand.rates import fit
from planner.tables.inputs import Inputs

Make = Callable[..., Any]
STORES, ITEMS, WEEKS = 12, 40, 40


def gamma_poisson(
    make: Make, cv: np.ndarray, *, level: np.ndarray | None = None, discounts: bool = False,
    mean: float = 120.0, lasting: float = 0.0, seed: int = 3,
) -> Inputs:  # fmt: skip
    """A chain whose weeks scatter by ``cv`` [item] beyond chance, with a level by week.

    ``lasting``: share of a week's deviation that the next week inherits.
    """
    chain = make(
        stores=STORES, items=len(cv), weeks=WEEKS, mean=mean, discounts=discounts, seed=seed
    )
    draw = np.random.default_rng(seed + 100)
    sales = chain.sales
    store = pd.factorize(sales["store_id"])[0]
    item = sales["item_id"].astype(int).to_numpy() - 4000
    week = ((sales["week"] - sales["week"].min()).dt.days // 7).to_numpy()
    mu = chain.rate[store, item] * (1 - sales["discount"].to_numpy()) ** -2.0
    if level is not None:
        mu = mu * level[week]
    shape = 1 / cv[item] ** 2
    shock = draw.gamma(shape) / shape - 1.0
    if lasting:
        grid = draw.standard_normal((WEEKS, STORES, len(cv)))
        for t in range(1, WEEKS):
            grid[t] = lasting * grid[t - 1] + np.sqrt(1 - lasting**2) * grid[t]
        shock = cv[item] * grid[week, store, item]
    units = draw.poisson(mu * np.maximum(1.0 + shock, 0.01)).astype(float)
    return chain.inputs(sales=sales.assign(units=units))


def scatter_of(inputs: Inputs) -> Any:
    """Scatter of a chain, fitted as the demand stage does."""
    history = clean(inputs)
    grouping = Grouping(
        pd.factorize(inputs.stores["region"])[0],
        pd.factorize(inputs.items["category"])[0],
        pd.factorize(inputs.items["need_group"])[0],
    )
    return scatter_of_weeks(history, grouping, fit(history, grouping, 8.0))


@pytest.fixture(scope="module")
def spread_chain(make_chain: Make) -> tuple[np.ndarray, Inputs]:
    """Items from steady to restless, and their sales."""
    cv = np.random.default_rng(5).uniform(0.1, 0.5, ITEMS)
    return cv, gamma_poisson(make_chain, cv)


def test_recovers_a_known_spread(spread_chain: tuple[np.ndarray, Inputs]) -> None:
    """Of gamma-Poisson sales the squared coefficient of variation beyond chance comes back, item
    by item, and chance is what a Poisson count has."""
    cv, inputs = spread_chain
    found = scatter_of(inputs)
    error = np.sqrt(found.spread) / cv - 1.0
    assert abs(np.median(error)) < 0.04
    assert np.median(np.abs(error)) < 0.12
    assert np.corrcoef(np.sqrt(found.spread), cv)[0, 1] > 0.9
    assert np.median(found.dispersion) == pytest.approx(1.0, abs=0.4)
    assert found.shared < 0.001
    assert found.persistence < 0.1


def test_poisson_sales_have_no_spread_beyond_chance(make_chain: Make) -> None:
    """Where weeks scatter by chance alone, a cycle's variance is its mean."""
    inputs = make_chain(stores=12, items=30, weeks=30, mean=40.0).inputs()
    found = scatter_of(inputs)
    assert np.sqrt(found.spread).max() < 0.06
    mean = np.full((12, 30), 21.0)
    cv = found.cycle_cv(mean, np.full(12, 3.0))
    np.testing.assert_allclose(cv, 1 / np.sqrt(7.0), rtol=0.12)


def test_known_causes_do_not_count(
    make_chain: Make, spread_chain: tuple[np.ndarray, Inputs]
) -> None:
    """A strong season and deep discounts leave the spread of the same items as it was."""
    cv, plain = spread_chain
    season = np.exp(0.8 * np.sin(2 * np.pi * np.arange(WEEKS) / 26))
    busy = gamma_poisson(make_chain, cv, level=season, discounts=True)
    ratio = np.sqrt(scatter_of(busy).spread) / np.sqrt(scatter_of(plain).spread)
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)


def test_thin_items_lean_on_their_like(make_chain: Make) -> None:
    """An item with a few weeks of sales takes the spread of its need group, not of its chance."""
    cv = np.where(np.arange(ITEMS) % 6 == 0, 0.6, 0.15)
    inputs = gamma_poisson(make_chain, cv)
    sales = inputs.sales
    thin = sales["item_id"] == "4000"
    kept = ~thin | (sales["week"] >= sales["week"].max() - pd.Timedelta(weeks=1))
    found = scatter_of(dataclasses.replace(inputs, sales=sales[kept].reset_index(drop=True)))
    assert np.sqrt(found.spread[0]) == pytest.approx(0.6, abs=0.15)


def test_lasting_deviations_are_seen(make_chain: Make) -> None:
    """Deviations that last from week to week show as persistence, and a cycle then shares more of
    its week's: the factor falls from the number of cycles towards 1."""
    cv = np.full(ITEMS, 0.3)
    lasting = scatter_of(gamma_poisson(make_chain, cv, lasting=0.6))
    assert lasting.persistence == pytest.approx(0.6, abs=0.15)
    assert 1.0 < cycle_factor(lasting.persistence, np.array([4.0]))[0] < 2.0
    assert cycle_factor(0.0, np.array([4.0]))[0] == 4.0
    assert cycle_factor(0.99, np.array([4.0]))[0] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("persistence", [0.05, 0.2, 0.5, 0.8])
def test_parts_of_a_week_add_up_to_it(persistence: float) -> None:
    """The factor is that of an Ornstein-Uhlenbeck process: parts with its covariances, summed,
    have the week's variance again, and their weeks the given correlation."""
    cycles = 3
    factor = cycle_factor(persistence, np.array([float(cycles)]))[0]
    fine = 600
    rate = _rate(persistence)
    at = (np.arange(2 * fine) + 0.5) / fine
    covariance = np.exp(-rate * np.abs(at[:, None] - at))
    week = covariance[:fine, :fine].mean()
    part = covariance[: fine // cycles, : fine // cycles].mean()
    assert factor == pytest.approx(part / week, rel=0.01)
    assert covariance[:fine, fine:].mean() / week == pytest.approx(persistence, rel=0.02)


def _rate(persistence: float) -> float:
    """Fading rate a week whose adjacent weekly means correlate so, by search on a fine grid."""
    rates = np.geomspace(1e-3, 1e3, 200_001)
    correlation = (1 - np.exp(-rates)) ** 2 / (2 * (rates - 1 + np.exp(-rates)))
    return float(rates[np.argmin(np.abs(correlation - persistence))])


def test_a_given_number_stands_and_is_compared(spread_chain: tuple[np.ndarray, Inputs]) -> None:
    """demand_cv of the items table is used as it is, for its item alone; far from what the
    history shows, an assumption names it."""
    _, inputs = spread_chain
    free = estimate(inputs, weeks=4)
    assert set(free.demand_cv_source) == {"estimated"}
    items = inputs.items.copy()
    items.loc[3, "demand_cv"] = 0.01
    items.loc[3, "item_name"] = "rocksteady"
    told = estimate(dataclasses.replace(inputs, items=items), weeks=4)
    assert (told.demand_cv[:, 3] == 0.01).all()
    others = np.arange(ITEMS) != 3
    np.testing.assert_array_equal(told.demand_cv[:, others], free.demand_cv[:, others])
    assert told.demand_cv_source[3] == "given"
    texts = [a.text for a in told.assumptions if a.subject == "items.demand_cv"]
    assert any("rocksteady" in text for text in texts)
    assert not any("used as given" in a.text for a in free.assumptions)


def test_small_sellers_are_less_steady(spread_chain: tuple[np.ndarray, Inputs]) -> None:
    """Within an item, the less a store sells the larger the spread of a cycle; never above 2."""
    _, inputs = spread_chain
    demand = estimate(inputs, weeks=4)
    mean = demand.of_pairs("demand_units_week")
    for item in range(0, ITEMS, 7):
        order = np.argsort(mean[:, item])
        assert (np.diff(demand.demand_cv[order, item]) <= 0.0).all()
    assert demand.demand_cv.min() > 0
    assert demand.demand_cv.max() <= LARGEST_CV


def test_a_history_of_nothing_tells_no_spread(make_chain: Make) -> None:
    """With two weeks of one pair the stated default is used, and said."""
    chain = make_chain(stores=1, items=1, weeks=2, carried=2.0)
    demand = estimate(chain.inputs(), weeks=2)
    assert (demand.demand_cv == DEFAULT_CV).all()
    assert demand.demand_cv_source == ("assumed",)
    assert any("too short to tell" in a.text for a in demand.assumptions)


def test_order_of_items_does_not_matter(spread_chain: tuple[np.ndarray, Inputs]) -> None:
    """The spread belongs to the item, not to its place or its number."""
    _, inputs = spread_chain
    first = scatter_of(inputs)
    turned = inputs.items.iloc[::-1].reset_index(drop=True)
    sales = inputs.sales.copy()
    sales["item_id"] = sales["item_id"].cat.reorder_categories(turned["item_id"].tolist())
    second = scatter_of(dataclasses.replace(inputs, items=turned, sales=sales))
    np.testing.assert_allclose(second.spread[::-1], first.spread, rtol=1e-6)
    assert second.persistence == pytest.approx(first.persistence, abs=1e-9)
