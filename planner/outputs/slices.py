"""One store's part of what the outputs show."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from planner.outputs.contents import Contents

PER_STORE = (
    "stores",
    "demand",
    "assortment",
    "limits",
    "positions",
    "shelves",
    "placement",
    "store_plans",
    "figures",
    "changes",
    "worth",
    "local_drivers",
    "forcing",
    "locks",
    "lock_totals",
    "lockable",
)
"""Frames of the contents with a column store_id of which each store has its own rows."""
BY_LEVEL = ("value", "waterfall", "certainty")
"""Frames of the contents with rows for the chain, for regions and for stores."""


def split_by_store(contents: Contents) -> Mapping[str, Contents]:
    """The contents of each store, by store_id in the order of ``contents.stores``.

    Every frame with a store_id holds that store's rows alone, those of ``BY_LEVEL`` its
    store-level rows; items, recapture, assumptions and the stamp are shared by all. One pass over
    each frame.
    """
    groups: dict[str, dict[str, pd.DataFrame]] = {}
    for name in PER_STORE:
        frame: pd.DataFrame = getattr(contents, name)
        groups[name] = {
            str(key): rows.reset_index(drop=True)
            for key, rows in frame.groupby("store_id", sort=False, observed=True)
        }
    for name in BY_LEVEL:
        frame = getattr(contents, name)
        groups[name] = {
            str(key): rows.reset_index(drop=True)
            for key, rows in frame[frame["level"] == "store"].groupby("name", sort=False)
        }
    return {
        store_id: replace(
            contents,
            **{
                name: parts.get(store_id, getattr(contents, name).iloc[:0])
                for name, parts in groups.items()
            },
        )
        for store_id in contents.stores["store_id"].astype(str)
    }


def only(contents: Contents, frames: Collection[str]) -> Contents:
    """The contents with these frames alone, for a file that shows no other: they are sent to
    other processes, where most of the whole would be for nothing. The others are without rows."""
    held = {field.name: getattr(contents, field.name) for field in fields(contents)}
    left_out: dict[str, Any] = {
        name: frame.iloc[:0]
        for name, frame in held.items()
        if isinstance(frame, pd.DataFrame) and name not in frames
    }
    return replace(contents, **left_out)


def of_store(contents: Contents, store_id: str) -> Contents:
    """The contents of one store; cheap where they already are that store's alone.

    Raises KeyError for a store that is not in ``contents.stores``.
    """
    if list(contents.stores["store_id"]) == [store_id]:
        return contents
    return split_by_store(contents)[store_id]
