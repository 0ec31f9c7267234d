"""In which order the items of each shelf stand: need groups upright, colours apart, as today.

Shelves are taken one after another, several times over; on each, need groups change places among
one another, and items among those of their group, as long as that betters the part of the loss
(``score.py``) that depends on this shelf's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TypeVar

from planner.shelves.pieces import Apart, Piece, apart, following, pieces_on
from planner.shelves.rack import UNKNOWN, Layout, Rack
from planner.shelves.score import alike_neighbours, lifted_past
from planner.shelves.weights import PlacementWeights

SWEEPS = 3
ALL_ORDERS_UP_TO = 4
"""Need groups on a shelf up to which every order of them is tried."""
LEAST_GAIN = 1e-9

Segments = list[list[int]]
T = TypeVar("T")


def arrange(
    rack: Rack,
    shelves: Sequence[Sequence[int]],
    facings: Sequence[int],
    weights: PlacementWeights,
) -> Layout:
    """The items of each shelf from left to right.

    ``facings`` as printed: whether pieces of a need group stand above one another depends on them.
    """
    return _Arranger(rack, shelves, facings, weights).run()


class _Arranger:
    def __init__(
        self,
        rack: Rack,
        shelves: Sequence[Sequence[int]],
        facings: Sequence[int],
        weights: PlacementWeights,
    ) -> None:
        self.rack = rack
        self.facings = facings
        self.weights = weights
        self.in_blocks = bool(weights.group_blocks or weights.vertical_blocks)
        self.segments = [self._as_today(z, items) for z, items in enumerate(shelves)]
        self.layout: Layout = [_flat(segments) for segments in self.segments]
        self.next_shelf = following(self.layout)
        self.pieces = [pieces_on(rack, z, items, facings) for z, items in enumerate(self.layout)]
        on_shelves: dict[int, list[int]] = {}
        for z, items in enumerate(self.layout):
            for group in {rack.group[i] for i in items}:
                on_shelves.setdefault(group, []).append(z)
        self.on_shelves = on_shelves

    def run(self) -> Layout:
        shelves = len(self.layout)
        open_ = [len(items) > 1 for items in self.layout]
        for _ in range(SWEEPS):
            for z in range(shelves):
                if open_[z]:
                    open_[z] = False
                    if self._better(z) | self._join(z):
                        for beside in (z - 1, self.next_shelf[z]):
                            if beside >= 0:
                                open_[beside] = len(self.layout[beside]) > 1
            if not any(open_):
                break
        return self.layout

    def _as_today(self, z: int, items: Sequence[int]) -> Segments:
        """Need groups and items in today's order; those without a place of today come last."""
        place = {
            i: self.rack.home_place[i]
            for i in items
            if self.rack.home[i] == z and self.rack.home_place[i] != UNKNOWN
        }
        last = 1 + max(place.values(), default=0)
        own: dict[int, list[int]] = {}
        for item in sorted(items, key=lambda i: (place.get(i, last), i)):
            own.setdefault(self.rack.group[item], []).append(item)
        if not self.in_blocks:
            return [[i] for i in sorted(items, key=lambda i: (place.get(i, last), i))]
        return list(own.values())

    def _better(self, z: int) -> bool:
        """Better the order of one shelf; whether it was."""
        cost = self._cost(z, self.layout[z])
        if cost <= LEAST_GAIN:
            return False
        changed = False
        for orders in (self._orders_of_groups, self._orders_in_groups):
            again = True
            while again and cost > LEAST_GAIN:
                again = False
                best = self.segments[z]
                for segments in orders(self.segments[z]):
                    other = self._cost(z, _flat(segments))
                    if other < cost - LEAST_GAIN:
                        cost, best, again = other, segments, True
                if again:
                    changed = True
                    self._set(z, best)
        return changed

    def _join(self, z: int) -> bool:
        """Bring together what a group has on this shelf and the next, in one step on both."""
        y = self.next_shelf[z]
        if y < 0:
            return False
        here, there = self.segments[z], self.segments[y]
        groups = {self.rack.group[s[0]] for s in here} & {self.rack.group[s[0]] for s in there}
        changed = False
        for group in sorted(groups):
            loss = self._of_both(z, y)
            best = None
            for last, first in ((True, True), (False, True), (True, False)):
                for k, segments in (z, self._at_end(here, group, last=last)), (
                    y, self._at_end(there, group, last=not first)
                ):  # fmt: skip
                    self._set(k, segments)
                other = self._of_both(z, y)
                if other < loss - LEAST_GAIN:
                    loss, best = other, (self.segments[z], self.segments[y])
            here, there = best or (here, there)
            self._set(z, here)
            self._set(y, there)
            changed |= best is not None
        return changed

    def _at_end(self, segments: Segments, group: int, *, last: bool) -> Segments:
        own = [s for s in segments if self.rack.group[s[0]] == group]
        rest = [s for s in segments if self.rack.group[s[0]] != group]
        return rest + own if last else own + rest

    def _set(self, z: int, segments: Segments) -> None:
        self.segments[z] = segments
        self.layout[z] = _flat(segments)
        self.pieces[z] = pieces_on(self.rack, z, self.layout[z], self.facings)

    def _of_both(self, z: int, y: int) -> float:
        """What depends on the order of two shelves."""
        cost = sum(self._alone(k, self.layout[k]) for k in (z, y))
        for group in {p.group for k in (z, y) for p in self.pieces[k]}:
            cost += self._of_group(group, z, [p for p in self.pieces[z] if p.group == group])
        return cost

    def _orders_of_groups(self, segments: Segments) -> Iterator[Segments]:
        if len(segments) <= ALL_ORDERS_UP_TO:
            for order in permutations(segments):
                yield list(order)
            return
        yield from _reinsertions(segments)
        yield segments[::-1]

    def _orders_in_groups(self, segments: Segments) -> Iterator[Segments]:
        for k, segment in enumerate(segments):
            if len(segment) > 1:
                for other in _reinsertions(segment):
                    yield [*segments[:k], other, *segments[k + 1 :]]

    def _cost(self, z: int, items: Sequence[int]) -> float:
        """What depends on the order of one shelf."""
        cost = self._alone(z, items)
        if self.in_blocks:
            own: dict[int, list[Piece]] = {}
            for piece in pieces_on(self.rack, z, items, self.facings):
                own.setdefault(piece.group, []).append(piece)
            for group, pieces in own.items():
                if len(pieces) > 1 or len(self.on_shelves[group]) > 1:
                    cost += self._of_group(group, z, pieces)
        return cost

    def _alone(self, z: int, items: Sequence[int]) -> float:
        """Of that, what no other shelf has to do with."""
        cost = 0.0
        if self.weights.colour_breaks:
            cost += self.weights.colour_breaks * alike_neighbours(self.rack, items)
        if self.weights.shelf_order:
            cost += self.weights.shelf_order * lifted_past(self.rack, z, items)
        return cost

    def _of_group(self, group: int, shelf: int, here: list[Piece]) -> float:
        """A group's part of the loss, with these of its pieces on one shelf."""
        found = self._apart(group, shelf, here)
        return self.weights.group_blocks * (found.reading - 1) + self.weights.vertical_blocks * (
            found.upright - 1
        )

    def _apart(self, group: int, shelf: int, here: list[Piece]) -> Apart:
        pieces = []
        for z in self.on_shelves[group]:
            pieces += here if z == shelf else [p for p in self.pieces[z] if p.group == group]
        return apart(self.rack, pieces, self.next_shelf)


def _flat(segments: Segments) -> list[int]:
    return [item for segment in segments for item in segment]


def _reinsertions(row: list[T]) -> Iterator[list[T]]:
    for k, one in enumerate(row):
        rest = row[:k] + row[k + 1 :]
        for to in range(len(row)):
            if to != k:
                yield [*rest[:to], one, *rest[to:]]
