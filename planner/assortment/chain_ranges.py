"""At most so many different ranges in a chain whose stores share limits.

Stores are put into groups as in ``range_groups.py``, at the chain's prices. Few stores are then
one program in which the stores of a group list the same items (``joint_program.py``), for every
way to group them where those are few; else each group's range is cut, item by item, until the
chain's limits are kept. docs/model.md, "A cap on distinct ranges".
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.chain_program import with_plans
from planner.assortment.chain_stock import ChainStock, chain_use
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    forced_choices,
    priced,
    without_items,
)
from planner.assortment.joint_choice import JointChoice
from planner.assortment.limits import within_limits
from planner.assortment.problem import Flags, Integers, StoreProblem
from planner.assortment.range_groups import choose_ranges, facings_of_ranges
from planner.assortment.repair import Repaired
from planner.assortment.result import ChainPlan
from planner.assortment.score import Score, total_objective
from planner.assortment.stock_program import DUST, tuned_together

FEW_STORES, MOST_PAIRS = 12, 600
"""Stores, and pairs of a store and an item, up to which all stores are one program."""
MOST_GROUPINGS = 16
"""Ways to put stores into groups up to which each is tried."""
MOST_OPTIONS = 800
"""Ways to list an item, over all stores, in the program of one way to group them."""
SECONDS = 20.0
CUTS = 400
NO_RANGES = "with so few different ranges no plan was found: raise ranges.max_distinct"


def distinct_ranges(plans: Mapping[str, Score]) -> int:
    """How many different sets of items the plans list."""
    return len({plan.listed.tobytes() for plan in plans.values()})


def with_few_ranges(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    chain: ChainPlan,
    most: int,
    run: Runner,
    *,
    gap: float,
    seconds: float,
    again: bool = False,
) -> ChainPlan:
    """The chain with at most ``most`` different ranges and every shared limit kept.

    ``chain``: the plan without the cap, whose bound stays (or falls, where every way to group
    the stores was bounded), or with ``again`` one with the cap, of which stores have less room
    now. ``seconds``: of each solve of a store. Where no such ranges are found the chain is
    returned with ``broken``.
    """
    capped = _Capped(problems, coupling, chain, run, seconds)
    own = {s: plan.score for s, plan in chain.plans.items() if plan.score is not None}
    if again:
        kept = capped.given({s: plan.listed for s, plan in own.items()})
        if kept is not None:
            return with_plans(problems, coupling, chain, kept)
    elif distinct_ranges(own) <= most:
        return chain
    choice = choose_ranges(capped.at_prices(), most, run, seconds)
    ranges = None if choice is None else choice.listed
    best: Repaired | None = None
    bound = chain.bound_week
    if len(problems) <= FEW_STORES:
        best, bound = capped.together(most, ranges, gap)
    if best is None and ranges is not None:
        best = capped.cut(ranges)
    if best is None:
        return dataclasses.replace(chain, broken=(NO_RANGES,))
    struck = chain.time_limits_struck + capped.time_limits_struck
    found = dataclasses.replace(
        with_plans(problems, coupling, chain, best), time_limits_struck=struck
    )
    if again:
        return found
    return dataclasses.replace(
        found, bound_week=max(found.objective_week, min(bound, chain.bound_week))
    )


class _Capped:
    """Tries ranges of groups of stores."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        chain: ChainPlan,
        run: Runner,
        seconds: float,
    ) -> None:
        self._problems, self._coupling, self._chain = problems, coupling, chain
        self._run, self._seconds = run, seconds
        self._forced: Forced = forced_choices(problems, coupling)
        self._bare: ChainPrices = without_items(chain.prices)
        self.time_limits_struck = 0
        """Programs over all stores so far that their time limit ended."""

    def at_prices(self) -> dict[str, StoreProblem]:
        """The stores with what they take of budget and suppliers at the chain's prices."""
        return {
            s: priced(problem, self._coupling, self._bare, n)
            for n, (s, problem) in enumerate(self._problems.items())
        }

    def given(self, listed: Mapping[str, Flags]) -> Repaired | None:
        """Plans of given ranges, stock tuned; None where a shared limit stays broken."""
        facings = self._facings(listed)
        if facings is None:
            return None
        found = self._tuned(facings)
        return None if found is None or found.broken else found

    def _facings(self, listed: Mapping[str, Flags]) -> dict[str, Integers] | None:
        return facings_of_ranges(self.at_prices(), listed, self._run, self._seconds)

    def _tuned(self, facings: Mapping[str, Integers]) -> Repaired | None:
        """The facings at their best stock, with the names of limits that stay broken."""
        coupling, problems = self._coupling, self._problems
        counts = np.sum([own > 0 for own in facings.values()], axis=0)
        ordered: Flags = self._forced.supplier | (coupling.member @ counts > 0)
        stock = ChainStock(problems, facings, coupling, ordered)
        tuned = stock.tuned(self._chain.prices)
        if tuned is None:
            return None
        plans, prices = tuned_together(stock, tuned, problems, facings, coupling, ordered)
        use = chain_use(coupling, problems, plans)
        broken = [r.kind for r in coupling.resources if stock.excess(use, r) > DUST]
        wanted = (counts > 0) | self._forced.item
        broken += ["min_stores" for _ in np.flatnonzero(wanted & (counts < coupling.min_stores))]
        closed = coupling.all_or_none & (counts == 0)
        return Repaired(plans, prices, tuple(broken), closed)

    # ---- few stores: one program

    def together(
        self, most: int, listed: Mapping[str, Flags] | None, gap: float
    ) -> tuple[Repaired | None, float]:
        """The best plan over some or all ways to group the stores, and the largest bound.

        The bound is that of the chain without a cap where not all ways were tried.
        """
        joint = JointChoice.of(
            self._problems, self._coupling, self._forced, most_pairs=MOST_PAIRS, ruled=False
        )
        if joint is None:
            return None, np.inf
        joint.settle_prices(self._chain.prices)
        stores = list(self._problems)
        ways = groupings(len(stores), min(most, len(stores)))
        every = list(itertools.islice(ways, MOST_GROUPINGS + 1))
        whole = len(every) <= MOST_GROUPINGS
        if not whole:
            if listed is None or len(listed) < len(stores):
                return None, np.inf
            known = list({own.tobytes() for own in listed.values()})
            every = [tuple(known.index(listed[s].tobytes()) for s in stores)]
        best, bound = None, -np.inf
        for grouping in every:
            known_plans = None if best is None else best.plans
            answer = joint.solve(known_plans, 0.25 * gap, SECONDS, MOST_OPTIONS, grouping)
            if answer is None:
                return best, np.inf
            self.time_limits_struck += answer.time_limit_struck
            bound = max(bound, answer.bound_week)
            if answer.facings is None:
                continue
            found = self._tuned(answer.facings)
            if found is not None and not found.broken and (best is None or _more(found, best)):
                best = found
        return best, bound if whole else np.inf

    # ---- many stores: each group's range cut until the limits are kept

    def cut(self, listed: Mapping[str, Flags]) -> Repaired | None:
        """The ranges without what breaks the chain's limits, the same items in a whole group."""
        if len(listed) < len(self._problems):
            return None
        found = self._facings(listed)
        if found is None:
            return None
        facings = found
        for _ in range(CUTS):
            tuned = self._tuned(facings)
            if tuned is None or tuned.plans is None:
                return None
            if not tuned.broken:
                return tuned
            fewer = self._fewer(facings, tuned.plans)
            if fewer is None:
                return None
            facings = fewer
        return None

    def _fewer(
        self, facings: Mapping[str, Integers], plans: Mapping[str, Score]
    ) -> dict[str, Integers] | None:
        """Facings without one item (of a supplier below its minimum: without all of them)."""
        coupling = self._coupling
        counts = np.sum([own > 0 for own in facings.values()], axis=0)
        rare = (counts > 0) & (counts < coupling.min_stores)
        for i in np.flatnonzero(rare):
            only: Flags = np.arange(len(counts)) == i
            if (fewer := self._without(facings, list(facings), only)) is not None:
                return fewer
        use = chain_use(coupling, self._problems, plans)
        for resource in coupling.resources:
            if resource.excess(use) <= DUST:
                continue
            own: Flags = np.ones(len(counts), dtype=bool)
            if resource.kind != "budget":
                own = coupling.member[resource.supplier] > 0
            if not (own & (counts > 0)).any():
                continue
            if resource.at_least:
                fewer = self._without(facings, list(facings), own)
            else:
                fewer = self._least_missed(facings, plans, own)
            if fewer is not None:
                return fewer
        return None

    def _least_missed(
        self, facings: Mapping[str, Integers], plans: Mapping[str, Score], own: Flags
    ) -> dict[str, Integers] | None:
        """Facings without the item and group of stores that earn least for what they take."""
        groups: dict[bytes, list[str]] = {}
        for store, facing in facings.items():
            groups.setdefault((facing > 0).tobytes(), []).append(store)
        ranked = []
        for number, stores in enumerate(groups.values()):
            worth = np.sum([plans[s].worth_week for s in stores], axis=0)
            takes = np.sum([plans[s].spend_week for s in stores], axis=0)
            free = own & plans[stores[0]].listed & (takes > 0)
            ranked += [(float(worth[i] / takes[i]), number, int(i)) for i in np.flatnonzero(free)]
        members = list(groups.values())
        for _, number, item in sorted(ranked):
            only: Flags = np.arange(len(own)) == item
            if (fewer := self._without(facings, members[number], only)) is not None:
                return fewer
        return None

    def _without(
        self, facings: Mapping[str, Integers], stores: Sequence[str], items: Flags
    ) -> dict[str, Integers] | None:
        """Facings without items in some stores; None where a store must list one, or cannot."""
        found = dict(facings)
        for store in stores:
            problem = self._problems[store]
            found[store] = np.where(items, 0, facings[store])
            if (problem.must_list & items).any() or not within_limits(problem, found[store]):
                return None
        return found


def groupings(stores: int, groups: int) -> Iterator[tuple[int, ...]]:
    """Ways to put stores into just so many groups: the group of every store, one by one.

    Fewer groups need not be tried: a finer way allows all that a coarser one does.
    """

    def longer(begun: tuple[int, ...], used: int) -> Iterator[tuple[int, ...]]:
        if groups - used > stores - len(begun):
            return
        if len(begun) == stores:
            yield begun
            return
        for group in range(min(groups, used + 1)):
            yield from longer((*begun, group), max(used, group + 1))

    return longer((), 0)


def _more(one: Repaired, other: Repaired) -> bool:
    assert one.plans is not None
    assert other.plans is not None
    return total_objective(one.plans) > total_objective(other.plans)
