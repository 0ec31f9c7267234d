"""Why an item is in or out where the chain's limits decide, not the store's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.assortment.amounts import Amounts
from planner.assortment.coupled import CoupledStore
from planner.assortment.limits import without_room
from planner.assortment.problem import Floats
from planner.assortment.reasons import WORTH_NAMING, marginal_values


def chain_reasons(
    part: CoupledStore,
    reasons: Sequence[str],
    not_candidate: np.ndarray,
    amounts: Amounts,
) -> tuple[list[str], Floats]:
    """The store's reasons, rewritten where a limit of the chain is behind them, and what each
    item adds to the chain: purchases from a shared budget or supplier at their price.

    ``reasons``: one sentence per item at the store's own cost.
    """
    problem, score = part.at_prices, part.plan.score
    assert score is not None  # a chain with a store without a plan is never explained
    prices = {limit.limit: limit.shadow_price for limit in part.plan.limits}
    own_budget = prices.get("budget_week", 0.0)
    for_chain = marginal_values(problem, score.facings, own_budget)
    alone = marginal_values(part.problem, score.facings, own_budget)
    found, crowded = list(reasons), without_room(part.problem)
    for i, listed in enumerate(score.listed):
        if not_candidate[i] or problem.core[i]:
            continue
        worth = amounts.worth(alone[i])
        if listed and for_chain[i] < -WORTH_NAMING and not problem.locked_in[i]:
            cost = amounts.worth(-for_chain[i])
            found[i] = f"costs the chain {cost} a week, kept in by a limit that stores share"
        elif listed or alone[i] < WORTH_NAMING or crowded[i]:
            continue
        elif part.closed[i]:
            found[i] = (
                f"would add {worth} a week here, but not enough stores would list it, or buy from "
                "its supplier, for what the supplier asks"
            )
        elif for_chain[i] <= 0 and part.purchase_limits[i]:
            found[i] = (
                f"would add {worth} a week here, but its purchases are worth more in other "
                f"stores, within {part.purchase_limits[i]}"
            )
    return found, for_chain
