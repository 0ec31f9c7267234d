"""The workbook of one store: what a merchandiser prints and works from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.slices import of_store
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.drawing import Block, Shelf
from planner.outputs.workbook.planogram import write_planogram
from planner.outputs.workbook.save import save
from planner.outputs.workbook.sheet import NOT_APPLICABLE, Book, Column, Heading
from planner.outputs.workbook.summary import write_store_summary


def write_store_workbook(contents: Contents, store_id: str, path: Path) -> None:
    """Write the planogram workbook of a store.

    ``contents`` is the whole run or the store's part of it (``split_by_store``; for many stores
    the latter is what keeps the time in line with their number). Nothing in the file depends on
    the run's id or on the clock: the same contents give the same bytes. Raises KeyError for an
    unknown store.
    """
    here = of_store(contents, store_id)
    store = here.stores.iloc[0]
    plan = here.store_plans.iloc[0]
    book = Book(_heading(here, store, plan))
    listed = listed_items(here)
    write_store_summary(book, here)
    _write_planograms(book, here, listed)
    _write_items(book, here, listed)
    _write_changes(book, here)
    _write_not_carried(book, here)
    _write_limits(book, here)
    book.sheet("Assumptions", "Assumptions").table(
        words.ASSUMPTION_COLUMNS, words.assumption_rows(here)
    )
    save(book.workbook, path, here.stamp.data_date, f"Planogram of store {store_id}")


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
        Column("Pos", 6, styles.CENTRED),
        Column("Fixture", 11, styles.CENTRED),
        Column("Place (bay-shelf-position)", 11, styles.CENTRED),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 32, styles.LONG_TEXT),
        Column("Need group", 18, styles.LONG_TEXT),
        Column("Core/Local", 8, styles.CENTRED),
        Column("Status", 10, styles.CENTRED),
        Column("Facings", 9, styles.WHOLE, total=True),
        Column("Width cm", 9, styles.UNITS, total=True),
        Column("Stock units per delivery", 10, styles.UNITS, total=True),
        Column("Demand units/week", 10, styles.UNITS, total=True),
        Column("Sold units/week", 10, styles.UNITS, total=True),
        Column("Waste units/week", 10, styles.UNITS, total=True),
        words.money_column("Sales/week", stamp, 13, total=True),
        words.money_column("Margin/week", stamp, 13, total=True),
        Column("Why", 42, styles.LONG_TEXT),
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


def _write_changes(book: Book, contents: Contents) -> None:
    columns = (
        Column("Change", 11, styles.CENTRED),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 36, styles.LONG_TEXT),
        Column("Facings before", 9, styles.WHOLE),
        Column("Facings after", 9, styles.WHOLE),
        Column("Replaces PLU", 11, styles.CENTRED),
        Column("Replaces item", 30, styles.LONG_TEXT),
        Column("First order", 13, styles.DAY),
        Column("Last order", 13, styles.DAY),
        Column("Why", 60, styles.LONG_TEXT),
    )
    name = words.names(contents)
    rows = [
        (
            words.status_text(change),
            item_id,
            name.get(item_id, item_id),
            before,
            after,
            replaces or NOT_APPLICABLE,
            name.get(replaces, replaces) if replaces else NOT_APPLICABLE,
            first,
            last,
            reason,
        )
        for change, item_id, before, after, replaces, first, last, reason in zip(
            *(
                contents.changes[column]
                for column in (
                    "change",
                    "item_id",
                    "facings_before",
                    "facings_after",
                    "replaces",
                    "first_order_date",
                    "last_order_date",
                    "reason",
                )
            ),
            strict=True,
        )
    ]
    book.sheet("Changes", "Changes against the current range").table(
        columns, rows, empty="Nothing comes, leaves or moves."
    )


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
        Column("Item", 34, styles.LONG_TEXT),
        Column("Need group", 18, styles.LONG_TEXT),
        Column("Status", 14, styles.CENTRED),
        Column("Demand if added units/week", 12, styles.UNITS),
        Column("Low (10 %)", 10, styles.UNITS),
        Column("High (90 %)", 10, styles.UNITS),
        Column("Estimated from", 11, styles.CENTRED),
        words.money_column("Margin if added/week, before waste", stamp, 14),
        Column("Why not here", 70, styles.LONG_TEXT),
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


def _write_limits(book: Book, contents: Contents) -> None:
    write_limits(book, contents.limits, contents, of_chain=False)


def write_limits(book: Book, limits: pd.DataFrame, contents: Contents, *, of_chain: bool) -> None:
    """Add the sheet *Limits*: how far each limit is used up and what one unit more is worth."""
    columns = (
        *((Column("Store", 10, styles.CENTRED),) if of_chain else ()),
        *words.LIMIT_COLUMNS,
        words.money_column("One unit more is worth/week", contents.stamp, 14),
    )
    rows = [
        (
            *((store_id or "chain",) if of_chain else ()),
            words.limit_name(limit),
            used,
            available,
            available - used,
            unit,
            worth,
        )
        for store_id, limit, unit, used, available, worth in zip(
            *(
                limits[column]
                for column in ("store_id", "limit", "unit", "used", "available", "shadow_price")
            ),
            strict=True,
        )
    ]
    book.sheet("Limits", "Limits").table(columns, rows, empty="No limit holds here.")
