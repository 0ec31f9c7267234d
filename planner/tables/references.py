"""Ids, regions and groups that one table takes from another: is each of them there?

One wrong id in a table that others refer to makes every row with the right id look wrong. So the
fault is looked for in that table first; what only follows from it is counted in one line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.tables.collect import Findings, nearest
from planner.tables.columns import Column, tables
from planner.tables.defaults import Tables
from planner.tables.typed import TypedTable

MOST_GUESSED_FROM = 20_000
"""Among more ids than this no near one is looked for: it would take minutes."""
FEW = 10
"""Up to so many values are all named."""
BY_CELL = "locks"
"""Locks are written by people, cell by cell, and reported so."""
NEEDED = (("stores", "store_id"), ("items", "item_id"))


@dataclass(frozen=True)
class _Place:
    """Where a value stands in tables that refer to it."""

    table: TypedTable
    column: str
    positions: list[int]


@dataclass(frozen=True)
class _Cause:
    """A row of the table that is referred to which is probably what is wrong."""

    position: int
    text: str
    """What stands there."""
    reported: bool
    """Whether that row has a problem of its own already."""


@dataclass
class _Uses:
    """How the tables that refer to one column use its values."""

    unknown: dict[str, list[_Place]] = field(default_factory=lambda: defaultdict(list))
    known: Counter[str] = field(default_factory=Counter)
    rows_of_known: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By table: rows of each known value."""

    def rows(self, value: str) -> int:
        return sum(len(place.positions) for place in self.unknown[value])

    def is_weighty(self, value: str, rows_above: int) -> bool:
        """Whether so many rows have an unknown value that they are hardly all misspelt."""
        if self.rows(value) < rows_above:
            return False
        for place in self.unknown[value]:
            usual = self.rows_of_known[place.table.table.name]
            if len(place.positions) > 1 and (
                not usual or 2 * len(place.positions) >= float(np.median(usual))
            ):
                return True
        return len(self.unknown[value]) > 1


def unknown_references(given: Tables, findings: Findings) -> None:
    """Every id, region and group that one table takes from another exists there."""
    targets: dict[tuple[str, str], list[tuple[TypedTable, Column]]] = defaultdict(list)
    for table in tables().values():
        for column in table.columns:
            if column.refers_to is not None and column.name in given[table.name].given:
                targets[column.refers_to].append((given[table.name], column))
    for (name, key), users in targets.items():
        target = given[name]
        needed = (name, key) in NEEDED
        if len(target) and target.complete and not (needed and key not in target.given):
            check_reference(target, key, users, findings)


def check_reference(
    target: TypedTable,
    key: str,
    users: Sequence[tuple[TypedTable, Column]],
    findings: Findings,
) -> None:
    """Report the values of columns that a column of another table should have and has not."""
    known = set(target.frame[key].dropna().astype("str"))
    uses = _uses(known, users)
    if not uses.unknown:
        return
    causes = _causes(target, key, uses)
    for value, cause in causes.items():
        if not cause.reported:
            _report_cause(target, key, value, cause, uses, findings)
        _report_follows(target, key, value, cause, uses, findings)
    near = _Nearest(known, findings)
    allowed = f"a value of {target.table.name}.{key}"
    if len(known) <= FEW:
        allowed += f": {', '.join(sorted(known))}"
    for value, places in uses.unknown.items():
        if value in causes:
            continue
        likely = near.to(value)
        either = f"write {likely}" if likely else "correct it"
        mend = f"{either}, or add {value} to {target.table.name}"
        for place in places:
            _report(place, value, allowed, mend, findings)


def _report(place: _Place, value: str, allowed: str, mend: str, findings: Findings) -> None:
    """One line for all rows with a value, but for locks; every row where every one is wanted."""
    table = place.table
    each = findings.every or table.table.name == BY_CELL
    shown = place.positions if each else place.positions[:1]
    for at in shown:
        file, row = table.place(at)
        more = len(place.positions) - len(shown)
        findings.problem(file, row, place.column, value, allowed, mend, more=more)


class _Nearest:
    """What an unknown value was probably meant to be."""

    def __init__(self, known: set[str], findings: Findings) -> None:
        self._known, self._alike = known, findings.alike

    def to(self, value: str) -> str | None:
        if value in self._alike:
            return self._alike[value]
        return nearest(value, self._known) if len(self._known) < MOST_GUESSED_FROM else None


def _uses(known: set[str], users: Sequence[tuple[TypedTable, Column]]) -> _Uses:
    found = _Uses()
    for table, column in users:
        series = table.frame[column.name].astype("category")
        codes = series.cat.codes.to_numpy()
        counts = np.bincount(codes[codes >= 0], minlength=len(series.cat.categories))
        for code, text in enumerate(series.cat.categories):
            parts = str(text).split(";") if column.type == "list" else [str(text)]
            wrong = next((part for part in parts if part not in known), None)
            if wrong is not None:
                at = np.flatnonzero(codes == code).tolist()
                found.unknown[wrong].append(_Place(table, column.name, at))
            for part in parts:
                if part in known:
                    found.known[part] += int(counts[code])
                    found.rows_of_known[table.table.name].append(int(counts[code]))
    return found


def _causes(target: TypedTable, key: str, uses: _Uses) -> Mapping[str, _Cause]:
    """By unknown value, the row of the target that was probably meant to hold it."""
    column = target.frame[key]
    texts = column.astype("object")
    refused = {
        target.shown(key, at) or f"row {target.place(at)[1]}": _Cause(
            at, target.shown(key, at), reported=True
        )
        for at in np.flatnonzero(column.isna().to_numpy() & (target.table.key == (key,))).tolist()
    }
    twice = column.duplicated().to_numpy() & column.notna().to_numpy()
    if target.table.key == (key,):
        refused |= {
            str(texts.iloc[at]): _Cause(at, str(texts.iloc[at]), reported=True)
            for at in np.flatnonzero(twice).tolist()
        }
    unused = {
        str(texts.iloc[at]): _Cause(at, str(texts.iloc[at]), reported=False)
        for at in np.flatnonzero(~twice & column.notna().to_numpy()).tolist()
        if not uses.known[str(texts.iloc[at])]
    }
    rows_above = column.value_counts()
    causes: dict[str, _Cause] = {}
    for value in sorted(uses.unknown, key=uses.rows, reverse=True):
        for suspects in (refused, unused):
            likely = _likely(value, suspects, len(uses.unknown))
            if likely is None:
                continue
            above = 1 if suspects is refused else int(rows_above[likely])
            if uses.is_weighty(value, above):
                causes[value] = suspects.pop(likely)
                break
    return causes


def _likely(value: str, suspects: Mapping[str, _Cause], unknown: int) -> str | None:
    if not 0 < len(suspects) < MOST_GUESSED_FROM:
        return None
    if len(suspects) == 1 and unknown == 1:
        return next(iter(suspects))
    return nearest(value, suspects)


def _report_cause(
    target: TypedTable, key: str, value: str, cause: _Cause, uses: _Uses, findings: Findings
) -> None:
    file, row = target.place(cause.position)
    where = " and ".join(
        f"{len(place.positions):,} {'row' if len(place.positions) == 1 else 'rows'} of "
        f"{place.table.file}"
        for place in uses.unknown[value]
    )
    findings.problem(
        file,
        row,
        key,
        cause.text,
        f"the {key} that other tables have: none has {cause.text}, and {value}, which "
        f"{target.table.name} lacks, stands in {where}",
        f"write {value} here, or add a row for {value} if {cause.text} is another",
        kind=f"{key} that no table has",
        more=int((target.frame[key] == cause.text).sum()) - 1,
    )


def _report_follows(
    target: TypedTable, key: str, value: str, cause: _Cause, uses: _Uses, findings: Findings
) -> None:
    """One line for all rows, in whatever table, that have a value which is missing above."""
    above, row = target.place(cause.position)
    first, *others = uses.unknown[value]
    file, at = first.table.place(first.positions[0])
    also = ", ".join(f"{len(place.positions):,} of {place.table.file}" for place in others)
    why = f"nothing here: it follows from {above}, row {row}"
    if cause.reported:
        why = f"nothing here, if {above}, row {row} is meant to be {value}: it follows from that"
    findings.problem(
        file,
        at,
        first.column,
        value,
        f"a value of {target.table.name}.{key}",
        f"{why}{f' (as do {also})' if also else ''}",
        kind=f"follows from {above} row {row}",
        more=uses.rows(value) - 1,
        follows=True,
    )
