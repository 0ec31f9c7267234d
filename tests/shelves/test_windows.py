"""A few shelves of a rack searched through while the others stay as they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from math import inf

import numpy as np
import pytest
from racks import any_rack, any_weights, make_rack

from planner.shelves.bound import states_of
from planner.shelves.pack import by_search
from planner.shelves.proof import search_through
from planner.shelves.rack import Layout, Rack
from planner.shelves.score import loss_of
from planner.shelves.spare import ShelfFiller, give_facings
from planner.shelves.weights import PlacementWeights
from planner.shelves.windows import MOST_STATES, NEAREST, windows

WEIGHTS = PlacementWeights()


def least_loss_beside(rack: Rack, layout: Layout, window: list[int], weights: PlacementWeights):
    """Of all ways to share the items of some shelves out among them, in every order."""
    items = [i for z in window for i in layout[z]]
    best = inf
    for chosen in product(window, repeat=len(items)):
        shared = list(layout)
        for z in window:
            shared[z] = [i for i, to in zip(items, chosen, strict=True) if to == z]
        if all(rack.used(shared[z]) <= rack.shelf_width[z] for z in window):
            facings = give_facings(rack, shared)
            for orders in product(*(permutations(shared[z]) for z in window)):
                other = list(shared)
                for z, order in zip(window, orders, strict=True):
                    other[z] = list(order)
                best = min(best, loss_of(rack, other, facings, weights))
    return best


def test_the_best_way_to_share_out_a_few_shelves_is_found() -> None:
    """Fixed shelves stay as they are; no other way of the rest has a lower loss of the whole."""
    tried = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rack, weights = any_rack(rng, most_items=8), any_weights(rng)
        layout = by_search(rack, seed, weights).layout
        shelves = len(rack.shelf_width)
        if layout is None or shelves < 3:
            continue
        layout = [list(rng.permutation(items)) for items in layout]
        window = sorted(rng.choice(shelves, 2, replace=False).tolist())
        if not 2 <= sum(len(layout[z]) for z in window) <= 4:
            continue
        tried += 1
        fixed = {z: items for z, items in enumerate(layout) if z not in window}
        found = search_through(rack, weights, ShelfFiller(rack), fixed=fixed)
        assert found.whole
        assert found.layout is not None
        assert {z: found.layout[z] for z in fixed} == fixed
        loss = loss_of(rack, found.layout, give_facings(rack, found.layout), weights)
        best = least_loss_beside(rack, layout, window, weights)
        assert loss == pytest.approx(best, abs=1e-6), seed
    assert tried > 10


def test_windows_are_where_something_is_wrong() -> None:
    """Shelves of a group that falls apart come together, with no more items than are allowed."""
    group = [0, 1, 1, 2, 2, 3, 3, 0, 4, 4, 5, 5, 6, 6, 7, 7]
    rack = make_rack([10] * 16, group, [20] * 8)
    layout = [[2 * z, 2 * z + 1] for z in range(8)]
    found = list(windows(rack, layout, rack.facings, WEIGHTS, most_items=6))
    assert found
    assert all({0, 3} <= set(window) for window in found)
    assert all(2 < sum(len(layout[z]) for z in window) <= 6 for window in found)
    together = [[0, 7], [1, 2], [3, 4], [5, 6], *layout[4:]]
    assert not list(windows(rack, together, rack.facings, WEIGHTS, most_items=6))


def test_windows_take_the_nearest_shelves_alone() -> None:
    """A group on the first and the last but one of 60 shelves: how many windows there are does not
    grow with the shelves between, and what is taken with it stands near one of its shelves."""
    group = list(range(58))
    rack = make_rack([10] * 60, [*group, 0, 58], [20] * 60)
    layout = [[z] for z in range(60)]
    weights = replace(WEIGHTS, full_shelves=0)
    found = list(windows(rack, layout, rack.facings, weights, most_items=4))
    assert found
    assert len(found) <= 1 + NEAREST + NEAREST * (NEAREST - 1) // 2
    for window in found:
        assert {0, 58} <= set(window)
        assert all(min(z, abs(58 - z)) <= NEAREST for z in window)


def test_windows_keep_to_what_can_be_remembered() -> None:
    """Nine items of nine groups whose mates stand elsewhere, on 80 shelves: windows of fewer of
    them only; where shelves are few, all nine."""

    def most(shelves: int) -> int:
        rack = make_rack([10] * 18, list(range(9)) * 2, [90] * shelves)
        layout = [list(range(4)), list(range(4, 9)), *([] for _ in range(shelves - 4))]
        layout += [list(range(9, 13)), list(range(13, 18))]
        found = list(windows(rack, layout, rack.facings, WEIGHTS, most_items=9))
        free = [[i for z in window for i in layout[z]] for window in found]
        assert all(states_of(rack, items) <= MOST_STATES for items in free)
        return max(len(items) for items in free)

    assert most(4) == 9
    assert most(80) < 9
