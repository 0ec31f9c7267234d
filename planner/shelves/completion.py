"""Packing without regard to need groups by bin completion, shelf after shelf.

Korf (2002), A new algorithm for optimal bin packing, AAAI-02: the widest item left goes to a
shelf, and every set of items that may stand beside it is tried, fullest shelf and widest items
first. What the shelves together may leave empty is known from the start, so a shelf that wastes
more than that is never tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from planner.shelves.effort import Effort, EffortSpent

EFFORT = 4000
"""Sets of items that are tried in all: the same answer on every machine."""


class _Search:
    def __init__(self, widths: list[int], rooms: list[int], effort: int) -> None:
        counted = Counter(widths)
        self.widths = sorted(counted, reverse=True)
        self.counts = [counted[w] for w in self.widths]
        self.rooms = Counter(rooms)
        self.effort = Effort(effort)
        self.filled: list[tuple[int, list[int]]] = []
        """Width of a shelf, and how many items of each width stand on it."""
        self.hopeless: set[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]] = set()

    def solve(self, spare: int) -> bool:
        """Whether the items left stand on the shelves left, ``spare`` of which stays empty."""
        widest = next((k for k, n in enumerate(self.counts) if n), None)
        if widest is None:
            return True
        left = tuple(sorted((room, n) for room, n in self.rooms.items() if n))
        state = (tuple(self.counts), left)
        if state in self.hopeless:
            return False
        for room, _ in left:
            if self.widths[widest] <= room and self._fill(room, widest, spare):
                return True
        self.hopeless.add(state)
        return False

    def _fill(self, room: int, widest: int, spare: int) -> bool:
        self.counts[widest] -= 1
        self.rooms[room] -= 1
        rest = room - self.widths[widest]
        for beside, empty in self._sets(widest, rest, min(spare, rest)):
            self.effort.spend()
            for k, n in beside:
                self.counts[k] -= n
            if self.solve(spare - empty):
                on_shelf = [0] * len(self.widths)
                on_shelf[widest] += 1
                for k, n in beside:
                    on_shelf[k] += n
                self.filled.append((room, on_shelf))
                return True
            for k, n in beside:
                self.counts[k] += n
        self.counts[widest] += 1
        self.rooms[room] += 1
        return False

    def _sets(
        self, first: int, rest: int, spare: int
    ) -> Iterator[tuple[tuple[tuple[int, int], ...], int]]:
        """Sets of items that leave at most ``spare`` of ``rest`` empty, the fullest first.

        A set says how many of each width; with it comes what it leaves empty.
        """
        kinds = [k for k in range(first, len(self.widths)) if self.counts[k]]
        # sums[j]: bit s is one where some of the items of kinds[j:] are s wide together
        sums = [1]
        limit = (1 << (rest + 1)) - 1
        for k in reversed(kinds):
            bits = sums[-1]
            for _ in range(min(self.counts[k], rest // self.widths[k])):
                bits |= (bits << self.widths[k]) & limit
            sums.append(bits)
        sums.reverse()
        for empty in range(spare + 1):
            total = rest - empty
            if (sums[0] >> total) & 1:
                for found in self._exact(kinds, sums, 0, total):
                    yield found, empty

    def _exact(
        self, kinds: list[int], sums: list[int], j: int, total: int
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        if total == 0:
            yield ()
            return
        width = self.widths[kinds[j]]
        for n in range(min(self.counts[kinds[j]], total // width), -1, -1):
            left = total - n * width
            if (sums[j + 1] >> left) & 1:
                for more in self._exact(kinds, sums, j + 1, left):
                    yield ((kinds[j], n), *more) if n else more


def complete(width: list[int], room: list[int], effort: int = EFFORT) -> list[list[int]] | None:
    """Items 0..n-1 on shelves 0..m-1 where all of them stand, by whole-numbered widths.

    None where they cannot all stand, or where the effort ends before that is known.
    """
    try:
        return complete_or_none(width, room, effort)
    except EffortSpent:
        return None


def complete_or_none(
    width: list[int], room: list[int], effort: int = EFFORT
) -> list[list[int]] | None:
    """``complete`` where None says that they cannot all stand.

    Raises EffortSpent where the effort ends before that is known.
    """
    search = _Search(width, room, effort)
    if sum(width) > sum(room) or not search.solve(sum(room) - sum(width)):
        return None
    waiting: dict[int, list[int]] = {}
    for item, w in enumerate(width):
        waiting.setdefault(w, []).append(item)
    free: dict[int, list[int]] = {}
    for z, w in enumerate(room):
        free.setdefault(w, []).append(z)
    shelves: list[list[int]] = [[] for _ in room]
    for w, on_shelf in search.filled:
        shelf = shelves[free[w].pop()]
        for k, n in enumerate(on_shelf):
            shelf += [waiting[search.widths[k]].pop(0) for _ in range(n)]
    return shelves
