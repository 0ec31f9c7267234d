"""The linear master of a chain: prices of the shared limits, of items, and of stores' own limits.

Columns are added as prices call for them (Dantzig & Wolfe 1960, "Decomposition principle for
linear programs", Operations Research 8(1)).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from planner.assortment.array_lp import INFINITY, ArrayLp
from planner.assortment.coupling import (
    ChainPrices,
    Coupling,
    Forced,
    Resource,
    between,
    no_prices,
)
from planner.assortment.limits import LinearLimit
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem

SHORTFALL_PRICE = 20.0
"""Price of breaking a limit in the master, times what the chain could be worth over it."""


@dataclass(frozen=True)
class AllPrices:
    """Prices of the shared limits, and of every store's own by the number of the limit."""

    chain: ChainPrices
    own: tuple[Floats, ...]

    def towards(self, other: AllPrices, share: float) -> AllPrices:
        """The prices that lie ``share`` of the way to the others."""
        own = tuple((1.0 - share) * a + share * b for a, b in zip(self.own, other.own, strict=True))
        return AllPrices(between(self.chain, other.chain, share), own)


class JointMaster:
    """The best mixture of the columns known so far, under every limit.

    A column is what one block of the chain chooses: a need group in all stores, or a store as a
    whole. The columns of a block mix to one.
    """

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        forced: Forced,
        blocks: int,
        own_limits: Sequence[tuple[LinearLimit, ...]],
        kept: Flags,
    ) -> None:
        """``own_limits``: [store] those that are rows, beside the shared ones; ``kept``: items
        that every column lists in enough stores or in none."""
        self._problems, self._coupling, self._forced = problems, coupling, forced
        self._blocks, self._own_limits, self._kept = blocks, own_limits, kept
        self._known: set[tuple[int, bytes]] = set()
        self._lp = ArrayLp()
        self._loaded = False
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._number_rows()

    def _new_row(self, lower: float, upper: float) -> int:
        self._lower.append(max(lower, -INFINITY))
        self._upper.append(min(upper, INFINITY))
        return len(self._lower) - 1

    def _number_rows(self) -> None:
        coupling, forced = self._coupling, self._forced
        items = len(coupling.supplier_of_item)
        for _ in range(self._blocks):
            self._new_row(1.0, 1.0)
        self.own_rows = [
            [self._new_row(limit.lower, limit.upper) for limit in limits]
            for limits in self._own_limits
        ]
        self.resource_rows = [
            self._new_row(0.0, math.inf) if r.at_least else self._new_row(-math.inf, r.available)
            for r in coupling.resources
        ]
        self._items = np.flatnonzero(coupling.all_or_none & ~self._kept)
        self._ordered = np.flatnonzero(coupling.min_order_week > 0)
        self.fewest_row: Integers = np.full(items, -1, dtype=np.int64)
        self.open_row: Integers = np.full((len(self._problems), items), -1, dtype=np.int64)
        self._order_row: Integers = np.full(items, -1, dtype=np.int64)
        for i in self._items:
            if coupling.min_stores[i] > 1:
                self.fewest_row[i] = self._new_row(0.0, math.inf)
            supplier = coupling.supplier_of_item[i]
            if supplier >= 0 and coupling.min_order_week[supplier] > 0:
                self._order_row[i] = self._new_row(-math.inf, 0.0)
            for s, problem in enumerate(self._problems.values()):
                if not forced.item[i] and not problem.locked_out[i]:
                    self.open_row[s, i] = self._new_row(-math.inf, 0.0)

    def _fixed(self, worth: float) -> tuple[list[dict[int, float]], Floats, Floats, Floats]:
        """Items, suppliers and what limits lack: rows, objective, lower and upper ends."""
        coupling, forced = self._coupling, self._forced
        columns: list[dict[int, float]] = []
        ends: list[tuple[float, float, float]] = []
        for i in self._items:
            rows = {int(r): -1.0 for r in self.open_row[:, i] if r >= 0}
            if self.fewest_row[i] >= 0:
                rows[int(self.fewest_row[i])] = -float(coupling.min_stores[i])
            if self._order_row[i] >= 0:
                rows[int(self._order_row[i])] = 1.0
            columns.append(rows)
            ends.append((0.0, float(forced.item[i]), 1.0))
        for k in self._ordered:
            own = (coupling.supplier_of_item == k) & (self._order_row >= 0)
            rows = {int(r): -1.0 for r in self._order_row[own]}
            for r, resource in zip(self.resource_rows, coupling.resources, strict=True):
                if resource.at_least and resource.supplier == k:
                    rows[r] = -resource.available
            columns.append(rows)
            ends.append((0.0, float(forced.supplier[k]), 1.0))
        scales: dict[int, float] = {}
        for r in itertools.chain.from_iterable(self.own_rows):
            sides = (abs(self._lower[r]), abs(self._upper[r]))
            scales[r] = max(1.0, *(side for side in sides if side < INFINITY))
        for r, resource in zip(self.resource_rows, coupling.resources, strict=True):
            scales[r] = max(1.0, resource.available)
        scales |= {int(r): 1.0 for r in self.fewest_row if r >= 0}
        for r, scale in scales.items():
            price = SHORTFALL_PRICE * worth / scale
            for side, sign in ((self._lower[r], 1.0), (self._upper[r], -1.0)):
                if abs(side) < INFINITY:
                    columns.append({r: sign})
                    ends.append((-price, 0.0, INFINITY))
        cost, low, high = (np.array(part) for part in zip(*ends, strict=True))
        return columns, cost, low, high

    @property
    def rows(self) -> int:
        """Rows of the program."""
        return len(self._lower)

    def add(self, number: Integers, use: Floats, cost: Floats) -> int:
        """Add columns; how many were not known.

        ``number``: block of each; ``use`` [row, column]: what it takes of every row, blocks left
        out; ``cost``: what it earns before any price.
        """
        use[number, np.arange(len(number))] = 1.0
        rounded = np.round(np.vstack([use, cost]).T, 7)
        kept = []
        for k, (n, own) in enumerate(zip(number.tolist(), rounded, strict=True)):
            key = (n, own.tobytes())
            if key not in self._known:
                self._known.add(key)
                kept.append(k)
        if not kept:
            return 0
        matrix = sparse.csc_matrix(use[:, kept])
        if self._loaded:
            self._lp.add_columns(cost[kept], matrix)
            return len(kept)
        fixed, own_cost, low, high = self._fixed(float(np.abs(cost).sum()))
        entries = [(r, c, v) for c, rows in enumerate(fixed) for r, v in rows.items()]
        row, column, value = (np.array(part) for part in zip(*entries, strict=True))
        before = sparse.csc_matrix((value, (row, column)), (len(self._lower), len(fixed)))
        self._lp.load(
            np.concatenate([own_cost, cost[kept]]),
            np.concatenate([low, np.zeros(len(kept))]),
            np.concatenate([high, np.full(len(kept), INFINITY)]),
            sparse.csr_matrix(sparse.hstack([before, matrix])),
            np.array(self._lower),
            np.array(self._upper),
        )
        self._loaded = True
        return len(kept)

    def solve(self) -> tuple[float, AllPrices]:
        """What the best mixture is worth, and the prices of all limits."""
        answer = self._lp.maximise()
        duals = answer.row_dual
        coupling, chain = self._coupling, no_prices(self._coupling, len(self._problems))
        for r, resource in zip(self.resource_rows, coupling.resources, strict=True):
            sign = -1.0 if resource.at_least else 1.0
            chain = chain.with_price(resource, max(0.0, sign * float(duals[r])))
        some = self.fewest_row >= 0
        chain.push[some] = np.maximum(0.0, -duals[self.fewest_row[some]])
        open_ = self.open_row >= 0
        chain.charge[open_] = np.maximum(0.0, duals[self.open_row[open_]])
        own = []
        for rows, limits in zip(self.own_rows, self._own_limits, strict=True):
            low = [-np.inf if np.isfinite(limit.lower) else 0.0 for limit in limits]
            high = [np.inf if np.isfinite(limit.upper) else 0.0 for limit in limits]
            own.append(np.clip(duals[rows], low, high))
        return answer.value, AllPrices(chain, tuple(own))


def as_limit(resource: Resource, coupling: Coupling, problem: StoreProblem) -> LinearLimit:
    """A store's part of a shared limit on purchases: ``r (u + s (q - u))``, at cost or in units."""
    none = np.zeros(len(problem.item_ids))
    counted = np.ones_like(none)
    if resource.kind != "budget":
        counted = coupling.member[resource.supplier]
    if resource.kind != "max_units":
        counted = counted * problem.spend_cost
    weekly, lost = problem.deliveries_week * counted, problem.waste_share
    return LinearLimit(resource.kind, "", none, none, weekly * (1.0 - lost), weekly * lost)
