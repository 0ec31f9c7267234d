"""Whether what every store must carry can be bought there and fits on its shelves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from planner.tables.collect import Findings
from planner.tables.defaults import Tables

TOLERANCE_CM = 1e-6


def _column(tables: Tables, table: str, name: str) -> pd.Series[str]:
    return tables[table].frame[name].astype("str").fillna("")


def _sold_in(tables: Tables) -> dict[str, frozenset[str]]:
    """Regions where an item can be bought, by item_id; empty: everywhere."""
    regions = _column(tables, "items", "regions")
    ids = _column(tables, "items", "item_id")
    return {
        item: frozenset(filter(None, text.split(";")))
        for item, text in zip(ids, regions, strict=True)
        if item
    }


def _locks(tables: Tables) -> Iterator[tuple[int, str, str, str]]:
    """Position, store ("" for every store), item and IN or OUT of each lock."""
    columns = (_column(tables, "locks", name) for name in ("store_id", "item_id", "lock"))
    for position, (store, item, lock) in enumerate(zip(*columns, strict=True)):
        if item and lock:
            yield position, store, item, lock


def _core_ids(tables: Tables) -> list[str]:
    core = tables["items"].frame["core"].fillna(False).astype(bool).to_numpy()
    return [item for item in _column(tables, "items", "item_id")[core] if item]


def locks_do_not_contradict(tables: Tables, findings: Findings) -> None:
    """No item is locked in and out of the same store, and no core item is locked out."""
    locks = tables["locks"]
    core = set(_core_ids(tables))
    first_in: dict[str, dict[str, int]] = {}
    for position, store, item, lock in _locks(tables):
        if lock == "IN":
            first_in.setdefault(item, {}).setdefault(store, position)
    for position, store, item, lock in _locks(tables):
        if lock != "OUT":
            continue
        if item in core:
            findings.problem(
                *locks.place(position),
                "lock",
                f"{item} OUT",
                "no OUT lock of a core item",
                f"remove the lock, or take {item} out of the core (column core of items)",
            )
        against = [
            at
            for other, at in first_in.get(item, {}).items()
            if not other or not store or other == store
        ]
        if against:
            file, row = locks.place(against[0])
            findings.problem(
                *locks.place(position),
                "lock",
                f"{item} OUT",
                "IN or OUT for an item of a store, not both",
                f"row {row} of {file} locks it in: remove one of the two",
            )


def core_and_locks_are_sold(tables: Tables, findings: Findings) -> None:
    """Core items can be bought in every region with a store, and locked-in items in theirs."""
    items, locks = tables["items"], tables["locks"]
    regions = _column(tables, "stores", "region")
    region_of = dict(zip(_column(tables, "stores", "store_id"), regions, strict=True))
    sold_in = _sold_in(tables)
    core = set(_core_ids(tables))
    for position, item in enumerate(_column(tables, "items", "item_id")):
        if item not in core or not sold_in[item]:
            continue
        without = sorted(set(region_of.values()) - sold_in[item] - {""})
        if without:
            findings.problem(
                *items.place(position),
                "regions",
                items.shown("regions", position),
                "every region that has a store, as the item is core",
                f"add {', '.join(without[:5])}, or set core to no",
            )
    for position, store, item, lock in _locks(tables):
        region = region_of.get(store, "")
        if lock == "IN" and region and sold_in.get(item) and region not in sold_in[item]:
            findings.problem(
                *locks.place(position),
                "item_id",
                item,
                "an item that can be bought in the store's region",
                f"remove the lock, or add {region} to the regions of {item} in items",
            )


def fixture_types_exist(tables: Tables, findings: Findings) -> None:
    """Where fixtures are given, every item stands on a type that some store has."""
    items = tables["items"]
    types = sorted(set(_column(tables, "fixtures", "fixture_type")) - {""})
    if not types or not len(items):
        return
    kinds = _column(tables, "items", "fixture_type")
    items.report(
        findings,
        "fixture_type",
        np.flatnonzero(~kinds.isin(types).to_numpy()),
        "a fixture type of fixtures: " + ", ".join(types[:10]),
        "write the type of the fixture that the item stands on, or add it to fixtures",
    )


def _least_width(tables: Tables) -> pd.DataFrame:
    """Fewest facings times width and fixture type of each item, by item_id."""
    frame = tables["items"].frame
    return (
        pd.DataFrame(
            {
                "item_id": _column(tables, "items", "item_id"),
                "type": _column(tables, "items", "fixture_type"),
                "need_cm": frame["min_facings"] * frame["facing_width_cm"],
            }
        )
        .drop_duplicates("item_id")
        .set_index("item_id")
    )


def _shelves(tables: Tables) -> pd.DataFrame:
    shelves = pd.DataFrame(
        {
            "store_id": _column(tables, "fixtures", "store_id"),
            "type": _column(tables, "fixtures", "fixture_type"),
            "width_cm": tables["fixtures"].frame["width_cm"].fillna(0.0),
        }
    )
    shelves["position"] = np.arange(len(shelves))
    return shelves[shelves["store_id"] != ""]


def _by_type(widths: pd.Series[float]) -> dict[str, float]:
    return {str(kind): float(width) for kind, width in widths.items()}


def core_fits_on_the_shelves(tables: Tables, findings: Findings) -> None:
    """In every store with fixtures, the core fits, and the items locked in beside it."""
    fixtures, locks = tables["fixtures"], tables["locks"]
    shelves = _shelves(tables)
    if shelves.empty:
        return
    least = _least_width(tables)
    core = least[least.index.isin(_core_ids(tables)) & (least["type"] != "")]
    core_need = _by_type(core.groupby("type")["need_cm"].sum())
    widest_core = _by_type(core.groupby("type")["need_cm"].max())
    type_of = {item: str(kind) for item, kind in least["type"].items()}
    need_of = {item: float(cm) for item, cm in least["need_cm"].items()}
    locked: dict[str, list[tuple[int, str]]] = {}
    for position, store, item, lock in _locks(tables):
        if lock == "IN" and item in least.index and item not in core.index:
            locked.setdefault(store, []).append((position, item))
    for name, own in shelves.groupby("store_id", sort=False):
        store = str(name)
        total = _by_type(own.groupby("type")["width_cm"].sum())
        widest = _by_type(own.groupby("type")["width_cm"].max())
        too_wide: set[str] = set()
        for kind, need in core_need.items():
            available = total.get(kind, 0.0)
            item_cm, shelf = widest_core[kind], widest.get(kind, 0.0)
            of_type = own[own["type"] == kind]
            place = fixtures.place(int((of_type if len(of_type) else own)["position"].iloc[0]))
            if need > available + TOLERANCE_CM:
                too_wide.add(kind)
                findings.problem(
                    *place,
                    "width_cm",
                    f"{available:g} cm of {kind} in store {store}",
                    f"at least {need:g} cm of {kind}, the least width of the core items on it",
                    f"add shelves of type {kind} to store {store}, or lower min_facings or"
                    " facing_width_cm of core items, or take items out of the core",
                    kind="core too wide",
                )
            elif item_cm > shelf + TOLERANCE_CM:
                findings.problem(
                    *place,
                    "width_cm",
                    f"{shelf:g} cm, the widest {kind} in store {store}",
                    f"a shelf of at least {item_cm:g} cm, the least width of the widest core item,"
                    " as an item stands on one shelf",
                    "correct the width, or facing_width_cm or min_facings of the core items on"
                    f" {kind}",
                    kind="core item too wide",
                )
        need_with = dict(core_need)
        for position, item in [*locked.get("", []), *locked.get(store, [])]:
            kind = type_of[item]
            need = need_with[kind] = need_with.get(kind, 0.0) + need_of[item]
            available, shelf = total.get(kind, 0.0), widest.get(kind, 0.0)
            if need_of[item] > shelf + TOLERANCE_CM:
                findings.problem(
                    *locks.place(position),
                    "item_id",
                    f"{item} IN in store {store}",
                    f"an item of at most {shelf:g} cm, the widest {kind}: it needs"
                    f" {need_of[item]:g} cm on one shelf",
                    "remove the lock, or correct min_facings or facing_width_cm of the item",
                    kind="locked item too wide",
                )
            elif kind not in too_wide and need > available + TOLERANCE_CM:
                too_wide.add(kind)
                findings.problem(
                    *locks.place(position),
                    "item_id",
                    f"{item} IN in store {store}",
                    f"core and locked-in items of at most {available:g} cm on {kind}:"
                    f" with this lock they need {need:g} cm",
                    "remove the lock or another one on the same fixture type",
                    kind="locks too wide",
                )


def state_unplaceable(tables: Tables, findings: Findings) -> None:
    """Say which items and stores the shelves cannot decide about."""
    shelves = _shelves(tables)
    if shelves.empty:
        return
    least = _least_width(tables)
    widest = least["type"].map(shelves.groupby("type")["width_cm"].max()).astype("float64")
    findings.assume(
        "items.facing_width_cm",
        "the least width (min_facings x facing_width_cm) is wider than every shelf of the type:"
        " the item can never be listed",
        int((least["need_cm"] > widest + TOLERANCE_CM).sum()),
    )
    for kind in sorted(set(shelves["type"]) - set(least["type"])):
        findings.assume(
            "fixtures.fixture_type",
            f"no item stands on a {kind}: its shelves stay empty",
            int((shelves["type"] == kind).sum()),
            warning=True,
        )
    stores = _column(tables, "stores", "store_id")
    findings.assume(
        "fixtures.store_id",
        "stores without fixtures: their shelf space is not limited",
        int((~stores.isin(set(shelves["store_id"]))).sum()),
    )


CAPACITY_CHECKS: tuple[Callable[[Tables, Findings], None], ...] = (
    locks_do_not_contradict,
    core_and_locks_are_sold,
    fixture_types_exist,
    core_fits_on_the_shelves,
    state_unplaceable,
)
