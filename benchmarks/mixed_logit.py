"""One large choice set of many segments, through `planner solve`.

python benchmarks/mixed_logit.py [--items 200] [--segments 20] [--most 10 20] [--seeds 5]

Instances of the kind of Sen, Atamtürk & Kaminsky (2018): attractions U(0, 1), revenues U(1, 3), a
no-purchase attraction of 5, at most so many items, no costs. Each is solved by a process of its
own, one thread; the seconds are those of PLAN.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def instance(
    seed: int, items: int, segments: int, most: int, no_purchase: float = 5.0
) -> dict[str, Any]:
    """PROBLEM.json of one mixed logit; every segment is as large as the others."""
    random = np.random.default_rng(seed)
    attraction = random.uniform(0.0, 1.0, (segments, items))
    revenue = random.uniform(1.0, 3.0, items)
    names = [f"s{g}" for g in range(segments)]
    return {
        "need_groups": [
            {
                "id": "all",
                "potential_units_week": dict.fromkeys(names, 100.0 / segments),
                "no_purchase_attraction": no_purchase,
            }
        ],
        "items": [
            {
                "id": f"i{i}",
                "need_group": "all",
                "attraction": dict(zip(names, attraction[:, i].tolist(), strict=True)),
                "price": float(revenue[i]),
            }
            for i in range(items)
        ],
        "limits": {"need_group_max": {"all": most}},
    }


def solve(problem: dict[str, Any], gap: float, time_limit: float) -> dict[str, Any]:
    """PLAN.json of `planner solve`, run as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        given, plan = Path(folder) / "PROBLEM.json", Path(folder) / "PLAN.json"
        given.write_text(json.dumps(problem))
        command = [sys.executable, "-c", "from planner.cli import main; main()", "solve"]
        options = ["--out", str(plan), "--gap", str(gap), "--time-limit", str(time_limit)]
        subprocess.run(
            [*command, str(given), *options],
            check=True,
            capture_output=True,
            env={**os.environ, **ONE_THREAD},
        )
        found: dict[str, Any] = json.loads(plan.read_text())
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--segments", type=int, default=20)
    parser.add_argument("--most", type=int, nargs="+", default=[10, 20])
    parser.add_argument("--no-purchase", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--gap", type=float, default=0.001)
    parser.add_argument("--time-limit", type=float, default=120.0)
    given = parser.parse_args()
    print("| items | segments | at most | seed | objective | gap | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for most in given.most:
        seconds, gaps = [], []
        for seed in range(1, given.seeds + 1):
            problem = instance(seed, given.items, given.segments, most, given.no_purchase)
            plan = solve(problem, given.gap, given.time_limit)
            seconds.append(plan["seconds"])
            gaps.append(plan["gap"])
            row = f"| {given.items} | {given.segments} | {most} | {seed} |"
            print(row, f"{plan['objective_week']:.4f} | {plan['gap']:.3%} | {seconds[-1]:.2f} |")
        row = f"| {given.items} | {given.segments} | {most} | median |"
        gap, second = statistics.median(gaps), statistics.median(seconds)
        print(row, f"| {gap:.3%} | {second:.2f} |", flush=True)


if __name__ == "__main__":
    main()
