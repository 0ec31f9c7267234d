"""From the results of the stages to the tables of a run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from planner import __version__
from planner.assortment.limit_worth import worth_for_chain
from planner.assortment.net_value import with_net_values
from planner.assortment.problem import StoreProblem
from planner.assortment.result import Assortment, proof_words
from planner.assortment.rules import Objective
from planner.assortment.score import Score
from planner.assortment.value import chain_value
from planner.assortment.waterfall import chain_waterfall
from planner.demand.lock_review import LockReview
from planner.demand.result import Demand
from planner.outputs.assumption_table import assumption_table
from planner.outputs.certainty import certainty_table
from planner.outputs.changes import changes_table
from planner.outputs.contents import FORCING, LEFT_OUT, WORTH, Contents, Stamp
from planner.outputs.local_drivers import local_drivers_table
from planner.outputs.lock_table import lock_table, lock_totals, lockable_items
from planner.outputs.orders import orders_table
from planner.shelves.result import Shelves
from planner.tables.inputs import GENERIC_CURRENCY, Assumption, Inputs

DAYS_OF_A_WEEK = 7


def assemble_contents(
    inputs: Inputs,
    demand: Demand,
    assortment: Assortment,
    shelves: Shelves,
    *,
    backtest: pd.DataFrame,
    lock_review: LockReview,
    assumptions: tuple[Assumption, ...],
    run_id: str,
    scenario: str,
    objective: Objective = Objective.MARGIN,
    overfull: pd.DataFrame | None = None,
) -> Contents:
    """Every table that the outputs show, from the frozen results of the stages.

    backtest: ``Backtest.scores``; assumptions: those of every stage; overfull:
    ``shelves.today.overfull_today`` of today's range as it is valued.
    """
    names = inputs.stores.set_index("store_id")[["store_name", "region"]]
    locks = lock_table(inputs, assortment, lock_review)
    inputs = inputs.without_stores(assortment.left_out)
    items = _assortment_table(assortment, shelves)
    store_plans = _store_plans(assortment, shelves)
    regions = dict(zip(inputs.stores["store_id"], inputs.stores["region"], strict=True))
    added = store_plans["facings_added_cost_week"].to_numpy(dtype=np.float64)
    added_cost = dict(zip(store_plans["store_id"], added, strict=True))
    value = chain_value(assortment, regions, added_cost)
    planned_demand = _of_planned(demand.pairs, assortment)
    return Contents(
        stamp=_stamp(inputs, demand, assortment, run_id, scenario, objective),
        items=inputs.items,
        stores=inputs.stores,
        demand=planned_demand,
        assortment=items,
        limits=_limits(inputs, assortment, items),
        positions=shelves.positions,
        shelves=shelves.shelves,
        placement=shelves.placement,
        store_plans=store_plans,
        figures=_figures(assortment, items, overfull),
        value=value,
        waterfall=chain_waterfall(assortment, regions, added_cost),
        local_drivers=local_drivers_table(demand, items, regions),
        certainty=certainty_table(
            inputs.stores, inputs.items, planned_demand, items, demand.recapture, value
        ),
        changes=with_net_values(
            changes_table(inputs, demand, assortment, items, shelves, locks), assortment
        ),
        recapture=demand.recapture,
        signal_effects=demand.signal_effects,
        assumptions=assumption_table(assumptions),
        backtest=backtest,
        worth=_worth(assortment),
        orders=orders_table(inputs, assortment),
        forcing=_forcing(assortment),
        left_out=_left_out(assortment, names),
        locks=locks,
        lock_totals=lock_totals(locks, assortment),
        lockable=lockable_items(assortment),
    )


def _of_planned(frame: pd.DataFrame, assortment: Assortment) -> pd.DataFrame:
    """The rows of the stores that have a plan."""
    if not assortment.left_out:
        return frame
    return frame[frame["store_id"].isin(list(assortment.plans))].reset_index(drop=True)


def _worth(assortment: Assortment) -> pd.DataFrame:
    """Contents.worth: what more of each limit is worth, to each store and to the chain."""
    worths = [(store, w) for store, outcome in assortment.outcomes.items() for w in outcome.worth]
    if assortment.chain is not None:
        worths += [("", w) for w in worth_for_chain(assortment.chain.limits)]
    rows = [
        (store, w.limit, w.unit, w.amount, w.how.value, w.worth_week, w.least_week, w.most_week)
        for store, w in worths
    ]
    numbers = ("amount", "worth_week", "least_week", "most_week")
    return pd.DataFrame(rows, columns=list(WORTH)).astype(dict.fromkeys(numbers, float))


def _forcing(assortment: Assortment) -> pd.DataFrame:
    """Contents.forcing: what it costs to force in what is not listed."""
    rows = []
    for store, outcome in assortment.outcomes.items():
        ids = assortment.problems[store].item_ids
        rows += [
            (store, ids[item], f.how.value, f.cost_week, f.least_week, f.most_week,
             ";".join(ids[other] for other in f.leaves))
            for item, f in outcome.forcing.items()
        ]  # fmt: skip
    numbers = ("cost_week", "least_week", "most_week")
    return pd.DataFrame(rows, columns=list(FORCING)).astype(dict.fromkeys(numbers, float))


def _left_out(assortment: Assortment, names: pd.DataFrame) -> pd.DataFrame:
    """Contents.left_out: the stores that the others were planned without, and why.

    ``names``: store_name and region by store.
    """
    rows = [
        (store, *names.loc[store], found.plan.plan, found.plan.proof, "; ".join(found.conflict))
        for store, found in assortment.left_out.items()
    ]
    return pd.DataFrame(rows, columns=list(LEFT_OUT)).astype(str)


def all_assumptions(
    inputs: Inputs,
    demand: Demand,
    backtest: tuple[Assumption, ...],
    assortment: Assortment,
    shelves: Shelves,
) -> tuple[Assumption, ...]:
    """Everything that was assumed or left out, by stage; warnings first."""
    found = inputs.assumptions + demand.assumptions + backtest
    found += assortment.assumptions + shelves.assumptions
    return tuple(sorted(found, key=lambda assumption: not assumption.warning))


def _stamp(
    inputs: Inputs,
    demand: Demand,
    assortment: Assortment,
    run_id: str,
    scenario: str,
    objective: Objective,
) -> Stamp:
    last_week = inputs.sales["week"].max()
    proofs = {plan.proof for plan in assortment.plans.values()}
    return Stamp(
        run_id=run_id,
        chain_name=inputs.chain.name,
        scenario=scenario,
        currency="" if inputs.planned_in_units else inputs.chain.currency or GENERIC_CURRENCY,
        locale=inputs.chain.locale,
        data_date=last_week + pd.Timedelta(days=DAYS_OF_A_WEEK - 1),
        valid_from=demand.first_week,
        valid_to=demand.first_week + pd.Timedelta(days=DAYS_OF_A_WEEK * demand.weeks - 1),
        plan="infeasible" if assortment.left_out else "feasible",
        proof=proof_words(assortment.gap, time_limit_struck="time limit" in proofs),
        objective=Objective.UNITS.value if inputs.planned_in_units else objective.value,
        objective_week=assortment.objective_week,
        bound_week=assortment.bound_week,
        gap=assortment.gap,
        planner_version=__version__,
    )


def _assortment_table(assortment: Assortment, shelves: Shelves) -> pd.DataFrame:
    """tables/assortment.parquet: every store x item, facings as printed."""
    core = set(assortment.core_item_ids)
    added = shelves.facings_added.set_index(["store_id", "item_id"])["facings_added"].to_dict()
    parts = []
    for store in assortment.problems:
        problem, plan = assortment.problems[store], assortment.plans[store].score
        assert plan is not None  # stores without a plan are left out
        extra = np.array([added.get((store, item), 0) for item in problem.item_ids], dtype=np.int64)
        today = assortment.in_range.loc[store].to_numpy(dtype=bool)
        status = np.select(
            [plan.listed & ~today, plan.listed, today], ["NEW", "KEEP", "OUT"], "NOT CARRIED"
        )
        parts.append(
            pd.DataFrame(
                {
                    "store_id": store,
                    "item_id": list(problem.item_ids),
                    "core": [item in core for item in problem.item_ids],
                    "listed": plan.listed,
                    "facings": plan.facings + extra,
                    "stock_units_cycle": plan.stock_units_cycle,
                    "demand_units_week": plan.demand_units_week,
                    "sold_units_week": plan.sold_units_week,
                    "waste_units_week": plan.waste_units_week,
                    "sales_week": plan.sales_week,
                    "margin_week": plan.margin_week - problem.facing_money_week * extra,
                    "status": status,
                    "reason": list(assortment.outcomes[store].reasons),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _limits(inputs: Inputs, assortment: Assortment, items: pd.DataFrame) -> pd.DataFrame:
    """tables/limits.parquet: every limit of every store, shelf as printed."""
    about = items.merge(inputs.items[["item_id", "fixture_type", "facing_width_cm"]], on="item_id")
    width = about["facings"] * about["facing_width_cm"]
    printed = width.groupby([about["store_id"], "shelf_cm:" + about["fixture_type"]]).sum()
    on_shelf: dict[Any, float] = printed.to_dict()
    rows = [
        (
            store,
            limit.limit,
            limit.unit,
            on_shelf.get((store, limit.limit), limit.used),
            limit.available + _reserved(assortment, store, limit.limit),
            limit.shadow_price,
        )
        for store, plan in assortment.plans.items()
        for limit in plan.limits
    ]
    rows += [
        ("", limit.limit, limit.unit, limit.used, limit.available, limit.shadow_price)
        for limit in (assortment.chain.limits if assortment.chain else ())
    ]
    columns = ["store_id", "limit", "unit", "used", "available", "shadow_price"]
    return pd.DataFrame(rows, columns=columns).astype(
        {"used": float, "available": float, "shadow_price": float}
    )


def _reserved(assortment: Assortment, store: str, limit: str) -> float:
    reserved = assortment.reserve_cm.get(store, {})
    return reserved.get(limit.removeprefix("shelf_cm:"), 0.0)


def _store_plans(assortment: Assortment, shelves: Shelves) -> pd.DataFrame:
    added = shelves.facings_added.groupby("store_id")["cost_week"].sum().to_dict()
    return pd.DataFrame(
        [
            {
                "store_id": store,
                "plan_id": "",
                "plan": plan.plan,
                "proof": plan.proof,
                "objective_week": plan.objective_week,
                "bound_week": plan.bound_week,
                "gap": plan.gap,
                "facings_added_cost_week": float(added.get(store, 0.0)),
            }
            for store, plan in assortment.plans.items()
        ]
    )


def _figures(
    assortment: Assortment, items: pd.DataFrame, overfull: pd.DataFrame | None
) -> pd.DataFrame:
    """Contents.figures: local as printed, common and current as the planner would run them."""
    printed = items.groupby("store_id", sort=False)[["margin_week"]].sum()["margin_week"]
    facings = {
        store: part["facings"].to_numpy() for store, part in items.groupby("store_id", sort=False)
    }
    rows = []
    for store, problem in assortment.problems.items():
        local = assortment.plans[store].score
        assert local is not None  # as above
        reserved = assortment.reserve_cm.get(store, {})
        room = sum(problem.shelf_cm.values()) + sum(reserved.values())
        plans = (
            ("local", local, float(printed[store]), facings[store]),
            ("common", assortment.common[store], None, None),
            ("current", assortment.current[store], None, None),
        )
        for name, score, margin, shown in plans:
            rows.append(_figure_row(store, room, name, problem, score, margin, shown))
    figures = pd.DataFrame(rows)
    over = {} if overfull is None else overfull.groupby("store_id")["over_cm"].sum().to_dict()
    beyond = figures["store_id"].map(over).fillna(0.0).astype("float64")
    # The planner's own ranges keep their shelves.
    return figures.assign(over_shelf_cm=beyond.where(figures["plan"] == "current", 0.0))


def _figure_row(
    store: str,
    room: float,
    name: str,
    problem: StoreProblem,
    score: Score,
    margin: float | None,
    facings: np.ndarray | None,
) -> dict[str, object]:
    after_waste = float(score.margin_week.sum()) if margin is None else margin
    on_shelf = np.isin(np.array(problem.fixture_type, dtype=object), list(problem.shelf_cm))
    counts = score.facings if facings is None else facings
    used = float((problem.facing_width_cm * counts)[on_shelf].sum())
    return {
        "store_id": store,
        "plan": name,
        "listed_items": int(score.listed.sum()),
        "local_items": int((score.listed & ~problem.core).sum()),
        "sold_units_week": float(score.sold_units_week.sum()),
        "waste_units_week": float(score.waste_units_week.sum()),
        "sales_week": float(score.sales_week.sum()),
        "margin_week": after_waste,
        "margin_before_waste_week": after_waste
        + float((problem.spend_cost * score.waste_units_week).sum()),
        "spend_week": float(score.spend_week.sum()),
        "shelf_used_share": used / room if room > 0 else math.nan,
    }
