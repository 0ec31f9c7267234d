"""Stores and chain: objective, bound, gap and proof, limits used, figures and what they add to."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

from planner.audit.chain_limits import chain_available, chain_budget, chain_uses, is_coupled
from planner.audit.economics import spend_by_store
from planner.audit.folder import MANIFEST, RunFolder
from planner.audit.ledger import RELATIVE_TOLERANCE, Ledger, close, number
from planner.audit.scenario import (
    budgets,
    chooses_for_the_chain,
    counts_facings,
    limits_available,
    limits_used,
    most_local_items,
    objective_of_items,
)

PLANS = "tables/store_plans.parquet"
PROVEN = 1e-6
_WITHIN = re.compile(r"within (\d+(?:\.\d+)?) ?%")


def gap_of(objective: float, bound: float) -> float:
    """``(bound - objective) / max(1, |objective|)``, at least 0."""
    return max(0.0, bound - objective) / max(1.0, abs(objective))


def proof_holds(proof: str, gap: float) -> bool:
    """Whether the word for how sure the plan is agrees with its gap."""
    if proof == "optimal":
        return gap <= PROVEN
    if match := _WITHIN.fullmatch(proof):
        return gap <= float(match.group(1)) / 100 + 1e-9
    return proof == "time limit"


def check_objectives(run: RunFolder, ledger: Ledger) -> None:
    """A store's proven objective is that of its items; a margin as it was before the left-over
    width went to facings."""
    plans = run.tables["store_plans"]
    objective = objective_of_items(run).groupby(run.tables["assortment"]["store_id"]).sum()
    added = plans["facings_added_cost_week"].fillna(0.0) * counts_facings(run)
    ledger.expect_close(
        plans.drop(columns="plan"),
        "objective_week",
        plans["store_id"].map(objective).fillna(0.0) + added,
        PLANS,
        "objective of its items, a margin plus the cost of the facings added",
    )
    known = set(plans["store_id"])
    for store_id in run.inputs["stores"]["store_id"]:
        ledger.expect(store_id in known, f"{PLANS}: store {store_id} has no row")


def check_proofs(run: RunFolder, ledger: Ledger) -> None:
    """Gaps follow from bound and objective, and the words for the proof from the gap."""
    plans = run.tables["store_plans"]
    gaps = [gap_of(o, b) for o, b in zip(plans["objective_week"], plans["bound_week"], strict=True)]
    ledger.expect_close(
        plans.drop(columns="plan"), "gap", gaps, PLANS, "(bound - objective) / max(1, |objective|)"
    )
    ledger.expect_rows(
        plans,
        [proof_holds(p, g) for p, g in zip(plans["proof"], plans["gap"], strict=True)],
        lambda row: (
            f"{PLANS}: store {row['store_id']}: proof is {row['proof']!r}, which a gap of "
            f"{row['gap']:.3g} does not bear out"
        ),
    )
    ledger.expect_rows(
        plans,
        plans["plan"] == "feasible",
        lambda row: f"{PLANS}: store {row['store_id']}: plan is {row['plan']!r}, not feasible",
    )


def check_manifest(run: RunFolder, ledger: Ledger) -> None:
    """run.json says of the stores and of the chain what the tables say."""
    plans = run.tables["store_plans"].set_index("store_id")
    stores = run.manifest.get("stores") or {}
    for store_id, entry in stores.items():
        if store_id not in plans.index:
            ledger.expect(False, f"{MANIFEST}: store {store_id} is not in {PLANS}")
            continue
        row = plans.loc[store_id]
        for name in ("objective_week", "bound_week", "gap"):
            ledger.expect(
                bool(close(_figure(entry.get(name)), float(row[name]))),
                f"{MANIFEST}: store {store_id}: {name} is {entry.get(name)}, "
                f"expected {number(row[name])} as in {PLANS}",
            )
        for name in ("plan_id", "plan", "proof"):
            ledger.expect(
                entry.get(name) == row[name],
                f"{MANIFEST}: store {store_id}: {name} is {entry.get(name)!r}, "
                f"expected {row[name]!r} as in {PLANS}",
            )
    for store_id in plans.index.difference(pd.Index(list(stores), dtype=plans.index.dtype)):
        ledger.expect(False, f"{MANIFEST} does not name store {store_id}")
    objective, bound = float(plans["objective_week"].sum()), float(plans["bound_week"].sum())
    if is_coupled(run) or chooses_for_the_chain(run):
        # What stores share has a price in their bounds, which the chain's bound has not; and
        # their bounds are those of the chosen core, the chain's that of every core.
        bound = _figure(run.manifest.get("bound_week"))
        ledger.expect(
            bound >= objective - RELATIVE_TOLERANCE * max(1.0, abs(objective)),
            f"{MANIFEST}: bound_week is {number(bound)}, below the objective {number(objective)}",
        )
    for name, expected in (
        ("objective_week", objective),
        ("bound_week", bound),
        ("gap", gap_of(objective, bound)),
    ):
        ledger.expect(
            bool(close(_figure(run.manifest.get(name)), expected)),
            f"{MANIFEST}: {name} is {run.manifest.get(name)}, expected {number(expected)} "
            "from its stores",
        )
    proof = str(run.manifest.get("proof", ""))
    ledger.expect(
        proof_holds(proof, gap_of(objective, bound)),
        f"{MANIFEST}: proof is {proof!r}, which a gap of {gap_of(objective, bound):.3g} "
        "does not bear out",
    )


def check_limits(run: RunFolder, ledger: Ledger) -> None:
    """What each limit uses and has, recomputed; shelf width with all printed facings."""
    limits = run.tables["limits"]
    used = _uses(run) | limits_used(run) | chain_uses(run)
    available = _available(run) | limits_available(run) | chain_available(run)
    if chain_budget(run) is not None:
        # Today's range is shown within the chain's budget; the floors were set without it.
        available = {name: at for name, at in available.items() if name[1] != "min_sales_week"}
    names = list(zip(limits["store_id"], limits["limit"], strict=True))
    frame = limits.assign(
        now=[used.get(name, math.nan) for name in names],
        allowed=[available.get(name, math.nan) for name in names],
    )
    ledger.expect_rows(
        frame,
        close(frame["used"], frame["now"]) | frame["now"].isna(),
        lambda row: (
            f"tables/limits.parquet: {_whose(row)}{row['limit']}: used is {number(row['used'])}, "
            f"expected {number(row['now'])} from tables/assortment.parquet"
        ),
    )
    ledger.expect_rows(
        frame,
        close(frame["available"], frame["allowed"]) | frame["allowed"].isna(),
        lambda row: (
            f"tables/limits.parquet: {_whose(row)}{row['limit']}: available is "
            f"{number(row['available'])}, expected {number(row['allowed'])} from the input"
        ),
    )
    most = ~frame["limit"].str.contains("_min|^min_|^max_swaps:out")
    over = frame["used"] - frame["available"]
    slack = RELATIVE_TOLERANCE * np.maximum(1.0, frame["available"].abs())
    ledger.expect_rows(
        frame,
        np.where(most, over, -over) <= slack,
        lambda row: (
            f"tables/limits.parquet: {_whose(row)}{row['limit']} is broken: used "
            f"{number(row['used'])}, available {number(row['available'])}"
        ),
    )


def _uses(run: RunFolder) -> dict[tuple[str, str], float]:
    about = run.inputs["items"][
        ["item_id", "need_group", "category", "fixture_type", "facing_width_cm"]
    ]
    listed = run.tables["assortment"].query("listed").merge(about, on="item_id")
    found: dict[tuple[str, str], float] = {}
    for store_id, spend in spend_by_store(run).items():
        found[str(store_id), "budget_week"] = float(spend)
    stores = run.inputs["stores"]["store_id"]
    local = listed[~listed["core"]].groupby("store_id").size()
    for store_id in stores:
        found[store_id, "max_local_items"] = float(local.get(store_id, 0))
    width = listed["facings"] * listed["facing_width_cm"]
    by_type = width.groupby([listed["store_id"], listed["fixture_type"]]).sum()
    for store_id in stores:
        for kind in set(about["fixture_type"]):
            found[store_id, f"shelf_cm:{kind}"] = float(by_type.get((store_id, kind), 0.0))
        own = listed[listed["store_id"] == store_id]
        for column in ("need_group", "category"):
            counts = own[column].value_counts()
            for name in set(about[column]):
                for end in ("min", "max"):
                    found[store_id, f"{column}_{end}:{name}"] = float(counts.get(name, 0))
    return found


def _available(run: RunFolder) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    stores = run.inputs["stores"]
    for name, values in (("budget_week", budgets(run)), ("max_local_items", most_local_items(run))):
        for store_id in stores["store_id"]:
            found[store_id, name] = float(values[store_id])
    room = run.inputs["fixtures"].groupby(["store_id", "fixture_type"])["width_cm"].sum()
    for entry in room.reset_index().to_dict("records"):
        found[entry["store_id"], f"shelf_cm:{entry['fixture_type']}"] = float(entry["width_cm"])
    return found


def check_figures(run: RunFolder, ledger: Ledger) -> None:
    """The local plan's figures of each store are the sums of its items."""
    listed = run.tables["assortment"].query("listed")
    by_store = listed.groupby("store_id")
    figures = run.tables["figures"].query("plan == 'local'").reset_index(drop=True)
    sums = {
        "listed_items": by_store.size(),
        "local_items": listed[~listed["core"]].groupby("store_id").size(),
        "sold_units_week": by_store["sold_units_week"].sum(),
        "waste_units_week": by_store["waste_units_week"].sum(),
        "sales_week": by_store["sales_week"].sum(),
        "margin_week": by_store["margin_week"].sum(),
        "spend_week": spend_by_store(run),
    }
    for column, total in sums.items():
        ledger.expect_close(
            figures,
            column,
            figures["store_id"].map(total).fillna(0.0),
            "tables/figures.parquet",
            "sum over tables/assortment.parquet",
        )


def _figure(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _whose(row: dict[str, object]) -> str:
    return f"store {row['store_id']}: " if row["store_id"] else "chain: "
