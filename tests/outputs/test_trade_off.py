"""The page of a trade-off holds every value, and needs no network."""

from __future__ import annotations

import re

import pandas as pd

from planner.outputs.trade_off import trade_off_curve, trade_off_page

ROWS = pd.DataFrame(
    {
        "key": "core.size",
        "value": ["2", "4", "6"],
        "plan": ["feasible", "feasible", "infeasible"],
        "objective_week": [10.0, 9.0, float("nan")],
        "bound_week": [11.0, 9.5, float("nan")],
        "note": ["", "", "no room for <six>"],
    }
)


def test_a_value_without_a_plan_is_in_the_table_and_not_on_the_curve():
    """Curves join planned values alone, each at its own place."""
    figure = trade_off_curve(ROWS, "core.size", "margin", "USD")
    assert [list(line.x) for line in figure.data] == [[2, 4], [2, 4]]
    assert sorted(line.y[0] for line in figure.data) == [10.0, 11.0]


def test_the_page_is_whole_and_escapes_its_texts():
    """The page loads nothing from elsewhere; names and notes are text, never markup."""
    page = trade_off_page(ROWS, "A <b>shop</b>", "margin", "USD")
    assert "<b>shop" not in page
    assert "no room for &lt;six&gt;" in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)
