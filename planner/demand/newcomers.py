"""Items that nobody has sold yet: like the items around them, as far as attributes tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.demand.factors import Grouping
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Where the items known do not show how much items of a group differ.
DEFAULT_LOG_VARIANCE = 1.0
# Ridge penalties in numbers of items; the largest leaves attributes alone.
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 1e6)
FEWEST_ITEMS = 10
# Attributes shift an item by no more than this factor against its peers.
LARGEST_SHIFT = np.log(3.0)
FEWEST_OF_A_KIND = 3


@dataclass(frozen=True)
class Newcomers:
    """Rates and log variances, [store, item], with the unsold items filled in."""

    rate: Floats
    log_variance: Floats
    like_group: int
    """Unsold items that could lean on sold items of their need group."""
    like_category: int
    """Of the rest, those that could lean on their category."""
    like_chain: Ints
    """The others: items with nothing to lean on but the chain's mean."""

    def assumptions(self, items: pd.DataFrame) -> list[Assumption]:
        """What was assumed, categories without any information by name."""
        found = []

        def assume(text: str, count: int) -> None:
            if count:
                found.append(Assumption("demand", "sales.item_id", text, count))

        assume(
            "Item without sales: assumed to sell like the mean item of its need group in each "
            "store, shifted by what attributes and segments tell apart, with a wide spread",
            self.like_group,
        )
        assume(
            "Item without sales in a need group without sales: assumed to sell like the mean "
            "item of its category in each store, with a wide spread",
            self.like_category,
        )
        for name, group in items.iloc[self.like_chain].groupby("category"):
            assume(
                f"Category {name}: nothing of it was ever sold, so its demand is an assumption, "
                "the mean of the chain's items in each store, with a wide spread",
                len(group),
            )
        return found


def fill_new_items(
    rate: Floats,
    log_variance: Floats,
    sold: Flags,
    grouping: Grouping,
    local_log: Floats,
    attributes: Floats,
) -> Newcomers:
    """Give unsold items the mean rate of the sold items around them, in each store.

    sold: [item]. Around them means the need group, else the category, else the chain; to the
    mean variance comes the variance of log rates between items of one such group. Inside a need
    group or category an item is shifted by its attributes [item, attribute] (ridge regression of
    the sold items' log rates inside need groups) and by its local effects ``local_log``
    [store, item] against those of its peers. Nothing shifts the chain's mean.
    """
    new = np.flatnonzero(~sold)
    none = np.zeros(0, dtype=np.int64)
    if not len(new) or not sold.any():
        return Newcomers(rate, log_variance, 0, 0, new if len(new) else none)
    rate, log_variance = rate.copy(), log_variance.copy()
    item_log_rate = np.log(np.maximum(rate, 1e-12)).mean(axis=0)
    effect, kept = _attribute_effect(item_log_rate, attributes, sold, grouping.group_of_item)
    chain = np.zeros(len(sold), dtype=np.int64)
    todo = np.ones(len(new), dtype=bool)
    counts = []
    for label in (grouping.group_of_item, grouping.category_of_item, chain):
        size = int(label.max()) + 1
        count = np.bincount(label[sold], minlength=size)
        between = _variance_inside(item_log_rate[sold], label[sold], size)
        counts.append(int((todo & (count[label[new]] > 0)).sum()))
        for group in np.unique(label[new[todo]]):
            if count[group] == 0:
                continue
            peers = sold & (label == group)
            into = new[todo & (label[new] == group)]
            base = rate[:, peers].mean(axis=1)[:, None]
            variance = log_variance[:, peers].mean(axis=1)[:, None] + between
            if label is not chain:
                shift = effect[into] - effect[peers].mean()
                shift = np.clip(shift, -LARGEST_SHIFT, LARGEST_SHIFT)
                local = local_log[:, into] - local_log[:, peers].mean(axis=1)[:, None]
                base = base * np.exp(shift + local)
                variance = variance - between * (1.0 - kept)
            rate[:, into], log_variance[:, into] = base, variance
        todo &= count[label[new]] == 0
        if label is grouping.category_of_item:
            left = new[todo]
    return Newcomers(rate, log_variance, counts[0], counts[1], left)


def item_attributes(items: pd.DataFrame) -> Floats:
    """[item, attribute] log price, and flags of what at least three items have in common."""
    price = items["price"].to_numpy(dtype=np.float64)
    known = np.isfinite(price) & (price > 0)
    log_price = np.log(np.where(known, price, 1.0))
    centre = log_price[known].mean() if known.any() else 0.0
    found = [np.where(known, log_price - centre, 0.0), items["organic"].to_numpy(np.float64)]
    for column in ("unit", "origin", "colour"):
        text = items[column]
        size = text.map(text.value_counts())
        common = text[(text != "") & (size >= FEWEST_OF_A_KIND)].unique()
        found += [(text == value).to_numpy(np.float64) for value in sorted(common)]
    return np.stack(found, axis=1)


def _attribute_effect(
    value: Floats, attributes: Floats, sold: Flags, group: Ints
) -> tuple[Floats, float]:
    """[item] effect of the attributes on the log rate inside a need group, and the share of the
    variance there that they leave, both by the penalty that foretells left-out items best."""
    none = np.zeros(len(value))
    if sold.sum() < FEWEST_ITEMS:
        return none, 1.0
    size = int(group.max()) + 1
    count = np.maximum(np.bincount(group[sold], minlength=size), 1)

    def inside(column: Floats) -> Floats:
        return np.asarray(column - (sums(group[sold], column[sold], size) / count)[group])

    y = inside(value)[sold]
    x = np.stack([inside(column) for column in attributes.T], axis=1)[sold]
    total = float((y**2).sum())
    if total <= 0:
        return none, 1.0
    # A group's mean takes its share of each item's own residual.
    share = 1.0 / count[group[sold]]
    use = share < 1.0
    start = float(((y / np.maximum(1.0 - share, 1e-9))[use] ** 2).sum())
    best, effect = start, none
    for penalty in PENALTIES:
        solve = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T)
        beta = solve @ y
        leverage = np.einsum("ik,ki->i", x, solve) + share
        miss = (y - x @ beta) / np.maximum(1.0 - leverage, 1e-2)
        loss = float((miss[use] ** 2).sum())
        if loss < best:
            best, effect = loss, attributes @ beta
    return effect, best / start if start > 0 else 1.0


def _variance_inside(value: Floats, label: Ints, size: int) -> float:
    """Pooled variance inside the groups."""
    count = np.bincount(label, minlength=size)
    mean = np.bincount(label, value, size) / np.maximum(count, 1)
    freedom = int((count[count > 0] - 1).sum())
    if freedom < 3:
        return DEFAULT_LOG_VARIANCE
    return float(((value - mean[label]) ** 2).sum()) / freedom
