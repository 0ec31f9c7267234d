"""The chain program on generated chains: seconds by phase, certified gap, peak memory.

``python benchmarks/chain_program.py --stores 200 --items 300 --workers 2``: a chain budget,
supplier minima and fewest stores as ``generated_chain`` makes them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from generated_chain import chain_budget_week, market, store_problem, suppliers_table

from planner.assortment.chain_program import solve_chain
from planner.assortment.coupling import Coupling
from planner.memory import peak_memory_mb
from planner.workers import StoreExecutor, store_executor


def coupling_of(chain: Any, core: np.ndarray) -> Coupling:
    """The shared limits of a generated chain."""
    suppliers = suppliers_table(chain)
    ids = [str(name) for name in suppliers["supplier_id"]]
    number = {name: k for k, name in enumerate(ids)}
    of_item = np.array([number.get(str(name), -1) for name in chain.items["supplier_id"]])
    most = suppliers["max_units_week"].to_numpy(np.float64)
    fewest = np.append(np.nan_to_num(suppliers["min_stores"].to_numpy(np.float64)), 0.0)
    return Coupling(
        budget_week=chain_budget_week(chain),
        supplier_ids=tuple(ids),
        supplier_of_item=of_item,
        min_order_week=np.nan_to_num(suppliers["min_order_week"].to_numpy(np.float64)),
        max_units_week=np.where(np.isnan(most), np.inf, most),
        min_stores=np.where(core, 0, fewest[of_item]).astype(np.int64),
    )


class Timed:
    """Runs jobs in workers and adds up the seconds of each kind of work."""

    def __init__(self, executor: StoreExecutor) -> None:
        self.executor, self.seconds, self.times = executor, {}, {}

    def __call__(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        start = time.perf_counter()
        yield from self.executor.map_stores(work, jobs)
        spent = time.perf_counter() - start
        name = work.__name__.strip("_")
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self.times[name] = self.times.get(name, 0) + 1


def main() -> None:
    """Solve one chain and print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("stores", 50), ("items", 300), ("groups", 40), ("segments", 1),
                        ("seed", 1), ("workers", 2)):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--gap", type=float, default=0.005)
    asked = parser.parse_args()
    chain = market(asked.seed, asked.stores, asked.items, asked.groups, asked.segments)
    problems = {p.store_id: p for p in (store_problem(chain, s) for s in range(asked.stores))}
    coupling = coupling_of(chain, next(iter(problems.values())).core)
    with store_executor(asked.workers) as executor:
        run = Timed(executor)
        start = time.perf_counter()
        found = solve_chain(problems, coupling, run, gap=asked.gap, time_limit_seconds=120.0)
        total = time.perf_counter() - start
        memory = max(peak_memory_mb() or 0.0, executor.peak_memory_mb)
    rest = total - sum(run.seconds.values())
    each = total / asked.stores
    print(f"{asked.stores} stores x {asked.items} items: {total:.1f} s, {each:.3f} s a store")
    print(f"  gap {found.gap:.3%}; {found.rounds} rounds of prices; {memory:.0f} MB at most")
    print(f"  seconds {run.seconds} in {run.times} calls, in this process {rest:.1f}")
    print(f"  broken: {found.broken}")
    for limit in found.limits:
        if not limit.limit.startswith("min_stores"):
            print(f"  {limit}")
    print(f"  {found.closed.sum()} items closed, {len(found.limits)} limits near")


if __name__ == "__main__":
    main()
