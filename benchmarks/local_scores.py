"""Score local demand: pairs never stocked, local favourites, signals, and whole hidden stores.

python benchmarks/local_scores.py truth CHAIN [CHAIN ...] [--hide 6]
    CHAIN is an input folder with truth/demand.parquet, such as data/greengrocer.
python benchmarks/local_scores.py stores FOLDER [--hide 6]
    Hides whole stores of a chain without truth and scores what they sold in the last 3 weeks;
    the stores are fitted on the weeks before. FOLDER is an input folder such as data/three-cities.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from planner.demand.backtest.rules import region_means
from planner.demand.clean import clean
from planner.demand.estimate import estimate
from planner.demand.result import Demand
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs

HORIZON, LATER_WEEKS, FAVOURITES = 4, 3, 5


def matrix(demand: Demand, known: pd.DataFrame, column: str) -> np.ndarray:
    """[store, item] of a column of a table with store_id and item_id."""
    wide = known.pivot(index="store_id", columns="item_id", values=column)
    return wide.reindex(index=demand.store_ids, columns=demand.item_ids).to_numpy()


def favourites_found(estimate: np.ndarray, truth: np.ndarray, allowed: np.ndarray) -> float:
    """Share of each store's true favourites among the estimated ones, mean over stores."""
    found = []
    for store in range(len(truth)):
        here = np.flatnonzero(allowed[store])
        best = here[np.argsort(-truth[store, here])[:FAVOURITES]]
        said = here[np.argsort(-estimate[store, here])[:FAVOURITES]]
        found.append(len(set(best) & set(said)) / FAVOURITES)
    return float(np.mean(found))


def without_sales(inputs: Inputs, stores: list[str]) -> Inputs:
    """The chain as if these stores had never sold anything."""
    keep = ~inputs.sales["store_id"].isin(stores)
    return replace(inputs, sales=inputs.sales[keep.to_numpy()].reset_index(drop=True))


def simple_rule(inputs: Inputs) -> np.ndarray:
    """Item mean of the region x store size, [store, item]; size 1 for a store without sales."""
    history = clean(inputs)
    store, item = history.pair_store[history.pair], history.pair_item[history.pair]
    units, exposure = (np.zeros((history.stores, history.items)) for _ in range(2))
    np.add.at(units, (store, item), history.units)
    np.add.at(exposure, (store, item), history.exposure)
    region = pd.factorize(inputs.stores["region"])[0].astype(np.int64)
    return region_means(units, exposure, region)


def show_hidden(ours: list[np.ndarray], rule: list[np.ndarray], truth: list[np.ndarray]) -> None:
    """Mean absolute error over the hidden stores' pairs, against the simple rule's.

    The rule knows no size of a store that never sold; told the true one, it is the second figure.
    """
    miss: list[np.ndarray] = []
    for us, them, true in zip(ours, rule, truth, strict=True):
        both = np.isfinite(them) & np.isfinite(true)
        us, them, true = us[both], them[both], true[both]
        told = them * true.sum() / them.sum()
        miss.append(np.abs(np.stack([us, them, told]) - true))
    error = np.concatenate(miss, axis=1).mean(axis=1)
    print(
        f"hidden stores: mean absolute error {error[0]:.2f} units a week; item mean x store size: "
        f"size unknown {error[1]:.2f} ({error[0] / error[1] - 1:+.0%}), size told "
        f"{error[2]:.2f} ({error[0] / error[2] - 1:+.0%})"
    )


def hidden_with_truth(inputs: Inputs, truth: np.ndarray, stores: list[int]) -> None:
    ours, rule, true = [], [], []
    for store in stores:
        less = without_sales(inputs, [inputs.stores["store_id"][store]])
        demand = estimate(less, weeks=HORIZON)
        ours.append(demand.of_pairs("demand_units_week")[store])
        rule.append(simple_rule(less)[store])
        true.append(truth[store])
    show_hidden(ours, rule, true)


def truth(folder: Path, hide: int) -> None:
    inputs = read_inputs(folder)
    known = pd.read_parquet(folder / "truth" / "demand.parquet")
    known = known.astype({"store_id": "str", "item_id": "str"})
    demand = estimate(inputs, weeks=HORIZON)
    true, listed, possible = (
        matrix(demand, known, name)
        for name in ("demand_units_week", "in_current_range", "can_be_bought")
    )
    listed, possible = listed.astype(bool), possible.astype(bool)
    rate = demand.of_pairs("demand_units_week")
    source = demand.pairs["source"].to_numpy().reshape(rate.shape)
    never = (source == "model") & possible & (true > 0)
    miss = np.log(rate[never]) - np.log(true[never])
    low, high = demand.of_pairs("low_units_week"), demand.of_pairs("high_units_week")
    inside = ((true >= low) & (true <= high))[never].mean()
    print(
        f"{folder.name}: never stocked {never.sum()} pairs, log bias {miss.mean():+.3f}, "
        f"log sd {miss.std():.3f}, inside the 80 % interval {inside:.1%}"
    )
    local = possible & ~inputs.items["core"].to_numpy()[None]
    price = inputs.items["price"].to_numpy()
    print(
        f"local favourites found: {favourites_found(rate, true, local):.0%} by units, "
        f"{favourites_found(rate * price, true * price, local):.0%} by money; of those not yet "
        f"stocked {favourites_found(rate, true, local & ~listed):.0%} and "
        f"{favourites_found(rate * price, true * price, local & ~listed):.0%}"
    )
    moved = demand.signal_effects.groupby("signal")["moves"].agg(lambda x: int((x == "yes").sum()))
    print("items moved by: " + ", ".join(f"{name} {count}" for name, count in moved.items()))
    hidden_with_truth(inputs, np.where(possible, true, np.nan), spread_out(len(true), hide))


def spread_out(stores: int, hide: int) -> list[int]:
    """Store numbers, evenly spread over the table."""
    return sorted(set(np.linspace(0, stores - 1, min(hide, stores)).round().astype(int).tolist()))


def stores(folder: Path, hide: int) -> None:
    inputs = read_inputs(folder)
    weeks = inputs.sales["week"]
    later = (weeks > weeks.max() - pd.Timedelta(weeks=LATER_WEEKS)).to_numpy()
    after = inputs.sales[later]
    past = replace(inputs, sales=inputs.sales[~later].reset_index(drop=True))
    sold = after.groupby(["store_id", "item_id"], observed=True)[["units", "days_in_stock"]].sum()
    sold = sold[sold["days_in_stock"] > 2].reset_index()
    sold["rate"] = sold["units"] / sold["days_in_stock"] * 7
    ids = [inputs.stores["store_id"][k] for k in spread_out(len(inputs.stores), hide)]
    past = without_sales(past, ids)
    promotions = after[["store_id", "item_id", "week", "discount"]]
    promotions = promotions[(promotions["discount"] > 0).to_numpy()].astype({"store_id": "str"})
    promotions = promotions.astype({"item_id": "str"}).assign(promo_days=7.0)
    past = replace(past, promotions=promotions.reset_index(drop=True))
    demand = estimate(past, weeks=LATER_WEEKS)
    rate, rule = demand.of_pairs("demand_units_week"), simple_rule(past)
    true = matrix(demand, sold.astype({"store_id": "str", "item_id": "str"}), "rate")
    rows = [demand.store_ids.index(name) for name in ids]
    show_hidden([rate[k] for k in rows], [rule[k] for k in rows], [true[k] for k in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["truth", "stores"])
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--hide", type=int, default=6)
    arguments = parser.parse_args()
    for folder in arguments.folder:
        {"truth": truth, "stores": stores}[arguments.kind](folder, arguments.hide)


if __name__ == "__main__":
    main()
