"""All stores of a small chain as one program: a range for every need group of every store.

At the chain's prices a range that loses more than ``window`` against the best of its group cannot
be part of a plan of the chain worth more than its bound less the window, as in one store
(``near_best.py``). What is left is one program with every store's limits and every shared one
as rows, stock free between tangents of expected sales: an upper bound, and in a chain of few
stores the choice that prices alone cannot make. docs/model.md, "The chain program".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pulp

from planner.assortment import newsvendor
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.joint_master import as_limit
from planner.assortment.joint_prices import AtPrices, JointGroups
from planner.assortment.near_best import (
    NearBest,
    NearBestProgram,
    Options,
    Points,
    corners,
    points_at,
    uses_of,
    values_of,
)
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.program import EQUAL, LESS, MORE, Terms, expression, row
from planner.assortment.solver import LiveModel, SolveStatus

CHANCES = (0.5, 0.1, newsvendor.NEVER_SHORT)
"""Chances of running out at whose stocks expected sales get a tangent."""
CHANCES_OF_FEW = (0.97, 0.85, 0.65, 0.4, 0.2, 0.08, 0.02, newsvendor.NEVER_SHORT)
MISSED = 0.2
"""Share of what a unit bought earns on average that missing a limit by it costs beyond its price,
where stock is tuned afterwards."""
FEW_OPTIONS = 600
"""Ways to list an item, over all stores, up to which there are more tangents."""


@dataclass(frozen=True)
class JointAnswer:
    """Facings of every store (None where none keep the limits), and a bound of what is inside."""

    facings: Mapping[str, Integers] | None
    bound_week: float
    time_limit_struck: bool = False


class JointProgram:
    """The program over what is inside the window of every store; one function per family."""

    def __init__(
        self, groups: JointGroups, inside: Sequence[NearBest], at: AtPrices | None = None
    ) -> None:
        """``inside``: ranges of every store to choose among. ``at``: prices at whose best every
        stock stands, and limits on purchases may be missed at a price, since stock is tuned
        afterwards; without them stock is free and every limit kept."""
        self._problems, self._tables = groups.problems, groups.tables
        self._coupling, self._forced, self._at = groups.coupling, groups.forced, at
        self.model = pulp.LpProblem("joint", pulp.LpMaximize)
        few = sum(len(near.options.item) for near in inside) <= FEW_OPTIONS
        chances = CHANCES_OF_FEW if few else CHANCES
        self.stores = [
            NearBestProgram(
                table,
                None,
                near,
                tune_stock=True,
                points=_points(table.problem, near.options, chances)
                if at is None
                else points_at(table, near.options, near.options.stock),
                model=self.model,
                label=f"s{s}_",
            )
            for s, (table, near) in enumerate(zip(self._tables, inside, strict=True))
        ]
        self._several = [int(i) for i in np.flatnonzero(groups.coupling.all_or_none)]
        self._missed: Terms = []
        self._missed_cost = (0.0, 0.0) if at is None else _cost_of_missing(groups, at)
        self._add_variables()
        self._add_own_limits()
        self._add_resources()
        self._add_items()
        self._add_objective()

    def _add_variables(self) -> None:
        coupling, forced, whole = self._coupling, self._forced, pulp.LpInteger
        self._item = {
            i: self.model.add_variable(f"item_{i}", int(forced.item[i]), 1, whole)
            for i in self._several
        }
        self._supplier = {
            int(k): self.model.add_variable(f"supplier_{k}", int(forced.supplier[k]), 1, whole)
            for k in np.flatnonzero(coupling.min_order_week > 0)
        }

    def _add_objective(self) -> None:
        """Maximise what all stores earn, before any price, less what missing limits costs."""
        gain: Terms = list(self._missed)
        for table, store in zip(self._tables, self.stores, strict=True):
            values = values_of(table.unpriced, store.options, store.points)
            gain.extend(zip(store.weights, values.tolist(), strict=True))
        self.model.setObjective(expression(gain))

    def _add_own_limits(self) -> None:
        """Every store's own limits on what is sold or bought."""
        for s, (table, store) in enumerate(zip(self._tables, self.stores, strict=True)):
            for k, limit in enumerate(table.limits):
                if limit.counts_units:
                    use = uses_of(limit, store.options, store.points)
                    terms = [(store.weights[p], float(use[p])) for p in np.flatnonzero(use)]
                    price = 0.0 if self._at is None else abs(float(self._at.prices.own[s][k]))
                    sense = LESS if np.isfinite(limit.upper) else MORE
                    right = limit.upper if sense == LESS else limit.lower
                    self._add_limit(f"own_{s}_{k}", terms, sense, right, price, money=True)

    def _add_resources(self) -> None:
        """Budget, suppliers' maxima, and minima of suppliers that are ordered from."""
        for r, resource in enumerate(self._coupling.resources):
            terms: Terms = []
            for table, store in zip(self._tables, self.stores, strict=True):
                limit = as_limit(resource, self._coupling, table.problem)
                use = uses_of(limit, store.options, store.points)
                terms.extend((store.weights[k], float(use[k])) for k in np.flatnonzero(use))
            price = 0.0 if self._at is None else self._at.prices.chain.of(resource)
            sense, right = LESS, resource.available
            if resource.at_least:
                terms.append((self._supplier[resource.supplier], -right))
                sense, right = MORE, 0.0
            self._add_limit(
                f"limit_{r}", terms, sense, right, price, money=resource.kind != "max_units"
            )

    def _add_limit(
        self, name: str, terms: Terms, sense: int, right: float, price: float, *, money: bool
    ) -> None:
        """A limit on purchases or sales; at fixed stock one that is priced, and dearer to miss."""
        if self._at is not None:
            side = 1.0 if sense == LESS else -1.0
            broken = self.model.add_variable(f"broken_{name}", 0)
            spare = self.model.add_variable(f"spare_{name}", 0)
            missed = self._missed_cost[money]
            self._missed += [(broken, -price - missed), (spare, max(0.0, price - missed))]
            terms = [*terms, (broken, -side), (spare, side)]
            sense = EQUAL
        self.model.addConstraint(row(terms, sense, name, right))

    def _add_items(self) -> None:
        """An item is opened before a store lists it, its supplier before that, and where it is
        open enough stores list it."""
        coupling = self._coupling
        for i in self._several:
            item, every = self._item[i], []
            for s, (table, store) in enumerate(zip(self._tables, self.stores, strict=True)):
                listing = _ranges_with(table, store, i)
                if listing:
                    every += listing
                    self.model.addConstraint(row([*listing, (item, -1.0)], LESS, f"open_{s}_{i}"))
            if coupling.min_stores[i] > 1:
                fewest = (item, -float(coupling.min_stores[i]))
                self.model.addConstraint(row([*every, fewest], MORE, f"fewest_{i}"))
            supplier = self._supplier.get(int(coupling.supplier_of_item[i]))
            if supplier is not None:
                self.model.addConstraint(row([(item, 1.0), (supplier, -1.0)], LESS, f"order_{i}"))

    def list_the_same(self, group_of_store: Sequence[int]) -> None:
        """Stores of a group list the same items: each as many as the first of its group."""
        first: dict[int, int] = {}
        for s, group in enumerate(group_of_store):
            leader = first.setdefault(group, s)
            if leader == s:
                continue
            for i in range(len(next(iter(self._problems.values())).item_ids)):
                theirs = _ranges_with(self._tables[leader], self.stores[leader], i)
                own = _ranges_with(self._tables[s], self.stores[s], i)
                terms = [*own, *((variable, -share) for variable, share in theirs)]
                if terms:
                    self.model.addConstraint(row(terms, EQUAL, f"same_{s}_{i}"))

    def _live(self) -> LiveModel:
        own = [variable for store in self.stores for variable in store.variables]
        own += [variable for variable, _ in self._missed]
        return LiveModel(self.model, [*own, *self._item.values(), *self._supplier.values()])

    def solve(
        self, gap: float, seconds: float, start: Mapping[str, Integers] | None = None
    ) -> JointAnswer:
        """The best choice for every store, and the bound of all choices inside.

        ``start``: facings of every store that keep the shared limits; of no use where they are
        not all inside.
        """
        live = self._live()
        known = None if start is None else self._whole_values(start)
        if known is not None:
            live.begin_with(known)
        solution = live.solve(gap, seconds)
        values, struck = solution.values, solution.status is SolveStatus.TIME_LIMIT
        if values is None:
            return JointAnswer(None, solution.bound, struck)
        facings = {}
        for name, problem, store in zip(
            self._problems, self._problems.values(), self.stores, strict=True
        ):
            own: Integers = np.zeros(len(problem.item_ids), dtype=np.int64)
            taken = values[[live.column[variable] for variable in store.taken]] > 0.5
            own[store.options.item[taken]] = store.options.facings[taken]
            facings[name] = own
        return JointAnswer(facings, solution.bound, struck)

    def _whole_values(self, facings: Mapping[str, Integers]) -> dict[pulp.LpVariable, float] | None:
        """Values of the whole variables for these facings; None where some are not inside."""
        values: dict[pulp.LpVariable, float] = {}
        counts = np.sum([own > 0 for own in facings.values()], axis=0)
        for name, table, store in zip(self._problems, self._tables, self.stores, strict=True):
            own, options = facings[name], store.options
            here = ranges_listed(table, store.ranges, own > 0)
            if here.sum() != table.ranges.groups:
                return None
            values |= {store.chosen[k]: float(here[k]) for k in range(len(here))}
            taken = here[options.range_place] & (options.facings == own[options.item])
            if taken.sum() != (own > 0).sum():
                return None
            for variable, on, place in zip(store.taken, taken, options.range_place, strict=True):
                if variable is not store.chosen[place]:
                    values[variable] = float(on)
        for i, item in self._item.items():
            values[item] = float(counts[i] > 0 or self._forced.item[i])
        for k, supplier in self._supplier.items():
            ordered = counts @ self._coupling.member[k] > 0
            values[supplier] = float(ordered or self._forced.supplier[k])
        return values


def _ranges_with(table: GroupPricing, store: NearBestProgram, item: int) -> Terms:
    """Choices of one store's ranges that list an item."""
    first, items, _ = table.entries(store.ranges)
    owner = np.repeat(np.arange(len(store.ranges)), np.diff(first))
    return [(store.chosen[k], 1.0) for k in owner[items == item].tolist()]


def _cost_of_missing(groups: JointGroups, at: AtPrices) -> tuple[float, float]:
    """What it costs, on top of its price, to miss a limit by a unit, and by a unit of money.

    Tuning stock takes a small miss back for little, at a cost that grows with its square.
    """
    worth, units, money = 0.0, 1e-9, 1e-9
    for s, (store, table) in enumerate(zip(at.stores, groups.tables, strict=True)):
        columns = store.columns_of([own[s] for own in at.places])
        worth += abs(float(columns.objective(table.unpriced).sum()))
        received = table.problem.deliveries_week * (
            columns.sold + table.problem.waste_share[columns.item] * (columns.stock - columns.sold)
        )
        units += float(received.sum())
        money += float(received @ table.problem.spend_cost[columns.item])
    return MISSED * worth / units, MISSED * worth / money


def _points(problem: StoreProblem, options: Options, chances: Sequence[float]) -> Points:
    """Corners of a polygon around every stock that a limit may ask for, and its expected sales."""
    item = options.item
    cv = problem.demand_cv[item]
    stocks = [options.low]
    for chance in chances:
        ratio = newsvendor.stock_ratio(np.full(len(item), chance), cv)
        stocks.append(options.mean * np.where(cv < newsvendor.CERTAIN_CV, 1.0, ratio))
    stocks.append(np.where(np.isfinite(options.high), options.high, stocks[-1]))
    inside: Floats = np.clip(np.array(stocks).T, options.low[:, None], options.high[:, None])
    return corners(np.sort(inside, axis=1), options.mean, cv)


def ranges_listed(table: GroupPricing, ranges: Integers, listed: Flags) -> Flags:
    """Which of some ranges (numbers) are just what a plan lists of their need group."""
    first, items, _ = table.entries(ranges)
    owner = np.repeat(np.arange(len(ranges)), np.diff(first))
    inside = np.bincount(owner, listed[items], len(ranges))
    whole = np.bincount(table.problem.group_of_item, listed, table.ranges.groups)
    same: Flags = (inside == np.diff(first)) & (inside == whole[table.ranges.group[ranges]])
    return same
