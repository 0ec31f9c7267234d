"""choice-learn's latent-class assortment optimizer and `planner solve` on the same instances.

python benchmarks/against_choice_learn.py --rival PYTHON [--most 10] [--seeds 3] [--time-limit 120]

PYTHON is the interpreter of an environment with `choice-learn==1.3.3` and `ortools`: its solver
and HiGHS cannot live in one process. Both answers are judged by one evaluator that knows neither.
Instances as in mixed_logit.py with a no-purchase attraction of 1, the only one the rival takes.
Seconds of the solve alone (building the model included), processor time of one thread; then of
the whole process, imports included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mixed_logit import ONE_THREAD, instance

SIZES = ((50, 3), (100, 3), (200, 3), (200, 6))


def revenue(problem: dict[str, Any], listed: set[str]) -> float:
    """Expected revenue of a range, from the definition of the mixed logit alone."""
    (group,) = problem["need_groups"]
    total = 0.0
    for segment, potential in group["potential_units_week"].items():
        inside = [item for item in problem["items"] if item["id"] in listed]
        drawn = sum(item["price"] * item["attraction"][segment] for item in inside)
        whole = group["no_purchase_attraction"]
        whole += sum(item["attraction"][segment] for item in inside)
        total += potential * drawn / whole
    return total


def answer_of_the_rival(path: Path, time_limit: float) -> dict[str, Any]:
    """What choice-learn answers; run by its own interpreter."""
    import numpy as np
    from choice_learn.toolbox.assortment_optimizer import LatentClassAssortmentOptimizer

    problem = json.loads(path.read_text())
    (group,) = problem["need_groups"]
    segments = list(group["potential_units_week"])
    start = time.process_time()
    optimizer = LatentClassAssortmentOptimizer(
        solver="or-tools",
        class_weights=np.array([group["potential_units_week"][s] for s in segments]),
        class_utilities=np.array(
            [[item["attraction"][s] for item in problem["items"]] for s in segments]
        ),
        itemwise_values=np.array([item["price"] for item in problem["items"]]),
        assortment_size=problem["limits"]["need_group_max"]["all"],
    )
    # It has no time limit of its own; its solver object takes one.
    optimizer.solver.SetTimeLimit(int(1000 * time_limit))
    chosen, _ = optimizer.solve()
    seconds = time.process_time() - start
    ids = [item["id"] for item in problem["items"]]
    listed = [name for name, on in zip(ids, chosen, strict=True) if on]
    return {"seconds": seconds, "proven": optimizer.status == 0, "listed": listed}


def answer_of_the_planner(path: Path, time_limit: float) -> dict[str, Any]:
    """What `planner solve` answers, timed without its imports."""
    from planner.assortment.problem_file import plan_entry, read_problem
    from planner.assortment.store import solve_store

    start = time.process_time()
    problem = read_problem(path)
    plan = plan_entry(problem, solve_store(problem, 1e-6, time_limit))
    seconds = time.process_time() - start
    listed = [item["id"] for item in plan["items"] if item["listed"]]
    return {"seconds": seconds, "proven": plan["proof"] == "optimal", "listed": listed}


def ask(python: str, who: str, path: Path, time_limit: float) -> dict[str, Any]:
    """An answer from a process of its own, with the processor time of the whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        [python, __file__, "--answer", who, str(path), "--time-limit", str(time_limit)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    answer["process"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival", help="interpreter with choice-learn")
    parser.add_argument("--answer", nargs=2, metavar=("WHO", "PROBLEM"), help=argparse.SUPPRESS)
    parser.add_argument("--most", type=int, nargs="+", default=[10])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--time-limit", type=float, default=120.0)
    given = parser.parse_args()
    if given.answer:
        who, path = given.answer
        answers = {"rival": answer_of_the_rival, "planner": answer_of_the_planner}
        print(json.dumps(answers[who](Path(path), given.time_limit)))
        return
    print("| items x segments | at most | better by | rival: solve | process | proven "
          "| planner: solve | process | proven | times quicker |")  # fmt: skip
    print("| --- " * 10 + "|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "PROBLEM.json"
        for items, segments in SIZES:
            for most in given.most:
                pairs = []
                for seed in range(1, given.seeds + 1):
                    problem = instance(seed, items, segments, most, no_purchase=1.0)
                    path.write_text(json.dumps(problem))
                    rival = ask(given.rival, "rival", path, given.time_limit)
                    ours = ask(sys.executable, "planner", path, given.time_limit)
                    worth = [revenue(problem, set(one["listed"])) for one in (rival, ours)]
                    pairs.append((rival, ours, worth[1] / worth[0] - 1.0))
                print(_row(items, segments, most, pairs), flush=True)


def _row(items: int, segments: int, most: int, pairs: list[tuple[Any, Any, float]]) -> str:
    cells = [f"{items} x {segments}", str(most), f"{min(better for *_, better in pairs):+.4%}"]
    for who in (0, 1):
        for key in ("seconds", "process"):
            cells.append(f"{statistics.median(pair[who][key] for pair in pairs):.3f}")
        cells.append(f"{sum(pair[who]['proven'] for pair in pairs)} of {len(pairs)}")
    quicker = statistics.median(rival["seconds"] / ours["seconds"] for rival, ours, _ in pairs)
    return "| " + " | ".join([*cells, f"{quicker:.0f}"]) + " |"


if __name__ == "__main__":
    main()
