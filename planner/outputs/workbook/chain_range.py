"""The matrix item x store of the chain: core or local, and how many facings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs.contents import Contents
from planner.outputs.workbook import styles
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.pages import (
    SMALLEST_SCALE,
    break_columns,
    column_px,
    page_starts,
    paginate,
    scale_for,
    width_room_px,
)
from planner.outputs.workbook.sheet import HEADER_ROW, Book, Column, Sheet, Shown

MOST_STORES_PRINTED = 80
"""More columns than these are for the screen: the counts of each place are printed instead."""
MOST_PLACES = 15
"""Cities (or, where there are more, regions) that have a column of their own."""
_PLU, _ITEM, _GROUP, _CORE, _STORES, _FACINGS = range(1, 7)
_NAME_ROW = HEADER_ROW - 1
_NAME_POINTS = 96.0
_STORE_NAME = replace(styles.STAMP, rotation=90, horizontal="center", vertical="bottom")
_CORE_FACINGS = replace(styles.CENTRED, number_format='"C"0')
_LOCAL_FACINGS = replace(styles.CENTRED, number_format='"L"0')
"""The number of facings behind the letter, so that a cell can be summed and is read in grey."""


def write_range(book: Book, contents: Contents) -> None:
    """Add the sheet *Range*.

    Items are rows, by need group, stores columns, by region and city; a cell holds the facings,
    shown behind C for core and L for local. Stores, facings and the items of each store are
    live formulas.
    """
    listed = _listed(contents)
    items = contents.items[contents.items["item_id"].isin(listed["item_id"])]
    items = items.sort_values(["need_group", "item_name", "item_id"], kind="stable")
    stores = _by_place(contents.stores)
    places = _places(stores) if len(stores) > MOST_STORES_PRINTED else {}
    fixed = (
        Column("PLU", 8, styles.CENTRED),
        Column("Item", 30, styles.LONG_TEXT),
        Column("Need group", 17, styles.LONG_TEXT),
        Column("Core/ Local", 6.5, styles.CENTRED),
        Column("Stores", 7, styles.WHOLE),
        Column("Facings", 8, styles.WHOLE),
        *(Column(f"{place} (of {len(own)})", 9, styles.WHOLE) for place, own in places.items()),
    )
    columns = (*fixed, *(Column(s, 5, styles.CENTRED) for s in stores["store_id"]))
    sheet = book.sheet("Range", "Range: facings of C core and L local items")
    _write_names(sheet, stores, len(fixed) + 1)
    sheet.table(columns, _rows(items, listed, stores, places, len(fixed)), empty="Nothing listed.")
    sheet.freeze(HEADER_ROW + 1, len(fixed) + 1)
    sheet.worksheet.print_title_rows = f"{_NAME_ROW}:{HEADER_ROW}"
    sheet.worksheet.print_title_cols = "A:B"
    if len(items):
        _write_totals(sheet, columns, len(fixed), HEADER_ROW + 1, HEADER_ROW + len(items))
    _print(sheet, columns, len(fixed), items["need_group"].tolist(), stores)


def _listed(contents: Contents) -> pd.DataFrame:
    """Listed items of every store, with facings as printed."""
    listed = contents.assortment[contents.assortment["listed"]]
    printed = contents.positions.groupby(["store_id", "item_id"])["facings"].sum()
    keys = pd.MultiIndex.from_frame(listed[["store_id", "item_id"]])
    own = listed["facings"].to_numpy()
    shown = pd.Series(printed.reindex(keys).to_numpy(), index=listed.index)
    return listed[["store_id", "item_id", "core"]].assign(facings=shown.fillna(pd.Series(own)))


def _by_place(stores: pd.DataFrame) -> pd.DataFrame:
    """Stores of one region, and in it of one city, beside one another, as they come."""
    rank = {
        column: {name: k for k, name in enumerate(dict.fromkeys(stores[column]))}
        for column in ("region", "city")
    }
    order = stores.assign(
        region_rank=stores["region"].map(rank["region"]), city_rank=stores["city"].map(rank["city"])
    ).sort_values(["region_rank", "city_rank"], kind="stable")
    return stores.loc[order.index]


def _places(stores: pd.DataFrame) -> dict[str, list[int]]:
    """Cities, or regions where there are too many cities, with the numbers of their stores."""
    for column in ("city", "region"):
        found: dict[str, list[int]] = {}
        for number, place in enumerate(stores[column]):
            found.setdefault(str(place), []).append(number)
        beside = all(own[-1] - own[0] == len(own) - 1 for own in found.values())
        if 1 < len(found) <= MOST_PLACES and beside and "" not in found:
            return found
    return {}


def _write_names(sheet: Sheet, stores: pd.DataFrame, first: int) -> None:
    """Names of the stores above their ids, from bottom to top."""
    named = stores["store_name"] != stores["store_id"]
    if not named.any():
        return
    sheet.height(_NAME_ROW, _NAME_POINTS)
    for column, name in enumerate(stores["store_name"], start=first):
        sheet.put(_NAME_ROW, column, name, _STORE_NAME)


def _rows(
    items: pd.DataFrame,
    listed: pd.DataFrame,
    stores: pd.DataFrame,
    places: Mapping[str, Sequence[int]],
    fixed: int,
) -> Any:
    """One row an item: what it is, live counts, and its facings by store."""
    letters = [get_column_letter(fixed + 1 + k) for k in range(len(stores))]
    number = {store: k for k, store in enumerate(stores["store_id"])}
    by_item: dict[str, dict[int, float]] = {}
    for store, item, facings in zip(
        listed["store_id"], listed["item_id"], listed["facings"], strict=True
    ):
        by_item.setdefault(item, {})[number[store]] = float(facings)
    core = set(listed.loc[listed["core"], "item_id"])
    # Stores of one place stand beside one another: a range of columns each.
    spans = [(letters[own[0]], letters[own[-1]], own) for own in places.values()]
    shown = zip(items["item_id"], items["item_name"], items["need_group"], strict=True)
    for row, (item, name, group) in enumerate(shown, start=HEADER_ROW + 1):
        here = by_item[item]
        cells: list[Any] = [None] * len(stores)
        look = _CORE_FACINGS if item in core else _LOCAL_FACINGS
        for k, facings in here.items():
            cells[k] = Shown(facings, look)
        every = f"{letters[0]}{row}:{letters[-1]}{row}"
        yield (
            *(item, name, group, "C" if item in core else "L"),
            Formula(f"=COUNT({every})", float(len(here))),
            Formula(f"=SUM({every})", sum(here.values())),
            *(
                Formula(f"=COUNT({a}{row}:{b}{row})", float(len(here.keys() & set(own))))
                for a, b, own in spans
            ),
            *cells,
        )


def _write_totals(
    sheet: Sheet, columns: Sequence[Column], fixed: int, first: int, last: int
) -> None:
    """Under the matrix what each store lists: items, core, local, facings; live."""
    core = f"${get_column_letter(_CORE)}${first}:${get_column_letter(_CORE)}${last}"
    kinds = (
        ("Items", "=COUNT({0})"),
        ("Core items", f'=COUNTIFS({core},"C",{{0}},">0")'),
        ("Local items", f'=COUNTIFS({core},"L",{{0}},">0")'),
        ("Facings", "=SUM({0})"),
    )
    for row, (name, formula) in enumerate(kinds, start=last + 1):
        look = styles.total(styles.TEXT) if row == last + 1 else replace(styles.TEXT, bold=True)
        number = replace(
            look, horizontal="center", indent=0, number_format=styles.WHOLE.number_format
        )
        for column in range(1, fixed + 1):
            sheet.put(row, column, name if column == _ITEM else "", look)
        for column in range(fixed + 1, len(columns) + 1):
            letter = get_column_letter(column)
            sheet.put(
                row, column, Formula(formula.format(f"{letter}{first}:{letter}{last}")), number
            )


def _print(
    sheet: Sheet,
    columns: Sequence[Column],
    fixed: int,
    groups: Sequence[str],
    stores: pd.DataFrame,
) -> None:
    """Need groups stay on one page, and so do the stores of a city; of very many stores the
    counts alone are printed."""
    if len(stores) > MOST_STORES_PRINTED:
        paginate(sheet, columns[:fixed], groups)
        sheet.print_area(HEADER_ROW + len(groups), fixed)
        return
    scale = scale_for(columns)
    paginate(sheet, columns, groups, scale=scale)
    if scale > SMALLEST_SCALE:
        return
    widths = [column_px(column.width) for column in columns]
    cities = [*("" for _ in range(fixed)), *stores["city"]]
    room = width_room_px(scale) - sum(widths[:_ITEM])
    starts = page_starts(widths[_ITEM:], cities[_ITEM:], room)
    break_columns(sheet, [_ITEM + 1 + start for start in starts])
