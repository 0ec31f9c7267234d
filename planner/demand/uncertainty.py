"""How wrong the rates are: measured on held-out weeks and pairs of the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from planner.demand.clean import History, sums
from planner.demand.cycles import scatter_of_weeks
from planner.demand.factors import Grouping
from planner.demand.held_pairs import hidden_pairs
from planner.demand.outlook import Outlook, outlook
from planner.demand.rates import Rates, fit, with_half_life

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HALF_LIVES_WEEKS = (2.0, 4.0, 8.0, 16.0, float("inf"))
DEFAULT_HALF_LIFE_WEEKS = 8.0
FEWEST_WEEKS_TO_LEARN = 4
# Enough to see how far off forecasts are; the last rounds change little.
ROUNDS = 4
LOW, HIGH = 0.1, 0.9
# Pairs that sell so little that their log says more about chance than about the rate.
LARGEST_NOISE = 0.25
FEWEST_PAIRS = 30
# Stores that an item must have in a region for its level there to be taken as known.
FEWEST_STORES = 5
# Misses of levels count half after so many weeks: quiet and wild times come in stretches.
LEVEL_HALF_LIFE_WEEKS = 8.0


@dataclass(frozen=True)
class Calibration:
    """What one hold-out of the last weeks, and of some pairs altogether, taught."""

    half_life_weeks: float
    pair_inflation: float
    """Factor on the variance of the pairs' local rates that covers 80 % of the misses, the items'
    levels taken as known."""
    model_inflation: float
    """The same for pairs without history of their own."""
    level_inflation: float
    """The same for the items' levels, where the history is long enough for a season."""
    weeks_held_out: int
    """0: history too short, nothing was measured."""


def calibrate(history: History, grouping: Grouping, weeks: int) -> Calibration:
    """Fit without the last ``weeks`` weeks and a tenth of the pairs; compare with what was sold.

    Chooses the half-life with the smallest squared error of the pairs' shares of their items
    (the items' own levels taken as known, so that the choice is about local rates alone).
    """
    held = min(weeks, history.weeks // 3)
    if held < 1 or history.weeks - held < FEWEST_WEEKS_TO_LEARN:
        return Calibration(DEFAULT_HALF_LIFE_WEEKS, 1.0, 1.0, 1.0, 0)
    hidden = hidden_pairs(history)
    past = history.until(history.weeks - held).without(hidden)
    rates = fit(past, grouping, DEFAULT_HALF_LIFE_WEEKS, held, ROUNDS)
    scatter = scatter_of_weeks(past, grouping, rates)

    store, item = history.pair_store, history.pair_item
    later = history.week >= past.weeks
    pair = history.pair[later]
    known = np.bincount(past.pair, minlength=len(item)) > 0
    learned = np.bincount(past.pair_item[past.pair], minlength=history.items) > 0
    price = np.exp(rates.price_log_ahead(history, grouping)[later])
    sold = np.bincount(pair, history.units[later], len(item))
    exposure = np.bincount(pair, history.exposure[later] * price, len(item))
    scored = (known | hidden) & (exposure > 0) & learned[item]
    log_rate = rates.model_log_rate(grouping, store, item)
    base = exposure * np.exp(log_rate + outlook(rates, grouping, held).change[item])
    cell = grouping.region_of_store[store] * history.items + item
    cells = grouping.regions * history.items

    enough = np.bincount(cell[known & (exposure > 0)], minlength=cells) >= FEWEST_STORES

    def level_of(label: Ints, labels: int, sure: Flags, expected: Floats) -> Floats:
        told = sums(label, np.where(sure, sold, 0.0), labels)
        should = sums(label, np.where(sure, expected, 0.0), labels)
        level = np.maximum(told, 0.5) / np.maximum(should, 1e-9)
        return np.asarray(np.where(should > 0, level, 1.0)[label])

    def errors(candidate: Rates) -> tuple[Floats, Floats]:
        expected = np.where(scored, base * candidate.pair_factor, 0.0)
        sure = scored & known
        regional = level_of(cell, cells, sure, expected)
        everywhere = level_of(item, history.items, sure, expected)
        expected = expected * np.where(enough[cell], regional, everywhere)
        if scatter is None:
            return expected, rates.dispersion * expected + rates.spread * expected**2 / held
        own = scatter.spread[item] * expected**2 / held
        return expected, scatter.dispersion[item] * expected + own

    def loss(half_life: float) -> float:
        expected, noise = errors(with_half_life(rates, past, grouping, half_life))
        use = scored & known
        miss = (sold - expected)[use]
        return float((miss**2 / np.maximum(noise[use], 1e-9)).sum())

    half_life = min(HALF_LIVES_WEEKS, key=loss)
    rates = with_half_life(rates, past, grouping, half_life)
    expected, noise = errors(rates)

    # Known pairs stand with their region's level; hidden ones are mostly of items with few stores.
    use = scored & (enough[cell] | hidden) & (expected > 0) & (noise < LARGEST_NOISE * expected**2)
    miss = np.log(np.maximum(sold, 0.5)) - np.log(np.maximum(expected, 1e-9))
    relative = noise / np.maximum(expected, 1e-9) ** 2
    predicted = rates.local_variance(grouping, store, item)

    def inflation(which: Flags) -> float:
        if which.sum() < FEWEST_PAIRS:
            return 1.0
        ones = np.ones(int(which.sum()))
        return _inflation(miss[which], relative[which], predicted[which], ones)

    sure = scored & known
    sold_of_item = sums(item, np.where(sure, sold, 0.0), history.items)
    expected_of_item = sums(item, np.where(sure, base * rates.pair_factor, 0.0), history.items)
    level = np.bincount(item[sure], minlength=history.items) >= FEWEST_STORES
    level_miss = np.log(np.maximum(sold_of_item, 0.5) / np.maximum(expected_of_item, 1e-9))[level]
    if len(level_miss) < FEWEST_PAIRS:
        of_levels = 1.0
    else:
        of_levels = _inflation(
            level_miss,
            np.zeros(len(level_miss)),
            rates.item_level_variance(held)[level],
            rates.stores_of_item[level],
        )
    return Calibration(half_life, inflation(sure & use), inflation(hidden & use), of_levels, held)


def level_inflation(rates: Rates, ahead: Outlook, calibration: Calibration, weeks: int) -> float:
    """Factor on the variance of the items' level forecasts that covers 80 % of the past misses.

    Recent weeks count more, items for the stores that sell them. A fitted season has seen the
    past weeks that it would foretell: there the held-out weeks tell alone.
    """
    if ahead.yearly and calibration.weeks_held_out:
        return calibration.level_inflation
    if len(ahead.miss) < FEWEST_PAIRS:
        return 1.0
    age = ahead.miss_origin.max() - ahead.miss_origin
    weight = rates.stores_of_item[ahead.miss_item] * 0.5 ** (age / LEVEL_HALF_LIFE_WEEKS)
    predicted = rates.item_level_variance(weeks)[ahead.miss_item]
    return _inflation(ahead.miss, np.zeros(len(weight)), predicted, weight)


def _inflation(miss: Floats, known_variance: Floats, predicted: Floats, weight: Floats) -> float:
    """Factor c for which 80 % of the misses, by weight, lie inside the 80 % interval of a normal
    with variance known_variance + c predicted."""
    inside = special.ndtri(HIGH) ** 2
    needed = (miss**2 / inside - known_variance) / np.maximum(predicted, 1e-12)
    order = np.argsort(needed)
    share = np.cumsum(weight[order]) / weight.sum()
    quantile = needed[order][np.searchsorted(share, HIGH - LOW)]
    return float(np.clip(quantile, 0.1, 10.0))


def quantiles(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """10 % and 90 % quantiles of gamma distributions with these means and variances.

    A gamma mixture of Poisson counts, averaged over a horizon, is close to a gamma again; it
    stays above 0 and leans to the right as small rates do.
    """
    shape = mean**2 / np.maximum(variance, 1e-12)
    shape = np.clip(shape, 1e-3, 1e6)
    scale = mean / shape
    return (
        np.asarray(special.gammaincinv(shape, LOW) * scale),
        np.asarray(special.gammaincinv(shape, HIGH) * scale),
    )
