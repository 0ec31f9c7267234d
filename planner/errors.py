"""Errors that a person can act on, each with the exit code of the command line."""

from __future__ import annotations

from dataclasses import dataclass
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
    column: str
    value: str
    allowed: str
    mend: str
    cell: str = ""
    """Such as C7, where the file is a sheet with columns of its own; else empty."""

    def __str__(self) -> str:
        place = f"{self.file}, {f'cell {self.cell}' if self.cell else f'row {self.row}'}"
        if self.column:
            place += f", {self.column}"
        return f"{place}: found {self.value!r}; allowed: {self.allowed}. Mend: {self.mend}"


class BadInput(PlannerError):
    """The input cannot be planned; carries every problem found."""

    exit_code = 2

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
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
