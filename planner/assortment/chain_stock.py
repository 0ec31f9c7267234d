"""Stock of all stores at once: within the chain's budget and what suppliers can send.

For given ranges and facings expected sales are concave in the money spent (``stock.py``), so one
price on each shared limit finds the best stock of the whole chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.assortment.choice import demand_units_week
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Resource,
    Use,
    affordable,
    dearest_minimum,
    no_prices,
    priced,
    total_use,
    use_of,
    without_items,
)
from planner.assortment.newsvendor import best_ratio, expected_sales
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import Score, score
from planner.assortment.stock import TOLERANCE, best_stock, stock_bounds

STEPS = 60
LINES = 18
"""Steps of a search for a price that may follow a line."""
HIGHEST_PRICE = 1e6
LOOSE_PASSES = (1e-3, 1e-4)
PASSES = 8
CLOSE = 1e-7
"""A limit used up to this relative rest needs no lower price."""
OWN_REST = 0.1
"""A store's own budget may leave this part of the rest that a shared limit may."""
FIRST_OWN_PRICE = 0.01


def score_use(coupling: Coupling, problem: StoreProblem, plan: Score) -> Use:
    """What a scored plan takes of the chain's limits."""
    received = plan.sold_units_week + plan.waste_units_week
    return use_of(coupling, problem, received, plan.listed.astype(np.float64))


def chain_use(
    coupling: Coupling, problems: Mapping[str, StoreProblem], plans: Mapping[str, Score]
) -> Use:
    """What the plans of all stores take of the chain's limits together."""
    return total_use(score_use(coupling, problem, plans[s]) for s, problem in problems.items())


@dataclass(frozen=True)
class _Pairs:
    """Every listed item of every store, one after another."""

    store: Integers
    item: Integers
    mean: Floats
    least: Floats
    most: Floats
    price: Floats
    unit_cost: Floats
    spend_cost: Floats
    waste_share: Floats
    demand_cv: Floats
    cycles: Floats


class ChainStock:
    """Ranges and facings of all stores, to be stocked at one set of prices."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        facings: Mapping[str, Integers],
        coupling: Coupling,
        ordered_from: Flags | None = None,
    ) -> None:
        """``ordered_from``: [supplier] whose minimum is reached by filling shelves if need be;
        of others (all, without it) only what costs a store less than nothing is too much."""
        self._problems, self._facings, self._coupling = problems, facings, coupling
        self._ordered_from = ordered_from
        self._stores = list(problems)
        self._mean = [
            demand_units_week(problem, facings[store] > 0) / problem.deliveries_week
            for store, problem in problems.items()
        ]
        self._pairs = self._listed_pairs()
        self._budget = np.array([problem.budget_week for problem in problems.values()])
        self._has_floor = np.array(
            [bool(np.isfinite(problem.min_sales_week)) for problem in problems.values()]
        )
        counts = [(facings[store] > 0).astype(np.float64) for store in problems]
        self._listed: Floats = np.sum(counts, axis=0)
        self._own_price: Floats = np.zeros(len(self._stores))
        least = self._spend(self._pairs.least)
        self._least_spend = np.bincount(self._pairs.store, least, len(self._stores))

    def _listed_pairs(self) -> _Pairs:
        parts = []
        for s, (store, problem) in enumerate(self._problems.items()):
            on = np.flatnonzero(self._facings[store] > 0)
            least, most = stock_bounds(problem, self._facings[store], self._mean[s])
            parts.append(
                (np.full(len(on), s), on, self._mean[s][on], least[on], most[on],
                 problem.price[on], problem.unit_cost[on], problem.spend_cost[on],
                 problem.waste_share[on], problem.demand_cv[on],
                 np.full(len(on), problem.deliveries_week))
            )  # fmt: skip
        return _Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    # ---- stock at given prices

    def _at(self, prices: ChainPrices, close: float = CLOSE) -> Floats | None:
        """Stock per cycle of every listed pair, each store's own limits kept.

        ``close``: the relative rest of its own budget that a store may leave at its price. None
        where a store cannot pay its least stock, or reach its sales floor.
        """
        if (self._least_spend > self._budget * (1 + TOLERANCE)).any():
            return None
        pairs, coupling = self._pairs, self._coupling
        supplier = coupling.member.T
        by_money = prices.budget - supplier @ prices.min_order
        by_unit = supplier @ prices.max_units
        cost = pairs.unit_cost + by_money[pairs.item] * pairs.spend_cost + by_unit[pairs.item]
        ratio = best_ratio(pairs.price, cost, pairs.waste_share, pairs.demand_cv)
        stock: Floats = np.clip(pairs.mean * ratio, pairs.least, pairs.most)
        spent = np.bincount(pairs.store, self._spend(stock), len(self._stores))
        over = (spent > self._budget) & ~self._has_floor
        if over.any():
            within = self._own_budgets(over, spent - self._budget, cost, close)
            stock = np.where(over[pairs.store], within, stock)
        for s in np.flatnonzero(self._has_floor):
            problem = self._problems[self._stores[s]]
            at_cost = priced(problem, coupling, without_items(prices), int(s))
            facings = self._facings[self._stores[s]]
            own = best_stock(at_cost, facings, self._mean[s], problem.budget_week)
            if own is None:
                return None
            stock[pairs.store == s] = own[facings > 0]
        return stock

    def _own_budgets(self, over: Flags, excess: Floats, cost: Floats, close: float) -> Floats:
        """Stock of the pairs of the stores ``over``, whose own budgets need a price too.

        ``excess``: [store] money above the budget without one; ``cost``: [pair] at the chain's
        prices; ``close``: the relative rest of a budget that may stay. All stores search at once,
        by secants from the own prices of the last call on, and end inside their budgets.
        """
        pairs = self._pairs
        tolerance = max(CLOSE, OWN_REST * close) * self._budget
        inside = pairs.least.copy()
        price = np.maximum(self._own_price, FIRST_OWN_PRICE)
        before, excess_before = np.zeros(len(over)), excess
        low, high = np.zeros(len(over)), np.full(len(over), np.inf)
        open_still = over.copy()
        for step in range(STEPS):
            here = np.flatnonzero(open_still[pairs.store])
            stock, spent = self._at_own(here, cost[here], price)
            now = np.where(open_still, spent - self._budget, excess_before)
            kept = open_still & (now <= 0)
            inside[here] = np.where(kept[pairs.store[here]], stock, inside[here])
            high = np.where(kept, price, high)
            low = np.where(open_still & ~kept, price, low)
            bounded = np.isfinite(high)
            wide = np.where(bounded, high - low > 1e-13 * np.where(bounded, high, 0.0), True)
            open_still &= ~(kept & (now >= -tolerance)) & wide & (low < HIGHEST_PRICE)
            if not open_still.any():
                break
            rise, run = now - excess_before, price - before
            line = price - (now + 0.5 * tolerance) * np.divide(
                run, rise, out=np.zeros_like(run), where=rise != 0
            )
            # Lines lead nowhere where stock jumps: halves every third step.
            useful = (line > low) & (line < high) & (rise != 0) & (step % 3 < 2)
            middle = np.where(bounded, 0.5 * (low + high), 3.0 * price)
            line = np.where(bounded, line, np.minimum(line, 3.0 * price))
            before, excess_before = price, now
            price = np.where(open_still, np.where(useful, line, middle), price)
        self._own_price = np.where(over & np.isfinite(high), high, self._own_price)
        return inside

    def _at_own(self, here: Integers, cost: Floats, own: Floats) -> tuple[Floats, Floats]:
        """Stock of the pairs ``here`` at a price on each store's own budget; money [store]."""
        pairs = self._pairs
        store = pairs.store[here]
        spend_cost, lost = pairs.spend_cost[here], pairs.waste_share[here]
        mean, cv = pairs.mean[here], pairs.demand_cv[here]
        ratio = best_ratio(pairs.price[here], cost + own[store] * spend_cost, lost, cv)
        stock: Floats = np.clip(mean * ratio, pairs.least[here], pairs.most[here])
        sold = expected_sales(mean, stock, cv)
        money = pairs.cycles[here] * spend_cost * (sold + lost * (stock - sold))
        spent: Floats = np.bincount(store, money, len(own)).astype(np.float64)
        return stock, spent

    def _received(self, stock: Floats) -> Floats:
        """Units per week that come in of each pair."""
        pairs = self._pairs
        sold = expected_sales(pairs.mean, stock, pairs.demand_cv)
        received: Floats = pairs.cycles * (sold + pairs.waste_share * (stock - sold))
        return received

    def _spend(self, stock: Floats) -> Floats:
        return self._pairs.spend_cost * self._received(stock)

    def _use(self, stock: Floats) -> Use:
        received, coupling = self._received(stock), self._coupling
        count = len(coupling.supplier_of_item)
        money = np.bincount(self._pairs.item, self._pairs.spend_cost * received, count)
        units = np.bincount(self._pairs.item, received, count)
        order, sent = coupling.member @ money, coupling.member @ units
        return Use(float(money.sum()), order, sent, self._listed)

    def excess(self, use: Use, resource: Resource) -> float:
        """By how much a limit is broken, relative to what is available; above 0: broken.

        A supplier that nothing is listed of is not below its minimum.
        """
        if resource.at_least and not self._coupling.member[resource.supplier] @ use.listed:
            return 0.0
        return resource.excess(use)

    def _excess(self, stock: Floats, resource: Resource) -> float:
        return self.excess(self._use(stock), resource)

    # ---- the prices that keep the limits

    def tuned(
        self, start: ChainPrices | None = None
    ) -> tuple[dict[str, Score], ChainPrices] | None:
        """Stock within budget, maxima and (of suppliers ordered from) minima, and its prices.

        From the prices of ``start`` (none) on, one limit after the other gets the least price
        that keeps it, until none changes. Limits that no stock of these ranges can keep stay
        broken, at the price that comes nearest. None where a store cannot pay its least stock.
        """
        prices = without_items(start or no_prices(self._coupling, len(self._stores)))
        stock = self._at(prices)
        if stock is None:
            return None
        for close in (*LOOSE_PASSES, *[CLOSE] * PASSES):
            before = prices
            stock = self._at(prices, close)
            assert stock is not None  # prices at which a store cannot pay are never kept
            for resource in self._coupling.resources:
                stock, prices = self._settled(stock, prices, resource, close)
            if close == CLOSE and _same(prices, before):
                break
        for resource in self._coupling.resources:
            stock = self._filled(stock, prices, resource)
        return self._scores(stock), prices

    def _settled(
        self, stock: Floats, prices: ChainPrices, resource: Resource, close: float
    ) -> tuple[Floats, ChainPrices]:
        """Stock and prices with one price as high as its limit needs, and no higher."""
        price = prices.of(resource)
        excess = self._excess(stock, resource)
        if -close <= excess <= 0 or (excess <= 0 and price == 0):
            return stock, prices
        if excess <= 0:
            cheap = self._at(prices.with_price(resource, 0.0), close)
            if cheap is None:
                return stock, prices
            if self._excess(cheap, resource) <= 0:
                return cheap, prices.with_price(resource, 0.0)
            return self._bisected(prices, resource, 0.0, price, stock, close)
        top = HIGHEST_PRICE
        if resource.at_least:
            top = self._highest(prices, resource)
        low, high = price, price
        while high < top:
            low, high = high, min(top, 1.5 * high + 0.02)
            trial = self._at(prices.with_price(resource, high), close)
            if trial is None:
                return stock, prices
            stock = trial
            if self._excess(stock, resource) <= 0:
                return self._bisected(prices, resource, low, high, stock, close)
        return stock, prices.with_price(resource, high)

    def _highest(self, prices: ChainPrices, resource: Resource) -> float:
        """The highest price of a supplier's minimum that its stock is tuned with."""
        if self._ordered_from is not None and self._ordered_from[resource.supplier]:
            return dearest_minimum(self._problems, self._coupling, prices, resource.supplier)
        endless = prices.with_price(resource, np.inf)
        return affordable(self._problems, self._coupling, endless).of(resource)

    def _bisected(
        self,
        prices: ChainPrices,
        resource: Resource,
        low: float,
        high: float,
        kept: Floats,
        close: float,
    ) -> tuple[Floats, ChainPrices]:
        """Stock at the least price found that keeps the limit; ``kept``: the stock at ``high``."""
        at_low = self._at(prices.with_price(resource, low), close)
        over = self._excess(at_low, resource) if at_low is not None else 1.0
        under = self._excess(kept, resource)
        for step in range(STEPS):
            if under > -close or high - low <= 1e-12 * max(1.0, high):
                break
            # Where stock jumps, lines lead nowhere: then halves, down to the price of the jump.
            halves = step % 3 == 2 or step >= LINES
            share = 0.5 if halves else float(np.clip(over / (over - under), 0.02, 0.98))
            middle = low + share * (high - low)
            stock = self._at(prices.with_price(resource, middle), close)
            excess = self._excess(stock, resource) if stock is not None else 1.0
            if stock is None or excess > 0:
                low, over = middle, excess
            else:
                high, under, kept = middle, excess, stock
        return kept, prices.with_price(resource, high)

    def _filled(self, stock: Floats, prices: ChainPrices, resource: Resource) -> Floats:
        """The stock with what a jump left of a limit.

        Where demand is certain stock jumps at the final price: both sides of the jump are worth
        the same there, and so is every mixture, of which the limit allows one.
        """
        price = prices.of(resource)
        if price == 0 or self._excess(stock, resource) >= -TOLERANCE:
            return stock
        outside = self._at(prices.with_price(resource, price * (1.0 - 1e-9)))
        if outside is None or self._excess(outside, resource) <= 0:
            return stock
        before = [max(0.0, self._excess(stock, other)) for other in self._coupling.resources]

        def allowed(share: float) -> bool:
            use = self._use((1.0 - share) * stock + share * outside)
            found = [self.excess(use, other) for other in self._coupling.resources]
            return all(now <= then for now, then in zip(found, before, strict=True))

        low, high = 0.0, 1.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if allowed(middle) else (low, middle)
        mixed: Floats = (1.0 - low) * stock + low * outside
        spent = np.bincount(self._pairs.store, self._spend(mixed), len(self._stores))
        return mixed if (spent <= self._budget * (1 + TOLERANCE)).all() else stock

    def _scores(self, stock: Floats) -> dict[str, Score]:
        plans = {}
        for s, (store, problem) in enumerate(self._problems.items()):
            own: Floats = np.zeros(len(problem.item_ids))
            here: Flags = self._pairs.store == s
            own[self._pairs.item[here]] = stock[here]
            plans[store] = score(problem, self._facings[store], own)
        return plans


def _same(one: ChainPrices, other: ChainPrices) -> bool:
    return all(
        np.allclose(before, after, rtol=1e-6, atol=1e-9)
        for before, after in (
            (one.budget, other.budget),
            (one.min_order, other.min_order),
            (one.max_units, other.max_units),
        )
    )
