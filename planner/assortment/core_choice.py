"""Which items are the core, where a plan may choose them: every store lists each of them.

A Lagrangian relaxation. With ``z_i`` = 1 for a core item, ``x_si >= z_i`` in every store s is
given the price ``subsidy_si >= 0``: store s is paid for listing item i, and the chain pays the sum
over its stores for every core item. A core item does not count as local, so a core of at most k
items leaves every store at most k places more. Hence for every core with a to b items

    value <= sum_s bound_s(subsidised, b places more) - sum of the a least ``sum_s subsidy_si``

docs/model.md, "The choice of the core".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.assortment.chain_prices import Runner
from planner.assortment.listing_value import listing_values
from planner.assortment.problem import Flags, Floats, Integers, StoreProblem
from planner.assortment.relaxation import RelaxationJob, StoreRelaxation, relax_store

RELAXATION_GAP = 2e-4
"""Relative distance of a store's relaxation to the least bound that its prices can give."""
SUBSIDY_ROUNDS = 6
SWAPS = 8
"""Exchanges of a core item for another that are tried."""
SIZES = 5
"""Sizes of the core that are tried first, where a larger one leaves room for others."""
PIECES = 6
"""Parts into which the sizes are split for the bound."""
NONE_LEFT = 1e-9

Problems = Mapping[str, StoreProblem]


@dataclass(frozen=True)
class OpenCore:
    """A chain whose core is open, between ``least`` and ``most`` items.

    ``with_core``: the chain's problems with a core ([item]); ``with_places``: without any, but
    with limits that every core of at most so many items keeps. ``candidates`` [item]: may be
    core. ``constant_week``: what the chain's bound adds to the sum of its stores'.
    """

    with_core: Callable[[Flags], Problems]
    with_places: Callable[[int], Problems]
    candidates: Flags
    least: int
    most: int
    larger_may_pay: bool
    """Whether a core item leaves room for others, so that a larger core can be worth more."""
    constant_week: float = 0.0


@dataclass(frozen=True)
class CoreChoice:
    """The core that was found best, and the bound of every choice."""

    core: Flags
    bound_week: float


def choose_core(chain: OpenCore, run: Runner) -> CoreChoice:
    """A core for the chain, and a bound that no core of the sizes asked for exceeds.

    Items are ranked by what stores that do not want them would have to be paid; the cheapest are
    taken, at the size that is worth most, and exchanged while that helps. Cores are compared by
    the relaxations of the stores. Deterministic whatever the number of workers.
    """
    search = _Search(chain, run)
    core = search.best_of_sizes()
    bound = search.bound(int(core.sum()))
    return CoreChoice(search.best_core, bound)


class _Search:
    def __init__(self, chain: OpenCore, run: Runner) -> None:
        self._chain, self._run = chain, run
        self._items = np.flatnonzero(chain.candidates)
        self._most = min(chain.most, len(self._items))
        self._least = min(chain.least, self._most)
        self._start: dict[str, Mapping[str, float]] = {}
        self._values: dict[bytes, float] = {}
        self.best_core: Flags = np.zeros_like(chain.candidates)
        self._best_value = -math.inf
        problems = chain.with_places(self._most)
        self._planned = list(problems)
        relaxed = self._relaxed(problems)
        # A store without any plan is named when it is solved; it says nothing about the core.
        self._planned = [s for s in relaxed if relaxed[s].bound_week > -math.inf]
        self._subsidy: Floats = np.zeros((len(self._planned), len(chain.candidates)))
        self._update(problems, relaxed, np.zeros_like(chain.candidates))

    def _relaxed(self, problems: Problems) -> dict[str, StoreRelaxation]:
        stores = self._planned
        jobs = [
            RelaxationJob(problems[s], self._start.get(s, {}), gap=RELAXATION_GAP) for s in stores
        ]
        found: dict[int, StoreRelaxation] = dict(self._run(relax_store, jobs))
        relaxed = {store: found[s] for s, store in enumerate(stores)}
        self._start |= {s: r.shadow_prices for s, r in relaxed.items() if r.shadow_prices}
        return relaxed

    def _subsidised(self, problems: Problems, subsidy: Floats) -> dict[str, StoreProblem]:
        return {
            store: dataclasses.replace(
                problems[store],
                listing_cost_week=problems[store].listing_cost_week - subsidy[s],
            )
            for s, store in enumerate(self._planned)
        }

    def _update(
        self, problems: Problems, relaxed: Mapping[str, StoreRelaxation], core: Flags
    ) -> None:
        """Subsidies at which every store is about indifferent to the items that it does not list.

        What a core item is paid beyond that is taken back by half, as estimates swing.
        """
        for s, store in enumerate(self._planned):
            r = relaxed[store]
            if not len(self._items):
                continue
            worth = listing_values(
                problems[store], r.listed_share > 0.5, self._items, r.shadow_prices
            )
            worth = np.where(np.isfinite(worth), worth, 0.0)
            share = r.listed_share[self._items]
            own = self._subsidy[s, self._items]
            lacking = np.where(share < 1 - 1e-6, np.maximum(-worth, 0.0), 0.0)
            spare = np.where(core[self._items], 0.5, 1.0) * np.maximum(worth, 0.0)
            self._subsidy[s, self._items] = np.maximum(own + lacking - spare, 0.0)

    def _cheapest(self, size: int) -> Flags:
        """The items that stores have to be paid least for; ties go to the first."""
        cost = self._subsidy.sum(axis=0)[self._items]
        core = np.zeros_like(self._chain.candidates)
        core[self._items[np.argsort(cost, kind="stable")[:size]]] = True
        return core

    def _value(self, core: Flags) -> float:
        """Relaxed value of the chain with a core; -inf where a store cannot list it."""
        key = core.tobytes()
        if key not in self._values:
            relaxed = self._relaxed(self._chain.with_core(core))
            self._values[key] = sum(r.value_week for r in relaxed.values())
        return self._values[key]

    def _offer(self, core: Flags) -> None:
        """Take a core where it is worth more than the best so far."""
        value = self._value(core)
        if value > self._best_value:
            self.best_core, self._best_value = core, value

    def _possible(self, size: int) -> Flags:
        """The cheapest items that stores can list together; where too few can, the cheapest."""
        wanted = self._cheapest(size)
        if self._value(wanted) > -math.inf:
            return wanted
        cost = self._subsidy.sum(axis=0)[self._items]
        queue = list(self._items[np.argsort(cost, kind="stable")])
        core = np.zeros_like(wanted)
        step = max(1, size // 2)
        while queue and core.sum() < size:
            step = min(step, size - int(core.sum()), len(queue))
            tried = core.copy()
            tried[queue[:step]] = True
            if self._value(tried) > -math.inf:
                core, queue, step = tried, queue[step:], 2 * step
            elif step > 1:
                step //= 2
            else:
                queue = queue[1:]
        return core if core.sum() == size else wanted

    def best_of_sizes(self) -> Flags:
        """The best core found over the sizes asked for."""
        least, most = self._least, self._most
        sizes = [least]
        if self._chain.larger_may_pay and most > least:
            sizes = sorted({round(k) for k in np.linspace(least, most, SIZES)})
        found = {k: self._value(self._possible(k)) for k in sizes}
        step = (most - least) // (SIZES - 1) if len(sizes) > 1 else 0
        while step > 1:
            step //= 2
            top = max(found, key=lambda k: (found[k], -k))
            for k in (top - step, top + step):
                if least <= k <= most and k not in found:
                    found[k] = self._value(self._possible(k))
        top = max(found, key=lambda k: (found[k], -k))
        self.best_core = self._possible(top)
        self._best_value = found[top]
        self._settle(top)
        self._exchange()
        return self.best_core

    def _settle(self, size: int) -> None:
        """Subsidies brought near those that prove most for a size, and the cores they rank."""
        problems = self._chain.with_places(size)
        best, kept = math.inf, self._subsidy
        for _ in range(SUBSIDY_ROUNDS):
            core = self.best_core
            subsidy = self._capped(size)
            paid = self._subsidised(problems, subsidy)
            relaxed = self._relaxed(paid)
            bound = self._bound_of(relaxed, subsidy, size)
            if bound < best:
                best, kept = bound, subsidy
            self._subsidy = subsidy.copy()
            self._update(paid, relaxed, core)
            self._offer(self._possible(size))
        self._subsidy = kept

    def _capped(self, size: int) -> Floats:
        """No item is paid more than the dearest of the core: it need not be out by more."""
        cost = self._subsidy.sum(axis=0)
        if not 0 < size <= len(self._items):
            return np.zeros_like(self._subsidy)
        most = float(np.sort(cost[self._items])[size - 1])
        share = np.minimum(1.0, most / np.maximum(cost, NONE_LEFT))
        capped: Floats = self._subsidy * share
        return capped

    def _bound_of(
        self, relaxed: Mapping[str, StoreRelaxation], subsidy: Floats, least: int
    ) -> float:
        cost = np.sort(subsidy.sum(axis=0)[self._items])
        return (
            sum(r.bound_week for r in relaxed.values())
            - float(cost[:least].sum())
            + self._chain.constant_week
        )

    def _exchange(self) -> None:
        """Core items that cost most against others that cost least, while that is worth more."""
        for dear, cheap in self._pairs():
            core = self.best_core.copy()
            if not core[dear] or core[cheap]:
                continue
            core[dear], core[cheap] = False, True
            self._offer(core)

    def _pairs(self) -> Sequence[tuple[int, int]]:
        core = self.best_core
        problems = self._chain.with_core(core)
        relaxed = self._relaxed(problems)
        cost = np.zeros(len(core))
        for store, r in relaxed.items():
            if r.bound_week == -math.inf:
                return ()
            worth = listing_values(
                problems[store], r.listed_share > 0.5, self._items, r.shadow_prices
            )
            unlisted = np.where(r.listed_share[self._items] < 1 - 1e-6, 1.0, 0.0)
            unlisted[core[self._items]] = 1.0
            cost[self._items] -= np.minimum(np.nan_to_num(worth), 0.0) * unlisted
        inside: Integers = np.array([i for i in self._items if core[i]], dtype=np.int64)
        outside: Integers = np.array([i for i in self._items if not core[i]], dtype=np.int64)
        dear = inside[np.argsort(-cost[inside], kind="stable")]
        cheap = outside[np.argsort(cost[outside], kind="stable")]
        pairs = [(int(d), int(c)) for d in dear[:4] for c in cheap[:4]]
        pairs.sort(key=lambda pair: float(cost[pair[1]] - cost[pair[0]]))
        return pairs[:SWAPS]

    def bound(self, size: int) -> float:
        """Upper bound over every core of the sizes asked for; tightest around ``size``."""
        parts = [(self._least, size - 1), (size, size), (size + 1, self._most)]
        bounds = {part: self._piece(*part) for part in parts if part[0] <= part[1]}
        while len(bounds) < PIECES:
            part = max(bounds, key=lambda piece: bounds[piece])
            a, b = part
            if a == b:
                break
            before = bounds.pop(part)
            middle = (a + b) // 2
            for piece in ((a, middle), (middle + 1, b)):
                bounds[piece] = min(before, self._piece(*piece))
        return max(bounds.values())

    def _piece(self, least: int, most: int) -> float:
        """Bound over the cores of ``least`` to ``most`` items."""
        subsidy = self._capped(least)
        relaxed = self._relaxed(self._subsidised(self._chain.with_places(most), subsidy))
        return self._bound_of(relaxed, subsidy, least)
