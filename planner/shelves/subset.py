"""Which widths can be filled exactly: subset sums as bits of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

MOST_SUMS = 20_000
"""Different sums of widths on one shelf that are told apart."""


def finest_step(shelf_width: Sequence[int]) -> int:
    """The finest measure of widths with no more than ``MOST_SUMS`` sums on a shelf."""
    return max(shelf_width) // MOST_SUMS + 1


def reachable(widths: Sequence[int], width: int, start: int = 1) -> list[int]:
    """Bit sets of the sums reachable with the first 0, 1, 2, ... ``widths``, up to ``width``.

    Bit s of the k-th set is one where some subset of the first k widths, added to a sum of
    ``start``, fills exactly s.
    """
    limit = (1 << (width + 1)) - 1
    sets = [start & limit]
    for each in widths:
        sets.append((sets[-1] | (sets[-1] << each)) & limit)
    return sets


def sums_of(widths: Sequence[int], width: int, start: int = 1) -> int:
    """The last set of ``reachable``: the sums of all ``widths``."""
    limit = (1 << (width + 1)) - 1
    sums = start & limit
    for each in widths:
        sums |= (sums << each) & limit
    return sums


def nearest_sum(sums: int, target: int) -> int:
    """The smallest reachable sum of at least ``target``, else the largest below it."""
    above = sums >> target
    if above:
        return target + (above & -above).bit_length() - 1
    return sums.bit_length() - 1


def choose(
    sets: Sequence[int], widths: Sequence[int], total: int, rng: Random, eager: float = 0.85
) -> tuple[list[int], int]:
    """A subset of ``widths`` for the sum ``total``, drawn with a wish for the last ones.

    Returns the chosen indices and what remains for ``start`` of ``reachable``. Wherever both
    taking and leaving a width can still reach the total, it is taken with chance ``eager``.
    """
    chosen = []
    for k in range(len(widths) - 1, -1, -1):
        can_leave = (sets[k] >> total) & 1
        can_take = total >= widths[k] and (sets[k] >> (total - widths[k])) & 1
        if can_take and (not can_leave or rng.random() < eager):
            chosen.append(k)
            total -= widths[k]
    return chosen, total
