"""The score of a placement: each rule counts what it says, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from racks import make_rack

from planner.shelves.pieces import groups_apart
from planner.shelves.rack import UNKNOWN, Layout, Rack
from planner.shelves.score import RuleKept, kept_and_broken, loss_of, score_of
from planner.shelves.weights import PlacementWeights

WEIGHTS = PlacementWeights()


def rule(name: str, rack: Rack, layout: Layout) -> RuleKept:
    """One rule in a placement with the facings of the program."""
    kept = kept_and_broken(rack, layout, rack.facings, WEIGHTS)
    return next(each for each in kept if each.rule == name)


def pieces(rack: Rack, layout: Layout) -> tuple[int, int]:
    """Of need group 0: its pieces read on, and its pieces upright."""
    apart = groups_apart(rack, layout, rack.facings)[0]
    return apart.reading, apart.upright


def test_pieces_above_one_another_are_one_block() -> None:
    """On neighbouring shelves of a bay half of the narrower piece must overlap, no less."""
    for shift, together in ((0, True), (2, True), (3, False)):
        rack = make_rack([shift or 1, 4, 4, 9], [1, 0, 0, 2], [20, 20])
        upper = [2, 3]
        lower = [0, 1] if shift else [1, 0]
        assert pieces(rack, [lower, upper]) == ((1, 1) if together else (1, 2))
    apart = make_rack([4, 4, 9], [0, 0, 2], [20, 20, 20])
    assert pieces(apart, [[0], [2], [1]]) == (2, 2)
    assert pieces(replace(apart, bay=(0, 1, 1)), [[0, 2], [1], []]) == (2, 2)


def test_what_runs_on_is_one_block_but_not_upright() -> None:
    """From the end of a shelf to the beginning of the next; upright only between single shelves."""
    rack = make_rack([9, 4, 4, 9], [1, 0, 0, 2], [20, 20, 20])
    running: Layout = [[0, 1], [2, 3], []]
    assert pieces(rack, running) == (1, 2)
    assert pieces(replace(rack, bay=(0, 1, 2)), running) == (1, 1)
    assert pieces(replace(rack, bay=(0, 1, 1)), running) == (1, 2)
    assert pieces(rack, [[0, 1], [], [2, 3]]) == (1, 2)
    assert pieces(rack, [[1, 0], [3, 2], []]) == (2, 2)


def test_a_group_cut_on_its_shelf_is_broken() -> None:
    """Another group between two of its items makes two pieces."""
    rack = make_rack([4, 4, 4], [0, 1, 0], [20])
    assert pieces(rack, [[0, 1, 2]]) == (2, 2)
    kept = rule("group_blocks", rack, [[0, 1, 2]])
    assert (kept.counted, kept.of, kept.broken) == (1, 2, 1)


def test_an_item_on_another_shelf_is_moved() -> None:
    """Only items whose shelf of today is known count, wherever they stand on it."""
    rack = make_rack([4] * 4, [0] * 4, [20, 20], home=(0, 0, 1, UNKNOWN))
    kept = rule("moves", rack, [[2, 0], [1, 3]])
    assert (kept.counted, kept.of, kept.broken) == (2, 3, 2)


def test_the_fewest_items_are_lifted_past_their_neighbours() -> None:
    """Today 1 2 3 4, planned 4 1 2 3: one is lifted, and what is new does not matter."""
    rack = make_rack(
        [4] * 5, [0] * 5, [40], home=(0, 0, 0, 0, UNKNOWN), home_place=(1, 2, 3, 4, UNKNOWN)
    )
    assert rule("shelf_order", rack, [[3, 0, 4, 1, 2]]).broken == 1
    assert rule("shelf_order", rack, [[0, 4, 1, 2, 3]]).broken == 0
    assert rule("shelf_order", rack, [[3, 2, 1, 0, 4]]).broken == 3


def test_margin_away_from_eye_level_is_counted_in_mean_items() -> None:
    """Three quarters of the margin elsewhere is that share of the items; no such shelf: nothing."""
    rack = make_rack([4, 4], [0, 1], [9, 9], margin=(30.0, 10.0), eye_level=(False, True))
    kept = rule("eye_level_margin", rack, [[0], [1]])
    assert (kept.counted, kept.of, kept.broken) == (10, 40, 1.5)
    blind = replace(rack, eye_level=(False, False))
    assert rule("eye_level_margin", blind, [[0], [1]]).broken == 0


def test_weight_counts_by_its_height_in_the_bay() -> None:
    """Halfway up a bay of three counts half; a shelf alone in its bay has no height."""
    rack = make_rack([4, 4], [0, 1], [9, 9, 9], weight_kg=(30.0, 10.0))
    kept = rule("heavy_low", rack, [[], [0], [1]])
    assert (kept.counted, kept.of) == (25, 40)
    assert kept.broken == pytest.approx(25 / 20)
    bins = replace(rack, bay=(0, 1, 2))
    assert rule("heavy_low", bins, [[], [0], [1]]).broken == 0


def test_neighbours_of_one_known_colour_are_counted() -> None:
    """On a shelf, next to one another, both colours known."""
    rack = make_rack([4] * 6, [0] * 6, [40, 40], colour=(0, 0, 1, UNKNOWN, UNKNOWN, 1))
    kept = rule("colour_breaks", rack, [[0, 1, 2], [5, 3, 4]])
    assert (kept.counted, kept.of, kept.broken) == (1, 2, 1)


def test_more_than_five_percent_empty_is_not_full() -> None:
    """A twentieth may stay empty."""
    rack = make_rack([19, 18], [0, 0], [20, 20, 20])
    kept = rule("full_shelves", rack, [[0], [1], []])
    assert (kept.counted, kept.of, kept.broken) == (2, 3, 2)


def test_the_loss_is_the_weighted_sum_and_zero_switches_off() -> None:
    """A weight scales its rule's part alone; without weights nothing is lost: the score is 1."""
    rack = make_rack([4, 4, 4], [0, 1, 0], [20, 20], home=(1, 0, 0), colour=(0, 0, 0))
    layout: Layout = [[0, 1, 2], []]
    kept = kept_and_broken(rack, layout, rack.facings, WEIGHTS)
    assert [each.rule for each in kept] == list(asdict(WEIGHTS))
    for each in kept:
        without = replace(WEIGHTS, **{each.rule: 0.0})
        assert loss_of(rack, layout, rack.facings, without) == pytest.approx(
            sum(other.loss for other in kept if other.rule != each.rule)
        )
    nothing = PlacementWeights(**dict.fromkeys(asdict(WEIGHTS), 0.0))
    assert loss_of(rack, layout, rack.facings, nothing) == 0
    assert score_of(0.0, 3, nothing) == 1
    assert score_of(3.0, 3, replace(nothing, moves=2.0)) == 0.5
