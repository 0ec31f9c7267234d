"""Every packing of a small rack, by trying them all."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product
from math import inf

from planner.shelves.rack import Rack
from planner.shelves.score import kept_and_broken, loss_of
from planner.shelves.spare import give_facings
from planner.shelves.weights import PlacementWeights

Widths = tuple[int, ...]


def can_pack(width: Widths, room: Widths) -> bool:
    """Whether the items can be shared out over the shelves at all."""

    @cache
    def rest(k: int, free: Widths) -> bool:
        if k == len(width):
            return True
        return any(
            rest(k + 1, tuple(sorted((*free[:z], free[z] - width[k], *free[z + 1 :]))))
            for z in range(len(free))
            if free[z] >= width[k]
        )

    return rest(0, tuple(sorted(room)))


def can_pack_in_blocks(width: Widths, group: Widths, room: Widths) -> bool:
    """Whether some order of the items, group after group, fits shelf after shelf.

    For a given order, filling each shelf as far as it goes is best, so next-fit decides it.
    """
    groups = sorted(set(group))
    members = {g: [i for i, own in enumerate(group) if own == g] for g in groups}

    def after(state: tuple[int, int], item: int) -> tuple[int, int]:
        shelf, used = state
        while shelf < len(room) and used + width[item] > room[shelf]:
            shelf, used = shelf + 1, 0
        return shelf, used + width[item]

    def extend(state: tuple[int, int], left: frozenset[int]) -> bool:
        if not left:
            return True
        ends = set()
        for g in left:
            for order in permutations(members[g]):
                end = state
                for item in order:
                    end = after(end, item)
                if end[0] < len(room):
                    ends.add((end, g))
        return any(extend(end, left - {g}) for end, g in sorted(ends))

    return extend((0, 0), frozenset(groups))


ANY_ORDER = ("full_shelves", "moves", "eye_level_margin", "heavy_low")
"""Rules whose loss is the same whatever the order on each shelf."""


def least_loss(rack: Rack, weights: PlacementWeights) -> float:
    """The loss of the best placement there is, by trying every item on every shelf in every order.

    Sharings-out whose loss without regard to order is no better than a placement found are not
    ordered any more. Infinite where the items cannot all stand.
    """
    shelves, items = range(len(rack.shelf_width)), range(len(rack.facings))
    shared_out = []
    for chosen in product(shelves, repeat=len(items)):
        layout = [[i for i in items if chosen[i] == z] for z in shelves]
        if all(rack.used(layout[z]) <= rack.shelf_width[z] for z in shelves):
            facings = give_facings(rack, layout)
            kept = kept_and_broken(rack, layout, facings, weights)
            least = sum(rule.loss for rule in kept if rule.rule in ANY_ORDER)
            shared_out.append((least, layout, facings))
    best = inf
    for least, layout, facings in sorted(shared_out):
        if least >= best:
            break
        for orders in product(*(permutations(shelf) for shelf in layout)):
            best = min(best, loss_of(rack, [list(order) for order in orders], facings, weights))
    return best
