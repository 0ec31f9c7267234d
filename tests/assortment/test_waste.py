"""Waste shares: today's range, stocked at its best, loses what the table says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from planner.assortment.waste import calibrate_waste

DELIVERIES = np.array([3.0, 4.0, 6.0])
DEMAND = np.array([60.0, 140.0, 25.0])


def calibrated(
    price=2.0, cost=1.0, in_range=(True, True, True), demand=DEMAND, demand_cv=0.6, **item
):
    """Waste of a chain of three stores with one item."""
    row = {
        "store_loss_share": 0.08,
        "shelf_life_days": np.nan,
        "min_units_per_facing": 0.0,
        "units_per_facing": np.nan,
        "shelf_fills_per_cycle": 1.0,
        "min_facings": 1,
        "max_facings": 6,
        "case_units": 0.0,
    } | item
    inputs = SimpleNamespace(
        items=pd.DataFrame([row]), stores=pd.DataFrame({"deliveries_week": DELIVERIES})
    )
    found = calibrate_waste(
        inputs,
        np.asarray(demand)[:, None],
        np.full((len(DELIVERIES), 1), demand_cv),
        np.array(in_range)[:, None],
        np.array([cost]),
        np.array([price]),
    )
    return found.waste_share[:, 0], float(found.cost_factor[0])


def lost_and_received(share, mean, cv, price, cost, least):
    """Units lost and received in a cycle at the stock with the best expected margin, found by
    search over stock with sales from the gamma distribution."""
    demand = stats.gamma(a=1 / cv**2, scale=mean * cv**2)

    def sold(stock):
        tail = stats.gamma(a=1 / cv**2 + 1, scale=mean * cv**2).cdf(stock)
        return mean * tail + stock * demand.sf(stock)

    def loss_of_money(stock):
        units = sold(stock)
        return -(price * units - cost * (units + share * (stock - units)))

    best = optimize.minimize_scalar(
        loss_of_money, bounds=(least, 30 * mean), method="bounded", options={"xatol": 1e-7}
    ).x
    stock = max(best, least)
    return share * (stock - sold(stock)), sold(stock) + share * (stock - sold(stock))


def loss_of_range(shares, price, cost, cv, least=0.0, demand=DEMAND):
    """Share of receipts that the range loses over all stores."""
    totals = [
        lost_and_received(share, weekly / cycles, cv, price, cost, least)
        for share, weekly, cycles in zip(shares, demand, DELIVERIES, strict=True)
    ]
    lost, received = np.sum(totals, axis=0)
    return lost / received


@pytest.mark.parametrize(
    ("loss", "cv", "price", "least"),
    [(0.03, 0.4, 2.0, 0.0), (0.05, 0.6, 2.0, 0.0), (0.08, 1.0, 2.5, 0.0), (0.12, 0.6, 3.0, 12.0)],
)
def test_the_current_range_loses_what_the_table_says(loss, cv, price, least):
    """Share of receipts lost at the best stock, recomputed by search, is the given one."""
    shares, factor = calibrated(store_loss_share=loss, demand_cv=cv, price=price, case_units=least)
    assert factor == 1
    assert ((shares > 0) & (shares <= 1)).all()
    found = loss_of_range(shares, price, 1.0, cv, least)
    assert found == pytest.approx(loss, rel=0.03)


def test_leftovers_spoil_at_least_as_shelf_life_says():
    """The share is never below 1 - exp(-cycle days / shelf life), whatever the table says."""
    floor = 1 - np.exp(-(7 / DELIVERIES) / 4.0)
    for loss in (0.0, 0.001, 0.06, 0.2):
        shares, _ = calibrated(store_loss_share=loss, shelf_life_days=4.0)
        assert (shares >= floor - 1e-12).all()
        if loss <= 0.001:
            np.testing.assert_allclose(shares, floor)


def test_nothing_lost_and_endless_life_means_no_waste():
    """Without store loss and without a shelf life leftovers are sold later."""
    shares, factor = calibrated(store_loss_share=0.0)
    assert shares.tolist() == [0, 0, 0]
    assert factor == 1


def test_loss_that_leftovers_cannot_explain_raises_the_unit_cost():
    """Where even the worst leftovers lose too little, the rest is lost on the way to the shelf:
    what arrives costs more, so that both losses together are the given one."""
    shares, factor = calibrated(store_loss_share=0.4, demand_cv=0.4)
    assert factor > 1.05
    on_shelf = loss_of_range(shares, 2.0, 1.0, 0.4)
    # Of 1 bought, 1 / factor arrives, of which a share on_shelf is lost.
    assert 1 - (1 - on_shelf) / factor == pytest.approx(0.4, abs=0.01)
    _, certain = calibrated(store_loss_share=0.1, demand_cv=0.0)
    assert certain == pytest.approx(1 / 0.9)


def test_more_loss_in_the_table_never_means_less_waste():
    """Waste shares grow with the loss given, until they are all that can be."""
    worth = [calibrated(store_loss_share=loss)[0].max() for loss in np.linspace(0.01, 0.2, 12)]
    assert (np.diff(worth) >= -1e-9).all()
    assert worth[-1] > worth[0] + 0.1


def test_an_item_in_no_store_takes_the_share_of_the_table():
    """Nothing to calibrate on: the loss share itself, at least the shelf life's floor."""
    shares, factor = calibrated(in_range=(False, False, False), store_loss_share=0.3)
    assert shares.tolist() == [0.3, 0.3, 0.3]
    assert factor == 1
    floored, _ = calibrated(in_range=(False,) * 3, store_loss_share=0.1, shelf_life_days=1.0)
    np.testing.assert_allclose(floored, 1 - np.exp(-7 / DELIVERIES))


def test_only_stores_that_list_the_item_count():
    """A store without the item does not move the share of those that have it."""
    wild = np.array([60.0, 140.0, 9_000.0])
    with_two, _ = calibrated(in_range=(True, True, False))
    other_demand, _ = calibrated(in_range=(True, True, False), demand=wild)
    np.testing.assert_allclose(with_two, other_demand)


def test_stock_is_no_more_than_the_facings_hold():
    """Where the shelf holds less than the best stock, less is left over and more of it must spoil
    for the same loss."""
    roomy, _ = calibrated(store_loss_share=0.05)
    tight, _ = calibrated(store_loss_share=0.05, units_per_facing=4.0, max_facings=2)
    assert (tight > roomy).any()
    assert (tight >= roomy - 1e-9).all()
