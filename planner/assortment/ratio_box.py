"""What is known of a part of the search: which items are open, and the range of every term."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.assortment.problem import Flags, Floats
from planner.assortment.ratios import RatioProblem

HALVINGS = 12


@dataclass(frozen=True)
class Box:
    """Ranges x with ``least <= x <= most`` whose terms lie inside bounds.

    ``least`` and ``most`` are 0 or 1 by candidate; the denominator of each term lies in
    [``below_least``, ``below_most``], its value in [``value_least``, ``value_most``].
    """

    least: Flags
    most: Flags
    below_least: Floats
    below_most: Floats
    value_least: Floats
    value_most: Floats

    @property
    def free(self) -> Flags:
        """Candidates that are neither in nor out."""
        return self.most & ~self.least

    @property
    def is_empty(self) -> bool:
        """Whether some bounds contradict one another: no range lies inside."""
        slack = 1e-9
        return bool(
            (self.least & ~self.most).any()
            or (self.below_least > self.below_most * (1 + slack) + slack).any()
            or (self.value_least > self.value_most * (1 + slack) + slack).any()
        )


def whole(problem: RatioProblem) -> Box:
    """Every range of the problem."""
    some = np.ones(len(problem.items), dtype=bool)
    terms = len(problem.base)
    alone = np.divide(
        problem.margin,
        problem.gain,
        out=np.full_like(problem.margin, np.inf),
        where=problem.gain > 0,
    )
    # A ratio of sums is at most the largest ratio of its parts.
    best = np.where(problem.margin > 0, alone, 0.0).max(axis=1, initial=0.0)
    box = Box(
        least=problem.must_list.copy(),
        most=some,
        below_least=np.zeros(terms),
        below_most=np.full(terms, np.inf),
        value_least=np.zeros(terms),
        value_most=best,
    )
    box = propagate(problem, box)
    return replace(box, value_most=_largest_ratios(problem, box))


def _largest_ratios(problem: RatioProblem, box: Box) -> Floats:
    """Upper bound of every term alone: a ratio is at most f where ``A - f D <= 0`` everywhere.

    Halving instead of Dinkelbach's steps: every value tried is proven, whatever the tolerance.
    """
    below, above = box.value_least.copy(), box.value_most.copy()
    for _ in range(HALVINGS):
        middle = 0.5 * (below + above)
        excess, _, _ = largest(problem, box, problem.margin - middle[:, None] * problem.gain)
        proven = excess - middle * problem.base <= 0
        above = np.where(proven, middle, above)
        below = np.where(proven, below, middle)
    return above


def propagate(problem: RatioProblem, box: Box) -> Box:
    """The bounds of the terms that follow from the open items and, one by one, the rows."""
    most, _, _ = largest(problem, box, problem.gain)
    below_least = np.maximum(box.below_least, problem.base + problem.gain @ box.least)
    below_most = np.minimum(box.below_most, problem.base + most)
    above, _, _ = largest(problem, box, problem.margin)
    value_most = np.minimum(
        box.value_most,
        np.divide(above, below_least, out=np.full_like(above, np.inf), where=below_least > 0),
    )
    value_least = np.maximum(
        box.value_least,
        np.divide(
            problem.margin @ box.least,
            below_most,
            out=np.zeros_like(above),
            where=below_most > 0,
        ),
    )
    return replace(
        box,
        below_least=below_least,
        below_most=below_most,
        value_least=value_least,
        value_most=value_most,
    )


def largest(problem: RatioProblem, box: Box, worth: Floats) -> tuple[Floats, Floats, Floats]:
    """Upper bound of ``worth x`` [T] over a box and, one at a time, its rows.

    Every row ``c x <= C`` with ``c >= 0`` gives the bound of its fractional knapsack,
    ``theta C + sum max(0, worth - theta c)``; the least of them counts. Also what an open item
    gives up when it is forced in, and when it is left out: [T, I] each, at most 0; a bound that
    knows the item adds it.
    """
    free, in_ = box.free, box.least
    fixed = worth @ in_
    gains = np.where(free, np.maximum(worth, 0.0), 0.0)
    bound = fixed + gains.sum(axis=1)
    when_in = np.where(free, np.minimum(worth, 0.0), 0.0)
    when_out = -gains
    for row, upper in zip(problem.rows, problem.row_upper, strict=True):
        if not np.isfinite(upper) or (row < 0).any():
            continue
        room = upper - float(row @ in_)
        weights = np.where(free, row, 0.0)
        if weights.sum() <= room:
            continue
        price = _knapsack_prices(gains, weights, max(room, 0.0))
        left = worth - price * weights
        total = fixed + price[:, 0] * max(room, 0.0)
        total = total + np.where(free, np.maximum(left, 0.0), 0.0).sum(axis=1)
        better = total < bound
        bound = np.where(better, total, bound)
        known_in = np.where(free, np.minimum(left, 0.0), 0.0)
        known_out = np.where(free, -np.maximum(left, 0.0), 0.0)
        when_in = np.where(better[:, None], known_in, when_in)
        when_out = np.where(better[:, None], known_out, when_out)
    return bound, when_in, when_out


def _knapsack_prices(gains: Floats, weights: Floats, room: float) -> Floats:
    """Worth per unit of room at which each fractional knapsack is full: [T, 1]."""
    density = np.divide(
        gains, weights, out=np.zeros_like(gains), where=np.broadcast_to(weights > 0, gains.shape)
    )
    order = np.argsort(-density, axis=1, kind="stable")
    used = np.cumsum(weights[order], axis=1)
    last = np.minimum((used <= room + 1e-12).sum(axis=1), gains.shape[1] - 1)
    rank = np.take_along_axis(order, last[:, None], axis=1)
    return np.take_along_axis(density, rank, axis=1)
