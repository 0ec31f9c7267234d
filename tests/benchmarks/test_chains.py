"""The benchmark of chains: its row says what was done, and its phases make up the whole."""

from __future__ import annotations

import argparse

import pytest
from chains import COLUMNS, one

from planner.assortment.result import relative_gap

ASKED = {"items": 14, "groups": 4, "segments": 1, "seed": 1, "gap": 0.3, "seconds": 4.0}


@pytest.mark.parametrize("solver", ["planner", "arrays"])
def test_a_row_holds_together(solver):
    """Every figure has its column, phases add up to all seconds, the gap is that of the plan."""
    row = one(solver, 2, argparse.Namespace(workers=1, **ASKED))
    assert set(row) <= set(COLUMNS)
    phases = [row.get(f"{name} s", 0.0) for name in ("build", "relax", "solve", "alone")]
    assert sum(phases) == pytest.approx(row["all s"], abs=0.25)
    assert row["s a store"] == pytest.approx(row["all s"] / 2, abs=0.06)
    gap = 100 * relative_gap(row["objective"], row["bound"])
    assert row["gap %"] == pytest.approx(gap, abs=1e-2)
    assert row["largest MB"] <= row["memory MB"]
