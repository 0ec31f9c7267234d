"""Exact search for the best range of a sum of ratios: reduce, bound, branch.

Each part of the search is a box. What a plan better than the best known must have cuts the box
down, by the small linear program over and over and, where that stalls, by the strong one; what is
left is split at an item or at the denominator of a term (Ryoo & Sahinidis, 1996). A local search
at the start mostly finds the best range: the rest is proof.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import ArrayLp
from planner.assortment.local_search import climb
from planner.assortment.problem import Flags
from planner.assortment.product_relaxation import ProductRelaxation
from planner.assortment.ratio_box import Box, propagate, whole
from planner.assortment.ratio_relaxation import (
    NOTHING,
    RatioRelaxation,
    Relaxed,
    fix_items,
)
from planner.assortment.ratios import RatioProblem

STALLED = 0.7
"""A round that leaves more than this share of the way to the floor is followed by the strong
program, then by a split."""

FEW = 10
"""Open items of a box all of whose ranges are tried."""


@dataclass(frozen=True)
class RatioAnswer:
    """The best range found (flags over the candidates; None: none exists or none was found) and
    an upper bound of every range, in money per week; the price of each row, by its name."""

    listed: Flags | None
    value: float
    bound: float
    row_prices: Mapping[str, float]
    time_limit_struck: bool


def solve_ratios(problem: RatioProblem, gap: float, seconds: float) -> RatioAnswer:
    """Best range to a relative gap, ``(bound - value) / max(1, |value|) <= gap``.

    ``bound`` is ``-inf`` where no range keeps every row.
    """
    return _Search(problem, gap, time.perf_counter() + seconds).run()


class _Search:
    def __init__(self, problem: RatioProblem, gap: float, deadline: float) -> None:
        self.problem, self.gap, self.deadline = problem, gap, deadline
        lp = ArrayLp()
        self.weak = RatioRelaxation(problem, lp)
        self.strong = ProductRelaxation(problem, lp)
        self.best: Flags | None = None
        self.value = -np.inf
        self.proved = -np.inf
        """Largest bound of the boxes that are done with and of what was cut off."""

    @property
    def floor(self) -> float:
        """What a plan must be worth to matter: more than the best one and the gap."""
        if self.best is None:
            return -np.inf
        # A little inside the gap, so that rounding does not lift the answer out of it.
        return self.value + 0.999 * self.gap * max(1.0, abs(self.value))

    def run(self) -> RatioAnswer:
        problem = self.problem
        self._climb(np.zeros(len(problem.items), dtype=bool))
        root, relaxed = self._reduce(whole(problem), np.inf)
        number, heap = 0, [(-relaxed.bound, 0, root, relaxed)]
        struck = False
        while heap and -heap[0][0] > self.floor:
            struck = time.perf_counter() > self.deadline
            if struck:
                break
            _, _, box, relaxed = heapq.heappop(heap)
            for part in self._split(box, relaxed):
                smaller, found = self._reduce(part, relaxed.bound, strong_first=True)
                if found.bound > self.floor:
                    number += 1
                    heapq.heappush(heap, (-found.bound, number, smaller, found))
        left = -heap[0][0] if heap else -np.inf
        bound = max(self.value, left, self.proved)
        prices = {} if self.best is None else row_prices(problem, self.best)
        return RatioAnswer(self.best, self.value, bound, prices, struck)

    def _climb(self, start: Flags) -> None:
        listed, value = climb(self.problem, start)
        if value > self.value:
            self.best, self.value = listed, value

    # ---- one box

    def _reduce(self, box: Box, bound: float, *, strong_first: bool = False) -> tuple[Box, Relaxed]:
        """Cut a box down until it is done with, or stalls; its last state and relaxation.

        A box that is done with comes back with the bound of nothing, its own one noted.
        """
        last, strong_is_next = np.inf, strong_first
        while True:
            box = propagate(self.problem, box)
            if box.is_empty:
                return self._done(box, min(bound, self.floor))
            relaxed, box = self._bound(box, strong=strong_is_next)
            if relaxed.bound == -np.inf:
                return self._done(box, min(bound, self.floor))
            bound = min(bound, relaxed.bound)
            if bound <= self.floor:
                return self._done(box, bound)
            if box.free.sum() <= FEW:
                return self._done(box, self._try_all(box))
            self._climb(relaxed.share > 0.5)
            way = bound - self.floor
            # Without a plan there is no way to measure: bound once by each program, then split.
            stalled = way > STALLED * last or not np.isfinite(way)
            # What is cut off from here on is worth the floor at most, but that it may be worth.
            self.proved = max(self.proved, self.floor)
            # Reduced costs count from the bound of their own program, not from the least so far.
            fixed = fix_items(box, relaxed, self.floor)
            if strong_is_next:
                stalled = stalled or fixed.free.sum() > STALLED * box.free.sum()
            box = fixed
            if (stalled and strong_is_next) or time.perf_counter() > self.deadline:
                return box, replace(relaxed, bound=bound)
            strong_is_next, last = stalled, way
            if not strong_is_next:
                box = propagate(self.problem, box)
                self.weak.load(box)
                box = self.weak.tighten(self.floor)

    def _bound(self, box: Box, *, strong: bool) -> tuple[Relaxed, Box]:
        if strong:
            return self.strong.bound(box, self.floor), box
        self.weak.load(box)
        return self.weak.solve(), box

    def _done(self, box: Box, bound: float) -> tuple[Box, Relaxed]:
        self.proved = max(self.proved, bound)
        return box, NOTHING

    def _try_all(self, box: Box) -> float:
        """The best value in a box of few open items, by trying every range of it."""
        problem, free = self.problem, np.flatnonzero(box.free)
        subsets = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free))) & 1
        ranges = np.tile(box.least.astype(np.float64), (len(subsets), 1))
        ranges[:, free] = subsets
        used = ranges @ problem.rows.T
        inside = (used <= problem.row_upper + 1e-9) & (used >= problem.row_lower - 1e-9)
        ranges = ranges[inside.all(axis=1)]
        if not len(ranges):
            return -np.inf
        values = problem.value(ranges)
        if values.max() > self.value:
            self.best, self.value = ranges[values.argmax()] > 0.5, float(values.max())
        return float(values.max())

    def _split(self, box: Box, relaxed: Relaxed) -> tuple[Box, Box]:
        """Two boxes that hold every range of one: split where the relaxation is furthest off."""
        problem, free = self.problem, box.free
        excess = relaxed.values - problem.terms(relaxed.share)
        fraction = np.where(free, np.minimum(relaxed.share, 1.0 - relaxed.share), 0.0)
        if fraction.max() > 1e-6:
            item = int(fraction.argmax())
        else:
            term = int(excess.argmax())
            item = int(np.where(free, problem.gain[term], -1.0).argmax())
        alone = np.zeros(len(free), dtype=bool)
        alone[item] = True
        return replace(box, least=box.least | alone), replace(box, most=box.most & ~alone)


def row_prices(problem: RatioProblem, listed: Flags) -> dict[str, float]:
    """What one more unit of each row is worth: duals of the program linear at a range.

    Each term is replaced by its tangent there, ``f + (margin - f gain) x / D``; duals of a
    relaxation that is loose elsewhere would say less.
    """
    share = listed.astype(np.float64)
    below = problem.base + problem.gain @ share
    inverse = np.divide(1.0, below, out=np.zeros_like(below), where=below > 0)
    slope = problem.margin - problem.terms(share)[:, None] * problem.gain
    lp = ArrayLp()
    lp.load(
        inverse @ slope - problem.cost,
        problem.must_list.astype(np.float64),
        np.ones(len(share)),
        sparse.csr_matrix(problem.rows),
        problem.row_lower,
        problem.row_upper,
    )
    duals = np.abs(lp.maximise().row_dual)
    return dict(zip(problem.row_names, duals.tolist(), strict=True))
