"""The best placement of a small rack, with the proof that there is no better one.

Branch and bound: shelf after shelf every set of items that the bound (``bound.py``) does not rule
out, then every order of those (``shelf_orders.py``). The effort is limited by counting: where it
ends before everything is ruled out, the best found is returned without a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf

import numpy as np

from planner.shelves.bound import ROUNDING, LeastLoss, sets_among
from planner.shelves.effort import Effort, EffortSpent
from planner.shelves.pieces import Piece, following, links
from planner.shelves.rack import Layout, Rack
from planner.shelves.shelf_orders import OrderFinder, ShelfOrder
from planner.shelves.spare import ShelfFiller
from planner.shelves.weights import PlacementWeights

UP_TO = 10
"""Items of a rack that is searched through."""
EFFORT = 50_000
"""Orders of a shelf that are begun; a set of items looked at counts as ``SET_EFFORT``."""
SET_EFFORT = 8
WIDER = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 2.0, inf)
"""Losses above the bound that are looked at first, as shares of the sum of weights: most racks
have a placement near the bound, and little has to be looked at to find it."""


@dataclass(frozen=True)
class Proof:
    """What the search through a small rack found."""

    layout: Layout | None
    """None where the items cannot all stand, or where the effort ended before any was found."""
    whole: bool
    """Whether everything else was ruled out."""


def search_through(
    rack: Rack,
    weights: PlacementWeights,
    filler: ShelfFiller,
    effort: int = EFFORT,
    fixed: Mapping[int, Sequence[int]] | None = None,
) -> Proof:
    """The placement of least loss of at most ``UP_TO`` items.

    ``fixed``: shelves that stay as they are, with their items from left to right; the others
    share the other items out among themselves.
    """
    search = _Search(rack, weights, filler, Effort(effort), fixed or {})
    try:
        search.run()
    except EffortSpent:
        return Proof(search.layout, whole=False)
    return Proof(search.layout, whole=True)


@dataclass(frozen=True)
class _Open:
    """A piece that pieces of the next shelf may touch, and what it hangs together with."""

    piece: Piece
    reading: int
    upright: int


@dataclass(frozen=True)
class _Line:
    """Shelves that are not empty, with the sets of items that were put on them."""

    shelf: list[int]
    orders: list[list[ShelfOrder]]
    next_shelf: list[int]
    to_come: list[float]
    """Least that orders cost from each shelf on."""
    begins: list[tuple[int, int]]
    """Pieces from each shelf on that touch nothing before them, when read on, and upright."""
    spread: int
    """Need groups on several shelves."""
    joined: float
    """Least that these cost."""


class _Search:
    def __init__(
        self,
        rack: Rack,
        weights: PlacementWeights,
        filler: ShelfFiller,
        effort: Effort,
        fixed: Mapping[int, Sequence[int]],
    ) -> None:
        self.rack = rack
        self.weights = weights
        self.filler = filler
        self.effort = effort
        self.fixed = fixed
        self.least = LeastLoss(rack, weights, fixed)
        self.finder = OrderFinder(rack, weights, filler, effort)
        self.layout: Layout | None = None
        self.most = inf
        """Placements that cost as much are not looked at."""

    def run(self) -> None:
        least = self.least.least
        for share in WIDER if least < inf else ():
            self.most = least + share * sum(asdict(self.weights).values()) + 2 * ROUNDING
            self._share_out(0, 0, 0, -self.least.apart * len(self.least.several), [])
            if self.layout is not None:
                return

    def _share_out(self, z: int, stands: int, state: int, cost: float, chosen: list[int]) -> None:
        """Every set of the other items on shelf ``z``, the most promising first.

        ``cost``: at least that of the shelves before, with what their order adds.
        """
        if z == len(self.rack.shelf_width):
            self._in_order(chosen, cost)
            return
        least = self.least
        if z in self.fixed:
            after = least.groups_on(z, 0) if self.fixed[z] else self._passed(state)
            joined = float(least.link[z][state, after]) if self.fixed[z] else 0.0
            self._share_out(z + 1, stands, after, cost + joined, [*chosen, 0])
            return
        self.effort.spend(SET_EFFORT)
        sets = sets_among((1 << least.items) - 1 & ~stands)
        groups = least.groups[sets]
        here = least.own[z][sets] + least.link[z][state, groups]
        whole = cost + here + least.to_come[z + 1][stands | sets, groups]
        passed = self._passed(state)
        nothing = cost + float(least.own[z][0])
        tries = [(nothing + float(least.to_come[z + 1][stands, passed]), 0, nothing, passed)]
        for k in np.flatnonzero(whole < self.most - ROUNDING).tolist():
            tries.append((float(whole[k]), int(sets[k]), cost + float(here[k]), int(groups[k])))
        for bound, items, spent, after in sorted(tries):
            if bound >= self.most - ROUNDING:
                break
            added = self._adds(z, items, self.most - bound)
            if bound + added < self.most - ROUNDING:
                self._share_out(z + 1, stands | items, after, spent + added, [*chosen, items])

    def _passed(self, state: int) -> int:
        return int(self.least.passed(np.array(state)))

    def _adds(self, z: int, items: int, most: float) -> float:
        """What a set costs on a shelf beside ``LeastLoss.own``; infinite where above ``most``."""
        if not items:
            return 0.0
        alike = float(self.least.alike[items])
        gap = self._gap(z, items)
        orders = self.finder.orders(z, self._items(items), alike + most - gap)
        return gap + orders[0].cost - alike if orders else inf

    def _gap(self, z: int, items: int) -> float:
        """What the shelf's staying too empty costs beside ``LeastLoss.own``."""
        if not self.weights.full_shelves or self.least.empty[z][items]:
            return 0.0
        return self.weights.full_shelves * self.filler.stays_empty(z, self._items(items))

    def _items(self, items: int) -> tuple[int, ...]:
        return tuple(i for k, i in enumerate(self.least.free) if items >> k & 1)

    def _on_shelf(self, z: int, items: int) -> list[int]:
        return list(self.fixed[z]) if z in self.fixed else list(self._items(items))

    def _in_order(self, chosen: list[int], cost: float) -> None:
        """Every order of the sets chosen for the shelves; ``cost`` is the least of them."""
        layout = [self._on_shelf(z, items) for z, items in enumerate(chosen)]
        filled = [z for z, here in enumerate(layout) if here]
        slack = self.most - cost
        orders = []
        own = sum(float(self.least.own[z][items]) for z, items in enumerate(chosen))
        for z in filled:
            if z in self.fixed:
                orders.append([self.finder.as_it_is(z, self.fixed[z], self.least.several)])
                continue
            here = tuple(layout[z])
            cheapest = self.finder.orders(z, here, 0.0)
            first = cheapest[0].cost if cheapest else inf
            orders.append(self.finder.orders(z, here, first + slack))
            own += self._gap(z, chosen[z]) - float(self.least.alike[chosen[z]])
        to_come = [0.0]
        for here_orders in reversed(orders):
            to_come.insert(0, to_come[0] + here_orders[0].cost)
        groups = [self.least.groups_on(z, items) for z, items in enumerate(chosen)]
        line = _Line(
            shelf=filled,
            orders=orders,
            next_shelf=following(layout),
            to_come=to_come,
            begins=self._begins(groups, filled),
            spread=sum(
                sum(bool(here >> g & 1) for here in groups) > 1
                for g in range(len(self.least.several))
            ),
            joined=cost - own - to_come[0],
        )
        self._next(line, own, (0, 0), (), [])

    def _begins(self, groups: list[int], filled: list[int]) -> list[tuple[int, int]]:
        """``_Line.begins``; groups that stand on one shelf alone are left out."""
        rack = self.rack
        spread = 0
        seen = 0
        for here in groups:
            spread |= here & seen
            seen |= here
        begins = [(0, 0)]
        for k in range(len(filled) - 1, -1, -1):
            z = filled[k]
            here = groups[z] & spread
            reading = upright = here
            if k:
                y = filled[k - 1]
                reading &= ~groups[y]
                if (y + 1 == z and rack.stacked[y]) or (rack.alone[y] and rack.alone[z]):
                    upright &= ~groups[y]
            last = begins[0]
            begins.insert(0, (last[0] + reading.bit_count(), last[1] + upright.bit_count()))
        return begins

    def _next(
        self,
        line: _Line,
        cost: float,
        closed: tuple[int, int],
        open_: tuple[_Open, ...],
        placed: list[ShelfOrder],
    ) -> None:
        """The orders of the next shelf; ``closed``: blocks that nothing to come can touch."""
        k = len(placed)
        if k == len(line.shelf):
            reading = closed[0] + len({(o.piece.group, o.reading) for o in open_})
            upright = closed[1] + len({(o.piece.group, o.upright) for o in open_})
            loss = cost + self._of_blocks(line, reading, upright)
            if loss < self.most - ROUNDING:
                self.most = loss
                layout: Layout = [[] for _ in self.rack.shelf_width]
                for z, order in zip(line.shelf, placed, strict=True):
                    layout[z] = list(order.items)
                self.layout = layout
            return
        for order in line.orders[k]:
            spent = cost + order.cost
            if spent + line.to_come[k + 1] + line.joined >= self.most - ROUNDING:
                break
            self.effort.spend()
            after, (reading, upright) = self._carry(line, open_, order.pieces)
            shut = closed[0] + reading, closed[1] + upright
            touching = len({o.piece.group for o in after})
            begins = line.begins[k + 1]
            blocks = self._of_blocks(
                line, shut[0] + touching + begins[0], shut[1] + touching + begins[1]
            )
            if spent + line.to_come[k + 1] + blocks < self.most - ROUNDING:
                self._next(line, spent, shut, after, [*placed, order])

    def _of_blocks(self, line: _Line, reading: int, upright: int) -> float:
        """What groups on several shelves cost that fall into so many blocks."""
        return self.weights.group_blocks * (
            reading - line.spread
        ) + self.weights.vertical_blocks * (upright - line.spread)

    def _carry(
        self, line: _Line, open_: tuple[_Open, ...], pieces: Sequence[Piece]
    ) -> tuple[tuple[_Open, ...], tuple[int, int]]:
        """The pieces of the next shelf with what they join, and how many blocks nothing joined."""
        count = len(open_)
        reading = [*(o.reading for o in open_), *(-1 - k for k in range(len(pieces)))]
        upright = [*(o.upright for o in open_), *(-1 - k for k in range(len(pieces)))]
        for a, before in enumerate(open_):
            for b, piece in enumerate(pieces, start=count):
                if before.piece.group == piece.group:
                    one, both = links(self.rack, before.piece, piece, line.next_shelf)
                    for joined, labels in ((one, reading), (both, upright)):
                        if joined:
                            old, new = labels[a], labels[b]
                            labels[:] = [new if label == old else label for label in labels]
        shut = tuple(
            len(set(labels[:count]) - set(labels[count:])) for labels in (reading, upright)
        )
        after = tuple(
            _Open(piece, -1 - reading[count + k], -1 - upright[count + k])
            for k, piece in enumerate(pieces)
        )
        return after, (shut[0], shut[1])
