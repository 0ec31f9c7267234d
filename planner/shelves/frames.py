"""The frames of the shelves stage: their columns, one store's rows, many stores joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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


@dataclass
class StoreRows:
    """Rows of one store while they are collected, each in the order of its columns."""

    positions: list[tuple[object, ...]] = field(default_factory=list)
    shelves: list[tuple[object, ...]] = field(default_factory=list)
    facings_added: list[tuple[object, ...]] = field(default_factory=list)
    blocks: list[tuple[object, ...]] = field(default_factory=list)

    def result(self) -> Shelves:
        """The store's result; nothing is unplaced."""
        return Shelves(
            positions=_frame(self.positions, POSITIONS),
            shelves=_frame(self.shelves, SHELVES),
            facings_added=_frame(self.facings_added, FACINGS_ADDED),
            blocks=_frame(self.blocks, BLOCKS),
            unplaced={},
            assumptions=(),
        )


def join(stores: Iterable[Shelves]) -> Shelves:
    """One result of many stores' results, in the order given."""
    parts = list(stores)
    counts: dict[tuple[str, str, str], int] = {}
    for part in parts:
        for a in part.assumptions:
            key = (a.stage, a.subject, a.text)
            counts[key] = counts.get(key, 0) + a.count
    return Shelves(
        positions=_stack([p.positions for p in parts], POSITIONS),
        shelves=_stack([p.shelves for p in parts], SHELVES),
        facings_added=_stack([p.facings_added for p in parts], FACINGS_ADDED),
        blocks=_stack([p.blocks for p in parts], BLOCKS),
        unplaced={store: free for p in parts for store, free in p.unplaced.items()},
        assumptions=tuple(Assumption(*key, count) for key, count in counts.items()),
    )


def _frame(rows: list[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame.from_records(rows, columns=list(columns)).astype(columns)


def _stack(frames: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    filled = [f for f in frames if len(f)]
    return pd.concat(filled, ignore_index=True) if filled else _frame([], columns)
