"""The benchmark of chains: its row says what was done, and its phases make up the whole."""

from __future__ import annotations

import argparse
from dataclasses import replace

import chains
import pytest

from planner.assortment.result import relative_gap

ASKED = {"items": 14, "groups": 4, "segments": 1, "seed": 1, "gap": 0.02, "seconds": 4.0}


@pytest.mark.parametrize("solver", ["planner", "arrays"])
def test_a_row_holds_together(solver, monkeypatch):
    """Every figure has its column, phases add up to all seconds, the gap is that of the plan."""
    real = chains.coupling
    # Two stores alone cannot order as much as a chain's suppliers ask for.
    monkeypatch.setattr(
        chains, "coupling", lambda c: replace(real(c), min_order_week=0.3 * real(c).min_order_week)
    )
    row = chains.one(solver, 2, argparse.Namespace(workers=1, **ASKED))
    assert set(row) <= set(chains.COLUMNS)
    phases = [row.get(f"{name} s", 0.0) for name in ("build", "relax", "solve", "alone")]
    assert sum(phases) == pytest.approx(row["all s"], abs=0.25)
    assert row["s a store"] == pytest.approx(row["all s"] / 2, abs=0.06)
    assert 0 < row["objective"] <= row["bound"]
    gap = 100 * relative_gap(row["objective"], row["bound"])
    assert row["gap %"] == pytest.approx(gap, abs=1e-2)
    assert row["largest MB"] <= row["memory MB"]
    if solver == "planner":
        assert (row["said"], row["broken %"]) == ("feasible", 0.0)
        assert row["relax s"] > 0
        assert row["rounds"] > 0
