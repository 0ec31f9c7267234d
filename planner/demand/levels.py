"""Levels over time: a local-level model of log ratios, one filter for all series at once.

Durbin & Koopman (2012), *Time Series Analysis by State Space Methods*, chapter 2:
observed z_t = level_t + shock_t + noise_t, level_t = level_{t-1} + step_t, with
var(shock) = r, var(step) = q shared by all series and var(noise_t) known from the counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_VARIANCES = (1e-5, 1e-4, 1e-3, 4e-3, 1e-2, 2e-2, 4e-2, 8e-2, 0.16)
SHOCK_VARIANCES = (0.0, 1e-3, 4e-3, 1e-2, 2e-2, 4e-2, 8e-2)
# A level of which nothing is known: anything from a thousandth to a thousand times the mean.
VAGUE_VARIANCE = 25.0
# A series' mean over the whole history tells how far series lie apart; never less than this.
SMALLEST_START_VARIANCE = 1e-4


@dataclass(frozen=True)
class Levels:
    """Smoothed log levels, [series, week], and what is known at the end of the history."""

    smooth: Floats
    """Log level of each week given all weeks."""
    weekly: Floats
    """``smooth`` plus the week's own shock as far as it can be told from noise."""
    filtered: Floats
    """Log level of each week given the weeks up to it."""
    last_variance: Floats
    """[series]"""
    start_variance: float
    """Of a level before it was first observed; VAGUE_VARIANCE stays, others are estimated."""
    step: int
    """Index into STEP_VARIANCES."""
    shock: int
    """Index into SHOCK_VARIANCES."""

    @property
    def last(self) -> Floats:
        """[series] log level in the last week."""
        return self.filtered[:, -1]

    def forecast_variance(self, weeks: int) -> Floats:
        """Variance of the mean log level over the next ``weeks`` weeks, [series].

        The mean of a random walk over the horizon H has variance q (H+1)(2H+1) / (6 H); the
        weekly shocks average out as r / H.
        """
        walk = STEP_VARIANCES[self.step] * (weeks + 1) * (2 * weeks + 1) / (6 * weeks)
        return self.last_variance + walk + SHOCK_VARIANCES[self.shock] / weeks


def constant(series: int, weeks: int, start_variance: float) -> Levels:
    """Level 0 in every week: where fitting starts."""
    flat = np.zeros((series, weeks))
    return Levels(flat, flat, flat, np.zeros(series), start_variance, 4, 3)


def follow(log_ratio: Floats, noise_variance: Floats, near: Levels) -> Levels:
    """Move q and r a step towards the largest innovations likelihood, then filter and smooth.

    log_ratio: [series, week] log of observed over expected; noise_variance: its variance, inf
    where the week was not observed; near: the fit of the round before.
    """
    step, shock = _climb(log_ratio, noise_variance, near)
    q, r = STEP_VARIANCES[step], SHOCK_VARIANCES[shock]
    mean, variance, ahead, _ = _filter(log_ratio, noise_variance + r, q, near.start_variance)
    smooth = mean.copy()
    for t in range(mean.shape[1] - 2, -1, -1):
        gain = variance[:, t] / ahead[:, t + 1]
        smooth[:, t] = mean[:, t] + gain * (smooth[:, t + 1] - mean[:, t])
    seen = np.isfinite(noise_variance)
    own = np.where(seen, r / np.where(seen, noise_variance + r, 1.0), 0.0)
    start = near.start_variance
    known = seen.any(axis=1)
    if start < VAGUE_VARIANCE and known.any():
        start = float((smooth.mean(axis=1) ** 2 + variance.min(axis=1))[known].mean())
    return Levels(
        smooth=smooth,
        weekly=smooth + own * np.where(seen, log_ratio - smooth, 0.0),
        filtered=mean,
        last_variance=variance[:, -1],
        start_variance=max(start, SMALLEST_START_VARIANCE),
        step=step,
        shock=shock,
    )


def _filter(
    log_ratio: Floats, total_variance: Floats, step: float, start_variance: float
) -> tuple[Floats, Floats, Floats, float]:
    """Kalman filter over weeks: mean, variance, variance before each week, log likelihood."""
    series, weeks = log_ratio.shape
    seen = np.isfinite(total_variance)
    precision = np.where(seen, 1.0 / np.where(seen, total_variance, 1.0), 0.0)
    observed = np.where(seen, log_ratio, 0.0)
    mean = np.empty((series, weeks))
    variance = np.empty((series, weeks))
    ahead = np.empty((series, weeks))
    m = np.zeros(series)
    before = np.full(series, start_variance)
    likelihood = 0.0
    for t in range(weeks):
        ahead[:, t] = before
        gain = before * precision[:, t] / (1.0 + before * precision[:, t])
        miss = observed[:, t] - m
        # 1 / precision + before is the spread of the miss; a vague first one tells nothing.
        inverse = precision[:, t] / (1.0 + before * precision[:, t])
        told = (inverse > 0) & (before < VAGUE_VARIANCE / 2)
        likelihood += 0.5 * float((np.log(inverse[told]) - miss[told] ** 2 * inverse[told]).sum())
        m = m + gain * miss
        p = before * (1.0 - gain)
        mean[:, t], variance[:, t] = m, p
        before = p + step
    return mean, variance, ahead, likelihood


def innovations(
    log_ratio: Floats, noise_variance: Floats, drivers: Floats, near: Levels
) -> tuple[Floats, Floats, Floats]:
    """The filter of a local level run over a series and over the drivers that may move it.

    log_ratio, noise_variance: [series, week]; drivers: [series, week, driver], known in every
    week. Returns the innovations of the series [series, week] and of the drivers [series, week,
    driver], and their weight [series, week], 0 where a week tells nothing. Regressing the ones on
    the others is generalised least squares with a local level as error (de Jong 1991, *Annals of
    Statistics* 19).
    """
    step, shock = STEP_VARIANCES[near.step], SHOCK_VARIANCES[near.shock]
    series, weeks, count = drivers.shape
    seen = np.isfinite(noise_variance)
    total = np.where(seen, noise_variance, 0.0) + shock
    columns = np.concatenate([np.where(seen, log_ratio, 0.0)[:, :, None], drivers], axis=2)
    found = np.empty((series, weeks, count + 1))
    weight = np.empty((series, weeks))
    mean = np.zeros((series, count + 1))
    before = np.full(series, VAGUE_VARIANCE)
    for t in range(weeks):
        use = seen[:, t]
        found[:, t] = columns[:, t] - mean
        variance = before + total[:, t]
        weight[:, t] = np.where(use & (before < VAGUE_VARIANCE / 2), 1.0 / variance, 0.0)
        gain = np.where(use, before / variance, 0.0)
        mean = mean + gain[:, None] * found[:, t]
        before = before * (1.0 - gain) + step
    return found[:, :, 0], found[:, :, 1:], weight


def _climb(log_ratio: Floats, noise_variance: Floats, near: Levels) -> tuple[int, int]:
    """Best of the grid points around the present q and r."""
    best, point = -np.inf, (near.step, near.shock)
    for step in range(max(near.step - 1, 0), min(near.step + 2, len(STEP_VARIANCES))):
        for shock in range(max(near.shock - 1, 0), min(near.shock + 2, len(SHOCK_VARIANCES))):
            total = noise_variance + SHOCK_VARIANCES[shock]
            q = STEP_VARIANCES[step]
            likelihood = _filter(log_ratio, total, q, near.start_variance)[3]
            if likelihood > best:
                best, point = likelihood, (step, shock)
    return point
