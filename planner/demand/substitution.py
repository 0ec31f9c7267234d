"""Substitution inside need groups: a general attraction model that gives back the demand.

Gallego, Ratliff & Shebalov (2015), *Operations Research* 63(1): listed item i of set S sells
N v_i / (v_0 + sum of w_j not in S + sum of v_j in S). Here w_j = theta v_j / lift_j with one theta
for each need group; the lift is what promotions of the horizon add to an item's attraction while
it can be bought. Scaled so that at the current range R the denominator is N itself, that is a
unit of attraction sells one unit a week.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Rule for what is not known from sales: shoppers who buy nothing weigh a quarter of the group's
# usual range, every item counted with the share of the stores that list it.
NO_PURCHASE_SHARE = 0.25
# A missing item must leave some of its group's potential to the rest; where its demand alone
# would take more than this share, the potential (no-purchase included) is raised.
LARGEST_SHARE = 0.75
NEWTON_STEPS = 12
# Where the theta of a recapture is first looked for.
GRID = np.linspace(0.0, 1.0, 9)
LARGEST_STEPS = 40


@dataclass(frozen=True)
class Attractions:
    """The choice model of every store: arrays [store, item] and [store, need group]."""

    demand: Floats
    """Units a week of each item if added to or kept in the current range."""
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


class GroupChoice:
    """The choice inside need groups as it follows from theta; all else is given.

    demand: units a week of each item if added to or kept in the store's current range; listed:
    that range; lift: factor of planned promotions on demand, none if left out; untried: not
    listed, and ``demand`` is what a model learned elsewhere foretells; all [store, item]. An
    untried item's number is taken as its attraction: the store's sales that it leans on were made
    without the item, which will take from the others once it is added. theta is [need group]
    throughout: shadow attraction as a share of the attraction without promotions.
    """

    def __init__(
        self,
        demand: Floats,
        listed: Flags,
        group_of_item: Ints,
        groups: int,
        lift: Floats | None = None,
        untried: Flags | None = None,
    ) -> None:
        self.order = np.argsort(group_of_item, kind="stable")
        self.demand, self.listed = demand[:, self.order], listed[:, self.order]
        self.groups, self.group = groups, group_of_item[self.order]
        self.lift = np.ones_like(demand) if lift is None else np.maximum(lift, 1.0)[:, self.order]
        self.starts = np.flatnonzero(np.diff(self.group, prepend=-1))
        self.present = self.group[self.starts]
        self.missing = np.where(self.listed, 0.0, self.demand)
        self.range_units = self.sum(np.where(self.listed, self.demand, 0.0))
        self.empty = self.range_units <= 0
        # Demand that was seen (or stated) with the item in the denominator. Where nothing of the
        # group is listed, the model leans on stores that list it.
        tried = np.ones_like(self.listed) if untried is None else ~untried[:, self.order]
        self.made_room = np.where(tried | self.empty[:, self.group], self.missing, 0.0)
        # Nothing listed: potential from all demand instead of the range's. Promotions bring no
        # more shoppers who buy nothing.
        stocked = self.listed.mean(axis=0)
        nowhere = self.sum(stocked[None])[0] == 0
        stocked = np.where(nowhere[self.group], 1.0, stocked)
        usual = self.sum(self.demand / self.lift * stocked)
        anchor = np.where(self.empty, self.sum(self.demand), self.range_units)
        self.fixed = anchor + NO_PURCHASE_SHARE * usual

    def attractions(self, theta: Floats) -> Attractions:
        """Attractions that give back the demand."""
        potential, raised = self.potential(theta)
        v = self.attraction(theta, potential)
        w = v * self.shadow(theta)
        missing = self.sum(np.where(self.listed, 0.0, w))
        n = np.maximum(potential[:, self.group], 1e-12)
        added = np.where(self.made_room > 0, self.demand, v * n / (n + v - w))
        demand = np.where(self.listed, self.demand, added)

        def in_order(values: Floats) -> Floats:
            placed = np.empty_like(values)
            placed[:, self.order] = values
            return placed

        return Attractions(
            demand=in_order(demand),
            attraction=in_order(v),
            shadow_attraction=in_order(w),
            no_purchase=np.maximum(potential - missing - self.range_units, 0.0),
            potential=potential,
            theta=theta,
            recapture=self.recapture(theta),
            raised=int(raised.sum()),
        )

    def theta_of(self, recapture_share: Floats, tolerance: float = 1e-7) -> Floats:
        """The theta of each need group at which recapture is ``recapture_share`` [need group].

        tolerance: in shares of recapture. 0 where even theta = 0 recaptures less, 1 where the
        share is 0.
        """
        curve, each = self._curve, np.arange(self.groups)
        # The last grid point at which so much is recaptured, and the next one.
        at = np.clip((curve >= recapture_share).sum(axis=0) - 1, 0, len(GRID) - 2)
        low, high = GRID[at], GRID[at + 1]
        above, below = curve[at, each], curve[at + 1, each]
        theta = low
        between = (above > recapture_share) & (below < recapture_share)
        for step in range(LARGEST_STEPS):
            # Regula falsi and bisection by turns: fast where straight, safe where bent.
            fall = np.where(between, above - below, 1.0)
            straight = (above - recapture_share) / fall if step % 2 == 0 else 0.5
            theta = np.where(between, low + (high - low) * straight, theta)
            value = self.recapture(theta)
            if (np.abs(value - recapture_share)[between] <= tolerance).all():
                break
            reached = value >= recapture_share
            low, above = np.where(reached, theta, low), np.where(reached, value, above)
            high, below = np.where(reached, high, theta), np.where(reached, below, value)
        return np.where(curve[-1] >= recapture_share, 1.0, theta)

    @cached_property
    def _curve(self) -> Floats:
        """Recapture at each theta of GRID, [grid, need group]."""
        return np.stack([self.recapture(np.full(self.groups, theta)) for theta in GRID])

    def recapture(self, theta: Floats) -> Floats:
        """[need group] recapture at the current range.

        One listed item taken away, share of its units that moves to the others, averaged by
        units over items and stores.
        """
        potential, _ = self.potential(theta)
        units = np.where(self.listed, self.demand, 0.0)
        free = (1.0 - self.shadow(theta)) * units
        rest = potential[:, self.group] - free
        others = np.maximum(self.range_units[:, self.group] - units, 0.0)
        moved = self.sum(np.where(rest > 0, others * free / np.where(rest > 0, rest, 1.0), 0.0))
        total = self.range_units.sum(axis=0)
        return np.where(total > 0, moved.sum(axis=0) / np.where(total > 0, total, 1.0), 0.0)

    def range_share(self, theta: Floats) -> Floats:
        """Share of the potential that the current range draws, [store, need group]."""
        potential, _ = self.potential(theta)
        return np.where(potential > 0, self.range_units / np.maximum(potential, 1e-12), 0.0)

    def _over(self, function: np.ufunc, values: Floats) -> Floats:
        total = np.zeros((len(values), self.groups))
        total[:, self.present] = function.reduceat(values, self.starts, axis=1)
        return total

    def sum(self, values: Floats) -> Floats:
        """[store, need group] sums of [store, item] values."""
        return self._over(np.add, values)

    def shadow(self, theta: Floats) -> Floats:
        """Shadow attraction as a share of the attraction, [store, item]."""
        return theta[self.group] / self.lift

    def potential(self, theta: Floats) -> tuple[Floats, Flags]:
        """N = v_0 + sum_missing s d N / (N - (1-s) d) + sum_listed d, s the shadow's share.

        By Newton's method: the left side less the right is increasing and concave in N, so steps
        from the left of the root never pass it. Also which store-groups were held up by
        LARGEST_SHARE.
        """
        share = self.shadow(theta) * self.missing
        lost = (1.0 - self.shadow(theta)) * self.made_room
        floor = self._over(np.maximum, lost) / LARGEST_SHARE
        start = self.fixed + np.where(self.empty, 0.0, self.sum(share))
        potential = np.maximum(start, floor)
        for _ in range(NEWTON_STEPS):
            n = potential[:, self.group]
            rest = np.maximum(n - lost, 1e-12)
            term = share * n / rest
            miss = potential - self.fixed - self.sum(term)
            slope = 1.0 + self.sum(share * lost / rest**2)
            step = np.where(self.empty | (miss >= 0), 0.0, -miss / slope)
            potential = potential + step
            if float((step / np.maximum(potential, 1e-12)).max(initial=0.0)) < 1e-10:
                break
        return potential, ~self.empty & (potential <= floor)

    def attraction(self, theta: Floats, potential: Floats) -> Floats:
        """Listed, untried: the demand itself. Missing: v with N v / (N + (1 - s) v) = demand."""
        n = potential[:, self.group]
        lost = (1.0 - self.shadow(theta)) * self.made_room
        return np.where(self.listed, self.demand, self.demand * n / np.maximum(n - lost, 1e-12))
