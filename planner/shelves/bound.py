"""What sharing the items of a small rack out over its shelves costs at least, order left open.

A dynamic program over shelves in reading order. A state is the set of items that stand already
and the need groups on the last shelf that is not empty; a step puts a set of the other items on
the next shelf. Sets are bits of whole numbers. What the order on the shelves adds is counted as
it would be at best: groups on neighbouring shelves stand above one another, one group runs on
where shelves are not stacked, a colour's items stand apart as far as there are others. So no
placement's loss (``score.py``) is less than this one, and often the best placement's is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import inf

import numpy as np

from planner.shelves.assign import shelf_costs
from planner.shelves.rack import UNKNOWN, Rack
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, most_facings
from planner.shelves.units import Flags, Floats, Ints
from planner.shelves.weights import PlacementWeights

STAY = 1e-7
"""What a move costs beside its weight: of placements that cost the same, one that moves less."""
ROUNDING = 1e-9
"""Losses that differ by less are alike."""


class LeastLoss:
    """Least losses of one rack: of a set on a shelf, of neighbouring shelves, of what is to come.

    ``fixed``: shelves that stay as they are; sets are those of the other items, and losses leave
    out what they cannot change. Takes memory and time in proportion to 3 to the power of the
    number of items that may move, times shelves.
    """

    def __init__(
        self, rack: Rack, weights: PlacementWeights, fixed: Mapping[int, Sequence[int]]
    ) -> None:
        self.rack = rack
        self.weights = weights
        self.fixed = fixed
        stays = {i for items in fixed.values() for i in items}
        self.free = [i for i in range(len(rack.facings)) if i not in stays]
        self.items = len(self.free)
        self.apart = weights.group_blocks + weights.vertical_blocks
        """What it costs that a need group has one piece more that touches no other."""
        self.members = _members(self.items)
        self.several = sorted(
            g for g in {rack.group[i] for i in self.free} if rack.group.count(g) > 1
        )
        """Need groups that may fall apart: of several items, not all of them fixed."""
        self.kinds = 1 << len(self.several)
        self.groups = self._groups()
        """For each set of items its groups of several items, as bits."""
        self.alike = weights.colour_breaks * _alike(
            [rack.colour[i] for i in self.free], self.members
        )
        """For each set what neighbours of one colour cost in any order."""
        self.own, self.empty = self._own()
        """[shelf, set]: loss of a set on a shelf in any order, infinite where it cannot be; and
        whether the shelf is known to stay too empty then, which is in the loss."""
        self.link = [self._link(z) for z in range(len(rack.shelf_width))]
        """For each shelf [groups of the last shelf, groups here]: what groups cost that enter."""
        self.to_come = self._to_come()
        """For each shelf [set that stands, groups of the last shelf]: loss of it and the others."""

    def passed(self, state: Ints) -> Ints:
        """The states after an empty shelf: only what runs on can join the groups seen last."""
        return state | self.kinds

    def groups_on(self, shelf: int, items: int) -> int:
        """Groups that may fall apart on a shelf, as bits; ``items``: the set that is put there."""
        if shelf not in self.fixed:
            return int(self.groups[items])
        here = {self.rack.group[i] for i in self.fixed[shelf]}
        return sum(1 << bit for bit, group in enumerate(self.several) if group in here)

    @property
    def least(self) -> float:
        """Of all placements; infinite where the items cannot all stand."""
        return float(self.to_come[0][0, 0]) - self.apart * len(self.several)

    def _groups(self) -> Ints:
        groups = np.zeros(1 << self.items, dtype=np.int64)
        for bit, group in enumerate(self.several):
            own = [k for k, i in enumerate(self.free) if self.rack.group[i] == group]
            groups |= self.members[:, own].any(axis=1).astype(np.int64) << bit
        return groups

    def _own(self) -> tuple[Floats, Flags]:
        rack, sets = self.rack, self.members.astype(np.float64)
        free = np.asarray(self.free, dtype=np.int64)
        home = np.asarray(rack.home)[free, None]
        moved = (home != UNKNOWN) & (home != np.arange(len(rack.shelf_width))[None, :])
        cost: Floats = shelf_costs(rack, self.weights)[free] + STAY * moved
        own: Floats = (sets @ cost).T + self.alike
        empty = np.zeros(own.shape, dtype=bool)
        whole = self.members.astype(np.int64)
        width: Ints = whole @ np.array(rack.widths, dtype=np.int64)[free]
        most: Ints = whole @ np.array(
            [
                min(
                    max(rack.shelf_width),
                    rack.facing_width[i] * max(rack.facings[i], most_facings(rack, i)),
                )
                for i in self.free
            ],
            dtype=np.int64,
        )
        for z, room in enumerate(rack.shelf_width):
            empty[z] = room - most > EMPTY_SHARE_EXPLAINED * room
            own[z] += self.weights.full_shelves * empty[z]
            own[z, width > room] = inf
        for z in self.fixed:
            own[z] = inf
            own[z, 0] = 0.0
        return own, empty

    def _link(self, z: int) -> Floats:
        rack, weights = self.rack, self.weights
        kinds = np.arange(self.kinds)
        size = _members(len(self.several)).sum(axis=1)
        common = kinds[:, None] & kinds[None, :]
        beside = weights.group_blocks + weights.vertical_blocks * rack.alone[z]
        passed = beside * (common > 0)
        joined: Floats = np.zeros(common.shape)
        if z and rack.stacked[z - 1]:
            joined = self.apart * size[common]
        elif z:
            both_alone = rack.alone[z - 1] and rack.alone[z]
            joined += (weights.group_blocks + weights.vertical_blocks * both_alone) * (common > 0)
        enter: Floats = self.apart * size[None, :] - np.concatenate([joined, passed])
        return enter

    def _to_come(self) -> list[Floats]:
        stands, added = _disjoint(self.items)
        fits: Flags = np.isfinite(self.own)
        some = self.own.min(axis=0)[added] < inf
        stands, added = stands[some], added[some]
        key = stands * self.kinds + self.groups[added]
        order = np.argsort(key, kind="stable")
        stands, added, key = stands[order], added[order], key[order]
        after, entered = stands | added, self.groups[added]
        sets, states = 1 << self.items, 2 * self.kinds
        passed = self.passed(np.arange(states))
        can = self._can_stand()
        last = np.full((sets, states), inf)
        last[-1] = 0.0
        found = [last]
        for z in range(len(self.rack.shelf_width) - 1, -1, -1):
            if z in self.fixed:
                found.insert(0, self._past_fixed(z, found[0]))
                continue
            open_ = np.flatnonzero(can[z][stands] & can[z + 1][after] & fits[z][added])
            value = self.own[z][added[open_]] + found[0][after[open_], entered[open_]]
            best = np.full(sets * self.kinds, inf)
            if len(open_):
                keys = key[open_]
                starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
                best[keys[starts]] = np.minimum.reduceat(value, starts)
            standing = np.flatnonzero(can[z])
            by_groups = best.reshape(sets, self.kinds)[standing]
            least: Floats = self.own[z][0] + found[0][standing[:, None], passed]
            for groups in range(self.kinds):
                rows = np.flatnonzero(by_groups[:, groups] < inf)
                if len(rows):
                    column = by_groups[rows, groups, None] + self.link[z][None, :, groups]
                    least[rows] = np.minimum(least[rows], column)
            every = np.full((sets, states), inf)
            every[standing] = least
            found.insert(0, every)
        return found

    def _past_fixed(self, z: int, to_come: Floats) -> Floats:
        """``to_come`` of a shelf that stays as it is."""
        states = np.arange(2 * self.kinds)
        if not self.fixed[z]:
            return to_come[:, self.passed(states)]
        groups = self.groups_on(z, 0)
        past: Floats = self.link[z][None, states, groups] + to_come[:, groups, None]
        return past

    def _can_stand(self) -> list[Flags]:
        """For each shelf, and after the last, which sets may stand on those before it.

        What the shelves before hold and those from it on do not hold says that.
        """
        width = self.members @ np.array([self.rack.widths[i] for i in self.free], dtype=np.int64)
        wide = [0 if z in self.fixed else w for z, w in enumerate(self.rack.shelf_width)]
        room = np.array([0, *wide]).cumsum()
        left = room[-1] - room
        return [
            (width <= before) & (width[-1] - width <= after)
            for before, after in zip(room.tolist(), left.tolist(), strict=True)
        ]


def states_of(rack: Rack, items: Sequence[int]) -> int:
    """How many losses ``LeastLoss`` keeps where these items may move."""
    groups = sum(rack.group.count(g) > 1 for g in {rack.group[i] for i in items})
    return len(rack.shelf_width) << (len(items) + groups + 1)


def _alike(colours: Sequence[int], members: Flags) -> Ints:
    """For each set how many neighbours of one colour it has in any order."""
    size: Ints = members.sum(axis=1)
    least = np.zeros(len(members), dtype=np.int64)
    for colour in set(colours) - {UNKNOWN}:
        count = members[:, np.array(colours) == colour].sum(axis=1)
        np.maximum(least, 2 * count - size - 1, out=least)
    return least


@lru_cache(maxsize=16)
def _members(items: int) -> Flags:
    """[set, item]: whether the item is in the set."""
    sets = np.arange(1 << items)
    return (sets[:, None] >> np.arange(items)[None, :] & 1).astype(bool)


@lru_cache(maxsize=16)
def _disjoint(items: int) -> tuple[Ints, Ints]:
    """Every set, with every set that is not empty and has no item in common with it."""
    one, other = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for item in range(items):
        bit = 1 << item
        one, other = (
            np.concatenate([one, one | bit, one]),
            np.concatenate([other, other, other | bit]),
        )
    return one[other > 0], other[other > 0]


@lru_cache(maxsize=4096)
def sets_among(items: int) -> Ints:
    """Every set that is not empty of some items, themselves given as a set."""
    sets = np.zeros(1, dtype=np.int64)
    bit = 1
    while bit <= items:
        if items & bit:
            sets = np.concatenate([sets, sets | bit])
        bit <<= 1
    return sets[1:]
