"""What planning all stores assumed, and what it did not reach."""

from __future__ import annotations

from types import SimpleNamespace

from planner.assortment.planning_assumptions import missed_gap


def planned(chain_gap: float, *store_gaps: float) -> SimpleNamespace:
    """A plan of which only the gaps are known."""
    plans = {str(n): SimpleNamespace(gap=gap) for n, gap in enumerate(store_gaps)}
    return SimpleNamespace(gap=chain_gap, plans=plans)


def test_a_gap_that_was_not_reached_is_warned_of():
    """Both gaps are named, stores behind are counted; a gap that was reached is not mentioned."""
    assert missed_gap(planned(0.005, 0.004, 0.02), 0.005) == ()
    (found,) = missed_gap(planned(0.062, 0.09, 0.001, 0.03), 0.005)
    assert found.warning
    assert found.count == 2
    assert "0.5%" in found.text
    assert "6.2%" in found.text
