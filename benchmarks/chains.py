"""The chain program beside the chain as one model: same limits, same clock, one after another.

python benchmarks/chains.py [--stores 10 50 200] [--solvers planner arrays highs cbc]
        [--items 300] [--groups 40] [--segments 1] [--seed 1] [--gap 0.005] [--seconds 900]
        [--workers 2]

Each solver runs in a process of its own, from the store problems in memory to a plan of the
chain: *planner* is the chain program (with so many workers), *arrays* the one model handed to
HiGHS as arrays, *highs* and *cbc* the one model through PuLP's own adapters (one thread each).
--seconds is the time limit that a solver is given for its solve; a process that has not answered
after that, half as much again and --grace is ended, and says so. The objective is by the exact
formulas at the stock that was found, and *broken* by how much a limit of the chain or a store's
budget is then missed at worst (the one model bounds sales from above alone, and may count on
selling less than its stock allows); the gap is that of the exact objective to the solver's own
bound.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from generated_chain import Market, chain_budget_week, market, store_problem, suppliers_table

from planner.assortment.chain_program import solve_chain
from planner.assortment.coupling import Coupling
from planner.assortment.problem import StoreProblem
from planner.assortment.result import relative_gap
from planner.assortment.score import Score
from planner.memory import peak_memory_mb
from planner.workers import store_executor

SOLVERS = ("planner", "arrays", "highs", "cbc")
COLUMNS = ("solver", "stores", "build s", "solve s", "all s", "objective", "bound", "gap %",
           "broken %", "memory MB", "said")  # fmt: skip


def main() -> None:
    asked = _arguments()
    if asked.one:
        print(json.dumps(one(asked.one, asked.stores[0], asked)))
        return
    print("| " + " | ".join(COLUMNS) + " |\n" + "| --- " * len(COLUMNS) + "|")
    for stores in asked.stores:
        for solver in asked.solvers:
            found = _in_a_process(solver, stores, asked)
            print(
                "| " + " | ".join(str(found.get(name, "")) for name in COLUMNS) + " |", flush=True
            )


def one(solver: str, stores: int, asked: argparse.Namespace) -> dict[str, object]:
    """Solve one chain with one solver in this process."""
    chain = market(asked.seed, stores, asked.items, asked.groups, asked.segments)
    problems = {p.store_id: p for p in (store_problem(chain, s) for s in range(stores))}
    limits = coupling(chain)
    start = time.perf_counter()
    if solver == "planner":
        with store_executor(asked.workers) as executor:
            plan = solve_chain(
                problems,
                limits,
                executor.map_stores,
                gap=asked.gap,
                time_limit_seconds=asked.seconds,
            )
        workers_mb = asked.workers * executor.peak_memory_mb if asked.workers > 1 else 0.0
        scores = [p.score for p in plan.plans.values()]
        said = "; ".join(plan.broken) or f"feasible, {plan.rounds} price rounds"
        build, bound = 0.0, plan.bound_week
    else:
        from one_model import OneModel

        model = OneModel(problems, limits)
        build, workers_mb = time.perf_counter() - start, 0.0
        if solver == "arrays":
            answer, handed = model.with_arrays(asked.gap, asked.seconds)
            build += handed
        elif solver == "highs":
            answer = model.with_pulp_highs(asked.gap, asked.seconds)
        else:
            with tempfile.TemporaryDirectory() as folder:
                answer = model.with_cbc(asked.gap, asked.seconds, Path(folder) / "cbc.log")
        scores = model.scores(answer.values) if answer.values else []
        said, bound = answer.status, answer.bound_week
    seconds = time.perf_counter() - start
    whole = bool(scores) and all(score is not None for score in scores)
    objective = sum(score.objective_week for score in scores) if whole else -math.inf
    broken = worst_breach(list(problems.values()), limits, scores) if whole else math.inf
    # PuLP's HiGHS and CBC are part of this process or its children; a pool's workers are counted.
    return {
        "build s": round(build, 1),
        "solve s": round(seconds - build, 1),
        "all s": round(seconds, 1),
        "objective": round(objective, 1),
        "bound": round(bound, 1),
        "gap %": round(100 * relative_gap(objective, bound), 3),
        "broken %": round(100 * broken, 3),
        "memory MB": round((peak_memory_mb() or 0.0) + workers_mb + _children_mb()),
        "said": said,
    }


def coupling(chain: Market) -> Coupling:
    """The chain's limits as arrays: those of ``suppliers_table`` and the chain budget."""
    table = suppliers_table(chain)
    number = {name: k for k, name in enumerate(table["supplier_id"])}
    of_item = np.array([number[name] for name in chain.items["supplier_id"]], dtype=np.int64)
    fewest = table["min_stores"].fillna(0).to_numpy(np.int64)
    core = (chain.items["core"] == "yes").to_numpy()
    return Coupling(
        budget_week=chain_budget_week(chain),
        supplier_ids=tuple(table["supplier_id"]),
        supplier_of_item=of_item,
        min_order_week=table["min_order_week"].fillna(0.0).to_numpy(np.float64),
        max_units_week=table["max_units_week"].fillna(np.inf).to_numpy(np.float64),
        min_stores=np.where(core, 0, fewest[of_item]),
    )


def worst_breach(problems: list[StoreProblem], limits: Coupling, scores: list[Score]) -> float:
    """By how much the chain's limits or a store's budget are missed at worst, as a share."""
    units = np.array([score.sold_units_week + score.waste_units_week for score in scores])
    money = units * np.array([problem.spend_cost for problem in problems])
    listed = np.array([score.listed for score in scores]).sum(axis=0)
    orders, most = limits.member @ money.sum(axis=0), limits.max_units_week
    fewest = np.where(listed > 0, limits.min_stores, 0)
    budgets = np.array([problem.budget_week for problem in problems])
    with np.errstate(divide="ignore", invalid="ignore"):
        breaches = (
            money.sum() / limits.budget_week - 1,
            money.sum(axis=1) / budgets - 1,
            (limits.member @ units.sum(axis=0)) / most - 1,
            np.where(orders > 0, 1 - orders / limits.min_order_week, 0.0),
            1 - listed / fewest,
        )
    worst = max(float(np.max(np.nan_to_num(breach, neginf=0.0))) for breach in breaches)
    return max(0.0, worst)


def _children_mb() -> float:
    """Peak memory of programs that were run and have ended, such as CBC's."""
    try:
        import resource
    except ModuleNotFoundError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _in_a_process(solver: str, stores: int, asked: argparse.Namespace) -> dict[str, object]:
    names = ("items", "groups", "segments", "seed", "gap", "seconds", "workers")
    options = [part for name in names for part in (f"--{name}", str(getattr(asked, name)))]
    command = [sys.executable, __file__, "--one", solver, "--stores", str(stores), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    head: dict[str, object] = {"solver": solver, "stores": stores}
    patience = 1.5 * asked.seconds + asked.grace
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        # Its solver may be a program of its own: the whole group that was started ends.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return head | {"all s": round(patience), "said": "no answer: ended"}
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if process.returncode:
        return head | {"said": f"failed with exit code {process.returncode}"}
    return head | json.loads(output.splitlines()[-1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stores", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--segments", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--seconds", type=float, default=900.0, help="time limit of a solve")
    parser.add_argument("--grace", type=float, default=300.0, help="seconds more to build a model")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", choices=SOLVERS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
