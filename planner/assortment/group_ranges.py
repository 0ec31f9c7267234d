"""Every range that a need group can have in a store, with the demand of its items.

Substitution stays inside a need group, so once a group's range is fixed the demand of its items
is a number, whatever the segments: what is left of the store program is linear in the choice of
one range per group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.stock import TOLERANCE

MOST_ITEMS_LEFT_OPEN = 17
"""Items of one need group that may be listed or not, beside those that must be."""
MOST_ENTRIES = 2_000_000
"""Items over all ranges: what fits in about 100 MB."""


@dataclass(frozen=True)
class GroupRanges:
    """All ranges of all need groups, one after another.

    Ranges of group n are ``first[n]`` to ``first[n + 1]``; an entry is one item of one range.
    """

    first: Integers
    group: Integers
    """Need group of each range."""
    size: Integers
    """Items of each range."""
    allowed: Flags
    """Keeps the counts of its group; the others are one item away, to price those counts."""
    entry_first: Integers
    """Entries of range k are ``entry_first[k]`` to ``entry_first[k + 1]``."""
    entry_range: Integers
    entry_item: Integers
    entry_mean: Floats
    """Mean demand per delivery cycle of the item under the range."""

    @property
    def count(self) -> int:
        """Number of ranges."""
        return len(self.group)

    def items_of(self, number: int) -> Integers:
        """Items of a range."""
        part: Integers = self.entry_item[self.entry_first[number] : self.entry_first[number + 1]]
        return part


def group_ranges(problem: StoreProblem) -> GroupRanges | None:
    """Ranges that keep core and locks, and the counts of their group or miss them by one item.

    None where there are too many: a group with more than 17 open items, or ranges that need more
    room than 100 MB.
    """
    open_items = ~problem.must_list & ~problem.locked_out
    groups = len(problem.need_groups)
    free = np.bincount(problem.group_of_item[open_items], minlength=groups)
    forced = np.bincount(problem.group_of_item[problem.must_list], minlength=groups)
    least, most = _counts_of_groups(problem)
    if len(free) and free.max() > MOST_ITEMS_LEFT_OPEN:
        return None
    entries = float((2.0**free * (forced + free / 2)).sum())
    if entries > MOST_ENTRIES:
        return None
    firsts, items, means, counts, kept = [0], [], [], [], []
    for group in range(groups):
        members = np.flatnonzero(problem.group_of_item == group)
        members = members[(problem.must_list | open_items)[members]]
        ranges = _subsets(problem.must_list[members], least[group] - 1, most[group] + 1)
        mean = _mean_demand(problem, group, members, ranges)
        rows, columns = np.nonzero(ranges)
        items.append(members[columns])
        means.append(mean[rows, columns])
        size = ranges.sum(axis=1)
        counts.append(size)
        kept.append((size >= least[group] - TOLERANCE) & (size <= most[group] + TOLERANCE))
        firsts.append(firsts[-1] + len(ranges))
    per_range = np.concatenate(counts).astype(np.int64) if counts else np.zeros(0, dtype=np.int64)
    return GroupRanges(
        first=np.array(firsts, dtype=np.int64),
        group=np.repeat(np.arange(groups), np.diff(firsts)).astype(np.int64),
        size=per_range,
        allowed=np.concatenate(kept) if kept else np.zeros(0, dtype=bool),
        entry_first=np.concatenate([[0], np.cumsum(per_range)]).astype(np.int64),
        entry_range=np.repeat(np.arange(len(per_range)), per_range).astype(np.int64),
        entry_item=np.concatenate(items).astype(np.int64) if items else per_range,
        entry_mean=np.concatenate(means) if means else np.zeros(0),
    )


def _counts_of_groups(problem: StoreProblem) -> tuple[Floats, Floats]:
    """Fewest and most items of each need group, from range limits that count one whole group."""
    groups = len(problem.need_groups)
    least, most = np.zeros(groups), np.full(groups, np.inf)
    for limit in problem.range_limits:
        group = counted_group(problem, limit.coefficients)
        if group is not None:
            least[group] = max(least[group], limit.lower)
            most[group] = min(most[group], limit.upper)
    return least, most


def counted_group(problem: StoreProblem, coefficients: Floats) -> int | None:
    """The need group whose listed items the coefficients count, if it is exactly one."""
    inside = coefficients != 0
    if not inside.any() or (coefficients[inside] != 1.0).any():
        return None
    group = int(problem.group_of_item[np.argmax(inside)])
    whole = problem.group_of_item == group
    return group if (whole == inside).all() else None


def _subsets(forced: Flags, least: float, most: float) -> Flags:
    """[range, item]: every subset with the forced items whose size is allowed."""
    open_places = np.flatnonzero(~forced)
    numbers = np.arange(2 ** len(open_places), dtype=np.int64)
    ranges = np.zeros((len(numbers), len(forced)), dtype=bool)
    ranges[:, forced] = True
    ranges[:, open_places] = (numbers[:, None] >> np.arange(len(open_places))) & 1
    sizes = ranges.sum(axis=1)
    kept: Flags = ranges[(sizes >= least - TOLERANCE) & (sizes <= most + TOLERANCE)]
    return kept


def _mean_demand(problem: StoreProblem, group: int, members: Integers, ranges: Flags) -> Floats:
    """[range, item]: mean demand per cycle, ``sum_g v N / D / r``; zero where not listed."""
    mean = np.zeros(ranges.shape)
    inside = problem.group_of_item == group
    for segment in range(len(problem.segments)):
        attraction = problem.attraction[segment, members]
        gain = attraction - problem.shadow_attraction[segment, members]
        base = float(
            problem.no_purchase_attraction[segment, group]
            + problem.shadow_attraction[segment, inside].sum()
        )
        denominator = base + ranges @ gain
        rate = np.divide(
            problem.potential_units_week[segment, group],
            denominator,
            out=np.zeros_like(denominator),
            where=denominator > 0,
        )
        mean += attraction * rate[:, None]
    mean *= ranges / problem.deliveries_week
    return mean
