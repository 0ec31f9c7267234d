"""Demand inside need groups: the general attraction model.

Gallego, Ratliff & Shebalov (2015), "A general attraction model and sales-based linear program
for network revenue management under customer choice", Operations Research 63(1), section 2.
"""

from __future__ import annotations

import numpy as np

from planner.assortment.problem import Flags, Floats, StoreProblem


def group_sums(problem: StoreProblem, values: Floats) -> Floats:
    """Sum ``values`` [..., item] over the items of each need group: [..., need group]."""
    membership = np.zeros((len(problem.item_ids), len(problem.need_groups)))
    membership[np.arange(len(problem.item_ids)), problem.group_of_item] = 1.0
    sums: Floats = values @ membership
    return sums


def demand_per_attraction(problem: StoreProblem, listed: Flags) -> Floats:
    """Units per week that one unit of attraction draws: ``N / (v0 + sum w + sum (v - w) x)``.

    ``listed`` is [..., item]; the result is [..., segment, need group]. A group that nobody can
    buy from (denominator zero) has demand zero, not a contradiction.
    """
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    chosen = np.asarray(listed, dtype=np.float64)[..., None, :] * gain
    denominator = base + group_sums(problem, chosen)
    potential = np.broadcast_to(problem.potential_units_week, denominator.shape)
    rate: Floats = np.divide(
        potential, denominator, out=np.zeros_like(denominator), where=denominator > 0
    )
    return rate


def demand_units_week(problem: StoreProblem, listed: Flags) -> Floats:
    """Units per week of each item under a range, always in stock; zero where not listed."""
    rate = demand_per_attraction(problem, listed)[..., problem.group_of_item]
    drawn: Floats = (problem.attraction * rate).sum(axis=-2) * listed
    return drawn
