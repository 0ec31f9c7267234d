"""Limits that couple the stores of a chain, and the prices put on them.

Orders are receipts: ``r (u + s (q - u))`` units a week, what is sold and what is wasted; their
money is that of the budget. Formulas: docs/model.md, "The chain program".
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from planner.assortment.amounts import Amounts, amounts_of
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.rules import PlanRules
from planner.tables.inputs import Inputs


@dataclass(frozen=True)
class Resource:
    """One shared limit that purchases use up, or (a supplier's minimum) have to reach."""

    kind: str
    """budget, max_units or min_order."""
    supplier: int
    """Index of the supplier; -1 for the budget."""
    available: float

    @property
    def at_least(self) -> bool:
        """Whether what is available has to be reached instead of kept."""
        return self.kind == "min_order"

    def used_by(self, use: Use) -> float:
        """What a use takes of the limit."""
        if self.kind == "budget":
            return use.spend_week
        amounts = use.order_week if self.at_least else use.units_week
        return float(amounts[self.supplier])

    def excess(self, use: Use) -> float:
        """By how much a use breaks the limit, as a share of it; at most 0 where it is kept."""
        over = self.used_by(use) - self.available
        return (-over if self.at_least else over) / max(self.available, 1e-9)


@dataclass(frozen=True)
class Coupling:
    """Limits over all stores. Arrays over items have length I, over suppliers K.

    "No limit" is ``inf`` for a maximum and 0 for a minimum.
    """

    budget_week: float
    """Money per week for the purchases of all stores."""
    supplier_ids: tuple[str, ...]
    supplier_of_item: Integers
    """Index into ``supplier_ids``; -1 where none is known."""
    min_order_week: Floats
    """[supplier] money per week: ordered from for at least this much, or not at all."""
    max_units_week: Floats
    """[supplier] units per week."""
    min_stores: Integers
    """[item]: a local item is listed by at least so many stores, or by none. Core items, which
    every store lists, have 0."""
    amounts: Amounts = field(default_factory=lambda: Amounts(""))
    """How its limits are said."""

    @property
    def binds(self) -> bool:
        """Whether there is any limit that couples stores."""
        return bool(
            np.isfinite(self.budget_week)
            or (self.min_order_week > 0).any()
            or np.isfinite(self.max_units_week).any()
            or (self.min_stores > 1).any()
        )

    @cached_property
    def purchase_limits(self) -> tuple[str, ...]:
        """[item]: the limits on its purchases that stores share, in words; "" without any."""
        budget = ["the chain's budget"] if np.isfinite(self.budget_week) else []
        sent = np.isfinite(self.max_units_week)
        return tuple(
            " and ".join(budget + (["what its supplier can send"] if k >= 0 and sent[k] else []))
            for k in self.supplier_of_item
        )

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Suppliers' maxima and minima, then the budget."""
        most, least = self.max_units_week, self.min_order_week
        found = [
            Resource("max_units", int(k), float(most[k])) for k in np.flatnonzero(most < np.inf)
        ]
        found += [Resource("min_order", int(k), float(least[k])) for k in np.flatnonzero(least > 0)]
        if np.isfinite(self.budget_week):
            found.append(Resource("budget", -1, self.budget_week))
        return tuple(found)

    @cached_property
    def member(self) -> Floats:
        """[supplier, item]: 1 where the supplier supplies the item."""
        rows = np.arange(len(self.supplier_ids))[:, None]
        return np.asarray(self.supplier_of_item[None, :] == rows, dtype=np.float64)

    @cached_property
    def all_or_none(self) -> Flags:
        """Items that are listed by several stores or by none, or whose supplier is."""
        with_minimum = np.append(self.min_order_week > 0, False)
        several: Flags = (self.min_stores > 1) | with_minimum[self.supplier_of_item]
        return several


@dataclass(frozen=True)
class Use:
    """What one store's plan takes of the chain's limits, per week."""

    spend_week: float
    order_week: Floats
    """[supplier] money."""
    units_week: Floats
    """[supplier] units."""
    listed: Floats
    """[item]: 1 where listed; a share in a relaxation."""

    def __add__(self, other: Use) -> Use:
        return Use(
            self.spend_week + other.spend_week,
            self.order_week + other.order_week,
            self.units_week + other.units_week,
            self.listed + other.listed,
        )

    def __sub__(self, other: Use) -> Use:
        return Use(
            self.spend_week - other.spend_week,
            self.order_week - other.order_week,
            self.units_week - other.units_week,
            self.listed - other.listed,
        )


def total_use(uses: Iterable[Use]) -> Use:
    """What several stores take together."""
    return functools.reduce(operator.add, uses)


def use_of(
    coupling: Coupling, problem: StoreProblem, received_units_week: Floats, listed: Floats
) -> Use:
    """What receipts ([item], units a week) and listed items of one store take."""
    money = problem.spend_cost * received_units_week
    return Use(
        float(money.sum()), coupling.member @ money, coupling.member @ received_units_week, listed
    )


@dataclass(frozen=True)
class ChainPrices:
    """Prices on the limits of a chain, none below 0: objective per unit of the limit.

    ``charge`` prices ``x_si <= z_i`` (an item is opened for the chain before a store lists it),
    ``push`` prices ``sum_s x_si >= min_stores_i z_i``.
    """

    budget: float
    min_order: Floats
    """[supplier]"""
    max_units: Floats
    """[supplier]"""
    push: Floats
    """[item]"""
    charge: Floats
    """[store, item]"""

    def of(self, resource: Resource) -> float:
        """The price of a limit on purchases."""
        if resource.kind == "budget":
            return self.budget
        prices = self.min_order if resource.at_least else self.max_units
        return float(prices[resource.supplier])

    def with_price(self, resource: Resource, price: float) -> ChainPrices:
        """These prices with another one for a limit on purchases."""
        if resource.kind == "budget":
            return dataclasses.replace(self, budget=price)
        changed = (self.min_order if resource.at_least else self.max_units).copy()
        changed[resource.supplier] = price
        if resource.at_least:
            return dataclasses.replace(self, min_order=changed)
        return dataclasses.replace(self, max_units=changed)

    def halfway_to(self, other: ChainPrices) -> ChainPrices:
        """Prices of budget and suppliers half way to other ones; items keep theirs."""
        return dataclasses.replace(
            self,
            budget=0.5 * (self.budget + other.budget),
            min_order=0.5 * (self.min_order + other.min_order),
            max_units=0.5 * (self.max_units + other.max_units),
        )

    def with_resources_of(self, other: ChainPrices) -> ChainPrices:
        """The items' prices of these, those of budget and suppliers of others."""
        return dataclasses.replace(
            self, budget=other.budget, min_order=other.min_order, max_units=other.max_units
        )


def between(one: ChainPrices, other: ChainPrices, share: float) -> ChainPrices:
    """The prices that lie ``share`` of the way from one to the other, those of items too."""

    def mixed(first: Floats, second: Floats) -> Floats:
        return (1.0 - share) * first + share * second

    return ChainPrices(
        (1.0 - share) * one.budget + share * other.budget,
        mixed(one.min_order, other.min_order),
        mixed(one.max_units, other.max_units),
        mixed(one.push, other.push),
        mixed(one.charge, other.charge),
    )


def no_prices(coupling: Coupling, stores: int) -> ChainPrices:
    """Every limit for nothing: each store plans for itself."""
    suppliers, items = len(coupling.supplier_ids), len(coupling.supplier_of_item)
    return ChainPrices(
        0.0, np.zeros(suppliers), np.zeros(suppliers), np.zeros(items), np.zeros((stores, items))
    )


def priced(
    problem: StoreProblem, coupling: Coupling, prices: ChainPrices, store: int
) -> StoreProblem:
    """The store's problem with what its plan takes of the chain's limits at its cost.

    ``store``: number of the store in ``prices.charge``. The unit cost never falls below 0: the
    price of a supplier's minimum is capped there, item by item, by ``affordable``.
    """
    by_money = prices.budget - coupling.member.T @ prices.min_order
    cost = problem.unit_cost + by_money * problem.spend_cost + coupling.member.T @ prices.max_units
    return dataclasses.replace(
        problem,
        unit_cost=cost,
        listing_cost_week=problem.listing_cost_week + prices.charge[store] - prices.push,
    )


def affordable(
    problems: Mapping[str, StoreProblem], coupling: Coupling, prices: ChainPrices
) -> ChainPrices:
    """The prices with those of supplier minima lowered until no unit costs less than nothing."""
    most = np.full(len(coupling.supplier_ids), np.inf)
    for problem in problems.values():
        spend = problem.spend_cost > 0
        cost = problem.unit_cost + prices.budget * problem.spend_cost
        cost = cost + coupling.member.T @ prices.max_units
        ratio = np.divide(cost, problem.spend_cost, out=np.full_like(cost, np.inf), where=spend)
        for k, member in enumerate(coupling.member > 0):
            most[k] = min(most[k], float(ratio[member].min(initial=np.inf)))
    return dataclasses.replace(prices, min_order=np.minimum(prices.min_order, most))


def dearest_minimum(
    problems: Mapping[str, StoreProblem], coupling: Coupling, prices: ChainPrices, supplier: int
) -> float:
    """The price of a supplier's minimum from which on every unit of it earns, sold or not.

    Above what ``affordable`` allows: stores then fill the supplier's shelves. 0 without items.
    """
    most = 0.0
    own = coupling.supplier_of_item == supplier
    for problem in problems.values():
        cost = problem.unit_cost + prices.budget * problem.spend_cost
        cost = (cost + coupling.member.T @ prices.max_units)[own]
        spend = problem.spend_cost[own]
        ratio = np.divide(cost, spend, out=np.zeros_like(cost), where=spend > 0)
        most = max(most, float(ratio.max(initial=0.0)))
    return 1.001 * most


@dataclass(frozen=True)
class Forced:
    """What the stores' own rules decide about the chain's choices."""

    item: Flags
    """Listed somewhere whatever happens: locked in by a store, or core."""
    supplier: Flags
    """Ordered from whatever happens."""
    possible_stores: Integers
    """[item]: stores that could list it."""


def forced_choices(problems: Mapping[str, StoreProblem], coupling: Coupling) -> Forced:
    """Items and suppliers that locks and core decide on, and where items could be listed."""
    item = np.zeros(len(coupling.supplier_of_item), dtype=bool)
    stores = np.zeros(len(item), dtype=np.int64)
    for problem in problems.values():
        item |= problem.must_list
        stores += problem.must_list | ~problem.locked_out
    return Forced(item, np.asarray(coupling.member @ item > 0), stores)


def without_resources(prices: ChainPrices) -> ChainPrices:
    """The prices of items alone: budget and suppliers for nothing."""
    none = np.zeros_like(prices.min_order)
    return dataclasses.replace(prices, budget=0.0, min_order=none, max_units=none)


def without_items(prices: ChainPrices) -> ChainPrices:
    """The prices of budget and suppliers alone: items open to every store for nothing."""
    return dataclasses.replace(
        prices, push=np.zeros_like(prices.push), charge=np.zeros_like(prices.charge)
    )


def value_of_limits(coupling: Coupling, forced: Forced, prices: ChainPrices) -> float:
    """The prices times what is available: what the sum of store bounds lacks to a chain bound.

    An item ``z_i`` and a supplier ``y_k`` are opened where their charges exceed what the prices
    of their minima ask: ``max sum_i a_i z_i - sum_k nu_k M_k y_k``, z_i <= y_k, with
    ``a_i = sum_s charge_si - push_i min_stores_i``.
    """
    total = 0.0
    if np.isfinite(coupling.budget_week):
        total += prices.budget * coupling.budget_week
    finite = np.isfinite(coupling.max_units_week)
    total += float(prices.max_units[finite] @ coupling.max_units_week[finite])
    opening = prices.charge.sum(axis=0) - prices.push * coupling.min_stores
    opening = np.where(forced.item, opening, np.maximum(opening, 0.0))
    total += float(opening[coupling.supplier_of_item < 0].sum())
    by_supplier = coupling.member @ opening - prices.min_order * coupling.min_order_week
    total += float(np.where(forced.supplier, by_supplier, np.maximum(by_supplier, 0.0)).sum())
    return total


def use_cost(coupling: Coupling, prices: ChainPrices, store: int, use: Use) -> float:
    """What a store's plan pays for its use of the chain's limits."""
    return float(
        prices.budget * use.spend_week
        + prices.max_units @ use.units_week
        - prices.min_order @ use.order_week
        + (prices.charge[store] - prices.push) @ use.listed
    )


def chain_coupling(inputs: Inputs, core: Flags, rules: PlanRules) -> Coupling:
    """The chain's limits from its tables and rules; ``core``: items that every store lists."""
    suppliers = inputs.suppliers
    ids = tuple(str(name) for name in suppliers["supplier_id"])
    number = {name: k for k, name in enumerate(ids)}
    of_item = np.array(
        [number.get(str(name), -1) for name in inputs.items["supplier_id"]], dtype=np.int64
    )
    fewest = np.append(np.nan_to_num(suppliers["min_stores"].to_numpy(np.float64)), 0.0)
    most = suppliers["max_units_week"].to_numpy(np.float64)
    budget = inputs.chain.budget_week
    return Coupling(
        budget_week=np.inf if budget is None else float(budget) * rules.budget_scale,
        supplier_ids=ids,
        supplier_of_item=of_item,
        min_order_week=np.nan_to_num(suppliers["min_order_week"].to_numpy(np.float64)),
        max_units_week=np.where(np.isnan(most), np.inf, most),
        min_stores=np.where(core, 0, fewest[of_item]).astype(np.int64),
        amounts=amounts_of(inputs, rules),
    )
