"""Keys of a scenario over several values: what is read, and what is refused."""

from __future__ import annotations

import pytest

from planner.errors import BadInput
from planner.scenarios.file import Scenario, read_scenario
from planner.scenarios.variations import read_variations, rules_with


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("core.size=20:60:20", (20, 40, 60)),
        ("core.size=20:59:20", (20, 40)),
        ("core.size=3:5", (3, 4, 5)),
        ("budget.scale=0.8:1:0.1", (0.8, 0.9, 1.0)),
        ("ranges.max_distinct=4,1,2", (4, 1, 2)),
        ("rules.min_share.supplier.ORCHARD = 0.1, 0.2", (0.1, 0.2)),
        ("objective=margin,units", ("margin", "units")),
    ],
)
def test_a_range_or_a_list_of_values_is_read(text, values):
    """Steps hold both ends where they meet them, lists keep their order."""
    (found,) = read_variations([text], Scenario())
    assert found.values == values


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("core.sizes=1,2", "write core.size"),
        ("core.size=5:3:1", "core.size=20:60:10"),
        ("core.size=1:9:0", "core.size=20:60:10"),
        ("core.size=1:inf", "core.size=20:60:10"),
        ("core.size=", "core.size=20:60:10"),
        ("core.size=1.5", "correct"),
        ("ranges.max_distinct=0", "correct"),
        ("extends=base", "write"),
    ],
)
def test_what_cannot_be_read_is_refused_with_how_to_mend_it(text, word):
    """An unknown key names the nearest; values that are none, or not allowed, are refused."""
    with pytest.raises(BadInput) as caught:
        read_variations([text], Scenario())
    assert any(word in problem.mend for problem in caught.value.problems)


def test_every_fault_is_told_at_once():
    """Two options with a fault each give two problems, by their place."""
    with pytest.raises(BadInput) as caught:
        read_variations(["core.sizes=1", "core.size=2", "budget.scale=-1"], Scenario())
    assert [problem.row for problem in caught.value.problems] == [1, 3]


def test_all_else_is_as_in_the_scenario(tmp_path):
    """A varied core size replaces the scenario's sizes; its other keys stay."""
    text = "[lean]\nbudget.scale = 0.9\ncore.min_size = 4\nrules.min_share.organic = 0.1\n"
    (tmp_path / "scenarios.toml").write_text(text, encoding="utf-8")
    rules = rules_with(read_scenario(tmp_path, "lean"), "core.size", 7)
    assert (rules.core_min_size, rules.core_max_size) == (7, 7)
    assert (rules.budget_scale, rules.min_organic_share) == (0.9, 0.1)
