"""A store's problem in the tables of its run, and back: the same in every number.

Every field of ``StoreProblem`` has its place by its shape, so a new field is stored without a
word here; what no shape fits is refused when it is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from planner.assortment.problem import Floats, RangeLimit, StoreProblem

ITEMS, STORES = "problem_items", "problem_stores"
SHELVES, LIMITS, ROWS = "problem_shelves", "problem_limits", "problem_limit_items"
TABLES = (ITEMS, STORES, SHELVES, LIMITS, ROWS)
_ELSEWHERE = {
    "store_id",
    "segments",
    "need_groups",
    "item_ids",
    "group_of_item",
    "potential_units_week",
    "no_purchase_attraction",
    "attraction",
    "shadow_attraction",
    "shelf_cm",
    "range_limits",
}
"""Fields in the tables ``choice`` and ``choice_groups``, or in tables of their own here."""


def problem_tables(problems: Iterable[StoreProblem]) -> dict[str, pd.DataFrame]:
    """Everything of the problems that ``choice`` and ``choice_groups`` do not hold, by table."""
    items, stores, shelves, limits, rows = [], [], [], [], []
    for problem in problems:
        arrays, scalars = _by_shape(problem)
        store = problem.store_id
        items.append(pd.DataFrame({"store_id": store, "item_id": list(problem.item_ids)} | arrays))
        stores.append({"store_id": store} | scalars)
        shelves += [(store, kind, float(width)) for kind, width in problem.shelf_cm.items()]
        for number, limit in enumerate(problem.range_limits):
            sides = (limit.name, limit.unit, float(limit.lower), float(limit.upper))
            limits.append((store, number, *sides))
            counted = np.flatnonzero(limit.coefficients)
            rows += [
                (store, number, problem.item_ids[i], float(limit.coefficients[i])) for i in counted
            ]
    return {
        ITEMS: pd.concat(items, ignore_index=True),
        STORES: pd.DataFrame(stores),
        SHELVES: pd.DataFrame(shelves, columns=["store_id", "fixture_type", "width_cm"]),
        LIMITS: pd.DataFrame(
            limits, columns=["store_id", "number", "limit", "unit", "lower", "upper"]
        ),
        ROWS: pd.DataFrame(rows, columns=["store_id", "number", "item_id", "coefficient"]),
    }


def _by_shape(problem: StoreProblem) -> tuple[dict[str, Any], dict[str, float]]:
    """Fields with a value per item, and single numbers."""
    arrays: dict[str, Any] = {}
    scalars: dict[str, float] = {}
    for entry in dataclasses.fields(problem):
        if entry.name in _ELSEWHERE:
            continue
        value = getattr(problem, entry.name)
        if isinstance(value, int | float):
            scalars[entry.name] = float(value)
        elif np.shape(value) == (len(problem.item_ids),):
            arrays[entry.name] = list(value) if isinstance(value, tuple) else value
        else:
            raise TypeError(f"a store's {entry.name} has no place in the tables of a run")
    return arrays, scalars


def problem_of_run(folder: Path, store_id: str) -> StoreProblem:
    """The problem that a run solved for a store, rebuilt from its tables.

    Raises KeyError for a store that the run did not plan, and OSError where a table is missing.
    """

    def of_store(name: str) -> pd.DataFrame:
        path = folder / "tables" / f"{name}.parquet"
        return pd.read_parquet(path, filters=[("store_id", "==", store_id)])

    items = of_store(ITEMS)
    if items.empty:
        raise KeyError(store_id)
    store = of_store(STORES).iloc[0]
    choice, groups = of_store("choice"), of_store("choice_groups")
    segments = list(dict.fromkeys(groups["segment"]))
    need_groups = list(dict.fromkeys(groups["need_group"]))
    item_ids = list(items["item_id"])
    first = choice[choice["segment"] == segments[0]]
    number = {group: n for n, group in enumerate(need_groups)}
    values: dict[str, Any] = {
        "store_id": store_id,
        "segments": tuple(map(str, segments)),
        "need_groups": tuple(map(str, need_groups)),
        "item_ids": tuple(map(str, item_ids)),
        "group_of_item": np.array([number[g] for g in first["need_group"]], dtype=np.int64),
        "shelf_cm": dict(of_store(SHELVES)[["fixture_type", "width_cm"]].itertuples(index=False)),
        "range_limits": _range_limits(of_store(LIMITS), of_store(ROWS), item_ids),
    }
    for name in ("attraction", "shadow_attraction"):
        values[name] = choice[name].to_numpy(dtype=np.float64).reshape(len(segments), -1)
    for name in ("potential_units_week", "no_purchase_attraction"):
        values[name] = groups[name].to_numpy(dtype=np.float64).reshape(len(segments), -1)
    for entry in dataclasses.fields(StoreProblem):
        if entry.name in store.index and entry.name not in values:
            values[entry.name] = float(store[entry.name])
        elif entry.name in items.columns and entry.name not in values:
            column = items[entry.name]
            texts = pd.api.types.is_string_dtype(column.dtype)
            values[entry.name] = tuple(map(str, column)) if texts else column.to_numpy()
    return StoreProblem(**values)


def _range_limits(
    limits: pd.DataFrame, rows: pd.DataFrame, item_ids: list[str]
) -> tuple[RangeLimit, ...]:
    place = {item: i for i, item in enumerate(item_ids)}
    coefficients: dict[int, Floats] = {}
    for row in rows.to_dict("records"):
        own = coefficients.setdefault(int(row["number"]), np.zeros(len(item_ids)))
        own[place[row["item_id"]]] = row["coefficient"]
    nothing = np.zeros(len(item_ids))
    return tuple(
        RangeLimit(
            str(row["limit"]),
            str(row["unit"]),
            coefficients.get(int(row["number"]), nothing),
            float(row["lower"]),
            float(row["upper"]),
        )
        for row in limits.sort_values("number").to_dict("records")
    )
