"""How good placements are: random stores shelf by shelf, small racks against the best there is.

python benchmarks/placements.py [--stores 1000] [--racks 400] [--items 6] [--seed 0]

Stores: two fixture types, 20 to 60 items in need groups, shelves 60 to 100 % full (those of the
tests). Counted: shelves over their width, items that do not stand once, need groups in one block.
Racks: up to 6 items on 2 to 4 shelves where every rule has something to say, with the default
weights; and up to 6 items on fixtures, fillings, weights (some 0) and planograms of today of every
kind. Every placement is tried, as long as there are no more than MOST_TRIED ways to share the
items out. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "shelves"))

from every_packing import least_loss
from racks import any_rack, any_weights, small_rack
from shelf_stores import random_store

from planner.shelves.pack import pack
from planner.shelves.pieces import groups_apart
from planner.shelves.place import place_store
from planner.shelves.rack import Rack
from planner.shelves.score import loss_of, score_of
from planner.shelves.weights import PlacementWeights

SIZES = (20, 40, 60)
MOST_TRIED = 50_000
Case = tuple[Rack, PlacementWeights]
FILLED = (0.6, 0.8, 0.9, 0.95, 0.98, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stores", type=int, default=1000)
    parser.add_argument("--racks", type=int, default=400)
    parser.add_argument("--items", type=int, default=6, help="of a rack, at most")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.stores:
        random_stores(asked.stores, asked.seed)
    if asked.racks:
        seeds = range(asked.seed, asked.seed + asked.racks)
        print("small racks:", small_racks(seeds, lambda rng: usual(rng, asked.items)))
        print("of any kind:", small_racks(seeds, lambda rng: unusual(rng, asked.items)))


def random_stores(count: int, seed: int) -> None:
    """A row of the table for each size and filling."""
    print("| items | filled | stores | sent back | faults | in one block | seconds a store |")
    print("| --- " * 7 + "|")
    each = -(-count // (len(SIZES) * len(FILLED)))
    for items in SIZES:
        for fill in FILLED:
            back = over = 0
            blocks = []
            start = time.process_time()
            for number in range(each):
                store = random_store(seed + number, items, fill)
                result = place_store(str(number), *store.frames())
                back += bool(result.unplaced)
                if not result.unplaced:
                    blocks.append(result.blocks["in_one_block"])
                    over += faults(store.listed, result.positions, store.fixtures)
            seconds = (time.process_time() - start) / each
            share = pd.concat(blocks).mean() if blocks else float("nan")
            print(
                f"| {items} | {fill:.0%} | {each} | {back} | {over} | {share:.1%} "
                f"| {seconds:.2f} |",
                flush=True,
            )


def faults(listed: pd.DataFrame, positions: pd.DataFrame, fixtures: pd.DataFrame) -> int:
    """Shelves over their width and items that do not stand exactly once."""
    shelf = ["fixture_id", "bay", "shelf"]
    used = positions.groupby(shelf)["width_cm"].sum().rename("used_cm").reset_index()
    wide = used.merge(fixtures, on=shelf, how="left")
    counts = positions["item_id"].value_counts().reindex(listed["item_id"], fill_value=0)
    return int((wide["used_cm"] > wide["width_cm"] + 1e-6).sum() + (counts != 1).sum())


def usual(rng: np.random.Generator, items: int) -> Case:
    """A small rack with the default weights."""
    return small_rack(rng, most_items=items), PlacementWeights()


def unusual(rng: np.random.Generator, items: int) -> Case:
    """A rack and weights of any kind."""
    return any_rack(rng, most_items=items), any_weights(rng)


def small_racks(seeds: range, make: Callable[[np.random.Generator], Case]) -> str:
    """How far placements are from the best, and whether groups stand in blocks where they can."""
    ratios, excess = [], []
    allowed = reached = proven = 0
    seconds = 0.0
    for number in seeds:
        rack, weights = make(np.random.default_rng(number))
        n = len(rack.facings)
        if len(rack.shelf_width) ** n > MOST_TRIED:
            continue
        best = least_loss(rack, weights)
        start = time.process_time()
        packing = pack(rack, number, weights)
        seconds += time.process_time() - start
        if best == inf or packing.layout is None:
            assert (best == inf) == (packing.layout is None), number
            continue
        found = loss_of(rack, packing.layout, packing.facings, weights)
        excess.append(found - best)
        proven += packing.proven
        ratios.append(score_of(found, n, weights) / score_of(best, n, weights))
        only_blocks = PlacementWeights(
            **(dict.fromkeys(asdict(weights), 0.0) | {"group_blocks": weights.group_blocks})
        )
        if weights.group_blocks and least_loss(rack, only_blocks) == 0:
            allowed += 1
            apart = groups_apart(rack, packing.layout, packing.facings)
            reached += all(group.reading == 1 for group in apart.values())
    short, near = np.array(excess), np.array(ratios)
    return (
        f"{len(near)} racks: best placement {np.mean(short < 1e-6):.1%} ({proven} proven by the "
        f"plan), score within 2 % {np.mean(near >= 0.98):.1%}, lowest {near.min():.3f} and mean "
        f"{near.mean():.4f} of the best; lost beside it, in items: mean {short.mean():.3f}, most "
        f"{short.max():.2f}; all groups in one block in {reached} of {allowed} that allow it; "
        f"{1000 * seconds / len(near):.0f} ms a rack"
    )


if __name__ == "__main__":
    main()
