"""The whole choice among the ranges that prices leave near the best.

A range that loses more than ``window`` against the best of its group, at prices whose bound is
B, cannot be part of a plan worth more than ``B - window`` (reduced-cost fixing). What is left is
a small program.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import pulp

from planner.assortment import newsvendor
from planner.assortment.group_master import limit_sides
from planner.assortment.group_pricing import GroupPricing, Priced
from planner.assortment.item_value import Economics, priced_economics
from planner.assortment.limits import LinearLimit, room_limits
from planner.assortment.problem import Flags, Floats, Integers
from planner.assortment.program import EQUAL, LESS, Terms, expression, row
from planner.assortment.solver import LiveModel, SolveStatus

PRICE_LEVELS = (0.0, 0.4, 0.7, 0.9, 0.97, 1.03, 1.1, 1.4, 2.0, 4.0)
"""Multiples of the prices at which expected sales get a tangent: stock is re-tuned near 1."""
MOST_OPTIONS = 40_000


@dataclass(frozen=True)
class NearBestChoice:
    """Facings of the best plan found (none where no choice keeps the limits) and a bound."""

    facings: Integers | None
    bound_week: float
    objective_week: float = -math.inf
    """Of the choice at the stock it was made with, without any price."""
    use: Floats | None = None
    """Of every limit, at that stock."""


@dataclass(frozen=True)
class Options:
    """Ways to list one item in one range: a facing count each."""

    range_place: Integers
    entry: Integers
    item: Integers
    mean: Floats
    facings: Integers
    low: Floats
    high: Floats
    stock: Floats
    """Best at the prices."""


@dataclass(frozen=True)
class Points:
    """Stock and sales per cycle, one or more points to each option."""

    option: Integers
    stock: Floats
    sold: Floats


@dataclass(frozen=True)
class NearBest:
    """What is inside a window: ranges (by number) and the ways to list their items."""

    ranges: Integers
    options: Options

    def only(self, kept: Flags, ways: Flags | None = None) -> NearBest:
        """Some of the ranges, by flag, with all their options or some of them."""
        options = self.options
        here = kept[options.range_place]
        if ways is not None:
            here &= ways
        part = {f.name: getattr(options, f.name)[here] for f in dataclasses.fields(Options)}
        part["range_place"] = (np.cumsum(kept) - 1)[part["range_place"]]
        return NearBest(self.ranges[kept], Options(**part))


class NearBestProgram:
    """The program over what is inside the window, named in PuLP; one function per family.

    Limits on what is sold or bought stay priced, and stock is the best at their prices; with
    ``tune_stock`` they are rows like the others and stock is free between tangents of expected
    sales, which takes far longer and closes the last hundredths of a percent.
    """

    def __init__(
        self,
        pricing: GroupPricing,
        priced: Priced | None,
        inside: NearBest,
        *,
        tune_stock: bool,
        points: Points | None = None,
        model: pulp.LpProblem | None = None,
        label: str = "",
    ) -> None:
        """``priced``: at what prices ``inside`` was found; only limits without a price need none.

        ``points``: stock and sales of every option, where they are known already; ``model``: of
        several stores, into which this one is written with ``label`` before every name; what it
        earns, and limits on what is sold or bought, are then left to the caller."""
        self.pricing, self.tune_stock, self._label = pricing, tune_stock, label
        self.ranges, self.options = inside.ranges, inside.options
        counted = [limit.counts_units for limit in pricing.limits]
        known = np.zeros(len(counted)) if priced is None else priced.prices
        self.prices = np.where(counted, known, 0.0)
        self.model = model or pulp.LpProblem("near_best", pulp.LpMaximize)
        self.variables: list[pulp.LpVariable] = []
        self.points = points or (
            _corner_points(pricing, self.prices, self.options)
            if tune_stock
            else points_at(pricing, self.options, self.options.stock)
        )
        self._add_variables()
        if model is None:
            self._add_objective()
        self._add_one_range()
        self._add_one_facing_count()
        self._add_one_stock()
        self._limits = pricing.limits if model is None else room_limits(pricing.problem)
        self._add_limits()

    def _add_variables(self) -> None:
        groups, options, points = self.pricing.ranges.group, self.options, self.points
        self.chosen = [
            self._new(f"range_{groups[k]}_{k}", pulp.LpInteger) for k in self.ranges.tolist()
        ]
        owners = [self.chosen[place] for place in options.range_place]
        names = [f"facings_{i}_{f}" for i, f in zip(options.item, options.facings, strict=True)]
        self.taken = self._parts(owners, options.entry, names, pulp.LpInteger)
        owners = [self.taken[option] for option in points.option]
        names = [f"stock_{option}" for option in points.option]
        self.weights = self._parts(owners, points.option, names, pulp.LpContinuous)

    def _new(self, name: str, kind: str) -> pulp.LpVariable:
        variable = self.model.add_variable(self._label + name, 0, 1, kind)
        self.variables.append(variable)
        return variable

    def _parts(
        self, owners: list[pulp.LpVariable], family: Integers, names: list[str], kind: str
    ) -> list[pulp.LpVariable]:
        """A variable for each part of an owner; one part alone is the owner itself."""
        sizes = np.bincount(family) if len(family) else np.zeros(0, dtype=np.int64)
        return [
            owner if sizes[member] == 1 else self._new(f"{name}_{k}", kind)
            for k, (owner, member, name) in enumerate(zip(owners, family, names, strict=True))
        ]

    def _add_objective(self) -> None:
        """Maximise what the points earn, less what priced limits cost, plus what those allow."""
        pricing = self.pricing
        economics, constant = pricing.unpriced, 0.0
        if not self.tune_stock:
            economics = priced_economics(pricing.problem, pricing.limits, self.prices)
            constant = pricing.price_of_limits(self.prices)
        values = values_of(economics, self.options, self.points)
        earned = expression(zip(self.weights, values.tolist(), strict=True))
        self.model.setObjective(earned + constant)

    def _add_one_range(self) -> None:
        """One range per need group."""
        group_of_choice = self.pricing.ranges.group[self.ranges]
        for group in range(self.pricing.ranges.groups):
            members = np.flatnonzero(group_of_choice == group)
            terms = [(self.chosen[k], 1.0) for k in members]
            self.model.addConstraint(row(terms, EQUAL, f"{self._label}group_{group}", 1.0))

    def _add_one_facing_count(self) -> None:
        """An item of a chosen range has one facing count; none where the range is not chosen."""
        owners = [self.chosen[place] for place in self.options.range_place]
        self._add_parts(owners, self.options.entry, self.taken, "facings")

    def _add_one_stock(self) -> None:
        """Stock and sales of a facing count that is taken are a mixture of its points."""
        owners = [self.taken[option] for option in self.points.option]
        self._add_parts(owners, self.points.option, self.weights, "stock")

    def _add_parts(
        self,
        owners: list[pulp.LpVariable],
        family: Integers,
        parts: list[pulp.LpVariable],
        name: str,
    ) -> None:
        rows: dict[int, Terms] = {}
        for owner, member, part in zip(owners, family.tolist(), parts, strict=True):
            if part is not owner:
                rows.setdefault(member, [(owner, -1.0)]).append((part, 1.0))
        for member, terms in rows.items():
            self.model.addConstraint(row(terms, EQUAL, f"{self._label}{name}_{member}"))

    def _add_limits(self) -> None:
        """Every limit as it is; a priced one as if each stock were at the end that suits it best,
        so that what cannot be is not chosen."""
        pricing, options = self.pricing, self.options
        for label, limit, sense, right in limit_sides(self._limits):
            reach = self.points
            if limit.counts_units and not self.tune_stock:
                ends = options.low if sense == LESS else options.high
                ends = np.where(np.isfinite(ends), ends, self._endless_stock())
                reach = points_at(pricing, options, ends)
            use = uses_of(limit, options, reach)
            terms = [(self.weights[k], float(use[k])) for k in np.flatnonzero(use)]
            self.model.addConstraint(row(terms, sense, self._label + label, right))

    def _endless_stock(self) -> Floats:
        """[option]: stock that sells as much as any, where a shelf has no end."""
        options, cv = self.options, self.pricing.problem.demand_cv
        enough = newsvendor.stock_ratio(newsvendor.NEVER_SHORT, cv)[options.item]
        return np.maximum(options.stock, options.mean * np.maximum(enough, 1.0))


def choose_near_best(
    pricing: GroupPricing,
    priced: Priced,
    window: float,
    gap: float,
    seconds: float,
    *,
    tune_stock: bool,
) -> NearBestChoice | None:
    """Best choice of one range per need group with whole facings, inside the window.

    The bound holds for every plan of the store, inside the window or not. None where more than
    40,000 ways to list an item are inside.
    """
    inside = near_best(pricing, priced, window)
    if len(inside.options.item) > MOST_OPTIONS:
        return None
    program = NearBestProgram(pricing, priced, inside, tune_stock=tune_stock)
    options, points = program.options, program.points
    live = LiveModel(program.model, program.variables)
    solution = live.solve(gap, seconds)
    outside = priced.bound_week - window
    if solution.values is None:
        infeasible = solution.status is SolveStatus.INFEASIBLE
        bound = -math.inf if infeasible else solution.bound
        return NearBestChoice(None, max(outside, bound))
    taken = solution.values[[live.column[variable] for variable in program.taken]] > 0.5
    facings = np.zeros(len(pricing.problem.item_ids), dtype=np.int64)
    facings[options.item[taken]] = options.facings[taken]
    weight = solution.values[[live.column[variable] for variable in program.weights]]
    use = np.array([weight @ uses_of(limit, options, points) for limit in pricing.limits])
    objective = float(weight @ values_of(pricing.unpriced, options, points))
    bound = max(outside, solution.bound)
    return NearBestChoice(facings, bound, objective, use)


def near_best(pricing: GroupPricing, priced: Priced, window: float) -> NearBest:
    """Ranges and facing counts that lose no more than the window."""
    needed = priced.group_best[pricing.ranges.group] - window
    return worth_enough(pricing, priced.economics, priced.most, needed)


def worth_enough(
    pricing: GroupPricing, economics: Economics, most: Floats, needed: Floats
) -> NearBest:
    """Ranges that are worth what is ``needed`` [range], and the facing counts that leave it.

    ``most`` [range]: no range is worth more; ``needed``: ``inf`` where none is enough.
    """
    # A hair less: both sides of the comparison are rounded.
    enough = needed - 1e-9 * (1 + np.where(np.isfinite(needed), np.abs(needed), 0.0))
    numbers = np.flatnonzero(most >= enough)
    first, items, means = pricing.entries(numbers)
    owner = np.repeat(np.arange(len(numbers)), np.diff(first))
    every = pricing.values.every_choice(economics, items, means)
    best = every.value.max(axis=1, initial=-np.inf)
    spare = np.bincount(owner, weights=best, minlength=len(numbers)) - enough[numbers]
    inside = spare >= 0
    near = (best[:, None] - every.value) <= spare[owner][:, None]
    rows, columns = np.nonzero(near & inside[owner][:, None])
    place = np.cumsum(inside) - 1
    low, high = pricing.values.stock_range(items, means)
    at = (rows, columns)
    return NearBest(
        numbers[inside],
        Options(
            place[owner[rows]], rows, items[rows], means[rows], every.facings[at], low[at],
            high[at], every.stock[at],
        ),
    )  # fmt: skip


def values_of(economics: Economics, options: Options, points: Points) -> Floats:
    """[point]: what each option earns at each of its points."""
    item = options.item[points.option]
    values: Floats = (
        economics.sold[item] * points.sold
        - economics.stock[item] * points.stock
        - economics.facing[item] * options.facings[points.option]
        - economics.listed[item]
    )
    return values


def uses_of(limit: LinearLimit, options: Options, points: Points) -> Floats:
    """[point]: what each option takes of a limit at each of its points."""
    item = options.item[points.option]
    uses: Floats = (
        limit.listed[item]
        + limit.facing[item] * options.facings[points.option]
        + limit.sold[item] * points.sold
        + limit.stock[item] * points.stock
    )
    return uses


def points_at(pricing: GroupPricing, options: Options, stock: Floats) -> Points:
    """One point to each option: its expected sales at a stock."""
    cv = pricing.problem.demand_cv[options.item]
    sold = newsvendor.expected_sales(options.mean, stock, cv)
    return Points(np.arange(len(stock)), stock, sold)


def _corner_points(pricing: GroupPricing, prices: Floats, options: Options) -> Points:
    """Corners of a polygon around every stock and its expected sales, per option.

    Tangents of expected sales at stocks that suit several multiples of the prices; between two
    tangents the corner is where they meet, which lies above the curve.
    """
    item = options.item
    stocks = [options.low]
    for level in PRICE_LEVELS:
        economics = priced_economics(pricing.problem, pricing.limits, level * prices)
        stocks.append(options.mean * economics.best_ratio[item])
    # A floor on what is sold can ask for more stock than pays at any of the prices.
    floor = any(limit.counts_units and np.isfinite(limit.lower) for limit in pricing.limits)
    if floor:
        never_short = newsvendor.stock_ratio(newsvendor.NEVER_SHORT, pricing.problem.demand_cv)
        stocks.append(options.mean * np.maximum(never_short[item], 1.0))
    inside = np.clip(np.array(stocks).T, options.low[:, None], options.high[:, None])
    return corners(np.sort(inside, axis=1), options.mean, pricing.problem.demand_cv[item])


def corners(stocks: Floats, means: Floats, cvs: Floats) -> Points:
    """Ends and corners; ``stocks`` [option, tangent] in rising order."""
    mean = np.broadcast_to(means[:, None], stocks.shape)
    cv = np.broadcast_to(cvs[:, None], stocks.shape)
    sold = newsvendor.expected_sales(mean, stocks, cv)
    ratio = np.divide(stocks, mean, out=np.full(stocks.shape, np.inf), where=mean > 0)
    endless = ~np.isfinite(ratio)
    chance = newsvendor.chance_of_running_out(np.where(endless, 0.0, ratio), cv)
    slope = np.where(endless, 0.0, chance)
    step = np.diff(stocks, axis=1)
    apart = step > 1e-9 * np.maximum(1.0, stocks[:, 1:])
    bend = slope[:, :-1] - slope[:, 1:]
    meet = np.divide(
        np.diff(sold, axis=1) - slope[:, 1:] * step, bend, out=0.5 * step, where=bend > 1e-12
    )
    meet = np.clip(meet, 0.0, step)
    rows, inner = np.nonzero(apart)
    meet_stock = (stocks[:, :-1] + meet)[rows, inner]
    meet_sold = np.minimum(sold[:, :-1] + slope[:, :-1] * meet, mean[:, 1:])[rows, inner]
    several = np.flatnonzero(apart.any(axis=1))
    option = np.concatenate([np.arange(len(stocks)), rows, several])
    stock = np.concatenate([stocks[:, 0], meet_stock, stocks[several, -1]])
    sales = np.concatenate([sold[:, 0], meet_sold, sold[several, -1]])
    order = np.lexsort((stock, option))
    return Points(option[order].astype(np.int64), stock[order], sales[order])
