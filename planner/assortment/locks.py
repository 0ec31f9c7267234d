"""Locks of a store in its program, and the same store with one of them lifted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from planner.assortment.problem import Flags, Integers, StoreProblem
from planner.errors import BadInput, Problem
from planner.tables.inputs import IN_FORCE, Inputs


@dataclass(frozen=True)
class StoreLock:
    """One lock: IN and OUT list the item or not, MIN and MAX bound its facings if it is listed."""

    item: int
    word: str
    facings: int
    """0 for IN and OUT."""


@dataclass(frozen=True)
class HeldLocks:
    """The locks in force in one store, and what it is without them; arrays are [item]."""

    locks: tuple[StoreLock, ...]
    """In the order in which ``Inputs.store_locks`` has them."""
    candidate: Flags
    """Can be bought there and fits a shelf."""
    min_facings: Integers
    max_facings: Integers

    @property
    def out(self) -> Flags:
        """Items locked out."""
        found = np.zeros_like(self.candidate)
        found[[lock.item for lock in self.locks if lock.word == "OUT"]] = True
        return found

    def applied(self, problem: StoreProblem) -> StoreProblem:
        """The store with all its locks.

        What a scenario asks of the range beside (swaps do not count items that a lock forces) is
        left as it is; so it is by ``without`` and ``opened``.
        """
        return self._with(problem, self.locks)

    def without(self, problem: StoreProblem, number: int) -> StoreProblem:
        """The store with all its locks but one."""
        return self._with(problem, self.locks[:number] + self.locks[number + 1 :])

    def opened(self, problem: StoreProblem) -> StoreProblem:
        """The store without a lock."""
        return self._with(problem, ())

    def _with(self, problem: StoreProblem, locks: tuple[StoreLock, ...]) -> StoreProblem:
        inside, outside = np.zeros_like(self.candidate), np.zeros_like(self.candidate)
        least, most = self.min_facings.copy(), self.max_facings.copy()
        for lock in locks:
            inside[lock.item] |= lock.word == "IN"
            outside[lock.item] |= lock.word == "OUT"
            if lock.word == "MIN":
                least[lock.item] = max(least[lock.item], lock.facings)
            elif lock.word == "MAX":
                most[lock.item] = min(most[lock.item], lock.facings)
        bounded = dataclasses.replace(
            problem, min_facings=least, max_facings=np.maximum(most, least)
        )
        closed = ~(self.candidate & case_fits(bounded)) & ~problem.core & ~inside
        return dataclasses.replace(bounded, locked_in=inside, locked_out=outside | closed)

    def with_own_facings(self, problem: StoreProblem) -> StoreProblem:
        """The store with the items' own facings: no lock was asked of today's range."""
        return dataclasses.replace(
            problem, min_facings=self.min_facings, max_facings=self.max_facings
        )


def held_locks(inputs: Inputs, problem: StoreProblem, candidate: Flags) -> HeldLocks:
    """The locks of a store that has none of them in its program yet."""
    number = {item: i for i, item in enumerate(problem.item_ids)}
    rows = inputs.store_locks
    rows = rows[(rows["store_id"] == problem.store_id) & (rows["state"] == IN_FORCE)]
    locks = tuple(
        StoreLock(number[item], word, 0 if np.isnan(facings) else int(facings))
        for item, word, facings in zip(rows["item_id"], rows["lock"], rows["facings"], strict=True)
    )
    return HeldLocks(locks, candidate, problem.min_facings, problem.max_facings)


def case_fits(problem: StoreProblem) -> Flags:
    """[item]: whether the most facings, filled as often as may be, hold the smallest order."""
    with np.errstate(invalid="ignore"):
        room = problem.stock_capacity_per_facing * problem.max_facings
    fits: Flags = problem.min_stock_units <= np.nan_to_num(room, nan=0.0) + 1e-9
    return fits


def refuse_impossible_locks(inputs: Inputs, buyable: Flags, core: Flags) -> None:
    """Refuse items locked in that cannot be bought in the plan's weeks, or out that are core.

    The tables are checked for both; but the plan may be for other weeks, and its core may not be
    in the tables. Raises BadInput with all of them.
    """
    stores = {store: s for s, store in enumerate(inputs.stores["store_id"])}
    items = {item: i for i, item in enumerate(inputs.items["item_id"])}
    names = inputs.items["item_name"].tolist()
    rows = inputs.store_locks
    problems: dict[tuple[str, int], Problem] = {}
    for lock in rows[rows["state"] == IN_FORCE].to_dict("records"):
        s, i = stores[lock["store_id"]], items[lock["item_id"]]
        said: tuple[str, str] | None = None
        if lock["lock"] == "IN" and not buyable[s, i]:
            said = (
                "an item that can be bought there in all the plan's weeks",
                "remove the lock, or correct available_from, available_to or regions",
            )
        elif lock["lock"] == "OUT" and core[i]:
            said = (
                "no OUT lock of a core item: no item is called core, so the core is what most"
                " stores list today",
                "remove the lock, or say in the column core of items which items are core",
            )
        if said is not None:
            place = (lock["file"], int(lock["row"]))
            value = f"{names[i]} ({lock['item_id']}) {lock['lock']}"
            problems.setdefault(
                place, Problem(*place, "lock", value, *said, cell=str(lock["cell"]))
            )
    if problems:
        raise BadInput(list(problems.values()))
