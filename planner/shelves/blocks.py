"""Packing shelf by shelf with each need group in one block.

A randomised next-fit: shelves are filled in reading order, first with the rest of the group
that the last shelf began, then with whole groups, then with the beginning of one more group.
Which of them, subset sums decide, so that what stays empty at the end of a shelf is as near as
can be to an even share of the spare width. Nearly every order of modular widths can be filled
exactly, so a few tries find many packings, and the better ones can be chosen among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import gcd
from random import Random

from planner.shelves.rack import Layout, Rack
from planner.shelves.subset import choose, finest_step, nearest_sum, reachable, sums_of

Costs = Sequence[Sequence[float]]
NOISE = 0.01
"""By how much wishes differ at random where they are alike, in items by width step."""


def _wishes(cost: Sequence[float]) -> list[float]:
    """For each shelf what an item saves there against the mean of it and the shelves to come."""
    wishes: list[float] = []
    total = 0.0
    for n, own in enumerate(reversed(cost), start=1):
        total += own
        wishes.append(total / n - own)
    return wishes[::-1]


class BlockPacker:
    """Draws packings of one rack in which groups stand in one block."""

    def __init__(self, rack: Rack, cost: Costs, rng: Random) -> None:
        """``cost``: [item][shelf], what an item on a shelf costs for itself."""
        self.rack = rack
        self.rng = rng
        self.freely = False
        n = len(rack.facings)
        # Widths without a common measure are taken as a little wider, or sums would be endless.
        step = max(gcd(*(rack.width(i) for i in range(n))), finest_step(rack.shelf_width))
        self.width = [-(-rack.width(i) // step) for i in range(n)]
        self.room = [w // step for w in rack.shelf_width]
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for item in range(n):
            groups[rack.group[item]].append(item)
        self.groups = dict(groups)
        self.group_width = {g: sum(self.width[i] for i in items) for g, items in groups.items()}
        self.wish = [_wishes(own) for own in cost]
        self.group_wish = {
            g: [sum(column) for column in zip(*(self.wish[i] for i in items), strict=True)]
            for g, items in self.groups.items()
        }

    def draw(self, spread: float, *, freely: bool) -> tuple[Layout, list[int]]:
        """One packing and the items that found no room in it.

        ``spread`` 1 leaves the same share empty on every shelf, 0 fills shelf after shelf.
        ``freely`` draws without a wish for eye level or for few groups over two shelves: less
        to look at, but it reaches packings that the wishes would rule out.
        """
        self.freely = freely
        waiting = {g: list(items) for g, items in self.groups.items()}
        layout: Layout = []
        begun: int | None = None
        to_place = sum(self.width)
        room_left = sum(self.room)
        for shelf, room in enumerate(self.room):
            slack = max(0.0, 1 - to_place / room_left) if room_left else 0.0
            target = round(room * (1 - spread * slack))
            if self.rng.random() < 0.15:
                target = self.rng.randint(min(target, room), room)
            placed: list[int] = []
            if begun is not None:
                rest = waiting[begun]
                if sum(self.width[i] for i in rest) <= room:
                    placed += rest
                    del waiting[begun]
                    begun = None
                else:
                    placed += self._some(rest, room, target, shelf)
            if begun is None:
                filled = sum(self.width[i] for i in placed)
                more, begun = self._open(waiting, room - filled, max(0, target - filled), shelf)
                placed += more
            if begun is not None:
                taken = set(placed)
                waiting[begun] = [i for i in waiting[begun] if i not in taken]
            layout.append(placed)
            to_place -= sum(self.width[i] for i in placed)
            room_left -= room
        return layout, [item for items in waiting.values() for item in items]

    def _by_wish(self, units: list[tuple[int, float]]) -> list[int]:
        """Items or groups, those last that this shelf should have before the shelves to come.

        A unit is its number and its wish for this shelf.
        """
        random = self.rng.random
        if self.freely:
            wishes = [(random(), n) for n in range(len(units))]
        else:
            wishes = [
                (wish * (0.5 + random()) + NOISE * random(), n) for n, (_, wish) in enumerate(units)
            ]
        wishes.sort()
        return [units[n][0] for _, n in wishes]

    def _items_by_wish(self, items: list[int], shelf: int) -> list[int]:
        return self._by_wish([(i, self.wish[i][shelf] / self.width[i]) for i in items])

    def _some(self, items: list[int], room: int, target: int, shelf: int) -> list[int]:
        """A part of a group that fills the room as near to the target as can be."""
        order = self._items_by_wish(items, shelf)
        widths = [self.width[i] for i in order]
        sets = reachable(widths, room)
        chosen, _ = choose(sets, widths, nearest_sum(sets[-1], target), self.rng)
        return [order[k] for k in chosen]

    def _open(
        self, waiting: dict[int, list[int]], room: int, target: int, shelf: int
    ) -> tuple[list[int], int | None]:
        """Whole groups, and the beginning of one more where those miss the target.

        No group in ``waiting`` is begun; those placed whole leave it. Returns the items and the
        group begun.
        """
        width = self.group_width
        order = self._by_wish([(g, self.group_wish[g][shelf] / width[g]) for g in waiting])
        widths = [width[g] for g in order]
        sets = reachable(widths, room)
        best_sum = nearest_sum(sets[-1], target)
        whole = not (self.freely and self.rng.random() < 0.5)
        if (best_sum >= target and whole) or not order:
            return self._take(waiting, order, sets, widths, best_sum), None
        best: tuple[int, int | None] = (best_sum, None)
        for candidate in self.rng.sample(order, min(len(order), 6)):
            others = [width[g] for g in order if g != candidate]
            parts = [self.width[i] for i in waiting[candidate]]
            sums = sums_of(parts, room, sums_of(others, room))
            found = nearest_sum(sums, target)
            if found > best[0] or (found == best[0] and not whole):
                best = (found, candidate)
            if found >= target:
                break
        best_sum, begun = best
        if begun is None:
            return self._take(waiting, order, sets, widths, best_sum), None
        parts_order = self._items_by_wish(waiting[begun], shelf)
        parts = [self.width[i] for i in parts_order]
        others_order = [g for g in order if g != begun]
        others = [width[g] for g in others_order]
        other_sets = reachable(others, room)
        part_sets = reachable(parts, room, other_sets[-1])
        chosen, rest = choose(part_sets, parts, best_sum, self.rng, eager=0.5)
        items = self._take(waiting, others_order, other_sets, others, rest)
        if len(chosen) == len(parts):
            del waiting[begun]
            return items + [parts_order[k] for k in chosen], None
        return items + [parts_order[k] for k in chosen], begun

    def _take(
        self,
        waiting: dict[int, list[int]],
        order: list[int],
        sets: list[int],
        widths: list[int],
        total: int,
    ) -> list[int]:
        chosen, _ = choose(sets, widths, total, self.rng)
        return [item for k in chosen for item in waiting.pop(order[k])]
