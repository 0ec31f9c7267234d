"""Packings with every need group in one block, where there is no width to spare."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
from every_packing import can_pack_in_blocks
from racks import full_rack, make_rack, tight_rack

from planner.shelves.pack import pack
from planner.shelves.pieces import groups_apart
from planner.shelves.rack import Layout, Rack
from planner.shelves.weights import PlacementWeights
from planner.shelves.whole_blocks import _Packer, in_whole_blocks

WEIGHTS = PlacementWeights()


def assert_in_blocks(rack: Rack, layout: Layout) -> None:
    """Each item once, no shelf over its width, each need group in one block."""
    assert sorted(i for shelf in layout for i in shelf) == list(range(len(rack.facings)))
    for shelf, width in zip(layout, rack.shelf_width, strict=True):
        assert rack.used(shelf) <= width
    found = groups_apart(rack, layout, rack.facings)
    assert all(apart.reading == 1 for apart in found.values())


def test_finds_blocks_exactly_where_there_are_any() -> None:
    """Against every order of groups and items, with some width to spare and with none."""
    rng = np.random.default_rng(7)
    possible = 0
    for seed in range(150):
        rack = tight_rack(rng)
        layout = in_whole_blocks(rack, Random(seed), 10_000)
        can = can_pack_in_blocks(rack.facing_width, rack.group, rack.shelf_width)
        assert (layout is not None) == can, seed
        if layout is not None:
            possible += 1
            assert_in_blocks(rack, layout)
    assert 40 < possible < 140


def test_racks_full_to_the_last_centimetre_stand_in_blocks() -> None:
    """Items of any width cut from shelves on which all groups stood together do so again."""
    for seed in range(5):
        rack = full_rack(np.random.default_rng(seed), items=30)
        assert sum(rack.widths) == sum(rack.shelf_width)
        layout = pack(rack, seed, WEIGHTS).layout
        assert layout is not None
        assert_in_blocks(rack, layout)


def test_one_large_group_is_packed_as_well() -> None:
    """Its parts are too many to be told apart: those of few items do."""
    rack = full_rack(np.random.default_rng(3), items=30)
    one = make_rack(list(rack.facing_width), [0] * len(rack.facings), list(rack.shelf_width))
    layout = in_whole_blocks(one, Random(0), 10_000)
    assert layout is not None
    assert_in_blocks(one, layout)


def test_a_limit_of_effort_ends_the_search() -> None:
    """Nothing is returned that is not whole."""
    assert in_whole_blocks(full_rack(np.random.default_rng(0)), Random(0), 3) is None


def test_sets_that_lead_to_nothing_are_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    """33 groups of one item of 12 cm on four shelves of 100 cm: whatever 8 of them stand on a
    shelf, one is left over, and the sets of 8 are millions. No more are looked at than the effort
    allows."""
    effort, looked_at = 2_000, 0
    together = _Packer._together

    def counted(packer: _Packer, groups: list[int], room: int) -> Iterator[tuple[list[int], int]]:
        nonlocal looked_at
        looked_at += 1
        assert looked_at <= effort + 1
        return together(packer, groups, room)

    monkeypatch.setattr(_Packer, "_together", counted)
    rack = make_rack([12] * 33, list(range(33)), [100] * 4)
    assert in_whole_blocks(rack, Random(0), effort) is None
    assert looked_at > effort / 2
