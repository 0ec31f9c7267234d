"""What going local is worth, with the interval that the demand's own uncertainty gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
import pandas as pd

from planner.assortment.choice import group_sums
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem import Flags, Floats, StoreProblem
from planner.assortment.score import Score
from planner.assortment.stock import stock_bounds

DRAWS = 200
SHARED_VARIANCE = 0.5
"""Share of a pair's variance that is common to the item in all stores: an assumption. With none
of it the chain's interval would shrink with the number of stores, which forecasts do not."""
UNUSUAL_SHARE = 0.06
LOW, HIGH = 0.10, 0.90


def _normal_draws(names: Sequence[str], seed: int) -> Floats:
    """Standard normal draws [draw, name] that hang on the name alone, not on its place."""
    return np.column_stack(
        [
            np.random.default_rng([seed, crc32(name.encode())]).standard_normal(DRAWS)
            for name in names
        ]
    )


def value_draws(
    problem: StoreProblem,
    in_range: Flags,
    relative_se: Floats,
    seed: int,
    plans: Sequence[Score],
) -> Floats:
    """Objective of each plan under draws of the store's demand: [draw, plan].

    ``relative_se``: standard error over mean demand of each item. Attractions are scaled by
    log-normal draws of mean one, and the potential of a need group follows its items
    (``N = v0 + sum of missing w + sum of v in the current range``). Orders follow what sells:
    each item keeps its planned stock over demand, within what its facings hold; all plans see
    the same draws.
    """
    variance = np.log1p(np.square(relative_se))
    shared = _normal_draws([f"item/{item}" for item in problem.item_ids], seed)
    own = _normal_draws([f"{problem.store_id}/{item}" for item in problem.item_ids], seed)
    normal = np.sqrt(SHARED_VARIANCE) * shared + np.sqrt(1.0 - SHARED_VARIANCE) * own
    scale = np.exp(np.sqrt(variance) * normal - variance / 2.0)[:, None, :]
    attraction = problem.attraction * scale
    shadow = problem.shadow_attraction * scale
    potential = problem.no_purchase_attraction + group_sums(
        problem, np.where(in_range, attraction, shadow)
    )
    standard = problem.no_purchase_attraction + group_sums(
        problem, np.where(in_range, problem.attraction, problem.shadow_attraction)
    )
    ratio = np.divide(potential, standard, out=np.ones_like(potential), where=standard > 0)
    drawn = problem.potential_units_week * ratio
    values = np.zeros((len(scale), len(plans)))
    for k, plan in enumerate(plans):
        denominator = problem.no_purchase_attraction + group_sums(
            problem, np.where(plan.listed, attraction, shadow)
        )
        rate = np.divide(drawn, denominator, out=np.zeros_like(drawn), where=denominator > 0)
        demand = (attraction * rate[..., problem.group_of_item]).sum(axis=1)[:, plan.listed]
        values[:, k] = _objective(problem, plan, demand)
    return values


def _objective(problem: StoreProblem, plan: Score, demand: Floats) -> Floats:
    """Objective per draw of a plan's stock under demand per week [draw, listed item]."""
    on, r = plan.listed, problem.deliveries_week
    least, most = (bound[on] for bound in stock_bounds(problem, plan.facings))
    planned = plan.demand_units_week[on]
    ratio = np.divide(demand, planned, out=np.ones_like(demand), where=planned > 0)
    stock = np.clip(plan.stock_units_cycle[on] * ratio, least, most)
    sold = expected_sales(demand / r, stock, problem.demand_cv[on])
    wasted = problem.waste_share[on] * (stock - sold)
    money = problem.price[on] * sold - problem.unit_cost[on] * (sold + wasted)
    fixed = (problem.listing_cost_week[on] + problem.facing_cost_week[on] * plan.facings[on]).sum()
    objective: Floats = r * money.sum(axis=1) - fixed
    return objective


def value_table(
    regions: Mapping[str, str],
    objective: Mapping[str, tuple[float, float, float]],
    sales: Mapping[str, tuple[float, float, float]],
    draws: Mapping[str, Floats],
) -> pd.DataFrame:
    """Contents.value: local against common and current for the chain, regions and stores.

    ``objective`` and ``sales``: local, common and current of each store; ``draws``: [draw, plan]
    of each store in the same order; ``regions``: store -> region.
    """
    members: dict[tuple[str, str], list[str]] = {("chain", ""): list(regions)}
    for store, region in regions.items():
        members.setdefault(("region", region), []).append(store)
    for store in regions:
        members["store", store] = [store]
    rows = []
    for (level, name), stores in members.items():
        total = np.sum([objective[s] for s in stores], axis=0)
        sold = np.sum([sales[s] for s in stores], axis=0)
        drawn = np.sum([draws[s] for s in stores], axis=0)
        for k, against in ((1, "common"), (2, "current")):
            value = float(total[0] - total[k])
            spread = drawn[:, 0] - drawn[:, k]
            low, high = np.quantile(spread, [LOW, HIGH])
            share = value / float(sold[k]) if sold[k] > 0 else np.nan
            rows.append(
                {
                    "level": level,
                    "name": name,
                    "against": against,
                    "value_week": value,
                    "low_week": min(float(low), value),
                    "high_week": max(float(high), value),
                    "share_of_sales": share,
                    "unusual": bool(share > UNUSUAL_SHARE),
                }
            )
    return pd.DataFrame(rows)
