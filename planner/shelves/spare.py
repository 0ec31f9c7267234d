"""Width left over on a shelf goes to facings; what stays empty is explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planner.shelves.rack import STEPS_PER_CM, Layout, Rack

EMPTY_SHARE_EXPLAINED = 0.05


class ShelfFiller:
    """Gives the spare width of shelves to facings, and remembers what came of it."""

    def __init__(self, rack: Rack) -> None:
        self.rack = rack
        self._known: dict[tuple[int, tuple[int, ...]], dict[int, int]] = {}

    def facings_on(self, shelf: int, items: Iterable[int]) -> dict[int, int]:
        """Facings of each item of a shelf after its spare width is given away.

        One facing at a time to the item whose shelf stock covers the least of its cycle, up to
        its most facings and while its unchanged stock still makes every facing look full.
        """
        width = self.rack.shelf_width[shelf]
        key = width, tuple(sorted(items))
        if key not in self._known:
            self._known[key] = self._fill(width, key[1])
        return self._known[key]

    def stays_empty(self, shelf: int, items: Iterable[int]) -> bool:
        """Whether more than 5 % of a shelf stays empty."""
        width = self.rack.shelf_width[shelf]
        here = list(items)
        most = EMPTY_SHARE_EXPLAINED * width
        if width - self.rack.used(here) <= most:
            return False
        given = self.facings_on(shelf, here)
        return width - sum(self.rack.facing_width[i] * given[i] for i in here) > most

    def _fill(self, width: int, items: tuple[int, ...]) -> dict[int, int]:
        rack = self.rack
        facings = {i: rack.facings[i] for i in items}
        free = width - rack.used(items)
        open_items = list(items)
        while open_items:
            open_items = [
                i
                for i in open_items
                if rack.facing_width[i] <= free and facings[i] < most_facings(rack, i)
            ]
            if open_items:
                item = min(open_items, key=lambda i: (_cover(rack, i, facings[i]), i))
                facings[item] += 1
                free -= rack.facing_width[item]
        return facings


def give_facings(rack: Rack, layout: Layout, filler: ShelfFiller | None = None) -> list[int]:
    """Facings of each item after the spare width of its shelf is given away."""
    filler = filler or ShelfFiller(rack)
    facings = list(rack.facings)
    for z, shelf in enumerate(layout):
        for item, given in filler.facings_on(z, shelf).items():
            facings[item] = given
    return facings


def most_facings(rack: Rack, item: int) -> int:
    """Facings up to which an item may be given spare width; it may stand with more already."""
    return min(rack.most_facings[item], rack.stock_facings[item])


def _cover(rack: Rack, item: int, facings: int) -> float:
    need = rack.cycle_need[item]
    return facings / need if need > 0 else float("inf")


def empty_steps(rack: Rack, layout: Layout, facings: Sequence[int]) -> list[int]:
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
