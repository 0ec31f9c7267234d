"""The best placement found for one rack.

Small racks are searched through; large ones from several starts, each bettered, the lowest loss
taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd, inf
from random import Random

import numpy as np

from planner.shelves.assign import ShelfChooser
from planner.shelves.blocks import BlockPacker
from planner.shelves.fit import best_fit, exact, insert
from planner.shelves.order import arrange
from planner.shelves.pieces import groups_apart
from planner.shelves.proof import UP_TO, search_through
from planner.shelves.rack import UNKNOWN, Layout, Rack
from planner.shelves.score import loss_of
from planner.shelves.spare import ShelfFiller, give_facings
from planner.shelves.units import Ints
from planner.shelves.weights import PlacementWeights
from planner.shelves.whole_blocks import in_whole_blocks
from planner.shelves.windows import Window, windows

TRIES = 30
"""Draws of packings in blocks."""
ENOUGH = 8
"""Packings in blocks after which no more are drawn."""
BETTERED = 2
"""Of them, those that are bettered."""
FINISHED = 12
"""Items of the placements that are searched thoroughly and ordered, beside the first."""
STIRRED = 24
"""Items of the placements that are found anew from the best after a few items went elsewhere."""
STIRRED_ITEMS = 3
UNITING = 5
"""Draws of packings with all need groups in one block, where they fell apart."""
UNITED = 3
"""Of them, those that are bettered."""
UNITED_EFFORT = 4_000
WINDOWS = 8
"""Sets of shelves that are searched through in large racks, where something is to be mended."""
WINDOW_ITEMS = 9
WINDOW_EFFORT = 2_000
MENDED = 12
"""Tries to bring a need group together that falls apart."""


@dataclass(frozen=True)
class Packing:
    """Items on shelves with the facings as printed, or how much width must stay free."""

    layout: Layout | None
    facings: list[int]
    leave_free: int
    """Width steps that a smaller choice of items must leave free; 0 where all stand."""
    proven: bool = False
    """Whether no other placement has a lower loss."""


def pack(rack: Rack, seed: int, weights: PlacementWeights) -> Packing:
    """Place every item of the rack once, with a loss (``score.py``) as low as is found.

    Small racks are searched through (``proof.py``). The same rack, seed and weights give the same
    packing. Where not even bin completion places all items, ``leave_free`` is at least one width
    step more than these items leave free.
    """
    if not rack.facings:
        return Packing([[] for _ in rack.shelf_width], [], 0, proven=True)
    search = _Search(rack, weights)
    if len(rack.facings) <= UP_TO:
        proof = search_through(rack, weights, search.chooser.filler)
        if proof.layout is not None:
            search.take(proof.layout, proven=proof.whole)
        if search.best.proven:
            return search.best
    return _searched(search, seed)


def by_search(rack: Rack, seed: int, weights: PlacementWeights) -> Packing:
    """``pack`` by local search alone, as large racks are placed; ``rack`` has items."""
    return _searched(_Search(rack, weights), seed)


def _searched(search: _Search, seed: int) -> Packing:
    rack, rng = search.rack, Random(seed)
    search.add([_as_today(rack, search.chooser)])
    search.add(_in_blocks(rack, search.chooser, rng))
    for _ in range(1 + FINISHED // len(rack.facings)):
        search.finish()
    search.unite(rng)
    if search.best.layout is None:
        plain, greedy = best_fit(rack)
        if plain is None:
            plain, placed = exact(rack)
            if plain is None:
                leave_free = _to_leave_free(rack, max(greedy, placed))
                return Packing(None, list(rack.facings), leave_free)
        search.add([_shelf_of(rack, plain)])
        search.finish()
    search.mend(MENDED)
    search.look_into(WINDOWS)
    search.stir(STIRRED // len(rack.facings), rng)
    return search.best


class _Search:
    """Starts of one rack, bettered and ordered; the best so far."""

    def __init__(self, rack: Rack, weights: PlacementWeights) -> None:
        self.rack = rack
        self.weights = weights
        self.chooser = ShelfChooser(rack, weights, ShelfFiller(rack))
        self.best = Packing(None, list(rack.facings), 0)
        self.least = inf
        self._best_shelf: Ints | None = None
        self._waiting: dict[bytes, tuple[float, Ints]] = {}
        self._seen: set[bytes] = set()

    def add(self, starts: list[Ints]) -> None:
        """Better each start; those that fit wait to be finished."""
        for start in starts:
            shelf = self.chooser.better(start)
            if self.chooser.fits(shelf) and shelf.tobytes() not in self._seen:
                self._seen.add(shelf.tobytes())
                self._waiting[shelf.tobytes()] = self.chooser.loss(shelf), shelf

    def finish(self) -> None:
        """Search thoroughly from the best that waits, and order its items.

        Not where its loss before that is no less than what was found: order adds to it.
        """
        if not self._waiting:
            return
        name = min(self._waiting, key=lambda name: self._waiting[name][0])
        shelf = self.chooser.better(self._waiting.pop(name)[1], thoroughly=True)
        self._seen.add(shelf.tobytes())
        if self.chooser.loss(shelf) >= self.least:
            return
        shelves = _on_shelves(self.rack, shelf)
        facings = give_facings(self.rack, shelves, self.chooser.filler)
        self.take(arrange(self.rack, shelves, facings, self.weights))

    def take(self, layout: Layout, *, proven: bool = False) -> None:
        """Keep a placement that is better than those before; ``proven``: there is no better."""
        facings = give_facings(self.rack, layout, self.chooser.filler)
        loss = round(loss_of(self.rack, layout, facings, self.weights), 9)
        if loss < self.least:
            self.least, self.best = loss, Packing(layout, facings, 0, proven)
            self._best_shelf = _shelf_of(self.rack, layout)

    def mend(self, tries: int) -> None:
        """Put groups that fall apart together on a shelf of theirs, or on one beside it.

        Whatever is in the way there goes elsewhere by the search; what is better is kept.
        """
        if not self.weights.group_blocks:
            return
        tried: set[tuple[int, int]] = set()
        while tries:
            kick = next((k for k in self._kicks() if k not in tried), None)
            if kick is None or self._best_shelf is None:
                return
            tries -= 1
            tried.add(kick)
            group, to = kick
            start = np.where(self.chooser.group == group, to, self._best_shelf)
            before = self.least
            self.add([start])
            self.finish()
            if self.least < before:
                tried.clear()

    def unite(self, rng: Random) -> None:
        """Packings with all groups in one block, where groups fall apart or nothing fits yet."""
        if not self.weights.group_blocks or not self._broken():
            return
        found = 0
        for _ in range(UNITING):
            layout = in_whole_blocks(self.rack, rng, UNITED_EFFORT)
            if layout is not None:
                self.take(layout)
                self.add([_shelf_of(self.rack, layout)])
                self.finish()
                found += 1
            if found == UNITED:
                return

    def _broken(self) -> bool:
        """Whether groups fall apart, or not all items stand."""
        layout = self.best.layout
        if layout is None:
            return True
        found = groups_apart(self.rack, layout, self.best.facings)
        return any(apart.reading > 1 for apart in found.values())

    def look_into(self, tries: int) -> None:
        """Search a few shelves through at a time, where groups fall apart or shelves stay empty."""
        tried: set[tuple[Window, bytes]] = set()
        while tries and self.best.layout is not None:
            layout = self.best.layout
            names = (
                (window, repr([layout[z] for z in window]).encode())
                for window in windows(
                    self.rack, layout, self.best.facings, self.weights, WINDOW_ITEMS
                )
            )
            name = next((n for n in names if n not in tried), None)
            if name is None:
                return
            tries -= 1
            tried.add(name)
            fixed = {z: items for z, items in enumerate(layout) if z not in name[0]}
            found = search_through(
                self.rack, self.weights, self.chooser.filler, WINDOW_EFFORT, fixed
            )
            if found.layout is not None:
                self.take(found.layout)

    def stir(self, tries: int, rng: Random) -> None:
        """Search again from the best with a few items on any shelf: small racks have few draws."""
        items, shelves = len(self.rack.facings), len(self.rack.shelf_width)
        for _ in range(tries):
            if self._best_shelf is None or self.least == 0:
                return
            start = self._best_shelf.copy()
            for item in rng.sample(range(items), min(items, STIRRED_ITEMS)):
                start[item] = rng.randrange(shelves)
            self.add([start])
            self.finish()

    def _kicks(self) -> Iterator[tuple[int, int]]:
        """Groups that fall apart and shelves for them, that with most of the group first."""
        layout = self.best.layout
        if layout is None:
            return
        found = groups_apart(self.rack, layout, self.best.facings)
        for group in sorted(g for g, apart in found.items() if apart.reading > 1):
            width = [
                self.rack.used(i for i in items if self.rack.group[i] == group) for items in layout
            ]
            most = max(range(len(width)), key=lambda z: (width[z], -z))
            for to in (most, most - 1, most + 1):
                if 0 <= to < len(layout):
                    yield group, to


def _in_blocks(rack: Rack, chooser: ShelfChooser, rng: Random) -> list[Ints]:
    """The best of some packings in blocks; else of those that nearly were."""
    packer = BlockPacker(rack, chooser.cost.tolist(), rng)
    found: list[Layout] = []
    repaired: list[Layout] = []
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
                repaired.append(whole)
    shelves = [_shelf_of(rack, layout) for layout in found or repaired]
    losses = [chooser.loss(shelf) for shelf in shelves]
    bettered = BETTERED + FINISHED // len(rack.facings)
    best = sorted(range(len(shelves)), key=lambda k: losses[k])[:bettered]
    return [shelves[k] for k in best]


def _as_today(rack: Rack, chooser: ShelfChooser) -> Ints:
    """Every item on its shelf of today, others on the shelf that suits them; widths not looked at.

    Those join their need group where it stands today.
    """
    shelf = np.array(rack.home, dtype=np.int64)
    stands: dict[int, list[int]] = {}
    for item, home in enumerate(rack.home):
        if home != UNKNOWN:
            stands.setdefault(rack.group[item], []).append(home)
    for item, home in enumerate(rack.home):
        if home == UNKNOWN:
            own = stands.get(rack.group[item]) or range(len(rack.shelf_width))
            shelf[item] = min(own, key=lambda z: (chooser.cost[item, z], z))
    return shelf


def _shelf_of(rack: Rack, layout: Layout) -> Ints:
    shelf = np.zeros(len(rack.facings), dtype=np.int64)
    for z, items in enumerate(layout):
        shelf[items] = z
    return shelf


def _on_shelves(rack: Rack, shelf: Ints) -> Layout:
    layout: Layout = [[] for _ in rack.shelf_width]
    for item, z in enumerate(shelf.tolist()):
        layout[z].append(item)
    return layout


def _to_leave_free(rack: Rack, placed: int) -> int:
    """Half of the way from the items' width to what the shelves took, at least one step.

    One step alone would be the mildest request, but a store program that has many items of
    odd widths could answer it dozens of times; the whole way may give up too much.
    """
    used = sum(rack.width(i) for i in range(len(rack.facings)))
    step = gcd(*rack.facing_width)
    ask = max(step, (used - placed) // 2 // step * step)
    return max(ask, sum(rack.shelf_width) - used + ask)
