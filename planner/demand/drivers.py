"""Known causes that move the items' levels: chain-wide discounts and the time of the year.

The level of an item is a random walk plus its drivers' effects. A Kalman filter run over the
level and over each driver gives the sums of the generalised least squares with random-walk
errors (de Jong 1991, *Annals of Statistics* 19, the augmented filter); every item's
coefficients are then pooled: items towards their need group, need groups towards the chain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TURNS = 30
SMALLEST_VARIANCE = 1e-6


@dataclass(frozen=True)
class Pooled:
    """Coefficients of every item, with the spread that is left."""

    mean: Floats
    """[item, coefficient]"""
    covariance: Floats
    """[item, coefficient, coefficient]"""
    centre: Floats
    """[coefficient] mean of the chain."""
    between_items: Floats
    """[coefficient] variance of items inside a need group."""
    between_groups: Floats
    """[coefficient] variance of need groups around the chain's mean."""

    def part(self, which: slice) -> Pooled:
        """The same for some of the coefficients."""
        return Pooled(
            self.mean[:, which],
            self.covariance[:, which, which],
            self.centre[which],
            self.between_items[which],
            self.between_groups[which],
        )


def pool(
    information: Floats,
    vector: Floats,
    group: Ints,
    *,
    centre: Floats,
    centre_variance: Floats,
    start: Floats,
    largest: Floats,
) -> Pooled:
    """Empirical Bayes of ``coefficient = chain + need group + item`` by EM.

    information [item, k, k] and vector [item, k]: normal equations of each item (zero where
    nothing is known); centre and centre_variance [k]: prior of the chain's mean; start: first
    value of the two variances, largest: where they stop. Gelman et al. (2013, *Bayesian Data
    Analysis*), chapter 15.
    """
    k = len(centre)
    size = int(group.max()) + 1
    item_variance, group_variance = start.copy(), start.copy()
    eye = np.eye(k)
    prior_centre, centre = centre, centre.copy()
    known = np.einsum("nkk->nk", information).sum(axis=1) > 0
    groups_known = np.bincount(group[known], minlength=size) > 0
    for _ in range(TURNS):
        shifted = vector - information @ centre
        prior = eye / item_variance
        item_covariance = np.linalg.inv(information + prior)
        # What an item says of its group: its own deviation is integrated out.
        keep = eye - np.einsum("nij,njk->nik", information, item_covariance)
        marginal = np.einsum("nij,njk->nik", keep, information)
        told = np.einsum("nij,nj->ni", keep, shifted)
        group_information = np.zeros((size, k, k))
        group_vector = np.zeros((size, k))
        for i in range(k):
            group_vector[:, i] = sums(group, told[:, i], size)
            for j in range(k):
                group_information[:, i, j] = sums(group, marginal[:, i, j], size)
        group_covariance = np.linalg.inv(group_information + eye / group_variance)
        group_mean = np.einsum("nij,nj->ni", group_covariance, group_vector)
        offset = group_mean[group]
        mean = np.einsum("nij,nj->ni", item_covariance, shifted + offset @ prior)
        # The group's own uncertainty reaches the item as far as the item does not know better.
        reach = item_covariance @ prior
        spread = np.einsum("nij,njk,nlk->nil", reach, group_covariance[group], reach)
        covariance = item_covariance + spread
        absolute = mean + centre
        if known.any():
            # Item and group are unsure together: what one has, the other has not.
            apart = eye - reach
            unsure = np.einsum("nij,njk,nlk->nil", apart, group_covariance[group], apart)
            gap = (mean - offset) ** 2 + np.einsum("nkk->nk", item_covariance + unsure)
            item_variance = np.clip(gap[known].mean(axis=0), SMALLEST_VARIANCE, largest)
            square = group_mean**2 + np.einsum("nkk->nk", group_covariance)
            group_variance = np.clip(square[groups_known].mean(axis=0), SMALLEST_VARIANCE, largest)
            sure = 1.0 / (group_variance + np.einsum("nkk->nk", group_covariance)[groups_known])
            shift = (sure * group_mean[groups_known]).sum(axis=0)
            shift += (prior_centre - centre) / centre_variance
            centre = centre + shift / (sure.sum(axis=0) + 1.0 / centre_variance)
    return Pooled(absolute, covariance, centre, item_variance, group_variance)
