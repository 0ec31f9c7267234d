"""Workbooks: every cell as it was written, and the printed figures as in the tables."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import MOST_SHOWN, Ledger, close, number
from planner.outputs.workbook.cells import with_run_id, workbook_cells

CELLS = "tables/cells.parquet"
ITEMS_SHEET = "Items"
PLANOGRAM_SHEETS = "Planogram "
PRINTED = {
    "facings": "facings",
    "stock": "stock_units_cycle",
    "demand": "demand_units_week",
    "sold": "sold_units_week",
    "waste": "waste_units_week",
    "sales": "sales_week",
    "margin": "margin_week",
}
"""First word of a head of the list of items, and the column of the assortment that it shows."""
_CELL = re.compile(r"([A-Z]+)(\d+)")
_BLOCK = re.compile(r"(\d+)[^\n×]*\s×(\d+)\s+(\d+)-(\d+)")
"""What is written on a drawn block: number, mark, x facings, bay-shelf."""


def check_cells(run: RunFolder, ledger: Ledger) -> None:
    """Every cell of every workbook is what the run wrote; a formula counts as its text."""
    cells = with_run_id(run.tables["cells"], str(run.manifest.get("run_id", "")))
    written = {str(name): rows for name, rows in cells.groupby("workbook")}
    in_run = {name for name in run.manifest.get("files") or {} if name.endswith(".xlsx")}
    in_run = {name for name in in_run if PurePosixPath(name).parts[0] != "inputs"}
    for name in sorted(in_run | set(written)):
        if name not in written:
            ledger.expect(False, f"{CELLS} has no cells of {name}")
            continue
        if not (run.path / name).is_file():
            ledger.expect(False, f"{name} is missing, its cells could not be compared")
            continue
        try:
            found = workbook_cells(run.path / name)
        except (BadZipFile, KeyError, OSError, SyntaxError, ValueError) as error:
            ledger.expect(False, f"{name} is no workbook any more: {error}")
            continue
        _compare(name, _by_place(written[name]), _by_place(found), ledger)


def _by_place(cells: pd.DataFrame) -> dict[tuple[str, str], str]:
    places = zip(cells["sheet"].tolist(), cells["cell"].tolist(), strict=True)
    return dict(zip(places, cells["value"].astype("str").tolist(), strict=True))


def _compare(
    name: str,
    expected: dict[tuple[str, str], str],
    found: dict[tuple[str, str], str],
    ledger: Ledger,
) -> None:
    ledger.checks += len(expected.keys() | found.keys())
    if expected == found:
        return
    differing = [
        place
        for place in dict.fromkeys([*expected, *found])
        if expected.get(place) != found.get(place)
    ]
    for sheet, cell in differing[:MOST_SHOWN]:
        ledger.expect(
            False,
            f"{name}, sheet {sheet}, cell {cell}: found {_shown(found.get((sheet, cell)))}, "
            f"expected {_shown(expected.get((sheet, cell)))}",
        )
    if len(differing) > MOST_SHOWN:
        ledger.expect(False, f"{name}: {len(differing) - MOST_SHOWN} more cells differ")


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)


def item_lists(run: RunFolder) -> pd.DataFrame:
    """The rows of every *Items* sheet: store_id, item_id, pos and the columns of ``PRINTED``."""
    cells = run.tables["cells"]
    cells = cells[cells["sheet"] == ITEMS_SHEET]
    lists = []
    for workbook, sheet in cells.groupby("workbook", sort=False):
        path = PurePosixPath(str(workbook))
        if path.parent.name == "planograms":
            lists.append(_item_list(sheet).assign(store_id=path.stem))
    columns = ["store_id", "item_id", "pos", *PRINTED.values()]
    if not lists:
        return pd.DataFrame(columns=columns)
    return pd.concat(lists, ignore_index=True)[columns]


def _item_list(sheet: pd.DataFrame) -> pd.DataFrame:
    place = sheet["cell"].str.extract(_CELL)
    grid: dict[int, dict[str, str]] = {}
    for letters, row, value in zip(
        place[0].tolist(), place[1].astype(int).tolist(), sheet["value"].tolist(), strict=True
    ):
        grid.setdefault(int(row), {})[str(letters)] = str(value)
    head = next((row for row in sorted(grid) if "PLU" in grid[row].values()), 0)
    names = {letters: _head(text) for letters, text in grid.get(head, {}).items()}
    rows: list[dict[str, Any]] = []
    for row in sorted(grid):
        record = {names[c]: text for c, text in grid[row].items() if names.get(c)}
        if row > head > 0 and record.get("item_id"):
            rows.append(record)
    frame = pd.DataFrame(rows, columns=["item_id", "pos", *PRINTED.values()])
    for column in ("pos", *PRINTED.values()):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    return frame


def _head(text: str) -> str:
    first = text.split()[0].split("/")[0].lower() if text.strip() else ""
    return {"plu": "item_id", "pos": "pos"}.get(first, PRINTED.get(first, ""))


def check_item_lists(run: RunFolder, ledger: Ledger) -> None:
    """The list of items of each store names the listed items once, with the tables' figures."""
    listed = run.tables["assortment"].query("listed")
    lists = item_lists(run)
    twice = lists.duplicated(["store_id", "item_id"])
    ledger.expect_rows(
        lists,
        ~twice,
        lambda row: f"{_workbook(row)}: item {row['item_id']} stands there twice",
    )
    joined = listed.merge(
        lists[~twice],
        on=["store_id", "item_id"],
        how="outer",
        suffixes=("", "_printed"),
        indicator=True,
    )
    ledger.expect_rows(
        joined,
        joined["_merge"] == "both",
        lambda row: (
            f"{_workbook(row)}: item {row['item_id']} is "
            + ("missing" if row["_merge"] == "left_only" else "not listed, yet in the list")
        ),
    )
    both = joined[joined["_merge"] == "both"]
    for column in PRINTED.values():
        ledger.expect_rows(
            both,
            close(both[f"{column}_printed"], both[column]),
            lambda row, column=column: (  # type: ignore[misc]
                f"{_workbook(row)}: item {row['item_id']}: {column} is "
                f"{number(row[f'{column}_printed'])}, expected {number(row[column])} as in "
                "tables/assortment.parquet"
            ),
        )


def check_drawings(run: RunFolder, ledger: Ledger) -> None:
    """Each positioned item is drawn once, under its number, with its facings, on its shelf."""
    cells = run.tables["cells"]
    cells = cells[cells["sheet"].str.startswith(PLANOGRAM_SHEETS)]
    written = cells["value"].str.extract(rf"^{_BLOCK.pattern}")
    blocks = pd.DataFrame(
        {
            # Typed here, as a run without drawings has none to take the type from.
            "store_id": pd.array([PurePosixPath(name).stem for name in cells["workbook"]], "str"),
            "sheet": cells["sheet"].to_numpy(),
            "pos": pd.to_numeric(written[0]).to_numpy(),
            "drawn_facings": pd.to_numeric(written[1]).to_numpy(),
            "drawn_bay": pd.to_numeric(written[2]).to_numpy(),
            "drawn_shelf": pd.to_numeric(written[3]).to_numpy(),
        }
    ).dropna()
    lists = item_lists(run)[["store_id", "item_id", "pos"]]
    standing = run.tables["positions"].merge(lists, on=["store_id", "item_id"], how="left")
    counts = blocks.groupby(["store_id", "pos"]).size()
    wanted = pd.MultiIndex.from_frame(standing[["store_id", "pos"]])
    times = counts.reindex(wanted, fill_value=0).to_numpy()
    ledger.expect_rows(
        standing.assign(times=times),
        times == 1,
        lambda row: (
            f"planograms/{row['store_id']}.xlsx: item {row['item_id']} (number {row['pos']:g}) is "
            f"drawn {row['times']:g} times, expected once"
        ),
    )
    joined = blocks.merge(standing, on=["store_id", "pos"], how="left")
    ledger.expect_rows(
        joined,
        (joined["drawn_facings"] == joined["facings"])
        & (joined["drawn_bay"] == joined["bay"])
        & (joined["drawn_shelf"] == joined["shelf"]),
        lambda row: (
            f"planograms/{row['store_id']}.xlsx, sheet {row['sheet']}: number {row['pos']:g} is "
            f"drawn with {row['drawn_facings']:g} facings on {row['drawn_bay']:g}-"
            f"{row['drawn_shelf']:g}, expected {row['facings']:g} on {row['bay']:g}-"
            f"{row['shelf']:g}"
        ),
    )


def _workbook(row: dict[str, Any]) -> str:
    return f"planograms/{row['store_id']}.xlsx, sheet {ITEMS_SHEET}"
