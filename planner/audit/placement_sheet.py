"""The sheet *Placement* of the store workbooks: what it says is in ``tables/placement``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from planner.audit.folder import RunFolder
from planner.audit.ledger import RELATIVE_TOLERANCE, Ledger
from planner.audit.lists import sheets_of_stores

SHEET = "Placement"
SAID = {
    "group_blocks": "in one block",
    "vertical_blocks": "upright",
    "full_shelves": "empty",
    "moves": "another shelf",
    "shelf_order": "past a neighbour",
    "eye_level_margin": "eye level",
    "heavy_low": "weight",
    "colour_breaks": "colour",
}
"""What the words of each rule must hold."""
IN_SHARES = ("eye_level_margin", "heavy_low")


def check_placement_sheets(run: RunFolder, ledger: Ledger) -> None:
    """A row for each rule of each fixture type that has something to count, with its figures."""
    sheets = sheets_of_stores(run, SHEET)
    table = run.tables["placement"]
    no_eye_level = (table["rule"] == "eye_level_margin") & (table["counted"] == 0)
    told = table[(table["of"] != 0) & ~(no_eye_level & (table["broken"] == 0))]
    rows = {str(store): part.to_dict("records") for store, part in told.groupby("store_id")}
    for store, grid in sheets.items():
        head = next((row for row in sorted(grid) if "Rule" in grid[row].values()), 0)
        names = {text: letters for letters, text in grid.get(head, {}).items()}
        printed = [
            {name: grid[row].get(letters, "") for name, letters in names.items()}
            for row in sorted(grid)
            if row > head and grid[row].get(names.get("Rule", ""), "")
        ]
        wanted = rows.get(store, [])
        ledger.expect(
            len(printed) == len(wanted),
            f"planograms/{store}.xlsx, sheet {SHEET}: {len(printed)} rows, expected {len(wanted)}",
        )
        for line, row in zip(printed, wanted, strict=False):
            ledger.expect(
                _agrees(line, row),
                f"planograms/{store}.xlsx, sheet {SHEET}: {row['fixture_type']}, {row['rule']} is "
                f"{', '.join(f'{name}: {text}' for name, text in line.items())}, expected "
                f"{row['counted']:.10g} of {row['of']:.10g}, {row['where'] or 'nowhere named'}, "
                + ("proven" if row["proven"] else "not proven"),
            )


def _agrees(line: Mapping[str, str], row: Mapping[Hashable, Any]) -> bool:
    counts = row["rule"] in IN_SHARES or (
        _shows(line["Count"], row["counted"]) and _shows(line["Of"], row["of"])
    )
    best = any("best possible" in text for text in line.values())
    return bool(
        counts
        and line["Fixture type"] == row["fixture_type"]
        and SAID[str(row["rule"])] in line["Rule"]
        and _shows(line["Share"], row["counted"] / row["of"])
        and str(row["where"]) in line["Where not"]
        and best == row["proven"]
    )


def _shows(cell: str, figure: float) -> bool:
    try:
        return abs(float(cell) - figure) <= RELATIVE_TOLERANCE * max(1.0, abs(figure))
    except ValueError:
        return False
