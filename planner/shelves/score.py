"""The score of a placement: one weighted sum over the rules, each counted in items.

    loss   = sum over rules of weight x broken
    score  = 1 - loss / (items x sum of weights)

What is *broken* is counted so that all rules are measured in the same thing, one item:

    group_blocks       pieces into which need groups fall, one a group not counted; pieces that
                       stand above one another in a bay or run on in reading order are one
    vertical_blocks    the same, but running on from a shelf to the next does not make one
    full_shelves       shelves of which more than 5 % is empty after facings were added
    moves              items that stand on another shelf than today
    shelf_order        items on today's shelf that must be lifted past a neighbour: those that stay
                       less the longest of their sequences that stands in today's order
    eye_level_margin   margin that does not stand at eye level / mean margin of the items
    heavy_low          sum of weight x height / mean weight of the items (height: 0 the lowest shelf
                       of a bay, 1 its top)
    colour_breaks      neighbours on a shelf of one known colour

A rule that cannot be broken (no fixture at eye level, no colours, no weights, no places of today)
costs nothing whatever the placement; the margin away from eye level is then counted as 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from planner.shelves.pieces import groups_apart
from planner.shelves.rack import UNKNOWN, Layout, Rack
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, empty_steps
from planner.shelves.weights import PlacementWeights


@dataclass(frozen=True)
class RuleKept:
    """One rule in one placement."""

    rule: str
    """A name of ``PlacementWeights``."""
    weight: float
    counted: float
    """How often the rule is kept or broken, in its own unit; see ``kept_and_broken``."""
    of: float
    """How much could be counted at most, in the same unit."""
    broken: float
    """In items; weight x broken is the rule's part of the loss."""

    @property
    def loss(self) -> float:
        """The rule's part of the placement's loss."""
        return self.weight * self.broken


def kept_and_broken(
    rack: Rack, layout: Layout, facings: Sequence[int], weights: PlacementWeights
) -> list[RuleKept]:
    """Every rule of a placement with what it counts, in the order of ``PlacementWeights``.

    ``facings`` as printed. ``counted`` and ``of`` are: need groups in one block, of all;
    of those over several shelves, those that stand upright; shelves more than 5 % empty, of all;
    items moved, of those whose shelf of today is known; items lifted past a neighbour, of those
    that stay; margin at eye level, of all (money a week); weight x height, of weight (kg);
    neighbours of one colour, of those whose colours are known.
    """
    everything = groups_apart(rack, layout, facings)
    shelves_of = _shelves_of_groups(rack, layout)
    wide = [g for g in everything if shelves_of[g] > 1]
    empty = sum(
        e > EMPTY_SHARE_EXPLAINED * w
        for e, w in zip(empty_steps(rack, layout, facings), rack.shelf_width, strict=True)
    )
    shelf_of = {i: z for z, items in enumerate(layout) for i in items}
    known = [i for i in shelf_of if rack.home[i] != UNKNOWN]
    moved = sum(rack.home[i] != shelf_of[i] for i in known)
    lifted = sum(lifted_past(rack, z, items) for z, items in enumerate(layout))
    at_eye = sum(rack.margin[i] for i, z in shelf_of.items() if rack.eye_level[z])
    margin = sum(abs(m) for m in rack.margin)
    lift = sum(rack.weight_kg[i] * rack.height[z] for i, z in shelf_of.items())
    alike = sum(alike_neighbours(rack, items) for items in layout)
    coloured = sum(
        rack.colour[a] != UNKNOWN != rack.colour[b] for items in layout for a, b in pairwise(items)
    )
    found: dict[str, tuple[float, float, float]] = {
        "group_blocks": (
            sum(a.reading == 1 for a in everything.values()),
            len(everything),
            sum(a.reading - 1 for a in everything.values()),
        ),
        "vertical_blocks": (
            sum(everything[g].upright == 1 for g in wide),
            len(wide),
            sum(a.upright - 1 for a in everything.values()),
        ),
        "full_shelves": (empty, len(layout), empty),
        "moves": (moved, len(known), moved),
        "shelf_order": (lifted, len(known) - moved, lifted),
        "eye_level_margin": (
            at_eye,
            margin,
            (margin - at_eye) / rack.mean_margin if any(rack.eye_level) else 0.0,
        ),
        "heavy_low": (lift, sum(rack.weight_kg), lift / rack.mean_weight_kg),
        "colour_breaks": (alike, coloured, alike),
    }
    return [
        RuleKept(rule, weight, *map(float, found[rule])) for rule, weight in asdict(weights).items()
    ]


def loss_of(rack: Rack, layout: Layout, facings: Sequence[int], weights: PlacementWeights) -> float:
    """The weighted sum of what is broken, in items: the lower, the better."""
    return sum(kept.loss for kept in kept_and_broken(rack, layout, facings, weights))


def score_of(loss: float, items: int, weights: PlacementWeights) -> float:
    """1 where every rule is kept by every item; 1 as well where no rule counts."""
    most = items * sum(asdict(weights).values())
    return 1.0 - loss / most if most else 1.0


def _shelves_of_groups(rack: Rack, layout: Layout) -> Mapping[int, int]:
    count: dict[int, int] = {}
    for items in layout:
        for group in {rack.group[i] for i in items}:
            count[group] = count.get(group, 0) + 1
    return count


def alike_neighbours(rack: Rack, items: Sequence[int]) -> int:
    """Neighbours of one known colour on a shelf."""
    colour = rack.colour
    return sum(colour[a] == colour[b] != UNKNOWN for a, b in pairwise(items))


def lifted_past(rack: Rack, shelf: int, items: Sequence[int]) -> int:
    """Items that stay on the shelf but not in today's order: the fewest that must be lifted."""
    places = [
        rack.home_place[i] for i in items if rack.home[i] == shelf and rack.home_place[i] != UNKNOWN
    ]
    ends: list[int] = []
    for place in places:
        k = bisect_right(ends, place)
        ends[k : k + 1] = [place]
    return len(places) - len(ends)
