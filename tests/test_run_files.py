"""What the files of a run leave in its tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

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
        with CellsTable(path, names) as table:
            for n in order:
                table.add(names[n], cells_of(n))
        pd.testing.assert_frame_equal(pd.read_parquet(path), wanted.astype("str"))
        files.append(path.read_bytes())
    assert files[0] == files[1]
