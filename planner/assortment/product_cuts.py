"""Rows that tie the product t = y x to its factors, found where a solution breaks them.

Written over t = L x + s, with L the least y can be given that the item is in. Three are the rows
of McCormick (1976) with bounds of y given that the item is in, or out; ``t >= x^2 / D`` and
``y - t >= (1 - x)^2 / D`` are the conic rows of Sen, Atamtürk & Kaminsky (2018), by their
tangents; ``y >= 1 / D`` likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planner.assortment.problem import Flags, Floats, Integers

BROKEN = 1e-5
"""Least violation, as a share of the largest y of the term, at which a row is added."""
UPPER_IN, UPPER_OUT, LOWER_OUT, CONIC_IN, CONIC_OUT, CONVEX = range(6)


@dataclass(frozen=True)
class Columns:
    """Columns of the product program: open items x, then by term its value f, y and D, then s
    by pair."""

    items: int
    terms: int
    pairs: int

    @property
    def y(self) -> int:
        """First column of y."""
        return self.items + self.terms

    @property
    def below(self) -> int:
        """First column of D."""
        return self.items + 2 * self.terms

    @property
    def s(self) -> int:
        """First column of s."""
        return self.items + 3 * self.terms

    @property
    def total(self) -> int:
        """Number of columns."""
        return self.s + self.pairs


@dataclass(frozen=True)
class Pairs:
    """The products of one box: term and item (among the open ones) of each, and bounds of y
    given that the item is in, and given that it is out."""

    term: Integers
    item: Integers
    least_in: Floats
    most_in: Floats
    least_out: Floats
    most_out: Floats


@dataclass(frozen=True)
class Cuts:
    """Rows by what they say: kind, term and item (of the whole problem; -1: none) and, for
    tangents, the point x / D, (1 - x) / D or 1 / D they stand at. Valid in every box."""

    kind: Integers
    term: Integers
    item: Integers
    at: Floats

    def where(self, flags: Flags) -> Cuts:
        """Some of the rows."""
        return Cuts(self.kind[flags], self.term[flags], self.item[flags], self.at[flags])

    def and_also(self, more: Cuts) -> Cuts:
        """These rows, then others."""
        return Cuts(
            np.concatenate([self.kind, more.kind]),
            np.concatenate([self.term, more.term]),
            np.concatenate([self.item, more.item]),
            np.concatenate([self.at, more.at]),
        )


NO_CUTS = Cuts(
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0),
)


def broken_cuts(pairs: Pairs, columns: Columns, free: Integers, point: Floats) -> Cuts:
    """The rows that a solution of the product program breaks."""
    x, y = point[pairs.item], point[columns.y + pairs.term]
    t = pairs.least_in * x + point[columns.s :]
    below = point[columns.below + pairs.term]
    slack = {
        UPPER_IN: pairs.most_in * x - t,
        UPPER_OUT: y - t - pairs.least_out * (1.0 - x),
        LOWER_OUT: pairs.most_out * (1.0 - x) - y + t,
        CONIC_IN: t - x**2 / below,
        CONIC_OUT: y - t - (1.0 - x) ** 2 / below,
    }
    at = {CONIC_IN: x / below, CONIC_OUT: (1.0 - x) / below}
    found = NO_CUTS
    for kind, left in slack.items():
        here = np.flatnonzero(left < -BROKEN * pairs.most_out)
        kinds = np.full(len(here), kind)
        points = at[kind][here] if kind in at else np.zeros(len(here))
        found = found.and_also(Cuts(kinds, pairs.term[here], free[pairs.item[here]], points))
    known = np.unique(pairs.term)
    inverse = 1.0 / point[columns.below + known]
    bent = point[columns.y + known] < (1.0 - BROKEN) * inverse
    kinds = np.full(int(bent.sum()), CONVEX)
    return found.and_also(Cuts(kinds, known[bent], np.full(len(kinds), -1), inverse[bent]))


def cut_rows(
    cuts: Cuts, pairs: Pairs, columns: Columns, free: Integers
) -> tuple[Cuts, sparse.csr_matrix, Floats]:
    """The rows of a box, as ``matrix columns >= lower``, without those whose pair it has not."""
    wide = max(free.max(initial=-1), cuts.item.max(initial=-1)) + 1
    number = np.full((columns.terms, wide + 1), -1)
    number[pairs.term, free[pairs.item]] = np.arange(columns.pairs)
    known = np.isin(cuts.term, pairs.term)
    # An item of -1 reads the last column, in which no pair stands.
    pair = number[cuts.term, cuts.item]
    here = known & ((pair >= 0) | (cuts.kind == CONVEX))
    cuts, pair = cuts.where(here), np.maximum(pair[here], 0)
    kind, at = cuts.kind, cuts.at
    nothing, one = np.zeros(len(kind)), np.ones(len(kind))
    least_out, most_out = pairs.least_out[pair], pairs.most_out[pair]
    # U x >= t;  y - t >= L (1 - x);  y - t <= U (1 - x);  tangents of x^2 / D, (1 - x)^2 / D, 1 / D
    of_x = np.choose(kind, [pairs.most_in[pair], least_out, -most_out, -2 * at, 2 * at, nothing])
    of_t = np.choose(kind, [-one, -one, one, one, -one, nothing])
    of_y = np.choose(kind, [nothing, one, -one, nothing, one, one])
    of_below = np.where(kind >= CONIC_IN, at**2, 0.0)
    lower = np.choose(kind, [nothing, least_out, -most_out, nothing, 2 * at, 2 * at])
    rows = np.arange(len(kind))
    place = (
        np.concatenate([rows, rows, rows, rows]),
        np.concatenate([pairs.item[pair], columns.s + pair, columns.y + cuts.term,
                        columns.below + cuts.term]),
    )  # fmt: skip
    values = np.concatenate([of_x + of_t * pairs.least_in[pair], of_t, of_y, of_below])
    matrix = sparse.csr_matrix((values, place), shape=(len(kind), columns.total))
    matrix.eliminate_zeros()
    return cuts, matrix, lower
