"""Errors that a person can act on, each with the exit code of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class PlannerError(Exception):
    """Anything the planner tells a person instead of showing a traceback."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One fault of the input: where it is, what was found, what is allowed, how to mend it."""

    file: str
    row: int
    """0 where the file, the folder or the option is meant as a whole."""
    column: str
    value: str
    allowed: str
    mend: str
    cell: str = ""
    """Such as C7, where the file is a sheet with columns of its own; else empty."""
    more: int = 0
    """Further rows with the same fault, which are counted and not listed."""
    follows: bool = False
    """It is no fault of its own: another problem brings it about, and mending that mends it."""
    kind: str = field(default="", compare=False, repr=False)
    """Problems of one kind in one column are listed in part; empty: what is allowed."""

    @property
    def place(self) -> str:
        """File, row (or cell) and column, and how many more rows are like it."""
        parts = [self.file]
        if self.cell or self.row:
            parts.append(f"cell {self.cell}" if self.cell else f"row {self.row}")
        if self.more:
            what = "cell" if self.cell else "row"
            parts[-1] += f" and {self.more:,} more {what}{'' if self.more == 1 else 's'}"
        return ", ".join([*parts, self.column] if self.column else parts)

    def __str__(self) -> str:
        return f"{self.place}: found {self.value!r}; allowed: {self.allowed}. Mend: {self.mend}"


class BadInput(PlannerError):
    """The input cannot be planned; carries every problem found."""

    exit_code = 2

    def __init__(
        self, problems: list[Problem] | tuple[Problem, ...], *, in_full: bool = False
    ) -> None:
        self.problems = tuple(problems)
        self.in_full = in_full
        """Whether every row is to be shown, not the first of each kind alone."""
        super().__init__(f"{len(self.problems)} input problem(s)")


class Infeasible(PlannerError):
    """No plan satisfies the limits."""

    exit_code = 3


class PartlyPlanned(Infeasible):
    """A run was written, but without the stores that have no plan."""

    def __init__(self, message: str, folder: Path, assumptions: tuple[Any, ...]) -> None:
        self.folder, self.assumptions = folder, assumptions
        super().__init__(message)


class NoPlan(PlannerError):
    """No plan was found within the time limit."""

    exit_code = 4


class WorkersLost(PlannerError):
    """The workers ended before their work was done, again and again."""


class AuditFailed(PlannerError):
    """A finished run does not agree with itself, with its tables or with its data."""

    exit_code = 5

    def __init__(self, findings: list[str] | tuple[str, ...]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} audit finding(s)")
