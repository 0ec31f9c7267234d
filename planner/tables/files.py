"""CSV and Parquet files, read by DuckDB into raw tables."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from planner.tables.collect import Findings
from planner.tables.raw import ColumnsBuilder, RawTable
from planner.tables.scan import Scan, scan

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
BATCH_ROWS = 500_000
NEVER_CLOSED = "unexpected end of data"
"""What the csv module says of it."""
ENCODING_MEND = 'save the file as "CSV UTF-8"'


def connect() -> duckdb.DuckDBPyConnection:
    """A connection without a database, for reading files."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def read_csv(
    path: Path,
    known: Collection[str],
    connection: duckdb.DuckDBPyConnection,
    findings: Findings,
) -> tuple[RawTable | None, Scan | None]:
    """Read a CSV file: UTF-8, with a header, separated by commas, semicolons or tabs.

    ``known`` are the column names that tell the separator. Faults of the file go to
    ``findings``; the table is None where nothing could be read.
    """
    name = path.name
    try:
        seen = scan(path)
    except OSError as error:
        findings.problem(
            name, 1, "", error.strerror or error, "a readable file", "check its permissions"
        )
        return None, None
    if seen.bad_row:
        findings.problem(
            name,
            seen.bad_row,
            "",
            f"byte 0x{seen.bad_byte.hex().upper()}",
            "text encoded as UTF-8, with or without a byte order mark",
            ENCODING_MEND,
        )
        return None, seen
    found = _header(path, known)
    if found is None:
        findings.problem(
            name,
            1,
            "",
            "a quotation mark out of place",
            "a header with the column names",
            "close every quotation mark of the first row",
        )
        return None, seen
    delimiter, header, header_lines = found
    if delimiter != ",":
        findings.survive(name, f"read as separated by {DELIMITERS[delimiter]}", 1)
    lines = seen.line_feeds + (0 if seen.ends_with_line_feed or not seen.size else 1)
    return _body(path, header, delimiter, header_lines, lines, connection, findings), seen


def header_missing(file: str, findings: Findings) -> None:
    """Report a table whose first row is empty although other rows are not."""
    findings.problem(
        file,
        1,
        "",
        "an empty first row",
        "the column names in the first row",
        "remove the empty rows above the column names",
    )


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from enumerate(csv.reader(stream, delimiter=delimiter, strict=True), start=1)


def _header(path: Path, known: Collection[str]) -> tuple[str, tuple[str, ...], int] | None:
    """Separator, cells and lines of the header: what gives the most known column names."""
    best: tuple[tuple[int, int], str, tuple[str, ...], int] | None = None
    for delimiter in DELIMITERS:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            try:
                cells = tuple(cell.strip() for cell in next(reader, []))
            except csv.Error:
                continue
            score = (sum(cell.lower() in known for cell in cells), len(cells))
            if best is None or score > best[0]:
                best = (score, delimiter, cells, reader.line_num)
    return best[1:] if best else None


def _body(
    path: Path,
    header: tuple[str, ...],
    delimiter: str,
    header_lines: int,
    lines: int,
    connection: duckdb.DuckDBPyConnection,
    findings: Findings,
) -> RawTable | None:
    if not any(header):
        if any(any(cell.strip() for cell in record) for _, record in _records(path, delimiter)):
            header_missing(path.name, findings)
            return None
        return RawTable(path.name, (), (), np.empty(0, dtype=np.int64))
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    query = (
        "SELECT * FROM read_csv($path, auto_detect=false, header=false, skip=$skip,"
        f" delim=$delim, quote='\"', escape='\"', strict_mode=true, columns={{{names}}})"
    )
    try:
        builder = ColumnsBuilder(len(header))
        _stream(
            connection,
            query,
            {"path": str(path), "skip": header_lines, "delim": delimiter},
            builder,
        )
    except duckdb.Error:
        # DuckDB stops at the first malformed row and refuses mixed line ends; the csv module
        # reads the latter and finds every one of the former.
        return _slowly(path, header, delimiter, findings)
    columns = builder.columns()
    count = len(columns[0].codes)
    if count == lines - header_lines:
        rows = np.arange(2, count + 2, dtype=np.int64)
    else:
        rows = _row_numbers(path, delimiter)
        if len(rows) != count:
            return _slowly(path, header, delimiter, findings)
    return RawTable(path.name, header, columns, rows).without_blank_rows()


def _stream(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: dict[str, object],
    builder: ColumnsBuilder,
) -> None:
    for batch in connection.sql(query, params=parameters).to_arrow_reader(BATCH_ROWS):
        builder.add_batch(batch.columns)


def _row_numbers(path: Path, delimiter: str) -> NDArray[np.int64]:
    """Row of each record below the header; blank lines are counted as rows, as Excel does."""
    return np.array(
        [row for row, record in _records(path, delimiter) if record and row > 1], dtype=np.int64
    )


def _slowly(
    path: Path, header: tuple[str, ...], delimiter: str, findings: Findings
) -> RawTable | None:
    builder = ColumnsBuilder(len(header))
    rows: list[int] = []
    row, faulty = 0, False
    try:
        for row, record in _records(path, delimiter):
            if row == 1 or not record:
                continue
            if len(record) == len(header):
                builder.add(record)
                rows.append(row)
                continue
            faulty = True
            findings.problem(
                path.name,
                row,
                "",
                f"{len(record)} cells",
                f"{len(header)} cells, as in the header",
                f"give the row as many cells as the header has, separated by"
                f" {DELIMITERS[delimiter]}; put quotation marks around a text that holds one",
            )
    except csv.Error as error:
        faulty = True
        findings.problem(
            path.name,
            row + 1,
            "",
            "a quotation mark that is never closed" if str(error) == NEVER_CLOSED else error,
            "quotation marks only around a whole cell, doubled inside it",
            "close or remove the stray quotation mark",
        )
    if faulty and not rows:
        return None
    return RawTable(
        path.name, header, builder.columns(), np.array(rows, dtype=np.int64), not faulty
    ).without_blank_rows()


def read_parquet(
    path: Path, connection: duckdb.DuckDBPyConnection, findings: Findings
) -> RawTable | None:
    """Read a Parquet file, every value as text; faults go to ``findings``."""
    try:
        described = connection.execute(
            "SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet($path))",
            {"path": str(path)},
        ).fetchall()
        header = tuple(str(name) for (name,) in described)
        builder = ColumnsBuilder(len(header))
        query = "SELECT COLUMNS(*)::VARCHAR FROM read_parquet($path)"
        _stream(connection, query, {"path": str(path)}, builder)
    except duckdb.Error as error:
        findings.problem(
            path.name,
            1,
            "",
            str(error).splitlines()[0],
            "a Parquet file",
            "write the file again as Parquet, or save the table as CSV UTF-8",
        )
        return None
    columns = builder.columns()
    count = len(columns[0].codes) if columns else 0
    rows = np.arange(2, count + 2, dtype=np.int64)
    return RawTable(path.name, header, columns, rows).without_blank_rows()
