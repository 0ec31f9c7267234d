"""Workbooks: every cell as it was written, every item drawn as it stands."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from zipfile import BadZipFile

import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import MOST_SHOWN, Ledger
from planner.audit.lists import item_lists
from planner.outputs.workbook.cells import with_run_id, workbook_cells

CELLS = "tables/cells.parquet"
PLANOGRAM_SHEETS = "Planogram "
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
