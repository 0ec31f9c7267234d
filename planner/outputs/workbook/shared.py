"""Sheets that the workbook of a store and that of the chain have in common."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.limit_words import is_least, limit_name
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.pages import paginate
from planner.outputs.workbook.sheet import HEADER_ROW, NOT_APPLICABLE, Book, Column

_STORE = Column("Store", 10, styles.CENTRED)


def write_changes(book: Book, contents: Contents, *, of_chain: bool = False) -> None:
    """Add the sheet *Changes*: what comes, leaves or moves, and when to order for it."""
    columns = (
        *((_STORE,) if of_chain else ()),
        Column("Change", 11, styles.CENTRED),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 32, styles.LONG_TEXT),
        Column("Facings before", 9, styles.WHOLE),
        Column("Facings after", 9, styles.WHOLE),
        Column("Replaces PLU", 10, styles.CENTRED),
        Column("Replaces item", 28, styles.LONG_TEXT),
        Column("First order", 13, styles.DAY),
        Column("Last order", 13, styles.DAY),
        Column("Why", 90 if of_chain else 45, styles.LONG_TEXT),
    )
    name = contents.items.set_index("item_id")["item_name"].to_dict()
    rows = []
    changes = contents.changes
    if of_chain:
        # What an item does to orders before what it does to shelves, which each store prints.
        changes = changes.sort_values("change", key=lambda kinds: kinds == "MOVED", kind="stable")
    for row in changes.itertuples():
        replaces = str(row.replaces)
        rows.append(
            (
                *((row.store_id,) if of_chain else ()),
                words.status_text(str(row.change)),
                row.item_id,
                name.get(row.item_id, row.item_id),
                row.facings_before,
                row.facings_after,
                replaces or NOT_APPLICABLE,
                name.get(replaces, replaces) or NOT_APPLICABLE,
                row.first_order_date,
                row.last_order_date,
                row.reason,
            )
        )
    sheet = book.sheet("Changes", "Changes against the current range")
    sheet.table(columns, rows, empty="Nothing comes, leaves or moves.")
    if of_chain:
        ordered = changes[changes["change"] != "MOVED"]["store_id"].tolist()
        paginate(sheet, columns, ordered)
        sheet.print_area(HEADER_ROW + max(1, len(ordered)), len(columns))


def write_limits(book: Book, contents: Contents, *, of_chain: bool = False) -> None:
    """Add the sheet *Limits*: how far each is used up and what one unit more is worth."""
    columns = (
        *((_STORE,) if of_chain else ()),
        Column("Limit", 34, styles.LONG_TEXT),
        Column("Used", 12, styles.UNITS),
        Column("Allowed or asked", 12, styles.UNITS),
        Column("Free", 12, styles.UNITS),
        Column("Unit", 14, styles.CENTRED),
        words.objective_column("One unit more is worth per week", contents.stamp, 14),
        Column("So much more", 10, styles.UNITS),
        words.objective_column("is worth per week", contents.stamp, 14),
        Column("Known", 10, styles.CENTRED),
    )
    more = {(row["store_id"], row["limit"]): row for row in contents.worth.to_dict("records")}
    limits = contents.limits
    rows = [
        (
            *((store_id or "chain",) if of_chain else ()),
            limit_name(limit),
            used,
            available,
            used - available if is_least(limit) else available - used,
            unit,
            worth,
            *_more(more.get((store_id, limit)), limit),
        )
        for store_id, limit, used, available, unit, worth in zip(
            limits["store_id"],
            limits["limit"],
            limits["used"],
            limits["available"],
            limits["unit"],
            limits["shadow_price"],
            strict=True,
        )
    ]
    sheet = book.sheet("Limits", "Limits")
    sheet.table(columns, rows, empty="No limit holds here.")
    if of_chain:
        paginate(sheet, columns, limits["store_id"].tolist())


def _more(row: Mapping[Hashable, Any] | None, limit: str) -> tuple[float | str, float | str, str]:
    """So much more of a limit, what that is worth, and how well it is known."""
    if row is None:
        return (NOT_APPLICABLE,) * 3
    sign = -1.0 if is_least(limit) else 1.0
    return sign * float(row["amount"]), float(row["worth_week"]), str(row["known"])


def write_assumptions(book: Book, contents: Contents) -> None:
    """Add the sheet *Assumptions*: what was assumed because the data did not say."""
    write_assumption_table(book, contents.assumptions)


def write_assumption_table(book: Book, frame: pd.DataFrame) -> None:
    """The sheet *Assumptions* from its table: stage, subject, text, count."""
    columns = (
        Column("Stage", 14, styles.TEXT),
        Column("Subject", 28, styles.LONG_TEXT),
        Column("Assumption", 88, styles.LONG_TEXT),
        Column("Count", 10, styles.WHOLE),
    )
    rows = zip(frame["stage"], frame["subject"], frame["text"], frame["count"], strict=True)
    book.sheet("Assumptions", "Assumptions").table(columns, rows, empty="Nothing was assumed.")
