"""Why a store has no plan: what must be listed against what there is, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.assortment.problem import StoreProblem
from planner.assortment.stock import stock_bounds


def tight_spots(problem: StoreProblem, reserved: Mapping[str, float]) -> list[str]:
    """What the items that must be listed need against what there is, in words."""
    must = problem.must_list
    spots = []
    for i in np.flatnonzero(must & problem.locked_out):
        spots.append(f"item {problem.item_ids[i]} must be listed and is locked out")
    for kind, room in problem.shelf_cm.items():
        members = problem.shelf_members(kind)
        need = float((problem.facing_width_cm * problem.min_facings)[members] @ must[members])
        if need > room:
            names = [problem.item_ids[i] for i in members if must[i]]
            shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if names[6:] else "")
            spot = (
                f"what must be listed ({shown}) needs {need:g} cm of {kind}, there are {room:g}: "
                "take items out of the core or widen the fixture"
            )
            if reserved.get(kind, 0.0) > 0:
                spot += f" and {reserved[kind]:g} stay empty, as items do not fit shelf by shelf"
            spots.append(spot)
    smallest, _ = stock_bounds(problem, problem.max_facings, np.zeros(len(problem.item_ids)))
    held = problem.stock_capacity_per_facing * problem.max_facings
    for i in np.flatnonzero(must & (smallest > held * (1 + 1e-9))):
        spots.append(
            f"item {problem.item_ids[i]} needs a stock of {smallest[i]:g} units, its facings hold "
            f"{held[i]:g}"
        )
    local = int((problem.locked_in & ~problem.core).sum())
    if local > problem.max_local_items:
        spots.append(f"{local} local items are locked in, {problem.max_local_items:g} are allowed")
    for limit in problem.range_limits:
        possible = float(np.maximum(limit.coefficients, 0.0) @ ~problem.locked_out)
        if possible < limit.lower:
            spots.append(f"{limit.name} asks for {limit.lower:g}, {possible:g} can be listed")
        forced = float(limit.coefficients @ must)
        if forced > limit.upper and (limit.coefficients >= 0).all():
            spots.append(f"{limit.name} allows {limit.upper:g}, {forced:g} must be listed")
    if not spots:
        budget = f" and the budget of {problem.budget_week:,.2f} a week"
        spots.append(
            "what must be listed does not fit the shelf, the counts"
            + (budget if np.isfinite(problem.budget_week) else "")
            + " together"
        )
    return spots
