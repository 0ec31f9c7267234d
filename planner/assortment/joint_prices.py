"""Prices of every limit of a chain at once, the stores' own and the shared ones.

At any prices the chain falls apart into need groups, each over all stores (``joint_groups.py``);
the sum of what they are worth and of the prices times what is available is an upper bound of the
chain. The prices come from a linear master over the groups' choices met so far (Dantzig & Wolfe
1960). docs/model.md, "The chain program".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    affordable,
    priced,
    value_of_limits,
)
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.group_program import breaks_a_limit, relax
from planner.assortment.joint_groups import (
    GroupChoice,
    GroupRule,
    PricedPatterns,
    StorePatterns,
)
from planner.assortment.joint_master import AllPrices, JointMaster, as_limit
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem

ROUNDS = 150
SETTLED = 2e-4
"""Relative distance of the bound to the master's mixture at which prices are settled."""
STEP = 0.5
"""How far from the best prices so far towards the master's a round looks."""
MOST_RULED = 10
"""Items of one need group that are listed by enough stores or by none without any price."""
RELAX_GAP = 1e-3


@dataclass(frozen=True)
class AtPrices:
    """Every need group at one set of prices, and the bound of the chain that they prove."""

    prices: AllPrices
    stores: Sequence[PricedPatterns]
    places: Sequence[Sequence[int]]
    """[group][store]: the best pattern, by its place among those of the group."""
    worth: Floats
    """[group]"""
    bound_week: float


class JointGroups:
    """The need groups of a chain, ready for any prices."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        tables: Sequence[GroupPricing],
        *,
        ruled: bool = True,
    ) -> None:
        """``ruled``: without it items that several stores list, or none, are priced as well."""
        self.problems, self.coupling, self.forced = problems, coupling, forced
        self.tables = tables
        self.rules = group_rules(problems, coupling, forced, MOST_RULED if ruled else 0)
        self.ruled: Flags = np.zeros(len(coupling.supplier_of_item), dtype=bool)
        for rule in self.rules:
            self.ruled[rule.items] = True
        self._patterns = [StorePatterns(table.ranges, self.rules) for table in tables]
        self.choices = []
        for n, rule in enumerate(self.rules):
            own = [p.pattern[p.of_group[n] : p.of_group[n + 1]] for p in self._patterns]
            self.choices.append(GroupChoice(rule, own))
        self._known: list[Sequence[int] | None] = [None] * len(self.rules)

    def unpriced_items(self, prices: ChainPrices) -> ChainPrices:
        """The prices without those of items that need none."""
        push, charge = prices.push.copy(), prices.charge.copy()
        push[self.ruled] = 0.0
        charge[:, self.ruled] = 0.0
        return ChainPrices(prices.budget, prices.min_order, prices.max_units, push, charge)

    def payable(self, prices: ChainPrices) -> ChainPrices:
        """The prices with those of minima lowered where stock that nothing holds back would earn
        without end."""
        capped = affordable(self.problems, self.coupling, prices)
        endless = np.any(
            [np.isinf(p.stock_capacity_per_facing) & ~p.locked_out for p in self.problems.values()],
            axis=0,
        )
        some = (self.coupling.member @ endless) > 0
        return dataclasses.replace(
            prices, min_order=np.where(some, capped.min_order, prices.min_order)
        )

    def at(self, prices: AllPrices) -> AtPrices | None:
        """The best choice in every need group; None where some has none."""
        stores = []
        for s, (problem, table) in enumerate(zip(self.problems.values(), self.tables, strict=True)):
            at_cost = priced(problem, self.coupling, prices.chain, s)
            pricing = GroupPricing(at_cost, table.ranges, table.limits, table)
            stores.append(PricedPatterns(self._patterns[s], pricing, prices.own[s]))
        worth = np.zeros(len(self.rules))
        places: list[Sequence[int]] = [()] * len(self.rules)
        open_groups = list(range(len(self.rules)))
        while open_groups:
            wanted: list[list[int]] = [[] for _ in stores]
            for n in open_groups:
                found = self.choices[n].best(self._values(stores, n), self._known[n])
                if found is None:
                    return None
                worth[n], places[n] = found
                self._known[n] = places[n]
                for s, (store, place) in enumerate(zip(stores, places[n], strict=True)):
                    wanted[s].append(int(store.patterns.of_group[n]) + place)
            exact = np.ones(len(open_groups), dtype=bool)
            for store, cells in zip(stores, wanted, strict=True):
                exact &= store.exact[cells]
                store.settle(np.array(cells, dtype=np.int64))
            open_groups = [n for n, done in zip(open_groups, exact, strict=True) if not done]
        bound = float(worth.sum()) + value_of_limits(self.coupling, self.forced, prices.chain)
        for store in stores:
            bound += store.pricing.price_of_limits(store.prices)
        return AtPrices(prices, stores, places, worth, bound)

    def _values(self, stores: Sequence[PricedPatterns], n: int) -> list[Floats]:
        return [
            store.best[store.patterns.of_group[n] : store.patterns.of_group[n + 1]]
            for store in stores
        ]

    def needed(self, at: AtPrices, floor: Floats) -> list[Floats]:
        """[store][range]: what the range has to be worth for its need group to be worth ``floor``
        [group]."""
        found = [np.full(table.ranges.count, np.inf) for table in self.tables]
        for n, choice in enumerate(self.choices):
            values = self._values(at.stores, n)
            for s, store in enumerate(at.stores):
                patterns = store.patterns
                first, last = patterns.of_group[n], patterns.of_group[n + 1]
                with_each = choice.with_each(values, s, float(floor[n]))
                # What the others are worth beside each pattern, then what is left to be worth.
                needed = np.where(
                    np.isfinite(with_each), floor[n] - (with_each - values[s]), np.inf
                )
                cells = np.repeat(needed, np.diff(patterns.first[first : last + 1]))
                ranges = patterns.order[patterns.first[first] : patterns.first[last]]
                found[s][ranges] = cells
        return found


def group_rules(
    problems: Mapping[str, StoreProblem], coupling: Coupling, forced: Forced, most: int
) -> list[GroupRule]:
    """For each need group the items that are listed by enough stores or by none, without a price.

    Items of a supplier that may or may not be ordered from keep theirs, and so do those beyond
    the ``most`` in a need group.
    """
    first = next(iter(problems.values()))
    undecided = (coupling.min_order_week > 0) & ~forced.supplier
    priced_items = (coupling.member.T @ undecided) > 0
    several = (coupling.min_stores > 1) & ~priced_items & (forced.possible_stores > 0)
    rules = []
    for group in range(len(first.need_groups)):
        items = np.flatnonzero(several & (first.group_of_item == group))[:most]
        rules.append(GroupRule(items, coupling.min_stores[items], forced.item[items]))
    return rules


def _add_choices(master: JointMaster, groups: JointGroups, at: AtPrices) -> int:
    """The best choices at some prices, and those with the next best range in one store; how many
    were not known."""
    count = len(groups.rules)
    uses, costs, swaps = [], [], []
    for s, store in enumerate(at.stores):
        cells = store.patterns.of_group[:count] + np.array([own[s] for own in at.places])
        use, cost = _columns(master, groups, s, store, store.range_of_cell[cells])
        uses.append(use)
        costs.append(cost)
        some = np.flatnonzero(store.next_of_cell[cells] >= 0)
        other = _columns(master, groups, s, store, store.next_of_cell[cells[some]])
        swaps.append((some, other[0] - use[:, some], other[1] - cost[some]))
    use, cost = np.sum(uses, axis=0), np.sum(costs, axis=0)
    number = [np.arange(count), *(some for some, _, _ in swaps)]
    use = np.hstack([use, *(use[:, some] + change for some, change, _ in swaps)])
    cost = np.concatenate([cost, *(cost[some] + change for some, _, change in swaps)])
    return master.add(np.concatenate(number), use, cost)


def _columns(
    master: JointMaster, groups: JointGroups, s: int, store: PricedPatterns, ranges: Integers
) -> tuple[Floats, Floats]:
    """[row, range] and [range]: what ranges of a store take of every row, and what they earn
    before any price."""
    table = groups.tables[s]
    columns = store.pricing.evaluate(ranges, store.economics)[0]
    use = np.zeros((master.rows, columns.count))
    for row, limit in zip(master.own_rows[s], table.limits, strict=True):
        use[row] = columns.use(limit)
    for row, resource in zip(master.resource_rows, groups.coupling.resources, strict=True):
        use[row] = columns.use(as_limit(resource, groups.coupling, table.problem))
    owner = columns.owner()
    for row_of_item in (master.open_row[s], master.fewest_row):
        rows = row_of_item[columns.item]
        np.add.at(use, (rows[rows >= 0], owner[rows >= 0]), 1.0)
    return use, columns.objective(table.unpriced)


def settle_prices(groups: JointGroups, start: ChainPrices) -> AtPrices | None:
    """Prices of all limits near the least bound; None where a store keeps not its own limits.

    ``start``: prices of the shared limits, from which the stores' own are found first. A round
    looks part of the way from the best prices so far to the master's (Pessoa, Sadykov, Uchoa &
    Vanderbeck 2018).
    """
    chain = groups.unpriced_items(affordable(groups.problems, groups.coupling, start))
    own = []
    for s, (problem, table) in enumerate(zip(groups.problems.values(), groups.tables, strict=True)):
        at_cost = priced(problem, groups.coupling, chain, s)
        found = relax(GroupPricing(at_cost, table.ranges, table.limits, table), RELAX_GAP, math.inf)
        if breaks_a_limit(found):
            return None
        own.append(found.best.prices)
    best = groups.at(AllPrices(chain, tuple(own)))
    if best is None:
        return None
    master = JointMaster(
        groups.problems,
        groups.coupling,
        groups.forced,
        len(groups.rules),
        [table.limits for table in groups.tables],
        groups.ruled,
    )
    _add_choices(master, groups, best)
    for _ in range(ROUNDS):
        value, prices = master.solve()
        if best.bound_week - value <= SETTLED * max(1.0, abs(value)):
            break
        prices = AllPrices(groups.payable(prices.chain), prices.own)
        added = 0
        for share in (STEP, 1.0):
            tried = groups.at(best.prices.towards(prices, share))
            if tried is None:
                return best
            added = _add_choices(master, groups, tried)
            improved = tried.bound_week < best.bound_week
            best = tried if improved else best
            if added or improved:
                break
        if not added:
            break
    return best
