"""Problems and assumptions while the input is read: all of them are kept, none is thrown early."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from planner.errors import Problem
from planner.tables.inputs import Assumption

SHOWN_OF_A_KIND = 20
STAGE = "tables"


class Findings:
    """Every problem and assumption found so far.

    Of the same kind in one column the first ``SHOWN_OF_A_KIND`` are listed and the rest counted:
    a million-row file with a wrong column must not bury the other problems.
    """

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._seen: dict[tuple[str, str, str], int] = defaultdict(int)
        self._first_more: dict[tuple[str, str, str], Problem] = {}
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
    ) -> None:
        """Add a problem; ``kind`` (default: what is allowed) groups those listed only in part.

        ``cell``: of a sheet, where it is not that of the row and the column.
        """
        at = max(1, int(row))
        letter = self.letters.get(file, {}).get(column, "")
        cell = cell or (f"{letter}{at}" if letter else "")
        problem = Problem(file, at, column, shortened(value), allowed, mend, cell)
        key = (file, column, kind or allowed)
        self._seen[key] += 1
        if self._seen[key] <= SHOWN_OF_A_KIND:
            self._problems.append(problem)
        else:
            self._first_more.setdefault(key, problem)

    def more(self, file: str, column: str, kind: str, count: int) -> None:
        """Count problems of a kind of which enough are listed already."""
        self._seen[(file, column, kind)] += count

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

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem by file and row, and for each kind cut short how many more there are."""
        more = [
            Problem(
                first.file,
                first.row,
                first.column,
                f"and {self._seen[key] - SHOWN_OF_A_KIND:,} more like this",
                first.allowed,
                first.mend,
                first.cell,
            )
            for key, first in self._first_more.items()
        ]
        return tuple(sorted([*self._problems, *more], key=lambda p: (p.file, p.row)))


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
