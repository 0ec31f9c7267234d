"""Items that nobody has sold yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.factors import Grouping

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Where the items known do not show how much items of a group differ.
DEFAULT_LOG_VARIANCE = 1.0


def fill_new_items(
    rate: Floats, log_variance: Floats, sold: Flags, grouping: Grouping
) -> tuple[Floats, Floats]:
    """Rates and log variances, [store, item], with the unsold items filled in.

    sold: [item]. An unsold item gets, in each store, the mean rate of the sold items of its need
    group, else of its category, else of the chain; to their mean variance comes the variance of
    log rates between items of one such group.
    """
    new = np.flatnonzero(~sold)
    if not len(new):
        return rate, log_variance
    rate, log_variance = rate.copy(), log_variance.copy()
    item_log_rate = np.log(np.maximum(rate, 1e-12)).mean(axis=0)
    chain = np.zeros(len(sold), dtype=np.int64)
    todo = np.ones(len(new), dtype=bool)
    for label in (grouping.group_of_item, grouping.category_of_item, chain):
        size = int(label.max()) + 1
        count = np.bincount(label[sold], minlength=size)
        between = _variance_inside(item_log_rate[sold], label[sold], size)
        for group in np.unique(label[new[todo]]):
            if count[group] == 0:
                continue
            peers = sold & (label == group)
            into = new[todo & (label[new] == group)]
            rate[:, into] = rate[:, peers].mean(axis=1)[:, None]
            log_variance[:, into] = log_variance[:, peers].mean(axis=1)[:, None] + between
        todo &= count[label[new]] == 0
    return rate, log_variance


def _variance_inside(value: Floats, label: NDArray[np.int64], size: int) -> float:
    """Pooled variance inside the groups."""
    count = np.bincount(label, minlength=size)
    mean = np.bincount(label, value, size) / np.maximum(count, 1)
    freedom = int((count[count > 0] - 1).sum())
    if freedom < 3:
        return DEFAULT_LOG_VARIANCE
    return float(((value - mean[label]) ** 2).sum()) / freedom
