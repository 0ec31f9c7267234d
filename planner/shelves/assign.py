"""Which shelf each item stands on: a local search over exchanges between shelves.

The part of the loss (``score.py``) that does not depend on the order on a shelf: items on shelves
that suit them (moves, margin at eye level, weight low), need groups on neighbouring shelves, full
shelves. A step looks at all exchanges at once, as arrays: an item or a group's items of one shelf
(where that betters nothing, also two such units of one shelf together) to another shelf, there
against nothing or against such a unit. It makes the best one, and of the others those that have
neither shelves nor need groups in common with one made. The search ends where no exchange betters
the sum.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from planner.shelves.rack import UNKNOWN, Rack
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, ShelfFiller
from planner.shelves.units import Flags, Floats, Ints, Joining, Units, single_units, with_pairs
from planner.shelves.weights import PlacementWeights

STEPS = 40
"""Most exchanges of one search."""
PAIRS_UP_TO = 90
"""Items of a rack up to which two units of a shelf are exchanged together."""
LOOKED_AT = 16
"""Exchanges of a step, the best first, that are looked at one by one."""
LEAST_GAIN = 1e-7
OVERFULL = 40.0
"""What a shelf costs that is over its width by its mean item's width."""
SPAN = 0.1
"""What a need group's second shelf costs, as a share of a piece that does not stand upright: the
order on the shelves may not allow what the shelves would."""

Move = tuple[tuple[int, ...], int]
"""Items and the shelf that they go to."""


def shelf_costs(rack: Rack, weights: PlacementWeights) -> Floats:
    """[item, shelf]: loss of an item on a shelf for itself: moved, away from eye level, high."""
    margin = np.asarray(rack.margin)[:, None] / rack.mean_margin
    weight = np.asarray(rack.weight_kg)[:, None] / rack.mean_weight_kg
    home = np.asarray(rack.home)[:, None]
    shelf = np.arange(len(rack.shelf_width))[None, :]
    cost: Floats = (
        weights.eye_level_margin
        * any(rack.eye_level)
        * (np.abs(margin) - margin * np.asarray(rack.eye_level)[None, :])
        + weights.heavy_low * weight * np.asarray(rack.height)[None, :]
        + weights.moves * ((home != UNKNOWN) & (home != shelf))
    )
    return cost


class ShelfChooser:
    """The search on one rack; what full shelves cost is remembered between searches."""

    def __init__(self, rack: Rack, weights: PlacementWeights, filler: ShelfFiller) -> None:
        self.rack = rack
        self.filler = filler
        self.full = weights.full_shelves
        self.items = len(rack.facings)
        self.cost = shelf_costs(rack, weights)
        self.width = np.array([rack.width(i) for i in range(self.items)], dtype=np.int64)
        self.group = np.asarray(rack.group, dtype=np.int64)
        self.groups = int(self.group.max(initial=-1)) + 1
        self.room = np.asarray(rack.shelf_width, dtype=np.int64)
        self.apart = weights.group_blocks + weights.vertical_blocks
        span = SPAN * weights.vertical_blocks
        shelves = len(rack.shelf_width)
        self.link = np.zeros(shelves + 1)
        """What a group saves that stands on shelf z - 1 and on shelf z."""
        self.runs_on = np.zeros(shelves + 1, dtype=bool)
        """Where only one group can: the one that ends shelf z - 1 and begins shelf z."""
        for z in range(shelves - 1):
            self.runs_on[z + 1] = not rack.stacked[z]
            beside = rack.stacked[z] or (rack.alone[z] and rack.alone[z + 1])
            self.link[z + 1] = max(0.0, (self.apart if beside else weights.group_blocks) - span)
        self.scale = OVERFULL / max(1.0, float(self.width.mean()))
        self.empty = [EMPTY_SHARE_EXPLAINED * w for w in rack.shelf_width]
        """Width of each shelf that may stay empty."""

    def loss(self, shelf: Ints) -> float:
        """The part of the loss that this search sees, widths that are too much included."""
        free = self._free(shelf)
        over = -np.minimum(free, 0).sum() * self.scale
        own = self.cost[np.arange(self.items), shelf].sum()
        gaps = sum(self._gaps(free.tolist(), self._members(shelf)))
        return float(own + over) + self._apart(self._counts(shelf) > 0) + self.full * gaps

    def _apart(self, present: Flags) -> float:
        """What it costs that need groups fall apart; ``present``: [group, shelf]."""
        wide = present[:, 1:] & present[:, :-1]
        linked = wide.sum(axis=0)
        linked = np.where(self.runs_on[1:-1], np.minimum(linked, 1), linked)
        saved = (self.link[1:-1] * linked).sum()
        saved -= (self.link[2:-1] * self._cut(present, wide)).sum()
        return float(self.apart * (present.sum() - self.groups) - saved)

    def better(self, shelf: Ints, *, thoroughly: bool = False) -> Ints:
        """The shelf of each item after the search; widths are never broken more than before.

        ``thoroughly``: where no exchange betters the sum, two units of a shelf go together; where
        that does not either, whole shelves change places.
        """
        shelf = shelf.copy()
        in_pairs = False
        # Exchanges are valued one by one: several together may lead back to where the search was.
        trail: dict[bytes, Ints] = {}
        for _ in range(STEPS):
            moves = self._exchanges(shelf, in_pairs=in_pairs)
            if not moves and not thoroughly:
                break
            if not moves and (in_pairs or self.items > PAIRS_UP_TO):
                other = self._whole_shelves(shelf)
                if other is None:
                    break
                shelf = other
            in_pairs = not moves and not in_pairs and self.items <= PAIRS_UP_TO
            for items, to in moves:
                shelf[list(items)] = to
            if moves and shelf.tobytes() in trail:
                return min(trail.values(), key=self.loss)
            trail[shelf.tobytes()] = shelf.copy()
        return shelf

    def _whole_shelves(self, shelf: Ints) -> Ints | None:
        """With all of two shelves exchanged, or all shelves in the opposite order; None: worse."""
        shelves = len(self.room)
        same = np.arange(shelves)
        orders = [same[::-1]]
        for a, b in combinations(range(shelves), 2):
            order = same.copy()
            order[[a, b]] = b, a
            orders.append(order)
        own = np.zeros((shelves, shelves))
        np.add.at(own, shelf, self.cost)
        present = self._counts(shelf) > 0
        now = own.trace() + self._apart(present)
        best, found = -LEAST_GAIN, None
        for order in orders:
            change = own[same, order].sum() + self._apart(present[:, order]) - now
            if change < best:
                other = order[shelf]
                if (self.room[order] == self.room).all() or (
                    self.fits(other) and self.loss(other) < self.loss(shelf) - LEAST_GAIN
                ):
                    best, found = change, other
        return found

    def fits(self, shelf: Ints) -> bool:
        """Whether no shelf is over its width."""
        return bool((self._free(shelf) >= 0).all())

    def _free(self, shelf: Ints) -> Ints:
        used = np.bincount(shelf, weights=self.width, minlength=len(self.room))
        free: Ints = self.room - used.astype(np.int64)
        return free

    def _counts(self, shelf: Ints) -> Ints:
        shelves = len(self.room)
        places = np.bincount(self.group * shelves + shelf, minlength=self.groups * shelves)
        count: Ints = places.reshape(self.groups, shelves)
        return count

    def _members(self, shelf: Ints) -> list[list[int]]:
        members: list[list[int]] = [[] for _ in self.room]
        for item, z in enumerate(shelf.tolist()):
            members[z].append(item)
        return members

    def _gaps(self, free: list[int], members: list[list[int]]) -> list[bool]:
        """Whether too much of each shelf stays empty."""
        return [
            width > most and self.filler.stays_empty(z, members[z])
            for z, (width, most) in enumerate(zip(free, self.empty, strict=True))
        ]

    def _cut(self, present: Flags, wide: Flags) -> Flags:
        """[group, inner shelf]: whether another group there keeps one from running through.

        ``wide``: [group, shelf]: whether a group stands on a shelf and on the next.
        """
        through = wide[:, 1:] & wide[:, :-1] & self.runs_on[1:-2] & self.runs_on[2:-1]
        cut: Flags = through & (present.sum(axis=0) > 1)[1:-1]
        return cut

    def _joining(self, shelf: Ints) -> Joining:
        count = self._counts(shelf)
        present = np.zeros((self.groups, len(self.room) + 2), dtype=bool)
        present[:, 1:-1] = count > 0
        wide = present[:, 1:] & present[:, :-1]
        taken = self.runs_on & (wide.sum(axis=0) - wide > 0)
        taken[:, 2:-1] |= self._cut(present[:, 1:-1], wide[:, 1:-1])
        link = np.where(taken, 0.0, self.link)
        before, after = link[:, :-1], link[:, 1:]
        joins = self.apart - before * present[:, :-2] - after * present[:, 2:]
        return Joining(
            enter=joins * ~present[:, 1:-1],
            joins=joins,
            up=after * ~present[:, 2:],
            down=before * ~present[:, :-2],
            count=count,
        )

    def _exchanges(self, shelf: Ints, *, in_pairs: bool) -> list[Move]:
        """What to move where; nothing where no exchange betters the sum."""
        joining = self._joining(shelf)
        units = single_units(shelf, self.group, self.width, self.cost, joining)
        if in_pairs:
            units = with_pairs(units, self.items, joining)
        free = self._free(shelf)
        unit, to, change_alone = self._to_other_shelves(units, free)
        one, other, change_both = self._against_units(units, free, shelf)
        changes = np.round(np.concatenate([change_alone, change_both]), 9)
        members = self._members(shelf)
        room = free.tolist()
        gaps = self._gaps(room, members)
        most = 2 * self.full if any(gaps) else 0.0
        open_ = np.flatnonzero(changes < most - LEAST_GAIN)
        if len(open_) > LOOKED_AT:
            open_ = open_[np.argpartition(changes[open_], LOOKED_AT)[:LOOKED_AT]]
        open_ = open_[np.lexsort((open_, changes[open_]))]
        made: list[Move] = []
        touched: set[int] = set()
        groups: set[int] = set()
        left = list(room)
        for k in open_.tolist():
            if k < len(unit):
                a, there = int(unit[k]), int(to[k])
                moves = [(units.members[a], there)]
            else:
                a, b = int(one[k - len(unit)]), int(other[k - len(unit)])
                there = int(units.shelf[b])
                moves = [(units.members[a], there), (units.members[b], int(units.shelf[a]))]
            here = int(units.shelf[a])
            own = {self.rack.group[i] for items, _ in moves for i in items}
            change = float(changes[k])
            both = touched & {here, there}
            gained = sum(self.rack.widths[i] for i in moves[0][0])
            gained -= sum(self.rack.widths[i] for i in moves[1][0]) if len(moves) > 1 else 0
            if own & groups or (both and not self._narrow(left, here, there, gained)):
                continue
            if self.full and not both:
                change += self.full * self._gap_change(members, gaps, room, here, there, moves)
            if change < -LEAST_GAIN:
                made += moves
                touched |= {here, there}
                groups |= own
                left[here] += gained
                left[there] -= gained
        return made

    def _narrow(self, left: list[int], here: int, there: int, gained: int) -> bool:
        """Whether both shelves hold what they get, and neither stays too empty."""
        return (
            0 <= left[here] + gained <= self.empty[here]
            and 0 <= left[there] - gained <= self.empty[there]
        )

    def _to_other_shelves(self, units: Units, free: Ints) -> tuple[Ints, Ints, Floats]:
        """Units, shelves, and what going there against nothing changes, where that is possible."""
        at, width = units.shelf, units.width
        left = free - width[:, None]
        over = np.minimum(free, 0)
        if over.any():
            relief = np.minimum(free[at] + width, 0) - over[at]
            gained = relief[:, None] + np.minimum(left, 0) - over
            possible = gained >= 0
        else:
            gained = None
            possible = left >= 0
        possible[np.arange(len(at)), at] = False
        unit, to = np.nonzero(possible)
        change = units.change[unit, to]
        if gained is not None:
            change = change - self.scale * gained[unit, to]
        return unit, to, change

    def _against_units(self, units: Units, free: Ints, shelf: Ints) -> tuple[Ints, Ints, Floats]:
        """Two units each, and what their changing places changes, where that is possible."""
        at, width, group, second = units.shelf, units.width, units.group, units.other_group
        left = free[at][:, None] + width[:, None] - width
        over = np.minimum(free, 0)
        if over.any():
            gained = np.minimum(left, 0) - over[at][:, None]
            gained = gained + gained.T
            possible = gained >= 0
        else:
            gained = None
            possible = left >= 0
            possible &= possible.T
        possible &= at[:, None] < at
        alike = group[:, None] == group
        if second is not group:
            alike |= group[:, None] == second
            alike |= alike.T | (second[:, None] == second)
        alike[: self.items, : self.items] = False
        possible &= ~alike
        one, other = np.nonzero(possible)
        change = units.change[one, at[other]] + units.change[other, at[one]]
        # Items of one group that change places leave the group where it is.
        same = np.flatnonzero(group[one] == group[other])
        same = same[(one[same] < self.items) & (other[same] < self.items)]
        a, b = one[same], other[same]
        change[same] = (
            self.cost[a, shelf[b]]
            + self.cost[b, shelf[a]]
            - self.cost[a, shelf[a]]
            - self.cost[b, shelf[b]]
        )
        if gained is not None:
            change = change - self.scale * gained[one, other]
        return one, other, change

    def _gap_change(
        self,
        members: list[list[int]],
        gaps: list[bool],
        free: list[int],
        here: int,
        there: int,
        moves: list[Move],
    ) -> int:
        """How many shelves more stay too empty after an exchange between two shelves."""
        goes, comes = moves[0][0], moves[1][0] if len(moves) > 1 else ()
        gained = self.rack.used(goes) - self.rack.used(comes)
        after = 0
        for z, width, leave, enter in (
            (here, free[here] + gained, goes, comes),
            (there, free[there] - gained, comes, goes),
        ):
            if width > self.empty[z]:
                stays = [i for i in members[z] if i not in leave]
                after += self.filler.stays_empty(z, [*stays, *enter])
        return after - gaps[here] - gaps[there]
