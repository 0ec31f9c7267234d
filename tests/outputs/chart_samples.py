"""Made-up tables behind the charts that agree with the rest of a made-up run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.outputs.contents import LOCAL_DRIVERS, WATERFALL, WORTH

PARTS = ("new_items", "taken_from_others", "lost_items", "recaptured", "stock", "waste", "listing")
SHAPE = np.array([3.0, -1.4, -1.1, 0.7, 0.2, 0.4, -0.1])
"""What each part is of a unit of change; the last one, handling, makes the sum right."""
CAUSES = (
    ("signal", "share_families"),
    ("segments", "students"),
    ("region", "North"),
    ("own sales", ""),
    ("signal", "share_families"),
)


def waterfall_of(figures: pd.DataFrame, stores: pd.DataFrame) -> pd.DataFrame:
    """Parts of which each step adds up to the difference of the plans' margins."""
    margin = figures.set_index(["store_id", "plan"])["margin_week"]
    region = stores.set_index("store_id")["region"]
    rows = []
    for store in stores["store_id"]:
        for old, new in (("current", "common"), ("common", "local"), ("current", "local")):
            change = float(margin[store, new] - margin[store, old])
            parts = [*(SHAPE * abs(change)), 0.0]
            parts[-1] = change - sum(parts)
            rows += [
                ("store", store, old, new, part, value)
                for part, value in zip((*PARTS, "handling"), parts, strict=True)
            ]
    of_stores = pd.DataFrame(rows, columns=list(WATERFALL))
    keys = list(WATERFALL[:-1])
    wider = [
        of_stores.assign(level=level, name=name)
        .groupby(keys, sort=False, as_index=False)["change_week"]
        .sum()
        for level, name in (("chain", ""), ("region", of_stores["name"].map(region)))
    ]
    return pd.concat([*wider, of_stores], ignore_index=True)


def drivers_of(assortment: pd.DataFrame) -> pd.DataFrame:
    """Causes by turns for every local item that is listed."""
    rows = assortment[assortment["listed"] & ~assortment["core"]][["store_id", "item_id"]]
    turn = np.arange(len(rows)) % len(CAUSES)
    change = 0.1 + 0.05 * (np.arange(len(rows)) % 7)
    found = rows.assign(
        kind=[CAUSES[k][0] for k in turn],
        name=[CAUSES[k][1] for k in turn],
        change=change,
        total_change=1.2 * change,
    )
    return found.reset_index(drop=True)[list(LOCAL_DRIVERS)]


def worth_of(limits: pd.DataFrame) -> pd.DataFrame:
    """So much more of shelf width and budget: the first limit of a store is exactly known."""
    rows = limits[limits["limit"].str.startswith(("shelf_cm:", "budget_week"))]
    place = rows.groupby("store_id").cumcount().to_numpy()
    store = pd.factorize(rows["store_id"])[0]
    exact = place == 0
    worth = np.where(exact, 20.0 + 5 * store, 4.0 + store)
    shelf = rows["limit"].str.startswith("shelf_cm:").to_numpy()
    found = rows.assign(
        amount=np.where(shelf, 60.0, 100.0),
        known=np.where(exact, "exact", "at most"),
        worth_week=worth,
        least_week=np.where(exact, worth - 0.5, 0.0),
        most_week=worth,
    )
    return found.reset_index(drop=True)[list(WORTH)]
