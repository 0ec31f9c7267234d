"""Locks that cannot be, and those that can, as people write them into store workbooks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lock_workbooks import edit, head_of, lock, locks_of, refused
from openpyxl import load_workbook
from whole_chain import SHOP_FIXTURES, SHOP_ITEMS, corner_shops

from planner.cli import main
from planner.tables.read import read_inputs

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Impossible:
    """Locks that must be refused: where, and in which words."""

    name: str
    workbook: str
    locks: tuple[dict[str, Any], ...]
    """The first stands in row 7."""
    place: str
    """Workbook, sheet and cell."""
    words: tuple[str, ...]
    data: dict[str, str] = field(default_factory=dict)
    change: Change | None = None


def set_cell(cell: str, value: object) -> Change:
    """Write into a cell of the sheet Locks."""

    def change(path: Path) -> None:
        book = load_workbook(path)
        book["Locks"][cell] = value
        book.save(path)

    return change


def rename_sheet(path: Path) -> None:
    """Give the sheet another name."""
    book = load_workbook(path)
    book["Locks"].title = "Sperren"
    book.save(path)


def as_another_store(path: Path) -> None:
    """A copy under the name of a store that has a workbook already."""
    shutil.copy(path, path.with_name("8.xlsx"))


def twice(path: Path) -> None:
    """A copy as mail programs name them."""
    shutil.copy(path, path.with_name("7 (1).xlsx"))


def none(_: object) -> None:
    """For a change that answers something."""


def closed(path: Path) -> None:
    """The workbook of a store that the chain does not have any more."""
    set_cell("B5", "closed")(path)
    path.rename(path.with_name("closed.xlsx"))


def lost_heads(path: Path) -> None:
    """A sheet of another name, its heads overwritten."""
    book = load_workbook(path)
    book["Locks"].title = "Lock"
    for cell in ("A6", "B6", "C6", "D6"):
        book["Lock"][cell] = "x"
    book.save(path)


def sheet_of(workbook: str) -> str:
    """As problems name it."""
    return f"{workbook}, sheet Locks"


NO_WET_RACK = {
    "items": SHOP_ITEMS.replace("wet rack,yes", "wet rack,no"),
    "fixtures": SHOP_FIXTURES.replace("9,W1,wet rack,1,1,100,yes\n", ""),
}
FIRST, *REST = SHOP_ITEMS.splitlines()
LATE = {
    "items": "\n".join(
        [f"{FIRST},available_from", *(f"{line}," for line in REST[:-1]), f"{REST[-1]},2026-05-01\n"]
    )
}
BIG_CASE = {"items": SHOP_ITEMS.replace("30,20,2,1,3,4,2", "30,20,2,1,3,50,2")}
ENDIVE = "4063,Endive,salads,lettuce,2.0,1.2,25,10,2,"
TWO_FACINGS = {"items": SHOP_ITEMS.replace(f"{ENDIVE}1,4", f"{ENDIVE}2,4")}
NO_CORE = {"items": SHOP_ITEMS.replace(",yes,", ",no,")}
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TWO_BANANAS = {"items": SHOP_ITEMS.replace("Bananas organic", "Bananas")}

IMPOSSIBLE = [
    Impossible(
        "item that the chain does not have", "7.xlsx", (lock("4999", "IN"),),
        "7.xlsx, sheet Locks, cell A7", ("'4999'", "items.item_id"),
    ),
    Impossible(
        "misspelt item", "7.xlsx", (lock("Romain", "IN"),),
        "7.xlsx, sheet Locks, cell A7", ("'Romain'", "write 4062 (Romaine)"),
    ),
    Impossible(
        "name of two items", "7.xlsx", (lock("Bananas", "IN"),),
        "7.xlsx, sheet Locks, cell A7", ("'Bananas'", "write one of 4011, 4012"), TWO_BANANAS,
    ),
    Impossible(
        "no item", "7.xlsx", (lock(None, "IN"),),
        "7.xlsx, sheet Locks, cell A7", ("a value in every row",),
    ),
    Impossible(
        "no lock", "8.xlsx", (lock("4063", None),),
        "8.xlsx, sheet Locks, cell B7", ("a value in every row",),
    ),
    Impossible(
        "another word", "7.xlsx", (lock("4063", "KEEP"),),
        "7.xlsx, sheet Locks, cell B7", ("'KEEP'", "IN or OUT or MIN or MAX"),
    ),
    Impossible(
        "in and out", "7.xlsx", (lock("4063", "IN"), lock("Endive", "OUT")),
        "7.xlsx, sheet Locks, cell B8", ("'Endive (4063) OUT'", "not both", "cell B7 of 7.xlsx"),
    ),
    Impossible(
        "the same lock twice", "7.xlsx", (lock("4063", "IN"), lock("Endive", "IN")),
        "7.xlsx, sheet Locks, cell", ("each store_id, item_id, lock once", "row 7"),
    ),
    Impossible(
        "MIN above MAX", "7.xlsx", (lock("4063", "MIN", 3), lock("4063", "MAX", 2)),
        "7.xlsx, sheet Locks, cell B8", ("'4063 MAX 2'", "MIN that is not above the MAX"),
    ),
    Impossible(
        "MIN above max_facings", "7.xlsx", (lock("4061", "MIN", 5),),
        "7.xlsx, sheet Locks, cell C7", ("'5'", "at most 4, the max_facings of 4061"),
    ),
    Impossible(
        "MAX below min_facings", "7.xlsx", (lock("4063", "MAX", 1),),
        "7.xlsx, sheet Locks, cell C7", ("'1'", "min_facings of 4063", "OUT"), TWO_FACINGS,
    ),
    Impossible(
        "MIN wider than the widest shelf", "7.xlsx", (lock("4011", "MIN", 3),),
        "7.xlsx, sheet Locks, cell C7", ("at most 100 cm", "need 120 cm", "write 2 or less"),
    ),
    Impossible(
        "MIN without facings", "7.xlsx", (lock("4063", "MIN"),),
        "7.xlsx, sheet Locks, cell C7", ("'nothing'", "beside MIN and MAX"),
    ),
    Impossible(
        "IN with facings", "7.xlsx", (lock("4063", "IN", 2),),
        "7.xlsx, sheet Locks, cell C7", ("an empty cell beside IN and OUT", "a row with MIN"),
    ),
    Impossible(
        "no facings at all", "9.xlsx", (lock("4063", "MAX", 0),),
        "9.xlsx, sheet Locks, cell C7", ("'0'", "whole number of at least 1"),
    ),
    Impossible(
        "half a facing", "9.xlsx", (lock("4063", "MIN", 1.5),),
        "9.xlsx, sheet Locks, cell C7", ("'1.5'", "a whole number"),
    ),
    Impossible(
        "no date", "7.xlsx", (lock("4063", "IN", Until="after Easter"),),
        "7.xlsx, sheet Locks, cell D7", ("'after Easter'", "year-month-day"),
    ),
    Impossible(
        "a day that does not exist", "7.xlsx", (lock("4063", "IN", Until="2026-06-31"),),
        "7.xlsx, sheet Locks, cell D7", ("'2026-06-31'", "a date"),
    ),
    Impossible(
        "a formula without a value", "7.xlsx", (lock("4063", "IN", Until="=TODAY()+30"),),
        "7.xlsx, sheet Locks, cell D7", ("'=TODAY()+30'", "a date"),
    ),
    Impossible(
        "not sold in the region", "9.xlsx", (lock("4022", "IN"),),
        "9.xlsx, sheet Locks, cell A7", ("'4022'", "add South"),
    ),
    Impossible(
        "not sold in all weeks", "7.xlsx", (lock("4072", "IN"),),
        "7.xlsx, sheet Locks, cell A7", ("'4072'", "2026-04-13 to 2026-05-10"), LATE,
    ),
    Impossible(
        "no fixture of its type", "9.xlsx", (lock("4063", "IN"),),
        "9.xlsx, sheet Locks, cell A7", ("add a wet rack", "that store 9 has: table"), NO_WET_RACK,
    ),
    Impossible(
        "together wider than the fixture type", "8.xlsx",
        (lock("4062", "IN"), lock("4063", "IN"), lock("4063", "MIN", 2)),
        "8.xlsx, sheet Locks, cell C9", ("at most 90 cm on wet rack", "they need 105 cm"),
    ),
    Impossible(
        "no case fits", "7.xlsx", (lock("4012", "IN"), lock("4012", "MAX", 1)),
        "7.xlsx, sheet Locks, cell C8", ("hold a case of 4012: 50 units", "raise the MAX"),
        BIG_CASE,
    ),
    Impossible(
        "core item out", "7.xlsx", (lock("BANANAS", "OUT"),),
        "7.xlsx, sheet Locks, cell B7", ("'BANANAS (4011) OUT'", "no OUT lock of a core item"),
    ),
    Impossible(
        "item out that is in the derived core", "7.xlsx", (lock("bananas", "OUT"),),
        "7.xlsx, sheet Locks, cell B7",
        ("'bananas (4011) OUT'", "the core is what most stores list today"), NO_CORE,
    ),
    Impossible(
        "note too long", "7.xlsx", (lock("4063", "IN", Note="because " * 80),),
        "7.xlsx, sheet Locks, cell E7", ("at most 500 characters",),
    ),
    Impossible(
        "workbook of a store that was closed", "7.xlsx", (),
        "closed.xlsx, sheet Locks, cell B5",
        ("'closed'", "take the workbook out of the folder if there is no such store any more"),
        change=closed,
    ),
    Impossible(
        "workbook of an unknown store", "7.xlsx", (),
        "7.xlsx, sheet Locks, cell B5", ("'77'", "stores.store_id", "write 7"),
        change=set_cell("B5", "77"),
    ),
    Impossible(
        "workbook without its store", "7.xlsx", (),
        "7.xlsx, sheet Locks, cell B5", ("'nothing'", "write 7"), change=set_cell("B5", None),
    ),
    Impossible(
        "workbook of one store under the name of another", "7.xlsx", (),
        "8.xlsx, sheet Locks, cell B5", ("'7'", "named after, 8"), change=as_another_store,
    ),
    Impossible(
        "two workbooks of one store", "7.xlsx", (),
        "7.xlsx, sheet Locks, cell B5", ("one workbook for each store", "7 (1).xlsx"),
        change=twice,
    ),
    Impossible(
        "sheet misspelt, its heads gone", "7.xlsx", (),
        "7.xlsx, sheet Lock, cell A1", ("a sheet Locks", "rename the sheet"), change=lost_heads,
    ),
    Impossible(
        "workbook with a password", "7.xlsx", (),
        "7.xlsx: found", ("a password", "without a password"),
        change=lambda path: none(path.write_bytes(OLD_EXCEL + bytes(600))),
    ),
    Impossible(
        "workbook cut off on its way", "7.xlsx", (),
        "7.xlsx: found", ("cut-off", "copy it again"),
        change=lambda path: none(path.write_bytes(path.read_bytes()[:20_000])),
    ),
    Impossible(
        "web page under the name of a workbook", "7.xlsx", (),
        "7.xlsx: found", ("a web page", "save it as Excel Workbook"),
        change=lambda path: none(path.write_text("<html><table></table></html>")),
    ),
    Impossible(
        "LibreOffice's own kind", "7.xlsx", (),
        "7.ods: found", ("'a workbook of the kind .ods'", "save it as Excel Workbook"),
        change=lambda path: none(path.rename(path.with_suffix(".ods"))),
    ),
    Impossible(
        "sheet renamed", "7.xlsx", (),
        "7.xlsx, sheet Sperren, cell A1", ("a sheet Locks", "rename the sheet"),
        change=rename_sheet,
    ),
    Impossible(
        "head changed", "7.xlsx", (),
        "7.xlsx, sheet Locks, cell B6", ("'Lok'", "the head Lock"), change=set_cell("B6", "Lok"),
    ),
    Impossible(
        "head removed", "7.xlsx", (),
        "7.xlsx, sheet Locks, cell D6", ("'nothing'", "the head Until"),
        change=set_cell("D6", None),
    ),
]  # fmt: skip


@pytest.fixture
def handed_out(shop_run: Path, tmp_path: Path) -> Path:
    """The planograms of a run, to be edited."""
    return Path(shutil.copytree(shop_run / "planograms", tmp_path / "planograms"))


def make(case: Impossible, folder: Path) -> None:
    """Put the locks of a case into its workbook."""
    path = folder / case.workbook
    if case.locks:
        assert edit(path, *case.locks) == 7
    if case.change:
        case.change(path)


@pytest.mark.parametrize("case", IMPOSSIBLE, ids=lambda case: case.name)
def test_a_lock_that_cannot_be_is_refused_by_its_cell(
    case: Impossible, handed_out: Path, tmp_path: Path
) -> None:
    """The one fault is named by workbook, sheet and cell, with what was found and how to mend."""
    make(case, handed_out)
    (said,) = refused(corner_shops(tmp_path / "data", **case.data), handed_out)
    assert case.place in said
    for words in case.words:
        assert words in said


def test_every_fault_of_every_workbook_is_told_at_once(
    handed_out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Faults of three workbooks and of the tables come together, and the command ends with 2."""
    edit(handed_out / "7.xlsx", lock("4999", "IN"), lock("4063", "MIN", 0))
    edit(handed_out / "8.xlsx", lock("4063", "STAY"))
    rename_sheet(handed_out / "9.xlsx")
    broken = SHOP_FIXTURES.replace("8,T1,table,1,1,120,no", "8,T1,table,1,1,wide,no")
    data = corner_shops(tmp_path / "data", fixtures=broken)
    options = ["plan", str(data), "--locks", str(handed_out), "--out", str(tmp_path / "run")]
    monkeypatch.setattr("sys.argv", ["planner", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    for place in (
        "7.xlsx, sheet Locks, cell A7",
        "7.xlsx, sheet Locks, cell C8",
        "8.xlsx, sheet Locks, cell B7",
        "9.xlsx, sheet Sperren",
        "fixtures.csv, row 5",
    ):
        assert place in said
    assert not (tmp_path / "run").exists()


def test_locks_are_read_as_people_write_them(handed_out: Path, tmp_path: Path) -> None:
    """An item by its id (a number too), its name or both; words in any case; dates as dates or
    text; rows in any order with blank ones between; columns moved; a run folder or its planograms.
    """
    path = handed_out / "7.xlsx"
    book = load_workbook(path)
    sheet = book["Locks"]
    top, heads = head_of(sheet)
    written = [(4063, "in", None, pd.Timestamp("2026-12-24")), ("romaine", "Out", None, None),
               (None, None, None, None), ("Lettuce · 4061", "min", "2", "1.5.2026"),
               ("  4061 · lettuce ", "MAX", 3.0, 46200)]  # fmt: skip
    for row, (item, word, facings, until) in enumerate(written, start=top + 3):
        for head, value in zip(("Item", "Lock", "Facings", "Until"), (item, word, facings, until),
                               strict=True):  # fmt: skip
            sheet.cell(row, heads[head]).value = value
    sheet.move_range(f"D{top}:D{top + 20}", cols=20)
    book.save(path)
    (tmp_path / "run").mkdir()
    shutil.move(handed_out, tmp_path / "run" / "planograms")
    data = corner_shops(tmp_path / "data")
    inputs = read_inputs(data, locks=tmp_path / "run")
    expected = {("7", "4063", "IN", 0.0), ("7", "4062", "OUT", 0.0), ("7", "4061", "MIN", 2.0),
                ("7", "4061", "MAX", 3.0)}  # fmt: skip
    assert locks_of(inputs) == expected
    until = inputs.store_locks.set_index(["item_id", "lock"])["until"]
    assert until["4063", "IN"] == pd.Timestamp("2026-12-24")
    assert until["4061", "MIN"] == pd.Timestamp("2026-05-01")
    one = read_inputs(data, locks=tmp_path / "run" / "planograms" / "7.xlsx")
    assert locks_of(one) == expected


def test_a_folder_of_lock_tables(tmp_path: Path) -> None:
    """CSV and Parquet files of a folder add up; a lock of a store stands before that of every
    store, and a workbook of another kind is refused instead of left out."""
    folder = tmp_path / "locks"
    folder.mkdir()
    (folder / "all.csv").write_text("item_id,lock,facings\n4061,MIN,2\n4063,IN,\n")
    pd.DataFrame(
        {"store_id": ["8"], "item_id": ["4061"], "lock": ["MIN"], "facings": [3]}
    ).to_parquet(folder / "market.parquet")
    data = corner_shops(tmp_path / "data", fixtures=SHOP_FIXTURES.replace(",90,", ",120,"))
    found = locks_of(read_inputs(data, locks=folder))
    assert found == {
        *((store, "4063", "IN", 0.0) for store in ("7", "8", "9")),
        ("7", "4061", "MIN", 2.0), ("8", "4061", "MIN", 3.0), ("9", "4061", "MIN", 2.0),
    }  # fmt: skip
    (folder / "9.ods").write_bytes(b"")
    (said,) = refused(data, folder)
    assert "9.ods" in said
    assert "save it as Excel Workbook (.xlsx)" in said


def test_an_expired_lock_is_not_checked(tmp_path: Path) -> None:
    """What has expired is kept in view, in no force, whatever has become of its item; the last
    day counts, and a lock that was over before it began is a warning."""
    locks = tmp_path / "locks.csv"
    locks.write_text(
        "store_id,item_id,lock,since,until\n7,4999,IN,2026-01-05,2026-04-12\n"
        "7,4063,IN,2026-01-05,2026-04-13\n8,4063,OUT,,2025-04-13\n"
    )
    inputs = read_inputs(corner_shops(tmp_path / "data"), locks=locks)
    assert locks_of(inputs) == {("7", "4063", "IN", 0.0)}
    states = inputs.store_locks.set_index(["store_id", "item_id"])["state"].to_dict()
    assert states == {("7", "4063"): "in force", ("7", "4999"): "expired", ("8", "4063"): "expired"}
    assert [a.count for a in inputs.assumptions if a.warning] == [1]


def test_an_open_workbook_is_warned_of(handed_out: Path, tmp_path: Path) -> None:
    """A workbook that is open may hold locks that are not saved yet."""
    (handed_out / "~$8.xlsx").write_bytes(b"someone")
    inputs = read_inputs(corner_shops(tmp_path / "data"), locks=handed_out)
    (warning,) = (a for a in inputs.assumptions if a.warning)
    assert warning.text.startswith("8.xlsx is open")
