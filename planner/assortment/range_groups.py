"""At most so many different ranges in a chain: stores in groups that list the same items.

Facings and stock remain each store's own. Candidate ranges are those that stores choose for
themselves, and those they choose where every lock of the chain counts; each is scored in every
store that can carry it, the best few are picked by exchange (Teitz & Bart 1968, Operations
Research 16(5)), and every group's range is then changed item by item while that helps.
docs/model.md, "A cap on distinct ranges".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.jobs import solve_stores
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.result import Assortment, StorePlan
from planner.assortment.score import fewest_facings
from planner.errors import NoPlan

MOST_CANDIDATES = 60
"""Ranges that are scored in every store."""
CHANGES = 6
"""Changes of one group's range that are tried."""
RANGE_GAP = 1e-4


@dataclass(frozen=True)
class RangeChoice:
    """The range of every store that has a plan of its own, and a bound without the cap."""

    listed: Mapping[str, Flags]
    bound_week: float
    """Sum of the stores' own bounds; inf where no bound was made."""


def given_range(problem: StoreProblem, listed: Flags) -> StoreProblem:
    """The store that lists just these items ([item]); facings and stock are open."""
    return dataclasses.replace(problem, locked_in=listed & ~problem.core, locked_out=~listed)


def shared_ranges(
    problems: Mapping[str, StoreProblem],
    most: int,
    run: Runner,
    seconds: float,
    before: Assortment | None,
) -> tuple[Mapping[str, Flags], float]:
    """Range of every store that has a plan, and the bound without the cap (inf with ``before``).

    ``before``: an earlier plan, of which stores have less shelf to use now. Raises NoPlan where
    no ranges were found that every store can carry.
    """
    open_stores = {s: p for s, p in problems.items() if before is None or s not in before.left_out}
    found = choose_ranges(open_stores, most, run, seconds, None if before is None else _of(before))
    if found is None:
        raise NoPlan(
            f"no {most} ranges were found of which every store can carry one (nor a proof that "
            "there are none): raise ranges.max_distinct"
        )
    return found.listed, found.bound_week


def facings_of_ranges(
    problems: Mapping[str, StoreProblem],
    listed: Mapping[str, Flags],
    run: Runner,
    seconds: float,
) -> dict[str, Integers] | None:
    """The best facings of every store for its range; None where one cannot carry it."""
    if not all(_may_carry(problem, listed[s]) for s, problem in problems.items()):
        return None
    plans = _solved([given_range(p, listed[s]) for s, p in problems.items()], run, seconds)
    found = {
        s: plan.score.facings
        for s, plan in zip(problems, plans, strict=True)
        if plan.score is not None
    }
    return found if len(found) == len(problems) else None


def changed_ranges(ranges: Mapping[str, Flags], before: Assortment) -> list[str]:
    """Stores whose range is not that of the earlier plan."""
    earlier = _of(before)
    return [s for s, listed in ranges.items() if (listed != earlier[s]).any()]


def _of(plan: Assortment) -> dict[str, Flags]:
    return {s: p.score.listed for s, p in plan.plans.items() if p.score is not None}


def choose_ranges(
    problems: Mapping[str, StoreProblem],
    most: int,
    run: Runner,
    seconds: float,
    before: Mapping[str, Flags] | None = None,
) -> RangeChoice | None:
    """A range for each store, at most ``most`` different ones; None where none was found.

    ``before``: ranges to keep where every store can still carry its own. Stores without a plan
    of their own are left out. ``seconds``: of each solve. Deterministic.
    """
    if before is not None:
        scores = _scores(problems, [(s, before[s]) for s in before], run, seconds)
        if all(value > -math.inf for value in scores):
            return RangeChoice(before, math.inf)
    alone = _solved(list(problems.values()), run, seconds)
    own = {p.store_id: p.score.listed for p in alone if p.score is not None}
    bound = sum(p.bound_week for p in alone if p.score is not None)
    stores = {s: problems[s] for s in own}
    if not stores or len({listed.tobytes() for listed in own.values()}) <= most:
        return RangeChoice(own, bound)
    candidates = _candidates(stores, own, run, seconds)
    pairs = [(s, listed) for listed in candidates for s in stores]
    values = np.array(_scores(stores, pairs, run, seconds)).reshape(len(candidates), len(stores))
    picked = _picked(values, most)
    chosen = values[picked].max(axis=0)
    if not np.isfinite(chosen).all():
        return None
    of_store = np.array(picked)[values[picked].argmax(axis=0)]
    found: dict[str, Flags] = {}
    names = list(stores)
    for number in sorted(set(of_store.tolist())):
        group = [names[s] for s in np.flatnonzero(of_store == number)]
        members = {s: stores[s] for s in group}
        start = float(values[number, of_store == number].sum())
        listed = _improved(members, candidates[number], start, own, run, seconds)
        found |= dict.fromkeys(group, listed)
    return RangeChoice({s: found[s] for s in stores}, bound)


def _solved(problems: Sequence[StoreProblem], run: Runner, seconds: float) -> list[StorePlan]:
    return solve_stores(problems, run, gap=RANGE_GAP, time_limit_seconds=seconds)


def _scores(
    problems: Mapping[str, StoreProblem],
    pairs: Sequence[tuple[str, Flags]],
    run: Runner,
    seconds: float,
) -> list[float]:
    """Objective of each (store, range); -inf where the store cannot carry the range."""
    values = [-math.inf] * len(pairs)
    open_pairs = [n for n, (s, listed) in enumerate(pairs) if _may_carry(problems[s], listed)]
    jobs = [given_range(problems[pairs[n][0]], pairs[n][1]) for n in open_pairs]
    for n, plan in zip(open_pairs, _solved(jobs, run, seconds), strict=True):
        values[n] = plan.objective_week
    return values


def _may_carry(problem: StoreProblem, listed: Flags) -> bool:
    """False where locks or the width of the fewest facings rule the range out."""
    if (problem.must_list & ~listed).any() or (problem.locked_out & listed).any():
        return False
    width = problem.facing_width_cm * fewest_facings(problem, listed)
    return all(
        float(width[problem.shelf_members(kind)].sum()) <= room + 1e-9
        for kind, room in problem.shelf_cm.items()
    )


def _candidates(
    stores: Mapping[str, StoreProblem], own: Mapping[str, Flags], run: Runner, seconds: float
) -> list[Flags]:
    """Every store's own range, and the one it would choose under the locks of all stores."""
    inside = np.any([p.must_list for p in stores.values()], axis=0)
    outside = np.any([p.locked_out for p in stores.values()], axis=0)
    shared: Iterable[StorePlan] = ()
    if not (inside & outside).any():
        jobs = [
            dataclasses.replace(p, locked_in=inside & ~p.core, locked_out=outside)
            for p in stores.values()
        ]
        shared = _solved(jobs, run, seconds)
    ranges = [plan.score.listed for plan in shared if plan.score is not None]
    ranges += own.values()
    found = list({listed.tobytes(): listed for listed in ranges}.values())
    if len(found) <= MOST_CANDIDATES:
        return found
    # Those furthest from one another, as one store's range is near those of its like.
    matrix = np.array(found, dtype=np.float64)
    kept = [0]
    distance = np.abs(matrix - matrix[0]).sum(axis=1)
    while len(kept) < MOST_CANDIDATES:
        kept.append(int(distance.argmax()))
        distance = np.minimum(distance, np.abs(matrix - matrix[kept[-1]]).sum(axis=1))
    return [found[n] for n in kept]


def _picked(values: Floats, most: int) -> list[int]:
    """Rows of ``values`` [range, store], at most ``most``, whose best per store add up to most.

    Stores that no row can serve count first: as dear as all else together.
    """
    finite = np.abs(values[np.isfinite(values)]).sum() + 1.0
    worth = np.where(np.isfinite(values), values, -finite)

    def total(rows: Sequence[int]) -> float:
        return float(worth[list(rows)].max(axis=0).sum())

    rows: list[int] = []
    while len(rows) < min(most, len(worth)):
        rest = [r for r in range(len(worth)) if r not in rows]
        rows.append(max(rest, key=lambda r: (total([*rows, r]), -r)))
    while True:
        best, swap = total(rows), None
        for place in range(len(rows)):
            for r in range(len(worth)):
                if r not in rows:
                    tried = [*rows[:place], r, *rows[place + 1 :]]
                    if total(tried) > best + 1e-9 * max(1.0, abs(best)):
                        best, swap = total(tried), tried
        if swap is None:
            return rows
        rows = swap


def _improved(
    members: Mapping[str, StoreProblem],
    listed: Flags,
    value: float,
    own: Mapping[str, Flags],
    run: Runner,
    seconds: float,
) -> Flags:
    """The group's range after items that more members would list replace others, or join."""
    if len(members) < 2:
        return listed
    votes = np.sum([own[s] for s in members], axis=0)
    for _ in range(CHANGES):
        fixed = np.any([p.must_list for p in members.values()], axis=0)
        barred = np.any([p.locked_out for p in members.values()], axis=0)
        wanted = np.flatnonzero(~listed & ~barred & (votes > 0))
        wanted = wanted[np.argsort(-votes[wanted], kind="stable")][:2]
        spare = np.flatnonzero(listed & ~fixed)
        spare = spare[np.argsort(votes[spare], kind="stable")][:2]
        tried: list[Flags] = []
        for enters in (-1, *wanted):
            for leaves in (-1, *spare):
                if enters < 0 and leaves < 0:
                    continue
                changed = listed.copy()
                if enters >= 0:
                    changed[enters] = True
                if leaves >= 0:
                    changed[leaves] = False
                tried.append(changed)
        if not tried:
            break
        pairs = [(s, changed) for changed in tried for s in members]
        totals = np.array(_scores(members, pairs, run, seconds)).reshape(len(tried), -1).sum(axis=1)
        if totals.max() <= value + RANGE_GAP * max(1.0, abs(value)) / 10:
            break
        listed, value = tried[int(totals.argmax())], float(totals.max())
    return listed
