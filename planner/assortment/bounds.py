"""Bounds of what the store program leaves open: the closer, the tighter its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment import newsvendor
from planner.assortment.choice import group_sums
from planner.assortment.problem import Flags, Floats, StoreProblem


@dataclass(frozen=True)
class DenominatorBounds:
    """Least and most of ``v0 + sum w + sum (v - w) x`` per segment and need group.

    ``base`` is the value with nothing listed. ``most_without`` is [segment, item]: the most of
    the item's group when that item is not listed.
    """

    base: Floats
    least: Floats
    most: Floats
    most_without: Floats


def denominator_bounds(problem: StoreProblem, candidates: Flags) -> DenominatorBounds:
    """Bounds over every range inside the counts and, fixture by fixture, the shelf."""
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    forced = problem.must_list
    least = base + group_sums(problem, gain * forced)
    free = candidates & ~forced
    footprint = problem.facing_width_cm * problem.min_facings
    room = _free_room(problem, footprint)
    slots = _free_slots(problem, candidates)
    most = np.array(least)
    for group in range(len(problem.need_groups)):
        members = np.flatnonzero(free & (problem.group_of_item == group))
        if not len(members):
            continue
        for segment in range(len(problem.segments)):
            gains = gain[segment, members]
            by_count = _largest_sum(gains, slots[group])
            by_shelf = _by_shelf(problem, members, gains, footprint, room)
            most[segment, group] += min(by_count, by_shelf)
    all_listed = least + group_sums(problem, gain * free)
    own = problem.group_of_item
    without = np.minimum(most[:, own], all_listed[:, own] - gain * free)
    return DenominatorBounds(base, least, most, np.maximum(without, least[:, own]))


def largest_rate(problem: StoreProblem, bounds: DenominatorBounds, candidates: Flags) -> Floats:
    """[segment, need group]: largest demand (units a week) per unit of attraction."""
    least = bounds.least
    upper = np.zeros_like(least)
    np.divide(problem.potential_units_week, least, out=upper, where=least > 0)
    for segment, group in np.argwhere((least <= 0) & (problem.potential_units_week > 0)):
        attraction = problem.attraction[segment] * candidates
        drawn = attraction[(problem.group_of_item == group) & (attraction > 0)]
        if len(drawn):
            upper[segment, group] = problem.potential_units_week[segment, group] / drawn.min()
    return upper


def largest_mean(problem: StoreProblem, bounds: DenominatorBounds) -> Floats:
    """[item]: largest mean demand (units a cycle), given that the item is listed."""
    group = problem.group_of_item
    gain = problem.attraction - problem.shadow_attraction
    denominator = bounds.least[:, group] + gain * ~problem.must_list
    rate = np.zeros_like(denominator)
    np.divide(problem.potential_units_week[:, group], denominator, out=rate, where=denominator > 0)
    mean: Floats = (problem.attraction * rate).sum(axis=0) / problem.deliveries_week
    return mean


def largest_stock(problem: StoreProblem, mean: Floats) -> Floats:
    """[item]: most stock (units a cycle) that a plan can want; ``mean``: as ``largest_mean``."""
    plenty = newsvendor.stock_ratio(newsvendor.NEVER_SHORT, problem.demand_cv)
    order = np.maximum(problem.min_stock_units, problem.min_supply_cycles * mean)
    forced = np.maximum(problem.min_units_per_facing * problem.max_facings, order)
    with np.errstate(invalid="ignore"):
        capacity = problem.stock_capacity_per_facing * problem.max_facings
    wanted = np.maximum(np.maximum(1.0, plenty) * mean, forced)
    # Where what is lost earns, a plan fills the shelf; one without an end bounds nothing.
    fills = (problem.unit_cost * problem.waste_share < 0) & np.isfinite(capacity)
    wanted = np.where(fills, capacity, wanted)
    stock: Floats = np.minimum(wanted, np.maximum(capacity, 0.0))
    return stock


def _free_room(problem: StoreProblem, footprint: Floats) -> dict[str, float]:
    """Centimetres per fixture type beside the items that must be listed."""
    room = {}
    for kind, width in problem.shelf_cm.items():
        members = problem.shelf_members(kind)
        taken = float((footprint[members] * problem.must_list[members]).sum())
        room[kind] = max(0.0, width - taken)
    return room


def _free_slots(problem: StoreProblem, candidates: Flags) -> Floats:
    """Most items per need group beside those that must be listed."""
    slots = np.full(len(problem.need_groups), np.inf)
    local_left = problem.max_local_items - float((problem.locked_in & ~problem.core).sum())
    for limit in problem.range_limits:
        inside = limit.coefficients > 0
        groups = set(problem.group_of_item[inside])
        counts_one_group = len(groups) == 1 and np.isin(limit.coefficients, (0.0, 1.0)).all()
        if counts_one_group and np.isfinite(limit.upper):
            group = groups.pop()
            members = problem.group_of_item == group
            if inside[members & candidates].all():
                forced = float((problem.must_list & members).sum())
                slots[group] = min(slots[group], limit.upper - forced)
    # Core items outside must_list do not exist, so every free item is local.
    result: Floats = np.maximum(np.minimum(slots, local_left), 0.0)
    return result


def _largest_sum(gains: Floats, count: float) -> float:
    if count >= len(gains):
        return float(gains.sum())
    return float(np.sort(gains)[::-1][: int(np.floor(count))].sum())


def _by_shelf(
    problem: StoreProblem,
    members: np.ndarray,
    gains: Floats,
    footprint: Floats,
    room: dict[str, float],
) -> float:
    total = 0.0
    kinds = np.array([problem.fixture_type[i] for i in members], dtype=object)
    for kind in sorted(set(kinds)):
        inside = kinds == kind
        if kind not in room:
            total += float(gains[inside].sum())
            continue
        total += _fractional_knapsack(gains[inside], footprint[members[inside]], room[kind])
    return total


def _fractional_knapsack(gains: Floats, widths: Floats, room: float) -> float:
    if widths.sum() <= room:
        return float(gains.sum())
    order = np.argsort(-gains / np.maximum(widths, 1e-12), kind="stable")
    used = np.cumsum(widths[order])
    taken = np.clip((room - (used - widths[order])) / np.maximum(widths[order], 1e-12), 0.0, 1.0)
    taken[widths[order] <= 0] = 1.0
    return float((gains[order] * taken).sum())
