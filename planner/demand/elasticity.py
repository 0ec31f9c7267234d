"""One discount elasticity for the chain: how the log rate moves with log(1 - discount)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]

# Used where the history cannot tell. Cautious beside the average own-price elasticity of -2.6
# in the meta-analysis of Bijmolt, van Heerde & Pieters (2005, Journal of Marketing Research 42).
DEFAULT_ELASTICITY = -1.5
LARGEST_STANDARD_ERROR = 0.5
SMALLEST, LARGEST = -6.0, 0.0


@dataclass(frozen=True)
class Elasticity:
    """Change of the log rate per unit of log(1 - discount), at most 0."""

    value: float
    standard_error: float
    """NaN for the default."""
    source: str
    """Where it comes from: stores, weeks or default."""

    def assumption(self, rows: int) -> Assumption:
        """The sentence for the *Assumptions* sheet; ``rows``: weeks with a discount."""
        told = {
            "stores": "estimated from stores with different discounts on an item in a week",
            "weeks": "estimated from weeks of an item with and without discount",
            "default": "assumed, because the history cannot tell",
        }[self.source]
        error = "" if self.source == "default" else f" (standard error {self.standard_error:.2f})"
        text = f"Discount elasticity {self.value:.2f}{error} between stores, {told}"
        return Assumption("demand", "sales.discount", text, rows)


def across_stores(
    history: History,
    region_week: NDArray[np.int64],
    expected: Floats,
    weight: Floats,
    elasticity: float,
) -> Elasticity | None:
    """One Newton step of the weighted Poisson score from ``elasticity``; None if nothing to see.

    region_week: [row] cell of the item, its region and week; expected: units each row should sell
    at that elasticity, given that cell and the pair; weight: information of a row per expected
    unit, 1 / (dispersion + spread * expected). The discount is taken as deviation from its mean in
    the cell and in the pair, so neither a good week nor a good store passes for an effect of
    price. The standard error is clustered by item.
    """
    information = weight * expected
    x = history.log_price.copy()
    cell, cells = region_week, int(region_week.max()) + 1
    # Alternating projections; what two leave is small beside the standard error.
    for _ in range(2):
        x = _demean(x, history.pair, len(history.pair_item), information)
        x = _demean(x, cell, cells, information)
    hessian = float(information @ x**2)
    if hessian < 1e-6:
        return None
    score = weight * x * (history.units - expected)
    step = float(score.sum()) / hessian
    by_item = np.bincount(history.item, score - step * information * x**2, history.items)
    error = float(np.sqrt((by_item**2).sum())) / hessian
    return Elasticity(float(np.clip(elasticity + step, SMALLEST, LARGEST)), error, "stores")


def across_weeks(log_ratio: Floats, log_price: Floats, noise_variance: Floats) -> Elasticity | None:
    """Regress week-to-week changes of the items' levels on those of their discounts.

    All [item, week]: log of observed over expected units *without* any discount effect, the
    exposure-weighted log(1 - discount), and the variance of the first. For chains that give
    every store the same discount.
    """
    change = np.diff(log_ratio, axis=1)
    x = np.diff(log_price, axis=1)
    variance = noise_variance[:, 1:] + noise_variance[:, :-1] + 0.05
    weight = np.where(np.isfinite(variance), 1.0 / variance, 0.0)
    change, x = np.where(weight > 0, change, 0.0), np.where(weight > 0, x, 0.0)
    hessian = float((weight * x**2).sum())
    if hessian < 1e-6:
        return None
    value = float((weight * x * change).sum()) / hessian
    by_item = (weight * x * (change - value * x)).sum(axis=1)
    error = float(np.sqrt((by_item**2).sum())) / hessian
    return Elasticity(float(np.clip(value, SMALLEST, LARGEST)), error, "weeks")


def choose(stores: Elasticity | None, weeks: Elasticity | None) -> Elasticity:
    """The first that is sharp enough to use, else the default."""
    for found in (stores, weeks):
        if found is not None and 0 < found.standard_error <= LARGEST_STANDARD_ERROR:
            return found
    return Elasticity(DEFAULT_ELASTICITY, float("nan"), "default")


def _demean(x: Floats, cell: NDArray[np.int64], cells: int, weight: Floats) -> Floats:
    total = np.bincount(cell, weight, cells)
    mean = np.bincount(cell, weight * x, cells) / np.where(total > 0, total, 1.0)
    return x - mean[cell]
