"""From plans of single stores to a plan of the chain that keeps every shared limit.

Each conflict is settled the cheaper way, by exact scores: an item that too few stores list is
pushed into more of them or dropped everywhere, a supplier below its minimum is given more
listings or left; then stock is tuned over all stores, and where even the least stock is too
much, items that earn least for what they use leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.chain_stock import ChainStock, chain_use
from planner.assortment.coupling import ChainPrices, Coupling, Forced, Resource
from planner.assortment.listing_value import listing_values
from planner.assortment.moves import PlansAtPrices
from planner.assortment.problem import Flags, Integers, StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.score import Score, best_score
from planner.assortment.stock_program import DUST, tuned_together

ROUNDS = 12
PUSHES_BEFORE_DROPPING = 4
"""Rounds in which an item may still be pushed; after them it can only be dropped, so that
repairs cannot chase each other for ever."""
LISTINGS_TRIED = 2
"""Items of a supplier that may be tried in each store, of which one may be listed more."""
CHOICE_OF_LISTINGS = 2.0
"""Times what a supplier's minimum lacks that is looked for, to choose the cheapest from."""


@dataclass(frozen=True)
class Repaired:
    """Plans of all stores under the chain's limits."""

    plans: Mapping[str, Score] | None
    """None where a store cannot pay its least stock."""
    prices: ChainPrices | None
    """At which stock was tuned."""
    broken: tuple[str, ...]
    """Shared limits that are still broken, in words; empty: the chain's plan is feasible."""
    closed: Flags
    """[item]: opened by no store because of the chain."""


@dataclass(frozen=True)
class _Decision:
    """What settling one conflict costs by its two ways, and the plans of the cheaper one."""

    regret: float
    push: bool
    plans: Mapping[str, Integers]


class Repair:
    """Settles conflicts on the facings of ``work``, which it changes."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        work: PlansAtPrices,
        prices: ChainPrices,
        shadow_prices: Mapping[str, Mapping[str, float]],
        *,
        may_push: bool = True,
        rounds: int = ROUNDS,
    ) -> None:
        """``rounds``: after which what is still broken is named."""
        self._rounds = rounds
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._work, self._shadow_prices = work, shadow_prices
        self._may_push, self._start = may_push, prices
        self.closed = np.zeros(len(coupling.supplier_of_item), dtype=bool)
        self._worth: dict[tuple[str, int], tuple[Integers, float]] = {}
        """Of listing an item in a store beside the facings it was valued with."""

    def run(self) -> Repaired:
        """Settle every conflict, then tune stock; what cannot be settled is named."""
        plans: dict[str, Score] | None = None
        prices: ChainPrices | None = None
        for number in range(self._rounds):
            push = self._may_push and number < PUSHES_BEFORE_DROPPING
            self._settle_items(push=push)
            stock = ChainStock(
                self._problems, self._work.facings, self._coupling, self._forced.supplier
            )
            tuned = stock.tuned(prices or self._start)
            if tuned is None:
                return Repaired(None, None, ("a store cannot pay its least stock",), self.closed)
            plans, prices = tuned_together(
                stock, tuned, self._problems, self._work.facings, self._coupling,
                self._forced.supplier,
            )  # fmt: skip
            changed, use = False, chain_use(self._coupling, self._problems, plans)
            for resource in self._coupling.resources:
                excess = stock.excess(use, resource)
                if excess > DUST:
                    changed |= self._settle_resource(resource, plans, excess, push=push)
            changed |= self._drop_losers(plans)
            if not changed and not self._rare_items():
                break
        assert plans is not None
        return Repaired(plans, prices, tuple(self._broken(plans)), self.closed)

    # ---- items that too few stores list

    def _rare_items(self) -> list[int]:
        counts, fewest = self._work.counts(), self._coupling.min_stores
        wanted = (counts > 0) | self._forced.item
        return [int(i) for i in np.flatnonzero(wanted & (counts < fewest))]

    def _settle_items(self, *, push: bool) -> None:
        """One conflict after the other, first where the wrong way would cost most."""
        stuck: set[int] = set()
        while True:
            decisions = {
                i: found
                for i in self._rare_items()
                if i not in stuck and (found := self._of_item(i, push=push)) is not None
            }
            if not decisions:
                return
            for item in sorted(decisions, key=lambda i: (-decisions[i].regret, i)):
                found = self._of_item(item, push=push)
                if found is None:
                    stuck.add(item)
                    continue
                for store, facings in found.plans.items():
                    self._work.apply(store, facings)
                self.closed[item] = not found.push
            stuck |= set(decisions)

    def _of_item(self, item: int, *, push: bool) -> _Decision | None:
        work = self._work
        one = np.zeros(len(self.closed), dtype=bool)
        one[item] = True
        listing = work.stores_listing(item)
        missing = int(self._coupling.min_stores[item]) - len(listing)
        if missing <= 0:
            return None
        drops = {store: work.without(store, one) for store in listing}
        drop_cost, dropped = np.inf, {}
        if all(found is not None for found in drops.values()):
            dropped = {s: found[1] for s, found in drops.items() if found is not None}
            drop_cost = sum(found[0] for found in drops.values() if found is not None)
        if self._forced.item[item]:
            drop_cost = np.inf
        push_cost, pushed = np.inf, {}
        if push or not np.isfinite(drop_cost):
            ranked = self._ranked_pushes(item, missing)
            if len(ranked) >= missing:
                push_cost = sum(cost for cost, _, _ in ranked[:missing])
                pushed = {store: facings for _, store, facings in ranked[:missing]}
        if not np.isfinite(min(push_cost, drop_cost)):
            return None
        cheaper = push_cost < drop_cost
        plans = pushed if cheaper else dropped
        return _Decision(abs(push_cost - drop_cost), cheaper, plans)

    def _ranked_pushes(self, item: int, missing: int) -> list[tuple[float, str, Integers]]:
        """Cheapest ways to list the item in one more store: cost, store, its facings."""
        found = []
        for store in self._best_stores(item, missing + 4):
            move = self._work.with_item(store, item)
            if move is not None and np.isfinite(move[0]):
                found.append((move[0], store, move[1]))
        return sorted(found, key=lambda entry: (entry[0], entry[1]))

    def _best_stores(self, item: int, count: int) -> list[str]:
        """Stores that could list an item and do not, the most promising first."""
        values = []
        for store, facings in self._work.facings.items():
            problem = self._work.problems[store]
            if facings[item] > 0 or problem.locked_out[item] or self.closed[item]:
                continue
            values.append((-self._listing_worth(store, item), store))
        return [store for _, store in sorted(values)[:count]]

    def _listing_worth(self, store: str, item: int) -> float:
        facings = self._work.facings[store]
        known = self._worth.get((store, item))
        if known is None or known[0] is not facings:
            only = np.array([item], dtype=np.int64)
            shadow = self._shadow_prices[store]
            worth = listing_values(self._work.problems[store], facings > 0, only, shadow)
            known = self._worth[store, item] = (facings, float(worth[0]))
        return known[1]

    def _drop_losers(self, plans: Mapping[str, Score]) -> bool:
        """Take off what loses money on its own now that stock is tuned, where nothing asks for it.

        True if anything was taken off.
        """
        changed = False
        for store, plan in plans.items():
            needed = self._problems[store].must_list | self._coupling.all_or_none
            for i in np.flatnonzero(plan.listed & ~needed & (plan.worth_week < -DUST)):
                one = np.zeros(len(self.closed), dtype=bool)
                one[i] = True
                move = self._work.without(store, one)
                if move is not None:
                    self._work.apply(store, move[1])
                    changed = True
        return changed

    # ---- budget and suppliers

    def _settle_resource(
        self, resource: Resource, plans: Mapping[str, Score], excess: float, *, push: bool
    ) -> bool:
        if resource.at_least:
            return self._settle_minimum(resource, plans, push=push)
        return self._trim(resource, plans, excess)

    def _trim(self, resource: Resource, plans: Mapping[str, Score], excess: float) -> bool:
        """Take off the items that earn least for what they use, until the excess is gone."""
        wanted = excess * resource.available
        candidates = []
        for store, plan in plans.items():
            problem = self._problems[store]
            received = plan.sold_units_week + plan.waste_units_week
            takes = received * problem.spend_cost if resource.kind == "budget" else received
            if resource.kind != "budget":
                takes = takes * self._coupling.member[resource.supplier]
            free = plan.listed & ~problem.must_list & (takes > 0)
            for i in np.flatnonzero(free):
                candidates.append((float(plan.worth_week[i] / takes[i]), store, int(i), takes[i]))
        freed, changed = 0.0, False
        for _, store, item, takes in sorted(candidates, key=lambda c: c[:3]):
            if freed >= wanted:
                break
            one = np.zeros(len(self.closed), dtype=bool)
            one[item] = True
            move = self._work.without(store, one)
            if move is None:
                continue
            self._work.apply(store, move[1])
            freed += takes
            changed = True
        return changed

    def _settle_minimum(
        self, resource: Resource, plans: Mapping[str, Score], *, push: bool
    ) -> bool:
        """A supplier below its minimum, stock tuned: more listings, or none at all."""
        own = self._coupling.member[resource.supplier] > 0
        drops = {}
        for store, facings in self._work.facings.items():
            if (facings[own] > 0).any():
                drops[store] = self._work.without(store, own)
        possible = not self._forced.supplier[resource.supplier] and all(
            found is not None for found in drops.values()
        )
        drop_cost = sum(f[0] for f in drops.values() if f is not None) if possible else np.inf
        pushed: dict[str, Integers] = {}
        push_cost = np.inf
        if push or not possible:
            push_cost, pushed = self._more_listings(resource, plans, own)
        if push_cost < drop_cost:
            for store, facings in pushed.items():
                self._work.apply(store, facings)
            return True
        if not possible:
            return False
        for store, found in drops.items():
            if found is not None:
                self._work.apply(store, found[1])
        self.closed |= own & ~self._forced.item
        return bool(drops)

    def _more_listings(
        self, resource: Resource, plans: Mapping[str, Score], own: Flags
    ) -> tuple[float, dict[str, Integers]]:
        """Cost and plans of listing more of a supplier's items until its minimum is near."""
        use = chain_use(self._coupling, self._problems, plans)
        missing = resource.available - resource.used_by(use)
        moves: list[tuple[float, str, float, float, Integers]] = []
        found: dict[str, float] = {}
        before: dict[str, float] = {}
        for _, store, item in self._promising_listings(own):
            if sum(found.values()) >= CHOICE_OF_LISTINGS * missing:
                break
            move = self._work.with_item(store, item)
            if move is None or not np.isfinite(move[0]):
                continue
            loss, facings = move
            if store not in before:
                before[store] = self._spend(store, self._work.facings[store], own)
            gained = self._spend(store, facings, own) - before[store]
            if gained > 0:
                moves.append((loss / gained, store, loss, gained, facings))
                found[store] = max(gained, found.get(store, 0.0))
        cost, chosen = 0.0, {}
        for _, store, loss, gained, facings in sorted(moves, key=lambda move: move[:2]):
            if missing <= 0:
                break
            if store not in chosen:
                missing -= gained
                cost += loss
                chosen[store] = facings
        return (cost, chosen) if missing <= 0 else (np.inf, {})

    def _promising_listings(self, own: Flags) -> list[tuple[float, str, int]]:
        """A supplier's items that stores could list and do not, by estimate, the best first."""
        listings = []
        for store, facings in self._work.facings.items():
            problem = self._work.problems[store]
            items = np.flatnonzero(own & (facings == 0) & ~problem.locked_out & ~self.closed)
            shadow = self._shadow_prices[store]
            worth = listing_values(problem, facings > 0, items, shadow)
            size = np.maximum(problem.spend_cost * problem.potential_units_week.sum(), 1e-9)[items]
            best = np.argsort(-worth / size, kind="stable")[:LISTINGS_TRIED]
            listings += [(-float(worth[k] / size[k]), store, int(items[k])) for k in best]
        return sorted(listings)

    def _spend(self, store: str, facings: Integers, own: Flags) -> float:
        found = best_score(self._work.problems[store], facings)
        return 0.0 if found is None else float(found.spend_week[own].sum())

    # ---- what is left

    def _broken(self, plans: Mapping[str, Score]) -> list[str]:
        """Shared limits that the plans break."""
        coupling = self._coupling
        stock = ChainStock(self._problems, self._work.facings, coupling)
        use = chain_use(coupling, self._problems, plans)
        words = []
        for resource in coupling.resources:
            if stock.excess(use, resource) > DUST:
                words.append(resource_words(coupling, resource, resource.used_by(use)))
        for i in self._rare_items():
            name = next(iter(self._problems.values())).item_ids[i]
            words.append(
                f"item {name} is prescribed somewhere and its supplier asks for at least "
                f"{coupling.min_stores[i]} stores; {int(use.listed[i])} do in the plan nearest"
            )
        return words


def shadow_prices_of(plans: Mapping[str, StorePlan]) -> dict[str, dict[str, float]]:
    """Store -> limit -> shadow price of its plan."""
    return {s: {limit.limit: limit.shadow_price for limit in p.limits} for s, p in plans.items()}


def repaired_plans(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    prices: ChainPrices,
    plans: Mapping[str, StorePlan],
) -> Repaired:
    """The stores' own plans at the chain's prices, repaired to keep the shared limits."""
    facings = {s: plan.score.facings for s, plan in plans.items() if plan.score is not None}
    work = PlansAtPrices(problems, coupling, prices, facings)
    return Repair(problems, coupling, forced, work, prices, shadow_prices_of(plans)).run()


def resource_words(coupling: Coupling, resource: Resource, used: float) -> str:
    """A broken limit on purchases, in words."""
    money, units = coupling.amounts.money, coupling.amounts.units
    if resource.kind == "budget":
        return (
            f"purchases are {money(used)} a week in the nearest plan found, the chain's "
            f"budget_week is {money(resource.available)}"
        )
    name = coupling.supplier_ids[resource.supplier]
    if resource.at_least:
        return (
            f"supplier {name} is ordered from for {money(used)} a week in the nearest plan found, "
            f"its min_order_week is {money(resource.available)}"
        )
    return (
        f"supplier {name} sends {units(used)} units a week in the nearest plan found, its "
        f"max_units_week is {units(resource.available)}"
    )
