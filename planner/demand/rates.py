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
from planner.demand.discounts import Discounts, held, lasting_share, no_discounts, region_log_price
from planner.demand.dispersion import scatter
from planner.demand.drivers import Pooled, pool
from planner.demand.elasticity import Elasticity, across_stores, across_weeks, choose
from planner.demand.factors import Factors, Grouping, sweep
from planner.demand.levels import VAGUE_VARIANCE, Levels, constant, follow, innovations
from planner.demand.locality import Locality, nothing_known
from planner.demand.low_rank import LowRank, choose_rank, follow_low_rank, no_low_rank
from planner.demand.season import no_season, season_terms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 6
# One or two weeks of a pair do not show how weeks differ: counts of chance and a week's
# coefficient of variation of 0.3 are assumed.
FEWEST_WEEKS_TO_SCATTER, ASSUMED_SPREAD = 3, 0.09
# The elasticity moves little once the levels are near; each look at it is a few passes.
ELASTICITY_TURNS = (1, 2, 4)
# The rank of what stores and items have in common is chosen once factors are near, and again.
RANK_TURNS = (1, 4)
# First guess and limits of how much items' responses differ: elasticities, season amplitudes.
RESPONSE_START, RESPONSE_LARGEST = 0.5, 4.0
SEASON_START, SEASON_LARGEST = 0.01, 1.0
CROWDING_START, CROWDING_LARGEST, CROWDING_PRIOR_VARIANCE = 0.05, 0.5, 0.25
# How far the chain's mean response may lie from the one between stores, as a prior.
RESPONSE_PRIOR_VARIANCE, SEASON_PRIOR_VARIANCE = 1.0, 1e-4
# Information of an item's level before it was sold anywhere.
ITEM_PRIOR = 1.0
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
    """[pair] product of the pair's factors and local effects."""
    locality: Locality
    """What signals, segments and the range do, of every store and item."""
    pair_factor: Floats
    """[pair] posterior mean of the pair's own effect."""
    pair_information: Floats
    """[pair] information of the pair's own, recency-weighted history."""
    item_variance: Floats
    """[item] variance of the item's level through the pair effects of the stores that sold it."""
    pair_cell: Ints
    """[pair] its cell in a flattened [store, item] table."""
    pair_prior: float
    """Information that the model's prediction counts for: 1 / variance of pair effects."""
    dispersion: float
    spread: float
    discounts: Discounts
    season: Pooled
    """[item, harmonic term], empty where the history is too short."""
    low_rank: LowRank
    seen: NDArray[np.bool_]
    """[item, week] where the item was on sale anywhere."""
    stores_of_item: Floats
    """[item] number of stores with history of it."""

    @property
    def information(self) -> Floats:
        """[store, item] information of the pairs' own history."""
        table = np.zeros((len(self.factors["store"].factor), len(self.log_scale)))
        table.ravel()[self.pair_cell] = self.pair_information
        return table

    @property
    def elasticity(self) -> Elasticity:
        """Of discounts that differ between the stores of a region."""
        return self.discounts.between_stores

    def season_log(self, weeks: int, first: int = 0) -> Floats:
        """[item, week] log effect of the time of the year, from week ``first`` on."""
        if self.season.mean.shape[1] == 0:
            return np.zeros((len(self.season.mean), weeks))
        return np.asarray(self.season.mean @ season_terms(weeks, first).T)

    def price_log(self, history: History, grouping: Grouping) -> Floats:
        """[row] log effect of discounts."""
        region_week = _region_week(history, grouping)
        region_price = self.discounts.region_log_price.ravel()[region_week]
        crowding = self.discounts.region_crowding.ravel()[region_week]
        return self.discounts.effect(history.item, history.log_price, region_price, crowding)

    def log_level(self, history: History, grouping: Grouping) -> Floats:
        """[row] log rate at full price of the row's item, region and week, before store and
        pair."""
        weekly = self.log_scale[:, None] + self.item_levels.weekly
        weekly = weekly + self.season_log(history.weeks)
        regional = self.region_levels.weekly.ravel()[_region_week(history, grouping)]
        return np.asarray(weekly.ravel()[history.item_week] + regional)

    def model_log_rate(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Log rate of store-item pairs at the level of the last week, without the pairs' own
        effects and the time of the year."""
        log_rate = (self.log_scale + self.item_levels.last)[item]
        region_item = _region_item(grouping, store, item)
        log_rate = log_rate + self.region_levels.last[region_item]
        log_rate = log_rate + self.discounts.carried(region_item, item)
        for name, cell in grouping.cells(store, item).items():
            log_rate = log_rate + np.log(self.factors[name].factor[cell])
        log_rate = log_rate + self.locality.log_effect[store, item]
        return np.asarray(log_rate + self.low_rank.effect(store, item))

    def log_popular(self, grouping: Grouping) -> Floats:
        """[store, item] log rate of the item in the store's region in the last week."""
        popular = self.log_scale + self.item_levels.last
        return popular + self.region_levels.last.reshape(-1, len(popular))[grouping.region_of_store]

    def with_range(self, grouping: Grouping, listed: NDArray[np.bool_]) -> Rates:
        """The same model with crowding measured against this range, [store, item]."""
        moved = self.locality.with_range(self.log_popular(grouping), listed, grouping)
        return replace(self, locality=moved)

    def price_log_ahead(self, history: History, grouping: Grouping) -> Floats:
        """[row] log effect of discounts in rows of history that came after the fit."""
        region_week = _region_week(history, grouping)
        series = grouping.regions * history.items
        price = region_log_price(history, region_week, series)
        crowding = self.discounts.crowding(price, self.discounts.lasting_share).ravel()[region_week]
        regional = price.ravel()[region_week]
        return self.discounts.ahead(history.item, history.log_price, regional, crowding)

    def local_variance(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Variance of the local part of the pairs' log rate: their own effect and the factors.

        For all store-item pairs; those without history have no information of their own.
        """
        information = self.information[store, item]
        share = information / (information + self.pair_prior)
        # What the pair's own history has overruled is no longer uncertain.
        open_to_model = self.factor_variance(grouping, store, item) + self.item_variance[item]
        model = (1.0 - share) ** 2 * open_to_model
        return np.asarray(1.0 / (information + self.pair_prior) + model)

    def level_variance(self, grouping: Grouping, store: Ints, item: Ints, weeks: int) -> Floats:
        """Variance of the pairs' mean log level over the next weeks, store and pair left out."""
        variance = self.item_level_variance(weeks)[item]
        region = self.region_levels.forecast_variance(weeks)
        return np.asarray(variance + region[_region_item(grouping, store, item)])

    def item_level_variance(self, weeks: int) -> Floats:
        """[item] variance of the mean log level over the next weeks, the season's with it."""
        return self.item_levels.forecast_variance(weeks) + self._season_variance(weeks)

    def _season_variance(self, weeks: int) -> Floats:
        """[item] variance of the season's change from the last week to the next weeks' mean."""
        history = self.seen.shape[1]
        if not self.season.mean.shape[1]:
            return np.zeros(len(self.seen))
        ahead = season_terms(weeks, history).mean(axis=0) - season_terms(1, history - 1)[0]
        return np.asarray(np.einsum("k,nkl,l->n", ahead, self.season.covariance, ahead))

    def factor_variance(self, grouping: Grouping, store: Ints, item: Ints) -> Floats:
        """Variance of the pairs' log rate through the factors, signals and segments."""
        variance = self.locality.local.variance(grouping)[store, item]
        for name, cell in grouping.cells(store, item).items():
            variance = variance + self.factors[name].variance[cell]
        return variance + self.low_rank.variance(store, item)


def fit(
    history: History,
    grouping: Grouping,
    half_life_weeks: float,
    horizon_weeks: int = 4,
    rounds: int = ROUNDS,
) -> Rates:
    """Fit the model; time and memory are linear in the rows of ``history``.

    half_life_weeks: age at which a week counts half in the pair's own effect (inf: all alike);
    horizon_weeks: over which the lasting part of the response to discounts is measured; rounds:
    of backfitting.
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
        locality=nothing_known(h.stores, h.items),
        pair_factor=np.ones(pairs),
        pair_information=np.zeros(pairs),
        item_variance=np.zeros(h.items),
        pair_cell=h.pair_store * h.items + h.pair_item,
        pair_prior=4.0,
        dispersion=1.0,
        spread=0.1,
        discounts=no_discounts(
            h,
            region_week,
            grouping.regions * h.items,
            grouping.group_of_item,
            np.exp(log_scale) * exposure,
        ),
        season=no_season(h.items, h.weeks),
        low_rank=no_low_rank(h.stores, h.items),
        seen=(sums(h.item_week, h.exposure, h.items * h.weeks) > 0).reshape(h.items, h.weeks),
        stores_of_item=h.sold.sum(axis=0).astype(np.float64),
    )
    level_log = rates.log_level(h, grouping)
    price_log = rates.price_log(h, grouping)
    for turn in range(rounds):
        base = h.exposure * np.exp(price_log + level_log)
        mu = base * (rates.static * rates.pair_factor)[h.pair]
        weight = 1.0 / (rates.dispersion + rates.spread * mu)

        # Levels of items, and of items in regions, given the stores that had them.
        level, ratio, noise = _levels(h.units, mu, weight, h.item_week, rates.item_levels)
        change = (level.weekly - rates.item_levels.weekly).ravel()[h.item_week]
        rates = replace(rates, item_levels=level)
        # Signals and segments first: a region's customers are known before its own oddities.
        if grouping.regions > 1 and (turn or grouping.traits is None):
            mu = mu * np.exp(change)
            level, _, _ = _levels(h.units, mu, weight, region_week, rates.region_levels)
            change += (level.weekly - rates.region_levels.weekly).ravel()[region_week]
            rates = replace(rates, region_levels=level)
        level_log += change
        base *= np.exp(change)

        # Store factors and the pairs' own effects, from what each pair sold in all its weeks.
        sold = sums(h.pair, weight * recency * h.units, pairs)
        should = sums(h.pair, weight * recency * base, pairs)
        size, popular = rates.factors["store"].factor, rates.log_popular(grouping)
        locality = rates.locality.follow(
            h, grouping, sold, should, rates.static, size, rates.pair_prior, popular, turn
        )
        rates = replace(rates, locality=locality)
        known = np.exp(locality.log_effect[h.pair_store, h.pair_item])
        common = known * np.exp(rates.low_rank.effect(h.pair_store, h.pair_item))
        static, factors = sweep(sold, should * common, families, rates.factors, rates.pair_prior)
        rates = replace(rates, static=static * common, factors=factors)
        noise_units = sums(h.pair, (recency**2) * weight * base, pairs)
        static = static * known
        rates = _with_low_rank(rates, h, sold, should * static, noise_units * static, turn)
        rates = _with_pairs(rates, h, base * rates.static[h.pair], half_life_weeks)

        mu = base * (rates.static * rates.pair_factor)[h.pair]
        leverage = weight * mu / (rates.pair_information + rates.pair_prior)[h.pair]
        dispersion, spread = scatter(h.units, mu, leverage, rates.dispersion, rates.spread)
        if h.weeks < FEWEST_WEEKS_TO_SCATTER:
            dispersion, spread = max(dispersion, 1.0), max(spread, ASSUMED_SPREAD)
        rates = replace(rates, dispersion=dispersion, spread=spread)
        if turn in ELASTICITY_TURNS:
            rates = _with_drivers(rates, h, grouping, region_week, mu, ratio, noise, horizon_weeks)
            price_log = rates.price_log(h, grouping)
            level_log = rates.log_level(h, grouping)
    return rates


def _with_low_rank(
    rates: Rates, history: History, sold: Floats, expected: Floats, noise: Floats, turn: int
) -> Rates:
    """Fit the low-rank term to what the pairs sold [pair] against what was expected without it.

    noise: [pair] variance of ``sold``. Now and then the rank and the spread of the pairs around
    the term are chosen anew.
    """
    store, item = history.pair_store, history.pair_item
    ratio = np.log((np.maximum(sold, 0.0) + PSEUDO_INFORMATION) / (expected + PSEUDO_INFORMATION))
    sampling = (noise + PSEUDO_INFORMATION) / (expected + PSEUDO_INFORMATION) ** 2
    if turn in RANK_TURNS:
        rank, variance = choose_rank(ratio, sampling, store, item)
        rates = replace(rates, pair_prior=1.0 / variance)
    else:
        rank = rates.low_rank.store.shape[1]
    old = np.exp(rates.low_rank.effect(store, item))
    found = follow_low_rank(
        ratio, 1.0 / rates.pair_prior + sampling, store, item, rates.low_rank, rank
    )
    new = np.exp(found.effect(store, item))
    return replace(rates, low_rank=found, static=rates.static / old * new)


def with_half_life(
    rates: Rates, history: History, grouping: Grouping, half_life_weeks: float
) -> Rates:
    """The same model with the pairs' own effects weighted to recent weeks in another way.

    The pair's effect is the mean of a gamma posterior, (sold + prior) / (expected + prior), with
    weeks weighted by their information and by 0.5 ** (age / half-life).
    """
    log_rate = rates.price_log(history, grouping) + rates.log_level(history, grouping)
    local = history.exposure * np.exp(log_rate) * rates.static[history.pair]
    return _with_pairs(rates, history, local, half_life_weeks)


def _with_pairs(rates: Rates, history: History, local: Floats, half_life_weeks: float) -> Rates:
    mu = local * rates.pair_factor[history.pair]
    weight = _recency(history, half_life_weeks) / (rates.dispersion + rates.spread * mu)
    pairs = len(history.pair_item)
    sold = sums(history.pair, weight * history.units, pairs)
    information = sums(history.pair, weight * local, pairs)
    factor = (np.maximum(sold, 0.0) + rates.pair_prior) / (information + rates.pair_prior)
    told = sums(
        history.pair_item, information / (1.0 + information / rates.pair_prior), history.items
    )
    return replace(
        rates,
        pair_factor=factor,
        pair_information=information,
        item_variance=1.0 / (told + ITEM_PRIOR),
    )


def _with_drivers(
    rates: Rates,
    history: History,
    grouping: Grouping,
    region_week: Ints,
    mu: Floats,
    ratio: Floats,
    noise: Floats,
    horizon_weeks: int,
) -> Rates:
    """Estimate anew what discounts and the season do; ratio, noise: [item, week]."""
    discounts, terms = rates.discounts, rates.season.mean.shape[1]
    weight = 1.0 / (rates.dispersion + rates.spread * mu)
    cells = history.items * history.weeks
    total = sums(history.item_week, weight * mu, cells)
    regional = discounts.region_log_price.ravel()[region_week]
    crowding = discounts.region_crowding.ravel()[region_week]

    def of_item_week(values: Floats) -> Floats:
        found = sums(history.item_week, weight * mu * values, cells)
        return (found / np.maximum(total, 1e-12)).reshape(ratio.shape)

    price, others = of_item_week(regional), of_item_week(crowding)
    season = rates.season_log(history.weeks)
    crowded = discounts.of_others[:, None] * others
    whole = ratio + discounts.of_item[:, None] * price + crowded + season

    between = choose(
        across_stores(history, region_week, mu, weight, discounts.between_stores.value),
        across_weeks(whole - season - crowded, price, noise),
    )

    yearly = np.broadcast_to(season_terms(history.weeks)[:, :terms], (*price.shape, terms))
    drivers = np.concatenate([price[:, :, None], others[:, :, None], yearly], axis=2)
    told, driver, sureness = innovations(whole, noise, drivers, rates.item_levels)
    weighted = sureness[:, :, None] * driver
    found = pool(
        np.einsum("ntk,ntl->nkl", weighted, driver),
        np.einsum("ntk,nt->nk", weighted, told),
        grouping.group_of_item,
        centre=np.r_[between.value, 0.0, np.zeros(terms)],
        centre_variance=np.r_[
            RESPONSE_PRIOR_VARIANCE, CROWDING_PRIOR_VARIANCE, np.full(terms, SEASON_PRIOR_VARIANCE)
        ],
        start=np.r_[RESPONSE_START, CROWDING_START, np.full(terms, SEASON_START)],
        largest=np.r_[RESPONSE_LARGEST, CROWDING_LARGEST, np.full(terms, SEASON_LARGEST)],
    )
    response = held(found.mean[:, 0])
    season_pooled = found.part(slice(2, None))
    rates = replace(rates, season=season_pooled)
    # What was known of each item's response in each week.
    season = rates.season_log(history.weeks)
    told = told - np.einsum("ntk,nk->nt", driver[:, :, 1:], found.mean[:, 1:])
    prior = 1.0 / (found.between_items[0] + found.between_groups[0])
    known = np.cumsum(weighted[:, :, 0] * driver[:, :, 0], axis=1) + prior
    then = np.cumsum(weighted[:, :, 0] * told, axis=1) + prior * float(found.centre[0])
    lasting = lasting_share(
        whole - season - crowded,
        noise,
        price,
        held(then / known),
        rates.stores_of_item,
        horizon_weeks,
    )
    discounts = replace(
        discounts,
        between_stores=between,
        of_item=response,
        of_item_variance=found.covariance[:, 0, 0],
        lasting_share=lasting,
        of_others=np.clip(found.mean[:, 1], -1.0, 0.0),
    )
    return replace(rates, discounts=discounts)


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
