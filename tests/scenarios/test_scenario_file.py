"""scenarios.toml: blocks that extend one another, and every fault at once with its line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from planner.assortment.rules import Objective, PlanRules
from planner.errors import BadInput
from planner.scenarios.file import Scenario, check_with_inputs, read_scenario, scenarios_path
from planner.scenarios.schema import ScenarioBlock, keys
from planner.shelves.weights import PlacementWeights

EVERY_KEY = """\
[whole]
extends = "base"
objective = "sales"
budget.scale = 0.9
rules.max_local_items = 15
rules.min_days_of_supply = 2.5
rules.min_share.local = 0.3
rules.min_share.organic = 0.2
rules.min_share.supplier.ORCHARD = 0.1
rules.min_sales_share = 0.98
changes.max_swaps = 8
core.min_size = 30
core.max_size = 50
ranges.max_distinct = 4
placement.group_blocks = 8
placement.vertical_blocks = 0.7
placement.full_shelves = 1.5
placement.moves = 3
placement.shelf_order = 0
placement.eye_level_margin = 2
placement.heavy_low = 0.1
placement.colour_breaks = 0.2

[fixed]
core.size = 40
"""


def written(folder: Path, text: str) -> Path:
    """A data folder with the scenarios."""
    (folder / "scenarios.toml").write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path, text: str, name: str = "any"):
    """The problems of a file, by line."""
    with pytest.raises(BadInput) as caught:
        read_scenario(written(folder, text), name)
    return [(problem.row, problem.column, problem) for problem in caught.value.problems]


def test_every_key_reaches_the_rules(tmp_path):
    """A block with every key asks for exactly that; a core size is both its ends."""
    data = written(tmp_path, EVERY_KEY)
    assert read_scenario(data, "whole").rules == PlanRules(
        objective=Objective.SALES,
        budget_scale=0.9,
        max_local_items=15,
        max_swaps=8,
        min_days_of_supply=2.5,
        min_local_share=0.3,
        min_organic_share=0.2,
        min_supplier_share={"ORCHARD": 0.1},
        min_sales_share=0.98,
        core_min_size=30,
        core_max_size=50,
        max_distinct_ranges=4,
    )
    assert read_scenario(data, "whole").placement == PlacementWeights(
        group_blocks=8.0,
        vertical_blocks=0.7,
        full_shelves=1.5,
        moves=3.0,
        shelf_order=0.0,
        eye_level_margin=2.0,
        heavy_low=0.1,
        colour_breaks=0.2,
    )
    fixed = read_scenario(data, "fixed").rules
    assert (fixed.core_min_size, fixed.core_max_size) == (40, 40)
    given = {*read_scenario(data, "whole").given, *read_scenario(data, "fixed").given}
    assert {key.replace("ORCHARD", "<supplier_id>") for key in given} == set(keys())


def test_the_base_needs_no_file(tmp_path):
    """The base is the data as it is, whatever stands in the file; an empty block says the same."""
    assert read_scenario(tmp_path, "base") == Scenario()
    data = written(tmp_path, "[plain]\n")
    assert read_scenario(data, "base").rules == PlanRules()
    assert read_scenario(data, "plain").rules == PlanRules() == ScenarioBlock().plan_rules()


def test_scenarios_lie_beside_a_workbook_too(tmp_path):
    """Of a workbook, the file of the same folder counts."""
    (tmp_path / "input.xlsx").write_bytes(b"")
    data = written(tmp_path, "[plain]\n") / "input.xlsx"
    assert scenarios_path(data) == tmp_path / "scenarios.toml"
    assert read_scenario(data, "plain").name == "plain"


def test_a_block_builds_on_what_it_extends(tmp_path):
    """The nearest block that sets a key counts, key by key, over several generations; the order
    in the file does not matter, and tables may be written either way."""
    data = written(
        tmp_path,
        """\
[child]
extends = "parent"
rules.min_share.local = 0.4
[parent]
extends = "grandparent"
budget.scale = 0.8
core.min_size = 5
[grandparent]
budget.scale = 0.5
rules.max_local_items = 9
core.size = 12
[grandparent.rules.min_share]
organic = 0.1
local = 0.2
""",
    )
    child = read_scenario(data, "child")
    assert child.lineage == ("parent", "grandparent")
    rules = child.rules
    assert (rules.budget_scale, rules.max_local_items) == (0.8, 9)
    assert (rules.min_local_share, rules.min_organic_share) == (0.4, 0.1)
    assert (rules.core_min_size, rules.core_max_size) == (5, None)
    assert child.given["budget.scale"].line == 6
    assert child.given["rules.min_share.organic"].line == 13
    resolved = child.resolved()
    assert (resolved["name"], resolved["extends"]) == ("child", ["parent", "grandparent"])
    assert resolved["objective"] == "margin"


@pytest.mark.parametrize(
    ("line", "likely"),
    [
        ("rules.max_local_item = 3", "rules.max_local_items"),
        ("max_swaps = 3", "changes.max_swaps"),
        ("budgets = 0.9", "budget.scale"),
        ("core.sizes = 3", "core.size"),
        ("objectives = 'margin'", "objective"),
        ("rules.min_share.organics = 0.2", "rules.min_share.organic"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path, line, likely):
    """A misspelt or misplaced key is named with its line and the key that was probably meant."""
    ((row, column, problem),) = faults_of(tmp_path, f"[tight]\n\n{line}\n")
    assert (row, column) == (3, line.split(" ")[0])
    assert problem.mend == f"write {likely} instead of {column}"


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("objective = 'profit'", "margin, sales, units, waste"),
        ("budget.scale = 0", "above 0"),
        ("budget.scale = 'less'", "above 0"),
        ("budget.scale = nan", "above 0"),
        ("budget = 0.9", "budget.scale"),
        ("rules.max_local_items = -1", "0 or more"),
        ("rules.max_local_items = 2.5", "0 or more"),
        ("rules.max_local_items = true", "0 or more"),
        ("rules.min_days_of_supply = -1", "0 to 365"),
        ("rules.min_share.local = 1.4", "0 to 1"),
        ("rules.min_share.supplier.ORCHARD = 30", "0 to 1"),
        ("ranges.max_distinct = 0", "1 or more"),
        ("extends = 3", "name of another scenario"),
        ("extends = 'nobody'", "one of base, tight"),
        ("extends = 'tight'", "no circle"),
        ("objective = 'waste'", "min_sales_share"),
        ("core = {size = 3, max_size = 4}", "core.size alone"),
        ("core = {min_size = 5, max_size = 4}", "at most core.max_size (4)"),
        ("rules.min_share.supplier = {A = 0.6, B = 0.5}", "at most 1"),
    ],
)
def test_a_value_that_is_not_allowed_names_what_is(tmp_path, line, allowed):
    """One fault, at its line, with what is allowed and how to mend it."""
    ((row, _, problem),) = faults_of(tmp_path, f"# a comment\n[tight]\n{line}\n")
    assert row == 3
    assert allowed in problem.allowed
    assert problem.mend
    assert problem.file == "scenarios.toml"


def test_every_fault_is_told_at_once(tmp_path):
    """Faults of all blocks are listed in the order of their lines, whichever was asked for."""
    found = faults_of(
        tmp_path,
        """\
loose = 1
[base]
budget.scale = 1
[one]
extends = "two"
budget.scal = 2
[two]
extends = "one"
rules.max_local_items = -3
[three]
extends = "nobody"
""",
        "three",
    )
    assert [row for row, _, _ in found] == [1, 2, 5, 6, 8, 9, 11]


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    """A scenario that is not there is refused with those that are, and the nearest."""
    ((_, _, problem),) = faults_of(tmp_path, "[summer]\n[winter]\n", "sumer")
    assert "base, summer, winter" in problem.allowed
    assert problem.mend == "write summer"


def test_what_cannot_be_planned_with_the_data_is_refused(shops, tmp_path):
    """A supplier that is not there, sales of a chain without prices, and a core of more items than
    there are: each is named with its line and the nearest id."""
    text = """\
[odd]
objective = "sales"
rules.min_share.supplier.ORCHAD = 0.2
core.size = 1200
"""
    scenario = read_scenario(written(tmp_path, text), "odd")
    items = shops.inputs.items.assign(supplier_id="ORCHARD")
    inputs = dataclasses.replace(shops.inputs, items=items, planned_in_units=True)
    with pytest.raises(BadInput) as caught:
        check_with_inputs(scenario, inputs)
    found = {problem.column: problem for problem in caught.value.problems}
    assert {column: problem.row for column, problem in found.items()} == {
        "objective": 2,
        "rules.min_share.supplier.ORCHAD": 3,
        "core.size": 4,
    }
    assert "ORCHARD" in found["rules.min_share.supplier.ORCHAD"].mend


def test_text_that_is_not_toml_names_its_line(tmp_path):
    """A broken file is refused with the line of the fault."""
    ((row, _, _),) = faults_of(tmp_path, "[summer]\nbudget.scale 0.9\n")
    assert row == 2
