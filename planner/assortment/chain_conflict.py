"""Proof that no plan keeps the limits of a chain, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.coupling import Coupling, Resource, forced_choices
from planner.assortment.problem import StoreProblem
from planner.assortment.relaxation import RelaxationJob, StoreRelaxation, relax_store
from planner.assortment.stock_program import DUST


def chain_conflicts(
    problems: Mapping[str, StoreProblem], coupling: Coupling, run: Runner
) -> list[str]:
    """What no plan of the chain can keep, each in one sentence with the cheapest way out.

    Proven: the least that all stores together can buy (the bound of a program that only saves)
    against the budget and suppliers' maxima, the most that they can buy of a supplier of
    prescribed items (the bound of a program that only orders from it) against its minimum, the
    stores that could list a prescribed item against the fewest that have to. Empty where nothing
    is proven.
    """
    forced = forced_choices(problems, coupling)
    found = []
    for resource in coupling.resources:
        if resource.at_least:
            if not forced.supplier[resource.supplier]:
                continue
            most = _most_order(problems, coupling, resource, run)
            if most < resource.available * (1 - DUST):
                found.append(_minimum_words(coupling, resource, most))
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
        RelaxationJob(_saving(problem, coupling, resource), {}, gap=1e-6)
        for problem in problems.values()
    ]
    found: dict[int, StoreRelaxation] = dict(run(relax_store, saving))
    return -sum(found[s].bound_week for s in range(len(saving)))


def _most_order(
    problems: Mapping[str, StoreProblem], coupling: Coupling, resource: Resource, run: Runner
) -> float:
    """Upper bound of what all stores together can order from a supplier, shelves filled up.

    Infinite where a shelf has no end or an item no demand: then nothing bounds what is wasted.
    """
    jobs = []
    for problem in problems.values():
        own = (coupling.member[resource.supplier] > 0) & (~problem.locked_out | problem.must_list)
        own &= problem.waste_share * problem.spend_cost > 0
        drawn = problem.attraction * problem.potential_units_week[:, problem.group_of_item]
        unwanted = (drawn[:, own] <= 0).all(axis=0)
        if np.isinf(problem.stock_capacity_per_facing[own]).any() or unwanted.any():
            return np.inf
        jobs.append(RelaxationJob(_ordering(problem, coupling, resource), {}, gap=1e-6))
    found: dict[int, StoreRelaxation] = dict(run(relax_store, jobs))
    return sum(found[s].bound_week for s in range(len(jobs)))


def _ordering(problem: StoreProblem, coupling: Coupling, resource: Resource) -> StoreProblem:
    """The store's problem with its orders from a supplier for its objective."""
    none = np.zeros_like(problem.price)
    return dataclasses.replace(
        problem,
        price=none,
        unit_cost=-coupling.member[resource.supplier] * problem.spend_cost,
        listing_cost_week=none,
        facing_cost_week=none,
    )


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
    money, units = coupling.amounts.money, coupling.amounts.units
    if resource.kind == "budget":
        return (
            f"what the stores must list costs at least {money(least)} a week, the chain's "
            f"budget_week is {money(resource.available)}: raise it, or shorten the core"
        )
    name = coupling.supplier_ids[resource.supplier]
    return (
        f"what the stores must list of supplier {name} is at least {units(least)} units a week, "
        f"its max_units_week is {units(resource.available)}: raise it, or take items out of the "
        "core"
    )


def _minimum_words(coupling: Coupling, resource: Resource, most: float) -> str:
    name, money = coupling.supplier_ids[resource.supplier], coupling.amounts.money
    return (
        f"supplier {name} has to be ordered from (core or locked-in items), the stores can order "
        f"for at most {money(most)} a week and its min_order_week is {money(resource.available)}: "
        "lower it, or take its items out of the core"
    )
