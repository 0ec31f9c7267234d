"""Pieces of need groups on shelves, and which of them hang together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from planner.shelves.rack import Layout, Rack

OVERLAP = 0.5
"""Share of the narrower piece that must stand above or below the other to make one block."""


class Piece(NamedTuple):
    """Neighbours of one need group on one shelf."""

    shelf: int
    group: int
    left: int
    """In steps from the left end of the shelf, as ``right``."""
    right: int
    first: bool
    """Whether the shelf begins with it."""
    last: bool
    """Whether the shelf ends with it."""


class Apart(NamedTuple):
    """Into how many pieces a need group falls."""

    reading: int
    """Counted as one: what stands above one another, and what runs on from the end of a shelf to
    the beginning of the next in reading order."""
    upright: int
    """Counted as one: what stands above one another, and neighbouring bays of one shelf each."""


def pieces_on(rack: Rack, shelf: int, items: Sequence[int], facings: Sequence[int]) -> list[Piece]:
    """The pieces of one shelf from left to right."""
    found: list[tuple[int, int, int]] = []
    left = 0
    for item in items:
        right = left + rack.facing_width[item] * facings[item]
        group = rack.group[item]
        if found and found[-1][0] == group:
            found[-1] = (group, found[-1][1], right)
        else:
            found.append((group, left, right))
        left = right
    end = len(found) - 1
    return [Piece(shelf, g, a, b, k == 0, k == end) for k, (g, a, b) in enumerate(found)]


def following(layout: Layout) -> list[int]:
    """For each shelf the next one in reading order that is not empty; -1 after the last."""
    found = [-1] * len(layout)
    after = -1
    for z in range(len(layout) - 1, -1, -1):
        found[z] = after
        if layout[z]:
            after = z
    return found


def apart(rack: Rack, pieces: Sequence[Piece], next_shelf: Sequence[int]) -> Apart:
    """How far one need group's pieces, in reading order, fall apart.

    ``next_shelf``: of ``following``.
    """
    count = len(pieces)
    if count == 1:
        return Apart(1, 1)
    if count == 2:
        one, both = links(rack, pieces[0], pieces[1], next_shelf)
        return Apart(1 if one else 2, 1 if both else 2)
    reading, upright = list(range(count)), list(range(count))
    for b in range(1, count):
        for a in range(b):
            one, both = links(rack, pieces[a], pieces[b], next_shelf)
            if one:
                _join(reading, a, b)
            if both:
                _join(upright, a, b)
    return Apart(len(set(reading)), len(set(upright)))


def links(rack: Rack, one: Piece, other: Piece, next_shelf: Sequence[int]) -> tuple[bool, bool]:
    """Whether two pieces hang together when read on, and upright; the first comes before."""
    z, y = one.shelf, other.shelf
    if z + 1 == y and rack.stacked[z] and _overlap(one, other):
        return True, True
    runs = one.last and other.first and next_shelf[z] == y
    return runs, runs and rack.alone[z] and rack.alone[y]


def _overlap(one: Piece, other: Piece) -> bool:
    common = min(one.right, other.right) - max(one.left, other.left)
    return common >= OVERLAP * min(one.right - one.left, other.right - other.left)


def _join(labels: list[int], a: int, b: int) -> None:
    old, new = labels[b], labels[a]
    if old != new:
        for k, label in enumerate(labels):
            if label == old:
                labels[k] = new


def by_group(pieces: Iterable[Piece]) -> dict[int, list[Piece]]:
    """Pieces of each need group, in the order given."""
    found: dict[int, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.group, []).append(piece)
    return found


def groups_apart(rack: Rack, layout: Layout, facings: Sequence[int]) -> dict[int, Apart]:
    """For each need group into how many pieces it falls."""
    next_shelf = following(layout)
    pieces = (p for z, items in enumerate(layout) for p in pieces_on(rack, z, items, facings))
    return {g: apart(rack, own, next_shelf) for g, own in by_group(pieces).items()}
