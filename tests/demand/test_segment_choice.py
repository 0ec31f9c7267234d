"""The choice model by segment gives back what the stores sell, and who buys it."""

from __future__ import annotations

import numpy as np
import pytest

from planner.demand.result import ChoiceModel
from planner.demand.segment_choice import by_segment, one_segment
from planner.demand.signals import Segments
from planner.demand.substitution import Attractions, GroupChoice

STORES, ITEMS, GROUPS = 5, 12, 3
GROUP = np.arange(ITEMS) % GROUPS


def found(seed: int = 1) -> tuple[Attractions, np.ndarray]:
    """A one-segment model of random demand and ranges, and the ranges."""
    draw = np.random.default_rng(seed)
    listed = draw.random((STORES, ITEMS)) < 0.6
    demand = draw.gamma(2.0, 10.0, (STORES, ITEMS))
    choice = GroupChoice(demand, listed, GROUP, GROUPS)
    return choice.attractions(np.array([0.1, 0.4, 0.8])), listed


def segments(seed: int = 2) -> Segments:
    """Three segments with tastes that differ fivefold."""
    draw = np.random.default_rng(seed)
    share = draw.dirichlet(np.ones(3), STORES)
    return Segments(("a", "b", "c"), share, np.exp(draw.normal(0, 0.6, (3, ITEMS))))


def sold(model: ChoiceModel, listed: np.ndarray) -> np.ndarray:
    """[segment, store, item] units of what a range lists, by the attraction model's formula."""
    member = np.eye(GROUPS)[GROUP]
    held = np.where(listed, model.attraction, model.shadow_attraction) @ member
    rate = model.potential_units_week / (model.no_purchase_attraction + held)
    return rate[:, :, GROUP] * model.attraction * listed


def test_segments_together_sell_the_demand() -> None:
    """Listed items sell their demand at the current range; every other one its own once added."""
    attractions, listed = found()
    model = by_segment(attractions, listed, GROUP, segments())
    now = sold(model, listed).sum(axis=0)
    np.testing.assert_allclose(now[listed], attractions.demand[listed], rtol=1e-6)
    for item in range(ITEMS):
        added = listed.copy()
        added[:, item] = True
        with_it = sold(model, added).sum(axis=0)
        np.testing.assert_allclose(with_it[:, item], attractions.demand[:, item], rtol=1e-6)


def test_a_segment_buys_more_of_what_it_likes() -> None:
    """Attractions of two segments to an item stand as their indices do, in every store."""
    attractions, listed = found()
    known = segments()
    model = by_segment(attractions, listed, GROUP, known)
    ratio = model.attraction[0] / model.attraction[1]
    np.testing.assert_allclose(ratio, np.tile(known.index[0] / known.index[1], (STORES, 1)))
    np.testing.assert_allclose(
        model.potential_units_week.sum(axis=0), attractions.potential, rtol=1e-9
    )


def test_segments_alike_are_one() -> None:
    """With an index of 1 everywhere each segment is the whole store, divided by its share."""
    attractions, listed = found()
    alike = Segments(("a", "b"), np.full((STORES, 2), 0.5), np.ones((2, ITEMS)))
    model, whole = by_segment(attractions, listed, GROUP, alike), one_segment(attractions)
    for layer in model.attraction:
        np.testing.assert_allclose(layer, whole.attraction[0], rtol=1e-6)
    np.testing.assert_allclose(model.potential_units_week[0], whole.potential_units_week[0] / 2)


def test_shadows_keep_their_share() -> None:
    """Shadow attraction is the same share of the attraction in every segment."""
    attractions, listed = found()
    model = by_segment(attractions, listed, GROUP, segments())
    share = model.shadow_attraction / model.attraction
    assert share == pytest.approx(np.broadcast_to(attractions.theta[GROUP], share.shape))
