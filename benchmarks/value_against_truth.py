"""Is what going local is said to be worth true? Score plans of a simulated chain with its truth.

python benchmarks/value_against_truth.py data/greengrocer [FOLDER ...]
    Each folder is a chain with truth/attractions.parquet and truth/potentials.parquet, such as
    `python data/greengrocer/simulate.py --seed 8 --out FOLDER` makes. Stock is set to the best
    for the true demand, as a store's orders follow what sells.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

import pandas as pd

from planner.assortment.chain import plan_chain
from planner.assortment.problem import StoreProblem
from planner.assortment.score import Score, best_score
from planner.assortment.solve_settings import SolveSettings
from planner.assortment.value import chain_value
from planner.demand.estimate import estimate
from planner.tables.read import read_inputs


def true_problem(
    problem: StoreProblem, attractions: pd.DataFrame, potentials: pd.DataFrame
) -> StoreProblem:
    """The store's program with the true segments, attractions and potentials."""
    segments = list(attractions["segment"].unique())

    def table(frame, column, value, names):
        own = frame[frame["store_id"] == problem.store_id]
        wide = own.pivot(index="segment", columns=column, values=value)
        return wide.reindex(index=segments, columns=list(names)).fillna(0.0).to_numpy()

    items, groups = problem.item_ids, problem.need_groups
    return dataclasses.replace(
        problem,
        segments=tuple(segments),
        attraction=table(attractions, "item_id", "attraction", items),
        shadow_attraction=table(attractions, "item_id", "shadow_attraction", items),
        potential_units_week=table(potentials, "need_group", "potential_units_week", groups),
        no_purchase_attraction=table(potentials, "need_group", "no_purchase_attraction", groups),
    )


def true_objective(problem: StoreProblem, plan: Score) -> float:
    """What a plan's range and facings earn under a problem, at their best stock."""
    found = best_score(problem, plan.facings) or best_score(problem, plan.facings, math.inf)
    return found.objective_week


def score_chain(folder: Path) -> None:
    """Print the claimed and the true value of going local, with the interval's hits."""
    inputs = read_inputs(folder)
    plans = plan_chain(inputs, estimate(inputs, weeks=4), SolveSettings(workers=2))
    attractions = pd.read_parquet(folder / "truth" / "attractions.parquet")
    potentials = pd.read_parquet(folder / "truth" / "potentials.parquet")
    truth = {}
    for store, problem in plans.problems.items():
        known = true_problem(problem, attractions, potentials)
        trio = (plans.plans[store].score, plans.common[store], plans.current[store])
        truth[store] = [true_objective(known, plan) for plan in trio]
    table = pd.DataFrame.from_dict(truth, orient="index", columns=["local", "common", "current"])
    regions = dict(zip(inputs.stores["store_id"], inputs.stores["region"], strict=True))
    claimed = chain_value(plans, regions, {})
    for against in ("common", "current"):
        gain = table["local"] - table[against]
        value = claimed[claimed["against"] == against]
        chain = value[value["level"] == "chain"].iloc[0]
        stores = value[value["level"] == "store"].set_index("name")
        gain = gain.reindex(stores.index)
        inside = ((gain >= stores["low_week"]) & (gain <= stores["high_week"])).sum()
        print(
            f"{folder.name} against {against}: claimed {chain['value_week']:,.0f} "
            f"({chain['low_week']:,.0f} to {chain['high_week']:,.0f}), true {gain.sum():,.0f}; "
            f"stores inside their interval {inside} of {len(gain)}, stores that lose "
            f"{(gain < 0).sum()}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+")
    for chain_folder in parser.parse_args().folder:
        score_chain(chain_folder)
