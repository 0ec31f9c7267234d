"""Pairs hidden from a fit, to see how far off the model is where a pair has no history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, scattered, sums

# A tenth of the pairs, and at least one or two of each item: most pairs without history are of
# items that few stores carry.
HIDDEN_SHARE = 0.1
FEWEST_STORES = 3
STORES_FOR_TWO = 6


def hidden_pairs(history: History) -> NDArray[np.bool_]:
    """[pair] to hide; the choice hangs on the pairs' sales alone."""
    item = history.pair_item
    pairs = len(item)
    told = sums(history.pair, history.units + history.exposure * (history.week + 1), pairs)
    lot = scattered(told)
    order = np.lexsort((lot, item))
    stores = np.bincount(item, minlength=history.items)
    first = np.concatenate([[0], np.cumsum(stores)[:-1]])
    place = np.empty(pairs, dtype=np.int64)
    place[order] = np.arange(pairs) - first[item[order]]
    least = np.where(stores < FEWEST_STORES, 0, np.where(stores < STORES_FOR_TWO, 1, 2))
    hidden = np.maximum(least, np.round(HIDDEN_SHARE * stores))
    return np.asarray(place < hidden[item])
