"""Why an item is in or out: what one item adds after what it takes from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from planner.assortment.amounts import Amounts
from planner.assortment.choice import demand_units_week, switched_demand
from planner.assortment.effects import item_effects
from planner.assortment.limits import without_room
from planner.assortment.problem import Floats, Integers, StoreProblem
from planner.assortment.result import Forcing, Known, StorePlan
from planner.assortment.score import fewest_facings, worth_week
from planner.assortment.stock import stock_bounds, unlimited_stock

WORTH_NAMING = 0.005
"""Money (or units) a week that rounds to nothing on paper."""
WASTE_NAMING = 0.05
"""Units of waste a week that print as none."""
MOST_NAMED = 3


def marginal_values(problem: StoreProblem, facings: Integers, budget_price: float) -> Floats:
    """Objective per week that each item adds: listed ones against leaving them out, others
    against adding them at their fewest facings; stock of every item re-tuned at the price of
    the budget, shelf and counts left out.
    """
    listed = facings > 0
    fewest = fewest_facings(problem, np.ones(len(listed), dtype=bool))
    every = np.arange(len(listed))
    demand = demand_units_week(problem, listed)
    now = _priced_worth(problem, every, facings, demand, budget_price)
    pairs = switched_demand(problem, listed)
    held = np.where(listed[pairs.item], facings[pairs.item], fewest[pairs.item]) * pairs.listed
    then = pairs.sums(
        _priced_worth(problem, pairs.item, held, pairs.demand_units_week, budget_price)
    )
    before = pairs.sums(now[pairs.item])
    values: Floats = np.where(listed, before - then, then - before)
    return values


def _priced_worth(
    problem: StoreProblem, items: Integers, facings: Integers, demand: Floats, budget_price: float
) -> Floats:
    """What each of ``items`` (indices, any number of times) adds to the objective less the price
    of the budget spent, at its best stock; zero without facings."""
    here = problem.only(items)
    mean = demand / problem.deliveries_week
    least, most = stock_bounds(here, facings, mean)
    stock = np.clip(unlimited_stock(here, mean, budget_price), least, most)
    return worth_week(problem, items, facings, demand, stock, budget_price)


def item_reasons(
    problem: StoreProblem,
    plan: StorePlan,
    not_candidate: np.ndarray,
    amounts: Amounts,
    forcing: Mapping[int, Forcing] = MappingProxyType({}),
    names: Sequence[str] = (),
) -> tuple[list[str], Floats]:
    """One sentence per item, why it is in or why not here, and its marginal value per week.

    ``amounts``: how they are said; ``forcing``: by item, what forcing it in costs; ``names``: of
    the items, their ids where not given.
    """
    if plan.score is None:
        raise ValueError(f"store {problem.store_id} has no plan to explain")
    words = _Words(problem, plan, amounts, names or problem.item_ids)
    reasons = []
    for i, listed in enumerate(plan.score.listed):
        if listed:
            reasons.append(words.why_in(i))
        elif not_candidate[i]:
            reasons.append(str(not_candidate[i]))
        else:
            reasons.append(words.why_out(i) + forcing_words(forcing.get(i), amounts, words.names))
    return reasons, words.values


class _Words:
    def __init__(
        self, problem: StoreProblem, plan: StorePlan, amounts: Amounts, names: Sequence[str]
    ) -> None:
        assert plan.score is not None  # checked by the caller
        self.problem, self.score = problem, plan.score
        self.amounts, self.names = amounts, names
        self.prices = {limit.limit: limit.shadow_price for limit in plan.limits}
        budget_price = self.prices.get("budget_week", 0.0)
        facings = plan.score.facings
        self.values = marginal_values(problem, facings, budget_price)
        self.unpriced = marginal_values(problem, facings, 0.0) if budget_price else self.values
        self.effects = item_effects(problem, plan.score)
        self.crowded = without_room(problem)
        self.fewest = fewest_facings(problem, np.ones_like(problem.core))
        width = np.maximum(problem.facing_width_cm * facings, 1e-9)
        self.per_cm = np.where(plan.score.listed, self.values / width, np.inf)

    def why_in(self, item: int) -> str:
        reason = self._adds(item)
        if self.score.stock_units_cycle[item] <= 0:
            reason += "; no stock of it pays here"
        return reason

    def _adds(self, item: int) -> str:
        problem, value = self.problem, self.values[item]
        if problem.core[item]:
            return "core range, in every store"
        locked = "locked in; " if problem.locked_in[item] else ""
        if value < 0:
            held = "" if problem.locked_in[item] else ", kept in by a limit"
            return (
                f"{locked}loses {self._amount(-value)} a week after what it takes from others{held}"
            )
        said = f"{locked}adds {self._amount(value)} a week after what it takes from others"
        return said + self._waste(item)

    def _waste(self, item: int) -> str:
        units = float(self.effects.waste_units_week[item])
        if units < WASTE_NAMING:
            return ""
        cost = float(self.effects.waste_cost_week[item])
        return f"; {self.amounts.units(units)} units of waste" + (
            f" ({self.amounts.money(cost)})" if self.amounts.currency else ""
        )

    def why_out(self, item: int) -> str:
        value, unpriced = float(self.values[item]), float(self.unpriced[item])
        if value < WORTH_NAMING <= unpriced:
            return (
                f"would add {self._amount(unpriced)} a week on its own, but its purchases would "
                "take more from others within the budget"
            )
        if abs(value) < WORTH_NAMING:
            return "would add nothing: hardly any demand here"
        if value < 0:
            return (
                f"would lose {self._amount(-value)} a week: {self.amounts.does_not_pay}"
                f"{self._waste(item)}"
            )
        return self._crowded_out(item, value)

    def _crowded_out(self, item: int, value: float) -> str:
        """Why an item that would add something has no place: the dearest limit it needs."""
        problem, would = self.problem, f"would add {self._amount(value)} a week on its own"
        if self.crowded[item]:
            return f"{would}, but {filled_words(problem, item)}"
        kind, width = problem.fixture_type[item], problem.facing_width_cm[item] * self.fewest[item]
        shelf = self.prices.get(f"shelf_cm:{kind}", 0.0) * width
        place = self.prices.get("max_local_items", 0.0) * (not problem.core[item])
        counts = {
            limit.name: self.prices.get(limit.name, 0.0) * abs(float(limit.coefficients[item]))
            for limit in problem.range_limits
        }
        needs = [
            (place, "a place among the local items", ""),
            (shelf, f"its {width:g} cm of {kind}", self._rival(item)),
            *((price, f"room within the limit {name}", "") for name, price in counts.items()),
        ]
        needs = sorted((need for need in needs if need[0] > 0), key=lambda need: -need[0])
        for number in range(1, len(needs) + 1):
            worth = sum(price for price, _, _ in needs[:number])
            if worth >= value:
                return f"{would}, but {_together(needs[:number], self._amount(worth))}"
        return f"{would}, but no plan with it was better"

    def _rival(self, item: int) -> str:
        """The listed item of the same fixture that would go first: least worth per cm."""
        problem = self.problem
        free = self.score.listed & ~problem.must_list
        same = np.array([kind == problem.fixture_type[item] for kind in problem.fixture_type])
        rivals = np.flatnonzero(free & same)
        if not len(rivals):
            return ""
        return self.names[int(rivals[np.argmin(self.per_cm[rivals])])]

    def _amount(self, value: float) -> str:
        return self.amounts.worth(value)


def filled_words(problem: StoreProblem, item: int) -> str:
    """What leaves no room for an item on its fixture type (``without_room``)."""
    kind = problem.fixture_type[item]
    same = np.array([own == kind for own in problem.fixture_type])
    whose = (("what is locked in", problem.locked_in & ~problem.core), ("the core", problem.core))
    there = [words for words, flags in whose if (flags & same).any()]
    if not there:
        return f"it is wider than all of {kind}"
    return f"{' and '.join(there)} {'fill' if len(there) > 1 else 'fills'} the shelves of {kind}"


def _together(needs: Sequence[tuple[float, str, str]], worth: str) -> str:
    """What an item needs of scarce things and what those are worth elsewhere.

    ``needs``: price, name, and who would give way ("" where nobody alone would).
    """
    things = " and ".join(thing for _, thing, _ in needs)
    rival = next((rival for _, _, rival in needs if rival), "")
    loses = f"loses to {rival}: " if rival else ""
    verb = "are" if len(needs) > 1 or things.startswith("its") else "is"
    together = "together " if len(needs) > 1 else ""
    return f"{loses}{things} {verb} {together}worth about {worth}"


def forcing_words(
    forcing: Forcing | None, amounts: Amounts, names: Sequence[str], whom: str = ""
) -> str:
    """What forcing an item in costs, as well as it is known, to end a reason with.

    ``names``: of the items; ``whom``: whose cost it is, where not the store's own.
    """
    if forcing is None:
        return ""
    if forcing.how is Known.IMPOSSIBLE:
        return "; no plan can hold it within the limits"
    if forcing.how is Known.EXACT and forcing.cost_week <= -WORTH_NAMING:
        gain = amounts.worth(-forcing.cost_week)
        return f"; forcing it in gains {gain} a week, as swaps do not count what is forced"
    if forcing.cost_week < WORTH_NAMING:
        return "; forcing it in costs nothing" if forcing.how is Known.EXACT else ""
    cost, costs = amounts.worth(forcing.cost_week), f"costs {whom}".rstrip()
    if forcing.how is not Known.EXACT:
        return f"; forcing it in {costs} at least {cost} a week"
    gone = ", ".join(names[i] for i in forcing.leaves[:MOST_NAMED])
    out = f" and puts out {gone}" if gone else ""
    return f"; forcing it in {costs} {cost} a week{out}"
