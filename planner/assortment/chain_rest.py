"""A few stores planned anew within what the other stores of a chain leave of the shared limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from planner.assortment.chain_stock import chain_use
from planner.assortment.coupling import ChainPrices, Coupling, Forced, Use
from planner.assortment.problem import StoreProblem
from planner.assortment.repair import Repaired, repaired_plans
from planner.assortment.result import StorePlan
from planner.assortment.score import Score


def repaired_in_rest(
    problems: Mapping[str, StoreProblem],
    coupling: Coupling,
    forced: Forced,
    prices: ChainPrices,
    plans: Mapping[str, StorePlan],
    again: Sequence[str],
) -> Repaired | None:
    """Plans of all stores in which those of other stores than ``again`` are left as they are.

    ``plans``: of every store, those of ``again`` new and under no shared limit yet. None where
    that keeps not every limit: then all stores have to give way.
    """
    kept = {s: p.score for s, p in plans.items() if s not in again and p.score is not None}
    few = {s: problem for s, problem in problems.items() if s in again}
    if not few or not kept:
        return None
    use = chain_use(coupling, {s: problems[s] for s in kept}, kept)
    rest = _rest(coupling, use)
    if rest is None:
        return None
    listed = use.listed > 0
    # What others list or order is opened already: its minima are asked of these stores.
    opened = dataclasses.replace(
        forced,
        item=forced.item | (listed & (rest.min_stores > 0)),
        supplier=forced.supplier | (coupling.member @ listed > 0),
    )
    numbers = [s for s, store in enumerate(problems) if store in few]
    own = dataclasses.replace(prices, charge=prices.charge[numbers])
    found = repaired_plans(few, rest, opened, own, {s: plans[s] for s in few})
    if found.plans is None or found.broken:
        return None
    every: dict[str, Score] = {s: found.plans[s] if s in few else kept[s] for s in problems}
    return Repaired(every, None, (), found.closed & ~listed)


def _rest(coupling: Coupling, use: Use) -> Coupling | None:
    """The limits less what stores use of them; None where nothing is left of one."""
    left = dataclasses.replace(
        coupling,
        budget_week=coupling.budget_week - use.spend_week,
        min_order_week=np.where(
            use.order_week > 0,
            np.maximum(coupling.min_order_week - use.order_week, 0.0),
            coupling.min_order_week,
        ),
        max_units_week=coupling.max_units_week - use.units_week,
        min_stores=np.maximum(coupling.min_stores - use.listed, 0).astype(np.int64),
    )
    return left if left.budget_week > 0 and (left.max_units_week > 0).all() else None
