"""Demand, sales, waste and money of every listed item, from the formulas as written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger
from planner.audit.scenario import budgets

FILE = "tables/assortment.parquet"
CERTAIN_CV = 1e-3
"""A smaller spread counts as none: its gamma distribution has no width in double precision."""
STOCK_TOLERANCE = 1e-6
PAIR = ["store_id", "item_id"]
GROUP = ["store_id", "segment", "need_group"]


def expected_sales(
    mean: NDArray[np.float64], stock: NDArray[np.float64], cv: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``E[min(D, Q)]`` for gamma demand D of the given mean and coefficient of variation.

    With shape k = 1 / cv^2 it is ``mu G(k + 1, k Q / mu) + Q (1 - G(k, k Q / mu))``, G the
    regularised lower incomplete gamma function (Burgin 1975); ``min(mu, Q)`` without spread.
    """
    shape = 1.0 / np.square(np.maximum(cv, CERTAIN_CV))
    ratio = np.divide(stock, mean, out=np.zeros_like(stock), where=mean > 0)
    spread = mean * gammainc(shape + 1.0, shape * ratio) + stock * gammaincc(shape, shape * ratio)
    result = np.where(cv < CERTAIN_CV, np.minimum(mean, stock), spread)
    return np.asarray(np.where(mean > 0, result, 0.0), dtype=np.float64)


def plan_demand(run: RunFolder) -> pd.DataFrame:
    """Demand of every pair under the plan's range: store_id, item_id, expected_units_week.

    ``d_i = sum_g v_gi N_gn / (v0_gn + sum of w over the missing + sum of v over the listed)``
    for the listed items of need group n, zero for the others.
    """
    choice = run.tables["choice"].merge(
        run.tables["assortment"][[*PAIR, "listed"]], on=PAIR, how="left"
    )
    listed = choice["listed"].fillna(False).astype(bool)
    choice = choice.assign(
        listed=listed, weight=choice["attraction"].where(listed, choice["shadow_attraction"])
    )
    groups = run.tables["choice_groups"].merge(
        choice.groupby(GROUP, as_index=False)["weight"].sum(), on=GROUP, how="left"
    )
    pull = groups["no_purchase_attraction"] + groups["weight"].fillna(0.0)
    rate = np.divide(
        groups["potential_units_week"].to_numpy(),
        pull.to_numpy(),
        out=np.zeros(len(groups)),
        where=pull.to_numpy() > 0,
    )
    joined = choice.merge(groups[GROUP].assign(rate=rate), on=GROUP, how="left")
    demand = (joined["attraction"] * joined["rate"]).where(joined["listed"], 0.0)
    total = demand.groupby([joined[c] for c in PAIR]).sum()
    return total.rename("expected_units_week").reset_index()


def listed_economics(run: RunFolder) -> pd.DataFrame:
    """Listed items with their parameters and what their input says of stock."""
    about = run.inputs["items"][
        ["item_id", "units_per_facing", "min_units_per_facing", "shelf_fills_per_cycle",
         "case_units"]
    ]  # fmt: skip
    economics = run.tables["economics"].drop(columns=["core"])
    listed = run.tables["assortment"].query("listed")
    return listed.merge(economics, on=PAIR, how="left").merge(about, on="item_id", how="left")


def check_demand_of_plan(run: RunFolder, ledger: Ledger) -> None:
    """Demand under the plan's range follows from the choice model of the run."""
    frame = run.tables["assortment"].merge(plan_demand(run), on=PAIR, how="left")
    listed = frame[frame["listed"]].reset_index(drop=True)
    ledger.expect_close(
        listed,
        "demand_units_week",
        listed["expected_units_week"],
        FILE,
        "attraction model of tables/choice.parquet under this range",
    )


def check_not_listed(run: RunFolder, ledger: Ledger) -> None:
    """An item that is not listed has no facings, stock, sales, waste or margin."""
    rest = run.tables["assortment"].query("not listed").reset_index(drop=True)
    for column in (
        "stock_units_cycle",
        "sold_units_week",
        "waste_units_week",
        "sales_week",
        "margin_week",
    ):
        rest[column] = rest[column].fillna(0.0)
        ledger.expect_close(rest, column, np.zeros(len(rest)), FILE, "the item is not listed")


def check_stock(run: RunFolder, ledger: Ledger) -> None:
    """Stock fills its facings well enough, fits in them, and is at least a case.

    Both ends are checked against the facings as printed: those given from left-over width come
    only while the unchanged stock still looks full.
    """
    frame = listed_economics(run)
    filled = frame["min_units_per_facing"] * frame["facings"]
    least = filled.clip(lower=frame["case_units"]).fillna(0.0)
    held = frame["units_per_facing"].fillna(np.inf) * frame["shelf_fills_per_cycle"]
    most = held * frame["facings"]
    slack = STOCK_TOLERANCE * np.maximum(1.0, frame["stock_units_cycle"].abs())
    stock = frame["stock_units_cycle"]
    ledger.expect_rows(
        frame.assign(least=least, most=most),
        (stock >= least - slack) & (stock <= most + slack),
        lambda row: (
            f"{FILE}: store {row['store_id']}, item {row['item_id']}: stock_units_cycle is "
            f"{row['stock_units_cycle']:g}, expected {row['least']:g} to {row['most']:g} for "
            f"{row['facings']:g} facings"
        ),
    )


def check_sales(run: RunFolder, ledger: Ledger) -> None:
    """Sold units are what the stock sells, waste what is lost of the rest, money their worth."""
    frame = listed_economics(run)
    r = frame["deliveries_week"].to_numpy(dtype=np.float64)
    stock = frame["stock_units_cycle"].to_numpy(dtype=np.float64)
    mean = frame["demand_units_week"].to_numpy(dtype=np.float64) / r
    sold = expected_sales(mean, stock, frame["demand_cv"].to_numpy(dtype=np.float64))
    waste = frame["waste_share"].to_numpy(dtype=np.float64) * (stock - sold)
    price, cost = frame["price"].to_numpy(), frame["unit_cost"].to_numpy()
    handling = frame["listing_cost_week"] + frame["facing_cost_week"] * frame["facings"]
    margin = r * (price * sold - cost * (sold + waste)) - handling.to_numpy()
    for column, expected, because in (
        ("sold_units_week", r * sold, "deliveries x E[min(demand, stock)]"),
        ("waste_units_week", r * waste, "deliveries x waste share x leftover stock"),
        ("sales_week", price * r * sold, "price x sold units"),
        ("margin_week", margin, "sales less purchase, waste, listing and facing cost"),
    ):
        ledger.expect_close(frame, column, expected, FILE, because)


def spend_by_store(run: RunFolder) -> pd.Series:
    """Weekly purchase cost that counts against the budget, by store_id."""
    frame = listed_economics(run)
    bought = frame["sold_units_week"] + frame["waste_units_week"]
    return (frame["spend_cost"] * bought).groupby(frame["store_id"]).sum()


def check_budget(run: RunFolder, ledger: Ledger) -> None:
    """No store spends more than its weekly budget."""
    stores = run.inputs["stores"]
    spend = stores["store_id"].map(spend_by_store(run)).fillna(0.0)
    budget = stores["store_id"].map(budgets(run)).fillna(np.inf)
    ledger.expect_rows(
        stores.assign(spend=spend, budget_week=budget),
        spend <= budget + STOCK_TOLERANCE * np.maximum(1.0, spend),
        lambda row: (
            f"{FILE}: store {row['store_id']} spends {row['spend']:.10g} a week, budget_week "
            f"is {row['budget_week']:g}"
        ),
    )
