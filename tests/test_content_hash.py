"""The hash of a store problem: the same wherever it is made, another for another problem."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from assortment.small_store import small_store

from planner.assortment.problem import RangeLimit, StoreProblem
from planner.assortment.problem_file import read_problem
from planner.assortment.result import StorePlan
from planner.content_hash import content_hash

FIELDS = [field.name for field in dataclasses.fields(StoreProblem)]


@pytest.fixture
def problem(tmp_path) -> StoreProblem:
    """A store with a budget, a limit of local items and a range limit."""
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(small_store(need_group_max={"apples": 3})))
    return read_problem(path)


def changed(value):
    """The value with a small change in one place."""
    if isinstance(value, np.ndarray):
        other = value.copy()
        flat = other.reshape(-1)
        flat[-1] = ~flat[-1] if value.dtype == bool else flat[-1] + 1
        return other
    if isinstance(value, str):
        return value + "."
    if isinstance(value, float | int):
        return np.nextafter(value, 2 * value + 1) if np.isfinite(value) else 7.0
    if isinstance(value, tuple):
        return (changed(value[0]), *value[1:])
    if isinstance(value, dict):
        name, *_ = value
        return value | {name: changed(value[name])}
    assert isinstance(value, RangeLimit)
    return dataclasses.replace(value, upper=value.upper + 1)


@pytest.mark.parametrize("field", FIELDS)
def test_any_field_counts(problem, field):
    """A small change in any field is another problem, and undone it is the same again."""
    other = dataclasses.replace(problem, **{field: changed(getattr(problem, field))})
    assert content_hash(other) != content_hash(problem)
    assert content_hash(dataclasses.replace(other, **{field: getattr(problem, field)})) == (
        content_hash(problem)
    )


@pytest.mark.parametrize("field", ["name", "unit", "coefficients", "lower", "upper"])
def test_any_field_of_a_range_limit_counts(problem, field):
    """Also inside the limits on the range."""
    limit = problem.range_limits[0]
    other = dataclasses.replace(limit, **{field: changed(getattr(limit, field))})
    assert content_hash(dataclasses.replace(problem, range_limits=(other,))) != (
        content_hash(problem)
    )


def test_the_seconds_of_a_plan_do_not_count():
    """How long a solve took is no part of what was found."""
    plan = StorePlan("7", "feasible", "optimal", 10.0, 10.0, 0.5, None, ())
    slower = dataclasses.replace(plan, seconds=2.5)
    assert content_hash(slower) == content_hash(plan)
    assert content_hash(dataclasses.replace(plan, bound_week=11.0)) != content_hash(plan)


def test_another_process_finds_the_same_hash(problem, tmp_path):
    """Neither the seed of Python's own hashes nor the process shows."""
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from planner.assortment.problem_file import read_problem\n"
        "from planner.content_hash import content_hash\n"
        "print(content_hash(read_problem(Path(sys.argv[1]))))"
    )
    root = Path(__file__).parents[1]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "problem.json")],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PATH": ""},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == content_hash(problem)


def test_how_numbers_are_stored_does_not_count():
    """Sizes, byte orders and strides of arrays differ by system; values, shapes and kinds count."""
    numbers = np.array([[1, 2], [3, 4]])
    for same in (numbers.astype(np.int32), numbers.astype(">i8"), numbers.T.copy().T):
        assert content_hash(same) == content_hash(numbers)
    for other in (numbers.T, numbers.ravel(), numbers.astype(float), numbers.tolist()):
        assert content_hash(other) != content_hash(numbers)
    assert content_hash(np.array([0.0, np.nan])) == content_hash(np.array([-0.0, -np.nan]))


def test_values_that_print_alike_differ():
    """Texts, numbers, nothing and groupings are told apart."""
    values = [1, 1.0, True, "1", None, "None", (), ("",), ("1", "2"), ("12",), (("1",), "2"),
              ("1", ("2",)), {"1": "2"}, {"1": 2}, {"a": 1, "b": 2}, {"b": 2, "a": 1},
              np.array(["1", "2"], dtype=object), np.array([1.0])]  # fmt: skip
    assert len({content_hash(value) for value in values}) == len(values)


def test_what_cannot_be_hashed_is_refused():
    """A value of an unknown kind could change unseen."""
    with pytest.raises(TypeError, match="set"):
        content_hash((1, {2}))
