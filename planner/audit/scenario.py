"""What the scenario of a run asks for, as run.json says, checked against the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import RELATIVE_TOLERANCE, Ledger

FILE = "tables/assortment.parquet"
DAYS_OF_A_WEEK = 7


def scenario_of(run: RunFolder) -> Mapping[str, Any]:
    """The scenario in run.json; empty where there is none."""
    found = run.manifest.get("scenario")
    return found if isinstance(found, Mapping) else {}


def most_local_items(run: RunFolder) -> pd.Series[float]:
    """Most local items by store_id, NaN without a limit: the scenario's number counts for all."""
    stores = run.inputs["stores"].set_index("store_id")["max_local_items"]
    asked = scenario_of(run).get("max_local_items")
    return stores if asked is None else stores.map(lambda _: float(asked))


def core_sizes(run: RunFolder) -> tuple[float, float]:
    """Fewest and most core items that the scenario asks for; 0 and inf where it does not."""
    asked = scenario_of(run)
    least, most = asked.get("core_min_size"), asked.get("core_max_size")
    return float(least or 0), np.inf if most is None else float(most)


def chooses_core(run: RunFolder) -> bool:
    """Whether the scenario has the core chosen, whatever the items table says."""
    asked = scenario_of(run)
    return asked.get("core_min_size") is not None or asked.get("core_max_size") is not None


def chooses_for_the_chain(run: RunFolder) -> bool:
    """Whether something was chosen for the chain as a whole: its core, or groups of stores."""
    return chooses_core(run) or scenario_of(run).get("max_distinct_ranges") is not None


def check_distinct_ranges(run: RunFolder, ledger: Ledger) -> None:
    """The chain lists no more different sets of items than the scenario allows."""
    most = scenario_of(run).get("max_distinct_ranges")
    if most is None:
        return
    listed = run.tables["assortment"].query("listed")
    ranges = listed.groupby("store_id")["item_id"].agg(frozenset)
    ledger.expect(
        ranges.nunique() <= float(most),
        f"{FILE}: the stores list {ranges.nunique()} different ranges, the scenario allows {most}",
    )


def budgets(run: RunFolder) -> pd.Series[float]:
    """Weekly budget by store_id, NaN without one, scaled as the scenario says."""
    scale = float(scenario_of(run).get("budget_scale", 1.0))
    return run.inputs["stores"].set_index("store_id")["budget_week"] * scale


def _objective(run: RunFolder) -> str:
    """The objective; units of a chain without prices are its margin, at a price of 1."""
    found = str(scenario_of(run).get("objective", "margin"))
    return "margin" if found == "units" and not run.manifest.get("currency") else found


def counts_facings(run: RunFolder) -> bool:
    """Whether what facings cost is part of the objective."""
    return _objective(run) == "margin"


def objective_of_items(run: RunFolder) -> pd.Series[float]:
    """What each item of the assortment adds to the objective of the run."""
    objective, items = _objective(run), run.tables["assortment"]
    if objective == "waste":
        cost = run.tables["economics"][["store_id", "item_id", "unit_cost"]]
        wasted = items.merge(cost, on=["store_id", "item_id"], how="left")
        return -(wasted["unit_cost"] * wasted["waste_units_week"]).set_axis(items.index)
    column = {"sales": "sales_week", "units": "sold_units_week"}.get(objective, "margin_week")
    return items[column]


def shares(run: RunFolder) -> Iterator[tuple[str, str, float]]:
    """Limit name, kind of item and least share of every share that is asked for."""
    asked = scenario_of(run)
    for kind in ("local", "organic"):
        share = float(asked.get(f"min_{kind}_share") or 0.0)
        if share > 0:
            yield f"min_share:{kind}={share:g}", kind, share
    for supplier, level in (asked.get("min_supplier_share") or {}).items():
        if float(level) > 0:
            yield f"min_share:supplier:{supplier}={float(level):g}", str(supplier), float(level)


def counted(run: RunFolder, kind: str) -> pd.Series[bool]:
    """Whether each row of the assortment counts for a share: local, organic, or a supplier."""
    items = run.tables["assortment"]
    if kind == "local":
        return ~items["core"]
    about = run.inputs["items"].set_index("item_id")
    if kind == "organic":
        return items["item_id"].map(about["organic"]).fillna(False).astype(bool)
    return items["item_id"].map(about["supplier_id"]) == kind


def check_shares(run: RunFolder, ledger: Ledger) -> None:
    """The listed items of every store hold the least shares that the scenario asks for."""
    listed = run.tables["assortment"]["listed"]
    stores = run.tables["assortment"]["store_id"]
    for _, kind, share in shares(run):
        members = (counted(run, kind) & listed).groupby(stores).sum()
        every = listed.groupby(stores).sum()
        for store_id in every.index:
            ledger.expect(
                members[store_id] >= share * every[store_id] - 1e-6,
                f"{FILE}: store {store_id} lists {members[store_id]} {kind} items of "
                f"{every[store_id]}, the scenario asks for a share of {share:g}",
            )


def limits_used(run: RunFolder) -> dict[tuple[str, str], float]:
    """What the plan uses of every limit that a scenario can ask for, by store_id and limit."""
    items = run.tables["assortment"]
    listed, stores = items["listed"], items["store_id"]
    found: dict[tuple[str, str], float] = {}
    for store_id, sales in items.groupby("store_id")["sales_week"].sum().items():
        found[str(store_id), "min_sales_week"] = float(sales)
    for name, kind, share in shares(run):
        surplus = (counted(run, kind).astype(float) - share).where(listed, 0.0)
        for store_id, used in surplus.groupby(stores).sum().items():
            found[str(store_id), name] = float(used)
    for store_id, row in swaps(run).iterrows():
        found[str(store_id), "max_swaps:in"] = row["entering"]
        found[str(store_id), "max_swaps:out"] = row["staying"]
    return found


def limits_available(run: RunFolder) -> dict[tuple[str, str], float]:
    """What the scenario allows or asks for, by store_id and limit."""
    found: dict[tuple[str, str], float] = {}
    for store_id, floor in sales_floors(run).items():
        found[str(store_id), "min_sales_week"] = float(floor)
    for name, _, _ in shares(run):
        for store_id in run.inputs["stores"]["store_id"]:
            found[store_id, name] = 0.0
    most = scenario_of(run).get("max_swaps")
    if most is not None:
        for store_id, row in swaps(run).iterrows():
            found[str(store_id), "max_swaps:in"] = float(most)
            today = row["staying"] + row["leaving"]
            found[str(store_id), "max_swaps:out"] = max(0.0, today - float(most))
    return found


def swaps(run: RunFolder) -> pd.DataFrame:
    """By store_id: items that enter today's range, that leave it, and that could stay.

    Items that core, locks or availability force do not count.
    """
    items = run.tables["assortment"].merge(
        run.tables["economics"][["store_id", "item_id", "candidate", "locked"]],
        on=["store_id", "item_id"],
        how="left",
    )
    today = items["status"].isin(["KEEP", "OUT"])
    locked = items["locked"].isin(["IN", "OUT"])
    free = ~items["core"] & ~locked & items["candidate"].fillna(False).astype(bool)
    counts = pd.DataFrame(
        {
            "entering": free & ~today & items["listed"],
            "leaving": free & today & ~items["listed"],
            "staying": free & today & items["listed"],
        }
    )
    return counts.groupby(items["store_id"]).sum().astype(float)


def check_swaps(run: RunFolder, ledger: Ledger) -> None:
    """No store takes in, or gives up, more items than the scenario allows."""
    most = scenario_of(run).get("max_swaps")
    if most is None:
        return
    for store_id, row in swaps(run).iterrows():
        for what in ("entering", "leaving"):
            ledger.expect(
                row[what] <= float(most),
                f"{FILE}: store {store_id} has {row[what]:g} items {what} its range, the "
                f"scenario allows {most:g}",
            )


def check_supply(run: RunFolder, ledger: Ledger) -> None:
    """The stock of every listed item covers the days of mean demand that the scenario asks for."""
    days = float(scenario_of(run).get("min_days_of_supply") or 0.0)
    if days <= 0:
        return
    frame = run.tables["assortment"].query("listed")
    daily = frame["demand_units_week"].replace(0.0, np.nan) / DAYS_OF_A_WEEK
    covered = frame["stock_units_cycle"] / daily
    ledger.expect_rows(
        frame.assign(covered=covered),
        covered.isna() | (covered >= days * (1 - 1e-6)),
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: the stock covers "
            f"{row['covered']:.3g} days of demand, the scenario asks for {days:g}"
        ),
    )


def sales_floors(run: RunFolder) -> pd.Series[float]:
    """Least sales by store_id: the asked share of what today's range sells; none without one."""
    share = float(scenario_of(run).get("min_sales_share") or 0.0)
    today = run.tables["figures"].query("plan == 'current'").set_index("store_id")["sales_week"]
    return today * share if share > 0 else today.iloc[:0]


def check_sales_floor(run: RunFolder, ledger: Ledger) -> None:
    """Every store sells the share of today's sales that the scenario asks for."""
    sales = run.tables["assortment"].groupby("store_id")["sales_week"].sum()
    for store_id, floor in sales_floors(run).items():
        ledger.expect(
            bool(sales.get(store_id, 0.0) >= floor * (1 - RELATIVE_TOLERANCE)),
            f"{FILE}: store {store_id} sells {sales.get(store_id, 0.0):.10g} a week, the scenario "
            f"asks for {floor:.10g}",
        )
