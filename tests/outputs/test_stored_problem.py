"""A store's problem goes into the tables of a run and comes back the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from planner.assortment.problem import StoreProblem
from planner.assortment.problem_file import read_problem
from planner.outputs.evidence import choice_tables
from planner.outputs.stored_problem import problem_of_run, problem_tables


def problem_of(path: Path, content: dict, store: str) -> StoreProblem:
    """A problem file as the planner reads it."""
    file = path / "PROBLEM.json"
    file.write_text(json.dumps(content | {"store_id": store}))
    return read_problem(file)


def assert_same(one: StoreProblem, other: StoreProblem) -> None:
    """Equal in every field, arrays in their type too."""
    for entry in dataclasses.fields(StoreProblem):
        left, right = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(left, np.ndarray):
            assert right.dtype == left.dtype, entry.name
            np.testing.assert_array_equal(right, left, entry.name)
        elif entry.name == "range_limits":
            assert len(left) == len(right)
            for a, b in zip(left, right, strict=True):
                assert (a.name, a.unit, a.lower, a.upper) == (b.name, b.unit, b.lower, b.upper)
                np.testing.assert_array_equal(a.coefficients, b.coefficients)
        else:
            assert right == left, entry.name


CONTENTS = {
    "plain": {
        "need_groups": [{"id": "b", "potential_units_week": 9.1}, {"id": "a",
                        "potential_units_week": 0.3, "no_purchase_attraction": 1 / 3}],
        "items": [
            {"id": "10", "need_group": "a", "attraction": 0.1, "price": 1.1},
            {"id": "9", "need_group": "b", "attraction": 0.7, "price": 2, "core": True},
        ],
    },
    "segments and limits": {
        "deliveries_week": 3,
        "need_groups": [{"id": "n", "potential_units_week": {"s": 5.5, "r": 1e-7}}],
        "items": [
            {"id": f"i{k}", "need_group": "n", "attraction": {"s": 1 + k / 7, "r": 0.1},
             "shadow_attraction": {"r": 0.05}, "price": 1.5, "unit_cost": 1.1, "demand_cv": 0.3,
             "fixture_type": "wet rack", "facing_width_cm": 12.5, "units_per_facing": 8}
            for k in range(4)
        ],
        "limits": {"shelf_cm": {"wet rack": 80, "bin": 0}, "budget_week": 99.9,
                   "max_local_items": 3, "need_group_min": {"n": 1}, "need_group_max": {"n": 3}},
        "locks": {"in": ["i1"], "out": ["i2"]},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_a_stored_problem_comes_back_the_same(name, tmp_path):
    """Every field equals the one that was written, beside another store's."""
    problems = [problem_of(tmp_path, CONTENTS[name], store) for store in ("12", "3")]
    (tmp_path / "tables").mkdir()
    tables = problem_tables(problems) | choice_tables(problems)
    for table, frame in tables.items():
        frame.to_parquet(tmp_path / "tables" / f"{table}.parquet", index=False)
    for problem in problems:
        assert_same(problem, problem_of_run(tmp_path, problem.store_id))
    with pytest.raises(KeyError):
        problem_of_run(tmp_path, "4")


def test_a_field_without_a_place_is_refused(tmp_path):
    """A field whose shape no table fits is an error when the run is written, not later."""
    problem = problem_of(tmp_path, CONTENTS["plain"], "1")
    odd = dataclasses.replace(problem, price=np.zeros((2, 2)))
    with pytest.raises(TypeError, match="price"):
        problem_tables([odd])
