"""Limits that couple stores, checked again from the run's tables and the input alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.audit.economics import STOCK_TOLERANCE, listed_economics
from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger
from planner.audit.scenario import scenario_of
from planner.tables.chain import sheet_entries, toml_entries
from planner.tables.collect import Findings
from planner.tables.workbook import read_workbook

FILE = "tables/assortment.parquet"


@dataclass(frozen=True)
class _Supplied:
    """What the chain takes of its suppliers, each indexed by supplier_id."""

    order_week: pd.Series[float]
    units_week: pd.Series[float]
    stores: pd.DataFrame
    """A row per listed local item: item_id, supplier_id, stores."""


def chain_uses(run: RunFolder) -> dict[tuple[str, str], float]:
    """What the plan uses of every limit of the chain, by ("", limit)."""
    found: dict[tuple[str, str], float] = {("", "budget_week"): _spend(run)}
    supplied = _supplied(run)
    for supplier in run.inputs["suppliers"]["supplier_id"]:
        order = float(supplied.order_week.get(supplier, 0.0))
        found["", f"supplier_min_order:{supplier}"] = order
        units = float(supplied.units_week.get(supplier, 0.0))
        found["", f"supplier_max_units:{supplier}"] = units
    for row in supplied.stores.to_dict("records"):
        found["", f"min_stores:{row['item_id']}"] = float(row["stores"])
    return found


def chain_available(run: RunFolder) -> dict[tuple[str, str], float]:
    """What the input allows or asks for, by ("", limit)."""
    found: dict[tuple[str, str], float] = {}
    if (budget := chain_budget(run)) is not None:
        found["", "budget_week"] = budget
    suppliers = run.inputs["suppliers"]
    for row in suppliers.to_dict("records"):
        found["", f"supplier_min_order:{row['supplier_id']}"] = float(row["min_order_week"])
        found["", f"supplier_max_units:{row['supplier_id']}"] = float(row["max_units_week"])
    fewest = suppliers.set_index("supplier_id")["min_stores"]
    items = run.inputs["items"]
    for item, supplier in zip(items["item_id"], items["supplier_id"], strict=True):
        if supplier in fewest.index:
            found["", f"min_stores:{item}"] = float(fewest[supplier])
    return found


def is_coupled(run: RunFolder) -> bool:
    """Whether the input has any limit that couples the stores."""
    suppliers = run.inputs["suppliers"]
    asked = (suppliers["min_order_week"] > 0) | suppliers["max_units_week"].notna()
    asked |= suppliers["min_stores"] > 1
    return bool(asked.any()) or chain_budget(run) is not None


def chain_budget(run: RunFolder) -> float | None:
    """Money per week for all stores, from the run's copy of the chain's settings and the scale
    of its scenario; None where there is none."""
    entry: Any = (run.manifest.get("inputs") or {}).get("chain")
    if not isinstance(entry, Mapping):
        return None
    path = run.path / "inputs" / str(entry.get("file", ""))
    findings = Findings()
    if path.suffix == ".toml":
        settings = toml_entries(path, findings)
    else:
        sheets = read_workbook(path, findings) if path.is_file() else {}
        named = {title.strip().lower(): sheet for title, sheet in (sheets or {}).items()}
        settings = sheet_entries(named["chain"], findings) if "chain" in named else {}
    value, _ = settings.get("budget_week", (None, 0))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    scale = float(scenario_of(run).get("budget_scale", 1.0))
    return float(value) * scale


def _spend(run: RunFolder) -> float:
    frame = listed_economics(run)
    received = frame["sold_units_week"] + frame["waste_units_week"]
    return float((frame["spend_cost"] * received).sum())


def _supplied(run: RunFolder) -> _Supplied:
    frame = listed_economics(run).drop(columns="supplier_id", errors="ignore")
    frame = frame.merge(run.inputs["items"][["item_id", "supplier_id"]], on="item_id")
    received = frame["sold_units_week"] + frame["waste_units_week"]
    money = (frame["spend_cost"] * received).groupby(frame["supplier_id"]).sum()
    units = received.groupby(frame["supplier_id"]).sum()
    local = frame[~frame["core"]].groupby(["item_id", "supplier_id"], as_index=False)
    return _Supplied(money, units, local.agg(stores=("store_id", "nunique")))


def check_orders(run: RunFolder, ledger: Ledger) -> None:
    """What the chain orders of an item is what its stores sell, waste and spend on it."""
    frame = listed_economics(run)
    received = frame["sold_units_week"] + frame["waste_units_week"]
    wanted = (
        frame.assign(spend_week=frame["spend_cost"] * received)
        .groupby("item_id", as_index=False)
        .agg(
            stores=("store_id", "nunique"),
            sold_units_week=("sold_units_week", "sum"),
            waste_units_week=("waste_units_week", "sum"),
            spend_week=("spend_week", "sum"),
        )
        .merge(run.inputs["items"][["item_id", "supplier_id"]], on="item_id", how="left")
    )
    file = "tables/orders.parquet"
    both = ledger.expect_same_rows(
        wanted,
        run.tables["orders"],
        ["item_id"],
        lambda row: f"{file}: item {row['item_id']}",
        missing="has no row",
        extra="is listed by no store",
        suffixes=("", "_there"),
    )
    ledger.expect_rows(
        both,
        both["supplier_id_there"] == both["supplier_id"],
        lambda row: (
            f"{file}: item {row['item_id']}: supplier_id is {row['supplier_id_there']!r}, expected "
            f"{row['supplier_id']!r}"
        ),
    )
    for column in ("stores", "sold_units_week", "waste_units_week", "spend_week"):
        found = both.drop(columns=column).rename(columns={f"{column}_there": column})
        ledger.expect_close(found, column, both[column], file, "sum over the stores that list it")


def check_chain_budget(run: RunFolder, ledger: Ledger) -> None:
    """All stores together spend no more than the chain's weekly budget."""
    budget = chain_budget(run)
    if budget is None:
        return
    spend = _spend(run)
    ledger.expect(
        spend <= budget + STOCK_TOLERANCE * max(1.0, spend),
        f"{FILE}: all stores together spend {spend:.10g} a week, the chain's budget_week is "
        f"{budget:g}",
    )


def check_suppliers(run: RunFolder, ledger: Ledger) -> None:
    """A supplier is ordered from for its minimum or not at all, and within what it can send;
    a local item of it is listed by no store or by enough."""
    supplied = _supplied(run)
    listed = set(listed_economics(run)["item_id"])
    items = run.inputs["items"]
    used = set(items.loc[items["item_id"].isin(listed), "supplier_id"])
    for row in run.inputs["suppliers"].to_dict("records"):
        supplier = str(row["supplier_id"])
        order = float(supplied.order_week.get(supplier, 0.0))
        units = float(supplied.units_week.get(supplier, 0.0))
        least, most = float(row["min_order_week"]), float(row["max_units_week"])
        if supplier in used and least > 0:
            ledger.expect(
                order >= least * (1 - STOCK_TOLERANCE),
                f"{FILE}: supplier {supplier} is ordered from for {order:.10g} a week, its "
                f"min_order_week is {least:g}",
            )
        if not np.isnan(most):
            ledger.expect(
                units <= most * (1 + STOCK_TOLERANCE),
                f"{FILE}: supplier {supplier} is to send {units:.10g} units a week, its "
                f"max_units_week is {most:g}",
            )
        if row["min_stores"] > 1:
            own = supplied.stores[supplied.stores["supplier_id"] == supplier]
            ledger.expect_rows(
                own,
                own["stores"] >= row["min_stores"],
                lambda found, fewest=row["min_stores"]: (  # type: ignore[misc]
                    f"{FILE}: item {found['item_id']} is listed by {found['stores']} stores, "
                    f"its supplier {found['supplier_id']} asks for at least {fewest:g}"
                ),
            )
