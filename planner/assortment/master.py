"""The chain's linear master: the price of each shared limit, from the plans found so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulp

from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    Use,
    use_cost,
    value_of_limits,
    without_resources,
)
from planner.assortment.problem import Flags
from planner.assortment.program import EQUAL, LESS, MORE, Terms, expression, row
from planner.assortment.solver import LiveModel


@dataclass(frozen=True)
class Step:
    """How far a price may go in one round: few plans tell little about what a limit is worth."""

    up: float
    """Share of the price, on top of ``plus``."""
    down: float
    plus: float

    def highest(self, price: float) -> float:
        """The highest price of the round."""
        return (1.0 + self.up) * price + self.plus

    def lowest(self, price: float) -> float:
        """The lowest price of the round."""
        return max(0.0, (1.0 - self.down) * price - self.plus)


FROM_NOTHING = Step(up=1.0, down=1.0, plus=0.25)
NEARBY = Step(up=0.25, down=0.2, plus=0.01)
"""Where prices are about known."""


@dataclass(frozen=True)
class Column:
    """One plan of a store: what it earns before any chain price, and what it uses."""

    value_week: float
    use: Use


@dataclass(frozen=True)
class MasterAnswer:
    """Prices, and the value of the best mixture of the plans known."""

    prices: ChainPrices
    value_week: float
    held_back: bool
    """Some price wanted to change by more than a step."""


def solve_master(
    coupling: Coupling,
    forced: Forced,
    columns: Mapping[str, Sequence[Column]],
    prices: ChainPrices,
    wanted: Flags,
    step: Step = FROM_NOTHING,
) -> MasterAnswer:
    """Prices of budget and suppliers, by the dual of the best mixture of known plans.

    ``maximise sum_sp (value - item prices) lambda_sp``, the plans of each store adding up to
    one, purchases within the budget and the suppliers' maxima and, for suppliers ``wanted``,
    not below their minimum (Dantzig & Wolfe 1960). The prices of items stay as they are;
    broken limits may be bought out at the highest price that this round allows, and what is left
    of a limit is worth the lowest (boxstep: Marsten, Hogan & Blankenship 1975, Operations Research
    23(3)).
    """
    model = pulp.LpProblem("chain", pulp.LpMaximize)
    item_prices = without_resources(prices)
    gain: Terms = []
    limits = [r for r in coupling.resources if not r.at_least or wanted[r.supplier]]
    highest = [step.highest(prices.of(limit)) for limit in limits]
    lowest = [step.lowest(prices.of(limit)) for limit in limits]
    terms: list[Terms] = [[] for _ in limits]
    for s, plans in enumerate(columns.values()):
        mixture: Terms = []
        for p, column in enumerate(plans):
            share = model.add_variable(f"plan_{s}_{p}", 0)
            paid = use_cost(coupling, item_prices, s, column.use)
            gain.append((share, column.value_week - paid))
            mixture.append((share, 1.0))
            for limit, into in zip(limits, terms, strict=True):
                into.append((share, limit.used_by(column.use)))
        model.addConstraint(row(mixture, EQUAL, f"store_{s}", 1.0))
    for number, (limit, into) in enumerate(zip(limits, terms, strict=True)):
        sense = MORE if limit.at_least else LESS
        bought = model.add_variable(f"bought_{number}", 0)
        gain.append((bought, -highest[number]))
        side = 1.0 if limit.at_least else -1.0
        terms_of = [*into, (bought, side)]
        if lowest[number] > 0:
            left = model.add_variable(f"left_{number}", 0)
            gain.append((left, lowest[number]))
            terms_of.append((left, -side))
        model.addConstraint(row(terms_of, sense, f"limit_{number}", limit.available))
    model.setObjective(expression(gain))
    live = LiveModel(model, [variable for variable, _ in gain])
    solution, duals = live.solve_relaxation()
    found = prices
    held_back = False
    for number, limit in enumerate(limits):
        sign = -1.0 if limit.at_least else 1.0
        price = max(0.0, sign * float(duals[live.row[f"limit_{number}"]]))
        held_back |= price >= highest[number] * (1 - 1e-9)
        held_back |= 0 < price <= lowest[number] * (1 + 1e-9)
        found = found.with_price(limit, price)
    value = solution.objective + value_of_limits(coupling, forced, item_prices)
    return MasterAnswer(found, value, held_back)
