"""From the rows of one store to the rack of one fixture type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

import pandas as pd

from planner.shelves.rack import UNKNOWN, Rack, to_steps

NO_LIMIT = 10**9
KG_OF_UNIT = {"kg": 1.0, "lb": 0.45359237}
"""Weight of a unit where the unit says it."""
Row = Mapping[str, Any]


def rack_of(stand: Sequence[Row], shelves: Sequence[Row], today: Mapping[str, Row]) -> Rack:
    """The rack of the items ``stand`` on ``shelves``, which come in reading order.

    ``today``: rows of the current range by item_id.
    """
    spot = {place_of(row): z for z, row in enumerate(shelves)}
    lasting = [not row["changes_weekly"] for row in shelves]
    home = []
    home_place = []
    for row in stand:
        known = today.get(row["item_id"])
        z = UNKNOWN if known is None else spot.get(place_of(known), UNKNOWN)
        here = known if z != UNKNOWN and lasting[z] else None
        home.append(z if here is not None else UNKNOWN)
        place = UNKNOWN if here is None or pd.isna(here["position"]) else int(here["position"])
        home_place.append(place)
    held = pd.Series([row["units_per_facing"] for row in stand], dtype=float)
    per_facing = held.fillna(held.median()).fillna(1.0)
    return Rack(
        facing_width=tuple(to_steps(row["facing_width_cm"]) for row in stand),
        facings=tuple(int(row["facings"]) for row in stand),
        most_facings=tuple(
            NO_LIMIT if pd.isna(row["max_facings"]) else int(row["max_facings"]) for row in stand
        ),
        stock_facings=tuple(
            floor(round(row["stock_units_cycle"] / row["min_units_per_facing"], 9))
            if row["min_units_per_facing"] > 0
            else NO_LIMIT
            for row in stand
        ),
        cycle_need=tuple(
            row["stock_units_cycle"] / units for row, units in zip(stand, per_facing, strict=True)
        ),
        group=_numbered([row["need_group"] for row in stand]),
        margin=tuple(float(row["margin_week"]) for row in stand),
        weight_kg=tuple(row["stock_units_cycle"] * unit_weight_kg(row) for row in stand),
        colour=_numbered([row["colour"] for row in stand]),
        home=tuple(home),
        home_place=tuple(home_place),
        shelf_width=tuple(to_steps(row["width_cm"]) for row in shelves),
        eye_level=tuple(bool(row["eye_level"]) for row in shelves),
        bay=_numbered([(row["fixture_id"], row["bay"]) for row in shelves]),
    )


def place_of(row: Row) -> tuple[str, float, float]:
    """Fixture, bay and shelf of a row."""
    return row["fixture_id"], row["bay"], row["shelf"]


def unit_weight_kg(item: Row) -> float:
    """What a unit weighs: as given, or as its unit says; 0 where that is not known."""
    given = item["unit_weight_kg"]
    return KG_OF_UNIT.get(item["unit"], 0.0) if pd.isna(given) else float(given)


def _numbered(names: Sequence[object]) -> tuple[int, ...]:
    """Numbers from 0 in the order of first appearance; ``UNKNOWN`` for what is empty."""
    numbers: dict[object, int] = {}
    return tuple(
        UNKNOWN if name == "" else numbers.setdefault(name, len(numbers)) for name in names
    )
