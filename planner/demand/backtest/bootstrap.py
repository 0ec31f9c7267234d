"""Intervals of scores: clusters (items or stores) drawn anew.

Every score is a function of sums over rows, so a cluster's sums are all that a draw needs: the
cluster bootstrap (Cameron, Gelbach & Miller 2008, *Review of Economics and Statistics* 90(3))
is one product of counts and sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import sums as cell_sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = dict[str, object]

DRAWS = 500
LOW, HIGH = 0.025, 0.975
FEWEST_CLUSTERS = 5


def cluster_sums(cluster: Ints, rows: Floats) -> Floats:
    """[cluster, part] sums of [row, part] over the clusters that occur."""
    _, code = np.unique(cluster, return_inverse=True)
    size = int(code.max()) + 1 if len(code) else 0
    return np.column_stack([cell_sums(code, part, size) for part in rows.T])


def drawn(sums: Floats, seed: int) -> Floats | None:
    """[draw, part] totals of clusters drawn anew; None with too few clusters to tell.

    The same number of clusters and seed give the same draws, so differences are paired.
    """
    if len(sums) < FEWEST_CLUSTERS:
        return None
    return np.asarray(_counts(len(sums), seed) @ sums)


@lru_cache(maxsize=32)
def _counts(clusters: int, seed: int) -> Floats:
    random = np.random.default_rng([seed, clusters])
    even = np.full(clusters, 1.0 / clusters)
    return random.multinomial(clusters, even, size=DRAWS).astype(np.float64)


def interval(draws: Floats | None) -> tuple[float, float]:
    """95 % interval of drawn values; NaN where there are none."""
    if draws is None or not np.isfinite(draws).all():
        return float("nan"), float("nan")
    low, high = np.quantile(draws, (LOW, HIGH))
    return float(low), float(high)


def within_noise(low: float, high: float) -> bool:
    """Whether the interval of a difference holds zero; an unknown interval proves nothing."""
    return not (low > 0 or high < 0)


def score_row(
    forecaster: str,
    against: str,
    measure: str,
    pairs: int,
    unanswered: int,
    value: float | Floats,
    ends: tuple[float, float],
) -> Row:
    """A row of ``Backtest.scores`` without its kind and slice."""
    return {
        "forecaster": forecaster,
        "against": against,
        "measure": measure,
        "pairs": pairs,
        "unanswered": unanswered,
        "value": float(value),
        "low": ends[0],
        "high": ends[1],
    }


def grouped(first: pd.Series, second: pd.Series) -> Iterator[tuple[tuple[Any, Any], Ints]]:
    """Both values and the row numbers of every pair of values that occurs, as they come."""
    keys = [first.rename("first"), second.rename("second")]
    indices: Any = first.to_frame("all").groupby(keys, sort=False).indices
    for key, members in indices.items():
        yield key, np.asarray(members)
