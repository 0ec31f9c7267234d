"""Score proposed need groups, segments and cycle spreads against simulated chains' truth.

python benchmarks/proposal_scores.py CHAIN [CHAIN ...]
    Each CHAIN is a folder made by data/greengrocer/simulate.py with another seed.

Prints a line a chain, then mean and 80 % interval (Student) over the chains:
    groups      adjusted Rand index over pairs of one category (Hubert & Arabie 1985), true need
                groups removed; 0 is chance, and one group for each category is 0 too
    segments    number found; gain on held-out pairs; correlation of shares with the best matching
                true segment; share of the variance of true shares that found ones explain; scatter
                of log rates of never-stocked pairs around item x store, and around segments
    spread      demand_cv removed: median relative error of the weekly spread beyond chance, mean
                log ratio, and the error of one number for all items
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from planner.demand.cycles import scatter_of_weeks
from planner.demand.mixture import local_cells
from planner.demand.need_groups import propose_need_groups
from planner.demand.segmentation import discover_segments
from planner.proposals import Fitted, fit_chain


def adjusted_rand(
    truth: NDArray[np.int64], found: NDArray[np.int64], inside: NDArray[np.int64]
) -> float:
    """Adjusted Rand index of pairs that share ``inside``; chance is within each of those."""
    both = true = made = chance = 0.0
    for part in np.unique(inside):
        here = inside == part
        table = pd.crosstab(truth[here], found[here]).to_numpy()
        pairs = special.comb(here.sum(), 2)
        of_true = special.comb(table.sum(axis=1), 2).sum()
        of_made = special.comb(table.sum(axis=0), 2).sum()
        both += special.comb(table, 2).sum()
        true, made = true + of_true, made + of_made
        chance += of_true * of_made / max(pairs, 1.0)
    return float((both - chance) / max((true + made) / 2 - chance, 1e-12))


def group_scores(folder: Path) -> dict[str, float]:
    chain = fit_chain(folder, "category")
    items = chain.inputs.items
    truth, category = pd.factorize(items["need_group"])[0], chain.grouping.category_of_item

    def score(names: list[str]) -> tuple[float, pd.DataFrame]:
        found = propose_need_groups(chain.history, chain.grouping, chain.rates, names)
        made = pd.factorize(found["need_group"])[0]
        return adjusted_rand(truth, made, category), found

    value, found = score(items["item_name"].tolist())
    return {
        "groups: adjusted Rand": value,
        "groups: without names": score([f"q{k}" for k in range(len(items))])[0],
        "groups: one a category": adjusted_rand(truth, category, category),
        "groups: found": found["need_group"].nunique(),
        "groups: true": truth.max() + 1,
        "groups: stays": found["stays_share"].mean(),
    }


def segment_scores(folder: Path, chain: Fitted) -> dict[str, float]:
    found = discover_segments(chain.history, chain.grouping, chain.rates)
    stores = chain.inputs.stores["store_id"]
    truth = pd.read_csv(folder / "truth" / "segment_shares.csv", dtype={"store_id": "str"})
    truth = truth.pivot(index="store_id", columns="segment", values="share").loc[stores].to_numpy()
    cells = local_cells(chain.history, chain.grouping, chain.rates)
    rates = pd.read_parquet(folder / "truth" / "demand.parquet")
    shape = cells.rate.shape
    never = ~cells.known & rates["can_be_bought"].to_numpy().reshape(shape)
    log = np.log(rates["demand_units_week"].to_numpy().reshape(shape).clip(1e-9))
    size = np.log(cells.one)

    def scatter(model: NDArray[np.float64]) -> float:
        miss = np.where(never, log - model, np.nan)
        some = never.sum(axis=0) > 1
        return float(np.nanstd(miss[:, some] - np.nanmean(miss[:, some], axis=0)))

    curve = found.curve.set_index("segments")
    scores = {
        "segments: number": found.number,
        "segments: held-out gain": float(curve.loc[curve["chosen"], "held_out_score"].iloc[0]),
        "segments: its standard error": float(curve.loc[1, "standard_error"]),
        "segments: scatter, item x store": scatter(size),
        "segments: scatter, with segments": scatter(size + np.log(found.share @ found.index)),
    }
    if found.number == 1:
        return scores | {"segments: correlation": np.nan, "segments: explained": 0.0}
    number = found.number
    correlation = np.corrcoef(found.share.T, truth.T)[:number, number:]
    rows, columns = optimize.linear_sum_assignment(-correlation)
    away = truth - truth.mean(axis=0)
    design = found.share - found.share.mean(axis=0)
    left = away - design @ np.linalg.lstsq(design, away, rcond=None)[0]
    return scores | {
        "segments: correlation": float(correlation[rows, columns].mean()),
        "segments: explained": 1.0 - float((left**2).sum() / (away**2).sum()),
    }


def spread_scores(folder: Path, chain: Fitted) -> dict[str, float]:
    items = chain.inputs.items
    truth = pd.read_csv(folder / "truth" / "items.csv", dtype={"item_id": "str"})
    true = truth.set_index("item_id").loc[items["item_id"], "week_cv"].to_numpy()
    scatter = scatter_of_weeks(chain.history, chain.grouping, chain.rates)
    assert scatter is not None
    ratio = np.sqrt(scatter.spread) / true
    return {
        "spread: median relative error": float(np.median(np.abs(ratio - 1.0))),
        "spread: median ratio": float(np.median(ratio)),
        "spread: one number for all": float(np.median(np.abs(np.median(true) / true - 1.0))),
        "spread: persistence": scatter.persistence,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chains", nargs="+", type=Path)
    rows = {}
    for folder in parser.parse_args().chains:
        chain = fit_chain(folder)
        bare = chain.inputs.items.assign(demand_cv=np.nan)
        chain = dataclasses.replace(chain, inputs=dataclasses.replace(chain.inputs, items=bare))
        rows[folder.name] = (
            group_scores(folder) | segment_scores(folder, chain) | spread_scores(folder, chain)
        )
    table = pd.DataFrame(rows)
    count = table.notna().sum(axis=1)
    half = table.std(axis=1) / np.sqrt(count) * stats.t.ppf(0.9, np.maximum(count - 1, 1))
    table["mean"] = table[list(rows)].mean(axis=1)
    table["plus or minus"] = half
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
