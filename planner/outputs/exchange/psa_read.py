"""What stands where, read back from a ``.psa`` file of this project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from planner.outputs.exchange import psa_records as records
from planner.outputs.exchange.psa_text import NotPsa, from_bytes

READ = ("fixture_id", "bay", "shelf", "position", "left_cm", "width_cm", "facings", "item_id",
        "item_name", "need_group", "core", "status")  # fmt: skip
"""Columns of ``read_psa``."""


def read_psa(content: bytes) -> pd.DataFrame:
    """What stands where, from a file that ``store_psa`` made: a row a position, ``READ``.

    Lengths are given in centimetres, whatever the file counts in. Raises NotPsa where it is no
    such file: a position on no shelf or of no product, or a number that is none.
    """
    rows: list[tuple[Any, ...]] = []
    products: dict[str, dict[str, str]] = {}
    per_unit, planogram, shelf = records.CM_PER_INCH, {"desc_1": ""}, None
    for row in from_bytes(content):
        try:
            match row[0]:
                case "Project":
                    metric = records.PROJECT.read(row)["measurement"] == records.CENTIMETRES
                    per_unit = 1.0 if metric else records.CM_PER_INCH
                case "Product":
                    product = records.PRODUCT.read(row)
                    products[product["id"]] = product
                case "Planogram":
                    planogram, shelf = records.PLANOGRAM.read(row), None
                case "Fixture":
                    shelf = records.FIXTURE.read(row)
                case "Position":
                    if shelf is None:
                        raise NotPsa("a position stands on no shelf")
                    position = records.POSITION.read(row)
                    rows.append(_read_position(planogram, shelf, position, products, per_unit))
        except (KeyError, ValueError) as error:
            raise NotPsa(f"its {row[0]} record cannot be read: {error}") from error
    return pd.DataFrame(rows, columns=list(READ))


def _read_position(
    planogram: Mapping[str, str],
    shelf: Mapping[str, str],
    position: Mapping[str, str],
    products: Mapping[str, Mapping[str, str]],
    per_unit: float,
) -> tuple[Any, ...]:
    product = products[position["id"]]
    return (
        planogram["desc_1"],
        float(shelf["value_1"]),
        float(shelf["value_2"]),
        float(position["location_id"]),
        (float(position["x"]) - float(shelf["x"])) * per_unit,
        float(position["width"]) * per_unit,
        float(position["h_facings"]),
        product["id"],
        product["name"],
        product["subcategory"],
        "yes" if position["desc_2"] == "core" else "no",
        position["desc_1"],
    )
