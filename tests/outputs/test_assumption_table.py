"""All that was assumed as one table."""

from __future__ import annotations

from planner.outputs.assumption_table import (
    ASSUMED,
    COLUMNS,
    LEFT_OPEN,
    LOOK_FIRST,
    assumption_table,
)
from planner.tables.inputs import Assumption


def test_the_weightiest_stand_first_and_none_is_left_out() -> None:
    """Warnings, then estimates and guesses, then what only stands for itself; inside a weight in
    the order in which the stages came."""
    found = [
        Assumption("tables", "stores.budget_week", "not given: no limit", 3, default=True),
        Assumption("tables", "items.unit_cost", "not given: 0.65 x price", 5),
        Assumption("demand", "recapture", "40% assumed", 2),
        Assumption("assortment", "stock", "listed without stock", 1, warning=True),
    ]
    table = assumption_table(found)
    assert table["weight"].tolist() == [LOOK_FIRST, ASSUMED, ASSUMED, LEFT_OPEN]
    subjects = ["stock", "items.unit_cost", "recapture", "stores.budget_week"]
    assert table["subject"].tolist() == subjects
    assert table["count"].tolist() == [1, 5, 2, 3]


def test_nothing_assumed_is_a_table_without_rows() -> None:
    """It has its columns all the same."""
    assert assumption_table([]).empty
    assert list(assumption_table([])) == list(COLUMNS)
