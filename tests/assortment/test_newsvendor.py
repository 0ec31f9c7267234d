"""Expected sales from a stock, against numerical integration and textbook values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from planner.assortment import newsvendor

SPREADS = (0.2, 0.4, 0.7, 1.0, 2.0)


@pytest.mark.parametrize("cv", SPREADS)
@pytest.mark.parametrize("ratio", [0.1, 0.6, 1.0, 1.8, 4.0])
def test_expected_sales_is_the_integral_of_min_of_demand_and_stock(cv, ratio):
    """E[min(D, Q)] equals the integral of the chance that demand exceeds x, up to Q."""
    mean = 12.0
    demand = stats.gamma(a=1 / cv**2, scale=mean * cv**2)
    exact, _ = integrate.quad(demand.sf, 0, ratio * mean, limit=200)
    assert newsvendor.expected_sales(mean, ratio * mean, cv) == pytest.approx(exact, rel=1e-7)


def test_exponential_demand_has_the_textbook_form():
    """With cv 1 demand is exponential: E[min(D, Q)] = mu (1 - exp(-Q / mu))."""
    stock = np.array([1.0, 5.0, 20.0])
    expected = 5.0 * (1 - np.exp(-stock / 5.0))
    assert newsvendor.expected_sales(5.0, stock, 1.0) == pytest.approx(expected)


def test_certain_demand_sells_the_smaller_of_demand_and_stock():
    """With cv 0 sales are min(mean, stock)."""
    sold = newsvendor.expected_sales(np.array([3.0, 3.0, 0.0]), np.array([2.0, 9.0, 4.0]), 0.0)
    assert sold.tolist() == [2.0, 3.0, 0.0]


@pytest.mark.parametrize("cv", SPREADS)
def test_tangents_are_above_and_chords_below(cv):
    """Every tangent bounds sales from above; the least chord bounds them from below, within
    0.25 % of what is sold (of a tenth of demand where less is sold; twice that in the tail)."""
    ratio = np.linspace(0.01, 12, 2000)
    true = newsvendor.sold_share(ratio, cv)
    for z in (0.2, 0.9, 2.5):
        alpha, beta = newsvendor.tangent(z, cv)
        assert (alpha + beta * ratio >= true - 1e-12).all()
    lines = newsvendor.chords(cv)
    lower = np.min([alpha + beta * ratio for alpha, beta in lines], axis=0)
    assert (lower <= true + 1e-12).all()
    assert ((true - lower) / np.maximum(true, 0.1)).max() <= 2 * newsvendor.RELATIVE_ERROR


@pytest.mark.parametrize("cv", SPREADS)
def test_stock_ratio_inverts_the_chance_of_running_out(cv):
    """The stock for a chance of running out has exactly that chance."""
    for chance in (0.9, 0.5, 0.1, 0.01):
        ratio = newsvendor.stock_ratio(chance, cv)
        assert newsvendor.chance_of_running_out(ratio, cv) == pytest.approx(chance, rel=1e-6)
