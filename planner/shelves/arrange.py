"""Which of the valid packings is best to look at, and exchanges that better one."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from scipy.optimize import linear_sum_assignment

from planner.shelves.rack import Layout, Rack

HOME_WEIGHT = 0.02
"""What leaving an item on its shelf counts, as a share of the mean margin: a tie-break."""


def appeal(rack: Rack, items: list[int], shelf: int) -> float:
    """Margin at eye level, and a little for what stays where it stands today."""
    stays = sum(rack.home[i] == shelf for i in items)
    at_eye = sum(rack.margin[i] for i in items) if rack.eye_level[shelf] else 0.0
    return at_eye + HOME_WEIGHT * rack.mean_margin * stays


def exchange(rack: Rack, layout: Layout) -> Layout:
    """The layout after the best exchange of equal widths; blocks and widths stay as they are.

    Whole groups of equal width that stand on one shelf each change places with one another,
    then items of equal width inside a group: an assignment problem each.
    """
    return _exchange_items(rack, _exchange_groups(rack, layout))


def _assign(rack: Rack, units: list[list[int]], shelves: list[int]) -> list[int]:
    """For each place, the unit that goes there."""
    if len(set(shelves)) == 1:
        return list(range(len(units)))
    worth = np.array([[appeal(rack, unit, z) for unit in units] for z in shelves])
    _, chosen = linear_sum_assignment(worth, maximize=True)
    return [int(k) for k in chosen]


def _exchange_groups(rack: Rack, layout: Layout) -> Layout:
    size = Counter(rack.group)
    segments: list[list[list[int]]] = []
    alike: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for z, shelf in enumerate(layout):
        row: list[list[int]] = []
        for item in shelf:
            if row and rack.group[row[-1][0]] == rack.group[item]:
                row[-1].append(item)
            else:
                row.append([item])
        for k, segment in enumerate(row):
            if len(segment) == size[rack.group[segment[0]]]:
                alike[rack.used(segment)].append((z, k))
        segments.append(row)
    for places in alike.values():
        units = [segments[z][k] for z, k in places]
        for (z, k), unit in zip(places, _assign(rack, units, [z for z, _ in places]), strict=True):
            segments[z][k] = units[unit]
    return [[item for segment in row for item in segment] for row in segments]


def _exchange_items(rack: Rack, layout: Layout) -> Layout:
    result = [list(shelf) for shelf in layout]
    alike: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for z, shelf in enumerate(layout):
        for k, item in enumerate(shelf):
            alike[rack.group[item], rack.width(item)].append((z, k))
    for places in alike.values():
        units = [[layout[z][k]] for z, k in places]
        for (z, k), unit in zip(places, _assign(rack, units, [z for z, _ in places]), strict=True):
            result[z][k] = units[unit][0]
    return result


def merit(rack: Rack, layout: Layout) -> float:
    """Sum of ``appeal`` over the shelves: the higher of two valid packings is preferred."""
    return sum(appeal(rack, shelf, z) for z, shelf in enumerate(layout))
