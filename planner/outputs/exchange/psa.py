"""One store as a ProSpace ``.psa`` file, which space-planning suites read; unofficial.

A planogram for each fixture, a segment for each bay, a fixture record for each shelf. What the
data does not say (heights, depths) is assumed and said in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.exchange import psa_records as records
from planner.outputs.exchange.psa_text import number_cell, text_cell, to_bytes
from planner.outputs.exchange.standing import standing_items
from planner.outputs.slices import of_store

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
    on_shelf: dict[tuple[str, int, int], list[_Standing]] = {}
    products: dict[str, _Standing] = {}
    for item in _standing(contents):
        on_shelf.setdefault(item.place, []).append(item)
        products.setdefault(item.shared["id"], item)
    blank = records.PRODUCT.blank()
    for key, item in enumerate(products.values(), start=1):
        yield records.PRODUCT.fill(blank, item.product(key))
    of_fixture = contents.shelves.groupby("fixture_id", sort=False)
    for key, (fixture_id, shelves) in enumerate(of_fixture, start=1):
        fixture = _Fixture(store_id, str(fixture_id), key, shelves, on_shelf)
        yield from fixture.rows(notes)


@dataclass(frozen=True)
class _Standing:
    """An item where it stands; lengths in centimetres."""

    place: tuple[str, int, int]
    """Fixture, bay and shelf."""
    position: int
    left_cm: float
    width_cm: float
    facings: int
    deep: int
    """Units behind one another in a facing."""
    shared: Mapping[str, str]
    """Cells that every record of the item has: what it is known by."""
    about: Mapping[str, str]
    """Cells of its product record."""
    sells: Mapping[str, str]
    """Cells of its product and performance records."""
    status: str
    core: str

    def product(self, key: int) -> dict[str, str]:
        """The fields of its product record."""
        size = _size(self.width_cm / self.facings, ITEM_HEIGHT_CM, DEPTH_CM / self.deep)
        return {**self.shared, **self.about, **self.sells, **size, "key": str(key)}

    def stands(self, key: int, x_cm: float, y_cm: float) -> dict[str, str]:
        """The fields of its position record, on a shelf that begins at ``x_cm``."""
        return {
            **self.shared,
            **_size(self.width_cm, ITEM_HEIGHT_CM, DEPTH_CM),
            "key": str(key),
            "x": _length(x_cm + self.left_cm),
            "y": _length(y_cm),
            "h_facings": str(self.facings),
            "d_facings": str(self.deep),
            "rank_x": str(self.position),
            "location_id": str(self.position),
            "desc_1": self.status,
            "desc_2": self.core,
        }


def _standing(contents: Contents) -> Iterator[_Standing]:
    columns = ["item_id", "category", "supplier_id", "price", "unit_cost", "case_units",
               "units_per_facing"]  # fmt: skip
    frame = standing_items(contents).merge(contents.items[columns], on="item_id", how="left")
    for row in frame.to_dict("records"):
        item: Mapping[Any, Any] = row
        deep = item["units_per_facing"]
        case = item["case_units"] if item["case_units"] > 0 else 1.0
        plu = text_cell(str(item["item_id"]))
        yield _Standing(
            place=(str(item["fixture_id"]), int(item["bay"]), int(item["shelf"])),
            position=int(item["position"]),
            left_cm=float(item["left_cm"]),
            width_cm=float(item["width_cm"]),
            facings=int(item["facings"]),
            deep=max(1, round(deep)) if np.isfinite(deep) else 1,
            shared={"upc": plu, "id": plu},
            about={
                "name": text_cell(str(item["item_name"])),
                "category": text_cell(str(item["category"])),
                "subcategory": text_cell(str(item["need_group"])),
                "supplier": text_cell(str(item["supplier_id"])),
                "case_total_number": number_cell(case),
            },
            sells={
                "price": number_cell(item["price"]),
                "case_cost": number_cell(item["unit_cost"] * case),
                "unit_movement": number_cell(item["sold_units_week"]),
            },
            status=str(item["state"]),
            core="core" if item["core"] else "local",
        )


@dataclass(frozen=True)
class _Fixture:
    """A fixture of the store, as a planogram of its own."""

    store_id: str
    fixture_id: str
    key: int
    shelves: pd.DataFrame
    on_shelf: Mapping[tuple[str, int, int], list[_Standing]]

    def rows(self, notes: str) -> Iterator[list[str]]:
        """Its records: itself, what its items sell, its bays, and its shelves from left to right
        and bottom to top with what stands on each."""
        widths = self.shelves.groupby("bay")["width_cm"].max()
        left_cm = dict(zip(widths.index, np.cumsum(widths) - widths, strict=True))
        levels = self.shelves.groupby("bay").cumcount()
        height_cm = SHELF_STEP_CM * float(levels.max() + 1)
        name, kind = text_cell(self.fixture_id), text_cell(self.shelves["fixture_type"].iloc[0])
        yield records.PLANOGRAM.fill(
            records.PLANOGRAM.blank(),
            {
                **_size(float(widths.sum()), height_cm, DEPTH_CM),
                "name": text_cell(f"{self.store_id} ") + name,
                "key": str(self.key),
                "id": text_cell(f"{self.store_id}/") + name,
                "desc_1": name,
                "desc_2": kind,
                "desc_3": text_cell(self.store_id),
                "notes": notes,
            },
        )
        yield from self._performance()
        for number, (bay, width) in enumerate(widths.items(), start=1):
            segment = {**_size(float(width), height_cm, DEPTH_CM), "name": f"Bay {bay}"}
            place = {"key": str(number), "offset_x": _length(left_cm[bay])}
            yield records.SEGMENT.fill(records.SEGMENT.blank(), {**segment, **place})
        shelf_blank, blank, key = records.FIXTURE.blank(), records.POSITION.blank(), 0
        for number, shelf in enumerate(self.shelves.to_dict("records"), start=1):
            bay, level = int(shelf["bay"]), int(shelf["shelf"])
            x_cm, y_cm = left_cm[shelf["bay"]], SHELF_STEP_CM * float(levels.iloc[number - 1])
            yield records.FIXTURE.fill(
                shelf_blank,
                {
                    **_size(float(shelf["width_cm"]), SHELF_BOARD_CM, DEPTH_CM),
                    "name": f"{bay}-{level}",
                    "key": str(number),
                    "x": _length(x_cm),
                    "y": _length(y_cm),
                    "merch": _length(SHELF_STEP_CM - SHELF_BOARD_CM),
                    "value_1": str(bay),
                    "value_2": str(level),
                    "flag_1": "1" if shelf["eye_level"] else "0",
                    "location_id": str(number),
                },
            )
            for item in self.on_shelf.get((self.fixture_id, bay, level), []):
                key += 1
                stands = item.stands(key, x_cm, y_cm + SHELF_BOARD_CM)
                yield records.POSITION.fill(blank, stands)

    def _performance(self) -> Iterator[list[str]]:
        blank, key = records.PERFORMANCE.blank(), 0
        for place, items in self.on_shelf.items():
            for item in items if place[0] == self.fixture_id else ():
                key += 1
                fields = {**item.shared, **item.sells, "key": str(key)}
                yield records.PERFORMANCE.fill(blank, fields)


def _length(cm: float) -> str:
    return number_cell(cm / records.CM_PER_INCH)


def _size(width_cm: float, height_cm: float, depth_cm: float) -> dict[str, str]:
    sides = {"width": width_cm, "height": height_cm, "depth": depth_cm}
    return {side: _length(cm) for side, cm in sides.items()}
