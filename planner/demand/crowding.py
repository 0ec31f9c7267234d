"""Crowding: the fuller a need group on the shelf, the less each of its items sells.

In the general attraction model (Gallego, Ratliff & Shebalov 2015, *Operations Research* 63) an
item sells N v / D, with D the attraction of what is listed, of no purchase and of the shadows of
what is missing; an item that comes into a range adds (1 - theta) v to D. Demand where an item was
never stocked is too high by that, unless ranges are part of the model.

How strongly sales fall with D is estimated from stores with different ranges. Not every table
knows ranges: where sales are a sample, an item that is absent may be on the shelf all the same.
Fuller groups then do not sell less of each item, and nothing is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.demand.signal_choice import without_means
from planner.demand.substitution import NO_PURCHASE_SHARE
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# An assumption, for theta is estimated later: missing items keep this share of their attraction.
SHADOW_SHARE = 0.4
# Standard errors that the slope must lie above zero to count.
CLEAR = 2.0
TURNS = 8


@dataclass(frozen=True)
class Crowding:
    """How the log of what an item sells falls with the log of its group's attraction D."""

    slope: float
    """0: no crowding to be seen; 1: the choice model with exactly known ranges."""
    standard_error: float
    """Clustered by store."""
    log_effect: Floats
    """[store, item] against a group of mean fullness; missing items as if added."""
    largest: float = np.inf
    """Two standard errors above the slope as it was measured."""

    @property
    def undecided(self) -> bool:
        """The history tells neither that groups are crowded nor that they are not."""
        return self.slope == 0 and self.largest > 0.5

    def assumption(self, pairs: int) -> Assumption:
        """The sentence for the *Assumptions* sheet; ``pairs``: those without history."""
        if self.slope:
            text = (
                f"Stores with a 10 % fuller need group sell {10 * self.slope:.1f} % less of each "
                f"item (standard error {10 * self.standard_error:.1f}); an item new to a range is "
                "foretold for the fuller group"
            )
        elif self.undecided:
            text = (
                "The history cannot tell whether fuller need groups sell less of each item: it is "
                "assumed that an item new to a given range takes its place by the choice model"
            )
        else:
            text = (
                "Stores with a fuller need group do not sell less of each item: it is assumed "
                "that an item new to a range does not take from itself by filling its group"
            )
        return Assumption("demand", "demand.crowding", text, pairs)


def no_crowding(stores: int, items: int) -> Crowding:
    """Where fitting starts."""
    return Crowding(0.0, 0.0, np.zeros((stores, items)))


def crowding(
    y: Floats,
    weight: Floats,
    attraction: Floats,
    listed: Flags,
    group_of_item: Ints,
    region_of_store: Ints,
) -> Crowding:
    """Regress what pairs sell beyond their model on the log of their group's attraction.

    y, weight: [store, item] log of sold over expected without crowding, and its information;
    attraction: [store, item] up to a factor of the store. Means of stores, and of items in
    regions, are taken out. A slope within two standard errors of 0 counts as 0. Linear in
    stores x items.
    """
    fullness = log_fullness(attraction, listed, group_of_item)
    x = without_means(-fullness, weight, region_of_store, TURNS)
    y = without_means(y, weight, region_of_store, TURNS)
    hessian = float((weight * x**2).sum())
    if hessian < 1e-6:
        return no_crowding(*y.shape)
    slope = float((weight * x * y).sum()) / hessian
    score = (weight * x * (y - slope * x)).sum(axis=1)
    error = float(np.sqrt(score @ score)) / hessian
    largest = slope + CLEAR * error
    if slope < CLEAR * error:
        return replace(no_crowding(*y.shape), largest=largest)
    slope = min(slope, 1.0)
    return Crowding(slope, error, -slope * fullness, largest)


def log_fullness(attraction: Floats, listed: Flags, group_of_item: Ints) -> Floats:
    """[store, item] log of D with the item in it, over its mean over the stores.

    D is in shares of the attraction of the whole group in that store: more shoppers, or shoppers
    who like the group more, fill no shelf. Stores that list nothing of a group count as the
    emptiest that list something.
    """
    groups = int(group_of_item.max()) + 1
    there = columns(attraction * listed, group_of_item, groups)
    whole = columns(attraction, group_of_item, groups)
    some = there > 0
    on_shelf = np.where(some, there / np.maximum(whole, 1e-12), np.nan)
    known = some.any(axis=0)
    usual = np.ones(groups)
    usual[known] = np.nanmean(on_shelf[:, known], axis=0)
    least = np.ones(groups)
    least[known] = np.nanmin(on_shelf[:, known], axis=0)
    on_shelf = np.where(some, on_shelf, least)
    outside = NO_PURCHASE_SHARE * usual
    full = on_shelf + SHADOW_SHARE * (1.0 - on_shelf) + outside
    mean = np.exp(np.log(full).mean(axis=0))
    share = attraction / np.maximum(whole, 1e-12)[:, group_of_item]
    own = np.where(listed, 0.0, (1.0 - SHADOW_SHARE) * share)
    return np.asarray(np.log((full[:, group_of_item] + own) / mean[group_of_item]))


def columns(values: Floats, label: Ints, units: int) -> Floats:
    """[store, unit] sums of [store, item] values over the items of each unit."""
    store, _ = np.indices(values.shape)
    cell = (store * units + label).ravel()
    return sums(cell, values.ravel(), len(values) * units).reshape(len(values), units)
