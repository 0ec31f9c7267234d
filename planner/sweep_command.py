"""The command of the trade-off job; thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.options import (
    Cache,
    Dask,
    Data,
    Gap,
    Locks,
    Quiet,
    SolverName,
    TimeLimit,
    Weeks,
    Workers,
    answers_reused,
    usable_cores,
    warn,
)
from planner.out_paths import check_files


def sweep(
    data: Data,
    vary: Annotated[
        list[str],
        typer.Option(help="key=from:to:step or key=a,b,c, a key of scenarios.toml; repeatable"),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the table and the page to")],
    scenario: Annotated[str, typer.Option(help="Scenario that all else is taken from")] = "base",
    locks: Locks = None,
    gap: Gap = 0.005,
    weeks: Weeks = None,
    workers: Workers = None,
    dask: Dask = "",
    time_limit: TimeLimit = 120.0,
    solver: SolverName = "highs",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier sweep in the folder")
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="Where a store has no plan, plan the others at a value"),
    ] = False,
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Plan a chain at several values of a key, and draw what each is worth."""
    import pandas as pd

    from planner.assortment.solve_settings import SolveSettings
    from planner.assortment.whole_program import Solver
    from planner.outputs.trade_off import trade_off_charts
    from planner.progress import progress_bar
    from planner.sweep import NAMES
    from planner.sweep import sweep as sweep_run

    check_files(out, NAMES, overwrite=overwrite)
    settings = SolveSettings(
        gap=gap,
        time_limit_seconds=time_limit,
        workers=workers or usable_cores(),
        dask=dask,
        solver=Solver(solver),
        keep_going=keep_going,
    )
    with progress_bar(quiet=quiet) as progress:
        found = sweep_run(
            data,
            vary,
            out,
            settings=settings,
            scenario=scenario,
            weeks=weeks,
            locks=locks,
            cache=cache,
            progress=lambda done, total: progress("planning values", done, total),
        )
    warn(found.warnings)
    for key, chart in trade_off_charts(found.table, found.base, found.stamp).items():
        typer.echo(f"{key}. {chart.finding}")
        shown = pd.DataFrame(chart.table.rows, columns=chart.table.columns)
        typer.echo(shown.drop(columns="Note", errors="ignore").to_string(index=False))
    typer.echo(
        f"Planned {len(found.table)} values{answers_reused(found.cache)}. "
        f"Open {out / 'trade_off.html'} in a browser"
    )
