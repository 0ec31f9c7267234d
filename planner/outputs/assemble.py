"""From the results of the stages to the tables of a run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from planner import __version__
from planner.assortment.problem import StoreProblem
from planner.assortment.result import Assortment, proof_words
from planner.assortment.rules import Objective
from planner.assortment.score import Score
from planner.assortment.value import chain_value
from planner.demand.result import Demand
from planner.outputs.contents import LEFT_OUT, WORTH, Contents, Stamp
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
    assumptions: tuple[Assumption, ...],
    run_id: str,
    scenario: str,
    objective: Objective = Objective.MARGIN,
) -> Contents:
    """Every table that the outputs show, from the frozen results of the stages.

    backtest: ``Backtest.scores``; assumptions: those of every stage.
    """
    names = inputs.stores.set_index("store_id")[["store_name", "region"]]
    inputs = inputs.without_stores(assortment.left_out)
    items = _assortment_table(assortment, shelves)
    store_plans = _store_plans(assortment, shelves)
    return Contents(
        stamp=_stamp(inputs, demand, assortment, run_id, scenario, objective),
        items=inputs.items,
        stores=inputs.stores,
        demand=_of_planned(demand.pairs, assortment),
        assortment=items,
        limits=_limits(inputs, assortment, items),
        positions=shelves.positions,
        shelves=shelves.shelves,
        store_plans=store_plans,
        figures=_figures(assortment, items),
        value=_value(inputs, assortment, store_plans),
        changes=_changes(inputs, demand, assortment, items, shelves),
        recapture=demand.recapture,
        signal_effects=demand.signal_effects,
        assumptions=_assumption_table(assumptions),
        backtest=backtest,
        worth=_worth(assortment),
        orders=orders_table(inputs, assortment),
        left_out=_left_out(assortment, names),
    )


def _of_planned(frame: pd.DataFrame, assortment: Assortment) -> pd.DataFrame:
    """The rows of the stores that have a plan."""
    if not assortment.left_out:
        return frame
    return frame[frame["store_id"].isin(list(assortment.plans))].reset_index(drop=True)


def _worth(assortment: Assortment) -> pd.DataFrame:
    """Contents.worth: what more of each limit is worth to each store."""
    rows = [
        (store, w.limit, w.unit, w.amount, w.how.value, w.worth_week, w.least_week, w.most_week)
        for store, outcome in assortment.outcomes.items()
        for w in outcome.worth
    ]
    numbers = ("amount", "worth_week", "least_week", "most_week")
    return pd.DataFrame(rows, columns=list(WORTH)).astype(dict.fromkeys(numbers, float))


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


def with_plan_ids(contents: Contents, stores: dict[str, Contents]) -> dict[str, str]:
    """Identify each store's plan by what its workbook shows: the same content, the same id."""
    stamp = contents.stamp
    shown = (
        stamp.chain_name,
        stamp.scenario,
        stamp.data_date,
        stamp.valid_from,
        stamp.valid_to,
        stamp.currency,
        stamp.locale,
        stamp.planner_version,
    )
    shared = "|".join(map(str, shown)) + _text_of(
        [contents.items, contents.assumptions, contents.recapture]
    )
    ids = {}
    for store, part in stores.items():
        frames = [part.stores, part.assortment, part.limits, part.positions, part.shelves,
                  part.store_plans, part.figures, part.value, part.changes, part.worth]  # fmt: skip
        ids[store] = hashlib.sha256((shared + _text_of(frames)).encode()).hexdigest()[:12]
    return ids


def _text_of(frames: Iterable[pd.DataFrame]) -> str:
    return "\n".join(str(frame.to_csv(index=False)) for frame in frames)


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


def _value(inputs: Inputs, assortment: Assortment, store_plans: pd.DataFrame) -> pd.DataFrame:
    """Contents.value, with what the printed left-over facings cost."""
    stores = inputs.stores
    regions = dict(zip(stores["store_id"], stores["region"], strict=True))
    added = store_plans["facings_added_cost_week"].to_numpy(dtype=np.float64)
    cost = dict(zip(store_plans["store_id"], added, strict=True))
    return chain_value(assortment, regions, cost)


def _figures(assortment: Assortment, items: pd.DataFrame) -> pd.DataFrame:
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
    return pd.DataFrame(rows)


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


def _changes(
    inputs: Inputs,
    demand: Demand,
    assortment: Assortment,
    items: pd.DataFrame,
    shelves: Shelves,
) -> pd.DataFrame:
    """Contents.changes: what comes, leaves and moves, with first and last order dates."""
    # The plan starts the day after the data ends: orders change with its first day.
    last_order = demand.first_week - pd.Timedelta(days=1)
    groups = inputs.items.set_index("item_id")["need_group"]
    today = inputs.current_range.set_index(["store_id", "item_id"])
    facings_today = today["facings"].to_dict()
    moved = _moved(inputs, shelves)
    marginal = np.concatenate([assortment.outcomes[s].marginal_week for s in assortment.problems])
    items = items.assign(value_week=marginal)
    changed = items[items["status"].isin(["NEW", "OUT"])]
    kept = items[(items["status"] == "KEEP")]
    is_moved = [key in moved for key in zip(kept["store_id"], kept["item_id"], strict=True)]
    rows = []
    both = pd.concat([changed, kept[is_moved]])
    for store in both["store_id"].unique():
        part = both[both["store_id"] == store]
        leaving = {
            item: groups[item] for item in part.loc[part["status"] == "OUT", "item_id"]
        }  # fmt: skip
        new = part[part["status"] == "NEW"].sort_values(
            "margin_week", ascending=False, kind="stable"
        )
        replaced: dict[str, str] = {}
        for item in new["item_id"]:
            partner = next((o for o, group in leaving.items() if group == groups[item]), "")
            if partner:
                del leaving[partner]
            replaced[item] = partner
        for row in part.to_dict("records"):
            change = "MOVED" if row["status"] == "KEEP" else row["status"]
            before = facings_today.get((store, row["item_id"]), math.nan)
            rows.append(
                {
                    "store_id": store,
                    "item_id": row["item_id"],
                    "change": change,
                    "facings_before": 0.0 if change == "NEW" else float(before),
                    "facings_after": float(row["facings"]),
                    "replaces": replaced.get(row["item_id"], "") if change == "NEW" else "",
                    "first_order_date": demand.first_week if change == "NEW" else pd.NaT,
                    "last_order_date": last_order if change == "OUT" else pd.NaT,
                    "value_week": math.nan if change == "MOVED" else row["value_week"],
                    "reason": moved.get((store, row["item_id"]), "")
                    if change == "MOVED"
                    else row["reason"],
                }
            )
    columns = ["store_id", "item_id", "change", "facings_before", "facings_after", "replaces",
               "first_order_date", "last_order_date", "value_week", "reason"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    dates = {"first_order_date": "datetime64[ns]", "last_order_date": "datetime64[ns]"}
    rank = {store: k for k, store in enumerate(assortment.problems)}
    order = pd.Series({"NEW": 0, "OUT": 1, "MOVED": 2})
    table = table.astype({**dates, "facings_before": float, "facings_after": float})
    key = pd.DataFrame(
        {"store": table["store_id"].map(rank), "change": table["change"].map(order)}
    ).sort_values(["store", "change"], kind="stable")
    return table.loc[key.index].reset_index(drop=True)


def _moved(inputs: Inputs, shelves: Shelves) -> dict[tuple[str, str], str]:
    """Items that stay but stand on another shelf, where today's place is known."""
    today = inputs.current_range
    known = today[(today["fixture_id"] != "") & today["bay"].notna() & today["shelf"].notna()]
    if known.empty or shelves.positions.empty:
        return {}
    both = known.merge(shelves.positions, on=["store_id", "item_id"], suffixes=("_today", ""))
    away = both[
        (both["fixture_id_today"] != both["fixture_id"])
        | (both["bay_today"] != both["bay"])
        | (both["shelf_today"] != both["shelf"])
    ]
    return {
        (row["store_id"], row["item_id"]): (
            f"from {row['fixture_id_today']} {row['bay_today']:.0f}-{row['shelf_today']:.0f} "
            f"to {row['fixture_id']} {row['bay']:.0f}-{row['shelf']:.0f}"
        )
        for row in away.to_dict("records")
    }


def _assumption_table(assumptions: tuple[Assumption, ...]) -> pd.DataFrame:
    rows = [(a.stage, a.subject, a.text, a.count) for a in assumptions]
    return pd.DataFrame(rows, columns=["stage", "subject", "text", "count"])
