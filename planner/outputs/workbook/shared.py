"""Sheets that the workbook of a store and that of the chain have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.limit_words import (
    NOT_BINDING,
    RANGE,
    WorthOfMore,
    is_least,
    limit_name,
    worth_of_more,
)
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.pages import paginate
from planner.outputs.workbook.sheet import HEADER_ROW, NOT_APPLICABLE, Book, Column, Shown

_STORE = Column("Store", 10, styles.CENTRED)
_NOISE = 1e-9
_NOWHERE = ((NOT_APPLICABLE, NOT_APPLICABLE), float("nan"))
_KINDS = ("NEW", "OUT", "MOVED")
_CHANGES_ON_PAPER = (
    "On paper: the sheet Changes by store here, and the sheet Changes of each store's workbook."
)
_CHANGES = (
    *("store_id", "item_id", "change", "facings_before", "facings_after", "replaces"),
    *("first_order_date", "last_order_date", "run_down_date", "reason"),
)


def write_changes(book: Book, contents: Contents, listed: pd.DataFrame | None = None) -> None:
    """Add the sheet *Changes*: what comes, leaves or moves, and when to order for it.

    ``listed``: of one store (``listed_items``), says where its items stand and what to order
    first; None for the whole chain.
    """
    of_chain = listed is None
    columns = (
        *((_STORE,) if of_chain else ()),
        Column("Change", 9.5, styles.CENTRED),
        Column("PLU", 8, styles.CENTRED),
        Column("Item", 25, styles.LONG_TEXT),
        *(() if of_chain else (Column("Pos", 5, styles.CENTRED), Column("Where", 10, styles.TEXT))),
        Column("Facings before", 7.5, styles.WHOLE),
        Column("Facings after", 7.5, styles.WHOLE),
        Column("Replaces, or gives way to", 24, styles.LONG_TEXT),
        Column("First order", 11, styles.DAY),
        *(() if of_chain else (Column("First order cases", 6.5, styles.WHOLE),)),
        Column("Last order", 11, styles.DAY),
        Column("Run down by", 11, styles.DAY),
        Column("Why", 48 if of_chain else 40, styles.LONG_TEXT),
    )
    name = dict(zip(contents.items["item_id"], contents.items["item_name"], strict=True))
    standing = _standing(listed)
    changes = contents.changes
    if of_chain:
        # What an item does to orders before what it does to shelves, which each store prints.
        changes = changes.sort_values("change", key=lambda kinds: kinds == "MOVED", kind="stable")
    replaced_by = {
        (store, other): item
        for store, item, other in zip(
            changes["store_id"], changes["item_id"], changes["replaces"], strict=True
        )
        if other
    }
    found = list(zip(*(changes[field].tolist() for field in _CHANGES), strict=True))
    if not of_chain:
        # of one kind, numbers on the drawing or none at all are compared
        found.sort(key=lambda row: (_KINDS.index(row[2]), standing.get(row[1], _NOWHERE)[0][0]))
    rows = []
    for store, item, change, before, after, replaces, first, last, run_down, why in found:
        where, cases = standing.get(item, _NOWHERE)
        rows.append(
            (
                *((store,) if of_chain else ()),
                words.status_text(change),
                item,
                name.get(item, item),
                *(() if of_chain else where),
                before,
                after,
                _named(replaces or replaced_by.get((store, item), ""), name),
                first,
                *(() if of_chain else (cases if change == "NEW" else NOT_APPLICABLE,)),
                last,
                run_down,
                why,
            )
        )
    sheet = book.sheet("Changes", "Changes against the current range")
    sheet.table(columns, rows, empty="Nothing comes, leaves or moves.")
    if of_chain:
        ordered = changes[changes["change"] != "MOVED"]["store_id"].tolist()
        sheet.print_area(HEADER_ROW + max(1, len(ordered)), len(columns))
        paginate(sheet, columns, ordered, elsewhere=_CHANGES_ON_PAPER)


def _named(item_id: str, names: Mapping[str, str]) -> str:
    """An item by name and PLU."""
    return f"{names.get(item_id, item_id)} ({item_id})" if item_id else NOT_APPLICABLE


def _standing(listed: pd.DataFrame | None) -> dict[str, tuple[tuple[Any, str], float]]:
    """By item of a store: its number and place on the drawing, and the whole cases of its first
    stock."""
    if listed is None:
        return {}
    cases = np.ceil(listed["stock_units_cycle"] / listed["case_units"] - _NOISE)
    return {
        item: ((pos, f"{fixture} {place}" if isinstance(fixture, str) else place), case)
        for item, pos, fixture, place, case in zip(
            listed["item_id"].tolist(),
            listed["pos"].tolist(),
            listed["fixture_id"].tolist(),
            listed["place"].tolist(),
            cases.tolist(),
            strict=True,
        )
    }


def write_limits(book: Book, contents: Contents, *, of_chain: bool = False) -> None:
    """Add the sheet *Limits*: how far each is used up and what more of it is worth."""
    stamp = contents.stamp
    worth = words.objective_column("is worth per week", stamp, 20)
    columns = (
        *((_STORE,) if of_chain else ()),
        Column("Limit", 36, styles.LONG_TEXT),
        Column("Used", 12, styles.UNITS),
        Column("Allowed or asked", 12, styles.UNITS),
        Column("Free", 12, styles.UNITS),
        Column("Unit", 14, styles.CENTRED),
        Column("So much more", 12, styles.UNITS),
        worth,
        Column("Known", 13, styles.CENTRED),
    )
    known = worth_of_more(contents.limits, contents.worth)
    limits = contents.limits
    rows = [
        (
            *((store_id or "chain",) if of_chain else ()),
            limit_name(limit),
            used,
            available,
            used - available if is_least(limit) else available - used,
            unit.replace("money", numbers.money_unit(stamp)),
            *_more(known[store_id, limit], worth.look, stamp),
        )
        for store_id, limit, used, available, unit in zip(
            limits["store_id"],
            limits["limit"],
            limits["used"],
            limits["available"],
            limits["unit"],
            strict=True,
        )
    ]
    sheet = book.sheet("Limits", "Limits")
    sheet.table(columns, rows, empty="No limit holds here.")
    sheet.note(
        "What more is worth: exact where it was planned with so much more, else the range in which "
        "it lies, else an estimate from the prices of the plan."
    )
    if of_chain:
        paginate(sheet, columns, limits["store_id"].tolist())


def _more(
    known: WorthOfMore, look: styles.Look, stamp: Stamp
) -> tuple[float | str, float | str | Shown, str]:
    """So much more of a limit, what that is worth, and how well it is known."""
    if not known.known:
        return float("nan"), float("nan"), numbers.MISSING
    if known.known == NOT_BINDING:
        return NOT_APPLICABLE, NOT_APPLICABLE, NOT_BINDING
    if known.known != RANGE:
        return known.amount, known.most_week, known.known
    ends = (known.least_week, known.most_week)
    said = " to ".join(words.objective_text(end, stamp) for end in ends)
    return known.amount, Shown(said, replace(look, number_format="General")), RANGE


def write_assumptions(book: Book, contents: Contents) -> None:
    """Add the sheet *Assumptions*: what was assumed because the data did not say."""
    write_assumption_table(book, contents.assumptions)


def write_assumption_table(book: Book, frame: pd.DataFrame) -> None:
    """The sheet *Assumptions* from its table, the weightiest first."""
    columns = (
        Column("Weight", 13, styles.CENTRED),
        Column("Stage", 13, styles.TEXT),
        Column("Subject", 27, styles.LONG_TEXT),
        Column("Assumption", 88, styles.LONG_TEXT),
        Column("Count", 10, styles.WHOLE),
    )
    fields = ("weight", "stage", "subject", "text", "count")
    rows = zip(*(frame[field] for field in fields), strict=True)
    book.sheet("Assumptions", "Assumptions, the weightiest first").table(
        columns, rows, empty="Nothing was assumed."
    )
