"""Where levels go from here: popular items lose some of it, need groups carry on.

The mean change of a level over the horizon is regressed on what could foretell it, over all items
and all past weeks from which the horizon can be seen. So each counts for as much as it was worth
in this chain's own history, and for nothing where it was worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates
from planner.demand.season import FEWEST_WEEKS
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOMENTUM_WEEKS = 4
YEAR_WEEKS = 52
FEWEST_WEEKS_FOR_SEASON = 60
FEWEST_ORIGINS = 3
FIRST_ORIGIN = 1


@dataclass(frozen=True)
class Outlook:
    """Expected log change of each item's level from the last week to the horizon's mean."""

    change: Floats
    """[item] the time of the year included, against the mean of the year."""
    yearly: bool
    """Whether the time of the year is known."""
    regression: float
    """Share of an item's distance from the mean item (in logs) that it loses: what is at its best
    today is partly so by chance (Galton's regression towards the mean)."""
    momentum: float
    """Share of the need group's change over the last 4 weeks that is added."""
    miss: Floats
    """[past forecast] log level found less foretold, with these shares."""
    miss_item: Ints
    """[past forecast]"""
    miss_origin: Ints
    """[past forecast] week it was made after."""
    season: float | None
    """Share of the category's change a year ago; None: history too short to see one."""

    def assumption(self, history_weeks: int, weeks: int) -> Assumption:
        """The sentence for the *Assumptions* sheet."""
        if self.yearly:
            season = "season from two harmonics for each item, pooled by need group"
        else:
            season = (
                f"history of {history_weeks} weeks is shorter than {FEWEST_WEEKS}: season is not "
                "forecast"
            )
        if self.season is not None:
            season += f", and {self.season:.0%} of what the category did beyond it a year ago"
        text = (
            f"Recent levels are carried through the {weeks} weeks, {abs(self.regression):.0%} "
            f"nearer to the mean item, with {abs(self.momentum):.0%} of the need group's change "
            "in the last "
            f"{MOMENTUM_WEEKS} weeks; {season}"
        )
        return Assumption("demand", "demand.outlook", text, len(self.change))


def outlook(rates: Rates, grouping: Grouping, weeks: int) -> Outlook:
    """Fit both shares to the history's own changes and apply them to the next ``weeks`` weeks."""
    history = rates.seen.shape[1]
    seasonal = history >= FEWEST_WEEKS_FOR_SEASON and history - weeks - YEAR_WEEKS >= FEWEST_ORIGINS
    first = YEAR_WEEKS if seasonal else FIRST_ORIGIN
    origins = range(first, history - weeks)
    ahead = rates.season_log(weeks, history)
    yearly = np.log(np.exp(ahead).mean(axis=1))
    known = bool(rates.season.mean.shape[1])
    if len(origins) < FEWEST_ORIGINS:
        nothing = np.zeros(0, dtype=np.int64)
        return Outlook(yearly, known, 0.0, 0.0, np.zeros(0), nothing, nothing, None)
    drivers, changes, items, made = [], [], [], []
    for origin in origins:
        later = slice(origin + 1, origin + 1 + weeks)
        use = np.flatnonzero(rates.seen[:, origin] & rates.seen[:, later].any(axis=1))
        after = rates.item_levels.weekly[use, later].mean(axis=1)
        changes.append(after - rates.item_levels.filtered[use, origin])
        drivers.append(_drivers(rates, grouping, origin, weeks, seasonal)[use])
        items.append(use)
        made.append(np.full(len(use), origin))
    driver, change, item = np.concatenate(drivers), np.concatenate(changes), np.concatenate(items)
    share = _shares(driver, change, grouping.group_of_item[item], rates.stores_of_item[item])
    expected = _drivers(rates, grouping, history - 1, weeks, seasonal) @ share
    return Outlook(
        change=yearly + expected,
        yearly=known,
        regression=float(share[0]),
        momentum=float(share[1]),
        miss=change - driver @ share,
        miss_item=item,
        miss_origin=np.concatenate(made),
        season=float(share[2]) if seasonal else None,
    )


def _drivers(rates: Rates, grouping: Grouping, origin: int, weeks: int, seasonal: bool) -> Floats:
    """[item, driver] of a forecast made after week ``origin``."""
    level = rates.item_levels.filtered
    before = max(origin - MOMENTUM_WEEKS, 0)
    both = rates.seen[:, origin] & rates.seen[:, before]
    lately = _mean(level[:, origin] - level[:, before], both, grouping.group_of_item)
    height = rates.log_scale + level[:, origin]
    weight = rates.stores_of_item * rates.seen[:, origin]
    above = np.where(
        rates.stores_of_item > 0, height - np.average(height, weights=weight + 1e-12), 0.0
    )
    if not seasonal:
        return np.stack([-above, lately], axis=1)
    then = origin - YEAR_WEEKS
    smooth = rates.item_levels.smooth
    known = np.asarray(rates.seen[:, : then + 1].any(axis=1))
    change = smooth[:, then + 1 : then + 1 + weeks].mean(axis=1) - smooth[:, then]
    return np.stack([-above, lately, _mean(change, known, grouping.category_of_item)], axis=1)


def _mean(value: Floats, use: Flags, label: Ints) -> Floats:
    """Mean over the used items with the same label, for every item; 0 where there is none."""
    size = int(label.max()) + 1
    count = sums(label[use], np.ones(int(use.sum())), size)
    return np.asarray((sums(label[use], value[use], size) / np.maximum(count, 1.0))[label])


def _shares(driver: Floats, change: Floats, group: Ints, weight: Floats) -> Floats:
    """Least squares, each share pulled to 0 by its error (1 - 1/t^2) and held in [0, 1].

    Errors are clustered by need group, whose items move together; an item counts for the stores
    that sell it.
    """
    product = (driver * weight[:, None]).T @ driver
    if np.linalg.matrix_rank(product) < len(product):
        return np.zeros(driver.shape[1])
    inverse = np.linalg.inv(product)
    share = inverse @ (driver.T @ (weight * change))
    score = driver * (weight * (change - driver @ share))[:, None]
    clusters = np.stack([sums(group, column, int(group.max()) + 1) for column in score.T])
    variance = np.diag(inverse @ (clusters @ clusters.T) @ inverse)
    kept = np.maximum(1.0 - variance / np.maximum(share**2, 1e-12), 0.0)
    return np.asarray(np.clip(share * kept, 0.0, 1.0))
