"""From tables and demand to one store program per store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.assortment.common import evaluated_facings
from planner.assortment.core import core_items, no_core_yet
from planner.assortment.locks import HeldLocks, case_fits, held_locks, refuse_impossible_locks
from planner.assortment.objectives import with_objective
from planner.assortment.problem import Flags, Floats, RangeLimit, StoreProblem
from planner.assortment.range_limits import (
    least_count,
    least_share,
    most_count,
    most_share,
    swap_limits,
)
from planner.assortment.rules import PlanRules
from planner.assortment.today import facings_today, score_today
from planner.assortment.waste import calibrate_waste
from planner.demand.result import Demand
from planner.tables.inputs import Assumption, Inputs

DAYS_OF_A_WEEK = 7
MOST_NAMED = 5
SUSPECT_BUDGET_SHARE = 0.5
"""A budget below this share of what today's range sells, at cost, looks mistyped."""


@dataclass(frozen=True)
class ChainParameters:
    """Store programs of the chain and who is a candidate where.

    ``not_candidate``: [store, item], why an item cannot be listed there, "" for candidates.
    """

    problems: Mapping[str, StoreProblem]
    core: Flags
    not_candidate: NDArray[np.object_]
    buyable: Flags
    """[store, item]: can be bought there in the plan's weeks."""
    assumptions: tuple[Assumption, ...]
    held: Mapping[str, HeldLocks] = field(default_factory=dict)
    """Locks of the stores that have any."""


def chain_parameters(
    inputs: Inputs, demand: Demand, rules: PlanRules | None = None
) -> ChainParameters:
    """Parameters of every store program (docs/model.md) under the rules of a scenario.

    There is no core yet where the rules ask for it to be chosen.
    """
    rules = rules or PlanRules()
    items, stores = inputs.items, inputs.stores
    reason = _why_not(inputs, demand)
    buyable = np.asarray(reason == "", dtype=bool)
    core, assumptions = (
        no_core_yet(inputs) if rules.chooses_core else core_items(inputs, demand, buyable)
    )
    unit_cost = items["unit_cost"].to_numpy(dtype=np.float64)
    demand_week = demand.of_pairs("demand_units_week")
    base_price = items["price"].to_numpy(dtype=np.float64)
    price = base_price * demand.paid_price_share
    waste = calibrate_waste(
        inputs, demand_week, demand.demand_cv, demand.in_range, unit_cost, base_price
    )
    raised = waste.cost_factor > 1.0 + 1e-9
    if raised.any():
        text = (
            "loss that leftovers cannot explain raises the unit cost by "
            f"{waste.cost_factor[raised].mean() - 1:.0%} on average: it happens before the shelf"
        )
        assumptions.append(
            Assumption("assortment", "items.store_loss_share", text, int(raised.sum()))
        )
    refuse_impossible_locks(inputs, buyable, core)
    held: dict[str, HeldLocks] = {}
    facings = facings_today(inputs, demand)
    no_fixtures = 0
    problems = {}
    for s, store_id in enumerate(demand.store_ids):
        shelf_cm, widest = _shelves_of(inputs, store_id)
        no_fixtures += not shelf_cm
        fits, most = _fits_a_shelf(inputs, shelf_cm, widest), _max_facings(inputs, widest)
        reason[s][(reason[s] == "") & ~fits] = "wider than every shelf of its kind here"
        store = stores.iloc[s]
        cycles = float(store["deliveries_week"])
        problem = StoreProblem(
            store_id=store_id,
            deliveries_week=cycles,
            segments=demand.segments,
            need_groups=demand.need_groups,
            item_ids=demand.item_ids,
            group_of_item=demand.group_of_item,
            potential_units_week=demand.choice.potential_units_week[:, s],
            no_purchase_attraction=demand.choice.no_purchase_attraction[:, s],
            attraction=demand.choice.attraction[:, s],
            shadow_attraction=demand.choice.shadow_attraction[:, s],
            price=price[s],
            unit_cost=unit_cost * waste.cost_factor,
            spend_cost=unit_cost * waste.cost_factor,
            sales_price=price[s],
            waste_share=waste.waste_share[s],
            demand_cv=demand.demand_cv[s],
            fixture_type=tuple(items["fixture_type"]),
            facing_width_cm=items["facing_width_cm"].to_numpy(dtype=np.float64),
            units_per_facing=_or_inf(items["units_per_facing"]),
            shelf_fills_per_cycle=items["shelf_fills_per_cycle"].to_numpy(dtype=np.float64),
            min_units_per_facing=items["min_units_per_facing"].to_numpy(dtype=np.float64),
            min_stock_units=items["case_units"].to_numpy(dtype=np.float64),
            min_supply_cycles=np.full(
                len(items), (rules.min_days_of_supply or 0.0) * cycles / DAYS_OF_A_WEEK
            ),
            min_facings=items["min_facings"].to_numpy(dtype=np.int64),
            max_facings=most,
            listing_cost_week=items["listing_cost_week"].to_numpy(dtype=np.float64),
            facing_cost_week=items["facing_cost_week"].to_numpy(dtype=np.float64),
            listing_money_week=items["listing_cost_week"].to_numpy(dtype=np.float64),
            facing_money_week=items["facing_cost_week"].to_numpy(dtype=np.float64),
            core=core,
            locked_in=np.zeros_like(core),
            locked_out=np.zeros_like(core),
            shelf_cm=shelf_cm,
            budget_week=float(_or_inf(stores["budget_week"])[s]) * rules.budget_scale,
            max_local_items=_most_local_items(stores, s, rules),
            min_sales_week=-np.inf,
            range_limits=_range_limits(inputs, store_id, str(store["region"])),
        )
        locks = held_locks(inputs, problem, np.asarray(reason[s] == "", dtype=bool))
        problem = locks.applied(problem)
        reason[s][(reason[s] == "") & ~case_fits(problem)] = "a case does not fit its facings here"
        reason[s][locks.out & (reason[s] == "")] = "locked out"
        if locks.locks:
            held[store_id] = locks
        problem = with_rules(problem, inputs, rules, demand.in_range[s])
        if rules.min_sales_share > 0:
            own = locks.with_own_facings(problem)
            now = evaluated_facings(own, demand.in_range[s] & buyable[s], facings[s])
            sales = float(score_today(problem, now)[0].sales_week.sum())
            problem = dataclasses.replace(problem, min_sales_week=rules.min_sales_share * sales)
        problems[store_id] = with_objective(problem, rules.objective)
    if no_fixtures:
        text = "stores without fixtures: no shelf limit and no planogram"
        assumptions.append(Assumption("assortment", "fixtures", text, no_fixtures))
    bought_today = (demand_week * demand.in_range) @ (unit_cost * waste.cost_factor)
    suspect = stores["budget_week"].to_numpy(dtype=np.float64) < SUSPECT_BUDGET_SHARE * bought_today
    if suspect.any():
        named = ", ".join(stores["store_id"][suspect].head(MOST_NAMED).astype("str"))
        more = ", ..." if suspect.sum() > MOST_NAMED else ""
        text = (
            f"the budget is less than {SUSPECT_BUDGET_SHARE:.0%} of what today's range sells a "
            f"week, at cost: check it (stores {named}{more})"
        )
        budgets = Assumption(
            "assortment", "stores.budget_week", text, int(suspect.sum()), warning=True
        )
        assumptions.append(budgets)
    return ChainParameters(problems, core, reason, buyable, tuple(assumptions), held)


def with_rules(
    problem: StoreProblem, inputs: Inputs, rules: PlanRules, in_range: Flags
) -> StoreProblem:
    """The store with the rules on its range: shares of the listed items, and swaps.

    ``in_range``: the items of today's range. Rules that are there already are replaced, so that
    a store whose core is chosen anew can be given them again.
    """
    items = inputs.items
    shares: list[tuple[str, Flags, float]] = [
        ("min_share:local", ~problem.core, rules.min_local_share),
        ("min_share:organic", items["organic"].to_numpy(dtype=bool), rules.min_organic_share),
    ]
    for supplier, share in rules.min_supplier_share.items():
        members = np.asarray(items["supplier_id"] == supplier, dtype=bool)
        shares.append((f"min_share:supplier:{supplier}", members, share))
    limits = [least_share(name, members, share) for name, members, share in shares if share > 0]
    if rules.max_swaps is not None:
        limits += swap_limits(in_range, problem.must_list, problem.locked_out, rules.max_swaps)
    kept = [
        limit
        for limit in problem.range_limits
        if not limit.name.startswith(("min_share:", "max_swaps:"))
    ]
    return dataclasses.replace(problem, range_limits=(*kept, *limits))


def with_reserve(
    problems: Mapping[str, StoreProblem], reserve_cm: Mapping[str, Mapping[str, float]]
) -> dict[str, StoreProblem]:
    """The stores with shelf left free: ``reserve_cm`` is store -> fixture type -> centimetres."""
    reserved = {}
    for store, problem in problems.items():
        room = dict(problem.shelf_cm)
        for kind, width in reserve_cm.get(store, {}).items():
            room[kind] = max(0.0, room[kind] - width)
        reserved[store] = dataclasses.replace(problem, shelf_cm=room)
    return reserved


def _most_local_items(stores: pd.DataFrame, store: int, rules: PlanRules) -> float:
    """Most local items of a store: as the rules say for every store, or as its row does."""
    if rules.max_local_items is not None:
        return float(rules.max_local_items)
    return float(_or_inf(stores["max_local_items"])[store])


def _or_inf(column: pd.Series) -> Floats:
    values = column.to_numpy(dtype=np.float64)
    return np.where(np.isnan(values), np.inf, values)


def _why_not(inputs: Inputs, demand: Demand) -> NDArray[np.object_]:
    """[store, item]: why an item cannot be bought there in the plan's weeks, "" where it can."""
    items, regions = inputs.items, inputs.stores["region"].to_numpy()
    reason = np.full((len(inputs.stores), len(items)), "", dtype=object)
    last_day = demand.first_week + pd.Timedelta(days=7 * demand.weeks - 1)
    early = (items["available_from"] > demand.first_week).to_numpy()
    late = (items["available_to"] < last_day).to_numpy()
    reason[:, early | late] = "cannot be bought in all the plan's weeks"
    for i, sold_in in enumerate(items["regions"]):
        if sold_in:
            names = {name.strip() for name in str(sold_in).split(";")}
            reason[~np.isin(regions, list(names)), i] = "cannot be bought in this region"
    return reason


def _shelves_of(inputs: Inputs, store_id: str) -> tuple[dict[str, float], dict[str, float]]:
    """Total and widest shelf per fixture type of the chain; nothing for a store without any."""
    own = inputs.fixtures[inputs.fixtures["store_id"] == store_id]
    if own.empty:
        return {}, {}
    kinds = sorted(set(inputs.fixtures["fixture_type"]) | set(inputs.items["fixture_type"]))
    total = own.groupby("fixture_type")["width_cm"].sum()
    widest = own.groupby("fixture_type")["width_cm"].max()
    return (
        {kind: float(total.get(kind, 0.0)) for kind in kinds},
        {kind: float(widest.get(kind, 0.0)) for kind in kinds},
    )


def _fits_a_shelf(
    inputs: Inputs, shelf_cm: Mapping[str, float], widest: Mapping[str, float]
) -> Flags:
    items = inputs.items
    if not shelf_cm:
        return np.ones(len(items), dtype=bool)
    room = items["fixture_type"].map(widest).to_numpy(dtype=np.float64)
    least = (items["facing_width_cm"] * items["min_facings"]).to_numpy(dtype=np.float64)
    fits: Flags = least <= room + 1e-9
    return fits


def _max_facings(inputs: Inputs, widest: Mapping[str, float]) -> NDArray[np.int64]:
    """Most facings, no more than stand side by side on one shelf."""
    items = inputs.items
    most = items["max_facings"].to_numpy(dtype=np.float64)
    if widest:
        room = items["fixture_type"].map(widest).to_numpy(dtype=np.float64)
        one_shelf = np.floor(room / items["facing_width_cm"].to_numpy(dtype=np.float64) + 1e-9)
        most = np.minimum(most, one_shelf)
    least = items["min_facings"].to_numpy(dtype=np.float64)
    return np.asarray(np.maximum(most, least), dtype=np.int64)


def _range_limits(inputs: Inputs, store_id: str, region: str) -> tuple[RangeLimit, ...]:
    """Range rules that hold for a store; of several with one meaning the tightest."""
    rules = inputs.range_rules
    applies = rules["store_id"].isin(["", store_id]) & rules["region"].isin(["", region])
    tightest: dict[str, RangeLimit] = {}
    for rule in rules[applies].to_dict("records"):
        kind = "need_group" if rule["need_group"] else "category"
        name = str(rule[kind])
        member = np.asarray(inputs.items[kind] == name, dtype=bool)
        for column, limit_of, label in (
            ("min_items", least_count, f"{kind}_min:{name}"),
            ("max_items", most_count, f"{kind}_max:{name}"),
            ("min_share", least_share, f"{kind}_min_share:{name}"),
            ("max_share", most_share, f"{kind}_max_share:{name}"),
        ):
            if np.isnan(rule[column]):
                continue
            limit = limit_of(label, member, float(rule[column]))
            before = tightest.get(limit.name, limit)
            tightest[limit.name] = dataclasses.replace(
                limit,
                lower=max(limit.lower, before.lower),
                upper=min(limit.upper, before.upper),
            )
    return tuple(tightest.values())
