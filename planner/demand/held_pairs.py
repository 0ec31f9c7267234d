"""Pairs hidden from a fit, to see how far off the model is where a pair has no history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, scattered, sums

HIDDEN_SHARE = 0.1


def hidden_pairs(history: History) -> NDArray[np.bool_]:
    """[pair] a tenth to hide, as if at random; the choice hangs on the pairs' sales alone."""
    told = history.units + history.exposure * (history.week + 1)
    return np.asarray(scattered(sums(history.pair, told, len(history.pair_item))) < HIDDEN_SHARE)
