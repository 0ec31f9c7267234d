"""What going local is worth, with the interval that the demand's own uncertainty gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
import pandas as pd

from planner.assortment.choice import group_sums
from planner.assortment.newsvendor import best_ratio
from planner.assortment.problem import Flags, Floats, StoreProblem
from planner.assortment.result import Assortment
from planner.assortment.score import Score, worth_week
from planner.assortment.stock import TOLERANCE, stock_bounds
from planner.demand.result import ChoiceModel

DRAWS = 200
SHARED_VARIANCE = 0.5
"""Share of a pair's variance that is common to the item in all stores: an assumption. With none
of it the chain's interval would shrink with the number of stores, which forecasts do not."""
MODEL_ERROR = 0.15
"""Relative error that pairs without any sales share, an assumption: stores stock what sells, so
a model learned where items are stocked can be too high or too low everywhere else at once."""
NOWHERE_ERROR = 0.4
"""The same where no store has sold the item: an assumption too, as wide as what is not known of
how much less such items sell (``demand.few_stores``)."""
UNUSUAL_SHARE = 0.06
"""A gain of more than this share of sales, or more sales than this, is unusual in the field."""
LOW, HIGH = 0.10, 0.90


def _normal_draws(names: Sequence[str], seed: int) -> Floats:
    """Standard normal draws [draw, name] that hang on the name alone, not on its place.

    The second half is the first with the other sign, so that what is linear in them has its mean.
    """
    half = np.column_stack(
        [
            np.random.default_rng([seed, crc32(name.encode())]).standard_normal(DRAWS // 2)
            for name in names
        ]
    )
    return np.concatenate([half, -half])


def value_draws(
    problem: StoreProblem,
    in_range: Flags,
    relative_se: Floats,
    seed: int,
    plans: Sequence[Score],
    *,
    model_error: Floats | None = None,
    choice_draws: Sequence[ChoiceModel] = (),
) -> Floats:
    """Margin of each plan under draws of the store's demand: [draw, plan].

    ``relative_se``: standard error over mean demand of each item; ``model_error``: what
    items whose demand here rests on the model alone err together, 0 for the others;
    ``choice_draws``: choice models of
    this store that are as likely as each other, taken in turn (the problem's own if none).
    Attractions are scaled by log-normal draws of mean one, and the potential of a need group
    follows its items (``N = v0 + sum of missing w + sum of v in the current range``). Orders
    follow what sells: each item keeps its planned stock over demand, within what its facings
    hold; all plans see the same draws.
    """
    variance = np.log1p(np.square(relative_se))
    shared = _normal_draws([f"item/{item}" for item in problem.item_ids], seed)
    own = _normal_draws([f"{problem.store_id}/{item}" for item in problem.item_ids], seed)
    normal = np.sqrt(SHARED_VARIANCE) * shared + np.sqrt(1.0 - SHARED_VARIANCE) * own
    log_scale = np.sqrt(variance) * normal - variance / 2.0
    if model_error is not None:
        error = _normal_draws(["never sold"], seed) * model_error - np.square(model_error) / 2.0
        log_scale = log_scale + error
    scale = np.exp(log_scale)[:, None, :]
    models = choice_draws or (
        ChoiceModel(
            problem.attraction,
            problem.shadow_attraction,
            problem.no_purchase_attraction,
            problem.potential_units_week,
        ),
    )
    values = np.zeros((len(scale), len(plans)))
    money = problem.in_money()
    for k, model in enumerate(models):
        turn = slice(k, None, len(models))
        for number, plan in enumerate(plans):
            demand = _drawn_demand(problem, model, in_range, scale[turn], plan)
            values[turn, number] = _margin(money, plan, demand)
    return values


def _drawn_demand(
    problem: StoreProblem, model: ChoiceModel, in_range: Flags, scale: Floats, plan: Score
) -> Floats:
    """Units per week of a plan's listed items under scaled attractions: [draw, listed item]."""
    outside = model.no_purchase_attraction

    def mass(attraction: Floats, shadow: Floats, listed: Flags) -> Floats:
        return outside + group_sums(problem, np.where(listed, attraction, shadow))

    attraction, shadow = model.attraction * scale, model.shadow_attraction * scale
    standard = mass(model.attraction, model.shadow_attraction, in_range)
    today = mass(attraction, shadow, in_range)
    growth = np.divide(today, standard, out=np.ones_like(today), where=standard > 0)
    potential = model.potential_units_week * growth
    denominator = mass(attraction, shadow, plan.listed)
    rate = np.divide(potential, denominator, out=np.zeros_like(potential), where=denominator > 0)
    drawn: Floats = (attraction * rate[..., problem.group_of_item]).sum(axis=1)[:, plan.listed]
    return drawn


def _margin(problem: StoreProblem, plan: Score, demand: Floats) -> Floats:
    """Margin per draw of a plan's facings under demand per week [draw, listed item]."""
    on = plan.listed
    least, most = (bound[on] for bound in stock_bounds(problem, plan.facings, np.zeros(len(on))))
    mean = demand / problem.deliveries_week
    stock = np.clip(mean * _order_ratio(problem, plan), least, most)
    items = np.flatnonzero(on)
    total: Floats = worth_week(problem, items, plan.facings[on], demand, stock).sum(axis=1)
    return total


def _order_ratio(problem: StoreProblem, plan: Score) -> Floats:
    """Stock over mean demand that a store orders up to, inside its facings: [listed item].

    The plan's own, but where the facings hold it: stock that is no more than what looks full, or
    a case, is not raised with demand before it pays, and stock that fills the shelf is not cut
    before it would be too much.
    """
    on = plan.listed
    mean = plan.demand_units_week[on] / problem.deliveries_week
    stock = plan.stock_units_cycle[on]
    least, most = (bound[on] for bound in stock_bounds(problem, plan.facings, np.zeros(len(on))))
    best = best_ratio(
        problem.price[on], problem.unit_cost[on], problem.waste_share[on], problem.demand_cv[on]
    )
    planned = np.divide(stock, mean, out=np.array(best), where=mean > 0)
    at_least = stock <= least * (1.0 + TOLERANCE)
    at_most = stock >= most * (1.0 - TOLERANCE)
    ratio = np.where(at_least, np.minimum(planned, best), planned)
    ratio = np.where(at_most & ~at_least, np.maximum(planned, best), ratio)
    # Days of supply that were asked for are kept; of today's range none are.
    asked: Floats = np.maximum(ratio, np.minimum(problem.min_supply_cycles[on], planned))
    return asked


def chain_value(
    assortment: Assortment, regions: Mapping[str, str], facings_added_cost: Mapping[str, float]
) -> pd.DataFrame:
    """Contents.value of a planned chain.

    ``regions``: store -> region; ``facings_added_cost``: store -> money per week for tending the
    facings that fill left-over width, taken off the local plan.
    """
    margin, sales, draws = {}, {}, {}
    for store, outcome in assortment.outcomes.items():
        local = outcome.plan.score
        assert local is not None  # a chain with a store without a plan is never valued
        trio = (local, assortment.common[store], assortment.current[store])
        cost = np.array([facings_added_cost.get(store, 0.0), 0.0, 0.0])
        margin[store] = np.array([plan.margin_week.sum() for plan in trio]) - cost
        sales[store] = np.array([plan.sales_week.sum() for plan in trio])
        draws[store] = outcome.draws - cost
    return value_table(regions, margin, sales, draws)


def value_table(
    regions: Mapping[str, str],
    margin: Mapping[str, Sequence[float] | Floats],
    sales: Mapping[str, Sequence[float] | Floats],
    draws: Mapping[str, Floats],
) -> pd.DataFrame:
    """Contents.value: local against common and current for the chain, regions and stores.

    ``value_week`` is the mean over the draws and its interval that of the draws; ``planned_week``
    the same at the demand expected, the difference of the plans' margins.

    ``margin`` and ``sales``: local, common and current of each store; ``draws``: [draw, plan]
    of each store in the same order; ``regions``: store -> region.
    """
    members: dict[tuple[str, str], list[str]] = {("chain", ""): list(regions)}
    for store, region in regions.items():
        members.setdefault(("region", region), []).append(store)
    for store in regions:
        members["store", store] = [store]
    rows = []
    for (level, name), stores in members.items():
        total = np.sum([np.asarray(margin[s]) for s in stores], axis=0)
        sold = np.sum([np.asarray(sales[s]) for s in stores], axis=0)
        drawn = np.sum([draws[s] for s in stores], axis=0)
        for k, against in ((1, "common"), (2, "current")):
            spread = drawn[:, 0] - drawn[:, k]
            value = float(spread.mean())
            low, high = np.quantile(spread, [LOW, HIGH])
            share = value / float(sold[k]) if sold[k] > 0 else np.nan
            growth = float(sold[0] - sold[k]) / float(sold[k]) if sold[k] > 0 else np.nan
            rows.append(
                {
                    "level": level,
                    "name": name,
                    "against": against,
                    "value_week": value,
                    "low_week": float(low),
                    "high_week": float(high),
                    "planned_week": float(total[0] - total[k]),
                    "share_of_sales": share,
                    "sales_growth": growth,
                    "unusual": bool(max(share, growth) > UNUSUAL_SHARE),
                }
            )
    return pd.DataFrame(rows)
