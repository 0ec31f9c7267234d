"""What stores and items have in common beyond their groups: a low-rank store-by-item term.

Probabilistic matrix factorisation (Salakhutdinov & Mnih 2008, *Advances in Neural Information
Processing Systems* 20): the log effect of a pair is a_s . b_i with a_s ~ N(0, I) and
b_i ~ N(0, v I), found by alternating ridge regressions; v is estimated with it, so that a term
that explains nothing fades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from planner.demand.clean import scattered, sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RANKS = (0, 2, 4, 8)
# Share of the pairs left out to choose the rank, and to see how far pairs lie from the term.
HELD_OUT_SHARE = 0.15
PAIR_VARIANCES = (1e-3, 4.0)
# A component has a loading for every store and item: it needs some pairs for each to be seen.
FEWEST_PAIRS_A_LOADING = 3
FIRST_TURNS, LATER_TURNS = 15, 3
START_VARIANCE = 0.003
SMALLEST_VARIANCE = 1e-6


@dataclass(frozen=True)
class LowRank:
    """Loadings of stores and items, and how sure the items' are."""

    store: Floats
    """[store, component]"""
    item: Floats
    """[item, component]"""
    item_covariance: Floats
    """[item, component, component], the stores' loadings taken as known."""
    store_covariance: Floats
    """[store, component, component], the items' loadings taken as known."""

    def effect(self, store: Ints, item: Ints) -> Floats:
        """Log effect of store-item pairs."""
        return np.asarray(np.einsum("nk,nk->n", self.store[store], self.item[item]))

    def variance(self, store: Ints, item: Ints) -> Floats:
        """Variance of that log effect."""
        return _quadratic(self.store[store], self.item_covariance[item]) + _quadratic(
            self.item[item], self.store_covariance[store]
        )


def no_low_rank(stores: int, items: int) -> LowRank:
    """The term that says nothing: no component."""
    return LowRank(
        np.zeros((stores, 0)), np.zeros((items, 0)),
        np.zeros((items, 0, 0)), np.zeros((stores, 0, 0)),
    )  # fmt: skip


def choose_rank(log_ratio: Floats, noise: Floats, store: Ints, item: Ints) -> tuple[int, float]:
    """Rank that foretells left-out pairs best, and the variance of pairs around it, [pair] given.

    noise: sampling variance of each log ratio. Pairs are left out as if at random: in-sample
    deviations are no guide to pairs that were never stocked.
    """
    plain = pair_variance(log_ratio**2, noise)
    out = scattered(log_ratio) < HELD_OUT_SHARE
    if not out.any() or out.all():
        return 0, plain
    weight = 1.0 / (plain + noise[out])
    best, chosen = float(weight @ log_ratio[out] ** 2), (0, plain)
    for rank in RANKS[1:]:
        if rank > _largest_rank(store[~out], item[~out]):
            break
        before = no_low_rank(int(store.max()) + 1, int(item.max()) + 1)
        term = follow_low_rank(
            log_ratio[~out], plain + noise[~out], store[~out], item[~out], before, rank
        )
        square = (log_ratio[out] - term.effect(store[out], item[out])) ** 2
        loss = float(weight @ square)
        if loss < best:
            best, chosen = loss, (rank, pair_variance(square, noise[out]))
    return chosen


def pair_variance(square: Floats, noise: Floats, turns: int = 4) -> float:
    """Variance of pairs by moments: mean of the squared deviations less their noise, [pair]."""
    variance = 0.1
    for _ in range(turns):
        weight = 1.0 / (variance + noise) ** 2
        excess = float(weight @ (square - noise)) / max(float(weight.sum()), 1e-12)
        variance = float(np.clip(excess, *PAIR_VARIANCES))
    return variance


def follow_low_rank(
    log_ratio: Floats, variance: Floats, store: Ints, item: Ints, before: LowRank, rank: int
) -> LowRank:
    """Fit the term to log ratios of pairs [pair] whose other effects are taken out.

    variance: [pair] of the log ratio around the term: sampling and the pair's own effect.
    Starts from ``before`` where that has as many components. Linear in the pairs.
    """
    stores, items = len(before.store), len(before.item)
    if rank == 0:
        return no_low_rank(stores, items)
    spread = START_VARIANCE
    if before.store.shape[1] == rank:
        a, b, covariance = before.store, before.item, before.item_covariance
        turns = LATER_TURNS
        spread = _spread(b, covariance, item)
    else:
        a = _first_loadings(log_ratio / variance, store, item, (stores, items), rank)
        turns = FIRST_TURNS
    weight = 1.0 / variance
    for _ in range(turns):
        b, covariance = _ridge(log_ratio, weight, item, store, a, items, 1.0 / spread)
        a, store_covariance = _ridge(log_ratio, weight, store, item, b, stores, 1.0)
        spread = _spread(b, covariance, item)
    return LowRank(a, b, covariance, store_covariance)


def _first_loadings(
    values: Floats, store: Ints, item: Ints, shape: tuple[int, int], rank: int
) -> Floats:
    """Stores' part of the singular vectors of the weighted table, scaled to unit variance."""
    table = sparse.csr_array((values, (store, item)), shape=shape)
    start = np.ones(min(shape)) + scattered(table.sum(axis=int(shape[0] <= shape[1])))
    vectors, _, _ = linalg.svds(table, k=rank, v0=start, return_singular_vectors="u")
    return np.asarray(vectors * np.sqrt(len(np.unique(store))))


def _largest_rank(store: Ints, item: Ints) -> int:
    stores, items = len(np.unique(store)), len(np.unique(item))
    return min(min(stores, items) // 4, len(store) // (FEWEST_PAIRS_A_LOADING * (stores + items)))


def _quadratic(loading: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.einsum("nk,nkl,nl->n", loading, covariance, loading))


def _spread(item_loading: Floats, covariance: Floats, item: Ints) -> float:
    seen = np.bincount(item, minlength=len(item_loading)) > 0
    square = item_loading**2 + np.einsum("nkk->nk", covariance)
    return max(float(square[seen].mean()), SMALLEST_VARIANCE)


def _ridge(
    log_ratio: Floats,
    weight: Floats,
    own: Ints,
    other: Ints,
    loading: Floats,
    size: int,
    precision: float,
) -> tuple[Floats, Floats]:
    """Posterior mean and covariance of one side's loadings given the other side's."""
    rank = loading.shape[1]
    matrix = np.empty((size, rank, rank))
    vector = np.empty((size, rank))
    columns = [loading[other, k] for k in range(rank)]
    for k in range(rank):
        weighted = weight * columns[k]
        vector[:, k] = sums(own, weighted * log_ratio, size)
        for j in range(k + 1):
            matrix[:, k, j] = sums(own, weighted * columns[j], size)
            matrix[:, j, k] = matrix[:, k, j]
    inverse = np.linalg.inv(matrix + precision * np.eye(rank))
    mean = np.einsum("nkl,nl->nk", inverse, vector)
    return mean, np.asarray(inverse, dtype=np.float64)
