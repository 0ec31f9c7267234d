"""A few shelves of a large rack at a time, searched through while the others stay as they are.

Local search exchanges one thing for another; where a rack is full to the last centimetre, a need
group may come together only if several things change places at once. Which shelves are taken:
those that a group stands on which falls apart, or that stay too empty, with others beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from planner.shelves.bound import states_of
from planner.shelves.pieces import groups_apart
from planner.shelves.rack import Layout, Rack
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, empty_steps
from planner.shelves.weights import PlacementWeights

Window = tuple[int, ...]
ANY_UP_TO = 14
"""Items of a rack of which other shelves are taken too, where nothing is in trouble."""
NEAREST = 16
"""Shelves beside those in trouble that are taken with them; sets of all would be too many."""
MOST_STATES = 4_000_000
"""Losses that searching a window through may keep; of the whole rack, so of few groups in large
ones."""


def windows(
    rack: Rack,
    layout: Layout,
    facings: Sequence[int],
    weights: PlacementWeights,
    most_items: int,
) -> Iterator[Window]:
    """Sets of two or more shelves with no more than so many items, the most promising first."""
    troubled: list[Window] = []
    if weights.group_blocks:
        apart = groups_apart(rack, layout, facings)
        for group in sorted(
            (g for g, a in apart.items() if a.reading > 1), key=lambda g: (-apart[g].reading, g)
        ):
            troubled.append(
                tuple(
                    z
                    for z, items in enumerate(layout)
                    if any(rack.group[i] == group for i in items)
                )
            )
    if weights.full_shelves:
        empty = empty_steps(rack, layout, facings)
        troubled += [
            (z,)
            for z, (steps, width) in enumerate(zip(empty, rack.shelf_width, strict=True))
            if steps > EMPTY_SHARE_EXPLAINED * width
        ]
    if len(rack.facings) <= ANY_UP_TO:
        troubled.append(())
    seen: set[Window] = set()
    for shelves in troubled:
        for window in sorted(
            _around(layout, shelves, most_items), key=lambda w: _promise(layout, shelves, w)
        ):
            if window not in seen:
                seen.add(window)
                if states_of(rack, [i for z in window for i in layout[z]]) <= MOST_STATES:
                    yield window


def _around(layout: Layout, shelves: Window, most_items: int) -> Iterator[Window]:
    """Windows that hold all of these shelves, or two of them where all are too many."""
    every = range(len(layout))
    cores = [shelves]
    if sum(len(layout[z]) for z in shelves) > most_items:
        cores = list(combinations(shelves, 2))
    for core in cores:
        others = [z for z in every if z not in core]
        if core:
            others = sorted(others, key=lambda z: (min(abs(z - c) for c in core), z))[:NEAREST]
        for more in (0, 1, 2) if core else (2, 3):
            for beside in combinations(others, more):
                window = tuple(sorted((*core, *beside)))
                if len(window) > 1 and sum(len(layout[z]) for z in window) <= most_items:
                    yield window


def _promise(layout: Layout, shelves: Window, window: Window) -> tuple[int, int, Window]:
    """The more items may change places the better, then the nearer the shelves."""
    return -sum(len(layout[z]) for z in window), window[-1] - window[0], window
