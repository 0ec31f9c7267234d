"""Pairs hidden from a fit, to see how far off the model is where a pair has no history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, scattered, sums

SMALLEST_SHARE, LARGEST_SHARE = 0.1, 0.2
# With fewer, how wide intervals must be is itself left to chance.
WANTED_PAIRS = 500
# Of fewer pairs none can be spared.
FEWEST_PAIRS = 30


def hidden_pairs(history: History) -> NDArray[np.bool_]:
    """[pair] a tenth to hide, up to a fifth of few, as if at random.

    The choice hangs on the pairs' sales alone.
    """
    pairs = len(history.pair_item)
    told = history.units + history.exposure * (history.week + 1)
    if pairs < FEWEST_PAIRS:
        return np.zeros(pairs, dtype=np.bool_)
    share = np.clip(WANTED_PAIRS / pairs, SMALLEST_SHARE, LARGEST_SHARE)
    return np.asarray(scattered(sums(history.pair, told, pairs)) < share)
