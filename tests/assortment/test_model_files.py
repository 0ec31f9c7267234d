"""The store program written out, family by family, beside baselines that a person can read.

A change of the formulation shows as a difference in ``model_files/``. Set
``PLANNER_WRITE_MODEL_FILES=1`` to write the files again, and read what changed.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.assortment.problem import StoreProblem
from planner.assortment.problem_file import read_problem
from planner.assortment.problem_schema import LimitsEntry, LocksEntry
from planner.assortment.program import StoreProgram, expression
from planner.assortment.rules import Objective

FOLDER = Path(__file__).parent / "model_files"
WRITE = os.environ.get("PLANNER_WRITE_MODEL_FILES") == "1"
VARIABLES = "_add_variables"
DIGITS = 6

APPLE = {
    "id": "gala",
    "need_group": "apples",
    "attraction": 4,
    "shadow_attraction": 1,
    "price": 2,
    "unit_cost": 1,
    "waste_share": 0.25,
    "demand_cv": 0.5,
    "fixture_type": "table",
    "facing_width_cm": 20,
    "units_per_facing": 10,
    "shelf_fills_per_cycle": 2,
    "min_units_per_facing": 3,
    "min_stock_units": 8,
    "min_facings": 1,
    "max_facings": 3,
    "listing_cost_week": 1.5,
    "facing_cost_week": 0.25,
}
TINY = {
    "store_id": "1",
    "deliveries_week": 2,
    "need_groups": [{"id": "apples", "potential_units_week": 60, "no_purchase_attraction": 2}],
    "items": [
        APPLE,
        APPLE | {"id": "fuji", "attraction": 2, "shadow_attraction": 0.5, "core": True},
        APPLE | {"id": "pink", "attraction": 1, "shadow_attraction": 0, "max_facings": 1},
    ],
    "limits": {
        "shelf_cm": {"table": 45},
        "budget_week": 50,
        "max_local_items": 1,
        "need_group_min": {"apples": 1},
        "need_group_max": {"apples": 2},
    },
}
SEGMENTED = TINY | {
    "need_groups": [
        {
            "id": "apples",
            "potential_units_week": {"families": 40, "students": 20},
            "no_purchase_attraction": {"families": 2, "students": 1},
        }
    ],
    "items": [
        APPLE | {"attraction": {"families": 4, "students": 1}, "shadow_attraction": 0.5},
        APPLE | {"id": "fuji", "attraction": {"families": 2}, "shadow_attraction": 0},
    ],
}
CAN_BE_EMPTY = TINY | {
    "need_groups": [{"id": "apples", "potential_units_week": 60}],
    "items": [
        APPLE | {"shadow_attraction": 0},
        APPLE | {"id": "fuji", "attraction": 2, "shadow_attraction": 0},
    ],
}
ENDLESS_SHELF = TINY | {"items": [{k: v for k, v in APPLE.items() if k != "units_per_facing"}]}

TODAY = {"in_current_range": True}
LIMITED = TINY | {
    "items": [
        APPLE
        | {"organic": True, "supplier_id": "orchard", "category": "red", "in_current_range": True},
        APPLE | {"id": "fuji", "core": True, "category": "red", "in_current_range": True},
        APPLE | {"id": "pink", "category": "green", "in_current_range": True},
        APPLE | {"id": "boskoop", "category": "green", "supplier_id": "orchard"},
    ],
    "limits": {
        "category_min": {"red": 1},
        "category_max": {"green": 1},
        "min_share": {"local": 0.5, "organic": 0.25, "supplier:orchard": 0.4},
        "min_days_of_supply": 3.5,
        "max_swaps": 1,
        "min_sales_week": 80,
    },
    "locks": {"min_facings": {"gala": 2}, "max_facings": {"fuji": 2, "pink": 1}},
}
"""Every limit that ``TINY`` has not."""


def by_limit(*names: str) -> dict:
    """``LIMITED`` with some of its limits alone."""
    return LIMITED | {"limits": {name: LIMITED["limits"][name] for name in names}}


def with_share(name: str) -> dict:
    """``LIMITED`` with one of its shares alone."""
    return LIMITED | {"limits": {"min_share": {name: LIMITED["limits"]["min_share"][name]}}}


def only(family: str) -> type[StoreProgram]:
    """A store program with its variables and the rows of one family."""
    silent: dict[str, Callable[..., None]] = {
        name: lambda self: None for name in families() if name not in (family, VARIABLES)
    }
    return type("OneFamily", (StoreProgram,), silent)


def families() -> list[str]:
    """Every function of the store program that adds a family of rows."""
    return [
        name
        for name, member in inspect.getmembers(StoreProgram, inspect.isfunction)
        if name.startswith("_add_")
    ]


def rows_of(family: str) -> Callable[[StoreProblem], StoreProgram]:
    """Build the program with one family from its own function."""
    return only(family)


def variables(problem: StoreProblem) -> StoreProgram:
    """The program without rows, with an objective that names every variable."""
    program = only(VARIABLES)(problem)
    named = (program.x, program.f, program.m, program.q, program.u, program.y, program.t)
    program.model.setObjective(
        expression([(variable, 1.0) for kind in named for variable in kind.values()])
    )
    return program


def tangent(problem: StoreProblem) -> StoreProgram:
    """The program with one tangent of expected sales."""
    program = only(VARIABLES)(problem)
    program.model.addConstraint(program.tangent_row(0, 1.25))
    return program


def lower_sides(problem: StoreProblem) -> StoreProgram:
    """The program with expected sales bounded from below, for demand that is nearly certain."""
    program = only(VARIABLES)(problem)
    for row in program.lower_side_rows(0, (1.0,)):
        program.model.addConstraint(row)
    return program


NEARLY_CERTAIN = TINY | {"items": [APPLE | {"demand_cv": 0.002}]}
WRITTEN: dict[str, tuple[str, dict, Callable[[StoreProblem], StoreProgram]]] = {
    "variables": (VARIABLES, TINY, variables),
    "objective": ("_add_objective", TINY, rows_of("_add_objective")),
    "balance": ("_add_balance", TINY, rows_of("_add_balance")),
    "balance_by_segment": ("_add_balance", SEGMENTED, rows_of("_add_balance")),
    "balance_of_a_group_that_can_be_empty": (
        "_add_balance", CAN_BE_EMPTY, rows_of("_add_balance")),
    "product": ("_add_product", TINY, rows_of("_add_product")),
    "convexity": ("_add_convexity", TINY, rows_of("_add_convexity")),
    "mean": ("_add_mean", SEGMENTED, rows_of("_add_mean")),
    "sales": ("_add_sales", TINY, rows_of("_add_sales")),
    "stock": ("_add_stock", TINY, rows_of("_add_stock")),
    "stock_without_capacity": ("_add_stock", ENDLESS_SHELF, rows_of("_add_stock")),
    "facings": ("_add_facings", TINY, rows_of("_add_facings")),
    "shelf": ("_add_shelf", TINY, rows_of("_add_shelf")),
    "budget": ("_add_budget", TINY, rows_of("_add_budget")),
    "sales_floor": ("_add_sales_floor", LIMITED, rows_of("_add_sales_floor")),
    "stock_for_days_of_supply": ("_add_stock", LIMITED, rows_of("_add_stock")),
    "facings_by_lock": ("_add_facings", LIMITED, rows_of("_add_facings")),
    "range": ("_add_range", TINY, rows_of("_add_range")),
    "range_by_category": ("_add_range", by_limit("category_min", "category_max"),
                          rows_of("_add_range")),
    "range_with_a_share_of_local_items": (
        "_add_range", with_share("local"), rows_of("_add_range")),
    "range_with_a_share_of_organic_items": (
        "_add_range", with_share("organic"), rows_of("_add_range")),
    "range_with_a_share_of_a_supplier": (
        "_add_range", with_share("supplier:orchard"), rows_of("_add_range")),
    "range_with_few_swaps": ("_add_range", by_limit("max_swaps"), rows_of("_add_range")),
    "objective_sales": ("_add_objective", TINY | {"objective": "sales"}, rows_of("_add_objective")),
    "objective_units": ("_add_objective", TINY | {"objective": "units"}, rows_of("_add_objective")),
    "objective_waste": (
        "_add_objective", LIMITED | {"objective": "waste"}, rows_of("_add_objective")),
    "sales_tangent": ("tangent_row", TINY, tangent),
    "sales_lower_side": ("lower_side_rows", NEARLY_CERTAIN, lower_sides),
}  # fmt: skip
"""File name -> function it shows, problem, how it is built."""


def normalised(text: str) -> list[str]:
    """One line a row, every number rounded to six significant digits, blank lines dropped."""
    text = re.sub(r"\n (?=[-+<>=]+ )", " ", text)
    number = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:[eE][-+]?\d+)?(?![\w.])")
    rounded = number.sub(lambda found: f"{float(found.group()):.{DIGITS}g}", text)
    return [line.rstrip() for line in rounded.splitlines() if line.strip()]


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_family_is_written_as_its_baseline(name, problem_path, tmp_path):
    """The rows of each family, written out, equal the readable baseline line by line."""
    _, content, build = WRITTEN[name]
    program = build(read_problem(problem_path(content)))
    same_as_file(program.model, FOLDER / f"{name}.lp", tmp_path)


def same_as_file(model, baseline: Path, tmp_path: Path):
    """Compare a model with its baseline, or write the baseline."""
    model.writeLP(str(tmp_path / "found.lp"))
    found = normalised((tmp_path / "found.lp").read_text())
    if WRITE:
        baseline.parent.mkdir(exist_ok=True)
        baseline.write_text("\n".join(found) + "\n")
    assert found == normalised(baseline.read_text())


def test_every_family_has_a_file():
    """Every function that adds rows to the store program has a baseline, and no file is spare."""
    shown = {function for function, _, _ in WRITTEN.values()}
    assert shown == {*families(), "tangent_row", "lower_side_rows"}
    assert {path.stem for path in FOLDER.glob("*.lp")} == set(WRITTEN)


def test_every_limit_of_the_file_has_a_baseline():
    """Every key under limits and locks of PROBLEM.json, and every objective, is written out."""
    problems = [content for _, content, _ in WRITTEN.values()]
    for part, entry in (("limits", LimitsEntry), ("locks", LocksEntry)):
        shown = {key for content in problems for key in content.get(part, {})}
        fixes_x = {"in", "out"} if part == "locks" else set()
        keys = {field.alias or name for name, field in entry.model_fields.items()}
        assert keys - fixes_x == shown
    assert {content.get("objective", "margin") for content in problems} == {
        objective.value for objective in Objective
    }


def test_a_changed_coefficient_is_seen(problem_path, tmp_path):
    """The comparison is not blind: another width is another line, another id is not."""
    texts = []
    for width, name in ((20, "gala"), (20, "elstar"), (20.001, "gala")):
        items = [APPLE | {"facing_width_cm": width, "id": name}]
        program = only("_add_shelf")(read_problem(problem_path(TINY | {"items": items})))
        program.model.writeLP(str(tmp_path / "found.lp"))
        texts.append(normalised((tmp_path / "found.lp").read_text()))
    assert texts[0] == texts[1] != texts[2]
