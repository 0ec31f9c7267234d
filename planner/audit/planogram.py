"""Where items stand: on the right fixture type, side by side, inside each shelf."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import RELATIVE_TOLERANCE, Ledger, close

FILE = "tables/positions.parquet"
SHELF = ["store_id", "fixture_id", "bay", "shelf"]
WIDTH_TOLERANCE_CM = 1e-4


def check_each_once(run: RunFolder, ledger: Ledger) -> None:
    """In stores with fixtures each listed item has one position, with its facings; no other has."""
    assortment, positions = run.tables["assortment"], run.tables["positions"]
    drawn = assortment[assortment["store_id"].isin(run.inputs["fixtures"]["store_id"])]
    both = ledger.expect_same_rows(
        drawn[drawn["listed"]],
        positions,
        ["store_id", "item_id"],
        lambda row: f"{FILE}: store {row['store_id']}, item {row['item_id']}",
        missing="is listed but has no position",
        extra="has a position but is not listed",
        suffixes=("", "_there"),
    )
    ledger.expect_rows(
        both,
        both["facings"] == both["facings_there"],
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: facings is "
            f"{row['facings_there']:g}, expected {row['facings']:g} as in tables/assortment.parquet"
        ),
    )


def check_positions(run: RunFolder, ledger: Ledger) -> None:
    """Each block is as wide as its facings, on its fixture type, inside its shelf, beside others.

    Positions on a shelf count from 1 from left to right, without a hole and without overlap.
    """
    items = run.inputs["items"][["item_id", "facing_width_cm", "fixture_type"]]
    fixtures = run.inputs["fixtures"][[*SHELF, "fixture_type", "width_cm"]]
    frame = (
        run.tables["positions"]
        .merge(items, on="item_id", how="left")
        .merge(fixtures, on=SHELF, how="left", suffixes=("", "_shelf"))
    )
    known = frame["width_cm_shelf"].notna() & frame["facing_width_cm"].notna()
    ledger.expect_rows(
        frame,
        known,
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']} stands on "
            f"{_shelf_name(row)}, which the input does not know"
        ),
    )
    frame = frame[known].sort_values([*SHELF, "position", "left_cm"], ignore_index=True)
    ledger.expect_close(
        frame,
        "width_cm",
        frame["facings"] * frame["facing_width_cm"],
        FILE,
        "facings x facing_width_cm",
    )
    ledger.expect_rows(
        frame,
        frame["fixture_type"] == frame["fixture_type_shelf"],
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']} belongs on "
            f"{row['fixture_type']} but stands on {_shelf_name(row)}, a {row['fixture_type_shelf']}"
        ),
    )
    ledger.expect_rows(
        frame,
        frame["left_cm"] + frame["width_cm"] <= frame["width_cm_shelf"] + WIDTH_TOLERANCE_CM,
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']} ends at "
            f"{row['left_cm'] + row['width_cm']:g} cm on {_shelf_name(row)}, which is "
            f"{row['width_cm_shelf']:g} cm wide"
        ),
    )
    shelf = frame.groupby(SHELF, sort=False)
    ledger.expect_rows(
        frame.assign(expected=shelf.cumcount() + 1),
        frame["position"] == shelf.cumcount() + 1,
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: position is "
            f"{row['position']:g} on {_shelf_name(row)}, expected {row['expected']}"
        ),
    )
    end = (frame["left_cm"] + frame["width_cm"]).groupby([frame[c] for c in SHELF]).shift()
    before = end.fillna(0.0)
    ledger.expect_rows(
        frame.assign(before=before),
        frame["left_cm"] >= before - WIDTH_TOLERANCE_CM,
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']} begins at "
            f"{row['left_cm']:g} cm on {_shelf_name(row)}, where its neighbour ends at "
            f"{row['before']:g} cm"
        ),
    )


def check_shelves(run: RunFolder, ledger: Ledger) -> None:
    """A row for every shelf of the input, as wide as there, filled as its positions say."""
    fixtures = run.inputs["fixtures"][[*SHELF, "fixture_type", "width_cm"]]
    used = run.tables["positions"].groupby(SHELF)["width_cm"].sum()
    file = "tables/shelves.parquet"
    both = ledger.expect_same_rows(
        fixtures,
        run.tables["shelves"],
        SHELF,
        lambda row: f"{file}: store {row['store_id']}: {_shelf_name(row)}",
        extra="is not in the input",
        suffixes=("_input", ""),
    )
    frame = both.merge(used.rename("filled_cm").reset_index(), on=SHELF, how="left").fillna(
        {"filled_cm": 0.0}
    )
    ledger.expect_rows(
        frame,
        close(frame["width_cm"], frame["width_cm_input"])
        & (frame["fixture_type"] == frame["fixture_type_input"]),
        lambda row: (
            f"{file}: store {row['store_id']}: {_shelf_name(row)} is a {row['fixture_type']} of "
            f"{row['width_cm']:g} cm, in the input a {row['fixture_type_input']} of "
            f"{row['width_cm_input']:g} cm"
        ),
    )
    ledger.expect_rows(
        frame,
        close(frame["used_cm"], frame["filled_cm"], WIDTH_TOLERANCE_CM)
        & close(frame["used_cm"] + frame["empty_cm"], frame["width_cm"], WIDTH_TOLERANCE_CM),
        lambda row: (
            f"{file}: store {row['store_id']}: {_shelf_name(row)} has {row['used_cm']:g} cm used "
            f"and {row['empty_cm']:g} cm empty, expected {row['filled_cm']:g} cm of "
            f"{row['width_cm']:g} cm"
        ),
    )


def check_total_width(run: RunFolder, ledger: Ledger) -> None:
    """Facings of each fixture type need no more than the store's shelves of that type."""
    items = run.inputs["items"][["item_id", "facing_width_cm", "fixture_type"]]
    listed = run.tables["assortment"].merge(items, on="item_id")
    listed = listed[listed["store_id"].isin(run.inputs["fixtures"]["store_id"])]
    kind = ["store_id", "fixture_type"]
    need = (
        (listed["facings"] * listed["facing_width_cm"])
        .groupby([listed[c] for c in kind])
        .sum()
        .rename("used_cm")
        .reset_index()
    )
    room = run.inputs["fixtures"].groupby(kind, as_index=False)["width_cm"].sum()
    frame: pd.DataFrame = need.merge(room, on=kind, how="left").fillna({"width_cm": 0.0})
    limit = frame["width_cm"] + RELATIVE_TOLERANCE * np.maximum(1.0, frame["width_cm"])
    ledger.expect_rows(
        frame,
        frame["used_cm"] <= limit,
        lambda row: (
            f"tables/assortment.parquet: store {row['store_id']} needs {row['used_cm']:g} cm of "
            f"{row['fixture_type']}, it has {row['width_cm']:g} cm"
        ),
    )


def _shelf_name(row: dict[str, object]) -> str:
    return f"fixture {row['fixture_id']}, bay {row['bay']:g}, shelf {row['shelf']:g}"
