"""One store as a ProSpace ``.psa`` file, which space-planning suites read; unofficial.

A planogram for each fixture, a segment for each bay, a fixture record for each shelf. What the
data does not say (heights, depths) is assumed and said in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from math import isfinite
from typing import NamedTuple

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.exchange import psa_records as records
from planner.outputs.exchange.psa_text import number_cell, text_cell, to_bytes
from planner.outputs.exchange.standing import Standing, standing_items
from planner.outputs.slices import of_store

_Place = tuple[str, int, int]
"""Fixture, bay and shelf."""
SHELF_STEP_CM = 40.0
"""From one shelf to the next; the input has no heights and no depths."""
SHELF_BOARD_CM = 2.5
ITEM_HEIGHT_CM = 30.0
DEPTH_CM = 45.0
NOTE = (
    "Made by planner in the ProSpace text format as far as it is publicly known (unofficial). "
    f"Assumed, since not in the data: {SHELF_STEP_CM:g} cm from shelf to shelf, items "
    f"{ITEM_HEIGHT_CM:g} cm high, shelves {DEPTH_CM:g} cm deep; as many items deep as one facing "
    "holds units."
)


def store_psa(contents: Contents, store_id: str) -> bytes:
    """The file of one store; the same contents give the same bytes, whatever the run.

    ``contents``: the whole run or the store's part of it. Lengths are in inches, as the file
    says. Raises KeyError for an unknown store.
    """
    here = of_store(contents, store_id)
    return to_bytes(_rows(here))


def _rows(contents: Contents) -> Iterator[list[str]]:
    store, plan = contents.stores.iloc[0], contents.store_plans.iloc[0]
    store_id = str(store["store_id"])
    notes = text_cell(
        f"{NOTE} Plan id {plan['plan_id']}, plan {plan['plan']}, proof {plan['proof']}."
    )
    title = f"{contents.stamp.chain_name}: {store['store_name']} (store {store_id})"
    project = {"name": text_cell(title), "key": "1", "notes": notes}
    yield records.PROJECT.fill(records.PROJECT.blank(), project)
    about = _about(contents.items)
    on_shelf: dict[_Place, list[_Block]] = {}
    products: dict[str, _Block] = {}
    for item in standing_items(contents):
        block = _Block(item, *about[item.item_id])
        on_shelf.setdefault((item.fixture_id, item.bay, item.shelf), []).append(block)
        products.setdefault(item.item_id, block)
    blank = records.PRODUCT.blank()
    for key, block in enumerate(products.values(), start=1):
        yield records.PRODUCT.fill(blank, block.product(key))
    for key, shelves in enumerate(_by_fixture(contents.shelves), start=1):
        yield from _fixture(store_id, key, shelves, on_shelf, notes)


@dataclass(frozen=True)
class _Block:
    """An item where it stands, and what every store is told of it."""

    item: Standing
    about: Mapping[str, str]
    """Cells of its product record."""
    money: Mapping[str, str]
    """Cells of its product and performance records."""
    deep: int
    """Units behind one another in a facing."""

    def product(self, key: int) -> dict[str, str]:
        """The fields of its product record."""
        item = self.item
        size = _size(item.width_cm / item.facings, ITEM_HEIGHT_CM, DEPTH_CM / self.deep)
        named = {
            "name": text_cell(item.item_name),
            "subcategory": text_cell(item.need_group),
            "key": str(key),
        }
        return {**self._ids(), **named, **self.about, **self._sells(), **size}

    def performance(self, key: int) -> dict[str, str]:
        """The fields of its performance record."""
        return {**self._ids(), **self._sells(), "key": str(key)}

    def position(self, key: int, x_cm: float, y_cm: float) -> dict[str, str]:
        """The fields of its position record, on a shelf that begins at ``x_cm``."""
        item = self.item
        return {
            **self._ids(),
            **_size(item.width_cm, ITEM_HEIGHT_CM, DEPTH_CM),
            "key": str(key),
            "x": _length(x_cm + item.left_cm),
            "y": _length(y_cm),
            "h_facings": str(item.facings),
            "d_facings": str(self.deep),
            "rank_x": str(item.position),
            "location_id": str(item.position),
            "desc_1": item.status,
            "desc_2": "core" if item.core else "local",
        }

    def _ids(self) -> dict[str, str]:
        plu = text_cell(self.item.item_id)
        return {"upc": plu, "id": plu}

    def _sells(self) -> dict[str, str]:
        return {**self.money, "unit_movement": number_cell(self.item.sold_units_week)}


def _about(items: pd.DataFrame) -> dict[str, tuple[dict[str, str], dict[str, str], int]]:
    """Of every item the cells of ``_Block.about`` and ``money``, and how deep a facing is."""
    columns = ("item_id", "category", "supplier_id", "price", "unit_cost", "case_units",
               "units_per_facing")  # fmt: skip
    found = {}
    for item, category, supplier, price, cost, of_case, deep in zip(
        *(items[name].tolist() for name in columns), strict=True
    ):
        case = of_case if of_case > 0 else 1.0
        found[item] = (
            {
                "category": text_cell(category),
                "supplier": text_cell(supplier),
                "case_total_number": number_cell(case),
            },
            {"price": number_cell(price), "case_cost": number_cell(cost * case)},
            max(1, round(deep)) if isfinite(deep) else 1,
        )
    return found


class _Shelf(NamedTuple):
    """A shelf of a fixture."""

    fixture_id: str
    fixture_type: str
    bay: int
    shelf: int
    width_cm: float
    eye_level: bool


def _by_fixture(shelves: pd.DataFrame) -> list[list[_Shelf]]:
    """The shelves of each fixture, bay by bay and from the bottom up, as they come."""
    found: dict[str, list[_Shelf]] = {}
    for fixture, kind, bay, shelf, width, eye in zip(
        *(shelves[name].tolist() for name in _Shelf._fields), strict=True
    ):
        row = _Shelf(fixture, kind, int(bay), int(shelf), float(width), bool(eye))
        found.setdefault(fixture, []).append(row)
    return list(found.values())


def _fixture(
    store_id: str,
    key: int,
    shelves: list[_Shelf],
    on_shelf: Mapping[_Place, list[_Block]],
    notes: str,
) -> Iterator[list[str]]:
    """The records of a fixture: itself, what its items sell, its bays, and its shelves from left
    to right and bottom to top with what stands on each."""
    bays: dict[int, list[_Shelf]] = {}
    for shelf in shelves:
        bays.setdefault(shelf.bay, []).append(shelf)
    widths = {bay: max(shelf.width_cm for shelf in own) for bay, own in bays.items()}
    height_cm = SHELF_STEP_CM * max(map(len, bays.values()))
    name, kind = text_cell(shelves[0].fixture_id), text_cell(shelves[0].fixture_type)
    yield records.PLANOGRAM.fill(
        records.PLANOGRAM.blank(),
        {
            **_size(sum(widths.values()), height_cm, DEPTH_CM),
            "name": text_cell(f"{store_id} ") + name,
            "key": str(key),
            "id": text_cell(f"{store_id}/") + name,
            "desc_1": name,
            "desc_2": kind,
            "desc_3": text_cell(store_id),
            "notes": notes,
        },
    )
    standing = [on_shelf.get((s.fixture_id, s.bay, s.shelf), []) for s in shelves]
    blank = records.PERFORMANCE.blank()
    for number, block in enumerate(chain.from_iterable(standing), start=1):
        yield records.PERFORMANCE.fill(blank, block.performance(number))
    left_cm = dict(zip(widths, accumulate(widths.values(), initial=0.0), strict=False))
    for number, (bay, width) in enumerate(widths.items(), start=1):
        place = {"name": f"Bay {bay}", "key": str(number), "offset_x": _length(left_cm[bay])}
        segment = {**_size(width, height_cm, DEPTH_CM), **place}
        yield records.SEGMENT.fill(records.SEGMENT.blank(), segment)
    board, blank, key = records.FIXTURE.blank(), records.POSITION.blank(), 0
    for number, (shelf, blocks) in enumerate(zip(shelves, standing, strict=True), start=1):
        x_cm = left_cm[shelf.bay]
        y_cm = SHELF_STEP_CM * bays[shelf.bay].index(shelf)
        yield records.FIXTURE.fill(board, _board(shelf, number, x_cm, y_cm))
        for block in blocks:
            key += 1
            stands = block.position(key, x_cm, y_cm + SHELF_BOARD_CM)
            yield records.POSITION.fill(blank, stands)


def _board(shelf: _Shelf, number: int, x_cm: float, y_cm: float) -> dict[str, str]:
    """The fields of a shelf's fixture record."""
    return {
        **_size(shelf.width_cm, SHELF_BOARD_CM, DEPTH_CM),
        "name": f"{shelf.bay}-{shelf.shelf}",
        "key": str(number),
        "x": _length(x_cm),
        "y": _length(y_cm),
        "merch": _length(SHELF_STEP_CM - SHELF_BOARD_CM),
        "value_1": str(shelf.bay),
        "value_2": str(shelf.shelf),
        "flag_1": "1" if shelf.eye_level else "0",
        "location_id": str(number),
    }


def _length(cm: float) -> str:
    return number_cell(cm / records.CM_PER_INCH)


def _size(width_cm: float, height_cm: float, depth_cm: float) -> dict[str, str]:
    sides = {"width": width_cm, "height": height_cm, "depth": depth_cm}
    return {side: _length(cm) for side, cm in sides.items()}
