"""The job of one store: its plan beside the rivals, and why each item is in or out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from planner.assortment.amounts import Amounts
from planner.assortment.chain_forced import chain_forcing
from planner.assortment.chain_reasons import chain_reasons
from planner.assortment.common import common_plan, evaluated_facings
from planner.assortment.conflict import MOST_CONFLICTS
from planner.assortment.conflict_words import NOT_FOUND, conflict_lines
from planner.assortment.coupled import CoupledStore
from planner.assortment.effects import item_effects
from planner.assortment.forced import explain_plan
from planner.assortment.limit_worth import worth_at_prices
from planner.assortment.limits import within_limits
from planner.assortment.locks import HeldLocks
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.range_groups import given_range
from planner.assortment.reasons import forcing_words, item_reasons, marginal_values
from planner.assortment.result import Forcing, LockCost, StoreOutcome, StorePlan, Worth
from planner.assortment.score import Score
from planner.assortment.store import at_least, solve_store
from planner.assortment.today import score_today
from planner.assortment.value import value_draws
from planner.assortment.ways_out import mended_conflicts
from planner.assortment.whole_program import Solver
from planner.cache import Keepable
from planner.demand.result import ChoiceModel

CONFLICT_SECONDS = 30.0
"""Time to find what contradicts in a store without a plan, and as much again, shared out among
the conflicts, to mend it."""
SHARED_RANGE = "the stores of its group share one range"


@dataclass(frozen=True)
class StoreJob(Keepable):
    """One store to plan, with all that its outcome depends on; arrays are [item]."""

    problem: StoreProblem
    in_range: Flags
    current_facings: Floats
    not_candidate: np.ndarray
    buyable: Flags
    relative_se: Floats
    model_error: Floats
    """What pairs without any sales err together; 0 for the others."""
    choice_draws: tuple[ChoiceModel, ...]
    ranking: Integers
    amounts: Amounts
    item_names: tuple[str, ...]
    reserved_cm: Mapping[str, float]
    exact_reasons: int
    seed: int
    solver: Solver
    """Of the store's own plan; what is asked beside it is solved by HiGHS."""
    coupled: CoupledStore | None = None
    """Its part of a chain whose stores share limits; None: the store plans for itself."""
    given: Flags | None = None
    """The range of its group of stores; None: the range is the store's own."""
    held: HeldLocks | None = None
    """Its locks; None without any."""
    lifted: tuple[StoreProblem, ...] = ()
    """The store without each of its locks, and without all of several, where their costs are asked
    for and are the store's own."""

    def limit_behind(self, result: StoreOutcome) -> float:
        """A store without a plan was also asked why, in less time than it had for a plan."""
        if result.plan.score is not None:
            return self.time_limit_seconds
        return min(self.time_limit_seconds, CONFLICT_SECONDS / MOST_CONFLICTS)

    def facings_of_today(self) -> Integers:
        """[item]: facings of today's range, as far as it can still be bought."""
        own = self.held.with_own_facings(self.problem) if self.held else self.problem
        return evaluated_facings(own, self.in_range & self.buyable, self.current_facings)


def plan_store(job: StoreJob) -> StoreOutcome:
    """The outcome of one store; without a plan it holds what contradicts instead."""
    if job.coupled is not None:
        part = job.coupled
        forcing = chain_forcing(part, job.time_limit_seconds)
        own = _Plans(part.plan, part.common, part.current, part.overspends_today, forcing)
        return _judged(job, own)
    problem, gap, seconds = job.problem, job.gap, job.time_limit_seconds
    asked = problem if job.given is None else given_range(problem, job.given)
    plan = solve_store(asked, gap, seconds, job.solver)
    if plan.score is None:
        return _without_plan(job, plan)
    common = common_plan(problem, job.ranking, gap, seconds).score
    if job.given is not None:
        current, overspends = score_today(problem, job.facings_of_today())
        worth = worth_at_prices(problem, plan.limits)
        return _judged(job, _Plans(plan, common, current, overspends, worth=worth))
    if common is not None and within_limits(problem, common.facings):
        plan = at_least(problem, plan, common)
    explained = explain_plan(problem, plan, job.exact_reasons, seconds, job.lifted)
    current, overspends = score_today(problem, job.facings_of_today())
    own = _Plans(
        explained.plan,
        common,
        current,
        overspends,
        explained.forcing,
        explained.worth,
        explained.lock_costs,
    )
    return _judged(job, own)


def unjudged(plan: StorePlan) -> StoreOutcome:
    """A store's plan with nothing beside it."""
    return StoreOutcome(plan, None, None, False, (), np.zeros(0), np.zeros((0, 0)))


@dataclass(frozen=True)
class _Plans:
    """A store's plan and its rivals."""

    local: StorePlan
    common: Score | None
    current: Score
    overspends_today: bool
    forcing: Mapping[int, Forcing] = field(default_factory=dict)
    """What listing an item costs the store; the chain, where stores share limits."""
    worth: tuple[Worth, ...] = ()
    lock_costs: tuple[LockCost, ...] = ()


def _judged(job: StoreJob, plans: _Plans) -> StoreOutcome:
    """The plans with what going local is worth, and why each item is in or out."""
    problem, plan = job.problem, plans.local
    assert plan.score is not None  # a store without a plan is not judged
    draws = value_draws(
        problem,
        job.in_range,
        job.relative_se,
        job.seed,
        (plan.score, plans.common or plan.score, plans.current),
        model_error=job.model_error,
        choice_draws=job.choice_draws,
    )
    # Where stores share limits the cost is the chain's, and stands after the chain's reasons.
    own = plans.forcing if job.coupled is None else {}
    reasons, marginal = item_reasons(
        problem, plan, job.not_candidate, job.amounts, own, job.item_names
    )
    if not problem.is_in_money():
        marginal = marginal_values(problem.in_money(), plan.score.facings, 0.0)
    if job.given is not None:
        reasons = [
            f"{reason}; {SHARED_RANGE}" if not listed and not why_not else reason
            for reason, listed, why_not in zip(
                reasons, plan.score.listed, job.not_candidate, strict=True
            )
        ]
    if job.coupled is not None:
        reasons, marginal = chain_reasons(job.coupled, reasons, job.not_candidate, job.amounts)
        for item, found in plans.forcing.items():
            reasons[item] += forcing_words(found, job.amounts, job.item_names, "the chain")
    return StoreOutcome(
        plan,
        plans.common,
        plans.current,
        plans.overspends_today,
        tuple(reasons),
        marginal,
        draws,
        item_effects(problem, plan.score),
        plans.forcing,
        plans.worth,
        None if job.coupled is None else job.coupled.at_prices.unit_cost - problem.unit_cost,
        lock_costs=plans.lock_costs,
    )


def _without_plan(job: StoreJob, plan: StorePlan) -> StoreOutcome:
    lines: list[str] = ["no plan was found within the time limit"]
    if plan.plan == "infeasible":
        mended = mended_conflicts(job.problem, CONFLICT_SECONDS)
        lines = conflict_lines(job.problem, mended, job.reserved_cm, job.amounts) or [NOT_FOUND]
    nothing = np.zeros(0)
    return StoreOutcome(
        plan, None, None, False, (), nothing, np.zeros((0, 0)), conflict=tuple(lines)
    )
