"""The id of each store's plan: a hash of all that its workbook shows."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.slices import PER_STORE

SHARED = ("items", "assumptions", "recapture")
"""What every store's workbook shows alike."""
STAMPED = ("chain_name", "scenario", "data_date", "valid_from", "valid_to", "currency", "locale",
           "objective", "planner_version")  # fmt: skip
NOT_SHOWN = {"locks": ["origin"]}
"""Columns of a frame that say where a row came from, which changes no plan."""
_LENGTH = 12


def with_plan_ids(contents: Contents) -> Contents:
    """The contents with the plan of every store identified: the same content, the same id.

    Neither the run's id nor the other stores are part of it. Rows are hashed in one pass over
    each frame, since going through the text of every store's frames takes ten times as long.
    """
    stamp = contents.stamp
    shared = hashlib.sha256("|".join(str(getattr(stamp, name)) for name in STAMPED).encode())
    for name in SHARED:
        frame: pd.DataFrame = getattr(contents, name)
        _feed_columns(shared, frame)
        shared.update(_row_hashes(frame).tobytes())
    of_stores = contents.value[contents.value["level"] == "store"].rename(
        columns={"name": "store_id"}
    )
    frames = [
        getattr(contents, name).drop(columns=NOT_SHOWN.get(name, []), errors="ignore")
        for name in PER_STORE
    ]
    digests = {str(store): shared.copy() for store in contents.stores["store_id"]}
    for frame in [*frames, of_stores]:
        hashes, rows = _row_hashes(frame), frame.groupby("store_id", sort=False).indices
        for store, digest in digests.items():
            own = hashes[rows[store]] if store in rows else hashes[:0]
            _feed_columns(digest, frame)
            digest.update(len(own).to_bytes(8, "little") + own.tobytes())
    ids = {store: digest.hexdigest()[:_LENGTH] for store, digest in digests.items()}
    plans = contents.store_plans.assign(plan_id=contents.store_plans["store_id"].map(ids))
    return replace(contents, store_plans=plans)


def _feed_columns(digest: Any, frame: pd.DataFrame) -> None:
    digest.update("|".join(map(str, frame.columns)).encode())


def _row_hashes(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A number for every row, that of its content alone."""
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)
