"""Fixtures shelf by shelf, and the current range with its places on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from catalogue import generator

CORE_SHARE_SMALL, CORE_SHARE_LARGE = 0.62, 0.50
"""Width of the core at its fewest facings, as a share of the width: smallest, largest store."""
LAYOUT = {
    # fixture type: (letter, shelves of a bay in a small and a large store, bay widths)
    "wet rack": ("W", 3, 4, range(90, 135, 5)),
    "multideck": ("M", 4, 5, range(90, 135, 5)),
    "table": ("T", 2, 2, range(150, 205, 5)),
    "bin": ("B", 1, 1, (120, 150, 180)),
}
EYE_LEVEL = {("wet rack", 3): {3}, ("wet rack", 4): {3}, ("multideck", 4): {3},
             ("multideck", 5): {3, 4}, ("table", 2): {2}}  # fmt: skip
BAYS_PER_FIXTURE = {"wet rack": 4, "multideck": 4, "table": 1, "bin": 1}


def build_fixtures(stores: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """One row a shelf: as many equal bays as come nearest to the width the store should have."""
    core = items[items.core == "yes"]
    needed = (core.facing_width_cm * core.min_facings).groupby(core.fixture_type).sum()
    rank = stores.sales_week.rank(method="first").sub(1) / (len(stores) - 1)
    rows = []
    for store_id, large in zip(stores.store_id, rank, strict=True):
        share = CORE_SHARE_SMALL + large * (CORE_SHARE_LARGE - CORE_SHARE_SMALL)
        for kind, (letter, few, many, widths) in LAYOUT.items():
            shelves = many if large >= 0.5 else few
            target = needed[kind] / share
            bays, width = min(
                ((n, w) for n in range(1, 13) for w in widths),
                key=lambda choice: abs(choice[0] * choice[1] * shelves - target),
            )
            for bay in range(bays):
                fixture, place = divmod(bay, BAYS_PER_FIXTURE[kind])
                rows += [
                    {
                        "store_id": store_id,
                        "fixture_id": f"{letter}{fixture + 1}",
                        "fixture_type": kind,
                        "bay": place + 1,
                        "shelf": shelf,
                        "width_cm": width,
                        "eye_level": "yes"
                        if shelf in EYE_LEVEL.get((kind, shelves), set())
                        else "no",
                    }
                    for shelf in range(1, shelves + 1)
                ]
    return pd.DataFrame(rows)


def can_be_bought(stores: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """[store, item]: whether the item can be bought in the store's region."""
    names = [set(text.split(";")) - {""} for text in items.regions]
    return np.array([[not n or city in n for n in names] for city in stores.city])


def _widths(fixtures: pd.DataFrame, store_id: str, kind: str) -> pd.DataFrame:
    chosen = (fixtures.store_id == store_id) & (fixtures.fixture_type == kind)
    return fixtures[chosen].reset_index(drop=True)


def build_current_range(
    seed: int,
    stores: pd.DataFrame,
    items: pd.DataFrame,
    fixtures: pd.DataFrame,
    chain_sales: np.ndarray,
    local_pull: np.ndarray,
) -> pd.DataFrame:
    """Today's range: the core, one chain list of extras as far as it fits, a few local habits.

    ``chain_sales`` [item] ranks the extras for everybody; ``local_pull`` [store, item] is
    money a week, of which the local habits of a store's manager know something.
    """
    rng = generator(seed, "range")
    allowed = can_be_bought(stores, items)
    # Every item was tried somewhere: each local item is a habit of a few stores, more often of
    # those whose shoppers want it.
    noticed = np.where(allowed, local_pull * np.exp(rng.normal(0, 0.8, local_pull.shape)), -1)
    rank = (-noticed).argsort(axis=0).argsort(axis=0)
    habit = allowed & (rank < rng.integers(3, 7, len(items)))
    everywhere = np.argsort(-chain_sales * np.exp(rng.normal(0, 0.25, len(items))))
    # Plain lists: the packing below looks single values up a million times.
    width, fewest = items.facing_width_cm.tolist(), items.min_facings.tolist()
    most, core = items.max_facings.tolist(), (items.core == "yes").tolist()
    rows = []
    for s, store_id in enumerate(stores.store_id):
        for kind in LAYOUT:
            shelves = _widths(fixtures, store_id, kind)
            room = shelves.width_cm.tolist()
            of_kind = np.flatnonzero((items.fixture_type == kind) & allowed[s]).tolist()
            facings = {i: fewest[i] for i in of_kind if core[i]}
            extras = [i for i in everywhere.tolist() if i in of_kind and i not in facings]
            for i in sorted(extras, key=lambda i: not habit[s, i]):
                trial = facings | {i: fewest[i]}
                used = sum(n * width[k] for k, n in trial.items())
                if used <= 0.88 * sum(room) and _pack(trial, width, room):
                    facings = trial
            facings = _widen(facings, width, most, room, local_pull[s].tolist())
            rows += _positions(store_id, facings, items, shelves)
    return pd.DataFrame(rows)


def _pack(facings: dict[int, int], width: list[int], room: list[int]) -> dict[int, int] | None:
    """Shelf of each item, widest first into the fullest shelf it fits on; None: no fit."""
    left = list(room)
    places = {}
    for item in sorted(facings, key=lambda i: -facings[i] * width[i]):
        needed = facings[item] * width[item]
        fits = [(space, shelf) for shelf, space in enumerate(left) if space >= needed]
        if not fits:
            return None
        shelf = min(fits)[1]
        left[shelf] -= needed
        places[item] = shelf
    return places


def _widen(
    facings: dict[int, int],
    width: list[int],
    most: list[int],
    room: list[int],
    pull: list[float],
) -> dict[int, int]:
    """Gives the width left over to the items that sell most for each facing they have."""
    open_items = set(facings)
    while open_items:
        best = max(sorted(open_items), key=lambda i: pull[i] / facings[i] / width[i])
        trial = facings | {best: facings[best] + 1}
        if trial[best] <= most[best] and _pack(trial, width, room):
            facings = trial
        else:
            open_items.remove(best)
    return facings


def _positions(
    store_id: str, facings: dict[int, int], items: pd.DataFrame, shelves: pd.DataFrame
) -> list[dict[str, object]]:
    places = _pack(facings, items.facing_width_cm.tolist(), shelves.width_cm.tolist())
    if places is None:
        raise ValueError(f"store {store_id}: the core does not fit on its shelves")
    rows = []
    for shelf in sorted(set(places.values())):
        here = [i for i, where in places.items() if where == shelf]
        here.sort(key=lambda i: (items.need_group[i], items.item_id[i]))
        rows += [
            {
                "store_id": store_id,
                "item_id": items.item_id[i],
                "facings": facings[i],
                "fixture_id": shelves.fixture_id[shelf],
                "bay": shelves.bay[shelf],
                "shelf": shelves.shelf[shelf],
                "position": place,
            }
            for place, i in enumerate(here, start=1)
        ]
    return rows
