"""The best choice for all stores of a small chain together, and the bound that it proves.

Prices of all limits leave ranges of every store near the best (``joint_prices.py``); one program
chooses among those (``joint_program.py``).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from planner.assortment.coupling import ChainPrices, Coupling, Forced, affordable
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.group_program import StoreFamily
from planner.assortment.joint_groups import PricedPatterns
from planner.assortment.joint_prices import AtPrices, JointGroups, settle_prices
from planner.assortment.joint_program import JointAnswer, JointProgram, ranges_listed
from planner.assortment.near_best import NearBest, points_at, values_of, worth_enough
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import Score, total_objective

MOST_PAIRS = 1_500
"""Store-item pairs up to which all stores are one program."""
KNOWN_AROUND = 6_000
"""The same of all that may be open where most need groups are as they are in a known plan."""
FIRST_WINDOW = 1e-3
GROWTH = 1.6
STEPS_WIDER = 12
WAYS = 0.2
"""Part of the window that a way to list an item may lose against the best, at fixed stock."""
EVERY_RANGE = 1e12
"""A window that nothing possible is outside of."""


class JointChoice:
    """Chooses every store's ranges together; what does not depend on prices is made once."""

    def __init__(self, groups: JointGroups) -> None:
        self._groups = groups
        self._best: AtPrices | None = None
        self._wide: list[NearBest] | None = None
        self.time_limits_struck = 0
        """Programs so far that their time limit ended."""

    @classmethod
    def of(
        cls,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        *,
        most_pairs: int = MOST_PAIRS,
        ruled: bool = True,
    ) -> JointChoice | None:
        """None where the stores are too large, or ranges of some need group too many to list.

        ``most_pairs``: of a store and an item; ``ruled``: items that several stores have to
        list, or none, need no price.
        """
        if sum(len(problem.item_ids) for problem in problems.values()) > most_pairs:
            return None
        tables = [StoreFamily(problem).pricing(problem) for problem in problems.values()]
        known = [table for table in tables if table is not None]
        if len(known) < len(tables):
            return None
        return cls(JointGroups(problems, coupling, forced, known, ruled=ruled))

    def settle_prices(self, start: ChainPrices) -> float:
        """The least bound found, from prices of the shared limits on; inf without any."""
        self._best = settle_prices(self._groups, start)
        return math.inf if self._best is None else self._best.bound_week

    def prices_of_stores(self, start: ChainPrices) -> ChainPrices | None:
        """The settled prices, with those of ``start`` for items that needed none; None without."""
        if self._best is None:
            return None
        prices, ruled = self._best.prices.chain, self._groups.ruled
        push = np.where(ruled, start.push, prices.push)
        charge = np.where(ruled, start.charge, prices.charge)
        prices = dataclasses.replace(prices, push=push, charge=charge)
        return affordable(self._groups.problems, self._groups.coupling, prices)

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
            wanted = at.bound_week - total_objective(known)
            start = {store: plan.facings for store, plan in known.items()}
        if same is not None:
            return self._listing_the_same(at, wanted, gap, seconds, most, same)
        inside, window = self._widest(at, wanted, most)
        answer = self._counted(self._program(inside).solve(gap, seconds, start))
        outside = -math.inf if window >= EVERY_RANGE else at.bound_week - window
        bound = min(at.bound_week, max(outside, answer.bound_week))
        bound = at.bound_week if self._endless() else bound
        return dataclasses.replace(answer, bound_week=bound)

    def at_fixed_stock(
        self, gap: float, seconds: float, most: int
    ) -> Mapping[str, Integers] | None:
        """A choice that keeps every limit once its stock is tuned, or nearly; None without any.

        Stock stands at what is best at the prices, so the program is a good deal smaller, and
        proves nothing.
        """
        at = self._best
        if at is None:
            return None
        window = FIRST_WINDOW * max(1.0, abs(at.bound_week))
        inside = self._few_ways(at, window)
        while _options(inside) > most:
            window /= GROWTH
            inside = self._few_ways(at, window)
        for _ in range(STEPS_WIDER):
            window *= GROWTH
            wider = self._few_ways(at, window)
            if _options(wider) > most:
                break
            inside = wider
        program = JointProgram(self._groups, inside, at)
        return self._counted(program.solve(gap, seconds)).facings

    def _few_ways(self, at: AtPrices, window: float) -> list[NearBest]:
        """What is inside a window, without the ways to list an item that lose much of it."""
        found = []
        for near, store in zip(self._inside(at, window), at.stores, strict=True):
            every = np.ones(len(near.ranges), dtype=bool)
            found.append(near.only(every, option_losses(store, near) <= WAYS * window))
        return found

    def _listing_the_same(
        self,
        at: AtPrices,
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
        every = self._inside(at, EVERY_RANGE)
        least, lost = losses_of_groups(at.stores, every, same)
        total = [
            own[near.options.range_place] + option_losses(store, near)
            for own, near, store in zip(lost, every, at.stores, strict=True)
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
        answer = self._counted(program.solve(gap, seconds))
        outside = -math.inf if window >= EVERY_RANGE else at.bound_week - least - window
        bound = min(at.bound_week, max(outside, answer.bound_week))
        bound = at.bound_week if self._endless() else bound
        return dataclasses.replace(answer, bound_week=bound)

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
        tables = self._groups.tables
        groups = tables[0].ranges.groups
        order = np.random.default_rng([number, groups]).permutation(groups)
        sizes = np.zeros(groups)
        for table, near in zip(tables, self._wide, strict=True):
            of_option = table.ranges.group[near.ranges][near.options.range_place]
            sizes += np.bincount(of_option, minlength=groups)
        taken = np.cumsum(sizes[order]) <= most
        taken[0] = True
        free = np.zeros(groups, dtype=bool)
        free[order[taken]] = True
        inside = [
            _around(near, table, plan.listed, free)
            for near, table, plan in zip(self._wide, tables, known.values(), strict=True)
        ]
        start = {store: plan.facings for store, plan in known.items()}
        return self._counted(self._program(inside).solve(gap, seconds, start)).facings

    def _widest(self, at: AtPrices, wanted: float, most: int) -> tuple[list[NearBest], float]:
        """What is inside the window ``wanted``, or inside the widest with few enough options."""
        window = min(wanted, FIRST_WINDOW * max(1.0, abs(at.bound_week)))
        found = self._inside(at, window)
        while window < wanted:
            wider = min(wanted, GROWTH * window)
            if self._ranges_inside(at, wider) > most:
                break
            more = self._inside(at, wider)
            if _options(more) > most:
                break
            found, window = more, wider
        return found, window

    def _inside(self, at: AtPrices, window: float) -> list[NearBest]:
        needed = self._groups.needed(at, at.worth - window)
        return [
            worth_enough(store.pricing, store.economics, store.most, own)
            for store, own in zip(at.stores, needed, strict=True)
        ]

    def _ranges_inside(self, at: AtPrices, window: float) -> int:
        """Most ranges that can be inside a window, by the tables alone."""
        needed = self._groups.needed(at, at.worth - window)
        return sum(
            int((store.most >= own).sum()) for store, own in zip(at.stores, needed, strict=True)
        )

    def _counted(self, answer: JointAnswer) -> JointAnswer:
        self.time_limits_struck += answer.time_limit_struck
        return answer

    def _program(self, inside: Sequence[NearBest]) -> JointProgram:
        return JointProgram(self._groups, inside)

    def _endless(self) -> bool:
        """Whether a supplier's minimum can be reached by stock that nothing holds back."""
        coupling = self._groups.coupling
        own = (coupling.member.T @ (coupling.min_order_week > 0)) > 0
        return any(
            bool(np.isinf(problem.stock_capacity_per_facing[own]).any())
            for problem in self._groups.problems.values()
        )


def _options(inside: Sequence[NearBest]) -> int:
    """Ways to list an item, over all stores."""
    return sum(len(near.options.item) for near in inside)


def _around(near: NearBest, table: GroupPricing, listed: Flags, free: Flags) -> NearBest:
    """Ranges of free need groups, and of the others the one that is listed, where it is inside."""
    same = ranges_listed(table, near.ranges, listed)
    group = table.ranges.group[near.ranges]
    known = np.bincount(group, same, table.ranges.groups) > 0
    return near.only(same | free[group] | ~known[group])


def losses_of_groups(
    stores: Sequence[PricedPatterns], every: Sequence[NearBest], same: Sequence[int]
) -> tuple[float, list[Floats]]:
    """What stores lose at least by listing the same in each group, and for each range of each
    store what its group loses by it beyond that; inf where not all of the group can list it.

    ``same``: group of every store.
    """
    lost: list[dict[tuple[int, int, bytes], float]] = []
    for store, near in zip(stores, every, strict=True):
        pricing, group_best = store.pricing, store.group_best()
        columns, values = pricing.evaluate(near.ranges, store.economics)
        items = [columns.item[a:b].tobytes() for a, b in itertools.pairwise(columns.first)]
        loss = group_best[columns.group] - values
        keys = zip(columns.group.tolist(), items, loss.tolist(), strict=True)
        lost.append({(same[len(lost)], n, key): own for n, key, own in keys})
    together: dict[tuple[int, int, bytes], float] = {}
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


def option_losses(store: PricedPatterns, near: NearBest) -> Floats:
    """What each way to list an item loses against the best way in the same range."""
    options = near.options
    points = points_at(store.pricing, options, options.stock)
    values = values_of(store.economics, options, points)
    best = np.full(int(options.entry.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, options.entry, values)
    losses: Floats = best[options.entry] - values
    return losses
