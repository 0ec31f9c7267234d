"""Whether what every store must carry can be bought there and fits on its shelves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.tables.collect import Findings
from planner.tables.defaults import Tables
from planner.tables.references import check_reference

TOLERANCE_CM = 1e-6


def column(tables: Tables, table: str, name: str) -> pd.Series[str]:
    """The texts of a column, "" where a cell is empty."""
    return tables[table].frame[name].astype("str").fillna("")


def sold_in(tables: Tables) -> dict[str, frozenset[str]]:
    """Regions where an item can be bought, by item_id; empty: everywhere."""
    regions = column(tables, "items", "regions")
    ids = column(tables, "items", "item_id")
    return {
        item: frozenset(filter(None, text.split(";")))
        for item, text in zip(ids, regions, strict=True)
        if item
    }


def core_ids(tables: Tables) -> list[str]:
    """Ids of the items that the items table calls core."""
    core = tables["items"].frame["core"].fillna(False).astype(bool).to_numpy()
    return [item for item in column(tables, "items", "item_id")[core] if item]


def core_is_sold(tables: Tables, findings: Findings) -> None:
    """Core items can be bought in every region with a store."""
    items = tables["items"]
    regions = set(column(tables, "stores", "region"))
    sold = sold_in(tables)
    core = set(core_ids(tables))
    for position, item in enumerate(column(tables, "items", "item_id")):
        if item not in core or not sold[item]:
            continue
        without = sorted(regions - sold[item] - {""})
        if without:
            findings.problem(
                *items.place(position),
                "regions",
                items.shown("regions", position),
                "every region that has a store, as the item is core",
                f"add {', '.join(without[:5])}, or set core to no",
            )


def fixture_types_exist(tables: Tables, findings: Findings) -> None:
    """Where fixtures are given, every item stands on a type that some store has."""
    items, fixtures = tables["items"], tables["fixtures"]
    types = sorted(set(column(tables, "fixtures", "fixture_type")) - {""})
    if not types or not len(items):
        return
    items.report(
        findings,
        "fixture_type",
        np.flatnonzero((column(tables, "items", "fixture_type") == "").to_numpy()),
        "a fixture type of fixtures: " + ", ".join(types[:10]),
        "write the type of the fixture that the item stands on, or add it to fixtures",
    )
    stands_on = items.table.column("fixture_type")
    check_reference(fixtures, "fixture_type", [(items, stands_on)], findings)


def least_width(tables: Tables) -> pd.DataFrame:
    """Fewest facings times width and fixture type of each item, by item_id."""
    frame = tables["items"].frame
    return (
        pd.DataFrame(
            {
                "item_id": column(tables, "items", "item_id"),
                "type": column(tables, "items", "fixture_type"),
                "need_cm": frame["min_facings"] * frame["facing_width_cm"],
            }
        )
        .drop_duplicates("item_id")
        .set_index("item_id")
    )


def shelves_of(tables: Tables) -> pd.DataFrame:
    """Store, type, width and place in the table of every shelf."""
    shelves = pd.DataFrame(
        {
            "store_id": column(tables, "fixtures", "store_id"),
            "type": column(tables, "fixtures", "fixture_type"),
            "width_cm": tables["fixtures"].frame["width_cm"].fillna(0.0),
        }
    )
    shelves["position"] = np.arange(len(shelves))
    return shelves[shelves["store_id"] != ""]


def by_type(widths: pd.Series[float]) -> dict[str, float]:
    """Widths by fixture type."""
    return {str(kind): float(width) for kind, width in widths.items()}


@dataclass(frozen=True)
class _Astray:
    """Shelves whose store or width is not understood: some store may have them."""

    shelves: pd.DataFrame
    """As from ``shelves_of``, with the store "" where it is none of the stores table."""

    def row_of(self, store: str, kind: str, missing_cm: float) -> int | None:
        """Place in the table of the first of them, where they could make up for so much."""
        found = self.shelves
        found = found[(found["type"] == kind) & found["store_id"].isin(["", store])]
        enough = found["width_cm"].isna().any() or found["width_cm"].sum() >= missing_cm
        return int(found["position"].iloc[0]) if len(found) and enough else None


def _astray(tables: Tables) -> _Astray:
    found = pd.DataFrame(
        {
            "store_id": column(tables, "fixtures", "store_id"),
            "type": column(tables, "fixtures", "fixture_type"),
            "width_cm": tables["fixtures"].frame["width_cm"],
        }
    )
    found["position"] = np.arange(len(found))
    known = found["store_id"].isin(set(column(tables, "stores", "store_id")) - {""})
    found["store_id"] = found["store_id"].where(known, "")
    return _Astray(found[~known | found["width_cm"].isna()])


def core_fits_on_the_shelves(tables: Tables, findings: Findings) -> None:
    """In every store with fixtures, the core fits."""
    fixtures = tables["fixtures"]
    shelves = shelves_of(tables)
    shelves = shelves[shelves["store_id"].isin(set(column(tables, "stores", "store_id")))]
    if shelves.empty:
        return
    types = set(column(tables, "fixtures", "fixture_type"))
    astray = _astray(tables)
    least = least_width(tables)
    core = least[least.index.isin(core_ids(tables)) & (least["type"] != "")]
    core_need = by_type(core.groupby("type")["need_cm"].sum())
    widest_core = by_type(core.groupby("type")["need_cm"].max())
    for name, own in shelves.groupby("store_id", sort=False):
        store = str(name)
        total = by_type(own.groupby("type")["width_cm"].sum())
        widest = by_type(own.groupby("type")["width_cm"].max())
        for kind, need in core_need.items():
            if kind not in types:
                continue  # reported where the item says that it stands on it
            available = total.get(kind, 0.0)
            item_cm, shelf = widest_core[kind], widest.get(kind, 0.0)
            of_type = own[own["type"] == kind]
            place = fixtures.place(int((of_type if len(of_type) else own)["position"].iloc[0]))
            wrong = astray.row_of(store, kind, max(need - available, item_cm - shelf))
            follows = "" if wrong is None else _and_row(*fixtures.place(wrong))
            if need > available + TOLERANCE_CM:
                findings.problem(
                    *place,
                    "width_cm",
                    f"{available:g} cm of {kind} in store {store}",
                    f"at least {need:g} cm of {kind}, the least width of the core items on it",
                    follows
                    or f"add shelves of type {kind} to store {store}, or lower min_facings or"
                    " facing_width_cm of core items, or take items out of the core",
                    kind="core too wide",
                    follows=bool(follows),
                )
            elif item_cm > shelf + TOLERANCE_CM:
                findings.problem(
                    *place,
                    "width_cm",
                    f"{shelf:g} cm, the widest {kind} in store {store}",
                    f"a shelf of at least {item_cm:g} cm, the least width of the widest core item,"
                    " as an item stands on one shelf",
                    follows
                    or "correct the width, or facing_width_cm or min_facings of the core items on"
                    f" {kind}",
                    kind="core item too wide",
                    follows=bool(follows),
                )


def _and_row(file: str, row: int) -> str:
    return f"nothing here before {file}, row {row} is right: it may follow from that"


def state_unplaceable(tables: Tables, findings: Findings) -> None:
    """Say which items and stores the shelves cannot decide about."""
    shelves = shelves_of(tables)
    if shelves.empty:
        return
    least = least_width(tables)
    widest = least["type"].map(shelves.groupby("type")["width_cm"].max()).astype("float64")
    findings.survive(
        "items.facing_width_cm",
        "the least width (min_facings x facing_width_cm) is wider than every shelf of the type:"
        " the item can never be listed",
        int((least["need_cm"] > widest + TOLERANCE_CM).sum()),
    )
    for kind in sorted(set(shelves["type"]) - set(least["type"])):
        findings.survive(
            "fixtures.fixture_type",
            f"no item stands on a {kind}: its shelves stay empty",
            int((shelves["type"] == kind).sum()),
            warning=True,
        )
    stores = column(tables, "stores", "store_id")
    findings.assume(
        "fixtures.store_id",
        "stores without fixtures: their shelf space is not limited",
        int((~stores.isin(set(shelves["store_id"]))).sum()),
    )


CAPACITY_CHECKS: tuple[Callable[[Tables, Findings], None], ...] = (
    core_is_sold,
    fixture_types_exist,
    core_fits_on_the_shelves,
    state_unplaceable,
)
