"""Proof that no plan keeps the limits of a chain, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.coupling import Coupling, Resource, forced_choices
from planner.assortment.problem import StoreProblem
from planner.assortment.relaxation import RelaxationJob, StoreRelaxation, relax_store
from planner.assortment.repair import DUST


def chain_conflicts(
    problems: Mapping[str, StoreProblem], coupling: Coupling, run: Runner
) -> list[str]:
    """What no plan of the chain can keep, each in one sentence with the cheapest way out.

    Proven: the least that all stores together can buy (the bound of a program that only saves)
    against the budget and suppliers' maxima, the stores that could list a prescribed item
    against the fewest that have to. Empty where nothing is proven.
    """
    forced = forced_choices(problems, coupling)
    found = []
    for resource in coupling.resources:
        if resource.at_least:
            continue
        least = _least_use(problems, coupling, resource, run)
        if least > resource.available * (1 + DUST):
            found.append(_words(coupling, resource, least))
    items = next(iter(problems.values())).item_ids
    for i in np.flatnonzero(forced.item & (forced.possible_stores < coupling.min_stores)):
        found.append(
            f"item {items[i]} is locked in somewhere, its supplier asks for at least "
            f"{coupling.min_stores[i]} stores and only {forced.possible_stores[i]} can list it: "
            "lower min_stores or take the lock away"
        )
    return found


def _least_use(
    problems: Mapping[str, StoreProblem], coupling: Coupling, resource: Resource, run: Runner
) -> float:
    """Lower bound of what all stores together take of a limit."""
    saving = [
        RelaxationJob(_saving(problem, coupling, resource), 1e-6, {})
        for problem in problems.values()
    ]
    found: dict[int, StoreRelaxation] = dict(run(relax_store, saving))
    return -sum(found[s].bound_week for s in range(len(saving)))


def _saving(problem: StoreProblem, coupling: Coupling, resource: Resource) -> StoreProblem:
    """The store's problem with nothing to earn, and its use of the limit for its cost."""
    none = np.zeros_like(problem.price)
    cost = problem.spend_cost
    if resource.kind != "budget":
        cost = coupling.member[resource.supplier]
    return dataclasses.replace(
        problem,
        price=none,
        unit_cost=cost,
        listing_cost_week=none,
        facing_cost_week=none,
    )


def _words(coupling: Coupling, resource: Resource, least: float) -> str:
    if resource.kind == "budget":
        return (
            f"what the stores must list costs at least {least:,.2f} a week, the chain's "
            f"budget_week is {resource.available:,.2f}: raise it, or shorten the core"
        )
    name = coupling.supplier_ids[resource.supplier]
    return (
        f"what the stores must list of supplier {name} is at least {least:,.1f} units a week, its "
        f"max_units_week is {resource.available:,.1f}: raise it, or take items out of the core"
    )
