"""Prices on the limits that couple stores, and the bound of the chain that they prove.

Lagrangian relaxation: with prices on the shared limits every store is on its own, and for any
prices not below 0 the sum of the stores' bounds plus the prices times what is available is an
upper bound of the chain. The prices of budget and suppliers come from a linear master over the
stores' plans, those of items from what listing them is worth in each store.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    Use,
    affordable,
    no_prices,
    priced,
    total_use,
    use_cost,
    use_of,
    value_of_limits,
    without_items,
)
from planner.assortment.listing_value import ListingJob, value_listings
from planner.assortment.master import FROM_NOTHING, NEARBY, Column, solve_master
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.relaxation import RelaxationJob, StoreRelaxation, relax_store

ROUNDS = 12
GUIDED = 2
"""Rounds after which a guide says where to look."""
UNUSED = 2.0
"""Times the gap of the prices that may be left in limits not used up: tuning stock takes most of
it back."""
RELAXATION_GAP = 5e-4
"""Relative distance of a store's relaxation to the least bound that its prices can give."""
SOME = 1e-3
"""Share of a store that a relaxation lists before an item counts as wanted by the chain."""

Runner = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[tuple[int, Any]]]
"""Does the work on every job and yields (number of the job, result), in any order."""
Guide = Callable[[ChainPrices, Sequence[Use]], ChainPrices]
"""Better prices of budget and suppliers from prices and what each store uses at them."""


@dataclass(frozen=True)
class PricedChain:
    """The best prices found and what they prove."""

    prices: ChainPrices
    bound_week: float
    """Upper bound of the whole chain."""
    store_bounds: Mapping[str, float]
    """Store -> bound of its priced problem."""
    rounds: int
    infeasible: tuple[str, ...]
    """Stores of which even the relaxation has no plan."""
    tried: tuple[ChainPrices, ...]
    """The prices of every round."""


def price_chain(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    run: Runner,
    *,
    gap: float,
    start: ChainPrices | None = None,
    guide: Guide | None = None,
    columns: dict[str, list[Column]] | None = None,
) -> PricedChain:
    """Prices that bring the chain's bound near the least they can prove.

    Rounds wait for all stores and stop where the master says that less than ``gap`` (relative)
    is left to gain and the stores use about what there is, or after ``ROUNDS``; nothing depends
    on how many workers there are. A round looks half way between the best prices so far and the
    master's (Pessoa, Sadykov, Uchoa & Vanderbeck 2018, INFORMS Journal on Computing 30(2)).

    ``start``: prices that are about right; ``guide``: who says where to look after the first
    rounds, instead of the master; ``columns``: store -> plans known before, which new ones join.
    """
    stores = list(problems)
    step = NEARBY if start else FROM_NOTHING
    prices = affordable(problems, coupling, start or no_prices(coupling, len(stores)))
    columns = {store: [] for store in stores} if columns is None else columns
    items = _ItemPrices(problems, coupling, forced, run)
    start_of: list[Mapping[str, float]] = [{} for _ in stores]
    rounds: list[_Round] = []
    for number in range(ROUNDS):
        jobs = [
            RelaxationJob(priced(p, coupling, prices, s), start_of[s], gap=min(gap, RELAXATION_GAP))
            for s, p in enumerate(problems.values())
        ]
        found: dict[int, StoreRelaxation] = dict(run(relax_store, jobs))
        relaxed = [found[s] for s in range(len(stores))]
        start_of = [r.shadow_prices for r in relaxed]
        this = _round_of(problems, coupling, forced, prices, relaxed, items)
        rounds.append(this)
        if this.without:
            break
        for s, (store, r, use) in enumerate(zip(stores, relaxed, this.uses, strict=True)):
            columns[store].append(Column(r.value_week + use_cost(coupling, prices, s, use), use))
        changed = items.update(relaxed, this.uses, prices)
        best = min(rounds, key=lambda found: found.bound_week)
        at_items = dataclasses.replace(prices, push=items.push, charge=items.charge)
        answer = solve_master(coupling, forced, columns, at_items, items.wanted, step)
        scale = max(1.0, abs(best.bound_week))
        left = best.bound_week - answer.value_week
        unused = this.unused_week / (UNUSED * scale)
        # Prices that were known to begin with are near: what holds the next back is the step.
        held_back = answer.held_back and start is None
        settled = max(left / scale, unused) <= gap and not held_back
        if settled and not changed:
            break
        prices = answer.prices
        if settled and this is best:
            prices = at_items
        elif guide is not None and number < GUIDED:
            prices = at_items.with_resources_of(guide(this.prices, this.uses))
        elif number >= 1 and not answer.held_back:
            prices = prices.halfway_to(best.prices)
        prices = affordable(problems, coupling, prices)
    least = min(this.bound_week for this in rounds)
    chosen = min(rounds, key=lambda found: (found.bound_week - least) + found.unused_week)
    return PricedChain(
        chosen.prices,
        least,
        dict(zip(stores, chosen.bounds, strict=True)),
        len(rounds),
        rounds[-1].without,
        tuple(this.prices for this in rounds),
    )


@dataclass(frozen=True)
class _Round:
    """What the stores answered to one set of prices."""

    prices: ChainPrices
    bound_week: float
    bounds: tuple[float, ...]
    """Of each store at the prices."""
    uses: tuple[Use, ...]
    unused_week: float
    """Prices times how far the stores together are from using just what there is."""
    without: tuple[str, ...]
    """Stores of which even the relaxation has no plan."""


def _round_of(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    prices: ChainPrices,
    relaxed: Sequence[StoreRelaxation],
    items: _ItemPrices,
) -> _Round:
    uses = tuple(
        use_of(coupling, problem, r.units_week, r.listed_share)
        for problem, r in zip(problems.values(), relaxed, strict=True)
    )
    total = total_use(uses)
    unused = sum(
        prices.of(resource) * abs(resource.used_by(total) - resource.available)
        for resource in coupling.resources
        if not resource.at_least or items.wanted[resource.supplier]
    )
    return _Round(
        prices,
        sum(r.bound_week for r in relaxed) + value_of_limits(coupling, forced, prices),
        tuple(r.bound_week for r in relaxed),
        uses,
        unused,
        tuple(s for s, r in zip(problems, relaxed, strict=True) if r.bound_week == -np.inf),
    )


class _ItemPrices:
    """What stores are charged for items listed by several stores or by none.

    With ``v_s`` the worth of listing in store s, the item's ``push`` is what the last of the
    ``min_stores`` best stores lacks, and the charges share out what the push costs in
    proportion to ``v_s + push``: an item worth opening stays worth listing wherever it was, one
    that is not is priced out everywhere. A supplier's minimum is shared out the same way.
    """

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        run: Runner,
    ) -> None:
        self._problems, self._coupling, self._forced, self._run = problems, coupling, forced, run
        count = len(coupling.supplier_of_item)
        self.push = np.zeros(count)
        self.charge = np.zeros((len(problems), count))
        self.wanted: Flags = np.ones(len(coupling.supplier_ids), dtype=bool)
        """Suppliers worth their minimum."""
        self._conflicting = np.zeros(count, dtype=bool)

    def update(
        self, relaxed: Sequence[StoreRelaxation], uses: Sequence[Use], prices: ChainPrices
    ) -> bool:
        """Charges and pushes at the stores' present worth; True if new items have come in."""
        coupling = self._coupling
        listed = np.sum([use.listed for use in uses], axis=0)
        orders = np.sum([use.order_week for use in uses], axis=0)
        rare = (coupling.min_stores > 1) & (listed > SOME)
        rare &= listed < coupling.min_stores - SOME
        short = (coupling.min_order_week > 0) & (orders > 0)
        short &= (orders < coupling.min_order_week * (1 - 1e-6)) | (prices.min_order > 0)
        rare |= np.asarray((coupling.member.T @ (short & ~self._forced.supplier)) > 0)
        new = rare & ~self._conflicting
        self._conflicting |= rare
        items = np.flatnonzero(self._conflicting)
        if len(items):
            self._settle(items, self._values(items, relaxed, prices), prices)
        return bool(new.any())

    def _values(
        self, items: Integers, relaxed: Sequence[StoreRelaxation], prices: ChainPrices
    ) -> Floats:
        """[store, item]: worth of listing each conflicting item; -inf where it cannot be."""
        without = without_items(prices)
        possible = [
            ~problem.locked_out[items] | problem.must_list[items]
            for problem in self._problems.values()
        ]
        jobs = [
            ListingJob(
                priced(problem, self._coupling, without, s),
                relaxed[s].listed_share > 0.5,
                items[possible[s]],
                relaxed[s].shadow_prices,
            )
            for s, problem in enumerate(self._problems.values())
        ]
        values = np.full((len(relaxed), len(items)), -np.inf)
        for s, worth in self._run(value_listings, jobs):
            values[s, possible[s]] = worth
        return values

    def _settle(self, items: Integers, values: Floats, prices: ChainPrices) -> None:
        coupling, forced = self._coupling, self._forced
        surplus: dict[int, float] = {}
        for column, i in enumerate(items):
            worth, fewest = values[:, column], int(coupling.min_stores[i])
            ranked = np.sort(worth)[::-1]
            self.charge[:, i] = 0.0
            self.push[i] = 0.0
            if 1 < fewest <= len(ranked) and np.isfinite(ranked[fewest - 1]):
                self.push[i] = max(0.0, -float(ranked[fewest - 1]))
            gain = np.maximum(worth + self.push[i], 0.0)
            gain[~np.isfinite(gain)] = 0.0
            cost = self.push[i] * fewest
            if forced.item[i]:
                continue
            total = float(gain.sum())
            if total > 0:
                self.charge[:, i] = gain * (cost / total)
            surplus[int(i)] = total - cost
        self._settle_suppliers(items, values, surplus, prices)

    def _settle_suppliers(
        self, items: Integers, values: Floats, surplus: Mapping[int, float], prices: ChainPrices
    ) -> None:
        coupling, forced = self._coupling, self._forced
        cost = prices.min_order * coupling.min_order_week
        for k in np.flatnonzero((cost > 0) & ~forced.supplier):
            own = [int(i) for i in items if coupling.supplier_of_item[i] == k]
            total = sum(max(0.0, surplus[i]) for i in own)
            self.wanted[k] &= total > cost[k]
            for column, i in enumerate(items):
                if int(i) not in own or surplus[int(i)] <= 0 or total <= 0:
                    continue
                gain = np.maximum(values[:, column] + self.push[i], 0.0)
                rest = np.where(np.isfinite(gain), gain, 0.0) - self.charge[:, i]
                self.charge[:, i] += rest * (float(cost[k]) / total)
