"""Stores whose stock follows demand, solved as sums of ratios: against every plan tried."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from every_plan import best_by_trying, random_problem, wild_problem

from planner.assortment import ratio_program, ratio_search
from planner.assortment.array_lp import ArrayLp
from planner.assortment.choice import demand_units_week
from planner.assortment.limits import within_limits
from planner.assortment.local_search import climb
from planner.assortment.problem_file import read_problem
from planner.assortment.product_relaxation import ProductRelaxation
from planner.assortment.ratio_box import propagate, whole
from planner.assortment.ratio_relaxation import RatioRelaxation
from planner.assortment.ratio_search import solve_ratios
from planner.assortment.ratios import ratio_problem
from planner.assortment.score import best_score
from planner.assortment.store import solve_store


def without_stock_limits(problem: dict) -> dict:
    """The same store where nothing holds the stock back."""
    problem["limits"].pop("budget_week", None)
    for item in problem["items"]:
        for name in ("units_per_facing", "min_units_per_facing", "min_stock_units"):
            item.pop(name, None)
        item["max_facings"] = item["min_facings"]
    return problem


def large_choice_set(seed: int, items: int = 13) -> dict:
    """One need group, several segments, costs, waste and uncertain demand, two or three limits."""
    r = np.random.default_rng(seed)
    segments = [f"s{k}" for k in range(int(r.integers(2, 6)))]
    spread = float(r.choice([0.2, 1.5]))
    draw = lambda: float(np.exp(r.normal(0, spread)))  # noqa: E731
    theta = float(r.choice([0.0, 0.4]))
    entries = []
    for i in range(items):
        attraction = {s: draw() for s in segments}
        price = float(r.uniform(1, 3))
        entries.append(
            {
                "id": f"i{i}",
                "need_group": "all",
                "attraction": attraction,
                "shadow_attraction": {s: theta * v for s, v in attraction.items()},
                "price": price,
                "unit_cost": price * float(r.uniform(0, 0.8)),
                "waste_share": float(r.choice([0.0, 0.3])),
                "demand_cv": float(r.choice([0.0, 0.6])),
                "listing_cost_week": float(r.choice([0.0, 1.0])),
                "fixture_type": "table",
                "facing_width_cm": float(r.uniform(5, 20)),
                "core": bool(i == 0 and r.random() < 0.3),
            }
        )
    limits: dict = {"shelf_cm": {"table": float(r.uniform(30, 120))}}
    if r.random() < 0.7:
        limits["need_group_max"] = {"all": int(r.integers(2, 8))}
    if r.random() < 0.3:
        limits["need_group_min"] = {"all": 2}
    return {
        "need_groups": [
            {
                "id": "all",
                "potential_units_week": {s: float(r.uniform(10, 60)) for s in segments},
                "no_purchase_attraction": float(r.choice([0.0, 1.0, 5.0])),
            }
        ],
        "items": entries,
        "limits": limits,
    }


def best_of_every_range(problem) -> float:
    """The largest exact objective over every range that keeps the limits."""
    count = len(problem.item_ids)
    ranges = ((np.arange(2**count)[:, None] >> np.arange(count)) & 1).astype(bool)
    ranges = ranges[(ranges | ~problem.must_list).all(axis=1)]
    ranges = ranges[ranges @ problem.facing_width_cm <= problem.shelf_cm["table"]]
    for limit in problem.range_limits:
        used = ranges @ limit.coefficients
        ranges = ranges[(used <= limit.upper) & (used >= limit.lower)]
    whole_range = best_score(problem, np.ones(count, dtype=np.int64))
    before_listing = whole_range.margin_week + problem.listing_cost_week
    per_unit = before_listing / whole_range.demand_units_week
    worth = demand_units_week(problem, ranges) @ per_unit - ranges @ problem.listing_cost_week
    return float(worth.max())


@pytest.fixture
def every_store(monkeypatch):
    """Stores of any size go the way of a large choice set, and no box is small enough to list."""
    monkeypatch.setattr(ratio_program, "LARGE", -1)
    monkeypatch.setattr(ratio_search, "FEW", 0)


@pytest.mark.parametrize("make", [random_problem, wild_problem])
def test_equals_trying_every_plan_where_stock_is_free(make, every_store, problem_path):
    """On random small stores and wild ones, several groups, shelves and minimum counts among
    them, reducing and splitting finds the best of all plans, or that none exists."""
    outcomes = set()
    for seed in range(1000, 1100):
        content = without_stock_limits(make(seed))
        problem = read_problem(problem_path(content))
        if (problem.must_list & problem.locked_out).any():
            continue
        expected = best_by_trying(content)
        plan = solve_store(problem, 1e-6, 60)
        outcomes.add(plan.plan)
        if expected is None:
            assert plan.plan == "infeasible", seed
            continue
        tolerance = 2e-6 * max(1.0, abs(expected))
        assert plan.objective_week == pytest.approx(expected, abs=tolerance), seed
        assert plan.bound_week >= expected - tolerance, seed
        assert within_limits(problem, plan.score.facings), seed
    assert outcomes == {"feasible", "infeasible"}


@pytest.mark.parametrize("few", [0, 10])
def test_large_choice_sets_equal_every_range(few, every_store, monkeypatch, problem_path):
    """With uncertain demand, waste, costs and a shelf beside the count, the exact score of the
    plan is the best of all ranges, and the bound is never below it."""
    monkeypatch.setattr(ratio_search, "FEW", few)
    for seed in range(20):
        problem = read_problem(problem_path(large_choice_set(seed)))
        expected = best_of_every_range(problem)
        plan = solve_store(problem, 1e-6, 60)
        assert plan.objective_week == pytest.approx(expected, rel=2e-6, abs=2e-6), seed
        assert plan.bound_week >= expected * (1 - 1e-9) - 1e-9, seed
        assert plan.proof == "optimal", seed


def round_only(problem, start):
    """In place of the local search: the range as it is, without a single change."""
    listed = start | problem.must_list
    used = problem.rows @ listed
    inside = (used <= problem.row_upper + 1e-9) & (used >= problem.row_lower - 1e-9)
    return listed, float(problem.value(listed.astype(float))) if inside.all() else -np.inf


def test_the_search_does_not_lean_on_the_local_search(every_store, monkeypatch, problem_path):
    """Where the local search only rounds, bounds and splits still lead to the best range."""
    monkeypatch.setattr(ratio_search, "climb", round_only)
    for seed in range(60, 80):
        problem = read_problem(problem_path(large_choice_set(seed)))
        expected = best_of_every_range(problem)
        plan = solve_store(problem, 1e-6, 60)
        assert plan.objective_week == pytest.approx(expected, rel=2e-6, abs=2e-6), seed


def test_what_a_gap_cuts_off_stays_under_the_bound(every_store, monkeypatch, problem_path):
    """Ranges better than the plan by less than the gap may be cut off, never denied: the bound is
    above the true best, also where the plan is not the best."""
    monkeypatch.setattr(ratio_search, "climb", round_only)
    monkeypatch.setattr(ratio_search, "FEW", 4)
    missed = 0
    for seed in range(80, 140):
        problem = read_problem(problem_path(large_choice_set(seed, items=10)))
        expected = best_of_every_range(problem)
        plan = solve_store(problem, 0.02, 60)
        assert plan.gap <= 0.02, seed
        assert plan.bound_week >= expected - 1e-6, seed
        missed += plan.objective_week < expected - 1e-3
    assert missed > 0


def test_a_wide_gap_is_kept_and_its_bound_holds(every_store, problem_path):
    """Asked for 5 %, the plan is within 5 % of its bound, and the bound above the true best."""
    for seed in range(20, 40):
        problem = read_problem(problem_path(large_choice_set(seed)))
        expected = best_of_every_range(problem)
        plan = solve_store(problem, 0.05, 60)
        assert plan.gap <= 0.05, seed
        assert plan.bound_week >= expected - 1e-9, seed


def test_without_time_a_plan_has_a_bound_that_holds(every_store, problem_path):
    """With no time at all the plan keeps the limits, and its bound is above the true best."""
    for seed in range(40, 50):
        problem = read_problem(problem_path(large_choice_set(seed)))
        expected = best_of_every_range(problem)
        plan = solve_store(problem, 1e-6, 1e-9)
        assert plan.plan == "feasible", seed
        assert within_limits(problem, plan.score.facings), seed
        assert plan.bound_week >= expected - 1e-9, seed


def test_relaxations_bound_every_box(problem_path):
    """In a box with some items fixed both programs stay above the best range in it, and the
    strong one is no weaker."""
    r = np.random.default_rng(3)
    tighter = 0
    for seed in range(20):
        content = large_choice_set(seed, items=9)
        content["limits"].pop("need_group_min", None)
        ratios = ratio_problem(read_problem(problem_path(content)))
        fixed = r.random(9)
        box = whole(ratios)
        box = dataclasses.replace(
            box, most=box.most & ((fixed < 0.8) | box.least), least=box.least | (fixed < 0.1)
        )
        box = propagate(ratios, box)
        ranges = ((np.arange(2**9)[:, None] >> np.arange(9)) & 1).astype(bool)
        ranges = ranges[(ranges | ~box.least).all(axis=1) & (~ranges | box.most).all(axis=1)]
        used = ranges @ ratios.rows.T
        ranges = ranges[(used <= ratios.row_upper).all(axis=1)].astype(float)
        best = ratios.value(ranges).max() if len(ranges) else -np.inf
        weak = RatioRelaxation(ratios, ArrayLp())
        weak.load(box)
        loose, strong = (
            weak.solve().bound,
            ProductRelaxation(ratios, ArrayLp()).bound(box, -np.inf).bound,
        )
        assert loose >= best - 1e-7, seed
        assert strong >= best - 1e-7, seed
        assert strong <= loose + 1e-7, seed
        tighter += strong < loose - 1e-3
    assert tighter >= 10


def test_a_box_cut_down_keeps_what_is_worth_more(problem_path):
    """Cutting a box down to what is worth a floor keeps every range worth at least that."""
    for seed in range(10):
        ratios = ratio_problem(read_problem(problem_path(large_choice_set(seed, items=9))))
        ranges = ((np.arange(2**9)[:, None] >> np.arange(9)) & 1).astype(float)
        used = ranges @ ratios.rows.T
        keeps = (used <= ratios.row_upper) & (used >= ratios.row_lower)
        ranges = ranges[keeps.all(axis=1) & (ranges >= ratios.must_list).all(axis=1)]
        values = ratios.value(ranges)
        floor = float(np.quantile(values, 0.9))
        weak = RatioRelaxation(ratios, ArrayLp())
        weak.load(whole(ratios))
        box = weak.tighten(floor)
        good = ranges[values >= floor]
        below = ratios.base + good @ ratios.gain.T
        terms = ratios.terms(good)
        assert (below >= box.below_least - 1e-9).all(), seed
        assert (below <= box.below_most + 1e-9).all(), seed
        assert (terms >= box.value_least - 1e-7).all(), seed
        assert (terms <= box.value_most + 1e-7).all(), seed


def test_climbing_keeps_the_limits_and_never_ends_where_one_change_helps(problem_path):
    """The range reached keeps every row (also minimum counts, from nothing), and no single item
    more or less is worth more."""
    for seed in range(30):
        ratios = ratio_problem(read_problem(problem_path(large_choice_set(seed))))
        listed, value = climb(ratios, np.zeros(13, dtype=bool))
        share = listed.astype(float)
        assert value == pytest.approx(ratios.value(share)), seed
        for item in np.flatnonzero(~ratios.must_list):
            other = share.copy()
            other[item] = 1 - other[item]
            used = ratios.rows @ other
            if (used <= ratios.row_upper).all() and (used >= ratios.row_lower).all():
                assert ratios.value(other) <= value + 1e-6 * max(1.0, abs(value)), seed


def test_a_count_is_worth_the_next_item_where_items_do_not_compete(problem_path):
    """With next to no share of the market taken, one more item is worth what the best item left
    out brings at most, and the worst one listed at least brings as much."""
    content = large_choice_set(2)
    content["need_groups"][0]["no_purchase_attraction"] = 1e6
    content["limits"] = {"need_group_max": {"all": 4}}
    ratios = ratio_problem(read_problem(problem_path(content)))
    alone = np.sort(ratios.value(np.eye(13)))[::-1]
    assert alone[4] > 0
    price = solve_ratios(ratios, 1e-6, 60).row_prices["need_group_max:all"]
    assert alone[4] * 0.999 <= price <= alone[3] * 1.001


@pytest.mark.parametrize(
    "held",
    [
        {"units_per_facing": 5},
        {"min_units_per_facing": 1},
        {"min_stock_units": 2},
    ],
)
def test_stock_that_is_held_back_is_no_sum_of_ratios(held, problem_path):
    """A capacity, a full look or a smallest order on one item, or a budget, is left to the whole
    program."""
    content = large_choice_set(1)
    assert ratio_problem(read_problem(problem_path(content))) is not None
    content["items"][3].update(held)
    assert ratio_problem(read_problem(problem_path(content))) is None
    content = large_choice_set(1)
    content["limits"]["budget_week"] = 1e6
    assert ratio_problem(read_problem(problem_path(content))) is None


def test_a_hundred_items_and_ten_segments_are_proven(problem_path):
    """A mixed logit whose ranges cannot be listed is solved to 0.1 %, with a price on its limit."""
    r = np.random.default_rng(5)
    segments = [f"s{k}" for k in range(10)]
    content = {
        "need_groups": [
            {
                "id": "all",
                "potential_units_week": dict.fromkeys(segments, 10.0),
                "no_purchase_attraction": 5.0,
            }
        ],
        "items": [
            {
                "id": f"i{i}",
                "need_group": "all",
                "attraction": {s: float(r.uniform()) for s in segments},
                "price": float(r.uniform(1, 3)),
            }
            for i in range(100)
        ],
        "limits": {"need_group_max": {"all": 10}},
    }
    problem = read_problem(problem_path(content))
    found = ratio_program.solve_by_ratios(problem, 0.001, time.perf_counter() + 60)
    assert found is not None
    assert not found.time_limit_struck
    assert found.bound_week <= found.score.objective_week * 1.001
    assert found.shadow_prices["need_group_max:all"] > 0
    assert solve_ratios(ratio_problem(problem), 0.001, 60).bound == found.bound_week
