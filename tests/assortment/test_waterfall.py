"""The way from one plan to another, in parts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_store import small_store

from planner.assortment.problem_file import read_problem
from planner.assortment.score import best_score
from planner.assortment.waterfall import PARTS, STEPS, waterfall_parts, waterfall_table

FACINGS = st.lists(st.integers(0, 3), min_size=7, max_size=7)


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    """The small store without limits."""
    path = tmp_path_factory.mktemp("store") / "problem.json"
    path.write_text(json.dumps(small_store(shelf_cm=None, budget_week=None, max_local_items=None)))
    return read_problem(path)


def parts_of(problem, before, after) -> dict[str, float]:
    """Parts by name, of plans given by their facings."""
    plans = [best_score(problem, np.array(facings)) for facings in (before, after)]
    return dict(zip(PARTS, waterfall_parts(problem, *plans), strict=True))


@settings(max_examples=60, deadline=None)
@given(before=FACINGS, after=FACINGS)
def test_parts_add_up_to_the_difference_of_the_margins(problem, before, after):
    """Whatever two plans list: the parts sum to the difference of their margins, and the way
    back is the same with the other sign."""
    plans = [best_score(problem, np.array(facings)) for facings in (before, after)]
    there, back = waterfall_parts(problem, *plans), waterfall_parts(problem, *plans[::-1])
    margins = [plan.margin_week.sum() for plan in plans]
    assert there.sum() == pytest.approx(margins[1] - margins[0], abs=1e-9)
    assert there.sum() == pytest.approx(-back.sum(), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(before=FACINGS, after=FACINGS)
def test_what_comes_takes_and_what_leaves_gives(problem, before, after):
    """New items sell and take from others, lost items' sales are lost and partly recaptured:
    no more than that."""
    parts = parts_of(problem, before, after)
    assert parts["new_items"] >= 0 >= parts["taken_from_others"]
    assert parts["lost_items"] <= 0 <= parts["recaptured"]


def test_a_plan_and_itself_differ_in_nothing(problem):
    """Every part is zero."""
    assert set(parts_of(problem, (2, 1, 0, 2, 0, 1, 0), (2, 1, 0, 2, 0, 1, 0)).values()) == {0.0}


def test_one_item_more_is_told_by_hand(problem):
    """Where one item comes and nothing leaves, its part is its own sales at their margin before
    waste, and listing costs its listing."""
    before, after = (2, 2, 0, 2, 0, 1, 0), (2, 2, 1, 2, 0, 1, 0)
    parts = parts_of(problem, before, after)
    sold = best_score(problem, np.array(after)).sold_units_week[2]
    margin = problem.price[2] - problem.unit_cost[2]
    assert parts["new_items"] == pytest.approx(sold * margin)
    assert parts["lost_items"] == parts["recaptured"] == 0
    assert parts["listing"] == pytest.approx(-problem.listing_cost_week[2])
    assert parts["handling"] == pytest.approx(-problem.facing_cost_week[2])


def test_regions_and_chain_are_the_sums_of_their_stores():
    """Level by level the same total of each part."""
    random = np.random.default_rng(3)
    parts = {store: random.normal(0, 10, (len(STEPS), len(PARTS))) for store in "123"}
    table = waterfall_table({"1": "N", "2": "S", "3": "N"}, parts)
    by = table.groupby(["level", "from_plan", "to_plan", "part"])["change_week"].sum()
    for level in ("chain", "region"):
        np.testing.assert_allclose(by[level], by["store"])
    assert len(table) == (1 + 2 + 3) * len(STEPS) * len(PARTS)
