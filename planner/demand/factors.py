"""Factors that do not change over the history: store, category and need group in store.

Each has a gamma prior with mean 1 whose variance is estimated with it (empirical Bayes), so a
factor with little information stays near 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.demand.signals import Traits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SWEEPS = 4
SMALLEST_VARIANCE = 1e-4


@dataclass(frozen=True)
class Grouping:
    """What the factors are grouped by: codes of each store's region and each item's groups."""

    region_of_store: Ints
    category_of_item: Ints
    group_of_item: Ints
    traits: Traits | None = None
    """Signals and segments of the stores, where there are any."""

    def cells(self, store: Ints, item: Ints) -> dict[str, Ints]:
        """Cell of each store-item pair in each family of factors, widest first."""
        categories = int(self.category_of_item.max()) + 1
        groups = int(self.group_of_item.max()) + 1
        return {
            "store": store,
            "category in store": store * categories + self.category_of_item[item],
            "need group in store": store * groups + self.group_of_item[item],
        }

    @property
    def regions(self) -> int:
        """Number of regions."""
        return int(self.region_of_store.max()) + 1

    def sizes(self) -> dict[str, int]:
        """Number of cells of each family of :meth:`cells`."""
        stores = len(self.region_of_store)
        return {
            "store": stores,
            "category in store": stores * (int(self.category_of_item.max()) + 1),
            "need group in store": stores * (int(self.group_of_item.max()) + 1),
        }


@dataclass(frozen=True)
class Factors:
    """One family of factors: mean and variance of each cell, and the variance of the family."""

    factor: Floats
    variance: Floats
    prior_variance: float


def sweep(
    sold: Floats,
    base: Floats,
    families: dict[str, Ints],
    factors: dict[str, Factors],
    pair_prior: float,
) -> tuple[Floats, dict[str, Factors]]:
    """Sweep over the families: each factor is (sum I R + t) / (sum I + t).

    R is the pair's ratio of sold over expected without that factor, I its information after the
    pair's own effect is integrated out, 1 / (1 / expected + pair variance), and t the inverse of
    the family's variance.
    """
    factors = dict(factors)
    static = np.ones(len(sold))
    for name, cell in families.items():
        static = static * factors[name].factor[cell]
    for _ in range(SWEEPS):
        for name, cell in families.items():
            old = factors[name]
            expected = base * static
            information = expected / (1.0 + expected / pair_prior)
            ratio = sold / np.maximum(expected, 1e-12)
            cells = len(old.factor)
            total = sums(cell, information, cells)
            mean = sums(cell, information * ratio, cells) * old.factor
            prior = 1.0 / old.prior_variance
            factor = np.maximum((mean + prior) / (total + prior), 1e-6)
            known = total > 0
            variance = 1.0 / (total + prior)
            family = float((np.log(factor) ** 2 + variance)[known].mean()) if known.any() else 1.0
            static = static * (factor / old.factor)[cell]
            factors[name] = Factors(factor, variance, max(family, SMALLEST_VARIANCE))
    return static, factors
