"""Stores' outcomes put together: first bounds kept, and stores without a plan named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from planner.assortment.result import LeftOut, StoreOutcome, proof_words, relative_gap
from planner.errors import Infeasible, NoPlan
from planner.tables.inputs import Inputs

NO_PART = "no plan of it was found within the limits that stores share, though it has one alone"


def raise_without_plan(
    inputs: Inputs, outcomes: Mapping[str, StoreOutcome | LeftOut], *, keep_going: bool
) -> None:
    """Raise for stores without a plan; where the others go on, only if there are no others.

    ``outcomes``: of the stores just solved, and of those that were left out before.
    """
    names = inputs.stores.set_index("store_id")["store_name"]
    without = {s: o for s, o in outcomes.items() if o.plan.score is None}
    if keep_going and len(without) < len(inputs.stores):
        return
    infeasible = [s for s, o in without.items() if o.plan.plan == "infeasible"]
    if infeasible:
        lines = [f"store {s} ({names[s]}): {'; '.join(without[s].conflict)}" for s in infeasible]
        raise Infeasible("no plan keeps every limit in:\n  " + "\n  ".join(lines))
    if without:
        why = "; ".join(dict.fromkeys(line for o in without.values() for line in o.conflict))
        raise NoPlan(f"no plan was found in stores {', '.join(without)}: {why}")


def without_chain(outcome: StoreOutcome) -> StoreOutcome:
    """The outcome of a store that has no plan within the limits that stores share: a plan of its
    own beside them does not count."""
    if outcome.plan.score is None:
        return outcome
    nothing = -math.inf
    plan = dataclasses.replace(
        outcome.plan,
        plan="none",
        proof="time limit",
        objective_week=nothing,
        bound_week=nothing,
        score=None,
        limits=(),
    )
    return dataclasses.replace(outcome, plan=plan, conflict=(NO_PART,))


def with_first_bound(outcome: StoreOutcome, first: float) -> StoreOutcome:
    """The outcome with the bound of all the shelf the store has, not of what was left to use."""
    plan = outcome.plan
    bound = max(plan.bound_week, first)
    proof = proof_words(
        relative_gap(plan.objective_week, bound), time_limit_struck=plan.proof == "time limit"
    )
    bounded = dataclasses.replace(plan, bound_week=bound, proof=proof)
    return dataclasses.replace(outcome, plan=bounded)
