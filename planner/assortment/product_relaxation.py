"""A stronger bound of a sum of ratios: one column for every product of item and term.

With y = 1 / D the demand per unit of attraction and t = y x, the denominator and the value of a
term are linear. Bounds of y given that an item is in or out make the product rows tight, as in
Sen, Atamtürk & Kaminsky (2018), section 3; rows of the problem times y, and 1 / D from below,
hold the terms together. The lower row ``t >= L x`` is written into the columns
(``t = L x + s, s >= 0``), the others (``product_cuts``) are added where a solution breaks them: of
some twelve thousand only hundreds ever bind.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp
from planner.assortment.problem import Floats, Integers
from planner.assortment.product_cuts import (
    NO_CUTS,
    Columns,
    Cuts,
    Pairs,
    broken_cuts,
    cut_rows,
)
from planner.assortment.ratio_box import Box, largest
from planner.assortment.ratio_relaxation import RatioRelaxation, Relaxed
from planner.assortment.ratios import RatioProblem

ROUNDS = 30
SLOW = 0.05
"""Share of the way to the floor that a round must win; the second one that does not ends it."""
TINY = 1e-300


class ProductRelaxation:
    """The strong program; rows that held one box in are the first to be tried on the next."""

    def __init__(self, problem: RatioProblem, lp: ArrayLp) -> None:
        self.problem = problem
        self._lp = lp
        self._cuts = NO_CUTS

    def bound(self, box: Box, floor: float) -> Relaxed:
        """Bound of a box; terms whose group may be empty keep the small program's rows.

        Rows are added until none is broken, the bound is down to ``floor``, or it hardly falls.
        """
        base = RatioRelaxation(self.problem, self._lp)
        base.load(box)
        pairs = _pairs(self.problem, box, base.free)
        columns = Columns(len(base.free), len(self.problem.base), len(pairs.term))
        first_cut = self._load(base, box, pairs, columns)
        cuts = self._add(NO_CUTS, self._cuts, pairs, columns, base.free)
        last, slow = np.inf, 0
        for _ in range(ROUNDS):
            answer = self._lp.maximise()
            value = answer.value + base.constant
            if not np.isfinite(value) or value <= floor:
                break
            slow += last - value < SLOW * (value - floor)
            broken = broken_cuts(pairs, columns, base.free, answer.point)
            if slow > 1 or not len(broken.kind):
                break
            last = value
            cuts = self._add(cuts, broken, pairs, columns, base.free)
        if np.isfinite(answer.value):
            self._cuts = cuts.where(np.abs(answer.row_dual[first_cut:]) > 1e-9)
        return base.read(answer)

    def _add(self, there: Cuts, more: Cuts, pairs: Pairs, columns: Columns, free: Integers) -> Cuts:
        more, matrix, lower = cut_rows(more, pairs, columns, free)
        if len(lower):
            self._lp.add_rows(matrix, lower, np.full(len(lower), INFINITY))
        return there.and_also(more)

    def _load(self, base: RatioRelaxation, box: Box, pairs: Pairs, columns: Columns) -> int:
        """Put the program without product rows in place; the number of its rows."""
        problem, free = self.problem, base.free
        first, first_lower, first_upper = base.rows(box)
        beside = sparse.csr_matrix((first.shape[0], columns.total - first.shape[1]))
        blocks: list[Rows] = [
            (sparse.hstack([first, beside], format="csr"), first_lower, first_upper),
            _balance(problem, box, free, pairs, columns),
            _denominators(problem, box, free, columns),
            *_rows_times_y(problem, box, free, pairs, columns),
        ]
        known = box.below_least > 0
        y_least = np.where(known, 1.0 / np.maximum(box.below_most, TINY), 0.0)
        y_most = np.where(known, 1.0 / np.maximum(box.below_least, TINY), 0.0)
        beside_x = (box.value_least, y_least, box.below_least, np.zeros(columns.pairs))
        beside_x_most = (box.value_most, y_most, box.below_most, pairs.most_in - pairs.least_in)
        matrix = sparse.vstack([block for block, _, _ in blocks], format="csr")
        self._lp.load(
            np.concatenate([base.cost, np.zeros(columns.total - len(base.cost))]),
            np.concatenate([np.zeros(columns.items), *beside_x]),
            np.concatenate([np.ones(columns.items), *beside_x_most]),
            matrix,
            np.concatenate([lower for _, lower, _ in blocks]),
            np.concatenate([upper for _, _, upper in blocks]),
        )
        return int(matrix.shape[0])


Rows = tuple[sparse.csr_matrix, Floats, Floats]


def _pairs(problem: RatioProblem, box: Box, free: Integers) -> Pairs:
    touched = (problem.gain > 0) | (problem.margin > 0)
    touched[box.below_least <= 0] = False
    term, item = np.nonzero(touched[:, free])
    fixed = problem.base + problem.gain @ box.least
    bound, when_in, when_out = largest(problem, box, problem.gain)
    most = (problem.base + bound)[term]
    whole = free[item]
    gain = problem.gain[term, whole]
    widest, narrowest = box.below_most[term], box.below_least[term]
    below_in = np.minimum(widest, most + when_in[term, whole])
    below_out = np.minimum(widest, most + when_out[term, whole])
    least_below_in = np.maximum(narrowest, (fixed[term] + gain))
    return Pairs(
        term=term,
        item=item,
        least_in=1.0 / np.maximum(below_in, least_below_in),
        most_in=1.0 / least_below_in,
        least_out=1.0 / np.maximum(below_out, narrowest),
        most_out=1.0 / narrowest,
    )


def _sparse(rows: list[Integers], columns: list[Integers], values: list[Floats], count: int,
            width: int) -> sparse.csr_matrix:  # fmt: skip
    place = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), place), shape=(count, width))


def _balance(
    problem: RatioProblem, box: Box, free: Integers, pairs: Pairs, columns: Columns
) -> Rows:
    """``(base + gain of the fixed) y + sum gain t = 1`` and ``f = margins times y and t``."""
    known = np.flatnonzero(box.below_least > 0)
    number = np.full(len(problem.base), -1)
    number[known] = np.arange(len(known))
    row, whole = number[pairs.term], free[pairs.item]
    fixed = box.least.astype(np.float64)
    own_base, own_margin = problem.base + problem.gain @ fixed, problem.margin @ fixed
    gain, margin = problem.gain[pairs.term, whole], problem.margin[pairs.term, whole]
    s = columns.s + np.arange(columns.pairs)
    every, y = np.arange(len(known)), columns.y + known
    second = len(known)
    matrix = _sparse(
        [every, row, row, second + every, second + every, second + row, second + row],
        [y, pairs.item, s, columns.items + known, y, pairs.item, s],
        [own_base[known], gain * pairs.least_in, gain,
         np.ones(len(known)), -own_margin[known], -margin * pairs.least_in, -margin],
        2 * len(known),
        columns.total,
    )  # fmt: skip
    right = np.concatenate([np.ones(len(known)), np.zeros(len(known))])
    return matrix, right, right


def _denominators(problem: RatioProblem, box: Box, free: Integers, columns: Columns) -> Rows:
    """``D = base + gain x``, and ``y >= (2 D0 - D) / D0^2`` at both ends of D."""
    known = np.flatnonzero(box.below_least > 0)
    base = problem.base + problem.gain @ box.least
    own = np.zeros((len(base), columns.total))
    own[:, : columns.items] = problem.gain[:, free]
    own[np.arange(len(base)), columns.below + np.arange(len(base))] = -1.0
    blocks, lower = [sparse.csr_matrix(own)], [-base]
    for d0 in (box.below_least[known], box.below_most[known]):
        blocks.append(_tangents(known, d0, columns))
        lower.append(2.0 / d0)
    upper = np.concatenate([-base, np.full(2 * len(known), INFINITY)])
    return sparse.vstack(blocks, format="csr"), np.concatenate(lower), upper


def _rows_times_y(
    problem: RatioProblem, box: Box, free: Integers, pairs: Pairs, columns: Columns
) -> list[Rows]:
    """``c t <= C y`` for every row ``c x <= C`` with c >= 0, and the row times the slack of y.

    The second, ``yl (C - c x) <= C y - c t <= yu (C - c x)``, needs the product of every item in
    the row with the term; where an item of the row has none, only the first stands.
    """
    found: list[Rows] = []
    fixed = box.least.astype(np.float64)
    own = np.zeros((len(problem.base), len(free)))
    own[pairs.term, pairs.item] = 1.0
    for row, most in zip(problem.rows, problem.row_upper, strict=True):
        weights = row[free]
        room = float(most - row @ fixed)
        if not np.isfinite(room) or (row < 0).any() or room < 0:
            continue
        for t in np.flatnonzero(((own * weights).sum(axis=1) > room) & (box.below_least > 0)):
            mine = np.flatnonzero((pairs.term == t) & (weights[pairs.item] > 0))
            item, s = pairs.item[mine], columns.s + mine
            weight = weights[item]
            times = np.zeros((3, columns.total))
            times[:, item] += weight * pairs.least_in[mine]
            times[:, s] = weight
            times[:, columns.y + t] = -room
            lower = np.full(3, -INFINITY)
            upper = np.array([0.0, INFINITY, INFINITY])
            if (own[t] >= (weights > 0)).all():
                y_least, y_most = 1.0 / box.below_most[t], 1.0 / box.below_least[t]
                times[1, : columns.items] -= y_least * weights
                times[2, : columns.items] -= y_most * weights
                upper[1], lower[2] = -y_least * room, -y_most * room
                found.append((sparse.csr_matrix(times), lower, upper))
            else:
                found.append((sparse.csr_matrix(times[:1]), lower[:1], upper[:1]))
    return found


def _tangents(terms: Integers, d0: Floats, columns: Columns) -> sparse.csr_matrix:
    """``y + D / D0^2``, at least ``2 / D0`` because 1 / D is convex."""
    every = np.arange(len(terms))
    return _sparse(
        [every, every],
        [columns.y + terms, columns.below + terms],
        [np.ones(len(terms)), 1.0 / d0**2],
        len(terms),
        columns.total,
    )
