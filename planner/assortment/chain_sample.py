"""Prices of a large chain learned from some of its stores.

A few stores, each limit cut to their part of it, tell about what the limits of the whole chain
are worth, at a fraction of its cost. One round over all stores then says which part it is at
those prices, and the few are asked again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from planner.assortment.chain_prices import PricedChain, Runner, price_chain
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    Use,
    forced_choices,
    no_prices,
    total_use,
    use_of,
)
from planner.assortment.master import Column
from planner.assortment.problem import Floats, StoreProblem

STORES = 12
"""Of the sample."""
SMALLEST_SHARE = 4
"""Times the sample from which on asking it first is quicker."""


def price_by_sample(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    run: Runner,
    *,
    gap: float,
    start: ChainPrices | None = None,
) -> PricedChain:
    """``price_chain``, begun and led by a sample of the stores where there are many."""
    if start is not None or len(problems) < SMALLEST_SHARE * STORES:
        return price_chain(problems, coupling, forced, run, gap=gap, start=start)
    sample = _Sample(problems, coupling, run, gap)
    wanted = [_most_use(coupling, problem) for problem in problems.values()]
    first = sample.priced(wanted, None)
    return price_chain(problems, coupling, forced, run, gap=gap, start=first, guide=sample.guide)


class _Sample:
    """Stores from the smallest to the largest, and the plans of theirs that are known."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        run: Runner,
        gap: float,
    ) -> None:
        self._coupling, self._run, self._gap = coupling, run, gap
        self._stores = len(problems)
        sizes = [problem.potential_units_week.sum() for problem in problems.values()]
        order = np.lexsort((np.array(list(problems)), np.array(sizes)))
        places = np.linspace(0, len(order) - 1, STORES).round().astype(int)
        self._numbers = np.sort(order[places])
        names = list(problems)
        self._problems = {names[s]: problems[names[s]] for s in self._numbers}
        self._columns: dict[str, list[Column]] = {store: [] for store in self._problems}
        self._found: PricedChain | None = None

    def guide(self, prices: ChainPrices, uses: Sequence[Use]) -> ChainPrices:
        """Prices at which the sample takes its part of each limit; parts are those of the uses."""
        return self.priced(uses, prices) or prices

    def priced(self, uses: Sequence[Use], prices: ChainPrices | None) -> ChainPrices | None:
        """Prices of the sample, begun at ``prices``; None where its stores have no plan."""
        part = self._part_of_limits(uses)
        start = None
        if prices is not None and self._found is not None:
            start = self._found.prices.with_resources_of(prices)
        self._found = price_chain(
            self._problems,
            part,
            forced_choices(self._problems, part),
            self._run,
            gap=self._gap,
            start=start,
            columns=self._columns,
        )
        if self._found.infeasible:
            return None
        return no_prices(self._coupling, self._stores).with_resources_of(self._found.prices)

    def _part_of_limits(self, uses: Sequence[Use]) -> Coupling:
        coupling = self._coupling
        some, every = total_use(uses[s] for s in self._numbers), total_use(uses)
        money = _share(np.array([some.spend_week]), np.array([every.spend_week]))
        return dataclasses.replace(
            coupling,
            budget_week=coupling.budget_week * float(money[0]),
            min_order_week=coupling.min_order_week * _share(some.order_week, every.order_week),
            max_units_week=coupling.max_units_week * _share(some.units_week, every.units_week),
            min_stores=np.round(coupling.min_stores * (STORES / self._stores)).astype(np.int64),
        )


def _share(part: Floats, whole: Floats) -> Floats:
    """Part of the whole; 1 where there is nothing of either."""
    share: Floats = np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
    return np.where(share > 0, share, 1.0)


def _most_use(coupling: Coupling, problem: StoreProblem) -> Use:
    """What a store's customers would buy if everything were listed."""
    possible = problem.must_list | ~problem.locked_out
    drawn = problem.attraction.sum(axis=0) * possible
    groups = problem.potential_units_week.sum(axis=0)
    total = np.bincount(problem.group_of_item, drawn, len(groups))[problem.group_of_item]
    share = np.divide(drawn, total, out=np.zeros_like(drawn), where=total > 0)
    units = groups[problem.group_of_item] * share
    return use_of(coupling, problem, units, possible.astype(np.float64))
