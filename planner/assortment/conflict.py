"""Why a store has no plan: the smallest sets of limits and items that cannot hold together.

Deletion filter (Chinneck 2008, "Feasibility and Infeasibility in Optimization", section 6.1.2)
over what people gave: named limits, items that must be listed, and locks that forbid one.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from planner.assortment.feasibility import has_plan
from planner.assortment.problem import StoreProblem

MOST_CONFLICTS = 5
"""Conflicts that are told at once; a store with more has been given nonsense."""
SUPPLY = "min_days_of_supply"
PAIRS_UP_TO = 20
"""With more limits not every pair of them is tried before the filter."""


class Kind(Enum):
    """What a part of a conflict is."""

    LIMIT = "limit"
    LISTED = "must be listed"
    LOCKED_OUT = "locked out"


@dataclass(frozen=True)
class Part:
    """One thing that was asked of a store: a limit by its name, or an item by its id."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Conflict:
    """Parts that no plan keeps together, though it could without any one of them.

    ``proven``: every part was shown to be needed; False where time ran out on the way.
    """

    parts: tuple[Part, ...]
    proven: bool

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Names of the parts of one kind."""
        return tuple(part.name for part in self.parts if part.kind is kind)


def parts_of(problem: StoreProblem) -> list[Part]:
    """All that was asked of a store; what a person would change last stands first.

    Locks on items that nobody asks for only take choice away; they are no parts.
    """
    parts = [Part(Kind.LIMIT, name) for name in limit_names(problem)]
    ids, must = problem.item_ids, problem.must_list
    parts += [Part(Kind.LOCKED_OUT, ids[i]) for i in np.flatnonzero(must & problem.locked_out)]
    width = problem.facing_width_cm * problem.min_facings
    # Narrow items are dropped first from a conflict: fewer and wider ones remain.
    order = np.argsort(width, kind="stable")
    return parts + [Part(Kind.LISTED, ids[i]) for i in order if must[i]]


def limit_names(problem: StoreProblem) -> list[str]:
    """Names of the limits that a store has; those that depend on demand first."""
    names = []
    if (problem.min_supply_cycles > 0).any():
        names.append(SUPPLY)
    if np.isfinite(problem.min_sales_week):
        names.append("min_sales_week")
    if np.isfinite(problem.budget_week):
        names.append("budget_week")
    names += [limit.name for limit in problem.range_limits]
    if np.isfinite(problem.max_local_items):
        names.append("max_local_items")
    return names + [f"shelf_cm:{kind}" for kind in problem.shelf_cm]


def without(problem: StoreProblem, dropped: Collection[Part]) -> StoreProblem:
    """The problem with some of its parts taken away."""
    limits = {part.name for part in dropped if part.kind is Kind.LIMIT}
    listed = _flags(problem, (part.name for part in dropped if part.kind is Kind.LISTED))
    unlocked = _flags(problem, (part.name for part in dropped if part.kind is Kind.LOCKED_OUT))
    return dataclasses.replace(
        problem,
        core=problem.core & ~listed,
        locked_in=problem.locked_in & ~listed,
        locked_out=problem.locked_out & ~unlocked,
        shelf_cm={k: w for k, w in problem.shelf_cm.items() if f"shelf_cm:{k}" not in limits},
        budget_week=np.inf if "budget_week" in limits else problem.budget_week,
        max_local_items=np.inf if "max_local_items" in limits else problem.max_local_items,
        min_sales_week=-np.inf if "min_sales_week" in limits else problem.min_sales_week,
        min_supply_cycles=problem.min_supply_cycles * (SUPPLY not in limits),
        range_limits=tuple(limit for limit in problem.range_limits if limit.name not in limits),
    )


def _flags(problem: StoreProblem, ids: Iterable[str]) -> np.ndarray:
    return np.isin(np.array(problem.item_ids, dtype=object), list(ids))


def find_conflicts(problem: StoreProblem, seconds: float) -> list[Conflict]:
    """The smallest sets of parts that contradict, each by itself; empty where there is a plan, or
    where ``seconds`` did not tell whether there is one.

    One conflict's limits (where it has none, its items) are taken away before the next is
    looked for, so all of them must be mended.
    """
    deadline = time.perf_counter() + seconds
    found: list[Conflict] = []
    rest = problem
    for _ in range(MOST_CONFLICTS):
        if has_plan(rest, _left(deadline)) is not False:
            break
        conflict = _smallest(rest, deadline)
        found.append(conflict)
        rest = without(rest, taken_away(conflict))
    return found


def taken_away(conflict: Conflict) -> list[Part]:
    """What is left out of a store to look past a conflict: its limits, else its items."""
    limits = [part for part in conflict.parts if part.kind is Kind.LIMIT]
    return limits or list(conflict.parts)


def _left(deadline: float) -> float:
    return max(0.5, deadline - time.perf_counter())


def _smallest(problem: StoreProblem, deadline: float) -> Conflict:
    every = parts_of(problem)
    kept, proven = _few_limits(problem, every, deadline), True
    for part in list(kept):
        fewer = [other for other in kept if other != part]
        feasible = _keeps(problem, every, fewer, deadline)
        if feasible is False:
            kept = fewer
        proven = proven and feasible is not None
    return Conflict(tuple(kept), proven)


def _keeps(
    problem: StoreProblem, every: list[Part], kept: list[Part], deadline: float
) -> bool | None:
    if time.perf_counter() > deadline:
        return None
    there = set(kept)
    dropped = [part for part in every if part not in there]
    return has_plan(without(problem, dropped), _left(deadline))


def _few_limits(problem: StoreProblem, every: list[Part], deadline: float) -> list[Part]:
    """No limit, one or two of them that already contradict the items; else all parts."""
    limits = [part for part in every if part.kind is Kind.LIMIT]
    others = [part for part in every if part.kind is not Kind.LIMIT]
    # What a range alone decides is asked first: it is quick and plain to read.
    readable = list(reversed(limits))
    for count in (0, 1, 2) if len(limits) <= PAIRS_UP_TO else (0, 1):
        for chosen in itertools.combinations(readable, count):
            kept = [part for part in limits if part in chosen] + others
            if _keeps(problem, every, kept, deadline) is False:
                return kept
    return every
