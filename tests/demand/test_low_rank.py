"""What stores and items have in common is found where it is there, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from planner.demand.low_rank import choose_rank, follow_low_rank, no_low_rank, pair_variance

STORES, ITEMS, NOISE = 40, 60, 0.01


def table(strength: float, seed: int = 3) -> tuple[np.ndarray, ...]:
    """Half of the pairs of a rank-two table with noise: truth, store, item, log ratio."""
    draw = np.random.default_rng(seed)
    truth = strength * draw.normal(size=(STORES, 2)) @ draw.normal(size=(2, ITEMS))
    store, item = np.nonzero(draw.random((STORES, ITEMS)) < 0.5)
    return truth, store, item, truth[store, item] + draw.normal(0, NOISE**0.5, len(store))


def test_foretells_pairs_that_it_has_not_seen() -> None:
    """The pairs left out of the table come back within a fifth of their variance."""
    truth, store, item, ratio = table(0.3)
    noise = np.full(len(ratio), NOISE)
    rank, variance = choose_rank(ratio, noise, store, item)
    assert rank >= 2
    term = follow_low_rank(ratio, variance + noise, store, item, no_low_rank(STORES, ITEMS), rank)
    unseen = np.ones((STORES, ITEMS), dtype=bool)
    unseen[store, item] = False
    error = truth[unseen] - term.effect(*np.nonzero(unseen))
    assert (error**2).mean() < 0.2 * (truth[unseen] ** 2).mean()


def test_noise_has_no_rank() -> None:
    """Where pairs differ by chance alone, the term says nothing and they lie apart by chance."""
    draw = np.random.default_rng(4)
    _, store, item, _ = table(0.0)
    ratio = draw.normal(0, 0.2, len(store))
    rank, variance = choose_rank(ratio, np.full(len(store), 0.03), store, item)
    assert rank == 0
    assert variance == pytest.approx(0.01, abs=0.004)


def test_order_changes_nothing() -> None:
    """Stores, items and pairs under other numbers give the same effects."""
    _, store, item, ratio = table(0.3)
    noise = np.full(len(ratio), NOISE)
    draw = np.random.default_rng(6)
    new_store, new_item = draw.permutation(STORES), draw.permutation(ITEMS)
    order = draw.permutation(len(ratio))
    moved = new_store[store][order], new_item[item][order]
    assert choose_rank(ratio, noise, store, item) == pytest.approx(
        choose_rank(ratio[order], noise, *moved)
    )
    before = no_low_rank(STORES, ITEMS)
    plain = follow_low_rank(ratio, noise, store, item, before, 2).effect(store, item)
    other = follow_low_rank(ratio[order], noise, *moved, before, 2).effect(*moved)
    np.testing.assert_allclose(other, plain[order], atol=1e-6)


def test_pair_variance_leaves_sampling_out() -> None:
    """Squared deviations less their noise, whatever the noise of each pair."""
    draw = np.random.default_rng(7)
    noise = draw.uniform(0.005, 0.5, 40_000)
    deviation = draw.normal(0, np.sqrt(0.04 + noise))
    assert pair_variance(deviation**2, noise) == pytest.approx(0.04, rel=0.1)
