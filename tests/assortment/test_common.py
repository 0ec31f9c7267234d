"""The common plan: one ranking of the chain, each store its longest fitting prefix."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from planner.assortment.common import chain_ranking, common_plan, evaluated_facings
from planner.assortment.limits import within_limits
from planner.assortment.problem import RangeLimit
from planner.assortment.problem_file import read_problem
from planner.assortment.score import best_score
from planner.assortment.store import at_least, solve_store

GAP = 1e-6


def store(items: dict[str, dict], **limits) -> dict:
    """A store where every item is its own need group and sells 10 a week at a margin of 1."""
    plain = {"price": 2, "unit_cost": 1, "attraction": 1, "facing_width_cm": 20,
             "fixture_type": "table", "max_facings": 2}  # fmt: skip
    return {
        "store_id": "1",
        "need_groups": [{"id": name, "potential_units_week": 10} for name in items],
        "items": [{"id": name, "need_group": name} | plain | own for name, own in items.items()],
        "limits": limits,
    }


def listed_by(problem_path, content: dict, ranking: str) -> tuple[str, float]:
    """Ids that the common plan lists under a ranking of one-letter ids, and its objective."""
    problem = read_problem(problem_path(content))
    order = np.array([problem.item_ids.index(name) for name in ranking], dtype=np.int64)
    plan = common_plan(problem, order, GAP, 30)
    assert plan.plan == "feasible"
    assert within_limits(problem, plan.score.facings)
    listed = (name for name, on in zip(problem.item_ids, plan.score.listed, strict=True) if on)
    return "".join(listed), plan.objective_week


def test_the_list_ends_at_the_first_item_that_does_not_fit(problem_path):
    """A prefix, not a knapsack: a narrow item behind one that is too wide is not listed."""
    items = {"a": {}, "b": {}, "c": {"facing_width_cm": 30}, "d": {"facing_width_cm": 10}}
    content = store(items, shelf_cm={"table": 60})
    assert listed_by(problem_path, content, "abcd")[0] == "ab"
    assert listed_by(problem_path, content, "abdc")[0] == "abd"
    assert listed_by(problem_path, content, "cdab")[0] == "acd"


def test_a_full_fixture_does_not_end_the_list_of_another(problem_path):
    """Each fixture type has its own prefix: the rack goes on when the table is full."""
    items = {"a": {}, "b": {"facing_width_cm": 70}, "c": {"fixture_type": "rack"}, "d": {}}
    content = store(items, shelf_cm={"table": 60, "rack": 25})
    assert listed_by(problem_path, content, "abcd")[0] == "ac"


def test_core_comes_first_and_what_cannot_be_bought_is_skipped(problem_path):
    """Core items are listed whatever their rank; locked-out ones are passed over."""
    items = {"a": {}, "b": {}, "c": {}, "d": {"core": True}}
    content = store(items, shelf_cm={"table": 60}) | {"locks": {"out": ["a"]}}
    assert listed_by(problem_path, content, "abc")[0] == "bcd"


def test_counts_end_the_list(problem_path):
    """The most local items and the most of a need group end the list like a full shelf."""
    items = {name: {} for name in "abcde"}
    assert listed_by(problem_path, store(items, max_local_items=3), "edcba")[0] == "cde"
    items["c"] = {"core": True}
    assert listed_by(problem_path, store(items, max_local_items=3), "edcba")[0] == "bcde"
    capped = store({name: {} for name in "abcd"}, need_group_max={"b": 0})
    assert listed_by(problem_path, capped, "acbd")[0] == "ac"


def test_the_least_that_a_rule_asks_for_is_listed_first(problem_path):
    """A lower limit of a need group is met by its best-ranked item before the ranking starts."""
    items = {name: {} for name in "abcd"}
    content = store(items, shelf_cm={"table": 40}, need_group_min={"d": 1})
    assert listed_by(problem_path, content, "abcd")[0] == "ad"


def test_the_budget_ends_the_list(problem_path):
    """Items from the end of the list are left out until the least stock can be paid."""
    items = {name: {"min_stock_units": 6} for name in "abcd"}
    content = store(items, budget_week=13)
    assert listed_by(problem_path, content, "dcba")[0] == "cd"


def test_facings_of_the_common_plan_are_its_best(problem_path):
    """The list is fixed, its facings and stock are optimised under the store's limits."""
    items = {"a": {"units_per_facing": 4}, "b": {"units_per_facing": 4, "unit_cost": 1.9}}
    content = store(items, shelf_cm={"table": 60})
    # One facing more: 4 units of a at a margin of 1 beat 4 units of b at 0.1.
    assert listed_by(problem_path, content, "ba") == ("ab", pytest.approx(8 + 0.4))


@pytest.mark.parametrize("seed", range(12))
def test_common_is_the_longest_prefix_and_never_beats_local(problem_path, seed):
    """On random stores of one fixture type the list is core and longest prefix that fits by
    width and count, and the best plan of the store is at least as good."""
    random = np.random.default_rng(seed)
    names = "abcdefgh"
    items = {
        name: {
            "facing_width_cm": int(random.integers(5, 40)),
            "price": round(float(random.uniform(1.1, 4)), 2),
            "core": bool(random.random() < 0.2),
        }
        for name in names
    }
    core = [name for name in names if items[name]["core"]]
    width = {name: items[name]["facing_width_cm"] for name in names}
    room = sum(width[name] for name in core) + int(random.integers(10, 110))
    most = int(random.integers(1, 8))
    content = store(items, shelf_cm={"table": room}, max_local_items=most)
    ranking = "".join(random.permutation(list(names)))
    local = [name for name in ranking if name not in core]
    fitting = [
        count
        for count in range(len(local) + 1)
        if count <= most and sum(width[n] for n in [*core, *local[:count]]) <= room
    ]
    expected = "".join(sorted([*core, *local[: max(fitting)]]))
    listed, objective = listed_by(problem_path, content, ranking)
    assert listed == expected
    best = solve_store(read_problem(problem_path(content)), GAP, 30)
    assert best.objective_week >= objective - 1e-6 * max(1.0, abs(objective))


def demand_of(two_stores: list[list[float]]) -> SimpleNamespace:
    """The part of the demand that the ranking reads: units a week of items a, b and c."""
    return SimpleNamespace(of_pairs=lambda column: np.array(two_stores, dtype=float))


@pytest.mark.parametrize(
    ("demand", "own", "out", "expected"),
    [
        # 20, 12 and 8 units a week at a margin of 1 over the same width.
        ([[8, 20, 12], [8, 20, 12]], {}, ((), ()), "bca"),
        # Twice the width halves the value of a place.
        ([[8, 20, 12], [8, 20, 12]], {"b": {"facing_width_cm": 60}}, ((), ()), "cab"),
        # The mean over both stores decides, not the better store.
        ([[30, 20, 12], [0, 20, 12]], {}, ((), ()), "bac"),
        # An item that only one store can buy is averaged over that store alone.
        ([[15, 20, 12], [10, 20, 12]], {}, ((), ("a",)), "bac"),
        # What earns nothing in the mean is not ranked.
        ([[8, 20, 12], [8, 20, 12]], {"c": {"unit_cost": 2.1}}, ((), ()), "ba"),
        ([[8, 20, 12], [8, 20, 12]], {"a": {"listing_cost_week": 9}}, ((), ()), "bc"),
        ([[8, 20, 12], [8, 20, 12]], {}, (("b",), ("b",)), "ca"),
    ],
)
def test_ranking_is_by_value_per_centimetre(problem_path, demand, own, out, expected):
    """Margin of the mean store that can buy the item, per centimetre, best first."""
    items = {name: own.get(name, {}) for name in "abc"}
    locks = [{"locks": {"out": list(locked)}} for locked in out]
    problems = [read_problem(problem_path(store(items) | lock)) for lock in locks]
    order = chain_ranking(problems, demand_of(demand))
    assert "".join("abc"[i] for i in order) == expected


def test_todays_facings_are_kept_where_known(problem_path):
    """Facings of the current range are those given, else the fewest; none outside the range."""
    items = {name: {"min_facings": 2, "max_facings": 4} for name in "abc"}
    problem = read_problem(problem_path(store(items)))
    found = evaluated_facings(problem, np.array([True, True, False]), np.array([3.0, np.nan, 4.0]))
    assert found.tolist() == [3, 2, 0]


def test_a_minimum_share_is_kept_by_the_common_plan_too(problem_path):
    """Where the ranking's prefix breaks a share rule, its last items against the rule leave."""
    items = {"a": {}, "b": {}, "c": {"facing_width_cm": 10}, "d": {"facing_width_cm": 10}}
    problem = read_problem(problem_path(store(items, shelf_cm={"table": 60})))
    half_c_or_d = np.array([-0.5, -0.5, 0.5, 0.5])
    rule = RangeLimit("category_min_share:x=0.5", "items", half_c_or_d, lower=0.0)
    ruled = dataclasses.replace(problem, range_limits=(rule,))
    ranking = np.array([0, 1, 2, 3], dtype=np.int64)
    assert common_plan(problem, ranking, GAP, 30).score.listed.tolist() == [True] * 4
    assert common_plan(ruled, ranking, GAP, 30).score.listed.tolist() == [True] * 4
    three = dataclasses.replace(ruled, locked_out=np.array([False, False, False, True]))
    plan = common_plan(three, ranking, GAP, 30)
    assert plan.score.listed.tolist() == [True, False, True, False]
    assert within_limits(three, plan.score.facings)


def test_a_plan_is_replaced_only_by_a_better_one_it_can_pay(problem_path):
    """A range that scores better takes the plan's place with the plan's own bound and limits; one
    that scores worse, or that the budget does not cover, does not."""
    items = {"a": {}, "b": {}, "c": {}}
    problem = read_problem(problem_path(store(items, shelf_cm={"table": 60}, budget_week=40)))
    best = solve_store(problem, GAP, 30)
    poor = best_score(problem, np.array([1, 0, 0]))
    worse = dataclasses.replace(best, score=poor, objective_week=poor.objective_week)
    assert at_least(problem, best, poor) is best
    better = at_least(problem, worse, best.score)
    assert better.objective_week == best.objective_week
    assert better.bound_week == best.bound_week
    assert {limit.limit for limit in better.limits} == {limit.limit for limit in best.limits}
    tight = dataclasses.replace(problem, budget_week=poor.spend_week.sum())
    assert at_least(tight, worse, best.score) is worse


def test_a_floor_of_sales_does_not_empty_the_common_plan(problem_path):
    """What the fewest facings sell says nothing about the list: with more facings, within the
    budget, it reaches the floor."""
    items = {name: {"units_per_facing": 6} for name in "ab"}
    content = store(items, shelf_cm={"table": 80}, budget_week=1000, min_sales_week=38)
    assert listed_by(problem_path, content, "ab") == ("ab", pytest.approx(20))
