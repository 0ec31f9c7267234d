"""The page of a sweep holds every value with its unit and bound, and needs no network."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from planner.outputs.contents import Stamp
from planner.outputs.report.chart_trade_off import trade_off_chart
from planner.outputs.trade_off import trade_off_page

NAN = float("nan")
ROWS = pd.DataFrame(
    {
        "key": "core.size",
        "value": ["2", "4", "6"],
        "plan": ["feasible", "feasible", "infeasible"],
        "proof": ["within 10 %", "within 5.6 %", ""],
        "objective_week": [1000.0, 900.0, NAN],
        "bound_week": [1100.0, 950.0, NAN],
        "gap": [0.1, 0.0556, NAN],
        "core_items": [2, 4, 0],
        "distinct_ranges": [3, 3, 0],
        "note": ["", "", "no room for <six>"],
    }
)
DAY = pd.Timestamp("2026-01-04")
STAMP = Stamp("run-7", "A <b>shop</b>", "lean", "USD", "en_US", DAY, DAY, DAY, "none", "none",
              "margin", NAN, NAN, NAN, "0")  # fmt: skip


def base_of(objective: float, bound: float) -> pd.Series:
    """The scenario as it is, worth so much and at most so much."""
    return pd.Series({**ROWS.iloc[0], "key": "", "value": "", "objective_week": objective,
                      "bound_week": bound})  # fmt: skip


def test_a_value_without_a_plan_is_in_the_table_and_not_on_the_curve():
    """Curves join planned values alone, each at its own place; the scenario lies across them."""
    chart = trade_off_chart(ROWS, base_of(950, 960), "core.size", 0, STAMP)
    bound, plan, base = chart.figure["data"]
    assert (bound["x"], plan["x"], base["x"]) == ([2, 4], [2, 4], [2, 4])
    assert (bound["y"], plan["y"], base["y"]) == ([1100, 950], [1000, 900], [950, 950])
    assert [row[0] for row in chart.table.rows] == ["as it is", "2", "4", "6"]
    assert "no room for <six>" in chart.table.rows[3]


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ((950, 960), "proven $40 better than"),
        ((950, 1050), "not proven better than"),
        ((1200, 1300), "each is proven worse than"),
        ((NAN, NAN), "best of these values is 2 items, $1,000 a week"),
    ],
)
def test_the_finding_claims_what_bounds_prove(base, said):
    """A value is called better by what lies between it and the bound of the scenario as it is."""
    assert said in trade_off_chart(ROWS, base_of(*base), "core.size", 0, STAMP).finding


def test_figures_have_units_and_gaps():
    """No raw column name and no six decimals: amounts in money, gaps in percent, words for keys."""
    chart = trade_off_chart(ROWS, base_of(950, 960), "core.size", 0, STAMP)
    assert chart.table.columns[0] == "Value, items"
    assert chart.table.rows[1][3:7] == ["$1,000", "$1,100", "10.00%", "+$50"]
    shares = ROWS.assign(key="rules.min_share.organic", value=["0.2", "0.25", "0.3"])
    chart = trade_off_chart(shares, base_of(950, 960), "rules.min_share.organic", 0, STAMP)
    assert [row[0] for row in chart.table.rows[1:]] == ["20.0%", "25.0%", "30.0%"]


def test_the_page_is_whole_and_escapes_its_texts():
    """The page loads nothing from elsewhere; names and notes are text, never markup. It says which
    run and data it is of, and that core items do not count as local ones."""
    page = trade_off_page(ROWS, base_of(950, 960), STAMP, 0.005)
    assert "<b>shop" not in page
    assert "no room for &lt;six&gt;" in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=\"(?!data:)", page)
    for words in ("run-7", "Jan 4, 2026", "lean", "Core items do not count against", "0.50%"):
        assert words in page
    anchors = set(re.findall(r'href="#([\w-]+)"', page))
    assert {anchor for anchor in anchors if f'id="{anchor}"' not in page} == set()
