"""Local rates: item level by week x item in region by week x store factors x pair.

A quasi-Poisson model, multiplicative, fitted by turns (backfitting) on ratios of observed over
expected units. Units of a row have mean ``mu`` and variance ``dispersion mu + spread mu**2``;
the information of a row is ``mu / (dispersion + spread mu)``, so that shared shocks of large
sellers do not drown the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.dispersion import scatter
from planner.demand.elasticity import Elasticity, across_stores, across_weeks, choose
from planner.demand.factors import Factors, Grouping, sweep
from planner.demand.levels import VAGUE_VARIANCE, Levels, constant, follow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 6
# Half a unit of information at the mean: keeps logs of empty cells finite.
PSEUDO_INFORMATION = 0.5
# Local factors last longer than a pair's own effect, which has its own half-life.
FACTOR_HALF_LIFE_WEEKS = 13.0


@dataclass(frozen=True)
class Rates:
    """The fitted model; rates are units a week, in stock, at full price."""

    log_scale: Floats
    """[item] log of the item's mean rate; the items' levels are relative to it."""
    item_levels: Levels
    region_levels: Levels
    """Deviation of an item in a region from the item, [region x item, week]."""
    factors: dict[str, Factors]
    static: Floats
    """[pair] product of the pair's factors."""
    pair_factor: Floats
    """[pair] posterior mean of the pair's own effect."""
    pair_information: Floats
    """[pair] information of the pair's own, recency-weighted history."""
    pair_prior: float
    """Information that the model's prediction counts for: 1 / variance of pair effects."""
    dispersion: float
    spread: float
    elasticity: Elasticity
    seen: NDArray[np.bool_]
    """[item, week] where the item was on sale anywhere."""

    def log_level(self, history: History, grouping: Grouping) -> Floats:
        """[row] log rate of the row's item, region and week, before store and pair."""
        return np.asarray(
            self.log_scale[history.pair_item][history.pair]
            + self.item_levels.weekly.ravel()[history.item_week]
            + self.region_levels.weekly.ravel()[_region_week(history, grouping)]
        )

    def model_log_rate(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Log rate of store-item pairs in the last week, without the pairs' own effects."""
        log_rate = (self.log_scale + self.item_levels.last)[item]
        log_rate = log_rate + self.region_levels.last[_region_item(grouping, store, item)]
        for name, cell in grouping.cells(store, item).items():
            log_rate = log_rate + np.log(self.factors[name].factor[cell])
        return np.asarray(log_rate)

    def level_variance(self, grouping: Grouping, store: Ints, item: Ints, weeks: int) -> Floats:
        """Variance of the pairs' mean log level over the next weeks, store and pair left out."""
        variance = self.item_levels.forecast_variance(weeks)[item]
        region = self.region_levels.forecast_variance(weeks)
        return np.asarray(variance + region[_region_item(grouping, store, item)])

    def factor_variance(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Variance of the pairs' log rate through the factors."""
        variance = np.zeros(len(store))
        for name, cell in grouping.cells(store, item).items():
            variance = variance + self.factors[name].variance[cell]
        return variance


def fit(history: History, grouping: Grouping, half_life_weeks: float) -> Rates:
    """Fit the model; time and memory are linear in the rows of ``history``.

    half_life_weeks: age at which a week counts half in the pair's own effect (inf: all alike).
    """
    h = history
    pairs, item = len(h.pair_item), h.pair_item[h.pair]
    region_week = _region_week(h, grouping)
    families = grouping.cells(h.pair_store, h.pair_item)
    total = sums(item, np.maximum(h.units, 0.0), h.items)
    exposure = sums(item, h.exposure, h.items)
    log_scale = np.log(np.maximum(total, 0.5) / np.maximum(exposure, 1.0))
    recency = _recency(h, FACTOR_HALF_LIFE_WEEKS)

    rates = Rates(
        log_scale=log_scale,
        item_levels=constant(h.items, h.weeks, VAGUE_VARIANCE),
        region_levels=constant(grouping.regions * h.items, h.weeks, 0.1),
        factors={n: Factors(np.ones(k), np.zeros(k), 1.0) for n, k in grouping.sizes().items()},
        static=np.ones(pairs),
        pair_factor=np.ones(pairs),
        pair_information=np.zeros(pairs),
        pair_prior=4.0,
        dispersion=1.0,
        spread=0.1,
        elasticity=choose(None, None),
        seen=(sums(h.item_week, h.exposure, h.items * h.weeks) > 0).reshape(h.items, h.weeks),
    )
    for _ in range(ROUNDS):
        price = np.exp(rates.elasticity.value * h.log_price)
        mu = h.exposure * price * np.exp(rates.log_level(h, grouping))
        mu = mu * (rates.static * rates.pair_factor)[h.pair]
        weight = 1.0 / (rates.dispersion + rates.spread * mu)

        level, ratio, noise = _levels(h.units, mu, weight, h.item_week, rates.item_levels)
        mu = mu * np.exp(level.weekly - rates.item_levels.weekly).ravel()[h.item_week]
        rates = replace(rates, item_levels=level)
        if grouping.regions > 1:
            level, _, _ = _levels(h.units, mu, weight, region_week, rates.region_levels)
            mu = mu * np.exp(level.weekly - rates.region_levels.weekly).ravel()[region_week]
            rates = replace(rates, region_levels=level)

        local = mu / (rates.static * rates.pair_factor)[h.pair]
        sold = sums(h.pair, weight * recency * h.units, pairs)
        should = sums(h.pair, weight * recency * local, pairs)
        static, factors, prior = sweep(sold, should, families, rates.factors, rates.pair_prior)
        rates = replace(rates, static=static, factors=factors, pair_prior=prior)
        rates = with_half_life(rates, h, grouping, half_life_weeks)

        mu = local * (rates.static * rates.pair_factor)[h.pair]
        leverage = weight * mu / (rates.pair_information + rates.pair_prior)[h.pair]
        dispersion, spread = scatter(h.units, mu, leverage, rates.dispersion, rates.spread)
        weight = 1.0 / (dispersion + spread * mu)
        discount = sums(h.item_week, weight * mu * h.log_price, h.items * h.weeks)
        discount = discount / np.maximum(sums(h.item_week, weight * mu, len(discount)), 1e-12)
        discount = discount.reshape(h.items, h.weeks)
        elasticity = choose(
            across_stores(h, mu, weight, rates.elasticity.value),
            across_weeks(ratio + rates.elasticity.value * discount, discount, noise),
        )
        rates = replace(rates, dispersion=dispersion, spread=spread, elasticity=elasticity)
    return rates


def with_half_life(
    rates: Rates, history: History, grouping: Grouping, half_life_weeks: float
) -> Rates:
    """The same model with the pairs' own effects weighted to recent weeks in another way.

    The pair's effect is the mean of a gamma posterior, (sold + prior) / (expected + prior), with
    weeks weighted by their information and by 0.5 ** (age / half-life).
    """
    h = history
    local = np.exp(rates.elasticity.value * h.log_price + rates.log_level(h, grouping))
    local *= h.exposure * rates.static[h.pair]
    mu = local * rates.pair_factor[h.pair]
    weight = _recency(h, half_life_weeks) / (rates.dispersion + rates.spread * mu)
    sold = sums(h.pair, weight * h.units, len(h.pair_item))
    information = sums(h.pair, weight * local, len(h.pair_item))
    factor = (np.maximum(sold, 0.0) + rates.pair_prior) / (information + rates.pair_prior)
    return replace(rates, pair_factor=factor, pair_information=information)


def with_unseen_stores(rates: Rates, history: History, grouping: Grouping) -> tuple[Rates, Ints]:
    """Give stores without history the mean size of their region's stores, else of the chain's.

    Returns the rates and the indices of those stores. Their variance is that of all stores.
    """
    seen = np.zeros(history.stores, dtype=bool)
    seen[history.pair_store] = True
    unseen = np.flatnonzero(~seen)
    if not len(unseen):
        return rates, unseen
    size = rates.factors["store"]
    region = grouping.region_of_store
    count = np.bincount(region[seen], minlength=grouping.regions)
    total = sums(region[seen], size.factor[seen], grouping.regions)
    mean = np.where(count > 0, total / np.maximum(count, 1), size.factor[seen].mean())
    factor = size.factor.copy()
    factor[unseen] = mean[region[unseen]]
    variance = size.variance.copy()
    variance[unseen] = max(size.prior_variance, float(np.log(size.factor[seen]).var()))
    store = Factors(factor, variance, size.prior_variance)
    return replace(rates, factors={**rates.factors, "store": store}), unseen


def _levels(
    units: Floats, mu: Floats, weight: Floats, cell: Ints, before: Levels
) -> tuple[Levels, Floats, Floats]:
    """Follow the series' levels anew; also log observed over expected, and its variance."""
    series, weeks = before.weekly.shape
    observed = sums(cell, weight * units, series * weeks).reshape(series, weeks)
    information = sums(cell, weight * mu, series * weeks).reshape(series, weeks)
    expected = information / np.exp(before.weekly)
    ratio = np.log(
        (np.maximum(observed, 0.0) + PSEUDO_INFORMATION) / (expected + PSEUDO_INFORMATION)
    )
    # A count is noisy where small; what was expected of it is not.
    noise = np.where(information > 0, 1.0 / (information + PSEUDO_INFORMATION), np.inf)
    return follow(ratio, noise, before), ratio, noise


def _region_item(grouping: Grouping, store: Ints, item: Ints) -> Ints:
    return grouping.region_of_store[store] * len(grouping.group_of_item) + item


def _region_week(history: History, grouping: Grouping) -> Ints:
    series = _region_item(grouping, history.pair_store, history.pair_item)
    return np.asarray(series[history.pair] * history.weeks + history.week)


def _recency(history: History, half_life_weeks: float) -> Floats:
    age = history.weeks - 1 - np.arange(history.weeks)
    return np.asarray(0.5 ** (age / half_life_weeks))[history.week]
