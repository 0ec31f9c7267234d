"""The workbook of one store: what a merchandiser prints and works from."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.slices import of_store
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.drawing import Block, Shelf
from planner.outputs.workbook.planogram import write_planogram
from planner.outputs.workbook.save import save
from planner.outputs.workbook.shared import write_assumptions, write_changes, write_limits
from planner.outputs.workbook.sheet import Book, Column, Heading
from planner.outputs.workbook.summary import write_store_summary


def write_store_workbook(contents: Contents, store_id: str, path: Path | IO[bytes]) -> pd.DataFrame:
    """Write the planogram workbook of a store.

    ``contents`` is the whole run or the store's part of it (``split_by_store``; for many stores
    the latter is what keeps the time in line with their number). Nothing in the file depends on
    the run's id or on the clock: the same contents give the same bytes. Returns its cells, as
    ``workbook_cells`` would read them. Raises KeyError for an unknown store.
    """
    here = of_store(contents, store_id)
    store = here.stores.iloc[0]
    plan = here.store_plans.iloc[0]
    book = Book(_heading(here, store, plan))
    listed = listed_items(here)
    write_store_summary(book, here)
    _write_planograms(book, here, listed)
    _write_items(book, here, listed)
    write_changes(book, here)
    _write_not_carried(book, here)
    write_limits(book, here)
    write_assumptions(book, here)
    return save(book, path, here.stamp.data_date, f"Planogram of store {store_id}")


def listed_items(contents: Contents) -> pd.DataFrame:
    """The listed items of one store in the order in which it fills its shelves.

    One row an item: assortment, items and positions joined, ``pos`` the running number that
    drawing and list share, ``state`` NEW, KEEP or MOVED. An item without a position comes last.
    """
    assortment = contents.assortment[contents.assortment["listed"]]
    details = contents.items[["item_id", "item_name", "need_group"]]
    standing = contents.positions.drop(columns="store_id").rename(columns={"facings": "printed"})
    joined = assortment.merge(details, on="item_id", how="left").merge(
        standing, on="item_id", how="left"
    )
    # width left over goes to facings after the store program, so the shelf has the last word
    joined["facings"] = joined["printed"].fillna(joined["facings"])
    order = {f: n for n, f in enumerate(dict.fromkeys(contents.shelves["fixture_id"]))}
    joined["fixture_order"] = joined["fixture_id"].map(order).fillna(len(order))
    joined = joined.sort_values(
        ["fixture_order", "bay", "shelf", "position", "item_id"], kind="stable", ignore_index=True
    )
    joined["pos"] = np.arange(1, len(joined) + 1)
    moved = contents.changes.loc[contents.changes["change"] == "MOVED", "item_id"]
    joined["state"] = joined["status"].where(~joined["item_id"].isin(moved), "MOVED")
    return joined


def _heading(contents: Contents, store: pd.Series[Any], plan: pd.Series[Any]) -> Heading:
    stamp = contents.stamp
    subject = f"{store['store_name']} (store {store['store_id']})"
    certainty = words.certainty(plan["plan"], plan["proof"], plan["gap"], stamp)
    return Heading(
        subject=subject,
        lines=(words.validity(stamp), f"{certainty}  ·  plan id {plan['plan_id']}"),
        footer=(
            f"{subject} · scenario {stamp.scenario} · plan id {plan['plan_id']} · "
            f"data up to {numbers.day(stamp.data_date, stamp)}"
        ),
    )


def _write_planograms(book: Book, contents: Contents, listed: pd.DataFrame) -> None:
    blocks: dict[tuple[str, int, int], list[Block]] = {}
    for row in listed.dropna(subset=["shelf"]).itertuples():
        item: Any = row
        block = Block(
            number=int(item.pos),
            item_id=item.item_id,
            item_name=item.item_name,
            need_group=item.need_group,
            facings=int(item.facings),
            letter=words.STATUS_LETTERS.get(item.state, ""),
            core=bool(item.core),
            bay=int(item.bay),
            shelf=int(item.shelf),
            left_cm=float(item.left_cm),
            width_cm=float(item.width_cm),
        )
        blocks.setdefault((item.fixture_id, block.bay, block.shelf), []).append(block)
    for fixture_id, rows in contents.shelves.groupby("fixture_id", sort=False):
        shelves = []
        for row in rows.itertuples():
            shelf: Any = row
            standing = blocks.get((str(fixture_id), int(shelf.bay), int(shelf.shelf)), [])
            shelves.append(
                Shelf(
                    bay=int(shelf.bay),
                    shelf=int(shelf.shelf),
                    width_cm=float(shelf.width_cm),
                    eye_level=bool(shelf.eye_level),
                    note=shelf.note,
                    blocks=tuple(standing),
                )
            )
        write_planogram(book, str(fixture_id), str(rows["fixture_type"].iloc[0]), shelves)


def _write_items(book: Book, contents: Contents, listed: pd.DataFrame) -> None:
    stamp = contents.stamp
    columns = (
        Column("Pos", 5, styles.CENTRED),
        Column("Fixture", 9, styles.CENTRED),
        Column("Place bay-shelf-position", 10, styles.CENTRED),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 27, styles.LONG_TEXT),
        Column("Need group", 15, styles.LONG_TEXT),
        Column("Core/Local", 7, styles.CENTRED),
        Column("Status", 10, styles.CENTRED),
        Column("Facings", 9, styles.WHOLE, total=True),
        Column("Width cm", 7.5, styles.UNITS, total=True),
        Column("Stock units per delivery", 9, styles.UNITS, total=True),
        Column("Demand units per week", 9.5, styles.UNITS, total=True),
        Column("Sold units per week", 9.5, styles.UNITS, total=True),
        Column("Waste units per week", 9.5, styles.UNITS, total=True),
        words.money_column("Sales per week", stamp, 11, total=True),
        words.money_column("Margin per week", stamp, 11, total=True),
        Column("Why", 32, styles.LONG_TEXT),
    )
    rows = []
    for row in listed.itertuples():
        item: Any = row
        placed = not pd.isna(item.shelf)
        rows.append(
            (
                item.pos,
                item.fixture_id if placed else "not placed",
                f"{item.bay:.0f}-{item.shelf:.0f}-{item.position:.0f}" if placed else "not placed",
                item.item_id,
                item.item_name,
                item.need_group,
                "Core" if item.core else "Local",
                words.status_text(item.state),
                item.facings,
                item.width_cm,
                item.stock_units_cycle,
                item.demand_units_week,
                item.sold_units_week,
                item.waste_units_week,
                item.sales_week,
                item.margin_week,
                item.reason,
            )
        )
    book.sheet("Items", "Items in the order of filling").table(columns, rows)


def _write_not_carried(book: Book, contents: Contents) -> None:
    """Items that are not listed, those that would bring in most first.

    What an item would bring in is its demand if added times its unit margin: an upper bound,
    as it leaves out waste and what it would take from its neighbours.
    """
    stamp = contents.stamp
    rows = (
        contents.assortment.loc[~contents.assortment["listed"], ["item_id", "status", "reason"]]
        .merge(
            contents.items[["item_id", "item_name", "need_group", "price", "unit_cost"]],
            on="item_id",
            how="left",
        )
        .merge(
            contents.demand[
                ["item_id", "demand_units_week", "low_units_week", "high_units_week", "source"]
            ],
            on="item_id",
            how="left",
        )
    )
    rows["brings_week"] = rows["demand_units_week"] * (rows["price"] - rows["unit_cost"])
    rows = rows.sort_values(
        ["brings_week", "item_id"], ascending=[False, True], kind="stable", ignore_index=True
    )
    columns = (
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 30, styles.LONG_TEXT),
        Column("Need group", 18, styles.LONG_TEXT),
        Column("Status", 14, styles.CENTRED),
        Column("Demand units per week if added", 13, styles.UNITS),
        Column("Low (10 %)", 10, styles.UNITS),
        Column("High (90 %)", 10, styles.UNITS),
        Column("Estimated from", 11, styles.CENTRED),
        words.money_column("Margin per week if added, before waste", stamp, 17),
        Column("Why not here", 52, styles.LONG_TEXT),
    )
    fields = [
        "item_id",
        "item_name",
        "need_group",
        "status",
        "demand_units_week",
        "low_units_week",
        "high_units_week",
        "source",
        "brings_week",
        "reason",
    ]
    book.sheet("Not carried", "Not carried, nearest candidates first").table(
        columns,
        zip(*(rows[field] for field in fields), strict=True),
        empty="Every item is carried.",
    )
