"""Levels of items that few stores sell."""

from __future__ import annotations

import numpy as np
import pytest

from planner.demand.few_stores import SLOPE_PRIOR, few_stores


def chain(
    seed: int, slope: float, taste: float, groups: int = 20, items: int = 12, stores: int = 24
):
    """Items of need groups, their true level, what the stores that sell them show of it, and
    how many those are; the last item of each group is sold by none."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), items)
    sold_by = random.integers(1, stores + 1, groups * items).astype(float)
    sold_by[items - 1 :: items] = 0.0
    level = random.normal(2.0, 1.0, groups)[group] + slope * np.log(sold_by + 0.5)
    level += random.normal(0.0, 0.4, len(group))
    variance = taste**2 / np.maximum(sold_by, 1.0)
    seen = level + random.normal(0.0, 1.0, len(group)) * np.sqrt(variance)
    return level, seen, variance, sold_by, group


@pytest.mark.parametrize("slope", [0.0, 0.4, 0.8])
def test_the_slope_is_learned_where_items_are_many(slope):
    """With 240 items what is seen outweighs the assumption."""
    _, seen, variance, sold_by, group = chain(1, slope, 0.5)
    assert few_stores(seen, variance, sold_by, group).slope == pytest.approx(slope, abs=0.12)


def test_few_items_keep_the_assumption():
    """What nothing tells stays as assumed, and a chain of a handful of items is left alone."""
    _, seen, variance, sold_by, group = chain(2, 0.4, 0.5, groups=2, items=8)
    found = few_stores(seen, variance, sold_by, group)
    assert abs(found.slope - SLOPE_PRIOR[0]) < 2 * SLOPE_PRIOR[1]
    few = few_stores(seen[:6], variance[:6], sold_by[:6], group[:6])
    assert not few.shift.any()
    assert not few.unsold_shift.any()


def test_shifted_levels_are_nearer_the_truth():
    """Over many chains the levels of items that one or two stores sell miss by less, and those
    of items that none sells by much less than the mean of their need group."""
    before, after, mean_miss, shifted_miss = [], [], [], []
    for seed in range(20):
        level, seen, variance, sold_by, group = chain(seed, 0.4, 0.7)
        found = few_stores(seen, variance, sold_by, group)
        some = (sold_by > 0) & (sold_by <= 2)
        before.append(np.abs(seen - level)[some].mean())
        after.append(np.abs(seen + found.shift - level)[some].mean())
        for item in np.flatnonzero(sold_by == 0):
            peers = seen[(group == group[item]) & (sold_by > 0)].mean()
            mean_miss.append(peers - level[item])
            shifted_miss.append(peers + found.unsold_shift[item] - level[item])
    assert np.mean(after) < 0.85 * np.mean(before)
    assert np.mean(mean_miss) > 0.5
    assert abs(np.mean(shifted_miss)) < 0.15


def test_what_many_stores_sell_hardly_moves():
    """The level of an item that all stores sell is its own."""
    _, seen, variance, sold_by, group = chain(3, 0.4, 0.5)
    found = few_stores(seen, variance, sold_by, group)
    many = sold_by >= 20
    assert np.abs(found.shift[many]).max() < 0.15
    assert (found.shift[sold_by == 0] == 0).all()
    assert (found.unsold_shift[sold_by > 0] == 0).all()
    assert (found.unsold_shift[sold_by == 0] < 0).all()


def test_a_chain_of_one_store_tells_nothing():
    """Items that differ in nothing leave demand as it is: the assumed slope alone shifts none."""
    _, seen, variance, sold_by, group = chain(4, 0.4, 0.5)
    found = few_stores(seen, variance, np.minimum(sold_by, 1.0), group)
    assert not found.shift.any()
    assert not found.unsold_shift.any()


def test_the_sentence_says_how_much_is_assumed_and_counts_what_is_lower():
    """The weight of the assumed slope is told, and groups that sell nothing do not count."""
    _, seen, variance, sold_by, group = chain(1, 0.4, 0.5)
    sold_by[group == 0] = 0.0
    found = few_stores(seen, variance, sold_by, group)
    told = found.assumption()
    assert told.count == (found.unsold_shift < 0).sum() < (sold_by == 0).sum()
    assert f"{found.assumed_share:.0%}" in told.text
    assert 0.0 < found.assumed_share < 0.5
