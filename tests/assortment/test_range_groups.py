"""At most so many ranges of a chain against every way to give each store one."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from small_chains import random_chain

from planner.assortment.range_groups import choose_ranges, given_range
from planner.assortment.store import solve_store
from planner.workers import InProcess

ITEMS = 4


def best_by_trying(problems, most: int) -> float:
    """The chain's largest objective over all ways to run at most ``most`` ranges."""
    ranges = [np.array(r) for r in itertools.product([False, True], repeat=ITEMS)]
    values = np.array(
        [
            [solve_store(given_range(p, r), 1e-6, 30).objective_week for p in problems.values()]
            for r in ranges
        ]
    )
    picks = itertools.combinations(range(len(ranges)), most)
    return max(values[list(pick)].max(axis=0).sum() for pick in picks)


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_no_way_to_group_stores_beats_the_bound(seed, most):
    """There are no more different ranges than allowed, every store can carry its own, and no
    other grouping is worth more than the bound; as many ranges as stores cost nothing."""
    problems = random_chain(seed, items=ITEMS)
    best = best_by_trying(problems, most)
    choice = choose_ranges(problems, most, InProcess().map_stores, 30)
    assert choice is not None
    assert len({listed.tobytes() for listed in choice.listed.values()}) <= most
    plans = [solve_store(given_range(p, choice.listed[s]), 1e-6, 30) for s, p in problems.items()]
    found = sum(plan.objective_week for plan in plans)
    assert all(plan.score is not None for plan in plans)
    assert found <= best + 1e-6 * max(1.0, abs(best))
    assert choice.bound_week >= best - 1e-6 * max(1.0, abs(best))
    if most == len(problems):
        assert found == pytest.approx(best, rel=1e-3)


def test_stores_with_locks_of_their_own_still_share_a_range():
    """One range for all holds what any store must list, and nothing that one may not."""
    problems = random_chain(1, items=ITEMS)
    wide = {s: dataclasses.replace(p, shelf_cm={"table": 200.0}) for s, p in problems.items()}
    wide["1"] = dataclasses.replace(wide["1"], locked_in=np.array([True, False, False, False]))
    wide["2"] = dataclasses.replace(wide["2"], locked_out=np.array([False, True, False, False]))
    choice = choose_ranges(wide, 1, InProcess().map_stores, 30)
    assert choice is not None
    (listed,) = {tuple(r.tolist()) for r in choice.listed.values()}
    assert listed[0]
    assert not listed[1]


def test_ranges_of_before_are_kept_while_they_fit():
    """A store with less shelf keeps its group's range as long as it can carry it."""
    problems = random_chain(2, items=ITEMS)
    run = InProcess().map_stores
    first = choose_ranges(problems, 2, run, 30)
    again = choose_ranges(problems, 2, run, 30, first.listed)
    assert {s: r.tolist() for s, r in again.listed.items()} == {
        s: r.tolist() for s, r in first.listed.items()
    }
