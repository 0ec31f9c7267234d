"""The choice model says what it was told to say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.demand.substitution import Attractions, GroupChoice

GROUPS = 4


def fitted(
    demand: np.ndarray, listed: np.ndarray, group: np.ndarray, groups: int, wanted: float
) -> Attractions:
    """The choice model whose recapture is the wanted share, where it can be."""
    choice = GroupChoice(demand, listed, group, groups)
    return choice.attractions(choice.theta_of(np.full(groups, wanted)))


def sells(model: Attractions, group: np.ndarray, store: int, range_: np.ndarray) -> np.ndarray:
    """Units a week of every item in a store that lists ``range_``: the formula, written out."""
    sold = np.zeros(len(group))
    for item in np.flatnonzero(range_):
        peers = group == group[item]
        denominator = (
            model.no_purchase[store, group[item]]
            + model.shadow_attraction[store, peers & ~range_].sum()
            + model.attraction[store, peers & range_].sum()
        )
        potential = model.potential[store, group[item]]
        sold[item] = potential * model.attraction[store, item] / denominator
    return sold


def recapture(
    model: Attractions, group: np.ndarray, listed: np.ndarray, wanted_group: int
) -> tuple[float, float]:
    """Units that move to others when each listed item goes, and units that it sold."""
    moved = total = 0.0
    for store in range(len(listed)):
        before = sells(model, group, store, listed[store])
        for item in np.flatnonzero(listed[store] & (group == wanted_group)):
            without = listed[store].copy()
            without[item] = False
            after = sells(model, group, store, without)
            moved += after.sum() - (before.sum() - before[item])
            total += before[item]
    return moved, total


@st.composite
def chains(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand, current ranges and need groups of small chains, lopsided ones included."""
    stores, items = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    demand = np.exp(random.normal(2, draw(st.sampled_from([0.1, 1.0, 3.0])), (stores, items)))
    listed = random.random((stores, items)) < draw(st.sampled_from([0.0, 0.3, 0.7, 1.0]))
    return demand, listed, random.integers(0, GROUPS, items)


@settings(max_examples=150, deadline=None)
@given(chains(), st.sampled_from([0.0, 0.2, 0.4, 0.9, 1.0]))
def test_gives_back_the_demand_it_was_fitted_to(
    chain: tuple[np.ndarray, np.ndarray, np.ndarray], wanted: float
) -> None:
    """Every item, added to or kept in the current range, sells exactly its stated demand."""
    demand, listed, group = chain
    model = fitted(demand, listed, group, GROUPS, wanted)
    for store in range(len(demand)):
        for item in range(len(group)):
            range_ = listed[store].copy()
            range_[item] = True
            sold = sells(model, group, store, range_)[item]
            assert sold == pytest.approx(demand[store, item], rel=1e-6)


@settings(max_examples=150, deadline=None)
@given(chains(), st.sampled_from([0.0, 0.2, 0.4, 0.9, 1.0]))
def test_attractions_are_valid(
    chain: tuple[np.ndarray, np.ndarray, np.ndarray], wanted: float
) -> None:
    """No negative number, no shadow above its attraction, no group without an outside option."""
    demand, listed, group = chain
    model = fitted(demand, listed, group, GROUPS, wanted)
    assert (model.attraction >= demand * (1 - 1e-9)).all()
    assert (model.shadow_attraction >= 0).all()
    assert (model.shadow_attraction <= model.attraction * (1 + 1e-12)).all()
    assert (model.no_purchase >= 0).all()
    assert (model.potential >= 0).all()
    assert np.isfinite(model.attraction).all()


@settings(max_examples=60, deadline=None)
@given(chains(), st.sampled_from([0.1, 0.4]))
def test_recapture_is_what_was_asked_or_the_most_there_is(
    chain: tuple[np.ndarray, np.ndarray, np.ndarray], wanted: float
) -> None:
    """Measured by taking items away, recapture is the wanted share, or less with no shadow."""
    demand, listed, group = chain
    model = fitted(demand, listed, group, GROUPS, wanted)
    for index in range(GROUPS):
        moved, total = recapture(model, group, listed, index)
        if total == 0:
            assert model.recapture[index] == 0
            continue
        assert moved / total == pytest.approx(model.recapture[index], abs=1e-6)
        if model.theta[index] > 0:
            assert moved / total == pytest.approx(wanted, abs=1e-4)
        else:
            assert moved / total <= wanted + 1e-6


def test_a_group_of_one_item_recaptures_nothing() -> None:
    """With nothing else in the group, all of a missing item's units are lost."""
    model = fitted(
        np.array([[10.0, 5.0, 7.0]]), np.ones((1, 3), dtype=bool), np.array([0, 1, 1]), 2, 0.4
    )
    assert model.recapture[0] == 0
    assert model.recapture[1] == pytest.approx(0.4, abs=1e-6)


def test_a_large_missing_item_raises_the_potential() -> None:
    """A missing item that outsells the whole range keeps its demand; shoppers come from outside."""
    model = fitted(
        np.array([[10.0, 10.0, 90.0]]),
        np.array([[True, True, False]]),
        np.zeros(3, dtype=np.int64),
        1,
        0.4,
    )
    assert model.raised == 1
    assert model.no_purchase[0, 0] > 0.25 * 20
    both = sells(model, np.zeros(3, dtype=int), 0, np.array([True, True, True]))
    assert both[2] == pytest.approx(90.0)
    assert both.sum() > 90.0


def test_a_promotion_is_not_lost_with_its_item() -> None:
    """Without a promoted item, shoppers it lured in leave it, but no more of the others go."""
    demand, listed = np.array([[30.0, 20.0, 20.0]]), np.ones((1, 3), dtype=bool)
    group, theta, lift = np.zeros(3, dtype=np.int64), np.array([0.5]), np.array([[1.5, 1.0, 1.0]])
    plain = GroupChoice(demand, listed, group, 1).attractions(theta)
    lured = GroupChoice(demand, listed, group, 1, lift).attractions(theta)
    np.testing.assert_allclose(lured.attraction, plain.attraction)
    np.testing.assert_allclose(lured.shadow_attraction, [[10.0, 10.0, 10.0]])
    assert lured.recapture[0] > plain.recapture[0]


def test_a_small_range_leaves_more_shoppers_without_a_purchase() -> None:
    """Who buys nothing follows the chain's usual range: a store that lists less recaptures less."""
    demand = np.full((4, 4), 10.0)
    listed = np.ones((4, 4), dtype=bool)
    listed[0, 2:] = False
    share = GroupChoice(demand, listed, np.zeros(4, dtype=np.int64), 1).range_share(np.array([0.5]))
    assert share[0, 0] < share[1, 0]


def test_no_demand_is_no_contradiction() -> None:
    """A group that sells nothing anywhere has attraction and potential zero."""
    model = fitted(
        np.zeros((2, 2)), np.zeros((2, 2), dtype=bool), np.zeros(2, dtype=np.int64), 1, 0.4
    )
    assert (model.attraction == 0).all()
    assert (model.potential == 0).all()
