"""How much weekly units scatter around their mean: variance = dispersion mu + spread mu**2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST_LEVERAGE = 0.8
# Against a variance of zero where a simulated or tiny history fits exactly.
SMALLEST_DISPERSION = 1e-3


def scatter(
    units: Floats, mu: Floats, leverage: Floats, dispersion: float, spread: float
) -> tuple[float, float]:
    """Regress squared residuals on mu and mu**2, weighted by the present variance.

    leverage: share of a row's residual that the fit of its own effects has taken away; the rest
    is scaled up by it. Returns dispersion (above 0, in units) and spread (at least 0).
    """
    square = (units - mu) ** 2 / (1.0 - np.clip(leverage, 0.0, LARGEST_LEVERAGE))
    # Both sides over mu, so that the regression is of square / mu on 1 and mu.
    mu = np.maximum(mu, 1e-9)
    weight = 1.0 / (dispersion + spread * mu) ** 2
    a11, a12, a22 = float(weight.sum()), float(weight @ mu), float((weight * mu) @ mu)
    b1, b2 = float(weight @ (square / mu)), float(weight @ square)
    smallest = SMALLEST_DISPERSION * max(float(np.abs(units).mean()), 1e-6)
    only_first = max(b1 / max(a11, 1e-12), smallest)
    determinant = a11 * a22 - a12**2
    if determinant <= 1e-12 * a11 * a22:
        return only_first, 0.0
    first, second = (b1 * a22 - b2 * a12) / determinant, (b2 * a11 - b1 * a12) / determinant
    if second < 0:
        return only_first, 0.0
    if first < smallest:
        return smallest, max((b2 - smallest * a12) / a22, 0.0)
    return first, second
