"""The chain's assortment: every store's plan, beside the common plan and the current range."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from planner.assortment.chain_conflict import chain_conflicts
from planner.assortment.chain_forced import chain_forcing
from planner.assortment.chain_merge import raise_without_plan, with_first_bound
from planner.assortment.chain_reasons import chain_reasons
from planner.assortment.common import chain_ranking, common_plan, evaluated_facings
from planner.assortment.conflict_words import conflict_lines
from planner.assortment.coupled import CoupledStore, plan_coupled
from planner.assortment.coupling import Coupling, chain_coupling
from planner.assortment.effects import item_effects
from planner.assortment.forced import explain_plan
from planner.assortment.limits import within_limits
from planner.assortment.open_core import with_chosen_core, with_core
from planner.assortment.parameters import ChainParameters, chain_parameters, with_reserve
from planner.assortment.planning_assumptions import planning_assumptions
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.range_groups import changed_ranges, given_range, shared_ranges
from planner.assortment.reasons import forcing_words, item_reasons, marginal_values
from planner.assortment.result import (
    Assortment,
    ChainPlan,
    Forcing,
    LeftOut,
    StoreOutcome,
    StorePlan,
    Worth,
)
from planner.assortment.rules import Objective, PlanRules
from planner.assortment.score import Score
from planner.assortment.store import at_least, solve_store
from planner.assortment.today import facings_today, score_today
from planner.assortment.value import value_draws
from planner.assortment.ways_out import mended_conflicts
from planner.assortment.whole_program import Solver
from planner.demand.result import ChoiceModel, Demand
from planner.errors import Infeasible, NoPlan
from planner.tables.inputs import GENERIC_CURRENCY, Inputs
from planner.workers import StoreExecutor, store_executor

Progress = Callable[[int, int], None]
CONFLICT_SECONDS = 30.0
"""Time to find what contradicts in a store without a plan, and as much again to mend it."""
SHARED_RANGE = "the stores of its group share one range"
SMALL_CHAIN = 5000
"""Store-item pairs up to which more reasons are solved exactly."""


@dataclass(frozen=True)
class SolveSettings:
    """How hard to solve, and where: relative gap, seconds per store, seed of the draws."""

    gap: float = 0.005
    time_limit_seconds: float = 120.0
    workers: int = 1
    """Processes of this machine, unless there is a Dask cluster."""
    dask: str = ""
    """Address of a Dask scheduler; its own workers count then."""
    seed: int = 1
    solver: Solver = Solver.HIGHS
    """Of each store's own plan; what is asked beside it is solved by HiGHS."""
    keep_going: bool = False
    """Plan the other stores where one has no plan, and leave that one out."""
    exact_reasons: int | None = None
    """Items and limits of each store of which the cost and the worth are solved exactly; None:
    5 on small chains, else 3."""

    def exact_of(self, pairs: int) -> int:
        """How many are solved exactly in a chain of so many store-item pairs."""
        if self.exact_reasons is not None:
            return self.exact_reasons
        return 5 if pairs <= SMALL_CHAIN else 3


@dataclass(frozen=True)
class _StoreJob:
    problem: StoreProblem
    in_range: Flags
    current_facings: Floats
    not_candidate: np.ndarray
    buyable: Flags
    relative_se: Floats
    never_sold: Flags
    choice_draws: tuple[ChoiceModel, ...]
    ranking: Integers
    currency: str
    item_names: tuple[str, ...]
    reserved_cm: Mapping[str, float]
    exact_reasons: int
    settings: SolveSettings
    coupled: CoupledStore | None = None
    """Its part of a chain whose stores share limits; None: the store plans for itself."""
    given: Flags | None = None
    """The range of its group of stores; None: the range is the store's own."""

    @property
    def gap(self) -> float:
        """Relative gap asked for."""
        return self.settings.gap

    @property
    def time_limit_seconds(self) -> float:
        """Of each solve of the store."""
        return self.settings.time_limit_seconds

    def content(self) -> object:
        """What the outcome depends on beside the gap: where it is solved changes nothing."""
        return dataclasses.replace(self, settings=SolveSettings(0.0, 0.0, seed=self.settings.seed))


def plan_chain(
    inputs: Inputs,
    demand: Demand,
    settings: SolveSettings,
    *,
    reserve_cm: Mapping[str, Mapping[str, float]] | None = None,
    before: Assortment | None = None,
    progress: Progress | None = None,
    executor: StoreExecutor | None = None,
    rules: PlanRules | None = None,
) -> Assortment:
    """Plan every store, under the limits that they share where there are any.

    ``reserve_cm``: store -> fixture type -> centimetres to leave free, learned from shelves on
    which a plan did not fit; with ``before``, only stores whose reserve changed are solved
    again, and they keep their first bound: that of all the shelf they have. ``executor``: where
    stores are solved; without one, as many processes as the settings say, for this call alone.
    ``rules``: what a scenario asks for beside the input. Raises Infeasible or NoPlan naming the
    stores.
    """
    rules = rules or PlanRules()
    with (
        nullcontext(executor)
        if executor
        else store_executor(settings.workers, settings.dask) as workers
    ):
        return _planned(
            inputs, demand, settings, reserve_cm or {}, before, progress, workers, rules
        )


def _planned(
    inputs: Inputs,
    demand: Demand,
    settings: SolveSettings,
    reserve_cm: Mapping[str, Mapping[str, float]],
    before: Assortment | None,
    progress: Progress | None,
    workers: StoreExecutor,
    rules: PlanRules,
) -> Assortment:
    parameters = chain_parameters(inputs, demand, rules)
    open_bound = before.open_bound_week if before else None
    if rules.chooses_core and before:
        core = np.isin(demand.item_ids, before.core_item_ids)
        parameters = with_core(inputs, demand, parameters, rules, core)
    elif rules.chooses_core:
        problems = parameters.problems
        parameters, open_bound = with_chosen_core(
            inputs, demand, parameters, problems, rules, workers.map_stores, settings.gap
        )
    problems = with_reserve(parameters.problems, reserve_cm)
    again = list(problems)
    if before:
        again = [
            s
            for s in problems
            if reserve_cm.get(s, {}) != before.reserve_cm.get(s, {}) and s not in before.left_out
        ]
    shared: Mapping[str, Flags] | None = None
    if rules.max_distinct_ranges is not None:
        shared, capless = shared_ranges(
            problems,
            rules.max_distinct_ranges,
            workers.map_stores,
            settings.time_limit_seconds,
            before,
        )
        if before is None:
            open_bound = capless if open_bound is None else min(open_bound, capless)
        else:
            again += [s for s in changed_ranges(shared, before) if s not in again]
            again = [s for s in problems if s in again]
    in_units = inputs.planned_in_units or rules.objective is Objective.UNITS

    def jobs_of(stores: list[str]) -> list[_StoreJob]:
        return _jobs(
            inputs, demand, parameters, problems, settings, stores, reserve_cm, in_units=in_units
        )

    coupling = chain_coupling(inputs, parameters.core, rules)
    chain: ChainPlan | None = None
    outcomes: dict[str, StoreOutcome] = {}
    if coupling.binds:
        planned = [s for s in problems if before is None or s not in before.left_out]
        chain, jobs = _coupled(jobs_of(planned), coupling, settings, workers, before, again)
        again = [job.problem.store_id for job in jobs]
    else:
        jobs = jobs_of(again)
        if shared is not None:
            jobs = [
                dataclasses.replace(job, given=shared.get(job.problem.store_id)) for job in jobs
            ]
    names = [f"store {store}" for store in again]
    for number, outcome in workers.map_stores(_plan_store, jobs, names):
        outcomes[again[number]] = outcome
        if progress:
            progress(len(outcomes), len(jobs))
    outcomes = {store: outcomes[store] for store in again}
    raise_without_plan(inputs, outcomes, keep_going=settings.keep_going)
    found = _assortment(inputs, demand, parameters, problems, outcomes, before, reserve_cm)
    return dataclasses.replace(found, chain=chain, open_bound_week=open_bound)


def _coupled(
    jobs: Sequence[_StoreJob],
    coupling: Coupling,
    settings: SolveSettings,
    workers: StoreExecutor,
    before: Assortment | None,
    again: Sequence[str],
) -> tuple[ChainPlan | None, list[_StoreJob]]:
    """The chain's plan and the jobs with each store's part of it.

    A store that has no plan of its own keeps a job without a part; the others are planned
    without it where the planner goes on, else there is nothing but such jobs. Raises Infeasible
    or NoPlan for the chain.
    """
    problems = {job.problem.store_id: job.problem for job in jobs}
    chain, parts = plan_coupled(
        problems,
        coupling,
        jobs[0].ranking,
        {job.problem.store_id: _facings_of_today(job) for job in jobs},
        workers.map_stores,
        gap=settings.gap,
        time_limit_seconds=settings.time_limit_seconds,
        before=before.chain if before else None,
        again=again,
        solver=settings.solver,
    )
    without = [s for s, plan in chain.plans.items() if plan.score is None]
    if without and not parts:
        alone = [job for job in jobs if job.problem.store_id in without]
        rest = [job for job in jobs if job.problem.store_id not in without]
        if not settings.keep_going or not rest:
            return None, alone
        chain_of_rest, found = _coupled(rest, coupling, settings, workers, before, again)
        return chain_of_rest, [*alone, *found]
    if chain.broken:
        if proven := chain_conflicts(problems, coupling, workers.map_stores):
            raise Infeasible("no plan keeps the limits of the chain: " + "; ".join(proven))
        raise NoPlan(
            "no plan was found that keeps the limits of the chain (nor a proof that there is "
            "none): " + "; ".join(chain.broken)
        )
    return chain, [dataclasses.replace(job, coupled=parts[job.problem.store_id]) for job in jobs]


def _facings_of_today(job: _StoreJob) -> Integers:
    return evaluated_facings(job.problem, job.in_range & job.buyable, job.current_facings)


def _jobs(
    inputs: Inputs,
    demand: Demand,
    parameters: ChainParameters,
    problems: Mapping[str, StoreProblem],
    settings: SolveSettings,
    stores: list[str],
    reserve_cm: Mapping[str, Mapping[str, float]],
    *,
    in_units: bool,
) -> list[_StoreJob]:
    ranking = chain_ranking(list(problems.values()), demand)
    mean, error = demand.of_pairs("demand_units_week"), demand.of_pairs("se_units_week")
    relative = np.divide(error, mean, out=np.zeros_like(mean), where=mean > 0)
    never_sold = (demand.pairs["source"] == "model").to_numpy().reshape(mean.shape)
    facings = facings_today(inputs, demand)
    number = {store: s for s, store in enumerate(demand.store_ids)}
    return [
        _StoreJob(
            problem=problems[store],
            in_range=demand.in_range[number[store]],
            current_facings=facings[number[store]],
            not_candidate=parameters.not_candidate[number[store]],
            buyable=parameters.buyable[number[store]],
            relative_se=relative[number[store]],
            never_sold=never_sold[number[store]],
            choice_draws=tuple(m.of_store(number[store]) for m in demand.choice_draws),
            ranking=ranking,
            currency="" if in_units else inputs.chain.currency or GENERIC_CURRENCY,
            item_names=tuple(inputs.items["item_name"]),
            reserved_cm=reserve_cm.get(store, {}),
            exact_reasons=settings.exact_of(mean.size),
            settings=settings,
        )
        for store in stores
    ]


def _plan_store(job: _StoreJob) -> StoreOutcome:
    if job.coupled is not None:
        part = job.coupled
        forcing = chain_forcing(part, job.settings.time_limit_seconds)
        own = _Plans(part.plan, part.common, part.current, part.overspends_today, forcing)
        return _judged(job, own)
    problem, settings = job.problem, job.settings
    asked = problem if job.given is None else given_range(problem, job.given)
    plan = solve_store(asked, settings.gap, settings.time_limit_seconds, settings.solver)
    if plan.score is None:
        return _without_plan(job, plan)
    common = common_plan(problem, job.ranking, settings.gap, settings.time_limit_seconds).score
    if job.given is not None:
        current, overspends = score_today(problem, _facings_of_today(job))
        return _judged(job, _Plans(plan, common, current, overspends))
    if common is not None and within_limits(problem, common.facings):
        plan = at_least(problem, plan, common)
    explained = explain_plan(problem, plan, job.exact_reasons, settings.time_limit_seconds)
    current, overspends = score_today(problem, _facings_of_today(job))
    own = _Plans(explained.plan, common, current, overspends, explained.forcing, explained.worth)
    return _judged(job, own)


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


def _judged(job: _StoreJob, plans: _Plans) -> StoreOutcome:
    """The plans with what going local is worth, and why each item is in or out."""
    problem, settings, plan = job.problem, job.settings, plans.local
    assert plan.score is not None  # a store without a plan is not judged
    draws = value_draws(
        problem,
        job.in_range,
        job.relative_se,
        settings.seed,
        (plan.score, plans.common or plan.score, plans.current),
        never_sold=job.never_sold,
        choice_draws=job.choice_draws,
    )
    # Where stores share limits the cost is the chain's, and stands after the chain's reasons.
    own = plans.forcing if job.coupled is None else {}
    reasons, marginal = item_reasons(
        problem, plan, job.not_candidate, job.currency, own, job.item_names
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
        reasons, marginal = chain_reasons(job.coupled, reasons, job.not_candidate, job.currency)
        for item, found in plans.forcing.items():
            reasons[item] += forcing_words(found, job.currency, job.item_names, "the chain")
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
    )


def _without_plan(job: _StoreJob, plan: StorePlan) -> StoreOutcome:
    lines: list[str] = ["no plan was found within the time limit"]
    if plan.plan == "infeasible":
        mended = mended_conflicts(job.problem, CONFLICT_SECONDS)
        lines = conflict_lines(job.problem, mended, job.reserved_cm, job.currency)
    nothing = np.zeros(0)
    return StoreOutcome(
        plan, None, None, False, (), nothing, np.zeros((0, 0)), conflict=tuple(lines)
    )


def _assortment(
    inputs: Inputs,
    demand: Demand,
    parameters: ChainParameters,
    problems: Mapping[str, StoreProblem],
    outcomes: Mapping[str, StoreOutcome],
    before: Assortment | None,
    reserve_cm: Mapping[str, Mapping[str, float]],
) -> Assortment:
    merged = dict(before.outcomes) if before else {}
    for store, outcome in outcomes.items():
        if store in merged and outcome.plan.score is not None:
            outcome = with_first_bound(outcome, merged[store].plan.bound_week)
        merged[store] = outcome
    left_out = dict(before.left_out) if before else {}
    for store in [s for s, o in merged.items() if o.plan.score is None]:
        left_out[store] = LeftOut(merged[store].plan, merged.pop(store).conflict)
    stores = [store for store in demand.store_ids if store in merged]
    core = tuple(np.asarray(demand.item_ids, dtype=object)[parameters.core])
    return Assortment(
        problems={s: problems[s] for s in stores},
        outcomes={s: merged[s] for s in stores},
        in_range=pd.DataFrame(
            demand.in_range, index=list(demand.store_ids), columns=list(demand.item_ids)
        ),
        reserve_cm={s: dict(widths) for s, widths in reserve_cm.items()},
        core_item_ids=tuple(str(item) for item in core),
        not_candidate=pd.DataFrame(
            parameters.not_candidate,
            index=list(demand.store_ids),
            columns=list(demand.item_ids),
        ),
        left_out=left_out,
        assumptions=(
            *parameters.assumptions,
            *planning_assumptions(demand, parameters, list(merged.values()), reserve_cm),
        ),
    )
