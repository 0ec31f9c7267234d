"""The best choice for all stores of a small chain together, and the bound that it proves.

Prices of the shared limits leave ranges of every store near the best (``joint_program.py``);
the program over those gives prices in turn, until they prove no less, and then whole ranges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    affordable,
    between,
    priced,
    value_of_limits,
)
from planner.assortment.group_pricing import GroupPricing, Priced
from planner.assortment.group_program import Relaxation, StoreFamily, breaks_a_limit, relax
from planner.assortment.joint_program import JointAnswer, JointProgram, ranges_listed
from planner.assortment.near_best import NearBest, near_best, points_at, values_of
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import Score

MOST_PAIRS = 600
"""Store-item pairs up to which all stores are one program: beyond it even its linear relaxation
takes minutes."""
FOR_PRICES = 2_000
"""Ways to list an item in a range of a store, over all stores, in a program that gives prices."""
PRICE_ROUNDS = 15
PRICE_GAP = 1e-4
"""Relative gap of the stores' own prices at the chain's, and least step of the chain's bound."""
KNOWN_AROUND = 6_000
"""The same of all that may be open where most need groups are as they are in a known plan."""
FIRST_WINDOW = 1e-3
GROWTH = 1.6
EVERY_RANGE = 1e12
"""A window that nothing possible is outside of."""


@dataclass(frozen=True)
class _AtPrices:
    """Every store at one set of the chain's prices, and the bound that they prove."""

    prices: ChainPrices
    pricings: Sequence[GroupPricing]
    relaxed: Sequence[Relaxation]
    bound_week: float


class JointChoice:
    """Chooses every store's ranges together; what does not depend on prices is made once."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        tables: Sequence[GroupPricing],
    ) -> None:
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._tables = tables
        self._best: _AtPrices | None = None
        self._wide: list[NearBest] | None = None

    @classmethod
    def of(
        cls, problems: Mapping[str, StoreProblem], coupling: Coupling, forced: Forced
    ) -> JointChoice | None:
        """None where the stores are too large, or ranges of some need group too many to list."""
        if sum(len(problem.item_ids) for problem in problems.values()) > MOST_PAIRS:
            return None
        tables = [StoreFamily(problem).pricing(problem) for problem in problems.values()]
        known = [table for table in tables if table is not None]
        return cls(problems, coupling, forced, known) if len(known) == len(tables) else None

    def settle_prices(self, start: ChainPrices) -> float:
        """The least bound found, from prices of the shared limits on; inf without any.

        A step goes part of the way from the best prices so far to the program's own, the shorter
        the more often it fails: the program knows only what is inside the window of the best.
        """
        best = self._at(start)
        if best is None:
            return math.inf
        towards: ChainPrices | None = None
        share = 1.0
        for _ in range(PRICE_ROUNDS):
            if towards is None:
                towards = self._program(self._widest(best, EVERY_RANGE, FOR_PRICES)[0]).prices()
            if towards is None:
                break
            step = between(best.prices, towards, share)
            found = self._at(affordable(self._problems, self._coupling, step))
            if found is None:
                break
            gained = best.bound_week - found.bound_week
            if gained > 0:
                best, towards = found, None
                if gained <= PRICE_GAP * max(1.0, abs(best.bound_week)):
                    break
            else:
                share *= 0.4
        self._best = best
        return best.bound_week

    def solve(
        self,
        known: Mapping[str, Score] | None,
        gap: float,
        seconds: float,
        most: int,
        same: Sequence[int] | None = None,
    ) -> JointAnswer | None:
        """The best choice, with a bound of the whole chain (-inf: no plan keeps every limit).

        None without prices. ``known``: plans that keep every limit; what earns less is not
        looked for. ``gap``: relative, of the program. ``most``: ways to list an item to choose
        among. ``same``: group of every store, stores of a group list the same items.
        """
        at = self._best
        if at is None:
            return None
        wanted, start = EVERY_RANGE, None
        if known is not None:
            wanted = at.bound_week - sum(plan.objective_week for plan in known.values())
            start = {store: plan.facings for store, plan in known.items()}
        if same is not None:
            return self._listing_the_same(at, wanted, gap, seconds, most, same)
        inside, window = self._widest(at, wanted, most)
        answer = self._program(inside).solve(gap, seconds, start)
        outside = -math.inf if window >= EVERY_RANGE else at.bound_week - window
        bound = min(at.bound_week, max(outside, answer.bound_week))
        return JointAnswer(answer.facings, at.bound_week if self._endless() else bound)

    def _listing_the_same(
        self,
        at: _AtPrices,
        wanted: float,
        gap: float,
        seconds: float,
        most: int,
        same: Sequence[int],
    ) -> JointAnswer:
        """The best choice where stores of a group list the same items, and its bound.

        A range costs a group what it loses in all its stores, so what a group loses at least is
        off the bound, and ranges are inside by what they lose beyond that.
        """
        every = [
            near_best(pricing, found.best, EVERY_RANGE)
            for pricing, found in zip(at.pricings, at.relaxed, strict=True)
        ]
        least, lost = losses_of_groups(at.pricings, [r.best for r in at.relaxed], every, same)
        total = [
            own[near.options.range_place] + option_losses(pricing, found.best, near)
            for own, near, pricing, found in zip(lost, every, at.pricings, at.relaxed, strict=True)
        ]
        if not np.isfinite(least):
            return JointAnswer(None, -math.inf)
        ways = np.sort(np.concatenate(total))
        ways = ways[np.isfinite(ways)]
        window = float(ways[most]) if len(ways) > most else EVERY_RANGE
        window = min(window, max(0.0, wanted - least))
        inside = [
            near.only(own <= window, each <= window)
            for near, own, each in zip(every, lost, total, strict=True)
        ]
        program = self._program(inside)
        program.list_the_same(same)
        answer = program.solve(gap, seconds)
        outside = -math.inf if window >= EVERY_RANGE else at.bound_week - least - window
        bound = min(at.bound_week, max(outside, answer.bound_week))
        return JointAnswer(answer.facings, at.bound_week if self._endless() else bound)

    def around(
        self, known: Mapping[str, Score], number: int, gap: float, seconds: float, most: int
    ) -> Mapping[str, Integers] | None:
        """A choice beside ``known`` in some need groups of all stores, all others as they are.

        ``number``: of the draw of need groups; ``most``: ways to list an item that are open.
        """
        at = self._best
        if at is None:
            return None
        if self._wide is None:
            self._wide = self._widest(at, EVERY_RANGE, KNOWN_AROUND)[0]
        groups = self._tables[0].ranges.groups
        order = np.random.default_rng([number, groups]).permutation(groups)
        sizes = np.zeros(groups)
        for table, near in zip(self._tables, self._wide, strict=True):
            of_option = table.ranges.group[near.ranges][near.options.range_place]
            sizes += np.bincount(of_option, minlength=groups)
        taken = np.cumsum(sizes[order]) <= most
        taken[0] = True
        free = np.zeros(groups, dtype=bool)
        free[order[taken]] = True
        inside = [
            _around(near, table, plan.listed, free)
            for near, table, plan in zip(self._wide, self._tables, known.values(), strict=True)
        ]
        start = {store: plan.facings for store, plan in known.items()}
        return self._program(inside).solve(gap, seconds, start).facings

    def _at(self, prices: ChainPrices) -> _AtPrices | None:
        """The stores at the chain's prices; None where one keeps not even its own limits."""
        pricings, relaxed = [], []
        for s, (problem, table) in enumerate(
            zip(self._problems.values(), self._tables, strict=True)
        ):
            at_cost = priced(problem, self._coupling, prices, s)
            pricing = GroupPricing(at_cost, table.ranges, table.limits, table)
            found = relax(pricing, PRICE_GAP, math.inf)
            if breaks_a_limit(found):
                return None
            pricings.append(pricing)
            relaxed.append(found)
        bound = sum(found.best.bound_week for found in relaxed)
        bound += value_of_limits(self._coupling, self._forced, prices)
        return _AtPrices(prices, pricings, relaxed, bound)

    def _widest(self, at: _AtPrices, wanted: float, most: int) -> tuple[list[NearBest], float]:
        """What is inside the window ``wanted``, or inside the widest with few enough options."""
        window = min(wanted, FIRST_WINDOW * max(1.0, abs(at.bound_week)))
        found = self._inside(at, window)
        while window < wanted:
            wider = min(wanted, GROWTH * window)
            if self._ranges_inside(at, wider) > most:
                break
            more = self._inside(at, wider)
            if sum(len(near.options.item) for near in more) > most:
                break
            found, window = more, wider
        return found, window

    def _inside(self, at: _AtPrices, window: float) -> list[NearBest]:
        return [
            near_best(pricing, found.best, window)
            for pricing, found in zip(at.pricings, at.relaxed, strict=True)
        ]

    def _ranges_inside(self, at: _AtPrices, window: float) -> int:
        """Most ranges that can be inside a window, by the tables alone."""
        return sum(
            int((r.best.most >= r.best.group_best[p.ranges.group] - window).sum())
            for p, r in zip(at.pricings, at.relaxed, strict=True)
        )

    def _program(self, inside: Sequence[NearBest]) -> JointProgram:
        return JointProgram(self._problems, self._coupling, self._forced, self._tables, inside)

    def _endless(self) -> bool:
        """Whether a supplier's minimum can be reached by stock that nothing holds back."""
        own = (self._coupling.member.T @ (self._coupling.min_order_week > 0)) > 0
        return any(
            bool(np.isinf(problem.stock_capacity_per_facing[own]).any())
            for problem in self._problems.values()
        )


def _around(near: NearBest, table: GroupPricing, listed: Flags, free: Flags) -> NearBest:
    """Ranges of free need groups, and of the others the one that is listed, where it is inside."""
    same = ranges_listed(table, near.ranges, listed)
    group = table.ranges.group[near.ranges]
    known = np.bincount(group, same, table.ranges.groups) > 0
    return near.only(same | free[group] | ~known[group])


def losses_of_groups(
    pricings: Sequence[GroupPricing],
    priced_: Sequence[Priced],
    every: Sequence[NearBest],
    same: Sequence[int],
) -> tuple[float, list[Floats]]:
    """What stores lose at least by listing the same in each group, and for each range of each
    store what its group loses by it beyond that; inf where not all of the group can list it.

    ``same``: group of every store.
    """
    lost: list[dict[tuple[int, int, float], float]] = []
    for pricing, found, near in zip(pricings, priced_, every, strict=True):
        columns, values = pricing.evaluate(near.ranges, found.economics)
        place = np.zeros(len(pricing.problem.item_ids))
        for group in range(pricing.ranges.groups):
            members = np.flatnonzero(pricing.problem.group_of_item == group)
            place[members] = 2.0 ** np.arange(len(members))
        items = columns.sums(place[columns.item])
        loss = found.group_best[columns.group] - values
        keys = zip(columns.group.tolist(), items.tolist(), loss.tolist(), strict=True)
        lost.append({(same[len(lost)], n, key): own for n, key, own in keys})
    together: dict[tuple[int, int, float], float] = {}
    for key in dict.fromkeys(key for own in lost for key in own):
        of_group = [own for own, group in zip(lost, same, strict=True) if group == key[0]]
        together[key] = sum(own.get(key, math.inf) for own in of_group)
    best: dict[tuple[int, int], float] = {}
    for (group, n, _), loss_of_all in together.items():
        best[group, n] = min(best.get((group, n), math.inf), loss_of_all)
    least = sum(best.values())
    beyond = [
        np.array([together[key] - best[key[:2]] if math.isfinite(together[key]) else math.inf
                  for key in own])
        for own in lost
    ]  # fmt: skip
    return least, beyond


def option_losses(pricing: GroupPricing, found: Priced, near: NearBest) -> Floats:
    """What each way to list an item loses against the best way in the same range."""
    options = near.options
    values = values_of(found.economics, options, points_at(pricing, options, options.stock))
    best = np.full(int(options.entry.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, options.entry, values)
    losses: Floats = best[options.entry] - values
    return losses
