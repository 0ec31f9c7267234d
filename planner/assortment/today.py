"""Today's range under the plan's demand: what a plan is compared with, and its floor of sales."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from planner.assortment.problem import Floats, Integers, StoreProblem
from planner.assortment.score import Score, best_score
from planner.demand.result import Demand
from planner.tables.inputs import Inputs


def facings_today(inputs: Inputs, demand: Demand) -> Floats:
    """Facings [store, item] of the current range as given; NaN where they are not known."""
    facings = np.full((len(demand.store_ids), len(demand.item_ids)), np.nan)
    stores = {store: s for s, store in enumerate(demand.store_ids)}
    items = {item: i for i, item in enumerate(demand.item_ids)}
    for row in inputs.current_range.to_dict("records"):
        facings[stores[row["store_id"]], items[row["item_id"]]] = row["facings"]
    return facings


def as_today(problem: StoreProblem) -> StoreProblem:
    """The store's problem with nothing asked of it beside the input: for the margin, without a
    floor of sales or days of supply.
    """
    asked_of_none = np.zeros(len(problem.item_ids))
    return dataclasses.replace(
        problem.in_money(), min_sales_week=-math.inf, min_supply_cycles=asked_of_none
    )


def score_today(problem: StoreProblem, facings: Integers) -> tuple[Score, bool]:
    """Today's range stocked for the best margin, and whether its least stock overspends.

    The budget is left out where it does. What a plan is asked for beside the input (another
    objective, a floor of sales, days of supply) is not asked of today's range.
    """
    today = as_today(problem)
    within = best_score(today, facings)
    found = within or best_score(today, facings, math.inf)
    # Without a budget the least stock is always affordable.
    assert found is not None
    return found, within is None
