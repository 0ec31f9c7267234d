"""Jobs that a cache keeps, and what they are answered: workers read this file and little else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from planner.assortment.result import StorePlan
from planner.cache import Keepable


@dataclass(frozen=True)
class Question(Keepable):
    """A job that may be kept."""

    number: int
    gap: float = field(default=0.01, compare=False, kw_only=True)
    time_limit_seconds: float = field(default=60.0, compare=False, kw_only=True)
    slow_seconds: float = field(default=0.0, compare=False)


def answer(job: Question) -> StorePlan:
    """A plan that says what it was made for, and when."""
    time.sleep(job.slow_seconds)
    return StorePlan(
        str(job.number),
        "feasible",
        f"gap {job.gap}",
        job.number,
        1.0,
        time.perf_counter(),
        None,
        (),
    )
