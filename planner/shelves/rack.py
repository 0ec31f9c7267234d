"""The items of one fixture type in one store and the shelves they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

Layout = list[list[int]]
"""Items on each shelf from left to right, shelves in reading order."""

STEPS_PER_CM = 1_000_000
"""Widths are compared as whole numbers of this step, so that 3 x 12.3 cm fits 36.9 cm."""


def to_steps(width_cm: float) -> int:
    """A width in whole steps, to the nearest."""
    return round(width_cm * STEPS_PER_CM)


@dataclass(frozen=True)
class Rack:
    """One packing problem: items 0..n-1 on shelves 0..m-1 in reading order.

    Reading order is fixture, bay, shelf from the bottom; on a shelf from left to right.
    Widths are whole steps (``STEPS_PER_CM``).
    """

    facing_width: tuple[int, ...]
    facings: tuple[int, ...]
    """As the store program chose them."""
    most_facings: tuple[int, ...]
    """Upper limit of the item."""
    stock_facings: tuple[int, ...]
    """Most facings that the item's stock still makes look full."""
    cycle_need: tuple[float, ...]
    """Stock per cycle over the units a facing holds: facings' worth of goods in a cycle."""
    group: tuple[int, ...]
    """Need group of each item."""
    margin: tuple[float, ...]
    home: tuple[int, ...]
    """Shelf where the item stands today; -1 where unknown."""
    shelf_width: tuple[int, ...]
    eye_level: tuple[bool, ...]

    @cached_property
    def mean_margin(self) -> float:
        """Mean of the margins' sizes; 1 where all are zero."""
        return sum(abs(m) for m in self.margin) / max(1, len(self.margin)) or 1.0

    def width(self, item: int) -> int:
        """Width of the item's block in steps."""
        return self.facing_width[item] * self.facings[item]

    def used(self, items: Iterable[int]) -> int:
        """Width of the items' blocks in steps."""
        return sum(self.facing_width[i] * self.facings[i] for i in items)


def broken_groups(rack: Rack, layout: Layout) -> set[int]:
    """Need groups that do not stand in one block, that is not consecutive in reading order."""
    runs: Counter[int] = Counter()
    previous = None
    for shelf in layout:
        for item in shelf:
            if rack.group[item] != previous:
                previous = rack.group[item]
                runs[previous] += 1
    return {group for group, count in runs.items() if count > 1}
