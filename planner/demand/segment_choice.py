"""The choice model by customer segment: one layer of attractions for each.

A segment's attraction to an item is the item's own in the store times the segment's index. The
items' own are found so that the segments together give back the demand of every pair, by the
contraction of Berry, Levinsohn & Pakes (1995, *Econometrica* 63, appendix I).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.result import ChoiceModel
from planner.demand.signals import Segments
from planner.demand.substitution import Attractions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TURNS = 500
TOLERANCE = 1e-8
TOLERANCE_OF_DRAWS = 1e-4


def one_segment(found: Attractions) -> ChoiceModel:
    """All shoppers of a store as one segment."""
    return ChoiceModel(
        attraction=found.attraction[None],
        shadow_attraction=found.shadow_attraction[None],
        no_purchase_attraction=found.no_purchase[None],
        potential_units_week=found.potential[None],
    )


def by_segment(
    found: Attractions,
    listed: Flags,
    group_of_item: Ints,
    segments: Segments,
    tolerance: float = TOLERANCE,
) -> ChoiceModel:
    """Split the choice model of every store into its segments; [segment, store, ...].

    A need group's potential is divided as the store's customers are, and every segment has the
    store's no-purchase attraction. Listed items sell their demand at the current range, the
    others what they would sell if added to it, up to the relative tolerance.
    """
    groups = found.potential.shape[1]
    member = np.zeros((len(group_of_item), groups))
    member[np.arange(len(group_of_item)), group_of_item] = 1.0
    share = np.divide(
        found.shadow_attraction,
        found.attraction,
        out=np.zeros_like(found.attraction),
        where=found.attraction > 0,
    )
    index = segments.index[:, None, :]
    potential = segments.share.T[:, :, None] * found.potential
    buyers = potential[:, :, group_of_item]
    weight = np.where(listed, 1.0, share)
    # What an item not listed adds to the denominator when it is.
    added = np.where(listed, 0.0, 1.0 - share)
    own = found.attraction.copy()
    todo = np.arange(len(own))
    for _ in range(TURNS):
        attraction = own[todo] * index
        denominator = found.no_purchase[todo] + (attraction * weight[todo]) @ member
        denominator = denominator[:, :, group_of_item] + attraction * added[todo]
        rate = np.divide(
            attraction, denominator, out=np.zeros_like(attraction), where=denominator > 0
        )
        sold = (buyers[:, todo] * rate).sum(axis=0)
        wanted = found.demand[todo]
        step = np.divide(wanted, sold, out=np.ones_like(sold), where=(wanted > 0) & (sold > 0))
        own[todo] *= step
        todo = todo[np.abs(step - 1.0).max(axis=1) >= tolerance]
        if not len(todo):
            break
    attraction = own * index
    return ChoiceModel(
        attraction=attraction,
        shadow_attraction=attraction * share,
        no_purchase_attraction=np.broadcast_to(found.no_purchase, potential.shape).copy(),
        potential_units_week=potential,
    )
