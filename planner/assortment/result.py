"""Results of the assortment stage, and the words for how sure a plan is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from planner.assortment.effects import Effects
from planner.assortment.problem import Flags, Floats, StoreProblem
from planner.assortment.score import Score

if TYPE_CHECKING:
    # A single store is solved without tables: pandas alone takes half of such a command.
    import pandas as pd

    from planner.assortment.coupling import ChainPrices
    from planner.assortment.parameters import ChainParameters
    from planner.tables.inputs import Assumption

EXACT_GAP = 1e-4
"""Relative gap of a plan and its rival within which their difference is called exact."""
AIM_GAP = 1e-5
"""Relative gap that they are solved to: a cost is often smaller than 0.01 % of a store."""
PROVEN = 1e-6
"""A gap up to this is called optimal: it is the numerical resolution of the solver."""


@dataclass(frozen=True)
class Limit:
    """One limit of a store: how much is used, what one more unit would be worth."""

    limit: str
    unit: str
    used: float
    available: float
    shadow_price: float
    """Dual of the root relaxation, objective per unit; not negative when relaxing helps."""


@dataclass(frozen=True)
class StoreSolution:
    """What one way of solving a store found.

    ``score`` is the exact score of the best plan, None where there is none: proven so unless the
    time limit struck. ``shadow_prices``: limit name -> objective per unit.
    """

    score: Score | None
    bound_week: float
    """No plan is worth more; ``-inf`` where no plan keeps every limit."""
    shadow_prices: Mapping[str, float]
    time_limit_struck: bool


@dataclass(frozen=True)
class StorePlan:
    """The plan of one store, or the proof that there is none."""

    store_id: str
    plan: str
    """feasible, infeasible, or none (no plan within the time limit)."""
    proof: str
    objective_week: float
    """By the exact formulas; -inf where there is no plan, so that nothing can be misread."""
    bound_week: float
    seconds: float = field(compare=False)
    score: Score | None
    limits: tuple[Limit, ...]

    @property
    def gap(self) -> float:
        """Proven distance to the best possible: (bound - objective) / max(1, |objective|)."""
        return relative_gap(self.objective_week, self.bound_week)


class Known(Enum):
    """How well an amount is known."""

    EXACT = "exact"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    IMPOSSIBLE = "not possible"
    AT_PLAN_PRICES = "at the plan's prices"
    """As near as the shadow prices of the plan's limits are."""
    BETWEEN = "between"
    """Only that it lies between what was proven."""


@dataclass(frozen=True)
class Forcing:
    """What the store's objective loses when an item is forced in (or, if listed, out).

    ``cost_week``: by two solves where exact, else the proven least. The truth lies between
    ``least_week`` and ``most_week``. ``leaves`` and ``enters``: other items of the two plans.
    """

    how: Known
    cost_week: float
    least_week: float
    most_week: float
    leaves: tuple[int, ...] = ()
    enters: tuple[int, ...] = ()


@dataclass(frozen=True)
class LockCost:
    """What locks cost: the best objective without them less the best with them, all else as it is.

    Of one lock, or of several together. The truth lies between ``least_week`` and ``most_week``.
    """

    how: Known
    """EXACT, BETWEEN, or IMPOSSIBLE where there is no plan without them."""
    cost_week: float
    """By two solves where exact; else NaN: no number between the two is truer than another."""
    least_week: float
    most_week: float
    leaves: tuple[int, ...] = ()
    """Items listed without the lock that the plan does not list."""
    enters: tuple[int, ...] = ()


@dataclass(frozen=True)
class LockCosts:
    """What every lock costs, and the locks of a store or of the chain together."""

    each: Mapping[str, tuple[LockCost, ...]] = field(default_factory=dict)
    """Store -> cost of each of its locks, in their order; without an entry not solved."""
    of_store: Mapping[str, LockCost] = field(default_factory=dict)
    of_chain: LockCost | None = None
    time_limits_struck: int = 0
    """Programs over several stores at once, behind these costs, that their time limit ended."""


@dataclass(frozen=True)
class Worth:
    """What ``amount`` more of a limit (less, where it asks for at least something) is worth.

    Objective per week; the truth lies between ``least_week`` and ``most_week``.
    """

    limit: str
    unit: str
    amount: float
    how: Known
    worth_week: float
    least_week: float
    most_week: float


@dataclass(frozen=True)
class ChainPlan:
    """Plans of all stores under the limits they share."""

    plans: Mapping[str, StorePlan]
    bound_week: float
    """Upper bound of the whole chain."""
    limits: tuple[Limit, ...]
    """The shared limits: used, available, shadow price."""
    prices: ChainPrices
    closed: Flags
    """[item]: listed by no store, because the chain's limits make it not worth while."""
    broken: tuple[str, ...]
    """Shared limits that no plan was found to keep, in words; empty: the plan is feasible."""
    rounds: int
    """Rounds of prices."""
    store_bounds: Mapping[str, float]
    """Store -> bound of its own program at the chain's prices."""
    stock_prices: ChainPrices
    """Of budget and suppliers, at which the plan's stock was tuned."""
    time_limits_struck: int = 0
    """Programs over several stores at once that their time limit ended: another machine may find
    another plan."""
    missed_by_common: tuple[str, ...] = ()
    """Suppliers whose minimum order the common plan cannot reach: it is valued without them."""

    @property
    def objective_week(self) -> float:
        """Objective of the chain: the sum of its stores, by the exact formulas."""
        return float(sum(plan.objective_week for plan in self.plans.values()))

    @property
    def gap(self) -> float:
        """Proven distance of the chain's plan to the best possible."""
        return relative_gap(self.objective_week, self.bound_week)


@dataclass(frozen=True)
class StoreOutcome:
    """All that is found of one store: its plan and what it is compared with."""

    plan: StorePlan
    common: Score | None
    """None where no prefix of the chain's ranking keeps every limit, or there is no plan."""
    current: Score | None
    """None where there is no plan."""
    overspends_today: bool
    """Today's range cannot be stocked within the budget: it is valued without it."""
    reasons: tuple[str, ...]
    """One sentence per item, in the order of the problem's items."""
    marginal_week: Floats
    """What each item adds to the objective after what it takes from others: listed items
    against leaving them out, others against adding them, shelf and counts left out."""
    draws: Floats
    """Margin under draws of demand: [draw, plan (local, common, current)]."""
    effects: Effects | None = None
    """What each item does; None where there is no plan."""
    forcing: Mapping[int, Forcing] = field(default_factory=dict)
    """By item (number) that is not listed and may be: what forcing it in costs."""
    worth: tuple[Worth, ...] = ()
    """What more of each limit is worth, the dearest first."""
    unit_price_of_chain: Floats | None = None
    """By item: what a unit bought takes of the limits that stores share, at their prices; None
    where nothing is shared."""
    conflict: tuple[str, ...] = ()
    """Why there is no plan, in sentences; empty where there is one."""
    lock_costs: tuple[LockCost, ...] = ()
    """What each lock of a store that plans for itself costs, in their order, and where there are
    several what all of them cost together. Empty where that was not solved."""


@dataclass(frozen=True)
class LeftOut:
    """A store that has no plan while the chain's other stores are planned, and why."""

    plan: StorePlan
    conflict: tuple[str, ...]


@dataclass(frozen=True)
class Assortment:
    """The plan of every store beside the common plan and the current range."""

    problems: Mapping[str, StoreProblem]
    outcomes: Mapping[str, StoreOutcome]
    in_range: pd.DataFrame
    """Flag by store (index) and item (columns): the current range."""
    reserve_cm: Mapping[str, Mapping[str, float]]
    """Store -> fixture type -> centimetres left free so that the items fit shelf by shelf."""
    assumptions: tuple[Assumption, ...]
    parameters: ChainParameters
    """What every store's problem was made of, with the core that was chosen."""
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    """Stores without a plan, where the others were planned without them; the rest of this
    holds the planned stores alone."""
    chain: ChainPlan | None = None
    """What the limits that couple stores did; None where nothing couples them."""
    open_bound_week: float | None = None
    """Upper bound over all that the plan was free to choose for the chain as a whole, such as its
    core; None where it chose nothing but each store's plan."""
    lock_costs: LockCosts = field(default_factory=LockCosts)
    judged: bool = True
    """Whether the rivals, the reasons and the draws of value are there; without them there is
    what shelves need."""

    @property
    def core_item_ids(self) -> tuple[str, ...]:
        """Items of the core range, given or chosen."""
        return tuple(str(item) for item in self.in_range.columns[self.parameters.core])

    @cached_property
    def not_candidate(self) -> pd.DataFrame:
        """Why an item cannot be listed, "" where it can: by store (index) and item (columns)."""
        like = self.in_range
        return type(like)(self.parameters.not_candidate, index=like.index, columns=like.columns)

    @cached_property
    def plans(self) -> Mapping[str, StorePlan]:
        """Store -> its own plan."""
        return {store: outcome.plan for store, outcome in self.outcomes.items()}

    @cached_property
    def common(self) -> Mapping[str, Score]:
        """Store -> its part of the common plan; the local plan stands in where it has none."""
        found = {s: outcome.common or outcome.plan.score for s, outcome in self.outcomes.items()}
        return {store: score for store, score in found.items() if score is not None}

    @cached_property
    def current(self) -> Mapping[str, Score]:
        """Store -> today's range under the same demand."""
        found = {store: outcome.current for store, outcome in self.outcomes.items()}
        return {store: score for store, score in found.items() if score is not None}

    @property
    def objective_week(self) -> float:
        """Objective of the chain: the sum of its stores."""
        return float(sum(plan.objective_week for plan in self.plans.values()))

    @property
    def bound_week(self) -> float:
        """Upper bound of the chain; where nothing couples the stores, their bounds add up."""
        if self.open_bound_week is not None:
            return max(self.open_bound_week, self.objective_week)
        if self.chain is not None:
            return max(self.chain.bound_week, self.objective_week)
        return float(sum(plan.bound_week for plan in self.plans.values()))

    @property
    def gap(self) -> float:
        """Gap of the chain as a whole."""
        return relative_gap(self.objective_week, self.bound_week)


def relative_gap(objective: float, bound: float) -> float:
    """``(bound - objective) / max(1, |objective|)``, at least 0; inf without a plan."""
    if not math.isfinite(objective) or not math.isfinite(bound):
        return math.inf
    return max(0.0, bound - objective) / max(1.0, abs(objective))


def proof_words(gap: float, *, time_limit_struck: bool) -> str:
    """Optimal, within 0.4 %, or time limit: the second level of a plan's status."""
    if gap <= PROVEN:
        return "optimal"
    if time_limit_struck or not math.isfinite(gap):
        return "time limit"
    percent = gap * 100
    digits = max(1, 1 - math.floor(math.log10(percent)))
    rounded = math.ceil(percent * 10**digits - 1e-9) / 10**digits
    return f"within {rounded:.{digits}f} %"
