"""Packings with every need group in one block, for racks with hardly any width to spare.

Shelves are filled in reading order: the rest of the group that the last shelf began, whole groups,
then the beginning of one more. Every set that leaves no more empty than the rack can spare is
tried, in random order and with a limit of effort; what was seen to lead nowhere is remembered.
The draws of ``blocks.py`` fill each shelf once and for all, which most often leaves the last ones
what cannot fill them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import combinations
from math import comb
from random import Random

from planner.shelves.effort import Effort, EffortSpent
from planner.shelves.rack import Layout, Rack

MOST_PARTS = 20_000
"""Parts of a need group that are told apart; of large groups, those of few items and some more."""
MOST_ITEMS = 6
DRAWN = 4_000
"""Parts of more items that are drawn from a large group, for each number of them."""
NONE = -1


def in_whole_blocks(rack: Rack, rng: Random, effort: int) -> Layout | None:
    """A packing with every need group in one block, order on shelves included.

    None where there is none that way, or where the effort ended before one was found.
    """
    packer = _Packer(rack, rng, Effort(effort))
    spare = sum(rack.shelf_width) - rack.used(range(len(rack.facings)))
    try:
        every = (1 << len(packer.members)) - 1
        return packer.layout if packer.fill(0, every, NONE, 0, spare) else None
    except EffortSpent:
        return None


class _Packer:
    def __init__(self, rack: Rack, rng: Random, effort: Effort) -> None:
        self.rack = rack
        self.rng = rng
        self.effort = effort
        self.members = [
            [i for i, g in enumerate(rack.group) if g == group] for group in sorted(set(rack.group))
        ]
        self.width = [rack.used(items) for items in self.members]
        self._parts: dict[int, tuple[list[int], list[int]]] = {}
        self.layout: Layout = [[] for _ in rack.shelf_width]
        self._hopeless: set[tuple[int, int, int, int]] = set()

    def fill(self, z: int, waiting: int, begun: int, left: int, spare: int) -> bool:
        """Whether the shelves from ``z`` on can take the groups that wait.

        ``left``: items still to stand of the group ``begun``; ``spare``: what may stay empty.
        """
        if not waiting and begun == NONE:
            for shelf in self.layout[z:]:
                shelf.clear()
            return True
        state = z, waiting, begun, left
        if z == len(self.layout) or state in self._hopeless:
            return False
        for placed, empty, waits, begins, rest in self._choices(z, waiting, begun, left, spare):
            self.effort.spend()
            self.layout[z] = placed
            if self.fill(z + 1, waits, begins, rest, spare - empty):
                return True
        self._hopeless.add(state)
        return False

    def _choices(
        self, z: int, waiting: int, begun: int, left: int, spare: int
    ) -> Iterator[tuple[list[int], int, int, int, int]]:
        """What the shelf may hold, what stays empty, and what waits then, is begun, and is left."""
        room = self.rack.shelf_width[z]
        first: list[int] = []
        if begun != NONE:
            first = self._items(begun, left)
            room -= self.rack.used(first)
            if room < 0:
                room = self.rack.shelf_width[z]
                for width, part in self._between(begun, left, room - spare, room):
                    yield self._items(begun, part), room - width, waiting, begun, left & ~part
                if room <= spare:
                    yield [], room, waiting, begun, left
                return
        groups = [g for g in range(len(self.members)) if waiting >> g & 1]
        self.rng.shuffle(groups)
        for whole, width in self._together(groups, room):
            stands = [*first, *(i for g in whole for i in self.members[g])]
            rest = waiting & ~sum(1 << g for g in whole)
            empty = room - width
            if empty <= spare:
                yield stands, empty, rest, NONE, 0
            for group in groups:
                if rest >> group & 1:
                    every = (1 << len(self.members[group])) - 1
                    for part_width, part in self._between(group, every, empty - spare, empty):
                        begins = [*stands, *self._items(group, part)]
                        others = rest & ~(1 << group)
                        yield begins, empty - part_width, others, group, every & ~part

    def _together(self, groups: list[int], room: int) -> Iterator[tuple[list[int], int]]:
        """Sets of whole groups that fit, the empty one last, with their width.

        Each is charged: where width may not be spared, there are many that lead to nothing.
        """
        self.effort.spend()
        for k, group in enumerate(groups):
            if self.width[group] <= room:
                for more, width in self._together(groups[k + 1 :], room - self.width[group]):
                    yield [group, *more], width + self.width[group]
        yield [], 0

    def _between(self, group: int, among: int, least: int, most: int) -> list[tuple[int, int]]:
        """Parts of some of a group's items that are so wide, in random order."""
        if group not in self._parts:
            self._parts[group] = _parts(
                [self.rack.widths[i] for i in self.members[group]], self.rng
            )
        widths, parts = self._parts[group]
        here = range(bisect_left(widths, least), bisect_right(widths, most))
        found = [(widths[k], parts[k]) for k in here if not parts[k] & ~among]
        self.rng.shuffle(found)
        return found

    def _items(self, group: int, part: int) -> list[int]:
        return [i for k, i in enumerate(self.members[group]) if part >> k & 1]


def _parts(widths: list[int], rng: Random) -> tuple[list[int], list[int]]:
    """Width, rising, and items, as bits, of the parts of a group that are not all of it."""
    every = range(len(widths))
    parts: set[tuple[int, ...]] = set()
    for size in range(1, len(widths)):
        if len(parts) + comb(len(widths), size) <= MOST_PARTS:
            parts.update(combinations(every, size))
        elif size <= MOST_ITEMS:
            parts.update(tuple(sorted(rng.sample(every, size))) for _ in range(DRAWN))
    found = [(sum(widths[k] for k in part), sum(1 << k for k in part)) for part in parts]
    found.sort()
    return [width for width, _ in found], [part for _, part in found]
