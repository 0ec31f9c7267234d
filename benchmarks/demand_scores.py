"""Score the demand stage on held-out weeks and pairs, or against a known truth.

python benchmarks/demand_scores.py freshretailnet FOLDER [--seeds 3]
    FOLDER holds store_product_week.parquet, stores.csv and products.csv of the weekly slice.
    Fits weeks 0-7 with a tenth of the pairs hidden and scores weeks 8-10.
python benchmarks/demand_scores.py truth CHAIN
    CHAIN is an input folder with truth/demand.parquet, such as data/greengrocer.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from planner.demand.estimate import estimate
from planner.demand.result import Demand
from planner.tables.read import read_inputs

FIRST_DAY = pd.Timestamp("2024-03-28")
FIT_WEEKS, SCORED_WEEKS = 8, 3
HIDDEN_SHARE = 0.1
FEWEST_DAYS = 2


def r2(truth: pd.Series, estimate: pd.Series) -> float:
    miss = ((truth - estimate) ** 2).sum()
    return 1 - miss / ((truth - truth.mean()) ** 2).sum()


def show(name: str, rows: pd.DataFrame) -> None:
    """One line of scores; ``rows`` has columns truth and those of Demand.pairs."""
    truth, rate = np.log(rows["truth"]), np.log(rows["demand_units_week"])
    inside = rows["truth"].between(rows["low_units_week"], rows["high_units_week"]).mean()
    print(
        f"{name:<24}{len(rows):>7} pairs   R2 {r2(truth, rate):.3f}   "
        f"log bias {(rate - truth).mean():+.3f}   log sd {(rate - truth).std():.3f}   "
        f"inside the 80 % interval {inside:.1%}"
    )


def timed(folder: Path, weeks: int) -> Demand:
    inputs = read_inputs(folder)
    start = time.perf_counter()
    demand = estimate(inputs, weeks=weeks)
    print(f"{len(inputs.sales)} rows of sales, estimated in {time.perf_counter() - start:.1f} s")
    print(next(a.text for a in demand.assumptions if a.subject == "sales.discount"))
    return demand


def freshretailnet(folder: Path, seed: int) -> None:
    sales = pd.read_parquet(folder / "store_product_week.parquet")
    sales = sales.rename(columns={"product_id": "item_id"})
    sales["pair"] = pd.factorize(sales["store_id"].astype("int64") * 10**6 + sales["item_id"])[0]
    hidden = np.random.default_rng(seed).random(sales["pair"].max() + 1) < HIDDEN_SHARE
    sales["hidden"] = hidden[sales["pair"]]
    sales["discount"] = (1 - sales["discount"]).clip(0, 1)
    sales["days_in_stock"] = sales["exposure_days"].clip(0, 7)
    later = sales["week"] >= FIT_WEEKS
    scored = (
        sales[later]
        .groupby(["store_id", "item_id", "hidden"], as_index=False)[
            ["units_in_stock", "days_in_stock"]
        ]
        .sum()
    )
    enough = (scored["days_in_stock"] > FEWEST_DAYS) & (scored["units_in_stock"] > 0)
    print(f"left out: {int((~enough).sum())} pairs without a sale or with too few days in stock")
    scored = scored[enough]
    scored["truth"] = scored["units_in_stock"] / scored["days_in_stock"] * 7

    sales["week"] = FIRST_DAY + pd.to_timedelta(7 * sales["week"].astype(int), unit="D")
    sales["units"] = sales["units_in_stock"]
    stores = pd.read_csv(folder / "stores.csv").rename(columns={"city_id": "region"})
    stores["region"] = "city " + stores["region"].astype(str)
    items = pd.read_csv(folder / "products.csv")
    items = pd.DataFrame(
        {
            "item_id": items["product_id"],
            "item_name": "item " + items["product_id"].astype(str),
            "category": "category " + items["first_category_id"].astype(str),
            "need_group": "group " + items["second_category_id"].astype(str),
            "facing_width_cm": 10,
        }
    )
    history = ["store_id", "item_id", "week", "units", "days_in_stock", "discount"]
    with tempfile.TemporaryDirectory() as chain:
        to = Path(chain)
        sales[~later & ~sales["hidden"]][history].to_csv(to / "sales.csv", index=False)
        sales[later][["store_id", "item_id", "week", "discount"]].to_csv(
            to / "promotions.csv", index=False
        )
        stores.to_csv(to / "stores.csv", index=False)
        items.to_csv(to / "items.csv", index=False)
        demand = timed(to, SCORED_WEEKS)
    scored = scored.astype({"store_id": "str", "item_id": "str"})
    rows = demand.pairs.merge(scored, on=["store_id", "item_id"])
    show("known pairs", rows[~rows["hidden"]])
    show("hidden pairs", rows[rows["hidden"]])


def truth(folder: Path) -> None:
    known = pd.read_parquet(folder / "truth" / "demand.parquet")
    known = known.rename(columns={"demand_units_week": "truth"})
    known = known.astype({"store_id": "str", "item_id": "str"})
    demand = timed(folder, 4)
    rows = demand.pairs.merge(known, on=["store_id", "item_id"])
    rows = rows[rows["truth"] > 0]
    never = rows["source"] == "model"
    show("in the current range", rows[rows["in_current_range"]])
    show("own history", rows[~never])
    show("never stocked", rows[never & rows["can_be_bought"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["freshretailnet", "truth"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.kind == "truth":
        truth(arguments.folder)
        return
    for seed in range(arguments.seeds):
        print(f"hidden pairs drawn with seed {seed}")
        freshretailnet(arguments.folder, seed)


if __name__ == "__main__":
    main()
