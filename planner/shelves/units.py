"""What may go to another shelf together, and what its going there changes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Joining:
    """What it costs need groups to stand on shelves, all else as it is; [group, shelf] each."""

    enter: Floats
    """For the group's first item there; 0 where it stands there already."""
    joins: Floats
    """The same whether or not it stands there, so what its last item there saves by leaving."""
    up: Floats
    """What its last item saves less by going from the shelf to the next: the link between them."""
    down: Floats
    """The same for the shelf before."""
    count: Ints
    """Items of the group on the shelf."""


@dataclass(frozen=True)
class Units:
    """Units of one rack: first its items, then a group's items of one shelf, then two of those.

    All of a unit stands on one shelf now. Arrays are by unit.
    """

    members: list[tuple[int, ...]]
    shelf: Ints
    width: Ints
    group: Ints
    """A need group of the unit."""
    other_group: Ints
    """Its second one; the same where there is one alone."""
    change: Floats
    """[unit, shelf]: what its going there changes, all else as it is."""


def single_units(shelf: Ints, group: Ints, width: Ints, cost: Floats, joining: Joining) -> Units:
    """Items, and the items of a need group on one shelf where those are several.

    ``shelf``, ``group``, ``width``: by item; ``cost``: [item, shelf].
    """
    items, shelves = cost.shape
    key = shelf * len(joining.count) + group
    order = np.argsort(key, kind="stable")
    key = key[order]
    new = np.ones(items + 1, dtype=bool)
    new[1:-1] = key[1:] != key[:-1]
    starts = np.flatnonzero(new)
    several = np.flatnonzero(starts[1:] - starts[:-1] > 1)
    ends = starts[several + 1].tolist()
    starts = starts[:-1]
    first = order[starts[several]]
    members: list[tuple[int, ...]] = [(i,) for i in range(items)]
    ordered = order.tolist()
    for start, end in zip(starts[several].tolist(), ends, strict=True):
        members.append(tuple(ordered[start:end]))
    at = np.concatenate([shelf, shelf[first]])
    own = np.concatenate([group, group[first]])
    widths = np.concatenate([width, np.add.reduceat(width[order], starts)[several]])
    costs = np.concatenate([cost, np.add.reduceat(cost[order], starts, axis=0)[several]])
    whole = np.ones(len(members), dtype=bool)
    whole[:items] = joining.count[group, shelf] == 1
    leave = costs[np.arange(len(members)), at] + whole * joining.joins[own, at]
    change = costs + joining.enter[own]
    change -= leave[:, None]
    # A group that leaves a shelf for the next one is not linked to itself.
    can = np.flatnonzero(whole)
    at_can, own_can = at[can], own[can]
    change[can, np.minimum(at_can + 1, shelves - 1)] += joining.up[own_can, at_can]
    change[can, np.maximum(at_can - 1, 0)] += joining.down[own_can, at_can]
    return Units(members, at, widths, own, own, change)


def with_pairs(units: Units, items: int, joining: Joining) -> Units:
    """The same and pairs: two items that are not all of their group there, or two groups."""
    one, other = _pairs(units, items, joining)
    if not len(one):
        return units
    group, at = units.group, units.shelf
    both = units.change[one] + units.change[other]
    both -= np.where((group[one] == group[other])[:, None], joining.enter[group[one]], 0.0)
    pairs = zip(one.tolist(), other.tolist(), strict=True)
    return Units(
        units.members + [units.members[a] + units.members[b] for a, b in pairs],
        np.concatenate([at, at[one]]),
        np.concatenate([units.width, units.width[one] + units.width[other]]),
        np.concatenate([group, group[one]]),
        np.concatenate([group, group[other]]),
        np.concatenate([units.change, both]),
    )


def _pairs(units: Units, items: int, joining: Joining) -> tuple[Ints, Ints]:
    shelves = units.shelf.tolist()
    groups = units.group.tolist()
    here: dict[int, list[int]] = {}
    for number, z in enumerate(shelves):
        here.setdefault(z, []).append(number)
    one: list[int] = []
    other: list[int] = []
    count = joining.count.tolist()
    for z, numbers in here.items():
        for a, b in combinations(numbers, 2):
            size_a, size_b = count[groups[a]][z], count[groups[b]][z]
            if b < items:
                fits = groups[a] != groups[b] or size_a > 2
            else:
                fits = groups[a] != groups[b] and (a >= items or size_a == 1) and size_b > 1
            if fits:
                one.append(a)
                other.append(b)
    return np.array(one, dtype=np.int64), np.array(other, dtype=np.int64)
