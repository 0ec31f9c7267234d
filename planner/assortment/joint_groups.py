"""One need group in all stores at once: items listed by enough stores or by none.

An item that several stores have to list, or none, concerns one need group alone. So where only
budgets, suppliers and the stores' own limits have prices, a chain falls apart into need groups,
each over all stores: in every store a range, such that no item is listed by too few. A range
matters to the other stores only by which of those items it lists (its *pattern*), so the best
choice is found store after store over how many stores list each item so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.group_pricing import Columns, GroupPricing
from planner.assortment.group_ranges import GroupRanges, spread
from planner.assortment.item_value import Economics
from planner.assortment.problem import Flags, Floats, Integers

CLOSE = 1e-9


@dataclass(frozen=True)
class GroupRule:
    """Which items of one need group are listed by enough stores or by none."""

    items: Integers
    fewest: Integers
    """[those items]: stores."""
    forced: Flags
    """[those items]: listed somewhere whatever happens."""


class StorePatterns:
    """The ranges of one store by need group and pattern, a *cell* each."""

    def __init__(self, ranges: GroupRanges, rules: Sequence[GroupRule]) -> None:
        items = int(ranges.entry_item.max(initial=0)) + 1
        bit = np.zeros(max(items, 1 + max((int(i) for r in rules for i in r.items), default=0)))
        for rule in rules:
            bit[rule.items] = 2.0 ** np.arange(len(rule.items))
        entry = np.append(bit[ranges.entry_item], 0.0)
        pattern = np.add.reduceat(entry, ranges.entry_first[:-1])
        pattern[ranges.size == 0] = 0.0
        most = max((len(rule.items) for rule in rules), default=0)
        key = ranges.group * 2**most + pattern.astype(np.int64)
        kept = np.flatnonzero(ranges.allowed)
        order = kept[np.argsort(key[kept], kind="stable")]
        cells, first = np.unique(key[order], return_index=True)
        self.order: Integers = order
        self.first: Integers = np.append(first, len(order)).astype(np.int64)
        self.group: Integers = cells >> most
        self.pattern: Integers = cells & (2**most - 1)
        self.of_group = np.searchsorted(self.group, np.arange(ranges.groups + 1))
        self.cell_of_range: Integers = np.full(ranges.count, -1, dtype=np.int64)
        self.cell_of_range[order] = np.repeat(np.arange(len(cells)), np.diff(self.first))


class PricedPatterns:
    """The best range of every cell at given prices: bounds at first, exact where asked for."""

    def __init__(self, patterns: StorePatterns, pricing: GroupPricing, prices: Floats) -> None:
        self.patterns, self.pricing, self.prices = patterns, pricing, prices
        self.economics: Economics
        self.economics, self._value, self.most = pricing.tabulated(prices)
        self.best: Floats = np.maximum.reduceat(self.most[patterns.order], patterns.first[:-1])
        """[cell]: no range of the cell is worth more."""
        self.exact = np.zeros(len(self.best), dtype=bool)
        self.range_of_cell: Integers = np.full(len(self.best), -1, dtype=np.int64)
        self.next_of_cell: Integers = np.full(len(self.best), -1, dtype=np.int64)
        """The best range but one that was looked at; -1 without any."""

    def group_best(self) -> Floats:
        """[group]: no range of it is worth more."""
        best: Floats = np.maximum.reduceat(self.best, self.patterns.of_group[:-1])
        return best

    def settle(self, cells: Integers) -> None:
        """Make some cells exact."""
        cells = cells[~self.exact[cells]]
        if not len(cells):
            return
        first, places = spread(self.patterns.first, cells)
        ranges = self.patterns.order[places]
        owner = np.repeat(np.arange(len(cells)), np.diff(first))
        guess = self._value[ranges]
        looked = guess >= np.maximum.reduceat(guess, first[:-1])[owner]
        worth: Floats = np.full(len(ranges), -np.inf)
        worth[looked] = self._worth(ranges[looked])
        best = np.maximum.reduceat(worth, first[:-1])
        rest = ~looked & (self.most[ranges] > (best + CLOSE * np.abs(best))[owner])
        worth[rest] = self._worth(ranges[rest])
        order = np.lexsort((-worth, owner))
        top = order[first[:-1]]
        self.best[cells], self.exact[cells] = worth[top], True
        self.range_of_cell[cells] = ranges[top]
        second = order[np.minimum(first[:-1] + 1, len(order) - 1)]
        some = (np.diff(first) > 1) & np.isfinite(worth[second])
        self.next_of_cell[cells[some]] = ranges[second[some]]

    def columns_of(self, places: Sequence[int]) -> Columns:
        """The best ranges of settled patterns; ``places``: [group] of the pattern in its group."""
        cells = self.patterns.of_group[:-1] + np.array(places, dtype=np.int64)
        return self.pricing.evaluate(self.range_of_cell[cells], self.economics)[0]

    def _worth(self, ranges: Integers) -> Floats:
        if not len(ranges):
            return np.zeros(0)
        return self.pricing.evaluate(ranges, self.economics)[1]


@dataclass(frozen=True)
class _States:
    """How many stores list each item so far (no more than enough), and the most that is worth."""

    counts: Integers
    """[state, item]"""
    value: Floats
    before: Integers
    """State of the stores before."""
    choice: Integers
    """Pattern (by place) of the last store."""


def _extended(
    states: _States, values: Floats, lists: Integers, fewest: Integers, floor: float
) -> _States:
    """One store more; what ends below ``floor`` is left out."""
    total = states.value[:, None] + values[None, :]
    one, other = np.nonzero(total >= floor)
    counts = np.minimum(states.counts[one] + lists[other], fewest)
    value = total[one, other]
    if counts.shape[1] == 0:
        best = int(np.argmax(value)) if len(value) else 0
        return _States(
            counts[best : best + 1], value[best : best + 1], one[best : best + 1],
            other[best : best + 1],
        )  # fmt: skip
    code = counts @ np.concatenate([[1], np.cumprod(fewest[:-1] + 1)])
    order = np.lexsort((-value, code))
    kept = order[np.append(True, np.diff(code[order]) > 0)] if len(order) else order
    return _States(counts[kept], value[kept], one[kept], other[kept])


class GroupChoice:
    """The best patterns of all stores in one need group; [store] lists over the cells' order."""

    def __init__(self, rule: GroupRule, patterns: Sequence[Integers]) -> None:
        """``patterns``: [store] of the cells of this group, bit by bit the items of the rule."""
        self._rule = rule
        bits = np.arange(len(rule.items), dtype=np.int64)
        self.lists = [((own[:, None] >> bits) & 1).astype(np.int64) for own in patterns]

    def best(
        self, values: Sequence[Floats], known: Sequence[int] | None = None
    ) -> tuple[float, list[int]] | None:
        """The most that the group is worth, and the place of every store's pattern.

        ``values``: [store] worth of each pattern; ``known``: a choice that keeps the rule. None
        where no choice does.
        """
        single = [int(np.argmax(own)) for own in values]
        if not len(self._rule.items):
            return sum(float(v[k]) for v, k in zip(values, single, strict=True)), single
        floor = -np.inf
        for start in (known, self._repaired(values, single)):
            if start is not None:
                worth = sum(float(v[k]) for v, k in zip(values, start, strict=True))
                floor = max(floor, worth - CLOSE * (1.0 + abs(worth)))
        stages = self._stages(values, floor, 0.0)
        last = stages[-1]
        kept = self._keeps_rule(last.counts)
        if not kept.any():
            return None
        state = int(np.flatnonzero(kept)[np.argmax(last.value[kept])])
        value, places = float(last.value[state]), []
        for stage in reversed(stages[1:]):
            places.append(int(stage.choice[state]))
            state = int(stage.before[state])
        return value, places[::-1]

    def with_each(self, values: Sequence[Floats], store: int, floor: float) -> Floats:
        """[pattern of the store]: the most that the group is worth with it, as far as that is not
        below ``floor``; -inf elsewhere."""
        others = [v for s, v in enumerate(values) if s != store]
        lists = [own for s, own in enumerate(self.lists) if s != store]
        last = self._stages(others, floor, float(values[store].max()), lists)[-1]
        found: Floats = np.full(len(values[store]), -np.inf)
        for place, own in enumerate(self.lists[store]):
            kept = self._keeps_rule(np.minimum(last.counts + own, self._rule.fewest))
            if kept.any():
                found[place] = last.value[kept].max() + values[store][place]
        return found

    def _stages(
        self,
        values: Sequence[Floats],
        floor: float,
        further: float,
        lists: Sequence[Integers] | None = None,
    ) -> list[_States]:
        """States after each store; ``further``: the most that is to come after all of these."""
        rule = self._rule
        rest = np.cumsum([further, *(float(v.max()) for v in reversed(values))])[::-1]
        nothing = np.zeros((1, len(rule.items)), dtype=np.int64)
        stages = [_States(nothing, np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))]
        for own, lists_of, left in zip(values, lists or self.lists, rest[1:], strict=True):
            stages.append(_extended(stages[-1], own, lists_of, rule.fewest, floor - float(left)))
        return stages

    def _keeps_rule(self, counts: Integers) -> Flags:
        rule = self._rule
        enough = counts >= rule.fewest
        kept: Flags = (enough | ((counts == 0) & ~rule.forced)).all(axis=1)
        return kept

    def _repaired(self, values: Sequence[Floats], places: Sequence[int]) -> list[int] | None:
        """A choice that keeps the rule: items that too few stores list are listed by none."""
        found, closed = list(places), np.zeros(len(self._rule.items), dtype=bool)
        for _ in range(len(closed) + 1):
            counts = np.sum([own[k] for own, k in zip(self.lists, found, strict=True)], axis=0)
            rare = (counts > 0) & (counts < self._rule.fewest)
            if not rare.any():
                kept = self._keeps_rule(np.minimum(counts, self._rule.fewest)[None, :])
                return found if kept[0] else None
            closed |= rare
            for s, (own, lists) in enumerate(zip(values, self.lists, strict=True)):
                allowed = np.where((lists & closed).any(axis=1), -np.inf, own)
                found[s] = int(np.argmax(allowed))
                if not np.isfinite(allowed[found[s]]):
                    return None
        return None
