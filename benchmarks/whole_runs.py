"""How long `planner plan` takes as a chain grows, phase by phase, and in how much memory.

python benchmarks/whole_runs.py [--stores 50 200 1000] [--items 300] [--groups 40] [--segments 1]
        [--seed 1] [--gap 0.005] [--workers 2] [--uncoupled] [--seconds 3600] [--keep FOLDER]

Each chain is generated (chain budget, suppliers' orders, min_stores; none with --uncoupled) and
planned by the command itself in a process of its own, without the cache. *a store* is the seconds
of the phase assortment by store: it should not grow with the chain. Memory is the largest process
times the processes, an upper bound of what the run needed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generated_chain import market, write_chain

PHASES = ("tables", "demand", "backtest", "assortment", "shelves", "outputs")
COLUMNS = ("stores", *PHASES, "all", "a store", "plan", "proof", "gap %", "memory MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stores", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--segments", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--uncoupled", action="store_true")
    parser.add_argument("--seconds", type=float, default=3600.0, help="a run is ended after that")
    parser.add_argument("--keep", type=Path, help="keep data and runs in this folder")
    asked = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n" + "| --- " * len(COLUMNS) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for stores in asked.stores:
            row = run_once(asked.keep or Path(scratch), stores, asked)
            print("| " + " | ".join(row) + " |", flush=True)


def run_once(folder: Path, stores: int, asked: argparse.Namespace) -> list[str]:
    """A row of the table: one chain generated and planned."""
    data, run = folder / f"chain-{stores}", folder / f"run-{stores}"
    chain = market(asked.seed, stores, asked.items, asked.groups, asked.segments)
    write_chain(chain, data, asked.seed, coupled=not asked.uncoupled)
    command = [sys.executable, "-c", "from planner.cli import main; main()", "plan", str(data),
               "--out", str(run), "--overwrite", "--no-cache", "--quiet",
               "--gap", str(asked.gap), "--workers", str(asked.workers)]  # fmt: skip
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=asked.seconds)
    except subprocess.TimeoutExpired:
        return [str(stores), *[""] * len(PHASES), f"ended after {asked.seconds:.0f}", *[""] * 5]
    seconds = time.perf_counter() - start
    if done.returncode:
        said = done.stderr.strip().splitlines()
        print(f"{stores} stores: exit code {done.returncode}: {said[0] if said else ''}")
        return [str(stores), *[""] * len(PHASES), f"{seconds:.1f}", *[""] * 5]
    made = json.loads((run / "run.json").read_text())
    phases = [made["seconds"].get(name, 0.0) for name in PHASES]
    processes = 1 + (asked.workers if asked.workers > 1 else 0)
    return [
        str(stores),
        *(f"{value:.1f}" for value in phases),
        f"{seconds:.1f}",
        f"{phases[PHASES.index('assortment')] / stores:.3f}",
        made["plan"],
        made["proof"],
        f"{100 * made['gap']:.3f}",
        f"{made['peak_memory_mb'] * processes:.0f}",
    ]


if __name__ == "__main__":
    main()
