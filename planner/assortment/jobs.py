"""Stores solved side by side, each as a job of its own that the cache can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.assortment.chain_prices import Runner
from planner.assortment.problem import StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.store import solve_store
from planner.assortment.whole_program import Solver
from planner.cache import Keepable


@dataclass(frozen=True)
class SolveJob(Keepable):
    """A store program to solve."""

    problem: StoreProblem
    solver: Solver = Solver.HIGHS


def solve_job(job: SolveJob) -> StorePlan:
    """Its plan."""
    return solve_store(job.problem, job.gap, job.time_limit_seconds, job.solver)


def solve_stores(
    problems: Sequence[StoreProblem],
    run: Runner,
    *,
    gap: float,
    time_limit_seconds: float,
    solver: Solver = Solver.HIGHS,
) -> list[StorePlan]:
    """The plan of every problem, in their order; ``time_limit_seconds``: of one solve."""
    jobs = [
        SolveJob(problem, solver, gap=gap, time_limit_seconds=time_limit_seconds)
        for problem in problems
    ]
    found: dict[int, StorePlan] = dict(run(solve_job, jobs))
    return [found[number] for number in range(len(jobs))]
