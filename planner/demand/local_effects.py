"""Local effects of signals and segments: hierarchical ridge, its variances from the data.

The log of what a pair sells beyond its item, week and store is

    lambda a_si + z_s . (beta_category + beta_group + beta_item) + u_s,category + u_s,group + u_si

with a the log of the store's mean segment index and z its standardised signals. Coefficients of a
level are normal with a variance for each signal, found by the fixed point of MacKay (1992,
*Neural Computation* 4), which maximises the marginal likelihood: a signal that moves nothing at a
level gets none there. The cell effects u keep a store's own oddities from passing for an effect
of whatever signal it happens to have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.crowding import columns
from planner.demand.factors import Grouping
from planner.demand.signal_choice import choose_signals, without_means
from planner.demand.signals import Traits
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Coefficient of the segments' log index: 1 if the tables were exact, less as they are noisy.
AFFINITY_PRIOR = (1.0, 0.5)
# Segments found in these very sales would otherwise be believed more than they are worth.
LARGEST_AFFINITY = 1.0
ROUNDS = 2
FIXED_POINTS = 4
SMALLEST_VARIANCE = 1e-6
SMALLEST_CELL_VARIANCE = 1e-4
START_VARIANCE = 0.01


@dataclass(frozen=True)
class Level:
    """Coefficients of one level: [unit, signal], their covariance and prior variances."""

    mean: Floats
    covariance: Floats
    """[unit, signal, signal]"""
    prior: Floats
    """[signal]"""
    cell_variance: Floats | float
    """Variance of the level's cell effects u."""


@dataclass(frozen=True)
class LocalEffects:
    """What signals and segments do to each pair's log demand."""

    log_effect: Floats
    """[store, item]"""
    affinity: float
    """lambda, the coefficient of the segments' log index."""
    affinity_error: float
    used: Ints | None
    """Signals that move anything, indices into the traits; None: not chosen yet."""
    levels: tuple[Level, Level, Level] | None
    """Category, need group, item; None without signals."""

    def variance(self, grouping: Grouping) -> Floats:
        """[store, item] variance of ``log_effect``, the levels taken as independent."""
        traits = grouping.traits
        shape = self.log_effect.shape
        total = np.zeros(shape)
        if traits is None:
            return total
        if traits.segments is not None:
            total += (self.affinity_error * traits.segments.affinity) ** 2
        if self.levels is not None and self.used is not None:
            z = traits.value[:, self.used]
            for level, label in zip(self.levels, _labels(grouping), strict=True):
                spread = np.einsum("sk,ukl,sl->su", z, level.covariance, z, optimize=True)
                total += spread[:, label]
        return total

    def assumptions(self, traits: Traits) -> list[Assumption]:
        """What was made of segments, for the *Assumptions* sheet."""
        found = []
        if traits.segments is not None and not traits.segments.affinity.any():
            text = "Every store has the same segments: they tell stores apart by nothing"
            found.append(Assumption("demand", "segments", text, len(traits.segments.names)))
        elif traits.segments is not None:
            text = (
                "Segments: an item's local demand follows the log of the store's mean index with "
                f"weight {self.affinity:.2f} (standard error {self.affinity_error:.2f})"
            )
            found.append(Assumption("demand", "segment_index", text, len(traits.segments.names)))
        return found

    def coefficients(self, grouping: Grouping) -> tuple[Floats, Floats]:
        """[item, used signal] effect on the item's log demand and its variance."""
        if self.levels is None:
            none = np.zeros((len(grouping.group_of_item), 0))
            return none, none
        labels = _labels(grouping)
        pairs = list(zip(self.levels, labels, strict=True))
        effect = sum((level.mean[label] for level, label in pairs), np.zeros(1))
        variance = sum(
            (np.diagonal(level.covariance, axis1=1, axis2=2)[label] for level, label in pairs),
            np.zeros(1),
        )
        return np.asarray(effect), np.asarray(variance)


def no_effects(stores: int, items: int) -> LocalEffects:
    """Where fitting starts, and where it ends without signals and segments."""
    return LocalEffects(np.zeros((stores, items)), 0.0, 0.0, None, None)


def local_effects(
    y: Floats, weight: Floats, grouping: Grouping, before: LocalEffects, *, choose: bool
) -> LocalEffects:
    """One turn: each part given the others.

    y, weight: [store, item] log of sold over expected, the expectation without local effects and
    cell effects but with the store's size, and its information (0 without history). choose: pick
    the signals that move anything (:func:`choose_signals`) anew; until that has been done once no
    signal is used. Linear in stores x items.
    """
    traits = grouping.traits
    if traits is None or (traits.segments is None and not traits.signals):
        return before
    effects = before
    log_effect = np.zeros(y.shape)
    if traits.segments is not None:
        affinity = traits.segments.affinity
        value, error = _affinity(y, weight, affinity, grouping.region_of_store)
        effects = replace(effects, affinity=value, affinity_error=error)
        log_effect = value * affinity
        y = y - log_effect
    if traits.signals:
        if choose:
            used = choose_signals(y, weight, traits.value, grouping.region_of_store)
            same = before.used is not None and np.array_equal(before.used, used)
            effects = replace(effects, used=used, levels=effects.levels if same else None)
        if effects.used is not None and len(effects.used):
            z = traits.value[:, effects.used]
            levels = effects.levels or _start(grouping, len(effects.used))
            for _ in range(ROUNDS):
                levels = _round(y, weight, z, levels, grouping)
            effects = replace(effects, levels=levels)
            for level, label in zip(levels, _labels(grouping), strict=True):
                log_effect = log_effect + (z @ level.mean.T)[:, label]
        elif effects.used is not None:
            effects = replace(effects, levels=None)
    return replace(effects, log_effect=log_effect)


def _labels(grouping: Grouping) -> tuple[Ints, Ints, Ints]:
    """Category, need group and item of each item."""
    items = len(grouping.group_of_item)
    return grouping.category_of_item, grouping.group_of_item, np.arange(items)


def _start(grouping: Grouping, signals: int) -> tuple[Level, Level, Level]:
    def level(label: Ints, cell_variance: float) -> Level:
        units = int(label.max()) + 1
        return Level(
            np.zeros((units, signals)),
            np.zeros((units, signals, signals)),
            np.full(signals, START_VARIANCE),
            cell_variance,
        )

    category, group, item = _labels(grouping)
    return level(category, 0.002), level(group, 0.002), level(item, 0.0)


def _affinity(
    y: Floats, weight: Floats, affinity: Floats, region_of_store: Ints
) -> tuple[float, float]:
    """Coefficient of the segments' log index, with its prior, and its standard error.

    Weighted least squares with the means of stores, and of items in regions, taken out (levels of
    items in regions would answer an overshoot there); the error is clustered by store.
    """
    x = without_means(affinity, weight, region_of_store)
    y = without_means(y, weight, region_of_store)
    hessian = float((weight * x**2).sum())
    mean, sd = AFFINITY_PRIOR
    if hessian < 1e-9:
        return mean, sd
    slope = float((weight * x * y).sum()) / hessian
    score = (weight * x * (y - slope * x)).sum(axis=1)
    variance = max(float(score @ score) / hessian**2, 1.0 / hessian)
    precision = 1.0 / variance + 1.0 / sd**2
    value = (slope / variance + mean / sd**2) / precision
    return float(np.clip(value, 0.0, LARGEST_AFFINITY)), float(1.0 / np.sqrt(precision))


def _round(
    y: Floats,
    weight: Floats,
    z: Floats,
    levels: tuple[Level, Level, Level],
    grouping: Grouping,
) -> tuple[Level, Level, Level]:
    """Each level given the others: coefficients, prior variances, cell effects."""
    category, group, item = levels
    of_category, of_group, _ = _labels(grouping)
    groups = len(group.mean)
    category_of_group = np.zeros(groups, dtype=np.int64)
    category_of_group[of_group] = of_category
    categories = len(category.mean)

    # Means of need groups, then of categories, each weighted by what is known beneath it.
    within = y - z @ item.mean.T
    group_weight = columns(weight, of_group, groups)
    group_mean = columns(weight * within, of_group, groups) / np.maximum(group_weight, 1e-12)
    known = group_weight > 0
    inner = np.where(known, 1.0 / (group.cell_variance + 1.0 / np.maximum(group_weight, 1e-12)), 0)
    rest = group_mean - z @ group.mean.T
    outer_weight = columns(inner, category_of_group, categories)
    outer = columns(inner * rest, category_of_group, categories) / np.maximum(outer_weight, 1e-12)
    category, category_cell = _fit_level(outer, outer_weight, z, category)

    # A category with one need group has nothing left to split between the two.
    above = (z @ category.mean.T + category_cell)[:, category_of_group]
    group, group_cell = _fit_level(group_mean - above, group_weight, z, group)

    above = (above + z @ group.mean.T + group_cell)[:, of_group]
    item, _ = _fit_level(y - above, weight, z, item)
    return category, group, item


def _fit_level(y: Floats, weight: Floats, z: Floats, before: Level) -> tuple[Level, Floats]:
    """Ridge of each unit's column on the signals, and what stays in its cells (shrunk).

    y, weight: [store, unit]. The weight of a cell is that of its mean; where the level has cell
    effects their variance comes on top.
    """
    cells = before.cell_variance
    total = np.where(weight > 0, 1.0 / (cells + 1.0 / np.maximum(weight, 1e-12)), 0.0)
    units, signals = before.mean.shape
    outer = (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)
    information = (total.T @ outer).reshape(units, signals, signals)
    score = (total * y).T @ z
    prior = before.prior
    mean, covariance = before.mean, before.covariance
    for _ in range(FIXED_POINTS):
        covariance = np.asarray(np.linalg.inv(information + np.diag(1.0 / prior)), dtype=np.float64)
        mean = np.einsum("ukl,ul->uk", covariance, score)
        # Share of each coefficient that the data decide (MacKay's gamma).
        told = np.maximum(1.0 - np.diagonal(covariance, axis1=1, axis2=2) / prior, 0.0)
        found = (mean**2).sum(axis=0) / np.maximum(told.sum(axis=0), 1e-9)
        prior = np.maximum(found, SMALLEST_VARIANCE)
    left = y - z @ mean.T
    share = np.where(weight > 0, cells * total, 0.0)
    cell = share * left
    known = weight > 0
    if cells > 0 and known.any():
        # EM step for the variance of the cell effects.
        spread = (cell**2 + cells * (1.0 - share))[known]
        cells = max(float(spread.mean()), SMALLEST_CELL_VARIANCE)
    return Level(mean, covariance, prior, cells), cell
