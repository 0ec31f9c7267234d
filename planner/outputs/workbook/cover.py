"""The first sheet of a store's workbook: which plan this is, and what it brings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.bar_chart import bar_chart
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.items import back_room
from planner.outputs.workbook.sheet import HEADER_ROW, Book, Sheet
from planner.outputs.workbook.summary import value_lines, write_comparison

SHEET = "Cover"
MOST_BARS = 40
"""Need groups that the chart can name legibly; the smallest beyond stand together."""

_TEXT_WIDTHS = (29.0, 13.0, 13.0, 13.0, 13.0, 13.0)
_TEXT_COLUMNS = len(_TEXT_WIDTHS)
_CHART_COLUMN = _TEXT_COLUMNS + 2
_CHART_WIDTH = 62.0
_DATA_COLUMN = _CHART_COLUMN + 2
_ROW_POINTS = 15.0
_CM_PER_POINT = 2.54 / 72
_CM_PER_CHARACTER = 7 * 2.54 / 96
_LEAST_ROWS = 34
"""So many rows fill the page."""
_GUIDE = (
    ("Planogram …", "a page for each fixture, to scale, to pin up at the fixture"),
    ("Items", "the same items in the order of filling: what each holds, what to order"),
    ("Changes", "what is new, what leaves, what moves, and when to order for it"),
    ("Not carried", "what comes next, why it is not here, what forcing it in would cost"),
    ("Locks", "what you decide for this store; it is read back into the next plan"),
    ("Placement", "how far each rule of a good planogram could be kept, and where not"),
    ("Limits", "what the plan had to keep to, and what more of it would be worth"),
    ("Assumptions", "what was assumed because the data did not say, the weightiest first"),
)


def write_cover(book: Book, contents: Contents, listed: pd.DataFrame) -> None:
    """Add the sheet *Cover*: stamp, six figures, what changed, and the expected sales.

    ``listed``: of the store (``listed_items``).
    """
    stamp = contents.stamp
    sheet = book.sheet(SHEET, "Store plan", fit_height=True)
    sheet.widths(_TEXT_WIDTHS)
    sheet.widths([1.5, _CHART_WIDTH, 3.0, 28.0, 14.0], first=_CHART_COLUMN - 1)
    row = _write_stamp(sheet, contents, HEADER_ROW) + 1
    row = write_comparison(sheet, contents.figures, stamp, row) + 1
    said = [*value_lines(contents.value, stamp), *_change_lines(contents)]
    for line in [*said, back_room(listed, stamp)]:
        sheet.paragraph(row, 1, _TEXT_COLUMNS, line, styles.PARAGRAPH)
        row += 1
    row += 1
    sheet.put(row, 1, "In this workbook", styles.SECTION)
    for name, says in _GUIDE:
        row += 1
        sheet.put(row, 1, name, styles.NAME)
        sheet.put(row, 2, says, styles.PLAIN_TEXT)
    last = max(row, HEADER_ROW + _LEAST_ROWS)
    for each in range(HEADER_ROW, last + 1):
        sheet.height(each, sheet.row_points.get(each, _ROW_POINTS))
    _write_sales(sheet, contents, last)
    sheet.print_area(last, _CHART_COLUMN)


def _write_stamp(sheet: Sheet, contents: Contents, row: int) -> int:
    """Which store, plan and data; returns the next free row."""
    stamp, plan = contents.stamp, contents.store_plans.iloc[0]
    store = contents.stores.iloc[0]
    where = [part for part in (store["city"], store["region"]) if part]
    known = [
        ("Store", f"{store['store_id']}  {store['store_name']}"),
        ("City and region", ", ".join(dict.fromkeys(where)) or numbers.MISSING),
        ("Plan id", plan["plan_id"]),
        ("Scenario", stamp.scenario),
        ("Data up to", numbers.day(stamp.data_date, stamp)),
        (
            "Valid",
            f"{numbers.day(stamp.valid_from, stamp)} to {numbers.day(stamp.valid_to, stamp)}",
        ),
        ("Plan", plan["plan"]),
        ("Proof", _proof_words(plan, contents.stamp)),
    ]
    for name, says in known:
        sheet.put(row, 1, name, styles.NAME)
        sheet.paragraph(row, 2, _TEXT_COLUMNS, says, styles.PARAGRAPH)
        row += 1
    return row


def _proof_words(plan: pd.Series[Any], stamp: Stamp) -> str:
    """How sure the plan is, and what the gap means in money."""
    missed = plan["bound_week"] - plan["objective_week"]
    proof = str(plan["proof"])
    if proof == words.OPTIMAL or pd.isna(missed):
        return proof
    said = (
        proof if proof.startswith(words.WITHIN) else f"{proof}, {numbers.gap(plan['gap'], stamp)}"
    )
    return f"{said} (the gap): no plan is better by more than {numbers.money(missed, stamp)} a week"


def _change_lines(contents: Contents) -> list[str]:
    counts = contents.changes["change"].value_counts()
    new, out, moved = (int(counts.get(c, 0)) for c in ("NEW", "OUT", "MOVED"))
    items = numbers.count_of(new, "item", contents.stamp)
    lines = [f"New: {items}; out: {out}; moved: {moved}."]
    cost = float(contents.store_plans["facings_added_cost_week"].iloc[0])
    if cost > 0:
        lines.append(
            "Width left over is filled with facings; tending them costs "
            f"{numbers.money(cost, contents.stamp)} a week."
        )
    return lines


def sales_by_need_group(contents: Contents) -> pd.Series[float]:
    """What the listed items of each need group are expected to sell in a week, the most first.

    Money, or units where the chain is planned in units. At most ``MOST_BARS`` rows: the last
    stands for all smaller ones.
    """
    column = "sales_week" if contents.stamp.currency else "sold_units_week"
    listed = contents.assortment[contents.assortment["listed"]]
    group = listed["item_id"].map(contents.items.set_index("item_id")["need_group"])
    sales = listed[column].groupby(group.to_numpy()).sum()
    sales = sales.sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    if len(sales) > MOST_BARS:
        rest = sales.iloc[MOST_BARS - 1 :]
        together = pd.Series({f"{len(rest)} smaller need groups": float(rest.sum())})
        sales = pd.concat([sales.iloc[: MOST_BARS - 1], together])
    return sales


def _write_sales(sheet: Sheet, contents: Contents, last_row: int) -> None:
    """The chart, and right of the printed page the figures behind it."""
    stamp, sales = contents.stamp, sales_by_need_group(contents)
    unit = numbers.money_unit(stamp)
    title = f"Expected sales by need group, {unit} a week"
    sheet.put(HEADER_ROW, _CHART_COLUMN, title, styles.SECTION)
    look = replace(styles.NUMBER, number_format=numbers.excel_whole_money_format(stamp))
    sheet.put(HEADER_ROW, _DATA_COLUMN, "Need group", styles.HEADER)
    sheet.put(HEADER_ROW, _DATA_COLUMN + 1, "Sales per week", styles.HEADER)
    first = HEADER_ROW + 1
    for row, (group, value) in enumerate(sales.items(), start=first):
        sheet.put(row, _DATA_COLUMN, str(group), styles.TEXT)
        sheet.put(row, _DATA_COLUMN + 1, value, look)
    end = first + len(sales)
    if sales.empty:
        sheet.put(first, _CHART_COLUMN, "Nothing is listed.", styles.NOTE)
        return
    letter = get_column_letter(_DATA_COLUMN + 1)
    total = Formula(f"=SUM({letter}{first}:{letter}{end - 1})", float(sales.sum()))
    sheet.put(end, _DATA_COLUMN, "Total", styles.total(styles.TEXT))
    sheet.put(end, _DATA_COLUMN + 1, total, styles.total(look))
    points = sum(sheet.row_points[row] for row in range(first, last_row + 1))
    chart = bar_chart(
        [str(group) for group in sales.index],
        sales.tolist(),
        sheet=sheet.name,
        column=_DATA_COLUMN,
        row=first,
        number_format=numbers.excel_whole_money_format(stamp),
        width_cm=(_CHART_WIDTH - 1) * _CM_PER_CHARACTER,
        height_cm=min(points, 20 + len(sales) * 28.0) * _CM_PER_POINT,
    )
    sheet.chart(chart, first, _CHART_COLUMN)
