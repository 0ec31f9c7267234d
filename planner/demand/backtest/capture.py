"""The plan's own score: which share of the best possible units a ranking's choice would catch.

A store has fewer slots than items it sells. Every ranking fills them from the top; what counts
is what was sold later. No substitution, so the best choice is the items that sold most then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.backtest.bootstrap import (
    Row,
    cluster_sums,
    drawn,
    grouped,
    interval,
    score_row,
)
from planner.demand.backtest.result import (
    CAPTURE,
    CHAIN_TOTAL,
    COMMON,
    LOCAL,
    OWN_PAST,
    RANKINGS,
    REGION_MEAN,
)
from planner.demand.clean import sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLOT_SHARES = (0.5, 0.25)
"""Slots as shares of the items that a store sells."""


def rankings(
    forecast: Floats, buyable: Flags, own_average: Floats, region_mean: Floats, chain_units: Floats
) -> dict[str, Floats]:
    """What each ranking orders a store's items by, [store, item]; unknown comes last.

    forecast: the planner's demand. The common ranking is one for the chain: mean forecast over
    the stores whose region can buy the item, as in the plan. The others need no model: the past
    mean of the item in the region, what the whole chain sold of it (chain_units, [item]), and
    the pair's own past.
    """
    stores = np.maximum(buyable.sum(axis=0), 1)
    chain = np.where(buyable, forecast, 0.0).sum(axis=0) / stores
    return {
        LOCAL: forecast,
        COMMON: np.broadcast_to(chain, forecast.shape),
        REGION_MEAN: np.nan_to_num(region_mean, nan=-1.0),
        CHAIN_TOTAL: np.broadcast_to(chain_units, forecast.shape),
        OWN_PAST: np.nan_to_num(own_average, nan=-1.0),
    }


def slots_of(candidates: Ints, share: float) -> Ints:
    """Slots of stores with so many candidates: the share rounded half up, at least one."""
    slots: Ints = np.maximum(np.floor(candidates * share + 0.5), 1).astype(np.int64)
    return slots


def captured(
    units_week: Floats, known: Flags, ranked_by: Mapping[str, Floats], share: float
) -> pd.DataFrame:
    """A row per store (index: its number) with candidates: how much each choice sold later.

    units_week, known, and each ranking: [store, item]. Columns: candidates, slots,
    best_units_week and one per ranking, in units a week.
    """
    store, item = np.nonzero(known)
    stores = len(known)
    candidates = np.bincount(store, minlength=stores)
    slots = slots_of(candidates, share)
    units = units_week[store, item]

    def chosen(score: Floats) -> Floats:
        order = np.lexsort((item, -score, store))
        place = np.arange(len(store)) - (np.cumsum(candidates) - candidates)[store[order]]
        top = order[place < slots[store[order]]]
        return sums(store[top], units[top], stores)

    frame = pd.DataFrame(
        {"candidates": candidates, "slots": slots, "best_units_week": chosen(units)}
        | {name: chosen(score[store, item]) for name, score in ranked_by.items()}
    )
    return frame[candidates > 0]


def capture_scores(stores: pd.DataFrame, seed: int) -> list[Row]:
    """Rows of ``Backtest.scores`` for the rankings' choices: the chain, regions and origins.

    A figure is units captured over units of the best choice, both summed over stores; ``pairs``
    counts stores. The local ranking's differences to each of the others follow.
    """
    rows: list[Row] = []
    origin = stores["origin"].dt.strftime("%Y-%m-%d") if len(stores) else stores["region"]
    labels = {"all": pd.Series("all", stores.index), "region": stores["region"], "origin": origin}
    code = pd.factorize(stores["store_id"])[0]
    numbers = stores[["best_units_week", *RANKINGS]].to_numpy(dtype=np.float64)
    for by, label in labels.items():
        for (name, slots_share), members in grouped(label, stores["slots_share"]):
            head = {"kind": CAPTURE, "by": by, "name": str(name), "slots_share": slots_share}
            totals = cluster_sums(code[members], numbers[members])
            rows += [head | row for row in _captures(totals, seed)]
    return rows


def _captures(totals: Floats, seed: int) -> Iterator[Row]:
    total, draws = totals.sum(axis=0), drawn(totals, seed)
    if total[0] <= 0:
        return
    value = {name: float(total[k] / total[0]) for k, name in enumerate(RANKINGS, start=1)}
    scatter = {
        name: draws[:, k] / draws[:, 0] if draws is not None else None
        for k, name in enumerate(RANKINGS, start=1)
    }

    def row(name: str, against: str, value: float, draws: Floats | None) -> Row:
        return score_row(name, against, "captured_share", len(totals), 0, value, interval(draws))

    for name in RANKINGS:
        yield row(name, "", value[name], scatter[name])
    for name in RANKINGS:
        if name != LOCAL:
            mine, other = scatter[LOCAL], scatter[name]
            gained = mine - other if mine is not None and other is not None else None
            yield row(LOCAL, name, value[LOCAL] - value[name], gained)
