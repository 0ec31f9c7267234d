"""Score estimated recapture against the truth of simulated chains.

python benchmarks/recapture_against_truth.py data/greengrocer [FOLDER ...]
    Each folder is a chain with truth/need_groups.csv, such as
    `python data/greengrocer/simulate.py --seed 8 --out FOLDER` makes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+")
    chains = {folder.name: scored(folder) for folder in parser.parse_args().folder}
    for chain, groups in chains.items():
        show(chain, groups)
    show("all", pd.concat(chains.values()))
