"""Where the tables are: a folder of files, or one workbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from planner.tables.chain import Entry, sheet_entries, toml_entries
from planner.tables.collect import Findings, nearest
from planner.tables.columns import REQUIRED_TABLES, Table, tables
from planner.tables.files import header_missing, read_csv, read_parquet
from planner.tables.inputs import SourceFile
from planner.tables.raw import RawTable
from planner.tables.scan import sha256_of
from planner.tables.workbook import read_workbook

CHAIN = "chain"
NEW_CHAIN_WORKBOOK = "input.xlsx"
KINDS = (".csv", ".parquet")
OTHER_SHEETS = (".xls", ".xlsm", ".xlsb", ".ods")
SOURCE = "a folder with sales, items and stores as CSV or Parquet, or an Excel workbook (.xlsx)"
RUN_FILE = "run.json"
"""By which the folder of a finished run is known."""
QUIET_SHEETS = frozenset({"read me", "columns"})


@dataclass
class Source:
    """What a folder or workbook holds, unread texts still."""

    path: Path
    connection: duckdb.DuckDBPyConnection
    raw: dict[str, RawTable] = field(default_factory=dict)
    """Tables that have a row."""
    files: dict[str, SourceFile] = field(default_factory=dict)
    chain_file: str = "chain.toml"
    chain: dict[str, Entry] = field(default_factory=dict)
    name: str = ""
    """The chain's name if it states none."""


def open_source(path: Path, connection: duckdb.DuckDBPyConnection, findings: Findings) -> Source:
    """Find and read every table of a folder or workbook; faults go to ``findings``."""
    source = Source(
        path, connection, name=path.resolve().stem if path.is_file() else path.resolve().name
    )
    if not path.is_dir():
        if path.is_file() and path.suffix.lower() == ".xlsx":
            _workbook(path, source, findings)
        else:
            findings.problem(str(path), 0, "", *_no_source(path))
        return source
    try:
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
    except OSError as error:
        found, mend = error.strerror or error, "check the folder's permissions"
        findings.problem(str(path), 0, "", found, "a readable folder", mend)
        return source
    workbook = path / NEW_CHAIN_WORKBOOK
    if any(f.suffix.lower() in KINDS and f.stem.lower() in tables() for f in files):
        _folder(files, source, findings)
    elif workbook.is_file():
        _workbook(workbook, source, findings)
        if (path / "chain.toml").is_file():
            text = f"left out, because {workbook.name} has a sheet for the chain's settings"
            findings.assume("chain.toml", text, 1)
    elif any(f.suffix.lower() in KINDS for f in files):
        _folder(files, source, findings)
    else:
        findings.problem(str(path), 0, "", *_no_tables(path, files))
    return source


def _no_source(path: Path) -> tuple[str, str, str]:
    """What a path is that holds no tables, what is allowed, and how to mend it."""
    if not path.exists():
        return "nothing there", SOURCE, "check the spelling of the path"
    kind = path.suffix.lower()
    if kind in KINDS:
        return "one table", SOURCE, f"give the folder that it is in, {path.resolve().parent}"
    if kind in OTHER_SHEETS:
        return f"a {kind} file", SOURCE, "save it as an Excel workbook (.xlsx)"
    return "a file of another kind", SOURCE, "give the folder or the workbook with the tables"


def _no_tables(path: Path, files: list[Path]) -> tuple[str, str, str]:
    """The same for a folder without any table."""
    workbooks = [file.name for file in files if file.suffix.lower() == ".xlsx"]
    if (path / RUN_FILE).is_file():
        return "a finished run", SOURCE, "give the folder that the run was planned from"
    if len(workbooks) == 1 and not workbooks[0].startswith("~"):
        return f"a folder with {workbooks[0]}", SOURCE, f"give the workbook, {path / workbooks[0]}"
    if (path / "tables").is_dir() or (path / "inputs").is_dir():
        return "a folder without tables", SOURCE, "give the folder with sales, items and stores"
    found = "a folder without tables" if files or any(path.iterdir()) else "an empty folder"
    return found, SOURCE, "put sales.csv, items.csv and stores.csv there, or use planner new"


def _folder(files: list[Path], source: Source, findings: Findings) -> None:
    chosen: dict[str, Path] = {}
    for file in files:
        if file.suffix.lower() not in KINDS or file.stem.lower().startswith("readme"):
            continue
        name = file.stem.lower()
        if name not in tables():
            _left_out(file.name, name, source, [f.stem for f in files], findings)
        elif name in chosen:
            findings.problem(
                file.name,
                1,
                "",
                f"{chosen[name].name} and {file.name}",
                "one file for each table",
                "remove one of the two files",
            )
        else:
            chosen[name] = file
    for name, table in tables().items():
        if name in chosen:
            _file(chosen[name], table, source, findings)
        elif table.required:
            unknown = [f.stem for f in files if f.suffix.lower() in KINDS and f.stem not in chosen]
            _missing_table(f"{name}.csv", table, "file", unknown, findings)
    settings = source.path / "chain.toml"
    if settings.is_file():
        source.chain = toml_entries(settings, findings)
        try:
            digest = sha256_of(settings)
        except OSError:
            return
        source.files[CHAIN] = SourceFile(CHAIN, settings, "", len(source.chain), digest)


def _left_out(what: str, name: str, source: Source, present: list[str], findings: Findings) -> None:
    likely = nearest(name, [table for table in tables() if table not in present])
    findings.survive(
        what,
        f"{what} is no input table and was left out"
        + (f"; is it meant to be {likely}?" if likely else ""),
        1,
        warning=True,
    )


def _missing_table(
    file: str, table: Table, kind: str, unknown: list[str], findings: Findings
) -> None:
    likely = nearest(table.name, unknown)
    findings.problem(
        file,
        1,
        "",
        f"no such {kind}",
        f"a {kind} {table.name} with the columns "
        + ", ".join(column.name for column in table.columns if column.required),
        f"rename the {kind} {likely} to {table.name}"
        if likely
        else f"add the {kind}; a row is {table.row}",
    )


def _file(path: Path, table: Table, source: Source, findings: Findings) -> None:
    raw = read_file(path, table, source, findings)
    if raw is None:
        return
    if len(raw.rows):
        source.raw[table.name] = raw
    elif table.required:
        _empty(raw, table, findings)


def read_file(path: Path, table: Table, source: Source, findings: Findings) -> RawTable | None:
    """Read one CSV or Parquet file as the table and record it among the source's files."""
    if path.suffix.lower() == ".csv":
        raw, seen = read_csv(path, table.names, source.connection, findings)
        digest = seen.sha256 if seen else ""
    else:
        try:
            digest = sha256_of(path)
        except OSError as error:
            findings.problem(
                path.name,
                1,
                "",
                error.strerror or error,
                "a readable file",
                "check the file's permissions",
            )
            return None
        raw = read_parquet(path, source.connection, findings)
    if raw is not None and len(raw.rows):
        source.files[table.name] = SourceFile(table.name, path, "", len(raw.rows), digest)
    return raw


def _empty(raw: RawTable, table: Table, findings: Findings) -> None:
    findings.problem(
        raw.file,
        1,
        "",
        "an empty table" if raw.header else "an empty file",
        "a header and at least one row",
        f"fill in the table: a row is {table.row}",
    )


def _workbook(path: Path, source: Source, findings: Findings) -> None:
    sheets = read_workbook(path, findings)
    if not sheets:
        return
    digest = sha256_of(path)
    present = [sheet.strip().lower() for sheet in sheets]
    for sheet, raw in sheets.items():
        name = sheet.strip().lower()
        if name == CHAIN:
            source.chain_file = raw.file
            if raw.header:
                source.chain = sheet_entries(raw, findings)
        elif name in tables():
            if not raw.complete:
                header_missing(raw.file, findings)
            elif len(raw.rows):
                source.raw[name] = raw
            elif name in REQUIRED_TABLES:
                _empty(raw, tables()[name], findings)
        else:
            if name not in QUIET_SHEETS:
                likely = nearest(name, [table for table in tables() if table not in present])
                findings.survive(
                    raw.file,
                    f"the sheet {sheet} is no input table and was left out"
                    + (f"; is it meant to be {likely}?" if likely else ""),
                    1,
                    warning=True,
                )
            continue
        if len(raw.rows):
            source.files[name] = SourceFile(name, path, sheet, len(raw.rows), digest)
    for name in REQUIRED_TABLES:
        if name not in present:
            unknown = [sheet for sheet in present if sheet not in tables()]
            _missing_table(path.name, tables()[name], "sheet", unknown, findings)
