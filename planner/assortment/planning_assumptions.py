"""What planning all stores assumed or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.assortment.parameters import ChainParameters
from planner.assortment.result import Assortment, ChainPlan, StoreOutcome
from planner.assortment.value import MODEL_ERROR, NOWHERE_ERROR
from planner.demand.result import Demand
from planner.tables.inputs import Assumption


def planning_assumptions(
    demand: Demand,
    parameters: ChainParameters,
    outcomes: Sequence[StoreOutcome],
    reserve_cm: Mapping[str, Mapping[str, float]],
    chain: ChainPlan | None = None,
) -> list[Assumption]:
    """What planning all stores assumed or left out.

    ``chain``: the plan of the limits that stores share, where they do.
    """
    assumptions: list[Assumption] = []
    missed_by_common = chain.missed_by_common if chain else ()
    if chain and chain.time_limits_struck:
        text = (
            "programs over several stores at once were ended by their time limit: the plan and its "
            "gap hold, but another run, on a busier or a quicker machine, may find another plan"
        )
        assumptions.append(
            Assumption("assortment", "time limit", text, chain.time_limits_struck, warning=True)
        )
    struck = sum(outcome.plan.proof == "time limit" for outcome in outcomes)
    if struck:
        text = (
            "the time limit ended the search of stores: their plans and gaps hold, but another "
            "run may find other plans (a longer time limit, or a wider gap, makes them alike)"
        )
        assumptions.append(Assumption("assortment", "time limit", text, struck, warning=True))
    unstocked = sum(
        int((o.plan.score.listed & (o.plan.score.stock_units_cycle <= 0)).sum())
        for o in outcomes
        if o.plan.score is not None
    )
    if unstocked:
        text = (
            "items that must be listed get no stock: none of it pays, or the budget of the store "
            "cannot buy it (check budget_week, price and unit_cost)"
        )
        assumptions.append(Assumption("assortment", "stock", text, unstocked, warning=True))
    no_common = sum(o.common is None for o in outcomes)
    if no_common:
        text = "no prefix of the ranking keeps every limit: the local plan stands in for it"
        assumptions.append(Assumption("assortment", "common plan", text, no_common))
    if missed_by_common:
        text = (
            "the common plan, one list for all stores, cannot reach the minimum order of "
            f"{', '.join(missed_by_common)}: it is compared without, which flatters it"
        )
        assumptions.append(
            Assumption("assortment", "common plan", text, len(missed_by_common), warning=True)
        )
    gone = int((demand.in_range & ~parameters.buyable).sum())
    if gone:
        text = "items of today's range that cannot be bought in the plan's weeks earn nothing in it"
        assumptions.append(Assumption("assortment", "current_range.item_id", text, gone))
    overspending = sum(o.overspends_today for o in outcomes)
    if overspending:
        assumptions.append(
            Assumption(
                "assortment",
                "stores.budget_week",
                "today's range cannot be stocked within the budget: it is valued without it",
                overspending,
            )
        )
    if reserve_cm:
        text = "items fit in total but not shelf by shelf: solved again with width left free"
        assumptions.append(Assumption("assortment", "fixtures", text, len(reserve_cm)))
    assumptions.append(
        Assumption(
            "assortment",
            "value of going local",
            "its interval holds the spread of demand, recapture as uncertain as the recapture "
            f"table says, and an error of {MODEL_ERROR:.0%} that all items never sold in their "
            f"store share ({NOWHERE_ERROR:.0%} for those that no store sold); not costs, prices, "
            "nor the form of the model",
            len(outcomes),
        )
    )
    return assumptions


def missed_gap(assortment: Assortment, asked: float) -> tuple[Assumption, ...]:
    """A warning where the plan of the whole chain is not proven within the gap that was asked."""
    if assortment.gap <= asked:
        return ()
    behind = sum(plan.gap > asked for plan in assortment.plans.values())
    text = (
        f"a gap of {asked * 100:.3g}% was asked for, {assortment.gap * 100:.2g}% is proven: "
        "another plan may be better by up to that much"
    )
    return (Assumption("assortment", "gap", text, max(1, behind), warning=True),)
