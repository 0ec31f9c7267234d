"""How much each rule of a placement counts; ``[name] placement.*`` of scenarios.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlacementWeights:
    """What breaking a rule once costs, beside an item that must go to another shelf (1).

    All are 0 or more, and 0 switches a rule off. What is counted for each rule, and how the
    weighted sum becomes a score: ``score.py``.
    """

    group_blocks: float = 10.0
    """A need group that falls apart into one piece more than one."""
    vertical_blocks: float = 1.0
    """A group's piece that does not stand above or below the rest of the group."""
    full_shelves: float = 2.0
    """A shelf of which more than 5 % stays empty after facings were added."""
    moves: float = 1.0
    """An item that must go to another shelf than today's."""
    shelf_order: float = 0.5
    """An item that stays on its shelf but must be lifted past a neighbour."""
    eye_level_margin: float = 1.0
    """A mean item's margin that does not stand at eye level."""
    heavy_low: float = 0.5
    """A mean item's weight that stands on the top shelf instead of the lowest."""
    colour_breaks: float = 0.25
    """Two neighbours of one colour."""
