"""From the margin of one plan to that of another, in parts that add up exactly.

Every part is money a week by the exact formulas of docs/model.md, "From plan to plan". What comes
and what leaves act on each other's demand, and demand and stock on what is sold; both are shared
out by Shapley's rule (1953, "A value for n-person games"), which for two causes is the mean over
the two orders, so that no order has to be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from planner.assortment.choice import demand_units_week
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.result import Assortment
from planner.assortment.score import Score

PARTS = (
    "new_items",
    "taken_from_others",
    "lost_items",
    "recaptured",
    "stock",
    "waste",
    "listing",
    "handling",
)
"""What a change of plan is made of, in the order in which it is told."""
STEPS = (("current", "common"), ("common", "local"), ("current", "local"))
"""The steps from plan to plan; the last one is the way straight there, not the sum of the others'
parts (its total is the sum of theirs)."""
COLUMNS = ("level", "name", "from_plan", "to_plan", "part", "change_week")


def waterfall_parts(problem: StoreProblem, before: Score, after: Score) -> Floats:
    """Change of the margin a week from one plan of a store to another, by part: [part].

    The parts are those of ``PARTS``; their sum is the difference of the two margins. Margin is
    money whatever the plan was asked for. ``new_items``: what they sell at their margin before
    waste; ``taken_from_others``: what the others sell less for them; ``lost_items``: what they
    sold; ``recaptured``: what the others sell more for want of them; ``stock``: the share of its
    demand that an item of both plans sells, so its facings and what the budget leaves for it;
    ``waste``, ``listing``, ``handling``: less of these costs.
    """
    money = problem.in_money()
    old, new = before.listed, after.listed
    between = np.stack([old & new, old | new])
    smallest, widest = demand_units_week(money, between)
    first, last = before.demand_units_week, after.demand_units_week
    by_loss = 0.5 * ((smallest - first) + (last - widest))
    by_gain = 0.5 * ((widest - first) + (last - smallest))
    share_before = _sold_share(before, after)
    share_after = _sold_share(after, before)
    share = np.select([old & new, new], [0.5 * (share_before + share_after), share_after],
                      share_before)  # fmt: skip
    margin = money.price - money.unit_cost
    sold_by_loss, sold_by_gain = margin * share * by_loss, margin * share * by_gain
    comes, leaves = new & ~old, old & ~new
    stocked = margin * 0.5 * (first + last) * (share_after - share_before)
    facings = (after.facings - before.facings) * money.facing_cost_week
    waste = (after.waste_units_week - before.waste_units_week) * money.unit_cost
    return np.array(
        [
            sold_by_gain[comes].sum(),
            sold_by_gain[~comes].sum(),
            sold_by_loss[leaves].sum(),
            sold_by_loss[~leaves].sum(),
            stocked[old & new].sum(),
            -waste.sum(),
            -((new.astype(float) - old) * money.listing_cost_week).sum(),
            -facings.sum(),
        ]
    )


def _sold_share(plan: Score, other: Score) -> Floats:
    """Share of its demand that an item sells in a plan; without demand there, in the other."""
    found = np.zeros(len(plan.listed))
    for one in (other, plan):
        demand = one.demand_units_week
        np.divide(one.sold_units_week, demand, out=found, where=demand > 0)
    return found


def chain_waterfall(
    assortment: Assortment, regions: Mapping[str, str], facings_added_cost: Mapping[str, float]
) -> pd.DataFrame:
    """Contents.waterfall of a planned chain.

    ``regions``: store -> region; ``facings_added_cost``: store -> money per week for tending the
    facings that fill left-over width, in the local plan's handling.
    """
    parts: dict[str, Floats] = {}
    handling = PARTS.index("handling")
    for store, problem in assortment.problems.items():
        local = assortment.outcomes[store].plan.score
        assert local is not None  # stores without a plan are left out
        plans = {
            "local": local,
            "common": assortment.common[store],
            "current": assortment.current[store],
        }
        steps = [waterfall_parts(problem, plans[old], plans[new]) for old, new in STEPS]
        for found, (_, new) in zip(steps, STEPS, strict=True):
            found[handling] -= facings_added_cost.get(store, 0.0) * (new == "local")
        parts[store] = np.stack(steps)
    return waterfall_table(regions, parts)


def waterfall_table(regions: Mapping[str, str], parts: Mapping[str, Floats]) -> pd.DataFrame:
    """Contents.waterfall: chain, regions and stores; ``parts``: store -> [step, part]."""
    members: dict[tuple[str, str], Sequence[str]] = {("chain", ""): list(parts)}
    for region in dict.fromkeys(regions[store] for store in parts):
        members["region", region] = [s for s in parts if regions[s] == region]
    members |= {("store", store): [store] for store in parts}
    count = len(STEPS) * len(PARTS)
    names = [(old, new, part) for old, new in STEPS for part in PARTS]
    return pd.DataFrame(
        {
            "level": np.repeat([level for level, _ in members], count),
            "name": np.repeat(np.array([name for _, name in members], dtype=object), count),
            **{
                column: [row[k] for row in names] * len(members)
                for k, column in enumerate(("from_plan", "to_plan", "part"))
            },
            "change_week": np.concatenate(
                [np.sum([parts[s] for s in stores], axis=0).ravel() for stores in members.values()]
            ),
        }
    ).astype(dict.fromkeys(COLUMNS[:-1], "str"))
