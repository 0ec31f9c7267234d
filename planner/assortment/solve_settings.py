"""How hard a chain is solved, by what, and where."""

from __future__ import annotations

from dataclasses import dataclass

from planner.assortment.whole_program import Solver

SMALL_CHAIN = 5000
"""Store-item pairs up to which more reasons are solved exactly."""


@dataclass(frozen=True)
class SolveSettings:
    """How hard to solve, and where: relative gap, seconds per store, seed of the draws."""

    gap: float = 0.005
    time_limit_seconds: float = 120.0
    workers: int = 1
    """Processes of this machine, unless there is a Dask cluster."""
    dask: str = ""
    """Address of a Dask scheduler; its own workers count then."""
    seed: int = 1
    solver: Solver = Solver.HIGHS
    """Of each store's own plan; what is asked beside it is solved by HiGHS."""
    keep_going: bool = False
    """Plan the other stores where one has no plan, and leave that one out."""
    exact_reasons: int | None = None
    """Items and limits of each store of which the cost and the worth are solved exactly; None:
    5 on small chains, else 3."""

    def exact_of(self, pairs: int) -> int:
        """How many are solved exactly in a chain of so many store-item pairs."""
        if self.exact_reasons is not None:
            return self.exact_reasons
        return 5 if pairs <= SMALL_CHAIN else 3
