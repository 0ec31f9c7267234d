"""How much a delivery cycle's demand scatters once level, season and discounts are known.

Weekly units of an item in a store have variance ``phi_i mu + alpha_i mu**2`` around their mean
(gamma-Poisson; Cameron & Trivedi 2013, *Regression Analysis of Count Data*, section 3.3). Both
parts come from differences of adjacent weeks of the same pair (von Neumann 1941, *Annals of
Mathematical Statistics* 12), so that nothing that moves slowly (season, trend, the pair's own
size) counts as scatter, and from weeks without a discount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.levels import SHOCK_VARIANCES, STEP_VARIANCES, Levels
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEFAULT_CV = 0.5
"""Of a delivery cycle, where neither the table nor the history says anything."""
LARGEST_CV = 2.0
"""A gamma with more spread stands for demand that is nearly always nought."""
FEWEST_DIFFERENCES = 50
"""Pairs of adjacent weeks below which the history tells no spread."""
FEWEST_OF_A_KIND = 0.05
"""Share of the differences below which items sold by weight (or by the piece) are not told apart
from the rest."""
ROUNDS = 4
SMALLEST_INVERSE_SHAPE = 1e-4
LARGEST_LEVERAGE = 0.5


@dataclass(frozen=True)
class Scatter:
    """Weekly variance of each item, ``dispersion mu + (spread + shared) mu**2``, units squared."""

    dispersion: Floats
    """[item] phi: units that one purchase takes, about 1 for items sold by the piece."""
    spread: Floats
    """[item] alpha: squared coefficient of variation of a store's week beyond chance."""
    shared: float
    """Squared coefficient of variation of the weeks that all stores of an item share."""
    persistence: float
    """Correlation of the deviations of two adjacent weeks, 0 to 1."""
    persistence_error: float
    """Its standard error, clustered by item."""
    differences: int
    """Pairs of adjacent weeks that this rests on."""

    def cycle_cv(self, mean_week: Floats, deliveries_week: Floats) -> Floats:
        """Coefficient of variation of a delivery cycle's demand, [store, item].

        mean_week: mean weekly units, [store, item]; deliveries_week: [store]. The chance part
        depends on the cycle's mean m: ``phi / m``; the rest is ``(alpha + shared)`` times
        :func:`cycle_factor`.
        """
        cycles = deliveries_week[:, None]
        mean = np.maximum(mean_week / cycles, 1e-9)
        lasting = (self.spread + self.shared) * cycle_factor(self.persistence, cycles)
        return np.asarray(np.minimum(np.sqrt(self.dispersion / mean + lasting), LARGEST_CV))

    def horizon_variance(self, mean_week: Floats, weeks: int) -> Floats:
        """Variance of mean weekly units over ``weeks`` weeks around their mean, [store, item].

        Deviations of adjacent weeks correlate by ``persistence`` and fade by it; what all stores
        share is left to the levels.
        """
        apart = np.arange(1, weeks)
        together = 1.0 + 2.0 * float(((1 - apart / weeks) * self.persistence**apart).sum())
        own = self.dispersion * mean_week + together * self.spread * mean_week**2
        return np.asarray(own / weeks)


def cycle_factor(persistence: float, cycles: Floats) -> Floats:
    """Relative variance of one of ``cycles`` equal parts of a week over that of the week.

    An assumption, as weeks cannot show what happens inside them: deviations fade at one constant
    rate (an Ornstein-Uhlenbeck process), the same inside a week as from week to week. The mean
    over a stretch T then has variance proportional to g(rate T), g(x) = 2 (x - 1 + exp(-x)) / x^2,
    and adjacent weeks correlate as (1 - exp(-rate))^2 / (2 (rate - 1 + exp(-rate))). Without any
    correlation the parts are independent and the factor is their number; with full correlation
    it is 1.
    """
    parts = np.asarray(cycles, dtype=np.float64)
    if persistence <= 1e-3:
        return parts
    low, high = 1e-6, 1e4
    for _ in range(100):
        rate = float(np.sqrt(low * high))
        correlation = (-np.expm1(-rate)) ** 2 / (2.0 * (rate + np.expm1(-rate)))
        low, high = (rate, high) if correlation > persistence else (low, rate)
    return np.asarray(_averaged(high / parts) / _averaged(np.asarray(high)))


def _averaged(x: Floats) -> Floats:
    small = x < 1e-3
    safe = np.where(small, 1.0, x)
    return np.asarray(np.where(small, 1.0 - x / 3.0, 2.0 * (safe + np.expm1(-safe)) / safe**2))


def scatter_of_weeks(history: History, grouping: Grouping, rates: Rates) -> Scatter | None:
    """Spread of every item from the whole history; None where it is too short to tell.

    Linear in the rows. An item's own two numbers are pulled towards those of its need group,
    these towards its category's and these towards the chain's, each by its own error and by how
    far its like differ (normal hierarchical model; Efron & Morris 1975, JASA 70).
    """
    weeks = _Weeks(history, grouping, rates)
    near = weeks.apart(1)
    if len(near.item) < FEWEST_DIFFERENCES:
        return None
    by_weight = (~history.in_whole_units).astype(np.int64)
    share = float(by_weight[near.item].mean())
    if not FEWEST_OF_A_KIND <= share <= 1.0 - FEWEST_OF_A_KIND:
        by_weight = np.zeros_like(by_weight)
    dispersion, spread = _of_items(near, by_weight, grouping)
    persistence, error = _persistence(near, weeks.apart(2), dispersion, spread)
    return Scatter(
        dispersion=dispersion,
        spread=spread,
        shared=weeks.shared(),
        persistence=persistence,
        persistence_error=error,
        differences=len(near.item),
    )


@dataclass(frozen=True)
class _Differences:
    """Half the squared differences of relative deviations, and the mean of 1 / mu of both."""

    item: Ints
    half_square: Floats
    inverse_mean: Floats


class _Weeks:
    """Rows in order of pair and week, weeks without a discount only where there are enough."""

    def __init__(self, history: History, grouping: Grouping, rates: Rates) -> None:
        h = history
        log_level = rates.price_log(h, grouping) + rates.log_level(h, grouping)
        mu = h.exposure * np.exp(log_level) * (rates.static * rates.pair_factor)[h.pair]
        use = mu > 0
        plain = use & (h.log_price == 0)
        if plain.sum() >= max(FEWEST_DIFFERENCES, 0.2 * use.sum()):
            use = plain
        order = np.flatnonzero(use)
        order = order[np.lexsort((h.week[order], h.pair[order]))]
        self.history, self.rates = h, rates
        self.pair, self.week, self.item = h.pair[order], h.week[order], h.item[order]
        self.units, self.mu = h.units[order], mu[order]
        self.relative = self.units / self.mu - 1.0
        self.cell = h.item_week[order]
        cells = h.items * h.weeks
        weight = self.mu / (rates.dispersion + rates.spread * self.mu)
        information = sums(self.cell, weight, cells)[self.cell]
        followed = _followed(rates.item_levels, 1.0 / np.maximum(information, 1e-12))
        # The item's level of a week is made of these very rows: what it takes of their
        # deviations is missing from what they differ by.
        taken = followed * (2.0 - followed) * weight / np.maximum(information, 1e-12)
        self.leverage = np.clip(taken, 0.0, LARGEST_LEVERAGE)
        self.disturbed = _neighbour_on_discount(h, grouping)[self.cell]

    def apart(self, lag: int) -> _Differences:
        """Weeks of the same pair that lie ``lag`` weeks apart."""
        first, second = _matches(self.pair, self.week, lag)
        square = (self.relative[second] - self.relative[first]) ** 2
        kept = 1.0 - (self.leverage[first] + self.leverage[second]) / 2
        inverse = (1.0 / self.mu[first] + 1.0 / self.mu[second]) / 2
        return _Differences(self.item[first], square / 2 / kept, inverse)

    def shared(self) -> float:
        """Variance of the shock that a week brings to an item in all its stores.

        From sums over stores: differences over one week hold a step of the level, two shocks
        and twice the noise; over two weeks two steps, so shock + noise is D1 - D2 / 2 (halved
        squares D).
        """
        h, rates = self.history, self.rates
        cells = h.items * h.weeks
        weight = 1.0 / (rates.dispersion + rates.spread * self.mu)
        quiet = ~self.disturbed
        if quiet.sum() < FEWEST_DIFFERENCES:
            quiet[:] = True
        cell, weight = self.cell[quiet], weight[quiet]
        information = sums(cell, weight * self.mu[quiet], cells)
        seen = np.flatnonzero(information > 0)
        ratio = sums(cell, weight * self.units[quiet], cells)[seen] / information[seen]
        log_ratio = rates.item_levels.weekly.ravel()[seen] + np.log(np.maximum(ratio, 0.05))
        noise = 1.0 / information[seen]
        item, week = np.divmod(seen, h.weeks)
        found = []
        for lag in (1, 2):
            first, second = _matches(item, week, lag)
            if len(first) < FEWEST_DIFFERENCES:
                return 0.0
            both = (noise[first] + noise[second]) / 2
            inside = 1.0 / (both + 0.01) ** 2
            half = (log_ratio[second] - log_ratio[first]) ** 2 / 2
            found.append((float((inside * half).sum()), float((inside * both).sum()), inside.sum()))
        (d1, n1, w1), (d2, n2, w2) = found
        return float(max(2.0 * (d1 - n1) / w1 - (d2 - n2) / w2, 0.0))


def _followed(levels: Levels, noise: Floats) -> Floats:
    """Share of a deviation from one week to the next that the fitted levels take for their own.

    A week's shock is taken by r / (r + noise); of the rest, a local level with the steady gain K
    of its filter takes K^2 / (2 - K) (Durbin & Koopman 2012, sections 2.4 and 2.11).
    """
    shock, step = SHOCK_VARIANCES[levels.shock], STEP_VARIANCES[levels.step]
    own = shock / (shock + noise)
    ratio = step / (shock + noise)
    gain = (np.sqrt(ratio**2 + 4.0 * ratio) - ratio) / 2.0
    return np.asarray(own + (1.0 - own) * gain**2 / (2.0 - gain))


def _neighbour_on_discount(history: History, grouping: Grouping) -> Flags:
    """[item x week] another item of the need group has a discount somewhere."""
    h = history
    cells = h.items * h.weeks
    own = (sums(h.item_week, (h.log_price < 0).astype(np.float64), cells) > 0).reshape(-1, h.weeks)
    group = grouping.group_of_item
    in_group = np.zeros((int(group.max()) + 1, h.weeks))
    np.add.at(in_group, group, own)
    return np.asarray((in_group[group] - own > 0).ravel())


def _matches(series: Ints, week: Ints, lag: int) -> tuple[Ints, Ints]:
    """Positions of two rows of one series ``lag`` weeks apart; rows sorted by series and week."""
    span = int(week.max(initial=0)) + lag + 1
    key = series * span + week
    wanted = key + lag
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1) if len(key) else key
    found = np.flatnonzero(key[place] == wanted) if len(key) else key
    return found, place[found]


def _of_items(near: _Differences, by_weight: Ints, grouping: Grouping) -> tuple[Floats, Floats]:
    """Dispersion and spread of each item.

    Dispersion is one number for items sold by the piece and one for those sold by weight: how
    scatter grows as sales get smaller is told too faintly by a single item. Only where chance
    alone would be more than all there is, an item has less of it.
    """
    item, y, x = near.item, near.half_square, near.inverse_mean
    items = len(by_weight)
    chain = np.zeros(items, dtype=np.int64)
    labels = [grouping.group_of_item, grouping.category_of_item, chain]
    phi, alpha = np.ones(items), np.full(items, 0.1)
    steady = np.zeros(items, dtype=bool)
    for _ in range(ROUNDS):
        weight = 1.0 / np.maximum(phi[item] * x + alpha[item], 1e-9) ** 2
        total = sums(item, weight, items)
        away = x - _over(sums(item, weight * x, items), total)[item]
        kind = by_weight[item]
        step = sums(kind, weight * away * (y - phi[item] * x), 2)
        phi = np.where(steady, phi, (phi + _over(step, sums(kind, weight * away**2, 2))[by_weight]))
        phi = np.maximum(phi, 1e-6)
        own = _over(sums(item, weight * (y - phi[item] * x), items), total)
        miss = weight * (y - phi[item] * x - own[item])
        variance = _over(sums(item, miss**2, items), total**2)
        alpha = np.maximum(_shrunk(own, variance, total > 0, labels), SMALLEST_INVERSE_SHAPE)
        steady = steady | ((own < 0) & (alpha <= SMALLEST_INVERSE_SHAPE))
        square = sums(item, weight * x**2, items)
        alone = _over(sums(item, weight * x * y, items), square)
        miss = weight * x * (y - alone[item] * x)
        variance = _over(sums(item, miss**2, items), square**2)
        known = steady & (square > 0)
        alone = _shrunk(alone, variance, known, [chain])
        phi = np.where(known, np.minimum(np.maximum(alone, 1e-6), phi), phi)
    return phi, alpha


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-300))


def _shrunk(own: Floats, variance: Floats, known: Flags, labels: list[Ints]) -> Floats:
    """Each value pulled to the mean of its group, narrowest first; unknown ones are the mean.

    labels: from narrow to wide, the last one all alike. The variance between members of a group
    is pooled over the groups of a kind (moments: what squares hold beyond the errors).
    """
    value, error = own[known], np.maximum(variance[known], 1e-12)
    # A value's own variance is told by few rows; half of it is that of its like.
    error = 0.5 * error + 0.5 * float(np.median(error)) if len(error) else error
    means: list[tuple[Floats, Floats, float]] = []
    for label in labels:
        size = int(label.max()) + 1
        inside = label[known]
        between = _between(value, error, inside, size)
        weight = 1.0 / (error + between)
        total = sums(inside, weight, size)
        mean = _over(sums(inside, weight * value, size), total)
        means.append((mean, np.where(total > 0, 1.0 / np.maximum(total, 1e-300), np.inf), between))
    target = means[-1][0][labels[-1]]
    for label, (mean, spread, _) in zip(labels[-2::-1], means[-2::-1], strict=True):
        # Groups of a kind lie around the wider mean as far as their means differ beyond errors.
        group_mean, group_error = mean[label], spread[label]
        seen = np.isfinite(group_error)
        apart = max(float(((group_mean - target) ** 2 - group_error)[seen].mean()), 0.0) \
            if seen.any() else 0.0  # fmt: skip
        share = np.where(seen, apart / (apart + np.where(seen, group_error, 1.0) + 1e-300), 0.0)
        target = target + share * (np.where(seen, group_mean, target) - target)
    result = target.copy()
    between = means[0][2]
    result[known] += between / (between + error) * (value - target[known])
    return result


def _between(value: Floats, error: Floats, label: Ints, size: int) -> float:
    count = sums(label, np.ones(len(value)), size)
    weight = 1.0 / error
    total = sums(label, weight, size)
    mean = _over(sums(label, weight * value, size), total)
    many = count[label] > 1
    if not many.any():
        return 0.0
    square = (value - mean[label]) ** 2
    # DerSimonian & Laird (1986): excess of the weighted squares over their expectation.
    freedom = float((count[count > 1] - 1).sum())
    excess = float((weight * square)[many].sum()) - freedom
    squares = _over(sums(label, weight**2, size), total)
    scale = float((total - squares)[count > 1].sum())
    return max(excess / scale, 0.0) if scale > 0 else 0.0


def _persistence(
    near: _Differences, far: _Differences, dispersion: Floats, spread: Floats
) -> tuple[float, float]:
    """Correlation of adjacent weeks' deviations and its standard error, clustered by item.

    For deviations that fade by a constant share, differences over two weeks are 1 + correlation
    times as large as over one. What drifts without end raises it too.
    """
    items = len(dispersion)
    tops, bottoms = np.zeros((2, items)), np.zeros((2, items))
    for row, found in enumerate((near, far)):
        if not len(found.item):
            return 0.0, float("nan")
        expected = dispersion[found.item] * found.inverse_mean + spread[found.item]
        weight = spread[found.item] / expected**2
        beyond = found.half_square - dispersion[found.item] * found.inverse_mean
        tops[row] = sums(found.item, weight * beyond, items)
        bottoms[row] = sums(found.item, weight * spread[found.item], items)
    means = tops.sum(axis=1) / np.maximum(bottoms.sum(axis=1), 1e-300)
    one, two = float(means[0]), float(means[1])
    if one <= 0:
        return 0.0, float("nan")
    ratio = two / one
    score = (tops[1] - two * bottoms[1]) / bottoms[1].sum() / one
    score -= ratio * (tops[0] - one * bottoms[0]) / bottoms[0].sum() / one
    error = float(np.sqrt((score**2).sum()))
    seen = float(np.clip(ratio - 1.0, 0.0, 0.99))
    # Pulled to 0 by its error: what is not seen is not claimed.
    return seen * max(1.0 - (error / max(seen, 1e-12)) ** 2, 0.0), error
