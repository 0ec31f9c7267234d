"""Locks given beside the input: workbooks of stores and lock tables, read and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from planner.tables.collect import Findings, nearest
from planner.tables.columns import Table
from planner.tables.inputs import SourceFile
from planner.tables.lock_sheet import (
    END_OF_LOCKS,
    HEADS,
    SEPARATOR,
    LockSheet,
    item_reader,
    read_lock_sheet,
)
from planner.tables.raw import RawTable
from planner.tables.scan import sha256_of
from planner.tables.source import KINDS, Source, read_file
from planner.tables.typed import TypedTable, understand

WORKBOOK = ".xlsx"
OTHER_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".ods")
OPEN_MARKS = (("~$", ""), (".~lock.", "#"))
"""Before and after the name of a workbook, the file that marks it as open in Excel, LibreOffice."""
PLANOGRAMS = "planograms"
GIVEN = "locks/"
"""Begins the names of lock files among the files of the input."""
MOST_COLUMNS_NAMED = 6


@dataclass(frozen=True)
class GivenLocks:
    """What was given beside the chain's own table."""

    tables: tuple[TypedTable, ...]
    workbooks: tuple[Path, ...]
    """Those of stores, whether or not they hold a lock."""
    chains: Mapping[Path, str]
    """The chain's name that each is stamped with, where it is."""


def given_locks(
    path: Path, typed: Mapping[str, TypedTable], source: Source, findings: Findings
) -> GivenLocks:
    """The lock tables of a file, or of every file in a folder; faults go to ``findings``.

    ``path``: a store's workbook, a CSV or Parquet file with the columns of the locks table, a
    folder of them, or the folder of a run, whose planograms are read. ``typed``: the other tables
    of the input.
    """
    sheets: dict[Path, LockSheet] = {}
    found: list[TypedTable] = []
    for file in lock_files(path, findings):
        if file.suffix.lower() == WORKBOOK:
            sheet = read_lock_sheet(file, findings)
            if sheet is None:
                continue
            if not _store_is_known(file, sheet, sheets, typed["stores"], findings):
                continue
            sheets[file] = sheet
            _record(source, file, sheet.raw)
            _say_below(sheet, typed, findings)
            raw = sheet.raw
        else:
            read = _lock_table(file, typed["locks"].table, source, findings)
            if read is None:
                continue
            raw = read
        found.append(_understood(raw, typed, findings))
    chains = {file: sheet.chain_name for file, sheet in sheets.items() if sheet.chain_name}
    return GivenLocks(tuple(found), tuple(sheets), chains)


def _say_below(sheet: LockSheet, typed: Mapping[str, TypedTable], findings: Findings) -> None:
    """Warn of what was written among the locks of the chain's own tables, which are not read."""
    if not sheet.below:
        return
    items, own = typed["items"].frame, typed["locks"].frame
    ids, names = (items[name].astype("str").fillna("") for name in ("item_id", "item_name"))
    read = item_reader(ids.tolist(), names.tolist())
    known = set(zip(own["item_id"].astype("str"), own["lock"].astype("str"), strict=True))
    for lock in sheet.below:
        meant = read(lock.item) or (lock.item.split(SEPARATOR)[0],)
        if not any((item, lock.lock.upper()) in known for item in meant):
            text = (
                f"{sheet.raw.file}, cell {lock.cell}: {lock.item} {lock.lock} stands below the "
                f"line {END_OF_LOCKS!r} and was not read: write it into a row above"
            )
            findings.assume("locks", text, 1, warning=True)


def say_other_chains(given: GivenLocks, name: str, findings: Findings) -> None:
    """Warn of workbooks that are stamped with the name of another chain."""
    for file, stamped in given.chains.items():
        if stamped != name:
            text = f"{file.name} is a workbook of the chain {stamped}: its locks were read as those"
            findings.assume("locks", f"{text} of {name}", 1, warning=True)


def _lock_table(file: Path, table: Table, source: Source, findings: Findings) -> RawTable | None:
    """A CSV or Parquet file as a lock table; None where it is none, or is empty."""
    own = source.files.pop("locks", None)
    unread = Findings(every=findings.every)
    read = read_file(file, table, source, unread)
    entry = source.files.pop("locks", None)
    if own is not None:
        source.files["locks"] = own
    if read is None or not read.header:
        findings.join(unread)
        return None
    raw = replace(read, header=tuple(_column_of(head) for head in read.header))
    if not _is_lock_table(raw.header):
        few = ", ".join(filter(None, read.header[:MOST_COLUMNS_NAMED]))
        more = ", ..." if len(read.header) > MOST_COLUMNS_NAMED else ""
        allowed = "a lock table, its first row with the columns " + ", ".join(table.names)
        mend = "give the workbook of a store, or a table with these columns"
        findings.problem(file.name, 0, "", f"the columns {few}{more}", allowed, mend)
        return None
    findings.join(unread)
    if entry is not None:
        source.files[f"{GIVEN}{file.name}"] = entry
    return raw


def _column_of(head: str) -> str:
    """The column that a head of the sheet *Locks* stands for; any other text as it is."""
    columns = {text.casefold(): name for name, text in HEADS.items()} | {"store": "store_id"}
    return columns.get(head.strip().casefold(), head)


def _is_lock_table(header: Sequence[str]) -> bool:
    """Whether columns are meant to be those of locks: one that is misspelt is told by itself."""
    names = [name.strip().casefold() for name in header]
    return all(get_close_matches(name, names, 1, 0.75) for name in ("item_id", "lock"))


def _understood(raw: RawTable, typed: Mapping[str, TypedTable], findings: Findings) -> TypedTable:
    """The typed table, its items known by their ids and shown as they were written."""
    found = understand(
        _with_item_ids(raw, typed["items"], findings), typed["locks"].table, findings
    )
    if "item_id" not in raw.header:
        return found
    written = raw.columns[raw.header.index("item_id")]
    return replace(found, raw={**found.raw, "item_id": written})


def lock_files(path: Path, findings: Findings) -> list[Path]:
    """The workbooks and tables that ``--locks`` names; faults go to ``findings``."""
    kinds = (*KINDS, WORKBOOK)
    wanted = "a store's workbook (.xlsx), a CSV or Parquet file of locks, or a folder of them"
    if path.is_dir():
        folder = path / PLANOGRAMS if (path / PLANOGRAMS).is_dir() else path
        every = sorted(file for file in folder.iterdir() if file.is_file())
        marks = {f"{before}{f.name}{after}": f for f in every for before, after in OPEN_MARKS}
        for mark in every:
            if mark.name in marks:
                _say_open(marks[mark.name], findings)
        visible = [f for f in every if not f.name.startswith(("~$", "."))]
        files = [f for f in visible if f.suffix.lower() in kinds]
        others = [f for f in visible if f.suffix.lower() in OTHER_WORKBOOKS]
        for file in others:
            _of_another_kind(file, findings)
        left_out = len(visible) - len(files) - len(others)
        findings.assume("locks", f"files of {folder.name} are no lock tables: left out", left_out)
        if not files and not others:
            found, mend = "a folder without any of them", "name the folder with the workbooks"
            findings.problem(path.name, 0, "", found, wanted, mend)
        return files
    if path.suffix.lower() in OTHER_WORKBOOKS and path.is_file():
        _of_another_kind(path, findings)
        return []
    if path.suffix.lower() not in kinds or not path.is_file():
        found = "a file of another kind" if path.exists() else "nothing there"
        findings.problem(path.name, 0, "", found, wanted, "give the file or folder with the locks")
        return []
    for before, after in OPEN_MARKS:
        if path.with_name(f"{before}{path.name}{after}").is_file():
            _say_open(path, findings)
    return [path]


def _say_open(file: Path, findings: Findings) -> None:
    text = f"{file.name} is open in a spreadsheet program: what is not saved yet was not read"
    findings.assume("locks", text, 1, warning=True)


def _of_another_kind(file: Path, findings: Findings) -> None:
    findings.problem(
        file.name,
        0,
        "",
        f"a workbook of the kind {file.suffix}",
        "an Excel workbook (.xlsx)",
        "save it as Excel Workbook (.xlsx)",
    )


def _record(source: Source, file: Path, raw: RawTable) -> None:
    if len(raw.rows):
        sheet = raw.file.removeprefix(f"{file.name}, sheet ")
        name = f"{GIVEN}{file.name}"
        source.files[name] = SourceFile("locks", file, sheet, len(raw.rows), sha256_of(file))


def _store_is_known(
    file: Path,
    sheet: LockSheet,
    before: Mapping[Path, LockSheet],
    stores: TypedTable,
    findings: Findings,
) -> bool:
    """Whether a workbook is that of one store of the chain, and the only one of that store."""
    if sheet.store_id is None:
        return True
    known = list(stores.frame["store_id"].dropna().astype("str"))
    store, named = sheet.store_id, file.stem

    def problem(allowed: str, mend: str) -> bool:
        name, cell = sheet.raw.file, sheet.store_cell
        findings.problem(name, 1, "", store or "nothing", allowed, mend, cell=cell)
        return False

    if store not in known:
        likely = nearest(store, known)
        closed = "take the workbook out of the folder if there is no such store any more"
        mend = f"write {named}" if named in known else closed
        if store and likely and likely != named:
            mend = f"{closed}, or write {likely}"
        return problem("the id of a store of stores.store_id", mend)
    if named != store and named in known:
        mend = f"give back the workbook its name, {store}.xlsx, or fill in that of store {named}"
        return problem(f"the store that the workbook is named after, {named}", mend)
    if twin := next((f for f, s in before.items() if s.store_id == store), None):
        mend = f"take {file.name} or {twin.name} out of the folder"
        return problem("one workbook for each store", mend)
    return True


def _with_item_ids(raw: RawTable, items: TypedTable, findings: Findings) -> RawTable:
    """The table with the item's id for what stands in the column Item: id, name or both.

    What no item is called stays as it is, and is refused as an unknown id if the lock counts.
    """
    if not len(items) or not items.complete or "item_id" not in raw.header:
        return raw
    at = raw.header.index("item_id")
    ids = items.frame["item_id"].astype("str").fillna("")
    names = items.frame["item_name"].astype("str").fillna("")
    read = item_reader(ids.tolist(), names.tolist())
    called = dict(zip(names, ids, strict=True))
    texts: list[str] = []
    for code, text in enumerate(raw.columns[at].texts.to_pylist()):
        found = read(text)
        if len(found) > 1:
            row = int(raw.rows[np.flatnonzero(raw.columns[at].codes == code)[0]])
            mend = f"write one of {', '.join(found)}"
            findings.problem(raw.file, row, "item_id", text, "one item, not several", mend)
        elif not found and (likely := nearest(text.split(SEPARATOR)[0], called)):
            findings.alike[text] = f"{called[likely]} ({likely})"
        texts.append(found[0] if found else text)
    columns = list(raw.columns)
    columns[at] = columns[at].renamed(texts)
    return replace(raw, columns=tuple(columns))
