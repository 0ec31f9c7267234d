"""Selection: stores stock what sells there, so what they do not stock sells less than it seems.

How far listing follows local demand is seen in the part of local demand that the model knows
(signals and segments). It is taken to follow the part that nobody has measured as closely
(selection on observed and unobserved: Altonji, Elder & Taber 2005, *Journal of Political Economy*
113), an assumption. Listing that does not follow the known part corrects nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The known gap is not stretched by more than this: a small known part is a weak witness.
LARGEST_STRETCH = 5.0


@dataclass(frozen=True)
class Selection:
    """Gap in log demand between stores that list an item and stores that do not."""

    known: float
    """In the part that signals and segments explain."""
    standard_error: float
    """Clustered by item."""
    unknown: float
    """In the rest, which the model cannot see where an item was never stocked."""

    def assumption(self, pairs: int) -> Assumption:
        """The sentence for the *Assumptions* sheet; ``pairs``: those without history."""
        if self.unknown > 0:
            text = (
                "Stores list what signals and segments say sells there; it is assumed that they "
                "know as much of what nobody measured, so pairs without history are foretold "
                f"{-np.expm1(-self.unknown):.0%} lower"
            )
        else:
            text = (
                "Which stores list an item does not follow what is known of local demand: pairs "
                "without history are assumed to be like the others"
            )
        return Assumption("demand", "demand.selection", text, pairs)


def selection(
    known: Floats, listed: Flags, region_of_store: Ints, unknown_variance: float
) -> Selection:
    """The gap, from the covariance of listing with the known local effects.

    known, listed: [store, item]; compared inside an item and region, where some stores list it
    and some do not. For a normal index the gap is proportional to the variance of what listing
    follows, so the unknown one is known x unknown_variance / variance of the known (the ratio held
    at 5). The known gap is pulled to 0 by its own error (1 - 1/t^2), and below 0 counts as 0.
    """
    stores, items = listed.shape
    cell = (region_of_store[:, None] * items + np.arange(items)).ravel()
    cells = (int(region_of_store.max()) + 1) * items
    count = np.maximum(sums(cell, np.ones(stores * items), cells), 1.0)
    share = sums(cell, listed.ravel().astype(np.float64), cells) / count
    apart = listed.ravel() - share[cell]
    mean = sums(cell, known.ravel(), cells) / count
    x = known.ravel() - mean[cell]
    use = ((share > 0) & (share < 1))[cell]
    information = float((apart[use] ** 2).sum())
    variance = float((x[use] ** 2).mean()) if use.any() else 0.0
    if information <= 0 or variance <= 0:
        return Selection(0.0, float("inf"), 0.0)
    gap = float((apart * x)[use].sum()) / information
    item = np.tile(np.arange(items), stores)
    score = sums(item[use], (apart * (x - gap * apart))[use], items)
    error = float(np.sqrt(score @ score)) / information
    stretch = min(unknown_variance / variance, LARGEST_STRETCH)
    kept = max(1.0 - (error / gap) ** 2, 0.0) if gap > 0 else 0.0
    return Selection(gap, error, kept * gap * stretch)
