"""Amounts of the objective in sentences: what a plan earns, sells or wastes, in money or units."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.assortment.rules import Objective, PlanRules
from planner.number_text import money_text, number_text, number_text_as_given
from planner.tables.inputs import GENERIC_CURRENCY, Inputs

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
    """How amounts are said; ``currency``: "" means units; ``locale``: such as de_DE."""

    currency: str
    objective: Objective = Objective.MARGIN
    locale: str = ""

    def worth(self, value: float) -> str:
        """An amount of the objective."""
        if not math.isfinite(value):
            return "an unknown amount"
        if not self.currency or self.objective is Objective.UNITS:
            return f"{number_text(value, 2, self.locale)} units"
        return f"{self.money(value)}{OF.get(self.objective, '')}"

    def money(self, value: float) -> str:
        """An amount of money, whatever the objective."""
        return money_text(value, self.currency, self.locale)

    def units(self, value: float) -> str:
        """Units of an item, with one decimal."""
        return number_text(value, 1, self.locale)

    def whole(self, value: float) -> str:
        """A count, or centimetres."""
        return number_text(value, 0, self.locale)

    def as_given(self, value: float) -> str:
        """A number with up to three digits that say something."""
        return number_text_as_given(float(f"{value:.3g}"), self.locale)

    def whole_store(self, objective_week: float) -> str:
        """What a store does with a plan: earns, sells or wastes so much."""
        value = abs(objective_week) if self.objective is Objective.WASTE else objective_week
        amount = self.money(value)
        if self.objective is Objective.UNITS:
            amount = f"{number_text(value, 2, self.locale)} units"
        return f"{VERB.get(self.objective, 'earns')} about {amount}"

    @property
    def does_not_pay(self) -> str:
        """Why an item would take from the objective."""
        return DOES_NOT_PAY.get(self.objective, LESS_THAN_IT_TAKES)


def amounts_of(inputs: Inputs, rules: PlanRules) -> Amounts:
    """How amounts of a chain's limits are said, in money whatever a plan is after."""
    currency = "" if inputs.planned_in_units else inputs.chain.currency or GENERIC_CURRENCY
    return Amounts(currency, rules.objective, inputs.chain.locale)
