"""How long one store program takes, phase by phase, and how close to the best it is proven.

python benchmarks/store_programs.py [--items 300] [--groups 40] [--segments 1 3] [--seeds 9]
        [--gap 0.001] [--seconds 60]

One thread. A line for each store, then for each number of segments the medians. Phases: *build*
(the model and all that is listed for it), *hand-over* (to the solver), *solve* (prices, linear and
whole programs), *repair* (exact stock and score, limits checked), and what is left. Seconds are
those of the clock, beside them those of the processor: on a busy machine trust the latter.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from generated_chain import market, store_problem

from planner.assortment.store import solve_store
from planner.memory import peak_memory_mb

PHASES = {
    "build": (
        "group_program.group_ranges",
        "group_program.GroupPricing.__init__",
        "near_best.near_best",
        "near_best.NearBestProgram.__init__",
        "whole_program.StoreProgram",
    ),
    "hand-over": ("solver.LiveModel.__init__", "solver.LiveModel.add"),
    "solve": (
        "solver.LiveModel.solve",
        "solver.LiveModel.solve_relaxation",
        "group_program.GroupMaster.solve",
        "group_program.GroupMaster.add",
        "group_program.GroupPricing.at",
    ),
    "repair": (
        "group_program.best_score",
        "whole_program.best_score",
        "whole_program.within_limits",
    ),
}
"""Functions of planner.assortment, as they are named where they are called."""


class PhaseClock:
    """Seconds in each phase; inside one phase another one's time is its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stack: list[tuple[str, float]] = []

    def watch(self) -> None:
        """Time every function of PHASES from now on; raises where one is gone."""
        for phase, names in PHASES.items():
            for name in names:
                module, *path, last = name.split(".")
                owner = importlib.import_module(f"planner.assortment.{module}")
                for part in path:
                    owner = getattr(owner, part)
                setattr(owner, last, self._timed(phase, getattr(owner, last)))

    def _timed(self, phase: str, function: Callable) -> Callable:
        def timed(*arguments, **options):
            start = time.perf_counter()
            if self._stack:
                outer, since = self._stack[-1]
                self.seconds[outer] += start - since
            self._stack.append((phase, start))
            try:
                return function(*arguments, **options)
            finally:
                end = time.perf_counter()
                self.seconds[phase] += end - self._stack.pop()[1]
                if self._stack:
                    self._stack[-1] = (self._stack[-1][0], end)

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--segments", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--seeds", type=int, default=9)
    parser.add_argument("--gap", type=float, default=0.001)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of a store")
    asked = parser.parse_args()
    clock = PhaseClock()
    clock.watch()
    columns = ["segments", "seed", "gap %", "clock s", "cpu s", *PHASES, "left", "listed"]
    print(" ".join(f"{name:>9}" for name in columns))
    for segments in asked.segments:
        rows = []
        for seed in range(asked.seeds):
            # Another chain for each seed, and its first, middle or last store by size of budget.
            chain = market(seed, 3, asked.items, asked.groups, segments)
            problem = store_problem(chain, seed % 3)
            clock.seconds.clear()
            start, cpu = time.perf_counter(), time.process_time()
            plan = solve_store(problem, asked.gap, asked.seconds)
            seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
            phases = [clock.seconds[name] for name in PHASES]
            listed = int(plan.score.listed.sum()) if plan.score is not None else 0
            row = [100 * plan.gap, seconds, cpu, *phases, seconds - sum(phases), listed]
            rows.append(row)
            _show(segments, seed, row)
        _show(segments, "median", [statistics.median(column) for column in np.array(rows).T])
    print(f"peak memory {peak_memory_mb():.0f} MB")


def _show(segments: int, seed: object, row: list[float]) -> None:
    gap, *seconds, listed = row
    cells = [segments, seed, f"{gap:.4f}", *(f"{value:.3f}" for value in seconds), f"{listed:.0f}"]
    print(" ".join(f"{cell:>9}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
