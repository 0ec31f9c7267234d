"""Problems and assumptions while the input is read: all of them are kept, none is thrown early."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from planner.errors import Problem
from planner.tables.columns import tables
from planner.tables.inputs import Assumption

SHOWN_OF_A_KIND = 20
MOST_ROWS = 1_000_000
"""What a sheet of Excel holds, about."""
STAGE = "tables"


class Findings:
    """Every problem and assumption found so far.

    Of the same kind in one column the first 20 are listed and the rest counted, unless ``every``
    is asked for: a million-row file with a wrong column must not bury the other problems.
    """

    def __init__(self, *, every: bool = False) -> None:
        self.every = every
        self.most = MOST_ROWS if every else SHOWN_OF_A_KIND
        self._problems: list[Problem] = []
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._rest: dict[tuple[str, str, str], Problem] = {}
        self.assumptions: list[Assumption] = []
        self.letters: dict[str, Mapping[str, str]] = {}
        """By file (sheet), the letter of each column, where people read it by its cells."""
        self.alike: dict[str, str] = {}
        """What an id that is not known was probably meant to be, where its name tells."""

    def problem(
        self,
        file: str,
        row: int,
        column: str,
        value: object,
        allowed: str,
        mend: str,
        kind: str = "",
        cell: str = "",
        *,
        more: int = 0,
        follows: bool = False,
    ) -> None:
        """Add a problem; ``kind`` (default: what is allowed) groups those listed only in part.

        ``row``: 0 where the file is meant as a whole. ``cell``: of a sheet, where it is not that
        of the row and the column. ``more``: further rows that it is said of too. ``follows``:
        another problem brings it about.
        """
        at = max(0, int(row))
        letter = self.letters.get(file, {}).get(column, "")
        cell = cell or (f"{letter}{at}" if letter else "")
        found = shortened(value)
        self.add(Problem(file, at, column, found, allowed, mend, cell, more, follows, kind))

    def add(self, problem: Problem) -> None:
        """Add a problem as it is."""
        key = (problem.file, problem.column, problem.kind or problem.allowed)
        self._seen[key] += 1
        if self._seen[key] <= self.most:
            self._problems.append(problem)
        elif key not in self._rest:
            self._rest[key] = problem
        else:
            self._count(key, 1 + problem.more)

    def more(self, file: str, column: str, kind: str, count: int) -> None:
        """Count problems of a kind of which enough are listed already."""
        key = (file, column, kind)
        if count and key in self._rest:
            self._count(key, count)

    def _count(self, key: tuple[str, str, str], rows: int) -> None:
        self._rest[key] = replace(self._rest[key], more=self._rest[key].more + rows)

    def assume(
        self, subject: str, text: str, count: int, *, warning: bool = False, default: bool = False
    ) -> None:
        """Add an assumption about ``count`` rows, items or stores; nothing if the count is 0."""
        if count > 0:
            found = Assumption(STAGE, subject, text, int(count), warning, default)
            self.assumptions.append(found)

    def survive(self, subject: str, text: str, count: int, *, warning: bool = False) -> None:
        """Add a fault of ``count`` rows, items or stores that is read around, and how."""
        if count > 0:
            found = Assumption(STAGE, subject, text, int(count), warning, survived=True)
            self.assumptions.append(found)

    def join(self, other: Findings) -> None:
        """Add all that was found of a file that was looked at on its own."""
        for problem in other.problems:
            self.add(problem)
        self.assumptions += other.assumptions

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, causes first: tables that others refer to come before those others.

        Of a kind cut short the first that is not listed says how many more rows there are.
        """
        return tuple(sorted([*self._problems, *self._rest.values()], key=_in_order))


def folded(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems with the first 20 of a kind listed, and the others counted."""
    findings = Findings()
    for problem in problems:
        findings.add(problem)
    return findings.problems


def _in_order(problem: Problem) -> tuple[bool, int, str, int]:
    """A table's faults make faults of the tables that refer to it, so they come first; what only
    follows from another problem comes last."""
    sheet = problem.file.rpartition(", sheet ")[2]
    name = (sheet if sheet != problem.file else Path(problem.file).stem).lower()
    return problem.follows, _depths().get(name, 0), problem.file, problem.row


@cache
def _depths() -> Mapping[str, int]:
    """By table, how many tables stand above it, one referring to the next."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            above = {c.refers_to[0] for c in tables()[name].columns if c.refers_to is not None}
            depths[name] = 1 + max(map(depth, above), default=0)
        return depths[name]

    return {name: depth(name) for name in tables()}


def shortened(value: object, length: int = 80) -> str:
    """A value as text that fits on a line: control characters made visible, the end cut off."""
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )
    return text if len(text) <= length else text[: length - 3] + "..."


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that ``word`` is probably a misspelling of, or None; case does not count."""
    by_spelling = {known.casefold().replace(" ", "_"): known for known in words}
    spelt = word.strip().casefold().replace(" ", "_")
    found = difflib.get_close_matches(spelt, list(by_spelling), n=1, cutoff=0.6)
    return by_spelling[found[0]] if found else None
