"""Positions of every listed item on the fixtures of its store."""

from __future__ import annotations

from zlib import crc32

import pandas as pd

from planner.shelves.frames import StoreRows
from planner.shelves.from_tables import Row, place_of, rack_of
from planner.shelves.pack import Packing, pack
from planner.shelves.pieces import groups_apart
from planner.shelves.rack import STEPS_PER_CM, Layout, Rack
from planner.shelves.reading_order import natural
from planner.shelves.result import Shelves
from planner.shelves.score import kept_and_broken
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, empty_steps, notes
from planner.shelves.weights import PlacementWeights
from planner.tables.inputs import Inputs, with_locked_facings
from planner.workers import InProcess, StoreExecutor

SOLVER_TOLERANCE_CM = 0.01
"""A store program may use that much more than there is; such a store is solved again."""

ITEM_COLUMNS = ["item_id", "need_group", "unit", "unit_weight_kg", "facing_width_cm",
                "units_per_facing", "min_units_per_facing", "max_facings", "facing_cost_week",
                "fixture_type", "colour"]  # fmt: skip
"""What is looked at of the items table."""

Job = tuple[str, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, PlacementWeights]
Placed = dict[str, tuple[pd.DataFrame, StoreRows]]
"""Stores that were placed, each with its rows of ``listed``."""


def place(
    inputs: Inputs,
    listed: pd.DataFrame,
    *,
    executor: StoreExecutor | None = None,
    placed: Placed | None = None,
    weights: PlacementWeights | None = None,
) -> Shelves:
    """Place the listed items of every store, in this process unless there is an executor.

    ``listed`` has a row per listed store-item: store_id, item_id, facings, stock_units_cycle
    (units), margin_week (money per week). Stores come out in the order of ``inputs.stores``.
    ``placed``: from an earlier call with these inputs and weights; a store whose rows are the
    same is not placed again, and what is placed now is added. ``weights``: of the placement rules,
    left out: the defaults. Raises ValueError where a store lists more of a
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
    jobs: list[Job] = [
        (
            store_id,
            with_locked_facings(inputs.items, inputs.store_locks, store_id)[ITEM_COLUMNS],
            fixtures.get(store_id, inputs.fixtures.iloc[:0]),
            current.get(store_id, inputs.current_range.iloc[:0]),
            rows[store_id],
            weights or PlacementWeights(),
        )
        for store_id in changed
    ]
    names = [f"store {store_id}" for store_id in changed]
    for number, placed_rows in (executor or InProcess()).map_stores(rows_of, jobs, names):
        known[changed[number]] = (rows[changed[number]], placed_rows)
    together = StoreRows()
    for store_id in stores:
        together.add(known[store_id][1])
    return together.result()


def place_store(
    store_id: str,
    items: pd.DataFrame,
    fixtures: pd.DataFrame,
    current_range: pd.DataFrame,
    listed: pd.DataFrame,
    weights: PlacementWeights | None = None,
) -> Shelves:
    """Place the listed items of one store; see ``place``.

    ``items`` is the chain's whole table; the other frames hold this store's rows alone. The
    answer depends on these rows only, neither on their order nor on other stores.
    """
    weights = weights or PlacementWeights()
    return rows_of(
        (store_id, items[ITEM_COLUMNS], fixtures, current_range, listed, weights)
    ).result()


def rows_of(job: Job) -> StoreRows:
    """The rows of one store; see ``place_store``."""
    store_id, items, fixtures, current_range, listed, weights = job
    rows = StoreRows()
    if fixtures.empty:
        rows.without_fixtures = int(len(listed) > 0)
        return rows
    shelves = sorted(_records(fixtures), key=_reading_order)
    chosen = listed[["item_id", "facings", "stock_units_cycle", "margin_week"]]
    stands = sorted(
        _records(items.merge(chosen, on="item_id", how="inner")), key=lambda row: row["item_id"]
    )
    today = {row["item_id"]: row for row in _records(current_range)}
    unplaced: dict[str, float] = {}
    for fixture_type in sorted(
        {row["fixture_type"] for row in shelves} | {row["fixture_type"] for row in stands}
    ):
        here = [row for row in shelves if row["fixture_type"] == fixture_type]
        stand = [row for row in stands if row["fixture_type"] == fixture_type]
        rack = rack_of(stand, here, today)
        too_wide = rack.used(range(len(stand))) - sum(rack.shelf_width)
        if too_wide > SOLVER_TOLERANCE_CM * STEPS_PER_CM:
            raise ValueError(f"store {store_id} lists more than its {fixture_type} can hold")
        packing = pack(rack, crc32(f"{store_id}/{fixture_type}".encode()), weights)
        if packing.layout is None:
            unplaced[fixture_type] = packing.leave_free / STEPS_PER_CM
        else:
            _add_shelves(rows, store_id, rack, packing, packing.layout, stand, here)
            _add_items(rows, store_id, rack, packing, packing.layout, stand)
            _add_rules(
                rows, store_id, fixture_type, rack, packing, packing.layout, stand, here, weights
            )
    if unplaced:
        return StoreRows(unplaced={store_id: unplaced})
    order = {place_of(row): k for k, row in enumerate(shelves)}
    rows.positions.sort(key=lambda row: (order[row[2], row[3], row[4]], row[5]))
    rows.shelves.sort(key=lambda row: order[row[1], row[3], row[4]])
    return rows


def _reading_order(shelf: Row) -> tuple[object, ...]:
    fixture_id, bay, number = place_of(shelf)
    return natural(fixture_id), fixture_id, bay, number


def _records(frame: pd.DataFrame) -> list[Row]:
    return frame.to_dict("records")  # type: ignore[return-value]


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
    found = groups_apart(rack, layout, packing.facings)
    names = {g: row["need_group"] for g, row in zip(rack.group, stand, strict=True)}
    for g, name in names.items():
        fixture_type = stand[0]["fixture_type"]
        block = (store_id, fixture_type, name, rack.group.count(g), found[g].reading == 1)
        rows.blocks.append(block)


def _add_rules(
    rows: StoreRows,
    store_id: str,
    fixture_type: str,
    rack: Rack,
    packing: Packing,
    layout: Layout,
    stand: list[Row],
    shelves: list[Row],
    weights: PlacementWeights,
) -> None:
    where = _where_broken(rack, packing, layout, stand, shelves)
    for kept in kept_and_broken(rack, layout, packing.facings, weights):
        about = (store_id, fixture_type, len(rack.facings), kept.rule, kept.weight)
        found = (where.get(kept.rule, ""), packing.proven)
        rows.placement.append((*about, kept.counted, kept.of, kept.broken, *found))


def _where_broken(
    rack: Rack, packing: Packing, layout: Layout, stand: list[Row], shelves: list[Row]
) -> dict[str, str]:
    """Need groups and shelves where a rule is broken that is about them, by rule."""
    names = {g: str(row["need_group"]) for g, row in zip(rack.group, stand, strict=True)}
    found = groups_apart(rack, layout, packing.facings)
    empty = empty_steps(rack, layout, packing.facings)
    wide = {g for g in found if sum(any(rack.group[i] == g for i in s) for s in layout) > 1}
    broken = {
        "group_blocks": sorted(names[g] for g, apart in found.items() if apart.reading > 1),
        "vertical_blocks": sorted(names[g] for g in wide if found[g].upright > 1),
        "full_shelves": [
            f"{row['fixture_id']} {row['bay']:g}-{row['shelf']:g}"
            for row, steps, width in zip(shelves, empty, rack.shelf_width, strict=True)
            if steps > EMPTY_SHARE_EXPLAINED * width
        ],
    }
    return {rule: "; ".join(places) for rule, places in broken.items()}
