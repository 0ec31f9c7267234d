"""What the files of a run leave in its tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from planner.outputs.workbook.cells import with_run_id
from planner.run_files import CELLS, CellsTable, workbook_names


def cells_of(number: int) -> pd.DataFrame:
    """Some cells of a workbook."""
    rows = [("Items", f"A{row}", f"{number}:{row}") for row in range(1, number + 3)]
    return pd.DataFrame(rows, columns=["sheet", "cell", "value"])


def test_cells_of_workbooks_stand_in_one_order_whatever_order_they_come_in(tmp_path: Path) -> None:
    """Workers finish in any order: the table is the same to the byte, and nothing is lost."""
    names = workbook_names(["7", "12", "3"])
    wanted = pd.concat(
        [cells_of(n).assign(workbook=name) for n, name in enumerate(names)], ignore_index=True
    )[list(CELLS)]
    files = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        path = tmp_path / f"{order[0]}.parquet"
        with CellsTable(path, names, "the run") as table:
            for n in order:
                table.add(names[n], cells_of(n))
        pd.testing.assert_frame_equal(pd.read_parquet(path), wanted.astype("str"))
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_the_table_of_cells_does_not_hold_the_runs_id(tmp_path: Path) -> None:
    """Runs that differ in their id alone have the same table, from which each gets its own back."""
    files = []
    for run_id in ("shop-1", "shop-2"):
        written = pd.DataFrame([("Summary", "A1", f"of run {run_id}")],
                               columns=["sheet", "cell", "value"])  # fmt: skip
        path = tmp_path / f"{run_id}.parquet"
        with CellsTable(path, ["chain.xlsx"], run_id) as table:
            table.add("chain.xlsx", written)
        files.append(path.read_bytes())
        back = with_run_id(pd.read_parquet(path), run_id)
        assert back["value"].tolist() == written["value"].tolist()
    assert files[0] == files[1]
