"""What stands where, with what space planning asks of it: the rows that both exports hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from planner.outputs.contents import Contents


class Standing(NamedTuple):
    """An item where it stands."""

    store_id: str
    fixture_id: str
    fixture_type: str
    bay: int
    shelf: int
    position: int
    left_cm: float
    width_cm: float
    facings: int
    item_id: str
    item_name: str
    need_group: str
    core: bool
    status: str
    """NEW, KEEP or MOVED."""
    sold_units_week: float


def standing_items(contents: Contents) -> Iterator[Standing]:
    """Every position of the run, in the order of ``contents.positions``.

    Looked up row by row: for one store, joining frames takes ten times as long.
    """
    items, chosen, shelves = contents.items, contents.assortment, contents.shelves
    known = {
        item: (name, group)
        for item, name, group in zip(
            items["item_id"].tolist(),
            items["item_name"].tolist(),
            items["need_group"].tolist(),
            strict=True,
        )
    }
    chosen = chosen[chosen["listed"].to_numpy(dtype=bool)]
    about = {
        (store, item): (bool(core), status, sold)
        for store, item, core, status, sold in zip(
            *(chosen[name].tolist() for name in ("store_id", "item_id", "core", "status",
                                                 "sold_units_week")),
            strict=True,
        )
    }  # fmt: skip
    changes = contents.changes
    moved = {
        (store, item)
        for store, item, change in zip(
            *(changes[name].tolist() for name in ("store_id", "item_id", "change")), strict=True
        )
        if change == "MOVED"
    }
    types = {
        (store, fixture): kind
        for store, fixture, kind in zip(
            *(shelves[name].tolist() for name in ("store_id", "fixture_id", "fixture_type")),
            strict=True,
        )
    }
    columns = ("store_id", "item_id", "fixture_id", "bay", "shelf", "position", "left_cm",
               "width_cm", "facings")  # fmt: skip
    for store, item, fixture, bay, shelf, position, left, width, facings in zip(
        *(contents.positions[name].tolist() for name in columns), strict=True
    ):
        core, status, sold = about[store, item]
        yield Standing(
            store,
            fixture,
            types[store, fixture],
            int(bay),
            int(shelf),
            int(position),
            float(left),
            float(width),
            int(facings),
            item,
            *known[item],
            core,
            "MOVED" if (store, item) in moved else status,
            float(sold),
        )
