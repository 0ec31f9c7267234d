"""Packing without regard to need groups: best fit first, bin completion as the last resort."""

from __future__ import annotations

from math import gcd

from planner.shelves.completion import EFFORT, complete
from planner.shelves.rack import Layout, Rack
from planner.shelves.subset import finest_step


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


def exact(rack: Rack, effort: int = EFFORT) -> tuple[Layout | None, int]:
    """The packing of all items by bin completion; else the width that can be placed at least.

    That is the width of all items but one, the narrowest without which the others stand; 0 where
    there is none. Returns the layout or None, and the width placed in steps.
    """
    # Widths without a common measure are taken as a little wider, or sums would be endless.
    step = max(gcd(*map(rack.width, range(len(rack.facings)))), finest_step(rack.shelf_width))
    width = [-(-rack.width(i) // step) for i in range(len(rack.facings))]
    room = [w // step for w in rack.shelf_width]
    used = rack.used(range(len(width)))
    shelves = complete(width, room, effort)
    if shelves is not None:
        return gather(rack, shelves), used
    for left_out in sorted({w: i for i, w in enumerate(width)}.values(), key=rack.width):
        if complete([w for i, w in enumerate(width) if i != left_out], room, effort) is not None:
            return None, used - rack.width(left_out)
    return None, 0
