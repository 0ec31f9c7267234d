"""The workbook of the whole chain: stores side by side, the range, orders."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.signals import moved_items
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.save import save
from planner.outputs.workbook.shared import write_assumptions, write_changes, write_limits
from planner.outputs.workbook.sheet import HEADER_ROW, Book, Column, Heading
from planner.outputs.workbook.summary import value_lines, write_comparison

_STORES_A_PAGE = 40
"""Columns of the range matrix that are still legible on one landscape page."""


def write_chain_workbook(contents: Contents, path: Path | IO[bytes]) -> pd.DataFrame:
    """Write ``chain.xlsx`` of a run; the same contents give the same bytes.

    Returns its cells, as ``workbook_cells`` would read them.
    """
    stamp = contents.stamp
    certainty = words.certainty(stamp.plan, stamp.proof, stamp.gap, stamp)
    book = Book(
        Heading(
            subject=f"{stamp.chain_name}, {len(contents.stores)} stores",
            lines=(words.validity(stamp), f"{certainty}  ·  run id {stamp.run_id}"),
            footer=(
                f"{stamp.chain_name} · scenario {stamp.scenario} · run id {stamp.run_id} · "
                f"data up to {numbers.day(stamp.data_date, stamp)}"
            ),
        )
    )
    _write_summary(book, contents)
    _write_stores(book, contents)
    _write_left_out(book, contents)
    _write_range(book, contents)
    write_changes(book, contents, of_chain=True)
    _write_local_by_region(book, contents)
    _write_signals(book, contents)
    _write_orders(book, contents)
    write_limits(book, contents, of_chain=True)
    write_assumptions(book, contents)
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
    row += 1
    sheet.put(row, 1, "Value of going local, by region", styles.SECTION)
    regions = value[value["level"] == "region"]
    sheet.table(
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


def _write_stores(book: Book, contents: Contents) -> None:
    stamp = contents.stamp
    changes = pd.crosstab(contents.changes["store_id"], contents.changes["change"])
    figures = contents.figures.pivot(index="store_id", columns="plan")
    figures.columns = pd.Index(["_".join(pair) for pair in figures.columns.to_list()])
    stores = (
        contents.stores[["store_id", "store_name", "region"]]
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
    fields: list[tuple[Column, str]] = [
        (Column("Store", 8, styles.CENTRED), "store_id"),
        (Column("Name", 20, styles.LONG_TEXT), "store_name"),
        (Column("Region", 12, styles.LONG_TEXT), "region"),
        (Column("Plan", 9, styles.CENTRED), "plan"),
        (Column("Proof", 12, styles.CENTRED), "proof"),
        (Column("Gap", 8, styles.GAP), "gap"),
        (Column("Items listed", 8, styles.WHOLE, total=True), "listed_items_local"),
        (Column("Local items", 8, styles.WHOLE, total=True), "local_items_local"),
        (Column("New", 6.5, styles.WHOLE, total=True), "NEW"),
        (Column("Out", 6.5, styles.WHOLE, total=True), "OUT"),
        (Column("Moved", 7.5, styles.WHOLE, total=True), "MOVED"),
    ]
    for head, name in (("Margin", "margin_week"), ("Sales", "sales_week")):
        for plan, plan_name in words.PLAN_NAMES.items():
            title = f"{head} per week, {plan_name.lower()}"
            fields.append((words.money_column(title, stamp, 12.5, True), f"{name}_{plan}"))
    for plan, plan_name in words.PLAN_NAMES.items():
        title = f"Waste units per week, {plan_name.lower()}"
        fields.append((Column(title, 11, styles.UNITS, total=True), f"waste_units_week_{plan}"))
    fields += [
        (Column("Shelf width used", 8, styles.SHARE), "shelf_used_share_local"),
        (Column("Plan id", 14, styles.LONG_TEXT), "plan_id"),
    ]
    empty = pd.Series(float("nan"), index=stores.index)
    book.sheet("Stores", "Stores").table(
        [column for column, _ in fields],
        zip(*(stores.get(name, empty) for _, name in fields), strict=True),
    )


def _write_range(book: Book, contents: Contents) -> None:
    """The matrix item x store; C or L and the facings where listed, nothing elsewhere."""
    listed = contents.assortment[contents.assortment["listed"]]
    printed = contents.positions.groupby(["store_id", "item_id"])["facings"].sum()
    keys = pd.MultiIndex.from_frame(listed[["store_id", "item_id"]])
    facings = printed.reindex(keys).to_numpy()
    cells = {
        (item_id, store_id): ("C" if core else "L") + f"{own if pd.isna(shown) else shown:.0f}"
        for item_id, store_id, core, own, shown in zip(
            listed["item_id"],
            listed["store_id"],
            listed["core"],
            listed["facings"],
            facings,
            strict=True,
        )
    }
    items = contents.items[contents.items["item_id"].isin(listed["item_id"])]
    items = items.sort_values(["need_group", "item_name", "item_id"], kind="stable")
    stores = list(contents.stores["store_id"])
    sheet = book.sheet(
        "Range",
        "Range: C core or L local, with facings",
        pages_wide=-(-len(stores) // _STORES_A_PAGE),
    )
    fixed = (
        Column("PLU", 9, styles.CENTRED),
        Column("Item", 30, styles.LONG_TEXT),
        Column("Need group", 17, styles.LONG_TEXT),
        Column("Stores", 7, styles.WHOLE),
    )
    columns = (*fixed, *(Column(s, 5.5, styles.CENTRED) for s in stores))
    first, last = get_column_letter(len(fixed) + 1), get_column_letter(len(columns))
    sheet.table(
        columns,
        (
            (
                *(item.item_id, item.item_name, item.need_group),
                Formula(f"=COUNTA({first}{row}:{last}{row})"),
                *(cells.get((item.item_id, store_id)) for store_id in stores),
            )
            for row, item in enumerate(_rows(items), start=HEADER_ROW + 1)
        ),
    )
    sheet.freeze(HEADER_ROW + 1, len(fixed) + 1)


def _write_local_by_region(book: Book, contents: Contents) -> None:
    listed = contents.assortment
    local = listed[listed["listed"] & ~listed["core"]].merge(
        contents.stores[["store_id", "region"]], on="store_id"
    )
    counts = pd.crosstab(local["item_id"], local["region"])
    size = contents.stores["region"].value_counts()
    regions = [r for r in dict.fromkeys(contents.stores["region"]) if r in counts.columns]
    counts["all"] = counts.sum(axis=1)
    table = counts.reset_index().merge(
        contents.items[["item_id", "item_name", "need_group"]], on="item_id"
    )
    table = table.sort_values(["all", "item_id"], ascending=[False, True], kind="stable")
    columns = (
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 34, styles.LONG_TEXT),
        Column("Need group", 20, styles.LONG_TEXT),
        Column("Stores", 9, styles.WHOLE),
        *(Column(f"{r} (of {size[r]})", 14, styles.WHOLE) for r in regions),
    )
    book.sheet("Local by region", "Local items: stores that list them, by region").table(
        columns,
        zip(
            table["item_id"],
            table["item_name"],
            table["need_group"],
            table["all"],
            *(table[r] for r in regions),
            strict=True,
        ),
        empty="No store lists a local item.",
    )


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


def _write_orders(book: Book, contents: Contents) -> None:
    """Purchases a week of each item over all stores: what is sold and what is thrown away."""
    stamp = contents.stamp
    listed = contents.assortment[contents.assortment["listed"]]
    units = listed.groupby("item_id", as_index=False).agg(
        stores=("store_id", "size"),
        sold=("sold_units_week", "sum"),
        waste=("waste_units_week", "sum"),
    )
    orders = units.merge(
        contents.items[["item_id", "item_name", "supplier_id", "unit_cost"]], on="item_id"
    ).sort_values(["supplier_id", "item_id"], kind="stable")
    columns = (
        Column("Supplier", 14, styles.CENTRED),
        Column("PLU", 10, styles.CENTRED),
        Column("Item", 40, styles.LONG_TEXT),
        Column("Stores", 9, styles.WHOLE),
        Column("Sold units per week", 13, styles.UNITS, total=True),
        Column("Waste units per week", 13, styles.UNITS, total=True),
        Column("Purchase units per week", 13, styles.UNITS, total=True),
        words.money_column("Unit cost", stamp, 12),
        words.money_column("Purchase cost per week", stamp, 15, total=True),
    )
    book.sheet("Orders", "Orders of a week").table(
        columns,
        (
            (
                *(o.supplier_id or "unknown", o.item_id, o.item_name, o.stores, o.sold, o.waste),
                *(Formula(f"=E{row}+F{row}"), o.unit_cost, Formula(f"=G{row}*H{row}")),
            )
            for row, o in enumerate(_rows(orders), start=HEADER_ROW + 1)
        ),
        empty="Nothing is listed.",
    )


def _rows(frame: pd.DataFrame) -> Any:
    return frame.itertuples()
