"""Limits on which items are listed together: counts, shares of the range, swaps."""

from __future__ import annotations

import dataclasses

import numpy as np

from planner.assortment.problem import Flags, Floats, RangeLimit, StoreProblem

ENTERING, STAYING = "max_swaps:in", "max_swaps:out"


def least_count(name: str, members: Flags, least: float) -> RangeLimit:
    """At least so many of ``members`` are listed."""
    return RangeLimit(name, "items", members.astype(np.float64), lower=float(least))


def most_count(name: str, members: Flags, most: float) -> RangeLimit:
    """At most so many of ``members`` are listed."""
    return RangeLimit(name, "items", members.astype(np.float64), upper=float(most))


def _flags_less(members: Flags, share: float) -> Floats:
    return members.astype(np.float64) - np.float64(share)


def least_share(name: str, members: Flags, share: float) -> RangeLimit:
    """At least ``share`` of the listed items are ``members``: ``sum (member - share) x >= 0``."""
    return RangeLimit(f"{name}={share:g}", "items", _flags_less(members, share), lower=0.0)


def most_share(name: str, members: Flags, share: float) -> RangeLimit:
    """At most ``share`` of the listed items are ``members``: ``sum (member - share) x <= 0``."""
    return RangeLimit(f"{name}={share:g}", "items", _flags_less(members, share), upper=0.0)


def swap_limits(
    in_current_range: Flags, must_list: Flags, locked_out: Flags, most: float
) -> tuple[RangeLimit, RangeLimit]:
    """At most ``most`` items enter the current range and at most ``most`` leave it.

    Items that must or cannot be listed do not count. Leaving is written as items that stay, as
    a limit has no constant: at least those of today less ``most``.
    """
    free = ~must_list & ~locked_out
    today = free & in_current_range
    return (
        most_count(ENTERING, free & ~in_current_range, most),
        least_count(STAYING, today, max(0.0, float(today.sum()) - most)),
    )


def forced_item(limits: tuple[RangeLimit, ...], item: int) -> tuple[RangeLimit, ...]:
    """The limits as they are where an item is forced in or out: swaps do not count it."""

    def of(limit: RangeLimit) -> RangeLimit:
        if limit.name not in (ENTERING, STAYING) or not limit.coefficients[item]:
            return limit
        others = limit.coefficients.copy()
        others[item] = 0.0
        # Of today's range one item fewer is counted, so one fewer stays.
        lower = max(0.0, limit.lower - 1.0) if limit.name == STAYING else limit.lower
        return dataclasses.replace(limit, coefficients=others, lower=lower)

    return tuple(of(limit) for limit in limits)


def counted(problem: StoreProblem, *names: str) -> Flags:
    """[item]: counted by one of these limits."""
    found = np.zeros(len(problem.item_ids), dtype=bool)
    for limit in problem.range_limits:
        if limit.name in names:
            found |= limit.coefficients != 0
    return found


def one_more_enters(problem: StoreProblem) -> StoreProblem:
    """The problem with room for one swap more into the range."""
    limits = tuple(
        dataclasses.replace(limit, upper=limit.upper + 1.0) if limit.name == ENTERING else limit
        for limit in problem.range_limits
    )
    return dataclasses.replace(problem, range_limits=limits)
