"""How wrong the rates are: measured on the last weeks of the history, held out once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.outlook import outlook
from planner.demand.rates import Rates, fit, with_half_life

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF_LIVES_WEEKS = (2.0, 4.0, 8.0, 16.0, float("inf"))
DEFAULT_HALF_LIFE_WEEKS = 8.0
FEWEST_WEEKS_TO_LEARN = 4
LOW, HIGH = 0.1, 0.9
# Pairs that sell so little that their log says more about chance than about the rate.
LARGEST_NOISE = 0.25
FEWEST_PAIRS = 30


@dataclass(frozen=True)
class Calibration:
    """What one hold-out of the last weeks taught."""

    half_life_weeks: float
    level_inflation: float
    """Factor on the variance of the items' level forecasts that covers 80 % of the misses."""
    pair_inflation: float
    """The same for the pairs' local rates, the items' levels taken as known."""
    weeks_held_out: int
    """0: history too short, nothing was measured."""


def calibrate(history: History, grouping: Grouping, weeks: int) -> Calibration:
    """Fit without the last ``weeks`` weeks and compare with what was sold in them.

    Chooses the half-life with the smallest squared error of the pairs' shares of their items
    (the items' own levels taken as known, so that the choice is about local rates alone).
    """
    held = min(weeks, history.weeks // 3)
    if held < 1 or history.weeks - held < FEWEST_WEEKS_TO_LEARN:
        return Calibration(DEFAULT_HALF_LIFE_WEEKS, 1.0, 1.0, 0)
    past = history.until(history.weeks - held)
    rates = fit(past, grouping, DEFAULT_HALF_LIFE_WEEKS)

    later = history.week >= past.weeks
    pair = history.pair[later]
    item = history.pair_item
    known = np.bincount(past.pair, minlength=len(item)) > 0
    price = np.exp(rates.elasticity.value * history.log_price[later])
    sold = np.bincount(pair, history.units[later], len(item))
    exposure = np.bincount(pair, history.exposure[later] * price, len(item))
    scored = known & (exposure > 0)
    log_rate = rates.model_log_rate(grouping, history.pair_store, item)
    base = exposure * np.exp(log_rate + outlook(rates, grouping, held).change[item])

    def errors(candidate: Rates) -> tuple[Floats, Floats, Floats]:
        expected = np.where(scored, base * candidate.pair_factor, 0.0)
        item_sold = sums(item, np.where(scored, sold, 0.0), history.items)
        item_expected = sums(item, expected, history.items)
        level = np.where(
            item_expected > 0, np.maximum(item_sold, 0.5) / np.maximum(item_expected, 1e-9), 1.0
        )
        expected = expected * level[item]
        noise = rates.dispersion * expected + rates.spread * expected**2 / held
        return expected, noise, level

    def loss(half_life: float) -> float:
        expected, noise, _ = errors(with_half_life(rates, past, grouping, half_life))
        miss = (sold - expected)[scored]
        return float((miss**2 / np.maximum(noise[scored], 1e-9)).sum())

    half_life = min(HALF_LIVES_WEEKS, key=loss)
    rates = with_half_life(rates, past, grouping, half_life)
    expected, noise, level = errors(rates)

    # Shares of squared log errors that a variance must explain for 80 % of them to lie inside.
    use = scored & (expected > 0) & (noise < LARGEST_NOISE * expected**2)
    if use.sum() < FEWEST_PAIRS:
        return Calibration(half_life, 1.0, 1.0, held)
    posterior = (1.0 / (rates.pair_information + rates.pair_prior))[use]
    relative_noise = noise[use] / expected[use] ** 2
    sold_log = np.log(np.maximum(sold[use], 0.5))
    local_miss = sold_log - np.log(expected[use])
    pair_inflation = _inflation(local_miss, relative_noise, posterior)
    full_miss = local_miss + np.log(level[item[use]])
    model = rates.level_variance(grouping, history.pair_store[use], item[use], held)
    level_inflation = _inflation(full_miss, relative_noise + pair_inflation * posterior, model)
    return Calibration(half_life, level_inflation, pair_inflation, held)


def _inflation(miss: Floats, known_variance: Floats, predicted: Floats) -> float:
    """Factor c for which 80 % of the misses lie inside the 80 % interval of a normal with
    variance known_variance + c predicted."""
    inside = special.ndtri(HIGH) ** 2
    needed = (miss**2 / inside - known_variance) / np.maximum(predicted, 1e-12)
    return float(np.clip(np.quantile(needed, HIGH - LOW), 0.1, 10.0))


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
