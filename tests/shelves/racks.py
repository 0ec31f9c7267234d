"""Racks for the tests of packing and placing."""

from __future__ import annotations

import numpy as np

from planner.shelves.rack import UNKNOWN, Rack


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
