"""What one item earns at a given demand when every shared limit has a price.

With prices on the limits an item's facings and stock depend on nothing but its own mean demand
mu: ``V(mu) = max over f of max over q in [lo_f, hi_f] of A E[min(D, q)] - B q - h f - l``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment import newsvendor
from planner.assortment.limits import LinearLimit
from planner.assortment.problem import Floats, Integers, StoreProblem
from planner.assortment.stock import TOLERANCE

NODES = 24
"""Demands at which an item's value is tabulated."""
IMPOSSIBLE = -1e18


@dataclass(frozen=True)
class Economics:
    """Objective less the prices of the limits, by item."""

    sold: Floats
    """A: per unit sold in a cycle, times the deliveries a week."""
    stock: Floats
    """B: per unit stocked in a cycle, times the deliveries a week; below 0 where a price asks for
    purchases."""
    facing: Floats
    listed: Floats
    best_ratio: Floats
    """Stock over mean demand at which ``A E - B q`` is largest."""
    best_share: Floats
    """Share of demand sold at that ratio."""


def priced_economics(
    problem: StoreProblem, limits: Sequence[LinearLimit], prices: Floats
) -> Economics:
    """Economics of every item when limit k costs ``prices[k]`` a unit."""
    cycles = problem.deliveries_week
    cost = problem.unit_cost
    sold = cycles * (problem.price - cost * (1.0 - problem.waste_share))
    stock = cycles * cost * problem.waste_share
    facing, listed = np.array(problem.facing_cost_week), np.array(problem.listing_cost_week)
    for limit, price in zip(limits, prices, strict=True):
        if price:
            sold = sold - price * limit.sold
            stock = stock + price * limit.stock
            facing = facing + price * limit.facing
            listed = listed + price * limit.listed
    ratio = _best_ratio(sold, stock, problem.demand_cv)
    share = newsvendor.sold_share(ratio, problem.demand_cv)
    return Economics(sold, stock, facing, listed, ratio, share)


def _best_ratio(sold: Floats, stock: Floats, cv: Floats) -> Floats:
    chance = np.divide(stock, sold, out=np.ones_like(sold), where=sold > 0)
    pays = chance < 1.0
    ratio = newsvendor.stock_ratio(np.clip(chance, newsvendor.NEVER_SHORT, 1.0), cv)
    result: Floats = np.where(pays, np.where(cv < newsvendor.CERTAIN_CV, 1.0, ratio), 0.0)
    return np.where(stock < 0, newsvendor.OVERFULL, result)


@dataclass(frozen=True)
class _Choices:
    """Facing counts of every item, [item, count]: what they hold."""

    facings: Integers
    possible: np.ndarray
    low: Floats
    high: Floats


@dataclass(frozen=True)
class BestChoice:
    """The best facings and stock of items at given mean demands."""

    value: Floats
    facings: Integers
    stock: Floats
    sold: Floats
    """Units per cycle."""


class ItemValues:
    """Values of a store's items over the demands that its ranges can give them.

    Tables hold what does not depend on prices, so that a change of prices costs a few
    arithmetic passes. ``exact`` uses no table.
    """

    def __init__(self, problem: StoreProblem, least_mean: Floats, most_mean: Floats) -> None:
        self.problem = problem
        self._choices = facing_choices(problem)
        low = np.maximum(least_mean, most_mean * 1e-6)
        # Of a given range every item has one demand: two nodes are enough.
        self._node_count = NODES if (most_mean > low * (1 + 1e-12)).any() else 2
        steps = np.linspace(0.0, 1.0, self._node_count)
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.where(low > 0, most_mean / low, 1.0)
        self.nodes: Floats = low[:, None] * growth[:, None] ** steps
        self.nodes[:, -1] = most_mean
        mean, cv = self.nodes[:, :, None], problem.demand_cv[:, None, None]
        high = np.broadcast_to(
            self._choices.high[:, None, :], (*self.nodes.shape, self._choices.facings.shape[1])
        )
        forced = problem.min_supply_cycles[:, None, None] * mean
        low_stock = np.maximum(self._choices.low[:, None, :], forced)
        self._possible = self._choices.possible[:, None, :] & (
            low_stock <= high * (1 + TOLERANCE) + 1e-12
        )
        self._low, self._low_slope = (
            low_stock,
            np.where(
                low_stock > self._choices.low[:, None, :],
                problem.min_supply_cycles[:, None, None],
                0.0,
            ),
        )
        self._high = np.maximum(high, low_stock)
        self._sold_low, by_mean, chance = _sales_and_slope(mean, low_stock, cv)
        self._sold_low_slope = by_mean + chance * self._low_slope
        self._sold_high, self._sold_high_slope, _ = _sales_and_slope(mean, self._high, cv)

    def place(self, items: Integers, means: Floats) -> tuple[Integers, Floats]:
        """Flat number of the node below each mean, and the share of the way to the next."""
        low, high = self.nodes[:, 0], self.nodes[:, -1]
        spread = np.log(np.where(low > 0, high / np.where(low > 0, low, 1.0), 1.0))
        some = (spread[items] > 0) & (means > 0)
        position = np.zeros(len(items))
        position[some] = np.log(means[some] / low[items[some]]) / spread[items[some]]
        position *= self._node_count - 1
        below = np.clip(np.floor(position), 0, self._node_count - 2).astype(np.int64)
        left = self.nodes[items, below]
        gap = self.nodes[items, below + 1] - left
        share = np.divide(means - left, gap, out=np.zeros_like(means), where=gap > 0)
        return items * self._node_count + below, np.clip(share, 0.0, 1.0)

    def table(self, economics: Economics) -> tuple[Floats, Floats]:
        """``V`` at every node, flat [item x node]; how far each item's can lie above its chords.

        ``V`` is a maximum of functions that are concave in the mean
        where selling pays (expected sales are jointly concave in mean and stock), so the tangents
        of two nodes bound it between them.
        """
        sold, stock = economics.sold[:, None, None], economics.stock[:, None, None]
        ratio, share = economics.best_ratio[:, None, None], economics.best_share[:, None, None]
        mean = self.nodes[:, :, None]
        fixed = (
            economics.facing[:, None, None] * self._choices.facings[:, None, :]
            + economics.listed[:, None, None]
        )
        wanted = mean * ratio
        per_unit = sold * share - np.where(ratio > 0, stock * ratio, 0.0)
        value, slope = mean * per_unit + 0.0 * self._low, per_unit + 0.0 * self._low
        short = wanted >= self._high
        value = np.where(short, sold * self._sold_high - stock * _finite(self._high), value)
        slope = np.where(short, sold * self._sold_high_slope, slope)
        much = wanted <= self._low
        value = np.where(much, sold * self._sold_low - stock * self._low, value)
        slope = np.where(much, sold * self._sold_low_slope - stock * self._low_slope, slope)
        value = np.where(self._possible, value - fixed, IMPOSSIBLE)
        best: Floats = value.max(axis=2)
        return best.ravel(), self._above_chord(economics, value, slope, best)

    def _above_chord(
        self, economics: Economics, value: Floats, slope: Floats, best: Floats
    ) -> Floats:
        width = np.diff(self.nodes, axis=1)[:, :, None]
        left, right = value[:, :-1], value[:, 1:]
        rise, fall = slope[:, :-1], slope[:, 1:]
        chord_left, chord_right = best[:, :-1, None], best[:, 1:, None]
        bend = rise - fall
        meet = np.divide(
            right - fall * width - left, bend, out=np.zeros_like(bend), where=bend > 1e-12
        )
        meet = np.clip(meet, 0.0, width)
        share = np.divide(meet, width, out=np.zeros_like(meet), where=width > 0)
        above = left + rise * meet - (chord_left + (chord_right - chord_left) * share)
        above = np.where(bend > 1e-12, above, 0.0)
        ends = self._possible[:, :-1] & ~self._possible[:, 1:]
        if ends.any():
            lowest = np.minimum(chord_left, chord_right)
            above = np.where(ends, left + np.maximum(rise, 0.0) * width - lowest, above)
        above = np.where(self._possible[:, :-1], above, 0.0).max(axis=2)
        # Where selling costs, stock stays at its least and V is convex, below its chord; but for
        # the supply that more demand asks for: then V falls.
        falls = np.where(self.problem.min_supply_cycles[:, None] > 0, -np.diff(best, axis=1), 0.0)
        pays = economics.sold[:, None] > 0
        above = np.maximum(np.where(pays, above, falls), 0.0)
        # The way to the next node is kept in 32 bits.
        above = above + 1e-6 * np.abs(np.diff(best, axis=1))
        most: Floats = above.max(axis=1)
        return most

    def exact(self, economics: Economics, items: Integers, means: Floats) -> BestChoice:
        """Best facings and stock at given means, by the exact formulas."""
        options = self.every_choice(economics, items, means)
        best = options.value.argmax(axis=1)
        rows = np.arange(len(items))
        return BestChoice(
            options.value[rows, best],
            options.facings[rows, best],
            options.stock[rows, best],
            options.sold[rows, best],
        )

    def every_choice(self, economics: Economics, items: Integers, means: Floats) -> BestChoice:
        """[entry, facing count]: value, facings, best stock and sales of each facing count."""
        choices = self._choices
        mean, cv = means[:, None], self.problem.demand_cv[items][:, None]
        low, high = self.stock_range(items, means)
        possible = choices.possible[items] & (low <= choices.high[items] * (1 + TOLERANCE) + 1e-12)
        stock = np.clip(mean * economics.best_ratio[items][:, None], low, high)
        sold = newsvendor.expected_sales(mean, stock, cv)
        value = (
            economics.sold[items][:, None] * sold
            - economics.stock[items][:, None] * stock
            - economics.facing[items][:, None] * choices.facings[items]
            - economics.listed[items][:, None]
        )
        return BestChoice(
            np.where(possible, value, IMPOSSIBLE), choices.facings[items], stock, sold
        )

    def stock_range(self, items: Integers, means: Floats) -> tuple[Floats, Floats]:
        """[entry, facing count]: least and most stock per cycle."""
        forced = self.problem.min_supply_cycles[items] * means
        low = np.maximum(self._choices.low[items], forced[:, None])
        return low, np.maximum(self._choices.high[items], low)


def facing_choices(problem: StoreProblem) -> _Choices:
    """Facing counts worth trying: one where more facings hold no more."""
    endless = np.isinf(problem.stock_capacity_per_facing)
    most = np.where(endless, np.maximum(problem.min_facings, 1), problem.max_facings)
    counts = np.maximum(most - problem.min_facings + 1, 1)
    width = int(counts.max()) if len(counts) else 1
    facings = problem.min_facings[:, None] + np.arange(width)
    possible = (facings <= most[:, None]) & (facings >= problem.min_facings[:, None])
    low = np.maximum(
        problem.min_units_per_facing[:, None] * facings, problem.min_stock_units[:, None]
    )
    capacity = problem.stock_capacity_per_facing[:, None]
    high = np.where(
        np.isinf(capacity), np.inf, np.where(np.isinf(capacity), 1.0, capacity) * facings
    )
    possible &= low <= high * (1 + TOLERANCE)
    return _Choices(facings, possible, low, np.maximum(high, low))


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _ratio(mean: Floats, stock: Floats) -> Floats:
    mean, stock = np.broadcast_arrays(mean, stock)
    ratio: Floats = np.divide(stock, mean, out=np.full(mean.shape, np.inf), where=mean > 0)
    return ratio


def _sales_and_slope(mean: Floats, stock: Floats, cv: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected sales, their slope in the mean at a given stock, ``phi(z) - z phi'(z)``, and the
    chance of running out, ``phi'(z)``."""
    ratio = _ratio(mean, stock)
    share = newsvendor.sold_share(ratio, cv)
    finite = np.where(np.isfinite(ratio), ratio, 0.0)
    chance = np.where(np.isfinite(ratio), newsvendor.chance_of_running_out(finite, cv), 0.0)
    return mean * share, share - finite * chance, chance
