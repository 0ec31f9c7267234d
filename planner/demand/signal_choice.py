"""Which signals move anything: forward selection against signals dealt out anew to the stores.

A chain has few stores and signals that run together, so any signal seems to explain something.
What counts is whether it explains more than the same figures would if other stores had them
(Freedman & Lane 1983, *Journal of Business & Economic Statistics* 1), the best of all candidates
against the best of all candidates (Westfall & Young 1993, *Resampling-Based Multiple Testing*).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import scattered, sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEALS = 999
LEVEL = 0.05
# Regions of fewer stores than this are dealt together: there is too little to deal in them.
FEWEST_STORES = 4
FEWEST_STORES_TO_TELL = 6
SEED = 20


def choose_signals(y: Floats, weight: Floats, value: Floats, region_of_store: Ints) -> Ints:
    """Indices of the signals that move demand, strongest first.

    y, weight: [store, item] log effects beyond item and store, and their information; value:
    [store, signal]. The statistic is the sum over items of the squared slope over its variance.
    Values are dealt out within regions, whose own effects are not at stake. Linear in
    stores x items for each candidate, deal and signal chosen.
    """
    none = np.zeros(0, dtype=np.int64)
    active = weight.sum(axis=1) > 0
    if active.sum() < FEWEST_STORES_TO_TELL:
        return none
    # Dealt in an order that hangs on what the stores sold, not on how they are listed.
    order = np.flatnonzero(active)[np.argsort(scattered((weight * y)[active].sum(axis=1)))]
    y, weight, value = y[order], weight[order], value[order]
    block = _blocks(region_of_store[order])
    y = without_means(y, weight, block)
    z = within_blocks(value, block)
    possible = np.sqrt((z**2).mean(axis=0)) > 1e-6
    deal = _deals(block)
    chosen: list[int] = []
    while True:
        candidates = [k for k in range(z.shape[1]) if possible[k] and k not in chosen]
        if not candidates:
            break
        excess = np.stack([_excess(y, weight, z[:, k], deal) for k in candidates])
        # First column: as observed; the others: as dealt out.
        best = excess.max(axis=0)
        if (best >= best[0]).mean() > LEVEL:
            break
        k = candidates[int(excess[:, 0].argmax())]
        chosen.append(k)
        y = _without_slopes(y, weight, z[:, k])
        slope = (z[:, k] @ z) / (z[:, k] @ z[:, k])
        rest = z - z[:, [k]] * slope
        possible &= (rest**2).sum(axis=0) > 0.02 * (z**2).sum(axis=0)
        rest[:, chosen] = z[:, chosen]
        z = rest
    return np.array(chosen, dtype=np.int64)


def _blocks(region: Ints) -> Ints:
    """Regions of the stores, the small ones thrown together."""
    count = np.bincount(region)
    small = count[region] < FEWEST_STORES
    # Numbered as they first come: the stores' order hangs on what they sold, regions' codes do not.
    _, first, block = np.unique(np.where(small, -1, region), return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[block].astype(np.int64)


def within_blocks(value: Floats, block: Ints) -> Floats:
    """[store, signal] values less their means over the stores of each block."""
    size = int(block.max()) + 1
    count = np.bincount(block, minlength=size)
    mean = np.stack([sums(block, column, size) for column in value.T], axis=1) / count[:, None]
    return np.asarray(value - mean[block])


def without_means(x: Floats, weight: Floats, block_of_store: Ints, turns: int = 4) -> Floats:
    """[store, item] values less the weighted means of stores and of items in blocks of stores.

    By alternating projections; 0 where the weight is.
    """
    blocks = [np.flatnonzero(block_of_store == k) for k in np.unique(block_of_store)]
    x = np.where(weight > 0, x, 0.0)
    for _ in range(turns):
        x -= _mean(x, weight, 1)
        for rows in blocks:
            x[rows] -= _mean(x[rows], weight[rows], 0)
    return np.where(weight > 0, x, 0.0)


def _mean(x: Floats, weight: Floats, axis: int) -> Floats:
    total = weight.sum(axis=axis, keepdims=True)
    mean = (weight * x).sum(axis=axis, keepdims=True) / np.where(total > 0, total, 1.0)
    return np.asarray(mean)


def _deals(block: Ints) -> Ints:
    """[1 + deal, store] which store's value each store gets; the first row leaves all in place."""
    draw = np.random.default_rng(SEED)
    places = np.arange(len(block))
    deals = np.tile(places, (1 + DEALS, 1))
    for number in range(int(block.max()) + 1):
        rows = places[block == number]
        deals[1:, rows] = draw.permuted(np.tile(rows, (DEALS, 1)), axis=1)
    return deals


def _excess(y: Floats, weight: Floats, z: Floats, deal: Ints) -> Floats:
    """[1 + deal] statistic as deviations from its mean over the deals."""
    dealt = z[deal]
    slope = dealt @ (weight * y)
    information = dealt**2 @ weight
    statistic = (slope**2 / np.maximum(information, 1e-12)).sum(axis=1)
    return np.asarray((statistic - statistic[1:].mean()) / max(statistic[1:].std(), 1e-12))


def _without_slopes(y: Floats, weight: Floats, z: Floats) -> Floats:
    """Less each item's slope, shrunk by the moments of all items' slopes."""
    information = z**2 @ weight
    slope = z @ (weight * y)
    known = information > 0
    square = float((slope[known] ** 2 / information[known]).sum())
    variance = max(square - int(known.sum()), 1e-9) / max(float(information.sum()), 1e-12)
    beta = slope / (information + 1.0 / variance)
    return np.where(weight > 0, y - z[:, None] * beta, 0.0)
