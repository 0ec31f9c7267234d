"""Where levels go from here: what their need group did lately, and its category a year ago.

The mean change of a level over the horizon is regressed on both, over all items and all past
weeks from which the horizon can be seen. So each counts for as much as it was worth in this
chain's own history, and for nothing where it was worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOMENTUM_WEEKS = 4
YEAR_WEEKS = 52
FEWEST_WEEKS_FOR_SEASON = 60
FEWEST_ORIGINS = 3


@dataclass(frozen=True)
class Outlook:
    """Expected log change of each item's level from the last week to the horizon's mean."""

    change: Floats
    """[item]"""
    momentum: float
    """Share of the need group's change over the last 4 weeks that is added."""
    season: float | None
    """Share of the category's change a year ago; None: history too short to see one."""

    def assumption(self, history_weeks: int, weeks: int) -> Assumption:
        """The sentence for the *Assumptions* sheet."""
        if self.season is None:
            season = (
                f"history of {history_weeks} weeks is shorter than {FEWEST_WEEKS_FOR_SEASON}: "
                "season is not forecast"
            )
        else:
            season = f"season: {self.season:.0%} of each category's change a year ago"
        text = (
            f"Recent levels are carried through the {weeks} weeks, with {self.momentum:.0%} of the "
            f"need group's change in the last {MOMENTUM_WEEKS} weeks; {season}"
        )
        return Assumption("demand", "demand.outlook", text, len(self.change))


def outlook(rates: Rates, grouping: Grouping, weeks: int) -> Outlook:
    """Fit both shares to the history's own changes and apply them to the next ``weeks`` weeks."""
    history = rates.seen.shape[1]
    seasonal = history >= FEWEST_WEEKS_FOR_SEASON and history - weeks - YEAR_WEEKS >= FEWEST_ORIGINS
    first = YEAR_WEEKS if seasonal else MOMENTUM_WEEKS
    origins = range(first, history - weeks)
    none = np.zeros(rates.seen.shape[0])
    if len(origins) < FEWEST_ORIGINS:
        return Outlook(none, 0.0, None)
    levels = rates.item_levels
    drivers, changes, groups = [], [], []
    for origin in origins:
        use = rates.seen[:, origin] & rates.seen[:, origin + 1 : origin + 1 + weeks].any(axis=1)
        after = levels.weekly[:, origin + 1 : origin + 1 + weeks].mean(axis=1)
        changes.append((after - levels.filtered[:, origin])[use])
        drivers.append(_drivers(rates, grouping, origin, weeks, seasonal)[use])
        groups.append(grouping.group_of_item[use])
    driver = np.concatenate(drivers)
    share = _shares(driver, np.concatenate(changes), np.concatenate(groups))
    change = _drivers(rates, grouping, history - 1, weeks, seasonal) @ share
    return Outlook(change, float(share[0]), float(share[1]) if seasonal else None)


def _drivers(rates: Rates, grouping: Grouping, origin: int, weeks: int, seasonal: bool) -> Floats:
    """[item, driver] of a forecast made after week ``origin``."""
    level = rates.item_levels.filtered
    before = origin - MOMENTUM_WEEKS
    both = rates.seen[:, origin] & rates.seen[:, before]
    lately = _mean(level[:, origin] - level[:, before], both, grouping.group_of_item)
    if not seasonal:
        return lately[:, None]
    then = origin - YEAR_WEEKS
    smooth = rates.item_levels.smooth
    known = np.asarray(rates.seen[:, : then + 1].any(axis=1))
    change = smooth[:, then + 1 : then + 1 + weeks].mean(axis=1) - smooth[:, then]
    return np.stack([lately, _mean(change, known, grouping.category_of_item)], axis=1)


def _mean(value: Floats, use: Flags, label: Ints) -> Floats:
    """Mean over the used items with the same label, for every item; 0 where there is none."""
    size = int(label.max()) + 1
    count = sums(label[use], np.ones(int(use.sum())), size)
    return np.asarray((sums(label[use], value[use], size) / np.maximum(count, 1.0))[label])


def _shares(driver: Floats, change: Floats, group: Ints) -> Floats:
    """Least squares, each share pulled to 0 by its error (1 - 1/t^2) and held in [0, 1].

    Errors are clustered by need group, whose items move together.
    """
    product = driver.T @ driver
    if np.linalg.matrix_rank(product) < len(product):
        return np.zeros(driver.shape[1])
    inverse = np.linalg.inv(product)
    share = inverse @ (driver.T @ change)
    score = driver * (change - driver @ share)[:, None]
    clusters = np.stack([sums(group, column, int(group.max()) + 1) for column in score.T])
    variance = np.diag(inverse @ (clusters @ clusters.T) @ inverse)
    kept = np.maximum(1.0 - variance / np.maximum(share**2, 1e-12), 0.0)
    return np.asarray(np.clip(share * kept, 0.0, 1.0))
