"""From tables and demand to one store program per store."""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
import pandas as pd
import pytest
from whole_chain import SHOP_FIXTURES, SHOP_ITEMS, SHOP_STORES, corner_shops

from planner.assortment.parameters import chain_parameters
from planner.tables.read import read_inputs

RULES = "store_id,region,need_group,category,min_items,max_items,min_share,max_share\n"


@pytest.fixture
def parameters_of(shops, tmp_path):
    """Parameters of the corner shops with some tables changed, demand as it was."""

    def build(**changes: str):
        inputs = read_inputs(
            corner_shops(tmp_path / f"data-{len(list(tmp_path.iterdir()))}", **changes)
        )
        return chain_parameters(inputs, shops.demand)

    return build


def item(problem, item_id: str) -> int:
    """Place of an item in a problem."""
    return problem.item_ids.index(item_id)


def test_a_problem_holds_the_tables_numbers(shops, parameters_of):
    """Item and store columns, and the store's own slice of the demand, reach the program."""
    problems = parameters_of().problems
    assert list(problems) == ["7", "8", "9"]
    problem = problems["8"]
    items = shops.inputs.items
    np.testing.assert_array_equal(problem.price, items["price"])
    np.testing.assert_array_equal(problem.demand_cv, items["demand_cv"])
    np.testing.assert_array_equal(problem.min_stock_units, items["case_units"])
    np.testing.assert_array_equal(problem.facing_width_cm, items["facing_width_cm"])
    capacity = items["units_per_facing"] * items["shelf_fills_per_cycle"]
    np.testing.assert_array_equal(problem.stock_capacity_per_facing, capacity)
    assert problem.deliveries_week == 4
    assert problem.max_local_items == 4
    np.testing.assert_array_equal(problem.attraction, shops.demand.choice.attraction[:, 1])
    np.testing.assert_array_equal(
        problem.potential_units_week, shops.demand.choice.potential_units_week[:, 1]
    )
    np.testing.assert_array_equal(problem.spend_cost, problem.unit_cost)


def test_what_is_not_given_is_no_limit(parameters_of):
    """An empty budget, count or capacity is infinite, never zero."""
    items = pd.read_csv(io.StringIO(SHOP_ITEMS), dtype=str, keep_default_na=False)
    items["units_per_facing"] = ""
    stores = SHOP_STORES.replace("North,500,3,5", "North,500,3,")
    problems = parameters_of(items=items.to_csv(index=False), stores=stores).problems
    assert problems["8"].budget_week == math.inf
    assert problems["7"].budget_week == 500
    assert problems["7"].max_local_items == math.inf
    assert (problems["7"].units_per_facing == np.inf).all()


def test_shelves_are_added_up_by_fixture_type(parameters_of):
    """Room is the sum of a store's shelves of a kind; a kind it lacks has none."""
    fixtures = "".join(
        row for row in SHOP_FIXTURES.splitlines(keepends=True) if not row.startswith("9,W1")
    )
    items = SHOP_ITEMS.replace("wet rack,yes,", "table,yes,")
    problems = parameters_of(fixtures=fixtures, items=items).problems
    assert problems["7"].shelf_cm == {"table": 180, "wet rack": 110}
    assert problems["9"].shelf_cm == {"table": 130, "wet rack": 0}
    assert problems["9"].locked_out[item(problems["9"], "4062")]
    assert not problems["7"].locked_out[item(problems["7"], "4062")]


def test_facings_stop_at_the_widest_shelf(parameters_of):
    """An item stands on one shelf: no more facings than its widest shelf has room for, never
    fewer than its fewest."""
    problems = parameters_of().problems
    most = {s: p.max_facings[item(p, "4011")] for s, p in problems.items()}
    assert most == {"7": 2, "8": 3, "9": 3}
    assert all((p.max_facings >= p.min_facings).all() for p in problems.values())


def test_an_item_wider_than_every_shelf_is_no_candidate(parameters_of):
    """Where its fewest facings fit on no shelf of its kind the item is out, with that reason."""
    items = SHOP_ITEMS.replace(
        "organic,fruit,bananas,1.2,0.8,30", "organic,fruit,bananas,1.2,0.8,110"
    )
    found = parameters_of(items=items)
    reasons = found.not_candidate[:, 1].tolist()
    assert reasons == ["wider than every shelf of its kind here", "", ""]
    out = [bool(p.locked_out[1]) for p in found.problems.values()]
    assert out == [True, False, False]


def test_items_come_and_go_with_their_season(shops, parameters_of):
    """Only what can be bought on every day of the plan's weeks is a candidate."""
    first = shops.demand.first_week
    last = first + pd.Timedelta(days=7 * shops.demand.weeks - 1)
    day = pd.Timedelta(days=1)
    items = pd.read_csv(io.StringIO(SHOP_ITEMS), dtype=str, keep_default_na=False)
    items["available_from"], items["available_to"] = "", ""
    items = items.set_index("item_id", drop=False)
    items.loc["4012", "available_from"] = str((first + day).date())
    items.loc["4021", "available_from"] = str(first.date())
    items.loc["4062", "available_to"] = str((last - day).date())
    items.loc["4063", "available_to"] = str(last.date())
    found = parameters_of(items=items.to_csv(index=False))
    reason = dict(zip(shops.demand.item_ids, found.not_candidate[0], strict=True))
    assert reason["4012"] == reason["4062"] == "cannot be bought in all the plan's weeks"
    assert reason["4021"] == reason["4063"] == ""


def test_core_and_locked_in_items_stay_candidates(parameters_of):
    """What must be listed is never locked out by the region or the season."""
    locks = "store_id,item_id,lock\n8,4021,OUT\n,4063,IN\n"
    found = parameters_of(locks=locks)
    for store, problem in found.problems.items():
        assert not (problem.must_list & problem.locked_out).any()
        assert problem.locked_in[item(problem, "4063")]
        assert problem.locked_out[item(problem, "4021")] == (store == "8")
    assert found.not_candidate[1, 3] == "locked out"
    assert found.not_candidate[0, 3] == ""


def limits_of(problem) -> dict[str, tuple[float, float]]:
    """Lower and upper bound of every range limit of a store."""
    return {limit.name: (limit.lower, limit.upper) for limit in problem.range_limits}


def test_of_several_rules_the_tightest_holds(parameters_of):
    """Rules for all, for a region and for a store meet in the tightest bound of each side."""
    rules = RULES + ",,apples,,1,4,,\n,North,apples,,,3,,\n7,,apples,,2,,,\n,South,herbs,,,1,,\n"
    problems = parameters_of(range_rules=rules).problems
    inf = math.inf
    assert limits_of(problems["7"]) == {
        "need_group_min:apples": (2, inf), "need_group_max:apples": (-inf, 3)}  # fmt: skip
    assert limits_of(problems["8"]) == {
        "need_group_min:apples": (1, inf), "need_group_max:apples": (-inf, 3)}  # fmt: skip
    assert limits_of(problems["9"]) == {
        "need_group_min:apples": (1, inf), "need_group_max:apples": (-inf, 4),
        "need_group_max:herbs": (-inf, 1)}  # fmt: skip


def test_a_share_rule_is_linear_in_the_listed_items(parameters_of):
    """At most 40 % salads: the limit holds exactly for the ranges whose share is at most that."""
    problem = parameters_of(range_rules=RULES + ",,,salads,,,,0.4\n").problems["7"]
    (limit,) = problem.range_limits
    salads = np.array([i in ("4061", "4062", "4063", "4070", "4071", "4072")
                       for i in problem.item_ids])  # fmt: skip
    random = np.random.default_rng(3)
    seen = set()
    for _ in range(200):
        listed = random.random(12) < random.uniform(0.1, 0.9)
        if not listed.any():
            continue
        allowed = salads[listed].mean() <= 0.4
        used = limit.coefficients @ listed
        assert (limit.lower <= used <= limit.upper + 1e-12) == allowed
        seen.add(allowed)
    assert seen == {True, False}


def test_a_store_without_fixtures_is_counted(parameters_of):
    """No fixtures: no shelf limit at all, and one assumption with the number of stores."""
    fixtures = "".join(
        row for row in SHOP_FIXTURES.splitlines(keepends=True) if not row.startswith("8,")
    )
    found = parameters_of(fixtures=fixtures)
    assert found.problems["8"].shelf_cm == {}
    counts = [a.count for a in found.assumptions if a.subject == "fixtures"]
    assert counts == [1]


def test_a_budget_far_below_todays_purchases_is_warned_of(parameters_of):
    """A budget that cannot buy half of what today's range sells is named, one that can is not."""

    def warned(budget: str) -> list[str]:
        header, *rows = SHOP_STORES.splitlines()
        place = header.split(",").index("budget_week")
        cells = [row.split(",") for row in rows]
        cells[1][place] = budget
        stores = "\n".join([header, *(",".join(row) for row in cells)]) + "\n"
        found = parameters_of(stores=stores).assumptions
        return [a.text for a in found if a.subject == "stores.budget_week" and a.warning]

    (text,) = warned("2")
    assert "stores 8)" in text
    assert not warned("100000")


def test_loss_on_the_way_raises_the_cost_of_every_store(shops):
    """Loss that leftovers cannot explain makes a unit dearer, in purchase and in budget alike."""
    items = shops.inputs.items.assign(store_loss_share=0.5)
    inputs = dataclasses.replace(shops.inputs, items=items)
    found = chain_parameters(inputs, shops.demand)
    given = items["unit_cost"].to_numpy()
    for problem in found.problems.values():
        ratio = problem.unit_cost / given
        assert (ratio >= 1).all()
        # Herbs sell less than a case in a cycle: theirs can all be leftovers.
        assert (ratio[:9] > 1.5).all()
        np.testing.assert_array_equal(problem.spend_cost, problem.unit_cost)
        assert ((problem.waste_share >= 0) & (problem.waste_share <= 1)).all()
    text = [a.text for a in found.assumptions if a.subject == "items.store_loss_share"]
    assert len(text) == 1
    assert "raises the unit cost" in text[0]
