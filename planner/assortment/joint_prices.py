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
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    Resource,
    affordable,
    between,
    no_prices,
    priced,
    value_of_limits,
)
from planner.assortment.group_pricing import Columns, GroupPricing
from planner.assortment.group_program import breaks_a_limit, relax
from planner.assortment.joint_groups import (
    GroupChoice,
    GroupRule,
    PricedPatterns,
    StorePatterns,
)
from planner.assortment.limits import LinearLimit
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem

ROUNDS = 150
SETTLED = 2e-4
"""Relative distance of the bound to the master's mixture at which prices are settled."""
STEP = 0.5
"""How far from the best prices so far towards the master's a round looks."""
MOST_RULED = 10
"""Items of one need group that are listed by enough stores or by none without any price."""
SHORTFALL_PRICE = 20.0
"""Price of breaking a limit in the master, times what the chain could be worth over it."""
RELAX_GAP = 1e-3


@dataclass(frozen=True)
class AllPrices:
    """Prices of the shared limits, and of every store's own by the number of the limit."""

    chain: ChainPrices
    own: tuple[Floats, ...]

    def towards(self, other: AllPrices, share: float) -> AllPrices:
        """The prices that lie ``share`` of the way to the others."""
        own = tuple((1.0 - share) * a + share * b for a, b in zip(self.own, other.own, strict=True))
        return AllPrices(between(self.chain, other.chain, share), own)


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


class JointMaster:
    """The best mixture of the groups' choices known so far, under every limit."""

    def __init__(self, groups: JointGroups) -> None:
        self._groups = groups
        self._coupling, self._forced, self._tables = groups.coupling, groups.forced, groups.tables
        self._known: set[tuple[int, bytes]] = set()
        self._lp = ArrayLp()
        self._loaded = False
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._number_rows()

    def _new_row(self, lower: float, upper: float) -> int:
        self._lower.append(max(lower, -INFINITY))
        self._upper.append(min(upper, INFINITY))
        return len(self._lower) - 1

    def _number_rows(self) -> None:
        coupling, forced = self._coupling, self._forced
        items = len(coupling.supplier_of_item)
        for _ in self._groups.rules:
            self._new_row(1.0, 1.0)
        self._first_limit = [
            min([self._new_row(limit.lower, limit.upper) for limit in table.limits], default=0)
            for table in self._tables
        ]
        self._resource_row = [
            self._new_row(0.0, math.inf) if r.at_least else self._new_row(-math.inf, r.available)
            for r in coupling.resources
        ]
        self._items = np.flatnonzero(coupling.all_or_none & ~self._groups.ruled)
        self._ordered = np.flatnonzero(coupling.min_order_week > 0)
        self._fewest_row: Integers = np.full(items, -1, dtype=np.int64)
        self._open_row: Integers = np.full((len(self._tables), items), -1, dtype=np.int64)
        self._order_row: Integers = np.full(items, -1, dtype=np.int64)
        for i in self._items:
            if coupling.min_stores[i] > 1:
                self._fewest_row[i] = self._new_row(0.0, math.inf)
            supplier = coupling.supplier_of_item[i]
            if supplier >= 0 and coupling.min_order_week[supplier] > 0:
                self._order_row[i] = self._new_row(-math.inf, 0.0)
            for s, problem in enumerate(self._groups.problems.values()):
                if not forced.item[i] and not problem.locked_out[i]:
                    self._open_row[s, i] = self._new_row(-math.inf, 0.0)

    def _fixed(self, worth: float) -> tuple[list[dict[int, float]], Floats, Floats, Floats]:
        """Items, suppliers and what limits lack: rows, objective, lower and upper ends."""
        coupling, forced = self._coupling, self._forced
        columns: list[dict[int, float]] = []
        ends: list[tuple[float, float, float]] = []
        for i in self._items:
            rows = {int(r): -1.0 for r in self._open_row[:, i] if r >= 0}
            if self._fewest_row[i] >= 0:
                rows[int(self._fewest_row[i])] = -float(coupling.min_stores[i])
            if self._order_row[i] >= 0:
                rows[int(self._order_row[i])] = 1.0
            columns.append(rows)
            ends.append((0.0, float(forced.item[i]), 1.0))
        for k in self._ordered:
            own = (coupling.supplier_of_item == k) & (self._order_row >= 0)
            rows = {int(r): -1.0 for r in self._order_row[own]}
            for r, resource in zip(self._resource_row, coupling.resources, strict=True):
                if resource.at_least and resource.supplier == k:
                    rows[r] = -resource.available
            columns.append(rows)
            ends.append((0.0, float(forced.supplier[k]), 1.0))
        first = len(self._groups.rules)
        scales: dict[int, float] = {}
        for r in range(first, first + sum(len(table.limits) for table in self._tables)):
            sides = (abs(self._lower[r]), abs(self._upper[r]))
            scales[r] = max(1.0, *(side for side in sides if side < INFINITY))
        for r, resource in zip(self._resource_row, coupling.resources, strict=True):
            scales[r] = max(1.0, resource.available)
        scales |= {int(r): 1.0 for r in self._fewest_row if r >= 0}
        for r, scale in scales.items():
            price = SHORTFALL_PRICE * worth / scale
            for side, sign in ((self._lower[r], 1.0), (self._upper[r], -1.0)):
                if abs(side) < INFINITY:
                    columns.append({r: sign})
                    ends.append((-price, 0.0, INFINITY))
        cost, low, high = (np.array(part) for part in zip(*ends, strict=True))
        return columns, cost, low, high

    def add(self, at: AtPrices) -> int:
        """The best choices at some prices, and those with the next best range in one store; how
        many were not known."""
        groups = len(self._groups.rules)
        uses, costs, swaps = [], [], []
        for s, store in enumerate(at.stores):
            patterns = store.patterns
            cells = patterns.of_group[:groups] + np.array([own[s] for own in at.places])
            use, cost = self._columns(s, store, store.range_of_cell[cells])
            uses.append(use)
            costs.append(cost)
            some = np.flatnonzero(store.next_of_cell[cells] >= 0)
            other = self._columns(s, store, store.next_of_cell[cells[some]])
            swaps.append((some, other[0] - use[:, some], other[1] - cost[some]))
        use, cost = np.sum(uses, axis=0), np.sum(costs, axis=0)
        number = [np.arange(groups), *(some for some, _, _ in swaps)]
        use = np.hstack([use, *(use[:, some] + change for some, change, _ in swaps)])
        cost = np.concatenate([cost, *(cost[some] + change for some, _, change in swaps)])
        return self._join(np.concatenate(number), use, cost)

    def _columns(self, s: int, store: PricedPatterns, ranges: Integers) -> tuple[Floats, Floats]:
        """[row, range] and [range]: what ranges of a store take of every row, and what they earn
        before any price."""
        table = self._tables[s]
        columns: Columns = store.pricing.evaluate(ranges, store.economics)[0]
        use = np.zeros((len(self._lower), columns.count))
        for k, limit in enumerate(table.limits):
            use[self._first_limit[s] + k] = columns.use(limit)
        for r, resource in zip(self._resource_row, self._coupling.resources, strict=True):
            use[r] = columns.use(as_limit(resource, self._coupling, table.problem))
        owner = columns.owner()
        for row_of_item in (self._open_row[s], self._fewest_row):
            rows = row_of_item[columns.item]
            use[rows[rows >= 0], owner[rows >= 0]] = 1.0
        return use, columns.objective(table.unpriced)

    def _join(self, number: Integers, use: Floats, cost: Floats) -> int:
        use[number, np.arange(len(number))] = 1.0
        rounded = np.round(np.vstack([use, cost]).T, 7)
        kept = []
        for k, (n, own) in enumerate(zip(number.tolist(), rounded, strict=True)):
            key = (n, own.tobytes())
            if key not in self._known:
                self._known.add(key)
                kept.append(k)
        if not kept:
            return 0
        matrix = sparse.csc_matrix(use[:, kept])
        if self._loaded:
            self._lp.add_columns(cost[kept], matrix)
            return len(kept)
        fixed, own_cost, low, high = self._fixed(float(np.abs(cost).sum()))
        entries = [(r, c, v) for c, rows in enumerate(fixed) for r, v in rows.items()]
        row, column, value = (np.array(part) for part in zip(*entries, strict=True))
        before = sparse.csc_matrix((value, (row, column)), (len(self._lower), len(fixed)))
        self._lp.load(
            np.concatenate([own_cost, cost[kept]]),
            np.concatenate([low, np.zeros(len(kept))]),
            np.concatenate([high, np.full(len(kept), INFINITY)]),
            sparse.csr_matrix(sparse.hstack([before, matrix])),
            np.array(self._lower),
            np.array(self._upper),
        )
        self._loaded = True
        return len(kept)

    def solve(self) -> tuple[float, AllPrices]:
        """What the best mixture is worth, and the prices of all limits."""
        answer = self._lp.maximise()
        duals = answer.row_dual
        coupling, chain = self._coupling, no_prices(self._coupling, len(self._tables))
        for r, resource in zip(self._resource_row, coupling.resources, strict=True):
            sign = -1.0 if resource.at_least else 1.0
            chain = chain.with_price(resource, max(0.0, sign * float(duals[r])))
        some = self._fewest_row >= 0
        chain.push[some] = np.maximum(0.0, -duals[self._fewest_row[some]])
        open_ = self._open_row >= 0
        chain.charge[open_] = np.maximum(0.0, duals[self._open_row[open_]])
        own = []
        for first, table in zip(self._first_limit, self._tables, strict=True):
            low = [-np.inf if np.isfinite(limit.lower) else 0.0 for limit in table.limits]
            high = [np.inf if np.isfinite(limit.upper) else 0.0 for limit in table.limits]
            own.append(np.clip(duals[first : first + len(table.limits)], low, high))
        return answer.value, AllPrices(chain, tuple(own))


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
    master = JointMaster(groups)
    master.add(best)
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
            added = master.add(tried)
            improved = tried.bound_week < best.bound_week
            best = tried if improved else best
            if added or improved:
                break
        if not added:
            break
    return best


def as_limit(resource: Resource, coupling: Coupling, problem: StoreProblem) -> LinearLimit:
    """A store's part of a shared limit on purchases: ``r (u + s (q - u))``, at cost or in units."""
    none = np.zeros(len(problem.item_ids))
    counted = np.ones_like(none)
    if resource.kind != "budget":
        counted = coupling.member[resource.supplier]
    if resource.kind != "max_units":
        counted = counted * problem.spend_cost
    weekly, lost = problem.deliveries_week * counted, problem.waste_share
    return LinearLimit(resource.kind, "", none, none, weekly * (1.0 - lost), weekly * lost)
