"""The workbook of the whole chain: stores side by side, the range, orders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.signals import moved_items
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.chain_locks import write_chain_locks
from planner.outputs.workbook.chain_matrix import (
    MOST_STORES_PRINTED,
    write_changes_by_store,
    write_range,
)
from planner.outputs.workbook.chain_orders import write_orders
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.pages import paginate
from planner.outputs.workbook.save import save
from planner.outputs.workbook.shared import write_assumptions, write_changes, write_limits
from planner.outputs.workbook.sheet import APART, HEADER_ROW, Book, Column, Heading
from planner.outputs.workbook.summary import value_lines, write_comparison

SHOWN = (
    *("stores", "items", "assortment", "positions", "shelves", "store_plans", "figures", "value"),
    *("changes", "signal_effects", "orders", "limits", "worth", "assumptions", "left_out"),
    *("locks", "lock_totals"),
)
"""The frames of the contents that the chain's workbook shows."""
_ROWS_OF_A_PAGE = 44
"""Of the summary, where its text is still legible."""


def write_chain_workbook(contents: Contents, path: Path | IO[bytes]) -> pd.DataFrame:
    """Write ``chain.xlsx`` of a run; the same contents give the same bytes.

    Returns its cells, as ``workbook_cells`` would read them.
    """
    stamp = contents.stamp
    certainty = words.certainty(stamp.plan, stamp.proof, stamp.gap, stamp)
    book = Book(
        Heading(
            subject=f"{stamp.chain_name}, {len(contents.stores)} stores",
            lines=(words.validity(stamp), f"{certainty}{APART}run id {stamp.run_id}"),
            footer=(
                f"{stamp.chain_name} · scenario {stamp.scenario} · run id {stamp.run_id} · "
                f"data up to {numbers.day(stamp.data_date, stamp)}"
            ),
        )
    )
    _write_summary(book, contents)
    _write_stores(book, contents)
    _write_left_out(book, contents)
    write_range(book, contents)
    write_changes_by_store(book, contents)
    write_changes(book, contents)
    _write_local_by_city(book, contents)
    _write_signals(book, contents)
    write_orders(book, contents)
    write_limits(book, contents, of_chain=True)
    write_chain_locks(book, contents)
    write_assumptions(book, contents)
    _write_input_problems(book, contents)
    return save(book, path, stamp.data_date, f"Plan of {stamp.chain_name}")


def _write_summary(book: Book, contents: Contents) -> None:
    stamp = contents.stamp
    sheet = book.sheet("Summary", "Summary")
    sheet.widths([40, 18, 18, 18, 18, 18])
    by_plan = contents.figures.drop(columns="store_id").groupby("plan", sort=False)
    room = contents.shelves.groupby("store_id")["width_cm"].sum()
    weight = contents.figures["store_id"].map(room)
    used = (contents.figures["shelf_used_share"] * weight).groupby(contents.figures["plan"]).sum()
    figures = by_plan.sum().assign(shelf_used_share=used / room.sum())
    row = write_comparison(sheet, figures.reset_index(), stamp, HEADER_ROW)
    sheet.put(
        row, 1, "Sums over all stores; shelf width used: of the width of all stores.", styles.NOTE
    )
    row += 2
    value = contents.value
    for line in value_lines(value[value["level"] == "chain"], stamp):
        sheet.put(row, 1, line, styles.PLAIN_TEXT)
        row += 1
    for line in _count_lines(contents):
        sheet.put(row, 1, line, styles.PLAIN_TEXT)
        row += 1
    row += 1
    sheet.put(row, 1, "Value of going local, by region", styles.SECTION)
    regions = value[value["level"] == "region"]
    row = sheet.table(
        (
            Column("Region", 40, styles.TEXT),
            Column("Against", 18, styles.CENTRED),
            words.money_column("Value per week", stamp),
            words.money_column("Low (10 %)", stamp),
            words.money_column("High (90 %)", stamp),
            Column("Share of sales", 18, styles.SHARE),
        ),
        zip(
            regions["name"],
            regions["against"].map({"common": "common plan", "current": "current range"}),
            regions["value_week"],
            regions["low_week"],
            regions["high_week"],
            regions["share_of_sales"],
            strict=True,
        ),
        top=row + 1,
        whole_sheet=False,
    )
    row += 1
    sheet.put(row, 1, "In this workbook", styles.SECTION)
    for name, says in _guide(contents):
        row += 1
        sheet.put(row, 1, name, replace(styles.PLAIN_TEXT, indent=1))
        sheet.put(row, 2, says, styles.PLAIN_TEXT)
    if row <= _ROWS_OF_A_PAGE:
        sheet.worksheet.page_setup.fitToHeight = 1


def _count_lines(contents: Contents) -> list[str]:
    """What is listed, and what changes, over all stores."""
    stamp = contents.stamp
    listed = contents.assortment[contents.assortment["listed"]]
    items = listed.drop_duplicates("item_id")
    core = int(items["core"].sum())
    per_store = listed.groupby("store_id").size()
    changes = contents.changes["change"].value_counts()
    new, out, moved = (numbers.whole(changes.get(c, 0), stamp) for c in ("NEW", "OUT", "MOVED"))
    return [
        f"{numbers.whole(len(items), stamp)} items are listed somewhere: "
        f"{numbers.whole(core, stamp)} core, {numbers.whole(len(items) - core, stamp)} local; "
        f"{per_store.min() if len(per_store) else 0} to "
        f"{per_store.max() if len(per_store) else 0} in a store.",
        f"{new} items are new to a store, {out} leave one, {moved} move inside one.",
    ]


def _guide(contents: Contents) -> list[tuple[str, str]]:
    """The other sheets: what they hold, and how they print."""
    stores = len(contents.stores)
    wide = (
        "the counts by place are printed, the stores themselves are for the screen"
        if stores > MOST_STORES_PRINTED
        else "need groups stay together on a page"
    )
    left_out = [("Left out", "stores that have no plan, and why")] if len(contents.left_out) else []
    locks = [("Locks", "what merchandisers decided, and what it costs")]
    locks = locks if len(contents.locks) else []
    return [
        ("Stores", "what each store's plan brings beside the common plan and today's range"),
        ("Store plans", "how sure each plan is, what it lists and what changes; its id"),
        *left_out,
        ("Range", f"items by stores with their facings, C core, L local; {wide}"),
        ("Changes by store", f"the same for what is new, leaves or moves; {wide}"),
        ("Changes", "one by one, with dates and reasons: for the screen, unless they are few"),
        ("Local by city", "which local items each city lists; a city stays on a page"),
        ("Signals", "what is known of the people of a place, and which items it moves"),
        ("Suppliers", "orders of a week beside minimum orders and what can be sent"),
        ("Orders", "the same item by item, in units, cases and money"),
        ("Limits", "what each store and the chain had to keep to, and what more would be worth"),
        *locks,
        ("Assumptions", "what was assumed because the data did not say"),
        ("Input problems", "faults of the input that were read around, and how"),
    ]


def _write_left_out(book: Book, contents: Contents) -> None:
    """The sheet *Left out*, where stores were left out: which, and why they have no plan."""
    frame = contents.left_out
    if frame.empty:
        return
    columns = (
        Column("Store", 10, styles.CENTRED),
        Column("Name", 24, styles.LONG_TEXT),
        Column("Region", 14, styles.LONG_TEXT),
        Column("Plan", 12, styles.CENTRED),
        Column("Proof", 12, styles.CENTRED),
        Column("Why there is no plan", 90, styles.LONG_TEXT),
    )
    book.sheet("Left out", "Stores without a plan, in no other sheet").table(
        columns, frame.itertuples(index=False), empty="No store is left out."
    )


def _write_input_problems(book: Book, contents: Contents) -> None:
    """What was wrong with the input and was read around; what is refused leaves no run."""
    frame = contents.assumptions
    frame = frame[frame["survived"].to_numpy(dtype=bool)]
    columns = (
        Column("Table and column", 34, styles.LONG_TEXT),
        Column("What was found, and what was made of it", 100, styles.LONG_TEXT),
        Column("Count", 10, styles.WHOLE),
    )
    book.sheet("Input problems", "Input problems that were survived").table(
        columns,
        zip(frame["subject"], frame["text"], frame["count"], strict=True),
        empty="Nothing was found wrong with the input.",
    )


def _write_stores(book: Book, contents: Contents) -> None:
    stamp = contents.stamp
    changes = pd.crosstab(contents.changes["store_id"], contents.changes["change"])
    figures = contents.figures.pivot(index="store_id", columns="plan")
    figures.columns = pd.Index(["_".join(pair) for pair in figures.columns.to_list()])
    stores = (
        contents.stores[["store_id", "store_name", "city", "region"]]
        .merge(contents.store_plans, on="store_id")
        .merge(figures, left_on="store_id", right_index=True, how="left")
        .merge(
            changes.reindex(columns=["NEW", "OUT", "MOVED"], fill_value=0),
            left_on="store_id",
            right_index=True,
            how="left",
        )
        .fillna({"NEW": 0, "OUT": 0, "MOVED": 0})
    )
    plans: list[tuple[Column, str]] = [
        (Column("City", 16, styles.LONG_TEXT), "city"),
        (Column("Region", 16, styles.LONG_TEXT), "region"),
        (Column("Plan", 10, styles.CENTRED), "plan"),
        (Column("Proof", 15, styles.CENTRED), "proof"),
        (Column("Gap", 8, styles.GAP), "gap"),
        (Column("Items listed", 8, styles.WHOLE, total=True), "listed_items_local"),
        (Column("Local items", 8, styles.WHOLE, total=True), "local_items_local"),
        (Column("New", 7, styles.WHOLE, total=True), "NEW"),
        (Column("Out", 7, styles.WHOLE, total=True), "OUT"),
        (Column("Moved", 8, styles.WHOLE, total=True), "MOVED"),
        (Column("Shelf width used", 9, styles.SHARE), "shelf_used_share_local"),
        (Column("Plan id", 15, styles.LONG_TEXT), "plan_id"),
    ]
    money_and_waste: list[tuple[Column, str]] = []
    for head, name in (("Margin", "margin_week"), ("Sales", "sales_week")):
        for plan, plan_name in words.PLAN_NAMES.items():
            title = f"{head} per week, {plan_name.lower()}"
            money_and_waste.append((words.money_column(title, stamp, 13, True), f"{name}_{plan}"))
    for plan, plan_name in words.PLAN_NAMES.items():
        column = Column(f"Waste units per week, {plan_name.lower()}", 12, styles.UNITS, total=True)
        money_and_waste.append((column, f"waste_units_week_{plan}"))
    who = [
        (Column("Store", 9, styles.CENTRED), "store_id"),
        (Column("Name", 25, styles.LONG_TEXT), "store_name"),
    ]
    empty = pd.Series(float("nan"), index=stores.index)
    for title, fields in (("Stores", money_and_waste), ("Store plans", plans)):
        columns = [column for column, _ in (*who, *fields)]
        sheet = book.sheet(title, title)
        sheet.table(
            columns, zip(*(stores.get(name, empty) for _, name in (*who, *fields)), strict=True)
        )
        sheet.freeze(len(who))
        paginate(sheet, columns, stores["region"].tolist())


def _write_local_by_city(book: Book, contents: Contents) -> None:
    """Which local items each city lists, in how many of its stores, the most listed first; where
    no city is known, each region."""
    stamp, known = contents.stamp, contents.stores["city"] != ""
    stores = contents.stores.assign(
        city=contents.stores["city"].where(known, contents.stores["region"])
    )
    size = stores["city"].value_counts()
    rank = {city: k for k, city in enumerate(dict.fromkeys(stores["city"]))}
    listed = contents.assortment
    table = (
        listed[listed["listed"] & ~listed["core"]]
        .merge(stores[["store_id", "city"]], on="store_id")
        .groupby(["city", "item_id"], as_index=False)
        .agg(
            stores=("store_id", "size"),
            sold=("sold_units_week", "sum"),
            sales=("sales_week", "sum"),
            margin=("margin_week", "sum"),
        )
        .merge(contents.items[["item_id", "item_name", "need_group"]], on="item_id")
    )
    table = (
        table.assign(rank=table["city"].map(rank))
        .sort_values(
            ["rank", "stores", "margin", "item_id"],
            ascending=[True, False, False, True],
            kind="stable",
        )
        .reset_index(drop=True)
    )
    columns = (
        Column("City" if known.all() else "City or region", 20, styles.LONG_TEXT),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 34, styles.LONG_TEXT),
        Column("Need group", 30, styles.LONG_TEXT),
        Column("Stores with it", 9, styles.WHOLE),
        Column("Stores of the city", 9, styles.WHOLE),
        Column("Share of stores", 9, styles.SHARE),
        Column("Sold units per week", 14, styles.UNITS, total=True),
        words.money_column("Sales per week", stamp, 16, total=True),
        words.money_column("Margin per week", stamp, 16, total=True),
    )
    sheet = book.sheet("Local by city", "Local items by city")
    sheet.table(
        columns,
        (
            (
                *(item.city, item.item_id, item.item_name, item.need_group),
                *(item.stores, size[item.city]),
                Formula(f"=E{row}/F{row}", item.stores / size[item.city]),
                *(item.sold, item.sales, item.margin),
            )
            for row, item in enumerate(_rows(table), start=HEADER_ROW + 1)
        ),
        empty="No store lists a local item.",
    )
    paginate(sheet, columns, table["city"].tolist())


def _write_signals(book: Book, contents: Contents) -> None:
    """Items that a signal moves, the most moved first; nothing where none does."""
    table = moved_items(contents.signal_effects, contents.items)
    book.sheet("Signals", "Signals: what moves which items").table(
        (
            Column("Signal", 34, styles.LONG_TEXT),
            Column("PLU", 10, styles.CENTRED),
            Column("Item", 34, styles.LONG_TEXT),
            Column("Need group", 20, styles.LONG_TEXT),
            Column("Demand where the signal is one standard deviation higher", 18, styles.SHARE),
            Column("Low (10 %)", 12, styles.SHARE),
            Column("High (90 %)", 12, styles.SHARE),
        ),
        zip(
            table["signal"],
            table["item_id"],
            table["item_name"],
            table["need_group"],
            table["change"],
            table["low_change"],
            table["high_change"],
            strict=True,
        ),
        empty="No signal is seen to move an item.",
    )


def _rows(frame: pd.DataFrame) -> Any:
    return frame.itertuples()
