"""A store solved by prices on its limits and one range per need group.

Prices that make the bound least come from a master over known ranges (``group_master``), whole
ranges from a small program over those that the prices leave near the best (``near_best``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.group_master import GroupMaster, MasterSolution
from planner.assortment.group_pricing import Columns, GroupPricing, Priced, joined
from planner.assortment.group_ranges import GroupRanges, counted_group, group_ranges, with_locks_of
from planner.assortment.limits import linear_limits, within_limits
from planner.assortment.near_best import NearBestChoice, choose_near_best
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.result import PROVEN, StoreSolution, relative_gap
from planner.assortment.score import Score, best_score

PRICE_ROUNDS = 60
FIRST_SHARES: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0, 2.0)
"""Shares of the store's worth that the limits are first priced at."""
FIRST_WINDOW = 5e-4
CHOICE_ROUNDS = 16
PRICE_STEPS = 6
FIRST_CHANGE = 0.01
"""Of a price, relative, when the other side of its limit is looked for."""
NUMERICAL_DUST = 1e-6
"""Share of the objective that breaking limits may cost in a mixture that keeps them."""


@dataclass(frozen=True)
class PricedMixture:
    """The least bound that prices on a store's limits give, and the mixture of ranges behind."""

    pricing: GroupPricing
    master: GroupMaster
    best: Priced
    mixture: MasterSolution


class StoreFamily:
    """A store and its variants, which differ in locks and in how much of a limit there is.

    Their ranges and tables are the same and are made once; prices and ranges behind the bound of
    the store itself are what the variants begin with.
    """

    def __init__(self, problem: StoreProblem, settle_gap: float = 0.0) -> None:
        """``settle_gap``: relative gap at which stock is not tuned any further, which is slow."""
        self.problem, self.settle_gap = problem, settle_gap
        self.ranges = group_ranges(problem)
        self.prices: Mapping[str, float] | None = None
        """Shadow prices of the store's limits, where they are about known."""
        self._tables: GroupPricing | None = None
        self._known: Columns | None = None

    def pricing(self, problem: StoreProblem) -> GroupPricing | None:
        """Ranges of a variant ready for prices; None where they are too many or some need group
        has none that keeps its counts."""
        if self.ranges is None:
            return None
        ranges: GroupRanges | None = self.ranges
        tables = self._tables
        if problem is not self.problem:
            ranges = with_locks_of(self.ranges, self.problem, problem)
            if ranges is None:
                return StoreFamily(problem).pricing(problem)
        assert ranges is not None
        if not _every_group_has_a_range(ranges):
            return None
        pricing = GroupPricing(problem, ranges, linear_limits(problem), tables)
        self._tables = self._tables or pricing
        return pricing

    def relax(self, pricing: GroupPricing, gap: float, deadline: float) -> PricedMixture:
        """``relax`` of the store or a variant, from what was found for the store before."""
        same_ranges = self._tables is not None and pricing.values is self._tables.values
        relaxed = relax(pricing, gap, deadline, self.prices, self._known if same_ranges else None)
        if pricing.problem is self.problem:
            self.prices = shadow_prices(relaxed)
            used = np.flatnonzero(relaxed.mixture.weights > 0)
            self._known = joined([relaxed.master.all_columns().part(used), relaxed.best.best])
        return relaxed


def relax(
    pricing: GroupPricing,
    gap: float,
    deadline: float,
    start: Mapping[str, float] | None = None,
    known: Columns | None = None,
) -> PricedMixture:
    """Prices within ``gap`` (relative) of the best bound, or as far as the deadline allows.

    ``start``: shadow prices of the limits to begin with, by name, where they are about known;
    ``known``: columns of the same ranges that suit them, of which some may not be allowed here.
    """
    problem, limits = pricing.problem, pricing.limits
    signs = [1.0 if np.isfinite(limit.upper) else -1.0 for limit in limits]
    given = [(start or {}).get(limit.name, 0.0) for limit in limits]
    guess = np.array(signs) * np.array(given)
    best = pricing.at(guess if known is not None else np.zeros(len(limits)), 1)
    master = GroupMaster(problem, limits, float(np.abs(best.group_best).sum()))
    master.add(best.best)
    shares: tuple[float, ...] = (1.0, 1.3)
    if known is not None:
        master.add(known.part(np.flatnonzero(pricing.ranges.allowed[known.range_number])))
        shares = ()
    elif not start:
        guess, shares = _guess(pricing, best), FIRST_SHARES
    for share in shares if guess.any() else ():
        tried = pricing.at(share * guess, 1)
        master.add(tried.best)
        best = min(best, tried, key=lambda priced: priced.bound_week)
    mixture = master.solve()
    for _ in range(PRICE_ROUNDS):
        if relative_gap(mixture.objective_week, best.bound_week) <= gap:
            break
        if time.perf_counter() > deadline:
            break
        # Half way to the best prices so far: the master's own swing from round to round
        # (Pessoa, Sadykov, Uchoa & Vanderbeck 2018, INFORMS Journal on Computing 30(2)).
        tried = pricing.at(0.5 * (mixture.prices + best.prices), 2)
        added = master.add(tried.best)
        if not added and tried.bound_week >= best.bound_week:
            tried = pricing.at(mixture.prices, 2)
            added = master.add(tried.best)
        improved = tried.bound_week < best.bound_week
        best = tried if improved else best
        if not added and not improved:
            break
        mixture = master.solve()
    return PricedMixture(pricing, master, best, mixture)


@dataclass(frozen=True)
class GroupRelaxation:
    """A store's bound, and what the mixture of ranges behind it would list and buy."""

    bound_week: float
    value_week: float
    """Of the mixture, less what the prices leave open."""
    listed_share: Floats
    """[item], 0 to 1."""
    units_week: Floats
    """[item]: receipts, ``r (u + s (q - u))``."""
    shadow_prices: dict[str, float]


def relax_by_groups(
    problem: StoreProblem, gap: float, start: Mapping[str, float] | None = None
) -> GroupRelaxation | None:
    """The relaxation of a store by need groups; None where ``solve_by_groups`` has no answer."""
    pricing = StoreFamily(problem).pricing(problem)
    if pricing is None:
        return None
    relaxed = relax(pricing, gap, math.inf, start)
    if breaks_a_limit(relaxed):
        return None
    columns = relaxed.master.all_columns()
    weight = relaxed.mixture.weights[columns.owner()]
    received = columns.sold + problem.waste_share[columns.item] * (columns.stock - columns.sold)
    count = len(problem.item_ids)
    listed: Floats = np.zeros(count)
    units: Floats = np.zeros(count)
    np.add.at(listed, columns.item, weight)
    np.add.at(units, columns.item, weight * received)
    return GroupRelaxation(
        relaxed.best.bound_week,
        relaxed.mixture.objective_week,
        np.clip(listed, 0.0, 1.0),
        problem.deliveries_week * units,
        shadow_prices(relaxed),
    )


def _guess(pricing: GroupPricing, free: Priced) -> Floats:
    """Prices at which a fifth of the store's worth is spent on each limit that is broken."""
    prices = np.zeros(len(pricing.limits))
    worth = 0.2 * float(np.abs(free.group_best).sum())
    _, top = np.unique(free.best.group, return_index=True)
    columns = free.best.part(top)
    for k, limit in enumerate(pricing.limits):
        use = float(columns.use(limit).sum())
        if use > limit.upper:
            prices[k] = worth / max(use, 1e-9)
        elif use < limit.lower:
            prices[k] = -worth / max(abs(limit.lower), 1e-9)
    return prices


def solve_by_groups(
    problem: StoreProblem,
    gap: float,
    deadline: float,
    family: StoreFamily | None = None,
) -> StoreSolution | None:
    """Best plan found and a bound that every plan keeps; None where ranges are too many.

    Also None where some need group has no range that keeps its counts, or prices find no mixture
    inside the limits: that there is no plan is for the whole program to prove. ``deadline`` is a
    time of ``time.perf_counter``.
    """
    family = family or StoreFamily(problem)
    pricing = family.pricing(problem)
    if pricing is None:
        return None
    # Prices ten times closer than the gap leave a window of that gap for whole ranges.
    relaxed = family.relax(pricing, max(gap / 10, PROVEN / 100), deadline)
    if breaks_a_limit(relaxed):
        return None
    best: Score | None = None
    priced = relaxed.best
    bound = priced.bound_week
    search = _PriceSearch(relaxed.pricing)
    # What the prices leave open, and a little more: few ranges are near, and seldom too few.
    unsettled = max(0.0, bound - relaxed.mixture.objective_week)
    window, tune_stock = unsettled + FIRST_WINDOW * max(1.0, abs(bound)), False
    for _ in range(CHOICE_ROUNDS):
        seconds = deadline - time.perf_counter()
        if seconds <= 0:
            break
        # Stock is tuned for what prices leave above the settled gap alone.
        close = max(gap, family.settle_gap) if tune_stock else gap
        found = choose_near_best(
            relaxed.pricing, priced, window, close / 4, seconds, tune_stock=tune_stock
        )
        if found is None:
            break
        bound = min(bound, found.bound_week)
        if found.facings is not None and within_limits(problem, found.facings):
            score = best_score(problem, found.facings)
            if score and (best is None or score.objective_week > best.objective_week):
                best = score
        objective = best.objective_week if best else -math.inf
        if relative_gap(objective, bound) <= max(gap, PROVEN / 10):
            break
        floor = objective + 0.9 * gap * max(1.0, abs(objective))
        if window < priced.bound_week - floor:
            window = min((priced.bound_week - floor) * 1.001, window * 6)
            continue
        if tune_stock or not search.limits:
            break
        worth_trying = bound - 0.1 * gap * max(1.0, abs(bound))
        prices = search.next_prices(priced.prices, found, worth_trying)
        tune_stock = prices is None
        if tune_stock and relative_gap(objective, bound) <= family.settle_gap:
            break
        priced = relaxed.best if prices is None else relaxed.pricing.at(prices)
        window = (priced.bound_week - floor) * 1.001
    struck = time.perf_counter() > deadline
    return StoreSolution(best, bound, shadow_prices(relaxed), struck)


class _PriceSearch:
    """The price of a limit on what is sold or bought that suits whole ranges best.

    The bound is the largest of lines in the price, one for each whole choice; the next price is
    where the lines of the last choice on either side of the limit meet (Kelley 1960).
    """

    def __init__(self, pricing: GroupPricing) -> None:
        self.limits = [k for k, limit in enumerate(pricing.limits) if limit.counts_units]
        self._pricing = pricing
        self._sides: dict[bool, tuple[float, float]] = {}
        self._tried: list[float] = []

    def next_prices(
        self, prices: Floats, found: NearBestChoice, worth_trying: float
    ) -> Floats | None:
        """Prices to try next; None where there is no single such limit, or no step is left.

        Nor where the lines already meet above ``worth_trying``: no price has a bound below that.
        """
        priced = [k for k in self.limits if prices[k]]
        if len(priced) != 1 or found.use is None or len(self._tried) >= PRICE_STEPS:
            return None
        (k,) = priced
        limit, price = self._pricing.limits[k], float(prices[k])
        over = float(found.use[k]) - (limit.upper if price > 0 else limit.lower)
        # A price far off leaves a wide window, and a wide window takes long to search: the other
        # side of the limit is looked for in steps that begin small.
        change = FIRST_CHANGE * 3.0 ** len(self._tried)
        self._tried.append(price)
        self._sides[over > 0] = (found.objective_week, over)
        if len(self._sides) == 2:
            (worth_in, over_in), (worth_out, over_out) = self._sides[False], self._sides[True]
            step = (worth_out - worth_in) / (over_out - over_in)
            if worth_in - step * over_in >= worth_trying:
                return None
        else:
            step = price * (1.0 + change if (over > 0) == (price > 0) else 1.0 / (1.0 + change))
        if any(abs(step - tried) <= 1e-6 * abs(tried) for tried in self._tried):
            return None
        following: Floats = np.array(prices)
        following[k] = step
        return following


def breaks_a_limit(relaxed: PricedMixture) -> bool:
    """Whether even mixtures of ranges keep not every limit of the store."""
    mixture = relaxed.mixture
    return mixture.shortfall > NUMERICAL_DUST * max(1.0, abs(mixture.objective_week))


def _every_group_has_a_range(ranges: GroupRanges) -> bool:
    return len(np.unique(ranges.group[ranges.allowed])) == ranges.groups


def shadow_prices(relaxed: PricedMixture) -> dict[str, float]:
    """Limit name -> objective per unit of relaxing it, at the prices of the best bound.

    The count of a single need group is kept by its ranges: its price is what the best range
    with one item more (fewer) would add, on top of a price that its row has as well.
    """
    pricing, best = relaxed.pricing, relaxed.best
    found = {}
    for limit, price in zip(pricing.limits, best.prices, strict=True):
        group = counted_group(pricing.problem, limit.listed)
        if group is None or limit.counts_units or limit.facing.any():
            found[limit.name] = abs(float(price))
            continue
        ranges = pricing.ranges
        over = ranges.size == limit.upper + 1 if np.isfinite(limit.upper) else False
        under = ranges.size == limit.lower - 1 if np.isfinite(limit.lower) else False
        beside = np.flatnonzero((ranges.group == group) & ~ranges.allowed & (over | under))
        gain = 0.0
        if len(beside):
            _, values = pricing.evaluate(beside, best.economics)
            gain = float(values.max()) - float(best.group_best[group])
        found[limit.name] = abs(float(price)) + max(0.0, gain)
    return found
