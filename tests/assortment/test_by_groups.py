"""Stores solved by prices and one range per need group, against what is known to be right."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from every_plan import best_by_trying, random_problem, wild_problem
from medium_store import medium_store

from planner.assortment.choice import demand_units_week
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.group_program import StoreFamily, relax_by_groups, solve_by_groups
from planner.assortment.group_ranges import group_ranges, mean_bounds, means_of
from planner.assortment.item_value import priced_economics
from planner.assortment.limits import linear_limits, within_limits
from planner.assortment.near_best import corners
from planner.assortment.newsvendor import expected_sales
from planner.assortment.problem_file import read_problem
from planner.assortment.result import relative_gap
from planner.assortment.whole_program import solve_whole


def pricing_of(problem) -> GroupPricing:
    """Every range of a store, ready for any prices."""
    return GroupPricing(problem, group_ranges(problem), linear_limits(problem))


def random_prices(pricing: GroupPricing, r: np.random.Generator) -> np.ndarray:
    """Prices of the size at which limits bind, none for about a third of them."""
    return np.array(
        [
            r.exponential(0.2) * (r.random() < 0.7) * (1 if np.isfinite(limit.upper) else -1)
            for limit in pricing.limits
        ]
    )


@pytest.mark.parametrize("make", [random_problem, wild_problem])
@pytest.mark.parametrize("first_seed", range(1000, 1150, 50))
def test_equals_trying_every_plan(make, first_seed, problem_path):
    """On small problems the plan never beats the best of all plans, the bound never falls below
    it, and nearly all are closed."""
    closed = answered = 0
    for seed in range(first_seed, first_seed + 50):
        content = make(seed)
        expected = best_by_trying(content)
        problem = read_problem(problem_path(content))
        if (problem.must_list & problem.locked_out).any():
            continue
        found = solve_by_groups(problem, 1e-6, time.perf_counter() + 60)
        if found is None:
            continue
        if expected is None:
            assert found.score is None, seed
            continue
        answered += 1
        tolerance = 2e-6 * max(1.0, abs(expected))
        assert found.bound_week >= expected - tolerance, seed
        if found.score is not None:
            assert found.score.objective_week <= expected + tolerance, seed
            gap = relative_gap(found.score.objective_week, found.bound_week)
            closed += gap <= 2e-6
    assert closed >= 0.95 * answered > 0


@pytest.mark.parametrize("seed", range(6))
def test_bound_is_the_best_of_every_range(seed, problem_path):
    """At any prices the bound is what every range and facing count, tried exactly, gives: the
    tables only single out what to try."""
    problem = read_problem(problem_path(medium_store(seed)))
    if seed % 2:
        problem = dataclasses.replace(problem, min_supply_cycles=np.full(24, 0.8))
    pricing, r = pricing_of(problem), np.random.default_rng(seed)
    for _ in range(8):
        prices = random_prices(pricing, r)
        priced = pricing.at(prices)
        every = np.flatnonzero(pricing.ranges.allowed)
        columns, values = pricing.evaluate(every, priced.economics)
        best = np.full(pricing.ranges.groups, -np.inf)
        np.maximum.at(best, columns.group, values)
        expected = best.sum() + pricing.price_of_limits(prices)
        assert priced.bound_week == pytest.approx(expected, rel=1e-8, abs=1e-6)
        most = np.full(pricing.ranges.count, -np.inf)
        most[every] = values
        assert (priced.most >= most - 1e-7 * np.maximum(1.0, np.abs(most))).all()


@pytest.mark.parametrize("seed", range(3))
def test_demand_of_a_range_is_that_of_the_choice_model(seed, problem_path):
    """The demand of each listed range equals the attraction model's, item by item."""
    problem = read_problem(problem_path(medium_store(seed, items=12, groups=3, segments=3)))
    ranges, r = group_ranges(problem), np.random.default_rng(seed)
    least, most = mean_bounds(problem)
    for number in r.choice(ranges.count, 40):
        items = ranges.entry_item[ranges.entry_first[number] : ranges.entry_first[number + 1]]
        listed = np.zeros(len(problem.item_ids), dtype=bool)
        listed[items] = True
        expected = demand_units_week(problem, listed) / problem.deliveries_week
        whole = np.array([0, len(items)])
        found = means_of(problem, ranges.group[[number]], whole, items)
        assert found == pytest.approx(expected[items], rel=1e-12)
        assert (found <= most[items] * (1 + 1e-12)).all()
        assert (found >= least[items] * (1 - 1e-12)).all()


def test_every_allowed_range_is_there_once(problem_path):
    """Core, locks and the counts of a group leave exactly the subsets that keep them."""
    content = medium_store(1, items=12, groups=2)
    content["limits"]["need_group_max"] = {"n0": 3}
    content["limits"]["need_group_min"] = {"n0": 2}
    content["locks"] = {"in": ["i2"], "out": ["i4"]}
    ranges = group_ranges(read_problem(problem_path(content)))
    # n0: i0 (core), i2 (locked in) and some of i6, i8, i10; n1: any of six.
    first = ranges.allowed & (ranges.group == 0)
    assert first.sum() == 1 + 3
    assert (ranges.allowed & (ranges.group == 1)).sum() == 2**6
    assert set(ranges.size[first].tolist()) == {2, 3}


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_whole_program(seed, problem_path):
    """Both ways to solve a store with chance demand end within their gaps of one another."""
    problem = read_problem(problem_path(medium_store(seed, items=16, groups=4)))
    found = solve_by_groups(problem, 1e-5, time.perf_counter() + 60)
    whole = solve_whole(problem, 1e-4, time.perf_counter() + 60)
    assert found is not None
    assert found.score is not None
    assert found.score.objective_week <= whole.bound_week * (1 + 1e-9)
    assert whole.score.objective_week <= found.bound_week * (1 + 1e-9)
    assert within_limits(problem, found.score.facings)


def test_corners_lie_around_expected_sales():
    """The polygon between tangents is never below expected sales, and touches them at its ends."""
    r = np.random.default_rng(0)
    for _ in range(50):
        mean, cv = float(r.uniform(0.1, 30)), float(r.choice([0.0, 0.3, 0.8, 1.5]))
        stocks = np.sort(r.uniform(0, 3 * mean, 6))
        points = corners(stocks[None, :], np.array([mean]), np.array([cv]))
        tried = np.linspace(stocks[0], stocks[-1], 200)
        above = np.interp(tried, points.stock, points.sold)
        assert (above >= expected_sales(mean, tried, cv) - 1e-9).all()
        for end in (0, -1):
            expected = expected_sales(mean, points.stock[end], cv)
            assert points.sold[end] == pytest.approx(float(expected), abs=1e-12)


def test_prices_have_no_effect_on_what_a_range_earns(problem_path):
    """A column's objective is the same whatever prices led to it, at the same stock."""
    problem = read_problem(problem_path(medium_store(3)))
    pricing = pricing_of(problem)
    none = np.zeros(len(pricing.limits))
    priced = pricing.at(random_prices(pricing, np.random.default_rng(5)))
    free = priced_economics(problem, pricing.limits, none)
    value = priced.best.objective(free)
    charged = sum(
        price * priced.best.use(limit)
        for price, limit in zip(priced.prices, pricing.limits, strict=True)
    )
    assert value - charged == pytest.approx(priced.value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_relaxation_bounds_the_plan_and_explains_itself(seed, problem_path):
    """The relaxation is above the best plan, lists what must be listed, and starting from its
    own prices leads back to the same bound."""
    problem = read_problem(problem_path(medium_store(seed)))
    relaxed = relax_by_groups(problem, 1e-5)
    found = solve_by_groups(problem, 1e-4, time.perf_counter() + 60)
    assert relaxed.bound_week >= found.score.objective_week - 1e-9
    assert (relaxed.listed_share[problem.must_list] > 1 - 1e-6).all()
    assert (relaxed.listed_share[problem.locked_out] == 0).all()
    spent = float((problem.spend_cost * relaxed.units_week).sum())
    assert spent <= problem.budget_week * (1 + 1e-6)
    again = relax_by_groups(problem, 1e-5, relaxed.shadow_prices)
    assert again.bound_week == pytest.approx(relaxed.bound_week, rel=3e-5)


def test_a_shadow_price_bounds_what_more_of_a_limit_is_worth(problem_path):
    """One more unit of a limit never adds more than its shadow price, beyond the gaps."""
    content = medium_store(2)
    problem = read_problem(problem_path(content))
    found = solve_by_groups(problem, 1e-5, time.perf_counter() + 60)
    for name, more in (("budget_week", 5.0), ("shelf_cm:t0", 10.0), ("need_group_max:n0", 1)):
        limits = content["limits"]
        key, _, kind = name.partition(":")
        changed = {**limits[key], kind: limits[key][kind] + more} if kind else limits[key] + more
        wider = read_problem(problem_path(content | {"limits": limits | {key: changed}}))
        better = solve_by_groups(wider, 1e-5, time.perf_counter() + 60)
        gain = better.score.objective_week - found.bound_week
        assert gain <= found.shadow_prices[name] * more + 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_a_variant_of_a_store_is_solved_as_if_alone(seed, problem_path):
    """With an item forced in or out, or more of a limit, the ranges and tables of the store give
    the same bound and plan as the variant's own."""
    problem = read_problem(problem_path(medium_store(seed)))
    family = StoreFamily(problem)
    solve_by_groups(problem, 1e-5, time.perf_counter() + 60, family)
    flag = np.arange(len(problem.item_ids)) == 7
    variants = [
        dataclasses.replace(problem, locked_in=problem.locked_in | flag),
        dataclasses.replace(problem, locked_out=problem.locked_out | flag),
        dataclasses.replace(problem, shelf_cm={"t0": 200.0, "t1": 90.0}),
        dataclasses.replace(
            problem,
            range_limits=tuple(
                dataclasses.replace(limit, upper=limit.upper + 1) for limit in problem.range_limits
            ),
        ),
    ]
    for variant in variants:
        shared = solve_by_groups(variant, 1e-5, time.perf_counter() + 60, family)
        alone = solve_by_groups(variant, 1e-5, time.perf_counter() + 60)
        assert shared.score.objective_week == pytest.approx(alone.score.objective_week, rel=2e-5)
        assert shared.bound_week >= alone.score.objective_week - 1e-9
        assert alone.bound_week >= shared.score.objective_week - 1e-9
        assert within_limits(variant, shared.score.facings)
