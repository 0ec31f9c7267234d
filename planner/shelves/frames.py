"""The frames of the shelves stage: their columns, and the rows of stores that fill them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from planner.shelves.result import Shelves
from planner.tables.inputs import Assumption

POSITIONS = {
    "store_id": "str",
    "item_id": "str",
    "fixture_id": "str",
    "bay": "int64",
    "shelf": "int64",
    "position": "int64",
    "left_cm": "float64",
    "width_cm": "float64",
    "facings": "int64",
}
SHELVES = {
    "store_id": "str",
    "fixture_id": "str",
    "fixture_type": "str",
    "bay": "int64",
    "shelf": "int64",
    "eye_level": "bool",
    "width_cm": "float64",
    "used_cm": "float64",
    "empty_cm": "float64",
    "note": "str",
}
FACINGS_ADDED = {
    "store_id": "str",
    "item_id": "str",
    "facings_added": "int64",
    "cost_week": "float64",
}
BLOCKS = {
    "store_id": "str",
    "fixture_type": "str",
    "need_group": "str",
    "items": "int64",
    "in_one_block": "bool",
}
PLACEMENT = {
    "store_id": "str",
    "fixture_type": "str",
    "items": "int64",
    "rule": "str",
    "weight": "float64",
    "counted": "float64",
    "of": "float64",
    "broken": "float64",
    "where": "str",
    "proven": "bool",
}


@dataclass
class StoreRows:
    """Rows of one store, or of many, each in the order of its columns."""

    positions: list[tuple[Any, ...]] = field(default_factory=list)
    shelves: list[tuple[Any, ...]] = field(default_factory=list)
    facings_added: list[tuple[object, ...]] = field(default_factory=list)
    blocks: list[tuple[object, ...]] = field(default_factory=list)
    placement: list[tuple[object, ...]] = field(default_factory=list)

    unplaced: dict[str, dict[str, float]] = field(default_factory=dict)
    without_fixtures: int = 0
    """Stores with items but without fixtures."""

    def add(self, other: StoreRows) -> None:
        """Append the rows of another store."""
        self.positions += other.positions
        self.shelves += other.shelves
        self.facings_added += other.facings_added
        self.blocks += other.blocks
        self.placement += other.placement
        self.unplaced |= other.unplaced
        self.without_fixtures += other.without_fixtures

    def result(self) -> Shelves:
        """The rows as frames."""
        text = "Stores without fixtures: their items get no positions"
        missing = (Assumption("shelves", "fixtures", text, self.without_fixtures),)
        return Shelves(
            positions=_frame(self.positions, POSITIONS),
            shelves=_frame(self.shelves, SHELVES),
            facings_added=_frame(self.facings_added, FACINGS_ADDED),
            blocks=_frame(self.blocks, BLOCKS),
            placement=_frame(self.placement, PLACEMENT),
            unplaced=self.unplaced,
            assumptions=missing if self.without_fixtures else (),
        )


def _frame(rows: list[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame.from_records(rows, columns=list(columns)).astype(columns)
