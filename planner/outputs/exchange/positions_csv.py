"""The positions of the whole chain as one CSV file, for Excel and for space planning."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.exchange.standing import standing_items

TEXT = ("store_id", "store_name", "fixture_id", "fixture_type", "item_id", "item_name",
        "need_group", "core", "status", "plan_id", "valid_from", "valid_to")  # fmt: skip
COLUMNS = ("store_id", "store_name", "fixture_id", "fixture_type", "bay", "shelf", "position",
           "left_cm", "width_cm", "facings", "item_id", "item_name", "need_group", "core",
           "status", "plan_id", "valid_from", "valid_to")  # fmt: skip
"""Their order and meaning are kept; new ones come at the end."""

SHOWN = ("stores", "store_plans", "items", "assortment", "positions", "shelves", "changes")
"""The frames of the contents that are in it."""
DECIMALS_CM = 3
_MARKED = ("=", "+", "-", "@", "\t", "\r", "'")
"""A text that begins so would be taken for a formula, or for a text that is marked."""


def positions_csv(contents: Contents) -> bytes:
    """The file: UTF-8 with the mark by which Excel knows it, lines ended as RFC 4180 says.

    A text that begins with = + - @ or an apostrophe has an apostrophe before it: without one,
    Excel would reckon it as a formula. ``read_positions_csv`` takes it off again.
    """
    stamp = contents.stamp
    stores, plans = contents.stores, contents.store_plans
    names = dict(zip(stores["store_id"].tolist(), stores["store_name"].tolist(), strict=True))
    ids = dict(zip(plans["store_id"].tolist(), plans["plan_id"].tolist(), strict=True))
    days = stamp.valid_from.date().isoformat(), stamp.valid_to.date().isoformat()
    rows = (
        (
            *(it.store_id, names[it.store_id], it.fixture_id, it.fixture_type),
            *(it.bay, it.shelf, it.position),
            *(round(it.left_cm, DECIMALS_CM) + 0.0, round(it.width_cm, DECIMALS_CM), it.facings),
            *(it.item_id, it.item_name, it.need_group, "yes" if it.core else "no", it.status),
            *(ids[it.store_id], *days),
        )
        for it in standing_items(contents)
    )
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([*map(_marked, row)] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _marked(cell: str | int | float) -> str | int | float:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_MARKED) else cell


def read_positions_csv(source: Path | IO[bytes] | bytes) -> pd.DataFrame:
    """The file read back: a row a position, ids and names as text, ``core`` yes or no.

    Raises ValueError where a column is missing or a number is none.
    """
    file = BytesIO(source) if isinstance(source, bytes) else source
    types = dict.fromkeys(TEXT, "str")
    frame = pd.read_csv(file, dtype=types, keep_default_na=False, encoding="utf-8-sig")
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    for name in TEXT:
        column = frame[name].astype("str")
        frame[name] = column.where(~column.str.startswith("'"), column.str[1:])
    numbers = [name for name in COLUMNS if name not in TEXT]
    return frame[list(COLUMNS)].astype(dict.fromkeys(numbers, "float64"))
