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

STEP = 0.25
"""A price rises in one round by as much as it was plus this: the first plans tell little about
what a limit is worth."""


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
    """Some price wanted to rise by more than a step."""


def solve_master(
    coupling: Coupling,
    forced: Forced,
    columns: Mapping[str, Sequence[Column]],
    prices: ChainPrices,
    wanted: Flags,
) -> MasterAnswer:
    """Prices of budget and suppliers, by the dual of the best mixture of known plans.

    ``maximise sum_sp (value - item prices) lambda_sp``, the plans of each store adding up to
    one, purchases within the budget and the suppliers' maxima and, for suppliers ``wanted``,
    not below their minimum (Dantzig & Wolfe 1960). The prices of items stay as they are;
    broken limits may be bought out, at the largest price that this round allows.
    """
    model = pulp.LpProblem("chain", pulp.LpMaximize)
    item_prices = without_resources(prices)
    gain: Terms = []
    limits = [r for r in coupling.resources if not r.at_least or wanted[r.supplier]]
    highest = [2.0 * prices.of(limit) + STEP for limit in limits]
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
        model.addConstraint(row([*into, (bought, side)], sense, f"limit_{number}",
                                limit.available))  # fmt: skip
    model.setObjective(expression(gain))
    live = LiveModel(model, [variable for variable, _ in gain])
    solution, duals = live.solve_relaxation()
    found = prices
    held_back = False
    for number, limit in enumerate(limits):
        sign = -1.0 if limit.at_least else 1.0
        price = max(0.0, sign * float(duals[live.row[f"limit_{number}"]]))
        held_back |= price >= highest[number] * (1 - 1e-9)
        found = found.with_price(limit, price)
    value = solution.objective + value_of_limits(coupling, forced, item_prices)
    return MasterAnswer(found, value, held_back)
