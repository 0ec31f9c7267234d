"""How a store without a plan gets one: the least change of one limit, or the fewest items."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.conflict import (
    SUPPLY,
    Conflict,
    Kind,
    Part,
    find_conflicts,
    taken_away,
    without,
)
from planner.assortment.feasibility import Undecided, has_plan, least_range
from planner.assortment.problem import RangeLimit, StoreProblem
from planner.assortment.store import solve_store

WORTH_GAP = 0.01
"""Relative gap to which the plan after a way out is solved: it only ranks ways."""
SHARE_STEP = 0.01
MOST_STEPS = 2**20
CLOSE_ENOUGH = 200
"""A limit that gives way by more steps than this is told within one part of so many."""


@dataclass(frozen=True)
class WayOut:
    """One change that leaves the store with a plan, shown by solving.

    Either ``limit`` goes from ``available`` to ``needed`` (its unit), or the items ``dropped``
    need no longer be listed, or the locks on the items ``unlocked`` are lifted.
    """

    limit: str = ""
    unit: str = ""
    available: float = math.nan
    needed: float = math.nan
    dropped: tuple[str, ...] = ()
    unlocked: tuple[str, ...] = ()
    objective_week: float = math.nan
    """Of the best plan found after the change, to 1 %; nan where other conflicts remain."""


@dataclass(frozen=True)
class Mended:
    """A conflict and each way out of it that was found."""

    conflict: Conflict
    ways: tuple[WayOut, ...]


def mended_conflicts(problem: StoreProblem, seconds: float) -> list[Mended]:
    """Every conflict of a store that has no plan, with its ways out; at most ``seconds``, twice."""
    conflicts = find_conflicts(problem, seconds)
    each = seconds / max(1, len(conflicts))
    return [
        Mended(one, tuple(ways_out(problem, one, [o for o in conflicts if o is not one], each)))
        for one in conflicts
    ]


def ways_out(
    problem: StoreProblem, conflict: Conflict, others: Sequence[Conflict], seconds: float
) -> list[WayOut]:
    """Ways out of one conflict, those that take items first, then limits by relative change.

    ``others``: the store's other conflicts, which each need a way out too. Every way was solved
    with the others' limits taken away; those that ``seconds`` did not show are left out.
    """
    deadline = time.perf_counter() + seconds
    rest = problem
    for other in others:
        rest = without(rest, taken_away(other))
    found = []
    if conflict.names(Kind.LISTED):
        found.append(_drop_items(rest, deadline))
    if locked := conflict.names(Kind.LOCKED_OUT):
        open_again = without(rest, [Part(Kind.LOCKED_OUT, name) for name in locked])
        if has_plan(open_again, _left(deadline)):
            found.append(WayOut(unlocked=locked))
    relaxed = [_relax(rest, name, deadline) for name in conflict.names(Kind.LIMIT)]
    found += sorted(filter(None, relaxed), key=_relative_change)
    ways = [way for way in found if way is not None]
    if others:
        return ways
    return [_with_objective(problem, way, deadline) for way in ways]


def apply(problem: StoreProblem, way: WayOut) -> StoreProblem:
    """The problem after a way out."""
    if way.limit:
        return giving_limit(problem, way.limit).at(abs(way.needed - way.available))
    parts = [Part(Kind.LISTED, name) for name in way.dropped]
    parts += [Part(Kind.LOCKED_OUT, name) for name in way.unlocked]
    return without(problem, parts)


def _left(deadline: float) -> float:
    return max(0.5, deadline - time.perf_counter())


def _relative_change(way: WayOut | None) -> float:
    assert way is not None
    return abs(way.needed - way.available) / max(1.0, abs(way.available))


def _with_objective(problem: StoreProblem, way: WayOut, deadline: float) -> WayOut:
    if way.dropped:
        return way
    plan = solve_store(apply(problem, way), WORTH_GAP, _left(deadline))
    value = plan.objective_week if plan.plan == "feasible" else math.nan
    return dataclasses.replace(way, objective_week=value)


# ---- items


def _drop_items(problem: StoreProblem, deadline: float) -> WayOut | None:
    """The fewest items that need not be listed any more; of equally many, those worth least."""
    must = problem.must_list
    weight = -must.astype(np.float64)
    try:
        most = least_range(_free(problem, int(must.sum())), weight, _left(deadline))
    except Undecided:
        return None
    if most is None:
        return None
    for count in range(max(1, int((must & ~most).sum())), int(must.sum()) + 1):
        freed = _free(problem, count)
        if has_plan(freed, _left(deadline)):
            plan = solve_store(freed, WORTH_GAP, _left(deadline))
            if plan.score is None:
                return None
            gone = np.flatnonzero(must & ~plan.score.listed)
            dropped = tuple(problem.item_ids[i] for i in gone)
            return WayOut(dropped=dropped, objective_week=plan.objective_week)
        if time.perf_counter() > deadline:
            return None
    return None


def _free(problem: StoreProblem, count: int) -> StoreProblem:
    """The problem in which up to ``count`` of the items that must be listed may be left out."""
    must, local = problem.must_list, ~problem.core
    extra = [RangeLimit("must", "items", must.astype(np.float64), lower=float(must.sum() - count))]
    if np.isfinite(problem.max_local_items):
        few = problem.max_local_items
        extra.append(RangeLimit("local", "items", local.astype(np.float64), upper=few))
    return dataclasses.replace(
        problem,
        core=np.zeros_like(must),
        locked_in=np.zeros_like(must),
        max_local_items=math.inf,
        range_limits=(*problem.range_limits, *extra),
    )


# ---- limits


@dataclass(frozen=True)
class GivingLimit:
    """One limit that gives way: ``at(amount)`` is the problem with it relaxed by so much."""

    unit: str
    available: float
    step: float
    sign: float
    at: Callable[[float], StoreProblem]
    most: float = math.inf


def _relax(problem: StoreProblem, name: str, deadline: float) -> WayOut | None:
    """The least change of one limit, in whole steps, after which there is a plan."""
    if not has_plan(without(problem, [Part(Kind.LIMIT, name)]), _left(deadline)):
        return None
    giving = giving_limit(problem, name)

    def feasible(steps: int) -> bool:
        amount = min(steps * giving.step, giving.most)
        return bool(has_plan(giving.at(amount), _left(deadline)))

    low, high = 0, 1
    while not feasible(high):
        if high * giving.step >= giving.most or high >= MOST_STEPS:
            return None
        low, high = high, high * 2
    while high - low > max(1, high // CLOSE_ENOUGH):
        middle = (low + high) // 2
        low, high = (low, middle) if feasible(middle) else (middle, high)
    amount = min(high * giving.step, giving.most)
    needed = giving.available + giving.sign * amount
    return WayOut(name, giving.unit, giving.available, needed)


def giving_limit(problem: StoreProblem, name: str) -> GivingLimit:
    """How one limit gives way, by its name; shares step by points of a hundred."""

    def change(**values: object) -> StoreProblem:
        return dataclasses.replace(problem, **values)  # type: ignore[arg-type]

    if name.startswith("shelf_cm:"):
        kind = name.removeprefix("shelf_cm:")
        room = problem.shelf_cm[kind]
        return GivingLimit(
            "cm", room, 1.0, 1.0,
            lambda a: change(shelf_cm={**problem.shelf_cm, kind: room + a}),
        )  # fmt: skip
    if name == "budget_week":
        budget = problem.budget_week
        step = _money_step(budget)
        return GivingLimit(
            "money per week", budget, step, 1.0, lambda a: change(budget_week=budget + a)
        )
    if name == "max_local_items":
        most = problem.max_local_items
        return GivingLimit("items", most, 1.0, 1.0, lambda a: change(max_local_items=most + a))
    if name == "min_sales_week":
        floor = problem.min_sales_week
        step = _money_step(floor)
        return GivingLimit(
            "money per week", floor, step, -1.0,
            lambda a: change(min_sales_week=floor - a), most=max(0.0, floor),
        )  # fmt: skip
    if name == SUPPLY:
        cycles = problem.min_supply_cycles
        longest = float(cycles.max())
        return GivingLimit(
            "delivery cycles", longest, 0.05, -1.0,
            lambda a: change(min_supply_cycles=np.minimum(cycles, longest - a)), most=longest,
        )  # fmt: skip
    limit = next(limit for limit in problem.range_limits if limit.name == name)
    share = share_of(limit)
    sign = -1.0 if np.isfinite(limit.lower) else 1.0

    def with_limit(other: RangeLimit) -> StoreProblem:
        kept = [other if one is limit else one for one in problem.range_limits]
        return change(range_limits=tuple(kept))

    if share is not None:
        return GivingLimit(
            "share of the items", share, SHARE_STEP, sign,
            lambda a: with_limit(
                dataclasses.replace(limit, coefficients=limit.coefficients - sign * a)
            ),
            most=share if sign < 0 else 1.0 - share,
        )  # fmt: skip
    bound = limit.lower if np.isfinite(limit.lower) else limit.upper
    return GivingLimit(
        limit.unit, bound, 1.0, sign,
        lambda a: with_limit(
            dataclasses.replace(limit, lower=limit.lower - a, upper=limit.upper + a)
        ),
    )  # fmt: skip


def _money_step(amount: float) -> float:
    """A hundredth to a thousandth of an amount of money, as a round number; a cent at least."""
    return max(0.01, 10.0 ** math.floor(math.log10(max(abs(amount), 0.01)) - 2.0))


def share_of(limit: RangeLimit) -> float | None:
    """The share that a limit ``sum (1[member] - share) x`` asks for; None for a plain count."""
    if not limit.name.partition(":")[0].endswith("_share") or not len(limit.coefficients):
        return None
    # All items may be members, or none.
    least = float(limit.coefficients.min())
    return -least if least < 0 else 1.0 - float(limit.coefficients.max())
