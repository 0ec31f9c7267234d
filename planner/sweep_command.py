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
    from planner.assortment.solve_settings import SolveSettings
    from planner.assortment.whole_program import Solver
    from planner.progress import progress_bar
    from planner.sweep import sweep as sweep_run

    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; name a folder", param_hint="--out")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise typer.BadParameter(f"{out} is not empty; add --overwrite", param_hint="--out")
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
    columns = ["key", "value", "plan", "objective_week", "bound_week", "gap"]
    warn(found.warnings)
    typer.echo(found.table[columns].to_string(index=False))
    typer.echo(
        f"Planned {len(found.table)} values{answers_reused(found.cache)}. "
        f"Open {out / 'trade_off.html'} in a browser"
    )
