"""A good range of a sum of ratios in milliseconds: add, drop and swap while it helps."""

from __future__ import annotations

import numpy as np

from planner.assortment.problem import Flags, Floats, Integers
from planner.assortment.ratios import RatioProblem

DUST = 1e-9
"""Relative change of value or row that counts as nothing."""


def climb(problem: RatioProblem, start: Flags) -> tuple[Flags, float]:
    """The range reached from ``start`` by the best single add, drop or swap, until none helps.

    Returns the range (flags over the candidates) and its value in money per week; ``-inf`` where
    it breaks a row. A move is better if it breaks the rows less, then if it is worth more.
    """
    listed = start | problem.must_list
    excess, value = _judge(problem, listed)
    while True:
        # Swaps are many: they are tried only where no single item helps.
        for moves in (_single_moves(problem, listed), _swaps(problem, listed)):
            move = _best_move(problem, listed, moves, excess, value)
            if move is not None:
                break
        else:
            return listed, value if excess <= DUST else -np.inf
        listed[move] = ~listed[move]
        excess, value = _judge(problem, listed)


def _best_move(
    problem: RatioProblem, listed: Flags, moves: Integers, excess: float, value: float
) -> Integers | None:
    """The items of the move that helps most; None where none does."""
    if not len(moves):
        return None
    excesses, values = _judge_moves(problem, listed, moves)
    least = excesses.min()
    equal = np.flatnonzero(excesses <= least + DUST)
    best = equal[values[equal].argmax()]
    same = abs(least - excess) <= DUST
    worth_more = values[best] > value + DUST * max(1.0, abs(value))
    if least > excess + DUST or (same and not worth_more):
        return None
    items: Integers = moves[best][moves[best] >= 0]
    return items


def _judge(problem: RatioProblem, listed: Flags) -> tuple[float, float]:
    share = listed.astype(np.float64)
    return float(_excess(problem, problem.rows @ share)), float(problem.value(share))


def _excess(problem: RatioProblem, used: Floats) -> Floats:
    """How far rows [K, ...] are broken, summed over the rows and relative to their size."""
    shape = (-1,) + (1,) * (used.ndim - 1)
    upper, lower = problem.row_upper.reshape(shape), problem.row_lower.reshape(shape)
    size = np.maximum(1.0, np.abs(problem.rows).max(axis=1, initial=0.0)).reshape(shape)
    over = np.maximum(used - upper, 0.0) + np.maximum(lower - used, 0.0)
    total: Floats = (over / size).sum(axis=0)
    return total


def _single_moves(problem: RatioProblem, listed: Flags) -> Integers:
    """Adds and drops as pairs (item that leaves, item that comes), -1 for none: [moves, 2]."""
    leaving = np.flatnonzero(listed & ~problem.must_list)
    coming = np.flatnonzero(~listed)
    drops = np.column_stack([leaving, np.full(len(leaving), -1)])
    adds = np.column_stack([np.full(len(coming), -1), coming])
    return np.vstack([adds, drops])


def _swaps(problem: RatioProblem, listed: Flags) -> Integers:
    leaving = np.flatnonzero(listed & ~problem.must_list)
    coming = np.flatnonzero(~listed)
    return np.column_stack([np.repeat(leaving, len(coming)), np.tile(coming, len(leaving))])


def _judge_moves(problem: RatioProblem, listed: Flags, moves: Integers) -> tuple[Floats, Floats]:
    """Broken rows and value of the range after each move: [moves], [moves]."""
    share = listed.astype(np.float64)

    def after(coefficients: Floats) -> Floats:
        # An index of -1 reads the column of zeros that is put last.
        padded = np.hstack([coefficients, np.zeros((len(coefficients), 1))])
        change: Floats = padded[:, moves[:, 1]] - padded[:, moves[:, 0]]
        return change + (coefficients @ share)[:, None]

    above = after(problem.margin)
    below = after(problem.gain) + problem.base[:, None]
    worth = np.divide(above, below, out=np.zeros_like(above), where=below > DUST).sum(axis=0)
    return _excess(problem, after(problem.rows)), worth - after(problem.cost[None, :])[0]
