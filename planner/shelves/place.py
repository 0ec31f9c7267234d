"""Positions of every listed item on the fixtures of its store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import floor
from typing import Any
from zlib import crc32

import pandas as pd

from planner.shelves.frames import StoreRows, join
from planner.shelves.pack import Packing, pack
from planner.shelves.rack import (
    STEPS_PER_CM,
    Layout,
    Rack,
    broken_groups,
    to_steps,
)
from planner.shelves.result import Shelves
from planner.shelves.spare import notes
from planner.tables.inputs import Assumption, Inputs, with_locked_facings
from planner.workers import InProcess, StoreExecutor

NO_LIMIT = 10**9
SOLVER_TOLERANCE_CM = 0.01
"""A store program may use that much more than there is; such a store is solved again."""
Row = Mapping[str, Any]


Placed = dict[str, tuple[pd.DataFrame, Shelves]]
"""Stores that were placed, each with its rows of ``listed``."""


def place(
    inputs: Inputs,
    listed: pd.DataFrame,
    *,
    executor: StoreExecutor | None = None,
    placed: Placed | None = None,
) -> Shelves:
    """Place the listed items of every store, in this process unless there is an executor.

    ``listed`` has a row per listed store-item: store_id, item_id, facings, stock_units_cycle
    (units), margin_week (money per week). Stores come out in the order of ``inputs.stores``.
    ``placed``: from an earlier call with these inputs; a store whose rows are the same is not
    placed again, and what is placed now is added. Raises ValueError where a store lists more of a
    fixture type than it has in total: a store program never does.
    """
    fixtures = dict(iter(inputs.fixtures.groupby("store_id", sort=False)))
    current = dict(iter(inputs.current_range.groupby("store_id", sort=False)))
    plans = dict(iter(listed.groupby("store_id", sort=False)))
    known: Placed = {} if placed is None else placed
    no_rows = listed.iloc[:0]
    stores = [str(store_id) for store_id in inputs.stores["store_id"]]
    rows = {store: plans.get(store, no_rows).reset_index(drop=True) for store in stores}
    changed = [s for s in stores if s not in known or not known[s][0].equals(rows[s])]
    jobs = [
        (
            store_id,
            with_locked_facings(inputs.items, inputs.store_locks, store_id),
            fixtures.get(store_id, inputs.fixtures.iloc[:0]),
            current.get(store_id, inputs.current_range.iloc[:0]),
            rows[store_id],
        )
        for store_id in changed
    ]
    names = [f"store {store_id}" for store_id in changed]
    for number, shelves in (executor or InProcess()).map_stores(_place_job, jobs, names):
        known[changed[number]] = (rows[changed[number]], shelves)
    return join(known[store_id][1] for store_id in stores)


def _place_job(job: tuple[str, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> Shelves:
    return place_store(*job)


def place_store(
    store_id: str,
    items: pd.DataFrame,
    fixtures: pd.DataFrame,
    current_range: pd.DataFrame,
    listed: pd.DataFrame,
) -> Shelves:
    """Place the listed items of one store; see ``place``.

    ``items`` is the chain's whole table; the other frames hold this store's rows alone. The
    answer depends on these rows only, neither on their order nor on other stores.
    """
    rows = StoreRows()
    if fixtures.empty:
        text = "Stores without fixtures: their items get no positions"
        missing = (Assumption("shelves", "fixtures", text, 1),) if len(listed) else ()
        return replace(rows.result(), assumptions=missing)
    shelves = _records(fixtures.sort_values(["fixture_id", "bay", "shelf"]))
    chosen = listed[["item_id", "facings", "stock_units_cycle", "margin_week"]]
    stands = _records(items.merge(chosen, on="item_id", how="inner"))
    today = {
        row["item_id"]: (row["fixture_id"], row["bay"], row["shelf"])
        for row in _records(current_range)
    }
    unplaced: dict[str, float] = {}
    for fixture_type in sorted(
        {row["fixture_type"] for row in shelves} | {row["fixture_type"] for row in stands}
    ):
        here = [row for row in shelves if row["fixture_type"] == fixture_type]
        stand = [row for row in stands if row["fixture_type"] == fixture_type]
        rack = _rack(stand, here, today)
        too_wide = rack.used(range(len(stand))) - sum(rack.shelf_width)
        if too_wide > SOLVER_TOLERANCE_CM * STEPS_PER_CM:
            raise ValueError(f"store {store_id} lists more than its {fixture_type} can hold")
        packing = pack(rack, crc32(f"{store_id}/{fixture_type}".encode()))
        if packing.layout is None:
            unplaced[fixture_type] = packing.leave_free / STEPS_PER_CM
        else:
            _add_shelves(rows, store_id, rack, packing, packing.layout, stand, here)
            _add_items(rows, store_id, rack, packing, packing.layout, stand)
    if unplaced:
        return replace(StoreRows().result(), unplaced={store_id: unplaced})
    rows.positions.sort(key=lambda row: row[2:6])
    rows.shelves.sort(key=lambda row: (row[1], row[3], row[4]))
    return rows.result()


def _records(frame: pd.DataFrame) -> list[Row]:
    return frame.to_dict("records")  # type: ignore[return-value]


def _rack(
    stand: list[Row], shelves: list[Row], today: Mapping[str, tuple[str, float, float]]
) -> Rack:
    spot = {(z["fixture_id"], z["bay"], z["shelf"]): k for k, z in enumerate(shelves)}
    group: dict[str, int] = {}
    for row in stand:
        group.setdefault(row["need_group"], len(group))
    held = pd.Series([row["units_per_facing"] for row in stand], dtype=float)
    per_facing = held.fillna(held.median()).fillna(1.0)
    return Rack(
        facing_width=tuple(to_steps(row["facing_width_cm"]) for row in stand),
        facings=tuple(int(row["facings"]) for row in stand),
        most_facings=tuple(
            NO_LIMIT if pd.isna(row["max_facings"]) else int(row["max_facings"]) for row in stand
        ),
        stock_facings=tuple(
            floor(round(row["stock_units_cycle"] / row["min_units_per_facing"], 9))
            if row["min_units_per_facing"] > 0
            else NO_LIMIT
            for row in stand
        ),
        cycle_need=tuple(
            row["stock_units_cycle"] / units for row, units in zip(stand, per_facing, strict=True)
        ),
        group=tuple(group[row["need_group"]] for row in stand),
        margin=tuple(float(row["margin_week"]) for row in stand),
        home=tuple(spot.get(today.get(row["item_id"], ("", 0, 0)), -1) for row in stand),
        shelf_width=tuple(to_steps(row["width_cm"]) for row in shelves),
        eye_level=tuple(bool(row["eye_level"]) for row in shelves),
    )


def _add_shelves(
    rows: StoreRows,
    store_id: str,
    rack: Rack,
    packing: Packing,
    layout: Layout,
    stand: list[Row],
    shelves: list[Row],
) -> None:
    note = notes(rack, layout, packing.facings)
    for z, shelf in enumerate(shelves):
        place = (shelf["fixture_id"], int(shelf["bay"]), int(shelf["shelf"]))
        left = 0.0
        for position, i in enumerate(layout[z], start=1):
            facings = packing.facings[i]
            width = round(facings * stand[i]["facing_width_cm"], 6)
            item_id = stand[i]["item_id"]
            rows.positions.append((store_id, item_id, *place, position, left, width, facings))
            left = round(left + width, 6)
        free = max(0.0, round(shelf["width_cm"] - left, 6))
        fixture_id, bay, number = place
        rows.shelves.append(
            (
                store_id,
                fixture_id,
                shelf["fixture_type"],
                bay,
                number,
                shelf["eye_level"],
                shelf["width_cm"],
                left,
                free,
                note[z],
            )
        )


def _add_items(
    rows: StoreRows, store_id: str, rack: Rack, packing: Packing, layout: Layout, stand: list[Row]
) -> None:
    for row, before, after in zip(stand, rack.facings, packing.facings, strict=True):
        if after > before:
            cost = (after - before) * row["facing_cost_week"]
            rows.facings_added.append((store_id, row["item_id"], after - before, cost))
    broken = broken_groups(rack, layout)
    names = {g: row["need_group"] for g, row in zip(rack.group, stand, strict=True)}
    for g, name in names.items():
        fixture_type = stand[0]["fixture_type"]
        block = (store_id, fixture_type, name, rack.group.count(g), g not in broken)
        rows.blocks.append(block)
