"""A raw table understood: every cell typed by its column, or reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.tables.collect import Findings, nearest
from planner.tables.columns import Column, Table
from planner.tables.dates import parse_dates
from planner.tables.numbers import has_clear_decimal_comma, not_whole, parse_numbers
from planner.tables.raw import RawColumn, RawTable
from planner.tables.texts import clean_id, clean_list, clean_text, id_fault, text_fault

YES = frozenset({"yes", "true", "1"})
LARGEST = 1e13
"""Above it sums lose the cents."""
ROWS_ABOVE = 10
"""So many rows are looked through for column names that are not in the first."""
NO = frozenset({"no", "false", "0"})


@dataclass(frozen=True)
class TypedTable:
    """A table's typed cells, with what is needed to say where each came from.

    ``frame`` has every column of the table: texts categorical, numbers and integers float64,
    dates datetime64[ns], flags nullable boolean; missing where the cell was empty or refused.
    """

    table: Table
    file: str
    frame: pd.DataFrame
    raw: Mapping[str, RawColumn]
    rows: NDArray[np.int64]
    given: frozenset[str]
    """Columns that the file has."""
    complete: bool = True
    """False: rows of the file could not be read, so an id may be missing here."""
    file_of_row: tuple[str, ...] = ()
    """The file of each row, where the rows are of several files."""

    def place(self, position: int) -> tuple[str, int]:
        """File and row of a position."""
        file = self.file_of_row[position] if self.file_of_row else self.file
        return file, int(self.rows[position])

    def take(self, keep: NDArray[np.bool_]) -> TypedTable:
        """The table on some rows only."""
        return replace(
            self,
            frame=self.frame[keep].reset_index(drop=True),
            raw={name: column.take(keep) for name, column in self.raw.items()},
            rows=self.rows[keep],
            file_of_row=tuple(
                self.place(position)[0] for position in np.flatnonzero(keep).tolist()
            ),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def shown(self, column: str, position: int) -> str:
        """A cell as it was written."""
        return self.raw[column].at(position)

    def report(
        self,
        findings: Findings,
        column: str,
        positions: NDArray[np.int64] | Sequence[int],
        allowed: str,
        mend: str | Callable[[int], str],
        value: str | Callable[[int], str] | None = None,
    ) -> None:
        """One problem for each of the positions; the value is the cell's text if not given."""
        # Rows of several files are kinds of their own, file by file.
        shown = len(positions) if self.file_of_row else findings.most + 1
        for position in positions[:shown]:
            at = int(position)
            found = self.shown(column, at) if value is None else value
            findings.problem(
                *self.place(at),
                column,
                found if isinstance(found, str) else found(at),
                allowed,
                mend if isinstance(mend, str) else mend(at),
            )
        findings.more(self.file, column, allowed, max(0, len(positions) - shown))


def understand(raw: RawTable, table: Table, findings: Findings) -> TypedTable:
    """Type every cell of a raw table; faults and what was assumed go to ``findings``."""
    if (row := _row_of_names(raw, table)) is not None:
        findings.problem(
            raw.file,
            1,
            "",
            ", ".join(filter(None, raw.header)),
            "the column names in the first row",
            f"remove what stands above the column names, which are in row {row}",
        )
        return replace(absent(table), file=raw.file, complete=False)
    columns = _known_columns(raw, table, findings)
    typed = TypedTable(
        table,
        raw.file,
        pd.DataFrame(index=pd.RangeIndex(len(raw.rows))),
        {name: columns.get(name, RawColumn.empty(len(raw.rows))) for name in table.names},
        raw.rows,
        frozenset(columns),
        raw.complete,
    )
    decimal_commas = any(
        has_clear_decimal_comma(columns[column.name].texts)
        for column in table.columns
        if column.is_number and column.name in columns
    )
    for column in table.columns:
        typed.frame[column.name] = _cells(typed, column, decimal_commas, findings)
        if column.required and column.name in typed.given:
            empty = np.flatnonzero(typed.raw[column.name].codes < 0)
            typed.report(findings, column.name, empty, "a value in every row", "fill in the cell")
    return typed


def _row_of_names(raw: RawTable, table: Table) -> int | None:
    """The row of the column names where a title stands above them."""
    if not raw.header or any(name.lower() in table.names for name in raw.header):
        return None
    for position in range(min(len(raw.rows), ROWS_ABOVE)):
        cells = [column.at(position).strip().lower() for column in raw.columns]
        filled = [cell for cell in cells if cell]
        if filled and all(cell in table.names for cell in filled):
            return int(raw.rows[position])
    return None


def _cells(
    typed: TypedTable, column: Column, decimal_commas: bool, findings: Findings
) -> NDArray[np.float64] | NDArray[np.datetime64] | pd.api.extensions.ExtensionArray:
    if column.is_number:
        return _numbers(typed, column, decimal_commas, findings)
    if column.type == "date":
        return _dates(typed, column, findings)
    if column.type == "flag":
        return _flags(typed, column, findings)
    return _texts(typed, column, findings)


def absent(table: Table) -> TypedTable:
    """A table that was not given: no rows."""
    empty = _absent(table)
    return replace(empty, frame=empty.frame.copy())


@cache
def _absent(table: Table) -> TypedTable:
    return understand(RawTable(table.name, (), (), np.empty(0, dtype=np.int64)), table, Findings())


def _known_columns(raw: RawTable, table: Table, findings: Findings) -> dict[str, RawColumn]:
    names = [name.lower() for name in raw.header]
    for name, count in Counter(names).items():
        if count > 1 and name in table.names:
            findings.problem(
                raw.file,
                1,
                name,
                f"{count} columns {name}",
                "one column of each name",
                "remove or rename the others",
            )
    columns = {
        name: column for name, column in zip(names, raw.columns, strict=True) if name in table.names
    }
    missing = [name for name in table.names if name not in columns]
    for name, written, column in zip(names, raw.header, raw.columns, strict=True):
        if name in table.names:
            continue
        filled = int((column.codes >= 0).sum())
        if not written and not filled:
            continue
        likely = nearest(name, missing)
        if table.name == "locks":
            # An empty store means every store: a heading that is not understood would lock all.
            findings.problem(
                raw.file,
                1,
                written,
                written,
                "the columns " + ", ".join(table.names),
                f"rename it to {likely}" if likely else "remove the column",
            )
            continue
        findings.survive(
            f"{table.name}.{written}",
            f"column {written!r} is no column of {table.name} and was left out"
            + (f"; is it meant to be {likely}?" if likely else ""),
            max(1, filled),
            warning=True,
        )
    if raw.header:
        for name in missing:
            if table.column(name).required:
                _missing_column(raw, name, names, table, findings)
    return columns


def _missing_column(
    raw: RawTable, name: str, names: Sequence[str], table: Table, findings: Findings
) -> None:
    unused = [other for other in names if other and other not in table.names]
    likely = nearest(name, unused)
    findings.problem(
        raw.file,
        1,
        name,
        likely or "no such column",
        f"a column {name}: {table.column(name).description}",
        f"rename the column {likely} to {name}" if likely else f"add the column {name}",
        kind=name,
    )


def _at_codes(codes: NDArray[np.int32], chosen: Sequence[int], count: int) -> NDArray[np.int64]:
    """Positions of the cells that hold one of the chosen distinct texts."""
    if not len(chosen):
        return np.empty(0, dtype=np.int64)
    mask = np.zeros(count + 1, dtype=bool)
    mask[list(chosen)] = True
    return np.flatnonzero(mask[codes])


def _numbers(
    typed: TypedTable, column: Column, decimal_commas: bool, findings: Findings
) -> NDArray[np.float64]:
    raw = typed.raw[column.name]
    read = parse_numbers(raw.texts, decimal_commas)
    count = len(raw.texts)
    values = np.append(read.values, np.nan)
    faults = [(fault.codes, fault.allowed, fault.mend) for fault in read.faults]
    below = values < (-np.inf if column.minimum is None else column.minimum)
    above = values > (np.inf if column.maximum is None else column.maximum)
    faults.append(
        (
            tuple(np.flatnonzero(below | above).tolist()),
            column.allowed_in_words,
            f"correct the number{f' ({column.unit})' if column.unit else ''}",
        )
    )
    too_large = np.flatnonzero(np.abs(values) > LARGEST)
    if column.maximum is None and len(too_large):
        faults.append((tuple(too_large.tolist()), "a smaller number", "correct the number"))
    if column.type == "integer":
        whole = "a whole number"
        faults.append((tuple(not_whole(values)), whole, "write the number without decimals"))
    for codes, allowed, mend in faults:
        typed.report(findings, column.name, _at_codes(raw.codes, codes, count), allowed, mend)
        values[list(codes)] = np.nan
    if read.decimal_commas:
        findings.survive(
            f"{typed.table.name}.{column.name}", "decimal commas read as such", read.decimal_commas
        )
    taken: NDArray[np.float64] = values[raw.codes]
    return taken


def _dates(typed: TypedTable, column: Column, findings: Findings) -> NDArray[np.datetime64]:
    raw = typed.raw[column.name]
    read = parse_dates(raw.texts.to_pylist())
    for fault in read.faults:
        at = _at_codes(raw.codes, fault.codes, len(raw.texts))
        typed.report(findings, column.name, at, fault.allowed, fault.mend)
    for text, codes in read.assumptions:
        count = len(_at_codes(raw.codes, codes, len(raw.texts)))
        findings.survive(f"{typed.table.name}.{column.name}", text, count)
    taken: NDArray[np.datetime64] = np.append(read.values, np.datetime64("NaT"))[raw.codes]
    return taken


def _flags(
    typed: TypedTable, column: Column, findings: Findings
) -> pd.api.extensions.ExtensionArray:
    raw = typed.raw[column.name]
    words = [clean_id(text).lower() for text in raw.texts.to_pylist()]
    wrong = [code for code, word in enumerate(words) if word not in YES | NO]
    at = _at_codes(raw.codes, wrong, len(words))
    typed.report(findings, column.name, at, "yes or no", "write yes or no")
    values = np.array([word in YES for word in words] + [False], dtype=bool)
    known = np.array([word in YES | NO for word in words] + [False], dtype=bool)
    return pd.arrays.BooleanArray(values[raw.codes], ~known[raw.codes])


def _texts(typed: TypedTable, column: Column, findings: Findings) -> pd.Categorical:
    raw = typed.raw[column.name]
    written = raw.texts.to_pylist()
    clean = {"id": clean_id, "list": clean_list}.get(column.type, clean_text)
    texts: list[str | None] = [clean(text) for text in written]
    fault_of = id_fault if column.type == "id" else text_fault
    by_fault: dict[tuple[str, str], list[int]] = {}
    for code, text in enumerate(texts):
        if fault := fault_of(text or ""):
            by_fault.setdefault(fault, []).append(code)
    if column.allowed:
        canonical = {word.casefold(): word for word in column.allowed}
        for code, text in enumerate(texts):
            texts[code] = canonical.get((text or "").casefold())
            if texts[code] is None:
                words = column.allowed_in_words
                by_fault.setdefault((words, f"write {words}"), []).append(code)
    for (allowed, mend), codes in by_fault.items():
        at = _at_codes(raw.codes, codes, len(written))
        typed.report(findings, column.name, at, allowed, mend)
    refused = {code for codes in by_fault.values() for code in codes}
    formulas = [c for c, t in enumerate(texts) if t and c not in refused and t[0] in "=+-@"]
    findings.survive(
        f"{typed.table.name}.{column.name}",
        "text that looks like a formula was kept as text",
        len(_at_codes(raw.codes, formulas, len(written))),
    )
    new, categories = pd.factorize(
        np.array([None if c in refused else t or None for c, t in enumerate(texts)], dtype=object)
    )
    cells = np.append(new, -1).astype(np.int32)[raw.codes]
    return pd.Categorical.from_codes(cells, categories=pd.Index(categories, dtype="str"))
