"""Stores as mixtures of customer segments: a weighted non-negative factorisation.

The rate of item i in store s, over what the item sells in the chain that week, is taken as
``sum over g of a_sg b_gi``: each segment's customers there, times how much of the item they buy.
Kullback-Leibler divergence weighted by information, multiplicative updates (Lee & Seung 1999,
*Nature* 401; Cemgil 2009, *Computational Intelligence and Neuroscience*, for the gamma priors).
With one segment it is item times size of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TINY = 1e-12
ITEM_PRIOR = 2.0
"""Information with which an item's index leans on that of its need group, and that on 1."""
SIZE_ROUNDS = 30
ONE_THREAD = 200_000
"""Multiplications of one product."""
FIRST_LOCAL_VARIANCE = 0.05


@dataclass(frozen=True)
class Cells:
    """Local effects of store-item pairs: [store, item], 0 where there is no history."""

    rate: Floats
    """Units sold over what the item's level of those weeks lets expect."""
    information: Floats
    """Weight of the pair: 1 / (1 / units' information + variance of local tastes)."""
    one: Floats
    """The rate by item and size of the store alone."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """[store, item] pairs with history."""
        return np.asarray(self.information > 0)


def local_cells(history: History, grouping: Grouping, rates: Rates) -> Cells:
    """What each pair sold against its item's weeks, weeks weighted by their information.

    The variance of lasting local tastes is estimated with the sizes (by moments), so that a
    large pair does not count for more than its taste is worth.
    """
    h = history
    level = rates.log_scale[:, None] + rates.item_levels.weekly + rates.season_log(h.weeks)
    price = rates.price_log(h, grouping)
    expected = h.exposure * np.exp(price + level.ravel()[h.item_week])
    mean = expected * (rates.static * rates.pair_factor)[h.pair]
    weight = 1.0 / (rates.dispersion + rates.spread * mean)
    pairs = len(h.pair_item)
    sold = np.maximum(sums(h.pair, weight * h.units, pairs), 0.0)
    base = sums(h.pair, weight * expected, pairs)
    use = base > 0
    shape = (h.stores, h.items)
    rate, exposure = np.zeros(shape), np.zeros(shape)
    cell = (h.pair_store[use], h.pair_item[use])
    rate[cell], exposure[cell] = sold[use] / base[use], base[use]
    return _with_information(rate, exposure)


def _with_information(rate: Floats, exposure: Floats) -> Cells:
    known = exposure > 0
    size, item = np.ones((len(rate), 1)), np.ones((1, rate.shape[1]))
    taste = FIRST_LOCAL_VARIANCE
    information, mean = exposure, size * item
    for _ in range(SIZE_ROUNDS):
        information = np.where(known, 1.0 / (1.0 / np.maximum(exposure, TINY) + taste * mean), 0.0)
        weighted = information * rate
        size = _over(weighted.sum(1), (information * item).sum(1))[:, None]
        item = _over(weighted.sum(0), (information * size).sum(0))[None, :]
        mean = np.maximum(size * item, TINY)
        noise = 1.0 / np.maximum(exposure * mean, TINY)
        use = np.where(known, 1.0 / (noise + taste) ** 2, 0.0)
        square = (rate / mean - 1.0) ** 2
        taste = max(float((use * (square - noise)).sum() / max(use.sum(), TINY)), 1e-4)
    return Cells(rate, information, mean)


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.ones_like(top), where=bottom > TINY))


def factorise(
    cells: Cells,
    segments: int,
    group_of_item: Ints,
    share_prior: float,
    *,
    starts: int,
    rounds: int,
    seed: int,
    hidden: NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats]:
    """``a`` [store, segment] and ``b`` [segment, item] of the best of ``starts`` random starts.

    share_prior: information with which a store's shares lean on the chain's; hidden: pairs that
    the fit must not see.
    """
    known = cells.information if hidden is None else np.where(hidden, 0.0, cells.information)
    # Single precision halves the time, and is far finer than what the sales can tell.
    known, rate = _single(known), _single(cells.rate)
    weighted = known * rate
    stores, items = known.shape
    draw = np.random.default_rng(seed)
    member = np.zeros((items, int(group_of_item.max()) + 1), dtype=np.float32)
    member[np.arange(items), group_of_item] = 1.0
    item = _over(weighted.sum(0), known.sum(0))
    size = _over(weighted.sum(1), (known * item).sum(1))
    a = _single(draw.dirichlet(np.ones(segments), (starts, stores)) * size[:, None])
    b = _single(item * np.exp(draw.normal(0.0, 0.3, (starts, segments, items))))
    for _ in range(rounds):
        top = _times(np.swapaxes(a, 1, 2), weighted / np.maximum(_times(a, b), TINY)) * b
        bottom = _times(np.swapaxes(a, 1, 2), known)
        # Where an item, or its whole need group, says little it is bought alike by all.
        alike = _over(top.sum(1), bottom.sum(1))[:, None, :]
        group = (top @ member + ITEM_PRIOR) / ((bottom * alike) @ member + ITEM_PRIOR)
        index = group[:, :, group_of_item]
        b = (top + ITEM_PRIOR * index) / (bottom + ITEM_PRIOR / np.maximum(alike, TINY))

        turned = np.swapaxes(b, 1, 2)
        top = _times(weighted / np.maximum(_times(a, b), TINY), turned) * a
        bottom = _times(known, turned)
        mean = a.sum(1) / np.maximum(a.sum((1, 2)), TINY)[:, None]
        customers = _over(top.sum(2), (bottom * mean[:, None, :]).sum(2))[:, :, None]
        prior = share_prior * mean[:, None, :]
        a = (top + prior) / (bottom + share_prior / np.maximum(customers, TINY))
    miss = divergence(known, rate, _times(a, b)).sum((1, 2))
    best = int(np.argmin(miss))
    return a[best].astype(np.float64), b[best].astype(np.float64)


def _single(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float32)


def _times(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Matrix product in blocks of rows so small that the linear algebra library uses one thread:
    waiting for a second one costs many times the product where the machine is busy."""
    rows = max(ONE_THREAD // max(left.shape[-1] * right.shape[-1], 1), 1)
    if left.shape[-2] <= rows:
        return np.asarray(left @ right)
    parts = [left[..., k : k + rows, :] @ right for k in range(0, left.shape[-2], rows)]
    return np.concatenate(parts, axis=-2)


def divergence(information: Floats, rate: Floats, model: Floats) -> Floats:
    """Weighted Kullback-Leibler divergence of each cell; less a quasi log-likelihood."""
    model = np.maximum(model, TINY)
    log = np.log(np.maximum(rate, TINY) / model)
    return np.asarray(information * (np.where(rate > 0, rate * log, 0.0) - rate + model))
