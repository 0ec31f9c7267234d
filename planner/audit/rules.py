"""What may and must be listed: core, regions, counts, and facings of each item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger
from planner.audit.locks import locked_facings
from planner.audit.scenario import chooses_core, core_sizes, most_local_items

FILE = "tables/assortment.parquet"


def check_complete(run: RunFolder, ledger: Ledger) -> None:
    """Every store and item has one row of demand and of assortment, and no other has one."""
    wanted = pd.MultiIndex.from_product(
        [run.inputs["stores"]["store_id"], run.inputs["items"]["item_id"]]
    )
    for name in ("demand", "assortment"):
        present = pd.MultiIndex.from_frame(run.tables[name][["store_id", "item_id"]])
        for pairs, words in (
            (wanted.difference(present), "has no row"),
            (present.difference(wanted), "is not in the input, yet has a row"),
        ):
            frame = pairs.to_frame(index=False, name=["store_id", "item_id"])
            ledger.expect_rows(
                frame,
                np.zeros(len(frame), dtype=bool),
                lambda row, name=name, words=words: (  # type: ignore[misc]
                    f"tables/{name}.parquet: store {row['store_id']}, item {row['item_id']} {words}"
                ),
            )
        ledger.checks += len(wanted)


def check_demand(run: RunFolder, ledger: Ledger) -> None:
    """Demand is a number, not negative; its quantiles are in order."""
    demand = run.tables["demand"]
    low, high = demand["low_units_week"], demand["high_units_week"]
    good = (demand["demand_units_week"] >= 0) & (demand["se_units_week"] >= 0)
    ledger.expect_rows(
        demand,
        good & (low >= 0) & (low <= high),
        lambda row: (
            f"tables/demand.parquet: store {row['store_id']}, item {row['item_id']}: demand "
            f"{row['demand_units_week']:g}, se {row['se_units_week']:g}, low "
            f"{row['low_units_week']:g}, high {row['high_units_week']:g}; expected none negative "
            "and low <= high"
        ),
    )


def listing(run: RunFolder) -> pd.DataFrame:
    """Assortment of every pair with what the input says of its item and its store."""
    about = run.inputs["items"][
        ["item_id", "need_group", "category", "regions", "min_facings", "max_facings"]
    ]
    stores = run.inputs["stores"][["store_id", "region"]]
    allowed = run.tables["economics"][["store_id", "item_id", "candidate", "locked"]]
    frame = run.tables["assortment"].merge(about, on="item_id", how="inner")
    frame = frame.merge(stores, on="store_id", how="inner")
    frame = frame.merge(allowed, on=["store_id", "item_id"], how="left")
    return frame.assign(
        candidate=frame["candidate"].fillna(False).astype(bool),
        locked=frame["locked"].astype("str").fillna(""),
        facings=frame["facings"].fillna(0.0),
    )


def check_core(run: RunFolder, ledger: Ledger) -> None:
    """The core is that of the input where it names one, and every store lists it.

    Core items of the input that cannot be bought in all the plan's weeks are none of the plan's.
    A scenario that has the core chosen says how many items it may hold.
    """
    assortment, economics = run.tables["assortment"], run.tables["economics"]
    items = run.inputs["items"]
    given = set(items.loc[items["core"] & _in_season(items, run.manifest), "item_id"])
    derived = set(economics.loc[economics["core"], "item_id"])
    core = given if items["core"].any() and not chooses_core(run) else derived
    least, most = core_sizes(run)
    ledger.expect(
        least <= len(core) <= most,
        f"{FILE}: the core holds {len(core)} items, the scenario asks for {least:g} to {most:g}",
    )
    is_core = assortment["item_id"].isin(core)
    ledger.expect_rows(
        assortment,
        assortment["core"] == is_core,
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: core is {row['core']}, "
            f"expected {not row['core']} as in the input and in the other stores"
        ),
    )
    ledger.expect_rows(
        assortment[is_core],
        assortment.loc[is_core, "listed"],
        lambda row: f"{FILE}: store {row['store_id']} does not list the core item {row['item_id']}",
    )


def _in_season(items: pd.DataFrame, manifest: Mapping[str, Any]) -> pd.Series[bool]:
    """Whether an item can be bought from the first to the last day of the plan."""
    first = pd.to_datetime(str(manifest.get("valid_from", "")), errors="coerce")
    last = pd.to_datetime(str(manifest.get("valid_to", "")), errors="coerce")
    return ~((items["available_from"] > first) | (items["available_to"] < last))


def check_may_be_listed(run: RunFolder, ledger: Ledger) -> None:
    """Listed items can be bought in the store's region and are candidates, unless prescribed."""
    frame = listing(run)
    frame = frame[frame["listed"]]
    prescribed = frame["core"] | (frame["locked"] == "IN")
    ledger.expect_rows(
        frame,
        frame["candidate"] | prescribed,
        lambda row: (
            f"{FILE}: store {row['store_id']} lists item {row['item_id']}, which "
            "tables/economics.parquet does not name as a candidate there"
        ),
    )
    sold_here = [
        not regions or region in {part.strip() for part in regions.split(";")}
        for regions, region in zip(frame["regions"], frame["region"], strict=True)
    ]
    ledger.expect_rows(
        frame,
        np.asarray(sold_here, dtype=bool) | prescribed,
        lambda row: (
            f"{FILE}: store {row['store_id']} lists item {row['item_id']}, which can be bought in "
            f"{row['regions']} alone, not in {row['region']}"
        ),
    )


def check_facings(run: RunFolder, ledger: Ledger) -> None:
    """Facings are whole, within the limits of item and locks, and zero where it is not listed."""
    frame = listing(run).merge(locked_facings(run), on=["store_id", "item_id"], how="left")
    least = frame[["min_facings", "locked_min"]].max(axis=1).where(frame["listed"], 0.0)
    most = frame[["max_facings", "locked_max"]].min(axis=1).fillna(np.inf)
    most = most.clip(lower=least).where(frame["listed"], 0.0)
    facings = frame["facings"]
    ledger.expect_rows(
        frame.assign(least=least, most=most),
        (facings >= least) & (facings <= most) & (facings == facings.round()),
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: {row['facings']:g} facings, "
            f"expected {row['least']:g} to {row['most']:g}"
        ),
    )


def check_counts(run: RunFolder, ledger: Ledger) -> None:
    """Local items within max_local_items, and every range rule of the input."""
    frame = listing(run)
    listed = frame[frame["listed"]]
    local = listed[~listed["core"]].groupby("store_id").size()
    stores = run.inputs["stores"]
    counted = stores.assign(
        local=stores["store_id"].map(local).fillna(0.0),
        max_local_items=stores["store_id"].map(most_local_items(run)),
    )
    ledger.expect_rows(
        counted,
        counted["local"] <= counted["max_local_items"].fillna(np.inf),
        lambda row: (
            f"{FILE}: store {row['store_id']} lists {row['local']:g} local items, "
            f"allowed {row['max_local_items']:g}"
        ),
    )
    rules = run.inputs["range_rules"]
    totals = listed.groupby("store_id").size()
    for entry in rules.to_dict("records"):
        rule: dict[str, Any] = {str(name): value for name, value in entry.items()}
        kind = "need_group" if rule["need_group"] else "category"
        members = listed[listed[kind] == rule[kind]].groupby("store_id").size()
        concerned = stores[
            ((stores["store_id"] == rule["store_id"]) | (rule["store_id"] == ""))
            & ((stores["region"] == rule["region"]) | (rule["region"] == ""))
        ]
        for store_id in concerned["store_id"]:
            count, total = float(members.get(store_id, 0)), float(totals.get(store_id, 0))
            for name, ok in (
                ("min_items", count >= rule["min_items"]),
                ("max_items", count <= rule["max_items"]),
                ("min_share", count >= rule["min_share"] * total - 1e-6),
                ("max_share", count <= rule["max_share"] * total + 1e-6),
            ):
                if not pd.isna(rule[name]):
                    ledger.expect(
                        ok,
                        f"{FILE}: store {store_id} lists {count:g} of {total:g} items in "
                        f"{rule[kind]}; the range rule allows {name} {rule[name]:g}",
                    )
