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
# The elasticity moves little once the levels are near; each look at it is a few passes.
ELASTICITY_TURNS = (1, 3, 5)
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
            self.log_scale[history.item]
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
    pairs = len(h.pair_item)
    region_week = _region_week(h, grouping)
    families = grouping.cells(h.pair_store, h.pair_item)
    total = sums(h.item, np.maximum(h.units, 0.0), h.items)
    exposure = sums(h.item, h.exposure, h.items)
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
    level_log = rates.log_level(h, grouping)
    for turn in range(ROUNDS):
        base = h.exposure * np.exp(rates.elasticity.value * h.log_price + level_log)
        mu = base * (rates.static * rates.pair_factor)[h.pair]
        weight = 1.0 / (rates.dispersion + rates.spread * mu)

        # Levels of items, and of items in regions, given the stores that had them.
        level, ratio, noise = _levels(h.units, mu, weight, h.item_week, rates.item_levels)
        change = (level.weekly - rates.item_levels.weekly).ravel()[h.item_week]
        rates = replace(rates, item_levels=level)
        if grouping.regions > 1:
            mu = mu * np.exp(change)
            level, _, _ = _levels(h.units, mu, weight, region_week, rates.region_levels)
            change += (level.weekly - rates.region_levels.weekly).ravel()[region_week]
            rates = replace(rates, region_levels=level)
        level_log += change
        base *= np.exp(change)

        # Store factors and the pairs' own effects, from what each pair sold in all its weeks.
        sold = sums(h.pair, weight * recency * h.units, pairs)
        should = sums(h.pair, weight * recency * base, pairs)
        static, factors, prior = sweep(sold, should, families, rates.factors, rates.pair_prior)
        rates = replace(rates, static=static, factors=factors, pair_prior=prior)
        rates = _with_pairs(rates, h, base * static[h.pair], half_life_weeks)

        mu = base * (rates.static * rates.pair_factor)[h.pair]
        leverage = weight * mu / (rates.pair_information + rates.pair_prior)[h.pair]
        dispersion, spread = scatter(h.units, mu, leverage, rates.dispersion, rates.spread)
        rates = replace(rates, dispersion=dispersion, spread=spread)
        if turn in ELASTICITY_TURNS:
            rates = replace(rates, elasticity=_elasticity(rates, h, region_week, mu, ratio, noise))
    return rates


def with_half_life(
    rates: Rates, history: History, grouping: Grouping, half_life_weeks: float
) -> Rates:
    """The same model with the pairs' own effects weighted to recent weeks in another way.

    The pair's effect is the mean of a gamma posterior, (sold + prior) / (expected + prior), with
    weeks weighted by their information and by 0.5 ** (age / half-life).
    """
    log_rate = rates.elasticity.value * history.log_price + rates.log_level(history, grouping)
    local = history.exposure * np.exp(log_rate) * rates.static[history.pair]
    return _with_pairs(rates, history, local, half_life_weeks)


def _with_pairs(rates: Rates, history: History, local: Floats, half_life_weeks: float) -> Rates:
    mu = local * rates.pair_factor[history.pair]
    weight = _recency(history, half_life_weeks) / (rates.dispersion + rates.spread * mu)
    pairs = len(history.pair_item)
    sold = sums(history.pair, weight * history.units, pairs)
    information = sums(history.pair, weight * local, pairs)
    factor = (np.maximum(sold, 0.0) + rates.pair_prior) / (information + rates.pair_prior)
    return replace(rates, pair_factor=factor, pair_information=information)


def _elasticity(
    rates: Rates, history: History, region_week: Ints, mu: Floats, ratio: Floats, noise: Floats
) -> Elasticity:
    weight = 1.0 / (rates.dispersion + rates.spread * mu)
    present = rates.elasticity.value
    # A city's own discounts would otherwise pass for the city's own good weeks.
    weekly = rates.region_levels.weekly
    flat = mu * np.exp(weekly.mean(axis=1, keepdims=True) - weekly).ravel()[region_week]
    cells = history.items * history.weeks
    total = sums(history.item_week, weight * mu, cells)
    discount = sums(history.item_week, weight * mu * history.log_price, cells)
    discount = (discount / np.maximum(total, 1e-12)).reshape(ratio.shape)
    return choose(
        across_stores(history, flat, weight, present),
        across_weeks(ratio + present * discount, discount, noise),
    )


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
