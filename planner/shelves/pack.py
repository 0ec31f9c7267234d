"""The best packing found for one rack: blocks first, then any, then bin completion."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from random import Random

from planner.shelves.arrange import exchange, merit
from planner.shelves.blocks import BlockPacker
from planner.shelves.fit import best_fit, exact, insert
from planner.shelves.rack import Layout, Rack, broken_groups
from planner.shelves.spare import EMPTY_SHARE_EXPLAINED, empty_steps, give_facings

TRIES = 320
ENOUGH = 20
"""Packings in blocks after which the best is taken."""


@dataclass(frozen=True)
class Packing:
    """Items on shelves with the facings as printed, or how much width must stay free."""

    layout: Layout | None
    facings: list[int]
    leave_free: int
    """Width steps that a smaller choice of items must leave free; 0 where all stand."""


def pack(rack: Rack, seed: int) -> Packing:
    """Place every item of the rack once, each need group in one block where that is found.

    The same rack and seed give the same packing. Where not even bin completion places all
    items, ``leave_free`` is at least one width step more than these items leave free.
    """
    layouts = _in_blocks(rack, Random(seed))
    if not layouts:
        plain, greedy = best_fit(rack)
        if plain is None:
            plain, placed = exact(rack)
            if plain is None:
                leave_free = _to_leave_free(rack, max(greedy, placed))
                return Packing(None, list(rack.facings), leave_free)
        layouts = [plain]
    ranked = []
    for layout in layouts:
        better = exchange(rack, layout)
        facings = give_facings(rack, better)
        ranked.append((_rank(rack, better, facings), better, facings))
    _, layout, facings = max(ranked, key=lambda entry: entry[0])
    return Packing(layout, facings, 0)


def _in_blocks(rack: Rack, rng: Random) -> list[Layout]:
    """Up to ``ENOUGH`` packings in blocks; where there is none, those that break the fewest."""
    packer = BlockPacker(rack, rng)
    found: list[Layout] = []
    repaired: list[tuple[int, Layout]] = []
    for attempt in range(TRIES):
        freely = attempt % 3 == 1
        layout, left = packer.draw(spread=(1.0, 0.5, 0.0)[attempt // 3 % 3], freely=freely)
        if not left:
            found.append(layout)
            if len(found) == ENOUGH:
                break
        elif not found:
            whole = insert(rack, layout, left)
            if whole is not None:
                repaired.append((len(broken_groups(rack, whole)), whole))
    if found or not repaired:
        return found
    fewest = min(count for count, _ in repaired)
    return [layout for count, layout in repaired if count == fewest][:ENOUGH]


def _rank(rack: Rack, layout: Layout, facings: list[int]) -> tuple[int, int, float]:
    empty = empty_steps(rack, layout, facings)
    gaps = sum(e > EMPTY_SHARE_EXPLAINED * w for e, w in zip(empty, rack.shelf_width, strict=True))
    return -len(broken_groups(rack, layout)), -gaps, merit(rack, layout)


def _to_leave_free(rack: Rack, placed: int) -> int:
    """Half of the way from the items' width to what the shelves took, at least one step.

    One step alone would be the mildest request, but a store program that has many items of
    odd widths could answer it dozens of times; the whole way may give up too much.
    """
    used = sum(rack.width(i) for i in range(len(rack.facings)))
    step = gcd(*rack.facing_width)
    ask = max(step, (used - placed) // 2 // step * step)
    return max(ask, sum(rack.shelf_width) - used + ask)
