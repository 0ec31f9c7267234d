"""Signals and segments as numbers: what is known of a store before anything is sold in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]

# A segment that buys nothing of an item by a survey of a few people may still buy some.
SMALLEST_INDEX = 0.05
# Stores that differ by less than this share of the mean differ by rounding.
SMALLEST_RELATIVE_SD = 1e-9


@dataclass(frozen=True)
class Segments:
    """Who shops where and what they buy more of."""

    names: tuple[str, ...]
    share: Floats
    """[store, segment] share of the store's customers; rows sum to 1."""
    index: Floats
    """[segment, item] how much more the segment buys than the average customer, 1 = average."""

    @property
    def affinity(self) -> Floats:
        """[store, item] log of the store's mean index, each item's mean over stores taken out."""
        log_index = np.log(self.share @ self.index)
        return np.asarray(log_index - log_index.mean(axis=0))


@dataclass(frozen=True)
class Traits:
    """What tells stores apart: standardised signals, and how well items suit the customers."""

    signals: tuple[str, ...]
    value: Floats
    """[store, signal] in standard deviations from the chain's mean; 0 where unknown."""
    segments: Segments | None
    assumptions: tuple[Assumption, ...]


def read_traits(inputs: Inputs) -> Traits:
    """The tables ``signals``, ``segments`` and ``segment_index`` as arrays.

    A signal by week counts with its mean over the weeks. A store without a value gets the mean of
    the others; a signal that is the same everywhere tells stores nothing and is left out. Both
    are counted.
    """
    names, value, assumptions = _signals(inputs)
    segments, more = _segments(inputs)
    return Traits(names, value, segments, (*assumptions, *more))


def _signals(inputs: Inputs) -> tuple[tuple[str, ...], Floats, list[Assumption]]:
    stores = inputs.stores["store_id"]
    table = inputs.signals.dropna(subset=["value"])
    wide = (
        table.pivot_table(index="store_id", columns="signal", values="value", aggfunc="mean")
        .reindex(stores)
        .sort_index(axis=1)
    )
    found: list[Assumption] = []
    value = wide.to_numpy(dtype=np.float64)
    known = np.isfinite(value)
    # Sizes do not matter, but the squares of huge ones do not fit a number.
    largest = np.where(known, np.abs(value), 0.0).max(axis=0, initial=0.0)
    value = value / np.where(largest > 0, largest, 1.0)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, value, 0.0).sum(axis=0) / count
    apart = np.where(known, value - mean, 0.0)
    spread = np.sqrt((apart**2).sum(axis=0) / count)
    varies = spread > SMALLEST_RELATIVE_SD * np.maximum(np.abs(mean), 1e-12)
    if len(wide.columns) and (~known).any():
        text = "Store without a value of a signal: the mean of the other stores is assumed"
        found.append(Assumption("demand", "signals.value", text, int((~known).sum())))
    if (~varies).any():
        same = ", ".join(str(name) for name in wide.columns[~varies])
        text = f"Signal that is the same in every store says nothing about stores: left out: {same}"
        found.append(Assumption("demand", "signals.signal", text, int((~varies).sum())))
    if table["week"].notna().any():
        text = "Signals by week count with their mean over the weeks; they do not move single weeks"
        weekly = table.loc[table["week"].notna(), "signal"].nunique()
        found.append(Assumption("demand", "signals.week", text, int(weekly)))
    names = tuple(str(name) for name in wide.columns[varies])
    return names, np.asarray((apart / np.where(varies, spread, 1.0))[:, varies]), found


def _segments(inputs: Inputs) -> tuple[Segments | None, list[Assumption]]:
    shares, index = inputs.segments, inputs.segment_index

    def assume(text: str, count: int, table: str = "segments") -> Assumption:
        return Assumption("demand", table, text, count)

    if shares.empty or index.empty:
        given, missing = ("segments", "segment_index") if index.empty else ("segment_index", "")
        if shares.empty and index.empty:
            return None, []
        missing = missing or "segments"
        text = f"Given without {missing}: not used, every store has one and the same segment"
        return None, [assume(text, len(shares) + len(index), given)]
    found = []
    names = tuple(dict.fromkeys(shares["segment"]))
    wide = (
        shares.pivot_table(index="store_id", columns="segment", values="share", aggfunc="sum")
        .reindex(index=inputs.stores["store_id"], columns=list(names))
        .fillna(0.0)
        .to_numpy(dtype=np.float64)
    )
    total = wide.sum(axis=1, keepdims=True)
    empty = total[:, 0] <= 0
    share = wide / np.where(total > 0, total, 1.0)
    if empty.any():
        mean = share[~empty].mean(axis=0) if not empty.all() else 1.0 / len(names)
        share[empty] = mean
        found.append(
            assume("Store without segments: the chain's mean is assumed", int(empty.sum()))
        )
    table, unknown = _index(inputs, names)
    if unknown:
        text = "Segment and item without an index: 1 is assumed, as the average customer"
        found.append(assume(text, unknown, "segment_index"))
    return Segments(names, share, table), found


def _index(inputs: Inputs, names: tuple[str, ...]) -> tuple[Floats, int]:
    """[segment, item] index, an item's own row before its need group's; and how many have none."""
    rows = inputs.segment_index
    items = inputs.items
    groups = pd.Index(items["need_group"]).unique()
    code = pd.Index(names).get_indexer(pd.Index(rows["segment"]))
    value = rows["index"].to_numpy(dtype=np.float64)
    own = (rows["item_id"] != "").to_numpy()
    use = (code >= 0) & np.isfinite(value)
    of_group = np.full((len(names), len(groups)), np.nan)
    column = groups.get_indexer(pd.Index(rows["need_group"]))
    into = use & ~own & (column >= 0)
    of_group[code[into], column[into]] = value[into]
    table = of_group[:, groups.get_indexer(pd.Index(items["need_group"]))]
    column = pd.Index(items["item_id"]).get_indexer(pd.Index(rows["item_id"]))
    into = use & own & (column >= 0)
    table[code[into], column[into]] = value[into]
    unknown = int(np.isnan(table).sum())
    return np.maximum(np.nan_to_num(table, nan=1.0), SMALLEST_INDEX), unknown
