"""The records of a ``.psa`` file: how many cells each has, and which cell holds what.

Cell 0 is the kind of the record. Of each kind those cells are named that are written here; the
cells between them stay empty, which means the default. Where it was learned: docs/exchange.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

INCHES, CENTIMETRES = "0", "1"
"""Of the cell ``measurement`` of the project: what every length of the file counts."""
CM_PER_INCH = 2.54


@dataclass(frozen=True)
class Record:
    """One kind of record."""

    kind: str
    cells: int
    """After its kind, in the version that is written."""
    places: Mapping[str, int]
    """Number of the cell that holds each field."""
    constant: Mapping[str, str]
    """Fields that are the same in every record: readers that take an empty cell for nothing at
    all need them."""

    def blank(self) -> list[str]:
        """A row with the constant fields alone."""
        row = [self.kind] + [""] * self.cells
        for field, cell in self.constant.items():
            row[self.places[field]] = cell
        return row

    def fill(self, blank: list[str], fields: Mapping[str, str]) -> list[str]:
        """A row from a blank one."""
        row = blank.copy()
        for field, cell in fields.items():
            row[self.places[field]] = cell
        return row

    def read(self, row: list[str]) -> dict[str, str]:
        """The named fields of a row; a row that is too short leaves the last ones empty."""
        return {
            field: row[place] if place < len(row) else "" for field, place in self.places.items()
        }


def _numbered(names: str, first: int = 1) -> dict[str, int]:
    return {name: place for place, name in enumerate(names.split(), start=first)}


def _record(kind: str, cells: int, places: dict[str, int], constant: dict[str, str]) -> Record:
    return Record(kind, cells, MappingProxyType(places), MappingProxyType(constant))


_BOX = "x width y height z depth"
_STANDS = {"slope": "0", "angle": "0", "roll": "0"}

PROJECT = _record(
    "Project",
    215,
    _numbered("name key primary_key layout_file movement_period") | {"measurement": 12,
    "number_of_stores": 13, "notes": 185},
    {"primary_key": "1", "movement_period": "7", "measurement": INCHES, "number_of_stores": "1"},
)  # fmt: skip
PRODUCT = _record(
    "Product",
    273,
    _numbered("upc id name key width height depth color abbrev_name size uom manufacturer")
    | {"category": 13, "supplier": 14, "price": 33, "case_cost": 34, "tax_code": 35,
       "unit_movement": 36, "case_total_number": 60, "desc_1": 114, "brand": 232,
       "subcategory": 233},
    {"tax_code": "1"},
)  # fmt: skip
PLANOGRAM = _record(
    "Planogram",
    262,
    _numbered("name key width height depth color back_depth draw_back base_width base_height")
    | {"base_depth": 11, "draw_base": 12, "number_of_stores": 54, "desc_1": 56, "desc_2": 57,
       "desc_3": 58, "notes": 171, "id": 219},
    {"back_depth": "0", "draw_back": "1", "base_width": "0", "base_height": "0",
     "base_depth": "0", "draw_base": "0", "number_of_stores": "1"},
)  # fmt: skip
PERFORMANCE = _record(
    "Performance",
    149,
    _numbered("upc id key price case_cost tax_code unit_movement"),
    {"tax_code": "1"},
)
SEGMENT = _record(
    "Segment",
    51,
    _numbered("name key " + _BOX + " angle offset_x offset_y door"),
    {"x": "0", "y": "0", "z": "0", "angle": "0", "offset_y": "0", "door": "0"},
)
FIXTURE = _record(
    "Fixture",
    166,
    _numbered("type name key " + _BOX + " slope angle roll color assembly")
    | {"merch": 23, "can_combine": 37, "desc_1": 76, "value_1": 106, "value_2": 107,
       "flag_1": 136, "location_id": 146},
    {"type": "0", "z": "0", **_STANDS, "can_combine": "0"},
)  # fmt: skip
POSITION = _record(
    "Position",
    166,
    _numbered(
        "upc id key " + _BOX + " slope angle roll merch_style h_facings v_facings d_facings "
        "x_cap_num x_cap_nested x_cap_reversed x_cap_orientation "
        "y_cap_num y_cap_nested y_cap_reversed y_cap_orientation "
        "z_cap_num z_cap_nested z_cap_reversed z_cap_orientation orientation"
    )
    | {"rank_x": 44, "rank_y": 45, "rank_z": 46, "desc_1": 78, "desc_2": 79, "location_id": 154},
    {"z": "0", **_STANDS, "merch_style": "0", "v_facings": "1",
     "x_cap_num": "0", "x_cap_nested": "0", "x_cap_reversed": "0", "x_cap_orientation": "2",
     "y_cap_num": "0", "y_cap_nested": "0", "y_cap_reversed": "0", "y_cap_orientation": "4",
     "z_cap_num": "0", "z_cap_nested": "0", "z_cap_reversed": "1", "z_cap_orientation": "2",
     "orientation": "0", "rank_y": "1", "rank_z": "1"},
)  # fmt: skip
