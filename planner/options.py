"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

Data = Annotated[Path, typer.Argument(help="Folder of CSV or Parquet tables, or an Excel workbook")]
Weeks = Annotated[
    int | None, typer.Option(min=1, max=52, help="Weeks to plan; default: horizon_weeks, or 4")
]
Gap = Annotated[float, typer.Option(min=0.0, max=1.0, help="Proven gap to reach in every store")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes of this machine; default: one per core")
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
