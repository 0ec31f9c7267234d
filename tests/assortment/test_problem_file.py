"""PROBLEM.json is read as documented and refused in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_store import small_store

from planner.assortment.problem_file import plan_entry, read_problem
from planner.assortment.store import solve_store
from planner.errors import BadInput


def test_defaults_of_what_is_left_out(problem_path):
    """Left out: no limit, 0 for costs and shares, 1 for facings and deliveries, no core."""
    content = {
        "need_groups": [{"id": "n", "potential_units_week": 10, "no_purchase_attraction": 1}],
        "items": [{"id": "i", "need_group": "n", "attraction": 1, "price": 2}],
    }
    problem = read_problem(problem_path(content))
    assert problem.deliveries_week == 1
    assert problem.units_per_facing[0] == np.inf
    assert (problem.min_facings[0], problem.max_facings[0]) == (1, 1)
    assert problem.budget_week == np.inf
    assert not problem.core.any()
    plan = solve_store(problem, 1e-6, 10)
    assert plan.objective_week == pytest.approx(10.0)


def test_a_plain_number_counts_for_every_segment(problem_path):
    """With segments in the potential, a plain attraction holds for all, a missing one is 0."""
    content = small_store()
    content["need_groups"][0]["potential_units_week"] = {"a": 100, "b": 50}
    content["items"][0]["attraction"] = {"a": 60}
    content["items"][0]["shadow_attraction"] = 0
    problem = read_problem(problem_path(content))
    assert problem.segments == ("a", "b")
    assert problem.attraction[:, 0].tolist() == [60, 0]
    assert problem.attraction[:, 1].tolist() == [50, 50]
    assert problem.potential_units_week[:, 1].tolist() == [40, 40]


def _change(content, place, value):
    owner = content
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = value


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (["items", 1, "attraction"], -1, "fuji.attraction|items.1.attraction"),
        (["items", 1, "shadow_attraction"], 51, "fuji.shadow_attraction"),
        (["items", 1, "price"], "two", "items.1.price"),
        (["items", 1, "need_group"], "pears", "fuji.need_group"),
        (["items", 1, "id"], "gala", "items.id"),
        (["items", 1, "min_facings"], 0, "items.1.min_facings"),
        (["items", 1, "max_facings"], 0, "items.1.max_facings"),
        (["items", 1, "shelf_fills_per_cycle"], 0, "items.1.shelf_fills_per_cycle"),
        (["items", 1, "colour"], "red", "items.1.colour"),
        (["items", 1, "attraction"], {"a": 3}, "fuji.attraction"),
        (["need_groups", 0, "potential_units_week"], float("nan"), "need_groups.0.potential"),
        (["limits", "need_group_min"], {"pears": 1}, "limits.need_group_min"),
        (["locks"], {"in": ["nashi"]}, "locks.in"),
    ],
)
def test_faults_name_place_and_mend(problem_path, place, value, named):
    """Each fault is bad input that names file, line, value and mend."""
    content = small_store()
    _change(content, place, value)
    with pytest.raises(BadInput) as caught:
        read_problem(problem_path(content))
    fault = caught.value.problems[0]
    assert fault.file == "PROBLEM.json"
    assert fault.row >= 1
    assert any(name in fault.column for name in named.split("|"))
    assert fault.mend


def test_whole_numbers_may_be_written_with_a_point(problem_path):
    """Facings and counts of 2.0 are 2; 2.5 is refused."""
    content = small_store()
    content["items"][1]["max_facings"] = 2.0
    content["limits"]["max_local_items"] = 1.0
    problem = read_problem(problem_path(content))
    assert (problem.max_facings[1], problem.max_local_items) == (2, 1)
    content["items"][1]["max_facings"] = 2.5
    with pytest.raises(BadInput):
        read_problem(problem_path(content))


def test_ids_may_be_written_as_numbers(problem_path):
    """Item, group and store numbers without quotes are the same ids as with."""
    content = {
        "store_id": 7,
        "need_groups": [{"id": 1, "potential_units_week": 10, "no_purchase_attraction": 1}],
        "items": [{"id": 4011, "need_group": 1, "attraction": 1, "price": 2}],
        "locks": {"in": [4011]},
    }
    problem = read_problem(problem_path(content))
    assert (problem.store_id, problem.item_ids, problem.need_groups) == ("7", ("4011",), ("1",))
    assert problem.locked_in.all()


def test_every_fault_is_told_at_once(problem_path):
    """Two faults of the references are both named."""
    content = small_store()
    content["items"][1]["need_group"] = "pears"
    content["locks"] = {"out": ["nashi"]}
    with pytest.raises(BadInput) as caught:
        read_problem(problem_path(content))
    assert len(caught.value.problems) == 2


def test_text_that_is_not_json_names_its_line(tmp_path):
    """A broken file is refused with the line of the fault."""
    path = tmp_path / "PROBLEM.json"
    path.write_text('{"items": [\n  oops\n]}')
    with pytest.raises(BadInput) as caught:
        read_problem(path)
    assert caught.value.problems[0].row == 2


def test_plan_entry_has_the_documented_keys(problem_path):
    """PLAN.json carries exactly the documented keys and is valid JSON without NaN."""
    problem = read_problem(problem_path(small_store()))
    entry = plan_entry(problem, solve_store(problem, 1e-3, 10))
    assert list(entry) == [
        "plan", "proof", "objective_week", "bound_week", "gap", "seconds", "items", "limits",
    ]  # fmt: skip
    assert set(entry["items"][0]) == {
        "id", "listed", "facings", "stock_units_cycle", "demand_units_week", "sold_units_week",
        "waste_units_week",
    }  # fmt: skip
    assert {limit["limit"] for limit in entry["limits"]} == {
        "shelf_cm:table", "budget_week", "max_local_items",
    }  # fmt: skip
    json.dumps(entry, allow_nan=False)
