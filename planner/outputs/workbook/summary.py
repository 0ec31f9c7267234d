"""What a plan brings beside the two others: figures and sentences of first sheets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Stamp
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.sheet import Sheet
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


def difference_of(kind: str, stamp: Stamp) -> Look:
    """The look of a difference between two such figures; shares differ by points."""
    look = look_of(kind, stamp)
    shown = numbers.EXCEL_POINTS if kind == "share" else look.number_format
    return replace(look, number_format=numbers.excel_signed(shown))


def write_comparison(sheet: Sheet, figures: pd.DataFrame, stamp: Stamp, top: int) -> int:
    """Six figures of this plan, the common plan and the current range, with live differences.

    ``figures`` has one row a plan. Returns the next free row.
    """
    by_plan = figures.set_index("plan")
    heads = ["", *words.PLAN_NAMES.values(), "Against common", "Against current"]
    for offset, head in enumerate(heads):
        sheet.put(top, 1 + offset, head, styles.HEADER)
    sheet.height(top, 2 * styles.LINE_POINTS + 4)
    for row, (words_, column, kind) in enumerate(SIX_FIGURES, start=top + 1):
        look = look_of(kind, stamp)
        sheet.put(row, 1, words_, styles.TEXT)
        for offset, plan in enumerate(words.PLAN_NAMES):
            value: Any = by_plan[column].get(plan, float("nan"))
            sheet.put(row, 2 + offset, value, look)
        for offset, (letter, plan) in enumerate((("C", "common"), ("D", "current"))):
            if {"local", plan} <= set(by_plan.index):
                gain = float(by_plan[column]["local"] - by_plan[column][plan])
                formula = Formula(f"=B{row}-{letter}{row}", gain)
                if kind == "share":
                    formula = Formula(f"=100*(B{row}-{letter}{row})", 100 * gain)
                sheet.put(row, 5 + offset, formula, difference_of(kind, stamp))
            else:
                sheet.put(row, 5 + offset, float("nan"), look)
    return top + 1 + len(SIX_FIGURES)


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
    if lines:
        lines.append(
            "These are means over what demand may be, which the interval is of; the figures above "
            "stand at the demand expected, so their differences are not the same."
        )
    return lines
