"""Bound of a sum of ratios by a small linear program, and what it proves of items and terms.

A term's value f, its denominator D and its numerator A are tied by ``A = f D``; with bounds of f
and D the four rows of McCormick (1976) hold it, and they tie f to the range with one column a
term. The program is weak while the bounds are wide, yet so small that they can be tightened over
and over by what a better plan than the best known must have (range reduction; Ryoo & Sahinidis,
1996, "A branch-and-reduce approach to global optimization", Journal of Global Optimization 8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp, LpAnswer
from planner.assortment.problem import Floats, Integers
from planner.assortment.ratio_box import Box
from planner.assortment.ratios import RatioProblem

SLACK = 1e-9
"""Kept at every bound that a linear program proves: its own tolerance."""


@dataclass(frozen=True)
class Relaxed:
    """A bound of a box with the share of each item [I] and the values of the terms [T]."""

    bound: float
    share: Floats
    values: Floats
    reduced_cost: Floats
    """By item [I]: what moving an item away from its bound changes at least."""


NOTHING = Relaxed(-np.inf, np.zeros(0), np.zeros(0), np.zeros(0))
"""The answer where a box holds no range."""


class RatioRelaxation:
    """The linear program of a box, loaded once for each of its states."""

    def __init__(self, problem: RatioProblem, lp: ArrayLp) -> None:
        self.problem = problem
        self._lp = lp

    def load(self, box: Box) -> None:
        """Put the rows of a box in place, without a floor of the objective."""
        problem = self.problem
        self.box = box
        self.free: Integers = np.flatnonzero(box.free)
        self._fixed = box.least.astype(np.float64)
        terms, items = len(problem.base), len(self.free)
        matrix, lower, upper = self.rows(box)
        self.cost = np.concatenate([-problem.cost[self.free], np.ones(terms)])
        self.constant = -float(problem.cost @ self._fixed)
        self._floor_row = len(lower)
        full = sparse.vstack([matrix, sparse.csr_matrix(self.cost)], format="csr")
        self._lp.load(
            self.cost,
            np.concatenate([np.zeros(items), box.value_least]),
            np.concatenate([np.ones(items), box.value_most]),
            full,
            np.append(lower, -INFINITY),
            np.append(upper, INFINITY),
        )

    def rows(self, box: Box) -> tuple[sparse.csr_matrix, Floats, Floats]:
        """Rows of the problem, then the four rows of each term: columns are items, then terms."""
        matrix, lower = self.term_rows(box)
        used = self.problem.rows @ self._fixed
        count = len(self.problem.base)
        beside = np.zeros((len(used), count))
        own = np.hstack([self.problem.rows[:, self.free], beside])
        every = sparse.csr_matrix(np.vstack([own, matrix]))
        return (
            every,
            np.concatenate([self.problem.row_lower - used, lower]),
            np.concatenate([self.problem.row_upper - used, np.full(len(lower), INFINITY)]),
        )

    def term_rows(self, box: Box) -> tuple[Floats, Floats]:
        """``A - f0 D - d0 f >= -f0 d0`` and its like, for every term and corner (f0, d0)."""
        problem, count = self.problem, len(self.problem.base)
        base = problem.base + problem.gain @ self._fixed
        above = problem.margin @ self._fixed
        blocks, lowers = [], []
        for f0, d0, sign in (
            (box.value_least, box.below_least, 1.0),
            (box.value_most, box.below_most, 1.0),
            (box.value_most, box.below_least, -1.0),
            (box.value_least, box.below_most, -1.0),
        ):
            items = problem.margin[:, self.free] - f0[:, None] * problem.gain[:, self.free]
            blocks.append(sign * np.hstack([items, -np.diag(d0).reshape(count, count)]))
            lowers.append(sign * (f0 * base - above - f0 * d0))
        return np.vstack(blocks), np.concatenate(lowers)

    def solve(self) -> Relaxed:
        """The bound of the box; ``-inf`` where it holds no range."""
        return self.read(self._lp.maximise())

    def read(self, answer: LpAnswer) -> Relaxed:
        """An answer of the linear program in terms of the problem's items."""
        if answer.value == -np.inf:
            return NOTHING
        if answer.value == np.inf:
            return self._unknown()
        items, terms = len(self.free), len(self.problem.base)
        share = self._fixed.copy()
        share[self.free] = answer.point[:items]
        reduced = np.zeros(len(share))
        reduced[self.free] = answer.reduced_cost[:items]
        return Relaxed(
            bound=answer.value + self.constant,
            share=share,
            values=answer.point[items : items + terms],
            reduced_cost=reduced,
        )

    def _unknown(self) -> Relaxed:
        """What is known where the solver gave up: nothing, so every open item is half in."""
        share = self._fixed.copy()
        share[self.free] = 0.5
        nothing = np.zeros(len(share))
        return Relaxed(np.inf, share, self.problem.terms(share), nothing)

    def tighten(self, floor: float) -> Box:
        """The box with every term's range cut to what plans worth ``floor`` or more can have."""
        self._lp.bound_row(self._floor_row, floor - self.constant)
        problem, box = self.problem, self.box
        base = problem.base + problem.gain @ self._fixed
        below_least, below_most = box.below_least.copy(), box.below_most.copy()
        value_least, value_most = box.value_least.copy(), box.value_most.copy()
        items, terms = len(self.free), len(problem.base)
        for t in range(terms):
            if below_most[t] > below_least[t] + SLACK:
                cost = np.concatenate([problem.gain[t, self.free], np.zeros(terms)])
                low, high = self._lp.extremes(cost)
                below_least[t] = max(below_least[t], low + base[t] - SLACK)
                below_most[t] = min(below_most[t], high + base[t] + SLACK)
            if value_most[t] > value_least[t] + SLACK:
                cost = np.zeros(items + terms)
                cost[items + t] = 1.0
                low, high = self._lp.extremes(cost)
                margin = SLACK * max(1.0, abs(value_most[t]))
                value_least[t] = max(value_least[t], low - margin)
                value_most[t] = min(value_most[t], high + margin)
        return replace(
            box,
            below_least=below_least,
            below_most=below_most,
            value_least=value_least,
            value_most=value_most,
        )


def fix_items(box: Box, relaxed: Relaxed, floor: float) -> Box:
    """The box without what its reduced costs rule out for plans worth more than ``floor``."""
    margin = SLACK * max(1.0, abs(relaxed.bound))
    room = relaxed.bound - floor + margin
    free = box.free
    out = free & (relaxed.share < 0.5) & (-relaxed.reduced_cost > room)
    in_ = free & (relaxed.share > 0.5) & (relaxed.reduced_cost > room)
    return replace(box, most=box.most & ~out, least=box.least | in_)
