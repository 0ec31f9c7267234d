"""Left-over width becomes facings."""

from __future__ import annotations

from racks import make_rack

from planner.shelves.rack import STEPS_PER_CM, Rack
from planner.shelves.spare import give_facings, notes


def one_shelf(room: int, **fields: tuple) -> Rack:
    """Two items of width 10 and one facing on one shelf of ``room`` steps."""
    given: dict[str, tuple] = {
        "most_facings": (9, 9),
        "stock_facings": (9, 9),
        "cycle_need": (4.0, 1.0),
    }
    return make_rack([10, 10], [0, 1], [room], **(given | fields))


def test_the_item_with_the_shortest_supply_gets_the_width() -> None:
    """Four times the need ends with four times the facings."""
    assert give_facings(one_shelf(100), [[0, 1]]) == [8, 2]


def test_no_item_goes_over_its_most_facings() -> None:
    """Width that the first item may not take goes to the second."""
    assert give_facings(one_shelf(100, most_facings=(3, 4)), [[0, 1]]) == [3, 4]


def test_stock_is_never_spread_too_thin() -> None:
    """A facing that the stock would not make look full is not given."""
    assert give_facings(one_shelf(100, stock_facings=(1, 2)), [[0, 1]]) == [1, 2]


def test_each_reason_for_an_empty_shelf_has_its_words() -> None:
    """The four notes, and none below 5 %."""
    rack = one_shelf(100)
    assert notes(rack, [[]], [1, 1]) == ["no items needed here"]
    assert notes(rack, [[0, 1]], [8, 2]) == [""]
    most = one_shelf(100, most_facings=(3, 4))
    assert notes(most, [[0, 1]], [3, 4]) == ["every item here is at its most facings"]
    stock = one_shelf(100, stock_facings=(1, 2))
    assert notes(stock, [[0, 1]], [1, 2]) == ["more facings would need more stock than sells"]
    wide = one_shelf(28 * STEPS_PER_CM, facing_width=(10 * STEPS_PER_CM,) * 2)
    assert notes(wide, [[0, 1]], [1, 1]) == ["nothing fits in 8 cm"]
