"""Whether today's range stands on its fixtures."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from planner.shelves import today
from planner.shelves.completion import complete_or_none
from planner.shelves.subset import MOST_SUMS
from planner.shelves.today import overfull_assumptions, overfull_today


def overfull(facings: dict[str, int], shelves: list[float], width: dict[str, float]):
    """One store with a table, and its items' facings and widths."""
    inputs = SimpleNamespace(
        items=pd.DataFrame(
            {
                "item_id": list(width),
                "fixture_type": "table",
                "facing_width_cm": list(width.values()),
            }
        ),
        fixtures=pd.DataFrame({"store_id": "1", "fixture_type": "table", "width_cm": shelves}),
    )
    stands = pd.DataFrame({"store_id": "1", "item_id": list(facings), "facings": facings.values()})
    return overfull_today(inputs, stands)


def test_what_fits_in_total_but_on_no_shelf_is_found():
    """Nine facings of 20 cm are 180 cm, yet two shelves of 90 cm hold eight: one has no place."""
    found = overfull({"a": 5, "b": 4}, [90, 90], {"a": 20, "b": 20})
    assert found[["used_cm", "width_cm", "over_cm"]].iloc[0].tolist() == [180, 180, 20]


@pytest.mark.parametrize(
    ("facings", "shelves", "width"),
    [
        ({"a": 4, "b": 4}, [90, 90], {"a": 20, "b": 20}),
        # An item's facings may stand on two shelves today.
        ({"a": 6}, [60, 60], {"a": 20}),
        # Widest first finds no place for the last one; there is one.
        ({"a": 2, "b": 2, "c": 1, "d": 2}, [12, 10], {"a": 4, "b": 3, "c": 2, "d": 3}),
        ({"a": 3}, [36.9], {"a": 12.3}),
    ],
)
def test_what_stands_has_no_row(facings, shelves, width):
    """A range that stands on its shelves, however tight, is not warned of."""
    assert overfull(facings, shelves, width).empty


def test_a_fixture_type_without_shelves_holds_nothing():
    """What would stand on a fixture that the store has not is beyond its shelves; a store
    without any fixture has no limit."""
    assert overfull({"a": 2}, [], {"a": 20}).empty
    inputs = SimpleNamespace(
        items=pd.DataFrame({"item_id": ["a"], "fixture_type": "bin", "facing_width_cm": 20.0}),
        fixtures=pd.DataFrame({"store_id": ["1"], "fixture_type": "table", "width_cm": 100.0}),
    )
    found = overfull_today(
        inputs, pd.DataFrame({"store_id": ["1"], "item_id": ["a"], "facings": [2]})
    )
    assert found["over_cm"].tolist() == [40]


def test_the_warning_names_stores_and_widths():
    """It says how many stores, the worst with its widths, and that today is valued regardless."""
    found = overfull({"a": 5, "b": 4}, [90, 90], {"a": 20, "b": 20})
    (warning,) = overfull_assumptions(found, stores=3)
    assert warning.warning
    assert warning.count == 1
    for words in (
        "1 of 3 stores",
        "180 cm of facings on 180 cm",
        "no place for 20 cm at least",
        "valued",
    ):
        assert words in warning.text
    assert overfull_assumptions(found.iloc[:0], stores=3) == ()


def test_fine_widths_are_told_with_what_is_certain_alone(monkeypatch):
    """Facings of widths without a common measure: neither that they stand nor that they do not
    is claimed where it is not known, and sums are taken no finer than those of a plan."""
    finest = 0

    def guarded(width, room):
        nonlocal finest
        finest = max(finest, *room)
        return complete_or_none(width, room)

    monkeypatch.setattr(today, "complete_or_none", guarded)
    width = {str(k): w for k, w in enumerate((50.0003, 50.0005, 50.0007, 20.0001))}
    found = overfull(dict.fromkeys(width, 1), [100.0, 100.0], width)
    assert 0 < finest <= MOST_SUMS
    assert found["over_cm"].tolist() == [0]
    (warning,) = overfull_assumptions(found, stores=3)
    assert "nor is it known" in warning.text
    assert "does not stand" not in warning.text


def test_what_has_no_place_is_no_more_than_is_certain():
    """Widest first leaves 22 cm over, yet only the narrowest need be left; a facing wider than
    any shelf has no place, however much room there is."""
    found = overfull({"a": 1, "b": 1, "c": 2}, [35, 35], {"a": 22, "b": 20, "c": 14})
    assert found["over_cm"].tolist() == [14]
    assert overfull({"a": 1, "b": 2}, [90, 90], {"a": 95, "b": 20})["over_cm"].tolist() == [95]
