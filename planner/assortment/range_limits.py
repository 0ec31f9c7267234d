"""Limits on which items are listed together: counts, shares of the range, swaps."""

from __future__ import annotations

import numpy as np

from planner.assortment.problem import Flags, Floats, RangeLimit


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
        most_count("max_swaps:in", free & ~in_current_range, most),
        least_count("max_swaps:out", today, max(0.0, float(today.sum()) - most)),
    )
