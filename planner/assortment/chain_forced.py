"""What forcing an item into a store costs a chain whose stores share limits: a proven least."""

from __future__ import annotations

import math

import numpy as np

from planner.assortment.coupled import CoupledStore
from planner.assortment.forced import bounded, floor_of
from planner.assortment.group_program import StoreFamily
from planner.assortment.limits import without_room
from planner.assortment.listing_bounds import listing_bounds
from planner.assortment.result import Forcing


def chain_forcing(part: CoupledStore, seconds: float) -> dict[int, Forcing]:
    """By item that the store does not list and may: what the chain loses at least.

    At the prices of the shared limits the chain's bound is a sum over stores, so with item i
    forced into this store it falls to ``bound - bound of the store + bound with i``; the cost is
    at least the plan less that. Other stores are free to answer: the cost is the chain's.
    """
    score, problem = part.plan.score, part.problem
    assert score is not None  # a chain without a plan is never explained
    family = StoreFamily(part.behind_bound)
    # The plan was made at prices near those of the bound.
    family.prices = {limit.limit: limit.shadow_price for limit in part.plan.limits}
    bounds = listing_bounds(part.behind_bound, seconds, family)
    found = {}
    crowded = without_room(problem)
    for item in map(int, np.flatnonzero(~score.listed & ~problem.locked_out)):
        least = part.bound_week - part.slack_week
        # A bound at prices knows the width of shelves only as its price.
        most = -math.inf if crowded[item] else float(bounds.with_item[item])
        found[item] = bounded(least, most, floor_of(problem, item))
    return found
