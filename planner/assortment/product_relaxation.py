"""A stronger bound of a sum of ratios: one column for every product of item and term.

With y = 1 / D the demand per unit of attraction and t = y x, the denominator and the value of a
term are linear. Bounds of y given that an item is in or out make the product rows tight, as in
Sen, Atamtürk & Kaminsky (2018), section 3; rows of the problem times y, and 1 / D from below,
hold the terms together. The lower row ``t >= L x`` is written into the columns
(``t = L x + s, s >= 0``), the others are added where a solution breaks them: of some twelve
thousand only hundreds ever bind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp
from planner.assortment.problem import Floats, Integers
from planner.assortment.ratio_box import Box, largest
from planner.assortment.ratio_relaxation import RatioRelaxation, Relaxed
from planner.assortment.ratios import RatioProblem

ROUNDS = 30
TANGENTS = 4
BROKEN = 1e-6
"""Least violation (share of y) at which a row is added."""


@dataclass(frozen=True)
class Pairs:
    """The products of one box: term and item (position among the open ones) of each, and bounds
    of y given that the item is in, and given that it is out."""

    term: Integers
    item: Integers
    least_in: Floats
    most_in: Floats
    least_out: Floats
    most_out: Floats


def product_bound(problem: RatioProblem, box: Box, lp: ArrayLp) -> Relaxed:
    """Bound of a box over the product rows; terms that may have an empty group keep theirs.

    Columns: open items x, term values f, y by term, s by pair.
    """
    base = RatioRelaxation(problem, lp)
    base.load(box)
    pairs = _pairs(problem, box, base.free)
    columns = _Columns(len(base.free), len(problem.base), len(pairs.term))
    blocks = [_balance(problem, box, base.free, pairs, columns)]
    blocks.append(_convexity(problem, box, base.free, columns))
    blocks += _rows_times_y(problem, box, base.free, pairs, columns)
    first, first_lower, first_upper = base.rows(box)
    wide = sparse.hstack(
        [first, sparse.csr_matrix((first.shape[0], columns.total - first.shape[1]))]
    )
    matrix = sparse.vstack([wide, *(block for block, _, _ in blocks)], format="csr")
    product_terms = box.below_least > 0
    inverse = np.divide(1.0, box.below_least, out=np.ones_like(box.below_least),
                        where=product_terms)  # fmt: skip
    lp.load(
        np.concatenate([base.cost, np.zeros(columns.total - len(base.cost))]),
        np.concatenate(
            [
                np.zeros(columns.items),
                box.value_least,
                np.where(product_terms, 1.0 / np.maximum(box.below_most, 1e-300), 0.0),
                np.zeros(columns.pairs),
            ]
        ),
        np.concatenate(
            [np.ones(columns.items), box.value_most, inverse, pairs.most_in - pairs.least_in]
        ),
        matrix,
        np.concatenate([first_lower, *(lower for _, lower, _ in blocks)]),
        np.concatenate([first_upper, *(upper for _, _, upper in blocks)]),
    )
    for _ in range(ROUNDS):
        answer = lp.maximise()
        if not np.isfinite(answer.value):
            break
        broken, lower = _broken_rows(pairs, columns, answer.point)
        if not len(lower):
            break
        lp.add_rows(broken, lower, np.full(len(lower), INFINITY))
    return base.read(answer)


@dataclass(frozen=True)
class _Columns:
    items: int
    terms: int
    pairs: int

    @property
    def y(self) -> int:
        return self.items + self.terms

    @property
    def s(self) -> int:
        return self.items + 2 * self.terms

    @property
    def total(self) -> int:
        return self.s + self.pairs


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
    problem: RatioProblem, box: Box, free: Integers, pairs: Pairs, columns: _Columns
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


def _convexity(problem: RatioProblem, box: Box, free: Integers, columns: _Columns) -> Rows:
    """``y >= (2 D0 - D) / D0^2`` at a few D0: 1 / D is convex."""
    known = np.flatnonzero(box.below_least > 0)
    base = problem.base + problem.gain @ box.least
    blocks, right = [], []
    for share in np.linspace(0.0, 1.0, TANGENTS):
        d0 = box.below_least[known] ** (1 - share) * box.below_most[known] ** share
        matrix = np.zeros((len(known), columns.total))
        matrix[:, : columns.items] = problem.gain[np.ix_(known, free)] / d0[:, None] ** 2
        matrix[np.arange(len(known)), columns.y + known] = 1.0
        blocks.append(sparse.csr_matrix(matrix))
        right.append((2.0 * d0 - base[known]) / d0**2)
    lower = np.concatenate(right)
    return sparse.vstack(blocks, format="csr"), lower, np.full(len(lower), INFINITY)


def _rows_times_y(
    problem: RatioProblem, box: Box, free: Integers, pairs: Pairs, columns: _Columns
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


def _broken_rows(
    pairs: Pairs, columns: _Columns, point: Floats
) -> tuple[sparse.csr_matrix, Floats]:
    """Product rows that a point breaks, as ``row >= lower``: over the pairs, t = L x + s."""
    x, s = point[pairs.item], point[columns.s :]
    y = point[columns.y + pairs.term]
    t = pairs.least_in * x + s
    families = (
        # U x - t >= 0,  y - t + L x >= L,  t - y - U x >= -U;  L, U of y given in or given out
        (pairs.most_in * x - t, pairs.most_in, -1.0, 0.0, np.zeros(len(x))),
        (y - t - pairs.least_out * (1 - x), pairs.least_out, -1.0, 1.0, pairs.least_out),
        (t - y + pairs.most_out * (1 - x), -pairs.most_out, 1.0, -1.0, -pairs.most_out),
    )
    blocks, lowers = [], []
    for slack, of_x, of_t, of_y, right in families:
        broken = np.flatnonzero(slack < -BROKEN * pairs.most_in)
        if not len(broken):
            continue
        every, one = np.arange(len(broken)), np.ones(len(broken))
        blocks.append(
            _sparse(
                [every, every, every],
                [pairs.item[broken], columns.s + broken, columns.y + pairs.term[broken]],
                [of_x[broken] + of_t * pairs.least_in[broken], of_t * one, of_y * one],
                len(broken),
                columns.total,
            )
        )
        lowers.append(right[broken])
    if not blocks:
        return sparse.csr_matrix((0, columns.total)), np.zeros(0)
    return sparse.vstack(blocks, format="csr"), np.concatenate(lowers)
