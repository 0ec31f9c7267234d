"""The placement rules of ``tables/placement.parquet`` in words: how far each could be kept."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

RULES = {
    "group_blocks": "Need groups in one block",
    "vertical_blocks": "Groups over several shelves that stand upright",
    "full_shelves": "Shelves more than 5 % empty",
    "moves": "Items on another shelf than today",
    "shelf_order": "Items lifted past a neighbour on their shelf",
    "eye_level_margin": "Margin at eye level, of all",
    "heavy_low": "Height of the weight, of that of the top shelves",
    "colour_breaks": "Neighbours of one colour",
}
"""Each rule as a count of how many, of how many."""
IN_SHARES = ("eye_level_margin", "heavy_low")
"""Rules that are counted in money or kg: people read the share."""
BEST, FOUND = "best possible", "best found"


class RuleRow(NamedTuple):
    """One rule on one fixture type of a store."""

    store_id: str
    fixture_type: str
    rule: str
    """In words."""
    counted: float
    of: float
    in_shares: bool
    """Whether only the share of ``counted`` in ``of`` tells people something."""
    where: str
    """Need groups or shelves where the rule is broken, and that it does not count, if so."""
    known: str
    """``BEST`` only where no other placement of these items is better, all rules together."""


def placement_rows(placement: pd.DataFrame) -> list[RuleRow]:
    """The rules that have something to say, in the order of the table (``Contents.placement``)."""
    rows = []
    for row in placement.to_dict("records"):
        # Without a shelf at eye level no margin can stand there, and none is broken.
        no_eye_level = row["rule"] == "eye_level_margin" and not (row["counted"] or row["broken"])
        if row["of"] and not no_eye_level:
            note = row["where"] or ("" if row["weight"] else "does not count in this scenario")
            rows.append(
                RuleRow(
                    str(row["store_id"]),
                    str(row["fixture_type"]),
                    RULES[str(row["rule"])],
                    float(row["counted"]),
                    float(row["of"]),
                    row["rule"] in IN_SHARES,
                    note,
                    BEST if row["proven"] else FOUND,
                )
            )
    return rows
