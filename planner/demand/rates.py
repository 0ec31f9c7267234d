"""Local rates: item level by week x store x item in region x store in category x pair.

A quasi-Poisson model, multiplicative, fitted by ratios of observed over expected units. Every
factor has a gamma prior with mean 1 whose variance is estimated with it (empirical Bayes), so a
factor with little information stays near 1. Units of a row have mean ``mu`` and variance
``dispersion * mu + spread * mu**2``; information of a row is ``mu / (dispersion + spread mu)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.demand.elasticity import Elasticity, across_stores, across_weeks, choose
from planner.demand.levels import Levels, follow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 6
SWEEPS = 4
# Half a unit of information at the item's mean: keeps logs of empty cells finite.
PSEUDO_UNITS = 0.5
SMALLEST_VARIANCE = 1e-4


@dataclass(frozen=True)
class Grouping:
    """What the factors are grouped by: codes of each store's region and each item's groups."""

    region_of_store: Ints
    category_of_item: Ints
    group_of_item: Ints

    def cells(self, store: Ints, item: Ints) -> dict[str, Ints]:
        """Cell of each store-item pair in each family of factors, widest first."""
        items = len(self.group_of_item)
        categories = int(self.category_of_item.max()) + 1
        groups = int(self.group_of_item.max()) + 1
        return {
            "store": store,
            "item in region": self.region_of_store[store] * items + item,
            "category in store": store * categories + self.category_of_item[item],
            "need group in store": store * groups + self.group_of_item[item],
        }

    def sizes(self) -> dict[str, int]:
        """Number of cells of each family of :meth:`cells`."""
        stores, items = len(self.region_of_store), len(self.group_of_item)
        return {
            "store": stores,
            "item in region": (int(self.region_of_store.max()) + 1) * items,
            "category in store": stores * (int(self.category_of_item.max()) + 1),
            "need group in store": stores * (int(self.group_of_item.max()) + 1),
        }


@dataclass(frozen=True)
class Factors:
    """One family of factors: mean and variance of each cell, and the variance of the family."""

    factor: Floats
    variance: Floats
    prior_variance: float


@dataclass(frozen=True)
class Rates:
    """The fitted model; rates are units a week, in stock, at full price."""

    levels: Levels
    log_scale: Floats
    """[item] log of the item's mean rate; ``levels`` are relative to it."""
    factors: dict[str, Factors]
    static: Floats
    """[pair] product of the pair's factors, its own effect left out."""
    level: Floats
    """[item, week] log rate of the item in each week of the history."""
    pair_factor: Floats
    """[pair] posterior mean of the pair's own effect."""
    pair_information: Floats
    """[pair] information of the pair's own, recency-weighted history."""
    pair_prior: float
    """Information that the model's prediction counts for: 1 / variance of pair effects."""
    dispersion: float
    spread: float
    elasticity: Elasticity
    ratio: Floats
    """[item, week] log of observed over expected, before smoothing."""
    ratio_variance: Floats
    """[item, week] its variance from counts; inf where not observed."""

    def model_log_rate(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Log rate of store-item pairs in the last week, without the pairs' own effects."""
        log_rate = (self.log_scale + self.levels.last)[item]
        for name, cell in grouping.cells(store, item).items():
            log_rate = log_rate + np.log(self.factors[name].factor[cell])
        return np.asarray(log_rate)

    def model_variance(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Variance of that log rate through the factors, the item's level left out."""
        variance = np.zeros(len(store))
        for name, cell in grouping.cells(store, item).items():
            variance = variance + self.factors[name].variance[cell]
        return variance


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
    count = np.bincount(region[seen], minlength=int(region.max()) + 1)
    total = np.bincount(region[seen], size.factor[seen], len(count))
    mean = np.where(count > 0, total / np.maximum(count, 1), size.factor[seen].mean())
    factor = size.factor.copy()
    factor[unseen] = mean[region[unseen]]
    variance = size.variance.copy()
    variance[unseen] = max(size.prior_variance, float(np.log(size.factor[seen]).var()))
    store = Factors(factor, variance, size.prior_variance)
    return replace(rates, factors={**rates.factors, "store": store}), unseen


def with_half_life(rates: Rates, history: History, half_life_weeks: float) -> Rates:
    """The same model with the pairs' own effects weighted to recent weeks in another way."""
    h = history
    local = h.exposure * np.exp(
        rates.elasticity.value * h.log_price + rates.level.ravel()[h.item_week]
    )
    mu = local * (rates.static * rates.pair_factor)[h.pair]
    weight = _recency(h, half_life_weeks) / (rates.dispersion + rates.spread * mu)
    pairs = len(h.pair_item)
    sold = np.bincount(h.pair, weight * h.units, pairs)
    information = np.bincount(h.pair, weight * local, pairs) * rates.static
    factor = (np.maximum(sold, 0.0) + rates.pair_prior) / (information + rates.pair_prior)
    return replace(rates, pair_factor=factor, pair_information=information)


def fit(history: History, grouping: Grouping, half_life_weeks: float) -> Rates:
    """Fit the model; time and memory are linear in the rows of ``history``.

    half_life_weeks: age at which a week counts half in the pair's own effect (inf: all alike).
    """
    h = history
    pairs, weeks = len(h.pair_item), h.weeks
    cell = h.item_week
    families = grouping.cells(h.pair_store, h.pair_item)
    sizes = grouping.sizes()
    item_total = np.bincount(h.pair_item[h.pair], np.maximum(h.units, 0.0), h.items)
    item_exposure = np.bincount(h.pair_item[h.pair], h.exposure, h.items)
    log_scale = np.log((item_total + PSEUDO_UNITS) / np.maximum(item_exposure, 1.0))

    factors = {name: Factors(np.ones(n), np.zeros(n), 1.0) for name, n in sizes.items()}
    static = np.ones(pairs)
    pair_factor = np.ones(pairs)
    pair_prior = 4.0
    dispersion, spread = 1.0, 0.1
    elasticity = choose(None, None)
    level = np.repeat(log_scale[:, None], weeks, axis=1)
    recency = _recency(h, half_life_weeks)

    for _ in range(ROUNDS):
        # Level of every item in every week, given the stores that had it.
        full_price = h.exposure * (static * pair_factor)[h.pair]
        shape = full_price * np.exp(elasticity.value * h.log_price)
        mu = shape * np.exp(level).ravel()[cell]
        weight = 1.0 / (dispersion + spread * mu)
        scale = np.exp(log_scale)[:, None]
        pseudo = PSEUDO_UNITS / dispersion
        observed = _table(cell, weight * h.units, h.items, weeks)
        expected = _table(cell, weight * shape, h.items, weeks) * scale
        ratio = np.log((np.maximum(observed, 0.0) + pseudo) / (expected + pseudo))
        # A count is noisy where small; what was expected of it is not.
        information = expected * np.exp(level) / scale
        noise = np.where(expected > 0, 1.0 / (information + pseudo), np.inf)
        levels = follow(ratio, noise)
        level = levels.weekly + log_scale[:, None]

        # Static factors and the pair's own effect, from what each pair sold in all its weeks.
        local = h.exposure * np.exp(elasticity.value * h.log_price + level.ravel()[cell])
        sold = sums(h.pair, weight * recency * h.units, pairs)
        should = sums(h.pair, weight * recency * local, pairs)
        static, factors, pair_prior = _static(sold, should, families, factors, pair_prior)
        pair_information = should * static
        pair_factor = (np.maximum(sold, 0.0) + pair_prior) / (pair_information + pair_prior)

        mu = local * (static * pair_factor)[h.pair]
        leverage = weight * mu / (pair_information + pair_prior)[h.pair]
        dispersion, spread = _noise(h.units, mu, leverage, dispersion, spread)
        weight = 1.0 / (dispersion + spread * mu)
        discount = _table(cell, weight * mu * h.log_price, h.items, weeks)
        discount /= np.maximum(_table(cell, weight * mu, h.items, weeks), 1e-12)
        elasticity = choose(
            across_stores(h, mu, weight, elasticity.value),
            across_weeks(ratio + elasticity.value * discount, discount, noise),
        )
    return Rates(
        levels=levels,
        log_scale=log_scale,
        factors=factors,
        static=static,
        level=level,
        pair_factor=pair_factor,
        pair_information=pair_information,
        pair_prior=pair_prior,
        dispersion=dispersion,
        spread=spread,
        elasticity=elasticity,
        ratio=ratio,
        ratio_variance=noise,
    )


def _recency(history: History, half_life_weeks: float) -> Floats:
    age = history.weeks - 1 - np.arange(history.weeks)
    return np.asarray(0.5 ** (age / half_life_weeks))[history.week]


def sums(cell: Ints, values: Floats, cells: int) -> Floats:
    """Sum of the values of each cell."""
    return np.bincount(cell, values, cells).astype(np.float64, copy=False)


def _table(cell: Ints, values: Floats, items: int, weeks: int) -> Floats:
    return sums(cell, values, items * weeks).reshape(items, weeks)


def _static(
    sold: Floats,
    base: Floats,
    families: dict[str, Ints],
    factors: dict[str, Factors],
    pair_prior: float,
) -> tuple[Floats, dict[str, Factors], float]:
    """Sweep over the families: each factor is (sum I R + t) / (sum I + t).

    R is the pair's ratio of sold over expected without that factor, I its information after the
    pair's own effect is integrated out, 1 / (1 / expected + pair variance), and t the inverse of
    the family's variance.
    """
    factors = dict(factors)
    static = np.ones(len(sold))
    for name, cell in families.items():
        static = static * factors[name].factor[cell]
    for _ in range(SWEEPS):
        for name, cell in families.items():
            old = factors[name]
            expected = base * static
            information = expected / (1.0 + expected / pair_prior)
            ratio = sold / np.maximum(expected, 1e-12)
            cells = len(old.factor)
            total = sums(cell, information, cells)
            mean = sums(cell, information * ratio, cells) * old.factor
            prior = 1.0 / old.prior_variance
            factor = np.maximum((mean + prior) / (total + prior), 1e-6)
            known = total > 0
            variance = 1.0 / (total + prior)
            family = float((np.log(factor) ** 2 + variance)[known].mean()) if known.any() else 1.0
            static = static * (factor / old.factor)[cell]
            factors[name] = Factors(factor, variance, max(family, SMALLEST_VARIANCE))
        expected = base * static
        information = expected / (1.0 + expected / pair_prior)
        ratio = sold / np.maximum(expected, 1e-12)
        # Moments: the squared deviation of a ratio is the pair variance plus 1 / expected.
        square = float((information**2 * (ratio - 1.0) ** 2).sum())
        noise = float((information**2 / np.maximum(expected, 1e-12)).sum())
        pair_variance = (square - noise) / max(float((information**2).sum()), 1e-12)
        pair_prior = 1.0 / float(np.clip(pair_variance, 1e-3, 4.0))
    return static, factors, pair_prior


def _noise(
    units: Floats, mu: Floats, leverage: Floats, dispersion: float, spread: float
) -> tuple[float, float]:
    """Regress squared residuals on mu and mu**2, weighted by the present variance."""
    square = (units - mu) ** 2 / (1.0 - np.clip(leverage, 0.0, 0.8))
    weight = 1.0 / np.maximum(dispersion * mu + spread * mu**2, 1e-9) ** 2
    a11, a12, a22 = (float((weight * mu**k).sum()) for k in (2, 3, 4))
    b1, b2 = float((weight * mu * square).sum()), float((weight * mu**2 * square).sum())
    determinant = a11 * a22 - a12**2
    if determinant <= 1e-12 * a11 * a22:
        return max(b1 / max(a11, 1e-12), 0.05), 0.0
    first, second = (b1 * a22 - b2 * a12) / determinant, (b2 * a11 - b1 * a12) / determinant
    if second < 0:
        return max(b1 / a11, 0.05), 0.0
    if first < 0.05:
        return 0.05, max((b2 - 0.05 * a12) / a22, 0.0)
    return first, second
