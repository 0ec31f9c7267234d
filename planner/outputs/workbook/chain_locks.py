"""The chain's sheet *Locks*: every lock of every store, where it came from and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from planner.assortment.result import Known
from planner.outputs.contents import Contents
from planner.outputs.lock_table import amounts_of, known_words, review_words
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.pages import paginate
from planner.outputs.workbook.sheet import NOT_APPLICABLE, Book, Column
from planner.tables.inputs import EXPIRED
from planner.tables.lock_sheet import HEADS, LOCKS_SHEET, SEPARATOR

STORE_HEAD, FROM_HEAD = "Store", "From"
"""By these the reader of a store's sheet tells this one, which is not read back."""
COST_HEADS = ("Cost per week", "At least", "At most")
ALL_STORES = "Chain"
TOGETHER = "together"
TOP = 7
EXPLAINED = (
    "A cost is the objective of the chain without the lock less that with it. Locks that touch one "
    "another do not add up: what they cost together is solved as such.",
    "Locks are changed in the sheet Locks of the store's workbook, or in the table that they came "
    "from; nothing is read from this sheet.",
)


def write_chain_locks(book: Book, contents: Contents) -> None:
    """Add the sheet *Locks* of the chain, where there are any; its last row is all together."""
    locks = contents.locks
    if locks.empty:
        return
    names = dict(zip(contents.items["item_id"], contents.items["item_name"], strict=True))
    stores = dict(zip(contents.stores["store_id"], contents.stores["store_name"], strict=True))
    columns = _columns(contents)
    sheet = book.sheet(LOCKS_SHEET, LOCKS_SHEET)
    for row, text in enumerate(EXPLAINED, start=TOP - len(EXPLAINED)):
        sheet.put(row, 1, text, styles.NOTE)
    records = locks.to_dict("records")
    rows = [_row(lock, contents, names, stores) for lock in records]
    after = sheet.table(columns, rows, top=TOP)
    for total in _totals(contents):
        cells = _total_row(total, contents, stores)
        for place, (column, value) in enumerate(zip(columns, cells, strict=True), start=1):
            sheet.put(after, place, value, styles.total(column.look))
        after += 1
    paginate(sheet, columns, [lock["store_id"] for lock in records], top=TOP)


def _columns(contents: Contents) -> tuple[Column, ...]:
    cost = words.objective_column(COST_HEADS[0], contents.stamp, 10.5)
    short = replace(styles.CENTRED, wrap=True)
    return (
        Column(STORE_HEAD, 7, styles.CENTRED),
        Column("Name", 12, styles.LONG_TEXT),
        Column(HEADS["item_id"], 22, styles.LONG_TEXT),
        Column(HEADS["lock"], 5.5, styles.CENTRED),
        Column(HEADS["facings"], 7.5, styles.CENTRED),
        Column(HEADS["since"], 11, styles.DAY),
        Column(HEADS["until"], 11, styles.DAY),
        Column("State", 8, styles.CENTRED),
        Column(HEADS["note"], 16, styles.LONG_TEXT),
        Column(FROM_HEAD, 14, styles.LONG_TEXT),
        cost,
        replace(cost, head=COST_HEADS[1]),
        replace(cost, head=COST_HEADS[2]),
        Column("Known", 10, short),
        Column("What later sales say", 23, styles.LONG_TEXT),
    )


def _row(
    lock: Mapping[Any, Any],
    contents: Contents,
    names: Mapping[str, str],
    stores: Mapping[str, str],
) -> tuple[Any, ...]:
    item, expired = str(lock["item_id"]), lock["state"] == EXPIRED
    return (
        lock["store_id"],
        stores.get(lock["store_id"], ""),
        f"{item}{SEPARATOR}{names[item]}" if item in names else item,
        lock["lock"],
        NOT_APPLICABLE if pd.isna(lock["facings"]) else int(lock["facings"]),
        lock["since"],
        lock["until"],
        lock["state"],
        lock["note"],
        lock["origin"],
        *_costs(lock),
        NOT_APPLICABLE if expired else _known(lock, contents),
        review_words(lock, contents.stamp) or NOT_APPLICABLE,
    )


def _totals(contents: Contents) -> list[dict[Any, Any]]:
    """What several locks cost together: those of each store, then those of the chain."""
    records = contents.lock_totals.to_dict("records")
    several = [row for row in records if row["store_id"] and row["locks"] > 1]
    return several + [row for row in records if not row["store_id"]]


def _total_row(
    total: Mapping[Any, Any], contents: Contents, stores: Mapping[str, str]
) -> tuple[Any, ...]:
    store = total["store_id"]
    return (
        store or ALL_STORES,
        stores.get(store, "") if store else "",
        f"{total['locks']:,} in force, {TOGETHER}",
        *("",) * 7,
        *_costs(total),
        _known(total, contents),
        "",
    )


def _costs(cost: Mapping[Any, Any]) -> tuple[float | str, ...]:
    numbers = (cost["cost_week"], cost["least_week"], cost["most_week"])
    return tuple(value if abs(value) < float("inf") else NOT_APPLICABLE for value in numbers)


def _known(cost: Mapping[Any, Any], contents: Contents) -> str:
    """The word alone: the interval has columns of its own here."""
    if cost["known"] == Known.BETWEEN.value:
        return Known.BETWEEN.value
    return known_words(cost, amounts_of(contents.stamp))
