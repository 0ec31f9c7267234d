"""The common plan: one chain ranking, of which each store lists its longest fitting prefix."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.result import StorePlan
from planner.assortment.score import best_score, fewest_facings
from planner.assortment.stock import TOLERANCE
from planner.assortment.store import solve_store
from planner.demand.result import Demand


def chain_ranking(problems: Sequence[StoreProblem], demand: Demand) -> Integers:
    """Items by value per centimetre of shelf, best first, averaged over stores that can buy them.

    Value: margin per unit times demand if added to the current range, less the listing cost.
    Averaging over the stores that can buy an item, rather than summing over all, keeps items of
    one region from falling behind: the rival that the local plan is measured against is strong.
    """
    wanted = demand.of_pairs("demand_units_week")
    total, stores = np.zeros(wanted.shape[1]), np.zeros(wanted.shape[1])
    for s, problem in enumerate(problems):
        candidate = ~problem.locked_out
        # Where a unit sold adds nothing by itself (least waste), items rank by their margin.
        ranked = problem if (problem.price > problem.unit_cost).any() else problem.in_money()
        value = (ranked.price - ranked.unit_cost) * wanted[s] - ranked.listing_cost_week
        total += value * candidate
        stores += candidate
    mean = np.divide(total, stores, out=np.full(wanted.shape[1], -np.inf), where=stores > 0)
    first = problems[0]
    width = np.maximum(first.facing_width_cm * first.min_facings, 1e-9)
    rank = np.where(mean > 0, mean / width, mean)
    order: Integers = np.argsort(-rank, kind="stable")
    paying: Integers = order[rank[order] > 0]
    return paying


def common_plan(problem: StoreProblem, ranking: Integers, gap: float, seconds: float) -> StorePlan:
    """Facings and stock of the ranking's longest prefix that fits this store.

    Items that must be listed, and the best-ranked ones that a lower range limit asks for, come
    first. A fixture type is full at the first item of it that does not fit; the list ends at the
    first item that breaks a count or the budget.
    """
    order = _merge(problem, ranking)
    while len(order):
        listed = _prefix(problem, order)
        fixed = dataclasses.replace(
            problem,
            locked_in=listed & ~problem.core,
            locked_out=~listed & ~problem.core,
        )
        plan = solve_store(fixed, gap, seconds)
        if plan.plan == "feasible" or not (listed & ~problem.must_list).any():
            return plan
        optional = [i for i in order if listed[i] and not problem.must_list[i]]
        order = np.array([i for i in order if i != optional[-1]], dtype=np.int64)
    return solve_store(problem, gap, seconds)


def _merge(problem: StoreProblem, ranking: Integers) -> Integers:
    """Ranking of one store: what must be listed first, what cannot be listed left out."""
    place = np.full(len(problem.item_ids), len(ranking), dtype=np.int64)
    place[ranking] = np.arange(len(ranking))
    first = np.array(problem.must_list)
    for limit in problem.range_limits:
        members = np.flatnonzero((limit.coefficients > 0) & ~problem.locked_out)
        if np.isfinite(limit.lower) and limit.lower > 0:
            wanted = members[np.argsort(place[members], kind="stable")][: int(limit.lower)]
            first[wanted] = True
    candidates = np.flatnonzero(~problem.locked_out | problem.must_list)
    chosen = candidates[(place[candidates] < len(ranking)) | first[candidates]]
    order: Integers = chosen[np.lexsort((place[chosen], ~first[chosen]))]
    return order


def _prefix(problem: StoreProblem, order: Integers) -> Flags:
    width = problem.facing_width_cm * fewest_facings(problem, np.ones_like(problem.core))
    listed = np.zeros(len(problem.item_ids), dtype=bool)
    room = dict(problem.shelf_cm)
    full: set[str] = set()
    taken: list[int] = []
    for i in order:
        kind = problem.fixture_type[i]
        must = bool(problem.must_list[i])
        if kind in full and not must:
            continue
        if width[i] > room.get(kind, np.inf) + 1e-9 and not must:
            full.add(kind)
            continue
        listed[i] = True
        if not must and _breaks_a_count(problem, listed):
            listed[i] = False
            break
        room[kind] = room.get(kind, np.inf) - float(width[i])
        taken.append(int(i))
    return _within_budget(problem, _within_shares(problem, listed, taken), taken)


def _within_shares(problem: StoreProblem, listed: Flags, taken: list[int]) -> Flags:
    """Drop the last items of the list that a broken range limit counts against."""
    kept = np.array(listed)
    for limit in problem.range_limits:
        for item in reversed(taken):
            used = float(limit.coefficients @ kept)
            short, over = used < limit.lower - TOLERANCE, used > limit.upper + TOLERANCE
            sign = limit.coefficients[item]
            if kept[item] and not problem.must_list[item]:
                kept[item] = not ((short and sign < 0) or (over and sign > 0))
    return kept


def _breaks_a_count(problem: StoreProblem, listed: Flags) -> bool:
    if (listed & ~problem.core).sum() > problem.max_local_items:
        return True
    return any(
        float(limit.coefficients @ listed) > limit.upper + 1e-9
        for limit in problem.range_limits
        if np.isfinite(limit.upper) and (limit.coefficients >= 0).all()
    )


def _within_budget(problem: StoreProblem, listed: Flags, taken: list[int]) -> Flags:
    """Drop the end of the list until its least stock can be paid.

    What it sells is no matter here: the fewest facings sell least, and a shorter list less.
    """
    if not np.isfinite(problem.budget_week):
        return listed
    problem = dataclasses.replace(problem, min_sales_week=-np.inf)

    def affordable(count: int) -> Flags | None:
        kept = np.array(problem.must_list)
        kept[taken[:count]] = True
        kept &= listed
        facings = fewest_facings(problem, kept)
        return kept if best_score(problem, facings) is not None else None

    if affordable(len(taken)) is not None:
        return listed
    low, high = 0, len(taken)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if affordable(middle) is not None else (low, middle)
    found = affordable(low)
    return found if found is not None else np.array(problem.must_list)


def evaluated_facings(problem: StoreProblem, in_range: Flags, facings: Floats) -> Integers:
    """Facings of today's range: as they are, or the fewest that carry the orders."""
    fewest = fewest_facings(problem, in_range)
    known = np.nan_to_num(facings, nan=0.0)
    counts: Integers = np.where(in_range, np.where(known > 0, known, fewest), 0).astype(np.int64)
    return counts
