"""Crowding, selection and hidden pairs: what is known of pairs without history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from planner.demand.clean import clean
from planner.demand.crowding import crowding, log_fullness
from planner.demand.held_pairs import hidden_pairs
from planner.demand.selection import selection

STORES, GROUPS, SIZE = 40, 15, 5
GROUP = np.repeat(np.arange(GROUPS), SIZE)
REGION = np.arange(STORES) % 2


@pytest.fixture
def shelves() -> tuple[np.ndarray, np.ndarray]:
    """Attraction and ranges, [store, item], drawn apart from one another."""
    draw = np.random.default_rng(4)
    popular = np.exp(draw.normal(0, 0.6, GROUPS * SIZE))
    attraction = popular * np.exp(draw.normal(0, 0.1, (STORES, GROUPS * SIZE)))
    return attraction, draw.random(attraction.shape) < 0.6


@pytest.mark.parametrize("true_slope", [0.0, 0.6, 1.0])
def test_slope_comes_back(shelves: tuple[np.ndarray, np.ndarray], true_slope: float) -> None:
    """The slope of sales on fullness is found, and 0 where ranges have nothing to do with it."""
    attraction, listed = shelves
    draw = np.random.default_rng(6)
    y = -true_slope * log_fullness(attraction, listed, GROUP)
    y += draw.normal(0, 0.2, y.shape) + draw.normal(0, 0.3, (STORES, 1))
    found = crowding(y, np.where(listed, 20.0, 0.0), attraction, listed, GROUP, REGION)
    assert abs(found.slope - true_slope) < 0.15


def test_an_item_that_comes_in_fills_its_group(shelves: tuple[np.ndarray, np.ndarray]) -> None:
    """Fullness with a missing item equals that of the range with it in, up to the group's mean
    over stores; a listed item's is its group's."""
    attraction, listed = shelves
    store, item = np.argwhere(~listed)[0]
    more = listed.copy()
    more[store, item] = True
    one = log_fullness(attraction, listed, GROUP)
    two = log_fullness(attraction, more, GROUP)
    other = next(k for k in range(STORES) if k != store and listed[k, item])
    assert one[store, item] - one[other, item] == pytest.approx(
        two[store, item] - two[other, item], abs=0.02
    )


def test_selection_follows_the_known_part() -> None:
    """The gap of the unknown part is foretold from the known one, and is 0 without selection."""
    draw = np.random.default_rng(8)
    known = draw.normal(0, 0.2, (STORES, 200))
    unknown = draw.normal(0, 0.3, (STORES, 200))
    chosen = known + unknown + draw.normal(0, 1.0, known.shape) > 0.5
    gap = unknown[chosen].mean() - unknown[~chosen].mean()
    found = selection(known, chosen, REGION, 0.09)
    assert found.unknown == pytest.approx(gap, abs=0.05)
    by_lot = draw.random(known.shape) < 0.4
    assert selection(known, by_lot, REGION, 0.09).unknown < 0.02


def test_hidden_pairs_are_the_same_whatever_their_order(make_chain: Callable[..., Any]) -> None:
    """About half a thousand of the pairs but at most a fifth, and the same ones when the rows come
    in another order."""
    chain = make_chain(stores=30, items=40, weeks=8)
    history = clean(chain.inputs())
    hidden = hidden_pairs(history)
    assert 0.15 < hidden.mean() < 0.25
    chain.sales = chain.sales.sample(frac=1.0, random_state=1).reset_index(drop=True)
    np.testing.assert_array_equal(hidden_pairs(clean(chain.inputs())), hidden)
