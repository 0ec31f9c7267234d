"""Whether every lock in force can be obeyed: each check is one function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from planner.tables.capacity import (
    TOLERANCE_CM,
    by_type,
    column,
    core_ids,
    shelves_of,
    sold_in,
)
from planner.tables.collect import Findings, shortened
from planner.tables.defaults import Tables
from planner.tables.lock_sheet import SEPARATOR

BOUNDS = ("MIN", "MAX")


class Lock(NamedTuple):
    """One lock of the table; ``store`` "" for every store, ``facings`` NaN where not given."""

    position: int
    store: str
    item: str
    word: str
    facings: float


@dataclass(frozen=True)
class ItemsById:
    """The items table by item, its defaults filled in."""

    frame: pd.DataFrame
    core: frozenset[str]
    sold_in: Mapping[str, frozenset[str]]

    def number(self, item: str, name: str) -> float:
        """A number of an item."""
        return float(str(self.frame.at[item, name]))

    def text(self, item: str, name: str) -> str:
        """A text of an item."""
        return str(self.frame.at[item, name])


@dataclass(frozen=True)
class _Room:
    """Shelf of a store by fixture type, in centimetres."""

    total: Mapping[str, float]
    widest: Mapping[str, float]


def items_by_id(tables: Tables) -> ItemsById:
    """The items table by item, the first row of each."""
    table = tables["items"]
    numbers = ("min_facings", "max_facings", "facing_width_cm", "case_units", "units_per_facing",
               "shelf_fills_per_cycle", "available_from", "available_to")  # fmt: skip
    frame = pd.DataFrame({name: table.frame[name] for name in numbers})
    frame["fixture_type"] = column(tables, "items", "fixture_type")
    frame.index = pd.Index(column(tables, "items", "item_id"))
    return ItemsById(frame[~frame.index.duplicated()], frozenset(core_ids(tables)), sold_in(tables))


def understood_locks(tables: Tables) -> list[Lock]:
    """The locks whose item, word and facings (where there must be some) are understood."""
    known = set(column(tables, "items", "item_id")) - {""}
    facings = tables["locks"].frame["facings"].to_numpy(dtype=np.float64)
    texts = (column(tables, "locks", name) for name in ("store_id", "item_id", "lock"))
    return [
        Lock(position, store, item, word, float(facings[position]))
        for position, (store, item, word) in enumerate(zip(*texts, strict=True))
        if item in known and word and (word not in BOUNDS or facings[position] >= 1)
    ]


def _by_store(tables: Tables, locks: Sequence[Lock]) -> Iterator[tuple[str, list[Lock]]]:
    """Every store that has a lock, with those that hold there.

    One of the store itself stands before one of every store, of the same kind on the same item.
    """
    own: dict[str, dict[tuple[str, str], Lock]] = defaultdict(dict)
    for lock in locks:
        own[lock.store].setdefault((lock.item, lock.word), lock)
    everywhere = own.pop("", {})
    for store in dict.fromkeys(column(tables, "stores", "store_id")):
        here = {**everywhere, **own.get(store, {})}
        if store and here:
            yield store, sorted(here.values())


def facings_belong_to_min_and_max(tables: Tables, findings: Findings) -> None:
    """MIN and MAX say how many facings; IN and OUT do not."""
    locks = tables["locks"]
    words = column(tables, "locks", "lock")
    given = np.array([locks.shown("facings", k) != "" for k in range(len(locks))], dtype=bool)
    bound = words.isin(BOUNDS).to_numpy()
    locks.report(
        findings,
        "facings",
        np.flatnonzero(bound & ~given),
        "a whole number of at least 1 beside MIN and MAX",
        "write how many facings",
        "nothing",
    )
    locks.report(
        findings,
        "facings",
        np.flatnonzero((words != "").to_numpy() & ~bound & given),
        "an empty cell beside IN and OUT",
        "empty the cell; for a number of facings add a row with MIN or MAX",
    )


def locks_do_not_contradict(tables: Tables, findings: Findings) -> None:
    """No item is both IN and OUT in a store, and no MIN is above a MAX."""
    locks = tables["locks"]
    every = understood_locks(tables)
    found: dict[int, int] = {}
    for _, here in _by_store(tables, every):
        by_kind = {(lock.item, lock.word): lock for lock in here}
        for (item, word), lock in by_kind.items():
            rival = by_kind.get((item, {"OUT": "IN", "MAX": "MIN"}.get(word, "")))
            if rival and (word == "OUT" or rival.facings > lock.facings):
                later, earlier = sorted((lock.position, rival.position), reverse=True)
                found.setdefault(later, earlier)
    by_position = {lock.position: lock for lock in every}
    for position, against in found.items():
        lock, other = by_position[position], by_position[against]
        allowed = "IN or OUT for an item of a store, not both"
        if lock.word in BOUNDS:
            allowed = "a MIN that is not above the MAX of the same item"
        findings.problem(
            *locks.place(position),
            "lock",
            lock_words(tables, lock),
            allowed,
            f"{_where(tables, findings, other.position)} locks it"
            f" {lock_words(tables, other, item=False)}: remove one of the two",
        )


def _named(tables: Tables, lock: Lock) -> str:
    """The item of a lock as it was written, and its id."""
    written = shortened(tables["locks"].shown("item_id", lock.position).strip())
    return written if lock.item in written.split(SEPARATOR) else f"{written} ({lock.item})"


def lock_words(tables: Tables, lock: Lock, *, item: bool = True) -> str:
    """A lock as it was written, such as Endive (4063) MIN 2, or without its item."""
    said = f"{lock.word} {lock.facings:g}" if lock.word in BOUNDS else lock.word
    return f"{_named(tables, lock)} {said}" if item else said


def _where(tables: Tables, findings: Findings, position: int) -> str:
    file, row = tables["locks"].place(position)
    letter = findings.letters.get(file, {}).get("lock", "")
    return f"cell {letter}{row} of {file}" if letter else f"row {row} of {file}"


def facings_are_within_those_of_the_item(tables: Tables, findings: Findings) -> None:
    """No MIN is above the item's max_facings, no MAX below its min_facings."""
    locks, items = tables["locks"], items_by_id(tables)
    for lock in understood_locks(tables):
        if lock.word not in BOUNDS:
            continue
        least, most = (items.number(lock.item, n) for n in ("min_facings", "max_facings"))
        above, below = lock.word == "MIN" and lock.facings > most, lock.facings < least
        if above or (below and lock.word == "MAX"):
            findings.problem(
                *locks.place(lock.position),
                "facings",
                f"{lock.facings:g}",
                f"a MIN of at most {most:g}, the max_facings of {_named(tables, lock)}"
                if above
                else f"a MAX of at least {least:g}, the min_facings of {_named(tables, lock)}",
                f"write {most if above else least:g}, or change the item's facings in items"
                + ("" if above else "; OUT keeps it out of the store"),
            )


def locked_in_is_sold(
    tables: Tables, findings: Findings, first_day: pd.Timestamp, weeks: int
) -> None:
    """Items locked in can be bought in the store's region, in all weeks of the plan."""
    locks, items = tables["locks"], items_by_id(tables)
    regions = column(tables, "stores", "region")
    region_of = dict(zip(column(tables, "stores", "store_id"), regions, strict=True))
    last_day = first_day + pd.Timedelta(days=7 * weeks - 1)
    reported: set[int] = set()
    for store, here in _by_store(tables, understood_locks(tables)):
        for lock in here:
            if lock.word != "IN" or lock.position in reported:
                continue
            region, sold = region_of[store], items.sold_in.get(lock.item)
            start: Any = items.frame["available_from"].at[lock.item]
            end: Any = items.frame["available_to"].at[lock.item]
            season = start > first_day or end < last_day
            if not season and not (region and sold and region not in sold):
                continue
            reported.add(lock.position)
            of_all = "" if lock.store else f" in store {store}, as the lock holds in every store"
            findings.problem(
                *locks.place(lock.position),
                "item_id",
                _named(tables, lock),
                "an item that can be bought in all the plan's weeks,"
                f" {first_day.date()} to {last_day.date()}"
                if season
                else f"an item that can be bought in the store's region{of_all}",
                "remove the lock, or correct available_from or available_to of the item"
                if season
                else f"remove the lock, or add {region} to the regions of {lock.item} in items",
            )


def locks_fit_the_shelves(tables: Tables, findings: Findings) -> None:
    """Every MIN and every item locked in fits one shelf of its type, a case of it fits its MAX,
    and what must be listed fits all of them together."""
    items = items_by_id(tables)
    rooms = {
        str(store): _Room(
            by_type(own.groupby("type")["width_cm"].sum()),
            by_type(own.groupby("type")["width_cm"].max()),
        )
        for store, own in shelves_of(tables).groupby("store_id", sort=False)
    }
    core_need: dict[str, float] = defaultdict(float)
    for item in items.core:
        width = items.number(item, "min_facings") * items.number(item, "facing_width_cm")
        core_need[items.text(item, "fixture_type")] += width
    reported: set[int] = set()
    for store, here in _by_store(tables, understood_locks(tables)):
        room = rooms.get(store)
        _cases_fit(tables, findings, items, here, room, reported)
        if room is not None:
            _widths_fit(tables, findings, items, store, here, room, dict(core_need), reported)


def _cases_fit(
    tables: Tables,
    findings: Findings,
    items: ItemsById,
    here: Sequence[Lock],
    room: _Room | None,
    reported: set[int],
) -> None:
    """A case of what must be listed fits the facings that a MAX leaves it."""
    must = items.core | {lock.item for lock in here if lock.word == "IN"}
    most = {lock.item: lock for lock in here if lock.word == "MAX"}
    for lock in here:
        bound = most.get(lock.item)
        if lock.item not in must or lock.word not in ("IN", "MAX") or lock.position in reported:
            continue
        if lock.word == "IN" and bound is not None:
            continue
        facings = items.number(lock.item, "max_facings")
        if room is not None:
            widest = room.widest.get(items.text(lock.item, "fixture_type"), 0.0)
            facings = min(facings, widest // items.number(lock.item, "facing_width_cm"))
        facings = min(facings, bound.facings if bound else np.inf)
        held = items.number(lock.item, "units_per_facing") * items.number(
            lock.item, "shelf_fills_per_cycle"
        )
        case = items.number(lock.item, "case_units")
        if facings >= 1 and case > held * facings + TOLERANCE_CM:
            reported.add(lock.position)
            findings.problem(
                *tables["locks"].place(lock.position),
                "lock" if lock.word == "IN" else "facings",
                lock_words(tables, lock),
                f"facings that hold a case of {lock.item}: {case:g} units, at {held:g} a facing",
                "raise the MAX, or correct case_units or units_per_facing of the item"
                if bound
                else "remove the lock, or correct case_units, units_per_facing or max_facings",
            )


def _widths_fit(
    tables: Tables,
    findings: Findings,
    items: ItemsById,
    store: str,
    here: Sequence[Lock],
    room: _Room,
    need: dict[str, float],
    reported: set[int],
) -> None:
    locks = tables["locks"]
    must = items.core | {lock.item for lock in here if lock.word == "IN"}
    full = {kind for kind, width in need.items() if width > room.total.get(kind, 0.0)}
    for lock in here:
        if lock.word not in ("IN", "MIN") or (lock.word == "IN" and lock.item in items.core):
            continue
        kind = items.text(lock.item, "fixture_type")
        width, least = (items.number(lock.item, n) for n in ("facing_width_cm", "min_facings"))
        shelf, facings = room.widest.get(kind, 0.0), least
        added = least * width
        if lock.word == "MIN":
            if lock.facings > items.number(lock.item, "max_facings"):
                continue
            facings = max(lock.facings, least)
            added = (facings - least) * width
        name = "item_id" if lock.word == "IN" else "facings"
        report = partial(
            _once,
            findings,
            reported,
            lock.position,
            *locks.place(lock.position),
            name,
            f"{lock_words(tables, lock)} in store {store}",
        )
        if kind not in room.widest:
            report(
                f"an item of a fixture type that store {store} has: "
                + ", ".join(sorted(room.widest)),
                f"remove the lock, or add a {kind} to the fixtures of the store",
            )
        elif facings * width > shelf + TOLERANCE_CM:
            report(
                f"at most {shelf:g} cm, the widest {kind}, as an item stands on one shelf: "
                f"{facings:g} facings of {_named(tables, lock)} need {facings * width:g} cm",
                "remove the lock, or correct min_facings or facing_width_cm of the item"
                if lock.word == "IN"
                else f"write {shelf // width:g} or less"
                if shelf >= width
                else "remove the lock, or correct facing_width_cm of the item",
            )
        elif lock.item in must:
            need[kind] = need.get(kind, 0.0) + added
            if need[kind] > room.total.get(kind, 0.0) + TOLERANCE_CM and kind not in full:
                full.add(kind)
                report(
                    f"core and locked-in items of at most {room.total.get(kind, 0.0):g} cm on"
                    f" {kind}: with this lock they need {need[kind]:g} cm",
                    "remove the lock or another one on the same fixture type",
                )


def _once(
    findings: Findings,
    reported: set[int],
    position: int,
    file: str,
    row: int,
    name: str,
    value: str,
    allowed: str,
    mend: str,
) -> None:
    """A problem of a lock that holds in many stores is told once."""
    if position not in reported:
        reported.add(position)
        findings.problem(file, row, name, value, allowed, mend)


LOCK_CHECKS: tuple[Callable[[Tables, Findings], None], ...] = (
    facings_belong_to_min_and_max,
    locks_do_not_contradict,
    facings_are_within_those_of_the_item,
    locks_fit_the_shelves,
)
