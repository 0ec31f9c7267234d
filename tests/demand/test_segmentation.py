"""Customer segments: found where they are, not found where they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.clean import clean
from planner.demand.factors import Grouping
from planner.demand.rates import fit
from planner.demand.segmentation import Segmentation, discover_segments, segment_names
from planner.tables.inputs import Inputs

Make = Callable[..., Any]
STORES, ITEMS, WEEKS = 16, 36, 16


def found_in(inputs: Inputs, **options: Any) -> Segmentation:
    """Segments of a chain, fitted as the command does."""
    history = clean(inputs)
    group = pd.factorize(inputs.items["need_group"])[0]
    grouping = Grouping(
        pd.factorize(inputs.stores["region"])[0], pd.factorize(inputs.items["category"])[0], group
    )
    rates = fit(history, grouping, float("inf"))
    return discover_segments(history, grouping, rates, **options)


def chain_of(make: Make, share: np.ndarray, index: np.ndarray, local: float = 0.1) -> Inputs:
    """Sales of stores whose customers are a mixture: share [store, segment], index [segment,
    item]; ``local`` is the scatter of tastes beside it."""
    chain = make(stores=len(share), items=index.shape[1], weeks=WEEKS, mean=40.0, local=local)
    draw = np.random.default_rng(9)
    sales = chain.sales
    store = pd.factorize(sales["store_id"])[0]
    store = np.searchsorted(chain.store_ids, sales["store_id"].to_numpy())
    item = sales["item_id"].astype(int).to_numpy() - 4000
    mu = (chain.rate * (share @ index))[store, item]
    return chain.inputs(sales=sales.assign(units=draw.poisson(mu).astype(float)))


@pytest.fixture(scope="module")
def two_tastes(make_chain: Make) -> tuple[np.ndarray, np.ndarray, Inputs]:
    """Half the stores are mostly of one taste, half of the other; each wants its own items."""
    draw = np.random.default_rng(2)
    first = np.where(np.arange(STORES) % 2 == 0, 0.9, 0.1) + draw.uniform(-0.08, 0.08, STORES)
    share = np.column_stack([first, 1 - first])
    liked = np.arange(ITEMS) % 2 == 0
    index = np.where([liked, ~liked], 1.8, 0.2)
    return share, index, chain_of(make_chain, share, index)


@pytest.fixture(scope="module")
def found(two_tastes: tuple[np.ndarray, np.ndarray, Inputs]) -> Segmentation:
    """What is found in the two tastes."""
    return found_in(two_tastes[2])


def test_two_tastes_are_two_segments(
    two_tastes: tuple[np.ndarray, np.ndarray, Inputs], found: Segmentation
) -> None:
    """Two disjoint tastes are found as two segments, each store's share and each item's index on
    the right side."""
    share, index, _ = two_tastes
    assert found.number == 2
    right = [np.corrcoef(found.share[:, k], share[:, 0])[0, 1] for k in range(2)]
    first = int(np.argmax(right))
    assert right[first] > 0.95
    assert (found.index[first] > 1).tolist() == (index[0] > 1).tolist()
    assert (found.index[1 - first] > 1).tolist() == (index[1] > 1).tolist()


def test_shares_and_indices_are_normalised(found: Segmentation) -> None:
    """Shares of a store sum to 1; the chain's average customer has index 1 in every item."""
    np.testing.assert_allclose(found.share.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.chain_share @ found.index, 1.0)
    assert (found.share >= 0).all()
    assert (found.index >= 0).all()
    assert (np.diff(found.chain_share) <= 0).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_is_one_segment(make_chain: Make, seed: int) -> None:
    """Tastes that differ from pair to pair without a pattern give one segment."""
    inputs = make_chain(stores=STORES, items=ITEMS, weeks=WEEKS, local=0.3, seed=seed).inputs()
    one = found_in(inputs)
    assert one.number == 1
    np.testing.assert_allclose(one.share, 1.0)
    np.testing.assert_allclose(one.index, 1.0)
    assert segment_names(one, ("a",) * 6, np.ones(6)) == ("all shoppers",)


def test_the_number_asked_for_is_given(two_tastes: tuple[np.ndarray, np.ndarray, Inputs]) -> None:
    """A number asked for is used, with the curve still there; an impossible one is refused."""
    three = found_in(two_tastes[2], number=3, largest=2)
    assert three.number == 3
    assert three.curve.loc[three.curve["chosen"], "segments"].tolist() == [3]
    assert {1, 2} <= set(three.curve["segments"])
    with pytest.raises(ValueError, match="told apart"):
        found_in(two_tastes[2], number=STORES + 1)


def test_order_and_names_do_not_matter(
    two_tastes: tuple[np.ndarray, np.ndarray, Inputs], found: Segmentation
) -> None:
    """Items and stores in another order, under other names, have the same shares and indices."""
    inputs = two_tastes[2]
    items = inputs.items.iloc[::-1].reset_index(drop=True)
    stores = inputs.stores.iloc[::-1].reset_index(drop=True)
    names = {i: f"Z{k}" for k, i in enumerate(items["item_id"])}
    items["item_id"] = items["item_id"].map(names)
    sales = inputs.sales.copy()
    sales["item_id"] = pd.Categorical(sales["item_id"].astype("str").map(names), items["item_id"])
    sales["store_id"] = pd.Categorical(sales["store_id"].astype("str"), stores["store_id"])
    turned = found_in(
        dataclasses.replace(inputs, items=items, stores=stores, sales=sales), largest=2
    )
    np.testing.assert_allclose(turned.share[::-1], found.share, atol=2e-3)
    np.testing.assert_allclose(turned.index[:, ::-1], found.index, atol=2e-2)


def test_the_curve_says_how_the_number_was_chosen(found: Segmentation) -> None:
    """One segment is where gains are counted from; the chosen number is the smallest within a
    standard error of the best."""
    curve = found.curve.set_index("segments")
    assert curve.loc[1, "held_out_score"] == 0.0
    best = curve["held_out_score"].max()
    near = curve.index[best - curve["held_out_score"] <= curve["standard_error"]]
    assert curve.index[curve["chosen"]].tolist() == [near.min()]
    assert curve.loc[2, "held_out_score"] > 5 * max(curve.loc[1, "standard_error"], 1.0)


def test_a_store_without_sales_has_the_chains_mixture(
    two_tastes: tuple[np.ndarray, np.ndarray, Inputs],
) -> None:
    """Nothing is known of a new store's customers, so it gets the mean shares."""
    inputs = two_tastes[2]
    kept = inputs.sales["store_id"] != inputs.stores["store_id"].iloc[0]
    some = found_in(
        dataclasses.replace(inputs, sales=inputs.sales[kept].reset_index(drop=True)), largest=2
    )
    np.testing.assert_allclose(some.share[0], some.share[1:].mean(axis=0), atol=0.1)


def test_names_say_what_is_bought_more(found: Segmentation) -> None:
    """A segment is named after need groups with an index above 1, and names differ."""
    groups = tuple(f"N{k}" for k in range(6))
    names = segment_names(found, groups, np.ones(6))
    assert len(set(names)) == found.number
    for name, row in zip(names, found.group_index, strict=True):
        for part in name.split(" & "):
            assert row[groups.index(part)] > 1.0
