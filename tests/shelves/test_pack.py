"""Packing one rack, against every packing there is."""

from __future__ import annotations

import numpy as np
import pytest
from every_packing import can_pack, can_pack_in_blocks
from racks import make_rack, tight_rack

from planner.shelves.completion import complete
from planner.shelves.fit import best_fit, exact, gather
from planner.shelves.pack import pack
from planner.shelves.pieces import groups_apart
from planner.shelves.rack import Rack
from planner.shelves.weights import PlacementWeights

WEIGHTS = PlacementWeights()


def broken_groups(rack: Rack, layout: list[list[int]]) -> set[int]:
    """Need groups that do not stand in one block, with the facings of the program."""
    found = groups_apart(rack, layout, rack.facings)
    return {group for group, apart in found.items() if apart.reading > 1}


def assert_valid(rack: Rack, layout: list[list[int]]) -> None:
    """Each item once, no shelf over its width."""
    assert sorted(i for shelf in layout for i in shelf) == list(range(len(rack.facings)))
    for shelf, width in zip(layout, rack.shelf_width, strict=True):
        assert rack.used(shelf) <= width


def test_packs_exactly_what_can_be_packed() -> None:
    """All items stand if and only if some packing of them exists; else width must stay free."""
    rng = np.random.default_rng(1)
    possible = 0
    for seed in range(100):
        rack = tight_rack(rng)
        if sum(rack.facing_width) > sum(rack.shelf_width):
            continue
        result = pack(rack, seed, WEIGHTS)
        if can_pack(rack.facing_width, rack.shelf_width):
            possible += 1
            assert result.layout is not None
            assert_valid(rack, result.layout)
            assert result.leave_free == 0
        else:
            assert result.layout is None
            assert result.leave_free > sum(rack.shelf_width) - sum(rack.facing_width)
    assert 20 < possible < 100


def test_keeps_groups_in_one_block_where_that_is_possible() -> None:
    """At least 95 % of tight racks that allow every group in one block get it."""
    rng = np.random.default_rng(2)
    allowed = reached = 0
    for seed in range(100):
        rack = tight_rack(rng)
        if can_pack_in_blocks(rack.facing_width, rack.group, rack.shelf_width):
            allowed += 1
            layout = pack(rack, seed, WEIGHTS).layout
            assert layout is not None
            reached += not broken_groups(rack, layout)
    assert allowed > 25
    assert reached >= 0.95 * allowed


def test_breaks_no_more_groups_than_it_must() -> None:
    """Two groups that cannot both stand together: one of them still does."""
    rack = make_rack([6, 4, 6, 4, 5, 5], [0, 1, 1, 0, 2, 2], [6, 4, 6, 4, 10])
    layout = pack(rack, 0, WEIGHTS).layout
    assert layout is not None
    assert_valid(rack, layout)
    assert 2 not in broken_groups(rack, layout)


@pytest.mark.parametrize(
    ("width", "room"), [([6, 5, 5, 4, 4, 3, 3], [10, 10, 10]), ([7, 6, 3, 2, 2, 5, 5], [10, 15, 5])]
)
def test_completion_packs_to_the_last_centimetre(width: list[int], room: list[int]) -> None:
    """The last resort finds packings without any spare width."""
    rack = make_rack(width, [0] * len(width), room)
    layout, placed = exact(rack)
    assert layout is not None
    assert_valid(rack, layout)
    assert placed == sum(width)


def test_completion_places_the_most_that_fits() -> None:
    """Three 6s on two shelves of 10: two of them stand."""
    assert exact(make_rack([6, 6, 6], [0, 0, 0], [10, 10])) == (None, 12)
    assert best_fit(make_rack([6, 6, 6], [0, 0, 0], [10, 10])) == (None, 12)
    assert exact(make_rack([20], [0], [10, 10])) == (None, 0)


def test_a_limit_of_effort_ends_completion_with_what_is_known() -> None:
    """Many items of many widths, hardly any effort allowed: no fault, and nothing invented."""
    random = np.random.default_rng(0)
    widths = [int(w) for w in random.integers(1200, 4000, 25)]
    rack = make_rack(widths, [0] * len(widths), [12000] * (sum(widths) // 12000))
    layout, placed = exact(rack, effort=0)
    assert layout is None
    assert 0 <= placed <= sum(rack.shelf_width)


def test_completion_finds_a_packing_exactly_where_there_is_one() -> None:
    """Against every packing there is: shelves of several widths, widths without spare."""
    rng = np.random.default_rng(4)
    possible = 0
    for _ in range(300):
        rack = tight_rack(rng)
        can = can_pack(rack.facing_width, rack.shelf_width)
        shelves = complete(list(rack.facing_width), list(rack.shelf_width))
        assert (shelves is not None) == can
        if shelves is not None:
            possible += 1
            assert_valid(rack, shelves)
    assert 200 < possible < 290


def test_centimetre_widths_that_fill_a_rack_meet_no_limit_of_effort() -> None:
    """36 items cut from 120 cm shelves, nothing to spare: a packing is found each time."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        width: list[int] = []
        while len(width) < 36:
            cuts = np.sort(rng.choice(np.arange(20, 101), 3 if len(width) < 12 else 2, False))
            width += np.diff([0, *cuts, 120]).tolist()
        rack = make_rack(width, [0] * len(width), [120] * (sum(width) // 120))
        layout, placed = exact(rack)
        assert layout is not None
        assert_valid(rack, layout)
        assert placed == sum(width) == sum(rack.shelf_width)


def test_asks_for_no_more_width_than_the_items_leave_behind() -> None:
    """What must stay free lies between one step more than now and what could not stand."""
    rack = make_rack([6, 6, 6], [0, 0, 0], [10, 10])
    assert 2 < pack(rack, 0, WEIGHTS).leave_free <= 8


def test_gather_joins_groups_across_shelves() -> None:
    """A group on two neighbouring shelves ends the one and begins the other."""
    rack = make_rack([1] * 6, [0, 1, 2, 1, 0, 2], [3, 3])
    layout = gather(rack, [[1, 0], [3, 2, 5]])
    assert [rack.group[i] for shelf in layout for i in shelf] == [0, 1, 1, 2, 2]


def test_an_eye_level_shelf_gets_the_best_margin() -> None:
    """Items of equal width: the margins that stand at eye level are the highest."""
    margin = tuple(float(m) for m in np.random.default_rng(3).permutation(12))
    rack = make_rack(
        [5] * 12, list(range(12)), [20, 20, 20], margin=margin, eye_level=(False, True, False)
    )
    layout = pack(rack, 0, WEIGHTS).layout
    assert layout is not None
    assert sorted(margin[i] for i in layout[1]) == [8, 9, 10, 11]


def test_items_stay_on_their_shelf_where_margins_tie() -> None:
    """With equal margins a valid planogram of today is found again."""
    home = (2, 2, 1, 1, 0, 0)
    rack = make_rack([5] * 6, [0, 0, 1, 1, 2, 2], [10, 10, 10], home=home)
    layout = pack(rack, 0, WEIGHTS).layout
    assert layout is not None
    assert {i: z for z, shelf in enumerate(layout) for i in shelf} == dict(enumerate(home))


def test_finds_the_blocks_of_full_shelves_of_modular_widths() -> None:
    """Four shelves filled to the last centimetre by nine need groups, whichever the seed.

    One order does it: two groups of 25 and 20 cm must be cut in the right places.
    """
    widths = {
        0: [25, 25, 25, 25], 1: [60, 20, 20], 2: [25, 25, 20], 3: [20], 4: [70, 35, 25],
        5: [20, 20], 6: [15], 7: [25], 8: [20],
    }  # fmt: skip
    width = [w for own in widths.values() for w in own]
    group = [g for g, own in widths.items() for _ in own]
    rack = make_rack(width, group, [130] * 4)
    broken = 0
    for seed in range(10):
        layout = pack(rack, seed, WEIGHTS).layout
        assert layout is not None
        assert_valid(rack, layout)
        broken += bool(broken_groups(rack, layout))
    assert broken <= 1
