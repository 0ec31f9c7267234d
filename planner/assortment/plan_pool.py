"""The plans of every store met so far, and the best choice among them under the shared limits.

A price leaves each store free to jump from one range to the next, so in a chain of few stores
the plans at one set of prices use too little of a limit or too much of it. An integer program
over all plans met picks those that go together: a restricted master, solved in whole plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pulp

from planner.assortment.chain_stock import score_use
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    dearest_minimum,
    no_prices,
    priced,
    without_items,
)
from planner.assortment.master import Column
from planner.assortment.problem import Integers, StoreProblem
from planner.assortment.program import EQUAL, LESS, MORE, Terms, expression, row
from planner.assortment.score import best_score, score
from planner.assortment.solver import LiveModel, SolveStatus

DEAR = 1e3
"""A price at which stock stands at its least."""
CHOICE_GAP = 1e-4
CHOICE_SECONDS = 20.0


@dataclass(frozen=True)
class _Known:
    """Facings of one store, at several stocks."""

    facings: Integers
    columns: Sequence[Column]


class PlanPool:
    """Plans of every store: each range with its facings at several stocks."""

    def __init__(
        self, problems: Mapping[str, StoreProblem], coupling: Coupling, prices: ChainPrices
    ) -> None:
        self._problems, self._coupling = problems, coupling
        self._known: dict[str, list[_Known]] = {store: [] for store in problems}
        self._seen: dict[str, set[bytes]] = {store: set() for store in problems}
        self.time_limits_struck = 0
        """Choices so far that their time limit ended."""
        self._levels = self._stock_levels(without_items(prices))

    def _stock_levels(self, prices: ChainPrices) -> list[ChainPrices]:
        """Prices that span the stocks of a range: for itself, at the chain's, one limit dear."""
        coupling = self._coupling
        nothing = no_prices(coupling, len(self._problems))
        levels = [nothing, prices]
        for resource in coupling.resources:
            for start in (nothing, prices):
                dear = DEAR
                if resource.at_least:
                    dear = dearest_minimum(self._problems, coupling, start, resource.supplier)
                levels.append(start.with_price(resource, dear))
                price = start.of(resource)
                between = 0.5 * (price + dear) if resource.at_least else 2.0 * price + 0.2
                levels.append(start.with_price(resource, between))
        return levels

    def add(self, store: str, facings: Integers) -> bool:
        """Add a plan; False where it is known, or cannot be paid at all."""
        key = np.ascontiguousarray(facings, dtype=np.int64).tobytes()
        if key in self._seen[store]:
            return False
        self._seen[store].add(key)
        problem = self._problems[store]
        number = list(self._problems).index(store)
        columns = []
        stocks: set[bytes] = set()
        for level in self._levels:
            found = best_score(priced(problem, self._coupling, level, number), facings)
            if found is None:
                return False
            stock = found.stock_units_cycle
            if np.isfinite(stock).all() and stock.tobytes() not in stocks:
                stocks.add(stock.tobytes())
                plan = score(problem, facings, stock)
                use = score_use(self._coupling, problem, plan)
                columns.append(Column(plan.objective_week, use))
        self._known[store].append(_Known(facings, columns))
        return bool(columns)

    def columns(self) -> dict[str, list[Column]]:
        """Every plan of every store at every stock, for the linear master."""
        return {
            s: [c for known in plans for c in known.columns] for s, plans in self._known.items()
        }

    def best_choice(self, forced: Forced) -> dict[str, Integers] | None:
        """Facings of all stores that together are worth most and keep every shared limit.

        Between two stocks of one range every mixture is allowed: expected sales are concave, so
        the mixture is worth no less than the program says. None where no choice keeps the limits.
        """
        model = pulp.LpProblem("choice", pulp.LpMaximize)
        gain: Terms = []
        coupling = self._coupling
        uses: list[Terms] = [[] for _ in coupling.resources]
        several = [int(i) for i in np.flatnonzero(coupling.all_or_none)]
        listing: dict[int, list[Terms]] = {i: [] for i in several}
        picks: dict[str, list[pulp.LpVariable]] = {}
        for s, (store, plans) in enumerate(self._known.items()):
            picks[store] = []
            own: dict[int, Terms] = {}
            for p, known in enumerate(plans):
                pick = model.add_variable(f"pick_{s}_{p}", 0, 1, pulp.LpInteger)
                picks[store].append(pick)
                shares: Terms = [(pick, -1.0)]
                for c, column in enumerate(known.columns):
                    share = model.add_variable(f"share_{s}_{p}_{c}", 0)
                    shares.append((share, 1.0))
                    gain.append((share, column.value_week))
                    for resource, into in zip(coupling.resources, uses, strict=True):
                        into.append((share, resource.used_by(column.use)))
                model.addConstraint(row(shares, EQUAL, f"shares_{s}_{p}", 0.0))
                for i in several:
                    if known.facings[i] > 0:
                        own.setdefault(i, []).append((pick, 1.0))
            model.addConstraint(row([(v, 1.0) for v in picks[store]], EQUAL, f"one_{s}", 1.0))
            for i, terms in own.items():
                listing[i].append(terms)
        suppliers = {}
        for r, (resource, into) in enumerate(zip(coupling.resources, uses, strict=True)):
            if not resource.at_least:
                model.addConstraint(row(into, LESS, f"limit_{r}", resource.available))
                continue
            k = resource.supplier
            least = 1 if forced.supplier[k] else 0
            suppliers[k] = model.add_variable(f"supplier_{k}", least, 1, pulp.LpInteger)
            terms = [*into, (suppliers[k], -resource.available)]
            model.addConstraint(row(terms, MORE, f"limit_{r}", 0.0))
        for i in several:
            item = model.add_variable(f"item_{i}", int(forced.item[i]), 1, pulp.LpInteger)
            supplier = suppliers.get(int(coupling.supplier_of_item[i]))
            if supplier is not None:
                model.addConstraint(row([(item, 1.0), (supplier, -1.0)], LESS, f"order_{i}"))
            for n, terms in enumerate(listing[i]):
                model.addConstraint(row([*terms, (item, -1.0)], LESS, f"open_{i}_{n}"))
            if coupling.min_stores[i] > 1:
                every = [term for terms in listing[i] for term in terms]
                fewest = (item, -float(coupling.min_stores[i]))
                model.addConstraint(row([*every, fewest], MORE, f"fewest_{i}"))
        model.setObjective(expression(gain))
        live = LiveModel(model, model.variables())
        solution = live.solve(CHOICE_GAP, CHOICE_SECONDS)
        self.time_limits_struck += solution.status is SolveStatus.TIME_LIMIT
        values = solution.values
        if values is None:
            return None
        return {
            store: self._known[store][
                int(np.argmax([values[live.column[pick]] for pick in own_picks]))
            ].facings
            for store, own_picks in picks.items()
        }
