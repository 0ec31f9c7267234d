"""Stock of all stores where several shared limits bind at once: one linear program.

``chain_stock.py`` finds one price after the other, which leads nowhere where a supplier's
minimum and its maximum, or two suppliers and the budget, pull at the same items. For given
ranges and facings expected sales are concave in stock, so stock between points of that curve is
a linear program in all limits at once; points are added where it lands until it lies on the
curve.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp, LpAnswer
from planner.assortment.chain_stock import ChainStock, chain_use
from planner.assortment.choice import demand_units_week
from planner.assortment.coupling import ChainPrices, Coupling, no_prices
from planner.assortment.newsvendor import CERTAIN_CV, NEVER_SHORT, expected_sales, stock_ratio
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.score import Score, score, total_objective
from planner.assortment.stock import TOLERANCE, stock_bounds

MOST_PAIRS = 2_000
"""Listed items of all stores up to which this is worth its time."""
CHANCES = (0.97, 0.85, 0.65, 0.45, 0.3, 0.15, 0.05, 0.01, 1e-4, NEVER_SHORT)
"""Chances of running out whose stocks are the first points."""
DUST = 1e-6
"""Relative excess of a shared limit that counts as numerical dust."""
ROUNDS = 12
ROUNDS_FREE = 4
"""Rounds before limits are tightened by what the curve lies above the points."""


class StockProgram:
    """Ranges and facings of all stores, to be stocked under every limit at once."""

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        facings: Mapping[str, Integers],
        coupling: Coupling,
        minima: Flags,
    ) -> None:
        """``minima``: [supplier] whose minimum is to be reached, where anything is listed of it."""
        self._problems, self._facings, self._coupling = problems, facings, coupling
        stores, items, columns = [], [], []
        for s, (store, problem) in enumerate(problems.items()):
            mean = demand_units_week(problem, facings[store] > 0) / problem.deliveries_week
            least, most = stock_bounds(problem, facings[store], mean)
            on = np.flatnonzero(facings[store] > 0)
            cycles = np.full(len(on), problem.deliveries_week)
            stores.append(np.full(len(on), s))
            items.append(on)
            columns.append(
                [mean[on], least[on], most[on], problem.demand_cv[on], problem.waste_share[on],
                 cycles * problem.price[on], cycles * problem.unit_cost[on],
                 cycles * problem.spend_cost[on], cycles * problem.sales_price[on], cycles]
            )  # fmt: skip
        self._store: Integers = np.concatenate(stores)
        self._item: Integers = np.concatenate(items)
        (self._mean, self._least, self._most, self._cv, self._lost, self._price, self._cost,
         self._spend, self._sales, self._cycles) = (
            np.concatenate(parts) for parts in zip(*columns, strict=True)
        )  # fmt: skip
        self._resources = [
            resource
            for resource in coupling.resources
            if not resource.at_least
            or (minima[resource.supplier] and coupling.member[resource.supplier][self._item].any())
        ]
        self._lp = ArrayLp()

    def tuned(self) -> tuple[dict[str, Score], ChainPrices] | None:
        """The best stock within every limit, and the prices of the shared ones.

        None where no stock of these ranges keeps them.
        """
        if not len(self._item):
            return None
        points = self._first_points()
        lower, upper = self._sides()
        scale = np.maximum(1.0, np.abs(np.where(np.isfinite(upper), upper, lower)))
        margin = np.zeros(len(lower))
        kept: tuple[Floats, LpAnswer] | None = None
        for number in range(ROUNDS):
            answer = self._solve(points, lower + margin, upper - margin)
            if not np.isfinite(answer.value):
                break
            stock = (answer.point.reshape(points.shape) * points).sum(axis=1)
            used = self._rows(self._sold(stock), stock).sum(axis=1)
            over = np.maximum(np.maximum(used - upper, lower - used), 0.0)
            if (over <= 0.1 * TOLERANCE * scale).all():
                kept = stock, answer
                value = self._worth(self._sold(stock), stock).sum()
                if value <= answer.value + TOLERANCE * max(1.0, abs(value)):
                    break
            if number >= ROUNDS_FREE:
                margin = margin + over
            points = np.column_stack([points, stock])
        return None if kept is None else (self._scores(kept[0]), self._prices(kept[1]))

    def _first_points(self) -> Floats:
        """[pair, point]: the ends of every stock, and what suits some chances of running out."""
        ratios = [stock_ratio(np.full(len(self._cv), chance), self._cv) for chance in CHANCES]
        certain = self._cv < CERTAIN_CV
        inner = [self._mean * np.where(certain, 1.0, ratio) for ratio in ratios]
        most = np.where(np.isfinite(self._most), self._most, self._filled(inner[-1]))
        points = np.clip(np.column_stack(inner), self._least[:, None], self._most[:, None])
        return np.column_stack([self._least, points, np.maximum(most, self._least)])

    def _filled(self, enough: Floats) -> Floats:
        """Stock that alone reaches the minimum of the pair's supplier, if the shelf has no end."""
        least = np.append(self._coupling.min_order_week, 0.0)[
            self._coupling.supplier_of_item[self._item]
        ]
        lost = self._spend * self._lost
        more: Floats = np.divide(least, lost, out=np.zeros_like(least), where=lost > 0)
        return enough + more

    def _sold(self, stock: Floats) -> Floats:
        """Expected sales per cycle of [pair] or [pair, point]."""
        several = stock.ndim > 1
        mean = self._mean[:, None] if several else self._mean
        return expected_sales(mean, stock, self._cv[:, None] if several else self._cv)

    def _sides(self) -> tuple[Floats, Floats]:
        """Lower and upper end of every row: shared limits, stores' budgets, sales floors."""
        lower, upper = [], []
        for resource in self._resources:
            lower.append(resource.available if resource.at_least else -INFINITY)
            upper.append(INFINITY if resource.at_least else resource.available)
        for problem in self._problems.values():
            lower += [-INFINITY, problem.min_sales_week]
            upper += [problem.budget_week, INFINITY]
        return np.array(lower), np.array(upper)

    def _rows(self, sold: Floats, stock: Floats) -> Floats:
        """[row, pair, ...]: what each pair takes of every row."""

        def of(values: Floats) -> Floats:
            return values.reshape(values.shape + (1,) * (stock.ndim - 1))

        received = sold + of(self._lost) * (stock - sold)
        spend, sales = of(self._spend) * received, of(self._sales) * sold
        rows = []
        for resource in self._resources:
            use = spend if resource.kind != "max_units" else of(self._cycles) * received
            if resource.kind != "budget":
                use = use * of(self._coupling.member[resource.supplier][self._item])
            rows.append(use)
        for s in range(len(self._problems)):
            here = of((self._store == s).astype(np.float64))
            rows += [here * spend, here * sales]
        return np.array(rows)

    def _worth(self, sold: Floats, stock: Floats) -> Floats:
        """What each pair adds to the objective before listing and facing cost."""

        def of(values: Floats) -> Floats:
            return values.reshape(values.shape + (1,) * (stock.ndim - 1))

        worth: Floats = of(self._price) * sold
        return worth - of(self._cost) * (sold + of(self._lost) * (stock - sold))

    def _solve(self, points: Floats, lower: Floats, upper: Floats) -> LpAnswer:
        """The best mixture of the points of every pair."""
        sold = self._sold(points)
        pairs, count = points.shape
        uses = self._rows(sold, points).reshape(len(lower), pairs * count)
        one = sparse.kron(sparse.eye(pairs), np.ones((1, count)))
        matrix = sparse.csr_matrix(sparse.vstack([sparse.csr_matrix(uses), one]))
        self._lp.load(
            self._worth(sold, points).ravel(),
            np.zeros(pairs * count),
            np.ones(pairs * count),
            matrix,
            np.concatenate([lower, np.ones(pairs)]),
            np.concatenate([upper, np.ones(pairs)]),
        )
        return self._lp.maximise()

    def _prices(self, answer: LpAnswer) -> ChainPrices:
        prices = no_prices(self._coupling, len(self._problems))
        for resource, dual in zip(self._resources, answer.row_dual, strict=False):
            sign = -1.0 if resource.at_least else 1.0
            prices = prices.with_price(resource, max(0.0, sign * float(dual)))
        return prices

    def _scores(self, stock: Floats) -> dict[str, Score]:
        plans = {}
        for s, (store, problem) in enumerate(self._problems.items()):
            own: Floats = np.zeros(len(problem.item_ids))
            here = self._store == s
            own[self._item[here]] = stock[here]
            plans[store] = score(problem, self._facings[store], own)
        return plans


def tuned_together(
    stock: ChainStock,
    tuned: tuple[dict[str, Score], ChainPrices],
    problems: Mapping[str, StoreProblem],
    facings: Mapping[str, Integers],
    coupling: Coupling,
    ordered_from: Flags,
) -> tuple[dict[str, Score], ChainPrices]:
    """``tuned`` of ``stock``, or better stock where several of its prices are at work.

    Minima of suppliers that are not ``ordered_from`` whatever it costs are left broken where
    prices left them so. Chains of many pairs keep what prices found.
    """
    plans, prices = tuned
    use = chain_use(coupling, problems, plans)
    over = {r: stock.excess(use, r) > DUST for r in coupling.resources}
    if not any(over.values()) and sum(prices.of(r) > 0 for r in over) < 2:
        return tuned
    if sum(int((own > 0).sum()) for own in facings.values()) > MOST_PAIRS:
        return tuned
    minima = np.array(ordered_from)
    for resource, broken in over.items():
        if resource.at_least and not broken:
            minima[resource.supplier] = True
    found = StockProgram(problems, facings, coupling, minima).tuned()
    if found is None:
        return tuned
    gained = total_objective(found[0]) - total_objective(plans)
    return found if any(over.values()) or gained > 0 else tuned
