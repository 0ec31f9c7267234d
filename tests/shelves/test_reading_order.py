"""Names in the order in which people count."""

from __future__ import annotations

from planner.shelves.reading_order import natural


def test_numbers_in_names_count_as_numbers() -> None:
    """F2 comes before F10, whatever stands around the number; names without one sort as text."""
    names = ["F10", "F2", "F2b", "A", "10", "9", "F02", "F²"]
    assert sorted(names, key=natural) == ["9", "10", "A", "F02", "F2", "F2b", "F10", "F²"]
