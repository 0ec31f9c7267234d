"""What stands where, with what space planning asks of it: the rows that both exports hold."""

from __future__ import annotations

import pandas as pd

from planner.outputs.contents import Contents

ORDER = ["store_id", "fixture_id", "bay", "shelf", "position"]


def standing_items(contents: Contents) -> pd.DataFrame:
    """A row for each position of the run, in the order of ``contents.positions``.

    Beside its columns (store_id, item_id, fixture_id, bay, shelf, position, left_cm, width_cm,
    facings): item_name, need_group, core, state (NEW, KEEP or MOVED), sold_units_week,
    fixture_type.
    """
    pair = ["store_id", "item_id"]
    chosen = contents.assortment[[*pair, "core", "status", "sold_units_week"]]
    moved = contents.changes.loc[contents.changes["change"] == "MOVED", pair].assign(moved=True)
    fixtures = contents.shelves[["store_id", "fixture_id", "fixture_type"]].drop_duplicates()
    frame = (
        contents.positions.merge(
            contents.items[["item_id", "item_name", "need_group"]], on="item_id", how="left"
        )
        .merge(chosen, on=pair, how="left")
        .merge(moved, on=pair, how="left")
        .merge(fixtures, on=["store_id", "fixture_id"], how="left")
    )
    frame["state"] = frame["status"].where(frame["moved"].isna(), "MOVED")
    return frame.drop(columns=["moved", "status"])
