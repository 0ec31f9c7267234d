"""The sheet *Locks* of a store's workbook as a lock table, whichever program saved it last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter

from planner.tables.collect import Findings, nearest
from planner.tables.columns import tables
from planner.tables.file_kinds import instead_of_workbook
from planner.tables.raw import ColumnsBuilder, RawTable
from planner.tables.workbook import cell_text

LOCKS_SHEET = "Locks"
STORE_LABEL = "Store"
"""Stands left of the store's id, above the head of the table."""
END_OF_LOCKS = "From the chain's own tables"
"""Begins the first line below the rows that are read."""
SEPARATOR = " · "
"""Between the id and the name of an item, in whichever order they stand."""
HEADS: Mapping[str, str] = MappingProxyType(
    {
        "item_id": "Item",
        "lock": "Lock",
        "facings": "Facings",
        "until": "Until",
        "note": "Note",
        "since": "Since",
    }
)
"""Column of the locks table -> its head in the sheet, in the order of the sheet."""
CHAIN_HEADS = frozenset({"Store", "From"})
"""Two more heads of the chain's sheet of locks, which is not read."""
EDITED = ("item_id", "lock", "facings", "until", "note")
"""Columns that a merchandiser fills in; a row without any of them is no lock."""
NOT_KNOWN = ("–", "n/a")
"""How a cell without a date has been printed."""
STAMP_AFTER_NAME = "  ·  scenario "
"""Follows the chain's name in the stamp of a sheet."""
HEAD_WITHIN_ROWS = 40
MOST_SHEETS_NAMED = 6
STORE_WORKBOOK = "the workbook of a store (.xlsx, without a password) with its sheet Locks"
GIVE_ANOTHER = "give a workbook of the folder planograms of a run, or take this one out"
FEWEST_HEADS = 3
"""So many heads in one row are taken for the head of the table."""


@dataclass(frozen=True)
class LockSheet:
    """What one sheet holds: its lock table, and the store that it is about."""

    raw: RawTable
    store_id: str | None
    """Of the whole sheet; None where the table names the stores row by row."""
    store_cell: str
    """Where the store's id stands, or should."""
    chain_name: str
    """As the sheet was stamped; "" where it is not known."""
    below: tuple[BelowLock, ...]
    """Rows with item and lock under the line below which nothing is read."""


@dataclass(frozen=True)
class BelowLock:
    """A lock that stands where the chain's own are shown."""

    cell: str
    item: str
    lock: str


def read_lock_sheet(path: Path, findings: Findings) -> LockSheet | None:
    """The lock table of a workbook; None where a fault, which goes to ``findings``, hides it.

    A formula counts as its stored value; without one, as its text, which is then refused.
    """
    try:
        workbook = openpyxl.load_workbook(path, read_only=True)
        try:
            names = {sheet.title: sheet for sheet in workbook.worksheets}
            title = next((n for n in names if n.strip().casefold() == "locks"), None)
            if title is None:
                _no_sheet(path, names, findings)
                return None
            rows = _rows(names[title])
        finally:
            workbook.close()
        rows = _with_values(path, title, rows)
    # openpyxl lets many kinds of error through when the file is damaged or something else.
    except Exception:
        found, mend = instead_of_workbook(path)
        findings.problem(path.name, 0, "", found, STORE_WORKBOOK, mend)
        return None
    return _understood(f"{path.name}, sheet {title}", rows, findings)


@dataclass(frozen=True)
class _Cell:
    value: Any
    is_formula: bool


_Rows = list[list[_Cell]]


def _rows(sheet: Any) -> _Rows:
    # Some programs write a wrong size of the sheet, by which cells would be cut off.
    sheet.reset_dimensions()
    return [
        [_Cell(cell.value, getattr(cell, "data_type", "") == "f") for cell in row]
        for row in sheet.iter_rows()
    ]


def _with_values(path: Path, title: str, rows: _Rows) -> _Rows:
    """The rows with the stored values of their formulas."""
    if not any(cell.is_formula for row in rows for cell in row):
        return rows
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        stored = _rows(workbook[title])
    finally:
        workbook.close()

    def value(row: int, column: int, cell: _Cell) -> _Cell:
        if not cell.is_formula or row >= len(stored) or column >= len(stored[row]):
            return cell
        found = stored[row][column].value
        return cell if found is None else _Cell(found, False)

    return [[value(r, c, cell) for c, cell in enumerate(row)] for r, row in enumerate(rows)]


def _no_sheet(path: Path, names: Mapping[str, Any], findings: Findings) -> None:
    """Say that there is no such sheet, and which other one it may have been."""
    alike = next((title for title, sheet in names.items() if _has_the_heads(sheet)), None)
    alike = alike or nearest(LOCKS_SHEET, names)
    if alike is not None:
        place, mend = f"{path.name}, sheet {alike}", f"rename the sheet to {LOCKS_SHEET}"
        found, allowed = f"a sheet {alike}", f"a sheet {LOCKS_SHEET}"
        findings.problem(place, 1, "", found, allowed, mend, cell="A1")
        return
    few = ", ".join(list(names)[:MOST_SHEETS_NAMED])
    more = ", ..." if len(names) > MOST_SHEETS_NAMED else ""
    found = f"a workbook without a sheet {LOCKS_SHEET}: {few}{more}"
    findings.problem(path.name, 0, "", found, STORE_WORKBOOK, GIVE_ANOTHER)


def _has_the_heads(sheet: Any) -> bool:
    sheet.reset_dimensions()
    first = sheet.iter_rows(max_row=HEAD_WITHIN_ROWS, values_only=True)
    heads = (_known_heads([cell_text(v) for v in row]) for row in first)
    return any(len(found) >= FEWEST_HEADS and "lock" in found for found in heads)


def _known_heads(texts: Sequence[str | None]) -> dict[str, int]:
    """Column of the locks table -> its place in a row of heads."""
    words = {name: name for name in tables()["locks"].names}
    words |= {head.casefold(): name for name, head in HEADS.items()}
    found: dict[str, int] = {}
    for place, text in enumerate(texts):
        name = words.get((text or "").strip().casefold())
        if name is not None:
            found.setdefault(name, place)
    return found


def _understood(file: str, rows: _Rows, findings: Findings) -> LockSheet | None:
    texts = [[cell_text(cell.value) for cell in row] for row in rows]
    heads = [_known_heads(row) for row in texts[:HEAD_WITHIN_ROWS]]
    top = max(range(len(heads)), key=lambda k: len(heads[k]), default=0)
    if not heads or len(heads[top]) < FEWEST_HEADS:
        findings.problem(
            file,
            1,
            "",
            "no row of heads",
            "a row with the heads " + ", ".join(HEADS.values()),
            "take the sheet from the workbook that the planner wrote, and fill it in again",
            cell="A1",
        )
        return None
    found = heads[top]
    if CHAIN_HEADS.issubset((text or "").strip() for text in texts[top]):
        said = "the workbook of the chain, which shows the locks of all stores"
        findings.problem(file, top + 1, "", said, STORE_WORKBOOK, GIVE_ANOTHER, cell=f"A{top + 1}")
        return None
    if not _every_head(file, top, found, texts[top], findings):
        return None
    letters = {name: get_column_letter(at + 1) for name, at in found.items()}
    # A sheet of one store has no column of its own for the store.
    findings.letters[file] = {"store_id": letters["item_id"]} | letters
    store_id, store_cell = _store(texts[:top])
    builder = ColumnsBuilder(len(found) + ("store_id" not in found))
    numbers: list[int] = []
    below: list[BelowLock] = []
    ended = False
    for number, row in enumerate(texts[top + 1 :], start=top + 2):
        ended = ended or bool(row and (row[0] or "").startswith(END_OF_LOCKS))
        cells = [row[at] if at < len(row) else None for at in found.values()]
        texts_of = dict(zip(found, ((cell or "").strip() for cell in cells), strict=True))
        if ended:
            words = texts_of["item_id"], texts_of["lock"]
            if all(words) and words[1] != HEADS["lock"]:
                below.append(BelowLock(f"{letters['item_id']}{number}", *words))
            continue
        if texts_of.get("note") and not any(texts_of[n] for n in EDITED[:-1] if n in texts_of):
            said = f"{file}, cell {letters['note']}{number}"
            text = f"{said}: a note without an item and a lock is no lock, and was left out"
            findings.assume("locks.note", text, 1, warning=True)
            continue
        if texts_of.get("since") in NOT_KNOWN:
            cells[list(found).index("since")] = None
        if "note" in found:
            note = list(found).index("note")
            # A line end inside a cell is how people write a longer note.
            cells[note] = " ".join((cells[note] or "").split()) or None
        edited = any((cells[k] or "").strip() for k, name in enumerate(found) if name in EDITED)
        if edited:
            builder.add(cells if "store_id" in found else [*cells, store_id or None])
            numbers.append(number)
    header = (*found, *(() if "store_id" in found else ("store_id",)))
    raw = RawTable(file, header, builder.columns(), np.array(numbers, dtype=np.int64))
    of_sheet = None if "store_id" in found else store_id
    return LockSheet(raw, of_sheet, store_cell, _chain_name(texts[:top]), tuple(below))


def _every_head(
    file: str,
    top: int,
    found: Mapping[str, int],
    texts: Sequence[str | None],
    findings: Findings,
) -> bool:
    """Whether no column is missing; what stands where it should be is a problem."""
    expected = list(HEADS)
    if "store_id" in found:
        expected = [name for name in expected if tables()["locks"].column(name).required]
    missing = [name for name in expected if name not in found]
    unknown = [k for k, text in enumerate(texts) if text and k not in found.values()]
    for name in missing:
        head = HEADS[name]
        likely = nearest(head, [texts[k] or "" for k in unknown])
        usual = expected.index(name)
        at = next((k for k in unknown if texts[k] == likely), usual)
        findings.problem(
            file,
            top + 1,
            "",
            (texts[at] if at < len(texts) else None) or "nothing",
            f"the head {head}",
            f"write {head} into the cell again",
            kind=head,
            cell=f"{get_column_letter(at + 1)}{top + 1}",
        )
    return not missing


def _store(above: Sequence[Sequence[str | None]]) -> tuple[str, str]:
    """The id beside the label above the head, and its cell."""
    for number, row in enumerate(above, start=1):
        for place, text in enumerate(row[:-1]):
            if (text or "").strip() == STORE_LABEL:
                return (row[place + 1] or "").strip(), f"{get_column_letter(place + 2)}{number}"
    return "", "A1"


def _chain_name(above: Sequence[Sequence[str | None]]) -> str:
    """The name in the stamp above the head: what stands before its first part."""
    for row in above:
        text = (row[0] if row else None) or ""
        if STAMP_AFTER_NAME in text:
            return text.split(STAMP_AFTER_NAME)[0]
    return ""


def item_words(item_id: str, name: str) -> tuple[str, str]:
    """How an item is written in the sheet's list: by its id first, and by its name first."""
    return f"{item_id}{SEPARATOR}{name}", f"{name}{SEPARATOR}{item_id}"


def item_reader(ids: Sequence[str], names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """From what stands in the column Item to the ids it may mean: one, several, or none."""
    by_text: dict[str, set[str]] = {}
    for item_id, name in zip(ids, names, strict=True):
        for text in (*item_words(item_id, name), name):
            by_text.setdefault(_plain(text), set()).add(item_id)
    known = set(ids)

    def read(text: str) -> tuple[str, ...]:
        text = text.strip()
        if text in known:
            return (text,)
        return tuple(sorted(by_text.get(_plain(text), ())))

    return read


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
