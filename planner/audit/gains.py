"""What the plan is worth beside the others: its value, and the way there in parts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger, close, number

UNUSUAL_SHARE = 0.06
VALUE = "tables/value.parquet"
WATERFALL = "tables/waterfall.parquet"
CERTAINTY = "tables/certainty.parquet"
STEP = ["from_plan", "to_plan"]


def check_value(run: RunFolder, ledger: Ledger) -> None:
    """What going local is worth: the difference of the plans, store by store and added up."""
    value = _with_plans(run)
    ledger.expect_rows(
        value,
        close(value["planned_week"], value["difference"]) | value["difference"].isna(),
        lambda row: (
            f"{VALUE}: {row['level']} {row['name']} against {row['against']}: planned_week is "
            f"{number(row['planned_week'])}, expected {number(row['difference'])}, the difference "
            "of margin_week in tables/figures.parquet"
        ),
    )
    for column, expected in (("share_of_sales", "share"), ("sales_growth", "growth")):
        known = value[value["before"] > 0]
        ledger.expect_rows(
            known,
            close(known[column], known[expected]),
            lambda row, column=column, expected=expected: (  # type: ignore[misc]
                f"{VALUE}: {row['level']} {row['name']} against {row['against']}: {column} is "
                f"{number(row[column])}, expected {number(row[expected])} from the sales in "
                "tables/figures.parquet"
            ),
        )
    larger = value[["share_of_sales", "growth"]].max(axis=1)
    ledger.expect_rows(
        value,
        (value["unusual"] == (larger > UNUSUAL_SHARE)) | value["growth"].isna(),
        lambda row: (
            f"{VALUE}: {row['level']} {row['name']} against {row['against']}: unusual is "
            f"{row['unusual']} at {row['share_of_sales']:.2%} of sales"
        ),
    )
    for against, rows in value.groupby("against"):
        for column in ("value_week", "planned_week"):
            stores = rows.loc[rows["level"] == "store", column].sum()
            for level in ("chain", "region"):
                part = rows.loc[rows["level"] == level, column]
                if len(part):
                    ledger.expect(
                        bool(close(part.sum(), stores)),
                        f"{VALUE}: {level} against {against}: {column} is {number(part.sum())}, "
                        f"expected {number(stores)} from its stores",
                    )
    ordered = (value["low_week"] <= value["high_week"]) | value["low_week"].isna()
    ledger.expect_rows(
        value,
        ordered,
        lambda row: (
            f"{VALUE}: {row['level']} {row['name']} against {row['against']}: low_week "
            f"{number(row['low_week'])} is above high_week {number(row['high_week'])}"
        ),
    )


def _with_plans(run: RunFolder) -> pd.DataFrame:
    """The value of chain, regions and stores with their plans' difference in margin, sales before
    and growth in sales."""
    figures = run.tables["figures"]
    sales = figures.pivot(index="store_id", columns="plan", values="sales_week")
    margin = figures.pivot(index="store_id", columns="plan", values="margin_week")
    rows = run.tables["value"]
    regions = run.inputs["stores"].set_index("store_id")["region"].reindex(margin.index)
    found = []
    for row in rows.to_dict("records"):
        name, against = row["name"], row["against"]
        of = {"chain": regions.notna(), "region": regions == name, "store": margin.index == name}
        here = np.asarray(of[row["level"]], dtype=bool)
        if not here.any() or against not in margin:
            found.append((math.nan, math.nan, math.nan))
            continue
        before = float(sales.loc[here, against].sum())
        growth = float(sales.loc[here, "local"].sum()) / before - 1.0 if before > 0 else math.nan
        gain = float((margin["local"] - margin[against])[here].sum())
        found.append((gain, before, growth))
    told = pd.DataFrame(found, columns=["difference", "before", "growth"], index=rows.index)
    return rows.assign(**told, share=rows["value_week"] / told["before"].where(told["before"] > 0))


def check_waterfall(run: RunFolder, ledger: Ledger) -> None:
    """The parts of each step from plan to plan add up to what lies between the two plans, in
    every store, and those of regions and chain to those of their stores."""
    rows = run.tables["waterfall"]
    margin = run.tables["figures"].set_index(["store_id", "plan"])["margin_week"]
    own = rows[rows["level"] == "store"]
    steps = own.groupby(["name", *STEP], sort=False)["change_week"].sum().reset_index()
    ends = [
        margin.reindex(pd.MultiIndex.from_arrays([steps["name"], steps[end]])).to_numpy()
        for end in STEP
    ]
    size = np.maximum(np.abs(ends[0]), np.abs(ends[1]))
    steps = steps.assign(expected=ends[1] - ends[0])
    ledger.expect_rows(
        steps,
        # Two large margins may lie close: their difference is known to their own precision.
        close(steps["change_week"] + size, steps["expected"] + size),
        lambda row: (
            f"{WATERFALL}: store {row['name']}, {row['from_plan']} to {row['to_plan']}: the parts "
            f"add up to {number(row['change_week'])}, expected {number(row['expected'])} from "
            "tables/figures.parquet"
        ),
    )
    regions = run.inputs["stores"].set_index("store_id")["region"]
    named = {"chain": pd.Series("", index=own.index), "region": own["name"].map(regions)}
    key = ["name", *STEP, "part"]
    for level, name in named.items():
        expected = own.assign(name=name).groupby(key)["change_week"].sum()
        part = rows[rows["level"] == level].reset_index(drop=True)
        part = part.assign(
            expected=expected.reindex(pd.MultiIndex.from_frame(part[key])).to_numpy()
        )
        ledger.expect_rows(
            part,
            close(part["change_week"], part["expected"]),
            lambda row: (
                f"{WATERFALL}: {row['level']} {row['name']}, {row['from_plan']} to "
                f"{row['to_plan']}, {row['part']}: change_week is {number(row['change_week'])}, "
                f"expected {number(row['expected'])} (sum over its stores)"
            ),
        )


def check_certainty(run: RunFolder, ledger: Ledger) -> None:
    """Pairs and planned sales by the source of their demand are counted again, level by level."""
    plan = run.tables["assortment"][["store_id", "item_id", "listed", "status", "sales_week"]]
    pairs = run.tables["demand"][["store_id", "item_id", "source"]]
    pairs = pairs.merge(plan, on=["store_id", "item_id"], how="inner")
    regions = run.inputs["stores"].set_index("store_id")["region"]
    told = run.tables["certainty"]
    counted: dict[tuple[str, str, str, str], float] = {}
    for measure, rows, amount in (
        ("pairs", pairs, pd.Series(1.0, index=pairs.index)),
        ("listed pairs", pairs[pairs["listed"]], pd.Series(1.0, index=pairs.index)),
        ("new pairs", pairs[pairs["status"] == "NEW"], pd.Series(1.0, index=pairs.index)),
        ("sales", pairs[pairs["listed"]], pairs["sales_week"]),
    ):
        amounts = amount.loc[rows.index]
        for level, name in (
            ("chain", pd.Series("", index=rows.index)),
            ("region", rows["store_id"].map(regions)),
            ("store", rows["store_id"]),
        ):
            keyed = pd.DataFrame({"name": name, "part": rows["source"], "amount": amounts})
            sums = keyed.groupby(["name", "part"], as_index=False)["amount"].sum()
            found = zip(sums["name"], sums["part"], sums["amount"], strict=True)
            counted |= {(level, str(n), measure, str(part)): float(v) for n, part, v in found}
    use = told[told["measure"].isin({"pairs", "listed pairs", "new pairs", "sales"})]
    keys = zip(use["level"], use["name"], use["measure"], use["part"], strict=True)
    use = use.assign(expected=[counted.get(key, 0.0) for key in keys])
    ledger.expect_rows(
        use,
        close(use["count"], use["expected"]),
        lambda row: (
            f"{CERTAINTY}: {row['level']} {row['name']}, {row['measure']}, {row['part']}: count "
            f"is {number(row['count'])}, expected {number(row['expected'])} from "
            "tables/demand.parquet and tables/assortment.parquet"
        ),
    )
    known = told["of"] > 0
    ledger.expect_rows(
        told,
        ~known | close(told["share"], told["count"] / told["of"].where(known, 1.0)),
        lambda row: (
            f"{CERTAINTY}: {row['level']} {row['name']}, {row['measure']}, {row['part']}: share "
            f"is {number(row['share'])}, not {number(row['count'])} of {number(row['of'])}"
        ),
    )
