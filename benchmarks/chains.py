"""The chain program beside the chain as one model: same limits, same clock, one after another.

python benchmarks/chains.py [--stores 10 50 200] [--solvers planner arrays highs cbc]
        [--items 300] [--groups 40] [--segments 1] [--seed 1] [--gap 0.005] [--seconds 900]
        [--workers 2]

Each solver runs in a process of its own, from the store problems in memory to a plan of the
chain: *planner* is the chain program (with so many workers), *arrays* the one model handed to
HiGHS as arrays, *highs* and *cbc* the one model through PuLP's own adapters (one thread each).
--seconds is the time limit of a solve: of one store for the planner, of the whole model for the
others; a process that has not answered after that, half as much again and --grace is ended, and
says so.

Seconds are those of the clock but *cpu s*, the processor's of all processes together. *build*:
the one model and its hand-over; *relax*, *solve*: relaxations and store programs in the workers
(*solve* of a model: the solver's); *alone*: the rest, in one process. *memory MB* is that of all
processes together at their peaks, *largest MB* that of the largest. The objective is by the
exact formulas at the stock that was found, and *broken* by how much a limit of the chain or a
store's budget is then missed at worst (the one model bounds sales from above alone, and may count
on selling less than its stock allows); the gap is that of the exact objective to the solver's own
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from generated_chain import Market, chain_budget_week, market, store_problem, suppliers_table

from planner.assortment.chain_program import solve_chain
from planner.assortment.coupling import Coupling
from planner.assortment.problem import StoreProblem
from planner.assortment.relaxation import relax_store
from planner.assortment.result import relative_gap
from planner.assortment.score import Score
from planner.memory import peak_memory_mb
from planner.workers import StoreExecutor, store_executor

SOLVERS = ("planner", "arrays", "highs", "cbc")
COLUMNS = ("solver", "stores", "build s", "relax s", "solve s", "alone s", "all s", "s a store",
           "cpu s", "objective", "bound", "gap %", "broken %", "rounds", "memory MB",
           "largest MB", "said")  # fmt: skip


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


class Phases:
    """Runs jobs in workers and adds up the seconds of relaxations, and of all other work."""

    def __init__(self, executor: StoreExecutor) -> None:
        self._executor = executor
        self.seconds = {"relax s": 0.0, "solve s": 0.0}

    def run(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> list[tuple[int, Any]]:
        """``StoreExecutor.map_stores``, all results at once."""
        start = time.perf_counter()
        found = list(self._executor.map_stores(work, jobs))
        phase = "relax s" if work is relax_store else "solve s"
        self.seconds[phase] += time.perf_counter() - start
        return found


def one(solver: str, stores: int, asked: argparse.Namespace) -> dict[str, object]:
    """Solve one chain with one solver in this process."""
    chain = market(asked.seed, stores, asked.items, asked.groups, asked.segments)
    problems = {p.store_id: p for p in (store_problem(chain, s) for s in range(stores))}
    limits = coupling(chain)
    start, processor = time.perf_counter(), _cpu_seconds()
    if solver == "planner":
        with store_executor(asked.workers) as executor:
            phases = Phases(executor)
            plan = solve_chain(
                problems, limits, phases.run, gap=asked.gap, time_limit_seconds=asked.seconds
            )
        workers_mb, worker_mb = asked.workers * executor.peak_memory_mb, executor.peak_memory_mb
        scores = [p.score for p in plan.plans.values()]
        said, bound = "; ".join(plan.broken) or "feasible", plan.bound_week
        seconds = time.perf_counter() - start
        alone = seconds - sum(phases.seconds.values())
        timed: dict[str, object] = {**_rounded(phases.seconds), "alone s": round(alone, 1),
                                    "rounds": plan.rounds}  # fmt: skip
    else:
        from one_model import OneModel

        model = OneModel(problems, limits)
        build = time.perf_counter() - start
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
        # CBC is a program of its own; PuLP's HiGHS is part of this process.
        workers_mb = worker_mb = _children_mb()
        seconds = time.perf_counter() - start
        timed = _rounded({"build s": build, "solve s": seconds - build})
    whole = bool(scores) and all(score is not None for score in scores)
    objective = sum(score.objective_week for score in scores) if whole else -math.inf
    broken = worst_breach(list(problems.values()), limits, scores) if whole else math.inf
    own_mb = peak_memory_mb() or 0.0
    return {
        **timed,
        "all s": round(seconds, 1),
        "s a store": round(seconds / stores, 3),
        "cpu s": round(_cpu_seconds() - processor, 1),
        "objective": round(objective, 1),
        "bound": round(bound, 1),
        "gap %": round(100 * relative_gap(objective, bound), 3),
        "broken %": round(100 * broken, 3),
        "memory MB": round(own_mb + workers_mb),
        "largest MB": round(max(own_mb, worker_mb)),
        "said": said,
    }


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in seconds.items()}


def _cpu_seconds() -> float:
    """Processor seconds of this process, and of those it has started that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


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
