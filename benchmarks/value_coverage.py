"""How often does the interval of what going local is worth hold the truth? Many simulated chains.

python benchmarks/value_coverage.py [--seeds 101 140] [--stores 6] [--items 60] [--groups 12]
        [--weeks 10] [--stores-know] [--keep FILE.csv]
    makes a chain of each seed (`generated_chain.py`), plans it from its sales, and scores the
    plans with the demand that made the sales. Today's ranges follow what is popular in the chain;
    with --stores-know each store's hold what its own shoppers like, which the sales cannot tell
    of what is not listed. Prints the share of chains and of stores whose 80 % interval holds the
    true difference, with the 95 % interval of that share (stores of a chain err together: theirs
    is from chains drawn anew), and how far off the value printed is, and that at the demand
    expected.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from generated_chain import Market, market, write_chain
from scipy.stats import beta

from planner.assortment.chain import plan_chain
from planner.assortment.problem import StoreProblem
from planner.assortment.score import Score, best_score
from planner.assortment.solve_settings import SolveSettings
from planner.assortment.value import chain_value
from planner.demand.estimate import estimate
from planner.tables.read import read_inputs

AGAINST = ("common", "current")
MOST_STAYS = 0.6
"""Of a missing item's attraction anything from nothing to this share is lost, chain by chain: with
today's ranges, recapture from some 12 to 60 %."""


def true_problem(problem: StoreProblem, chain: Market, store: int) -> StoreProblem:
    """The store's program with the demand that made the sales."""
    attraction = chain.attraction[:, store]
    return dataclasses.replace(
        problem,
        segments=tuple(f"segment-{g + 1}" for g in range(len(attraction))),
        attraction=attraction,
        shadow_attraction=chain.stays * attraction,
        potential_units_week=chain.potential[:, store],
        no_purchase_attraction=chain.no_purchase,
    )


def true_margin(problem: StoreProblem, plan: Score) -> float:
    """Money a week of a plan's range and facings, at their best stock."""
    money = problem.in_money()
    found = best_score(money, plan.facings) or best_score(money, plan.facings, math.inf)
    return float(found.margin_week.sum())


def scored(
    seed: int, stores: int, items: int, groups: int, weeks: int, *, stores_know: bool
) -> pd.DataFrame:
    """A row for the chain and for each store, against each rival: claimed, interval, true."""
    stays = MOST_STAYS * np.random.default_rng([seed, 9]).random()
    chain = market(seed, stores, items, groups, stores_know=stores_know, stays=stays)
    with tempfile.TemporaryDirectory() as folder:
        write_chain(chain, Path(folder) / "chain", seed, weeks, coupled=False)
        inputs = read_inputs(Path(folder) / "chain")
        plans = plan_chain(inputs, estimate(inputs, weeks=4), SolveSettings(exact_reasons=0))
    truth = {}
    for s, (store, problem) in enumerate(plans.problems.items()):
        known = true_problem(problem, chain, s)
        trio = (plans.plans[store].score, plans.common[store], plans.current[store])
        truth[store] = np.array([true_margin(known, plan) for plan in trio])
    claimed = chain_value(plans, dict.fromkeys(truth, "all"), {})
    rows = claimed[claimed["level"] != "region"].copy()
    total = {**truth, "": np.sum(list(truth.values()), axis=0)}
    rows["true"] = [
        total[name][0] - total[name][1 + AGAINST.index(against)]
        for name, against in zip(rows["name"], rows["against"], strict=True)
    ]
    return rows.assign(seed=seed)


def said(rows: pd.DataFrame) -> None:
    """Print coverage and errors."""
    rows = rows.assign(
        inside=(rows["true"] >= rows["low_week"]) & (rows["true"] <= rows["high_week"]),
        within=(rows["value_week"] >= rows["low_week"]) & (rows["value_week"] <= rows["high_week"]),
    )
    for against in AGAINST:
        for level in ("chain", "store"):
            part = rows[(rows["level"] == level) & (rows["against"] == against)]
            inside, count = int(part["inside"].sum()), len(part)
            if level == "chain":
                ends = beta.ppf([0.025, 0.975], [inside, inside + 1], [count - inside + 1,
                                count - inside])  # fmt: skip
            else:
                shares = part.groupby("seed")["inside"].mean().to_numpy()
                anew = np.random.default_rng(1).choice(shares, (2000, len(shares))).mean(axis=1)
                ends = np.quantile(anew, [0.025, 0.975])
            half = (part["high_week"] - part["low_week"]).mean() / 2
            below = (part["true"] < part["low_week"]).mean()
            above = (part["true"] > part["high_week"]).mean()
            print(
                f"{level} against {against}: {inside} of {count} inside ({inside / count:.0%}, "
                f"95 % interval {ends[0]:.0%} to {ends[1]:.0%}), {below:.0%} below, {above:.0%} "
                f"above; mean claimed {part['value_week'].mean():.1f} (at the demand expected "
                f"{part['planned_week'].mean():.1f}), true {part['true'].mean():.1f}; half width "
                f"{half:.1f}; value inside its own interval {part['within'].mean():.0%}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(101, 140))
    parser.add_argument("--stores", type=int, default=6)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--weeks", type=int, default=10)
    parser.add_argument("--stores-know", action="store_true")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    parts = []
    for seed in range(asked.seeds[0], asked.seeds[1] + 1):
        sizes = (asked.stores, asked.items, asked.groups, asked.weeks)
        parts.append(scored(seed, *sizes, stores_know=asked.stores_know))
        if asked.keep:
            pd.concat(parts).to_csv(asked.keep, index=False)
    said(pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    main()
