"""The trade-off job: every value has its row, and what each says holds together."""

from __future__ import annotations

import pandas as pd
import pytest
from whole_chain import corner_shops

from planner.assortment.solve_settings import SolveSettings
from planner.errors import BadInput
from planner.sweep import sweep


def test_every_value_has_a_row_with_a_bound(tmp_path):
    """Core sizes and numbers of ranges come out as asked for, no plan above its bound, and a value
    that no plan keeps says why."""
    data = corner_shops(tmp_path / "data")
    out = tmp_path / "out"
    vary = ["core.size=1,2", "ranges.max_distinct=1:2"]
    table = sweep(data, vary, out, settings=SolveSettings())
    assert list(zip(table["key"], table["value"], strict=True)) == [
        ("core.size", "1"),
        ("core.size", "2"),
        ("ranges.max_distinct", "1"),
        ("ranges.max_distinct", "2"),
    ]
    planned = table[table["plan"] == "feasible"]
    assert len(planned) >= 2
    assert (planned["objective_week"] <= planned["bound_week"] + 1e-9).all()
    for row in planned.to_dict("records"):
        held = row["core_items"] if row["key"] == "core.size" else row["distinct_ranges"]
        assert held == int(row["value"]) or (held < int(row["value"]) and row["key"] != "core.size")
    assert (table.loc[table["plan"] != "feasible", "note"] != "").all()
    assert len(pd.read_csv(out / "trade_off.csv")) == len(table)
    assert (out / "trade_off.html").stat().st_size > 1_000_000


def test_a_fault_in_what_to_vary_writes_nothing(tmp_path):
    """An unknown key is refused before anything is planned."""
    data = corner_shops(tmp_path / "data")
    with pytest.raises(BadInput):
        sweep(data, ["core.sizes=1,2"], tmp_path / "out", settings=SolveSettings())
    assert not (tmp_path / "out").exists()
