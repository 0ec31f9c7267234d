"""What more of a limit is worth where stores are not planned one by one: at the plan's prices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planner.assortment.forced import MORE_MONEY, more_of
from planner.assortment.problem import StoreProblem
from planner.assortment.result import Known, Limit, Worth

MORE_UNITS = 100.0


def worth_at_prices(problem: StoreProblem, limits: Sequence[Limit]) -> tuple[Worth, ...]:
    """Worth of more of each limit of a store by its shadow price, the dearest first.

    For stores that share limits or a range with others, which are not solved again one by one. A
    price is that of the next little; so much more may be worth less, or more where a whole item
    finds room: nothing bounds it from above (``most_week`` is NaN).
    """
    found = []
    for limit in limits:
        amount, unit = more_of(problem, limit.limit)
        if amount:
            found.append(_priced(limit, unit, amount))
    return tuple(sorted(found, key=lambda worth: (-worth.worth_week, worth.limit)))


def worth_for_chain(limits: Sequence[Limit]) -> tuple[Worth, ...]:
    """The same for the limits that stores share: 100 of money, 100 units, and of a supplier's
    minimum no more than there is; how many stores have to list an item has no such amount."""
    amounts = {"money per week": MORE_MONEY, "units per week": MORE_UNITS}
    found = []
    for one in limits:
        amount = amounts.get(one.unit, 0.0)
        if one.limit.startswith("supplier_min_order:"):
            amount = min(amount, one.available)
        if amount > 0:
            found.append(_priced(one, one.unit, amount))
    return tuple(sorted(found, key=lambda worth: (-worth.worth_week, worth.limit)))


def _priced(limit: Limit, unit: str, amount: float) -> Worth:
    worth = limit.shadow_price * amount
    return Worth(limit.limit, unit, amount, Known.AT_PLAN_PRICES, worth, 0.0, math.nan)
