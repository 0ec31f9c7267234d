"""What several commands share: arguments, options, and how warnings are said."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from planner.tables.inputs import Assumption

Data = Annotated[Path, typer.Argument(help="Folder of CSV or Parquet tables, or an Excel workbook")]
Weeks = Annotated[
    int | None, typer.Option(min=1, max=52, help="Weeks to plan; default: horizon_weeks, or 4")
]
Gap = Annotated[float, typer.Option(min=0.0, max=1.0, help="Proven gap to reach in every store")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes of this machine; default: one per core")
]
Dask = Annotated[
    str,
    typer.Option(
        help="Scheduler of a Dask cluster, as host:port: its workers are used, all of them, "
        "instead of processes of this machine"
    ),
]
TimeLimit = Annotated[float, typer.Option(min=0.1, help="Seconds per store")]
Locks = Annotated[
    Path | None,
    typer.Option(
        help="Locks: a store's workbook with its sheet Locks filled in, a CSV or Parquet file of "
        "locks, or a folder of them such as reports/RUN/planograms"
    ),
]
ScenarioName = Annotated[
    str, typer.Option(help="A block of scenarios.toml beside the data; 'base': the data as is")
]
Cache = Annotated[
    bool,
    typer.Option(
        help="Take stores solved before from the cache beside the runs, and keep those solved now"
    ),
]
SolverName = Annotated[
    Literal["highs", "cbc"],
    typer.Option(help="Who solves a store's program; cbc is slower, and solves it whole"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress")]


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def warn(assumptions: Iterable[Assumption]) -> None:
    """Say every assumption that is a warning."""
    for assumption in assumptions:
        if assumption.warning:
            typer.echo(f"Warning ({assumption.count:,}) {assumption.subject}: {assumption.text}")


def answers_reused(cache: dict[str, int | str] | None) -> str:
    """In brackets, how many answers came from the cache; empty where none did."""
    return f" ({cache['reused']} answers from the cache)" if cache and cache["reused"] else ""
