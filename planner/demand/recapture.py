"""How much of a missing item's demand moves to others of its need group, estimated from history.

Stock-outs as natural experiments: Anupindi, Dada & Gupta (1998, *Marketing Science* 17), Vulcano,
van Ryzin & Ratliff (2012, *Operations Research* 60), Musalem et al. (2010, *Management Science*
56). The choice model is that of :mod:`planner.demand.substitution`; estimated is the theta of each
need group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.availability import Neighbours
from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates
from planner.demand.substitution import GroupChoice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Newton steps, and how often the nuisances are projected out by turns in each: exactly enough in
# the last, where it decides what the estimate says.
PROJECTIONS = (2, 2, 2, 2, 5)
POOLED_STORES = 50.0
# What discounts draw hardly hangs on theta; two looks at it are enough.
DRAWN_TURNS = (0, 1)
LARGEST_STEP = 0.3
SLOPE_STEP = 0.02
# Outside [0, 1] there is no choice model, yet an estimate may fall there by chance.
THETA_BOUNDS = (-1.0, 2.0)
START_THETA, START_DRAWN = 0.5, 1.0
DRAWN_BOUNDS = (0.0, 5.0)
# A pair's own level may drift from half-year to half-year without passing for substitution.
BLOCK_WEEKS = 26
# With fewer rows than this in an item's week in a region, its week in the chain is the yardstick.
FEWEST_PEERS = 4.0
# Units of information for a store's week being like any other: little, so that stock-outs of good
# weeks do not pass for substitution.
STORE_WEEK_PRIOR = 10.0


@dataclass(frozen=True)
class Thetas:
    """Shadow attraction as a share of attraction, by need group, as the history tells it."""

    value: Floats
    """[need group]; not held in [0, 1]; NaN where nothing was ever missing."""
    standard_error: Floats
    """[need group]; inf where nothing was ever missing."""
    drawn: float
    """Attraction that discounts add, over what they add to an item's units; one for the chain."""
    store_weeks: Ints
    """[need group] store-weeks in which an item of the group was missing while another sold."""


def estimate_theta(
    history: History, grouping: Grouping, rates: Rates, near: Neighbours, choice: GroupChoice
) -> Thetas:
    """Quasi-likelihood of every need group's rows, given their own levels.

    Newton steps of the quasi-Poisson score (variance dispersion mu + spread mu**2) on the log
    denominator's derivative, from which the means over the pair's half-years and over the item's
    week in the region are projected out (Frisch & Waugh 1933; Lovell 1963). So neither a steady
    difference between stores, nor an item's good week, nor a delivery that fails in a whole city
    passes for substitution. The store's week is taken from its other need groups. Linear in rows.
    ``choice`` holds demand without promotions.
    """
    h, groups = history, choice.groups
    store, group = np.divmod(near.cell, groups)
    expected = h.exposure * np.exp(rates.price_log(h, grouping)) * near.rate
    weight = 1.0 / (rates.dispersion + rates.spread * expected)
    information = weight * expected
    nuisances = _nuisances(h, grouping)
    store_week = store * h.weeks + h.week
    _, cell = np.unique(near.cell, return_inverse=True)
    own_week = cell * h.weeks + h.week

    theta, drawn = np.full(groups, START_THETA), START_DRAWN
    for number, turns in enumerate(PROJECTIONS):
        share, next_share = (
            choice.range_share(np.clip(theta + step, 0.0, 1.0)) for step in (0.0, SLOPE_STEP)
        )
        lost, drawn_share = (1.0 - theta) * share, drawn * share
        offer = near.denominator(lost, drawn_share)
        mu = expected / offer
        mu = mu * _store_weeks(h, store_week, own_week, weight, mu)
        # What promotions drew is held still: it must not pass for evidence about theta.
        further = near.denominator((1.0 - theta - SLOPE_STEP) * next_share, drawn_share)
        slope = _project(np.log(offer / further) / SLOPE_STEP, nuisances, information, turns)
        score = sums(group, weight * slope * (h.units - mu), groups)
        curvature = sums(group, weight * mu * slope**2, groups)
        step = np.where(curvature > 0, score / np.where(curvature > 0, curvature, 1.0), 0.0)
        theta = np.clip(theta + np.clip(step, -LARGEST_STEP, LARGEST_STEP), *THETA_BOUNDS)
        if number in DRAWN_TURNS:
            further = near.denominator(lost, (drawn + SLOPE_STEP) * share)
            pull = _project(np.log(offer / further) / SLOPE_STEP, nuisances, information, turns)
            bend = float((weight * mu) @ pull**2)
            move = float((weight * pull) @ (h.units - mu)) / bend if bend > 0 else 0.0
            drawn = float(np.clip(drawn + move, *DRAWN_BOUNDS))

    told = curvature > 1e-9
    bread = np.where(told, curvature, 1.0)
    rows = np.maximum(sums(group, np.ones(len(group)), groups), 1.0)
    pearson = sums(group, weight * (h.units - mu) ** 2 / np.maximum(mu, 1e-9), groups) / rows
    variance = pearson / bread
    # Shocks that a store's rows share: measured per store. Few stores say little of one group, so
    # the groups' common factor counts for as much as POOLED_STORES of them.
    by_store = sums(group * h.stores + store, weight * slope * (h.units - mu), groups * h.stores)
    clustered = (by_store.reshape(groups, h.stores) ** 2).sum(axis=1) / bread**2
    clusters = h.stores / max(h.stores - 1.0, 1.0)
    sure = told & (variance < 1.0)
    shared = clusters * float((clustered[sure] / variance[sure]).mean()) if sure.any() else 1.0
    own, common = h.stores * clusters * clustered, POOLED_STORES * max(shared, 1.0) * variance
    variance = np.maximum((own + common) / (h.stores + POOLED_STORES), variance)
    out = np.bincount(near.cell * h.weeks + h.week, near.missing > 0, groups * h.stores * h.weeks)
    return Thetas(
        value=np.where(told, theta, np.nan),
        standard_error=np.where(told, np.sqrt(variance), np.inf),
        drawn=drawn,
        store_weeks=(out > 0).reshape(h.stores, groups, h.weeks).sum(axis=(0, 2)),
    )


def _nuisances(history: History, grouping: Grouping) -> tuple[Ints, ...]:
    blocks = (history.weeks - 1) // BLOCK_WEEKS + 1
    pair = history.pair * blocks + history.week * blocks // history.weeks
    region = grouping.region_of_store[history.pair_store] * history.items + history.pair_item
    week = region[history.pair] * history.weeks + history.week
    if len(week) < FEWEST_PEERS * np.count_nonzero(np.bincount(week)):
        week = history.item_week
    return pair, week


def _project(x: Floats, nuisances: tuple[Ints, ...], weight: Floats, turns: int) -> Floats:
    """What is left of x beside the weighted means of each nuisance's cells, by turns."""
    totals = [np.bincount(cell, weight) for cell in nuisances]
    for _ in range(turns):
        for cell, total in zip(nuisances, totals, strict=True):
            mean = np.bincount(cell, weight * x, len(total)) / np.where(total > 0, total, 1.0)
            x = x - mean[cell]
    return x


def _store_weeks(
    history: History, store_week: Ints, own_week: Ints, weight: Floats, mu: Floats
) -> Floats:
    """Factor of each row's store and week, from the store's other need groups.

    own_week: code of the row's store, week and need group.
    """
    size, own_size = history.stores * history.weeks, int(own_week.max()) + 1
    sold, should = weight * history.units, weight * mu
    all_sold, all_should = sums(store_week, sold, size), sums(store_week, should, size)
    others_sold = all_sold[store_week] - sums(own_week, sold, own_size)[own_week]
    others_should = all_should[store_week] - sums(own_week, should, own_size)[own_week]
    above = np.maximum(others_sold, 0.0) + STORE_WEEK_PRIOR
    return np.asarray(above / (others_should + STORE_WEEK_PRIOR))
