"""Width left over on a shelf goes to facings; what stays empty is explained."""

from __future__ import annotations

from planner.shelves.rack import STEPS_PER_CM, Layout, Rack

EMPTY_SHARE_EXPLAINED = 0.05


def give_facings(rack: Rack, layout: Layout) -> list[int]:
    """Facings of each item after the spare width of its shelf is given away.

    One facing at a time to the item whose shelf stock covers the least of its cycle, up to its
    most facings and while its unchanged stock still makes every facing look full.
    """
    facings = list(rack.facings)
    for shelf, width in zip(layout, rack.shelf_width, strict=True):
        free = width - rack.used(shelf)
        open_items = [i for i in shelf if facings[i] < _limit(rack, i)]
        while open_items:
            open_items = [
                i
                for i in open_items
                if rack.facing_width[i] <= free and facings[i] < _limit(rack, i)
            ]
            if open_items:
                item = min(open_items, key=lambda i: (_cover(rack, i, facings[i]), i))
                facings[item] += 1
                free -= rack.facing_width[item]
    return facings


def _limit(rack: Rack, item: int) -> int:
    return min(rack.most_facings[item], rack.stock_facings[item])


def _cover(rack: Rack, item: int, facings: int) -> float:
    need = rack.cycle_need[item]
    return facings / need if need > 0 else float("inf")


def empty_steps(rack: Rack, layout: Layout, facings: list[int]) -> list[int]:
    """Width steps left empty on each shelf."""
    return [
        width - sum(rack.facing_width[i] * facings[i] for i in shelf)
        for shelf, width in zip(layout, rack.shelf_width, strict=True)
    ]


def notes(rack: Rack, layout: Layout, facings: list[int]) -> list[str]:
    """Why more than 5 % of a shelf is empty; "" for the other shelves."""
    return [
        _note(rack, shelf, empty, facings) if empty > EMPTY_SHARE_EXPLAINED * width else ""
        for shelf, width, empty in zip(
            layout, rack.shelf_width, empty_steps(rack, layout, facings), strict=True
        )
    ]


def _note(rack: Rack, shelf: list[int], empty: int, facings: list[int]) -> str:
    if not shelf:
        return "no items needed here"
    below_most = [i for i in shelf if facings[i] < rack.most_facings[i]]
    if not below_most:
        return "every item here is at its most facings"
    if all(facings[i] >= rack.stock_facings[i] for i in below_most):
        return "more facings would need more stock than sells"
    return f"nothing fits in {empty / STEPS_PER_CM:g} cm"
