"""The discount elasticity comes from where the data can tell it, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from planner.demand.clean import clean
from planner.demand.elasticity import DEFAULT_ELASTICITY, Elasticity, choose
from planner.demand.factors import Grouping
from planner.demand.rates import fit


def fitted(chain: Any) -> Elasticity:
    """Elasticity of a chain of two regions."""
    grouping = Grouping(
        np.arange(len(chain.stores)) % 2,
        np.zeros(len(chain.items), dtype=np.int64),
        np.zeros(len(chain.items), dtype=np.int64),
    )
    return fit(clean(chain.inputs()), grouping, 8.0).elasticity


@pytest.mark.parametrize("truth", [-0.8, -2.5])
def test_from_stores_with_different_discounts(make_chain: Callable[..., Any], truth: float) -> None:
    """Stores that discount in different weeks give the truth within a few standard errors."""
    found = fitted(make_chain(stores=20, items=20, discounts=True, elasticity=truth))
    assert found.source == "stores"
    assert abs(found.value - truth) < 4 * found.standard_error + 0.02
    assert found.standard_error < 0.1


def test_from_weeks_when_every_store_has_the_same_discount(
    make_chain: Callable[..., Any],
) -> None:
    """Chain-wide discounts tell nothing across stores, but do from week to week."""
    chain = make_chain(stores=20, items=20, weeks=20)
    week = (chain.sales["week"] - chain.sales["week"].min()).dt.days // 7
    item = chain.sales["item_id"].astype(int)
    off = np.where((week + item) % 5 == 0, 0.3, 0.0)
    draw = np.random.default_rng(4)
    chain.sales["discount"] = off
    chain.sales["units"] = draw.poisson(chain.sales["units"] * (1 - off) ** -2.0).astype(float)
    found = fitted(chain)
    assert found.source == "weeks"
    assert found.value == pytest.approx(-2.0, abs=0.25)


def test_default_without_discounts(make_chain: Callable[..., Any]) -> None:
    """A history at full price cannot tell: the stated default is used and called that."""
    found = fitted(make_chain(stores=5, items=5))
    assert (found.value, found.source) == (DEFAULT_ELASTICITY, "default")
    assert "assumed" in found.assumption(0).text


def test_blunt_estimates_are_not_used() -> None:
    """An estimate with a large standard error gives way to the next."""
    blunt = Elasticity(-4.0, 1.2, "stores")
    sharp = Elasticity(-1.8, 0.2, "weeks")
    assert choose(blunt, sharp) is sharp
    assert choose(blunt, None).source == "default"
