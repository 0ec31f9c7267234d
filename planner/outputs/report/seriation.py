"""In which order rows stand so that neighbours look alike.

Bar-Joseph, Gifford & Jaakkola (2001), "Fast optimal leaf ordering for hierarchical clustering",
Bioinformatics 17: of all orders that keep the tree of a hierarchical clustering whole, the one with
the least total distance between neighbours. What the tree forbids is then mended by turning
stretches round as long as that shortens the total (2-opt; Croes, 1958, Operations Research 6).

Rows that are equal stand together. The order hangs on what rows hold and never on how they are
called: they are sorted by content first, and of an order and its reflection the one is taken whose
first rows hold more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import pdist, squareform

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TREES: tuple[Literal["average", "ward"], ...] = ("average", "ward")
"""Both are tried: the one with the shorter way from row to row is kept."""
MOST_LEAVES = 300
"""Optimal leaf ordering takes time with the cube of the rows; above, rows are merged first."""


def alike_order(rows: Floats) -> Integers:
    """Order of the rows of a matrix [row, feature] in which neighbours look alike.

    Distance: sum of absolute differences (for yes and no: how many features differ). Equal rows
    keep their order among themselves. Raises ``ValueError`` above ``MOST_LEAVES`` different rows.
    """
    distinct, of = np.unique(rows, axis=0, return_inverse=True)
    order = _order(distinct)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return np.argsort(place[of.reshape(-1)], kind="stable").astype(np.int64)


def families(rows: Floats, most: int) -> Integers:
    """The family [row], 0, 1, ..., of at most so many into which Ward's clustering cuts the rows.

    Equal rows are of one family. The numbers hang on what rows hold alone.
    """
    distinct, of = np.unique(rows, axis=0, return_inverse=True)
    if len(distinct) <= most:
        return of.reshape(-1).astype(np.int64)
    cut = fcluster(linkage(pdist(distinct), "ward"), most, "maxclust")
    first_seen = {label: number for number, label in enumerate(dict.fromkeys(cut.tolist()))}
    named = np.array([first_seen[label] for label in cut.tolist()], dtype=np.int64)
    return named[of.reshape(-1)]


def neighbours_differ(rows: Floats, order: Integers) -> Floats:
    """Distance of each row in an order to the next: [rows - 1]."""
    sorted_rows = rows[order]
    differ: Floats = np.abs(np.diff(sorted_rows, axis=0)).sum(axis=1)
    return differ


def _order(distinct: Floats) -> Integers:
    if len(distinct) > MOST_LEAVES:
        raise ValueError(f"{len(distinct)} rows are too many to put in order")
    if len(distinct) < 3:
        order = np.arange(len(distinct))
    else:
        apart = pdist(distinct, "cityblock")
        square = squareform(apart)
        found = [_uncrossed(_of_tree(distinct, how, apart), square) for how in TREES]
        order = min(found, key=lambda one: float(square[one[:-1], one[1:]].sum()))
    return _towards_more(order.astype(np.int64), distinct)


def _of_tree(distinct: Floats, how: Literal["average", "ward"], apart: Floats) -> Integers:
    tree = linkage(pdist(distinct) if how == "ward" else apart, how)
    return leaves_list(optimal_leaf_ordering(tree, apart)).astype(np.int64)


def _uncrossed(order: Integers, apart: Floats) -> Integers:
    """The order with stretches turned round until no turn makes neighbours more alike."""
    order = order.copy()
    count = len(order)
    while True:
        steps = apart[order[:-1], order[1:]]
        before = np.concatenate([[0.0], steps])
        after = np.concatenate([steps, [0.0]])
        # Turning the stretch from a to b: its ends meet each other's neighbours.
        ends = apart[np.ix_(order, order)]
        to_left = np.vstack([np.zeros(count), ends[:-1, :]])
        to_right = np.hstack([ends[:, 1:], np.zeros((count, 1))])
        gain = np.triu(before[:, None] + after[None, :] - to_left - to_right, 1)
        first, last = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[first, last] <= 1e-9:
            return order
        order[first : last + 1] = order[first : last + 1][::-1]


def _towards_more(order: Integers, distinct: Floats) -> Integers:
    """The order or its reflection: the one whose first row that differs in sum holds more."""
    sums = distinct.sum(axis=1)[order]
    for front, back in zip(sums, sums[::-1], strict=True):
        if front != back:
            return order if front > back else order[::-1]
    # As good either way round; rows are sorted by content, so the names still do not matter.
    return order if order[0] >= order[-1] else order[::-1]
