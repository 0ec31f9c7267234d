"""Expected sales from a stock: ``E[min(D, Q)] = mu phi(Q / mu)`` for gamma demand.

With a constant coefficient of variation the function is jointly concave in (mu, Q) and
homogeneous of degree one, so every tangent ``u <= alpha mu + beta Q`` goes through the origin
and stays valid when mu itself depends on the assortment. The gamma loss function is that of
Burgin (1975), "The gamma distribution and inventory control", Operational Research Quarterly
26(3).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincc, gammainccinv

from planner.assortment.problem import Floats

CERTAIN_CV = 1e-3
"""Below this spread demand is taken as certain."""
RELATIVE_ERROR = 0.0025
"""Largest relative error of the chords, of a tenth of demand or of what is sold if more."""
NEVER_SHORT = 1e-7
"""Chance of running out that is kept where leftover stock costs nothing."""
OVERFULL = 1e9
"""Stock over mean demand where leftover stock earns: as much as the shelf holds."""


def _shape(cv: Floats) -> Floats:
    return 1.0 / np.square(np.maximum(cv, CERTAIN_CV))


def sold_share(stock_ratio: ArrayLike, cv: ArrayLike) -> Floats:
    """``phi(z)``: expected sales over mean demand when stock is ``z`` times mean demand."""
    z, spread = np.broadcast_arrays(
        np.asarray(stock_ratio, dtype=np.float64), np.asarray(cv, dtype=np.float64)
    )
    shape = _shape(spread)
    finite = np.where(np.isfinite(z), z, 0.0)
    smooth = gammainc(shape + 1.0, finite * shape) + finite * gammaincc(shape, finite * shape)
    share: Floats = np.where(spread < CERTAIN_CV, np.minimum(1.0, finite), smooth)
    capped: Floats = np.where(np.isfinite(z), share, 1.0)
    return capped


def chance_of_running_out(stock_ratio: ArrayLike, cv: ArrayLike) -> Floats:
    """``phi'(z) = P(D > z mu)``; 1 below and 0 from the mean where demand is certain."""
    z, spread = np.broadcast_arrays(
        np.asarray(stock_ratio, dtype=np.float64), np.asarray(cv, dtype=np.float64)
    )
    shape = _shape(spread)
    chance: Floats = np.where(
        spread < CERTAIN_CV, (z < 1.0).astype(np.float64), gammaincc(shape, z * shape)
    )
    return chance


def stock_ratio(chance: ArrayLike, cv: ArrayLike) -> Floats:
    """Stock over mean demand at which demand runs out with the given chance (at most 1)."""
    wanted, spread = np.broadcast_arrays(
        np.asarray(chance, dtype=np.float64), np.asarray(cv, dtype=np.float64)
    )
    shape = _shape(spread)
    clipped = np.clip(wanted, NEVER_SHORT, 1.0)
    ratio = gammainccinv(shape, clipped) / shape
    certain = np.where(wanted >= 1.0, 0.0, 1.0)
    result: Floats = np.where(spread < CERTAIN_CV, certain, ratio)
    return result


def best_ratio(
    price: ArrayLike, unit_cost: ArrayLike, waste_share: ArrayLike, cv: ArrayLike
) -> Floats:
    """Stock over mean demand with the largest margin, before any bound on the stock.

    Demand then runs out with the chance ``c s / (p - c (1 - s))``; 0 where no stock pays. Where
    ``c < 0`` (a price that asks for purchases) whatever is lost earns, without end.
    """
    p, c, s, spread = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (price, unit_cost, waste_share, cv))
    )
    worth = p - c * (1.0 - s)
    chance = np.divide(c * s, worth, out=np.ones_like(worth), where=worth > 0)
    uncertain = np.where(chance >= 1.0, 0.0, stock_ratio(np.maximum(chance, NEVER_SHORT), spread))
    ratio: Floats = np.where(spread < CERTAIN_CV, np.where(p > c, 1.0, 0.0), uncertain)
    return np.where(c * s < 0, OVERFULL, ratio)


def expected_sales(mean: ArrayLike, stock: ArrayLike, cv: ArrayLike) -> Floats:
    """``E[min(D, Q)]`` in the units of ``mean`` and ``stock``; zero where the mean is zero."""
    mu, q = np.broadcast_arrays(
        np.asarray(mean, dtype=np.float64), np.asarray(stock, dtype=np.float64)
    )
    ratio = np.divide(q, mu, out=np.zeros_like(q, dtype=np.float64), where=mu > 0)
    sales: Floats = mu * sold_share(ratio, cv)
    possible: Floats = np.minimum(sales, np.minimum(mu, q))
    return possible


def tangent(ratio: float, cv: float) -> tuple[float, float]:
    """``(alpha, beta)`` of the tangent ``u <= alpha mu + beta q`` at ``q = ratio mu``."""
    slope = float(chance_of_running_out(ratio, cv))
    return float(sold_share(ratio, cv)) - ratio * slope, slope


@lru_cache(maxsize=4096)
def breakpoints(cv: float) -> tuple[float, ...]:
    """Stock ratios whose chords hold ``phi`` from below within ``RELATIVE_ERROR``.

    Placed one after another, each as far as the chord's error allows; the last one is where
    ``phi`` has reached ``1 - RELATIVE_ERROR``. One point, 1, where demand is certain.
    """
    if cv < CERTAIN_CV:
        return (1.0,)
    top = float(stock_ratio(NEVER_SHORT, cv))
    grid = np.concatenate([[0.0], np.geomspace(top * 1e-4, top, 800)])
    share = sold_share(grid, cv)
    points: list[int] = [0]
    while points[-1] < len(grid) - 1:
        start = points[-1]
        low, high = start + 1, len(grid) - 1
        while low < high:
            end = (low + high + 1) // 2
            inner = slice(start + 1, end + 1)
            slope = (share[end] - share[start]) / (grid[end] - grid[start])
            chord = share[start] + slope * (grid[inner] - grid[start])
            allowed = RELATIVE_ERROR * np.maximum(share[inner], 0.1)
            if (share[inner] - chord <= allowed).all():
                low = end
            else:
                high = end - 1
        points.append(low)
        if share[low] >= 1.0 - RELATIVE_ERROR:
            break
    return tuple(float(grid[k]) for k in points[1:])


def chords(cv: float, extra: tuple[float, ...] = ()) -> list[tuple[float, float]]:
    """``(alpha, beta)`` of chords whose least is a lower bound of expected sales.

    ``extra`` adds break points, at which the bound is exact.
    """
    points = sorted({0.0, *breakpoints(cv), *extra})
    share = sold_share(np.array(points), cv)
    lines = []
    for k in range(len(points) - 1):
        slope = float((share[k + 1] - share[k]) / (points[k + 1] - points[k]))
        lines.append((float(share[k]) - slope * points[k], slope))
    lines.append((float(share[-1]), 0.0))
    return lines
