"""Spread of demand in a delivery cycle, for the stock: the planner's own number or the estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.cycles import DEFAULT_CV, LARGEST_CV, Scatter, cycle_factor
from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FAR = 1.5
"""A given number more than this factor away from the estimate is worth a look."""


@dataclass(frozen=True)
class CycleCv:
    """``demand_cv`` [store, item] of one delivery cycle, and where it comes from."""

    demand_cv: Floats
    source: tuple[str, ...]
    """[item] given, estimated or assumed."""
    assumptions: tuple[Assumption, ...]


def cycle_cv(
    inputs: Inputs,
    scatter: Scatter | None,
    mean_week: Floats,
    in_range: Flags,
) -> CycleCv:
    """Coefficient of variation of every pair's demand in one delivery cycle.

    scatter: of the items' weeks, None where the history is too short; mean_week: mean weekly
    units, in_range: the current range, both [store, item]. A number in
    ``items.demand_cv`` stands for the item in every store; else it is estimated from the history
    (docs/demand.md), to two decimals; where that is too short, 0.5.
    """
    given = inputs.items["demand_cv"].to_numpy(dtype=np.float64)
    told = np.isfinite(given)
    deliveries = inputs.stores["deliveries_week"].to_numpy(dtype=np.float64)
    deliveries = np.where(np.isfinite(deliveries), deliveries, 1.0)
    if scatter is None:
        estimate = np.full(mean_week.shape, DEFAULT_CV)
    else:
        estimate = np.round(scatter.cycle_cv(mean_week, deliveries), 2)
    found: list[Assumption] = []
    if not told.all():
        if scatter is None:
            text = f"not given, and the history is too short to tell: {DEFAULT_CV} in every cycle"
            found.append(Assumption("demand", "items.demand_cv", text, int((~told).sum())))
        else:
            found += _estimated(estimate[:, ~told], scatter, deliveries, int((~told).sum()))
    if told.any() and scatter is not None:
        found += _compared(inputs, given, estimate, in_range, told)
    where = "assumed" if scatter is None else "estimated"
    return CycleCv(
        demand_cv=np.where(told, given, estimate),
        source=tuple(np.where(told, "given", where).tolist()),
        assumptions=tuple(found),
    )


def _estimated(
    estimate: Floats, scatter: Scatter, deliveries: Floats, items: int
) -> list[Assumption]:
    usual = float(np.median(deliveries))
    factor = float(cycle_factor(scatter.persistence, np.array([usual]))[0])
    error = scatter.persistence_error
    told = f" (standard error {error:.2f})" if np.isfinite(error) else ""
    text = (
        f"Spread of a delivery cycle's demand estimated from {scatter.differences:,} differences "
        f"of adjacent weeks without a discount: {np.median(estimate):.2f} in the middle. Adjacent "
        f"weeks correlate by {scatter.persistence:.2f}{told}; that deviations fade inside a week "
        f"as they do from week to week is an assumption, which makes the lasting part of a "
        f"cycle's variance {factor:.1f} times the week's at {usual:g} deliveries a week"
    )
    found = [Assumption("demand", "items.demand_cv", text, items)]
    capped = int((estimate >= LARGEST_CV).sum())
    if capped:
        text = (
            "Store-item pairs that sell so little in a delivery cycle that its spread is held at "
            f"{LARGEST_CV:g}"
        )
        found.append(Assumption("demand", "items.demand_cv", text, capped))
    return found


def _compared(
    inputs: Inputs, given: Floats, estimate: Floats, in_range: Flags, told: Flags
) -> list[Assumption]:
    """Given numbers that lie far from what the stores of the current range show."""
    here = np.where(in_range, estimate, np.nan)
    seen = told & in_range.any(axis=0)
    if not seen.any():
        return []
    shown = np.nanmedian(here[:, seen], axis=0)
    number = given[seen]
    low, high = shown > FAR * number, number > FAR * shown
    far = low | high
    if not far.any():
        return []
    distance = np.abs(np.log(np.maximum(shown, 1e-3) / np.maximum(number, 1e-3)))
    worst = int(np.argmax(np.where(far, distance, -1.0)))
    name = inputs.items["item_name"].to_numpy()[seen][worst]
    text = (
        f"Given, and used as given, but the history shows another spread: {int(low.sum())} items "
        f"are given as steadier than they are and {int(high.sum())} as less steady, by more than "
        f"half; furthest off is {name} with {number[worst]:g} given and {shown[worst]:.2f} seen"
    )
    return [Assumption("demand", "items.demand_cv", text, int(far.sum()))]
