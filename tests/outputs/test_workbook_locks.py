"""The sheet Locks of a store's workbook, and what a workbook knows of itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from lock_workbooks import add_locks, edit, head_of, lock_rows
from openpyxl import load_workbook

from planner.outputs.contents import LOCK_TOTALS, LOCKS, Contents
from planner.outputs.workbook.cells import workbook_cells
from planner.outputs.workbook.chain import write_chain_workbook
from planner.outputs.workbook.edits import MOST_NAMED, noticed_edits
from planner.outputs.workbook.locks import BLANK_ROWS, LIST_SHEET
from planner.outputs.workbook.record import differences
from planner.outputs.workbook.store import write_store_workbook
from planner.tables.collect import Findings
from planner.tables.lock_sheet import HEADS, item_reader, read_lock_sheet

STORE = "001"
KEYS = (
    *("item_id", "lock", "facings", "until", "note", "state", "own"),
    *("cost_week", "least_week", "most_week", "known"),
)


@pytest.fixture(scope="module")
def locked(contents: Contents) -> Contents:
    """The run with five locks in its first store: four that were given, one of the tables."""
    items = contents.items["item_id"].tolist()
    day, over = pd.Timestamp("2024-12-24"), pd.Timestamp("2024-01-31")
    rows = [
        (items[0], "IN", None, day, "=asked for", "in force", False, 12.5, 12.5, 12.5, "exact"),
        (items[0], "MIN", 2.0, None, "", "in force", False, None, 0.0, 4.5, "between"),
        (items[3], "MAX", 1.0, None, "-", "in force", False, -1.0, -1.0, -1.0, "exact"),
        (items[4], "OUT", None, over, "", "expired", False, *([None] * 3), ""),
        (items[5], "OUT", None, None, "chain", "in force", True, 3.0, 3.0, 3.0, "exact"),
    ]
    frame = pd.DataFrame(rows, columns=list(KEYS)).reindex(columns=list(LOCKS))
    frame = frame.assign(
        store_id=STORE,
        since=pd.Timestamp("2024-10-07"),
        review_weeks=0.0,
        keeps_out="",
        brings_in=";".join(items[1:3]),
        origin=[f"{STORE}.xlsx, cell A{7 + k}" for k in range(len(rows))],
    )
    every = contents.assortment[["store_id", "item_id"]]
    together = [(STORE, 4, "between", None, 13.5, 18.0), ("", 4, "exact", 15.0, 15.0, 15.0)]
    totals = pd.DataFrame(together, columns=list(LOCK_TOTALS))
    totals = totals.astype({"cost_week": float})
    return replace(contents, locks=frame, lock_totals=totals, lockable=every)


@pytest.fixture(scope="module")
def written(locked: Contents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its workbook, to be read only."""
    path = tmp_path_factory.mktemp("locks") / f"{STORE}.xlsx"
    write_store_workbook(locked, STORE, path)
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy to be edited, alone in its folder."""
    return Path(shutil.copy(written, tmp_path / written.name))


def read_back(path: Path) -> pd.DataFrame:
    """The lock table that the planner reads from a workbook."""
    findings = Findings()
    sheet = read_lock_sheet(path, findings)
    assert sheet is not None
    assert findings.problems == ()
    assert sheet.store_id == STORE
    columns = {
        name: [column.at(k) for k in range(len(sheet.raw.rows))]
        for name, column in zip(sheet.raw.header, sheet.raw.columns, strict=True)
    }
    return pd.DataFrame(columns, index=sheet.raw.rows)


def test_what_is_shown_is_what_is_read(locked: Contents, path: Path) -> None:
    """The given locks, expired ones too, come back with all that people write; those of the
    chain's tables are shown and not read."""
    given = locked.locks[~locked.locks["own"]]
    found = read_back(path)
    names = locked.items["item_name"].tolist()
    read = item_reader(locked.items["item_id"].tolist(), names)
    assert [read(text)[0] for text in found["item_id"]] == given["item_id"].tolist()
    assert found["lock"].tolist() == given["lock"].tolist()
    assert found["facings"].tolist() == ["", "2", "1", ""]
    assert found["note"].tolist() == given["note"].tolist()
    assert found["until"].str[:10].tolist() == ["2024-12-24", "", "", "2024-01-31"]
    assert set(found["since"].str[:10]) == {"2024-10-07"}
    shown = lock_rows(path)
    assert [row["Note"] for row in shown][-1] == "chain"
    assert [row["State"] for row in shown[:4]] == [*["in force"] * 3, "expired"]


def test_costs_stand_beside_their_locks(path: Path) -> None:
    """Each cost that is exact is a number in the chain's money; of another one its interval is
    told, of one that has expired nothing; above them stands what all cost together; what comes in
    and goes out is told by its name."""
    sheet = load_workbook(path)["Locks"]
    top, heads = head_of(sheet)
    cost = [sheet.cell(top + k, heads["Cost per week"]) for k in range(1, 5)]
    assert [cell.value for cell in cost] == [12.5, "–", -1, "–"]
    assert "$" in cost[0].number_format
    known = [sheet.cell(top + k, heads["Known"]).value for k in range(1, 5)]
    assert known == ["exact", "$0.00 to $4.50", "exact", "–"]
    together = "All 4 locks of store 001 together cost a week: $13.50 to $18.00."
    assert sheet["E5"].value == together
    moves = sheet.cell(top + 1, heads["Brings in, puts out"]).value
    assert moves == "in: =SUM(A1:A9), Apples Gala"


def test_the_chain_lists_every_lock(locked: Contents, tmp_path: Path) -> None:
    """The chain's sheet has every lock with its store, item, note, origin and cost, or the interval
    of it; below, what those of a store and those of the chain cost together. A chain without a
    lock has no such sheet. It is no lock table: given as one, it is refused in one sentence."""
    chain = tmp_path / "chain.xlsx"
    write_chain_workbook(locked, chain)
    rows = list(load_workbook(chain)["Locks"].iter_rows(values_only=True))
    top = next(k for k, row in enumerate(rows) if row[0] == "Store")
    found = [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]
    each, totals = found[: len(locked.locks)], found[len(locked.locks) :]
    names = locked.items.set_index("item_id")["item_name"]
    items = locked.locks["item_id"]
    assert [row["Item"] for row in each] == [f"{item} · {names[item]}" for item in items]
    assert {row["Store"] for row in each} == {STORE}
    assert [row["Note"] for row in each] == ["=asked for", None, "-", None, "chain"]
    assert [row["From"] for row in each] == [f"{STORE}.xlsx, cell A{7 + k}" for k in range(5)]
    columns = ("Cost per week", "At least", "At most", "Known")
    costs = [tuple(row[column] for column in columns) for row in each]
    assert costs[:2] == [(12.5, 12.5, 12.5, "exact"), ("–", 0, 4.5, "between")]
    assert costs[3] == ("–", "–", "–", "–")
    assert [(row["Store"], *(row[column] for column in columns)) for row in totals] == [
        (STORE, "–", 13.5, 18, "between"),
        ("Chain", 15, 15, 15, "exact"),
    ]
    write_chain_workbook(replace(locked, locks=locked.locks.iloc[:0]), chain.with_name("free.xlsx"))
    assert "Locks" not in load_workbook(chain.with_name("free.xlsx")).sheetnames
    findings = Findings()
    assert read_lock_sheet(chain, findings) is None
    (problem,) = findings.problems
    assert "the workbook of a store" in problem.allowed


def test_cells_are_checked_as_they_are_filled_in(locked: Contents, path: Path) -> None:
    """Item, lock, facings, date and note have a check that covers every row of the form; the list
    offers each item of the store by its name and by its id, and the reader knows both."""
    book = load_workbook(path)
    sheet = book["Locks"]
    top, heads = head_of(sheet)
    last = top + 4 + BLANK_ROWS
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    kinds = {"Item": "list", "Lock": "list", "Facings": "whole", "Until": "date",
             "Note": "textLength"}  # fmt: skip
    for head, kind in kinds.items():
        letter = sheet.cell(top, heads[head]).column_letter
        assert checks[f"{letter}{top + 1}:{letter}{last}"].type == kind
    assert checks[f"B{top + 1}:B{last}"].formula1 == '"IN,OUT,MIN,MAX"'
    offered = [row[0].value for row in book[LIST_SHEET].iter_rows()]
    here = locked.lockable[locked.lockable["store_id"] == STORE]["item_id"].tolist()
    read = item_reader(locked.items["item_id"].tolist(), locked.items["item_name"].tolist())
    assert len(offered) == 2 * len(here)
    assert [read(text) for text in offered[len(here) :]] == [(item,) for item in here]
    assert sorted(read(text)[0] for text in offered[: len(here)]) == sorted(here)
    assert book[LIST_SHEET].sheet_state == "hidden"
    area = checks[f"A{top + 1}:A{last}"].formula1
    assert area == f"'{LIST_SHEET}'!$A$1:$A${len(offered)}"


def test_an_edit_outside_the_sheet_is_named(path: Path) -> None:
    """A changed, an emptied and a filled cell, each with what was written and what is there; an
    edit of the sheet Locks is none."""
    assert noticed_edits([path], "run.json") == []
    cells = workbook_cells(path).set_index(["sheet", "cell"])["value"]
    book = load_workbook(path)
    add_locks(book, {"Item": "Lemons", "Lock": "IN"})
    book["Items"]["I7"] = 77
    book["Changes"]["A6"] = None
    book["Limits"]["Z99"] = "hello"
    book.save(path)
    said = {a.subject: a.text for a in noticed_edits([path], "run.json")}
    assert set(said) == {f"001.xlsx, sheet {sheet}, cell {cell}" for sheet, cell in
                         (("Items", "I7"), ("Changes", "A6"), ("Limits", "Z99"))}  # fmt: skip
    before = {key: f"was {value!r}" for key, value in cells.items()}
    assert said["001.xlsx, sheet Items, cell I7"].startswith(before["Items", "I7"])
    assert "is '77'" in said["001.xlsx, sheet Items, cell I7"]
    assert said["001.xlsx, sheet Changes, cell A6"].startswith(before["Changes", "A6"])
    assert "is nothing" in said["001.xlsx, sheet Changes, cell A6"]
    assert "was nothing, is 'hello'" in said["001.xlsx, sheet Limits, cell Z99"]


def test_many_edits_are_counted(path: Path) -> None:
    """The first edits are named and the rest counted; sheets that go or come are one edit each."""
    book = load_workbook(path)
    for row in range(100, 130):
        book["Items"].cell(row, 1).value = row
    book.create_sheet("My notes")["A1"] = "mine"
    del book["Limits"]
    book.save(path)
    said = noticed_edits([path], "run.json")
    assert all(assumption.warning for assumption in said)
    subjects = [assumption.subject for assumption in said]
    assert subjects[:2] == ["001.xlsx, sheet Limits", "001.xlsx, sheet My notes"]
    assert len(said) == MOST_NAMED + 1
    assert sum(assumption.count for assumption in said) == 32


def test_a_workbook_without_its_record_is_told(path: Path) -> None:
    """Where the hidden record is gone or damaged the planner says that it cannot tell."""
    book = load_workbook(path)
    book["Written"]["A2"] = "z===="
    book.save(path)
    assert differences(path) is None
    (said,) = noticed_edits([path], "run.json")
    assert "could not be noticed" in said.text
    assert not said.warning


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_saving_in_libreoffice_is_no_edit(path: Path, convert, tmp_path: Path) -> None:
    """Opened and saved by LibreOffice, a workbook keeps its locks, its checks and its list, and
    nothing counts as edited; what is edited then is named."""
    before = read_back(path)
    (tmp_path / "saved").mkdir()
    convert(path, "xlsx", tmp_path / "saved")
    saved = tmp_path / "saved" / path.name
    pd.testing.assert_frame_equal(read_back(saved), before)
    assert noticed_edits([saved], "run.json") == []
    sheet = load_workbook(saved)["Locks"]
    kinds = {check.type for check in sheet.data_validations.dataValidation}
    assert kinds == {"list", "whole", "date", "textLength"}
    edit(saved, {"Item": "Lemons", "Lock": "OUT"}, Items={"I7": 78})
    (said,) = noticed_edits([saved], "run.json")
    assert said.subject == "001.xlsx, sheet Items, cell I7"
    assert len(read_back(saved)) == len(before) + 1


def test_heads_are_the_columns_of_the_table() -> None:
    """The sheet's heads are the words of the locks table."""
    assert {name.replace("item_id", "item").capitalize() for name in HEADS} == set(HEADS.values())
