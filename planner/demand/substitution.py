"""Substitution inside need groups: a general attraction model fitted to a stated recapture.

Gallego, Ratliff & Shebalov (2015), *Operations Research* 63(1): listed item i of set S sells
N v_i / (v_0 + sum of w_j not in S + sum of v_j in S). Here w_j = theta v_j with one theta for
each need group, scaled so that at the current range R the denominator is N itself, that is a
unit of attraction sells one unit a week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Rule for what is not known from sales: shoppers who buy nothing weigh a quarter of the range.
NO_PURCHASE_SHARE = 0.25
# A missing item must leave some of its group's potential to the rest; where its demand alone
# would take more than this share, the potential (no-purchase included) is raised.
LARGEST_SHARE = 0.75
NEWTON_STEPS = 12
BISECTIONS = 30


@dataclass(frozen=True)
class Attractions:
    """The choice model of every store: arrays [store, item] and [store, need group]."""

    attraction: Floats
    shadow_attraction: Floats
    no_purchase: Floats
    potential: Floats
    theta: Floats
    """[need group] shadow attraction as a share of attraction."""
    recapture: Floats
    """[need group] recapture measured at the current ranges."""
    raised: int
    """Store-groups whose no-purchase attraction is above the rule, for a large missing item."""


def attractions(
    demand: Floats, listed: Flags, group_of_item: Ints, groups: int, recapture_share: float
) -> Attractions:
    """Attractions that give back ``demand`` and, where they can, ``recapture_share``.

    demand: units a week of each item if added to or kept in the store's current range; listed:
    that range, both [store, item]. theta of a group is the one at which the recapture at the
    current range (take one item away, share of its units that moves to the others, averaged by
    units over items and stores) equals ``recapture_share``; 0 where even that is not reached.
    """
    order = np.argsort(group_of_item, kind="stable")
    model = _Model(demand[:, order], listed[:, order], group_of_item[order], groups)
    low, high = np.zeros(groups), np.ones(groups)
    reachable = model.recapture(low) > recapture_share
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = model.recapture(middle) > recapture_share
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    theta = np.where(reachable, (low + high) / 2, 0.0)

    potential, raised = model.potential(theta)
    v = np.empty_like(demand)
    v[:, order] = model.attraction(theta, potential)
    w = v * theta[group_of_item]
    missing = model.sum(np.where(model.listed, 0.0, w[:, order]))
    return Attractions(
        attraction=v,
        shadow_attraction=w,
        no_purchase=np.maximum(potential - missing - model.range_units, 0.0),
        potential=potential,
        theta=theta,
        recapture=model.recapture(theta),
        raised=int(raised.sum()),
    )


class _Model:
    """Everything that does not change with theta; items sorted by need group."""

    def __init__(self, demand: Floats, listed: Flags, group: Ints, groups: int) -> None:
        self.demand, self.listed, self.group, self.groups = demand, listed, group, groups
        self.starts = np.flatnonzero(np.diff(group, prepend=-1))
        self.present = group[self.starts]
        self.missing = np.where(listed, 0.0, demand)
        self.range_units = self.sum(np.where(listed, demand, 0.0))
        self.largest_missing = self._over(np.maximum, self.missing)
        self.empty = self.range_units <= 0
        # Nothing listed: potential from all demand instead of the range's.
        self.anchor = np.where(self.empty, self.sum(demand), self.range_units)

    def _over(self, function: np.ufunc, values: Floats) -> Floats:
        total = np.zeros((len(values), self.groups))
        total[:, self.present] = function.reduceat(values, self.starts, axis=1)
        return total

    def sum(self, values: Floats) -> Floats:
        """[store, need group] sums of [store, item] values."""
        return self._over(np.add, values)

    def potential(self, theta: Floats) -> tuple[Floats, Flags]:
        """N = v_0 + theta sum_missing d N / (N - (1-theta) d) + sum_listed d, by Newton's method.

        The left side less the right is increasing and concave in N, so steps from the left of
        the root never pass it. Also which store-groups were held up by LARGEST_SHARE.
        """
        fixed = (1.0 + NO_PURCHASE_SHARE) * self.anchor
        floor = (1.0 - theta) * self.largest_missing / LARGEST_SHARE
        outward = theta * self.sum(self.missing)
        potential = np.maximum(np.where(self.empty, fixed, fixed + outward), floor)
        lost = (1.0 - theta)[self.group] * self.missing
        share = theta[self.group] * self.missing
        for _ in range(NEWTON_STEPS):
            n = potential[:, self.group]
            rest = np.maximum(n - lost, 1e-12)
            term = share * n / rest
            miss = potential - fixed - self.sum(term)
            slope = 1.0 + self.sum(share * lost / rest**2)
            step = np.where(self.empty | (miss >= 0), 0.0, -miss / slope)
            potential = potential + step
            if float((step / np.maximum(potential, 1e-12)).max(initial=0.0)) < 1e-12:
                break
        return potential, ~self.empty & (potential <= floor)

    def attraction(self, theta: Floats, potential: Floats) -> Floats:
        """Listed: the demand itself. Missing: v with N v / (N + (1 - theta) v) = demand."""
        n = potential[:, self.group]
        lost = (1.0 - theta)[self.group] * self.missing
        return np.where(self.listed, self.demand, self.demand * n / np.maximum(n - lost, 1e-12))

    def recapture(self, theta: Floats) -> Floats:
        """[need group] share of a listed item's units that moves to the others without it."""
        potential, _ = self.potential(theta)
        units = np.where(self.listed, self.demand, 0.0)
        free = (1.0 - theta)[self.group] * units
        rest = potential[:, self.group] - free
        others = np.maximum(self.range_units[:, self.group] - units, 0.0)
        moved = self.sum(np.where(rest > 0, others * free / np.where(rest > 0, rest, 1.0), 0.0))
        total = self.range_units.sum(axis=0)
        return np.where(total > 0, moved.sum(axis=0) / np.where(total > 0, total, 1.0), 0.0)
