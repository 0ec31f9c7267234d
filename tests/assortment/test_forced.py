"""What forcing an item in costs and what limits are worth, judged by trying every plan."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from every_plan import best_by_trying, random_problem
from small_store import small_store

from planner.assortment.forced import AIM_GAP, EXACT_GAP, explain_plan, with_lock
from planner.assortment.limits import within_limits
from planner.assortment.listing_bounds import listing_bounds
from planner.assortment.problem_file import read_problem
from planner.assortment.result import Known
from planner.assortment.store import solve_store

SECONDS = 60.0


def feasible(seeds):
    """Random problems that have a plan, with the best objective there is."""
    for seed in seeds:
        content = random_problem(seed)
        best = best_by_trying(content)
        if best is not None:
            yield content, best


def locked_in(content: dict, item: str) -> dict:
    """A problem file with one more item locked in."""
    forced = copy.deepcopy(content)
    locks = forced.setdefault("locks", {})
    locks["in"] = [*locks.get("in", []), item]
    return forced


def relaxed(content: dict, limit: str, amount: float) -> dict:
    """A problem file with more of one limit, less where it asks for at least something."""
    wider = copy.deepcopy(content)
    kind, _, of = limit.partition(":")
    owner, key = (wider["limits"][kind], of) if of else (wider["limits"], kind)
    owner[key] = max(0, owner[key] + (-amount if kind.endswith("_min") else amount))
    return wider


def test_the_cost_of_forcing_in_is_what_a_lock_costs(problem_path):
    """Exact costs are the difference of the best plans with and without the lock; the interval
    holds it; what is called impossible has no plan."""
    seen = set()
    for content, best in feasible(range(30)):
        problem = read_problem(problem_path(content))
        found = explain_plan(problem, solve_store(problem, 0.01, SECONDS), 99, SECONDS)
        tolerance = 2 * EXACT_GAP * max(1.0, abs(best))
        assert found.plan.objective_week == pytest.approx(best, abs=tolerance)
        open_items = np.flatnonzero(~found.plan.score.listed & ~problem.locked_out)
        assert sorted(found.forcing) == open_items.tolist()
        for item, forcing in found.forcing.items():
            forced = best_by_trying(locked_in(content, problem.item_ids[item]))
            seen.add(forcing.how)
            if forced is None:
                assert forcing.how is Known.IMPOSSIBLE
                continue
            assert forcing.how is Known.EXACT
            assert forcing.cost_week == pytest.approx(best - forced, abs=tolerance)
            assert forcing.least_week - 1e-6 <= best - forced <= forcing.most_week + 1e-6
    assert seen == {Known.EXACT, Known.IMPOSSIBLE}


def test_a_bound_is_truly_at_least(problem_path):
    """Without any exact solve the stated cost never exceeds the true one, and often says
    something; an item that is said to be impossible is."""
    told = 0
    for content, best in feasible(range(30, 80)):
        problem = read_problem(problem_path(content))
        found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), 0, SECONDS)
        for item, forcing in found.forcing.items():
            forced = best_by_trying(locked_in(content, problem.item_ids[item]))
            if forced is None:
                continue
            assert forcing.how is Known.AT_LEAST
            assert forcing.cost_week <= best - forced + 1e-6 * max(1.0, abs(best))
            told += forcing.cost_week > 0.01
    assert told > 20


@pytest.mark.parametrize("whole_program", [False, True])
def test_no_plan_with_an_item_beats_its_bound(problem_path, monkeypatch, whole_program):
    """Both ways to bound a store with an item listed stay above the best plan that lists it."""
    if whole_program:
        monkeypatch.setattr("planner.assortment.group_program.group_ranges", lambda problem: None)
    compared = 0
    for content, best in feasible(range(80, 120)):
        problem = read_problem(problem_path(content))
        bounds = listing_bounds(problem, SECONDS)
        assert bounds.bound_week >= best - 1e-6 * max(1.0, abs(best))
        for i, item in enumerate(problem.item_ids):
            forced = best_by_trying(locked_in(content, item))
            if forced is not None:
                assert bounds.with_item[i] >= forced - 1e-6 * max(1.0, abs(forced))
                compared += 1
    assert compared > 60


def test_what_more_of_a_limit_is_worth(problem_path):
    """Exact worth is the difference of the best plans; a bound is at least that."""
    seen = set()
    for content, best in feasible(range(120, 160)):
        problem = read_problem(problem_path(content))
        found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), 2, SECONDS)
        for worth in found.worth:
            more = best_by_trying(relaxed(content, worth.limit, worth.amount))
            tolerance = 2 * EXACT_GAP * max(1.0, abs(more))
            assert worth.least_week - tolerance <= more - best <= worth.most_week + tolerance
            seen.add(worth.how)
            if worth.how is Known.EXACT:
                assert worth.worth_week == pytest.approx(more - best, abs=tolerance)
    assert seen == {Known.EXACT, Known.AT_MOST}


@pytest.mark.parametrize("seed", [3, 85, 253, 265])
def test_no_more_of_a_limit_is_worth_more_than_its_bound(problem_path, monkeypatch, seed):
    """Where ranges are too many to list, rows of the program depend on the limits: what is called
    at most still holds for the best plan with more of the limit."""
    monkeypatch.setattr("planner.assortment.group_program.group_ranges", lambda problem: None)
    content = random_problem(seed)
    best = best_by_trying(content)
    problem = read_problem(problem_path(content))
    found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), 0, SECONDS)
    assert found.worth
    for worth in found.worth:
        assert worth.how is Known.AT_MOST
        more = best_by_trying(relaxed(content, worth.limit, worth.amount))
        assert more - best <= worth.most_week + 1e-5 * max(1.0, abs(best))


def test_a_rough_plan_is_improved_before_it_is_explained(problem_path):
    """Costs are counted from a plan within 0.01 %, whatever the plan that came in."""
    problem = read_problem(problem_path(small_store()))
    rough = solve_store(problem, 0.2, SECONDS)
    found = explain_plan(problem, rough, 3, SECONDS)
    assert found.plan.gap <= EXACT_GAP
    assert found.plan.objective_week >= rough.objective_week
    assert all(forcing.cost_week >= 0 for forcing in found.forcing.values())


def test_who_leaves_and_who_enters(problem_path):
    """The other items of the two plans are named, never the item itself."""
    problem = read_problem(problem_path(small_store(shelf_cm={"table": 60})))
    found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), 9, SECONDS)
    assert found.forcing
    for item, forcing in found.forcing.items():
        assert forcing.how is Known.EXACT
        forced = solve_store(with_lock(problem, item, True), AIM_GAP, SECONDS)
        assert forced.score.listed[item]
        change = forced.score.listed.astype(int) - found.plan.score.listed.astype(int)
        assert set(forcing.leaves) == set(np.flatnonzero(change < 0))
        assert {item, *forcing.enters} == set(np.flatnonzero(change > 0))


def test_time_leaves_bounds(problem_path):
    """Out of time nothing is called exact."""
    problem = read_problem(problem_path(small_store(shelf_cm={"table": 60})))
    plan = solve_store(problem, AIM_GAP, SECONDS)
    found = explain_plan(problem, plan, 9, 0.0)
    assert all(forcing.how is not Known.EXACT for forcing in found.forcing.values())
    assert all(worth.how is Known.AT_MOST for worth in found.worth)
    assert all(math.isfinite(worth.worth_week) for worth in found.worth)


def test_an_item_whose_shelf_cannot_hold_its_days_of_supply_is_not_possible(problem_path):
    """Where no facing count covers the days asked for, no amount of money is told."""
    content = small_store(min_days_of_supply=3)
    like = {"shadow_attraction": 0, "units_per_facing": 2, "max_facings": 2}
    content["items"].append(content["items"][1] | like | {"id": "sought", "attraction": 400})
    herbs = [content["items"][4] | {"id": f"h{k}", "attraction": 8 + k} for k in range(5)]
    content["items"] += herbs
    problem = read_problem(problem_path(content))
    found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), 0, SECONDS)
    sought = problem.item_ids.index("sought")
    assert found.forcing[sought].how is Known.IMPOSSIBLE
    assert all(f.cost_week < 1e6 for i, f in found.forcing.items() if i != sought)


@pytest.mark.parametrize("exact", [0, 9])
def test_what_is_forced_is_no_swap_as_with_a_lock(problem_path, exact):
    """With few swaps allowed the cost of forcing an item in is what its lock costs, which may be a
    gain, as a lock is no swap; a cost that is called at least never exceeds it, and the plan
    itself keeps to the swaps."""
    gains = 0
    for most in (0, 1):
        content = small_store(max_swaps=most)
        for item in content["items"]:
            item["in_current_range"] = item.get("core", False)
        problem = read_problem(problem_path(content))
        found = explain_plan(problem, solve_store(problem, AIM_GAP, SECONDS), exact, SECONDS)
        assert within_limits(problem, found.plan.score.facings)
        assert found.forcing
        for item, forcing in found.forcing.items():
            lock = read_problem(problem_path(locked_in(content, problem.item_ids[item])))
            locked = solve_store(lock, AIM_GAP, SECONDS)
            cost = found.plan.objective_week - locked.objective_week
            if locked.score is None:
                assert forcing.how is Known.IMPOSSIBLE
                continue
            assert forcing.least_week <= cost + 0.01
            gains += cost < -0.01
            if exact:
                assert forcing.how is Known.EXACT
                assert forcing.cost_week == pytest.approx(cost, abs=0.01)
    assert gains
