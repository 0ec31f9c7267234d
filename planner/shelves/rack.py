"""The items of one fixture type in one store and the shelves they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

Layout = list[list[int]]
"""Items on each shelf from left to right, shelves in reading order."""

STEPS_PER_CM = 1_000_000
"""Widths are compared as whole numbers of this step, so that 3 x 12.3 cm fits 36.9 cm."""

UNKNOWN = -1
"""A shelf, a place or a colour that the tables do not tell."""


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
    """Money per week."""
    weight_kg: tuple[float, ...]
    """Of an item's stock per cycle, so what is lifted onto its shelf; 0 where not known."""
    colour: tuple[int, ...]
    """``UNKNOWN`` where the tables do not tell."""
    home: tuple[int, ...]
    """Shelf of the item today; ``UNKNOWN`` where not known, or where every week is new."""
    home_place: tuple[int, ...]
    """Place from the left on that shelf; ``UNKNOWN`` where not known."""
    shelf_width: tuple[int, ...]
    eye_level: tuple[bool, ...]
    bay: tuple[int, ...]
    """Number of the bay that a shelf is in, over all fixtures."""

    @cached_property
    def mean_margin(self) -> float:
        """Mean of the margins' sizes; 1 where all are zero."""
        return sum(abs(m) for m in self.margin) / max(1, len(self.margin)) or 1.0

    @cached_property
    def mean_weight_kg(self) -> float:
        """Mean over all items, those of unknown weight as 0; 1 where none is known."""
        return sum(self.weight_kg) / max(1, len(self.weight_kg)) or 1.0

    @cached_property
    def height(self) -> tuple[float, ...]:
        """How high each shelf is in its bay: 0 the lowest, 1 the top; 0 where it is alone."""
        heights: list[float] = []
        for z, bay in enumerate(self.bay):
            shelves = self.bay.count(bay)
            heights.append((z - self.bay.index(bay)) / (shelves - 1) if shelves > 1 else 0.0)
        return tuple(heights)

    @cached_property
    def alone(self) -> tuple[bool, ...]:
        """Whether a shelf is the only one of its bay, as in bins."""
        return tuple(self.bay.count(bay) == 1 for bay in self.bay)

    @cached_property
    def stacked(self) -> tuple[bool, ...]:
        """Whether the shelf after a shelf is the next one above it in the same bay."""
        pairs = zip(self.bay, self.bay[1:], strict=False)
        return (*(one == other for one, other in pairs), False)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Width of each item's block in steps."""
        return tuple(w * f for w, f in zip(self.facing_width, self.facings, strict=True))

    def width(self, item: int) -> int:
        """Width of the item's block in steps."""
        return self.widths[item]

    def used(self, items: Iterable[int]) -> int:
        """Width of the items' blocks in steps."""
        return sum(map(self.widths.__getitem__, items))
