"""The command of the trade-off job; thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.options import Data, Gap, Quiet, Weeks, Workers, usable_cores


def sweep(
    data: Data,
    vary: Annotated[
        list[str],
        typer.Option(help="key=from:to:step or key=a,b,c, a key of scenarios.toml; repeatable"),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the table and the page to")],
    scenario: Annotated[str, typer.Option(help="Scenario that all else is taken from")] = "base",
    gap: Gap = 0.005,
    weeks: Weeks = None,
    workers: Workers = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier sweep in the folder")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Plan a chain at several values of a key, and draw what each is worth."""
    from planner.assortment.solve_settings import SolveSettings
    from planner.progress import progress_bar
    from planner.sweep import sweep as sweep_run

    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file; name a folder", param_hint="--out")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise typer.BadParameter(f"{out} is not empty; add --overwrite", param_hint="--out")
    settings = SolveSettings(gap=gap, workers=workers or usable_cores())
    with progress_bar(quiet=quiet) as progress:
        table = sweep_run(
            data,
            vary,
            out,
            settings=settings,
            scenario=scenario,
            weeks=weeks,
            progress=lambda done, total: progress("planning values", done, total),
        )
    columns = ["key", "value", "plan", "objective_week", "bound_week", "gap"]
    typer.echo(table[columns].to_string(index=False))
    typer.echo(f"Open {out / 'trade_off.html'} in a browser")
