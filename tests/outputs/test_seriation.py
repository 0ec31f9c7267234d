"""The order in which neighbours look alike: a property of what rows hold, not of their names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.outputs.report.seriation import (
    MOST_LEAVES,
    Floats,
    Integers,
    alike_order,
    families,
    neighbours_differ,
)


def ranges(seed: int, stores: int, items: int) -> Floats:
    """Yes and no [store, item]: stores of three kinds, each with slips of its own."""
    rng = np.random.default_rng(seed)
    kinds = rng.random((3, items)) < 0.4
    own = kinds[rng.integers(0, 3, stores)] ^ (rng.random((stores, items)) < 0.1)
    return own.astype(np.float64)


def shuffled(seed: int, count: int) -> Integers:
    """Numbers below ``count`` in any order."""
    return np.random.default_rng([seed, 1]).permutation(count)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), stores=st.integers(1, 25), items=st.integers(1, 12))
def test_the_picture_does_not_hang_on_the_names_of_stores(
    seed: int, stores: int, items: int
) -> None:
    """Rows given in another order come out as the same picture."""
    rows = ranges(seed, stores, items)
    other = rows[shuffled(seed, stores)]
    np.testing.assert_array_equal(rows[alike_order(rows)], other[alike_order(other)])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), stores=st.integers(6, 25), items=st.integers(4, 12))
def test_neighbours_are_no_less_alike_than_as_given(seed: int, stores: int, items: int) -> None:
    """The total distance between neighbours is not above that of the order given."""
    rows = ranges(seed, stores, items)
    order = alike_order(rows)
    assert sorted(order.tolist()) == list(range(stores))
    given_order = np.arange(stores)
    assert neighbours_differ(rows, order).sum() <= neighbours_differ(rows, given_order).sum() + 1e-9


def test_rows_on_a_line_stand_along_it() -> None:
    """Rows that differ by one step each come out in the order of the steps."""
    rows = np.tril(np.ones((9, 9)))
    order = alike_order(rows[shuffled(5, 9)])
    np.testing.assert_array_equal(neighbours_differ(rows[shuffled(5, 9)], order), np.ones(8))


def test_families_hold_the_stores_of_a_kind() -> None:
    """As many families as there are kinds give the kinds back, whatever the order of the rows."""
    rng = np.random.default_rng(3)
    kinds = (rng.random((4, 40)) < 0.5).astype(np.float64)
    of = rng.integers(0, 4, 60)
    rows = np.abs(kinds[of] - (rng.random((60, 40)) < 0.03))
    found = families(rows, 4)
    assert len(set(zip(of.tolist(), found.tolist(), strict=True))) == len(set(of.tolist()))
    order = shuffled(3, 60)
    np.testing.assert_array_equal(families(rows[order], 4), found[order])


def test_too_many_rows_are_refused() -> None:
    """What would take long is to be merged by the caller first."""
    with pytest.raises(ValueError, match="too many"):
        alike_order(np.arange(MOST_LEAVES + 1, dtype=np.float64)[:, None])
