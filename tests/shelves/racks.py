"""Racks for the tests of packing and placing."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from planner.shelves.rack import UNKNOWN, Rack
from planner.shelves.weights import PlacementWeights


def make_rack(width: list[int], group: list[int], room: list[int], **fields: tuple) -> Rack:
    """One bay, one facing an item, none to add, nothing to gain, unless a field says so."""
    n = len(width)
    given = {
        "facing_width": tuple(width),
        "facings": (1,) * n,
        "most_facings": (1,) * n,
        "stock_facings": (1,) * n,
        "cycle_need": (1.0,) * n,
        "group": tuple(group),
        "margin": (1.0,) * n,
        "weight_kg": (0.0,) * n,
        "colour": (UNKNOWN,) * n,
        "home": (UNKNOWN,) * n,
        "home_place": (UNKNOWN,) * n,
        "shelf_width": tuple(room),
        "eye_level": (False,) * len(room),
        "bay": (0,) * len(room),
    }
    return Rack(**(given | fields))


def tight_rack(rng: np.random.Generator) -> Rack:
    """Up to 8 items that need between all and nearly all of 2 to 4 shelves."""
    n = int(rng.integers(3, 9))
    width = [int(w) for w in rng.choice([2, 3, 4, 5, 7], n)]
    cuts = sorted(int(c) for c in rng.integers(0, sum(width) + 1, rng.integers(1, 4)))
    room = np.diff([0, *cuts, sum(width)]) + rng.integers(0, 3, len(cuts) + 1)
    return make_rack(width, [int(g) for g in rng.integers(0, 3, n)], [int(w) for w in room])


def small_rack(rng: np.random.Generator, *, most_items: int = 6) -> Rack:
    """Up to 6 items on 2 to 4 shelves where every rule has something to say.

    Shelves of one bay, of two bays, or alone in their bays; 75 to 100 % full.
    """
    n = int(rng.integers(4, most_items + 1))
    shelves = int(rng.integers(2, 5))
    width = [int(w) for w in rng.choice([2, 3, 4, 5, 6], n)]
    used = sum(width)
    shelf = -(-used // shelves) + int(rng.integers(0, 1 + used // shelves // 3))
    bays = {0: range(shelves), 1: [0] * shelves, 2: [z // 2 for z in range(shelves)]}
    colours = rng.integers(-1, 2, n)
    home = rng.integers(-1, shelves, n)
    eye = int(rng.integers(0, shelves))
    return make_rack(
        width,
        [int(g) for g in rng.integers(0, 3, n)],
        [max(shelf, *width)] * shelves,
        most_facings=tuple(int(f) for f in rng.integers(1, 4, n)),
        stock_facings=(2,) * n,
        cycle_need=tuple(rng.uniform(0.5, 3, n)),
        margin=tuple(rng.gamma(2, 10, n)),
        weight_kg=tuple(rng.gamma(2, 10, n) * rng.integers(0, 2, n)),
        colour=tuple(int(c) for c in colours),
        home=tuple(int(h) for h in home),
        home_place=tuple(int(p) for p in rng.permutation(n) + 1),
        eye_level=tuple(z == eye for z in range(shelves)),
        bay=tuple(bays[int(rng.integers(0, 3))]),
    )


def any_rack(rng: np.random.Generator, *, most_items: int = 9) -> Rack:
    """2 to 9 items of 1 to 4 facings on 1 to 3 fixtures of 1 to 5 shelves each.

    40 to 100 % full, a third of them cut to the last centimetre; need groups and colours few or
    many; today's planogram known in whole, in part or not at all (as on a display that changes
    weekly); any shelf, or none, at eye level; margins may be losses.
    """
    n = int(rng.integers(2, most_items + 1))
    bays = [bay for bay in range(int(rng.integers(1, 4))) for _ in range(int(rng.integers(1, 6)))][
        : n + 2
    ]
    shelves = len(bays)
    facing = rng.choice([8, 10, 12, 15, 20, 25, 30, 35], n)
    facings = rng.integers(1, 5, n)
    width = facing * facings
    if rng.random() < 1 / 3:
        stands = rng.integers(0, shelves, n)
        room = np.array([max(8, width[stands == z].sum()) for z in range(shelves)])
    else:
        full = rng.uniform(0.4, 1.0)
        room = np.full(shelves, max(width.max(), round(width.sum() / full / shelves)))
        if rng.random() < 1 / 3:
            room = room + rng.integers(0, 30, shelves)
    home = rng.integers(-1 if rng.random() < 0.5 else 0, shelves, n)
    if rng.random() < 1 / 3:
        home[:] = UNKNOWN
    place = np.where(home == UNKNOWN, UNKNOWN, rng.permutation(n) + 1)
    return make_rack(
        [int(w) for w in facing],
        [int(g) for g in rng.integers(0, rng.integers(1, n + 1), n)],
        [int(w) for w in room],
        facings=tuple(int(f) for f in facings),
        most_facings=tuple(int(f) for f in facings + rng.integers(0, 4, n)),
        stock_facings=tuple(int(f) for f in facings + rng.integers(0, 4, n)),
        cycle_need=tuple(rng.uniform(0.5, 5, n)),
        margin=tuple(rng.gamma(2, 10, n) * rng.choice([1, 1, 1, -0.3], n)),
        weight_kg=tuple(rng.gamma(2, 10, n) * rng.integers(0, 2, n)),
        colour=tuple(int(c) for c in rng.integers(-1, rng.integers(1, 5), n)),
        home=tuple(int(h) for h in home),
        home_place=tuple(int(p) for p in place),
        eye_level=tuple(bool(e) for e in rng.random(shelves) < 0.3),
        bay=tuple(bays),
    )


def any_weights(rng: np.random.Generator) -> PlacementWeights:
    """The defaults in half of the cases; else each times 0 to 4, some of them 0."""
    weights = asdict(PlacementWeights())
    if rng.random() < 0.5:
        factor = rng.choice([0, 0.25, 0.5, 1, 2, 4], len(weights))
        weights = {
            rule: weight * f for (rule, weight), f in zip(weights.items(), factor, strict=True)
        }
    return PlacementWeights(**weights)


def full_rack(rng: np.random.Generator, *, items: int = 40) -> Rack:
    """Shelves of 100 cm filled to the last centimetre by items of any width, so that every need
    group can stand in one block: they were cut from shelves that stood so."""
    width: list[int] = []
    group: list[int] = []
    room: list[int] = []
    free = 0
    while len(width) < items or free:
        if not free:
            room.append(100)
            free = 100
        w = int(rng.integers(12, 41))
        width.append(w if free - w >= 12 else free)
        free -= width[-1]
        new = not group or rng.random() < 1 / 4
        group.append(len(set(group)) if new else group[-1])
    n = len(width)
    order = rng.permutation(n)
    return make_rack(
        [width[i] for i in order],
        [group[i] for i in order],
        room,
        margin=tuple(rng.gamma(2, 10, n)),
        bay=tuple(z // 4 for z in range(len(room))),
        eye_level=tuple(z % 4 == 2 for z in range(len(room))),
    )
