"""The chain's assortment: every store's plan, beside the common plan and the current range."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

import numpy as np
import pandas as pd

from planner.assortment.amounts import Amounts
from planner.assortment.chain_conflict import chain_conflicts
from planner.assortment.chain_lock_costs import lifted_stores
from planner.assortment.chain_merge import raise_without_plan, with_first_bound, without_chain
from planner.assortment.common import chain_ranking
from planner.assortment.coupled import beside_rivals, chain_of
from planner.assortment.coupling import Coupling, chain_coupling
from planner.assortment.open_core import with_chosen_core
from planner.assortment.parameters import (
    ChainParameters,
    chain_parameters,
    with_reserve,
)
from planner.assortment.planning_assumptions import planning_assumptions
from planner.assortment.problem import Flags, StoreProblem
from planner.assortment.range_groups import changed_ranges, shared_ranges
from planner.assortment.result import (
    Assortment,
    ChainPlan,
    LeftOut,
    StoreOutcome,
)
from planner.assortment.rules import Objective, PlanRules
from planner.assortment.solve_settings import SolveSettings
from planner.assortment.store_job import StoreJob, plan_store, unjudged
from planner.assortment.today import facings_today
from planner.assortment.value import MODEL_ERROR, NOWHERE_ERROR
from planner.demand.result import Demand
from planner.errors import Infeasible, NoPlan
from planner.tables.inputs import GENERIC_CURRENCY, Inputs
from planner.workers import StoreExecutor, store_executor

Progress = Callable[[int, int], None]


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
    judge: bool = True,
) -> Assortment:
    """Plan every store, under the limits that they share where there are any.

    ``reserve_cm``: store -> fixture type -> centimetres to leave free, learned from shelves on
    which a plan did not fit; with ``before``, only stores whose reserve changed are solved
    again, and they keep their first bound: that of all the shelf they have. ``executor``: where
    stores are solved; without one, as many processes as the settings say, for this call alone.
    ``rules``: what a scenario asks for beside the input. ``judge``: without it stores that share
    limits get their plans alone, enough for the shelves; a call with ``before`` and nothing new
    then judges them. Raises Infeasible or NoPlan naming the stores.
    """
    rules = rules or PlanRules()
    with (
        nullcontext(executor)
        if executor
        else store_executor(settings.workers, settings.dask) as workers
    ):
        return _planned(
            inputs,
            demand,
            settings,
            reserve_cm or {},
            before,
            progress,
            workers,
            rules,
            judge=judge,
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
    *,
    judge: bool,
) -> Assortment:
    parameters = before.parameters if before else chain_parameters(inputs, demand, rules)
    open_bound = before.open_bound_week if before else None
    if rules.chooses_core and not before:
        parameters, open_bound = with_chosen_core(
            inputs, demand, parameters, parameters.problems, rules, workers.map_stores, settings.gap
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
    coupling = chain_coupling(inputs, parameters.core, rules)
    if rules.max_distinct_ranges is not None and not coupling.binds:
        shared, capless = shared_ranges(
            problems,
            rules.max_distinct_ranges,
            workers.map_stores,
            settings.time_limit_seconds,
            before,
        )
        if before is None:
            # Where the core was chosen too, the bound without the cap is that of one core alone.
            open_bound = capless if open_bound is None else open_bound
        else:
            again += [s for s in changed_ranges(shared, before) if s not in again]
            again = [s for s in problems if s in again]
    in_units = inputs.planned_in_units or rules.objective is Objective.UNITS

    def jobs_of(stores: list[str]) -> list[StoreJob]:
        return _jobs(
            inputs,
            demand,
            parameters,
            problems,
            settings,
            stores,
            reserve_cm,
            rules,
            in_units=in_units,
            alone=not coupling.binds and shared is None,
        )

    chain: ChainPlan | None = None
    found: dict[str, StoreOutcome] = {}
    if coupling.binds:
        planned = [s for s in problems if before is None or s not in before.left_out]
        chain, jobs, found = _coupled(
            jobs_of(planned), coupling, settings, workers, before, again, rules, judge=judge
        )
    else:
        jobs = jobs_of(again)
        if shared is not None:
            jobs = [
                dataclasses.replace(job, given=shared.get(job.problem.store_id)) for job in jobs
            ]
    stores = [job.problem.store_id for job in jobs]
    names = [f"store {store}" for store in stores]
    for number, outcome in workers.map_stores(plan_store, jobs, names):
        found[stores[number]] = outcome
        if progress:
            progress(len(found), len(jobs))
    if coupling.binds:
        # A store that the chain was planned without is no part of it, whatever it finds alone.
        alone = [job.problem.store_id for job in jobs if job.coupled is None]
        found |= {store: without_chain(found[store]) for store in alone}
    outcomes = {store: found[store] for store in problems if store in found}
    left_out = before.left_out if before else {}
    raise_without_plan(inputs, {**left_out, **outcomes}, keep_going=settings.keep_going)
    planned_chain = _assortment(
        inputs, demand, parameters, problems, outcomes, before, reserve_cm, chain
    )
    return dataclasses.replace(
        planned_chain,
        open_bound_week=open_bound,
        judged=judge or not coupling.binds,
    )


def _coupled(
    jobs: Sequence[StoreJob],
    coupling: Coupling,
    settings: SolveSettings,
    workers: StoreExecutor,
    before: Assortment | None,
    again: Sequence[str],
    rules: PlanRules,
    *,
    judge: bool,
) -> tuple[ChainPlan | None, list[StoreJob], dict[str, StoreOutcome]]:
    """The chain's plan, and the jobs that judge each store's part of it.

    Without ``judge`` there are the stores' bare plans instead. A store that has no plan of its
    own keeps a job without a part; the others are planned without it where the planner goes on,
    else there is nothing but such jobs. Raises Infeasible or NoPlan for the chain.
    """
    problems = {job.problem.store_id: job.problem for job in jobs}
    seconds, most_ranges = settings.time_limit_seconds, rules.max_distinct_ranges
    chain = chain_of(
        problems,
        coupling,
        workers.map_stores,
        gap=settings.gap,
        time_limit_seconds=seconds,
        before=before.chain if before else None,
        again=again,
        solver=settings.solver,
        most_ranges=most_ranges,
    )
    without = [s for s, plan in chain.plans.items() if plan.score is None]
    if without and chain.broken:
        alone = [job for job in jobs if job.problem.store_id in without]
        rest = [job for job in jobs if job.problem.store_id not in without]
        if not settings.keep_going or not rest:
            return None, alone, {}
        of_rest, further, bare = _coupled(
            rest, coupling, settings, workers, before, again, rules, judge=judge
        )
        return of_rest, [*alone, *further], bare
    if chain.broken:
        if proven := chain_conflicts(problems, coupling, workers.map_stores):
            raise Infeasible("no plan keeps the limits of the chain: " + "; ".join(proven))
        raise NoPlan(
            "no plan was found that keeps the limits of the chain (nor a proof that there is "
            "none): " + "; ".join(chain.broken)
        )
    if not judge:
        return chain, [], {store: unjudged(plan) for store, plan in chain.plans.items()}
    chain, parts = beside_rivals(
        chain,
        problems,
        coupling,
        jobs[0].ranking,
        {job.problem.store_id: job.facings_of_today() for job in jobs},
        workers.map_stores,
        gap=settings.gap,
        time_limit_seconds=seconds,
        most_ranges=most_ranges,
    )
    judging = [dataclasses.replace(job, coupled=parts[job.problem.store_id]) for job in jobs]
    return chain, judging, {}


def _jobs(
    inputs: Inputs,
    demand: Demand,
    parameters: ChainParameters,
    problems: Mapping[str, StoreProblem],
    settings: SolveSettings,
    stores: list[str],
    reserve_cm: Mapping[str, Mapping[str, float]],
    rules: PlanRules,
    *,
    in_units: bool,
    alone: bool,
) -> list[StoreJob]:
    """``alone``: nothing couples the stores, so what their locks cost is each store's own."""
    held = parameters.held
    # A lock of one store is no reason to rank the chain's items, or plan the others, anew.
    opened = [held[s].opened(p) if s in held else p for s, p in problems.items()]
    ranking = chain_ranking(opened, demand)
    mean, error = demand.of_pairs("demand_units_week"), demand.of_pairs("se_units_week")
    relative = np.divide(error, mean, out=np.zeros_like(mean), where=mean > 0)
    never_sold = (demand.pairs["source"] == "model").to_numpy().reshape(mean.shape)
    nowhere = never_sold.all(axis=0)
    model_error = never_sold * np.where(nowhere, NOWHERE_ERROR, MODEL_ERROR)
    facings = facings_today(inputs, demand)
    number = {store: s for s, store in enumerate(demand.store_ids)}
    exact = settings.exact_of(mean.size)

    def lifted(store: str) -> tuple[StoreProblem, ...]:
        if store not in held or not exact or not alone:
            return ()
        in_range = demand.in_range[number[store]]
        return lifted_stores(held[store], problems[store], inputs, rules, in_range)

    return [
        StoreJob(
            problem=problems[store],
            in_range=demand.in_range[number[store]],
            current_facings=facings[number[store]],
            not_candidate=parameters.not_candidate[number[store]],
            buyable=parameters.buyable[number[store]],
            relative_se=relative[number[store]],
            model_error=model_error[number[store]],
            choice_draws=tuple(m.of_store(number[store]) for m in demand.choice_draws),
            ranking=ranking,
            amounts=Amounts(
                "" if in_units else inputs.chain.currency or GENERIC_CURRENCY,
                rules.objective,
                inputs.chain.locale,
            ),
            item_names=tuple(inputs.items["item_name"]),
            reserved_cm=reserve_cm.get(store, {}),
            exact_reasons=exact,
            seed=settings.seed,
            solver=settings.solver,
            gap=settings.gap,
            time_limit_seconds=settings.time_limit_seconds,
            held=held.get(store),
            lifted=lifted(store),
        )
        for store in stores
    ]


def _assortment(
    inputs: Inputs,
    demand: Demand,
    parameters: ChainParameters,
    problems: Mapping[str, StoreProblem],
    outcomes: Mapping[str, StoreOutcome],
    before: Assortment | None,
    reserve_cm: Mapping[str, Mapping[str, float]],
    chain: ChainPlan | None,
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
    return Assortment(
        problems={s: problems[s] for s in stores},
        outcomes={s: merged[s] for s in stores},
        in_range=pd.DataFrame(
            demand.in_range, index=list(demand.store_ids), columns=list(demand.item_ids)
        ),
        reserve_cm={s: dict(widths) for s, widths in reserve_cm.items()},
        chain=chain,
        parameters=parameters,
        left_out=left_out,
        assumptions=(
            *parameters.assumptions,
            *planning_assumptions(demand, parameters, list(merged.values()), reserve_cm, chain),
        ),
    )
