"""Every range that a need group can have in a store, with the demand of its items.

Substitution stays inside a need group, so once a group's range is fixed the demand of its items
is a number, whatever the segments: what is left of the store program is linear in the choice of
one range per group.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assortment.choice import group_sums
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.stock import TOLERANCE

MOST_OPEN_ITEMS = 20
"""Items of one need group that may be listed or not, beside those that must be."""
MOST_ENTRIES = 12_000_000
"""Items over all ranges: what fits in about 100 MB."""
AT_ONCE = 2**16
"""Ranges that are worked on at once."""


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
    entry_item: NDArray[np.uint16]

    @property
    def count(self) -> int:
        """Number of ranges."""
        return len(self.group)

    @property
    def groups(self) -> int:
        """Number of need groups."""
        return len(self.first) - 1

    def parts(self) -> Iterator[tuple[int, int]]:
        """Ranges in parts small enough to be worked on at once: first and last but one."""
        for start in range(0, self.count, AT_ONCE):
            yield start, min(start + AT_ONCE, self.count)


def group_ranges(problem: StoreProblem) -> GroupRanges | None:
    """Ranges that keep core and locks, and the counts of their group or miss them by one item.

    None where there are too many: a group with more than 20 open items, or ranges that need more
    room than 100 MB.
    """
    open_items = ~problem.must_list & ~problem.locked_out
    groups = len(problem.need_groups)
    free = np.bincount(problem.group_of_item[open_items], minlength=groups)
    forced = np.bincount(problem.group_of_item[problem.must_list], minlength=groups)
    if len(problem.item_ids) > np.iinfo(np.uint16).max or free.max(initial=0) > MOST_OPEN_ITEMS:
        return None
    if float((2.0**free * (forced + free / 2)).sum()) > MOST_ENTRIES:
        return None
    least, most = _counts_of_groups(problem)
    firsts, items, sizes, kept = [0], [], [], []
    for group in range(groups):
        members = np.flatnonzero(problem.group_of_item == group)
        members = members[(problem.must_list | open_items)[members]]
        found = 0
        for ranges in _subsets(problem.must_list[members], least[group] - 1, most[group] + 1):
            size = ranges.sum(axis=1)
            items.append(members[np.nonzero(ranges)[1]].astype(np.uint16))
            sizes.append(size)
            kept.append((size >= least[group] - TOLERANCE) & (size <= most[group] + TOLERANCE))
            found += len(ranges)
        firsts.append(firsts[-1] + found)
    nothing = np.zeros(0, dtype=np.int64)
    size = np.concatenate([nothing, *sizes]).astype(np.int64)
    return GroupRanges(
        first=np.array(firsts, dtype=np.int64),
        group=np.repeat(np.arange(groups), np.diff(firsts)).astype(np.int64),
        size=size,
        allowed=np.concatenate([nothing.astype(bool), *kept]),
        entry_first=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        entry_item=np.concatenate([nothing.astype(np.uint16), *items]),
    )


def with_locks_of(
    ranges: GroupRanges, base: StoreProblem, problem: StoreProblem
) -> GroupRanges | None:
    """The ranges of ``base`` that are allowed in ``problem``, which differs in locks and limits.

    None where it asks for ranges that ``base`` has not: items that could not be listed there, or
    counts looser by more than one.
    """
    possible = base.must_list | ~base.locked_out
    wanted = problem.must_list | ~problem.locked_out
    (least, most), (base_least, base_most) = _counts_of_groups(problem), _counts_of_groups(base)
    narrower = (least < base_least - 1) | (most > base_most + 1)
    if (wanted & ~possible).any() or (base.must_list & ~problem.must_list).any() or narrower.any():
        return None
    kept = (ranges.size >= least[ranges.group] - TOLERANCE) & (
        ranges.size <= most[ranges.group] + TOLERANCE
    )
    for item in np.flatnonzero(problem.must_list != base.must_list):
        kept &= (ranges.group != problem.group_of_item[item]) | _listing(ranges, int(item))
    for item in np.flatnonzero(possible & ~wanted):
        kept &= ~_listing(ranges, int(item))
    return dataclasses.replace(ranges, allowed=kept)


def _listing(ranges: GroupRanges, item: int) -> Flags:
    """Ranges that list an item."""
    entries = np.flatnonzero(ranges.entry_item == item)
    found = np.zeros(ranges.count, dtype=bool)
    found[np.searchsorted(ranges.entry_first, entries, side="right") - 1] = True
    return found


def spread(entry_first: Integers, numbers: Integers) -> tuple[Integers, Integers]:
    """Entry numbers of several ranges, and where each range's entries begin among them."""
    sizes = entry_first[numbers + 1] - entry_first[numbers]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    entries = np.arange(first[-1]) - np.repeat(first[:-1], sizes)
    return first, entries + np.repeat(entry_first[numbers], sizes)


def means_of(problem: StoreProblem, groups: Integers, first: Integers, items: Integers) -> Floats:
    """Mean demand per cycle of the items of several ranges, ``sum_g v N / D / r``.

    ``groups``: need group of each range; ``first`` delimits the ranges among ``items``.
    """
    owner = np.repeat(np.arange(len(groups)), np.diff(first))
    group = groups[owner]
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    mean = np.zeros(len(items))
    for segment in range(len(problem.segments)):
        gains = np.bincount(owner, weights=gain[segment, items], minlength=len(groups))
        denominator = (base[segment, groups] + gains)[owner]
        drawn = problem.attraction[segment, items] * problem.potential_units_week[segment, group]
        mean += np.divide(drawn, denominator, out=np.zeros_like(mean), where=denominator > 0)
    return mean / problem.deliveries_week


def mean_bounds(problem: StoreProblem) -> tuple[Floats, Floats]:
    """Least and most mean demand per cycle of each item over all ranges that list it."""
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    must, group = problem.must_list, problem.group_of_item
    possible = must | ~problem.locked_out
    fewest = (base + group_sums(problem, gain * must))[:, group] + gain * ~must
    every = (base + group_sums(problem, gain * possible))[:, group] + gain * ~possible
    drawn = problem.attraction * problem.potential_units_week[:, group]

    def mean(denominator: Floats) -> Floats:
        rate = np.divide(drawn, denominator, out=np.zeros_like(drawn), where=denominator > 0)
        total: Floats = rate.sum(axis=0) / problem.deliveries_week
        return total

    return mean(every), mean(fewest)


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


def _subsets(forced: Flags, least: float, most: float) -> Iterator[Flags]:
    """[range, item], part by part: every subset with the forced items whose size is allowed."""
    open_places = np.flatnonzero(~forced)
    for start in range(0, 2 ** len(open_places), AT_ONCE):
        numbers = np.arange(start, min(start + AT_ONCE, 2 ** len(open_places)), dtype=np.uint32)
        ranges = np.zeros((len(numbers), len(forced)), dtype=bool)
        ranges[:, forced] = True
        bits = np.arange(len(open_places), dtype=np.uint32)
        ranges[:, open_places] = (numbers[:, None] >> bits) & 1
        sizes = ranges.sum(axis=1)
        kept: Flags = ranges[(sizes >= least - TOLERANCE) & (sizes <= most + TOLERANCE)]
        yield kept
