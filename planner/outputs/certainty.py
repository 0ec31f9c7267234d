"""How far a plan rests on what is known: a table by chain, region and store."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.outputs.contents import CERTAINTY

SOURCES = ("history", "mixed", "model")
"""Of ``Contents.demand``: own sales, own sales and the model, the model alone."""
RECAPTURES = ("estimated", "assumption")
AGAINST = ("current", "common")
LOCAL_EVERYWHERE = "listed in every store"


def certainty_table(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    demand: pd.DataFrame,
    assortment: pd.DataFrame,
    recapture: pd.DataFrame,
    value: pd.DataFrame,
) -> pd.DataFrame:
    """Contents.certainty: level, name, measure, part, count, of, share (count / of).

    The measures, each with its parts: ``pairs`` (store-item pairs by the source of their demand:
    history, mixed, model), ``listed pairs``, ``new pairs`` (the same of what the plan lists, and
    of what it lists anew), ``sales`` (money, in units where there is none: planned sales by
    source), ``recapture groups`` (need groups by the source of their recapture: estimated,
    assumption; a group of one item has nothing to recapture and is left out), ``recapture sales``
    (planned sales of those groups), ``unusual`` (stores whose gain over the current range, the
    common plan, is above 6 %) and ``local items`` (of the chain: local items that every store
    lists, so core in all but name). A row where nothing is counted has a share of NaN.
    """
    rows = _counted(stores, items, demand, assortment, recapture)
    levels = [
        ("chain", pd.Series("", index=rows.index)),
        ("region", rows["region"]),
        ("store", rows["store_id"]),
    ]
    parts = [
        _by_part(rows[use], level, name[use], measure, column, counted, order)
        for level, name in levels
        for measure, use, column, counted, order in (
            ("pairs", rows["pairs"], "source", "pairs", SOURCES),
            ("listed pairs", rows["listed"], "source", "pairs", SOURCES),
            ("new pairs", rows["listed"] & rows["new"], "source", "pairs", SOURCES),
            ("sales", rows["listed"], "source", "sales_week", SOURCES),
            (
                "recapture sales",
                rows["listed"] & rows["recapture"].isin(RECAPTURES),
                "recapture",
                "sales_week",
                RECAPTURES,
            ),
        )
    ]
    found = pd.concat([*parts, _of_chain(items, assortment, recapture, len(stores)),
                       _unusual(stores, value)])  # fmt: skip
    total = found["of"].to_numpy(dtype=np.float64)
    count = found["count"].to_numpy(dtype=np.float64)
    share = np.divide(count, total, out=np.full(len(total), np.nan), where=total > 0)
    found = found.assign(count=count, of=total, share=share)
    return found.reset_index(drop=True)[list(CERTAINTY)].astype(dict.fromkeys(CERTAINTY[:4], "str"))


def local_everywhere(assortment: pd.DataFrame) -> list[str]:
    """Local items that every store of ``assortment`` lists: core in all but name."""
    rows = assortment[assortment["listed"].astype(bool) & ~assortment["core"].astype(bool)]
    stores = assortment["store_id"].nunique()
    counted = rows.groupby("item_id", sort=False)["store_id"].nunique()
    return [str(item) for item in counted.index[counted == stores]]


def _counted(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    demand: pd.DataFrame,
    assortment: pd.DataFrame,
    recapture: pd.DataFrame,
) -> pd.DataFrame:
    """A row a store-item pair with what it is counted by."""
    rows = demand[["store_id", "item_id", "source"]].merge(
        assortment[["store_id", "item_id", "listed", "status", "sales_week"]],
        on=["store_id", "item_id"],
        how="left",
    )
    several = recapture.loc[recapture["items"] > 1]
    source = dict(zip(several["need_group"], several["source"], strict=True))
    group = items.set_index("item_id")["need_group"]
    return rows.assign(
        region=rows["store_id"].map(stores.set_index("store_id")["region"]),
        recapture=rows["item_id"].map(group).map(source).fillna(""),
        listed=rows["listed"].fillna(False).astype(bool),
        new=rows["status"] == "NEW",
        sales_week=rows["sales_week"].fillna(0.0),
        pairs=True,
    )


def _by_part(
    rows: pd.DataFrame,
    level: str,
    name: pd.Series,
    measure: str,
    column: str,
    counted: str,
    order: tuple[str, ...],
) -> pd.DataFrame:
    amounts = pd.DataFrame(
        {"name": name, "part": rows[column], "count": rows[counted].astype("float64")}
    )
    names = amounts["name"].unique()
    every = pd.MultiIndex.from_product([names, order], names=["name", "part"])
    sums = amounts.groupby(["name", "part"])["count"].sum().reindex(every, fill_value=0.0)
    long = sums.reset_index()
    whole = long.groupby("name")["count"].transform("sum")
    return long.assign(level=level, measure=measure, of=whole)


def _of_chain(
    items: pd.DataFrame, assortment: pd.DataFrame, recapture: pd.DataFrame, stores: int
) -> pd.DataFrame:
    several = recapture[recapture["items"] > 1]
    kinds = several["source"].value_counts()
    rows: list[tuple[str, str, float, float]] = [
        ("recapture groups", part, float(kinds.get(part, 0)), float(len(several)))
        for part in RECAPTURES
    ]
    listed = assortment[assortment["listed"].astype(bool) & ~assortment["core"].astype(bool)]
    everywhere = len(local_everywhere(assortment)) if stores > 1 else 0
    rows.append(("local items", LOCAL_EVERYWHERE, everywhere, float(listed["item_id"].nunique())))
    frame = pd.DataFrame(rows, columns=["measure", "part", "count", "of"])
    return frame.assign(level="chain", name="")


def _unusual(stores: pd.DataFrame, value: pd.DataFrame) -> pd.DataFrame:
    own = value[value["level"] == "store"]
    region = own["name"].map(stores.set_index("store_id")["region"])
    parts = []
    for level, name in (
        ("chain", pd.Series("", index=own.index)),
        ("region", region),
        ("store", own["name"]),
    ):
        grouped = own["unusual"].groupby([name.rename("name"), own["against"]], sort=False)
        counted = grouped.agg(["sum", "size"]).reset_index()
        counted = counted.rename(columns={"against": "part", "sum": "count", "size": "of"})
        parts.append(counted.assign(level=level, measure="unusual"))
    return pd.concat(parts)
