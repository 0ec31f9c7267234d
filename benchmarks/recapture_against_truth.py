"""Score estimated recapture against the truth of simulated chains, or against shuffled groups.

python benchmarks/recapture_against_truth.py data/greengrocer [FOLDER ...]
    Each folder is a chain with truth/need_groups.csv, such as
    `python data/greengrocer/simulate.py --seed 8 --out FOLDER` makes.
python benchmarks/recapture_against_truth.py --shuffle 3 data/three-cities [FOLDER ...]
    A placebo for any chain: items are dealt to the need groups at random, so that hardly anything
    can move from one to another, and what is still found is error.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from planner.demand.estimate import estimate
from planner.tables.read import read_inputs

NEAR = 0.1


def scored(folder: Path) -> pd.DataFrame:
    """The recapture table of a chain beside the truth, groups that cannot recapture left out."""
    truth = pd.read_csv(folder / "truth" / "need_groups.csv").set_index("need_group")
    found = estimate(read_inputs(folder), weeks=4).recapture.set_index("need_group")
    found["truth"] = truth["recapture_share"]
    return found[found["truth"] > 0]


def show(name: str, groups: pd.DataFrame) -> None:
    """One line of scores over the groups that count as estimated."""
    told = groups[groups["source"] == "estimated"]
    miss = told["recapture_share"] - told["truth"]
    inside = told["truth"].between(told["low_share"], told["high_share"])
    width = told["high_share"] - told["low_share"]
    print(
        f"{name:<14}{len(told):>4} of {len(groups)} groups estimated   within {NEAR}: "
        f"{(miss.abs() <= NEAR).mean():.0%}   inside the 80 % interval {inside.mean():.0%}   "
        f"median width {width.median():.3f} (most {width.max():.3f})   mean error "
        f"{miss.mean():+.3f}   root mean square {(miss**2).mean() ** 0.5:.3f}",
        flush=True,
    )


def placebo(folder: Path, shuffles: int) -> None:
    """Theta and recapture of the estimated groups, as they are and with items shuffled."""
    inputs = read_inputs(folder)
    for seed in range(shuffles + 1):
        items = inputs.items.copy()
        if seed:
            dealt = np.random.default_rng(seed).permutation(items["need_group"].to_numpy())
            items["need_group"] = dealt
        found = estimate(dataclasses.replace(inputs, items=items), weeks=4).recapture
        told = found[found["source"] == "estimated"]
        weight = told["missing_store_weeks"]
        theta, share = (np.average(told[c], weights=weight) for c in ("theta", "recapture_share"))
        print(
            f"{folder.name} {f'shuffle {seed}' if seed else 'as it is'}: {len(told)} of "
            f"{len(found)} groups estimated, mean theta {theta:.2f}, mean recapture {share:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--shuffle", type=int, metavar="TIMES", default=0)
    arguments = parser.parse_args()
    if arguments.shuffle:
        for chain_folder in arguments.folder:
            placebo(chain_folder, arguments.shuffle)
    else:
        chains = {folder.name: scored(folder) for folder in arguments.folder}
        for chain, table in chains.items():
            show(chain, table)
        show("all", pd.concat(chains.values()))
