"""What raises an item's demand in one store above the others: causes, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.factors import Grouping
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGNAL, SEGMENTS, REGION, OWN = "signal", "segments", "region", "own sales"


@dataclass(frozen=True)
class LocalDrivers:
    """Parts of the log demand of every store and item, less their mean over the stores.

    How much a store sells of everything is in none of them.
    """

    kinds: tuple[str, ...]
    """signal, segments, region or own sales (what this store, and stores like it, have sold
    beyond what the others explain), a cause each."""
    names: tuple[str, ...]
    """Of the signal; empty for the others, whose name differs by store."""
    effect: Floats
    """[cause, store, item]"""
    segment: NDArray[np.object_]
    """[store, item] segment that raises the item there most; empty without segments."""


def local_drivers(rates: Rates, grouping: Grouping) -> LocalDrivers:
    """The causes in the fitted model of every pair, a few array passes.

    The named causes are those of the model: signals that move demand, customer segments, and the
    level of the item in the store's region.
    """
    local, traits = rates.locality.local, grouping.traits
    shape = local.log_effect.shape
    kinds: list[str] = []
    names: list[str] = []
    parts: list[Floats] = []
    segment = np.full(shape, "", dtype=object)

    def add(kind: str, name: str, effect: Floats) -> None:
        kinds.append(kind)
        names.append(name)
        parts.append(effect - effect.mean(axis=0))

    if traits is not None and traits.segments is not None:
        add(SEGMENTS, "", local.affinity * traits.segments.affinity)
        segment = _raising_segment(traits.segments.names, traits.segments.share,
                                   traits.segments.index)  # fmt: skip
    if traits is not None and local.used is not None and len(local.used):
        effect, _ = local.coefficients(grouping)
        for k, number in enumerate(local.used):
            add(SIGNAL, traits.signals[number], np.outer(traits.value[:, number], effect[:, k]))
    regional = rates.region_levels.last.reshape(-1, shape[1])[grouping.region_of_store]
    if grouping.regions > 1:
        add(REGION, "", regional)
    store, item = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    own = np.zeros(len(store))
    own[rates.pair_cell] = np.log(np.maximum(rates.pair_factor, 1e-9))
    own += rates.low_rank.effect(store, item)
    for name, cell in grouping.cells(store, item).items():
        if name != "store":
            own += np.log(rates.factors[name].factor[cell])
    add(OWN, "", own.reshape(shape))
    return LocalDrivers(tuple(kinds), tuple(names), np.stack(parts), segment)


def _raising_segment(names: tuple[str, ...], share: Floats, index: Floats) -> NDArray[np.object_]:
    """[store, item] the segment that is more frequent there than elsewhere and buys most."""
    more = share - share.mean(axis=0)
    best = np.full((len(share), index.shape[1]), -np.inf)
    found = np.zeros(best.shape, dtype=np.int64)
    for g in range(len(names)):
        gain = np.outer(more[:, g], index[g] - 1.0)
        found[gain > best] = g
        best = np.maximum(best, gain)
    named: NDArray[np.object_] = np.array(names, dtype=object)[found]
    return named
