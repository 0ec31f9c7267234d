"""The store program with a price on every shared limit: one best range per need group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assortment.choice import group_sums
from planner.assortment.group_ranges import GroupRanges, mean_bounds, means_of, spread
from planner.assortment.item_value import BestChoice, Economics, ItemValues, priced_economics
from planner.assortment.limits import LinearLimit
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem

CLOSE = 1e-9


@dataclass(frozen=True)
class Columns:
    """Ranges of need groups with facings and stock, one after another.

    ``first`` delimits the entries (items) of each column, as in ``GroupRanges``.
    """

    group: Integers
    range_number: Integers
    first: Integers
    item: Integers
    facings: Integers
    stock: Floats
    sold: Floats
    """Units per delivery cycle, as ``stock``."""
    mean: Floats

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.group)

    def owner(self) -> Integers:
        """Column of each entry."""
        numbers: Integers = np.repeat(np.arange(self.count), np.diff(self.first))
        return numbers

    def sums(self, values: Floats) -> Floats:
        """Sum of a value per entry over the entries of each column."""
        return _sums(self.owner(), values, self.count)

    def objective(self, economics: Economics) -> Floats:
        """Objective of each column at its own stock."""
        i = self.item
        return self.sums(
            economics.sold[i] * self.sold
            - economics.stock[i] * self.stock
            - economics.facing[i] * self.facings
            - economics.listed[i]
        )

    def use(self, limit: LinearLimit) -> Floats:
        """What each column uses of a limit."""
        i = self.item
        return self.sums(
            limit.listed[i]
            + limit.facing[i] * self.facings
            + limit.sold[i] * self.sold
            + limit.stock[i] * self.stock
        )

    def part(self, kept: Integers) -> Columns:
        """Some of the columns, by number."""
        first, entries = spread(self.first, kept)
        return Columns(
            self.group[kept], self.range_number[kept], first, self.item[entries],
            self.facings[entries], self.stock[entries], self.sold[entries], self.mean[entries],
        )  # fmt: skip

    def keys(self) -> list[tuple[int, ...]]:
        """Range and facings of each column, hashable."""
        return [
            (int(self.range_number[k]), *self.facings[self.first[k] : self.first[k + 1]].tolist())
            for k in range(self.count)
        ]


def joined(parts: list[Columns]) -> Columns:
    """Columns of several parts, one after another."""
    offsets = np.concatenate([[0], np.cumsum([len(part.item) for part in parts])])
    firsts = [part.first[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return Columns(
        np.concatenate([part.group for part in parts]),
        np.concatenate([part.range_number for part in parts]),
        np.concatenate([*firsts, offsets[-1:]]).astype(np.int64),
        np.concatenate([part.item for part in parts]),
        np.concatenate([part.facings for part in parts]),
        np.concatenate([part.stock for part in parts]),
        np.concatenate([part.sold for part in parts]),
        np.concatenate([part.mean for part in parts]),
    )


@dataclass(frozen=True)
class Priced:
    """The best the store can do at given prices."""

    prices: Floats
    bound_week: float
    """No plan that keeps every limit has a larger objective."""
    best: Columns
    """The best range of each need group, with the next best ones that were looked at."""
    value: Floats
    """Objective less prices of each of these columns."""
    group_best: Floats
    economics: Economics
    most: Floats
    """No range has a larger value less prices than this."""


class GroupPricing:
    """Ranges, item values and limits of a store, ready for any prices."""

    def __init__(
        self,
        problem: StoreProblem,
        ranges: GroupRanges,
        limits: tuple[LinearLimit, ...],
        tables: GroupPricing | None = None,
    ) -> None:
        """``tables``: of the same store with the same ranges, some of them allowed there."""
        self.problem, self.ranges, self.limits = problem, ranges, limits
        self.unpriced = priced_economics(problem, limits, np.zeros(len(limits)))
        if tables is not None:
            self.values: ItemValues = tables.values
            self._node: NDArray[np.int32] = tables._node
            self._share: NDArray[np.float32] = tables._share
            return
        self.values = ItemValues(problem, *mean_bounds(problem))
        self._node = np.zeros(len(ranges.entry_item), dtype=np.int32)
        self._share = np.zeros(len(ranges.entry_item), dtype=np.float32)
        for start, end in ranges.parts():
            numbers = np.arange(start, end)
            items, means = self.entries(numbers)[1:]
            part = slice(ranges.entry_first[start], ranges.entry_first[end])
            self._node[part], self._share[part] = self.values.place(items, means)

    def entries(self, numbers: Integers) -> tuple[Integers, Integers, Floats]:
        """Where the entries of several ranges begin, their items and mean demands."""
        first, entries = spread(self.ranges.entry_first, numbers)
        items = self.ranges.entry_item[entries].astype(np.int64)
        return first, items, means_of(self.problem, self.ranges.group[numbers], first, items)

    def tabulated(self, prices: Floats) -> tuple[Economics, Floats, Floats]:
        """The items' economics at the prices, the value of every range by the tables, and the
        most it can be."""
        economics = priced_economics(self.problem, self.limits, prices)
        table, above = self.values.table(economics)
        ranges = self.ranges
        rise = np.diff(table, append=0.0)
        value = np.empty(ranges.count)
        for start, end in ranges.parts():
            first = ranges.entry_first[start]
            part = slice(first, ranges.entry_first[end])
            entry = table[self._node[part]] + rise[self._node[part]] * self._share[part]
            value[start:end] = _sums_between(entry, ranges.entry_first[start:end] - first)
        value[ranges.size == 0] = 0.0
        value[~ranges.allowed] = -np.inf
        slack = group_sums(
            self.problem, above * (self.problem.must_list | ~self.problem.locked_out)
        )
        return economics, value, value + slack[ranges.group]

    def at(self, prices: Floats, more: int = 0) -> Priced:
        """Best range of each group at these prices, and a bound.

        Every need group must have an allowed range. Tables single out the ranges that could be
        the best; those are evaluated exactly, so the bound owes nothing to the tables. ``more``:
        next best ranges to return beside.
        """
        ranges = self.ranges
        economics, value, most = self.tabulated(prices)
        chosen = self._promising(value, most, more)
        columns, found = self.evaluate(np.flatnonzero(chosen), economics)
        best = np.maximum.reduceat(
            found, np.searchsorted(columns.group, np.arange(self.ranges.groups))
        )
        while True:
            left = (most > best[ranges.group] + CLOSE * np.abs(best[ranges.group])) & ~chosen
            if not left.any():
                break
            # The most promising first: one exact value often rules out the rest.
            top = np.array(best)
            np.maximum.at(top, ranges.group[left], most[left])
            now = left & (most >= (0.7 * top + 0.3 * best)[ranges.group])
            chosen |= now
            extra, values = self.evaluate(np.flatnonzero(now), economics)
            np.maximum.at(best, extra.group, values)
            columns, found = joined([columns, extra]), np.concatenate([found, values])
        keep = self._kept(columns, found, best, more)
        bound = float(best.sum()) + self.price_of_limits(prices)
        return Priced(prices, bound, columns.part(keep), found[keep], best, economics, most)

    def price_of_limits(self, prices: Floats) -> float:
        """``sum price x available``: what the limits themselves are worth."""
        total = 0.0
        for limit, price in zip(self.limits, prices, strict=True):
            if price:
                total += float(price) * (limit.upper if price > 0 else limit.lower)
        return total

    def _promising(self, value: Floats, most: Floats, more: int) -> Flags:
        chosen = np.zeros(len(value), dtype=bool)
        for first, last in zip(self.ranges.first[:-1], self.ranges.first[1:], strict=True):
            part = value[first:last]
            wanted = min(1 + more, len(part))
            if wanted >= len(part):
                chosen[first:last] = True
            elif wanted == 1:
                chosen[first + int(part.argmax())] = True
            else:
                chosen[first + np.argpartition(-part, wanted - 1)[:wanted]] = True
        return chosen

    def _kept(self, columns: Columns, found: Floats, best: Floats, more: int) -> Integers:
        order = np.lexsort((-found, columns.group))
        place = np.arange(len(order)) - np.searchsorted(
            columns.group[order], columns.group[order], side="left"
        )
        kept: Integers = np.sort(order[place <= more])
        return kept

    def evaluate(self, numbers: Integers, economics: Economics) -> tuple[Columns, Floats]:
        """Columns of the given ranges with their best facings and stock, and their values."""
        first, items, means = self.entries(numbers)
        choice: BestChoice = self.values.exact(economics, items, means)
        columns = Columns(
            self.ranges.group[numbers], numbers, first, items, choice.facings, choice.stock,
            choice.sold, means,
        )  # fmt: skip
        return columns, columns.sums(choice.value)


def _sums(owner: Integers, values: Floats, count: int) -> Floats:
    total: Floats = np.bincount(owner, weights=values, minlength=count).astype(np.float64)
    return total


def _sums_between(values: Floats, edges: Integers) -> Floats:
    """Sum of the values from each edge up to the next; meaningless where two edges are one."""
    padded = np.append(values, 0.0)
    sums: Floats = np.add.reduceat(padded, edges)
    return sums
