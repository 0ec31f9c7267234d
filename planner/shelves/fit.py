"""Packing without regard to need groups: best fit first, an exact program as the last resort."""

from __future__ import annotations

from math import gcd

import highspy
import pulp

from planner.shelves.rack import Layout, Rack

EXACT_NODES = 2000
"""Effort of the exact packing, in nodes: the same answer on every machine."""


def gather(rack: Rack, shelves: list[list[int]]) -> Layout:
    """The same items on the same shelves, ordered so that need groups touch.

    A group that the shelf before ends on comes first, one that goes on on the next shelf last.
    """
    layout: Layout = []
    last_group = None
    for z, items in enumerate(shelves):
        here = sorted({rack.group[i] for i in items})
        following = {rack.group[i] for i in shelves[z + 1]} if z + 1 < len(shelves) else set()
        shared = [g for g in here if g in following and (g != last_group or len(here) == 1)]
        closing = shared[-1] if shared else None
        here.sort(key=lambda g: (g != last_group, g == closing, g))
        place = {g: k for k, g in enumerate(here)}
        layout.append(sorted(items, key=lambda i: (place[rack.group[i]], i)))
        if here:
            last_group = here[-1]
    return layout


def insert(rack: Rack, layout: Layout, items: list[int]) -> Layout | None:
    """The layout with ``items`` added by best fit, widest first; None where one does not fit.

    A shelf where the item's need group stands already comes before a tighter one.
    """
    shelves = [list(items) for items in layout]
    free = [w - rack.used(s) for w, s in zip(rack.shelf_width, shelves, strict=True)]
    groups = [{rack.group[i] for i in s} for s in shelves]
    for item in sorted(items, key=lambda i: (-rack.width(i), rack.group[i], i)):
        width = rack.width(item)
        fits = [z for z, room in enumerate(free) if room >= width]
        if not fits:
            return None
        z = min(fits, key=lambda z: (rack.group[item] not in groups[z], free[z], z))
        shelves[z].append(item)
        free[z] -= width
        groups[z].add(rack.group[item])
    return gather(rack, shelves)


def best_fit(rack: Rack) -> tuple[Layout | None, int]:
    """Widest item first onto the shelf with the least room that holds it.

    Returns the layout where every item stands, else None, and the width placed in steps.
    """
    free = list(rack.shelf_width)
    shelves: list[list[int]] = [[] for _ in free]
    for item in sorted(range(len(rack.facings)), key=lambda i: (-rack.width(i), rack.group[i], i)):
        fits = [z for z, room in enumerate(free) if room >= rack.width(item)]
        if not fits:
            continue
        z = min(fits, key=lambda z: (free[z], z))
        shelves[z].append(item)
        free[z] -= rack.width(item)
    placed = sum(rack.used(items) for items in shelves)
    stands = sum(len(items) for items in shelves) == len(rack.facings)
    return gather(rack, shelves) if stands else None, placed


def exact(rack: Rack, nodes: int = EXACT_NODES) -> tuple[Layout | None, int]:
    """The packing that places the most width, by integer program over items of equal width.

    maximise    sum_kz  w_k n_kz
    subject to  sum_z n_kz <= items of width w_k,   sum_k w_k n_kz <= W_z,   n integer

    Returns the layout where every item stands, else None, and the width placed in steps.
    """
    items_of: dict[int, list[int]] = {}
    for item in range(len(rack.facings)):
        items_of.setdefault(rack.width(item), []).append(item)
    program = pulp.LpProblem("shelves", pulp.LpMaximize)
    unit = gcd(*items_of) or 1
    counts = {
        (w, z): program.add_variable(f"n_{w}_{z}", 0, min(len(same), W // w), cat="Integer")
        for w, same in items_of.items()
        for z, W in enumerate(rack.shelf_width)
        if w <= W
    }
    program += pulp.lpSum(w // unit * n for (w, _), n in counts.items())
    for w, same in items_of.items():
        program += pulp.lpSum(n for (v, _), n in counts.items() if v == w) <= len(same)
    for z, W in enumerate(rack.shelf_width):
        program += pulp.lpSum(w // unit * n for (w, y), n in counts.items() if y == z) <= W // unit
    solver = pulp.getSolver("HiGHS", msg=False, threads=1, mip_max_nodes=nodes)
    try:
        program.solve(solver)
    except KeyError as error:
        # PuLP has no word for a limit of nodes; what was found by then is set already.
        if error.args[0] != highspy.HighsModelStatus.kSolutionLimit:
            raise
    found = {key: round(n.varValue or 0.0) for key, n in counts.items()}
    waiting = {w: list(same) for w, same in items_of.items()}
    shelves: list[list[int]] = [[] for _ in rack.shelf_width]
    free = list(rack.shelf_width)
    for (w, z), n in sorted(found.items()):
        for _ in range(n):
            if waiting[w] and free[z] >= w:
                shelves[z].append(waiting[w].pop(0))
                free[z] -= w
    placed = sum(rack.shelf_width) - sum(free)
    if any(waiting.values()):
        return None, placed
    return gather(rack, shelves), placed
