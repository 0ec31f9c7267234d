"""Amounts of the objective in sentences: what a plan earns, sells or wastes, in money or units."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.assortment.rules import Objective

OF = {Objective.SALES: " of sales", Objective.WASTE: " of waste"}
VERB = {Objective.SALES: "sells", Objective.UNITS: "sells", Objective.WASTE: "wastes"}
DOES_NOT_PAY = {
    Objective.MARGIN: "what it sells does not pay for its waste, its handling and what it takes "
    "from others",
    Objective.WASTE: "more of it is wasted than it saves of others",
}
LESS_THAN_IT_TAKES = "it sells less than it takes from others"


@dataclass(frozen=True)
class Amounts:
    """How amounts are said; ``currency``: "" means units."""

    currency: str
    objective: Objective = Objective.MARGIN

    def worth(self, value: float) -> str:
        """An amount of the objective."""
        if not math.isfinite(value):
            return "an unknown amount"
        if not self.currency or self.objective is Objective.UNITS:
            return f"{value:,.2f} units"
        return f"{self.money(value)}{OF.get(self.objective, '')}"

    def money(self, value: float) -> str:
        """An amount of money, whatever the objective."""
        return f"{self.currency} {value:,.2f}".lstrip()

    def whole_store(self, objective_week: float) -> str:
        """What a store does with a plan: earns, sells or wastes so much."""
        value = abs(objective_week) if self.objective is Objective.WASTE else objective_week
        amount = self.money(value)
        if self.objective is Objective.UNITS:
            amount = f"{value:,.2f} units"
        return f"{VERB.get(self.objective, 'earns')} about {amount}"

    @property
    def does_not_pay(self) -> str:
        """Why an item would take from the objective."""
        return DOES_NOT_PAY.get(self.objective, LESS_THAN_IT_TAKES)
