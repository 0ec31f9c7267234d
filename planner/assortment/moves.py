"""Single changes of a store's plan, scored exactly at the chain's prices."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from planner.assortment.coupling import ChainPrices, Coupling, priced, without_items
from planner.assortment.limits import keeps_room, room_limits, within_limits
from planner.assortment.problem import Flags, Integers, StoreProblem
from planner.assortment.score import Score, best_score, fewest_facings


class PlansAtPrices:
    """Facings of every store, and what each earns at the prices of budget and suppliers.

    Items have no price here: whether the chain opens one is what the moves decide.
    """

    def __init__(
        self,
        problems: Mapping[str, StoreProblem],
        coupling: Coupling,
        prices: ChainPrices,
        facings: Mapping[str, Integers],
    ) -> None:
        bare = without_items(prices)
        self.problems = {
            store: priced(problem, coupling, bare, s)
            for s, (store, problem) in enumerate(problems.items())
        }
        self.facings = dict(facings)
        self._plans: dict[str, Score | None] = {}

    def earned(self, store: str) -> float:
        """Objective of the store's plan at the prices; -inf where it cannot be paid."""
        found = self._plan(store)
        return -np.inf if found is None else found.objective_week

    def _plan(self, store: str) -> Score | None:
        if store not in self._plans:
            self._plans[store] = best_score(self.problems[store], self.facings[store])
        return self._plans[store]

    def _value(self, store: str, facings: Integers) -> float:
        found = best_score(self.problems[store], facings)
        return -np.inf if found is None else found.objective_week

    def stores_listing(self, item: int) -> list[str]:
        """Stores whose plan lists an item."""
        return [store for store, facings in self.facings.items() if facings[item] > 0]

    def counts(self) -> Integers:
        """[item]: stores that list it."""
        listed = np.array([facings > 0 for facings in self.facings.values()])
        total: Integers = listed.sum(axis=0)
        return total

    def apply(self, store: str, facings: Integers) -> None:
        """Give a store another plan."""
        self.facings[store] = facings
        self._plans.pop(store, None)

    def without(self, store: str, items: Flags) -> tuple[float, Integers] | None:
        """Loss and facings of taking items off a store's shelves; None where a limit forbids it.

        What they leave empty stays empty: the store is solved again once all is decided.
        """
        problem, facings = self.problems[store], self.facings[store]
        if (problem.must_list & items & (facings > 0)).any():
            return None
        fewer = np.where(items, 0, facings)
        if not within_limits(problem, fewer):
            return None
        return self.earned(store) - self._value(store, fewer), fewer

    def with_item(self, store: str, item: int) -> tuple[float, Integers] | None:
        """Loss and facings of adding an item at its fewest facings; None where it cannot be.

        Where the shelf is full, facings above the fewest go first, then the items that earn
        least on that shelf for their width.
        """
        problem, facings = self.problems[store], self.facings[store]
        if problem.locked_out[item] or facings[item] > 0:
            return None
        more = facings.copy()
        more[item] = 1
        fewest = fewest_facings(problem, more > 0)
        more[item] = fewest[item]
        found = self._plan(store)
        if found is None:
            return None
        limits = room_limits(problem)
        for victim in self._victims(problem, found, item, fewest):
            # The room first: it is quickly seen, and what is mostly missing.
            if keeps_room(limits, more) and within_limits(problem, more):
                break
            if more[victim] > fewest[victim]:
                more[victim] = fewest[victim]
                continue
            more[victim] = 0
        if not within_limits(problem, more):
            return None
        return self.earned(store) - self._value(store, more), more

    @staticmethod
    def _victims(problem: StoreProblem, plan: Score, item: int, fewest: Integers) -> list[int]:
        """Items that make room, each once to shrink and once to leave, in that order."""
        kind = problem.fixture_type[item]
        width = np.maximum(problem.facing_width_cm * np.maximum(plan.facings, 1), 1e-9)
        same_shelf = np.array([other == kind for other in problem.fixture_type])
        local = np.isfinite(problem.max_local_items)
        worth = plan.worth_week / width
        order = [int(i) for i in np.argsort(worth, kind="stable") if plan.facings[i] > 0]
        shrinks = [i for i in order if same_shelf[i] and plan.facings[i] > fewest[i]]
        leaves = [
            i for i in order
            if not problem.must_list[i] and (same_shelf[i] or local)
        ]  # fmt: skip
        return shrinks + leaves


def closed_problem(problem: StoreProblem, closed: Flags) -> StoreProblem:
    """The store's problem without items that the chain does not open."""
    return dataclasses.replace(
        problem, locked_out=problem.locked_out | (closed & ~problem.must_list)
    )
