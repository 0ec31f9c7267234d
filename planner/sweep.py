"""The trade-off job: a key of a scenario at several values, and what the plan is worth at each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from planner.assortment.chain import plan_chain
from planner.assortment.result import proof_words
from planner.assortment.rules import PlanRules
from planner.assortment.solve_settings import SolveSettings
from planner.cache import ResultCache, cache_folder
from planner.demand.estimate import estimate
from planner.demand.result import Demand
from planner.errors import BadInput, Infeasible, NoPlan
from planner.inputs_and_scenario import read_inputs_and_scenario
from planner.outputs.contents import Stamp
from planner.outputs.trade_off import trade_off_page, trade_off_stamp
from planner.pipeline import what_befell
from planner.runs import new_run_id
from planner.scenarios.file import BASE, Scenario, check_with_inputs
from planner.scenarios.variations import OPTION, Variation, read_variations, rules_with
from planner.tables.inputs import Assumption, Inputs
from planner.unfinished import write_together
from planner.workers import StoreExecutor, store_executor

TABLE = "trade_off"
NAMES = tuple(f"{TABLE}.{kind}" for kind in ("parquet", "csv", "html"))
"""Of the files in the folder of a sweep."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sweep:
    """A sweep that was made."""

    table: pd.DataFrame
    """As from ``trade_off``."""
    base: pd.Series
    """Such a row of the scenario as it is; key and value are empty."""
    stamp: Stamp
    warnings: tuple[Assumption, ...]
    """What befell workers and cache; it changes nothing in the table."""
    cache: dict[str, str | int] | None
    """As run.json says it; None without a cache."""


def sweep(
    data: Path,
    vary: Sequence[str],
    out: Path,
    *,
    settings: SolveSettings,
    scenario: str = BASE,
    weeks: int | None = None,
    locks: Path | None = None,
    cache: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Plan a chain at every value and write table and page into the folder ``out``.

    ``vary``: ``key=from:to:step`` or ``key=a,b,c``, keys of scenarios.toml; each key is varied on
    its own, all else as in ``scenario``. ``cache``: that of the runs beside ``out``. Raises
    BadInput, or WorkersLost.
    """
    inputs, chosen = read_inputs_and_scenario(data, locks, scenario, weeks)
    variations = read_variations(vary, chosen)
    for variation in variations:
        for value in variation.values:
            rules = rules_with(chosen, variation.key, value)
            try:
                check_with_inputs(dataclasses.replace(chosen, rules=rules), inputs)
            except BadInput as error:
                found = [dataclasses.replace(p, file=OPTION, row=0) for p in error.problems]
                raise BadInput(found) from error
    kept = ResultCache(cache_folder(out, data)) if cache else None
    with store_executor(settings.workers, settings.dask, kept) as executor:
        demand = estimate(inputs, weeks=weeks or inputs.chain.horizon_weeks)
        quick = dataclasses.replace(settings, exact_reasons=0)
        base = pd.Series(_row(inputs, demand, chosen.rules, quick, executor))
        table = trade_off(inputs, demand, chosen, variations, settings, executor, progress)
    table["base_objective_week"] = base["objective_week"]
    objective, run_id = chosen.rules.objective.value, new_run_id(data, "sweep")
    stamp = trade_off_stamp(inputs, demand, objective, run_id, chosen.name)
    page = trade_off_page(table, base, stamp, settings.gap)
    write_together(
        out,
        {
            f"{TABLE}.parquet": lambda path: table.to_parquet(path, index=False),
            f"{TABLE}.csv": lambda path: table.to_csv(path, index=False),
            f"{TABLE}.html": lambda path: path.write_text(page, encoding="utf-8"),
        },
    )
    warnings = (*chosen.noted, *what_befell(executor))
    return Sweep(table, base, stamp, warnings, kept.said() if kept else None)


def trade_off(
    inputs: Inputs,
    demand: Demand,
    scenario: Scenario,
    variations: Sequence[Variation],
    settings: SolveSettings,
    executor: StoreExecutor,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """A row per key and value: key, value (text), plan, proof, objective_week, bound_week, gap,
    core_items, distinct_ranges, note.

    Plans are those before items are stood on the shelves one by one. A value without a plan keeps
    its row, without figures and with the reason as its note. No item's cost is solved exactly, so
    stores that share no limit are other jobs than those of ``planner plan``: a cache serves one
    sweep after another, not a sweep after a plan.
    """
    quick = dataclasses.replace(settings, exact_reasons=0)
    rows: list[dict[str, object]] = []
    points = [(variation.key, value) for variation in variations for value in variation.values]
    for key, value in points:
        rules = rules_with(scenario, key, value)
        rows.append(_row(inputs, demand, rules, quick, executor, key, str(value)))
        if progress:
            progress(len(rows), len(points))
    return pd.DataFrame(rows)


def _row(
    inputs: Inputs,
    demand: Demand,
    rules: PlanRules,
    settings: SolveSettings,
    executor: StoreExecutor,
    key: str = "",
    value: str = "",
) -> dict[str, object]:
    row: dict[str, object] = {"key": key, "value": value}
    try:
        found = plan_chain(inputs, demand, settings, executor=executor, rules=rules)
    except (Infeasible, NoPlan) as error:
        plan = "infeasible" if isinstance(error, Infeasible) else "none"
        nothing = float("nan")
        figures = dict.fromkeys(("objective_week", "bound_week", "gap"), nothing)
        return {**row, "plan": plan, "proof": "", **figures,
                "core_items": 0, "distinct_ranges": 0, "note": str(error)}  # fmt: skip
    struck = any(plan.proof == "time limit" for plan in found.plans.values())
    ranges = {p.score.listed.tobytes() for p in found.plans.values() if p.score is not None}
    without = ", ".join(found.left_out)
    return {
        **row,
        "plan": "infeasible" if found.left_out else "feasible",
        "proof": proof_words(found.gap, time_limit_struck=struck),
        "objective_week": found.objective_week,
        "bound_week": found.bound_week,
        "gap": found.gap,
        "core_items": len(found.core_item_ids),
        "distinct_ranges": len(ranges),
        "note": f"planned without stores {without}" if without else "",
    }
