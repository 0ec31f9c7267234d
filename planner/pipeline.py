"""The main job: tables in, printed planograms and a report out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from planner.assortment.chain import plan_chain
from planner.assortment.chain_lock_costs import with_lock_costs
from planner.assortment.planning_assumptions import missed_gap
from planner.assortment.result import Assortment
from planner.assortment.rules import PlanRules
from planner.assortment.solve_settings import SolveSettings
from planner.cache import ResultCache, cache_folder
from planner.demand.backtest.light import light_backtest
from planner.demand.estimate import estimate
from planner.demand.lock_review import review_locks
from planner.demand.result import Demand
from planner.errors import NoPlan, PartlyPlanned
from planner.inputs_and_scenario import read_inputs_and_scenario
from planner.outputs.assemble import all_assumptions, assemble_contents
from planner.outputs.evidence import evidence_tables
from planner.runs import RunRecord, check_folder, new_run_id, write_run
from planner.scenarios.file import BASE
from planner.shelves.place import Placed, place
from planner.shelves.result import Shelves
from planner.shelves.today import overfull_assumptions, overfull_today
from planner.shelves.weights import PlacementWeights
from planner.tables.inputs import Assumption, Inputs
from planner.workers import StoreExecutor, store_executor

PLACING_ROUNDS = 14

Progress = Callable[[str, int, int], None]
"""Called with the phase, what is done of it, and how much there is."""


def silent(phase: str, done: int, total: int) -> None:
    """Progress that tells nobody."""


@dataclass
class PhaseClock:
    """Seconds per phase of a run."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent


def plan(
    data: Path,
    out: Path | None,
    *,
    settings: SolveSettings,
    weeks: int | None = None,
    locks: Path | None = None,
    scenario: str = BASE,
    overwrite: bool = False,
    progress: Progress = silent,
    cache: bool = False,
) -> tuple[Path, tuple[Assumption, ...]]:
    """Plan a chain and write its run folder; returns the folder and all that was assumed.

    ``scenario``: a block of the scenarios.toml beside the data; the base is the data as it is.
    ``cache``: take what was solved before from the cache of this line of runs, and add to it
    what is solved now. Raises BadInput, Infeasible, NoPlan or WorkersLost; then no run is written.
    Raises PartlyPlanned with the folder of the run where it was written without the stores that
    have no plan.
    """
    run_id = new_run_id(data, scenario)
    folder = out if out is not None else Path("reports") / run_id
    check_folder(folder, overwrite=overwrite)
    kept = ResultCache(cache_folder(folder, data)) if cache else None
    with store_executor(settings.workers, settings.dask, kept) as executor:
        assumed, left_out = _plan(
            data, folder, run_id, settings, weeks, locks, scenario, overwrite, progress, executor
        )
    assumptions = (*assumed, *what_befell(executor))
    if left_out:
        raise PartlyPlanned(left_out, folder, assumptions)
    return folder, assumptions


def what_befell(executor: StoreExecutor) -> list[Assumption]:
    """Warnings of workers and cache: they concern this run, and change nothing in its tables."""
    found = [("workers", "ended unasked; what they were at was done again", executor.lost_workers)]
    if executor.cache is not None:
        damaged, kept = executor.cache.unreadable, executor.cache.unwritable
        found.append(("cache", "damaged results were left out, and found again", damaged))
        found.append(("cache", f"results could not be kept in {executor.cache.folder}", kept))
    return [Assumption("run", *one, warning=True) for one in found if one[-1]]


def _plan(
    data: Path,
    folder: Path,
    run_id: str,
    settings: SolveSettings,
    weeks: int | None,
    locks: Path | None,
    scenario: str,
    overwrite: bool,
    progress: Progress,
    executor: StoreExecutor,
) -> tuple[tuple[Assumption, ...], str]:
    """What was assumed, and the stores that were left out, in words."""
    clock = PhaseClock()
    with clock.phase("tables"):
        progress("reading the tables", 0, 1)
        inputs, chosen = read_inputs_and_scenario(data, locks, scenario, weeks)
    with clock.phase("demand"):
        progress("estimating demand", 0, 1)
        demand = estimate(inputs, weeks=weeks or inputs.chain.horizon_weeks)
    with clock.phase("backtest"):
        progress("foretelling the past", 0, 1)
        scores, noted = light_backtest(inputs, demand.weeks, settings.seed)
    with clock.phase("locks"):
        review = review_locks(inputs)
    assortment, shelves = plan_and_place(
        inputs, demand, settings, clock, progress, executor, chosen.rules, chosen.placement
    )
    overfull = overfull_today(inputs, facings_of_today(assortment))
    assumptions = (
        *missed_gap(assortment, settings.gap),
        *chosen.assumptions(),
        *overfull_assumptions(overfull, len(assortment.plans)),
        *all_assumptions(inputs, demand, (*noted, *review.assumptions), assortment, shelves),
    )
    started = time.perf_counter()
    contents = assemble_contents(
        inputs,
        demand,
        assortment,
        shelves,
        backtest=scores,
        lock_review=review,
        overfull=overfull,
        assumptions=assumptions,
        run_id=run_id,
        scenario=chosen.name,
        objective=chosen.rules.objective,
    )
    record = RunRecord(
        inputs=inputs,
        scenario={
            **chosen.resolved(),
            "objective": contents.stamp.objective,
            "core_items": list(assortment.core_item_ids),
            "weeks": demand.weeks,
            "gap": settings.gap,
            "solver": settings.solver.value,
            "time_limit_seconds_per_store": settings.time_limit_seconds,
        },
        seed=settings.seed,
        seconds=clock.seconds,
        outputs_started=started,
        store_seconds={s: p.seconds for s, p in assortment.plans.items()},
    )
    write_run(
        folder,
        contents,
        evidence_tables(assortment),
        record,
        executor=executor,
        overwrite=overwrite,
        progress=lambda done, total: progress("writing workbooks", done, total),
    )
    return assumptions, _left_out_words(inputs, assortment) if assortment.left_out else ""


def _left_out_words(inputs: Inputs, assortment: Assortment) -> str:
    names = inputs.stores.set_index("store_id")["store_name"]
    lines = [
        f"store {store} ({names[store]}), plan {found.plan.plan}: {'; '.join(found.conflict)}"
        for store, found in assortment.left_out.items()
    ]
    return "planned without the stores that have no plan:\n  " + "\n  ".join(lines)


def plan_and_place(
    inputs: Inputs,
    demand: Demand,
    settings: SolveSettings,
    clock: PhaseClock,
    progress: Progress = silent,
    executor: StoreExecutor | None = None,
    rules: PlanRules | None = None,
    placement: PlacementWeights | None = None,
) -> tuple[Assortment, Shelves]:
    """Plan every store and stand its items on the shelves.

    A plan that fits its fixtures in total but not shelf by shelf sends the store back to be
    solved with that much width left free. Raises NoPlan where that finds no end.
    """

    def solving(done: int, total: int) -> None:
        progress("planning stores", done, total)

    reserve: dict[str, dict[str, float]] = {}
    placed: Placed = {}
    assortment: Assortment | None = None

    def plan_again(*, judge: bool) -> Assortment:
        with clock.phase("assortment"):
            return plan_chain(
                inputs,
                demand,
                settings,
                reserve_cm=reserve,
                before=assortment,
                progress=solving,
                executor=executor,
                rules=rules,
                judge=judge,
            )

    # Stores that share limits are judged once their items stand: each that gives way moves all.
    assortment = plan_again(judge=False)
    for _ in range(PLACING_ROUNDS):
        with clock.phase("shelves"):
            progress("placing items", 0, 1)
            planned = inputs.without_stores(assortment.left_out)
            listed = listed_items(assortment)
            shelves = place(planned, listed, executor=executor, placed=placed, weights=placement)
        if not shelves.unplaced:
            if assortment.judged:
                with clock.phase("assortment"):
                    costs = with_lock_costs(
                        inputs, demand, settings, assortment, executor=executor, rules=rules
                    )
                return costs, shelves
            assortment = plan_again(judge=True)
            continue
        for store, widths in shelves.unplaced.items():
            kept = reserve.setdefault(store, {})
            for kind, width in widths.items():
                kept[kind] = max(width, kept.get(kind, 0.0) * 1.5)
        assortment = plan_again(judge=False)
    stores = ", ".join(shelves.unplaced)
    raise NoPlan(f"items fit in total but not shelf by shelf in stores {stores}")


def facings_of_today(assortment: Assortment) -> pd.DataFrame:
    """Facings of today's range as it is valued: store_id, item_id, facings."""
    parts = [
        pd.DataFrame(
            {"store_id": store, "item_id": list(problem.item_ids), "facings": today.facings}
        )[today.listed]
        for store, problem in assortment.problems.items()
        if (today := assortment.current.get(store)) is not None
    ]
    return pd.concat(parts, ignore_index=True)


def listed_items(assortment: Assortment) -> pd.DataFrame:
    """Listed items of every store with facings, stock per cycle and margin per week."""
    parts = []
    for store, plan in assortment.plans.items():
        if plan.score is not None:
            frame = pd.DataFrame(
                {
                    "store_id": store,
                    "item_id": list(assortment.problems[store].item_ids),
                    "facings": plan.score.facings,
                    "stock_units_cycle": plan.score.stock_units_cycle,
                    "margin_week": plan.score.margin_week,
                }
            )
            parts.append(frame[plan.score.listed])
    return pd.concat(parts, ignore_index=True)
