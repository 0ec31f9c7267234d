"""Items by stores: what each store lists, and what changes in it, on one sheet each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from openpyxl.utils import get_column_letter

from planner.outputs.contents import Contents
from planner.outputs.workbook import styles
from planner.outputs.workbook.grid import Formula
from planner.outputs.workbook.pages import break_wide, paginate
from planner.outputs.workbook.sheet import (
    HEADER_ROW,
    MM_PER_CHARACTER,
    NOTE_ROW,
    Book,
    Column,
    Sheet,
    Shown,
)
from planner.outputs.workbook.text_width import MM_PER_POINT, cut, text_mm

MOST_STORES_PRINTED = 60
"""More columns than these are for the screen: the counts of each place are printed instead."""
MOST_PLACES = 15
"""Cities (or, where there are more, regions) that have a column of their own."""
_REPEATED = 2
"""Columns that stay in view and are printed on every page: PLU and name."""
_NAME_POINTS = 96.0
_NAME_MM = 0.9 * _NAME_POINTS * MM_PER_POINT
_NARROWEST_STORE, _WIDEST_STORE = 3.8, 9.0
_NOTE = replace(styles.NOTE, wrap=True)
_STORE_NAME = replace(styles.STAMP, rotation=90, horizontal="center", vertical="bottom")
_CORE_FACINGS = replace(styles.CENTRED, number_format='"C"0')
_LOCAL_FACINGS = replace(styles.CENTRED, number_format='"L"0')
"""The number of facings behind the letter, so that a cell can be summed and is read in grey."""
_CHANGE_LETTERS = {"NEW": "N", "OUT": "O", "MOVED": "M"}


@dataclass(frozen=True)
class _Count:
    """A live count over the cells of an item, or of a store."""

    head: str
    formula: str
    """With {0} for the cells and {kind} for the column that says core or local."""


@dataclass(frozen=True)
class _Matrix:
    """What stands in the cells, by item and store, and how it is counted."""

    name: str
    title: str
    cells: Mapping[str, Mapping[str, Any]]
    """For each item what stands in the column of each store; a store without is empty."""
    kinds: Mapping[str, str]
    """C or L by item."""
    of_item: tuple[_Count, ...]
    of_place: str
    """The formula of the first count, for the stores of one place."""
    of_store: tuple[_Count, ...]
    note: str
    """How to read it."""
    empty: str


def write_range(book: Book, contents: Contents) -> None:
    """Add the sheet *Range*: facings, shown behind C for core and L for local items."""
    listed = contents.assortment[contents.assortment["listed"]]
    printed = contents.positions.groupby(["store_id", "item_id"])["facings"].sum()
    keys = pd.MultiIndex.from_frame(listed[["store_id", "item_id"]])
    facings = printed.reindex(keys).fillna(listed["facings"].set_axis(keys))
    core = set(listed.loc[listed["core"], "item_id"])
    cells: dict[str, dict[str, Any]] = {}
    for store, item, count in zip(
        listed["store_id"], listed["item_id"], facings.to_numpy(), strict=True
    ):
        look = _CORE_FACINGS if item in core else _LOCAL_FACINGS
        cells.setdefault(item, {})[store] = Shown(float(count), look)
    kinds = {item: "C" if item in core else "L" for item in cells}
    matrix = _Matrix(
        name="Range",
        title="Range: facings of C core and L local items",
        cells=cells,
        kinds=kinds,
        of_item=(_Count("Stores", "=COUNT({0})"), _Count("Facings", "=SUM({0})")),
        of_place="=COUNT({0})",
        of_store=(
            _Count("Items", "=COUNT({0})"),
            _Count("Core items", '=COUNTIFS({kind},"C",{0},">0")'),
            _Count("Local items", '=COUNTIFS({kind},"L",{0},">0")'),
            _Count("Facings", "=SUM({0})"),
        ),
        note=_range_note(contents),
        empty="Nothing is listed.",
    )
    _write(book, contents, matrix)


def _range_note(contents: Contents) -> str:
    """What the letters mean, and why an item can be local and yet be everywhere."""
    listed = contents.assortment[contents.assortment["listed"] & ~contents.assortment["core"]]
    counts = listed.groupby("item_id")["store_id"].nunique()
    everywhere = int((counts == len(contents.stores)).sum()) if len(contents.stores) > 1 else 0
    note = (
        "C2: a core item on two facings. L1: a local item on one. The core must be in every store."
    )
    if everywhere:
        note += (
            f" {everywhere} local items are in every store too: not because they must, but as "
            "each store's own plan wants them."
        )
    return note


def write_changes_by_store(book: Book, contents: Contents) -> None:
    """Add the sheet *Changes by store*: N new, O out, M moved inside the store."""
    changes = contents.changes
    core = set(contents.assortment.loc[contents.assortment["core"], "item_id"])
    cells: dict[str, dict[str, Any]] = {}
    for store, item, change in zip(
        changes["store_id"], changes["item_id"], changes["change"], strict=True
    ):
        cells.setdefault(item, {})[store] = _CHANGE_LETTERS[change]
    counts = tuple(
        _Count(head, f'=COUNTIF({{0}},"{letter}")')
        for head, letter in (("New", "N"), ("Out", "O"), ("Moved", "M"))
    )
    matrix = _Matrix(
        name="Changes by store",
        title="Changes by store: N new, O out, M moved inside the store",
        cells=cells,
        kinds={item: "C" if item in core else "L" for item in cells},
        of_item=counts,
        of_place="=COUNTA({0})",
        of_store=counts,
        note="N new, O out, M moved inside the store. Dates, reasons and what takes whose place "
        "are in the workbook of each store, and on the sheet Changes.",
        empty="Nothing comes, leaves or moves.",
    )
    _write(book, contents, matrix)


def _write(book: Book, contents: Contents, matrix: _Matrix) -> None:
    """Items are rows, by need group; stores are columns, by region and city."""
    items = contents.items[contents.items["item_id"].isin(list(matrix.cells))]
    items = items.sort_values(["need_group", "item_name", "item_id"], kind="stable")
    stores = _by_place(contents.stores)
    places = _places(stores) if len(stores) > MOST_STORES_PRINTED else {}
    known = (
        Column("PLU", 8, styles.CENTRED),
        Column("Item", 26, styles.LONG_TEXT),
        Column("Need group", 24, styles.LONG_TEXT),
        Column("C/L", 4.5, styles.CENTRED),
    )
    fixed = (
        *known,
        *(Column(c.head, 5.5 if len(c.head) < 6 else 6.5, styles.WHOLE) for c in matrix.of_item),
        *(Column(f"{place} (of {len(own)})", 9, styles.WHOLE) for place, own in places.items()),
    )
    width = _store_width(stores["store_id"].tolist())
    columns = (*fixed, *(Column(s, width, styles.CENTRED) for s in stores["store_id"]))
    sheet = book.sheet(matrix.name, matrix.title)
    names_points = _write_names(sheet, stores, len(fixed) + 1)
    rows = _rows(items, matrix, stores, places, len(fixed))
    sheet.table(columns, rows, empty=matrix.empty)
    # PLU and name stay in view; all that is known of an item would leave no room for stores.
    sheet.freeze(_REPEATED)
    sheet.paragraph(NOTE_ROW, 1, _REPEATED, matrix.note, _NOTE, least_points=names_points)
    if len(items):
        _write_totals(sheet, matrix, columns, len(fixed), len(items), len(known))
    # the counts of the stores below stay together as need groups do
    groups = [*items["need_group"], *((len(items),) * len(matrix.of_store) if len(items) else ())]
    _print(sheet, columns, len(fixed), groups, stores, len(items))


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


def _store_width(ids: Sequence[str]) -> float:
    """Of the columns of stores: the longest id on one line, within reason."""
    widest_mm = max((text_mm(store, styles.HEADER.size) for store in ids), default=0.0)
    return min(_WIDEST_STORE, max(_NARROWEST_STORE, widest_mm / MM_PER_CHARACTER + 0.8))


def _write_names(sheet: Sheet, stores: pd.DataFrame, first: int) -> float:
    """Names of the stores above their ids, from bottom to top; how high their row is."""
    if (stores["store_name"] == stores["store_id"]).all():
        return 0.0
    for column, name in enumerate(stores["store_name"], start=first):
        sheet.put(NOTE_ROW, column, cut(name, _NAME_MM, _STORE_NAME.size), _STORE_NAME)
    return _NAME_POINTS


def _rows(
    items: pd.DataFrame,
    matrix: _Matrix,
    stores: pd.DataFrame,
    places: Mapping[str, Sequence[int]],
    fixed: int,
) -> Any:
    """One row an item: what it is, live counts, and what stands at each store."""
    ids = stores["store_id"].tolist()
    letters = [get_column_letter(fixed + 1 + k) for k in range(len(ids))]
    # Stores of one place stand beside one another: a range of columns each.
    spans = [(letters[own[0]], letters[own[-1]]) for own in places.values()]
    shown = zip(items["item_id"], items["item_name"], items["need_group"], strict=True)
    for row, (item, name, group) in enumerate(shown, start=HEADER_ROW + 1):
        here = matrix.cells[item]
        every = f"{letters[0]}{row}:{letters[-1]}{row}"
        yield (
            *(item, name, group, matrix.kinds[item]),
            *(Formula(count.formula.format(every)) for count in matrix.of_item),
            *(Formula(matrix.of_place.format(f"{a}{row}:{b}{row}")) for a, b in spans),
            *map(here.get, ids),
        )


def _write_totals(
    sheet: Sheet,
    matrix: _Matrix,
    columns: Sequence[Column],
    fixed: int,
    items: int,
    kind_column: int,
) -> None:
    """Under the matrix the live counts of each store."""
    first, last = HEADER_ROW + 1, HEADER_ROW + items
    letter = get_column_letter(kind_column)
    kind = f"${letter}${first}:${letter}${last}"
    for row, count in enumerate(matrix.of_store, start=last + 1):
        look = styles.total(styles.TEXT) if row == last + 1 else replace(styles.TEXT, bold=True)
        number = replace(styles.WHOLE, bold=True, border=look.border, horizontal="center")
        for column in range(1, fixed + 1):
            sheet.put(row, column, count.head if column == 2 else "", look)
        for column in range(fixed + 1, len(columns) + 1):
            letter = get_column_letter(column)
            formula = count.formula.format(f"{letter}{first}:{letter}{last}", kind=kind)
            sheet.put(row, column, Formula(formula), number)


def _print(
    sheet: Sheet,
    columns: Sequence[Column],
    fixed: int,
    groups: Sequence[Hashable],
    stores: pd.DataFrame,
    items: int,
) -> None:
    """Need groups stay on one page, and so do the stores of a city; of very many stores the
    counts alone are printed."""
    if len(stores) > MOST_STORES_PRINTED:
        columns, groups = columns[:fixed], groups[:items]
    last = HEADER_ROW + max(1, len(groups))
    # What is known of an item stands on the first page, before the first stores.
    cities = [*("" for _ in range(fixed)), *stores["city"]][: len(columns)]
    scale = break_wide(sheet, columns, _REPEATED, cities)
    sheet.repeat(NOTE_ROW, _REPEATED, last, len(columns))
    paginate(sheet, columns, groups, scale=scale, most_pages=len(groups) + 1)
