"""Demand inside need groups: the general attraction model.

Gallego, Ratliff & Shebalov (2015), "A general attraction model and sales-based linear program
for network revenue management under customer choice", Operations Research 63(1), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.assortment.problem import Flags, Floats, Integers, StoreProblem


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


@dataclass(frozen=True)
class Switched:
    """A range with one item after the other put in or taken out: what its need group then sells.

    Pair k: item ``item[k]`` while ``switched[k]``, of the same need group, is the other way.
    Nothing changes in other need groups.
    """

    switched: Integers
    item: Integers
    listed: Flags
    demand_units_week: Floats

    def sums(self, values: Floats) -> Floats:
        """Sum of a value per pair over the pairs of each switched item: [item]."""
        total: Floats = np.bincount(self.switched, weights=values).astype(np.float64)
        return total


def switched_demand(problem: StoreProblem, listed: Flags) -> Switched:
    """Demand inside each item's need group with that item alone put in, or taken out."""
    order = np.argsort(problem.group_of_item, kind="stable")
    sizes = np.bincount(problem.group_of_item, minlength=len(problem.need_groups))
    first = np.cumsum(sizes) - sizes
    own = sizes[problem.group_of_item]
    switched = np.repeat(np.arange(len(listed)), own)
    place = np.arange(len(switched)) - np.repeat(np.cumsum(own) - own, own)
    item = order[first[problem.group_of_item[switched]] + place]
    with_switch = listed[item] ^ (item == switched)
    gain = problem.attraction - problem.shadow_attraction
    base = problem.no_purchase_attraction + group_sums(problem, problem.shadow_attraction)
    demand = np.zeros(len(item))
    for segment in range(len(problem.segments)):
        chosen = np.bincount(
            switched, weights=gain[segment, item] * with_switch, minlength=len(listed)
        )
        denominator = base[segment, problem.group_of_item] + chosen
        potential = problem.potential_units_week[segment, problem.group_of_item]
        rate = np.divide(
            potential, denominator, out=np.zeros_like(denominator), where=denominator > 0
        )
        demand += problem.attraction[segment, item] * rate[switched]
    return Switched(switched, item, with_switch, demand * with_switch)
