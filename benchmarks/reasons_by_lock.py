"""Costs that reasons state, against locks in the chain's own tables.

    python benchmarks/reasons_by_lock.py data/greengrocer [--pairs 200] [--seed 1] [--gap 0.0001]

Draws store-item pairs that may be listed and are not. What forcing each in costs is stated as
``planner explain`` does. Then the item is locked in by the table of locks, the stores' problems
are made anew from the tables, and the store is solved from scratch without and with the lock,
both to the gap. Printed: how far the stated costs are from those differences.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd

from planner.assortment.forced import forced_plans
from planner.assortment.parameters import chain_parameters
from planner.assortment.result import Known
from planner.assortment.store import solve_store
from planner.demand.estimate import estimate
from planner.tables.read import read_inputs

SECONDS = 120.0


def main() -> None:
    """Print one line for each pair and what they come to."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--pairs", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--gap", type=float, default=1e-4)
    given = arguments.parse_args()
    inputs = read_inputs(given.data)
    demand = estimate(inputs, weeks=inputs.chain.horizon_weeks)
    problems = chain_parameters(inputs, demand).problems
    plans = {store: solve_store(p, given.gap, SECONDS) for store, p in problems.items()}
    pairs = [
        (store, int(item))
        for store, problem in problems.items()
        for item in np.flatnonzero(~plans[store].score.listed & ~problem.locked_out)
    ]
    chosen = np.random.default_rng(given.seed).permutation(len(pairs))[: given.pairs]
    errors, allowed, seconds, not_exact = [], [], [], 0
    for number in np.sort(chosen):
        store, item = pairs[number]
        item_id = problems[store].item_ids[item]
        start = time.process_time()
        _, _, forcing = forced_plans(problems[store], plans[store], item, True, SECONDS)
        seconds.append(time.process_time() - start)
        lock = pd.DataFrame([{"store_id": store, "item_id": item_id, "lock": "IN"}])
        locks = pd.concat([inputs.locks, lock], ignore_index=True)
        anew = chain_parameters(dataclasses.replace(inputs, locks=locks), demand).problems[store]
        forced = solve_store(anew, given.gap, SECONDS)
        if forced.plan == "infeasible" or forcing.how is not Known.EXACT:
            agree = (forced.plan == "infeasible") == (forcing.how is Known.IMPOSSIBLE)
            not_exact += not agree
            print(f"{store} {item_id}: {forcing.how.value}, solved again: {forced.plan}")
            continue
        difference = plans[store].objective_week - forced.objective_week
        errors.append(abs(forcing.cost_week - difference))
        allowed.append(given.gap * (plans[store].objective_week + forced.objective_week))
        print(f"{store} {item_id}: stated {forcing.cost_week:.3f}, solved again {difference:.3f}")
    off, room = np.array(errors), np.array(allowed)
    print(
        f"{len(off)} costs: {int((off <= room).sum())} within what the gaps leave open; error "
        f"median {np.median(off):.4f}, largest {off.max():.4f} a week; {not_exact} not as stated; "
        f"{np.median(seconds):.2f} s of processor time each"
    )


if __name__ == "__main__":
    main()
