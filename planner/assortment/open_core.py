"""The chain whose core is open, from its parameters and rules, and the core chosen for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from planner.assortment.chain_prices import Runner, price_chain
from planner.assortment.core_choice import CoreChoice, OpenCore, choose_core
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    chain_coupling,
    forced_choices,
    priced,
    value_of_limits,
    without_items,
)
from planner.assortment.parameters import ChainParameters, with_rules
from planner.assortment.problem import Flags, StoreProblem
from planner.assortment.rules import PlanRules
from planner.demand.result import Demand
from planner.errors import Infeasible
from planner.tables.inputs import Assumption, Inputs


def with_chosen_core(
    inputs: Inputs,
    demand: Demand,
    parameters: ChainParameters,
    problems: Mapping[str, StoreProblem],
    rules: PlanRules,
    run: Runner,
    gap: float,
) -> tuple[ChainParameters, float]:
    """The parameters with the best core found of the sizes asked for, and a bound of every core.

    ``problems``: the stores without a core, with the shelf they have to use. Raises Infeasible
    where fewer items than asked for can be listed by every store.
    """
    chain = _open_core(inputs, demand, problems, rules, run, gap)
    if int(chain.candidates.sum()) < chain.least:
        raise Infeasible(
            f"the core is asked to hold {chain.least} items, and only {chain.candidates.sum()} can "
            "be bought, and are not locked out, in every store: lower core.size or core.min_size"
        )
    choice: CoreChoice = choose_core(chain, run)
    return with_core(inputs, demand, parameters, rules, choice.core), choice.bound_week


def with_core(
    inputs: Inputs, demand: Demand, parameters: ChainParameters, rules: PlanRules, core: Flags
) -> ChainParameters:
    """The parameters with ``core`` ([item]) as the chain's chosen core, and that it was chosen."""
    text = (
        f"the core is chosen: {int(core.sum())} of the items that every store can buy, so that "
        "the chain's plan is worth most"
    )
    noted = Assumption("assortment", "core", text, int(core.sum()))
    problems = _with_core(inputs, demand, parameters.problems, rules, core)
    assumptions = (*parameters.assumptions, noted)
    return dataclasses.replace(parameters, problems=problems, core=core, assumptions=assumptions)


def _with_core(
    inputs: Inputs,
    demand: Demand,
    problems: Mapping[str, StoreProblem],
    rules: PlanRules,
    core: Flags,
) -> dict[str, StoreProblem]:
    in_range = dict(zip(demand.store_ids, demand.in_range, strict=True))
    return {
        store: with_rules(dataclasses.replace(problem, core=core), inputs, rules, in_range[store])
        for store, problem in problems.items()
    }


def _with_places(
    inputs: Inputs,
    demand: Demand,
    problems: Mapping[str, StoreProblem],
    rules: PlanRules,
    more: int,
) -> dict[str, StoreProblem]:
    """The stores without a core, under limits that every core of at most ``more`` items keeps.

    Core items count neither as local nor as swapped, so there is room for so many more of both.
    """
    swaps = None if rules.max_swaps is None else rules.max_swaps + more
    looser = dataclasses.replace(rules, max_swaps=swaps, min_local_share=0.0)
    none = np.zeros(len(demand.item_ids), dtype=bool)
    return {
        store: dataclasses.replace(problem, max_local_items=problem.max_local_items + more)
        for store, problem in _with_core(inputs, demand, problems, looser, none).items()
    }


def _open_core(
    inputs: Inputs,
    demand: Demand,
    problems: Mapping[str, StoreProblem],
    rules: PlanRules,
    run: Runner,
    gap: float,
) -> OpenCore:
    first = next(iter(problems.values()))
    every = len(first.item_ids)
    least = rules.core_min_size or 0
    most = every if rules.core_max_size is None else rules.core_max_size
    none = np.zeros(every, dtype=bool)
    coupling = chain_coupling(inputs, none, rules)
    # A core item is listed by every store however few its supplier asks for.
    coupling = dataclasses.replace(
        coupling, min_stores=np.minimum(coupling.min_stores, len(problems))
    )
    prices: ChainPrices | None = None
    constant = 0.0
    if coupling.binds:
        open_stores = _with_places(inputs, demand, problems, rules, most)
        forced = forced_choices(open_stores, coupling)
        prices = price_chain(open_stores, coupling, forced, run, gap=gap).prices
        constant = value_of_limits(coupling, forced, prices)

    def given_core(core: Flags) -> Mapping[str, StoreProblem]:
        found = _with_core(inputs, demand, problems, rules, core)
        return found if prices is None else _at(found, coupling, without_items(prices))

    def more_places(more: int) -> Mapping[str, StoreProblem]:
        found = _with_places(inputs, demand, problems, rules, more)
        return found if prices is None else _at(found, coupling, prices)

    can = np.ones(every, dtype=bool)
    for problem in problems.values():
        can &= problem.locked_in | ~problem.locked_out
    frees_places = any(np.isfinite(p.max_local_items) for p in problems.values())
    return OpenCore(
        given_core,
        more_places,
        can,
        least,
        most,
        frees_places or rules.max_swaps is not None,
        constant,
    )


def _at(
    problems: Mapping[str, StoreProblem], coupling: Coupling, prices: ChainPrices
) -> dict[str, StoreProblem]:
    return {
        store: priced(problem, coupling, prices, s)
        for s, (store, problem) in enumerate(problems.items())
    }
