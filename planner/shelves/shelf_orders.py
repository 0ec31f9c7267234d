"""All orders of a set of items on one shelf that may belong to the best placement.

Orders that look alike from the neighbouring shelves, where the pieces of need groups that stand
on other shelves too begin and end at the same places, are one: the one that costs least.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import inf

from planner.shelves.effort import Effort
from planner.shelves.pieces import Piece, pieces_on
from planner.shelves.rack import UNKNOWN, Rack
from planner.shelves.spare import ShelfFiller
from planner.shelves.weights import PlacementWeights


@dataclass(frozen=True)
class ShelfOrder:
    """One order of a shelf's items."""

    cost: float
    """Of neighbours of one colour, items lifted past others, and pieces of groups of this shelf."""
    items: tuple[int, ...]
    pieces: tuple[Piece, ...]
    """Of need groups that stand on other shelves too."""


class OrderFinder:
    """Finds the orders of shelves of one rack, and remembers them."""

    def __init__(
        self, rack: Rack, weights: PlacementWeights, filler: ShelfFiller, effort: Effort
    ) -> None:
        self.rack = rack
        self.weights = weights
        self.filler = filler
        self.effort = effort
        self.apart = weights.group_blocks + weights.vertical_blocks
        self._known: dict[tuple[int, tuple[int, ...]], tuple[float, list[ShelfOrder]]] = {}

    def orders(self, shelf: int, items: tuple[int, ...], most: float) -> list[ShelfOrder]:
        """All that cost no more than ``most``, the cheapest first; maybe some dearer ones."""
        known = self._known.get((shelf, items))
        if known is None or known[0] < most:
            known = most, self._find(shelf, items, most)
            self._known[shelf, items] = known
        return known[1]

    def as_it_is(self, shelf: int, items: Sequence[int], groups: Collection[int]) -> ShelfOrder:
        """A shelf that stays: with the pieces of some need groups, and no cost."""
        facings = self._facings(shelf, items)
        pieces = pieces_on(self.rack, shelf, items, facings)
        return ShelfOrder(0.0, tuple(items), tuple(p for p in pieces if p.group in groups))

    def _facings(self, shelf: int, items: Iterable[int]) -> list[int]:
        facings = list(self.rack.facings)
        for item, given in self.filler.facings_on(shelf, items).items():
            facings[item] = given
        return facings

    def _find(self, shelf: int, items: tuple[int, ...], most: float) -> list[ShelfOrder]:
        rack, weights = self.rack, self.weights
        facings = self._facings(shelf, items)
        inside = [rack.group[i] for i in items]
        elsewhere = {g for g in inside if inside.count(g) < rack.group.count(g)}
        place = {
            i: rack.home_place[i]
            for i in items
            if rack.home[i] == shelf and rack.home_place[i] != UNKNOWN
        }
        last_place = max(place.values(), default=0) + 1
        as_today = sorted(items, key=lambda i: (place.get(i, last_place), i))
        least: dict[tuple[object, ...], float] = {}
        best: dict[tuple[Piece, ...], ShelfOrder] = {}
        order: list[int] = []

        def extend(cost: float, ends: list[int], begun: tuple[tuple[int, int], ...], left: int):  # type: ignore[no-untyped-def]
            """``begun``: groups with other shelves and where their pieces begin, ``UNKNOWN`` and
            where the last one ended."""
            self.effort.spend()
            if len(order) == len(items):
                pieces = tuple(
                    p for p in pieces_on(rack, shelf, order, facings) if p.group in elsewhere
                )
                if pieces not in best or cost < best[pieces].cost:
                    best[pieces] = ShelfOrder(cost, tuple(order), pieces)
                return
            last = order[-1] if order else UNKNOWN
            state = (frozenset(order), last, tuple(ends), begun)
            if least.get(state, inf) <= cost:
                return
            least[state] = cost
            group = rack.group[last] if order else None
            standing = {rack.group[i] for i in order}
            for item in sorted(
                (i for i in as_today if i not in state[0]), key=lambda i: rack.group[i] != group
            ):
                more, own, after, starts = cost, rack.group[item], ends, begun
                if order and rack.colour[last] == rack.colour[item] != UNKNOWN:
                    more += weights.colour_breaks
                if item in place:
                    k = bisect_right(ends, place[item])
                    after = [*ends[:k], place[item], *ends[k + 1 :]]
                    more += weights.shelf_order * (len(after) == len(ends))
                if own != group:
                    if group in elsewhere:
                        # Which of the items belong to which piece the set alone does not tell.
                        starts = (*starts, (UNKNOWN, left))
                    if own in elsewhere:
                        starts = (*starts, (own, left))
                    elif own in standing:
                        more += self.apart
                if more <= most:
                    order.append(item)
                    extend(more, after, starts, left + rack.facing_width[item] * facings[item])
                    order.pop()

        extend(0.0, [], (), 0)
        return sorted(best.values(), key=lambda found: found.cost)
