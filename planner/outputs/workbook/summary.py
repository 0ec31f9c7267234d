"""The first sheet of a store's workbook: what the plan brings, beside the two others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.sheet import HEADER_ROW, Book, Sheet
from planner.outputs.workbook.styles import Look

SIX_FIGURES = (
    ("Margin after waste, a week", "margin_week", "money"),
    ("Sales, a week", "sales_week", "money"),
    ("Units sold, a week", "sold_units_week", "units"),
    ("Units wasted, a week", "waste_units_week", "units"),
    ("Items listed", "listed_items", "whole"),
    ("Shelf width used", "shelf_used_share", "share"),
)
"""What a plan is judged by: words, column of ``figures``, kind."""


def look_of(kind: str, stamp: Stamp) -> Look:
    """The look of a figure of this kind."""
    if kind == "money":
        return styles.money(stamp)
    return {"units": styles.UNITS, "whole": styles.WHOLE, "share": styles.SHARE}[kind]


def write_comparison(sheet: Sheet, figures: pd.DataFrame, stamp: Stamp, top: int) -> int:
    """Six figures of this plan, the common plan and the current range, with live differences.

    ``figures`` has one row a plan. Returns the next free row.
    """
    by_plan = figures.set_index("plan")
    heads = ["", *words.PLAN_NAMES.values(), "Against common", "Against current"]
    for offset, head in enumerate(heads):
        sheet.put(top, 1 + offset, head, styles.HEADER)
    for row, (words_, column, kind) in enumerate(SIX_FIGURES, start=top + 1):
        look = look_of(kind, stamp)
        sheet.put(row, 1, words_, styles.TEXT)
        for offset, plan in enumerate(words.PLAN_NAMES):
            value: Any = by_plan[column].get(plan, float("nan"))
            sheet.put(row, 2 + offset, value, look)
        for offset, (letter, plan) in enumerate((("C", "common"), ("D", "current"))):
            if {"local", plan} <= set(by_plan.index):
                sheet.put(row, 5 + offset, Formula(f"=B{row}-{letter}{row}"), look)
            else:
                sheet.put(row, 5 + offset, float("nan"), look)
    return top + 1 + len(SIX_FIGURES)


def write_store_summary(book: Book, contents: Contents) -> None:
    """Add the sheet *Summary* of one store."""
    stamp = contents.stamp
    sheet = book.sheet("Summary", "Summary", fit_height=True)
    sheet.widths([40, 18, 18, 18, 18, 18])
    row = write_comparison(sheet, contents.figures, stamp, HEADER_ROW) + 1
    for line in [*value_lines(contents.value, stamp), *_change_lines(contents)]:
        sheet.put(row, 1, line, styles.PLAIN_TEXT)
        row += 1
    row += 1
    sheet.put(row, 1, "In this workbook", styles.SECTION)
    guide = (
        ("Planogram …", "one page a fixture, to scale, to pin up at the fixture"),
        ("Items", "the same items in the order in which the store fills its shelves"),
        ("Changes", "what is new, what leaves, what moves, and when to order for it"),
        ("Not carried", "the items that come next, each with the reason why it is not here"),
        ("Limits", "what the plan had to keep to, and what one unit more would be worth"),
        ("Assumptions", "what was assumed because the data did not say"),
    )
    for name, says in guide:
        row += 1
        sheet.put(row, 1, name, replace(styles.PLAIN_TEXT, indent=1))
        sheet.put(row, 2, says, styles.PLAIN_TEXT)


def value_lines(value: pd.DataFrame, stamp: Stamp) -> list[str]:
    """What going local is worth, with its interval, as sentences; ``value`` a row a rival."""
    rivals = {"common": "one common range for all stores", "current": "the current range"}
    lines = []
    for row in value.itertuples():
        gain: Any = row
        line = (
            f"Against {rivals.get(gain.against, gain.against)}: "
            f"{numbers.money(gain.value_week, stamp)} a week "
            f"({numbers.share(gain.share_of_sales, stamp)} of sales; 80 % interval "
            f"{numbers.money(gain.low_week, stamp)} to {numbers.money(gain.high_week, stamp)})."
        )
        if gain.unusual:
            line += (
                f" Sales would grow by {numbers.share(gain.sales_growth, stamp)}: a gain or growth"
                " above 6 % is unusual in this trade, check the inputs first."
            )
        lines.append(line)
    return lines


def _change_lines(contents: Contents) -> list[str]:
    counts = contents.changes["change"].value_counts()
    new, out, moved = (int(counts.get(c, 0)) for c in ("NEW", "OUT", "MOVED"))
    lines = [f"{new} items are new, {out} leave, {moved} move."]
    cost = float(contents.store_plans["facings_added_cost_week"].iloc[0])
    if cost > 0:
        lines.append(
            "Width left over is filled with facings; tending them costs "
            f"{numbers.money(cost, contents.stamp)} a week."
        )
    return lines
